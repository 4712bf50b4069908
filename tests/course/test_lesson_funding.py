"""Lesson 06: the rule, the years, the time out and the questions say what the formulas say."""

from __future__ import annotations

import csv
import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hedgelib import InvalidInput, carry, deribit_funding_rate, funding_cap, funding_rate, market
from hedgelib._text import usd
from hedgelib.course import Explorer, Slider
from hedgelib.course.questions.funding import QUESTIONS
from hedgelib.course.studies.funding import (
    PROXY,
    RULES,
    XBTUSD,
    TimeOut,
    below_zero,
    coin_funding,
    funding_by_market,
    funding_by_year,
    months_by_move,
    rate_at_premium,
    rate_text,
    received,
)
from hedgelib.show import Bars, Guess, Line, Points, Rule, Text
from tests.corpus import cells
from tests.showtools import assert_legible


def at_premium(premium, short_usd=50_000, rule="Binance", **more):
    return rate_at_premium(premium, short_usd, RULES[rule], **more)


def time_out(rate=-0.0001, cost=0.0007, vol=0.04, hours=112, book=50_000):
    return TimeOut(book_usd=book, rate=rate, cost_rate=cost, daily_vol=vol, hours=hours)


def marks(scene, kind, panel=0):
    return [mark for mark in scene.panels[panel].marks if isinstance(mark, kind)]


def words(scene, panel=0):
    return [text.text for text in marks(scene, Text, panel)]


NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "06_basis_and_funding.ipynb"


def test_rates_in_words():
    assert rate_text(0.0001) == "+0.01%"
    assert rate_text(-0.00375) == "−0.375%"
    assert rate_text(0.002, signed=False) == "0.20%"
    assert rate_text(0.00000004) == "0%"
    assert rate_text(1e-17) == "0%"


# The rule


def clamped(premium: Fraction) -> Fraction:
    """Binance's rule for BTC in exact fractions, written the long way round."""
    damper, cap = Fraction(5, 10_000), Fraction(30, 10_000)
    gap = Fraction(1, 10_000) - premium
    added = damper if gap > damper else -damper if gap < -damper else gap
    rate = premium + added
    return cap if rate > cap else -cap if rate < -cap else rate


@given(st.integers(-10_000, 10_000))
def test_rule_is_the_formula(millionths):
    premium = Fraction(millionths, 1_000_000)
    rate = clamped(premium)
    scene = at_premium(float(premium))
    (point,) = marks(scene, Points)
    assert (point.x[0], point.y[0]) == pytest.approx((float(premium), float(rate)), abs=1e-15)
    received = f"{'receives' if rate > 0 else 'pays'} {usd(float(50_000 * abs(rate)), cents=True)}"
    assert scene.table.rows[3] == ("A short of $50,000", received if rate else "gets nothing")


def test_rules_have_the_figures_of_the_market():
    rates = market.contract("binance:BTCUSD_PERP").maintenance_rates
    assert RULES["Binance"].cap == funding_cap(rates[0]) == 0.003
    assert RULES["OKX"].cap == 0.00375
    assert RULES["Deribit"].cap is None


@pytest.mark.parametrize("name", RULES)
def test_corners_are_where_the_line_bends(name):
    rule = RULES[name]
    x = np.linspace(-0.01, 0.01, 20_001)
    slope = np.diff(np.asarray(rule.rate(x))) / np.diff(x)
    bends = x[1:-1][np.abs(np.diff(slope)) > 0.5]
    for bend in bends:
        assert min(abs(bend - corner) for corner in rule.corners) < 2e-6


@given(st.floats(-0.01, 0.01))
def test_deribit_has_its_own_rule(premium):
    wanted = deribit_funding_rate(premium, damper=0.0005)
    assert RULES["Deribit"].rate(premium) == pytest.approx(wanted, abs=1e-15)


def test_the_rules_differ_where_the_lesson_says():
    rates = {name: float(rule.rate(-0.0003)) for name, rule in RULES.items()}
    assert rates == pytest.approx({"Binance": 0.0001, "OKX": -0.0003, "Deribit": 0.0})
    nil = {"Binance": -0.0005, "OKX": 0.0, "Deribit": 0.0003}
    for name, premium in nil.items():
        assert RULES[name].rate(premium) == pytest.approx(0, abs=1e-18)


def test_rate_words_and_title_agree():
    scene = at_premium(0.002)
    rows = dict(scene.table.rows)
    assert rows["Who pays"] == "longs pay shorts"
    assert rows["A short of $50,000"] == "receives $75.00"
    assert rows["In a year, at the same rate"] == "+$82,125"
    assert scene.title == "Premium +0.20%: rate +0.15%, a short of $50,000 receives $75.00"
    assert f"{scene.title} every 8 hours: longs pay shorts. Between premiums of" in scene.alt
    paying = at_premium(-0.0012, guess=0.0)
    assert "a short of $50,000 pays $35.00 every 8 hours: shorts pay longs." in paying.alt
    assert paying.alt.endswith("Your guess was 0%.")
    nothing = at_premium(0.0, rule="OKX")
    assert "a short of $50,000 gets nothing every 8 hours: nobody pays." in nothing.alt
    assert "The rate is the premium, and it stops at 0.375%." in nothing.alt


def test_line_of_the_rule_is_the_rule():
    scene = at_premium(0.002)
    line = next(mark for mark in marks(scene, Line) if mark.name == "rate")
    assert line.x[[0, -1]].tolist() == [-0.004, 0.004]
    assert line.y == pytest.approx(
        [float(clamped(Fraction(x).limit_denominator(10**6))) for x in line.x]
    )
    # Between its points it is straight.
    between = np.linspace(-0.004, 0.004, 801)
    assert np.interp(between, line.x, line.y) == pytest.approx(RULES["Binance"].rate(between))


def test_axes_of_the_rule_stand_still_while_the_premium_moves():
    axes = {
        (panel.x.low, panel.x.high, panel.x.ticks, panel.y.low, panel.y.high, panel.y.ticks)
        for premium in (-0.004, -0.0015, 0.0, 0.0001, 0.003, 0.004)
        for panel in at_premium(premium).panels
    }
    assert len(axes) == 1


@pytest.mark.parametrize("premium", [2.0, math.nan])
def test_no_such_premium(premium):
    with pytest.raises(InvalidInput, match="premium must be"):
        at_premium(premium)


def test_a_guessed_rate_is_drawn_away_from_the_line():
    near = at_premium(-0.0003, guess=0.0, reach=0.0015)
    x = near.panels[0].x
    assert (x.low, x.high) == (-0.0015, 0.0015)
    assert [(mark.x, mark.y, mark.side) for mark in marks(near, Guess)] == [(-0.0003, 0.0, "below")]
    assert marks(at_premium(-0.0003, guess=0.0002), Guess)[0].side == "above"
    assert marks(at_premium(-0.0003), Guess) == []
    assert at_premium(0.01, reach=0.0015).panels[0].x.high > 0.01


# Out of the hedge


@given(
    rate=st.floats(-0.005, 0.005),
    cost=st.floats(0, 0.01),
    vol=st.floats(0, 0.2),
    hours=st.floats(0, 1000),
)
def test_time_out_is_the_formula(rate, cost, vol, hours):
    assume(rate >= 0 or rate < -1e-12)  # hedgelib refuses what would overflow
    study, short = time_out(rate, cost, vol, hours), 50_000
    assert study.cost_usd == pytest.approx(2 * short * cost)
    assert study.avoided_usd == pytest.approx(-short * rate * hours / 8)
    assert study.sigma_usd == pytest.approx(short * vol * math.sqrt(hours / 24))
    net = study.avoided_usd - study.cost_usd
    rows = dict(study.scene().table.rows)
    assert rows["Both together"] == usd(net, signed=True)
    assert (rows["Breaks even after"] == "never") == (rate >= 0)
    assert 0 <= study.chance <= 1
    if study.sigma_usd > 1e-6 and abs(net) > 1e-6:
        assert (study.chance >= 0.5) == (net > 0) or study.chance == pytest.approx(0.5)


def test_chance_by_counting():
    study = time_out(-0.002, 0.0007, 0.04, 112)
    net = study.avoided_usd - study.cost_usd
    draws = np.random.default_rng(5).normal(net, study.sigma_usd, 400_000)
    assert study.chance == pytest.approx(float(np.mean(draws > 0)), abs=0.004)
    assert time_out(-0.002, 0.0, 0.0, 8).chance == 1.0
    assert time_out(0.002, 0.0, 0.0, 8).chance == 0.0


def test_time_out_of_the_lesson():
    scene = time_out().scene()
    rows = dict(scene.table.rows)
    assert rows["Funding avoided"] == "+$70"
    assert rows["Both together"] == "$0"
    assert rows["Breaks even after"] == "112 hours"
    assert rows["One standard deviation of the book meanwhile"] == "± $4,320"
    assert "funding +$70, costs −$70, together $0; the book meanwhile has" in scene.alt
    assert "Closing breaks even after 112 hours." in scene.alt
    assert scene.title == "112 hours out: funding +$70, costs −$70, at risk ± $4,320"
    given_up = time_out(0.001, 0.0007, 0.04, 112).scene(70)
    rows = dict(given_up.table.rows)
    assert (rows["Funding given up"], rows["Breaks even after"]) == ("−$700", "never")
    assert given_up.alt.endswith("Closing never pays. Your guess was ± $70.")
    with pytest.raises(InvalidInput, match="hours must be >= 0"):
        time_out(0.001, 0.0007, 0.04, -1).scene()


def test_a_guessed_deviation_is_in_the_picture():
    for guess in (70, 2_000, 4_320, 9_333):
        scene = time_out().scene(guess)
        y = scene.panels[0].y
        assert y.low < guess < y.high
        (mark,) = marks(scene, Guess)
        # At the 112 hours the money saved and the costs are equal.
        assert (mark.x, mark.y) == (112, pytest.approx(guess))


def test_lines_out_of_the_hedge_are_the_formulas():
    study = time_out(-0.0005, 0.0007, 0.04, 112)
    scene = study.scene()
    lines = {line.name: line for line in marks(scene, Line)}
    hours = np.linspace(0, 240, 241)

    def drawn(name):
        return np.interp(hours, lines[name].x, lines[name].y)

    net, sigma = 50_000 * 0.0005 * hours / 8 - 70, 2_000 * np.sqrt(hours / 24)
    height = scene.panels[0].y.high
    assert drawn("funding minus costs") == pytest.approx(net, abs=0.005 * height)
    assert drawn("one standard\ndeviation up") == pytest.approx(net + sigma, abs=0.005 * height)
    assert drawn("one standard\ndeviation down") == pytest.approx(net - sigma, abs=0.005 * height)
    assert marks(scene, Points)[-1].y[0] == study.avoided_usd - study.cost_usd
    assert "one standard\ndeviation up" not in words(time_out(-0.0001, 0.0007, 0, 112).scene())


# The years


def table() -> list[dict[str, str]]:
    path = market.data_folder() / "funding_monthly.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
@pytest.mark.parametrize("year", [2020, 2021, 2022, 2023, None])
def test_income_is_the_sum_of_the_file(coin, year):
    rows = [r for r in table() if r["coin"] == coin and r["month"].startswith(str(year or ""))]
    exact = sum(50_000 * Decimal(r["mean_8h"]) * int(r["settlements"]) for r in rows)
    rates = coin_funding(coin)
    months = rates if year is None else rates[rates["year"] == year]
    assert received(months, 50_000).total_usd == pytest.approx(float(exact))
    assert below_zero(months) == (
        sum(Decimal(r["mean_8h"]) < 0 for r in rows),
        sum(Decimal(r["min_8h"]) < 0 for r in rows),
        len(rows),
    )
    told = {row[0]: row for row in funding_by_year(50_000).table.rows}
    assert told[f"{coin} {year or 'in all'}"][3] == f"+${float(exact):,.0f}"


def test_everything_made_of_the_rates_says_that_they_are_a_proxy():
    by_year, by_market = funding_by_year(50_000), funding_by_market()
    assert PROXY.startswith("a proxy")
    for scene in (by_year, by_market):
        assert PROXY in scene.alt
        assert PROXY in scene.table.caption
    assert PROXY in by_year.panels[-1].x.label
    assert "a proxy" in by_market.panels[0].y.label
    assert market.FUNDING_NOTE.startswith(PROXY)


def test_bars_are_the_months():
    scene = funding_by_year(50_000)
    assert len({(panel.y.low, panel.y.high) for panel in scene.panels}) == 1
    for panel, coin in enumerate(("BTC", "ETH")):
        rates = coin_funding(coin)
        bars = marks(scene, Bars, panel)
        heights = {int(at): end for bar in bars for at, end in zip(bar.at, bar.end, strict=True)}
        assert [heights[i] for i in range(len(rates))] == rates["mean_8h"].to_list()
        for bar in bars:
            assert {end < 0 for end in bar.end} == {bar.role == "unhedged"}
        assert words(scene, panel) == [
            f"{year}: +${received(months, 50_000).total_usd:,.0f}"
            for year, months in rates.groupby("year")
        ]
        assert scene.panels[panel].title == coin


def test_what_the_lesson_says_of_the_years():
    for coin in ("BTC", "ETH"):
        rates = coin_funding(coin)
        income = {
            year: received(months, 50_000).total_usd for year, months in rates.groupby("year")
        }
        assert min(income.values()) > 0
        assert max(income, key=lambda year: income[year]) == 2021
        assert below_zero(rates)[0] == 3
    assert received(coin_funding("BTC"), 1).mean_rate == pytest.approx(0.000137, abs=5e-7)


def test_a_guess_of_a_year_is_drawn_in_it():
    drawn = funding_by_year(50_000, guess=("ETH", 2021, -18_769))
    assert drawn.alt.endswith("Your guess for ETH in 2021: −$18,769.")
    level = -18_769 / 50_000 / 1_095
    assert [mark.y for mark in marks(drawn, Guess, 1)] == [pytest.approx(level)]
    assert not marks(drawn, Guess, 0)
    (line,) = marks(drawn, Line, 1)
    assert line.y == pytest.approx([level, level])
    assert drawn.panels[1].y.low < level
    assert not marks(funding_by_year(50_000), Line, 1)


def test_months_move_as_the_closes_do():
    groups = months_by_move()
    assert {name: len(months) for name, months in groups.items()} == {
        "fell": 18, "rose up to 20%": 17, "rose more than 20%": 13,
    }  # fmt: skip
    found = {
        f"{month:%Y-%m}": move
        for months in groups.values()
        for month, move in zip(months["month"], months["move"], strict=True)
    }
    closes = market.prices("ETH")["ETH"]
    before = float(closes.iloc[0])
    for month in (row["month"] for row in table() if row["coin"] == "ETH"):
        last = float(closes.loc[month].iloc[-1])
        assert found.pop(month[:7]) == pytest.approx(last / before - 1)
        before = last
    assert not found


def test_what_the_lesson_says_of_the_markets():
    fell, rose, strong = months_by_move().values()
    means = [received(months, 1).mean_rate for months in (fell, rose, strong)]
    assert means == sorted(means)
    assert [below_zero(months)[0] for months in (fell, rose, strong)] == [3, 0, 0]
    assert [line.y[0] for line in marks(funding_by_market(), Line)] == means


def test_a_guess_of_the_months():
    levels = {name: received(months, 1).mean_rate for name, months in months_by_move().items()}
    levels["much the same in all"] = received(coin_funding("ETH"), 1).mean_rate
    for guess, level in levels.items():
        scene = funding_by_market(guess)
        assert scene.alt.endswith(f"{guess}.")
        assert [mark.y for mark in marks(scene, Guess)] == [pytest.approx(level)]
        rules = [rule.at for rule in marks(scene, Rule) if rule.role == "unhedged"]
        assert rules == ([pytest.approx(level)] if guess.startswith("much") else [])
    assert marks(funding_by_market(), Guess) == []
    drawn = [np.column_stack([m.x, m.y]) for m in marks(funding_by_market(), Points)]
    months = [group[["move", "mean_8h"]] for group in months_by_move().values()]
    assert sorted(np.concatenate(drawn).tolist()) == sorted(np.concatenate(months).tolist())


def test_the_inverse_contract_of_old():
    assert -XBTUSD.lowest_8h == funding_cap(0.005, 0.01)
    assert funding_rate(XBTUSD.lowest_premium, cap=funding_cap(0.005, 0.01)) == XBTUSD.lowest_8h
    assert XBTUSD.lowest_8h < XBTUSD.mean_8h < XBTUSD.highest_8h


# The pictures

DRAWN = {
    "rate": lambda: at_premium(0.002),
    "rate and guess": lambda: at_premium(-0.0003, guess=-0.0003),
    "rate, near": lambda: at_premium(-0.0003, guess=0.0001, reach=0.0015),
    "rate of OKX": lambda: at_premium(-0.004, rule="OKX"),
    "rate far beyond a cap": lambda: at_premium(0.015, rule="OKX", short_usd=20_000),
    "rate far out": lambda: at_premium(0.02, rule="Deribit"),
    "rate, large short": lambda: at_premium(0.0, rule="OKX", short_usd=1e12),
    "time out": lambda: time_out().scene(),
    "time out and guess": lambda: time_out(-0.0001, 0.0007, 0.04, 112).scene(9_333),
    "time out, late guess": lambda: time_out(-0.0001, 0.0007, 0.04, 240).scene(70),
    "time out, rate high": lambda: time_out(0.002, 0.003, 0.15, 240).scene(),
    "time out, rate low": lambda: time_out(-0.004, 0, 0, 240).scene(),
    "time out, long": lambda: time_out(-0.004, 0.0007, 0.09, 1_000, book=500_000).scene(),
    "time out, none": lambda: time_out(-0.0001, 0.0007, 0, 0).scene(),
    "time out, nothing": lambda: time_out(0, 0, 0, 0).scene(),
    "years": lambda: funding_by_year(50_000),
    "years and guess": lambda: funding_by_year(50_000, guess=("ETH", 2021, -18_769)),
    "years, guess of nothing": lambda: funding_by_year(50_000, guess=("ETH", 2021, 0)),
    "years, quiet guess": lambda: funding_by_year(50_000, guess=("ETH", 2021, 5_475)),
    "years, right guess": lambda: funding_by_year(50_000, guess=("ETH", 2021, 18_769)),
    "markets": funding_by_market,
    "markets and guess": lambda: funding_by_market("fell"),
    "markets, all alike": lambda: funding_by_market("alike"),
}
each_picture = pytest.mark.parametrize(
    "make", [pytest.param(make, id=name) for name, make in DRAWN.items()]
)


@each_picture
def test_no_text_is_clipped_or_overlaps_another(make):
    assert_legible(make())


@each_picture
def test_a_picture_has_its_table_and_is_small_enough_to_be_live(make):
    scene = make()
    assert scene.table.rows
    assert len(scene.to_json().encode()) < 10_000


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"rate": -100}, "“Rate for 8 hours (%)” must be between -100 and 100, got -100"),
        ({"cost_rate": 120}, "“Cost of a side (%)” must be from 0 to below 100, got 120"),
        ({"hours": -8}, "“Hours out” must be >= 0, got -8.0"),
        ({"hours": None}, "“Hours out” must be a number"),
        ({"rate": None}, "“Rate for 8 hours (%)” must be a number"),
    ],
)
def test_what_cannot_be_is_said_in_the_words_of_the_sliders(values, problem):
    """The label of the rate holds the name of another slider, "hours"."""
    explorer = Explorer(
        lambda rate, hours, cost_rate: time_out(rate, cost_rate, 0.04, hours),
        Slider(
            name="rate", label="Rate for 8 hours (%)", start=-0.01, low=-0.4, high=0.2, step=0.005,
            scale=0.01,
        ),
        Slider(name="hours", label="Hours out", start=112, low=0, high=240, step=8),
        Slider(
            name="cost_rate", label="Cost of a side (%)", start=0.07, low=0, high=0.3, step=0.01,
            scale=0.01,
        ),
    )  # fmt: skip
    start = {control.name: control.start for control in explorer.controls}
    explorer._hear(None, {"values": start | values, "view": "", "serial": 1}, None)
    assert explorer.problem == f"This cannot be: {problem}."


# The questions


def by_hand() -> dict[str, float]:
    """The answers in exact fractions, from the numbers in the questions."""
    rows = [r for r in table() if r["coin"] == "BTC" and r["month"].startswith("2022")]
    rates = sum(Fraction(r["mean_8h"]) * int(r["settlements"]) for r in rows)
    hours = Fraction(2 * 7, 3) * 8
    return {
        "funding.1": -0.12 + 0.05,
        "funding.2": float(1_800 * 10 * (Fraction(8 + 5 - 2, 10_000))),
        "funding.3": float(20_000 * rates),
        "funding.4": float(40_000 * 2_400 * (Fraction(1, 2_472) - Fraction(1, 2_412))),
        "funding.5": 12 * 2_545 / 10,
        "funding.6": 1.8 / 1_800,
        "funding.7": 30_000 * 1.2 * 0.04 * math.sqrt(hours / 24),
    }


@pytest.mark.parametrize("name", by_hand())
def test_answer_by_hand(name):
    asked = QUESTIONS[name].ask()
    assert asked.answer.right == pytest.approx(by_hand()[name], rel=1e-9)
    assert asked.judge(f"{asked.answer.right:.4g}").outcome == "right"
    assert QUESTIONS[name].varied


@pytest.mark.parametrize(
    ("name", "slips"),
    {
        "funding.1": {
            "premium_for_rate": -0.12, "clamp_left_out": -0.11, "clamp_reversed": -0.17,
            "interest_for_rate": 0.01, "percent_for_decimal": -0.0007, "interest_subtracted": -0.13,
        },
        "funding.2": {
            "funding_sign": -19.8, "funding_never_turns": 27, "face_left_out": 1.98,
            "linear_size": 7.5 * (2.4 * 0.8 + 2.2 * 0.5 - 2.6 * 0.2), "contract_is_coin": 4_500,
            "coins_for_dollars": 18 * (0.8 / 2_400 + 0.5 / 2_200 - 0.2 / 2_600),
            "percent_for_decimal": 1_980, "single_settlement": 6.6, "negative_rate_skipped": 23.4,
        },
        "funding.4": {
            "basis_rule_of_thumb": -1_000, "sign_turned": 966.0435686,
            "basis_at_contract_price": 40_000 * (2_412 - 2_472) / 2_412,
            "premium_left_out": 40_000 * (2_400 / 2_472 - 1), "coins_for_dollars": -0.40251815,
            "last_premium_alone": -1_200, "premiums_added": -1_400, "spot_alone": 0,
        },
        "funding.5": {
            "sized_at_spot": 3_000, "contract_is_coin": 12, "contract_is_dollar": 30_540,
            "premium_subtracted": 2_946, "contract_is_tenth": 120,
        },
        "funding.6": {
            "by_the_day": 0.024, "premium_for_rate": 1.8, "by_the_year": 8.76,
            "whole_year": 1.8 / 8_760, "percent_for_decimal": 0.00001,
            "settlements_of_one_day": 0.075, "eight_hours_assumed": 0.008,
            "share_of_new_price": 4_500 / 2_545 / 1_800,
        },
        "funding.7": {
            "one_trade": 1_440 * math.sqrt(7 / 9), "linear_in_time": 2_240, "one_day": 1_440,
            "slippage_left_out": 1_440 * math.sqrt(10 / 9), "money_for_risk": 50.4,
            "beta_left_out": 1_200 * math.sqrt(14 / 9), "beta_twice": 1_728 * math.sqrt(14 / 9),
            "hours_for_settlements": 1_440 * math.sqrt(14 / 72),
            "days_for_settlements": 1_440 * math.sqrt(14 / 3),
        },
    }.items(),
)  # fmt: skip
def test_slips_by_hand(name, slips):
    assert QUESTIONS[name].ask().answer.slips == pytest.approx(slips, rel=1e-7)


def test_slips_of_the_data_question():
    asked = QUESTIONS["funding.3"].ask()
    means = [float(r["mean_8h"]) for r in table()
             if r["coin"] == "BTC" and r["month"].startswith("2022")]  # fmt: skip
    slips = asked.answer.slips
    assert slips["single_settlement"] == pytest.approx(20_000 * sum(means))
    assert slips["months_equally_long"] == pytest.approx(20_000 * sum(means) / 12 * 3 * 365)
    assert slips["other_coin"] == pytest.approx(20_000 * 394 / 50_000, abs=0.2)
    assert slips["share_for_dollars"] == pytest.approx(0.04165, abs=1e-5)
    assert slips["one_settlement_a_day"] == pytest.approx(20_000 * sum(means) / 12 * 365)
    assert slips["other_year"] == pytest.approx(6_121.65, abs=0.01)
    assert slips["percent_for_decimal"] == pytest.approx(83_299.32)


@pytest.mark.parametrize("name", by_hand())
def test_the_signs_that_the_texts_take_for_granted_hold_with_any_numbers(name):
    for seed in range(40):
        asked = QUESTIONS[name].again(seed)
        negative = {"funding.1", "funding.4"}
        assert (asked.answer.right < 0) == (name in negative)


@pytest.mark.parametrize(
    ("name", "options", "right"),
    [
        (
            "funding.a",
            ["−0.03%: shorts pay longs", "0%: nobody pays", "+0.01%: longs pay shorts"],
            "+0.01%: longs pay shorts",
        ),
        (
            "funding.b",
            [
                "−$18,769: it paid", "$0: about nothing", "+$5,475: as a quiet market pays",
                "+$18,769: it received",
            ],
            "+$18,769: it received",
        ),
        (
            "funding.c",
            ["ETH fell", "ETH rose up to 20%", "ETH rose more than 20%", "much the same in all"],
            "ETH rose more than 20%",
        ),
        (
            "funding.d", ["the one at 1%", "the one at 3%", "either, both end at spot"],
            "the one at 3%",
        ),
        ("funding.e", ["$70", "$2,000", "$4,320", "$9,333"], "$4,320"),
    ],
)  # fmt: skip
def test_options(name, options, right):
    asked = QUESTIONS[name].ask()
    assert list(asked.options.values()) == options
    assert asked.options[asked.answer.right] == right


def test_reasons_name_the_numbers():
    year = QUESTIONS["funding.b"].ask()
    assert "In 2021 ETH went from $738 to $3,683." in year.part("ask")
    future = QUESTIONS["funding.d"].ask()
    assert "$36,050 are locked in, against $35,350" in future.reason("higher")
    months = QUESTIONS["funding.c"].ask()
    assert "in 3 of these months it even" in months.reason("price_gain_for_funding")
    assert "+0.0052%, +0.0151% and +0.0354%" in months.reason("price_ignored")


@pytest.mark.parametrize("name", ["funding.a", "funding.b", "funding.c", "funding.e"])
def test_a_guess_is_in_the_picture_that_follows(name):
    asked = QUESTIONS[name].ask()
    assert "Your guess" not in asked.picture().alt
    for option in asked.options:
        scene = asked.picture(option)
        assert "Your guess" in scene.alt
        assert_legible(scene)


# The lesson


def test_lesson_still_finds_what_it_found():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    outputs = [o for cell in cells for o in cell.get("outputs", [])]
    printed = "".join(
        "".join(o.get("text", "")) + "".join(o.get("data", {}).get("text/plain", ""))
        for o in outputs
    )
    for found in (
        "premium +0.20%: rate by hand +0.15%, hedgelib +0.15%",
        "Binance, BTC  by hand 0.3000%, hedgelib 0.3000%",
        "the long,  by hand -0.05 XBT, hedgelib -0.05 XBT",
        "75.00 USD; linear  37.50",
        "hedgelib 10.95%; compounded 11.57%",
        "received by hand +18,768.66, hedgelib +18,768.66 USD",
        "BTC 2020-2023, a proxy  +0.0137% for 8 hours, 15.0% a year",
        "BitMEX XBTUSD, inverse  +0.0009% for 8 hours,  1.0% a year",
        "29% of the payments went the other way, down to −0.375%",
        "hedgelib 36,050.00 USD, open 0.0000 ETH",
        "better: expiry; equal at a rate of 0.0111%",
        "breaks even after inf hours",
        "hedgelib 14.0 settlements, 112 hours",
        "his account:  funding -700.00, together -770.00 USD",
        "7 of 16 quarters of BTC",
        "9 of 16 quarters of ETH",
        "hedgelib 4,320.49 USD: 62 times the funding avoided",
    ):
        assert found in printed, found
    for word in ("by hand", "hedgelib"):
        assert printed.count(word) >= 15


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (
            "ex-3",
            "funding_income(20_000, months.mean_8h, settlements=months.settlements).total_usd",
        ),
        ("ex-7", "unhedged_sigma_usd(book, beta, daily_vol, pause.break_even_hours)"),
    ],
)
def test_a_gap_in_code_is_filled_by_one_line(cell, line):
    """With what the lesson has defined by then."""
    given = []
    space = vars(carry) | {
        "rates": market.funding_monthly(), "FEE": 0.0005, "SLIPPAGE": 0.0002,
        "check": lambda name, answer: given.append(QUESTIONS[name].ask().judge(answer).outcome),
    }  # fmt: skip
    exec(cells("funding")[cell].replace("...", line), space)
    assert given == ["right"]


def test_no_belief_is_called_the_articles():
    told = " ".join([*cells("funding").values(), str(QUESTIONS.texts)])
    assert "article" not in told.lower()
