"""Rules applied to a student's work: which attempt counts, how late it was, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from hedgelib.ask.marking import Key
from hedgelib.classroom.course import Course
from hedgelib.classroom.records import Record, load, save
from hedgelib.classroom.results import mark_record
from hedgelib.classroom.settings import Lateness, Settings, now
from hedgelib.classroom.source import Source

__all__ = ["Standings", "days"]


@dataclass(frozen=True, slots=True)
class Standings:
    """The rules of a course, and the records to which they apply."""

    course: Course
    settings: Settings

    def records(self, name: str, student_id: str) -> list[Record]:
        """Load the attempts of a student, the first one first."""
        attempts = range(1, self.settings.of(name).attempts + 1)
        kept = (load(self.course, name, student_id, attempt) for attempt in attempts)
        return [record for record in kept if record]

    def counted(self, name: str, student_id: str) -> Record | None:
        """Return the attempt that counted when the exercise was last graded."""
        records = self.records(name, student_id)
        first = records[0] if records else None
        return next((record for record in records if record.counts), first)

    def count(
        self, source: Source, keys: list[Mapping[str, Key]], student_id: str
    ) -> tuple[Record | None, bool]:
        """Choose the attempt that counts, and tell whether it is another one than before.

        It is the last, or the best by computed points; `keys` are those of each attempt.
        """
        records = self.records(source.name, student_id)
        gradable = [record for record in records if not record.refusal]
        rules = self.settings.of(source.name)
        if rules.attempts == 1 or not gradable:
            return (records[-1] if records else None), False
        counting = gradable[-1]
        if rules.counts == "best":
            counting = max(gradable, key=lambda one: self.computed(one, source, keys))
        if counting.counts:
            return counting, False
        for record in records:
            save(self.course, replace(record, counts=record is counting))
        return replace(counting, counts=True), len(records) > 1

    def computed(self, record: Record, source: Source, keys: list[Mapping[str, Key]]) -> float:
        """Return the computed points of an attempt, after what lateness costs."""
        result = mark_record(record, source, keys[record.attempt - 1])
        points = sum(answered.points or 0.0 for answered in result.answered)
        return max(0.0, points - self.late(record).share * source.points)

    def late(self, record: Record) -> Lateness:
        """Tell how late a submission was."""
        return self.settings.late(
            record.assignment,
            record.student_id,
            record.attempt,
            at=record.at,
            clock=record.clock,
            marked=record.late,
        )

    def moment(self, record: Record) -> datetime | None:
        """Return when a submission was handed in, if a platform or the exchange says so."""
        known = record.at and record.clock != "file"
        return self.settings.moment(record.at) if known else None

    def shows_answers(self, name: str) -> bool:
        """Tell whether feedback may show right answers by now."""
        answers_from = self.settings.of(name).answers_from
        return answers_from is None or answers_from <= now()

    def told(
        self, record: Record, source: Source, keys: list[Mapping[str, Key]], penalty: float
    ) -> Iterator[str]:
        """Say on a page of feedback what the rules made of the student's work."""
        rules = self.settings.of(source.name)
        if late := self.late(record).days:
            costs = f"{penalty:g} points are deducted" if penalty else "this costs no points"
            yield f"It was handed in {days(late)} late; {costs}."
        if rules.attempts > 1:
            number = f"attempt {record.attempt} of {rules.attempts}"
            yield f"This is {number}; the {rules.counts} one counts."
            for other in self.records(source.name, record.student_id):
                if other.attempt != record.attempt:
                    points = other.refusal or f"{self.computed(other, source, keys):g} points"
                    yield f"Attempt {other.attempt}: {points}, without answers marked by hand."
        if not self.shows_answers(source.name) and rules.answers_from:
            yield f"The right answers are shown from {rules.answers_from:%Y-%m-%d %H:%M} on."


def days(count: int) -> str:
    """Write a number of days."""
    return "1 day" if count == 1 else f"{count} days"
