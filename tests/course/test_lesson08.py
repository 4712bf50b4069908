"""Lesson 08: crashes and rules replayed, its pictures, and the wrong models of its exercises."""

from dataclasses import replace

import numpy as np
import pytest
from showtools import assert_legible

from hedgelib import InvalidInput, market, rules
from hedgelib.course.exercises import lesson08 as exercises
from hedgelib.course.guesses import number_in
from hedgelib.course.studies.lesson08 import (
    BOOK_USD,
    COINS,
    CRASHES,
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
from hedgelib.show import Bars, Guess, Line, Points, Text
from hedgelib.show.layout import days

DAYS = 1461


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


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
    alt = found.scene().alt
    assert MODELLED in alt.lower()
    assert ("liquidated on" in alt) is gone
    assert "mathjax_ignore" in found._repr_html_()


@pytest.mark.parametrize("name", CRASHES)
@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize("cap", [1.5, 3.0, 5.0])
def test_every_crash_that_can_be_tried_is_legible_and_light(name, cap, top_up):
    scene = crash(name, max_leverage=cap, top_up=top_up).scene()
    assert_legible(scene)
    assert scene.title.count("\n") == 0
    assert len(scene.to_json().encode()) < 10_000


@pytest.mark.parametrize("name", ["March 2020", "May 2021"])
def test_lines_of_a_crash_are_its_profits_and_dotted_without_a_hedge(name):
    found = crash(name)
    scene = found.scene()
    lines = [line for line in marks(scene, Line) if line.x.size > 1]
    dates = days(found.runs.plan.dates)
    for label, pnl, role, gone in found.wealth():
        mine = [line for line in lines if line.name == label]
        assert [line.dash for line in mine] == [""] + ["dotted"] * (gone is not None)
        assert {line.role for line in mine} == {role}
        for line in mine:
            # The points that were kept lie on the profit itself.
            assert line.y == pytest.approx(np.interp(line.x, dates, pnl))
        if gone is not None:
            assert mine[0].x[-1] == mine[1].x[0] == dates[gone]
    crosses = [(p.x.item(), p.y.item()) for p in marks(scene, Points)]
    assert crosses == [(dates[g], p[g]) for _, p, _, g in found.wealth() if g is not None]
    legend = [text.text for text in marks(scene, Text) if text.text.startswith("✖")]
    assert len(legend) == bool(crosses)
    assert ("liquidates the hedge" in scene.title) == bool(crosses)


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
    assert "β 1: $0" in lines.scene().alt
    assert_legible(change_of_size([0.7, 1.0, 1.4], 50_000, -0.3, guess=15_000.0).scene())


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
    scene = Years(flown=flown).scene()
    assert scene.title == "Most profit: never on. Smallest maximum drawdown: always on"
    assert scene.alt.startswith(scene.title)
    assert "March 2020 to December 2023" in scene.alt
    assert guess_best_rule(flown).answer == "never on"
    guessed = Years(flown=flown, guess="fear a fall").scene()
    assert guessed.alt == f"{scene.alt} Your guess was “fear a fall”."
    texts = [text.text for text in marks(guessed, Text)]
    assert [text.split("\n")[0] for text in texts if "your guess" in text] == ["fear a fall"]
    assert_legible(scene)
    assert_legible(guessed)
    assert [row[0] for row in scene.table.rows] == [made.name for made in flown]
    shown = {line.name.split("\n")[0]: line for line in marks(scene, Line)}
    for made in flown:
        line = shown[made.name]
        assert line.y == pytest.approx(np.interp(line.x, days(made.dates), made.pnl_usd))


def test_bars_over_the_years_are_the_days_on(flown):
    rule = flown[2]
    (bars,) = marks(Years(flown=flown).scene(), Bars)
    dates = days(rule.dates)
    assert (bars.end - bars.start).sum() == rule.active[:-1].sum()
    on = [((bars.start <= day) & (day < bars.end)).any() for day in dates[:-1]]
    assert on == rule.active[:-1].tolist()
    panel = Years(flown=flown).scene().panels[0]
    highest = max(made.pnl_usd.max() for made in flown)
    assert panel.y.high > bars.at[0] + bars.thickness / 2
    assert bars.at[0] - bars.thickness / 2 > highest


def test_five_rules_are_legible_whichever_is_guessed(flown):
    never, always, rule = flown
    five = [never, always, *(replace(rule, name=n) for n in ("lock in gains", "all of it", "no"))]
    for guess in (None, *(made.name for made in five)):
        assert_legible(Years(flown=five, guess=guess).scene())


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
    assert not marks(may.scene(), Guess)
    for option in guess_end(may, crash("May 2021", top_up=True)).options:
        guessed = replace(may, guess=number_in(option)).scene()
        (mark,) = marks(guessed, Guess)
        assert (mark.x, mark.y) == (days(may.runs.plan.dates)[-1], number_in(option))
        assert_legible(guessed)
    assert replace(may, guess=23_021.0).scene().alt.endswith("Your guess was +$23,021.")


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
