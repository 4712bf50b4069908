"""Marks come from plain values, and from nothing else."""

import math

import pytest

from hedgelib.ask.form import Form
from hedgelib.ask.marking import Key, Mark, judge, right_too
from hedgelib.errors import InvalidInput

NUMBER = Key(
    form=Form("number"), right=-2.5, wrong={"coin_at_entry": -3.0, "dollars_for_coins": 250.0}
)
FORM = Form(
    "choice",
    options={"yes": "Yes.", "no": "No.", "never": "Never."},
    reasons={"as": "As.", "since": "Since.", "for": "For."},
)
CHOICE = Key(
    form=FORM,
    right=("yes", "since"),
    wrong={"pnl_is_straight": ("", "as"), "sign_of_short": ("no", "")},
)
FUNCTION = Key(
    form=Form("function"),
    right=[1.0, -2.0, 4.0],
    wrong={"sign_ignored": [1.0, 2.0, 4.0]},
    calls=[(1,), (2,), (3,)],
)


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (-2.5, Mark(share=1.0)),
        (-2.5049, Mark(share=1.0)),
        (-2.506, Mark(share=0.5, near=True)),
        (-2.526, Mark(share=0.0)),
        (-3, Mark(share=0.0, model="coin_at_entry")),
        (250, Mark(share=0.0, model="dollars_for_coins")),
        (2.5, Mark(share=0.0, model="sign_turned")),
        (-250, Mark(share=0.0, model="percent_for_decimal")),
        (-0.025, Mark(share=0.0, model="percent_for_decimal")),
        (7.0, Mark(share=0.0)),
        (0, Mark(share=0.0)),
        (None, Mark(share=0.0, missing=True)),
        (True, Mark(share=0.0)),
        ("-2.5", Mark(share=0.0)),
        (math.nan, Mark(share=0.0)),
        (math.inf, Mark(share=0.0)),
        (10**30, Mark(share=0.0)),
        ([-2.5], Mark(share=0.0)),
    ],
)
def test_number(answer, mark):
    assert judge(answer, NUMBER) == mark


COUNTED = Key(form=Form("number"), right=5.93, wrong={"one_trade": 2.965}, counted=True)


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (5.93, Mark(share=1.0)),
        (6, Mark(share=1.0)),
        (6.0, Mark(share=1.0)),
        (5, Mark(share=0.0)),
        (7, Mark(share=0.0)),
        (5.99, Mark(share=0.0)),
        (2.965, Mark(share=0.0, model="one_trade")),
        (3, Mark(share=0.0, model="one_trade")),
    ],
)
def test_8_what_comes_whole_may_be_rounded_up(answer, mark):
    assert judge(answer, COUNTED) == mark


@pytest.mark.parametrize(
    ("answer", "share"),
    [(51.49, 1), (51, 1), (52, 1), (-51, 1), (50, 0), (53, 0), (51.3, 0.5), (-51.49, 1)],
)
def test_contracts_come_whole(answer, share):
    """Either whole number next to the exact one is right, with a sign that nobody has asked for."""
    key = Key(form=Form("number", "contracts", sign="none"), right=51.49, counted=True)
    assert judge(answer, key).share == share


def test_whole_contracts_have_no_other_whole_number_next_to_them():
    key = Key(form=Form("number", "contracts"), right=520 * 0.7 / 7 - 1e-13, counted=True)
    assert key.right != 52
    assert right_too(key) == ()
    assert [judge(answer, key).share for answer in (51, 52, 53)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("answer", "share"),
    [(1.7283, 1), (1.73, 1), (1.72, 0.5), (1.7, 0.5), (2, 0), (1.8, 0), (1.6, 0), (1.712, 0.5)],
)
def test_rounded_number_gets_half(answer, share):
    """Rounded at the end, to two digits at least, or on the way, within five times what counts."""
    key = Key(form=Form("number"), right=1.7283, wrong={"log_returns": 1.5})
    assert judge(answer, key) == Mark(share=share, near=share == 0.5)


def test_number_nearer_to_a_wrong_model_is_not_near():
    key = Key(form=Form("number"), right=100.0, wrong={"log_returns": 101.2})
    assert judge(100.5, key).near
    assert judge(100.7, key) == Mark(share=0.0)
    assert judge(101.1, key) == Mark(share=0.0, model="log_returns")


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (("A", "Q"), Mark(share=1.0)),
        ((" a ", "q"), Mark(share=1.0)),
        (("A", "P"), Mark(share=0.5, model="pnl_is_straight")),
        (("A", "R"), Mark(share=0.5)),
        (("A", None), Mark(share=0.5)),
        (("B", "P"), Mark(share=0.0, model="pnl_is_straight")),
        (("B", "Q"), Mark(share=0.0, model="sign_of_short")),
        (("C", "Q"), Mark(share=0.0)),
        ((None, "Q"), Mark(share=0.0)),
        ((None, None), Mark(share=0.0, missing=True)),
        (("", 3), Mark(share=0.0, missing=True)),
        (None, Mark(share=0.0, missing=True)),
    ],
)
def test_choice(answer, mark):
    assert judge(FORM.read(answer), CHOICE) == mark


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        ([1.0, -2.0, 4.0], Mark(share=1.0)),
        ([1, -2, 4.004], Mark(share=1.0)),
        ([1.0, 2.0, 4.0], Mark(share=0.0, model="sign_ignored")),
        ([-1.0, 2.0, -4.0], Mark(share=0.0, model="sign_turned")),
        ([1.0, -2.0, 5.0], Mark(share=2 / 3)),
        ([1.0, None, "x"], Mark(share=1 / 3)),
        ([1.0], Mark(share=1 / 3)),
        ([1.0, -2.0, 4.0, 9.0], Mark(share=1.0)),
        ([None, None, None], Mark(share=0.0)),
        ([], Mark(share=0.0)),
        (None, Mark(share=0.0, missing=True)),
    ],
)
def test_function(answer, mark):
    assert judge(answer, FUNCTION) == mark


def test_letters_are_only_how_an_option_is_written():
    assert FORM.read((" b ", "P")) == FORM.read(("no", "as")) == ("no", "as")
    assert FORM.read(("D", "")) == ("D", None)
    assert FORM.in_letters(("never", "since")) == ("C", "Q")
    assert FORM.in_letters(("D", None)) == ("D", None)
    other = Form("choice", options={"no": "No.", "yes": "Yes."}, reasons=FORM.reasons)
    assert other.read(("A", "Q")) == ("no", "since")


def test_text_is_read_only_where_a_number_is_asked_for():
    assert Form("number", "percent").read("33%") == 33
    assert Form("number").read(5) == 5
    assert Form("function", "USD").read("5") == "5"
    with pytest.raises(InvalidInput, match="Give the answer in ETH"):
        Form("number", "ETH").read("$5")
