"""Contract terms as a venue gives them, beside the bundled ones."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hedgelib import market
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.live.cache import Cache
from hedgelib.live.terms import LiveTerms
from hedgelib.live.venues import live_venue
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.dates import TODAY_VARIABLE
from tests.venuetools import FAKES, HOUR_MS, TODAY, back, ms


def figures(found, name: str) -> dict:
    return {figure.name: figure for figure in found.market.contract_figures(name)}


@pytest.mark.parametrize("key", FAKES)
def test_the_terms_of_every_venue_are_read_and_agree_with_the_bundled_ones(serve, key):
    served = serve(key)
    found = served.fetch(["BTC", "ETH"], days=30)
    bundled = market.contracts(venue=key, open_only=True)
    for old in bundled:
        if old.coin not in ("BTC", "ETH"):
            continue
        new = found.market.contract(old.id)
        assert (new.multiplier, new.coin, new.settle) == (old.multiplier, old.coin, old.settle)
        assert new.funding_hours == old.funding_hours
        assert new.closed == ""
        assert f"read {TODAY}" in new.as_of
        assert new.maker_fee is not None
        assert new.lot == 1
        assert new.tick_usd is not None
        assert new.tick_usd > 0
        assert old.maintenance_basis == new.maintenance_basis
    ids = {old.id for old in bundled if old.coin in ("BTC", "ETH")}
    differ = {one.figure for one in found.differences if one.contract in ids}
    # Bybit's fees are no answer of the venue, and the fake Kraken has a short ladder.
    ladder = {"maintenance_floors", "maintenance_rates", "initial_margin_rates"}
    assert differ == {"bybit": {"taker_fee"}, "kraken": ladder}.get(key, set())
    assert found.agreed > 3


def test_a_figure_that_changed_is_used_with_its_date_and_told(binance):
    binance.venue.extra["ETH"] = {
        "contractSize": 20,
        "filters": [{"filterType": "LOT_SIZE", "stepSize": "2"}],
    }
    found = binance.fetch(["ETH"], days=10)
    rows = {(one.contract, one.figure): one for one in found.differences}
    face = rows["binance:ETHUSD_PERP", "multiplier"]
    assert (face.bundled, face.live, face.used) == ("10", "20", "live")
    assert face.bundled_as_of == "collected 2026-11-22"
    assert face.live_source.startswith("Binance COIN-M's list of contracts, read through ccxt")
    terms = found.market.contract("binance:ETHUSD_PERP")
    assert (terms.multiplier, terms.lot) == (20, 2)
    figure = figures(found, "binance:ETHUSD_PERP")["multiplier"]
    assert (figure.as_of, figure.doubtful) == (str(TODAY), "")
    table = found.difference_rows()
    assert [
        "binance:ETHUSD_PERP",
        "multiplier",
        "10",
        "collected 2026-11-22",
        "20",
        "live",
    ] in table
    # What the venue does not say stays as it was collected.
    assert figures(found, "binance:ETHUSD_PERP")["max_leverage"].as_of == "2021-07-27"
    assert market.contract("binance:ETHUSD_PERP").multiplier == 10, "the bundled one is not touched"


def test_a_contract_that_does_not_trade_is_closed_with_its_status(binance):
    binance.venue.extra["ETH"] = {"contractStatus": "SETTLING"}
    found = binance.fetch(["BTC"], days=10)
    assert found.market.contract("binance:ETHUSD_PERP").closed == (
        f"status SETTLING at the venue on {TODAY}"
    )
    assert "binance:ETHUSD_PERP" not in {t.id for t in found.market.contracts(open_only=True)}
    status = {one.contract: one for one in found.differences if one.figure == "status"}
    assert status["binance:ETHUSD_PERP"].live == f"status SETTLING at the venue on {TODAY}"
    assert status["binance:SOLUSD_PERP"].live == f"not in the venue's list on {TODAY}"


def test_ccxt_s_own_fees_are_no_answer_of_the_venue(bybit):
    found = bybit.fetch(["BTC"], days=10)
    terms = found.market.contract("bybit:BTCUSD")
    assert terms.taker_fee == market.contract("bybit:BTCUSD").taker_fee == 0.00075
    (row,) = [one for one in found.differences if one.contract == "bybit:BTCUSD"]
    assert (row.figure, row.bundled, row.live, row.used) == (
        "taker_fee",
        "0.075%",
        "0.06%",
        "bundled",
    )
    assert "default fees in the source of ccxt" in row.live_source
    assert "0.06% (default of ccxt)" in found.difference_rows()[1]


def test_ccxt_s_smallest_order_is_not_taken_for_the_face(bybit):
    # ccxt 4.5.90 gives contractSize 5 here.
    bybit.venue.world.perp["ADA"] = dict(bybit.venue.world.spot["ADA"])
    found = bybit.fetch(["BTC", "ADA"], days=10)
    for name in ("bybit:BTCUSD", "bybit:ADAUSD"):
        assert found.market.contract(name).multiplier == 1
        assert "What is an inverse contract" in figures(found, name)["multiplier"].source
    assert "maker_fee" in found.market.contract("bybit:ADAUSD").doubtful


def test_the_funding_interval_is_read_off_the_payments_where_no_record_has_it(binance):
    binance.venue.world.pay("BTC", 4)
    found = binance.fetch(["BTC", "ETH"], days=20)
    assert found.market.contract("binance:BTCUSD_PERP").funding_hours == 4
    assert found.market.contract("binance:ETHUSD_PERP").funding_hours == 8
    figure = figures(found, "binance:BTCUSD_PERP")["funding_hours"]
    assert figure.source.startswith("the last 20 payments of BTC/USD:BTC, read through ccxt")
    assert figure.as_of == str(back(1))
    rows = [one for one in found.differences if one.figure == "funding_hours"]
    assert [(one.contract, one.bundled, one.live) for one in rows] == [
        ("binance:BTCUSD_PERP", "8", "4")
    ]


def test_deribit_s_funding_interval_is_the_one_it_quotes(serve):
    found = serve("deribit").fetch(["BTC"], days=10)
    assert found.market.contract("deribit:BTC-PERPETUAL").funding_hours == 8


def test_kraken_s_margin_levels_replace_the_bundled_ladder(serve):
    kraken = serve("kraken")
    terms = kraken.fetch(["BTC"], days=10).market.contract("kraken:PI_XBTUSD")
    assert terms.maintenance_floors == (0, 500_000, 1_000_000)
    assert terms.maintenance_rates == (0.01, 0.02, 0.03)
    assert terms.tier_unit == "usd"
    assert terms.maintenance_basis == "entry"
    found = kraken.fetch(["BTC"], days=10)
    row = next(row for row in found.difference_rows() if row[1] == "maintenance rates")
    assert row[2:5] == ["1%, 2%, … 20% (8)", "collected 2026-11-22", "1%, 2%, 3%"]


def test_a_new_contract_is_usable_and_one_without_a_face_is_refused(serve):
    okx = serve("okx")
    okx.venue.world.perp["LINK"] = dict(okx.venue.world.spot["LINK"])
    okx.venue.extra["ETH"] = {"ctValCcy": "ETH"}
    found = okx.fetch(["BTC"], days=10).market
    link = found.contract("okx:LINK-USD-SWAP")
    assert (link.multiplier, link.max_leverage, link.funding_hours) == (10, 100, None)
    assert found.contract("okx:ETH-USD-SWAP").multiplier == 10, "the bundled face stands"
    okx.venue.extra["LINK"] = {"ctVal": ""}
    again = okx.fetch(["BTC"], days=10).market
    listing = next(one for one in again.listings if one.symbol == "LINK-USD-SWAP")
    assert listing.refusal == "the venue's record has no face in USD"


@pytest.mark.parametrize("key", FAKES)
def test_a_record_with_nothing_in_it_reads_as_nothing(key):
    reading = live_venue(key).read({})
    assert reading.figures == {}
    assert not reading.trading


@pytest.mark.parametrize("key", FAKES)
@pytest.mark.parametrize("odd", ["", "abc", None, "NaN", "inf", [], {}])
def test_an_odd_figure_is_left_out(key, odd):
    fake = FAKES[key]()
    whole = live_venue(key).read(fake.perp_record("BTC")).figures
    assert whole
    record = fake.perp_record("BTC")
    for name, value in record.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number or (isinstance(value, str) and value.replace(".", "").isdigit()):
            record[name] = odd
        elif isinstance(value, dict):
            record[name] = dict.fromkeys(value, odd)
    found = live_venue(key).read(record).figures
    assert found.keys() < whole.keys()
    assert not any(isinstance(v, float) and math.isnan(v) for v in found.values())


def test_rates_of_a_month_are_kept_apart_from_the_next(bybit):
    bybit.venue.world.paid["BTC"] = {
        t: 0.0001 if t < ms(back(9)) else 0.0003
        for t in range(ms(back(30)), ms(TODAY), 8 * HOUR_MS)
    }
    table = bybit.fetch("BTC", days=20).market.funding_monthly()
    assert table["mean_8h"].tolist() == pytest.approx([0.0001, 0.0003])
    assert table["settlements"].tolist() == [33, 27]


def test_linear_terms_are_compared_as_the_inverse_ones_are(binance):
    binance.venue.extra["ETHUSDT"] = {
        "status": "SETTLING",
        "filters": [{"filterType": "LOT_SIZE", "stepSize": "0.01"}],
    }
    found = binance.fetch(["BTC", "ETH"], days=10)
    rows = {(one.contract, one.figure): one for one in found.differences}
    lot = rows["binance:ETHUSDT", "lot"]
    assert (lot.bundled, lot.live, lot.used) == ("0.001", "0.01", "live")
    eth, btc = (found.market.contract(f"binance:{coin}USDT") for coin in ("ETH", "BTC"))
    assert (eth.lot, eth.kind, eth.venue, eth.settle) == (0.01, "linear", "Binance USD-M", "USDT")
    assert eth.closed == f"status SETTLING at the venue on {TODAY}"
    assert (btc.closed, btc.tick_usd, btc.multiplier) == ("", 0.1, 1)
    assert f"read {TODAY}" in btc.as_of
    # What the venue does not say stays: margin, and the face in coins.
    assert btc.maintenance_rates == market.contract("binance:BTCUSDT").maintenance_rates
    assert ("binance:BTCUSDT", "lot") not in rows
    assert {t.id for t in found.market.contracts(kind="linear", open_only=True)} == {
        "binance:BTCUSDT"
    }


def test_a_linear_contract_that_is_not_listed_any_more_is_closed(serve):
    okx = serve("okx")
    okx.venue.linear = lambda coin: okx.venue.perp_record(coin)
    terms = okx.fetch(["BTC"], days=10).market.contract("okx:BTC-USDT-SWAP")
    assert terms.closed == f"not in the venue's list on {TODAY}"


def test_a_linear_face_in_coins_is_read(serve):
    found = serve("okx").fetch(["BTC"], days=10)
    terms = found.market.contract("okx:BTC-USDT-SWAP")
    assert (terms.multiplier, terms.lot, terms.closed) == (0.01, 0.01, "")
    assert f"read {TODAY}" in terms.as_of


def test_dated_terms_are_those_of_the_contract_that_the_venue_lists(serve):
    okx = serve("okx")
    okx.venue.extra["ETH"] = {"ctVal": "20"}
    found = okx.fetch(["BTC", "ETH"], days=10)
    terms = found.market.contract("okx:ETH-USD-250627")
    assert (str(terms.expiry), terms.closed) == ("2025-06-27", "")
    assert (terms.multiplier, terms.funding_hours) == (20, None)
    rows = {(one.contract, one.figure): one.live for one in found.differences}
    assert rows["okx:ETH-USD-250627", "multiplier"] == "20"
    # Friday as well, and not among those that are listed.
    gone = found.market.contract("okx:ETH-USD-250328")
    assert gone.closed == f"not in the venue's list on {TODAY}"
    # None of them is a perpetual.
    assert {t.id for t in found.market.contracts(open_only=True)} == {
        "okx:BTC-USD-SWAP",
        "okx:ETH-USD-SWAP",
    }
    (entry,) = [one for one in found.market.venues() if one.key == "okx"]
    assert all("SWAP" in name for name in entry.contracts)


def test_a_cache_of_before_keeps_the_bundled_terms_of_other_kinds(serve):
    okx = serve("okx")
    okx.fetch(["BTC"], days=10)
    state = Cache(okx.file("")).read()
    old = {
        symbol: {k: v for k, v in one.items() if k not in ("kind", "dated")}
        for symbol, one in state.terms.items()
        if symbol.endswith("-USD-SWAP")
    }
    terms = LiveTerms(live_venue("okx"), replace(state, terms=old))
    found = {one.id: one.terms for one in terms.listings}
    for name in ("okx:BTC-USDT-SWAP", "okx:BTC-USD-%y%m%d"):
        (bundled,) = [one for one in market.Market.bundled().listings if one.id == name]
        assert found[name] == bundled.terms


def test_a_report_takes_a_dated_contract_that_is_listed_and_not_expired(
    serve, tmp_path, monkeypatch
):
    monkeypatch.setenv(TODAY_VARIABLE, TODAY.isoformat())
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nADA,9000\n")
    data = serve("okx").fetch(["BTC", "ETH", "ADA"], days=400).market

    def report(symbol):
        given = {"portfolio": str(book), "live": "okx", "contract": f"okx:BTC-USD-{symbol}"}
        return build_report(ReportParameters(**given), data=data)

    assert report("250314").expiry.days == 4
    with pytest.raises(HedgeError, match="is closed: not in the venue's list on 2025-03-10"):
        report("250328")
    # Its day is that of the report: the last close is of the day before.
    monkeypatch.setenv(TODAY_VARIABLE, "2025-03-14")
    with pytest.raises(InvalidInput, match="expires on 2025-03-14, and the prices are of 2025-03-"):
        report("250314")
