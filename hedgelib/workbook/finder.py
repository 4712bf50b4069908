"""A list to look things up in: drop-downs, a box for words, and what they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets

from hedgelib._text import html_table
from hedgelib.errors import InvalidInput
from hedgelib.workbook.claims import CLAIMS, GROUPS, MARKS, VERDICTS, claims
from hedgelib.workbook.controls import Button, Options, Turn, Words
from hedgelib.workbook.glossary import FIELDS, TERMS, terms
from hedgelib.workbook.prose import view

__all__ = ["Finder", "find_claims", "find_terms"]

_STYLE = (
    "<style>.found td, .found th { text-align: left !important; vertical-align: top; "
    "white-space: normal; line-height: 1.4; padding: 3px 10px 3px 0 }</style>"
)


class Finder:
    """Drop-downs and a box for words above the rows that they leave.

    Parameters
    ----------
    find : callable
        Takes the values of the drop-downs under their names and ``words``; returns rows.
    head : sequence of str
        Column headings.
    choices : mapping of str to tuple
        For each drop-down by name: its label, its options (what is shown, and what `find` gets;
        ``None`` is all), and the option chosen at first.
    noun : tuple of str
        One of the things, and several.
    total : int
        How many there are.

    Raises
    ------
    InvalidInput
        A start that is none of the options.

    Notes
    -----
    **Source:** none. Where no kernel runs, the rows as they stood when the cell was run are shown.

    Examples
    --------
    >>> finder = find_claims()
    >>> finder.set(verdict="wrong", words="funding")
    >>> finder.sentence
    '9 of 132 claims.'
    """

    def __init__(
        self,
        find: Callable[..., Sequence[Sequence[str]]],
        head: Sequence[str],
        choices: Mapping[str, tuple[str, Mapping[str, Any], str]],
        *,
        noun: tuple[str, str],
        total: int,
    ) -> None:
        self._find = find
        self._head = tuple(head)
        self._noun, self._total = noun, total
        self._options = {name: dict(options) for name, (_, options, _) in choices.items()}
        self._start = {name: start for name, (_, _, start) in choices.items()}
        for name, start in self._start.items():
            if start not in self._options[name]:
                raise InvalidInput(f"{name}: start must be an option, got {start!r}")
        wide = {"style": {"description_width": "90px"}}
        self._boxes: dict[str, Any] = {
            name: Options(
                options=list(options),
                value=start,
                description=label,
                layout=ipywidgets.Layout(width="470px"),
                **wide,
            )
            for name, (label, options, start) in choices.items()
        }
        self._words = Words(
            description="Words",
            placeholder="each must occur, in any form",
            continuous_update=True,
            layout=ipywidgets.Layout(width="470px"),
            **wide,
        )
        self._turn = Turn()
        reset = Button("Reset", self._turn, self.reset)
        self._page = ipywidgets.HTML()
        self._held = False
        for box in [*self._boxes.values(), self._words]:
            box.turn = self._turn
            box.observe(self._changed, "value")
        self.rows: list[Sequence[str]] = []
        self.widget = ipywidgets.VBox(
            [*self._boxes.values(), self._words, ipywidgets.HBox([reset]), self._page],
            layout=ipywidgets.Layout(max_width="1000px"),
        )
        self._changed()

    @property
    def sentence(self) -> str:
        """How many were found."""
        noun = self._noun[self._total != 1]
        return f"{len(self.rows)} of {self._total} {noun}."

    @property
    def elsewhere(self) -> str:
        """Where the words do occur, when the choices leave nothing; empty when they do not."""
        if self.rows:
            return ""
        chosen, words = self._chosen, self._words.value
        counts = []
        for name, options in self._options.items():
            if chosen[name] is None:
                continue
            for label, value in options.items():
                found = self._find(**(chosen | {name: value}), words=words)
                if value is not None and found:
                    counts.append(f"{label} ({len(found)})")
        if not counts and (found := self._find(**dict.fromkeys(chosen), words=words)):
            counts.append(f"all ({len(found)})")
        return f" There are some in: {', '.join(counts)}." if counts else ""

    @property
    def html(self) -> str:
        """What stands below the controls."""
        value: str = self._page.value
        return value

    def set(self, *, words: str | None = None, **choices: Any) -> None:
        """Move the controls; the rows follow once.

        Parameters
        ----------
        words : str, optional
            For the box; it stays as it is when omitted.
        **choices : object
            For each drop-down the value that `find` is to get.

        Raises
        ------
        InvalidInput
            A drop-down that there is not, or a value that it does not have.
        """
        labels = {}
        for name, value in choices.items():
            known = self._options.get(name, {})
            found = [label for label, meant in known.items() if meant == value]
            if not found:
                raise InvalidInput(f"no choice {value!r} for {name!r}")
            labels[name] = found[0]
        self._move(labels, self._words.value if words is None else words)

    def reset(self) -> None:
        """Put every control back to its start."""
        self._move(self._start, "")

    def _move(self, labels: Mapping[str, str], words: str) -> None:
        with self._turn:
            self._held = True
            try:
                for name, label in labels.items():
                    self._boxes[name].value = label
                self._words.value = words
            finally:
                self._held = False
            self._changed()

    def _changed(self, _: object = None) -> None:
        if self._held:
            return
        self.rows = list(self._find(**self._chosen, words=self._words.value))
        # Announced by screen readers as it changes; the table is for reading at leisure.
        said = escape(self.sentence + self.elsewhere)
        told = f'<output role="status" aria-live="polite">{said}</output>'
        self._page.value = f"{_STYLE}{told}{self._table()}"

    @property
    def _chosen(self) -> dict[str, Any]:
        return {name: self._options[name][box.value] for name, box in self._boxes.items()}

    def _table(self) -> str:
        if not self.rows:
            return ""
        return f'<div class="found">{html_table(self.rows, self._head)}</div>'

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002 (the protocol's)
        exclude: object = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        shown = [
            f"{label} {value}"
            for label, value in (
                *((box.description, box.value) for box in self._boxes.values()),
                ("Words", self._words.value),
            )
            if value
        ]
        text = f"{', '.join(shown)}: {self.sentence}{self.elsewhere}"
        page = f'{_STYLE}<p class="mathjax_ignore">{escape(text)}</p>{self._table()}'
        return {**view(self.widget), "text/html": page, "text/plain": text}


def find_claims() -> Finder:
    """Look up claims by verdict, part of the article and words.

    Returns
    -------
    Finder
        Shows all of them at first.

    Notes
    -----
    **Source:** :func:`hedgelib.workbook.claims.claims`.

    Examples
    --------
    >>> find_claims().sentence
    '132 of 132 claims.'
    """
    return Finder(
        lambda **wanted: [found.row for found in claims(**wanted)],
        ("", "the article says", "verdict", "why", "lesson"),
        {
            "verdict": (
                "Verdict",
                {"all": None} | {f"{MARKS[name]} {name}": name for name in VERDICTS},
                "all",
            ),
            "group": (
                "Part",
                {"all": None} | {title: name for name, title in GROUPS.items()},
                "all",
            ),
        },
        noun=("claim", "claims"),
        total=len(CLAIMS),
    )


def find_terms() -> Finder:
    """Look up terms by field and words.

    Returns
    -------
    Finder
        Shows all of them at first.

    Notes
    -----
    **Source:** :func:`hedgelib.workbook.glossary.terms`.

    Examples
    --------
    >>> finder = find_terms()
    >>> finder.set(words="harmonic")
    >>> [row[0] for row in finder.rows]
    ['average entry']
    >>> finder.set(field="carry", words="haircut")
    >>> finder.sentence + finder.elsewhere
    '0 of 85 terms. There are some in: Margin and liquidation (2).'
    """
    return Finder(
        lambda **wanted: [found.row for found in terms(**wanted)],
        ("term", "textbook's word", "in the code", "unit", "meaning", "lesson"),
        {
            "field": (
                "Field",
                {"all": None} | {title: name for name, title in FIELDS.items()},
                "all",
            )
        },
        noun=("term", "terms"),
        total=len(TERMS),
    )
