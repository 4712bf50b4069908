"""Every question of every lesson in JupyterLab, by keyboard alone, from a learner's unrun copy."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from hedgelib.ask.text import to_html
from hedgelib.ask.widget import QuestionWidget
from hedgelib.course.learner import unrun
from hedgelib.course.questions import every_question
from tests.questiontools import PATIENCE, QuestionOnPage

LESSONS = sorted(
    path.name
    for path in (Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb")
    if "ask(" in path.read_text(encoding="utf-8")
)


def plain(markdown: str) -> str:
    """Return the words of a text as a page shows them."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:b|i|code|span)[^>]*>", "", to_html(markdown)))
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&#x27;", "'"), ("&quot;", '"')):
        text = text.replace(entity, letter)
    return " ".join(text.replace("&amp;", "&").split())


def words(locator) -> str:
    return " ".join(locator.inner_text().split())


@pytest.mark.parametrize("name", LESSONS)
def test_every_question_of_a_lesson(name, lab_server, open_notebook, page_errors):
    text = unrun(lesson_path(name).read_text(encoding="utf-8"))
    (lab_server.notebooks / name).write_text(text, encoding="utf-8")
    lesson = open_notebook(name)
    page = lesson.page
    cells = nbformat.reads(text, as_version=4).cells
    assert page.locator(".jp-OutputArea-output").count() == 0
    lesson.run_by_keys()
    asked = [
        (place, match[1])
        for place, cell in enumerate(cells)
        if cell.cell_type == "code" and (match := re.search(r'\bask\(\s*"([^"]+)"', cell.source))
    ]
    assert asked
    for place, question_id in asked:
        found = every_question()[question_id]
        cell = page.locator(".jp-Notebook .jp-Cell").nth(place)
        cell.scroll_into_view_if_needed()
        on_page = QuestionOnPage(cell)
        expect(on_page.whole).to_have_count(1, timeout=PATIENCE)
        if "options" in found.text:
            choice(on_page)
        else:
            exercise(on_page, found.ask())
        assert "data-outcome" in (on_page.whole.evaluate("e => e.outerHTML"))
    # A picture that had the id of another would be cut off at that one's edges.
    ids = page.evaluate("[...document.querySelectorAll('svg [id]')].map(node => node.id)")
    assert len(set(ids)) == len(ids)
    assert page_errors == []


def lesson_path(name: str) -> Path:
    return Path(__file__).parents[2] / "notebooks" / name


def choice(on_page) -> None:
    """Each option in turn: the question stays, and the verdict says what was chosen."""
    labels = [words(label) for label in on_page.whole.locator(".options label").all()]
    outcomes = []
    for place, label in enumerate(labels):
        on_page.choose(place)
        expect(on_page.whole).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE)
        outcomes.append(on_page.whole.get_attribute("data-outcome"))
        if outcomes[-1] != "right":
            on_page.says(f"You said {label}")
        expect(on_page.radios.nth(place)).to_be_checked()
        expect(on_page.whole.locator(".options label")).to_have_count(len(labels))
    assert sorted(outcomes) == ["right", *["slip"] * (len(labels) - 1)]


def exercise(on_page, asked) -> None:
    """Wrong, near, a slip, no number, right, each hint and the solution."""
    question = words(on_page.whole.locator(".ask"))
    right = float(asked.answer.right)
    near = f"{right * 1.02:.12g}"
    for text, verdict in [
        (f"{right * 3 + 17.25:.6g}", "Not yet."),
        *([(near, "Close.")] if asked.judge(near).outcome == "near" else []),
        *[(repr(float(slip)), "Not yet.") for slip in list(asked.answer.slips.values())[:1]],
        ("fourteen", "An answer is a number"),
        (f"{right:.12g}".replace("-", "−"), "Right."),
    ]:
        on_page.type(text)
        on_page.says(verdict)
        assert words(on_page.whole.locator(".ask")) == question
        expect(on_page.box).to_have_value(text)
    hints = asked.hints
    for i, hint in enumerate(hints, 1):
        assert plain(hint) in words(on_page.unfold(f"Hint {i} of {len(hints)}"))
    assert plain(asked.part("solution")) in words(on_page.unfold("Worked solution"))


RENDER = """
async ([source, spec, typed]) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const told = (answer) => ({ answer, outcome: 'wrong', verdict: '<p>Not yet.</p>' });
  const state = { spec, told: told('600') };
  let hear;
  const model = { get: (name) => state[name], on: (_, f) => { hear = f; }, off() {}, send() {} };
  module.default.render({ model, el: document.body });
  const box = document.querySelector('input'), first = box.value;
  box.value = typed;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  state.told = told('700');
  hear();
  return [first, box.value];
}
"""


def test_a_page_opens_with_the_last_answer_and_leaves_what_is_being_typed(page):
    widget = QuestionWidget(every_question()["start.1"].ask())
    assert page.evaluate(RENDER, [widget._esm, widget.spec, "-60"]) == ["600", "-60"]
