"""What a ticker stands for, and the dated table that says so."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgelib as h
from hedgelib import market
from hedgelib.coins import names_to_price
from tests.strategies import check_value_object, refused

BUNDLED = frozenset(market.Market.bundled().coins)
TABLE = tomllib.loads((market.data_folder() / "coins.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("coin", "tickers"),
    [
        ("ETH", "WETH stETH wstETH rETH cbETH BETH WBETH ETH2 ETH2.S XETH ETH.F ETH-USD ETHUSDT"),
        ("BTC", "WBTC cbBTC BTCB XBT XXBT XBT.M LDBTC BTC/USDT XBTUSD xxbt"),
        ("ADA", "LDADA ADA.S ADA-USD ADAUSDT ADA_USDC ADA/USD ada"),
        ("DOT", "DOT.S DOT28.S DOT.B"),
        ("SOL", "SOL03.S WSOL"),
        ("MATIC", "POL MATIC WPOL WMATIC LDPOL POLUSDT"),
        ("S", "FTM S WS wFTM"),
        ("DOGE", "XDG XXDG"),
        ("USD", "USD ZUSD USD.HOLD USD.M"),
        ("USDT", "USDT LDUSDT USDT.F USDT-USD"),
        # Coins whose names only look like it.
        *((coin, coin) for coin in ("LDO", "XTZ", "ZRX", "XLM", "XRP", "SUSDE", "EUR", "STX")),
        *((coin, coin) for coin in ("CARDANO", ".S", "-USD", "USD-", "LD", "A/", "XBTZUSD")),
    ],
)
def test_a2_what_a_ticker_stands_for(coin, tickers):
    for ticker in tickers.split():
        assert h.read_coin(ticker, BUNDLED).coin == coin, ticker


@pytest.mark.parametrize(
    ("ticker", "text"),
    [
        ("weth", "WETH read as ETH (wrapped)"),
        ("wstETH", "WSTETH read as ETH (staked, 1 is about 1.21 as of 2025-09)"),
        ("ETH2.S", "ETH2.S read as ETH (earning at an exchange)"),
        ("XXBT", "XXBT read as BTC (an exchange's symbol)"),
        ("POL", "POL read as MATIC (renamed)"),
        ("ADA-USD", "ADA-USD read as ADA (a market)"),
        ("USDT", "USDT is cash"),
        ("ZUSD", "ZUSD read as USD (an exchange's symbol), cash"),
        ("ADA", ""),
        ("NOBODYS", ""),
    ],
)
def test_a2_a_reading_says_what_was_done(ticker, text):
    assert h.read_coin(ticker, BUNDLED).text == text


def test_a2_what_has_prices_of_its_own_is_taken_as_it_is_written():
    priced = {"BTC", "ETH", "STETH", "WSTETH", "POL", "LDADA", "ADA-USD", "ADA.S", "WETH", "USDT"}
    for ticker in ("STETH", "WSTETH", "POL", "LDADA", "ADA-USD", "ADA.S"):
        assert h.read_coin(ticker, priced).text == "", ticker
    # A pure wrapper and cash would only be measured with noise.
    assert h.read_coin("WETH", priced).coin == "ETH"
    assert h.read_coin("USDT", priced).is_cash


def test_a2_a_renamed_coin_goes_by_the_name_that_has_prices():
    def coin(ticker, *priced):
        return h.read_coin(ticker, priced).coin

    assert [coin("MATIC", "POL"), coin("POL", "MATIC")] == ["POL", "MATIC"]
    assert [coin("MATIC", "POL", "MATIC"), coin("POL", "POL", "MATIC")] == ["MATIC", "POL"]
    assert [coin("FTM", "BTC"), coin("S", "BTC")] == ["S", "S"]
    assert [coin("FTM"), coin("MATIC"), coin("POL")] == ["FTM", "MATIC", "POL"]


def test_a4_cash_is_cash_in_any_case():
    tickers = "USDT usdc DAI FDUSD TUSD USD ZUSD PYUSD BUSD USDD GUSD USDP crvUSD GHO USDe"
    for ticker in tickers.split():
        assert h.read_coin(ticker).is_cash, ticker
    for ticker in ("BTC", "EUR", "SUSDE", "USDTX", "UST"):
        assert not h.read_coin(ticker, BUNDLED).is_cash, ticker


def test_names_that_prices_are_asked_for_under():
    assert names_to_price("ADA") == ("ADA",)
    assert names_to_price("POL") == ("POL", "MATIC")
    assert names_to_price("wstETH") == ("ETH", "WSTETH")
    assert names_to_price("LDADA") == ("ADA",)
    assert names_to_price("XXBT") == ("BTC",)
    assert names_to_price("usdt") == names_to_price("ZUSD") == ()


def test_a_name_suggests_its_ticker():
    assert [h.ticker_of(name) for name in ("Cardano", "CHAINLINK", " usd coin ")] == [
        "ADA", "LINK", "USDC",
    ]  # fmt: skip
    assert [h.ticker_of(name) for name in ("ADA", "bnb", "no such coin")] == [None] * 3


def test_what_is_no_ticker():
    for odd in (None, 7, b"ETH", ["ETH"]):
        with refused(f"ticker must be text such as 'WETH', got {odd!r}"):
            h.read_coin(odd)
        with refused(f"name must be text such as 'Cardano', got {odd!r}"):
            h.ticker_of(odd)


@given(st.text(max_size=12), st.sets(st.sampled_from(sorted(BUNDLED))))
def test_any_text_has_a_reading(ticker, priced):
    found = h.read_coin(ticker, priced)
    assert found.written == ticker.strip().upper()
    assert found.coins > 0
    assert h.read_coin(found.coin, priced).coin == found.coin
    assert (found.kind == "as written") == (found.coin == found.written)


def test_a_reading_is_a_value():
    check_value_object(h.CoinReading)


# The table


def test_the_table_is_dated_and_names_its_sources():
    assert TABLE["collected"] >= date(2026, 11, 28)
    for group in ("wrapped", "staked", "exchange", "cash"):
        assert TABLE[group]["source"]
    assert TABLE["earning"]["prefix_source"]
    assert TABLE["earning"]["suffix_source"]
    for entry in TABLE["staked_at_a_rate"].values():
        # A rate is only ever above 1: rewards were added.
        assert entry["source"].startswith("approximate")
        assert 1 < entry["coins"] < 1.5
        assert date.fromisoformat(entry["as_of"] + "-01") < TABLE["collected"]
    for pair in TABLE["renamed"]:
        assert pair["source"]
        assert pair["since"] < TABLE["collected"]


def test_no_ticker_of_the_table_stands_twice():
    listed = [
        ticker
        for group in ("wrapped", "staked", "exchange")
        for name, tickers in TABLE[group].items()
        if name != "source"
        for ticker in tickers
    ]
    listed += [*TABLE["staked_at_a_rate"], *TABLE["cash"]["tickers"]]
    listed += [pair[name] for pair in TABLE["renamed"] for name in ("old", "new")]
    assert len(set(listed)) == len(listed)
    assert [ticker for ticker in listed if ticker != ticker.upper()] == []
    assert BUNDLED - {"MATIC"} <= {*TABLE["names"].values()}
    assert not BUNDLED & set(listed) - {"MATIC"}
