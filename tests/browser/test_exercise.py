"""A released exercise in JupyterLab: an id, an answer, and what the notebook says to it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hedgelib._text import usd
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.release import gradebook, release
from hedgelib.classroom.source import exercises_folder
from tests.classtools import cell_of
from tests.labtools import PATIENCE_SECONDS, LabServer

NAME = "inverse_maths"
PATIENCE = PATIENCE_SECONDS * 1000
ROSTER = {"s01": "Ada", "s02": "Bruno"}


@pytest.fixture
def exercise(lab_server: LabServer, tmp_path: Path) -> dict[str, dict[str, float]]:
    """Put a released exercise among the notebooks; return everybody's numbers."""
    course = Course(tmp_path)
    course.secret()
    course.write_config()
    text = (exercises_folder() / f"{NAME}.ipynb").read_text(encoding="utf-8")
    write_text(course.source(NAME), text)
    course.write_numbers(NAME, ROSTER)
    with gradebook(course):
        release(course, NAME)
    shutil.copytree(course.release(NAME).parent, lab_server.notebooks / "class", dirs_exist_ok=True)
    notebook = json.loads(course.release(NAME).read_text(encoding="utf-8"))
    assert "BEGIN" not in json.dumps(notebook), "a solution or a hidden test is in the release"
    assert cell_of(notebook, "q1_mark")["metadata"]["editable"] is False
    return course.numbers(NAME, ROSTER)


def test_student_answers(exercise, open_notebook, outside_requests, page_errors):
    notebook = open_notebook(f"class/{NAME}.ipynb")
    page = notebook.page

    def cell(grade_id: str):
        index = page.evaluate(
            """(id) => {
              const content = window.jupyterapp.shell.currentWidget.content;
              const index = content.widgets.findIndex(
                cell => cell.model.getMetadata('nbgrader')?.grade_id === id);
              content.activeCellIndex = index;
              return index; }""",
            grade_id,
        )
        return page.locator(".jp-Notebook .jp-Cell").nth(index)

    def run(grade_id: str, text: str | None = None) -> None:
        where = cell(grade_id)
        if text is not None:
            where.locator(".jp-InputArea-editor").click()
            page.keyboard.press("Control+a")
            page.keyboard.insert_text(text)
        # A cell that is folded up runs as well.
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")

    def shows(grade_id: str, text: str) -> None:
        output = cell(grade_id).locator(".jp-OutputArea-output").last
        expect(output).to_contain_text(text, timeout=PATIENCE)

    # An instructor's menus have no place in a learner's JupyterLab.
    menus = page.locator(".lm-MenuBar-itemLabel")
    expect(menus.filter(has_text="Edit")).to_have_count(1)
    expect(menus.filter(has_text="Nbgrader")).to_have_count(0)
    run("setup")
    run("student_id")
    shows("student_id", "Type your student id between the quotes")
    run("student_id", 'my = me("s99")')
    shows("student_id", "Nobody in this class has the id 's99'")
    run("student_id", 'my = me(" S01 ")')
    shows("student_id", usd(exercise["s01"]["short_usd"]))
    run("q1_shown")
    run("q1_mark")
    shows("q1_mark", "NameError")
    run("q1")
    run("q1_mark")
    shows("q1_mark", "q1 has no answer yet.")
    run("q1", "q1 = -my.short_usd / my.face_usd")
    run("q1_mark")
    shows("q1_mark", "Give the number without a sign.")
    run("q1", "q1 = my.short_usd / my.face_usd")
    run("q1_mark")
    contracts = exercise["s01"]["short_usd"] / exercise["s01"]["face_usd"]
    shows("q1_mark", f"q1 is {contracts:,.0f} contracts. The form is right.")
    # Right or wrong, the form is all that it speaks of.
    run("q1", "q1 = 1.0")
    run("q1_mark")
    shows("q1_mark", "q1 is 1 contracts. The form is right.")
    run("q5_shown")
    run("q5", 'q5, q5_reason = "b", "P"')
    run("q5_mark")
    shows("q5_mark", "You say: ")
    assert outside_requests == []
    assert page_errors == []
