"""Curves over one quantity, with a marked point on each: a picture that several lessons use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hedgelib._check import FloatArray
from hedgelib._text import percent, usd
from hedgelib.errors import InvalidInput
from hedgelib.show import Guess, Line, Points, Rule, Scale, Scene, Table, Text, picture
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = ["Curve", "Lines", "Remark", "amount", "coins", "gain", "move_text", "moves_to"]

gain = partial(usd, signed=True)
"""Write a profit or loss."""


def coins(quantity: float, *, signed: bool = False) -> str:
    """Return a number of coins as text."""
    text = f"{abs(quantity):,.4f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return ("−" if quantity < 0 else "+" if signed else "") + text


def move_text(move: float) -> str:
    """Return a move as a signed percentage, with a decimal place where it needs one."""
    whole = abs(move * 100 - round(move * 100)) < 1e-6
    return percent(move, signed=True, digits=0 if whole else 1)


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """Return a value with its unit as text."""
    if unit == "USD":
        return usd(value, signed=signed)
    if unit == "share":
        return percent(value, digits=1, signed=signed)
    return f"{coins(value, signed=signed)} {unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of a picture.

    - at: value at the marked place; NaN if the position is closed there
    - width: in pixels; lines that coincide need different widths
    - ends: where a venue closes the position: beyond it the line is dotted, and its name is written
      here if there is no value beyond it
    """

    name: str
    values: FloatArray
    role: Role
    at: float
    width: float = 3.0
    dashed: bool = False
    bold: bool = False
    ends: float | None = None

    @classmethod
    def of(cls, profit: Callable[[Any], Any], x: FloatArray, place: float, **look: Any) -> Curve:
        """Return the curve of a function of x."""
        return cls(values=np.asarray(profit(x)), at=float(profit(place)), **look)


def moves_to(
    move: float, low: float, high: float, count: int, ends: Iterable[float] = ()
) -> FloatArray:
    """Return moves over a range that a move may widen, and on both sides of ends of positions.

    A line breaks there.
    """
    x = np.linspace(min(low, move), max(high, move), count)
    edges = [end + step for end in ends if x[0] < end < x[-1] for step in (-1e-9, 1e-9)]
    return np.sort(np.append(x, edges))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A point of a picture with a text next to it.

    The shift of the text is in pixels to the right and down; a text on the left ends there.
    """

    x: float
    y: float
    text: str
    role: Role
    shift: tuple[float, float] = (11.0, 19.0)

    def words(self) -> Text:
        """Return the text without its point."""
        align = "end" if self.shift[0] < 0 else "start"
        look: dict[str, Any] = {"align": align, "role": self.role, "halo": True}
        return Text(x=self.x, y=self.y, text=self.text, shift=self.shift, **look)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Curves over one quantity, and a marked place where they are read off.

    - x: decimals, shown in percent
    - unit: of the values, as :func:`amount` takes it
    - notes: further rows of the table
    - headroom: room above the curves for text, as a share of their height
    - guess: value at the place that the reader guessed
    - signed: whether the values are gains and losses
    """

    x: FloatArray
    x_label: str = "move of ETH"
    y_label: str = "gain or loss (USD)"
    unit: str = "USD"
    curves: tuple[Curve, ...]
    title: str
    finding: str
    place: float
    caption: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    remarks: tuple[Remark | Guess, ...] = ()
    headroom: float = 0.0
    guess: float | None = None
    signed: bool = True

    def __post_init__(self) -> None:
        for curve in self.curves:
            if np.shape(curve.values) != np.shape(self.x):
                raise InvalidInput(f"the curve {curve.name!r} must have as many values as x")

    def rows(self) -> list[tuple[str, str]]:
        """Return the value of every curve at the marked place."""
        read = [
            (
                curve.name.replace("\n", " "),
                "closed" if np.isnan(curve.at) else amount(curve.at, self.unit, signed=self.signed),
            )
            for curve in self.curves
        ]
        return [*read, *self.notes]

    def value(self, name: str) -> float:
        """Return the value of one curve at the marked place."""
        for curve in self.curves:
            if curve.name == name:
                return curve.at
        raise InvalidInput(f"no curve {name!r}; there are {[c.name for c in self.curves]}")

    def table(self) -> Table:
        """Return what the curves read at the marked place as a table."""
        return Table(("at the marked place", "value"), self.rows(), caption=self.caption)

    def scene(self) -> Scene:
        """Draw the curves and their values at the marked place."""
        marks: list[Mark] = [
            Rule(at=0.0, width=1.2),
            Rule(at=self.place, direction="x", role="total", width=1.2),
        ]
        # Wide lines first, so that those on top of them leave them in sight.
        curves = sorted(self.curves, key=lambda curve: -curve.width)
        drawn = [mark for curve in curves for mark in self._curve(curve)]
        marks += [mark for mark in drawn if isinstance(mark, Line)]
        for curve in curves:
            if not np.isnan(curve.at):
                size = 6.0 + curve.width
                marks.append(Points(x=[self.place], y=[curve.at], role=curve.role, size=size))
        # No line or point may hide where a position is closed.
        marks += [mark for mark in drawn if not isinstance(mark, Line)]
        for remark in self.remarks:
            if isinstance(remark, Guess):
                marks.append(remark)
                continue
            marks.append(Points(x=[remark.x], y=[remark.y], role=remark.role, size=10.0))
            marks.append(remark.words())
        alt = self.finding
        if self.guess is not None:
            far = self.place > float(np.mean(self.x[[0, -1]]))
            marks.append(Guess(x=self.place, y=self.guess, side="left" if far else "right"))
            alt += f" Your guess was {amount(self.guess, self.unit, signed=self.signed)}."
        limits = float(self.x[0]), float(self.x[-1])
        x = Scale(
            label=self.x_label, unit="share", signed=self.signed or limits[0] < 0, limits=limits
        )  # fmt: skip
        y = Scale(
            label=self.y_label, unit={"USD": "usd", "share": "share"}.get(self.unit, "number"),
            include=(0.0,), margin=0.06, headroom=self.headroom,
        )  # fmt: skip
        box = 97.0, 64.0, 693.0, 372.0
        return picture(self.title, alt, marks, x, y, self.table(), box=box)

    def _curve(self, curve: Curve) -> list[Mark]:
        look: dict[str, Any] = {
            "role": curve.role, "width": curve.width, "name": curve.name, "bold": curve.bold,
        }  # fmt: skip
        if curve.ends is None:
            return [Line(x=self.x, y=curve.values, dash="dashed" if curve.dashed else "", **look)]
        lost = self.x >= curve.ends if curve.ends > 0 else self.x <= curve.ends
        alive = np.where(lost, np.nan, curve.values)
        if not lost.any():
            return [Line(x=self.x, y=alive, **look)]
        gone = np.where(lost, curve.values, np.nan)
        last = int(np.flatnonzero(~lost)[-1 if curve.ends > 0 else 0])
        end = (float(self.x[last]), float(curve.values[last]))
        marks: list[Mark] = [
            Line(x=self.x, y=alive, labelled=curve.ends < 0, **look),
            Line(x=self.x, y=gone, dash="dotted", labelled=curve.ends > 0, **look),
            Points(x=[end[0]], y=[end[1]], role=curve.role, size=15.0, shape="cross"),
        ]
        if np.isnan(curve.values[-1]):
            name = Remark(x=end[0], y=end[1], text=curve.name, role=curve.role, shift=(12.0, -12.0))
            marks.append(name.words())
        return marks

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return f"Lines({self.title!r})"
