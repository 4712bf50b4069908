"""The cache: whole or not there, resumable, and shared by processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgelib import live
from hedgelib.errors import HedgeError, NotEnoughData, VenueError
from hedgelib.live import cache as caching
from hedgelib.live import data
from hedgelib.live.cache import Cache, Series, State
from hedgelib.live.progress import Progress
from hedgelib.portfolio import Holding, Portfolio
from tests.labtools import PATIENCE_SECONDS
from tests.venuetools import TODAY, back, ms


def a_series(**changes) -> Series:
    given_ = {
        "kind": "close",
        "coin": "BTC",
        "symbol": "BTC/USDT",
        "what": "spot",
        "times": np.array([ms(date(2025, 1, 1)), ms(date(2025, 1, 3))]),
        "amounts": np.array([1.5, 0.1 + 0.2]),
        "asked_from": date(2025, 1, 1),
        "asked_through": date(2025, 1, 4),
        "asked": datetime(2025, 1, 5, 12, tzinfo=UTC),
    }
    return Series(**{**given_, **changes})


def filled(folder: Path, *series: Series) -> Cache:
    folder.mkdir(parents=True, exist_ok=True)
    cache = Cache(folder)
    cache.write_markets(terms={}, absent={}, asked=datetime(2025, 1, 5, tzinfo=UTC), ccxt="4")
    for one in series:
        cache.write(one)
    return cache


def same(one: Series, other: Series) -> bool:
    return one.text() == other.text() and all(
        getattr(one, name) == getattr(other, name)
        for name in ("kind", "coin", "symbol", "what", "asked_from", "asked_through", "asked")
    )


def test_a_series_is_a_csv_file_that_any_program_reads(tmp_path):
    cache = filled(tmp_path, a_series())
    assert cache.file("close-BTC").read_text() == (
        "date,close_usd\n2025-01-01,1.5\n2025-01-03,0.30000000000000004\n"
    )
    assert same(Cache(tmp_path).read().series["close-BTC"], a_series())


@settings(deadline=None, max_examples=30)
@given(
    times=st.lists(st.integers(0, 60_000), unique=True).map(sorted),
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["close", "funding"]),
    coin=st.text(min_size=1, max_size=12),
)
def test_what_is_written_is_read(tmp_path_factory, times, seed, kind, coin):
    step = caching.DAY_MS if kind == "close" else 60_000
    amounts = np.random.default_rng(seed).lognormal(0, 10, len(times))
    one = a_series(
        kind=kind, coin=coin, times=np.array(times, dtype=np.int64) * step, amounts=amounts
    )
    try:
        one.key.encode()
    except UnicodeEncodeError:
        return
    if len(one.key) > 200:
        return
    folder = tmp_path_factory.mktemp("c")
    filled(folder, one)
    found = Cache(folder).read()
    assert found.damaged == ()
    assert same(found.series[one.key], one)
    assert found.series[one.key].amounts.tolist() == amounts.tolist()


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[:-3],
        lambda text: text.replace(b"1", b"2", 1),
        lambda text: text + b"2025-03-09,1.0\n",
        lambda _: b"",
        lambda _: b"\xff\xfe\x00",
        None,
    ],
    ids=["cut", "changed", "longer", "empty", "bytes", "gone"],
)
def test_a_damaged_series_is_never_used_and_fetched_again(bybit, harm):
    whole = bybit.fetch().market
    path = bybit.file("close-ETH.csv")
    text = path.read_bytes()
    path.unlink() if harm is None else path.write_bytes(harm(text))

    with pytest.raises(
        NotEnoughData, match=r"no closes of ETH in .*; damaged in the cache and left out: close-ETH"
    ):
        bybit.fetch(offline=True)
    book = Portfolio(holdings=(Holding(coin="ADA", value_usd=1.0),))
    assert bybit.fetch(None, portfolio=book, offline=True).market.coins == ("BTC", "ADA")

    found = bybit.fetch(max_age_hours=5)
    assert found.requested, "damage is no reason to be content with what there is"
    assert "damaged in the cache and fetched again: close-ETH.csv" in found.notes
    assert found.market.prices().equals(whole.prices())
    assert path.read_bytes() == text
    assert len(bybit.venue.asked("kline")) == 6, "the five series, and the one again"
    assert bybit.fetch().notes == ()


def test_damage_to_what_nobody_asks_for_is_forgotten(bybit):
    bybit.fetch(["BTC", "ETH"], days=20)
    bybit.file("close-ETH.csv").write_text("nonsense")
    assert bybit.fetch("BTC", days=20).notes == (
        "damaged in the cache and left out: close-ETH.csv",
    )
    assert bybit.fetch("BTC", days=20).notes == ()
    assert len(bybit.fetch(["BTC", "ETH"], days=20).market.coins) == 2


@pytest.mark.parametrize("harm", [lambda t: t[:-9], lambda t: t.replace("BTC/USDT", "BTC/USDC")])
def test_a_damaged_manifest_vouches_for_nothing(bybit, harm):
    whole = bybit.fetch().market
    path = bybit.file("manifest.json")
    path.write_text(harm(path.read_text()))
    with pytest.raises(HedgeError, match=r"no closes of BTC, ETH, ADA in .*; fetch them first"):
        bybit.fetch(offline=True)
    found = bybit.fetch()
    assert "damaged in the cache and fetched again: manifest.json" in found.notes
    assert found.market.prices().equals(whole.prices())


def test_an_interrupted_fetch_keeps_what_had_come_and_goes_on_from_there(bybit, monkeypatch):
    class Impatient(Progress):
        steps = 0

        def step(self, *_):
            self.steps += 1
            if self.steps == 4:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(data, "Progress", Impatient)
        with pytest.raises(KeyboardInterrupt):
            bybit.fetch()
    first = len(bybit.venue.requests)
    found = bybit.fetch()
    uninterrupted = live.fetch(
        "bybit",
        ("BTC", "ETH", "ADA"),
        cache=bybit.cache.parent / "other",
        days=130,
        pace=bybit.clock.pace(),
    )
    assert found.market.prices().equals(uninterrupted.market.prices())
    assert found.market.funding_monthly().equals(uninterrupted.market.funding_monthly())
    again = [path for path, _ in bybit.venue.requests[first:]]
    total = bybit.venue.asked("kline") + bybit.venue.asked("funding")
    # Two whole fetches, one of them in two parts: no window was asked for a third time.
    assert len(total) == 2 * 11
    assert again.count("/v5/market/instruments-info") == 2 * 5


def test_a_crash_between_the_two_files_loses_nothing(tmp_path, monkeypatch):
    old, new = a_series(), a_series(amounts=np.array([1.5, 9.0]), asked_through=date(2025, 1, 9))
    cache = filled(tmp_path, old)
    write = caching._write

    def dies(path, text):
        if path.suffix == ".csv":
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(caching, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        cache.write(new)
    assert same(Cache(tmp_path).read().series["close-BTC"], old)
    monkeypatch.undo()
    cache = Cache(tmp_path)
    cache.read()
    cache.write(new)
    assert same(Cache(tmp_path).read().series["close-BTC"], new)


def test_a_reader_between_two_writes_finds_one_state_or_the_other(tmp_path, monkeypatch):
    old, new = a_series(), a_series(amounts=np.array([1.5, 9.0]))
    newest = a_series(amounts=np.array([1.5, 10.0]))
    cache = filled(tmp_path, old)
    read = caching._read
    writes = [new, newest]

    def interrupted(path):
        text = read(path)
        # Between the reading of the manifest and that of the series, a writer comes by, twice.
        if path.name == "manifest.json" and writes:
            with monkeypatch.context() as patch:
                patch.setattr(caching, "_read", read)
                cache.write(writes.pop(0))
                cache.write(writes.pop(0))
        return text

    monkeypatch.setattr(caching, "_read", interrupted)
    found = Cache(tmp_path).read()
    assert found.damaged == ()
    assert same(found.series["close-BTC"], newest)


def test_what_a_dead_writer_left_behind_is_cleared_away(bybit):
    bybit.fetch("BTC", days=5)
    litter = bybit.file(".unfinished-abc")
    litter.write_text("date,close_usd\n2025-01")
    assert "BTC" in bybit.fetch("BTC", days=5).market.coins
    assert not litter.exists()
    assert not list(bybit.file("").glob(".*"))


def test_a_second_fetch_waits_for_the_first_and_says_so(bybit, monkeypatch):
    said = []

    class Recorder(Progress):
        def say(self, text):
            said.append(text)

    monkeypatch.setattr(data, "Progress", Recorder)
    first = Cache(bybit.file("")).lock(sleep=pytest.fail, say=pytest.fail)
    first.__enter__()
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        assert bybit.venue.requests == []
        if len(waits) == 3:
            first.__exit__(None, None, None)

    found = bybit.fetch("BTC", pace=bybit.clock.pace(sleep=sleep))
    assert found.requested
    assert said == [f"another fetch is running in {bybit.file('')}; waiting for it"]
    assert len(waits) == 3


def test_a_fetch_that_never_ends_is_not_waited_for_for_ever(bybit):
    with (
        Cache(bybit.file("")).lock(sleep=pytest.fail, say=pytest.fail),
        pytest.raises(HedgeError, match=r"has been running in .* for 10 minutes; end it, or"),
    ):
        bybit.fetch("BTC")
    assert sum(bybit.clock.waits) == 600


def test_two_processes_at_once_leave_one_whole_cache(bybit, monkeypatch):
    script = textwrap.dedent(
        """
        import sys
        from tests.venuetools import Clock, opening
        from hedgelib import live
        from hedgelib.live import fetching
        fetching.open_exchange = opening(int(sys.argv[1]))
        found = live.fetch("bybit", ["BTC", "ETH", "ADA"], cache=sys.argv[2], days=130,
                           pace=Clock().pace())
        print(found.market.provenance()["sha256"])
        """
    )
    begun, seen = threading.Event(), threading.Event()
    answer = bybit.venue.get

    def gated(path, query):
        if "kline" in path:
            begun.set()
            assert seen.wait(PATIENCE_SECONDS)
        return answer(path, query)

    class Recorder(Progress):
        def say(self, text):
            assert "another fetch is running" in text
            seen.set()

    monkeypatch.setattr(bybit.venue, "get", gated)
    monkeypatch.setattr(data, "Progress", Recorder)
    other = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, str(bybit.port), str(bybit.cache)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with other:
        assert begun.wait(PATIENCE_SECONDS), "the other process is not at work"
        found = bybit.fetch(pace=bybit.clock.pace(sleep=time.sleep))
        out, err = other.communicate()
    assert (other.returncode, err) == (0, "")
    assert out.strip() == found.market.provenance()["sha256"]
    assert Cache(bybit.file("")).read().damaged == ()
    assert len(bybit.venue.asked("kline")) == 5, "the second found what the first had brought"


def test_a_fresh_cache_asks_nobody(bybit):
    bybit.fetch()
    asked = len(bybit.venue.requests)
    bybit.clock.seconds += 1800
    found = bybit.fetch(max_age_hours=1)
    assert not found.requested
    assert found.age == "30 minutes"
    assert len(bybit.venue.requests) == asked
    # Too old, another coin, more days, a clock that went back: each is a reason to ask.
    assert bybit.fetch(max_age_hours=0.4).requested
    assert bybit.fetch(["LINK"], max_age_hours=1).requested
    assert bybit.fetch(days=131, max_age_hours=1).requested
    bybit.clock.seconds -= 7200
    assert bybit.fetch(max_age_hours=1).requested


def test_the_age_is_that_of_the_oldest_answer_in_use(bybit):
    bybit.fetch(["BTC", "ETH"])
    bybit.clock.seconds += 7200
    bybit.fetch(["ADA"])
    assert bybit.fetch(["ADA"], offline=True).age == "less than a minute"
    assert bybit.fetch(["BTC", "ADA"], offline=True).age == "2 hours"


def test_a_folder_that_cannot_be_written_is_named(bybit, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(HedgeError, match=r"file/bybit.* cannot be .*choose another .*--cache"):
        bybit.fetch(cache=blocked)
    assert bybit.venue.requests == []


def test_a_full_disk_is_an_error_in_a_line_and_harms_nothing(bybit, monkeypatch):
    before = bybit.fetch("BTC", days=20).market
    replace = os.replace

    def full(source, target):
        if "ETH" in str(target):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(HedgeError, match=r"close-ETH\.csv cannot be written \(No space left"):
        bybit.fetch(days=20)
    monkeypatch.undo()
    assert bybit.fetch("BTC", days=20, offline=True).market.prices().equals(before.prices())
    assert not list(bybit.file("").glob(".unfinished*"))


def test_the_cache_is_in_the_user_s_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = live.cache_folder()
    assert folder.name == "live"
    if sys.platform == "linux":
        assert folder == tmp_path / "hedgelib" / "live"
    assert live.cache_folder("here") == Path("here")


def test_the_manifest_says_what_and_when(bybit):
    bybit.fetch("BTC", days=30)
    content = json.loads(bybit.file("manifest.json").read_text())["content"]
    entry = content["series"]["close-BTC"]
    assert (entry["symbol"], entry["what"], entry["rows"]) == ("BTC/USDT", "spot", 30)
    assert (entry["asked_from"], entry["asked_through"]) == (str(back(30)), str(back(1)))
    assert entry["asked"] == "2025-03-10T10:00:00+00:00"
    assert content["terms"]["BTCUSD"]["status"] == "Trading"


def test_a_state_of_nothing_is_empty(tmp_path):
    assert Cache(tmp_path / "none").read() == State()
    assert back(0) == TODAY
    assert issubclass(VenueError, HedgeError)
