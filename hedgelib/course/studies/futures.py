"""What lesson 01 computes: two sides of an agreement, a put, five uses of the same money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

import hedgelib as hl
from hedgelib._check import ABOVE_MINUS_ONE, NONNEGATIVE, FloatArray, numbers, scalars
from hedgelib._text import usd
from hedgelib.show.lines import Curve, Lines, amount, gain, move_text, moves_to
from hedgelib.show.palette import Role

_LOOK: dict[str, tuple[Role, float]] = {
    "own it": ("altcoins", 9.5),
    "linear long": ("good", 3.6),
    "linear short": ("unhedged", 3.6),
    "inverse long": ("margin", 3.6),
    "inverse short": ("short", 5.5),
}
WAYS = tuple(_LOOK)
"""Ways to use the same money on a view about a coin."""


class Drop(NamedTuple):
    """The highest price of a period, the lowest after it, and the last day before as low."""

    top_day: pd.Timestamp
    top_usd: float
    low_day: pd.Timestamp
    low_usd: float
    level_day: pd.Timestamp
    days_down: int
    days_undone: int
    move: float


def wild_days(returns: pd.DataFrame, limit: float) -> dict[str, tuple[float, float]]:
    """Return each coin's mean return over BTC's when BTC falls, and rises, by more than a limit."""
    btc = returns["BTC"]
    days = returns[btc < -limit].mean(), returns[btc > limit].mean()
    down, up = ((mean / mean["BTC"]).drop("BTC") for mean in days)
    return {str(coin): (float(down[coin]), float(up[coin])) for coin in down.index}


def drop_from_top(prices: pd.Series) -> Drop:
    """Return the fall from the highest of daily prices, and the gains that it undoes."""
    top: Any = prices.idxmax()
    low: Any = prices[top:].idxmin()
    as_low = prices[:top][prices[:top] <= prices[low]].index
    if low == top:
        raise hl.InvalidInput("the last price is the highest: there is no fall after it")
    if as_low.empty:
        raise hl.InvalidInput("the price falls below its first value; start earlier")
    days, move = ((low - top).days, (top - as_low[-1]).days), prices[low] / prices[top] - 1
    return Drop(top, prices[top], low, prices[low], as_low[-1], *days, move)


def _moves(move: float, highest: float, ends: Iterable[float] = ()) -> FloatArray:
    (move,) = scalars(move=(move, ABOVE_MINUS_ONE))
    return moves_to(move, -0.8, highest, 281, ends)


def long_and_short(notional_usd: float, move: float, *, guess: float | None = None) -> Lines:
    """Return what both sides of an agreement on a price of ETH gain or lose after a move."""
    x, made, size, text = _moves(move, 2.0), notional_usd * move, usd(notional_usd), move_text(move)
    long, short = gain(made), gain(-made)
    return Lines(
        x=x, place=move, caption=f"An agreement over {size}, ETH {text}", guess=guess,
        curves=(
            Curve(name="long", values=notional_usd * x, role="altcoins", at=made),
            Curve(name="short", values=-notional_usd * x, role="short", at=-made),
            Curve(name="both together", values=0 * x, role="total", at=0.0, bold=True),
        ),
        title=f"ETH {text}: long {long}, short {short}",
        finding=f"ETH {text} after an agreement over {size}: the long has {long} and the short "
        f"{short}; together they gain nothing, at any price.",
    )  # fmt: skip


def put_pnl_usd(book_usd: ArrayLike, move: ArrayLike, premium_usd: ArrayLike = 0.0) -> FloatArray:
    """Return the gain or loss of a put on a book, struck at today's value."""
    book_usd, move, premium_usd = numbers(
        book_usd=(book_usd, NONNEGATIVE), move=(move, ABOVE_MINUS_ONE),
        premium_usd=(premium_usd, NONNEGATIVE),
    )  # fmt: skip
    return np.maximum(0.0, -np.asarray(move)) * book_usd - premium_usd


def lock_or_insurance(
    book_usd: float, hedged: float, premium_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return what a move does to a book with a short on a share of it, and with a put on it."""
    x, text, book = _moves(move, 1.0), move_text(move), usd(book_usd)

    def bare(moves: Any) -> Any:
        return book_usd * moves

    def short(moves: Any) -> Any:
        return bare(moves) - hedged * bare(moves)

    def put(moves: Any) -> Any:
        return bare(moves) + put_pnl_usd(book_usd, moves, premium_usd)

    curves = (
        Curve.of(bare, x, move, name="no hedge", role="altcoins", dashed=True),
        Curve.of(short, x, move, name="with a short", role="short", width=4.5),
        Curve.of(put, x, move, name="with a put", role="good", width=3.6),
    )
    results = ", ".join(f"{curve.name} {gain(curve.at)}" for curve in curves)
    low, high, put_high = gain(short(-0.8)), gain(short(1.0)), gain(float(put(1.0)))
    return Lines(
        x=x, x_label="move of the market", place=move, curves=curves, guess=guess,
        caption=f"A book of {book}, market {text}",
        title=f"Market {text}: {results}",
        finding=f"A book of {book}, market {text}: {results}. The line with the short is straight, "
        f"from {low} at {move_text(-0.8)} to {high} at {move_text(1.0)}. The line with the put "
        f"bends: it never falls below {gain(-premium_usd)}, and rises to {put_high}.",
        notes=(
            ("size of the short", usd(hedged * book_usd)),
            ("premium of the put", usd(premium_usd)),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FiveWays:
    """The same money spent on a coin, or posted as margin of a contract on it, long or short."""

    stake_usd: float
    price_usd: float
    inverse: hl.ContractTerms
    linear: hl.ContractTerms

    def _terms(self, way: str) -> tuple[hl.ContractTerms, float]:
        """Return the contract of a way, and the price in which its money is counted."""
        is_inverse = way.startswith("inverse")
        return (self.inverse, self.price_usd) if is_inverse else (self.linear, 1.0)

    def contracts(self, way: str, leverage: float) -> float:
        """Return the contracts of a way, signed; the coin itself is a linear long at leverage 1."""
        terms, unit_usd = self._terms(way)
        size_usd = self.stake_usd * (1 if way == "own it" else leverage)
        face_usd = terms.multiplier * self.price_usd / unit_usd
        return (-1 if way.endswith("short") else 1) * size_usd / face_usd

    def closed_at(self, way: str, leverage: float = 1.0) -> float:
        """Return the move at which the venue closes the position; ``inf`` where it never does."""
        if way == "own it":
            return np.inf
        terms, unit_usd = self._terms(way)
        account = self.contracts(way, leverage), self.price_usd, self.stake_usd / unit_usd
        price = hl.liquidation_price(terms, *account, maintenance_rate=hl.ASSUMED_MAINTENANCE_RATE)
        return price / self.price_usd - 1

    def worth(self, way: str, moves: ArrayLike, leverage: float = 1.0) -> FloatArray:
        """Return the value of the money, USD: 0 once the venue has closed the position."""
        moves, end, (terms, _) = np.asarray(moves), self.closed_at(way, leverage), self._terms(way)
        prices, contracts = self.price_usd * (1 + moves), self.contracts(way, leverage)
        if terms.kind == "inverse":
            posted = self.stake_usd * (1 + moves)
            worth = posted + hl.inverse_pnl_usd(contracts, self.price_usd, prices, terms.multiplier)
        else:
            pnl_usd = hl.linear_pnl_usd(contracts, self.price_usd, prices, terms.multiplier)
            worth = self.stake_usd + pnl_usd
        return np.where(moves >= end if end > 0 else moves <= end, 0.0, worth)

    def at(
        self, move: float, *, unit: str = "USD", leverage: float = 1.0, guess: float | None = None
    ) -> Lines:
        """Return the five ways side by side after a move, in dollars or in the coin."""
        coin, in_usd = self.inverse.coin, unit == "USD"
        moved, per_unit = f"{coin} {move_text(move)}", 1.0 if in_usd else self.price_usd
        ends = {way: self.closed_at(way, leverage) for way in WAYS}
        x = _moves(move, 2.0, ends.values())

        def value(way: str, moves: Any) -> Any:
            worth = self.worth(way, moves, leverage)
            return worth if in_usd else worth / (self.price_usd * (1 + moves))

        curves = []
        for way, (role, width) in _LOOK.items():
            look: Any = {"role": role, "width": width, "ends": ends[way]}
            curves.append(Curve.of(partial(value, way), x, move, name=way, **look))
        start, closed = amount(self.stake_usd / per_unit, unit), _closings(ends, coin, most=3)
        read = {curve.name: amount(curve.at, unit) for curve in curves}
        shown = {"owner": read["own it"], **{way: read[way] for way in WAYS[:2:-1]}}
        results = ", ".join(f"{way} {at.removesuffix(f' {coin}')}" for way, at in shown.items())
        return Lines(
            x=x, x_label=f"move of {coin}", y_label=f"value of the account ({unit})", unit=unit,
            place=move, caption=f"{start} after {moved}, leverage {leverage:g}", guess=guess,
            signed=False,
            curves=tuple(curves),
            title=f"{moved}{'' if in_usd else f', in {coin}'}: {results}",
            finding=f"What {start} has become after {moved}, at leverage {leverage:g}: "
            f"{', '.join(map(' '.join, read.items()))}. Closed by the exchange: "
            f"{', '.join(closed) or 'none of them at any price'}.",
            notes=(("closed by the exchange", "; ".join(closed) or "never"),),
        )  # fmt: skip


def _closings(ends: Mapping[str, float], coin: str = "", *, most: float) -> list[str]:
    """Write the ways that are closed by moves up to the largest, and by which."""
    at = f"at {coin}".rstrip()
    return [f"{way} {at} {move_text(round(end, 3))}" for way, end in ends.items() if end <= most]


def survivors(ways: FiveWays) -> dict[str, object]:
    """Return in words which ways survive 20% both ways at leverage 5, and where others end."""
    ends = {way: ways.closed_at(way, 5.0) for way in WAYS}
    alive = [way for way, end in ends.items() if abs(end) > 0.2]
    names = ["the owner" if way == "own it" else f"the {way}" for way in alive]
    closed = _closings({way: end for way, end in ends.items() if way not in alive}, most=0.2)
    return {
        "coin": ways.inverse.coin, "held": ways.stake_usd / ways.price_usd,
        "survive": " and ".join(names).capitalize(), "closed": ", ".join(closed),
    }  # fmt: skip
