"""Source notebooks: their questions, and the right and wrong answers for given numbers.

A source is run here and nowhere else on the instructor's side. It is the instructor's own; nothing
of a student's comes near.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Literal, TypeAlias

import nbformat
import numpy as np

from hedgelib.ask.answers import WITHIN
from hedgelib.ask.marking import Key
from hedgelib.ask.misconceptions import misconception
from hedgelib.classroom import student
from hedgelib.classroom.interface import ID_CELL, Wanted
from hedgelib.classroom.personal import DEMO, Numbers, demo_secret, draw_one
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario
from hedgelib.errors import HedgeError

__all__ = [
    "BEGIN_HIDDEN",
    "BEGIN_SOLUTION",
    "END_HIDDEN",
    "END_SOLUTION",
    "TEXT_STUB",
    "Question",
    "Source",
    "SourceError",
    "exercises_folder",
    "grade_info",
    "read_source",
    "solution_of",
]

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
TEXT_STUB = "*Write your answer here, in place of this line.*"
"""Placeholder for a written answer in a release."""

Cell: TypeAlias = Any

_TITLE = re.compile(r"^#+ (?:\d+\. |Exercise \d+: )?(.*?)(?: \(\d+ points?\))?$", re.MULTILINE)


class SourceError(HedgeError):
    """A source notebook that is not as the classroom needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of an assignment, the same for every student.

    Parameters
    ----------
    name : str
        ``"q3"``.
    title : str
    kind : str
        ``"number"``, ``"choice"``, ``"function"``, or ``"text"`` for what is marked by hand.
    points : float
    unit : str
        Of a number, or of what a function returns.
    variables : tuple of str
        That the student sets; none for a text.
    models : tuple of str
        The wrong models that the source knows for it.
    """

    name: str
    title: str
    kind: Literal["number", "choice", "function", "text"]
    points: float
    unit: str = ""
    variables: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def graded_cell(self) -> str:
        """The ``grade_id`` under which the points are kept."""
        return self.name if self.kind == "text" else f"{self.name}_mark"

    def wanted(self, key: Key | None = None) -> list[Wanted]:
        """Return the variables to read after a submission has run.

        Parameters
        ----------
        key : Key, optional
            Of the student, whose calls a function is called with.

        Returns
        -------
        list of Wanted
        """
        if self.kind == "text":
            return []
        calls = tuple(tuple(map(_argument, call)) for call in key.calls) if key else ()
        return [
            Wanted(question=self.name, name=name, kind=self.kind, calls=calls)
            for name in self.variables
        ]


def _argument(value: Any) -> Any:
    """Make an argument plain: a solution's arithmetic leaves numpy's own numbers."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_argument(part) for part in value]
    return value if isinstance(value, (str, int)) else float(value)


def exercises_folder() -> Path:
    """Find the folder of the source notebooks.

    Returns
    -------
    Path
        Inside the package when it was installed from a wheel, else in the repository.
    """
    package = Path(__file__).resolve().parents[1]
    bundled = package / "_bundled" / "notebooks" / "exercises"
    return bundled if bundled.is_dir() else package.parent / "notebooks" / "exercises"


def grade_info(cell: Cell) -> Mapping[str, Any]:
    """Return what nbgrader keeps in a cell's metadata, empty where it keeps nothing."""
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, Mapping) else {}


def solution_of(source: str) -> str:
    """Take the lines of a solution out of a cell.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
        The cell without the marks around its solution.
    """
    marks = (BEGIN_SOLUTION, END_SOLUTION)
    return "\n".join(line for line in source.splitlines() if line.strip() not in marks)


class Source:
    """A source notebook, read and compiled: made by :func:`read_source`.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    text : str
        The text of the notebook's file.
    where : str
        For messages.
    """

    def __init__(self, notebook: Any, text: str, where: str) -> None:
        self.notebook = notebook
        self.text = text
        self.where = where
        self.name: str = notebook.metadata.get("hedgelib", {}).get("assignment", "")
        if self.name not in ASSIGNMENTS:
            raise SourceError(
                f"{where}: metadata.hedgelib.assignment must be one of {', '.join(ASSIGNMENTS)}, "
                f"got {self.name!r}"
            )
        self.cells: dict[str, Cell] = {}
        for cell in notebook.cells:
            grade_id = grade_info(cell).get("grade_id")
            if not grade_id or grade_id in self.cells:
                raise SourceError(f"{where}: every cell needs a grade_id of its own: {grade_id!r}")
            self.cells[grade_id] = cell
        self._base: dict[str, Any] = {}
        try:
            self.title = _title(self.cells["title"].source)
            self._code = self._compile()
            exec(compile(self.cells["setup"].source, f"{where}, setup", "exec"), self._base)
            self.questions = tuple(self._questions())
            for model in {model for q in self.questions for model in q.models}:
                misconception(model)
        except KeyError as error:
            raise SourceError(f"{where}: a cell or a mark is missing: {error}") from error
        except Exception as error:
            raise SourceError(
                f"{where}: run it from top to bottom and fix it: {type(error).__name__}: {error}"
            ) from error

    @property
    def points(self) -> float:
        """Total points."""
        return sum(question.points for question in self.questions)

    def question(self, name: str) -> Question:
        """Find a question by its name."""
        return next(question for question in self.questions if question.name == name)

    def _compile(self) -> dict[str, list[CodeType]]:
        compiled: dict[str, list[CodeType]] = {}
        for grade_id, cell in self.cells.items():
            if cell.cell_type == "code" and grade_id not in ("setup", ID_CELL):
                text = solution_of(cell.source)
                code = compile(text, f"{self.where}, {grade_id}", "exec")
                compiled.setdefault(grade_id.partition("_")[0], []).append(code)
        return compiled

    def _run(self, my: Numbers) -> _Recorder:
        recorder = _Recorder()
        names = self._base | {
            "my": my,
            "show_numbers": lambda *_: None,
            "choose_from": student.make_options,
            "check_format": recorder.check_format,
            "mark_answer": recorder.mark_answer,
            "answer_key": lambda *_: None,
        }
        for cells in self._code.values():
            # Questions are independent: each solution is put into its own marking cell.
            scope = dict(names)
            for code in cells:
                exec(code, scope)
        return recorder

    def keys(self, my: Numbers) -> dict[str, Key]:
        """Compute the right answer and those of the wrong models, for one student or many.

        Parameters
        ----------
        my : Numbers
            Of one student; or columns of many, which gives columns of answers.

        Returns
        -------
        dict of str to Key
            For each question that is marked by computation.
        """
        return self._run(my).keys

    def _questions(self) -> Iterator[Question]:
        recorder = self._run(Numbers(draw_one(scenario(self.name), demo_secret(), DEMO)))
        for grade_id, cell in self.cells.items():
            info = grade_info(cell)
            if not info.get("grade"):
                continue
            name = grade_id.removesuffix("_mark")
            title = _title(self.cells[f"{name}_ask"].source)
            points = float(info["points"])
            if info["solution"]:
                yield Question(name=name, title=title, kind="text", points=points)
                continue
            key, form = recorder.keys[name], recorder.forms[name]
            yield Question(
                name=name,
                title=title,
                kind=key.kind,
                points=points,
                unit=getattr(form, "unit", ""),
                variables=recorder.variables[name],
                models=tuple(key.wrong),
            )


class _Recorder:
    """What the marking cells of a source call, when nobody's answer is there to be marked."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.forms: dict[str, student.Form | student.Options] = {}
        self.variables: dict[str, tuple[str, ...]] = {}

    def check_format(self, question: str, value: Any, form: student.Form | student.Options) -> None:
        self.forms[question] = form
        if callable(value):
            self.variables[question] = (value.__name__,)
        elif isinstance(form, student.Options):
            self.variables[question] = (question, f"{question}_reason")
        else:
            self.variables[question] = (question,)

    def mark_answer(
        self,
        question: str,
        value: Any,
        *,
        wrong: Mapping[str, Any],
        within: float = WITHIN,
        calls: Sequence[tuple[Any, ...]] = (),
        counted: bool = False,
    ) -> None:
        self.keys[question] = student.make_key(
            value, wrong=wrong, within=within, calls=calls, counted=counted
        )


def _title(text: str) -> str:
    match = _TITLE.search(text)
    return match[1] if match else ""


def read_source(path: Path) -> Source:
    """Read a source notebook and run it once with the demo numbers.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Source

    Raises
    ------
    SourceError
        No notebook, or not as the classroom needs it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, nbformat.ValidationError) as error:
        raise SourceError(f"{path}: not a notebook: {error}") from error
    return Source(notebook, text, path.name)
