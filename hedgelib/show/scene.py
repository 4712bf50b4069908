"""A picture as data: marks, places and words, all decided before anything is drawn.

``plot`` and ``scene.js`` put a scene on paper and on the screen. Neither decides anything.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import FloatArray
from hedgelib._text import Table
from hedgelib.errors import InvalidInput
from hedgelib.show.lettering import LINE_HEIGHT, TICK, TITLE, width_px, wrap_title
from hedgelib.show.palette import ROLES, Role

__all__ = [
    "Area",
    "Axis",
    "Band",
    "Bars",
    "Guess",
    "Line",
    "Mark",
    "Panel",
    "Pictured",
    "Points",
    "Rule",
    "Scene",
    "Text",
    "scene_of",
]

Column: TypeAlias = Any
"""Anything like an array on the way in, an array of floats afterwards."""
Dash = Literal["", "dashed", "dotted"]
Side = Literal["right", "left", "above", "below"]
Direction = Literal["x", "y"]
Align = Literal["start", "middle", "end"]
Vertical = Literal["top", "middle", "bottom"]
_READABLE = 8.5
"""Size of the smallest letters that can be read on a screen, pixels."""


def _column(name: str, values: ArrayLike) -> FloatArray:
    column: FloatArray = np.array(values, dtype=float).ravel()
    if np.isinf(column).any():
        raise InvalidInput(f"{name} must be finite numbers, or NaN for a gap")
    column.setflags(write=False)
    return column


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Mark:
    kind: ClassVar[str] = ""
    columns: ClassVar[tuple[str, ...]] = ()
    on_y: ClassVar[frozenset[str]] = frozenset({"y", "low", "high", "start", "end", "until"})
    on_x: ClassVar[frozenset[str]] = frozenset({"x", "at"})

    role: Role = "total"

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise InvalidInput(f"role must be one of {', '.join(ROLES)}, got {self.role!r}")
        lengths = set()
        for name in self.columns:
            column = _column(name, getattr(self, name))
            object.__setattr__(self, name, column)
            lengths.add(column.size)
        for name in (*self.on_x, *self.on_y):
            if name not in self.columns and getattr(self, name, None) is not None:
                object.__setattr__(self, name, float(getattr(self, name)))
        if len(lengths) > 1:
            raise InvalidInput(f"{', '.join(self.columns)} of one mark must be of one length")

    @property
    def names(self) -> list[str]:
        """The fields that have a value."""
        names = _fields(type(self))  # type: ignore[arg-type]  # mypy: a class has no hash
        return [name for name in names if getattr(self, name) is not None]

    def axis(self, name: str) -> Direction | None:
        """Return the axis on which a field is a coordinate, if it is one."""
        if name in self.on_x:
            return "x"
        return "y" if name in self.on_y else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line(_Mark):
    """A line through points; a NaN breaks it.

    name : written at its right end where `labelled`, and in the readout of values
    width : pixels
    """

    kind: ClassVar[str] = "line"
    columns: ClassVar[tuple[str, ...]] = ("x", "y")

    x: Column
    y: Column
    width: float = 3.0
    dash: Dash = ""
    name: str = ""
    bold: bool = False
    labelled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Area(_Mark):
    """The space between two lines."""

    kind: ClassVar[str] = "area"
    columns: ClassVar[tuple[str, ...]] = ("x", "low", "high")

    x: Column
    low: Column
    high: Column
    opacity: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars(_Mark):
    """Bars of one colour, from `start` to `end`.

    at : middle of each, on x; on y where `across`
    thickness : in the units of `at`
    """

    kind: ClassVar[str] = "bars"
    columns: ClassVar[tuple[str, ...]] = ("at", "start", "end")

    at: Column
    start: Column
    end: Column
    thickness: float = 0.8
    across: bool = False
    opacity: float = 1.0

    def axis(self, name: str) -> Direction | None:
        """Return the axis on which a field is a coordinate, if it is one."""
        on = super(Bars, self).axis(name)
        return {"x": "y", "y": "x"}[on] if on and self.across else on  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points(_Mark):
    """Points of one look.

    size : diameter, pixels
    name : for the readout of values
    """

    kind: ClassVar[str] = "points"
    columns: ClassVar[tuple[str, ...]] = ("x", "y")

    x: Column
    y: Column
    size: float = 9.0
    shape: Literal["circle", "ring", "cross", "diamond"] = "circle"
    opacity: float = 1.0
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule(_Mark):
    """A straight line through the whole panel.

    direction : the axis of `at`; a rule at an x is vertical
    """

    kind: ClassVar[str] = "rule"

    at: float
    direction: Direction = "y"
    role: Role = "grey"
    width: float = 1.3
    dash: Dash = ""

    def axis(self, name: str) -> Direction | None:
        """Return the axis on which a field is a coordinate, if it is one."""
        return self.direction if name == "at" else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band(_Mark):
    """A stripe through the whole panel; `direction` is the axis of `low` and `high`."""

    kind: ClassVar[str] = "band"

    low: float
    high: float
    direction: Direction = "x"
    role: Role = "grey"
    opacity: float = 0.15

    def axis(self, name: str) -> Direction | None:
        """Return the axis on which a field is a coordinate, if it is one."""
        return self.direction if name in ("low", "high") else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Text(_Mark):
    """Words in a panel, in lines with line breaks between them.

    shift : pixels to the right and down from x, y
    vertical : which part of the words is at y
    halo : keep lines behind the words from running through them
    inside : on a bar of that role, in the colour for words on it
    x_share, y_share : whether x or y is a share of the panel, from its left or its lower edge
    """

    kind: ClassVar[str] = "text"

    x: float
    y: float
    text: str
    shift: tuple[float, float] = (0.0, 0.0)
    role: Role = "grey"
    align: Align = "start"
    vertical: Vertical = "middle"
    size: float = 14.0
    bold: bool = False
    halo: bool = False
    inside: bool = False
    x_share: bool = False
    y_share: bool = False

    @property
    def colour(self) -> str:
        """Its name in a palette."""
        return f"{self.role}-{'ink' if self.inside else 'text'}"

    def axis(self, name: str) -> Direction | None:
        """Return the axis on which a field is a coordinate, if it is one."""
        if name in ("x", "y") and not getattr(self, f"{name}_share"):
            return name  # type: ignore[return-value]
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guess(_Mark):
    """The reader's guess, with the words "your guess" at one side of it.

    until : upper end of a guess that is a range of y
    """

    kind: ClassVar[str] = "guess"

    x: float
    y: float
    side: Side = "right"
    until: float | None = None
    role: Role = "unhedged"

    @property
    def words(self) -> Text:
        """The words next to it."""
        shift, align, vertical = _BESIDE[self.side]
        return Text(
            x=self.x,
            y=self.y if self.until is None else self.until,
            text="your guess",
            shift=shift,
            align=align,
            vertical=vertical,
            role=self.role,
            bold=True,
            halo=True,
        )


_BESIDE: dict[Side, tuple[tuple[float, float], Align, Vertical]] = {
    "right": ((13.0, 0.0), "start", "middle"),
    "left": ((-13.0, 0.0), "end", "middle"),
    "above": ((0.0, -12.0), "middle", "bottom"),
    "below": ((0.0, 12.0), "middle", "top"),
}

Mark: TypeAlias = Line | Area | Bars | Points | Rule | Band | Text | Guess


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis with its limits and ticks: where they are, and what is written there.

    unit, signed : how a readout writes values
    visible : whether the axis line, grid and ticks are drawn; tick labels always are
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    label: str = ""
    unit: str = "number"
    signed: bool = False
    visible: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InvalidInput(f"an axis needs low < high, got {self.low:g} and {self.high:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One set of axes with its marks, drawn in their order.

    box : left, top, right and bottom edge in the scene, pixels
    title : above this panel, where a scene has several
    """

    box: tuple[float, float, float, float]
    x: Axis
    y: Axis
    marks: tuple[Mark, ...] = ()
    title: str = ""

    def place(self, direction: Direction, value: float) -> float:
        """Return where a value of an axis is in the scene, pixels."""
        axis: Axis = getattr(self, direction)
        near, far = (0, 2) if direction == "x" else (3, 1)
        share = (value - axis.low) / (axis.high - axis.low)
        return self.box[near] + share * (self.box[far] - self.box[near])

    @property
    def x_label_at(self) -> tuple[float, float]:
        """Middle of the label of the x axis in the scene, pixels."""
        lines = max((text.count("\n") for _, text in self.x.ticks), default=0)
        return (self.box[0] + self.box[2]) / 2, self.box[3] + 40 + 15 * lines

    @property
    def y_label_at(self) -> tuple[float, float]:
        """Middle of the label of the y axis in the scene, which is written upwards."""
        lines = (line for _, text in self.y.ticks for line in text.split("\n"))
        widest = max((width_px(line, TICK) for line in lines), default=0.0)
        # In the picture, left of the ticks, and in one place while their labels are short.
        x = max(min(self.box[0] - 70, self.box[0] - widest - 26), 15.0)
        return x, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scene:
    """A picture: title, panels, alt text, and the same numbers as a table.

    title : the finding, in one line or two
    alt : a sentence that carries the finding with its numbers, for readers who do not see it
    panels : none where the words and the table are all there is
    size : width and height, pixels
    """

    title: str
    alt: str
    panels: tuple[Panel, ...]
    table: Table | None = None
    size: tuple[float, float] = (760.0, 420.0)

    def __post_init__(self) -> None:
        if not self.alt:
            raise InvalidInput("a scene needs a sentence, its alt text")
        room = self.size[0] - 2 * self.title_at[0]
        object.__setattr__(self, "title", wrap_title(self.title, room))

    @property
    def title_at(self) -> tuple[float, float]:
        """Left upper corner of the title, pixels: its last line is just above the first panel."""
        lines = 1 + self.title.count("\n")
        return 12.0, max(4.0, 50.0 - lines * TITLE * LINE_HEIGHT)

    @property
    def least_width(self) -> float:
        """Width on the screen, pixels, below which a picture is scrolled, not made smaller."""
        marks = (mark for panel in self.panels for mark in panel.marks)
        smallest = min([TICK, *(mark.size for mark in marks if isinstance(mark, Text))])
        return self.size[0] * _READABLE / smallest

    def to_json(self) -> str:
        """Write the scene for ``scene.js``, each coordinate to a ten-thousandth of its axis."""
        return json.dumps(self.data(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def data(self) -> dict[str, Any]:
        """Return the scene as lists, numbers and strings."""
        return {
            "size": [_round(edge, 1) for edge in self.size],
            "least_width": _round(self.least_width, 1),
            "title": self.title,
            "title_at": [_round(edge, 1) for edge in self.title_at],
            "alt": self.alt,
            "panels": [_panel_data(panel) for panel in self.panels],
            "table": self.table.data() if self.table else None,
        }

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        return self.alt

    def html(self) -> str:
        """Write the picture as HTML; only the table where there is none."""
        from hedgelib.show.plot import picture_html

        if self.panels:
            return picture_html(self)
        return self.table.html() if self.table else ""


class Pictured(Protocol):
    """A result that has a scene."""

    def scene(self) -> Scene:
        """Return it."""
        ...


def scene_of(result: Pictured | Scene) -> Scene:
    """Return the scene of a result, which may be one itself."""
    return result if isinstance(result, Scene) else result.scene()


def _round(value: float, digits: int) -> float | int:
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _digits(axis: Axis) -> int:
    return 4 - math.floor(math.log10(axis.high - axis.low))


_EXACT = 2**53
"""Below it every whole number has a float of its own."""


def _list(values: FloatArray, digits: int) -> list[float | int | None]:
    # Negative digits round to tens and hundreds, and leave whole numbers.
    rounded = np.round(values, digits)
    listed: list[float] = rounded.tolist()
    # Not where there is a NaN.
    if digits <= 0 and np.abs(rounded).max(initial=0.0) < _EXACT:
        whole: list[float | int | None] = rounded.astype(np.int64).tolist()
        return whole
    return [None if v != v else int(v) if v.is_integer() and abs(v) < _EXACT else v for v in listed]


def _panel_data(panel: Panel) -> dict[str, Any]:
    digits = {"x": _digits(panel.x), "y": _digits(panel.y)}
    shared: list[list[float | int | None]] = []
    marks = [_mark_data(mark, digits, shared) for mark in panel.marks]
    return {
        "box": [_round(edge, 1) for edge in panel.box],
        "title": panel.title,
        "x": _axis_data(panel.x, digits["x"]),
        "y": _axis_data(panel.y, digits["y"]),
        "labels_at": [[_round(v, 1) for v in at] for at in (panel.x_label_at, panel.y_label_at)],
        "shared": shared,
        "marks": marks,
    }


def _axis_data(axis: Axis, digits: int) -> dict[str, Any]:
    return {
        # The limits keep all their digits: everything is placed by them.
        "low": axis.low,
        "high": axis.high,
        "ticks": [[_round(at, digits + 2), text] for at, text in axis.ticks],
        "label": axis.label,
        "unit": axis.unit,
        "signed": axis.signed,
        "visible": axis.visible,
    }


def _mark_data(mark: Mark, digits: dict[str, int], shared: list[Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": mark.kind}
    for name in mark.names:
        value = getattr(mark, name)
        axis = mark.axis(name)
        if name in mark.columns and axis:
            data[name] = _list(value, digits[axis])
        elif isinstance(value, float):
            data[name] = _round(value, digits[axis] if axis else 3)
        else:
            data[name] = list(value) if isinstance(value, tuple) else value
    if isinstance(mark, Text):
        data["colour"] = mark.colour
    if isinstance(mark, Guess):
        data["words"] = _mark_data(mark.words, digits, shared)
    if "x" in mark.columns:
        # Lines over the same points hold them once.
        if data["x"] not in shared:
            shared.append(data["x"])
        data["x"] = shared.index(data["x"])
    return data
