"""Where each renderer puts what a scene holds, in pixels of the scene."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

import hedgelib.show
from hedgelib.show.palette import css
from hedgelib.show.plot import DPI, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

    from hedgelib.show import Scene

FOLDER = Path(hedgelib.show.__file__).parent

# For every mark, in order: the corners of its geometry; for every text: what it says and the middle
# of its ink.
READ = """
() => [...document.querySelectorAll('.hedge-scene > svg')].map(svg => {
  const numbers = (text) => (text.match(/-?[\\d.]+(?:e-?\\d+)?/g) ?? []).map(Number);
  const corners = (shape) => {
    const get = (name) => Number(shape.getAttribute(name));
    if (shape.tagName === 'path' && !shape.getAttribute('d').includes('l')) {
      const all = numbers(shape.getAttribute('d'));
      return all.map((v, i) => i % 2 ? null : [v, all[i + 1]]).filter(Boolean);
    }
    if (shape.tagName === 'line') return [[get('x1'), get('y1')], [get('x2'), get('y2')]];
    const box = shape.getBBox();
    if (shape.tagName === 'rect')
      return [[box.x, box.y], [box.x + box.width, box.y + box.height]];
    return [[box.x + box.width / 2, box.y + box.height / 2]];
  };
  const words = (text) => {
    const box = text.getBBox();
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    const said = [...text.children].map(line => line.textContent).join('\\n');
    return [said, middle, text.dataset.tick ?? text.dataset.label ?? 'mark'];
  };
  return {
    marks: [...svg.querySelectorAll('g[data-mark]')].map(g => [g.dataset.mark,
      [...g.querySelectorAll('path, line, rect, circle')].map(corners)]),
    texts: [...svg.querySelectorAll('text')].map(words).filter(([said]) => said),
    named: svg.getAttribute('aria-label'),
  };
})
"""


def page_of(scenes: Sequence[Scene], theme: str = "light", width: int = 0) -> str:
    """Return a page that draws scenes with ``scene.js``."""
    style = css() + (FOLDER / "scene.css").read_text(encoding="utf-8")
    script = (FOLDER / "scene.js").read_text(encoding="utf-8")
    data = ",".join(scene.to_json() for scene in scenes).replace("</", "<\\/")
    box = f"width:{width}px" if width else ""
    paper = "#fff" if theme == "light" else "#111"
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        f"<title>Scenes</title><style>{style}</style></head>"
        f'<body style="background:{paper};margin:0"><main style="{box}"></main><script>\n{script}\n'
        f"for (const scene of [{data}]) {{ const place = document.createElement('div');"
        "place.className = 'hedge-scene'; document.querySelector('main').append(place);"
        "draw(scene, place, null); }</script></body></html>"
    )


def in_browser(page: Page, scenes: Sequence[Scene]) -> list[dict[str, Any]]:
    """Read what ``scene.js`` drew."""
    page.set_content(page_of(scenes))
    read: list[dict[str, Any]] = json.loads(page.evaluate(f"JSON.stringify(({READ})())"))
    return read


def on_paper(scene: Scene) -> dict[str, Any]:
    """Read what matplotlib drew."""
    drawn = figure(scene)
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    height = scene.size[1]
    scale = DPI / drawn.dpi

    def place(points: Any) -> list[list[float]]:
        points = np.asarray(points, dtype=float) * scale
        return [[x, height - y] for x, y in points[np.isfinite(points).all(axis=1)]]

    def corners(artist: Any) -> list[list[list[float]]]:
        if isinstance(artist, Line2D):
            where = place(artist.get_transform().transform(artist.get_xydata()))
            return [where] if artist.get_linestyle() != "None" else [[point] for point in where]
        if isinstance(artist, PolyCollection):
            return [
                place(artist.get_transform().transform(path.vertices))
                for path in artist.get_paths()
            ]
        box = artist.get_window_extent()
        return [place([[box.x0, box.y1], [box.x1, box.y0]])]

    marks = []
    texts = []
    renderer = canvas.get_renderer()

    def words(text: Text, kind: str) -> None:
        if text.get_text():
            box = text.get_window_extent(renderer)
            middle = place([[(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]])[0]
            texts.append([text.get_text(), middle, kind])

    for text in drawn.texts:
        words(text, text.get_gid().removesuffix("-label"))
    for axes in drawn.axes:
        artists = [a for a in axes.get_children() if (a.get_gid() or "").startswith("mark-")]
        order: dict[float, list[Any]] = {}
        for artist in artists:
            order.setdefault(float(artist.get_zorder() // 1), []).append(artist)
        for _, group in sorted(order.items()):
            kind = group[0].get_gid().removeprefix("mark-")
            shapes = [a for a in group if isinstance(a, Line2D | PolyCollection | Patch)]
            marks.append([kind, [corner for a in shapes for corner in corners(a)]])
            for a in group:
                if isinstance(a, Text):
                    words(a, "mark")
    return {"marks": marks, "texts": texts}


def assert_agree(scene: Scene, shown: dict[str, Any]) -> None:
    """Everything is in one place in both, to 1% of the axes or, where small, to three pixels."""
    drawn = on_paper(scene)
    panel = scene.panels[0]
    near = max(3.0, 0.01 * min(panel.box[2] - panel.box[0], panel.box[3] - panel.box[1]))
    assert shown["named"] == scene.alt
    assert [kind for kind, _ in shown["marks"] if kind != "text"] == [
        kind for kind, _ in drawn["marks"] if kind != "text"
    ]
    pairs = zip(shown["marks"], drawn["marks"], strict=True)
    for (kind, ours), (_, theirs) in pairs:
        one, other = (np.array([p for s in shapes for p in s]) for shapes in (ours, theirs))
        if kind in ("area", "guess", "rule") and len(one):
            one, other = (np.array([p.min(axis=0), p.max(axis=0)]) for p in (one, other))
        assert one.shape == other.shape, f"{kind} in {scene.title!r}"
        assert np.allclose(one, other, atol=near), f"{kind} in {scene.title!r}"
    said, written = (sorted(read["texts"], key=lambda t: (t[2], t[0], t[1])) for read in
                     (shown, drawn))  # fmt: skip
    assert [t[0] for t in said] == [t[0] for t in written]
    for (text, one, _), (_, other, _) in zip(said, written, strict=True):
        assert np.allclose(one, other, atol=near), f"{text!r} in {scene.title!r}: {one}, {other}"
