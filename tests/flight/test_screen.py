"""What a pilot sees: a picture and sentences of a day, pictures of the landing."""

from __future__ import annotations

import dataclasses
import json

import nbformat
import numpy as np
import pytest

from hedgelib.ask.text import fill
from hedgelib.flight import GHOSTS, Flight, Orders, fly, lay_out
from hedgelib.flight.debrief import PATHS
from hedgelib.flight.flight import CAP
from hedgelib.flight.ghosts import BAND
from hedgelib.flight.screen import parts_scene, scene, wealth_scene, words, worst_table
from hedgelib.flight.text import TEXT
from hedgelib.flight.trial import CUT, Trial, try_pilot
from tests.labtools import ROOT


def flown(days, *, name="March 2020", seed=1, orders=None):
    flight = Flight.begin(lay_out(name, seed))
    for day in range(days):
        flight = flight.next(orders if day == 0 else None)
    return flight


HEDGED = Orders(short_usd=30_000, add_usd=15_000, margin="stablecoin")


def test_a_day_in_sentences():
    assert words(flown(0).today)[:2] == [
        "You have $75,000 ($0 since take-off): $50,000 of coins, $25,000 of cash and $0 in the "
        "futures account.",
        f"You have no short; a complete hedge is ${flown(0).today.asked_usd:,.0f}.",
    ]
    today = flown(5, orders=HEDGED).today
    have, short, coins, beta, funding = words(today)
    assert f"${today.equity_usd:,.0f} in the futures account" in have
    assert f"if the coin rises by {today.distance:.0%}" in short
    assert f"{today.beta.beta:.2f}" in beta
    assert "since take-off" in coins
    assert "last 5 days" in funding
    assert words(flown(1).today)[-1].startswith("Funding of the last day:")


def test_a_fully_collateralised_short_is_never_liquidated():
    safe = Orders(short_usd=15_000, add_usd=20_000, margin="coin")
    assert "no rise of the coin can liquidate" in words(flown(3, orders=safe).today)[1]
    scene(flown(3, orders=safe).today).to_json()


def test_the_picture_shows_the_wallets_and_how_far_liquidation_is():
    today = flown(5, orders=HEDGED).today
    drawn = scene(today)
    assert drawn.alt == " ".join(words(today))
    texts = [mark.text for panel in drawn.panels for mark in panel.marks if mark.kind == "text"]
    for amount in (today.position.book_usd, 10_000, today.equity_usd):
        assert f"${amount:,.0f}" in texts
    assert f"+{today.distance:.0%}" in texts
    assert drawn.title.startswith(f"You have ${today.wealth_usd[-1]:,.0f}")


def test_borrowed_cash_is_drawn_and_said():
    today = flown(2, orders=Orders(short_usd=60_000, add_usd=40_000, margin="stablecoin")).today
    texts = [mark.text for mark in scene(today).panels[0].marks if mark.kind == "text"]
    assert "$15,000 borrowed" in texts


def test_a_day_draws_nothing_of_later_days():
    """Change every price after today: the picture and the words stay, byte for byte."""
    course = lay_out("May 2021", 3)
    coin, coins = course.coin_usd.copy(), course.coins_usd.copy()
    coin[-20:] *= 3
    coins[-20:] *= 2
    other = dataclasses.replace(course, coin_usd=coin, coins_usd=coins)
    shown = []
    for one in (course, other):
        flight = Flight.begin(one).next(HEDGED)
        while flight.today.day < one.days - 21:
            flight = flight.next(None)
        shown.append(scene(flight.today).to_json() + " ".join(words(flight.today)))
    assert shown[0] == shown[1]


@pytest.fixture(scope="module")
def landing():
    return fly("December 2020", lambda day: HEDGED if day.day == 0 else None, seed=2)


def test_the_landing_has_dates_ghosts_and_parts(landing):
    drawn = wealth_scene(landing)
    ticks = [text for _, text in drawn.panels[0].x.ticks]
    first, last = landing.flight.course.dates[[0, -1]].astype(object)
    assert ticks[0] == f"{first.day} {first:%b %Y}"
    assert ticks[-1] == f"{last.day} {last:%b %Y}"
    names = {mark.name for mark in drawn.panels[0].marks if mark.kind == "line"}
    assert names == {"you", *GHOSTS}
    assert any(mark.kind == "points" and mark.shape == "cross" for mark in drawn.panels[0].marks)
    parts = parts_scene(landing)
    bars = [mark for mark in parts.panels[0].marks if mark.kind == "bars"]
    assert np.isclose(sum(bar.end.sum() for bar in bars), landing.pnl_usd)
    for one in (drawn, parts):
        json.loads(one.to_json())
    assert len(worst_table(landing).rows) == len(landing.worst)


def test_a_pilot_is_judged_on_crashes_and_on_liquidations():
    none = try_pilot(lambda day: None)  # noqa: ARG005
    assert (none.cut, none.liquidated, none.passed) == (0.0, 0, False)
    rule = try_pilot(GHOSTS["by rule"]())
    assert not rule.passed
    assert 0 < rule.cut < CUT

    def careful(day):
        if day.day == 0:
            short = min(0.8 * day.asked_usd, 50_000)
            return Orders(short_usd=short, add_usd=20_000, margin="stablecoin", venues=2)
        added = 5_000 if day.distance < 0.4 and day.position.cash_usd > -20_000 else 0
        short = min(0.8 * day.asked_usd, 2.5 * max(day.equity_usd + added, 0))
        return Orders(short_usd=short, add_usd=added)

    assert try_pilot(careful).passed
    assert try_pilot(careful).verdict.startswith("✔ Passed")


def test_too_many_liquidations_do_not_pass():
    names = ("March 2020", "June 2020", "October 2020")
    trial = Trial(
        drawdown_usd=dict.fromkeys(names, 1.0), alone_usd=dict.fromkeys(names, 2.0),
        pnl_usd=dict.fromkeys(names, 0.0), liquidations=dict.fromkeys(names, 1),
    )  # fmt: skip
    assert not trial.passed
    assert trial.verdict == fill(
        TEXT["trial"]["liquidated"],
        {"cut": 0.5, "count": 3, "most": 2, "flights": 3},
    )
    assert len(trial.table().rows) == 3


def test_the_numbers_in_the_prose_of_the_lesson_are_those_of_the_engine():
    cells = nbformat.read(ROOT / "notebooks" / "12_flight_simulator.ipynb", as_version=4).cells
    prose = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert f"with {PATHS} random hedges" in prose
    assert f"with {PATHS} others" in prose
    assert f"beta, {CAP:g}x, a band of {BAND:.0%}" in prose
