"""The log of a flight: its seed and what was decided on each day, not what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hedgelib._result import whole
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.flight.day import Orders
from hedgelib.flight.episodes import EPISODES, Course, Episode, lay_out
from hedgelib.flight.flight import Flight

__all__ = ["FlightLog", "read_log"]

VERSION = 1
LARGEST = 200_000
_KEYS = ("hedgelib_flight", "course", "seed", "orders", "answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightLog:
    """What a pilot decided on a course; flown again it gives the same flight to the last digit.

    `course` stands for the episode: a digest that nobody can read the episode from by eye.
    `answers` holds what was answered to the question of a marked day, by day.
    """

    course: str
    seed: int
    orders: tuple[Orders | None, ...]
    answers: dict[int, str]

    @classmethod
    def of(cls, flight: Flight, answers: dict[int, str] | None = None) -> FlightLog:
        """Take down a flight, also one that is not over."""
        course = flight.course
        return cls(
            course=sealed(course.episode, course.seed),
            seed=course.seed,
            orders=flight.orders,
            answers=dict(answers or {}),
        )

    def to_json(self) -> str:
        """Write the log; an order as its own entries, a day without one as null."""
        orders = [
            None if one is None else {k: v for k, v in asdict(one).items() if v is not None}
            for one in self.orders
        ]
        values = (VERSION, self.course, self.seed, orders, self.answers)
        return json.dumps(dict(zip(_KEYS, values, strict=True)), indent=1) + "\n"

    def lay_out(self) -> Course:
        """Find the course that it was flown on."""
        for episode in EPISODES.values():
            if sealed(episode, self.seed) == self.course:
                return lay_out(episode, self.seed)
        raise InvalidInput("the log belongs to no episode: its course or its seed was changed")

    def fly(self) -> Flight:
        """Fly it again."""
        flight = Flight.begin(self.lay_out())
        if len(self.orders) > flight.course.days:
            raise InvalidInput(
                f"the log has orders of {len(self.orders)} days, and the flight "
                f"has {flight.course.days}"
            )
        for orders in self.orders:
            flight = flight.next(orders)
        return flight


def sealed(episode: Episode, seed: int) -> str:
    """Return what stands for an episode in a log."""
    return sha256(f"hedgelib flight|{seed}|{episode.name}".encode()).hexdigest()[:16]


def read_log(path: Path | str) -> FlightLog:
    """Read a log; anything that is none is a :class:`HedgeError` that says why."""
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise HedgeError(f"{path.name}: larger than a log of a flight ever is")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise HedgeError(f"{path.name}: cannot be read as a log of a flight: {error}") from error
    try:
        return parsed(found)
    except HedgeError as error:
        raise HedgeError(f"{path.name}: {error}") from error


def parsed(found: Any) -> FlightLog:
    """Check what a log's JSON holds."""
    if not isinstance(found, dict) or set(found) != set(_KEYS):
        raise InvalidInput(f"not the log of a flight: it must have {', '.join(_KEYS)}")
    if found["hedgelib_flight"] != VERSION:
        raise InvalidInput(
            f"a log of version {found['hedgelib_flight']!r}; this copy reads version {VERSION}"
        )
    orders, answers = found["orders"], found["answers"]
    if not isinstance(orders, list) or not isinstance(answers, dict):
        raise InvalidInput("its orders must be a list and its answers a table")
    return FlightLog(
        course=str(found["course"]),
        seed=whole("seed", found["seed"], least=0),
        orders=tuple(_order(day, one) for day, one in enumerate(orders)),
        answers={int(day): str(text) for day, text in answers.items() if str(day).isdecimal()},
    )


def _order(day: int, entry: Any) -> Orders | None:
    if entry is None:
        return None
    if not isinstance(entry, dict) or not set(entry) <= set(Orders.__slots__):
        names = ", ".join(Orders.__slots__)
        raise InvalidInput(f"the order of day {day} is none: it may have {names}")
    try:
        return Orders(**entry)
    except (TypeError, HedgeError) as error:
        raise InvalidInput(f"the order of day {day} is none: {error}") from error
