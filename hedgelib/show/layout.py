"""Layout of a panel: limits, ticks and their labels, names at the ends of lines.

Everything is decided here, once for both renderers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from hedgelib._check import FloatArray
from hedgelib._text import Table, percent
from hedgelib.errors import InvalidInput
from hedgelib.show.lettering import LABEL, LINE_HEIGHT, wrap
from hedgelib.show.scene import Axis, Bars, Direction, Guess, Line, Mark, Panel, Scene, Side, Text

__all__ = [
    "BOX",
    "NAME_SHIFT",
    "SIZE",
    "Scale",
    "columns_of",
    "days",
    "guess_mark",
    "name_height",
    "panel",
    "picture",
    "room_for_text",
    "spread",
    "thousands",
]

SIZE = (760.0, 420.0)
BOX = (88.0, 64.0, 632.0, 362.0)
"""Edges of the panel in a scene of the usual size: left, top, right, bottom. They are fixed, so
that the axes stay where they are while a slider moves."""

NAME_SHIFT = 11.0
"""Pixels between a panel and the names at its right: the dot at the end of a line has room."""
_EDGE_PX = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Settings of one axis; :func:`panel` decides the rest.

    unit : how its values are written
    signed : put a plus sign before gains
    limits : from the marks when omitted
    include : values that the limits must reach
    margin, headroom : room beyond the marks and above them, as shares of their span
    ticks : round numbers when omitted
    visible : whether axis line, grid and tick marks are drawn
    """

    label: str = ""
    unit: str = "number"
    signed: bool = False
    limits: tuple[float, float] | None = None
    include: tuple[float, ...] = ()
    margin: float = 0.0
    headroom: float = 0.0
    ticks: Sequence[tuple[float, str]] | None = None
    most_ticks: int = 8
    visible: bool = True


def panel(
    marks: Iterable[Mark],
    x: Scale,
    y: Scale,
    *,
    box: tuple[float, float, float, float] = BOX,
    width: float = SIZE[0],
    title: str = "",
    remarks: Callable[[Axis, Axis], Iterable[Mark]] | None = None,
) -> Panel:
    """Return a panel with limits, ticks, and the names at the ends of its lines.

    `width` is that of the scene: names must fit between the panel and its right edge. `remarks`
    returns further marks for the finished axes: words whose place depends on them.
    """
    marks = tuple(marks)
    across = _axis(marks, "x", x, box[2] - box[0])
    up = _axis(marks, "y", y, box[3] - box[1])
    names = _names_at_ends(marks, across, up, box, width)
    thin = tuple(_thinned(mark, across, up) if isinstance(mark, Line) else mark for mark in marks)
    more = remarks(across, up) if remarks else ()
    return Panel(box=box, x=across, y=up, marks=(*thin, *names, *more), title=title)


def picture(
    title: str, alt: str, marks: Sequence[Mark], x: Scale, y: Scale, table: Table,
    *, box: tuple[float, float, float, float], width: float = 840.0, below: float = 58.0,
) -> Scene:  # fmt: skip
    """Return a scene of one panel, with room below it for the label of its axis."""
    whole = panel(marks, x, y, box=box, width=width)
    return Scene(title=title, alt=alt, panels=(whole,), table=table, size=(width, box[3] + below))


def guess_mark(
    guess: float | None, write: Callable[[float], str], side: Side, **place: Any
) -> tuple[list[Mark], str]:
    """Return the mark of a guess of y at an x, or of x at a y, and a sentence; nothing for none."""
    if guess is None:
        return [], ""
    mark = Guess(**{"x": guess, "y": guess, "side": side, **place})
    return [mark], f" Your guess was {write(guess)}."


def columns_of(
    count: int,
    *,
    size: tuple[float, float],
    left: float = 72.0,
    top: float = 88.0,
    right: float = 16.0,
    bottom: float = 58.0,
    gap: float = 72.0,
) -> list[tuple[float, float, float, float]]:
    """Return the boxes of panels side by side, with this room around and between them."""
    each = (size[0] - left - right - gap * (count - 1)) / count
    return [
        (left + i * (each + gap), top, left + i * (each + gap) + each, size[1] - bottom)
        for i in range(count)
    ]


def days(dates: Any) -> FloatArray:
    """Return dates as days since 1970, the values of a scale with the unit "day"."""
    return np.asarray(dates, dtype="datetime64[D]").astype(float)


def thousands(amount: float) -> str:
    """Write dollars on an axis: $500, $20k, −$1.5M."""
    size, sign = abs(amount), "−" if amount < 0 else ""
    if size >= 1e15:
        return f"{sign}${size:.4g}"
    units = ((1e9, "B"), (1e6, "M"), (1e3, "k"), (0.0, ""))
    unit, letter = next(pair for pair in units if size >= pair[0])
    return f"{sign}${size / (unit or 1):,.10g}{letter}"


def _values(mark: Mark, direction: Direction) -> Iterable[FloatArray]:
    if isinstance(mark, Text):
        return
    on_axis = [name for name in mark.names if mark.axis(name) == direction]
    yield np.array([getattr(mark, name) for name in on_axis if name not in mark.columns])
    yield from (getattr(mark, name) for name in on_axis if name in mark.columns)
    if isinstance(mark, Bars) and mark.axis("at") == direction:
        yield mark.at + mark.thickness / 2
        yield mark.at - mark.thickness / 2


def _axis(marks: Sequence[Mark], direction: Direction, scale: Scale, pixels: float) -> Axis:
    if scale.limits is not None:
        low, high = scale.limits
    else:
        pieces = [v for mark in marks for v in _values(mark, direction)]
        seen = np.concatenate([*pieces, np.asarray(scale.include, dtype=float)])
        seen = seen[np.isfinite(seen)]
        if not seen.size:
            raise InvalidInput("there is no number to draw")
        low, high = float(seen.min()), float(seen.max())
        span = high - low or abs(high) * 0.1 or 1.0
        if low == high:
            low, high = low - span / 2, high + span / 2
        low, high = low - scale.margin * span, high + (scale.margin + scale.headroom) * span
    return Axis(
        low=low,
        high=high,
        ticks=_ticks(scale, low, high, direction, pixels),
        label=scale.label,
        unit=scale.unit,
        signed=scale.signed,
        visible=scale.visible,
    )


def _ticks(
    scale: Scale, low: float, high: float, direction: Direction, pixels: float
) -> tuple[tuple[float, str], ...]:
    if scale.ticks is not None:
        return tuple((float(at), text) for at, text in scale.ticks if low <= at <= high)
    most = min(scale.most_ticks, max(2, int(pixels / (72 if direction == "x" else 36))))
    if scale.unit == "day":
        return _day_ticks(low, high, most)
    at = _locator(most, scale.unit == "share").tick_values(low, high)
    slack = 1e-9 * (high - low)
    inside = [float(v) for v in at if low - slack <= v <= high + slack]
    write = _writer(scale, inside)
    return tuple((v, write(v)) for v in inside)


@lru_cache
def _locator(most: int, share: bool) -> MaxNLocator:
    # Steps of 2.5% would be rounded in the labels.
    return MaxNLocator(nbins=most, steps=[1, 2, 5, 10] if share else [1, 2, 2.5, 5, 10])


def _writer(scale: Scale, at: Sequence[float]) -> Callable[[float], str]:
    if scale.unit == "usd":
        return thousands
    if scale.unit == "share":
        step = min(np.diff(at), default=1.0)
        digits = max(0, -math.floor(math.log10(step * 100) + 1e-9))
        return lambda v: percent(v, digits=digits, signed=scale.signed)
    return lambda v: f"{v if abs(v) > 1e-12 else 0:,.10g}".replace("-", "−")


_FIRST = date(1970, 1, 1)


def _day_ticks(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    """Return ticks at first days of months or years, or at single days for a short span."""
    first = _FIRST + timedelta(days=math.ceil(low))
    last = _FIRST + timedelta(days=math.floor(high))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if high - low <= 45:
        step = next(s for s in (1, 2, 5, 7, 10, 14, 28, 60) if (high - low) / s <= most)
        at = [first + timedelta(days=i) for i in range(0, (last - first).days + 1, step)]
        return tuple((float((d - _FIRST).days), f"{d.day} {d:%b}") for d in at)
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if months / s <= most)
    starts = (
        date(first.year + i // 12, i % 12 + 1, 1) for i in range(0, first.month + months, step)
    )
    text = "%Y" if step >= 12 else "%b %Y"
    return tuple((float((d - _FIRST).days), f"{d:{text}}") for d in starts if first <= d <= last)


def _thinned(line: Line, x: Axis, y: Axis) -> Line:
    """Leave out points on the line through their neighbours, to a fraction of a pixel."""
    if line.x.size <= _FEW:
        return line
    scaled = np.empty((line.x.size, 2))
    scaled[:, 0] = (line.x - x.low) / (x.high - x.low)
    scaled[:, 1] = (line.y - y.low) / (y.high - y.low)
    missing = np.asarray(np.isnan(scaled).any(axis=1))
    keep = np.zeros(len(scaled), dtype=bool)
    for first, last in _runs(~missing) if missing.any() else [(0, len(scaled) - 1)]:
        keep[first] = keep[last] = True
        _keep_corners(scaled, first, last, keep)
    # One gap is enough between two pieces, and none before the first or after the last.
    gaps = np.flatnonzero(missing)
    keep[[gap for gap in gaps if gap and keep[gap - 1] and keep[gap:].any()]] = True
    return replace(line, x=line.x[keep], y=line.y[keep])


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and last index of every run of true flags."""
    steps = np.diff(flags.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


_FEW = 100
"""Points that a line keeps in any case."""
_FLAT = 5e-4
"""Share of the panel by which a line may be off: an eighth of a pixel."""


def _keep_corners(points: FloatArray, first: int, last: int, keep: np.ndarray) -> None:
    spans = [(first, last)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        start, way = points[first], points[last] - points[first]
        between = points[first + 1 : last] - start
        length = math.hypot(*way)
        off = (
            np.abs(way[0] * between[:, 1] - way[1] * between[:, 0]) / length
            if length
            else np.hypot(between[:, 0], between[:, 1])
        )
        far = int(off.argmax())
        if off[far] > _FLAT:
            middle = first + 1 + far
            keep[middle] = True
            spans += [(first, middle), (middle, last)]


def _names_at_ends(
    marks: Sequence[Mark],
    x: Axis,
    y: Axis,
    box: tuple[float, float, float, float],
    width: float,
) -> list[Text]:
    """Name lines at their right ends, moved apart where they would overlap."""
    room = width - box[2] - NAME_SHIFT - _EDGE_PX
    ends = []
    for mark in marks:
        if isinstance(mark, Line) and mark.name and mark.labelled:
            there = np.flatnonzero(np.isfinite(mark.y) & (mark.x <= x.high))
            if there.size and mark.x[there[-1]] > x.low + 0.97 * (x.high - x.low):
                text = wrap(mark.name, room, bold=mark.bold)
                ends.append((float(mark.y[there[-1]]), text, mark))
    ends.sort(key=lambda end: end[0])
    per_pixel = (y.high - y.low) / (box[3] - box[1])
    sizes = [name_height(text) * per_pixel for _, text, _ in ends]
    places = spread([value for value, *_ in ends], sizes, y.low, y.high)
    return [
        Text(
            x=1.0,
            y=place,
            text=text,
            shift=(NAME_SHIFT, 0.0),
            role=mark.role,
            bold=mark.bold,
            x_share=True,
        )
        for (_, text, mark), place in zip(ends, places, strict=True)
    ]


def name_height(text: str) -> float:
    """Return the height of a name with the gap to the next one, pixels."""
    lines = 1 + text.count("\n")
    return LABEL * LINE_HEIGHT * lines + (1.0 if lines == 1 else 4.0)


def room_for_text(marks: Iterable[Mark], at: tuple[float, float], y: tuple[float, float]) -> float:
    """Return the height at which words between two places on x cross the fewest lines."""
    low, high = y
    across, nan = np.linspace(*at, 9), np.nan
    crossing = [low - (high - low)]
    for mark in marks:
        if isinstance(mark, Line):
            known = np.isfinite(mark.y)
            if known.any():
                heights = np.interp(across, mark.x[known], mark.y[known], left=nan, right=nan)
                crossing += heights[np.isfinite(heights)].tolist()
    heights = np.linspace(0.92 * low + 0.08 * high, 0.08 * low + 0.92 * high, 40)
    room = np.abs(heights[:, None] - np.array(crossing)).min(axis=1)
    return float(heights[int(room.argmax())])


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Place labels of these sizes as close to their values, ascending, as possible without overlap.

    Labels that touch form a block, centred on where its members belong.

    >>> spread([0, 0, 10], [2, 2, 2], -5, 15)
    [-1.0, 1.0, 10.0]
    """
    blocks: list[list[int]] = []
    starts: list[float] = []

    def settle(block: list[int]) -> float:
        length = sum(sizes[i] for i in block)
        offset, ideal = 0.0, 0.0
        for i in block:
            ideal += wanted[i] - offset - sizes[i] / 2
            offset += sizes[i]
        return float(min(max(ideal / len(block), low), high - length))

    for i in range(len(wanted)):
        blocks.append([i])
        starts.append(settle([i]))
        while len(blocks) > 1 and starts[-2] + sum(sizes[j] for j in blocks[-2]) > starts[-1]:
            last = blocks.pop()
            starts.pop()
            blocks[-1] += last
            starts[-1] = settle(blocks[-1])
    places = []
    for start, block in zip(starts, blocks, strict=True):
        at = start
        for i in block:
            places.append(float(at + sizes[i] / 2))
            at += sizes[i]
    return places
