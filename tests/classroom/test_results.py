"""Answers that are right for another student, and tables that are no formulas."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hedgelib._text import printable, spreadsheet_text
from hedgelib.ask.marking import Examiner
from hedgelib.ask.misconceptions import misconceptions
from hedgelib.classroom import student
from hedgelib.classroom.classview import ModelCount, models_scene, points_scene
from hedgelib.classroom.course import Course
from hedgelib.classroom.interface import Answer, Limits, Outcome, Submission
from hedgelib.classroom.personal import Numbers, draw, row
from hedgelib.classroom.reading import Cell
from hedgelib.classroom.records import Record, digest_of, fingerprint, handed_in, load, save
from hedgelib.classroom.results import copied, mark_record
from hedgelib.classroom.scenarios import scenario
from hedgelib.classroom.source import exercises_folder, read_source
from hedgelib.classroom.tables import write_table
from tests.showtools import assert_legible

NAME = "inverse_maths"
SOURCE = read_source(exercises_folder() / f"{NAME}.ipynb")
IDS = [f"s{i:03}" for i in range(300)]
COLUMNS = draw(scenario(NAME), b"copy", IDS)
KEYS = {i: SOURCE.keys(Numbers(row(COLUMNS, place))) for place, i in enumerate(IDS)}
NUMBERS = [q.id for q in SOURCE.questions if q.form.kind == "number"]


def result(student_id, answers):
    outcome = Outcome(answers={name: Answer(value=value) for name, value in answers.items()})
    record = Record(
        student_id=student_id, assignment=NAME, name="x", fingerprint="", outcome=outcome
    )
    return mark_record(record, SOURCE, KEYS[student_id])


def rights(student_id, questions=NUMBERS):
    return {q: KEYS[student_id][q].right for q in questions}


def test_copier_is_found_with_whose_answers_they_are():
    (found,) = copied([result("s007", rights("s123"))], KEYS)
    assert (found.student_id, found.other_id) == ("s007", "s123")
    assert found.questions == tuple(NUMBERS)
    assert found.chance < 1e-9


def test_rounded_answers_are_recognised():
    answers = {q: float(f"{value:.5g}") for q, value in rights("s123", ["q2", "q4"]).items()}
    (found,) = copied([result("s007", answers)], KEYS)
    assert found.other_id == "s123"


def test_own_right_answers_are_nobody_elses():
    assert copied([result(i, rights(i)) for i in IDS], KEYS) == ()


def test_own_wrong_models_are_not_copies():
    wrong = {q: next(iter(KEYS["s007"][q].wrong.values())) for q in NUMBERS}
    assert copied([result("s007", wrong)], KEYS) == ()


def test_chance_accuses_hardly_anybody():
    """Three hundred students with random mistakes: at most a few pairs look like copies."""
    noise = np.random.default_rng(1)
    guesses = [
        result(i, {q: KEYS[i][q].right * noise.uniform(0.5, 1.6) for q in NUMBERS}) for i in IDS
    ]
    assert len(copied(guesses, KEYS)) <= 3
    rounded = [
        result(i, {q: float(f"{KEYS[i][q].right * noise.uniform(0.5, 1.6):.3g}") for q in NUMBERS})
        for i in IDS
    ]
    assert len(copied(rounded, KEYS)) <= 15


def test_one_coarse_answer_proves_nothing():
    values = {q: KEYS["s123"][q].right for q in ("q1",)}
    assert copied([result("s007", values)], KEYS) == ()


def test_marks_and_problems():
    answers = {
        "q1": Answer(value=KEYS["s007"]["q1"].right),
        "q2": Answer(problem="is of type Liar, not a number"),
        "q3": Answer(problem="is not set"),
        "q5": Answer(value="A"),
        "q5_reason": Answer(problem="is of type int, not a text"),
        "pnl_coin": Answer(value=[None] * 4, call_problems=("the returned value is not set",) * 4),
    }
    record = Record(
        student_id="s007",
        assignment=NAME,
        name="x",
        fingerprint="",
        outcome=Outcome(answers=answers),
        written={"q8": "words"},
    )
    found = {a.question.id: a for a in mark_record(record, SOURCE, KEYS["s007"]).answered}
    assert found["q1"].points == 1
    assert found["q2"].problem == "q2 is of type Liar, not a number"
    assert found["q3"].mark.missing
    assert found["q3"].problem == ""
    assert found["q5"].answer == (KEYS["s007"]["q5"].form.letters[0]["A"], None)
    assert found["q5"].problem == "q5_reason is of type int, not a text"
    assert found["q7"].mark.missing
    assert found["q7"].problem == ""
    assert found["q8"].points is None
    assert found["q4"].points == 0


@pytest.mark.parametrize(
    ("text", "share", "problem"),
    [
        ("{:.6f}", 1, ""),
        ("{:+,.5f} ETH", 1, ""),
        (" − {:.6f}eth ", 0, ""),
        ("1,23", 0, "q2: '1,23' can be read in more than one way: write a point"),
        ("12.5 USD", 0, "q2: Give the answer in ETH; '12.5 USD' is in USD"),
        ("<b>", 0, "q2: An answer is a number, such as 12.5, and you gave a text that holds"),
        ("9" * 20_000, 0, "q2: An answer is a number"),
    ],
)
def test_text_is_marked_as_the_form_check_reads_it(monkeypatch, capsys, text, share, problem):
    who = next(i for i in IDS if KEYS[i]["q2"].right > 0)
    key = KEYS[who]["q2"]
    written = text.format(key.right)
    answered = next(a for a in result(who, {"q2": written}).answered if a.question.id == "q2")
    assert answered.mark.share == share
    assert answered.mark.missing is bool(problem)
    assert answered.mark.model == ("" if share or problem else "sign_of_short")
    assert answered.problem.startswith(problem)
    assert bool(answered.problem) is bool(problem)
    for store, value in (("_keys", {}), ("_forms", {}), ("_examiner", Examiner())):
        monkeypatch.setattr(student, store, value)
    student.check_format("q2", written, key.form)
    out, err = capsys.readouterr()
    assert (bool(out), err) == (not problem, f"{answered.problem}.\n" if problem else "")
    student.answer_key("q2", lambda: key.right, 1.0)
    assert student.mark_answer("q2", written, wrong=key.wrong) == share


def test_records_come_back_as_they_were(tmp_path):
    record = Record(
        student_id="s007",
        assignment=NAME,
        name="é/\u202e<x>.ipynb",
        fingerprint="f",
        outcome=Outcome(
            answers={"f": Answer(value=[1.5, None], call_problems=("", "x")), "q": Answer(value=3)},
            problems=("a", "b"),
            seconds=1.25,
        ),
        written={"q8": "words"},
        warnings=("w",),
        file_warnings=("v",),
        person="1001",
        cells=(("q8", Cell(kind="markdown", source="words", grade_id="q8", takes=("my",))),),
    )
    course = Course(tmp_path)
    assert load(course, NAME, "s007") is None
    file = tmp_path / "spooled"
    file.write_bytes(b"bytes")
    save(course, record, file)
    assert load(course, NAME, "s007") == record
    assert handed_in(course, NAME, "s007").read_bytes() == b"bytes"
    assert digest_of(course, record) == hashlib.sha256(b"bytes").hexdigest()
    path = tmp_path / "graded" / NAME / "s007.json"
    for damage in ("{", "{}", json.dumps({"outcome": None})):
        path.write_text(damage, encoding="utf-8")
        assert load(course, NAME, "s007") is None


def test_fingerprint_has_all_that_matters():
    def taken(digest="x", source="s", numbers=None, limits=None, trust=False, student_id="s007"):
        submission = Submission(
            student_id=student_id, assignment=NAME, name="n", file=Path("none"), digest=digest
        )
        return fingerprint(submission, source, numbers or {}, limits or Limits(), trust)

    others = [
        taken(digest="y"),
        taken(source="t"),
        taken(numbers={"a": 1}),
        taken(limits=Limits(seconds=1)),
        taken(trust=True),
        taken(student_id="s008"),
    ]
    assert len({taken(), *others}) == 7
    assert taken() == taken()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "|x", "＝1", "%1"])
def test_no_cell_is_a_formula(tmp_path, text):
    assert spreadsheet_text(text) == f"'{text}"
    write_table(tmp_path / "t.csv", ("id", "name"), [["s01", text], ["s02", -1.5]])
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["id", "name"], ["s01", f"'{text}"], ["s02", "-1.5"]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
        ("a\u00a0b", "a b"),
        ("a\u202eb\x1b", "a\\u202eb\\x1b"),
    ],
)
def test_a_name_is_shown_as_it_is_written(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_the_picture_speaks_of_those_who_handed_in():
    view = SimpleNamespace(totals=[2.0, 16.0, 18.5], source=SimpleNamespace(points=20.0))
    scene = points_scene(view)
    assert scene.title == "Half of the students who handed it in have 16 points or more"
    (drawn,) = scene.panels
    (bars,) = drawn.marks
    assert bars.end.tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 1, 1]
    assert "Points of 3 students, of 20: lowest 2, median 16, highest 18.5." in scene.alt
    assert [text for _, text in drawn.x.ticks] == [f"{2 * edge}" for edge in range(11)]
    assert_legible(scene)
    one = SimpleNamespace(totals=[1.0], source=SimpleNamespace(points=7.5))
    assert points_scene(one).title == "Half of the students who handed it in have 1 point or more"
    assert_legible(points_scene(one))


def test_the_picture_of_wrong_models_names_the_rarest_of_fourteen():
    counts = [
        ModelCount(name=name, students=20 - i) for i, name in enumerate([*misconceptions()][:16])
    ]
    view = SimpleNamespace(models=lambda: counts, results=range(25))
    scene = models_scene(view)
    assert len(scene.panels[0].marks[0].end) == 14
    assert scene.alt.endswith("; and 2 rarer ones.")
    assert_legible(scene)
