"""The versions of an exercise that go out: made from its source by nbgrader, never by hand."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange
from nbgrader.preprocessors import NbGraderPreprocessor
from sqlalchemy.exc import DatabaseError
from traitlets.config.loader import Config, PyFileConfigLoader

from hedgelib.classroom.course import Course, CourseError, write_text
from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.personal import DEMO
from hedgelib.classroom.source import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_SOLUTION,
    Source,
    earlier,
    grade_info,
    solution_of,
)

__all__ = [
    *("PREPROCESSORS", "Prepare", "api", "enter_students", "exchange_folders", "gradebook"),
    *("release", "release_line", "solved", "write_solution"),
]


class Prepare(NbGraderPreprocessor):  # type: ignore[misc]
    """Put each question's solution into its marking cell, where nbgrader's own autograding runs it.

    It goes with the hidden tests, which nbgrader keeps in its database and takes out of the
    release. The id with which a source is tried out goes too.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Work on a whole notebook."""
        cells = {grade_info(cell).get("grade_id"): cell for cell in nb.cells}
        answers = {
            str(name): cell.source
            for name, cell in cells.items()
            if grade_info(cell).get("solution") and cell.cell_type == "code"
        }
        for grade_id, cell in cells.items():
            question = str(grade_id).removesuffix("_mark")
            if grade_info(cell).get("grade") and question != grade_id and question in answers:
                points = float(grade_info(cell)["points"])
                key = _key(question, answers, points)
                cell.source = cell.source.replace(BEGIN_HIDDEN, f"{BEGIN_HIDDEN}\n{key}", 1)
        if ID_CELL in cells:
            asks = cells[ID_CELL].source.replace(f'me("{DEMO}")', 'me("")')
            # A cell without a solution to clear would be emptied.
            cells[ID_CELL].source = f"{asks}\n{BEGIN_SOLUTION}\n{END_SOLUTION}"
        return nb, resources


PREPROCESSORS = [Prepare, *GenerateAssignment.preprocessors.default()]
"""What nbgrader does to a source, once it is prepared."""


def _key(question: str, answers: Mapping[str, str], points: float) -> str:
    text = solution_of(answers[question])
    builds_on = earlier(question, answers)
    before = [
        f"{solution_of(answers[name])}\n{name} = own.get({name!r}, {name})" for name in builds_on
    ]
    names = re.findall(r"^def (\w+)", text, re.MULTILINE) or [question]
    if f"{question}_reason" in text:
        names.append(f"{question}_reason")
    whole = "\n".join([*before, text])
    return (
        "from hedgelib.classroom.student import answer_key, mark_answer\n\n\n"
        f"def _solution(**own):\n{indent(whole, '    ')}\n    return {', '.join(names)}\n\n\n"
        f'answer_key("{question}", _solution, {points:g}, earlier={builds_on!r})'
    )


def api(course: Course) -> NbGraderAPI:
    """Open nbgrader's API on a course, with the settings in its folder."""
    loader = PyFileConfigLoader("nbgrader_config.py", path=str(course.root.absolute()))
    config = Config(loader.load_config())
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def exchange_folders(course: Course) -> list[Path]:
    """List the possible folders of nbgrader's exchange: the course's setting and the default."""
    root = api(course).config.get("Exchange", {}).get("root")
    return [Path(Exchange.root.default_value), *([Path(root)] if isinstance(root, str) else [])]


def release_line(course: Course, name: str, roster: Mapping[str, str]) -> str:
    """Return nbgrader's command that gives feedback out, without those it would stop at.

    It needs the files of the exchange next to each page. Nobody used it: an empty text.
    """
    pages = {i: course.student_file("feedback", i, name, "html") for i in roster}
    with_page = [i for i, page in pages.items() if page.is_file()]
    others = [i for i in with_page if not pages[i].with_name("timestamp.txt").is_file()]
    if len(others) == len(with_page):
        return ""
    excluded = f" --CourseDirectory.student_id_exclude={','.join(others)}" if others else ""
    return f"nbgrader release_feedback {name}{excluded}"


@contextmanager
def gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook of a course, and make it the first time."""
    # nbgrader asks the command `alembic` for the version of a new database.
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        try:
            book = api(course).gradebook
        finally:
            os.environ["PATH"] = before
        with book:
            yield book
    except DatabaseError as error:
        raise CourseError(
            f"{course.gradebook} cannot be used: {error.orig}; close the formgrader and other "
            "programs that use it, and make sure that its disk has room"
        ) from error


def release(course: Course, assignment: str) -> None:
    """Make the students' version of an assignment, and enter its questions into the gradebook."""
    result = api(course).generate_assignment(assignment)
    if not result["success"]:
        reason = (result.get("error") or result.get("log") or "").strip().splitlines()
        raise CourseError(
            f"{course.source(assignment)}: nbgrader cannot make a release of it: "
            f"{reason[-1] if reason else 'no reason given'}"
        )


def solved(source: Source) -> str:
    """Write the solved version of an assignment: the source without nbgrader's marks."""
    notebook = nbformat.reads(source.text, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        lines = solution_of(cell.source).splitlines()
        cell.source = "\n".join(line for line in lines if "HIDDEN TESTS" not in line)
        cell.metadata.pop("nbgrader", None)
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text + "\n"


def enter_students(course: Course, roster: Mapping[str, str]) -> None:
    """Enter the students of a class into the gradebook."""
    with gradebook(course) as book:
        for student_id, name in roster.items():
            book.update_or_create_student(student_id, last_name=name)


def write_solution(course: Course, source: Source) -> None:
    """Write the solved version of an assignment, and next to it the numbers of all students."""
    path = course.solution(source.name)
    write_text(path, solved(source))
    numbers = course.numbers_file(source.name)
    shutil.copyfile(numbers, path.with_name(numbers.name))
