"""Statistics of questions and misconceptions, over the exercises of a class and over its years.

The formulas are those of classical test theory, as in Crocker and Algina, *Introduction to
Classical and Modern Test Theory* (1986), chapter 14, and in Moodle's "Quiz statistics
calculations":

- difficulty (Moodle: facility index): the mean share of the points that students got
- discrimination: the correlation of the points for a question with those for the rest of its
  exercise, corrected for the question itself. Of a question that is right or wrong it is the
  point-biserial correlation. Its 95% interval is Fisher's, ``tanh(artanh r ± 1.96 / sqrt(n - 3))``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hedgelib._check import FloatArray
from hedgelib.ask.misconceptions import misconceptions
from hedgelib.classroom.classview import ClassView
from hedgelib.classroom.course import Course, CourseError, write_text
from hedgelib.classroom.results import Answered
from hedgelib.errors import HedgeError
from hedgelib.report.dates import today

__all__ = [
    "Item",
    "Persisting",
    "Year",
    "class_items",
    "exercise_items",
    "persisting",
    "update",
    "years_before",
]

Kind = Literal["right", "explained", "unexplained", "missing", "waits", "written"]

FEWEST = 10
"""Students below which a question has no discrimination."""
_LOW, _HARD, _UNEXPLAINED = 0.2, 0.2, 0.5
_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Statistics of a question.

    - share: mean share of its points
    - discrimination, low, high: with its 95% interval; NaN with too few students
    - short: answers without all points
    - unexplained: those of them that show no known misconception, and are not just rounded
    """

    exercise: str
    question: str
    title: str
    students: int
    share: float
    discrimination: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    short: int = 0
    unexplained: int = 0
    models: Mapping[str, int] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        """Its number and title."""
        return f"{self.question.removeprefix('q')}. {self.title}"

    @property
    def to_mend(self) -> str:
        """Why the question should be looked at; empty if nothing is wrong with it."""
        reasons = []
        if self.high < _LOW:
            reasons.append("strong students do hardly better on it than weak ones")
        if self.unexplained >= FEWEST and self.unexplained > _UNEXPLAINED * self.short:
            reasons.append(
                f"{self.unexplained} of {self.short} answers without all points show no known "
                "misconception: look for another reading"
            )
        if self.students >= FEWEST and self.share < _HARD:
            reasons.append("hardly anybody gets points")
        return "; ".join(reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Persisting:
    """A misconception over several exercises.

    - had: students who showed it in an exercise and handed in a later one that has room for it
    - again: those of them who showed it there again
    - students: all who showed it anywhere
    """

    model: str
    students: int
    had: int
    again: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """Statistics of a class without its students, to be compared with those of other years."""

    label: str
    items: Sequence[Item]
    persisting: Sequence[Persisting] = ()

    def share(self, exercise: str) -> float:
        """Return the mean difficulty of an exercise's questions, NaN if it has none."""
        shares = [item.share for item in self.items if item.exercise == exercise]
        return float(np.mean(shares)) if shares else float("nan")


def _kind(answered: Answered, waits: bool, points: float) -> Kind:
    if waits:
        return "waits"
    if answered.question.form.kind == "written":
        return "written" if answered.answer else "missing"
    if points >= answered.question.points:
        return "right"
    if answered.answer is None:
        return "missing"
    mark = answered.mark
    return "explained" if mark and (mark.model or mark.near) else "unexplained"


def _marks(view: ClassView) -> dict[str, Any]:
    """Return what statistics need of a class in one exercise."""
    students: dict[str, dict[str, list[Any]]] = {}
    for result in view.results:
        own = view.scores[result.record.student_id]
        students[result.record.student_id] = {
            a.question.id: [
                own[a.question.id].points / a.question.points,
                _kind(a, own[a.question.id].waits, own[a.question.id].points),
                a.mark.model if a.mark else "",
            ]
            for a in result.answered
        }
    questions = {
        q.id: {"title": q.title, "points": q.points, "models": list(q.models)}
        for q in view.source.questions
    }
    return {"questions": questions, "students": students}


def class_items(view: ClassView) -> list[Item]:
    """Return the statistics of the questions of a class in one exercise."""
    return exercise_items(view.source.name, _marks(view))


def exercise_items(exercise: str, marks: Mapping[str, Any]) -> list[Item]:
    """Return the statistics of the questions of an exercise."""
    questions, students = marks["questions"], [*marks["students"].values()]
    names = [*questions]
    most = np.array([questions[name]["points"] for name in names])
    shares = np.array([[own[name][0] for name in names] for own in students], dtype=float)
    waits = np.array([[own[name][1] == "waits" for name in names] for own in students], dtype=bool)
    points = np.where(waits, 0.0, shares * most)
    items = []
    for place, name in enumerate(names):
        kinds = Counter(own[name][1] for own in students)
        models = Counter(own[name][2] for own in students if own[name][2])
        done = ~waits[:, place]
        rest = points.sum(axis=1) - points[:, place]
        item = Item(
            exercise=exercise,
            question=name,
            title=questions[name]["title"],
            students=int(done.sum()),
            share=float(shares[done, place].mean()) if done.any() else float("nan"),
            short=kinds["explained"] + kinds["unexplained"],
            unexplained=kinds["unexplained"],
            models=dict(models.most_common()),
        )
        items.append(_with_discrimination(item, points[done, place], rest[done]))
    return [item for item in items if item.students]


def _with_discrimination(item: Item, points: FloatArray, rest: FloatArray) -> Item:
    if points.size < FEWEST or np.ptp(points) == 0 or np.ptp(rest) == 0:
        return item
    r = float(np.corrcoef(points, rest)[0, 1])
    middle, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), 1.96 / np.sqrt(points.size - 3)
    low, high = np.tanh([middle - half, middle + half])
    return replace(item, discrimination=r, low=float(low), high=float(high))


def persisting(exercises: Mapping[str, Mapping[str, Any]]) -> list[Persisting]:
    """Return the misconceptions of a class that come in several exercises, in their order.

    The one that returns for most students comes first.
    """
    shown: dict[str, dict[str, set[str]]] = {}
    room: dict[str, list[str]] = {}
    for name, marks in exercises.items():
        for model in {m for q in marks["questions"].values() for m in q["models"]}:
            room.setdefault(model, []).append(name)
        for student_id, own in marks["students"].items():
            for _, _, model in own.values():
                if model:
                    shown.setdefault(model, {}).setdefault(name, set()).add(student_id)
    rows = []
    for model, by_exercise in shown.items():
        had: set[str] = set()
        again: set[str] = set()
        before: set[str] = set()
        for name in room.get(model, ()):
            back = before & {*exercises[name]["students"]}
            had |= back
            again |= back & by_exercise.get(name, set())
            before |= by_exercise.get(name, set())
        everybody = set().union(*by_exercise.values())
        rows.append(
            Persisting(model=model, students=len(everybody), had=len(had), again=len(again))
        )
    return sorted(rows, key=lambda row: (-row.again, -row.students, row.model))


def update(course: Course, views: Sequence[ClassView]) -> Year:
    """Bring the files of statistics up to date with exercises just graded, and return the whole."""
    for view in views:
        if view.results:
            text = json.dumps(_marks(view), ensure_ascii=True, indent=1)
            write_text(course.statistics(view.source.name), text)
    exercises: dict[str, Mapping[str, Any]] = {}
    for name in course.assignments():
        path = course.statistics(name)
        if path.exists():
            # It can be written again any time, by grading the exercise.
            marks = _read(path)
            if isinstance(marks, dict) and {"questions", "students"} <= {*marks}:
                exercises[name] = marks
    items = [item for name, marks in exercises.items() for item in exercise_items(name, marks)]
    year = Year(label=str(today().year), items=items, persisting=persisting(exercises))
    record = {"form": _FORM, **asdict(year)}
    write_text(course.statistics("year"), json.dumps(_plain(record), indent=1, allow_nan=False))
    return year


def _plain(value: Any) -> Any:
    """Write NaN, which is no JSON, as null."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def years_before(course: Course) -> list[Year]:
    """Read the statistics of earlier years, which an instructor has put into ``years/``."""
    return [*_years(course)]


def _years(course: Course) -> Iterator[Year]:
    for path in sorted((course.root / "statistics" / "years").glob("*.json")):
        raw = _read(path)
        try:
            if raw["form"] != _FORM:
                raise ValueError
            items = [Item(**{k: _number(v) for k, v in item.items()}) for item in raw["items"]]
            rows = [Persisting(**row) for row in raw["persisting"]]
            rows = [row for row in rows if row.model in misconceptions()]
            yield Year(label=path.stem, items=items, persisting=rows)
        except (KeyError, TypeError, ValueError, HedgeError) as error:
            raise CourseError(
                f"{path}: no statistics of a year; put the year.json of an older class there, "
                "under the year as its name, or take the file away"
            ) from error


def _number(value: Any) -> Any:
    return float("nan") if value is None else value
