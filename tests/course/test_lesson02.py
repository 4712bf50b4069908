"""Lesson 02: the picture, the faces and the questions say what the formulas say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import InvalidInput, market
from hedgelib.course.questions import question
from hedgelib.course.studies.lesson02 import faces, price_move
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
    move = percent / 100
    assert study.pnl_coin(move) == pytest.approx(float(coins), rel=1e-12, abs=1e-15)
    assert study.pnl_usd(move) == pytest.approx(float(coins * after), rel=1e-12, abs=1e-9)


@given(
    contracts=st.integers(-(10**6), 10**6).filter(bool),
    entry=st.floats(0.01, 1e6),
    move=st.floats(-0.95, 5),
)
def test_dollars_are_straight_and_coins_bend(contracts, entry, move):
    study = price_move(ETH, contracts, entry, move)
    in_usd, in_coin = study.pnl_usd(study.moves), study.pnl_coin(study.moves)
    size = abs(contracts) * 10
    np.testing.assert_allclose(in_usd, np.sign(contracts) * size * study.moves, atol=1e-9 * size)
    # A long earns less than along its tangent, a short more.
    gap = np.sign(contracts) * (study.straight_coin(study.moves) - in_coin)
    assert np.all(gap >= -1e-12 * size / entry)
    assert gap[0] > 0


def test_curve_reaches_as_far_as_the_move():
    assert price_move(ETH, -1, 3500, 3.0).moves[-1] == 3.0
    assert price_move(ETH, -1, 3500, -0.9).moves[0] == -0.9


@pytest.mark.parametrize(("entry", "move"), [(3500, -1.0), (-3500, 0.1)])
def test_impossible_moves_are_refused(entry, move):
    with pytest.raises(InvalidInput, match="_usd must be"):
        price_move(ETH, -1000, entry, move).scene()


def test_words_table_and_title_agree():
    scene = price_move(ETH, -1000, 3500, -0.5).scene()
    rows = dict(scene.table.rows)
    assert rows["Profit in ETH"] == "+2.8571"
    assert rows["Profit in dollars"] == "+$5,000"
    assert rows["Profit in ETH without the bend"] == "+1.4286"
    assert scene.alt.startswith(
        "ETH −50%, to $1,750: a short of $10,000 earns 2.857 ETH, which is $5,000."
    )
    assert scene.title == "ETH −50%: the short earns 2.857 ETH, which is $5,000"
    lost = price_move(ETH, -1000, 3500, 1.0, guess_coin=-5.714).scene().alt
    assert "loses 1.429 ETH, which is $10,000" in lost
    assert lost.endswith("Your guess was −5.7140 ETH.")
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
    np.testing.assert_allclose(dollars.y, study.pnl_usd(dollars.x))
    np.testing.assert_allclose(bent.y, study.pnl_coin(bent.x))
    assert bent.x.size > 10


def test_picture_shows_the_guess():
    left, right = price_move(ETH, -1000, 3500, 1.0, guess_coin=-2.857).scene().panels
    assert [(m.x, m.y) for m in left.marks if isinstance(m, Guess)] == [(1.0, -2.857)]
    assert not any(isinstance(mark, Guess) for mark in right.marks)


# The questions


def test_ticket_is_counted_by_the_face():
    asked = question("02.a").ask()
    assert asked.options == {
        "contract_is_coin": "$1,575",
        "contract_is_thousand": "$450",
        "face": "$4.50",
    }
    assert asked.answer.right == "face"


def test_doubling_costs_half_of_what_a_halving_earns():
    asked = question("02.b").ask()
    assert asked.options == {
        "dearer_coins": "1.429 ETH",
        "mirror_image": "2.857 ETH",
        "pnl_is_straight": "5.714 ETH",
    }
    truth = price_move(ETH, -1000, 3500, 1.0).pnl_coin(1.0)
    assert asked.answer.guesses[asked.answer.right] == pytest.approx(truth, abs=5e-4)
    for option, text in asked.options.items():
        left, _ = asked.picture(option).panels
        (guess,) = (mark for mark in left.marks if isinstance(mark, Guess))
        assert guess.y == asked.answer.guesses[option] == -float(text.split()[0])


def coin(contracts, face, entry, after):
    return float(contracts * face * (Fraction(1, entry) - Fraction(1, after)))


MARGIN = Fraction(10_000, 3_500) / 5
MEAN = coin(-600, 10, 2_500, 2_450)
AVERAGED = coin(-300, 10, 3_000, 2_450) + coin(-300, 10, 2_000, 2_450)
BY_HAND = {
    "02.1": (
        24_000 / 10,
        {"contract_is_coin": 7.5, "contract_is_dollar": 24_000, "other_coins_face": 240},
    ),
    "02.2": (
        coin(-1_200, 10, 2_400, 3_000),
        {
            "coin_at_entry": -3_000 / 2_400,
            "dollars_for_coins": -3_000,
            "face_left_out": -0.1,
            "contract_is_coin": -1_200 * 600,
        },
    ),
    "02.3": (6_000 / 2.5, {"arithmetic_average": 2_500, "upside_down": 1 / 2_400}),
    "02.4": (
        2 * 49_000 * 0.0005,
        {
            "linear_fee": 24.5 + 24.5 * 0.8,
            "one_trade": 24.5,
            "percent_for_decimal": 4_900,
            "coins_for_dollars": 0.007 + 0.00875,
        },
    ),
    "02.5": (
        AVERAGED,
        {
            "arithmetic_average": MEAN,
            "dollars_for_coins": AVERAGED * 2_450,
            "coin_at_entry": AVERAGED * 2_450 / 2_400,
            "face_left_out": AVERAGED / 10,
        },
    ),
    "02.6": (
        coin(100, 100, 50_000, 55_000),
        {
            "sign_turned": -coin(100, 100, 50_000, 55_000),
            "coin_at_entry": 0.02,
            "dollars_for_coins": 1_000,
            "face_left_out": coin(100, 1, 50_000, 55_000),
        },
    ),
    "02.7": (
        float(10_000 / (Fraction(10_000, 3_500) - MARGIN)),
        {"long_liquidation": 2_800, "linear_liquidation": 4_200},
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_answers_and_slips(name):
    right, slips = BY_HAND[name]
    answer = question(name).ask().answer
    assert answer.right == pytest.approx(right, rel=1e-12)
    assert dict(answer.slips) == pytest.approx(slips, rel=1e-9)


@pytest.mark.parametrize("seed", range(50))
def test_the_two_averages_disagree_about_the_sign(seed):
    answer = question("02.5").again(seed).answer
    assert answer.right < 0 < answer.slips["arithmetic_average"]


@pytest.mark.parametrize("seed", range(50))
def test_misprinted_formulas_are_wrong_with_any_numbers(seed):
    profit = question("02.6").again(seed).answer
    assert profit.slips["sign_turned"] == pytest.approx(-profit.right)
    price = question("02.7").again(seed).answer
    # Right for the reciprocal of the price, and on the wrong side of the entry.
    assert price.slips["long_liquidation"] < price.start < price.right
    assert price.slips["long_liquidation"] * price.right == pytest.approx(price.start**2)


def test_questions_name_the_faces_of_the_market():
    for seed in range(50):
        asked = question("02.1").again(seed)
        eth, btc = map(market.contract, asked.numbers["names"])
        assert (eth.coin, btc.coin, eth.venue) == ("ETH", "BTC", btc.venue)
        assert asked.answer.right * eth.multiplier == asked.numbers["size"]
