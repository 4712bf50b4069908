"""The hedge ratio, in notionals and in units, and its variance reduction.

A ratio may be right in units and wrong in dollars: they differ by the two prices.

A value that is missing or not what its parameter accepts, and shapes that do not go together,
raise :class:`hedgelib.errors.InvalidInput`, and too few values
:class:`hedgelib.errors.NotEnoughData`; *Raises* lists what else does. A price is in USD per coin. A
function of arrays returns the broadcast shape, in the unit that its name ends with; each field of a
result has the shape of the arguments that it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    FINITE,
    NONNEGATIVE,
    POSITIVE,
    FloatArray,
    Result,
    Rule,
    evenly,
    extremes,
    numbers,
    plain,
    scalars,
    series,
    vectorised,
)
from hedgelib._regress import centred, instruments, pair
from hedgelib._result import Numbers, whole
from hedgelib.beta import correlation, multi_beta, ols_beta
from hedgelib.errors import InvalidInput

__all__ = [
    "MinimumVarianceHedge",
    "NotionalInterval",
    "OutOfSample",
    "bootstrap_effectiveness",
    "change_beta_contracts",
    "diversified_r2",
    "effectiveness_from_ratio",
    "hedge_effectiveness",
    "minimum_variance_hedge",
    "minimum_variance_ratio",
    "notional_interval",
    "out_of_sample_effectiveness",
    "ratio_in_notionals",
    "ratio_in_units",
    "unit_hedge_contracts",
    "volatility_reduction",
]

_CORRELATION = Rule("a correlation from -1 to 1", lambda x: np.abs(x) <= 1)
_AT_LEAST_ONE = Rule(">= 1", lambda x: (x >= 1) & np.isfinite(x))


@vectorised
def minimum_variance_ratio(
    correlation: ArrayLike, sigma_spot: ArrayLike, sigma_futures: ArrayLike
) -> Result:
    """Return the minimum-variance hedge ratio.

    Formula: ``h = rho sigma_S / sigma_F``. **Source:** Hull, Options, Futures, and Other
    Derivatives, ch. 3: the minimum of ``sigma_S^2 - 2 h rho sigma_S sigma_F + h^2 sigma_F^2``.

    Parameters
    ----------
    correlation, sigma_spot, sigma_futures : array_like
        From -1 to 1; standard deviations over the same horizon, >= 0 and > 0: of returns for a
        ratio in notionals (beta), of price changes for one in units.

    Examples
    --------
    >>> round(minimum_variance_ratio(0.928, 0.0263, 0.0313), 4)
    0.7798
    """
    rho, sigma_spot, sigma_futures = numbers(
        correlation=(correlation, _CORRELATION),
        sigma_spot=(sigma_spot, NONNEGATIVE),
        sigma_futures=(sigma_futures, POSITIVE),
    )
    return rho * (sigma_spot / sigma_futures)


@vectorised
def ratio_in_units(beta: ArrayLike, spot_usd: ArrayLike, futures_usd: ArrayLike) -> Result:
    """Convert a beta (USD per USD, of returns) to a hedge ratio of units (of price changes).

    Formula: ``h = beta S / F``. **Source:** ``dS = S r_S`` and ``dF = F r_F`` put into
    ``Cov(dS, dF) / Var(dF)``.

    Parameters
    ----------
    beta, spot_usd, futures_usd : array_like
        Of returns; price of one unit of what is hedged and of the futures, > 0.

    Examples
    --------
    >>> ratio_in_units(1.5, 40, 3000)
    0.02
    """
    beta, spot_usd, futures_usd = _ratio_inputs("beta", beta, spot_usd, futures_usd)
    return beta * (spot_usd / futures_usd)


@vectorised
def ratio_in_notionals(
    ratio_units: ArrayLike, spot_usd: ArrayLike, futures_usd: ArrayLike
) -> Result:
    """Convert a hedge ratio of units (of price changes) to a beta (USD per USD, of returns).

    Formula: ``beta = h F / S``. **Source:** :func:`ratio_in_units` turned round.

    Parameters
    ----------
    ratio_units, spot_usd, futures_usd : array_like
        Units of futures per unit held; prices as for :func:`ratio_in_units`.

    Examples
    --------
    >>> ratio_in_notionals(0.02, 40, 3000)
    1.5
    """
    ratio, spot_usd, futures_usd = _ratio_inputs("ratio_units", ratio_units, spot_usd, futures_usd)
    return ratio * (futures_usd / spot_usd)


def _ratio_inputs(
    name: str, ratio: ArrayLike, spot_usd: ArrayLike, futures_usd: ArrayLike
) -> tuple[FloatArray, ...]:
    return numbers(**{name: (ratio, FINITE)}, spot_usd=spot_usd, futures_usd=futures_usd)


@vectorised
def unit_hedge_contracts(
    ratio_units: ArrayLike, exposure_units: ArrayLike, contract_units: ArrayLike
) -> Result:
    """Return the contracts of a hedge sized in units; negative (to sell) for a long holding.

    Formula: ``-h Q_A / Q_F``, not rounded. **Source:** Hull, Options, Futures, and Other
    Derivatives, ch. 3.

    Parameters
    ----------
    ratio_units : array_like
        From price changes; one from returns belongs into :func:`change_beta_contracts`.
    exposure_units, contract_units : array_like
        Units held, negative for units that are owed; units in one contract, > 0.

    Examples
    --------
    >>> round(unit_hedge_contracts(0.7777, 2_000_000, 42_000), 2)
    -37.03
    """
    ratio, exposure, contract = numbers(
        ratio_units=ratio_units, exposure_units=exposure_units, contract_units=contract_units
    )
    return 0.0 - ratio * exposure / contract


@vectorised
def change_beta_contracts(
    book_usd: ArrayLike, beta: ArrayLike, target_beta: ArrayLike, contract_usd: ArrayLike
) -> Result:
    """Return the contracts that change a book's beta to a target; negative (to sell) to lower it.

    Formula: ``-(beta - target_beta) V / V_F``, not rounded; with target 0 the whole hedge.
    **Source:** Hull, Options, Futures, and Other Derivatives, ch. 3, "Changing the beta of a
    portfolio", which counts contracts to be sold as positive. Margin in the hedge coin adds its own
    delta: see ``hedge_notional``.

    Parameters
    ----------
    book_usd, beta, target_beta : array_like
        Value of the book, >= 0; present beta and the one wanted.
    contract_usd : array_like
        Value of one contract, > 0: futures price times multiplier; for an inverse contract its
        face, at any price.

    Examples
    --------
    >>> change_beta_contracts(5_050_000, 1.5, 0.75, 1010 * 250)
    -15.0
    """
    book_usd, beta, target_beta, contract_usd = numbers(
        book_usd=book_usd, beta=beta, target_beta=target_beta, contract_usd=contract_usd
    )
    return (target_beta - beta) * book_usd / contract_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumVarianceHedge(Numbers):
    """A hedge sized from price changes: made by :func:`minimum_variance_hedge`.

    Parameters
    ----------
    ratio_units, correlation, sd_spot, sd_futures : float
        Units of futures per unit held; of the price changes, as their standard deviations (n - 1).
    effectiveness, contracts : float
        Share of variance removed in sample; signed, before rounding: negative is to be sold.
    """

    ratio_units: float
    correlation: float
    sd_spot: float
    sd_futures: float
    effectiveness: float
    contracts: float


@extremes("minimum_variance_hedge")
def minimum_variance_hedge(
    spot_changes: ArrayLike,
    futures_changes: ArrayLike,
    exposure_units: float,
    contract_units: float,
) -> MinimumVarianceHedge:
    """Size the hedge of a holding from price changes, not from returns.

    Formula: ``h = Cov(dS, dF) / Var(dF)`` and ``-h Q_A / Q_F`` contracts. **Source:** Hull,
    Options, Futures, and Other Derivatives, ch. 3, whose example puts such a ratio also into the
    formula for returns and gets 36.10 instead of 37.03.

    Parameters
    ----------
    spot_changes, futures_changes : array_like, shape (n,)
        Changes of the two prices over the same periods, USD per unit, n >= 3.
    exposure_units, contract_units : float
        Units held, and in one contract (> 0).

    Examples
    --------
    >>> hedge = minimum_variance_hedge([2, -1, 3, -2], [3, -1, 3, -3], 1000, 10)
    >>> round(hedge.ratio_units, 6), round(hedge.contracts, 4)
    (0.777778, -77.7778)
    """
    exposure_units, contract_units = scalars(
        exposure_units=exposure_units, contract_units=contract_units
    )
    spot, futures = pair(spot_changes, futures_changes, "spot_changes", "futures_changes")
    if centred("spot_changes", spot)[2] == 0:
        raise InvalidInput("spot_changes do not vary, so there is nothing to hedge")
    rho = correlation(spot, futures)
    sd_spot, sd_futures = (float(np.std(each, ddof=1)) for each in (spot, futures))
    ratio = minimum_variance_ratio(rho, sd_spot, sd_futures)
    return MinimumVarianceHedge(
        ratio_units=ratio,
        correlation=rho,
        sd_spot=sd_spot,
        sd_futures=sd_futures,
        effectiveness=rho**2,
        contracts=unit_hedge_contracts(ratio, exposure_units, contract_units),
    )


@extremes("hedge_effectiveness")
def hedge_effectiveness(y: ArrayLike, x: ArrayLike, h: ArrayLike) -> Result:
    """Return the share of a book's variance that a hedge removes.

    Formula: ``1 - Var(y - h x) / Var(y)``. **Source:** Ederington (1979), "The hedging performance
    of the new futures markets". In sample it is R² at ``h = beta``, 0 at twice that, and falls
    below beyond. Worked out as ``sum(h x (2 y - h x)) / sum(y^2)`` of deviations, which is 0 and
    not nearly 0 without a hedge.

    Parameters
    ----------
    y : array_like, shape (n,)
        Returns of the book, decimals, n >= 3.
    x : array_like, shape (n,) or (n, k)
        Returns of the hedge instrument, or of k of them used together.
    h : array_like
        Notional short per USD of book. For one instrument any shape, each ratio a hedge of its own;
        for k of them shape (k,), together one hedge.

    Returns
    -------
    float or ndarray
        Shape of `h`, or a float for k instruments. At most 1; below 0 where the hedge adds to the
        variance.

    Examples
    --------
    >>> y, x = [0.05, -0.08, 0.03, -0.12, 0.10, 0.02], [0.03, -0.05, 0.02, -0.08, 0.06, 0.01]
    >>> hedge_effectiveness(y, x, [0, 1, 1.5]).round(4)
    array([0.    , 0.8646, 0.996 ])
    """
    (table,), (h,) = numbers(x=x), numbers(h=h)
    if np.ndim(table) == 2:
        y, x = instruments(y, x)
        if np.shape(h) != (x.shape[1],):
            raise InvalidInput(
                f"h must have one ratio for each of {x.shape[1]} instruments, "
                f"got shape {np.shape(h)}"
            )
        hedged = x @ h
    else:
        y, x = pair(y, x)
        hedged = np.multiply.outer(h, x)
    _, dy, syy = centred("y", y)
    if syy == 0:
        raise InvalidInput("y does not vary, so there is no variance to remove")
    hedged = hedged - hedged.mean(axis=-1, keepdims=True)
    result = (hedged * (2 * dy - hedged)).sum(axis=-1) / syy
    return plain(result)


@vectorised
def effectiveness_from_ratio(r2: ArrayLike, ratio_to_optimal: ArrayLike) -> Result:
    """Return the variance reduction of a hedge of another size than the best.

    Formula: ``R2 (2 q - q^2)``, with q the size over that of the minimum-variance hedge; below 0
    beyond q = 2. **Source:** ``Var(y - q beta x)`` with ``beta^2 Var(x) = R2 Var(y)``. Hedging a
    quarter too much is as bad as hedging a quarter too little.

    Parameters
    ----------
    r2, ratio_to_optimal : array_like
        From 0 to 1; q: 1 for the best, 1 / beta for the naive 1:1.

    Examples
    --------
    >>> round(effectiveness_from_ratio(0.85, 0.8), 6), round(effectiveness_from_ratio(0.85, 1.2), 6)
    (0.816, 0.816)
    """
    r2, q = numbers(r2=r2, ratio_to_optimal=ratio_to_optimal)
    return r2 * (q * (2 - q))


@vectorised
def volatility_reduction(r2: ArrayLike) -> Result:
    """Return the share of volatility, not variance, that the best hedge removes.

    Formula: ``1 - sqrt(1 - R2)``. **Source:** volatility is the root of variance. Worked out as
    ``R2 / (1 + sqrt(1 - R2))``, which keeps its digits when R² is small.

    Parameters
    ----------
    r2 : array_like
        Share of variance removed, from 0 to 1.

    Examples
    --------
    >>> round(volatility_reduction(0.5), 4)
    0.2929
    """
    (r2,) = numbers(r2=r2)
    return r2 / (1 + np.sqrt(1 - r2))


@vectorised
def diversified_r2(pairwise: ArrayLike, coins: ArrayLike) -> Result:
    """Return the R² of an equal-weighted book to its common factor, with equal correlations.

    Formula: ``n rho / (1 + (n - 1) rho)``, the share of the book's variance that a short of the
    factor can remove. **Source:** for coins ``f + e_i`` of variance ``rho + (1 - rho)`` the mean
    has variance ``rho + (1 - rho) / n``, of which ``rho`` is the factor's. A hedge coin that is not
    the factor itself removes less.

    Parameters
    ----------
    pairwise, coins : array_like
        Correlation of any two of the coins, 0 to 1, the R² of each alone; their number n, >= 1.

    Examples
    --------
    >>> round(diversified_r2(0.25, 1), 2), round(diversified_r2(0.25, 20), 2)
    (0.25, 0.87)
    """
    rho, n = numbers(pairwise=pairwise, coins=(coins, _AT_LEAST_ONE))
    return rho / (rho + (1 - rho) / n)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfSample(Numbers):
    """In-sample and out-of-sample results: made by :func:`out_of_sample_effectiveness`.

    Parameters
    ----------
    train, test : int
        Observations it was fitted on and judged on.
    beta_train, beta_test : float or ndarray
        What was fitted, and what would have been best afterwards; shape (k,) for k instruments.
    r2_train, effectiveness : float
        Share of variance removed where it was fitted, and afterwards: the honest one, below 0 where
        the hedge added to the variance.
    """

    train: int
    test: int
    beta_train: Result
    r2_train: float
    effectiveness: float
    beta_test: Result


@extremes("out_of_sample_effectiveness")
def out_of_sample_effectiveness(y: ArrayLike, x: ArrayLike, train: int) -> OutOfSample:
    """Fit a hedge on the first observations and test it out of sample on the rest.

    Formula: ``1 - Var(y - beta x) / Var(y)`` over the rest, with beta from the first `train`.
    **Source:** Ederington's measure where it was not fitted.

    Parameters
    ----------
    y : array_like, shape (n,)
        Returns of the book, decimals, in order of time.
    x : array_like, shape (n,) or (n, k)
        Returns of the hedge instrument, or of k of them used together.
    train : int
        Observations to fit on: at least k + 2, and as many must be left.

    Examples
    --------
    >>> y = [0.05, -0.08, 0.03, -0.12, 0.10, 0.02, -0.04]
    >>> x = [0.03, -0.05, 0.02, -0.08, 0.06, 0.01, -0.03]
    >>> result = out_of_sample_effectiveness(y, x, 4)
    >>> round(result.beta_train, 4), round(result.r2_train, 4), round(result.effectiveness, 4)
    (1.5465, 0.9985, 0.9996)
    """
    (table,) = numbers(x=x)
    y, x = instruments(y, x) if np.ndim(table) == 2 else pair(y, x)
    needed = 3 if x.ndim == 1 else x.shape[1] + 2
    train = whole("train", train, least=needed, most=y.size - needed)
    if x.ndim == 1:
        fit, after = ols_beta(y[:train], x[:train]), ols_beta(y[train:], x[train:])
        betas: list[Result] = [fit.beta, after.beta]
        r2 = fit.r2
    else:
        fits = multi_beta(y[:train], x[:train]), multi_beta(y[train:], x[train:])
        betas, r2 = [each.betas for each in fits], fits[0].r2
    return OutOfSample(
        train=train,
        test=y.size - train,
        beta_train=betas[0],
        r2_train=r2,
        effectiveness=hedge_effectiveness(y[train:], x[train:], betas[0]),
        beta_test=betas[1],
    )


@extremes("bootstrap_effectiveness")
def bootstrap_effectiveness(
    unhedged: ArrayLike,
    hedged: ArrayLike,
    *,
    block: int = 10,
    draws: int = 4_000,
    seed: int = 0,
) -> FloatArray:
    """Draw the variance reduction of a hedge again and again from blocks of its own days.

    Formula: ``1 - Var(hedged) / Var(unhedged)`` over ``ceil(n / block)`` blocks of consecutive
    days, drawn with replacement. **Source:** Künsch (1989), "The jackknife and the bootstrap for
    general stationary observations"; blocks, because wild days follow wild days.

    Parameters
    ----------
    unhedged : array_like, shape (n,)
        Returns without the hedge.
    hedged : array_like, shape (n,) or (n, k)
        Returns with the hedge, or with each of k hedges. All are drawn on the same days, so that
        the difference of two columns of the result is that of the hedges.
    block, draws, seed : int
        Days in a block, from 1 to n; number of draws, from 1 to 100,000; of the random numbers.

    Returns
    -------
    ndarray, shape (draws,) or (draws, k)
        Its percentiles 2.5 and 97.5 are the ends of a 95% confidence interval.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> market, own = rng.normal(0, 0.03, 200), rng.normal(0, 0.02, 200)
    >>> np.percentile(bootstrap_effectiveness(market + own, own), [2.5, 97.5]).round(2)
    array([0.63, 0.79])
    """
    evenly(unhedged=unhedged, hedged=hedged)
    y = series("unhedged", unhedged, at_least=3)
    (z,) = numbers(hedged=(hedged, FINITE))
    if np.ndim(z) not in (1, 2) or len(z) != y.size:
        raise InvalidInput(f"hedged must have a row for each of the {y.size} returns of unhedged")
    block, draws = (
        whole("block", block, least=1, most=y.size),
        whole("draws", draws, least=1, most=100_000),
    )
    columns = np.column_stack([y, z])
    columns = columns - columns.mean(axis=0)
    if centred("unhedged", y)[2] == 0:
        raise InvalidInput("unhedged does not vary, so there is no variance to remove")
    sums, squares = (
        np.lib.stride_tricks.sliding_window_view(each, block, axis=0).sum(axis=-1).T.copy()
        for each in (columns, columns**2)
    )
    random = np.random.default_rng(whole("seed", seed, least=0))
    starts = random.integers(sums.shape[1], size=(draws, -(-y.size // block)))
    size = starts.shape[1] * block
    # Column by column, because numpy adds up what lies together several times as fast.
    mean, mean_square = (
        np.column_stack([np.take(each, starts).sum(axis=1) for each in rows]) / size
        for rows in (sums, squares)
    )
    variance = mean_square - mean**2
    # A draw of days on which nothing moved says nothing.
    variance = variance[variance[:, 0] > 1e-12 * (columns[:, 0] @ columns[:, 0]) / y.size]
    drawn: FloatArray = 1 - variance[:, 1:] / variance[:, :1]
    return drawn if np.ndim(z) == 2 else drawn[:, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotionalInterval(Numbers):
    """Confidence interval of a hedge's notional: made by :func:`notional_interval`.

    Parameters
    ----------
    low_usd, high_usd : float or ndarray
        USD to short.
    """

    low_usd: Result
    high_usd: Result


@extremes("notional_interval")
def notional_interval(
    beta: ArrayLike, se: ArrayLike, book_usd: ArrayLike, z: ArrayLike = 1.959963984540054
) -> NotionalInterval:
    """Return the confidence interval of a hedge's notional from the standard error of its beta.

    Formula: ``V (beta - z se)`` to ``V (beta + z se)``, the delta of coin margin left out.
    **Source:** the interval of a slope times the book.

    Parameters
    ----------
    beta, se, book_usd : array_like
        Estimate and standard error, >= 0; value of the book, USD, >= 0.
    z : array_like
        Standard errors to each side, > 0; the default is the normal 95%. Student's from
        ``BetaEstimate.interval`` is a little wider: say which.

    Examples
    --------
    >>> interval = notional_interval(1.8, 0.09, 10_000, z=2)
    >>> round(interval.low_usd), round(interval.high_usd)
    (16200, 19800)
    """
    beta, se, book_usd, z = numbers(beta=beta, se=se, book_usd=book_usd, z=(z, POSITIVE))
    return NotionalInterval(low_usd=book_usd * (beta - z * se), high_usd=book_usd * (beta + z * se))
