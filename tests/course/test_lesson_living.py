"""Lesson 10: crashes and rules replayed, its pictures and its questions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hedgelib import InvalidInput, market, ols_beta, rules
from hedgelib.ask.answers import read_answer
from hedgelib.course.questions import question
from hedgelib.course.studies.how_hedges_end import (
    FTX_BANKRUPT,
    profit_if_a_venue_fails,
    step_of,
)
from hedgelib.course.studies.living import (
    BOOK_USD,
    COINS,
    CRASHES,
    MODELLED,
    SLIPPAGE,
    _month,
    a_day_later,
    beta_before,
    book_from,
    change_of_size,
    crash,
    daily_funding,
    fly,
    known_funding,
    luck,
    over_days,
    profit_of_rules,
    rallies_beyond,
    table_of_rules,
    watch,
)
from hedgelib.show import Bars, Guess, Line, Points, Text
from hedgelib.show.layout import days
from tests.showtools import assert_legible

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
    beta = beta_before("2021-03-31")
    assert beta.beta == pytest.approx(np.cov(y, x)[0, 1] / np.var(x, ddof=1))
    assert beta.interval() == ols_beta(y, x, errors="newey-west").interval()


def test_funding_is_three_times_the_monthly_mean():
    table = market.funding_monthly()
    may = table[(table["coin"] == "ETH") & (table["month"] == "2021-05-01")]["mean_8h"].iloc[0]
    dates = market.prices(["ETH"]).loc["2021-04-30":"2021-05-31"].index
    assert daily_funding(dates) == pytest.approx(np.full(31, 3 * may))


@pytest.mark.parametrize("name", CRASHES)
def test_crash(name):
    found = crash(name, max_leverage=3)
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
    found = crash(name, max_leverage=3)
    scene = found.scene()
    lines = [line for line in marks(scene, Line) if line.x.size > 1]
    dates = days(found.runs.plan.dates)
    naive, plan = found.runs.naive, found.runs.plan
    books = [
        ("unhedged", plan.unhedged_pnl_usd, "unhedged", None),
        ("naive 1:1", naive.pnl_usd, "short", naive.liquidated_at),
        ("beta hedge", plan.pnl_usd, "total", plan.liquidated_at),
    ]
    for label, pnl, role, gone in books:
        mine = [line for line in lines if line.name == label]
        assert [line.dash for line in mine] == [""] + ["dotted"] * (gone is not None)
        assert {line.role for line in mine} == {role}
        for line in mine:
            # The points that were kept lie on the profit itself.
            assert line.y == pytest.approx(np.interp(line.x, dates, pnl))
        if gone is not None:
            assert mine[0].x[-1] == mine[1].x[0] == dates[gone]
    crosses = [(p.x.item(), p.y.item()) for p in marks(scene, Points)]
    assert crosses == [(dates[g], p[g]) for _, p, _, g in books if g is not None]
    legend = [text.text for text in marks(scene, Text) if text.text.startswith("✖")]
    assert len(legend) == bool(crosses)
    assert ("liquidates the hedge" in scene.title) == bool(crosses)


def test_margin_that_is_added_keeps_the_hedge_alive():
    found = crash("May 2021", max_leverage=3, top_up=True)
    assert found.runs.plan.liquidated_at is None
    assert found.runs.plan.top_ups_usd[-1] > found.runs.plan.plan.collateral_usd
    with pytest.raises(InvalidInput, match="below 6 with top-ups"):
        crash("May 2021", max_leverage=7, top_up=True)
    with pytest.raises(InvalidInput, match="name must be"):
        crash("June 1815", max_leverage=3)


def test_change_of_size():
    lines = change_of_size(50_000, -0.3)
    for beta in (0.7, 1.0, 1.4):
        assert lines.value(f"β {beta:g}") == pytest.approx(beta * (beta - 1) * 50_000 * -0.3)
    assert "β 1: $0" in lines.scene().alt
    assert_legible(change_of_size(50_000, -0.3, guess=15_000.0).scene())


def test_months_add_up(flown):
    never, always, rule = flown
    for made in flown:
        assert made.pnl_usd[-1] == pytest.approx(made.months_usd.sum())
        assert sum(made.year(y) for y in range(2020, 2024)) == pytest.approx(made.pnl_usd[-1])
        assert made.steps_usd.size == made.dates.size - 1
    assert never.funding_usd == never.costs_usd == 0
    assert always.steps_usd.var() < rule.steps_usd.var() < never.steps_usd.var()


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


def test_a_rule_acted_on_a_day_later(flown):
    assert a_day_later([True, False, True, True]).tolist() == [False, True, False, True]
    never, always, rule = flown
    below = rules.trend_break(market.prices(["ETH"])["ETH"], 50)
    late = fly("a day later", a_day_later(rules.hedge_when(below, ~below)))
    assert (late.active[1:] == rule.active[:-1]).all()
    assert luck(always, never, rule).beaten == pytest.approx(0.81, abs=0.005)
    assert luck(always, never, late).beaten == pytest.approx(0.92, abs=0.005)


def test_half_on_always_is_halfway(flown):
    never, always, _ = flown
    half = fly("half on", np.ones(DAYS, dtype=bool), hedge_ratio=0.5)
    middle = (never.steps_usd + always.steps_usd) / 2
    # Contracts are whole, and the band is a share of a short of half the size.
    assert half.steps_usd == pytest.approx(middle, abs=60)
    assert half.pnl_usd[-1] == pytest.approx(246_000, abs=1_000)
    assert half.deepest_usd == pytest.approx(37_600, abs=300)
    assert half.costs_usd == pytest.approx(always.costs_usd / 2, rel=0.05)
    rows = {row[0]: row for row in table_of_rules([*flown, half]).rows}
    assert rows["half on"][1:3] == ("100%", "0")
    assert profit_of_rules(flown).table.rows == table_of_rules(flown).rows


def test_picture_of_the_years(flown):
    scene = profit_of_rules(flown)
    assert scene.title == "Most profit: never on. Smallest maximum drawdown: always on"
    assert scene.alt.startswith(scene.title)
    assert "March 2020 to December 2023" in scene.alt
    guessed = profit_of_rules(flown, guess="fear a fall")
    assert guessed.alt == f"{scene.alt} Your guess was “fear a fall”."
    texts = [text.text for text in marks(guessed, Text)]
    assert [text.split("\n")[0] for text in texts if "your guess" in text] == ["fear a fall"]
    assert_legible(scene)
    assert_legible(guessed)
    assert [row[0] for row in scene.table.rows] == [made.name for made in flown]
    assert [row[2] for row in scene.table.rows[:2]] == ["0", "0"]
    shown = {line.name.split("\n")[0]: line for line in marks(scene, Line)}
    for made in flown:
        line = shown[made.name]
        assert line.y == pytest.approx(np.interp(line.x, days(made.dates), made.pnl_usd))


def test_bars_over_the_years_are_the_days_on(flown):
    rule = flown[2]
    (bars,) = marks(profit_of_rules(flown), Bars)
    dates = days(rule.dates)
    assert (bars.end - bars.start).sum() == rule.active[:-1].sum()
    on = [((bars.start <= day) & (day < bars.end)).any() for day in dates[:-1]]
    assert on == rule.active[:-1].tolist()
    panel = profit_of_rules(flown).panels[0]
    highest = max(made.pnl_usd.max() for made in flown)
    assert panel.y.high > bars.at[0] + bars.thickness / 2
    assert bars.at[0] - bars.thickness / 2 > highest


def test_five_rules_are_legible_whichever_is_guessed(flown):
    never, always, rule = flown
    five = [never, always, *(replace(rule, name=n) for n in ("lock in gains", "all of it", "no"))]
    for guess in (None, *(made.name for made in five)):
        assert_legible(profit_of_rules(five, guess=guess))


def test_slippage_is_charged_as_the_fee_is(flown):
    _, always, _ = flown
    assert always.costs_usd == pytest.approx(-2_846, abs=1)
    run = _month(*pd.to_datetime(["2020-02-29", "2020-03-31"]), 1.0, COINS)()
    assert run.plan.fee_rate == SLIPPAGE
    assert run.slippage_usd[-1] == pytest.approx(run.fees_usd[-1])


def test_profit_over_some_days_in_a_row():
    sd, worst = over_days(np.array([1.0, -3.0, 2.0, 4.0]), 2)
    assert worst == -2
    assert sd == pytest.approx(np.std([-2, -1, 6], ddof=1))


def test_rallies_beyond():
    eth = market.prices(["ETH"])["ETH"].to_numpy()
    days = [eth[i + 1 : i + 31].max() >= 1.5 * eth[i] for i in range(eth.size - 30)]
    assert rallies_beyond(0.5, 30) == pytest.approx(np.mean(days))


def test_a_hedge_that_dies_has_lost_all_its_margin_and_not_what_it_held_last():
    run = crash("May 2021", max_leverage=3).runs.plan
    lost = run.unhedged_pnl_usd[-1] - run.pnl_usd[-1]
    assert lost == pytest.approx(run.plan.collateral_usd)
    assert run.lost_usd < 0.2 * lost


def test_less_leverage_is_all_or_nothing():
    profit = {cap: crash("May 2021", max_leverage=cap).outcomes[2].pnl_usd for cap in (5, 2, 1.5)}
    assert profit[2] < profit[5] < profit[1.5]


def test_what_can_be_watched():
    may = crash("May 2021", max_leverage=3)
    run, evenings = may.runs.plan, [0, 14, may.runs.plan.liquidated_at - 1]
    rows = {name: values for name, *values in watch(may, evenings)}
    for place, step in enumerate(evenings):
        leverage = run.notional_usd[step] / run.equity_usd[step]
        ends = (1 - run.plan.maintenance_rate) / (1 - 1 / leverage) - 1
        assert float(rows["leverage now"][place].rstrip("x")) == pytest.approx(leverage, abs=0.05)
        told = rows["rise of ETH that ends it"][place]
        assert read_answer(told, unit="a number") == pytest.approx(ends, abs=0.0006)
        right = run.plan.beta * run.book_usd[step] + run.equity_usd[step]
        told = rows["right size, βV + account"][place]
        assert read_answer(told, unit="USD") == pytest.approx(right, abs=0.5)
    step = run.liquidated_at
    assert run.price_usd[step] / run.price_usd[step - 1] - 1 > ends


def test_funding_is_known_a_month_late():
    table = market.funding_monthly()
    april = table[(table["coin"] == "ETH") & (table["month"] == "2021-04-01")]["mean_8h"].item()
    dates = market.prices(["ETH"]).loc["2021-04-30":"2021-05-31"].index
    assert known_funding(dates) == pytest.approx(np.full(31, april))
    first = market.prices(["ETH"]).index[:32]
    assert known_funding(first)[:30].tolist() == [0.0] * 30


# The questions


def test_nothing_is_to_be_traded_at_beta_1():
    asked = question("living.a").ask()
    assert list(asked.answer.guesses.values()) == [-15_000, 0, 15_000]
    assert asked.answer.guesses[asked.answer.right] == asked.answer.then(None).value("β 1")


def test_a_hedge_without_margin_ends_below_the_book_alone():
    asked = question("living.b").ask()
    may = crash("May 2021", max_leverage=3)
    unhedged, _, dead = may.outcomes
    kept = crash("May 2021", max_leverage=3, top_up=True).outcomes[2]
    assert list(asked.answer.guesses.values()) == [kept.pnl_usd, unhedged.pnl_usd, dead.pnl_usd]
    assert asked.answer.right == "liquidated"
    assert dead.pnl_usd < unhedged.pnl_usd < kept.pnl_usd
    assert not marks(may.scene(), Guess)
    for option, value in asked.answer.guesses.items():
        guessed = asked.picture(option)
        (mark,) = marks(guessed, Guess)
        assert (mark.x, mark.y) == (days(may.dates)[-1], value)
        assert_legible(guessed)
    assert asked.picture("dead_hedge_is_free").alt.endswith("Your guess was +$23,021.")


def test_no_hedge_made_the_most(flown):
    five = [replace(flown[0], name=name) for name in ("lock in gains", "all of it")]
    asked = question("living.c").ask(flown=[*flown, *five])
    assert asked.answer.guesses[asked.answer.right] == "never on"
    never, always, rule = flown
    assert never.pnl_usd[-1] > max(always.pnl_usd[-1], rule.pnl_usd[-1])
    assert "It made +$304,108." in asked.reason("never_on")
    assert asked.picture("trend_goes_on").alt.endswith("Your guess was “fear a fall”.")


BY_HAND = {
    "living.1": (
        1.5 * 0.5 * 24_000 * -0.2,
        {
            "resized_by_book_alone": -10_800, "all_that_was_lost": -7_200,
            "one_beta_missing": -2_400, "short_gain_left_out": -14_800,
            "face_moves_with_price": -11_200, "hedge_stays_exact": 0,
        },
    ),
    "living.2": (
        420,
        {
            "beta_left_out": 300, "counted_as_margin": 720, "contract_is_dollar": 4_200,
            "upside_down": 300 / 1.4,
        },
    ),
    "living.3": (
        1,
        {
            "notional_closes_all": 0, "one_trade": 5, "dollars_for_coins": 2_400,
            "closing_trade_left_out": -4, "upside_down": -0.8,
        },
    ),
    "living.4": (
        (0.995 / 0.6 - 1) * 100,
        {
            "linear_liquidation": (1.4 / 1.005 - 1) * 100,
            "one_over_leverage": 40,
            "bankruptcy_for_liquidation": 200 / 3,
            "ratio_for_rise": 99.5 / 0.6,
            "linear_less_maintenance": 39.5,
            "long_liquidation": 40 / 1.4,
            "maintenance_wrong_side": 100.5 / 0.6 - 100,
        },
    ),
    "living.5": (
        -11_250,
        {
            "one_venue": -30_000, "one_share_kept": -23_750, "failed_divided": -7_500,
            "failure_on_top": -12_500, "change_for_value": -6_250, "halved_whatever": -17_500,
        },
    ),
    "living.6": (
        7_600 * 1.3 - 10_000 + 2_400,
        {
            "entry_is_break_even": 0, "short_only": 2_400, "book_only": -120,
            "beta_left_out": 1_880, "fall_for_rise": 1_824, "rise_of_old_book": 600,
        },
    ),
    "living.7": (
        (28_000 + 26_400) / 10,
        {
            "collateral_left_out": 2_800, "beta_left_out": 6_640, "collateral_times_beta": 4_648,
            "naive_hedge": 4_000, "collateral_subtracted": 160, "margin_taken_for_short": 2_640,
            "contract_is_dollar": 54_400,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_answers_and_slips(name):
    right, slips = BY_HAND[name]
    answer = question(name).ask().answer
    assert answer.right == pytest.approx(right, rel=1e-9)
    assert dict(answer.slips) == pytest.approx(slips, rel=1e-9, abs=1e-9)


def test_november_2022_at_2x():
    asked = question("living.8").ask()
    unhedged, naive, hedged = crash("November 2022", max_leverage=2.0).outcomes
    other = crash("May-June 2022", max_leverage=2.0)
    cut = unhedged.max_drawdown_usd - hedged.max_drawdown_usd
    assert asked.answer.right == pytest.approx(cut)
    assert cut == pytest.approx(9_336, abs=0.5)
    assert dict(asked.answer.slips) == pytest.approx(
        {
            "naive_hedge": unhedged.max_drawdown_usd - naive.max_drawdown_usd,
            "profit_for_drawdown": hedged.pnl_usd - unhedged.pnl_usd,
            "what_is_left": hedged.max_drawdown_usd,
            "default_left": 9_065,
            "other_crash": other.outcomes[0].max_drawdown_usd - other.outcomes[2].max_drawdown_usd,
            "not_hedged": 19_771,
            "share_for_dollars": 47.2187,
            "one_day": hedged.worst_step_usd - unhedged.worst_step_usd,
        },
        rel=1e-4,
    )
    shown = repr(crash("November 2022", max_leverage=2))
    assert "−$19,771" in shown
    assert "−$10,436" in shown


def test_the_function_to_write_is_that_of_the_lesson():
    november = crash("November 2022", max_leverage=3)
    run, step = november.runs.plan, step_of(november, FTX_BANKRUPT)
    kept, failed = run.pnl_usd[-1], run.pnl_if_venue_fails_usd(step)[-1]
    for venues in (1, 2, 5):
        asked = question("living.5").ask(kept=kept, failed=failed, venues=venues)
        assert asked.answer.right == pytest.approx(profit_if_a_venue_fails(run, step, venues))
