"""Every question of the lessons: text, numbers, mistakes, pictures."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from hedgelib import InvalidInput
from hedgelib.ask.answers import NEAR, close
from hedgelib.ask.misconceptions import misconception, misconceptions
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.source import exercises_folder, read_source
from hedgelib.course import Explorer, Slider, ask, check
from hedgelib.course.questions import every_question, question, questions_of
from tests.corpus import FILES, NOTEBOOKS, questions_of_notebooks, shown_by
from tests.showtools import hear

ALL = every_question()
EXERCISES = [name for name in ALL if "unit" in ALL[name].text]
GUESSES = [name for name in ALL if "options" in ALL[name].text]
each = pytest.mark.parametrize("name", EXERCISES)
SCENARIOS = 1_000


def every_text(asked):
    text = asked.question.text
    yield from (asked.part(name) for name in ("ask", "why", "wrong_way", "solution"))
    yield from asked.hints
    yield from map(asked.say, text.get("slips", {}).values())
    yield from asked.options.values()
    yield from map(asked.reason, asked.options)


@each
def test_every_text_is_filled_and_asked_again_with_other_numbers(name):
    found = ALL[name]
    for asked in (
        found.ask(),
        *([found.again(seed) for seed in range(20)] if found.varied else []),
    ):
        for text in every_text(asked):
            assert "{" not in text
            assert not re.search(r"\bnan\b|\binf\b|\d\.\d{9}|−−|--", text), text
        assert asked.part("why")
        assert asked.part("solution")
        assert asked.hints
        assert asked.form.unit


@each
def test_right_answer_slips_and_near_misses_stay_apart_over_1000_scenarios(name):
    found = ALL[name]
    for seed in range(SCENARIOS if found.varied else 1):
        asked = found.again(seed) if found.varied else found.ask()
        right = float(asked.answer.right)
        assert asked.judge(right).outcome == "right"
        for slip, value in asked.answer.slips.items():
            verdict = asked.judge(float(value))
            assert verdict.misconception == slip, (asked.numbers, slip)
            assert verdict.outcome in ("sign", "slip")
        near = right * 1.02
        taken = any(close(near, float(value)) for value in asked.answer.slips.values())
        if right and not taken:
            assert asked.judge(near).outcome == "near", asked.numbers


def test_most_exercises_can_be_asked_again():
    assert sum(bool(ALL[name].varied) for name in EXERCISES) >= 0.8 * len(EXERCISES)


@each
def test_no_word_gives_the_answer_away(name):
    asked = ALL[name].ask()
    right = float(asked.answer.right)
    given = {f"{right:,.{digits}f}" for digits in range(5)} | {f"{right:g}"}
    words = [*asked.hints, *(asked.judge(float(v)).text for v in asked.answer.slips.values())]
    for text in words:
        found = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
        assert not given & {number for number in found if len(number) > 1}, text


def written_oddly(asked):
    right = float(asked.answer.right)
    sign, size = "−" if right < 0 else "", abs(right)
    unit = asked.form.unit.partition(",")[0]
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
def test_the_right_answer_is_right_however_it_is_written(name):
    asked = ALL[name].ask()
    for answer in written_oddly(asked):
        assert asked.judge(answer).outcome == "right", answer
    right = float(asked.answer.right)
    if asked.form.unit in {"contracts", "USD"} and right >= 1_000 and right.is_integer():
        # What Python makes of 3,600 without quotes.
        thousands, rest = divmod(int(right), 1_000)
        if rest == 0 or rest >= 100:
            assert asked.judge(thousands, rest).outcome == "right"


@each
def test_near_misses_are_told_from_slips_and_from_the_right_answer(name):
    asked = ALL[name].ask()
    right = float(asked.answer.right)
    slips = {slip: float(value) for slip, value in asked.answer.slips.items()}
    for off in np.linspace(-0.06, 0.06, 121):
        answer = right * (1 + float(off))
        named = [slip for slip, value in slips.items() if close(answer, value, asked.answer.within)]
        verdict = asked.judge(answer)
        if verdict.outcome == "right":
            assert close(answer, right, asked.answer.within) or abs(right) < 1e-9
        elif named:
            assert verdict.misconception == named[0]
        elif verdict.outcome == "slip":
            # Rounded to the digits given.
            assert close(answer, slips[verdict.misconception], 0.05)
        elif abs(off) < NEAR * (1 - 1e-9):
            assert verdict.outcome == "near"
        elif abs(off) > NEAR * (1 + 1e-9):
            assert verdict.outcome in ("wrong", "way")


@pytest.mark.parametrize(
    ("name", "answer", "outcome"),
    [
        ("ends.2", 43, "near"),
        ("ends.5", 8, "near"),
        ("inverse.6", 0.018, "near"),
        ("ends.1", 53_100, "near"),
        ("size.3", 3_607, "near"),
        ("size.3", 3_600.4, "near"),
        ("size.3", "3,607 contracts", "near"),
        ("own.6", 4_444.44, "near"),
        ("size.3", -3_600, "sign"),
        ("inverse.6", 0.5, "wrong"),
        ("inverse.6", -0.5, "way"),
        ("inverse.7", 4_000, "wrong"),
        ("inverse.7", 3_000, "way"),
        ("ends.1", 60_000, "wrong"),
        ("ends.1", 39_000, "way"),
        ("own.7", -3_000, "wrong"),
        ("own.7", 3_000, "way"),
    ],
)
def test_which_way_is_asked_only_of_who_went_the_other(name, answer, outcome):
    assert ALL[name].ask().judge(answer).outcome == outcome


def test_every_exercise_that_asks_which_way_is_tried_above():
    ways = {name for name in ALL if "wrong_way" in ALL[name].text}
    assert ways == {"inverse.6", "inverse.7", "ends.1", "own.7"}


def test_every_guess_of_every_notebook_is_asked_once_and_legible():
    asked = questions_of_notebooks()
    assert sorted(asked) == sorted(ALL), "a notebook asks another question than there is"
    for name in GUESSES:
        for option in (None, *asked[name].options):
            scene = asked[name].picture(option)
            assert scene is None or scene.to_json()
        for option in asked[name].options:
            verdict = asked[name].judge(option)
            right = option == asked[name].answer.right
            assert verdict.outcome == ("right" if right else "slip")


@pytest.mark.parametrize("name", GUESSES)
def test_a_guess_has_one_right_option_and_a_mistake_behind_every_other(name):
    asked = questions_of_notebooks()[name]
    assert asked.answer.right in asked.options
    for option in asked.options:
        assert option == asked.answer.right or misconception(option)
        assert option in asked.answer.guesses or not asked.answer.guesses
    for text in every_text(asked):
        assert "{" not in text


def test_every_misconception_is_used_and_every_mistake_is_known():
    used = {slip for name in EXERCISES for slip in ALL[name].ask().answer.slips}
    used |= {
        option
        for name in GUESSES
        for option in ALL[name].text["options"]
        if option != questions_of_notebooks()[name].answer.right
    }
    for name in ASSIGNMENTS:
        source = read_source(exercises_folder() / f"{name}.ipynb")
        used |= {model for asked in source.questions for model in asked.models}
    assert used | {"sign_turned", "percent_for_decimal"} == set(misconceptions())


def test_every_text_of_an_explorer_is_shown_by_its_lesson():
    for lesson in {name.partition(".")[0] for name in ALL}:
        texts, path = questions_of(lesson).texts, FILES[lesson]
        shown = set(re.findall(r'\bseen\(\s*"([^"]+)"', path.read_text().replace('\\"', '"')))
        assert shown == {name for name, text in texts.items() if "seen" in text}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_explorer_answers_a_silly_number_with_a_result_or_a_reason(path):
    for explorer in (one for one in shown_by(path) if isinstance(one, Explorer)):
        for control in (one for one in explorer.controls if isinstance(one, Slider)):
            for number in (None, 0, -1e9, 1e300):
                told = hear(explorer, **{control.name: number})
                assert "scene" in told or told["problem"].startswith("This cannot be: ")
                assert "should not be" not in told["problem"]
                assert explorer.sentence or told["problem"]
        explorer.reset()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("futures.99", "futures.8"),
        ("1.1", "futures.1"),
        (7.2, "beta.2"),
        ("exercise 3-4", "size.4"),
        ("99.1", "flight.1"),
        ("nonsense", "futures.1"),
        (None, "futures.1"),
        ("9" * 9_000, "flight.6"),
    ],
)
def test_an_unknown_question_names_the_nearest_in_one_sentence(name, nearest, capsys):
    with pytest.raises(InvalidInput, match=f'the nearest is "{nearest}'):
        question(name)
    assert ask(name) is None
    assert check(name, 5) is None
    out = capsys.readouterr().out
    assert out.count("There is no question") == 2


def test_check_answers_with_the_numbers_that_were_asked(capsys):
    assert check("futures.c", "nothing") is None
    assert "question futures.c needs ways" in capsys.readouterr().out
    asked = ask("futures.1", rise=600.0)
    assert check("futures.1", -900) is asked
    assert asked.verdict.outcome == "right"
    guess = ask("start.a", coins=14, price=3_500, fall=0.15)
    assert check("start.a", guess.asked.answer.right) is guess


def test_check_keeps_the_question():
    widget = check("futures.1", "−$750")
    assert repr(widget).startswith("Exercise futures.1. Ben is short $3,000")
    assert "✔ **Right.**" in repr(widget)


def test_a_gap_that_is_not_filled_yet_asks_the_question():
    widget = check("futures.2", ...)
    assert widget.verdict is None
    assert check("futures.2", 1).verdict.outcome != "unread"
