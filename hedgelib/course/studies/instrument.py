"""What lesson 08 measures: horizons, the coin to short, a coin that dies, books not picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hedgelib import BetaEstimate, diversified_r2, horizon_returns, inverse_pnl_usd, market
from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.beta import multi_beta
from hedgelib.choice import walk_forward_residual
from hedgelib.course.studies.beta import JUDGED_FROM, day_text, newey_west, words_at
from hedgelib.course.studies.living import LARGE, Flown, fly
from hedgelib.show.layout import Scale, guess_mark, picture
from hedgelib.show.lines import gain
from hedgelib.show.scene import Bars, Line, Mark, Points, Rule, Scene, Text


def horizon_betas(y: ArrayLike, x: ArrayLike, periods: int) -> tuple[BetaEstimate, float, float]:
    """Return beta of returns over `periods` days, and its lowest and highest value by first day."""
    returns = np.column_stack([np.asarray(y), np.asarray(x)])
    fits = [
        newey_west(*horizon_returns(returns[start:], periods, incomplete="drop").returns.T)
        for start in range(periods)
    ]
    betas = [fit.beta for fit in fits]
    return fits[0], min(betas), max(betas)


class Judged(NamedTuple):
    """Share of variance that each hedge removed in n days, with betas known and of hindsight."""

    book: str
    honest: Mapping[str, float]
    hindsight: Mapping[str, float]
    n: int


def judge(
    y: ArrayLike, coins: Mapping[str, ArrayLike], hedges: Sequence[Sequence[str]], book: str
) -> Judged:
    """Return the out-of-sample variance reduction of each hedge, fitted again each 30 days."""
    returns = np.asarray(y)
    later, honest, hindsight = returns[JUDGED_FROM:], {}, {}
    for names in hedges:
        x, name = np.column_stack([coins[name] for name in names]), " + ".join(names)
        left = walk_forward_residual(returns, x, train=JUDGED_FROM, refit=30)
        honest[name] = float(1 - left.var() / later.var())
        hindsight[name] = multi_beta(later, x[JUDGED_FROM:]).r2
    best_first = dict(sorted(honest.items(), key=lambda item: item[1], reverse=True))
    return Judged(book, best_first, hindsight, later.size)


def hedges_by_book(groups: Sequence[Judged], guess: Sequence[str] = ()) -> Scene:
    """Draw what each hedge removes, one book below the other, with hedges guessed for the last."""
    marks: list[Mark] = []
    bar = partial(Bars, start=[0.0], thickness=0.72, across=True, role="altcoins")
    names, books, rows, at = [], [], [], 0.0
    for group in groups:
        marks.append(words_at(0.0, at, group.book, 6.0, "total", bold=True))
        for place, (name, honest) in enumerate(group.honest.items(), start=1):
            row, hindsight, best = at - place, group.hindsight[name], place == 1
            end, opacity = max(honest, hindsight, 0.0), 1.0 if best else 0.4
            marks += [
                bar(at=[row], end=[max(honest, 0.0)], opacity=opacity),
                Line(x=[hindsight, hindsight], y=[row - 0.42, row + 0.42], width=2.8),
                words_at(end, row, percent(honest), 9.0, "total", bold=best),
            ]
            if name in guess and group is groups[-1]:
                marks.append(words_at(end, row, "your guess", 60.0, "unhedged", bold=True))
            names.append((row, name))
            shares = percent(honest, digits=1), percent(hindsight, digits=1)
            rows.append((group.book, name, *shares))
        hedges = ", ".join(
            f"{name} {percent(honest)} ({percent(group.hindsight[name])} with hindsight)"
            for name, honest in group.honest.items()
        )
        books.append(f"{group.book[0].upper()}{group.book[1:]} over {group.n} days: {hedges}")
        at -= len(group.honest) + 1.6
    told = f" Your guess: {' and '.join(guess)}." if guess else ""
    label = "share of variance removed, betas known at the time (tick: with hindsight)"
    head = ("book", "short", "beta known at the time", "beta of hindsight")
    return picture(
        "; ".join(f"{next(iter(group.honest))} is best for {group.book}" for group in groups),
        f"Variance removed by a short, with betas known at the time. {'. '.join(books)}.{told}",
        marks,
        Scale(label=label, unit="share", limits=(0.0, 1.0)),
        Scale(limits=(at + 1.0, 0.6), ticks=names, visible=False),
        Table(head, rows, align="llrr", caption="Variance removed"),
        box=(140.0, 64.0, 836.0, 64.0 + 35.0 * (0.6 - at - 1.0)),
        width=860.0,
    )


class Collapse(NamedTuple):
    """Profits day by day of the coin of the first prices, of a short sized by beta, and of both."""

    prices: pd.DataFrame
    book_usd: float
    short_usd: float
    profit_usd: FloatArray

    @property
    def short_that_would_have_done(self) -> float:
        """Short that would have earned back the loss, known only afterwards, USD."""
        return float(self.profit_usd[0, -1] / self.hedge_move)

    @property
    def hedge_move(self) -> float:
        """Return of the coin that is shorted over all days, decimal."""
        return float(-self.profit_usd[1, -1] / self.short_usd)

    def day(self, place: int) -> str:
        """Write one of the days."""
        return day_text(self.prices.index[place])

    def scene(self, guess: float | None = None) -> Scene:
        """Draw coin, short and both together from day to day, with a guess of both (USD)."""
        coin, hedge = self.prices.columns
        last, (lost, earned) = len(self.prices) - 1, self.profit_usd[:2, -1] * (-1, 1)
        ends = list(map(gain, self.profit_usd[:, -1]))
        guessed, told = guess_mark(guess, gain, "left", x=last)
        looks: Any = (
            (f"{coin} alone", {"role": "altcoins"}), (f"short {hedge}", {"role": "short"}),
            ("together", {"role": "total", "width": 3.6, "bold": True}),
        )  # fmt: skip
        marks: list[Mark] = [
            Line(x=range(last + 1), y=values, name=f"{name}\n{end}", **look)
            for (name, look), values, end in zip(looks, self.profit_usd, ends, strict=True)
        ]
        names = (coin, f"short of {usd(self.short_usd)} {hedge}", "together")
        rows = list(zip(names, ends, strict=True))
        return picture(
            f"{coin} loses {usd(lost)}; the short brings back {percent(earned / lost)} of it",
            f"From {self.day(0)} to {self.day(-1)}: {', '.join(map(' '.join, rows))}. {hedge} "
            f"moved {percent(self.hedge_move, signed=True)}; {coin} lost "
            f"{percent(lost / self.book_usd)} of its value.{told}",
            [Rule(at=0.0), *marks, *guessed],
            # Room for the mark of a guess beside the names.
            Scale(label=f"days after {self.day(0)}", limits=(0.0, 1.012 * last)),
            Scale(label="gain or loss (USD)", unit="usd", include=(0.0,), margin=0.08),
            Table(("position", "gain or loss"), rows, caption=f"{coin}, {self.day(-1)}"),
            box=(97.0, 64.0, 700.0, 374.0),
        )


def collapse(prices: pd.DataFrame, *, book_usd: float, beta: float) -> Collapse:
    """Return the profit of a coin (first column) and of a short of another, sized by its beta."""
    held, shorted = prices.to_numpy().T
    alone = book_usd * (held / held[0] - 1)
    short = np.asarray(inverse_pnl_usd(-beta * book_usd, shorted[0], shorted))
    profits = np.array([alone, short, alone + short])
    return Collapse(prices, book_usd, short_usd=beta * book_usd, profit_usd=profits)


class BooksOfCoins(NamedTuple):
    """R² to ETH of all books of 1 to k coins in equal parts, and mean correlation of two coins."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    pairwise: float
    period: str

    def scene(self, guess: float | None = None, *, supposed: float, most: int) -> Scene:
        """Draw real books, and the theory of up to `most` coins, any two correlated `supposed`."""
        n, counts = np.arange(1, most + 1), np.arange(1, self.mean.size + 1)
        theory = diversified_r2(supposed, n)
        one, many = percent(theory[0]), percent(theory[-1])
        guessed, told = guess_mark(guess, percent, "left", x=most)
        of_theory = f"theory: any two coins\ncorrelated {supposed:g}"
        of_coins = f"real coins, {self.period}:\nmean and range of all books"
        real: Any = {"role": "altcoins"}
        at_end: Any = {"align": "end", "role": "total"}
        end, words = theory[-1], partial(Text, vertical="top")
        marks: list[Mark] = [
            Bars(at=counts, start=self.low, end=self.high, thickness=0.2, opacity=0.4, **real),
            Line(x=n, y=theory, width=2.5, dash="dashed"),
            Points(x=counts, y=self.mean, size=11.0, **real),
            Points(x=[most], y=[end], size=11.0),
            words(x=most - 0.6, y=end, shift=(0.0, 24.0), text=of_theory, **at_end),
            words(x=counts[-1], y=self.mean[-1], shift=(14.0, 3.0), text=of_coins, **real),
            *guessed,
        ]
        rows = [
            (f"{count}", *map(percent, of_count))
            for count, *of_count in zip(counts, self.mean, self.low, self.high, strict=True)
        ]
        (_, mean, lowest, highest), (_, of_all, *_) = rows[0], rows[-1]
        evens = [(count, f"{count}") for count in range(2, most + 1, 2)]
        head = ("coins in the book", "mean R²", "lowest", "highest")
        return picture(
            f"More coins, better hedge: {one} for one, {many} for {most}",
            f"R² against the number of coins in a book. In theory, with any two coins correlated "
            f"{supposed:g}, it rises from {one} for one to {many} for {most}. Real coins to ETH in "
            f"{self.period}: {mean} on average for one (from {lowest} to {highest}), {of_all} for "
            f"all {counts[-1]}.{told}",
            marks,
            Scale(label="coins in the book, equal parts", limits=(0.4, most + 0.4), ticks=evens),
            Scale(label="R²: variance a short can remove", unit="share", limits=(0.0, 1.0)),
            Table(head, rows, caption=f"To ETH, {self.period}"),
            box=(90.0, 64.0, 780.0, 374.0), width=800.0,
        )  # fmt: skip


def books_of_coins(returns: pd.DataFrame, x: ArrayLike, *, period: str) -> BooksOfCoins:
    """Return R² of every book that can be made of some coins in equal parts, from daily returns."""
    coins = returns.to_numpy().T
    by_count = [
        [np.corrcoef(sum(chosen), np.asarray(x))[0, 1] ** 2 for chosen in combinations(coins, held)]
        for held in range(1, len(coins) + 1)
    ]
    mean, low, high = (np.array([fold(r2) for r2 in by_count]) for fold in (np.mean, min, max))
    pairwise = float(np.corrcoef(coins)[np.triu_indices(len(coins), 1)].mean())
    return BooksOfCoins(mean, low, high, pairwise, period)


def last_days(coins: Sequence[str]) -> tuple[BetaEstimate, Collapse]:
    """Return LUNA's last six days for $50,000 of some coins in equal parts, and the year's fit."""
    year = market.returns([*coins, "ETH"], start="2021-05-07", end="2022-05-06")
    fit = newey_west(year[list(coins)].mean(axis=1), year["ETH"])
    prices = market.prices([*coins, "ETH"], start="2022-05-06", end="2022-05-12")
    grown = prices / prices.iloc[0]
    days = pd.DataFrame({"book": grown[list(coins)].mean(axis=1), "ETH": grown["ETH"]})
    return fit, collapse(days, book_usd=50_000.0, beta=fit.beta)


class FiveCoins(NamedTuple):
    """Backtest of a book of five coins, never hedged and always hedged."""

    coins: tuple[str, ...]
    never: Flown
    always: Flown

    @property
    def removed(self) -> float:
        """Share of the variance of daily profits that the hedge removed."""
        return float(1 - self.always.steps_usd.var() / self.never.steps_usd.var())


@cache
def five_coin_books() -> tuple[FiveCoins, ...]:
    """Return all books of five of the seven coins, the least variance removed first."""
    on = np.ones(len(market.prices(["ETH"])), dtype=bool)
    books = [
        FiveCoins(coins, fly("never on", ~on, coins=coins), fly("always on", on, coins=coins))
        for coins in combinations(sorted(LARGE), 5)
    ]
    return tuple(sorted(books, key=lambda book: book.removed))


def ranges_of_books(groups: Mapping[str, Sequence[FiveCoins]]) -> list[tuple[str, ...]]:
    """Return each group with its lowest and highest profit, never and always hedged, and share."""

    def between(values: Sequence[float], write: Any) -> str:
        low, high = write(min(values)), write(max(values))
        return low if low == high else f"{low} to {high}"

    return [
        (
            f"{name} ({len(books)})",
            between([float(book.never.pnl_usd[-1]) for book in books], gain),
            between([float(book.always.pnl_usd[-1]) for book in books], gain),
            between([book.removed for book in books], percent),
        )
        for name, books in groups.items()
    ]


def sigmas_apart(y: ArrayLike, x: ArrayLike) -> float:
    """Return beta on days of falls less that on other days, in Newey-West standard errors."""
    coin = np.asarray(x)
    fell = (coin < 0).astype(float)
    both = multi_beta(y, np.column_stack([coin, fell, fell * coin]), names=["x", "fell", "more"])
    return float(both.betas[2] / both.se_hac[3])
