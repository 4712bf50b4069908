"""Helpers of lesson 04: the account of a short, two wallets, real rallies.

The guesses are here so that a reader of the lesson does not see the answer with the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import (
    ABOVE_MINUS_ONE,
    FINITE,
    POSITIVE,
    FloatArray,
    one_of,
    scalars,
    series,
)
from hedgelib._text import percent, usd
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.course.lines import Curve, Lines, move_text
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput
from hedgelib.margin import inverse_liquidation_price, liquidation_distance, liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE
from hedgelib.returns import log_returns
from hedgelib.scenario import coin_account
from hedgelib.show import Area, Guess, Line, Points, Scale, Scene, Table, Text, panel
from hedgelib.show.layout import NAME_SHIFT, days, name_height, spread
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = [
    "NEVER",
    "RALLIES",
    "Rally",
    "WalletPath",
    "best_rise",
    "falls_and_rallies",
    "far_is_far",
    "predict_end",
    "predict_margin",
    "predict_market",
    "predict_share",
    "predict_worth",
    "price_text",
    "rally",
    "same_short_at",
    "synthetic_dollar",
    "two_wallets",
]


def price_text(price_usd: float) -> str:
    """Return a price as text, or "never".

    Parameters
    ----------
    price_usd : float
        USD per coin; ``inf`` for none.

    Examples
    --------
    >>> price_text(float("inf")), price_text(4353.125)
    ('never', '$4,353')
    """
    return usd(price_usd) if np.isfinite(price_usd) else "never"


def synthetic_dollar(
    notional_usd: float,
    price_usd: float,
    move: float,
    *,
    coin: str = "ETH",
    guess: float | None = None,
    lowest: float = -0.6,
    highest: float = 1.2,
) -> Lines:
    """Return the value of a fully collateralised short and its coin margin, over the coin's return.

    Parameters
    ----------
    notional_usd : float
        Notional of the short and initial value of the margin, USD, > 0.
    price_usd : float
        Entry price, USD per coin, > 0.
    move : float
        Return of the coin since then, a decimal above -1.
    coin : str
    guess : float, optional
        The reader's predicted account value, USD.
    lowest, highest : float
        Range of the curves; widened to include the move.

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.coin_account`: a wallet of ``N / entry`` makes the equity
    ``N / price`` coins, which are ``N`` dollars.

    Examples
    --------
    >>> synthetic_dollar(10_000, 3_500, 1.0).rows()
    [('ETH margin', '$20,000'), ('short', '−$10,000'), ('account', '$10,000')]
    """
    notional_usd, price_usd, move = scalars(
        notional_usd=(notional_usd, POSITIVE),
        price_usd=(price_usd, POSITIVE),
        move=(move, ABOVE_MINUS_ONE),
    )
    coins = notional_usd / price_usd

    def worth(moves: Any) -> list[FloatArray]:
        at = price_usd * (1 + np.asarray(moves, dtype=np.float64))
        short = np.asarray(inverse_pnl_usd(-notional_usd, price_usd, at))
        return [coins * at, short, coin_account(-notional_usd, price_usd, coins, at)[1]]

    moves = np.linspace(min(lowest, move), max(highest, move), 181)
    names = (f"{coin} margin", "short", "account")
    looks: tuple[tuple[Role, float], ...] = (("margin", 3.6), ("short", 3.6), ("total", 4.4))
    at = [float(part[0]) for part in worth([move])]
    margin, short, account = (usd(part) for part in at)
    return Lines(
        x=moves,
        x_label=f"move of {coin}",
        y_label="value (USD)",
        unit="USD",
        curves=tuple(
            Curve(name=name, values=values, role=role, at=here, width=width, bold=i == 2)
            for i, (name, values, here, (role, width)) in enumerate(
                zip(names, worth(moves), at, looks, strict=True)
            )
        ),
        title=f"{coin} {move_text(move)}: margin {margin}, short {short}, account {account}",
        finding=f"{coin} {move_text(move)}: the margin is worth {margin}, the short has made "
        f"{short}, the account is worth {account}. Over all moves the account is a flat line.",
        place=move,
        caption=f"{coin} {move_text(move)}",
        guess=guess,
        signed=False,
    )


def predict_worth(notional_usd: float) -> Prediction:
    """Return a question about the value of a fully collateralised short after the coin has doubled.

    Parameters
    ----------
    notional_usd : float
        Notional of the short and initial value of the margin, USD, > 0.

    Returns
    -------
    Prediction
        Each option is a number of dollars.

    Notes
    -----
    **Source:** :func:`synthetic_dollar`.

    Examples
    --------
    >>> predict_worth(10_000).answer
    '$10,000'
    """
    worth = synthetic_dollar(notional_usd, 1.0, 1.0)
    answer = usd(worth.value("account"))
    return predict(
        "ETH doubles. What is the value of the account, margin and short together?",
        {
            usd(0): "The short has lost its whole size, true. But the margin has doubled.",
            answer: "The margin gains what the short loses.",
            usd(worth.value("ETH margin")): "That is the margin. The short has lost as much as it "
            "was worth.",
        },
        answer=answer,
    )


def predict_margin(book_usd: float) -> Prediction:
    """Return a question about the bought margin that brings a full hedge to leverage 1.

    Parameters
    ----------
    book_usd : float
        Altcoins that follow the coin one for one, USD, > 0.

    Notes
    -----
    **Source:** the leverage is ``1 + book / margin``: :func:`hedgelib.smallest_collateral`.

    Examples
    --------
    >>> predict_margin(10_000).answer
    'no amount is enough'
    """
    never = "no amount is enough"
    return predict(
        f"Altcoins of {usd(book_usd)}. How much ETH must you buy as margin, so that everything is "
        "hedged and the leverage is 1?",
        {
            usd(
                book_usd
            ): "It is enough for a short of the altcoins. But you must short the ETH too.",
            usd(
                2 * book_usd
            ): "That is enough for the first ETH. But you must short the new ETH too.",
            never: "Each dollar of margin needs one more dollar of short.",
        },
        answer=never,
    )


# In which direction a short is liquidated


def predict_market() -> Prediction:
    """Return a question about the market in which a hedge is liquidated.

    Returns
    -------
    Prediction
        Its options are those of :func:`falls_and_rallies`.

    Examples
    --------
    >>> predict_market().answer
    'a rally'
    """
    rally_ = "a rally"
    return predict(
        "You hold altcoins, and a short on ETH with 5x leverage. In which market can the exchange "
        "liquidate you?",
        {
            "a crash": "A holder loses in a crash. But the short earns, and its account grows.",
            "either": "A crash fills the account of a short. Only one of the two empties it.",
            rally_: "A short loses in a rise, and the exchange looks only at its account.",
        },
        answer=rally_,
    )


def falls_and_rallies(
    notional_usd: float,
    price_usd: float,
    leverage: float,
    *,
    maintenance_rate: float = ASSUMED_MAINTENANCE_RATE,
    coin: str = "ETH",
    guess: str | None = None,
) -> Lines:
    """Return the equity and the maintenance margin of a short, over the coin's return.

    Parameters
    ----------
    notional_usd : float
        Size of the short, USD, > 0.
    price_usd : float
        Entry price, USD per coin, > 0.
    leverage : float
        Leverage at the entry, > 1.
    maintenance_rate : float
        Decimal, calculated at the mark price.
    coin : str
    guess : str, optional
        The reader's guess of where it ends: ``"a crash"``, ``"a rally"`` or ``"either"``.

    Returns
    -------
    Lines
        Values in coins, marked at the move that liquidates the short.

    Raises
    ------
    InvalidInput
        Values out of range, or a leverage of 1 or less, at which no move liquidates it.

    Notes
    -----
    **Source:** :func:`hedgelib.coin_account`, :func:`hedgelib.inverse_liquidation_price`.

    Examples
    --------
    >>> falls_and_rallies(10_000, 3_500, 5).rows()
    [('equity', '0.0231 ETH'), ('maintenance margin', '0.0231 ETH'), ('Ends at', '$4,331 (+23.8%)')]
    """
    notional_usd, price_usd, leverage = scalars(
        notional_usd=(notional_usd, POSITIVE),
        price_usd=(price_usd, POSITIVE),
        leverage=(leverage, FINITE),
    )
    if leverage <= 1:
        raise InvalidInput(
            f"leverage must be above 1 (at 1 no move ends the short), got {leverage:g}"
        )
    wallet = notional_usd / price_usd / leverage
    ends_usd = float(
        inverse_liquidation_price(
            -notional_usd, price_usd, wallet, maintenance_rate=maintenance_rate
        )
    )
    end = ends_usd / price_usd - 1

    def equity(moves: Any) -> FloatArray:
        at = price_usd * (1 + np.asarray(moves, dtype=np.float64))
        return np.asarray(coin_account(-notional_usd, price_usd, wallet, at)[0])

    def needed(moves: Any) -> FloatArray:
        return maintenance_rate * notional_usd / (price_usd * (1 + np.asarray(moves)))

    moves = np.linspace(-0.4, max(0.4, 1.4 * end), 321)
    places = {"a crash": [-0.3], "a rally": [end], "either": [-0.3, end]}
    if guess is not None:
        one_of("guess", guess, tuple(places))
    guesses = tuple(
        Guess(x=place, y=float(equity(place)), side="above" if place > 0 else "right")
        for place in places.get(guess or "", [])
    )
    ends = f"{usd(ends_usd)} ({percent(end, signed=True, digits=1)})"
    told = "" if guess is None else f" Your guess: {guess}."
    return Lines(
        x=moves,
        x_label=f"move of {coin} (line: the short is closed)",
        y_label=f"futures account ({coin})",
        unit=coin,
        curves=(
            Curve(
                name="equity",
                values=equity(moves),
                role="total",
                at=float(equity(end)),
                width=4.2,
                bold=True,
                ends=end,
            ),
            Curve(
                name="maintenance\nmargin",
                values=needed(moves),
                role="unhedged",
                at=float(needed(end)),
            ),
        ),
        title=f"At {leverage:g}x a fall fills the account; {coin} {percent(end, signed=True)} "
        "empties it",
        finding=f"Account of a short of {usd(notional_usd)} at {leverage:g}x, in {coin}. It holds "
        f"{wallet:.3f} at the start, {float(equity(-0.3)):.3f} after a fall of {percent(0.3)}, and "
        f"less the more {coin} rises. At {ends} it is down to the maintenance margin, and the "
        f"short is closed.{told}",
        place=end,
        caption=f"Short {usd(notional_usd)} at {leverage:g}x, at the end",
        notes=(("Ends at", ends),),
        remarks=guesses,
        signed=False,
    )


def same_short_at(
    venues: Sequence[str],
    notional_usd: float,
    margin_usd: float,
    price_usd: float,
    *,
    assumed_rate: float = ASSUMED_MAINTENANCE_RATE,
) -> list[tuple[str, ...]]:
    """Return the liquidation price of the same short at several venues.

    Parameters
    ----------
    venues : sequence of str
        Contracts, such as ``"okx:ETH-USD-SWAP"``.
    notional_usd, margin_usd : float
        Notional, and value of the coins posted, USD, > 0.
    price_usd : float
        Entry price, USD per coin, > 0.
    assumed_rate : float
        Maintenance rate where the venue's is not verified, decimal; marked with a question mark.

    Returns
    -------
    list of tuple of str
        Venue, rate, what is added to it, how it is calculated, and the price.

    Raises
    ------
    HedgeError
        An unknown contract, values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.liquidation_price`; rates and rules of ``data/contracts.toml``.

    Examples
    --------
    >>> same_short_at(["kraken:PI_ETHUSD"], 15_000, 5_000, 3_500)
    [('Kraken Futures', '1.0%', '', 'at the entry', '$5,172')]
    """
    rows: list[tuple[str, ...]] = []
    for name in venues:
        terms = market.contract(name)
        known = terms.maintenance_rates
        ends = liquidation_price(
            terms,
            -notional_usd / terms.multiplier,
            price_usd,
            margin_usd / price_usd,
            maintenance_rate=None if known else assumed_rate,
        )
        rate = percent(known[0] if known else assumed_rate, digits=1) + ("" if known else "?")
        fee = "plus taker fee" if terms.liquidation_fee == "taker" else ""
        rows.append((terms.venue, rate, fee, f"at the {terms.maintenance_basis}", usd(ends)))
    return rows


# Two wallets


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rally:
    """Prices of a coin during a rally, and often a fall after it.

    Parameters
    ----------
    name : str
    coin : str
    price_usd : ndarray, shape (n,)
        USD per coin.
    dates : tuple of date
        One for each price; empty where there is no calendar.

    Raises
    ------
    InvalidInput
        Fewer than two prices, or one that is not > 0; not as many dates as prices.
    """

    name: str
    coin: str
    price_usd: FloatArray
    dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        prices = series("price_usd", self.price_usd, rule=POSITIVE, at_least=2)
        object.__setattr__(self, "price_usd", prices)
        if self.dates and len(self.dates) != prices.size:
            raise InvalidInput(f"dates has {len(self.dates)} values and price_usd {prices.size}")

    def __repr__(self) -> str:
        return f"Rally({self.coin}, {self.name!r}, {self.price_usd.size} prices)"

    @property
    def move(self) -> FloatArray:
        """Return of the coin since the first price, decimals."""
        return np.asarray(self.price_usd / self.price_usd[0] - 1)

    def when(self, at: int) -> str:
        """Return the date, if there is one, and the move so far."""
        so_far = percent(self.move[at], signed=True)
        return f"{self.day(at)}, {self.coin} {so_far}" if self.dates else f"{self.coin} {so_far}"

    def day(self, at: int) -> str:
        """Return the date of a price as text."""
        return f"{self.dates[at].day} {self.dates[at]:%b %Y}"


NEVER = "at no price"
"""The option that a hedge is not liquidated."""

RALLIES: dict[str, tuple[str, str] | tuple[float, ...]] = {
    "up 70%, and back": (0.0, 0.7, 0.0),
    "summer of 2022": ("2022-07-12", "2022-10-13"),
    "first half of 2021": ("2020-12-31", "2021-07-20"),
}
"""First and last day of real rallies of ETH; the moves of an invented one."""


def rally(name: str, price_usd: float = 3_500.0) -> Rally:
    """Return a rally of ETH.

    Parameters
    ----------
    name : str
        One of :data:`RALLIES`.
    price_usd : float
        First price of an invented rally, USD, > 0.

    Raises
    ------
    InvalidInput
        Another name; a price that is not > 0.

    Notes
    -----
    **Source:** daily closes from :func:`hedgelib.market.prices`.

    Examples
    --------
    >>> summer = rally("summer of 2022")
    >>> summer.when(int(summer.move.argmax()))
    '13 Aug 2022, ETH +91%'
    """
    one_of("name", name, tuple(RALLIES))
    (price_usd,) = scalars(price_usd=(price_usd, POSITIVE))
    first, *rest = RALLIES[name]
    if isinstance(first, str):
        closes = market.prices("ETH", first, str(rest[-1]))["ETH"]
        dates = tuple(day.date() for day in closes.index)
        return Rally(name=name, coin="ETH", price_usd=closes.to_numpy(), dates=dates)
    corners = [float(corner) for corner in (first, *rest)]
    legs = [np.linspace(a, b, 71)[1:] for a, b in pairwise(corners)]
    moves = np.concatenate([[first], *legs])
    return Rally(name=name, coin="ETH", price_usd=price_usd * (1 + moves))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WalletPath:
    """The spot wallet and the futures wallet during a rally, as :func:`two_wallets` returns them.

    Parameters
    ----------
    rally : Rally
    notional_usd : float
        The short, while it is open.
    liquidation_usd : float
        Its liquidation price at the start.
    spot_usd, futures_usd : ndarray, shape (n,)
        Value of the altcoins, and equity of the futures account.
    ended : int, optional
        Index of the close at which the venue liquidated the short.
    ended_usd : float
        Its liquidation price then, USD per coin; ``inf`` if it was not liquidated.
    top_ups : tuple of (int, float)
        Index of each sale of altcoins for margin, and its dollars.
    kept_share : float
        Share of the altcoins, counted in coins, that is left at the end.
    guess : float, optional
        The reader's guess of the move that liquidates the short; ``inf`` for never.
    """

    rally: Rally
    notional_usd: float
    liquidation_usd: float
    spot_usd: FloatArray
    futures_usd: FloatArray
    ended: int | None
    ended_usd: float
    top_ups: tuple[tuple[int, float], ...]
    kept_share: float
    guess: float | None = None

    def __repr__(self) -> str:
        return f"WalletPath({_title(self)!r})"

    @property
    def total_usd(self) -> FloatArray:
        """Both wallets, USD."""
        return self.spot_usd + self.futures_usd

    @property
    def leverage(self) -> FloatArray:
        """Short over equity; ``inf`` after liquidation."""
        equity = self.futures_usd
        gone = equity <= 0
        return np.where(gone, np.inf, self.notional_usd / np.where(gone, 1.0, equity))

    def rows(self) -> list[tuple[str, str]]:
        """Return the rally and its end as rows of text."""
        top = int(self.rally.move.argmax())
        sold = sum(amount for _, amount in self.top_ups)
        count = len(self.top_ups)
        rows = [
            ("At the start, both wallets", usd(self.total_usd[0])),
            ("Short", f"{usd(self.notional_usd)}, leverage {self.leverage[0]:.2f}x"),
            ("It ends at", self.price(self.liquidation_usd)),
            ("Highest", self.rally.when(top)),
            ("The short was", f"liquidated {self.ending}" if self.ending else "kept"),
        ]
        if count:
            sales = "sale" if count == 1 else "sales"
            rows.append(("Altcoins sold for margin", f"{usd(sold)}, in {count} {sales}"))
            rows.append(("Altcoins left, in coins", percent(self.kept_share)))
        return [
            *rows,
            ("At the end", self.rally.when(-1)),
            ("Spot wallet", usd(self.spot_usd[-1])),
            ("Futures wallet", usd(self.futures_usd[-1])),
            ("Both wallets", usd(self.total_usd[-1])),
        ]

    @property
    def ending(self) -> str:
        """When and at which price the short was liquidated; empty if it was not."""
        if self.ended is None:
            return ""
        when = f"{self.rally.day(self.ended)}, " if self.rally.dates else ""
        return f"{when}at {self.price(self.ended_usd)}"

    def price(self, price_usd: float) -> str:
        """Return a price and its distance from the first one as text."""
        move = price_usd / float(self.rally.price_usd[0]) - 1
        return f"{usd(price_usd)} ({percent(move, signed=True)})"

    def table(self) -> Table:
        """Return the rally and its end as a table."""
        return Table(
            ("in this rally", "result"),
            self.rows(),
            caption=f"{self.rally.coin}: {self.rally.name}",
        )

    def scene(self) -> Scene:
        """Draw both wallets along the rally, one on top of the other."""
        start, ending = float(self.total_usd[0]), float(self.spot_usd[-1])
        # In steps, so that a slider seldom moves the axis.
        top = 1.14 * max(float(self.total_usd.max()), start)
        step = 10.0 ** np.floor(np.log10(top)) / 4
        top = float(step * np.ceil(top / step))
        names: list[tuple[float, str, Role]] = [
            (ending / 2, "altcoins in the\nspot wallet", "altcoins"),
            (float(self.total_usd[-1]), "both", "total"),
        ]
        if self.ended is None:
            names.append(((ending + start) / 2, "futures\nwallet", "margin"))
        marks = [*_wallets(self, start), *_top_ups(self, top), *_guess(self, start)]
        drawn = panel(
            [*marks, *_names(names, top), *_notes(self)],
            _days(self.rally),
            Scale(label="value (USD)", unit="usd", limits=(0.0, top)),
            box=_BOX,
            width=_SIZE[0],
        )
        return Scene(
            title=_title(self), alt=_alt_wallets(self), panels=(drawn,), table=self.table(),
            size=_SIZE,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        return self.table().html()


def two_wallets(
    way: Rally,
    book_usd: float,
    margin_usd: float,
    *,
    top_up: bool = False,
    maintenance_rate: float = ASSUMED_MAINTENANCE_RATE,
    guess: float | None = None,
) -> WalletPath:
    """Return a hedged book and the account of its short, day by day in a rally.

    The altcoins follow the coin one for one, the margin is coin bought with new money, and the
    short covers both, as in :func:`hedgelib.hedge_notional`. A close at or above the liquidation
    price ends the short, and all its margin is assumed lost.

    Parameters
    ----------
    way : Rally
    book_usd : float
        Value of the altcoins at the start, USD, > 0.
    margin_usd : float
        Value of the coins posted at the start, USD, > 0.
    top_up : bool
        Whether altcoins are sold for margin whenever the leverage has doubled, so that it is back
        at its start. Altcoins and margin together stay the same, and so does the short.
    maintenance_rate : float
        Decimal, 0 to below 1, calculated at the mark price.
    guess : float, optional
        The reader's guess of the move that liquidates the short; ``inf`` for never.

    Raises
    ------
    InvalidInput
        Values out of range, or margin not above maintenance.

    Notes
    -----
    **Source:** :func:`hedgelib.coin_account` and :func:`hedgelib.inverse_liquidation_price`, day by
    day. Fees, funding and what happens between two closes are left out.

    Examples
    --------
    >>> path = two_wallets(rally("up 70%, and back"), 10_000, 5_000)
    >>> path.ending, [round(float(x)) for x in path.total_usd[[0, 40, -1]]]
    ('at $5,198 (+49%)', [15000, 15000, 10000])
    """
    book_usd, margin_usd = scalars(book_usd=(book_usd, POSITIVE), margin_usd=(margin_usd, POSITIVE))
    prices, entry, n = way.price_usd, float(way.price_usd[0]), way.price_usd.size
    worth = book_usd * prices / entry
    size = book_usd + margin_usd
    coins, kept, start = margin_usd / entry, 1.0, size / margin_usd
    spot, futures = np.zeros_like(prices), np.zeros_like(prices)
    danger: list[float] = []
    top_ups: list[tuple[int, float]] = []
    ended: int | None = None
    i = 0
    # From one sale of altcoins to the next, all days at once.
    while ended is None and i < n:
        danger.append(
            float(inverse_liquidation_price(-size, entry, coins, maintenance_rate=maintenance_rate))
        )
        equity = np.asarray(coin_account(-size, entry, coins, prices[i:])[1])
        spot[i:] = kept * worth[i:]
        dead = prices[i:] >= danger[-1]
        # A sale brings it back to the start, so the same day is never due twice.
        due = (equity * 2 * start <= size * (1 + 1e-12)) & top_up & ~dead
        stop = i + int(np.argmax(dead | due)) if np.any(dead | due) else n
        futures[i:stop] = equity[: stop - i]
        if stop < n and dead[stop - i]:
            ended = stop
        elif stop < n:
            sold = min(size / start - float(equity[stop - i]), float(spot[stop]))
            kept -= sold / float(worth[stop])
            coins += sold / float(prices[stop])
            top_ups.append((stop, sold))
        i = stop
    return WalletPath(
        rally=way,
        notional_usd=size,
        liquidation_usd=danger[0],
        spot_usd=spot,
        futures_usd=futures,
        ended=ended,
        ended_usd=float("inf") if ended is None else danger[-1],
        top_ups=tuple(top_ups),
        kept_share=kept,
        guess=guess,
    )


_SIZE, _BOX = (840.0, 440.0), (88.0, 64.0, 710.0, 367.0)


def _places(way: Rally) -> FloatArray:
    """Return where the closes are on the x axis: their days, or their numbers without dates."""
    if not way.dates:
        return np.arange(way.price_usd.size, dtype=np.float64)
    return days(way.dates)


def _wallets(path: WalletPath, start: float) -> list[Mark]:
    x = _places(path.rally)
    held, below, after = _until_the_end(path, x)
    marks: list[Mark] = [
        Area(x=x, low=np.zeros_like(x), high=path.spot_usd, role="altcoins", opacity=0.8),
        Area(x=held, low=below, high=np.full_like(held, start), role="margin", opacity=0.9),
        Line(x=x[[0, -1]], y=[start, start], dash="dashed", width=1.7),
    ]
    total_x, total = held, np.full_like(held, start)
    if path.ended is not None:
        total_x = np.concatenate([held, held[-1:], x[path.ended :]])
        total = np.concatenate([total, below[-1:], after])
    # Without a calendar the axis has no numbers that a readout could say.
    name = "both wallets" if path.rally.dates else ""
    marks.append(Line(x=total_x, y=total, width=3.6, name=name, labelled=False))
    if path.ended is not None:
        marks.append(Points(x=held[-1:], y=[start], role="unhedged", shape="cross", size=18.0))
    return marks


def _until_the_end(path: WalletPath, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where the short is open, the spot wallet there, and both wallets afterwards."""
    if path.ended is None:
        return x, path.spot_usd, x[:0]
    at, prices, spot = path.ended, path.rally.price_usd, path.spot_usd
    # Between the two closes, where the price that ends it is passed.
    share = (path.ended_usd - prices[at - 1]) / (prices[at] - prices[at - 1])
    crossing = x[at - 1] + share * (x[at] - x[at - 1])
    level = spot[at] * path.ended_usd / prices[at]
    return np.append(x[:at], crossing), np.append(spot[:at], level), spot[at:]


def _top_ups(path: WalletPath, top: float) -> list[Mark]:
    """Draw an arrow down for each sale, by as much as the spot wallet lost in it."""
    if not path.top_ups:
        return []
    x, wing = _places(path.rally), 5.0
    wide = wing / (_BOX[2] - _BOX[0]) * float(x[-1] - x[0])
    high = wing / (_BOX[3] - _BOX[1]) * top
    xs: list[float] = []
    ys: list[float] = []
    for day, sold in path.top_ups:
        at, level = float(x[day]), float(path.spot_usd[day])
        xs += [at, at, np.nan, at - wide, at, at + wide, np.nan]
        ys += [level + sold, level, np.nan, level + high, level, level + high, np.nan]
    return [Line(x=xs, y=ys, width=2.2)]


def _guess(path: WalletPath, start: float) -> list[Mark]:
    """Mark the guess where the coin first got that far, on the line of both wallets."""
    if path.guess is None:
        return []
    if np.isinf(path.guess):
        return [
            Text(
                x=1.0, y=start, text="your guess: never", shift=(-8.0, -8.0), align="end",
                vertical="bottom", role="unhedged", bold=True, x_share=True, halo=True,
            )
        ]  # fmt: skip
    reached = np.flatnonzero(path.rally.move >= path.guess - 1e-9)
    if not reached.size:
        return []
    return [Guess(x=float(_places(path.rally)[reached[0]]), y=start, side="above")]


def _names(names: list[tuple[float, str, Role]], top: float) -> list[Mark]:
    names = sorted(names)
    sizes = [name_height(text) / (_BOX[3] - _BOX[1]) * top for _, text, _ in names]
    places = spread([at for at, *_ in names], sizes, 0.0, top)
    return [
        Text(
            x=1.0, y=y, text=text, shift=(NAME_SHIFT, 0.0), role=role, bold=role == "total",
            x_share=True,
        )
        for (_, text, role), y in zip(names, places, strict=True)
    ]  # fmt: skip


def _notes(path: WalletPath) -> list[Mark]:
    """Return the words in the strip that the limits leave above everything."""
    look: dict[str, Any] = {"y": 1.0, "vertical": "top", "x_share": True, "y_share": True}
    if path.ended is None:
        text = "arrows: altcoins sold for margin" if path.top_ups else ""
        return [Text(x=0.0, text=text, shift=(8.0, 6.0), **look)] if text else []
    return [
        Text(
            x=0.0, text="futures wallet, until the cross", shift=(8.0, 6.0), role="margin", **look
        ),
        Text(
            x=1.0, text=f"✕ liquidated at {path.price(path.ended_usd)}", shift=(-8.0, 6.0),
            align="end", role="unhedged", bold=True, **look,
        ),
    ]  # fmt: skip


def _days(way: Rally) -> Scale:
    x = _places(way)
    ticks = []
    for i in np.unique(np.linspace(0, x.size - 1, 6 if way.dates else 5).round().astype(int)):
        so_far = percent(way.move[i], signed=True)
        ticks.append((float(x[i]), f"{so_far}\n{way.day(i)}" if way.dates else so_far))
    return Scale(
        label=f"{way.coin} since the start" + (", and the date" if way.dates else ""),
        unit="day" if way.dates else "number",
        limits=(float(x[0]), float(x[-1])),
        ticks=ticks,
    )


def _title(path: WalletPath) -> str:
    start, end = usd(path.total_usd[0]), usd(path.total_usd[-1])
    if path.ended is not None:
        gone = path.notional_usd - float(path.spot_usd[0])
        return f"The margin of {usd(gone)} is gone: {start} at the start, {end} at the end"
    if path.top_ups:
        return f"{start} all the way, with {percent(path.kept_share)} of the altcoins left"
    return f"{start} all the way: what one wallet gains the other loses"


def _end_text(move: float) -> str:
    return "that it ends at no price" if np.isinf(move) else percent(move, signed=True)


def _alt_wallets(path: WalletPath) -> str:
    way, top = path.rally, int(path.rally.move.argmax())
    start = (
        f"{usd(path.spot_usd[0])} of altcoins in the spot wallet and "
        f"{usd(path.futures_usd[0])} of {way.coin} in the futures wallet, short "
        f"{usd(path.notional_usd)}"
    )
    if path.ended is None:
        sold = sum(amount for _, amount in path.top_ups)
        helped = (
            f" after {usd(sold)} of altcoins were sold for margin; "
            f"{percent(path.kept_share)} of the coins are left"
            if path.top_ups
            else ""
        )
        story = f"The short is kept{helped}."
    else:
        story = f"The short is liquidated, {path.ending}, and its margin is lost."
    guess = "" if path.guess is None else f" Your guess was {_end_text(path.guess)}."
    return (
        f"{start}. The highest close: {way.when(top)}. {story} At the end ({way.when(-1)}) the "
        f"spot wallet holds {usd(path.spot_usd[-1])}, the futures wallet "
        f"{usd(path.futures_usd[-1])}, both {usd(path.total_usd[-1])}, against "
        f"{usd(path.total_usd[0])} at the start.{guess}"
    )


def predict_end(way: Rally, liquidation_move: float) -> Prediction:
    """Return a question about the rise that liquidates a hedge at 3x.

    Parameters
    ----------
    way : Rally
        A rally, and back to its first price.
    liquidation_move : float
        The rise that liquidates it, decimal.

    Returns
    -------
    Prediction
        Each option begins with a rise; "at no price" has none.

    Examples
    --------
    >>> list(predict_end(rally("up 70%, and back"), 0.4925).options)
    ['+33%', '+49%', 'at no price']
    """
    answer = percent(liquidation_move, signed=True)
    return predict(
        f"{way.coin} rises {percent(way.move.max())}, the altcoins with it, and then everything "
        f"comes back. At which rise of {way.coin} is the hedge liquidated?",
        {
            percent(1 / 3, signed=True): f"That would be so if the margin did not rise. But it is "
            f"{way.coin}.",
            answer: "There only the maintenance margin is left.",
            NEVER: "Your wealth stays the same, true. But the gain is in a wallet that does not "
            "count.",
        },
        answer=answer,
    )


# How far is far


def best_rise(prices_usd: ArrayLike, days: int) -> FloatArray:
    """Return the largest rise of a price in the days after each day.

    Only closes, so a peak within a day is not seen; the windows
    overlap, so they are far from independent.

    Parameters
    ----------
    prices_usd : array_like, shape (n,)
        One close a day, > 0.
    days : int
        Days to look ahead, >= 1.

    Returns
    -------
    ndarray, shape (n - days,)
        Decimals; below zero where the price only fell.

    Raises
    ------
    InvalidInput
        Prices that are not > 0, fewer than ``days + 1`` of them, days below 1.

    Examples
    --------
    >>> best_rise([100, 90, 120, 110], 2)
    array([0.2       , 0.33333333])
    """
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise InvalidInput(f"days must be a whole number >= 1, got {days!r}")
    prices = series("prices_usd", prices_usd, rule=POSITIVE, at_least=days + 1)
    windows = np.lib.stride_tricks.sliding_window_view(prices, days + 1)
    return np.asarray(windows[:, 1:].max(axis=1) / windows[:, 0] - 1)


_HORIZONS = (7, 30, 90)


def predict_share(found: Lines) -> Prediction:
    """Return a question about how often a short would have been liquidated within a month.

    Parameters
    ----------
    found : Lines
        Result of :func:`far_is_far`.

    Returns
    -------
    Prediction
        Each option begins with a share of the days.

    Examples
    --------
    >>> list(predict_share(far_is_far("ETH", 3)).options)
    ['0% of them', '1% of them', '14% of them', '50% of them']
    """
    answer = f"{percent(found.value('within 30 days'))} of them"
    away = dict(found.notes)["Distance in daily standard deviations"]
    return predict(
        f"This short is {away} daily sigma from liquidation. Take four years of real prices, and "
        "open it on each day. On what share of the days is it liquidated within the next 30?",
        {
            "0% of them": "On a single day it is out of reach. But you hold a hedge for weeks.",
            "1% of them": "For one week that is closer. In a month more days add up.",
            answer: "Thirty ordinary days can add up to a long way.",
            "50% of them": "Not every other month. It takes a strong rally.",
        },
        answer=answer,
    )


def far_is_far(
    coin: str,
    leverage: float,
    *,
    days: Sequence[int] = _HORIZONS,
    maintenance_rate: float = ASSUMED_MAINTENANCE_RATE,
    guess: float | None = None,
) -> Lines:
    """Return how often a coin rose to the liquidation price of a short.

    Parameters
    ----------
    coin : str
        One of the bundled coins.
    leverage : float
        Leverage of the short at the entry, > 1.
    days : sequence of int
        Holding periods, a curve for each.
    maintenance_rate : float
        Decimal, calculated at the mark price.
    guess : float, optional
        The reader's guess of the share, a decimal.

    Returns
    -------
    Lines
        Share of the days in the data after which the coin rose that far in time, over the rise.

    Raises
    ------
    UnknownCoin, InvalidInput
        A coin without data; a leverage of 1 or less, at which no rise liquidates the short.

    Notes
    -----
    **Source:** :func:`best_rise` of the daily closes from :func:`hedgelib.market.prices`.

    Examples
    --------
    >>> [name for name, _ in far_is_far("ETH", 3.0).rows()][:3]
    ['within 7 days', 'within 30 days', 'within 90 days']
    """
    (leverage,) = scalars(leverage=(leverage, FINITE))
    if leverage <= 1:
        raise InvalidInput(
            f"leverage must be above 1 (at 1 no rise ends the short), got {leverage:g}"
        )
    closes = market.prices(coin)[coin].dropna()
    prices = closes.to_numpy()
    price = float(
        inverse_liquidation_price(-1.0, 1.0, 1 / leverage, maintenance_rate=maintenance_rate)
    )
    volatility = float(log_returns(prices).std(ddof=1))
    move, deviations = (float(x) for x in liquidation_distance(1.0, price, volatility))
    reach = np.linspace(0, max(1.2, 1.05 * move), 241)
    roles: tuple[Role, ...] = ("altcoins", "margin", "unhedged", "good", "short")
    curves = []
    for i, held in enumerate(days):
        rises = np.sort(best_rise(prices, held))
        values = 1 - np.searchsorted(rises, reach) / rises.size
        at = 1 - float(np.searchsorted(rises, move)) / rises.size
        name = f"within {held} days"
        curves.append(
            Curve(name=name, values=values, role=roles[i % 5], at=at, bold=i == len(days) // 2)
        )
    told = ", ".join(f"{curve.name} {percent(curve.at, digits=1)}" for curve in curves)
    middle = curves[len(days) // 2]
    span = f"{closes.index[0]:%Y} to {closes.index[-1]:%Y}"
    return Lines(
        x=reach,
        x_label=f"rise of {coin} (line: where a short at {leverage:g}x ends)",
        y_label="share of all days",
        unit="share",
        curves=tuple(curves),
        title=f"A {leverage:g}x short ends at {percent(move, signed=True)}; {coin} got there "
        f"{middle.name} {percent(middle.at)} of the time",
        finding=f"{coin}, {span}: a short at {leverage:g}x is liquidated by a rise of "
        f"{percent(move, digits=2)}, {deviations:.1f} daily standard deviations away. Share of "
        f"days from which {coin} closed that high in time: {told}.",
        place=move,
        caption=f"Short {coin} at {leverage:g}x, {span}",
        notes=(
            ("Rise that liquidates", percent(move, digits=2)),
            (f"Daily standard deviation of {coin}", percent(volatility, digits=2)),
            ("Distance in daily standard deviations", f"{deviations:.1f}"),
        ),
        guess=guess,
        signed=False,
    )
