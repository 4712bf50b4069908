"""A fair examiner: marks against formulas that know nothing of hedgelib's marking."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from hedgelib.ask.marking import judge
from hedgelib.classroom.book import remark
from hedgelib.classroom.interface import Answer, Outcome
from hedgelib.classroom.personal import Numbers, draw, row
from hedgelib.classroom.records import Record
from hedgelib.classroom.results import Result, mark_record
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario
from hedgelib.classroom.source import Source, exercises_folder, read_source
from tests.examinertools import POINTS, answers_of, deserved, namespace

SOURCES = {name: read_source(exercises_folder() / f"{name}.ipynb") for name in ASSIGNMENTS}
STUDENTS = [f"s{i:03}" for i in range(40)]
COLUMNS = {name: draw(scenario(name), b"of a fair examiner", STUDENTS) for name in ASSIGNMENTS}


def numbers(name: str, place: int) -> dict[str, Any]:
    return row(COLUMNS[name], place)


def variables(source: Source, answers: dict[str, Any], keys: Any) -> dict[str, Answer]:
    """Return what the sandbox would find after a notebook with these answers has run."""
    found: dict[str, Answer] = {}
    for question in source.questions:
        given = answers.get(question.id)
        if given is None or not question.variables:
            continue
        if question.form.kind == "choice":
            letters = keys[question.id].form.in_letters(given)
            pairs = zip(question.variables, letters, strict=True)
            found |= {variable: Answer(value=letter) for variable, letter in pairs}
        elif question.form.kind == "function":
            space: dict[str, Any] = {}
            exec("import numpy as np\nimport hedgelib as hl\n" + given, space)
            values, problems = [], []
            for call in keys[question.id].calls:
                try:
                    values.append(float(space[question.variables[0]](*call)))
                    problems.append("")
                except ZeroDivisionError as error:
                    values.append(None)
                    problems.append(str(error))
            answer = Answer(value=values, call_problems=tuple(problems))
            found[question.variables[0]] = answer
        else:
            found[question.id] = Answer(value=given)
    return found


def marked(name: str, place: int, answers: dict[str, Any]) -> Result:
    keys = SOURCES[name].keys(Numbers(numbers(name, place)))
    outcome = Outcome(answers=variables(SOURCES[name], answers, keys))
    record = Record(
        student_id=STUDENTS[place], assignment=name, name="x", fingerprint="", outcome=outcome
    )
    return mark_record(record, SOURCES[name], keys)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_marks_are_those_of_an_examiner_with_formulas(name):
    """Forty students with every kind of slip, question by question."""
    kinds = set()
    for place in range(len(STUDENTS)):
        mine = numbers(name, place)
        keys = SOURCES[name].keys(Numbers(mine))
        choice = next(k for k in keys.values() if k.kind == "choice")
        calls = next(k.calls for k in keys.values() if k.kind == "function")
        random = Random(f"{name} {place}")
        answers = answers_of(name, namespace(mine), choice.form, random)
        expected = deserved(name, namespace(mine), answers, calls)
        result = marked(name, place, answers)
        points = {a.question.id: a.points for a in result.answered if a.question.id in answers}
        assert points == pytest.approx(expected), (place, answers)
        for a in result.answered:
            if a.mark:
                kinds |= {(a.mark.share, bool(a.mark.after), bool(a.mark.again), a.mark.near)}
    assert (1.0, False, False, False) in kinds
    assert (0.0, False, False, False) in kinds
    assert (1.0, False, True, False) in kinds, "no misconception recurs"
    assert (0.5, False, False, True) in kinds
    if name != "beta_hedging":
        assert any(after for _, after, *_ in kinds), "nothing follows"


def test_points_are_those_of_the_exercises():
    for name, source in SOURCES.items():
        assert {q.id: q.points for q in source.questions} == POINTS[name]


def sizing(place: int = 0) -> tuple[Any, dict[str, Any]]:
    """Return numbers and right answers of an exercise whose questions build on the first."""
    n = namespace(numbers("sizing", place))
    exact = [v * b for v, b in zip(n.values_usd, n.betas, strict=True)]
    return n, after(n, sum(exact))


def after(n: Any, q1: float) -> dict[str, Any]:
    return {
        "q1": q1,
        "q2": (q1 + n.margin_usd) / n.face_usd,
        "q3": q1 + (1 - n.betas[0]) * n.sold_usd,
        "q4": (q1 + n.margin_usd) / n.margin_usd,
        "q6": q1 / (n.most_leverage - 1),
    }


def points(result: Result) -> dict[str, float]:
    return {a.question.id: a.points for a in result.answered if a.points}


def test_9_slip_in_the_first_answer_costs_its_own_points_only():
    """Ten percent in question 1 cost 13 points of 21 by the right answers alone."""
    n, exact = sizing()
    slipped, keys = (
        after(n, 1.1 * exact["q1"]),
        SOURCES["sizing"].keys(Numbers(numbers("sizing", 0))),
    )
    alone = {q: judge(answer, keys[q]).share for q, answer in slipped.items()}
    assert sum(POINTS["sizing"][q] * (1 - share) for q, share in alone.items()) == 13
    assert sum(POINTS["sizing"].values()) - POINTS["sizing"]["q9"] == 21
    assert points(marked("sizing", 0, exact)) == {"q1": 2, "q2": 3, "q3": 3, "q4": 2, "q6": 3}
    result = marked("sizing", 0, after(n, 1.1 * exact["q1"]))
    assert points(result) == {"q2": 3, "q3": 3, "q4": 2, "q6": 3}
    remarks = {a.question.id: remark(a) for a in result.answered if a.mark}
    assert remarks["q2"] == "Right from your own answer to question 1."
    assert remarks["q4"] == "Right from your own answer to question 1."


def test_slip_half_way_is_followed_from_there():
    n, exact = sizing()
    slipped = exact | {"q2": 1.1 * exact["q2"]}
    slipped["q4"] = slipped["q2"] * n.face_usd / n.margin_usd
    result = marked("sizing", 0, slipped)
    assert points(result) == {"q1": 2, "q3": 3, "q4": 2, "q6": 3}
    assert remark(result.answered[3]) == "Right from your own answer to question 2."


def test_rounding_of_an_own_answer_gives_half():
    n, exact = sizing()
    answers = after(n, 1.1 * exact["q1"])
    answers["q2"] *= 0.996
    result = marked("sizing", 0, answers)
    assert result.answered[1].points == 1.5
    assert remark(result.answered[1]) == (
        "Right from your own answer to question 1 but for rounding, which gives half of the points."
    )


@pytest.mark.parametrize("first", [0.0, 1e9, 1e-9, -1e9, None, "no idea", "1,23"])
def test_answer_that_makes_the_next_one_trivial_is_not_built_on(first):
    n, exact = sizing()
    answers = exact | {"q1": first, "q2": (first if isinstance(first, float) else 0) / n.face_usd}
    assert "q2" not in points(marked("sizing", 0, answers))


def test_misconception_is_charged_once_and_named_again():
    n, exact = sizing()
    value = sum(n.values_usd)
    answers = exact | {
        "q1": value,
        "q2": (sum(n.values_usd) + n.margin_usd) / n.face_usd,
        "q3": value,
        "q6": value / (n.most_leverage - 1),
    }
    result = marked("sizing", 0, answers)
    assert points(result) == {"q2": 3, "q3": 3, "q4": 2, "q6": 3}
    models = [a.mark.model for a in result.answered if a.mark]
    assert models.count("beta_left_out") == 4
    by_question = {a.question.id: a for a in result.answered}
    assert by_question["q3"].mark.again == "q1"
    assert remark(by_question["q3"]).endswith(
        "This has cost points in question 1, and costs none here."
    )
    assert remark(by_question["q2"]).startswith("Right from your own answer to question 1. ")


def test_another_misconception_on_top_is_charged():
    n, exact = sizing()
    value = sum(n.values_usd)
    answers = exact | {"q1": value, "q2": (value - n.margin_usd) / n.face_usd}
    assert "q2" not in points(marked("sizing", 0, answers))


def test_direction_of_the_funding_follows_from_the_first_answer():
    n = namespace(numbers("carry", 0))
    says = "pays" if n.mean_rate > 0 else "receives"
    wrong = (says, "shorts_pay")
    answers = {"q1": wrong, "q2": -n.short_usd * n.mean_rate * 3 * n.days}
    result = marked("carry", 0, answers)
    assert points(result) == {"q2": 3}
    assert "Right from your own answer to question 1." in remark(result.answered[1])
    nothing = {"q1": ("nothing", "rent"), "q2": 0.0}
    assert points(marked("carry", 0, nothing)) == {}
