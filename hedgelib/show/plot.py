"""A scene in matplotlib, as PNG, as SVG, and as HTML with alt text."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D

from hedgelib._text import safe
from hedgelib.show.lettering import BASELINE, LABEL, LINE_HEIGHT, TICK, TITLE, drawable
from hedgelib.show.palette import DARK, LIGHT
from hedgelib.show.scene import (
    Area,
    Axis,
    Band,
    Bars,
    Direction,
    Guess,
    Line,
    Mark,
    Panel,
    Points,
    Rule,
    Scene,
    Text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

__all__ = ["figure", "picture_html", "png", "svg"]

DPI = 100
"""Of the figure: its inches are chosen so that a pixel of the scene is a pixel."""
_PT = 72 / DPI
_DASHES: dict[str, Any] = {"": "-", "dashed": (0, (5, 2.5)), "dotted": (0, (1, 2))}
_FONT: dict[str, Any] = {"fontfamily": "DejaVu Sans", "parse_math": False}


def figure(scene: Scene, *, dark: bool = False) -> Figure:
    """Draw a scene."""
    theme = DARK if dark else LIGHT
    width, height = scene.size
    drawn = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=theme["paper"])

    pixels = Affine2D().scale(1 / width, -1 / height).translate(0, 1) + drawn.transFigure
    label: dict[str, Any] = {"size": LABEL, "color": theme["text"]}
    title = label | {"size": TITLE, "vertical": "top", "fontweight": "bold", "gid": "title"}
    _write(drawn, scene.title, scene.title_at, pixels, **title)
    for panel in scene.panels:
        left, top, right, bottom = panel.box
        place = (left / width, 1 - bottom / height, (right - left) / width, (bottom - top) / height)
        _draw_panel(drawn.add_axes(place), panel, theme, pixels)
        _write_ticks(drawn, panel, pixels, color=theme["text"])
        bold = label | {"vertical": "bottom", "fontweight": "bold", "gid": "panel"}
        _write(drawn, panel.title, (left, top - 10), pixels, **bold)
        middle = label | {"align": "middle"}
        _write(drawn, panel.x.label, panel.x_label_at, pixels, **middle, gid="x-label")
        _write(drawn, panel.y.label, panel.y_label_at, pixels, **middle, turn=True, gid="y-label")
    return drawn


def png(scene: Scene, *, dpi: int = 150, dark: bool = False) -> bytes:
    """Draw a scene as PNG, at 100 dpi a pixel for a pixel; the same scene gives the same bytes."""
    file = BytesIO()
    figure(scene, dark=dark).savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


def svg(scene: Scene) -> str:
    """Draw a scene as SVG, its text as text."""
    file = BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "hedgelib"}):
        figure(scene).savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue().decode()


def picture_html(scene: Scene) -> str:
    """Return a scene as an HTML image with its alt text."""
    data = base64.b64encode(png(scene)).decode("ascii")
    # In the HTML, since no reader of notebooks shows an alt text from an output's metadata.
    return (
        f'<img src="data:image/png;base64,{data}" alt="{safe(scene.alt)}" '
        f'width="{scene.size[0]:.0f}" style="max-width:100%;height:auto">'
    )


def _write(
    parent: Any,
    text: str,
    at: tuple[float, float],
    pixels: Transform,
    *,
    size: float,
    align: str = "start",
    vertical: str = "middle",
    turn: bool = False,
    **look: Any,
) -> None:
    """Write words into a figure or axes, at a place in pixels: as ``write`` of ``scene.js``."""
    # Lines of the font's own height: a height of ours would be shared out by each line's ink.
    under = text.count("\n") * {"top": 1.0, "middle": 0.5, "bottom": 0.0}[vertical]
    down = size * (under * LINE_HEIGHT + BASELINE[vertical])
    if not text:
        return
    parent.text(
        at[0] + down * turn,
        at[1] + down * (not turn),
        drawable(text),
        transform=pixels,
        fontsize=size * _PT,
        ha={"start": "left", "middle": "center", "end": "right"}[align],
        va="baseline",
        rotation=90 if turn else 0,
        rotation_mode="anchor",
        linespacing="normal",
        **_FONT,
        **look,
    )


def _write_ticks(drawn: Figure, panel: Panel, pixels: Transform, **look: Any) -> None:
    left, _, _, bottom = panel.box
    for value, text in panel.x.ticks:
        under = (panel.place("x", value), bottom + (11 if panel.x.visible else 7))
        _write(
            drawn, text, under, pixels, size=TICK, align="middle", vertical="top", gid="x", **look
        )
    for value, text in panel.y.ticks:
        beside = (left - (11 if panel.y.visible else 7), panel.place("y", value))
        _write(drawn, text, beside, pixels, size=TICK, align="end", gid="y", **look)


def _draw_panel(ax: Axes, panel: Panel, theme: dict[str, str], pixels: Transform) -> None:
    ax.set_facecolor(theme["paper"])
    ax.set_xlim(panel.x.low, panel.x.high)
    ax.set_ylim(panel.y.low, panel.y.high)
    ax.set_autoscale_on(False)
    ax.set_axisbelow(True)
    _draw_axis(ax, "x", panel.x, theme)
    _draw_axis(ax, "y", panel.y, theme)
    for order, mark in enumerate(panel.marks, 3):
        if isinstance(mark, Text):
            _draw_text(ax, panel, mark, theme, pixels, order)
        else:
            _draw_mark(ax, mark, theme, order)
        if isinstance(mark, Guess):
            _draw_text(ax, panel, mark.words, theme, pixels, order + 0.5)


def _draw_axis(ax: Axes, name: Direction, axis: Axis, theme: dict[str, str]) -> None:
    mine = ax.xaxis if name == "x" else ax.yaxis
    mine.set_ticks([at for at, _ in axis.ticks], labels=[])
    ax.tick_params(axis=name, length=4 if axis.visible else 0, color=theme["frame"], width=0.8)
    if axis.visible:
        ax.grid(axis=name, color=theme["grid"], linewidth=0.8)
    ax.spines[["top", "right"]].set_visible(False)
    spine = ax.spines["bottom" if name == "x" else "left"]
    spine.set_visible(axis.visible)
    spine.set_color(theme["frame"])


def _draw_mark(ax: Axes, mark: Mark, theme: dict[str, str], order: int) -> None:
    look: dict[str, Any] = {"color": theme[mark.role], "zorder": order, "gid": f"mark-{mark.kind}"}
    match mark:
        case Line():
            ax.plot(
                mark.x, mark.y, linestyle=_DASHES[mark.dash], linewidth=mark.width * _PT,
                solid_capstyle="butt", **look,
            )  # fmt: skip
        case Area():
            ax.fill_between(mark.x, mark.low, mark.high, alpha=mark.opacity, linewidth=0, **look)
        case Bars():
            _draw_bars(ax, mark, look)
        case Points():
            _draw_points(ax, mark, look, theme)
        case Rule():
            draw = ax.axvline if mark.direction == "x" else ax.axhline
            dash = _DASHES[mark.dash]
            draw(mark.at, linestyle=dash, linewidth=mark.width * _PT, clip_on=False, **look)
        case Band():
            span = ax.axvspan if mark.direction == "x" else ax.axhspan
            span(mark.low, mark.high, alpha=mark.opacity, linewidth=0, **look)
        case Guess():
            _draw_guess(ax, mark, look, theme)


def _draw_bars(ax: Axes, bars: Bars, look: dict[str, Any]) -> None:
    length = np.asarray(bars.end) - np.asarray(bars.start)
    shape: dict[str, Any] = {"alpha": bars.opacity, "linewidth": 0}
    if bars.across:
        ax.barh(bars.at, length, left=bars.start, height=bars.thickness, **shape, **look)
    else:
        ax.bar(bars.at, length, bottom=bars.start, width=bars.thickness, **shape, **look)


_SHAPES = {"circle": "o", "ring": "o", "cross": "X", "diamond": "D"}


def _draw_points(ax: Axes, points: Points, look: dict[str, Any], theme: dict[str, str]) -> None:
    colour = look["color"]
    hollow = points.shape == "ring"
    ax.plot(
        points.x,
        points.y,
        linestyle="",
        marker=_SHAPES[points.shape],
        markersize=points.size * _PT,
        markerfacecolor=theme["paper"] if hollow else colour,
        markeredgecolor=colour if hollow else theme["paper"],
        markeredgewidth=1.6 if hollow else 0.8 if points.shape == "cross" else 0,
        alpha=points.opacity,
        clip_on=False,
        **look,
    )


def _draw_text(
    ax: Axes, panel: Panel, text: Text, theme: dict[str, str], pixels: Transform, order: float
) -> None:
    left, top, right, bottom = panel.box
    x = left + text.x * (right - left) if text.x_share else panel.place("x", text.x)
    y = bottom - text.y * (bottom - top) if text.y_share else panel.place("y", text.y)
    halo = {"facecolor": theme["paper"], "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    _write(
        ax,
        text.text,
        (x + text.shift[0], y + text.shift[1]),
        pixels,
        size=text.size,
        align=text.align,
        vertical=text.vertical,
        fontweight="bold" if text.bold else "normal",
        color=theme[text.colour],
        bbox=halo if text.halo else None,
        zorder=order,
        gid="mark-text",
    )


def _draw_guess(ax: Axes, guess: Guess, look: dict[str, Any], theme: dict[str, str]) -> None:
    top = guess.y if guess.until is None else guess.until
    ax.plot([guess.x, guess.x], [guess.y, top], linewidth=3 * _PT, **look)
    ax.plot(
        [guess.x, guess.x],
        [guess.y, top],
        linestyle="",
        marker="D",
        markerfacecolor=theme["paper"],
        markeredgewidth=2,
        markersize=12 * _PT,
        clip_on=False,
        **look,
    )
