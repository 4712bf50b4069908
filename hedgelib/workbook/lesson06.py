"""What lesson 06 needs beside the library: beta of coins, size of a short, beta over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import NONNEGATIVE, POSITIVE, FloatArray, scalars, series
from hedgelib._text import html_table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta, rolling_beta
from hedgelib.errors import InvalidInput
from hedgelib.figures import BETA_SCATTER, COLOURS, BetaScatter, Picture, label_ends, readable
from hedgelib.ratio import effectiveness_from_ratio
from hedgelib.returns import horizon_returns
from hedgelib.workbook.guesses import mark_guess
from hedgelib.workbook.prose import Prediction, predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BETA_CLOUD",
    "COIN_BETAS",
    "DRIFT",
    "SIZE_OF_SHORT",
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
    """Returns around their fitted line, and how tightly somebody thought that they lie.

    Parameters
    ----------
    scatter : BetaScatter
    guess : float, optional
        Share of the variance that somebody thought is explained, decimal, 0 to 1.
    """

    scatter: BetaScatter
    guess: float | None = None

    @property
    def half_width(self) -> float:
        """Distance from the line within which nearly all returns would lie, were the guess true.

        Two standard deviations of what the guess leaves unexplained, decimal; 0 without a guess.
        """
        unexplained = 0.0 if self.guess is None else 1 - self.guess
        return 2 * float(np.std(self.scatter.y)) * float(np.sqrt(unexplained))

    @property
    def outside(self) -> float:
        """Share of the returns that lie farther from the line than that."""
        left = self.scatter.y - self.scatter.band(self.scatter.x)[0]
        return float(np.mean(np.abs(left) > self.half_width))


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
            percent(0.95): "So close would the dots have to lie if the article's sums were to come "
            "out within a few percent.",
            percent(most): f"That would be a close follower. {name} often go ways of their own.",
            right: f"In the other {percent(1 - fit.r2)} of the variance {coin} has no part.",
            percent(few): f"Not as bad as that. {name} do follow, with much of their own on top.",
        },
        answer=right,
    )


def _draw_cloud(ax: Axes, cloud: Cloud) -> None:
    scatter = cloud.scatter
    BETA_SCATTER.draw(ax, scatter)
    if cloud.guess is None:
        return
    x = np.array([scatter.x.min(), scatter.x.max()])
    fitted = scatter.band(x)[0]
    colour = COLOURS["short"]
    for side in (-1, 1):
        ax.plot(
            x,
            fitted + side * cloud.half_width,
            color=colour,
            linewidth=1.8,
            linestyle=(0, (4, 2)),
            zorder=5,
        )
    ax.text(
        0.015,
        0.975,
        "your guess: nearly all dots\nbetween the dashed lines",
        transform=ax.transAxes,
        va="top",
        color=readable(colour),
        fontweight="bold",
    )


def _alt_cloud(cloud: Cloud) -> str:
    told = BETA_SCATTER.alt(cloud.scatter)
    if cloud.guess is None:
        return told
    return (
        f"{told} Your guess was {percent(cloud.guess)}: then nearly all dots would lie within "
        f"{percent(cloud.half_width, digits=1)} of the line, and {percent(cloud.outside)} of them "
        "do not."
    )


BETA_CLOUD: Picture[Cloud] = Picture(
    name="line and cloud",
    draw=_draw_cloud,
    alt=_alt_cloud,
    size=BETA_SCATTER.size,
    margins=BETA_SCATTER.margins,
)


# Beta is not volatility


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinBetas:
    """Beta, volatility and correlation of several coins: made by :func:`coin_betas`.

    Parameters
    ----------
    fits : tuple of BetaEstimate
        One for each coin, the most volatile first.
    volatility : tuple of float
        Of each, as a multiple of the hedge coin's.
    period : str
        For the title, such as ``"2021"``.
    guess : tuple of (str, float), optional
        A coin, and what somebody thought its beta to be.
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
        """Put the numbers of each coin into words.

        Returns
        -------
        list of tuple of str
        """
        return [
            (fit.y_name, f"{volatility:.2f}", f"{fit.correlation:.2f}", f"{fit.beta:.2f}")
            for fit, volatility in zip(self.fits, self.volatility, strict=True)
        ]

    def _repr_html_(self) -> str:
        coin = self.fits[0].x_name
        head = ("coin", f"volatility, {coin} = 1", f"correlation with {coin}", f"beta to {coin}")
        return html_table(self.rows(), head, caption=self.period)


def coin_betas(
    returns: Mapping[str, ArrayLike],
    x: ArrayLike,
    *,
    x_name: str = "ETH",
    period: str = "",
    guess: tuple[str, float | None] | None = None,
) -> CoinBetas:
    """Estimate the beta of several coins, and set their volatility beside it.

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
        A coin, and what somebody thought its beta to be.

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
    """Ask for the beta of a coin of which only the volatility is told.

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
            right: f"Most of what {coin} did, it did on its own. Its correlation with {hedge} was "
            f"{fit.correlation:.2f}, and {fit.correlation:.2f} × {wild:.2f} is {fit.beta:.2f}.",
            f"about {fit.correlation:.1f}": "That is the correlation. It says how faithfully "
            f"{coin} follows, not how far.",
        },
        answer=right,
    )


def _draw_betas(ax: Axes, betas: CoinBetas) -> None:
    coin, last = betas.fits[0].x_name, len(betas.fits) - 1
    top = max(*betas.volatility, *(fit.beta for fit in betas.fits), 1.0)
    for row, (fit, wild) in enumerate(zip(betas.fits, betas.volatility, strict=True)):
        at = last - row
        ax.plot([fit.beta, wild], [at, at], color="#BBBBBB", linewidth=3, zorder=2)
        ax.plot([fit.beta], [at], "o", color=COLOURS["altcoins"], markersize=9, zorder=3)
        ax.plot([wild], [at], "s", color=COLOURS["unhedged"], markersize=8, zorder=3)
        _beside(ax, f"{fit.correlation:.2f}", at)
    _beside(ax, "correlation", last + 0.75)
    ax.axvline(1, color="#888888", linewidth=1, zorder=1)
    for value, text, colour, side in (
        (betas.fits[0].beta, "beta", "altcoins", "right"),
        (betas.volatility[0], "volatility", "unhedged", "left"),
    ):
        ax.annotate(
            text,
            (value, last),
            xytext=(-9 if side == "right" else 9, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=readable(COLOURS[colour]),
            fontweight="bold",
        )
    if betas.guess is not None:
        at = last - betas._place(betas.guess[0])
        mark_guess(ax, betas.guess[1], at, side="above")
    ax.set_xlim(0, top * 1.16)
    ax.set_ylim(-0.6, last + 0.9)
    ax.set_yticks(range(last + 1), [fit.y_name for fit in reversed(betas.fits)])
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_locator(MultipleLocator(0.5))
    ax.set_xlabel(f"multiples of {coin}")
    widest = _widest(betas)
    ax.set_title(
        f"{widest.y_name}, {betas.period}: {betas.volatility_of(widest.y_name):.1f} times as "
        f"volatile as {coin}, beta {widest.beta:.2f}"
    )


def _widest(betas: CoinBetas) -> BetaEstimate:
    return max(betas.fits, key=lambda fit: betas.volatility_of(fit.y_name) - fit.beta)


def _beside(ax: Axes, text: str, at: float) -> None:
    ax.annotate(
        text,
        (1, at),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        color=COLOURS["grey"],
        annotation_clip=False,
    )


def _alt_betas(betas: CoinBetas) -> str:
    coin = betas.fits[0].x_name
    told = "; ".join(
        f"{fit.y_name} volatility {wild:.2f}, beta {fit.beta:.2f}, correlation "
        f"{fit.correlation:.2f}"
        for fit, wild in zip(betas.fits, betas.volatility, strict=True)
    )
    guess = "" if betas.guess is None else f" Your guess for {betas.guess[0]}: {betas.guess[1]:g}."
    return (
        f"Coins in {betas.period}, as multiples of {coin}: {told}. Beta never exceeds volatility; "
        f"the gap is widest for {_widest(betas).y_name}.{guess}"
    )


COIN_BETAS: Picture[CoinBetas] = Picture(
    name="beta and volatility by coin",
    draw=_draw_betas,
    alt=_alt_betas,
    size=(8.4, 4.6),
    margins=(0.085, 0.87, 0.12, 0.9),
)


# How large a short removes how much


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeStudy:
    """One size of a short against all others: made by :func:`study_size`.

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
        Over which a swing is told.
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
        """Put the numbers into words.

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
            (f"Usual swing in {self.days:g} days, no hedge", f"± {usd(self.swing_usd)}"),
            ("The same with this short", f"± {usd(self.hedged_swing_usd)}"),
        ]

    def _repr_html_(self) -> str:
        return html_table(
            self.rows(), caption=f"{self.fit.y_name}, {usd(self.book_usd)}, short {self.fit.x_name}"
        )

    def __repr__(self) -> str:
        return f"SizeStudy({self.fit.y_name!r}, short={self.short:g})"


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
    """Look at one size of a short, beside the best one.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Daily simple returns of the book and of the hedge coin, decimals.
    short : float
        USD short per USD of book, >= 0.
    book_usd : float
        > 0.
    days : float
        Over which a swing is told, > 0.
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
    **Source:** :func:`hedgelib.effectiveness_from_ratio`; swings grow with the root of time.

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
            f"{percent(1.0)}: all of it": "What the coin does not share with the book, no size "
            "of short can reach.",
            f"{percent(r2)}: as much as before": "The surplus is not idle. It is a position of its "
            "own, and it swings.",
            f"{percent(r2 / 2)}: half as much": "A fair guess, but the harm grows with the square "
            "of the surplus.",
            nothing: "The surplus is a short as large as the hedge itself, and it swings just as "
            "much as what was taken away.",
        },
        answer=nothing,
    )


_WIDEST_SHORT = 3.0


def _draw_size(ax: Axes, study: SizeStudy) -> None:
    sizes = np.linspace(0, _WIDEST_SHORT, 241)
    best = study.fit.beta
    ax.axhline(0, color="#888888", linewidth=1, zorder=1)
    ax.plot(sizes, study.removed_by(sizes), color=COLOURS["altcoins"], zorder=3)
    for at, text in (
        (best, f"best: {percent(best)}"),
        (2 * best, f"twice that: {percent(2 * best)}"),
    ):
        if at <= _WIDEST_SHORT:
            ax.plot(
                [at, at], [-1, 1], color="#9A9A9A", linewidth=1.2, linestyle=(0, (4, 3)), zorder=1
            )
            ax.annotate(
                text,
                (at, 1),
                xytext=(-5, -4),
                textcoords="offset points",
                ha="right",
                va="top",
                color=COLOURS["grey"],
            )
    _mark_size(ax, study)
    ax.set_xlim(0, _WIDEST_SHORT)
    ax.set_ylim(-1, 1)
    ax.xaxis.set_major_locator(MultipleLocator(0.5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v)))
    ax.yaxis.set_major_locator(MultipleLocator(0.25))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: percent(v)))
    ax.set_xlabel("size of the short, share of the book")
    ax.set_ylabel("variance removed (below 0: added)")
    ax.yaxis.set_label_coords(-0.1, 0.5)
    ax.set_title(_size_title(study))


def _mark_size(ax: Axes, study: SizeStudy) -> None:
    height = study.removed
    dot: dict[str, Any] = {"color": COLOURS["total"], "zorder": 6, "clip_on": False}
    mirrored = 2 * study.fit.beta - study.short
    if height < -1 or study.short > _WIDEST_SHORT:
        ax.plot([min(study.short, _WIDEST_SHORT)], [max(height, -1)], "v", markersize=12, **dot)
    else:
        if 0 <= mirrored <= _WIDEST_SHORT:
            ax.plot(
                [study.short, mirrored],
                [height, height],
                "o-",
                color=COLOURS["grey"],
                linewidth=1.2,
                markerfacecolor="white",
                markersize=8,
                zorder=4,
                clip_on=False,
            )
        ax.plot([study.short], [height], "o", markersize=10, **dot)
    if study.guess is not None:
        mark_guess(ax, study.short, study.guess)


def _size_title(study: SizeStudy) -> str:
    word = "removed" if study.removed >= 0 else "added"
    return (
        f"{study.fit.y_name}: short {percent(study.short)} of it, "
        f"{percent(abs(study.removed))} of the variance {word}"
    )


def _alt_size(study: SizeStudy) -> str:
    best = study.fit.beta
    guess = "" if study.guess is None else f" Your guess was {percent(study.guess)}."
    mirrored = 2 * best - study.short
    same = (
        f" A short of {percent(mirrored)} would do the same."
        if mirrored >= 0 and abs(study.times_best - 1) > 0.005
        else ""
    )
    return (
        f"{_size_title(study)}. The curve is a parabola: it starts at 0, is highest at "
        f"{percent(best)} of the book, where {percent(study.fit.r2)} is removed, is back at 0 at "
        f"{percent(2 * best)}, and falls below from there on.{same}{guess}"
    )


SIZE_OF_SHORT: Picture[SizeStudy] = Picture(
    name="size of the short",
    draw=_draw_size,
    alt=_alt_size,
    size=(8.0, 4.4),
    margins=(0.115, 0.965, 0.13, 0.9),
)


# How beta wanders


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Beta over a moving window: made by :func:`drift`.

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
        Range that somebody thought of.
    """

    days: NDArray[np.datetime64]
    beta: FloatArray
    half: FloatArray
    whole: BetaEstimate
    window: int
    removed: float
    guess: tuple[float, float] | None = None

    @property
    def years(self) -> FloatArray:
        """The days as decimal years, shape (m,)."""
        since = self.days.astype("datetime64[D]") - np.datetime64("2000-01-01")
        return np.asarray(2000 + since.astype(np.float64) / 365.25)

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
        """Put the numbers into words.

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

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self._title())

    def __repr__(self) -> str:
        return f"Drift({self._title()!r})"

    def _title(self) -> str:
        return (
            f"Beta of {self.whole.y_name} to {self.whole.x_name} over {self.window} days: "
            f"{_minus(self.beta.min())} to {_minus(self.beta.max())}"
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
    judged_from: int = 365,
    guess: tuple[float, float] | None = None,
) -> Drift:
    """Estimate beta over a moving window, and judge each estimate by the day after.

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
        Range that somebody thought of.

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
        half=_student(window - 2) * error,
        whole=whole,
        window=window,
        removed=float(1 - left_over.var() / book[judged_from:].var()),
        guess=guess,
    )


def _student(degrees: int) -> float:
    from scipy.special import stdtrit  # slow to import; only intervals need it

    return float(stdtrit(degrees, 0.975))


def guess_drift(found: Drift) -> Prediction:
    """Ask how far a beta wanders.

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
            f"from {low:.2f} to {high:.2f}": "That is the interval of all days together. A "
            f"{found.window}-day window has far fewer days, and beta itself moves.",
            f"from {beta - 0.2:.2f} to {beta + 0.2:.2f}": "So one would hope. Look at the picture.",
            right: "Part of it is chance, because a window has few days. Part of it is real: coins "
            "change their ways.",
        },
        answer=right,
    )


def _draw_drift(ax: Axes, found: Drift) -> None:
    years = found.years
    ax.fill_between(
        years,
        found.beta - found.half,
        found.beta + found.half,
        color=COLOURS["altcoins"],
        alpha=0.2,
        linewidth=0,
        zorder=2,
    )
    ax.plot(years, found.beta, color=COLOURS["altcoins"], linewidth=1.8, zorder=3)
    ax.axhline(
        found.whole.beta, color=COLOURS["unhedged"], linewidth=1.6, linestyle=(0, (5, 2)), zorder=4
    )
    if found.guess is not None:
        for edge in found.guess:
            ax.axhline(edge, color=COLOURS["short"], linewidth=1.4, linestyle=(0, (1, 2)), zorder=4)
    ax.set_xlim(2020.7, 2024.02)
    ax.set_ylim(-0.5, 2.5)
    ax.set_xticks([2021, 2022, 2023, 2024], ["Jan 2021", "Jan 2022", "Jan 2023", "Jan 2024"])
    ax.set_xlabel("last day of the window")
    ax.set_ylabel(f"beta to {found.whole.x_name}")
    ax.yaxis.set_label_coords(-0.075, 0.5)
    ends = [
        (
            float(found.beta[-1]),
            f"{found.window} days:\n{_minus(found.beta[-1])} at the end",
            COLOURS["altcoins"],
            True,
        ),
        (found.whole.beta, f"all days:\n{found.whole.beta:.2f}", COLOURS["unhedged"], False),
    ]
    if found.guess is not None:
        ends.append((found.guess[1], "your guess", COLOURS["short"], False))
    label_ends(ax, ends)
    ax.set_title(found._title())


def _alt_drift(found: Drift) -> str:
    low, high = int(found.beta.argmin()), int(found.beta.argmax())
    guess = (
        "" if found.guess is None else f" Your guess was {found.guess[0]:g} to {found.guess[1]:g}."
    )
    return (
        f"Beta of {found.whole.y_name} to {found.whole.x_name} over windows of {found.window} "
        f"days: lowest {_minus(found.beta[low])} on {found.day_of(low)}, highest "
        f"{_minus(found.beta[high])} on {found.day_of(high)}, {_minus(found.beta[-1])} at the end, "
        f"against {found.whole.beta:.2f} over all days. Sized by it anew each day, a short removed "
        f"{percent(found.removed, digits=1)} of the variance of the days that followed.{guess}"
    )


DRIFT: Picture[Drift] = Picture(
    name="beta over time",
    draw=_draw_drift,
    alt=_alt_drift,
    size=(8.8, 4.3),
    margins=(0.08, 0.83, 0.13, 0.9),
)


def horizon_betas(y: ArrayLike, x: ArrayLike, periods: int) -> tuple[BetaEstimate, float, float]:
    """Estimate beta over longer periods, and how much it hangs on the day the counting begins.

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
