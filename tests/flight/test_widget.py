"""The flight widget in the kernel: no look-ahead in the page, resume, serials, questions."""

from __future__ import annotations

import json
import re

import pytest

from hedgelib.course.learner import RECORD
from hedgelib.flight import EPISODES, Flight, Orders, fly, lay_out, read_log
from hedgelib.flight.flight import ASKED
from hedgelib.flight.widget import FlightWidget

ORDER = {"short": 30_000, "add": 15_000, "margin": "stablecoin", "venues": 1}
NAMES = ("ADA", "BNB", "LINK", "MATIC", "XRP", "ALGO", "DOGE", "LUNA", "ETH", "BTC")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / RECORD).write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hear(widget, act, **values):
    number = {"view": "v", "serial": values.pop("serial", 1)}
    day = {"day": widget.flight.today.day, "seed": widget.flight.course.seed}
    content = number | day | {"act": act} | values
    message = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": message}, "buffers": []})
    return dict(widget.screen)


def one_day(widget, **values):
    if question := widget.screen.get("question"):
        widget.act("answer", answer=question["options"][0][0])
    widget.act("days", days=1, **values)


def land(widget, first=None):
    widget.act("takeoff")
    one_day(widget, **(first or {}))
    while not widget.flight.landed:
        one_day(widget)
        assert widget.screen["problem"] == ""


@pytest.mark.parametrize("name", ["March 2020", "May-June 2022"])
def test_nothing_before_the_landing_says_when_it_was(name):
    widget = FlightWidget(3, name)
    course = widget.flight.course
    page = [widget.still(), repr(widget), json.dumps(dict(widget.spec))]
    widget.act("takeoff")
    while not widget.flight.landed:
        page.append(json.dumps(widget.screen))
        one_day(widget, **(ORDER if widget.flight.today.day == 0 else {}))
    text = " ".join(page)
    assert set(widget.traits(sync=True)) >= {"spec", "screen"}
    for word in (*NAMES, *EPISODES, *(str(date) for date in course.dates)):
        assert not re.search(rf"\b{re.escape(word)}\b", text), word
    assert not re.search(r"\b(?:20[12]\d)\b(?!\.\d)", re.sub(r"\$[\d,]+|[\d.]+e?[\d.]*", "", text))
    landed = json.dumps(widget.screen)
    assert name in landed
    assert course.names[0] in landed


def test_the_screen_of_a_day_does_not_know_the_next():
    one, other = FlightWidget(3, "May 2021"), FlightWidget(3, "May 2021")
    course = other.flight.course
    later = course.coin_usd.copy()
    later[-10:] *= 2
    course.__dict__.pop("price_usd", None)
    object.__setattr__(course, "coin_usd", later)
    for widget in (one, other):
        widget.act("takeoff")
        while widget.flight.today.day < course.days - 12:
            one_day(widget)
    assert json.dumps(one.screen) == json.dumps(other.screen)


def test_a_flight_by_hand_is_the_flight_of_the_same_orders():
    widget = FlightWidget(1, "June 2020")
    land(widget, ORDER)
    orders = widget.flight.orders
    assert orders[0] == Orders(short_usd=30_000, add_usd=15_000, margin="stablecoin")
    assert set(orders[1:]) == {None}
    landing = fly("June 2020", lambda day: orders[day.day], seed=1)
    assert widget._landing.parts == landing.parts
    assert f"{landing.pnl_usd:,.0f}" in widget.screen["landing"]["lines"][2].replace("−", "-")


def test_a_flight_goes_on_where_it_was(folder):
    widget = FlightWidget(7)
    assert not (folder / "flights").exists()
    hear(widget, "takeoff")
    assert not (folder / "flights").exists()
    hear(widget, "days", days=1, **ORDER)
    hear(widget, "days", days=1, short=30_000, add=0)
    log = read_log(folder / "flights" / "7.json")
    assert [*log.orders] == [widget.flight.orders[0], None]
    again = FlightWidget(7)
    assert again.screen["day"] == widget.screen["day"] == 2
    assert again.screen["words"] == widget.screen["words"]
    assert [path.name for path in (folder / "flights").iterdir()] == ["7.json"]


def test_an_answer_is_kept(folder):
    widget = FlightWidget(7)
    widget.act("days", days=1, **ORDER)
    while not widget.screen.get("question"):
        widget.act("days", days=7)
    widget.act("days", days=1)
    assert widget.screen["problem"] == "Answer the question first."
    widget.act("answer", answer="nonsense")
    assert widget.screen["problem"]
    right = ASKED[widget.flight.today.question]
    widget.act("answer", answer=right)
    assert widget.screen["question"]["right"]
    assert FlightWidget(7).screen["question"]["answer"] == right
    assert read_log(folder / "flights" / "7.json").answers == {widget.flight.today.day: right}


def test_two_flights_do_not_mix(folder):
    one, other = FlightWidget(3), FlightWidget(7)
    one.act("days", days=1, **ORDER)
    other.act("days", days=1, short=10_000, add=10_000)
    assert FlightWidget(3).flight.today.position.short_usd == 30_000
    assert FlightWidget(7).flight.today.position.short_usd == 10_000
    named = FlightWidget(7, "June 2020")
    assert named.flight.today.day == 0
    named.act("days", days=1)
    assert read_log(folder / "flights" / "7.json").orders[0].short_usd == 10_000


@pytest.mark.usefixtures("folder")
def test_without_a_seed_the_first_flight_that_has_not_landed_goes_on():
    first = FlightWidget()
    assert first.flight.course.seed == 1
    land(first)
    assert first.screen["landing"]["kept"].startswith("The log of this flight is flights/1.json")
    assert FlightWidget().flight.course.seed == 2
    first.act("again")
    assert first.screen["phase"] == "briefing"
    assert first.flight.course.seed == 2


def test_a_damaged_log_is_told_and_left_alone(folder):
    path = folder / "flights" / "7.json"
    path.parent.mkdir()
    path.write_text("{")
    widget = FlightWidget(7)
    assert "7.json" in widget.screen["problem"]
    widget.act("days", days=1)
    assert path.read_text() == "{"
    path.write_text(json.dumps({"hedgelib_flight": 1, "course": "x", "seed": 7, "orders": [],
                                "answers": {}}))  # fmt: skip
    assert "another flight" in FlightWidget(7).screen["problem"]


def test_elsewhere_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FlightWidget(7).act("days", days=1)
    assert not list(tmp_path.iterdir())


def test_an_action_for_another_day_changes_nothing():
    widget = FlightWidget(7)
    hear(widget, "takeoff", serial=1)
    hear(widget, "days", days=1, serial=2)
    told = hear(widget, "days", days=1, day=0, serial=3)
    assert (told["day"], told["serial"], told["view"]) == (1, 3, "v")
    assert hear(widget, "days", days=1, seed=8, serial=4)["day"] == 1
    assert hear(widget, "fly", serial=5)["problem"].startswith("act must be one of takeoff")


def test_a_week_stops_when_something_happens():
    widget = FlightWidget(7)
    widget.act("days", days=7, **ORDER)
    flight = Flight.begin(lay_out("March 2020", 7)).next(widget.flight.orders[0])
    while flight.today.day < 7 and not flight.today.stops:
        flight = flight.next(None)
    assert widget.flight.today.day == flight.today.day
    widget.act("days", days=8)
    assert widget.screen["problem"]


def test_bad_orders_are_a_sentence_and_trimmed_ones_are_said():
    widget = FlightWidget(7)
    widget.act("days", days=1, short=-5)
    assert "short_usd" in widget.screen["problem"]
    assert widget.flight.today.day == 0
    widget.act("days", days=1, short=140_000, add=15_000)
    assert "Day 1: The venue allows 5x: the short was trimmed." in widget.screen["happened"]


def test_without_a_kernel_there_is_the_briefing_and_the_first_screen():
    bundle = FlightWidget(7)._repr_mimebundle_()[0]
    assert "Take off" not in bundle["text/html"]
    assert "Your briefing" in bundle["text/html"]
    assert "You have $75,000" in bundle["text/html"]
    assert "You have $75,000" in bundle["text/plain"]
