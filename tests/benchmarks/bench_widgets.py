"""A slider in JupyterLab in Chromium: from the key to the new picture, side by side on one page.

The floor is a line of text that the kernel changes; what one would write without the workbook is
``ipywidgets.interact`` that draws the same figure with matplotlib.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import psutil
from PIL import Image

from hedgelib import market, plan_hedge
from hedgelib.figures import PNL_AT_MOVE, MoveStudy, Picture, study_move
from hedgelib.workbook.lesson04 import TWO_WALLETS, rally, two_wallets
from hedgelib.workbook.widgets import Explorer, Slider
from tests.benchmarks.measure import Row, cost, duration, faster
from tests.labtools import (
    PATIENCE_SECONDS,
    OpenNotebook,
    find_chromium,
    serve_lab,
    start_browser,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROUNDS, BURSTS, PRESSES, PACE_SECONDS, MOVES = 30, 3, 30, 0.033, 500
RALLY = rally("summer of 2022")


def alice(move: float) -> MoveStudy:
    """Alice's hedge at a move of ETH, as lesson 07 has it."""
    terms = market.contract("binance:ETHUSD_PERP")
    plan = plan_hedge(
        50_000, 1.0, terms, 3_500, collateral_usd=49_000, notional_usd=49_000, max_leverage=100,
        fee_rate=0,
    )  # fmt: skip
    return study_move(plan, move)


def wallets(margin_usd: float) -> Any:
    """Two wallets through a rally, as lesson 04 has them; here the axes change as well."""
    return two_wallets(RALLY, 10_000, margin_usd)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A picture of a lesson, and the slider that moves it."""

    name: str
    picture: Picture[Any]
    compute: Callable[[float], Any]
    slider: Slider


LESSONS = (
    Lesson(
        name="Alice's hedge",
        picture=PNL_AT_MOVE,
        compute=alice,
        slider=Slider(name="x", label="Move (%)", start=-15, low=-60, high=120, step=1, scale=0.01),
    ),
    Lesson(
        name="the two wallets",
        picture=TWO_WALLETS,
        compute=wallets,
        slider=Slider(name="x", label="Margin (USD)", start=5000, low=500, high=50000, step=500),
    ),
)


def explore(lesson: Lesson) -> Explorer:
    return Explorer(lesson.picture, lambda x: lesson.compute(x), lesson.slider)


def label() -> Any:
    """A slider and a line of text: nothing that goes through a kernel is quicker."""
    import ipywidgets

    def text(value: float) -> str:
        return f'<div elementtiming="label">{value:g}</div>'

    slider, words = ipywidgets.FloatSlider(readout=False), ipywidgets.HTML(text(0))
    slider.observe(lambda change: setattr(words, "value", text(change["new"])), "value")
    return ipywidgets.VBox([slider, words])


def interact(lesson: Lesson) -> None:
    import ipywidgets
    import matplotlib.pyplot as plt

    def draw(x: float) -> None:
        _, ax = plt.subplots(figsize=lesson.picture.size)
        lesson.picture.draw(ax, lesson.compute(x * control.scale))
        plt.show()

    control = lesson.slider
    slider = ipywidgets.FloatSlider(
        control.start, min=control.low, max=control.high, step=control.step, readout=False
    )
    ipywidgets.interact(draw, x=slider)


# One cell for each way.
CELLS = (
    "import os\nfrom tests.benchmarks.bench_widgets import LESSONS, explore, interact, label\n"
    "os.getpid()",
    "label()",
    *(f"explore(LESSONS[{i}])" for i in range(len(LESSONS))),
    *(f"interact(LESSONS[{i}])" for i in range(len(LESSONS))),
)

# Notes when keys went down and when what follows from them was on screen, by the browser's own
# account: Element Timing gives the time at which the frame that shows a new text or picture was
# handed to the screen, in steps of 4 ms.
WATCH = """
(cell) => {
  const w = window.watch = {keys: [], shown: []};
  const key = () => w.keys.push(performance.now());
  document.addEventListener('keydown', key, true);
  const paints = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.renderTime > w.keys[0]) w.shown.push(entry.renderTime);
  });
  const mark = () => {
    for (const image of cell.querySelectorAll('.jp-OutputArea-output img'))
      image.setAttribute('elementtiming', 'picture');
  };
  mark();
  const images = new MutationObserver(mark);
  images.observe(cell, {childList: true, subtree: true});
  paints.observe({type: 'element', buffered: false});
  w.stop = () => {
    document.removeEventListener('keydown', key, true);
    images.disconnect();
    paints.disconnect();
  };
}
"""
# Looks at the picture in every frame.
LOOK = """
(cell) => {
  const w = Object.assign(window.watch, {frames: 0, bad: 0, on: true});
  let size = null;
  const look = () => {
    if (!w.on) return;
    const image = cell.querySelector('.jp-OutputArea-output img');
    const box = image?.getBoundingClientRect();
    const now = image?.naturalWidth ? `${box.width} x ${box.height}` : 'nothing';
    w.frames += 1;
    size ??= now;
    if (now !== size) w.bad += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
MOVE_ON = """
async (cell, moves) => {
  const handle = cell.querySelector('.noUi-handle'), image = cell.querySelector('img');
  for (let i = 0; i < moves; i++) {
    const shown = new Promise((done) => image.addEventListener('load', done, {once: true}));
    const key = i % 100 < 50 ? 'ArrowLeft' : 'ArrowRight';
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    await shown;
  }
}
"""


class Way:
    """One of the things on the page, with its slider."""

    def __init__(self, page: Page, cell: int, lesson: Lesson | None = None) -> None:
        self.page, self.lesson = page, lesson
        self.cell = page.locator(".jp-CodeCell").nth(cell)
        self.handle = self.cell.locator(".noUi-handle")
        self.image = self.cell.locator(".jp-OutputArea-output img")
        self._steps = cycle(["ArrowRight"] * 3 + ["ArrowLeft"] * 2)
        (self.image if lesson else self.handle).wait_for()

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.handle.focus()
        self.page.wait_for_timeout(300)  # until the page has scrolled there
        self.cell.evaluate(WATCH)
        yield
        self.page.evaluate("watch.stop()")

    def settle(self, quiet_seconds: float) -> dict[str, Any]:
        """Wait until nothing more comes; return what was noted."""
        self.page.wait_for_function(
            """(quiet) => watch.shown.length
                && performance.now() - Math.max(...watch.shown, ...watch.keys) > quiet""",
            arg=1000 * quiet_seconds,
        )
        noted: dict[str, Any] = json.loads(self.page.evaluate("JSON.stringify(watch)"))
        return noted

    def step(self) -> float:
        """Seconds from one key to what follows from it."""
        with self.watched():
            self.page.keyboard.press(next(self._steps))
            noted = self.settle(0.4)
        return float(noted["shown"][0] - noted["keys"][0]) / 1000

    def burst(self) -> dict[str, Any]:
        """Press keys faster than pictures come."""
        with self.watched():
            self.cell.evaluate(LOOK)
            start = time.perf_counter()
            for i in range(PRESSES):
                time.sleep(max(0.0, start + i * PACE_SECONDS - time.perf_counter()))
                self.page.keyboard.press("ArrowRight")
            noted = self.settle(2.0)
            self.page.evaluate("watch.on = false")
        noted["behind"] = (noted["shown"][-1] - noted["keys"][-1]) / 1000
        return noted

    def agrees(self) -> bool:
        """Whether the picture is, pixel for pixel, that of where the slider stands."""
        assert self.lesson is not None
        stands = round(float(self.handle.get_attribute("aria-valuetext") or "nan"), 9)
        result = self.lesson.compute(stands * self.lesson.slider.scale)
        encoded = (self.image.get_attribute("src") or "").partition("base64,")[2]
        pictures = (base64.b64decode(encoded), self.lesson.picture.png(result, dpi=100))
        shown, drawn = (np.asarray(Image.open(BytesIO(png)).convert("RGB")) for png in pictures)
        return np.array_equal(shown, drawn)

    def move_on(self, moves: int) -> None:
        self.cell.evaluate(MOVE_ON, moves)


@contextmanager
def opened() -> Iterator[tuple[OpenNotebook, int]]:
    """Open a notebook of all the ways, its cells run; give it and the kernel's process id."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("this benchmark needs Chromium: install it, or set HEDGELIB_CHROMIUM")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    with serve_lab() as server, start_browser(chromium) as browser:
        whole = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(whole, server.notebooks / "bench.ipynb")
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        notebook = OpenNotebook.open(page, server, "bench.ipynb")
        first, *_ = notebook.run_all()
        yield notebook, int(first[0]["data"]["text/plain"])


def page_bytes(page: Page) -> float:
    """What the page holds on to."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    session.detach()
    return float(used["usedSize"])


def rows() -> list[Row]:
    with opened() as (notebook, kernel):
        page, n = notebook.page, len(LESSONS)
        floor = Way(page, 1)
        ours = [Way(page, 2 + i, lesson) for i, lesson in enumerate(LESSONS)]
        theirs = [Way(page, 2 + n + i, lesson) for i, lesson in enumerate(LESSONS)]
        ways = [floor, *ours, *theirs]
        for way in ways:
            way.step()
        taken: dict[Way, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                taken[way].append(way.step())
        found = []
        for mine, other in zip(ours, theirs, strict=True):
            seconds = [median(taken[way]) for way in (floor, mine, other)]
            found += [*one_move(mine, *seconds), *many_moves(mine, other)]
        return [*found, memory(ours[0], kernel)]


def one_move(way: Way, floor: float, ours: float, theirs: float) -> list[Row]:
    assert way.lesson is not None
    what = f"{way.lesson.name}: from a key to the new picture on screen (Element Timing)"
    mine = ("explorer", ours)
    same = "pixels of the picture and its number"
    assert way.agrees(), what
    return [
        cost(what, mine, ("a line of text through the kernel", floor), same=same, at_most=2),
        faster(what, mine, ("`interact`, same figure", theirs), same=same, at_least=2.5),
    ]


def many_moves(way: Way, other: Way) -> list[Row]:
    assert way.lesson is not None
    ours, theirs = [], []
    for _ in range(BURSTS):
        ours.append(way.burst())
        assert way.agrees(), "the last picture is not that of where the slider stands"
        theirs.append(other.burst())
    behind, after = (median(burst["behind"] for burst in bursts) for bursts in (ours, theirs))
    drawn, others = (median(len(burst["shown"]) for burst in bursts) for bursts in (ours, theirs))
    frames, bad = (sum(burst[name] for burst in ours) for name in ("frames", "bad"))
    name = way.lesson.name
    return [
        Row(
            what=f"{name}: behind after {PRESSES} keys, {PACE_SECONDS * 1000:.0f} ms apart",
            ours=f"explorer: {duration(behind)}, {drawn} pictures",
            theirs=f"`interact`: {duration(after)}, {others} pictures",
            ratio=f"{behind / after:.2g}x the time",
            same="the last picture is the slider's, pixel for pixel",
            wanted="at most 0.3 s",
            met=behind <= 0.3,
        ),
        Row(
            what=f"{name}: frames meanwhile that had no picture, or one of another size",
            ours=f"explorer: {bad}",
            theirs="frames looked at: " + str(frames),
            ratio=f"{bad / frames:.2g}",
            same="not applicable",
            wanted="none",
            met=bad == 0,
        ),
    ]


def memory(way: Way, kernel: int) -> Row:
    way.move_on(MOVES // 5)
    before = kernel_bytes(kernel), page_bytes(way.page)
    way.move_on(MOVES)
    after = kernel_bytes(kernel), page_bytes(way.page)
    grown = [late / early - 1 for early, late in zip(before, after, strict=True)]
    names = ("kernel", "page")
    return Row(
        what=f"memory after {MOVES} more moves",
        ours=", ".join(
            f"{name}: {size / 1e6:.1f} MB" for name, size in zip(names, after, strict=True)
        ),
        theirs=", ".join(
            f"{name} before: {size / 1e6:.1f} MB" for name, size in zip(names, before, strict=True)
        ),
        ratio=", ".join(f"{name} {share:+.1%}" for name, share in zip(names, grown, strict=True)),
        same="not applicable",
        wanted="no growth: at most 3%",
        met=max(grown) <= 0.03,
    )


def kernel_bytes(process: int) -> float:
    return float(psutil.Process(process).memory_info().rss)
