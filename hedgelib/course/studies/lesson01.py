"""What lesson 01 computes: two sides of an agreement, a put, five uses of the same money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import ABOVE_MINUS_ONE, NONNEGATIVE, POSITIVE, FloatArray, numbers, scalars
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

WAYS = ("own it", "linear long", "linear short", "inverse long", "inverse short")
"""Ways to use the same money on a view about a coin."""

_LOOK: dict[str, tuple[Role, float]] = {
    "own it": ("altcoins", 9.5),
    "linear long": ("good", 3.6),
    "linear short": ("unhedged", 3.6),
    "inverse long": ("margin", 3.6),
    "inverse short": ("short", 5.5),
}

_SIDES: tuple[tuple[str, tuple[int, ...], Role], ...] = (
    ("long", (1,), "altcoins"),
    ("short", (-1,), "short"),
    ("both together", (1, -1), "total"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The highest price of a period and the fall after it, as :func:`drop_from_top` returns it.

    Parameters
    ----------
    top_day, low_day : Timestamp
        Day of the highest price, and of the lowest after it.
    top_usd, low_usd : float
    level_day : Timestamp
        The last day before the top on which the price was as low.
    """

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
    """Return how far coins moved relative to BTC on BTC's largest moves.

    Parameters
    ----------
    returns : DataFrame
        Decimal, one column for each coin, BTC among them.
    limit : float
        Smallest daily move of BTC that counts, decimal.

    Returns
    -------
    dict of str to tuple of (float, float)
        For each coin except BTC, its mean return over BTC's: on BTC's falls, and on its rises.

    Examples
    --------
    >>> import pandas as pd
    >>> wild_days(pd.DataFrame({"BTC": [-0.25, 0.0, 0.25], "ADA": [-0.375, 0.3, 0.125]}), 0.05)
    {'ADA': (1.5, 0.5)}
    """
    falls = returns[returns["BTC"] < -limit].mean()
    rises = returns[returns["BTC"] > limit].mean()
    times = zip(falls / falls["BTC"], rises / rises["BTC"], strict=True)
    return {
        str(coin): (float(down), float(up))
        for coin, (down, up) in zip(returns, times, strict=True)
        if coin != "BTC"
    }


def drop_from_top(prices: pd.Series) -> Drop:
    """Return the highest price, the lowest after it, and the last day before with as low a price.

    Parameters
    ----------
    prices : Series
        USD, by day.

    Raises
    ------
    InvalidInput
        No fall after the highest price, or a fall below the first price.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2021-01-01", periods=5)
    >>> drop = drop_from_top(pd.Series([10.0, 15.0, 18.0, 20.0, 12.0], days))
    >>> drop.days_undone, drop.days_down, drop.move
    (3, 1, -0.4)
    """
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


def _moves(move: float, lowest: float, highest: float) -> FloatArray:
    (move,) = scalars(move=(move, ABOVE_MINUS_ONE))
    return np.linspace(min(lowest, move), max(highest, move), 281)


def long_and_short(
    notional_usd: float,
    price_usd: float,
    move: float,
    *,
    coin: str = "ETH",
    guess: float | None = None,
    lowest: float = -0.8,
    highest: float = 2.0,
) -> Lines:
    """Return the gains and losses of the two sides of an agreement on a price.

    Parameters
    ----------
    notional_usd : float
        Size of the agreement when it is made, USD, > 0.
    price_usd : float
        Price agreed on, > 0.
    move : float
        Return of the coin since then, a decimal above -1.
    coin : str
    guess : float, optional
        The reader's guess of the short's result, USD.
    lowest, highest : float
        Range of the curves; widened to include the move.

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.linear_pnl_usd`.

    Examples
    --------
    >>> long_and_short(1000, 2500, 2.0).rows()[:2]
    [('long', '+$2,000'), ('short', '−$2,000')]
    """
    notional_usd, price_usd = scalars(
        notional_usd=(notional_usd, POSITIVE), price_usd=(price_usd, POSITIVE)
    )
    x = _moves(move, lowest, highest)

    def sides(signs: tuple[int, ...], moves: ArrayLike) -> FloatArray:
        exits = price_usd * (1 + np.asarray(moves, dtype=np.float64))
        gains = [linear_pnl_usd(s * notional_usd / price_usd, price_usd, exits) for s in signs]
        return np.asarray(np.sum(gains, axis=0))

    curves = tuple(
        Curve(
            name=name,
            values=sides(signs, x),
            role=role,
            at=float(sides(signs, move)),
            bold=len(signs) == 2,
        )
        for name, signs, role in _SIDES
    )
    long, short, _ = (curve.at for curve in curves)
    text = move_text(move)
    return Lines(
        x=x,
        x_label=f"move of {coin}",
        y_label="gain or loss (USD)",
        unit="USD",
        curves=curves,
        title=f"{coin} {text}: long {usd(long, signed=True)}, short {usd(short, signed=True)}",
        finding=(
            f"{coin} {text} after an agreement over {usd(notional_usd)}: the long has "
            f"{usd(long, signed=True)} and the short {usd(short, signed=True)}; together they "
            "gain nothing, at any price."
        ),
        place=float(move),
        caption=f"An agreement over {usd(notional_usd)}, {coin} {text}",
        guess=guess,
    )


def put_pnl_usd(book_usd: ArrayLike, move: ArrayLike, premium_usd: ArrayLike = 0.0) -> FloatArray:
    """Return the gain or loss of a put on a book, struck at today's value.

    Formula: ``max(0, -move) * book - premium``.

    Parameters
    ----------
    book_usd : array_like
        Value insured, USD, >= 0.
    move : array_like
        Return of the book, a decimal above -1.
    premium_usd : array_like
        Price of the put, USD, >= 0.

    Returns
    -------
    float or ndarray
        USD, broadcast shape.

    Raises
    ------
    InvalidInput
        Values out of range, shapes that do not go together.

    Notes
    -----
    **Source:** definition of a put: the right, not the duty, to sell at the price agreed on.

    Examples
    --------
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
    book_usd: float,
    hedged: float,
    premium_usd: float,
    move: float,
    *,
    guess: float | None = None,
    lowest: float = -0.8,
    highest: float = 1.0,
) -> Lines:
    """Return the result of a book with a short, compared with a put on the same book.

    Parameters
    ----------
    book_usd : float
        Value of the book, which moves with the coin one for one, USD, > 0.
    hedged : float
        Share of it that the short covers, a decimal >= 0.
    premium_usd : float
        Price of a put on all of it, USD, >= 0.
    move : float
        Return of the market, a decimal above -1.
    guess : float, optional
        The reader's guess of the result with the short, USD.
    lowest, highest : float
        Range of the curves; widened to include the move.

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** a short pays ``-hedged * book * move``; a put pays :func:`put_pnl_usd`.

    Examples
    --------
    >>> lock_or_insurance(10_000, 1, 700, 0.4).rows()[:3]
    [('no hedge', '+$4,000'), ('with a short', '$0'), ('with a put', '+$3,300')]
    """
    book_usd, hedged, premium_usd = scalars(
        book_usd=(book_usd, POSITIVE),
        hedged=(hedged, NONNEGATIVE),
        premium_usd=(premium_usd, NONNEGATIVE),
    )
    x = _moves(move, lowest, highest)

    def three(moves: ArrayLike) -> FloatArray:
        bare = book_usd * np.asarray(moves, dtype=np.float64)
        return np.array(
            [bare, bare - hedged * bare, bare + put_pnl_usd(book_usd, moves, premium_usd)]
        )

    names = ("no hedge", "with a short", "with a put")
    looks: tuple[tuple[Role, float, bool], ...] = (
        ("altcoins", 3.0, True), ("short", 4.5, False), ("good", 3.6, False),
    )  # fmt: skip
    over, here = three(x), three(move)
    curves = tuple(
        Curve(name=n, values=v, role=r, at=float(a), width=w, dashed=d)
        for n, (r, w, d), v, a in zip(names, looks, over, here, strict=True)
    )
    text = move_text(move)
    told = ", ".join(f"{c.name} {usd(c.at, signed=True)}" for c in curves)
    low, high = (three(end) for end in (lowest, highest))
    return Lines(
        x=x,
        x_label="move of the market",
        y_label="gain or loss (USD)",
        unit="USD",
        curves=curves,
        title=f"Market {text}: {told}",
        finding=(
            f"A book of {usd(book_usd)}, market {text}: {told}. The line with the short is "
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
    """The same money used in five ways: the coin, and two contracts, long and short.

    Parameters
    ----------
    stake_usd : float
        The money, all of it spent on the coin or posted as margin, USD, > 0.
    price_usd : float
        Price of the coin at the start, > 0.
    inverse, linear : ContractTerms
        Contracts on the same coin.
    maintenance_rate : float
        Maintenance margin rate of the venue, a decimal.

    Raises
    ------
    InvalidInput
        Contracts of the wrong kind or on two coins.

    Examples
    --------
    >>> from hedgelib import market
    >>> usdt = ContractTerms(venue="Any", symbol="ETHUSDT", kind="linear", coin="ETH",
    ...                      multiplier=0.01, settle="USDT")
    >>> ways = FiveWays(stake_usd=1000, price_usd=2500, linear=usdt,
    ...                 inverse=market.contract("binance:ETHUSD_PERP"))
    >>> [value for _, value in ways.at(-0.3).rows()[:5]]
    ['$700', '$700', '$1,300', '$400', '$1,000']
    """

    stake_usd: float
    price_usd: float
    inverse: ContractTerms
    linear: ContractTerms
    maintenance_rate: float = ASSUMED_MAINTENANCE_RATE

    def __post_init__(self) -> None:
        scalars(stake_usd=(self.stake_usd, POSITIVE), price_usd=(self.price_usd, POSITIVE))
        if (self.inverse.kind, self.linear.kind) != ("inverse", "linear"):
            raise InvalidInput("an inverse and a linear contract are needed, in this order")
        if self.inverse.coin != self.linear.coin:
            raise InvalidInput("the two contracts must be on one coin")

    def contracts(self, way: str, leverage: float = 1.0) -> float:
        """Return the contracts of a way, signed; 0 for the coin itself.

        Parameters
        ----------
        way : str
            One of :data:`WAYS`.
        leverage : float
            Size of the position over the money, > 0.

        Raises
        ------
        InvalidInput
            No such way, a leverage that is not > 0.
        """
        (leverage,) = scalars(leverage=(leverage, POSITIVE))
        if way not in WAYS:
            raise InvalidInput(f"no way {way!r}; there are {', '.join(WAYS)}")
        if way == "own it":
            return 0.0
        sign = 1.0 if way.endswith("long") else -1.0
        if way.startswith("inverse"):
            face = self.inverse.multiplier
        else:
            face = self.linear.multiplier * self.price_usd
        return sign * leverage * self.stake_usd / face

    def closed_at(self, way: str, leverage: float = 1.0) -> float | None:
        """Return the move at which the venue closes the position; None where it never does.

        Parameters
        ----------
        way : str
            One of :data:`WAYS`.
        leverage : float
            Size of the position over the money, > 0.

        Returns
        -------
        float or None
            A decimal.

        Raises
        ------
        InvalidInput
            No such way, a leverage out of range or too high to open at all.
        """
        held = self.contracts(way, leverage)
        if not held:
            return None
        rate = self.maintenance_rate
        if way.startswith("inverse"):
            price = inverse_liquidation_price(
                held,
                self.price_usd,
                self.stake_usd / self.price_usd,
                maintenance_rate=rate,
                multiplier_usd=self.inverse.multiplier,
            )
        else:
            price = linear_liquidation_price(
                held,
                self.price_usd,
                self.stake_usd,
                maintenance_rate=rate,
                multiplier_coin=self.linear.multiplier,
            )
        return float(price) / self.price_usd - 1 if np.isfinite(price) else None

    def worth(self, way: str, moves: ArrayLike, leverage: float = 1.0) -> FloatArray:
        """Return the value of the money, USD: 0 once the venue has closed the position.

        Parameters
        ----------
        way : str
            One of :data:`WAYS`.
        moves : array_like
            Returns of the coin, decimals above -1.
        leverage : float
            Size of the position over the money, > 0.

        Returns
        -------
        ndarray
            Shape of `moves`.

        Raises
        ------
        InvalidInput
            No such way, values out of range.

        Notes
        -----
        **Source:** :func:`hedgelib.linear_pnl_usd`, :func:`hedgelib.coin_account`; what is left of
        the margin at liquidation goes to the venue's insurance fund.
        """
        (moves,) = numbers(moves=(moves, ABOVE_MINUS_ONE))
        prices = self.price_usd * (1 + np.asarray(moves))
        held = self.contracts(way, leverage)
        if not held:
            return np.asarray(self.stake_usd * (1 + np.asarray(moves)))
        if way.startswith("inverse"):
            worth = np.asarray(
                coin_account(
                    held,
                    self.price_usd,
                    self.stake_usd / self.price_usd,
                    prices,
                    self.inverse.multiplier,
                )[1]
            )
        else:
            worth = self.stake_usd + np.asarray(
                linear_pnl_usd(held, self.price_usd, prices, self.linear.multiplier)
            )
        end = self.closed_at(way, leverage)
        if end is None:
            return worth
        return np.where(moves >= end if end > 0 else moves <= end, 0.0, worth)

    def at(
        self,
        move: float,
        *,
        unit: str = "USD",
        leverage: float = 1.0,
        guess: float | None = None,
        lowest: float = -0.8,
        highest: float = 2.0,
    ) -> Lines:
        """Return the five ways side by side.

        Parameters
        ----------
        move : float
            Return of the coin, a decimal above -1.
        unit : str
            ``"USD"`` or the coin.
        leverage : float
            Leverage of the four ways with a contract, > 0.
        guess : float, optional
            The reader's guess, in the unit.
        lowest, highest : float
            Range of the curves; widened to include the move.

        Raises
        ------
        InvalidInput
            Values out of range, another unit.
        """
        coin = self.inverse.coin
        if unit not in ("USD", coin):
            raise InvalidInput(f"unit must be 'USD' or {coin!r}, got {unit!r}")
        x = _moves(move, lowest, highest)
        ends = {way: self.closed_at(way, leverage) for way in WAYS}
        edges = [e + d for e in ends.values() if e is not None for d in (-1e-9, 1e-9)]
        x = np.sort(np.append(x, [e for e in edges if x[0] < e < x[-1]]))

        def value(way: str, moves: ArrayLike) -> FloatArray:
            per_unit = 1.0 if unit == "USD" else self.price_usd * (1 + np.asarray(moves))
            return np.asarray(self.worth(way, moves, leverage) / per_unit)

        curves = tuple(
            Curve(
                name=way,
                values=value(way, x),
                role=_LOOK[way][0],
                width=_LOOK[way][1],
                at=float(value(way, move)),
                ends=ends[way],
            )
            for way in WAYS
        )
        start = amount(self.stake_usd if unit == "USD" else self.stake_usd / self.price_usd, unit)
        read = {curve.name: amount(curve.at, unit) for curve in curves}
        text = move_text(move)
        closed = [
            f"{way} at {coin} {move_text(round(end, 3))}"
            for way, end in ends.items()
            if end is not None and -1 < end <= 3
        ]
        told = ", ".join(
            f"{name} {read[way].removesuffix(' ' + coin)}"
            for name, way in (
                ("owner", "own it"),
                ("inverse short", "inverse short"),
                ("inverse long", "inverse long"),
            )
        )
        return Lines(
            x=x,
            x_label=f"move of {coin}",
            y_label=f"value of the account ({unit})",
            unit=unit,
            curves=curves,
            title=f"{coin} {text}{'' if unit == 'USD' else f', in {coin}'}: {told}",
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
    """Return which ways survive a move of `reach` in both directions, and where others are closed.

    In words, for the text under the explorer.
    """
    coin = ways.inverse.coin
    ends = {way: ways.closed_at(way, leverage) for way in WAYS}
    left = [way for way, end in ends.items() if end is None or abs(end) > reach]
    alive = " and ".join("the owner" if way == "own it" else f"the {way}" for way in left)
    closed = ", ".join(
        f"{way} at {move_text(round(end, 3))}"
        for way, end in ends.items()
        if end is not None and way not in left
    )
    held = ways.stake_usd / ways.price_usd
    return {"coin": coin, "held": held, "survive": alive.capitalize(), "closed": closed}
