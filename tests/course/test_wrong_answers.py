"""Wrong answers of beginners: what the exercises reply to them."""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from hedgelib.course.questions import every_question, question

_SPECIFIC = ("slip", "sign", "near", "way")
_DIAGNOSED = 450
"""Answers, of all in the file, that got more than a general hint when it was written."""

_BY_EXERCISE = tomllib.loads(
    Path(__file__).with_name("wrong_answers.toml").read_text(encoding="utf-8")
)


@cache
def _verdicts(exercise):
    asked = question(exercise).ask()
    return [(given, asked.judge(given["answer"])) for given in _BY_EXERCISE[exercise]]


def test_every_exercise_has_six_wrong_answers_or_more():
    exercises = [name for name in every_question() if name.partition(".")[2].isdigit()]
    assert sorted(_BY_EXERCISE) == sorted(exercises)
    written = {
        exercise: {given["answer"] for given in answers}
        for exercise, answers in _BY_EXERCISE.items()
    }
    assert [exercise for exercise, answers in written.items() if len(answers) < 6] == []


@pytest.mark.parametrize("exercise", _BY_EXERCISE)
def test_a_wrong_answer_is_read_and_never_right(exercise):
    passed = [
        (given["answer"], given["mistake"])
        for given, verdict in _verdicts(exercise)
        if verdict.outcome in ("right", "unread")
    ]
    assert passed == []


@pytest.mark.parametrize("exercise", _BY_EXERCISE)
def test_a_blunder_is_not_explained_by_a_misconception(exercise):
    explained = [
        (given["answer"], verdict.misconception)
        for given, verdict in _verdicts(exercise)
        if given.get("blunder") and verdict.outcome in ("slip", "sign")
    ]
    assert explained == []


def test_as_many_wrong_answers_are_diagnosed_as_before():
    outcomes = Counter(
        verdict.outcome for exercise in _BY_EXERCISE for _, verdict in _verdicts(exercise)
    )
    assert sum(outcomes[name] for name in _SPECIFIC) >= _DIAGNOSED, dict(outcomes)
