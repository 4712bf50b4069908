"""The start page in a real JupyterLab, by the one key that it teaches."""

from __future__ import annotations

import pytest
from labtools import PATIENCE_SECONDS
from playwright.sync_api import expect

from hedgelib.course.studies.lesson00 import deposit_at

PATIENCE = PATIENCE_SECONDS * 1000
PAGE = "00_start_here.ipynb"
PANEL = "window.jupyterapp.shell.currentWidget"
GAINS = "it gains $7,350"


class Learner:
    """Somebody who knows how to click, and to press Shift+Enter."""

    def __init__(self, lesson):
        self.lesson = lesson
        self.page = lesson.page
        self.cells = [cell["id"] for cell in self.notebook()["cells"]]

    def notebook(self):
        return self.page.evaluate(f"{PANEL}.content.model.toJSON()")

    def active(self):
        """Name of the cell that the key would run."""
        return self.cells[self.page.evaluate(f"{PANEL}.content.activeCellIndex")]

    def press(self):
        """Press the key, and wait until the cell that it ran, if it ran any, is through."""
        self.page.keyboard.press("Shift+Enter")
        self.through()

    def through(self):
        self.page.wait_for_function(
            f"() => {PANEL}.content.widgets.every(cell => cell.model.executionState !== 'running')"
        )

    def cell(self, name):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.cells.index(name))

    def told(self, name):
        """The outputs of a cell, as plain text."""
        outputs = self.notebook()["cells"][self.cells.index(name)]["outputs"]
        return [output["data"]["text/plain"] for output in outputs]

    def until(self, name):
        """Run cells from the top of the notebook until another is next."""
        for _ in self.cells:
            if self.active() == name:
                return
            self.press()
        pytest.fail(f"Shift+Enter never came to {name}; it stays at {self.active()}")


@pytest.fixture
def learner(open_notebook, outside_requests, page_errors):
    someone = Learner(open_notebook(PAGE))
    someone.cell("top").click()
    # The question has just been run, and the key would run the answer.
    someone.until("reveal")
    yield someone
    assert outside_requests == []
    assert page_errors == []


def check_revealed(learner):
    """The picture has the guess, and the question still shows it."""
    said, drawn = learner.told("reveal")
    assert said.startswith(f"You said **{GAINS}**")
    assert drawn == deposit_at(14, 3_500, -0.15, guess=7_350).scene().alt
    assert drawn.endswith("Your guess was +$7,350.")
    learner.cell("reveal").locator("img").wait_for()
    expect(learner.cell("guess").get_by_label(GAINS, exact=True)).to_be_checked(timeout=PATIENCE)


def test_delivery_2_the_taught_key_reveals_after_a_click(learner):
    choice = learner.cell("guess").get_by_label(GAINS, exact=True)
    choice.click()
    assert learner.active() == "guess"
    learner.press()
    assert learner.active() == "reveal"
    learner.press()
    check_revealed(learner)
    assert learner.active() == "read-picture"


def test_delivery_2_the_taught_key_reveals_after_a_choice_by_keyboard(learner):
    radios = learner.cell("guess").get_by_role("radio")
    radios.first.focus()
    # The arrow keys move the choice and not the notebook.
    radios.first.press("ArrowDown")
    radios.nth(1).press("ArrowDown")
    expect(radios.nth(2)).to_be_checked(timeout=PATIENCE)
    learner.until("read-picture")
    check_revealed(learner)


def test_delivery_2_the_run_button_keeps_the_guess(learner):
    learner.cell("guess").get_by_label(GAINS, exact=True).click()
    run = learner.page.locator(".jp-NotebookPanel-toolbar").locator(
        "[data-command='notebook:run-cell-and-select-next']"
    )
    run.click()
    learner.through()
    learner.until("reveal")
    expect(learner.cell("guess").get_by_label(GAINS, exact=True)).to_be_checked(timeout=PATIENCE)
    run.click()
    learner.through()
    learner.until("read-picture")
    check_revealed(learner)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("600", "Not yet. That is for one ETH."), ("-6000", "Nearly."), ("6000", "Right.")],
)
def test_delivery_3_a_checked_answer_leaves_the_question_and_its_hints(learner, answer, verdict):
    asked = learner.cell("ex-1")
    learner.until("ex-1")
    asked.locator(".jp-InputArea-editor").click()
    learner.page.keyboard.press("Control+a")
    learner.page.keyboard.insert_text(f'check("00.1", {answer})')
    learner.press()
    shown = asked.locator(".jp-OutputArea-output")
    expect(shown).to_contain_text("Bob deposits 10 ETH, bought at $3,000 each.", timeout=PATIENCE)
    expect(shown).to_contain_text(verdict)
    for title in ("Hint 1 of 2", "Hint 2 of 2", "Worked solution"):
        expect(shown.locator("summary", has_text=title)).to_be_visible()
    shown.locator("summary", has_text="Worked solution").click()
    expect(shown.get_by_text("10 ETH at $3,000 are $30,000.")).to_be_visible()
