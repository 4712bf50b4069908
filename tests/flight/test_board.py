"""The tournament: every log flown again, and one that is none takes nothing from the others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hedgelib.__main__ import main
from hedgelib.errors import HedgeError
from hedgelib.flight import Flight, FlightLog, Orders, lay_out
from hedgelib.flight.board import board_of
from hedgelib.flight.flight import fly_course
from hedgelib.flight.ghosts import by_rule, naive, never
from tests.showtools import assert_legible

COURSE = lay_out("May-June 2022", 9)


def steady(short_usd):
    def pilot(day):
        if day.day:
            return None
        return Orders(short_usd=short_usd, add_usd=20_000, margin="stablecoin", venues=2)

    return pilot


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve students, two of them with a forged and a broken log."""
    folder = tmp_path_factory.mktemp("logs")
    pilots = {"rule": by_rule(), "naive": naive, "never": never}
    pilots |= {f"s{i}": steady(10_000 + 5_000 * i) for i in range(6)}
    pilots["s6"] = steady(10_400)
    for name, pilot in pilots.items():
        log = FlightLog.of(fly_course(COURSE, pilot))
        (folder / f"{name}.json").write_text(log.to_json())
    other = FlightLog.of(fly_course(lay_out("June 2020", 9), never))
    forged = json.loads(other.to_json()) | {"course": FlightLog.of(Flight.begin(COURSE)).course}
    forged["orders"] = [{"short_usd": 40_000, "pnl_usd": 1_000_000}]
    (folder / "<b>mallory.json").write_text(json.dumps(forged))
    (folder / "broken.json").write_bytes(b"{" * 5_000)
    return folder


@pytest.fixture(scope="module")
def board(folder):
    return board_of(folder, seed=9)


def test_every_log_is_placed_and_two_that_are_none_say_why(board):
    assert (len(board.entries), len(board.flown)) == (12, 10)
    whys = {entry.pilot: entry.why for entry in board.entries if entry.why}
    assert "the order of day 0 is none" in whys["<b>mallory"]
    assert "cannot be read" in whys["broken"]
    keys = [(run.fulfilled, run.skill.skill) for run in board.flown]
    assert keys == sorted(keys, reverse=True)
    alone = fly_course(COURSE, by_rule())
    rule = next(e.landing for e in board.entries if e.pilot == "rule")
    assert rule.flight.today.position == alone.today.position
    html = board.table().html()
    assert "<b>mallory" not in html
    assert "&lt;b&gt;mallory" in html
    assert "May-June 2022" in html


def test_sizes_and_the_spread_of_equal_decisions(board):
    low, middle, high = board.sizes_usd()
    assert low.shape == (COURSE.days,)
    assert np.all(low <= middle)
    assert np.all(middle <= high)
    assert low[0] == 0
    runs = {e.pilot: e.landing for e in board.entries}
    gaps = [abs(runs["s0"].pnl_usd - runs["s6"].pnl_usd)]
    assert board.spread_usd() == pytest.approx(max(gaps))


def test_a_log_of_another_seed_or_not_landed_is_said(folder, tmp_path):
    board = board_of(folder, seed=8)
    assert not board.flown
    assert "flown with seed 9, and the tournament has 8" in {e.why for e in board.entries}
    half = Flight.begin(COURSE).next(None)
    (tmp_path / "half.json").write_text(FlightLog.of(half).to_json())
    (entry,) = board_of(tmp_path).entries
    assert entry.why == f"not landed: 1 of {COURSE.days} days flown"
    (tmp_path / "half.json").unlink()
    for wrong in (tmp_path, tmp_path / "none"):
        with pytest.raises(HedgeError):
            board_of(wrong)


def test_the_command(folder, board, capsys, tmp_path):
    page = tmp_path / "board.html"
    assert main(["flights", str(folder), "--seed", "9", "--out", str(page)]) == 3
    shown = capsys.readouterr().out
    assert "rule" in shown
    assert "cannot be read" in shown
    html = page.read_text()
    assert html.count("<img ") == 2
    assert "<b>mallory" not in html
    assert_legible(board.paths_scene())
    assert_legible(board.sizes_scene())
