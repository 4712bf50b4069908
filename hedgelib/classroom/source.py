"""Source notebooks: their questions, and the right and wrong answers for given numbers.

A source is run here and nowhere else on the instructor's side. It is the instructor's own; nothing
of a student's comes near.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import CodeType, MappingProxyType
from typing import Any, TypeAlias

import nbformat
import numpy as np

from hedgelib._folder import shipped
from hedgelib.ask.form import Form
from hedgelib.ask.marking import Key
from hedgelib.ask.misconceptions import misconception
from hedgelib.ask.question import Answer, Question
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
    "ClassQuestion",
    "Source",
    "SourceError",
    "earlier",
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

_ITEM = re.compile(r"^\d+\. +(.+?)\s*$", re.MULTILINE)


class SourceError(HedgeError):
    """A source notebook that is not as the classroom needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassQuestion(Question):
    """A question of an assignment, whose answer is computed by the cells of its source.

    - form: a choice's options are in the order of the demo numbers
    - variables: what the student sets; none for a written answer
    - models: the wrong models that the source knows for it
    - earlier: the questions on whose answers its solution builds, directly or not
    - rubric: what a good written answer has, from the numbered list of its solution
    """

    form: Form
    points: float
    variables: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    rubric: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its title, without number and points."""
        return str(self.text["title"])

    @property
    def graded_cell(self) -> str:
        """The ``grade_id`` under which the points are kept."""
        return self.id if self.form.kind == "written" else f"{self.id}_mark"

    def wanted(self, key: Key | None = None) -> list[Wanted]:
        """Return the variables to read; a function is called as the key of its student says."""
        calls = tuple(tuple(map(_argument, call)) for call in key.calls) if key else ()
        return [
            Wanted(question=self.id, name=name, kind=self.form.kind, calls=calls)
            for name in self.variables
        ]


def _argument(value: Any) -> Any:
    """Make an argument plain: a solution's arithmetic leaves numpy's own numbers."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_argument(part) for part in value]
    return value if isinstance(value, (str, int)) else float(value)


def exercises_folder() -> Path:
    """Return the folder of the source notebooks."""
    return shipped("notebooks", "exercises")


def grade_info(cell: Cell) -> Mapping[str, Any]:
    """Return what nbgrader keeps in a cell's metadata, empty where it keeps nothing."""
    info = cell.get("metadata", {}).get("nbgrader")
    return info if isinstance(info, Mapping) else {}


def solution_of(source: str) -> str:
    """Return a cell without the marks around its solution."""
    marks = (BEGIN_SOLUTION, END_SOLUTION)
    return "\n".join(line for line in source.splitlines() if line.strip() not in marks)


def earlier(name: str, answers: Mapping[str, str]) -> tuple[str, ...]:
    """List the answer cells, texts by name, on which one of them builds, directly or not."""
    code = compile(solution_of(answers[name]), name, "exec")
    direct = [other for other in answers if other != name and other in code.co_names]
    every = {*direct, *(far for near in direct for far in earlier(near, answers))}
    return tuple(other for other in answers if other in every)


class Source:
    """A source notebook, read and compiled: made by :func:`read_source`."""

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
            answers = {
                name: cell.source
                for name, cell in self.cells.items()
                if cell.cell_type == "code" and grade_info(cell).get("solution")
            }
            self._earlier = {name: earlier(name, answers) for name in answers}
            exec(compile(self.cells["setup"].source, f"{where}, setup", "exec"), self._base)
            self.questions = tuple(self._questions())
            for model in {model for question in self.questions for model in question.models}:
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

    def question(self, name: str) -> ClassQuestion:
        """Find a question by its name, ``"q3"``."""
        return next(question for question in self.questions if question.id == name)

    def _compile(self) -> dict[str, list[CodeType]]:
        compiled: dict[str, list[CodeType]] = {}
        for grade_id, cell in self.cells.items():
            if cell.cell_type == "code" and grade_id not in ("setup", ID_CELL):
                text = solution_of(cell.source)
                code = compile(text, f"{self.where}, {grade_id}", "exec")
                compiled.setdefault(grade_id.partition("_")[0], []).append(code)
        return compiled

    def _answer(
        self, name: str, my: Numbers, own: Mapping[str, Any] = MappingProxyType({})
    ) -> Answer:
        """Run the cells of a question, with the solution for the student's answer.

        It builds on the student's `own` answers to earlier questions, where they are given, and on
        those of the solutions elsewhere.
        """
        forms: dict[str, Form] = {}
        answers: dict[str, Answer] = {}

        def check_format(question: str, _: object, form: Form) -> None:
            forms[question] = form

        def mark_answer(
            question: str, right: object, *, wrong: Mapping[str, Any], **rest: Any
        ) -> None:
            answers[question] = Answer(right=right, slips=wrong, form=forms[question], **rest)

        names: dict[str, Any] = self._base | {
            "my": my,
            "show_numbers": lambda *_: None,
            "choose_from": student.options_for,
            "check_format": check_format,
            "mark_answer": mark_answer,
        }
        for other in self._earlier[name]:
            names[other] = (
                own[other] if other in own else _first(self._answer(other, my, own).right)
            )
        for code in self._code[name]:
            exec(code, names)
        return answers[name]

    def keys(self, my: Numbers) -> dict[str, Key]:
        """Compute the keys of all questions but the written ones, for one student or for many.

        Columns of many students' numbers give columns of answers.
        """
        computed = (q for q in self.questions if q.form.kind != "written")
        return {
            q.id: replace(q.ask(my=my).key, earlier=q.earlier, anew=partial(self._anew, q.id, my))
            for q in computed
        }

    def _anew(self, name: str, my: Numbers, own: Mapping[str, Any]) -> float:
        return float(self._answer(name, my, own).right)

    def _questions(self) -> Iterator[ClassQuestion]:
        demo = Numbers(draw_one(scenario(self.name), demo_secret(), DEMO))
        for grade_id, cell in self.cells.items():
            info = grade_info(cell)
            if not info.get("grade"):
                continue
            name = grade_id.removesuffix("_mark")
            compute = partial(self._answer, name)
            answer = None if info["solution"] else compute(demo)
            yield ClassQuestion(
                id=name,
                text={"title": _title(self.cells[f"{name}_ask"].source)},
                given={"my": ...},
                compute=compute,
                form=answer.form if answer and answer.form else Form("written"),
                points=float(info["points"]),
                variables=_variables(name, answer),
                models=tuple(answer.slips) if answer else (),
                earlier=self._earlier[name] if answer else (),
                rubric=() if answer else rubric(cell.source),
            )


def _first(answer: Any) -> Any:
    """Return what an answer says, of a choice without its reason."""
    return answer[0] if isinstance(answer, tuple) else answer


def rubric(solution: str) -> tuple[str, ...]:
    """Return the items of a numbered list, without marks of Markdown."""
    return tuple(item.replace("*", "").replace("`", "") for item in _ITEM.findall(solution))


def _variables(name: str, answer: Answer | None) -> tuple[str, ...]:
    """Return the names of what a student sets."""
    if answer is None:
        return ()
    if callable(answer.right):
        return (answer.right.__name__,)
    return (name, f"{name}_reason") if isinstance(answer.right, tuple) else (name,)


def _title(text: str) -> str:
    match = _TITLE.search(text)
    return match[1] if match else ""


def read_source(path: Path) -> Source:
    """Read a source notebook and run it once with the demo numbers."""
    try:
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, nbformat.ValidationError) as error:
        raise SourceError(f"{path}: not a notebook: {error}") from error
    return Source(notebook, text, path.name)
