"""A lesson's explorer as a reader meets it in the browser: its controls, its words, its picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labtools import PATIENCE_SECONDS
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE = PATIENCE_SECONDS * 1000


class Widget:
    """The explorer that has a control of this label."""

    def __init__(self, page: Page, label: str) -> None:
        self.page = page
        self.whole = page.locator(
            ".jupyter-widgets.widget-vbox",
            has=page.locator("output[role=status]"),
        ).filter(has=page.get_by_label(label, exact=True))
        self.sentence = self.whole.locator("output[role=status]")
        self.image = self.whole.locator("img")
        self.image.scroll_into_view_if_needed()

    def box(self, label: str) -> Locator:
        return self.whole.get_by_label(label, exact=True)

    def handle(self, label: str) -> Locator:
        row = self.whole.locator(".widget-hbox", has=self.page.get_by_label(label, exact=True))
        return row.locator(".noUi-handle")

    def type_in(self, label: str, text: str) -> None:
        self.box(label).fill(text)
        self.page.keyboard.press("Tab")

    def hurry(self, label: str, key: str, times: int) -> None:
        """Press a key on a slider faster than the kernel answers."""
        self.handle(label).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def stands_at(self, label: str, value: float) -> None:
        """Wait until box and handle both show a value."""
        expect(self.box(label)).to_have_value(f"{value:.12g}", timeout=PATIENCE)
        shown = float(self.handle(label).get_attribute("aria-valuetext") or "nan")
        assert abs(shown - value) < 1e-9, f"the handle stands at {shown}, the box at {value}"

    def press(self, label: str) -> None:
        self.whole.get_by_role("button", name=label, exact=True).press("Enter")

    def shows(self, sentence: str, rows: Sequence[tuple[str, str]]) -> str:
        """Wait for a sentence and its table; return the picture beside them."""
        expect(self.sentence).to_have_text(sentence, timeout=PATIENCE)
        told = [name + value for name, value in rows]
        expect(self.whole.locator("tr")).to_have_text(told, timeout=PATIENCE)
        return self.image.get_attribute("src") or ""
