"""Beta of a book to the hedge coin: estimates, each with its uncertainty.

Returns are simple and of the horizon at which the hedge is kept, because the profit of a hedge is a
straight line in the simple return.

Returns are decimals on the same dates. A missing value, series of unequal length, a coin that does
not move and anything else that its parameter does not accept raise
:class:`hedgelib.errors.InvalidInput`; fewer than three observations, or fewer than asked for,
:class:`hedgelib.errors.NotEnoughData`. A function of arrays returns the broadcast shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import (
    FINITE,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_OR_INF,
    FloatArray,
    Result,
    Rule,
    aligned,
    evenly,
    extremes,
    instance,
    numbers,
    one_of,
    scalars,
    series,
    vectorised,
)
from hedgelib._regress import SMALLEST, centred, instruments, not_levels, pair
from hedgelib._result import Numbers, whole
from hedgelib._student import student_quantile
from hedgelib._text import Table
from hedgelib.errors import InvalidInput, NotEnoughData

__all__ = [
    "BetaEstimate",
    "KalmanBeta",
    "MultiBeta",
    "RollingBeta",
    "ShrunkBeta",
    "beta_se",
    "blume",
    "correlation",
    "downside_beta",
    "ewma_beta",
    "kalman_beta",
    "multi_beta",
    "newey_west_lags",
    "ols_beta",
    "portfolio_beta",
    "rolling_beta",
    "vasicek",
]

Errors = Literal["classic", "HC0", "HC1", "HC2", "HC3", "newey-west"]
Downside = Literal[
    "conditional_zero",
    "conditional_mean",
    "upside_conditional_zero",
    "estrada_mean",
    "estrada_zero",
    "bawa_lindenberg",
]
_ERRORS = ("classic", "HC0", "HC1", "HC2", "HC3", "newey-west")
_DOWNSIDE = (
    "conditional_zero",
    "conditional_mean",
    "upside_conditional_zero",
    "estrada_mean",
    "estrada_zero",
    "bawa_lindenberg",
)

_INSIDE = Rule("between 0 and 1, both excluded", lambda x: (x > 0) & (x < 1))
_ABOVE_ONE = Rule("> 1", lambda x: (x > 1) & np.isfinite(x))

_NOTHING_LEFT = 1e-12
"""Share of the weights below which their sum is what rounding leaves of 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaEstimate:
    """An estimate of beta and its uncertainty.

    Parameters
    ----------
    beta, alpha : float
        USD of book per USD of hedge coin, in returns; intercept per period, decimal, 0 where the
        method fits none.
    se, se_alpha : float or None
        Their standard errors; ``None`` where the method has none.
    r2, residual_sd : float
        Share of the book's variance that moves with the coin, in sample unless `method` says more;
        standard deviation per period of what does not, decimal.
    n : int
        Observations, at least 3.
    method, y_name, x_name : str
        How it was estimated; the book and the hedge coin.
    degrees : float, optional
        Degrees of freedom of the interval: n - 2 when omitted, ``inf`` for a normal one.
    se_classic, se_newey_west : float, optional
        Standard errors of beta by the textbook, for residuals of one variance that do not depend on
        each other, and by Newey and West; `se`, which the interval uses, is what was asked for.
    """

    beta: float
    se: float | None
    alpha: float
    se_alpha: float | None
    r2: float
    residual_sd: float
    n: int
    method: str = "OLS"
    y_name: str = "book"
    x_name: str = "coin"
    degrees: float | None = None
    se_classic: float | None = None
    se_newey_west: float | None = None

    def __post_init__(self) -> None:
        errors = ("se", "se_alpha", "residual_sd", "se_classic", "se_newey_west")
        rules = dict.fromkeys(errors, NONNEGATIVE)
        for name in ("beta", "alpha", "r2", *errors):
            if getattr(self, name) is not None:
                rule = rules.get(name, FINITE)
                (number,) = scalars(**{name: (getattr(self, name), rule)})
                object.__setattr__(self, name, number)
        if self.se is not None and self.degrees is not None:
            scalars(degrees=(self.degrees, POSITIVE_OR_INF))
        if self.n < 3:
            raise NotEnoughData(f"a beta with an error needs at least 3 observations, got {self.n}")

    @property
    def dof(self) -> float:
        """Degrees of freedom of the interval."""
        return self.n - 2 if self.degrees is None else self.degrees

    @property
    def correlation(self) -> float:
        """Correlation of book and coin: the root of `r2` with the sign of `beta`."""
        return float(np.copysign(np.sqrt(max(self.r2, 0.0)), self.beta))

    @property
    def r2_adjusted(self) -> float:
        """`r2` less what one regressor explains by chance, ``1 - (1 - r2)(n - 1)/(n - 2)``."""
        return 1 - (1 - self.r2) * (self.n - 1) / (self.n - 2)

    @property
    def t_value(self) -> float:
        """Beta over its standard error; ``inf`` for an exact fit, ``None`` without an error."""
        se = self._error()
        return self.beta / se if se > 0 else float(np.copysign(np.inf, self.beta))

    def _error(self) -> float:
        if self.se is None:
            raise InvalidInput(
                f"the method {self.method!r} has no standard error; use ols_beta, or a bootstrap"
            )
        return self.se

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval of beta, from Student's t with `dof` degrees of freedom.

        A method without a standard error has none: InvalidInput. **Source:** Hull, Options,
        Futures, and Other Derivatives, ch. 3, for beta as a regression slope; the interval is the
        textbook one.

        Examples
        --------
        >>> fit = BetaEstimate(beta=1.8, se=0.09, alpha=0, se_alpha=0, r2=0.87, residual_sd=0, n=60)
        >>> [round(end, 4) for end in fit.interval()]
        [1.6198, 1.9802]
        """
        (level,) = scalars(level=(level, _INSIDE))
        half = self._error() * student_quantile(level, self.dof)
        return self.beta - half, self.beta + half

    def _interval_text(self) -> str:
        if self.se is None:
            return "none"
        low, high = self.interval()
        return f"{low:.2f} to {high:.2f}"

    def __str__(self) -> str:
        return (
            f"beta of {self.y_name} to {self.x_name} {self.beta:.2f} "
            f"(95% confidence interval {self._interval_text()}), R² {self.r2:.2f}, "
            f"n {self.n}, {self.method}"
        )

    def _repr_html_(self) -> str:
        head = ("book", "coin", "beta", "95% confidence interval", "R²", "n", "method")
        row = (
            self.y_name,
            self.x_name,
            f"{self.beta:.3f}",
            self._interval_text(),
            f"{self.r2:.3f}",
            str(self.n),
            self.method,
        )
        return Table(head, [row]).html()


def newey_west_lags(n: int) -> int:
    """Return the lags of Newey-West errors for n observations, by the usual rule of thumb.

    Formula: ``floor(4 (n / 100)^(2/9))``. **Source:** Newey and West (1994), "Automatic lag
    selection in covariance matrix estimation", with the constant that EViews and most packages
    print.

    Examples
    --------
    >>> newey_west_lags(60), newey_west_lags(365)
    (3, 5)
    """
    n = whole("n", n, least=1)
    lags = int(4 * (n / 100) ** (2 / 9))
    # Where the formula is a whole number exactly (n = 51200), floats may fall just short of it.
    return lags + ((lags + 1) ** 9 * 100**2 <= n**2 * 4**9)


def _lags(errors: str, lags: int | None, small_sample: bool, n: int) -> int:
    instance("small_sample", small_sample, bool)
    one_of("errors", errors, _ERRORS)
    if errors == "newey-west":
        return newey_west_lags(n) if lags is None else whole("lags", lags, least=0, most=n - 1)
    if lags is not None or small_sample:
        raise InvalidInput(
            f"lags and small_sample belong to errors='newey-west', got errors={errors!r}"
        )
    return 0


def _standard_errors(
    shares: FloatArray,
    residual: FloatArray,
    leverage: FloatArray,
    errors: str,
    lags: int = 0,
    small_sample: bool = False,
) -> FloatArray:
    """Return the standard error of each parameter, the sum of y times its row of `shares`."""
    p, n = shares.shape
    if errors == "classic":
        return np.asarray(np.sqrt(residual @ residual / (n - p) * (shares**2).sum(axis=1)))
    if errors in ("HC2", "HC3"):
        if leverage.max() > 1 - 1e-9:
            raise InvalidInput(
                f"errors={errors!r} need more than one observation to set the slope, but "
                f"[{int(leverage.argmax())}] sets it alone; use 'classic', 'HC0' or 'HC1'"
            )
        residual = residual / (1 - leverage) ** (0.5 if errors == "HC2" else 1.0)
    terms = shares * residual
    variance: FloatArray = (terms**2).sum(axis=1)
    for lag in range(1, lags + 1):
        weight = 1 - lag / (lags + 1)
        variance = variance + 2 * weight * (terms[:, lag:] * terms[:, :-lag]).sum(axis=1)
    if small_sample or errors == "HC1":
        variance = variance * n / (n - p)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


@extremes("ols_beta")
def ols_beta(
    y: ArrayLike,
    x: ArrayLike,
    *,
    errors: Errors = "classic",
    lags: int | None = None,
    small_sample: bool = False,
    y_name: str = "book",
    x_name: str = "coin",
) -> BetaEstimate:
    """Estimate the beta of a book to a hedge coin by ordinary least squares.

    Formula: ``beta = Cov(y, x) / Var(x)``. Classic standard error ``sqrt(s2 / sum((x - mean)^2))``
    with ``s2 = SSR / (n - 2)``; robust ones add up ``(c e)^2``, with ``e`` the residuals and ``c``
    the weight of each observation in the slope, HC2 and HC3 with ``e`` over ``sqrt(1 - h)`` and
    ``1 - h`` (``h`` the leverage), HC1 times ``n / (n - 2)``, and Newey-West with ``2 (1 - l / (L +
    1)) sum(c_t e_t c_{t-l} e_{t-l})`` for each lag ``l`` up to ``L``. **Source:** any textbook of
    regression; covariance and variance carry the same divisor, which is where mixing ``np.cov`` (n
    - 1) with ``np.var`` (n) goes wrong by n/(n - 1). MacKinnon and White (1985) for HC0 to HC3,
    Newey and West (1987) for the last.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin. Dates with a hole are refused; days chosen here and
        there are not, except with Newey-West errors.
    errors : {"classic", "HC0", "HC1", "HC2", "HC3", "newey-west"}
        HC where calm and wild days alternate, Newey-West where residuals also follow one another.
    lags : int, optional
        Of Newey-West, from 0 to n - 1; :func:`newey_west_lags` when omitted.
    small_sample : bool
        Newey-West variance times ``n / (n - 2)``.
    y_name, x_name : str
        For the sentence and the table.

    Returns
    -------
    BetaEstimate, its interval Student's with n - 2 degrees of freedom, whatever the errors

    Examples
    --------
    >>> fit = ols_beta([0.05, -0.08, 0.03, -0.12, 0.10, 0.02],
    ...                [0.03, -0.05, 0.02, -0.08, 0.06, 0.01])
    >>> round(fit.beta, 6), round(fit.se, 6), round(fit.r2, 6)
    (1.577431, 0.031259, 0.998432)
    """
    if isinstance(errors, str) and errors == "newey-west":
        evenly(y=y, x=x)
    y, x = pair(y, x)
    for name, value in (("y_name", y_name), ("x_name", x_name)):
        instance(name, value, str)
    lags = _lags(errors, lags, small_sample, y.size)
    n, (x_mean, dx, sxx), (y_mean, dy, syy) = y.size, centred("x", x), centred("y", y)
    shares = np.array([1 / n - x_mean * dx / sxx, dx / sxx])
    beta = float((dx * dy).sum()) / sxx
    residual = dy - beta * dx
    ssr = float(residual @ residual)
    leverage, hac = 1 / n + dx * shares[1], errors == "newey-west"
    lags = lags if hac else newey_west_lags(n)
    both = {
        name: _standard_errors(
            shares, residual, leverage, name, lags * (name == "newey-west"), small_sample
        )
        for name in dict.fromkeys(("classic", "newey-west", errors))
    }
    se_alpha, se = both[errors]
    named = {"classic": "OLS", "newey-west": f"OLS, Newey-West errors, {lags} lags"}
    return BetaEstimate(
        beta=beta,
        se=float(se),
        alpha=y_mean - beta * x_mean,
        se_alpha=float(se_alpha),
        r2=max(0.0, 1 - ssr / syy) if syy > 0 else 0.0,
        residual_sd=float(np.sqrt(ssr / (n - 2))),
        n=n,
        method=named.get(errors, f"OLS, {errors} errors"),
        y_name=y_name,
        x_name=x_name,
        se_classic=float(both["classic"][1]),
        se_newey_west=float(both["newey-west"][1]),
    )


def beta_se(
    y: ArrayLike,
    x: ArrayLike,
    errors: Errors = "classic",
    *,
    lags: int | None = None,
    small_sample: bool = False,
) -> float:
    """Return the standard error of :func:`ols_beta`, with arguments as there.

    Examples
    --------
    >>> y, x = [0.05, -0.08, 0.03, -0.12, 0.10, 0.02], [0.03, -0.05, 0.02, -0.08, 0.06, 0.01]
    >>> [round(beta_se(y, x, errors), 6) for errors in ("classic", "HC0", "HC3")]
    [0.031259, 0.027688, 0.05972]
    """
    return ols_beta(y, x, errors=errors, lags=lags, small_sample=small_sample)._error()


@extremes("correlation")
def correlation(y: ArrayLike, x: ArrayLike) -> float:
    """Return the correlation of two series of returns.

    Formula: ``Cov(y, x) / (sd_y sd_x)``. **Source:** Pearson's definition; its square is the share
    of variance a full hedge removes.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns; neither may be constant.

    Examples
    --------
    >>> round(correlation([0.05, -0.08, 0.03, -0.12], [0.03, -0.05, 0.02, -0.08]), 6)
    0.999238
    """
    y, x = pair(y, x)
    (_, dx, sxx), (_, dy, syy) = centred("x", x), centred("y", y)
    if syy == 0:
        raise InvalidInput("y does not vary, so it has no correlation with anything")
    return float(np.clip((dx / np.sqrt(sxx)) @ (dy / np.sqrt(syy)), -1.0, 1.0))


_Means = tuple[FloatArray, FloatArray, FloatArray]
"""Of windows: sums of y's deviations from its mean, a row for each column; that mean; mean x."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingBeta(Numbers):
    """Beta over a rolling window: made by :func:`rolling_beta`.

    Parameters
    ----------
    beta : ndarray, shape (n - window + 1,) or (n - window + 1, k)
        Slope of each window. The first complete window comes first: no rows are filled up.
    end : ndarray of int, shape (n - window + 1,)
        Number, from 0, of the last observation in each window.
    window : int
        Observations in a window.
    """

    beta: FloatArray
    end: NDArray[np.int_]
    window: int
    _means: tuple[_Means, ...] = field(repr=False)

    @property
    @extremes("alpha of RollingBeta")
    def alpha(self) -> FloatArray:
        """Intercept per period of each window, of the shape of `beta`: worked out when asked for.

        Formula: ``mean(y) - beta mean(x)``.
        """
        mean_y = np.hstack([sum_y / self.window + y_mean for sum_y, y_mean, _ in self._means])
        mean_x = np.hstack([mean for _, _, mean in self._means])
        return mean_y.T.reshape(self.beta.shape) - (self.beta.T * mean_x).T


def _windows(y: FloatArray, x: FloatArray, window: int, first: int) -> tuple[FloatArray, _Means]:
    """Return the slope of each column of y over every window, and the means."""
    n, k = y.shape
    x_mean, y_mean = np.add.reduce(x) / n, (np.add.reduce(y) / n)[:, None]
    # Deviations keep the digits that levels would lose. A row for x and for each column of y, and
    # each number paired with its product with x: adding complex numbers takes no longer than real.
    totals = np.empty((k + 1, n + 1), np.complex128)
    dx = x - x_mean
    totals[:, 0] = 0
    totals[0, 1:].real = dx
    np.subtract(y.T, y_mean, out=totals[1:, 1:].real)
    np.multiply(totals[:, 1:].real, dx, out=totals[:, 1:].imag)
    np.cumsum(totals, axis=1, out=totals)
    sums = totals[:, window:] - totals[:, :-window]
    sum_x, sum_xx, sum_y, sum_xy = sums[0].real, sums[0].imag, sums[1:].real, sums[1:].imag
    mean_x = sum_x / window
    sxx = sum_xx - sum_x * mean_x
    sxy = sum_y * mean_x
    np.subtract(sum_xy, sxy, out=sxy)
    # A window far calmer than others, or far from the common mean, is left few digits: count again.
    enough = max(1e-3 * sum_xx.max(), SMALLEST)
    if sxx.min() > enough:
        beta = np.divide(sxy, sxx, out=sxy)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = np.divide(sxy, sxx, out=sxy)
        for at in np.flatnonzero(~(sxx > enough)).tolist():
            beta[:, at] = _window_beta(y[at : at + window], x[at : at + window], first + at)
    return beta, (sum_y, y_mean, mean_x + x_mean)


def _window_beta(y: FloatArray, x: FloatArray, first: int) -> FloatArray:
    _, dx, sxx = centred("x", x)
    if sxx == 0:
        raise InvalidInput(
            f"x does not vary in the {x.size} observations that end at [{first + x.size - 1}]; "
            "take a longer window"
        )
    return np.asarray(dx @ (y - y.mean(axis=0)) / sxx)


@extremes("rolling_beta")
def rolling_beta(y: ArrayLike, x: ArrayLike, window: int) -> RollingBeta:
    """Estimate the OLS beta over every rolling window, for one book or many coins at once.

    Formula: ``(sum(x y) - sum(x) sum(y) / w) / (sum(x^2) - sum(x)^2 / w)`` over the last ``w``
    observations, of deviations from the means of the whole series. **Source:** the OLS slope; equal
    to pandas' ``rolling.cov / rolling.var``. The time does not grow with the window.

    Parameters
    ----------
    y : array_like, shape (n,) or (n, k)
        Returns of the book, or of k coins.
    x : array_like, shape (n,)
        Returns of the hedge coin, which must vary in every window.
    window : int
        Observations in a window, from 2 to n.

    Examples
    --------
    >>> rolling_beta([0.05, -0.08, 0.03, -0.12, 0.10], [0.03, -0.05, 0.02, -0.08, 0.06], 4).beta
    array([1.54651163, 1.57433809])
    """
    y, x = _table_and_coin(y, x)
    n, window = len(x), whole("window", window, least=2, most=len(x))
    columns, span = y.reshape(n, -1), 100 * window
    # Running totals lose digits as they grow, so a long series is worked out in pieces.
    pieces = [
        _windows(columns[at : at + span + window - 1], x[at : at + span + window - 1], window, at)
        for at in range(0, n - window + 1, span)
    ]
    beta = pieces[0][0] if len(pieces) == 1 else np.hstack([beta for beta, _ in pieces])
    return RollingBeta(
        beta=beta.T.reshape(n - window + 1, *y.shape[1:]),
        end=np.arange(window - 1, n),
        window=window,
        _means=tuple(means for _, means in pieces),
    )


def _table_and_coin(y: ArrayLike, x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    evenly(y=y, x=x)
    aligned({"y": y, "x": x}, rows_only=True)
    x = series("x", x)
    (y,) = numbers(y=y)
    if np.ndim(y) not in (1, 2):
        raise InvalidInput(f"y must have one or two dimensions, got {np.ndim(y)}")
    if len(y) != len(x):
        raise InvalidInput(f"y and x must be of one length, got {len(y)} and {len(x)}; align dates")
    if y.size == 0:
        raise NotEnoughData(f"y needs at least one column, got shape {y.shape}")
    not_levels(y, x)
    return y, x


def _decay(
    decay: float | None,
    alpha: float | None,
    span: float | None,
    halflife: float | None,
) -> float:
    """Convert the given weighting to the decay per observation."""
    if sum(value is not None for value in (decay, alpha, span, halflife)) != 1:
        raise InvalidInput("give exactly one of decay, alpha, span and halflife")
    if alpha is not None:
        (alpha,) = scalars(alpha=(alpha, _INSIDE))
        decay = 1 - alpha
    elif span is not None:
        (span,) = scalars(span=(span, _ABOVE_ONE))
        decay = 1 - 2 / (span + 1)
    elif halflife is not None:
        (halflife,) = scalars(halflife=(halflife, POSITIVE))
        decay = np.float64(0.5) ** (1 / np.float64(halflife))
    (decay,) = scalars(decay=(0.0 if decay is None else decay, _INSIDE))
    return decay


@extremes("ewma_beta")
def ewma_beta(
    y: ArrayLike,
    x: ArrayLike,
    *,
    decay: float | None = None,
    alpha: float | None = None,
    span: float | None = None,
    halflife: float | None = None,
    adjust: bool = True,
    intercept: bool = True,
) -> BetaEstimate:
    """Estimate beta at the last observation, with exponentially decaying weights.

    Formula: least squares with weights ``w`` that add up to 1, in proportion to ``decay^k``, k
    observations back. Residual variance ``sum(w e^2) / (1 - sum(w^2 (1 + d^2 / q)))``, with ``e``
    the residuals, ``d`` the deviations of x from its weighted mean and ``q = sum(w d^2)``; without
    an intercept ``sum(w^2 d^2 / q)`` is subtracted alone, and d is x. Exactly one of `decay`,
    `alpha` = 1 - decay, `span` (alpha = 2 / (span + 1)) and `halflife` (decay = 0.5^(1/halflife)).
    **Source:** pandas ``ewm(adjust=...)`` for both flags with intercept, whose cov/var this is;
    J.P. Morgan, RiskMetrics Technical Document (1996), for the zero-mean recursion.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin.
    decay, alpha, span, halflife : float, optional
        Between 0 and 1; in observations, > 1 and > 0.
    adjust : bool
        ``False`` for the recursion ``S_t = decay S_{t-1} + (1 - decay) new`` seeded with the first
        observation, which so keeps the weight ``decay^(n-1)`` instead of ``(1-decay) decay^(n-1)``.
    intercept : bool
        ``False`` takes both means as zero. RiskMetrics is ``adjust=False, intercept=False``.

    Returns
    -------
    BetaEstimate
        `r2` is the weighted one. `se` is that of a weighted sum of independent residuals; the
        degrees of freedom are the effective observations ``1 / sum(w^2)``, weights summing to 1,
        less the parameters. Both errors are ``None`` where those do not outnumber the parameters,
        and `se_alpha` without an intercept.

    Examples
    --------
    >>> y, x = [0.05, -0.08, 0.03, -0.12, 0.10, 0.02], [0.03, -0.05, 0.02, -0.08, 0.06, 0.01]
    >>> round(ewma_beta(y, x, decay=0.94).beta, 6)
    1.577168
    """
    evenly(y=y, x=x)
    y, x = pair(y, x)
    instance("adjust", adjust, bool)
    instance("intercept", intercept, bool)
    decay = _decay(decay, alpha, span, halflife)
    weights = decay ** np.arange(y.size - 1, -1, -1.0)
    if not adjust:
        weights[1:] *= 1 - decay
    weights /= weights.sum()
    x_mean, dx, sxx = centred("x", x, weights, about_mean=intercept)
    y_mean, dy, syy = centred("y", y, weights, about_mean=intercept)
    if sxx == 0:
        raise InvalidInput("x does not vary where the weights are; let them fall off more slowly")
    to_beta = weights * dx / sxx
    beta = float(to_beta @ dy)
    residual = dy - beta * dx
    ssr = float(weights @ residual**2)
    shares = [weights - x_mean * to_beta, to_beta] if intercept else [to_beta]
    # Unbiased for equal variances: the weights are of memory, not inverse variances.
    lost = float((weights * dx) @ to_beta + (weights @ weights if intercept else 0.0))
    variance = ssr / (1 - lost) if lost < 1 else 0.0
    degrees = 1 / float(weights @ weights) - len(shares)
    errors = [float(np.sqrt(variance * (share @ share))) for share in shares]
    return BetaEstimate(
        beta=beta,
        se=errors[-1] if degrees > 0 else None,
        alpha=y_mean - beta * x_mean,
        se_alpha=errors[0] if degrees > 0 and intercept else None,
        r2=max(0.0, 1 - ssr / syy) if syy > 0 else 0.0,
        residual_sd=float(np.sqrt(variance)),
        n=y.size,
        method=f"EWMA, decay {decay:.4g}"
        + ("" if adjust else ", recursive")
        + ("" if intercept else ", zero mean"),
        degrees=degrees,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KalmanBeta(Numbers):
    """Time-varying beta (random walk), Kalman-filtered: made by :func:`kalman_beta`.

    Parameters
    ----------
    alpha, beta : ndarray, shape (n,)
        State after each observation, from that one and those before it.
    covariance : ndarray, shape (n, 2, 2)
        Of (alpha, beta) after each observation.
    forecast_error : ndarray, shape (n,)
        Each return of the book less what was expected of it before it was seen.
    observation_noise, r2 : float
        Variance that the filter was told; share of the variance of the book that the forecasts
        removed, below 0 where they added to it: out of sample, because each looks back only.
    """

    alpha: FloatArray
    beta: FloatArray
    covariance: FloatArray
    forecast_error: FloatArray
    observation_noise: float
    r2: float

    @property
    def se(self) -> FloatArray:
        """Standard deviation of beta after each observation, shape (n,)."""
        return np.sqrt(self.covariance[:, 1, 1])

    @property
    def last(self) -> BetaEstimate:
        """The latest state, with the filter's own errors and a normal interval."""
        return BetaEstimate(
            beta=self.beta[-1],
            se=float(self.se[-1]),
            alpha=self.alpha[-1],
            se_alpha=float(np.sqrt(self.covariance[-1, 0, 0])),
            r2=self.r2,
            residual_sd=float(np.sqrt(self.observation_noise)),
            n=self.beta.size,
            method="Kalman, R² of one-step forecasts",
            degrees=np.inf,
        )


def _prior(mean: ArrayLike, covariance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the checked mean and a square root of the covariance."""
    mean, covariance = numbers(prior_mean=mean, prior_covariance=(covariance, FINITE))
    if np.shape(mean) != (2,) or np.shape(covariance) != (2, 2):
        raise InvalidInput(
            "prior_mean must have shape (2,) and prior_covariance (2, 2), "
            f"got {np.shape(mean)} and {np.shape(covariance)}"
        )
    (a, b), (c, d) = covariance
    if b != c or a < 0 or d < 0 or b * c > a * d:
        raise InvalidInput(
            "prior_covariance must be a covariance: symmetric, variances >= 0 and no correlation "
            f"beyond 1, got {covariance.tolist()}"
        )
    values, vectors = np.linalg.eigh(covariance)
    return mean, vectors * np.sqrt(np.maximum(values, 0.0))


@extremes("kalman_beta")
def kalman_beta(
    y: ArrayLike,
    x: ArrayLike,
    *,
    state_noise: ArrayLike,
    observation_noise: float,
    prior_mean: ArrayLike = (0.0, 0.0),
    prior_covariance: ArrayLike = ((1.0, 0.0), (0.0, 1.0)),
) -> KalmanBeta:
    """Estimate a time-varying beta (random walk) from the data up to each observation.

    Formula: ``y_t = alpha_t + beta_t x_t + noise``,
    ``(alpha, beta)_t = (alpha, beta)_{t-1} + step``. The prior is that of the first observation: no
    step before it. **Source:** Kalman (1960). What is carried along is a root of the covariance
    (Potter's form, Bierman (1977), ch. 2), so that no variance can turn negative by rounding.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin.
    state_noise : array_like, shape (2,)
        Variance of a step of alpha and of beta, >= 0. With (0, 0) and a wide prior the filter ends
        at OLS.
    observation_noise : float
        Variance of the noise, > 0: the square of a residual standard deviation.
    prior_mean, prior_covariance : array_like, shape (2,) and (2, 2)
        Of alpha and beta before the first observation.

    Examples
    --------
    >>> path = kalman_beta([0.05, -0.08, 0.03, -0.12], [0.03, -0.05, 0.02, -0.08],
    ...                    state_noise=(1e-6, 1e-3), observation_noise=1e-4)
    >>> [round(float(beta), 4) for beta in path.beta]
    [0.0015, 1.5759, 1.5639, 1.5276]
    """
    evenly(y=y, x=x)
    y, x = pair(y, x)
    (steps,) = numbers(state_noise=(state_noise, NONNEGATIVE))
    if np.shape(steps) != (2,):
        raise InvalidInput(f"state_noise must have shape (2,), got {np.shape(steps)}")
    (noise,) = scalars(observation_noise=(observation_noise, POSITIVE))
    state, root = _prior(prior_mean, prior_covariance)
    states, covariances, surprises = (
        np.empty((y.size, 2)),
        np.empty((y.size, 2, 2)),
        np.empty(y.size),
    )
    for t, row in enumerate(np.column_stack([np.ones(x.size), x])):
        if t:
            stacked = np.vstack([root.T, np.diag(np.sqrt(steps))])
            root = np.asarray(np.linalg.qr(stacked, mode="r")).T
        seen = root.T @ row
        variance = seen @ seen + noise
        surprises[t] = y[t] - row @ state
        states[t] = state = state + root @ seen * (surprises[t] / variance)
        root = root - np.outer(root @ seen / variance, seen) / (1 + np.sqrt(noise / variance))
        covariances[t] = root @ root.T
    syy = centred("y", y)[2]
    return KalmanBeta(
        alpha=states[:, 0],
        beta=states[:, 1],
        covariance=covariances,
        forecast_error=surprises,
        observation_noise=noise,
        r2=float(1 - surprises @ surprises / syy) if syy > 0 else 0.0,
    )


@vectorised
def blume(beta: ArrayLike) -> Result:
    """Shrink betas a third of the way to 1.

    Formula: ``2/3 beta + 1/3``. **Source:** Blume (1971), "On the assessment of risk"; the weights
    were found on American shares, whose betas average 1. Those of altcoins to ETH need not: see
    :func:`vasicek`.

    Examples
    --------
    >>> round(blume(1.5), 6)
    1.333333
    """
    (beta,) = numbers(beta=beta)
    return beta * (2 / 3) + 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkBeta(Numbers):
    """A beta shrunk towards a prior: made by :func:`vasicek`.

    Parameters
    ----------
    beta, se, weight_on_raw : float or ndarray
        Posterior mean and standard deviation; share of the raw beta in it, from 0 to 1.
    """

    beta: Result
    se: Result
    weight_on_raw: Result


@extremes("vasicek")
def vasicek(
    beta: ArrayLike, se: ArrayLike, prior_mean: ArrayLike, prior_sd: ArrayLike
) -> ShrunkBeta:
    """Shrink a beta towards a prior, each weighted by its precision.

    Formula: ``(beta / se^2 + mean / sd^2) / (1 / se^2 + 1 / sd^2)``. **Source:** Vasicek (1973), "A
    note on using cross-sectional information in Bayesian estimation of security betas".

    Parameters
    ----------
    beta, se : array_like
        Estimates and their standard errors, >= 0.
    prior_mean, prior_sd : array_like
        Mean and standard deviation, >= 0 and not 0 together with `se`, of the betas of comparable
        coins: take them from the cross-section of altcoins, whose mean is not 1.

    Examples
    --------
    >>> shrunk = vasicek(1.5, 0.3, 1.0, 0.4)
    >>> round(shrunk.beta, 6), round(shrunk.se, 6), round(shrunk.weight_on_raw, 6)
    (1.32, 0.24, 0.64)
    """
    beta, se, mean, sd = numbers(beta=beta, se=se, prior_mean=prior_mean, prior_sd=prior_sd)
    if np.any((se == 0) & (sd == 0)):
        raise InvalidInput("se and prior_sd must not both be 0: two exact betas cannot be weighed")
    both = np.hypot(se, sd)
    on_raw, on_prior = (sd / both) ** 2, (se / both) ** 2
    return ShrunkBeta(
        beta=on_raw * beta + on_prior * mean, se=se * (sd / both), weight_on_raw=on_raw
    )


@extremes("downside_beta")
def downside_beta(
    y: ArrayLike, x: ArrayLike, *, method: Downside = "conditional_zero"
) -> BetaEstimate:
    """Estimate the downside beta by a named definition; the definitions do not agree.

    Formula: the conditional ones are OLS on the days with ``x < 0`` (`conditional_zero`),
    ``x < mean`` (`conditional_mean`) or ``x > 0`` (`upside_conditional_zero`). Estrada's is
    ``sum(min(y - a, 0) min(x - b, 0)) / sum(min(x - b, 0)^2)`` with both means (`estrada_mean`) or
    zeros (`estrada_zero`) for a and b. `bawa_lindenberg` is ``sum((y - mean_y) min(x - mean_x, 0))
    / sum(min(x - mean_x, 0)^2)``. **Source:** Ang, Chen and Xing (2006) for `conditional_mean`;
    Estrada (2002), "Systematic risk in emerging markets: the D-CAPM"; Bawa and Lindenberg (1977).

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin.
    method : str
        One of the six above.

    Returns
    -------
    BetaEstimate
        `n` counts the days used. The conditional ones carry the classic errors of their own days;
        for the others `se` is ``None``, `alpha` is 0 and `r2` is the square of the cosine between
        the two series of deviations.

    Raises
    ------
    NotEnoughData
        Fewer than three such days (one, for the last three methods).

    Examples
    --------
    >>> y = [0.05, -0.08, 0.03, -0.12, 0.10, -0.02]
    >>> x = [0.03, -0.05, 0.02, -0.08, 0.06, -0.03]
    >>> [round(downside_beta(y, x, method=m).beta, 4) for m in ("conditional_zero", "estrada_zero")]
    [1.9474, 1.449]
    """
    y, x = pair(y, x)
    one_of("method", method, _DOWNSIDE)
    if "conditional" in method:
        edge = x.mean() if method == "conditional_mean" else 0.0
        days = x > edge if method.startswith("upside") else x < edge
        if days.sum() < 3:
            raise NotEnoughData(
                f"{method} leaves {days.sum()} of {x.size} observations; at least 3 are needed"
            )
        return replace(ols_beta(y[days], x[days]), method=f"downside {method}")
    about = method != "estrada_zero"
    dy, dx = (v - v.mean() if about else v for v in (y, x))
    below = np.minimum(dx, 0.0)
    _, _, sxx = centred("x", below, about_mean=False)
    if sxx == 0:
        raise NotEnoughData(f"{method} finds no observation of x below 0")
    moved = dy if method == "bawa_lindenberg" else np.minimum(dy, 0.0)
    syy = centred("y", moved, about_mean=False)[2]
    beta = float((moved * below).sum()) / sxx
    residual = moved - beta * below
    return BetaEstimate(
        beta=beta,
        se=None,
        alpha=0.0,
        se_alpha=None,
        r2=max(0.0, 1 - float(residual @ residual) / syy) if syy > 0 else 0.0,
        residual_sd=float(np.sqrt(residual @ residual / (x.size - 1))),
        n=x.size,
        method=f"downside {method}",
    )


@vectorised
def portfolio_beta(weights: ArrayLike, betas: ArrayLike) -> Any:
    """Return the beta of a book from the betas of its holdings.

    Formula: ``sum(weights * betas) / sum(weights)``. **Source:** covariance is linear in its first
    argument.

    Parameters
    ----------
    weights, betas : array_like, shape (n,)
        Values in USD, or shares, whose sum must not be 0; beta of each holding to the same coin.

    Examples
    --------
    >>> round(portfolio_beta([5000, 3000, 2000], [1.2, 1.8, 0.9]), 6)
    1.32
    """
    aligned({"weights": weights, "betas": betas})
    weights, betas = series("weights", weights), series("betas", betas)
    if weights.size != betas.size:
        raise InvalidInput(f"{weights.size} weights but {betas.size} betas")
    if abs(weights.sum()) <= _NOTHING_LEFT * np.abs(weights).sum():
        raise InvalidInput("weights must not sum to 0")
    return (weights * betas).sum() / weights.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiBeta(Numbers):
    """Betas of a book to several instruments: made by :func:`multi_beta`.

    Parameters
    ----------
    params : ndarray, shape (k + 1,)
        Intercept per period, then the beta to each instrument with the others held still: each
        beta times the book is the notional to short in that instrument.
    se, se_hac : ndarray, shape (k + 1,)
        Their standard errors, classic and Newey-West.
    vif : ndarray, shape (k,)
        How many times the others inflate the variance of each beta; above 5 the split between
        the instruments is hardly known.
    r2, residual_sd : float
        Share of the book's variance that they remove together, in sample; standard deviation per
        period of the rest, decimal.
    n, lags : int
        Observations, and lags of the Newey-West errors.
    """

    params: FloatArray
    se: FloatArray
    se_hac: FloatArray
    vif: FloatArray
    r2: float
    residual_sd: float
    n: int
    lags: int
    names: tuple[str, ...]

    @property
    def alpha(self) -> float:
        """Intercept per period, decimal."""
        return float(self.params[0])

    @property
    def betas(self) -> FloatArray:
        """Beta to each instrument, shape (k,)."""
        return self.params[1:]

    @property
    def r2_adjusted(self) -> float:
        """`r2` less what k regressors explain by chance."""
        return 1 - (1 - self.r2) * (self.n - 1) / (self.n - self.params.size)

    @property
    def effectiveness(self) -> float:
        """Share of variance removed in sample by hedging with all of `betas`: `r2`."""
        return self.r2

    def _repr_html_(self) -> str:
        head = ("instrument", "beta", "se", "Newey-West se", "VIF")
        rows = [
            (
                name,
                f"{self.params[j]:.3f}",
                f"{self.se[j]:.3f}",
                f"{self.se_hac[j]:.3f}",
                f"{self.vif[j - 1]:.1f}",
            )
            for j, name in enumerate(self.names, start=1)
        ]
        return Table(head, rows).html()


def _names_of(names: Sequence[str] | None, k: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{j + 1}" for j in range(k))
    if isinstance(names, str) or not np.iterable(names):
        raise InvalidInput(f"names must be a list of texts, got {names!r}")
    names = tuple(names)
    for j, name in enumerate(names):
        instance(f"names[{j}]", name, str)
    if len(names) != k:
        raise InvalidInput(f"names must be {k}, one for each column of x, got {len(names)}")
    return names


@extremes("multi_beta")
def multi_beta(
    y: ArrayLike,
    x: ArrayLike,
    *,
    lags: int | None = None,
    small_sample: bool = False,
    names: Sequence[str] | None = None,
) -> MultiBeta:
    """Estimate the betas of a book to several instruments at once, by ordinary least squares.

    Formula: ``y = a + X b``; each ``b_j`` times the book is the notional to short in instrument j.
    ``VIF_j = 1 / (1 - R2 of instrument j on the others)``. **Source:** any textbook of regression.
    Every coin-margined leg brings its own collateral along, which is the plan's business and not
    counted here.

    Parameters
    ----------
    y, x : array_like, shape (n,) and (n, k)
        Returns of the book and of the instruments, n >= k + 2; no instrument may copy the others.
    lags : int, optional
        Of the Newey-West errors, from 0 to n - 1; :func:`newey_west_lags` when omitted.
    small_sample : bool
        Newey-West variance times ``n / (n - k - 1)``.
    names : sequence of str, optional
        Of the instruments; ``x1``, ``x2``... when omitted.

    Examples
    --------
    >>> fit = multi_beta([5, 7, 4, 10, 8], [[1, 1], [2, 1], [1, 0], [3, 2], [3, 1]])
    >>> fit.params.round(6), fit.vif.round(2), round(fit.r2, 6)
    (array([2.3, 1.5, 1.5]), array([2., 2.]), 0.986842)
    """
    y, x = instruments(y, x)
    n, k = x.shape
    names = _names_of(names, k)
    lags = _lags("newey-west", lags, small_sample, n)
    y_mean, dy, syy = centred("y", y)
    means, columns, squares = zip(*(centred(f"x[:, {j}]", x[:, j]) for j in range(k)), strict=True)
    if 0.0 in squares:
        raise InvalidInput(f"instrument {names[squares.index(0.0)]} does not vary: drop it")
    lengths = np.sqrt(squares)
    left, singular, right = np.linalg.svd(np.column_stack(columns) / lengths, full_matrices=False)
    if singular[-1] < 1e-6 * singular[0]:
        raise InvalidInput(
            f"the instruments {', '.join(names)} copy one another, so no split between them can be "
            "found: drop one"
        )
    inverse = (right.T / singular) @ left.T
    shares = np.vstack(
        [1 / n - np.array(means) @ (inverse / lengths[:, None]), inverse / lengths[:, None]]
    )
    betas = shares[1:] @ dy
    residual = dy - np.column_stack(columns) @ betas
    ssr = float(residual @ residual)
    return MultiBeta(
        params=np.array([y_mean - np.array(means) @ betas, *betas]),
        se=_standard_errors(shares, residual, residual, "classic"),
        se_hac=_standard_errors(shares, residual, residual, "newey-west", lags, small_sample),
        vif=(inverse**2).sum(axis=1),
        r2=max(0.0, 1 - ssr / syy) if syy > 0 else 0.0,
        residual_sd=float(np.sqrt(ssr / (n - k - 1))),
        n=n,
        lags=lags,
        names=names,
    )
