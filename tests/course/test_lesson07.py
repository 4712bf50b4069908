"""Lesson 07: Alice over moves, her weeks on real prices, and the wrong models of Bob."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import InvalidInput, hedge_notional, market, move_pnl, plan_hedge
from hedgelib.course.exercises import exercise
from hedgelib.course.exercises import lesson07 as exercises
from hedgelib.course.guesses import number_in
from hedgelib.course.studies.lesson07 import (
    MODELLED,
    SETTLEMENTS,
    SIZES,
    alices_book,
    alices_weeks,
    alices_year,
    everything_counted,
    guess_everything,
    guess_spread,
    live,
    nearest,
    turn,
    week_plan,
    week_rows,
)
from hedgelib.show import Band, Guess, Line, Points, Rule, Text
from hedgelib.show.moves import study_move

BOOK, PRICE, MARGIN, FALL = 50_000, 3_500, 49_000, -0.15
ETH = market.contract("binance:ETHUSD_PERP")


def marks(result, kind):
    return [mark for mark in result.scene().panels[0].marks if isinstance(mark, kind)]


@pytest.fixture(scope="module")
def weeks():
    return alices_weeks(2022)


@pytest.fixture(scope="module")
def year(weeks):
    return alices_year(
        weeks, ETH, book_usd=BOOK, margin_usd=MARGIN, near_usd=150, named=nearest(weeks, FALL)
    )


# Everything counted


@given(move=st.floats(-0.9, 0.9), short=st.floats(20_000, 120_000))
def test_everything_counted_is_the_plain_sum(move, short):
    plan = plan_hedge(
        BOOK,
        1.2,
        ETH,
        PRICE,
        collateral_usd=MARGIN,
        notional_usd=short,
        fee_rate=0,
    )
    lines = everything_counted(plan, move)
    parts = move_pnl(BOOK, 1.2, MARGIN / PRICE, plan.contracts, PRICE, move, ETH.multiplier)
    if move < plan.liquidation_move and 1.2 * move > -1:
        assert lines.value("altcoins") == pytest.approx(parts.spot_usd, abs=1e-6)
        assert lines.value("short") == pytest.approx(parts.hedge_usd, abs=1e-6)
        assert lines.value("together") == pytest.approx(parts.total_usd, abs=1e-6)


def test_the_guess_is_drawn_beside_the_truth():
    plan = plan_hedge(BOOK, 1.0, ETH, PRICE, collateral_usd=MARGIN, notional_usd=MARGIN, fee_rate=0)
    guess = guess_everything(14, MARGIN, BOOK, FALL)
    truth = everything_counted(plan, FALL)
    assert number_in(guess.answer) == truth.value("together") == pytest.approx(-7_500)
    numbers = {number_in(option) for option in guess.options}
    assert numbers == {0.0, -150.0, -7_500.0}
    guess.guess = next(option for option in guess.options if "150" in option)
    shown = everything_counted(plan, FALL, guess=number_in(guess.guess))
    assert shown.scene().alt.endswith("Your guess was −$150.")
    assert [(mark.x, mark.y) for mark in marks(shown, Guess)] == [(FALL, -150)]
    assert marks(truth, Guess) == []
    for picture in (shown, truth):
        assert_legible(picture.scene())
    for wrong in ((14, MARGIN, BOOK, 0.15), (14, BOOK, BOOK, FALL)):
        with pytest.raises(InvalidInput, match="move must be a fall"):
            guess_everything(*wrong)


def test_knobs_turn_into_the_three_cases():
    study = turn(BOOK, PRICE, ETH)
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
    scene = turn(BOOK, PRICE, ETH)(move, beta, margin, short, source).scene()
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
    plan = week_plan(week, ETH, size, book_usd=BOOK, margin_usd=MARGIN)
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
    assert live(plan, week).total_pnl_usd[0] == pytest.approx(by_hand, abs=1e-6)


def test_a_week_in_a_table_adds_up(weeks):
    week = nearest(weeks, -FALL)
    lived = {
        size: live(week_plan(week, ETH, size, book_usd=BOOK, margin_usd=MARGIN), week)
        for size in SIZES
    }
    rows = week_rows(week, lived)
    for column in range(1, 5):
        values = [number_in(row[column]) or 0.0 for row in rows[:7]]
        assert sum(values[:6]) == pytest.approx(values[6], abs=3)
    assert number_in(rows[6][1]) == pytest.approx(BOOK * week.book_return, abs=0.5)


def test_a_week_that_ends_the_short_is_no_week_to_tell_of(weeks):
    week = replace(weeks[0], move=3.0)
    plan = week_plan(weeks[0], ETH, SIZES[2], book_usd=BOOK, margin_usd=MARGIN)
    with pytest.raises(InvalidInput, match="liquidates the short"):
        live(plan, week)
    with pytest.raises(InvalidInput, match="size must be"):
        week_plan(weeks[0], ETH, "all of it", book_usd=BOOK, margin_usd=MARGIN)


def test_the_year(weeks, year):
    naked = year.profit_usd["no hedge"]
    assert naked == pytest.approx([BOOK * week.book_return for week in weeks])
    left_out, one, beta = (year.swing_usd(size) for size in SIZES)
    assert left_out == pytest.approx(year.swing_usd("no hedge"), rel=0.03)
    assert max(one, beta) < 0.55 * left_out
    near = np.abs(year.profit_usd[SIZES[2]]) <= 150
    assert year.within(SIZES[2]) == near.sum()
    slope = np.polyfit(year.move, year.profit_usd[SIZES[2]], 1)[0]
    assert abs(slope) < 0.3 * np.polyfit(year.move, naked, 1)[0]


def test_the_picture_of_the_year(year):
    guess = guess_spread(year)
    assert number_in(guess.answer) == round(year.swing_usd(SIZES[2]))
    alt = year.scene().alt
    assert f"in {year.within(SIZES[2])} weeks of 52" in alt
    assert MODELLED in alt.lower()
    swing = year.swing_usd(SIZES[2])
    assert [(band.low, band.high) for band in marks(year, Band)] == [(-swing, swing)]
    naked, hedged = marks(year, Points)
    for points, how in ((naked, "no hedge"), (hedged, SIZES[2])):
        assert points.x.tolist() == year.move.tolist()
        assert points.y.tolist() == year.profit_usd[how].tolist()
    (tie,) = marks(year, Line)
    place = year.weeks.index(year.named)
    assert tie.y.tolist() == [naked.y[place], hedged.y[place]]
    nameless = replace(year, named=None)
    assert marks(nameless, Line) == []
    assert "8 to 15 May 2022" not in [text.text for text in marks(nameless, Text)]
    for drawn in (year, nameless):
        assert_legible(drawn.scene())


@pytest.mark.parametrize("guess", [150.0, 2_940.0, -2_940.0, 5_660.0])
def test_a_guess_of_the_spread_is_drawn_to_both_sides(year, guess):
    guessed = replace(year, guess=guess)
    assert guessed.scene().alt.endswith(f"Your guess was ± ${abs(guess):,.0f}.")
    levels = {rule.at for rule in marks(guessed, Rule) if rule.role == "good"}
    assert levels == {-guess, guess}
    assert_legible(guessed.scene())


def test_the_year_in_a_table(year):
    head = year.table().head
    assert head == (
        "short", "one standard deviation", "worst week", "best week", "weeks within $150",
    )  # fmt: skip
    rows = {row[0]: row[1:] for row in year.rows()}
    assert list(rows) == ["no hedge", *SIZES]
    by_beta = year.profit_usd[SIZES[2]]
    assert number_in(rows[SIZES[2]][0]) == round(np.std(by_beta, ddof=1))
    assert number_in(rows[SIZES[2]][1]) == round(by_beta.min())
    assert number_in(rows[SIZES[2]][2]) == round(by_beta.max())
    assert rows[SIZES[2]][3] == f"{year.within(SIZES[2])} of 52"
    assert year.scene().table.html() == year._repr_html_()
    assert MODELLED in year.table().caption


# Bob


def test_answers_from_the_numbers_in_the_questions():
    assert {name: asked.answer for name, asked in exercises.EXERCISES.items()} == pytest.approx(
        {
            "07.1": -4_000,
            "07.2": 40_000,
            "07.3": 4_000,
            "07.4": 40_000 / 2_000 - 40_000 / 2_500,
            "07.5": 20_000 / 2,
            "07.6": 20_000 * (-0.26 - 0.03) - 4_000 + 8_000,
            "07.7": 4_600,
            "07.8": -2 * 23 + 46_000 * 0.0001 * 21,
        }
    )


@pytest.mark.parametrize("name", exercises.EXERCISES)
def test_slips_are_told_apart(name):
    asked = exercise(name)
    values = [asked.answer, *asked.slips.values()]
    for i, value in enumerate(values):
        assert not any(asked.agrees(value, other) for other in values[:i])
    for words, value in asked.slips.items():
        assert asked.verdict(value) == f"**Not yet.** {words}"
    assert asked.more_hints
    assert asked.folded().count("<details>") == 2 + len(asked.more_hints)


@given(
    book=st.floats(1_000, 1e6),
    beta=st.floats(1.05, 2),
    margin=st.floats(1_000, 1e6),
    move=st.floats(-0.5, -0.01),
)
def test_wrong_models_are_wrong(book, beta, margin, move):
    short = float(hedge_notional(book, 1.0, margin))
    right = float(move_pnl(book, 1.0, margin / 100, -margin, 100, move).total_usd)
    wrong = exercises.margin_left_out(book, margin, move)
    assert wrong - right == pytest.approx(-margin * move)
    more = exercises.beta_on_the_margin_too(book, beta, margin) - hedge_notional(book, beta, margin)
    assert more == pytest.approx((beta - 1) * margin)
    left = exercises.own_move_left_out(book, beta, margin, short, move)
    assert left == pytest.approx((beta - 1) * book * move)
    assert exercises.margin_for_the_book_alone(book, 3.0) < book / 2
    old = exercises.paid_at_the_old_price(short, 100, move)
    assert old == pytest.approx(short * (1 / (100 * (1 + move)) - 1 / 100) * (1 + move))
    week = exercises.funding_of_a_week(short, 0.0001)
    assert week == pytest.approx(short * 0.0021)
    assert exercises.funding_of_a_week(short, 0.0001, sign=-1) == -week
    assert exercises.funding_of_a_week(short, 0.0001, a_day=1) == pytest.approx(week / 3)
