"""Curves over one quantity, and a point on each: the picture that several lessons share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from hedgelib._check import FloatArray
from hedgelib._text import html_table, percent, usd
from hedgelib.errors import InvalidInput
from hedgelib.figures import Picture, label_ends, readable, thousands
from hedgelib.workbook.guesses import mark_guess

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

__all__ = ["LINES", "Curve", "Lines", "Mark", "amount", "coins", "move_text"]


def coins(quantity: float, *, signed: bool = False) -> str:
    """Write a number of coins.

    Parameters
    ----------
    quantity : float
    signed : bool
        Put a plus sign before a gain.

    Returns
    -------
    str

    Notes
    -----
    **Source:** house style: four decimals, a real minus, nothing rounds to "−0".

    Examples
    --------
    >>> coins(-0.25), coins(1.6, signed=True), coins(-1e-9)
    ('−0.2500', '+1.6000', '0.0000')
    """
    text = f"{abs(quantity):,.4f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return ("−" if quantity < 0 else "+" if signed else "") + text


def move_text(move: float) -> str:
    """Write a move with its sign, with a decimal where it has one.

    Parameters
    ----------
    move : float
        Decimal.

    Returns
    -------
    str

    Notes
    -----
    **Source:** house style.

    Examples
    --------
    >>> move_text(-0.5), move_text(0.125), move_text(0)
    ('−50%', '+12.5%', '0%')
    """
    whole = abs(move * 100 - round(move * 100)) < 1e-6
    return percent(move, signed=True, digits=0 if whole else 1)


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """Write a value in its unit.

    Parameters
    ----------
    value : float
    unit : str
        ``"USD"``, ``"share"`` (a decimal, shown as a percentage) or the ticker of a coin.
    signed : bool
        Put a plus sign before a gain.

    Returns
    -------
    str

    Notes
    -----
    **Source:** house style.

    Examples
    --------
    >>> amount(-1500, "USD"), amount(0.91, "share"), amount(0.4, "ETH")
    ('−$1,500', '91.0%', '0.4000 ETH')
    """
    if unit == "USD":
        return usd(value, signed=signed)
    if unit == "share":
        return percent(value, digits=1, signed=signed)
    return f"{coins(value, signed=signed)} {unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of a picture.

    Parameters
    ----------
    name : str
        Written at its right end.
    values : ndarray, shape (n,)
        Over the `x` of its picture.
    colour : str
        One of :data:`hedgelib.figures.COLOURS`.
    at : float
        Value at the marked place; NaN where it is closed there.
    width : float
        Of the line; lines that fall on one another differ in it.
    dashed, bold : bool
        Style of the line, weight of its name.
    ends : float, optional
        Where a venue closes the position; what lies beyond is drawn dotted. Where there is no
        value beyond, the name stands at this end.
    """

    name: str
    values: FloatArray
    colour: str
    at: float
    width: float = 2.2
    dashed: bool = False
    bold: bool = False
    ends: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point of a picture with words beside it.

    Parameters
    ----------
    x, y : float
    text : str
    colour : str
        One of :data:`hedgelib.figures.COLOURS`.
    offset : tuple of float
        Of the words from the point, in points of type; to the left of it they end there.
    """

    x: float
    y: float
    text: str
    colour: str
    offset: tuple[float, float] = (8.0, -14.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Curves over one quantity, and a place where they are read off.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Decimals, shown in percent.
    x_label, y_label : str
        With the unit.
    unit : str
        Of the values, as :func:`amount` takes it.
    curves : tuple of Curve
        Drawn in this order.
    title, finding : str
        What to see, and the same in a sentence that carries the numbers.
    place : float
        The marked place on `x`.
    caption : str
        Of the table.
    notes : tuple of (str, str)
        Further rows of the table.
    marks : tuple of Mark
        Further points.
    headroom : float
        Room to leave above the curves for the words of marks, as a share of their height.
    guess : float, optional
        What somebody thought the value at the place to be.
    signed : bool
        Whether the values are gains and losses.

    Raises
    ------
    InvalidInput
        A curve of another length than `x`.
    """

    x: FloatArray
    x_label: str
    y_label: str
    unit: str
    curves: tuple[Curve, ...]
    title: str
    finding: str
    place: float
    caption: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    marks: tuple[Mark, ...] = ()
    headroom: float = 0.0
    guess: float | None = None
    signed: bool = True

    def __post_init__(self) -> None:
        for curve in self.curves:
            if np.shape(curve.values) != np.shape(self.x):
                raise InvalidInput(f"the curve {curve.name!r} must have as many values as x")

    def rows(self) -> list[tuple[str, str]]:
        """Read every curve off at the marked place.

        Returns
        -------
        list of (str, str)
        """
        read = [
            (
                curve.name.replace("\n", " "),
                "closed" if np.isnan(curve.at) else amount(curve.at, self.unit, signed=self.signed),
            )
            for curve in self.curves
        ]
        return [*read, *self.notes]

    def value(self, name: str) -> float:
        """Value of one curve at the marked place.

        Parameters
        ----------
        name : str

        Returns
        -------
        float

        Raises
        ------
        InvalidInput
            No curve of that name.
        """
        for curve in self.curves:
            if curve.name == name:
                return curve.at
        raise InvalidInput(f"no curve {name!r}; there are {[c.name for c in self.curves]}")

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.caption)

    def __repr__(self) -> str:
        return f"Lines({self.title!r})"


def _draw(ax: Axes, lines: Lines) -> None:
    ends = []
    for curve in lines.curves:
        _draw_curve(ax, lines.x, curve)
        if np.isfinite(curve.values[-1]):
            ends.append((float(curve.values[-1]), curve.name, curve.colour, curve.bold))
    for mark in lines.marks:
        _draw_mark(ax, mark)
    ax.axhline(0, color="#888888", linewidth=1, zorder=1)
    ax.axvline(lines.place, color="#333333", linewidth=1, zorder=1)
    ax.set_xlim(float(lines.x[0]), float(lines.x[-1]))
    ax.margins(y=0.06)
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: percent(x, signed=lines.signed or float(lines.x[0]) < 0))
    )
    ax.yaxis.set_major_formatter(FuncFormatter(_axis_text(lines.unit)))
    ax.set_xlabel(lines.x_label)
    ax.set_ylabel(lines.y_label)
    # At a fixed place, so that it does not move with the width of the tick labels.
    ax.yaxis.set_label_coords(-0.115, 0.5)
    if lines.guess is not None:
        far = lines.place > float(np.mean(lines.x[[0, -1]]))
        mark_guess(ax, lines.place, lines.guess, side="left" if far else "right")
    if lines.headroom:
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + lines.headroom * (high - low))
    label_ends(ax, ends)
    ax.set_title(lines.title)


def _draw_curve(ax: Axes, x: FloatArray, curve: Curve) -> None:
    style = (0, (5, 2)) if curve.dashed else "-"
    place: dict[str, Any] = {"color": curve.colour, "zorder": 4 - 0.1 * curve.width}
    if curve.ends is None:
        ax.plot(x, curve.values, linestyle=style, linewidth=curve.width, **place)
        return
    lost = x >= curve.ends if curve.ends > 0 else x <= curve.ends
    alive = np.where(lost, np.nan, curve.values)
    ax.plot(x, alive, linestyle=style, linewidth=curve.width, **place)
    if lost.any():
        gone = np.where(lost, curve.values, np.nan)
        ax.plot(x, gone, linestyle=(0, (1, 2)), linewidth=1.8, **place)
        last = int(np.flatnonzero(~lost)[-1 if curve.ends > 0 else 0])
        if np.isnan(curve.values[-1]):
            name = Mark(
                x=float(x[last]),
                y=float(curve.values[last]),
                text=curve.name,
                colour=curve.colour,
                offset=(9.0, 9.0),
            )
            _write(ax, name)
        ax.plot(
            x[last],
            curve.values[last],
            "X",
            color=curve.colour,
            markeredgecolor="white",
            markersize=11,
            zorder=6,
        )


def _draw_mark(ax: Axes, mark: Mark) -> None:
    ax.plot([mark.x], [mark.y], "o", color=mark.colour, markersize=7.5, zorder=6, clip_on=False)
    _write(ax, mark)


def _write(ax: Axes, mark: Mark) -> None:
    ax.annotate(
        mark.text,
        (mark.x, mark.y),
        xytext=mark.offset,
        textcoords="offset points",
        ha="right" if mark.offset[0] < 0 else "left",
        va="center",
        color=readable(mark.colour),
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
        zorder=6,
        annotation_clip=False,
    )


def _axis_text(unit: str) -> Callable[[float, object], str]:
    if unit == "USD":
        return thousands
    if unit == "share":
        return lambda y, _: percent(y)
    return lambda y, _: f"{y:,.10g}".replace("-", "−")


def _draw_with_points(ax: Axes, lines: Lines) -> None:
    _draw(ax, lines)
    for curve in lines.curves:
        ax.plot(
            [lines.place],
            [curve.at],
            "o",
            color=curve.colour,
            markersize=4.5 + curve.width,
            zorder=5 - 0.1 * curve.width,
            clip_on=False,
        )


def _alt(lines: Lines) -> str:
    if lines.guess is None:
        return lines.finding
    return f"{lines.finding} Your guess was {amount(lines.guess, lines.unit, signed=lines.signed)}."


LINES: Picture[Lines] = Picture(
    name="lines",
    draw=_draw_with_points,
    alt=_alt,
    size=(8.4, 4.3),
    margins=(0.115, 0.825, 0.135, 0.895),
)
