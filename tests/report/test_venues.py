"""Other ways to place the hedge, against arithmetic done here by hand."""

from __future__ import annotations

import json
from datetime import date

import jsonschema
import numpy as np
import pytest
import statsmodels.api as sm

from hedgelib import market
from hedgelib.errors import InvalidInput, NotEnoughData
from hedgelib.report import ReportParameters, build_report, schema, to_json
from hedgelib.report.dates import TODAY_VARIABLE
from hedgelib.report.offers import Offer
from hedgelib.report.registry import section
from hedgelib.report.summary import warnings

LIVELY = {"benchmark": "ETH", "maintenance_rate": 0.005}


def report_on(portfolio="alice.csv", **parameters):
    return build_report(ReportParameters(portfolio=str(portfolio), **parameters))


def words(report, name: str) -> str:
    return " ".join(str(section(report, name)).split())


def mean_of_last_year(coin: str) -> float:
    rows = [r for r in market.funding_monthly().to_dict("records") if r["coin"] == coin][-12:]
    paid = sum(r["mean_8h"] * r["settlements"] for r in rows)
    return paid / sum(r["settlements"] for r in rows)


# Linear contracts


def test_c_a_linear_contract_is_margined_in_stablecoin_and_covers_the_book_alone():
    report = report_on(contract="binance:ETHUSDT", maintenance_rate=0.005)
    plan, price = report.plan, market.latest_prices()["ETH"]
    exposure = report.tracked.book_beta * 50_000
    assert plan.collateral == "stablecoin"
    assert plan.contracts == -round(exposure / price * 1000) / 1000
    assert plan.notional_usd == pytest.approx(-plan.contracts * price)
    assert plan.leverage == pytest.approx(2, rel=1e-4)
    coins, wallet = -plan.contracts, plan.wallet_usd
    assert plan.liquidation_price_usd == pytest.approx(
        (wallet + coins * price) / (coins * 1.005), rel=1e-12
    )
    fall = next(row for row in report.scenario.rows() if row["move"] == -0.3)
    assert fall["hedge_pnl_usd"] == pytest.approx(0.3 * coins * price)
    assert fall["collateral_pnl_usd"] == 0
    assert "New money is posted as USDT here" in words(report, "kinds")
    assert "because you asked for it" in words(report, "kinds")


def test_a_linear_contract_is_not_margined_out_of_the_book():
    with pytest.raises(InvalidInput, match="set collateral='stablecoin', or choose an inverse"):
        report_on(contract="okx:ETH-USDT-SWAP", collateral="from_portfolio")


@pytest.mark.parametrize("contract", ["auto", "binance:ETHUSDT"])
def test_both_kinds_are_shown_with_their_margin_and_liquidation(contract):
    report = report_on(**(LIVELY | {"contract": contract}))
    inverse, linear = (one.plan for one in report.kinds)
    assert [one.own for one in report.kinds] == [contract == "auto", contract != "auto"]
    exposure, price = report.tracked.book_beta * 50_000, report.plan.price_usd
    assert inverse.collateral == "new_money"
    assert inverse.notional_usd == pytest.approx(exposure + inverse.wallet_usd, abs=5)
    assert linear.notional_usd == pytest.approx(exposure, abs=0.0005 * price)
    size, coins = inverse.notional_usd, inverse.wallet_usd / price
    assert inverse.liquidation_price_usd == pytest.approx(size * 0.995 / (size / price - coins))
    text = words(report, "kinds")
    assert "Profit and funding are paid in ETH USDT" in text
    saved = inverse.collateral_usd - linear.collateral_usd
    assert f"The linear contract needs ${saved:,.0f} less margin" in text
    assert f"${inverse.wallet_usd:,.0f} of ETH, covered by the short" in text


def test_stablecoin_behind_an_inverse_contract_is_said_to_have_no_delta():
    text = words(report_on(**LIVELY, collateral="stablecoin"), "kinds")
    assert "Delta of the margin none none" in text
    assert "An inverse contract is paid in ETH. With stablecoin as margin" in text


def test_without_the_other_kind_the_report_says_so():
    report = report_on(contract="binance:AVAXUSD_PERP", window_days=365)
    assert [one.contract.coin for one in report.kinds] == ["AVAX"]
    assert "No linear perpetual on AVAX is listed" in words(report, "kinds")


# Dated contracts


def test_c_a_dated_contract_shows_its_basis_next_to_the_funding_of_the_perpetual():
    report = report_on(contract="binance:ETHUSD_240329", futures_price_usd=2350)
    found, price, short = report.expiry, 2281.47, report.plan.notional_usd
    days = (date(2024, 3, 29) - date(2023, 12, 31)).days
    premium, funding = 2350 / price - 1, mean_of_last_year("ETH")
    assert (found.days, found.from_day) == (days, date(2023, 12, 31)) == (89, found.from_day)
    assert found.basis_annual == pytest.approx(premium * 365 / days)
    assert found.basis_usd == pytest.approx(short * premium)
    assert found.funding_8h == pytest.approx(funding)
    assert found.perpetual.funding_usd == pytest.approx(short * funding * 3 * days)
    assert found.perpetual.better == "expiry"
    assert found.roll_usd == pytest.approx(2 * short * 0.0005)
    assert report.funding is None
    text = words(report, "expiry")
    assert f"${short * premium - short * funding * 3 * days:,.0f} more to expiry" in text
    assert "To keep it, roll" in text
    assert "A dated contract pays no funding" in words(report, "cost")
    assert "expires on 2024-03-29 and pays no funding" in words(report, "summary")
    (own,) = [one for one in report.venues if one.own]
    assert (own.funding_usd, own.cost_usd) == (None, None)
    assert own.fees_usd is not None


def test_without_its_price_the_report_says_what_is_missing():
    report = report_on(contract="binance:BTCUSD_240628")
    assert report.expiry.basis is None is report.expiry.perpetual
    assert report.expiry.funding_8h == pytest.approx(mean_of_last_year("BTC"))
    assert "give futures_price_usd (--futures-price-usd)" in words(report, "expiry")


def test_a_rate_of_ones_own_is_compared_with_the_basis():
    cheap = report_on(
        contract="binance:BTCUSD_240628", futures_price_usd=42_300, funding_rate_8h=0.0003
    )
    assert cheap.expiry.funding_8h == 0.0003
    assert "The perpetual is expected to bring" in words(cheap, "expiry")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"contract": "binance:BTCUSD_231229"}, "expires on 2023-12-29, and the prices are of"),
        ({"contract": "binance:BTCUSD_240628", "price_usd": 9e4, "as_of_data": False}, None),
        ({"futures_price_usd": 9e4}, "is a perpetual; leave it out, or set contract"),
    ],
)
def test_an_expired_contract_and_a_price_of_nothing_are_refused(parameters, says):
    if says is None:
        assert report_on(**parameters).expiry.days > 0
        return
    with pytest.raises(InvalidInput, match=says):
        report_on(**parameters)


def test_with_a_price_of_today_a_contract_of_the_past_is_refused(tmp_path):
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nADA,9000\n")
    with pytest.raises(InvalidInput, match="BTCUSD_240628 expires on 2024-06-28"):
        report_on(book, contract="binance:BTCUSD_240628", price_usd=90_000)


def test_on_the_day_of_its_expiry_a_contract_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(TODAY_VARIABLE, "2026-11-27")
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nADA,9000\n")
    with pytest.raises(InvalidInput, match="expires on 2026-11-27, and the prices are of 2026-11"):
        report_on(book, contract="okx:BTC-USD-261127", price_usd=90_000)
    assert report_on(book, contract="okx:BTC-USD-261204", price_usd=9e4).expiry.days == 7


# Venues


def test_c_venues_are_compared_on_the_same_margin_the_cheapest_first():
    report = report_on(benchmark="BTC")
    rate, posted = mean_of_last_year("BTC"), report.plan.collateral_usd
    seen = {}
    for one in report.venues:
        terms = market.contract(one.contract.id)
        assert not terms.closed
        assert terms.kind == "inverse"
        assert one.plan.collateral_usd == posted
        size = abs(one.plan.contracts) * terms.multiplier
        fee = 0.0 if terms.taker_fee is None else terms.taker_fee
        owned = report.tracked.book_beta * 50_000 + posted - size * fee
        assert one.plan.residual_delta_usd == pytest.approx(owned - size, abs=1e-6)
        assert abs(owned - size) <= terms.multiplier / 2 * (1 + fee)
        assert one.funding_usd == pytest.approx(size * rate * 3 * 365)
        if terms.taker_fee is not None:
            assert one.cost_usd == pytest.approx(2 * size * fee - one.funding_usd)
        seen[terms.id] = one
    costs = [one.cost_usd for one in report.venues]
    known = [cost for cost in costs if cost is not None]
    assert costs == [*sorted(known), *[None] * (len(costs) - len(known))]
    assert 0 < len(known) < len(costs)
    assert {"binance:BTCUSD_PERP", "kraken:PI_XBTUSD", "coinex:BTCUSD"} <= set(seen)
    assert not any(name.startswith(("bitmex", "bingx")) for name in seen)
    assert seen["kraken:PI_XBTUSD"].doubtful == ()
    assert seen["gate:BTC_USD"].doubtful == ("fees_usd", "liquidation_price_usd")
    assert "contracts" in seen["htx:BTC-USD"].doubtful
    assert [one.contract.id for one in report.venues if one.own] == ["binance:BTCUSD_PERP"]


def test_a_maintenance_rate_that_is_given_leaves_no_doubt_of_the_liquidation_price():
    report = report_on(**LIVELY)
    assert not any("liquidation_price_usd" in one.doubtful for one in report.venues)


def test_a_venue_where_the_hedge_cannot_be_placed_is_named_with_the_reason():
    report = report_on(**LIVELY, max_leverage=60, collateral="stablecoin")
    (left_out,) = [one for one in report.venues if one.plan is None]
    assert isinstance(left_out, Offer)
    assert left_out.contract.id == "kraken:PI_ETHUSD"
    assert "kraken:PI_ETHUSD: Max_leverage must be <= 50" in words(report, "venues")


# A budget


@pytest.mark.parametrize(("budget", "cap"), [(20_000, 2.0), (9_000, 3.0)])
def test_a_budget_says_which_beta_it_reaches_and_what_the_whole_hedge_takes(budget, cap):
    report = report_on(**LIVELY, budget_usd=budget, max_leverage=cap)
    coin, stable = report.budget
    exposure, fee = report.tracked.book_beta * 50_000, 0.0005
    within = cap * budget / (1 + cap * fee)
    for way, margin in ((coin, True), (stable, False)):
        wallet = budget - within * fee
        left = (exposure + wallet * margin - within) / 50_000
        assert way.beta_left == pytest.approx(left, abs=10 / 50_000)
        whole = (exposure + budget * margin) / (1 + fee * margin)
        assert way.whole.notional_usd == pytest.approx(whole, abs=5)
        assert way.whole.leverage == pytest.approx(whole / (budget - whole * fee), abs=2e-3)
        assert way.within.leverage <= cap
        assert not way.fits
    coins, price = stable.whole.contracts, stable.whole.price_usd
    assert stable.contract.id == "binance:ETHUSDT"
    assert stable.whole.liquidation_price_usd == pytest.approx(
        (stable.whole.wallet_usd - coins * price) / (-coins * 1.005)
    )
    assert f"What ${budget:,} of margin can do" in words(report, "budget")


def test_a_budget_that_fits_and_one_that_does_not_are_told():
    fits = report_on(**LIVELY, budget_usd=80_000)
    assert all(way.fits and way.whole is way.within for way in fits.budget)
    assert fits.budget[0].beta_left == pytest.approx(0, abs=1e-3)
    assert "the whole hedge" in words(fits, "budget")
    small = report_on(**LIVELY, budget_usd=100, max_leverage=2)
    assert small.budget[0].whole is None
    assert small.budget[0].within.notional_usd == 190
    assert "not possible" in words(small, "budget")
    assert not report_on(**LIVELY).budget


def test_a_budget_out_of_the_book_takes_exposure_along():
    report = report_on(**LIVELY, budget_usd=10_000, collateral="from_portfolio")
    way, beta = report.budget[0], report.tracked.book_beta
    short = way.within.notional_usd
    left = beta * 40_000 + 10_000 - 0.0005 * short - short
    assert way.beta_left == pytest.approx(left / 50_000)
    assert short == pytest.approx(20_000 / 1.001, abs=10)


def test_a_contract_that_expired_since_the_prices_is_for_an_exercise_only(tmp_path, monkeypatch):
    monkeypatch.setenv(TODAY_VARIABLE, "2026-11-28")
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nADA,1000\n")
    dated = {"contract": "binance:BTCUSD_240329"}
    with pytest.raises(InvalidInput, match="expired on 2024-03-29, and today is 2026-11-28; set"):
        report_on(book, **dated)
    exercise = report_on(book, **dated, as_of_data=True)
    assert exercise.expiry.days == 89
    assert not any("expires on" in text for text in warnings(exercise))
    # One that is still to come, on prices of 2023: what there is of it is counted from today.
    (warning,) = [
        text
        for text in warnings(report_on(book, contract="binance:BTCUSD_261225"))
        if "expires on" in text
    ]
    assert "expires on 2026-12-25, 27 days after 2026-11-28, and figures here are for 30" in warning


def test_a_contract_that_expires_within_the_horizon_is_warned_about():
    def expiring(**more):
        found = warnings(report_on(contract="okx:BTC-USD-240126", **more))
        return [text for text in found if "expires on 2024-01-26" in text]

    (warning,) = expiring()
    assert "26 days after 2023-12-31, and figures here are for 30 days" in warning
    later = report_on(contract="okx:BTC-USD-240329", window_days=1400, horizon_days=90)
    (warning,) = [text for text in warnings(later) if "expires on" in text]
    assert "89 days after 2023-12-31, and figures here are for 90 days" in warning


# Two legs


@pytest.fixture(scope="module")
def two_legs():
    return report_on(benchmark="BTC,ETH")


def alice_returns():
    """Return those of the book, of BTC and of ETH over the last 365 days, by a plain loop."""
    rows = (market.data_folder() / "portfolios/alice.csv").read_text().splitlines()
    rows = [row.split(",")[:2] for row in rows if row and not row.startswith("#")][1:]
    values = {coin: float(value) for coin, value in rows}
    returns = market.returns().iloc[-365:]
    book = sum(returns[coin].to_numpy() * value for coin, value in values.items()) / 50_000
    return book, returns["BTC"].to_numpy(), returns["ETH"].to_numpy()


def test_c_two_legs_are_sized_by_one_joint_regression(two_legs):
    book, btc, eth = alice_returns()
    fit = sm.OLS(book, sm.add_constant(np.column_stack([btc, eth]))).fit()
    legs = two_legs.legs
    assert legs.betas == pytest.approx(fit.params[1:])
    ends = fit.conf_int()[1:]
    assert (legs.lows, legs.highs) == (pytest.approx(ends[:, 0]), pytest.approx(ends[:, 1]))
    assert legs.residual_usd == pytest.approx(np.sqrt(fit.mse_resid) * 50_000)
    for plan, beta, face in zip(legs.plans, fit.params[1:], (100, 10), strict=True):
        short = abs(plan.contracts) * face
        open_usd = beta * 50_000 + plan.collateral_usd - 0.0005 * short - short
        assert plan.residual_delta_usd == pytest.approx(open_usd, abs=1e-6)
        assert abs(open_usd) <= 0.51 * face
        assert plan.leverage <= 2 + 1e-9
    assert legs.fees_usd == pytest.approx(0.001 * sum(p.notional_usd for p in legs.plans))
    assert legs.one_fees_usd == pytest.approx(0.001 * two_legs.plan.notional_usd)


def test_the_second_leg_is_judged_out_of_sample_against_noise(two_legs):
    book, btc, eth = alice_returns()
    legs, train, n = two_legs.legs, 182, 365
    assert legs.one_coin == "BTC"
    residuals = []
    for columns in ([btc], [btc, eth]):
        left = []
        for start in range(train, n, 30):
            design = np.column_stack([np.ones(start), *(c[:start] for c in columns)])
            beta = np.linalg.lstsq(design, book[:start], rcond=None)[0][1:]
            for day in range(start, min(start + 30, n)):
                left.append(book[day] - sum(b * c[day] for b, c in zip(beta, columns, strict=True)))
        residuals.append(np.array(left))
    one, both = residuals
    variance = book[train:].var()
    assert legs.one_out_of_sample == pytest.approx(1 - one.var() / variance)
    assert legs.out_of_sample == pytest.approx(1 - both.var() / variance)
    better = (one - one.mean()) ** 2 - (both - both.mean()) ** 2
    lags = int(4 * (better.size / 100) ** (2 / 9))
    error = sm.OLS(better, np.ones(better.size)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    low, high = error.conf_int()[0] / variance
    assert (legs.gain_low, legs.gain_high) == (pytest.approx(low), pytest.approx(high))
    assert legs.gain == pytest.approx(better.mean() / variance)
    assert legs.better is bool(low > 0) is False
    assert "that is not more than noise, so one leg is enough" in words(two_legs, "legs")


def test_the_rest_of_the_report_says_that_it_is_of_one_leg(two_legs):
    assert any("all else is of the one leg in BTC" in text for text in warnings(two_legs))
    text = words(two_legs, "legs")
    assert "Each leg has a margin of its own" in text
    assert "Everything else in this report is the hedge with one leg, BTC." in text
    assert words(report_on(), "legs") == ""


def test_coins_without_a_price_history_are_in_no_leg():
    report = report_on("defi_mix.csv", benchmark="BTC,ETH")
    assert report.measured_usd == 38_000
    for plan, beta in zip(report.legs.plans, report.legs.betas, strict=True):
        assert plan.beta * 50_000 == pytest.approx(beta * 38_000)


def test_two_legs_of_which_one_is_no_short_are_no_hedge(tmp_path):
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nBTC,9000\nXYZ,1000\n")
    report = report_on(book, benchmark="BTC,ETH")
    assert report.legs.plans == ()
    assert report.legs.betas == pytest.approx((1, 0), abs=1e-9)
    text = words(report, "legs")
    assert "Two legs make no hedge here: the" in text
    assert "what has a beta of yours or none is in no leg" in text


def test_without_a_price_history_there_are_no_legs(tmp_path):
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value,beta_btc,beta_eth\nXYZ,1000,1,1\n")
    with pytest.raises(NotEnoughData, match="benchmark BTC,ETH compares price histories"):
        report_on(book, benchmark="BTC,ETH")


@pytest.mark.parametrize(
    ("name", "value"),
    [("contract", "bybit:ETHUSD"), ("collateral_usd", 9), ("target_beta", 1), ("price_usd", 9)],
)
def test_what_is_for_one_leg_is_refused_with_two(name, value):
    with pytest.raises(InvalidInput, match=f"{name} is for a hedge with one leg"):
        ReportParameters(portfolio="alice.csv", benchmark="BTC,ETH", **{name: value})


# As data


@pytest.mark.parametrize(
    "parameters",
    [
        {"contract": "binance:ETHUSDT", "budget_usd": 9e3},
        {"contract": "okx:ETH-USD-240329", "futures_price_usd": 2300, "budget_usd": 100},
        {"contract": "deribit:BTC-29MAR24"},
        {"benchmark": "BTC,ETH", "collateral": "from_portfolio"},
        {"benchmark": "BTC,ETH", "portfolio": "defi_mix.csv"},
        {"max_leverage": 60, "collateral": "stablecoin", "contract": "binance:ETHUSD_PERP"},
    ],
)
def test_all_of_it_is_in_the_json_of_the_documented_form(parameters):
    report = report_on(**parameters)
    data = json.loads(to_json(report), parse_constant=pytest.fail)
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert set(data) == set(schema()["properties"])
    assert [row["contract_id"] for row in data["venues"]] == [
        one.contract.id for one in report.venues
    ]
    assert (data["legs"] is None) is (report.legs is None)
    assert (data["expiry"] is None) is (report.expiry is None)
    assert (data["budget"] is None) is (not report.budget)
    for name in ("kinds", "venues", "expiry", "budget", "legs"):
        words(report, name)
