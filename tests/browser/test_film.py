"""Explorers in a bare page, with no kernel: their films, and answers that come late."""

import json

import pytest
from playwright.sync_api import expect

from hedgelib.course import Choice, Explorer, Slider
from hedgelib.show.explorer import FILM_SCRIPT, STYLE
from tests.axetools import violations
from tests.hedging_example import CASE_C, study_of_alice
from tests.widgettools import Widget

MOVE = Slider(name="move", label="Move of ETH (%)", start=-15, low=-60, high=120, step=1,
              scale=0.01, above=-100)  # fmt: skip
SHORT = Slider(
    name="notional_usd", label="Short (USD)", start=49_000, low=1_000, high=120_000, step=1_000
)
SOURCE = Choice(name="collateral", label="Margin", start="bought",
                options={"bought": "new_money", "sold": "from_portfolio"})  # fmt: skip


@pytest.fixture
def playing(page):
    explorer = Explorer(study_of_alice, MOVE, SHORT, SOURCE, presets={"Case C": CASE_C})
    film = json.dumps(explorer.film(), ensure_ascii=False).replace("</", "<\\/")
    page.set_content(
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A film</title>'
        f"<style>{STYLE}</style></head><body><main><h1>A film</h1><div id=film></div></main>"
        f"<script>\n{FILM_SCRIPT}\nplayFilm(document.getElementById('film'), {film});</script>"
        "</body></html>"
    )
    return Widget(page, "Move of ETH (%)")


def test_film_follows_keyboard_mouse_presets_and_reset(playing):
    start = study_of_alice(-0.15, 49_000, "new_money")
    playing.shows(start)
    playing.handle("Move of ETH (%)").focus()
    playing.page.keyboard.press("End")
    playing.shows(study_of_alice(1.2, 49_000, "new_money"))
    # Pairs of controls are there too, and a preset can be moved from.
    playing.handle("Short (USD)").focus()
    playing.page.keyboard.press("Home")
    playing.shows(study_of_alice(1.2, 1_000, "new_money"))
    expect(playing.note).not_to_contain_text("nearest")
    playing.choice("Margin").select_option("sold")
    playing.press("Case C")
    playing.shows(study_of_alice(-0.15, 99_000, "new_money"))
    playing.choice("Margin").select_option("sold")
    playing.shows(study_of_alice(-0.15, 99_000, "from_portfolio"))
    playing.press("Reset")
    playing.shows(start)
    # An arrow key gets to the next of its values.
    playing.handle("Move of ETH (%)").focus()
    playing.page.keyboard.press("ArrowRight")
    playing.stands_at("Move of ETH (%)", -10)
    playing.shows(study_of_alice(-0.10, 49_000, "new_money"))


def test_film_says_what_it_has_not(playing):
    expect(playing.note).to_have_text("Without a kernel this page shows what was computed before.")
    playing.box("Move of ETH (%)").select_text()
    playing.page.keyboard.type("-12.4")
    playing.page.keyboard.press("Enter")
    playing.stands_at("Move of ETH (%)", -10)
    playing.shows(study_of_alice(-0.10, 49_000, "new_money"))
    expect(playing.note).to_contain_text("Not computed: “Move of ETH (%)” −12.4; the nearest")
    playing.press("Reset")
    expect(playing.note).not_to_contain_text("nearest")


def test_film_needs_nothing_outside(playing, outside_requests, page_errors):
    playing.press("Case C")
    playing.shows(study_of_alice(-0.15, 99_000, "new_money"))
    assert outside_requests == []
    assert page_errors == []


def test_picture_is_read_by_keyboard_and_pointer(playing):
    readout = playing.whole.locator(".readout")
    playing.picture.focus()
    for _ in range(3):
        playing.page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("short ETH")
    said = readout.inner_text()
    playing.page.keyboard.press("End")
    expect(readout).to_contain_text("move of ETH +120")
    assert readout.inner_text() != said
    playing.page.keyboard.press("Escape")
    expect(readout).to_be_empty()
    frame = playing.picture.bounding_box()
    playing.page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    expect(readout).to_contain_text("all together")


def test_nobody_is_left_out(playing):
    assert violations(playing.page, "main") == []
    playing.page.set_viewport_size({"width": 120, "height": 800})
    assert playing.whole.locator(".table").evaluate("t => t.scrollWidth > t.clientWidth")
    assert violations(playing.page, "main") == []


MOVE_AT_ONCE = """
async ([source, state]) => {
  const module = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const sent = [];
  let hear;
  const model = { get: (name) => state[name], on: (_, f) => { hear = f; }, off() {},
    send: (asked) => sent.push(asked) };
  module.default.render({ model, el: document.body });
  const slider = document.querySelector('input[type=range]');
  slider.value = 20;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const [{ opened }, { view, serial, values }] = sent;
  hear({ ...state.first, view: '', opened });
  const early = slider.value;
  hear({ ...state.first, view, serial, values });
  return [early, slider.value, values.move];
}
"""


def test_who_moves_a_slider_before_the_kernel_has_time_keeps_the_move(page):
    explorer = Explorer(lambda move: study_of_alice(move, 49_000, "new_money"), MOVE)
    state = {"spec": explorer.spec, "first": explorer.first}
    assert page.evaluate(MOVE_AT_ONCE, [explorer._esm, state]) == ["20", "20", 20]
