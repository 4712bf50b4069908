"""A question as a reader meets it in the browser: by keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from hedgelib.ask.text import to_html
from hedgelib.course.questions import every_question
from tests.labtools import PATIENCE_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from hedgelib.ask.question import Asked
    from tests.labtools import OpenNotebook

PATIENCE = PATIENCE_SECONDS * 1000


class QuestionOnPage:
    """The question in a place, such as a cell."""

    def __init__(self, place: Locator) -> None:
        self.page: Page = place.page
        self.whole = place.locator(".hedge-question:has(> .form)")
        self.verdict = self.whole.get_by_role("status").first
        self.picture = self.whole.locator(".picture > svg")
        self.radios = self.whole.get_by_role("radio")
        self.box = self.whole.get_by_role("textbox")

    def choose(self, place: int) -> None:
        """Choose an option by arrow keys and commit it by Enter."""
        for i in range(place):
            self.radios.nth(i).press("ArrowDown")
        if not self.radios.nth(place).is_checked():
            self.radios.nth(place).press("Space")
        self.radios.nth(place).press("Enter")

    def type(self, text: str) -> None:
        """Type an answer and commit it by Enter."""
        # The notebook may take the focus after a cell has run, so each step takes it back.
        self.box.fill(text)
        self.box.press("Enter")

    def says(self, text: str) -> None:
        expect(self.verdict).to_contain_text(text, timeout=PATIENCE)

    def unfold(self, title: str) -> Locator:
        """Open a hint or the solution by keyboard; return it."""
        summary = self.whole.locator("summary").filter(has_text=title)
        summary.focus()
        self.page.keyboard.press("Enter")
        return summary.locator("xpath=..").locator("div")


def plain(markdown: str) -> str:
    """Return the words of a text as a page shows them."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:b|i|code|span)[^>]*>", "", to_html(markdown)))
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&#x27;", "'"), ("&quot;", '"')):
        text = text.replace(entity, letter)
    return " ".join(text.replace("&amp;", "&").split())


def words(locator: Locator) -> str:
    return " ".join(locator.inner_text().split())


def answer_every_question(lesson: OpenNotebook) -> None:
    """Answer each question of a lesson that was run, in every way that it knows."""
    page = lesson.page
    asked = [
        (place, match[1])
        for place, source in enumerate(lesson.sources())
        if (match := re.search(r'\bask\(\s*"([^"]+)"', source))
    ]
    assert asked
    for place, question_id in asked:
        question = every_question()[question_id]
        cell = page.locator(".jp-Notebook .jp-Cell").nth(place)
        cell.scroll_into_view_if_needed()
        on_page = QuestionOnPage(cell)
        expect(on_page.whole).to_have_count(1, timeout=PATIENCE)
        if "options" in question.text:
            choice(on_page)
        else:
            exercise(on_page, question.ask())
        assert "data-outcome" in (on_page.whole.evaluate("e => e.outerHTML"))
    # A picture that had the id of another would be cut off at that one's edges.
    ids = page.evaluate("[...document.querySelectorAll('svg [id]')].map(node => node.id)")
    assert len(set(ids)) == len(ids)


def choice(on_page: QuestionOnPage) -> None:
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


def exercise(on_page: QuestionOnPage, asked: Asked) -> None:
    """Wrong, near, a slip, no number, right, each hint and the solution."""
    question = words(on_page.whole.locator(".ask"))
    solution = on_page.whole.locator("summary", has_text="Worked solution")
    expect(solution).to_be_hidden()
    expect(on_page.whole.locator(".waits")).to_be_visible()
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
    expect(on_page.whole.locator(".waits")).to_be_hidden()
    assert plain(asked.part("solution")) in words(on_page.unfold("Worked solution"))
