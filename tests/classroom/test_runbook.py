"""The instructor's runbook: its table of exercises, its example of settings, and its numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from hedgelib.ask import marking
from hedgelib.ask.answers import WITHIN
from hedgelib.classroom import _archives, _reader, _runner, sandbox, statistics, submissions
from hedgelib.classroom.interface import Limits
from hedgelib.classroom.personal import DEMO, Numbers, demo_secret, draw_one
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario
from hedgelib.classroom.settings import read_settings
from hedgelib.classroom.source import exercises_folder, read_source
from tests.labtools import ROOT

TEXT = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
LINE = " ".join(TEXT.split())


def test_exercises_are_as_they_are():
    for name in ASSIGNMENTS:
        source = read_source(exercises_folder() / f"{name}.ipynb")
        by_hand = sum(q.points for q in source.questions if q.form.kind == "written")
        top = source.cells["title"].source
        minutes = re.search(r"\*\*Time\*\* about (\d+)", top)[1]
        lessons = ", ".join(re.findall(r"\b[01]\d\b", top.partition("**Time**")[0]))
        assert f"| `{name}` | {lessons} | {minutes} | {source.points:g}, {by_hand:g} |" in TEXT


def test_example_of_settings_is_read(tmp_path):
    path = tmp_path / "course.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)[1], encoding="utf-8")
    settings = read_settings(path, {"s01": "Ada", "s02": "Bo"}, ASSIGNMENTS)
    rules = settings.of("sizing")
    assert (rules.attempts, rules.counts) == (2, "best")
    assert rules.due_for("s01", 1) == datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    assert rules.due_for("s02", 1) == datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC)
    assert rules.due_for("s01", 2) == datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)
    assert (settings.per_day, settings.at_most, settings.grace) == (0.1, 0.5, timedelta(minutes=15))


def test_rules_of_marking_are_those_of_the_marking():
    others = {}
    for name in ASSIGNMENTS:
        my = Numbers(draw_one(scenario(name), demo_secret(), DEMO))
        keys = read_source(exercises_folder() / f"{name}.ipynb").keys(my)
        others |= {(name, q): key.within for q, key in keys.items() if key.within != WITHIN}
    ((question, within),) = others.items()
    assert question == ("sizing", "q7")
    assert f"is right within {WITHIN:.1%} (`sizing`, question 7: {within:.1%})" in LINE
    assert (marking._NEAR_WITHIN, marking.NEAR_SHARE) == (5, 0.5)
    assert "Within five times that, or rounded to two digits or more, it gets half" in LINE
    assert f"more than {marking._FAR_OFF:g} times too large or small" in LINE


def test_numbers_of_the_statistics():
    assert (statistics.FEWEST, statistics._UNEXPLAINED) == (10, 0.5)
    assert "It needs ten students" in LINE
    assert (
        f"an interval below {statistics._LOW:g}, one with less than {statistics._HARD:.0%}" in LINE
    )
    assert "ten or more answers that are wrong without a known misconception" in LINE
    widths = {}
    for students in (24, 120):
        # Of a question that correlates by 0.3 with the rest of its exercise.
        x = np.random.default_rng(1).normal(size=(students, 2))
        a, b = np.linalg.qr(x - x.mean(axis=0))[0].T
        item = statistics.Item(exercise="", question="", title="", students=students, share=0.5)
        item = statistics._with_discrimination(item, a, 0.3 * a + np.sqrt(0.91) * b)
        assert abs(item.discrimination - 0.3) < 1e-9
        widths[students] = item.high - item.low
    told = "with 24 students the interval around 0.3 is {:.2f} wide, with 120 it is {:.2f}"
    assert told.format(widths[24], widths[120]) in LINE


def test_limits_are_those_of_the_grader():
    limits, mib = Limits(), 2**20
    assert (limits.cell_seconds, _runner._CLOCK_SHARE, limits.seconds) == (10, 3, 60)
    assert "ten seconds of computing time, and up to thirty seconds of clock time" in LINE
    assert "the whole notebook has sixty" in LINE
    for row in (
        "60 s for the notebook, 10 s of computing time for a cell",
        f"{limits.memory_mb // 1024} GiB of address space for a process, "
        f"{_runner._MOST_OPEN} open files, {limits.processes} processes and threads",
        f"{sandbox._SCRATCH_BYTES // mib} MiB in each of `/tmp` and `/dev/shm`",
        f"{2 * limits.memory_mb // 1024} GiB of memory for all processes together",
        f"{_runner._MOST_FILES:,} files in `/tmp` and `/dev/shm`",
        f"{limits.output_bytes:,} bytes of output",
    ):
        assert f"| {row} |" in LINE
    assert (_runner._LOOK_EVERY, _runner._LOOK_SOON) == (1 / 20, 1 / 100)
    assert "checks twenty times a second, and a hundred times once a quarter of the memory" in LINE
    assert (
        f"Parsing has a limit of {_reader._MEMORY // mib} MiB and {_reader.SECONDS:g} s per file"
    ) in LINE


def test_sizes_are_those_that_are_read():
    mib = 2**20
    assert (
        f"may have {_archives.LARGEST_FILE // mib} MiB and {_reader.MOST_CELLS:,} cells, a cell "
        f"{_reader.LARGEST_CELL:,} bytes of source, all cells together "
        f"{_reader.LARGEST_TEXT:,} bytes"
    ) in LINE
    files, size, part = _archives._ARCHIVE
    inner_files, inner_size, _ = _archives._INNER_ARCHIVE
    most_files, most_bytes, seconds = submissions._FOLDER
    assert (
        f"A zip file may contain {files:,} files and {size // mib} MiB, a zip file inside another "
        f"{inner_files:,} files and {inner_size // mib} MiB, the whole folder {most_files:,} files "
        f"and {most_bytes // 2**30} GiB, which may take an hour to read"
    ) in LINE
    assert (part, submissions._PARTS, seconds) == (5, 10, 3600)
    assert "at most a fifth of the room that is left, and any file a tenth of the time" in LINE
