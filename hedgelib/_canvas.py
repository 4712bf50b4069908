"""How a picture gets onto the screen: a figure that is kept, text drawn quickly, and a PNG."""

from __future__ import annotations

import io
import math
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import matplotlib
import numpy as np
from isal import isal_zlib
from matplotlib.axes import Axes
from matplotlib.backends import backend_agg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from hedgelib.figures import Picture

agg: Any = backend_agg  # which has no types
__all__ = ["GREY", "SCREEN_DPI", "Canvas"]

GREY = "#6B6B6B"
SCREEN_DPI = 100
"""Pixels on the page per inch of figure size."""

_STYLE: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    # Where it belongs anyway; looking for the place would take a tenth of the time of a redraw.
    "axes.titley": 1.0,
    "axes.labelsize": 10.5,
    "axes.labelcolor": "#333333",
    "axes.edgecolor": "#888888",
    "axes.facecolor": "#FFFFFF",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "grid.linestyle": "-",
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "butt",
    "figure.facecolor": "#FFFFFF",
    "text.color": "#111111",
    "text.hinting": "default",
    "text.usetex": False,
    "text.parse_math": False,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
    "savefig.facecolor": "#FFFFFF",
}
_ALONE = threading.RLock()
_IN_STYLE = False
_Layer = tuple[list[Any], Any]
"""What was drawn, and its pixels."""
_Ink = tuple[Any, int, int]
"""How dark each pixel is, and where the bottom left corner stands, counted right and down."""


@contextmanager
def _styled() -> Iterator[None]:
    """Draw in our style, one thread at a time: matplotlib has one set of settings for all."""
    global _IN_STYLE
    with _ALONE:
        if _IN_STYLE:
            yield
            return
        settings: Any = matplotlib.rcParams
        # As rc_context does, which would copy all settings each time.
        before = {name: settings[name] for name in _STYLE}
        settings.update(_STYLE)
        _IN_STYLE = True
        try:
            yield
        finally:
            _IN_STYLE = False
            settings.update(before)


class _Remembering(agg.RendererAgg):  # type: ignore[misc]
    """Agg that lays a text out once and draws it once, which is most of its work.

    Words stand on whole pixels, so that they look the same wherever they are.
    """

    _letters: ClassVar[dict[Any, Any]] = {}
    _words: ClassVar[dict[Any, list[_Ink]]] = {}

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        if ismath or not gc.get_antialiased():
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        features = mtext.get_fontfeatures() if mtext is not None else None
        language = mtext.get_language() if mtext is not None else None
        key = s, prop, self.dpi, angle, features, language
        words = self._words.get(key)
        if words is None:
            letters = self._prepare_font(prop)._layout(
                s, flags=agg.get_hinting_flag(), features=features, language=language
            )
            size = prop.get_size_in_points()
            words = _together([self._letter(letter, size, angle) for letter in letters])
            _keep(self._words, (s, prop.copy(), *key[2:]), words, most=1024)
        for pixels, left, bottom in words:
            self._renderer.draw_text_image(pixels, round(x) + left, round(y) + bottom, 0, gc)

    def _letter(self, item: Any, size: float, angle: float) -> _Ink:
        font, index, dx, dy = item.ft_object, item.glyph_index, item.x, item.y
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        # In 64ths of a pixel, upwards, as FreeType counts.
        across, up = round(64 * (dx * cos - dy * sin)), round(64 * (dx * sin + dy * cos))
        key = font, size, self.dpi, index, across % 64, up % 64, angle
        letter = self._letters.get(key)
        if letter is None:
            font.set_size(size, self.dpi)
            matrix = np.array([[cos, -sin], [sin, cos]]) * 0x10000
            font._set_transform(matrix.round().astype(int), [across % 64, up % 64])
            drawn = font._render_glyph(index, agg.get_hinting_flag(), agg.RenderMode.NORMAL)
            # A copy: what was drawn is the font's, until it draws the next letter.
            pixels = np.array(drawn.buffer)
            letter = pixels, drawn.left, pixels.shape[0] - drawn.top
            _keep(self._letters, key, letter)
        pixels, left, below = letter
        return pixels, left + across // 64, below - up // 64


def _together(letters: list[_Ink]) -> list[_Ink]:
    """Put letters on as few sheets as draw the same one after the other.

    Where letters touch, the ink of the later one goes over that of the earlier.
    """
    letters = [letter for letter in letters if letter[0].size]
    if not letters:
        return []
    # Agg takes the bottom left corner.
    x0 = min(left for _, left, _ in letters)
    x1 = max(left + pixels.shape[1] for pixels, left, _ in letters)
    y0 = min(bottom - pixels.shape[0] for pixels, _, bottom in letters)
    y1 = max(bottom for _, _, bottom in letters)
    sheets: list[Any] = []
    for pixels, left, bottom in letters:
        rest, i = pixels, 0
        place = (
            slice(bottom - pixels.shape[0] - y0, bottom - y0),
            slice(left - x0, left - x0 + pixels.shape[1]),
        )
        while rest.any():
            if i == len(sheets):
                sheets.append(np.zeros((y1 - y0, x1 - x0), np.uint8))
            there = sheets[i][place]
            fits = np.where(there == 0, rest, 0)
            there += fits
            rest, i = rest - fits, i + 1
    return [(sheet, x0, y1) for sheet in sheets]


def _forget() -> None:
    """Let go of fonts that a fork shares with its parent: they read from one open file."""
    _Remembering._letters.clear()
    _Remembering._words.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _keep(store: dict[Any, Any], key: Any, value: Any, *, most: int = 8192) -> None:
    if len(store) >= most:
        store.clear()
    store[key] = value


@cache
def _renderer() -> Any:
    """Return the renderer that remembers, if this matplotlib draws text as it does."""
    drawn: list[Any] = []
    for kind in (agg.RendererAgg, _Remembering):
        renderer = kind(120, 60, SCREEN_DPI)
        gc = renderer.new_gc()
        try:
            for angle, weight in ((0, "bold"), (0, "bold"), (90, "normal")):
                prop = FontProperties(family="DejaVu Sans", size=10.5, weight=weight)
                renderer.draw_text(gc, 20, 51, "AV −$1,2g", prop, angle)
        except Exception:
            return agg.RendererAgg
        drawn.append(np.array(renderer.buffer_rgba()))
    return _Remembering if np.array_equal(drawn[0], drawn[1]) else agg.RendererAgg


class _Agg(agg.FigureCanvasAgg):  # type: ignore[misc]
    _lastKey: Any

    def get_renderer(self) -> Any:
        size = *self.get_width_height(physical=True), self.figure.dpi
        if self._lastKey != size:
            self.renderer = _renderer()(*size)
            self._lastKey = size
        return self.renderer


def _quick_png(image: Image.Image, rows: NDArray[np.uint8]) -> bytes:
    """Encode without the filters that take most of the time, and here save no space.

    Once in some thousand times ISA-L packs the same pixels into other bytes. `rows` is where it
    works, zeros at first.
    """
    width, height = image.size
    rows[:, 1:] = np.frombuffer(image.tobytes("raw", "RGB"), np.uint8).reshape(height, -1)
    parts = (
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", isal_zlib.compress(rows.data, 1)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


class _Axes(Axes):
    """Axes that take back an inset they had before, instead of making it anew."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._insets: list[tuple[Any, Axes]] = []
        super().__init__(*args, **kwargs)

    def inset_axes(self, bounds: Any, **kwargs: Any) -> Any:
        wanted = tuple(bounds), kwargs
        for made_for, inset in self._insets:
            if made_for == wanted and inset not in self.child_axes:
                return self.add_child_axes(inset)
        inset = super().inset_axes(bounds, **kwargs)
        self._insets.append((wanted, inset))
        return inset


def _wipe(ax: Any) -> None:
    """Take everything off axes but their ticks, which take long to make."""
    for inset in ax.child_axes:
        _wipe(inset)
    ax.child_axes.clear()
    groups = (ax.lines, ax.patches, ax.collections, ax.texts, ax.images)
    for artist in [artist for group in groups for artist in group]:
        artist.remove()
    for title in (ax.title, ax._left_title, ax._right_title):
        title.set_text("")
    ax.set_prop_cycle(None)
    ax.set_axis_on()
    ax.dataLim.set_points(Bbox.null().get_points())
    ax.autoscale(enable=True)


def _looks(ax: Any, axis: Any) -> tuple[Any, ...]:
    """Everything that can change in the looks of an axis."""
    places = list(axis.get_majorticklocs())
    names = axis.get_major_formatter().format_ticks(places)
    limits = tuple(axis.get_view_interval())
    return ax.axison, tuple(ax.bbox.bounds), limits, axis.get_label_text(), places, names


class Canvas:
    """A figure that is kept and drawn on again and again.

    Parameters
    ----------
    picture : Picture
    dpi : int
        Pixels per inch.
    """

    def __init__(self, picture: Picture[Any], *, dpi: int = SCREEN_DPI) -> None:
        self.picture = picture
        with _styled():
            self.figure = Figure(figsize=picture.size, dpi=dpi)
            self._agg: Any = _Agg(self.figure)
            left, right, bottom, top = picture.margins
            self.axes = _Axes(self.figure, (left, bottom, right - left, top - bottom))
            self.figure.add_axes(self.axes)
            width, height = self._agg.get_width_height(physical=True)
        # New memory for each picture would cost more than packing it.
        self._rows = np.zeros((height, 1 + 3 * width), np.uint8)
        self._across: _Layer = ([], None)
        self._frame: _Layer = ([], None)

    def draw(self, result: Any) -> None:
        """Put a result on the axes in place of what they show.

        Parameters
        ----------
        result : object
            What the picture is made for.
        """
        with _styled():
            self._wipe()
            self.picture.draw(self.axes, result)

    def show(self, result: Any) -> bytes:
        """Put a result on the axes, and return what is drawn as PNG.

        Parameters
        ----------
        result : object

        Returns
        -------
        bytes
        """
        with _styled():
            self.draw(result)
            return self.png()

    def _wipe(self) -> None:
        _wipe(self.axes)
        for text in self.figure.texts:
            text.set_text("")

    def refuse(self, reason: str) -> None:
        """Say in place of the picture that there is none.

        Parameters
        ----------
        reason : str
        """
        with _styled():
            self._wipe()
            self.axes.set_axis_off()
            self.axes.text(
                0.5,
                0.5,
                reason,
                ha="center",
                va="center",
                color=GREY,
                fontsize=14,
                transform=self.axes.transAxes,
            )

    def png(self, *, compress_level: int = 1) -> bytes:
        """Return what is drawn as PNG.

        Parameters
        ----------
        compress_level : int
            1 is quick, and need not give the same picture the same bytes; 9 is small.

        Returns
        -------
        bytes
        """
        with _styled():
            self._paint()
            size = self._agg.get_width_height(physical=True)
            image = Image.frombuffer("RGBA", size, self._agg.buffer_rgba())
            if compress_level == 1:
                return _quick_png(image, self._rows)
            image = image.convert("RGB")
        buffer = io.BytesIO()
        image.save(buffer, "png", compress_level=compress_level)
        return buffer.getvalue()

    def _paint(self) -> None:
        """Paint what stands in the frame, and of the frame what has changed.

        Ticks and their labels take most of the time of a redraw, and they seldom change.
        """
        renderer = self._agg.get_renderer()
        panels: list[Any] = [self.axes, *self.axes.child_axes]
        for panel in panels:
            place = panel.get_axes_locator()
            panel.apply_aspect(place(panel, renderer) if place else None)
        self._paint_frame(renderer, panels)
        for panel in panels:
            done = {panel.patch, panel.xaxis, panel.yaxis, *panels}
            if panel is self.axes or not panel.axison:
                done.update(panel.spines.values())
            content = [artist for artist in panel.get_children() if artist not in done]
            for artist in sorted(content, key=lambda artist: artist.get_zorder()):
                artist.draw(renderer)
        for text in self.figure.texts:
            text.draw(renderer)

    def _paint_frame(self, renderer: Any, panels: list[Any]) -> None:
        across = [_looks(panel, panel.xaxis) for panel in panels]
        up = [across, *(_looks(panel, panel.yaxis) for panel in panels)]
        with_axes = [panel for panel in panels if panel.axison]
        if up == self._frame[0]:
            renderer.restore_region(self._frame[1])
            return
        if across == self._across[0]:
            renderer.restore_region(self._across[1])
        else:
            renderer.clear()
            self.figure.patch.draw(renderer)
            for panel in with_axes:
                panel.patch.draw(renderer)
                panel.xaxis.draw(renderer)
            self._across = across, renderer.copy_from_bbox(self.figure.bbox)
        for panel in with_axes:
            panel.yaxis.draw(renderer)
        if self.axes.axison:
            for spine in self.axes.spines.values():
                spine.draw(renderer)
        self._frame = up, renderer.copy_from_bbox(self.figure.bbox)
