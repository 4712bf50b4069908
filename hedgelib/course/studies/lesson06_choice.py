"""Choice of the coin to short, and risks that no short covers, as lesson 06 shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import POSITIVE, FloatArray, numbers, scalars, series
from hedgelib._text import Table, percent, usd
from hedgelib.beta import correlation, multi_beta
from hedgelib.choice import walk_forward_residual
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput
from hedgelib.ratio import diversified_r2
from hedgelib.show import Bars, Guess, Line, Points, Rule, Scale, Scene, Text, panel
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = [
    "BooksOfCoins",
    "Collapse",
    "Judged",
    "JudgedHedge",
    "books_of_coins",
    "collapse",
    "guess_collapse",
    "guess_diversified",
    "guess_leader",
    "hedges_by_book",
    "judge",
]


# Which coin to short


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedHedge:
    """Variance that one coin, or several together, removed, as :func:`judge` returns it.

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
    """Candidates for one book, the best first, as :func:`judge` returns them.

    Parameters
    ----------
    book : str
    hedges : tuple of JudgedHedge
        The one that removed the most comes first.
    n : int
        Days judged.
    guess : tuple of str
        Candidates that the reader thought best; two where the reader thought them equal.
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
        """Return a copy with a guess, shown next to the answer.

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

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each candidate.

        Returns
        -------
        list of tuple of str
        """
        return [
            (hedge.name, percent(hedge.honest, digits=1), percent(hedge.hindsight, digits=1))
            for hedge in self.hedges
        ]

    def table(self) -> Table:
        """Return the candidates as a table."""
        head = ("short", "beta known at the time", "beta of hindsight")
        caption = f"Variance removed from {self.book}, {self.n} days"
        return Table(head, self.rows(), caption=caption)

    def scene(self) -> Scene:
        """Draw the candidates of this book."""
        return hedges_by_book([self])

    def _repr_html_(self) -> str:
        return self.table().html()


def judge(
    y: ArrayLike,
    coins: Mapping[str, ArrayLike],
    candidates: Sequence[Sequence[str]],
    *,
    book: str = "the book",
    train: int = 365,
    refit: int = 30,
) -> Judged:
    """Return the out-of-sample variance reduction of each candidate hedge.

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
            f"{leader} removes more": f"That is the rule of the sector leader. It removes "
            f"{percent(then)}.",
            f"{leader} and {other} the same": f"Near, but no: {percent(then)} against "
            f"{percent(still)}.",
            right: f"{percent(still)} against {percent(then)}. Much of what {leader} seemed to "
            f"hedge was {leader}.",
        },
        answer=right,
    )


def hedges_by_book(groups: Sequence[Judged]) -> Scene:
    """Draw what each candidate removes, one book below the other.

    Parameters
    ----------
    groups : sequence of Judged

    Returns
    -------
    Scene
    """
    marks: list[Mark] = []
    names: list[tuple[float, str]] = []
    at = 0.0
    for group in groups:
        marks.append(Text(x=0.0, y=at, text=group.book, shift=(6.0, 0.0), bold=True, role="total"))
        rows = np.linspace(at - 1, at - len(group.hedges), len(group.hedges))
        marks += _candidates(group, rows)
        names += [(row, hedge.name) for row, hedge in zip(rows, group.hedges, strict=True)]
        at = rows[-1] - 1.6
    end = 64.0 + 35.0 * (0.6 - at - 1.0)
    size, box = (860.0, end + 58.0), (140.0, 64.0, 836.0, end)
    x = Scale(
        label="share of variance removed, betas known at the time (tick: with hindsight)",
        unit="share", limits=(0.0, 1.0),
    )  # fmt: skip
    y = Scale(limits=(at + 1.0, 0.6), ticks=names, visible=False)
    rows_of_all = [(group.book, *row) for group in groups for row in group.rows()]
    head = ("book", "short", "beta known at the time", "beta of hindsight")
    return Scene(
        title="; ".join(f"{group.hedges[0].name} is best for {group.book}" for group in groups),
        alt=_alt_judged(groups),
        panels=(panel(marks, x, y, box=box, width=size[0]),),
        table=Table(head, rows_of_all, align="llrr", caption="Variance removed"),
        size=size,
    )


def _candidates(group: Judged, rows: FloatArray) -> list[Mark]:
    honest = np.array([hedge.honest for hedge in group.hedges])
    hindsight = np.array([hedge.hindsight for hedge in group.hedges])
    bars = np.maximum(honest, 0.0)
    ticks = np.column_stack([rows - 0.42, rows + 0.42, np.full(rows.size, np.nan)]).ravel()
    marks: list[Mark] = [
        _bars(rows[:1], bars[:1], 1.0),
        _bars(rows[1:], bars[1:], 0.4),
        Line(x=np.repeat(hindsight, 3), y=ticks, width=2.8),
    ]
    for place, (hedge, row) in enumerate(zip(group.hedges, rows, strict=True)):
        end = max(hedge.honest, hedge.hindsight, 0.0)
        marks.append(
            Text(
                x=end, y=row, text=percent(hedge.honest), shift=(9.0, 0.0), role="total",
                bold=place == 0,
            )
        )  # fmt: skip
        if hedge.name in group.guess:
            marks.append(
                Text(
                    x=end, y=row, text="your guess", shift=(60.0, 0.0), role="unhedged", bold=True
                )
            )  # fmt: skip
    return marks


def _bars(rows: FloatArray, ends: FloatArray, opacity: float) -> Bars:
    return Bars(
        at=rows, start=np.zeros(rows.size), end=ends, thickness=0.72, across=True,
        role="altcoins", opacity=opacity,
    )  # fmt: skip


def _alt_judged(groups: Sequence[Judged]) -> str:
    books = []
    for group in groups:
        hedges = ", ".join(
            f"{hedge.name} {percent(hedge.honest)} ({percent(hedge.hindsight)} with hindsight)"
            for hedge in group.hedges
        )
        books.append(f"{group.book[0].upper()}{group.book[1:]} over {group.n} days: {hedges}")
    guess = "".join(f" Your guess: {' and '.join(g.guess)}." for g in groups if g.guess)
    return f"Variance removed by a short, with betas known at the time. {'. '.join(books)}.{guess}"


# A coin that dies


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """A coin and a short sized by its beta, as :func:`collapse` returns them.

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
        """Return the last day as rows of a table.

        Returns
        -------
        list of (str, str)
        """
        return [
            (self.coin, usd(self.coin_usd[-1], signed=True)),
            (f"short of {usd(self.short_usd)} {self.hedge}", usd(self.hedge_usd[-1], signed=True)),
            ("together", usd(self.together_usd[-1], signed=True)),
        ]

    def table(self) -> Table:
        """Return the last day as a table."""
        caption = f"{self.coin}, {_day(self.days[-1])}"
        return Table(("position", "gain or loss"), self.rows(), caption=caption)

    def scene(self) -> Scene:
        """Draw coin, short and both together from day to day."""
        x, size, box = np.arange(self.days.size), (840.0, 430.0), (97.0, 64.0, 700.0, 374.0)
        lines: tuple[tuple[str, FloatArray, Role], ...] = (
            (f"{self.coin} alone", self.coin_usd, "altcoins"),
            (f"short {self.hedge}", self.hedge_usd, "short"),
            ("together", self.together_usd, "total"),
        )
        marks: list[Mark] = [Rule(at=0.0)]
        for name, values, role in lines:
            name = f"{name}\n{usd(values[-1], signed=True)}"
            bold = role == "total"
            marks.append(
                Line(x=x, y=values, role=role, width=3.6 if bold else 3.0, name=name, bold=bold)
            )
        if self.guess is not None:
            marks.append(Guess(x=float(x[-1]), y=self.guess, side="left"))
        across = Scale(
            label=f"days after {_day(self.days[0])}",
            # Room for the mark of a guess beside the names.
            limits=(0.0, 1.012 * max(float(x[-1]), 1.0)), most_ticks=min(8, x.size),
        )  # fmt: skip
        up = Scale(label="gain or loss (USD)", unit="usd", include=(0.0,), margin=0.08)
        back = self.hedge_usd[-1] / -self.coin_usd[-1]
        return Scene(
            title=(
                f"{self.coin} loses {usd(-self.coin_usd[-1])}; "
                f"the short brings back {percent(back)} of it"
            ),
            alt=self._alt(),
            panels=(panel(marks, across, up, box=box, width=size[0]),),
            table=self.table(),
            size=size,
        )

    def _alt(self) -> str:
        parts = ", ".join(f"{name} {value}" for name, value in self.rows())
        guess = "" if self.guess is None else f" Your guess was {usd(self.guess, signed=True)}."
        return (
            f"From {_day(self.days[0])} to {_day(self.days[-1])}: {parts}. {self.hedge} moved "
            f"{percent(self.hedge_move, signed=True)}; {self.coin} lost "
            f"{percent(-self.coin_usd[-1] / self.book_usd)} of its value.{guess}"
        )

    def _repr_html_(self) -> str:
        return self.table().html()

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
    """Return the profit of a coin, and of a short sized by its beta, day by day.

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
    """Ask for the profit of a beta hedge of a coin that loses all its value.

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
        f"{_day(found.days[0])}: you hold {usd(found.book_usd)} of {found.coin}, and are "
        f"short {percent(found.short_usd / found.book_usd)} of that in {found.hedge}, the size "
        f"that removed the most over the year before: {percent(r2)} of the variance. "
        f"After {found.days.size - 1} days {found.coin} is worth nothing. What is the profit of "
        "coin and short together?",
        {
            "$0": f"The short earns as much as {found.hedge} falls. {found.hedge} did not fall "
            "to zero.",
            usd(-lost / 2): f"That would take {found.hedge} down by nearly half.",
            right: f"{found.hedge} moved {percent(found.hedge_move, signed=True)}, and the short "
            f"earned {usd(found.hedge_usd[-1])}. All the rest was residual risk of {found.coin}.",
            usd(-lost): f"Not quite: {found.hedge} fell too, and there the short did its work.",
        },
        answer=right,
    )


# Many coins in one book


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksOfCoins:
    """R² against the number of coins in a book, as :func:`books_of_coins` returns it.

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
        """Return a row for each number of coins.

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

    def table(self) -> Table:
        """Return each number of coins as a row of a table."""
        head = ("coins in the book", "mean R²", "lowest", "highest")
        return Table(head, self.rows(), caption=f"To {self.hedge}, {self.period}")

    def scene(self) -> Scene:
        """Draw the theory, and the mean and range of real books."""
        size, box = (800.0, 430.0), (90.0, 64.0, 780.0, 374.0)
        n = np.arange(1, self.most + 1)
        theory = diversified_r2(self.supposed, n)
        marks: list[Mark] = [
            Bars(
                at=self.counts, start=self.low, end=self.high, thickness=0.2, role="altcoins",
                opacity=0.4,
            ),
            Line(x=n, y=theory, width=2.5, dash="dashed"),
            Points(x=self.counts, y=self.mean, role="altcoins", size=11.0),
            Points(x=n[-1:], y=theory[-1:], size=11.0),
            Text(
                x=self.most - 0.6, y=float(theory[-1]), vertical="top", shift=(0.0, 24.0),
                text=f"theory: any two coins\ncorrelated {self.supposed:g}", align="end",
                role="total",
            ),
            Text(
                x=float(self.counts[-1]), y=float(self.mean[-1]), vertical="top", shift=(14.0, 3.0),
                text=f"real coins, {self.period}:\nmean and range of all books",
                role="altcoins",
            ),
        ]  # fmt: skip
        if self.guess is not None:
            marks.append(Guess(x=self.most, y=self.guess, side="left"))
        step = max(1, self.most // 10)
        x = Scale(
            label="coins in the book, equal parts", limits=(0.4, self.most + 0.4),
            ticks=[(count, f"{count}") for count in range(step, self.most + 1, step)],
        )  # fmt: skip
        y = Scale(label="R²: variance a short can remove", unit="share", limits=(0.0, 1.0))
        return Scene(
            title=(
                f"More coins, better hedge: {percent(float(theory[0]))} for one, "
                f"{percent(float(theory[-1]))} for {self.most}"
            ),
            alt=self._alt(),
            panels=(panel(marks, x, y, box=box, width=size[0]),),
            table=self.table(),
            size=size,
        )

    def _alt(self) -> str:
        theory = diversified_r2(self.supposed, [1, self.most])
        guess = "" if self.guess is None else f" Your guess was {percent(self.guess)}."
        return (
            f"R² against the number of coins in a book. In theory, with any two coins correlated "
            f"{self.supposed:g}, it rises from {percent(theory[0])} for one to "
            f"{percent(theory[1])} for {self.most}. Real coins to {self.hedge} in {self.period}: "
            f"{percent(self.mean[0])} on average for one (from {percent(self.low[0])} to "
            f"{percent(self.high[0])}), {percent(self.mean[-1])} for all {self.counts[-1]}.{guess}"
        )

    def _repr_html_(self) -> str:
        return self.table().html()


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
    """Return R² of every book that can be made of some coins in equal parts.

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
        f"{most} coins follow one market, each with an R² of {percent(supposed)} to it; the "
        f"correlation of any two is {supposed:g}. Hold equal parts of all of them. How much of the "
        "variance of the book can a short of the market remove?",
        {
            percent(supposed / 2): "That takes low correlation for a reason not to hedge. But the "
            "residuals of the coins are not correlated.",
            percent(supposed): "That is so for each coin alone. In a book the residuals cancel; "
            "what the coins share does not.",
            percent((supposed + book) / 2): "The right direction, but not far enough.",
            right: "The residuals cancel out, and what the coins share adds up. The book is nearly "
            "all market.",
        },
        answer=right,
    )
