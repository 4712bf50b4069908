"""Records of submissions: the file as it was handed in, and the result of running it.

Running a submission takes seconds, marking it takes nothing. So the outcome of a run is kept, and
marks are computed from it each time: the same file gets the same marks, and an interrupted run goes
on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hedgelib.classroom._reader import clean
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import Answer, Limits, Outcome, Submission
from hedgelib.classroom.reading import Cell
from hedgelib.report.faults import writing

__all__ = ["Record", "digest_of", "fingerprint", "handed_in", "is_damaged", "load", "save"]

_FORM = 1
"""Raised when a record of an older form can no longer be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One submission after it was run; a record of an older edition lacks digest and cells."""

    student_id: str
    assignment: str
    name: str  # of the file, as it was found
    fingerprint: str  # of all that the outcome depends on
    outcome: Outcome = field(default_factory=Outcome)
    written: Mapping[str, str] = field(default_factory=dict)  # answers to be marked by hand
    warnings: tuple[str, ...] = ()  # changes that students should not make
    file_warnings: tuple[str, ...] = ()
    refusal: str = ""  # why it cannot be graded
    digest: str = ""  # SHA-256 of the file
    person: str = ""  # the learning platform's number for the student
    attempt: int = 1
    at: str = ""  # as in the submission
    clock: str = ""
    late: bool = False
    shown: bool = False  # its feedback has given the right answers away
    counts: bool = False  # it is the attempt that counts
    # By `grade_id`, for people to read: a file is parsed once.
    cells: tuple[tuple[str, Cell], ...] | None = None


def fingerprint(
    submission: Submission, source: str, numbers: Mapping[str, Any], limits: Limits, trust: bool
) -> str:
    """Return a hash of all that the outcome of a submission depends on."""
    parts = [
        submission.student_id,
        submission.digest,
        hashlib.sha256(source.encode()).hexdigest(),
        numbers,
        asdict(limits),
        trust,
        _FORM,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _path(course: Course, assignment: str, student_id: str, attempt: int) -> Path:
    folder = course.root / "graded" / assignment
    return (folder / f"{attempt}" if attempt > 1 else folder) / f"{student_id}.json"


def handed_in(course: Course, assignment: str, student_id: str, attempt: int = 1) -> Path:
    """Return the path of the file of a record, as it was handed in."""
    return _path(course, assignment, student_id, attempt).with_suffix(".ipynb")


def save(course: Course, record: Record, file: Path | None = None) -> None:
    """Store a record, and a copy of its file unless there is one already."""
    path = _path(course, record.assignment, record.student_id, record.attempt)
    if file is not None:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            shutil.copyfile(file, new)
            os.replace(new, path.with_suffix(".ipynb"))
    write_text(path, json.dumps(asdict(record), ensure_ascii=True, indent=1, sort_keys=True))


def load(course: Course, assignment: str, student_id: str, attempt: int = 1) -> Record | None:
    """Read a record; ``None`` if there is none that can be read."""
    path = _path(course, assignment, student_id, attempt)
    try:
        raw = _cleaned(json.loads(path.read_text(encoding="utf-8")))
        if not path.with_suffix(".ipynb").is_file():
            return None
        outcome, cells = raw.pop("outcome"), raw.pop("cells", None)
        answers = outcome.pop("answers").items()
        return Record(
            **_tuples(raw, "warnings", "file_warnings"),
            outcome=Outcome(
                **_tuples(outcome, "problems"),
                answers={name: Answer(**_tuples(one, "call_problems")) for name, one in answers},
            ),
            cells=None
            if cells is None
            else tuple((name, Cell(**_tuples(cell, "takes"))) for name, cell in cells),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError):
        return None


def _tuples(raw: dict[str, Any], *names: str) -> dict[str, Any]:
    """Turn the lists that JSON made of tuples back into tuples."""
    return raw | {name: tuple(raw[name]) for name in names if name in raw}


def is_damaged(course: Course, assignment: str, student_id: str, attempt: int = 1) -> bool:
    """Tell whether something is kept that cannot be read as a record and its file."""
    path = _path(course, assignment, student_id, attempt)
    return path.exists() and load(course, assignment, student_id, attempt) is None


def digest_of(course: Course, record: Record) -> str:
    """Return the SHA-256 of the file of a record, from the file where the record lacks it."""
    if record.digest:
        return record.digest
    path = handed_in(course, record.assignment, record.student_id, record.attempt)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cleaned(value: Any) -> Any:
    """Take half characters, which older editions let in, out of all texts."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(part) for key, part in value.items()}
    return value
