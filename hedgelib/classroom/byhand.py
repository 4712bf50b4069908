"""Written answers marked by hand: a sheet of answers with the points of a rubric to tick.

The sheet of an exercise is a table, ``by_hand/NAME.csv``, and a page that fills it in. Answers have
codes: a sheet tells nobody's name unless asked to, and ticks belong to the text that they were
given for.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from nbgrader.api import Gradebook

from hedgelib._text import printable, safe, spreadsheet_text
from hedgelib.classroom.book import Score, enter_by_hand
from hedgelib.classroom.course import Course, CourseError, write_text
from hedgelib.classroom.pages import shown_answer
from hedgelib.classroom.results import Answered, Result
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.source import ClassQuestion, Source
from hedgelib.classroom.tables import write_table
from hedgelib.report.blocks import Heading, Section, Table, Text, whole_page

__all__ = ["Sheet", "SheetError", "read_sheet"]

_YES, _NO = ("1", "x", "yes", "true"), ("0", "no", "false")
_LONGEST_COMMENT = 5_000


class SheetError(CourseError):
    """A sheet of marks by hand that cannot be read, with the place of the fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What an instructor has said of an answer; no ticks if it is not marked yet."""

    question: str
    ticks: tuple[bool, ...] = ()
    comment: str = ""
    entered: str = ""  # stamp of what was entered into the gradebook

    @property
    def stamp(self) -> str:
        """Name the ticks and the comment in a text that a spreadsheet leaves as it is."""
        content = json.dumps([self.ticks, self.comment]).encode()
        return f"as {hashlib.sha256(content).hexdigest()[:8]}" if self.ticks else ""


@dataclass(slots=True)
class Sheet:
    """The sheet of an exercise."""

    course: Course
    source: Source
    rows: dict[str, _Row] = field(default_factory=dict)  # by the code of the answer

    @property
    def page(self) -> Path:
        """The page on which answers are read and ticked."""
        return self.course.by_hand(self.source.name, "html")

    @property
    def table(self) -> Path:
        """The table that holds the ticks."""
        return self.course.by_hand(self.source.name, "csv")

    def _answers(self, results: Iterable[Result]) -> Iterator[tuple[str, Result, Answered]]:
        """Yield each written answer that has a rubric, with its code."""
        secret = self.course.secret()
        for result in results:
            for answered in result.answered:
                if answered.question.rubric and answered.answer:
                    record = result.record
                    text = [record.assignment, answered.question.id, record.student_id]
                    message = json.dumps([*text, answered.answer]).encode()
                    # The letter keeps a spreadsheet from taking a code for a number.
                    code = "k" + hmac.digest(secret, message, "sha256").hex()[:10]
                    yield code, result, answered

    def enter(
        self,
        book: Gradebook,
        results: Iterable[Result],
        scores: Mapping[str, Mapping[str, Score]],
    ) -> dict[str, dict[str, Score]]:
        """Enter what was ticked into the gradebook, and return the scores with it.

        Points that were changed in the formgrader afterwards stay until the row is changed; a row
        that was entered and is emptied takes them back.
        """
        after = {student_id: dict(own) for student_id, own in scores.items()}
        for code, result, answered in self._answers(results):
            row, question, record = self.rows.get(code), answered.question, result.record
            if row is None or not (row.ticks or row.entered):
                continue
            own = after[record.student_id]
            score, where = own[question.id], (record.assignment, record.student_id)
            if not row.ticks:
                enter_by_hand(book, *where, question.graded_cell, None, "")
                own[question.id] = Score(points=0.0, waits=True)
                continue
            points = question.points * sum(row.ticks) / len(row.ticks)
            if score.waits or not score.by_hand or row.entered != row.stamp:
                enter_by_hand(book, *where, question.graded_cell, points, row.comment)
                score = Score(points=points, by_hand=True, comment=row.comment)
            ticks = row.ticks if score.points == points else ()
            own[question.id] = replace(score, ticks=ticks)
        return after

    def write(
        self,
        results: Sequence[Result],
        numbers: Mapping[str, Mapping[str, object]],
        roster: Mapping[str, str] | None = None,
    ) -> None:
        """Write the sheet: the table and its page, with names if a roster is given."""
        answers = sorted(self._answers(results), key=lambda answer: answer[0])
        if not answers and not self.rows:
            return
        most = max((len(q.rubric) for q in self.source.questions), default=0)
        head = ["code", "question", *(str(n + 1) for n in range(most)), "comment", "entered"]
        if roster:
            head.append("student")
        texts = {code: " ".join(answered.answer.split()) for code, _, answered in answers}
        owners = {code: result.record.student_id for code, result, _ in answers}
        of = {code: answered.question.id for code, _, answered in answers}
        table: list[list[str]] = []
        for code in [*texts, *(code for code in self.rows if code not in texts)]:
            row = self.rows.get(code) or _Row(question=of[code])
            ticks = [str(int(tick)) for tick in row.ticks]
            cells = [*ticks, *[""] * (most - len(ticks)), row.comment, row.stamp]
            names = [roster.get(owners.get(code, ""), "")] if roster else []
            table.append([code, row.question, *cells, *names, texts.get(code, "")])
        write_table(self.table, [*head, "answer"], table)
        write_text(self.page, self._page(answers, numbers, roster))

    def _earlier(self, answers: Sequence[tuple[str, Result, Answered]]) -> list[dict[str, object]]:
        """Return what was said of words that their student has replaced since."""
        now = {code for code, _, _ in answers}
        return [
            {
                "code": code,
                "question": row.question,
                "ticks": row.ticks,
                "marked": bool(row.ticks),
                "comment": row.comment,
                "entered": row.stamp,
            }
            for code, row in self.rows.items()
            if code not in now
        ]

    def _page(
        self,
        answers: Sequence[tuple[str, Result, Answered]],
        numbers: Mapping[str, Mapping[str, object]],
        roster: Mapping[str, str] | None,
    ) -> str:
        title = f"{self.source.title}: written answers"
        about = (
            "Tick what an answer has. A box says when an answer is marked; without a tick it then "
            f"has no points. Save, put the file {self.table.name} that your browser gives you into "
            f"{self.table.parent}, and call make grade again. Until you save, this browser keeps "
            "your ticks."
        )
        names = "with names" if roster else "without names, in an order of chance"
        parts = [
            Section(
                [Heading(title, f"Only for the instructor, {names}."), Text(about)]
            )._repr_html_(),
            f"<p class='bar' id='bar' data-file='{safe(self.table.name)}' "
            f"data-earlier='{safe(json.dumps(self._earlier(answers)))}'>"
            "<output id='count' aria-live='polite'></output> <button id='save'>Save</button></p>",
        ]
        for place, (code, result, answered) in enumerate(answers, 1):
            student_id = result.record.student_id
            who = f"{roster[student_id]} ({student_id})" if roster else f"Answer {place}"
            parts.append(
                _answer_html(code, who, result, answered, self.rows.get(code), numbers[student_id])
            )
        styles = ("report.css", "class.css")
        return whole_page(title, "\n".join(parts), styles=styles, script="by_hand.js")


def _answer_html(
    code: str,
    who: str,
    result: Result,
    answered: Answered,
    row: _Row | None,
    numbers: Mapping[str, object],
) -> str:
    question, ticks = answered.question, row.ticks if row else ()
    boxes = "".join(
        f"<label><input type='checkbox' class='tick'{_checked(place < len(ticks) and ticks[place])}"
        f"> {safe(text)}</label>"
        for place, text in enumerate(question.rubric)
    )
    comment, entered = (safe(row.comment), row.stamp) if row else ("", "")
    text = "\n".join(map(safe, answered.answer.splitlines()))
    return (
        f"<section class='answer' data-code='{code}' data-question='{safe(question.id)}' "
        f"data-entered='{entered}'>"
        f"<h2>{safe(who)}</h2><pre>{text}</pre>"
        f"<details><summary>Numbers and right answers</summary>{_known(result, numbers)}</details>"
        f"<fieldset><legend>{safe(question.title)}</legend>{boxes}</fieldset>"
        f"<label>Comment <textarea rows='2'>{comment}</textarea></label>"
        f"<label><input type='checkbox' class='marked'{_checked(bool(ticks))}> marked</label>"
        "</section>"
    )


def _checked(is_so: bool) -> str:
    return " checked" if is_so else ""


def _known(result: Result, numbers: Mapping[str, object]) -> str:
    """Write a student's numbers, and the answers to the other questions."""
    given = scenario(result.record.assignment).given
    own = [[g.meaning, g.shown(numbers[name])] for name, g in given.items()]
    answers = [
        [a.question.id, shown_answer(a.answer, a.key.form), shown_answer(a.key.right, a.key.form)]
        for a in result.answered
        if a.key
    ]
    tables = [
        Table(("Number", "Value"), own, "ll", ""),
        Table(("Question", "Answer", "Right"), answers, "lll", ""),
    ]
    return "".join(table._repr_html_() for table in tables)


def read_sheet(course: Course, source: Source) -> Sheet:
    """Read the sheet of an exercise, an empty one if there is none."""
    sheet = Sheet(course, source)
    path = sheet.table
    if not path.exists():
        return sheet
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SheetError(f"{path}: cannot be read ({error}); save it as CSV UTF-8") from error
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter)
    if missing := {"code", "question"} - {*(reader.fieldnames or ())}:
        raise SheetError(
            f"{path}: the column {sorted(missing)[0]!r} is missing; keep the first line as "
            "`make grade` has written it"
        )
    questions = {question.id: question for question in source.questions if question.rubric}
    for cells in reader:
        question = questions.get(cells["question"])
        if question is None:
            raise SheetError(
                f"{path}, line {reader.line_num}, column 'question': no written question "
                f"{cells['question']!r}; there are {', '.join(questions)}"
            )
        where = f"{path}, line {reader.line_num}"
        sheet.rows[cells["code"]] = _Row(
            question=question.id,
            ticks=_ticks(cells, question, where),
            comment=_comment(cells.get("comment") or ""),
            entered=cells.get("entered") or "",
        )
    return sheet


def _ticks(
    cells: Mapping[str, str | None], question: ClassQuestion, where: str
) -> tuple[bool, ...]:
    """Read the ticks of an answer: none if all cells are empty, otherwise an empty one is no."""
    ticks, said = [], False
    for place in range(len(question.rubric)):
        column = str(place + 1)
        cell = (cells.get(column) or "").strip().casefold()
        if cell not in (*_YES, *_NO, ""):
            raise SheetError(
                f"{where}, column {column!r}: 1 or 0 is wanted, got {cell!r}; leave the whole row "
                "empty if the answer is not marked yet"
            )
        ticks.append(cell in _YES)
        said = said or bool(cell)
    return tuple(ticks) if said else ()


def _comment(text: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from taking a text for a formula."""
    bare = text[1:] if text[:1] == "'" and spreadsheet_text(text[1:]) == text else text
    return printable(" ".join(bare.split()))[:_LONGEST_COMMENT]
