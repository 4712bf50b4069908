"""The start page in a real JupyterLab, by the one key that it teaches."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hedgelib.course.studies.start import deposit_at
from tests.labtools import PATIENCE_SECONDS
from tests.questiontools import QuestionOnPage

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

    def question(self, name):
        return QuestionOnPage(self.cell(name))

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
    # The question has just been run.
    someone.until("read-picture")
    yield someone
    assert outside_requests == []
    assert page_errors == []


def check_answered(learner):
    """The question shows the guess, its verdict and its picture."""
    asked = learner.question("guess")
    asked.says(f"You said {GAINS}")
    alt = deposit_at(14, 3_500, -0.15, guess=7_350).scene().alt
    assert alt.endswith("Your guess was +$7,350.")
    expect(asked.picture).to_have_attribute("aria-label", alt, timeout=PATIENCE)
    expect(learner.cell("guess").get_by_label(GAINS, exact=True)).to_be_checked(timeout=PATIENCE)


def test_delivery_2_the_taught_key_goes_on_after_a_click(learner):
    learner.cell("guess").get_by_label(GAINS, exact=True).click()
    learner.page.keyboard.press("Enter")
    check_answered(learner)
    assert learner.active() == "guess"
    learner.press()
    assert learner.active() == "read-picture"
    check_answered(learner)


def test_delivery_2_the_taught_key_goes_on_after_a_choice_by_keyboard(learner):
    # The arrow keys move the choice and not the notebook.
    learner.question("guess").choose(2)
    check_answered(learner)
    learner.until("number-words")
    check_answered(learner)


def test_delivery_2_the_run_button_keeps_the_guess(learner):
    learner.cell("guess").get_by_label(GAINS, exact=True).click()
    learner.cell("guess").get_by_role("button", name="Answer").click()
    check_answered(learner)
    learner.page.locator(".jp-NotebookPanel-toolbar").locator(
        "[data-command='notebook:run-cell-and-select-next']"
    ).click()
    learner.through()
    assert learner.active() == "read-picture"
    check_answered(learner)


def test_delivery_3_a_checked_answer_leaves_the_question_and_its_hints(learner):
    learner.until("key-points")
    asked = learner.question("ex-1")
    verdicts = {"600": "Not yet. That is for one ETH.", "-6000": "Nearly.", "6000": "Right."}
    for answer, verdict in verdicts.items():
        asked.type(answer)
        asked.says(verdict)
        expect(asked.whole).to_contain_text("Bob deposits 10 ETH, bought at $3,000 each.")
        expect(asked.whole.locator("summary")).to_have_text(
            ["Hint 1 of 2", "Hint 2 of 2", "Worked solution"]
        )
    expect(asked.unfold("Worked solution")).to_contain_text("10 ETH at $3,000 are $30,000.")
