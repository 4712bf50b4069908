"""Controls that a kernel may hear of in two threads, and in another order than they were used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import ipywidgets

__all__ = ["Button", "Handle", "Number", "Options", "Turn", "Words"]


class Turn:
    """Held by whoever changes something, and what the button does that was pressed last.

    JupyterLab has buttons and other controls handled in two threads. A slider that is halfway
    through a key press when Reset puts it back would end elsewhere than its box and the picture,
    and what was chosen before Reset was pressed may be heard of after it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._pressed: tuple[datetime, Callable[[], None]] | None = None

    def __enter__(self) -> None:
        self._lock.__enter__()

    def __exit__(self, *_: object) -> None:
        self._lock.__exit__(None, None, None)

    def press(self, sent: datetime | None, action: Callable[[], None]) -> None:
        """Do what a button does.

        Parameters
        ----------
        sent : datetime, optional
            When it was pressed, by the browser's clock; none where no browser pressed it.
        action : callable
        """
        with self:
            if sent is not None:
                self._pressed = sent, action
            action()

    def moved(self, sent: datetime) -> None:
        """Undo what was done before the button was pressed, as the button did.

        Parameters
        ----------
        sent : datetime
            When it was done, by the browser's clock.
        """
        if self._pressed is not None and sent < self._pressed[0]:
            self._pressed[1]()


class _InTurn(ipywidgets.Widget):  # type: ignore[misc]
    """A control that takes in what the browser says only when it is its turn."""

    turn: Turn

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        with self.turn:
            super()._handle_msg(msg)
            self.turn.moved(msg["header"]["date"])


class Number(_InTurn, ipywidgets.FloatText):  # type: ignore[misc]
    """A number to type."""


class Words(_InTurn, ipywidgets.Text):  # type: ignore[misc]
    """Words to type."""


class Options(_InTurn, ipywidgets.Dropdown):  # type: ignore[misc]
    """Several things to choose from."""


class Handle(_InTurn, ipywidgets.FloatSlider):  # type: ignore[misc]
    """A slider that can be moved from here without an answer.

    In the browser a slider rounds what it is told and says so. Such an answer may arrive when the
    reader has gone on to something else, and would undo it.
    """

    value: float

    def put(self, value: float) -> None:
        """Move it.

        Parameters
        ----------
        value : float
        """
        if value == self.value:
            return
        # It answers only while it is to follow a drag, which is switched off in the same message.
        with self.hold_sync():
            self.continuous_update = False
            self.value = value
        self.continuous_update = True


class Button(ipywidgets.Button):  # type: ignore[misc]
    """A button that knows when it was pressed.

    Parameters
    ----------
    label : str
    turn : Turn
        Of the controls that it moves.
    action : callable
    """

    def __init__(self, label: str, turn: Turn, action: Callable[[], None]) -> None:
        super().__init__(description=label, tooltip=label, layout=ipywidgets.Layout(width="auto"))
        self._sent: datetime | None = None
        self.on_click(lambda _: turn.press(self._sent, action))

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._sent = msg["header"]["date"]
        super()._handle_msg(msg)
