"""What lesson 06 tests: which coin to short, a coin that dies, and books of many coins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.beta import multi_beta
from hedgelib.choice import walk_forward_residual
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.ratio import diversified_r2
from hedgelib.show import Bars, Guess, Line, Points, Rule, Scale, Scene, Text, panel
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = [
    "BooksOfCoins",
    "Collapse",
    "Judged",
    "books_of_coins",
    "collapse",
    "hedges_by_book",
    "judge",
]


# Which coin to short


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Share of variance that each hedge removed from one book, the best first.

    - honest: with betas known at the time, by name; two coins are "BTC + ETH"
    - hindsight: with the betas that were best over the same days
    - n: days judged
    """

    book: str
    honest: Mapping[str, float]
    hindsight: Mapping[str, float]
    n: int


def judge(
    y: ArrayLike,
    coins: Mapping[str, ArrayLike],
    hedges: Sequence[Sequence[str]],
    book: str,
    *,
    train: int = 365,
) -> Judged:
    """Return the out-of-sample variance reduction of each hedge, fitted again each 30 days."""
    returns = np.asarray(y)
    later = returns[train:]
    honest, hindsight = {}, {}
    for names in hedges:
        x, name = np.column_stack([coins[name] for name in names]), " + ".join(names)
        left = walk_forward_residual(returns, x, train=train, refit=30)
        honest[name] = float(1 - left.var() / later.var())
        hindsight[name] = multi_beta(later, x[train:]).r2
    best_first = dict(sorted(honest.items(), key=lambda item: item[1], reverse=True))
    return Judged(book=book, honest=best_first, hindsight=hindsight, n=later.size)


def hedges_by_book(groups: Sequence[Judged], guess: Sequence[str] = ()) -> Scene:
    """Draw what each hedge removes, one book below the other, with hedges guessed for the last."""
    marks: list[Mark] = []
    names: list[tuple[float, str]] = []
    at = 0.0
    for group in groups:
        marks.append(Text(x=0.0, y=at, text=group.book, shift=(6.0, 0.0), bold=True, role="total"))
        rows = np.array([at - 1 - place for place in range(len(group.honest))])
        marks += _hedges(group, rows, guess if group is groups[-1] else ())
        names += zip(rows, group.honest, strict=True)
        at = rows[-1] - 1.6
    end = 64.0 + 35.0 * (0.6 - at - 1.0)
    size, box = (860.0, end + 58.0), (140.0, 64.0, 836.0, end)
    x = Scale(
        label="share of variance removed, betas known at the time (tick: with hindsight)",
        unit="share", limits=(0.0, 1.0),
    )  # fmt: skip
    y = Scale(limits=(at + 1.0, 0.6), ticks=names, visible=False)
    return Scene(
        title="; ".join(f"{next(iter(group.honest))} is best for {group.book}" for group in groups),
        alt=_alt_of_hedges(groups, guess),
        panels=(panel(marks, x, y, box=box, width=size[0]),),
        table=Table(
            ("book", "short", "beta known at the time", "beta of hindsight"),
            [
                (group.book, name, *(percent(share[name], digits=1) for share in shares))
                for group in groups
                for shares in [(group.honest, group.hindsight)]
                for name in group.honest
            ],
            align="llrr",
            caption="Variance removed",
        ),
        size=size,
    )  # fmt: skip


def _hedges(group: Judged, rows: FloatArray, guess: Sequence[str]) -> list[Mark]:
    honest = np.array([*group.honest.values()])
    hindsight = np.array([group.hindsight[name] for name in group.honest])
    ticks = np.column_stack([rows - 0.42, rows + 0.42, np.full(rows.size, np.nan)]).ravel()
    marks: list[Mark] = [
        *(
            Bars(
                at=rows[part], start=np.zeros(rows[part].size), end=np.maximum(honest[part], 0.0),
                thickness=0.72, across=True, role="altcoins", opacity=opacity,
            )
            for part, opacity in ((slice(0, 1), 1.0), (slice(1, None), 0.4))
        ),
        Line(x=np.repeat(hindsight, 3), y=ticks, width=2.8),
    ]  # fmt: skip
    ends = np.maximum(np.maximum(honest, hindsight), 0.0)
    for name, value, end, row in zip(group.honest, honest, ends, rows, strict=True):
        best = name == next(iter(group.honest))
        marks.append(
            Text(x=end, y=row, text=percent(value), shift=(9.0, 0.0), role="total", bold=best)
        )
        if name in guess:
            shift = (60.0, 0.0)
            marks.append(
                Text(x=end, y=row, text="your guess", shift=shift, role="unhedged", bold=True)
            )
    return marks


def _alt_of_hedges(groups: Sequence[Judged], guess: Sequence[str]) -> str:
    books = []
    for group in groups:
        hedges = ", ".join(
            f"{name} {percent(honest)} ({percent(group.hindsight[name])} with hindsight)"
            for name, honest in group.honest.items()
        )
        books.append(f"{group.book[0].upper()}{group.book[1:]} over {group.n} days: {hedges}")
    told = f" Your guess: {' and '.join(guess)}." if guess else ""
    return f"Variance removed by a short, with betas known at the time. {'. '.join(books)}.{told}"


# A coin that dies


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """Gain or loss since the first day of a coin held, and of a short sized by its beta, USD."""

    coin: str
    hedge: str
    days: pd.DatetimeIndex
    coin_usd: FloatArray
    hedge_usd: FloatArray
    hedge_move: float
    book_usd: float
    short_usd: float

    @property
    def together_usd(self) -> FloatArray:
        """Coin and short."""
        return self.coin_usd + self.hedge_usd

    @property
    def short_that_would_have_done(self) -> float:
        """Short that would have earned back the loss, known only afterwards, USD."""
        return float(self.coin_usd[-1] / self.hedge_move)

    def day(self, place: int) -> str:
        """Write one of the days."""
        return f"{self.days[place].day} {self.days[place]:%B %Y}"

    def scene(self, guess: float | None = None) -> Scene:
        """Draw coin, short and both together from day to day, with a guess of both (USD)."""
        x, size, box = np.arange(self.days.size), (840.0, 430.0), (97.0, 64.0, 700.0, 374.0)
        lines: tuple[tuple[str, FloatArray, Role], ...] = (
            (f"{self.coin} alone", self.coin_usd, "altcoins"),
            (f"short {self.hedge}", self.hedge_usd, "short"),
            ("together", self.together_usd, "total"),
        )
        marks: list[Mark] = [Rule(at=0.0)]
        for name, values, role in lines:
            last, bold = usd(values[-1], signed=True), role == "total"
            width = 3.6 if bold else 3.0
            marks.append(
                Line(x=x, y=values, role=role, width=width, name=f"{name}\n{last}", bold=bold)
            )
        told = ""
        if guess is not None:
            marks.append(Guess(x=float(x[-1]), y=guess, side="left"))
            told = f" Your guess was {usd(guess, signed=True)}."
        across = Scale(
            label=f"days after {self.day(0)}",
            # Room for the mark of a guess beside the names.
            limits=(0.0, 1.012 * max(float(x[-1]), 1.0)), most_ticks=min(8, x.size),
        )  # fmt: skip
        up = Scale(label="gain or loss (USD)", unit="usd", include=(0.0,), margin=0.08)
        lost = -self.coin_usd[-1]
        rows = [
            (name, usd(value, signed=True))
            for name, value in (
                (self.coin, -lost),
                (f"short of {usd(self.short_usd)} {self.hedge}", self.hedge_usd[-1]),
                ("together", self.together_usd[-1]),
            )
        ]
        return Scene(
            title=(
                f"{self.coin} loses {usd(lost)}; "
                f"the short brings back {percent(self.hedge_usd[-1] / lost)} of it"
            ),
            alt=(
                f"From {self.day(0)} to {self.day(-1)}: {', '.join(map(' '.join, rows))}. "
                f"{self.hedge} moved {percent(self.hedge_move, signed=True)}; {self.coin} lost "
                f"{percent(lost / self.book_usd)} of its value.{told}"
            ),
            panels=(panel(marks, across, up, box=box, width=size[0]),),
            table=Table(("position", "gain or loss"), rows, caption=f"{self.coin}, {self.day(-1)}"),
            size=size,
        )


def collapse(prices: pd.DataFrame, *, book_usd: float, beta: float) -> Collapse:
    """Return the profit of a coin (first column) and of a short of another, sized by its beta.

    Margin, fees and funding are left out.
    """
    coin, hedge = prices.columns
    held, shorted = prices.to_numpy().T
    short_usd = beta * book_usd
    return Collapse(
        coin=coin,
        hedge=hedge,
        days=pd.DatetimeIndex(prices.index),
        coin_usd=book_usd * (held / held[0] - 1),
        hedge_usd=np.asarray(inverse_pnl_usd(-short_usd, shorted[0], shorted)),
        hedge_move=float(shorted[-1] / shorted[0] - 1),
        book_usd=book_usd,
        short_usd=short_usd,
    )


# Many coins in one book


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksOfCoins:
    """R² to the hedge coin of all books of 1 to k coins in equal parts.

    - mean, low, high: over the books of each number of coins
    - pairwise: mean correlation between two of the coins
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    pairwise: float
    hedge: str
    period: str

    def scene(self, guess: float | None = None, *, supposed: float, most: int) -> Scene:
        """Draw real books, and the theory of up to `most` coins, any two correlated `supposed`."""
        size, box = (800.0, 430.0), (90.0, 64.0, 780.0, 374.0)
        n, counts = np.arange(1, most + 1), np.arange(1, self.mean.size + 1)
        theory = diversified_r2(supposed, n)
        one, many = float(theory[0]), float(theory[-1])
        marks: list[Mark] = [
            Bars(
                at=counts, start=self.low, end=self.high, thickness=0.2, role="altcoins",
                opacity=0.4,
            ),
            Line(x=n, y=theory, width=2.5, dash="dashed"),
            Points(x=counts, y=self.mean, role="altcoins", size=11.0),
            Points(x=[most], y=[many], size=11.0),
            Text(
                x=most - 0.6, y=many, vertical="top", shift=(0.0, 24.0), align="end", role="total",
                text=f"theory: any two coins\ncorrelated {supposed:g}",
            ),
            Text(
                x=counts[-1], y=self.mean[-1], vertical="top", shift=(14.0, 3.0), role="altcoins",
                text=f"real coins, {self.period}:\nmean and range of all books",
            ),
        ]  # fmt: skip
        told = ""
        if guess is not None:
            marks.append(Guess(x=most, y=guess, side="left"))
            told = f" Your guess was {percent(guess)}."
        step = max(1, most // 10)
        x = Scale(
            label="coins in the book, equal parts", limits=(0.4, most + 0.4),
            ticks=[(count, f"{count}") for count in range(step, most + 1, step)],
        )  # fmt: skip
        y = Scale(label="R²: variance a short can remove", unit="share", limits=(0.0, 1.0))
        rows = [
            (f"{count}", *map(percent, of_count))
            for count, *of_count in zip(counts, self.mean, self.low, self.high, strict=True)
        ]
        return Scene(
            title=f"More coins, better hedge: {percent(one)} for one, {percent(many)} for {most}",
            alt=(
                f"R² against the number of coins in a book. In theory, with any two coins "
                f"correlated {supposed:g}, it rises from {percent(one)} for one to {percent(many)} "
                f"for {most}. Real coins to {self.hedge} in {self.period}: {percent(self.mean[0])} "
                f"on average for one (from {percent(self.low[0])} to {percent(self.high[0])}), "
                f"{percent(self.mean[-1])} for all {counts[-1]}.{told}"
            ),
            panels=(panel(marks, x, y, box=box, width=size[0]),),
            table=Table(
                ("coins in the book", "mean R²", "lowest", "highest"), rows,
                caption=f"To {self.hedge}, {self.period}",
            ),
            size=size,
        )  # fmt: skip


def books_of_coins(
    returns: pd.DataFrame, x: ArrayLike, *, period: str, hedge: str = "ETH"
) -> BooksOfCoins:
    """Return R² of every book that can be made of some coins in equal parts, from daily returns."""
    coins, count = returns.to_numpy(), returns.shape[1]
    by_count = [
        [
            np.corrcoef(coins[:, chosen].mean(axis=1), np.asarray(x))[0, 1] ** 2
            for chosen in map(list, combinations(range(count), held))
        ]
        for held in range(1, count + 1)
    ]
    return BooksOfCoins(
        mean=np.array([np.mean(r2) for r2 in by_count]),
        low=np.array([min(r2) for r2 in by_count]),
        high=np.array([max(r2) for r2 in by_count]),
        pairwise=float(np.corrcoef(coins.T)[np.triu_indices(count, 1)].mean()),
        hedge=hedge,
        period=period,
    )
