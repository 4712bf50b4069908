"""Sentences of the lessons hold against the lessons' own tables, and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from hedgelib import effectiveness_from_ratio, market, plan_hedge, rules
from hedgelib.course.questions import question
from hedgelib.course.studies.alice import SIZES, alices_book, alices_weeks, alices_year, nearest
from hedgelib.course.studies.beta import drift
from hedgelib.course.studies.futures import wild_days
from hedgelib.course.studies.living import (
    CRASHES,
    beta_before,
    crash,
    fly,
)
from tests.corpus import cells

ETH = market.contract("binance:ETHUSD_PERP")


@pytest.fixture(scope="module")
def weeks():
    return {window: alices_weeks(2022, window=window) for window in (90, 365)}


def test_content_1_falling_harder_is_not_praised_as_rising_harder():
    times = wild_days(market.returns(["BTC", "ETH", "ADA", "LINK", "MATIC"]), 0.05)
    assert all(down > 1 for down, _ in times.values())
    assert all(up < down for down, up in times.values())
    assert sum(up > 1 for _, up in times.values()) == 1
    told = question("futures.2").ask().part("why")
    assert "rises harder" not in told
    assert all(f"{ratio:.2f}" in told for ratio in times["ADA"])
    lesson = cells("futures")
    assert "wild_days(daily, WILD)" in lesson["big-days-words"]


def test_content_2_each_lesson_says_which_window_and_why(weeks):
    advice = cells("beta")["drift-flat"]
    assert "take a year" in advice
    assert "This course takes a year. Lessons 09 and 10 take fewer days, and say why." in advice
    # A year is no better than a month, and steadier: what lesson 07 advises it for.
    history = market.returns().drop(columns="LUNA").dropna()
    book = alices_book()
    alice = history[list(book.coins)] @ book.weights
    month, year = (drift(alice, history["ETH"], window) for window in (30, 365))
    assert month.removed > year.removed
    assert np.ptp(year.beta) < np.ptp(month.beta) / 5

    assert "WINDOW = 365" in cells("size")["measured"]
    assert "window=365" in cells("own")["sample"]
    assert "the last year of prices, as [lesson 07]" in cells("own")["candidates"]

    # 07: a quarter, so as to have the market as it was lately; tried against a year at the end.
    assert {week.beta.n for week in alices_weeks(2022)} == {90}
    assert "a quarter of a year" in cells("alice")["two-words"]
    swing, ended = {}, {}
    for window, cut in weeks.items():
        named = nearest(cut, -0.15)
        year_of = alices_year(cut, ETH, book_usd=50_000, margin_usd=49_000)
        swing[window] = year_of.swing_usd(SIZES[2])
        ended[window] = year_of.profit_usd[SIZES[2]][cut.index(named)]
    assert swing[365] < swing[90]
    assert ended[90] > ended[365]
    assert "window=365" in cells("alice")["window-words"]
    assert 'the year was the better "' in cells("alice")["window-words"]

    # 08: sixty days, because the record has no more before the first crash.
    betas = {name: beta_before(start, days=365) for name, (start, _) in CRASHES.items()}
    assert betas["March 2020"].n == crash("March 2020", max_leverage=3).beta.n == 59
    assert [name for name, beta in betas.items() if beta.n == 365] == list(CRASHES)[1:]
    assert "the record had {march.beta.n}" in cells("living")["four-words"]


def test_content_7_half_a_hedge_says_variance_and_loss():
    lesson = cells("funding")
    assert not [name for name, text in lesson.items() if "three quarters of the work" in text]
    assert effectiveness_from_ratio(1, 0.5) == pytest.approx(0.75)
    assert "effectiveness_from_ratio(1, HALF)" in lesson["half-a-hedge"]
    for word in ("**variance**", "**loss**"):
        assert word in lesson["half-a-hedge"]
    # What the other half of the variance, roughly, leaves is said of the variance.
    _, reason = question("beta.a").text["options"]["measured"]
    assert "of the variance" in reason


def test_content_7_the_merge_is_named():
    assert "the **Merge**" in cells("funding")["merge-words"]
    # Its month is the worst for shorts of ETH, which is why the lesson tells of it.
    rates = market.funding_monthly().query("coin == 'ETH'").set_index("month")["mean_8h"]
    assert f"{rates.idxmin():%Y-%m}" == "2022-09"


def test_lesson_01_months_were_undone_in_a_day():
    year = market.prices("ETH", "2020-01-01", "2020-03-12")["ETH"]
    assert year.iloc[-1] < year.iloc[:-1].min()
    assert len(year) - 1 > 60
    assert "since the year began" in cells("futures")["may-2021-words"]


def test_lesson_04_leaves_stablecoins_their_leverage_of_1():
    plan = plan_hedge(10_000, 1.0, ETH, 3_500, collateral="stablecoin", max_leverage=1, fee_rate=0)
    assert plan.leverage == pytest.approx(1)
    assert (
        "With a stablecoin it is $\\beta V / L$, and here 1x is possible"
        in cells("margin")["least-words"]
    )
    assert "why that leverage is never 1" not in cells("margin")["top"]


def test_lesson_08_names_as_many_risks_as_its_table_has():
    lesson = cells("living")
    count = lesson["risk-table"].count('\n    ("')
    assert count == 5
    for name in ("top", "risks", "key-points"):
        assert "five risks" in lesson[name].casefold(), name
    for days in ("1", "7", "30"):
        assert days in lesson["risks"]
    assert not [name for name, text in lesson.items() if "four risks, four" in text.casefold()]


def test_lesson_08_does_not_say_that_every_short_cost_money():
    prices = market.prices("ETH")["ETH"]
    never = fly("never on", ~rules.always_on(prices))
    ahead = []
    for window in (20, 50, 100, 200):
        below = rules.trend_break(prices, window)
        made = fly(f"{window} days", rules.hedge_when(below, ~below))
        ahead += [window] if made.pnl_usd[-1] > never.pnl_usd[-1] else []
    assert ahead == [20, 200]
    assert "any short" not in question("living.c").text["options"]["never_on"][1]
    assert "windows.items()" in cells("living")["luck-words"]


def test_lesson_08_the_hedge_of_may_2021_did_better_than_its_warning():
    kept, march = (
        crash("May 2021", max_leverage=3, top_up=True),
        crash("March 2020", max_leverage=3),
    )
    assert kept.beta.r2 < kept.outcomes[2].effectiveness < march.outcomes[2].effectiveness
    assert 'too "\n    f"pessimistic' in cells("living")["may-words"]
