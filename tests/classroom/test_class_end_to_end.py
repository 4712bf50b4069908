"""A class of twelve, from the list to the marks: five exercises, done by program, graded, read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import notebook_hash

import hedgelib as hl
from hedgelib.ask.misconceptions import misconception
from hedgelib.classroom import grading
from hedgelib.classroom.book import readable
from hedgelib.classroom.course import Course
from hedgelib.classroom.grading import Graded, grade
from hedgelib.classroom.making import class_keys
from hedgelib.classroom.merge import merge
from hedgelib.classroom.records import load
from hedgelib.classroom.release import api
from hedgelib.classroom.results import mark_record
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.course.contents import number_of
from tests.classroom.conftest import STUDENTS
from tests.classtools import (
    cell_of,
    fill_in,
    read_here,
    released,
    run_here,
    snapshot,
    solutions,
    table,
    text_of,
    wrong_answers,
)

PERFECT, COPIER, FROM, EMPTY, BROKEN, ABSENT = "s01", "s09", "s02", "S10", "k.11", "l@12"
WRONG = ("s02", "s03", "s04", "s05", "s06", "s07", "s08")


@dataclass(frozen=True)
class Plan:
    """What a student hands in for an exercise: whole notebook, wrong models, points deserved."""

    notebook: dict
    models: dict[str, str]
    points: float


def planned(course: Course, name: str) -> dict[str, Plan]:
    """Let everybody do an exercise; every wrong model of every question occurs."""
    source, sheet = course.read(name), released(course.release(name))
    keys = class_keys(course, source, STUDENTS)
    right = solutions(source)
    computed = [q for q in source.questions if q.form.kind != "written"]
    most = sum(q.points for q in computed)
    plans = {PERFECT: Plan(fill_in(sheet, PERFECT, right), {}, most)}
    for place, student_id in enumerate(WRONG):
        models = {q.id: q.models[place] for q in computed if place < len(q.models)}
        answers = wrong_answers(source, models, keys[student_id])
        points = most - lost(source, answers, models, keys[student_id])
        plans[student_id] = Plan(fill_in(sheet, student_id, right | answers), models, points)
    taken = {
        q.id: f"{q.id} = {keys[FROM][q.id].right!r}" for q in computed if q.form.kind == "number"
    }
    left = sum(q.points for q in computed if q.form.kind != "number")
    plans[COPIER] = Plan(fill_in(sheet, COPIER, right | taken), {}, left)
    plans[EMPTY] = Plan(fill_in(sheet, EMPTY, {}), {}, 0.0)
    answers = {"q1": "q1 = 1 / 0"} | ({"q2": "q2 = 'twelve'"} if name == "inverse_maths" else {})
    plans[BROKEN] = Plan(fill_in(sheet, BROKEN, answers), {}, 0.0)
    return plans


def lost(source, answers, models, key) -> float:
    """Return the points that wrong models cost, each of them once."""
    total, charged = 0.0, set()
    for question in source.questions:
        model = models.get(question.id)
        if model and model not in charged:
            charged.add(model)
            total += question.points * (0.5 if half(answers[question.id], key[question.id]) else 1)
    return total


def half(answer: str, key) -> bool:
    """Tell an answer with the right choice for the wrong reason."""
    return key.kind == "choice" and f"= {key.form.in_letters(key.right)[0]!r}\n" in answer


@dataclass(frozen=True)
class Run:
    course: Course
    folder: Path
    plans: dict[str, dict[str, Plan]]
    graded: Graded


@pytest.fixture(scope="module")
def run(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    work = tmp_path_factory.mktemp("class")
    course = Course(Path(shutil.copytree(made, work / "class")))
    plans = {name: planned(course, name) for name in ASSIGNMENTS}
    folder = work / "submissions"
    for name, by_student in plans.items():
        for student_id, plan in by_student.items():
            path = folder / name / f"{student_id}_{STUDENTS[student_id].replace('/', '')}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(plan.notebook), encoding="utf-8")
    # One exercise comes as an archive, as platforms give them out.
    with zipfile.ZipFile(folder / "carry.zip", "w") as archive:
        for path in (folder / "carry").iterdir():
            archive.write(path, path.name)
    shutil.rmtree(folder / "carry")
    (folder / "notes.txt").write_text("no notebook")
    before = snapshot(folder)
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert snapshot(folder) == before, "something was written into the submissions"
    return Run(course, folder, plans, graded)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_everybody_gets_the_points_deserved(run, name):
    marks = table(run.course)
    most = run.course.read(name).points
    for student_id, plan in run.plans[name].items():
        row = marks[student_id]
        assert float(row[name]) == pytest.approx(plan.points, abs=1e-9), student_id
        assert float(row[f"{name}_of"]) == most
        waits = student_id not in (EMPTY, BROKEN)
        assert row[f"{name}_note"] == ("1 to be marked by hand" if waits else "")
    assert marks[ABSENT][name] == ""
    assert marks[ABSENT][f"{name}_note"] == "not handed in"


def test_table_has_no_formula_and_everybody(run):
    marks = table(run.course)
    assert [*marks] == [*STUDENTS]
    assert marks["s05"]["name"] == "'=HYPERLINK(1)"
    assert marks["s09"]["name"] == "Ivo, Jr."


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_class_page_counts_wrong_models(run, name):
    page = text_of(run.course.root / "class" / f"{name}.html")
    counts = Counter(
        model for plan in run.plans[name].values() for model in dict.fromkeys(plan.models.values())
    )
    assert "Handed in 11 of 12 students" in " ".join(page.split())
    told = re.search(r"Wrong models and how many of 11 students had each: (.*?)\.", page)[1]
    shown = dict(re.findall(r"(?:^|; )([^;]+?), (\d+)(?=;|$)", told))
    titles = Counter()
    for model, count in counts.items():
        titles[misconception(model).title] += count
    assert shown
    assert {title: int(count) for title, count in shown.items()}.items() <= titles.items()
    assert max(titles.values()) == max(map(int, shown.values()))
    for model in counts:
        assert f"Lesson {number_of(misconception(model).lesson)}, " in page
    assert "notes.txt" in page
    assert f"{STUDENTS[ABSENT]} ({ABSENT})" in page


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_copier_is_flagged_with_whose(run, name):
    page = " ".join(text_of(run.course.root / "class" / f"{name}.html").split())
    questions = [q.id for q in run.course.read(name).questions if q.form.kind == "number"]
    begin = page.index("Answers that are right for another student")
    flagged = page[begin : page.index("The last column says", begin)]
    assert f"{STUDENTS[COPIER]} ({COPIER}) {STUDENTS[FROM]} ({FROM})" in flagged
    assert ", ".join(questions) in flagged
    assert flagged.count("1 in") == 1, "somebody else is accused"


def test_pages_agree_with_hedgelib(run):
    n = run.course.numbers("inverse_maths", STUDENTS)[PERFECT]
    contracts = -n["short_usd"] / n["face_usd"]
    pnl = hl.inverse_pnl_coin(contracts, n["entry_usd"], n["exit_usd"], n["face_usd"])
    average = hl.inverse_average_entry(n["fill_contracts"], n["fill_prices_usd"])
    page = text_of(run.course.student_file("feedback", PERFECT, "inverse_maths", "html"))
    for text in (f"{pnl:,.6g} ETH".replace("-", "−"), f"{average:,.6g} USD"):
        assert page.count(text) == 2, text
    assert "16 of 20" in page


@pytest.mark.parametrize("student_id", WRONG[:4])
def test_feedback_names_the_wrong_model(run, student_id):
    for name in ASSIGNMENTS:
        page = text_of(run.course.student_file("feedback", student_id, name, "html"))
        for model in run.plans[name][student_id].models.values():
            assert misconception(model).why in page
            assert f"Lesson {number_of(misconception(model).lesson)}, " in page


def test_feedback_explains_what_failed(run):
    page = text_of(run.course.student_file("feedback", BROKEN, "inverse_maths", "html"))
    assert "q1 raised ZeroDivisionError: division by zero" in page
    assert "q2: An answer is a number, such as 12.5, and you gave 'twelve'." in page
    assert "There is no answer." in page


def test_names_are_never_markup(run):
    for page in [*run.course.root.rglob("*.html")]:
        source = page.read_text(encoding="utf-8")
        assert "<b>" not in source
        assert source.count("<script") == (page.parent.name == "by_hand")
        assert "http" not in source.partition("</style>")[2], page
    page = run.course.student_file("feedback", "s04", "carry", "html")
    assert "<b>Dora</b> & Co (s04)" in text_of(page)


def test_gradebook_has_the_same_marks(run):
    with api(run.course).gradebook as book:
        for name in ASSIGNMENTS:
            for student_id, plan in run.plans[name].items():
                found = book.find_submission(name, student_id)
                assert found.score == pytest.approx(plan.points, abs=1e-9)
                assert found.needs_manual_grade is (student_id not in (EMPTY, BROKEN))


def test_what_was_refused_is_listed(run):
    text = (run.course.root / "not_graded.csv").read_text(encoding="utf-8-sig")
    assert "notes.txt" in text
    assert [item.name for item in run.graded.refused] == ["notes.txt"]


def outputs(course: Course) -> dict[str, bytes]:
    files = [course.grades, *course.root.rglob("*.html"), *(course.root / "graded").rglob("*")]
    return {str(p.relative_to(course.root)): p.read_bytes() for p in files if p.is_file()}


def refuse(*_, **__):
    raise AssertionError("was run again")


def test_regrading_runs_nothing_and_changes_nothing(run):
    before = outputs(run.course)
    graded = grade(run.folder, run.course.root, run=refuse, quiet=True)
    assert (graded.ran, graded.kept) == (0, 55)
    assert outputs(run.course) == before
    graded = grade(run.folder, run.course.root, run=run_here, again=True, quiet=True)
    assert (graded.ran, graded.kept) == (55, 0)
    assert outputs(run.course) == before


@pytest.fixture
def one(run, own_class, tmp_path):
    """Return a class of one's own, and a folder with one exercise of three students."""
    folder = tmp_path / "handed in"
    folder.mkdir()
    for student_id in ("s01", "s05", "s06"):
        text = json.dumps(run.plans["sizing"][student_id].notebook)
        (folder / f"{student_id}.ipynb").write_text(text, encoding="utf-8")
    return Course(own_class), folder


def test_interrupted_run_goes_on_where_it_stopped(one):
    course, folder = one
    calls = []

    def stops(*arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run_here(*arguments, **named)

    with pytest.raises(KeyboardInterrupt):
        grade(folder, course.root, run=stops, workers=1, quiet=True)
    assert not course.grades.exists()
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert (graded.ran, graded.kept) == (1, 2)


def test_broken_submission_costs_only_itself(one):
    course, folder = one

    def breaks(cells, *arguments, **named):
        if any("me('s05')" in text for _, text in cells):
            raise OSError("the machine hiccups")
        return run_here(cells, *arguments, **named)

    grade(folder, course.root, run=breaks, quiet=True)
    marks = table(course)
    assert float(marks["s01"]["sizing"]) == 21
    assert float(marks["s05"]["sizing"]) == 0
    page = text_of(course.root / "class" / "sizing.html")
    assert "could not be run: OSError: the machine hiccups" in page
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert (graded.ran, graded.kept) == (1, 2)
    assert float(table(course)["s05"]["sizing"]) > 0


HALF = "\ud83d"


def test_1_half_a_character_stops_nobody(one):
    """Neither in the folder, nor once it is kept."""
    course, folder = one
    path = folder / "s05.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell_of(notebook, "q9")["source"] = f"My own words {HALF}"
    cell_of(notebook, "q1")["source"] += f"\ntold = '{HALF}'\nraise ValueError(told)"
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": HALF})
    notebook["metadata"][HALF] = HALF
    path.write_text(json.dumps(notebook), encoding="utf-8")
    named = os.fsencode(folder) + b"/s06 \xed\xa0\xbd.ipynb"
    os.rename(os.fsencode(folder) + b"/s06.ipynb", named)
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert graded.refused == ()
    marks = {i: float(table(course)[i]["sizing"]) for i in ("s01", "s05", "s06")}
    assert marks["s01"] == 21
    assert min(marks.values()) > 0
    shown = course.student_file("autograded", "s05", "sizing", "ipynb")
    assert "My own words \ufffd" in shown.read_text(encoding="utf-8")
    path.unlink()
    graded = grade(folder, course.root, run=refuse, quiet=True)
    assert graded.refused == ()
    assert {i: float(table(course)[i]["sizing"]) for i in marks} == marks


def as_an_older_edition_kept_it(course: Course, student_id: str) -> Path:
    """Put half a character into a record, and take out what records have had since."""
    path = course.root / "graded" / "sizing" / f"{student_id}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for name in ("cells", "digest", "person"):
        del record[name]
    record["written"]["q9"] = record["warnings"] = [HALF]
    record["written"]["q9"] = HALF
    record["outcome"]["problems"] = [f"q1 raised ValueError: {HALF}"]
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_1_what_an_older_edition_kept_is_read(one):
    course, folder = one
    grade(folder, course.root, run=run_here, quiet=True)
    before = table(course)
    path = as_an_older_edition_kept_it(course, "s05")
    (folder / "s05.ipynb").unlink()
    graded = grade(folder, course.root, run=refuse, quiet=True)
    assert graded.refused == ()
    assert table(course) == before
    assert json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("damaged", ["json", "ipynb"])
def test_1_damaged_copy_is_named_and_heals(one, damaged):
    course, folder = one
    grade(folder, course.root, run=run_here, quiet=True)
    before = table(course)
    kept = course.root / "graded" / "sizing" / f"s05.{damaged}"
    if damaged == "json":
        kept.write_text("{")
    else:
        kept.unlink()
    aside = (folder / "s05.ipynb").rename(folder.parent / "aside.ipynb")
    graded = grade(folder, course.root, run=refuse, quiet=True)
    assert [item.name for item in graded.refused] == ["graded/sizing/s05.json"]
    note = table(course)["s05"]["sizing_note"]
    assert note.startswith(
        "the last file was not graded: the stored copy of s05's sizing is damaged"
    )
    assert table(course)["s01"] == before["s01"]
    kept.unlink(missing_ok=True)
    aside.rename(folder / "s05.ipynb")
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert (graded.ran, graded.refused) == (1, ())
    assert table(course) == before


def fails_for(who: str, function):
    """Return a function that fails where it is called on somebody's behalf."""

    def fails(*arguments, **named):
        if f"Record(student_id='{who}'" in repr((arguments, named)):
            raise UnicodeEncodeError("utf-8", HALF, 0, 1, "surrogates not allowed")
        return function(*arguments, **named)

    return fails


@pytest.mark.parametrize(
    ("name", "has_mark", "told"),
    [
        ("merge", False, "sizing could not be run and kept: UnicodeEncodeError"),
        ("save", False, "sizing could not be run and kept: UnicodeEncodeError"),
        ("mark_record", False, "sizing could not be marked: UnicodeEncodeError"),
        ("write_readable", False, "sizing could not be marked: UnicodeEncodeError"),
        ("enter", False, "sizing could not be marked: UnicodeEncodeError"),
        ("feedback_page", True, "sizing has its marks, but no feedback page: UnicodeEncodeError"),
        ("class_page", True, "sizing cannot be shown on the class page: UnicodeEncodeError"),
    ],
)
def test_1_what_nobody_expected_costs_one_student(one, monkeypatch, name, has_mark, told):
    course, folder = one
    function = fails_for("s05", getattr(grading, name))
    if name == "merge":
        right = grading.merge

        def function(reading, source):
            if any("me('s05')" in cell.source for cell in reading.cells):
                raise UnicodeEncodeError("utf-8", HALF, 0, 1, "surrogates not allowed")
            return right(reading, source)

    monkeypatch.setattr(grading, name, function)
    graded = grade(folder, course.root, run=run_here, quiet=True)
    (item,) = graded.refused
    assert item.name == "s05.ipynb"
    assert item.reason.startswith(f"s05's {told}")
    marks = table(course)
    assert float(marks["s01"]["sizing"]) == 21
    assert float(marks["s06"]["sizing"]) > 0
    assert bool(marks["s05"]["sizing"]) is has_mark
    assert told in marks["s05"]["sizing_note"]
    assert told in text_of(graded.pages[0])
    for student_id in ("s01", "s06"):
        assert course.student_file("feedback", student_id, "sizing", "html").is_file()
    monkeypatch.undo()
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert graded.refused == ()
    assert float(table(course)["s05"]["sizing"]) > 0


def test_6_a_namesake_does_not_replace_what_is_kept(one):
    course, folder = one

    def moodle(number: int) -> Path:
        return folder / f"Ada Lovelace_{number}_assignsubmission_file"

    moodle(1001).mkdir()
    (folder / "s01.ipynb").rename(moodle(1001) / "x.ipynb")
    grade(folder, course.root, run=run_here, quiet=True)
    assert float(table(course)["s01"]["sizing"]) == 21
    moodle(1001).rename(moodle(1002))
    text = (moodle(1002) / "x.ipynb").read_text(encoding="utf-8")
    (moodle(1002) / "x.ipynb").write_text(
        text.replace("q1 = sum", "q1 = 0.9 * sum"), encoding="utf-8"
    )
    graded = grade(folder, course.root, run=refuse, quiet=True)
    (item,) = graded.refused
    assert (
        "from user number 1002, but the earlier file of s01 was from user number 1001"
        in item.reason
    )
    row = table(course)["s01"]
    assert float(row["sizing"]) == 21
    assert "from user number 1002" in row["sizing_note"]
    # Both at once: neither counts for the other, and what was marked stays.
    shutil.copytree(moodle(1002), moodle(1001))
    graded = grade(folder, course.root, run=refuse, quiet=True)
    assert len(graded.refused) == 2
    assert "different people (1001 and 1002)" in table(course)["s01"]["sizing_note"]
    assert float(table(course)["s01"]["sizing"]) == 21
    # Once the instructor has said whose it is, it counts.
    shutil.rmtree(moodle(1001))
    moodle(1002).rename(folder / "s01")
    graded = grade(folder, course.root, run=run_here, quiet=True)
    assert (graded.ran, graded.refused) == (1, ())
    assert float(table(course)["s01"]["sizing"]) == 19


def test_3_what_lies_beside_a_file_is_not_read_when_it_is_large(one):
    course, folder = one
    target = course.student_file("submitted", "s05", "sizing", "ipynb")
    target.parent.mkdir(parents=True)
    shutil.copy(folder / "s05.ipynb", target)
    for name in ("timestamp.txt", "submission_secret.txt"):
        with target.with_name(name).open("wb") as file:
            file.truncate(2**30)
    tracemalloc.start()
    graded = grade(course.root / "submitted", course.root, run=run_here, quiet=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (graded.ran, graded.refused) == (1, ())
    assert peak < 2**28
    assert "timestamp.txt is not used: it is larger than 1,000 bytes" in text_of(graded.pages[0])
    beside = course.student_file("feedback", "s05", "sizing", "html").parent
    assert [path.name for path in beside.iterdir()] == ["sizing.html"]


def test_marks_by_hand_stay_and_are_looked_at_again(one):
    course, folder = one
    grade(folder, course.root, run=run_here, quiet=True)
    with api(course).gradebook as book:
        mark = book.find_grade("q9", "sizing", "sizing", "s01")
        mark.manual_score, mark.needs_manual_grade = 3.0, False
        said = book.find_comment("q9", "sizing", "sizing", "s01")
        said.manual_comment = "Well reasoned, <i>and short</i>."
        book.db.commit()
    grade(folder, course.root, run=refuse, quiet=True)
    row = table(course)["s01"]
    assert (float(row["sizing"]), row["sizing_note"]) == (24, "")
    page = course.student_file("feedback", "s01", "sizing", "html")
    assert "Well reasoned, <i>and short</i>." in text_of(page)
    path = folder / "s01.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell_of(notebook, "q1")["source"] = "q1 = 30_000.0"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    grade(folder, course.root, run=run_here, quiet=True)
    row = table(course)["s01"]
    assert (float(row["sizing"]), row["sizing_note"]) == (22, "1 to be marked by hand")


def test_stock_autograder_gives_the_same_marks(one):
    """The course is nbgrader's own: its autograder runs on it and agrees, question by question."""
    course, folder = one
    path, source = folder / "s05.ipynb", course.read("sizing")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    right = class_keys(course, source, course.roster())["s05"]["q1"].right
    cell_of(notebook, "q1")["source"] = f"q1 = '${right:,.2f}'"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    grade(folder, course.root, run=run_here, quiet=True)

    def marks():
        with api(course).gradebook as book:
            (notebook,) = book.find_submission("sizing", "s05").notebooks
            return {mark.name: mark.auto_score for mark in notebook.grades}

    ours = marks()
    target = course.student_file("submitted", "s05", "sizing", "ipynb")
    target.parent.mkdir(parents=True)
    shutil.copy(folder / "s05.ipynb", target)
    result = api(course).autograde("sizing", "s05", force=True)
    assert result["success"], result["log"]
    assert marks() == ours
    assert ours["q1_mark"] == source.question("q1").points
    assert 0 < sum(filter(None, ours.values())) < 21


def test_feedback_goes_back_through_the_exchange(one, tmp_path):
    """And a time stamp or a link that a student has put there harms nobody."""
    course, folder = one
    for student_id in ("s01", "s05"):
        target = course.student_file("submitted", student_id, "sizing", "ipynb")
        target.parent.mkdir(parents=True)
        shutil.copy(folder / f"{student_id}.ipynb", target)
        shutil.copy(course.release("sizing").with_name("sizing_numbers.json"), target.parent)
        target.with_name("timestamp.txt").write_text("2026-11-20 10:00:00.000000 UTC")
        target.with_name("submission_secret.txt").write_text(f"of {student_id}")
    secret = tmp_path / "mine"
    secret.write_text("nobody's business")
    target.with_name("timestamp.txt").unlink()
    target.with_name("timestamp.txt").symlink_to(secret)
    graded = grade(course.root / "submitted", course.root, run=run_here, quiet=True)
    assert graded.refused == ()
    to_check = text_of(graded.pages[0]).partition("To check")[2]
    assert "the time in timestamp.txt is not used: ParserError" in to_check
    beside = course.student_file("feedback", "s05", "sizing", "html").parent
    assert sorted(path.name for path in beside.iterdir()) == [
        "sizing.html",
        "submission_secret.txt",
    ]

    (tmp_path / "exchange").mkdir(mode=0o777)
    words = ["release_feedback", "sizing", "--student=s01", f"--Exchange.root={tmp_path}/exchange"]
    command = [sys.executable, "-m", "nbgrader", *words]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    released_to = notebook_hash(secret="of s01", notebook_id="sizing")
    page = tmp_path / "exchange" / "hedging" / "feedback" / f"{released_to}.html"
    written = course.student_file("feedback", "s01", "sizing", "html")
    assert page.read_bytes() == written.read_bytes()


def test_formgrader_shows_words_and_no_markup(run):
    """Who marks by hand sees the student's words as words, the numbers, and what a good one has."""
    path = run.course.student_file("autograded", BROKEN, "sizing", "ipynb")
    assert json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = run.course.read("sizing")
    data = json.dumps(run.plans["sizing"][PERFECT].notebook).replace(
        "**What a good answer has,** one point each:", "<img src=x onerror=alert(1)>```"
    )
    merged = merge(read_here(data.encode()), source)
    record = load(run.course, "sizing", PERFECT)
    keys = class_keys(run.course, source, STUDENTS)[PERFECT]
    numbers = run.course.numbers("sizing", STUDENTS)[PERFECT]
    result = mark_record(record, source, keys)
    notebook = json.loads(readable(source, merged.cells, result, numbers))
    nbformat.validate(nbformat.from_dict(notebook))
    answer = cell_of(notebook, "q9")
    assert answer["source"].startswith("````text\n<img src=x")
    assert answer["source"].endswith("\n````")
    guide = notebook["cells"][notebook["cells"].index(answer) + 1]
    assert "What a good answer has" in "".join(guide["source"])
    shown = cell_of(notebook, "student_id")["outputs"][0]["text"]
    assert f"value: ${numbers['values_usd'][0]:,.0f}" in shown
    assert cell_of(notebook, "q1_mark")["outputs"][0]["text"] == "2 of 2 points.\n"
