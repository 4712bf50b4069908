"""Lesson 01: pictures, tables and exercises say what the formulas say."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import ContractTerms, InvalidInput, market
from hedgelib.course.questions.futures import QUESTIONS
from hedgelib.course.studies.futures import (
    WAYS,
    FiveWays,
    drop_from_top,
    lock_or_insurance,
    long_and_short,
    put_pnl_usd,
    survivors,
)
from hedgelib.show import Guess, Line, Points, Text
from tests.showtools import assert_legible

ETH = market.contract("binance:ETHUSD_PERP")
USDT = ContractTerms(
    venue="Somewhere", symbol="ETHUSDT", kind="linear", coin="ETH", multiplier=0.01, settle="USDT"
)
FIVE = FiveWays(stake_usd=1000, price_usd=2500, inverse=ETH, linear=USDT)
moves = st.floats(-0.95, 5)


def marks_of(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def texts(scene):
    return [mark.text for mark in marks_of(scene, Text)]


# The fall of a month


def test_drop_is_found_by_looking_at_every_day():
    prices = market.prices("ETH", "2021-01-01", "2021-05-31")["ETH"]
    drop = drop_from_top(prices)
    assert drop.top_usd == max(prices)
    after = [price for day, price in prices.items() if day >= drop.top_day]
    assert drop.low_usd == min(after)
    between = prices[drop.level_day : drop.top_day]
    assert between.iloc[0] <= drop.low_usd < between.iloc[1:].min()
    assert drop.days_down == (drop.low_day - drop.top_day) / pd.Timedelta(days=1)
    assert drop.days_undone == len(between) - 1
    assert drop.move == drop.low_usd / drop.top_usd - 1


@pytest.mark.parametrize(
    ("prices", "message"),
    [([1, 2, 3], "there is no fall after it"), ([5, 9, 4], "falls below its first value")],
)
def test_no_drop_says_why(prices, message):
    days = pd.date_range("2021-01-01", periods=3)
    with pytest.raises(InvalidInput, match=message):
        drop_from_top(pd.Series(prices, days))


# Long and short


@given(size=st.floats(1, 1e7), move=moves)
def test_what_one_side_gains_the_other_pays(size, move):
    study = long_and_short(size, move)
    assert study.value("long") == pytest.approx(size * move, rel=1e-9, abs=1e-9 * size)
    assert study.value("short") == -study.value("long")
    assert study.value("both together") == 0
    assert not np.any(study.curves[2].values)


def test_long_and_short_in_words():
    study = long_and_short(1000, 2.0, guess=-1000)
    scene = study.scene()
    assert "the long has +$2,000 and the short −$2,000" in scene.alt
    assert scene.alt.endswith("Your guess was −$1,000.")
    assert {"long", "short", "both together"} <= set(texts(scene))
    assert [(m.x, m.y) for m in marks_of(scene, Guess)] == [(2.0, -1000)]


# A lock and insurance


@given(book=st.floats(1, 1e7), share=st.floats(0, 2), premium=st.floats(0, 1e5), move=moves)
def test_short_is_straight_and_put_bends(book, share, premium, move):
    study = lock_or_insurance(book, share, premium, move)
    close = {"rel": 1e-9, "abs": 1e-9 * (book + premium)}
    assert study.value("with a short") == pytest.approx((1 - share) * book * move, **close)
    assert study.value("with a put") == pytest.approx(max(book * move, 0) - premium, **close)
    _, short, put = (curve.values for curve in study.curves)
    assert np.allclose(short, (1 - share) * book * study.x, atol=1e-9 * book)
    assert np.all(put >= -premium - 1e-9 * (book + premium))


def test_put():
    np.testing.assert_allclose(put_pnl_usd(100, [-0.5, 0, 0.5], 7), [43, -7, -7])
    with pytest.raises(InvalidInput, match="premium_usd must be >= 0"):
        put_pnl_usd(100, 0.1, -1)
    with pytest.raises(InvalidInput, match="move must be > -1"):
        lock_or_insurance(100, 1, 1, -1)


def test_lock_in_words():
    alt = lock_or_insurance(10_000, 1, 540, 0.4).scene().alt
    assert "no hedge +$4,000, with a short $0, with a put +$3,460" in alt
    assert "never falls below −$540" in alt


# Five ways


def exact(way: str, move: Fraction) -> Fraction:
    """Worth of 1,000 USD by exact arithmetic, liquidation left out."""
    stake, entry = Fraction(1000), Fraction(2500)
    after = entry * (1 + move)
    sign = 1 if way.endswith("long") else -1
    if way == "own it":
        return stake / entry * after
    if way.startswith("linear"):
        return stake + sign * stake / entry * (after - entry)
    return (stake / entry + sign * stake * (1 / entry - 1 / after)) * after


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("percent", [-80, -49, -20, 0, 10, 98, 200])
def test_worth_is_the_exact_fraction(way, percent):
    move, end = percent / 100, FIVE.closed_at(way)
    gone = move >= end if end > 0 else move <= end
    wanted = 0.0 if gone else float(exact(way, Fraction(percent, 100)))
    assert float(FIVE.worth(way, move)) == pytest.approx(wanted, abs=1e-9)


def test_where_each_way_ends():
    ends = {way: FIVE.closed_at(way) for way in WAYS}
    never = ["own it", "linear long", "inverse short"]
    assert [way for way in WAYS if ends[way] == np.inf] == never
    # Equity is maintenance: 2000 - P q = 0.01 P q, and 2000 (P/E) - 1000 = 0.01 * 1000.
    assert ends["linear short"] == pytest.approx(2 / 1.01 - 1)
    assert ends["inverse long"] == pytest.approx(1.01 / 2 - 1)


@given(move=moves, leverage=st.sampled_from([1.5, 2, 3, 5]))
def test_a_dollar_of_coin_more_or_less(move, leverage):
    """An inverse short is a linear one of leverage less one; a long, of leverage and one."""
    for way, other in (("inverse short", leverage - 1), ("inverse long", leverage + 1)):
        linear = way.replace("inverse", "linear")
        coin, usdt = float(FIVE.worth(way, move, leverage)), float(FIVE.worth(linear, move, other))
        if coin and usdt:
            assert coin == pytest.approx(usdt, rel=1e-9, abs=1e-6)


@given(move=moves)
def test_the_inverse_short_is_a_dollar(move):
    assert float(FIVE.worth("inverse short", move)) == pytest.approx(1000)


def test_five_ways_in_words_and_in_coin():
    study = FIVE.at(-0.5, guess=500)
    assert dict(study.rows())["inverse long"] == "$0"
    assert "own it $500, linear long $500, linear short $1,500" in study.scene().alt
    assert "linear short at ETH +98%, inverse long at ETH −49.5%" in study.scene().alt
    coin = FIVE.at(0.6, unit="ETH")
    assert coin.value("own it") == pytest.approx(0.4)
    assert coin.value("inverse short") == pytest.approx(1000 / 4000)
    for one in (study, coin):
        axis = one.scene().panels[0].x
        assert (axis.low, axis.high) == (-0.8, 2.0)


def test_a_closed_account_stays_at_nothing_and_is_dotted():
    scene = FIVE.at(-0.5).scene()
    assert scene.title.endswith("inverse long $0")
    dotted = [line for line in marks_of(scene, Line) if line.dash == "dotted"]
    assert {line.name: line.role for line in dotted} == {
        "linear short": "unhedged",
        "inverse long": "margin",
    }
    crosses = [points for points in marks_of(scene, Points) if points.shape == "cross"]
    for line, way in itertools.product(dotted, WAYS):
        if line.name == way:
            assert not np.any(line.y)
            end = FIVE.closed_at(way)
            nearest = line.x[0] if end > 0 else line.x[-1]
            assert nearest == pytest.approx(end)
            assert any(cross.x[0] == pytest.approx(end) for cross in crosses)


@pytest.mark.parametrize("move", [-0.8, -0.5, 0.0, 2.0])
@pytest.mark.parametrize("leverage", [0.5, 1, 5])
@pytest.mark.parametrize("unit", ["USD", "ETH"])
def test_five_ways_are_legible_and_light(move, leverage, unit):
    scene = FIVE.at(move, leverage=leverage, unit=unit).scene()
    assert_legible(scene)
    assert len(scene.to_json().encode()) < 10_000


@pytest.mark.parametrize("move", [-0.8, 0.0, 0.4, 1.0])
@pytest.mark.parametrize(("hedged", "premium"), [(0, 0), (1, 540), (1.5, 2000)])
def test_lock_is_legible_and_light(move, hedged, premium):
    scene = lock_or_insurance(10_000, hedged, premium, move).scene()
    assert_legible(scene)
    assert len(scene.to_json().encode()) < 10_000


@pytest.mark.parametrize("guess", [0.0, 500.0, 1000.0])
def test_every_guess_is_legible(guess):
    for scene in (
        long_and_short(1000, 2.0, guess=-2 * guess).scene(),
        lock_or_insurance(10_000, 1, 540, 0.4, guess=4 * guess).scene(),
        FIVE.at(-0.5, guess=guess).scene(),
    ):
        assert_legible(scene)
        assert len(marks_of(scene, Guess)) == 1


# The guesses, each with its place on the picture


def test_right_guesses_lie_on_the_curves():
    tripled = QUESTIONS["futures.a"].ask().answer
    study = long_and_short(1000, 2.0)
    assert tripled.guesses[tripled.right] == study.value("short") == -2000
    risen = QUESTIONS["futures.b"].ask().answer
    locked = lock_or_insurance(10_000, 1.0, 540, 0.4)
    assert risen.guesses[risen.right] == locked.value("with a short")
    assert risen.guesses["hedge_is_insurance"] == locked.value("no hedge")
    halved = QUESTIONS["futures.c"].ask(ways=FIVE).answer
    worth = dict(zip(WAYS, (float(FIVE.worth(way, -0.5)) for way in WAYS), strict=True))
    assert halved.guesses[halved.right] == worth["inverse long"]
    assert halved.guesses["as_an_owner"] == worth["own it"]
    assert halved.guesses["as_an_inverse_short"] == worth["inverse short"]


def test_the_guess_is_in_the_picture():
    asked = QUESTIONS["futures.a"].ask()
    (guess,) = marks_of(asked.picture("as_an_owner"), Guess)
    assert (guess.x, guess.y) == (2.0, -1000)
    assert not marks_of(asked.picture(), Guess)


# What was to be seen


def test_what_was_to_be_seen_is_so():
    locked = lock_or_insurance(10_000, 1.0, 540, 0.054)
    assert locked.value("with a put") == pytest.approx(locked.value("with a short"), abs=1e-9)
    fallen = lock_or_insurance(10_000, 1.0, 540, -0.7)
    assert fallen.value("with a short") - fallen.value("with a put") == pytest.approx(540)
    alive = {w for w in WAYS if all(FIVE.worth(w, move, 5.0) > 0 for move in (-0.2, 0.2))}
    assert alive == {"own it", "inverse short"}
    assert survivors(FIVE) == {
        "coin": "ETH",
        "held": 0.4,
        "survive": "The owner and the inverse short",
        "closed": "linear long at −19.2%, linear short at +18.8%, inverse long at −15.8%",
    }
    for move in (-0.5, 0.4):
        assert FIVE.worth("inverse short", move, 2.0) == pytest.approx(
            FIVE.worth("linear short", move, 1.0)
        )


# The exercises


def by_hand() -> dict[str, float]:
    """The answers from the numbers in the questions."""
    return {
        "futures.1": -1.5 * 500,
        "futures.2": 40 / 25 * 10,
        "futures.3": -8000 * 0.35 + 8000 * 0.35 - 480,
        "futures.4": 5 * (2300 - 2000) + 5 * (2060 - 2300),
        "futures.5": 5000 / 1600 - 5000 / 2000,
        "futures.6": 100 / 3.5,
        "futures.7": 800 + 800,
        "futures.8": -0.3 * 6000 - 0.3 * 3000 + 0.3 * 6000,
    }


def test_answers():
    answers = {name: QUESTIONS[name].ask().answer.right for name in by_hand()}
    assert answers == pytest.approx(by_hand(), rel=1e-12)


def test_slips_at_the_first_numbers():
    slips = {name: dict(QUESTIONS[name].ask().answer.slips) for name in by_hand()}
    assert slips["futures.1"] == pytest.approx(
        {
            "sign_turned": 750, "share_of_new_price": -600, "one_coin": -500,
            "value_for_change": -3750, "coins_for_dollars": -0.3,
        }
    )  # fmt: skip
    assert slips["futures.2"]["fall_for_beta"] == pytest.approx(4)
    assert slips["futures.2"]["beta_is_difference"] == 25
    assert slips["futures.3"]["put_left_out"] == -8000 * 0.35 - 480
    assert slips["futures.4"]["sign_of_short"] == 2700
    assert slips["futures.5"]["coin_at_entry"] == pytest.approx(0.5)
    assert (slips["futures.5"]["start_for_change"], slips["futures.5"]["value_for_change"]) == (
        2.5,
        3.125,
    )
    assert slips["futures.6"] == pytest.approx(
        {
            "linear_liquidation": 40, "short_liquidation": 200 / 3, "what_is_left": 250 / 3.5,
            "percent_for_decimal": 1 / 3.5, "as_an_owner": 100,
        }
    )  # fmt: skip
    assert slips["futures.7"] == pytest.approx(
        {
            "inverse_means_short": 0, "only_closed": 800, "contract_is_dollar": 16_000,
            "contract_is_coin": 8, "contract_is_tenth": 80,
        }
    )  # fmt: skip
    assert slips["futures.8"] == pytest.approx(
        {
            "collateral_left_out": 0, "short_left_out": -2700, "short_only": 1800,
            "short_counted_as_loss": -4500, "coins_at_old_price": -2700 + 6000 * (1 / 0.7 - 1),
        }
    )  # fmt: skip


@given(seed=st.integers(0, 10**6))
def test_other_numbers_by_hand(seed):
    asked = QUESTIONS["futures.8"].again(seed)
    margin, fall = asked.numbers["margin"], asked.numbers["fall"]
    assert asked.answer.right == pytest.approx(-margin * fall)
    asked = QUESTIONS["futures.6"].again(seed)
    assert asked.answer.right == pytest.approx(100 / (1 + asked.numbers["leverage"]))
    asked = QUESTIONS["futures.4"].again(seed)
    assert asked.answer.right == pytest.approx(asked.numbers["coins"] * asked.numbers["basis"])
    # What was bought must be sold twice, and then the book and the short cancel.
    asked = QUESTIONS["futures.7"].again(seed)
    book, face = asked.numbers["book"], ETH.multiplier
    assert (book / face - asked.answer.right) * face == pytest.approx(-book)
