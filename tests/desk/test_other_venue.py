"""A hedge that is partly on at another venue than the plan's: margin follows the shorts."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hedgelib.errors import InfeasibleHedge
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.export import to_data
from hedgelib.report.registry import section

OKX, BINANCE = "okx:BTC-USD-SWAP", "binance:BTCUSD_PERP"
PRICE, FACE = 42_265.2, 100


@pytest.fixture(scope="module")
def report_on(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    (folder / "book.csv").write_text("coin,usd_value\nADA,10000\nLINK,5000\nETH,5000\nUSDT,2000\n")

    def report(*rows, **parameters):
        position = folder / "on.csv"
        lines = [",".join(map(str, row)) for row in rows]
        position.write_text("\n".join(["contract,contracts,entry_usd,wallet", *lines, ""]))
        given = {"portfolio": str(folder / "book.csv"), "benchmark": "BTC"}
        return build_report(ReportParameters(**given, position=str(position), **parameters))

    return report


def words(report, name):
    return " ".join(repr(section(report, name)).split())


def orders(report):
    return [(o.side, o.venue.split()[0], o.contracts) for o in report.desk.ticket.orders]


def equity_after(report):
    desk = report.desk
    return {wallet.venue.split()[0]: desk.after_usd(wallet) for wallet in desk.wallets}


def test_a_short_is_not_opened_on_an_empty_wallet(report_on):
    report = report_on((OKX, -200, PRICE, 0.9), (BINANCE, 0, PRICE, 0))
    plan, after = report.plan, equity_after(report)
    assert orders(report) == [
        ("transfer", "OKX", 0), ("transfer", "Binance", 0), ("sell", "Binance", -373),
    ]  # fmt: skip
    # The coins are moved, not bought: 0.9 BTC less the fee, as the plan has them.
    assert sum(after.values()) == pytest.approx(0.9 * PRICE - 373 * FACE * plan.fee_rate, abs=0.01)
    for venue, contracts in (("OKX", 200), ("Binance", 373)):
        assert contracts * FACE / after[venue] == pytest.approx(plan.leverage, rel=0.01)
    # Liquidated where page one says, at either venue.
    for venue in (OKX, BINANCE):
        near, *_ = [a for a in report.desk.alerts if (a.contract, a.kind) == (venue, "distance")]
        distance = plan.liquidation_move
        assert near.price_usd == pytest.approx(
            plan.liquidation_price_usd / (1 + 0.6 * distance), rel=0.01
        )
    assert "No price liquidates" not in words(report, "alerts")
    money = to_data(report)["desk"]["money"]
    assert money["equity_after_usd"] == pytest.approx(sum(after.values()))


def test_a_short_elsewhere_is_watched_and_taken_off_where_it_is(report_on):
    report = report_on((OKX, -386, 40_000, 0.5))
    assert {a.contract for a in report.desk.alerts if a.kind == "distance"} == {OKX}
    said = words(report, "trade")
    assert "buy back 386 contracts of BTC-USD-SWAP at OKX, reduce-only" in said
    assert "BTCUSD_PERP" not in said.split("To take the hedge off later")[1]
    assert "nothing to watch" not in words(report, "alerts")
    report = report_on((OKX, -100, 40_000, ""), (BINANCE, 50, 42_000, ""))
    said = words(report, "trade").split("To take the hedge off later")[1]
    assert "100 contracts of BTC-USD-SWAP at OKX" in said
    assert "286 contracts of BTCUSD_PERP at Binance" in said


def test_margin_that_is_missing_goes_where_the_short_is(report_on):
    report = report_on((OKX, -386, PRICE, 0.2))
    assert orders(report) == [("transfer", "OKX", 0)]
    assert equity_after(report)["OKX"] == pytest.approx(report.plan.wallet_usd, abs=0.01)


def test_coins_at_another_venue_are_exposure(report_on):
    report = report_on((OKX, -386, 40_000, 2))
    equity = (2 - 38_600 * (1 / 40_000 - 1 / PRICE)) * PRICE
    exposure = report.plan.beta * report.plan.book_usd + equity
    assert report.plan.notional_usd == pytest.approx(exposure, abs=100)
    assert ("sell", "Binance", -630) in orders(report)


def test_a_wallet_in_which_orders_are_due_keeps_its_margin_until_then(report_on):
    report = report_on((OKX, -200, PRICE, 0.9), ("okx:BTC-USD-260327", 10, PRICE, ""))
    assert [(o.venue, o.transfer > 0) for o in report.desk.ticket.orders if o.transfer] == [
        ("Binance COIN-M", True)
    ]


def test_margin_below_maintenance_is_due_now(report_on):
    # At 110x the margin is 0.91%, and Kraken's maintenance is 1%.
    report = report_on(("kraken:PI_XBTUSD", -10_000, PRICE, 10_000 / 110 / PRICE), max_leverage=110)
    due = [alert for alert in report.desk.alerts if alert.kind == "due"]
    assert [alert.contract for alert in due] == ["kraken:PI_XBTUSD"]
    assert "Now: its margin is not above maintenance" in words(report, "alerts")


@settings(max_examples=25, deadline=None)
@given(
    there=st.integers(0, 600),
    coins=st.floats(0.01, 3),
    here=st.integers(0, 600),
    own=st.floats(0, 3),
    band=st.sampled_from([0.0, 0.05]),
)
def test_after_the_orders_every_short_has_its_margin(report_on, there, coins, here, own, band):
    rows = [(OKX, -there, PRICE, coins), (BINANCE, -here, PRICE, own)]
    try:
        report = report_on(*rows, band=band)
    except InfeasibleHedge:
        assume(False)
    desk, cap = report.desk, report.parameters.max_leverage
    after = equity_after(report)
    counts = desk.ticket.after
    for name, venue in ((OKX, "OKX"), (BINANCE, "Binance")):
        if counts.get(name, 0.0) < 0:
            reached = -counts[name] * FACE / after[venue]
            assert reached <= cap * (1 + 2 * max(band, 0.01))
    # Nothing appears or disappears between venues but fees and what comes from outside.
    moved = sum(order.transfer_usd for order in desk.ticket.orders)
    fees = sum(order.fee_usd for order in desk.ticket.orders)
    assert sum(after.values()) == pytest.approx((coins + own) * PRICE + moved - fees, abs=1)
    takes = [o.step for o in desk.ticket.orders if o.transfer < 0 and not o.symbol]
    puts = [o.step for o in desk.ticket.orders if o.transfer > 0]
    assert max(takes, default=0) < min(puts, default=99)
