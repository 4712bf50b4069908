"""A question as a reader meets it in the browser: by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.labtools import PATIENCE_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

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
