"""Results of a class in one assignment: points, wrong models, and what to teach again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from hedgelib.ask.misconceptions import misconception
from hedgelib.classroom.results import Result
from hedgelib.classroom.source import ClassQuestion, Source
from hedgelib.show import Bars, Scale, Scene, Table, Text, panel
from hedgelib.show.lettering import TICK, wrap
from hedgelib.show.scene import Mark

if TYPE_CHECKING:
    from hedgelib.classroom.book import Score

__all__ = ["ClassView", "ModelCount", "models_scene", "points_of", "points_scene"]

_MOST_BARS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCount:
    """A wrong model, and how many students had it somewhere."""

    name: str
    students: int

    @property
    def title(self) -> str:
        """Its title."""
        return misconception(self.name).title


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCount:
    """Numbers of students with all points, some, none, no answer, and one still to be marked."""

    question: ClassQuestion
    full: int
    part: int
    none: int
    missing: int
    waiting: int
    models: tuple[ModelCount, ...]  # the most frequent first


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachAgain:
    """A lesson to teach again: the number of students, and their wrong models."""

    lesson: str
    students: int
    models: tuple[ModelCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """Results of a class in one assignment."""

    source: Source
    students: int  # on the roster
    results: Sequence[Result]
    scores: Mapping[str, Mapping[str, Score]]  # by id and question

    @property
    def totals(self) -> list[float]:
        """Points of each submission so far."""
        return [points_of(self.scores[r.record.student_id]) for r in self.results]

    @property
    def waiting(self) -> int:
        """Submissions with an answer that waits to be marked by hand."""
        all_scores = (self.scores[r.record.student_id].values() for r in self.results)
        return sum(any(score.waits for score in scores) for scores in all_scores)

    @property
    def by_hand(self) -> tuple[int, int]:
        """Written answers that are marked, and how many there are."""
        waits = [
            self.scores[result.record.student_id][answered.question.id].waits
            for result in self.results
            for answered in result.answered
            if answered.question.form.kind == "written" and answered.answer
        ]
        return len(waits) - sum(waits), len(waits)

    def questions(self) -> list[QuestionCount]:
        """Count the results of each question."""
        return [self._count(place, q) for place, q in enumerate(self.source.questions)]

    def _count(self, place: int, question: ClassQuestion) -> QuestionCount:
        tally: Counter[str] = Counter()
        models: Counter[str] = Counter()
        for result in self.results:
            answered = result.answered[place]
            score = self.scores[result.record.student_id][question.id]
            if score.waits:
                tally["waiting"] += 1
            elif answered.answer is None and not score.by_hand:
                tally["missing"] += 1
            elif score.points >= question.points:
                tally["full"] += 1
            else:
                tally["part" if score.points > 0 else "none"] += 1
            if answered.mark and answered.mark.model:
                models[answered.mark.model] += 1
        kinds = ("full", "part", "none", "missing", "waiting")
        counts = {kind: tally[kind] for kind in kinds}
        return QuestionCount(question=question, models=_ranked(models), **counts)

    def _students_by_model(self) -> dict[str, set[str]]:
        students: dict[str, set[str]] = defaultdict(set)
        for result in self.results:
            for answered in result.answered:
                if answered.mark and answered.mark.model:
                    students[answered.mark.model].add(result.record.student_id)
        return students

    def models(self) -> tuple[ModelCount, ...]:
        """Count the students that had each wrong model, the most frequent first."""
        return _ranked({name: len(ids) for name, ids in self._students_by_model().items()})

    def teach_again(self) -> list[TeachAgain]:
        """Rank the lessons by how many students had one of their wrong models."""
        lessons: dict[str, set[str]] = defaultdict(set)
        for name, ids in self._students_by_model().items():
            lessons[misconception(name).lesson] |= ids
        return [
            TeachAgain(
                lesson=lesson,
                students=len(ids),
                models=tuple(m for m in self.models() if misconception(m.name).lesson == lesson),
            )
            for lesson, ids in sorted(lessons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ]


def points_of(scores: Mapping[str, Score]) -> float:
    """Add up the points of a submission."""
    return sum(score.points for score in scores.values())


def _ranked(counts: Mapping[str, int]) -> tuple[ModelCount, ...]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(ModelCount(name=name, students=count) for name, count in ranked if count)


def points_scene(view: ClassView) -> Scene:
    """Draw a histogram of the students' points."""
    totals, most = view.totals, view.source.points
    edges = np.linspace(0, most, 11)
    counts, _ = np.histogram(np.clip(totals, 0, most), edges)
    middles, width = (edges[:-1] + edges[1:]) / 2, 0.92 * (edges[1] - edges[0])
    drawn = panel(
        [Bars(at=middles, start=0 * counts, end=counts, thickness=width, role="altcoins")],
        Scale(
            label=f"points of {most:g}",
            limits=(0.0, most),
            ticks=[(float(edge), f"{edge:g}") for edge in edges],
        ),
        Scale(
            label="students",
            limits=(0.0, max(1.0, 1.12 * counts.max())),
            ticks=_whole(counts.max()),
        ),
        box=(88.0, 64.0, 740.0, 262.0),
    )
    rows = [
        (f"{low:g} to {high:g}", f"{count}")
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    middle = median(totals)
    bins = "; ".join(f"{points}: {count}" for points, count in rows if count != "0")
    return Scene(
        title=f"Half of the students who handed it in have {middle:g} "
        f"{'point' if middle == 1 else 'points'} or more",
        alt=f"Points of {len(totals)} students, of {most:g}: lowest {min(totals):g}, "
        f"median {middle:g}, highest {max(totals):g}. Students by points: {bins}.",
        panels=(drawn,),
        table=Table(("points", "students"), rows),
        size=(760.0, 320.0),
    )


def _whole(most: float) -> list[tuple[float, str]]:
    """Return ticks at whole numbers, six at the most."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**9) if most / s <= 6)
    return [(float(v), f"{v:,}") for v in range(0, int(most * 1.1) + 1, step)]


def models_scene(view: ClassView) -> Scene:
    """Draw how many students had each wrong model, as tall as the models need."""
    models = view.models()
    shown = models[:_MOST_BARS]
    places = np.arange(len(shown))[::-1].astype(float)
    counts = [model.students for model in shown]
    marks: list[Mark] = [
        Bars(at=places, start=0 * places, end=counts, thickness=0.66, across=True, role="unhedged")
    ]
    marks += [
        Text(x=count, y=place, text=f"{count}", shift=(6.0, 0.0), role="total")
        for place, count in zip(places, counts, strict=True)
    ]
    room = 330.0
    names = [wrap(model.title, room, size=TICK) for model in shown]
    height = 38.0 if any("\n" in name for name in names) else 31.0
    bottom = 64.0 + height * len(shown)
    drawn = panel(
        marks,
        Scale(label="students", limits=(0.0, max(counts) * 1.1 + 0.2), ticks=_whole(max(counts))),
        Scale(
            limits=(-0.6, len(shown) - 0.4),
            ticks=[*zip(places.tolist(), names, strict=True)],
            visible=False,
        ),
        box=(room + 20, 64.0, 740.0, bottom),
    )
    students = "student" if shown[0].students == 1 else "students"
    bars = "; ".join(f"{model.title}, {model.students}" for model in shown)
    rarer = len(models) - len(shown)
    rest = f"; and {rarer} rarer ones" if rarer else ""
    return Scene(
        title=f"{shown[0].students} {students}: {shown[0].title}",
        alt=f"Wrong models and how many of {len(view.results)} students had each: {bars}{rest}.",
        panels=(drawn,),
        table=Table(("wrong model", "students"), [(m.title, f"{m.students}") for m in shown]),
        size=(760.0, bottom + 60.0),
    )
