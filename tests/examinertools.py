"""Automatic students with every kind of slip, and an examiner of their own.

The examiner here knows the exercises as formulas and the rules of marking as the runbook tells
them. It uses nothing of hedgelib's marking.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np

from hedgelib.classroom.attribution import words_of
from hedgelib.classroom.course import Course
from hedgelib.classroom.personal import Numbers
from tests.classtools import fill_in, released


def exposure(n):
    return sum(v * b for v, b in zip(n.values_usd, n.betas, strict=True))


def value(n):
    return sum(n.values_usd)


def fills(n):
    return list(zip(n.fill_contracts, n.fill_prices_usd, strict=True))


def payments(n):
    return list(zip(n.rates, n.prices_usd, strict=True))


def returns(closes):
    return [b / a - 1 for a, b in pairwise(closes)]


def logs(closes):
    return [math.log(b / a) for a, b in pairwise(closes)]


def changes(closes):
    return [b - a for a, b in pairwise(closes)]


def slope(x, y):
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    cov = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return cov / sum((a - mean_x) ** 2 for a in x)


def spread(x, y):
    return float(np.std(y) / np.std(x))


def beta_models(eth, book):
    """Return what each wrong model makes of two lists of closes."""
    x, y = returns(eth), returns(book)
    beta = slope(x, y)
    return {
        "price_levels": slope(eth, book),
        "dollar_changes": slope(changes(eth), changes(book)),
        "ddof_mixed": beta * len(x) / (len(x) - 1),
        "volatility_ratio": spread(x, y),
        "correlation_for_beta": beta / spread(x, y),
        "regressed_the_other_way": slope(y, x),
        "log_returns": slope(logs(eth), logs(book)),
    }


# For each exercise and question with a number: the right one, from the numbers and the answers to
# earlier questions by the names of its arguments, and those of the wrong models.
NUMBERS: dict[str, dict[str, tuple[Callable[..., float], Callable[[Any], dict[str, float]]]]] = {
    "inverse_maths": {
        "q1": (
            lambda n: n.short_usd / n.face_usd,
            lambda n: {
                "contract_is_coin": n.short_usd / n.entry_usd,
                "contract_is_dollar": n.short_usd,
            },
        ),
        "q2": (
            lambda n, q1: q1 * n.face_usd * (1 / n.exit_usd - 1 / n.entry_usd),
            lambda n: {
                "coin_at_entry": n.short_usd * (n.entry_usd - n.exit_usd) / n.entry_usd**2,
                "dollars_for_coins": n.short_usd * (1 - n.exit_usd / n.entry_usd),
                "contract_is_coin": n.short_usd / n.face_usd * (n.entry_usd - n.exit_usd),
                "face_left_out": n.short_usd / n.face_usd * (1 / n.exit_usd - 1 / n.entry_usd),
                "sign_of_short": n.short_usd * (1 / n.entry_usd - 1 / n.exit_usd),
            },
        ),
        "q3": (
            lambda n, q2: q2 * n.exit_usd,
            lambda n: {
                "coin_at_entry": n.short_usd * (n.entry_usd / n.exit_usd - 1),
                "coins_for_dollars": n.short_usd * (1 / n.exit_usd - 1 / n.entry_usd),
                "contract_is_coin": n.short_usd / n.face_usd * (n.entry_usd - n.exit_usd),
                "face_left_out": n.short_usd / n.face_usd * (1 - n.exit_usd / n.entry_usd),
                "sign_of_short": n.short_usd * (n.exit_usd / n.entry_usd - 1),
            },
        ),
        "q4": (
            lambda n: sum(k for k, _ in fills(n)) / sum(k / p for k, p in fills(n)),
            lambda n: {
                "arithmetic_average": sum(k * p for k, p in fills(n)) / sum(n.fill_contracts),
                "plain_mean": sum(n.fill_prices_usd) / 3,
                "upside_down": sum(k / p for k, p in fills(n)) / sum(n.fill_contracts),
            },
        ),
        "q6": (
            lambda n, q1: q1 * n.face_usd * n.fee_rate * (1 / n.entry_usd + 1 / n.exit_usd),
            lambda n: {
                "coin_at_entry": 2 * n.short_usd * n.fee_rate / n.entry_usd,
                "one_trade": n.short_usd * n.fee_rate / n.entry_usd,
                "dollars_for_coins": 2 * n.short_usd * n.fee_rate,
                "contract_is_coin": 2 * n.short_usd * n.fee_rate / n.face_usd,
            },
        ),
    },
    "sizing": {
        "q1": (
            exposure,
            lambda n: {
                "beta_left_out": value(n),
                "plain_mean_of_betas": value(n) * sum(n.betas) / 3,
            },
        ),
        "q2": (
            lambda n, q1: (q1 + n.margin_usd) / n.face_usd,
            lambda n: {
                "collateral_left_out": exposure(n) / n.face_usd,
                "beta_left_out": (value(n) + n.margin_usd) / n.face_usd,
                "collateral_times_beta": exposure(n) * (1 + n.margin_usd / value(n)) / n.face_usd,
                "collateral_subtracted": (exposure(n) - n.margin_usd) / n.face_usd,
                "contract_is_coin": (exposure(n) + n.margin_usd) / n.eth_usd,
                "contract_is_dollar": exposure(n) + n.margin_usd,
            },
        ),
        "q3": (
            lambda n, q1: q1 + n.sold_usd * (1 - n.betas[0]),
            lambda n: {
                "collateral_twice": exposure(n) + n.sold_usd,
                "sold_coins_still_hedged": exposure(n),
                "collateral_left_out": exposure(n) - n.betas[0] * n.sold_usd,
                "beta_left_out": value(n),
            },
        ),
        "q4": (
            lambda n, q2: q2 * n.face_usd / n.margin_usd,
            lambda n: {
                "collateral_left_out": exposure(n) / n.margin_usd,
                "beta_left_out": (value(n) + n.margin_usd) / n.margin_usd,
                "upside_down": n.margin_usd / (exposure(n) + n.margin_usd),
            },
        ),
        "q6": (
            lambda n, q1: q1 / (n.most_leverage - 1),
            lambda n: {
                "stablecoin_margin": exposure(n) / n.most_leverage,
                "beta_left_out": value(n) / (n.most_leverage - 1),
                "margin_out_of_book": exposure(n) / (exposure(n) / value(n) + n.most_leverage - 1),
                "size_for_margin": exposure(n) * n.most_leverage / (n.most_leverage - 1),
            },
        ),
        "q7": (
            lambda n: (
                n.open_short_usd
                * (1 - n.maintenance_rate)
                / (n.open_short_usd / n.eth_usd - n.posted_eth)
            ),
            lambda n: {
                "bankruptcy_for_liquidation": 1 / (1 / n.eth_usd - n.posted_eth / n.open_short_usd),
                "entry_maintenance": 1
                / ((1 + n.maintenance_rate) / n.eth_usd - n.posted_eth / n.open_short_usd),
                "long_liquidation": (1 + n.maintenance_rate)
                / (1 / n.eth_usd + n.posted_eth / n.open_short_usd),
                "linear_liquidation": (n.eth_usd + n.posted_eth * n.eth_usd**2 / n.open_short_usd)
                / (1 + n.maintenance_rate),
                "one_over_leverage": n.eth_usd + n.posted_eth * n.eth_usd**2 / n.open_short_usd,
            },
        ),
    },
    "carry": {
        "q2": (
            lambda n, q1: (
                {"receives": 1, "pays": -1}.get(q1, 0) * n.short_usd * abs(n.mean_rate) * 3 * n.days
            ),
            lambda n: {
                "funding_sign": -n.short_usd * n.mean_rate * 3 * n.days,
                "one_settlement_a_day": n.short_usd * n.mean_rate * n.days,
                "single_settlement": n.short_usd * n.mean_rate,
                "funding_on_margin": n.margin_usd * n.mean_rate * 3 * n.days,
            },
        ),
        "q3": (
            lambda n: sum(n.short_usd * r / p for r, p in payments(n)),
            lambda n: {
                "funding_sign": -sum(n.short_usd * r / p for r, p in payments(n)),
                "funding_never_turns": sum(n.short_usd * abs(r) / p for r, p in payments(n)),
                "coin_at_entry": n.short_usd * sum(n.rates) / n.prices_usd[0],
                "dollars_for_coins": n.short_usd * sum(n.rates),
                "face_left_out": sum(n.short_usd / n.face_usd * r / p for r, p in payments(n)),
            },
        ),
        "q4": (
            lambda n: 100 * n.interval_rate * 24 * 365 / n.interval_hours,
            lambda n: {
                "eight_hours_assumed": 100 * n.interval_rate * 3 * 365,
                "compounded": 100 * ((1 + n.interval_rate) ** (8760 / n.interval_hours) - 1),
                "by_the_day": 100 * n.interval_rate * 24 / n.interval_hours,
            },
        ),
        "q5": (
            lambda n: n.short_usd * n.spot_usd * (1 / n.bought_at_usd - 1 / n.sold_at_usd),
            lambda n: {
                "sign_of_short": n.short_usd
                * n.spot_usd
                * (1 / n.sold_at_usd - 1 / n.bought_at_usd),
                "basis_rule_of_thumb": n.short_usd * (n.sold_at_usd - n.bought_at_usd) / n.spot_usd,
                "basis_at_contract_price": n.short_usd * (1 - n.bought_at_usd / n.sold_at_usd),
                "premium_left_out": n.short_usd * (n.spot_usd / n.bought_at_usd - 1),
                "coins_for_dollars": n.short_usd * (1 / n.bought_at_usd - 1 / n.sold_at_usd),
            },
        ),
        "q6": (
            lambda n: 2 * (n.fee_rate + n.slippage_rate) / abs(n.low_rate),
            lambda n: {
                "one_trade": (n.fee_rate + n.slippage_rate) / abs(n.low_rate),
                "slippage_left_out": 2 * n.fee_rate / abs(n.low_rate),
                "hours_for_settlements": 16 * (n.fee_rate + n.slippage_rate) / abs(n.low_rate),
            },
        ),
        "q7": (
            lambda n: n.book_usd * n.beta * n.daily_sigma * math.sqrt(n.hours_out / 24),
            lambda n: {
                "linear_in_time": n.book_usd * n.beta * n.daily_sigma * n.hours_out / 24,
                "beta_left_out": n.book_usd * n.daily_sigma * math.sqrt(n.hours_out / 24),
                "hours_for_settlements": n.book_usd
                * n.beta
                * n.daily_sigma
                * math.sqrt(n.hours_out / 8),
                "one_day": n.book_usd * n.beta * n.daily_sigma,
            },
        ),
    },
    "beta_hedging": {
        "q1": (
            lambda n: slope(returns(n.eth_closes_usd), returns(n.book_closes_usd)),
            lambda n: beta_models(n.eth_closes_usd, n.book_closes_usd),
        ),
        "q2": (
            lambda n: n.beta * n.book_usd / n.face_usd,
            lambda n: {
                "beta_left_out": n.book_usd / n.face_usd,
                "contract_is_coin": n.beta * n.book_usd / n.eth_usd,
                "contract_is_dollar": n.beta * n.book_usd,
                "upside_down": n.book_usd / n.beta / n.face_usd,
            },
        ),
        "q3": (
            lambda n: 3.92 * n.standard_error * n.book_usd,
            lambda n: {
                "one_side_of_interval": 1.96 * n.standard_error * n.book_usd,
                "one_error": 2 * n.standard_error * n.book_usd,
                "beta_for_dollars": 3.92 * n.standard_error,
                "short_for_width": n.beta * n.book_usd,
            },
        ),
        "q4": (
            lambda n: 100 * n.r2 * n.share_of_best * (2 - n.share_of_best),
            lambda n: {
                "more_is_safer": 100 * n.r2,
                "effect_in_proportion": 100 * n.r2 * n.share_of_best,
                "effect_squared": 100 * n.r2 * n.share_of_best**2,
                "perfect_hedge": 100 * n.share_of_best * (2 - n.share_of_best),
                "harm_in_proportion": 100 * n.r2 * (2 - n.share_of_best),
            },
        ),
        "q5": (
            lambda n: 100 * (1 - math.sqrt(1 - n.r2)),
            lambda n: {
                "variance_for_volatility": 100 * n.r2,
                "what_is_left": 100 * math.sqrt(1 - n.r2),
                "root_of_r2": 100 * math.sqrt(n.r2),
            },
        ),
        "q7": (
            lambda n: (n.beta_eth * n.book_usd + n.eth_margin_usd) / n.face_usd,
            lambda n: {
                "collateral_left_out": n.beta_eth * n.book_usd / n.face_usd,
                "whole_book_in_one_leg": (n.book_usd + n.eth_margin_usd) / n.face_usd,
                "both_betas_in_one_leg": ((n.beta_btc + n.beta_eth) * n.book_usd + n.eth_margin_usd)
                / n.face_usd,
                "collateral_subtracted": (n.beta_eth * n.book_usd - n.eth_margin_usd) / n.face_usd,
                "collateral_times_beta": n.beta_eth * (n.book_usd + n.eth_margin_usd) / n.face_usd,
                "contract_is_coin": (n.beta_eth * n.book_usd + n.eth_margin_usd) / n.eth_usd,
                "contract_is_dollar": n.beta_eth * n.book_usd + n.eth_margin_usd,
            },
        ),
    },
    "alice": {
        "q1": (
            lambda n: (n.beta * n.book_usd + n.margin_usd - n.short_usd) * n.fall,
            lambda n: {
                "collateral_left_out": (n.beta * n.book_usd - n.short_usd) * n.fall,
                "short_counted_as_loss": (n.beta * n.book_usd + n.margin_usd + n.short_usd)
                * n.fall,
                "beta_left_out": (n.book_usd + n.margin_usd - n.short_usd) * n.fall,
                "book_only": n.beta * n.book_usd * n.fall,
                "margin_and_short_only": (n.margin_usd - n.short_usd) * n.fall,
            },
        ),
        "q2": (
            lambda n: (n.beta * n.book_usd + n.margin_usd) / n.face_usd,
            lambda n: {
                "collateral_left_out": n.beta * n.book_usd / n.face_usd,
                "beta_left_out": (n.book_usd + n.margin_usd) / n.face_usd,
                "collateral_times_beta": n.beta * (n.book_usd + n.margin_usd) / n.face_usd,
                "collateral_subtracted": (n.beta * n.book_usd - n.margin_usd) / n.face_usd,
                "contract_is_coin": (n.beta * n.book_usd + n.margin_usd) / n.eth_usd,
                "contract_is_dollar": n.beta * n.book_usd + n.margin_usd,
            },
        ),
        "q3": (
            lambda n: (n.margin_usd + n.short_usd * (1 / (1 + n.fall) - 1)) / n.eth_usd,
            lambda n: {
                "short_counted_as_loss": (n.margin_usd - n.short_usd * (1 / (1 + n.fall) - 1))
                / n.eth_usd,
                "coin_at_entry": (n.margin_usd - n.short_usd * n.fall) / n.eth_usd,
                "margin_alone": n.margin_usd / n.eth_usd,
                "dollars_for_coins": n.margin_usd * (1 + n.fall) - n.short_usd * n.fall,
            },
        ),
        "q4": (
            lambda n: 100 * ((1 - n.maintenance_rate) / (1 - n.margin_usd / n.short_usd) - 1),
            lambda n: {
                "bankruptcy_for_liquidation": 100 / (n.short_usd / n.margin_usd - 1),
                "linear_liquidation": 100
                * ((1 + n.margin_usd / n.short_usd) / (1 + n.maintenance_rate) - 1),
                "one_over_leverage": 100 * n.margin_usd / n.short_usd,
                "ratio_for_rise": 100 * (1 - n.maintenance_rate) / (1 - n.margin_usd / n.short_usd),
                "entry_maintenance": 100
                * (1 / (1 - n.margin_usd / n.short_usd + n.maintenance_rate) - 1),
            },
        ),
        "q5": (
            lambda n, q2: (
                q2 * (1 + n.fall)
                - (n.beta * n.book_usd * (1 + n.beta * n.fall) + n.margin_usd * (1 + n.fall))
                / n.face_usd
            ),
            lambda n: {
                "resized_by_book_alone": n.beta**2 * n.book_usd * -n.fall / n.face_usd,
                "all_that_was_lost": n.beta * n.book_usd * -n.fall / n.face_usd,
                "one_beta_missing": (n.beta - 1) * n.book_usd * -n.fall / n.face_usd,
                "contract_is_dollar": n.beta * (n.beta - 1) * n.book_usd * -n.fall,
            },
        ),
        "q6": (
            lambda n: n.open_contracts,
            lambda n: {
                "close_by_notional": n.open_contracts * n.sold_at_usd / n.closes_at_usd,
                "face_moves_with_price": n.open_contracts * n.closes_at_usd / n.sold_at_usd,
                "contract_is_coin": n.open_contracts * n.face_usd / n.closes_at_usd,
            },
        ),
    },
}

# The question with options: what is right, and which option or reason shows a wrong model.
CHOICES: dict[str, tuple[str, Callable[[Any], tuple[str, str]], dict[str, str]]] = {
    "inverse_maths": (
        "q5",
        lambda n: ("more" if n.held_contracts < 0 else "fewer", "dollar"),
        {
            "straight": "pnl_is_straight",
            "compound": "compounding_for_convexity",
            "leverage": "leverage_multiplies_profit",
        },
    ),
    "sizing": (
        "q5",
        lambda n: ("same" if n.change.startswith("the margin") else "double", "size"),
        {
            "leverage": "leverage_multiplies_profit",
            "margin": "profit_on_margin",
            "coins": "margin_mixed_with_short",
        },
    ),
    "carry": (
        "q1",
        lambda n: ("receives" if n.mean_rate > 0 else "pays", "longs_pay"),
        {"shorts_pay": "funding_sign", "cost": "funding_is_a_cost", "rent": "funding_is_rent"},
    ),
    "beta_hedging": (
        "q6",
        lambda n: (
            "coin_a"
            if n.coin_a_volatility * n.coin_a_correlation
            > n.coin_b_volatility * n.coin_b_correlation
            else "coin_b",
            "both",
        ),
        {"wild": "volatility_ratio", "close": "correlation_for_beta", "worth": "beta_left_out"},
    ),
    "alice": (
        "q7",
        lambda n: ("gains" if n.margin_kind.startswith("ETH") else "nothing", "cover"),
        {
            "insurance": "hedge_is_insurance",
            "deposit": "margin_is_a_deposit",
            "leverage": "leverage_multiplies_profit",
        },
    ),
}

# The function to write: its head, what it returns if right, and by each wrong model, as Python.
FUNCTIONS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "inverse_maths": (
        "q7",
        "pnl_coin(contracts, entry_usd, exit_usd, face_usd)",
        "contracts * face_usd * (1 / entry_usd - 1 / exit_usd)",
        {
            "coin_at_entry": "contracts * face_usd * (exit_usd / entry_usd - 1) / entry_usd",
            "dollars_for_coins": "contracts * face_usd * (exit_usd / entry_usd - 1)",
            "contract_is_coin": "contracts * (exit_usd - entry_usd)",
            "face_left_out": "contracts * (1 / entry_usd - 1 / exit_usd)",
            "sign_of_short": "contracts * face_usd * (1 / exit_usd - 1 / entry_usd)",
            "sign_ignored": "abs(contracts) * face_usd * (1 / entry_usd - 1 / exit_usd)",
        },
    ),
    "sizing": (
        "q8",
        "contracts_to_sell(values_usd, betas, margin_usd, face_usd)",
        "round((np.dot(values_usd, betas) + margin_usd) / face_usd)",
        {
            "collateral_left_out": "round(np.dot(values_usd, betas) / face_usd)",
            "collateral_subtracted": "round((np.dot(values_usd, betas) - margin_usd) / face_usd)",
            "beta_left_out": "round((sum(values_usd) + margin_usd) / face_usd)",
            "contract_is_dollar": "round(np.dot(values_usd, betas) + margin_usd)",
            "rounds_down": "int((np.dot(values_usd, betas) + margin_usd) // face_usd)",
        },
    ),
    "carry": (
        "q8",
        "funding_usd(contracts, face_usd, rates)",
        "-contracts * face_usd * sum(rates)",
        {
            "funding_sign": "contracts * face_usd * sum(rates)",
            "sign_ignored": "abs(contracts) * face_usd * sum(rates)",
            "funding_never_turns": "-contracts * face_usd * sum(abs(r) for r in rates)",
            "face_left_out": "-contracts * sum(rates)",
            "single_settlement": "-contracts * face_usd * sum(rates) / len(rates)",
        },
    ),
    "beta_hedging": (
        "q8",
        "beta_of(book_closes_usd, eth_closes_usd)",
        "np.polyfit(hl.simple_returns(eth_closes_usd), hl.simple_returns(book_closes_usd), 1)[0]",
        {
            "price_levels": "np.polyfit(eth_closes_usd, book_closes_usd, 1)[0]",
            "dollar_changes": "np.polyfit(np.diff(eth_closes_usd), np.diff(book_closes_usd), 1)[0]",
            "log_returns": "np.polyfit(np.diff(np.log(eth_closes_usd)),"
            " np.diff(np.log(book_closes_usd)), 1)[0]",
        },
    ),
    "alice": (
        "q8",
        "total_pnl_usd(book_usd, beta, margin_usd, short_usd, move)",
        "(beta * book_usd + margin_usd - short_usd) * move",
        {
            "collateral_left_out": "(beta * book_usd - short_usd) * move",
            "beta_left_out": "(book_usd + margin_usd - short_usd) * move",
            "collateral_times_beta": "(beta * (book_usd + margin_usd) - short_usd) * move",
            "short_counted_as_loss": "(beta * book_usd + margin_usd + short_usd) * move",
            "hedge_is_insurance": "(beta * book_usd + margin_usd) * move"
            " + short_usd * max(-move, 0)",
        },
    ),
}

POINTS = {
    "inverse_maths": {"q1": 1, "q2": 3, "q3": 2, "q4": 3, "q5": 2, "q6": 2, "q7": 3, "q8": 4},
    "sizing": {
        **{"q1": 2, "q2": 3, "q3": 3, "q4": 2, "q5": 2, "q6": 3, "q7": 3, "q8": 3, "q9": 4},
    },
    "carry": {
        **{"q1": 2, "q2": 3, "q3": 3, "q4": 2, "q5": 3, "q6": 3, "q7": 3, "q8": 3, "q9": 4},
    },
    "beta_hedging": {
        **{"q1": 3, "q2": 2, "q3": 2, "q4": 3, "q5": 2, "q6": 2, "q7": 3, "q8": 3, "q9": 4},
    },
    "alice": {
        **{"q1": 3, "q2": 2, "q3": 2, "q4": 3, "q5": 3, "q6": 1, "q7": 2, "q8": 3, "q9": 6},
    },
}
SIGNED = {
    **{("inverse_maths", q): 1 for q in ("q2", "q3")},
    **{("carry", q): 1 for q in ("q2", "q3", "q4", "q5")},
    **{("beta_hedging", q): 1 for q in ("q1", "q4")},
    ("alice", "q1"): 1,
}


def arguments(name: str, question: str) -> tuple[str, ...]:
    """Return the earlier questions that a question builds on."""
    code = NUMBERS[name][question][0].__code__
    return tuple(code.co_varnames[1 : code.co_argcount])


def right(name: str, question: str, n: Any, own: Mapping[str, Any]) -> float:
    """Return what is right, from a student's own answers where they are given."""
    earlier = [
        own[q]
        if q in own
        else (CHOICES[name][1](n)[0] if q == CHOICES[name][0] else right(name, q, n, own))
        for q in arguments(name, question)
    ]
    return NUMBERS[name][question][0](n, *earlier)


def before(name: str, question: str) -> list[str]:
    """List all questions that a question builds on, directly or not."""
    every: list[str] = []
    for q in arguments(name, question):
        every += [q, *(before(name, q) if q in NUMBERS[name] else [])]
    return sorted({*every})


def same(a: float, b: float, within: float) -> bool:
    return abs(a - b) <= within * abs(b)


def of_a_number(
    name: str, question: str, n: Any, answer: float, own: Mapping[str, Any]
) -> tuple[float, str]:
    """Return the share that a number deserves, and the wrong model that it shows."""
    within = 0.001 if (name, question) == ("sizing", "q7") else 0.002
    models = NUMBERS[name][question][1](n)

    def given(exact: float) -> float:
        """Return the answer, its sign left out where none is asked for."""
        signed = (name, question) in SIGNED
        return answer if signed or answer * exact > 0 else -answer

    def share(exact: float, others: Mapping[str, float]) -> float:
        said = given(exact)
        whole = {("carry", "q6"): [math.ceil(exact)]} | {
            ("alice", "q5"): [math.floor(exact), math.ceil(exact)]
        }
        if same(said, exact, within) or said in whole.get((name, question), []):
            return 1.0
        close = same(said, exact, 5 * within) or rounded(said, exact)
        nearest = all(abs(said - exact) < abs(said - m) for m in others.values())
        return 0.5 if close and nearest else 0.0

    exact = right(name, question, n, {})
    if share(exact, models) == 1:
        return 1.0, ""
    slips = [*models.items(), ("sign_turned", -exact)]
    slips += [("percent_for_decimal", exact * by) for by in (100, 0.01)]
    said = given(exact)
    model = next((m for m, v in slips if same(said, v, within)), "")
    if not model and (name, question) == ("carry", "q6"):
        model = next((m for m, v in models.items() if said == math.ceil(v)), "")
    built_on = [q for q in before(name, question) if q in own]
    shares = [0.0 if model else share(exact, models)]
    for count in range(1, len(built_on) + 1):
        for some in combinations(built_on, count):
            follows = right(name, question, n, {q: own[q] for q in some})
            if follows:
                turned = same(given(follows), -follows, within)
                percent = any(same(given(follows), follows * by, within) for by in (100, 0.01))
                part = share(follows, {})
                if part == 1 or not (model or turned or percent):
                    shares.append(part)
    return max(shares), model


def rounded(answer: float, exact: float) -> bool:
    """Tell whether an answer is the exact number with two digits or more of its own."""
    figures = f"{abs(answer):.11e}".split("e")[0].replace(".", "").rstrip("0")
    return len(figures) >= 2 and float(f"{exact:.{len(figures)}g}") == answer


def of_a_function(name: str, code: str, calls: Any) -> tuple[float, str]:
    """Return the share that a function deserves, and the wrong model that it shows."""
    import hedgelib as hl

    _, head, formula, models = FUNCTIONS[name]

    def values(text: str) -> list[Any]:
        space: dict[str, Any] = {"np": np, "hl": hl}
        exec(text, space)
        results = []
        for call in calls:
            try:
                results.append(float(space[head.partition("(")[0]](*call)))
            except Exception:
                results.append(None)
        return results

    def agree(some: list[Any], others: list[Any]) -> list[bool]:
        pairs = zip(some, others, strict=True)
        return [a is not None and same(a, b, 0.002) for a, b in pairs]

    given, exact = values(code), values(written(head, formula))
    if all(agree(given, exact)):
        return 1.0, ""
    for model, text in models.items():
        if all(agree(given, values(written(head, text)))):
            return 0.0, model
    return sum(agree(given, exact)) / len(exact), ""


def written(head: str, formula: str) -> str:
    return f"def {head}:\n    return {formula}"


def deserved(name: str, n: Any, answers: Mapping[str, Any], calls: Any) -> dict[str, float]:
    """Return the points that answers deserve, by question; a written one is left out."""
    points: dict[str, float] = {}
    own: dict[str, Any] = {}
    charged: set[str] = set()
    for question, most in POINTS[name].items():
        answer = answers.get(question)
        if question not in answers:
            continue
        share, model = 0.0, ""
        if answer is not None and question == CHOICES[name][0]:
            says, because = CHOICES[name][1](n)
            reasons = CHOICES[name][2]
            model = "" if answer == (says, because) else reasons.get(answer[1], "")
            if not model and name == "inverse_maths" and answer[0] in {"more", "fewer"} - {says}:
                model = "sign_of_short"
            share = 0.5 * (answer[0] == says) + 0.5 * (answer == (says, because))
            own[question] = answer[0]
        elif answer is not None and question == FUNCTIONS[name][0]:
            share, model = of_a_function(name, answer, calls)
        elif answer is not None:
            share, model = of_a_number(name, question, n, answer, own)
            exact = right(name, question, n, {})
            if model or 1 / 20 <= abs(answer / exact) <= 20:
                own[question] = answer
        if model and share < 1:
            share = 1.0 if model in charged else share
            charged.add(model)
        points[question] = share * most
    return points


KINDS = ("right", "right", "right", "slip", "near", "rounded", "model", "model", "tenfold", "none")


def answers_of(name: str, n: Any, options: Any, random: Random) -> dict[str, Any]:
    """Let a student answer an exercise, building on own earlier answers, with slips of all kinds.

    A student has a misconception or two that return wherever a question has room for them.
    """
    everything = [m for _, models in NUMBERS[name].values() for m in models(n)]
    habits = random.sample(sorted({*everything}), 2)
    answers: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for question in POINTS[name]:
        kind = random.choice(KINDS)
        if question == CHOICES[name][0]:
            says, because = CHOICES[name][1](n)
            if kind in ("slip", "near", "tenfold"):
                because = random.choice([r for r in options.reasons if r != because])
            if kind in ("model", "tenfold"):
                says = random.choice([s for s in options.options if s != says])
            answers[question] = None if kind == "none" else (says, because)
            own[question] = says
        elif question == FUNCTIONS[name][0]:
            _, head, formula, models = FUNCTIONS[name]
            habit = next((m for m in models if m in habits), None)
            text = {
                "model": models[random.choice(sorted(models))],
                "slip": f"1.1 * ({formula})",
                "tenfold": "1 / 0",
            }.get(kind, models[habit] if habit else formula)
            answers[question] = None if kind == "none" else written(head, text)
        elif question in NUMBERS[name]:
            answer = right(name, question, n, {q: a for q, a in own.items() if a is not None})
            models = NUMBERS[name][question][1](n)
            habit = next((m for m in habits if m in models), None)
            if kind == "model":
                answer = models[random.choice(sorted(models))]
            elif habit and kind == "right":
                answer = models[habit]
            answer *= {"slip": 1.1, "near": 1.004, "tenfold": random.choice([100, -1])}.get(kind, 1)
            answer = float(f"{answer:.2g}") if kind == "rounded" else float(answer)
            answers[question] = None if kind == "none" else answer
            own[question] = None if kind == "none" else answer
    return answers


def namespace(numbers: Mapping[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(**{k: v for k, v in numbers.items() if not k.startswith("_")})


def cells(name: str, answers: Mapping[str, Any], options: Any) -> dict[str, str]:
    """Return the answer cells that a student has filled in."""
    filled = {}
    for question, answer in answers.items():
        if answer is None:
            continue
        if question == CHOICES[name][0]:
            says, because = options.in_letters(answer)
            filled[question] = f"{question} = {says!r}\n{question}_reason = {because!r}"
        else:
            text = answer if isinstance(answer, str) else f"{question} = {answer!r}"
            filled[question] = text
    return filled


def platforms_name(place: int, student_id: str, student: str, name: str) -> str:
    """Return where Moodle, Canvas and Blackboard, in turn, put what a student hands in."""
    squeezed = "".join(words_of(student)[::-1])
    return (
        f"{student.replace('/', ' ')}_{70_000 + place}_assignsubmission_file_/{name}.ipynb",
        f"{squeezed}_{4_000 + place}_{90_000 + place}_{name}.ipynb",
        f"{name}_{student_id}_attempt_2026-10-01-12-00-00_{name}.ipynb",
    )[place % 3]


def hand_in(course: Course, name: str, folder: Path) -> dict[str, dict[str, float]]:
    """Let a class do an exercise by program, and return the points that each answer deserves."""
    source, roster = course.read(name), course.roster()
    mine, sheet = course.numbers(name, roster), released(course.release(name))
    (written_one,) = (q for q in source.questions if q.form.kind == "written")
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for place, student_id in enumerate(roster):
        keys, n = source.keys(Numbers(mine[student_id])), namespace(mine[student_id])
        options = next(key.form for key in keys.values() if key.kind == "choice")
        calls = next(key.calls for key in keys.values() if key.kind == "function")
        answers = answers_of(name, n, options, Random(f"{name} {student_id}"))
        text = {written_one.id: f"Words of {student_id} on {name}."}
        notebook = fill_in(sheet, student_id, cells(name, answers, options) | text)
        path = folder / platforms_name(place, student_id, roster[student_id], name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
        expected[student_id] = deserved(name, n, answers, calls)
    return expected


def tick(course: Course, name: str) -> dict[str, float]:
    """Tick the written answers of an exercise at random, and return the points by student."""
    path, points = course.by_hand(name, "csv"), {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        student_id = row["answer"].split()[2]
        random = Random(f"ticks {name} {student_id}")
        ticks = [random.randint(0, 1) for cell in row if cell.isdigit()]
        row |= {str(n + 1): str(one) for n, one in enumerate(ticks)}
        points[student_id] = float(sum(ticks))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]])
        writer.writeheader()
        writer.writerows(rows)
    return points
