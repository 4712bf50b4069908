"""What a released notebook says to a student: about the form, and never about right and wrong."""

import json
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from hedgelib.classroom import student
from hedgelib.classroom.personal import Numbers, draw_one
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.student import (
    UnknownStudent,
    a_function,
    a_number,
    answer_key,
    check_format,
    choose_from,
    exercise,
    given,
    id_hash,
    make_options,
    mark_answer,
    numbers_file,
    plain_number,
    show_numbers,
)
from hedgelib.errors import InvalidInput

NAME = "inverse_maths"
MINE = draw_one(scenario(NAME), b"x", "s01")


@pytest.fixture
def released(tmp_path, monkeypatch):
    """Stand where a release lies, with the numbers of one student."""
    monkeypatch.chdir(tmp_path)
    record = {"assignment": NAME, "salt": "5a17", "students": {id_hash("5a17", "s01"): MINE}}
    (tmp_path / numbers_file(NAME)).write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("released")
def test_id_gives_its_numbers_and_shows_them(capsys):
    my = exercise(NAME)(" S01")
    assert {key: getattr(my, key) for key in my} == {k: v for k, v in MINE.items() if k[0] != "_"}
    shown = capsys.readouterr().out
    assert "The numbers of `S01`" in shown
    assert "my.short_usd" in shown


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("student_id", "message"),
    [
        ("", "Type your student id between the quotes"),
        ("  ", "Type your student id between the quotes"),
        ("s02", "Nobody in this class has the id 's02'"),
        (17, r"your id between quotes: me\('17'\)"),
        (None, "your id between quotes"),
    ],
)
def test_unknown_id_is_refused_kindly(student_id, message):
    with pytest.raises(UnknownStudent, match=message) as refused:
        exercise(NAME)(student_id)
    assert refused.value._render_traceback_() == [str(refused.value)]


def test_missing_or_damaged_file_is_explained(released):
    path = released / numbers_file(NAME)
    path.write_text('{"salt": 1', encoding="utf-8")
    with pytest.raises(UnknownStudent, match="is damaged"):
        exercise(NAME)("s01")
    path.unlink()
    with pytest.raises(UnknownStudent, match="same folder as this notebook"):
        exercise(NAME)("s01")
    assert exercise(NAME)("demo").short_usd > 0


def test_unknown_assignment():
    with pytest.raises(InvalidInput, match="no assignment 'x'; there are inverse_maths"):
        exercise("x")


def said(capsys, *arguments):
    check_format(*arguments)
    out, err = capsys.readouterr()
    assert bool(out) != bool(err)
    return (out or err).rstrip("\n"), bool(out)


@pytest.mark.parametrize(
    ("value", "form", "text", "good"),
    [
        (None, a_number("ETH"), "q1 has no answer yet.", False),
        (2460, a_number("contracts", sign="none"), "q1 is 2,460 contracts.", True),
        (np.float64(-0.52), a_number("ETH", sign="gain"), "q1 is −0.52 ETH, a loss.", True),
        (12.5, a_number("USD", sign="paid"), "q1 is 12.5 USD, received.", True),
        (np.where(True, 2.5, 0), a_number("ETH"), "q1 is 2.5 ETH.", True),
        (pd.Series({"ETH": 2.5}), a_number("ETH"), "q1 is 2.5 ETH.", True),
        (Decimal("2.5"), a_number("ETH"), "q1 is 2.5 ETH.", True),
        (np.array([1.0, 2.0]), a_number("ETH"), "is a ndarray, not a number", False),
        (0, a_number("USD", sign="gain"), "q1 is 0 USD.", True),
        (-3, a_number("contracts", sign="none"), "Give the number without a sign.", False),
        ("12", a_number("ETH"), "such as 12.5, but it is a str, not a number.", False),
        (True, a_number("ETH"), "is a bool, not a number", False),
        (float("nan"), a_number("ETH"), "not a number", False),
        ([1.0], a_number("ETH"), "is a list, not a number", False),
        (10**400, a_number("ETH"), "is too large", False),
    ],
)
def test_form_of_a_number(capsys, value, form, text, good):
    words, fine = said(capsys, "q1", value, form)
    assert text in words
    assert fine is good
    assert words.endswith("The form is right.") is good


def test_released_notebook_needs_no_unix():
    code = "import sys; sys.modules['resource'] = None; import hedgelib.classroom.student"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_number_of_somebodys_own_making_is_none():
    class Liar(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    with pytest.raises(TypeError, match="is a Liar, not a number"):
        plain_number(Liar(1.0))


def some_options():
    return make_options(
        Numbers(MINE),
        "q5",
        says={"more": "More.", "same": "The same.", "fewer": "Fewer."},
        because={"a": "As.", "b": "Because.", "c": "Cause.", "d": "Due."},
    )


def test_form_of_a_choice(capsys):
    offered = some_options()
    says, because = offered.letters("same", "c")
    words, fine = said(capsys, "q5", (says.lower(), because), offered)
    assert fine
    assert words == "You say: The same.\nBecause: Cause.\nThe form is right."
    for pair, text in [
        ((None, None), "q5 has no answer yet."),
        (("A", None), "q5_reason has no answer yet."),
        (("D", "P"), "q5 must be one of the letters A, B, C"),
        (("A", 1), "q5_reason must be one of the letters P, Q, R, S"),
    ]:
        assert said(capsys, "q5", pair, offered)[0].startswith(text)


def test_options_are_in_an_order_of_the_students_own():
    orders = set()
    for i in range(40):
        my = Numbers(draw_one(scenario(NAME), b"x", f"s{i}"))
        says = {"a": "1", "b": "2", "c": "3"}
        offered = make_options(my, "q5", says=says, because=dict(zip("abcd", "4567", strict=True)))
        text = offered.text()
        orders.add(tuple(text.index(f": {n}") for n in "1234567"))
        letter = offered.letters("b", "c")
        assert f"**{letter[0]}**: 2" in text
        assert f"**{letter[1]}**: 6" in text
    assert len(orders) > 25


def test_form_of_a_function(capsys):
    form = a_function("coins", example=(-100, 2000.0))
    cases = [
        (lambda n, price: n / price, "(-100, 2000.0) is −0.05 coins.", True),
        (lambda *_: None, "returns nothing yet", False),
        (lambda *_: 1 / 0, "fails: ZeroDivisionError: division by zero", False),
        (lambda *_: "x", "the returned value is a str", False),
        (lambda n: n, "fails: TypeError", False),
        (17, "must be a function", False),
    ]
    for function, text, good in cases:
        words, fine = said(capsys, "q7", function, form)
        assert text in words
        assert fine is good


def test_source_cell_lists_its_wrong_models(capsys):
    assert mark_answer("q1", 1000.0, wrong={"contract_is_coin": 2.857}) is None
    assert "| contract_is_coin | 2.857 |" in capsys.readouterr().out


def test_marking_cell_gives_points(monkeypatch):
    monkeypatch.setattr(student, "_keys", {})
    answer_key("q1", 1000.0, 3)
    wrong = {"contract_is_coin": 2.857}
    for value, points in [(1000, 3.0), (np.float64(999), 3.0), (2.857, 0.0), ("1000", 0.0)]:
        assert mark_answer("q1", value, wrong=wrong) == points
    answer_key("q5", ("A", "Q"), 2)
    for pair, points in [(("a", "q"), 2.0), (("A", "P"), 1.0), ((None, object()), 0.0)]:
        assert mark_answer("q5", pair, wrong={}) == points
    answer_key("q7", lambda x: x / 2, 3)
    calls = [(1.0,), (-2.0,), (0.5,)]
    wrong = {"sign_ignored": lambda x: abs(x) / 2}
    for function, points in [
        (lambda x: 0.5 * x, 3.0),
        (lambda x: abs(x) / 2, 0.0),
        (lambda x: 1 / (x - 1), 0.0),
        (lambda x: x / 2 if x < 1 else 1 / 0, 2.0),
        (None, 0.0),
    ]:
        assert mark_answer("q7", function, wrong=wrong, calls=calls) == points


def test_instructors_side_shows_nothing(capsys):
    my, me = given(MINE)
    assert me("whatever") is my
    show_numbers(my, "short_usd")
    says, because = dict.fromkeys("abc", "x"), dict.fromkeys("defg", "y")
    assert choose_from(my, "q5", says=says, because=because).says == says
    assert capsys.readouterr().out == ""


def test_release_does_not_need_what_an_instructor_needs():
    code = (
        "import sys, hedgelib.classroom.student as s; s.exercise('carry'); "
        "print(*sorted(m.split('.')[0] for m in sys.modules))"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"nbgrader", "sqlalchemy", "pandas", "ipywidgets", "IPython"} & {*loaded}
