"""A class and one assignment: how it went, which wrong models were at work, what to teach again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from hedgelib.classroom.models import MODELS, wrong_model
from hedgelib.classroom.results import Result
from hedgelib.classroom.source import Question, Source
from hedgelib.figures import COLOURS, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hedgelib.classroom.book import Score

__all__ = ["ClassView", "ModelCount", "QuestionCount", "TeachAgain", "models_picture", "points_of"]

_MOST_BARS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCount:
    """A wrong model, and how many students had it somewhere."""

    name: str
    students: int

    @property
    def title(self) -> str:
        """In a few words."""
        return wrong_model(self.name).title


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCount:
    """A question, and what the class made of it.

    Parameters
    ----------
    question : Question
    full, part, none, missing, waiting : int
        Students with all points, some, none; without an answer; with one that waits to be read.
    models : tuple of ModelCount
        The most frequent first.
    """

    question: Question
    full: int
    part: int
    none: int
    missing: int
    waiting: int
    models: tuple[ModelCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachAgain:
    """A lesson to come back to, for how many students, and because of what."""

    lesson: str
    students: int
    models: tuple[ModelCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """What a class made of one assignment.

    Parameters
    ----------
    source : Source
    students : int
        In the list of the class.
    results : sequence of Result
    scores : mapping of str to mapping of str to Score
        By id and question.
    """

    source: Source
    students: int
    results: Sequence[Result]
    scores: Mapping[str, Mapping[str, Score]]

    @property
    def totals(self) -> list[float]:
        """Points of each submission, as they stand."""
        return [points_of(self.scores[r.record.student_id]) for r in self.results]

    @property
    def waiting(self) -> int:
        """Submissions with an answer that somebody has to read."""
        mine = (self.scores[r.record.student_id].values() for r in self.results)
        return sum(any(score.waits for score in scores) for scores in mine)

    def questions(self) -> list[QuestionCount]:
        """Count what came of each question."""
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
        """Return who had each wrong model, anywhere in the assignment."""
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


def _draw_points(ax: Axes, view: ClassView) -> None:
    counts, edges = _bins(view)
    ax.bar(edges[:-1], counts, width=0.92 * np.diff(edges), align="edge", color=COLOURS["altcoins"])
    ax.set_xlim(0, view.source.points)
    ax.set_ylim(0, max(1.0, 1.12 * counts.max()))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    ax.grid(visible=False, axis="x")
    ax.set_xlabel(f"points of {view.source.points:g}")
    ax.set_ylabel("students")
    ax.set_title(f"Half of those who handed it in have {np.median(view.totals):g} points or more")


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


POINTS: Picture[ClassView] = Picture(
    name="points",
    draw=_draw_points,
    alt=_points_alt,
    size=(7.6, 3.0),
    margins=(0.09, 0.97, 0.19, 0.87),
)


def _draw_models(ax: Axes, view: ClassView) -> None:
    shown = view.models()[:_MOST_BARS]
    places = np.arange(len(shown))[::-1]
    counts = [model.students for model in shown]
    ax.barh(places, counts, height=0.66, color=COLOURS["unhedged"])
    for place, count in zip(places, counts, strict=True):
        ax.annotate(
            f"{count}", (count, place), xytext=(5, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(places, [model.title for model in shown])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.set_xlim(0, max(counts) * 1.1 + 0.2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("students")
    first = shown[0]
    who = "student" if first.students == 1 else "students"
    # Over the whole figure: the names of the models take the left half of it.
    ax.set_title("")
    ax.figure.suptitle(
        f"{first.students} {who}: {first.title}", x=0.012, ha="left", fontweight="bold", size=12.5
    )


def _models_alt(view: ClassView) -> str:
    models = view.models()
    shown = "; ".join(f"{model.title}, {model.students}" for model in models[:_MOST_BARS])
    left = len(models) - _MOST_BARS
    rest = f"; and {left} more that are rarer" if left > 0 else ""
    return f"Wrong models and how many of {len(view.results)} students had each: {shown}{rest}."


def models_picture(view: ClassView) -> Picture[ClassView]:
    """Return the picture of the wrong models, as tall as they need.

    Parameters
    ----------
    view : ClassView

    Returns
    -------
    Picture
    """
    bars = min(len(view.models()), _MOST_BARS)
    height = 1.15 + 0.31 * bars
    return Picture(
        name="models",
        draw=_draw_models,
        alt=_models_alt,
        size=(7.6, height),
        margins=(0.46, 0.97, 0.55 / height, 1 - 0.45 / height),
    )
