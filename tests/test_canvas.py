"""What a kept canvas draws quickly is what a new one draws, and what matplotlib itself draws."""

import os
import subprocess
import sys
from io import BytesIO
from threading import Thread

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from PIL import Image

from hedgelib import _canvas
from hedgelib._canvas import Canvas
from hedgelib.figures import Picture


def draw(ax, height):
    """Two panels, text at any angle, and limits that follow the result."""
    ax.set_axis_off()
    left, right = ax.inset_axes((0, 0, 0.4, 1)), ax.inset_axes((0.6, 0, 0.4, 1))
    left.plot([0, 1], [0, height])
    right.plot([0, height], [0, 1], "o--")
    left.annotate("up, −$1,234", (0.5, height / 2), rotation=37)
    if height > 5:
        right.set_title("high")
        ax.text(0.5, 1.05, f"at {height}", transform=ax.transAxes, fontweight="bold")
        ax.figure.suptitle("above all")


PICTURE = Picture(name="two panels", draw=draw, alt=str)


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)))


def test_kept_canvas_draws_what_a_new_one_draws():
    kept = Canvas(PICTURE)
    for height in (1, 9, 9.5, 2, 9, 1):
        shown = pixels(kept.show(height))
        assert np.array_equal(shown, pixels(PICTURE.png(height, dpi=100))), height
        assert shown.shape == (420, 760, 3)
    kept.refuse("none")
    refused = pixels(kept.png())
    other = Canvas(PICTURE)
    other.refuse("none")
    assert np.array_equal(refused, pixels(other.png()))
    assert np.array_equal(pixels(kept.show(9)), pixels(PICTURE.png(9, dpi=100)))


def test_kept_canvas_makes_its_panels_once():
    kept = Canvas(PICTURE)
    kept.show(1)
    panels = list(kept.axes.child_axes)
    kept.show(2)
    assert kept.axes.child_axes == panels


def test_png_is_what_was_painted():
    canvas = Canvas(PICTURE)
    shown = pixels(canvas.show(9))
    assert np.array_equal(shown, np.asarray(canvas.figure.canvas.buffer_rgba())[:, :, :3])
    assert len(canvas.png(compress_level=9)) < len(canvas.png())


@pytest.mark.parametrize("size", [9, 12.5])
@pytest.mark.parametrize("angle", [0, 37, 90])
def test_text_is_drawn_as_matplotlib_draws_it_on_whole_pixels(angle, size):
    assert _canvas._renderer() is _canvas._Remembering, "this matplotlib draws text in another way"
    drawn = []
    for kind in (RendererAgg, _canvas._Remembering):
        renderer = kind(300, 300, 100)
        gc = renderer.new_gc()
        gc.set_foreground("#A84A00")
        prop = FontProperties(family="DejaVu Sans", size=size, weight="bold")
        for x, y in ((10.3, 250.7), (10.3, 250.7), (60.99, 180.01), (150.5, 299.5)):
            if kind is RendererAgg:
                x, y = round(x), round(y)
            renderer.draw_text(gc, x, y, "AV fi −$1,234 é", prop, angle)
        drawn.append(np.array(renderer.buffer_rgba()))
    assert np.array_equal(*drawn)


def test_without_what_it_relies_on_matplotlib_draws_text_itself(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_canvas, "_renderer", lambda: RendererAgg)
        expected = PICTURE.png(9)
    monkeypatch.delattr(_canvas._Remembering, "_letter")
    _canvas._forget()
    _canvas._renderer.cache_clear()
    try:
        assert _canvas._renderer() is RendererAgg
        assert PICTURE.png(9) == expected
    finally:
        _canvas._renderer.cache_clear()


def test_what_is_remembered_has_a_limit():
    store = {}
    for i in range(20_000):
        _canvas._keep(store, i, i)
    assert len(store) < 10_000
    assert store[19_999] == 19_999


def test_threads_do_not_draw_in_each_others_style():
    """A kernel may draw for two messages at once, and matplotlib's settings are everybody's."""
    expected, before = PICTURE.png(9), dict(matplotlib.rcParams)
    found = []
    threads = [
        Thread(target=lambda: found.append([PICTURE.png(9) == expected for _ in range(5)]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[True] * 5] * 3
    assert dict(matplotlib.rcParams) == before


FORK = """
import os
from hedgelib._canvas import Canvas
from hedgelib.figures import Picture

def draw(ax, angle):
    ax.text(0.5, 0.5, "abc", rotation=angle)

canvas = Canvas(Picture(name="fork", draw=draw, alt=str))
canvas.show(0)
child = os.fork()
if not child:
    os.closerange(3, 1000)
    canvas.show(30)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_reads_its_fonts_anew():
    """Reports are drawn in forks, which close what their parent had open."""
    subprocess.run([sys.executable, "-W", "error", "-c", FORK], check=True)
