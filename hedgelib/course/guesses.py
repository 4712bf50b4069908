"""The numbers in the option that a reader chose."""

from __future__ import annotations

import re

__all__ = ["number_in", "numbers_in"]

_NUMBER = re.compile(r"(−?)(\$?)(\d[\d,]*(?:\.\d+)?)(%?)")


def number_in(option: str | None) -> float | None:
    """Return the first number in an option, or None.

    Returns
    -------
    float or None
        A percentage as a decimal; ``None`` without an option, or without a number in it.

    Notes
    -----
    **Source:** the house style of :mod:`hedgelib._text`, read back.

    Examples
    --------
    >>> number_in("she loses −$2,500"), number_in("about 47%"), number_in(None)
    (-2500.0, 0.47, None)
    """
    found = _NUMBER.search(option or "")
    if not found:
        return None
    value = float(found[3].replace(",", "")) / (100 if found[4] else 1)
    return -value if found[1] else value


def numbers_in(option: str | None) -> tuple[float, float] | None:
    """Return the first two numbers in an option, or None.

    Returns
    -------
    tuple of (float, float) or None
        The first two numbers; ``None`` without an option, or without two numbers in it.

    Examples
    --------
    >>> numbers_in("from 0.56 to 1.39"), numbers_in("never")
    ((0.56, 1.39), None)
    """
    found = [number_in(match[0]) for match in _NUMBER.finditer(option or "")]
    if len(found) < 2 or found[0] is None or found[1] is None:
        return None
    return found[0], found[1]
