"""The exhibits of the museum: each a wrong function, the right one, and what the error costs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isclose, isinf
from random import Random
from typing import Any, TypeAlias

import numpy as np

import hedgelib as hl
from hedgelib._check import one_of
from hedgelib.ask.text import fill
from hedgelib.course.how_far import exhibits_texts
from hedgelib.museum import beliefs
from hedgelib.museum.beliefs import TIERS

POSITION_USD = 50_000
"""The position on which each error is priced."""

Function: TypeAlias = Callable[..., Any]
Range: TypeAlias = tuple[float, float]

_TEXT: Mapping[str, Any] = exhibits_texts()
HALLS: Mapping[str, str] = _TEXT["halls"]
"""Each hall, and its title."""
SAYINGS: Mapping[str, str] = _TEXT["sayings"]
"""What the museum says of any exhibit."""

_MOST_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """An error in the open.

    - wrong, right: two functions of the same arguments; the right one is hedgelib's, if it has one
    - ranges: from where each argument is drawn; of those in `many`, several
    - draw: draws the arguments where one depends on another
    - price: what the error costs on a position of $50,000 as ``cost``, and values for its text
    - same: why an input does not expose it, by the name of its text, the first that holds
    - within: relative difference that is no more than rounding
    """

    slug: str
    hall: str
    wrong: Function
    right: Function
    ranges: Mapping[str, Range]
    price: Callable[[], Mapping[str, float]]
    same: Mapping[str, Function] = field(default_factory=dict)
    many: tuple[str, ...] = ()
    draw: Callable[[Random], Mapping[str, Any]] | None = None
    within: float = 1e-6

    @property
    def text(self) -> Mapping[str, Any]:
        """Its words: title, belief, source, hint, cost, and why an input does not expose it."""
        words: Mapping[str, Any] = _TEXT[self.slug]
        return words

    @property
    def code(self) -> str:
        """The wrong function as it is written."""
        return inspect.getsource(self.wrong).rstrip()

    @property
    def labels(self) -> dict[str, str]:
        """What each argument is, with its unit."""
        return {name: _TEXT["labels"][name] for name in self.ranges}

    def costs(self) -> str:
        """Say what the error costs."""
        return fill(self.text["cost"], {"position": POSITION_USD, **self.price()}).strip()

    def drawn(self, random: Random) -> dict[str, Any]:
        """Draw arguments for which the right function has an answer."""
        for _ in range(_MOST_DRAWS):
            count = random.randint(3, 6)
            arguments = dict(self.draw(random)) if self.draw else {
                name: [_between(random, *span) for _ in range(count)]
                if name in self.many
                else _between(random, *span)
                for name, span in self.ranges.items()
            }  # fmt: skip
            try:
                self.right(**arguments)
            except hl.HedgeError:
                continue
            return arguments
        raise hl.InvalidInput(f"exhibit {self.slug} refuses its own arguments; change its ranges")

    def differ(self, one: float, other: float) -> bool:
        """Tell whether two results differ by more than rounding."""
        if isinf(one) or isinf(other):
            return one != other
        return not isclose(one, other, rel_tol=self.within, abs_tol=1e-12)

    def why_same(self, **arguments: Any) -> str:
        """Say why both functions return the same."""
        texts = self.text["same"]
        for name, holds in self.same.items():
            if holds(**arguments):
                return str(texts[name])
        return SAYINGS["too_close"]


def _between(random: Random, low: float, high: float) -> float:
    return float(f"{random.uniform(low, high):.4g}")


# Why an input exposes nothing.


def _no_move(*, entry_usd: float, exit_usd: float, **_: float) -> bool:
    return entry_usd == exit_usd


def _zero(name: str) -> Function:
    return lambda **arguments: arguments[name] == 0


def _all_the_same(name: str) -> Function:
    return lambda **arguments: len(set(arguments[name])) == 1


def _same_tier(contracts: float, entry_usd: float, wallet_coin: float) -> bool:
    end = _tiered(contracts, entry_usd, wallet_coin)
    sizes = [abs(contracts) / price for price in (entry_usd, end)]
    return TIERS.lookup(sizes[0]) == TIERS.lookup(sizes[1])


# What is right.


def _quanto(contracts: float, entry_usd: float, exit_usd: float, btc_usd: float) -> float:
    # hedgelib refuses quanto contracts, so this one is by hand: 0.000001 BTC for each dollar.
    return contracts * 1e-6 * (exit_usd - entry_usd) * btc_usd


def _liquidation(
    contracts: float, entry_usd: float, wallet_coin: float, maintenance_rate: float
) -> Any:
    return hl.inverse_liquidation_price(
        contracts, entry_usd, wallet_coin, maintenance_rate=maintenance_rate
    )


def _tiered(contracts: float, entry_usd: float, wallet_coin: float) -> Any:
    return hl.inverse_tiered_liquidation_price(contracts, entry_usd, wallet_coin, TIERS)


def _beta(book_returns: Sequence[float], coin_returns: Sequence[float]) -> float:
    return hl.ols_beta(book_returns, coin_returns).beta


def _whole_book(measured_usd: float, unmeasured_usd: float, beta: float) -> Any:
    return hl.hedge_notional(measured_usd + unmeasured_usd, beta)


def _in_units(
    ratio_units: float, units: float, spot_usd: float, futures_usd: float, contract_units: float
) -> Any:
    del spot_usd, futures_usd
    return hl.unit_hedge_contracts(ratio_units, units, contract_units)


def _cover_whole(book_usd: float, beta: float, collateral_usd: float, hedge_ratio: float) -> Any:
    return hl.hedge_notional(book_usd, beta, collateral_usd, hedge_ratio=hedge_ratio)


# What it costs.


def _price_face() -> dict[str, float]:
    move, face, entry = 0.1, 10.0, 3_500.0
    bought = entry * (1 + move)
    arguments = (-POSITION_USD / face, entry, bought, face)
    booked = -bought * beliefs.face_left_out(*arguments)
    lost = -bought * float(hl.inverse_pnl_coin(*arguments))
    return {"face": face, "move": move, "booked": booked, "lost": lost, "cost": lost - booked}


def _price_quanto() -> dict[str, float]:
    move, eth, btc = 0.1, 200.0, 10_000.0
    arguments = (-POSITION_USD, eth, eth * (1 + move), btc)
    booked, lost = -beliefs.quanto_as_inverse(*arguments), -_quanto(*arguments)
    size = POSITION_USD * 1e-6 * eth * btc
    values = {"eth": eth, "btc": btc, "move": move, "booked": booked, "lost": lost}
    return {**values, "size": size, "cost": lost - booked}


def _price_fee() -> dict[str, float]:
    price, rate, face, trades = 100_000.0, 0.0005, 100.0, 100
    arguments = (POSITION_USD / face, price, rate, face)
    fee = float(hl.inverse_fee_coin(*arguments))
    each = (fee - beliefs.fee_rounded(*arguments)) * price
    return {"fee": fee, "price": price, "each": each, "trades": trades, "cost": trades * each}


def _price_funding() -> dict[str, float]:
    rate, mark, payments = 0.0001, 3_500.0, 3 * 365
    arguments = (-POSITION_USD, mark, rate, 1.0)
    earned = payments * mark * float(hl.inverse_funding_coin(*arguments))
    booked = payments * mark * beliefs.funding_sign(*arguments)
    return {"rate": rate, "earned": earned, "booked": -booked, "cost": earned - booked}


def _price_help_page() -> dict[str, float]:
    move, entry = 0.1, 3_500.0
    closed = entry * (1 - move)
    arguments = (-POSITION_USD, entry, closed, 1.0)
    earned = closed * float(hl.inverse_pnl_coin(*arguments))
    booked = closed * beliefs.help_page_sign(*arguments)
    return {"move": move, "earned": earned, "booked": -booked, "cost": earned - booked}


def _price_clamp() -> dict[str, float]:
    premium, interest, payments = 0.0, 0.0001, 3 * 30
    right, wrong = (
        float(hl.funding_rate(premium, interest)),
        beliefs.clamp_swapped(premium, interest),
    )
    earned, booked = (POSITION_USD * rate * payments for rate in (right, wrong))
    values = {"right": right, "wrong": wrong, "earned": earned, "booked": -booked}
    return {**values, "cost": earned - booked}


def _price_average() -> dict[str, float]:
    sizes, prices = [-POSITION_USD / 2] * 2, [3_000.0, 2_000.0]
    right, wrong = (
        float(hl.inverse_average_entry(sizes, prices)),
        beliefs.average_entry(sizes, prices),
    )
    booked = float(hl.inverse_pnl_usd(-POSITION_USD, wrong, right))
    values = {"first": prices[0], "second": prices[1], "right": right, "wrong": wrong}
    return {**values, "half": POSITION_USD / 2, "cost": booked}


def _price_bankruptcy() -> dict[str, float]:
    entry, leverage = 3_500.0, 5.0
    arguments = (-POSITION_USD, entry, POSITION_USD / entry / leverage)
    right, wrong = (
        float(hl.inverse_bankruptcy_price(*arguments)),
        beliefs.bankruptcy_below_entry(*arguments),
    )
    values = {"entry": entry, "leverage": leverage, "right": right, "wrong": wrong}
    return {**values, "rise": right / entry - 1, "cost": POSITION_USD / leverage}


def _price_no_liquidation() -> dict[str, float]:
    fall = 0.15
    return {"fall": fall, "cost": POSITION_USD * fall}


def _price_tier() -> dict[str, float]:
    def ends(size_usd: float, entry: float, share: float) -> tuple[float, float]:
        arguments = (-size_usd, entry, size_usd / entry * share)
        return float(_tiered(*arguments)), beliefs.tier_at_entry(*arguments)

    price, large = 8_000.0, 10_000_000.0
    right, wrong = ends(POSITION_USD, price, 0.5)
    large_right, large_wrong = ends(large, 40_000.0, 0.5)
    return {
        "price": price, "floor": TIERS.floors[1], "large": large,
        "right": large_right, "wrong": large_wrong,
        "large_cost": large * (large_wrong / large_right - 1),
        "cost": POSITION_USD * (wrong / right - 1),
    }  # fmt: skip


def _price_divisors() -> dict[str, float]:
    days, rise = 14, 0.15
    random = Random(days)
    coin = [random.gauss(0, 0.04) for _ in range(days)]
    inflated = beliefs.two_divisors(coin, coin)
    excess = POSITION_USD * (inflated - 1)
    return {"days": days, "rise": rise, "beta": inflated, "excess": excess, "cost": excess * rise}


def _price_history() -> dict[str, float]:
    share, fall = 0.82, 0.3
    measured = POSITION_USD * (1 - share)
    left_out = _whole_book(measured, POSITION_USD - measured, 1.0) - measured
    values = {"share": share, "fall": fall, "measured": measured, "left_out": left_out}
    return {**values, "cost": left_out * fall}


def _price_changes() -> dict[str, float]:
    spot, future, fall = 15.0, 3_500.0, 0.15
    ratio = float(hl.ratio_in_units(1.0, spot, future))
    arguments = (ratio, POSITION_USD / spot, spot, future, 1.0)
    right, wrong = (-f(*arguments) * future for f in (_in_units, beliefs.price_change_ratio))
    values = {"spot": spot, "future": future, "fall": fall, "right": right, "wrong": wrong}
    return {**values, "ratio": ratio, "cost": (right - wrong) * fall}


def _price_margin() -> dict[str, float]:
    fall, arguments = 0.15, (POSITION_USD, 1.0, POSITION_USD)
    right, wrong = float(hl.hedge_notional(*arguments)), beliefs.margin_forgotten(*arguments)
    return {"fall": fall, "right": right, "wrong": wrong, "cost": (right - wrong) * fall}


def _price_cover() -> dict[str, float]:
    fall, share = 0.15, 0.5
    arguments = (POSITION_USD, 1.0, POSITION_USD, share)
    right, wrong = float(_cover_whole(*arguments)), beliefs.cover_scaled(*arguments)
    values = {"fall": fall, "share": share, "right": right, "wrong": wrong}
    return {**values, "cost": (right - wrong) * fall}


# Where arguments depend on each other.


def _draw_short(random: Random, size_usd: Range, share: Range) -> dict[str, Any]:
    """Draw a short whose wallet holds a share of its size."""
    size, entry = _between(random, *size_usd), _between(random, 30_000, 90_000)
    wallet = float(f"{size / entry * random.uniform(*share):.6g}")
    return {"contracts": -size, "entry_usd": entry, "wallet_coin": wallet}


def _draw_with_rate(random: Random) -> dict[str, Any]:
    rate = _between(random, 0.004, 0.02)
    return {**_draw_short(random, (1e4, 1e6), (0.2, 2.0)), "maintenance_rate": rate}


_SHORT, _PRICE, _FACE = (-1_000.0, -10.0), (1_000.0, 5_000.0), (1.0, 100.0)
_RATE, _RETURN = (-0.001, 0.001), (-0.1, 0.1)
_BOOK, _BETAS = (1_000.0, 100_000.0), (0.3, 2.0)
_POSITION = {"contracts": _SHORT, "entry_usd": _PRICE, "exit_usd": _PRICE}
_MOVES = {"no_position": _zero("contracts"), "no_move": _no_move}
_WALLET = {"contracts": (-1e6, -1e4), "entry_usd": (30_000.0, 90_000.0), "wallet_coin": (0.1, 30.0)}
_EXPOSED = {"book_usd": _BOOK, "beta": _BETAS, "collateral_usd": _BOOK}

_ALL = (
    Exhibit(
        slug="face_left_out", hall="units", price=_price_face,
        wrong=beliefs.face_left_out, right=hl.inverse_pnl_coin,
        ranges={**_POSITION, "multiplier_usd": _FACE},
        same={**_MOVES, "face_is_one": lambda multiplier_usd, **_: multiplier_usd == 1},
    ),
    Exhibit(
        slug="quanto_as_inverse", hall="units", price=_price_quanto,
        wrong=beliefs.quanto_as_inverse, right=_quanto,
        ranges={**_POSITION, "btc_usd": (5_000.0, 100_000.0)},
        same={**_MOVES, "one_dollar": lambda entry_usd, btc_usd, **_:
              isclose(entry_usd * btc_usd, 1e6)},
    ),
    Exhibit(
        slug="fee_rounded", hall="units", price=_price_fee,
        wrong=beliefs.fee_rounded, right=hl.inverse_fee_coin,
        ranges={"contracts": _SHORT, "price_usd": _PRICE, "fee_rate": (0.0001, 0.001),
                "multiplier_usd": _FACE},
        same={"no_position": _zero("contracts"), "no_fee": _zero("fee_rate"),
              "even": lambda **_: True},
    ),
    Exhibit(
        slug="funding_sign", hall="signs", price=_price_funding,
        wrong=beliefs.funding_sign, right=hl.inverse_funding_coin,
        ranges={"contracts": _SHORT, "mark_usd": _PRICE, "funding_rate": _RATE,
                "multiplier_usd": _FACE},
        same={"no_position": _zero("contracts"), "no_rate": _zero("funding_rate")},
    ),
    Exhibit(
        slug="help_page_sign", hall="signs", price=_price_help_page,
        wrong=beliefs.help_page_sign, right=hl.inverse_pnl_coin,
        ranges={**_POSITION, "multiplier_usd": _FACE}, same=_MOVES,
    ),
    Exhibit(
        slug="clamp_swapped", hall="signs", price=_price_clamp,
        wrong=beliefs.clamp_swapped, right=hl.funding_rate,
        ranges={"premium": (-0.002, 0.002), "interest": (0.0, 0.0003)},
        same={"far_above": lambda **_: True},
    ),
    Exhibit(
        slug="average_entry", hall="averages", price=_price_average,
        wrong=beliefs.average_entry, right=hl.inverse_average_entry,
        ranges={"contracts": (10.0, 1_000.0), "entry_usd": _PRICE},
        many=("contracts", "entry_usd"),
        same={"one_fill": lambda contracts, **_: len(contracts) == 1,
              "one_price": _all_the_same("entry_usd")},
    ),
    Exhibit(
        slug="bankruptcy_below_entry", hall="limits", price=_price_bankruptcy,
        wrong=beliefs.bankruptcy_below_entry, right=hl.inverse_bankruptcy_price,
        ranges=_WALLET, same={"no_margin": _zero("wallet_coin")},
        draw=lambda random: _draw_short(random, (1e4, 1e6), (0.1, 1.2)),
    ),
    Exhibit(
        slug="no_liquidation", hall="limits", price=_price_no_liquidation,
        wrong=beliefs.no_liquidation, right=_liquidation,
        ranges={**_WALLET, "maintenance_rate": (0.004, 0.02)},
        same={"has_price": lambda **_: True}, draw=_draw_with_rate,
    ),
    Exhibit(
        slug="tier_at_entry", hall="limits", price=_price_tier,
        wrong=beliefs.tier_at_entry, right=_tiered,
        ranges={**_WALLET, "contracts": (-2e7, -2e6), "wallet_coin": (10.0, 300.0)},
        same={"no_price": lambda **short: isinf(_tiered(**short)), "same_tier": _same_tier},
        draw=lambda random: _draw_short(random, (2e6, 2e7), (0.3, 0.7)),
    ),
    Exhibit(
        slug="two_divisors", hall="statistics", price=_price_divisors,
        wrong=beliefs.two_divisors, right=_beta,
        ranges={"book_returns": _RETURN, "coin_returns": _RETURN},
        many=("book_returns", "coin_returns"),
        same={"flat_book": _all_the_same("book_returns"), "unrelated": lambda **_: True},
    ),
    Exhibit(
        slug="history_as_cash", hall="statistics", price=_price_history,
        wrong=beliefs.history_as_cash, right=_whole_book,
        ranges={"measured_usd": _BOOK, "unmeasured_usd": _BOOK, "beta": _BETAS},
        same={"all_measured": _zero("unmeasured_usd"), "no_beta": _zero("beta")},
    ),
    Exhibit(
        slug="price_change_ratio", hall="hedges", price=_price_changes,
        wrong=beliefs.price_change_ratio, right=_in_units,
        ranges={"ratio_units": (0.001, 1.0), "units": (100.0, 10_000.0), "spot_usd": (1.0, 500.0),
                "futures_usd": _PRICE, "contract_units": (0.1, 10.0)},
        same={"nothing_to_hedge": lambda ratio_units, units, **_: 0 in (ratio_units, units),
              "one_price": lambda spot_usd, futures_usd, **_: isclose(spot_usd, futures_usd)},
    ),
    Exhibit(
        slug="margin_forgotten", hall="hedges", price=_price_margin,
        wrong=beliefs.margin_forgotten, right=hl.hedge_notional, ranges=_EXPOSED,
        same={"no_margin": _zero("collateral_usd")},
    ),
    Exhibit(
        slug="cover_scaled", hall="hedges", price=_price_cover,
        wrong=beliefs.cover_scaled, right=_cover_whole,
        ranges={**_EXPOSED, "hedge_ratio": (0.1, 1.5)},
        same={"no_margin": _zero("collateral_usd"),
              "whole_hedge": lambda hedge_ratio, **_: hedge_ratio == 1},
    ),
)  # fmt: skip


@cache
def exhibits() -> dict[str, Exhibit]:
    """Return every exhibit by its name, hall by hall."""
    return {one.slug: one for one in _ALL}


def find_exhibit(slug: object) -> Exhibit:
    """Return an exhibit by its name."""
    one_of("exhibit", slug, tuple(exhibits()))
    return exhibits()[str(slug)]


def plain(value: Any) -> Any:
    """Return an argument or a result as plain numbers: a float, or a list of floats."""
    if np.ndim(value) == 1:
        return [float(one) for one in value]
    return float(value)
