"""What the parts of the classroom hand to each other: plain values and bytes, nothing alive.

The way of a submission: :func:`~hedgelib.classroom.submissions.collect` finds it and says which
student it belongs to; a :class:`~hedgelib.classroom.reading.Reader` parses it in the sandbox; the
trusted side puts its answer cells between the locked cells of the source;
:func:`~hedgelib.classroom.sandbox.run` runs that and gives back plain values, which the trusted
side marks.

A release says what it is: ``metadata.hedgelib.assignment`` names its assignment, and the code cell
whose ``metadata.nbgrader.grade_id`` is :data:`ID_CELL` holds one call ``me("ID")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from hedgelib._text import printable
from hedgelib.ask.form import Kind
from hedgelib.errors import HedgeError

__all__ = [
    *("ID_CELL", "Answer", "Collected", "Limits", "Outcome", "Plain", "Refused"),
    *("Submission", "Wanted", "cause_of"),
]

ID_CELL = "student_id"
"""The ``grade_id`` of the cell in which a student types the id."""

Plain: TypeAlias = float | int | str
"""A finite float, an int of at most 15 digits, or a text; a bool is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A variable that a question asks the student to set."""

    question: str  # "q3", for messages
    name: str  # of the variable, "q3" or "q3_reason"; unique in a notebook
    kind: Kind
    calls: tuple[tuple[Plain | list[Plain], ...], ...] = ()  # arguments to call a function with


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use."""

    seconds: float = 60.0  # by the clock, for the whole notebook
    # Computing time for one cell, or for all calls of one function: an endless loop in one answer
    # leaves the others their marks. By the clock it is three times as much, because a busy machine
    # must not cost marks.
    cell_seconds: float = 10.0
    # For each process, and twice as much for all together, with what waits in sockets and what is
    # in scratch files.
    memory_mb: int = 1024
    processes: int = 32  # and threads
    output_bytes: int = 100_000  # printed; the rest is dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a variable held after the notebook had run."""

    # Of a function, the returned values, with None for a call that failed.
    value: Plain | list[Plain | None] | None = None
    problem: str = ""  # why there is no value, in words for the student ("is not set")
    call_problems: tuple[str, ...] = ()  # of a function, one for each call


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Result of running a notebook: an answer for each `Wanted`, whatever happened."""

    answers: Mapping[str, Answer] = field(default_factory=dict)  # by the name of the variable
    problems: tuple[str, ...] = ()  # for the instructor; printable, and of bounded length
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A notebook that was handed in, and the student it belongs to."""

    student_id: str
    assignment: str
    # Its place in the folder, such as "all.zip/ada/x.ipynb". It is shown, never used as a path.
    name: str
    file: Path  # a copy of the notebook as it was found
    digest: str  # SHA-256 of the file
    person: str = ""  # the learning platform's number for the student
    attempt: int = 1
    at: str = ""  # ISO time at which it was handed in, and who says so:
    clock: str = ""  # "platform", "exchange" or "file"
    late: bool = False  # the platform marks it late
    warnings: tuple[str, ...] = ()  # for the instructor

    @property
    def data(self) -> bytes:
        """The notebook as it was found."""
        return self.file.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that is not marked, and why; with its student and assignment where they are known."""

    name: str
    reason: str
    student_id: str = ""
    assignment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnersFile:
    """A log of a flight or a progress file that was handed in; what it holds is unchecked."""

    student_id: str
    kind: str  # "flight" or "progress"
    name: str
    record: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """All that a folder holds, in an order that depends on its content only."""

    found: tuple[Submission, ...] = ()
    refused: tuple[Refused, ...] = ()
    learners: tuple[LearnersFile, ...] = ()  # the last by name of each student and kind


def cause_of(error: Exception) -> str:
    """Write an exception for people: its type, unless it is our own, and how its message begins."""
    if isinstance(error, HedgeError):
        return printable(str(error))[:300]
    return printable(f"{type(error).__name__}: {error}")[:300]
