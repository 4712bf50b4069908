"""The flight simulator: a day from the key to the screen, and what the landing computes."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Any

from hedgelib.flight import EPISODES, FlightWidget, lay_out
from hedgelib.flight.debrief import PATHS, Skill, land
from hedgelib.flight.flight import fly_course
from hedgelib.flight.ghosts import by_rule
from tests.benchmarks.bench_widgets import opened
from tests.benchmarks.measure import Row, duration, medians

if TYPE_CHECKING:
    from playwright.sync_api import Page

DAYS, SEED = 25, 7
CELLS = (
    "from hedgelib.flight import FlightWidget\nFlightWidget(7)",
    "from tests.benchmarks.bench_widgets import label\nlabel()",
)
# From the key to the frame after the change that follows from it.
PRESS = """
([cell, key, changes, chosen]) => new Promise((done) => {
  const place = cell.querySelector(changes);
  let start;
  const seen = new MutationObserver(() => {
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - start));
  });
  seen.observe(place, {childList: true, subtree: true, characterData: true});
  const target = chosen ?? document.activeElement;
  target.focus();
  start = performance.now();
  if (key === 'click') target.click();
  else target.dispatchEvent(new KeyboardEvent('keydown',
    {key, keyCode: 39, code: key, bubbles: true, cancelable: true}));
})
"""


def in_the_browser() -> tuple[float, float]:
    """Return the median seconds of a day, and of a line of text, on one page of JupyterLab."""
    with opened(*CELLS) as (notebook, _):
        return _days(notebook.page), _labels(notebook.page)


def _days(page: Page) -> float:
    cell = page.locator(".jp-CodeCell").nth(0)
    flight = cell.locator(".hedge-flight")
    flight.get_by_role("button", name="Take off", exact=True).press("Enter")
    taken: list[float] = []
    while len(taken) < DAYS:
        if flight.get_attribute("data-phase") == "question":
            flight.get_by_role("radio").first.check()
            flight.get_by_role("button", name="Answer", exact=True).press("Enter")
            page.wait_for_function(
                "(el) => el.dataset.phase === 'day'", arg=flight.element_handle()
            )
            continue
        day = flight.get_by_role("button", name="A day", exact=True).element_handle()
        passed = page.evaluate(PRESS, [cell.element_handle(), "click", ".hedge-flight h3", day])
        taken.append(passed / 1000)
        page.wait_for_timeout(150)
    return median(taken[3:])


def _labels(page: Page) -> float:
    cell = page.locator(".jp-CodeCell").nth(1)
    handle = cell.locator(".noUi-handle").element_handle()
    output = ".jp-OutputArea-output .widget-html"
    taken = []
    for _ in range(DAYS):
        asked: list[Any] = [cell.element_handle(), "ArrowRight", output, handle]
        taken.append(page.evaluate(PRESS, asked) / 1000)
        page.wait_for_timeout(150)
    return median(taken[3:])


def in_the_kernel() -> float:
    """Return the median seconds from the page's message to the next screen."""
    widget = FlightWidget(SEED)
    widget.act("takeoff")
    taken = []
    while len(taken) < DAYS:
        if widget.screen.get("question", {}).get("ask") and not widget.screen["question"]["answer"]:
            widget.act("answer", answer=next(iter(dict(widget.screen["question"]["options"]))))
            continue
        start = time.perf_counter()
        widget.act("days", days=1, short=30_000, margin="stablecoin")
        taken.append(time.perf_counter() - start)
    return median(taken)


def rows() -> list[Row]:
    flights = [fly_course(lay_out(name, 1), by_rule()) for name in EPISODES]
    skills: list[Skill] = []
    landing = medians({"land": lambda: skills.extend(land(one).skill for one in flights)}, repeat=3)
    seconds = landing["land"] / len(flights)
    page, label = in_the_browser()
    kernel = in_the_kernel()
    return [
        Row(
            what="a day of a flight in JupyterLab, from the key to the frame with the next day",
            ours=f"flight: {duration(page)}, of which the kernel computes {duration(kernel)}",
            theirs=f"a line of text through the kernel: {duration(label)}",
            ratio=f"{page / label:.3g}x the time",
            same="",
            wanted="50 ms (depends on the machine: see the line of text); at most 1.6x the text",
            met=page <= max(0.05, 1.6 * label),
        ),
        Row(
            what=f"a landing: three ghosts, {PATHS} resampled paths and {PATHS} random policies",
            ours=f"in the interpreter: {duration(seconds)}",
            theirs="",
            ratio="",
            same=f"every percentile within 0 and 1 on {len(flights)} episodes",
            wanted="at most 2 s (depends on the machine)",
            met=seconds <= 2 and all(0 <= one.skill <= 1 for one in skills),
        ),
    ]
