"""What a released notebook says to a student: about the form, and never about right and wrong."""

import json
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from hedgelib.ask.marking import Examiner
from hedgelib.classroom import student
from hedgelib.classroom.personal import Numbers, attempt_secret, draw_one
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.student import (
    Form,
    UnknownStudent,
    answer_key,
    check_format,
    choose_from,
    exercise,
    given,
    id_hash,
    mark_answer,
    numbers_file,
    options_for,
    plain_number,
    show_numbers,
)
from hedgelib.errors import InvalidInput

NAME = "inverse_maths"
USD = Form("number", "USD")
ETH = Form("number", "ETH")
COUNT = Form("number", "contracts", sign="none")
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


def test_another_attempt_has_its_own_numbers_where_there_is_one(released, capsys):
    path = released / numbers_file(NAME)
    record = json.loads(path.read_text(encoding="utf-8"))
    again = draw_one(scenario(NAME), attempt_secret(b"x", 2), "s01")
    record["students"][id_hash("5a17", "s01", 2)] = again
    path.write_text(json.dumps(record), encoding="utf-8")
    my = exercise(NAME)("s01", attempt=2)
    assert my.short_usd == again["short_usd"]
    assert again != MINE
    assert "The numbers of `s01` for attempt 2." in capsys.readouterr().out
    for attempt, message in (
        (3, "has no attempt 3. Ask your instructor"),
        (0, "An attempt is 1, 2 or so on, not 0"),
        ("2", "An attempt is 1, 2 or so on, not '2'"),
    ):
        with pytest.raises(UnknownStudent, match=message):
            exercise(NAME)("s01", attempt=attempt)
    assert exercise(NAME)("demo", 2).short_usd != exercise(NAME)("demo").short_usd
    mine, me = given(again)
    assert me("s01", attempt=2) is mine


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
        (None, ETH, "q1 has no answer yet.", False),
        (2460, COUNT, "q1 is 2,460 contracts.", True),
        (np.float64(-0.52), Form("number", "ETH", sign="gain"), "q1 is −0.52 ETH, a loss.", True),
        (12.5, Form("number", "USD", sign="paid"), "q1 is 12.5 USD, received.", True),
        (np.where(True, 2.5, 0), ETH, "q1 is 2.5 ETH.", True),
        (pd.Series({"ETH": 2.5}), ETH, "q1 is 2.5 ETH.", True),
        (Decimal("2.5"), ETH, "q1 is 2.5 ETH.", True),
        (np.array([1.0, 2.0]), ETH, "is a ndarray, not a number", False),
        (0, Form("number", "USD", sign="gain"), "q1 is 0 USD.", True),
        (-3, COUNT, "Give the number without a sign.", False),
        ("12", ETH, "q1 is 12 ETH.", True),
        ("$1,000", USD, "q1 is 1,000 USD.", True),
        (" −750 ", Form("number", "USD", sign="gain"), "q1 is −750 USD, a loss.", True),
        (np.str_("33%"), Form("number", "percent a year"), "q1 is 33 percent a year.", True),
        ("33%", Form("number", "a number"), "q1 is 0.33 a number.", True),
        ("-3", COUNT, "Give the number without a sign.", False),
        ("twelve", ETH, "q1: An answer is a number, such as 12.5, and you", False),
        ("3 USD", ETH, "q1: Give the answer in ETH; '3 USD' is in USD.", False),
        ("1,00", USD, "'1,00' can be read in more than one way", False),
        ("", USD, "q1: An answer is a number", False),
        (True, ETH, "is a bool, not a number", False),
        (float("nan"), ETH, "not a number", False),
        ([1.0], ETH, "is a list, not a number", False),
        (10**400, ETH, "is too large", False),
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

    class Letters(str):
        __slots__ = ()

        def translate(self, _):
            return "1000"

    for value in (Liar(1.0), Letters("1000")):
        with pytest.raises(TypeError, match=r"is a L[a-z]+, not a number"):
            plain_number(value, USD)


def some_options():
    return options_for(
        Numbers(MINE),
        "q5",
        says={"more": "More.", "same": "The same.", "fewer": "Fewer."},
        because={"as": "As.", "since": "Because.", "cause": "Cause.", "due": "Due."},
    )


def test_form_of_a_choice(capsys):
    offered = some_options()
    says, because = offered.in_letters(("same", "cause"))
    words, fine = said(capsys, "q5", (says.lower(), because), offered)
    assert fine
    assert words == "You say: The same.\nBecause: Cause.\nThe form is right."
    assert said(capsys, "q5", (np.array("same"), "cause"), offered) == (words, True)
    for pair, text in [
        ((None, None), "q5 has no answer yet."),
        (("A", None), "q5_reason has no answer yet."),
        (("D", "P"), "q5 must be one of the letters A, B, C"),
        (("A", 1), "q5_reason must be one of the letters P, Q, R, S"),
    ]:
        assert said(capsys, "q5", pair, offered)[0].startswith(text)


def test_options_are_in_an_order_of_the_students_own(capsys):
    orders = set()
    for i in range(40):
        my = Numbers(draw_one(scenario(NAME), b"x", f"s{i}"))
        says = {"aa": "1", "bb": "2", "cc": "3"}
        because = {"dd": "4", "ee": "5", "ff": "6", "gg": "7"}
        offered = choose_from(my, "q5", says=says, because=because)
        text = capsys.readouterr().out
        orders.add(tuple(text.index(f": {n}") for n in "1234567"))
        letter = offered.in_letters(("bb", "ff"))
        assert f"**{letter[0]}**: 2" in text
        assert f"**{letter[1]}**: 6" in text
    assert len(orders) > 25
    with pytest.raises(InvalidInput, match="q5: 'b' would be taken for a letter"):
        options_for(my, "q5", says={"same": "x", "b": "y"}, because=because)


def test_form_of_a_function(capsys):
    form = Form("function", "coins", example=(-100, 2000.0))
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
    check_format("q1", 1000.0, USD)
    assert mark_answer("q1", 1000.0, wrong={"contract_is_coin": 2.857}) is None
    assert "| contract_is_coin | 2.857 |" in capsys.readouterr().out
    offered, answer = some_options(), ("same", "cause")
    check_format("q5", answer, offered)
    assert mark_answer("q5", answer, wrong={"pnl_is_straight": ("", "due")}) is None
    shown, letters = capsys.readouterr().out, offered.in_letters(("more", "due"))
    assert f"| right | {', '.join(offered.in_letters(answer))} |" in shown
    assert f"| pnl_is_straight | any, {letters[1]} |" in shown


def new_kernel(monkeypatch):
    for name, value in (("_keys", {}), ("_forms", {}), ("_examiner", Examiner())):
        monkeypatch.setattr(student, name, value)


def test_marking_cell_looks_at_earlier_answers(monkeypatch):
    new_kernel(monkeypatch)
    check_format("q1", None, USD)
    answer_key("q1", lambda: 1000.0, 3)
    assert mark_answer("q1", 1100.0, wrong={"beta_left_out": 800.0}) == 0
    check_format("q2", None, USD)
    answer_key("q2", lambda **own: own.get("q1", 1000.0) + 50, 2, earlier=("q1",))
    wrong = {"collateral_left_out": 1000.0, "beta_left_out": 850.0}
    answers = [(1150, 2), (1050, 2), (1000, 0), (1142, 1), (850, 0)]
    for value, points in answers:
        assert mark_answer("q2", value, wrong=wrong) == points, value
    check_format("q3", None, USD)
    answer_key("q3", lambda: 70.0, 2)
    assert mark_answer("q3", 60, wrong={"beta_left_out": 60.0}) == 2


def test_marking_cell_gives_points(monkeypatch):
    new_kernel(monkeypatch)
    check_format("q1", None, USD)
    answer_key("q1", lambda: 1000.0, 3)
    wrong = {"contract_is_coin": 2.857}
    answers = [(1000, 3.0), (np.float64(999), 3.0), (2.857, 0.0), ("$1,000", 3.0), ("x", 0.0)]
    for value, points in answers:
        assert mark_answer("q1", value, wrong=wrong) == points
    offered = some_options()
    check_format("q5", (None, None), offered)
    answer_key("q5", lambda: (np.array("same"), "cause"), 2)
    says, because = offered.in_letters(("same", "cause"))
    other = next(letter for letter in "PQ" if letter != because)
    pairs = [((says.lower(), because), 2.0), ((says, other), 1.0), ((None, object()), 0.0)]
    for pair, points in pairs:
        assert mark_answer("q5", pair, wrong={}) == points
    check_format("q7", None, Form("function", "USD", example=(1.0,)))
    answer_key("q7", lambda: lambda x: x / 2, 3)
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
    says = dict.fromkeys(("more", "same", "fewer"), "x")
    because = dict.fromkeys(("as", "since", "cause", "due"), "y")
    assert choose_from(my, "q5", says=says, because=because).options == says
    assert capsys.readouterr().out == ""


def test_release_does_not_need_what_an_instructor_needs():
    code = (
        "import sys, hedgelib.classroom.student as s; s.exercise('carry'); "
        "print(*sorted(m.split('.')[0] for m in sys.modules))"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"nbgrader", "sqlalchemy", "pandas", "ipywidgets", "IPython"} & {*loaded}
