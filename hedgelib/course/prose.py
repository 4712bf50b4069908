"""Words, tables and predictions in a lesson, with every number computed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display
from ipywidgets import Widget

from hedgelib._text import money_in_markdown
from hedgelib.errors import InvalidInput

__all__ = ["Prediction", "fold", "predict", "say", "view"]


def say(text: str) -> None:
    r"""Show a sentence whose numbers were computed, as Markdown.

    Parameters
    ----------
    text : str
        Markdown. A dollar sign before a digit is money; any other starts or ends a formula.

    Notes
    -----
    **Source:** :func:`hedgelib._text.money_in_markdown`.

    Examples
    --------
    >>> from hedgelib._text import usd
    >>> say(f"Alice loses **{usd(150)}**.")
    Alice loses **$150**.
    """
    display(_Words(text))  # type: ignore[no-untyped-call]


def fold(title: str, text: str) -> str:
    r"""Hide a text under a title until the reader opens it.

    Parameters
    ----------
    title : str
    text : str
        Markdown.

    Returns
    -------
    str
        Markdown with HTML in it, for :func:`say`.

    Examples
    --------
    >>> fold("Hint", "Look *twice*.")
    '<details><summary>Hint</summary>\n\nLook *twice*.\n\n</details>'
    """
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


class _Words:
    """Markdown in a notebook, the plain text elsewhere."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_markdown_(self) -> str:
        return money_in_markdown(self.text)

    def __repr__(self) -> str:
        return self.text


class Radios(anywidget.AnyWidget):
    """A question and the options of its answer."""

    _esm = "\n".join(
        (Path(__file__).parents[1] / name).read_text(encoding="utf-8")
        for name in ("show/page.js", "course/radios.js")
    )
    _css = (Path(__file__).parent / "radios.css").read_text(encoding="utf-8")
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    value = traitlets.Unicode(None, allow_none=True).tag(sync=True)


_RADIOS: dict[tuple[str, ...], Radios] = {}
"""The buttons of each question asked, by question and options: asked again, it keeps its guess.

The buttons and not the guess: the browser may still be sending what was chosen last.
"""


class Prediction:
    """A question the reader answers before the answer is shown: made by :func:`predict`."""

    def __init__(self, question: str, options: Mapping[str, str], answer: str) -> None:
        if answer not in options:
            raise InvalidInput(f"answer must be one of the options, got {answer!r}")
        self.question = question
        self.options = dict(options)
        self.answer = answer
        key = (question, *options)
        if key not in _RADIOS:
            _RADIOS[key] = Radios(question=question, options=list(options))
        self._radio = _RADIOS[key]

    @property
    def guess(self) -> str | None:
        """The chosen option, ``None`` before the first choice."""
        value: str | None = self._radio.value
        return value

    @guess.setter
    def guess(self, option: str | None) -> None:
        self._radio.value = option

    def reveal(self) -> None:
        """Show the answer, and the reason that fits the guess; without a guess only the answer."""
        if self.guess is None:
            say(f"The answer: **{self.answer}**. {self.options[self.answer]}")
        elif self.guess == self.answer:
            say(f"You said **{self.guess}**, which is right. {self.options[self.guess]}")
        else:
            say(
                f"You said **{self.guess}**. {self.options[self.guess]}\n\n"
                f"It is **{self.answer}**. {self.options[self.answer]}"
            )

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002 (the protocol's)
        exclude: object = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        text = "\n".join([self.question, "", *(f"- {option}" for option in self.options)])
        still = {
            "text/markdown": "**Before you go on.** " + money_in_markdown(text),
            "text/plain": text,
        }
        return {**view(self._radio), **still}


def view(widget: Widget) -> dict[str, Any]:
    """Return the part of a display bundle that shows a live widget."""
    live = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": live}


def predict(question: str, options: Mapping[str, str], *, answer: str) -> Prediction:
    """Ask for a guess before a result is shown.

    Parameters
    ----------
    question : str
        Plain text.
    options : mapping of str to str
        What can be chosen, and for each the reason why it is right or why one would think so.
    answer : str
        The option that is right.

    Returns
    -------
    Prediction
        Shows radio buttons where a kernel runs and a list where none does; call its ``reveal()`` in
        a later cell. Nothing waits for a guess. The same question, asked again by the same kernel,
        still has the guess that was made.

    Raises
    ------
    InvalidInput
        An answer that is none of the options.

    Examples
    --------
    >>> guess = predict("Who pays at a positive rate?",
    ...                 {"longs": "They pay the shorts.", "shorts": "They receive it."},
    ...                 answer="longs")
    >>> guess.guess = "shorts"
    >>> guess.reveal()
    You said **shorts**. They receive it.
    <BLANKLINE>
    It is **longs**. They pay the shorts.
    """
    return Prediction(question, options, answer)
