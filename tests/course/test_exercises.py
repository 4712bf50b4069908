"""Exercises: the right answer passes, each slip is named, and nothing gives the answer away."""

import pkgutil
import re
from decimal import Decimal
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hedgelib import InvalidInput
from hedgelib.ask.answers import NEAR, WITHIN, close
from hedgelib.course import check, exercises
from hedgelib.course.exercises import Exercise, exercise

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
    if asked.unit != "contracts":
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
    told = [asked.wrong_way, asked.hint, *asked.slips]
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
    for wrong in (True, float("nan"), [4], "four"):
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


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("01.99", "01.8"),
        ("1.1", "01.1"),
        (7.2, "07.2"),
        (7, "07.1"),
        ("exercise 3-4", "03.4"),
        ("99.1", "09.1"),
        ("nonsense", "01.1"),
        (None, "01.1"),
        (["01.1"], "01.1"),
        ("9" * 9_000, "09.8"),
    ],
)
def test_delivery_11_an_unknown_exercise_names_the_nearest_in_one_sentence(name, nearest, capsys):
    with pytest.raises(InvalidInput):
        exercise(name)
    check(name, 5)
    out = capsys.readouterr().out
    assert out.startswith("There is no such exercise; ")
    assert f'`check("{nearest}")`' in out
    assert out.count("\n") == 1
    assert nearest in ALL


def written_oddly(asked: Exercise) -> list[object]:
    right = asked.answer
    sign, size = "−" if right < 0 else "", abs(right)
    unit = asked.unit.partition(",")[0]
    mark = {"USD": " dollars", "%": "%", "x": "x", "a number": ""}.get(unit, f" {unit}")
    front = "$" if unit == "USD" else ""
    grouped = f"{size:,.7f}"
    fraction = Fraction(right).limit_denominator(10**7)
    return [
        sign + grouped,
        sign + front + grouped,
        front + sign + grouped,
        sign + grouped.replace(",", " "),
        sign + grouped.replace(",", "\u2009") + mark,
        f" {sign} {grouped}".replace(",", "\N{NO-BREAK SPACE}") + "\n",
        f"{right:.9e}",
        f"{size:.7f}{mark}" if right >= 0 else f"- {size:.7f}{mark}",
        f"{right:+_.7f}",
        str(fraction),
        fraction,
        Decimal(repr(right)),
        np.float64(right),
        np.array(right),
        np.array([right]),
    ]


@each
def test_delivery_11_the_right_answer_is_right_however_it_is_written(name, capsys):
    asked = ALL[name]
    for answer in written_oddly(asked):
        check(name, answer)
        assert asked.why in capsys.readouterr().out, answer
    if asked.unit in {"contracts", "USD"} and asked.answer >= 1_000 and asked.answer.is_integer():
        # What Python makes of 3,600 without quotes.
        thousands, rest = divmod(int(asked.answer), 1_000)
        if rest == 0 or rest >= 100:
            check(name, thousands, rest)
            assert asked.why in capsys.readouterr().out


@each
def test_delivery_11_near_misses_are_told_from_slips_and_from_the_right_answer(name):
    asked = ALL[name]
    for off in np.linspace(-0.06, 0.06, 121):
        answer = asked.answer * (1 + float(off))
        slips = [words for words, value in asked.slips.items() if asked.agrees(answer, value)]
        said = asked.verdict(answer)
        if asked.is_right(answer):
            assert said.startswith("✔")
        elif slips:
            assert said == f"**Not yet.** {slips[0]}"
        elif abs(off) < NEAR * (1 - 1e-9):
            assert said.startswith("**Close.** ")
        elif abs(off) > NEAR * (1 + 1e-9):
            assert said == f"**Not yet.** {asked.hint}" or asked.wrong_way in said
        assert "look at the sign" not in said
    for words, value in asked.slips.items():
        for rounded in (value, float(f"{value:.6g}")):
            assert words in asked.verdict(rounded)


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("04.5", 43, "**Close.** Give more digits"),
        ("04.7", 8, "**Close.** Give more digits"),
        ("02.6", 0.018, "**Close.** Give more digits"),
        ("04.4", 53_600, "**Close.** Give more digits"),
        ("03.1", 3_607, "**Close.** Contracts come whole"),
        ("03.1", 3_600.4, "**Close.** Contracts come whole"),
        ("03.1", "3,607 contracts", "**Close.** Contracts come whole"),
        ("09.7", 4_444.44, "**Close.** Contracts come whole"),
        ("03.1", -3_600, "**Nearly.** The size is right; look at the sign."),
    ],
)
def test_delivery_11_near_misses(name, answer, says, capsys):
    check(name, answer)
    assert f"\n\n{says}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "right_way", "wrong_way"),
    [
        ("02.6", 0.5, -0.5),
        ("02.7", 4_000, 3_000),
        ("04.4", 60_000, 39_000),
        ("08.7", -900, 900),
        ("09.8", -3_000, 3_000),
    ],
)
def test_delivery_11_which_way_is_asked_only_of_who_went_the_other(name, right_way, wrong_way):
    asked = ALL[name]
    assert asked.verdict(right_way) == f"**Not yet.** {asked.hint}"
    assert asked.verdict(wrong_way) == f"**Not yet.** {asked.wrong_way}"
    assert asked.folded().index(asked.wrong_way) < asked.folded().index(asked.hint)


def test_every_exercise_that_asks_which_way_is_tried_above():
    ways = {name for name, asked in ALL.items() if asked.wrong_way}
    assert ways == {"02.6", "02.7", "04.4", "08.7", "09.8"}


def test_contracts_are_counted_exactly_unless_the_right_number_is_no_whole_one():
    def ask(answer: float) -> Exercise:
        return Exercise(question="?", answer=answer, unit="contracts", why="So.", hint="Look.")

    assert ask(3_060.0000000000005).is_right(3_060)
    assert ask(1_000_000).is_right(1_000_000)
    assert not ask(1_000_000).is_right(1_000_001)
    assert not ask(3_600).is_right(3_600.4)
    assert ask(214.2857).is_right(214.3)
    assert not ask(214.2857).is_right(215)


sizes = st.floats(1e-4, 1e7) | st.integers(1, 10**7)


@given(
    right=st.builds(lambda size, sign: size * sign, sizes, st.sampled_from([-1, 1])),
    ratios=st.lists(st.floats(-8, 8), max_size=5),
    off=st.floats(-4, 4) | st.floats(-0.04, 0.04),
    unit=st.sampled_from(["USD", "contracts"]),
)
@example(right=3_600, ratios=[1.01], off=0.01, unit="contracts")
def test_an_answer_is_exactly_one_of_right_slip_turned_near_or_wrong(right, ratios, off, unit):
    slips = {f"Slip {i}.": right * ratio for i, ratio in enumerate(ratios)}
    asked = Exercise(question="?", answer=right, unit=unit, why="So.", hint="Look.", slips=slips)
    assume(not any(asked.agrees(value, right) for value in slips.values()))
    answer = right * (1 + off)
    said = asked.verdict(answer)
    named = [words for words, value in slips.items() if asked.agrees(answer, value)]
    if said.startswith("✔"):
        assert close(answer, right, WITHIN)
    elif said.startswith("**Close.**"):
        assert close(answer, right, NEAR)
        assert not named
    elif said.startswith("**Nearly.**"):
        assert answer * right < 0
        assert close(-answer, right)
    else:
        assert said == f"**Not yet.** {named[0] if named else 'Look.'}"
        assert named or not close(answer, right, NEAR)
    assert asked.verdict(right).startswith("✔")
    for words, value in slips.items():
        assert asked.verdict(value).startswith("**Not yet.** Slip"), words
