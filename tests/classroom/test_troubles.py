"""Trouble with a student, the machine or a second grader: named, and no wider than it is."""

from __future__ import annotations

import gc
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hedgelib.__main__ import main
from hedgelib.classroom import _reader, _runner
from hedgelib.classroom.course import Course, CourseError
from hedgelib.classroom.grading import grade
from hedgelib.classroom.interface import LearnersFile
from hedgelib.classroom.learners import write_learners
from hedgelib.classroom.merge import merge
from hedgelib.errors import HedgeError
from tests.classtools import fill_in, read_here, released, run_here, solutions, table
from tests.labtools import ROOT

NAME = "inverse_maths"
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="a system without /dev/full")


@pytest.fixture
def course(own_class):
    return Course(own_class)


@pytest.fixture
def folder(course, tmp_path):
    folder = tmp_path / "handed in"
    folder.mkdir()
    sheet, right = released(course.release(NAME)), solutions(course.read(NAME))
    for student_id in ("s01", "s05"):
        text = json.dumps(fill_in(sheet, student_id, right))
        (folder / f"{student_id}.ipynb").write_text(text)
    return folder


def test_7_a_course_has_one_grader_at_a_time(course, folder, capsys):
    roster = folder.parent / "roster.csv"
    roster.write_text("id,name\ns01,Ada Lovelace\n")
    told = f"another `hedgelib class` or `hedgelib grade` is at work in {course.root}; wait"
    with course.locked():
        with pytest.raises(CourseError, match="is at work"):
            grade(folder, course.root, run=run_here, quiet=True)
        assert main(["class", str(roster), "--out", str(course.root.parent)]) == 2
    assert told in capsys.readouterr().err
    assert not course.grades.exists()
    assert grade(folder, course.root, run=run_here, quiet=True).ran == 2


def test_a_copy_of_the_same_file_is_no_later(course, folder):
    rules = f"[late]\nper_day = 0.1\n\n[exercises.{NAME}]\ndue = 2026-01-31T12:00:00Z\n"
    (course.root / "course.toml").write_text(rules)
    file = folder / "s01.ipynb"
    on_time = datetime(2026, 1, 31, 11, tzinfo=UTC).timestamp()

    def marked(at=None, **options):
        if at is not None:
            os.utime(file, (at, at))
        grade(folder, course.root, run=run_here, quiet=True, **options)
        return table(course)["s01"][NAME]

    whole = marked(on_time)
    assert marked(on_time + 9 * 86_400) == whole
    assert marked(on_time + 9 * 86_400, again=True) == whole
    # Another file is as late as it is, and earlier counts as earlier.
    file.write_text(file.read_text() + "\n")
    assert float(marked(on_time + 86_400)) < float(whole)
    assert marked(on_time) == whole


@needs_full
def test_7_a_full_disk_names_the_file(course, folder):
    (course.root / ".grades.csv.new").symlink_to(FULL)
    with pytest.raises(HedgeError) as told:
        grade(folder, course.root, run=run_here, quiet=True)
    assert str(told.value).startswith(f"cannot write to {course.grades}: No space left on device")
    assert not (course.root / ".grades.csv.new").is_symlink()
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert (graded.ran, graded.kept) == (0, 2)


@needs_full
@pytest.mark.parametrize(
    ("step", "told"),
    [("autograded", "could not be marked"), ("feedback", "has its marks, but no feedback page")],
)
def test_1_a_page_that_cannot_be_written_costs_one_student(course, folder, step, told):
    path = course.student_file(step, "s01", NAME, "html" if step == "feedback" else "ipynb")
    path.parent.mkdir(parents=True)
    (path.parent / f".{path.name}.new").symlink_to(FULL)
    graded = grade(folder, course.root, run=run_here, quiet=True)
    (item,) = graded.refused
    assert item.student_id == "s01"
    assert item.reason == (
        f"s01's {NAME} {told}: cannot write to {path}: No space left on device; make room or name "
        "another folder with --out"
    )
    assert float(table(course)["s05"][NAME]) == 16


def test_1_a_folder_in_the_way_costs_one_student(course, folder):
    (course.root / "graded" / NAME / "s01.json").mkdir(parents=True)
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert any(
        "s01's inverse_maths could not be kept: a folder is in" in i.reason for i in graded.refused
    )
    assert float(table(course)["s05"][NAME]) == 16


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_7_a_damaged_gradebook_is_named(course, folder):
    course.gradebook.write_bytes(b"no database" * 1000)
    with pytest.raises(CourseError, match=r"gradebook.db cannot be used: file is not a database;"):
        grade(folder, course.root, run=run_here, quiet=True)
    # nbgrader leaves the file open, which must not be another test's trouble.
    gc.collect()


@pytest.mark.parametrize("kind", ["flight", "progress"])
def test_1_what_a_learner_made_up_costs_the_learner(course, kind):
    """The values of these files are checked out here, and may be anything that JSON can say."""
    shapes = [None, [], {}, "x", 1e999, {"hedgelib_flight": 1, "recalled": 1}]
    shapes += [{"hedgelib_flight": one, "recalled": one, "moves": one} for one in shapes]
    for shape in shapes:
        file = LearnersFile(student_id="s01", kind=kind, name="x.json", record=shape)
        pages, refused = write_learners([file], course, course.roster())
        assert pages or refused


def test_the_threat_model_names_tests_that_there_are():
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", text)
    assert len(named) > 20
    for file, name in named:
        assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8"), name


def test_the_threat_model_has_the_limits_of_the_code():
    text = " ".join((ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8").split())
    memory, seconds = _reader._MEMORY >> 20, _reader.SECONDS
    assert f"each in its own process with {memory} MiB and {seconds:g} s" in text
    assert _runner._MOST_OF_A_CELL == 2
    assert "two problems for each cell" in text


def test_7_a_flood_of_changes_hides_no_other(course):
    source = course.read(NAME)
    notebook = fill_in(released(course.release(NAME)), "s01", solutions(source))
    notebook["cells"] = [cell for cell in notebook["cells"] if "q1_mark" not in str(cell)]
    own = {"cell_type": "code", "metadata": {}, "source": "my = 1"}
    notebook["cells"] = [own] * 500 + notebook["cells"] + notebook["cells"][-1:] * 50
    warnings = merge(read_here(json.dumps(notebook).encode()), source).warnings
    assert "the locked cell q1_mark is missing" in warnings
    assert len(warnings) == 51
    assert warnings[-1].endswith(" more changes")
