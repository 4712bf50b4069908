"""Lesson 02: the picture, the guesses and the exercises say what the formulas say."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import (
    ContractTerms,
    InvalidInput,
    inverse_bankruptcy_price,
    inverse_notional_coin,
    inverse_pnl_coin,
    market,
)
from hedgelib.course.exercises import exercise, lesson02
from hedgelib.course.exercises.lesson02 import (
    EXERCISES,
    coinex_bankruptcy_usd,
    mexc_long_coin,
    pnl_coin_at_entry,
    pnl_coin_from_mean,
)
from hedgelib.course.studies.lesson02 import (
    faces,
    guess_doubling,
    guess_ticket,
    price_move,
)
from hedgelib.show import Guess, Line

ETH = market.contract("binance:ETHUSD_PERP")


# The table of faces


def test_every_face_is_that_of_the_market():
    rows = {row[0].removesuffix(" (closed)"): row for row in faces()}
    assert len(rows) == len(market.venues())
    for terms in market.contracts():
        if terms.coin not in ("BTC", "ETH"):
            continue
        cell = rows[terms.venue][1 if terms.coin == "BTC" else 2]
        mark = "?" if "multiplier" in terms.doubtful else ""
        assert cell == f"${terms.multiplier:g}{mark}"


def test_what_is_not_a_face_says_why():
    rows = {row[0]: row[1:3] for row in faces()}
    assert rows["BitMEX (closed)"] == ("$1", "quanto")
    assert rows["BingX Coin-M"] == ("not verified", "not verified")
    assert rows["WEEX"] == ("none found", "none found")
    assert rows["Gate"] == ("$1", "–")


def test_every_line_is_dated():
    for row in faces():
        assert np.datetime64(row[-1]) <= np.datetime64("2026-11-22")


# One price move


def exact(contracts: int, entry: int, after: Fraction) -> Fraction:
    return contracts * 10 * (Fraction(1, entry) - 1 / after)


@pytest.mark.parametrize("contracts", [-1000, 1000, -7, 1])
@pytest.mark.parametrize("percent", [-60, -50, -15, 0, 10, 100, 250])
def test_one_move_is_the_exact_fraction(contracts, percent):
    study = price_move(ETH, contracts, 3500, percent / 100)
    after = 3500 * (1 + Fraction(percent, 100))
    coins = exact(contracts, 3500, after)
    assert study.pnl_coin == pytest.approx(float(coins), rel=1e-12, abs=1e-15)
    assert study.pnl_usd == pytest.approx(float(coins * after), rel=1e-12, abs=1e-9)


@given(
    contracts=st.integers(-(10**6), 10**6).filter(bool),
    entry=st.floats(0.01, 1e6),
    move=st.floats(-0.95, 5),
)
def test_dollars_are_straight_and_coins_bend(contracts, entry, move):
    study = price_move(ETH, contracts, entry, move)
    in_usd, in_coin = study.usd_over(study.moves), study.coin_over(study.moves)
    size = study.notional_usd
    np.testing.assert_allclose(in_usd, np.sign(contracts) * size * study.moves, atol=1e-9 * size)
    # A long earns less than along its tangent, a short more.
    gap = np.sign(contracts) * (study.straight(study.moves) - in_coin)
    assert np.all(gap >= -1e-12 * size / entry)
    assert gap[0] > 0


def test_curve_reaches_as_far_as_the_move():
    assert price_move(ETH, -1, 3500, 3.0).moves[-1] == 3.0
    assert price_move(ETH, -1, 3500, -0.9).moves[0] == -0.9


@pytest.mark.parametrize("move", [-1.0, -2.0, float("nan")])
def test_impossible_moves_are_refused(move):
    with pytest.raises(InvalidInput, match="move must be above -1"):
        price_move(ETH, -1000, 3500, move)


def test_what_is_not_inverse_is_refused():
    linear = ContractTerms(
        venue="Somewhere", symbol="ETHUSDT", kind="linear", coin="ETH", multiplier=1, settle="USDT"
    )
    with pytest.raises(InvalidInput, match="choose an inverse contract"):
        price_move(linear, -1, 3500, 0.1)
    with pytest.raises(InvalidInput, match="entry_usd must be > 0"):
        price_move(ETH, -1, -3500, 0.1)


def test_words_table_and_title_agree():
    study = price_move(ETH, -1000, 3500, -0.5)
    rows = dict(study.rows())
    assert rows["Profit in ETH"] == "+2.857143"
    assert rows["Profit in dollars"] == "+$5,000"
    assert rows["Profit in ETH without the bend"] == "+1.428571"
    assert "+2.857143" in repr(study)
    assert "+2.857143" in study._repr_html_()
    scene = study.scene()
    alt = scene.alt
    assert alt.startswith(
        "ETH −50%, to $1,750: a short of $10,000 earns 2.857 ETH, which is $5,000."
    )
    assert scene.title == "ETH −50%: the short earns 2.857 ETH, which is $5,000"
    assert scene.table.data() == study.table().data()
    lost = price_move(ETH, -1000, 3500, 1.0, guess_coin=-5.714).scene().alt
    assert "loses 1.429 ETH, which is $10,000" in lost
    assert "The guess was −5.714000 ETH." in lost
    assert "earns nothing" in price_move(ETH, -1000, 3500, 0).scene().alt


@pytest.mark.parametrize("move", [-0.6, -0.5, 0.0, 1.2])
@pytest.mark.parametrize("contracts", [-1000, 1000])
def test_explorer_is_legible_light_and_its_axes_stand_still(move, contracts):
    scene = price_move(ETH, contracts, 3500, move).scene()
    assert_legible(scene)
    assert len(scene.to_json().encode()) < 10_000
    still = price_move(ETH, contracts, 3500, 0.3).scene()
    for drawn, other in zip(scene.panels, still.panels, strict=True):
        assert (drawn.box, drawn.x, drawn.y) == (other.box, other.x, other.y)


@pytest.mark.parametrize(
    ("contracts", "entry", "move", "guess"),
    [
        (1000, 3500, 2.0, None),
        (-1, 0.5, 0.0, 9),
        (-(10**6), 90_000, -0.95, None),
        *((-1000, 3500, 1.0, guess) for guess in (-1.429, -2.857, -5.714)),
    ],
)
def test_other_moves_are_legible(contracts, entry, move, guess):
    assert_legible(price_move(ETH, contracts, entry, move, guess_coin=guess).scene())


def test_coins_bend_in_one_panel_and_dollars_are_straight_in_the_other():
    study = price_move(ETH, -1000, 3500, -0.5)
    in_coin, in_dollars = study.scene().panels
    straight, bent = (mark for mark in in_coin.marks if isinstance(mark, Line))
    (dollars,) = (mark for mark in in_dollars.marks if isinstance(mark, Line))
    assert (straight.dash, bent.dash) == ("dashed", "")
    # A straight line is thinned to its ends.
    assert straight.x.size == dollars.x.size == 2
    np.testing.assert_allclose(dollars.y, study.usd_over(dollars.x))
    np.testing.assert_allclose(bent.y, study.coin_over(bent.x))
    assert bent.x.size > 10


def test_picture_shows_the_guess():
    left, right = price_move(ETH, -1000, 3500, 1.0, guess_coin=-2.857).scene().panels
    assert [(m.x, m.y) for m in left.marks if isinstance(m, Guess)] == [(1.0, -2.857)]
    assert not any(isinstance(mark, Guess) for mark in right.marks)


# The guesses


def test_ticket():
    guess = guess_ticket(ETH, 3, 3500, -0.15)
    assert guess.answer == f"${3 * 10 * 0.15:.2f}"
    assert next(iter(guess.options)) == f"${3 * 525:,.0f}"


def test_doubling():
    asked, marks = guess_doubling(ETH, -1000, 3500)
    options = [float(option.split()[0]) for option in asked.options]
    assert options == pytest.approx([10_000 / 7_000, 10_000 / 3_500, 20_000 / 3_500], abs=5e-4)
    assert list(marks.values()) == [-option for option in options]
    truth = price_move(ETH, -1000, 3500, 1.0).pnl_coin
    assert marks[asked.answer] == pytest.approx(truth, abs=5e-4)


# The exercises


def by_hand() -> dict[str, float]:
    """The answers in exact fractions, from the numbers in the questions."""
    third = Fraction(1, 3000) * 3000 + Fraction(1, 2000) * 3000
    margin = Fraction(10_000, 3_500) / 5
    return {
        "02.1": 24_000 / 10,
        "02.2": float(-12_000 * (Fraction(1, 2400) - Fraction(1, 3000))),
        "02.3": float(6000 / third),
        "02.4": 2 * 49_000 * 0.0005,
        "02.5": float(3000 * (Fraction(2, 2450) - Fraction(1, 3000) - Fraction(1, 2000))),
        "02.6": float(10_000 * (Fraction(1, 50_000) - Fraction(1, 55_000))),
        "02.7": float(10_000 / (Fraction(10_000, 3_500) - margin)),
    }


@pytest.mark.parametrize("name", EXERCISES)
def test_answer(name):
    assert exercise(name).answer == pytest.approx(by_hand()[name], rel=1e-12)
    assert set(by_hand()) == set(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_printed_answer_is_right(name):
    asked = exercise(name)
    assert asked.verdict(float(f"{asked.answer:.5g}")).startswith("✔ **Right.**")


@pytest.mark.parametrize("name", EXERCISES)
def test_slips_are_told_apart(name):
    asked = exercise(name)
    values = [asked.answer, *asked.slips.values()]
    for one, other in itertools.combinations(values, 2):
        assert not asked.agrees(one, other)
        assert not asked.agrees(other, one)
    for words, value in asked.slips.items():
        assert asked.verdict(value) == f"**Not yet.** {words}"


@pytest.mark.parametrize("name", EXERCISES)
def test_only_the_solution_gives_the_answer_away(name):
    asked = exercise(name)
    ways = {f"{asked.answer:{form}}".replace("-", "−") for form in (",.0f", "g", ".6f")} - {"0"}
    for text in (asked.hint, *asked.more_hints, *asked.slips):
        assert not any(way in text for way in ways)
    assert any(f"{way} " in asked.solution or f"{way}*" in asked.solution for way in ways)


def test_exercises_name_the_faces_of_the_market():
    assert market.contract("okx:ETH-USD-SWAP").multiplier == 10
    assert lesson02._BTC_FACE == 100


prices = st.floats(1, 1e6)


@given(contracts=st.floats(1, 1e6), entry=prices, after=prices)
def test_misprinted_profit_is_the_right_one_with_its_sign_turned(contracts, entry, after):
    printed = mexc_long_coin(contracts, entry, after, 100)
    right = inverse_pnl_coin(contracts, entry, after, 100)
    assert printed == pytest.approx(-right, rel=1e-6, abs=1e-9 * contracts)


@given(entry=prices, leverage=st.floats(1.01, 100))
def test_misprinted_bankruptcy_is_right_for_the_reciprocal(entry, leverage):
    margin = inverse_notional_coin(10_000, entry) / leverage
    right = inverse_bankruptcy_price(-10_000, entry, margin)
    printed = coinex_bankruptcy_usd(entry, 1 / leverage)
    assert printed < entry < right
    assert coinex_bankruptcy_usd(1 / entry, 1 / leverage) == pytest.approx(1 / right, rel=1e-9)


@given(contracts=st.floats(-1e6, 1e6).filter(bool), entry=prices)
def test_straight_profit_touches_the_true_one_at_the_entry(contracts, entry):
    near = entry * (1 + 1e-6)
    straight = pnl_coin_at_entry(contracts, entry, near, 10)
    assert straight == pytest.approx(inverse_pnl_coin(contracts, entry, near, 10), rel=2e-6)
    far = pnl_coin_at_entry(contracts, entry, entry * 2, 10)
    assert far == pytest.approx(2 * inverse_pnl_coin(contracts, entry, entry * 2, 10), rel=1e-9)


@given(
    first=prices,
    second=prices,
    after=prices,
    sizes=st.lists(st.floats(-1e4, -1), min_size=2, max_size=2),
)
def test_profit_from_the_ordinary_mean_is_too_high_for_a_short(first, second, after, sizes):
    fills = (first, second)
    right = sum(inverse_pnl_coin(n, p, after, 10) for n, p in zip(sizes, fills, strict=True))
    wrong = pnl_coin_from_mean(sizes, fills, after, 10)
    assert wrong >= right - 1e-9 * sum(-10 * n / p for n, p in zip(sizes, fills, strict=True))
    same = pnl_coin_from_mean(sizes, (first, first), after, 10)
    assert same == pytest.approx(inverse_pnl_coin(sum(sizes), first, after, 10), rel=1e-6, abs=1e-6)
