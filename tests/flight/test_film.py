"""The film of a flight is the ghosts' flight, day by day."""

import json

import pytest

from hedgelib.flight.film import flight_film
from hedgelib.flight.flight import ASKED, fly_course
from hedgelib.flight.ghosts import GHOSTS
from hedgelib.flight.screen import words
from hedgelib.flight.widget import FlightWidget


@pytest.fixture(scope="module")
def widget():
    return FlightWidget(1)


@pytest.fixture(scope="module")
def film(widget):
    return flight_film(widget)


@pytest.mark.parametrize(
    ("name", "ghost"), list(zip(("never", "naive", "rule"), GHOSTS, strict=True))
)
def test_each_pilot_flies_to_the_landing(widget, film, name, ghost):
    flown = fly_course(widget.flight.course, GHOSTS[ghost]())
    days = film["days"][name]
    assert [day["screen"]["day"] for day in days] == list(range(widget.flight.course.days + 1))
    assert days[-1]["screen"]["words"] == words(flown.today)
    assert days[-1]["screen"]["phase"] == "landing"
    assert "log" not in days[-1]["screen"]["landing"]["kept"]
    assert [day["stops"] for day in days][-1]


def test_each_answer_has_its_verdict(film):
    asked = [day["answers"] for day in film["days"]["rule"] if "answers" in day]
    assert len(asked) == len(ASKED)
    for answers in asked:
        assert sorted(told["right"] for told in answers.values()) == [False, False, True]
        assert all(told["answer"] == answer for answer, told in answers.items())


def test_pilot_says_what_it_orders(film):
    ordered = {name: days[0]["screen"]["ordered"] for name, days in film["days"].items()}
    assert ordered["never"] == "Nobody hedges: no order today."
    assert ordered["naive"] == (
        "1:1, margin forgotten: short $50,000 and add $25,000 of margin in the coin itself."
    )
    assert ordered["rule"].startswith("By rule: short $")


def test_film_is_plain_data_and_leaves_the_flight_where_it_was(widget, film):
    assert json.loads(json.dumps(film))["first"]["phase"] == "briefing"
    assert widget.flight.today.day == 0
