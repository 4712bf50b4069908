"""What lesson 04 computes: the account of a short, two wallets in a rally, and how far is far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import POSITIVE, FloatArray, one_of, series
from hedgelib._text import percent, usd
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.margin import inverse_liquidation_price, liquidation_distance, liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE
from hedgelib.returns import log_returns
from hedgelib.scenario import coin_account
from hedgelib.show import Area, Guess, Line, Points, Scale, Scene, Table, Text, panel
from hedgelib.show.layout import NAME_SHIFT, days, name_height, spread
from hedgelib.show.lines import Curve, Lines, move_text
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = [
    "RALLIES",
    "Rally",
    "WalletPath",
    "best_rise",
    "falls_and_rallies",
    "far_is_far",
    "price_text",
    "rally",
    "same_short_at",
    "synthetic_dollar",
    "two_wallets",
]

_RATE = ASSUMED_MAINTENANCE_RATE


def price_text(price_usd: float) -> str:
    """Return a price as text, or "never" for infinity."""
    return usd(price_usd) if np.isfinite(price_usd) else "never"


def synthetic_dollar(
    notional_usd: float, price_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return the value of a fully collateralised short and its ETH margin, over the move of ETH."""
    coins = notional_usd / price_usd

    def parts(moves: ArrayLike) -> FloatArray:
        prices = price_usd * (1 + np.asarray(moves))
        short = inverse_pnl_usd(-notional_usd, price_usd, prices)
        account = coin_account(-notional_usd, price_usd, coins, prices)[1]
        return np.array([coins * prices, short, account])

    x = np.linspace(-0.6, 1.2, 181)
    names = ("ETH margin", "short", "account")
    roles: tuple[Role, ...] = ("margin", "short", "total")
    curves = tuple(
        Curve(
            name=name, values=values, role=role, at=float(at), bold=role == "total",
            width=4.4 if role == "total" else 3.6,
        )
        for name, role, values, at in zip(names, roles, parts(x), parts(move), strict=True)
    )  # fmt: skip
    margin, short, account = (usd(curve.at) for curve in curves)
    text = f"ETH {move_text(move)}"
    return Lines(
        x=x,
        x_label="move of ETH",
        y_label="value (USD)",
        unit="USD",
        curves=curves,
        title=f"{text}: margin {margin}, short {short}, account {account}",
        finding=f"{text}: the margin is worth {margin}, the short has made {short}, the account is "
        f"worth {account}. Over all moves the account is a flat line.",
        place=move,
        caption=text,
        guess=guess,
        signed=False,
    )


def falls_and_rallies(
    notional_usd: float, price_usd: float, leverage: float, *, guess: str | None = None
) -> Lines:
    """Return the equity and the maintenance margin of a short above 1x, over the move of ETH.

    The guess is of the market that liquidates it: "a crash", "a rally" or "either".
    """
    coins = notional_usd / price_usd / leverage
    ends_usd = float(
        inverse_liquidation_price(-notional_usd, price_usd, coins, maintenance_rate=_RATE)
    )
    end = ends_usd / price_usd - 1
    x = np.linspace(-0.4, max(0.4, 1.4 * end), 321)

    def equity(moves: ArrayLike) -> FloatArray:
        prices = price_usd * (1 + np.asarray(moves))
        return np.asarray(coin_account(-notional_usd, price_usd, coins, prices)[0])

    needed = _RATE * notional_usd / price_usd / (1 + x)
    ends = f"{usd(ends_usd)} ({percent(end, signed=True, digits=1)})"
    guessed = {None: [], "a crash": [-0.3], "a rally": [end], "either": [-0.3, end]}[guess]
    return Lines(
        x=x,
        x_label="move of ETH (line: the short is closed)",
        y_label="futures account (ETH)",
        unit="ETH",
        curves=(
            Curve(
                name="equity", values=equity(x), role="total", at=float(equity(end)), width=4.2,
                bold=True, ends=end,
            ),
            Curve(
                name="maintenance\nmargin", values=needed, role="unhedged",
                at=_RATE * notional_usd / ends_usd,
            ),
        ),
        title=f"At {leverage:g}x a fall fills the account; ETH {percent(end, signed=True)} "
        "empties it",
        finding=f"Account of a short of {usd(notional_usd)} at {leverage:g}x, in ETH. It holds "
        f"{coins:.3f} at the start, {float(equity(-0.3)):.3f} after a fall of {percent(0.3)}, and "
        f"less the more ETH rises. At {ends} it is down to the maintenance margin, and the "
        f"short is closed.{f' Your guess: {guess}.' if guess else ''}",
        place=end,
        caption=f"Short {usd(notional_usd)} at {leverage:g}x, at the end",
        notes=(("Ends at", ends),),
        remarks=tuple(
            Guess(x=move, y=float(equity(move)), side="above" if move > 0 else "right")
            for move in guessed
        ),
        signed=False,
    )  # fmt: skip


def same_short_at(
    venues: Sequence[str], notional_usd: float, margin_usd: float, price_usd: float
) -> list[tuple[str, ...]]:
    """Return venue, rate, what is added to it, how it is calculated, and the liquidation price.

    A question mark stands for an assumed rate.
    """
    rows: list[tuple[str, ...]] = []
    for terms in map(market.contract, venues):
        known = terms.maintenance_rates
        ends = liquidation_price(
            terms, -notional_usd / terms.multiplier, price_usd, margin_usd / price_usd,
            maintenance_rate=None if known else _RATE,
        )  # fmt: skip
        rate = percent(known[0], digits=1) if known else f"{percent(_RATE, digits=1)}?"
        fee = "plus taker fee" if terms.liquidation_fee == "taker" else ""
        rows.append((terms.venue, rate, fee, f"at the {terms.maintenance_basis}", usd(ends)))
    return rows


# Two wallets


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rally:
    """Prices of ETH during a rally and after it, with their dates if it is a real one."""

    name: str
    price_usd: FloatArray
    dates: tuple[date, ...] = ()

    @property
    def move(self) -> FloatArray:
        """Return of ETH since the first price, decimals."""
        return np.asarray(self.price_usd / self.price_usd[0] - 1)

    def when(self, at: int) -> str:
        """Return the date, if there is one, and the move so far."""
        so_far = f"ETH {percent(self.move[at], signed=True)}"
        return f"{self.day(at)}, {so_far}" if self.dates else so_far

    def day(self, at: int) -> str:
        """Return the date of a price as text."""
        return f"{self.dates[at].day} {self.dates[at]:%b %Y}"


RALLIES: dict[str, tuple[str, str] | None] = {
    "up 70%, and back": None,
    "summer of 2022": ("2022-07-12", "2022-10-13"),
    "first half of 2021": ("2020-12-31", "2021-07-20"),
}
"""First and last day of real rallies of ETH; none of the invented one."""


def rally(name: str, price_usd: float = 3_500.0) -> Rally:
    """Return one of :data:`RALLIES`; an invented one starts at the price given."""
    one_of("name", name, tuple(RALLIES))
    span = RALLIES[name]
    if span is None:
        moves = 0.7 * (1 - np.abs(np.linspace(-1, 1, 141)))
        return Rally(name=name, price_usd=price_usd * (1 + moves))
    closes = market.prices("ETH", *span)["ETH"]
    dates = tuple(day.date() for day in closes.index)
    return Rally(name=name, price_usd=closes.to_numpy(), dates=dates)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WalletPath:
    """The spot wallet and the futures wallet during a rally, as :func:`two_wallets` returns them.

    - liquidation_usd: liquidation price at the start
    - ended, ended_usd: the close at which the short was liquidated, and its liquidation price then
    - top_ups: the closes at which altcoins were sold for margin, and for how many dollars
    - kept_share: share of the altcoins, counted in coins, that is left at the end
    - guess: the rise that the reader expects to liquidate the short; ``inf`` for none
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

    @property
    def total_usd(self) -> FloatArray:
        """Both wallets, USD."""
        return self.spot_usd + self.futures_usd

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

    def rows(self) -> list[tuple[str, str]]:
        """Return the rally and its end as rows of text."""
        way, count = self.rally, len(self.top_ups)
        leverage = self.notional_usd / float(self.futures_usd[0])
        rows = [
            ("At the start, both wallets", usd(self.total_usd[0])),
            ("Short", f"{usd(self.notional_usd)}, leverage {leverage:.2f}x"),
            ("It ends at", self.price(self.liquidation_usd)),
            ("Highest", way.when(int(way.move.argmax()))),
            ("The short was", f"liquidated {self.ending}" if self.ending else "kept"),
        ]
        if count:
            sold = usd(sum(amount for _, amount in self.top_ups))
            sales = f"{sold}, in {count} {'sale' if count == 1 else 'sales'}"
            rows.append(("Altcoins sold for margin", sales))
            rows.append(("Altcoins left, in coins", percent(self.kept_share)))
        return [
            *rows,
            ("At the end", way.when(-1)),
            ("Spot wallet", usd(self.spot_usd[-1])),
            ("Futures wallet", usd(self.futures_usd[-1])),
            ("Both wallets", usd(self.total_usd[-1])),
        ]

    def scene(self) -> Scene:
        """Draw both wallets along the rally, one on top of the other."""
        # In steps, so that a slider seldom moves the axis.
        top = 1.14 * float(self.total_usd.max())
        step = 10.0 ** np.floor(np.log10(top)) / 4
        top = float(step * np.ceil(top / step))
        drawn = panel(
            [*_wallets(self), *_top_ups(self, top), *_guess(self), *_words(self, top)],
            _days(self.rally),
            Scale(label="value (USD)", unit="usd", limits=(0.0, top)),
            box=_BOX,
            width=_SIZE[0],
        )
        table = Table(("in this rally", "result"), self.rows(), caption=f"ETH: {self.rally.name}")
        return Scene(title=_title(self), alt=_alt(self), panels=(drawn,), table=table, size=_SIZE)


def two_wallets(
    way: Rally,
    book_usd: float,
    margin_usd: float,
    *,
    top_up: bool = False,
    guess: float | None = None,
) -> WalletPath:
    """Return a hedged book and the account of its short, day by day in a rally.

    The altcoins follow ETH one for one, the margin is ETH bought with new money, and the short
    covers both. A close at or above the liquidation price ends the short, and all its margin is
    assumed lost. With `top_up`, altcoins are sold for margin whenever the leverage has doubled, so
    that it is back at its start; altcoins and margin together stay the same, and so does the short.
    Fees, funding and what happens between two closes are left out.
    """
    prices, entry, n = way.price_usd, float(way.price_usd[0]), way.price_usd.size
    book = book_usd * prices / entry
    notional = book_usd + margin_usd
    coins, kept, leverage = margin_usd / entry, 1.0, notional / margin_usd
    spot, futures = np.zeros_like(prices), np.zeros_like(prices)
    liquidations: list[float] = []
    top_ups: list[tuple[int, float]] = []
    ended: int | None = None
    i = 0
    # From one sale of altcoins to the next, all days at once.
    while ended is None and i < n:
        ends = inverse_liquidation_price(-notional, entry, coins, maintenance_rate=_RATE)
        liquidations.append(float(ends))
        equity = np.asarray(coin_account(-notional, entry, coins, prices[i:])[1])
        spot[i:] = kept * book[i:]
        dead = prices[i:] >= liquidations[-1]
        # A sale brings it back to the start, so the same day is never due twice.
        due = (equity * 2 * leverage <= notional * (1 + 1e-12)) & top_up & ~dead
        stop = i + int(np.argmax(dead | due)) if np.any(dead | due) else n
        futures[i:stop] = equity[: stop - i]
        if stop < n and dead[stop - i]:
            ended = stop
        elif stop < n:
            sold = min(notional / leverage - float(equity[stop - i]), float(spot[stop]))
            kept -= sold / float(book[stop])
            coins += sold / float(prices[stop])
            top_ups.append((stop, sold))
        i = stop
    return WalletPath(
        rally=way,
        notional_usd=notional,
        liquidation_usd=liquidations[0],
        spot_usd=spot,
        futures_usd=futures,
        ended=ended,
        ended_usd=float("inf") if ended is None else liquidations[-1],
        top_ups=tuple(top_ups),
        kept_share=kept,
        guess=guess,
    )


_SIZE, _BOX = (840.0, 440.0), (88.0, 64.0, 710.0, 367.0)


def _places(way: Rally) -> FloatArray:
    """Return where the closes are on the x axis: their days, or their numbers without dates."""
    return days(way.dates) if way.dates else np.arange(way.price_usd.size, dtype=np.float64)


def _wallets(path: WalletPath) -> list[Mark]:
    x, spot, start = _places(path.rally), path.spot_usd, float(path.total_usd[0])
    held, below, after = x, spot, slice(x.size, None)
    if path.ended is not None:
        # Between the two closes, where the price that ends it is passed.
        at, after = path.ended, slice(path.ended, None)
        prices = path.rally.price_usd[at - 1 : at + 1]
        crossing = float(np.interp(path.ended_usd, prices, x[at - 1 : at + 1]))
        held = np.append(x[:at], crossing)
        below = np.append(spot[:at], spot[at] * path.ended_usd / prices[1])
    level = np.full_like(held, start)
    whole_x, whole = np.append(held, x[after]), np.append(level, spot[after])
    if path.ended is not None:
        whole_x = np.insert(whole_x, held.size, held[-1])
        whole = np.insert(whole, held.size, below[-1])
    marks: list[Mark] = [
        Area(x=x, low=np.zeros_like(x), high=spot, role="altcoins", opacity=0.8),
        Area(x=held, low=below, high=level, role="margin", opacity=0.9),
        Line(x=x[[0, -1]], y=[start, start], dash="dashed", width=1.7),
        # Without a calendar the axis has no numbers that a readout could say.
        Line(
            x=whole_x, y=whole, width=3.6, name="both wallets" if path.rally.dates else "",
            labelled=False,
        ),
    ]  # fmt: skip
    if path.ended is not None:
        marks.append(Points(x=held[-1:], y=[start], role="unhedged", shape="cross", size=18.0))
    return marks


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


def _guess(path: WalletPath) -> list[Mark]:
    """Mark the guess where ETH first got that far, on the line of both wallets."""
    start = float(path.total_usd[0])
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
    return [Guess(x=float(_places(path.rally)[i]), y=start, side="above") for i in reached[:1]]


def _words(path: WalletPath, top: float) -> list[Mark]:
    """Name the wallets at the right, and say in the strip above them what the marks are."""
    start, spot, total = (
        float(value) for value in (path.total_usd[0], path.spot_usd[-1], path.total_usd[-1])
    )
    names: list[tuple[float, str, Role]] = [
        (spot / 2, "altcoins in the\nspot wallet", "altcoins"),
        (total, "both", "total"),
    ]
    notes: list[tuple[float, str, Role]] = []
    if path.ended is not None:
        notes.append((0.0, "futures wallet, until the cross", "margin"))
        notes.append((1.0, f"✕ liquidated at {path.price(path.ended_usd)}", "unhedged"))
    else:
        names.append(((spot + start) / 2, "futures\nwallet", "margin"))
        if path.top_ups:
            notes.append((0.0, "arrows: altcoins sold for margin", "grey"))
    names.sort()
    sizes = [name_height(text) / (_BOX[3] - _BOX[1]) * top for _, text, _ in names]
    places = spread([at for at, *_ in names], sizes, 0.0, top)
    look: dict[str, Any] = {"y": 1.0, "vertical": "top", "x_share": True, "y_share": True}
    return [
        *(
            Text(
                x=1.0, y=y, text=text, shift=(NAME_SHIFT, 0.0), role=role, bold=role == "total",
                x_share=True,
            )
            for (_, text, role), y in zip(names, places, strict=True)
        ),
        *(
            Text(
                x=x, text=text, shift=(-8.0 if x else 8.0, 6.0), align="end" if x else "start",
                role=role, bold=x > 0, **look,
            )
            for x, text, role in notes
        ),
    ]  # fmt: skip


def _days(way: Rally) -> Scale:
    x = _places(way)
    ticks = []
    for i in np.unique(np.linspace(0, x.size - 1, 6 if way.dates else 5).round().astype(int)):
        so_far = percent(way.move[i], signed=True)
        ticks.append((float(x[i]), f"{so_far}\n{way.day(i)}" if way.dates else so_far))
    return Scale(
        label="ETH since the start" + (", and the date" if way.dates else ""),
        unit="day" if way.dates else "number",
        limits=(float(x[0]), float(x[-1])),
        ticks=ticks,
    )


def _title(path: WalletPath) -> str:
    start, end = usd(path.total_usd[0]), usd(path.total_usd[-1])
    if path.ended is not None:
        lost = usd(path.futures_usd[0])
        return f"The margin of {lost} is gone: {start} at the start, {end} at the end"
    if path.top_ups:
        return f"{start} all the way, with {percent(path.kept_share)} of the altcoins left"
    return f"{start} all the way: what one wallet gains the other loses"


def _alt(path: WalletPath) -> str:
    way = path.rally
    story = "The short is kept."
    if path.ended is not None:
        story = f"The short is liquidated, {path.ending}, and its margin is lost."
    elif path.top_ups:
        sold = usd(sum(amount for _, amount in path.top_ups))
        story = (
            f"The short is kept after {sold} of altcoins were sold for margin; "
            f"{percent(path.kept_share)} of the coins are left."
        )
    guess = ""
    if path.guess is not None:
        never = np.isinf(path.guess)
        text = "that it ends at no price" if never else percent(path.guess, signed=True)
        guess = f" Your guess was {text}."
    return (
        f"{usd(path.spot_usd[0])} of altcoins in the spot wallet and {usd(path.futures_usd[0])} of "
        f"ETH in the futures wallet, short {usd(path.notional_usd)}. The highest close: "
        f"{way.when(int(way.move.argmax()))}. {story} At the end ({way.when(-1)}) the spot wallet "
        f"holds {usd(path.spot_usd[-1])}, the futures wallet {usd(path.futures_usd[-1])}, both "
        f"{usd(path.total_usd[-1])}, against {usd(path.total_usd[0])} at the start.{guess}"
    )


# How far is far


def best_rise(prices_usd: ArrayLike, days: int) -> FloatArray:
    """Return the largest rise of a price in the days after each day; below 0 if it only fell.

    Only closes, so a peak within a day is not seen; the windows overlap, so they are far from
    independent.

    Examples
    --------
    >>> best_rise([100, 90, 120, 110], 2)
    array([0.2       , 0.33333333])
    """
    prices = series("prices_usd", prices_usd, rule=POSITIVE, at_least=days + 1)
    windows = np.lib.stride_tricks.sliding_window_view(prices, days + 1)
    return np.asarray(windows[:, 1:].max(axis=1) / windows[:, 0] - 1)


_HORIZONS: dict[int, Role] = {7: "altcoins", 30: "margin", 90: "unhedged"}


def far_is_far(
    coin: str, leverage: float, *, maintenance_rate: float = _RATE, guess: float | None = None
) -> Lines:
    """Return the share of days after which a coin reached the liquidation price of a short in time.

    A curve for each of three holding periods, over the rise; the leverage is above 1.
    """
    closes = market.prices(coin)[coin].dropna()
    prices = closes.to_numpy()
    price = inverse_liquidation_price(-1.0, 1.0, 1 / leverage, maintenance_rate=maintenance_rate)
    volatility = float(log_returns(prices).std(ddof=1))
    move, deviations = (float(x) for x in liquidation_distance(1.0, price, volatility))
    x = np.linspace(0, max(1.2, 1.05 * move), 241)
    curves = []
    for held, role in _HORIZONS.items():
        rises = np.sort(best_rise(prices, held))
        *values, at = 1 - np.searchsorted(rises, [*x, move]) / rises.size
        curves.append(
            Curve(
                name=f"within {held} days", values=np.array(values), role=role, at=float(at),
                bold=held == 30,
            )
        )  # fmt: skip
    shares = ", ".join(f"{curve.name} {percent(curve.at, digits=1)}" for curve in curves)
    span = f"{closes.index[0]:%Y} to {closes.index[-1]:%Y}"
    return Lines(
        x=x,
        x_label=f"rise of {coin} (line: where a short at {leverage:g}x ends)",
        y_label="share of all days",
        unit="share",
        curves=tuple(curves),
        title=f"A {leverage:g}x short ends at {percent(move, signed=True)}; {coin} got there "
        f"within 30 days {percent(curves[1].at)} of the time",
        finding=f"{coin}, {span}: a short at {leverage:g}x is liquidated by a rise of "
        f"{percent(move, digits=2)}, {deviations:.1f} daily standard deviations away. Share of "
        f"days from which {coin} closed that high in time: {shares}.",
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
