"""What is parsed of a student's file, where, and at what cost."""

from __future__ import annotations

import io
import json
import os
import signal
import tracemalloc
import zipfile

import pytest

from hedgelib.classroom import _reader, sandbox
from hedgelib.classroom._archives import Room
from hedgelib.classroom.reading import Cell, Found, Reader, Reading, taken_over
from tests.classtools import read_here

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def reader():
    with Reader() as found:
        yield found


def notebook(*cells, **metadata):
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": list(cells)}).encode()


def code(source, grade_id=""):
    mark = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": mark, "source": source}


def test_1_half_characters_are_replaced_wherever_they_stand(reader):
    half = "\ud83d"
    cells = [
        code(f"me('s0{half}1')", "student_id"),
        code([f"q1 = '{half}'"], "q1"),
        code("x", half),
        {"cell_type": "markdown", "metadata": {half: half}, "source": f"whole 😀, half {half}"},
    ]
    cells[1]["outputs"] = [{"output_type": half, "text": half}]
    data = notebook(*cells, hedgelib={"assignment": half}, kernelspec={"language": "python" + half})
    assert b"\\ud83d" in data
    found = reader.read(data)
    assert found == read_here(data)
    assert (found.assignment, found.typed) == ("\ufffd", "s0\ufffd1")
    assert [cell.source for cell in found.cells][1:] == [
        "q1 = '\ufffd'",
        "x",
        "whole 😀, half \ufffd",
    ]
    repr(found).encode()


def test_3_large_cells_are_left_out_and_the_others_read(reader):
    large, limit = "x = 1\n" * 40_000, "#" * _reader.LARGEST_CELL
    found = reader.read(notebook(code(large, "q1"), code(limit, "q2"), code("q3 = 3", "q3")))
    assert found.cells == (
        Cell(kind="code", source="", grade_id="q1", left_out=240_000),
        Cell(kind="code", source=limit, grade_id="q2"),
        Cell(kind="code", source="q3 = 3", grade_id="q3"),
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (notebook(*[code("x = 1\n" * 30_000)] * 20), "hold 3,600,000 bytes of text; at most"),
        (notebook(*[code("1")] * 2_001), "the notebook has 2,001 cells; at most 2,000 are read"),
    ],
    ids=["much text", "many cells"],
)
def test_3_much_text_is_refused(reader, data, told):
    assert told in reader.read(data).refusal


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[" * 10**6, "RecursionError"),
        (b'{"":[' + b'{"":0},' * 2_900_000 + b"0]}", "MB of memory to read"),
        (b'{"cells": [', "JSONDecodeError: Expecting value"),
    ],
    ids=["deep", "wide", "cut"],
)
def test_3_what_is_made_to_take_all_memory_costs_itself(reader, data, told):
    tracemalloc.start()
    found = reader.read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told in found.failure
    assert peak < 10 * 2**20
    assert reader.read(notebook()).notebook


def test_3_source_that_takes_gigabytes_to_parse_takes_none_here(reader):
    """Four megabytes took 2.6 GB in the process that marks."""
    large = "x = " + "-1," * (4 * 2**20 // 3)
    data = notebook(code(large, "q1"), code("my = [" + "1," * 90_000 + "]"))
    tracemalloc.start()
    found = reader.read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 2**20
    assert found.cells[0].left_out == len(large)
    assert found.cells[1].takes == ("my",)


def test_4_what_takes_too_long_costs_itself(reader):
    data = notebook(code("q1 = 1"))
    room = Room(9, 10**6)
    (slow,) = reader.files("slow.ipynb", io.BytesIO(data), len(data), room, 1e-9)
    assert slow.problem == "takes more than 1e-09 s to read"
    (good,) = reader.files("good.ipynb", io.BytesIO(data), len(data), room, 60)
    assert (good.problem, good.data, room) == ("", data, Room(8, 10**6 - len(data)))


def test_an_archive_says_when_its_members_were_changed(reader):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, year in (("s01.ipynb", 2026), ("s02.ipynb", 1980)):
            archive.writestr(zipfile.ZipInfo(name, (year, 11, 29, 8, 30, 2)), notebook())
    found = reader.files("all.zip", buffer, len(buffer.getvalue()), Room(50, 10**6), 60)
    assert [one.modified for one in found] == ["2026-11-29T08:30:02", ""]


def test_4_a_disk_that_fails_is_named(reader):
    class Failing(io.BytesIO):
        def read(self, *_):
            raise OSError(5, "Input/output error")

    (found,) = reader.files("x.ipynb", Failing(), 10, Room(1, 10), 60)
    assert found.problem == "cannot be read: Input/output error"
    assert reader.read(notebook()).notebook


OTHER = b'{"name": "y.ipynb", "problem": "is not what was given", "modified": ""}'


@pytest.mark.parametrize(
    "message",
    [
        _reader.FRAME.pack(b"A", 3) + b"far",
        _reader.FRAME.pack(b"T", 2) + b"[]" + _reader.FRAME.pack(b"G", 0),
        _reader.FRAME.pack(b"T", 2) + b"{}" + _reader.FRAME.pack(b"E", 2) + b"{}",
        _reader.FRAME.pack(b"E", 4) + b"null",
        _reader.FRAME.pack(b"?", 0),
        _reader.FRAME.pack(b"T", 1 << 40),
        b"short",
        (_reader.FRAME.pack(b"T", 25) + b'{"name": 1, "problem": 2}') * 9,
        _reader.FRAME.pack(b"T", len(OTHER)) + OTHER + _reader.FRAME.pack(b"G", 0),
    ],
)
def test_a_box_that_lies_costs_the_file_it_reads(monkeypatch, message):
    """Whoever took over the process that reads has only its messages."""
    lines = f"import os\nos.write(1, {_reader.READY + message!r})\nos.read(0, 1)"
    started = sandbox.started
    monkeypatch.setattr(sandbox, "started", lambda _, **how: started(["-c", lines], **how))
    with Reader() as liar:
        (found,) = liar.files("x.ipynb", io.BytesIO(b"{}"), 2, Room(3, 10), 60)
    assert found == Found(
        name="x.ipynb", problem="could not be read: the process that read it is gone"
    )


def test_a_reader_that_is_gone_costs_one_file(reader):
    assert reader.read(notebook()).notebook
    process = reader._process
    os.kill(process.pid, signal.SIGKILL)
    # What is inside the sandbox goes a moment later.
    while not process.stdout.closed and not (failure := reader.read(notebook()).failure):
        pass
    assert failure == "could not be read: the process that read it is gone"
    assert reader.read(notebook()).notebook


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {"failure": 3},
        {"failure": "", "notebook": True},
        {**_reader.reading(notebook(code("1"))), "cells": [{}]},
        {**_reader.reading(notebook(code("1"))), "cells": {"kind": 1}},
        {**_reader.reading(notebook(code("1"))), "typed": ["s01"]},
        {**_reader.reading(notebook(code("1"))), "assignment": "x" * 10**6},
    ],
)
def test_of_a_forged_answer_nothing_is_taken(raw):
    assert taken_over(raw) == Reading(failure="could not be read: the process that read it is gone")


def test_a_reader_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda *_, **__: ["bwrap", "--no-such-option"])
    with Reader() as broken, pytest.raises(sandbox.SandboxMissing, match="no-such-option"):
        broken.read(b"{}")


@pytest.mark.parametrize(
    ("call", "typed", "attempt"),
    [
        ("me('s01')", "s01", 1),
        ('me("s01", attempt=2)', "s01", 2),
        ("me( 's01' , attempt = 3 , )", "s01", 3),
        ("me('s01', 2)", "s01", 2),
        ("me('s01', attempt=0)", None, 1),
        ("me('s01', attempt=12)", None, 1),
    ],
)
def test_the_attempt_is_typed_next_to_the_id(call, typed, attempt):
    found = read_here(notebook(code(f"my = {call}", "student_id")))
    assert (found.typed, found.attempt) == (typed, attempt)
