"""The museum in a real JupyterLab: two exhibits are exposed by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hedgelib.museum.exhibits import find_exhibit
from tests.questiontools import PATIENCE, QuestionOnPage

LESSON = "C_bug_museum.ipynb"


@pytest.fixture
def museum(lesson):
    """Return a function that finds an exhibit in the museum that was run."""
    sources = lesson.sources()

    def found(slug):
        place = sources.index(f'exhibit("{slug}")')
        cell = lesson.page.locator(".jp-Notebook .jp-Cell").nth(place)
        cell.scroll_into_view_if_needed()
        return cell, QuestionOnPage(cell)

    return found


def type_in(shown, *values):
    """Type each argument, go on with Tab, and commit with Enter in the last box."""
    keyboard = shown.page.keyboard
    shown.box.first.focus()
    for i, value in enumerate(values):
        if i:
            keyboard.press("Tab")
        expect(shown.box.nth(i)).to_be_focused()
        keyboard.press("Control+A")
        keyboard.type(value)
    keyboard.press("Enter")


def outcome(shown, expected):
    expect(shown.whole).to_have_attribute("data-outcome", expected, timeout=PATIENCE)


def test_two_exhibits_are_exposed(museum):
    cell, shown = museum("average_entry")
    expect(cell).to_contain_text("def average_entry(", timeout=PATIENCE)
    expect(shown.box).to_have_count(2, timeout=PATIENCE)
    expect(shown.whole.get_by_label("entry price, USD per coin, several")).to_have_count(1)
    expect(shown.verdict).to_have_text("")
    type_in(shown, "1000, 2000", "5000, 5000")
    shown.says("which is right")
    shown.says("All entries have the same price")
    outcome(shown, "wrong")
    type_in(shown, "1000, 2000", "5000, dear")
    shown.says("This input cannot be judged")
    outcome(shown, "unread")
    type_in(shown, "1000, 2000", "5000, 6000")
    shown.says("it returns 5,666.6667; 5,625 is right")
    outcome(shown, "right")
    expect(shown.box.nth(1)).to_have_value("5000, 6000")
    one = find_exhibit("average_entry")
    expect(shown.unfold("What it costs")).to_contain_text(f"${one.price()['cost']:,.0f}")

    _, shown = museum("funding_sign")
    expect(shown.box).to_have_count(4, timeout=PATIENCE)
    shown.box.first.fill("-1000")
    shown.box.first.press("Enter")
    shown.says("Fill every box first.")
    type_in(shown, "-1000", "3500", "0", "10")
    shown.says("At a rate of 0 nobody pays")
    type_in(shown, "−1,000", "3,500", "0.01%", "10")
    shown.says("is right")
    outcome(shown, "right")
