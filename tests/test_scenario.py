"""What one move does to spot, collateral and hedge: the article's numbers, laws and refusals."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hedgelib as h
from tests.strategies import (
    BAD_ANYWHERE,
    check_value_object,
    floats,
    linear_terms,
    prices,
    refused,
    shown,
    signed,
    terms,
)
from tests.test_plan import planned, requests

INF = math.inf
FREE = terms(taker_fee=0)
near = pytest.approx
NO_FEE_ALICE = {"fee_rate": 0, "price_usd": 3500, "contract": FREE, "beta": 1, "book_usd": 50_000}


def cents(values):
    return [round(float(value), 2) + 0.0 for value in np.atleast_1d(values)]


# Alice, to the dollar: $50,000 of altcoins, a short of $49,000, ETH at 3,500.

ALICE = {
    # The 14 ETH of margin were bought for the purpose: the hedge hedges them and nothing else.
    "A": ({"collateral_usd": 49_000, "notional_usd": 49_000}, (50_000, -4_900), -7_500),
    # They are part of the $50,000.
    "B": (
        {"collateral_usd": 49_000, "hedge_ratio": 0.98, "collateral": "from_portfolio"},
        (1_000, -4_900),
        -150,
    ),
    # They were bought, and are hedged too.
    "C": ({"collateral_usd": 49_000}, (50_000, -9_900), 0),
}


@pytest.mark.parametrize("case", ALICE)
def test_alice_to_the_dollar(case):
    change, (book, contracts), total = ALICE[case]
    plan = h.plan_hedge(**(NO_FEE_ALICE | change))
    assert (plan.contracts, plan.kept_usd) == (contracts, near(book))
    found = h.run_scenario(plan, [-0.15, 0, 0.15])
    assert cents(found.total_pnl_usd) == [total, 0, -total]
    assert cents(found.unhedged_pnl_usd) == [-7_500, 0, 7_500]
    assert cents(found.collateral_pnl_usd) == [-7_350, 0, 7_350]
    assert cents(found.hedge_pnl_usd) == cents([-1.5 * contracts, 0, 1.5 * contracts])
    assert cents(found.price_usd) == [2_975, 3_500, 4_025]
    for move, sign in ((-0.15, 1), (0.15, -1)):
        plain = h.move_pnl(book, 1, 14, contracts, 3500, move, 10)
        assert cents(plain.total_usd) == [sign * total + 0.0]
        assert cents(plain.hedge_usd) == [-1.5 * contracts * sign]
        assert cents(plain.collateral_usd) == [-7_350 * sign]
        assert cents(plain.spot_usd) == [-0.15 * book * sign]
    coin = h.run_scenario(plan, -0.15).hedge_pnl_coin
    assert coin == near(-contracts * 10 * (1 / 2975 - 1 / 3500))


def test_alice_pays_fees():
    # A short of $49,000 costs $24.50 to open and as much to close.
    plan = h.plan_hedge(
        **(NO_FEE_ALICE | ALICE["B"][0] | {"fee_rate": 0.0005, "hedge_ratio": 0.98049})
    )
    assert plan.contracts == -4_900
    assert h.run_scenario(plan, 0).fees_usd.tolist() == [near(-24.5)]
    assert h.run_scenario(plan, [0, 0], close=True).fees_usd.tolist() == near([-49] * 2)


def test_one_times_is_a_synthetic_dollar():
    coin, usd, delta = h.coin_account(-4900, 3500, 14, [2975, 3500, 7000], 10)
    assert coin == near([49_000 / 2975, 14, 7])
    assert usd == near([49_000] * 3)
    assert delta == near([0] * 3, abs=1e-9)
    assert h.coin_account(-1000, 2000, 2, 4000) == (1.75, 7000.0, 6000.0)
    assert [type(x) for x in h.coin_account(-1000, 2000, 2, 4000)] == [float] * 3


# Laws.


@given(signed, prices, floats(0, 1e6), floats(1, 1e5))
def test_the_delta_of_an_account_against_a_finite_difference(contracts, entry, wallet, price):
    step = 1e-4

    def worth(at):
        return h.coin_account(contracts, entry, wallet, at, 10)[1]

    slope = (worth(price * (1 + step)) - worth(price * (1 - step))) / (2 * step)
    scale = abs(contracts * 10) * (1 + price / entry) + wallet * price
    assert h.coin_account(contracts, entry, wallet, price, 10)[2] == near(
        slope, rel=1e-6, abs=1e-8 * scale
    )


@given(floats(0, 1e6), floats(-1, 3), floats(0, 1e3), signed, floats(1, 1e5), floats(-0.9, 3))
def test_a_move_is_worth_move_times_delta(book, beta, coins, contracts, price, move):
    found = h.move_pnl(book, beta, coins, contracts, price, move, 10)
    assert found.spot_usd == near(book * beta * move)
    assert found.collateral_usd == near(coins * price * move)
    assert found.hedge_usd == near(contracts * 10 * move, rel=1e-9, abs=1e-9 * abs(contracts))
    assert found.hedge_coin * price * (1 + move) == near(found.hedge_usd)
    assert found.total_usd == near(found.spot_usd + found.collateral_usd + found.hedge_usd)
    assert {type(x) for x in (found.spot_usd, found.hedge_coin, found.total_usd)} == {float}


def test_moves_at_once():
    found = h.move_pnl(1000, 1.5, 2, -100, 2000, [-0.5, 0.25])
    assert found.spot_usd.tolist() == [-750, 375]
    assert found.collateral_usd.tolist() == [-2000, 1000]
    assert found.hedge_coin.tolist() == near([0.05, -0.01])
    assert found.hedge_usd.tolist() == near([50, -25])
    assert found.total_usd.tolist() == near([-2700, 1350])


@given(requests(), st.lists(floats(-0.9, 3), min_size=1, max_size=5))
def test_a_plan_leaves_its_residual_delta_and_the_fee_and_nothing_else(request, moves):
    plan = planned(request)
    found = h.run_scenario(plan, moves)
    meant = ((1 - plan.hedge_ratio) * plan.beta + plan.target_beta) * plan.book_usd
    expected = (plan.residual_delta_usd + meant) * found.move - plan.open_fee_usd
    quiet = ~found.liquidated & ~found.wiped_out
    scale = 1e-9 * (plan.exposure_usd + plan.notional_usd)
    assert found.total_pnl_usd[quiet] == near(expected[quiet], abs=scale * 10)
    if plan.hedge_ratio == 1 and plan.target_beta == 0:
        assert meant == 0
    # The slope is that of a finite difference as well.
    up, down = h.run_scenario(plan, [1e-4, -1e-4]).total_pnl_usd
    assert (up - down) / 2e-4 == near(plan.residual_delta_usd + meant, abs=scale * 1e4)
    assert np.array_equal(found.liquidated, found.price_usd >= plan.liquidation_price_usd)
    whole = np.maximum(plan.beta * found.move, -1) * plan.book_usd
    assert found.unhedged_pnl_usd == near(whole)
    assert np.all(found.fees_usd == -plan.open_fee_usd)
    assert np.all(found.basis_pnl_usd == 0)
    assert np.all(found.funding_pnl_usd == 0)


@given(
    requests(),
    st.lists(floats(-0.9, 3), min_size=1, max_size=4),
    floats(-0.2, 0.2),
    floats(-0.05, 0.05),
    floats(-0.05, 0.05),
    floats(-0.001, 0.001),
    floats(0, 100),
    st.booleans(),
)
def test_the_parts_sum_to_the_total(request, moves, residual, before, after, rate, held, close):
    plan = planned(request)
    found = h.run_scenario(
        plan, moves, residual=residual, entry_basis=before, exit_basis=after, funding_rate=rate,
        intervals=held, close=close,
    )  # fmt: skip
    parts = found.attribution()
    assert list(parts) == ["spot", "collateral", "hedge", "basis", "funding", "fees"]
    scale = 1e-9 * (plan.book_usd + plan.notional_usd)
    assert sum(parts.values()) == near(found.total_pnl_usd, abs=scale)
    gone = found.liquidated
    kept = parts["spot"] - plan.collateral_usd
    assert found.total_pnl_usd[gone] == near(kept[gone], abs=scale)
    # A closed short and a seized margin stay at their value.
    closed = found.hedge_pnl_usd[gone & plan.holds_coin]
    at = plan.liquidation_price_usd
    assert closed == near(plan.notional_usd * (1 - at / plan.price_usd), abs=scale)
    inverse = plan.contract.kind == "inverse"
    traded = np.where(gone & plan.holds_coin, at, found.price_usd)
    assert found.hedge_pnl_coin * traded * inverse == near(found.hedge_pnl_usd * inverse, abs=scale)
    assert np.all(parts["spot"] >= -plan.kept_usd)
    each = [
        h.run_scenario(
            plan, move, residual=residual, entry_basis=before, exit_basis=after, funding_rate=rate,
            intervals=held, close=close,
        ).total_pnl_usd[0]
        for move in moves
    ]  # fmt: skip
    assert found.total_pnl_usd.tolist() == each


# Numbers worked out by hand: $10,000 at beta 1.5, cap 4: $5,000 of margin, a short of $20,000.

PLAN = h.plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=4)
USD = h.plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=4, collateral="stablecoin")
LINEAR = h.plan_hedge(
    10_000, 1.5, linear_terms(taker_fee=0), 2000, max_leverage=4, collateral="stablecoin"
)


def test_residual_moves_the_book_alone():
    found = h.run_scenario(PLAN, 0.1, residual=[-0.05, 0.2])
    assert found.spot_pnl_usd.tolist() == near([1_000, 3_500])
    assert found.unhedged_pnl_usd.tolist() == near([1_000, 3_500])
    assert found.total_pnl_usd.tolist() == near([-500, 2_000])
    assert found.move.tolist() == [0.1, 0.1]


def test_a_book_cannot_lose_more_than_itself():
    found = h.run_scenario(PLAN, [-0.6, -2 / 3, -0.7, -0.9])
    assert found.spot_pnl_usd.tolist() == near([-9_000, -10_000, -10_000, -10_000])
    assert found.unhedged_pnl_usd.tolist() == near([-9_000, -10_000, -10_000, -10_000])
    assert found.wiped_out.tolist() == [False, False, True, True]
    # The hedge goes on: more than the book had is gained by it.
    assert found.total_pnl_usd[-1] == near(-10_000 - 4_500 + 18_000)
    mixed = h.plan_hedge(
        10_000, 1.6, FREE, 2000, collateral="from_portfolio", held_usd=4_000, max_leverage=3
    )
    assert mixed.kept_beta == near(2)
    both = h.run_scenario(mixed, [-0.45, -0.55, -0.65])
    assert both.wiped_out.tolist() == [False, True, True]
    assert both.unhedged_pnl_usd.tolist() == near([-7_200, -8_800, -10_000])
    assert both.spot_pnl_usd.tolist() == near([-4_500, -5_000, -5_000])
    # What was held is lost although what is kept of it is not.
    calm = h.plan_hedge(
        10_000, 0.8, FREE, 2000, collateral="from_portfolio", held_usd=6_000, collateral_usd=6_000
    )
    assert calm.kept_beta == near(0.5)
    last = h.run_scenario(calm, -0.9, residual=-0.5)
    assert last.spot_pnl_usd.tolist() == near([-3_800])
    assert last.unhedged_pnl_usd.tolist() == [-10_000]
    assert last.wiped_out.tolist() == [True]


def test_premium_over_spot():
    # Sold at 2,020 (1% over spot), bought at 2,310 (5% over 2,200): the face is 20,000.
    found = h.run_scenario(PLAN, 0.1, entry_basis=0.01, exit_basis=0.05)
    assert found.hedge_pnl_usd.tolist() == near([-2_000])
    assert found.hedge_pnl_coin.tolist() == near([-2_000 / 2_200])
    whole = -20_000 * (2_200 / 2_020 - 2_200 / 2_310)
    assert found.basis_pnl_usd.tolist() == near([whole + 2_000])
    assert found.total_pnl_usd.tolist() == near([whole + 2_000])
    linear = h.run_scenario(LINEAR, 0.1, entry_basis=0.01, exit_basis=0.05)
    assert linear.hedge_pnl_usd.tolist() == near([-1_500])
    assert linear.hedge_pnl_coin.tolist() == [0]
    assert linear.basis_pnl_usd.tolist() == near([-7.5 * (2_310 - 2_020) + 1_500])


def test_funding_goes_to_the_short():
    found = h.run_scenario(PLAN, 0.1, funding_rate=0.0001, intervals=30)
    assert found.funding_pnl_usd.tolist() == near([20_000 * 0.0001 * 30])
    linear = h.run_scenario(LINEAR, 0.1, funding_rate=0.0001, intervals=30)
    assert linear.funding_pnl_usd.tolist() == near([7.5 * 2_200 * 0.0001 * 30])
    assert h.run_scenario(PLAN, 0.1, funding_rate=0.0001).funding_pnl_usd.tolist() == [0]


def test_closing_costs_a_second_fee():
    plan = h.plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=4, fee_rate=0.01)
    assert plan.notional_usd == 20_000
    assert h.run_scenario(plan, 0.1).fees_usd.tolist() == [-200]
    assert h.run_scenario(plan, [0.1, 5], close=True).fees_usd.tolist() == [-400, -200]
    linear = h.plan_hedge(10_000, 1.5, linear_terms(), 2000, collateral="stablecoin", fee_rate=0.01)
    fees = h.run_scenario(linear, 0.1, exit_basis=0.05, close=True).fees_usd
    assert fees.tolist() == near([-150 - 150 * 1.1 * 1.05])


def test_liquidation_takes_the_margin():
    # 20,000 x 0.995 / 7.5 = 2,653.33: a move of 32.67%.
    edge = PLAN.liquidation_price_usd / 2000 - 1
    found = h.run_scenario(PLAN, [edge - 1e-9, edge + 1e-9, 1], exit_basis=0)
    assert found.liquidated.tolist() == [False, True, True]
    assert found.total_pnl_usd.tolist() == near([0, 15_000 * edge - 5_000, 10_000], abs=1e-4)
    # What it had lost at that price, and no more whatever the coin does afterwards.
    assert found.hedge_pnl_usd.tolist()[1:] == near([-20_000 * edge] * 2)
    assert found.hedge_pnl_coin.tolist()[1:] == near(
        [20_000 * (1 / (2000 * (1 + edge)) - 1 / 2000)] * 2
    )
    assert found.collateral_pnl_usd.tolist()[1:] == near([20_000 * edge - 5_000] * 2)
    costs = h.run_scenario(PLAN, 1, entry_basis=0.1, exit_basis=0.1, funding_rate=0.01, intervals=9)
    assert (costs.basis_pnl_usd[0], costs.funding_pnl_usd[0]) == (0, 0)
    assert costs.total_pnl_usd[0] == 10_000
    # The venue looks at the contract's own price.
    by_basis = h.run_scenario(PLAN, 0.3, exit_basis=[0, 0.03])
    assert by_basis.liquidated.tolist() == [False, True]


def test_liquidation_at_the_price_itself():
    plan = dataclasses.replace(PLAN, liquidation_price_usd=2500.0)
    below = 0.25 - 1e-12
    assert h.run_scenario(plan, [below, 0.25]).liquidated.tolist() == [False, True]


@pytest.mark.parametrize("plan", [USD, LINEAR], ids=["inverse", "linear"])
def test_liquidation_takes_the_stablecoin(plan):
    found = h.run_scenario(plan, [0.1, 1])
    assert found.liquidated.tolist() == [False, True]
    assert found.collateral_pnl_usd.tolist() == [0, 0]
    assert found.hedge_pnl_usd.tolist() == near([-1_500, -3_750])
    assert found.total_pnl_usd.tolist() == near([0, 15_000 - 3_750])
    inverse = plan is USD
    assert found.hedge_pnl_coin.tolist() == near(
        [-1_500 / 2_200 * inverse, -3_750 / 4_000 * inverse]
    )


def test_rows():
    found = h.run_scenario(PLAN, [0.1, 1])
    rows = found.rows()
    assert len(rows) == 2
    assert rows[1] == near(
        {
            "move": 1.0,
            "price_usd": 4000.0,
            "spot_pnl_usd": 15_000.0,
            "collateral_pnl_usd": 4_600 / 3,
            "hedge_pnl_coin": -490 / 199,
            "hedge_pnl_usd": -19_600 / 3,
            "basis_pnl_usd": 0.0,
            "funding_pnl_usd": 0.0,
            "fees_usd": 0.0,
            "total_pnl_usd": 10_000.0,
            "unhedged_pnl_usd": 15_000.0,
            "liquidated": True,
            "wiped_out": False,
        }
    )
    assert rows[1]["liquidated"] is True
    assert found.plan is PLAN
    assert h.run_scenario(PLAN, []).rows() == []


def test_a_scenario_in_a_notebook():
    found = h.run_scenario(PLAN, [-0.1, 1])
    assert shown(found) == [
        *("move", "price", "spot", "collateral", "hedge", "fees", "total", "unhedged", "short"),
        *("-10%", "$1,800.00", "-1,500", "-500", "+2,000", "-0", "-0", "-1,500", "open"),
        *("+100%", "$4,000.00", "+15,000", "+1,533", "-6,533", "-0", "+10,000", "+15,000"),
        "liquidated",
    ]
    more = shown(h.run_scenario(PLAN, 0.1, exit_basis=0.01, funding_rate=0.001, intervals=1))
    head = ("move", "price", "spot", "collateral", "hedge", "basis", "funding", "fees", "total")
    assert tuple(more[: len(head)]) == head


# Refusals.


@pytest.mark.parametrize(
    "name", ["moves", "residual", "entry_basis", "exit_basis", "funding_rate", "intervals"]
)
def test_bad_numbers_have_no_scenario(name):
    for bad in (*BAD_ANYWHERE.values(), INF):
        with pytest.raises(h.InvalidInput, match=name):
            h.run_scenario(PLAN, **({"moves": [0.1]} | {name: bad}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moves": [0.1, -1]}, "moves must be > -1 (a loss of 100% is -1), got -1.0 at [1]"),
        ({"entry_basis": -1}, "entry_basis must be > -1 (a loss of 100% is -1), got -1.0"),
        ({"exit_basis": -1}, "exit_basis must be > -1 (a loss of 100% is -1), got -1.0"),
        (
            {"funding_rate": 1},
            "funding_rate must be a decimal between -1 and 1 (1% is 0.01), got 1.0",
        ),
        ({"intervals": -1}, "intervals must be >= 0, got -1.0"),
        ({"moves": [[0.1, 0.2]]}, "moves must be one-dimensional, got shape (1, 2)"),
        ({"residual": [[0.1], [0.2]]}, "moves must be one-dimensional, got shape (2, 1)"),
        (
            {"moves": [1, 2, 3], "residual": [0.1, 0.2]},
            "the shapes do not go together: moves (3,), residual (2,), entry_basis (), "
            "exit_basis (), funding_rate (), intervals ()",
        ),
        ({"moves": [1e306]}, "run_scenario: the numbers are too large or too small"),
        ({"plan": None}, "plan must be a HedgePlan, got None"),
    ],
)
def test_what_has_no_scenario(change, message):
    with refused(message):
        h.run_scenario(**({"plan": PLAN, "moves": [0.1]} | change))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("book_usd", -1),
        ("beta", INF),
        ("collateral_coin", -1),
        ("contracts", INF),
        ("price_usd", 0),
        ("move", -1),
        ("multiplier_usd", 0),
    ],
)
def test_bad_numbers_make_no_move(name, wrong):
    right = {
        "book_usd": 1e4, "beta": 1, "collateral_coin": 1, "contracts": -9, "price_usd": 2000,
        "move": 0.1, "multiplier_usd": 10,
    }  # fmt: skip
    for bad in (*BAD_ANYWHERE.values(), wrong):
        with pytest.raises(h.InvalidInput, match=name):
            h.move_pnl(**(right | {name: bad}))
    with refused(
        "the shapes do not go together: book_usd (3,), beta (), collateral_coin (), "
        "contracts (2,), price_usd (), move (), multiplier_usd ()"
    ):
        h.move_pnl([1, 2, 3], 1, 1, [1, 2], 2000, 0.1)
    with refused("move_pnl: the numbers are too large or too small"):
        h.move_pnl(1e300, 1e300, 1, 1, 2000, 0.1)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("contracts", INF),
        ("entry_usd", 0),
        ("wallet_coin", -1),
        ("price_usd", 0),
        ("multiplier_usd", 0),
    ],
)
def test_bad_numbers_make_no_account(name, wrong):
    right = {
        "contracts": -9, "entry_usd": 2000, "wallet_coin": 1, "price_usd": 2000,
        "multiplier_usd": 10,
    }  # fmt: skip
    for bad in (*BAD_ANYWHERE.values(), wrong):
        with pytest.raises(h.InvalidInput, match=name):
            h.coin_account(**(right | {name: bad}))
    with refused("coin_account: the numbers are too large or too small"):
        h.coin_account(1, 1, 1e300, 1e300)
    with refused(
        "the shapes do not go together: contracts (), entry_usd (3,), wallet_coin (2,), "
        "price_usd (), multiplier_usd ()"
    ):
        h.coin_account(1, [1, 2, 3], [1, 2], 5)


@given(requests(), floats(-0.5, 0.5))
def test_a_hedged_book_moves_less(request, move):
    plan = planned(request | {"hedge_ratio": 1.0, "target_beta": 0.0})
    found = h.run_scenario(plan, move)
    assume(not found.liquidated[0] and not found.wiped_out[0])
    step = plan.contract.notional_usd(plan.contract.lot, plan.price_usd)
    reach = 2.5 * step * abs(move) + abs(plan.open_fee_usd)
    assert abs(found.total_pnl_usd[0]) <= reach + 1e-9 * plan.exposure_usd


@pytest.mark.parametrize("kind", [h.MovePnl, h.Scenario])
def test_value_objects(kind):
    check_value_object(kind)
