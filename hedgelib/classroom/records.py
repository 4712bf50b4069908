"""What is kept of each submission: the file as it was handed in, and what came of running it.

Running a submission takes seconds, marking it takes nothing. So what came of the run is kept, and
marks are worked out from it each time: the same file gets the same marks, and a run that was broken
off goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import Answer, Limits, Outcome, Submission

__all__ = ["Record", "fingerprint", "load", "save"]

_FORM = 1
"""Raised when a record of an older form can no longer be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One submission after it was run.

    Parameters
    ----------
    student_id, assignment : str
    name : str
        Of the file, as it was found.
    fingerprint : str
        Of all that the outcome depends on.
    outcome : Outcome
    written : mapping of str to str
        Answers to be marked by hand.
    warnings : tuple of str
        What was changed in the notebook that should not have been.
    file_warnings : tuple of str
        What there is to say of the file.
    refusal : str
        Why it could not be graded at all; empty where it could.
    """

    student_id: str
    assignment: str
    name: str
    fingerprint: str
    outcome: Outcome = field(default_factory=Outcome)
    written: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    file_warnings: tuple[str, ...] = ()
    refusal: str = ""


def fingerprint(
    submission: Submission, source: str, numbers: Mapping[str, Any], limits: Limits, trust: bool
) -> str:
    """Return a hash of all that the outcome of a submission depends on.

    Parameters
    ----------
    submission : Submission
    source : str
        The source notebook.
    numbers : mapping of str to object
        The student's.
    limits : Limits
    trust : bool
        It is run without a sandbox.

    Returns
    -------
    str
    """
    parts = [
        submission.student_id,
        hashlib.sha256(submission.data).hexdigest(),
        hashlib.sha256(source.encode()).hexdigest(),
        numbers,
        asdict(limits),
        trust,
        _FORM,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _path(course: Course, assignment: str, student_id: str) -> Path:
    return course.root / "graded" / assignment / f"{student_id}.json"


def save(course: Course, record: Record, data: bytes) -> None:
    """Keep a record, and the file that it is of beside it."""
    path = _path(course, record.assignment, record.student_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    handed_in = path.with_suffix(".ipynb")
    new = path.with_suffix(".new")
    new.write_bytes(data)
    os.replace(new, handed_in)
    write_text(path, json.dumps(asdict(record), ensure_ascii=True, indent=1, sort_keys=True))


def load(course: Course, assignment: str, student_id: str) -> tuple[Record, bytes] | None:
    """Read a record and its file; ``None`` where there is none, or none that can be read."""
    path = _path(course, assignment, student_id)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        data = path.with_suffix(".ipynb").read_bytes()
        outcome = raw.pop("outcome")
        answers = {
            name: Answer(
                value=answer["value"],
                problem=answer["problem"],
                call_problems=tuple(answer["call_problems"]),
            )
            for name, answer in outcome["answers"].items()
        }
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        record = Record(
            **fields,
            outcome=Outcome(
                answers=answers,
                problems=tuple(outcome["problems"]),
                seconds=outcome["seconds"],
            ),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record, data
