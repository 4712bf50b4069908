"""Statistics: against scipy, by hand, over the exercises and over the years; and their pictures."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from hedgelib.ask.misconceptions import misconception, misconceptions
from hedgelib.classroom.book import Score
from hedgelib.classroom.classview import ClassView
from hedgelib.classroom.course import Course, CourseError
from hedgelib.classroom.pages import class_page, statistics_page
from hedgelib.classroom.personal import Numbers
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.statistics import (
    Item,
    class_items,
    exercise_items,
    persisting,
    update,
    years_before,
)
from hedgelib.classroom.statisticsview import items_scene, persisting_scene, years_scene
from hedgelib.show import Text
from tests.classroom.test_examiner import SOURCES, STUDENTS, marked, numbers
from tests.classtools import text_of
from tests.examinertools import answers_of, namespace
from tests.showtools import assert_legible


def view(name: str, students: int = len(STUDENTS)) -> ClassView:
    """Return the results of automatic students, of whom some are weak and some are strong."""
    results, scores = [], {}
    for place in range(students):
        mine = numbers(name, place)
        choice = next(
            key for key in SOURCES[name].keys(Numbers(mine)).values() if key.kind == "choice"
        )
        answers = answers_of(name, namespace(mine), choice.form, Random(f"{name} {place}"))
        results.append(marked(name, place, answers))
        scores[STUDENTS[place]] = {
            a.question.id: Score(points=a.points or 0.0, waits=a.points is None)
            for a in results[-1].answered
        }
    return ClassView(source=SOURCES[name], students=students, results=results, scores=scores)


@pytest.fixture(scope="module")
def views() -> dict[str, ClassView]:
    return {name: view(name) for name in ASSIGNMENTS}


def made(
    shares: Any, models: Any = None, kinds: Any = None, most: tuple[float, ...] = (2.0, 3.0, 1.0)
) -> dict[str, Any]:
    """Return marks of an exercise of three questions from the share that each student got."""
    names = [f"q{n + 1}" for n in range(len(most))]
    students = {
        f"s{i:03}": {
            name: [
                share,
                kinds[i][n] if kinds else ("right" if share == 1 else "unexplained"),
                models[i][n] if models else "",
            ]
            for n, (name, share) in enumerate(zip(names, own, strict=True))
        }
        for i, own in enumerate(shares)
    }
    questions = {
        name: {"title": f"Title {name}", "points": points, "models": ["funding_sign"]}
        for name, points in zip(names, most, strict=True)
    }
    return {"questions": questions, "students": students}


def test_difficulty_and_discrimination_are_scipys():
    noise = np.random.default_rng(3)
    ability = noise.normal(size=60)
    right = (ability[:, None] + noise.normal(size=(60, 3)) > [0.5, -0.3, 0.0]).astype(float)
    right[:, 1] = np.where(noise.random(60) < 0.3, 0.5, right[:, 1])
    items = exercise_items("carry", made(right.tolist()))
    points = right * [2.0, 3.0, 1.0]
    for place, item in enumerate(items):
        rest = np.delete(points, place, axis=1).sum(axis=1)
        assert item.share == pytest.approx(right[:, place].mean())
        expected = stats.pearsonr(points[:, place], rest)
        interval = expected.confidence_interval()
        assert item.discrimination == pytest.approx(expected.statistic)
        assert (item.low, item.high) == pytest.approx((interval.low, interval.high), abs=1e-4)
    point_biserial = stats.pointbiserialr(right[:, 0], points[:, 1:].sum(axis=1))
    assert items[0].discrimination == pytest.approx(point_biserial.statistic)


def test_answer_that_waits_is_left_out_of_its_question():
    shares = [[1.0, 0.0, 0.0]] * 6 + [[0.0, 1.0, 1.0]] * 6
    kinds = [["right", "waits", "right"]] * 6 + [["unexplained", "right", "right"]] * 6
    items = {item.question: item for item in exercise_items("carry", made(shares, kinds=kinds))}
    assert items["q1"].students == 12
    assert (items["q2"].students, items["q2"].share) == (6, 1.0)
    assert np.isnan(items["q2"].discrimination), "six are too few"


def test_no_discrimination_without_a_difference():
    items = exercise_items("carry", made([[1.0, 1.0, 0.0]] * 20))
    assert all(np.isnan(item.discrimination) for item in items)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"share": 0.6, "low": 0.3, "high": 0.7}, ""),
        ({"share": 0.6, "low": -0.3, "high": 0.1}, "hardly better on it than weak ones"),
        ({"share": 0.6, "low": -0.3, "high": 0.4}, ""),
        ({"share": 0.1, "short": 36, "unexplained": 9}, "hardly anybody gets points"),
        ({"share": 0.4, "short": 24, "unexplained": 20}, "20 of 24 answers without all points"),
        ({"share": 0.4, "short": 24, "unexplained": 10}, ""),
    ],
)
def test_question_to_mend(values, reason):
    item = Item(exercise="carry", question="q6", title="t", students=40, **values)
    assert reason in item.to_mend
    assert bool(reason) is bool(item.to_mend)


def test_ambiguous_question_stands_out():
    """As question 6 of `carry` once did: forty of forty rounded up, and no model explains it."""
    shares = [[1.0, 0.0, 1.0]] * 40
    (item,) = [i for i in exercise_items("carry", made(shares)) if i.to_mend]
    assert item.question == "q2"
    assert "look for another reading" in item.to_mend


def test_misconception_that_persists_is_counted_by_student():
    """Of three who had it, one skips the next exercise; one of the other two has it again."""

    def models(*shown: str) -> list[list[str]]:
        return [[model, "", ""] for model in shown]

    first = made([[0.0, 1.0, 1.0]] * 4, models("funding_sign", "funding_sign", "funding_sign", ""))
    second = made([[0.0, 1.0, 1.0]] * 4, models("funding_sign", "", "", "funding_sign"))
    del second["students"]["s002"]
    (row,) = persisting({"carry": first, "alice": second})
    assert (row.model, row.students, row.had, row.again) == ("funding_sign", 4, 2, 1)
    for question in second["questions"].values():
        question["models"] = []
    (row,) = persisting({"carry": first, "alice": second})
    assert (row.had, row.again) == (0, 0), "the second exercise has no room for it"


def test_files_of_a_class_have_its_years_and_no_names(tmp_path, views, monkeypatch):
    course = Course(tmp_path)
    monkeypatch.setattr(Course, "assignments", lambda _: ASSIGNMENTS)
    monkeypatch.setenv("HEDGELIB_TODAY", "2026-11-28")
    year = update(course, [*views.values()])
    assert {item.exercise for item in year.items} == {*ASSIGNMENTS}
    assert year.label == "2026"
    # Exercises that were graded before are still in it.
    again = update(course, [views["carry"]])
    assert [item.question for item in again.items] == [item.question for item in year.items]
    text = course.statistics("year").read_text(encoding="utf-8")
    assert not any(student_id in text for student_id in STUDENTS)
    years = tmp_path / "statistics" / "years"
    years.mkdir()
    (years / "2025.json").write_text(text, encoding="utf-8")
    (before,) = years_before(course)
    assert before.label == "2025"
    assert before.share("carry") == pytest.approx(year.share("carry"))
    assert [*map(repr, before.items)] == [*map(repr, year.items)]
    page = tmp_path / "page.html"
    page.write_text(statistics_page(year, [before]), encoding="utf-8")
    shown = text_of(page)
    for name in ASSIGNMENTS:
        assert name in shown
    assert "2025" in shown
    assert "Students who showed a misconception again in a later exercise" in shown
    for damage in ("{", "[]", '{"form": 1, "items": 3}', '{"form": 2}'):
        (years / "2024.json").write_text(damage, encoding="utf-8")
        with pytest.raises(CourseError, match=r"2024\.json: no statistics of a year; put"):
            years_before(course)


def test_class_page_shows_the_picture(views, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(class_page(views["sizing"], roster={}, copies=(), refused=()))
    shown = text_of(page)
    assert "Mean share of the points and discrimination of each question. 1. The ETH" in shown
    for item in class_items(views["sizing"]):
        assert item.heading in shown


def test_pictures_are_legible(views):
    for one in views.values():
        scene = items_scene(class_items(one))
        assert_legible(scene)
        for item in class_items(one):
            assert f"{item.heading}: {item.share:.0%}" in scene.alt
    few = view("carry", 5)
    assert_legible(items_scene(class_items(few)))
    assert "discrimination unknown" in items_scene(class_items(few)).alt


def test_picture_of_persisting_misconceptions():
    rows = [
        SimpleNamespace(model=model, students=60 - n, had=50 - n, again=40 - 3 * n)
        for n, model in enumerate([*misconceptions()][:14])
    ]
    scene = persisting_scene(rows)
    first = misconception(rows[0].model).title
    assert scene.title.replace("\n", " ") == f"40 of 50 students showed it again: {first}"
    assert len(scene.panels[0].marks[0].end) == 12
    assert_legible(scene)


def test_picture_of_years():
    def year(label: str, **shares: float) -> Any:
        return SimpleNamespace(label=label, share=lambda name: shares.get(name, float("nan")))

    some = dict(zip(ASSIGNMENTS, (0.5, 0.52, 0.7, 0.71, 0.9), strict=True))
    scene = years_scene([year("2024", carry=0.4), year("2025", **some), year("2026", carry=0.8)])
    assert scene.title == "carry: 80% of the points in 2026, 70% in 2025"
    assert "carry 2024 40%, 2025 70%, 2026 80%" in scene.alt
    named = {mark.text for mark in scene.panels[0].marks if isinstance(mark, Text)}
    assert named == {"carry"}, "a line has its name where it ends"
    same = years_scene([year("2025", **some), year("2026", **some)])
    assert {mark.text for mark in same.panels[0].marks if isinstance(mark, Text)} == {*ASSIGNMENTS}
    assert_legible(same)
    assert_legible(scene)
