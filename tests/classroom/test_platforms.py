"""From a platform and back: submissions in its naming in, its import files and feedback out."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from hedgelib.__main__ import main
from hedgelib.classroom import intake
from hedgelib.classroom.course import Course
from hedgelib.classroom.grading import grade
from hedgelib.classroom.release import api
from hedgelib.classroom.roster import read_roster
from hedgelib.classroom.settings import SettingsError
from tests.classtools import cell_of, fill_in, released, run_here, solutions, table, text_of

NAME, POINTS, WRITTEN = "sizing", 21, "q9"
ADA, BRUNO, FORMULA, LATE = "s01", "s02", "s05", "s06"


@pytest.fixture
def course(own_class: Path) -> Course:
    return Course(own_class)


def work(course: Course, student_id: str, *, attempt: int = 1, **changed: str) -> bytes:
    """Do the exercise right, but for what is changed; the written answer is left empty."""
    answers = solutions(course.read(NAME)) | changed
    if WRITTEN not in changed:
        del answers[WRITTEN]
    notebook = fill_in(released(course.release(NAME)), student_id, answers)
    if attempt > 1:
        cell_of(notebook, "student_id")["source"] = f"my = me({student_id!r}, attempt={attempt})"
    return json.dumps(notebook).encode()


def hand_in(folder: Path, files: dict[str, bytes], *, archive: str = "") -> Path:
    """Write what a platform gives to an instructor, as files or as one archive."""
    folder.mkdir(exist_ok=True)
    if archive:
        with zipfile.ZipFile(folder / archive, "w") as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        return folder
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def graded(course: Course, folder: Path):
    return grade(folder, course.root, run=run_here, quiet=True)


def list_of(course: Course, content: str, encoding: str = "utf-8") -> None:
    """Make the class again from a platform's export, as far as that concerns its list."""
    path = course.root / "export.csv"
    path.write_text(content, encoding=encoding)
    course.write_roster(read_roster(path))


def settings(course: Course, text: str) -> None:
    course.settings_file.write_text(f'timezone = "UTC"\n{text}', encoding="utf-8")


def pages_in(course: Course, name: str) -> dict[str, bytes]:
    data = (course.platform_folder / name).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        return {entry: packed.read(entry) for entry in packed.namelist()}


def page(course: Course, student_id: str) -> bytes:
    return course.student_file("feedback", student_id, NAME, "html").read_bytes()


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Sizing and collateral (8812),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,25.0,(read only)
"Lovelace, Ada",4701,u1,s01,G1,,
"Klein, Bruno",4702,u2,s02,"G1, G2",,
=HYPERLINK(1),4705,u5,s05,G1,,
"O'Neil, Fay",4706,u6,s06,G1,,
"Student, Test",4799,,x9,G1,,
"""


def test_canvas_takes_its_gradebook_back(course, tmp_path):
    list_of(course, CANVAS)
    settings(course, "[late]\nper_day = 0.1\n")
    folder = hand_in(
        tmp_path / "in",
        {
            "lovelaceada_4701_901_sizing.ipynb": work(course, ADA),
            "kleinbruno_4702_902_sizing-1.ipynb": work(
                course, BRUNO, q1="q1 = 30_000.0", q9="words"
            ),
            # A name that says nothing, and the number that does.
            "hyperlink1_4705_905_sizing.ipynb": work(course, FORMULA, q1="q1 = 30_000.0"),
            "oneilfay_LATE_4706_906_sizing.ipynb": work(course, LATE),
        },
        archive="submissions.zip",
    )
    graded_ = graded(course, folder)
    assert graded_.refused == ()
    assert [path.name for path in graded_.platform] == ["canvas.csv", "canvas_sizing_feedback.zip"]
    assert graded_.notes == ("sizing: 1 of 4 have an answer to be marked by hand first",)
    assert (course.platform_folder / "canvas.csv").read_bytes() == (
        b"Student,ID,SIS User ID,SIS Login ID,Section,Sizing and collateral (8812)\n"
        b"    Points Possible,,,,,25\n"
        b'"Lovelace, Ada",4701,u1,s01,G1,21\n'
        b"'=HYPERLINK(1),4705,u5,s05,G1,19\n"
        b'"O\'Neil, Fay",4706,u6,s06,G1,18.5\n'
    )
    assert pages_in(course, "canvas_sizing_feedback.zip") == {
        "lovelaceada_4701_901_sizing_feedback.html": page(course, ADA),
        "hyperlink1_4705_905_sizing_feedback.html": page(course, FORMULA),
        "oneilfay_LATE_4706_906_sizing_feedback.html": page(course, LATE),
    }
    late = text_of(course.student_file("feedback", LATE, NAME, "html"))
    assert "It was handed in 1 day late; 2.5 points are deducted." in late
    assert "18.5 of 25" in late
    row = table(course)[LATE]
    assert (float(row[NAME]), row[f"{NAME}_note"]) == (18.5, "1 day late, −2.5 points")
    assert "counted as one day" in text_of(course.class_page(NAME))
    with api(course).gradebook as book:
        mark = book.find_grade(f"{WRITTEN}", NAME, NAME, BRUNO)
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        book.db.commit()
    assert graded(course, folder).notes == ()
    line = b'"Klein, Bruno",4702,u2,s02,"G1, G2",22.5\n'
    assert line in (course.platform_folder / "canvas.csv").read_bytes()
    assert len(pages_in(course, "canvas_sizing_feedback.zip")) == 4


def test_canvas_numbers_of_others_are_not_taken(course, tmp_path):
    list_of(course, CANVAS)
    name = "lovelaceada_4777_901_sizing.ipynb"
    folder = hand_in(tmp_path / "in", {name: work(course, ADA)})
    graded_ = graded(course, folder)
    (item,) = graded_.refused
    assert "user number 4777, but on your list s01 is user number 4701" in item.reason
    assert graded_.platform == ()


def test_canvas_without_its_list_goes_by_the_numbers_in_the_names(course, tmp_path):
    folder = hand_in(
        tmp_path / "in",
        {
            "lovelaceada_4701_901_x.ipynb": work(course, ADA),
            "s02_by_mail.ipynb": work(course, BRUNO),
        },
    )
    graded_ = graded(course, folder)
    assert (course.platform_folder / "canvas.csv").read_bytes() == (
        b"Student,ID,SIS User ID,SIS Login ID,Section,Sizing and collateral\n"
        b"    Points Possible,,,,,25\n"
        b"Ada Lovelace,4701,,,,21\n"
    )
    assert graded_.notes == (
        "sizing: Canvas would make a new column 'Sizing and collateral'; name its own in "
        "course.toml: [exercises.sizing] column = ...",
        "s02 has no number in Canvas: not in canvas.csv",
    )


WORKSHEET = (
    '\ufeffIdentifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\n'
    '"Participant 51","Ada Lovelace",s01,ada@uni.edu,"Submitted for grading",,25.00,Yes,'
    '"Friday, 20 November 2026, 11:30 PM",-,\n'
    '"Participant 52","Bruno Klein",s02,b@uni.edu,"No submission",,25.00,Yes,-,-,\n'
    '"Participant 55",=HYPERLINK(1),s05,h@uni.edu,"Submitted for grading",3.00,25.00,Yes,'
    '"Sunday, 22 November 2026, 12:05 AM","Monday, 23 November 2026, 9:00 AM","old, ""words"""\n'
    '"Participant 56","Fay O\'Neil",s06,f@uni.edu,"Submitted for grading",,25.00,Yes,'
    '"Friday, 20 November 2026, 11:59 PM",-,\n'
)


def moodle(course: Course, folder: Path) -> Path:
    return hand_in(
        folder,
        {
            "Ada Lovelace_51_assignsubmission_file_/sizing.ipynb": work(course, ADA),
            "HYPERLINK_55_assignsubmission_file_/my work.ipynb": work(course, FORMULA),
            "Fay O'Neil_56_assignsubmission_file_/a/sizing.ipynb": work(
                course, LATE, q1="q1 = 0", q9="words"
            ),
        },
        archive="TRADE-Sizing-77.zip",
    )


def test_moodle_takes_its_own_worksheet_back(course, tmp_path):
    (course.root / "Grades-77.csv").write_text(WORKSHEET, encoding="utf-8", newline="")
    settings(
        course,
        "[late]\nper_day = 0.1\n[exercises.sizing]\ndue = 2026-11-20\nworksheet = 'Grades-77.csv'",
    )
    folder = moodle(course, tmp_path / "in")
    graded_ = graded(course, folder)
    assert [path.name for path in graded_.platform] == [
        "moodle_sizing.csv",
        "moodle_sizing_feedback.zip",
    ]
    lines = WORKSHEET.splitlines(keepends=True)
    lines[1] = (
        lines[1].replace(",,25.00", ",21.00,25.00").replace(",-,\n", ',-,"21 of 25 points."\n')
    )
    # Two days begun after the end of the 20th.
    lines[3] = lines[3].replace("=HYPER", "'=HYPER").replace(",3.00,", ",16.00,")
    lines[3] = lines[3].replace('"old, ""words"""', '"16 of 25 points, 5 less for being late."')
    written = (course.platform_folder / "moodle_sizing.csv").read_bytes()
    assert written == "".join(lines).encode()
    assert pages_in(course, "moodle_sizing_feedback.zip") == {
        "Ada Lovelace_51_assignsubmission_file_/sizing_feedback.html": page(course, ADA),
        "HYPERLINK_55_assignsubmission_file_/sizing_feedback.html": page(course, FORMULA),
    }
    again = graded(course, folder)
    assert (again.ran, again.platform) == (0, graded_.platform)
    assert (course.platform_folder / "moodle_sizing.csv").read_bytes() == written


def test_moodle_worksheet_is_made_where_there_is_none(course, tmp_path):
    graded(course, moodle(course, tmp_path / "in"))
    assert (course.platform_folder / "moodle_sizing.csv").read_bytes() == (
        b'\xef\xbb\xbfIdentifier,"Full name",Grade,"Maximum grade","Last modified (grade)",'
        b'"Feedback comments"\n'
        b'"Participant 51","Ada Lovelace",21.00,25.00,-,"21 of 25 points."\n'
        b'"Participant 55",\'=HYPERLINK(1),21.00,25.00,-,"21 of 25 points."\n'
    )


def test_moodle_gradebook_goes_by_the_columns_of_its_list(course, tmp_path):
    list_of(
        course,
        "First name,Last name,ID number,Email address,Groups\n"
        "Ada,Lovelace,s01,ada@uni.edu,A\nBruno,Klein,s02,b@uni.edu,A\n",
    )
    folder = hand_in(tmp_path / "in", {"s01.ipynb": work(course, ADA)})
    graded_ = graded(course, folder)
    assert [path.name for path in graded_.platform] == ["moodle_gradebook.csv"]
    assert (course.platform_folder / "moodle_gradebook.csv").read_bytes() == (
        b'\xef\xbb\xbf"First name","Last name","ID number","Email address",'
        b'"Sizing and collateral"\n'
        b"Ada,Lovelace,s01,ada@uni.edu,21\n"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("Participant 51", "Participant 52"), "is s01 by one key and s02 by another"),
        (("25.00", "100.00"), "the worksheet allows 100 points, and the exercise has 25"),
        (("s01,ada@", "s77,x@"), ""),
    ],
)
def test_a_worksheet_that_disagrees_is_not_filled_in_blindly(course, tmp_path, changed, message):
    lines = WORKSHEET.splitlines(keepends=True)
    text = "".join([lines[0], *(line.replace(*changed) for line in lines[1:])])
    if "by one key" in message:
        text = text.replace('"Participant 52","Bruno', '"Participant 51","Bruno')
    (course.root / "g.csv").write_text(text, encoding="utf-8")
    settings(course, "[exercises.sizing]\nworksheet = 'g.csv'")
    files = {
        "Ada Lovelace_51_assignsubmission_file_/x.ipynb": work(course, ADA),
        "s02.ipynb": work(course, BRUNO),
    }
    notes = graded(course, hand_in(tmp_path / "in", files)).notes
    assert any(message in note for note in notes) is bool(message)
    written = (course.platform_folder / "moodle_sizing.csv").read_text(encoding="utf-8-sig")
    filled = [line for line in written.splitlines() if ",21.00," in line]
    assert len(filled) == (1 if "by one key" in message else 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Name,Grade\nx,1\n", "g.csv has no column 'Identifier'; download Moodle's grading"),
        ("", "g.csv has no column 'Identifier'"),
        (None, "g.csv: there is no such file"),
    ],
)
def test_what_is_no_worksheet_is_named(course, tmp_path, content, message):
    if content is not None:
        (course.root / "g.csv").write_text(content, encoding="utf-8")
    settings(course, "[exercises.sizing]\nworksheet = 'g.csv'")
    files = {"Ada Lovelace_51_assignsubmission_file_/x.ipynb": work(course, ADA)}
    with pytest.raises(SettingsError) as error:
        graded(course, hand_in(tmp_path / "in", files))
    assert message in str(error.value)


BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"Sizing and collateral [Total Pts: 25 Score] |664617"\n'
    '"Lovelace"\t"Ada"\t"s01"\t"901"\t""\t"Yes"\t""\n'
    '"Öztürk"\t"Çelik"\t"s03"\t"903"\t""\t"Yes"\t""\n'
)


def test_blackboard_takes_its_columns_back(course, tmp_path):
    list_of(course, BLACKBOARD, "utf-16")
    settings(course, "[exercises.sizing]\ndue = 2026-11-20T12:00:00\n[late]\nper_day = 0.04")
    front = "Sizing and collateral_{}_attempt_2026-11-{}"
    files = {
        f"{front.format('s01', '20-12-00-00')}_sizing.ipynb": work(course, ADA),
        f"{front.format('s01', '20-12-00-00')}.txt": b"Name: Ada Lovelace (s01)",
        f"{front.format('s03', '21-12-00-01')}_sizing.ipynb": work(course, "s03"),
    }
    graded_ = graded(course, hand_in(tmp_path / "in", files, archive="gradebook_sizing.zip"))
    assert [path.name for path in graded_.platform] == [
        "blackboard.txt",
        "blackboard_sizing_feedback.zip",
    ]
    assert (course.platform_folder / "blackboard.txt").read_bytes() == b"\xff\xfe" + (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t'
        '"Sizing and collateral [Total Pts: 25 Score] |664617"\n'
        '"Lovelace"\t"Ada"\t"s01"\t"901"\t"21"\n'
        '"Öztürk"\t"Çelik"\t"s03"\t"903"\t"19"\n'
    ).encode("utf-16-le")
    assert pages_in(course, "blackboard_sizing_feedback.zip") == {
        f"{front.format('s01', '20-12-00-00')}_sizing_feedback.html": page(course, ADA),
        f"{front.format('s03', '21-12-00-01')}_sizing_feedback.html": page(course, "s03"),
    }


def test_two_students_do_not_share_a_place_of_the_platform(course, tmp_path):
    """A student may name a folder after a participant that somebody else is."""
    files = {
        "Ada Lovelace_51_assignsubmission_file_/x.ipynb": work(course, ADA),
        "Bruno Klein_51_assignsubmission_file_/x.ipynb": work(course, BRUNO),
        "Jan_60_assignsubmission_file_/x.ipynb": work(course, "S10"),
    }
    graded_ = graded(course, hand_in(tmp_path / "in", files))
    assert graded_.notes == (
        "sizing: s01 and s02 would go back to one place of Moodle, 51; they are left out",
    )
    assert [*pages_in(course, "moodle_sizing_feedback.zip")] == [
        "Jan_60_assignsubmission_file_/sizing_feedback.html"
    ]
    assert b"51" not in (course.platform_folder / "moodle_sizing.csv").read_bytes()


def test_names_in_an_archive_of_feedback_lead_nowhere(course, tmp_path):
    files = {
        "..\\..\\Ada Lovelace_51_assignsubmission_file_/x.ipynb": work(course, ADA),
        'Bruno: "Klein"_52_assignsubmission_file_x.ipynb': work(course, BRUNO),
    }
    graded(course, hand_in(tmp_path / "in", files))
    assert [*pages_in(course, "moodle_sizing_feedback.zip")] == [
        "__.._Ada Lovelace_51_assignsubmission_file_/sizing_feedback.html",
        "Bruno_ _Klein__52_assignsubmission_file_sizing_feedback.html",
    ]


def test_trouble_with_one_submission_on_its_way_in_is_its_own(course, tmp_path, monkeypatch):
    right = intake.Intake.refusal

    def fails(self, one):
        if one.student_id == BRUNO:
            raise OSError("the machine hiccups")
        return right(self, one)

    monkeypatch.setattr(intake.Intake, "refusal", fails)
    files = {"s01.ipynb": work(course, ADA), "s02.ipynb": work(course, BRUNO)}
    (item,) = graded(course, hand_in(tmp_path / "in", files)).refused
    assert item.reason == "s02's sizing could not be taken in: OSError: the machine hiccups"
    assert float(table(course)[ADA][NAME]) == 21


def test_a_class_without_a_platform_has_no_such_files(course, tmp_path):
    graded_ = graded(course, hand_in(tmp_path / "in", {"s01.ipynb": work(course, ADA, q9="words")}))
    assert (graded_.platform, graded_.notes, graded_.released) == ((), (), ())
    assert not course.platform_folder.exists()


def again(course: Course, attempts: int, more: str = "") -> None:
    """Allow attempts, and draw their numbers."""
    settings(course, f"[exercises.sizing]\nattempts = {attempts}\n{more}")
    course.write_numbers(NAME, course.roster(), attempts=attempts)


@pytest.mark.parametrize(("counts", "points"), [("best", 21), ("last", 19)])
def test_the_best_or_the_last_attempt_counts(course, tmp_path, counts, points):
    again(course, 2, f"counts = '{counts}'")
    folder = tmp_path / "in"
    first, second = work(course, ADA), work(course, ADA, attempt=2, q1="q1 = 30_000")
    graded(course, hand_in(folder, {"s01.ipynb": first}))
    assert float(table(course)[ADA][NAME]) == 21
    graded_ = graded(course, hand_in(folder, {"s01 (2).ipynb": second}))
    assert (graded_.ran, graded_.refused) == (1, ())
    assert float(table(course)[ADA][NAME]) == points
    shown = " ".join(text_of(course.student_file("feedback", ADA, NAME, "html")).split())
    this, other = (1, "Attempt 2: 19 points") if counts == "best" else (2, "Attempt 1: 21 points")
    assert f"This is attempt {this} of 2; the {counts} one counts. {other}" in shown
    before = table(course)
    assert graded(course, folder).ran == 0
    assert table(course) == before


def test_a_second_attempt_is_marked_by_its_own_numbers(course, tmp_path):
    """Answers that are right for the first are wrong, and those of an attempt too many too."""
    again(course, 2, "counts = 'last'")
    numbers = course.numbers(NAME, {ADA: ""})[ADA]
    exposure = sum(v * b for v, b in zip(numbers["values_usd"], numbers["betas"], strict=True))
    folder = hand_in(
        tmp_path / "in",
        {
            "s01.ipynb": work(course, ADA, attempt=2, q1=f"q1 = {exposure!r}"),
            "s02.ipynb": work(course, BRUNO, attempt=3),
            "s06.ipynb": work(course, LATE, attempt=2),
        },
    )
    graded_ = graded(course, folder)
    marks = table(course)
    assert (float(marks[ADA][NAME]), float(marks[LATE][NAME])) == (19, 21)
    (item,) = graded_.refused
    assert "it is attempt 3 of sizing, and there are 2; allow more in course.toml" in item.reason
    assert "it is attempt 3 of sizing" in marks[BRUNO][f"{NAME}_note"]


def test_an_attempt_is_closed_once_its_right_answers_are_out(course, tmp_path):
    again(course, 2)
    folder = tmp_path / "in"
    graded(course, hand_in(folder, {"s01.ipynb": work(course, ADA, q1="q1 = 30_000")}))
    assert float(table(course)[ADA][NAME]) == 19
    graded_ = graded(course, hand_in(folder, {"s01.ipynb": work(course, ADA)}))
    (item,) = graded_.refused
    assert "s01 has the right answers to attempt 1 of sizing in the feedback already" in item.reason
    assert float(table(course)[ADA][NAME]) == 19
    kept = course.root / "graded" / NAME / "s01.json"
    assert f"delete {kept}" in item.reason
    kept.unlink()
    assert graded(course, folder).refused == ()
    assert float(table(course)[ADA][NAME]) == 21


def test_right_answers_are_held_back_until_their_day(course, tmp_path, monkeypatch):
    again(course, 2, "answers_from = 2026-11-28")
    monkeypatch.setenv("HEDGELIB_TODAY", "2026-11-27")
    folder, path = tmp_path / "in", course.student_file("feedback", ADA, NAME, "html")
    graded(course, hand_in(folder, {"s01.ipynb": work(course, ADA, q1="q1 = 1")}))
    shown = " ".join(text_of(path).split())
    assert "The right answers are shown from 2026-11-28 00:00 on." in shown
    assert "Right for your numbers" not in shown
    assert "0 of 2" in shown
    # Until then another file counts, even for the same numbers.
    graded_ = graded(course, hand_in(folder, {"s01.ipynb": work(course, ADA, q1="q1 = 2")}))
    assert (graded_.ran, graded_.refused) == (1, ())
    monkeypatch.setenv("HEDGELIB_TODAY", "2026-11-28")
    graded(course, folder)
    shown = text_of(path)
    assert "Right for your numbers" in shown
    assert "are shown from" not in shown
    graded_ = graded(course, hand_in(folder, {"s01.ipynb": work(course, ADA)}))
    assert len(graded_.refused) == 1


def test_marks_by_hand_wait_again_when_another_attempt_counts(course, tmp_path):
    again(course, 2, "counts = 'last'")
    folder = tmp_path / "in"
    graded(course, hand_in(folder, {"s01.ipynb": work(course, ADA, q9="words")}))
    with api(course).gradebook as book:
        mark = book.find_grade(WRITTEN, NAME, NAME, ADA)
        mark.manual_score, mark.needs_manual_grade = 4.0, False
        book.db.commit()
    graded(course, folder)
    assert (float(table(course)[ADA][NAME]), table(course)[ADA][f"{NAME}_note"]) == (25, "")
    graded(course, hand_in(folder, {"s01 (2).ipynb": work(course, ADA, attempt=2, q9="other")}))
    assert table(course)[ADA][f"{NAME}_note"] == "1 to be marked by hand"


def test_those_who_did_not_use_the_exchange_are_left_out_of_its_command(course, tmp_path):
    folder = course.root / "submitted"
    for student_id, at in (
        (ADA, "2026-11-20 11:00:00.000000 UTC"),
        (LATE, "2026-11-22 13:00:00 UTC"),
    ):
        own = hand_in(folder, {f"{student_id}/{NAME}/{NAME}.ipynb": work(course, student_id)})
        (own / student_id / NAME / "timestamp.txt").write_text(at)
        (own / student_id / NAME / "submission_secret.txt").write_text(f"of {student_id}")
    settings(course, "[exercises.sizing]\ndue = 2026-11-20T12:00:00\n[late]\nper_day = 0.1")
    mailed = hand_in(
        tmp_path / "mailed", {"s02.ipynb": work(course, BRUNO), "S10.ipynb": work(course, "S10")}
    )
    graded(course, mailed)
    graded_ = graded(course, folder)
    assert graded_.released == (
        "nbgrader release_feedback sizing --CourseDirectory.student_id_exclude=s02,S10",
    )
    marks = table(course)
    assert (float(marks[ADA][NAME]), float(marks[LATE][NAME])) == (21, 13.5)
    assert marks[LATE][f"{NAME}_note"] == "3 days late, −7.5 points"
    with api(course).gradebook as book:
        late = book.find_submission(NAME, LATE)
        assert str(late.timestamp) == "2026-11-22 13:00:00"
        assert late.late_submission_penalty == 7.5


def test_the_command_says_what_goes_back_and_where(course, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hedgelib.classroom.sandbox.run", run_here)
    list_of(course, CANVAS)
    files = {
        "lovelaceada_4701_901_x.ipynb": work(course, ADA),
        "s02.ipynb": work(course, BRUNO, q9="words"),
    }
    words = ["grade", str(hand_in(tmp_path / "in", files)), "--out", str(course.root.parent)]
    assert main([*words, "--trust-submissions"]) == 0
    said = capsys.readouterr().out
    assert f"  platform  {course.platform_folder / 'canvas.csv'}" in said
    assert "  not there: sizing: 1 of 2 have an answer to be marked by hand first" in said
