"""A whole flight in JupyterLab by keyboard: reloaded in the middle, next to another one."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from hedgelib._text import usd
from hedgelib.course.learner import RECORD
from hedgelib.flight import Orders, drawn, fly, read_log
from hedgelib.flight.widget import FlightWidget
from tests.labtools import PATIENCE_SECONDS

PATIENCE = PATIENCE_SECONDS * 1000
SEED, OTHER = 7, 6


class FlightOnPage:
    """The flight of a seed, used by keyboard alone."""

    def __init__(self, page, seed):
        self.page = page
        self.whole = page.locator(".hedge-flight").nth([SEED, OTHER].index(seed))
        self.heading = self.whole.locator("h3")
        expect(self.heading).to_be_visible(timeout=PATIENCE)

    def settle(self):
        expect(self.whole).to_have_attribute("aria-busy", "false", timeout=PATIENCE)

    def press(self, label):
        self.whole.get_by_role("button", name=label, exact=True).press("Enter")
        self.settle()

    @property
    def phase(self):
        return self.whole.get_attribute("data-phase")

    @property
    def day(self):
        return int(re.search(r"Day (\d+) of", self.heading.inner_text())[1])

    def go_on(self):
        """Let a week pass, or answer what is asked."""
        if self.phase == "question":
            radio = self.whole.get_by_role("radio").first
            expect(radio).to_be_focused(timeout=PATIENCE)
            self.page.keyboard.press("Space")
            self.page.keyboard.press("Enter")
            self.settle()
        else:
            self.press("A week")


def run(open_notebook, path):
    lesson = open_notebook(path)
    lesson.run_by_keys()
    return lesson.page, *(FlightOnPage(lesson.page, seed) for seed in (SEED, OTHER))


@pytest.fixture
def notebook(lab_server):
    folder = lab_server.notebooks / "mine"
    folder.mkdir()
    (folder / RECORD).write_text('{"copied from": {}}')
    cells = [
        new_code_cell(f"from hedgelib.flight import FlightWidget\nFlightWidget({seed})")
        for seed in (SEED, OTHER)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}),
                   folder / "fly.ipynb")  # fmt: skip
    return folder


def test_a_flight_by_keyboard(notebook, open_notebook, page_errors):
    page, flight, other = run(open_notebook, "mine/fly.ipynb")
    expect(flight.heading).to_have_text("Flight 7. Your briefing", timeout=PATIENCE)
    flight.press("Take off")
    short = flight.whole.get_by_role("spinbutton", name="Short (USD)", exact=True)
    expect(short).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Control+A")
    page.keyboard.type("30000")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("15000")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    short.press("Enter")
    flight.settle()
    expect(flight.heading).to_have_text("Flight 7. Day 1 of 48", timeout=PATIENCE)
    expect(short).to_be_focused()
    expect(short).to_have_value("30000")
    other.press("Take off")
    other.press("A day")
    expect(other.heading).to_contain_text("Day 1 of", timeout=PATIENCE)
    while flight.day < 15:
        flight.go_on()
    middle, said = flight.day, flight.whole.locator(".state").inner_text()

    # The page is loaded anew, and the flights go on.
    page, flight, other = run(open_notebook, "mine/fly.ipynb")
    expect(flight.heading).to_have_text(f"Flight 7. Day {middle} of 48", timeout=PATIENCE)
    assert flight.whole.locator(".state").inner_text() == said
    expect(other.heading).to_contain_text("Day 1 of", timeout=PATIENCE)
    while flight.phase != "landing":
        flight.go_on()

    orders = read_log(notebook / "flights" / "7.json").orders
    assert orders[0] == Orders(short_usd=30_000, add_usd=15_000, margin="stablecoin")
    assert set(orders[1:]) == {None}
    landing = fly(drawn(SEED), lambda day: orders[day.day], seed=SEED)
    text = flight.whole.inner_text()
    assert f"Your profit is {usd(landing.pnl_usd, signed=True)}" in text
    pictures = flight.whole.locator("svg")
    for part in landing.parts.values():
        expect(pictures.nth(-1)).to_contain_text(usd(part, signed=True))
    assert flight.whole.get_by_role("link").count() == 2
    assert [one.short_usd for one in read_log(notebook / "flights" / "6.json").orders if one] == []
    flight.press("Fly again")
    expect(flight.heading).to_have_text("Flight 8. Your briefing", timeout=PATIENCE)
    assert page_errors == []


STALE = """
async ([source, spec, first, newer, older]) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const state = { spec, screen: first }, sent = [];
  let hear;
  const model = { get: (name) => state[name], on: (_, f) => { hear = f; }, off() {},
    send: (message) => sent.push(message) };
  module.default.render({ model, el: document.body });
  const heading = () => document.querySelector('h3').textContent;
  const button = () => [...document.querySelectorAll('button')]
    .find((b) => b.textContent === 'A day');
  button().click();
  button().click();
  const asked = sent.length, { view } = sent[0];
  state.screen = { ...newer, view, serial: 1 };
  hear();
  const first_seen = heading();
  state.screen = { ...older, view, serial: 1 };
  hear();
  return [asked, first_seen, heading()];
}
"""


def test_one_question_at_a_time_and_a_stale_answer_is_ignored(page):
    widget = FlightWidget(SEED)
    widget.act("takeoff")
    screens = [widget.screen]
    for _ in range(2):
        widget.act("days", days=1)
        screens.append(widget.screen)
    first, older, newer = screens
    said = page.evaluate(STALE, [widget._esm, widget.spec, first, newer, older])
    assert said == [1, "Flight 7. Day 2 of 48", "Flight 7. Day 2 of 48"]
