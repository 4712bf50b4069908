"""Making a class: what goes out, what stays, and what a second call leaves as it is."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

import hedgelib as hl
from hedgelib.__main__ import main
from hedgelib.classroom.course import Course, CourseError
from hedgelib.classroom.making import make_class
from hedgelib.classroom.release import api
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.source import TEXT_STUB
from hedgelib.classroom.tables import write_table
from tests.classroom.conftest import STUDENTS
from tests.classtools import cell_of, released


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_nothing_that_helps_goes_out(made):
    course = Course(made)
    secret = course.secret_file.read_text().strip()
    for path in (made / "release").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for word in ("SOLUTION", "HIDDEN", "wrong = ", "answer_key", secret, "What a good"):
                assert word not in text, path.name
            for student_id, name in STUDENTS.items():
                assert f'"{student_id}"' not in text
                assert path.suffix == ".ipynb" or name not in text
    assert {path.name for path in (made / "release").iterdir()} == set(ASSIGNMENTS)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_release_can_be_answered_and_not_taken_apart(made, name):
    course = Course(made)
    notebook = released(course.release(name))
    assert "".join(cell_of(notebook, "student_id")["source"]).startswith('my = me("")')
    for question in course.read(name).questions:
        cell = cell_of(notebook, question.id)
        text = "".join(cell["source"])
        assert cell["metadata"]["deletable"] is False
        assert cell["metadata"].get("editable", True)
        if question.form.kind == "written":
            assert text == TEXT_STUB
        else:
            assert text.startswith("def ") if question.form.kind == "function" else "= None" in text
            locked = cell_of(notebook, f"{question.id}_mark")["metadata"]
            assert locked["editable"] is locked["deletable"] is False
            assert locked["nbgrader"]["points"] == question.points


def test_what_is_secret_is_for_its_owner(made, tmp_path):
    for path in (Course(made).gradebook, made / "key.csv"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    one, other = Course(tmp_path), Course(tmp_path / "b")
    other.root.mkdir()
    assert len(one.secret()) == 32
    assert one.secret() == one.secret() != other.secret()
    assert stat.S_IMODE(one.secret_file.stat().st_mode) == 0o600


def test_key_agrees_with_hedgelib(made):
    course = Course(made)
    numbers = course.numbers("inverse_maths", STUDENTS)
    found = {
        (r["id"], r["question"]): float(r["right"])
        for r in rows(made / "key.csv")
        if r["assignment"] == "inverse_maths" and r["question"] in {"q2", "q4"}
    }
    assert len(found) == 2 * len(STUDENTS)
    for student_id, n in numbers.items():
        contracts = -n["short_usd"] / n["face_usd"]
        pnl = hl.inverse_pnl_coin(contracts, n["entry_usd"], n["exit_usd"], n["face_usd"])
        assert found[student_id, "q2"] == pytest.approx(pnl)
        average = hl.inverse_average_entry(n["fill_contracts"], n["fill_prices_usd"])
        assert found[student_id, "q4"] == pytest.approx(average)


def test_key_has_no_formula(made):
    names = {r["id"]: r["name"] for r in rows(made / "key.csv")}
    assert names["s05"] == "'=HYPERLINK(1)"
    assert names["s04"] == "<b>Dora</b> & Co"


def test_overview_tells_of_every_question(made):
    for name in ASSIGNMENTS:
        page = (made / "overview" / f"{name}.html").read_text(encoding="utf-8")
        for question in Course(made).read(name).questions:
            assert question.title.replace("'", "&#x27;") in page
        assert "<script" not in page


def test_solution_runs_without_nbgrader(made):
    for name in ASSIGNMENTS:
        notebook = json.loads(Course(made).solution(name).read_text(encoding="utf-8"))
        text = json.dumps(notebook)
        assert "SOLUTION" not in text
        assert "HIDDEN" not in text
        assert all("nbgrader" not in cell["metadata"] for cell in notebook["cells"])


def test_nbgrader_knows_class_and_points(made):
    with api(Course(made)).gradebook as book:
        assert {s.id: s.last_name for s in book.students} == STUDENTS
        for name in ASSIGNMENTS:
            assert book.find_assignment(name).max_score == Course(made).read(name).points


def test_longer_list_leaves_everything_as_it_is(own_class, tmp_path):
    course = Course(own_class)
    secret = course.secret()
    config = own_class / "nbgrader_config.py"
    config.write_text(config.read_text() + "# mine\n")
    source = course.source("carry")
    source.write_text(source.read_text().replace("A basis squeeze", "A squeeze"))
    before = course.numbers("carry", STUDENTS)
    roster = tmp_path / "roster.csv"
    write_table(roster, ("id", "name"), [*STUDENTS.items(), ("s99", "Late")])
    made = make_class(roster, own_class)
    assert made.students == 13
    assert made.kept == ("carry",)
    assert course.secret() == secret
    assert config.read_text().endswith("# mine\n")
    after = course.numbers("carry", [*STUDENTS, "s99"])
    assert {i: after[i] for i in STUDENTS} == before
    assert "A squeeze (3" in course.release("carry").read_text()
    sent = json.loads(course.release("carry").with_name("carry_numbers.json").read_text())
    assert len(sent["students"]) == 13


def test_numbers_that_were_given_out_do_not_change(own_class, tmp_path):
    course = Course(own_class)
    course.secret_file.write_text("ab" * 32)
    roster = tmp_path / "roster.csv"
    write_table(roster, ("id", "name"), [("s01", "Ada Lovelace")])
    with pytest.raises(CourseError, match="the numbers of 's01' would change"):
        make_class(roster, own_class)
    course.secret_file.write_text("nonsense")
    with pytest.raises(CourseError, match="does not hold the secret"):
        make_class(roster, own_class)


def test_command_says_what_is_wrong(tmp_path, capsys):
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\ns01,\n")
    assert main(["class", str(roster), "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "roster.csv, line 2, column 'name': is empty" in error
    assert main(["grade", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert "make one first: make class ROSTER=roster.csv" in capsys.readouterr().err
    assert not (tmp_path / "class").exists()


def test_an_attempt_has_its_own_numbers_and_leaves_the_first_as_they_were(own_class, tmp_path):
    course, roster = Course(own_class), tmp_path / "roster.csv"
    write_table(roster, ("id", "name"), [["s01", "Ada"], ["k.11", "Kim"]])
    before = course.numbers("sizing", STUDENTS)
    with pytest.raises(CourseError, match="every student for attempt 2; make class again"):
        course.numbers("sizing", STUDENTS, 2)
    assert course.settings(STUDENTS).of("sizing").attempts == 1
    course.settings_file.write_text("[exercises.sizing]\nattempts = 3\n", encoding="utf-8")
    make_class(roster, course.root)
    numbers = [course.numbers("sizing", course.roster(), attempt) for attempt in (1, 2, 3)]
    assert numbers[0] == {i: before[i] for i in ("s01", "k.11")}
    assert len({json.dumps(n[i]) for n in numbers for i in n}) == 6
    assert len(numbers_sent(course, "sizing")) == 6
    assert len(numbers_sent(course, "carry")) == 2
    key = [r for r in rows(course.root / "key.csv") if r["id"] == "s01" and r["question"] == "q1"]
    assert [r["attempt"] for r in key if r["assignment"] == "sizing"] == ["1", "2", "3"]
    assert [r["attempt"] for r in key if r["assignment"] == "carry"] == ["1"]


def numbers_sent(course: Course, name: str) -> dict[str, object]:
    record = json.loads(course.numbers_file(name).read_text(encoding="utf-8"))
    return dict(record["students"])


def test_an_export_of_a_platform_makes_a_class(tmp_path, capsys):
    path = tmp_path / "grades.csv"
    path.write_text(
        "Student;ID;SIS Login ID;Section\n    Points Possible;;;\nLovelace, Ada;4711;ada;G\n",
        encoding="utf-16",
    )
    assert main(["class", str(path), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "a class of 1 student, 5 exercises" in said
    assert "read as a list from Canvas, with 'SIS Login ID' as the id" in said
    assert "written in UTF-16 with semicolons" in said
    assert str(tmp_path / "class" / "course.toml") in said
    course = Course(tmp_path / "class")
    assert course.roster() == {"ada": "Ada Lovelace"}
    kept = course.platform_list()
    assert (kept.platform, kept.cells["ada"]) == ("Canvas", ("Lovelace, Ada", "4711", "ada", "G"))
    course.settings_file.write_text("late = 3", encoding="utf-8")
    assert main(["class", str(path), "--out", str(tmp_path)]) == 2
    assert "late: must be a table, [late], got 3" in capsys.readouterr().err
