"""hedgelib.market: prices, returns, funding, contract terms, and damaged files."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgelib
from hedgelib import _datafiles, _folder, market
from hedgelib.contracts import ContractTerms
from hedgelib.errors import (
    HedgeError,
    InvalidInput,
    NotEnoughData,
    UnknownCoin,
    UnknownContract,
    UnsupportedContract,
)
from hedgelib.margin import margin_tiers
from hedgelib.market import Figure, Listing, Market
from tests.strategies import shown

COINS = ["BTC", "ETH", "BNB", "ADA", "XRP", "DOGE", "LINK", "MATIC", "ALGO", "AVAX", "LUNA"]
FIRST, LAST = date(2020, 1, 1), date(2023, 12, 31)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the data files to where a test may damage them."""
    for name in ("prices.csv", "funding_monthly.csv", "contracts.toml", "SHA256SUMS"):
        shutil.copy(market.data_folder() / name, tmp_path)
    return tmp_path


@pytest.fixture
def damage(folder: Path) -> Callable[[str, str, str], Path]:
    """Return a function that replaces one piece of text in one file."""

    def replace(name: str, old: str, new: str) -> Path:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_bytes(text.replace(old, new, 1).encode("utf-8", errors="surrogateescape"))
        return folder

    return replace


# Loading


def test_hedgelib_alone_loads_no_pandas_and_market_comes_when_asked():
    code = (
        "import sys, hedgelib; assert 'pandas' not in sys.modules; "
        "hedgelib.market.prices('ETH'); assert 'pandas' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert hedgelib.market is market


def test_the_data_are_read_once():
    assert Market.bundled() is Market.bundled()


def test_the_data_folder_is_in_the_package_when_installed_and_beside_it_else(tmp_path, monkeypatch):
    assert market.data_folder() == Path(__file__).resolve().parent.parent / "data"
    package = tmp_path / "site" / "hedgelib"
    package.mkdir(parents=True)
    monkeypatch.setattr(_folder, "__file__", str(package / "_folder.py"))
    with pytest.raises(HedgeError, match=r"prices\.csv") as caught:
        market.data_folder()
    beside, inside = package.parent / "data", package / "_bundled" / "data"
    assert str(beside) in str(caught.value)
    assert str(inside) in str(caught.value)
    beside.mkdir()
    (beside / "prices.csv").touch()
    assert market.data_folder() == beside
    inside.mkdir(parents=True)
    (inside / "prices.csv").touch()
    assert market.data_folder() == inside


# Prices


def test_prices_has_every_day_and_coin():
    table = market.prices()
    assert table.shape == (1461, 11)
    assert list(table.columns) == COINS
    assert table.index.name == "date"
    assert isinstance(table.index, pd.DatetimeIndex)
    assert (np.diff(table.index) == np.timedelta64(1, "D")).all()
    assert (table.index[0].date(), table.index[-1].date()) == (FIRST, LAST)
    assert set(table.dtypes) == {np.dtype(np.float64)}


def test_prices_is_nan_outside_a_coin_s_life_only():
    table = market.prices()
    present = table.notna()
    assert present.drop(columns=["AVAX", "LUNA"]).all(axis=None)
    for coin, first, last in (
        ("AVAX", "2020-09-24", "2023-12-31"),
        ("LUNA", "2020-01-01", "2022-05-27"),
    ):
        life = (table.index >= first) & (table.index <= last)
        assert (present[coin].to_numpy() == life).all()


def test_prices_takes_coins_in_the_order_asked_for():
    assert list(market.prices(["LINK", "BTC"]).columns) == ["LINK", "BTC"]
    assert list(market.prices("ETH").columns) == ["ETH"]
    assert list(market.prices(c for c in ("ETH", "ADA")).columns) == ["ETH", "ADA"]


@pytest.mark.parametrize(
    "day",
    ["2021-11-08", date(2021, 11, 8), datetime(2021, 11, 8, 17), pd.Timestamp("2021-11-08 09:30")],
)
def test_prices_takes_days_in_any_form_both_ends_included(day):
    table = market.prices("ETH", day, day)
    assert table.shape == (1, 1)
    assert table.loc["2021-11-08", "ETH"] == 4812.09


def test_prices_outside_the_data_is_the_part_inside_or_an_error():
    assert len(market.prices("BTC", "2019-12-30", "2020-01-02")) == 2
    assert len(market.prices("BTC", "2023-12-30", "2024-03-01")) == 2
    with pytest.raises(NotEnoughData, match="from 2024-01-01; prices run from 2020-01-01"):
        market.prices(start="2024-01-01")
    with pytest.raises(NotEnoughData, match="no data to 2019-12-31;"):
        market.prices(end="2019-12-31")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"coins": "SOL"}, UnknownCoin, r"no prices of 'SOL'; there are BTC, ETH, .*LUNA"),
        ({"coins": "eth"}, UnknownCoin, r"'eth' \(did you mean ETH\?\)"),
        ({"coins": ["ETH", "MATI"]}, UnknownCoin, r"'MATI' \(did you mean MATIC\?\)"),
        ({"coins": ["ETH", 3]}, UnknownCoin, "no prices of 3"),
        ({"coins": []}, InvalidInput, "coins is empty"),
        ({"coins": ["ETH", "ETH"]}, InvalidInput, "'ETH' twice"),
        ({"start": "2022-02-30"}, InvalidInput, "start must be a day such as .*'2022-02-30'"),
        ({"end": "today"}, InvalidInput, "end must be a day"),
        ({"end": 20220101}, InvalidInput, "end must be a day"),
        ({"start": pd.NaT}, InvalidInput, "start must be a day"),
        ({"start": "2022-03-01", "end": "2022-02-01"}, InvalidInput, "not be after end"),
    ],
)
def test_prices_and_returns_refuse_what_they_cannot_take(arguments, error, message):
    with pytest.raises(error, match=message):
        market.prices(**arguments)
    with pytest.raises(error, match=message):
        market.returns(**arguments)


def test_latest_prices_are_those_of_the_last_day_and_of_living_coins():
    latest = market.latest_prices()
    assert set(latest) == set(COINS) - {"LUNA"}
    assert latest["ETH"] == 2281.47
    assert {type(price) for price in latest.values()} == {float}


def test_latest_prices_of_another_day():
    assert set(COINS) - set(market.latest_prices("2020-09-23")) == {"AVAX"}
    assert market.latest_prices(date(2022, 5, 27))["LUNA"] == 0.000119
    assert "LUNA" not in market.latest_prices("2022-05-28")
    for day in ("2019-12-31", "2024-01-01"):
        with pytest.raises(NotEnoughData, match=f"no prices on {day}; they run from 2020-01-01"):
            market.latest_prices(day)


# Returns


def test_a_return_is_the_simple_change_from_the_day_before():
    closes, change = market.prices(), market.returns()
    assert change.shape == (1460, 11)
    assert (change.index == closes.index[1:]).all()
    for coin in ("BTC", "DOGE", "LUNA"):
        values = closes[coin].to_numpy()
        by_hand = np.array([b / a - 1 for a, b in pairwise(values)])
        np.testing.assert_allclose(change[coin], by_hand, rtol=1e-13, atol=1e-15)


def test_nothing_is_filled_at_the_ends_of_a_life():
    change = market.returns(["AVAX", "LUNA"])
    assert change["AVAX"].first_valid_index() == pd.Timestamp("2020-09-25")
    assert change["AVAX"].loc["2020-09-25":].notna().all()
    assert change["LUNA"].last_valid_index() == pd.Timestamp("2022-05-27")
    assert change["LUNA"].loc[:"2022-05-27"].notna().all()
    assert change.loc["2022-05-12", "LUNA"] == pytest.approx(-0.99669, abs=1e-5)


def test_a_gap_is_not_bridged():
    days = pd.date_range("2023-01-01", periods=5)
    closes = pd.DataFrame({"X": [1.0, 2.0, np.nan, 4.0, 5.0]}, index=days)
    change = Market(closes=closes, funding=pd.DataFrame()).returns()
    np.testing.assert_array_equal(change["X"], [1.0, np.nan, np.nan, 0.25])


def test_the_window_is_the_last_days_of_the_span():
    everything = market.returns("ETH")
    assert len(everything) == 1460
    pd.testing.assert_frame_equal(market.returns("ETH", window=365), everything.iloc[-365:])
    pd.testing.assert_frame_equal(market.returns("ETH", window=1460), everything)
    pd.testing.assert_frame_equal(
        market.returns("ETH", window=np.int64(2), end="2022-06-18"),
        everything.loc["2022-06-17":"2022-06-18"],
    )


@pytest.mark.parametrize("window", [0, -1, 2.5, "90", True, float("nan")])
def test_a_window_that_is_no_number_of_days_is_refused(window):
    with pytest.raises(InvalidInput, match="window must be a whole number of days >= 1"):
        market.returns("ETH", window=window)


def test_a_window_longer_than_the_data_is_refused():
    with pytest.raises(NotEnoughData, match="window is 1461 days, but there are 1460 returns"):
        market.returns("ETH", window=1461)
    with pytest.raises(NotEnoughData, match="no data to 2020-01-01"):
        market.returns("ETH", end="2020-01-01")


@given(st.integers(1, 1460), st.integers(1, 1460))
def test_returns_compound_to_the_ratio_of_closes(i, j):
    i, j = sorted((i, j))
    closes = market.prices("ADA")["ADA"]
    first, last = closes.index[i].date(), closes.index[j].date()
    change = market.returns("ADA", start=first, end=last)["ADA"]
    assert len(change) == (last - first).days + 1
    assert float((1 + change).prod()) == pytest.approx(closes.iloc[j] / closes.iloc[i - 1])


# Nothing handed out is shared


def test_changing_what_was_handed_out_changes_nothing_later():
    before = (
        market.prices(),
        market.returns(),
        market.funding_monthly(),
        market.latest_prices(),
        market.provenance(),
    )
    kept = json.dumps(before[4]), dict(before[3])
    frames = [market.prices(), market.prices("ETH"), market.returns(window=5)]
    for frame in frames:
        frame.iloc[:, :] = -1.0
        frame.columns = [f"x{i}" for i in range(frame.shape[1])]
        frame["new"] = 1.0
        frame.index.name = "spoilt"
    raw = market.prices().to_numpy()
    if raw.flags.writeable:
        raw[:] = -1.0
    funding = market.funding_monthly()
    funding["mean_8h"] = 0.0
    market.latest_prices().clear()
    facts = market.provenance()
    facts["funding"]["note"] = facts["span"] = "spoilt"
    for old, new in zip(
        before, (market.prices(), market.returns(), market.funding_monthly()), strict=False
    ):
        pd.testing.assert_frame_equal(old, new)
        assert old.index.name == new.index.name != "spoilt"
    assert (json.dumps(market.provenance()), market.latest_prices()) == kept


def test_a_market_does_not_share_what_it_was_made_from():
    days = pd.date_range("2023-01-01", periods=2)
    closes = pd.DataFrame({"X": [1.0, 2.0]}, index=days)
    funding = pd.DataFrame({"coin": ["X"]})
    made = Market(closes=closes, funding=funding)
    closes.iloc[0, 0] = 9.0
    funding.iloc[0, 0] = "Y"
    assert made.prices().iloc[0, 0] == 1.0
    assert made.funding_monthly().iloc[0, 0] == "X"
    assert closes.index.name is None
    assert made.prices().index.name == "date"


# Funding and provenance


def test_funding_is_a_table_by_month_and_coin():
    table = market.funding_monthly()
    assert list(table.columns) == ["month", "coin", "mean_8h", "min_8h", "max_8h", "settlements"]
    assert len(table) == 96
    assert table["month"].iloc[0] == pd.Timestamp("2020-01-01")
    assert table["settlements"].sum() == 2 * 3 * 1461
    march = table[(table["month"] == "2020-03-01") & (table["coin"] == "BTC")].iloc[0]
    assert (march["mean_8h"], march["min_8h"]) == (-5.719e-05, -0.003)
    assert "proxy" in market.FUNDING_NOTE
    assert market.provenance()["funding"]["note"] == market.FUNDING_NOTE


def test_provenance_is_computed_from_the_files():
    facts = market.provenance()
    folder = market.data_folder()
    assert facts["span"] == ("2020-01-01", "2023-12-31")
    assert facts["rows"] == 1461
    assert facts["coins"] == tuple(COINS)
    assert facts["source"] == market.PRICES_SOURCE
    for part in (facts, facts["funding"], facts["contracts"]):
        content = (folder / part["file"]).read_bytes()
        assert part["sha256"] == hashlib.sha256(content).hexdigest()
    assert facts["as_recorded"] is facts["funding"]["as_recorded"] is True
    assert facts["contracts"]["as_of"] == "collected 2026-11-22"
    json.dumps(facts)


def test_provenance_notices_that_a_file_was_changed(damage):
    folder = damage("prices.csv", "7200.17", "7200.18")
    facts = Market.from_folder(folder).provenance()
    assert facts["as_recorded"] is False
    assert facts["funding"]["as_recorded"] is True
    (folder / "SHA256SUMS").unlink()
    assert Market.from_folder(folder).provenance()["funding"]["as_recorded"] is False


# Contract terms


def test_a_contract_is_found_by_id_by_symbol_and_by_venue():
    terms = market.contract("binance:ETHUSD_PERP")
    assert isinstance(terms, ContractTerms)
    assert (terms.venue, terms.coin, terms.settle) == ("Binance COIN-M", "ETH", "ETH")
    assert (terms.multiplier, terms.funding_hours, terms.taker_fee) == (10.0, 8.0, 0.0005)
    for found in (
        market.contract("ETHUSD_PERP"),
        market.contract("ETHUSD_PERP", "binance"),
        market.contract("ETHUSD_PERP", venue="BINANCE coin-m"),
        market.contract("binance:ETHUSD_PERP", "binance"),
        market.contract("Binance COIN-M:ETHUSD_PERP"),
    ):
        assert found is terms


def test_an_unverified_figure_is_none_or_empty_and_never_zero():
    terms = market.contract("ETHUSD_PERP")
    assert (terms.maintenance_rates, terms.maintenance_floors, terms.tick_usd) == ((), (), None)
    mexc = market.contract("mexc:ETH_USD")
    assert (mexc.maker_fee, mexc.taker_fee, mexc.maintenance_basis) == (None, None, None)
    assert market.contract("deribit:BTC-PERPETUAL").maker_fee == 0.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("BTCUSD",), UnknownContract, "2 venues; say which: 'bybit:BTCUSD' or 'coinex:BTCUSD'"),
        (("ETHUSD",), UnknownContract, "'bybit:ETHUSD' or 'bitmex:ETHUSD' or 'coinex:ETHUSD'"),
        (("BTC_USD",), UnknownContract, "'mexc:BTC_USD' or 'gate:BTC_USD'"),
        (("ETHUSDPERP",), UnknownContract, r"did you mean ETHUSD_PERP.*binance:BTCUSD_PERP, "),
        (("ethusd_perp",), UnknownContract, r"did you mean ETHUSD_PERP"),
        (("binance:ETHUSD",), UnknownContract, r"at Binance COIN-M \(did you mean ETHUSDT or "),
        (("bybit:SOLUSD",), UnknownContract, "there are BTCUSD, ETHUSD, BTCUSDT, ETHUSDT$"),
        (("binance:BTCUSD_26122",), UnknownContract, "BTCUSD_YYMMDD, ETHUSD_YYMMDD$"),
        (("binance:BTCUSD_%y%m%d",), UnknownContract, "no contract"),
        (("deribit:BTC-25dec26",), UnknownContract, "BTC-DDMMMYY$"),
        (("okx:BTC-USD-261224",), InvalidInput, "on 2026-12-24, a Thursday; .* on a Friday"),
        (("bitfinex:X",), UnknownContract, r"no venue 'bitfinex'.*there are binance, .*weex"),
        (("X", "krakn"), UnknownContract, r"no venue 'krakn' \(did you mean kraken\?\)"),
        ((":BTCUSD",), UnknownContract, "no venue ''"),
        (("weex:BTCUSD",), UnknownContract, "WEEX: No coin-margined contract was found"),
        (("bybit:BTCUSD", "okx"), InvalidInput, "not at venue 'okx'"),
        (("",), InvalidInput, "named by its symbol or id"),
        ((None,), InvalidInput, "got None"),
        (("BTCUSD", 3), InvalidInput, "venue must be text"),
        (("bitmex:ETHUSD",), UnsupportedContract, "quanto.*venue is closed"),
        (("ETHUSD", "bitmex"), UnsupportedContract, r"pays \(exit - entry\) in BTC"),
        (("bingx:BTC-USD",), UnsupportedContract, "the face of one contract could not be verified"),
    ],
)
def test_a_contract_that_cannot_be_given_is_refused_with_the_reason(arguments, error, message):
    with pytest.raises(error, match=message):
        market.contract(*arguments)


def test_contracts_are_the_usable_ones_and_can_be_chosen():
    everything = market.contracts()
    assert len({terms.id for terms in everything}) == len(everything) == 21
    assert all(terms.kind == "inverse" and terms.settle == terms.coin for terms in everything)
    closed = [terms for terms in everything if terms.closed]
    assert [terms.id for terms in closed] == ["bitmex:XBTUSD"]
    assert "2026-09-23" in closed[0].closed
    assert set(everything) - set(market.contracts(open_only=True)) == set(closed)
    kraken = [terms.id for terms in market.contracts(venue="Kraken Futures")]
    assert kraken == ["kraken:PI_XBTUSD", "kraken:PI_ETHUSD"]
    assert [t.id for t in market.contracts(coin="ETH", venue="okx")] == ["okx:ETH-USD-SWAP"]
    assert market.contracts(coin="DOGE") == market.contracts(venue="weex") == ()
    with pytest.raises(UnknownContract, match="no venue"):
        market.contracts(venue="nowhere")


def test_linear_perpetuals_are_listed_apart_and_settle_in_dollars_of_some_kind():
    linear = market.contracts(kind="linear")
    assert [terms.id for terms in linear if terms.coin == "ETH"] == [
        "binance:ETHUSDT", "bybit:ETHUSDT", "okx:ETH-USDT-SWAP"
    ]  # fmt: skip
    assert {terms.settle for terms in linear} == {"USDT", "USDC", "USD"}
    assert all(terms.kind == "linear" and terms.expiry is None for terms in linear)
    assert market.contract("binance:BTCUSDT").venue == "Binance USD-M"
    assert market.contract("okx:ETH-USDT-SWAP").face == "0.1 ETH"
    with pytest.raises(InvalidInput, match="kind must be one of inverse, linear"):
        market.contracts(kind="dated")


@pytest.mark.parametrize(
    ("name", "expiry", "face"),
    [
        ("binance:BTCUSD_261225", date(2026, 12, 25), "100 USD"),
        ("ETHUSD_240329", date(2024, 3, 29), "10 USD"),
        ("okx:BTC-USD-270326", date(2027, 3, 26), "100 USD"),
        ("BTC-25DEC26", date(2026, 12, 25), "10 USD"),
        ("kraken:FI_XBTUSD_270326", date(2027, 3, 26), "1 USD"),
    ],
)
def test_a_dated_contract_is_named_by_the_day_of_its_expiry(name, expiry, face):
    terms = market.contract(name)
    assert (terms.expiry, terms.face, terms.kind) == (expiry, face, "inverse")
    assert name.partition(":")[2] in terms.id
    assert market.contract_figures(name)
    assert terms not in market.contracts()


def test_every_contract_has_its_date_and_source():
    for terms in (*market.contracts(), *market.contracts(kind="linear")):
        assert terms.as_of.startswith("collected 2026-11-22"), terms.id
        assert len(terms.source) > 10, terms.id
        found = market.contract_figures(terms.id)
        names = [figure.name for figure in found]
        assert len(set(names)) == len(names)
        for figure in found:
            assert figure.source in terms.source
            assert figure.text
            day = figure.as_of.removeprefix("collected ")
            assert date(2020, 1, 1) < date.fromisoformat(day) <= date(2026, 11, 22)
            if hasattr(terms, figure.name):
                assert getattr(terms, figure.name) == figure.value
        assert terms.doubtful == tuple(figure.name for figure in found if figure.doubtful)
    assert market.contract("deribit:ETH-PERPETUAL").as_of.endswith("documents of 2022-01-11")
    assert market.contract("bybit:BTCUSD").as_of.endswith("of 2025-11-25 to 2026-05-27")
    assert "XBTUSD" in {terms.symbol for terms in market.contracts()}


def test_a_figure_tells_its_own_date_source_note_and_doubt():
    found = {figure.name: figure for figure in market.contract_figures("binance:BTCUSD_PERP")}
    assert found["max_leverage"].as_of == "2021-07-27"
    assert found["max_leverage"].note == "20 for accounts younger than 60 days"
    assert found["tick_usd"].as_of == "collected 2026-11-22"
    assert "reconstructed" in found["maintenance_floors"].doubtful
    assert found["taker_fee"].text == "0.05%"
    assert found["multiplier"].text == "100"
    assert found["maintenance_basis"].text == "mark"
    assert found["maintenance_rates"].text.startswith("0.4%, 0.5%, 1%, 2.5%")
    assert found["maintenance_floors"].text == "0, 5, 10, 20, 50, 100, 200, 400, 1000"
    quanto = {figure.name: figure for figure in market.contract_figures("bitmex:ETHUSD")}
    assert quanto["multiplier"].value == 1e-6
    assert Figure(name="spread", value=0.5, as_of="", source="").text == "0.5"


def test_the_ladders_give_the_venues_published_amounts():
    """300 BTC on Binance: 12.5% less 11.605 BTC; Kraken: 1% of the first slice, 2% of the next."""
    binance = margin_tiers(market.contract("BTCUSD_PERP"), 50_000)
    assert binance is not None
    rate, amount = binance.lookup(300.0)
    assert (rate, round(amount, 9)) == (0.125, 11.605)
    kraken = margin_tiers(market.contract("PI_XBTUSD"), 50_000)
    assert kraken is not None
    assert kraken.maintenance_margin(20.0) * 50_000 == pytest.approx(500_000 * (0.01 + 0.02))
    coinex = margin_tiers(market.contract("coinex:ETHUSD"), 2_000)
    assert coinex is not None
    assert coinex.lookup(250.0)[0] == 0.01


@pytest.mark.parametrize(
    ("usd", "rate", "amount"),
    [(20_000, 0.004, 0), (100_000, 0.005, 50), (1e6, 0.0065, 950), (2e7, 0.02, 131_450),
     (9e7, 0.025, 481_450), (2e9, 0.5, 421_481_450)],
)  # fmt: skip
def test_the_linear_ladder_gives_the_deductions_that_its_source_prints(usd, rate, amount):
    tiers = margin_tiers(market.contract("binance:BTCUSDT"), 40_000)
    assert tiers is not None
    assert tiers.maintenance_margin(usd) == pytest.approx(usd * rate - amount)


def test_venues_says_who_has_what_and_who_has_nothing():
    found = {venue.key: venue for venue in market.venues()}
    assert len(found) == 12
    assert found["bitmex"].contracts == ("bitmex:XBTUSD", "bitmex:ETHUSD")
    assert "Closed on 2026-09-23" in found["bitmex"].note
    assert found["weex"].contracts == ()
    assert "No coin-margined contract" in found["weex"].note
    for venue in found.values():
        assert venue.name.split()[0].lower() == venue.key
        assert venue.source
        assert venue.as_of


# Damaged files


BAD_PRICES = [
    ("date,BTC", "day,BTC", "line 1: the header must be date"),
    ("date,BTC,ETH", "date,BTC,BTC", "line 1: the header must be date"),
    ("date,BTC,ETH", "date,,ETH", "line 1: the header must be date"),
    ("date,BTC", "\ndate,BTC", "expected 0"),
    ("7200.17", "72oo.17", "line 2, column 'BTC': '72oo.17' is no number"),
    ("7200.17", "nan", "line 2, column 'BTC': 'nan' is no number"),
    ("7200.17", "inf", "line 2, column 'BTC': 'inf' is no number"),
    ("7200.17", "7_200", "line 2, column 'BTC': '7_200' is no number"),
    ("7200.17", " 7200", "line 2, column 'BTC': ' 7200' is no number"),
    ("7200.17", "٧٢٠٠", "is no number"),
    ("7200.17", "=1+1", "line 2, column 'BTC': '=1+1' is no number"),
    ("7200.17", "-7200.17", "line 2, column 'BTC': a price must be > 0, got -7200.17"),
    ("7200.17", "0", "line 2, column 'BTC': a price must be > 0, got 0"),
    ("7200.17,", "7200.17,1,", "line 2: 13 values, expected 12"),
    ("7200.17", '"7200.17', "line"),
    ("2020-01-02", "2020-01-03", "line 3, column 'date': 2020-01-03 comes after 2020-01-01"),
    ("2020-01-02", "2019-12-31", "line 3, column 'date': 2019-12-31 comes after"),
    ("2020-01-02", "02.01.2020", "line 3, column 'date': '02.01.2020' is no day"),
    (",6985.47,", ",,", "line 4, column 'BTC': a price after a gap"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD_PRICES)
def test_a_damaged_price_table_names_the_file_and_the_place(damage, old, new, message):
    folder = damage("prices.csv", old, new)
    with pytest.raises(HedgeError) as caught:
        Market.from_folder(folder)
    assert str(folder / "prices.csv") in str(caught.value)
    assert message in str(caught.value)
    assert "restore the file" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("month,coin", "month,asset", "line 1: the header must be month,coin,"),
        ("2020-01,BTC", "2020-13,BTC", "line 2, column 'month': '2020-13' is no month"),
        ("2020-01,ETH", "2020-01,BTC", "line 3, column 'coin': 'BTC' twice or empty in 2020-01"),
        ("2020-01,BTC", "2020-01,", "line 2, column 'coin'"),
        ("0.00019566", "0.9", "line 2, column 'mean_8h': the mean is not between"),
        ("0.00019566", "x", "line 2, column 'mean_8h': 'x' is no number"),
        ("00108193,93", "00108193,93.5", "line 2, column 'settlements': 93.5 is no count"),
        ("00108193,93", "00108193,0", "line 2, column 'settlements': 0 is no count"),
        ("00108193,93", "00108193", "line 2: 5 values, expected 6"),
    ],
)
def test_a_damaged_funding_table_names_the_file_and_the_place(damage, old, new, message):
    folder = damage("funding_monthly.csv", old, new)
    with pytest.raises(HedgeError) as caught:
        Market.from_folder(folder)
    assert f"{folder / 'funding_monthly.csv'}, {message}" in str(caught.value)


@pytest.mark.parametrize("name", ["prices.csv", "funding_monthly.csv", "contracts.toml"])
@pytest.mark.parametrize("how", ["missing", "empty", "binary", "folder"])
def test_a_file_that_is_none_is_named(folder, name, how):
    path = folder / name
    path.unlink()
    if how == "empty":
        path.touch()
    elif how == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    elif how == "folder":
        path.mkdir()
    with pytest.raises(HedgeError) as caught:
        Market.from_folder(folder)
    assert str(path) in str(caught.value)


LADDER = "maintenance_floors = [0, 500000, 1000000, 3000000"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("collected = 2026-11-22", "collected = 2026-11-", "(at line "),
        ("collected = 2026-11-22", "", "the file: 'collected' is missing"),
        ("collected = 2026-11-22", "collected = 'today'", "collected: must be a date"),
        ("collected = 2026-11-22", "collected = 2026-11-22\nvenue = 1", "unknown key 'venue'"),
        ("dated = 2020-06-11", "dated = 'x'", "sources.binance-specification: 'dated' must be"),
        ("dated = 2020-06-11", "date = 2020-06-11", "unknown key 'date' (did you mean dated?)"),
        ('venue = "bybit"', 'venue = "bibit"', "contract bibit:BTCUSD: no venue 'bibit'"),
        ('symbol = "BTCUSD_PERP"', 'symbol = ""', "contract 1: 'symbol' is empty"),
        ('symbol = "BTCUSD_PERP"\n', "", "contract 1: 'symbol' is missing"),
        ('symbol = "BTCUSD_PERP"', "symbol = 5", "contract 1: 'symbol' must be text"),
        ('symbol = "ETHUSD_PERP"', 'symbol = "BTCUSD_PERP"', "appears twice"),
        ('kind = "inverse"', 'kind = "vanilla"', "kind must be inverse, linear or quanto"),
        ('settle = "BTC"', 'settle = "ETH"', "an inverse contract settles in its own coin"),
        ("multiplier = 100\n", "", "contract binance:BTCUSD_PERP: no multiplier"),
        ("multiplier = 100\n", "multiplier = 0\n", "contract binance:BTCUSD_PERP: multiplier"),
        ("multiplier = 100\n", "multiplier = -1\n", "figure 'multiplier': must be from 0"),
        ("multiplier = 100\n", "multiplier = nan\n", "figure 'multiplier': must be from 0"),
        ("multiplier = 100\n", "multiplier = true\n", "figure 'multiplier': must be a number"),
        ("multiplier = 100\n", "multiplier = '100'\n", "must be a number, got '100'"),
        ("multiplier = 100\n", "multiplier = [100]\n", "must be a number, got [100]"),
        ("multiplier = 100\n", "mulitplier = 100\n", "(did you mean multiplier?)"),
        ("value = 0.0001, s", "value = 1, s", "figure 'maker_fee': must be from -1 to below 1"),
        ('value = "mark", s', 'value = "last", s', "must be one of mark, entry, got 'last'"),
        ('value = "mark", s', "value = 1, s", "figure 'maintenance_basis': must be text"),
        ('source = "ccxt-fees" }', 'source = "ccxt" }', "figure 'maker_fee': no source 'ccxt'"),
        ('source = "ccxt-fees" }', "sauce = 1 }", "unknown key 'sauce' (did you mean source"),
        ('source = "ccxt-fees" }', "note = 1 }", "'note' must be text"),
        ("value = [0.004, ", "value = [", "needs as many maintenance_floors"),
        ("value = [0.004, ", "value = [0.4, ", "maintenance_rates must not turn round"),
        ("value = [125, 100, 50", "value = [25, 100, 50", "leverage_caps must not turn round"),
        (LADDER, LADDER.replace("[0,", "[1,"), "maintenance_floors must ascend from 0"),
        (LADDER, LADDER.replace("500000,", "3000000,"), "maintenance_floors must ascend"),
        (LADDER, LADDER.replace("500000,", "1000000,"), "maintenance_floors must ascend"),
        ("[venues.binance]", "[sources.unused]\nbook = 'x'\n[venues.binance]",
         "sources.unused: 'document' is missing"),
        ("maintenance_rates = [0.01, 0.02, 0.03, 0.05, 0.075, 0.125, 0.15, 0.2]\n"
         "initial_margin_rates = [0.02, 0.04, 0.06, 0.1, 0.15, 0.25, 0.3, 0.4]\n", "",
         "maintenance_floors has no rates or caps"),
        ('tier_unit = "usd"', "", "needs a tier_unit"),
        ('tier_unit = "usd"', 'tier_unit = "eur"', "must be one of coin, usd, got 'eur'"),
        ('name = "Bybit"', 'name = "By bit"', "its id would be 'by:BTCUSD'"),
        ('name = "Bybit"\n', "", "venues.bybit: 'name' is missing"),
    ],
)  # fmt: skip
def test_a_damaged_contract_file_names_the_file_and_the_place(damage, old, new, message):
    folder = damage("contracts.toml", old, new)
    with pytest.raises(HedgeError) as caught:
        Market.from_folder(folder)
    assert str(caught.value).startswith(f"{folder / 'contracts.toml'}: ")
    assert message in str(caught.value)


def test_a_rebate_is_a_negative_maker_fee(damage):
    folder = damage("contracts.toml", "value = 0.0001, s", "value = -0.00025, s")
    assert Market.from_folder(folder).contract("BTCUSD_PERP").maker_fee == -0.00025


# Names are text


def test_formulas_and_markup_in_names_are_only_text(damage):
    damage("prices.csv", "date,BTC,ETH", "date,=1+1,<script>alert(1)</script>")
    folder = damage("contracts.toml", 'symbol = "BTCUSD_PERP"', 'symbol = "<b>&x</b>"')
    found = Market.from_folder(folder)
    assert found.coins[:2] == ("=1+1", "<script>alert(1)</script>")
    assert found.prices("=1+1").iloc[0, 0] == 7200.17
    shown = found._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "=1+1" in shown
    terms = found.contract("binance:<b>&x</b>")
    assert "<b>" not in terms._repr_html_()
    with pytest.raises(UnknownContract, match="__import__"):
        found.contract("__import__('os')")


def test_a_market_shows_itself():
    assert repr(Market.bundled()) == (
        "Market(11 coins from 2020-01-01 to 2023-12-31, 39 contracts)"
    )
    cells = shown(Market.bundled())
    place = cells.index("LUNA")
    assert cells[place : place + 4] == ["LUNA", "2020-01-01", "2022-05-27", "0.000119"]


# A market of one's own


@pytest.mark.parametrize(
    ("closes", "message"),
    [
        (pd.DataFrame({"X": [1.0]}), "a row for each day"),
        (pd.DataFrame(index=pd.date_range("2023-01-01", periods=2)), "a column for each coin"),
        (pd.DataFrame({"X": [1.0, 2.0]}, index=pd.to_datetime(["2023-01-02", "2023-01-01"])),
         "days of closes must ascend"),
        (pd.DataFrame({"X": [1.0, 2.0]}, index=pd.to_datetime(["2023-01-02"] * 2)), "each once"),
        (pd.DataFrame({"X": [1.0, -2.0]}, index=pd.date_range("2023-01-01", periods=2)),
         "got -2.0 for X on 2023-01-02"),
        (pd.DataFrame({"X": [0.0]}, index=pd.date_range("2023-01-01", periods=1)), "got 0.0"),
        (pd.DataFrame({"X": [np.inf]}, index=pd.date_range("2023-01-01", periods=1)), "got inf"),
        (pd.DataFrame([[1.0, 2.0]], columns=["X", "X"],
                      index=pd.date_range("2023-01-01", periods=1)), "one column"),
    ],
)  # fmt: skip
def test_a_market_of_one_s_own_is_checked(closes, message):
    with pytest.raises(InvalidInput, match=message):
        Market(closes=closes, funding=pd.DataFrame())


def test_a_market_without_contracts_says_so():
    closes = pd.DataFrame({"X": [1.0]}, index=pd.date_range("2023-01-01", periods=1))
    own = Market(closes=closes, funding=pd.DataFrame())
    assert own.contracts() == own.venues() == ()
    with pytest.raises(UnknownContract, match="none is listed"):
        own.contract("ETHUSD_PERP")
    with pytest.raises(NotEnoughData):
        own.returns()


def test_a_listing_has_the_id_of_its_terms():
    listing = Listing(
        venue="bybit", symbol="X", kind="inverse", coin="X", settle="X", figures=(), terms=None
    )
    assert listing.id == "bybit:X"
    assert set(_datafiles._FIGURES) >= {"multiplier", "maintenance_rates"}
    fields = set(ContractTerms.__dataclass_fields__)
    for name, rule in _datafiles._FIGURES.items():
        assert rule.terms == (name in fields), name
