"""Lesson 05: the rule, the years, the time out and the exercises say what the formulas say."""

from __future__ import annotations

import csv
import itertools
import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import (
    InvalidInput,
    funding_cap,
    funding_rate,
    inverse_short_with_basis,
    market,
    unhedged_sigma_usd,
)
from hedgelib.course import Explorer, Slider
from hedgelib.course.exercises import exercise
from hedgelib.course.exercises import lesson05 as wrong
from hedgelib.course.exercises.lesson05 import EXERCISES
from hedgelib.course.studies.lesson05 import (
    RULES,
    guess_discount,
    guess_future,
    guess_swing,
    rate_text,
    stay_out,
    study_rate,
)
from hedgelib.course.studies.lesson05_history import (
    PROXY,
    XBTUSD,
    funding_by_market,
    funding_history,
    guess_market,
    guess_year,
)
from hedgelib.show import Bars, Guess, Line, Points, Rule, Text


def marks(result, kind, panel=0):
    return [mark for mark in result.scene().panels[panel].marks if isinstance(mark, kind)]


def words(result, panel=0):
    return [text.text for text in marks(result, Text, panel)]


NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "05_basis_and_funding.ipynb"


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
    study = study_rate(float(premium))
    assert study.rate == pytest.approx(float(clamped(premium)), abs=1e-15)
    assert study.received_usd == pytest.approx(float(50_000 * clamped(premium)), abs=1e-9)


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


def test_the_rules_differ_where_the_lesson_says():
    rates = {name: study_rate(-0.0003, rule=rule).rate for name, rule in RULES.items()}
    assert rates == pytest.approx({"Binance": 0.0001, "OKX": -0.0003, "Deribit": 0.0})
    nil = {"Binance": -0.0005, "OKX": 0.0, "Deribit": 0.0003}
    for name, premium in nil.items():
        assert study_rate(premium, rule=RULES[name]).rate == pytest.approx(0, abs=1e-18)


def test_rate_words_and_title_agree():
    study = study_rate(0.002)
    rows = dict(study.rows())
    assert rows["Who pays"] == "longs pay shorts"
    assert rows["A short of $50,000"] == "receives $75.00"
    assert rows["In a year, at the same rate"] == "+$82,125"
    assert "receives $75.00" in repr(study)
    assert "receives $75.00" in study._repr_html_()
    assert "a short of $50,000 receives $75.00 every 8 hours" in study.scene().alt
    title = study.scene().title
    assert title == "Premium +0.20%: rate +0.15%, a short of $50,000 receives $75.00"
    paying = study_rate(-0.0012, guess=0.0)
    assert "shorts pay longs; a short of $50,000 pays $35.00" in paying.scene().alt
    assert paying.scene().alt.endswith("Your guess was 0%.")
    nothing = study_rate(0.0, rule=RULES["OKX"])
    assert "nobody pays; a short of $50,000 gets nothing" in nothing.scene().alt
    assert "The rate is the premium, and it stops at 0.375%." in nothing.scene().alt


def test_line_of_the_rule_is_the_rule():
    study = study_rate(0.002)
    line = next(mark for mark in marks(study, Line) if mark.name == "rate")
    assert line.x[[0, -1]].tolist() == [-0.004, 0.004]
    assert line.y == pytest.approx(
        [float(clamped(Fraction(x).limit_denominator(10**6))) for x in line.x]
    )
    # Between its points it is straight.
    between = np.linspace(-0.004, 0.004, 801)
    assert np.interp(between, line.x, line.y) == pytest.approx(study.rule.rate(between))
    point = marks(study, Points)[0]
    assert (point.x[0], point.y[0]) == (0.002, study.rate)


def test_axes_of_the_rule_stand_still_while_the_premium_moves():
    axes = {
        (panel.x.low, panel.x.high, panel.x.ticks, panel.y.low, panel.y.high, panel.y.ticks)
        for premium in (-0.004, -0.0015, 0.0, 0.0001, 0.003, 0.004)
        for panel in study_rate(premium).scene().panels
    }
    assert len(axes) == 1


@pytest.mark.parametrize("arguments", [(2.0, 1), (math.nan, 1), (0.001, 0), (0.001, -1)])
def test_no_such_rate(arguments):
    with pytest.raises(InvalidInput):
        study_rate(arguments[0], short_usd=arguments[1])


def test_discount():
    guess = guess_discount(study_rate(-0.0003))
    assert list(guess.options) == [
        "−0.03%: shorts pay longs",
        "0%: nobody pays",
        "+0.01%: longs pay shorts",
    ]
    assert guess.answer == "+0.01%: longs pay shorts"
    near = study_rate(-0.0003, guess=0.0, reach=0.0015)
    x = near.scene().panels[0].x
    assert (x.low, x.high) == (-0.0015, 0.0015)
    assert [(mark.x, mark.y, mark.side) for mark in marks(near, Guess)] == [(-0.0003, 0.0, "below")]
    assert marks(study_rate(-0.0003, guess=0.0002), Guess)[0].side == "above"
    assert marks(study_rate(-0.0003), Guess) == []
    assert study_rate(0.01, reach=0.0015).scene().panels[0].x.high > 0.01
    for premium in (0.0003, -0.002):
        with pytest.raises(InvalidInput, match="premium must be below 0 with a rate above 0"):
            guess_discount(study_rate(premium))


def test_which_future():
    guess = guess_future(10, 3_500, (0.03, 0.01))
    assert guess.answer == "the one at 3%"
    assert "$36,050 are locked in, against $35,350" in guess.options[guess.answer]


# Out of the hedge


@given(
    rate=st.floats(-0.005, 0.005),
    cost=st.floats(0, 0.01),
    vol=st.floats(0, 0.2),
    hours=st.floats(0, 1000),
    beta=st.floats(0.1, 3),
)
def test_time_out_is_the_formula(rate, cost, vol, hours, beta):
    assume(rate >= 0 or rate < -1e-12)  # hedgelib refuses what would overflow
    study = stay_out(50_000, rate, cost, vol, hours, beta=beta)
    short = beta * 50_000
    assert study.cost_usd == pytest.approx(2 * short * cost)
    assert study.avoided_usd == pytest.approx(-short * rate * hours / 8)
    assert study.sigma_usd == pytest.approx(short * vol * math.sqrt(hours / 24))
    assert (study.break_even_hours == math.inf) == (rate >= 0)
    if rate < -1e-9 and study.break_even_hours < 1e9:
        even = stay_out(50_000, rate, cost, vol, study.break_even_hours, beta=beta)
        assert even.net_usd == pytest.approx(0, abs=1e-6 * (1 + even.cost_usd))
    assert 0 <= study.chance <= 1
    if study.sigma_usd > 1e-6 and abs(study.net_usd) > 1e-6:
        assert (study.chance >= 0.5) == (study.net_usd > 0) or study.chance == pytest.approx(0.5)


def test_chance_by_counting():
    study = stay_out(50_000, -0.002, 0.0007, 0.04, 112)
    draws = np.random.default_rng(5).normal(study.net_usd, study.sigma_usd, 400_000)
    assert study.chance == pytest.approx(float(np.mean(draws > 0)), abs=0.004)
    assert stay_out(50_000, -0.002, 0.0, 0.0, 8).chance == 1.0
    assert stay_out(50_000, 0.002, 0.0, 0.0, 8).chance == 0.0


def test_time_out_of_the_lesson():
    study = stay_out(50_000, -0.0001, 0.0007, 0.04, 112)
    rows = dict(study.rows())
    assert rows["Funding avoided"] == "+$70"
    assert rows["Both together"] == "$0"
    assert rows["Breaks even after"] == "112 hours"
    assert rows["One standard deviation of the book meanwhile"] == "± $4,320"
    assert "± $4,320" in repr(study)
    assert "Closing breaks even after 112 hours." in study.scene().alt
    title = study.scene().title
    assert title == "112 hours out: funding +$70, costs −$70, at risk ± $4,320"
    given_up = stay_out(50_000, 0.001, 0.0007, 0.04, 112, guess=70)
    assert dict(given_up.rows())["Funding given up"] == "−$700"
    assert dict(given_up.rows())["Breaks even after"] == "never"
    assert given_up.scene().alt.endswith("Closing never pays. Your guess was ± $70.")
    with pytest.raises(InvalidInput, match="hours must be >= 0"):
        stay_out(50_000, 0.001, 0.0007, 0.04, -1)


def test_swing():
    guess = guess_swing(stay_out(50_000, -0.0001, 0.0007, 0.04, 112))
    assert guess.answer == "$4,320"
    assert list(guess.options) == ["$70", "$2,000", "$4,320", "$9,333"]
    for swing in (70, 2_000, 4_320, 9_333):
        study = stay_out(50_000, -0.0001, 0.0007, 0.04, 112, guess=swing)
        y = study.scene().panels[0].y
        assert y.low < swing < y.high
        (mark,) = marks(study, Guess)
        assert (mark.x, mark.y) == (112, pytest.approx(study.net_usd + swing))


def test_lines_out_of_the_hedge_are_the_formulas():
    study = stay_out(50_000, -0.0005, 0.0007, 0.04, 112)
    lines = {line.name: line for line in marks(study, Line)}
    hours = np.linspace(0, 240, 241)

    def drawn(name):
        return np.interp(hours, lines[name].x, lines[name].y)

    net, sigma = study.avoided_over(hours) - study.cost_usd, study.sigma_over(hours)
    height = study.scene().panels[0].y.high
    assert drawn("funding minus costs") == pytest.approx(net, abs=0.005 * height)
    assert drawn("one standard\ndeviation up") == pytest.approx(net + sigma, abs=0.005 * height)
    assert drawn("one standard\ndeviation down") == pytest.approx(net - sigma, abs=0.005 * height)
    assert marks(study, Points)[-1].y[0] == study.net_usd
    assert "one standard\ndeviation up" not in words(stay_out(50_000, -0.0001, 0.0007, 0, 112))


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
    history = funding_history(50_000)
    part = history.of(coin)
    assert part.income(50_000, year).total_usd == pytest.approx(float(exact))
    assert part.below_zero(year) == (
        sum(Decimal(r["mean_8h"]) < 0 for r in rows),
        sum(Decimal(r["min_8h"]) < 0 for r in rows),
        len(rows),
    )
    told = {row[0]: row for row in history.rows()}
    assert told[f"{coin} {year or 'in all'}"][3] == f"+${float(exact):,.0f}"


def test_everything_made_of_the_rates_says_that_they_are_a_proxy():
    history, by_market = funding_history(50_000), funding_by_market("ETH")
    assert PROXY.startswith("a proxy")
    for shown in (
        history.scene().alt,
        by_market.scene().alt,
        history._repr_html_().replace("&#x27;", "'"),
        by_market._repr_html_().replace("&#x27;", "'"),
        repr(history),
        repr(by_market),
    ):
        assert PROXY in shown
    assert PROXY in history.scene().panels[-1].x.label
    assert "a proxy" in by_market.scene().panels[0].y.label
    assert market.FUNDING_NOTE.startswith(PROXY)


def test_bars_are_the_months():
    history = funding_history(50_000)
    scales = {(panel.y.low, panel.y.high) for panel in history.scene().panels}
    assert len(scales) == 1
    for panel, part in enumerate(history.coins):
        bars = marks(history, Bars, panel)
        heights = {int(at): end for bar in bars for at, end in zip(bar.at, bar.end, strict=True)}
        assert [heights[i] for i in range(part.mean.size)] == part.mean.tolist()
        for bar in bars:
            assert {end < 0 for end in bar.end} == {bar.role == "unhedged"}
        incomes = [f"{year}: +${part.income(50_000, year).total_usd:,.0f}" for year in part.years]
        assert words(history, panel) == incomes
        assert history.scene().panels[panel].title == part.coin


def test_what_the_lesson_says_of_the_years():
    history = funding_history(50_000)
    for part in history.coins:
        income = {year: part.income(50_000, year).total_usd for year in part.years}
        assert min(income.values()) > 0
        assert max(income, key=lambda year: income[year]) == 2021
        assert part.below_zero()[0] == 3
    assert history.of("BTC").income(1).mean_rate == pytest.approx(0.000137, abs=5e-7)


def test_guess_of_a_year():
    history = funding_history(50_000)
    guess = guess_year(history, "ETH", 2021)
    assert guess.answer == "+$18,769: it received"
    quiet = next(option for option in guess.options if "quiet" in option)
    assert quiet.startswith(f"+${50_000 * 0.0001 * 3 * 365:,.0f}: ")
    assert "In 2021 ETH went from $738 to $3,683." in guess.question
    drawn = funding_history(50_000, guess=("ETH", 2021, -18_769))
    assert drawn.scene().alt.endswith("Your guess for ETH in 2021: −$18,769.")
    assert "your guess" in words(drawn, 1)
    assert "your guess" not in words(drawn, 0)
    level = -18_769 / 50_000 / 1_095
    (line,) = marks(drawn, Line, 1)
    assert line.y == pytest.approx([level, level])
    assert drawn.scene().panels[1].y.low < level
    assert funding_history(50_000, guess=("ETH", 2021, None)).guess is None


def test_no_such_history():
    with pytest.raises(InvalidInput, match="short_usd must be > 0"):
        funding_history(0)
    with pytest.raises(InvalidInput, match="no funding rates of 'ADA'; there are BTC and ETH"):
        funding_history(1, ["ADA"])
    with pytest.raises(InvalidInput, match="no coin 'ADA'"):
        funding_history(1).of("ADA")
    losing = funding_history(1, ["ETH"])
    with pytest.raises(InvalidInput, match="no coin 'BTC'"):
        guess_year(losing, "BTC", 2021)


def test_months_move_as_the_closes_do():
    found = funding_by_market("ETH")
    closes = market.prices("ETH")["ETH"]
    months = [r["month"] for r in table() if r["coin"] == "ETH"]
    before = float(closes.iloc[0])
    for month, move in zip(months, found.move.tolist(), strict=True):
        last = float(closes.loc[month].iloc[-1])
        assert move == pytest.approx(last / before - 1)
        before = last
    assert sum(int(group.sum()) for _, group, _ in found.groups()) == len(months) == 48


def test_what_the_lesson_says_of_the_markets():
    found = funding_by_market("ETH")
    means = [mean for _, _, mean in found.groups()]
    assert means == sorted(means)
    assert np.all(found.move[found.rate < 0] < 0)
    title = found.scene().title
    assert title == "The more ETH rose in a month, the more a short received on average"


def test_guess_of_the_months():
    found = funding_by_market("ETH")
    guess = guess_market(found)
    assert guess.answer == "ETH rose more than 20%"
    means = [mean for _, _, mean in found.groups()]
    assert all(rate_text(mean) in guess.options["much the same in all"] for mean in means)
    for option, told in zip(guess.options, (*found.names, "much the same in all"), strict=True):
        guessed = funding_by_market("ETH", guess=option)
        assert guessed.scene().alt.endswith(f"{told}.")
        assert "your guess" in words(guessed)
        levels = [rule.at for rule in marks(guessed, Rule) if rule.role == "unhedged"]
        assert levels == ([] if told in found.names else [found.mean])
    drawn = np.concatenate([np.column_stack([m.x, m.y]) for m in marks(found, Points)])
    months = np.column_stack([found.move, found.rate])
    assert sorted(drawn.tolist()) == sorted(months.tolist())
    assert [line.y[0] for line in marks(found, Line)] == means
    assert found.mean == pytest.approx(funding_history(1).of("ETH").income(1).mean_rate)
    with pytest.raises(InvalidInput, match="nothing to ask"):
        guess_market(funding_by_market("ETH", strong=0.01))


def test_the_inverse_contract_of_old():
    assert -XBTUSD.lowest_8h == funding_cap(0.005, 0.01)
    assert funding_rate(XBTUSD.lowest_premium, cap=funding_cap(0.005, 0.01)) == XBTUSD.lowest_8h
    assert XBTUSD.lowest_8h < XBTUSD.mean_8h < XBTUSD.highest_8h


# The pictures

DRAWN = {
    "rate": lambda: study_rate(0.002),
    "rate and guess": lambda: study_rate(-0.0003, guess=-0.0003),
    "rate, near": lambda: study_rate(-0.0003, guess=0.0001, reach=0.0015),
    "rate of OKX": lambda: study_rate(-0.004, rule=RULES["OKX"]),
    "rate far beyond a cap": lambda: study_rate(0.015, rule=RULES["OKX"], short_usd=20_000),
    "rate far out": lambda: study_rate(0.02, rule=RULES["Deribit"]),
    "rate, large short": lambda: study_rate(0.0, rule=RULES["OKX"], short_usd=1e12),
    "time out": lambda: stay_out(50_000, -0.0001, 0.0007, 0.04, 112),
    "time out and guess": lambda: stay_out(50_000, -0.0001, 0.0007, 0.04, 112, guess=9_333),
    "time out, late guess": lambda: stay_out(50_000, -0.0001, 0.0007, 0.04, 240, guess=70),
    "time out, rate high": lambda: stay_out(50_000, 0.002, 0.003, 0.15, 240),
    "time out, rate low": lambda: stay_out(50_000, -0.004, 0, 0, 240),
    "time out, long": lambda: stay_out(500_000, -0.004, 0.0007, 0.09, 1_000),
    "time out, none": lambda: stay_out(50_000, -0.0001, 0.0007, 0, 0),
    "time out, nothing": lambda: stay_out(50_000, 0, 0, 0, 0),
    "years": lambda: funding_history(50_000),
    "years and guess": lambda: funding_history(50_000, guess=("ETH", 2021, -18_769)),
    "years, guess of nothing": lambda: funding_history(50_000, guess=("ETH", 2021, 0)),
    "years, quiet guess": lambda: funding_history(50_000, guess=("ETH", 2021, 5_475)),
    "years, right guess": lambda: funding_history(50_000, guess=("ETH", 2021, 18_769)),
    "years of one coin": lambda: funding_history(50_000, ["ETH"]),
    "markets": lambda: funding_by_market("ETH"),
    "markets and guess": lambda: funding_by_market("ETH", guess="ETH fell"),
    "markets, all alike": lambda: funding_by_market("ETH", guess="alike"),
    "markets of BTC": lambda: funding_by_market("BTC"),
}
each_picture = pytest.mark.parametrize(
    "make", [pytest.param(make, id=name) for name, make in DRAWN.items()]
)


@each_picture
def test_no_text_is_clipped_or_overlaps_another(make):
    assert_legible(make().scene())


@each_picture
def test_a_picture_has_its_table_and_is_small_enough_to_be_live(make):
    result = make()
    scene = result.scene()
    assert scene.table.rows == result.table().rows
    assert scene.table.html() == result._repr_html_()
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
    time_out = Explorer(
        lambda rate, hours, cost_rate: stay_out(50_000, rate, cost_rate, 0.04, hours),
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
    start = {control.name: control.start for control in time_out.controls}
    time_out._hear(None, {"values": start | values, "view": "", "serial": 1}, None)
    assert time_out.problem == f"This cannot be: {problem}."


# The exercises


def by_hand() -> dict[str, float]:
    """The answers in exact fractions, from the numbers in the questions."""
    rows = [r for r in table() if r["coin"] == "BTC" and r["month"].startswith("2022")]
    received = sum(Fraction(r["mean_8h"]) * int(r["settlements"]) for r in rows)
    hours = Fraction(2 * 7, 3) * 8
    return {
        "05.1": -0.12 + 0.05,
        "05.2": float(1_800 * 10 * (Fraction(8 + 5 - 2, 10_000))),
        "05.3": 0.002 * 24 * 365,
        "05.4": float(20_000 * received),
        "05.5": float(40_000 * 2_400 * (Fraction(1, 2_472) - Fraction(1, 2_412))),
        "05.6": 12 * 2_545 / 10,
        "05.7": 1.8 / 225,
        "05.8": 30_000 * 1.2 * 0.04 * math.sqrt(hours / 24),
    }


@pytest.mark.parametrize("name", EXERCISES)
def test_answer(name):
    assert exercise(name).answer == pytest.approx(by_hand()[name], rel=1e-9)
    assert set(by_hand()) == set(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_printed_answer_is_right(name):
    asked = exercise(name)
    assert asked.verdict(float(f"{asked.answer:.4g}")).startswith("✔ **Right.**")


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
    ways = {f"{asked.answer:{form}}".replace("-", "−") for form in (",.0f", ".2f", "g", ".5f")}
    ways -= {"0", "−0", "0.01"}
    for text in (asked.hint, *asked.more_hints, *asked.slips):
        assert not any(way in text for way in ways)
    solution = asked.solution.replace("$", "")
    assert any(way in solution for way in ways)
    assert len(asked.slips) >= 3
    assert asked.folded()


@given(st.floats(-0.01, 0.01))
def test_clamp_turned_round_goes_the_other_way(premium):
    right = float(funding_rate(premium))
    turned = wrong.rate_with_clamp_turned(premium, 0.0001, 0.0005)
    assert (turned + right) / 2 == pytest.approx(premium, abs=1e-12)
    if not -0.0004 < premium < 0.0006:
        assert abs(turned - premium) == pytest.approx(0.0005)


@given(st.floats(-0.01, 0.01))
def test_interest_added_is_not_the_rate(premium):
    assume(abs(premium) > 1e-6)
    assert wrong.rate_without_clamp(premium, 0.0001) != pytest.approx(funding_rate(premium))


@given(st.lists(st.floats(-0.003, 0.003), min_size=1, max_size=9))
def test_all_rates_positive_is_never_less(rates):
    believed = wrong.received_with_all_rates_positive(10_000, rates)
    assert believed >= abs(10_000 * sum(rates)) - 1e-9


def test_averages_are_no_settlements():
    means = [0.0001] * 12
    assert wrong.funding_without_settlements(10_000, means) == pytest.approx(12.0)
    assert wrong.funding_by_plain_average(10_000, means, 365) == pytest.approx(1_095.0)


@given(b0=st.floats(-0.05, 0.05), b1=st.floats(-0.05, 0.05))
def test_rule_of_thumb_is_right_to_first_order(b0, b1):
    exact = inverse_short_with_basis(10_000, 1 + b0, 1, 1 + b1, 1).basis_effect_usd
    thumb = wrong.basis_by_rule_of_thumb(10_000, b0, b1)
    assert thumb == pytest.approx(exact, abs=10_000 * 1.2 * (b0**2 + b1**2) + 1e-6)


@given(hours=st.floats(0.1, 1000))
def test_swing_grows_with_the_root(hours):
    straight = wrong.swing_in_proportion(10_000, 1.2, 0.04, hours)
    right = unhedged_sigma_usd(10_000, 1.2, 0.04, hours)
    assert straight == pytest.approx(right * math.sqrt(hours / 24))


# The lesson


def test_lesson_still_finds_what_it_found():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    outputs = [o for cell in cells for o in cell.get("outputs", [])]
    printed = "".join("".join(o.get("text", "")) for o in outputs)
    for found in (
        "premium +0.20%: rate by hand +0.15%, hedgelib +0.15%",
        "Binance, BTC  by hand 0.3000%, hedgelib 0.3000%",
        "the long,  hedgelib -0.05 XBT",
        "value 75.00 USD (linear:  37.50)",
        "hedgelib simple 10.95%, compound 11.57%",
        "hedgelib +18,768.66 USD received",
        "BTC 2020-2023, a proxy  +0.0137% for 8 hours, 15.0% a year",
        "BitMEX XBTUSD, inverse  +0.0009% for 8 hours,  1.0% a year",
        "29% of the settlements below zero",
        "hedgelib 36,050.00 USD, open 0.0000 ETH",
        "better: expiry; equal at a rate of 0.0111%",
        "breaks even after inf hours",
        "hedgelib 14.0 settlements, 112 hours",
        "costs 70.00 USD, funding avoided until then 70.00 USD",
        "hedgelib 4,320.49 USD",
    ):
        assert found in printed, found
    for word in ("by hand", "hedgelib"):
        assert printed.count(word) >= 15
