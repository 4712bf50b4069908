"""Lesson 02: the picture, the faces and the questions say what the formulas say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import InvalidInput, market
from hedgelib.course.questions import question
from hedgelib.course.studies.inverse import faces, price_move
from hedgelib.show import Guess, Line, Points
from tests.showtools import assert_legible

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


def drawn(scene, kind, panel=0):
    return [mark for mark in scene.panels[panel].marks if isinstance(mark, kind)]


def marked(scene):
    """Return the profit in coins and in dollars at the marked move."""
    return [float(point.y[0]) for panel in (0, 1) for point in drawn(scene, Points, panel)]


@pytest.mark.parametrize("contracts", [-1000, 1000, -7, 1])
@pytest.mark.parametrize("percent", [-60, -50, -15, 0, 10, 100, 250])
def test_one_move_is_the_exact_fraction(contracts, percent):
    in_coin, in_usd = marked(price_move(ETH, contracts, 3500, percent / 100))
    after = 3500 * (1 + Fraction(percent, 100))
    coins = exact(contracts, 3500, after)
    assert in_coin == pytest.approx(float(coins), rel=1e-12, abs=1e-15)
    assert in_usd == pytest.approx(float(coins * after), rel=1e-12, abs=1e-9)


@given(
    contracts=st.integers(-(10**6), 10**6).filter(bool),
    entry=st.floats(0.01, 1e6),
    move=st.floats(-0.95, 5),
)
def test_dollars_are_straight_and_coins_bend(contracts, entry, move):
    scene = price_move(ETH, contracts, entry, move)
    (_, bent), (in_usd,) = drawn(scene, Line), drawn(scene, Line, 1)
    side, size = np.sign(contracts), abs(contracts) * 10
    np.testing.assert_allclose(in_usd.y, side * size * in_usd.x, atol=1e-9 * size)
    # A long earns less than along its tangent, a short more.
    gap = side * (side * size / entry * bent.x - bent.y)
    assert np.all(gap >= -1e-12 * size / entry)
    assert gap[0] > 0


def test_curve_reaches_as_far_as_the_move():
    for move in (3.0, -0.9):
        for panel in (0, 1):
            x = drawn(price_move(ETH, -1, 3500, move), Line, panel)[0].x
            assert x[-1 if move > 0 else 0] == move


@pytest.mark.parametrize(("entry", "move"), [(3500, -1.0), (-3500, 0.1)])
def test_impossible_moves_are_refused(entry, move):
    with pytest.raises(InvalidInput, match="_usd must be"):
        price_move(ETH, -1000, entry, move)


def test_words_table_and_title_agree():
    scene = price_move(ETH, -1000, 3500, -0.5)
    rows = dict(scene.table.rows)
    assert rows["Profit in ETH"] == "+2.8571"
    assert rows["Profit in dollars"] == "+$5,000"
    assert rows["Profit in ETH without the bend"] == "+1.4286"
    assert scene.alt.startswith(
        "ETH −50%, to $1,750: a short of $10,000 earns 2.857 ETH, which is $5,000."
    )
    assert scene.title == "ETH −50%: the short earns 2.857 ETH, which is $5,000"
    lost = price_move(ETH, -1000, 3500, 1.0, guess_coin=-5.714).alt
    assert "loses 1.429 ETH, which is $10,000" in lost
    assert lost.endswith("Your guess was −5.7140 ETH.")
    assert "earns nothing" in price_move(ETH, -1000, 3500, 0).alt


@pytest.mark.parametrize("move", [-0.6, -0.5, 0.0, 1.2])
@pytest.mark.parametrize("contracts", [-1000, 1000])
def test_explorer_is_legible_light_and_its_axes_stand_still(move, contracts):
    scene = price_move(ETH, contracts, 3500, move)
    assert_legible(scene)
    assert len(scene.to_json().encode()) < 10_000
    still = price_move(ETH, contracts, 3500, 0.3)
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
    assert_legible(price_move(ETH, contracts, entry, move, guess_coin=guess))


def test_coins_bend_in_one_panel_and_dollars_are_straight_in_the_other():
    scene = price_move(ETH, -1000, 3500, -0.5)
    (straight, bent), (dollars,) = drawn(scene, Line), drawn(scene, Line, 1)
    assert (straight.dash, bent.dash) == ("dashed", "")
    # A straight line is thinned to its ends.
    assert straight.x.size == dollars.x.size == 2
    np.testing.assert_allclose(dollars.y, -10_000 * dollars.x, atol=1e-9)
    np.testing.assert_allclose(bent.y, 10_000 / 3500 * (1 / (1 + bent.x) - 1), atol=1e-12)
    np.testing.assert_allclose(straight.y, -10_000 / 3500 * straight.x)
    assert bent.x.size > 10


def test_picture_shows_the_guess():
    scene = price_move(ETH, -1000, 3500, 1.0, guess_coin=-2.857)
    assert [(m.x, m.y) for m in drawn(scene, Guess)] == [(1.0, -2.857)]
    assert not drawn(scene, Guess, 1)


# The questions


def test_ticket_is_counted_by_the_face():
    asked = question("inverse.a").ask()
    assert asked.options == {
        "contract_is_coin": "$1,575",
        "contract_is_thousand": "$450",
        "face": "$4.50",
    }
    assert asked.answer.right == "face"


def test_doubling_costs_half_of_what_a_halving_earns():
    asked = question("inverse.b").ask()
    assert asked.options == {
        "dearer_coins": "1.429 ETH",
        "mirror_image": "2.857 ETH",
        "pnl_is_straight": "5.714 ETH",
    }
    truth, _ = marked(price_move(ETH, -1000, 3500, 1.0))
    assert asked.answer.guesses[asked.answer.right] == pytest.approx(truth, abs=5e-4)
    for option, text in asked.options.items():
        (guess,) = drawn(asked.picture(option), Guess)
        assert guess.y == asked.answer.guesses[option] == -float(text.split()[0])


def coin(contracts, face, entry, after):
    return float(contracts * face * (Fraction(1, entry) - Fraction(1, after)))


MARGIN = Fraction(10_000, 3_500) / 5
MEAN = coin(-600, 10, 2_550, 2_510)
AVERAGED = coin(-300, 10, 3_000, 2_510) + coin(-300, 10, 2_100, 2_510)
BY_HAND = {
    "inverse.1": (
        24_000 / 10,
        {
            "contract_is_coin": 7.5,
            "contract_is_tenth": 75,
            "contract_is_dollar": 24_000,
            "other_coins_face": 240,
        },
    ),
    "inverse.2": (
        coin(-1_200, 10, 2_400, 3_000),
        {
            "coin_at_entry": -3_000 / 2_400,
            "share_of_new_price": -0.8,
            "dollars_for_coins": -3_000,
            "face_left_out": -0.1,
            "contract_is_coin": -1_200 * 600,
        },
    ),
    "inverse.3": (
        6_000 / (1 + 3_000 / 2_100),
        {
            "arithmetic_average": 2_550,
            "geometric_mean": 6_300_000**0.5,
            "upside_down": (1 + 3_000 / 2_100) / 6_000,
            "halved_twice": 3_000 / (1 + 3_000 / 2_100),
            "first_fill_only": 3_000,
            "last_fill_only": 2_100,
        },
    ),
    "inverse.4": (
        2 * 49_000 * 0.0005,
        {
            "linear_fee": 24.5 + 24.5 * 0.8,
            "coins_at_old_price": 24.5 + 24.5 / 0.8,
            "one_trade": 24.5,
            "percent_for_decimal": 4_900,
            "coins_for_dollars": 0.007 + 0.00875,
        },
    ),
    "inverse.5": (
        AVERAGED,
        {
            "arithmetic_average": MEAN,
            "dollars_for_coins": AVERAGED * 2_510,
            "coin_at_entry": AVERAGED * 2_510 * (1 + 3_000 / 2_100) / 6_000,
            "face_left_out": AVERAGED / 10,
        },
    ),
    "inverse.6": (
        coin(100, 100, 50_000, 55_000),
        {
            "sign_turned": -coin(100, 100, 50_000, 55_000),
            "coin_at_entry": 0.02,
            "dollars_for_coins": 1_000,
            "face_left_out": coin(100, 1, 50_000, 55_000),
        },
    ),
    "inverse.7": (
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
    answer = question("inverse.5").again(seed).answer
    assert answer.right < 0 < answer.slips["arithmetic_average"]


@pytest.mark.parametrize("seed", range(50))
def test_misprinted_formulas_are_wrong_with_any_numbers(seed):
    profit = question("inverse.6").again(seed).answer
    assert profit.slips["sign_turned"] == pytest.approx(-profit.right)
    price = question("inverse.7").again(seed).answer
    # Right for the reciprocal of the price, and on the wrong side of the entry.
    assert price.slips["long_liquidation"] < price.start < price.right
    assert price.slips["long_liquidation"] * price.right == pytest.approx(price.start**2)


def test_questions_name_the_faces_of_the_market():
    for seed in range(50):
        asked = question("inverse.1").again(seed)
        eth, btc = map(market.contract, asked.numbers["names"])
        assert (eth.coin, btc.coin, eth.venue) == ("ETH", "BTC", btc.venue)
        assert asked.answer.right * eth.multiplier == asked.numbers["size"]
