"""Lesson 03: counts, sizes, leverage and questions say what the formulas say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import (
    InvalidInput,
    effectiveness_from_ratio,
    market,
    ols_beta,
)
from hedgelib.course.questions.size import QUESTIONS
from hedgelib.course.studies.size import (
    IN_THE_ARTICLE,
    size_and_effect,
    venue_counts,
    with_guessed_slope,
)
from hedgelib.show import Guess, Line, Text
from hedgelib.show.scatter import BetaScatter

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


def test_every_venue_is_counted_once_the_articles_first():
    counts = [count.venue for count in venue_counts(10_000, "ETH")]
    names = {venue.key: venue.name for venue in market.venues()}
    first = [f"{names.pop(key)} *" for key in IN_THE_ARTICLE]
    assert counts[: len(first)] == first
    assert sorted(counts[len(first) :]) == sorted(names.values())


@pytest.mark.parametrize("coin", ["ETH", "BTC"])
@pytest.mark.parametrize("wanted", [10_000, 58_946.03, 49_000])
def test_counts_are_dollars_over_face(coin, wanted):
    usable = {terms.venue: terms for terms in market.contracts(coin=coin, open_only=True)}
    counted = {c.terms.venue: c for c in venue_counts(wanted, coin) if c.terms}
    assert counted.keys() == usable.keys()
    for venue, count in counted.items():
        face = usable[venue].multiplier
        assert count.terms == usable[venue]
        assert count.venue.removesuffix(" *") == venue
        assert abs(wanted - count.contracts * face) <= face / 2
        assert count.left_usd == pytest.approx(wanted - count.contracts * face)


def test_no_count_says_why():
    counts = venue_counts(10_000, "ETH")
    assert {count.venue: count.remark for count in counts if not count.terms} == {
        "BingX Coin-M *": "face not verified",
        "WEEX *": "no coin-margined contract found",
        "BitMEX": "closed",
        "Gate": "none on ETH collected",
    }
    assert all(len(count.row()) == 6 for count in counts)


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


def by_hand() -> dict[str, float]:
    """The answers from the numbers in the questions."""
    return {
        "size.1": 12_000 * 1.3 + 6_000 * 0.8 + 2_000,
        "size.2": 36_000 / 10,
        "size.3": 12 * 10,
        "size.4": 96,
    }


SLIPS = {
    "size.1": {
        "beta_left_out": 20_000, "plain_mean_of_betas": 20_000 * 3.1 / 3,
        "mean_without_own_coins": 21_000, "betas_added": 42_000,
        "upside_down": 12_000 / 1.3 + 6_000 / 0.8 + 2_000, "own_coins_left_out": 20_400,
    },
    "size.2": {
        "contract_is_coin": 12, "contract_is_tenth": 120, "contract_is_dollar": 36_000,
        "other_coins_face": 360,
    },
    "size.3": {
        "contract_is_coin": 36_000, "contract_is_dollar": 12, "other_coins_face": 1_200,
        "face_in_coins": 360_000,
    },
    "size.4": {
        "effect_in_proportion": 80, "effect_squared": 64, "root_for_square": 80 / 0.8**0.5,
        "what_is_left": 4, "percent_for_decimal": 0.96,
    },
}  # fmt: skip


def test_answers_and_wrong_ones():
    asked = {name: QUESTIONS[name].ask() for name in SLIPS}
    assert {name: one.answer.right for name, one in asked.items()} == pytest.approx(by_hand())
    for name, one in asked.items():
        assert one.answer.slips == pytest.approx(SLIPS[name]), name


@pytest.mark.parametrize("name", SLIPS)
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
