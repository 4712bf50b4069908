"""What lesson 01 computes: two sides of an agreement, a put, five uses of the same money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import ABOVE_MINUS_ONE, NONNEGATIVE, FloatArray, numbers, scalars
from hedgelib._text import usd
from hedgelib.contracts import ContractTerms, linear_pnl_usd
from hedgelib.errors import InvalidInput
from hedgelib.margin import inverse_liquidation_price, linear_liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE
from hedgelib.scenario import coin_account
from hedgelib.show.lines import Curve, Lines, amount, move_text
from hedgelib.show.palette import Role

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "WAYS", "Drop", "FiveWays", "drop_from_top", "lock_or_insurance", "long_and_short",
    "put_pnl_usd", "survivors", "wild_days",
]  # fmt: skip

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
    """Return each coin's mean return over BTC's when BTC falls, and rises, by more than a limit.

    >>> import pandas as pd
    >>> wild_days(pd.DataFrame({"BTC": [-0.25, 0.0, 0.25], "ADA": [-0.375, 0.3, 0.125]}), 0.05)
    {'ADA': (1.5, 0.5)}
    """
    falls = returns[returns["BTC"] < -limit].mean()
    rises = returns[returns["BTC"] > limit].mean()
    return {
        coin: (float(falls[coin] / falls["BTC"]), float(rises[coin] / rises["BTC"]))
        for coin in map(str, returns)
        if coin != "BTC"
    }


def drop_from_top(prices: pd.Series) -> Drop:
    """Return the fall from the highest of daily prices, and the gains that it undoes."""
    top: Any = prices.idxmax()
    low: Any = prices[top:].idxmin()
    as_low = prices[:top][prices[:top] <= prices[low]].index
    if low == top:
        raise InvalidInput("the last price is the highest: there is no fall after it")
    if as_low.empty:
        raise InvalidInput("the price falls below its first value; start earlier")
    return Drop(
        top_day=top, top_usd=prices[top], low_day=low, low_usd=prices[low], level_day=as_low[-1],
        days_down=(low - top).days, days_undone=(top - as_low[-1]).days,
        move=prices[low] / prices[top] - 1,
    )  # fmt: skip


def _moves(move: float, highest: float) -> FloatArray:
    (move,) = scalars(move=(move, ABOVE_MINUS_ONE))
    return np.linspace(min(-0.8, move), max(highest, move), 281)


def long_and_short(notional_usd: float, move: float, *, guess: float | None = None) -> Lines:
    """Return what both sides of an agreement on a price of ETH gain or lose after a move."""
    x, gain, text = _moves(move, 2.0), notional_usd * move, move_text(move)
    long, short = usd(gain, signed=True), usd(-gain, signed=True)
    return Lines(
        x=x,
        x_label="move of ETH",
        y_label="gain or loss (USD)",
        unit="USD",
        curves=(
            Curve(name="long", values=notional_usd * x, role="altcoins", at=gain),
            Curve(name="short", values=-notional_usd * x, role="short", at=-gain),
            Curve(name="both together", values=0 * x, role="total", at=0.0, bold=True),
        ),
        title=f"ETH {text}: long {long}, short {short}",
        finding=(
            f"ETH {text} after an agreement over {usd(notional_usd)}: the long has {long} and the "
            f"short {short}; together they gain nothing, at any price."
        ),
        place=move,
        caption=f"An agreement over {usd(notional_usd)}, ETH {text}",
        guess=guess,
    )


def put_pnl_usd(book_usd: ArrayLike, move: ArrayLike, premium_usd: ArrayLike = 0.0) -> FloatArray:
    """Return the gain or loss of a put on a book, struck at today's value.

    ``max(0, -move) * book - premium``: the right, not the duty, to sell at the price agreed on.

    >>> float(put_pnl_usd(10_000, -0.2, 700)), float(put_pnl_usd(10_000, 0.2, 700))
    (1300.0, -700.0)
    """
    book_usd, move, premium_usd = numbers(
        book_usd=(book_usd, NONNEGATIVE), move=(move, ABOVE_MINUS_ONE),
        premium_usd=(premium_usd, NONNEGATIVE),
    )  # fmt: skip
    return np.maximum(0.0, -np.asarray(move)) * book_usd - premium_usd


def lock_or_insurance(
    book_usd: float, hedged: float, premium_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return what a move does to a book with a short on a share of it, and with a put on it."""
    x, text = _moves(move, 1.0), move_text(move)
    looks: dict[str, Any] = {
        "no hedge": {"role": "altcoins", "dashed": True},
        "with a short": {"role": "short", "width": 4.5},
        "with a put": {"role": "good", "width": 3.6},
    }

    def three(moves: ArrayLike) -> list[FloatArray]:
        bare = book_usd * np.asarray(moves)
        return [bare, bare - hedged * bare, bare + put_pnl_usd(book_usd, moves, premium_usd)]

    curves = [
        Curve(name=name, values=values, at=float(at), **look)
        for (name, look), values, at in zip(looks.items(), three(x), three(move), strict=True)
    ]
    results = ", ".join(f"{curve.name} {usd(curve.at, signed=True)}" for curve in curves)
    low, high = ([usd(float(gain), signed=True) for gain in three(end)] for end in (-0.8, 1.0))
    return Lines(
        x=x,
        x_label="move of the market",
        y_label="gain or loss (USD)",
        unit="USD",
        curves=tuple(curves),
        title=f"Market {text}: {results}",
        finding=(
            f"A book of {usd(book_usd)}, market {text}: {results}. The line with the short is "
            f"straight, from {low[1]} at {move_text(-0.8)} to {high[1]} at {move_text(1.0)}. The "
            f"line with the put bends: it never falls below {usd(-premium_usd, signed=True)}, and "
            f"rises to {high[2]}."
        ),
        place=move,
        caption=f"A book of {usd(book_usd)}, market {text}",
        notes=(
            ("size of the short", usd(hedged * book_usd)),
            ("premium of the put", usd(premium_usd)),
        ),
        guess=guess,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FiveWays:
    """The same money spent on a coin, or posted as margin of a contract on it, long or short."""

    stake_usd: float
    price_usd: float
    inverse: ContractTerms
    linear: ContractTerms

    def contracts(self, way: str, leverage: float) -> float:
        """Return the contracts of a way, signed; the coin itself is a linear long at leverage 1."""
        inverse = way.startswith("inverse")
        face = self.inverse.multiplier if inverse else self.linear.multiplier * self.price_usd
        size_usd = self.stake_usd * (1 if way == "own it" else leverage)
        return (-1 if way.endswith("short") else 1) * size_usd / face

    def closed_at(self, way: str, leverage: float = 1.0) -> float:
        """Return the move at which the venue closes the position; ``inf`` where it never does."""
        if way == "own it":
            return np.inf
        contracts, rate = self.contracts(way, leverage), ASSUMED_MAINTENANCE_RATE
        if way.startswith("inverse"):
            margin_coin, face = self.stake_usd / self.price_usd, self.inverse.multiplier
            price = inverse_liquidation_price(
                contracts, self.price_usd, margin_coin, maintenance_rate=rate, multiplier_usd=face
            )
        else:
            face = self.linear.multiplier
            price = linear_liquidation_price(
                contracts, self.price_usd, self.stake_usd, maintenance_rate=rate,
                multiplier_coin=face,
            )  # fmt: skip
        return float(price) / self.price_usd - 1

    def worth(self, way: str, moves: ArrayLike, leverage: float = 1.0) -> FloatArray:
        """Return the value of the money, USD: 0 once the venue has closed the position.

        What is left of the margin at liquidation goes to the venue's insurance fund.
        """
        moves, contracts = np.asarray(moves), self.contracts(way, leverage)
        prices, end = self.price_usd * (1 + moves), self.closed_at(way, leverage)
        if way.startswith("inverse"):
            margin_coin, face = self.stake_usd / self.price_usd, self.inverse.multiplier
            _, worth, _ = coin_account(contracts, self.price_usd, margin_coin, prices, face)
        else:
            pnl = linear_pnl_usd(contracts, self.price_usd, prices, self.linear.multiplier)
            worth = self.stake_usd + pnl
        return np.where(moves >= end if end > 0 else moves <= end, 0.0, worth)

    def at(
        self, move: float, *, unit: str = "USD", leverage: float = 1.0, guess: float | None = None
    ) -> Lines:
        """Return the five ways side by side after a move, in dollars or in the coin."""
        coin, text = self.inverse.coin, f"{self.inverse.coin} {move_text(move)}"
        ends = {way: self.closed_at(way, leverage) for way in WAYS}
        x = _moves(move, 2.0)
        # Points on both sides of a liquidation, so that the line breaks there.
        edges = [end + step for end in ends.values() for step in (-1e-9, 1e-9)]
        x = np.sort(np.append(x, [edge for edge in edges if x[0] < edge < x[-1]]))

        def value(way: str, moves: FloatArray | float) -> FloatArray:
            per_unit = 1.0 if unit == "USD" else self.price_usd * (1 + moves)
            return np.asarray(self.worth(way, moves, leverage) / per_unit)

        curves = [
            Curve(
                name=way, values=value(way, x), role=role, width=width, at=float(value(way, move)),
                ends=ends[way],
            )
            for way, (role, width) in _LOOK.items()
        ]  # fmt: skip
        start = amount(self.stake_usd if unit == "USD" else self.stake_usd / self.price_usd, unit)
        read = {curve.name: amount(curve.at, unit) for curve in curves}
        closed = [
            f"{way} at {coin} {move_text(round(end, 3))}" for way, end in ends.items() if end <= 3
        ]
        results = ", ".join(
            f"{'owner' if way == 'own it' else way} {read[way].removesuffix(f' {coin}')}"
            for way in ("own it", "inverse short", "inverse long")
        )
        return Lines(
            x=x,
            x_label=f"move of {coin}",
            y_label=f"value of the account ({unit})",
            unit=unit,
            curves=tuple(curves),
            title=f"{text}{'' if unit == 'USD' else f', in {coin}'}: {results}",
            finding=(
                f"What {start} has become after {text}, at leverage {leverage:g}: "
                f"{', '.join(f'{way} {left}' for way, left in read.items())}. Closed by the "
                f"exchange: {', '.join(closed) or 'none of them at any price'}."
            ),
            place=move,
            caption=f"{start} after {text}, leverage {leverage:g}",
            notes=(("closed by the exchange", "; ".join(closed) or "never"),),
            guess=guess,
            signed=False,
        )


def survivors(ways: FiveWays) -> dict[str, object]:
    """Return in words which ways survive 20% both ways at leverage 5, and where others end."""
    ends = {way: ways.closed_at(way, 5.0) for way in WAYS}
    alive = [way for way, end in ends.items() if abs(end) > 0.2]
    closed = [f"{w} at {move_text(round(end, 3))}" for w, end in ends.items() if w not in alive]
    names = ["the owner" if way == "own it" else f"the {way}" for way in alive]
    return {
        "coin": ways.inverse.coin,
        "held": ways.stake_usd / ways.price_usd,
        "survive": " and ".join(names).capitalize(),
        "closed": ", ".join(closed),
    }
