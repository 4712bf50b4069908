"""A list to look things up in: drop-downs, a box for words, and what they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets

from hedgelib._text import Table
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
        For each drop-down by name: its label, its options (what is shown, and what `find` gets),
        and the option chosen at first.
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
            placeholder="every word must occur",
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
        chosen = {name: self._options[name][box.value] for name, box in self._boxes.items()}
        self.rows = list(self._find(**chosen, words=self._words.value))
        # Announced by screen readers as it changes; the table is for reading at leisure.
        told = f'<output role="status" aria-live="polite">{self.sentence}</output>'
        self._page.value = f"{_STYLE}{told}{self._table()}"

    def _table(self) -> str:
        if not self.rows:
            return ""
        return f'<div class="found">{Table(self._head, self.rows).html()}</div>'

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
        text = f"{', '.join(shown)}: {self.sentence}"
        page = f'{_STYLE}<p class="mathjax_ignore">{escape(text)}</p>{self._table()}'
        return {**view(self.widget), "text/html": page, "text/plain": text}


def find_claims() -> Finder:
    """Look up claims by verdict, part of the article and words.

    Returns
    -------
    Finder
        Shows the wrong ones at first.

    Notes
    -----
    **Source:** :func:`hedgelib.workbook.claims.claims`.

    Examples
    --------
    >>> find_claims().sentence
    '37 of 132 claims.'
    """
    wrong = f"{MARKS['wrong']} wrong"
    return Finder(
        lambda **wanted: [found.row for found in claims(**wanted)],
        ("", "the article says", "verdict", "why", "lesson"),
        {
            "verdict": (
                "Verdict",
                {"all": None} | {f"{MARKS[name]} {name}": name for name in VERDICTS},
                wrong,
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
        Shows those of contracts and prices at first.

    Notes
    -----
    **Source:** :func:`hedgelib.workbook.glossary.terms`.

    Examples
    --------
    >>> finder = find_terms()
    >>> finder.set(field=None, words="harmonic")
    >>> [row[0] for row in finder.rows]
    ['average entry']
    """
    return Finder(
        lambda **wanted: [found.row for found in terms(**wanted)],
        ("term", "textbook's word", "in the code", "unit", "meaning", "lesson"),
        {
            "field": (
                "Field",
                {"all": None} | {title: name for name, title in FIELDS.items()},
                FIELDS["contracts"],
            )
        },
        noun=("term", "terms"),
        total=len(TERMS),
    )
