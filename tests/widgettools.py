"""A lesson's explorer as a reader meets it in the browser: its controls, its words, its picture."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labtools import PATIENCE_SECONDS
from playwright.sync_api import expect

from hedgelib.figures import Canvas

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from hedgelib.figures import Picture

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
        # What a screen reader says: without what binary fractions leave.
        told = ("aria-valuetext", f"{value:.12g}")
        expect(self.handle(label)).to_have_attribute(*told, timeout=PATIENCE)

    def press(self, label: str) -> None:
        self.whole.get_by_role("button", name=label, exact=True).press("Enter")

    def refuses(self, reason: str) -> None:
        """Wait for the reason why there is no result, with no number left from before."""
        expect(self.sentence).to_contain_text(f"This cannot be: {reason}", timeout=PATIENCE)
        expect(self.whole.locator("tr")).to_have_count(0)

    def shows(
        self, picture: Picture[Any], result: Any, rows: Sequence[tuple[str, str]] | None = None
    ) -> None:
        """Wait for the sentence of a result, its table, and its picture to the last pixel."""
        expect(self.sentence).to_have_text(picture.alt(result), timeout=PATIENCE)
        told = [name + value for name, value in (rows or result.rows())]
        expect(self.whole.locator("tr")).to_have_text(told, timeout=PATIENCE)
        drawn = base64.b64encode(Canvas(picture).show(result)).decode("ascii")
        # Pixels, not bytes: a live picture is packed in whatever way was quick.
        self.image.evaluate(
            """async (image, [drawn, patience]) => {
              const end = Date.now() + patience;
              const pixels = async address => {
                const picture = new Image();
                picture.src = address;
                await picture.decode();
                const {width, height} = picture;
                const paper = new OffscreenCanvas(width, height).getContext('2d');
                paper.drawImage(picture, 0, 0);
                return new Uint32Array(paper.getImageData(0, 0, width, height).data.buffer);
              };
              const wanted = await pixels(`data:image/png;base64,${drawn}`);
              for (let seen = null; ; await new Promise(soon => setTimeout(soon, 30))) {
                if (image.src !== seen && image.naturalWidth) {
                  seen = image.src;
                  const shown = await pixels(seen);
                  if (shown.length === wanted.length && shown.every((p, at) => p === wanted[at]))
                    return;
                }
                if (Date.now() > end) throw new Error('the picture is another one');
              }
            }""",
            [drawn, PATIENCE],
        )


def every_control(page: Page) -> None:
    """Each control of each explorer has a name, and each follows the mouse and its Reset."""
    explorers = page.locator(
        ".jupyter-widgets.widget-vbox", has=page.locator("output[role=status]")
    ).all()
    assert explorers, "no explorer is on the page"
    for explorer in explorers:
        for control in explorer.locator("input, select").all():
            assert control.evaluate("c => c.labels.length || c.ariaLabel"), "a nameless control"
        for handle in explorer.locator(".noUi-handle").all():
            expect(handle).to_have_attribute("aria-label", re.compile("Move .+"), timeout=PATIENCE)
            follows_the_mouse(explorer, handle)
        for choice in explorer.locator("select").all():
            follows_the_arrows(explorer, choice)
        # The words come after the picture: what is read now may be of the state before.
        page.wait_for_function(
            "e => e.querySelector('img').alt === e.querySelector('output[role=status]').innerText",
            arg=explorer.element_handle(),
            timeout=PATIENCE,
        )
    for radios in page.get_by_role("radiogroup").all()[:1]:
        assert radios.get_attribute("aria-label"), "a question that is not said"
        first, second = radios.get_by_role("radio").all()[:2]
        first.focus()
        first.press("ArrowDown")
        expect(second).to_be_checked(timeout=PATIENCE)


def follows_the_mouse(explorer: Locator, handle: Locator) -> None:
    box = handle.locator("xpath=ancestor::*[contains(@class, 'widget-hbox')][1]").locator("input")
    start = box.input_value()
    handle.scroll_into_view_if_needed()
    place = handle.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    at_the_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    mouse = handle.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + (-60 if at_the_end else 60), y, steps=3)
    mouse.up()
    expect(box).not_to_have_value(start, timeout=PATIENCE)
    # All of the drag has reached the kernel; what is still under way would come after Reset.
    expect(box).to_have_value(handle.get_attribute("aria-valuetext") or "", timeout=PATIENCE)
    explorer.get_by_role("button", name="Reset", exact=True).click()
    expect(box).to_have_value(start, timeout=PATIENCE)


def follows_the_arrows(explorer: Locator, choice: Locator) -> None:
    """A list is operable by keyboard: JupyterLab must leave the arrow keys to it."""
    start = choice.input_value()
    last = choice.evaluate("c => c.selectedIndex === c.options.length - 1")
    choice.focus()
    choice.press("ArrowUp" if last else "ArrowDown")
    expect(choice).not_to_have_value(start, timeout=PATIENCE)
    explorer.get_by_role("button", name="Reset", exact=True).press("Enter")
    expect(choice).to_have_value(start, timeout=PATIENCE)
