"""Questions in JupyterLab, by keyboard alone, from a learner's unrun copy."""

from __future__ import annotations

import pytest

from hedgelib.ask.widget import QuestionWidget
from hedgelib.course.questions import every_question
from tests.labtools import ROOT
from tests.questiontools import answer_every_question

# The other lessons have their own files here, with their explorers.
LESSONS = [
    "00_start_here.ipynb",
    "08_choosing_the_instrument.ipynb",
    "12_flight_simulator.ipynb",
]


@pytest.mark.parametrize("lesson", LESSONS, indirect=True)
def test_every_question_of_a_lesson(lesson):
    answer_every_question(lesson)


def test_no_lesson_is_left_out():
    files = sorted((ROOT / "tests" / "browser").glob("*.py"))
    tried = [
        path.read_text() for path in files if "answer_every_question(lesson)" in path.read_text()
    ]
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        if "ask(" in path.read_text(encoding="utf-8"):
            assert sum(path.name in text for text in tried) == 1, path.name


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
