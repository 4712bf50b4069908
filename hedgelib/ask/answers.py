"""Answers: reading a written answer as a number, and how close counts as right."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from hedgelib.errors import InvalidInput

WITHIN = 0.002
"""Accepted error of a number, relative to the right one."""
NEAR = 0.03
"""Error up to which a wrong number is one with too few digits, relative to the right one."""

FLOAT_ERROR = 1e-9
_LONGEST = 200

_MINUS = str.maketrans(dict.fromkeys("−–‐‑﹣－", "-") | dict.fromkeys("\u200b\u2060\ufeff"))
_FIGURE = r"[0-9.][0-9., _'’]*(?:(?<=[0-9.])e[+-]?[0-9]+)?"
_WRITTEN = re.compile(
    rf"([+-]?) ?((?:us)?\$|usd)? ?([+-]?) ?({_FIGURE})(?: ?/ ?({_FIGURE}))? ?([^0-9].*)?"
)
_GROUPED = re.compile(r"[1-9][0-9]{0,2}([ ,_'’])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]*)?(?:e.+)?")
_PLAIN = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e.+)?")
_QUOTABLE = re.compile(r"(?:[^\W_]|[ .,'’%/+()−-]|\$(?=[+−-]?[0-9])){1,40}")

_WORDS = {
    "USD": "usd us$ $ dollar dollars",
    "ETH": "eth ether",
    "BTC": "btc bitcoin bitcoins",
    "contracts": "contract contracts",
    "percent": "% percent",
    "x": "x × times",
    "standard deviations": "σ sigma sigmas sd",
}
_UNIT_OF = {word: unit for unit, words in _WORDS.items() for word in words.split()}
_UNIT_OF |= dict.fromkeys(("standard deviation", "standard deviations"), "standard deviations")
_DECIMALS = ("a number", "a decimal", "a share")
_RATE = re.compile(r"(?:%|percent)(?: ?/ ?| (?:for|per|a|an|each|every) (?:each |every )?)(.+)")


def close(answer: float, right: float, within: float = WITHIN) -> bool:
    """Tell whether a number equals another within the accepted error."""
    return abs(answer - right) <= within * abs(right)


def is_whole(value: float) -> bool:
    """Tell whether a number is whole, up to a float's own error."""
    return close(value, round(value), FLOAT_ERROR)


def rounds_to(answer: float, value: float) -> bool:
    """Tell whether an answer is a value rounded to the digits of the answer, two at least."""
    digits = len(f"{abs(answer):.12g}".split("e")[0].replace(".", "").strip("0"))
    return digits >= 2 and float(f"{value:.{digits}g}") == answer


def read_answer(*given: object, unit: str) -> float:
    """Read an answer as people write it, in the unit that is asked for.

    Several are what Python has made of ``1,000``, which is ``1, 0``. 33% is 33 where percent is
    asked for, and 0.33 where ``"a number"`` is. A comma ends the unit's own words.
    """
    if len(given) == 1 and isinstance(given[0], tuple):
        given = given[0]
    value = _single(given[0]) if len(given) == 1 else _regrouped(given)
    value = _from_text(value, unit) if isinstance(value, str) else value
    if not math.isfinite(value):
        raise _no_number(str(value))
    return value


def _no_number(what: str) -> InvalidInput:
    return InvalidInput(f"An answer is a number, such as 12.5, and you gave {what}.")


def _two_ways(what: str) -> InvalidInput:
    return InvalidInput(
        f"{what} can be read in more than one way: write a point before the decimals, and commas "
        "or nothing between thousands, such as 1,234.5 or 1234.5."
    )


def _quoted(text: str) -> str:
    """Quote a reader's text so that Markdown leaves it alone; describe it where that is hard."""
    return f"'{text}'" if _QUOTABLE.fullmatch(text) else "a text that holds something else"


def _single(value: object) -> float | str:
    """Return one value of any type as a float, or as a text."""
    named = f"something of the type {type(value).__name__.strip('_')}"
    of_pandas = getattr(type(value), "to_numpy", None)
    if of_pandas:
        value = of_pandas(value)
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, str):
        array = np.asarray(value)
        if array.size != 1:
            raise _no_number(f"{array.size} of them")
        if np.ma.is_masked(value) or array.dtype.kind not in "iufUO":
            raise _no_number(named)
        value = array.item()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        raise _no_number(str(value) if isinstance(value, bool) else named)
    try:
        return float(value)
    except OverflowError:
        raise _no_number("one that is too large") from None
    except (TypeError, ValueError):
        raise _no_number(named) from None


def _regrouped(parts: tuple[Any, ...]) -> float:
    """Rejoin a number that Python has split at the commas between thousands.

    Python refuses 1,050 by itself, as it does any whole number with a zero in front but 000. So a
    group of one or two digits was written as such, after a decimal comma.
    """
    *kinds, last = map(type, parts or (None,))
    if set(kinds) != {int} or last is bool or not issubclass(last, (int, float)):
        raise _no_number(f"{len(parts)} of them")
    first, *groups = parts
    whole = all((part == 0 and type(part) is int) or 100 <= part < 1000 for part in groups)
    if not 0 < abs(first) < 1000 or not whole:
        raise _two_ways("That, with its commas,")
    size = abs(first)
    for group in groups:
        size = size * 1000 + group
    return math.copysign(size, first)


def _from_text(text: str, unit: str) -> float:
    plain = "".join(" " if letter.isspace() else letter for letter in text.translate(_MINUS))
    plain = " ".join(plain.split()).casefold()
    found = _WRITTEN.fullmatch(plain) if len(plain) <= _LONGEST else None
    if not found:
        raise _no_number(_quoted(text))
    sign, currency, other_sign, above, below, words = found.groups(default="")
    if sign and other_sign:
        raise _no_number(_quoted(text))
    value = _figure(above, text)
    if below:
        divisor = _figure(below, text)
        if not divisor:
            raise _no_number("a fraction with 0 below the line")
        value /= divisor
    if "-" in (sign, other_sign):
        value = -value
    for word in (currency, words):
        value *= _factor(word.strip(), unit, text)
    if not math.isfinite(value):
        raise _no_number("one that is too large")
    return value


def _figure(figure: str, text: str) -> float:
    figure = figure.strip()
    if not _PLAIN.fullmatch(figure) and not _GROUPED.fullmatch(figure):
        if not re.search(r"[0-9]", figure):
            raise _no_number(_quoted(text))
        raise _two_ways(_quoted(text) if _QUOTABLE.fullmatch(text) else "Your answer")
    return float(re.sub(r"[ ,_'’]", "", figure))


def _factor(words: str, unit: str, text: str) -> float:
    """Return the factor that converts a number followed by these words to the unit."""
    asked = unit.partition(",")[0]
    wanted = _UNIT_OF.get(asked.casefold(), asked)
    given = _UNIT_OF.get(words, words)
    rate, asked_rate = _RATE.fullmatch(words), _RATE.fullmatch(wanted)
    if not given or given in (wanted, wanted.casefold()):
        return 1.0
    if asked_rate and (given == "percent" or (rate and rate[1] == asked_rate[1])):
        return 1.0
    if wanted in _DECIMALS and given in ("x", "percent"):
        return 1.0 if given == "x" else 0.01
    if given not in _WORDS:
        raise _no_number(_quoted(text))
    phrase = "without a unit" if wanted in _DECIMALS else f"in {asked}"
    raise InvalidInput(f"Give the answer {phrase}; {_quoted(text)} is in {given}.")
