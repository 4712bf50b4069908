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


def test_margin_that_orders_set_free_comes_out_after_them(report_on):
    """Until then it is lent; nothing is bought for good."""
    report = report_on((OKX, -200, PRICE, 0.9), ("okx:BTC-USD-260327", 10, PRICE, ""))
    first, *_, last = report.desk.ticket.orders
    assert (first.venue, last.venue) == ("Binance COIN-M", "OKX")
    assert first.transfer == pytest.approx(-last.transfer, rel=1e-3)


def test_a_short_with_margin_of_another_kind_is_replaced(report_on):
    """Its margin is dollars: no coin is there for the plan's size."""
    linear = "binance:BTCUSDT"
    report = report_on((linear, -2.45, PRICE, 55_000))
    (use,) = report.desk.ticket.uses
    assert (use.verb, use.target) == ("unwind", 0)
    assert "its margin is USD, and the plan's is BTC; --contract binance:BTCUSDT keeps" in use.why
    assert report.desk.ticket.held_usd == 0
    assert "of USD at Binance" in words(report, "trade")
    # By its own contract it is what it is.
    report = report_on((linear, -2.45, PRICE, 55_000), contract=linear)
    (order,) = [order for order in report.desk.ticket.orders if order.contracts]
    exposure = report.plan.beta * report.plan.book_usd
    assert 2.45 - order.contracts == pytest.approx(exposure / PRICE, abs=0.001)
    # Coins behind an inverse short are none of a linear plan's.
    report = report_on(("bybit:BTCUSD", -52_000, PRICE, 1.0), contract=linear)
    assert report.desk.ticket.uses[0].verb == "unwind"
    assert "of BTC at Bybit stays there and is not counted" in words(report, "trade")


def test_an_unknown_wallet_takes_nothing_from_one_that_is_known(report_on):
    alone = report_on((BINANCE, -1100, PRICE, 2.1))
    both = report_on((BINANCE, -1100, PRICE, 2.1), ("bybit:BTCUSD", -1, PRICE, ""))
    assert both.plan.collateral_usd == pytest.approx(alone.plan.collateral_usd, abs=1)
    assert [order for order in both.desk.ticket.orders if order.transfer < 0] == []


def test_no_margin_goes_to_a_venue_that_has_no_short_after_it(report_on):
    report = report_on(("bitmex:XBTUSD", -50_000, 30_000, 0.1), (BINANCE, -1100, PRICE, 1.4))
    assert [o for o in report.desk.ticket.orders if o.transfer > 0 and o.venue == "BitMEX"] == []


def test_unwinding_empties_every_wallet(report_on):
    rows = [("bybit:BTCUSD", -50_000, 42_000, 1), (BINANCE, -10, PRICE, 0.1)]
    report = report_on(*rows, unwind=True)
    assert list(equity_after(report).values()) == pytest.approx([0, 0], abs=0.01)
    assert set(report.desk.ticket.after.values()) == {0.0}


def test_the_cap_holds_within_any_band(report_on):
    rows = [("bybit:BTCUSD", -60_000, PRICE, 0.36), (BINANCE, -437, PRICE, 0.6)]
    for band in (0.1, 0.5, 1.0):
        report = report_on(*rows, band=band)
        after, counts = equity_after(report), report.desk.ticket.after
        assert -counts["bybit:BTCUSD"] / after["Bybit"] <= 2.02
        assert -counts[BINANCE] * FACE / after["Binance"] <= 2.02


def test_own_spare_is_moved_before_new_money(report_on):
    report = report_on((BINANCE, -230, PRICE, 1.2), ("bybit:BTCUSD", -50_000, PRICE, 0.1))
    first, second, *_ = report.desk.ticket.orders
    assert (first.venue, first.transfer < 0) == ("Binance COIN-M", True)
    assert (second.venue, second.transfer > 0) == ("Bybit", True)


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


def done(report):
    """Do the orders at the price of the report; return balance and contracts of each venue."""
    price, coins, counts = report.plan.price_usd, {}, {}
    for wallet in report.desk.wallets:
        if wallet.currency == "BTC":
            equity = wallet.equity_usd(report.desk.prices)
            coins[wallet.venue] = (equity or 0.0) / price
            for one in wallet.positions:
                counts[one.contract.venue, one.contract.symbol] = one.contracts
    for order in report.desk.ticket.orders:
        coins[order.venue] += order.transfer - order.fee_usd / price
        if order.contracts:
            key = order.venue, order.symbol
            counts[key] = counts.get(key, 0.0) + order.contracts
    return coins, counts


POSITIONS = st.tuples(st.integers(-900, 300), st.floats(0.0, 4))


@settings(max_examples=30, deadline=None)
@given(okx=POSITIONS, bybit=POSITIONS, binance=POSITIONS, given_usd=st.sampled_from([None, 6e4]))
def test_done_literally_the_orders_leave_the_book_hedged(report_on, okx, bybit, binance, given_usd):
    """Whatever is on at three venues, longs and too much margin among it."""
    rows = [(OKX, okx[0], PRICE, okx[1]), ("bybit:BTCUSD", bybit[0] * 100, PRICE, bybit[1]),
            (BINANCE, binance[0], PRICE, binance[1])]  # fmt: skip
    report = report_on(*rows, band=0, collateral_usd=given_usd, max_leverage=3)
    coins, counts = done(report)
    faces = {"BTCUSD": 1}
    plan, short = report.plan, -sum(faces.get(k[1], 100) * n for k, n in counts.items())
    exposure = plan.beta * plan.book_usd + sum(coins.values()) * PRICE
    assert exposure - short == pytest.approx(0, abs=0.012 * plan.wallet_usd + 300)
    for (venue, symbol), count in counts.items():
        size = -count * faces.get(symbol, 100)
        assert size >= 0
        if size > 200:
            assert size / (coins[venue] * PRICE) <= 3 * 1.02
    # The next report finds nothing to do but what a lot or half a percent leaves.
    again = ((OKX, "OKX"), ("bybit:BTCUSD", "Bybit"), (BINANCE, "Binance COIN-M"))
    rows = [
        (name, counts.get((venue, name.split(":")[1]), 0), PRICE, max(coins[venue], 0))
        for name, venue in again
    ]
    after = report_on(*rows, band=0.01, collateral_usd=given_usd, max_leverage=3)
    assert sum(abs(o.notional_usd) + abs(o.transfer_usd) for o in after.desk.ticket.orders) <= (
        0.06 * plan.wallet_usd + 500
    )
