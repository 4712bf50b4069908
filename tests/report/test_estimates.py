"""How sure a report is: the spread of a month, intervals, ties, other windows and horizons."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.report import ReportParameters, build_report, to_json
from hedgelib.report.blocks import Facts, Table
from hedgelib.report.history import monthly_rises
from hedgelib.report.index import figures
from hedgelib.report.registry import section
from hedgelib.report.summary import in_words, warnings


def report_on(path, **parameters):
    return build_report(ReportParameters(portfolio=str(path), **parameters))


def said(report, name: str) -> str:
    return " ".join(str(section(report, name)).split())


@pytest.fixture
def book(tmp_path):
    def write(text: str):
        path = tmp_path / "book.csv"
        path.write_text("coin,usd_value\n" + text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def layer1():
    return report_on("layer1.csv", benchmark="BTC")


def test_a6_a_month_is_measured_on_the_months_of_this_very_book(layer1):
    values = {h.coin: h.value_usd for h in layer1.portfolio}
    closes = market.prices().iloc[-731:]
    beta, total = layer1.tracked.estimate.beta, sum(values.values())
    left = []
    for start in range(731 - 30):
        first, last = closes.iloc[start], closes.iloc[start + 30]
        coins = sum(usd * (last[coin] / first[coin] - 1) for coin, usd in values.items())
        left.append(coins - beta * total * (last["BTC"] / first["BTC"] - 1))
    month = layer1.month
    assert month.windows == 701
    assert (month.first_day, month.last_day) == (dt.date(2022, 1, 1), dt.date(2023, 12, 31))
    assert month.own_usd == pytest.approx(float(np.std(left, ddof=1)), rel=1e-9)
    assert month.own_usd == pytest.approx(8_550, abs=10)
    # The root of time would make less of it, and all of 2021 much more.
    assert layer1.residual.own_usd * 30**0.5 < 0.8 * month.own_usd
    assert month.ever_usd > 2 * month.own_usd
    assert usd(month.ever_usd) in said(layer1, "uncovered")


def test_a6_the_number_has_its_spread_wherever_it_is(layer1):
    sure = (
        f"about where you began, give or take {usd(layer1.month.own_usd)} "
        "(one standard deviation over 30 days"
    )
    assert sure in said(layer1, "summary")
    assert any(sure in line for line in in_words(layer1))
    (facts,) = (block for block in section(layer1, "summary").blocks if isinstance(block, Facts))
    tile = next(item for item in facts.items if item[0] == "Give or take in 30 days")
    assert tile[1] == usd(layer1.month.after_usd)
    data = json.loads(to_json(layer1))
    assert data["outlook"]["one_sd_usd"] == pytest.approx(layer1.month.own_usd)
    assert data["outlook"]["moves"][0]["hedged_usd"] == pytest.approx([-65, -55], abs=30)
    assert figures(layer1)["residual_month_usd"] == layer1.month.after_usd


def test_a_gap_widens_the_spread_by_what_is_assumed_of_it(book):
    got = report_on(book("KAS,5000\nS,5000\nADA,1000\n"), benchmark="BTC")
    month, gap = got.month, got.gap
    assert month.gap_usd == pytest.approx(gap.kept_usd * gap.residual_sd * 30**0.5)
    assert month.unexplained_usd == pytest.approx(np.hypot(month.own_usd, month.gap_usd))
    assert f"give or take {usd(month.unexplained_usd)}" in said(got, "summary")


def test_too_few_months_are_scaled_and_it_says_so():
    full = market.Market.bundled()
    young = full.prices()
    young.iloc[:-60, list(young.columns).index("XRP")] = np.nan
    data = market.Market(
        closes=young,
        funding=full.funding_monthly(),
        listings=full.listings,
        venues=full.venues(),
        origin=full.provenance(),
    )
    parameters = ReportParameters(portfolio="layer1.csv", benchmark="BTC")
    got = build_report(parameters, data=data)
    assert got.month.windows == 0
    assert got.month.own_usd == pytest.approx(got.residual.own_usd * 30**0.5)
    assert "as if these did not depend on each other" in said(got, "uncovered")


def test_a7_intervals_are_those_of_newey_and_west(layer1):
    fit = layer1.tracked.estimate
    y, x = layer1.book_returns, sm.add_constant(layer1.coin_returns)
    robust = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 5})
    assert fit.se == fit.se_newey_west == pytest.approx(robust.bse[1], rel=1e-9)
    assert fit.se_classic == pytest.approx(sm.OLS(y, x).fit().bse[1], rel=1e-9)
    assert [round(end, 2) for end in fit.interval()] == [0.85, 1.09]
    assert "95% interval 0.85 to 1.09" in said(layer1, "summary")
    assert "Newey-West" in said(layer1, "tracking")
    to_eth = report_on("layer1.csv", benchmark="ETH").tracked.estimate
    assert 1.7 < to_eth.se_newey_west / to_eth.se_classic < 2.1


def test_a8_contracts_by_window_and_horizon(layer1):
    betas = {(one.window_days, one.horizon_days): one for one in layer1.sensitivity.betas}
    daily = [round(betas[days, 1].beta, 2) for days in (90, 180, 365, 730)]
    assert daily == [0.82, 0.96, 0.97, 1.11]
    assert betas[365, 1].contracts == layer1.plan.contracts
    assert betas[730, 1].contracts < betas[90, 1].contracts < 0
    assert len(betas) == 8
    assert layer1.sensitivity.downside_beta == pytest.approx(1.15, abs=0.005)
    assert layer1.sensitivity.upside_beta == pytest.approx(0.70, abs=0.005)
    words = said(layer1, "tracking")
    assert "beta was 1.15; on those on which it rose, 0.70" in words
    assert "730 days, 7-day returns" in words
    one = betas[180, 7]
    closes = market.prices().iloc[-176:][[h.coin for h in layer1.portfolio] + ["BTC"]]
    # A week's return of the book is that of the book rebalanced to its weights each day.
    weights = np.array([h.value_usd for h in layer1.portfolio]) / layer1.portfolio.value_usd
    change = closes.pct_change().iloc[1:].to_numpy()
    pair = np.column_stack([change[:, :-1] @ weights, change[:, -1]])
    weeks = (1 + pair).reshape(25, 7, 2).prod(axis=1) - 1
    assert one.beta == pytest.approx(np.polyfit(weeks[:, 1], weeks[:, 0], 1)[0], rel=1e-9)


def test_a8_what_a_hedge_removed_by_how_long_it_is_held(layer1):
    held = layer1.sensitivity.held
    assert [one.days for one in held] == [1, 7, 30]
    assert all(one.low < one.effectiveness < one.high for one in held)
    # Two shares of variance on one page are of different days, and it says which.
    text = " ".join(repr(section(layer1, "tracking")).split())
    assert "all that the data allow. The table above judges the hedge on the later half" in text
    # Each hedge by hand: its beta from the 365 days before, held for a week.
    coins = [h.coin for h in layer1.portfolio]
    value = np.array([h.value_usd for h in layer1.portfolio])
    daily = market.returns()[[*coins, "BTC"]].dropna().to_numpy()
    book, hedged = [], []
    for at in range(365, len(daily) - 6):
        before = daily[at - 365 : at]
        y = before[:, :-1] @ value / value.sum()
        beta = np.polyfit(before[:, -1], y, 1)[0]
        ahead = (1 + daily[at : at + 7]).prod(axis=0) - 1
        book.append(ahead[:-1] @ value / value.sum())
        hedged.append(book[-1] - beta * ahead[-1])
    assert held[1].windows == len(book)
    assert held[1].effectiveness == pytest.approx(1 - np.var(hedged) / np.var(book), rel=1e-9)


def test_a9_the_verdict_is_a_tie_and_says_what_settles_it():
    alice = report_on("alice.csv")
    assert alice.hedge_coin == "BTC"
    assert "That is a tie" in alice.reason
    assert "its market is the deeper one, which settles it" in alice.reason
    held = report_on("layer1.csv")
    assert held.hedge_coin == "ETH"
    assert held.reason.endswith("The book holds more ETH, which settles it.")


def test_a10_a_book_is_judged_on_what_is_not_the_hedge_coin(book):
    got = report_on(book("BTC,30000\nADA,10000\n"), benchmark="BTC")
    alone = report_on(book("ADA,10000\n"), benchmark="BTC")
    tracked = got.tracked
    assert tracked.rest_usd == 10_000
    assert tracked.out_of_sample == pytest.approx(0.88, abs=0.02)
    assert tracked.rest_out_of_sample == pytest.approx(alone.tracked.out_of_sample)
    assert alone.tracked.rest_out_of_sample == alone.tracked.out_of_sample
    weak = warnings(got)[-1]
    assert weak.startswith("A weak hedge: out of sample, BTC removed 3")
    assert "of the variance of the $10,000 that is not BTC" in weak
    assert f"with the BTC in the book, which any short of BTC hedges, {percent(0.88)}" in weak
    (table, *_) = (b for b in section(got, "tracking").blocks if isinstance(b, Table))
    assert "Of what is not the hedge coin" in table.head


def test_a10_a_book_of_the_hedge_coin_alone_is_not_judged_on_itself(book):
    got = report_on(book("ETH,10000\n"), benchmark="ETH")
    assert got.tracked.rest_out_of_sample is None
    assert not any("weak hedge" in text for text in warnings(got))
    assert "none" in said(got, "tracking")


def test_a12_live_days_do_not_lose_the_tails_of_the_bundled_years(layer1):
    full = market.Market.bundled()
    late = full.prices().iloc[-400:]
    late.index = late.index + pd.Timedelta(days=700)
    data = market.Market(
        closes=late,
        funding=full.funding_monthly(),
        listings=full.listings,
        venues=full.venues(),
        origin=full.provenance(),
    )
    rises = monthly_rises(data, "BTC")
    assert [first for first, _ in rises.spans] == ["2020-01-01", late.index[0].date().isoformat()]
    assert [each.size for each in rises.by_span] == [1431, 370]
    # At 3x the bundled years have 71 starting days, and the live ones none of their own.
    plan = report_on("defi_mix.csv", benchmark="BTC", max_leverage=3).plan
    assert sum(int((each >= plan.liquidation_move).sum()) for each in rises.by_span) >= 71
    assert "In the daily closes of 2020-01-01 to 2023-12-31" in said(layer1, "margin")
    both = replace(layer1.rallies, spans=rises.spans)
    assert " and 20" in said(replace(layer1, rallies=both), "margin")


def test_history_that_the_data_have_again_counts_once():
    full = market.Market.bundled()
    assert len(monthly_rises(full, "BTC").by_span) == 1
    assert monthly_rises(full, "BTC").by_span[0].size == 1431
