"""Results of a class in one assignment: points, wrong models, and what to teach again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hedgelib.classroom.models import MODELS, wrong_model
from hedgelib.classroom.results import Result
from hedgelib.classroom.source import Question, Source
from hedgelib.show import Bars, Scale, Scene, Table, Text, panel
from hedgelib.show.lettering import TICK, wrap
from hedgelib.show.scene import Mark

if TYPE_CHECKING:
    from hedgelib.classroom.book import Score

__all__ = [
    "ClassView",
    "ModelCount",
    "QuestionCount",
    "TeachAgain",
    "models_scene",
    "points_of",
    "points_scene",
]

_MOST_BARS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCount:
    """A wrong model, and how many students had it somewhere."""

    name: str
    students: int

    @property
    def title(self) -> str:
        """Its title."""
        return wrong_model(self.name).title


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCount:
    """Results of the class in one question."""

    question: Question
    # Students with all points, some, none; without an answer; with one that waits to be marked
    full: int
    part: int
    none: int
    missing: int
    waiting: int
    models: tuple[ModelCount, ...]  # The most frequent first


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
    students: int  # In the list of the class
    results: Sequence[Result]
    scores: Mapping[str, Mapping[str, Score]]  # By id and question

    @property
    def totals(self) -> list[float]:
        """Points of each submission so far."""
        return [points_of(self.scores[r.record.student_id]) for r in self.results]

    @property
    def waiting(self) -> int:
        """Submissions with an answer that waits to be marked by hand."""
        mine = (self.scores[r.record.student_id].values() for r in self.results)
        return sum(any(score.waits for score in scores) for scores in mine)

    def questions(self) -> list[QuestionCount]:
        """Count the results of each question."""
        return [self._count(place, q) for place, q in enumerate(self.source.questions)]

    def _count(self, place: int, question: Question) -> QuestionCount:
        tally: Counter[str] = Counter()
        models: Counter[str] = Counter()
        for result in self.results:
            answered = result.answered[place]
            score = self.scores[result.record.student_id][question.name]
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
        return QuestionCount(
            question=question,
            full=tally["full"],
            part=tally["part"],
            none=tally["none"],
            missing=tally["missing"],
            waiting=tally["waiting"],
            models=_ranked(models),
        )

    def _had(self) -> dict[str, set[str]]:
        """Return the students who had each wrong model, anywhere in the assignment."""
        had: dict[str, set[str]] = defaultdict(set)
        for result in self.results:
            for answered in result.answered:
                if answered.mark and answered.mark.model:
                    had[answered.mark.model].add(result.record.student_id)
        return had

    def models(self) -> tuple[ModelCount, ...]:
        """Count the students that had each wrong model, the most frequent first."""
        return _ranked({name: len(ids) for name, ids in self._had().items()})

    def teach_again(self) -> list[TeachAgain]:
        """Rank the lessons by how many students had one of their wrong models."""
        had = self._had()
        lessons: dict[str, set[str]] = defaultdict(set)
        for name, ids in had.items():
            lessons[wrong_model(name).lesson] |= ids
        ranked = sorted(lessons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        return [
            TeachAgain(
                lesson=lesson,
                students=len(ids),
                models=_ranked(
                    {name: len(who) for name, who in had.items() if MODELS[name].lesson == lesson}
                ),
            )
            for lesson, ids in ranked
        ]


def points_of(scores: Mapping[str, Score]) -> float:
    """Add up the points of a submission."""
    return sum(score.points for score in scores.values())


def _ranked(counts: Mapping[str, int]) -> tuple[ModelCount, ...]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(ModelCount(name=name, students=count) for name, count in ranked if count)


# Pictures


def _bins(view: ClassView) -> tuple[np.ndarray, np.ndarray]:
    edges = np.linspace(0, view.source.points, 11)
    counts, _ = np.histogram(np.clip(view.totals, 0, view.source.points), edges)
    return counts, edges


def points_scene(view: ClassView) -> Scene:
    """Draw a histogram of the students' points."""
    counts, edges = _bins(view)
    middles, step = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    bars = Bars(at=middles, start=0 * counts, end=counts, thickness=0.92 * step, role="altcoins")
    drawn = panel(
        [bars],
        Scale(
            label=f"points of {view.source.points:g}",
            limits=(0.0, view.source.points),
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
    middle = float(np.median(view.totals))
    points = "point" if middle == 1 else "points"
    return Scene(
        title=f"Half of the students who handed it in have {middle:g} {points} or more",
        alt=_points_alt(view),
        panels=(drawn,),
        table=Table(("points", "students"), rows),
        size=(760.0, 320.0),
    )


def _whole(most: float) -> list[tuple[float, str]]:
    """Return ticks at whole numbers, six at the most."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**9) if most / s <= 6)
    return [(float(v), f"{v:,}") for v in range(0, int(most * 1.1) + 1, step)]


def _points_alt(view: ClassView) -> str:
    counts, edges = _bins(view)
    parts = [
        f"{low:g} to {high:g}: {count}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    ]
    totals = view.totals
    return (
        f"Points of {len(totals)} students, of {view.source.points:g}: lowest {min(totals):g}, "
        f"median {np.median(totals):g}, highest {max(totals):g}. Students by points: "
        f"{'; '.join(parts)}."
    )


def models_scene(view: ClassView) -> Scene:
    """Draw how many students had each wrong model, as tall as the models need."""
    shown = view.models()[:_MOST_BARS]
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
    first = shown[0]
    who = "student" if first.students == 1 else "students"
    return Scene(
        title=f"{first.students} {who}: {first.title}",
        alt=_models_alt(view),
        panels=(drawn,),
        table=Table(("wrong model", "students"), [(m.title, f"{m.students}") for m in shown]),
        size=(760.0, bottom + 60.0),
    )


def _models_alt(view: ClassView) -> str:
    models = view.models()
    shown = "; ".join(f"{model.title}, {model.students}" for model in models[:_MOST_BARS])
    left = len(models) - _MOST_BARS
    rest = f"; and {left} rarer ones" if left > 0 else ""
    return f"Wrong models and how many of {len(view.results)} students had each: {shown}{rest}."
