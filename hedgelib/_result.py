"""Checks of counts, and results with several numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from hedgelib._check import FINITE, FloatArray, plain, scalars
from hedgelib._text import Table
from hedgelib.errors import InvalidInput, NotEnoughData


def whole(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    """Check a count and return it as an int."""
    if type(value) is int and abs(value) < 2**53:  # the usual case, at no cost
        number = value
    else:
        (exact,) = scalars(**{name: (value, FINITE)})
        number = int(exact)
        if number != exact:
            raise InvalidInput(f"{name} must be a whole number, got {exact!r}")
    if number < least:
        raise InvalidInput(f"{name} must be >= {least}, got {number}")
    if most is not None and number > most:
        raise NotEnoughData(f"{name} must be at most {most} with the data given, got {number}")
    return number


def drawdown(values: FloatArray) -> float:
    """Return the largest fall of a path from its highest value so far."""
    return float(np.max(np.maximum.accumulate(values) - values))


class Numbers:
    """Base of the results: floats or float64 arrays, never NaN, and a table in a notebook.

    A field listed in `_may_be_infinite` uses infinity as an answer ("never"); anywhere else it
    would be an overflow, and is refused.
    """

    __slots__: tuple[str, ...] = ()
    _may_be_infinite: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
                continue
            if isinstance(value, (float, np.ndarray)):
                good = ~np.isnan(value) if name in self._may_be_infinite else np.isfinite(value)
                if not good.all():
                    raise InvalidInput(
                        f"{name} of {type(self).__name__} cannot be computed: "
                        "the numbers are too large or too small"
                    )
                object.__setattr__(self, name, plain(np.asarray(value)))

    def _repr_html_(self) -> str:
        rows = [
            (name.replace("_", " "), _shown(getattr(self, name)))
            for name in self.__slots__
            if not name.startswith("_")
        ]
        return Table(("field", "value"), rows, "ll").html()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"{' x '.join(map(str, value.shape))} values"
    return (
        ", ".join(f"{v:,.6g}" for v in value.flat) if isinstance(value, np.ndarray) else f"{value}"
    )
