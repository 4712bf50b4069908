"""Both renderers put everything into the same places, for every picture of the workbook."""

import pytest

from tests.agreement import assert_agree, in_browser, page_of
from tests.corpus import CORPUS


@pytest.mark.parametrize("name", CORPUS)
def test_both_renderers_agree(name, page, outside_requests, page_errors):
    scenes = CORPUS[name]()
    assert scenes, "nothing was drawn"
    for scene, shown in zip(scenes, in_browser(page, scenes), strict=True):
        assert_agree(scene, shown)
    assert page_errors == outside_requests == []


# Width of every picture and of its box, and the smallest letters in it, in pixels of the screen.
SHOWN = """
() => [...document.querySelectorAll('.hedge-scene > svg')].map(svg => {
  const { width } = svg.getBoundingClientRect(), scale = width / svg.viewBox.baseVal.width;
  const sizes = [...svg.querySelectorAll('text')].filter(text => text.textContent)
    .map(text => Number(text.getAttribute('font-size')) * scale);
  return [width, svg.parentElement.clientWidth, Math.min(...sizes)];
})
"""


@pytest.mark.parametrize("name", CORPUS)
def test_every_word_can_be_read_on_a_narrow_screen(name, page):
    scenes = CORPUS[name]()
    page.set_content(page_of(scenes, width=600))
    for scene, (width, box, size) in zip(scenes, page.evaluate(SHOWN), strict=True):
        assert width <= box, f"{scene.title!r} has to be scrolled"
        assert size >= 8.8, f"{scene.title!r} has letters of {size:.1f} pixels"
    page.evaluate("document.querySelector('main').style.width = '360px'")
    for scene, (_, box, size) in zip(scenes, page.evaluate(SHOWN), strict=True):
        assert box == 360
        assert size >= 8.4, f"{scene.title!r} has letters of {size:.1f} pixels"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
