"""Written answers: ticked on a sheet or its page, entered, shown, and kept when graded again."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from hedgelib.__main__ import main
from hedgelib.classroom.byhand import SheetError, read_sheet
from hedgelib.classroom.course import Course
from hedgelib.classroom.grading import Graded, grade
from hedgelib.classroom.release import gradebook
from hedgelib.classroom.source import exercises_folder, read_source
from tests.axetools import violations
from tests.classroom.conftest import STUDENTS
from tests.classtools import cell_of, fill_in, released, run_here, solutions, table, text_of

NAME = "sizing"
WORDS = {
    "s01": 'My **own** words.\n\nTwo paragraphs, 1 < 2 & "so" on.',
    "s04": "<script>alert(1)</script> <b>bold</b>",
    "s05": '=HYPERLINK("x")',
    "s06": "Short.",
}


def in_a_cell(student_id: str) -> str:
    """Return a student's words as a cell of a table: in one line, and never a formula."""
    formula = "'" if student_id == "s05" else ""
    return formula + " ".join(WORDS[student_id].split())


class Desk:
    """An instructor with a class of four written answers, and one who has none."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.course, self.folder = Course(root), folder
        source = self.course.read(NAME)
        sheet, right = released(self.course.release(NAME)), solutions(source)
        folder.mkdir()
        for student_id in (*WORDS, "s07"):
            answers = right | {"q9": WORDS.get(student_id, "")}
            self.hand_in(student_id, fill_in(sheet, student_id, answers))

    def hand_in(self, student_id: str, notebook: dict) -> None:
        path = self.folder / f"{student_id}.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")

    def change(self, student_id: str, grade_id: str, text: str) -> None:
        path = self.folder / f"{student_id}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cell_of(notebook, grade_id)["source"] = text
        self.hand_in(student_id, notebook)

    def grade(self, **options: bool) -> Graded:
        return grade(self.folder, self.course.root, run=run_here, quiet=True, **options)

    @property
    def table(self) -> Path:
        return self.course.by_hand(NAME, "csv")

    @property
    def page(self) -> Path:
        return self.course.by_hand(NAME, "html")

    def rows(self) -> dict[str, dict[str, str]]:
        """Return the rows of the sheet by what the students wrote."""
        with self.table.open(encoding="utf-8-sig", newline="") as file:
            return {row["answer"]: row for row in csv.DictReader(file)}

    def tick(self, **ticks: tuple[str, str]) -> None:
        """Fill the sheet in as a spreadsheet would: four cells and a comment, by student."""
        rows = self.rows()
        for student_id, (cells, comment) in ticks.items():
            row = rows[in_a_cell(student_id)]
            row |= {str(n + 1): cell.strip("-") for n, cell in enumerate(cells)}
            row["comment"] = comment
        with self.table.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, [*next(iter(rows.values()))])
            writer.writeheader()
            writer.writerows(rows.values())

    def points(self) -> dict[str, tuple[float, str]]:
        marks = table(self.course)
        return {i: (float(marks[i][NAME]), marks[i][f"{NAME}_note"]) for i in (*WORDS, "s07")}

    def feedback(self, student_id: str) -> str:
        page = self.course.student_file("feedback", student_id, NAME, "html")
        return " ".join(text_of(page).split())


@pytest.fixture
def desk(own_class, tmp_path) -> Desk:
    desk = Desk(own_class, tmp_path / "in")
    desk.grade()
    return desk


WAITS = (21.0, "1 to be marked by hand")


def test_sheet_has_every_answer_and_nobody(desk):
    rows = desk.rows()
    assert {*rows} == {*map(in_a_cell, WORDS)}
    text = desk.table.read_text(encoding="utf-8") + desk.page.read_text(encoding="utf-8")
    for student_id, name in STUDENTS.items():
        assert name not in text
        assert f"({student_id})" not in text
    assert "<b>" not in desk.page.read_text(encoding="utf-8")
    assert "<script>alert" not in desk.page.read_text(encoding="utf-8")
    assert "Together she loses as much as if she had no hedge at all." in text_of(desk.page)
    desk.grade(names=True)
    assert STUDENTS["s06"] in desk.table.read_text(encoding="utf-8")
    assert f"{STUDENTS['s06']} (s06)" in text_of(desk.page)
    assert {row["student"] for row in desk.rows().values()} >= {STUDENTS["s01"], STUDENTS["s06"]}


def test_ticks_are_entered_shown_and_kept(desk):
    desk.tick(s01=("1x-0", "Well put, <i>but</i> short."), s06=("0---", ""), s04=("1111", "-1"))
    graded = desk.grade()
    assert desk.points() == {
        "s01": (23.0, ""),
        "s04": (25.0, ""),
        "s05": WAITS,
        "s06": (21.0, ""),
        "s07": (21.0, ""),
    }
    assert graded.sheets == ((desk.page, 3, 4),)
    assert "Marked by hand 3 of 4 written answers" in " ".join(text_of(graded.pages[0]).split())
    feedback = desk.feedback("s01")
    assert "Well put, <i>but</i> short." in feedback
    assert re.search(r"Together she loses as much .*? at all\. yes", feedback)
    assert re.search(r"What to change: a short of .*? from the book\. no", feedback)
    assert desk.feedback("s04").count("-1") >= 1
    assert "'-1" not in desk.feedback("s04")
    assert "What a good answer has" not in desk.feedback("s05")
    # The sheet is written anew each time, and says the same; so do the marks.
    before = desk.table.read_bytes(), desk.page.read_bytes(), desk.points()
    desk.grade(again=True)
    assert (desk.table.read_bytes(), desk.page.read_bytes(), desk.points()) == before


def test_ticks_outlive_the_gradebook(desk):
    desk.tick(s01=("1110", "Good."))
    desk.grade()
    with gradebook(desk.course) as book:
        mark = book.find_grade("q9", NAME, NAME, "s01")
        mark.manual_score, mark.needs_manual_grade = None, True
        book.db.commit()
    desk.grade()
    assert desk.points()["s01"] == (24.0, "")


def test_what_was_entered_can_be_taken_back(desk):
    """By an empty row, or without the comment alone; and nothing is taken back twice."""
    desk.tick(s01=("1110", "Good."), s04=("1000", "Short."))
    desk.grade()
    desk.tick(s01=("----", ""), s04=("1000", ""))
    desk.grade()
    assert desk.points()["s01"] == WAITS
    assert "Good." not in desk.feedback("s01")
    assert desk.points()["s04"] == (22.0, "")
    assert "Short." not in desk.feedback("s04")
    with gradebook(desk.course) as book:
        mark = book.find_grade("q9", NAME, NAME, "s01")
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        book.db.commit()
    desk.grade()
    assert desk.points()["s01"] == (24.5, ""), "marked in the formgrader since"


def test_an_answer_that_is_taken_away_has_no_points(desk):
    desk.tick(s06=("1111", "Great."))
    desk.grade()
    assert desk.points()["s06"] == (25.0, "")
    desk.change("s06", "q9", "")
    desk.grade()
    assert desk.points()["s06"] == (21.0, "")
    assert "Great." not in desk.feedback("s06")


def test_no_code_is_a_number_and_no_comment_changes_by_being_kept(desk):
    assert all(row["code"].startswith("k") for row in desk.rows().values())
    desk.tick(s01=("1110", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"))
    desk.grade()
    with gradebook(desk.course) as book:
        book.find_grade("q9", NAME, NAME, "s01").manual_score = 3.5
        book.db.commit()
    desk.grade()
    assert desk.points()["s01"] == (24.5, ""), "an untouched row is not entered again"


def test_points_changed_in_the_formgrader_stay(desk):
    desk.tick(s01=("1110", "Good."))
    desk.grade()
    with gradebook(desk.course) as book:
        book.find_grade("q9", NAME, NAME, "s01").manual_score = 3.5
        book.db.commit()
    desk.grade()
    assert desk.points()["s01"] == (24.5, "")
    assert "What a good answer has" not in desk.feedback("s01"), "these are not the ticks' points"
    # An entry of the sheet that is changed later counts again.
    desk.tick(s01=("1100", "Good."))
    desk.grade()
    assert desk.points()["s01"] == (23.0, "")
    desk.tick(s01=("1100", "Very good."))
    desk.grade()
    assert "Very good." in desk.feedback("s01")


def test_ticks_belong_to_the_text(desk):
    desk.tick(s01=("1110", "Good."), s06=("1000", ""))
    desk.grade()
    desk.change("s01", "q1", "q1 = 30_000.0")
    desk.change("s06", "q9", "Other words.")
    desk.grade()
    assert desk.points()["s01"] == (22.0, ""), "the words are the same, so are the ticks"
    assert desk.points()["s06"] == (21.0, "1 to be marked by hand"), "without the points of then"
    rows = desk.rows()
    assert rows["Other words."]["1"] == ""
    assert rows[""]["1"] == "1", "the ticks of the first text are kept"
    desk.change("s06", "q9", WORDS["s06"])
    desk.grade()
    assert desk.points()["s06"] == (22.0, "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("code,", "kode,", "the column 'code' is missing; keep the first line"),
        (",q9,", ",q7,", "line 2, column 'question': no written question 'q7'; there are q9"),
        (",q9,,", ",q9,maybe,", "line 2, column '1': 1 or 0 is wanted, got 'maybe'; leave"),
    ],
)
def test_broken_sheet_is_refused_in_one_sentence(desk, old, new, message, capsys):
    text = desk.table.read_text(encoding="utf-8-sig")
    desk.table.write_text(text.replace(old, new, 1), encoding="utf-8")
    before = desk.table.read_bytes()
    with pytest.raises(SheetError, match=re.escape(message)):
        read_sheet(desk.course, desk.course.read(NAME))
    out = str(desk.course.root.parent)
    assert main(["grade", str(desk.folder), "--out", out, "--trust-submissions"]) == 2
    assert message in capsys.readouterr().err
    assert desk.table.read_bytes() == before


def test_sheet_of_a_german_spreadsheet_is_read(desk):
    rows = [["code", "question", "1", "2", "3", "4"]]
    rows += [[row["code"], "q9", "x", "", "X", "1"] for row in desk.rows().values()]
    desk.table.write_text("\r\n".join(map(";".join, rows)), encoding="cp1252")
    desk.grade()
    assert {points for i, points in desk.points().items() if i in WORDS} == {(24.0, "")}


def test_every_exercise_has_a_rubric_of_one_point_each():
    for path in exercises_folder().glob("*.ipynb"):
        (question,) = [q for q in read_source(path).questions if q.form.kind == "written"]
        assert len(question.rubric) == question.points
        assert not any(mark in "".join(question.rubric) for mark in "*`")


def test_page_is_ticked_by_keyboard_and_saves_the_sheet(desk, page, page_errors):
    page.goto(desk.page.as_uri())
    assert page.locator("#count").inner_text() == "0 of 4 marked"
    assert violations(page, "main") == []
    codes = {row["answer"]: row["code"] for row in desk.rows().values()}
    answer = page.locator(f"section[data-code='{codes[in_a_cell('s01')]}']")
    assert answer.locator("pre").inner_text() == WORDS["s01"]
    for place in (0, 2):
        answer.locator(".tick").nth(place).focus()
        page.keyboard.press("Space")
    answer.locator("textarea").fill('Good, "so",\nto say')
    other = page.locator(f"section[data-code='{codes[in_a_cell('s06')]}']")
    other.get_by_label("marked").check()
    assert page.locator("#count").inner_text() == "2 of 4 marked"
    page.reload()
    assert page.locator("#count").inner_text() == "2 of 4 marked", "the browser keeps the ticks"
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "sizing.csv"
    download.value.save_as(desk.table)
    desk.grade()
    assert desk.points()["s01"] == (23.0, "")
    assert desk.points()["s06"] == (21.0, "")
    assert desk.points()["s04"] == WAITS
    assert 'Good, "so", to say' in desk.feedback("s01")
    # Saved again, the page leaves alone what was changed in the formgrader since.
    with gradebook(desk.course) as book:
        book.find_grade("q9", NAME, NAME, "s01").manual_score = 3.5
        book.db.commit()
    desk.tick(s06=("0011", ""))
    desk.grade()
    page.goto(desk.page.as_uri())
    third = page.locator(f"section[data-code='{codes[in_a_cell('s04')]}']")
    third.locator(".tick").nth(1).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    download.value.save_as(desk.table)
    desk.grade()
    marks = {student_id: points for student_id, (points, _) in desk.points().items()}
    assert (marks["s01"], marks["s04"]) == (24.5, 22.0)
    assert marks["s06"] == 23.0, "the table was changed after the browser kept its ticks"
    # Saved when the words have changed, the page keeps what was said of the words before.
    desk.change("s06", "q9", "Other words.")
    desk.grade()
    page.goto(desk.page.as_uri())
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    download.value.save_as(desk.table)
    desk.change("s06", "q9", WORDS["s06"])
    desk.grade()
    assert desk.points()["s06"] == (23.0, "")
    assert page_errors == []
