"""Settings of a course, in its file ``course.toml``: due dates, lateness, attempts, columns."""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from hedgelib.classroom._reader import MOST_ATTEMPTS
from hedgelib.classroom.personal import canonical
from hedgelib.errors import HedgeError
from hedgelib.report.dates import TODAY_VARIABLE, today

__all__ = [
    *("TEMPLATE", "Exercise", "Lateness", "Settings", "SettingsError", "now", "read_settings"),
]

TEMPLATE = """\
# Due dates, lateness, attempts and feedback of this class. Every line is optional; take the # away
# to use it, and call `make grade` again. After a change of `attempts` call `make class` first.

# timezone = "Europe/Berlin"  # of the times here and on the platform; otherwise this machine's

# [late]
# per_day = 0.1         # share of the exercise's points that each day begun costs
# at_most = 0.5         # share that lateness can cost in all
# grace_minutes = 15    # late by less is not late

# [exercises.inverse_maths]
# due = 2026-11-20T23:59:00             # or one for each attempt: [2026-11-20, 2026-11-27]
# extensions = { "s02" = 2026-11-27 }   # by student; a day ends at midnight
# attempts = 2                          # each with new numbers
# counts = "best"                       # or "last"
# answers_from = 2026-11-28             # feedback shows no right answers before
# column = "Inverse maths (8812)"       # of the platform's gradebook
# worksheet = "Grades-inverse.csv"      # Moodle's worksheet, next to this file, to be filled in
"""

_DAY = timedelta(days=1)


class SettingsError(HedgeError):
    """A file of settings that cannot be used, with what is wrong in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """Rules of one exercise."""

    due: tuple[datetime, ...] = ()  # of each attempt; the last is also that of all after it
    extensions: Mapping[str, datetime] = field(default_factory=dict)  # by id
    attempts: int = 1
    counts: str = "best"  # or "last"
    answers_from: datetime | None = None
    column: str = ""
    worksheet: Path | None = None

    def due_for(self, student_id: str, attempt: int) -> datetime | None:
        """Return until when a student may hand an attempt in."""
        due = self.due[min(attempt, len(self.due)) - 1] if self.due else None
        extended = self.extensions.get(student_id)
        return max(filter(None, (due, extended)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late a submission was, what that costs, and how well it is known."""

    days: int = 0  # begun
    share: float = 0.0  # of the exercise's points
    doubt: str = ""  # for the instructor


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a course."""

    timezone: tzinfo | None = None  # of this machine, if none
    per_day: float = 0.0
    at_most: float = 1.0
    grace: timedelta = timedelta()
    exercises: Mapping[str, Exercise] = field(default_factory=dict)

    def of(self, assignment: str) -> Exercise:
        """Return the rules of an exercise."""
        return self.exercises.get(assignment, Exercise())

    def moment(self, text: str) -> datetime:
        """Read an ISO time; without an offset, it is one of the course's time zone."""
        return _aware(datetime.fromisoformat(text), self.timezone)

    def late(
        self, assignment: str, student_id: str, attempt: int, *, at: str, clock: str, marked: bool
    ) -> Lateness:
        """Tell how late a submission was.

        `at` is the ISO time of its `clock`: "platform", "exchange" or "file"; `marked` tells that
        the platform calls it late without saying by how much.
        """
        rules = self.of(assignment)
        due = rules.due_for(student_id, attempt)
        if marked:
            if student_id in rules.extensions:
                doubt = "the platform marks it late, but there is an extension: not counted as late"
                return Lateness(doubt=doubt)
            doubt = "the platform marks it late without a time: counted as one day"
            return Lateness(days=1, share=self._cost(1), doubt=doubt)
        if due is None or not at:
            return Lateness()
        over = self.moment(at) - due
        if over <= self.grace:
            return Lateness()
        days = math.ceil(over / _DAY)
        doubt = (
            "late by the time of its file, which may be that of a download; the platform gave none"
        )
        return Lateness(days=days, share=self._cost(days), doubt=doubt if clock == "file" else "")

    def _cost(self, days: int) -> float:
        return min(self.at_most, self.per_day * days)


def read_settings(path: Path, roster: Mapping[str, str], assignments: Sequence[str]) -> Settings:
    """Read the settings of a course; without a file there are none."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}; see https://toml.io") from error
    return _Reading(path, roster, assignments).settings(raw)


def now() -> datetime:
    """Return the time, or the beginning of the day that `HEDGELIB_TODAY` names."""
    if os.environ.get(TODAY_VARIABLE):
        return datetime.combine(today(), time(), UTC)
    return datetime.now(UTC)


def _aware(value: datetime, timezone: tzinfo | None) -> datetime:
    if value.tzinfo is not None:
        return value
    return value.replace(tzinfo=timezone) if timezone else value.astimezone()


@dataclass(slots=True)
class _Reading:
    """One reading of the file: it names the place of what it refuses."""

    path: Path
    roster: Mapping[str, str]
    assignments: Sequence[str]
    timezone: tzinfo | None = None

    def settings(self, raw: Mapping[str, Any]) -> Settings:
        self._known(raw, "", ("timezone", "late", "exercises"))
        if "timezone" in raw:
            self.timezone = self._timezone(raw["timezone"])
        late = self._table(raw, "late")
        self._known(late, "late", ("per_day", "at_most", "grace_minutes"))
        exercises = self._table(raw, "exercises")
        self._known(exercises, "exercises", self.assignments, what="exercise")
        return Settings(
            timezone=self.timezone,
            per_day=self._number(late, "late.per_day", most=1.0, default=0.0),
            at_most=self._number(late, "late.at_most", most=1.0, default=1.0),
            grace=timedelta(
                minutes=self._number(late, "late.grace_minutes", most=10_080.0, default=0.0)
            ),
            exercises={name: self._exercise(exercises, name) for name in exercises},
        )

    def _exercise(self, exercises: Mapping[str, Any], name: str) -> Exercise:
        where = f"exercises.{name}"
        raw = self._table(exercises, name, where)
        known = ("due", "extensions", "attempts", "counts", "answers_from", "column", "worksheet")
        self._known(raw, where, known)
        attempts, counts = raw.get("attempts", 1), raw.get("counts", "best")
        if type(attempts) is not int or not 1 <= attempts <= MOST_ATTEMPTS:
            self._fail(f"{where}.attempts", attempts, f"a whole number from 1 to {MOST_ATTEMPTS}")
        if counts not in ("best", "last"):
            self._fail(f"{where}.counts", counts, "'best' or 'last'")
        due = raw.get("due", [])
        due = due if isinstance(due, list) else [due]
        if len(due) > attempts:
            self._fail(f"{where}.due", f"{len(due)} dates", f"one for each of {attempts} attempts")
        answers_from, worksheet = raw.get("answers_from"), self._text(raw, where, "worksheet")
        return Exercise(
            due=tuple(self._moment(one, f"{where}.due") for one in due),
            extensions=dict(self._extensions(raw, where)),
            attempts=attempts,
            counts=counts,
            answers_from=None
            if answers_from is None
            else self._moment(answers_from, f"{where}.answers_from", begins=True),
            column=self._text(raw, where, "column"),
            worksheet=self.path.parent / worksheet if worksheet else None,
        )

    def _extensions(self, raw: Mapping[str, Any], where: str) -> Iterator[tuple[str, datetime]]:
        ids = {canonical(student_id): student_id for student_id in self.roster}
        where = f"{where}.extensions"
        for typed, until in self._table(raw, "extensions", where).items():
            if canonical(typed) not in ids:
                near = get_close_matches(canonical(typed), ids, n=1)
                hint = f"did you mean {ids[near[0]]!r}?" if near else "correct the id"
                raise SettingsError(f"{self.path}, {where}: nobody has the id {typed!r}; {hint}")
            yield ids[canonical(typed)], self._moment(until, f"{where}.{typed}")

    def _moment(self, value: object, where: str, *, begins: bool = False) -> datetime:
        """Read a time, or a day, which for what is due is its end."""
        if not isinstance(value, date):
            accepted = "a date without quotes, such as 2026-11-20T23:59:00 or 2026-11-20"
            self._fail(where, value, accepted)
        try:
            if not isinstance(value, datetime):
                value = datetime.combine(value, time())
                value = value if begins else value + _DAY - timedelta(seconds=1)
            return _aware(value, self.timezone)
        except (OverflowError, ValueError):
            self._fail(where, value, "a day between those of year 2 and of year 9998")

    def _timezone(self, value: object) -> tzinfo:
        try:
            return ZoneInfo(str(value))
        except (OSError, ValueError, KeyError):
            self._fail("timezone", value, "a name such as 'Europe/Berlin' or 'America/New_York'")

    def _number(
        self, table: Mapping[str, Any], where: str, *, most: float, default: float
    ) -> float:
        value = table.get(where.partition(".")[2], default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            self._fail(where, value, f"a number from 0 to {most:g}")
        return float(value)

    def _text(self, table: Mapping[str, Any], where: str, name: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str):
            self._fail(f"{where}.{name}", value, "a text between quotes")
        return value

    def _table(self, raw: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
        value = raw.get(name, {})
        if not isinstance(value, dict):
            self._fail(where or name, value, f"a table, [{where or name}]")
        return value

    def _known(
        self, table: Mapping[str, Any], where: str, known: Sequence[str], what: str = "setting"
    ) -> None:
        for name in table:
            if name not in known:
                place = f"{self.path}, {where}" if where else f"{self.path}"
                raise SettingsError(f"{place}: no {what} {name!r}; there are {', '.join(known)}")

    def _fail(self, where: str, value: object, accepted: str) -> NoReturn:
        raise SettingsError(f"{self.path}, {where}: must be {accepted}, got {value!r}")
