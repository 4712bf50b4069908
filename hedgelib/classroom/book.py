"""nbgrader's gradebook: marks go in, and what a person has marked by hand comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.apps.api import NbGraderAPI

from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.models import wrong_model
from hedgelib.classroom.reading import Cell
from hedgelib.classroom.results import Answered, Result
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.source import Source, grade_info
from hedgelib.report.blocks import printable

__all__ = ["Score", "enter", "readable", "scores", "write_readable"]

_LONGEST_STAMP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the gradebook has for a question."""

    points: float  # Those of a person, where one has given any; otherwise those by computation
    waits: bool = False  # The answer waits to be marked by hand
    by_hand: bool = False  # The points are a person's
    comment: str = ""  # A person's words


def enter(
    course: Course, book: Gradebook, nbgrader: NbGraderAPI, result: Result, *, changed: bool
) -> None:
    """Enter the marks of a submission."""
    assignment, student_id = result.record.assignment, result.record.student_id
    timestamp = _handed_in_at(course, nbgrader, assignment, student_id)
    with book.db.no_autoflush:
        submission = book.update_or_create_submission(assignment, student_id, timestamp=timestamp)
    (notebook,) = submission.notebooks
    grades = _by_cell(book, Grade, notebook.id)
    comments = _by_cell(book, Comment, notebook.id)
    for answered in result.answered:
        grade = grades[answered.question.graded_cell]
        grade.auto_score = answered.points
        if grade.manual_score is not None:
            grade.needs_manual_grade = grade.needs_manual_grade or changed
        else:
            grade.needs_manual_grade = answered.points is None
        comments[answered.question.name].auto_comment = remark(answered) or None
    book.db.commit()


def _handed_in_at(
    course: Course, nbgrader: NbGraderAPI, assignment: str, student_id: str
) -> datetime | None:
    """Return when a submission came through the exchange; a student wrote it, so it may be none."""
    stamp = course.student_file("submitted", student_id, assignment, "ipynb")
    try:
        if stamp.with_name("timestamp.txt").stat().st_size > _LONGEST_STAMP:
            return None
        return cast("datetime | None", nbgrader.get_submitted_timestamp(assignment, student_id))
    except Exception:
        # Whatever a student has put there in place of a date.
        return None


def scores(book: Gradebook, assignment: str, source: Source) -> dict[str, dict[str, Score]]:
    """Read all marks of an assignment."""
    cells = {question.graded_cell: question.name for question in source.questions}
    found: dict[str, dict[str, Score]] = {}
    handed_in = (
        book.db.query(SubmittedNotebook.id, SubmittedAssignment.student_id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    for notebook_id, student_id in handed_in.all():
        said = _by_cell(book, Comment, notebook_id)
        found[student_id] = {
            cells[name]: Score(
                points=float(grade.score),
                waits=bool(grade.needs_manual_grade),
                by_hand=grade.manual_score is not None,
                comment=said[cells[name]].manual_comment or "" if cells[name] in said else "",
            )
            for name, grade in _by_cell(book, Grade, notebook_id).items()
            if name in cells
        }
    return found


def _by_cell(book: Gradebook, kind: Any, notebook_id: str) -> dict[str, Any]:
    """Return the grades or the comments of a submission, by the name of their cell."""
    pairs = (
        book.db.query(BaseCell.name, kind)
        .join(BaseCell, BaseCell.id == kind.cell_id)
        .filter(kind.notebook_id == notebook_id)
    )
    return dict(pairs.all())


def remark(answered: Answered) -> str:
    """Write a remark on an answer, for the student and for the instructor."""
    if answered.mark is None:
        return ""
    if answered.problem:
        return f"{printable(answered.problem)}."
    if answered.mark.model:
        return wrong_model(answered.mark.model).says
    return ""


def readable(
    source: Source, cells: Sequence[tuple[str, Cell]], result: Result, numbers: Mapping[str, Any]
) -> str:
    """Put a student's cells among those of the source, for nbgrader's formgrader to show."""
    notebook = json.loads(source.text)
    given = {grade_info(cell)["grade_id"]: cell for cell in notebook["cells"]}
    marked = {a.question.graded_cell: a for a in result.answered}
    own = {name: cell for name, cell in cells if name}
    extra: dict[str, list[Any]] = {}
    last = "title"
    for name, cell in cells:
        last = name or last
        if not name:
            extra.setdefault(last, []).append(_new(cell))
    placed = []
    for name, cell in given.items():
        guide = []
        if grade_info(cell)["solution"]:
            if cell["cell_type"] == "markdown":
                guide = [_new(Cell(kind="markdown", source="".join(cell["source"])), literal=False)]
            cell["source"] = _shown(own[name]) if name in own else ""
        if name == ID_CELL:
            cell["outputs"] = [_stream(_numbers_text(source.name, numbers))]
        elif name in marked and cell["cell_type"] == "code":
            cell["outputs"] = [_stream(_verdict(marked[name]))]
        placed += [cell, *extra.get(name, []), *guide]
    for number, cell in enumerate(placed):
        cell["id"] = f"cell-{number}"
    notebook["cells"] = placed
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _new(cell: Cell, *, literal: bool = True) -> dict[str, Any]:
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell.kind == "code" else {}
    text = _shown(cell) if literal else cell.source
    return {"cell_type": cell.kind, "metadata": {}, "source": text, **code}


def _numbers_text(assignment: str, numbers: Mapping[str, Any]) -> str:
    given = scenario(assignment).given
    return "\n".join(f"{g.meaning}: {g.shown(numbers[name])}" for name, g in given.items())


def _shown(cell: Cell) -> str:
    if cell.kind == "code":
        return cell.source
    longest = max(map(len, re.findall(r"`+", cell.source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{cell.source}\n{fence}"


def _verdict(answered: Answered) -> str:
    points = answered.points or 0.0
    return f"{points:g} of {answered.question.points:g} points. {remark(answered)}".strip()


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text + "\n"}


def write_readable(
    course: Course,
    source: Source,
    cells: Sequence[tuple[str, Cell]],
    result: Result,
    numbers: Mapping[str, Any],
) -> None:
    """Write the notebook that nbgrader's formgrader shows of a submission."""
    path = course.student_file(
        "autograded", result.record.student_id, result.record.assignment, "ipynb"
    )
    write_text(path, readable(source, cells, result, numbers))
