"""What the parts of the classroom hand to each other: plain values and bytes, nothing alive.

The way of a submission: :func:`~hedgelib.classroom.submissions.collect` finds it and says which
student it belongs to; a :class:`~hedgelib.classroom.reading.Reader` parses it in the sandbox; the
trusted side puts its answer cells between the locked cells of the source;
:func:`~hedgelib.classroom.sandbox.run` runs that and gives back plain values; the trusted side
marks those. ::

    collect(folder, roster, assignments, reader, spool) -> Collected      # roster: id -> name
    run(cells, numbers, wanted, limits, trust=False) -> Outcome

What `run` gets are cells, each a name and a source, which it runs in order, in one namespace, in
which the plain dictionary ``numbers`` holds the student's numbers before the first. The trusted
side has put the set-up there and left out marking cells; every other cell is the student's, and may
have IPython's syntax in it. A cell that raises is a problem, and the next one runs. The variables
are looked at when the last cell has run. Nothing but Python, the installed packages and `hedgelib`
is to be seen from there, and of `hedgelib` not the notebooks, whose sources hold the solutions.

A release notebook says what it is: ``metadata.hedgelib.assignment`` has the name of its assignment,
and the code cell whose ``metadata.nbgrader.grade_id`` is :data:`ID_CELL` holds one call
``me("ID")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

__all__ = [
    "ID_CELL",
    "Answer",
    "Collected",
    "Kind",
    "Limits",
    "Outcome",
    "Plain",
    "Refused",
    "Submission",
    "Wanted",
]

ID_CELL = "student_id"
"""The ``grade_id`` of the cell in which a student types the id."""

Plain: TypeAlias = float | int | str
"""A finite float, an int of at most 15 digits, or a text; a bool is none of them."""

Kind: TypeAlias = Literal["number", "choice", "function", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A variable that a question asks the student to set."""

    question: str  # ``"q3"``, for messages
    name: str  # Of the variable, ``"q3"`` or ``"q3_reason"``; no two of a notebook are alike
    # ``"number"``: a finite number that is no bool; a numpy scalar, an array or a column of one
    # element, a decimal and a fraction count as the number they hold. ``"choice"`` and ``"text"``:
    # a text. ``"function"``: it is called, and each value that it returns must be a number or a
    # text
    kind: Kind
    # For a function, the positional arguments of each call, plain values or lists of them
    calls: tuple[tuple[Plain | list[Plain], ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use."""

    seconds: float = 60.0  # Wall time for the whole notebook, the calls of functions included
    # Computing time for one cell, or for all calls of one function: an endless loop in one answer
    # leaves the others their marks. One that waits has three times as long by the clock, for a busy
    # machine must not cost marks
    cell_seconds: float = 10.0
    # For each process, and twice as much for all together, with what they share counted once and
    # with what waits in sockets and what is in scratch files
    memory_mb: int = 1024
    processes: int = 32  # Processes and threads together
    output_bytes: int = 100_000  # Of what the notebook prints; what is beyond is dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a variable held after the notebook had run."""

    # A plain value; for a function the list of what it returned, ``None`` for a call that failed.
    # ``None`` where there is nothing to mark
    value: Plain | list[Plain | None] | None = None
    # Why there is no value, in words for the student ("is not set", "is a Series, not a number");
    # empty where there is one
    problem: str = ""
    # For a function, one for each call, empty where it returned a plain value
    call_problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Result of running a notebook."""

    # One for each `Wanted`, under its `name`, whatever happened
    answers: Mapping[str, Answer] = field(default_factory=dict)
    # What the instructor should see, each a sentence: cells that raised (with the cell's
    # ``grade_id``, and the error's type and message), time or memory used up, the process gone,
    # output cut. Of bounded length, and printable
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A notebook that was handed in, and the student it belongs to."""

    student_id: str  # An id of the roster
    assignment: str
    # Where it was found, relative to the folder; inside an archive ``"all.zip/ada/x.ipynb"``. Text
    # from outside: it is shown, never used as a path
    name: str
    # A copy of the notebook as it was found. It is JSON and has the shape of a notebook of some
    # format; nothing else is known of it
    file: Path
    digest: str  # SHA-256 of its bytes
    # Whom the learning platform says it is from, by its own name and number for the student; empty
    # where it says neither
    person: str = ""
    # What the instructor should look at: the id typed in is another than the file name says, a
    # second file of the same student was set aside, and the like
    warnings: tuple[str, ...] = ()

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
class Collected:
    """All that a folder holds, in an order that depends on its content only."""

    found: tuple[Submission, ...] = ()
    refused: tuple[Refused, ...] = ()
