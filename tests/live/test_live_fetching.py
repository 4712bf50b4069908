"""What comes from a venue is what happened there: paged, cleaned, and asked for once."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from hedgelib import live, market
from hedgelib.errors import InvalidInput, NotEnoughData, UnknownCoin, VenueError
from hedgelib.live import cache, fetching
from hedgelib.live.progress import Progress
from hedgelib.live.terms import funding_hours
from hedgelib.live.venues import LIVE_VENUES
from hedgelib.portfolio import Holding, Portfolio
from tests.venuetools import FAKES, HOUR_MS, NOW, TODAY, Fault, back, ms

DAYS = [back(130 - i) for i in range(130)]


def start_of(query: dict[str, str]) -> date | None:
    """Return the first day that a request asks for; one more before it is none to speak of."""
    for name, unit in (
        ("start", 1),
        ("startTime", 1),
        ("before", 1),
        ("start_timestamp", 1),
        ("since", 1000),
        ("from", 1000),
    ):
        if name in query:
            return cache.day_of(int(query[name]) * unit + HOUR_MS)
    return None


def test_every_venue_has_a_fake_and_bundled_terms():
    assert tuple(venue.key for venue in LIVE_VENUES) == live.VENUE_KEYS
    assert all(getattr(live, name) is not None for name in live.__all__)
    keys = {venue.key for venue in LIVE_VENUES}
    assert keys == set(FAKES)
    assert keys <= {venue.key for venue in market.venues()}
    assert all(
        venue.name == next(v.name for v in market.venues() if v.key == venue.key)
        for venue in LIVE_VENUES
    )


@pytest.mark.parametrize("key", FAKES)
def test_a_fetch_brings_what_happened_at_the_venue(serve, key):
    served = serve(key)
    found = served.fetch(days=400).market
    world, days = served.venue.world, [back(400 - i) for i in range(400)]
    assert found.coins == ("BTC", "ETH", "ADA")
    assert found.span == (back(400), back(1)), "today is not over"
    table = found.prices()
    assert table.index.name == "date"
    assert table.index.dtype == market.prices().index.dtype
    for coin in found.coins:
        assert table[coin].tolist() == [world.spot[coin][day] for day in days]
    perpetuals = found.perpetual_prices()
    assert list(perpetuals) == ["BTC", "ETH"]
    assert perpetuals["ETH"].tolist() == [world.perp["ETH"][day] for day in days]

    funding = found.funding_monthly()
    assert funding.dtypes.to_dict() == market.funding_monthly().dtypes.to_dict()
    assert list(funding) == list(market.funding_monthly())
    # OKX keeps three months.
    first = back(92) if key == "okx" else back(400)
    paid = {t: r for t, r in world.paid["BTC"].items() if ms(first) <= t < ms(TODAY)}
    assert funding.loc[funding["coin"] == "BTC", "settlements"].sum() == len(paid)
    month = ms(date(2025, 1, 1)), ms(date(2025, 2, 1))
    rates = [r * 8 / world.hours for t, r in paid.items() if month[0] <= t < month[1]]
    row = funding[(funding["coin"] == "BTC") & (funding["month"] == "2025-01-01")].iloc[0]
    assert row["settlements"] == len(rates) == 31 * 24 // world.hours
    assert row["mean_8h"] == pytest.approx(np.mean(rates), abs=1e-12)
    assert (row["min_8h"], row["max_8h"]) == pytest.approx((min(rates), max(rates)), abs=1e-12)


@pytest.mark.parametrize("key", FAKES)
def test_a_second_fetch_asks_for_no_series_and_the_next_day_for_that_day(serve, key):
    served = serve(key)
    served.fetch()
    quiet = {"time", "get_time", "exchangeInfo", "instruments", "instruments-info"}
    quiet |= {"get_instruments", "AssetPairs"}
    # Mark prices are those of now.
    quiet |= {"premiumIndex", "tickers", "mark-price", "ticker", "PI_XBTUSD", "PI_ETHUSD"}
    again = served.requests_of()
    assert {path.rsplit("/", 1)[-1] for path, _ in again} <= quiet

    tomorrow = TODAY + timedelta(days=1)
    served.clock.seconds += 86_400
    served.venue.now += timedelta(days=1)
    for table in (served.venue.world.spot, served.venue.world.perp):
        for closes in table.values():
            closes[TODAY], closes[tomorrow] = 1.5 * closes[back(1)], 77.0
    before = len(served.venue.requests)
    later = served.fetch()
    assert later.market.span[1] == TODAY
    # What the candle showed while the day was not over is nowhere.
    assert later.market.latest_prices()["BTC"] == pytest.approx(
        1.5 * served.venue.world.spot["BTC"][back(1)]
    )
    starts = [start_of(query) for path, query in served.venue.requests[before:]]
    assert {day for day in starts if day} <= {back(1), TODAY}
    assert TODAY in starts


def test_a_day_counts_two_minutes_after_its_end(bybit):
    def last(hour: int, minute: int) -> date:
        moment = datetime.combine(TODAY, datetime.min.time(), NOW.tzinfo)
        bybit.venue.now = moment.replace(hour=hour, minute=minute)
        bybit.clock.seconds = bybit.venue.now.timestamp()
        return bybit.fetch("BTC").market.span[1]

    assert last(0, 1) == back(2)
    assert last(0, 2) == back(1)


def test_more_days_are_asked_for_before_the_ones_there_are(bybit):
    bybit.fetch("BTC", days=100)
    asked = bybit.requests_of(coins="BTC", days=300)
    windows = [(int(q["start"]), int(q["end"])) for path, q in asked if path.endswith("/kline")]
    assert windows == [(ms(back(300)), ms(back(100)) - 1)] * 2
    assert len(bybit.fetch("BTC", days=300).market.prices()) == 300
    assert not [1 for path, _ in bybit.requests_of(coins="BTC", days=100) if "kline" in path]


def test_a_coin_listed_later_has_no_closes_before_and_is_not_asked_for_them_again(bybit):
    for day in [d for d in bybit.venue.world.spot["ADA"] if d < back(30)]:
        del bybit.venue.world.spot["ADA"][day]
    found = bybit.fetch()
    closes = found.market.prices("ADA")["ADA"]
    assert closes.notna().sum() == 30
    assert closes.first_valid_index().date() == back(30)
    assert not [q for path, q in bybit.requests_of() if "kline" in path]


def test_gaps_stay_gaps_and_returns_across_them_are_none(binance):
    for day in (back(50), back(10), back(9)):
        del binance.venue.world.spot["ADA"][day]
    found = binance.fetch()
    closes = found.market.prices("ADA")["ADA"]
    assert len(closes) == 130
    assert [day.date() for day in closes.index[closes.isna()]] == [back(50), back(10), back(9)]
    returns = found.market.returns("ADA")["ADA"]
    missing = [day.date() for day in returns.index[returns.isna()]]
    assert missing == [back(50), back(49), back(10), back(9), back(8)]
    row = next(one for one in found.coins if one.coin == "ADA")
    assert (row.closes, row.gaps) == (127, 3)
    assert "ADA" in found.market.latest_prices()


def test_a_close_that_is_late_is_asked_for_again(bybit):
    late = bybit.venue.world.spot["BTC"].pop(back(1))
    found = bybit.fetch("BTC")
    assert found.market.span[1] == back(2)
    bybit.venue.world.spot["BTC"][back(1)] = late
    assert bybit.fetch("BTC").market.latest_prices(back(1)) == {"BTC": late}


def test_an_empty_answer_is_no_end_of_the_series(binance):
    # Longer than a window: the answer for it is empty.
    for i in range(250):
        del binance.venue.world.spot["ADA"][back(20 + i)]
    closes = binance.fetch(days=400).market.prices("ADA")["ADA"]
    assert closes.notna().sum() == 150
    assert closes.iloc[0] == binance.venue.world.spot["ADA"][back(400)]


@pytest.mark.parametrize("key", ["binance", "bybit", "okx"])
def test_a_row_that_comes_twice_counts_once_and_hides_no_other(serve, key):
    served = serve(key)
    # A full page of twins has no room for the last days.
    served.venue.twice = {ms(day) for day in DAYS} | set(served.venue.world.paid["BTC"])
    found = served.fetch()
    assert found.market.prices()["ETH"].tolist() == [
        served.venue.world.spot["ETH"][day] for day in DAYS
    ]
    funding = found.market.funding_monthly()
    january = funding[(funding["month"] == "2025-01-01") & (funding["coin"] == "BTC")]
    assert january["settlements"].item() == 93
    assert found.notes == ()


def test_twins_that_differ_are_told_and_prices_that_are_none_leave_a_gap(bybit, monkeypatch):
    real = fetching.Asker.rows

    def odd(self, source, start, end):
        rows = real(self, source, start, end)
        if source.what != "spot":
            return rows
        last = rows[-1]
        return [(rows[0][0], 0.0), *rows[1:], (last[0], last[1] * 2)]

    monkeypatch.setattr(fetching.Asker, "rows", odd)
    found = bybit.fetch("BTC", days=30)
    assert found.notes == (
        f"BTC/USDT: no usable close on {back(30)}; a gap stays",
        f"BTC/USDT: {back(1)} came twice and differ; the last is used",
    )
    world = bybit.venue.world.spot["BTC"]
    assert found.market.latest_prices()["BTC"] == 2 * world[back(1)]
    assert found.market.span[0] == back(29)


@pytest.mark.parametrize("hours", [26, -26])
def test_a_skewed_clock_makes_no_close_of_a_day_that_is_not_over(bybit, hours):
    # The venue trades on in its own time; this machine's clock is wrong.
    bybit.clock.seconds += hours * 3600
    found = bybit.fetch("BTC")
    assert found.market.span[1] == (back(1) if hours > 0 else back(2))
    word = "ahead of" if hours > 0 else "behind"
    assert found.notes == (f"this machine's clock is 26 hours {word} that of Bybit; set it",)


def test_candles_of_days_to_come_are_left_out(binance):
    for i in range(1, 4):
        binance.venue.world.spot["BTC"][TODAY + timedelta(days=i)] = 1e9
    binance.venue.now += timedelta(days=3)
    found = binance.fetch("BTC")
    assert found.market.span[1] == back(1)
    assert found.market.prices().max().item() < 1e6
    assert "clock is 72 hours behind that of Binance COIN-M" in found.notes[0]


def test_a_venue_that_does_not_tell_the_time_is_taken_by_its_date_header(serve):
    kraken = serve("kraken")
    kraken.venue.now -= timedelta(days=2)
    assert kraken.fetch("BTC").market.span[1] == back(3)


def test_a_candle_of_another_day_than_utc_s_is_refused(bybit, monkeypatch):
    real = fetching.ms_of
    monkeypatch.setattr(type(bybit.venue), "candles", lambda *_: [(real(back(2)) + 57_600_000, 1)])
    with pytest.raises(NotEnoughData, match=r"begins at 16:00 UTC, not at midnight"):
        bybit.fetch("BTC")


def test_a_delisted_perpetual_keeps_what_it_had_and_says_so(bybit):
    before = bybit.fetch().market.perpetual_prices("ETH")
    bybit.venue.delisted = {"ETH"}
    found = bybit.fetch()
    assert found.market.perpetual_prices("ETH").equals(before)
    note = f"Bybit does not list ETH/USD:ETH any more ({TODAY}); what it had stays"
    assert [one.note for one in found.coins] == ["", note, ""]
    assert f"ETH: {note}" in found.remarks()
    assert "ETH" in set(found.market.funding_monthly()["coin"])
    terms = found.market.contract("bybit:ETHUSD")
    assert terms.closed == f"not in the venue's list on {TODAY}"

    bybit.venue.delisted = set()
    assert [one.note for one in bybit.fetch().coins] == ["", "", ""]


def test_a_delisted_coin_ends_where_it_ended_and_the_others_go_on(bybit):
    bybit.fetch(days=50)
    bybit.venue.gone = {"ADA"}
    bybit.venue.now += timedelta(days=1)
    bybit.clock.seconds += 86_400
    found = bybit.fetch(days=50).market
    assert found.span == (back(49), TODAY)
    assert "ADA" not in found.latest_prices()
    assert found.latest_prices(back(1))["ADA"] == bybit.venue.world.spot["ADA"][back(1)]


def test_a_symbol_the_venue_lists_but_refuses_costs_only_itself(bybit, monkeypatch):
    real = type(bybit.venue).coin

    def refusing(self, symbol, coins, ending):
        return real(self, "NONE" if symbol == "ADAUSDT" else symbol, coins, ending)

    monkeypatch.setattr(type(bybit.venue), "coin", refusing)
    found = bybit.fetch()
    assert found.market.coins == ("BTC", "ETH")
    assert len(found.failures) == 1
    assert found.failures[0].startswith("ADA closes (ADA/USDT): ")
    assert found.missing == ("ADA",)
    with pytest.raises(VenueError, match=r"Bybit gave no closes of ADA: ADA closes \(ADA/USDT\)"):
        market.live("bybit", ["BTC", "ADA"], cache=bybit.cache, days=130)
    # It is no harm where ADA is only one of a book.
    book = Portfolio(holdings=(Holding(coin="ADA", value_usd=1.0),))
    known = market.live("bybit", portfolio=book, cache=bybit.cache, days=130)
    assert known.coins == ("BTC", "ETH")


@pytest.mark.parametrize(("key", "what"), [("bybit", "index"), ("deribit", "perpetual")])
def test_without_a_spot_market_closes_come_from_the_index_or_the_perpetual(serve, key, what):
    served = serve(key)
    served.venue.gone = {"BTC"}
    found = served.fetch("BTC", days=30)
    assert found.coins[0].source == f"BTC/USD:BTC {what}"
    assert f"BTC/USD:BTC ({what})" in found.market.provenance()["source"]
    world = served.venue.world
    table = world.spot if what == "index" else world.perp
    assert found.market.latest_prices()["BTC"] == table["BTC"][back(1)]


def test_closes_stay_with_their_market_while_it_is_listed_and_never_mix_two(bybit):
    bybit.venue.gone = {"BTC"}
    assert bybit.fetch("BTC", days=30).coins[0].source == "BTC/USD:BTC index"
    bybit.venue.gone = set()
    assert bybit.fetch("BTC", days=30).coins[0].source == "BTC/USD:BTC index"
    bybit.venue.delisted = {"BTC"}
    found = bybit.fetch("BTC", days=30)
    assert found.coins[0].source == "BTC/USDT spot"
    assert (
        "BTC closes now come from BTC/USDT (spot), not from BTC/USD:BTC (index)" in found.notes[0]
    )
    assert bybit.file("close-BTC.csv").read_text().count("\n") == 31


def test_a_payment_is_for_the_hours_since_the_one_before(serve):
    bybit = serve("bybit")
    # From eight hours to four in the middle of a month: the mean is of hours, not of payments.
    change = ms(date(2025, 2, 15))
    paid = dict.fromkeys(range(ms(back(60)), change + 1, 8 * HOUR_MS), 0.0001)
    paid |= dict.fromkeys(range(change + 4 * HOUR_MS, ms(TODAY), 4 * HOUR_MS), 0.0002)
    bybit.venue.world.paid["BTC"] = paid
    table = bybit.fetch("BTC", days=50).market.funding_monthly()
    row = table[table["month"] == "2025-02-01"].iloc[0]
    # 14 days at 0.0001 per 8 hours, and 14 days at 0.0002 per 4 hours, which is 0.0004 per 8.
    assert row["mean_8h"] == pytest.approx((14 * 0.0001 + 14 * 0.0004) / 28, rel=0.01)
    assert row["max_8h"] == pytest.approx(0.0004)
    terms = bybit.fetch("BTC", days=50).market.contract("bybit:BTCUSD")
    assert terms.funding_hours == 8, "Bybit's own record says so, and comes first"


def test_deribit_is_paid_by_the_hour_and_not_eightfold(serve):
    deribit = serve("deribit")
    deribit.venue.world.paid["BTC"] = dict.fromkeys(
        range(ms(back(40)), ms(TODAY), HOUR_MS), 0.0001 / 8
    )
    table = deribit.fetch("BTC", days=30).market.funding_monthly()
    assert table["mean_8h"].tolist() == pytest.approx([0.0001] * len(table))


def test_a_portfolio_s_coins_are_asked_for_as_far_as_the_venue_has_them(bybit, tmp_path):
    file = tmp_path / "book.csv"
    file.write_text("coin,quantity\nada,10\nMYCOIN,5\n../../x,1\n")
    found = bybit.fetch(None, portfolio=file, days=40)
    assert found.market.coins == ("BTC", "ETH", "ADA")
    notes = {one.coin: one.note for one in found.coins}
    assert notes["MYCOIN"] == notes["../../X"] == "no market at the venue"
    assert {path.name for path in bybit.cache.iterdir()} == {"bybit"}
    book = Portfolio(holdings=(Holding(coin="LINK", value_usd=1.0),))
    assert bybit.fetch("ETH", portfolio=book, days=40).market.coins == ("ETH", "BTC", "LINK")


def test_a_coin_that_the_venue_does_not_have_is_named(bybit):
    with pytest.raises(UnknownCoin, match=r"Bybit has no spot market .*'LINC' \(did you mean LINK"):
        bybit.fetch(["BTC", "LINC"])


def test_names_of_coins_cannot_leave_the_cache(bybit):
    for name in ("A/../../B", "=A1", "C:D"):
        bybit.venue.world.spot[name] = dict(bybit.venue.world.spot["ADA"])
    found = bybit.fetch(["BTC", "A/../../B", "=A1", "C:D"], days=5)
    assert len(found.market.coins) == 4
    folder = bybit.file("")
    names = {path.name for path in folder.iterdir()}
    assert {"close-A%2F..%2F..%2FB.csv", "close-%3DA1.csv", "close-C%3AD.csv"} <= names
    assert bybit.fetch(["=A1"], days=5, offline=True).market.coins == ("=A1",)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"coins": []}, "coins is empty"),
        ({"coins": ["BTC", ""]}, "must be tickers such as BTC, got ''"),
        ({"coins": [7]}, "got 7"),
        ({"coins": "BTC", "days": 1}, "days must be >= 2, got 1"),
        ({"coins": "BTC", "days": 2.5}, "days must be a whole number"),
        ({"coins": "BTC", "max_age_hours": -1}, "max_age_hours must be"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(nothing_outside, options, says):
    with pytest.raises(InvalidInput, match=says):
        live.fetch("bybit", **options)
    with pytest.raises(InvalidInput, match=r"'bybitt' \(did you mean bybit\?\); there are binance"):
        live.fetch("bybitt", "BTC")
    assert not nothing_outside


def test_the_market_serves_what_a_report_needs(bybit):
    found = bybit.fetch().market
    assert found.returns(window=120).shape == (120, 3)
    assert [terms.id for terms in found.contracts(open_only=True)] == [
        "bybit:BTCUSD",
        "bybit:ETHUSD",
    ]
    assert [venue.name for venue in found.venues()] == ["Bybit"]
    facts = found.provenance()
    assert facts["span"] == (str(back(130)), str(back(1)))
    assert facts["source"] == (
        "daily closes (UTC) from Bybit through ccxt 4.5.90, fetched 2025-03-10 10:00 UTC, less "
        "than a minute old: BTC/USDT (spot), ETH/USDT (spot), ADA/USDT (spot); USDT taken for USD"
    ).replace("4.5.90", facts["ccxt"])
    bybit.clock.seconds += 3 * 3600
    later = bybit.fetch(offline=True).market.provenance()
    assert "10:00 UTC, 3 hours old" in later["source"]
    assert later["age_hours"] == 3.0
    # The same data have the same hash, and other data another.
    assert later["sha256"] == facts["sha256"]
    assert bybit.fetch(days=30).market.provenance()["sha256"] != facts["sha256"]


def test_offline_a_coin_that_is_not_in_the_cache_is_named(bybit):
    bybit.fetch("BTC", days=20)
    with pytest.raises(NotEnoughData, match=r"no closes of ADA in .* --coins ADA$"):
        bybit.fetch(["BTC", "ADA"], days=20, offline=True)


def test_days_without_a_close_are_no_market(bybit):
    for i in range(1, 11):
        del bybit.venue.world.spot["BTC"][back(i)]
    assert bybit.fetch("BTC", days=20).market.span[1] == back(11)
    with pytest.raises(NotEnoughData, match=rf"no close of BTC from {back(5)} to .* more days"):
        bybit.fetch("BTC", days=5)


def test_the_data_show_themselves_in_a_notebook_and_only_as_text(bybit):
    name = "<img>"
    bybit.venue.world.spot[name.upper()] = dict(bybit.venue.world.spot["ADA"])
    page = bybit.fetch(["BTC", name], days=5)._repr_html_()
    assert "&lt;IMG&gt;/USDT spot" in page
    assert "<IMG" not in page
    assert "asked less than a minute ago" in page
    assert "0.06% (default of ccxt)" in page
    assert "refused" not in page
    bybit.venue.delisted = {"BTC"}
    assert "does not list BTC/USD:BTC any more" in bybit.fetch("BTC", days=5)._repr_html_()


def test_the_progress_is_one_line_in_a_terminal_and_nothing_elsewhere(bybit, capsys):
    bybit.fetch("BTC", days=130)
    assert capsys.readouterr().err == ""
    bybit.clock.seconds += 86_400
    bybit.venue.now += timedelta(days=1)
    bybit.venue.faults = [Fault("status", status=503, path="kline")]
    bybit.fetch(["BTC", "ADA"], days=131, progress=True)
    shown = capsys.readouterr().err
    assert "\n" not in shown
    steps = [step.strip() for step in shown.split("\r") if step.strip()]
    assert steps[0] == "Bybit: asking for its markets"
    assert any(step.startswith("Bybit BTC closes:   0%") and "/134 days" in step for step in steps)
    assert any("status 503: try 2 of 6 in 1 s" in step for step in steps)
    assert any(step.startswith("Bybit ADA closes:") for step in steps)
    with Progress("Bybit", True) as progress:
        progress.say("another fetch is at work")
    assert "hedgelib: another fetch is at work\n" in capsys.readouterr().err


def test_the_door_in_market_gives_the_same_market(bybit):
    found = market.live("Bybit", ["BTC"], cache=bybit.cache, days=20)
    assert isinstance(found, market.Market)
    assert found.prices().equals(bybit.fetch("BTC", days=20).market.prices())


def test_the_names_of_the_venues_cost_nothing_to_load():
    code = (
        "import sys, hedgelib.live; assert hedgelib.live.VENUE_KEYS; "
        "assert not {'pandas', 'ccxt', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    with pytest.raises(AttributeError, match=r"'hedgelib\.live' has no attribute 'fetsh'"):
        _ = live.fetsh


def test_bundled_data_have_no_prices_of_perpetuals():
    with pytest.raises(NotEnoughData, match=r"market\.live"):
        market.Market.bundled().perpetual_prices()


def test_perpetual_prices_name_an_unknown_coin(bybit):
    found = bybit.fetch(days=20).market
    with pytest.raises(UnknownCoin, match=r"'ADA'.*there are BTC, ETH"):
        found.perpetual_prices("ADA")
    assert found.perpetual_prices("BTC", back(3), back(2)).shape == (2, 1)


def test_a_list_of_markets_that_is_empty_or_unreadable_is_an_error_in_a_line(serve, monkeypatch):
    bybit = serve("bybit")
    monkeypatch.setattr(bybit.venue, "instruments", lambda _: bybit.venue.good({"list": []}))
    with pytest.raises(VenueError, match="Bybit lists no market that can be used"):
        bybit.fetch()
    binance = serve("binance")
    monkeypatch.setattr(binance.venue, "spot_record", lambda _: {"baseAsset": "BTC"})
    with pytest.raises(VenueError, match=r"Binance COIN-M lists its markets in a way that ccxt"):
        binance.fetch()


def test_a_gap_in_the_payments_lengthens_no_interval():
    times = np.array([0, 8, 16, 48, 56]) * HOUR_MS
    assert funding_hours(times.tolist()) == [8.0] * 5
