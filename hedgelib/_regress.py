"""What regressions are given: columns that belong together and vary."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import FloatArray, aligned, evenly, numbers, series
from hedgelib.errors import InvalidInput, NotEnoughData

_ROUNDING = (16 * np.finfo(np.float64).eps) ** 2
"""Variation below this share of the sum of squares is rounding and counts as none."""
_ENOUGH_TO_WANDER = 20
"""Observations from which prices are told from returns."""
SMALLEST = 1e-250
"""Sums of squares below it have lost digits to underflow."""


def centred(
    name: str, values: FloatArray, weights: FloatArray | None = None, *, about_mean: bool = True
) -> tuple[float, FloatArray, float]:
    """Mean, deviations from it and their sum of squares; 0 where nothing but rounding varies."""
    weights = np.ones(values.size) if weights is None else weights
    size = float(weights @ values**2)
    if values.any() and not SMALLEST < size < np.inf:
        raise InvalidInput(f"the numbers in {name} are too large or too small")
    mean = float(weights @ values / weights.sum()) if about_mean else 0.0
    deviations = values - mean
    squares = float((weights * deviations * deviations).sum())
    if squares <= _ROUNDING * size or (about_mean and np.ptp(values) == 0):
        return mean, np.zeros(values.size), 0.0
    return mean, deviations, squares


def not_levels(y: FloatArray, x: FloatArray) -> None:
    """Refuse prices where returns are meant: two trends always seem to move together."""
    if min(y.min(), x.min()) > 0 and all(map(_wanders, (y, x))):
        raise InvalidInput(
            f"y and x are above 0 in all {len(x)} observations and each stays near the one before, "
            "as prices do and returns do not; pass returns (simple_returns)"
        )


def _wanders(values: FloatArray) -> bool:
    if len(values) < _ENOUGH_TO_WANDER:
        return False
    steps, about = np.diff(values, axis=0), values - values.mean(axis=0)
    # That of independent numbers is about 2, and that of a random walk near 0.
    return bool(((steps**2).sum(axis=0) < (about**2).sum(axis=0)).all())


def pair(
    y: ArrayLike, x: ArrayLike, y_name: str = "y", x_name: str = "x"
) -> tuple[FloatArray, FloatArray]:
    """Check two columns of one length of which the second varies."""
    evenly(chosen=True, **{y_name: y, x_name: x})
    aligned({y_name: y, x_name: x})
    y, x = series(y_name, y, at_least=3), series(x_name, x, at_least=3)
    if y.size != x.size:
        raise InvalidInput(
            f"{y_name} and {x_name} must be of one length, got {y.size} and {x.size}; align dates"
        )
    not_levels(y, x)
    if centred(x_name, x)[2] == 0:
        raise InvalidInput(f"{x_name} does not vary, so nothing can be regressed on it")
    return y, x


def instruments(y: ArrayLike, x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Check a column and a table of several beside it, with rows enough for a regression."""
    evenly(y=y, x=x)
    aligned({"y": y, "x": x}, rows_only=True)
    y, (x,) = series("y", y), numbers(x=x)
    if np.ndim(x) != 2:
        raise InvalidInput(f"x must have shape (n, k), a column for each instrument, got {x.shape}")
    if y.size != len(x):
        raise InvalidInput(f"y and x must be of one length, got {y.size} and {len(x)}; align dates")
    if y.size < x.shape[1] + 2 or x.shape[1] < 1:
        raise NotEnoughData(
            f"{x.shape[1]} instruments need at least 1 column and {x.shape[1] + 2} observations, "
            f"got {y.size}"
        )
    not_levels(y, x)
    return y, x
