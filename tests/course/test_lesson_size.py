"""Lesson 03: counts, sizes, leverage and questions say what the formulas say."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import (
    InvalidInput,
    effectiveness_from_ratio,
    market,
    ols_beta,
    read_portfolio,
    round_contracts,
)
from hedgelib.course.questions.size import QUESTIONS
from hedgelib.course.studies.size import (
    size_and_effect,
    venue_counts,
    venues_without,
    with_guessed_slope,
)
from hedgelib.show import Guess, Line, Text
from hedgelib.show.scatter import BetaScatter
from tests.showtools import assert_legible

ETH = market.contract("binance:ETHUSD_PERP")


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def texts(scene):
    return [text.text for text in marks(scene, Text)]


# Beta, guessed


@pytest.fixture(scope="module")
def scatter():
    returns = market.returns(["ETH", "ADA"], window=365)
    y = returns @ [0.3, 0.7]
    return BetaScatter(
        y=y, x=returns["ETH"], fit=ols_beta(y, returns["ETH"], y_name="book", x_name="ETH")
    )


def test_guess_of_beta_is_asked_only_where_its_answer_is_true(scatter):
    asked = QUESTIONS["size.a"].ask(book=10_000, scatter=scatter)
    assert asked.options["beta_left_out"] == "$1,000, as much as ETH"
    assert asked.answer.guesses == {
        "beta_left_out": 1.0, "less": scatter.fit.beta, "altcoins_fall_harder": 1.5,
    }  # fmt: skip
    assert asked.answer.right == "less"
    assert scatter.fit.interval()[0] < scatter.fit.beta < 1 < scatter.fit.interval()[1]
    for times in (2, 0.85):
        other = BetaScatter(
            y=times * scatter.y, x=scatter.x, fit=ols_beta(times * scatter.y, scatter.x)
        )
        with pytest.raises(InvalidInput, match=r"beta must be from 0\.8"):
            QUESTIONS["size.a"].ask(book=10_000, scatter=other)


def test_guessed_slope_is_drawn_through_the_points(scatter):
    bare = with_guessed_slope(scatter, None)
    assert bare.to_json() == scatter.scene().to_json()
    scene = with_guessed_slope(scatter, 1.5)
    assert scene.alt == f"{scatter.scene().alt} Your guess was a slope of 1.50."
    assert scene.table.rows == scatter.table().rows
    ends = np.array([scatter.x.min(), scatter.x.max()])
    (line,) = [line for line in marks(scene, Line) if line.name == "your guess"]
    np.testing.assert_allclose(line.x, ends)
    np.testing.assert_allclose(line.y, 1.5 * ends)
    slope = f"slope {scatter.fit.beta:.2f}"
    assert texts(scene) == [slope, "your guess"]
    assert texts(bare) == [slope]


@pytest.mark.parametrize("slope", [None, -0.5, 0.9, 1.0, 1.5])
def test_guessed_slopes_are_legible(scatter, slope):
    assert_legible(with_guessed_slope(scatter, slope))


# At every venue


def test_every_venue_is_counted_or_says_why_not():
    counted = [count.terms.venue for count in venue_counts(10_000, "ETH")]
    assert sorted([*counted, *venues_without("ETH")]) == sorted(v.name for v in market.venues())
    assert venues_without("ETH") == {
        "BingX Coin-M": "face not verified",
        "WEEX": "no coin-margined contract found",
        "BitMEX": "closed",
        "Gate": "none on ETH collected",
    }


@pytest.mark.parametrize("coin", ["ETH", "BTC"])
@pytest.mark.parametrize("wanted", [10_000, 58_946.03, 49_000])
def test_counts_are_dollars_over_face(coin, wanted):
    usable = {terms.venue: terms for terms in market.contracts(coin=coin, open_only=True)}
    counted = {count.terms.venue: count for count in venue_counts(wanted, coin)}
    assert counted.keys() == usable.keys()
    for venue, count in counted.items():
        face = usable[venue].multiplier
        assert count.terms == usable[venue]
        assert abs(wanted - count.contracts * face) <= face / 2
        assert count.left_usd == pytest.approx(wanted - count.contracts * face)


def test_a_count_in_words():
    first = venue_counts(10_004, "ETH")[0]
    assert first.row() == ("Binance COIN-M", "ETHUSD_PERP", "$10", "1,000", "+$4.00")


# Size and effect


@given(r2=st.floats(0.01, 1), share=st.floats(0, 2))
def test_effect_is_the_formula(r2, share):
    study = size_and_effect(r2, share, [])
    assert study.curves[0].at == pytest.approx(r2 * (2 * share - share**2), abs=1e-12)
    np.testing.assert_allclose(
        study.curves[0].values, np.asarray(effectiveness_from_ratio(r2, study.x))
    )
    assert study.curves[0].values.max() <= r2


def test_effect_in_words():
    sizes = [("two", 0.7), ("three", 1.05)]
    study = size_and_effect(0.6, 0.7, sizes, guess=0.7)
    assert study.title == "Short 70% of the best size: 91% of the best effect"
    assert [remark.text for remark in study.remarks] == ["two: 91%", "three: 99.75%"]
    assert study.guess == pytest.approx(0.42)
    scene = study.scene()
    assert "two, 70% of the best size, has 91%" in scene.alt
    assert scene.alt.endswith("Your guess was 42.0%.")
    assert {"two: 91%", "three: 99.75%"} <= set(texts(scene))
    (guess,) = marks(scene, Guess)
    assert (guess.x, guess.y) == pytest.approx((0.7, 0.42))


@pytest.mark.parametrize("guess", [None, 0.49, 0.7, 0.91])
@pytest.mark.parametrize("r2", [0.3, 0.6, 1.0])
def test_sizes_are_legible(r2, guess):
    sizes = [("2 × 1 ETH", 0.7), ("1,000 × 10 USD", 1.0), ("3 × 1 ETH", 1.05)]
    assert_legible(size_and_effect(r2, 0.7, sizes, guess=guess).scene())


def test_guesses_of_count_and_effect():
    counted = QUESTIONS["size.b"].ask(wanted=49_000)
    assert list(counted.options.values()) == ["2,450", "4,900", "9,800"]
    assert counted.answer.right == "same"
    asked = QUESTIONS["size.c"].ask(r2=0.6)
    assert list(asked.options.values()) == ["70%", "91%", "49%"]
    assert list(asked.answer.guesses.values()) == pytest.approx([0.7, 0.91, 0.49])
    assert "30%\nmissing, 9% lost" in asked.reason("curve")
    drawn = asked.picture("curve")
    assert "Short 70%" in drawn.title
    assert {"2 × 1 ETH: 91%", "1,000 × 10 USD: 100%", "3 × 1 ETH: 99.75%"} <= set(texts(drawn))
    assert [mark.y for mark in marks(drawn, Guess)] == pytest.approx([0.91 * 0.6])


# The questions


def layer1():
    """The lesson's portfolio, its coins' returns and BTC's, and its own."""
    book = read_portfolio(
        market.data_folder() / "portfolios" / "layer1.csv", market.latest_prices()
    )
    returns = market.returns([*book.coins, "BTC"], window=365)
    return book, returns, returns[list(book.coins)] @ book.weights


def r2_to(coin):
    _, returns, whole = layer1()
    return np.corrcoef(whole, returns[coin])[0, 1] ** 2


def short_of(coin):
    """Dollars of a coin as which the lesson's portfolio behaves."""
    book, returns, whole = layer1()
    beta = np.cov(whole, returns[coin])[0, 1] / returns[coin].var()
    return beta * book.value_usd


def by_hand() -> dict[str, float]:
    """The answers from the numbers in the questions."""
    return {
        "size.1": 12_000 * 1.3 + 6_000 * 0.8 + 2_000,
        "size.2": r2_to("ADA"),
        "size.3": 36_000 / 10,
        "size.4": 12 * 10,
        "size.5": 96,
        "size.6": 40,
        "size.7": round(short_of("BTC") / 100),
        "size.8": (25_000 * 0.8 - 12_800) / 10,
    }


def slips() -> dict[str, dict[str, float]]:
    """What the wrong ways lead to."""
    book, returns, _ = layer1()
    btc = market.latest_prices()["BTC"]
    alone = [np.corrcoef(returns[coin], returns["ADA"])[0, 1] ** 2 for coin in book.coins]
    return {
        "size.1": {
            "beta_left_out": 20_000, "plain_mean_of_betas": 20_000 * 3.1 / 3,
            "mean_without_own_coins": 21_000, "betas_added": 42_000,
            "upside_down": 12_000 / 1.3 + 6_000 / 0.8 + 2_000, "own_coins_left_out": 20_400,
        },
        "size.2": {
            "root_of_r2": r2_to("ADA") ** 0.5, "what_is_left": 1 - r2_to("ADA"),
            "other_coin": r2_to("ETH"), "plain_mean": np.mean(alone),
        },
        "size.3": {
            "contract_is_coin": 12, "contract_is_tenth": 120, "contract_is_dollar": 36_000,
            "other_coins_face": 360,
        },
        "size.4": {
            "contract_is_coin": 36_000, "contract_is_dollar": 12, "other_coins_face": 1_200,
            "face_in_coins": 360_000,
        },
        "size.5": {
            "effect_in_proportion": 80, "effect_squared": 64, "root_for_square": 80 / 0.8**0.5,
            "what_is_left": 4, "percent_for_decimal": 0.96,
        },
        "size.6": {
            "variance_for_volatility": 64, "what_is_left": 60, "variance_left": 36,
            "root_of_r2": 80, "one_less_root_of_r2": 20, "percent_for_decimal": 0.4,
        },
        "size.7": {
            "contract_is_coin": 60_600 / btc, "contract_is_tenth": 606_000 / btc,
            "contract_is_dollar": 60_600, "other_coins_face": 6_060,
            "beta_left_out": book.value_usd / 100, "other_coin": short_of("ETH") / 100,
        },
        "size.8": {
            "value_for_change": 2_000, "removed_for_left": 1_280, "beta_left_out": 900,
            "contract_is_dollar": 7_200,
        },
    }  # fmt: skip


def test_answers_and_wrong_ones():
    expected = slips()
    asked = {name: QUESTIONS[name].ask() for name in expected}
    assert {name: one.answer.right for name, one in asked.items()} == pytest.approx(by_hand())
    for name, one in asked.items():
        assert one.answer.slips == pytest.approx(expected[name]), name


@pytest.mark.parametrize("name", ["size.1", "size.3", "size.4", "size.5", "size.8"])
@pytest.mark.parametrize("seed", range(20))
def test_with_other_numbers_the_solution_comes_to_the_answer(name, seed):
    asked = QUESTIONS[name].again(seed)
    assert f"{asked.answer.right:,.10g}" in asked.part("solution")


def test_dividing_by_the_betas_is_told_from_the_answer():
    asked = QUESTIONS["size.1"].ask()
    assert asked.judge(12_000 / 1.3 + 6_000 / 0.8 + 2_000).misconception == "upside_down"


def test_faces_are_those_of_the_market():
    assert market.contract("mexc:ETH_USD").multiplier == 10
    assert market.contract("mexc:BTC_USD").multiplier == 100


def test_code_that_fills_the_gaps_is_right():
    book, wide, whole = layer1()
    swap, fit = market.contract("okx:BTC-USD-SWAP"), ols_beta(whole, wide["BTC"])
    names = {"ols_beta": ols_beta, "round_contracts": round_contracts, "wide": wide,
             "book": book, "coin": "ADA", "swap": swap, "fit": fit}  # fmt: skip
    for name, start in (("size.2", "share"), ("size.7", "contracts")):
        asked = QUESTIONS[name].ask()
        (code,) = re.findall(f"`{start} = (.+?)`", asked.part("solution"))
        assert asked.judge(eval(code, names)).outcome == "right"  # as a reader would run it
