"""What keeps a position open: exact numbers, laws, brute force, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hedgelib as h
from hedgelib import market
from tests.strategies import (
    bases,
    check_value_object,
    floats,
    linear_terms,
    multipliers,
    prices,
    refused,
    terms,
    tiers,
)

INF = math.inf
sides = st.sampled_from([1.0, -1.0])
leverages = floats(0.2, 50)
rates = floats(0, 0.4)
BINANCE_BTC = h.MarginTiers(
    floors=(0, 5, 10, 20, 50, 100, 200), rates=(0.004, 0.005, 0.01, 0.025, 0.05, 0.1, 0.125)
)


def coin_equity(contracts, entry, wallet, price, multiplier=1.0):
    return wallet + h.inverse_pnl_coin(contracts, entry, price, multiplier)


def usd_equity(contracts, entry, wallet, price, multiplier=1.0):
    return wallet + h.linear_pnl_usd(contracts, entry, price, multiplier)


def first_crossing(free, entry, side):
    """Bisect for the price at which `free` (equity less maintenance, > 0 at entry) becomes 0."""
    alive, dead = entry, entry * (1e-9 if side > 0 else 1e9)
    if free(dead) > 0:
        return INF
    for _ in range(50):
        middle = math.sqrt(alive * dead)
        alive, dead = (middle, dead) if free(middle) > 0 else (alive, middle)
    return math.sqrt(alive * dead)


# Tiers.


def test_tiers():
    ladder = h.MarginTiers(floors=(0, 5, 10), rates=(0.004, 0.005, 0.01))
    assert ladder.amounts == pytest.approx([0, 0.005, 0.055], rel=1e-12)
    assert ladder.lookup(0) == (0.004, 0.0)
    assert ladder.lookup(4.999) == (0.004, 0.0)
    assert ladder.lookup(5) == (0.005, pytest.approx(0.005))
    assert ladder.lookup(9.999)[0] == 0.005
    assert ladder.lookup(1e6) == (0.01, pytest.approx(0.055))
    assert [type(x) for x in ladder.lookup(5)] == [float, float]
    assert ladder.maintenance_margin(20) == pytest.approx(0.2 - 0.055)
    assert type(ladder.maintenance_margin(20)) is float
    rate, amount = ladder.lookup([0, 5, 10])
    assert (rate.tolist(), amount.tolist()) == ([0.004, 0.005, 0.01], ladder.amounts.tolist())
    assert ladder.maintenance_margin([0, 20]) == pytest.approx([0, 0.145])
    assert ladder.maintenance_margin(np.empty(0)).shape == (0,)
    assert BINANCE_BTC.lookup(300)[1] == pytest.approx(11.605)


@given(tiers(), floats(0, 12))
def test_maintenance_is_the_sum_over_slices(ladder, notional):
    slices = zip(ladder.floors, (*ladder.floors[1:], INF), ladder.rates, strict=True)
    by_hand = sum(max(0.0, min(notional, top) - floor) * rate for floor, top, rate in slices)
    assert ladder.maintenance_margin(notional) == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    lines = [
        rate * notional - amount for rate, amount in zip(ladder.rates, ladder.amounts, strict=True)
    ]
    assert ladder.maintenance_margin(notional) == pytest.approx(max(lines), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("floors", "rates", "message"),
    [
        ((0, 5), (0.1,), "floors has 2 values and rates 1"),
        ((1,), (0.1,), "floors must ascend from 0, got (1,)"),
        ((0, 5, 5), (0.1, 0.2, 0.3), "floors must ascend from 0, got (0, 5, 5)"),
        ((0, 5, 3), (0.1, 0.2, 0.3), "floors must ascend from 0, got (0, 5, 3)"),
        ((0,), (0.1, 0.2), "floors has 1 values and rates 2"),
        ((0, 5), (0.2, 0.1), "rates must not fall from tier to tier, got (0.2, 0.1)"),
        ((0, -5), (0.1, 0.2), "floors must be >= 0, got -5.0 at [1]"),
        ((0,), (1,), "rates must be a decimal from 0 to below 1 (1% is 0.01), got 1.0 at [0]"),
        ((0,), (-0.1,), "rates must be a decimal from 0 to below 1 (1% is 0.01), got -0.1 at [0]"),
    ],
)
def test_tiers_that_are_none(floors, rates, message):
    with refused(message):
        h.MarginTiers(floors=floors, rates=rates)


def test_ladders_of_any_length():
    n = 400
    ladder = h.MarginTiers(floors=tuple(range(n)), rates=tuple(np.linspace(0.001, 0.5, n)))
    assert len(ladder.amounts) == n


def test_tiers_need_one():
    with refused("floors needs at least 1 values, got 0", h.NotEnoughData):
        h.MarginTiers(floors=(), rates=())
    assert h.MarginTiers(floors=(0, 1), rates=(0.1, 0.1)).amounts.tolist() == [0, 0]
    with refused("notional must be >= 0, got -1.0"):
        h.MarginTiers(floors=(0,), rates=(0.1,)).lookup(-1)
    with refused("notional must be >= 0, got inf at [0]"):
        h.MarginTiers(floors=(0,), rates=(0.1,)).maintenance_margin([INF])


# Numbers worked out by hand.


def test_initial_margin():
    assert h.inverse_initial_margin_coin(-1000, 2000, 4, 10) == 1.25
    assert h.inverse_initial_margin_coin(1000, 2000, 4) == 0.125
    assert h.linear_initial_margin_usd(-10, 2000, 4, 0.5) == 2500.0
    assert h.linear_initial_margin_usd(10, 2000, 4) == 5000.0
    assert h.linear_initial_margin_usd(10, 2001, 8) == 2501.25
    assert h.inverse_initial_margin_coin(9000, 2000, 4) == 1.125


def test_maintenance_margin():
    assert h.inverse_maintenance_margin_coin(-1000, 2000, 0.5) == 0.25
    assert h.inverse_maintenance_margin_coin(-1000, 2000, 0.5, 0.125, 10) == 2.375
    assert h.inverse_maintenance_margin_coin(1000, 2000, 0.5, multiplier_usd=10) == 2.5
    assert h.linear_maintenance_margin_usd(-10, 2000, 0.5) == 10000.0
    assert h.linear_maintenance_margin_usd(-10, 2000, 0.5, 100, 0.5) == 4900.0


def test_bankruptcy():
    assert h.inverse_bankruptcy_price(-1000, 2000, 0.25) == 4000.0
    assert h.inverse_bankruptcy_price(1000, 2000, 0.5) == 1000.0
    assert h.inverse_bankruptcy_price(-1000, 2000, 2.5, 10) == 4000.0
    assert h.inverse_bankruptcy_price(-1000, 2000, 0) == 2000.0
    assert h.linear_bankruptcy_price(-10, 2000, 5000) == 2500.0
    assert h.linear_bankruptcy_price(10, 2000, 5000) == 1500.0
    assert h.linear_bankruptcy_price(10, 2000, 5000, 0.5) == 1000.0
    assert h.linear_bankruptcy_price(-10, 2000, 5000, 0.5) == 3000.0


def test_never_bankrupt():
    assert (
        h.inverse_bankruptcy_price([-1000, -1000, 0, 0], 2000, [0.5, 7, 5, 0]).tolist() == [INF] * 4
    )
    assert h.linear_bankruptcy_price([10, 10, 0, 0], 2000, [20000, 1e6, 5, 0]).tolist() == [INF] * 4
    # 1x in floating point: the wallet misses the notional by less than an ulp or two.
    for entry in (3500.0, 0.3, 61234.7, 1e-4):
        for contracts in (1.0, 4900.0, 77777.0):
            coins = contracts * 10 / entry
            for wallet in (coins, np.nextafter(coins, 0), coins * (1 - 0.9e-12)):
                assert h.inverse_bankruptcy_price(-contracts, entry, wallet, 10) == INF
            assert h.inverse_bankruptcy_price(-contracts, entry, coins * (1 - 1e-11), 10) < INF
            value = contracts * 10 * entry
            for wallet in (value, np.nextafter(value, 0), value * (1 - 0.9e-12)):
                assert h.linear_bankruptcy_price(contracts, entry, wallet, 10) == INF
            assert h.linear_bankruptcy_price(contracts, entry, value * (1 - 1e-11), 10) < INF


def test_liquidation():
    # A wallet of 0.25 coins behind a face of $1,000 at 2,000, notional 0.5 coins.
    short, long = (-1000, 2000, 0.25), (1000, 2000, 0.25)
    inverse = h.inverse_liquidation_price
    assert inverse(*short, maintenance_rate=0.25) == 3000.0
    assert inverse(*short, maintenance_rate=0.25, basis="mark") == 3000.0
    assert inverse(*short, maintenance_rate=0.25, basis="entry") == pytest.approx(8000 / 3)
    assert inverse(*long, maintenance_rate=0.25) == pytest.approx(5000 / 3)
    assert inverse(*long, maintenance_rate=0.25, basis="entry") == 1600.0
    assert inverse(*short, maintenance_rate=0.125, taker_fee=0.125) == 3000.0
    assert inverse(*short, maintenance_rate=0.125, taker_fee=0.125, basis="entry") == pytest.approx(
        8000 / 3
    )
    assert inverse(*short, maintenance_rate=0.25, maintenance_amount_coin=0.125) == 6000.0
    assert (
        inverse(*short, maintenance_rate=0.25, maintenance_amount_coin=0.125, basis="entry")
        == 4000.0
    )
    assert inverse(*long, maintenance_rate=0.25, maintenance_amount_coin=0.125) == pytest.approx(
        10000 / 7
    )
    assert inverse(-100, 2000, 0.25, maintenance_rate=0.25, multiplier_usd=10) == 3000.0
    linear = h.linear_liquidation_price
    assert linear(-10, 2000, 10000, maintenance_rate=0.25) == 2400.0
    assert linear(-10, 2000, 10000, maintenance_rate=0.25, basis="mark") == 2400.0
    assert linear(-10, 2000, 10000, maintenance_rate=0.25, basis="entry") == 2500.0
    assert linear(10, 2000, 10000, maintenance_rate=0.25) == pytest.approx(4000 / 3)
    assert linear(10, 2000, 10000, maintenance_rate=0.25, basis="entry") == 1500.0
    assert linear(-10, 2000, 10000, maintenance_rate=0.125, taker_fee=0.125) == 2400.0
    assert linear(-10, 2000, 10000, maintenance_rate=0.25, maintenance_amount_usd=2500) == 2600.0
    assert (
        linear(-10, 2000, 10000, maintenance_rate=0.25, maintenance_amount_usd=2500, basis="entry")
        == 2750.0
    )
    assert linear(-20, 2000, 10000, maintenance_rate=0.25, multiplier_coin=0.5) == 2400.0


@pytest.mark.parametrize("basis", ["mark", "entry"])
def test_nothing_liquidates_no_position(basis):
    for contracts in (0, 0.0):
        assert (
            h.inverse_liquidation_price(contracts, 2000, 0, maintenance_rate=0.1, basis=basis)
            == INF
        )
        assert (
            h.linear_liquidation_price(contracts, 2000, 0, maintenance_rate=0.1, basis=basis) == INF
        )
        assert (
            h.inverse_tiered_liquidation_price(contracts, 2000, 0, BINANCE_BTC, basis=basis) == INF
        )


def test_the_fully_collateralised_short():
    args = (-49000, 3500, 14)
    assert h.inverse_liquidation_price(*args, maintenance_rate=0.005) == INF
    assert h.inverse_liquidation_price(*args, maintenance_rate=0.005, basis="entry") == (
        pytest.approx(3500 / 0.005)
    )
    after_fee = (-49000, 3500, 14 * (1 - 0.0005))
    assert h.inverse_liquidation_price(*after_fee, maintenance_rate=0.005) == pytest.approx(
        3500 * 0.995 / 0.0005
    )
    assert h.inverse_bankruptcy_price(*args) == INF
    assert h.inverse_bankruptcy_price(*after_fee) == pytest.approx(3500 / 0.0005)


def test_margin_not_above_maintenance_is_no_position():
    def text(have, need, unit):
        return (
            f"a margin of {have} {unit} is not above the maintenance margin of {need} {unit} at "
            "entry: the position would be liquidated at once; add margin or reduce its size"
        )

    for side in (1, -1):
        for basis in ("mark", "entry"):
            with refused(text("0.125", "0.125", "coin")):
                h.inverse_liquidation_price(
                    side * 1000, 2000, 0.125, maintenance_rate=0.25, basis=basis
                )
            with refused(text("5000", "5000", "USD")):
                h.linear_liquidation_price(
                    side * 10, 2000, 5000, maintenance_rate=0.25, basis=basis
                )
    with refused(text("0.1", "0.125", "coin")):
        h.inverse_liquidation_price(
            [1000, 1000], 2000, [0.25, 0.1], maintenance_rate=[[0.25], [0.25]]
        )
    with refused(text("0.0625", "0.0625", "coin")):
        h.inverse_liquidation_price(
            1000, 2000, 0.0625, maintenance_rate=0.25, maintenance_amount_coin=0.0625
        )
    with refused(text("0.0001", "0.0001", "coin")):
        h.inverse_liquidation_price(0.8, 2000, 0.0001, maintenance_rate=0.25)
    assert h.inverse_liquidation_price(
        -1000, 2000, np.nextafter(0.125, 1), maintenance_rate=0.25
    ) == pytest.approx(2000)


@pytest.mark.parametrize(
    "price",
    [
        lambda **k: h.inverse_liquidation_price(-1, 2000, 1, maintenance_rate=0.1, **k),
        lambda **k: h.linear_liquidation_price(-1, 2000, 1000, maintenance_rate=0.1, **k),
        lambda **k: h.inverse_tiered_liquidation_price(-1, 2000, 1, BINANCE_BTC, **k),
    ],
)
def test_the_basis_is_one_of_two(price):
    assert price() == price(basis="mark")
    with refused("basis must be one of mark, entry, got 'index'"):
        price(basis="index")


# Laws.


@given(sides, floats(1, 1e7), prices, leverages, rates, bases, multipliers)
def test_liquidation_is_where_margin_equals_maintenance(
    side, contracts, entry, leverage, rate, basis, multiplier
):
    n = side * contracts
    coins = abs(h.inverse_notional_coin(n, entry, multiplier))
    wallet = coins / leverage
    assume(wallet > coins * rate * (1 + 1e-6))
    price = h.inverse_liquidation_price(
        n, entry, wallet, maintenance_rate=rate, basis=basis, multiplier_usd=multiplier
    )
    bankrupt = h.inverse_bankruptcy_price(n, entry, wallet, multiplier)
    if side > 0:
        assert bankrupt <= price * (1 + 1e-12)
        assert price <= entry * (1 + 1e-12)
        assert bankrupt == pytest.approx(entry * leverage / (leverage + 1))
    else:
        assert entry * (1 - 1e-12) <= price <= bankrupt * (1 + 1e-12)
        if bankrupt < INF:
            assert bankrupt == pytest.approx(entry * leverage / (leverage - 1), rel=1e-6)
        else:
            assert leverage <= 1 + 1e-9
    if price < INF:
        reckoned = price if basis == "mark" else entry
        maintenance = h.inverse_maintenance_margin_coin(
            n, reckoned, rate, multiplier_usd=multiplier
        )
        equity = coin_equity(n, entry, wallet, price, multiplier)
        assert equity == pytest.approx(maintenance, abs=1e-9 * (coins + coins * entry / price))
    if bankrupt < INF:
        left = coin_equity(n, entry, wallet, bankrupt, multiplier)
        assert left == pytest.approx(0, abs=1e-9 * (coins + coins * entry / bankrupt))


@given(sides, floats(1, 1e7), prices, leverages, rates, bases, multipliers)
def test_linear_liquidation_is_where_margin_equals_maintenance(
    side, contracts, entry, leverage, rate, basis, multiplier
):
    n = side * contracts
    value = abs(h.linear_notional_usd(n, entry, multiplier))
    wallet = value / leverage
    assume(wallet > value * rate * (1 + 1e-6))
    price = h.linear_liquidation_price(
        n, entry, wallet, maintenance_rate=rate, basis=basis, multiplier_coin=multiplier
    )
    bankrupt = h.linear_bankruptcy_price(n, entry, wallet, multiplier)
    if side < 0:
        assert entry * (1 - 1e-12) <= price <= bankrupt * (1 + 1e-12)
        assert bankrupt == pytest.approx(entry * (1 + 1 / leverage))
    else:
        assert price <= entry * (1 + 1e-12) or price == INF
        assert price >= bankrupt * (1 - 1e-12) or bankrupt == INF
        assert bankrupt == (
            pytest.approx(entry * (1 - 1 / leverage)) if leverage > 1.001 else bankrupt
        )
        assert (bankrupt == INF) == (leverage <= 1 + 1e-9) or abs(leverage - 1) < 1e-6
    if price < INF:
        reckoned = price if basis == "mark" else entry
        maintenance = h.linear_maintenance_margin_usd(n, reckoned, rate, multiplier_coin=multiplier)
        equity = usd_equity(n, entry, wallet, price, multiplier)
        assert equity == pytest.approx(maintenance, abs=1e-9 * (value + value * price / entry))
    if bankrupt < INF:
        left = usd_equity(n, entry, wallet, bankrupt, multiplier)
        assert left == pytest.approx(0, abs=1e-9 * value)


@given(sides, prices, floats(0.3, 20), tiers(), floats(0.1, 12), bases, floats(0, 0.01))
def test_tiered_liquidation_against_brute_force(side, entry, leverage, ladder, coins, basis, fee):
    contracts = side * coins * entry
    wallet = coins / leverage

    def maintenance(price):
        notional = coins * entry / price if basis == "mark" else coins
        return ladder.maintenance_margin(notional) + fee * notional

    def free(price):
        return coin_equity(contracts, entry, wallet, price) - maintenance(price)

    assume(free(entry) > 1e-6 * coins)
    found = h.inverse_tiered_liquidation_price(
        contracts, entry, wallet, ladder, basis=basis, taker_fee=fee
    )
    assert found == pytest.approx(first_crossing(free, entry, side), rel=1e-6)
    each = h.inverse_tiered_liquidation_price(
        contracts / 10,
        [entry, entry],
        wallet,
        ladder,
        basis=basis,
        multiplier_usd=10,
        taker_fee=fee,
    )
    assert each == pytest.approx([found, found], rel=1e-9)


@given(sides, floats(0.1, 1e5), floats(0.3, 20), st.data(), floats(0.1, 12), bases)
def test_linear_tiers_against_brute_force(side, entry, leverage, data, value, basis):
    ladder = data.draw(tiers(scale=entry))
    usd = value * entry
    contracts, wallet = side * value / 0.01, usd / leverage
    contract = linear_terms(
        maintenance_floors=ladder.floors, maintenance_rates=ladder.rates, tier_unit="usd",
        maintenance_basis=basis,
    )  # fmt: skip

    def free(price):
        at = usd * price / entry if basis == "mark" else usd
        equity = usd_equity(contracts, entry, wallet, price, 0.01)
        return equity - ladder.maintenance_margin(at)

    assume(free(entry) > 1e-6 * usd)
    found = h.liquidation_price(contract, contracts, entry, wallet)
    brute = first_crossing(free, entry, side)
    assert found == pytest.approx(brute, rel=1e-6, abs=2e-9 * entry)


@given(sides, floats(0.1, 1e5), floats(0.3, 20), tiers(), floats(0.1, 12))
def test_stablecoin_tiers_against_brute_force(side, entry, leverage, ladder, coins):
    """USD behind an inverse contract: maintenance is in coins, equity in USD."""
    contracts, wallet = side * coins * entry / 10, coins * entry / leverage
    contract = terms(
        maintenance_floors=ladder.floors, maintenance_rates=ladder.rates, multiplier=10,
        maintenance_basis="entry", taker_fee=0.01, liquidation_fee="taker",
    )  # fmt: skip

    def free(price):
        equity = wallet + side * coins * entry * (price / entry - 1)
        return equity - ladder.maintenance_margin(coins * entry / price) * price

    assume(free(entry) > 1e-6 * coins * entry)
    price = h.liquidation_price(contract, contracts, entry, wallet, stablecoin=True)
    assert price == pytest.approx(first_crossing(free, entry, side), rel=1e-6, abs=2e-9 * entry)


def test_stablecoin_behind_an_inverse_contract_at_its_limits():
    def price(contracts, wallet_usd, *rates, floors=(0,)):
        one = terms(multiplier=1.0, maintenance_floors=floors, maintenance_rates=rates)
        return h.liquidation_price(one, contracts, 2000, wallet_usd, stablecoin=True)

    # The whole notional behind a long, and no maintenance: its equity is above zero at any price.
    assert price(1000, 1000, 0.0) == INF
    assert price(1000, 999, 0.0) == pytest.approx(2)
    # A quarter of $1,000 is the maintenance margin itself.
    with refused(
        "a margin of 250 USD is not above the maintenance margin of 250 USD at entry: the position "
        "would be liquidated at once; add margin or reduce its size"
    ):
        price(-1000, 250, 0.25)
    assert price(-1000, 251, 0.25) == pytest.approx(2002)
    # The second tier's amount, 4 x 0.25, is all of the coin that was sold: no price is in it.
    assert price(-2000, 1000, 0.25, 0.5, floors=(0, 4)) == 2500
    # A position of a millionth of a millionth of a dollar is one like any other.
    assert price(-1e-12, 1e-12 * 0.5, 0.25) == pytest.approx(2500)


def test_stablecoin_is_the_usual_margin_of_a_linear_contract():
    args = linear_terms(), -10, 2000, 5000
    assert h.liquidation_price(*args, stablecoin=True) == h.liquidation_price(*args)
    with refused("stablecoin must be a bool, got 1"):
        h.liquidation_price(*args, stablecoin=1)


def test_the_tier_is_that_at_the_liquidation_price():
    ladder = h.MarginTiers(floors=(0, 100, 200), rates=(0.1, 0.125, 0.15))
    price = h.inverse_tiered_liquidation_price(-10_000_000, 40_000, 125, ladder)
    assert price == pytest.approx(10_000_000 * 0.875 / (250 - 125 - 2.5))
    assert ladder.lookup(10_000_000 / price) == (0.125, pytest.approx(2.5))
    assert h.inverse_tiered_liquidation_price(
        [-10_000_000, 10_000_000, 0], 40_000, 125, ladder
    ).tolist() == [
        h.inverse_tiered_liquidation_price(n, 40_000, 125, ladder)
        for n in (-10_000_000, 10_000_000, 0)
    ]
    with refused("tiers must be a MarginTiers, got None"):
        h.inverse_tiered_liquidation_price(1, 2, 3, None)


@pytest.mark.parametrize("basis", ["mark", "entry"])
def test_part_of_a_contract_is_liquidated_where_many_small_ones_are(basis):
    """Faces differ between venues; a short of half a large contract is a short all the same."""
    ladder = h.MarginTiers(floors=(0, 100, 200), rates=(0.004, 0.05, 0.2))
    one = h.inverse_tiered_liquidation_price(
        -0.5, 40_000, 125, ladder, basis=basis, multiplier_usd=20e6
    )
    many = h.inverse_tiered_liquidation_price(-10e6, 40_000, 125, ladder, basis=basis)
    assert one == pytest.approx(many, rel=1e-12)
    assert many < h.inverse_liquidation_price(
        -10e6, 40_000, 125, maintenance_rate=0.004, basis=basis
    )


def test_tiered_arguments_are_checked_once_for_all_tiers():
    ladder = h.MarginTiers(floors=(0, 1), rates=(0.1, 0.2))
    with refused("multiplier_usd must be > 0, got 0.0"):
        h.inverse_tiered_liquidation_price(-1, 2, 3, ladder, multiplier_usd=0)
    by_fee = h.inverse_tiered_liquidation_price(-1000, 2000, 0.25, ladder, taker_fee=[0, 0.1])
    assert by_fee == pytest.approx([1000 * 0.9 / 0.25, 1000 * 0.8 / 0.25])
    assert h.inverse_tiered_liquidation_price(-1000, 2000, 0.25, ladder) == by_fee[0]
    shape = h.inverse_tiered_liquidation_price(
        [[-1000], [-900]], 2000, [0.25, 0.26, 0.27], ladder, basis="entry"
    ).shape
    assert shape == (2, 3)


# The terms of a venue.


def test_ladder_of_a_contract():
    assert h.margin_tiers(terms(maintenance_floors=(), maintenance_rates=()), 2000) is None
    inverse = {"maintenance_floors": (0, 5000), "maintenance_rates": (0.01, 0.02)}
    assert h.margin_tiers(terms(**inverse), 2000).floors == (0, 5000)
    assert h.margin_tiers(terms(**inverse, tier_unit="usd"), 2000).floors == (0, 2.5)
    assert h.margin_tiers(linear_terms(**inverse), 2000).floors == (0, 10_000_000)
    assert h.margin_tiers(linear_terms(**inverse, tier_unit="usd"), 2000).floors == (0, 5000)
    assert h.margin_tiers(terms(**inverse), 2000).rates == (0.01, 0.02)
    # As a file gives it: an equal text, but not the same object.
    from_file = b"coin".decode()
    assert h.margin_tiers(terms(**inverse, tier_unit=from_file), 2000).floors == (0, 5000)
    with refused("price_usd must be > 0, got 0.0"):
        h.margin_tiers(terms(), 0)
    with refused("terms must be a ContractTerms, got 'ETHUSD'"):
        h.margin_tiers("ETHUSD", 2000)
    with pytest.raises(TypeError, match="positional"):
        h.margin_tiers(terms(**inverse), 2000, -5)


def test_a16_tiers_in_faces_are_those_of_the_position():
    """At the mark price no price moves a face of USD through tiers of USD."""
    ladder = {
        "multiplier": 1.0, "tier_unit": "usd", "maintenance_floors": (0, 5e5, 1e6, 2e6, 5e6, 1e7),
        "maintenance_rates": (0.005, 0.01, 0.015, 0.02, 0.025, 0.03),
    }  # fmt: skip
    for basis in (None, "mark"):
        coinex = terms(**ladder, maintenance_basis=basis)
        assert h.liquidation_price(coinex, -5_000_000, 50_000, 50.0) == pytest.approx(98_350)
        rate = 82_500 / 5_000_000
        assert h.margin_tiers(coinex, 50_000, contracts=-5e6).rates == (pytest.approx(rate),)
        # A long falls, and its tier does not rise with the coins it is worth.
        assert h.liquidation_price(coinex, 5_000_000, 50_000, 50.0) == pytest.approx(
            5_000_000 * (1 + rate) / 150
        )
        assert h.margin_tiers(coinex, 50_000, contracts=0).rates == (0.005,)
        assert len(h.margin_tiers(coinex, 50_000).rates) == 6
        with refused("contracts must be a finite number, got inf"):
            h.margin_tiers(coinex, 50_000, contracts=INF)
    tens = terms(**ladder | {"multiplier": 10.0})
    assert h.margin_tiers(tens, 50_000, contracts=-5e5).rates == (pytest.approx(rate),)
    kraken = terms(**ladder, maintenance_basis="entry")
    assert h.margin_tiers(kraken, 50_000, contracts=-5e6) == h.margin_tiers(kraken, 50_000)
    assert h.liquidation_price(kraken, -5_000_000, 50_000, 50.0) == pytest.approx(
        5_000_000 / (100 - 50 + 1.65)
    )
    # The same the other way round: coins of a linear contract, and tiers of coins.
    linear = linear_terms(
        multiplier=1.0, maintenance_floors=(0, 10), maintenance_rates=(0.01, 0.03)
    )
    assert h.liquidation_price(linear, -20, 2000, 20_000) == pytest.approx(60_000 / 20.4)
    assert h.liquidation_price(linear, 20, 2000, 20_000) == pytest.approx(20_000 / 19.6)
    coins = terms(maintenance_floors=(0, 10), maintenance_rates=(0.01, 0.03))
    assert h.margin_tiers(coins, 2000, contracts=-5) == h.margin_tiers(coins, 2000)


@given(tiers(scale=1e5), floats(1e4, 1e6), floats(1.05, 20), floats(10, 1e5))
def test_a16_at_that_price_equity_is_the_margin_of_the_face(ladder, face, leverage, entry):
    contract = terms(
        multiplier=1.0, tier_unit="usd", maintenance_floors=ladder.floors,
        maintenance_rates=ladder.rates,
    )  # fmt: skip
    need = ladder.maintenance_margin(face)
    wallet = face / entry / leverage
    assume(wallet * entry > need * (1 + 1e-9))
    for contracts in (-face, face):
        price = h.liquidation_price(contract, contracts, entry, wallet)
        equity = wallet + h.inverse_pnl_coin(contracts, entry, price)
        assert equity * price == pytest.approx(need, rel=1e-6, abs=1e-6 * face)


def test_a14_what_a_venue_allows_by_size():
    free = terms()
    assert h.leverage_allowed(free, -1000, 2000) == INF
    assert type(h.leverage_allowed(terms(max_leverage=50), -1000, 2000)) is float
    assert h.leverage_allowed(terms(max_leverage=50), 1000, 2000) == 50
    steps = terms(leverage_floors=(0, 5, 10), leverage_caps=(20, 10, 2), max_leverage=15)
    for coins, cap in ((0, 15), (4.9, 15), (5, 15), (5.1, 10), (10, 10), (10.001, 2), (1e6, 2)):
        assert h.leverage_allowed(steps, -coins * 200, 2000) == cap
    dollars = terms(leverage_floors=(0, 5000), leverage_caps=(20, 10), tier_unit="usd")
    assert [h.leverage_allowed(dollars, n, 2000) for n in (500, 501)] == [20, 10]
    sliced = terms(
        maintenance_floors=(0, 5000), maintenance_rates=(0.01, 0.02), tier_unit="usd",
        initial_margin_rates=(0.02, 0.04),
    )  # fmt: skip
    # Half of $10,000 at 2%, half at 4%.
    assert h.leverage_allowed(sliced, -1000, 2000) == pytest.approx(1 / 0.03)
    assert h.leverage_allowed(sliced, 0, 2000) == 50
    nothing = terms(initial_margin_rates=(0.0,))
    assert h.leverage_allowed(nothing, -1000, 2000) == INF
    # Tiers of less than a coin: half of 0.5 at 2%, half at 4%.
    small = terms(
        maintenance_floors=(0, 0.25), maintenance_rates=(0.01, 0.02),
        initial_margin_rates=(0.02, 0.04),
    )  # fmt: skip
    assert h.leverage_allowed(small, -100, 2000) == pytest.approx(1 / 0.03)
    # 0.30000000000000004 coins by floating point are 0.3, which is not above the floor of 0.3.
    thirds = terms(leverage_floors=(0, 0.3), leverage_caps=(20, 10))
    assert [h.leverage_allowed(thirds, -n, 13) for n in (0.38, 0.39, 0.4)] == [20, 20, 10]
    with refused("price_usd must be > 0, got 0.0"):
        h.leverage_allowed(free, -1, 0)
    with refused("terms must be a ContractTerms, got 'ETHUSD'"):
        h.leverage_allowed("ETHUSD", -1, 2000)


@pytest.mark.parametrize(
    ("contract", "coins", "cap"),
    [
        ("binance:BTCUSD_PERP", 1000, 3),
        ("binance:BTCUSD_PERP", 1001, 2),
        ("binance:ETHUSD_PERP", 10_001, 2),
        ("kraken:PI_XBTUSD", 10, 50),
        ("mexc:BTC_USD", 10_000, 125),
        ("okx:BTC-USD-SWAP", 10_000, INF),
    ],
)
def test_a14_the_ladders_of_the_data_are_enforced(contract, coins, cap):
    one = market.contract(contract)
    size = coins * 50_000 / one.multiplier
    assert h.leverage_allowed(one, -size, 50_000) == pytest.approx(cap)


def test_liquidation_by_the_terms_of_the_venue():
    ladder = {"maintenance_floors": (0, 1), "maintenance_rates": (0.25, 0.5)}
    price = h.liquidation_price(terms(**ladder), -100, 2000, 0.25)
    assert (price, type(price)) == (3000.0, float)
    by_entry = h.liquidation_price(terms(**ladder, maintenance_basis="entry"), -100, 2000, 0.25)
    assert by_entry == pytest.approx(8000 / 3)
    assert h.liquidation_price(terms(**ladder, maintenance_basis=None), -100, 2000, 0.25) == 3000.0
    flat = h.liquidation_price(terms(**ladder), -100, 2000, 0.25, maintenance_rate=0.1)
    assert flat == pytest.approx(3600)
    assert h.liquidation_price(terms(**ladder), -100, 2000, 0.25, maintenance_rate=0) == 4000.0


def test_linear_liquidation_by_the_terms_of_the_venue():
    ladder = {
        "maintenance_floors": (0, 25_000),
        "maintenance_rates": (0.25, 0.5),
        "tier_unit": "usd",
    }
    contract = linear_terms(**ladder)
    # $20,000 of notional at entry; the short climbs into the second tier, the long falls below it.
    assert h.liquidation_price(contract, -1000, 2000, 15_000) == pytest.approx(41_250 / 15)
    assert h.liquidation_price(contract, 1000, 2000, 10_000) == pytest.approx(10_000 / 7.5)
    price = h.liquidation_price(
        linear_terms(**ladder, maintenance_basis="entry"), -1000, 2000, 15_000
    )
    assert (price, type(price)) == (3000.0, float)
    assert h.liquidation_price(contract, 1000, 2000, 50_000) == INF
    assert h.liquidation_price(contract, 0, 2000, 50_000) == INF
    large = linear_terms(**ladder | {"multiplier": 20.0})
    assert h.liquidation_price(large, 0.5, 2000, 10_000) == pytest.approx(10_000 / 7.5)
    assert h.liquidation_price(large, -0.5, 2000, 15_000) == pytest.approx(41_250 / 15)
    flat = h.liquidation_price(contract, -1000, 2000, 10_000, maintenance_rate=0.25)
    assert flat == 2400.0


def test_a_venue_may_add_its_fee_to_the_rate():
    inverse, linear = {"maintenance_rates": (0.125,), "taker_fee": 0.125}, {"taker_fee": 0.125}
    added = {"liquidation_fee": "taker"}
    assert h.liquidation_price(terms(**inverse, **added), -100, 2000, 0.25) == 3000.0
    assert h.liquidation_price(terms(**inverse), -100, 2000, 0.25) == 3500.0
    for taker, liquidation_fee, rate in (
        (0.125, "taker", 0.25),
        (None, "taker", 0.125),
        (0.125, "none", 0.125),
    ):
        contract = linear_terms(taker_fee=taker, liquidation_fee=liquidation_fee)
        price = h.liquidation_price(contract, -1000, 2000, 10_000, maintenance_rate=0.125)
        assert price == pytest.approx(3000 / (1 + rate)), linear


def test_long_arrays_are_worked_in_pieces():
    contracts = np.linspace(-1e6, -1e3, 40_000)
    wallets = -contracts / 2000 / np.linspace(1.5, 20, 40_000)
    for basis in ("mark", "entry"):
        many = h.inverse_liquidation_price(
            contracts, 2000, wallets, maintenance_rate=[0.005], basis=basis
        )
        for i in (0, 16_383, 16_384, 39_999):
            assert many[i] == h.inverse_liquidation_price(
                contracts[i], 2000, wallets[i], maintenance_rate=0.005, basis=basis
            )
    with refused("wallet_coin must be >= 0, got -1.0 at [20000]"):
        wallets[20_000] = -1
        h.inverse_liquidation_price(contracts, 2000, wallets, maintenance_rate=0.005)


@pytest.mark.parametrize("function", ["inverse_liquidation_price", "linear_liquidation_price"])
def test_rates_are_named_and_positions_need_not_be(function):
    wallet = "wallet_coin" if function.startswith("inverse") else "wallet_usd"
    usd = 1.0 if wallet == "wallet_coin" else 2000.0
    price = getattr(h, function)
    named = price(contracts=-1.0, entry_usd=2000.0, **{wallet: usd}, maintenance_rate=0.1)
    assert named == price(-1.0, 2000.0, usd, maintenance_rate=0.1)
    with pytest.raises(TypeError):
        price(-1.0, 2000.0, usd, 0.1)


def test_arguments_of_the_tiered_price_and_of_the_venues():
    tiered = h.inverse_tiered_liquidation_price
    usual = {"contracts": -1, "entry_usd": 2000, "wallet_coin": 1, "tiers": BINANCE_BTC}
    assert tiered(**usual) == tiered(*usual.values())
    with pytest.raises(TypeError):
        tiered(*usual.values(), "mark")
    position = {"terms": terms(), "contracts": -100, "entry_usd": 2000, "wallet": 0.25}
    assert h.liquidation_price(**position) == h.liquidation_price(*position.values())
    with pytest.raises(TypeError):
        h.liquidation_price(*position.values(), 0.1)


def test_an_unverified_rate_must_be_named():
    bare = terms(maintenance_floors=(), maintenance_rates=())
    with refused(
        "the maintenance rate of ETHUSD at Test is not verified; look it up there and pass "
        "maintenance_rate (0.005 is 0.5%)"
    ):
        h.liquidation_price(bare, -100, 2000, 0.25)
    assert h.liquidation_price(bare, -100, 2000, 0.25, maintenance_rate=0.25) == 3000.0
    with refused("maintenance_rate must be a decimal from 0 to below 1 (1% is 0.01), got 1.0"):
        h.liquidation_price(bare, -100, 2000, 0.25, maintenance_rate=1)
    with refused("contracts must be a single number, got shape (1,)"):
        h.liquidation_price(bare, [-100], 2000, 0.25, maintenance_rate=0.25)
    with refused("wallet must be >= 0, got -1.0"):
        h.liquidation_price(bare, -100, 2000, -1, maintenance_rate=0.25)
    with refused("terms must be a ContractTerms, got None"):
        h.liquidation_price(None, -100, 2000, 1)


# Cross margin and distance.


def test_cross_wallet():
    assert h.cross_wallet_coin(10) == 10.0
    assert h.cross_wallet_coin(10, -2) == 8.0
    assert h.cross_wallet_coin(10, 2, 0.5) == 11.5
    assert h.cross_wallet_coin(10, other_maintenance_coin=3) == 7.0
    assert h.cross_wallet_coin(2, -1.5, 0.5) == 0.0
    with refused(
        "the other positions lose or bind more than the wallet holds: the account is liquidated "
        "before this position counts"
    ):
        h.cross_wallet_coin([2, 1], -1.5, 0.5)


def test_a21_cross_wallet_of_stablecoin():
    assert h.cross_wallet_usd(10_000, -1_500, other_maintenance_usd=250) == 8_250.0
    assert h.cross_wallet_usd(10_000) == 10_000.0
    with pytest.raises(h.InvalidInput, match="the account is liquidated"):
        h.cross_wallet_usd(2, -1.5, 1)


def test_distance():
    move, deviations = h.liquidation_distance(2000, 4000, 0.05)
    assert (move, deviations) == (1.0, pytest.approx(math.log(2) / 0.05))
    down, as_far = h.liquidation_distance(2000, 1000, 0.05)
    assert (down, as_far) == (-0.5, pytest.approx(deviations))
    assert h.liquidation_distance(2000, INF, 0.05) == (INF, INF)
    assert [type(x) for x in h.liquidation_distance(2000, INF, 0.05)] == [float, float]
    moves, all_ = h.liquidation_distance(2000, [4000, INF], [[0.05], [0.1]])
    assert moves.tolist() == [[1, INF], [1, INF]]
    assert all_.ravel() == pytest.approx([deviations, INF, deviations / 2, INF])
    moves[0, 0] = 5
    assert moves[1, 0] == 1
    for bad in (0, -1, math.nan, -INF):
        with refused(f"liquidation_price_usd must be > 0, or inf for none, got {float(bad)!r}"):
            h.liquidation_distance(2000, bad, 0.05)
    with refused("liquidation_distance: the numbers are too large or too small"):
        h.liquidation_distance(1e-300, 1e300, 0.05)
    with refused("daily_volatility must be > 0, got 0.0"):
        h.liquidation_distance(2000, 4000, 0)
    with refused("price_usd must be > 0, got inf"):
        h.liquidation_distance(INF, 4000, 0.05)


@pytest.mark.parametrize("kind", [h.MarginTiers])
def test_value_objects(kind):
    check_value_object(kind)
