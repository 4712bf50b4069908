"""The spot wallet and the futures wallet of a hedged book, day by day: numbers and picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.show.layout import Scale, days, panel
from hedgelib.show.palette import Role
from hedgelib.show.scene import Area, Guess, Line, Mark, Points, Scene, Text

__all__ = ["WalletPath"]

_SIZE, _BOX = (840.0, 440.0), (88.0, 64.0, 710.0, 367.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WalletPath:
    """Both wallets at each close of the coin that is shorted, and what became of the short.

    - closes: USD, under the name of the path; with dates as index if they are real
    - notional_usd, liquidation_usd: size and liquidation price of the short at the start
    - ended, ended_usd: the close at which it was liquidated, and its liquidation price then
    - top_ups: the closes at which altcoins were sold for margin, and for how many dollars
    - kept_share: share of the altcoins, counted in coins, that is left at the end
    """

    coin: str
    closes: pd.Series
    spot_usd: FloatArray
    futures_usd: FloatArray
    notional_usd: float
    liquidation_usd: float
    ended: int | None
    ended_usd: float
    top_ups: tuple[tuple[int, float], ...]
    kept_share: float

    @property
    def total_usd(self) -> FloatArray:
        """Both wallets, USD."""
        return self.spot_usd + self.futures_usd

    @property
    def move(self) -> FloatArray:
        """Return of the coin since the first close, decimals."""
        prices = self.closes.to_numpy()
        return np.asarray(prices / prices[0] - 1)

    @property
    def dated(self) -> bool:
        """Whether the closes have dates."""
        return isinstance(self.closes.index, pd.DatetimeIndex)

    @property
    def ending(self) -> str:
        """When and at which price the short was liquidated; empty if it was not."""
        at = f"at {self._price(self.ended_usd)}"
        return "" if self.ended is None else self._on(self.ended, at)

    @property
    def _sold(self) -> str:
        return usd(sum(amount for _, amount in self.top_ups))

    def _day(self, step: int) -> str:
        day = self.closes.index[step]
        return f"{day.day} {day:%b %Y}"

    def _on(self, step: int, text: str) -> str:
        """Return a text with the date of a close before it, if it has one."""
        return f"{self._day(step)}, {text}" if self.dated else text

    def _price(self, price_usd: float) -> str:
        move = price_usd / float(self.closes.to_numpy()[0]) - 1
        return f"{usd(price_usd)} ({percent(move, signed=True)})"

    def _when(self, step: int) -> str:
        return self._on(step, f"{self.coin} {percent(self.move[step], signed=True)}")

    def rows(self) -> list[tuple[str, str]]:
        """Return the path and its end as rows of text."""
        leverage, count = self.notional_usd / self.futures_usd[0], len(self.top_ups)
        sales = f"{self._sold}, in {count} {'sale' if count == 1 else 'sales'}"
        left = percent(self.kept_share)
        sold = [("Altcoins sold for margin", sales), ("Altcoins left, in coins", left)]
        return [
            ("At the start, both wallets", usd(self.total_usd[0])),
            ("Short", f"{usd(self.notional_usd)}, leverage {leverage:.2f}x"),
            ("It ends at", self._price(self.liquidation_usd)),
            ("Highest", self._when(int(self.move.argmax()))),
            ("The short was", f"liquidated {self.ending}" if self.ending else "kept"),
            *(sold if count else []),
            ("At the end", self._when(-1)),
            ("Spot wallet", usd(self.spot_usd[-1])),
            ("Futures wallet", usd(self.futures_usd[-1])),
            ("Both wallets", usd(self.total_usd[-1])),
        ]

    def scene(self, guess: float | None = None) -> Scene:
        """Draw both wallets, one on top of the other.

        The guess is the rise that the reader expects to liquidate the short; ``inf`` for none.
        """
        x = days(self.closes.index) if self.dated else np.arange(len(self.closes), dtype=float)
        # In steps, so that a slider seldom moves the axis.
        top = 1.14 * float(self.total_usd.max())
        step = 10.0 ** np.floor(np.log10(top)) / 4
        top = float(step * np.ceil(top / step))
        marks = [*_stack(self, x), *_sales(self, x, top), *_guess(self, x, guess), *_words(self, x)]
        at = np.unique(np.linspace(0, x.size - 1, 6 if self.dated else 5).round().astype(int))
        moves = [percent(self.move[i], signed=True) for i in at]
        days_of = [f"\n{self._day(i)}" if self.dated else "" for i in at]
        ticks = [(float(x[i]), move + day) for i, move, day in zip(at, moves, days_of, strict=True)]
        across = Scale(
            label=f"{self.coin} since the start{', and the date' if self.dated else ''}",
            unit="day" if self.dated else "number", limits=(x[0], x[-1]), ticks=ticks,
        )  # fmt: skip
        up = Scale(label="value (USD)", unit="usd", limits=(0.0, top))
        caption = f"{self.coin}: {self.closes.name}"
        return Scene(
            title=self._title(),
            alt=self._alt(guess),
            panels=(panel(marks, across, up, box=_BOX, width=_SIZE[0]),),
            table=Table(("in this rally", "result"), self.rows(), caption=caption),
            size=_SIZE,
        )

    def _title(self) -> str:
        start = usd(self.total_usd[0])
        if self.ended is not None:
            margin, end = usd(self.futures_usd[0]), usd(self.total_usd[-1])
            return f"The margin of {margin} is gone: {start} at the start, {end} at the end"
        if self.top_ups:
            return f"{start} all the way, with {percent(self.kept_share)} of the altcoins left"
        return f"{start} all the way: what one wallet gains the other loses"

    def _alt(self, guess: float | None) -> str:
        story = "The short is kept."
        if self.ended is not None:
            story = f"The short is liquidated, {self.ending}, and its margin is lost."
        elif self.top_ups:
            story = (
                f"The short is kept after {self._sold} of altcoins were sold for margin; "
                f"{percent(self.kept_share)} of the coins are left."
            )
        guessed = ""
        if guess is not None:
            rise = percent(guess, signed=True) if np.isfinite(guess) else "that it ends at no price"
            guessed = f" Your guess was {rise}."
        return (
            f"{usd(self.spot_usd[0])} of altcoins in the spot wallet and "
            f"{usd(self.futures_usd[0])} of {self.coin} in the futures wallet, short "
            f"{usd(self.notional_usd)}. The highest close: {self._when(int(self.move.argmax()))}. "
            f"{story} At the end ({self._when(-1)}) the spot wallet holds "
            f"{usd(self.spot_usd[-1])}, the futures wallet {usd(self.futures_usd[-1])}, both "
            f"{usd(self.total_usd[-1])}, against {usd(self.total_usd[0])} at the start."
            f"{guessed}"
        )


def _stack(path: WalletPath, x: FloatArray) -> list[Mark]:
    """Draw the futures wallet on top of the spot wallet, until the price that ends it is passed."""
    spot, total = path.spot_usd, path.total_usd
    held, below, above, whole_x, whole = x, spot, total, x, total
    cross: list[Mark] = []
    if path.ended is not None:
        at, around = path.ended, slice(path.ended - 1, path.ended + 1)
        crossing = np.interp(path.ended_usd, path.closes.to_numpy()[around], x[around])
        held, above = np.append(x[:at], crossing), np.append(total[:at], total[at - 1])
        below = np.append(spot[:at], np.interp(crossing, x, spot))
        whole_x = np.concatenate([held, held[-1:], x[at:]])
        whole = np.concatenate([above, below[-1:], spot[at:]])
        cross = [Points(x=held[-1:], y=above[-1:], role="unhedged", shape="cross", size=18.0)]
    # Without dates the axis has no numbers that a readout could say.
    name = "both wallets" if path.dated else ""
    return [
        Area(x=x, low=np.zeros_like(x), high=spot, role="altcoins", opacity=0.8),
        Area(x=held, low=below, high=above, role="margin", opacity=0.9),
        Line(x=x[[0, -1]], y=total[[0, 0]], dash="dashed", width=1.7),
        Line(x=whole_x, y=whole, width=3.6, name=name, labelled=False),
        *cross,
    ]


def _sales(path: WalletPath, x: FloatArray, top: float) -> list[Mark]:
    """Draw an arrow down for each sale, by as much as the spot wallet lost in it."""
    wide = 5.0 / (_BOX[2] - _BOX[0]) * float(x[-1] - x[0])
    high = 5.0 / (_BOX[3] - _BOX[1]) * top
    arrows = []
    for step, sold in path.top_ups:
        at, end = float(x[step]), float(path.spot_usd[step])
        shaft = [(at, end + sold), (at, end), (np.nan, np.nan)]
        arrows += [*shaft, (at - wide, end + high), (at, end), (at + wide, end + high), shaft[-1]]
    return [Line(x=[x for x, _ in arrows], y=[y for _, y in arrows], width=2.2)] if arrows else []


def _guess(path: WalletPath, x: FloatArray, guess: float | None) -> list[Mark]:
    """Mark the guess where the coin first got that far, on the line of both wallets."""
    start = float(path.total_usd[0])
    if guess is None:
        return []
    if np.isinf(guess):
        return [
            Text(
                x=1.0, y=start, text="your guess: never", shift=(-8.0, -8.0), align="end",
                vertical="bottom", role="unhedged", bold=True, x_share=True, halo=True,
            )
        ]  # fmt: skip
    reached = np.flatnonzero(path.move >= guess - 1e-9)
    return [Guess(x=float(x[i]), y=start, side="above") for i in reached[:1]]


def _words(path: WalletPath, x: FloatArray) -> list[Mark]:
    """Name the wallets at the right, and say in the strip above them what the marks are."""

    def name(y: float, text: str, role: Role) -> Mark:
        # A line of one point is only a name at an end.
        return Line(x=x[-1:], y=[y], name=text, role=role, bold=role == "total")

    def note(text: str, role: Role, *, right: bool = False) -> Mark:
        return Text(
            x=float(right), y=1.0, text=text, shift=(-8.0 if right else 8.0, 6.0), role=role,
            align="end" if right else "start", vertical="top", bold=right, x_share=True,
            y_share=True,
        )  # fmt: skip

    spot, both = float(path.spot_usd[-1]), float(path.total_usd[-1])
    words = [
        name(spot / 2, "altcoins in the\nspot wallet", "altcoins"),
        name(both, "both", "total"),
    ]
    if path.ended is not None:
        end = f"✕ liquidated at {path._price(path.ended_usd)}"
        words.append(note("futures wallet, until the cross", "margin"))
        return [*words, note(end, "unhedged", right=True)]
    words.append(name((spot + both) / 2, "futures\nwallet", "margin"))
    return [*words, note("arrows: altcoins sold for margin", "grey")] if path.top_ups else words
