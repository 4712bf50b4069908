"""The sources of margin side by side, slippage, and the warning of a large short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hedgelib import market
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.plan import plan_hedge
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.blocks import Table
from hedgelib.report.export import to_data
from hedgelib.report.registry import section
from hedgelib.report.sources import LARGE_USD, large_usd, margin_sources
from hedgelib.report.summary import warnings

BTC = market.contract("binance:BTCUSD_PERP")


def report_on(path, **parameters):
    return build_report(ReportParameters(portfolio=str(path), **parameters))


def words(part) -> str:
    return " ".join(str(part).split())


@pytest.fixture
def book(tmp_path):
    """Return a function that writes a portfolio file and names it."""

    def write(text: str):
        (tmp_path / "book.csv").write_text(f"coin,usd_value\n{text}")
        return tmp_path / "book.csv"

    return write


@given(
    held=st.floats(0, 60_000),
    cash=st.floats(0, 60_000),
    others=st.floats(20_000, 80_000),
    beta=st.floats(0.5, 2),
    ratio=st.floats(0.3, 1.2),
    target=st.floats(-0.3, 0.2),
    cap=st.sampled_from([1.5, 2.0, 4.0]),
)
@example(held=0.0, cash=0.0, others=20_012.0, beta=1.5, ratio=0.5, target=0.0, cap=1.5)
def test_a13_the_total_delta_is_the_same_from_every_source(
    held, cash, others, beta, ratio, target, cap
):
    usd = held + cash + others
    delta = held + beta * others

    def planned(source, leverage):
        return plan_hedge(
            usd, delta / usd, BTC, 40_000.0, collateral=source, max_leverage=leverage,
            held_usd=held, cash_usd=cash, hedge_ratio=ratio, target_beta=target,
        )  # fmt: skip

    try:
        plan = planned("stablecoin", cap)
    except HedgeError:
        return
    parameters = ReportParameters(portfolio="-", collateral="stablecoin", max_leverage=cap)
    found = margin_sources(plan, parameters, planned, held)
    assert [one.source for one in found] == ["new_money", "from_portfolio", "stablecoin", "held"]
    assert [one.source for one in found if one.own] == ["stablecoin"]
    wanted = (1 - ratio) * delta + target * usd
    for one in found:
        assert (one.plan is None) == bool(one.why_not)
        if one.plan is None:
            continue
        made = one.plan
        # What is owned now, part by part, and not by the plan's own sum.
        coin = made.wallet_usd if one.source != "stablecoin" else 0.0
        if one.source in ("from_portfolio", "held"):
            spot = held - (made.collateral_usd - made.sold_usd - made.cash_sold_usd)
        else:
            spot = held
        left = coin + spot + beta * (others - made.sold_usd) - made.notional_usd
        step = BTC.multiplier if "rounded down" in str(made.assumptions) else BTC.multiplier / 2
        # Rounding up may post more margin, and altcoins sold for it have a delta other than coin's.
        assert left == pytest.approx(wanted, abs=step * (1.01 + abs(beta - 1) / cap))
        assert left - wanted == pytest.approx(made.residual_delta_usd, abs=1e-6)
        if one.source == "held":
            assert made.liquidation_price_usd == np.inf
            assert made.sold_usd == made.cash_sold_usd == 0


def test_coin_already_held_needs_nothing_bought_and_is_never_liquidated(book):
    got = report_on(book("ETH,50000\n"), benchmark="ETH")
    held = got.sources[-1]
    assert held.plan.leverage <= 1 + 1e-9
    assert held.plan.liquidation_price_usd == np.inf
    (table,) = (b for b in section(got, "summary").blocks if isinstance(b, Table))
    row = table.rows[-1]
    assert row[0] == "ETH held, 1x"
    assert row[3] == "nothing"
    assert row[5] == "no price"
    assert list(table.marked) == [0]
    assert table.rows[0][0] == "ETH bought, this plan"


def test_what_cannot_be_done_says_why():
    got = report_on("layer1.csv", benchmark="ETH")
    held = got.sources[-1]
    assert held.plan is None
    needed = got.plan.beta * got.plan.book_usd
    assert held.why_not == f"$9,126 held, ${needed:,.0f} needed"
    assert held.why_not in words(section(got, "summary"))
    got = report_on("layer1.csv", max_leverage=1, collateral="stablecoin")
    assert got.sources[0].plan is None
    assert got.sources[0].why_not
    assert ";" not in got.sources[0].why_not


def test_stablecoins_of_the_book_come_first(book):
    got = report_on(book("USDC,45000\nADA,3000\nLINK,2000\n"), benchmark="ETH")
    _, own, stable, _ = (one for one in to_data(got)["margin_sources"])
    assert own["trades"] == f"sell ${own['collateral_usd']:,.0f} of cash for ETH"
    assert own["sold_usd"] == 0 < own["cash_sold_usd"]
    assert stable["trades"] == f"${stable['collateral_usd']:,.0f} of your cash"
    assert abs(own["delta_left_usd"]) < 6


def test_the_own_plan_is_the_one_that_is_marked():
    got = report_on("layer1.csv", collateral="from_portfolio", collateral_usd=40_000)
    assert [one.own for one in got.sources] == [False, True, False, False]
    assert got.sources[1].plan is got.plan
    data = to_data(got)["margin_sources"]
    assert data[1]["collateral_usd"] == 40_000
    assert data[3]["contracts"] is None


def test_a14_slippage_is_in_the_cost_line_as_an_assumption():
    got = report_on("layer1.csv")
    amount = got.plan.notional_usd * 0.0005
    said = f"Slippage, at an assumed 0.05%, is about ${amount:,.0f} each way."
    assert said in words(section(got, "summary"))
    assert said in words(section(got, "cost"))
    assert to_data(got)["slippage"] == {"rate": 0.0005, "trade_usd": pytest.approx(amount)}
    assert "at an assumed 0.2%" in words(section(report_on("layer1.csv", slippage=0.002), "cost"))
    for wrong in (-0.1, 1):
        with pytest.raises(InvalidInput, match="slippage must be a decimal from 0 to below 1"):
            ReportParameters(portfolio="layer1.csv", slippage=wrong)


def test_a14_a_large_short_is_warned_of_by_the_first_tier_of_the_contract(book):
    assert large_usd(BTC, 60_000.0) == 5 * 60_000
    assert large_usd(BTC, 40_000.0) == LARGE_USD
    assert large_usd(market.contract("binance:SOLUSD_PERP"), 100.0) == LARGE_USD
    got = report_on(book("ADA,600000\nLINK,400000\n"), benchmark="BTC")
    (said,) = (text for text in warnings(got) if text.startswith("A large short"))
    assert f"${got.plan.notional_usd:,.0f}" in said
    assert "a rule of thumb" in said
    assert not [t for t in warnings(report_on("layer1.csv")) if t.startswith("A large short")]


def test_the_ladder_of_the_venue_is_enforced_for_every_source(book):
    got = report_on(book("ADA,60000000\nLINK,40000000\n"), benchmark="BTC", max_leverage=5)
    sizes = [one.plan.notional_usd / got.plan.price_usd for one in got.sources if one.plan]
    assert min(sizes) > 1000
    assert all(one.plan.leverage <= 2 + 1e-9 for one in got.sources if one.plan)
