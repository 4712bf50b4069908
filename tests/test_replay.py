"""A plan along a path: laws, an independent ledger that agrees, real crashes, refusals."""

from __future__ import annotations

import dataclasses
import inspect
import math
import sys
from typing import Any

import numba
import numba.extending
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hedgelib as h
from hedgelib import _walk, market, rules
from hedgelib import replay as replay_module
from hedgelib._extras import how_to_install
from hedgelib.paths import Gbm, Paths, gbm_paths, history
from hedgelib.replay import Comparison, Replay, TopUp, _set_up, compare, replay, replay_many
from tests.strategies import BAD_ANYWHERE, floats, linear_terms, refused, shown, terms

INF = math.inf
near = pytest.approx
FREE = terms(taker_fee=0)
TIERED = terms(maintenance_floors=(0, 10, 40), maintenance_rates=(0.005, 0.02, 0.08))
PRICE = 3500.0
TINY = terms(taker_fee=0, lot=1e-9)


def exact_plan(beta=1.0, book=50_000, contract=TINY, price=PRICE, **changes):
    """A plan with no rounding to speak of."""
    options = {"collateral_usd": 49_000, "fee_rate": 0, "max_leverage": 8} | changes
    return h.plan_hedge(book, beta, contract, price, **options)


def random_walk(seed, steps, sd=0.05, price=PRICE):
    moves = np.random.default_rng(seed).normal(0, sd, steps)
    return price * np.exp(np.concatenate([[0], np.cumsum(moves)]))


# An account kept by hand: a wallet, a list of fills, and the contracts' own formulas.


class ByHand:
    """The same replay from the library's ledger of fills, step by step, with nothing shared."""

    def __init__(self, plan, *, slippage=0.0, top_up=None, whole=True, cap=None, every=None,
                 band=None, naive=False, ladder=None):  # fmt: skip
        self.plan, self.slippage, self.top_up = plan, slippage, top_up
        self.contract = plan.contract
        self.inverse, self.coin = plan.contract.kind == "inverse", plan.holds_coin
        self.whole, self.naive = whole, naive
        self.cap = cap or plan.contract.max_leverage or INF
        self.every = 1 if every is None and band is not None else every
        self.band = band or 0.0
        self.ladder = ladder or h.margin_tiers(plan.contract, plan.price_usd)
        self.fills: list[tuple[float, float]] = []
        self.wallet = plan.collateral_usd / (plan.price_usd if self.coin else 1)
        self.fees = self.funding = self.added = self.taken = 0.0
        self.gone: int | None = None

    def book_fills(self):
        amounts, prices = zip(*self.fills, strict=True)
        self.ledger = h.run_ledger(
            amounts, prices, kind=self.contract.kind, multiplier=self.contract.multiplier
        )

    @property
    def contracts(self):
        return float(self.ledger.contracts[-1]) if self.fills else 0.0

    def profit(self, perp):
        return self.ledger.total(perp) if self.fills else 0.0

    def equity_usd(self, spot, perp):
        profit = self.profit(perp) * (spot if self.inverse else 1)
        return self.wallet * (spot if self.coin else 1) + profit

    def notional_usd(self, spot, perp):
        m = self.contract.multiplier
        if self.inverse:
            return abs(h.inverse_notional_coin(self.contracts, perp, m)) * spot
        return abs(h.linear_notional_usd(self.contracts, perp, m))

    def maintenance_usd(self, spot, perp):
        entry = self.contract.maintenance_basis == "entry" and (self.coin or not self.inverse)
        at = float(self.ledger.entry_usd[-1]) if entry else perp
        m = self.contract.multiplier
        if self.inverse:
            size = abs(h.inverse_notional_coin(self.contracts, at, m))
            return self.ladder.maintenance_margin(size) * spot
        return self.ladder.maintenance_margin(abs(h.linear_notional_usd(self.contracts, at, m)))

    def trade(self, change, spot, perp):
        m = self.contract.multiplier
        if abs(change) < 1e-9 * max(abs(self.contracts), 1e-300):
            return
        self.fills.append((change, perp))
        self.book_fills()
        if self.inverse:
            traded = abs(h.inverse_notional_coin(change, perp, m)) * spot
        else:
            traded = abs(h.linear_notional_usd(change, perp, m))
        cost = traded * (self.plan.fee_rate + self.slippage)
        self.fees += cost
        self.wallet -= cost / (spot if self.coin else 1)

    def settle(self, rate, spot, perp):
        m = self.contract.multiplier
        if self.inverse:
            usd = h.inverse_funding_coin(self.contracts, perp, rate, m) * spot
        else:
            usd = h.linear_funding_usd(self.contracts, perp, rate, m)
        self.funding += usd
        self.wallet += usd / (spot if self.coin else 1)

    def size(self, kept, spot, perp):
        plan = self.plan
        equity = self.equity_usd(spot, perp)
        coin = equity if self.coin else self.profit(perp) * spot if self.inverse else 0.0
        left = (1 - plan.hedge_ratio) * plan.beta + plan.target_beta
        scale = plan.book_usd / plan.kept_usd
        if self.naive:
            target, covered = kept * scale, 0.0
        else:
            target, covered = plan.kept_beta * kept + coin - left * scale * kept, 1.0
        face = self.contract.multiplier * (1 if self.inverse else perp)
        short = -self.contracts * face
        gap = target - short
        if abs(gap) <= self.band * abs(target):
            return 0.0
        rate = plan.fee_rate + self.slippage
        if self.coin:
            gap /= 1 + math.copysign(covered * rate, gap)
        most = max(abs(short), self.cap * equity)
        wanted = float(np.clip(short + gap, -most, most)) / face
        if self.whole:
            wanted = float(np.rint(wanted / self.contract.lot)) * self.contract.lot
        return -wanted - self.contracts

    def run(self, prices, *, book=None, residual=None, funding=None, basis=None, active=None):
        n = len(prices) - 1
        plan = self.plan
        residual = np.zeros(n) if residual is None else residual
        funding = np.zeros(n) if funding is None else np.broadcast_to(funding, n)
        basis = np.zeros(n + 1) if basis is None else basis
        active = np.ones(n + 1, bool) if active is None else active
        kept, whole = plan.kept_usd, plan.book_usd
        used = plan.collateral_usd - plan.sold_usd if plan.collateral == "from_portfolio" else 0.0
        perp = prices[0] * (1 + basis[0])
        if active[0]:
            start = plan.contracts
            if self.naive:
                unit = self.contract.multiplier * (1 if self.inverse else prices[0])
                start = -h.round_contracts(plan.book_usd / unit, "nearest", self.contract.lot)
            self.trade(start, prices[0], perp)
        rows = [(kept, whole, self.equity_usd(prices[0], perp), self.contracts, 0.0, 0.0)]
        for t in range(1, n + 1):
            spot, perp = prices[t], prices[t] * (1 + basis[t])
            if book is None:
                r = spot / prices[t - 1] - 1
                kept *= max(0, 1 + plan.kept_beta * r + residual[t - 1])
                whole *= max(0, 1 + plan.beta * r + residual[t - 1])
            else:
                whole = plan.book_usd * book[t] / book[0]
                others = whole - used * spot / prices[0]
                kept = others * plan.kept_usd / (plan.book_usd - used)
            self.step(t, kept, spot, perp, funding[t - 1], active[t])
            rows.append((kept, whole, self.equity_usd(spot, perp), self.contracts,
                         self.funding, self.added))  # fmt: skip
        return np.array(rows)

    def step(self, t, kept, spot, perp, rate, on):
        if self.contracts:
            self.settle(rate, spot, perp)
            equity, notional = self.equity_usd(spot, perp), self.notional_usd(spot, perp)
            if equity <= self.maintenance_usd(spot, perp):
                self.taken, self.gone = equity, t
                self.wallet, self.fills = 0.0, []
                return
            if self.top_up and equity < self.top_up.trigger * notional:
                more = notional / self.top_up.leverage - equity
                more = min(more, self.top_up.budget_usd - self.added)
                self.added += more
                self.wallet += more / (spot if self.coin else 1)
        if self.gone is not None:
            return
        if not on:
            self.trade(-self.contracts, spot, perp)
        elif not self.contracts or (self.every and t % self.every == 0):
            self.trade(self.size(kept, spot, perp), spot, perp)


@st.composite
def cases(draw):
    """A plan, a path and a way to look after it."""
    price = draw(floats(0.5, 50_000))
    kind = draw(st.sampled_from(["coin", "own coin", "stable inverse", "stable linear"]))
    make = linear_terms if kind == "stable linear" else terms
    contract = make(
        maintenance_basis=draw(st.sampled_from(["mark", "entry"])),
        lot=draw(st.sampled_from([1.0, 0.1])),
        multiplier=draw(st.sampled_from([1.0, 10.0])) if make is terms else 10 / price,
        maintenance_floors=(0.0, 2 * (50_000 / price if make is terms else 50_000)),
        maintenance_rates=(0.005, draw(floats(0.005, 0.05))),
        max_leverage=draw(st.sampled_from([None, 20.0])),
        tier_unit="coin" if make is terms else "usd",
    )
    collateral = {"coin": "new_money", "own coin": "from_portfolio"}.get(kind, "stablecoin")
    beta = draw(floats(0.6, 2.0))
    plan = h.plan_hedge(
        50_000,
        beta,
        contract,
        price,
        collateral=collateral,
        held_usd=draw(st.sampled_from([0.0, 5_000.0])) if kind == "own coin" else 0.0,
        max_leverage=draw(floats(2, 5)),
        hedge_ratio=draw(floats(0.7, 1.2)),
        target_beta=draw(st.sampled_from([0.0, 0.2])),
        fee_rate=draw(floats(0, 0.001)),
    )
    steps = draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    prices = price * np.exp(np.concatenate([[0], rng.normal(0, 0.06, steps).cumsum()]))
    data: dict[str, Any] = {"funding": rng.normal(0, 0.001, steps)}
    if draw(st.booleans()):
        data["basis"] = rng.normal(0, 0.003, steps + 1)
    if draw(st.booleans()):
        data["active"] = rng.random(steps + 1) < 0.8
    if draw(st.booleans()):
        data["residual"] = rng.normal(0, 0.02, steps)
    elif draw(st.booleans()):
        data["book"] = np.exp(np.concatenate([[0], rng.normal(0, 0.03, steps).cumsum()]))
        held = plan.collateral_usd - plan.sold_usd if kind == "own coin" else 0.0
        floor = held * prices / price
        data["book"] = floor + (50_000 - held) * data["book"]
    care = {
        "every": draw(st.sampled_from([None, 1, 3])),
        "band": draw(st.sampled_from([None, 0.0, 0.02, 0.1])),
        "slippage": draw(st.sampled_from([0.0, 0.0005])),
        "top_up": draw(
            st.sampled_from([None, TopUp(trigger=0.25, leverage=3.0, budget_usd=20_000)])
        ),
        "whole": draw(st.booleans()),
        "cap": draw(st.sampled_from([None, 4.0])),
        "naive": draw(st.booleans()),
    }
    return plan, prices, data, care


def options(data, care):
    return {
        "funding_rate": data["funding"],
        "basis": data.get("basis", 0.0),
        "active": data.get("active", True),
        "residual": data.get("residual", 0.0),
        "book_usd": data.get("book"),
        "rebalance_every": care["every"],
        "band": care["band"],
        "slippage_rate": care["slippage"],
        "top_up": care["top_up"],
        "whole_contracts": care["whole"],
        "max_leverage": care["cap"],
        "sizing": "naive" if care["naive"] else "plan",
    }


@given(cases())
@settings(max_examples=150)
def test_a18_an_account_kept_by_hand_agrees(case):
    plan, prices, data, care = case
    hand = ByHand(plan, **care)
    rows = hand.run(prices, **{"book" if k == "book" else k: v for k, v in data.items()})
    run = replay(plan, prices, **options(data, care))
    scale = run.start_wealth_usd + run.unhedged_usd.max() + run.wealth_usd.max()
    found = (run.book_usd, run.unhedged_usd, run.equity_usd, None, run.funding_usd, run.top_ups_usd)
    for mine, column in zip(found, rows.T, strict=True):
        if mine is not None:
            np.testing.assert_allclose(mine, column, rtol=0, atol=1e-9 * scale)
    face = plan.contract.multiplier * (1 if plan.contract.kind == "inverse" else prices)
    np.testing.assert_allclose(run.contracts * face, rows[:, 3] * face, rtol=0, atol=1e-8 * scale)
    assert run.liquidated_at == hand.gone
    assert run.liquidation_usd[-1] == near(-hand.taken, abs=1e-9 * scale)
    assert run.fees_usd[-1] + run.slippage_usd[-1] == near(-hand.fees, abs=1e-9 * scale)


@given(cases())
def test_money_is_conserved(case):
    plan, prices, data, care = case
    run = replay(plan, prices, **options(data, care))
    parts = run.attribution()
    change = run.wealth_usd[-1] - run.start_wealth_usd
    scale = sum(map(abs, parts.values())) + run.start_wealth_usd
    assert sum(parts.values()) == near(change, abs=1e-9 * scale)
    assert run.pnl_usd[-1] == near(change - parts["top-ups"], abs=1e-9 * scale)
    every_step = sum(run._parts().values())
    np.testing.assert_allclose(
        every_step, run.wealth_usd - run.start_wealth_usd, rtol=0, atol=1e-9 * scale
    )


@given(st.lists(cases(), min_size=1, max_size=1), st.integers(2, 4))
def test_many_paths_are_each_the_one(drawn, n):
    plan, prices, data, care = drawn[0]
    rng = np.random.default_rng(n)
    wiggle = np.exp(rng.normal(0, 0.01, (n, prices.size)))
    wiggle[:, 0] = 1
    many = prices * wiggle
    asked = options(data, care)
    asked["funding_rate"] = np.stack([data["funding"] * i for i in range(n)])
    if "active" in data:
        asked["active"] = np.stack([np.roll(data["active"], i) for i in range(n)])
    if "book" in data:
        asked["book_usd"] = np.stack([data["book"] * (i + 1) for i in range(n)])
        used = plan.collateral_usd - plan.sold_usd if plan.collateral == "from_portfolio" else 0
        assume((data["book"] > used * many / plan.price_usd).all())
    end = replay_many(plan, many, **asked)
    for i in range(n):
        rows = {k: v[i] if np.ndim(v) == 2 else v for k, v in asked.items()}
        assert_same(end, i, replay(plan, many[i], **rows))


def assert_same(end, i, run):
    """A row of a summary and a replay of the same path agree to the last bit or nearly."""
    close = {"rel": 1e-12, "abs": 1e-12 * run.start_wealth_usd}
    for name in (
        "wealth_usd", "book_usd", "unhedged_usd", "pnl_usd", "unhedged_pnl_usd", "funding_usd",
        "fees_usd", "slippage_usd", "liquidation_usd", "top_ups_usd",
    ):  # fmt: skip
        assert getattr(end, name)[i] == near(getattr(run, name)[-1], **close), name
    gone = -1 if run.liquidated_at is None else run.liquidated_at
    assert end.liquidated_at[i] == gone
    assert end.min_margin_ratio[i] == near(run.min_margin_ratio, rel=1e-12)
    assert end.max_drawdown[i] == near(run.hedged.max_drawdown, rel=1e-9, abs=1e-12)
    assert end.unhedged_max_drawdown[i] == near(run.unhedged.max_drawdown, rel=1e-9, abs=1e-12)
    assert (end.label, end.n_steps) == (run.label, run.n_steps)


def test_all_ways_of_running_agree(monkeypatch):
    """The compiled walk, the one under the interpreter and the uncompiled one, to the bit."""
    plan = h.plan_hedge(50_000, 1.4, TIERED, PRICE, max_leverage=3)
    paths = gbm_paths(Gbm(drift=0, volatility=0.05, n=100), 40, 60, seed=5, price_usd=PRICE)
    asked = {
        "funding_rate": 0.0002,
        "rebalance_every": 3,
        "slippage_rate": 0.0002,
        "top_up": TopUp(trigger=0.1, leverage=4.0, budget_usd=5_000),
    }
    fast = replay_many(plan, paths, **asked)
    for walk in (None, _walk.walk_many):
        monkeypatch.setattr(_walk, "compiled", lambda walk=walk: walk)
        plain = replay_many(plan, paths, **asked)
        for field in dataclasses.fields(fast):
            assert np.array_equal(getattr(fast, field.name), getattr(plain, field.name)), field.name
    assert fast.liquidated_share not in (0, 1)
    assert fast.top_ups_usd.max() > 0


def test_where_nothing_can_be_kept_on_disk_it_compiles_anyway(monkeypatch):
    asked = []

    def njit(function, *, cache=False, **_):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return function

    monkeypatch.setattr(numba, "njit", njit)
    monkeypatch.setattr(numba.extending, "register_jitable", lambda **_: lambda function: function)
    assert _walk.compiled.__wrapped__() is _walk.walk_many
    assert asked == [True, False]


def test_without_numba_it_runs_all_the_same_and_says_so_once_where_that_takes_long(
    monkeypatch, caplog
):
    monkeypatch.setitem(sys.modules, "numba", None)
    assert _walk.compiled.__wrapped__() is None
    monkeypatch.setattr(_walk, "compiled", lambda: None)
    monkeypatch.setattr(replay_module, "_MANY_STEPS", 40)
    replay_module._note_slowness.cache_clear()
    plan = exact_plan()
    short = replay_many(plan, [random_walk(1, 39)])
    assert caplog.messages == []
    both = replay_many(plan, [random_walk(1, 20), random_walk(2, 20)])
    replay_many(plan, [random_walk(1, 40)])
    assert (short.pnl_usd.size, both.pnl_usd.size) == (1, 2)
    assert caplog.messages == [
        "replay_many runs in the interpreter, about 4 seconds for a million steps; "
        f"to have it compiled: {how_to_install('numba')}"
    ]


# Against the scenario: one step is one move.


@given(
    st.sampled_from(["new_money", "from_portfolio", "inverse", "linear"]),
    floats(0.5, 2),
    floats(-0.9, 1.5),
    floats(-0.3, 0.3),
    floats(-0.05, 0.05),
    floats(-0.05, 0.05),
    st.sampled_from(["mark", "entry"]),
)
def test_one_step_is_a_scenario(kind, beta, move, residual, before, after, basis):
    make = linear_terms if kind == "linear" else terms
    contract = make(maintenance_basis=basis, taker_fee=0.0005)
    collateral = kind if kind in ("new_money", "from_portfolio") else "stablecoin"
    plan = h.plan_hedge(50_000, beta, contract, PRICE, collateral=collateral, max_leverage=3)
    price = PRICE * (1 + move)
    assume(abs(price * (1 + after) / plan.liquidation_price_usd - 1) > 1e-9)
    asked = {"residual": residual, "basis": [0, after]}
    run = replay(plan, [PRICE, price], **asked)
    found = h.run_scenario(plan, move, residual=residual, exit_basis=after)
    scale = {"abs": 1e-9 * run.start_wealth_usd, "rel": 1e-9}
    assert run.pnl_usd[-1] == near(found.total_pnl_usd[0], **scale)
    assert run.unhedged_pnl_usd[-1] == near(found.unhedged_pnl_usd[0], **scale)
    assert (run.liquidated_at is not None) == found.liquidated[0]
    parts, theirs = run.attribution(), found.attribution()
    assert parts["spot"] == near(theirs["spot"][0], **scale)
    assert parts["fees"] == near(theirs["fees"][0], **scale)
    if run.liquidated_at is None:
        assert parts["collateral"] == near(theirs["collateral"][0], **scale)
        assert parts["hedge"] == near(theirs["hedge"][0], **scale)
        assert parts["basis"] == near(theirs["basis"][0], **scale)
        # A basis at the start is paid for by the price at which the position was sold.
        early = replay(plan, [PRICE, price], residual=residual, basis=[before, after])
        both = h.run_scenario(
            plan, move, residual=residual, entry_basis=before, exit_basis=after
        ).attribution()
        if early.liquidated_at is None:
            for name in ("hedge", "basis"):
                assert early.attribution()[name] == near(both[name][0], **scale)
    else:
        # A replay goes on counting the seized coins; what they make together is the same.
        lost = ("collateral", "hedge", "basis", "liquidation")
        assert sum(parts[name] for name in lost) == near(
            theirs["collateral"][0] + theirs["hedge"][0], **scale
        )


def test_funding_of_one_step_is_the_scenarios():
    for plan in (
        exact_plan(),
        h.plan_hedge(50_000, 1, linear_terms(), PRICE, collateral="stablecoin"),
    ):
        run = replay(plan, [PRICE, 3000], funding_rate=0.001)
        found = h.run_scenario(plan, 3000 / PRICE - 1, funding_rate=0.001, intervals=1)
        assert run.attribution()["funding"] == near(found.funding_pnl_usd[0])


# Laws.


@given(st.integers(0, 99), floats(0.5, 2))
def test_zero_everything_returns_the_book(seed, beta):
    """Hedge off, margin in dollars, no cost: the book and the margin, and nothing else."""
    plan = h.plan_hedge(50_000, beta, linear_terms(), PRICE, collateral="stablecoin")
    run = replay(plan, random_walk(seed, 20), active=False, rebalance_every=1)
    np.testing.assert_allclose(run.wealth_usd, run.unhedged_usd + plan.collateral_usd)
    np.testing.assert_allclose(run.pnl_usd, run.unhedged_pnl_usd, atol=1e-9)
    assert not run.contracts.any()
    assert run.min_margin_ratio == INF
    assert run.attribution() == {
        "spot": near(run.unhedged_pnl_usd[-1], abs=1e-9),
        **dict.fromkeys(["collateral", "hedge", "basis", "funding", "fees", "slippage"], 0.0),
        "liquidation": 0.0,
        "top-ups": 0.0,
    }
    assert "-0.0" not in str(run.attribution())


@pytest.mark.parametrize("contract", [FREE, linear_terms(taker_fee=0)])
@pytest.mark.parametrize("rate", [0.0003, -0.0003])
def test_a_still_market_pays_n_f_a_step(contract, rate):
    plan = h.plan_hedge(50_000, 1, contract, PRICE, collateral="stablecoin")
    run = replay(plan, [PRICE] * 11, funding_rate=rate)
    earned = plan.notional_usd * rate * np.arange(11)
    np.testing.assert_allclose(run.funding_usd, earned)
    np.testing.assert_allclose(run.pnl_usd, earned, atol=1e-9)
    coin = replay(exact_plan(), [PRICE] * 11, funding_rate=rate)
    np.testing.assert_allclose(coin.funding_usd, exact_plan().notional_usd * rate * np.arange(11))


@given(st.integers(0, 200), floats(1.5, 8), st.sampled_from(["mark", "entry"]), st.booleans())
def test_liquidation_is_where_the_formula_says(seed, leverage, basis, ladder):
    """On a path fine enough, the first price beyond the liquidation price, and no other."""
    contract = terms(
        maintenance_basis=basis,
        taker_fee=0,
        maintenance_floors=(0, 20) if ladder else (0,),
        maintenance_rates=(0.005, 0.02) if ladder else (0.01,),
    )
    plan = h.plan_hedge(50_000, 1, contract, PRICE, max_leverage=leverage)
    path = random_walk(seed, 400, sd=0.03)
    run = replay(plan, path)
    beyond = np.flatnonzero(path >= plan.liquidation_price_usd)
    assert run.liquidated_at == (int(beyond[0]) if beyond.size else None)
    assert run.liquidated.sum() == (path.size - beyond[0] if beyond.size else 0)
    if beyond.size:
        at = run.liquidated_at
        assert not run.contracts[at:].any()
        assert not run.equity_usd[at:].any()
        assert (run.wealth_usd[at:] == run.book_usd[at:]).all()
        assert run.lost_usd == run.equity_usd[at - 1] > 0
        assert f"all ${run.lost_usd:,.0f} of margin lost" in str(run)
        last = run.margin_ratio[at]
        assert (run.margin_ratio[at + 1 :] == INF).all()
        assert last == run.min_margin_ratio
    else:
        assert run.lost_usd == 0


@pytest.mark.parametrize(
    "contract",
    [
        terms(),
        terms(maintenance_basis="entry"),
        terms(liquidation_fee="taker", taker_fee=0.002),
        TIERED,
        dataclasses.replace(TIERED, liquidation_fee="taker", taker_fee=0.01),
        linear_terms(),
        linear_terms(liquidation_fee="taker", taker_fee=0.002),
    ],
)
def test_liquidation_price_to_the_hair(contract):
    collateral = "stablecoin" if contract.kind == "linear" else "new_money"
    plan = h.plan_hedge(50_000, 1, contract, PRICE, collateral=collateral, max_leverage=3)
    far = plan.liquidation_price_usd
    assert replay(plan, [PRICE, far * (1 - 1e-9)]).liquidated_at is None
    assert replay(plan, [PRICE, far * (1 + 1e-9)]).liquidated_at == 1
    flat = h.plan_hedge(
        50_000, 1, contract, PRICE, collateral=collateral, max_leverage=3, maintenance_rate=0.03
    )
    far = flat.liquidation_price_usd
    assert replay(flat, [PRICE, far * (1 - 1e-9)]).liquidated_at is None
    assert replay(flat, [PRICE, far * (1 + 1e-9)]).liquidated_at == 1
    assert replay(plan, [PRICE, far * (1 + 1e-9)], maintenance_rate=0.03).liquidated_at == 1


def test_dollars_behind_an_inverse_contract_are_liquidated_where_the_plan_says():
    for contract in (TIERED, terms(liquidation_fee="taker", taker_fee=0.002)):
        plan = h.plan_hedge(50_000, 1, contract, PRICE, collateral="stablecoin", max_leverage=4)
        far = plan.liquidation_price_usd
        assert replay(plan, [PRICE, far * (1 - 1e-9)]).liquidated_at is None
        assert replay(plan, [PRICE, far * (1 + 1e-9)]).liquidated_at == 1


def test_maintenance_that_nobody_verified_is_the_plans_assumption():
    plan = h.plan_hedge(
        50_000, 1, terms(maintenance_floors=(), maintenance_rates=()), PRICE, max_leverage=3
    )
    far = plan.liquidation_price_usd
    assert replay(plan, [PRICE, far * (1 - 1e-9)]).liquidated_at is None
    assert replay(plan, [PRICE, far * (1 + 1e-9)]).liquidated_at == 1


@given(st.integers(0, 99), floats(0.5, 2))
def test_band_of_nothing_is_every_step(seed, beta):
    plan, path = exact_plan(beta), random_walk(seed, 30)
    banded = replay(plan, path, band=0.0)
    daily = replay(plan, path, rebalance_every=1)
    for name, column in banded.columns().items():
        assert np.array_equal(column, daily.columns()[name]), name
    never = replay(plan, path)
    assert (np.diff(never.contracts[: never.liquidated_at]) == 0).all()


@given(st.integers(0, 99))
def test_at_beta_one_there_is_nothing_to_rebalance(seed):
    plan, path = exact_plan(), random_walk(seed, 30, sd=0.03)
    never, daily = (replay(plan, path, rebalance_every=every) for every in (None, 1))
    assume(never.liquidated_at is None)
    np.testing.assert_allclose(daily.contracts, never.contracts, rtol=1e-9)
    np.testing.assert_allclose(daily.wealth_usd, never.wealth_usd, rtol=1e-9)
    np.testing.assert_allclose(never.wealth_usd, 99_000, rtol=1e-9)


@given(st.integers(0, 99), floats(0.5, 2), st.booleans())
def test_after_a_rebalance_no_delta_is_left(seed, beta, linear):
    """The account's delta and the book's cancel, the coin spent on fees counted."""
    contract = linear_terms(lot=1e-9) if linear else terms(lot=1e-9)
    collateral = "stablecoin" if linear else "new_money"
    plan = h.plan_hedge(50_000, beta, contract, PRICE, collateral=collateral, max_leverage=2.5)
    run = replay(plan, random_walk(seed, 10, sd=0.04), rebalance_every=1, slippage_rate=0.001)
    assume(run.liquidated_at is None)
    coin = 0 if linear else run.equity_usd
    delta = beta * run.book_usd + coin - run.notional_usd
    np.testing.assert_allclose(delta[1:], 0, atol=1e-5)


def test_off_and_on_again_is_a_new_plan():
    """Closed by its contracts, opened as plan_hedge would with what there is then."""
    plan = h.plan_hedge(50_000, 1.5, terms(), PRICE, collateral_usd=40_000)
    run = replay(plan, [PRICE, 3000, 2800], active=np.array([True, False, True]))
    assert run.contracts[1] == 0
    assert run.equity_coin[1] == near(run.equity_usd[1] / 3000)
    anew = h.plan_hedge(
        run.book_usd[2], 1.5, terms(), 2800, collateral_usd=run.equity_coin[1] * 2800
    )
    assert run.contracts[2] == anew.contracts
    assert run.equity_usd[2] == near(anew.wallet_usd)
    late = replay(plan, [PRICE, PRICE], active=np.array([False, True]))
    assert late.contracts.tolist() == [0, plan.contracts]


@given(st.integers(0, 999), st.integers(1, 19))
def test_nothing_in_the_past_depends_on_the_future(seed, at):
    plan = exact_plan(1.4)
    path = random_walk(seed, 20)
    other = np.concatenate([path[: at + 1], path[at + 1 :] * 1.7])
    runs = []
    for prices in (path, other):
        on = rules.hedge_when(rules.trend_break(prices, 4), rules.calm_again(prices, 3, 0.03))
        runs.append(replay(plan, prices, active=on, band=0.01, funding_rate=0.0001).columns())
    for name in runs[0]:
        assert np.array_equal(runs[0][name][: at + 1], runs[1][name][: at + 1]), name


def test_top_ups_stop_at_the_budget_and_are_no_profit():
    plan = h.plan_hedge(50_000, 1, FREE, PRICE, max_leverage=3)
    rule = TopUp(trigger=0.25, leverage=3, budget_usd=10_000)
    path = [PRICE, 4000, 4700, 5300]
    run = replay(plan, path, top_up=rule)
    bare = replay(plan, path)
    assert (np.diff(run.top_ups_usd) > 0).tolist() == [True, True, False]
    assert run.top_ups_usd[-1] == 10_000
    assert bare.liquidated_at == 3
    assert run.liquidated_at is None
    # Brought to 3x where the budget allows.
    assert run.notional_usd[1] / run.equity_usd[1] == near(3)
    endless = replay(plan, path, top_up=TopUp(trigger=0.25, leverage=3))
    assert endless.top_ups_usd[-1] > 10_000
    # The coins added are coins held: they gain with the rally, and that is profit.
    gained = run.wealth_usd[-1] - run.start_wealth_usd - 10_000
    assert run.pnl_usd[-1] == near(gained)


def test_the_venue_refuses_more_than_its_leverage():
    plan = h.plan_hedge(50_000, 2, FREE, PRICE, collateral_usd=60_000, max_leverage=3)
    free = replay(plan, [PRICE, 4500], rebalance_every=1)
    held = replay(plan, [PRICE, 4500], rebalance_every=1, max_leverage=2)
    assert free.notional_usd[1] > held.notional_usd[1] == plan.notional_usd
    own = dataclasses.replace(plan, contract=terms(taker_fee=0, max_leverage=2))
    assert replay(own, [PRICE, 4500], rebalance_every=1).contracts[1] == held.contracts[1]


def test_target_beta_and_ratio_are_kept_up():
    plan = exact_plan(1.5, target_beta=0.5, hedge_ratio=0.8)
    run = replay(plan, [PRICE, 3000], rebalance_every=1)
    wanted = 0.8 * 1.5 * run.book_usd[1] + run.equity_usd[1] - 0.5 * run.book_usd[1]
    assert run.notional_usd[1] == near(wanted, rel=1e-9)


@pytest.mark.parametrize("source", ["new_money", "from_portfolio", "stablecoin"])
@pytest.mark.parametrize("hedge_ratio", [0.5, 1.3])
def test_a5_a_share_of_the_hedge_leaves_the_rest_of_the_book_all_along(source, hedge_ratio):
    """On every date the delta left is the share of the book not hedged, and the margin is not."""
    plan = h.plan_hedge(
        50_000, 1.5, terms(taker_fee=0.001, multiplier=1e-6), PRICE, collateral=source,
        hedge_ratio=hedge_ratio,
    )  # fmt: skip
    path = random_walk(3, 20)
    funding = 0.0003
    run = replay(plan, path, rebalance_every=1, funding_rate=funding)
    coin = run.equity_usd
    if source == "stablecoin":
        # What has been earned in dollars has no delta, profit in coin has.
        paid = plan.collateral_usd + run.funding_usd + run.fees_usd
        coin = run.equity_usd - paid
    delta = plan.kept_beta * run.book_usd + coin - run.notional_usd
    left = (1 - hedge_ratio) * plan.beta * plan.book_usd * run.book_usd / plan.kept_usd
    np.testing.assert_allclose(delta, left, atol=0.02)


@pytest.mark.parametrize("hedge_ratio", [0.9, 1.0])
def test_a13_a_book_that_is_all_margin_is_carried_along(hedge_ratio):
    plan = h.plan_hedge(
        50_000, 1, terms(taker_fee=0.001, multiplier=1e-6), PRICE, collateral="from_portfolio",
        held_usd=50_000, collateral_usd=50_000, max_leverage=1, hedge_ratio=hedge_ratio,
    )  # fmt: skip
    assert plan.kept_usd == 0
    path = random_walk(4, 20)
    run = replay(plan, path, rebalance_every=1)
    assert not run.book_usd.any()
    assert run.liquidated_at is None
    left = (1 - hedge_ratio) * run.unhedged_usd
    np.testing.assert_allclose(run.equity_usd - run.notional_usd, left, atol=0.02)
    given_book = replay(plan, path, rebalance_every=1, book_usd=np.array(path) / path[0])
    np.testing.assert_allclose(given_book.equity_usd, run.equity_usd)
    naive = replay(plan, path, rebalance_every=1, sizing="naive")
    assert naive.contracts[-1] < 0
    many = replay_many(plan, np.array([path, path]), rebalance_every=1)
    np.testing.assert_allclose(many.wealth_usd, run.wealth_usd[-1])


def test_a16_tiers_in_faces_do_not_move_with_the_price():
    """A short of $5,000,000 bears 1.65% at every mark; at entry the tier is that of the face."""
    ladder = {
        "taker_fee": 0, "multiplier": 1, "tier_unit": "usd",
        "maintenance_floors": (0, 5e5, 1e6, 2e6, 5e6),
        "maintenance_rates": (0.005, 0.01, 0.015, 0.02, 0.025),
    }  # fmt: skip
    plan = h.plan_hedge(
        2_500_000, 1, terms(**ladder), 50_000, collateral_usd=2_500_000, max_leverage=2
    )
    assert plan.liquidation_price_usd == near(98_350)
    for end, liquidated in ((98_349, None), (98_351, 1)):
        assert replay(plan, [50_000, end]).liquidated_at == liquidated
        many = replay_many(plan, np.array([[50_000, end]]))
        assert (many.liquidated_at[0] >= 0) == (liquidated is not None)
    entry = h.plan_hedge(
        2_500_000, 1, terms(**ladder, maintenance_basis="entry"), 50_000,
        collateral_usd=2_500_000, max_leverage=2,
    )  # fmt: skip
    far = entry.liquidation_price_usd
    assert far == near(5_000_000 / (100 - 50 + 1.65))
    for end, liquidated in ((far * 0.9999, None), (far * 1.0001, 1)):
        assert replay(entry, [50_000, end]).liquidated_at == liquidated


def test_a_short_that_turns_into_a_long():
    """A target below zero buys: the account is valued and charged the same way."""
    plan = exact_plan(0.6, target_beta=0.5, collateral_usd=2_000, max_leverage=30)
    run = replay(plan, [PRICE, 2000, 1500], rebalance_every=1, basis=[0, 0.01, 0])
    hand = ByHand(plan, every=1)
    rows = hand.run(np.array([PRICE, 2000, 1500]), basis=np.array([0, 0.01, 0]))
    np.testing.assert_allclose(run.equity_usd, rows[:, 2])
    loose = dataclasses.replace(plan, target_beta=0.9)
    long = replay(loose, [PRICE, 3000, 3300], rebalance_every=1)
    assert long.contracts[1] > 0 > long.contracts[0]
    entry = dataclasses.replace(
        loose, contract=terms(taker_fee=0, lot=1e-9, maintenance_basis="entry")
    )
    assert replay(entry, [PRICE, 3000, 3300], rebalance_every=1).contracts[1] > 0


def test_whole_contracts_or_any_size():
    plan = h.plan_hedge(50_000, 1.5, terms(lot=7), PRICE, collateral_usd=40_000)
    lots = replay(plan, random_walk(1, 9), rebalance_every=1).contracts / 7
    assert np.array_equal(lots, np.rint(lots))
    free = replay(plan, random_walk(1, 9), rebalance_every=1, whole_contracts=False).contracts / 7
    assert not np.array_equal(free[1:], np.rint(free[1:]))


def test_a_book_given_moves_as_given():
    book = [2.0, 1.5, 3.0]
    run = replay(exact_plan(), [PRICE, 3000, 3200], book_usd=book)
    assert run.unhedged_usd.tolist() == run.book_usd.tolist() == [50_000, 37_500, 75_000]
    # $20,000 of the book is the margin coin, and 10,000 of it is posted: that part moves with it.
    held = h.plan_hedge(50_000, 1, FREE, PRICE, collateral="from_portfolio", held_usd=20_000,
                        collateral_usd=10_000, max_leverage=5)  # fmt: skip
    coin = np.array([PRICE, 3000, 3200])
    whole = 20_000 * coin / PRICE + 30_000 * np.array([1, 0.9, 1.1])
    run = replay(held, coin, book_usd=whole)
    np.testing.assert_allclose(run.book_usd, whole - 10_000 * coin / PRICE)


def test_a4_cash_that_became_margin_is_no_coin_of_the_book():
    plan = h.plan_hedge(50_000, 0.6, FREE, PRICE, collateral="from_portfolio", cash_usd=20_000,
                        collateral_usd=15_000)  # fmt: skip
    run = replay(plan, [PRICE, 3000])
    assert plan.cash_sold_usd == 15_000
    kept = 35_000 + 0.6 * 50_000 * (3000 / PRICE - 1)
    assert run.book_usd.tolist() == near([35_000, kept])
    with refused(
        "book_usd is that of the whole book, and the plan turned cash of it into margin, which "
        "does not move with the rest; leave book_usd out"
    ):
        replay(plan, [PRICE, 3000], book_usd=[1, 2])


# The three side by side.


def test_the_three_side_by_side():
    plan = exact_plan(1.5, collateral_usd=50_000)
    path = [PRICE, 3000, 2800]
    found = compare(plan, path, rebalance_every=1, funding_rate=0.001)
    assert [row["name"] for row in found.rows()] == ["unhedged", "naive 1:1", "plan"]
    assert found.naive.contracts.tolist() == [-5000] * 3
    assert found.plan.contracts[0] == plan.contracts
    unhedged, naive, hedged = found.outcomes
    assert unhedged.pnl_usd == near(found.plan.unhedged_pnl_usd[-1])
    assert hedged.pnl_usd > naive.pnl_usd > unhedged.pnl_usd
    assert hedged.effectiveness > 0.999
    assert (unhedged.effectiveness, unhedged.liquidated_at) == (0.0, None)
    assert naive.effectiveness < hedged.effectiveness
    texts = shown(found)
    assert {"unhedged", "naive 1:1", "plan", "variance reduction"} <= set(texts)
    with refused("compare sizes both ways; leave sizing out"):
        compare(plan, path, sizing="naive")
    linear = h.plan_hedge(50_000, 1.5, linear_terms(), PRICE, collateral="stablecoin")
    both = compare(linear, path)
    assert both.naive.contracts[0] == -round(50_000 / (0.01 * PRICE))


# Real crashes, in bundled closes.


CRASHES = {
    "March 2020": ("2020-02-14", "2020-03-16", -0.5),
    "May 2021": ("2021-05-11", "2021-05-23", -0.4),
    "Luna 2022": ("2022-05-04", "2022-05-12", -0.2),
    "June 2022": ("2022-06-05", "2022-06-18", -0.4),
    "FTX 2022": ("2022-11-05", "2022-11-09", -0.2),
}


@pytest.mark.parametrize("crash", CRASHES)
def test_real_crashes(crash):
    start, end, fall = CRASHES[crash]
    closes = market.prices(["ETH", "LINK"], start, end)
    eth, link = closes["ETH"], closes["LINK"]
    plan = h.plan_hedge(50_000, 1.2, terms(), float(eth.iloc[0]), collateral_usd=50_000)
    found = compare(plan, eth, book_usd=link, rebalance_every=1, funding_rate=0.0003)
    unhedged, naive, hedged = found.outcomes
    assert eth.iloc[-1] / eth.iloc[0] - 1 < fall
    assert unhedged.pnl_usd == near(50_000 * (link.iloc[-1] / link.iloc[0] - 1))
    assert hedged.pnl_usd > naive.pnl_usd > unhedged.pnl_usd
    assert hedged.effectiveness > 0.5
    assert hedged.liquidated_at is None
    run = found.plan
    assert run.label == f"prices as given {start} to {end}"
    assert run.dates[0] == np.datetime64(start)
    assert run.hours_per_step == 24
    # In a fall the account of a short does nothing but get safer.
    assert run.margin_ratio[-1] > run.margin_ratio[0]


def test_the_rally_of_2021_liquidates_a_thin_margin():
    eth = market.prices("ETH", "2020-12-20", "2021-02-20")["ETH"]
    plan = h.plan_hedge(50_000, 1.2, terms(), float(eth.iloc[0]), max_leverage=3)
    run = replay(plan, eth)
    assert run.liquidated_at is not None
    assert run.wealth_usd[-1] == run.book_usd[-1]
    day = str(run.dates[run.liquidated_at])[:10]
    assert eth[day] >= plan.liquidation_price_usd > eth[: run.liquidated_at].max()
    assert f"liquidated at ${eth[day]:,.2f} ({day})" in str(run)


# What is shown.


def test_what_is_shown():
    plan = h.plan_hedge(50_000, 1, FREE, PRICE, max_leverage=3)
    run = replay(plan, [PRICE, 3000, 6000], funding_rate=0.0003)
    text = str(run)
    assert text.startswith("prices as given: +$10,714 hedged, +$35,714 unhedged")
    assert "liquidated at $6,000.00 (step 2)" in text
    texts = shown(run)
    assert text in texts
    assert {"from spot", "from hedge", "from funding", "from liquidation"} <= set(texts)
    assert "from top-ups" not in texts
    assert "step 2" in texts
    frame = pd.DataFrame(run.columns())
    assert len(frame) == 3
    assert {"pnl_usd", "spot_pnl_usd", "unhedged_pnl_usd", "wealth_usd"} <= set(frame)
    assert "plan" not in frame
    assert not run.price_usd.flags.writeable
    still = replay(plan, [PRICE, PRICE, PRICE])
    assert still.hedged.effectiveness is None
    assert "" in shown(still)
    one = replay(plan, [PRICE, 3000])
    assert one.hedged.step_sd_usd == 0
    assert str(one).endswith("unhedged")


def test_what_a_summary_shows():
    plan = h.plan_hedge(50_000, 1, FREE, PRICE, max_leverage=3)
    end = replay_many(plan, [[PRICE, 3000], [PRICE, 3600], [PRICE, 9000]])
    assert end.n_paths == 3
    assert end.liquidated_at.tolist() == [-1, -1, 1]
    assert end.liquidated_share == near(1 / 3)
    assert end.quantiles("unhedged_usd", [0, 0.5, 1]).tolist() == sorted(end.unhedged_usd)
    assert "3 paths of 1 steps" in str(end)
    assert "33.3% liquidated" in str(end)
    assert {"pnl", "max drawdown", "min margin ratio"} <= set(shown(end))
    idle = replay_many(plan, [[PRICE, 3000], [PRICE, 3600]], active=False)
    assert (idle.min_margin_ratio == INF).all()
    assert "inf%" in shown(idle)
    with pytest.raises(h.InvalidInput, match="name must be one of wealth_usd, "):
        end.quantiles("plan")
    with refused("levels must be a decimal from 0 to 1, got 2.0"):
        end.quantiles(levels=2)


def test_the_defaults_of_one_path_are_those_of_many():
    def defaults(function):
        return {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name != "many"
        }

    assert defaults(replay) == defaults(_set_up)
    from hedgelib.replay import Options

    assert set(Options.__annotations__) == set(defaults(replay))


# Paths in, dates, and what is refused.


def test_paths_bring_what_they_have():
    plan = exact_plan()
    paths = history([PRICE, 3000], book_usd=[1, 0.9], funding_rate=[0.001],
                    dates=["2022-01-01", "2022-01-02"])  # fmt: skip
    run = replay(plan, paths)
    assert run.label == "history 2022-01-01 to 2022-01-02"
    assert run.book_usd[-1] == 45_000
    assert run.funding_usd[-1] == near(99)
    assert replay(plan, paths, funding_rate=0.0).funding_usd[-1] == 0
    two = Paths(label="two", prices_usd=[[PRICE, 3000], [PRICE, 4000]])
    assert replay(plan, two.one(1)).price_usd[-1] == 4000
    with refused("replay takes one path, got 2: take paths.one(i), or replay_many"):
        replay(plan, two)
    for name, value in (("book_usd", [1, 2]), ("dates", ["2022-01-01"]), ("hours_per_step", 1)):
        with refused(f"{name} must be part of the Paths; do not pass it as well"):
            replay(plan, paths, **{name: value})
    with refused("book_usd must be one value, or have shape (2,) or (2, 2), got (3,)"):
        replay_many(plan, two.prices_usd, book_usd=[1, 2, 3])
    shared = replay_many(plan, two.prices_usd, book_usd=[1, 0.5], hours_per_step=8)
    assert shared.book_usd.tolist() == [25_000, 25_000]
    assert shared.hours_per_step == 8


def test_aware_dates_beside_naive_ones():
    plan = exact_plan()
    naive = pd.date_range("2022-01-01", periods=3)
    aware = naive.tz_localize("UTC")
    prices = pd.Series([PRICE, 3000, 3100], naive)
    replay(plan, prices, funding_rate=pd.Series([0.1, 0.1], naive[1:]))
    with refused(
        "the dates of funding_rate have a time zone and those of dates have none; "
        "give both one, or neither"
    ):
        replay(plan, prices, funding_rate=pd.Series([0.1, 0.1], aware[1:]))
    with refused(
        "the dates of dates have a time zone and those of active have none; "
        "give both one, or neither"
    ):
        replay(plan, pd.Series(prices.to_numpy(), aware), active=pd.Series([True] * 3, naive))
    with refused("the dates of dates and of residual differ; align them first"):
        replay(plan, prices, residual=pd.Series([0.1, 0.1], naive[:2]))
    with refused("the dates of prices_usd and of book_usd differ; align them first"):
        replay(plan, prices, book_usd=pd.Series([1.0, 1, 1], naive + pd.Timedelta("1D")))


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "start": (
        {"prices_usd": [3000, 3500]},
        "prices must start at the plan's 3500, got 3000; plan at the price where the path starts, "
        "or take paths.starting_at(plan.price_usd)",
    ),
    "negative price": ({"prices_usd": [PRICE, -1]}, "prices_usd must be > 0, got -1.0 at [1]"),
    "nan": ({"prices_usd": [PRICE, math.nan]}, "prices_usd must be > 0, got nan at [1]"),
    "book nan": (
        {"book_usd": [1, math.nan]},
        "book_usd must be >= 0, got nan at [1]",
    ),
    "book length": ({"book_usd": [1, 2, 3]}, "book_usd must have shape (1, 2), got (1, 3)"),
    "book of nothing": (
        {"book_usd": [0, 1]},
        "book_usd at the start must be > 0, got 0.0 at [0]",
    ),
    "both books": (
        {"book_usd": [1, 2], "residual": 0.1},
        "residual is for a modelled book, but these paths have one of their own",
    ),
    "residual": ({"residual": INF}, "residual must be a finite number, got inf"),
    "residual length": (
        {"residual": [0, 0]},
        "residual must be one value, or have shape (1,) or (1, 1), got (2,)",
    ),
    "funding": (
        {"funding_rate": 1.0},
        "funding_rate must be a decimal between -1 and 1 (1% is 0.01), got 1.0",
    ),
    "basis": ({"basis": -1}, "basis must be > -1 (a loss of 100% is -1), got -1.0"),
    "basis length": (
        {"basis": [0] * 3},
        "basis must be one value, or have shape (2,) or (1, 2), got (3,)",
    ),
    "active": ({"active": [1, 0]}, "active must be true or false for each date, got [1, 0]"),
    "active length": (
        {"active": [True] * 3},
        "active must be one value, or have shape (2,) or (1, 2), got (3,)",
    ),
    "every": ({"rebalance_every": 0}, "rebalance_every must be >= 1, got 0"),
    "half": ({"rebalance_every": 0.5}, "rebalance_every must be a whole number, got 0.5"),
    "band": (
        {"band": 1.0},
        "band must be a decimal from 0 to below 1, a share of the target, got 1.0",
    ),
    "slippage": (
        {"slippage_rate": -0.1},
        "slippage_rate must be a decimal from 0 to below 1 (1% is 0.01), got -0.1",
    ),
    "all of it": (
        {"slippage_rate": 0.9999},
        "fee and slippage must be below 1 together, got 1.0004",
    ),
    "most of it": (
        {"slippage_rate": 0.5},
        "opening $99,000 leaves −$549.50 of margin, which is not above maintenance; "
        "add margin or reduce the position",
    ),
    "top up": ({"top_up": 0.1}, "top_up must be a TopUp, got 0.1"),
    "whole": ({"whole_contracts": 1}, "whole_contracts must be a bool, got 1"),
    "cap": ({"max_leverage": 0}, "max_leverage must be > 0, got 0.0"),
    "maintenance": (
        {"maintenance_rate": 1.5},
        "maintenance_rate must be a decimal from 0 to below 1 (1% is 0.01), got 1.5",
    ),
    "sizing": ({"sizing": "beta"}, "sizing must be one of plan, naive, got 'beta'"),
    "hours": ({"hours_per_step": 0}, "hours_per_step must be > 0, got 0.0"),
    "dates": ({"dates": ["2022-01-01"]}, "1 dates for 2 prices; one for each"),
    "overflow": (
        {"residual": 1e305},
        "replay: the numbers are too large or too small",
    ),
    "two dimensions": (
        {"prices_usd": [[PRICE, 3000]]},
        "prices_usd must be one-dimensional, got shape (1, 2)",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused(name):
    changes, message = REFUSALS[name]
    plan = h.plan_hedge(50_000, 1, terms(), PRICE, collateral_usd=49_000)
    asked: dict[str, Any] = {"prices_usd": [PRICE, 3000]} | changes
    if name == "most of it":
        message = message.replace("99,000", f"{plan.notional_usd:,.0f}")
        message = message.replace("549.50", f"{plan.notional_usd * 0.5005 - 49_000:,.2f}")
    with refused(message):
        replay(plan, **asked)


def test_too_few_prices():
    with refused("prices_usd needs at least 2 values, got 1", h.NotEnoughData):
        replay(exact_plan(), [PRICE])
    with refused("prices_usd needs at least 2 values, got 0", h.NotEnoughData):
        replay(exact_plan(), [])
    with refused("prices_usd needs at least one path of 2 prices, got shape (0,)", h.NotEnoughData):
        replay_many(exact_plan(), [])
    with refused("plan must be a HedgePlan, got 3"):
        replay(3, [PRICE, 3000])
    with refused("replay_many: the numbers are too large or too small"):
        replay_many(exact_plan(), [[PRICE, 3000]], residual=1e305)


def test_a_book_below_what_it_posts():
    plan = h.plan_hedge(50_000, 1, FREE, PRICE, collateral="from_portfolio", held_usd=20_000,
                        collateral_usd=20_000, max_leverage=5)  # fmt: skip
    with refused(
        "book_usd must stay above the 5.71429 ETH that the book holds and posts as margin; "
        "give the value of the whole book, that coin included"
    ):
        replay(plan, [PRICE, 4000], book_usd=[1, 0.4])


SIZE = floats(-300, 300).map(lambda power: 10.0**power)


@given(
    st.lists(SIZE, min_size=2, max_size=6),
    st.sampled_from([terms(), linear_terms(), terms(maintenance_basis="entry")]),
    st.fixed_dictionaries(
        {},
        optional={
            "residual": floats(-1e300, 1e300),
            "funding_rate": floats(-0.99, 0.99),
            "basis": floats(-1 + 1e-16, 1e300),
            "rebalance_every": st.integers(1, 3),
            "slippage_rate": floats(0, 0.9),
            "max_leverage": SIZE,
            "sizing": st.just("naive"),
            "whole_contracts": st.just(False),
            "top_up": st.just(TopUp(trigger=0.3, leverage=2)),
        },
    ),
)
@settings(max_examples=300)
def test_no_answer_is_no_number(path, contract, asked):
    """Prices and rates of any size: an answer, or a refusal that says why."""
    stable = "stablecoin" if contract.kind == "linear" else "new_money"
    try:
        plan = h.plan_hedge(50_000, 1.2, contract, path[0], collateral=stable, max_leverage=3)
        run = replay(plan, path, **asked)
        end = replay_many(plan, [path], **asked)
        fell = run.hedged.max_drawdown
    except h.HedgeError:
        return
    for name, column in run.columns().items():
        assert not np.isnan(column).any(), name
        assert np.isfinite(column).all() or name == "margin_ratio"
    assert fell >= 0
    assert_same(end, 0, run)


@pytest.mark.parametrize("bad", sorted(BAD_ANYWHERE))
@pytest.mark.parametrize(
    "name",
    ["prices_usd", "funding_rate", "basis", "residual", "slippage_rate", "band", "max_leverage",
     "rebalance_every", "book_usd", "hours_per_step", "dates", "active", "top_up", "sizing",
     "maintenance_rate"],
)  # fmt: skip
def test_what_is_no_number_is_refused(name, bad):
    value = BAD_ANYWHERE[bad]
    optional = {"funding_rate", "band", "max_leverage", "rebalance_every", "book_usd",
                "hours_per_step", "dates", "top_up", "maintenance_rate"}  # fmt: skip
    if value is None and name in optional:
        return
    if name == "active" and bad in {"true", "false", "numpy bool"}:
        return
    asked = {"prices_usd": [PRICE, 3000]} | {name: value}
    if name == "active" and bad == "bools":
        asked["active"] = np.array([True, False, True])
    with pytest.raises(h.HedgeError):
        replay(exact_plan(), **asked)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trigger": 0}, "trigger must be > 0, got 0.0"),
        ({"leverage": INF}, "leverage must be > 0, got inf"),
        ({"budget_usd": -1}, "budget_usd must be >= 0, or inf for no limit, got -1.0"),
        (
            {"trigger": 0.5},
            "leverage must be below 1 / trigger, 2, got 3: a top-up has to end above its trigger",
        ),
    ],
)
def test_top_ups_that_make_no_sense(changes, message):
    with refused(message):
        TopUp(**({"trigger": 0.2, "leverage": 3} | changes))


def test_types():
    plan = exact_plan()
    assert isinstance(replay(plan, [PRICE, 3000]), Replay)
    assert isinstance(compare(plan, [PRICE, 3000]), Comparison)
    with pytest.raises(dataclasses.FrozenInstanceError):
        replay(plan, [PRICE, 3000]).label = "x"


def test_a_venue_that_fails_takes_the_account_and_ends_the_hedge():
    plan = exact_plan(collateral_usd=None, max_leverage=3)
    prices = [3500, 3800, 4600, 4000, 3000]
    run = replay(plan, prices, top_up=TopUp(trigger=0.2, leverage=3.0))
    assert run.top_ups_usd[1] == 0 < run.top_ups_usd[2] == run.top_ups_usd[-1]
    lost = run.pnl_if_venue_fails_usd(2)
    assert lost[:2] == pytest.approx(run.pnl_usd[:2])
    start = 50_000 + plan.collateral_usd
    added = run.top_ups_usd[2]
    assert lost[2:] == pytest.approx([50_000 * p / 3500 - added - start for p in prices[2:]])
    assert run.pnl_if_venue_fails_usd(9) == pytest.approx(run.pnl_usd)
    before = run.pnl_if_venue_fails_usd(1)
    assert before[-1] == pytest.approx(50_000 * prices[-1] / 3500 - start)
    with pytest.raises(h.InvalidInput, match="step must be >= 1, got 0"):
        run.pnl_if_venue_fails_usd(0)
