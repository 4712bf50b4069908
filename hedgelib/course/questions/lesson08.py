"""Questions of lesson 08: Noor maintains a hedge, and closes it."""

from __future__ import annotations

from collections.abc import Sequence

from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.contracts import linear_pnl_usd
from hedgelib.course.questions import questions_of
from hedgelib.course.studies.lesson08 import (
    BOOK_USD,
    Flown,
    change_of_size,
    crash,
    profit_of_rules,
)
from hedgelib.plan import rebalance

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("08")

_FACE = market.contract("binance:ETHUSD_PERP").multiplier
_ENTRY = vary(3_000.0, low=2_500, high=4_500, step=100)
_FALL = vary(600.0, low=300, high=1_200, step=100)


@QUESTIONS.add(
    "08.a",
    book=vary(BOOK_USD, low=20_000, high=90_000, step=10_000),
    fall=vary(0.3, 0.1, 0.2, 0.4),
)
def fallen(book: float, fall: float) -> Answer:
    return Answer(
        right="nothing",
        guesses={
            "resized_by_book_alone": -book * fall,
            "nothing": 0.0,
            "bets_on_a_fall": book * fall,
        },
        then=lambda guess: change_of_size([0.7, 1.0, 1.4], book, -fall, guess=guess),
        values={"cut": book * fall},
    )


@QUESTIONS.add("08.b")
def after_the_rally() -> Answer:
    may = crash("May 2021")
    run = may.runs.plan
    assert run.liquidated_at is not None
    kept = crash("May 2021", top_up=True).outcomes[2].pnl_usd
    unhedged, _, hedged = (outcome.pnl_usd for outcome in may.outcomes)
    return Answer(
        right="liquidated",
        guesses={
            "rally_forgotten": kept,
            "dead_hedge_is_free": unhedged,
            "liquidated": hedged,
        },
        then=may.scene,
        values={
            "opened": may.day(0),
            "end": may.day(run.n_steps),
            "leverage": run.plan.leverage,
            "kept": kept,
            "unhedged": unhedged,
            "hedged": hedged,
            "day": may.day(run.liquidated_at),
            "margin": run.plan.collateral_usd,
        },
    )


@QUESTIONS.add("08.c", flown=...)
def best_of_the_rules(flown: Sequence[Flown]) -> Answer:
    names = {
        "never_on": "never on",
        "hedge_for_profit": "always on",
        "rally_must_end": "lock in gains",
        "trend_goes_on": "fear a fall",
        "more_rules_more_profit": "all of it",
    }
    profit = {made.name: float(made.pnl_usd[-1]) for made in flown}
    return Answer(
        right="never_on",
        guesses=names,
        then=lambda guess: profit_of_rules(flown, guess=guess),
        values={option: profit[name] for option, name in names.items()},
    )


@QUESTIONS.add(
    "08.1",
    book=vary(24_000.0, low=10_000, high=60_000, step=1_000),
    beta=vary(1.5, low=1.2, high=1.8, step=0.1),
    margin=vary(18_000.0, low=5_000, high=30_000, step=1_000),
    fall=vary(0.2, 0.1, 0.25, 0.3, 0.4),
)
def resized(book: float, beta: float, margin: float, fall: float) -> Answer:
    short = beta * book + margin
    return Answer(
        right=rebalance(book, beta, margin, short, -fall).change_usd,
        slips={
            "resized_by_book_alone": -beta * book * beta * fall,
            "all_that_was_lost": -beta * book * fall,
            "one_beta_missing": -(beta - 1) * book * fall,
        },
        values={"move": -fall},
    )


@QUESTIONS.add(
    "08.2",
    added=vary(3_000.0, low=1_000, high=9_000, step=500),
    beta=vary(1.4, 0.6, 0.7, 0.8, 1.2, 1.3, 1.5, 1.6),
)
def added_to(added: float, beta: float) -> Answer:
    return Answer(
        right=added * beta / _FACE,
        slips={
            "beta_left_out": added / _FACE,
            "contract_is_dollar": added * beta,
            "upside_down": added / beta / _FACE,
        },
        values={"face": _FACE},
    )


@QUESTIONS.add("08.3", count=vary(1_200.0, low=400, high=4_000, step=100), entry=_ENTRY, fall=_FALL)
def closed(count: float, entry: float, fall: float) -> Answer:
    now = entry - fall
    return Answer(
        right=count,
        slips={
            "close_by_notional": count * entry / now,
            "face_moves_with_price": count * now / entry,
            "contract_is_coin": count * _FACE / now,
        },
        values={"now": now, "face": _FACE, "size": count * _FACE},
    )


@QUESTIONS.add("08.4", coins=vary(4.0, low=2, high=12, step=1), entry=_ENTRY, fall=_FALL)
def closed_in_dollars(coins: float, entry: float, fall: float) -> Answer:
    now = entry - fall
    bought = coins * entry / now
    return Answer(
        right=bought - coins,
        slips={
            "notional_closes_all": 0.0,
            "one_trade": bought,
            "dollars_for_coins": (bought - coins) * now,
        },
        values={"now": now, "notional": coins * entry, "bought": bought},
    )


@QUESTIONS.add(
    "08.5",
    book=vary(10_000.0, low=5_000, high=40_000, step=1_000),
    beta=vary(1.2, 1.3, 1.4, 1.5),
    entry=_ENTRY,
    fall=_FALL,
)
def closed_at_the_low(book: float, beta: float, entry: float, fall: float) -> Answer:
    low = entry - fall
    short = float(linear_pnl_usd(-beta * book / entry, entry, low))
    fallen_to = book * (1 - beta * fall / entry)
    back = fallen_to * (1 + beta * fall / low)
    return Answer(
        right=back - book + short,
        slips={"entry_is_break_even": 0.0, "short_only": short, "book_only": back - book},
        values={
            "low": low,
            "lost": book - fallen_to,
            "short": short,
            "fallen_to": fallen_to,
            "rise": fall / low,
            "recovered": back - fallen_to,
        },
    )


@QUESTIONS.add("08.6", leverage=vary(2.5, 2.0, 3.0, 4.0), rate=vary(0.005, 0.01, 0.015))
def liquidated_by_a_rise(leverage: float, rate: float) -> Answer:
    rise = (1 - rate) / (1 - 1 / leverage) - 1
    return Answer(
        right=rise * 100,
        slips={
            "linear_liquidation": ((1 + 1 / leverage) / (1 + rate) - 1) * 100,
            "one_over_leverage": 100 / leverage,
            "bankruptcy_for_liquidation": (1 / (1 - 1 / leverage) - 1) * 100,
            "ratio_for_rise": (rise + 1) * 100,
        },
        within=0.003,
        values={"rise": rise, "left": 1 - 1 / leverage, "kept": 1 - rate},
    )


@QUESTIONS.add(
    "08.7",
    size=vary(15_000.0, low=5_000, high=60_000, step=1_000),
    days=vary(30, 10, 20, 45, 60),
    rate=vary(-0.0001, -0.0002, -0.0003, -0.0005),
)
def funded(size: float, days: int, rate: float) -> Answer:
    received = size * rate * 3 * days
    return Answer(
        right=received,
        slips={
            "funding_sign": -received,
            "one_settlement_a_day": size * rate * days,
            "single_settlement": size * rate,
        },
    )


@QUESTIONS.add(
    "08.8", name=vary("November 2022", "May-June 2022"), leverage=vary(2.0, 1.5), default=3.0
)
def built(name: str, leverage: float, default: float) -> Answer:
    unhedged, naive, hedged = crash(name, max_leverage=leverage).outcomes
    other = crash(name, max_leverage=default).outcomes[2]
    most = unhedged.max_drawdown_usd
    return Answer(
        right=most - hedged.max_drawdown_usd,
        slips={
            "naive_hedge": most - naive.max_drawdown_usd,
            "profit_for_drawdown": hedged.pnl_usd - unhedged.pnl_usd,
            "what_is_left": hedged.max_drawdown_usd,
            "default_left": most - other.max_drawdown_usd,
        },
        within=0.003,
        values={"most": most, "hedged": hedged.max_drawdown_usd},
    )
