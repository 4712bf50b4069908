"""How much to short: worked plans, laws, refusals, and what a plan says of itself."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import math
import pkgutil

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hedgelib as h
from hedgelib import market
from hedgelib._text import usd
from hedgelib.course import studies
from hedgelib.course.studies.six_ways import SixWays
from hedgelib.plan import DEFAULT_MAX_LEVERAGE
from tests.strategies import (
    BAD_ANYWHERE,
    check_value_object,
    floats,
    linear_terms,
    refused,
    shown,
    sizes,
    terms,
)

INF = math.inf
FREE = terms(taker_fee=0)
near = pytest.approx


def infeasible(message):
    return refused(message, h.InfeasibleHedge)


@st.composite
def requests(draw):
    """Arguments of a plan that is likely, not certain, to be feasible."""
    collateral = draw(st.sampled_from(["new_money", "from_portfolio", "stablecoin"]))
    linear = collateral == "stablecoin" and draw(st.booleans())
    multiplier = draw(st.sampled_from([0.001, 0.01] if linear else [1.0, 10.0, 100.0]))
    book = draw(floats(1e3, 1e7))
    held = draw(st.sampled_from([0.0, 0.2, 0.7])) * book
    cash = draw(st.sampled_from([0.0, 0.0, 0.1, 0.3])) * book
    others_beta = draw(floats(0.2, 3.0))
    rates = sorted(draw(st.lists(floats(0.002, 0.02), min_size=1, max_size=3)))
    contract = (linear_terms if linear else terms)(
        multiplier=multiplier,
        lot=draw(st.sampled_from([1.0, 5.0])),
        maintenance_floors=tuple(book / 1000 * i for i in range(len(rates))),
        maintenance_rates=tuple(rates),
        maintenance_basis=draw(st.sampled_from(["mark", "entry"])),
    )
    assume(book - held - cash > 0.01 * book)
    beta = (others_beta * (book - held - cash) + held) / book
    hedge_ratio = draw(st.sampled_from([1.0, 1.0, 0.5, 1.2]))
    return {
        "book_usd": book,
        "beta": beta,
        "contract": contract,
        "price_usd": draw(floats(1, 1e5)),
        "collateral": collateral,
        "max_leverage": draw(floats(1.3, 15)),
        "held_usd": held,
        "cash_usd": cash,
        "hedge_ratio": hedge_ratio,
        "target_beta": draw(st.sampled_from([0.0, 0.0, 0.3, -0.2])) * beta * hedge_ratio,
        "rounding": draw(st.sampled_from(["nearest", "down", "up"])),
        "fee_rate": draw(st.sampled_from([0.0, 0.0005, 0.003, -0.0001])),
    }


def plan_hedge(*args, **options):
    """Plan at a cap of 3, from which the numbers of most cases come."""
    return h.plan_hedge(*args, **({"max_leverage": 3} | options))


def plan_legs(*args, **options):
    return h.plan_legs(*args, **({"max_leverage": 3} | options))


def test_a20_one_leverage_cap_where_none_is_given():
    from hedgelib.report import ReportParameters

    assert h.plan_hedge(10_000, 1.5, FREE, 2000).leverage == near(2)
    legs = [h.Leg(contract=FREE, price_usd=2000, beta=1.5)]
    assert h.plan_legs(10_000, legs, fee_rate=0)[0].leverage == near(2)
    assert ReportParameters(portfolio="my.csv").max_leverage == 2
    # A margin that is given decides the leverage, up to what the venue allows.
    assert h.plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=2_000).leverage == near(8.5)
    with pytest.raises(h.InfeasibleHedge, match="puts the leverage above the cap of 10x"):
        h.plan_hedge(10_000, 1.5, terms(max_leverage=10), 2000, collateral_usd=1_000)


def test_a20_no_signature_has_a_leverage_cap_of_its_own():
    """No default, that of the contract or of the account (None), or the one there is."""
    names = [f"{studies.__name__}.{one.name}" for one in pkgutil.iter_modules(studies.__path__)]
    caps = {}
    for name in ("hedgelib.plan", "hedgelib.replay", "hedgelib.report.parameters", *names):
        for function in vars(importlib.import_module(name)).values():
            if inspect.isfunction(getattr(function, "__wrapped__", function)) or (
                isinstance(function, type) and dataclasses.is_dataclass(function)
            ):
                asked = inspect.signature(function).parameters
                if "max_leverage" in asked:
                    caps[name, function.__name__] = asked["max_leverage"].default
    assert caps["hedgelib.course.studies.living", "crash"] is inspect.Parameter.empty
    for where, cap in caps.items():
        assert cap in (inspect.Parameter.empty, None, DEFAULT_MAX_LEVERAGE), where
    assert inspect.signature(SixWays).parameters["leverage"].default == DEFAULT_MAX_LEVERAGE


def planned(request, **changes):
    """Plan it, or leave the example out where no plan is feasible."""
    try:
        return plan_hedge(**(request | changes))
    except h.InfeasibleHedge:
        assume(False)


def least(request):
    names = "beta max_leverage collateral held_usd cash_usd target_beta hedge_ratio fee_rate"
    return h.smallest_collateral(request["book_usd"], **{k: request[k] for k in names.split()})


# The notional.


def test_notional():
    assert h.hedge_notional(10_000, 1.5) == 15_000.0
    assert h.hedge_notional(10_000, 1.5, 5_000) == 20_000.0
    assert h.hedge_notional(10_000, 1.5, 5_000, target_beta=0.5) == 15_000.0
    assert h.hedge_notional(10_000, 0.5, target_beta=1) == -5_000.0
    assert h.hedge_notional([10_000, 0], [1, 2], 5).tolist() == [10_005, 5]
    # A share of the book, and all of the margin.
    assert h.hedge_notional(10_000, 1.5, 5_000, hedge_ratio=0.5) == 12_500.0
    assert h.hedge_notional(10_000, 1.5, 5_000, hedge_ratio=2, target_beta=0.5) == 30_000.0
    assert h.hedge_notional(10_000, 1.5, 5_000, hedge_ratio=0) == 5_000.0
    with refused("hedge_ratio must be >= 0, got -0.5"):
        h.hedge_notional(1, 1, hedge_ratio=-0.5)
    with refused("book_usd must be >= 0, got -1.0"):
        h.hedge_notional(-1, 1)
    with refused("collateral_usd must be >= 0, got -1.0"):
        h.hedge_notional(1, 1, -1)
    with refused("beta must be a finite number, got nan"):
        h.hedge_notional(1, math.nan)
    with refused("target_beta must be a finite number, got inf"):
        h.hedge_notional(1, 1, target_beta=INF)


# The smallest collateral.


@pytest.mark.parametrize(
    ("change", "usd"),
    [
        ({}, 7_500.0),
        ({"max_leverage": 4}, 5_000.0),
        ({"collateral": "new_money"}, 7_500.0),
        ({"collateral": "from_portfolio"}, 15_000 / 3.5),
        ({"collateral": "from_portfolio", "max_leverage": 2.5}, 5_000.0),
        ({"collateral": "stablecoin"}, 5_000.0),
        ({"collateral": "stablecoin", "target_beta": 0.5}, 10_000 / 3),
        ({"collateral": "stablecoin", "hedge_ratio": 0.5}, 2_500.0),
        ({"hedge_ratio": 0.5, "max_leverage": 2}, 7_500.0),
        ({"hedge_ratio": 2, "max_leverage": 2}, 30_000.0),
        ({"hedge_ratio": 0.5, "max_leverage": 1}, INF),
        ({"hedge_ratio": 0.5, "collateral": "from_portfolio", "max_leverage": 1}, 5_000.0),
        ({"hedge_ratio": 1.1, "collateral": "from_portfolio", "max_leverage": 1}, INF),
        ({"target_beta": 0.5}, 5_000.0),
        ({"max_leverage": 4, "fee_rate": 0.01}, 5_200.0),
        ({"collateral": "stablecoin", "fee_rate": 0.01}, 5_150.0),
        ({"max_leverage": 1}, INF),
        ({"max_leverage": 0.5}, INF),
        ({"max_leverage": 1, "fee_rate": 0.001}, INF),
        ({"max_leverage": 1, "fee_rate": -0.001}, INF),
        ({"max_leverage": 1, "collateral": "from_portfolio"}, 10_000.0),
        ({"max_leverage": 1, "collateral": "from_portfolio", "fee_rate": 0.001}, 10_000.0),
        ({"max_leverage": 0.99, "collateral": "from_portfolio"}, INF),
        (
            {"max_leverage": 1, "collateral": "from_portfolio", "beta": 1, "held_usd": 10_000},
            10_000.0,
        ),
        (
            {"max_leverage": 1, "collateral": "from_portfolio", "beta": 1.6, "held_usd": 4_000},
            10_000.0,
        ),
        # A dollar sold for margin takes less of beta off than the cap lets it carry.
        ({"max_leverage": 0.5, "collateral": "from_portfolio", "beta": 0.1}, INF),
        ({"max_leverage": 0.9, "collateral": "from_portfolio", "beta": 0.1}, INF),
        ({"max_leverage": 1, "collateral": "stablecoin"}, 15_000.0),
        ({"held_usd": 4_000}, 7_500.0),
        # $4,000 of the coin are held; the others have beta 2.
        ({"collateral": "from_portfolio", "held_usd": 4_000, "beta": 1.6}, 5_000.0),
        (
            {"collateral": "from_portfolio", "held_usd": 4_000, "beta": 1.6, "max_leverage": 4},
            4_000.0,
        ),
        (
            {"collateral": "from_portfolio", "held_usd": 4_000, "beta": 1.6, "max_leverage": 5},
            3_200.0,
        ),
        ({"collateral": "from_portfolio", "held_usd": 10_000, "beta": 1}, 10_000 / 3),
        ({"held_usd": 10_000, "beta": 1}, 5_000.0),
    ],
)
def test_smallest_collateral(change, usd):
    args = {"book_usd": 10_000, "beta": 1.5, "max_leverage": 3} | change
    found = h.smallest_collateral(**args)
    assert found == near(usd, rel=1e-12)
    assert type(found) is float


@given(requests())
def test_the_plan_at_the_smallest_collateral_meets_the_cap_and_below_it_is_refused(request):
    smallest = least(request)
    assert smallest > 0
    cap = request["max_leverage"]
    if smallest == INF:
        with pytest.raises(h.InfeasibleHedge) as error:
            plan_hedge(**request)
        assert error.value.smallest_collateral_usd == INF
        return
    with pytest.raises(h.InfeasibleHedge) as error:
        plan_hedge(**request, collateral_usd=0.999 * smallest)
    assert error.value.smallest_collateral_usd == smallest
    assert str(error.value) == (
        f"${0.999 * smallest:,.0f} of collateral puts the leverage above the cap of {cap:g}x; "
        f"the smallest that keeps to it is ${smallest:,.2f}"
    )
    most = request["book_usd"] if request["collateral"] == "from_portfolio" else INF
    for posted in (None, smallest, smallest * 1.01, smallest * 1.5):
        if posted is not None and posted > most:
            continue
        plan = planned(request, collateral_usd=posted)
        assert plan.leverage <= cap * (1 + 1e-8)
        assert plan.collateral_usd >= smallest
        assert plan.collateral_usd == (posted or near(smallest, rel=0.5))
    tight = planned(request | {"rounding": "down"})
    step = tight.contract.notional_usd(tight.contract.lot, tight.price_usd)
    # A smaller short pays a smaller fee, and that stays in the wallet.
    slack = 1.01 * (1 + cap * max(request["fee_rate"], 0.0))
    assert tight.leverage >= cap * (1 - slack * step / tight.notional_usd)


@given(requests(), floats(0.05, 1))
def test_one_times_new_money_is_never_feasible(request, cap):
    request |= {"collateral": "new_money", "max_leverage": cap, "contract": terms()}
    coin = "ETH"
    with infeasible(
        f"no amount of {coin} meets a leverage cap of {cap:g}x: each dollar of bought {coin} "
        "margin is a dollar more to short, so leverage is 1 + hedged exposure / collateral, always "
        "above 1; raise the cap, use stablecoin margin, or post ETH that the book holds already "
        "(collateral='from_portfolio')"
    ):
        plan_hedge(**request)


@pytest.mark.parametrize("fee_rate", [0, 0.0005])
@pytest.mark.parametrize("held", [0.0, 50_000.0])
@pytest.mark.parametrize("given_usd", [None, 50_000])
def test_a13_one_times_out_of_the_book_is_a_plan(fee_rate, held, given_usd):
    """The fee makes the wallet smaller than the book, and the short is what it leaves."""
    one = terms(multiplier=0.01, taker_fee=fee_rate)
    plan = plan_hedge(
        50_000, 1, one, 2000, collateral="from_portfolio", max_leverage=1, held_usd=held,
        collateral_usd=given_usd,
    )  # fmt: skip
    assert (plan.collateral_usd, plan.kept_usd, plan.kept_beta) == (50_000, 0, 0)
    assert plan.sold_usd == 50_000 - held
    assert plan.notional_target_usd == near(50_000 / (1 + fee_rate))
    assert plan.leverage == near(1, abs=1e-6)
    assert plan.leverage <= 1 + 1e-12
    assert plan.residual_delta_usd == near(0, abs=0.011)
    assert (plan.liquidation_price_usd, plan.bankruptcy_price_usd) == (INF, INF)
    said = any("all altcoins are sold for ETH" in text for text in plan.assumptions)
    assert said == (held == 0)
    words = dict(plan.steps())
    assert words["Exposure"].startswith("$0 x beta 0 + $")
    assert words["Collateral and leverage"].endswith("leverage 1.00x, no price liquidates it")
    assert ("(no altcoins sold)" in words["Collateral and leverage"]) == (held == 50_000)
    assert "$0 of" not in words["Collateral and leverage"]
    # On the entry price there is a price, far away.
    entry = dataclasses.replace(one, maintenance_basis="entry")
    far = plan_hedge(
        50_000, 1, entry, 2000, collateral="from_portfolio", max_leverage=1, held_usd=held
    )
    assert far.liquidation_price_usd == near(2000 / 0.005, rel=1e-3)


def test_a13_below_one_times_the_book_does_not_suffice():
    text = (
        "a leverage cap of 0.9x cannot be met out of the book: with all of it sold for ETH the "
        "short is still too large for it; raise the cap, or use stablecoin margin"
    )
    for change in ({}, {"collateral_usd": 9_999.0}, {"fee_rate": 0.001}):
        with infeasible(text):
            plan_hedge(
                10_000, 1, FREE, 2000, collateral="from_portfolio", max_leverage=0.9, **change
            )


def test_a13_half_of_a_book_of_the_coin_at_one_times():
    plan = plan_hedge(
        10_000, 1, FREE, 2000, collateral="from_portfolio", held_usd=10_000, max_leverage=1,
        hedge_ratio=0.5,
    )  # fmt: skip
    assert parts(plan) == near((5_000, 0, 5_000, 1, 10_000, -500, 0, 1), abs=1e-9)


# Worked plans, the fee left out at first.


def parts(plan):
    return (
        plan.collateral_usd,
        plan.sold_usd,
        plan.kept_usd,
        plan.kept_beta,
        plan.exposure_usd,
        plan.contracts,
        plan.residual_delta_usd,
        plan.leverage,
    )


def test_new_money():
    plan = plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=4)
    assert parts(plan) == near((5_000, 0, 10_000, 1.5, 20_000, -2_000, 0, 4), abs=1e-9)
    assert (plan.notional_target_usd, plan.contracts_exact) == (near(20_000), near(-2_000))
    assert (plan.book_usd, plan.beta, plan.price_usd) == (10_000.0, 1.5, 2000.0)
    assert (plan.hedge_ratio, plan.target_beta, plan.collateral) == (1.0, 0.0, "new_money")
    assert (plan.notional_usd, plan.wallet_usd, plan.wallet_coin) == (20_000, 5_000, 2.5)
    assert plan.liquidation_price_usd == near(20_000 * 0.995 / 7.5)
    assert plan.bankruptcy_price_usd == near(20_000 / 7.5)
    assert plan.liquidation_move == near(0.995 * 4 / 3 - 1)
    assert (plan.maintenance_rate, plan.fee_rate, plan.open_fee_usd) == (0.005, 0, 0)
    assert (plan.assumptions, plan.holds_coin) == ((), True)
    assert plan.contract is FREE


def test_defaults():
    plan = plan_hedge(10_000, 1.5, FREE, 2000)
    assert parts(plan) == near((7_500, 0, 10_000, 1.5, 22_500, -2_250, 0, 3), abs=1e-9)
    same = plan_hedge(
        10_000, 1.5, FREE, 2000, collateral="new_money", max_leverage=3, held_usd=0,
        hedge_ratio=1, target_beta=0, rounding="nearest", fee_rate=0, maintenance_rate=0.005,
    )  # fmt: skip
    assert plan == same


def test_more_collateral_than_needed():
    plan = plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=15_000)
    assert parts(plan) == near((15_000, 0, 10_000, 1.5, 30_000, -3_000, 0, 2), abs=1e-9)


def test_from_the_book():
    plan = plan_hedge(10_000, 1.5, FREE, 2000, collateral="from_portfolio", max_leverage=2.5)
    assert parts(plan) == near((5_000, 5_000, 5_000, 1.5, 12_500, -1_250, 0, 2.5), abs=1e-9)


def test_from_a_book_that_holds_some_of_the_coin():
    def plan(cap):
        return plan_hedge(
            10_000, 1.6, FREE, 2000, collateral="from_portfolio", held_usd=4_000, max_leverage=cap
        )

    assert parts(plan(3)) == near((5_000, 1_000, 5_000, 2, 15_000, -1_500, 0, 3), abs=1e-9)
    assert parts(plan(5)) == near((3_200, 0, 6_800, 12_800 / 6_800, 16_000, -1_600, 0, 5), abs=1e-9)
    # Coin that is held and stays put changes nothing for the other two.
    for source in ("new_money", "stablecoin"):
        with_, without = (
            plan_hedge(10_000, 1.6, FREE, 2000, collateral=source, held_usd=x) for x in (4_000, 0)
        )
        assert parts(with_) == near(parts(without))


def test_a_book_of_nothing_but_the_coin():
    plan = plan_hedge(
        10_000, 1, FREE, 2000, collateral="from_portfolio", held_usd=10_000, collateral_usd=8_000
    )
    assert parts(plan) == near((8_000, 0, 2_000, 1, 10_000, -1_000, 0, 1.25), abs=1e-9)
    slight = {"held_usd": 10_000, "max_leverage": 3}
    assert h.smallest_collateral(10_000, 1 + 0.9e-9, **slight) == near(5_000)
    for function in (h.smallest_collateral, lambda v, b, _, **k: plan_hedge(v, b, FREE, 2, **k)):
        with refused("a book of nothing but the hedge coin has beta 1 to it, got beta 0.8"):
            function(10_000, 0.8, 3, held_usd=10_000)


def test_stablecoin_behind_an_inverse_contract():
    plan = plan_hedge(10_000, 1.5, FREE, 2000, collateral="stablecoin")
    assert parts(plan) == near((5_000, 0, 10_000, 1.5, 15_000, -1_500, 0, 3), abs=1e-9)
    assert (plan.holds_coin, plan.wallet_coin, plan.wallet_usd) == (False, 0.0, 5_000)
    assert plan.liquidation_price_usd == near((5_000 + 15_000 * 0.995) / 7.5)
    assert plan.bankruptcy_price_usd == near(2000 + 5_000 / 7.5)
    assert plan.assumptions == (
        "stablecoin behind an inverse contract needs a unified account; "
        "its haircut on other assets is not counted",
    )
    flat = plan_hedge(10_000, 1.5, FREE, 2000, collateral="stablecoin", maintenance_rate=0.1)
    assert flat.liquidation_price_usd == near((5_000 + 15_000 * 0.9) / 7.5)
    assert flat.maintenance_rate == 0.1


def test_stablecoin_behind_an_inverse_contract_with_tiers():
    # Amounts in coin are 0, 0.2, 3.2: the tier counts in which 7.5 coins are, and the next ones.
    contract = terms(taker_fee=0, maintenance_floors=(0, 2, 10), maintenance_rates=(0.1, 0.2, 0.5))
    plan = plan_hedge(10_000, 1.5, contract, 2000, collateral="stablecoin")
    assert plan.liquidation_price_usd == near((5_000 + 15_000 * 0.8) / (7.5 - 0.2))
    price = plan.liquidation_price_usd
    equity = 5_000 - 15_000 * (price / 2000 - 1)
    assert h.margin_tiers(contract, 2000).maintenance_margin(15_000 / price) * price == near(equity)
    assert plan.maintenance_rate == 0.1
    steep = terms(taker_fee=0, maintenance_floors=(0, 7), maintenance_rates=(0.3, 0.9))
    with infeasible(
        "a margin of 5000 USD is not above the maintenance margin of 5100 USD at entry: "
        "the position would be liquidated at once; add margin or reduce its size"
    ):
        plan_hedge(10_000, 1.5, steep, 2000, collateral="stablecoin")
    exact = terms(taker_fee=0, maintenance_rates=(1 / 3,))
    with infeasible(
        "a margin of 5000 USD is not above the maintenance margin of 5000 USD at entry: "
        "the position would be liquidated at once; add margin or reduce its size"
    ):
        plan_hedge(10_000, 1.5, exact, 2000, collateral="stablecoin")
    # In its second tier what 8 coins need does not depend on the price, and nothing is above it.
    level = terms(taker_fee=0, maintenance_floors=(0, 10), maintenance_rates=(0.1, 0.9))
    plan = plan_hedge(16_000, 1, level, 2000, collateral="stablecoin")
    assert plan.liquidation_price_usd == near((plan.wallet_usd + 16_000 * 0.9) / 8)
    free = plan_hedge(10_000, 1.5, FREE, 2000, collateral="stablecoin", maintenance_rate=0)
    assert free.liquidation_price_usd == free.bankruptcy_price_usd
    huge = terms(taker_fee=0, maintenance_floors=(0, 10), maintenance_rates=(0, 0.8))
    free = plan_hedge(10_000, 1.5, huge, 2000, collateral="stablecoin")
    assert free.liquidation_price_usd == free.bankruptcy_price_usd


def test_stablecoin_behind_a_linear_contract():
    contract = linear_terms(taker_fee=0)
    plan = plan_hedge(10_000, 1.5, contract, 2000, collateral="stablecoin")
    assert parts(plan) == near((5_000, 0, 10_000, 1.5, 15_000, -750, 0, 3), abs=1e-9)
    assert plan.liquidation_price_usd == near((2000 + 5_000 / 7.5) / 1.005)
    assert plan.bankruptcy_price_usd == near(2000 + 5_000 / 7.5)
    assert plan.assumptions == ()
    flat = plan_hedge(10_000, 1.5, contract, 2000, collateral="stablecoin", maintenance_rate=0.1)
    assert flat.liquidation_price_usd == near((2000 + 5_000 / 7.5) / 1.1)


def test_partial_hedges_and_targets():
    half = plan_hedge(10_000, 1.5, FREE, 2000, hedge_ratio=0.5, max_leverage=2)
    assert parts(half) == near((7_500, 0, 10_000, 1.5, 22_500, -1_500, 0, 2), abs=1e-9)
    target = plan_hedge(10_000, 1.5, FREE, 2000, target_beta=0.5)
    assert parts(target) == near((5_000, 0, 10_000, 1.5, 20_000, -1_500, 0, 3), abs=1e-9)
    assert (half.hedge_ratio, target.target_beta) == (0.5, 0.5)
    assert (half.beta_left, target.beta_left) == (0.75, 0.5)


@given(requests(), st.sampled_from([0.05, 0.5, 0.8, 1.0, 1.5, 2.5]))
def test_a5_what_is_left_is_the_share_of_the_book_that_was_not_hedged(request, hedge_ratio):
    """To the cent, whatever stands behind the short: fine lots leave no rounding."""
    fine = dataclasses.replace(request["contract"], lot=1e-9)
    plan = planned(request | {"hedge_ratio": hedge_ratio, "target_beta": 0.0, "contract": fine})
    left = (1 - hedge_ratio) * plan.beta * plan.book_usd
    tolerance = 1e-9 * (plan.exposure_usd + plan.book_usd)
    assert plan.exposure_usd - plan.notional_usd == near(left, abs=tolerance)
    assert plan.residual_delta_usd == near(0, abs=tolerance)
    assert plan.beta_left * plan.book_usd == near(left, abs=tolerance)


@given(requests())
def test_a5_a_target_beta_is_another_way_to_leave_it(request):
    fine = dataclasses.replace(request["contract"], lot=1e-9)
    plan = planned(request | {"contract": fine})
    left = ((1 - plan.hedge_ratio) * plan.beta + plan.target_beta) * plan.book_usd
    tolerance = 1e-9 * (plan.exposure_usd + plan.book_usd)
    assert plan.exposure_usd - plan.notional_usd == near(left, abs=tolerance)
    share = 1 - plan.beta_left / plan.beta
    if share > 0:
        same = planned(request | {"contract": fine, "hedge_ratio": share, "target_beta": 0.0})
        assert same.collateral_usd == near(plan.collateral_usd)
        assert same.contracts == near(plan.contracts)


def test_a5_a_size_that_was_given():
    """Alice's short in the article is as large as its margin, and hedges none of the book."""

    def alice(**change):
        size = {"notional_usd": 49_000, "fee_rate": 0}
        return plan_hedge(50_000, 1, FREE, 3500, **(size | change))

    bought = alice(collateral_usd=49_000)
    assert (bought.contracts, bought.hedge_ratio, bought.residual_delta_usd) == (-4_900, 0, 0)
    assert (bought.exposure_usd, bought.notional_usd) == (99_000, 49_000)
    assert dict(bought.steps())["Ratio"] == (
        "short $49,000, 0% of the exposure of the book, and the margin"
    )
    sold = alice(collateral_usd=49_000, collateral="from_portfolio")
    assert (sold.contracts, sold.hedge_ratio, sold.kept_usd) == (-4_900, near(0.98), 1_000)
    assert alice().collateral_usd == near(49_000 / 3)
    assert alice(max_leverage=1).leverage == 1
    assert alice(collateral="stablecoin").hedge_ratio == near(0.98)
    # With a fee the size stays, and the wallet is what gets smaller.
    costly = alice(collateral_usd=49_000, fee_rate=0.001)
    assert (costly.contracts, costly.hedge_ratio) == (-4_900, near(49 / 50_000))
    assert costly.residual_delta_usd == near(0, abs=1e-9)
    odd = alice(collateral_usd=49_000, notional_usd=49_004)
    assert (odd.contracts, odd.residual_delta_usd) == (-4_900, near(4))
    for change in ({"hedge_ratio": 0.5}, {"target_beta": 0.1}):
        with refused("notional_usd is the size itself; leave hedge_ratio and target_beta out"):
            alice(**change)
    with refused("notional_usd must be > 0, got 0.0"):
        alice(notional_usd=0)
    with infeasible(
        "a leverage cap of 0.9x cannot be met out of the book: with all of it sold for ETH the "
        "short is still too large for it; raise the cap, or use stablecoin margin"
    ):
        alice(collateral="from_portfolio", max_leverage=0.9)


def test_the_fee_comes_out_of_the_margin():
    coin = plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=4, fee_rate=0.01)
    assert parts(coin) == near((5_200, 0, 10_000, 1.5, 20_000, -2_000, 0, 4), abs=1e-9)
    assert (coin.open_fee_usd, coin.wallet_usd, coin.fee_rate) == (200, near(5_000), 0.01)
    assert coin.wallet_coin == near(2.5)
    assert coin.liquidation_price_usd == near(20_000 * 0.995 / 7.5)
    usd = plan_hedge(10_000, 1.5, terms(taker_fee=0.01), 2000, collateral="stablecoin")
    assert parts(usd) == near((5_150, 0, 10_000, 1.5, 15_000, -1_500, 0, 3), abs=1e-9)
    assert usd.liquidation_price_usd == near((5_000 + 15_000 * 0.995) / 7.5)
    half = plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=2, fee_rate=0.01, hedge_ratio=0.5)
    assert parts(half) == near((7_650, 0, 10_000, 1.5, 22_500, -1_500, 0, 2), abs=1e-9)
    assert half.notional_target_usd == near((7_500 + 7_650) / 1.01)


def test_rounding_leaves_a_residual():
    def plan(rounding, **kwargs):
        return plan_hedge(
            10_004,
            1,
            FREE,
            2000,
            collateral="stablecoin",
            max_leverage=2,
            rounding=rounding,
            **kwargs,
        )

    nearest, down, up = (plan(how) for how in ("nearest", "down", "up"))
    assert (nearest.contracts, nearest.residual_delta_usd) == (-1000, near(4))
    assert nearest.contracts_exact == near(-1000.4)
    assert down == dataclasses.replace(nearest)
    assert (up.contracts, up.residual_delta_usd) == (-1001, near(-6))
    # More margin for the contract more, so that the cap holds.
    assert (nearest.collateral_usd, up.collateral_usd, up.leverage) == (5_002, 5_005, 2)
    # With margin given, the cap goes before the rounding.
    given_ = plan("up", collateral_usd=5_002)
    assert (given_.contracts, given_.collateral_usd) == (-1000, 5_002)
    rounded = "rounded down: one step more would lift the leverage above the cap"
    assert given_.assumptions[-1] == rounded
    enough = plan("up", collateral_usd=5_005)
    assert (enough.contracts, enough.leverage) == (-1001, 2)
    assert rounded not in enough.assumptions
    lots = plan_hedge(10_004, 1, terms(taker_fee=0, lot=300), 2000, collateral="stablecoin")
    assert (lots.contracts, lots.residual_delta_usd) == (-900, near(1_004))


def test_the_fee_counts_when_rounding_would_break_the_cap():
    args = {"collateral": "stablecoin", "max_leverage": 2, "rounding": "up", "fee_rate": 0.01}
    needed = 10_010 * (0.5 + 0.01)
    up = plan_hedge(10_004, 1, FREE, 2000, **args)
    assert (up.contracts, up.collateral_usd, up.leverage) == (-1001, near(needed), near(2))
    assert plan_hedge(10_004, 1, FREE, 2000, **args, collateral_usd=needed).contracts == -1001
    assert plan_hedge(10_004, 1, FREE, 2000, **args, collateral_usd=needed - 1).contracts == -1000


def test_whole_contracts_may_leave_nothing_of_a_small_book():
    args = {"collateral": "from_portfolio", "max_leverage": 1.2, "fee_rate": 0}
    # A second contract would ask for more margin than the book has.
    up = plan_hedge(14, 1, FREE, 2000, rounding="up", **args)
    assert up.contracts == -1
    assert up.assumptions == ("rounded down: one step more would lift the leverage above the cap",)
    assert plan_hedge(14, 1, FREE, 2000, **args).contracts == -1


@given(requests())
def test_every_plan_adds_up(request):
    plan = planned(request)
    assert plan.contracts < 0
    assert plan.notional_usd > 0
    assert plan.kept_usd > 0
    posted = plan.collateral_usd
    moved = 0.0 if plan.collateral != "from_portfolio" else posted
    assert plan.kept_usd + moved == near(plan.book_usd)
    assert plan.wallet_usd + plan.open_fee_usd == near(posted)
    assert plan.open_fee_usd == near(plan.notional_usd * request["fee_rate"])
    owned = plan.kept_beta * plan.kept_usd + (plan.wallet_usd if plan.holds_coin else 0)
    assert plan.exposure_usd == near(owned)
    if plan.collateral != "from_portfolio":
        assert plan.kept_beta == near(plan.beta)
    else:
        more = max(0.0, posted - request["held_usd"])
        assert plan.cash_sold_usd == near(min(more, request["cash_usd"]), abs=1e-6)
        assert plan.sold_usd == near(max(0.0, more - request["cash_usd"]), abs=1e-6)
    left = ((1 - plan.hedge_ratio) * plan.beta + plan.target_beta) * plan.book_usd
    assert plan.residual_delta_usd == near(owned - left - plan.notional_usd, abs=1e-9 * owned)
    step = plan.contract.notional_usd(plan.contract.lot, plan.price_usd)
    reach = {"nearest": 0.5, "down": 1, "up": 1}[request["rounding"]] * step
    # Margin that rounding up adds is exposure of its own.
    slack = 1e-9 * owned + (3 * step / request["max_leverage"] if plan.holds_coin else 0)
    assert abs(plan.residual_delta_usd) <= reach + slack
    assert plan.price_usd < plan.liquidation_price_usd
    assert plan.liquidation_price_usd <= plan.bankruptcy_price_usd * (1 + 1e-12)
    assert plan.contracts / plan.contract.lot == near(round(plan.contracts / plan.contract.lot))
    for value in dataclasses.asdict(plan).values():
        assert not isinstance(value, (np.generic, np.ndarray))


@given(floats(1e3, 1e6), floats(0.1, 3), floats(1.5, 20), sizes)
def test_the_liquidation_price_of_a_plan_is_that_of_its_position(book, beta, cap, price):
    plan = planned(
        {
            "book_usd": book,
            "beta": beta,
            "contract": terms(maintenance_rates=(0.004, 0.1), maintenance_floors=(0, 10)),
            "price_usd": price,
            "max_leverage": cap,
        }
    )
    assert plan.liquidation_price_usd == h.liquidation_price(
        plan.contract, plan.contracts, price, plan.wallet_coin
    )
    assert plan.bankruptcy_price_usd == h.inverse_bankruptcy_price(
        plan.contracts, price, plan.wallet_coin, 10
    )


# Cash in the book.


@pytest.mark.parametrize(
    ("held", "cash", "posted", "cash_sold", "sold"),
    [
        # A cap of 3, altcoins of beta 1.5 for what is neither: open = 1.5 (10,000 - H - C) + H.
        (0, 6_000, 3_000, 3_000, 0),
        (0, 2_000, 12_000 / 2.5 - 2_000 * 0.5 / 3.5, None, None),
        (4_000, 3_000, 8_500 / 3, 0, 0),
        (1_000, 6_000, (5_500 - 1_000) / 2, 1_250, 0),
    ],
)
def test_a4_cash_is_turned_into_margin_before_any_coin_is_sold(held, cash, posted, cash_sold, sold):
    open_usd = 1.5 * (10_000 - held - cash) + held
    args = {"collateral": "from_portfolio", "held_usd": held, "cash_usd": cash, "fee_rate": 0}
    plan = plan_hedge(10_000, open_usd / 10_000, terms(taker_fee=0, multiplier=1e-6), 2000, **args)
    if cash_sold is None:
        # Coins too: N = open + C - (1.5 - 1) (P - C) = 3 P.
        posted = (open_usd + cash + 0.5 * cash) / 3.5
        cash_sold, sold = cash, posted - cash
    assert plan.collateral_usd == near(posted)
    assert (plan.cash_sold_usd, plan.sold_usd) == near((cash_sold, sold))
    # Cash has no beta to lose: what it buys is more exposure, and more to short.
    assert plan.notional_usd == near(3 * posted)
    assert plan.kept_usd == near(10_000 - posted)
    gone = min(posted, held) + 1.5 * sold
    assert plan.kept_beta * plan.kept_usd == near(open_usd - gone)
    assert plan.residual_delta_usd == near(0, abs=1e-3)


def test_a4_cash_counts_only_for_a_margin_out_of_the_book():
    for source in ("new_money", "stablecoin"):
        args = {"collateral": source, "fee_rate": 0}
        plans = [plan_hedge(10_000, 0.9, FREE, 2000, cash_usd=c, **args) for c in (0, 4_000)]
        assert plans[0] == plans[1]


def test_a4_a_plan_says_what_cash_it_takes():
    args = {"collateral": "from_portfolio", "cash_usd": 4_000, "collateral_usd": 5_000}
    plan = plan_hedge(10_000, 0.9, FREE, 2000, **args)
    assert "($4,000 of cash and $1,000 of altcoins sold)" in str(plan)
    whole = plan_hedge(
        10_000, 0.9, FREE, 2000, collateral="from_portfolio", held_usd=2_000, cash_usd=8_000 / 3,
        max_leverage=1,
    )  # fmt: skip
    assert (whole.collateral_usd, whole.kept_usd) == near((10_000, 0))
    assert (whole.cash_sold_usd, whole.sold_usd) == near((8_000 / 3, 16_000 / 3))
    # Two sums of the same dollars leave an ulp, and that has no beta.
    thirds = [0.1 + 0.2, 0.3]
    plan = plan_hedge(
        1e4 * thirds[0] + 7e3, 0.3, FREE, 2000, collateral="from_portfolio",
        held_usd=1e4 * thirds[1], cash_usd=7e3,
    )  # fmt: skip
    assert plan.sold_usd == 0


@pytest.mark.parametrize("cash", [8_000.01, 10_001])
def test_a4_cash_is_part_of_the_book(cash):
    with refused(f"cash_usd must not be above the rest of the book, 8000, got {cash:g}"):
        plan_hedge(10_000, 0.9, FREE, 2000, held_usd=2_000, cash_usd=cash)


# What is assumed is said.


def test_assumptions():
    bare = h.ContractTerms(
        venue="Test", symbol="ETHUSD", kind="inverse", coin="ETH", multiplier=10, settle="ETH"
    )
    plan = plan_hedge(10_000, 1, bare, 2000)
    assert plan.assumptions == (
        "the taker fee of ETHUSD is not verified: 0 assumed",
        "ETHUSD: maintenance margin at the mark price assumed",
        "the maintenance rate of ETHUSD is not verified: 1.00% assumed",
    )
    assert (plan.fee_rate, plan.maintenance_rate) == (0.0, h.ASSUMED_MAINTENANCE_RATE)
    assert plan.liquidation_price_usd == h.liquidation_price(
        bare, plan.contracts, 2000, plan.wallet_coin, maintenance_rate=0.01
    )
    named = plan_hedge(10_000, 1, bare, 2000, fee_rate=0.001, maintenance_rate=0.01)
    assert named.assumptions == ("ETHUSD: maintenance margin at the mark price assumed",)
    assert (named.fee_rate, named.maintenance_rate) == (0.001, 0.01)
    taken = plan_hedge(10_000, 1, terms(), 2000)
    assert (taken.fee_rate, taken.assumptions) == (0.0005, ())
    zero = plan_hedge(10_000, 1, terms(), 2000, fee_rate=0, maintenance_rate=0)
    assert (zero.fee_rate, zero.maintenance_rate) == (0, 0)
    assert zero.liquidation_price_usd == near(zero.bankruptcy_price_usd)


# Refusals.


def test_a_cap_that_cannot_be_met_says_the_smallest_collateral():
    with pytest.raises(h.InfeasibleHedge) as error:
        plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=7_499.99)
    assert error.value.smallest_collateral_usd == near(7_500)
    assert str(error.value) == (
        "$7,500 of collateral puts the leverage above the cap of 3x; "
        "the smallest that keeps to it is $7,500.00"
    )
    smallest = h.smallest_collateral(10_000, 1.5, 3)
    assert plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=smallest * (1 - 0.9e-9))
    with pytest.raises(h.InfeasibleHedge):
        plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=smallest * (1 - 1.1e-9))


def test_a_margin_of_more_than_the_book():
    args = {"collateral": "from_portfolio", "max_leverage": 3}
    with infeasible(
        "a margin of $12,000 is more than the book of $10,000 that it is to come out of; "
        "post less, or add new money"
    ):
        plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=12_000, **args)
    everything = plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=10_000, **args)
    assert (everything.kept_usd, everything.leverage, everything.contracts) == (0, 1, -1_000)
    assert plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=9_999, **args).kept_usd == 1
    # New money may be more than the book.
    assert plan_hedge(10_000, 1.5, FREE, 2000, collateral_usd=12_000).kept_usd == 10_000


def test_less_than_one_contract():
    with infeasible(
        "the hedge needs $4.80, less than one step of 1 x 10 USD; choose a smaller contract"
    ):
        plan_hedge(4.8, 1, FREE, 2000, collateral="stablecoin")
    with pytest.raises(h.InfeasibleHedge) as error:
        plan_hedge(9, 1, FREE, 2000, collateral="stablecoin", rounding="down")
    assert error.value.smallest_collateral_usd == 3
    assert plan_hedge(5, 1, FREE, 2000, collateral="stablecoin").contracts == -1


def test_margin_not_above_maintenance():
    with pytest.raises(h.InfeasibleHedge, match="not above the maintenance margin") as error:
        plan_hedge(10_000, 1.5, FREE, 2000, maintenance_rate=0.4)
    assert error.value.smallest_collateral_usd == near(7_500)
    with pytest.raises(h.InfeasibleHedge, match="not above the maintenance margin"):
        plan_hedge(10_000, 1.5, linear_terms(), 2000, collateral="stablecoin", maintenance_rate=0.4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"beta": 0},
            "nothing to short: at beta 0 and target 0 the book has no exposure to hedge",
        ),
        (
            {"beta": -0.5},
            "nothing to short: at beta -0.5 and target 0 the book has no exposure to hedge",
        ),
        (
            {"target_beta": 1.5},
            "nothing to short: at beta 1.5 and target 1.5 the book has no exposure to hedge",
        ),
        (
            {"collateral": "from_portfolio", "collateral_usd": 5_000, "target_beta": 1.25},
            "nothing to short: with $5,000 taken out of the book for margin, what is left is not "
            "above the target of beta 1.25",
        ),
        ({"held_usd": 10_001}, "held_usd must not be above book_usd 10000, got 10001"),
        (
            {"contract": linear_terms()},
            "ETHUSDT is linear and takes stablecoin margin; set collateral='stablecoin', or choose "
            "an inverse contract",
        ),
        (
            {"contract": terms(closed="delisted in 2024")},
            "ETHUSD at Test is closed: delisted in 2024",
        ),
        (
            {"contract": terms(max_leverage=2.5)},
            "max_leverage must be <= 2.5, the cap of ETHUSD, got 3",
        ),
        (
            {"collateral": "margin"},
            "collateral must be one of new_money, from_portfolio, stablecoin, got 'margin'",
        ),
        ({"rounding": "even"}, "rounding must be one of nearest, down, up, got 'even'"),
        ({"contract": "ETHUSD"}, "contract must be a ContractTerms, got 'ETHUSD'"),
        ({"book_usd": 0}, "book_usd must be > 0, got 0.0"),
        ({"price_usd": 0}, "price_usd must be > 0, got 0.0"),
        ({"max_leverage": 0}, "max_leverage must be > 0, got 0.0"),
        ({"held_usd": -1}, "held_usd must be >= 0, got -1.0"),
        ({"hedge_ratio": 0}, "hedge_ratio must be > 0, got 0.0"),
        ({"collateral_usd": 0}, "collateral_usd must be > 0, got 0.0"),
        ({"fee_rate": 1}, "fee_rate must be a decimal between -1 and 1 (1% is 0.01), got 1.0"),
        ({"fee_rate": -0.4}, "fee_rate must not be a rebate that pays for the margin: -0.4"),
        (
            {"maintenance_rate": 1},
            "maintenance_rate must be a decimal from 0 to below 1 (1% is 0.01), got 1.0",
        ),
        ({"book_usd": [1e4]}, "book_usd must be a single number, got shape (1,)"),
    ],
)
def test_what_is_refused(change, message):
    request = {"book_usd": 10_000, "beta": 1.5, "contract": FREE, "price_usd": 2000}
    with refused(message):
        plan_hedge(**(request | change))


def test_what_is_just_allowed():
    assert plan_hedge(10_000, 1.5, terms(max_leverage=3), 2000).leverage <= 3 + 1e-9
    assert plan_hedge(10_000, 1.5, FREE, 2000, fee_rate=-0.2).fee_rate == -0.2
    assert plan_hedge(10_000, 1, FREE, 2000, held_usd=10_000).collateral_usd == near(5_000)


PLAN_NUMBERS = [
    "book_usd", "beta", "price_usd", "collateral_usd", "max_leverage", "held_usd", "hedge_ratio",
    "target_beta", "notional_usd", "fee_rate", "maintenance_rate",
]  # fmt: skip


@pytest.mark.parametrize("name", PLAN_NUMBERS)
def test_bad_numbers_are_refused_by_name(name):
    request = {"book_usd": 10_000, "beta": 1.5, "contract": FREE, "price_usd": 2000}
    for bad in (*BAD_ANYWHERE.values(), INF, [1.0, 2.0], []):
        optional = (
            "collateral_usd", "notional_usd", "fee_rate", "maintenance_rate", "max_leverage",
        )  # fmt: skip
        if bad is None and name in optional:
            continue
        with pytest.raises(h.InvalidInput, match=name):
            plan_hedge(**(request | {name: bad}))


@pytest.mark.parametrize(
    "name",
    ["book_usd", "beta", "max_leverage", "held_usd", "target_beta", "hedge_ratio", "fee_rate"],
)
def test_bad_numbers_have_no_smallest_collateral(name):
    request = {"book_usd": 10_000, "beta": 1.5, "max_leverage": 3}
    for bad in (*BAD_ANYWHERE.values(), INF, [1.0, 2.0], []):
        with pytest.raises(h.InvalidInput, match=name):
            h.smallest_collateral(**(request | {name: bad}))


def test_any_kind_of_number_gives_the_same_plan():
    plain = plan_hedge(10_000, 1.5, FREE, 2000, max_leverage=4)
    other = plan_hedge(
        np.int32(10_000), np.float32(1.5), FREE, np.array(2000), max_leverage=np.int8(4)
    )
    assert other == plain
    assert str(other) == str(plain)


# What a plan says of itself.

STEPS = [
    (
        {"max_leverage": 4},
        [
            ("Exposure", "$10,000 x beta 1.5 + $5,000 of ETH margin = $20,000 of ETH risk"),
            ("Instrument", "ETHUSD at Test, inverse, 10 USD a contract"),
            ("Ratio", "short $20,000, 100% of the exposure"),
            (
                "Contracts",
                "sell 2,000 (2,000.000 before rounding), $20,000; residual delta $0.00",
            ),
            (
                "Collateral and leverage",
                "$5,000, ETH bought with new money; leverage 4.00x, "
                "liquidation at $2,653.33 (+33%)",
            ),
        ],
    ),
    (
        {"collateral": "from_portfolio", "beta": 1.6, "held_usd": 4_000, "target_beta": 0.25,
         "rounding": "up", "collateral_usd": 6_000},
        [
            ("Exposure", "$4,000 x beta 2 + $6,000 of ETH margin = $14,000 of ETH risk"),
            ("Instrument", "ETHUSD at Test, inverse, 10 USD a contract"),
            (
                "Ratio",
                "short $11,500, 100% of the exposure of the book beyond a beta of 0.25, and the "
                "margin",
            ),
            (
                "Contracts",
                "sell 1,150 (1,150.000 before rounding), $11,500; residual delta $0.00",
            ),
            (
                "Collateral and leverage",
                "$6,000, taken out of the book ($2,000 of altcoins sold); leverage 1.92x, "
                "liquidation at $4,160.91 (+108%)",
            ),
        ],
    ),
    (
        {"collateral": "stablecoin", "contract": linear_terms(taker_fee=0), "hedge_ratio": 0.5,
         "price_usd": 2345.6},
        [
            ("Exposure", "$10,000 x beta 1.5 = $15,000 of ETH risk"),
            ("Instrument", "ETHUSDT at Test, linear, 0.01 ETH a contract"),
            ("Ratio", "short $7,500, 50% of the exposure"),
            (
                "Contracts",
                "sell 320 (319.748 before rounding), $7,506; residual delta −$5.92",
            ),
            (
                "Collateral and leverage",
                "$2,502, stablecoin; leverage 3.00x, liquidation at $3,111.91 (+33%)",
            ),
        ],
    ),
    (
        {"collateral": "from_portfolio", "beta": 1, "hedge_ratio": 0.5, "collateral_usd": 9_000},
        [
            ("Exposure", "$1,000 x beta 1 + $9,000 of ETH margin = $10,000 of ETH risk"),
            ("Instrument", "ETHUSD at Test, inverse, 10 USD a contract"),
            ("Ratio", "short $5,000, 50% of the exposure of the book, and the margin"),
            ("Contracts", "sell 500 (500.000 before rounding), $5,000; residual delta $0.00"),
            (
                "Collateral and leverage",
                "$9,000, taken out of the book ($9,000 of altcoins sold); leverage 0.56x, "
                "no price liquidates it",
            ),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), STEPS)
def test_the_five_steps_in_words(change, expected):
    request = {"book_usd": 10_000, "beta": 1.5, "contract": FREE, "price_usd": 2000}
    plan = plan_hedge(**(request | change))
    assert list(plan.steps()) == expected
    assert str(plan) == "\n".join(
        f"{i}. {name}: {text}" for i, (name, text) in enumerate(expected, 1)
    )


@given(requests())
def test_the_words_agree_with_the_numbers(request):
    plan = planned(request)
    words = dict(plan.steps())
    assert f"= ${plan.exposure_usd:,.0f} of ETH risk" in words["Exposure"]
    assert f"${plan.kept_usd:,.0f} x beta {plan.kept_beta:.3g}" in words["Exposure"]
    assert plan.contract.face in words["Instrument"]
    assert words["Ratio"].startswith(f"short ${plan.notional_target_usd:,.0f}, ")
    assert ("beyond a beta of" in words["Ratio"]) == (plan.target_beta != 0)
    assert words["Contracts"].startswith(f"sell {-plan.contracts:,.10g} (")
    assert f"residual delta {usd(plan.residual_delta_usd, cents=True)}" in words["Contracts"]
    assert f"leverage {plan.leverage:.2f}x" in words["Collateral and leverage"]
    finite = math.isfinite(plan.liquidation_price_usd)
    assert ("no price liquidates it" in words["Collateral and leverage"]) == (not finite)


def test_a_plan_in_a_notebook():
    contract = terms(symbol="<b>&</b>", venue="<i>", taker_fee=None)
    plan = plan_hedge(10_000, 1.5, contract, 2000, max_leverage=4)
    rows = [
        cell for i, (name, text) in enumerate(plan.steps(), 1) for cell in (f"{i}. {name}", text)
    ]
    assert shown(plan) == [
        "step",
        "result",
        *rows,
        "the taker fee of <b>&</b> is not verified: 0 assumed",
    ]
    assert len(shown(plan_hedge(10_000, 1.5, FREE, 2000))) == 12


def test_a_plan_whose_fee_ate_the_margin_has_no_finite_leverage():
    plan = plan_hedge(10_000, 1.5, FREE, 2000)
    assert dataclasses.replace(plan, open_fee_usd=plan.collateral_usd).leverage == INF
    assert dataclasses.replace(plan, open_fee_usd=2 * plan.collateral_usd).leverage == INF


# Rebalancing.


def test_rebalance():
    found = h.rebalance(10_000, 1.5, 5_000, 20_000, -0.2)
    assert (found.book_usd, found.equity_usd) == (7_000, 8_000)
    assert (found.target_usd, found.change_usd) == (18_500, -1_500)
    assert h.rebalance(10_000, 1, 5_000, 15_000, 0.2).change_usd == near(0, abs=1e-9)
    assert h.rebalance(10_000, 1.5, 5_000, 20_000, -0.2, band_usd=1_500).change_usd == 0
    assert h.rebalance(10_000, 1.5, 5_000, 20_000, -0.2, band_usd=1_499.99).change_usd == -1_500
    assert h.rebalance(10_000, 1.5, 5_000, 20_000, -0.2, band_usd=1_501).change_usd == 0
    assert h.rebalance(10_000, 2, 0, 0, -0.5).target_usd == 0
    gone = "a move of -60% leaves a book of −$2,000 and an account of $14,000: "
    with refused(gone + "there is nothing left to rebalance"):
        h.rebalance(10_000, 2, 5_000, 20_000, -0.6)
    with refused(
        "a move of +50% leaves a book of $17,500 and an account of −$2,500: "
        "there is nothing left to rebalance"
    ):
        h.rebalance(10_000, 1.5, 5_000, 20_000, 0.5)
    with refused("move must be > -1 (a loss of 100% is -1), got -1.0"):
        h.rebalance(10_000, 1.5, 5_000, 20_000, -1)
    with refused("book_usd must be >= 0, got inf"):
        h.rebalance(1e308, 10, 0, 0, 0.9)


@given(floats(0, 1e6), floats(0.1, 3), floats(0, 1e6), floats(-0.3, 0.3))
def test_an_exact_hedge_changes_by_beta_times_beta_less_one(book, beta, collateral, move):
    notional = beta * book + collateral
    assume(collateral * (1 + move) - notional * move >= 0)
    found = h.rebalance(book, beta, collateral, notional, move)
    assert found.change_usd == near(
        beta * (beta - 1) * book * move, rel=1e-6, abs=1e-9 * (1 + notional)
    )
    assert found.target_usd == near(notional + found.change_usd, abs=1e-6)


@pytest.mark.parametrize(
    "name", ["book_usd", "beta", "collateral_usd", "notional_usd", "move", "band_usd"]
)
def test_bad_numbers_are_not_rebalanced(name):
    request = {
        "book_usd": 1e4, "beta": 1.5, "collateral_usd": 5e3, "notional_usd": 2e4, "move": -0.2,
        "band_usd": 0,
    }  # fmt: skip
    for bad in (*BAD_ANYWHERE.values(), INF, [0.1, 0.2], [], *([-1] if name != "beta" else [])):
        with pytest.raises(h.InvalidInput, match=name):
            h.rebalance(**(request | {name: bad}))


@given(
    floats(0, 1e6), floats(0.1, 3), floats(0, 1e6), floats(-0.3, 0.3), floats(0, 2), floats(-1, 1)
)
def test_a5_a_rebalanced_hedge_leaves_the_same_beta(book, beta, margin, move, ratio, target):
    notional = max(
        float(h.hedge_notional(book, beta, margin, hedge_ratio=ratio, target_beta=target)), 0.0
    )
    assume(margin * (1 + move) - notional * move >= 0)
    found = h.rebalance(book, beta, margin, notional, move, hedge_ratio=ratio, target_beta=target)
    owned = beta * found.book_usd + found.equity_usd
    left = ((1 - ratio) * beta + target) * found.book_usd
    assert owned - found.target_usd == near(left, abs=1e-9 * (1 + owned + abs(left)))
    assert found.change_usd == near(found.target_usd - notional, abs=1e-9 * (1 + notional))


def test_a18_a_rebalanced_size_is_what_the_contracts_of_both_plans_give():
    """Each coin and each contract followed by hand through the move, and sized anew after it."""
    for beta, move, ratio, target in (
        (1.5, -0.2, 1.0, 0.0),
        (0.8, 0.1, 0.5, 0.3),
        (2, 0.05, 1.2, 0),
    ):
        price, book, margin = 2_000.0, 10_000.0, 5_000.0
        short = (ratio * beta - target) * book + margin
        coins, later = margin / price, price * (1 + move)
        for _ in range(int(short)):  # contracts of a dollar
            coins += 1 / later - 1 / price
        coins += (short % 1) * (1 / later - 1 / price)
        value = book * (1 + beta * move)
        wanted = (ratio * beta - target) * value + coins * later
        found = h.rebalance(book, beta, margin, short, move, hedge_ratio=ratio, target_beta=target)
        assert found.equity_usd == near(coins * later, rel=1e-9)
        assert found.target_usd == near(wanted, rel=1e-9)
        assert found.change_usd == near(wanted - short, abs=1e-6)


# Changing and closing.


def test_change_of_plan():
    before = plan_hedge(10_000, 1, FREE, 2000, collateral_usd=5_000)
    more = plan_hedge(12_000, 1, FREE, 2000, collateral_usd=7_000, fee_rate=0.001)
    change = h.change_plan(before, more)
    assert (change.contracts, change.notional_usd) == (-398, 3_980)
    assert change.collateral_usd == 2_000
    assert change.fee_usd == near(change.notional_usd * 0.001)
    assert (change.realised_coin, change.contract) == (0.0, FREE)
    less = plan_hedge(8_000, 1, FREE, 1000, collateral_usd=4_000)
    back = h.change_plan(before, less)
    assert (back.contracts, back.notional_usd, back.collateral_usd) == (300, 3_000, -1_000)
    assert back.realised_coin == near(3_000 * (1 / 1000 - 1 / 2000))
    assert back.fee_usd == 0
    assert str(h.change_plan(before, before)) == "nothing to do"


def test_change_of_a_linear_plan():
    contract = linear_terms(taker_fee=0)
    before = plan_hedge(10_000, 1, contract, 2000, collateral="stablecoin")
    less = plan_hedge(8_000, 1, contract, 1600, collateral="stablecoin")
    more = plan_hedge(10_000, 1, contract, 1600, collateral="stablecoin")
    assert h.change_plan(before, less).contracts == 0
    change = h.change_plan(before, more)
    assert (change.contracts, change.notional_usd, change.realised_coin) == (-125, 2_000, 0)
    back = h.change_plan(more, before)
    assert (back.contracts, back.notional_usd, back.realised_coin) == (125, 2_500, 0)


def test_a_change_needs_one_contract():
    before = plan_hedge(10_000, 1, FREE, 2000)
    other = plan_hedge(10_000, 1, terms(symbol="ETH-PERP"), 2000)
    with refused(
        "the plans are on test:ETHUSD and test:ETH-PERP: unwind the one and place the other"
    ):
        h.change_plan(before, other)


@pytest.mark.parametrize(
    ("contracts", "collateral", "text"),
    [
        (300.0, 0.0, "buy back 300 <E> ($3,000)"),
        (-1234567.0, 0.0, "sell 1,234,567 <E> ($3,000)"),
        (300.0, 1000.4, "buy back 300 <E> ($3,000), add $1,000 of margin"),
        (-300.0, -1000.4, "sell 300 <E> ($3,000), take out $1,000 of margin"),
        (0.0, 50.0, "no trade, add $50 of margin"),
        (0.5, 0.6, "buy back 0.5 <E> ($3,000), add $1 of margin"),
        (-0.5, -0.6, "sell 0.5 <E> ($3,000), take out $1 of margin"),
        (0.0, 0.0, "nothing to do"),
    ],
)
def test_a_trade_in_words(contracts, collateral, text):
    change = h.PlanChange(
        contract=terms(symbol="<E>"),
        contracts=contracts,
        notional_usd=3_000.0,
        collateral_usd=collateral,
        fee_usd=1.5,
    )
    assert str(change) == text
    assert shown(change) == [f"{text}; fee $1.50"]
    assert change.realised_coin == 0.0


def test_unwind():
    plan = plan_hedge(50_000, 1, terms(taker_fee=0.001), 2000, collateral_usd=50_000)
    assert plan.contracts == -9_990
    whole = h.unwind(plan, 1000)
    assert (whole.contracts, whole.notional_usd, whole.fee_usd) == (9_990, 99_900, near(99.9))
    assert whole.collateral_usd == -50_000
    assert whole.realised_coin == near(99_900 * (1 / 1000 - 1 / 2000))
    assert whole.contract is plan.contract
    half = h.unwind(plan, 1000, share=0.5)
    assert (half.contracts, half.collateral_usd) == (4_995, -25_000)
    assert half.realised_coin == near(whole.realised_coin / 2)
    assert h.unwind(plan, 1000, share=0.33335, rounding="down").contracts == 3_330
    assert h.unwind(plan, 1000, share=0.33335, rounding="up").contracts == 3_331
    assert h.unwind(plan, 1000, share=1e-9, rounding="nearest").contracts == 0
    with refused("share must be above 0; unwinding nothing is not a trade"):
        h.unwind(plan, 1000, share=0)
    with refused("share must be a decimal from 0 to 1, got 1.5"):
        h.unwind(plan, 1000, share=1.5)
    with refused("price_usd must be > 0, got 0.0"):
        h.unwind(plan, 0)
    with refused("price_usd must be a single number, got shape (1,)"):
        h.unwind(plan, [1000])


def test_unwind_never_buys_more_than_was_sold():
    odd = dataclasses.replace(plan_hedge(10_000, 1, FREE, 2000), contracts=-9.5)
    assert h.unwind(odd, 2000, rounding="up").contracts == 9.5
    assert h.unwind(odd, 2000).contracts == 9.5
    assert h.unwind(odd, 2000, rounding="down").contracts == 9


def test_unwind_of_a_linear_plan():
    plan = plan_hedge(10_000, 1, linear_terms(taker_fee=0), 2000, collateral="stablecoin")
    trade = h.unwind(plan, 1000)
    assert (trade.contracts, trade.notional_usd, trade.realised_coin) == (500, 5_000, 0.0)


# Several legs.


def perp(coin, **changes):
    return terms(symbol=f"{coin}USD", coin=coin, settle=coin, **({"taker_fee": 0} | changes))


def legs(*betas, **changes):
    coins = ("BTC", "ETH", "SOL")
    return [
        h.Leg(contract=perp(coin, **changes), price_usd=price, beta=beta)
        for coin, price, beta in zip(coins, (60_000, 3_000, 150), betas, strict=False)
    ]


def test_legs_with_new_money():
    plans = plan_legs(10_000, legs(0.4, 0.8))
    assert [plan.contracts for plan in plans] == [-600, -1200]
    assert [plan.collateral_usd for plan in plans] == near([2_000, 4_000])
    assert [plan.contract.coin for plan in plans] == ["BTC", "ETH"]
    assert [(plan.book_usd, plan.collateral) for plan in plans] == [(10_000, "new_money")] * 2
    one = plan_hedge(10_000, 0.4, perp("BTC"), 60_000)
    assert plan_legs(10_000, legs(0.4)) == (one,)


def test_legs_out_of_the_book():
    plans = plan_legs(10_000, legs(0.4, 0.8), collateral="from_portfolio", max_leverage=2.2)
    # V B / (B + L - 1) = 12,000 / 2.4, shared by beta.
    assert [plan.collateral_usd for plan in plans] == near([5_000 / 3, 10_000 / 3], abs=5)
    assert [plan.book_usd for plan in plans] == near([5_000, 5_000])
    assert all(plan.leverage <= 2.2 + 1e-9 for plan in plans)
    one = plan_hedge(10_000, 0.4, perp("BTC"), 60_000, collateral="from_portfolio")
    assert plan_legs(10_000, legs(0.4), collateral="from_portfolio") == (one,)
    with pytest.raises(h.InfeasibleHedge) as error:
        plan_legs(10_000, legs(0.4, 0.8), collateral="from_portfolio", max_leverage=1)
    assert error.value.smallest_collateral_usd == 10_000
    assert str(error.value) == (
        "several legs out of the book at a leverage cap of 1x leave nothing to hedge but what is "
        "sold for them; raise the cap, or take one leg"
    )


@pytest.mark.parametrize("collateral", ["new_money", "from_portfolio", "stablecoin"])
@pytest.mark.parametrize("hedge_ratio", [0.3, 0.5, 1.0, 1.4])
@pytest.mark.parametrize("fee_rate", [0.0, 0.002])
def test_a5_legs_leave_the_share_of_each_coin(collateral, hedge_ratio, fee_rate):
    betas = (0.4, 0.8, 0.3)
    plans = plan_legs(
        10_000, legs(*betas, multiplier=1e-6), collateral=collateral, max_leverage=2.2,
        hedge_ratio=hedge_ratio, fee_rate=fee_rate,
    )  # fmt: skip
    for plan, beta in zip(plans, betas, strict=True):
        left = plan.exposure_usd - plan.notional_usd
        assert left == near((1 - hedge_ratio) * beta * 10_000, abs=1e-4)
        assert plan.leverage <= 2.2 + 1e-9


def test_legs_pass_everything_on():
    (plan,) = plan_legs(
        10_003, legs(0.5), collateral="stablecoin", max_leverage=2, rounding="up", hedge_ratio=0.5,
        fee_rate=0.001, maintenance_rate=0.02,
    )  # fmt: skip
    assert plan == plan_hedge(
        10_003, 0.5, perp("BTC"), 60_000, collateral="stablecoin", max_leverage=2, rounding="up",
        hedge_ratio=0.5, fee_rate=0.001, maintenance_rate=0.02,
    )  # fmt: skip


@pytest.mark.parametrize("given_fee", [None, 0.01])
def test_legs_out_of_the_book_count_the_fee(given_fee):
    unlike = [
        dataclasses.replace(leg, contract=perp(leg.contract.coin, taker_fee=fee))
        for leg, fee in zip(legs(0.4, 0.8, 0.3), (0.01, 0.0, None), strict=True)
    ]
    args = {"collateral": "from_portfolio", "max_leverage": 2.2}
    plans = plan_legs(10_000, unlike, **args, fee_rate=given_fee)
    posted = h.smallest_collateral(10_000, 1.5, fee_rate=0.01, **args)
    assert [plan.book_usd for plan in plans] == near([10_000 - posted] * 3)
    half = plan_legs(10_000, unlike, **args, fee_rate=given_fee, hedge_ratio=0.5)
    posted = h.smallest_collateral(10_000, 1.5, fee_rate=0.01, hedge_ratio=0.5, **args)
    assert [plan.book_usd for plan in half] == near([10_000 - posted] * 3)


def test_what_legs_refuse():
    with refused("a hedge needs at least one leg"):
        plan_legs(10_000, [])
    with refused("each coin may have one leg, got BTC, BTC"):
        plan_legs(10_000, [*legs(0.4), *legs(0.4)])
    for beta in (0, -0.2):
        with refused(
            f"the leg in ETH has beta {beta:g}, which is no short; "
            "leave it out and estimate the others anew"
        ):
            plan_legs(10_000, legs(0.4, beta))
    with refused("beta must be a finite number, got nan"):
        plan_legs(10_000, legs(0.4, math.nan))
    with refused("book_usd must be > 0, got 0.0"):
        plan_legs(0, legs(0.4))
    with refused("max_leverage must be > 0, got 0.0"):
        plan_legs(10_000, legs(0.4), max_leverage=0)


def test_a_position_bought_reads_as_bought():
    plan = plan_hedge(10_000, 1.5, FREE, 2000)
    for contracts, words in ((5.0, "buy 5 ("), (0.5, "buy 0.5 ("), (-0.5, "sell 0.5 (")):
        read = dict(dataclasses.replace(plan, contracts=contracts).steps())
        assert read["Contracts"].startswith(words)


@pytest.mark.parametrize("kind", [h.HedgePlan, h.Rebalance, h.PlanChange, h.Leg])
def test_value_objects(kind):
    check_value_object(kind)


@pytest.mark.parametrize("collateral", ["new_money", "from_portfolio", "stablecoin"])
@pytest.mark.parametrize("held", [0.0, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("posted", [None, 0.52])
def test_small_books_are_planned_like_large_ones(collateral, held, posted):
    """Nothing in a plan depends on a dollar: a millionth of everything gives a millionth."""

    def plan(book, multiplier):
        return plan_hedge(
            book,
            1.4 * (1 - held) + held,
            terms(multiplier=multiplier, taker_fee=0.0005),
            2000,
            collateral=collateral,
            held_usd=held * book,
            collateral_usd=None if posted is None else posted * book,
            max_leverage=3.8,
            maintenance_rate=0.005,
        )

    large, small = plan(500_000, 10), plan(0.5, 1e-5)
    assert small.contracts == large.contracts
    for name in (
        "sold_usd",
        "collateral_usd",
        "kept_usd",
        "exposure_usd",
        "notional_target_usd",
        "notional_usd",
        "wallet_usd",
        "open_fee_usd",
        "residual_delta_usd",
    ):
        assert getattr(small, name) == near(getattr(large, name) / 1e6, rel=1e-7, abs=1e-14)
    for name in ("kept_beta", "leverage", "liquidation_price_usd", "bankruptcy_price_usd"):
        assert getattr(small, name) == near(getattr(large, name))


def test_a_dollar_is_no_threshold():
    """Of what is too little to hedge, to rebalance, or to refuse."""
    fine = terms(multiplier=1e-6, taker_fee=0, lot=1e-3)
    plan = plan_hedge(0.01, 1, fine, 2000, max_leverage=3)
    assert plan.notional_usd == near(0.015)
    assert h.smallest_collateral(0.01, 1, 3) == near(0.005)
    assert dataclasses.replace(plan, open_fee_usd=plan.collateral_usd / 2).leverage == near(6)
    assert h.rebalance(0.01, 1.5, 0.005, 0.02, -0.2).change_usd == near(-0.0015)
    for move, beta, collateral in ((-0.6, 2, 1.0), (0.5, 1, 0.005)):
        with pytest.raises(h.InvalidInput, match="nothing left to rebalance"):
            h.rebalance(0.01, beta, collateral, 0.02, move)
    tiny = h.unwind(plan, 1000, share=0.5)
    assert tiny.contracts == near(-plan.contracts / 2)
    assert tiny.collateral_usd == near(-plan.collateral_usd / 2)
    back = h.change_plan(
        dataclasses.replace(plan, contracts=-0.75),
        dataclasses.replace(plan, contracts=-0.25, price_usd=1000),
    )
    assert back.realised_coin == near(0.5e-6 * (1 / 1000 - 1 / 2000))


def test_terms_that_are_equal_are_one_contract():
    one, other = (plan_hedge(10_000, 1, terms(taker_fee=0), 2000) for _ in range(2))
    assert one.contract is not other.contract
    assert str(h.change_plan(one, other)) == "nothing to do"


@pytest.mark.parametrize("wrong", ["plan", None, 1.0])
def test_a_plan_is_a_plan_and_a_leg_a_leg(wrong):
    plan = plan_hedge(10_000, 1, FREE, 2000)
    with refused(f"old must be a HedgePlan, got {wrong!r}"):
        h.change_plan(wrong, plan)
    with refused(f"new must be a HedgePlan, got {wrong!r}"):
        h.change_plan(plan, wrong)
    with refused(f"plan must be a HedgePlan, got {wrong!r}"):
        h.unwind(wrong, 2000)
    with refused(f"legs[1] must be a Leg, got {wrong!r}"):
        plan_legs(10_000, [*legs(0.4), wrong])
    with refused("legs must be a Sequence, got 1.0"):
        plan_legs(10_000, 1.0)
    with refused(f"collateral must be one of new_money, from_portfolio, stablecoin, got {wrong!r}"):
        plan_legs(10_000, legs(0.4), collateral=wrong)


def test_dollars_behind_a_coin_contract_are_judged_at_the_mark():
    entry = terms(taker_fee=0, maintenance_basis="entry")
    said = "ETHUSD: maintenance margin at the mark price assumed"
    assert said in plan_hedge(10_000, 1, entry, 2000, collateral="stablecoin").assumptions
    assert said not in plan_hedge(10_000, 1, entry, 2000).assumptions


def test_a_book_of_nothing_but_the_coin_has_its_beta():
    with pytest.raises(h.InvalidInput, match="beta"):
        plan_hedge(10_000, 2.0, FREE, 2000, collateral="from_portfolio", held_usd=10_000)


@pytest.mark.parametrize(
    "words",
    [
        lambda: plan_hedge(10_000, 1.0, FREE, 2000, "stablecoin"),
        lambda: h.unwind(plan_hedge(10_000, 1.0, FREE, 2000), 2000, 0.5),
        lambda: h.hedge_notional(10_000, 1.0, 0.0, 0.5),
        lambda: plan_legs(10_000, [], "stablecoin"),
    ],
)
def test_what_is_decided_is_named(words):
    with pytest.raises(TypeError):
        words()


def test_arguments_have_names():
    named = {"book_usd": 10_000, "beta": 1.5, "collateral_usd": 5_000}
    assert h.hedge_notional(**named) == 20_000
    assert h.smallest_collateral(book_usd=10_000, beta=1.5, max_leverage=3) == near(7_500)


def test_what_a_venue_allows_is_a_ceiling():
    contract = terms(taker_fee=0, max_leverage=10)
    assert plan_hedge(10_000, 1.5, contract, 2000, max_leverage=3).leverage == near(3)
    assert plan_hedge(10_000, 1.5, contract, 2000, max_leverage=10).leverage == near(10, rel=1e-3)
    with refused("max_leverage must be <= 10, the cap of ETHUSD, got 11"):
        plan_hedge(10_000, 1.5, contract, 2000, max_leverage=11)


LADDER = {
    "taker_fee": 0, "multiplier": 100, "coin": "BTC", "settle": "BTC", "symbol": "BTCUSD",
    "max_leverage": 125, "leverage_floors": (0, 400, 1000), "leverage_caps": (4, 3, 2),
}  # fmt: skip


def test_a14_a_venue_allows_less_leverage_for_a_large_size():
    """18,322 BTC at 3x, where the venue allows 2x above 1,000."""
    ladder = terms(**LADDER)
    book = 18_322 * 40_000 * 2 / 3
    with pytest.raises(h.InfeasibleHedge) as error:
        plan_hedge(book, 1, ladder, 40_000, collateral_usd=book / 2)
    assert str(error.value) == (
        "BTCUSD at Test allows 2x at most for a short of $732,880,000 (18,322 BTC), and "
        "$244,293,333 of collateral makes it 3x; post $488,586,666.67 or more, or hedge less"
    )
    assert error.value.smallest_collateral_usd == near(book)
    plan = plan_hedge(book, 1, ladder, 40_000)
    assert (plan.leverage, plan.collateral_usd) == (near(2), near(book))
    assert plan.assumptions == (
        "BTCUSD: the venue allows 2x for a short of $977,173,333, and that is taken in place of 3x",
    )
    assert plan_hedge(book, 1, ladder, 40_000, collateral_usd=book).leverage == near(2)
    # Too little for either cap: the smallest is the venue's.
    with pytest.raises(h.InfeasibleHedge, match="above the cap of 2x") as error:
        plan_hedge(book, 1, ladder, 40_000, collateral_usd=book / 3)
    assert "above the cap of 2x that Test sets for that size; the smallest" in str(error.value)
    assert error.value.smallest_collateral_usd == near(book)
    # A flat size knows no way out by more margin of its own.
    given_ = plan_hedge(book, 1, ladder, 40_000, notional_usd=1001 * 40_000)
    assert given_.leverage == near(2)
    with infeasible(
        "BTCUSD at Test allows 0.9x at most for a short of $40,040,000 (1,001 BTC), and "
        "$30,000,000 of collateral makes it 1.33x; use another source of margin, or hedge less"
    ):
        plan_hedge(
            30_000_000, 1, terms(**(LADDER | {"leverage_caps": (4, 3, 0.9)})), 40_000,
            notional_usd=1001 * 40_000, collateral="from_portfolio", collateral_usd=30_000_000,
        )  # fmt: skip


def test_a14_rounding_does_not_step_over_a_floor():
    ladder = terms(**(LADDER | {"lot": 7}))
    book = 1000 * 40_000 * 2 / 3
    plan = plan_hedge(book, 1, ladder, 40_000, rounding="up")
    assert plan.contracts == -399_994
    assert plan.leverage <= 3
    assert plan.assumptions == (
        "rounded down: one step more would lift the leverage above the cap",
    )
    given_ = plan_hedge(book, 1, ladder, 40_000, rounding="up", collateral_usd=book / 2)
    assert given_.contracts == -399_994


@given(
    floats(1e4, 1e9), floats(0.2, 3), floats(1.3, 4), st.sampled_from([0.0, 0.0005]),
    st.sampled_from(["new_money", "from_portfolio", "stablecoin"]),
    st.sampled_from([
        {"leverage_floors": (0, 5, 50, 400, 1000), "leverage_caps": (4, 3.5, 3, 2, 1.6)},
        {"maintenance_floors": (0, 5e5, 1e6, 5e7), "maintenance_rates": (0.01, 0.02, 0.1, 0.2),
         "initial_margin_rates": (0.02, 0.04, 0.3, 0.5), "tier_unit": "usd"},
    ]),
)  # fmt: skip
def test_a14_no_plan_is_above_what_the_venue_allows(book, beta, cap, fee, source, ladder):
    contract = terms(**ladder, taker_fee=fee)
    request = {
        "book_usd": book, "beta": beta, "contract": contract, "price_usd": 40_000,
        "collateral": source, "max_leverage": cap,
    }  # fmt: skip
    plan = planned(request)
    allowed = h.leverage_allowed(contract, plan.contracts, 40_000)
    assert plan.leverage <= min(cap, allowed) * (1 + 1e-7)
    said = any("the venue allows" in text for text in plan.assumptions)
    assert said == (plan.leverage < cap * (1 - 0.01)) or plan.notional_usd < 1e4
    given_ = planned(request, collateral_usd=plan.collateral_usd)
    assert given_.leverage <= min(cap, allowed) * (1 + 1e-7)


def test_a15_what_is_not_verified_is_assumed_with_care():
    """Deribit's doubtful line for BTC, and without one the highest of the data."""
    line = terms(
        coin="BTC", settle="BTC", symbol="BTC-PERPETUAL", maintenance_floors=(),
        maintenance_rates=(), maintenance_base_rate=0.01, maintenance_slope_per_coin=0.00005,
    )  # fmt: skip
    plan = plan_hedge(30_000, 1, line, 45_000, collateral_usd=30_000, fee_rate=0)
    assert plan.maintenance_rate == near(0.01 + 0.00005 * 60_000 / 45_000)
    assert plan.liquidation_price_usd == near(89_094)
    assert plan.assumptions == (
        "the maintenance rate of BTC-PERPETUAL is not verified: 1.01% assumed (1.00% and 0.0050% "
        "for each of 1.333 BTC, doubtful)",
    )
    slope = dataclasses.replace(line, maintenance_base_rate=None)
    assert plan_hedge(
        30_000, 1, slope, 45_000, collateral_usd=30_000, fee_rate=0
    ).maintenance_rate == near(h.ASSUMED_MAINTENANCE_RATE + 0.00005 * 60_000 / 45_000)
    base = dataclasses.replace(line, maintenance_slope_per_coin=None, maintenance_base_rate=0.02)
    assert plan_hedge(30_000, 1, base, 45_000, fee_rate=0).maintenance_rate == 0.02
    own = plan_hedge(30_000, 1, line, 45_000, fee_rate=0, maintenance_rate=0.004)
    assert (own.maintenance_rate, own.assumptions) == (0.004, ())
    with pytest.raises(h.InfeasibleHedge, match="maintenance margin"):
        plan_hedge(1e10, 1, line, 45_000, fee_rate=0)


def test_a15_the_rate_assumed_is_the_highest_of_the_data():
    rates = [
        rate
        for one in market.contracts()
        for rate in (*one.maintenance_rates[:1], one.maintenance_base_rate)
        if rate is not None
    ]
    assert max(rates) == h.ASSUMED_MAINTENANCE_RATE
    for one in market.contracts(open_only=True):
        if not one.maintenance_rates:
            plan = plan_hedge(10_000, 1, one, 2000, max_leverage=2)
            assert plan.maintenance_rate >= h.ASSUMED_MAINTENANCE_RATE
            assert any("is not verified" in text for text in plan.assumptions)


def test_a16_dollars_behind_tiers_in_dollars():
    faces = terms(
        taker_fee=0, multiplier=1, tier_unit="usd", maintenance_floors=(0, 5e3),
        maintenance_rates=(0.01, 0.03),
    )  # fmt: skip
    for basis in ("mark", "entry"):
        plan = plan_hedge(
            10_000, 1, dataclasses.replace(faces, maintenance_basis=basis), 2000,
            collateral="stablecoin", max_leverage=2,
        )  # fmt: skip
        # Half of it at 1%, half at 3%, at any price.
        assert plan.liquidation_price_usd == near((5_000 + 10_000 * 0.98) / 5)


def test_a_margin_may_take_more_out_of_the_book_than_was_to_be_hedged():
    with refused(
        "nothing to short: with $9,000 taken out of the book for margin, what is left is not "
        "above the target of beta 0.7"
    ):
        plan_hedge(
            10_000, 1.5, FREE, 2000, collateral="from_portfolio", collateral_usd=9_000,
            hedge_ratio=0.5, target_beta=0.7,
        )  # fmt: skip


# What mutants of the sizing showed to be missing.


def test_a_size_that_was_given_asks_for_margin_with_its_fee():
    fee = 0.01
    plan = plan_hedge(10_000, 1, terms(taker_fee=fee), 2000, max_leverage=2, notional_usd=5_000)
    assert plan.collateral_usd == near(5_000 / 2 + 50)
    assert plan.cash_sold_usd == 0
    # More than the book is no fault but where it comes out of the book.
    for source in ("new_money", "stablecoin"):
        assert plan_hedge(
            50, 1, FREE, 2000, max_leverage=2, notional_usd=1_000, collateral=source
        ).collateral_usd == near(500)
    small = {"max_leverage": 1, "collateral": "from_portfolio"}
    one = terms(taker_fee=0, multiplier=0.01)
    assert plan_hedge(50, 1, one, 2000, notional_usd=49.5, **small).collateral_usd == near(49.5)
    with pytest.raises(h.InfeasibleHedge, match="cannot be met out of the book"):
        plan_hedge(50, 1, one, 2000, notional_usd=50.5, **small)


def test_a_size_and_an_exposure_that_no_number_holds_are_refused():
    with refused("exposure_usd must be a finite number, got inf"):
        plan_hedge(1e200, 1e200, FREE, 2000, notional_usd=1_000)


@pytest.mark.parametrize("more", [{"hedge_ratio": 1.5}, {"target_beta": -0.1}])
def test_a_size_needs_neither_ratio_nor_target(more):
    with refused("notional_usd is the size itself; leave hedge_ratio and target_beta out"):
        plan_hedge(10_000, 1, FREE, 2000, notional_usd=1_000, **more)


def test_margin_that_was_given_decides_the_leverage_up_to_100():
    assert h.plan_hedge(99.5, 1, terms(multiplier=0.01, taker_fee=0), 2000, collateral_usd=1.0,
                        collateral="stablecoin").leverage == near(99.5)  # fmt: skip
    with pytest.raises(h.InfeasibleHedge, match="the cap of 100x"):
        h.plan_hedge(100.5, 1, terms(multiplier=0.01, taker_fee=0), 2000, collateral_usd=1.0,
                     collateral="stablecoin")  # fmt: skip


def test_what_a_venue_allows_counts_the_fee_and_parts_of_a_contract():
    ladder = {"leverage_floors": (0, 5), "leverage_caps": (20, 10), "max_leverage": 20}
    one = terms(taker_fee=0.01, **ladder)
    # 10,015 USD are 5.0075 coins, and 1,001.5 contracts: above the floor of 5 coins.
    plan = plan_hedge(50_000, 1, one, 2000, max_leverage=20, notional_usd=10_005, rounding="up")
    assert plan.leverage == near(10, rel=2e-3)
    with infeasible(
        "ETHUSD at Test allows 10x at most for a short of $10,405 (5.2025 ETH), and $1,104 of "
        "collateral makes it 10.4x; post $1,144.55 or more, or hedge less"
    ):
        plan_hedge(50_000, 1, one, 2000, max_leverage=20, notional_usd=10_405, collateral_usd=1_104)


def test_the_whole_book_as_margin_leaves_nothing():
    almost = plan_hedge(
        50_000, 1.3, FREE, 2000, max_leverage=2, collateral="from_portfolio",
        collateral_usd=50_000 * (1 - 1e-10),
    )  # fmt: skip
    assert (almost.kept_usd, almost.kept_beta) == (0, 0)


def test_a_partial_hedge_is_named_as_one_above_the_whole_too():
    def ratio(**more):
        return dict(plan_hedge(10_000, 1, FREE, 2000, collateral_usd=9_000, **more).steps())[
            "Ratio"
        ]

    assert "150% of the exposure of the book, and the margin" in ratio(hedge_ratio=1.5)
    assert "of the book beyond a beta of -0.2, and the margin" in ratio(target_beta=-0.2)


def test_cash_and_coin_that_are_the_book_but_for_rounding():
    source = {"collateral": "from_portfolio"}
    assert h.smallest_collateral(
        10_000, 0.3, 1.5, held_usd=3_000, cash_usd=7_000 * (1 + 1e-10), **source
    ) == near(0.3 * 10_000 / 1.5)
    # 6,580.47 and 5,143.16 are 11,723.63 and a rounding, which is no coin with a beta.
    book, beta = 11723.630000000001, 0.5612996998369959
    assert (
        h.smallest_collateral(book, beta, 1.0, held_usd=6580.47, cash_usd=5143.16, **source)
        == math.inf
    )
    # Beyond the coin held, cash brings all of its own: (beta V - held) / (L - 1).
    assert h.smallest_collateral(
        10_000, 0.5, 1.5, held_usd=2_000, cash_usd=7_000, **source
    ) == near((5_000 - 2_000) / 0.5)


def test_a_plan_sells_no_cash_unless_it_says_so():
    plan = plan_hedge(10_000, 1, FREE, 2000)
    given = {f.name: getattr(plan, f.name) for f in dataclasses.fields(plan)}
    del given["cash_sold_usd"]
    assert h.HedgePlan(**given).cash_sold_usd == 0


def test_several_legs_out_of_the_book_need_more_than_1x():
    legs = [
        h.Leg(contract=terms(taker_fee=0), price_usd=2000, beta=0.5),
        h.Leg(contract=terms(taker_fee=0, coin="BTC", settle="BTC"), price_usd=40_000, beta=0.4),
    ]
    with pytest.raises(h.InfeasibleHedge, match="leave nothing to hedge but what is sold"):
        h.plan_legs(10_000, legs, max_leverage=1, collateral="from_portfolio")
    plans = h.plan_legs(10_000, legs, max_leverage=1.9, collateral="from_portfolio")
    assert sum(plan.collateral_usd for plan in plans) < 10_000
