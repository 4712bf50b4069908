"""Personal numbers: what is drawn, by what, and that it never changes."""

import json

import numpy as np
import pytest

from hedgelib import HedgeError
from hedgelib.classroom.personal import Draws, Given, Numbers, Scenario, canonical, draw, row
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario

SECRET = bytes(range(32))


def test_numbers_are_these_for_ever():
    """A class that has been given its numbers keeps them, whatever becomes of numpy."""
    numbers = row(draw(scenario("inverse_maths"), SECRET, ["s01"]), 0)
    assert numbers == {
        "_assignment": "inverse_maths",
        "short_usd": 71690.0,
        "face_usd": 10.0,
        "entry_usd": 3900.35,
        "exit_usd": 4801.33,
        "fill_contracts": [538.0, 1033.0, 555.0],
        "fill_prices_usd": [3900.35, 3022.77, 5027.55],
        "fee_rate": 0.0005,
        "held_contracts": -1206.0,
        "swing": 0.19,
        "_q5_says": [2, 1, 0],
        "_q5_because": [0, 2, 3, 1],
    }


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_numbers_do_not_depend_on_who_else_is_there(name):
    ids = [f"s{i}" for i in range(60)]
    together = draw(scenario(name), SECRET, ids)
    for place in (0, 41):
        assert row(draw(scenario(name), SECRET, [ids[place]]), 0) == row(together, place)


def test_numbers_depend_on_secret_assignment_and_id():
    def first(secret, name, student_id):
        return draw(scenario(name), secret, [student_id])["entry_usd"][0]

    base = first(SECRET, "inverse_maths", "s01")
    assert first(SECRET[::-1], "inverse_maths", "s01") != base
    assert first(SECRET, "inverse_maths", "s02") != base
    assert first(SECRET, "inverse_maths", " S01 ") == base
    a, b = (Draws(SECRET, name, ["s01"]).whole(2**40) for name in ("carry", "sizing"))
    assert a != b


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_numbers_are_what_json_can_hold(name):
    numbers = row(draw(scenario(name), SECRET, ["s01"]), 0)
    assert json.loads(json.dumps(numbers)) == numbers
    assert all(not isinstance(v, bool) for v in numbers.values())


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_number_has_a_meaning(name):
    story = scenario(name)
    numbers = row(draw(story, SECRET, ["s01"]), 0)
    assert {key for key in numbers if not key.startswith("_")} == set(story.given)
    for key, given in story.given.items():
        assert given.shown(numbers[key])


def test_grid_is_decimal_and_reaches_its_ends():
    found = Draws(SECRET, "x", [f"{i}" for i in range(3_000)]).grid(0.1, 0.3, 0.05)
    assert sorted(set(found)) == [0.1, 0.15, 0.2, 0.25, 0.3]
    counts = np.unique(found, return_counts=True)[1]
    assert counts.min() > 500


def test_orders_are_permutations_and_all_of_them():
    order = Draws(SECRET, "x", [f"{i}" for i in range(3_000)]).order(3)
    assert (np.sort(order, axis=0) == np.arange(3)[:, None]).all()
    assert np.unique(order, axis=1, return_counts=True)[1].min() > 400


def test_scenario_that_refuses_everybody_is_an_error():
    nobody = Scenario(
        name="x",
        opening=(),
        given={},
        numbers=lambda draws: {"a": draws.grid(0, 1, 0.5)},
        sound=lambda columns: np.zeros(len(columns["a"]), dtype=bool),
    )
    with pytest.raises(HedgeError, match="refuses its own numbers"):
        draw(nobody, SECRET, ["s01"])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0000444, "percent", "0.00444%"),
        (-0.205, "change", "−20.5%"),
        (0.02, "percent", "2%"),
        (-1_234.0, "count", "−1,234"),
        ([3000.5, 2000.0], "usd_cents", "$3,000.50, $2,000.00"),
        (1.4944, "coins", "1.4944"),
    ],
)
def test_numbers_are_shown_as_they_are_given(value, unit, text):
    assert Given("", unit).shown(value) == text


def test_numbers_stay_as_they_are():
    my = Numbers({"a": 1.5, "_hidden": [1]})
    assert my.a == 1.5
    assert list(my) == dir(my) == ["a"]
    assert repr(my) == "a = 1.5"
    with pytest.raises(AttributeError, match="no number 'b'; there are a"):
        _ = my.b
    with pytest.raises(AttributeError, match="stay as they are"):
        my.a = 2


def test_ids_are_compared_without_capitals_and_spaces():
    assert canonical(" ÉMILE ") == canonical("e\u0301mile")
    assert canonical("ß") == canonical("SS")
