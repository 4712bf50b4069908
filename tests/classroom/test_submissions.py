"""What learning platforms hand over, and what students hand in."""

from __future__ import annotations

import io
import json
import os
import resource
import tarfile
import tracemalloc
import zipfile

import pytest

from hedgelib.classroom import _archives, submissions
from hedgelib.classroom._archives import Room
from hedgelib.classroom.attribution import People
from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.reading import Reader
from hedgelib.classroom.submissions import collect
from hedgelib.errors import HedgeError, InvalidInput

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


@pytest.fixture(scope="module")
def reader():
    """A process that parses, as everywhere, but without a sandbox."""
    with Reader(trust=True) as found:
        yield found


@pytest.fixture
def spool(tmp_path_factory):
    return tmp_path_factory.mktemp("spool")


@pytest.fixture
def hand_in(tmp_path, reader, spool):
    """Write files, collect, and make sure that the folder is as it was."""

    def hand_in_(**files):
        folder = tmp_path / "submissions"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        before = snapshot(folder)
        collected = collect(folder, People(ROSTER, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
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


NAMESAKES = {
    "s01": "Ada Lovelace",
    "s03": "Ann Lee",
    "s09": "Ann Lee",
    "4711": "Bo Chen",
    "inverse": "Ivy",
    "m1": "王小明",
    "m2": "李明",
    "m3": "李明华",
    "a1": "محمد علي",
    "c1": "Иван Петров",
    "g1": "Gabriel García Márquez",
    "k1": "홍 길동",
    "t1": "Łukasz Øre",
    "s1": "Max Mo",
    "s10": "Mia Mo",
}
MOODLE, CANVAS = "Ada Lovelace_123_assignsubmission_file/", "lovelaceada_LATE_4711_99_"
BLACKBOARD = "inverse_maths_s01_attempt_2026-11-25-10-11-12_"
BRIGHTSPACE = "11111-22222 - Ada Lovelace - Nov 25, 2026 1011 AM/"
NOVEMBER_25 = 1_795_597_687
TYPED = {"s03": "the file belongs to s01, but the id typed in is s03"}


@pytest.fixture
def given(tmp_path, reader, spool):
    """Write one file and collect it, for a class with namesakes."""

    def given_(name, data):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool)

    return given_


@pytest.mark.parametrize("typed", ["s01", "s03"])
@pytest.mark.parametrize("own", ["Bo Chen.ipynb", "s03.ipynb", "inverse_maths.ipynb", "x.ipynb"])
@pytest.mark.parametrize("front", [MOODLE, CANVAS, BLACKBOARD, BRIGHTSPACE, "4711.zip/" + MOODLE])
def test_nobody_hands_in_for_another_by_naming_a_file_after_them(given, front, own, typed):
    collected = given(front + own, notebook(typed))
    assert owners(collected) == [("s01", "inverse_maths")]
    assert collected.found[0].warnings == ((TYPED[typed],) if typed in TYPED else ())


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("Ada Lovelace - inverse_maths.ipynb", "s01"),
        ("Mo, Max/s1.ipynb", "s1"),
        ("s10.ipynb", "s10"),
        ("garciamarquezgabriel_1_2_x.ipynb", "g1"),
        ("García Márquez, Gabriel/x.ipynb", "g1"),
        ("lukasz ore.ipynb", "t1"),
        ("作业1王小明.ipynb", "m1"),
        ("李明华的作业.ipynb", "m3"),
        ("李明_7_assignsubmission_file/x.ipynb", "m2"),
        ("علي، محمد.ipynb", "a1"),
        ("ПЕТРОВ Иван.ipynb", "c1"),
        ("홍길동과제.ipynb", "k1"),
        ("inverse_maths_inverse.ipynb", "inverse"),
        ("Ann Lee_5_assignsubmission_file/s09.ipynb", "s09"),
    ],
)
def test_names_of_all_the_world_are_known(given, name, owner):
    collected = given(name, notebook())
    assert owners(collected) == [(owner, "inverse_maths")]
    assert collected.found[0].warnings == ()


@pytest.mark.parametrize(
    ("name", "typed", "reason"),
    [
        ("Bo Chen/Ada Lovelace.ipynb", "s01", "names s01 in a folder that names 4711, and the"),
        ("Bo Chen/lovelaceada_1_2_x.ipynb", "s01", "names s01 in a folder that names 4711, and"),
        ("Ann Lee_5_assignsubmission_file/x.ipynb", "s01", "could belong to s03, s09, and the id"),
        ("Ann Lee.ipynb", None, "could belong to s03, s09, and no id"),
        ("s100.ipynb", None, "belongs to nobody"),
        ("inverse_maths.ipynb", None, "belongs to nobody"),
    ],
)
def test_nobody_gets_a_file_that_may_be_another_s(given, name, typed, reason):
    collected = given(name, notebook(typed))
    assert collected.found == ()
    assert collected.refused[0].reason.startswith(reason)


def test_of_two_with_one_name_the_typed_id_decides(given):
    collected = given("Ann Lee_5_assignsubmission_file/x.ipynb", notebook("S09"))
    assert owners(collected) == [("s09", "inverse_maths")]
    assert collected.found[0].warnings == ("the name fits s03, s09; the id typed in decided",)


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
        "d.ipynb": "belongs to nobody on the roster: the id typed in is 's99', and its name "
        "contains no student",
        "e.ipynb": "belongs to nobody on the roster: no id is typed in, and its name contains no "
        "student",
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
    assert reasons["broken.zip"].startswith("is an archive that cannot be opened: BadZipFile: ")


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


def opened(data, room=None):
    return [*_archives.opened("all.zip", io.BytesIO(data), len(data), room or Room(10**5, 10**9))]


def test_what_is_within_archives_is_counted_together(monkeypatch):
    """A small file may hold hundreds that each hold as much as one may."""
    inner = [zipped(**{f"{id_}.ipynb": notebook()}) for id_ in ("s01", "s02", "s03", "s04")]
    data = zipped(**{f"{i}.zip": x for i, x in enumerate(inner)})
    total = sum(map(len, inner))
    monkeypatch.setattr(_archives, "_INNER_ARCHIVE", (9, 10**6, 1))
    monkeypatch.setattr(_archives, "_ARCHIVE", (100, total + 2 * len(notebook()), 1))
    *good, bad = opened(data)
    assert [file.problem for file in good] == ["", "", ""]
    assert bad.name == "all.zip/3.zip"
    assert "is not read: there is room for" in bad.problem
    monkeypatch.setattr(_archives, "_ARCHIVE", (100, total - 1, 1))
    (bad,) = opened(data)
    assert "too large to open; unpack it" in bad.problem


def test_1_an_archive_with_nothing_in_it_has_a_reason(hand_in):
    data = zipped(**{".DS_Store": b"", "s01_numbers.json": b"{}"})
    collected = hand_in(**{"s01.zip": zipped(), "s02.zip": data})
    told = "is an archive without a notebook"
    assert [(item.name, item.reason) for item in collected.refused] == [
        ("s01.zip", told),
        ("s02.zip", told),
    ]


def test_4_what_an_archive_only_lists_is_counted():
    """Refused members took no room: one archive could name millions of them."""
    films = zipped(**{f"{number}.mp4": b"film" for number in range(40)})
    data = zipped(**{f"{number}.zip": films for number in range(100)})
    room = Room(1_000, 10**9)
    assert len(opened(data, room)) == 40 + 99
    assert room.members == 1_000 - 100 - 40


def test_4_nobody_uses_up_the_room_of_the_folder(hand_in, monkeypatch):
    monkeypatch.setattr(submissions, "_FOLDER", (200, 10**9, 3600.0))
    greedy = zipped(**{f"{number}.ipynb": b"{}" for number in range(7)})
    files = {f"{number}.zip": greedy for number in range(40)}
    collected = hand_in(**files, **{"s.zip": zipped(s01=notebook()), "s02.ipynb": notebook()})
    assert {found.student_id for found in collected.found} == {"s01", "s02"}
    told = [refused.reason for refused in collected.refused if refused.name.endswith(".zip")]
    assert told
    assert all("too large to open; unpack it into the folder" in reason for reason in told)


def test_4_files_are_held_one_at_a_time(tmp_path, reader, spool):
    """Refused ones too were all held at once; the largest were read before their size was seen."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.ipynb", b"{" + b"0" * (15 * 2**20))
        archive.writestr("film.mp4", b"0" * (30 * 2**20))
    folder = tmp_path / "submissions"
    folder.mkdir()
    with (folder / "film.mp4").open("wb") as film:
        film.truncate(490 * 2**20)
    with (folder / "s03.ipynb").open("wb") as sparse:
        sparse.truncate(490 * 2**20)
    (folder / "all.zip").write_bytes(buffer.getvalue())
    (folder / "s01.ipynb").write_bytes(notebook())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    collected = collect(folder, People(ROSTER, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert owners(collected) == [("s01", "inverse_maths")]
    assert len(collected.refused) == 23
    reasons = {refused.name: refused.reason for refused in collected.refused}
    assert reasons["film.mp4"] == "is larger than 20,971,520 bytes"
    assert reasons["s03.ipynb"] == "is larger than 20,971,520 bytes"
    assert reasons["all.zip/film.mp4"] == "is larger than 20,971,520 bytes"
    assert peak < 80 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 2**10


def test_4_a_full_disk_names_the_file_and_the_place(hand_in, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(submissions.tempfile, "mkstemp", full)
    with pytest.raises(HedgeError, match=r"^s01.ipynb: cannot be copied to .*: No space left"):
        hand_in(**{"s01.ipynb": notebook()})


def test_4_an_archive_that_lists_millions_is_not_read(monkeypatch):
    data = zipped(**{f"{number}.ipynb": notebook() for number in range(30)})
    monkeypatch.setattr(_archives, "_LARGEST_DIRECTORY", 1_000)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("was opened"))
    (refused,) = opened(data)
    assert refused.problem.startswith("is an archive with a directory of 1,6")
    assert refused.problem.endswith("too large to open; unpack it into the folder")


MOODLE_1, MOODLE_2 = "Ann Lee_1001_assignsubmission_file/", "Ann Lee_1002_assignsubmission_file/"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MOODLE_1 + "x.ipynb", MOODLE_2 + "x.ipynb"),
        ("leeann_1001_7_x.ipynb", "leeann_LATE_1002_8_x.ipynb"),
        (
            "1001-5 - Ann Lee - Nov 25, 2026 1011 AM/x.ipynb",
            "1002-5 - Ann Lee - Nov 25, 2026 1012 AM/x.ipynb",
        ),
        (MOODLE_1 + "a.ipynb", "more/" + MOODLE_2 + "b.ipynb"),
    ],
    ids=["Moodle", "Canvas", "Brightspace", "two exports"],
)
@pytest.mark.parametrize("roster", ["namesakes", "one of them"])
def test_6_a_namesake_sets_nobody_s_work_aside(tmp_path, reader, spool, first, second, roster):
    """The second has typed the id of the first."""
    for number, name in enumerate((first, second)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook("s03", x=number))
    students = {i: n for i, n in NAMESAKES.items() if roster == "namesakes" or i != "s09"}
    collected = collect(tmp_path, People(students, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
    assert collected.found == ()
    assert {refused.name for refused in collected.refused} == {first, second}
    for refused in collected.refused:
        assert (refused.student_id, refused.assignment) == ("s03", "inverse_maths")
        assert "numbers different people (1001 and 1002)" in refused.reason
        assert "rename each folder or file to its student's id" in refused.reason


@pytest.mark.parametrize(
    ("name", "at", "clock", "late", "front"),
    [
        (
            "all.zip/Ada Lovelace_123_assignsubmission_file_/x.ipynb",
            "2026-11-25T09:08:06",
            "file",
            False,
            "Ada Lovelace_123_assignsubmission_file_/",
        ),
        (
            "Ada Lovelace_123_assignsubmission_file/a/x.ipynb",
            "2026-11-25T09:08:07+00:00",
            "file",
            False,
            "Ada Lovelace_123_assignsubmission_file/",
        ),
        (
            "Participant_77_assignsubmission_file_/x.ipynb",
            "2026-11-25T09:08:07+00:00",
            "file",
            False,
            "Participant_77_assignsubmission_file_/",
        ),
        (
            "Ada Lovelace_123_assignsubmission_file_x.ipynb",
            "2026-11-25T09:08:07+00:00",
            "file",
            False,
            "Ada Lovelace_123_assignsubmission_file_",
        ),
        ("all.zip/lovelaceada_4711_998_x-1.ipynb", "", "platform", False, "lovelaceada_4711_998_"),
        ("lovelaceada_LATE_4711_998_x.ipynb", "", "platform", True, "lovelaceada_LATE_4711_998_"),
        (
            "inverse_maths_s01_attempt_2026-11-25-10-11-12_x.ipynb",
            "2026-11-25T10:11:12",
            "platform",
            False,
            "inverse_maths_s01_attempt_2026-11-25-10-11-12_",
        ),
        (
            "1-2 - Ada Lovelace - Nov 25, 2026 1011 PM/x.ipynb",
            "2026-11-25T22:11:00",
            "platform",
            False,
            "1-2 - Ada Lovelace - Nov 25, 2026 1011 PM/",
        ),
        ("s01/x.ipynb", "2026-11-25T09:08:07+00:00", "file", False, ""),
    ],
)
def test_a_file_says_when_it_was_handed_in_and_by_which_clock(
    tmp_path, reader, spool, name, at, clock, late, front
):
    path = tmp_path / name
    if ".zip/" in name:
        archive_name, _, member = name.partition("/")
        path = tmp_path / archive_name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo(member, (2026, 11, 25, 9, 8, 6)), notebook("s01"))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook("s01"))
    os.utime(path, (NOVEMBER_25, NOVEMBER_25))
    (one,) = collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool).found
    assert (one.student_id, one.at, one.clock, one.late) == ("s01", at, clock, late)
    assert People(NAMESAKES, ASSIGNMENTS).origin(one.name).front == front


def test_an_archive_without_times_has_its_own(tmp_path, reader, spool):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("s01/x.ipynb"), notebook())
    os.utime(path, (NOVEMBER_25, NOVEMBER_25))
    (one,) = collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool).found
    assert (one.at, one.clock) == ("2026-11-25T09:08:07+00:00", "file")


def test_attempts_are_found_next_to_each_other_and_are_of_one_person(tmp_path, reader, spool):
    (tmp_path / MOODLE_1).mkdir()
    second = notebook("s03").replace(rb"me(\"s03\")", rb"me(\"s03\", attempt=2)")
    (tmp_path / MOODLE_1 / "1.ipynb").write_bytes(notebook("s03"))
    (tmp_path / MOODLE_1 / "2.ipynb").write_bytes(second)
    collected = collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
    assert [(one.student_id, one.attempt) for one in collected.found] == [("s03", 1), ("s03", 2)]
    (tmp_path / MOODLE_2).mkdir()
    (tmp_path / MOODLE_1 / "2.ipynb").rename(tmp_path / MOODLE_2 / "2.ipynb")
    collected = collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
    assert collected.found == ()
    assert all("different people (1001 and 1002)" in one.reason for one in collected.refused)


def test_6_namesakes_with_their_own_ids_are_both_found(tmp_path, reader, spool):
    for front, typed in ((MOODLE_1, "s03"), (MOODLE_2, "s09")):
        (tmp_path / front).mkdir()
        (tmp_path / front / "x.ipynb").write_bytes(notebook(typed))
    collected = collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
    assert [(one.student_id, one.person) for one in collected.found] == [
        ("s03", "1001"),
        ("s09", "1002"),
    ]


def test_6_one_person_s_later_file_still_counts(tmp_path, reader, spool):
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / MOODLE_1).mkdir(exist_ok=True)
        (tmp_path / MOODLE_1 / name).write_bytes(notebook("s03", x=name))
    (tmp_path / "work_3_4_final.ipynb").write_bytes(notebook("s03"))
    collected = collect(tmp_path, People(NAMESAKES, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
    (found,) = collected.found
    assert (found.student_id, len(collected.refused)) == ("s03", 2)


def test_archives_of_every_make(hand_in):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("apple/É\u0301mile Żółć.ipynb", notebook())
        archive.writestr("Ada Lovelace\\x.ipynb", notebook())
        archive.writestr("/etc/s03.ipynb", notebook())
        archive.writestr("9" * 5000 + ".ipynb", notebook("s04"))
        with archive.open("s05.ipynb", "w", force_zip64=True) as member:
            member.write(notebook())
        link = zipfile.ZipInfo("s05 link.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("/etc/s03.ipynb", notebook(x=2))
    # As Apple's archiver, the first does not say that its name is UTF-8.
    data = bytearray(buffer.getvalue())
    for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.index(signature) + offset] &= ~0x08
    collected = hand_in(**{"all.zip": bytes(data), "memo.docx": zipped(**OFFICE)})
    assert [found.student_id for found in collected.found] == ["s01", "s02", "s03", "s04", "s05"]
    assert collected.found[2].data == notebook(x=2)
    reasons = {refused.name: refused.reason for refused in collected.refused}
    assert reasons["all.zip/s05 link.ipynb"].startswith("is a link or a device")
    assert reasons["memo.docx"] == "is not a notebook"


OFFICE = {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_archive_costs_itself_only(hand_in, method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("s01.ipynb", notebook())
    whole = buffer.getvalue()
    broken = {
        f"{at}.zip": whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        for at in range(len(whole))
    }
    nameless = zipped(x=notebook()).replace(b"\x01\x00\x00\x00x", b"\x00\x00\x00\x00x")
    collected = hand_in(**broken, **{"nameless.zip": nameless, "s02.ipynb": notebook()})
    assert ("s02", "inverse_maths") in owners(collected)
    assert len(collected.refused) > len(whole) / 2


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.xz", "7z", "rar"])
def test_other_archives_are_refused_kindly(hand_in, kind):
    buffer = io.BytesIO()
    if kind.startswith("tar"):
        with tarfile.open(fileobj=buffer, mode="w:" + kind[4:]) as archive:
            info = tarfile.TarInfo("s01.ipynb")
            info.size = len(notebook())
            archive.addfile(info, io.BytesIO(notebook()))
    else:
        buffer.write({"7z": b"7z\xbc\xaf\x27\x1c", "rar": b"Rar!\x1a\x07"}[kind] + bytes(300))
    collected = hand_in(**{f"s01.{kind}": buffer.getvalue()})
    (refused,) = collected.refused
    assert refused.reason == (
        "is an archive of an unsupported kind; unpack it, or make it a zip archive"
    )


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
    assert "2 more with different content set aside" in marked.warnings[0]
    assert [refused.reason for refused in collected.refused] == [
        f"s01 handed in inverse_maths more than once; {marked.name} is marked"
    ] * 2


def test_a_copy_does_not_stand_for_what_it_was_copied_from(hand_in):
    collected = hand_in(
        **{
            "s01/work-Copy1.ipynb": notebook(x=1),
            "s01/work.ipynb": notebook(x=2),
            "s02/work.ipynb": notebook(x=1),
            "s02/work (1).ipynb": notebook(x=2),
        }
    )
    assert [found.name for found in collected.found] == ["s01/work.ipynb", "s02/work (1).ipynb"]


def test_an_editor_s_encoding_is_read(hand_in):
    text = notebook().decode()
    collected = hand_in(
        **{"s01.ipynb": text.encode("utf-16"), "s02.ipynb": text.encode("utf-8-sig")}
    )
    assert [found.student_id for found in collected.found] == ["s01", "s02"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b'{"cells": [', "cannot be read as a notebook"),
        (b"[" * 100_000, "cannot be read as a notebook"),
        (b"\xff\xfe\x00", "cannot be read as a notebook"),
        (b"[1, 2]", "is not a notebook, although its name says so"),
        (b'{"cells": 3}', "is not a notebook, although its name says so"),
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


def test_links_devices_and_strange_names(tmp_path, reader, spool):
    (tmp_path / "outside.ipynb").write_bytes(notebook())
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "s01.ipynb").symlink_to(tmp_path / "outside.ipynb")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.ipynb")
    with open(os.fsencode(folder) + b"/s03 \xff\n<b>.ipynb", "wb") as file:
        file.write(notebook())
    data = notebook()
    collected = collect(folder, People(ROSTER, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
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
def test_a_folder_that_is_none_is_named(tmp_path, made, reader, spool):
    path = tmp_path / "nowhere"
    if made:
        path.write_text("")
    with pytest.raises(InvalidInput, match="submissions must be a folder that can be read"):
        collect(path, People(ROSTER, ASSIGNMENTS), ASSIGNMENTS, reader, spool)
