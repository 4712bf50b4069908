"""Something to move, and what follows from it: sliders beside a picture, a table and a sentence.

An explorer is given a function from the values of its controls to a result, and a picture of such
results. It knows nothing of what they mean.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, Protocol

import ipywidgets

from hedgelib._canvas import SCREEN_DPI
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.figures import Canvas, Picture, show
from hedgelib.workbook.accessible import Accessible
from hedgelib.workbook.controls import Button, Handle, Number, Options, Turn
from hedgelib.workbook.prose import view

__all__ = ["Choice", "Explorer", "Slider"]

_LABEL = "160px"


class Result(Protocol):
    """What an explorer shows: something with a table."""

    def _repr_html_(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """A number to move, with a box to type it into.

    Parameters
    ----------
    name : str
        Of the argument that it sets.
    label : str
        With the unit, for the person who moves it.
    start : float
    low, high, step : float
        Of the slider; the box takes any number.
    scale : float
        What one unit of the slider is to the function: 0.01 where the slider shows percent.
    """

    name: str
    label: str
    start: float
    low: float
    high: float
    step: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not self.low <= self.start <= self.high or self.step <= 0:
            raise InvalidInput(
                f"{self.name}: start must be between low and high and step > 0, "
                f"got {self.start:g} in {self.low:g} to {self.high:g} by {self.step:g}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several things to choose.

    Parameters
    ----------
    name : str
        Of the argument that it sets.
    label : str
    options : mapping of str to object
        What is shown, and what the function gets.
    start : str
        The option chosen at first.
    """

    name: str
    label: str
    options: Mapping[str, Any]
    start: str

    def __post_init__(self) -> None:
        if self.start not in self.options:
            raise InvalidInput(f"{self.name}: start must be an option, got {self.start!r}")


class _SliderRow:
    """A number box and a slider that never contradict each other.

    The box is the truth. The slider stands at its nearest step, at its end for a number beyond,
    and the number stays what was typed. Whichever is moved leads, and is never written to itself:
    a message that came back late would throw it back.
    """

    def __init__(self, control: Slider, changed: Callable[[], None], turn: Turn) -> None:
        self.control = control
        self._changed = changed
        self._turn = turn
        self._leader: object = None
        self.box = Number(
            value=control.start,
            step=control.step,
            description=control.label,
            style={"description_width": _LABEL},
            layout=ipywidgets.Layout(width="280px", flex="0 0 auto"),
        )
        self.slider = Handle(
            value=self._place(control.start),
            min=control.low,
            max=control.high,
            step=control.step,
            readout=False,
            layout=ipywidgets.Layout(flex="1 1 auto", width="auto", min_width="160px"),
        )
        self.box.turn = self.slider.turn = turn
        self.box.observe(self._box_moved, "value")
        self.slider.observe(self._slider_moved, "value")
        self.widget = ipywidgets.HBox([self.box, self.slider])

    @property
    def value(self) -> float:
        return float(self.box.value) * self.control.scale

    def put(self, value: float) -> None:
        self.box.value = _tidy(value / self.control.scale)

    def start(self) -> None:
        self.box.value = self.control.start

    def _place(self, value: float) -> float:
        """Where the slider stands for a number."""
        low, high, step = self.control.low, self.control.high, self.control.step
        if value >= high:
            return high
        return _tidy(min(max(low, low + round((value - low) / step) * step), high))

    def _box_moved(self, _: object) -> None:
        with self._turn:
            if self._leader is None and math.isfinite(self.box.value):
                self._leader = self.box
                try:
                    self.slider.put(self._place(self.box.value))
                finally:
                    self._leader = None
            self._changed()

    def _slider_moved(self, change: Mapping[str, float]) -> None:
        with self._turn:
            place = self._place(change["new"])
            # A slider also says where it stands when it is first shown.
            if self._leader is not None or place == self._place(change["old"]):
                return
            self._leader = self.slider
            try:
                self.box.value = place
            finally:
                self._leader = None


def _tidy(value: float) -> float:
    """Take off what binary fractions leave: 0.23 for 0.22999999999999998."""
    return float(f"{value:.12g}")


class _ChoiceRow:
    """A list to choose from."""

    def __init__(self, control: Choice, changed: Callable[[], None], turn: Turn) -> None:
        self.control = control
        self.box = Options(
            options=list(control.options),
            value=control.start,
            description=control.label,
            style={"description_width": _LABEL},
            layout=ipywidgets.Layout(width="470px"),
        )
        self.box.turn = turn
        self.box.observe(lambda _: changed(), "value")
        self.widget = self.box

    @property
    def value(self) -> Any:
        return self.control.options[self.box.value]

    def put(self, value: Any) -> None:
        for label, meant in self.control.options.items():
            if meant == value:
                self.box.value = label
                return
        raise InvalidInput(
            f"{self.control.name} must be one of "
            f"{', '.join(map(repr, self.control.options.values()))}, got {value!r}"
        )

    def start(self) -> None:
        self.box.value = self.control.start


class Explorer:
    """Controls, and a picture, a sentence and a table that follow them.

    Parameters
    ----------
    picture : Picture
        Of the results of `compute`; its alt text is the sentence.
    compute : callable
        Takes the values of the controls under their names and returns a result with a
        ``_repr_html_`` table. A :class:`hedgelib.HedgeError` that it raises is shown as text.
    *controls : Slider or Choice
    presets : mapping of str to mapping, optional
        Buttons: each label with the values it sets.

    Raises
    ------
    InvalidInput
        Two controls of one name, or a preset that sets what no control has.

    Notes
    -----
    **Source:** none. Where a kernel runs the live controls are shown; anywhere else, a code host or
    an exported page, the picture as it stood when the cell was run.

    Examples
    --------
    >>> from hedgelib import ContractTerms, plan_hedge
    >>> from hedgelib.figures import PNL_AT_MOVE, study_move
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> explorer = Explorer(PNL_AT_MOVE, lambda move: study_move(plan, move),
    ...                     Slider(name="move", label="Move of ETH (%)", start=-15, low=-60,
    ...                            high=120, step=1, scale=0.01))
    >>> explorer.set(move=0.15)
    >>> explorer.result.rows()[1]
    ('Altcoins', '+$7,500')
    """

    def __init__(
        self,
        picture: Picture[Any],
        compute: Callable[..., Result],
        *controls: Slider | Choice,
        presets: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._picture = picture
        self._compute = compute
        self._turn = Turn()
        self._held = True
        self._rows: dict[str, _SliderRow | _ChoiceRow] = {}
        for control in controls:
            if control.name in self._rows:
                raise InvalidInput(f"two controls have the name {control.name!r}")
            self._rows[control.name] = (
                _SliderRow(control, self._changed, self._turn)
                if isinstance(control, Slider)
                else _ChoiceRow(control, self._changed, self._turn)
            )
        self.result: Any = None
        self.problem = ""
        self._png = b""
        self._canvas = Canvas(picture)
        width, height = (round(inches * SCREEN_DPI) for inches in picture.size)
        self._image = ipywidgets.Image(
            format="url",
            layout=ipywidgets.Layout(
                width=f"{width}px", max_width="100%", object_fit="contain", min_height=f"{height}px"
            ),
        )
        self._words = ipywidgets.HTML()
        self.widget = ipywidgets.VBox(
            [
                *(row.widget for row in self._rows.values()),
                ipywidgets.HBox(self._buttons(presets or {})),
                self._image,
                self._words,
                Accessible(),
            ],
            layout=ipywidgets.Layout(max_width="900px"),
        )
        self._held = False
        self._changed()

    def _buttons(self, presets: Mapping[str, Mapping[str, Any]]) -> list[ipywidgets.Button]:
        buttons = []
        for label, values in presets.items():
            self._known(values)
            buttons.append(Button(label, self._turn, partial(self.set, **values)))
        return [*buttons, Button("Reset", self._turn, self.reset)]

    def _known(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self._rows:
                raise InvalidInput(f"no control {name!r}; there are {', '.join(self._rows)}")

    @property
    def state(self) -> dict[str, Any]:
        """The values of the controls, as `compute` gets them."""
        return {name: row.value for name, row in self._rows.items()}

    @property
    def sentence(self) -> str:
        """What is shown, in words."""
        return self.problem or self._picture.alt(self.result)

    @property
    def png(self) -> bytes:
        """The live picture."""
        return self._png

    @property
    def html(self) -> str:
        """The sentence and the table below the live picture."""
        value: str = self._words.value
        return value

    def set(self, **values: Any) -> None:
        """Move controls; everything follows once.

        Parameters
        ----------
        **values : object
            As `compute` gets them.

        Raises
        ------
        InvalidInput
            A name that no control has.
        """
        self._known(values)
        self._together(lambda: [self._rows[name].put(value) for name, value in values.items()])

    def reset(self) -> None:
        """Put every control back to its start."""
        self._together(lambda: [row.start() for row in self._rows.values()])

    def _together(self, action: Callable[[], object]) -> None:
        with self._turn:
            self._held = True
            try:
                action()
            finally:
                self._held = False
            self._changed()

    def _changed(self) -> None:
        with self._turn:
            if not self._held:
                self._follow()

    def _follow(self) -> None:
        """Show the picture, then the words; neither may be left from before.

        The words would be laid out by the browser just when it needs its time for the picture.
        """
        try:
            self.result, self.problem = self._compute(**self.state), ""
            table = self.result._repr_html_()
            self._draw(self._canvas.show(self.result))
            self._tell(table)
        except (HedgeError, ArithmeticError) as error:
            self._refuse(f"This cannot be: {error}.")
        except Exception as error:
            self._refuse(f"An error that should not be: {error!r}.")
            raise

    def _refuse(self, problem: str) -> None:
        self.result, self.problem = None, problem
        self._tell("")
        self._canvas.refuse("No picture; the reason stands below")
        self._draw(self._canvas.png())

    def _tell(self, table: str) -> None:
        # Announced by screen readers as it changes.
        self._words.value = (
            f'<div style="line-height:1.5"><output role="status" aria-live="polite">'
            f"{escape(self.sentence)}</output>{table}</div>"
        )

    def _draw(self, png: bytes) -> None:
        # As an address that holds the picture: a browser shows it in the place of the one before
        # without fetching anything, and so without a gap.
        self._png = png
        self._image.value = b"data:image/png;base64," + base64.b64encode(png)

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002 (the protocol's)
        exclude: object = None,  # noqa: ARG002
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if self.result is None:
            return {**view(self.widget), "text/plain": self.sentence}, {}
        data, metadata = show(self._picture, self.result).bundle()
        return {**view(self.widget), **data}, metadata
