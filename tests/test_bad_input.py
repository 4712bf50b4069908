"""Every public function of the floors that test_fuzz leaves out, fed with anything in every place.

What is no answer is a HedgeError, whatever it was that was wrong; a number comes in whatever kind
numpy and pandas keep it; and what pandas has labelled is never paired by mere position.
"""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgelib as h
from hedgelib import beta, carry, choice, paths, plan, ratio, replay, returns, rules, scenario
from tests.strategies import BAD_ANYWHERE, terms

FUNCTIONS = {
    name: getattr(module, name)
    for module in (carry, returns, beta, ratio, choice, plan, scenario, paths, rules, replay)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
}
RNG = np.random.default_rng(0)
COIN, OTHER, OWN = RNG.normal(0, 0.03, (3, 40))
BOOK = 1.5 * COIN + 0.3 * OWN
PRICES = 3500 * np.cumprod([1, *(1 + COIN[:9])])
VALUES = np.cumprod([1, *(1 + BOOK[:9])])
PLAN = h.plan_hedge(50_000, 1.2, terms(), 3500.0, collateral_usd=40_000)

# What is usual under a name, wherever it stands.
USUAL: dict[str, Any] = {
    "annual_rate": 0.1,
    "active": True,
    "adjust": True,
    "band": 0.1,
    "band_usd": 0.0,
    "base_rate_daily": 3e-4,
    "basis": 0.0,
    "beta": 1.2,
    "betas": [1.0, 2.0],
    "block": 5.0,
    "holdings_usd": {"BTC": 100.0},
    "hedged": COIN,
    "unhedged": BOOK,
    "book_returns": BOOK,
    "book_usd": 50_000.0,
    "candidates": [("BTC",), ("BTC", "ETH")],
    "cap": 0.003,
    "cash_usd": 0.0,
    "close": True,
    "coin": 2.0,
    "coin_returns": COIN,
    "coins": 5.0,
    "collateral": "new_money",
    "collateral_coin": 2.0,
    "collateral_usd": 40_000.0,
    "compounding": "simple",
    "contract": terms(),
    "contract_units": 1.0,
    "contract_usd": 10.0,
    "contracts": -100.0,
    "correlation": 0.8,
    "daily_vol": 0.04,
    "damper": 5e-4,
    "days": 90.0,
    "decay": 0.94,
    "enough": 0.5,
    "entry_basis": 0.0,
    "entry_usd": 3500.0,
    "errors": "HC1",
    "exit_basis": 0.0,
    "draws": 20,
    "expected_funding_rate": 1e-4,
    "exposure_units": 100.0,
    "exposure_usd": 1e4,
    "fee_rate": 5e-4,
    "funding_rate": 1e-4,
    "funding_rate_8h": {"BTC": 1e-4},
    "funding_rates": [1e-4, 2e-4, -1e-4],
    "futures_changes": COIN,
    "futures_usd": 3600.0,
    "h": 1.0,
    "hedge_ratio": 1.0,
    "held_usd": 0.0,
    "horizon_days": 30.0,
    "hours": 24.0,
    "hours_per_step": 24.0,
    "hours_to_funding": 4.0,
    "impact_ask_usd": 3501.0,
    "impact_bid_usd": 3500.0,
    "incomplete": "refuse",
    "index_usd": 3500.0,
    "initial_rate": 0.01,
    "intercept": True,
    "interest": 1e-4,
    "interval_hours": 8.0,
    "intervals": 3.0,
    "intervals_per_day": 3.0,
    "kind": "stationary",
    "label": "x",
    "lookback": 3,
    "maintenance_rate": 0.005,
    "mark_usd": [3500.0, 3400.0, 3300.0],
    "max_leverage": 5.0,
    "max_step": 1e-4,
    "method": "estrada_mean",
    "model": paths.Gbm(drift=0.0, volatility=0.04, n=100),
    "move": -0.1,
    "moves": [-0.1, 0.1],
    "multiplier_coin": 0.1,
    "multiplier_usd": 10.0,
    "n": 60,
    "n_paths": 3,
    "n_steps": 9,
    "notional_usd": 1e4,
    "observation_noise": 1e-3,
    "pairwise": 0.3,
    "periods": 5,
    "perp_entry_usd": 3500.0,
    "perp_exit_usd": 3000.0,
    "plan": PLAN,
    "premium": 1e-3,
    "premiums": [1e-4, 2e-4],
    "previous_rate": 1e-4,
    "price_usd": 3500.0,
    "prices_usd": PRICES,
    "prior_covariance": [[1.0, 0.0], [0.0, 1.0]],
    "prior_mean": [0.0, 1.0],
    "prior_sd": 0.3,
    "put_on": [np.array([True, False, True])],
    "quote_rate_daily": 6e-4,
    "r2": 0.8,
    "ratio_to_optimal": 0.9,
    "ratio_units": 1.0,
    "rebalance_every": 5,
    "refit": 10,
    "residual": 0.0,
    "returns": COIN,
    "rounding": "nearest",
    "se": 0.1,
    "seed": 1,
    "settle_usd": 3000.0,
    "settlements": [1.0, 1.0, 1.0],
    "share": 0.75,
    "short_notional_usd": 1e4,
    "sigma_futures": 0.04,
    "sigma_spot": 0.05,
    "sizing": "plan",
    "slippage": 1e-4,
    "slippage_rate": 1e-4,
    "small_sample": False,
    "spot_changes": BOOK,
    "spot_entry_usd": 3490.0,
    "spot_exit_usd": 2990.0,
    "spot_usd": 3500.0,
    "start": False,
    "state_noise": [1e-6, 1e-3],
    "take_off": [np.array([False, True, False])],
    "taker_fee": 5e-4,
    "target_beta": 0.1,
    "threshold": 0.1,
    "train": 20,
    "train_share": 0.5,
    "wallet_coin": 2.0,
    "weights": [0.5, 0.5],
    "whole_contracts": True,
    "window": 5,
    "x": COIN,
    "x_name": "coin",
    "y": BOOK,
    "y_name": "book",
    "z": 1.96,
}
# What is another thing here than elsewhere.
OWN_WAY: dict[str, dict[str, Any]] = {
    "change_plan": {"old": PLAN, "new": PLAN},
    "compare": {"plan": PLAN, "prices_usd": PRICES, "book_usd": VALUES},
    "fit_gbm": {"book_usd": VALUES},
    "history": {"book_usd": VALUES, "funding_rate": [1e-4] * 9},
    "multi_beta": {"x": np.column_stack([COIN, OTHER]), "names": ["BTC", "ETH"], "lags": 3},
    "ols_beta": {"errors": "newey-west", "lags": 3},
    "plan_hedge": {"hedge_ratio": 1.0, "target_beta": 0.0},
    "plan_legs": {"legs": [h.Leg(contract=terms(), price_usd=3500.0, beta=0.6)]},
    "portfolio_beta": {"betas": [1.0, 2.0]},
    "rank_hedges": {"coin_returns": {"BTC": COIN, "ETH": OTHER}},
    "rebalance": {"collateral_usd": 5e3, "notional_usd": 2e4, "beta": 1.5, "move": -0.2},
    "replay": {"book_usd": VALUES},
    "replay_many": {"plan": PLAN, "prices_usd": [PRICES, PRICES], "book_usd": [VALUES, VALUES]},
    "block_bootstrap": {"funding_rate": 0.01 * COIN},
    "funding_too_negative": {"funding_rate": 0.01 * COIN},
    "vasicek": {"prior_mean": 1.0},
    "smallest_collateral": {"fee_rate": 0.0},
}
ODD: dict[str, Any] = {
    **BAD_ANYWHERE,
    "infinity": math.inf,
    "zero": 0.0,
    "minus one": -1.0,
    "minus three": -3,
    "one and a half": 1.5,
    "largest": 1e308,
    "smallest": 5e-324,
    "many": 10**9,
    "beyond 64 bits": 2**63,
    "unsigned": np.uint64(2**64 - 1),
    "word": "nearest",
    "words": ["a", "b"],
    "empty": [],
    "empty array": np.array([]),
    "table": np.full((2, 2), 0.5),
    "cube": np.full((2, 2, 2), 0.5),
    "column": pd.Series([0.1, 0.2]),
    "column with a hole": pd.Series([0.1, None]),
    "frame": pd.DataFrame({"a": [0.1, 0.2]}),
    "no date": pd.NaT,
    "generator": (x for x in [1.0]),
    "class": float,
    "range": range(3),
    "plan": PLAN,
}
SKIPPED = {"options", "dates", "top_up"}  # tests of their own: test_replay, test_paths


def usual(name):
    asked = {}
    for parameter in inspect.signature(FUNCTIONS[name]).parameters:
        if parameter in OWN_WAY.get(name, {}):
            asked[parameter] = OWN_WAY[name][parameter]
        elif parameter in USUAL:
            asked[parameter] = USUAL[parameter]
    return asked | OWN_WAY.get(name, {})


def leaves(result):
    if isinstance(result, (float, np.ndarray)):
        return [np.asarray(result)] if np.asarray(result).dtype.kind == "f" else []
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    if type(result).__module__.startswith("hedgelib"):
        return [leaf for field in result.__slots__ for leaf in leaves(getattr(result, field))]
    return []


def test_every_argument_has_a_usual_value():
    for name, function in FUNCTIONS.items():
        given = usual(name)
        function(**given)
        assert set(inspect.signature(function).parameters) - set(given) <= SKIPPED | {
            "alpha", "halflife", "lags", "span",
        }, name  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_anything_anywhere_is_an_error_of_ours_or_a_number(name):
    given = usual(name)
    for argument in given:
        for what, odd in ODD.items():
            try:
                result = FUNCTIONS[name](**(given | {argument: odd}))
            except h.HedgeError:
                continue
            except Exception as error:
                pytest.fail(f"{argument}, {what}: {type(error).__name__} {error}")
            assert not any(np.isnan(leaf).any() for leaf in leaves(result)), (argument, what)


def assert_same(found, expected):
    """Sums over arrays laid out otherwise may differ in the last digit."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-15)


def kinds_of(value):
    """The same numbers, as numpy and pandas may keep them."""
    array = np.asarray(value, float)
    if array.ndim == 0:
        return [np.float64(value), array, np.longdouble(value)]
    frozen = array.copy()
    frozen.flags.writeable = False
    found = [array.tolist(), frozen, np.asfortranarray(array), array.astype(">f8")]
    if array.ndim == 1:
        spread = np.zeros(2 * array.size)
        spread[::2] = array
        found += [
            tuple(array.tolist()),
            spread[::2],
            np.ma.array(array),
            pd.Series(array, index=range(5, 5 + array.size)),
            pd.Series(array, dtype="Float64"),
            array.astype(np.longdouble),
        ]
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_of_every_kind_are_the_same_numbers(name):
    given = usual(name)
    expected = leaves(FUNCTIONS[name](**given))
    for argument, value in given.items():
        numeric = isinstance(value, (float, np.ndarray)) or (
            isinstance(value, list) and isinstance(value[0], (float, list))
        )
        if not numeric:
            continue
        for kind in kinds_of(value):
            before = np.array(kind, float)
            found = leaves(FUNCTIONS[name](**(given | {argument: kind})))
            assert_same(found, expected)
            assert np.array_equal(np.array(kind, float), before), argument


DAYS = pd.date_range("2024-01-01", periods=40)


def dated(values, days=DAYS):
    return pd.Series(np.asarray(values), index=days[: len(values)])


PAIRED = [
    "ols_beta", "beta_se", "correlation", "downside_beta", "ewma_beta", "hedge_effectiveness",
    "kalman_beta", "out_of_sample_effectiveness", "rolling_beta", "walk_forward_residual",
    "minimum_variance_hedge", "rank_hedges", "multi_beta",
]  # fmt: skip


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("how", ["a day off", "another zone", "backwards"])
def test_returns_of_other_dates_are_not_paired(name, how):
    """Two series of one length but other dates gave a beta, and a wrong one."""
    given = usual(name)
    first, second = list(inspect.signature(FUNCTIONS[name]).parameters)[:2]
    book, other = dated(given[first]), given[second]
    changed = {
        "a day off": lambda x: x.set_axis(DAYS + pd.Timedelta(days=1)),
        "another zone": lambda x: x.tz_localize("UTC"),
        "backwards": lambda x: x[::-1],
    }[how]
    if isinstance(other, dict):
        coins = {coin: dated(values) for coin, values in other.items()}
        pair = [book, coins], [book, coins | {"ETH": changed(coins["ETH"])}]
    else:
        column = dated(other) if np.ndim(other) == 1 else pd.DataFrame(other, index=DAYS)
        pair = [book, column], [book, changed(column)]
    right, wrong = ({**given, first: y, second: x} for y, x in pair)
    expected = leaves(FUNCTIONS[name](**given))
    found = leaves(FUNCTIONS[name](**right))
    assert_same(found, expected)
    with pytest.raises(h.InvalidInput, match=r"labelled differently, at \[0\] .*|must ascend"):
        FUNCTIONS[name](**wrong)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("simple_returns", "prices_usd"),
        ("log_returns", "prices_usd"),
        ("horizon_returns", "returns"),
        ("history", "prices_usd"),
        ("fit_gbm", "prices_usd"),
        ("block_bootstrap", "coin_returns"),
        ("trend_break", "prices_usd"),
        ("calm_again", "prices_usd"),
        ("after_rally", "prices_usd"),
        ("funding_too_negative", "funding_rate"),
        ("inverse_funding_total_coin", "mark_usd"),
    ],
)
def test_prices_that_run_backwards_are_not_taken_forwards(name, argument):
    """Files of exchanges often have the newest price first."""
    given = {k: v for k, v in usual(name).items() if k not in ("book_usd", "book_returns")}
    if name == "block_bootstrap":
        del given["funding_rate"]
    column = dated(given[argument])
    FUNCTIONS[name](**(given | {argument: column}))
    with pytest.raises(h.InvalidInput, match="must ascend"):
        FUNCTIONS[name](**(given | {argument: column[::-1]}))
    if name == "simple_returns":
        table = pd.DataFrame({"BTC": column, "ETH": column})
        with pytest.raises(h.InvalidInput, match=r"got 2024-01-10 .* then 2024-01-09"):
            h.simple_returns(table[::-1])


def test_columns_of_other_rows_are_not_multiplied():
    """numpy would pair them by position, and pandas by label: the numbers differ."""
    size, entry = pd.Series([-1.0, -2.0], index=["a", "b"]), pd.Series([1.0, 2.0], index=["b", "a"])
    with pytest.raises(h.InvalidInput, match=r"contracts and entry_usd .* at \[0\] a and b: align"):
        h.inverse_pnl_coin(size, entry, 3.0)
    same = h.inverse_pnl_coin(size, entry[["a", "b"]], 3.0)
    assert same.tolist() == h.inverse_pnl_coin([-1.0, -2.0], [2.0, 1.0], 3.0).tolist()
    assert same.tolist() == h.inverse_pnl_coin(size, [2.0, 1.0], 3.0).tolist()
    with pytest.raises(h.InvalidInput, match="weights and betas are labelled differently"):
        h.portfolio_beta(size, entry)
    table = pd.DataFrame([[1.0, 2.0]], columns=["BTC", "ETH"])
    with pytest.raises(h.InvalidInput, match=r"at \[0\] BTC and ETH"):
        h.basis(table, table[["ETH", "BTC"]])


def test_history_keeps_its_own_prices():
    prices = PRICES.copy()
    path = h.paths.history(prices)
    prices[:] = 1.0
    assert path.prices_usd[0].tolist() == PRICES.tolist()


def test_weights_that_cancel_have_no_beta():
    with pytest.raises(h.InvalidInput, match="weights must not sum to 0"):
        h.portfolio_beta([0.1, 0.2, -0.3], [1.0, 2.0, 3.0])


def test_a_book_that_stands_still_has_no_best_hedge():
    for level in (0.1, 0.0):
        with pytest.raises(h.NotEnoughData, match="the book does not move"):
            h.rank_hedges(np.full(40, level), {"ETH": COIN}, 1e4)


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rules.after_rally([5e-324, 1e308], 1, 0.1).tolist() == [False, True]
        assert rules.calm_again([1.0, 1.0, 1.0], 1, 1e308).tolist() == [False, True, True]
