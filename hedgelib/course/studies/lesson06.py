"""Beta of coins, size of a short and beta over time, as lesson 06 shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import NONNEGATIVE, POSITIVE, FloatArray, scalars, series
from hedgelib._student import student_quantile
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta, rolling_beta
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput
from hedgelib.ratio import effectiveness_from_ratio
from hedgelib.returns import horizon_returns
from hedgelib.show import Area, Bars, Guess, Line, Points, Rule, Scale, Scene, Text, panel
from hedgelib.show.layout import days as day_numbers
from hedgelib.show.lettering import width_px
from hedgelib.show.scatter import BetaScatter
from hedgelib.show.scene import Mark, Panel

__all__ = [
    "Cloud",
    "CoinBetas",
    "Drift",
    "SizeStudy",
    "coin_betas",
    "drift",
    "guess_cloud",
    "guess_double",
    "guess_drift",
    "guess_wild_coin",
    "horizon_betas",
    "study_size",
]


# A line, and a cloud around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """Returns around their fitted line, and the fit that the reader expected.

    Parameters
    ----------
    scatter : BetaScatter
    guess : float, optional
        Share of the variance that the reader expects to be explained, decimal, 0 to 1.
    """

    scatter: BetaScatter
    guess: float | None = None

    @property
    def half_width(self) -> float:
        """Distance from the line within which nearly all returns would be if the guess were true.

        Two standard deviations of what the guess leaves unexplained, decimal; 0 without a guess.
        """
        unexplained = 0.0 if self.guess is None else 1 - self.guess
        return 2 * float(np.std(self.scatter.y)) * float(np.sqrt(unexplained))

    @property
    def outside(self) -> float:
        """Share of the returns that are further from the line than that."""
        left = self.scatter.y - self.scatter.band(self.scatter.x)[0]
        return float(np.mean(np.abs(left) > self.half_width))

    def table(self) -> Table:
        """Return the estimate as a table."""
        return self.scatter.table()

    def scene(self) -> Scene:
        """Draw the returns, and the cloud that the guess would leave."""
        whole = self.scatter.scene()
        return (
            whole
            if self.guess is None
            else replace(whole, alt=self._alt(self.guess), panels=(self._panel(),))
        )

    def _panel(self) -> Panel:
        scatter = self.scatter
        x = np.array([scatter.x.min(), scatter.x.max()])
        fitted = scatter.band(x)[0]
        # The fitted line has the colour of guesses.
        edges = [
            Line(x=x, y=fitted + side * self.half_width, role="short", width=2.5, dash="dashed")
            for side in (-1, 1)
        ]
        words = Text(
            x=0.015, y=0.975, x_share=True, y_share=True, vertical="top", role="short", bold=True,
            text="your guess: nearly all dots\nbetween the dashed lines", halo=True,
        )  # fmt: skip
        return scatter.panel(*edges, words)

    def _alt(self, guess: float) -> str:
        return (
            f"{self.scatter.alt()} Your guess was {percent(guess)}: then nearly all dots would lie "
            f"within {percent(self.half_width, digits=1)} of the line, and "
            f"{percent(self.outside)} of them do not."
        )

    def _repr_html_(self) -> str:
        return self.table().html()


def guess_cloud(fit: BetaEstimate, period: str) -> Prediction:
    """Ask how closely a book follows the coin.

    Parameters
    ----------
    fit : BetaEstimate
        Of the book on the coin.
    period : str
        Such as ``"2023"``.

    Returns
    -------
    Prediction
        Each option begins with a share of the variance.
    """
    right, name, coin = percent(fit.r2), fit.y_name, fit.x_name
    most, few = (1 + fit.r2) / 2, fit.r2 / 2
    return predict(
        f"The article says that the tokens of its Alice track {coin} very closely. How much of the "
        f"variance of {name} went along with {coin} in {period}?",
        {
            percent(0.95): "The dots would have to be that close to the line if the article's "
            "sums were to come out within a few percent.",
            percent(most): f"That would be a close fit. {name} often move independently.",
            right: f"{coin} explains none of the other {percent(1 - fit.r2)} of the variance.",
            percent(few): f"The fit is better. {name} do follow, with much residual risk on top.",
        },
        answer=right,
    )


# Beta is not volatility


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinBetas:
    """Beta, volatility and correlation of several coins, as :func:`coin_betas` returns them.

    Parameters
    ----------
    fits : tuple of BetaEstimate
        One for each coin, the most volatile first.
    volatility : tuple of float
        Of each, as a multiple of the hedge coin's.
    period : str
        For the title, such as ``"2021"``.
    guess : tuple of (str, float), optional
        A coin, and the beta that the reader guessed.
    """

    fits: tuple[BetaEstimate, ...]
    volatility: tuple[float, ...]
    period: str
    guess: tuple[str, float] | None = None

    def fit(self, coin: str) -> BetaEstimate:
        """Return the estimate of one coin.

        Parameters
        ----------
        coin : str

        Returns
        -------
        BetaEstimate

        Raises
        ------
        InvalidInput
            A coin that is not among them.
        """
        return self.fits[self._place(coin)]

    def volatility_of(self, coin: str) -> float:
        """Return the volatility of one coin as a multiple of the hedge coin's.

        Parameters
        ----------
        coin : str

        Returns
        -------
        float

        Raises
        ------
        InvalidInput
            A coin that is not among them.
        """
        return self.volatility[self._place(coin)]

    def _place(self, coin: str) -> int:
        names = [fit.y_name for fit in self.fits]
        if coin not in names:
            raise InvalidInput(f"no coin {coin!r}; there are {', '.join(names)}")
        return names.index(coin)

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each coin.

        Returns
        -------
        list of tuple of str
        """
        return [
            (fit.y_name, f"{volatility:.2f}", f"{fit.correlation:.2f}", f"{fit.beta:.2f}")
            for fit, volatility in zip(self.fits, self.volatility, strict=True)
        ]

    @property
    def _coin(self) -> str:
        return self.fits[0].x_name

    @property
    def _widest(self) -> BetaEstimate:
        return max(self.fits, key=lambda fit: self.volatility_of(fit.y_name) - fit.beta)

    def table(self) -> Table:
        """Return the numbers of every coin as a table."""
        coin = self._coin
        head = ("coin", f"volatility, {coin} = 1", f"correlation with {coin}", f"beta to {coin}")
        return Table(head, self.rows(), caption=self.period)

    def scene(self) -> Scene:
        """Draw beta and volatility of each coin on a line, next to its correlation."""
        coin, last = self._coin, len(self.fits) - 1
        size, box = (840.0, 460.0), (80.0, 64.0, 731.0, 402.0)
        beta, rows = [fit.beta for fit in self.fits], list(range(last, -1, -1))
        low = min(0.0, 1.2 * min(beta))
        high, bottom, top = 1.2 * max(*self.volatility, *beta, 1.0), -0.6, last + 0.9
        # A square of eleven pixels, in the units of the axes.
        wide = 11 * (high - low) / (box[2] - box[0])
        tall = 11 * (top - bottom) / (box[3] - box[1])
        wild = np.array(self.volatility)
        marks: list[Mark] = [
            Rule(at=1.0, direction="x"),
            Bars(
                at=rows, start=beta, end=wild, thickness=0.36 * tall, across=True, role="grey",
                opacity=0.4,
            ),
            Points(x=beta, y=rows, role="altcoins", size=12.0),
            Bars(
                at=rows, start=wild - wide / 2, end=wild + wide / 2, thickness=tall, across=True,
                role="unhedged",
            ),
            Text(
                x=beta[0], y=last, text="beta", shift=(-12.0, 0.0), align="end", role="altcoins",
                bold=True,
            ),
            Text(
                x=wild[0], y=last, text="volatility", shift=(12.0, 0.0), role="unhedged", bold=True,
            ),
            *(
                Text(x=1.0, y=row, text=f"{fit.correlation:.2f}", shift=(8.0, 0.0), x_share=True)
                for fit, row in zip(self.fits, rows, strict=True)
            ),
            Text(x=1.0, y=last + 0.75, text="correlation", shift=(8.0, 0.0), x_share=True),
        ]  # fmt: skip
        if self.guess is not None:
            row = last - self._place(self.guess[0])
            marks.append(Guess(x=self.guess[1], y=row, side="above"))
        halves = [(k / 2, f"{k / 2:g}") for k in range(-2, 13)]
        x = Scale(
            label=f"multiples of {coin}", limits=(low, high), ticks=halves if high < 6 else None
        )
        y = Scale(
            limits=(bottom, top), visible=False,
            ticks=[(row, fit.y_name) for fit, row in zip(self.fits, rows, strict=True)],
        )  # fmt: skip
        widest = self._widest
        return Scene(
            title=(
                f"{widest.y_name}, {self.period}: {self.volatility_of(widest.y_name):.1f} times as "
                f"volatile as {coin}, beta {widest.beta:.2f}"
            ),
            alt=self._alt(),
            panels=(panel(marks, x, y, box=box, width=size[0]),),
            table=self.table(),
            size=size,
        )

    def _alt(self) -> str:
        coin = self._coin
        coins = "; ".join(
            f"{fit.y_name} volatility {wild:.2f}, beta {fit.beta:.2f}, correlation "
            f"{fit.correlation:.2f}"
            for fit, wild in zip(self.fits, self.volatility, strict=True)
        )
        guess = "" if self.guess is None else f" Your guess for {self.guess[0]}: {self.guess[1]:g}."
        return (
            f"Coins in {self.period}, as multiples of {coin}: {coins}. Beta never exceeds "
            f"volatility; the gap is widest for {self._widest.y_name}.{guess}"
        )

    def _repr_html_(self) -> str:
        return self.table().html()


def coin_betas(
    returns: Mapping[str, ArrayLike],
    x: ArrayLike,
    *,
    x_name: str = "ETH",
    period: str = "",
    guess: tuple[str, float | None] | None = None,
) -> CoinBetas:
    """Return the beta and the volatility of several coins.

    Parameters
    ----------
    returns : mapping of str to array_like, shape (n,)
        Daily simple returns of each coin, decimals; a table of pandas will do.
    x : array_like, shape (n,)
        Of the hedge coin, on the same days.
    x_name : str
    period : str
        For the title.
    guess : tuple of (str, float or None), optional
        A coin, and the beta that the reader guessed.

    Returns
    -------
    CoinBetas

    Raises
    ------
    InvalidInput
        Missing returns, unequal lengths, no coin at all.

    Notes
    -----
    **Source:** :func:`hedgelib.ols_beta`; volatility is the standard deviation (n - 1).

    Examples
    --------
    >>> found = coin_betas({"A": [0.3, -0.3, 0.1, 0.1]}, [0.1, -0.1, 0.1, -0.1])
    >>> round(found.volatility_of("A"), 2), round(found.fit("A").beta, 2)
    (2.18, 1.5)
    """
    coin = series("x", x, at_least=3)
    if not list(returns):
        raise InvalidInput("returns has no coin in it")
    found = []
    for name, values in returns.items():
        y = series(name, values, at_least=3)
        fit = ols_beta(y, coin, y_name=str(name), x_name=x_name)
        found.append((float(np.std(y) / np.std(coin)), fit))
    found.sort(key=lambda pair: pair[0], reverse=True)
    marked = None if guess is None or guess[1] is None else (guess[0], guess[1])
    return CoinBetas(
        fits=tuple(fit for _, fit in found),
        volatility=tuple(volatility for volatility, _ in found),
        period=period,
        guess=marked,
    )


def guess_wild_coin(betas: CoinBetas, coin: str) -> Prediction:
    """Ask for the beta of a coin from its volatility alone.

    Parameters
    ----------
    betas : CoinBetas
    coin : str

    Returns
    -------
    Prediction
    """
    fit, wild, hedge = betas.fit(coin), betas.volatility_of(coin), betas.fits[0].x_name
    right = f"about {fit.beta:.1f}"
    return predict(
        f"In {betas.period} {coin} was {wild:.1f} times as volatile as {hedge}. "
        f"What was its beta to {hedge}?",
        {
            f"about {wild:.1f}": "That is how much it moves. Beta counts only the part of the "
            f"movement that goes along with {hedge}.",
            f"about {(wild + fit.beta) / 2:.1f}": "Something in between feels safe, but there is "
            "no reason for it.",
            right: f"Most of its volatility was residual. The correlation with {hedge} was "
            f"{fit.correlation:.2f}, and {fit.correlation:.2f} × {wild:.2f} is {fit.beta:.2f}.",
            f"about {fit.correlation:.1f}": "That is the correlation. It says how faithfully "
            f"{coin} follows, not how far.",
        },
        answer=right,
    )


# How large a short removes how much


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeStudy:
    """Variance reduction of a short of one size, as :func:`study_size` returns it.

    Parameters
    ----------
    fit : BetaEstimate
        Of the book on the hedge coin; its beta is the best size.
    short : float
        Size that is looked at, USD short per USD of book.
    daily_sd : float
        Standard deviation of the book per day, decimal.
    book_usd : float
    days : float
        Horizon of the volatility, days.
    guess : float, optional
        Of the share of variance removed at `short`, decimal.
    """

    fit: BetaEstimate
    short: float
    daily_sd: float
    book_usd: float
    days: float
    guess: float | None = None

    @property
    def times_best(self) -> float:
        """The size over the best one."""
        return self.short / self.fit.beta

    def removed_by(self, short: ArrayLike) -> Any:
        """Share of variance removed by shorts of any sizes; below zero where variance is added.

        Parameters
        ----------
        short : array_like
            USD short per USD of book.

        Returns
        -------
        float or ndarray
        """
        return effectiveness_from_ratio(self.fit.r2, np.asarray(short) / self.fit.beta)

    @property
    def removed(self) -> float:
        """Share of variance removed at `short`."""
        return float(self.removed_by(self.short))

    @property
    def swing_usd(self) -> float:
        """One standard deviation of the book over `days`, without a hedge, USD."""
        return self.book_usd * self.daily_sd * float(np.sqrt(self.days))

    @property
    def hedged_swing_usd(self) -> float:
        """The same with the short."""
        return self.swing_usd * float(np.sqrt(1 - self.removed))

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers as rows of a table.

        Returns
        -------
        list of (str, str)
        """
        volatility = 1 - self.hedged_swing_usd / self.swing_usd
        return [
            ("Best size", f"{percent(self.fit.beta)} of the book"),
            ("This size", f"{percent(self.short)} of the book, {self.times_best:.2f} × the best"),
            ("Short", usd(self.short * self.book_usd)),
            (_removed_or_added("variance", self.removed)),
            (_removed_or_added("volatility", volatility)),
            (f"Volatility over {self.days:g} days, no hedge", f"± {usd(self.swing_usd)}"),
            ("The same with this short", f"± {usd(self.hedged_swing_usd)}"),
        ]

    def table(self) -> Table:
        """Return the numbers as a table."""
        caption = f"{self.fit.y_name}, {usd(self.book_usd)}, short {self.fit.x_name}"
        return Table(("at this size", "result"), self.rows(), caption=caption)

    def scene(self) -> Scene:
        """Draw the variance that shorts of every size remove, and mark this one."""
        best, size, box = self.fit.beta, (800.0, 440.0), (92.0, 76.0, 772.0, 382.0)
        # From there on the curve is below the picture.
        leaves = best * (1 + float(np.sqrt(1 + 1 / self.fit.r2)))
        sizes = np.linspace(0.0, min(_WIDEST_SHORT, leaves), 161)
        marks: list[Mark] = [
            Rule(at=0.0),
            *self._best(best, f"best: {percent(best)}", box),
            *self._best(2 * best, f"twice that: {percent(2 * best)}", box),
            Line(x=sizes, y=self.removed_by(sizes), role="altcoins"),
            *self._this_size(),
        ]
        x = Scale(
            label="size of the short, share of the book", unit="share", limits=(0.0, _WIDEST_SHORT)
        )
        y = Scale(
            label="variance removed (below 0: added)", unit="share", limits=(-1.0, 1.0),
            ticks=[(quarter / 4, percent(quarter / 4)) for quarter in range(-4, 5)],
        )  # fmt: skip
        return Scene(
            title=self._title(),
            alt=self._alt(),
            panels=(panel(marks, x, y, box=box, width=size[0]),),
            table=self.table(),
            size=size,
        )

    def _best(self, at: float, text: str, box: tuple[float, float, float, float]) -> list[Mark]:
        if at > _WIDEST_SHORT:
            return []
        left = at / _WIDEST_SHORT * (box[2] - box[0]) > width_px(text) + 16
        return [
            Rule(at=at, direction="x", width=1.6, dash="dashed"),
            Text(
                x=at, y=1.0, text=text, shift=(-7.0 if left else 7.0, 5.0), vertical="top",
                align="end" if left else "start",
            ),
        ]  # fmt: skip

    def _this_size(self) -> list[Mark]:
        height, mirrored = self.removed, 2 * self.fit.beta - self.short
        marks: list[Mark] = []
        if self.short > _WIDEST_SHORT:
            edge = max(height, -0.96)
            marks.append(
                Text(x=_WIDEST_SHORT, y=edge, text="▶", size=18.0, align="end", role="total")
            )
        elif height < -1:
            marks.append(
                Text(
                    x=self.short, y=-1.0, text="▼", size=18.0, align="middle", vertical="bottom",
                    role="total",
                )
            )  # fmt: skip
        else:
            if 0 <= mirrored <= _WIDEST_SHORT:
                ends = [self.short, mirrored]
                marks.append(Line(x=ends, y=[height, height], role="grey", width=1.7))
                marks.append(Points(x=[mirrored], y=[height], role="grey", size=11.0, shape="ring"))
            marks.append(Points(x=[self.short], y=[height], size=14.0))
        if self.guess is not None:
            far = self.short > 0.8 * _WIDEST_SHORT
            at = min(self.short, _WIDEST_SHORT)
            marks.append(Guess(x=at, y=self.guess, side="left" if far else "right"))
        return marks

    def _title(self) -> str:
        word = "removed" if self.removed >= 0 else "added"
        return (
            f"{self.fit.y_name}: short {percent(self.short)} of it, "
            f"{percent(abs(self.removed))} of the variance {word}"
        )

    def _alt(self) -> str:
        best = self.fit.beta
        guess = "" if self.guess is None else f" Your guess was {percent(self.guess)}."
        mirrored = 2 * best - self.short
        same = (
            f" A short of {percent(mirrored)} would do the same."
            if mirrored >= 0 and abs(self.times_best - 1) > 0.005
            else ""
        )
        return (
            f"{self._title()}. The curve is a parabola: it starts at 0, is highest at "
            f"{percent(best)} of the book, where {percent(self.fit.r2)} is removed, is back at 0 "
            f"at {percent(2 * best)}, and falls below from there on.{same}{guess}"
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return f"SizeStudy({self.fit.y_name!r}, short={self.short:g})"


_WIDEST_SHORT = 3.0


def _removed_or_added(what: str, share: float) -> tuple[str, str]:
    word = "removed" if share >= 0 else "added"
    return f"{what.capitalize()} {word}", percent(abs(share))


def study_size(
    y: ArrayLike,
    x: ArrayLike,
    short: float,
    *,
    book_usd: float,
    days: float = 7.0,
    name: str = "the book",
    coin: str = "ETH",
    guess: float | None = None,
) -> SizeStudy:
    """Return what a short of one size removes, next to the best size.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Daily simple returns of the book and of the hedge coin, decimals.
    short : float
        USD short per USD of book, >= 0.
    book_usd : float
        > 0.
    days : float
        Horizon of the volatility, days, > 0.
    name, coin : str
    guess : float, optional
        Of the share of variance removed, decimal.

    Returns
    -------
    SizeStudy

    Raises
    ------
    InvalidInput
        Values out of range, or a book that moves against the coin: no short helps there.

    Notes
    -----
    **Source:** :func:`hedgelib.effectiveness_from_ratio`; volatility grows with the root of time.

    Examples
    --------
    >>> y, x = [0.05, -0.08, 0.03, -0.12, 0.10], [0.03, -0.05, 0.02, -0.08, 0.06]
    >>> study = study_size(y, x, 1.0, book_usd=10_000)
    >>> round(study.times_best, 2), round(study.removed, 2)
    (0.63, 0.87)
    """
    short, book_usd, days = scalars(
        short=(short, NONNEGATIVE), book_usd=(book_usd, POSITIVE), days=(days, POSITIVE)
    )
    fit = ols_beta(y, x, y_name=name, x_name=coin)
    if fit.beta <= 0:
        raise InvalidInput(f"{name} moves against {coin} (beta {fit.beta:.2f}): do not short it")
    return SizeStudy(
        fit=fit,
        short=short,
        daily_sd=float(np.std(series("y", y), ddof=1)),
        book_usd=book_usd,
        days=days,
        guess=guess,
    )


def guess_double(study: SizeStudy) -> Prediction:
    """Ask what twice the best short removes.

    Parameters
    ----------
    study : SizeStudy

    Returns
    -------
    Prediction
    """
    r2 = study.fit.r2
    nothing = "0%: nothing"
    return predict(
        f"For {study.fit.y_name} the best short removes {percent(r2)} of the variance. "
        "How much does a short of twice that size remove?",
        {
            f"{percent(1.0)}: all of it": "No size of short removes the part of the book that the "
            "coin does not share.",
            f"{percent(r2)}: as much as before": "The surplus is a position of its own, and adds "
            "variance.",
            f"{percent(r2 / 2)}: half as much": "A fair guess, but the harm grows with the square "
            "of the surplus.",
            nothing: "The surplus is as large as the hedge itself, and adds just as much variance "
            "as the hedge removed.",
        },
        answer=nothing,
    )


# Beta over time


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Beta over a moving window, as :func:`drift` returns it.

    Parameters
    ----------
    days : ndarray of datetime64, shape (m,)
        Last day of each window.
    beta, half : ndarray, shape (m,)
        Estimate of each window, and half the width of its classic 95% interval.
    whole : BetaEstimate
        Of all days at once.
    window : int
        Days.
    removed : float
        Share of variance removed by a short of each day's beta on the day after, decimal.
    guess : tuple of (float, float), optional
        Range that the reader guessed.
    """

    days: NDArray[np.datetime64]
    beta: FloatArray
    half: FloatArray
    whole: BetaEstimate
    window: int
    removed: float
    guess: tuple[float, float] | None = None

    def day_of(self, position: int) -> str:
        """Write one of the days.

        Parameters
        ----------
        position : int

        Returns
        -------
        str
            ISO.
        """
        return str(self.days[position].astype("datetime64[D]"))

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers as rows of a table.

        Returns
        -------
        list of (str, str)
        """
        low, high = int(self.beta.argmin()), int(self.beta.argmax())
        return [
            ("Lowest", f"{_minus(self.beta[low])} on {self.day_of(low)}"),
            ("Highest", f"{self.beta[high]:.2f} on {self.day_of(high)}"),
            ("Latest", f"{self.beta[-1]:.2f} ± {self.half[-1]:.2f}"),
            ("All days at once", f"{self.whole.beta:.2f}"),
            ("Variance removed, sized anew each day", percent(self.removed, digits=1)),
        ]

    def table(self) -> Table:
        """Return the numbers as a table."""
        return Table(("over all windows", "result"), self.rows(), caption=self._title())

    def scene(self) -> Scene:
        """Draw beta and its confidence interval over time, next to beta over all days."""
        size, box, limits = (880.0, 430.0), (80.0, 64.0, 726.0, 374.0), _shown_days()
        at, whole = self._drawn(), self.whole.beta
        x, beta, half = day_numbers(self.days[at]), self.beta[at], self.half[at]
        days = f"{self.window} days"
        marks: list[Mark] = [
            Area(x=x, low=beta - half, high=beta + half, role="altcoins", opacity=0.2),
            Line(x=x, y=beta, role="altcoins", width=2.5, name=days, labelled=False),
            Line(
                x=limits, y=[whole, whole], role="unhedged", width=2.2, dash="dashed",
                name="all days", labelled=False,
            ),
            # A line of one point is only a name at an end: a readout says the other lines' names.
            Line(
                x=limits[1:], y=beta[-1:], role="altcoins", bold=True,
                name=f"{days}:\n{_minus(beta[-1])} at the end",
            ),
            Line(x=limits[1:], y=[whole], role="unhedged", name=f"all days:\n{whole:.2f}"),
        ]  # fmt: skip
        # The line of all days has the colour of guesses.
        for edge, name in zip(self.guess or (), ("", "your guess"), strict=False):
            marks.append(
                Line(x=limits, y=[edge, edge], role="short", width=1.9, dash="dotted", name=name)
            )
        across = Scale(label="last day of the window", unit="day", limits=limits)
        up = Scale(label=f"beta to {self.whole.x_name}", limits=(-0.5, 2.5))
        return Scene(
            title=self._title(),
            alt=self._alt(),
            panels=(panel(marks, across, up, box=box, width=size[0]),),
            table=self.table(),
            size=size,
        )

    def _drawn(self) -> NDArray[np.int_]:
        """Take every sixth day, three pixels, and the ends and extremes."""
        shown = [0, self.beta.size - 1, int(self.beta.argmin()), int(self.beta.argmax())]
        return np.unique(np.concatenate([np.arange(0, self.beta.size, 6), shown]))

    def _alt(self) -> str:
        low, high = int(self.beta.argmin()), int(self.beta.argmax())
        guess = (
            "" if self.guess is None else f" Your guess was {self.guess[0]:g} to {self.guess[1]:g}."
        )
        return (
            f"Beta of {self.whole.y_name} to {self.whole.x_name} over windows of {self.window} "
            f"days: lowest {_minus(self.beta[low])} on {self.day_of(low)}, highest "
            f"{_minus(self.beta[high])} on {self.day_of(high)}, {_minus(self.beta[-1])} at the "
            f"end, against {self.whole.beta:.2f} over all days. Sized by it anew each day, a short "
            f"removed {percent(self.removed, digits=1)} of the variance of the days that "
            f"followed.{guess}"
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return f"Drift({self._title()!r})"

    def _title(self) -> str:
        return (
            f"Beta of {self.whole.y_name} to {self.whole.x_name} over {self.window} days: "
            f"{_minus(self.beta.min())} to {_minus(self.beta.max())}"
        )


def _shown_days() -> tuple[float, float]:
    first, last = day_numbers(["2020-09-15", "2024-01-08"])
    return float(first), float(last)


def _minus(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def drift(
    y: ArrayLike,
    x: ArrayLike,
    days: ArrayLike,
    window: float,
    *,
    name: str = "the book",
    coin: str = "ETH",
    judged_from: int = 365,
    guess: tuple[float, float] | None = None,
) -> Drift:
    """Return beta over a moving window, and the variance reduction on the day after each.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Daily simple returns of the book and of the hedge coin, decimals.
    days : array_like of datetime64, shape (n,)
    window : float
        Days, a whole number from 10 to `judged_from`.
    name, coin : str
    judged_from : int
        Days before the first that is judged: the same for every window, so that windows compare.
    guess : tuple of (float, float), optional
        Range that the reader guessed.

    Returns
    -------
    Drift

    Raises
    ------
    InvalidInput
        A window out of range, missing returns, unequal lengths.

    Notes
    -----
    **Source:** :func:`hedgelib.rolling_beta` both ways round: the product of the two slopes is R²,
    and the error of the slope is ``beta sqrt((1 / R2 - 1) / (window - 2))``.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(0, 0.04, 500)
    >>> y = 0.9 * x + rng.normal(0, 0.02, 500)
    >>> days = np.datetime64("2022-01-01") + np.arange(500)
    >>> found = drift(y, x, days, 90)
    >>> found.beta.size, round(found.whole.beta, 1), round(found.removed, 2)
    (411, 0.9, 0.73)
    """
    if not 10 <= window <= judged_from or window != int(window):
        raise InvalidInput(
            f"window must be a whole number from 10 to {judged_from}, got {window:g}"
        )
    book, hedge = series("y", y), series("x", x)
    dates = np.asarray(days)
    if dates.shape != book.shape:
        raise InvalidInput(f"days must be as many as returns, got {dates.size} and {book.size}")
    whole = ols_beta(book, hedge, y_name=name, x_name=coin)
    window = int(window)
    rolled = rolling_beta(book, hedge, window)
    r2 = np.clip(rolled.beta * rolling_beta(hedge, book, window).beta, 1e-12, 1.0)
    error = np.abs(rolled.beta) * np.sqrt((1 / r2 - 1) / (window - 2))
    left_over = (book[window:] - rolled.beta[:-1] * hedge[window:])[judged_from - window :]
    return Drift(
        days=dates[rolled.end],
        beta=rolled.beta,
        half=student_quantile(0.95, window - 2) * error,
        whole=whole,
        window=window,
        removed=float(1 - left_over.var() / book[judged_from:].var()),
        guess=guess,
    )


def guess_drift(found: Drift) -> Prediction:
    """Ask how far a beta drifts.

    Parameters
    ----------
    found : Drift

    Returns
    -------
    Prediction
    """
    beta = found.whole.beta
    right = f"from {found.beta.min():.2f} to {found.beta.max():.2f}"
    low, high = found.whole.interval()
    return predict(
        f"Over all {found.whole.n:,} days the beta of {found.whole.y_name} is {beta:.2f}. Measured "
        f"on the last {found.window} days only, again on every day: how far apart are the lowest "
        "and the highest value?",
        {
            f"from {low:.2f} to {high:.2f}": "That is the confidence interval of all days. "
            f"A {found.window}-day window has far fewer days, and beta itself moves.",
            f"from {beta - 0.2:.2f} to {beta + 0.2:.2f}": "That would be steady. Look at the "
            "picture.",
            right: "Part of it is chance, because a window has few days. Part of it is real: betas "
            "change.",
        },
        answer=right,
    )


def horizon_betas(y: ArrayLike, x: ArrayLike, periods: int) -> tuple[BetaEstimate, float, float]:
    """Return beta over longer periods, and how much it depends on the first day.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Daily simple returns of the book and of the hedge coin, decimals.
    periods : int
        Days in a period.

    Returns
    -------
    fit : BetaEstimate
        Counted from the first day.
    lowest, highest : float
        Beta over all days on which the counting could begin.

    Raises
    ------
    NotEnoughData
        Fewer than three periods.

    Notes
    -----
    **Source:** :func:`hedgelib.horizon_returns`, begun `periods` times.

    Examples
    --------
    >>> x = [0.1, -0.1, 0.2, 0.05, -0.15, 0.1, 0.3]
    >>> fit, lowest, highest = horizon_betas([2 * r for r in x], x, 2)
    >>> fit.n, round(lowest, 2), round(highest, 2)
    (3, 2.15, 2.16)
    """
    returns = np.column_stack([series("y", y), series("x", x)])
    fits = []
    for start in range(periods):
        blocks = horizon_returns(returns[start:], periods, incomplete="drop").returns
        fits.append(ols_beta(blocks[:, 0], blocks[:, 1]))
    betas = [fit.beta for fit in fits]
    return fits[0], min(betas), max(betas)
