"""Lesson 09: Alice over moves, her weeks on real prices, and what she and Bob are asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import InvalidInput, market, ols_beta, plan_hedge
from hedgelib.course.questions.alice import QUESTIONS
from hedgelib.course.studies.alice import (
    MODELLED,
    SETTLEMENTS,
    SIZES,
    alices_book,
    alices_weeks,
    alices_year,
    any_hedge,
    everything_counted,
    hedged_week,
    nearest,
    week_table,
)
from hedgelib.show import Band, Guess, Line, Points, Rule
from hedgelib.show.moves import study_move
from tests.corpus import cells
from tests.showtools import assert_legible

BOOK, PRICE, MARGIN, FALL = 50_000, 3_500, 49_000, -0.15
ETH = market.contract("binance:ETHUSD_PERP")


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def dollars(text):
    """Return the number in an amount such as "+$1,500" or "± $1,500"."""
    return float(text.strip("±+ ").replace("−", "-").replace("$", "").replace(",", "") or 0)


@pytest.fixture(scope="module")
def weeks():
    return alices_weeks(2022)


@pytest.fixture(scope="module")
def year(weeks):
    return alices_year(weeks, ETH, book_usd=BOOK, margin_usd=MARGIN)


@pytest.fixture(scope="module")
def scene(weeks, year):
    return year.scene(nearest(weeks, FALL), 150)


# Everything counted


@given(st.floats(-7_500, 0))
def test_the_guess_is_drawn_beside_the_truth(guess):
    plan = plan_hedge(BOOK, 1.0, ETH, PRICE, collateral_usd=MARGIN, notional_usd=MARGIN, fee_rate=0)
    truth, guessed = (everything_counted(plan, FALL, said) for said in (None, guess))
    assert "altcoins −$7,500, ETH margin −$7,350, short +$7,350; together −$7,500" in truth.alt
    assert marks(truth, Guess) == []
    assert truth.table.rows == guessed.table.rows
    assert [(mark.x, mark.y) for mark in marks(guessed, Guess)] == [(FALL, guess)]
    assert guessed.alt.startswith(truth.alt + " Your guess was")


def test_knobs_turn_into_the_three_cases():
    study = any_hedge(BOOK, PRICE, ETH)
    case_c = study_move(plan_hedge(BOOK, 1.0, ETH, PRICE, collateral_usd=MARGIN, fee_rate=0), FALL)
    assert study(FALL, 1.0, MARGIN, 99_000, "new_money").scene().alt == case_c.scene().alt
    assert study(FALL, 1.0, MARGIN, MARGIN, "new_money").point.total_pnl_usd[0] == pytest.approx(
        -7_500
    )
    taken = study(FALL, 1.0, MARGIN, MARGIN, "from_portfolio").point
    assert taken.total_pnl_usd[0] == pytest.approx(-150)
    assert taken.plan.kept_usd == 1_000
    with pytest.raises(InvalidInput):
        study(FALL, 1.0, 0.0, MARGIN, "new_money")


@pytest.mark.parametrize("move", [-0.6, 1.2, 3.0])
@pytest.mark.parametrize("beta", [0.05, 2.0])
@pytest.mark.parametrize(
    ("margin", "short", "source"),
    [
        (5_000, 1_000, "new_money"),
        (100_000, 200_000, "new_money"),
        (5_000, 100_000, "new_money"),
        (5_000, 1_000, "from_portfolio"),
        (49_000, 200_000, "from_portfolio"),
    ],
)
def test_knobs_at_their_ends_have_a_legible_picture(move, beta, margin, short, source):
    scene = any_hedge(BOOK, PRICE, ETH)(move, beta, margin, short, source).scene()
    assert_legible(scene)
    assert len(scene.to_json().encode()) < 10_000


# Weeks


def test_a_week_sees_nothing_after_it_began(weeks):
    week = nearest(weeks, FALL)
    coins = list(alices_book().coins)
    prices = market.prices([*coins, "ETH"]).dropna()
    before = prices.loc[: week.start].iloc[-91:].pct_change(fill_method=None).iloc[1:]
    y, x = before[coins].to_numpy() @ alices_book().weights, before["ETH"].to_numpy()
    assert week.beta.beta == pytest.approx(np.cov(y, x)[0, 1] / np.var(x, ddof=1), rel=1e-12)
    robust = ols_beta(y, x, errors="newey-west").interval()
    assert week.beta.interval() == pytest.approx(robust, rel=1e-12)
    assert (week.end - week.start).days == 7
    after = prices.loc[week.end] / prices.loc[week.start] - 1
    assert week.move == after["ETH"]
    assert week.book_return == pytest.approx(after[coins].to_numpy() @ alices_book().weights)
    assert week.residual == pytest.approx(week.book_return - week.beta.beta * week.move)
    rates = market.funding_monthly()
    may = rates[(rates["coin"] == "ETH") & (rates["month"] == "2022-05-01")]
    assert week.funding_rate == may["mean_8h"].item()


def test_the_year_is_cut_from_sunday_to_sunday(weeks):
    assert len(weeks) == 52
    assert {week.start.day_name() for week in weeks} == {"Sunday"}
    assert all(one.end == other.start for one, other in pairwise(weeks))
    assert weeks[-1].name == "25 December 2022 to 1 January 2023"
    assert weeks[4].name == "30 January to 6 February 2022"
    assert nearest(weeks, FALL).name == "8 to 15 May 2022"
    assert nearest(weeks, 10.0).move == max(week.move for week in weeks)
    with pytest.raises(InvalidInput, match="90 days before them, got 2019"):
        alices_weeks(2019)
    with pytest.raises(InvalidInput, match="year must have weeks"):
        alices_weeks(1999)


@pytest.mark.parametrize("size", SIZES)
def test_a_week_by_hand(weeks, size):
    week = nearest(weeks, FALL)
    made = hedged_week(week, ETH, book_usd=BOOK, margin_usd=MARGIN)[size]
    plan = made.plan
    fee = plan.notional_usd * ETH.taker_fee
    beta = week.beta.beta
    wanted = dict(zip(SIZES, (BOOK, BOOK + MARGIN, beta * BOOK + MARGIN - fee), strict=True))[size]
    assert plan.notional_usd == pytest.approx(wanted, abs=ETH.multiplier / 2 + 0.01)
    by_hand = (
        BOOK * week.book_return
        + (MARGIN - fee) * week.move
        - plan.notional_usd * week.move
        - 2 * fee
        + SETTLEMENTS * plan.notional_usd * week.funding_rate
    )
    assert made.total_pnl_usd[0] == pytest.approx(by_hand, abs=1e-6)


def test_a_week_in_a_table_adds_up(weeks):
    week = nearest(weeks, -FALL)
    table = week_table(week, hedged_week(week, ETH, book_usd=BOOK, margin_usd=MARGIN))
    assert table.caption == "Alice, 20 to 27 March 2022: ETH +15.1%"
    assert table.head == ("part", "no hedge", *SIZES)
    for column in range(1, 5):
        values = [dollars(row[column]) for row in table.rows[:7]]
        assert sum(values[:6]) == pytest.approx(values[6], abs=3)
    assert dollars(table.rows[6][1]) == pytest.approx(BOOK * week.book_return, abs=0.5)
    # The fee comes out of the margin, so the margin to hedge is smaller by it.
    by_beta = round((week.beta.beta * BOOK + MARGIN) / (1 + ETH.taker_fee) / ETH.multiplier)
    assert table.rows[7] == ("contracts sold", "0", "5,000", "9,900", f"{by_beta:,}")


def test_a_week_that_ends_the_short_is_refused(weeks):
    with pytest.raises(InvalidInput, match="liquidates the short"):
        hedged_week(replace(weeks[0], move=3.0), ETH, book_usd=BOOK, margin_usd=MARGIN)


def test_the_year(weeks, year):
    naked = year.profit_usd["no hedge"]
    assert naked == pytest.approx([BOOK * week.book_return for week in weeks])
    left_out, one, beta = (year.swing_usd(size) for size in SIZES)
    assert left_out == pytest.approx(year.swing_usd("no hedge"), rel=0.03)
    assert max(one, beta) < 0.55 * left_out
    near = np.abs(year.profit_usd[SIZES[2]]) <= 150
    assert year.within(SIZES[2], 150) == near.sum()
    move = [week.move for week in weeks]
    slope = np.polyfit(move, year.profit_usd[SIZES[2]], 1)[0]
    assert abs(slope) < 0.3 * np.polyfit(move, naked, 1)[0]


def test_the_picture_of_the_year(weeks, year, scene):
    assert f"in {year.within(SIZES[2], 150)} of 52 weeks" in scene.alt
    assert MODELLED in scene.alt.lower()
    swing = year.swing_usd(SIZES[2])
    assert [(band.low, band.high) for band in marks(scene, Band)] == [(-swing, swing)]
    naked, hedged = marks(scene, Points)
    for points, how in ((naked, "no hedge"), (hedged, SIZES[2])):
        assert points.x.tolist() == [week.move for week in weeks]
        assert points.y.tolist() == year.profit_usd[how].tolist()
    trend, tie = marks(scene, Line)
    assert trend.y == pytest.approx(np.polyval(np.polyfit(naked.x, naked.y, 1), trend.x))
    place = weeks.index(nearest(weeks, FALL))
    assert tie.y.tolist() == [naked.y[place], hedged.y[place]]
    assert_legible(scene)


@pytest.mark.parametrize("guess", [150.0, 2_940.0, 5_660.0])
def test_a_guess_of_the_spread_is_drawn_to_both_sides(weeks, year, guess):
    guessed = year.scene(nearest(weeks, FALL), 150, guess)
    assert guessed.alt.endswith(f"Your guess was ± ${guess:,.0f}.")
    levels = {rule.at for rule in marks(guessed, Rule) if rule.role == "good"}
    assert levels == {-guess, guess}
    assert_legible(guessed)


def test_the_year_in_a_table(year, scene):
    assert scene.table.head == (
        "short", "one standard deviation", "worst week", "best week", "weeks within $150",
    )  # fmt: skip
    rows = {row[0]: row[1:] for row in scene.table.rows}
    assert list(rows) == ["no hedge", *SIZES]
    by_beta = year.profit_usd[SIZES[2]]
    assert dollars(rows[SIZES[2]][0]) == round(np.std(by_beta, ddof=1))
    assert dollars(rows[SIZES[2]][1]) == round(by_beta.min())
    assert dollars(rows[SIZES[2]][2]) == round(by_beta.max())
    assert rows[SIZES[2]][3] == f"{year.within(SIZES[2], 150)} of 52"
    assert MODELLED in scene.table.caption


# What is asked


@pytest.mark.parametrize(
    ("name", "right", "slips"),
    [
        (
            "alice.1", -4_000,
            {
                "collateral_left_out": 0, "short_left_out": -8_000, "short_only": 4_000,
                "short_counted_as_loss": -12_000, "coin_at_entry": -8_000 + (10 - 8) * 2_500,
            },
        ),
        (
            "alice.2", 40_000,
            {
                "collateral_left_out": 20_000, "coins_for_dollars": 16, "collateral_twice": 60_000,
                "collateral_subtracted": 0,
            },
        ),
        (
            "alice.3", 4_000,
            {
                "contract_is_coin": 16, "collateral_left_out": 2_000, "contract_is_dollar": 40_000,
                "other_coins_face": 400,
            },
        ),
        (
            "alice.6", 40_000 / 2_000 - 40_000 / 2_500,
            {
                "coin_at_entry": 3.2, "dollars_for_coins": 8_000, "collateral_left_out": 2,
                "value_for_change": 20,
            },
        ),
        (
            "alice.4", 20_000 / 2,
            {
                "collateral_left_out": 20_000 / 3, "size_for_margin": 30_000,
                "margin_on_margin_once": 20_000 / 3 + 20_000 / 9,
                "series_stopped_early": 20_000 * (1 / 3 + 1 / 9 + 1 / 27 + 1 / 81),
                "divided_by_leverage_plus_one": 5_000, "margin_as_large_as_book": 20_000,
            },
        ),
        (
            "alice.5", 20_000 * (-0.26 - 0.03) - 4_000 + 8_000,
            {
                "residual_left_out": -1_200, "residual_only": -600,
                "collateral_left_out": 2_200, "book_only": -5_800, "short_left_out": -9_800,
                "hedged_so_nothing": 0,
            },
        ),
        (
            "alice.7", 4_600,
            {
                "collateral_times_beta": 5_200, "beta_left_out": 4_000,
                "collateral_left_out": 2_600, "contract_is_coin": 18.4,
                "contract_is_dollar": 46_000, "collateral_subtracted": 600,
            },
        ),
        (
            "alice.8", -2 * 23 + 46_000 * 0.0001 * 21,
            {
                "funding_sign": -142.6, "one_settlement_a_day": -13.8, "one_trade": 73.6,
                "fees_left_out": 96.6, "funding_left_out": -46, "collateral_left_out": 28.6,
                "beta_left_out": 44,
            },
        ),
    ],
)  # fmt: skip
def test_answer_and_slips_from_the_numbers_in_the_question(name, right, slips):
    asked = QUESTIONS[name].ask()
    assert asked.answer.right == pytest.approx(right)
    assert asked.answer.slips == pytest.approx(slips)
    assert QUESTIONS[name].varied


@pytest.mark.parametrize("name", [f"alice.{i}" for i in range(1, 9)])
def test_what_the_texts_take_for_granted_holds_with_any_numbers(name):
    for seed in range(40):
        asked = QUESTIONS[name].again(seed)
        if asked.form.unit == "contracts":
            assert asked.answer.right == round(asked.answer.right)
        assert (asked.answer.right < 0) == (name in {"alice.1", "alice.5"})


def test_options():
    counted, spread = QUESTIONS["alice.a"].ask(), QUESTIONS["alice.b"].ask()
    assert list(counted.options.values()) == [
        "$0: the hedge takes it all",
        "−$150: what rounding leaves open",
        "−$7,500: as if there were no hedge",
    ]
    assert counted.answer.right == "as_if_no_hedge"
    assert list(spread.options.values()) == ["± $150", "± $2,940", "± $5,660"]
    assert spread.answer.right == "residual"
    assert spread.part("ask").startswith("52 weeks of 2022.")


@pytest.mark.parametrize("name", ["alice.a", "alice.b"])
def test_a_guess_is_in_the_picture_that_follows(name):
    asked = QUESTIONS[name].ask()
    assert "Your guess" not in asked.picture().alt
    for option in asked.options:
        scene = asked.picture(option)
        assert "Your guess was" in scene.alt
        assert_legible(scene)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("ex-5", "book * (beta * move + residual) + margin * move - short * move"),
        (
            "ex-7",
            "-plan_hedge(book, beta, eth, price, collateral_usd=margin, fee_rate=0).contracts",
        ),
    ],
)
def test_a_gap_in_code_is_filled_by_one_line(cell, line):
    """With what the lesson has defined by then."""
    given = []
    space = {
        "plan_hedge": plan_hedge, "eth": ETH,
        "check": lambda name, answer: given.append(QUESTIONS[name].ask().judge(answer).outcome),
    }  # fmt: skip
    exec(cells("alice")[cell].replace("...", line), space)
    assert given == ["right"]


def test_no_belief_is_called_the_articles():
    told = " ".join([*cells("alice").values(), str(QUESTIONS.texts)])
    assert "article" not in told.lower()
