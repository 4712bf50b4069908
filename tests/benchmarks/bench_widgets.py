"""A slider in JupyterLab in Chromium: from the key to the new picture, side by side on one page.

The floor is a line of text that the kernel changes; what one would write without the workbook is
``ipywidgets.interact`` that draws the same figure with matplotlib.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING, Any

import nbformat
import psutil

from hedgelib.course.studies.ends import rally, two_wallets
from hedgelib.report.pdf import find_chromium
from hedgelib.show import Scene
from hedgelib.show.explorer import Explorer, Slider
from hedgelib.show.moves import MoveStudy
from tests.benchmarks.measure import Row, cost, duration, faster
from tests.hedging_example import study_of_alice
from tests.labtools import (
    PATIENCE_SECONDS,
    OpenNotebook,
    serve_lab,
    start_browser,
)
from tests.widgettools import Widget

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROUNDS, BURSTS, PRESSES, PACE_SECONDS, MOVES = 30, 3, 30, 0.033, 500
RALLY = rally("summer of 2022")


def alice(move: float) -> MoveStudy:
    """Alice's hedge at a move of ETH, as lesson 09 has it."""
    return study_of_alice(move, 49_000, "new_money")


def wallets(margin_usd: float) -> Any:
    """Two wallets through a rally, as lesson 04 has them; here the axes change as well."""
    return two_wallets(RALLY, 10_000, margin_usd)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A picture of a lesson, and the slider that moves it."""

    name: str
    compute: Callable[[float], Any]
    slider: Slider


LESSONS = (
    Lesson(
        name="Alice's hedge",
        compute=alice,
        slider=Slider(name="x", label="Move (%)", start=-15, low=-60, high=120, step=1, scale=0.01),
    ),
    Lesson(
        name="the two wallets",
        compute=wallets,
        slider=Slider(name="x", label="Margin (USD)", start=5000, low=500, high=50000, step=500),
    ),
)


def explore(lesson: Lesson) -> Explorer:
    return Explorer(lambda x: lesson.compute(x), lesson.slider)


@dataclass(frozen=True)
class Sentence:
    """A result without a picture: what is left is the kernel's own messages."""

    x: float

    def scene(self) -> Scene:
        return Scene(title="", alt=f"{self.x:g}", panels=())


def sentence() -> Explorer:
    return Explorer(Sentence, Slider(name="x", label="x", start=0, low=-60, high=120, step=1))


def label() -> Any:
    """A slider and a line of text: nothing that goes through a kernel is quicker."""
    import ipywidgets

    def text(value: float) -> str:
        return f'<div elementtiming="label">{value:g}</div>'

    slider, words = ipywidgets.FloatSlider(readout=False), ipywidgets.HTML(text(0))
    slider.observe(lambda change: setattr(words, "value", text(change["new"])), "value")
    return ipywidgets.VBox([slider, words])


def interact(lesson: Lesson) -> None:
    """Show what a learner writes without an explorer: the picture as the workbook stores it."""
    import ipywidgets

    control = lesson.slider
    slider = ipywidgets.FloatSlider(
        control.start, min=control.low, max=control.high, step=control.step, readout=False
    )
    ipywidgets.interact(lambda x: lesson.compute(x * control.scale).scene(), x=slider)


# One cell for each way.
CELLS = (
    "import os\n"
    "from tests.benchmarks.bench_widgets import LESSONS, explore, interact, label, sentence\n"
    "os.getpid()",
    "label()",
    "sentence()",
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
  // A scene has no time of its own: a word that is new in the frame of a new scene has.
  let word;
  const mark = (changes) => {
    for (const image of cell.querySelectorAll('.jp-OutputArea-output img'))
      image.setAttribute('elementtiming', 'picture');
    if (!changes?.some((c) => [...c.addedNodes].some((n) => n.nodeName === 'svg'))) return;
    word?.remove();
    word = document.createElement('div');
    word.setAttribute('elementtiming', 'picture');
    word.textContent = `${w.keys.length}`;
    cell.querySelector('.picture').prepend(word);
  };
  mark();
  const images = new MutationObserver(mark);
  images.observe(cell, {childList: true, subtree: true});
  paints.observe({type: 'element', buffered: false});
  w.stop = () => {
    document.removeEventListener('keydown', key, true);
    images.disconnect();
    paints.disconnect();
    word?.remove();
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
    const image = cell.querySelector('.jp-OutputArea-output :is(img, .picture > svg)');
    const box = image?.getBoundingClientRect();
    const now = box?.width ? `${box.width} x ${box.height}` : 'nothing';
    w.frames += 1;
    size ??= now;
    if (now !== size) w.bad += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
MOVE_ON = """
async (cell, [moves, moved]) => {
  const slider = cell.querySelector('input[type=range]');
  const picture = cell.querySelector(moved);
  for (let i = 0; i < moves; i++) {
    const shown = new Promise((done) => {
      const seen = new MutationObserver(() => { seen.disconnect(); done(); });
      seen.observe(picture, {childList: true});
    });
    if (i % 100 < 50) slider.stepDown(); else slider.stepUp();
    slider.dispatchEvent(new Event('input'));
    await shown;
  }
}
"""


class Way:
    """One of the things on the page, with its slider."""

    moved = ".picture"

    def __init__(self, page: Page, cell: int, lesson: Lesson | None = None) -> None:
        self.page, self.lesson = page, lesson
        self.cell = page.locator(".jp-CodeCell").nth(cell)
        self.handle = self.cell.locator(":is(.noUi-handle, input[type=range])")
        self.image = self.cell.locator(".jp-OutputArea-output :is(img, .picture > svg)")
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
        """Whether the picture is, shape by shape, that of where the slider is."""
        assert self.lesson is not None
        control = self.lesson.slider
        scene = self.lesson.compute(control.meant(float(self.handle.input_value()))).scene()
        widget = Widget(self.page, control.label, self.cell)
        return widget.ink() == widget.ink_of(json.loads(scene.to_json()))

    def move_on(self, moves: int) -> None:
        self.cell.evaluate(MOVE_ON, [moves, self.moved])


class Bare(Way):
    """A sentence in place of the picture."""

    moved = ".sentence"


@contextmanager
def opened(*sources: str) -> Iterator[tuple[OpenNotebook, list[Any]]]:
    """Open a notebook of some cells in JupyterLab, run; give it and the cells' outputs."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("this benchmark needs Chromium: install it, or set HEDGELIB_CHROMIUM")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    with serve_lab() as server, start_browser(chromium) as browser:
        whole = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(whole, server.notebooks / "bench.ipynb")
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        notebook = OpenNotebook.open(page, server, "bench.ipynb")
        yield notebook, notebook.run_all()


def page_bytes(page: Page) -> float:
    """What the page holds on to."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    session.detach()
    return float(used["usedSize"])


def rows() -> list[Row]:
    with opened(*CELLS) as (notebook, outputs):
        kernel = int(outputs[0][0]["data"]["text/plain"])
        page, n = notebook.page, len(LESSONS)
        floor = Way(page, 1)
        bare = Bare(page, 2)
        ours = [Way(page, 3 + i, lesson) for i, lesson in enumerate(LESSONS)]
        theirs = [Way(page, 3 + n + i, lesson) for i, lesson in enumerate(LESSONS)]
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
            found.append(kernel_time(mine, bare, kernel))
        return [*found, memory(ours[0], kernel)]


def one_move(way: Way, floor: float, ours: float, theirs: float) -> list[Row]:
    assert way.lesson is not None
    what = f"{way.lesson.name}: from a key to the new picture on screen (Element Timing)"
    mine = ("explorer", ours)
    same = "every shape of the picture"
    assert way.agrees(), what
    return [
        cost(what, mine, ("a line of text through the kernel", floor), same=same, at_most=1.6),
        replace(
            faster(what, mine, ("`interact`, same picture", theirs), same=same),
            wanted=f"3.5x; depends on the machine: the line of text is {theirs / floor:.3g}x",
        ),
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
            same="the last picture is the slider's, shape by shape",
            wanted="at most 0.15 s",
            met=behind <= 0.15,
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


def kernel_time(way: Way, bare: Way, kernel: int) -> Row:
    """CPU time of the kernel for one move, its messages and threads counted in."""
    assert way.lesson is not None
    each, least = (cpu_seconds(one, kernel) for one in (way, bare))
    return Row(
        what=f"{way.lesson.name}: CPU time of the kernel for one move, of {MOVES}",
        ours=f"explorer: {duration(each)}",
        theirs=f"a sentence alone: {duration(least)}",
        ratio=f"{each / least:.3g}x the time",
        same="not applicable",
        wanted="4 ms; depends on the machine",
        met=True,
    )


def cpu_seconds(way: Way, kernel: int) -> float:
    way.move_on(MOVES // 5)
    before = psutil.Process(kernel).cpu_times()
    way.move_on(MOVES)
    after = psutil.Process(kernel).cpu_times()
    return float(after.user + after.system - before.user - before.system) / MOVES


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
