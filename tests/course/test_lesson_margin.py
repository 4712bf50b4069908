"""Lesson 04: leverage, the synthetic dollar and the questions say what the formulas say."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import market, plan_hedge, smallest_collateral
from hedgelib.ask.answers import is_whole
from hedgelib.ask.text import fill
from hedgelib.course.questions.margin import QUESTIONS
from hedgelib.course.studies.margin import closed_at, same_short, synthetic_dollar, ticket
from hedgelib.show import Guess, Line, Points, Text
from tests.showtools import assert_legible

ETH = market.contract("binance:ETHUSD_PERP")


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def texts(scene):
    return [text.text for text in marks(scene, Text)]


# Leverage


@pytest.mark.parametrize(
    ("leverage", "price"), [(10, 3850.0), (5, 4331.25), (2, 6930.0), (1, np.inf)]
)
def test_where_a_leverage_ends(leverage, price):
    assert closed_at(ETH, 3500, 1000, leverage) == pytest.approx(price)


@given(
    contracts=st.integers(1, 10**6),
    price=st.floats(0.01, 1e6),
    move=st.floats(-0.9, 0.05),
)
def test_leverage_is_in_no_profit(contracts, price, move):
    study = same_short(ETH, price, contracts, [10, 5, 2, 1], move)
    for curve in study.curves:
        assert curve.at == pytest.approx(-10 * contracts * move, rel=1e-9, abs=1e-9 * contracts)


def test_lines_end_one_after_the_other():
    study = same_short(ETH, 3500, 1000, [10, 5, 3, 2, 1], -0.2)
    last = [study.x[np.isfinite(curve.values)][-1] for curve in study.curves]
    assert last == sorted(last)
    assert last[0] == pytest.approx(0.99 / 0.9 - 1)
    assert last[-1] == study.x[-1]
    scene = study.scene()
    assert "at 10x with $1,000 of margin, closed at ETH +10%" in scene.alt
    assert dict(same_short(ETH, 3500, 1000, [10, 2], 0.5).rows())["10x"] == "closed"
    assert {"10x", "5x", "3x", "2x", "1x"} <= set(texts(scene))
    crosses = [float(point.x[0]) for point in marks(scene, Points) if point.shape == "cross"]
    assert sorted(crosses) == pytest.approx(last[:-1])


@pytest.mark.parametrize(
    ("move", "title", "sentence"),
    [
        (-0.2, "+$2,000 at any leverage", "+$2,000 at every leverage"),
        (0.5, "−$5,000 where the short is still open", "−$5,000 where the short is still open"),
        (1.2, "the short is closed at every leverage", "the short is closed at every leverage"),
    ],
)
def test_a_leverage_that_is_closed_gains_and_loses_no_more(move, title, sentence):
    scene = same_short(ETH, 3500, 1000, [10, 2], move).scene()
    assert f": {title}; each ends at its ✕" in scene.title
    assert f": {sentence}. The lines" in scene.alt


@pytest.mark.parametrize("guess", [None, 200, 2_000, 20_000])
@pytest.mark.parametrize("move", [-0.6, -0.2, 0.3, 1.2])
def test_leverages_are_legible(move, guess):
    assert_legible(same_short(ETH, 3500, 1_000, [10, 5, 3, 2, 1], move, guess=guess).scene())


def test_guess_of_leverage_lies_on_the_line():
    asked = QUESTIONS["margin.a"].ask()
    gains = asked.answer.guesses
    assert gains[asked.answer.right] == same_short(ETH, 3500, 1000, [10, 1], -0.2).value("10x")
    assert list(asked.options.values()) == ["+$20,000", "+$2,000", "+$200"]
    for option, gain in gains.items():
        scene = asked.picture(option)
        assert_legible(scene)
        assert [mark.y for mark in marks(scene, Guess)] == [gain]


def test_what_was_to_be_seen_of_the_plan():
    plans = {cap: plan_hedge(50_000, 1.0, ETH, 3500, max_leverage=cap) for cap in (1.5, 10)}
    text = fill(QUESTIONS.texts["margin.plan"]["seen"], {"safe": plans[1.5], "cheap": plans[10]})
    text = " ".join(text.split())
    for cap, plan in plans.items():
        assert f"at {cap:g}x ${plan.collateral_usd:,.0f} of ETH" in text
        assert f"closed at ETH {plan.liquidation_price_usd / 3500 - 1:+.0%}" in text
    assert np.isinf(smallest_collateral(50_000, 1.0, 1))
    assert smallest_collateral(50_000, 1.0, 1, collateral="from_portfolio") == 50_000
    assert smallest_collateral(50_000, 1.0, 1, collateral="stablecoin") == 50_000


def test_ticket():
    study = ticket(ETH, 3500, 10_000, 200, 5, -0.2)
    assert (study.value("earned"), study.value("needed")) == pytest.approx((400, 2000))
    rows = dict(study.rows())
    assert rows["short"] == "$2,000, 20% of what is needed"
    assert rows["margin"] == "$400, 0.1143 ETH"
    assert rows["closed at"] == "ETH +23.8%"
    beyond = ticket(ETH, 3500, 10_000, 1000, 5, 0.6)
    assert beyond.value("earned") == pytest.approx(-10_000 * (0.99 / 0.8 - 1))
    assert "no price closes the short" in ticket(ETH, 3500, 10_000, 1000, 1, 0.6).scene().alt


def test_a_closed_ticket_says_so_and_stays_at_its_value():
    scene = ticket(ETH, 3500, 10_000, 1000, 5, 0.6).scene()
    assert scene.title == (
        "1,000 contracts at 5x, ETH +60%: closed at +23.8%, −$2,375, needed −$6,000"
    )
    assert scene.alt.endswith("and ETH +23.8% has closed the short.")
    (dotted,) = [line for line in marks(scene, Line) if line.dash == "dotted"]
    assert dotted.role == "short"
    assert dotted.y == pytest.approx(-10_000 * (0.99 / 0.8 - 1))
    assert "closed" not in ticket(ETH, 3500, 10_000, 200, 5, -0.2).scene().title


@pytest.mark.parametrize("move", [-0.6, -0.2, 0.0, 1.2])
@pytest.mark.parametrize("leverage", [1, 5, 20])
@pytest.mark.parametrize("contracts", [20, 200, 2000])
def test_tickets_are_legible_and_light(contracts, leverage, move):
    scene = ticket(ETH, 3500, 10_000, contracts, leverage, move).scene()
    assert_legible(scene)
    assert len(scene.to_json().encode()) < 10_000


def test_ticket_agrees_with_a_plan():
    """The short of a plan is closed where a ticket of its count and leverage is."""
    plan = plan_hedge(50_000, 1.0, ETH, 3500, collateral_usd=49_000, fee_rate=0)
    assert closed_at(ETH, 3500, -plan.contracts, plan.leverage) == pytest.approx(
        plan.liquidation_price_usd
    )


def test_a_move_typed_beyond_the_axis_widens_it():
    for move in (-0.8, 2.0):
        axis = ticket(ETH, 3500, 10_000, 200, 5, move).scene().panels[0].x
        assert axis.low <= move <= axis.high


# The synthetic dollar


@given(
    notional=st.floats(1, 1e7),
    price=st.floats(0.01, 1e6),
    move=st.floats(-0.6, 1.2),
)
def test_secured_short_is_level(notional, price, move):
    lines = synthetic_dollar(notional, price, move)
    margin, short, account = (curve.values for curve in lines.curves)
    np.testing.assert_allclose(account, notional, rtol=1e-9)
    np.testing.assert_allclose(margin + short, account, rtol=1e-9)
    assert lines.value("account") == pytest.approx(notional, rel=1e-9)
    assert lines.value("ETH margin") == pytest.approx(notional * (1 + move), rel=1e-9)


def test_synthetic_dollar_in_words():
    lines = synthetic_dollar(10_000, 3_500, 1.0, guess=20_000)
    assert lines.title == "ETH +100%: margin $20,000, short −$10,000, account $10,000"
    scene = lines.scene()
    assert scene.alt.endswith("a flat line. Your guess was $20,000.")
    assert {"account", "short", "ETH margin"} <= set(texts(scene))
    (guess,) = marks(scene, Guess)
    assert (guess.x, guess.y) == (1.0, 20_000)
    for guess_usd in (None, 0, 10_000, 20_000):
        assert_legible(synthetic_dollar(10_000, 3_500, 1.0, guess=guess_usd).scene())


# The questions


def test_a_doubled_coin_leaves_a_synthetic_dollar():
    asked = QUESTIONS["margin.b"].ask(notional=12_000)
    assert list(asked.options.values()) == ["$0", "$12,000", "$24,000"]
    account = synthetic_dollar(12_000, 3_500, 1.0).value("account")
    assert asked.answer.guesses[asked.answer.right] == pytest.approx(account)


def test_no_amount_makes_the_leverage_one():
    asked = QUESTIONS["margin.c"].ask()
    assert asked.options[asked.answer.right] == "no amount is enough"
    assert list(asked.options.values())[:2] == ["$10,000", "$20,000"]


@pytest.mark.parametrize("name", ["margin.a", "margin.b"])
def test_every_guess_is_in_a_legible_picture(name):
    asked = QUESTIONS[name].ask()
    for option in asked.options:
        assert_legible(asked.picture(option))
    assert len({asked.picture(option).alt for option in asked.options}) == len(asked.options)


def by_hand() -> dict[str, float]:
    """The answers from the numbers in the questions."""
    beta, book = Fraction(6, 5), 32_000
    margin = beta * book / 3
    taken = beta / (beta + 2) * book
    return {
        "margin.1": 1_200,
        "margin.2": 20_000 / 50_000,
        "margin.3": float(beta * book + 20_000),
        "margin.8": 10_000 / 10,
        "margin.6": (6_000 * 1.3 + 6_000 * 0.8 + 8_000) / 10,
        "margin.4": float(margin),
        "margin.5": (36_000 + 18_000) / 10,
        "margin.7": float((beta * (book - taken) + taken) / 100),
    }


SLIPS = {
    "margin.1": {
        "leverage_multiplies_profit": 4_800, "short_counted_as_loss": -4_800,
        "profit_on_margin": 300, "coins_at_old_price": 4_000 / 3, "sign_turned": -1_200,
    },
    "margin.2": {
        "short_only": -0.1, "coin_at_entry": 0.375, "sign_of_short": 0.6, "margin_alone": 0.5,
        "dollars_for_coins": 20_000,
    },
    "margin.3": {
        "collateral_left_out": 38_400, "beta_left_out": 52_000, "collateral_times_beta": 62_400,
        "only_margin_hedged": 20_000, "collateral_subtracted": 18_400,
        "beta_and_margin_left_out": 32_000,
    },
    "margin.8": {
        "hedged_so_nothing": 0, "value_for_change": 3_240, "collateral_times_beta": 1_300,
        "own_coins_twice": 800, "contract_is_dollar": 10_000,
    },
    "margin.6": {
        "collateral_twice": 3_040, "new_money_assumed": 2_840, "own_coins_twice": 2_260,
        "own_coins_left_out": 1_860, "sold_coins_still_hedged": 2_240,
        "collateral_left_out": 1_260, "contract_is_dollar": 20_600, "beta_left_out": 2_000,
    },
    "margin.4": {
        "stablecoin_margin": 9_600, "beta_left_out": 32_000 / 3, "margin_out_of_book": 64_000 / 7,
        "size_for_margin": 51_200, "margin_on_margin_once": 12_000, "series_stopped_early": 12_750,
        "divided_by_leverage_plus_one": 7_680, "beta_and_margin_left_out": 8_000,
    },
    "margin.5": {
        "collateral_left_out": 3_600, "collateral_subtracted": 2_400, "stablecoin_margin": 4_800,
        "series_stopped_early": 160_000 / 30, "leverage_multiplies_size": 10_800,
        "contract_is_dollar": 54_000, "beta_left_out": 4_500,
    },
    "margin.7": {
        "margin_as_if_bought": 576, "collateral_left_out": 240, "sold_coins_still_hedged": 504,
        "beta_left_out": 320, "contract_is_dollar": 36_000, "contract_is_coin": 0.9,
        "exposure_unchanged": 384, "stablecoin_margin": 384 / 1.4, "series_stopped_early": 358.4,
        "other_coins_face": 3_600, "contract_is_tenth": 9,
    },
}  # fmt: skip


def test_answers_and_wrong_ones():
    asked = {name: QUESTIONS[name].ask() for name in SLIPS}
    assert {name: one.answer.right for name, one in asked.items()} == pytest.approx(by_hand())
    for name, one in asked.items():
        assert one.answer.slips == pytest.approx(SLIPS[name]), name


@pytest.mark.parametrize("name", ["margin.1", "margin.5", "margin.6", "margin.8"])
@pytest.mark.parametrize("seed", range(20))
def test_with_other_numbers_the_solution_comes_to_the_answer(name, seed):
    asked = QUESTIONS[name].again(seed)
    assert f"{asked.answer.right:,.10g}" in asked.part("solution")


@pytest.mark.parametrize("seed", range(10))
def test_the_whole_plan_of_ivo_is_that_of_the_library(seed):
    asked = QUESTIONS["margin.5"].again(seed)
    numbers, values = asked.numbers, asked.answer.values
    plan = plan_hedge(
        values["book"], numbers["beta"], ETH, 3_000, max_leverage=numbers["cap"], fee_rate=0
    )
    assert -plan.contracts == pytest.approx(asked.answer.right)


@pytest.mark.parametrize("seed", [None, *range(10)])
def test_what_the_solution_types_builds_that_hedge(seed):
    question = QUESTIONS["margin.7"]
    asked = question.ask() if seed is None else question.again(seed)
    (code,) = re.findall("`contracts = (.+?)`", asked.part("solution"), re.DOTALL)
    swap = market.contract("okx:BTC-USD-SWAP")
    contracts = eval(code, {"plan_hedge": plan_hedge, "swap": swap})  # as a reader would run it
    assert asked.judge(contracts).outcome == "right"
    assert is_whole(asked.answer.right)
