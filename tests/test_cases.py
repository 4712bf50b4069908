"""Worked cases from exchanges, engines, textbooks and algebra, run against hedgelib.

`pytest tests/test_cases.py --cases FILE` runs another file of the same schema; the option may be
given more than once.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hedgelib as h

CASES = Path(__file__).with_name("cases.json")

Inputs = dict[str, Any]
Adapter = Callable[[Inputs, dict[str, Any]], dict[str, Any]]
ADAPTERS: dict[str, Adapter] = {}


def adapter(function: Adapter) -> Adapter:
    ADAPTERS[function.__name__] = function
    return function


def signed(i: Inputs, key: str = "contracts") -> float:
    return i[key] if i["side"] == "long" else -i[key]


def price_or_none(price: float) -> float | None:
    return price if math.isfinite(price) else None


@adapter
def account_dollar_delta(i, _):
    coin, usd, delta = h.coin_account(-i["short_notional_usd"], i["entry"], i["coin"], i["price"])
    short = coin - i["short_notional_usd"] / i["price"]
    return {"equity_usd": usd, "delta_coin": short, "dollar_delta": delta}


@adapter
def coin_account(i, _):
    coin, usd, _ = h.coin_account(-i["short_notional_usd"], i["entry"], i["coin"], i["price"])
    return {"equity_coin": coin, "equity_usd": usd}


@adapter
def bankruptcy_price(i, _):
    price = h.inverse_bankruptcy_price if i["inverse"] else h.linear_bankruptcy_price
    found = price(signed(i), i["entry"], i["wallet"], i["multiplier"])
    return {"bankruptcy_price": price_or_none(found)}


@adapter
def inverse_bankruptcy_price(i, _):
    contracts = signed(i, "notional_usd")
    price = h.inverse_bankruptcy_price(contracts, i["entry"], i["margin_coin"])
    leverage = i["notional_usd"] / i["entry"] / i["margin_coin"]
    return {"bankruptcy_price": price_or_none(price), "leverage": leverage}


def terms(multiplier: float) -> h.ContractTerms:
    return h.ContractTerms(
        venue="Test",
        symbol="ETHUSD",
        kind="inverse",
        coin="ETH",
        settle="ETH",
        multiplier=multiplier,
        maintenance_basis="mark",
    )


@adapter
def collateral_aware_hedge(i, _):
    notional = h.hedge_notional(i["portfolio_usd"], i["beta"], i["collateral_usd"])
    exact = notional / i["multiplier_usd"]
    nearest = h.round_contracts(exact)
    leverage = notional / i["collateral_usd"] if i["collateral_usd"] else None
    # A plan needs something to short, a whole contract and some margin.
    if leverage and i["beta"] > 0 and nearest:
        plan = h.plan_hedge(
            i["portfolio_usd"],
            i["beta"],
            terms(i["multiplier_usd"]),
            3500.0,
            collateral_usd=i["collateral_usd"],
            max_leverage=2 * leverage,
            fee_rate=0.0,
            maintenance_rate=0.0,
        )
        assert plan.notional_target_usd == pytest.approx(notional)
        assert -plan.contracts == nearest
        assert plan.residual_delta_usd == pytest.approx(notional - nearest * i["multiplier_usd"])
    return {
        "notional_usd": notional,
        "contracts_exact": exact,
        "contracts_nearest": nearest,
        "residual_delta_usd": notional - nearest * i["multiplier_usd"],
        "effective_leverage": leverage,
    }


@adapter
def collateral_for_max_leverage(i, _):
    book = i["portfolio_usd"]
    needed = h.smallest_collateral(book, i["beta"], i["max_leverage"], collateral=i["source"])
    if not math.isfinite(needed):
        return {"feasible": False}
    left = book - needed if i["source"] == "from_portfolio" else book
    return {
        "feasible": True,
        "collateral_usd": needed,
        "fraction_converted": needed / book,
        "notional_usd": h.hedge_notional(left, i["beta"], needed),
    }


@adapter
def contracts_inverse(i, _):
    notional = i["portfolio_usd"] * i["hedge_ratio"]
    contracts = h.round_contracts(notional / i["multiplier_usd"])
    at_price = abs(h.inverse_notional_coin(contracts, i["price"], i["multiplier_usd"]))
    return {"contracts": contracts, "notional_usd": at_price * i["price"]}


@adapter
def round_contracts(i, _):
    contracts = h.round_contracts(i["target_units"], i["mode"])
    notional = contracts * i["unit_value_usd"]
    wanted = i["target_units"] * i["unit_value_usd"]
    return {
        "contracts": contracts,
        "notional_usd": notional,
        "achieved_ratio": notional / wanted,
    }


@adapter
def required_collateral_1x(i, _):
    return {"coin": h.inverse_initial_margin_coin(i["notional_usd"], i["price"], 1)}


@adapter
def short_roe(i, _):
    notional, entry, exit_ = i["notional_usd"], i["entry"], i["exit"]
    if i["contract"] == "linear":
        coins = notional / entry
        pnl = h.linear_pnl_usd(-coins, entry, exit_)
        margin = h.linear_initial_margin_usd(-coins, entry, i["leverage"])
        return {"pnl_usd": pnl, "loss_fraction": -pnl / margin}
    margin = h.inverse_initial_margin_coin(-notional, entry, i["leverage"])
    pnl = h.inverse_pnl_coin(-notional, entry, exit_)
    _, equity, _ = h.coin_account(-notional, entry, margin, exit_)
    return {
        "margin_coin": margin,
        "pnl_coin": pnl,
        "loss_fraction_of_coin_margin": -pnl / margin,
        "margin_usd_entry": margin * entry,
        "equity_usd_exit": equity,
        "usd_equity_change_fraction": equity / (margin * entry) - 1,
    }


@adapter
def inverse_average_entry(i, _):
    contracts, prices = zip(*i["legs"], strict=True)
    multiplier = i.get("multiplier_usd", 1.0)
    sign = -1 if i.get("side") == "short" else 1
    signed_legs = [sign * n for n in contracts]
    average = h.inverse_average_entry(signed_legs, prices)
    coins = sum(abs(h.inverse_notional_coin(n, p, multiplier)) for n, p in i["legs"])
    found = {"avg_entry": average, "total_coin": coins}
    if "exit" in i:
        total = sum(signed_legs)
        found["pnl_coin"] = h.inverse_pnl_coin(total, average, i["exit"], multiplier)
        assert h.run_ledger(signed_legs, prices, multiplier=multiplier).total(
            i["exit"]
        ) == pytest.approx(found["pnl_coin"])
    return found


@adapter
def linear_average_entry(i, _):
    return {"avg_entry": h.linear_average_entry(*zip(*i["legs"], strict=True))}


@adapter
def inverse_break_even_price(i, _):
    sign = 1 if i["side"] == "long" else -1
    return {"break_even": h.inverse_break_even_price(sign, i["entry"], i["fee"])}


@adapter
def inverse_fee_coin(i, _):
    return {"fee_coin": h.inverse_fee_coin(i["amount_usd"], i["price"], i["rate"])}


@adapter
def inverse_round_trip_fees(i, _):
    fees = h.run_ledger(
        [i["notional_usd"], -i["notional_usd"]], [i["entry"], i["exit"]], i["taker"]
    ).fees
    return {"fees_coin": fees.sum()}


@adapter
def inverse_initial_margin(i, _):
    margin = h.inverse_initial_margin_coin(
        i["contracts"], i["price"], i["leverage"], i["multiplier_usd"]
    )
    return {"margin_coin": margin}


@adapter
def linear_initial_margin(i, _):
    return {"margin_usd": h.linear_initial_margin_usd(i["quantity"], i["price"], i["leverage"])}


@adapter
def inverse_maintenance_margin(i, _):
    args = (i["contracts"], i["price"])
    return {
        "notional_coin": h.inverse_notional_coin(*args, i["multiplier_usd"]),
        "mm_coin": h.inverse_maintenance_margin_coin(
            *args, i["mmr"], i["maintenance_amount"], i["multiplier_usd"]
        ),
    }


@adapter
def inverse_liquidation_price(i, _):
    position = (signed(i), i["entry"], i["wallet_coin"])
    price = h.inverse_liquidation_price(
        *position,
        maintenance_rate=i["mmr"],
        maintenance_amount_coin=i["maintenance_amount"],
        basis=i["mm_basis"],
        multiplier_usd=i["multiplier_usd"],
    )
    bankrupt = h.inverse_bankruptcy_price(*position, i["multiplier_usd"])
    return {
        "liquidation_price": price_or_none(price),
        "bankruptcy_price": price_or_none(bankrupt),
    }


@adapter
def inverse_liquidation_price_tiered(i, _):
    price = h.inverse_tiered_liquidation_price(
        signed(i, "notional_usd"),
        i["entry"],
        i["wallet_coin"],
        h.MarginTiers(floors=tuple(i["floors"]), rates=tuple(i["mmr"])),
        basis=i["mm_basis"],
    )
    return {"liquidation_price": price_or_none(price)}


@adapter
def linear_liquidation_price(i, _):
    price = h.linear_liquidation_price(
        signed(i, "quantity"),
        i["entry"],
        i["wallet"],
        maintenance_rate=i["mmr"],
        basis="entry" if i["convention"] == "entry" else "mark",
        taker_fee=i["taker"] if i["convention"] == "gate_okx" else 0.0,
    )
    return {"liquidation_price": price_or_none(price)}


@adapter
def maintenance_amounts(i, _):
    tiers = h.MarginTiers(floors=tuple(i["floors"]), rates=tuple(i["mmr"]))
    return {"cum": tiers.amounts.tolist()}


@adapter
def tier_lookup(i, _):
    tiers = h.MarginTiers(floors=tuple(i["floors"]), rates=tuple(i["mmr"]))
    rate, amount = tiers.lookup(i["notional"])
    return {
        "mmr": rate,
        "maintenance_amount": amount,
        "mm": tiers.maintenance_margin(i["notional"]),
        "mm_other_side": tiers.maintenance_margin(math.nextafter(i["notional"], 0)),
    }


@adapter
def inverse_multi_fill_ledger(i, _):
    sides, sizes, prices = zip(*i["fills"], strict=True)
    fills = [n if side == "buy" else -n for side, n in zip(sides, sizes, strict=True)]
    book = h.run_ledger(fills, prices, i["taker_fee"], multiplier=i["multiplier_usd"])
    # The record gives profit before fees, and a flat position needs no mark.
    return {
        "pnl_coin": book.realised.sum() + book.unrealised(prices[-1]),
        "fees_coin": book.fees.sum(),
    }


@adapter
def partial_close(i, _):
    opened = signed(i)
    closing = math.copysign(i["close_contracts"], -opened)
    book = h.run_ledger(
        [opened, closing], [i["entry"], i["close_price"]], multiplier=i["multiplier_usd"]
    )
    return {
        "realised_coin": book.realised.sum(),
        "unrealised_coin": book.unrealised(i["mark"]),
        "remaining": abs(book.contracts[-1]),
    }


@adapter
def inverse_notional_coin(i, _):
    return {
        "notional_coin": h.inverse_notional_coin(i["contracts"], i["price"], i["multiplier_usd"])
    }


@adapter
def inverse_pnl_coin(i, _):
    args = (signed(i), i["entry"], i["exit"], i["multiplier_usd"])
    coin = h.inverse_pnl_coin(*args)
    return {
        "pnl_coin": coin,
        "pnl_usd_at_exit": h.inverse_pnl_usd(*args),
        "cost_at_entry_coin": abs(
            h.inverse_notional_coin(i["contracts"], i["entry"], i["multiplier_usd"])
        ),
    }


@adapter
def inverse_unrealised_pnl(i, _):
    return {
        "pnl_coin": h.inverse_pnl_coin(signed(i), i["entry"], i["mark"], i["multiplier_usd"]),
        "notional_coin": h.inverse_notional_coin(i["contracts"], i["mark"], i["multiplier_usd"]),
    }


@adapter
def linear_pnl(i, _):
    return {"pnl_usd": h.linear_pnl_usd(signed(i, "quantity"), i["entry"], i["exit"])}


@adapter
def linear_closed_pnl(i, _):
    pnl = h.linear_pnl_usd(signed(i, "quantity"), i["entry"], i["exit"])
    return {"closed_pnl": pnl - i["open_fee"] - i["close_fee"] - i["funding_paid"]}


@adapter
def position_roundtrip(i, _):
    contracts, multiplier = signed(i), i["multiplier"]
    entry, exit_, rate = i["entry"], i["exit"], i[f"{i['liquidity']}_fee"]
    inverse = i["inverse"]
    notional = h.inverse_notional_coin if inverse else h.linear_notional_usd
    pnl = h.inverse_pnl_coin if inverse else h.linear_pnl_usd
    fee = h.inverse_fee_coin if inverse else h.linear_fee_usd
    book = h.run_ledger(
        [contracts, -contracts],
        [entry, exit_],
        rate,
        kind="inverse" if inverse else "linear",
        multiplier=multiplier,
    )
    at_entry = abs(notional(contracts, entry, multiplier))
    return {
        "notional_at_entry": at_entry,
        "notional_at_exit": abs(notional(contracts, exit_, multiplier)),
        "unrealized_pnl_at_exit": pnl(contracts, entry, exit_, multiplier),
        "commission_open": fee(contracts, entry, rate, multiplier),
        "commission_close": fee(contracts, exit_, rate, multiplier),
        "realized_pnl_net": book.total(exit_),
        "margin_init": at_entry * i["margin_init_rate"],
        "margin_maint": at_entry * i["margin_maint_rate"],
    }


@adapter
def rebalance_notional(i, _):
    found = h.rebalance(
        i["portfolio_usd"], i["beta"], i["collateral_usd"], i["notional_usd"], i["ret"]
    )
    return {
        "new_portfolio_usd": found.book_usd,
        "account_equity_usd": found.equity_usd,
        "new_target_notional": found.target_usd,
        "change": found.change_usd,
    }


@adapter
def total_pnl(i, _):
    found = h.move_pnl(
        i["portfolio_usd"],
        i["beta"],
        i["collateral_coin"],
        -i["short_notional_usd"],
        i["entry"],
        i["ret"],
    )
    return {
        "spot_pnl": found.spot_usd,
        "futures_pnl_coin": found.hedge_coin,
        "futures_pnl_usd": found.hedge_usd,
        "collateral_pnl_usd": found.collateral_usd,
        "total_pnl_usd": found.total_usd,
    }


def pair(i, data):
    return (i["yv"], i["xv"]) if "yv" in i else (data[i["y"]], data[i["x"]])


@adapter
def ols_beta(i, data):
    y, x = pair(i, data)
    fit = h.ols_beta(y, x)
    sd_y, sd_x = statistics.stdev(y), statistics.stdev(x)
    return {
        "alpha": fit.alpha,
        "beta": fit.beta,
        "se_alpha": fit.se_alpha,
        "se_beta": fit.se,
        "t_beta": fit.t_value,
        "r2": fit.r2,
        "r2_adj": fit.r2_adjusted,
        "ci95": list(fit.interval(0.95)),
        "rho": fit.correlation,
        "sd_y": sd_y,
        "sd_x": sd_x,
        "cov_ddof1": fit.beta * sd_x**2,
        "var_ddof1": sd_x**2,
    }


@adapter
def beta_se(i, data):
    return {"se_beta": h.beta_se(*pair(i, data), i["cov"])}


@adapter
def newey_west_se(i, data):
    found = h.beta_se(*pair(i, data), "newey-west", lags=i["lags"], small_sample=i["small_sample"])
    return {"se_beta": found}


@adapter
def newey_west_lag_rule(i, _):
    return {"lags": h.newey_west_lags(i["n"])}


@adapter
def notional_ci(i, _):
    found = h.notional_interval(i["beta"], i["se"], i["portfolio_usd"], i["z"])
    return {"low": found.low_usd, "high": found.high_usd}


@adapter
def portfolio_beta(i, _):
    return {"beta": h.portfolio_beta(i["weights"], i["betas"])}


@adapter
def rolling_beta(i, data):
    found = h.rolling_beta(*pair(i, data), i["window"])
    # The case lists some of the windows, every tenth one from the first.
    ends = found.end.tolist()
    index = i.get("index") or ends[::10]
    rows = [ends.index(end) for end in index]
    return {
        "index": index,
        "beta": found.beta[rows].tolist(),
        "alpha": found.alpha[rows].tolist(),
    }


@adapter
def ewma_beta(i, data):
    recursion = i["weighting"] == "riskmetrics_recursion"
    memory = {key: i[key] for key in ("decay", "alpha", "span", "halflife") if key in i}
    found = h.ewma_beta(
        *pair(i, data),
        **memory,
        adjust=i.get("adjust", not recursion),
        intercept=i.get("intercept", not recursion),
    )
    return {"beta": found.beta}


@adapter
def downside_beta(i, data):
    return {"beta": h.downside_beta(*pair(i, data), method=i["method"]).beta}


@adapter
def kalman_beta(i, data):
    prior = i["P0"]
    found = h.kalman_beta(
        *pair(i, data),
        state_noise=i["Q_diag"],
        observation_noise=i["R"],
        prior_mean=i["x0"],
        prior_covariance=[[1, 0], [0, 1]] if prior == "identity(2)" else prior,
    )
    return {
        "last_alpha": found.alpha[-1],
        "last_beta": found.beta[-1],
        "beta_at": {str(t): beta for t, beta in enumerate(found.beta.tolist())},
        "last_P": found.covariance[-1].tolist(),
    }


@adapter
def blume(i, _):
    return {"beta": h.blume(i["beta"])}


@adapter
def vasicek(i, _):
    found = h.vasicek(i["beta"], i["se"], i["prior_mean"], i["prior_sd"])
    return {"beta": found.beta, "weight_on_raw": found.weight_on_raw}


@adapter
def effectiveness_from_ratio(i, _):
    return {"effectiveness": h.effectiveness_from_ratio(i["r2"], i["ratio_to_optimal"])}


@adapter
def hedge_effectiveness(i, data):
    return {"effectiveness": h.hedge_effectiveness(*pair(i, data), i["h"])}


@adapter
def vol_reduction(i, _):
    return {"variance_reduction": i["r2"], "vol_reduction": h.volatility_reduction(i["r2"])}


@adapter
def out_of_sample_effectiveness(i, data):
    found = h.out_of_sample_effectiveness(*pair(i, data), i["train"])
    return {
        "train": found.train,
        "beta_train": found.beta_train,
        "r2_train": found.r2_train,
        "HE_test": found.effectiveness,
        "beta_test": found.beta_test,
    }


@adapter
def multi_hedge(i, data):
    columns = list(zip(*(data[name] for name in i["x"]), strict=True))
    found = h.multi_beta(data[i["y"]], columns, lags=i["hac_lags"], names=i["x"])
    return {
        "params": found.params.tolist(),
        "se": found.se.tolist(),
        f"se_HAC_L{i['hac_lags']}": found.se_hac.tolist(),
        "r2": found.r2,
        "r2_adj": found.r2_adjusted,
        "vif": found.vif.tolist(),
        "HE": found.effectiveness,
    }


@adapter
def change_beta_contracts(i, _):
    # The textbook counts contracts to be sold; ours are signed, short below zero.
    value = i["futures_price"] * i["contract_multiplier"]
    found = h.change_beta_contracts(i["portfolio"], i["beta"], i["target_beta"], value)
    return {"contracts": -found}


@adapter
def min_variance_hedge_prices(i, _):
    found = h.minimum_variance_hedge(i["dS"], i["dF"], i["exposure_units"], i["contract_units"])
    return {
        "sigma_S": found.sd_spot,
        "sigma_F": found.sd_futures,
        "rho": found.correlation,
        "h": found.ratio_units,
        "effectiveness": found.effectiveness,
        "contracts": -found.contracts,
        "contracts_rounded": -h.round_contracts(found.contracts, "nearest"),
    }


@adapter
def interest_rate_component(i, _):
    found = h.interest_rate_component(
        i["quote_rate_daily"], i["base_rate_daily"], i["intervals_per_day"]
    )
    return {"interest": found}


@adapter
def weighted_premium(i, _):
    return {
        "avg": h.weighted_premium(i["premiums"]),
        "simple_mean": statistics.fmean(i["premiums"]),
    }


@adapter
def funding_rate(i, _):
    return {"rate": h.funding_rate(i["premium"], i["interest"], damper=i["damper"])}


@adapter
def annualise_funding(i, _):
    found = h.annualise_funding(i["rate"], i["interval_hours"])
    return {"simple": found.simple, "compound": found.compound}


@adapter
def inverse_funding_payment(i, _):
    coin = h.inverse_funding_coin(signed(i), i["mark"], i["rate"], i["multiplier_usd"])
    return {"received_coin": coin, "received_usd": coin * i["mark"]}


@adapter
def inverse_position_total(i, _):
    pnl = h.inverse_pnl_coin(signed(i), i["entry"], i["exit"], i["multiplier_usd"])
    return {"total_coin": pnl + i["funding_received_coin"]}


@adapter
def linear_funding_series(i, _):
    found = h.linear_funding_total_usd(signed(i, "quantity"), i["marks"], i["rates"])
    return {"received": found}


@adapter
def annualised_basis(i, _):
    found = h.annualised_basis(i["futures"], i["spot"], i["days"])
    return {
        "simple": found.simple,
        "compound": found.compound,
        "log": found.log,
        "basis_usd": found.basis_usd,
    }


@adapter
def inverse_expiry_lock(i, _):
    found = h.expiry_lock(i["coin"], i["futures"], i["settle"], notional_usd=i.get("notional_usd"))
    return {
        "notional_usd": found.notional_usd,
        "final_coin": found.final_coin,
        "final_usd": found.final_usd,
    }


@adapter
def inverse_short_with_basis(i, _):
    found = h.inverse_short_with_basis(
        i["notional_usd"], i["perp_entry"], i["spot_entry"], i["perp_exit"], i["spot_exit"]
    )
    return {
        "pnl_coin": found.pnl_coin,
        "pnl_usd_at_spot": found.pnl_usd_at_spot,
        "ideal_no_basis_usd": found.ideal_usd,
        "basis_effect_usd": found.basis_effect_usd,
        "entry_basis": found.entry_basis,
        "exit_basis": found.exit_basis,
    }


@adapter
def close_reopen_break_even(i, _):
    found = h.close_reopen_break_even(
        i["notional_usd"], i["funding_rate"], i["taker_fee"], i["slippage"], i["interval_hours"]
    )
    return {
        "close_reopen_cost_usd": found.close_reopen_cost_usd,
        "funding_cost_per_interval_usd": found.funding_cost_per_interval_usd,
        "break_even_intervals": price_or_none(found.break_even_intervals),
        "break_even_hours": price_or_none(found.break_even_hours),
    }


@adapter
def unhedged_sigma_usd(i, _):
    found = h.unhedged_sigma_usd(
        i["portfolio_usd"], i["beta"], i["benchmark_daily_vol"], i["hours"]
    )
    return {"sigma_usd": found}


def close(found: Any, expected: Any, rel: float, abs_: float) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            close(found[k], v, rel, abs_) for k, v in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(close(f, e, rel, abs_) for f, e in zip(found, expected, strict=True))
        )
    if expected is None or isinstance(expected, (bool, str)):
        return found is expected or found == expected
    if found is None or isinstance(found, (dict, list)):
        return False
    return abs(found - expected) <= max(abs_, rel * abs(expected))


def load(paths: list[Path]) -> list[Any]:
    params = []
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        datasets = content.get("meta", {}).get("datasets", {})
        params += [pytest.param(c, datasets, id=c["id"]) for c in content["cases"]]
    return params


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("cases") or [CASES]
        metafunc.parametrize(("case", "datasets"), load([Path(path) for path in chosen]))


def test_case(case: dict[str, Any], datasets: dict[str, Any]) -> None:
    function = case["function"]
    if function not in ADAPTERS:
        pytest.skip(f"not yet supported: {function}")
    data = datasets.get(case["inputs"].get("dataset", ""), {})
    tolerance = case["tolerance"]
    # Which windows a rolling case lists is part of the question, though it stands in the answer.
    asked = {key: case["expected"][key] for key in ("index",) if key in case["expected"]}
    found = ADAPTERS[function](case["inputs"] | asked, data)
    expected = {k: v for k, v in case["expected"].items() if "wrong" not in k and "doc" not in k}
    refused = {k: v for k, v in case["expected"].items() if k not in expected}
    rel, abs_ = tolerance.get("rel") or 0.0, tolerance.get("abs") or 0.0
    assert expected, f"{case['id']} expects nothing"
    for key, value in expected.items():
        assert key in found, f"{function} gives no {key}"
        assert close(found[key], value, rel, abs_), f"{key}: got {found[key]!r}, expected {value!r}"
    for key, value in refused.items():
        right = {k: v for k, v in found.items() if k in expected and v is not None}
        if case["trap"] and not any(close(v, value, rel, abs_) for v in expected.values()):
            assert not any(close(v, value, rel, abs_) for v in right.values()), f"fell for {key}"


@pytest.mark.parametrize(
    ("beta", "collateral", "contracts"),
    [(-0.2, 20_000, 10), (-1.2, 20_000, -40), (0, 20_000, 20), (1, 5, 50), (0.005, 1, 0)],
)
def test_a_size_without_a_plan_is_a_size(beta: float, collateral: float, contracts: float) -> None:
    inputs = {"portfolio_usd": 50_000, "beta": beta, "collateral_usd": collateral}
    found = ADAPTERS["collateral_aware_hedge"](inputs | {"multiplier_usd": 1000}, {})
    assert found["contracts_nearest"] == contracts
    assert found["effective_leverage"] == (50_000 * beta + collateral) / collateral


def test_a_trap_may_stand_beside_lists() -> None:
    """The wrong value of a regression stands beside its interval, which is a list."""
    inputs = {"yv": [1.0, 2.0, 4.0, 3.0], "xv": [1.0, 2.0, 3.0, 5.0]}
    right = {"beta": 18 / 35, "ci95": list(h.ols_beta(inputs["yv"], inputs["xv"]).interval())}
    case = {
        "id": "list",
        "function": "ols_beta",
        "inputs": inputs,
        "expected": right | {"wrong_beta": 24 / 35},
        "tolerance": {"rel": 1e-9},
        "trap": True,
    }
    test_case(case, {})
    case["expected"] = {"ci95": right["ci95"], "wrong_interval": right["ci95"][:1]}
    test_case(case, {})
    case["expected"] = {"ci95": right["ci95"], "beta": right["beta"] + 1e-3}
    with pytest.raises(AssertionError, match="beta: got"):
        test_case(case, {})


def test_every_adapter_is_used() -> None:
    named = {case["function"] for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]}
    assert set(ADAPTERS) <= named
