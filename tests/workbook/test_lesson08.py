"""Lesson 08: crashes and rules replayed, its pictures, and the wrong models of its exercises."""

from dataclasses import replace

import numpy as np
import pytest
from hedgelib.figures import Canvas

from hedgelib import InvalidInput, market, rules
from hedgelib.workbook.exercises import lesson08 as exercises
from hedgelib.workbook.guesses import number_in
from hedgelib.workbook.lesson08 import (
    BOOK_USD,
    COINS,
    CRASH,
    CRASHES,
    FOUR_YEARS,
    LINES,
    MODELLED,
    Years,
    beta_before,
    book_from,
    change_of_size,
    crash,
    daily_funding,
    fly,
    guess_best_rule,
    guess_end,
    guess_trade,
    known_funding,
    luck,
    rallies_beyond,
    watch,
)

DAYS = 1461


@pytest.fixture(scope="module")
def flown():
    prices = market.prices(["ETH"])["ETH"]
    below = rules.trend_break(prices, 50)
    return [
        fly("never on", np.zeros(DAYS, dtype=bool)),
        fly("always on", np.ones(DAYS, dtype=bool)),
        fly("fear a fall", rules.hedge_when(below, ~below)),
    ]


def test_beta_sees_nothing_after_its_day():
    prices = market.prices([*COINS, "ETH"]).loc["2021-01-30":"2021-03-31"]
    returns = prices.pct_change(fill_method=None).iloc[1:]
    y, x = returns[list(COINS)].mean(axis=1), returns["ETH"]
    assert len(y) == 60
    assert beta_before("2021-03-31").beta == pytest.approx(np.cov(y, x)[0, 1] / np.var(x, ddof=1))


def test_funding_is_three_times_the_monthly_mean():
    table = market.funding_monthly()
    may = table[(table["coin"] == "ETH") & (table["month"] == "2021-05-01")]["mean_8h"].iloc[0]
    dates = market.prices(["ETH"]).loc["2021-04-30":"2021-05-31"].index
    assert daily_funding(dates) == pytest.approx(np.full(31, 3 * may))


@pytest.mark.parametrize("name", CRASHES)
def test_crash(name):
    found = crash(name)
    unhedged, naive, hedged = found.outcomes
    assert unhedged.pnl_usd == pytest.approx(book_from(*CRASHES[name]).iloc[-1] - BOOK_USD)
    gone = name == "May 2021"
    assert (hedged.liquidated_at is not None) is gone
    assert (naive.liquidated_at is not None) is gone
    assert gone or hedged.max_drawdown_usd < 0.6 * unhedged.max_drawdown_usd
    if gone:
        lost = unhedged.pnl_usd - hedged.pnl_usd
        assert lost == pytest.approx(found.runs.plan.plan.collateral_usd)
    alt = CRASH.alt(found)
    assert MODELLED in alt.lower()
    assert ("liquidated on" in alt) is gone
    assert len(CRASH.png(found)) > 10_000
    assert "mathjax_ignore" in found._repr_html_()


def test_margin_that_is_added_keeps_the_hedge_alive():
    found = crash("May 2021", top_up=True)
    assert found.runs.plan.liquidated_at is None
    assert found.runs.plan.top_ups_usd[-1] > found.runs.plan.plan.collateral_usd
    with pytest.raises(InvalidInput, match="below 6 with top-ups"):
        crash("May 2021", max_leverage=7, top_up=True)
    with pytest.raises(InvalidInput, match="name must be"):
        crash("June 1815")


def test_change_of_size():
    lines = change_of_size([0.7, 1.0, 1.4], 50_000, -0.3)
    for beta in (0.7, 1.0, 1.4):
        assert lines.value(f"β {beta:g}") == pytest.approx(beta * (beta - 1) * 50_000 * -0.3)
    assert "β 1: $0" in LINES.alt(lines)


def test_months_add_up(flown):
    never, always, rule = flown
    for made in flown:
        assert made.pnl_usd[-1] == pytest.approx(made.months_usd.sum())
        assert sum(made.year(y) for y in range(2020, 2024)) == pytest.approx(made.pnl_usd[-1])
        assert made.steps_usd.size == made.dates.size - 1
    assert never.funding_usd == never.costs_usd == never.switches == 0
    assert always.steps_usd.var() < rule.steps_usd.var() < never.steps_usd.var()
    with pytest.raises(InvalidInput, match="1461 values"):
        fly("short", [True])


def test_luck(flown):
    never, always, rule = flown
    timing = luck(always, never, rule)
    assert 0 < timing.beaten < 1
    gained = rule.pnl_usd[-1] - never.pnl_usd[-1] - rule.costs_usd
    assert timing.gain_usd - always.costs_usd == pytest.approx(gained, abs=3_000)
    assert luck(always, never, never).gain_usd == 0


def test_a_rule_that_knows_the_future_beats_every_shift(flown):
    never, always, _ = flown
    hedge = always.steps_usd - never.steps_usd
    prices = market.prices(["ETH"])["ETH"]
    seer = np.zeros(DAYS, dtype=bool)
    start = prices.index.get_loc("2020-02-29")
    seer[start : start + hedge.size] = hedge > 0
    assert luck(always, never, fly("seer", seer)).beaten == 1


def test_picture_of_the_years(flown):
    canvas = Canvas(FOUR_YEARS)
    canvas.draw(Years(flown=flown))
    title = canvas.figure.axes[0].get_title(loc="left")
    assert title == "Most profit: never on. Smallest fall from a peak: always on"
    alt = FOUR_YEARS.alt(Years(flown=flown))
    assert alt.startswith(title)
    assert "March 2020 to December 2023" in alt
    assert guess_best_rule(flown).answer == "never on"
    guessed = Years(flown=flown, guess="fear a fall")
    assert FOUR_YEARS.alt(guessed) == f"{alt} Your guess was “fear a fall”."
    canvas.draw(guessed)
    texts = [text.get_text() for text in canvas.figure.axes[0].texts]
    assert [text.split("\n")[0] for text in texts if "your guess" in text] == ["fear a fall"]


def test_rallies_beyond():
    eth = market.prices(["ETH"])["ETH"].to_numpy()
    days = [eth[i + 1 : i + 31].max() >= 1.5 * eth[i] for i in range(eth.size - 30)]
    assert rallies_beyond(0.5, 30) == pytest.approx(np.mean(days))


def test_guesses():
    trade, where = guess_trade(50_000, -0.3)
    assert where[trade.answer] == 0
    assert list(where.values()) == [-15_000, 0, 15_000]
    may, kept = crash("May 2021"), crash("May 2021", top_up=True)
    end = guess_end(may, kept)
    unhedged, _, dead = may.outcomes
    assert number_in(end.answer) == pytest.approx(dead.pnl_usd, abs=0.5)
    assert [number_in(option) for option in end.options] == pytest.approx(
        [kept.outcomes[2].pnl_usd, unhedged.pnl_usd, dead.pnl_usd], abs=0.5
    )
    for found, other in ((crash("March 2020"), kept), (may, may)):
        with pytest.raises(InvalidInput, match="must be liquidated"):
            guess_end(found, other)


def test_guess_stands_beside_the_truth():
    may = crash("May 2021")
    guessed = replace(may, guess=23_021.0)
    assert CRASH.alt(guessed).endswith("Your guess was +$23,021.")
    assert CRASH.png(guessed) != CRASH.png(may)


def test_a_hedge_that_dies_has_lost_all_its_margin_and_not_what_it_held_last():
    run = crash("May 2021").runs.plan
    lost = run.unhedged_pnl_usd[-1] - run.pnl_usd[-1]
    assert lost == pytest.approx(run.plan.collateral_usd)
    assert run.lost_usd < 0.2 * lost


def test_less_leverage_is_all_or_nothing():
    profit = {cap: crash("May 2021", max_leverage=cap).outcomes[2].pnl_usd for cap in (5, 2, 1.5)}
    assert profit[2] < profit[5] < profit[1.5]


def test_what_can_be_watched():
    may = crash("May 2021")
    run, evenings = may.runs.plan, [0, 14, may.runs.plan.liquidated_at - 1]
    rows = {name: values for name, *values in watch(may, evenings)}
    for place, step in enumerate(evenings):
        leverage = run.notional_usd[step] / run.equity_usd[step]
        ends = (1 - run.plan.maintenance_rate) / (1 - 1 / leverage) - 1
        assert float(rows["leverage now"][place].rstrip("x")) == pytest.approx(leverage, abs=0.05)
        told = number_in(rows["rise of ETH that ends it"][place].lstrip("+"))
        assert told == pytest.approx(ends, abs=0.0006)
        right = run.plan.beta * run.book_usd[step] + run.equity_usd[step]
        assert number_in(rows["right size, βV + account"][place]) == pytest.approx(right, abs=0.5)
    step = run.liquidated_at
    assert run.price_usd[step] / run.price_usd[step - 1] - 1 > ends
    for day in (step, -1):
        with pytest.raises(InvalidInput, match=f"steps must be from 0 to {step - 1}"):
            watch(may, [day])


def test_funding_is_known_a_month_late():
    table = market.funding_monthly()
    april = table[(table["coin"] == "ETH") & (table["month"] == "2021-04-01")]["mean_8h"].item()
    dates = market.prices(["ETH"]).loc["2021-04-30":"2021-05-31"].index
    assert known_funding(dates) == pytest.approx(np.full(31, april))
    first = market.prices(["ETH"]).index[:32]
    assert known_funding(first)[:30].tolist() == [0.0] * 30


@pytest.mark.parametrize("name", exercises.EXERCISES)
def test_wrong_models_differ_and_are_named(name):
    asked = exercises.EXERCISES[name]
    assert asked.verdict(asked.answer).startswith("✔")
    values = list(asked.slips.values())
    for i, (words, value) in enumerate(asked.slips.items()):
        assert not asked.agrees(value, asked.answer), words
        assert not any(asked.agrees(value, other) for other in values[:i]), words
        assert words in asked.verdict(value)
        assert f"{asked.answer:,.0f}" not in words
    assert asked.solution
    assert asked.more_hints


def test_wrong_models():
    book, beta, move = 10_000.0, 1.5, -0.2
    assert exercises.account_forgotten(book, beta, move) == pytest.approx(-4_500)
    assert exercises.dollar_for_dollar(2_000, 10) == 200
    assert exercises.short_scaled_with_price(100, 3_000, 1_500) == 200
    assert exercises.closed_at_entry_for_nothing(book) == 0
    assert exercises.linear_rise_to_liquidation(5, 0.005) == pytest.approx(1.2 / 1.005 - 1)
    assert exercises.funding_once_a_day(10_000, 0.0001, 30) == pytest.approx(30)
