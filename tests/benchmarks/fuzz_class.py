"""``make fuzz-class``: damaged and hostile submissions, after which the others' marks are the same.

Good notebooks are changed in ways that a student, an editor or a learning platform could, and are
graded through `grade` in the sandbox. After every round all that belongs to the other students
(their rows, feedback, readable notebooks and records) is the same to the byte, and whoever handed
in something strange has a mark or a reason.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.grading import grade
from hedgelib.classroom.interface import Limits
from hedgelib.classroom.release import enter_students, release
from hedgelib.classroom.roster import Roster
from hedgelib.classroom.source import exercises_folder
from tests.classtools import fill_in, released, solutions, table

NAME = "inverse_maths"
GOOD = {"g01": "Ada Lovelace", "g02": "Bo Chen", "g03": "Cem Ak"}
LIMITS = Limits(seconds=30, cell_seconds=5)
HALF = "\ud83d"
JUNK: list[Any] = [
    *(None, True, 0, -1, 1e999, 10**400, "", HALF, "\0", "<script>alert(1)</script>", "=1+1"),
    *("../../../etc/passwd", "\u202egnp.x", "x" * 300_000),
    *([], {}, [[]], {"": {}}, [0], {"source": 1}),
]
TYPED = (
    f"x = '{HALF}'",
    "me('g01')",
    '# me("g02")\r\r\r',
    "x = " + "[" * 500,
    "q1 = " + "9" * 5_000,
    "\0",
    "'" * 7,
    "\\\n" * 3,
    "my = 1",
    "import os\nos._exit(3)",
    "raise BaseException(chr(0xD800) * 10**6)",
    "print('\\x1b[2J' * 10**5)",
    "get_ipython = display = numbers = None",
    "%%bash\nls",
    "import sys\nsys.modules.clear()",
    "import builtins\nbuiltins.print = builtins.len = builtins.open = None",
    "q1 = type('<b>' * 99, (float,), {})(1)",
    "def q7(*a): return q7",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the ways to everything in a notebook."""
    found = [path]
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, inner in value.items() if isinstance(value, dict) else ():
        found += places(inner, (*path, key))
    return found


def swapped(rng: random.Random, notebook: Any) -> bytes:
    """Put junk in some places of a notebook."""
    for _ in range(rng.randint(1, 6)):
        *way, last = rng.choice(places(notebook)[1:])
        target = notebook
        for key in way:
            target = target[key]
        if rng.random() < 0.2:
            del target[last]
        else:
            target[last] = rng.choice(JUNK)
    return json.dumps(notebook).encode()


def typed(rng: random.Random, notebook: Any) -> bytes:
    """Type junk, or another student's id, into cells."""
    for cell in rng.sample(notebook["cells"], 4):
        cell["source"] = rng.choice(TYPED)
    return json.dumps(notebook).encode()


def large(rng: random.Random, notebook: Any) -> bytes:
    """Make a notebook too large in one of several ways."""
    more = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": []}
    way = rng.randrange(5)
    if way == 0:
        notebook["cells"] += [more] * 2_500
    elif way == 1:
        notebook["cells"] += [more | {"source": "x = 1\n" * 40_000}] * rng.randint(1, 12)
    elif way == 2:
        notebook["metadata"]["x"] = "y" * (21 << 20)
    elif way == 3:
        notebook["metadata"][HALF * 1000] = {HALF: [HALF] * 10_000}
    else:
        notebook["cells"] += [more | {"source": "x = " + "-1," * 60_000}] * 5
    return json.dumps(notebook).encode()


def nested(rng: random.Random, notebook: Any) -> bytes:
    """Nest brackets deeper than anybody reads."""
    depth = rng.choice([900, 5_000, 10**6])
    text = json.dumps(notebook)
    place = rng.choice(['"metadata": {', '"outputs": ['])
    inner = "[" * depth + "]" * depth
    inner = f'"deep": {inner}, ' if place.endswith("{") else f"{inner}, "
    return text.replace(place, place + inner, 1).encode()


def encoded(rng: random.Random, notebook: Any) -> bytes:
    """Write a notebook in another encoding, or break it."""
    text = json.dumps(notebook, ensure_ascii=False)
    data = text.encode(rng.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-8"]))
    way = rng.randrange(4)
    if way == 0:
        return data[: rng.randrange(len(data))]
    if way == 1:
        flipped = bytearray(data)
        for _ in range(rng.randint(1, 30)):
            flipped[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(flipped)
    return data if way == 2 else data.replace(b"\n", b"\0") + b"\xff" * 9


def zipped(rng: random.Random, notebook: Any) -> bytes:
    """Put a notebook into an archive that is not what it seems."""
    buffer, data = io.BytesIO(), json.dumps(notebook).encode()
    method = rng.choice(
        [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    )
    with zipfile.ZipFile(buffer, "w", method) as archive:
        names = [
            "x.ipynb",
            "../../g01.ipynb",
            "/g02.ipynb",
            "<b>.ipynb",
            "a\\b.ipynb",
            "9" * 3000,
            ".",
        ]
        for name in rng.sample(names, 3):
            # Without the time of day, so that a seed gives the same bytes again.
            archive.writestr(zipfile.ZipInfo(name), data, method)
        for number in range(rng.choice([0, 3, 1_500])):
            archive.writestr(zipfile.ZipInfo(f"{number}.zip"), b"PK\x03\x04" + data[:100])
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    whole = bytearray(buffer.getvalue())
    way = rng.randrange(5)
    start = whole.find(b"PK\x01\x02")
    if way == 0:
        # It says that it is smaller, or larger, than it is.
        whole[start + 24 : start + 28] = rng.randrange(2**32).to_bytes(4, "little")
    elif way == 1:
        whole[start + 8] |= 1
    elif way == 2:
        whole = bytearray(b"MZ" * rng.randint(1, 5_000)) + whole
    elif way == 3:
        for _ in range(20):
            whole[rng.randrange(start, len(whole))] = rng.randrange(256)
    else:
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            for number in range(rng.randint(1, 4)):
                archive.writestr(zipfile.ZipInfo(f"{number}.zip"), bytes(whole))
        return outer.getvalue()
    return bytes(whole)


def made_up(rng: random.Random, notebook: Any) -> bytes:  # noqa: ARG001
    """Hand in a log of a flight or a progress file that nobody's program wrote."""
    record = {
        key: rng.choice(JUNK) for key in ("moves", "seed", "answers", "version", "cells", "days")
    }
    return json.dumps(
        {rng.choice(["hedgelib_flight", "recalled"]): rng.choice(JUNK), **record}
    ).encode()


Way: TypeAlias = Callable[[random.Random, Any], bytes]
WAYS: tuple[Way, ...] = (swapped, typed, large, nested, encoded, zipped, made_up)
BAD = 2 * len(WAYS)  # students, of whom each hands in something else every round
FILES = (
    "x.ipynb",
    "g01.ipynb",
    "Ada Lovelace.ipynb",
    "<b>g02<b>.ipynb",
    "a\nb.ipynb",
    "x.zip",
    "x",
    "x.json",
)


def bad_students(count: int) -> dict[str, str]:
    return {f"b{number:02}": f"Mallory {chr(65 + number % 26)}{number}" for number in range(count)}


def make(root: Path, bad: int) -> Course:
    """Make a class with one exercise."""
    course, roster = Course(root), GOOD | bad_students(bad)
    course.root.mkdir()
    course.secret()
    course.write_config()
    course.write_roster(Roster(names=roster, cells={}))
    write_text(course.source(NAME), (exercises_folder() / f"{NAME}.ipynb").read_text("utf-8"))
    course.write_numbers(NAME, roster)
    enter_students(course, roster)
    release(course, NAME)
    return course


def good_ones(course: Course, folder: Path) -> None:
    """Hand in for the good students, who answer more and more."""
    sheet, right = released(course.release(NAME)), solutions(course.read(NAME))
    for number, student_id in enumerate(GOOD):
        answers = dict(list(right.items())[: 2 + 2 * number])
        path = place(folder, GOOD[student_id], number, "x.ipynb")
        path.write_text(json.dumps(fill_in(sheet, student_id, answers)))


def place(folder: Path, name: str, number: int, file: str) -> Path:
    """Return where Moodle puts a file; only what comes after the folder is the student's choice."""
    path = folder / f"{name}_{1000 + number}_assignsubmission_file" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def standing(course: Course) -> dict[str, bytes]:
    """Return all that belongs to the good students."""
    rows = course.grades.read_bytes().splitlines()
    found = {f"row {i}": next(r for r in rows if r.startswith(i.encode())) for i in GOOD}
    for student_id in GOOD:
        for step in ("feedback", "autograded"):
            for path in sorted((course.root / step / student_id).rglob("*.*")):
                found[str(path.relative_to(course.root))] = path.read_bytes()
        for path in sorted((course.root / "graded").rglob(f"{student_id}.*")):
            found[str(path.relative_to(course.root))] = path.read_bytes()
    return found


def round_of(course: Course, folder: Path, seed: int, bad: int) -> list[str]:
    """Let every bad student hand in something else, grade it all, and return what does not hold."""
    rng = random.Random(seed)
    before = standing(course)
    sheet, right = released(course.release(NAME)), solutions(course.read(NAME))
    names, handed_in = bad_students(bad), {}
    for number, (student_id, name) in enumerate(names.items(), 100):
        way = WAYS[number % len(WAYS)] if bad >= len(WAYS) else rng.choice(WAYS)
        data = way(rng, fill_in(sheet, student_id, right))
        path = place(folder, name, number, rng.choice(FILES))
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        path.write_bytes(data)
        handed_in[student_id] = (way.__name__, path.parent.name)
    label = f"seed {seed}"
    try:
        graded = grade(folder, course.root, limits=LIMITS, quiet=True)
    except Exception as error:
        return [f"{label}: {type(error).__name__}: {error}"]
    after, marks = standing(course), table(course)
    faults = [f"{label}: {name} changed" for name in before if before[name] != after.get(name)]
    faults += [f"{label}: {name} is new" for name in after if name not in before]
    told = {item.name.partition("/")[0] for item in graded.refused}
    pages = "".join(page.read_text("utf-8") for page in graded.learners)
    for student_id, (way, where) in handed_in.items():
        has_mark = marks[student_id][NAME]
        if not has_mark and where not in told and names[student_id] not in pages:
            faults.append(f"{label}: {student_id}'s {way} has neither a mark nor a reason")
    return faults


def fuzz(work: Path, rounds: int, bad: int, seed: int) -> list[str]:
    """Grade rounds of strange submissions, and return what does not hold."""
    course, folder = make(work / "class", bad), work / "in"
    good_ones(course, folder)
    grade(folder, course.root, limits=LIMITS, quiet=True)
    marks = table(course)
    points = [float(marks[student_id][NAME]) for student_id in GOOD]
    faults = [] if 0 < points[0] < points[1] < points[2] else [f"the good ones have {points}"]
    for number in range(rounds):
        for fault in round_of(course, folder, seed + number, bad):
            print(fault, flush=True)
            faults.append(fault)
        if (number + 1) % 10 == 0:
            print(f"{bad * (number + 1):,} submissions, {len(faults)} faults", flush=True)
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Strange submissions, and everybody else's marks.")
    rounds = f"of {BAD} submissions (default: 50)"
    parser.add_argument("--rounds", type=int, default=50, help=rounds)
    parser.add_argument("--seed", type=int, default=1, help="of the first round (default: 1)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        faults = fuzz(Path(name), arguments.rounds, BAD, arguments.seed)
    print(f"{len(faults)} faults" if faults else "everybody else's marks are as they were")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
