"""What goes wrong between here and a venue: asked again after a wait, or given up in a line."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import live
from hedgelib._extras import how_to_install
from hedgelib.errors import HedgeError, NotEnoughData, VenueError
from hedgelib.live import calls, data, fetching
from hedgelib.live.progress import Progress
from tests.venuetools import NOW, Clock, Fault, back, opening

BUSY = '{"retCode": 10006, "retMsg": "Too many visits. Exceeded the API Rate Limit."}'


def whole(served) -> bool:
    table = served.venue.world.spot
    found = served.fetch("BTC", offline=True).market.prices()["BTC"]
    return found.tolist() == [table["BTC"][back(130 - i)] for i in range(130)]


@pytest.mark.parametrize("path", ["instruments", "kline"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500, body="<html>oh</html>"),
        Fault("status", status=502),
        Fault("status", status=503, body="{}"),
        Fault("status", status=504),
        Fault("status", status=429, body="{}"),
        Fault("status", status=418, body="{}"),
        Fault("status", status=408),
        Fault("instead", body=BUSY),
        Fault("truncated"),
        Fault("broken"),
        Fault("dropped"),
    ],
    ids=lambda fault: f"{fault.kind}{fault.status}" if isinstance(fault, Fault) else fault,
)
def test_a_passing_fault_costs_one_wait_and_nothing_else(bybit, fault, path):
    fault.path = path
    bybit.venue.faults = [fault]
    bybit.fetch("BTC")
    assert bybit.clock.waits == [0.75]
    assert whole(bybit)


@pytest.mark.parametrize("key", ["binance", "okx", "deribit", "kraken"])
def test_every_venue_s_dialect_of_too_many_requests_is_understood(serve, key):
    served = serve(key)
    served.venue.faults = [
        Fault("status", status=429, body="{}", headers={"Retry-After": "7"}),
        Fault("status", status=503, body="x"),
    ]
    served.fetch("BTC")
    assert served.clock.waits == [7.5, 1.5]
    assert whole(served)


def test_waits_double_and_a_success_in_between_starts_them_anew(bybit):
    down = Fault("status", status=503, path="kline")
    bybit.venue.faults = [down, down, down, Fault("truncated", path="funding")]
    bybit.fetch("BTC")
    assert bybit.clock.waits == [0.75, 1.5, 3.0, 0.75]


def test_the_venue_s_own_wait_is_kept_to_the_second(bybit):
    date = format_datetime(NOW + timedelta(seconds=30), usegmt=True)
    bybit.venue.faults = [
        Fault("status", status=429, headers={"Retry-After": "17"}),
        Fault("status", status=503, headers={"Retry-After": date}),
        Fault("status", status=429, headers={"Retry-After": "soon"}),
    ]
    bybit.fetch("BTC")
    # 17.5 s of the 30 s had passed by then.
    assert bybit.clock.waits == [17.5, 13.0, 3.0]


def test_a_ban_is_not_waited_for_but_told_with_its_end(binance):
    binance.venue.faults = [
        Fault(
            "status", status=418, headers={"Retry-After": "7200"}, body="{}", path="dapi/v1/klines"
        )
    ]
    with pytest.raises(
        VenueError,
        match=r"^Binance COIN-M cannot be asked: too many requests \(418\); it asks to be left "
        r"alone until 2025-03-10 12:00 UTC; try again later, or .*--offline",
    ):
        binance.fetch("BTC")
    assert binance.clock.waits == []
    assert whole(binance), "what had come by then is kept"


@pytest.mark.parametrize("wait", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_beyond_all_clocks_is_told_in_a_line(bybit, wait):
    bybit.venue.faults = [Fault("status", status=429, headers={"Retry-After": wait})]
    with pytest.raises(VenueError, match=r"it asks to be left alone until 2026-03-11 "):
        bybit.fetch("BTC")
    assert bybit.clock.waits == []


def test_tries_are_bounded_and_what_had_come_is_kept(bybit):
    bybit.venue.faults = [Fault("status", status=502, path="funding")] * 50
    with pytest.raises(VenueError) as caught:
        bybit.fetch("BTC")
    text = str(caught.value)
    assert "Bybit cannot be asked: status 502, http://127.0.0.1" in text
    assert text.count("\n") == 0
    assert "/v5/market/funding/history, 6 times" in text
    assert "symbol=" not in text
    assert len(bybit.clock.waits) == 5
    assert len(bybit.venue.asked("funding")) == 6
    assert whole(bybit)
    bybit.venue.faults = []
    asked = bybit.requests_of(coins="BTC")
    assert not [path for path, _ in asked if "kline" in path], "only what is missing"
    assert [path for path, _ in asked if "funding" in path]


@pytest.mark.parametrize(("status", "body"), [(451, "{}"), (407, ""), (403, "no")])
def test_a_closed_door_is_not_knocked_at_again(binance, status, body):
    binance.venue.faults = [Fault("status", status=status, body=body)]
    with pytest.raises(VenueError, match=rf"Binance COIN-M refuses: status {status}"):
        binance.fetch()
    assert binance.clock.waits == []
    assert len(binance.venue.requests) == 1


def test_an_answer_that_is_no_table_costs_its_series_only(bybit):
    bybit.venue.faults = [Fault("instead", body="[1, 2]", path="funding")]
    found = bybit.fetch("BTC")
    assert len(found.failures) == 1
    assert found.failures[0].startswith("BTC funding (BTC/USD:BTC): ")
    assert whole(bybit)


def test_a_silent_venue_is_cut_off(bybit):
    bybit.venue.faults = [Fault("held", path="kline")]
    bybit.fetch("BTC", pace=bybit.clock.pace(timeout_seconds=1.0))
    assert bybit.clock.waits[:1] == [0.75]
    assert whole(bybit)


@contextmanager
def nobody():
    """Return a port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_no_connection_is_told_soon_and_the_cache_still_serves(bybit, monkeypatch, nothing_outside):
    there = bybit.fetch().market
    with nobody() as port:
        monkeypatch.setattr(fetching, "open_exchange", opening(port))
        with pytest.raises(VenueError, match=r"Bybit cannot be asked: no connection, .* 3 times"):
            bybit.fetch()
        assert bybit.clock.waits == [0.75, 1.5]
        nothing_outside.clear()
        monkeypatch.setattr(calls, "load_ccxt", lambda: pytest.fail("nobody needs ccxt offline"))
        bybit.clock.seconds += 3600
        for options in ({"offline": True}, {"max_age_hours": 2}):
            found = bybit.fetch(**options)
            assert found.market.prices().equals(there.prices())
            assert found.market.funding_monthly().equals(there.funding_monthly())
            assert not found.requested
            assert found.age == "60 minutes"
            assert [terms.id for terms in found.market.contracts()] == [
                terms.id for terms in there.contracts()
            ]
    assert not nothing_outside


def test_offline_without_a_cache_says_what_to_do(bybit, nothing_outside):
    with pytest.raises(
        NotEnoughData, match=r"fetch them first: hedgelib fetch --venue bybit --coins BTC,ETH$"
    ):
        bybit.fetch(["BTC", "ETH"], offline=True)
    assert not nothing_outside
    assert not bybit.cache.exists()


def test_without_ccxt_one_line_says_how_to_get_it(bybit, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ccxt", None)
    with pytest.raises(HedgeError) as caught:
        bybit.fetch()
    assert str(caught.value) == (
        f"live data needs ccxt, which is not installed; install it with: {how_to_install('ccxt')}"
    )


def test_a_ccxt_without_the_exchange_is_named():
    with pytest.raises(HedgeError, match=r"ccxt .* has no exchange 'nosuch'"):
        calls.open_exchange("nosuch", {}, venue="X", pace=calls.Pace(), hint=lambda _: None)


def test_ccxt_s_own_rate_limit_is_on_and_proxies_are_those_of_the_user():
    exchange = calls.open_exchange(
        "bybit", {}, venue="Bybit", pace=calls.Pace(), hint=lambda _: None
    )
    assert exchange.enableRateLimit is True
    assert exchange.session.trust_env is True
    assert exchange.timeout == 20_000
    assert not exchange.has["fetchCurrencies"]


def test_the_reason_of_a_wait_is_told(bybit, monkeypatch):
    told = []

    class Recorder(Progress):
        def hint(self, text):
            told.append(text)

    monkeypatch.setattr(data, "Progress", Recorder)
    bybit.venue.faults = [
        Fault("status", status=429, headers={"Retry-After": "8"}),
        Fault("truncated"),
        Fault("dropped"),
    ]
    bybit.fetch("BTC", days=10)
    assert told[0] == "too many requests (429): try 2 of 6 in 8 s"
    assert told[1] == "an answer cut short: try 3 of 6 in 2 s"
    assert told[2] == "no connection: try 4 of 6 in 3 s"
    assert told[3] == ""


@given(
    failures=st.integers(1, 200),
    chance=st.floats(0, 1),
    asked=st.none() | st.floats(0, 1e6),
)
def test_a_wait_is_what_was_asked_or_doubles_up_to_a_limit(failures, chance, asked):
    pace = live.Pace(chance=lambda: chance)
    wait = pace.wait_seconds(failures, asked)
    if asked is not None:
        assert asked <= wait <= asked + 1
    else:
        longest = min(120, 2 ** (failures - 1))
        assert longest / 2 <= wait <= longest


def test_the_clock_of_the_tests_only_runs_when_somebody_waits():
    clock = Clock()
    clock.sleep(5)
    assert clock.pace().now() == NOW.timestamp() + 5


def test_d_a_venue_that_drips_is_given_up(bybit):
    bybit.venue.faults = [Fault("drip")] * 50
    with pytest.raises(VenueError, match=r"Bybit cannot be asked: no answer in time, .*, 3 times"):
        bybit.fetch("BTC", pace=bybit.clock.pace(answer_seconds=0.3))
    assert len(bybit.venue.requests) == 3


def test_d_a_small_answer_that_unpacks_to_much_is_not_unpacked(bybit):
    bybit.venue.faults = [Fault("bomb")]
    with pytest.raises(VenueError, match=r"an answer too large to be one, http://127.0.0.1.*info;"):
        bybit.fetch("BTC", pace=bybit.clock.pace(answer_bytes=1_000_000))
    assert len(bybit.venue.requests) == 1


def test_d_a_whole_fetch_ends_in_time_though_each_request_is_answered(bybit):
    # Every second try is a wait that the venue asks for.
    busy = Fault("status", path="kline", status=429, body="{}", headers={"Retry-After": "100"})
    bybit.venue.faults = [busy] * 50
    started = bybit.clock.seconds
    with pytest.raises(VenueError) as caught:
        bybit.fetch("BTC", pace=bybit.clock.pace(total_seconds=240, tries=50))
    assert str(caught.value) == (
        "Bybit takes longer than 4 minutes for one whole fetch; what came is kept, so ask again "
        "and it goes on from there, or ask for fewer coins"
    )
    assert bybit.clock.seconds - started == pytest.approx(201)


def test_the_time_is_that_of_all_requests_together(serve):
    served = serve("kraken")
    clock = served.clock
    served.venue.faults = [
        Fault("status", path=path, status=503, body="x", headers={"Retry-After": "30"})
        for path in ("AssetPairs", "instruments", "OHLC", "charts")
    ]
    with pytest.raises(VenueError, match=r"takes longer than 1\.5 minutes for one whole fetch"):
        served.fetch("BTC", pace=clock.pace(total_seconds=90))
    assert clock.waits == [30.5, 30.5]
    served.venue.faults = []
    assert served.fetch("BTC").coins[0].closes == 130


def test_d_the_bytes_are_those_of_all_requests_together(bybit):
    pace = bybit.clock.pace(total_bytes=20_000)
    with pytest.raises(VenueError, match=r"^Bybit sends more than 0\.02 MB in one whole fetch; wh"):
        bybit.fetch(["BTC", "ETH", "ADA"], pace=pace)
    asked = len(bybit.venue.requests)
    assert asked > 3, "no single answer is so large"
    bybit.fetch(["BTC", "ETH", "ADA"])


@pytest.mark.parametrize("status", [403, 451])
def test_d_a_venue_that_is_not_served_here_names_others(bybit, status):
    bybit.venue.faults = [Fault("status", status=status, body="{}")]
    with pytest.raises(VenueError, match=r"not served where you are: .* such as kraken or okx"):
        bybit.fetch("BTC")
