"""An explorer as a reader meets it in the browser: its controls, its words, its picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from hedgelib.show.scene import scene_of
from tests.labtools import PATIENCE_SECONDS, poll

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE = PATIENCE_SECONDS * 1000
EXPLORER = ".hedge-explorer"

# Every text and every shape of a picture, with its place.
INK = """
(svg) => [...svg.querySelectorAll('path, rect, circle, line, tspan')].map(shape => [
  shape.tagName, shape.textContent, ...['d', 'x', 'y', 'cx', 'cy', 'x1', 'y1', 'width', 'height',
  'fill', 'stroke'].map(name => shape.getAttribute(name))].join(' '))
"""
DRAW = """
async ([scene, source]) => {
  const place = document.createElement('div');
  const made = new Function('element', 'scene', `${source}; draw(scene, element, null);`);
  made(place, scene);
  return place.querySelector('svg');
}
"""


class Widget:
    """The explorer that has a control of this label."""

    def __init__(self, page: Page, label: str, place: Locator | None = None) -> None:
        self.page = page
        self.whole = (
            (place or page).locator(EXPLORER).filter(has=page.get_by_label(label, exact=True))
        )
        self.sentence = self.whole.locator("output.sentence")
        self.problem = self.whole.get_by_role("alert")
        self.picture = self.whole.locator(".picture > svg")
        self.note = self.whole.locator(".note")
        self.whole.scroll_into_view_if_needed()

    def box(self, label: str) -> Locator:
        return self.whole.get_by_role("spinbutton", name=label, exact=True)

    def choice(self, label: str) -> Locator:
        return self.whole.get_by_role("combobox", name=label, exact=True)

    def handle(self, label: str) -> Locator:
        return self.whole.get_by_role("slider", name=label, exact=True)

    def type_in(self, label: str, text: str) -> None:
        self.box(label).fill(text)
        self.page.keyboard.press("Tab")

    def hurry(self, label: str, key: str, times: int) -> None:
        """Press a key on a slider faster than the kernel answers."""
        self.handle(label).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def stands_at(self, label: str, value: float) -> None:
        """Wait until box and slider both show a value."""
        expect(self.box(label)).to_have_value(f"{value:.12g}", timeout=PATIENCE)
        expect(self.handle(label)).to_have_value(f"{value:.12g}", timeout=PATIENCE)

    def press(self, label: str) -> None:
        self.whole.get_by_role("button", name=label, exact=True).press("Enter")

    def refuses(self, reason: str) -> None:
        """Wait for the reason why there is no result, with no number left from before."""
        expect(self.problem).to_contain_text(f"This cannot be: {reason}", timeout=PATIENCE)
        expect(self.sentence).to_be_empty(timeout=PATIENCE)
        expect(self.whole.locator("tr")).to_have_count(0)
        place, picture = self.problem.bounding_box(), self.picture.bounding_box()
        assert place
        assert picture
        assert place["y"] < picture["y"], "the reason must be above the picture"

    def shows(self, result: Any) -> None:
        """Wait for the sentence, the table and the picture of a result, and no refusal."""
        scene = scene_of(result)
        expect(self.sentence).to_have_text(scene.alt, timeout=PATIENCE)
        expect(self.problem).to_be_empty(timeout=PATIENCE)
        cells = [cell for row in (scene.table.head, *scene.table.rows) for cell in row]
        expect(self.whole.locator(":is(th, td)")).to_have_text(cells, timeout=PATIENCE)
        expect(self.picture).to_have_attribute("aria-label", scene.alt, timeout=PATIENCE)
        wanted = self.ink_of(json.loads(scene.to_json()))
        # The words may be there a frame before the picture.
        poll(lambda: self.ink() == wanted, "the picture of the result", lambda: None)

    def ink(self) -> list[str]:
        # The pointer may be over the picture, which then says what is there.
        self.page.mouse.move(0, 0)
        ink: list[str] = self.picture.evaluate(INK)
        # The line that follows the pointer is not of the scene.
        return [line for line in ink if "var(--text)" not in line]

    def ink_of(self, scene: Any) -> list[str]:
        from tests.agreement import FOLDER

        source = (FOLDER / "scene.js").read_text(encoding="utf-8")
        drawn = self.page.evaluate_handle(DRAW, [scene, source])
        ink: list[str] = drawn.evaluate(INK)
        return ink


def every_control(page: Page) -> None:
    """Each control of each explorer has a name, and follows the mouse, the arrows and Reset."""
    explorers = page.locator(EXPLORER).all()
    assert explorers, "no explorer is on the page"
    for explorer in explorers:
        for control in explorer.locator("input, select").all():
            assert control.evaluate(
                "c => c.labels.length || document.getElementById(c.getAttribute('aria-labelledby'))"
            ), "a nameless control"
        for handle in explorer.get_by_role("slider").all():
            follows_the_mouse(explorer, handle)
            follows_the_keys(explorer, handle)
        for handle in explorer.get_by_role("slider").all()[:1]:
            survives_silly_numbers(explorer, handle)
        for choice in explorer.locator("select").all():
            follows_the_arrows(explorer, choice)
        page.wait_for_function(
            "e => (s => !s || s.getAttribute('aria-label') === "
            "e.querySelector('output.sentence').textContent)(e.querySelector('.picture > svg'))",
            arg=explorer.element_handle(),
            timeout=PATIENCE,
        )


def follows_the_mouse(explorer: Locator, handle: Locator) -> None:
    box = handle.locator("xpath=../input[@type='number']")
    start = box.input_value()
    handle.scroll_into_view_if_needed()
    frame = handle.bounding_box()
    assert frame
    x = 0.8 if float(handle.input_value()) < (
        float(handle.get_attribute("min") or 0) + float(handle.get_attribute("max") or 0)
    ) / 2 else 0.2  # fmt: skip
    handle.click(position={"x": x * frame["width"], "y": frame["height"] / 2})
    expect(box).not_to_have_value(start, timeout=PATIENCE)
    assert float(box.input_value()) == float(handle.input_value())
    reset(explorer)
    expect(box).to_have_value(start, timeout=PATIENCE)


def follows_the_keys(explorer: Locator, handle: Locator) -> None:
    box = handle.locator("xpath=../input[@type='number']")
    for key, end in (("End", "max"), ("Home", "min")):
        handle.press(key)
        # A slider ends at its last whole step.
        assert abs(float(handle.input_value()) - float(handle.get_attribute(end) or "nan")) < float(
            handle.get_attribute("step") or "nan"
        )
        assert float(box.input_value()) == float(handle.input_value())
        answered(explorer)
    reset(explorer)


def survives_silly_numbers(explorer: Locator, handle: Locator) -> None:
    box = handle.locator("xpath=../input[@type='number']")
    start = box.input_value()
    for text in ("", "0", "-1e9", "1e300"):
        box.fill(text)
        box.press("Tab")
        answered(explorer)
    reset(explorer)
    expect(box).to_have_value(start, timeout=PATIENCE)
    expect(explorer.get_by_role("alert")).to_be_empty(timeout=PATIENCE)


def answered(explorer: Locator) -> None:
    """Wait until the kernel has answered, with a result or with a reason that a reader can use."""
    settled = explorer.page.wait_for_function(
        "e => e.getAttribute('aria-busy') === 'false' && [e.querySelector('.problem').textContent,"
        " e.querySelector('output.sentence').textContent].join('').trim()",
        arg=explorer.element_handle(),
        timeout=PATIENCE,
    )
    assert "should not be" not in str(settled.json_value())


def follows_the_arrows(explorer: Locator, choice: Locator) -> None:
    start = choice.input_value()
    choice.focus()
    last = choice.evaluate("c => c.selectedIndex === c.options.length - 1")
    choice.press("ArrowUp" if last else "ArrowDown")
    expect(choice).not_to_have_value(start, timeout=PATIENCE)
    reset(explorer)
    expect(choice).to_have_value(start, timeout=PATIENCE)


def reset(explorer: Locator) -> None:
    explorer.get_by_role("button", name="Reset", exact=True).press("Enter")
