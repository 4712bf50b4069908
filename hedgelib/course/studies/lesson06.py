"""What lesson 06 measures: beta of books and coins, sizes of a short, beta over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import NONNEGATIVE, FloatArray, scalars
from hedgelib._student import student_quantile
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta, rolling_beta
from hedgelib.errors import InvalidInput
from hedgelib.ratio import effectiveness_from_ratio
from hedgelib.returns import horizon_returns
from hedgelib.show import Area, Bars, Guess, Line, Points, Rule, Scale, Scene, Text, panel
from hedgelib.show.layout import days as day_numbers
from hedgelib.show.scatter import BetaScatter
from hedgelib.show.scene import Mark

__all__ = [
    "Drift",
    "SizedShort",
    "beta_and_volatility",
    "betas_to",
    "cloud",
    "drift",
    "horizon_betas",
    "sized_short",
]

_WIDEST_SHORT = 3.0
_JUDGED_FROM = 365


def cloud(dots: BetaScatter, guess: float | None = None) -> Scene:
    """Draw returns around their line, and the cloud that a guessed R² (decimal) would leave."""
    whole = dots.scene()
    if guess is None:
        return whole
    # Two standard deviations of what the guess leaves unexplained hold nearly all dots.
    half = 2 * float(np.std(dots.y) * np.sqrt(1 - guess))
    outside = np.mean(np.abs(dots.y - dots.band(dots.x)[0]) > half)
    x = np.array([dots.x.min(), dots.x.max()])
    fitted = dots.band(x)[0]
    # The fitted line has the colour of guesses.
    edges = [
        Line(x=x, y=fitted + side * half, role="short", width=2.5, dash="dashed")
        for side in (-1, 1)
    ]
    words = Text(
        x=0.015, y=0.975, x_share=True, y_share=True, vertical="top", role="short", bold=True,
        text="your guess: nearly all dots\nbetween the dashed lines", halo=True,
    )  # fmt: skip
    alt = (
        f"{whole.alt} Your guess was {percent(guess)}: then nearly all dots would lie within "
        f"{percent(half, digits=1)} of the line, and {percent(float(outside))} of them do not."
    )
    return replace(whole, alt=alt, panels=(dots.panel(*edges, words),))


# Beta is not volatility


def betas_to(coin: str, returns: pd.DataFrame) -> list[BetaEstimate]:
    """Return the beta of every other coin to one of them, the most volatile first."""
    others = returns.drop(columns=coin)
    order = others.std().sort_values(ascending=False).index
    return [ols_beta(others[name], returns[coin], y_name=name, x_name=coin) for name in order]


def _volatility(fit: BetaEstimate) -> float:
    """Return the volatility of a coin as a multiple of the hedge coin's."""
    return fit.beta / fit.correlation


def beta_and_volatility(
    fits: Sequence[BetaEstimate], period: str, guess: tuple[str, float] | None = None
) -> Scene:
    """Draw beta and volatility of each coin on a line, next to its correlation."""
    coin, names = fits[0].x_name, [fit.y_name for fit in fits]
    beta, wild = np.array([fit.beta for fit in fits]), np.array([_volatility(fit) for fit in fits])
    last = len(fits) - 1
    rows = np.arange(last, -1, -1.0)
    box = (80.0, 64.0, 731.0, 402.0)
    low, high = min(0.0, 1.2 * beta.min()), 1.2 * max(wild.max(), 1.0)
    bottom, top = -0.6, last + 0.9
    # A square of eleven pixels, in the units of the axes.
    wide, tall = 11 * (high - low) / (box[2] - box[0]), 11 * (top - bottom) / (box[3] - box[1])
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
        Text(x=wild[0], y=last, text="volatility", shift=(12.0, 0.0), role="unhedged", bold=True),
        *(
            Text(x=1.0, y=row, text=f"{fit.correlation:.2f}", shift=(8.0, 0.0), x_share=True)
            for fit, row in zip(fits, rows, strict=True)
        ),
        Text(x=1.0, y=last + 0.75, text="correlation", shift=(8.0, 0.0), x_share=True),
    ]  # fmt: skip
    told = ""
    if guess:
        marks.append(Guess(x=guess[1], y=rows[names.index(guess[0])], side="above"))
        told = f" Your guess for {guess[0]}: {guess[1]:.1f}."
    widest = fits[int(np.argmax(wild - beta))]
    coins = "; ".join(
        f"{fit.y_name} volatility {_volatility(fit):.2f}, beta {fit.beta:.2f}, correlation "
        f"{fit.correlation:.2f}"
        for fit in fits
    )
    across = Scale(
        label=f"multiples of {coin}", limits=(low, high),
        ticks=[(k / 2, f"{k / 2:g}") for k in range(-2, 13)] if high < 6 else None,
    )  # fmt: skip
    up = Scale(limits=(bottom, top), visible=False, ticks=list(zip(rows, names, strict=True)))
    return Scene(
        title=(
            f"{widest.y_name}, {period}: {_volatility(widest):.1f} times as volatile as {coin}, "
            f"beta {widest.beta:.2f}"
        ),
        alt=(
            f"Coins in {period}, as multiples of {coin}: {coins}. Beta never exceeds volatility; "
            f"the gap is widest for {widest.y_name}.{told}"
        ),
        panels=(panel(marks, across, up, box=box, width=840.0),),
        table=Table(
            ("coin", f"volatility, {coin} = 1", f"correlation with {coin}", f"beta to {coin}"),
            [
                (fit.y_name, *(f"{v:.2f}" for v in (_volatility(fit), fit.correlation, fit.beta)))
                for fit in fits
            ],
            caption=period,
        ),
        size=(840.0, 460.0),
    )


# How large a short removes how much


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedShort:
    """A short of any size against a book, next to the best size.

    - fit: of the book on the hedge coin; its beta is the best size
    - short: USD short per USD of book
    - volatility_usd: one standard deviation of the book over 7 days, without a hedge
    """

    fit: BetaEstimate
    short: float
    book_usd: float
    volatility_usd: float

    @property
    def times_best(self) -> float:
        """The size over the best one."""
        return self.short / self.fit.beta

    @property
    def removed(self) -> float:
        """Share of variance removed; below zero where variance is added."""
        return float(effectiveness_from_ratio(self.fit.r2, self.times_best))

    @property
    def hedged_volatility_usd(self) -> float:
        """One standard deviation of book and short together over 7 days."""
        return self.volatility_usd * float(np.sqrt(1 - self.removed))

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers as rows of a table."""
        calmer = 1 - self.hedged_volatility_usd / self.volatility_usd
        changes = [("Variance", self.removed), ("Volatility", calmer)]
        return [
            ("Best size", f"{percent(self.fit.beta)} of the book"),
            ("This size", f"{percent(self.short)} of the book, {self.times_best:.2f} × the best"),
            ("Short", usd(self.short * self.book_usd)),
            *((f"{what} {_done(share)}", percent(abs(share))) for what, share in changes),
            ("Volatility over 7 days, no hedge", f"± {usd(self.volatility_usd)}"),
            ("The same with this short", f"± {usd(self.hedged_volatility_usd)}"),
        ]

    def scene(self, guess: float | None = None) -> Scene:
        """Draw the variance that shorts of every size remove, and mark this one."""
        best, r2 = self.fit.beta, self.fit.r2
        # Where the curve leaves the picture.
        end = best * (1 + float(np.sqrt(1 + 1 / r2)))
        sizes = np.linspace(0.0, min(_WIDEST_SHORT, end), 161)
        marks: list[Mark] = [Rule(at=0.0)]
        for at, name in ((best, "best"), (2 * best, "twice that")):
            text = f"{name}: {percent(at)}"
            marks += [
                Rule(at=at, direction="x", width=1.6, dash="dashed"),
                Text(x=at, y=1.0, text=text, shift=(-7.0, 5.0), vertical="top", align="end"),
            ]
        curve = effectiveness_from_ratio(r2, sizes / best)
        marks += [Line(x=sizes, y=curve, role="altcoins"), *self._this_size()]
        told = ""
        if guess is not None:
            at = min(self.short, _WIDEST_SHORT)
            far = self.short > 0.8 * _WIDEST_SHORT
            marks.append(Guess(x=at, y=guess, side="left" if far else "right"))
            told = f" Your guess was {percent(guess)}."
        x = Scale(
            label="size of the short, share of the book", unit="share", limits=(0.0, _WIDEST_SHORT)
        )
        y = Scale(
            label="variance removed (below 0: added)", unit="share", limits=(-1.0, 1.0),
            ticks=[(quarter / 4, percent(quarter / 4)) for quarter in range(-4, 5)],
        )  # fmt: skip
        caption = f"{self.fit.y_name}, {usd(self.book_usd)}, short {self.fit.x_name}"
        return Scene(
            title=self._title(),
            alt=self._alt() + told,
            panels=(panel(marks, x, y, box=(92.0, 76.0, 772.0, 382.0), width=800.0),),
            table=Table(("at this size", "result"), self.rows(), caption=caption),
            size=(800.0, 440.0),
        )

    def _this_size(self) -> list[Mark]:
        height, mirrored = self.removed, 2 * self.fit.beta - self.short
        if self.short > _WIDEST_SHORT:
            edge = max(height, -0.96)
            return [Text(x=_WIDEST_SHORT, y=edge, text="▶", size=18.0, align="end", role="total")]
        if height < -1:
            arrow = Text(
                x=self.short, y=-1.0, text="▼", size=18.0, align="middle", vertical="bottom",
                role="total",
            )  # fmt: skip
            return [arrow]
        this = Points(x=[self.short], y=[height], size=14.0)
        if not 0 <= mirrored <= _WIDEST_SHORT:
            return [this]
        return [
            Line(x=[self.short, mirrored], y=[height, height], role="grey", width=1.7),
            Points(x=[mirrored], y=[height], role="grey", size=11.0, shape="ring"),
            this,
        ]

    def _title(self) -> str:
        return (
            f"{self.fit.y_name}: short {percent(self.short)} of it, "
            f"{percent(abs(self.removed))} of the variance {_done(self.removed)}"
        )

    def _alt(self) -> str:
        best, mirrored = self.fit.beta, 2 * self.fit.beta - self.short
        has_other = mirrored >= 0 and abs(self.times_best - 1) > 0.005
        same = f" A short of {percent(mirrored)} would do the same." if has_other else ""
        return (
            f"{self._title()}. The curve is a parabola: it starts at 0, is highest at "
            f"{percent(best)} of the book, where {percent(self.fit.r2)} is removed, is back at 0 "
            f"at {percent(2 * best)}, and falls below from there on.{same}"
        )


def _done(share: float) -> str:
    return "removed" if share >= 0 else "added"


def sized_short(
    y: ArrayLike,
    x: ArrayLike,
    short: float,
    *,
    book_usd: float,
    name: str = "the book",
    coin: str = "ETH",
) -> SizedShort:
    """Return what a short (USD per USD of book) of `coin` removes, from daily returns of both."""
    (short,) = scalars(short=(short, NONNEGATIVE))
    fit = ols_beta(y, x, y_name=name, x_name=coin)
    if fit.beta <= 0:
        raise InvalidInput(f"{name} moves against {coin} (beta {fit.beta:.2f}): do not short it")
    volatility_usd = book_usd * float(np.std(np.asarray(y), ddof=1) * np.sqrt(7))
    return SizedShort(fit=fit, short=short, book_usd=book_usd, volatility_usd=volatility_usd)


# Beta over time


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Beta over a moving window.

    - days: last day of each window
    - beta, half: estimate of each window, and half the width of its textbook 95% interval
    - whole: estimate of all days at once
    - removed: share of variance removed by a short of each day's beta on the day after
    """

    days: NDArray[np.datetime64]
    beta: FloatArray
    half: FloatArray
    whole: BetaEstimate
    window: int
    removed: float

    def extremes(self) -> tuple[str, str]:
        """Return the lowest and the highest beta with their days, as text."""
        low, high = (
            f"{_minus(self.beta[at])} on {self.days[at].astype('datetime64[D]')}"
            for at in (self.beta.argmin(), self.beta.argmax())
        )
        return low, high

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers as rows of a table."""
        low, high = self.extremes()
        return [
            ("Lowest", low),
            ("Highest", high),
            ("Latest", f"{_minus(self.beta[-1])} ± {self.half[-1]:.2f}"),
            ("All days at once", f"{self.whole.beta:.2f}"),
            ("Variance removed, sized anew each day", percent(self.removed, digits=1)),
        ]

    def scene(self, guess: tuple[float, float] | None = None) -> Scene:
        """Draw beta and its confidence interval over time, next to beta over all days."""
        first, last = (float(day) for day in day_numbers(["2020-09-15", "2024-01-08"]))
        # Every sixth day is three pixels; the ends and extremes must be there.
        shown = [0, self.beta.size - 1, self.beta.argmin(), self.beta.argmax()]
        at = np.unique([*range(0, self.beta.size, 6), *shown])
        x, beta, half = day_numbers(self.days[at]), self.beta[at], self.half[at]
        whole, window = self.whole.beta, f"{self.window} days"
        marks: list[Mark] = [
            Area(x=x, low=beta - half, high=beta + half, role="altcoins", opacity=0.2),
            Line(x=x, y=beta, role="altcoins", width=2.5, name=window, labelled=False),
            Line(
                x=[first, last], y=[whole, whole], role="unhedged", width=2.2, dash="dashed",
                name="all days", labelled=False,
            ),
            # A line of one point is only a name at an end: a readout says the other lines' names.
            Line(
                x=[last], y=beta[-1:], role="altcoins", bold=True,
                name=f"{window}:\n{_minus(beta[-1])} at the end",
            ),
            Line(x=[last], y=[whole], role="unhedged", name=f"all days:\n{whole:.2f}"),
        ]  # fmt: skip
        told = ""
        if guess:
            # The line of all days has the colour of guesses.
            look: dict[str, Any] = {"role": "short", "width": 1.9, "dash": "dotted"}
            for edge, name in zip(guess, ("", "your guess"), strict=True):
                marks.append(Line(x=[first, last], y=[edge, edge], name=name, **look))
            told = f" Your guess was {guess[0]:.2f} to {guess[1]:.2f}."
        across = Scale(label="last day of the window", unit="day", limits=(first, last))
        up = Scale(label=f"beta to {self.whole.x_name}", limits=(-0.5, 2.5))
        title = (
            f"Beta of {self.whole.y_name} to {self.whole.x_name} over {window}: "
            f"{_minus(self.beta.min())} to {_minus(self.beta.max())}"
        )
        return Scene(
            title=title,
            alt=self._alt() + told,
            panels=(panel(marks, across, up, box=(80.0, 64.0, 726.0, 374.0), width=880.0),),
            table=Table(("over all windows", "result"), self.rows(), caption=title),
            size=(880.0, 430.0),
        )

    def _alt(self) -> str:
        low, high = self.extremes()
        return (
            f"Beta of {self.whole.y_name} to {self.whole.x_name} over windows of {self.window} "
            f"days: lowest {low}, highest {high}, {_minus(self.beta[-1])} at the end, against "
            f"{self.whole.beta:.2f} over all days. Sized by it anew each day, a short removed "
            f"{percent(self.removed, digits=1)} of the variance of the days that followed."
        )


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
) -> Drift:
    """Return beta over a moving window of daily returns, and what a short sized by it removes.

    The days judged are the same for every window, so that windows compare.
    """
    if not 10 <= window <= _JUDGED_FROM or window != int(window):
        raise InvalidInput(
            f"window must be a whole number from 10 to {_JUDGED_FROM}, got {window:g}"
        )
    window, book, hedge = int(window), np.asarray(y), np.asarray(x)
    rolled = rolling_beta(book, hedge, window)
    # The product of the slopes both ways round is R².
    r2 = np.clip(rolled.beta * rolling_beta(hedge, book, window).beta, 1e-12, 1.0)
    error = np.abs(rolled.beta) * np.sqrt((1 / r2 - 1) / (window - 2))
    left = (book[window:] - rolled.beta[:-1] * hedge[window:])[_JUDGED_FROM - window :]
    return Drift(
        days=np.asarray(days)[rolled.end],
        beta=rolled.beta,
        half=student_quantile(0.95, window - 2) * error,
        whole=ols_beta(book, hedge, y_name=name, x_name=coin),
        window=window,
        removed=float(1 - left.var() / book[_JUDGED_FROM:].var()),
    )


def horizon_betas(y: ArrayLike, x: ArrayLike, periods: int) -> tuple[BetaEstimate, float, float]:
    """Return beta of returns over `periods` days, and its lowest and highest value by first day."""
    returns = np.column_stack([np.asarray(y), np.asarray(x)])
    fits = []
    for start in range(periods):
        blocks = horizon_returns(returns[start:], periods, incomplete="drop").returns
        fits.append(ols_beta(blocks[:, 0], blocks[:, 1]))
    betas = [fit.beta for fit in fits]
    return fits[0], min(betas), max(betas)
