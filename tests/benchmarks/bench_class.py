"""A class of 120 with five exercises, graded at once in the sandbox: marks, time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from hedgelib.classroom.course import Course
from hedgelib.classroom.making import make_class
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.tables import write_table
from tests.benchmarks.measure import Row
from tests.classtools import table
from tests.examinertools import hand_in, tick

STUDENTS, MINUTES, MEGABYTES = 120, 15, 600
_GRADE = """
import sys
from hedgelib.__main__ import main
code = main(["grade", sys.argv[1], "--out", sys.argv[2]])
# The peak of this process alone: getrusage would have that of its parent before it.
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print("peak", int(line.split()[1]) // 1024)
sys.exit(code)
"""


def graded(folder: Path, out: Path) -> tuple[float, int]:
    """Grade in a process of its own, and return its seconds and peak memory in MB."""
    start = time.perf_counter()
    command = [sys.executable, "-c", _GRADE, str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, int(done.stdout.rsplit("peak ", 1)[1])


def wrong(course: Course, points: dict[str, dict[str, float]]) -> int:
    """Count the marks that are not those expected."""
    rows = table(course)
    return sum(
        float(rows[i][name]) != pytest.approx(most, abs=1e-6)
        for name, by_student in points.items()
        for i, most in by_student.items()
    )


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        out, folder = Path(name) / "out", Path(name) / "in"
        out.mkdir()
        roster = {f"s{i:03}": f"Student {i}" for i in range(STUDENTS)}
        write_table(out / "roster.csv", ("id", "name"), roster.items())
        course = make_class(out / "roster.csv", out / "class").course
        points = {
            name: {i: sum(own.values()) for i, own in hand_in(course, name, folder).items()}
            for name in ASSIGNMENTS
        }
        seconds, peak = graded(folder, out)
        differ = wrong(course, points)
        for name in ASSIGNMENTS:
            for i, ticked in tick(course, name).items():
                points[name][i] += ticked
        again, peak_again = graded(folder, out)
        differ += wrong(course, points)
    count = 2 * STUDENTS * len(ASSIGNMENTS)
    if differ:
        raise AssertionError(f"{differ} of {count} marks differ")
    peak = max(peak, peak_again)
    size = f"{STUDENTS} students x {len(ASSIGNMENTS)} exercises"
    return [
        Row(
            what=f"grading {size} on {os.cpu_count()} cores",
            ours=f"`hedgelib grade`: {seconds / 60:.1f} minutes, {peak} MB in the main process; "
            f"again with ticked written answers: {again / 60:.1f} minutes",
            theirs="",
            ratio="",
            same=f"{count} marks are those of independent formulas",
            wanted=f"at most {MINUTES} minutes and {MEGABYTES} MB",
            met=seconds <= 60 * MINUTES and peak <= MEGABYTES,
        )
    ]
