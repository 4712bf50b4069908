"""Exercises: the right answer passes, each slip is named, and nothing gives the answer away."""

import pkgutil
import re
from importlib import import_module

import numpy as np
import pytest

from hedgelib import InvalidInput
from hedgelib.workbook import check, exercises
from hedgelib.workbook.exercises import Exercise, exercise

ALL = {
    name: asked
    for module in pkgutil.iter_modules(exercises.__path__)
    for name, asked in import_module(f"{exercises.__name__}.{module.name}").EXERCISES.items()
}
each = pytest.mark.parametrize("name", sorted(ALL))


@each
def test_right_answer_passes(name):
    asked = ALL[name]
    assert asked.verdict(asked.answer).startswith("✔ **Right.**")
    assert asked.verdict(asked.answer * (1 + asked.within / 2)).startswith("✔")


@each
def test_slips_are_named_and_none_is_right(name):
    asked = ALL[name]
    for words, value in asked.slips.items():
        assert not asked.agrees(value, asked.answer), words
        assert words in asked.verdict(value)
    values = list(asked.slips.values())
    for i, value in enumerate(values):
        assert not any(asked.agrees(value, other) for other in values[:i]), "two slips, one number"


@each
def test_no_word_gives_the_answer_away(name):
    asked = ALL[name]
    told = [asked.hint, *asked.slips]
    given = {f"{asked.answer:,.{digits}f}" for digits in range(5)} | {f"{asked.answer:g}"}
    for text in told:
        found = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
        assert not given & {number for number in found if len(number) > 1}, text


@each
def test_question_is_found_by_its_name(name, capsys):
    check(name)
    out = capsys.readouterr().out
    assert out.startswith(f"**Exercise {name}.** {ALL[name].question}")
    assert "in place of `None`" in out


@each
def test_delivery_3_an_answer_leaves_question_hints_and_solution_standing(name, capsys):
    asked = ALL[name]
    wrong = asked.answer * 3 + 17.25
    answers = [asked.answer, -asked.answer, wrong, "fourteen", *asked.slips.values()]
    for answer in answers:
        check(name, answer)
        question, found, rest = capsys.readouterr().out.partition(f"\n\n{asked.folded()}")
        assert asked.folded()
        assert found, answer
        assert rest == "\n"
        question, found, told = question.partition(f"{asked.question}\n\n")
        assert found, answer
        assert question == f"**Exercise {name}.** "
        if answer != "fourteen":
            verdict = asked.verdict(answer)
            assert told.startswith(verdict)
            assert len(verdict.partition("** ")[2]) > 0, "a verdict without its reason"
            # What is right needs no other answer.
            assert ("Change your answer" in told) is not verdict.startswith("✔")


def test_verdicts(capsys):
    asked = Exercise(
        question="?", answer=-4, unit="USD", why="So.", hint="Look.", slips={"Half.": -2}
    )
    assert asked.verdict(-4) == "✔ **Right.** So."
    assert asked.verdict(-2) == "**Not yet.** Half."
    assert asked.verdict(4) == "**Nearly.** The size is right; look at the sign."
    assert asked.verdict(7) == "**Not yet.** Look."
    for wrong in ("4", True, float("nan"), [4]):
        check("07.1", wrong)
        assert "\n\nAn answer is a number" in capsys.readouterr().out
    check("07.1", np.float64(-4000))
    assert "Right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("07.99", r"no exercise '07.99'; there are 07.1"),
        ("nonsense", "must look like '07.1'"),
        ("zz.1", "lesson 'zz' has no exercises"),
    ],
)
def test_unknown_exercise(name, message):
    with pytest.raises(InvalidInput, match=message):
        exercise(name)
