"""What lesson 01 computes: two sides of an agreement, a put, five uses of the same money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    "WAYS",
    "Drop",
    "FiveWays",
    "drop_from_top",
    "lock_or_insurance",
    "long_and_short",
    "put_pnl_usd",
    "survivors",
    "wild_days",
]

_LOOK: dict[str, tuple[Role, float]] = {
    "own it": ("altcoins", 9.5),
    "linear long": ("good", 3.6),
    "linear short": ("unhedged", 3.6),
    "inverse long": ("margin", 3.6),
    "inverse short": ("short", 5.5),
}
WAYS = tuple(_LOOK)
"""Ways to use the same money on a view about a coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The highest price of a period, the lowest after it, and the last day before as low."""

    top_day: pd.Timestamp
    top_usd: float
    low_day: pd.Timestamp
    low_usd: float
    level_day: pd.Timestamp

    @property
    def days_down(self) -> int:
        """Days from the top to the low."""
        return int((self.low_day - self.top_day).days)

    @property
    def days_undone(self) -> int:
        """Days of gains that the fall has undone."""
        return int((self.top_day - self.level_day).days)

    @property
    def move(self) -> float:
        """Return from the top to the low, a decimal."""
        return self.low_usd / self.top_usd - 1


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
    days, values = prices.index, prices.to_numpy(dtype=np.float64)
    top = int(values.argmax())
    low = top + int(values[top:].argmin())
    as_low = np.flatnonzero(values[:top] <= values[low])
    if low == top:
        raise InvalidInput("the last price is the highest: there is no fall after it")
    if not as_low.size:
        raise InvalidInput("the price falls below its first value; start earlier")
    return Drop(
        top_day=days[top],
        top_usd=float(values[top]),
        low_day=days[low],
        low_usd=float(values[low]),
        level_day=days[as_low[-1]],
    )


def _moves(move: float, highest: float) -> FloatArray:
    (move,) = scalars(move=(move, ABOVE_MINUS_ONE))
    return np.linspace(min(-0.8, move), max(highest, move), 281)


def long_and_short(
    notional_usd: float, price_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return what both sides of an agreement on a price of ETH gain or lose after a move."""
    moves = _moves(move, 2.0)

    def gain(sign: int, moves: ArrayLike) -> FloatArray:
        exits = price_usd * (1 + np.asarray(moves, dtype=np.float64))
        pnl_usd = linear_pnl_usd(sign * notional_usd / price_usd, price_usd, exits)
        return np.asarray(pnl_usd)

    sides: dict[str, tuple[Role, FloatArray]] = {
        "long": ("altcoins", gain(1, moves)),
        "short": ("short", gain(-1, moves)),
        "both together": ("total", gain(1, moves) + gain(-1, moves)),
    }
    long, short = float(gain(1, move)), float(gain(-1, move))
    at = {"long": long, "short": short, "both together": long + short}
    curves = tuple(
        Curve(name=name, values=values, role=role, at=at[name], bold=role == "total")
        for name, (role, values) in sides.items()
    )
    text = move_text(move)
    return Lines(
        x=moves,
        x_label="move of ETH",
        y_label="gain or loss (USD)",
        unit="USD",
        curves=curves,
        title=f"ETH {text}: long {usd(long, signed=True)}, short {usd(short, signed=True)}",
        finding=(
            f"ETH {text} after an agreement over {usd(notional_usd)}: the long has "
            f"{usd(long, signed=True)} and the short {usd(short, signed=True)}; together they "
            "gain nothing, at any price."
        ),
        place=float(move),
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
        book_usd=(book_usd, NONNEGATIVE),
        move=(move, ABOVE_MINUS_ONE),
        premium_usd=(premium_usd, NONNEGATIVE),
    )
    return np.maximum(0.0, -np.asarray(move)) * book_usd - premium_usd


def lock_or_insurance(
    book_usd: float, hedged: float, premium_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return what a move does to a book with a short on a share of it, and with a put on it."""
    moves, lowest, highest = _moves(move, 1.0), -0.8, 1.0

    def three(moves: ArrayLike) -> FloatArray:
        bare = book_usd * np.asarray(moves, dtype=np.float64)
        put = put_pnl_usd(book_usd, moves, premium_usd)
        return np.array([bare, bare - hedged * bare, bare + put])

    looks: dict[str, tuple[Role, float]] = {
        "no hedge": ("altcoins", 3.0),
        "with a short": ("short", 4.5),
        "with a put": ("good", 3.6),
    }
    curves = tuple(
        Curve(
            name=name,
            values=values,
            role=role,
            at=float(at),
            width=width,
            dashed=role == "altcoins",
        )
        for (name, (role, width)), values, at in zip(
            looks.items(), three(moves), three(move), strict=True
        )
    )
    text = move_text(move)
    results = ", ".join(f"{curve.name} {usd(curve.at, signed=True)}" for curve in curves)
    low, high = three(lowest), three(highest)
    return Lines(
        x=moves,
        x_label="move of the market",
        y_label="gain or loss (USD)",
        unit="USD",
        curves=curves,
        title=f"Market {text}: {results}",
        finding=(
            f"A book of {usd(book_usd)}, market {text}: {results}. The line with the short is "
            f"straight, from {usd(low[1], signed=True)} at {move_text(lowest)} to "
            f"{usd(high[1], signed=True)} at {move_text(highest)}. The line with the put bends: it "
            f"never falls below {usd(-premium_usd, signed=True)}, and rises to "
            f"{usd(high[2], signed=True)}."
        ),
        place=float(move),
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
    maintenance_rate: float = ASSUMED_MAINTENANCE_RATE

    def __post_init__(self) -> None:
        if (self.inverse.kind, self.linear.kind) != ("inverse", "linear"):
            raise InvalidInput("an inverse and a linear contract are needed, in this order")
        if self.inverse.coin != self.linear.coin:
            raise InvalidInput("the two contracts must be on one coin")

    def contracts(self, way: str, leverage: float = 1.0) -> float:
        """Return the contracts of a way, signed; 0 for the coin itself."""
        if way not in WAYS:
            raise InvalidInput(f"no way {way!r}; there are {', '.join(WAYS)}")
        if way == "own it":
            return 0.0
        inverse = way.startswith("inverse")
        face = self.inverse.multiplier if inverse else self.linear.multiplier * self.price_usd
        return (1 if way.endswith("long") else -1) * leverage * self.stake_usd / face

    def closed_at(self, way: str, leverage: float = 1.0) -> float | None:
        """Return the move at which the venue closes the position; None where it never does."""
        contracts = self.contracts(way, leverage)
        if not contracts:
            return None
        if way.startswith("inverse"):
            price = inverse_liquidation_price(
                contracts,
                self.price_usd,
                self.stake_usd / self.price_usd,
                maintenance_rate=self.maintenance_rate,
                multiplier_usd=self.inverse.multiplier,
            )
        else:
            price = linear_liquidation_price(
                contracts,
                self.price_usd,
                self.stake_usd,
                maintenance_rate=self.maintenance_rate,
                multiplier_coin=self.linear.multiplier,
            )
        return float(price) / self.price_usd - 1 if np.isfinite(price) else None

    def worth(self, way: str, moves: ArrayLike, leverage: float = 1.0) -> FloatArray:
        """Return the value of the money, USD: 0 once the venue has closed the position.

        What is left of the margin at liquidation goes to the venue's insurance fund.
        """
        (moves,) = numbers(moves=(moves, ABOVE_MINUS_ONE))
        prices = self.price_usd * (1 + np.asarray(moves))
        contracts = self.contracts(way, leverage)
        if not contracts:
            return np.asarray(self.stake_usd * (1 + np.asarray(moves)))
        if way.startswith("inverse"):
            margin_coin, face = self.stake_usd / self.price_usd, self.inverse.multiplier
            worth = coin_account(contracts, self.price_usd, margin_coin, prices, face)[1]
        else:
            face = self.linear.multiplier
            worth = self.stake_usd + linear_pnl_usd(contracts, self.price_usd, prices, face)
        end = self.closed_at(way, leverage)
        if end is None:
            return np.asarray(worth)
        return np.where(moves >= end if end > 0 else moves <= end, 0.0, worth)

    def at(
        self, move: float, *, unit: str = "USD", leverage: float = 1.0, guess: float | None = None
    ) -> Lines:
        """Return the five ways side by side after a move, in dollars or in the coin."""
        coin = self.inverse.coin
        if unit not in ("USD", coin):
            raise InvalidInput(f"unit must be 'USD' or {coin!r}, got {unit!r}")
        ends = {way: self.closed_at(way, leverage) for way in WAYS}
        moves = _moves(move, 2.0)
        # Points on both sides of a liquidation, so that the line breaks there.
        edges = [e + d for e in ends.values() if e is not None for d in (-1e-9, 1e-9)]
        moves = np.sort(np.append(moves, [e for e in edges if moves[0] < e < moves[-1]]))

        def value(way: str, moves: ArrayLike) -> FloatArray:
            per_unit = 1.0 if unit == "USD" else self.price_usd * (1 + np.asarray(moves))
            return np.asarray(self.worth(way, moves, leverage) / per_unit)

        curves = tuple(
            Curve(
                name=way,
                values=value(way, moves),
                role=role,
                width=width,
                at=float(value(way, move)),
                ends=ends[way],
            )
            for way, (role, width) in _LOOK.items()
        )
        start = amount(self.stake_usd if unit == "USD" else self.stake_usd / self.price_usd, unit)
        read = {curve.name: amount(curve.at, unit) for curve in curves}
        text = move_text(move)
        closed = [
            f"{way} at {coin} {move_text(round(end, 3))}"
            for way, end in ends.items()
            if end is not None and -1 < end <= 3
        ]
        titled = {
            "owner": "own it",
            "inverse short": "inverse short",
            "inverse long": "inverse long",
        }
        results = ", ".join(
            f"{name} {read[way].removesuffix(' ' + coin)}" for name, way in titled.items()
        )
        return Lines(
            x=moves,
            x_label=f"move of {coin}",
            y_label=f"value of the account ({unit})",
            unit=unit,
            curves=curves,
            title=f"{coin} {text}{'' if unit == 'USD' else f', in {coin}'}: {results}",
            finding=(
                f"What {start} has become after {coin} {text}, at leverage {leverage:g}: "
                + ", ".join(f"{way} {value_}" for way, value_ in read.items())
                + f". Closed by the exchange: {', '.join(closed) or 'none of them at any price'}."
            ),
            place=float(move),
            caption=f"{start} after {coin} {text}, leverage {leverage:g}",
            notes=(("closed by the exchange", "; ".join(closed) or "never"),),
            guess=guess,
            signed=False,
        )


def survivors(ways: FiveWays, *, leverage: float = 5.0, reach: float = 0.2) -> dict[str, object]:
    """Return in words which ways survive a move both ways, and where the others are closed."""
    ends = {way: ways.closed_at(way, leverage) for way in WAYS}
    alive = [way for way, end in ends.items() if end is None or abs(end) > reach]
    names = ["the owner" if way == "own it" else f"the {way}" for way in alive]
    closed = ", ".join(
        f"{way} at {move_text(round(end, 3))}"
        for way, end in ends.items()
        if end is not None and way not in alive
    )
    return {
        "coin": ways.inverse.coin,
        "held": ways.stake_usd / ways.price_usd,
        "survive": " and ".join(names).capitalize(),
        "closed": closed,
    }
