"""Student's distribution, without the quarter of a second that loading scipy takes."""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p, pi

__all__ = ["student_quantile"]

_PRECISION = 1e-15
_LARGE = 1e4
"""Degrees of freedom from which the expansion about the normal distribution is exact."""


@lru_cache(maxsize=256)
def student_quantile(level: float, dof: float) -> float:
    """Return the `t` with ``P(-t < T < t) = level``: half the width of a confidence interval.

    The probability is concave in `t`, so Newton's method rises to it from the normal quantile,
    which is never above Student's. Many degrees of freedom: Abramowitz and Stegun, 26.7.5.
    """
    from statistics import NormalDist  # needed only where an interval is

    t = abs(NormalDist().inv_cdf((1 - level) / 2))
    if dof > _LARGE:
        return t + (t**3 + t) / (4 * dof) + (5 * t**5 + 16 * t**3 + 3 * t) / (96 * dof * dof)
    constant = 2 * exp(lgamma((dof + 1) / 2) - lgamma(dof / 2)) / (pi * dof) ** 0.5
    step = inf
    while step > _PRECISION * t:
        density = constant * exp(-(dof + 1) / 2 * log1p(t * t / dof))
        if density == 0:
            return inf
        step = (_outside(t, dof) - (1 - level)) / density
        t += step
    return t


def _outside(t: float, dof: float) -> float:
    """Return the probability of a value further from 0 than `t`, an incomplete beta function."""
    a, b = dof / 2, 0.5
    x, y = dof / (dof + t * t), t * t / (dof + t * t)
    if y == 0:
        return 1.0
    scale = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y))
    if x < (a + 1) / (a + b + 2):
        return scale * _fraction(a, b, x) / a
    return 1 - scale * _fraction(b, a, y) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function (Numerical Recipes, 6.4)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value, m = d, 0
    while abs(c * d - 1) > _PRECISION or m == 0:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            value *= c * d
    return value
