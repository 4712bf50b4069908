"""What one contract pays: exact numbers, laws, and what is refused."""

from __future__ import annotations

import math
from datetime import date, datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hedgelib as h
from tests.strategies import (
    check_value_object,
    fees,
    floats,
    kinds,
    linear_terms,
    multipliers,
    prices,
    refused,
    shown,
    signed,
    sizes,
    terms,
)

PNL = {"inverse": h.inverse_pnl_coin, "linear": h.linear_pnl_usd}
FEE = {"inverse": h.inverse_fee_coin, "linear": h.linear_fee_usd}
AVERAGE = {"inverse": h.inverse_average_entry, "linear": h.linear_average_entry}
NOTIONAL = {"inverse": h.inverse_notional_coin, "linear": h.linear_notional_usd}
FUNDING = {"inverse": h.inverse_funding_coin, "linear": h.linear_funding_usd}
BREAK_EVEN = {"inverse": h.inverse_break_even_price, "linear": h.linear_break_even_price}


def near(value, scale=0.0, rel=1e-9):
    """Approximately `value`, where the parts of the sum were of the size of `scale`."""
    return pytest.approx(value, rel=rel, abs=1e-12 * abs(scale))


def exact_cash(kind, fills, multiplier, mark, rates):
    """Value a sequence of fills from the cash alone, in fractions: no averages, no positions."""
    total = Fraction(0)
    for (size, price), rate in zip(fills, rates, strict=True):
        size, price, rate = Fraction(size), Fraction(price), Fraction(rate)
        if kind == "inverse":
            total += size * (1 / price - 1 / Fraction(mark)) - abs(size) / price * rate
        else:
            total += size * (Fraction(mark) - price) - abs(size) * price * rate
    return float(total * Fraction(multiplier))


# Numbers worked out by hand.


def test_notional():
    assert h.inverse_notional_coin(1000, 2000, 10) == 5.0
    assert h.inverse_notional_coin(-1000, 2000) == -0.5
    assert h.linear_notional_usd(-14, 3500, 0.5) == -24500.0
    assert h.linear_notional_usd(14, 3500) == 49000.0


def test_profit():
    assert h.inverse_pnl_coin(1000, 2000, 4000, 10) == 2.5
    assert h.inverse_pnl_coin(-1000, 2000, 4000, 10) == -2.5
    assert h.inverse_pnl_coin(1000, 2000, 4000) == 0.25
    assert h.inverse_pnl_usd(1000, 2000, 4000, 10) == 10000.0
    assert h.inverse_pnl_usd(1000, 2000, 4000) == 1000.0
    assert h.inverse_pnl_usd(1000, 2000, 4000, 10, 3000) == 7500.0
    assert h.inverse_pnl_usd(1000, 2000, 4000, spot_usd=3000) == 750.0
    assert h.linear_pnl_usd(3, 2000, 2500, 0.5) == 750.0
    assert h.linear_pnl_usd(-3, 2000, 2500) == -1500.0


def test_the_article_to_the_dollar():
    assert h.inverse_pnl_usd(-4900, 3500, 2975, 10) == 7350.0
    assert h.inverse_pnl_usd(-4900, 3500, 4025, 10) == pytest.approx(-7350, rel=1e-14)
    assert h.linear_pnl_usd(-14, 3500, 4025) == -7350.0


def test_prices_that_are_close_keep_their_digits():
    exact = float(Fraction(10**9) * (1 / Fraction(60000.0) - 1 / Fraction(60000.0001)))
    assert h.inverse_pnl_coin(10**9, 60000, 60000.0001) == pytest.approx(exact, rel=1e-10)


def test_average_entry():
    assert h.inverse_average_entry([1000, 2000], [5000, 6000]) == 5625.0
    assert h.linear_average_entry([1000, 2000], [5000, 6500]) == 6000.0
    assert h.inverse_average_entry(-7, 5000) == pytest.approx(5000, rel=1e-15)
    assert h.linear_average_entry(-7, 5000) == 5000.0
    assert h.inverse_average_entry([3, 0], [2000, 9]) == 2000.0


@pytest.mark.parametrize("kind", AVERAGE)
def test_average_entry_of_many_positions_at_once(kind):
    found = AVERAGE[kind]([[1, 1], [-1, -3]], [2000, 4000])
    each = [AVERAGE[kind](n, [2000, 4000]) for n in ([1, 1], [-1, -3])]
    assert found.tolist() == each
    assert AVERAGE[kind]([1, 3], [[2000, 4000], [1000, 8000]]).shape == (2,)
    assert AVERAGE[kind](np.empty((0, 3)), 5.0).shape == (0,)


@pytest.mark.parametrize("kind", AVERAGE)
def test_average_entry_is_one_of_adds(kind):
    both = (
        "contracts must all be buys or all be sells: an average entry is one of adds; "
        "a reducing fill leaves it as it is"
    )
    none = "contracts must hold at least one fill that is not zero"
    for fills in ([1, -0.5], [[1, 1], [1, -1e-9]], [-1, 1]):
        with refused(both):
            AVERAGE[kind](fills, [2000, 3000])
    for fills in ([0, 0], [], 0, [[1, 1], [0, 0]]):
        with refused(none):
            AVERAGE[kind](fills, 2000)
    with refused("entry_usd must be > 0, got 0.0 at [1]"):
        AVERAGE[kind]([1, 1], [2000, 0])
    with refused("the shapes do not go together: contracts (2,), entry_usd (3,)"):
        AVERAGE[kind]([1, 1], [1, 2, 3])


def test_fees():
    assert h.inverse_fee_coin(-1000, 2000, 0.0005, 10) == 0.0025
    assert h.inverse_fee_coin(1000, 2000, 0.0005) == 0.00025
    assert h.inverse_fee_coin(1000, 2000, -0.0005, 10) == -0.0025
    assert h.linear_fee_usd(-14, 3500, 0.0005) == 24.5
    assert h.linear_fee_usd(14, 3500, -0.0005, 0.5) == -12.25


def test_funding():
    assert h.inverse_funding_coin(1000, 2000, 0.001, 10) == -0.005
    assert h.inverse_funding_coin(-1000, 2000, 0.001) == 0.0005
    assert h.inverse_funding_coin(-1000, 2000, -0.001, 10) == -0.005
    assert h.linear_funding_usd(10, 3500, 0.001, 0.5) == -17.5
    assert h.linear_funding_usd(-10, 3500, 0.001) == 35.0
    assert math.copysign(1, h.inverse_funding_coin(5, 2000, 0)) == 1
    assert math.copysign(1, h.linear_funding_usd(5, 2000, 0)) == 1


def test_break_even():
    assert h.inverse_break_even_price(-3, 3000, 0.5) == 1000.0
    assert h.inverse_break_even_price(3, 3000, 0.5) == 9000.0
    assert h.inverse_break_even_price(3, 3000, 0.5, 0.25) == 7500.0
    assert h.linear_break_even_price(-3, 3000, 0.5) == 1000.0
    assert h.linear_break_even_price(3, 3000, 0.5) == 9000.0
    assert h.linear_break_even_price(3, 3000, 0.25, 0.5) == 7500.0
    assert h.inverse_break_even_price([-1, 1], 3000, [0.5, 0.25], 0).tolist() == [2000.0, 4000.0]


@pytest.mark.parametrize("kind", BREAK_EVEN)
def test_no_position_breaks_even(kind):
    with refused("contracts must not be 0: a position that is not there never breaks even"):
        BREAK_EVEN[kind]([1, 0], 3500, 0.0005)


ROUNDED = [
    # exact, nearest, down, up
    (0.0, 0, 0, 0),
    (2.857, 3, 2, 3),
    (2.5, 3, 2, 3),
    (3.5, 4, 3, 4),
    (2.4999999, 2, 2, 3),
    (2.0, 2, 2, 2),
    (14.999999999999998, 15, 15, 15),
    (15.000000000000002, 15, 15, 15),
    (15 - 0.9e-9, 15, 15, 15),
    (15 + 0.9e-9, 15, 15, 15),
    (15 - 1.1e-9, 15, 14, 15),
    (15 + 1.1e-9, 15, 15, 16),
    (1e-10, 0, 0, 0),
    (1.1e-9, 0, 0, 1),
    (0.49999999999999994, 0, 0, 1),
    (600_000_000.7, 600_000_001, 600_000_000, 600_000_001),
    (1e12 + 0.004, 1e12, 1e12, 1e12),
    (1e12 + 0.02, 1e12, 1e12, 1e12 + 1),
    (2.0**52 + 1, 2**52 + 1, 2**52 + 1, 2**52 + 1),
    (2.0**53 + 2, 2**53 + 2, 2**53 + 2, 2**53 + 2),
]


@pytest.mark.parametrize(("exact", "nearest", "down", "up"), ROUNDED)
@pytest.mark.parametrize("sign", [1, -1])
def test_rounding(exact, nearest, down, up, sign):
    assert h.round_contracts(sign * exact) == sign * nearest
    assert h.round_contracts(sign * exact, "nearest") == sign * nearest
    assert h.round_contracts(sign * exact, "down") == sign * down
    assert h.round_contracts(sign * exact, "up") == sign * up


def test_rounding_to_lots():
    assert h.round_contracts(2.7, "nearest", 0.5) == 2.5
    assert h.round_contracts(2.7, "down", 0.5) == 2.5
    assert h.round_contracts(2.7, "up", 0.5) == 3.0
    assert h.round_contracts(149, lot=100) == 100.0
    assert h.round_contracts(150, lot=100) == 200.0
    assert h.round_contracts([2.7, 2.7], "up", [0.5, 2]).tolist() == [3.0, 4.0]
    assert str(h.round_contracts(-0.3)) == "0.0"
    with refused("rounding must be one of nearest, down, up, got 'even'"):
        h.round_contracts(1, "even")
    with refused("lot must be > 0, got 0.0"):
        h.round_contracts(1, lot=0)
    with refused("contracts_exact must be a finite number, got inf"):
        h.round_contracts(math.inf)


@given(floats(-1e6, 1e6), st.sampled_from([0.001, 0.1, 1.0, 5.0]))
def test_rounding_stays_on_its_side(exact, lot):
    nearest, down, up = (h.round_contracts(exact, how, lot) for how in ("nearest", "down", "up"))
    slack = 1e-9 * lot + 1e-12 * abs(exact)
    assert abs(nearest - exact) <= lot / 2 + slack
    assert abs(down) <= abs(exact) + slack
    assert abs(up) >= abs(exact) - slack
    assert abs(up) - abs(down) <= lot + slack
    assert nearest in (down, up)
    for whole in (nearest, down, up):
        assert whole * exact >= 0
        assert round(whole / lot) * lot == pytest.approx(whole, rel=1e-12)
        for how in ("nearest", "down", "up"):
            assert h.round_contracts(whole, how, lot) == whole


# Laws.

fills = st.lists(st.tuples(signed, prices), min_size=1, max_size=8)


@given(kinds, signed, prices, prices, multipliers)
def test_a_short_is_a_long_turned_round(kind, contracts, entry, leave, multiplier):
    profit = PNL[kind](contracts, entry, leave, multiplier)
    assert PNL[kind](-contracts, entry, leave, multiplier) == -profit
    assert (profit > 0) == ((leave - entry) * contracts > 0)


@given(st.lists(st.tuples(sizes, prices), min_size=1, max_size=6), prices, multipliers, kinds)
def test_one_position_at_the_average_entry_earns_what_all_fills_earn(
    fills, leave, multiplier, kind
):
    contracts, entries = (np.array(x) for x in zip(*fills, strict=True))
    average = AVERAGE[kind](contracts, entries)
    each = PNL[kind](contracts, entries, leave, multiplier)
    assert entries.min() * (1 - 1e-12) <= average <= entries.max() * (1 + 1e-12)
    for sign in (1, -1):
        whole = PNL[kind](sign * contracts.sum(), average, leave, multiplier)
        assert AVERAGE[kind](sign * contracts, entries) == average
        assert whole == near(
            sign * each.sum(), scale=NOTIONAL[kind](contracts, entries).sum() * 1e3
        )


@given(st.lists(sizes, min_size=2, max_size=6), prices, prices, kinds)
def test_profit_is_additive_in_contracts(contracts, entry, leave, kind):
    parts = PNL[kind](contracts, entry, leave)
    assert PNL[kind](sum(contracts), entry, leave) == near(parts.sum())


@given(kinds, signed, prices, prices, prices, multipliers)
def test_profit_is_additive_along_the_way(kind, contracts, entry, between, leave, multiplier):
    legs = PNL[kind](contracts, entry, between, multiplier) + PNL[kind](
        contracts, between, leave, multiplier
    )
    scale = max(abs(PNL[kind](contracts, entry, x, multiplier)) for x in (between, leave))
    assert PNL[kind](contracts, entry, leave, multiplier) == near(legs, scale + abs(legs) * 1e3)


@given(signed, prices, prices, prices, floats(0, 1), multipliers)
def test_an_inverse_result_in_usd_is_a_straight_line(contracts, entry, a, b, share, multiplier):
    at = [h.inverse_pnl_usd(contracts, entry, x, multiplier) for x in (a, b)]
    between = share * a + (1 - share) * b
    found = h.inverse_pnl_usd(contracts, entry, between, multiplier)
    face = contracts * multiplier
    assert found == near(share * at[0] + (1 - share) * at[1], face * (1 + between / entry) * 1e2)
    assert found == near(face * (between / entry - 1), face * (1 + between / entry) * 1e2)


@given(signed, floats(100, 1e5), floats(100, 1e5), multipliers)
def test_deltas_against_finite_differences(contracts, entry, price, multiplier):
    step = price * 1e-4

    def slope(pnl):
        up, down = (pnl(contracts, entry, price + s * step, multiplier) for s in (1, -1))
        return (up - down) / (2 * step)

    face = contracts * multiplier
    assert slope(h.inverse_pnl_coin) == pytest.approx(face / price**2, rel=1e-6)
    assert slope(h.inverse_pnl_usd) == pytest.approx(face / entry, rel=1e-6)
    assert slope(h.linear_pnl_usd) == pytest.approx(face, rel=1e-6)


@given(signed, prices, floats(-0.01, 0.01), multipliers)
def test_fees_and_funding_of_an_inverse_are_worth_the_same_usd_at_any_price(
    contracts, price, rate, multiplier
):
    face = contracts * multiplier
    fee = h.inverse_fee_coin(contracts, price, rate, multiplier)
    funding = h.inverse_funding_coin(contracts, price, rate, multiplier)
    assert fee * price == near(abs(face) * rate, 1e-288)
    assert funding * price == near(-face * rate, 1e-288)
    for kind, pay in FUNDING.items():
        received = pay(contracts, price, rate, multiplier)
        assert received + pay(-contracts, price, rate, multiplier) == 0
        if rate:
            assert (received > 0) == (contracts * rate < 0), kind


@given(kinds, signed, prices, fees, fees, multipliers)
def test_at_the_break_even_price_both_fees_are_earned(kind, contracts, entry, open_, close, mult):
    price = BREAK_EVEN[kind](contracts, entry, open_, close)
    profit = PNL[kind](contracts, entry, price, mult)
    paid = FEE[kind](contracts, entry, open_, mult) + FEE[kind](contracts, price, close, mult)
    scale = abs(NOTIONAL[kind](contracts, entry, mult))
    assert profit - paid == pytest.approx(0, abs=1e-12 * scale)
    assert BREAK_EVEN[kind](contracts, entry, open_) == BREAK_EVEN[kind](
        contracts, entry, open_, open_
    )


# The ledger.


@given(kinds, fills, multipliers, prices, fees)
def test_a_ledger_comes_to_what_the_cash_comes_to(kind, fills, multiplier, mark, fee):
    contracts, at = zip(*fills, strict=True)
    rates = [fee * (1 + i) / 10 for i in range(len(fills))]
    book = h.run_ledger(contracts, at, rates, kind=kind, multiplier=multiplier)
    exact = exact_cash(kind, fills, multiplier, mark, rates)
    turnover = sum(abs(NOTIONAL[kind](n, p, multiplier)) for n, p in (*fills,))
    scale = turnover + sum(abs(NOTIONAL[kind](n, mark, multiplier)) for n, _ in fills)
    assert book.total(mark) == pytest.approx(exact, rel=1e-9, abs=1e-11 * scale)
    assert book.contracts == pytest.approx(
        np.cumsum(contracts), abs=1e-11 * max(map(abs, contracts))
    )
    assert np.all(np.isinf(book.entry_usd) == (book.contracts == 0))
    assert (book.kind, book.multiplier) == (kind, multiplier)


@given(kinds, signed, prices, multipliers, prices, floats(0, 0.01))
def test_closing_at_entry_gives_minus_fees(kind, contracts, entry, multiplier, mark, fee):
    book = h.run_ledger(
        [contracts, -contracts], [entry, entry], fee, kind=kind, multiplier=multiplier
    )
    one = FEE[kind](contracts, entry, fee, multiplier)
    assert book.realised.tolist() == [0, 0]
    assert book.fees.tolist() == [one, one]
    assert book.total(mark) == -2 * one
    assert book.unrealised(mark) == 0


@pytest.mark.parametrize("kind", ["inverse", "linear"])
def test_ledger_add_reduce_flip_close(kind):
    book = h.run_ledger(
        [-1000, -1000, 500, 2500, -1000], [2000, 4000, 1000, 5000, 4000], kind=kind, multiplier=10
    )
    average = 8000 / 3 if kind == "inverse" else 3000.0
    assert book.contracts.tolist() == [-1000, -2000, -1500, 1000, 0]
    assert book.entry_usd.tolist() == pytest.approx([2000, average, average, 5000, math.inf])
    expected = (
        [0, 0, 5000 * (1 / 1000 - 3 / 8000), -15000 * (3 / 8000 - 1 / 5000), -0.5]
        if kind == "inverse"
        else [0, 0, 5000 * 2000, -15000 * 2000, -10000 * 1000]
    )
    assert book.realised.tolist() == pytest.approx(expected)
    assert book.fees.tolist() == [0] * 5
    assert book.unrealised(123.0) == 0
    assert book.total([1.0, 2.0]).tolist() == pytest.approx([sum(expected)] * 2)


def test_ledger_by_default():
    book = h.run_ledger([100, -50], [2000, 4000])
    assert (book.kind, book.multiplier, book.fees.tolist()) == ("inverse", 1.0, [0, 0])
    assert book.realised.tolist() == [0, 0.0125]
    assert book.unrealised(1000) == -0.025
    assert type(book.unrealised(1000)) is float
    assert type(book.total(1000)) is float
    assert book.total(1000) == -0.0125
    with refused("exit_usd must be > 0, got 0.0"):
        book.total(0)


def test_a21_a_position_closed_in_ten_thousand_fills_is_closed():
    book = h.run_ledger([1000.0] + [-0.1] * 10_000, 3000)
    assert (book.contracts[-1], book.entry_usd[-1]) == (0.0, float("inf"))
    assert book.contracts[-2] == pytest.approx(0.1)
    # What is small beside what was traded, but no rounding, stays.
    small = h.run_ledger([1e6, -1e6, 1e6, -999_999.9999], 3000)
    assert small.contracts[-1] == pytest.approx(1e-4)


def test_ledger_takes_one_price_and_a_fee_for_each_fill():
    book = h.run_ledger([1000, 2000], 2000, [0.001, 0.002])
    assert book.fees.tolist() == [0.0005, 0.002]
    assert book.entry_usd.tolist() == pytest.approx([2000, 2000])


def test_a_position_closed_in_other_parts_is_closed():
    book = h.run_ledger([0.1, 0.2, -0.3], [3000, 4000, 5000], kind="linear")
    assert book.contracts[-1] == 0
    assert book.entry_usd[-1] == math.inf
    assert book.total(1) == pytest.approx(0.1 * 2000 + 0.2 * 1000)
    again = h.run_ledger([0.1, 0.2, -0.3] * 2, [3000, 4000, 5000] * 2, kind="linear")
    assert again.contracts[[2, 5]].tolist() == [0, 0]
    # What rounding leaves of a large position is nothing, whatever its size.
    book = h.run_ledger([1e9 / 3, 2e9 / 7, -(1e9 / 3 + 2e9 / 7) * (1 + 1e-15)], [3000, 4000, 5000])
    assert book.contracts[-1] == 0
    almost = h.run_ledger([1.0, -(1 - 1e-11)], [3000, 3000], kind="linear")
    assert almost.contracts[-1] == pytest.approx(1e-11)
    assert almost.entry_usd[-1] == 3000


def test_the_kind_of_a_ledger_is_named():
    with pytest.raises(TypeError):
        h.run_ledger([1], [2], 0.0, "linear", 1.0)


def test_a_ladder_of_terms_has_a_rate_for_each_floor():
    for floors, rates in (((0, 5), (0.01,)), ((0,), (0.01, 0.02))):
        with pytest.raises(h.InvalidInput, match="one rate for each floor"):
            terms(maintenance_floors=floors, maintenance_rates=rates)
        with pytest.raises(h.InvalidInput, match="initial margin rates; one rate for each floor"):
            terms(maintenance_floors=floors, maintenance_rates=floors, initial_margin_rates=rates)
    long = tuple(range(300))
    ladder = terms(maintenance_floors=long, maintenance_rates=tuple(i / 400 for i in long))
    assert len(ladder.maintenance_floors) == 300


@pytest.mark.parametrize(
    ("floors", "caps", "message"),
    [
        ((0, 5), (10,), "ETHUSD: 2 leverage floors but 1 caps; one cap for each floor"),
        ((0, 5), (10, 5, 2), "ETHUSD: 2 leverage floors but 3 caps; one cap for each floor"),
        ((1,), (10,), "leverage_floors must ascend from 0, got (1,)"),
        ((0, 9, 5), (10, 5, 2), "leverage_floors must ascend from 0, got (0, 9, 5)"),
        ((0, 5, 5), (10, 5, 2), "leverage_floors must ascend from 0, got (0, 5, 5)"),
        ((0, 5), (10, 20), "leverage_caps must not rise from tier to tier, got (10, 20)"),
        ((0, 5), (10, 0), "leverage_caps must be > 0, got 0.0 at [1]"),
        ((0, float("nan")), (10, 5), "leverage_floors must be >= 0, got nan at [1]"),
    ],
)
def test_a14_a_leverage_ladder_is_one(floors, caps, message):
    assert terms(leverage_floors=(0, 5, 9), leverage_caps=(10, 10, 5)).leverage_caps == (10, 10, 5)
    with refused(message):
        terms(leverage_floors=floors, leverage_caps=caps)


@pytest.mark.parametrize("name", ["maintenance_base_rate", "maintenance_slope_per_coin"])
def test_a15_a_maintenance_line_is_made_of_rates(name):
    assert getattr(terms(**{name: 0.01}), name) == 0.01
    with pytest.raises(h.InvalidInput, match=name):
        terms(**{name: 1.0})


def test_what_a_ledger_refuses():
    with refused("contracts must not be 0: a fill buys or sells something"):
        h.run_ledger([1, 0], [2, 3])
    with refused("contracts needs at least 1 values, got 0", h.NotEnoughData):
        h.run_ledger([], [])
    with refused("contracts must be one-dimensional, got shape ()"):
        h.run_ledger(5, 2000)
    with refused("the shapes do not go together: contracts (2,), price_usd (3,), fee_rate ()"):
        h.run_ledger([1, 2], [1, 2, 3])
    with refused("one price for each of the 1 fills is needed"):
        h.run_ledger([1], [2, 3])
    with refused("one price for each of the 1 fills is needed"):
        h.run_ledger([1], 2, [0.1, 0.2])
    one_each = "price_usd and fee_rate must be one value, or one for each fill"
    with refused(one_each):
        h.run_ledger([1, 2], [[1, 2]])
    with refused(one_each):
        h.run_ledger([1, 2], 2, [[0.1, 0.2]])
    with refused("kind must be one of inverse, linear, got 'quanto'"):
        h.run_ledger([1], [2], kind="quanto")
    with refused("multiplier must be > 0, got 0.0"):
        h.run_ledger([1], [2], multiplier=0)
    with refused("multiplier must be a single number, got shape (2,)"):
        h.run_ledger([1, 2], [2, 3], multiplier=[1, 2])
    with refused("price_usd must be > 0, got -3.0 at [1]"):
        h.run_ledger([1, 2], [2, -3])
    with refused("fee_rate must be a decimal between -1 and 1 (1% is 0.01), got 1.0"):
        h.run_ledger([1, 2], [2, 3], 1)


# Terms.


def test_terms_by_default():
    found = h.ContractTerms(
        venue="Some Venue X",
        symbol="ETHUSD",
        kind="inverse",
        coin="ETH",
        multiplier=10,
        settle="ETH",
    )
    assert (found.id, found.face) == ("some:ETHUSD", "10 USD")
    assert (found.expiry, found.tick_usd, found.funding_hours) == (None, None, None)
    assert (found.maker_fee, found.taker_fee, found.max_leverage) == (None, None, None)
    assert (found.lot, found.maintenance_basis, found.tier_unit) == (1.0, None, "coin")
    assert (found.maintenance_floors, found.maintenance_rates, found.doubtful) == ((), (), ())
    assert (found.as_of, found.source, found.closed) == ("", "", "")
    assert found.liquidation_fee == "none"
    with pytest.raises(AttributeError):
        found.lot = 2.0


def test_size_of_a_position():
    assert terms().notional_usd(-300, 3500) == 3000.0
    assert type(terms(multiplier=10).notional_usd(-300, 3500)) is float
    assert linear_terms().notional_usd(-300, 3500) == 10500.0
    assert linear_terms().face == "0.01 ETH"
    with refused("contracts must be a finite number, got nan"):
        terms().notional_usd(math.nan, 3500)
    with refused("price_usd must be > 0, got 0.0"):
        linear_terms().notional_usd(1, 0)


def test_quanto_is_refused_with_the_reason():
    with refused(
        "ETHUSD is a quanto contract: its face is a fixed amount of a third currency per dollar "
        "of price, so it pays (exit - entry) in XBT whatever the price of XBT, and the inverse "
        "formulas do not apply; choose an inverse or a linear contract on ETH",
        h.UnsupportedContract,
    ):
        terms(kind="quanto", settle="XBT")
    with refused(
        "ETHUSD: an inverse contract settles in its own coin ETH, got BTC; "
        "what settles in another coin is quanto"
    ):
        terms(settle="BTC")
    with pytest.raises(h.InvalidInput, match="settles in its own coin ETH, got XBT"):
        terms(settle="XBT")
    # As a file gives it: an equal name, but not the same object.
    assert terms(settle=b"ETH".decode()).settle == "ETH"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Inverse"}, "kind must be one of inverse, linear, got 'Inverse'"),
        ({"kind": None}, "kind must be one of inverse, linear, got None"),
        ({"tier_unit": "btc"}, "tier_unit must be one of coin, usd, got 'btc'"),
        ({"maintenance_basis": "last"}, "maintenance_basis must be one of mark, entry, got 'last'"),
        ({"liquidation_fee": "maker"}, "liquidation_fee must be one of none, taker, got 'maker'"),
        ({"venue": ""}, "venue must be a name, got ''"),
        ({"symbol": " "}, "symbol must be a name, got ' '"),
        ({"coin": None}, "coin must be a name, got None"),
        ({"settle": 5}, "settle must be a name, got 5"),
        ({"multiplier": 0}, "multiplier must be > 0, got 0.0"),
        ({"multiplier": [10]}, "multiplier must be a single number, got shape (1,)"),
        ({"lot": -1}, "lot must be > 0, got -1.0"),
        ({"tick_usd": 0}, "tick_usd must be > 0, got 0.0"),
        ({"funding_hours": 0}, "funding_hours must be > 0, got 0.0"),
        ({"max_leverage": math.inf}, "max_leverage must be > 0, got inf"),
        (
            {"maker_fee": 1},
            "maker_fee must be a decimal between -1 and 1 (1% is 0.01), got 1.0",
        ),
        (
            {"taker_fee": -1},
            "taker_fee must be a decimal between -1 and 1 (1% is 0.01), got -1.0",
        ),
        ({"expiry": "2026-03-27"}, "expiry must be a date or None, got '2026-03-27'"),
        (
            {"maintenance_floors": (0, 5)},
            "ETHUSD: 2 tier floors but 1 rates; one rate for each floor",
        ),
    ],
)
def test_terms_that_contradict_themselves(change, message):
    with refused(message):
        terms(**change)


def test_terms_take_what_is_right():
    found = terms(
        maker_fee=-0.0001,
        tick_usd=0.01,
        funding_hours=8,
        max_leverage=100,
        lot=0.5,
        expiry=datetime(2026, 3, 27),
        maintenance_basis="entry",
        tier_unit="usd",
    )
    assert found.maker_fee == -0.0001


def test_terms_in_a_notebook():
    found = terms(
        symbol="<b>ETH</b>",
        venue="V & W",
        expiry=date(2026, 3, 27),
        source="<script>alert('x')</script>",
        as_of="2025-11-01 <i>",
        doubtful=("lot", '"tick"'),
        closed="since <2024>",
        maintenance_floors=(0, 5, 9),
        maintenance_rates=(0.004, 0.1, 0.2),
    )
    cells = shown(found)
    assert dict(zip(cells[::2], cells[1::2], strict=True)) == {
        "term": "value",
        "Contract": "<b>ETH</b> at V & W",
        "Kind": "inverse, expires 2026-03-27",
        "Face of one contract": "10 USD",
        "Margin and profit in": "ETH",
        "Taker fee": "0.050%",
        "Maintenance": "from 0.40%, on the mark price",
        "As of": "2025-11-01 <i>",
        "Source": "<script>alert('x')</script>",
        "Not certain": 'lot, "tick"',
        "Closed": "since <2024>",
    }


def test_terms_in_a_notebook_say_what_is_not_verified():
    bare = {"taker_fee": None, "maintenance_rates": (), "maintenance_floors": ()}
    cells = shown(terms(**bare, maintenance_basis=None))
    assert cells.count("not verified") == 2
    assert "inverse, perpetual" in cells
    assert "nothing marked" in cells
    assert "Closed" not in cells
    unsure = shown(terms(maintenance_basis=None))
    assert "from 0.50%, on the mark or entry (not verified) price" in unsure


@given(kinds, st.lists(st.tuples(signed, prices, prices), min_size=2, max_size=5))
def test_many_at_once_are_each_one(kind, positions):
    contracts, entries, exits = (list(x) for x in zip(*positions, strict=True))
    assume(len(set(contracts)) > 1)
    many = PNL[kind](contracts, entries, exits, 10)
    assert many.tolist() == [
        PNL[kind](n, e, x, 10) for n, e, x in zip(contracts, entries, exits, strict=True)
    ]
    grid = PNL[kind](np.array(contracts)[:, None], entries[0], exits, 10)
    assert grid.shape == (len(contracts), len(exits))
    assert grid[0].tolist() == [PNL[kind](contracts[0], entries[0], x, 10) for x in exits]


@pytest.mark.parametrize("kind", [h.ContractTerms, h.Ledger])
def test_value_objects(kind):
    check_value_object(kind)
