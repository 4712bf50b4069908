"""The ticket leads from what is on to the plan, in safe steps, and places nothing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import market
from hedgelib.desk.position import Fill, wallets
from hedgelib.desk.ticket import COLUMNS, Goal, orders_csv
from hedgelib.desk.ticket import ticket as ticket_of

BTC = market.contract("binance:BTCUSD_PERP")
BYBIT = market.contract("bybit:BTCUSD")
ETH = market.contract("binance:ETHUSD_PERP")
FIND = {c.id: c for c in (BTC, BYBIT, ETH)}
PRICES = {"BTC": 60_012.34, "ETH": 3_000.0}


def held(*positions, balance=None):
    fills = [Fill(contract=c.id, contracts=n, entry_usd=e, wallet=w) for c, n, e, w in positions]
    return wallets(fills, FIND, planned=[BTC], balance=balance)


def ticket(wallet, contract, target, prices, *, band, **more):
    goal = Goal(contract=contract, contracts=target, wallet=wallet[0], **more)
    return ticket_of(wallet, [goal], prices, band=band)


def orders_of(found):
    return [(o.side, o.symbol, abs(o.contracts), o.reduce_only) for o in found.orders]


def test_opening_puts_the_margin_in_first():
    found = ticket(held(), BTC, -100.0, PRICES, band=0.05, wanted_usd=5_000.0, fee_rate=0.001)
    first, second = found.orders
    assert (first.step, first.side, first.contracts) == (1, "transfer", 0)
    # 5,000 after a fee of 10 on 10,000, and never a satoshi less.
    assert first.transfer_usd == pytest.approx(5_010, abs=1e-3)
    assert first.transfer_usd >= 5_010 - 1e-9
    assert (second.step, second.side, second.contracts) == (2, "sell", -100)
    assert not second.reduce_only
    # A sale waits above the price, on the tick of 0.1.
    assert second.price_usd == 60_012.4
    assert found.fee_in(held()[0]) == pytest.approx(10)


def test_within_the_band_nothing_is_traded():
    found = ticket(held((BTC, -104, 6e4, 1.0)), BTC, -100.0, PRICES, band=0.05, wanted_usd=6e4)
    assert found.within_band
    assert [o.side for o in found.orders] == []
    found = ticket(held((BTC, -106, 6e4, 1.0)), BTC, -100.0, PRICES, band=0.05, wanted_usd=6e4)
    assert orders_of(found) == [("buy", "BTCUSD_PERP", 6, True)]
    # A purchase waits below the price.
    assert found.orders[0].price_usd == 60_012.3


def test_a_long_is_closed_reduce_only_and_the_short_is_opened_apart():
    found = ticket(held((BTC, 30, 6e4, 1.0)), BTC, -100.0, PRICES, band=0.05, wanted_usd=6e4)
    assert orders_of(found) == [
        ("sell", "BTCUSD_PERP", 30, True),
        ("sell", "BTCUSD_PERP", 100, False),
    ]


def test_a_short_of_the_same_coin_elsewhere_counts_and_is_kept():
    found = ticket(held((BYBIT, -4_000, 6e4, 0.1)), BTC, -100.0, PRICES, band=0.05, fee_rate=0.0)
    (use,) = found.uses
    assert (use.verb, use.why) == ("keep", "it is a part of the hedge")
    assert orders_of(found) == [("sell", "BTCUSD_PERP", 60, False)]
    found = ticket(held((BYBIT, -14_000, 6e4, 0.1)), BTC, -100.0, PRICES, band=0.05, fee_rate=0.0)
    assert found.uses[0].verb == "change"
    assert orders_of(found) == [("buy", "BTCUSD", 4_000, True)]


def test_what_hedges_nothing_is_unwound_after_the_new_short():
    found = ticket(
        held((ETH, -7, 3e3, 1.0), (BYBIT, 500, 6e4, 0.1)),
        BTC,
        -100.0,
        PRICES,
        band=0.05,
        fee_rate=0.0,
    )
    assert [(u.verb, u.why) for u in found.uses] == [
        ("unwind", "it follows ETH, and the hedge is in BTC"),
        ("unwind", "a long adds to the BTC of the book"),
    ]
    assert orders_of(found) == [
        ("sell", "BTCUSD_PERP", 100, False),
        ("buy", "ETHUSD_PERP", 7, True),
        ("sell", "BTCUSD", 500, True),
    ]


def test_a_closed_contract_is_unwound():
    closed = replace(BYBIT, closed="since yesterday")
    fills = [Fill(contract=BYBIT.id, contracts=-500, entry_usd=6e4, wallet=0.1)]
    found = ticket(
        wallets(fills, {BYBIT.id: closed}, planned=[BTC], balance=None),
        BTC, -100.0, PRICES, band=0.05,
    )  # fmt: skip
    assert (found.uses[0].verb, found.uses[0].why) == ("unwind", "the contract is closed")


def test_margin_comes_out_last_and_never_more_than_is_there():
    found = ticket(held((BTC, -100, 60_012.34, 0.5)), BTC, 0.0, PRICES, band=0.05, fee_rate=0.001)
    trade, last = found.orders
    assert (trade.side, trade.reduce_only, last.side) == ("buy", True, "transfer")
    assert -0.5 < last.transfer < 0
    assert last.transfer_usd == pytest.approx(-(0.5 * 60_012.34 - 10), abs=1e-3)
    assert last.transfer_usd >= -(0.5 * 60_012.34 - 10)


def test_an_unknown_wallet_transfers_nothing():
    found = ticket(held((BTC, -10, 6e4, None)), BTC, -100.0, PRICES, band=0.05, wanted_usd=5e3)
    assert orders_of(found) == [("sell", "BTCUSD_PERP", 90, False)]


def test_a_name_is_no_formula_in_the_file():
    evil = replace(BTC, venue="=cmd()", symbol="@SUM(1)")
    found = ticket(
        wallets([], {}, planned=[evil], balance=None), evil, -5.0, PRICES, band=0.05, wanted_usd=1e3
    )
    rows = list(csv.DictReader(io.StringIO(orders_csv(found.orders))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["venue"] for row in rows} == {"'=cmd()"}
    assert {row["symbol"] for row in rows} == {"'@SUM(1)"}
    assert rows[-1]["contracts"] == "5"


def test_no_number_of_the_file_has_an_exponent():
    found = ticket(held(), BTC, -29_819_862_688.0, PRICES, band=0.05, wanted_usd=1.5e12)
    rows = list(csv.DictReader(io.StringIO(orders_csv(found.orders))))
    assert rows[-1]["contracts"] == "29819862688"
    assert not [cell for row in rows for cell in row.values() if "e+" in cell]
    small = ticket(held(), BTC, -1.0, PRICES, band=0.05, wanted_usd=1.01)
    assert (
        float(next(csv.DictReader(io.StringIO(orders_csv(small.orders))))["transfer_margin"]) < 1e-4
    )


CONTRACTS = st.sampled_from([BTC, BYBIT, ETH])
COUNTS = st.integers(-3_000, 3_000).map(float)


@given(
    positions=st.lists(st.tuples(CONTRACTS, COUNTS), max_size=3, unique_by=lambda one: one[0].id),
    target=st.integers(0, 2_000).map(lambda n: -float(n)),
    band=st.sampled_from([0.0, 0.05, 0.3]),
)
def test_c_after_the_orders_the_short_is_the_plan_within_band_and_lot(positions, target, band):
    wallet = held(*((c, n, 6e4 if c.coin == "BTC" else 3e3, 1.0) for c, n in positions))
    found = ticket(wallet, BTC, target, PRICES, band=band)
    on = {p.contract.id: p.contracts for w in wallet for p in w.positions}
    lots = {c.id: c for c in FIND.values()}
    for order in found.orders:
        if not order.contracts:
            continue
        contract = next(
            c for c in lots.values() if (c.venue, c.symbol) == (order.venue, order.symbol)
        )
        before = on.get(contract.id, 0.0)
        on[contract.id] = before + order.contracts
        if order.reduce_only:
            assert abs(on[contract.id]) < abs(before)
            assert on[contract.id] * before >= 0
    assert on == pytest.approx({name: found.after[name] for name in on})
    short = sum(-n * lots[name].multiplier for name, n in on.items() if lots[name].coin == "BTC")
    if target == 0:
        assert not any(on.values())
    else:
        assert abs(short - found.target_usd) <= max(found.band_usd, BTC.multiplier)
        assert on.get(ETH.id, 0.0) == 0
