"""A class of twelve does all exercises by program: its marks are those of other formulas."""

from __future__ import annotations

import json

import pytest

from hedgelib.classroom.course import Course
from hedgelib.classroom.grading import grade
from hedgelib.classroom.scenarios import ASSIGNMENTS
from tests.classtools import run_here, table, text_of
from tests.examinertools import hand_in, tick


def test_marks_of_all_exercises_machine_and_hand(own_class, tmp_path):
    """`tests/benchmarks/bench_class.py` does the same with 120 students, in the sandbox."""
    course, folder = Course(own_class), tmp_path / "in"
    expected = {name: hand_in(course, name, folder / name) for name in ASSIGNMENTS}
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert graded.refused == ()

    def marks() -> dict[str, dict[str, float]]:
        rows = table(course)
        return {name: {i: float(rows[i][name]) for i in rows} for name in ASSIGNMENTS}

    points = {
        name: {i: sum(own.values()) for i, own in by_student.items()}
        for name, by_student in expected.items()
    }
    for name in ASSIGNMENTS:
        assert marks()[name] == pytest.approx(points[name])
    assert [(done, of) for _, done, of in graded.sheets] == [(0, 12)] * 5
    by_hand = {name: tick(course, name) for name in ASSIGNMENTS}
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert (graded.ran, [(done, of) for _, done, of in graded.sheets]) == (0, [(12, 12)] * 5)
    for name in ASSIGNMENTS:
        whole = {i: points[name][i] + by_hand[name][i] for i in points[name]}
        assert marks()[name] == pytest.approx(whole)
    # The class is a small one, and its page of statistics has every question.
    year = json.loads(course.statistics("year").read_text(encoding="utf-8"))
    assert len(year["items"]) == 44
    for item in year["items"]:
        shares = [expected[item["exercise"]][i].get(item["question"]) for i in course.roster()]
        if None not in shares:
            most = course.read(item["exercise"]).question(item["question"]).points
            assert item["share"] == pytest.approx(sum(shares) / most / 12)
    assert "Misconceptions that persist" in text_of(graded.statistics)
