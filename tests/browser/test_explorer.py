"""One explorer in JupyterLab and in Notebook 7: keys, mouse, nonsense, haste, views and leaks."""

from __future__ import annotations

import inspect

import nbformat
import pytest
from playwright.sync_api import expect

from tests import hedging_example
from tests.hedging_example import CASE_C, study_of_alice
from tests.labtools import FRONT_ENDS, PATIENCE_SECONDS, VIEWPORT, OpenNotebook, watched_page
from tests.widgettools import Widget, every_control

PATIENCE = PATIENCE_SECONDS * 1000
MOVE, SHORT, MARGIN = "Move of ETH (%)", "Short (USD)", "Margin"
CONTROLS = f"""
from hedgelib.course import Choice, Explorer, Slider
ex = Explorer(
    study_of_alice,
    Slider(name="move", label="{MOVE}", start=-15, low=-60, high=120, step=1, scale=0.01,
           above=-100),
    Slider(name="notional_usd", label="{SHORT}", start=49_000, low=1_000, high=120_000, step=1_000),
    Choice(name="collateral", label="{MARGIN}", start="bought",
           options={{"bought": "new_money", "sold": "from_portfolio"}}),
    presets={{"Case C": {CASE_C}}},
)
"""
NAME = "explorer.ipynb"
CELLS = (inspect.getsource(hedging_example) + CONTROLS, "ex", "ex", "")
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
pytestmark = pytest.mark.parametrize("lab_server", FRONT_ENDS, indirect=True)

# How often the picture changed, and how often a change or a frame had not one drawing in it.
WATCH = """
(picture) => {
  window.seen = { frames: 0, changes: 0, wrong: 0 };
  const drawings = picture.getElementsByTagName('svg');
  const look = () => { window.seen.wrong += drawings.length !== 1; };
  new MutationObserver(() => { window.seen.changes++; look(); })
    .observe(picture, { childList: true });
  const frame = () => { window.seen.frames++; look(); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}
"""
# One move after the other, each drawn before the next.
MOVE_ABOUT = """
async (explorer, [from, times]) => {
  const range = explorer.querySelector('input[type=range]');
  const picture = explorer.querySelector('.picture');
  for (let i = 1; i <= times; i++) {
    const drawn = new Promise((resolve) => {
      const observer = new MutationObserver(() => { observer.disconnect(); resolve(); });
      observer.observe(picture, { childList: true });
    });
    range.value = from + i % 2;
    range.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn;
  }
}
"""


def study(percent, short_usd=49_000, collateral="new_money"):
    return study_of_alice(float(f"{percent / 100:.12g}"), short_usd, collateral)


@pytest.fixture(scope="module")
def opened(lab_server, browser):
    """Open a notebook; return it, what it asks for elsewhere, and what fails in it."""
    outside_requests, page_errors = [], []
    with watched_page(browser, outside_requests, page_errors) as page:
        write(lab_server)
        notebook = OpenNotebook.open(page, lab_server, NAME)
        # Notebook 7 has one of its own as it starts.
        page_errors.clear()
        yield notebook, outside_requests, page_errors


def write(lab_server):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    small = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(small, lab_server.notebooks / NAME)


@pytest.fixture
def views(lab_server, opened):
    """Show one explorer twice, whatever became of the notebook before; return both views."""
    notebook, outside_requests, page_errors = opened
    write(lab_server)
    notebook.page.set_viewport_size(VIEWPORT)
    notebook.page.evaluate("window.jupyterapp.shell.collapseLeft()")
    notebook.page.evaluate(f"{NOTEBOOK}.context.revert()")
    notebook.run_all()
    shown = notebook.page.locator(".jp-Notebook .jp-CodeCell")
    both = [Widget(notebook.page, MOVE, shown.nth(i)) for i in (1, 2)]
    for view in both:
        view.shows(study(-15))
    yield both
    assert outside_requests == []
    assert page_errors == []


def active_cell(page):
    return page.evaluate(f"{NOTEBOOK}.content.activeCellIndex")


def test_the_keyboard_reaches_everything(views):
    first, second = views
    press = first.page.keyboard.press
    # From the notebook itself, as somebody who has no mouse gets there.
    first.page.evaluate(f"""() => {{
      {NOTEBOOK}.content.activeCellIndex = 1;
      {NOTEBOOK}.content.mode = 'command';
      {NOTEBOOK}.activate(); }}""")
    expect(first.page.locator(".jp-mod-active .hedge-explorer")).to_have_count(1)
    for _ in range(20):
        press("Tab")
        if first.box(MOVE).evaluate("box => box === document.activeElement"):
            break
    expect(first.box(MOVE)).to_be_focused()
    press("ArrowUp")
    press("ArrowUp")
    press("ArrowDown")
    first.shows(study(-14))
    press("Control+a")
    first.page.keyboard.type("25.5")
    first.shows(study(25.5))
    press("Tab")
    expect(first.handle(MOVE)).to_be_focused()
    press("Home")
    first.shows(study(-60))
    first.stands_at(MOVE, -60)
    press("ArrowRight")
    press("ArrowUp")
    first.shows(study(-58))
    press("End")
    first.shows(study(120))
    press("ArrowLeft")
    first.shows(study(119))
    press("Tab")
    press("Tab")
    expect(first.handle(SHORT)).to_be_focused()
    press("ArrowRight")
    first.shows(study(119, 50_000))
    press("Tab")
    expect(first.choice(MARGIN)).to_be_focused()
    press("ArrowDown")
    first.shows(study(119, 50_000, "from_portfolio"))
    press("Tab")
    press("Space")
    first.shows(study(-15, 99_000))
    press("Tab")
    press("Enter")
    first.shows(study(-15))
    press("Tab")
    expect(first.picture).to_be_focused()
    press("ArrowRight")
    expect(first.whole.locator(".readout")).to_contain_text("short ETH")
    assert active_cell(first.page) == 1, "a key was the notebook's"
    second.shows(study(-15))


def test_the_mouse_and_two_views(views):
    first, second = views
    every_control(first.page)
    first.whole.scroll_into_view_if_needed()
    frame = first.handle(MOVE).bounding_box()
    middle = frame["y"] + frame["height"] / 2
    first.page.mouse.move(frame["x"] + frame["width"] / 4, middle)
    first.page.mouse.down()
    first.page.mouse.move(frame["x"] + frame["width"] * 0.9, middle, steps=20)
    first.page.mouse.up()
    moved = float(first.box(MOVE).input_value())
    assert moved > 60
    first.shows(study(moved))
    second.stands_at(MOVE, moved)
    second.shows(study(moved))
    second.choice(MARGIN).select_option("sold")
    first.shows(study(moved, collateral="from_portfolio"))
    expect(first.choice(MARGIN)).to_have_value("sold")
    second.press("Case C")
    for view in views:
        view.shows(study(-15, 99_000))
        view.stands_at(SHORT, 99_000)


def test_a_cell_moves_what_the_page_shows(views):
    first, _ = views
    page = first.page
    page.locator(".jp-Notebook .jp-CodeCell").nth(3).locator(".jp-InputArea-editor").click()
    page.keyboard.insert_text("ex.set(move=0.2, collateral='from_portfolio')")
    page.keyboard.press("Shift+Enter")
    for view in views:
        view.stands_at(MOVE, 20)
        expect(view.choice(MARGIN)).to_have_value("sold")
        view.shows(study(20, collateral="from_portfolio"))
    # A page goes on from there.
    first.handle(MOVE).press("ArrowRight")
    for view in views:
        view.shows(study(21, collateral="from_portfolio"))


def test_nonsense_is_refused_in_words(views):
    first, _ = views
    first.type_in(MOVE, "")
    for view in views:
        view.refuses(f"“{MOVE}” must be a number")
    first.type_in(MOVE, "-100")
    for view in views:
        view.refuses(f"“{MOVE}” must be above −100, got −100")
    first.type_in(MOVE, "1e300")
    for view in views:
        view.shows(study(1e300))
    first.type_in(MOVE, "30")
    first.shows(study(30))
    # Some browsers let no letters into such a box, others do and call it empty.
    first.box(MOVE).focus()
    first.page.keyboard.press("Control+a")
    first.page.keyboard.type("abc")
    first.page.keyboard.press("Tab")
    if first.box(MOVE).input_value():
        first.shows(study(30))
    else:
        first.refuses(f"“{MOVE}” must be a number")
    first.type_in(MOVE, "30")
    first.type_in(SHORT, "-1")
    expect(first.problem).to_contain_text(f"“{SHORT}”", timeout=PATIENCE)
    first.press("Reset")
    for view in views:
        view.shows(study(-15))


def test_the_notebooks_own_keys(views):
    first, _ = views
    page = first.page
    count = f"{NOTEBOOK}.content.widgets[1].model.executionCount"
    before = page.evaluate(count)
    first.box(MOVE).fill("10")
    first.shows(study(10))
    page.keyboard.press("Control+s")
    page.wait_for_function(f"!{NOTEBOOK}.context.model.dirty")
    expect(first.box(MOVE)).to_have_value("10")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(f"before => {count} > before", arg=before)
    assert active_cell(page) == 2
    # What the cell shows now is where the control was.
    first.shows(study(10))
    first.stands_at(MOVE, 10)
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == len(CELLS)


def test_haste_ends_where_the_control_is_and_the_picture_never_goes(views):
    first, second = views
    first.picture.evaluate(f"svg => ({WATCH})(svg.parentElement)")
    first.hurry(MOVE, "ArrowRight", 30)
    for view in views:
        view.stands_at(MOVE, 15)
        view.shows(study(15))
    second.hurry(SHORT, "ArrowRight", 30)
    for view in views:
        view.stands_at(SHORT, 79_000)
        view.shows(study(15, 79_000))
    seen = first.page.evaluate("window.seen")
    assert seen["changes"] > 2
    assert seen["frames"] > 2
    assert seen["wrong"] == 0


def test_moves_leave_nothing_behind(views):
    first, second = views
    browser = first.page.context.new_cdp_session(first.page)
    browser.send("Performance.enable")
    grows = {"Nodes", "JSEventListeners"}

    def in_the_cell():
        explorer = browser.send(
            "Runtime.evaluate", {"expression": "document.querySelector('.hedge-explorer')"}
        )
        listeners = browser.send(
            "DOMDebugger.getEventListeners",
            {"objectId": explorer["result"]["objectId"], "depth": -1},
        )
        return first.whole.locator("*").count(), len(listeners["listeners"])

    def in_the_page():
        browser.send("HeapProfiler.collectGarbage")
        metrics = browser.send("Performance.getMetrics")["metrics"]
        return {m["name"]: m["value"] for m in metrics if m["name"] in grows}

    first.whole.evaluate(MOVE_ABOUT, [-15, 20])
    second.shows(study(-15))
    cell, page = in_the_cell(), in_the_page()
    assert min(cell) > 10
    first.whole.evaluate(MOVE_ABOUT, [-15, 200])
    first.shows(study(-15))
    second.shows(study(-15))
    assert in_the_cell() == cell
    grown = {name: value - page[name] for name, value in in_the_page().items()}
    # 200 pictures that stayed would be tens of thousands of nodes, and a thousand listeners.
    assert grown["Nodes"] < 20 * cell[0]
    assert grown["JSEventListeners"] < 200


def test_a_narrow_window_holds_it_all(views):
    first, _ = views
    page = first.page
    page.set_viewport_size({"width": 600, "height": 1000})
    page.evaluate("window.jupyterapp.shell.expandLeft()")
    page.wait_for_function("!window.jupyterapp.shell.leftCollapsed")
    for view in views:
        view.shows(study(-15))
        cell = view.whole.locator("xpath=ancestor::*[contains(@class, 'jp-OutputArea-output')]")
        edges = cell.last.evaluate(
            """cell => {
              const { left, right } = cell.getBoundingClientRect();
              return [...cell.querySelectorAll('input, select, button, label, .picture, table')]
                .filter(part => {
                  const place = part.getBoundingClientRect();
                  return !place.width || place.left < left - 1 || place.right > right + 1;
                }).map(part => part.outerHTML.slice(0, 80)); }"""
        )
        assert edges == []
        # The picture scrolls in its box, where its letters would be too small.
        picture = view.whole.locator(".picture")
        inside, box = picture.evaluate("box => [box.scrollWidth, box.clientWidth]")
        assert inside > box
        assert picture.locator("svg").evaluate("svg => svg.clientWidth") == inside
    assert page.evaluate("innerWidth") == 600
