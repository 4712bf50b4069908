"""Grading that is killed at random moments and called again: the same files, every time.

`hedgelib grade` is ended by SIGKILL, with no chance to clean up, at any moment from its first file
on. Called again it must leave every file as a run in peace leaves it, and no process of the killed
one may live on. ``make soak`` does it a hundred times.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from hedgelib.classroom.course import Course
from hedgelib.classroom.grading import grade
from tests.benchmarks.fuzz_class import GOOD, NAME, good_ones, make
from tests.classtools import table

_POINTS = (
    "select s.id, b.name, g.auto_score, g.manual_score, g.needs_manual_grade from grade g "
    "join base_cell b on b.id = g.cell_id "
    "join submitted_notebook n on n.id = g.notebook_id "
    "join submitted_assignment a on a.id = n.assignment_id join student s on s.id = a.student_id "
    "order by 1, 2"
)


def standing(course: Course) -> dict[str, object]:
    """Return what every file of a course holds; of the gradebook, its marks."""
    found: dict[str, object] = {}
    for path in sorted(course.root.rglob("*")):
        name = str(path.relative_to(course.root))
        if path.is_file() and not name.startswith(("gradebook.db", ".lock")):
            found[name] = path.read_bytes()
            if name.startswith("graded/") and name.endswith(".json"):
                record = json.loads(path.read_text("utf-8"))
                # How long it ran is another time another.
                del record["outcome"]["seconds"]
                found[name] = record
    with sqlite3.connect(course.gradebook) as book:
        found["gradebook"] = book.execute(_POINTS).fetchall()
        found["integrity"] = book.execute("pragma integrity_check").fetchall()
    book.close()
    return found


def started(course: Course, folder: Path) -> subprocess.Popen[bytes]:
    """Start `hedgelib grade`, and return once it is at work on the course."""
    command = [sys.executable, "-m", "hedgelib", "grade", str(folder), "--out"]
    process = subprocess.Popen(
        [*command, str(course.root.parent)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not (course.root / ".lock").exists() and process.poll() is None:
        time.sleep(0.01)
    return process


def killed(course: Course, folder: Path, seconds: float) -> tuple[bool, list[psutil.Process]]:
    """Kill a run after some seconds; tell whether it was still at work, and what outlived it."""
    process = started(course, folder)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return False, []
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    return True, [child for child in alive if child.is_running()]


def kill(work: Path, times: int, seed: int) -> tuple[list[str], int, set[int]]:
    """Kill so many runs; return faults, how many were at work, and what was done by then."""
    rng = random.Random(seed)
    untouched, folder = make(work / "untouched", 0), work / "in"
    good_ones(untouched, folder)

    def fresh(name: str) -> Course:
        return Course(Path(shutil.copytree(untouched.root, work / name / "class")))

    peaceful = fresh("in peace")
    process, begin = started(peaceful, folder), time.monotonic()
    process.wait()
    took = time.monotonic() - begin
    wanted = standing(peaceful)
    faults = (
        [] if all(table(peaceful)[i][NAME] for i in GOOD) else ["the run in peace gave no marks"]
    )
    at_work, done = 0, set()
    for number in range(times):
        course = fresh(str(number))
        was_at_work, alive = killed(course, folder, rng.uniform(0, took))
        at_work += was_at_work
        done.add(len([*(course.root / "graded").rglob("*.json")]))
        faults += [f"{number}: {child} lives on" for child in alive]
        try:
            grade(folder, course.root, quiet=True)
        except Exception as error:
            faults.append(f"{number}: {type(error).__name__}: {error}")
            continue
        now = standing(course)
        faults += [
            f"{number}: {name} is not the same"
            for name in {*wanted, *now}
            if wanted.get(name) != now.get(name)
        ]
        shutil.rmtree(course.root)
        if (number + 1) % 10 == 0:
            print(f"{number + 1} killed, {len(faults)} faults", flush=True)
    return faults, at_work, done


def main() -> int:
    parser = argparse.ArgumentParser(description="Grading that is killed and called again.")
    parser.add_argument("--times", type=int, default=100, help="how often (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        faults, at_work, done = kill(Path(name), arguments.times, arguments.seed)
    print("\n".join(faults) or "the same files, every time")
    print(f"{at_work} of {arguments.times} runs were at work when they were killed")
    print(f"submissions done by then: {', '.join(map(str, sorted(done)))} of {len(GOOD)}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
