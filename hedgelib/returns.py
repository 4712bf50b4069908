"""Returns of prices: simple and log, and of a longer horizon.

The profit of a hedge is a straight line in the simple return of the horizon at which it is kept.

Prices are > 0, in order of time, evenly spaced, of one or two dimensions. Anything else raises
:class:`hedgelib.errors.InvalidInput`, and too few :class:`hedgelib.errors.NotEnoughData`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    ABOVE_MINUS_ONE,
    FloatArray,
    evenly,
    extremes,
    numbers,
    one_of,
)
from hedgelib._result import Numbers, whole
from hedgelib.errors import InvalidInput, NotEnoughData

__all__ = ["HorizonReturns", "horizon_returns", "log_returns", "simple_returns"]


def simple_returns(prices_usd: ArrayLike) -> FloatArray:
    """Compute simple returns of a price series, or of each column of a table of prices; decimals.

    Formula: ``prices[1:] / prices[:-1] - 1``, a row less than prices. **Source:** definition.

    Examples
    --------
    >>> simple_returns([100, 110, 99]).round(3)
    array([ 0.1, -0.1])
    """
    prices = _prices(prices_usd)
    with extremes("simple_returns"):
        return np.asarray(prices[1:] / prices[:-1] - 1)


def _prices(prices_usd: ArrayLike) -> FloatArray:
    evenly(prices_usd=prices_usd)
    (prices,) = numbers(prices_usd=prices_usd)
    if np.ndim(prices) not in (1, 2):
        raise InvalidInput(f"prices_usd must have one or two dimensions, got {np.ndim(prices)}")
    if len(prices) < 2:
        raise NotEnoughData(f"prices_usd needs at least 2 values, got {len(prices)}")
    return prices


def log_returns(prices_usd: ArrayLike) -> FloatArray:
    """Compute log returns of a price series, or of each column of a table of prices.

    Formula: ``log(prices[1:]) - log(prices[:-1])``, a row less than prices. They add up over time,
    simple returns do not; but the profit of a hedge is a straight line in simple returns: size it
    with those. **Source:** definition; ``log(1 + r)`` of the simple return ``r``.

    Examples
    --------
    >>> log_returns([100, 110, 99]).round(6)
    array([ 0.09531 , -0.105361])
    """
    return np.diff(np.log(_prices(prices_usd)), axis=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonReturns(Numbers):
    """Returns over longer periods: made by :func:`horizon_returns`.

    Parameters
    ----------
    returns : ndarray, shape (blocks,) or (blocks, k)
        Simple returns of the blocks, decimals.
    periods, dropped : int
        Length of a block; observations at the end that filled no block and were left out.
    """

    returns: FloatArray
    periods: int
    dropped: int


@extremes("horizon_returns")
def horizon_returns(
    returns: ArrayLike, periods: int, *, incomplete: Literal["refuse", "drop"] = "refuse"
) -> HorizonReturns:
    """Compound simple returns over non-overlapping periods.

    Formula: the product of ``1 + r`` over each block, less 1. **Source:** wealth multiplies. The
    beta of a hedge that is kept for a week is that of weekly returns, estimated from a fifth of the
    observations, with an error to match.

    Parameters
    ----------
    returns : array_like, shape (n,) or (n, k)
        Simple returns, decimals above -1, in order of time.
    periods : int
        Observations in a block, from 1 to n.
    incomplete : {"refuse", "drop"}
        What to do with observations at the end that fill no block; the result counts those dropped.

    Examples
    --------
    >>> horizon_returns([0.1, -0.1, 0.2, 0.05, 0.3], 2, incomplete="drop").returns.round(4)
    array([-0.01,  0.26])
    """
    evenly(returns=returns)
    (daily,) = numbers(returns=(returns, ABOVE_MINUS_ONE))
    if np.ndim(daily) not in (1, 2):
        raise InvalidInput(f"returns must have one or two dimensions, got {np.ndim(daily)}")
    one_of("incomplete", incomplete, ("refuse", "drop"))
    periods = whole("periods", periods, least=1, most=len(daily))
    blocks, left = divmod(len(daily), periods)
    if left and incomplete == "refuse":
        raise InvalidInput(
            f"{len(daily)} returns make {blocks} blocks of {periods} and leave {left} over; "
            "pass incomplete='drop' to leave the last ones out"
        )
    growth = (1 + daily[: blocks * periods]).reshape(blocks, periods, *daily.shape[1:])
    return HorizonReturns(returns=growth.prod(axis=1) - 1, periods=periods, dropped=left)
