"""The book through history, against loops in plain Python; and the switch of a venue that fails."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest

from hedgelib import market
from hedgelib.errors import InvalidInput
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.export import to_data
from hedgelib.report.past import FALL_DAYS, FALLS, STRESS_DAYS, STRESS_RATE, _worst_apart
from hedgelib.report.registry import section

FEE_DAYS = 3  # payments of funding a day


def report_on(path, **parameters):
    return build_report(ReportParameters(portfolio=str(path), **parameters))


def closes():
    """Return days and closes as plain lists, None where there is no price."""
    table = market.prices()
    days = [day.date() for day in table.index]
    columns = {c: [None if p != p else p for p in table[c].tolist()] for c in table.columns}
    return days, columns


def book_path(got, start, end):
    """Return the measured part of the book over rows of the data, and the coins without prices."""
    _, columns = closes()
    values = {c.coin: c.value_usd for c in got.coins("history")}
    known = {c: v for c, v in values.items() if None not in columns[c][start : end + 1]}
    scale = sum(values.values()) / sum(known.values())
    path = [
        scale * sum(v * columns[c][row] / columns[c][start] for c, v in known.items())
        for row in range(start, end + 1)
    ]
    return path, [c for c in values if c not in known], sum(known.values()) / sum(values.values())


def lived_through(got, plan, start, end, *, fails=None):
    """Hold a coin-margined inverse short over rows of the data, day by day, in coins."""
    days, columns = closes()
    coin = got.hedge_coin
    hedge = [p / columns[coin][start] * plan.price_usd for p in columns[coin][start : end + 1]]
    table = market.funding_monthly()
    means = {
        (row.month.year, row.month.month): row.mean_8h
        for row in table[table["coin"] == coin].itertuples()
    }
    moves = [b / a for a, b in itertools.pairwise(hedge)]
    worst = min(moves.index(min(moves)), len(moves) - STRESS_DAYS)
    short = plan.notional_usd
    wallet = plan.collateral_usd / hedge[0] - short * (plan.fee_rate + 0.0005) / hedge[0]
    stress = calm = 0.0
    for day in range(1, len(hedge)):
        now = days[start + day]
        mean = FEE_DAYS * means[now.year, now.month]
        rate = FEE_DAYS * STRESS_RATE if worst < day <= worst + STRESS_DAYS else mean
        wallet += short * rate / hedge[day]
        stress, calm = stress + short * rate, calm + short * mean
        equity = wallet + short * (1 / hedge[day] - 1 / hedge[0])
        if day == fails:
            return 0.0, stress, calm, None
        if equity <= short / hedge[day] * plan.maintenance_rate:
            return 0.0, stress, calm, now
    return equity * hedge[-1], stress, calm, None


@pytest.fixture
def eth(tmp_path):
    """Return a book of nothing but ETH."""
    path = tmp_path / "eth.csv"
    path.write_text("coin,usd_value\nETH,50000\n")
    return path


def test_a6_the_falls_are_the_worst_30_days_that_do_not_overlap():
    got = report_on("layer1.csv")
    days, _ = closes()
    every = []
    for start in range(len(days) - FALL_DAYS):
        path, _, share = book_path(got, start, start + FALL_DAYS)
        if share >= 0.5:
            every.append((path[-1] / path[0] - 1, start))
    expected = []
    for move, start in sorted(every):
        if len(expected) < FALLS and all(abs(start - other) >= FALL_DAYS for _, other in expected):
            expected.append((move, start))
    falls = [one for one in got.past.episodes if one.kind == "fall"]
    assert [one.first_day for one in falls] == [days[start] for _, start in expected]
    assert [one.book_move for one in falls] == pytest.approx([move for move, _ in expected])
    assert all((one.last_day - one.first_day).days == FALL_DAYS for one in falls)
    assert falls[0].without == ("AVAX",)


def test_falls_may_meet_on_a_day_and_not_overlap_by_one():
    moves = np.ones(100)
    moves[[40, 11, 69]] = -0.5, -0.4, -0.4  # each overlaps the first by a day
    moves[[10, 70]] = -0.3, -0.2
    assert _worst_apart(moves) == [40, 10, 70]


def test_a6_the_crashes_are_those_of_lesson_08():
    got = report_on("layer1.csv")
    crashes = {one.name: one for one in got.past.episodes if one.kind == "crash"}
    assert {
        name: (str(one.first_day), str(one.last_day)) for name, one in crashes.items()
    } == market.CRASHES


@pytest.mark.parametrize(
    ("parameters", "ended"),
    [
        ({"benchmark": "BTC"}, []),
        ({"benchmark": "ETH", "max_leverage": 3.5}, [date(2021, 5, 1), date(2021, 4, 28)]),
        ({"benchmark": "BTC", "hedge_ratio": 0.7}, []),
    ],
)
def test_every_path_is_what_a_loop_over_its_days_gives(parameters, ended):
    got = report_on("layer1.csv", maintenance_rate=0.01, **parameters)
    days, _ = closes()
    past = got.past
    assert past.plan.contracts == got.plan.contracts
    assert len(past.episodes) == 10
    for one in past.episodes:
        start, end = days.index(one.first_day), days.index(one.last_day)
        path, without, _ = book_path(got, start, end)
        assert one.without == tuple(without)
        assert one.unhedged_usd == pytest.approx(path[-1] - path[0])
        for plan, course in ((past.plan, one.planned), (past.half, one.half)):
            left, stress, calm, gone = lived_through(got, plan, start, end)
            pnl = path[-1] - path[0] + left - plan.collateral_usd
            assert course.pnl_usd == pytest.approx(pnl)
            assert course.funding_usd == pytest.approx(stress)
            assert course.mean_funding_usd == pytest.approx(calm)
            assert course.liquidated_on == gone
        share = parameters.get("hedge_ratio", 1)
        cost = share * past.measured_usd * (past.plan.fee_rate + 0.0005)
        assert one.sold_usd == pytest.approx((1 - share) * one.unhedged_usd - cost)
    assert [d for one in past.episodes if (d := one.planned.liquidated_on)] == ended


def test_the_rally_is_the_largest_that_was_given_back_and_liquidates(eth):
    got = report_on(eth, benchmark="ETH")
    days, columns = closes()
    price, largest = columns["ETH"], (0.0, 0, 0)
    for start in range(len(price) - 180):
        high = price[start]
        for row in range(start + 1, start + 181):
            high = max(high, price[row])
            if price[row] <= price[start] and high / price[start] - 1 > largest[0]:
                largest = (high / price[start] - 1, start, row)
    one = got.past.episodes[-1]
    assert one.kind == "rally"
    assert one.coin_high == pytest.approx(largest[0])
    assert (one.first_day, one.last_day) == (days[largest[1]], days[largest[2]])
    assert one.planned.liquidated_on == date(2021, 5, 11)
    # The book is where it was, and all the margin is lost.
    assert one.planned.pnl_usd == pytest.approx(one.unhedged_usd - got.plan.collateral_usd)
    assert one.planned.called_on < one.planned.liquidated_on
    assert one.planned.called_usd > 0
    said = str(section(got, "past"))
    assert "called 5 May 2021" in said
    assert "liquidated 11 May 2021" in said
    assert "liquidated 11 May 2021" in section(got, "past-picture").alt


def test_a17_funding_at_the_cap_turns_an_income_of_march_2020_into_a_cost(eth):
    got = report_on(eth, benchmark="ETH")
    one = next(e for e in got.past.episodes if e.name == "March 2020")
    assert pytest.approx(-0.00375) == STRESS_RATE
    assert one.planned.mean_funding_usd > 0 > one.planned.funding_usd
    calm = report_on(eth, benchmark="ETH", funding_rate_8h=0.0)
    assert calm.past.assumed_funding
    planned = calm.past.episodes[0].planned
    assert planned.mean_funding_usd == 0
    assert planned.funding_usd == pytest.approx(6 * STRESS_RATE * calm.plan.notional_usd)


def test_a_venue_that_fails_keeps_margin_and_profit_from_that_day():
    plain, failing = (report_on("layer1.csv", venue_fails_day=day) for day in (None, 20))
    days, _ = closes()
    for before, one in zip(plain.past.episodes, failing.past.episodes, strict=True):
        start, end = days.index(one.first_day), days.index(one.last_day)
        path, _, _ = book_path(failing, start, end)
        _, stress, calm, gone = lived_through(failing, failing.past.plan, start, end, fails=20)
        lost = failing.past.plan.collateral_usd
        assert one.planned.pnl_usd == pytest.approx(path[-1] - path[0] - lost)
        assert one.planned.funding_usd == pytest.approx(stress)
        assert one.planned.mean_funding_usd == pytest.approx(calm)
        assert one.planned.liquidated_on is gone is None
        assert one.planned.seized_usd > 0 == before.planned.seized_usd
        assert one.unhedged_usd == before.unhedged_usd
        assert one.sold_usd == before.sold_usd
    assert "The venue is taken to fail on day 20" in " ".join(str(section(failing, "past")).split())
    late = report_on("layer1.csv", venue_fails_day=1000)
    assert late.past.episodes == plain.past.episodes
    with pytest.raises(InvalidInput, match="venue_fails_day must be a whole number of days >= 1"):
        report_on("layer1.csv", venue_fails_day=0)


def test_cash_that_serves_as_margin_is_no_part_of_the_path(tmp_path):
    path = tmp_path / "cash.csv"
    path.write_text("coin,usd_value\nUSDC,45000\nADA,3000\nLINK,2000\n")
    new, own = (report_on(path, collateral=c).past for c in ("new_money", "from_portfolio"))
    assert new.measured_usd == own.measured_usd == 5000
    for one, other in zip(new.episodes, own.episodes, strict=True):
        assert one.planned.pnl_usd == pytest.approx(other.planned.pnl_usd)


def test_coin_and_altcoins_out_of_the_book_move_as_they_are_kept(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text("coin,usd_value\nETH,4000\nADA,6000\nLINK,5000\nUSDT,1000\n")
    got = report_on(path, benchmark="ETH", collateral="from_portfolio", maintenance_rate=0.01)
    plan = got.plan
    assert plan.sold_usd > 0 < plan.cash_sold_usd
    days, columns = closes()
    one = next(e for e in got.past.episodes if e.name == "November 2022")
    start, end = days.index(one.first_day), days.index(one.last_day)
    kept = (11_000 - plan.sold_usd) / 11_000
    path = sum(
        kept * v * (columns[c][end] / columns[c][start] - 1)
        for c, v in (("ADA", 6000), ("LINK", 5000))
    )
    left, *_ = lived_through(got, plan, start, end)
    assert one.planned.pnl_usd == pytest.approx(path + left - plan.collateral_usd)


def test_days_before_those_of_a_venue_are_from_the_bundled_data():
    whole = market.Market.bundled()
    months = whole.funding_monthly()
    recent = market.Market(
        closes=whole.prices(start="2022-11-27"),
        funding=months[months["month"] >= "2022-12"],
        listings=whole.listings,
        venues=whole.venues(),
        origin={"live": {"venue": "bybit"}},
    )
    parameters = ReportParameters(portfolio="layer1.csv", live="bybit", as_of_data=True)
    got = build_report(parameters, data=recent)
    first = recent.provenance()["span"][0]
    assert f"before {first} are those that ship" in " ".join(str(section(got, "past")).split())
    bundled = report_on("layer1.csv", contract=got.plan.contract.id)
    assert got.past.episodes == bundled.past.episodes
    alone = ReportParameters(portfolio="layer1.csv", contract=got.plan.contract.id, as_of_data=True)
    few = build_report(alone, data=recent).past.episodes
    assert {one.kind for one in few} <= {"fall", "rally"}
    assert all(one.first_day >= date(2022, 11, 27) for one in few)


def test_a_book_without_history_says_so(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("coin,usd_value,beta_eth\nKAS,5000,1.2\n")
    got = report_on(path, benchmark="ETH")
    assert got.past.episodes == ()
    assert "no past to show" in " ".join(str(section(got, "past")).split())
    assert section(got, "past-picture").kind == ""
    assert to_data(got)["past"]["plan"] is None


def test_half_of_a_hedge_of_one_contract_is_none(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text("coin,usd_value\nADA,60\nLINK,40\n")
    got = report_on(path, benchmark="BTC", collateral="stablecoin")
    assert got.past.plan.contracts == -1
    assert got.past.half is None
    assert all(one.half is None for one in got.past.episodes)
    assert "less than a contract" in " ".join(str(section(got, "past")).split())
    assert section(got, "past-picture").panels


def test_a_path_is_drawn_for_each_row_of_the_table():
    got = report_on("layer1.csv")
    scene = section(got, "past-picture")
    assert len(scene.table.rows) == len(got.past.episodes) == len(scene.panels[0].y.ticks)
    drawn = {mark.name: mark.x for mark in scene.panels[0].marks if mark.kind == "points"}
    assert drawn["as planned"] == pytest.approx([e.planned.pnl_usd for e in got.past.episodes])
    assert drawn["unhedged"] == pytest.approx([e.unhedged_usd for e in got.past.episodes])
    assert np.isfinite(drawn["half the plan"]).all()
