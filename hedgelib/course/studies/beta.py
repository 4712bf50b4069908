"""What lesson 07 measures: betas, sizes of a short, which coin, a coin that dies, many coins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgelib import BetaEstimate, InvalidInput, effectiveness_from_ratio, ols_beta, rolling_beta
from hedgelib._check import NONNEGATIVE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.show.layout import Scale, days, guess_mark, picture
from hedgelib.show.scatter import BetaScatter
from hedgelib.show.scene import Area, Bars, Line, Mark, Points, Role, Rule, Scene, Text

_WIDEST = 3.0
JUDGED_FROM = 365
newey_west = partial(ols_beta, errors="newey-west")
"""Beta with the errors that lessons 07 to 11 use for every interval."""


def day_text(day: pd.Timestamp) -> str:
    """Write a day, such as 12 March 2020."""
    return f"{day.day} {day:%B %Y}"


def words_at(x: float, y: float, text: str, shift: float, role: Role = "grey", **look: Any) -> Text:
    """Return words next to a point; those on its left end there."""
    look["align"] = "end" if shift < 0 else "start"
    return Text(x=x, y=y, text=text, shift=(shift, 0.0), role=role, **look)


def cloud(dots: BetaScatter, guess: float | None = None) -> Scene:
    """Draw returns around their line, and the cloud that a guessed R² (decimal) would leave."""
    if guess is None:
        return dots.scene()
    # Two standard deviations of what the guess leaves unexplained hold nearly all dots.
    half = 2 * float(np.std(dots.y) * np.sqrt(1 - guess))
    outside = float(np.mean(np.abs(dots.y - dots.band(dots.x)[0]) > half))
    x = np.array([dots.x.min(), dots.x.max()])
    # The fitted line has the colour of guesses.
    edge = partial(Line, x=x, role="short", width=2.5, dash="dashed")
    edges = [edge(y=dots.band(x)[0] + off) for off in (-half, half)]
    text = "your guess: nearly all dots\nbetween the dashed lines"
    corner: Any = {"x_share": True, "y_share": True, "vertical": "top", "role": "short"}
    words = Text(x=0.015, y=0.975, text=text, bold=True, halo=True, **corner)
    told = f" Your guess was {percent(guess)}: then nearly all dots would lie within "
    told += f"{percent(half, digits=1)} of the line, and {percent(outside)} of them do not."
    return dots.scene(*edges, words, told=told)


def betas_to(coin: str, returns: pd.DataFrame) -> list[BetaEstimate]:
    """Return the beta of every other coin to one of them, the most volatile first."""
    others = returns.drop(columns=coin)
    order = others.std().sort_values(ascending=False).index
    return [ols_beta(others[name], returns[coin], y_name=name, x_name=coin) for name in order]


def beta_and_volatility(
    fits: Sequence[BetaEstimate], period: str, guess: float | None = None
) -> Scene:
    """Draw beta, volatility and correlation of coins, and a guess of the first one's beta."""
    names, coin, last = [fit.y_name for fit in fits], fits[0].x_name, len(fits) - 1
    beta, rho = (np.array([getattr(fit, name) for fit in fits]) for name in ("beta", "correlation"))
    volatility, rows = beta / rho, np.arange(last, -1, -1.0)
    box, high, bottom, top = (80.0, 64.0, 731.0, 402.0), 1.2 * volatility.max(), -0.6, last + 0.9
    # A square of eleven pixels, in the units of the axes.
    half, tall = 5.5 * high / (box[2] - box[0]), 11 * (top - bottom) / (box[3] - box[1])
    table = [
        (name, *(f"{value:.2f}" for value in values))
        for name, *values in zip(names, volatility, rho, beta, strict=True)
    ]
    column = [(last + 0.75, "correlation"), *zip(rows, (row[2] for row in table), strict=True)]
    guessed, told = guess_mark(guess, "{:.1f}".format, "above", y=last)
    bars = partial(Bars, at=rows, across=True)
    marks: list[Mark] = [
        Rule(at=1.0, direction="x"),
        bars(start=beta, end=volatility, thickness=0.36 * tall, role="grey", opacity=0.4),
        Points(x=beta, y=rows, role="altcoins", size=12.0),
        bars(start=volatility - half, end=volatility + half, thickness=tall, role="unhedged"),
        words_at(beta[0], last, "beta", -12.0, "altcoins", bold=True),
        words_at(volatility[0], last, "volatility", 12.0, "unhedged", bold=True),
        *(words_at(1.0, y, text, 8.0, x_share=True) for y, text in column),
        *guessed,
    ]
    coins = "; ".join(
        f"{name} volatility {times}, beta {its_beta}, correlation {its_rho}"
        for name, times, its_rho, its_beta in table
    )
    head = ("coin", f"volatility, {coin} = 1", f"correlation with {coin}", f"beta to {coin}")
    halves = [(k / 2, f"{k / 2:g}") for k in range(12)]
    return picture(
        f"{names[0]}, {period}: {volatility[0]:.1f} times as volatile as {coin}, "
        f"beta {beta[0]:.2f}",
        f"Coins in {period}, as multiples of {coin}: {coins}. Beta never exceeds volatility; the "
        f"gap is widest for {names[int(np.argmax(volatility - beta))]}.{told}",
        marks,
        Scale(label=f"multiples of {coin}", limits=(0.0, high), ticks=halves),
        Scale(limits=(bottom, top), visible=False, ticks=list(zip(rows, names, strict=True))),
        Table(head, table, caption=period),
        box=box,
    )


class SizedShort(NamedTuple):
    """A short of USD per USD of book, next to the best size; volatilities are over 7 days."""

    fit: BetaEstimate
    short: float
    book_usd: float
    removed: float
    volatility_usd: float

    @property
    def hedged_volatility_usd(self) -> float:
        """Volatility with the short."""
        return self.volatility_usd * float(np.sqrt(1 - self.removed))

    def scene(self, guess: float | None = None) -> Scene:
        """Draw the variance that shorts of every size remove, and mark this one."""
        best, r2, short, height = self.fit.beta, self.fit.r2, self.short, self.removed
        mirrored = 2 * best - short
        guessed, told = guess_mark(guess, percent, "right", x=short)
        # To where the curve leaves the picture.
        sizes = np.linspace(0.0, min(_WIDEST, best * (1 + float(np.sqrt(1 + 1 / r2)))), 161)
        curve = effectiveness_from_ratio(r2, sizes / best)
        marks: list[Mark] = [Rule(at=0.0), Line(x=sizes, y=curve, role="altcoins")]
        words = partial(Text, y=1.0, shift=(-7.0, 5.0), vertical="top", align="end")
        for at, name in ((best, "best"), (2 * best, "twice that")):
            marks.append(Rule(at=at, direction="x", width=1.6, dash="dashed"))
            marks.append(words(x=at, text=f"{name}: {percent(at)}"))
        inside = short <= _WIDEST and height >= -1
        if inside and 0 <= mirrored <= _WIDEST:
            marks.append(Line(x=[short, mirrored], y=[height] * 2, role="grey", width=1.7))
            marks.append(Points(x=[mirrored], y=[height], role="grey", size=11.0, shape="ring"))
        x, y, arrow = min(short, _WIDEST), max(height, -0.95), "▶" if short > _WIDEST else "▼"
        outside = Text(x=x, y=y, text=arrow, size=18.0, align="middle", role="total")
        marks.append(Points(x=[short], y=[height], size=14.0) if inside else outside)
        done, share = "removed" if height >= 0 else "added", percent(abs(height))
        title = f"{self.fit.y_name}: short {percent(short)} of it, {share} of the variance {done}"
        has_other = mirrored >= 0 and abs(short / best - 1) > 0.005
        same = f" A short of {percent(mirrored)} would do the same." if has_other else ""
        rows = [
            ("Best size", f"{percent(best)} of the book"),
            ("This size", f"{percent(short)} of the book, {short / best:.2f} × the best"),
            ("Short", usd(short * self.book_usd)),
            (f"Variance {done}", share),
            (f"Volatility {done}", percent(abs(1 - float(np.sqrt(1 - height))))),
            ("Volatility over 7 days, no hedge", f"± {usd(self.volatility_usd)}"),
            ("The same with this short", f"± {usd(self.hedged_volatility_usd)}"),
        ]
        caption = f"{self.fit.y_name}, {usd(self.book_usd)}, short {self.fit.x_name}"
        quarters = [(quarter / 4, percent(quarter / 4)) for quarter in range(-4, 5)]
        up = "variance removed (below 0: added)"
        return picture(
            title,
            f"{title}. The curve is a parabola: it starts at 0, is highest at {percent(best)} of "
            f"the book, where {percent(r2)} is removed, is back at 0 at {percent(2 * best)}, and "
            f"falls below from there on.{same}{told}",
            [*marks, *guessed],
            Scale(label="size of the short, share of the book", unit="share", limits=(0, _WIDEST)),
            Scale(label=up, unit="share", limits=(-1.0, 1.0), ticks=quarters),
            Table(("at this size", "result"), rows, caption=caption),
            box=(92.0, 76.0, 772.0, 382.0), width=800.0,
        )  # fmt: skip


def sized_short(
    y: ArrayLike, x: ArrayLike, short: float, *, book_usd: float, name: str = "the book"
) -> SizedShort:
    """Return what a short of ETH (USD per USD of book) removes, from daily returns of both."""
    (short,) = scalars(short=(short, NONNEGATIVE))
    fit = ols_beta(y, x, y_name=name, x_name="ETH")
    if fit.beta <= 0:
        raise InvalidInput(f"{name} moves against ETH (beta {fit.beta:.2f}): do not short it")
    removed = float(effectiveness_from_ratio(fit.r2, short / fit.beta))
    volatility_usd = book_usd * float(np.std(np.asarray(y), ddof=1) * np.sqrt(7))
    return SizedShort(fit, short, book_usd, removed, volatility_usd)


class Drift(NamedTuple):
    """Beta over a moving window, by its last day, and over all days at once.

    Half is that of the 95% intervals of the windows drawn; each day's beta is judged on the next.
    """

    days: NDArray[np.datetime64]
    beta: FloatArray
    drawn: NDArray[np.int_]
    half: FloatArray
    whole: BetaEstimate
    window: int
    removed: float

    def scene(self, guess: tuple[float, float] | None = None) -> Scene:
        """Draw beta and its confidence interval over time, next to beta over all days."""
        first, last = days(["2020-09-15", "2024-01-08"]).tolist()
        x, beta, half = days(self.days[self.drawn]), self.beta[self.drawn], self.half
        whole, window = self.whole.beta, f"{self.window} days"
        extremes = [int(self.beta.argmin()), int(self.beta.argmax())]
        low, high, end = (f"{self.beta[i]:.2f}".replace("-", "−") for i in (*extremes, -1))
        low_day, high_day = self.days[extremes].astype("datetime64[D]")
        all_days: Any = {"role": "unhedged", "labelled": False, "dash": "dashed"}
        at_end, level = f"{end} at the end", partial(Line, x=[first, last])
        marks: list[Mark] = [
            Area(x=x, low=beta - half, high=beta + half, role="altcoins", opacity=0.2),
            Line(x=x, y=beta, role="altcoins", width=2.5, name=window, labelled=False),
            level(y=[whole] * 2, name="all days", width=2.2, **all_days),
            # A line of one point is only a name at an end: a readout says the other lines' names.
            Line(x=[last], y=beta[-1:], role="altcoins", bold=True, name=f"{window}:\n{at_end}"),
            Line(x=[last], y=[whole], role="unhedged", name=f"all days:\n{whole:.2f}"),
        ]
        told = ""
        if guess:
            # The line of all days has the colour of guesses.
            marks += [
                level(y=[edge] * 2, dash="dotted", name=name, role="short", width=1.9)
                for edge, name in zip(guess, ("", "your guess"), strict=True)
            ]
            told = f" Your guess was {guess[0]:.2f} to {guess[1]:.2f}."
        measured = f"Beta of {self.whole.y_name} to {self.whole.x_name} over"
        title, removed = f"{measured} {window}: {low} to {high}", percent(self.removed, digits=1)
        rows = [
            ("Lowest", f"{low} on {low_day}"),
            ("Highest", f"{high} on {high_day}"),
            ("Latest", f"{end} ± {half[-1]:.2f}"),
            ("All days at once", f"{whole:.2f}"),
            ("Variance removed, sized anew each day", removed),
        ]
        return picture(
            title,
            f"{measured} windows of {window}: lowest {low} on {low_day}, highest {high} on "
            f"{high_day}, {at_end}, against {whole:.2f} over all days. Sized by it anew "
            f"each day, a short removed {removed} of the variance of the days that followed.{told}",
            marks,
            Scale(label="last day of the window", unit="day", limits=(first, last)),
            Scale(label=f"beta to {self.whole.x_name}", limits=(-0.5, 2.5)),
            Table(("over all windows", "result"), rows, caption=title),
            box=(80.0, 64.0, 726.0, 374.0), width=880.0,
        )  # fmt: skip


def drift(y: pd.Series, x: pd.Series, window: float) -> Drift:
    """Return beta over a moving window of daily returns, and what a short sized by it removes."""
    whole = f"window must be a whole number from 10 to {JUDGED_FROM}, got {window:g}"
    if not 10 <= window <= JUDGED_FROM or window != int(window):
        raise InvalidInput(whole)
    window, book, hedge = int(window), y.to_numpy(), x.to_numpy()
    rolled = rolling_beta(book, hedge, window)
    beta = rolled.beta
    # Every sixth day is three pixels; the ends and extremes must be there.
    drawn = np.unique([*range(0, beta.size, 6), beta.size - 1, beta.argmin(), beta.argmax()])
    fits = [newey_west(book[i : i + window], hedge[i : i + window]) for i in drawn]
    # The days judged are the same for every window, so that windows compare.
    left = (book[window:] - beta[:-1] * hedge[window:])[JUDGED_FROM - window :]
    return Drift(
        days=y.index.to_numpy()[rolled.end], beta=beta, window=window, drawn=drawn,
        half=np.array([fit.interval()[1] - fit.beta for fit in fits]),
        whole=newey_west(book, hedge, y_name=str(y.name), x_name=str(x.name)),
        removed=float(1 - left.var() / book[JUDGED_FROM:].var()),
    )  # fmt: skip
