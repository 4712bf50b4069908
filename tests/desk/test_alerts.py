"""When to act: levels and top-ups worked out here by other means."""

from __future__ import annotations

import math

import pytest

from hedgelib import market
from hedgelib.desk.alerts import FUNDING_BOUND_8H, leverage_alert, price_alerts
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.export import to_data
from hedgelib.report.registry import section

BTC = market.contract("binance:BTCUSD_PERP")


def test_c_a_top_up_brings_the_distance_back():
    # A flat rate of m: liquidated at Q = N (1 + m) / (w + N / P), so w = N (1 + m) / Q - N / P.
    size, rate, price, wallet = 60_000.0, 0.01, 60_000.0, 0.5

    def liquidation(more):
        per_coin = size / price + wallet + more
        return (
            size * (1 + rate) / (size / price - wallet - more)
            if per_coin and (size / price > wallet + more)
            else math.inf
        )

    found = price_alerts(price, liquidation, lambda at: at)
    now = liquidation(0.0)
    distance = now / price - 1
    assert [alert.share for alert in found] == [0.6, 0.4, 0.25]
    for alert in found:
        assert now / alert.price_usd - 1 == pytest.approx(alert.share * distance)
        wanted = alert.price_usd * (1 + distance)
        by_hand = size / price - size * (1 + rate) / wanted - wallet
        assert alert.add == pytest.approx(by_hand, rel=1e-9)
        assert alert.add_usd == pytest.approx(by_hand * alert.price_usd)


def test_no_liquidation_price_is_nothing_to_watch():
    assert price_alerts(6e4, lambda _: math.inf, lambda at: at) == ()


@pytest.mark.parametrize(
    ("contract", "in_coin"),
    [(BTC, True), (BTC, False), (market.contract("kraken:PI_XBTUSD"), True)],
)
def test_the_leverage_alert_is_where_a_plain_search_finds_it(contract, in_coin):
    price, cap = 50_000.0, 2.0
    contracts = -100_000 / contract.multiplier
    wallet = 1.0 if in_coin else 50_000.0
    found = leverage_alert(contract, contracts, price, wallet, cap, in_coin=in_coin)

    def equity(at):
        return wallet * (at if in_coin else 1) - 100_000 * (at / price - 1)

    at = price
    while 100_000 / equity(at) < 2.5:
        at += 1
    assert found.price_usd == pytest.approx(at, abs=1.01)
    assert 100_000 / (equity(found.price_usd) + found.add_usd) == pytest.approx(cap)


def test_a_fully_covered_short_has_no_leverage_alert():
    assert leverage_alert(BTC, -500, 50_000, 1.0, 2.0, in_coin=True) is None


@pytest.fixture(scope="module")
def report():
    return build_report(ReportParameters(portfolio="layer1.csv", benchmark="BTC"))


def test_c_the_alerts_of_a_report(report):
    found = {alert.kind: alert for alert in report.desk.alerts}
    plan, tracked = report.plan, report.tracked
    paid = plan.notional_usd * -FUNDING_BOUND_8H * 3 * 30
    assert found["funding"].add_usd == pytest.approx(paid)
    assert found["funding"].add == pytest.approx(paid / plan.price_usd)
    high = found["beta_high"]
    assert high.level == tracked.book_beta_high
    more = (tracked.book_beta_high - plan.beta) * plan.book_usd
    # At a cap of 2, bought margin is as large as the exposure: beta V / (L - 1), and fees.
    assert high.add_usd == pytest.approx(more, rel=0.01)
    # The coins that are bought for it need a short of their own.
    assert high.contracts == pytest.approx(-(more + high.add_usd) / 100)
    (two,) = [b for b in report.sensitivity.betas if (b.window_days, b.horizon_days) == (365, 1)]
    assert high.contracts == pytest.approx(two.contracts_high - plan.contracts, abs=2)
    assert found["beta_low"].contracts > 0
    assert found["beta_low"].add_usd == 0
    text = " ".join(repr(section(report, "alerts")).split())
    assert "Distance to liquidation down to 60% of today's" in text
    assert "Funding below −0.01% per 8 hours" in text
    assert len(to_data(report)["alerts"]) == len(report.desk.alerts) == 7


@pytest.mark.parametrize("parameters", [{}, {"hedge_ratio": 0.6}, {"collateral": "stablecoin"}])
def test_another_beta_moves_what_is_kept_of_the_book(parameters):
    given = {"benchmark": "BTC", "collateral": "from_portfolio"} | parameters
    report = build_report(ReportParameters(portfolio="layer1.csv", **given))
    plan, alerts = report.plan, {alert.kind: alert for alert in report.desk.alerts}
    if given["collateral"] == "from_portfolio":
        assert plan.kept_usd < plan.book_usd
    low = alerts["beta_low"]
    less = plan.beta - low.level
    # Delta of all that is owned, less what is left on purpose, if the beta was that low.
    owned = plan.exposure_usd - less * plan.kept_usd
    left = (1 - plan.hedge_ratio) * low.level * plan.book_usd
    short = plan.notional_usd - low.contracts * 100
    assert short == pytest.approx(owned - left, abs=100)


def test_a_dated_contract_has_no_funding_to_watch():
    dated = ReportParameters(
        portfolio="layer1.csv", contract="binance:BTCUSD_240329", futures_price_usd=42_500
    )
    kinds = {alert.kind for alert in build_report(dated).desk.alerts}
    assert "distance" in kinds
    assert "funding" not in kinds


def test_nothing_on_is_nothing_to_watch():
    off = ReportParameters(
        portfolio="layer1.csv", position="binance:BTCUSD_PERP:-100@40000", wallet=1, unwind=True
    )
    report = build_report(off)
    assert report.desk.alerts == ()
    assert "nothing to watch" in repr(section(report, "alerts"))


def test_a_beta_of_a_book_that_is_partly_unknown_is_one_of_a_range(tmp_path):
    (tmp_path / "book.csv").write_text("coin,usd_value\nADA,1000\nUNKNOWN,9000\n")
    parameters = ReportParameters(portfolio=str(tmp_path / "book.csv"), benchmark="BTC")
    report = build_report(parameters)
    text = " ".join(repr(section(report, "alerts")).split())
    assert "of its interval" not in text
    level = report.tracked.book_beta_high
    assert f"Beta of the whole book above {level:.2f}, the top of its range" in text
    assert "none" in text.split("the bottom of its range")[1], "no margin is to be added"
