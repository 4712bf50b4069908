"""Personal numbers, drawn from the course's secret: the same on every machine, forever.

What is drawn has to be the same next year, so nothing here uses numpy's random generators, whose
streams may change from version to version.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib._text import percent, usd
from hedgelib.errors import HedgeError

__all__ = [
    *("DEMO", "Draws", "Given", "Numbers", "Scenario", "attempt_secret", "canonical", "draw"),
    *("draw_one", "row"),
]

DEMO = "demo"
"""An id that belongs to no student, with public numbers, to try an exercise out."""

_WORDS_A_DIGEST = 4
_MOST_ATTEMPTS = 200


def canonical(student_id: str) -> str:
    """Return an id in the form in which ids are compared: lower case, without spaces around it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", student_id).casefold()).strip()


class Draws:
    """Draws for many students at once, each from HMAC-SHA256 of the secret, assignment and id.

    Digests are cut into numbers of 64 bits; the remainders taken are uniform to one part in 10^12.
    """

    def __init__(
        self, secret: bytes, assignment: str, ids: Sequence[str], *, attempt: int = 0
    ) -> None:
        self.count = len(ids)
        self._secret = secret
        self._names = [json.dumps([assignment, canonical(i), attempt]).encode() for i in ids]
        self._used = 0
        self._block: NDArray[np.uint64] = np.empty((self.count, 0), dtype=np.uint64)

    def _words(self) -> NDArray[np.uint64]:
        place = self._used % _WORDS_A_DIGEST
        if place == 0:
            number = str(self._used // _WORDS_A_DIGEST).encode()
            digests = b"".join(
                hmac.digest(self._secret, name + b"/" + number, "sha256") for name in self._names
            )
            self._block = np.frombuffer(digests, dtype=">u8").reshape(self.count, _WORDS_A_DIGEST)
        self._used += 1
        return self._block[:, place].astype(np.uint64)

    def whole(self, count: int) -> NDArray[np.int64]:
        """Draw whole numbers from 0 to below `count`."""
        return (self._words() % np.uint64(count)).astype(np.int64)

    def grid(self, low: float, high: float, step: float) -> NDArray[np.float64]:
        """Draw numbers from `low` to `high` in steps, each the decimal number it looks like."""
        steps = round((high - low) / step) + 1
        scale = 10 ** max(0, len(f"{step:.9f}".rstrip("0").partition(".")[2]))
        first, width = round(low * scale), round(step * scale)
        return np.asarray((first + width * self.whole(steps)) / scale)

    def choice(self, *options: Any) -> NDArray[Any]:
        """Draw one of the options."""
        return np.array(options)[self.whole(len(options))]

    def order(self, count: int) -> NDArray[np.int64]:
        """Draw an order of 0 to below `count`: a row for each place."""
        order = np.tile(np.arange(count)[:, None], (1, self.count))
        everyone = np.arange(self.count)
        for last in range(count - 1, 0, -1):
            other = self.whole(last + 1)
            order[last], order[other, everyone] = order[other, everyone].copy(), order[last].copy()
        return order


def _digits(share: float) -> int:
    """Return the number of decimals that show a percentage exactly."""
    return len(f"{100 * share:.8f}".rstrip("0").partition(".")[2])


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "text": str,
    "usd": usd,
    "usd_cents": lambda value: usd(value, cents=True),
    "coins": lambda value: f"{value:,.4f}".rstrip("0").rstrip("."),
    "count": lambda value: f"{value:,.0f}".replace("-", "−"),
    "number": lambda value: f"{value:g}".replace("-", "−"),
    "leverage": lambda value: f"{value:g}x",
    "percent": lambda value: percent(value, digits=_digits(value)),
    "change": lambda value: percent(value, digits=_digits(value), signed=True),
}


@dataclass(frozen=True, slots=True)
class Given:
    """Meaning and format of a number."""

    meaning: str  # "price of ETH when you sell"
    unit: str  # "usd", "percent" or another key of _SHOWN

    def shown(self, value: Any) -> str:
        """Write a value, or a list of them, for people."""
        one = _SHOWN[self.unit]
        return ", ".join(map(one, value)) if isinstance(value, (list, tuple)) else one(value)


def _everyone(columns: Mapping[str, Any]) -> NDArray[np.bool_]:
    return np.ones(len(columns["_assignment"]), dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Scenario of an assignment, with different numbers for each student."""

    name: str  # "inverse_maths"
    opening: tuple[str, ...]  # names of the numbers that are shown for an id
    given: Mapping[str, Given]  # the numbers that a student sees, by name
    # Gives a column for each name, with a value for each student along the last axis.
    numbers: Callable[[Draws], Mapping[str, NDArray[Any]]]
    # For each question with options, how many answers and how many reasons it has.
    choices: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    # Tells for each student whether the numbers will do; those that will not are drawn again.
    sound: Callable[[Mapping[str, Any]], NDArray[np.bool_]] = _everyone


class Numbers:
    """The numbers of a student, each under its name: ``my.short_usd``."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", dict(values))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            message = f"there is no number {name!r}; there are {', '.join(self)}"
            raise AttributeError(message) from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"your numbers stay as they are; call {value!r} something else")

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._values if not key.startswith("_"))

    def __dir__(self) -> list[str]:
        return [*self]

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {self._values[name]!r}" for name in self)


def draw(scenario: Scenario, secret: bytes, ids: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Draw the numbers of many students, in columns; nobody's depend on who else is in the list."""
    columns = _columns(scenario, Draws(secret, scenario.name, ids))
    for attempt in range(1, _MOST_ATTEMPTS):
        again = np.flatnonzero(~scenario.sound(columns))
        if not again.size:
            return columns
        draws = Draws(secret, scenario.name, [ids[int(i)] for i in again], attempt=attempt)
        for name, column in _columns(scenario, draws).items():
            columns[name][..., again] = column
    raise HedgeError(f"the scenario {scenario.name} refuses its own numbers; widen its ranges")


def _columns(scenario: Scenario, draws: Draws) -> dict[str, NDArray[Any]]:
    orders = {
        f"_{question}_{part}": draws.order(count)
        for question, counts in scenario.choices.items()
        for part, count in zip(("says", "because"), counts, strict=True)
    }
    columns = {name: np.array(column) for name, column in scenario.numbers(draws).items()}
    return {"_assignment": np.full(draws.count, scenario.name), **columns, **orders}


def row(columns: Mapping[str, NDArray[Any]], place: int) -> dict[str, Any]:
    """Take one student's numbers out of the columns, as plain values."""
    return {name: column[..., place].tolist() for name, column in columns.items()}


def draw_one(scenario: Scenario, secret: bytes, student_id: str) -> dict[str, Any]:
    """Draw the numbers of one student, as plain values."""
    return row(draw(scenario, secret, [student_id]), 0)


def attempt_secret(secret: bytes, attempt: int) -> bytes:
    """Return the secret of an attempt's numbers, which for the first is the course's own."""
    return secret if attempt == 1 else hmac.digest(secret, f"attempt {attempt}".encode(), "sha256")


def demo_secret() -> bytes:
    """Return the public secret of the demo numbers."""
    return hashlib.sha256(DEMO.encode()).digest()
