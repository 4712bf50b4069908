"""What learning platforms hand over, and what students hand in."""

from __future__ import annotations

import io
import json
import os
import zipfile

import pytest

from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.submissions import collect
from hedgelib.errors import InvalidInput

ROSTER = {
    "s01": "Ada Lovelace",
    "s02": "Émile Żółć",
    "s03": "Ann Lee",
    "s04": "Ann Lee Moss",
    "s05": "=HYPERLINK(1)",
    "7": "Bo",
}
ASSIGNMENTS = ("inverse_maths", "sizing_and_collateral")


def notebook(typed=None, assignment="inverse_maths", grade_id=ID_CELL, **metadata):
    cells = []
    if typed is not None:
        mark = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
        source = ["# me('nobody')\n", f'student = me("{typed}")']
        cells = [{"cell_type": "code", "metadata": mark, "source": source}]
    if assignment:
        metadata["hedgelib"] = {"assignment": assignment}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return json.dumps(content).encode()


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


@pytest.fixture
def hand_in(tmp_path):
    """Write files, collect, and make sure that the folder is as it was."""

    def hand_in_(**files):
        folder = tmp_path / "submissions"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        before = snapshot(folder)
        collected = collect(folder, ROSTER, ASSIGNMENTS)
        assert snapshot(folder) == before
        return collected

    return hand_in_


def snapshot(folder):
    return {str(path): path.is_file() and path.read_bytes() for path in sorted(folder.rglob("*"))}


def owners(collected):
    return [(found.student_id, found.assignment) for found in collected.found]


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("inverse_maths_s01.ipynb", "s01"),
        ("Ada Lovelace_123_assignsubmission_file/x.ipynb", "s01"),
        ("Ada Lovelace_123_assignsubmission_file/x.ipynb.txt", "s01"),
        ("lovelaceada_4711_998_inverse-maths-1.ipynb", "s01"),
        ("LATE/Lovelace, Ada/work (3).ipynb", "s01"),
        ("Emile Żółć.ipynb", "s02"),
        ("E\u0301mile Z\u0307o\u0301łc\u0301.ipynb", "s02"),
        ("ann lee.ipynb", "s03"),
        ("ann-lee-moss.ipynb", "s04"),
        ("=HYPERLINK(1).ipynb", "s05"),
        ("S04 of ann lee/s03.ipynb", "s03"),
    ],
)
def test_a_file_says_whose_it_is(hand_in, name, owner):
    collected = hand_in(**{name: notebook()})
    assert owners(collected) == [(owner, "inverse_maths")]
    assert collected.found[0].warnings == ()
    assert collected.found[0].data == notebook()


def test_the_id_typed_in_counts_where_the_name_says_nothing(hand_in):
    collected = hand_in(
        **{
            "a.ipynb": notebook("S01"),
            "b.ipynb": notebook(" 7 ", grade_id=None),
            "c (7).ipynb": notebook("s02"),
            "d.ipynb": notebook("s99"),
            "e.ipynb": notebook(""),
            "ann lee and s01.ipynb": notebook("s03"),
        }
    )
    assert owners(collected) == [(s, "inverse_maths") for s in ("7", "s01", "s02", "s03")]
    assert collected.found[3].warnings == ()
    assert {refused.name: refused.reason for refused in collected.refused} == {
        "d.ipynb": "belongs to nobody on the roster: the id typed in is 's99', and its name has "
        "none",
        "e.ipynb": "belongs to nobody on the roster: no id is typed in, and its name has none",
    }


def test_a_changed_id_does_not_change_whose_it_is(hand_in):
    collected = hand_in(**{"s01.ipynb": notebook("s02"), "s03.ipynb": notebook("zz")})
    assert owners(collected) == [("s01", "inverse_maths"), ("s03", "inverse_maths")]
    assert [found.warnings for found in collected.found] == [
        ("the file belongs to s01, but the id typed in is s02",),
        ("the id typed in, 'zz', is not on the roster",),
    ]


def test_archives_are_opened_where_they_lie(hand_in):
    inner = zipped(s02__x=notebook())
    data = zipped(
        **{
            "s01__x.ipynb": notebook(),
            "more.zip": inner,
            "..__..__s03.ipynb": notebook(),
            "__MACOSX__._x.ipynb": b"rubbish",
            "notes.pdf": b"%PDF",
        }
    )
    collected = hand_in(**{"all.zip": data, "broken.zip": data[:200]})
    assert [found.name for found in collected.found] == [
        "all.zip/s01/x.ipynb",
        "all.zip/more.zip/s02/x",
        "all.zip/../../s03.ipynb",
    ]
    reasons = {refused.name: refused.reason for refused in collected.refused}
    assert reasons["all.zip/notes.pdf"] == "is not a notebook"
    assert reasons["broken.zip"].startswith("is no archive that can be opened")


def test_an_archive_that_would_burst_is_left_alone(hand_in):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s01.ipynb", b"0" * (21 * 2**20))
    nested = notebook()
    for _ in range(5):
        nested = zipped(s02=nested)
    collected = hand_in(**{"bomb.zip": bomb.getvalue(), "deep.zip": nested})
    assert collected.found == ()
    assert [refused.reason for refused in collected.refused] == [
        "is larger than 20,971,520 bytes",
        "is an archive within archives, too deep to open",
    ]


def test_a_locked_archive_is_named(hand_in):
    data = bytearray(zipped(s01=notebook()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    collected = hand_in(**{"locked.zip": bytes(data)})
    assert [refused.reason for refused in collected.refused] == ["is locked with a password"]


def test_of_several_files_the_last_counts(hand_in):
    collected = hand_in(
        **{
            "s01 (2).ipynb": notebook(),
            "s01 (10).ipynb": notebook(x=1),
            "s01.ipynb": notebook(),
            "s02.ipynb": notebook(assignment="sizing_and_collateral"),
        }
    )
    assert [found.name for found in collected.found] == ["s01 (10).ipynb", "s02.ipynb"]
    marked = collected.found[0]
    assert len(marked.warnings) == 1
    assert "2 more with other content set aside" in marked.warnings[0]
    assert [refused.reason for refused in collected.refused] == [
        f"s01 handed in inverse_maths more than once; {marked.name} is marked"
    ] * 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b'{"cells": [', "cannot be read as a notebook"),
        (b"[" * 100_000, "cannot be read as a notebook"),
        (b"\xff\xfe\x00", "cannot be read as a notebook"),
        (b"[1, 2]", "is not a notebook, though it is called one"),
        (b'{"cells": 3}', "is not a notebook, though it is called one"),
        (notebook(assignment=None), "does not say which assignment it is"),
    ],
    ids=["empty", "cut", "deep", "not text", "a list", "no cells", "no assignment"],
)
def test_what_is_no_notebook_costs_itself_only(hand_in, data, reason):
    collected = hand_in(**{"s01.ipynb": data, "s02.ipynb": notebook()})
    assert owners(collected) == [("s02", "inverse_maths")]
    (refused,) = collected.refused
    assert refused.name == "s01.ipynb"
    assert refused.reason.startswith(reason)


def test_the_name_tells_the_assignment_where_the_notebook_does_not(hand_in):
    collected = hand_in(**{"s01 Sizing-and-collateral.ipynb": notebook(assignment="other")})
    assert owners(collected) == [("s01", "sizing_and_collateral")]


def test_format_3_and_other_kernels_are_found(hand_in):
    cell = {"cell_type": "code", "input": 'student = me("s01")', "metadata": {}}
    old = {
        "nbformat": 3,
        "metadata": {"hedgelib": {"assignment": "inverse_maths"}},
        "worksheets": [{"cells": [cell]}],
    }
    collected = hand_in(
        **{
            "old.ipynb": json.dumps(old).encode(),
            "s02.ipynb": notebook(kernelspec={"name": "ir", "language": "R"}),
            "s03.ipynb": notebook(kernelspec={"name": "python3"}),
        }
    )
    assert [found.student_id for found in collected.found] == ["s01", "s02", "s03"]
    assert collected.found[1].warnings == ("its kernel is for r, not for Python",)
    assert collected.found[2].warnings == ()


def test_links_devices_and_strange_names(tmp_path):
    (tmp_path / "outside.ipynb").write_bytes(notebook())
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "s01.ipynb").symlink_to(tmp_path / "outside.ipynb")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.ipynb")
    with open(os.fsencode(folder) + b"/s03 \xff\n<b>.ipynb", "wb") as file:
        file.write(notebook())
    data = notebook()
    collected = collect(folder, ROSTER, ASSIGNMENTS)
    assert [(found.student_id, found.name) for found in collected.found] == [
        ("s03", "s03 \\xff\\n<b>.ipynb")
    ]
    assert collected.found[0].data == data
    assert {refused.name for refused in collected.refused} == {"s01.ipynb", "pipe.ipynb"}


def test_checkpoints_are_not_handed_in(hand_in):
    collected = hand_in(
        **{"s01.ipynb": notebook(), ".ipynb_checkpoints/s01-checkpoint.ipynb": notebook(x=1)}
    )
    assert [found.name for found in collected.found] == ["s01.ipynb"]
    assert len(collected.refused) == 1


@pytest.mark.parametrize("made", [False, True], ids=["missing", "a file"])
def test_a_folder_that_is_none_is_named(tmp_path, made):
    path = tmp_path / "nowhere"
    if made:
        path.write_text("")
    with pytest.raises(InvalidInput, match="submissions must be a folder that can be read"):
        collect(path, ROSTER, ASSIGNMENTS)
