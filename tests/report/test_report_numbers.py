"""What a report computes, checked against the floors below it, and what it refuses."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from hedgelib import market
from hedgelib.__main__ import main
from hedgelib._text import percent, usd
from hedgelib.beta import ols_beta
from hedgelib.errors import (
    HedgeError,
    InfeasibleHedge,
    InvalidInput,
    NotEnoughData,
    NothingToHedge,
    PortfolioFileError,
    UnknownCoin,
    UnknownContract,
    UnsupportedContract,
)
from hedgelib.plan import plan_hedge
from hedgelib.portfolio import read_portfolio
from hedgelib.report import (
    SCHEMA_VERSION,
    ReportParameters,
    build_report,
    find_portfolio,
    schema,
    to_json,
)
from hedgelib.report.blocks import Table
from hedgelib.report.export import to_data
from hedgelib.report.one import MOVES
from hedgelib.report.registry import section
from hedgelib.report.summary import warnings
from hedgelib.scenario import run_scenario

SECTIONS = (
    "summary",
    "holdings",
    "tracking",
    "plan",
    "moves",
    "margin",
    "cost",
    "uncovered",
    "provenance",
)


def words(report, name: str) -> str:
    """Return what a section says, in one line."""
    return " ".join(str(section(report, name)).split())


def report_on(path, **parameters):
    return build_report(ReportParameters(portfolio=str(path), **parameters))


@pytest.fixture
def book(tmp_path):
    """Return a function that writes a portfolio file and names it."""

    def write(text: str, name: str = "book.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def by_hand(path, coin: str, window: int = 365):
    """Value, beta and its interval of a book, from the floors below the report."""
    book = read_portfolio(path, market.latest_prices())
    known = [h for h in book if not h.has_own_beta]
    value = sum(h.value_usd for h in known)
    returns = market.returns(window=window)
    y = sum(returns[h.coin].to_numpy() * h.value_usd / value for h in known)
    fit = ols_beta(y, returns[coin].to_numpy(), errors="newey-west")
    own = sum(h.value_usd * h.beta_to(coin) for h in book if h.has_own_beta)
    low, high = fit.interval()
    return book, fit, [(value * b + own) / book.value_usd for b in (fit.beta, low, high)]


@pytest.mark.parametrize("name", ["layer1.csv", "defi_mix.csv", "alice.csv"])
@pytest.mark.parametrize("coin", ["BTC", "ETH"])
@pytest.mark.parametrize("collateral", ["new_money", "from_portfolio", "stablecoin"])
def test_the_report_agrees_with_the_floors_below_it(name, coin, collateral):
    path, _ = find_portfolio(name)
    got = report_on(name, benchmark=coin, collateral=collateral, max_leverage=2.5)
    book, fit, (middle, low, high) = by_hand(path, coin)
    tracked = got.tracked
    assert tracked.book_beta == pytest.approx(middle, rel=1e-12)
    assert (tracked.book_beta_low, tracked.book_beta_high) == pytest.approx((low, high), rel=1e-12)
    assert tracked.estimate.r2 == pytest.approx(fit.r2, rel=1e-12)

    plan = plan_hedge(
        book.value_usd,
        middle,
        market.contract(f"binance:{coin}USD_PERP"),
        market.latest_prices()[coin],
        collateral=collateral,
        max_leverage=2.5,
        held_usd=book.value_of(coin),
    )
    assert got.plan.contracts == plan.contracts
    assert got.plan.liquidation_price_usd == pytest.approx(plan.liquidation_price_usd, rel=1e-9)
    for row, want in zip(
        got.scenario.rows(), run_scenario(plan, got.scenario.move).rows(), strict=True
    ):
        assert row == pytest.approx(want, rel=1e-9, abs=1e-6)


def test_residual_is_what_a_regression_leaves():
    got = report_on("layer1.csv", benchmark="ETH")
    y, x = got.book_returns, got.coin_returns
    value = got.portfolio.value_usd
    left = y - np.polyval(np.polyfit(x, y, 1), x)
    own = math.sqrt(left @ left / (len(y) - 2)) * value
    assert got.residual.own_usd == pytest.approx(own, rel=1e-9)
    assert got.residual.before_usd == pytest.approx(float(np.std(y, ddof=1)) * value, rel=2e-3)
    assert own <= got.residual.after_usd < own + 1

    half = report_on("layer1.csv", benchmark="ETH", hedge_ratio=0.5)
    assert own < half.residual.after_usd < half.residual.before_usd
    sold = report_on("layer1.csv", benchmark="BTC", collateral="from_portfolio")
    kept = 1 - sold.plan.sold_usd / value
    whole = report_on("layer1.csv", benchmark="BTC")
    assert sold.residual.own_usd == pytest.approx(kept * whole.residual.own_usd, rel=1e-9)


def test_rallies_are_counted_as_a_loop_counts_them():
    got = report_on("layer1.csv", benchmark="ETH", max_leverage=3)
    closes = market.prices("ETH")["ETH"].tolist()
    starts = range(len(closes) - 30)
    rises = [max(closes[i + 1 : i + 31]) / closes[i] - 1 for i in starts]
    for seen, move in ((cap.rallies, cap.liquidation_move) for cap in got.caps):
        hits = [i for i, rise in enumerate(rises) if rise >= move]
        assert (seen.starts, seen.reached) == (len(rises), len(hits))
        assert seen.episodes == sum(
            not any(i - 30 <= earlier < i for earlier in hits) for i in hits
        )
        assert seen.largest == pytest.approx(max(rises), rel=1e-12)
    assert got.rallies == next(cap.rallies for cap in got.caps if cap.own)
    assert got.rallies.reached > got.rallies.episodes > 0


@pytest.mark.parametrize("collateral", ["new_money", "from_portfolio", "stablecoin"])
def test_caps_are_plans_of_their_own(collateral):
    got = report_on("layer1.csv", benchmark="ETH", collateral=collateral, max_leverage=2.5)
    assert [round(cap.leverage, 2) for cap in got.caps] == [1.5, 2, 2.5, 3, 5]
    assert [cap.own for cap in got.caps] == [False, False, True, False, False]
    for cap in got.caps:
        alone = report_on(
            "layer1.csv",
            benchmark="ETH",
            collateral=collateral,
            max_leverage=round(cap.leverage, 2),
        ).plan
        assert cap.collateral_usd == alone.collateral_usd
        assert cap.notional_usd == alone.notional_usd
        assert cap.liquidation_move == alone.liquidation_move
    posted = report_on("layer1.csv", benchmark="ETH", collateral_usd=200_000)
    assert posted.caps[0].own
    assert posted.caps[0].collateral_usd == 200_000
    assert len(posted.caps) == 5


def test_a_cap_that_cannot_be_met_is_left_out():
    data = market.Market.bundled()
    least = min(
        (terms for terms in data.contracts(coin="ETH", open_only=True) if terms.max_leverage),
        key=lambda terms: terms.max_leverage,
    )
    short = replace(least, max_leverage=2.5)
    listings = [
        replace(one, terms=short) if one.id == short.id else one for one in data._listings.values()
    ]
    tight = market.Market(
        closes=data.prices(),
        funding=data.funding_monthly(),
        listings=listings,
        venues=data.venues(),
        origin={},
    )
    parameters = ReportParameters(portfolio="layer1.csv", contract=short.id, max_leverage=1.2)
    got = build_report(parameters, data=tight)
    assert [round(cap.leverage, 1) for cap in got.caps] == [1.2, 1.5, 2]


def test_beta_over_a_horizon_is_that_of_returns_that_do_not_overlap():
    got = report_on("defi_mix.csv", benchmark="ETH", horizon_days=7, window_days=200)
    coins, weights = ["LINK", "MATIC", "AVAX"], np.array([20.0, 8, 10]) / 38
    closes = market.prices([*coins, "ETH"]).iloc[-197:]  # 28 weeks, and the close before them
    weeks = closes.iloc[::7]
    change = (weeks / weeks.shift(1) - 1).iloc[1:]
    y, x = change[coins].to_numpy() @ weights, change["ETH"].to_numpy()
    fit = ols_beta(y, x, errors="newey-west")
    tracked = got.tracked
    assert (got.days, got.left_out, tracked.estimate.n) == (196, 4, 28)
    assert got.first_day == closes.index[1].date()
    assert tracked.estimate.beta == pytest.approx(fit.beta, rel=1e-9)
    assert tracked.estimate.se == pytest.approx(fit.se, rel=1e-9)
    assert tracked.coin_sd == pytest.approx(float(np.std(x, ddof=1)), rel=1e-9)
    assert got.residual.horizon_days == 7
    assert got.residual.own_usd == pytest.approx(38_000 * fit.residual_sd, rel=1e-9)
    daily = report_on("defi_mix.csv", benchmark="ETH", window_days=200)
    low, high = tracked.estimate.interval()
    assert high - low > np.ptp(daily.tracked.estimate.interval())


def test_a_horizon_is_named_wherever_it_counts():
    got = report_on("defi_mix.csv", benchmark="ETH", horizon_days=7, window_days=200)
    said = {name: words(got, name) for name in SECTIONS}
    assert f"removes: about {usd(got.month.own_usd)} over 30 days" in said["summary"]
    assert "Give or take in 30 days" in said["summary"]
    assert "7-day simple returns" in said["tracking"]
    assert "196 days give 28. 4 days at the start are left over." in said["tracking"]
    assert "In 7 days" in said["uncovered"]
    assert "28 7-day returns" in section(got, "tracking-picture").alt
    assert not [name for name, text in said.items() if "a day" in text.lower()]


def test_a_horizon_needs_enough_returns(book):
    path = book("coin,usd_value\nADA,5000\n")
    assert report_on(path, window_days=360, horizon_days=30).tracked.estimate.n == 12
    with pytest.raises(InvalidInput, match="horizon_days must leave at least 12 returns, got 11"):
        report_on(path, window_days=359, horizon_days=30)
    young = book("coin,usd_value\nAVAX,5000\nADA,5000\n")
    with pytest.raises(NotEnoughData, match=r"only 1193 days .* make 10 returns of 110 days"):
        report_on(young, window_days=1400, horizon_days=110)


def test_a_short_receives_funding_at_positive_rates():
    got = report_on("layer1.csv", benchmark="BTC")
    table = market.funding_monthly()
    table = table[table["coin"] == "BTC"]
    mean = (table["mean_8h"] * table["settlements"]).sum() / table["settlements"].sum()
    assert mean > 0
    assert got.funding.rate_8h == got.funding.history.mean_8h == pytest.approx(mean, rel=1e-12)
    assert got.funding.month_usd == pytest.approx(got.plan.notional_usd * mean * 90, rel=1e-12)
    assert got.funding.history.worst_month_usd < 0


@pytest.mark.parametrize("contract", ["binance:BTCUSD_PERP", "binance:AVAXUSD_PERP"])
@pytest.mark.parametrize("rate", [0.0002, -0.0001, "0.0001", 0])
def test_an_assumed_funding_rate_goes_before_the_history(contract, rate):
    got = report_on("defi_mix.csv", contract=contract, funding_rate_8h=rate)
    funding, rate = got.funding, float(rate)
    assert (funding.assumed, funding.rate_8h) == (True, rate)
    assert funding.month_usd == pytest.approx(got.plan.notional_usd * rate * 90, abs=1e-9)
    assert (funding.history is None) == (got.hedge_coin == "AVAX")
    said = " ".join(f"{section(got, 'summary')} {section(got, 'cost')}".split())
    assert "funding rate that you gave" in said
    assert "your assumption" in said
    assert "The report uses the rate" in said
    received = "receive" if rate >= 0 else "pay"
    assert f"{received} about {usd(abs(funding.month_usd))} in 30 days" in said


def test_coins_without_history_are_named_and_enter_with_the_beta_of_the_file(book):
    path = book("coin,usd_value,beta\nADA,6000,\nXYZ,3000,2\nUNK,1000,\n")
    got = report_on(path, benchmark="ETH")
    assert [c.how for c in got.covers] == ["history", "own", "none"]
    assert got.coins("none")[0].reason == "no price history"
    ada = ols_beta(
        market.returns("ADA", window=365)["ADA"], market.returns("ETH", window=365)["ETH"]
    )
    assert got.tracked.book_beta == pytest.approx((6000 * ada.beta + 3000 * 2) / 10_000)
    text = "\n".join(str(section(got, name)) for name in SECTIONS)
    assert "Not hedged: UNK, $1,000 or 10% of the book" in " ".join(text.split())
    assert "XYZ: no price history. Your beta of 2 is used for it" in " ".join(text.split())
    assert "That of XYZ is not known and comes on top." in " ".join(
        str(section(got, "summary")).split()
    )
    alone = report_on(book("coin,usd_value\nADA,6000\n"), benchmark="ETH")
    assert "on top" not in str(section(alone, "summary"))
    assert got.residual.own_usd == pytest.approx(alone.residual.own_usd)
    assert (alone.residual.gap_usd, bool(alone.gap)) == (0, False)
    assert got.residual.gap_usd == pytest.approx(1000 * ada.residual_sd)
    assert "UNK: no price history. The file gives no beta either: it is not hedged" in " ".join(
        text.split()
    )


def test_a_beta_in_the_file_goes_before_history(book):
    got = report_on(book("coin,usd_value,beta\nADA,5000,1.5\nLINK,5000,\n"), benchmark="ETH")
    assert [c.how for c in got.covers] == ["own", "history"]
    assert got.book_returns == pytest.approx(market.returns("LINK", window=365)["LINK"].to_numpy())
    assert "the beta in the file takes precedence" in " ".join(
        str(section(got, "holdings")).split()
    )


def test_a_book_of_own_betas_alone(book):
    path = book("coin,usd_value,beta\nAAA,6000,1\nBBB,4000,2\n")
    got = report_on(path, benchmark="ETH")
    assert got.tracked.estimate is None
    assert got.tracked.book_beta == pytest.approx(1.4)
    assert got.plan.beta == pytest.approx(1.4)
    for name in SECTIONS:
        assert section(got, name)._repr_html_()
    assert "no returns to draw" in str(section(got, "tracking-picture"))
    with pytest.raises(NotEnoughData, match="set benchmark to BTC or ETH"):
        report_on(path)


def test_a_young_coin_cuts_the_window_and_the_report_says_so(book):
    path = book("coin,usd_value\nAVAX,5000\nADA,5000\n")
    got = report_on(path, window_days=1400)
    assert got.first_day == market.prices("AVAX")["AVAX"].dropna().index[1].date()
    assert "the history of AVAX begins then" in words(got, "tracking")
    whole = report_on(book("coin,usd_value\nADA,5000\n"), window_days=5000)
    assert whole.days == len(market.returns())
    assert whole.window_cut == "the data begin on 2020-01-01"


def test_a_coin_whose_history_has_ended_is_not_estimated(book):
    got = report_on(book("coin,usd_value\nLUNA,5000\nADA,5000\n"), window_days=700)
    assert got.coins("none")[0].reason == "its price history ends on 2022-05-27"
    got = report_on(book("coin,usd_value\nLUNA,5000\nADA,5000\n"))
    assert got.coins("none")[0].reason == "no price history since 2023-01-01"
    assert report_on(book("coin,usd_value\nLUNA,0\nADA,5000\n")).tracked.estimate.n == 365


def test_the_price_can_be_given_and_values_the_hedge_coin_held(book):
    path = book("coin,quantity\nETH,2\nADA,10000\n")
    got = report_on(path, benchmark="ETH", price_usd=4000, as_of_data=True)
    assert got.portfolio.value_of("ETH") == 8000
    assert got.plan.price_usd == 4000
    assert got.price_day is None
    assert "as given" in str(section(got, "summary"))
    value = 8000 + 10_000 * market.latest_prices()["ADA"]
    assert got.portfolio.value_usd == pytest.approx(value)
    weights = np.array([8000, value - 8000]) / value
    returns = market.returns(["ETH", "ADA"], window=365).to_numpy()
    assert got.book_returns == pytest.approx(returns @ weights)


def test_the_file_can_give_the_price_of_the_hedge_coin(book):
    path = book('{"ETH": {"amount": 2, "price": 4000}, "ADA": {"quantity": 10000}}', "book.json")
    got = report_on(path, benchmark="ETH", as_of_data=True)
    assert got.portfolio.value_of("ETH") == 8000
    assert (got.plan.price_usd, got.price_day) == (4000, None)
    said = " ".join(f"{section(got, 'summary')} {section(got, 'holdings')}".split())
    assert "Price of ETH: $4,000.00, as the file has it" in said
    assert "The quantities of ADA are valued at the closes of 2023-12-31" in said
    assert (
        "Columns of the file were read as follows: amount as quantity, price as price_usd." in said
    )
    assert report_on(path, benchmark="ETH", as_of_data=True, price_usd=4000).plan.price_usd == 4000
    with pytest.raises(InvalidInput, match=r"price_usd is 3,500, but the file gives 4,000 for ETH"):
        report_on(path, benchmark="ETH", as_of_data=True, price_usd=3500)
    # A price of another coin is no price of the hedge coin.
    assert (
        report_on(path, benchmark="BTC", as_of_data=True).price_day
        == market.Market.bundled().span[1]
    )


def test_what_quantities_are_valued_at_is_said(book):
    assert "are valued" not in str(
        section(report_on(book("coin,usd_value\nADA,5000\n")), "holdings")
    )
    path = book("coin,quantity\nETH,2\nADA,10000\n")
    meant = report_on(path, as_of_data=True)
    assert "Quantities are valued at the closes of 2023-12-31" in str(section(meant, "holdings"))
    yours = report_on(path, benchmark="ETH", price_usd=4000, as_of_data=True)
    given = words(yours, "holdings")
    assert "The quantities of ADA are valued at the closes" in given
    assert "ETH is valued at the price given." in given
    exported = book("Symbol,Amount,Value\nADA,10000,7000\n")
    assert "are valued" not in str(section(report_on(exported), "holdings"))


def test_the_benchmark_follows_the_contract():
    got = report_on("layer1.csv", contract="bybit:ETHUSD")
    assert got.hedge_coin == "ETH"
    assert got.plan.contract.id == "bybit:ETHUSD"
    avax = report_on("defi_mix.csv", contract="AVAXUSD_PERP")
    assert [t.coin for t in avax.trackings] == ["BTC", "ETH", "AVAX"]
    assert avax.hedge_coin == "AVAX"
    assert "no funding rates of AVAX" in str(section(avax, "cost"))


def test_a_venue_brings_its_own_perpetual():
    assert report_on("layer1.csv", venue="bybit", benchmark="ETH").plan.contract.id == (
        "bybit:ETHUSD"
    )
    assert report_on("alice.csv", venue="Kraken Futures").plan.contract.id == "kraken:PI_XBTUSD"
    assert report_on("layer1.csv", venue="bybit", contract="ETHUSD").hedge_coin == "ETH"
    assert report_on("alice.csv").plan.contract.id == "binance:BTCUSD_PERP"


def test_a_venue_without_the_best_coin_offers_the_next(book):
    path = book("coin,usd_value\nETH,9000\nADA,1000\n")
    assert report_on(path).hedge_coin == "ETH"
    got = report_on(path, venue="gate")
    assert got.plan.contract.id == "gate:BTC_USD"
    assert got.reason.startswith("BTC, because Gate has no inverse perpetual on ETH, which would")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"venue": "bybbit"}, "no venue 'bybbit' (did you mean bybit?)"),
        ({"venue": "weex"}, "no inverse perpetual on BTC at weex that can be traded; set another"),
        ({"venue": "bitmex"}, "no inverse perpetual on BTC at bitmex"),
        (
            {"venue": "gate", "benchmark": "ETH"},
            "there are gate:BTC_USD: set benchmark or contract",
        ),
        ({"venue": "okx", "contract": "bybit:ETHUSD"}, "is not at venue 'okx'"),
    ],
)
def test_a_venue_that_does_not_serve_is_refused_with_what_there_is(parameters, says):
    with pytest.raises(HedgeError) as caught:
        report_on("alice.csv", **parameters)
    assert says in str(caught.value)


def test_no_liquidation_reads_well(book):
    # With its whole worth in coin behind it, and maintenance at mark, a short of half stays open.
    path = book("coin,usd_value\nETH,10000\n")
    got = report_on(
        path,
        benchmark="ETH",
        collateral="from_portfolio",
        collateral_usd=9000,
        hedge_ratio=0.5,
        maintenance_rate=0.005,
    )
    assert got.plan.liquidation_price_usd == math.inf
    assert got.rallies is None
    assert got.rally == ()
    assert got.caps[0].own
    assert got.caps[0].rallies.reached == 0
    assert "No price liquidates the short" in words(got, "summary")
    assert to_data(got)["plan"]["liquidation_price_usd"] is None


def tightened(schema):
    """Return the schema with every key that it does not name refused."""
    if isinstance(schema, list):
        return [tightened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: tightened(value) for key, value in schema.items()}
    named = set(found.get("properties", ()))
    if len(named) > 1 and named == set(found.get("required", ())):
        found["additionalProperties"] = False
    return found


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"collateral": "stablecoin", "horizon_days": 7},
        {"contract": "AVAXUSD_PERP"},
        {"contract": "AVAXUSD_PERP", "funding_rate_8h": 0.0001},
        {"contract": "ETHUSD_240329", "futures_price_usd": 2300, "budget_usd": 900},
        {"contract": "binance:ETHUSDT", "budget_usd": 9000},
        {"benchmark": "BTC,ETH"},
        {"benchmark": "ETH", "collateral_usd": 500_000, "hedge_ratio": 0.5},
        {"portfolio": '{"AAA": {"value": 6000, "beta": 1}, "BBB": {"amount": 3, "price": 2}}'},
    ],
)
def test_everything_goes_into_strict_json_of_the_documented_form(parameters, book):
    if "portfolio" in parameters:
        path, parameters = book(parameters["portfolio"], "book.json"), {"benchmark": "ETH"}
    else:
        path = "defi_mix.csv"
    got = report_on(path, **parameters)
    again = json.loads(to_json(got), parse_constant=pytest.fail)
    form = jsonschema.Draft202012Validator(tightened(schema()))
    assert not [f"{e.json_path}: {e.message}" for e in form.iter_errors(again)]
    assert again == json.loads(json.dumps(to_data(got), allow_nan=False))
    assert again["schema_version"] == SCHEMA_VERSION == 2
    assert again["plan"]["contracts"] == got.plan.contracts < 0
    assert [row["move"] for row in again["moves"]] == list(MOVES)
    assert [row["move"] for row in again["rally"]] == [step.move for step in got.rally]
    assert [cap["collateral_usd"] for cap in again["caps"]] == [
        cap.collateral_usd for cap in got.caps
    ]
    assert again["portfolio"]["file"] == again["parameters"]["portfolio"] == Path(path).name
    assert again["portfolio"]["read_as"] == dict(got.portfolio.read_as)
    assert again["data"]["sha256"] == market.provenance()["sha256"]
    assert set(again["parameters"]) == set(ReportParameters.names())


def test_the_schema_is_one_and_says_what_everything_is():
    jsonschema.Draft202012Validator.check_schema(schema())

    def silent(part, path="$"):
        for name, value in part.get("properties", {}).items():
            if not value.get("description"):
                yield f"{path}.{name}"
            yield from silent(value, f"{path}.{name}")
        if isinstance(part.get("items"), dict):
            yield from silent(part["items"], f"{path}[]")

    assert not list(silent(schema()))


def test_a_report_is_the_same_every_time():
    first, second = (to_data(report_on("layer1.csv")) for _ in range(2))
    assert first == second


def test_a_shipped_portfolio_is_found_by_name_and_a_file_here_goes_before_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_portfolio("layer1.csv") == (market.data_folder() / "portfolios/layer1.csv", True)
    assert find_portfolio("data/portfolios/layer1.csv")[1]
    assert "ship with hedgelib" in str(section(report_on("layer1.csv"), "summary"))
    Path("layer1.csv").write_text("coin,usd_value\nADA,100000\n")
    assert find_portfolio("layer1.csv") == (Path("layer1.csv"), False)
    assert report_on("layer1.csv").portfolio.value_usd == 100_000
    for nowhere in ("elsewhere/layer1.csv", "../layer1.csv", "/layer1.csv"):
        with pytest.raises(PortfolioFileError, match=r"no such file.*layer1\.csv"):
            find_portfolio(nowhere)


BAD_FILES = {
    "an empty file": ("", "the file is empty"),
    "a header alone": ("coin,usd_value\n", "no holding"),
    "an unknown column": (
        "coin,worth\nADA,1\n",
        "no column 'usd_value' and none 'quantity'; found",
    ),
    "no coin column": ("usd_value\n1\n", "no column 'coin'"),
    "no value column": ("coin,beta\nADA,1\n", "no column 'usd_value' and none 'quantity'"),
    "a negative value": ("coin,usd_value\nADA,-5\n", "line 2, column 'usd_value': must be >= 0"),
    "a word for a value": ("coin,usd_value\nADA,lots\n", "must be a plain number"),
    "a NaN": ("coin,usd_value\nADA,nan\n", "must be a plain number"),
    "infinity": ("coin,usd_value\nADA,1e999\n", "too large"),
    "a coin with two betas": (
        "coin,usd_value,beta_btc\nADA,1,1\nada,2,2\n",
        "line 3, column 'coin': ADA has another beta than in line 2",
    ),
    "nothing of value": ("coin,usd_value\nADA,0\n", "worth more than 0"),
    "a quantity without a price": ("coin,quantity\nXYZ,5\n", "no price of XYZ"),
    "unknown coins alone": ("coin,usd_value\nXYZ,5\n", "XYZ: no price history"),
    "no overlap with the window": ("coin,usd_value\nLUNA,5\n", "LUNA: no price history since"),
    "a beta of the hedge coin": (
        "coin,usd_value,beta_btc,beta_eth\nADA,9,,\nBTC,1,2,\nETH,1,,2\n",
        "its beta is 1",
    ),
    "too small for a contract": ("coin,usd_value\nADA,5\n", "less than one step"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_the_place_and_the_fix(book, case):
    text, says = BAD_FILES[case]
    with pytest.raises(HedgeError) as caught:
        report_on(book(text))
    assert says in str(caught.value)
    if isinstance(caught.value, PortfolioFileError):
        assert "book.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "error", "says"),
    [
        ({"contract": "binance:ETHUSD"}, UnknownContract, "ETHUSD_PERP"),
        ({"contract": "ETHUSD"}, HedgeError, "bybit:ETHUSD"),
        ({"contract": "bitmex:ETHUSD"}, UnsupportedContract, "quanto"),
        ({"contract": "bitmex:XBTUSD"}, InvalidInput, "closed"),
        ({"contract": "SOLUSD_PERP"}, UnknownCoin, "SOL"),
        ({"contract": "bybit:ETHUSD", "benchmark": "BTC"}, InvalidInput, "leave the other at auto"),
        ({"max_leverage": 1}, InfeasibleHedge, "raise the cap, use stablecoin margin"),
        ({"max_leverage": 500}, InvalidInput, "max_leverage must be <="),
        ({"collateral_usd": 10}, InfeasibleHedge, "the smallest that keeps to it is"),
        ({"target_beta": 5}, InvalidInput, "nothing to short"),
    ],
)
def test_parameters_that_cannot_be_met_are_refused_with_the_reason(parameters, error, says):
    with pytest.raises(error) as caught:
        report_on("layer1.csv", **parameters)
    assert says in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(PortfolioFileError, match=r"gone\.csv: there is no such file"):
        report_on(tmp_path / "gone.csv")
    with pytest.raises(PortfolioFileError, match="folder"):
        report_on(tmp_path)


def test_the_summary_says_what_is_held_done_paid_and_risked():
    got = report_on("layer1.csv", benchmark="BTC", max_leverage=3)
    plan, said = got.plan, words(got, "summary")
    names = [
        "You hold",
        "The hedge",
        "What it costs",
        "What can go wrong",
        "Where the margin comes",
    ]
    places = [said.index(name) for name in names]
    assert places == sorted(places)
    _, hold, hedge, cost, wrong, _ = (
        said[a:b] for a, b in itertools.pairwise([0, *places, len(said)])
    )
    assert f"{usd(got.portfolio.value_usd)} in 6 coins" in hold
    assert f"short {-plan.contracts:,.0f} contracts of BTCUSD_PERP at Binance COIN-M" in hedge
    assert f"{usd(plan.wallet_usd)} of the short cover the margin itself" in hedge
    sure = f"give or take {usd(got.month.own_usd)} (one standard deviation over 30 days"
    assert f"falls by 30%, you would end about where you began, {sure}" in hedge
    assert (
        "rises by 30%, you would end about where you began, give or take as much, and the book"
        in hedge
    )
    assert f"{usd(plan.open_fee_usd, cents=True)} of fees to open and as much to close" in cost
    assert f"would receive about {usd(got.funding.month_usd)} in 30 days" in cost
    assert f"would have paid about {usd(-got.funding.history.worst_month_usd)}" in cost
    seen, more = got.rallies, next(cap for cap in got.caps if round(cap.leverage, 1) == 2)
    assert seen.episodes > 1
    assert (
        f"When BTC reaches {usd(plan.liquidation_price_usd, cents=True)}, "
        f"{percent(plan.liquidation_move)} above its price"
    ) in wrong
    assert (
        f"rose that far within 30 days from {seen.reached} of {seen.starts:,} starting days "
        f"({percent(seen.share, digits=1)}), in {seen.episodes} rallies. More margin raises that "
        f"level: {usd(more.collateral_usd)}, a leverage of 2.0, raises it to "
        f"{percent(more.liquidation_move, signed=True)}."
    ) in wrong
    assert f"removes: about {usd(got.month.own_usd)} over 30 days (one standard" in wrong
    low, high = (b * plan.book_usd for b in (got.tracked.book_beta_low, got.tracked.book_beta_high))
    assert f"is between {usd(low)} and {usd(high)}" in wrong


def test_the_table_of_caps_says_how_far_each_carries():
    got = report_on("layer1.csv", benchmark="ETH", max_leverage=3)
    _, table, _ = (b for b in section(got, "margin").blocks if isinstance(b, Table))
    assert [row[0] for row in table.rows] == ["1.5", "2.0", "3.0, this plan", "5.0"]
    assert list(table.marked) == [2]
    for row, cap in zip(table.rows, got.caps, strict=True):
        seen = cap.rallies
        share = f", {percent(seen.share, digits=1)}" if seen.reached else ""
        assert [*row[1:]] == [
            usd(cap.collateral_usd),
            usd(cap.liquidation_price_usd, cents=True),
            percent(cap.liquidation_move, signed=True),
            f"{seen.reached:,} of {seen.starts:,} days{share}",
        ]


def test_a_short_that_a_rise_of_30_percent_ends_is_called_ended():
    short = report_on("layer1.csv", benchmark="ETH", max_leverage=5)
    assert short.plan.liquidation_move < 0.3
    assert ", the short being liquidated on the way, and" in " ".join(
        str(section(short, "summary")).split()
    )
    assert "liquidated on the way" not in str(section(report_on("layer1.csv"), "summary"))


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_the_default_cap_is_one_that_the_history_seldom_reached(coin):
    got = report_on("layer1.csv", benchmark=coin)
    assert got.parameters.max_leverage == 2
    by_cap = {round(cap.leverage, 1): cap.rallies for cap in got.caps}
    assert by_cap[2.0].episodes <= 1 < by_cap[3.0].episodes
    assert 8 * by_cap[2.0].reached < by_cap[3.0].reached


def test_a_weak_hedge_is_called_one():
    strong = report_on("alice.csv")
    tracked = replace(strong.tracked, rest_out_of_sample=0.9)
    strong = replace(strong, trackings=(tracked,))
    assert "A weak hedge" not in str(section(strong, "summary"))
    assert warnings(strong) == ("Prices of 2023-12-31: an exercise, not a plan.",)
    weak = replace(strong, trackings=(replace(tracked, rest_out_of_sample=0.36),))
    said = words(weak, "summary")
    assert "A weak hedge" in said
    assert "36% of the book's variance (95% interval 25% to 51%), which is 20% of its" in said
    assert warnings(weak)[1] in said


def test_a_book_of_many_coins_stays_readable(book):
    lines = [f"C{i},100,{1 + i / 100}" for i in range(200)] + [f"D{i},100," for i in range(50)]
    got = report_on(book("\n".join(["coin,usd_value,beta", "ADA,5000,", *lines])), benchmark="ETH")
    said = words(got, "summary")
    assert "C0, C1, C2, C3, C4 and 195 others counted in" in said
    assert len(said) < 4350
    assert "(yours, 200 coins)" in words(got, "tracking")
    named = words(got, "holdings")
    assert all(f" C{i} $100" in named for i in range(200))
    assert (
        "C0, C1, C2, C3, C4 and 195 others: no price history. Your betas are used for them" in named
    )
    assert "D0, D1, D2, D3, D4 and 45 others: no price history. The file gives no betas" in named
    assert named.count("no price history") == 2


# Other names of a coin, cash, and betas to one hedge coin.

WRAPPED = "coin,usd_value\nADA,4000\nWETH,2000\nstETH,3000\nwBTC,1500\nwstETH,800\n"
WRAPPED += "MATIC,1200\nPOL,900\n"
PLAIN = "coin,usd_value\nADA,4000\nETH,5800\nBTC,1500\nMATIC,2100\n"


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_a2_wrapped_staked_and_renamed_coins_move_like_the_coin(book, coin):
    got, want = (
        report_on(book(text, name), benchmark=coin)
        for name, text in (("a.csv", WRAPPED), ("b.csv", PLAIN))
    )
    assert got.plan == want.plan
    assert got.residual == want.residual
    assert got.scenario.unhedged_pnl_usd.tolist() == want.scenario.unhedged_pnl_usd.tolist()
    assert [cover.how for cover in got.covers] == ["history"] * 4
    # Taken as they are written, half the book is taken not to move.
    none = report_on(book(WRAPPED), benchmark=coin, no_alias=True)
    assert none.plan.notional_usd < 0.65 * got.plan.notional_usd
    assert len(none.coins("none")) == 5


def test_a2_the_page_and_the_data_list_what_was_read_as_what(book):
    got = report_on(book(WRAPPED + "USDT,300\n<b>-USD,50\n"))
    said = words(got, "holdings")
    for text in (
        "Read as:",
        "WETH read as ETH (wrapped).",
        "WSTETH read as ETH (staked, 1 is about 1.21 as of 2025-09).",
        "POL read as MATIC (renamed).",
        "USDT is cash.",
    ):
        assert text in said
    assert "<b>" not in section(got, "holdings")._repr_html_().lower()
    listed = to_data(got)["portfolio"]["coins_read_as"]
    assert [one["written"] for one in listed] == [
        "WETH", "STETH", "WBTC", "WSTETH", "POL", "USDT", "<B>-USD",
    ]  # fmt: skip
    assert listed[0]["text"] == "WETH read as ETH (wrapped)"
    form = jsonschema.Draft202012Validator(tightened(schema()))
    assert not list(form.iter_errors(to_data(got)))
    assert "Read as" not in str(section(report_on("layer1.csv"), "holdings"))


def test_a2_a_name_for_a_ticker_is_told_with_the_ticker(book):
    got = report_on(book("coin,usd_value\nADA,5000\nSolana,900\n"))
    assert got.coins("none")[0].reason == "no price history; the ticker may be SOL"


@pytest.mark.parametrize("collateral", ["new_money", "from_portfolio", "stablecoin"])
def test_a4_cash_has_no_beta_and_is_covered(book, collateral):
    text = "coin,usd_value\nADA,5000\nLINK,5000\n"
    got, want = (
        report_on(book(text + more), benchmark="ETH", collateral=collateral)
        for more in ("USDT,60000\nUSDC,30000\n", "")
    )
    assert [cover.how for cover in got.covers] == ["history", "history", "cash", "cash"]
    assert got.portfolio.cash_usd == 90_000
    assert not got.coins("none")
    assert not [text for text in warnings(got) if "Not hedged" in text]
    tracked = got.tracked
    for name in ("book_beta", "book_beta_low", "book_beta_high"):
        assert getattr(tracked, name) * 100_000 == pytest.approx(
            getattr(want.tracked, name) * 10_000
        )
    assert tracked.estimate == replace(want.tracked.estimate, y_name=tracked.estimate.y_name)
    assert got.scenario.unhedged_pnl_usd == pytest.approx(want.scenario.unhedged_pnl_usd)
    said = words(got, "summary")
    assert "$10,000 in 2 coins and $90,000 in cash, which does not move. The beta of the " in said
    assert "2 coins, $90,000 cash" in said
    said = words(got, "tracking")
    assert "the $10,000 that has a price history (ADA and LINK)" in said
    assert "$90,000 x 0 (USDT and USDC, cash)" in said
    assert ["USDT", "$60,000", "60.0%", "0: cash"] in [
        list(row)
        for block in section(got, "holdings").blocks
        if isinstance(block, Table)
        for row in block.rows
    ]
    offer = "The book holds $90,000 of cash, which can"
    assert (offer in words(got, "plan")) == (collateral != "from_portfolio")
    # The coins' own moves are those of the coins, all of which stay.
    assert got.residual.own_usd == pytest.approx(
        report_on(book(text), benchmark="ETH").residual.own_usd
    )
    assert got.residual.before_usd == pytest.approx(want.residual.before_usd)


def test_a4_margin_out_of_the_book_is_made_of_cash_first(book):
    got = report_on(
        book("coin,usd_value\nADA,10000\nUSDT,4000\n"), benchmark="ETH",
        collateral="from_portfolio", max_leverage=1.5,
    )  # fmt: skip
    plan = got.plan
    assert plan.cash_sold_usd == 4_000
    assert plan.sold_usd == pytest.approx(plan.collateral_usd - 4_000)
    assert plan.sold_usd > 0
    said = words(got, "plan")
    assert "hold less of the coins in it" in words(got, "summary")
    assert f"$4,000 of cash and {usd(plan.sold_usd)} of altcoins sold" in said
    assert "out of all coins except ETH and cash" in said
    # The same by hand: cash as new money, then coins.
    alone = report_on(book("coin,usd_value\nADA,10000\n"), benchmark="ETH").residual.own_usd
    assert got.residual.own_usd == pytest.approx(alone * (1 - plan.sold_usd / 10_000))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("coin,quantity\nUSDT,9000\nZUSD,1000.4\n", "$10,000 in the book are cash (USDT, USD)"),
        ("coin,usd_value\nusdc,5\nADA,0\n", "$5 in the book are cash (USDC)"),
    ],
)
def test_a4_a_book_of_cash_has_nothing_to_hedge(book, text, says, capsys):
    path = book(text)
    with pytest.raises(NothingToHedge, match="nothing to hedge") as caught:
        report_on(path)
    assert says in str(caught.value)
    assert main(["report", str(path)]) == 0
    told = capsys.readouterr()
    assert told.out == f"book.csv: {caught.value}\n"
    assert told.err == ""
    assert main(["report", str(path), "--json", "--out", "-"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["nothing_to_hedge"] == str(caught.value)
    assert told.err == f"book.csv: {caught.value}\n"


def test_a11_a_beta_to_nobody_knows_which_coin_is_refused_where_the_coin_is_chosen(book):
    path = book("coin,usd_value,beta\nUNI,5000,1.2\nADA,5000,\nUSDT,5,0\n")
    with pytest.raises(
        InvalidInput,
        match=r"the beta of UNI .* whichever coin it picks; set benchmark to BTC or ETH, whichever "
        "the betas in the file are to, or name the columns beta_btc and beta_eth",
    ):
        report_on(path)
    for told in ({"benchmark": "BTC"}, {"contract": "bybit:BTCUSD"}):
        got = report_on(path, **told)
        assert got.coins("own")[0].own_beta == 1.2
    # One that is the same to any coin, none for instance, needs no coin.
    assert report_on(book("coin,usd_value,beta\nUNI,50,0\nADA,5000,\n")).coins("own")


@pytest.mark.parametrize("benchmark", ["BTC", "ETH"])
def test_a11_a_beta_by_hedge_coin_is_to_that_coin_only(book, benchmark):
    text = "coin,usd_value,beta_btc,beta_eth\nUNI,5000,1.2,\nAAVE,1000,,0.8\nADA,4000,,\n"
    got = report_on(book(text), benchmark=benchmark)
    by_coin = {"BTC": 5_000 * 1.2, "ETH": 1_000 * 0.8}
    for tracked in got.trackings:
        alone = tracked.estimate.beta * 4_000
        assert tracked.book_beta * 10_000 == pytest.approx(alone + by_coin[tracked.coin])
    other = {"BTC": "ETH", "ETH": "BTC"}[benchmark]
    own, none = {"BTC": ("UNI", "AAVE"), "ETH": ("AAVE", "UNI")}[benchmark]
    assert [cover.coin for cover in got.coins("own")] == [own]
    (uncovered,) = got.coins("none")
    assert uncovered.coin == none
    assert uncovered.reason.endswith(
        f"no price history, and the file gives its beta to {other}, not to {benchmark}"
    )


def test_a11_history_serves_where_the_file_has_a_beta_to_another_coin(book):
    path = book("coin,usd_value,beta_btc\nLINK,5000,1.2\nADA,4000,\n")
    assert [c.how for c in report_on(path, benchmark="BTC").covers] == ["own", "history"]
    eth = report_on(path, benchmark="ETH")
    assert [c.how for c in eth.covers] == ["history", "history"]
    assert eth.coins("history")[0].own_beta is None


def test_a11_auto_judges_on_one_part_and_says_what_it_leaves_out(book):
    got = report_on(book("coin,usd_value,beta_btc,beta_eth\nUNI,5000,1.2,1.1\nADA,5000,,\n"))
    assert [c.own_beta for c in got.coins("own")] == [{"BTC": 1.2, "ETH": 1.1}[got.hedge_coin]]
    shipped = report_on("defi_mix.csv")
    own = {c.coin: c.own_beta for c in shipped.coins("own")}
    rows = {h.coin: dict(h.betas_to) for h in shipped.portfolio if h.betas_to}
    assert own == {coin: betas[shipped.hedge_coin] for coin, betas in rows.items()}
    with pytest.raises(NotEnoughData, match="no coin of the book has a beta to ETH"):
        report_on(book("coin,usd_value,beta_btc\nUNI,5000,1.2\n"), benchmark="ETH")


def test_a11_a_book_of_betas_alone_says_why_auto_cannot_choose(book):
    """ADA has a history: it is the owner's beta that goes before it."""
    path = book("coin,usd_value,beta_btc,beta_eth\nADA,5000,1.1,0.9\nUNI,5000,1.8,1.4\n")
    with pytest.raises(NotEnoughData, match="no coin of the book is left to its history"):
        report_on(path)


def test_a5_a_target_is_beyond_what_the_ratio_is_of():
    got = report_on("layer1.csv", target_beta=0.4, benchmark="BTC")
    said = words(got, "plan")
    assert "100% of the exposure of the book beyond a beta of 0.4, and the margin" in said


@pytest.mark.parametrize(
    "parameters",
    [{"hedge_ratio": 0.5}, {"target_beta": 0.4}, {"collateral": "from_portfolio"}],
    ids=["half", "target", "out of the book"],
)
def test_a5_a_hedge_of_a_part_is_not_sized_for_the_whole_exposure(parameters):
    got = report_on("layer1.csv", benchmark="BTC", **parameters)
    said = words(got, "summary")
    assert "is sized for" not in said
    exposure = usd(got.tracked.book_beta * got.plan.book_usd)
    assert f"The book is taken for {exposure} of BTC exposure; across" in said
    whole = words(report_on("layer1.csv", benchmark="BTC"), "summary")
    assert f"The hedge is sized for {exposure} of BTC exposure; across" in whole


@pytest.mark.parametrize("cash", ["", "USDT,60000\n"])
def test_a13_the_coin_itself_has_a_beta_that_nobody_measured(book, cash):
    path = book("coin,usd_value\nETH,40000\n" + cash)
    got = report_on(path)
    said = words(got, "summary")
    assert "by definition: the coin is ETH itself." in said
    assert "95% interval" not in said
    assert "measured over" not in said
    assert "measured wrong" not in said
    offer = "The book holds $40,000 of ETH, which can serve as margin: with collateral"
    assert offer in words(got, "plan")
    one = report_on(path, collateral="from_portfolio", max_leverage=1)
    steps = words(one, "plan")
    assert offer not in steps
    assert "The liquidation price is reached" not in steps
    assert "no price liquidates it" in steps


def test_a5_half_a_hedge_leaves_half_of_what_the_book_would_lose():
    """606 contracts of $100 with bought margin at 2x, not 404; fees and rounding aside, $9,093."""
    got = report_on("layer1.csv", hedge_ratio=0.5, max_leverage=2, benchmark="BTC")
    plan, fall = got.plan, run_scenario(got.plan, [-0.3])
    assert plan.contracts == -606
    loss = fall.total_pnl_usd[0] + plan.open_fee_usd + 0.3 * plan.residual_delta_usd
    assert loss == pytest.approx(fall.unhedged_pnl_usd[0] / 2)
    assert loss == pytest.approx(-9_093, abs=1)
    text = words(got, "summary")
    assert "To neutralise 50% of the exposure, short 606 contracts" in text
    assert f"so {usd(plan.wallet_usd)} of the short cover the margin itself" in text


@pytest.mark.parametrize("name", ["layer1.csv", "eth.csv"])
def test_a13_a_book_sold_whole_or_of_the_coin_itself_at_1x(name, book):
    path = name if name == "layer1.csv" else book("coin,usd_value\nETH,100000\n", name)
    got = report_on(path, benchmark="ETH", collateral="from_portfolio", max_leverage=1)
    plan = got.plan
    assert (plan.kept_usd, plan.liquidation_price_usd) == (0, math.inf)
    assert 0.999 < plan.leverage <= 1
    assert got.residual.own_usd == pytest.approx(0, abs=1e-6)
    assert got.residual.after_usd < 1
    text = words(got, "summary")
    assert "at a leverage of 1.0" in text
    assert "No price liquidates the short" in text
    assert not re.search(r"\b(nan|inf)\b", text + to_json(got))
    # Until the fee and less than a contract of $10.
    for pnl in (row["total_pnl_usd"] for row in got.scenario.rows()):
        assert abs(pnl) <= plan.open_fee_usd + 10


def test_a14_the_venue_s_cap_is_taken_and_said(book):
    path = book("coin,usd_value\nBTC,600000000\n")
    got = report_on(path, benchmark="BTC", max_leverage=3)
    assert got.plan.leverage == pytest.approx(2)
    said = [text for text in got.plan.assumptions if "allows 2x" in text]
    assert len(said) == 1
    assert said[0] in to_json(got)
    with pytest.raises(InfeasibleHedge, match="allows 2x at most"):
        report_on(path, benchmark="BTC", max_leverage=3, collateral_usd=350_000_000)
