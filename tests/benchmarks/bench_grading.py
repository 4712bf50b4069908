"""Grading a class: a folder at once in the sandbox, against nbgrader student by student."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.grading import grade
from hedgelib.classroom.making import class_keys
from hedgelib.classroom.release import api, enter_students, release
from hedgelib.classroom.roster import Roster
from hedgelib.classroom.source import exercises_folder
from tests.benchmarks.measure import Row, duration, faster
from tests.classtools import fill_in, released, solutions, wrong_answers

NAME, STUDENTS, SAMPLE = "inverse_maths", 300, 6


def make(root: Path) -> Course:
    """Make a class with one exercise."""
    course = Course(root)
    course.root.mkdir()
    course.secret()
    course.write_config()
    roster = {f"s{i:03}": f"Student {i}" for i in range(STUDENTS)}
    course.write_roster(Roster(names=roster, cells={}))
    text = (exercises_folder() / f"{NAME}.ipynb").read_text(encoding="utf-8")
    write_text(course.source(NAME), text)
    course.write_numbers(NAME, roster)
    enter_students(course, roster)
    release(course, NAME)
    return course


def hand_in(course: Course, folder: Path) -> None:
    """Let every student be right in some questions and wrong in others, each in a way of theirs."""
    source, sheet = course.read(NAME), released(course.release(NAME))
    keys, right = class_keys(course, source, course.roster()), solutions(source)
    folder.mkdir()
    for place, student_id in enumerate(course.roster()):
        models = {
            question.id: question.models[place % len(question.models)]
            for number, question in enumerate(source.questions)
            if question.models and (place + number) % 3 == 0
        }
        answers = right | wrong_answers(source, models, keys[student_id])
        text = json.dumps(fill_in(sheet, student_id, answers))
        (folder / f"{student_id}.ipynb").write_text(text, encoding="utf-8")


def by_nbgrader(course: Course, folder: Path, student_id: str) -> None:
    target = course.student_file("submitted", student_id, NAME, "ipynb")
    target.parent.mkdir(parents=True)
    shutil.copy(folder / f"{student_id}.ipynb", target)
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--student", student_id]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(
        command,
        cwd=course.root,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
    )


def marks(course: Course, student_id: str) -> dict[str, float | None]:
    with api(course).gradebook as book:
        (notebook,) = book.find_submission(NAME, student_id).notebooks
        return {mark.name: mark.auto_score for mark in notebook.grades}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        ours, folder = make(work / "ours"), work / "in"
        hand_in(ours, folder)
        stock = Course(Path(shutil.copytree(ours.root, work / "stock")))

        start = time.perf_counter()
        graded = grade(folder, ours.root, quiet=True)
        took = time.perf_counter() - start
        assert graded.ran == STUDENTS
        assert not graded.refused

        sample = list(ours.roster())[:: STUDENTS // SAMPLE][:SAMPLE]
        start = time.perf_counter()
        for student_id in sample:
            by_nbgrader(stock, folder, student_id)
        each = (time.perf_counter() - start) / len(sample)

        pairs = [(marks(ours, i), marks(stock, i)) for i in sample]
        same = sum(a[cell] == b[cell] for a, b in pairs for cell in a)
        of = sum(len(a) for a, _ in pairs)
        assert len({sum(filter(None, a.values())) for a, _ in pairs}) > 1
    row = faster(
        f"grading {STUDENTS} students x 1 exercise on {os.cpu_count()} cores",
        (f"`hedgelib grade`: sandbox, marks, pages ({took / 60:.1f} minutes)", took),
        (
            f"`nbgrader autograde`, one by one, no sandbox, {duration(each)} each for {SAMPLE} of "
            f"them, scaled ({each * STUDENTS / 60:.0f} minutes)",
            each * STUDENTS,
        ),
        same=f"{same} of {of} marks of the {SAMPLE} are the same",
        at_least=4,
    )
    if same != of:
        raise AssertionError(f"the marks differ: {pairs}")
    return [row]
