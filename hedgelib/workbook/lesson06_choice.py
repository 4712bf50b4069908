"""What lesson 06 needs beside the library: which coin to short, and what no short covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import POSITIVE, FloatArray, numbers, scalars, series
from hedgelib._text import html_table, percent, usd
from hedgelib.beta import correlation, multi_beta
from hedgelib.choice import walk_forward_residual
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.errors import InvalidInput
from hedgelib.figures import COLOURS, Picture, label_ends, readable, thousands
from hedgelib.ratio import diversified_r2
from hedgelib.workbook.guesses import mark_guess
from hedgelib.workbook.prose import Prediction, predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BOOKS_OF_COINS",
    "COLLAPSE",
    "JUDGED",
    "BooksOfCoins",
    "Collapse",
    "Judged",
    "JudgedHedge",
    "books_of_coins",
    "collapse",
    "guess_collapse",
    "guess_diversified",
    "guess_leader",
    "judge",
]


# Which coin to short


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedHedge:
    """What one coin, or several together, removed: made by :func:`judge`.

    Parameters
    ----------
    coins : tuple of str
    honest : float
        Share of variance removed with betas known at the time, decimal.
    hindsight : float
        With the betas that were best over the same days.
    """

    coins: tuple[str, ...]
    honest: float
    hindsight: float

    @property
    def name(self) -> str:
        """The coins, joined by a plus sign."""
        return " + ".join(self.coins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Candidates for one book, the best first: made by :func:`judge`.

    Parameters
    ----------
    book : str
    hedges : tuple of JudgedHedge
        The one that removed the most comes first.
    n : int
        Days judged.
    guess : tuple of str
        Coins of which somebody thought that a short removes most; two of them removed alike.
    """

    book: str
    hedges: tuple[JudgedHedge, ...]
    n: int
    guess: tuple[str, ...] = ()

    def of(self, *coins: str) -> JudgedHedge:
        """Return one candidate.

        Parameters
        ----------
        *coins : str

        Returns
        -------
        JudgedHedge

        Raises
        ------
        InvalidInput
            No such candidate.
        """
        for hedge in self.hedges:
            if hedge.coins == coins:
                return hedge
        raise InvalidInput(
            f"no candidate {' + '.join(coins)!r}; there are "
            f"{', '.join(hedge.name for hedge in self.hedges)}"
        )

    def guessed(self, option: str | None) -> Judged:
        """Copy, with a guess to be shown beside the truth.

        Parameters
        ----------
        option : str or None
            Of :func:`guess_leader`.

        Returns
        -------
        Judged
        """
        words = (option or "").split()
        return replace(self, guess=tuple(h.name for h in self.hedges if h.name in words))

    def _repr_html_(self) -> str:
        rows = [
            (hedge.name, percent(hedge.honest, digits=1), percent(hedge.hindsight, digits=1))
            for hedge in self.hedges
        ]
        head = ("short", "beta known at the time", "beta of hindsight")
        return html_table(rows, head, caption=f"Variance removed from {self.book}, {self.n} days")


def judge(
    y: ArrayLike,
    coins: Mapping[str, ArrayLike],
    candidates: Sequence[Sequence[str]],
    *,
    book: str = "the book",
    train: int = 365,
    refit: int = 30,
) -> Judged:
    """Judge hedges by what they removed on days that their betas had not seen.

    Parameters
    ----------
    y : array_like, shape (n,)
        Daily simple returns of the book, decimals.
    coins : mapping of str to array_like, shape (n,)
        Of the coins that may be shorted; a table of pandas will do.
    candidates : sequence of sequences of str
        Coins to short alone or together.
    book : str
    train : int
        Days before the first that is judged.
    refit : int
        Days between fits.

    Returns
    -------
    Judged

    Raises
    ------
    InvalidInput
        Missing returns, unequal lengths, a candidate without returns.

    Notes
    -----
    **Source:** :func:`hedgelib.walk_forward_residual`; hindsight is R² over the days judged, which
    never falls when a coin is added.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> btc, eth, own = rng.normal(0, 0.03, (3, 600))
    >>> found = judge(eth + own, {"BTC": btc, "ETH": eth}, [("BTC",), ("ETH",)])
    >>> [hedge.name for hedge in found.hedges], found.n
    (['ETH', 'BTC'], 235)
    """
    returns = series("y", y)
    later = returns[train:]
    judged = []
    for names in map(tuple, candidates):
        missing = [name for name in names if name not in coins]
        if missing or not names:
            raise InvalidInput(f"no returns of {missing or 'no coin'}; there are {list(coins)}")
        x = np.column_stack([series(name, coins[name]) for name in names])
        left = walk_forward_residual(returns, x, train=train, refit=refit)
        judged.append(
            JudgedHedge(
                coins=names,
                honest=float(1 - left.var() / later.var()),
                hindsight=multi_beta(later, x[train:]).r2,
            )
        )
    judged.sort(key=lambda hedge: hedge.honest, reverse=True)
    return Judged(book=book, hedges=tuple(judged), n=later.size)


def guess_leader(whole: Judged, without: Judged, leader: str, other: str) -> Prediction:
    """Ask whether a sector leader still hedges best when it is taken out of the book.

    Parameters
    ----------
    whole : Judged
        Of the book that holds the leader.
    without : Judged
        Of the same book without it.
    leader, other : str

    Returns
    -------
    Prediction

    Raises
    ------
    InvalidInput
        A leader that is no better than the other for the first book, or no worse for the second:
        there would be nothing to ask.
    """
    first, second = whole.of(leader).honest, whole.of(other).honest
    then, still = without.of(leader).honest, without.of(other).honest
    if not (first > second and then < still):
        raise InvalidInput(f"{leader} must win with itself in the book, and lose without")
    right = f"{other} removes more"
    return predict(
        f"A short of {leader} removes {percent(first)} of the variance of {whole.book}, a short of "
        f"{other} {percent(second)}. But the book holds {leader} itself. Take it out. Which short "
        "removes more of what is left?",
        {
            f"{leader} removes more": f"So the rule of the sector leader says. It removes "
            f"{percent(then)}.",
            f"{leader} and {other} the same": f"Near, but no: {percent(then)} against "
            f"{percent(still)}.",
            right: f"{percent(still)} against {percent(then)}. Much of what {leader} seemed to "
            f"hedge was {leader}.",
        },
        answer=right,
    )


def _draw_judged(ax: Axes, groups: Sequence[Judged]) -> None:
    at, ticks, names = 0.0, [], []
    for group in groups:
        ax.text(0.006, at + 0.1, group.book, fontweight="bold", va="center")
        for place, hedge in enumerate(group.hedges):
            at -= 1
            _draw_bar(ax, at, hedge, first=place == 0, guessed=hedge.name in group.guess)
            ticks.append(at)
            names.append(hedge.name)
        at -= 1.6
    ax.set_yticks(ticks, names)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.set_xlim(0, 1)
    ax.set_ylim(at + 1.0, 0.6)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v)))
    ax.set_xlabel("share of variance removed, betas known at the time (tick: with hindsight)")
    ax.figure.suptitle(_judged_title(groups), x=0.02, ha="left", fontsize=12.5, fontweight="bold")


def _draw_bar(
    ax: Axes, at: float, hedge: JudgedHedge, *, first: bool, guessed: bool = False
) -> None:
    colour = COLOURS["altcoins"] if first else "#9DBFD6"
    ax.barh(at, max(hedge.honest, 0.0), height=0.72, color=colour, zorder=2)
    ax.plot([hedge.hindsight] * 2, [at - 0.42, at + 0.42], color="#111111", linewidth=2, zorder=3)
    ax.annotate(
        percent(hedge.honest),
        (max(hedge.honest, hedge.hindsight), at),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontweight="bold" if first else "normal",
    )
    if guessed:
        ax.annotate(
            "your guess",
            (max(hedge.honest, hedge.hindsight), at),
            xytext=(44, 0),
            textcoords="offset points",
            va="center",
            color=readable(COLOURS["unhedged"]),
            fontweight="bold",
        )


def _judged_title(groups: Sequence[Judged]) -> str:
    return "; ".join(f"{group.hedges[0].name} is best for {group.book}" for group in groups)


def _alt_judged(groups: Sequence[Judged]) -> str:
    told = []
    for group in groups:
        hedges = ", ".join(
            f"{hedge.name} {percent(hedge.honest)} ({percent(hedge.hindsight)} with hindsight)"
            for hedge in group.hedges
        )
        told.append(f"{group.book[0].upper()}{group.book[1:]} over {group.n} days: {hedges}")
    guess = "".join(f" Your guess: {' and '.join(g.guess)}." for g in groups if g.guess)
    return f"Variance removed by a short, with betas known at the time. {'. '.join(told)}.{guess}"


JUDGED: Picture[Sequence[Judged]] = Picture(
    name="hedges judged out of sample",
    draw=_draw_judged,
    alt=_alt_judged,
    size=(8.6, 5.0),
    margins=(0.175, 0.97, 0.12, 0.92),
)


# A coin that dies


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """A coin and a short that was sized by its beta: made by :func:`collapse`.

    Parameters
    ----------
    coin, hedge : str
    days : ndarray of datetime64, shape (n,)
    coin_usd, hedge_usd : ndarray, shape (n,)
        Gain or loss of the coins held and of the short since the first day, USD.
    hedge_move : float
        Of the hedge coin, from the first to the last day, decimal.
    book_usd, short_usd : float
        Both on the first day.
    guess : float, optional
        Of the two together on the last day, USD.
    """

    coin: str
    hedge: str
    days: NDArray[np.datetime64]
    coin_usd: FloatArray
    hedge_usd: FloatArray
    hedge_move: float
    book_usd: float
    short_usd: float
    guess: float | None = None

    @property
    def together_usd(self) -> FloatArray:
        """Coin and short, shape (n,)."""
        return self.coin_usd + self.hedge_usd

    @property
    def short_that_would_have_done(self) -> float:
        """Short that would have earned back the loss, known only afterwards, USD."""
        return float(self.coin_usd[-1] / self.hedge_move)

    def rows(self) -> list[tuple[str, str]]:
        """Put the last day into words.

        Returns
        -------
        list of (str, str)
        """
        return [
            (self.coin, usd(self.coin_usd[-1], signed=True)),
            (f"short of {usd(self.short_usd)} {self.hedge}", usd(self.hedge_usd[-1], signed=True)),
            ("together", usd(self.together_usd[-1], signed=True)),
        ]

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=f"{self.coin}, {_day(self.days[-1])}")

    def __repr__(self) -> str:
        return f"Collapse({self.coin!r}, {usd(self.together_usd[-1], signed=True)})"


def _day(day: np.datetime64) -> str:
    when = day.astype("datetime64[D]").astype(object)
    return f"{when.day} {when:%B %Y}"


def collapse(
    coin_prices_usd: ArrayLike,
    hedge_prices_usd: ArrayLike,
    days: ArrayLike,
    *,
    book_usd: float,
    beta: float,
    coin: str = "LUNA",
    hedge: str = "ETH",
    guess: float | None = None,
) -> Collapse:
    """Follow a coin, and a short sized by its beta, from day to day.

    Parameters
    ----------
    coin_prices_usd, hedge_prices_usd : array_like, shape (n,)
        > 0.
    days : array_like of datetime64, shape (n,)
        The short is opened on the first.
    book_usd : float
        Of the coin on the first day, > 0.
    beta : float
        > 0.
    coin, hedge : str
    guess : float, optional
        Of the two together on the last day, USD.

    Returns
    -------
    Collapse

    Raises
    ------
    InvalidInput
        Values out of range, unequal lengths.

    Notes
    -----
    **Source:** :func:`hedgelib.inverse_pnl_usd`; margin, fees and funding are left out.

    Examples
    --------
    >>> days = np.datetime64("2022-05-06") + np.arange(2)
    >>> found = collapse([80, 8], [2500, 2000], days, book_usd=10_000, beta=1.1)
    >>> [round(float(v[-1])) for v in (found.coin_usd, found.hedge_usd, found.together_usd)]
    [-9000, 2200, -6800]
    """
    prices, other = numbers(
        coin_prices_usd=(coin_prices_usd, POSITIVE), hedge_prices_usd=(hedge_prices_usd, POSITIVE)
    )
    dates = np.asarray(days)
    if np.ndim(prices) != 1 or prices.shape != other.shape or dates.shape != prices.shape:
        raise InvalidInput("prices and days must be lists of one length")
    book_usd, beta = scalars(book_usd=(book_usd, POSITIVE), beta=(beta, POSITIVE))
    short_usd = beta * book_usd
    return Collapse(
        coin=coin,
        hedge=hedge,
        days=dates,
        coin_usd=np.asarray(book_usd * (prices / prices[0] - 1)),
        hedge_usd=np.asarray(inverse_pnl_usd(-short_usd, other[0], other)),
        hedge_move=float(other[-1] / other[0] - 1),
        book_usd=book_usd,
        short_usd=short_usd,
        guess=guess,
    )


def guess_collapse(found: Collapse, r2: float) -> Prediction:
    """Ask what a hedge by beta leaves of a coin that dies.

    Parameters
    ----------
    found : Collapse
    r2 : float
        Share of variance that the hedge removed before, decimal.

    Returns
    -------
    Prediction
    """
    lost, left = float(-found.coin_usd[-1]), float(found.together_usd[-1])
    right = usd(left, signed=True)
    return predict(
        f"{_day(found.days[0])}: somebody holds {found.coin} worth {usd(found.book_usd)}, and is "
        f"short {percent(found.short_usd / found.book_usd)} of that in {found.hedge}, the size "
        f"that removed the most over the year before: {percent(r2)} of the variance. "
        f"After {found.days.size - 1} days {found.coin} is worth nothing. What have coin and short "
        "made together?",
        {
            "$0": f"The short earns when {found.hedge} falls, as far as {found.hedge} falls. It "
            "did not fall to nothing.",
            usd(-lost / 2): f"That would take {found.hedge} down by nearly half.",
            right: f"{found.hedge} moved {percent(found.hedge_move, signed=True)}, and the short "
            f"earned {usd(found.hedge_usd[-1])}. All the rest was {found.coin}'s own.",
            usd(-lost): f"Not quite: {found.hedge} fell too, and there the short did its work.",
        },
        answer=right,
    )


def _draw_collapse(ax: Axes, found: Collapse) -> None:
    x = np.arange(found.days.size)
    ends = []
    for name, values, colour, bold in (
        (f"{found.coin} alone", found.coin_usd, COLOURS["altcoins"], False),
        (f"short {found.hedge}", found.hedge_usd, COLOURS["short"], False),
        ("together", found.together_usd, COLOURS["total"], True),
    ):
        ax.plot(x, values, color=colour, linewidth=2.6 if bold else 2.2, zorder=3)
        ends.append((float(values[-1]), f"{name}\n{usd(values[-1], signed=True)}", colour, bold))
    ax.axhline(0, color="#888888", linewidth=1, zorder=1)
    if found.guess is not None:
        mark_guess(ax, float(x[-1]), found.guess, side="left")
    ax.set_xlim(0, float(x[-1]))
    ax.margins(y=0.08)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"days after {_day(found.days[0])}")
    ax.set_ylabel("gain or loss (USD)")
    ax.yaxis.set_label_coords(-0.105, 0.5)
    label_ends(ax, ends)
    back = found.hedge_usd[-1] / -found.coin_usd[-1]
    ax.set_title(
        f"{found.coin} loses {usd(-found.coin_usd[-1])}; "
        f"the short brings back {percent(back)} of it"
    )


def _alt_collapse(found: Collapse) -> str:
    parts = ", ".join(f"{name} {value}" for name, value in found.rows())
    guess = "" if found.guess is None else f" Your guess was {usd(found.guess, signed=True)}."
    return (
        f"From {_day(found.days[0])} to {_day(found.days[-1])}: {parts}. {found.hedge} moved "
        f"{percent(found.hedge_move, signed=True)}; {found.coin} lost "
        f"{percent(-found.coin_usd[-1] / found.book_usd)} of its value.{guess}"
    )


COLLAPSE: Picture[Collapse] = Picture(
    name="a coin that dies",
    draw=_draw_collapse,
    alt=_alt_collapse,
    size=(8.4, 4.3),
    margins=(0.105, 0.84, 0.13, 0.9),
)


# Many coins in one book


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksOfCoins:
    """How R² grows with the number of coins in a book: made by :func:`books_of_coins`.

    Parameters
    ----------
    counts : ndarray of int, shape (k,)
        Coins in a book, 1 to k.
    mean, low, high : ndarray, shape (k,)
        R² to the hedge coin over all books of that many coins, equal parts of each.
    pairwise : float
        Mean correlation between two of the coins.
    supposed : float
        Pairwise correlation of coins of which theory speaks.
    most : int
        Coins up to which theory is drawn.
    hedge, period : str
    guess : float, optional
        Of R² at `most` coins, decimal.
    """

    counts: NDArray[np.int_]
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    pairwise: float
    supposed: float
    most: int
    hedge: str
    period: str
    guess: float | None = None

    def rows(self) -> list[tuple[str, ...]]:
        """Put each number of coins into words.

        Returns
        -------
        list of tuple of str
        """
        return [
            (f"{count}", percent(mean), percent(low), percent(high))
            for count, mean, low, high in zip(
                self.counts, self.mean, self.low, self.high, strict=True
            )
        ]

    def _repr_html_(self) -> str:
        head = ("coins in the book", "mean R²", "lowest", "highest")
        return html_table(self.rows(), head, caption=f"To {self.hedge}, {self.period}")


def books_of_coins(
    returns: Mapping[str, ArrayLike],
    x: ArrayLike,
    *,
    supposed: float = 0.25,
    most: int = 20,
    hedge: str = "ETH",
    period: str = "",
    guess: float | None = None,
) -> BooksOfCoins:
    """Measure R² of every book that can be made of some coins in equal parts.

    Parameters
    ----------
    returns : mapping of str to array_like, shape (n,)
        Daily simple returns of at most 12 coins, decimals; a table of pandas will do.
    x : array_like, shape (n,)
        Of the hedge coin.
    supposed : float
        Pairwise correlation for the curve of theory, 0 to 1.
    most : int
        Coins up to which theory is drawn.
    hedge, period : str
    guess : float, optional
        Of R² at `most` coins, decimal.

    Returns
    -------
    BooksOfCoins

    Raises
    ------
    InvalidInput
        Fewer than 2 or more than 12 coins, missing returns.

    Notes
    -----
    **Source:** R² of a sum from the covariances of its parts; nothing is simulated.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> market = rng.normal(0, 1, 400)
    >>> coins = {name: market + rng.normal(0, 1, 400) for name in "abcd"}
    >>> books_of_coins(coins, market).mean.round(1)
    array([0.5, 0.7, 0.8, 0.8])
    """
    names = list(returns)
    if not 2 <= len(names) <= 12:
        raise InvalidInput(f"returns must have 2 to 12 coins, got {len(names)}")
    coin = series("x", x, at_least=3)
    table = np.array([series(str(name), returns[name]) for name in names])
    k = len(table)
    covariance = np.cov(np.vstack([table, coin]))
    chosen = np.array([[(code >> i) & 1 for i in range(k)] for code in range(1, 2**k)], dtype=float)
    shared = chosen @ covariance[:k, k]
    r2 = shared**2 / (covariance[k, k] * np.sum((chosen @ covariance[:k, :k]) * chosen, axis=1))
    sizes = chosen.sum(axis=1).astype(int)
    by_size = [r2[sizes == count] for count in range(1, k + 1)]
    pairs = [correlation(a, b) for i, a in enumerate(table) for b in table[:i]]
    return BooksOfCoins(
        counts=np.arange(1, k + 1),
        mean=np.array([found.mean() for found in by_size]),
        low=np.array([found.min() for found in by_size]),
        high=np.array([found.max() for found in by_size]),
        pairwise=float(np.mean(pairs)),
        supposed=supposed,
        most=most,
        hedge=hedge,
        period=period,
        guess=guess,
    )


def guess_diversified(supposed: float, most: int) -> Prediction:
    """Ask how well a book of many loosely related coins can be hedged.

    Parameters
    ----------
    supposed : float
        Correlation of any two of them, decimal.
    most : int
        How many there are.

    Returns
    -------
    Prediction
    """
    book = float(diversified_r2(supposed, most))
    right = percent(book)
    return predict(
        f"{most} coins hang on one market, each with an R² of {percent(supposed)} to it; the "
        f"correlation of any two is {supposed:g}. Hold equal parts of all of them. How much of the "
        "variance of the book can a short of the market remove?",
        {
            percent(supposed / 2): "So people reason who take low correlation for a reason not to "
            "hedge. But what the coins do on their own, they do not do together.",
            percent(supposed): "That is so for each coin alone. In a book, what they do on their "
            "own cancels; what they share does not.",
            percent((supposed + book) / 2): "The right direction, but not far enough.",
            right: "What the coins do on their own cancels out, and what they share adds up. The "
            "book is nearly all market.",
        },
        answer=right,
    )


def _draw_books(ax: Axes, books: BooksOfCoins) -> None:
    n = np.arange(1, books.most + 1)
    theory = diversified_r2(books.supposed, n)
    ax.plot(n, theory, color=COLOURS["total"], linewidth=1.8, linestyle=(0, (5, 2)), zorder=3)
    ax.plot([n[-1]], [theory[-1]], "o", color=COLOURS["total"], markersize=8, zorder=5)
    ax.vlines(books.counts, books.low, books.high, color="#9DBFD6", linewidth=5, zorder=2)
    ax.plot(books.counts, books.mean, "o", color=COLOURS["altcoins"], markersize=8, zorder=4)
    ax.annotate(
        f"theory: any two coins\ncorrelated {books.supposed:g}",
        (books.most - 0.6, float(theory[-1])),
        xytext=(0, -12),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    ax.annotate(
        f"real coins, {books.period}:\nmean and range of all books",
        (float(books.counts[-1]), float(books.mean[-1])),
        xytext=(10, -2),
        textcoords="offset points",
        va="top",
        color=readable(COLOURS["altcoins"]),
    )
    if books.guess is not None:
        mark_guess(ax, books.most, books.guess, side="left")
    ax.set_xlim(0.4, books.most + 0.4)
    ax.set_ylim(0, 1)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v)))
    ax.set_xlabel("coins in the book, equal parts")
    ax.set_ylabel("R²: variance a short can remove")
    ax.yaxis.set_label_coords(-0.08, 0.5)
    ax.set_title(
        f"More coins, better hedge: {percent(float(theory[0]))} for one, "
        f"{percent(float(theory[-1]))} for {books.most}"
    )


def _alt_books(books: BooksOfCoins) -> str:
    theory = diversified_r2(books.supposed, [1, books.most])
    guess = "" if books.guess is None else f" Your guess was {percent(books.guess)}."
    return (
        f"R² against the number of coins in a book. In theory, with any two coins correlated "
        f"{books.supposed:g}, it rises from {percent(theory[0])} for one to {percent(theory[1])} "
        f"for {books.most}. Real coins to {books.hedge} in {books.period}: "
        f"{percent(books.mean[0])} on average for one (from {percent(books.low[0])} to "
        f"{percent(books.high[0])}), {percent(books.mean[-1])} for all {books.counts[-1]}.{guess}"
    )


BOOKS_OF_COINS: Picture[BooksOfCoins] = Picture(
    name="r2 by number of coins",
    draw=_draw_books,
    alt=_alt_books,
    size=(8.0, 4.3),
    margins=(0.1, 0.975, 0.13, 0.9),
)
