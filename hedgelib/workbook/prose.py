"""Words, tables and predictions in a lesson, with every number computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets
from IPython.display import display

from hedgelib._text import html_table, money_in_markdown
from hedgelib.errors import InvalidInput
from hedgelib.workbook.accessible import Accessible

__all__ = ["Prediction", "Table", "fold", "predict", "say", "table"]


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
    r"""Fold a text up under a title until the reader opens it.

    Parameters
    ----------
    title : str
    text : str
        Markdown.

    Returns
    -------
    str
        Markdown with HTML in it, for :func:`say`.

    Notes
    -----
    **Source:** none.

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


class Table:
    """A table of words and numbers: made by :func:`table`."""

    def __init__(self, rows: Iterable[Sequence[str]], head: Sequence[str], caption: str) -> None:
        self.rows = [tuple(row) for row in rows]
        self.head = tuple(head)
        self.caption = caption
        if len({len(row) for row in [*self.rows, *([self.head] if head else [])]}) > 1:
            raise InvalidInput("every row of a table, and its head, must be of one length")

    def _repr_html_(self) -> str:
        return html_table(self.rows, self.head, caption=self.caption)

    def __repr__(self) -> str:
        lines = [self.head, *self.rows] if self.head else self.rows
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        text = [
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *text] if self.caption else text)


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = (), *, caption: str = "") -> Table:
    """Lay out words and numbers; the first column names the rows.

    Parameters
    ----------
    rows : iterable of sequences of str
        All of one length; nothing in them is read as HTML.
    head : sequence of str
        Column headings; none when empty.
    caption : str
        Above the table.

    Returns
    -------
    Table
        Shows as HTML in a notebook and as text in a terminal.

    Raises
    ------
    InvalidInput
        Rows of different lengths.

    Notes
    -----
    **Source:** none.

    Examples
    --------
    >>> table([["altcoins", "−$7,500"], ["short", "+$7,350"]], ["part", "USD"])
    part          USD
    altcoins  −$7,500
    short     +$7,350
    """
    return Table(rows, head, caption)


_RADIOS: dict[tuple[str, ...], ipywidgets.RadioButtons] = {}
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
        self._radio = _RADIOS.setdefault(
            (question, *options),
            ipywidgets.RadioButtons(
                options=list(options), value=None, layout=ipywidgets.Layout(width="auto")
            ),
        )
        words = f'<p style="line-height:1.5"><b>Before you go on.</b> {escape(question)}</p>'
        self.widget = ipywidgets.VBox(
            [ipywidgets.HTML(words), self._radio, Accessible(question=question)]
        )

    @property
    def guess(self) -> str | None:
        """The option chosen, ``None`` before any is."""
        value: str | None = self._radio.value
        return value

    @guess.setter
    def guess(self, option: str | None) -> None:
        self._radio.value = option

    def reveal(self) -> None:
        """Show the answer, and the reason that fits the guess; without a guess just the answer."""
        if self.guess is None:
            say(f"The answer: **{self.answer}**. {self.options[self.answer]}")
        elif self.guess == self.answer:
            say(f"You said **{self.guess}**, and so it is. {self.options[self.guess]}")
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
        return {**view(self.widget), **still}


def view(widget: ipywidgets.Widget) -> dict[str, Any]:
    """Return the part of a display bundle that shows a live widget.

    Parameters
    ----------
    widget : ipywidgets.Widget

    Returns
    -------
    dict
    """
    bundle = widget._repr_mimebundle_()
    data: dict[str, Any] = bundle[0] if isinstance(bundle, tuple) else bundle
    return {name: value for name, value in data.items() if "widget-view" in name}


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

    Notes
    -----
    **Source:** none.

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
