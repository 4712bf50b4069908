"""``hedgelib fetch``: what it says, where, and with which exit code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hedgelib.__main__ import main
from hedgelib.live import fetching
from tests.venuetools import Fault, back


@pytest.fixture
def fetch(bybit, capsys):
    """Return a function that runs the command and gives code, output and errors."""

    def run(*words: str):
        arguments = ["fetch", "--venue", "bybit", "--cache", str(bybit.cache), "--days", "60"]
        code = main([*arguments, *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_command_says_what_there_is_and_where(bybit, fetch):
    del bybit.venue.world.spot["ADA"][back(7)]
    code, out, err = fetch("--coins", "btc, ETH,ADA")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"Bybit, {back(60)} to {back(1)} (UTC), asked just now"
    rows = {line.split()[0]: line for line in lines if line[:3] in ("BTC", "ADA")}
    assert rows["BTC"].split() == [
        *("BTC", "BTC/USDT", "spot", str(back(60)), str(back(1)), "60", "0", "BTCUSD", "180")
    ]
    assert rows["ADA"].split()[5:] == ["59", "1", "–", "–"]
    assert "Contract terms: 12 figures agree with the bundled ones, 4 differ, 8 are new." in out
    assert "bybit:BTCUSD   taker fee  0.075%   collected 2026-11-22  0.06% (default" in out
    assert lines[-1] == f"cache: {bybit.file('')}"
    assert max(map(len, lines)) <= 100


def test_offline_and_max_age_ask_nobody_and_say_how_old_it_is(bybit, fetch):
    fetch("--coins", "BTC")
    asked = len(bybit.venue.requests)
    bybit.clock.seconds += 3 * 3600
    for words in (["--offline"], ["--max-age", "4"]):
        code, out, err = fetch("--coins", "BTC", *words)
        assert (code, err) == (0, "")
        assert "from the cache, 3 hours old" in out.splitlines()[0]
    assert len(bybit.venue.requests) == asked
    assert "asked just now" in fetch("--coins", "BTC")[1]


def test_a_portfolio_file_names_the_coins(fetch, tmp_path):
    file = tmp_path / "book.csv"
    file.write_text("coin,quantity\nADA,10\nNEWCOIN,2\n")
    code, out, _ = fetch("--portfolio", str(file))
    assert code == 0
    first_words = [line.split(" ")[0] for line in out.splitlines()]
    start = first_words.index("BTC")
    assert first_words[start : start + 4] == ["BTC", "ETH", "ADA", "NEWCOIN"]
    assert "- NEWCOIN: no market at the venue" in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--coins", "BTC,NOPE"], 2, "hedgelib: Bybit has no spot market"),
        (["--coins", ","], 2, "hedgelib: coins is empty; name the coins"),
        ([], 2, "hedgelib: coins is empty"),
        (["--coins", "BTC", "--days", "1"], 2, "hedgelib: days must be >= 2, got 1"),
        (["--coins", "BTC", "--max-age", "nan"], 2, "hedgelib: max_age_hours must be"),
        (["--coins", "ETH", "--offline"], 2, "hedgelib: no closes of ETH in"),
        (["--coins", "BTC", "--venue", "bitmex"], 2, "hedgelib: no live data from 'bitmex'"),
        (["--portfolio", "none.csv"], 2, "hedgelib: none.csv: there is no such file"),
    ],
)
def test_what_is_not_accepted_is_one_line_and_code_2(fetch, words, code, says):
    got, out, err = fetch(*words)
    assert (got, out) == (code, "")
    assert err.startswith(says)
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["--days", "x"], ["--max-age", "soon"], ["--nope"]])
def test_a_bad_option_is_one_line_and_code_2(fetch, capsys, words):
    with pytest.raises(SystemExit) as caught:
        fetch("--coins", "BTC", *words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_d_a_venue_that_is_down_is_one_line_and_code_4(bybit, fetch):
    bybit.venue.faults = [Fault("status", status=503)] * 50
    code, out, err = fetch("--coins", "BTC")
    assert (code, out) == (4, "")
    assert err.startswith("hedgelib: Bybit cannot be asked: status 503, ")
    assert err.count("\n") == 1


def test_a_series_that_is_refused_is_told_with_code_3(bybit, fetch):
    bybit.venue.faults = [Fault("instead", body="[1]", path="funding")]
    code, out, err = fetch("--coins", "BTC")
    assert code == 3
    assert err == "hedgelib: 1 series could not be fetched; the others can be used\n"
    assert "- refused: BTC funding (BTC/USD:BTC): " in out


def test_an_interrupt_says_that_what_had_come_is_kept(fetch, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching.Filling, "all", interrupted)
    code, out, err = fetch("--coins", "BTC")
    assert (code, out) == (130, "")
    assert err == "hedgelib: interrupted; what was fetched is kept, run it again to go on\n"


def test_help_is_quick_and_reads_well():
    command = [sys.executable, "-X", "importtime", "-m", "hedgelib", "fetch", "--help"]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "80"}
    )
    assert not {"pandas", "ccxt", "numba"} & {
        line.rsplit("|", 1)[-1].strip() for line in answer.stderr.splitlines()
    }
    for word in (
        "--venue",
        "--coins",
        "--portfolio",
        "--days",
        "--cache",
        "--max-age",
        "--offline",
    ):
        assert word in answer.stdout
