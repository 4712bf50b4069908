"""Answers as people write them: a number, or one sentence that says why not."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hedgelib import InvalidInput
from hedgelib.ask.answers import WITHIN, read_answer
from hedgelib.ask.form import Form
from hedgelib.ask.marking import Key
from hedgelib.ask.question import Answer as AnswerOfQuestion

UNITS = ["USD", "ETH", "contracts", "percent", "%", "x", "a number", "standard deviations"]
units = st.sampled_from([*UNITS, "percent for 8 hours, such as 0.01", "a number, two decimals"])


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1000", "USD", 1000),
        ("$1,000", "USD", 1000),
        ("1 000", "USD", 1000),
        ("1\N{THIN SPACE}000", "USD", 1000),
        ("1\N{NO-BREAK SPACE}000\N{NARROW NO-BREAK SPACE}000", "USD", 1_000_000),
        ("1'000", "USD", 1000),
        ("1_000", "USD", 1000),
        ("−750", "USD", -750),
        ("-$750", "USD", -750),
        ("−$1,250.50", "USD", -1250.5),
        ("$-750", "USD", -750),
        ("- $ 750", "USD", -750),
        ("+$300", "USD", 300),
        ("US$300", "USD", 300),
        ("USD 300", "USD", 300),
        ("300 usd", "USD", 300),
        ("300 dollars", "USD", 300),
        ("33%", "percent", 33),
        ("33 %", "%", 33),
        ("33 percent", "%", 33),
        ("33%", "a number", 0.33),
        ("33%", "a number, two decimals or more", 0.33),
        ("-0.07%", "percent for 8 hours, such as 0.01", -0.07),
        ("-0.07% per 8 hours", "percent for 8 hours, such as 0.01", -0.07),
        ("17.52 percent a year", "percent a year", 17.52),
        ("17.52% per year", "percent a year", 17.52),
        ("1e3", "USD", 1000),
        ("1.5E-2 BTC", "BTC", 0.015),
        ("1/3", "a number", 1 / 3),
        ("-1 / 3", "a number", -1 / 3),
        ("100/3%", "percent", 100 / 3),
        ("1,000/4 USD", "USD", 250),
        ("14 ETH", "ETH", 14),
        ("14ETH", "ETH", 14),
        ("14 sol", "SOL", 14),
        ("3,600 contracts", "contracts", 3600),
        ("1 contract", "contracts", 1),
        ("2x", "x", 2),
        ("2×", "x", 2),
        ("1.2x", "a number", 1.2),
        ("8σ", "standard deviations", 8),
        ("8 standard deviations", "standard deviations", 8),
        (".5", "x", 0.5),
        ("5.", "x", 5),
        ("\ufeff 12.5\n", "x", 12.5),
    ],
)
def test_delivery_11_text(text, unit, number):
    assert read_answer(text, unit=unit) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("given_", "number"),
    [
        (7, 7),
        (7.5, 7.5),
        (10**20, 1e20),
        (Fraction(1, 3), 1 / 3),
        (Decimal("0.25"), 0.25),
        (np.float64(3), 3),
        (np.float32(0.5), 0.5),
        (np.longdouble(2), 2),
        (np.int64(-4), -4),
        (np.array(6.0), 6),
        (np.array([6]), 6),
        (np.array([[6]]), 6),
        (np.array("$1,000"), 1000),
        (np.str_("1,000"), 1000),
        (np.array([Fraction(1, 4)], dtype=object), 0.25),
        (pd.Series([8.0]), 8),
        ((1, 0), 1000),
        ((4,), 4),
    ],
)
def test_delivery_11_numbers_of_any_kind(given_, number):
    found = read_answer(given_, unit="USD")
    assert type(found) is float
    assert found == pytest.approx(number)


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        ((1, 0), 1_000),
        ((12, 500), 12_500),
        ((-1, 0), -1_000),
        ((3, 600), 3_600),
        ((1, 0, 0), 1_000_000),
        ((1, 234, 567), 1_234_567),
        ((12, 500.25), 12_500.25),
    ],
)
def test_delivery_11_commas_that_python_has_read(parts, number):
    assert read_answer(*parts, unit="USD") == number
    source = f"{number:,}"
    assert eval(source) == parts, "this is what Python makes of it"


@pytest.mark.parametrize(
    "parts",
    [
        (1, 5),  # 1.5, with a decimal comma
        (1, 50),
        (0, 5),
        (0, 500),
        (1, 0.5),  # 1,000.5 or 1,0.5
        (1, 50.5),
        (1000, 500),
        (1, 1000),
        (1, -500),
        (12, float("nan")),
    ],
)
def test_delivery_11_commas_that_can_be_read_in_two_ways(parts):
    with pytest.raises(InvalidInput, match="can be read in more than one way"):
        read_answer(*parts, unit="USD")


@pytest.mark.parametrize(
    "text",
    ["1.000,5", "1.000.000", "0,5", "12,50", "1,00", "1,00,000", "0,500", "1 000,5", "5 1/2"],
)
def test_delivery_11_decimal_commas_are_refused(text):
    with pytest.raises(InvalidInput, match=f"^'{text}' can be read in more than one way: write"):
        read_answer(text, unit="USD")


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("2 ETH", "USD", "Give the answer in USD; '2 ETH' is in ETH."),
        ("$36,000", "contracts", r"answer in contracts; '\$36,000' is in USD"),
        ("$5 ETH", "USD", "is in ETH"),
        ("33%", "USD", "answer in USD; '33%' is in percent"),
        ("33%", "x", "answer in x"),
        ("$1", "a number", "answer without a unit"),
        ("1% a day", "percent a year", "you gave '1% a day'"),
        ("5 apples", "USD", "you gave '5 apples'"),
        ("fourteen", "USD", "An answer is a number, such as 12.5, and you gave 'fourteen'"),
        ("", "USD", "you gave a text that holds something else"),
        ("--5", "USD", "something else|'--5'"),
        ("-$-5", "USD", "you gave"),
        ("10-20", "USD", "you gave '10-20'"),
        ("10*3", "USD", "you gave"),
        (".", "USD", "you gave"),
        ("1/0", "USD", "0 below the line"),
        ("1e999", "USD", "too large"),
        ("nan", "USD", "you gave 'nan'"),
        ("٣", "USD", "you gave"),
        ("9" * 201, "USD", "something else"),
    ],
)
def test_delivery_11_refused_text(text, unit, message):
    with pytest.raises(InvalidInput, match=message):
        read_answer(text, unit=unit)


class Odd(float):
    def __float__(self):
        raise ValueError("no")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "you gave True"),
        (np.True_, "you gave"),
        (float("nan"), "you gave nan"),
        (float("-inf"), "you gave -inf"),
        (Decimal("sNaN"), "of the type Decimal"),
        (10**400, "too large"),
        (None, "of the type NoneType"),
        (3 + 4j, "of the type complex"),
        ([4], "of the type list"),
        ([1, 2], "of the type list"),
        ({}, "of the type dict"),
        (print, "of the type builtin"),
        (float, "of the type type"),
        (pd.Series, "of the type type"),
        (Odd(3), "of the type Odd"),
        (np.array([1, 2]), "2 of them"),
        (np.array([]), "0 of them"),
        (np.timedelta64(5, "D"), "of the type timedelta64"),
        (np.ma.masked, "of the type MaskedConstant"),
        (pd.DataFrame({"a": [1, 2]}), "2 of them"),
        (pd.NA, "of the type NAType"),
        ((), "0 of them"),
        (("1", "2"), "2 of them"),
        ((1, "000"), "2 of them"),
        ((1, True), "2 of them"),
        ((1.0, 500), "2 of them"),
        ((1, 0.5, 500), "3 of them"),
    ],
)
def test_delivery_11_refused_values(value, message):
    with pytest.raises(InvalidInput, match=message):
        read_answer(value, unit="USD")


def one_sentence(text: str) -> bool:
    # A point that ends no sentence is followed by a digit, or stands in what was quoted.
    told = re.sub(r"'[^\n]*'", "x", text)
    return text.endswith(".") and "\n" not in text and not re.search(r"[.!?] [A-Z]", told)


numberlike = st.text(alphabet="0123456789.,  '_$%/eE+-−xETHUSDpercnt\u2009\xa0", max_size=14)
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.decimals(allow_nan=True),
    st.fractions(),
    st.text(),
    st.binary(),
    st.dates(),
    st.lists(st.floats(), max_size=3),
    st.dictionaries(st.text(), st.floats(), max_size=2),
)


def number_or_reason(*given_: object, unit: str) -> float | str:
    try:
        return read_answer(*given_, unit=unit)
    except InvalidInput as error:
        return str(error)


@given(given_=numberlike | st.text(), unit=units)
@example(given_="<b>$x$</b>", unit="USD")
@example(given_="1" + "'000" * 60, unit="USD")
def test_any_text_is_a_number_or_one_sentence(given_, unit):
    found = number_or_reason(given_, unit=unit)
    if isinstance(found, str):
        assert one_sentence(found), found
        assert not set("<>*`[]\\") & set(found)
    else:
        assert type(found) is float
        assert np.isfinite(found)


@given(parts=st.lists(anything, min_size=1, max_size=4), unit=units)
def test_anything_is_a_number_or_one_sentence(parts, unit):
    found = number_or_reason(*parts, unit=unit)
    assert one_sentence(found) if isinstance(found, str) else np.isfinite(found)


@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 4)), st.sampled_from(", '_\u2009\xa0\u202f"))
def test_what_is_written_is_read_back(number, separator):
    written = f"{number:,.4f}".replace(",", separator)
    for text in (written, written.replace("-", "−"), f"{written} USD", f"{number!r}"):
        assert read_answer(text, unit="USD") == number


@given(st.integers(1, 999), st.lists(st.just(0) | st.integers(100, 999), min_size=1, max_size=4))
def test_groups_are_put_together_again(first, rest):
    text = ",".join([str(first), *(f"{group:03}" for group in rest)])
    assert read_answer(first, *rest, unit="USD") == read_answer(text, unit="USD")


def test_one_accepted_error_for_exercises_and_classes():
    key = Key(form=Form("number"), right=1.0)
    assert AnswerOfQuestion(right=1).within == key.within == WITHIN
