"""Which of the submissions that were found are taken: those of the right person and attempt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbgrader.apps.api import NbGraderAPI

from hedgelib.classroom.attribution import People
from hedgelib.classroom.book import exchange_time
from hedgelib.classroom.interface import Submission
from hedgelib.classroom.platforms import handed_in_by_worksheet
from hedgelib.classroom.records import digest_of, handed_in
from hedgelib.classroom.roster import Roster
from hedgelib.classroom.standing import Standings

__all__ = ["Intake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What is known of the people and attempts of a class."""

    class_list: Roster
    people: People
    standings: Standings
    nbgrader: NbGraderAPI
    worksheets: dict[Path, dict[str, str]] = field(default_factory=dict)  # those read so far

    def refusal(self, one: Submission) -> str:
        """Say why a submission is not taken; nothing if it is."""
        return self._another_person(one) or self._no_attempt(one)

    def _another_person(self, one: Submission) -> str:
        for person, says in self._persons(one) if one.person else ():
            if person != one.person:
                return (
                    f"the learning platform says it is from user number {one.person}, but {says} "
                    f"user number {person}; it is not marked: if it is the same student, rename "
                    f"the folder or file to {one.student_id}"
                )
        return ""

    def _persons(self, one: Submission) -> Iterator[tuple[str, str]]:
        """Yield the platform's numbers of a student, each with what says so."""
        student_id = one.student_id
        if self.people.origin(one.name).platform == "Canvas":
            for number, known in self.class_list.by_number.items():
                if known == student_id:
                    yield number, f"on your list {student_id} is"
        for record in self.standings.records(one.assignment, student_id):
            if record.person:
                yield record.person, f"the earlier file of {student_id} was from"

    def _no_attempt(self, one: Submission) -> str:
        name, most = one.assignment, self.standings.settings.of(one.assignment).attempts
        if one.attempt > most:
            only = "there is one" if most == 1 else f"there are {most}"
            return (
                f"it is attempt {one.attempt} of {name}, and {only}; allow more in course.toml and "
                "make the class again"
            )
        if most == 1:
            return ""
        course, student_id = self.standings.course, one.student_id
        for record in self.standings.records(name, student_id):
            same = record.attempt == one.attempt and record.shown
            if same and digest_of(course, record) != one.digest:
                path = handed_in(course, name, student_id, one.attempt).with_suffix(".json")
                return (
                    f"{student_id} has the right answers to attempt {one.attempt} of {name} in the "
                    "feedback already, so only the next attempt counts; to take this file all the "
                    f"same, delete {path}"
                )
        return ""

    def timed(self, one: Submission) -> Submission:
        """Let nbgrader's exchange or Moodle's worksheet say when a file was handed in."""
        if one.clock != "file":
            return one
        if one.name == f"{one.student_id}/{one.assignment}/{one.assignment}.ipynb":
            course = self.standings.course
            at, warnings = exchange_time(course, self.nbgrader, one.assignment, one.student_id)
            one = replace(one, warnings=(*one.warnings, *warnings))
            return replace(one, at=at, clock="exchange") if at else one
        worksheet = self.standings.settings.of(one.assignment).worksheet
        if worksheet and self.people.origin(one.name).platform == "Moodle":
            if worksheet not in self.worksheets:
                self.worksheets[worksheet] = handed_in_by_worksheet(worksheet)
            at = self.worksheets[worksheet].get(one.person, "")
            return replace(one, at=at, clock="platform") if at else one
        return one
