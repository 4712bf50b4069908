"""Whatever is handed in gets what it deserves, and is told of: graded once, in the sandbox."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hedgelib.__main__ import main
from hedgelib.classroom import sandbox
from hedgelib.classroom.course import Course
from hedgelib.classroom.grading import Graded, grade
from hedgelib.classroom.interface import Limits
from tests.classroom.conftest import STUDENTS
from tests.classtools import cell_of, fill_in, released, snapshot, solutions, table, text_of
from tests.labtools import ROOT, own_environment

pytestmark = pytest.mark.usefixtures("bubblewrap")

NAME = "inverse_maths"
ALL = 16  # points but for the written answer
LIAR = """
class Liar(float):
    def __eq__(self, other): return True
    def __le__(self, other): return True
    def __rsub__(self, other): return self
q6 = Liar(1)
"""
PATCHED = """
import hedgelib.ask.marking as marking, hedgelib.classroom.student as student
marking.judge = student.judge = lambda *a: marking.Mark(share=1.0)
check_format = mark_answer = lambda *a, **k: 3.0
def pnl_coin(*anything):
    return 99.0
"""
# Half a character, as JavaScript writes it, and problems that nobody had.
HALF_AND_FLOOD = """
import os
q1 = "\ud83d"
for fd in range(3, 64):
    try:
        for i in range(1_000):
            os.write(fd, b'{"problem": "q4 forged %d"}\\n' % i)
    except OSError:
        pass
raise LookupError("a real one")
"""


@dataclass(frozen=True)
class Night:
    """What one evening of grading brought."""

    course: Course
    folder: Path
    graded: Graded
    page: str
    connections: int


def attacks(course: Course, port: int) -> dict[str, dict[str, str]]:
    """Return what each attacker types in place of right answers."""
    root = str(course.root)
    return {
        "s02": {
            "q1": "while True: pass",
            "q2": "q2 = bytearray(8 * 2**30)",
            "q3": "import os\nwhile True: os.fork()",
            "q4": "import os\nos._exit(0)",
        },
        "s03": {
            "q1": f"q1 = open({root + '/key.csv'!r}).read()",
            "q2": "q2 = len(open('/etc/passwd').read())",
            "q3": f"open({root + '/grades.csv'!r}, 'w').write('s03,100')",
            "q4": f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)",
            "q6": LIAR,
            "q7": PATCHED,
        },
        "k.11": {"q1": HALF_AND_FLOOD},
        "S10": {"q1": "print('x' * 100_000_000)\nq1 = my.short_usd / my.face_usd"},
    }


def tampered(notebook: dict[str, Any]) -> dict[str, Any]:
    """Delete, double, edit and forge."""
    notebook["cells"].remove(cell_of(notebook, "q2_mark"))
    mark = cell_of(notebook, "q1_mark")
    mark["source"] = "1.0"
    mark["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/plain": "1.0"},
        }
    ]
    again = json.loads(json.dumps(cell_of(notebook, "q3")))
    notebook["cells"].append(again | {"source": "q3 = 0.0"})
    cell_of(notebook, "student_id")["source"] = 'my = me("s05")'
    return notebook


def old_format(notebook: dict[str, Any]) -> dict[str, Any]:
    cells = notebook["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    return {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": notebook["metadata"],
        "worksheets": [{"cells": cells}],
    }


@pytest.fixture(scope="module")
def night(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    work = tmp_path_factory.mktemp("hostile")
    course = Course(Path(shutil.copytree(made, work / "class")))
    sheet, right = released(course.release(NAME)), solutions(course.read(NAME))
    folder = work / "in"
    folder.mkdir()

    def hand_in(name: str, notebook: Any) -> None:
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / name).write_text(text, encoding="utf-8")

    def perfect(student_id: str) -> dict[str, Any]:
        return fill_in(sheet, student_id, right)

    with socket.create_server(("127.0.0.1", 0)) as server:
        hand_in("s01.ipynb", perfect("s01"))
        for student_id, answers in attacks(course, server.getsockname()[1]).items():
            hand_in(f"{student_id}.ipynb", fill_in(sheet, student_id, right | answers))
        hand_in("<b>Dora< b> & Co_s04.ipynb", tampered(perfect("s04")))
        hand_in("=HYPERLINK(1)_s05.ipynb", old_format(perfect("s05")))
        language = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
        other = perfect("s06")
        other["metadata"] |= language
        hand_in("s06.ipynb", other)
        hand_in("王小明.ipynb", perfect("s07"))
        hand_in("s08 (1).ipynb", fill_in(sheet, "s08", {}))
        hand_in("s08 (2).ipynb", perfect("s08"))
        hand_in("s09.ipynb", '{"cells": [')
        before = snapshot(folder)
        graded = grade(
            folder,
            course.root,
            limits=Limits(seconds=120, cell_seconds=10, memory_mb=1024),
            quiet=True,
        )
        assert snapshot(folder) == before, "something was written into the submissions"
        server.settimeout(0)
        connections = 0
        try:
            server.accept()
            connections = 1
        except BlockingIOError:
            pass
    page = " ".join(text_of(graded.pages[0]).split())
    return Night(course, folder, graded, page, connections)


@pytest.mark.parametrize(
    ("student_id", "points"),
    [
        ("s01", ALL),
        ("s02", ALL - 1 - 3 - 2 - 3 - 2),  # its q6 asks for q1
        ("s03", 2),
        ("s04", ALL - 2),
        ("s05", ALL),
        ("s07", ALL),
        ("s08", ALL),
        ("S10", ALL),
        ("k.11", ALL - 1 - 3 - 2 - 2),  # its q2, q3 and q6 ask for q1
    ],
)
def test_marks_are_what_was_deserved(night, student_id, points):
    assert float(table(night.course)[student_id][NAME]) == points


@pytest.mark.parametrize(
    ("student_id", "note"),
    [
        ("s06", "not graded: the notebook is for a kernel of 'R', not Python"),
        ("s09", "not handed in"),
    ],
)
def test_what_has_no_mark_says_why(night, student_id, note):
    row = table(night.course)[student_id]
    assert (row[NAME], row[f"{NAME}_note"]) == ("", note)


@pytest.mark.parametrize(
    ("student_id", "line"),
    [
        ("s02", "q1 took longer than 10 s and was stopped"),
        ("s02", "q2 ran out of memory"),
        ("s02", "q3 raised BlockingIOError"),
        ("s02", "q4 ended the process with exit code 0"),
        ("s03", "q1 raised FileNotFoundError"),
        ("s03", "q2 raised FileNotFoundError"),
        ("s03", "q3 raised FileNotFoundError"),
        ("s03", "q4 raised PermissionError"),
        ("s03", "q6 is of type Liar, not a number"),
        ("s03", "the cell q7 redefines check_format, mark_answer"),
        ("s04", "the locked cell q1_mark was changed; the original counts"),
        ("s04", "the marking cell q1_mark holds a result that it cannot have produced"),
        ("s04", "the locked cell q2_mark is missing"),
        ("s04", "the cell q3 appears twice; the last one counts"),
        ("s04", "s05"),
        ("s05", "the file has an old notebook format; it was read as it is"),
        ("s08", "s08 (1).ipynb"),
        ("S10", "it printed 100,000,000 bytes or more"),
        ("k.11", "q1 raised LookupError: a real one"),
        ("k.11", "the notebook wrote something other than answers into their pipe"),
    ],
)
def test_instructor_is_told(night, student_id, line):
    begin = night.page.index("To check")
    told = night.page[begin : night.page.index("What could not be graded")]
    who = f"{STUDENTS[student_id]} ({student_id})"
    entries = told.split(who)[1:]
    ends = [min([e.find(f"({i})") for i in STUDENTS if f"({i})" in e] or [len(e)]) for e in entries]
    own = [entry[:end] for entry, end in zip(entries, ends, strict=True)]
    assert any(line in entry for entry in own), own


@pytest.mark.parametrize(
    "line",
    [
        "s06.ipynb the notebook is for a kernel of 'R', not Python",
        "s09.ipynb",
        "s08 (1).ipynb s08 handed in inverse_maths more than once; s08 (2).ipynb is marked",
    ],
)
def test_what_could_not_be_graded_is_listed(night, line):
    assert line in night.page[night.page.index("What could not be graded") :]
    listed = (night.course.root / "not_graded.csv").read_text(encoding="utf-8-sig")
    assert line.split(".ipynb")[0] in listed


def test_innocent_have_nothing_said_of_them(night):
    begin = night.page.index("To check")
    told = night.page[begin : night.page.index("What could not be graded")]
    assert "(s01)" not in told
    assert "(s07)" not in told


def test_nothing_got_out(night):
    assert night.connections == 0
    assert "s03,100" not in night.course.grades.read_text(encoding="utf-8-sig")


def test_without_a_sandbox_nothing_is_run(night, monkeypatch, capsys):
    monkeypatch.setattr(sandbox.shutil, "which", lambda _: None)
    out = str(night.course.root.parent)
    assert main(["grade", str(night.folder), "--out", out, "--again"]) == 2
    error = capsys.readouterr().err
    assert "bubblewrap is not installed" in error
    assert "--trust-submissions" in error


def test_command_line_says_what_lies_where(night, own_class, tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(night.folder / "s01.ipynb", folder)
    shutil.copy(night.folder / "s06.ipynb", folder)
    for kept in (0, 2):
        assert main(["grade", str(folder), "--out", str(own_class.parent), "--debug"]) == 0
        out = capsys.readouterr().out
        assert f"2 submissions, {kept} of them run before" in out
        assert str(own_class / "grades.csv") in out
        assert "0 of 1 written answers marked" in out
        assert "not graded: s06.ipynb: the notebook is for a kernel of 'R', not Python" in out
    assert float(table(Course(own_class))["s01"][NAME]) == ALL


@pytest.mark.parametrize(
    ("target", "variable", "option"),
    [("class", "ROSTER", ""), ("grade", "SUBMISSIONS", "GRADE_ARGS=--again")],
)
def test_make_hands_over(target, variable, option):
    def make(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "-n", target, *words]
        return subprocess.run(
            command, cwd=ROOT, env=own_environment(), capture_output=True, text=True, check=False
        )

    said = make(f"{variable}=it's a name", option or "UPGRADE=")
    assert said.returncode == 0
    *_, command = map(shlex.split, said.stdout.splitlines())
    given = option.partition("=")[2].split()
    assert command[2:] == ["hedgelib", target, "--out", "out", *given, "--", "it's a name"]
