"""A student who does exercises by program: fills a released notebook in and hands it in."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hedgelib.classroom._reader import reading
from hedgelib.classroom._runner import plain
from hedgelib.classroom.course import Course
from hedgelib.classroom.interface import Answer, Limits, Outcome, Wanted
from hedgelib.classroom.reading import Reading, taken_over
from hedgelib.classroom.source import Source, solution_of


def released(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def cell_of(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    (found,) = [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    ]
    return found


def fill_in(
    notebook: dict[str, Any], student_id: str, answers: Mapping[str, str]
) -> dict[str, Any]:
    """Type an id and answers, each the text of its cell, into a copy of a notebook."""
    filled: dict[str, Any] = json.loads(json.dumps(notebook))
    cell_of(filled, "student_id")["source"] = f"my = me({student_id!r})"
    for name, text in answers.items():
        cell_of(filled, name)["source"] = text
    return filled


def read_here(data: bytes) -> Reading:
    """Read a file in this process: for files that mean no harm."""
    return taken_over(json.loads(json.dumps(reading(data))))


def solutions(source: Source) -> dict[str, str]:
    """Return the right text of every answer cell, the written ones included."""
    return {
        question.id: solution_of(source.cells[question.id].source) for question in source.questions
    }


def wrong_answers(
    source: Source, models: Mapping[str, str], keys: Mapping[str, Any]
) -> dict[str, str]:
    """Return answer cells that say what wrong models say; keys are those of the student."""
    answers = {}
    for name, model in models.items():
        question, key = source.question(name), keys[name]
        if question.form.kind == "number":
            answers[name] = f"{name} = {float(key.wrong[model])!r}"
        elif question.form.kind == "choice":
            says, because = key.wrong[model]
            values = says or other(key.right[0], key.form.options), because or key.right[1]
            answers[name] = choice(name, *key.form.in_letters(values))
        else:
            answers[name] = table_function(source, name, key.calls, key.wrong[model])
    return answers


def choice(name: str, says: str, because: str) -> str:
    return f"{name} = {says!r}\n{name}_reason = {because!r}"


def other(value: str, values: Iterable[str]) -> str:
    return next(x for x in values if x != value)


def table_function(source: Source, name: str, calls: Any, values: Any) -> str:
    """Return a function that knows its values by heart."""
    (variable,) = source.question(name).variables
    plain = [[json.loads(json.dumps(part, default=float)) for part in call] for call in calls]
    table = list(zip(plain, map(float, values), strict=True))
    return (
        f"def {variable}(*given):\n    for call, value in {table!r}:\n"
        "        if list(given) == call:\n            return value\n    return 1.0"
    )


def run_here(
    cells: Sequence[tuple[str, str]],
    numbers: Mapping[str, Any],
    wanted: Sequence[Wanted],
    limits: Limits,  # noqa: ARG001
    trust: bool = False,  # noqa: ARG001
) -> Outcome:
    """Run a notebook in this process, quickly: for students who mean no harm."""
    space: dict[str, Any] = {"numbers": dict(numbers), "__name__": "__main__"}
    problems = []
    for name, text in cells:
        try:
            exec(compile(text, name, "exec"), space)
        except Exception as error:
            problems.append(f"{name} raised {type(error).__name__}: {error}")
    answers = {w.name: _look(space.get(w.name), w) for w in wanted}
    return Outcome(answers=answers, problems=tuple(problems))


def _look(value: Any, wanted: Wanted) -> Answer:
    if wanted.kind != "function":
        return Answer(**dict(zip(("value", "problem"), plain(value, wanted.kind), strict=True)))
    if not callable(value):
        return Answer(problem="is not set")
    values, problems = [], []
    for call in wanted.calls:
        try:
            returned, problem = plain(value(*call), "returned")
        except Exception as error:
            returned, problem = None, f"{type(error).__name__}: {error}"
        values.append(returned)
        problems.append(problem)
    return Answer(value=values, call_problems=tuple(problems))


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return all that a folder holds, and when each file was last changed."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(course: Course) -> dict[str, dict[str, str]]:
    with course.grades.open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def text_of(page: Path) -> str:
    """Return what a reader of a page reads, and the words for pictures."""
    source = page.read_text(encoding="utf-8")
    body = source[source.index("<main>") :]
    body = re.sub(r'<img[^>]* alt="([^"]*)"[^>]*>', r" \1 ", body)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))
