"""What ipywidgets leaves out for people who use the keyboard or a screen reader."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

__all__ = ["Accessible"]


class Accessible(anywidget.AnyWidget):
    """Put among the children of a ``VBox``: it shows nothing and mends the controls around it.

    A slider's handle gets the name of its row, radio buttons become a group that has the question
    for a name, and the keys that are pressed on a control reach it and not JupyterLab. Those that
    run a cell, such as Shift+Enter, do reach JupyterLab from a question, which keeps its guess.

    Parameters
    ----------
    question : str
        What radio buttons in the group answer; nothing where there are none.

    Notes
    -----
    **Source:** ARIA in HTML for the names; ``data-lm-suppress-shortcuts`` is the attribute by which
    Lumino, which JupyterLab is made of, leaves an element's keys alone.
    """

    _esm = Path(__file__).with_name("accessible.js")
    question = traitlets.Unicode("").tag(sync=True)
