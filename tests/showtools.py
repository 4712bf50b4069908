"""What every picture must hold, read off matplotlib's own drawing of it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from hedgelib.show.plot import figure

if TYPE_CHECKING:
    from hedgelib.show import Scene


def assert_legible(scene: Scene) -> None:
    """Every text is inside the picture, and none overlaps another."""
    drawn = figure(scene)
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [t for t in drawn.findobj(Text) if t.get_text() and t.get_visible()]
    boxes = {t: t.get_window_extent(renderer) for t in texts}
    whole = drawn.bbox
    for text, box in boxes.items():
        assert not text.get_parse_math(), "dollar signs would start a formula"
        inside = whole.x0 <= box.x0 < box.x1 <= whole.x1 and whole.y0 <= box.y0 < box.y1 <= whole.y1
        assert inside, f"{text.get_text()!r} is clipped in {scene.title!r}"
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        pair = f"{one.get_text()!r} overlaps {other.get_text()!r} in {scene.title!r}"
        # Boxes of letters reach a pixel beyond their ink.
        apart = (
            first.x1 - 1 <= second.x0
            or second.x1 - 1 <= first.x0
            or first.y1 - 1 <= second.y0
            or second.y1 - 1 <= first.y0
        )
        assert apart, pair


def hear(explorer, serial=1, view="v", **values):
    """Let the explorer hear what a page shows."""
    start = {control.name: control.start for control in explorer.controls}
    content = {"view": view, "serial": serial, "values": start | values}
    explorer._handle_msg(
        {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
    )
    return explorer.answer
