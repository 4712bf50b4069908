"""The checks on the way in, the plain numbers on the way out, and the errors."""

from __future__ import annotations

import inspect
import math
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgelib as h
from hedgelib import _check, errors
from hedgelib._check import (
    ABOVE_MINUS_ONE,
    FINITE,
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_OR_INF,
    RATE,
    SHARE,
    aligned,
    ascending,
    evenly,
    extremes,
    formula,
    in_pieces,
    instance,
    numbers,
    one_of,
    plain,
    scalars,
    series,
    vectorised,
)
from tests.strategies import BAD_ANYWHERE, refused

TINY = 5e-324
HUGE = 1.7976931348623157e308
INF, NAN = math.inf, math.nan

RULES = {
    "FINITE": (FINITE, "a finite number", [-HUGE, -1, 0, 1, HUGE], [INF, -INF, NAN]),
    "POSITIVE": (POSITIVE, "> 0", [TINY, 1, HUGE], [0, -0.0, -TINY, -1, INF, -INF, NAN]),
    "POSITIVE_OR_INF": (
        POSITIVE_OR_INF,
        "> 0, or inf for none",
        [TINY, 1, HUGE, INF],
        [0, -TINY, -INF, NAN],
    ),
    "NONNEGATIVE": (NONNEGATIVE, ">= 0", [0, -0.0, TINY, HUGE], [-TINY, -1, INF, -INF, NAN]),
    "ABOVE_MINUS_ONE": (
        ABOVE_MINUS_ONE,
        "> -1 (a loss of 100% is -1)",
        [np.nextafter(-1, 0), 0, HUGE],
        [-1, -2, INF, -INF, NAN],
    ),
    "RATE": (
        RATE,
        "a decimal between -1 and 1 (1% is 0.01)",
        [np.nextafter(-1, 0), 0, np.nextafter(1, 0)],
        [-1, 1, 2, INF, -INF, NAN],
    ),
    "FRACTION": (
        FRACTION,
        "a decimal from 0 to below 1 (1% is 0.01)",
        [0, np.nextafter(1, 0)],
        [-TINY, 1, INF, -INF, NAN],
    ),
    "SHARE": (
        SHARE,
        "a decimal from 0 to 1",
        [0, 1],
        [-TINY, np.nextafter(1, 2), INF, -INF, NAN],
    ),
}


def test_every_rule_is_tried():
    assert set(RULES) == {n for n, v in vars(_check).items() if isinstance(v, _check.Rule)}


def test_a_rule_is_fixed():
    with pytest.raises(AttributeError):
        POSITIVE.text = ">= 0"


@pytest.mark.parametrize("rule", RULES)
def test_rule_takes_what_it_says_and_nothing_else(rule):
    rule, text, good, bad = RULES[rule]
    assert numbers(x=(good, rule))[0].tolist() == good
    for value in bad:
        with refused(f"x must be {text}, got {float(value)!r}"):
            numbers(x=(value, rule))


def test_a_name_has_a_rule_and_a_call_may_give_another():
    with refused("fee_rate must be a decimal between -1 and 1 (1% is 0.01), got 2.0"):
        numbers(fee_rate=2)
    with refused("book_usd must be > 0, got 0.0"):
        scalars(book_usd=(0, POSITIVE))
    book_usd, price_usd = numbers(book_usd=0, price_usd=(1, 2))
    assert (book_usd, price_usd.tolist()) == (0, [1, 2])


def test_message_says_where_in_an_array():
    with refused("x must be > 0, got -3.0 at [1]"):
        numbers(x=([1, -3, -4], POSITIVE))
    with refused("x must be > 0, got 0.0 at [(1, 0)]"):
        numbers(x=([[1, 2], [0, 4]], POSITIVE))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_long_table_is_looked_at_to_its_end(order):
    table = np.ones((50_001, 3), order=order)
    numbers(x=(table, POSITIVE))
    numbers(x=(table[::2], POSITIVE))
    for place in ((0, 0), (31_000, 1), (50_000, 2)):
        bad = table.copy(order="K")
        bad[place] = NAN
        with pytest.raises(h.InvalidInput, match=re.escape(f"got nan at [{place}]")):
            numbers(x=(bad, POSITIVE))
        bad[place] = -1
        with pytest.raises(h.InvalidInput, match=re.escape(f"got -1.0 at [{place}]")):
            numbers(x=(bad, POSITIVE))


def test_numbers_come_back_as_float64_in_order():
    one, two, three, four = numbers(
        a=(1, FINITE),
        b=(np.array([1, 2], dtype=np.int8), FINITE),
        c=(np.float32(0.5), FINITE),
        d=(pd.Series([2.5, 3.5]), FINITE),
    )
    assert (type(one), type(three)) == (np.float64, np.float64)
    assert (two.dtype, four.dtype) == (np.float64, np.float64)
    assert (one, two.tolist(), three, four.tolist()) == (1.0, [1.0, 2.0], 0.5, [2.5, 3.5])


@pytest.mark.parametrize("value", [10**18, np.uint64(2**63), [2**63], np.longdouble(2), (1, 2)])
def test_any_real_number_is_welcome(value):
    (found,) = numbers(x=(value, FINITE))
    assert np.array_equal(found, np.asarray(value, float))


def test_nothing_is_a_fine_array_of_numbers():
    (found,) = numbers(x=([], POSITIVE))
    assert found.shape == (0,)


@pytest.mark.parametrize("bad", BAD_ANYWHERE)
def test_what_is_no_number_is_refused_by_name(bad):
    for check in (numbers, scalars):
        with pytest.raises(h.InvalidInput, match="some_name"):
            check(some_name=(BAD_ANYWHERE[bad], FINITE))
    with pytest.raises(h.InvalidInput, match="some_name"):
        series("some_name", BAD_ANYWHERE[bad])


def test_messages_show_what_was_found():
    def message(value):
        with pytest.raises(h.InvalidInput) as error:
            numbers(x=(value, FINITE))
        return str(error.value)

    assert message("3,5") == "x must be numbers, got '3,5'; convert it with float() first"
    assert message(None) == "x must be numbers, got None; convert it with float() first"
    longest = "x" * 58
    assert message(longest) == f"x must be numbers, got '{longest}'; convert it with float() first"
    assert (
        message(longest + "x")
        == "x must be numbers, got str of <U59; convert it with float() first"
    )
    assert message(10**400) == "x is too large to compute with"
    assert message([1, np.ma.masked]) == "x has masked entries; drop them first"
    assert message((1, np.ma.masked)) == "x has masked entries; drop them first"
    assert message([1, True]) == "x must be numbers, got True at [1]"
    assert message((1, 2, np.False_)) == "x must be numbers, got np.False_ at [2]"
    assert message([[1], [1, 2]]).startswith("x must be numbers in a regular shape: ")
    assert message(np.longdouble("1e4000")) == "x must be a finite number, got inf"


def test_a_masked_array_without_a_masked_entry_is_an_array():
    (found,) = numbers(x=(np.ma.array([1.0, 2.0], mask=[False, False]), FINITE))
    assert found.tolist() == [1.0, 2.0]


def test_shapes_must_go_together():
    assert [a.shape for a in numbers(a=([[1], [2]], FINITE), b=([1, 2, 3], FINITE))] == [
        (2, 1),
        (3,),
    ]
    with refused("the shapes do not go together: a (2,), b (), c (3,)"):
        numbers(a=([1, 2], FINITE), b=(1, FINITE), c=([1, 2, 3], FINITE))


def labelled(*labels):
    return pd.Series(np.arange(len(labels)), index=list(labels))


def labelled_differently(names, at):
    return refused(
        f"{names} are labelled differently, at {at}: align them first "
        "(pandas.concat([...], axis=1, join='inner')), or pass .to_numpy() of each to pair them "
        "by position"
    )


def test_labels_must_match_in_their_places():
    first, other = labelled("ADA", "ETH", "SOL"), labelled("ADA", "SOL", "ETH")
    aligned({"x": first, "y": first * 2, "w": [1, 2, 3], "z": np.arange(3)})
    for between in ({}, {"w": [1, 2, 3]}, {"w": first}, {"w": labelled("ADA", "ETH")}):
        with labelled_differently("x and y", "[1] ETH and SOL"):
            aligned({"x": first, **between, "y": other})
    with labelled_differently("x and y", "[1] SOL and ETH"):
        aligned({"x": other, "y": first})
    twice = [labelled("-".join(["AD", "A"]), last) for last in ("ETH", "SOL")]
    with labelled_differently("x and y", "[1] ETH and SOL"):
        aligned({"x": twice[0], "y": twice[1]})
    with labelled_differently("x and y", "[0] ADA and BTC"):
        aligned({"x": first, "y": labelled("BTC", "ETH", "SOL")})
    with labelled_differently("x and z", "[1] ETH and SOL"):
        aligned({"x": first, "y": first, "z": other})


def test_labels_of_two_lengths_or_of_another_kind_are_compared_by_others():
    """Lengths are refused as shapes are; a table beside a column has labels of its own."""
    aligned({"x": labelled("ADA", "ETH", "SOL"), "y": labelled("SOL", "ETH")})
    aligned({"x": labelled("ADA", "ETH"), "y": labelled("SOL", "ETH", "ADA")})
    table = pd.DataFrame([[1, 2], [3, 4]], index=["d1", "d2"], columns=["ADA", "ETH"])
    turned, rows = table[["ETH", "ADA"]], labelled("d2", "d1")
    aligned({"x": table, "w": rows, "y": table + 1})
    with labelled_differently("x and y", "[0] ADA and ETH"):
        aligned({"w": labelled("d1", "d2"), "x": table, "y": turned})
    with labelled_differently("x and w", "[0] d1 and d2"):
        aligned({"x": table, "w": rows}, rows_only=True)
    aligned({"x": table, "w": labelled("d1", "d2"), "y": turned}, rows_only=True)
    with pytest.raises(TypeError):
        aligned({"x": table, "w": rows}, True)


def test_equal_moments_in_two_time_zones_are_two_labels():
    here = pd.Series(1.0, index=pd.date_range("2023-01-01", periods=2, tz="UTC"))
    with labelled_differently(
        "x and y", "[0] 2023-01-01 00:00:00+00:00 and 2023-01-01 01:00:00+01:00"
    ):
        aligned({"x": here, "y": here.tz_convert("Europe/Paris")})


DAYS = pd.date_range("2023-01-01", periods=6, freq="D")


def dated(*places):
    return pd.Series(1.0, index=DAYS[list(places)])


def test_dates_must_ascend():
    for fine in (dated(0, 1, 2), dated(0, 0, 1), dated(0), dated(), labelled("b", "a"), [2, 1]):
        ascending(x=fine)
    for places, pair in (
        ((1, 0), (1, 0)),
        ((0, 2, 1, 3), (2, 1)),
        ((0, 0, 2, 1), (2, 1)),
        ((0, 1, 2, 4, 3), (4, 3)),
    ):
        was, then = (DAYS[place] for place in pair)
        with refused(
            f"the dates of y must ascend, got {was} then {then}; sort it first (sort_index())"
        ):
            ascending(x=dated(0, 1), y=dated(*places))
    columns = pd.DataFrame([[1.0, 2.0]], index=DAYS[:1], columns=DAYS[[1, 0]])
    ascending(x=columns)
    with pytest.raises(h.InvalidInput, match="the dates of x must ascend"):
        series("x", dated(1, 0))


def test_dates_must_have_no_hole():
    columns = pd.DataFrame([[1.0, 2.0, 3.0]], index=DAYS[:1], columns=DAYS[[0, 1, 5]])
    fine = (dated(0, 1, 2), dated(0, 5), dated(0, 2, 4), dated(0, 1, 4), columns)
    for dates in (*fine, labelled(1, 2, 9), [1, 2, 9]):
        evenly(x=dates)
    with pytest.raises(h.InvalidInput, match="a hole between 2023-01-02 00:00:00 and 2023-01-06"):
        evenly(x=dated(0, 1, 5))
    months = pd.Series(1.0, index=pd.to_datetime(["2023-01-31", "2023-02-28", "2023-03-31"]))
    evenly(x=months)
    with refused(
        f"the dates of y have a hole between {DAYS[1]} and {DAYS[3]}; fill it, or compute the "
        "parts before and after it apart, or pass .to_numpy() where the dates do not matter"
    ):
        evenly(x=dated(0, 1, 2), y=dated(0, 1, 3, 4, 5))
    half = DAYS[:1].append(DAYS[:1] + pd.Timedelta("24h")).append(DAYS[:1] + pd.Timedelta("60h"))
    evenly(x=pd.Series(1.0, index=half))
    with pytest.raises(h.InvalidInput, match="the dates of x must ascend"):
        evenly(x=dated(1, 0))


@pytest.mark.parametrize(("holes", "passes"), [(1, False), (2, False), (3, True)])
def test_days_picked_here_and_there_have_many_holes(holes, passes):
    """Of twenty steps, more than a tenth."""
    days = pd.date_range("2023-01-01", periods=21 + holes).delete(range(1, 4 * holes, 4))
    picked = pd.Series(1.0, index=days)
    assert len(picked) == 21
    if passes:
        evenly(x=picked, chosen=True)
    else:
        with pytest.raises(h.InvalidInput, match="a hole"):
            evenly(x=picked, chosen=True)
    with pytest.raises(h.InvalidInput, match="a hole"):
        evenly(x=picked)


def test_scalars():
    found = scalars(a=(1, POSITIVE), b=(np.array(2.5), POSITIVE), c=(np.float32(0.5), POSITIVE))
    assert found == (1.0, 2.5, 0.5)
    assert [type(x) for x in found] == [float] * 3
    with refused("b must be a single number, got shape (1,)"):
        scalars(a=(1, POSITIVE), b=([2], POSITIVE))
    with refused("b must be > 0, got 0.0"):
        scalars(a=(1, POSITIVE), b=(0, POSITIVE))


def test_series():
    found = series("x", (1, 2, 3))
    assert (found.dtype, found.tolist()) == (np.float64, [1.0, 2.0, 3.0])
    assert series("x", [1, 2], at_least=2).size == 2
    assert series("x", [0.5], rule=SHARE).tolist() == [0.5]
    with refused("x needs at least 1 values, got 0", h.NotEnoughData):
        series("x", [])
    with refused("x needs at least 3 values, got 2", h.NotEnoughData):
        series("x", [1, 2], at_least=3)
    with refused("x must be one-dimensional, got shape (1, 2)"):
        series("x", [[1, 2]])
    with refused("x must be one-dimensional, got shape ()"):
        series("x", 5)
    with refused("x must be > 0, got -1.0 at [1]"):
        series("x", [1, -1], rule=POSITIVE)
    with refused("x must be a finite number, got nan at [0]"):
        series("x", [NAN])
    with pytest.raises(TypeError):
        series("x", [1.0], 1)


@pytest.mark.parametrize("bad", ["Mark", "", None, 1, ["mark"], np.array(["mark", "entry"])])
def test_one_of(bad):
    one_of("basis", "entry", ("mark", "entry"))
    with refused(f"basis must be one of mark, entry, got {bad!r}"):
        one_of("basis", bad, ("mark", "entry"))


def test_instance():
    instance("x", 1.5, float)
    with refused("x must be a float, got 'y'"):
        instance("x", "y", float)


def test_plain():
    assert type(plain(np.float64(1.5))) is float
    assert type(plain(np.array(1.5))) is float
    assert plain(np.array([1.5])).shape == (1,)


@pytest.mark.parametrize(
    "compute",
    [
        lambda: np.float64(1e308) * 10,
        lambda: np.float64(1) / np.float64(0),
        lambda: np.float64(INF) - np.float64(INF),
        lambda: np.array([1.0, 1e308]) * 10,
    ],
)
def test_an_overflow_is_an_error_and_not_an_answer(compute):
    with (
        refused("f: the numbers are too large or too small"),
        extremes("f"),
    ):
        compute()


def test_what_vanishes_is_zero():
    with extremes("f"):
        assert np.float64(1e-308) * np.float64(1e-308) == 0


def test_vectorised():
    @vectorised
    def f(x, *, y=0.0):
        """Say what it does."""
        return x + y

    assert (f.__name__, f.__doc__) == ("f", "Say what it does.")
    assert (f(np.float64(1)), type(f(np.float64(1), y=2))) == (1.0, float)
    assert f(np.array([1.0, 2.0]), y=1).tolist() == [2.0, 3.0]
    assert f(INF) == INF
    for nan in (NAN, np.array([1.0, NAN])):
        with refused("f: the numbers are too large or too small"):
            f(nan)


def test_a_formula_checks_every_argument_by_the_rule_of_its_name():
    @formula
    def f(notional_usd, *, leverage=2.0):
        """Say what it does."""
        assert all(np.asarray(x).dtype == np.float64 for x in (notional_usd, leverage))
        return notional_usd / leverage

    assert (f.__name__, f.__doc__) == ("f", "Say what it does.")
    assert [*inspect.signature(f).parameters] == ["notional_usd", "leverage"]
    assert (f(3), type(f(3)), f(3, leverage=4)) == (1.5, float, 0.75)
    assert f(leverage=[1, 2], notional_usd=4).tolist() == [4.0, 2.0]
    with refused("notional_usd must be >= 0, got -1.0"):
        f(-1)
    with refused("leverage must be > 0, got 0.0"):
        f(1, leverage=0)
    with refused("the shapes do not go together: notional_usd (2,), leverage (3,)"):
        f([1, 2], leverage=[1, 2, 3])
    with refused("f: the numbers are too large or too small"):
        f(1e308, leverage=1e-10)
    for args in ((), (1, 2)):
        with pytest.raises(TypeError):
            f(*args)


ERRORS = [getattr(h, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_one_family_of_value_errors(kind):
    assert issubclass(kind, h.HedgeError)
    assert issubclass(h.HedgeError, ValueError)
    assert kind.__doc__


def test_infeasible_names_the_smallest_collateral():
    error = h.InfeasibleHedge("too little", smallest_collateral_usd=12.5)
    assert (str(error), error.smallest_collateral_usd) == ("too little", 12.5)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "book.csv: no"),
        ({"line": 3}, "book.csv, line 3: no"),
        ({"column": "beta"}, "book.csv, column 'beta': no"),
        ({"line": 3, "column": "beta"}, "book.csv, line 3, column 'beta': no"),
    ],
)
def test_a_file_error_says_where(place, text):
    error = h.PortfolioFileError("no", path="book.csv", **place)
    assert str(error) == text
    assert error.path == Path("book.csv")
    assert (error.line, error.column) == (place.get("line"), place.get("column"))


def test_errors_cross_from_another_process():
    plain_error = pickle.loads(pickle.dumps(h.InvalidInput("x must be > 0")))
    assert (type(plain_error), str(plain_error)) == (h.InvalidInput, "x must be > 0")
    infeasible = pickle.loads(pickle.dumps(h.InfeasibleHedge("no", smallest_collateral_usd=2.0)))
    assert (str(infeasible), infeasible.smallest_collateral_usd) == ("no", 2.0)
    assert isinstance(infeasible, h.InfeasibleHedge)
    wrong = pickle.loads(pickle.dumps(h.PortfolioFileError("no", path="b.csv", line=2)))
    assert str(wrong) == "b.csv, line 2: no"
    assert (wrong.path, wrong.line, wrong.column) == (Path("b.csv"), 2, None)


def test_in_pieces_is_the_formula():
    sizes = []

    def formula(x, y):
        sizes.append((np.size(x), np.size(y)))
        return x * y

    x, y = np.arange(10.0), np.float64(2)
    assert in_pieces(formula, x, y, piece=4).tolist() == (x * 2).tolist()
    assert sizes == [(4, 1), (4, 1), (2, 1)]
    assert in_pieces(formula, x, x, piece=9).tolist() == (x * x).tolist()
    assert sizes[3:] == [(9, 9), (1, 1)]
    del sizes[:]
    assert in_pieces(formula, x, np.array([3.0]), piece=10).tolist() == (x * 3).tolist()
    assert in_pieces(formula, x[:, None], x, piece=4).shape == (10, 10)
    assert in_pieces(formula, np.empty(0), y, piece=4).shape == (0,)
    assert in_pieces(formula, y, y) == 4
    assert sizes == [(10, 1), (10, 10), (0, 1), (1, 1)]
    del sizes[:]
    long = np.ones(16_385)
    assert in_pieces(formula, long, y).sum() == 2 * 16_385
    assert sizes == [(16_384, 1), (1, 1)]
