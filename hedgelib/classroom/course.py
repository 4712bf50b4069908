"""A course on disk: the files of a class, and its secret."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hedgelib._lock import try_lock
from hedgelib.classroom.personal import attempt_secret, draw, row
from hedgelib.classroom.roster import Roster
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario
from hedgelib.classroom.settings import TEMPLATE, Settings, read_settings
from hedgelib.classroom.source import Source, read_source
from hedgelib.classroom.student import id_hash, numbers_file
from hedgelib.errors import HedgeError
from hedgelib.report.faults import writing

__all__ = ["Course", "CourseError"]

_CONFIG = """# Settings of nbgrader for this class: its tools find them when they are started here.

import os

from hedgelib.classroom.release import PREPROCESSORS
from hedgelib.classroom.source import TEXT_STUB

c = get_config()  # noqa: F821 (nbgrader hands it to this file)

c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
# A JupyterHub knows the course by this name; change it here.
c.CourseDirectory.course_id = "hedging"
c.GenerateAssignment.preprocessors = PREPROCESSORS
c.ClearSolutions.code_stub = {"python": ""}
c.ClearSolutions.text_stub = TEXT_STUB
c.ExecutePreprocessor.timeout = 60
c.ExecutePreprocessor.interrupt_on_timeout = True
"""


class CourseError(HedgeError):
    """A course folder that is missing, damaged, or was made for another class."""


@dataclass(frozen=True, slots=True)
class Course:
    """The folder of a class, in the layout of nbgrader."""

    root: Path

    @property
    def secret_file(self) -> Path:
        """The secret from which the personal numbers are drawn."""
        return self.root / "secret"

    @property
    def gradebook(self) -> Path:
        """The database of nbgrader, with all marks."""
        return self.root / "gradebook.db"

    @property
    def grades(self) -> Path:
        """The table of marks."""
        return self.root / "grades.csv"

    @property
    def roster_file(self) -> Path:
        """The list of the class, as it was when the class was made."""
        return self.root / "roster.json"

    @property
    def platform_folder(self) -> Path:
        """Files that go back to the learning platform."""
        return self.root / "platform"

    @property
    def settings_file(self) -> Path:
        """The instructor's settings: due dates, lateness, attempts."""
        return self.root / "course.toml"

    def settings(self, roster: Mapping[str, str]) -> Settings:
        """Read the instructor's settings."""
        return read_settings(self.settings_file, roster, ASSIGNMENTS)

    def write_roster(self, roster: Roster) -> None:
        """Keep the list of the class, and what its learning platform calls each student."""
        _write_json(self.roster_file, roster.names)
        kept = {name: getattr(roster, name) for name in ("platform", "columns", "cells")}
        _write_json(self._platform_file, kept)

    @property
    def _platform_file(self) -> Path:
        return self.root / "platform.json"

    def platform_list(self) -> Roster:
        """Read the list as its learning platform gave it; a class of an older edition has none."""
        names = self.roster()
        if not self._platform_file.exists():
            return Roster(names=names, cells={})
        try:
            kept = _read_json(self._platform_file)
            cells = {id_: tuple(map(str, row)) for id_, row in kept["cells"].items()}
            columns = tuple(map(str, kept["columns"]))
            return Roster(names=names, platform=str(kept["platform"]), columns=columns, cells=cells)
        except (AttributeError, KeyError, TypeError) as error:
            message = f"{self._platform_file} is damaged; make the class again with the same list"
            raise CourseError(message) from error

    def roster(self) -> dict[str, str]:
        """Read the list of the class, the name of each id."""
        roster = _read_json(self.roster_file)
        if not isinstance(roster, dict) or not all(isinstance(n, str) for n in roster.values()):
            raise CourseError(f"{self.roster_file} is damaged; make the class again")
        return roster

    def _notebook(self, step: str, assignment: str) -> Path:
        return self.root / step / assignment / f"{assignment}.ipynb"

    def source(self, assignment: str) -> Path:
        """Return the path of the source of an assignment."""
        return self._notebook("source", assignment)

    def release(self, assignment: str) -> Path:
        """Return the path of the students' version of an assignment."""
        return self._notebook("release", assignment)

    def solution(self, assignment: str) -> Path:
        """Return the path of the solved version of an assignment."""
        return self._notebook("solution", assignment)

    def numbers_file(self, assignment: str) -> Path:
        """Return the path of the students' numbers, next to the source of an assignment."""
        return self.source(assignment).with_name(numbers_file(assignment))

    def class_page(self, assignment: str) -> Path:
        """Return the path of the class page on an assignment."""
        return self.root / "class" / f"{assignment}.html"

    def statistics(self, name: str) -> Path:
        """Return the file of the statistics of an assignment, or those of the ``"year"``."""
        return self.root / "statistics" / f"{name}.json"

    def by_hand(self, assignment: str, ending: str) -> Path:
        """Return the sheet of the written answers to an assignment: a table, or its page."""
        return self.root / "by_hand" / f"{assignment}.{ending}"

    def learners_page(self, kind: str) -> Path:
        """Return the page on what learners handed in besides the exercises: progress or flights."""
        return self.root / "class" / f"{kind}.html"

    def student_file(self, step: str, student_id: str, assignment: str, ending: str) -> Path:
        """Return where nbgrader keeps a student's file of one step, such as ``"feedback"``."""
        return self.root / step / student_id / assignment / f"{assignment}.{ending}"

    def assignments(self) -> tuple[str, ...]:
        """List the assignments that the course has, in their order."""
        return tuple(name for name in ASSIGNMENTS if self.source(name).is_file())

    def check(self) -> None:
        """Refuse a folder that is no course."""
        if not self.assignments() or not self.gradebook.is_file():
            raise CourseError(
                f"there is no class in {self.root}; make one first: make class ROSTER=roster.csv"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from making or grading this class at the same time."""
        with writing(self.root):
            file = (self.root / ".lock").open("ab")
        with file:
            if not try_lock(file.fileno()):
                raise CourseError(
                    f"another `hedgelib class` or `hedgelib grade` is at work in {self.root}; wait "
                    "until it has finished"
                )
            yield

    def secret(self) -> bytes:
        """Read the course's secret, and make one the first time."""
        with suppress(FileExistsError):
            handle = os.open(self.secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32) + "\n")
        try:
            secret = bytes.fromhex(self.secret_file.read_text(encoding="ascii"))
        except ValueError:
            secret = b""
        if len(secret) != 32:
            raise CourseError(
                f"{self.secret_file} does not hold the secret of a course (64 hexadecimal "
                "digits); restore it from your backup, or make a new class in another folder"
            )
        return secret

    def write_config(self) -> None:
        """Write settings, unless they are there: an instructor may have changed them."""
        for path, text in (
            (self.root / "nbgrader_config.py", _CONFIG),
            (self.settings_file, TEMPLATE),
        ):
            if not path.exists():
                path.write_text(text, encoding="utf-8")

    def write_numbers(
        self, assignment: str, roster: Mapping[str, str], *, attempts: int = 1
    ) -> None:
        """Draw and write the numbers of a class; refuse to change any that were given out."""
        path = self.numbers_file(assignment)
        before = _read_json(path) if path.exists() else {}
        salt = before.get("salt") or secrets.token_hex(8)
        given_out = before.get("students", {})
        secret, students = self.secret(), {}
        for attempt in range(1, attempts + 1):
            columns = draw(scenario(assignment), attempt_secret(secret, attempt), [*roster])
            for place, student_id in enumerate(roster):
                key, numbers = id_hash(salt, student_id, attempt), row(columns, place)
                if given_out.get(key) not in (None, numbers):
                    raise CourseError(
                        f"{path}: the numbers of {student_id!r} would change, because another "
                        "version of the exercises or another secret made this class; you can "
                        "still grade it, but make new classes in another folder: "
                        "make class OUT=..."
                    )
                students[key] = numbers
        record = {
            "assignment": assignment,
            "salt": salt,
            "students": dict(sorted(students.items())),
        }
        _write_json(path, record)

    def numbers(
        self, assignment: str, roster: Mapping[str, str], attempt: int = 1
    ) -> dict[str, dict[str, Any]]:
        """Read the numbers that the students of a class were given for an attempt, by id."""
        path = self.numbers_file(assignment)
        record = _read_json(path)
        try:
            return {i: record["students"][id_hash(record["salt"], i, attempt)] for i in roster}
        except (KeyError, TypeError) as error:
            which = f" for attempt {attempt}" if attempt > 1 else ""
            raise CourseError(
                f"{path} does not have the numbers of every student{which}; make class again with "
                "the same list"
            ) from error

    def read(self, assignment: str) -> Source:
        """Read the source of an assignment as this course has it."""
        return read_source(self.source(assignment))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read; restore it from your backup") from error


def _write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, and its folder if that is missing."""
    # UTF-8 has no half characters; they become escapes.
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and its folder if that is missing."""
    new = path.with_name(f".{path.name}.new")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_bytes(content)
            os.replace(new, path)
        except OSError:
            # On a full disk every byte counts.
            new.unlink(missing_ok=True)
            raise
