"""nbgrader's gradebook: marks go in, and what a person has marked by hand comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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

from hedgelib._text import printable
from hedgelib.ask.misconceptions import misconception
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.reading import Cell
from hedgelib.classroom.results import Answered, Result
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.source import Source, grade_info

__all__ = [
    *(
        "Score",
        "after",
        "enter",
        "enter_by_hand",
        "exchange_time",
        "penalties",
        "readable",
        "scores",
    ),
    "write_readable",
]

_LARGEST_TIMESTAMP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the gradebook has for a question."""

    points: float  # a person's, if there are any, otherwise computed
    waits: bool = False  # to be marked by hand
    by_hand: bool = False  # the points are a person's
    comment: str = ""  # a person's
    ticks: tuple[bool, ...] = ()  # of the rubric, if the points are theirs


def enter(
    book: Gradebook,
    result: Result,
    *,
    before: Mapping[str, str] | None,
    at: datetime | None,
    penalty: float,
) -> None:
    """Enter the marks of a submission that was handed in `at` a time, and what lateness costs.

    If another file counted `before`, of which this has the written answers, what was marked by hand
    waits again; a written answer that differs, without the points and the comment of its text then.
    """
    assignment, student_id = result.record.assignment, result.record.student_id
    # nbgrader has times in UTC without saying so.
    timestamp = at and at.astimezone(UTC).replace(tzinfo=None)
    with book.db.no_autoflush:
        submission = book.update_or_create_submission(assignment, student_id, timestamp=timestamp)
    (notebook,) = submission.notebooks
    notebook.late_submission_penalty = penalty
    grades = _by_cell(book, Grade, notebook.id)
    comments = _by_cell(book, Comment, notebook.id)
    for answered in result.answered:
        grade = grades[answered.question.graded_cell]
        grade.auto_score = answered.points
        written = answered.question.form.kind == "written"
        if written and before is not None and before.get(answered.question.id) != answered.answer:
            grade.manual_score = comments[answered.question.id].manual_comment = None
        if grade.manual_score is not None:
            grade.needs_manual_grade = grade.needs_manual_grade or before is not None
        else:
            grade.needs_manual_grade = answered.points is None
        comments[answered.question.id].auto_comment = remark(answered) or None
    book.db.commit()


def exchange_time(
    course: Course, nbgrader: NbGraderAPI, assignment: str, student_id: str
) -> tuple[str, list[str]]:
    """Read when a submission came through the exchange, in ISO form, or say why it is not known."""
    file = course.student_file("submitted", student_id, assignment, "ipynb")
    file = file.with_name("timestamp.txt")
    try:
        if not file.exists():
            return "", []
        if file.stat().st_size <= _LARGEST_TIMESTAMP:
            at = nbgrader.get_submitted_timestamp(assignment, student_id)
            return (at.replace(tzinfo=UTC).isoformat() if at else ""), []
        reason = f"it is larger than {_LARGEST_TIMESTAMP:,} bytes"
    except Exception as error:
        # A student wrote the file, and may have put anything there, or linked it to anything.
        reason = type(error).__name__
    return "", [f"the time in timestamp.txt is not used: {reason}"]


def penalties(book: Gradebook, assignment: str) -> dict[str, float]:
    """Read the points that lateness costs, by id, where it costs any."""
    rows = (
        book.db.query(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    return {student_id: float(points) for student_id, points in rows.all() if points}


def after(points: float, penalty: float) -> float:
    """Return the points that are left after what lateness costs, as nbgrader does."""
    return max(0.0, points - penalty)


def scores(book: Gradebook, assignment: str, source: Source) -> dict[str, dict[str, Score]]:
    """Read all marks of an assignment, by id and question."""
    questions = {question.graded_cell: question.id for question in source.questions}
    notebooks = (
        book.db.query(SubmittedNotebook.id, SubmittedAssignment.student_id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    by_student: dict[str, dict[str, Score]] = {}
    for notebook_id, student_id in notebooks.all():
        comments = _by_cell(book, Comment, notebook_id)
        by_student[student_id] = {
            questions[cell]: Score(
                points=float(grade.score),
                waits=bool(grade.needs_manual_grade),
                by_hand=grade.manual_score is not None,
                comment=getattr(comments.get(questions[cell]), "manual_comment", None) or "",
            )
            for cell, grade in _by_cell(book, Grade, notebook_id).items()
            if cell in questions
        }
    return by_student


def enter_by_hand(
    book: Gradebook,
    assignment: str,
    student_id: str,
    cell: str,
    points: float | None,
    comment: str,
) -> None:
    """Enter a person's points and comment for a written answer; without points it waits again."""
    grade = book.find_grade(cell, assignment, assignment, student_id)
    grade.manual_score, grade.needs_manual_grade = points, points is None
    remark = book.find_comment(cell, assignment, assignment, student_id)
    remark.manual_comment = comment or None
    book.db.commit()


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
    mark = answered.mark
    if mark is None:
        return ""
    if answered.problem:
        return f"{printable(answered.problem)}."
    lines = []
    if mark.after or mark.near:
        source = f" from your own {_answers_to(mark.after)}" if mark.after else ""
        rounding = " but for rounding, which gives half of the points" if mark.near else ""
        lines.append(f"Right{source}{rounding}.")
    if mark.model:
        lines.append(misconception(mark.model).why)
    if mark.again:
        lines.append(f"This has cost points in {_number_of(mark.again)}, and costs none here.")
    return " ".join(lines)


def _answers_to(questions: Sequence[str]) -> str:
    answers = "answer" if len(questions) == 1 else "answers"
    return f"{answers} to {' and '.join(map(_number_of, questions))}"


def _number_of(question: str) -> str:
    return f"question {question.removeprefix('q')}"


def readable(
    source: Source, cells: Sequence[tuple[str, Cell]], result: Result, numbers: Mapping[str, Any]
) -> str:
    """Put a student's cells among those of the source, as a notebook for nbgrader's formgrader.

    The student's Markdown is in it word for word, in a block of code: the formgrader would take
    HTML in it for its own. Next to a written answer are the guide to a good one and the numbers.
    """
    notebook = json.loads(source.text)
    marked = {a.question.graded_cell: a for a in result.answered}
    own = {name: cell for name, cell in cells if name}
    extra: dict[str, list[Any]] = {}
    last = "title"
    for name, cell in cells:
        last = name or last
        if not name:
            extra.setdefault(last, []).append(_cell(cell.kind, _shown(cell)))
    placed = []
    for cell in notebook["cells"]:
        name, guide = grade_info(cell)["grade_id"], []
        if grade_info(cell)["solution"]:
            if cell["cell_type"] == "markdown":
                guide = [_cell("markdown", "".join(cell["source"]))]
            cell["source"] = _shown(own[name]) if name in own else ""
        if name == ID_CELL:
            given = scenario(source.name).given
            lines = (f"{g.meaning}: {g.shown(numbers[n])}" for n, g in given.items())
            cell["outputs"] = [_stream("\n".join(lines))]
        elif name in marked and cell["cell_type"] == "code":
            cell["outputs"] = [_stream(_verdict(marked[name]))]
        placed += [cell, *extra.get(name, []), *guide]
    for number, cell in enumerate(placed):
        cell["id"] = f"cell-{number}"
    notebook["cells"] = placed
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": text, **code}


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
    course: Course, source: Source, result: Result, numbers: Mapping[str, Any]
) -> None:
    """Write the notebook that nbgrader's formgrader shows of a submission."""
    record = result.record
    path = course.student_file("autograded", record.student_id, record.assignment, "ipynb")
    write_text(path, readable(source, record.cells or (), result, numbers))
