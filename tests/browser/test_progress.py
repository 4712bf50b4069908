"""What a learner does in their copy is still there after a reload, and on the start page."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from hedgelib.course.learner import copy_lessons
from hedgelib.course.progress import FILE
from tests.labtools import PATIENCE_SECONDS, poll
from tests.questiontools import QuestionOnPage

PATIENCE = PATIENCE_SECONDS * 1000
LESSON = "02_inverse_contracts.ipynb"


def opened_at(open_notebook, path, cell_id):
    """Open a notebook of the learner's copy and run its cells by keys up to one; return that."""
    lesson = open_notebook(path)
    page = lesson.page
    ids = page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.map(c => c.id)"
    )
    page.locator(".jp-Notebook .jp-Cell").first.click()
    for _ in range(ids.index(cell_id) + 1):
        page.keyboard.press("Shift+Enter")
    return page.locator(".jp-Notebook .jp-Cell").nth(ids.index(cell_id))


def questions(cell):
    outputs = cell.locator(".jp-OutputArea-child:has(.hedge-question > .form)")
    expect(outputs.first).to_be_visible(timeout=PATIENCE)
    return outputs


def test_a_recalled_question_is_kept_and_the_start_page_sends_the_learner_back(
    lab_server, open_notebook, page_errors
):
    mine = lab_server.notebooks / "mine"
    copy_lessons(mine)
    outputs = questions(opened_at(open_notebook, f"mine/{LESSON}", "recall"))
    expect(outputs).to_have_count(3, timeout=PATIENCE)
    asked = [QuestionOnPage(outputs.nth(i)) for i in range(3)]
    first = next(one for one in asked if one.box.count())
    text = first.whole.locator(".ask").inner_text()
    first.type("-1")
    first.says("Not yet.")
    kept = poll(
        lambda: (mine / FILE).is_file() and json.loads((mine / FILE).read_text())["questions"],
        "no progress was kept",
        lambda: None,
    )
    ((name, tried),) = kept.items()
    assert (tried["tries"], tried["right"]) == (1, False)

    # The page is loaded anew and has the same questions.
    again = questions(opened_at(open_notebook, f"mine/{LESSON}", "recall"))
    expect(again.filter(has_text=text.split(".")[0])).not_to_have_count(0)
    assert text in [one.inner_text() for one in again.locator(".ask").all()]

    shown = opened_at(open_notebook, "mine/00_start_here.ipynb", "map")
    expect(shown).to_contain_text("Go on here", timeout=PATIENCE)
    if not name.startswith("start."):
        expect(shown).to_contain_text(name)
    assert page_errors == []
