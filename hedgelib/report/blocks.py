"""The few things a section is made of. All of them hold plain text; only here it becomes HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from textwrap import fill
from typing import Literal, TypeAlias

__all__ = [
    "Block",
    "Facts",
    "Heading",
    "Points",
    "Section",
    "Story",
    "Table",
    "Text",
    "printable",
]

_WIDTH = 88
_LEFT = "text-align:left"
_RIGHT = "text-align:right"
_WHOLE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|[+−]\$\d+(?:,\d{3})*(?:\.\d+)?", re.ASCII)


def printable(text: str) -> str:
    """Replace what no page or terminal should be sent: controls, marks of direction, surrogates."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def _safe(text: str) -> str:
    return escape(printable(text))


def _prose(text: str) -> str:
    # A browser breaks lines at the hyphens of a date, and between a sign and a dollar.
    return _WHOLE.sub(r"<span style='white-space:nowrap'>\g<0></span>", _safe(text))


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the whole, and a line under it."""

    text: str
    under: str = ""

    def _repr_html_(self) -> str:
        under = f"<p class='under'>{_prose(self.under)}</p>" if self.under else ""
        return f"<h1>{_safe(self.text)}</h1>{under}"

    def __str__(self) -> str:
        return f"{printable(self.text)}\n{printable(self.under)}".rstrip()


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    kind: Literal["body", "lead", "note", "warning"] = "body"

    def _repr_html_(self) -> str:
        mark = "" if self.kind == "body" else f" class='{self.kind}'"
        return f"<p{mark}>{_prose(self.text)}</p>"

    def __str__(self) -> str:
        mark = "! " if self.kind == "warning" else ""
        return fill(mark + printable(self.text), _WIDTH, break_on_hyphens=False)


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: Sequence[str]

    def _repr_html_(self) -> str:
        return "<ul>" + "".join(f"<li>{_prose(item)}</li>" for item in self.items) + "</ul>"

    def __str__(self) -> str:
        return "\n".join(
            fill(
                printable(item),
                _WIDTH,
                initial_indent="- ",
                subsequent_indent="  ",
                break_on_hyphens=False,
            )
            for item in self.items
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """The few figures to see first: what, how much, and a word on it."""

    items: Sequence[tuple[str, str, str]]

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<div><dt>{_safe(name)}</dt><dd><strong>{_safe(value)}</strong>"
            f"<br><small>{_prose(note)}</small></dd></div>"
            for name, value, note in self.items
        )
        return f"<dl class='facts'>{cells}</dl>"

    def __str__(self) -> str:
        wide = max((len(name) for name, _, _ in self.items), default=0)
        return "\n".join(
            f"{printable(name):<{wide}}  {printable(value)} ({printable(note)})"
            for name, value, note in self.items
        )


@dataclass(frozen=True, slots=True)
class Story:
    """Paragraphs, each list of them under a name."""

    items: Sequence[tuple[str, Sequence[str]]]

    def _repr_html_(self) -> str:
        told = "".join(
            f"<div><dt>{_safe(name)}</dt><dd>"
            + "".join(f"<p>{_prose(text)}</p>" for text in texts)
            + "</dd></div>"
            for name, texts in self.items
        )
        return f"<dl class='story'>{told}</dl>"

    def __str__(self) -> str:
        return "\n\n".join(
            "\n".join([printable(name), *(str(Text(text)) for text in texts)])
            for name, texts in self.items
        )


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text; `align` has an ``l`` or an ``r`` for each column."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: str
    caption: str
    marked: Sequence[int] = ()
    """Rows to set off."""
    kind: str = field(default="")
    """A class of its own for the style sheet."""

    def _repr_html_(self) -> str:
        style = [_LEFT if side == "l" else _RIGHT for side in self.align]
        head = "".join(
            f"<th scope='col' style='{s}'>{_safe(name)}</th>"
            for name, s in zip(self.head, style, strict=True)
        )
        body = ""
        for number, row in enumerate(self.rows):
            cells = "".join(
                f"<th scope='row' style='{s}'>{_prose(cell)}</th>"
                if column == 0
                else f"<td style='{s}'>{_prose(cell)}</td>"
                for column, (cell, s) in enumerate(zip(row, style, strict=True))
            )
            body += f"<tr{' class=marked' if number in self.marked else ''}>{cells}</tr>"
        if any(self.head):
            body = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        return (
            f"<table class='{self.kind or 'plain'}'>"
            f"<caption style='{_LEFT}'>{_safe(self.caption)}</caption>{body}</table>"
        )

    def __str__(self) -> str:
        rows = [[printable(cell) for cell in row] for row in (self.head, *self.rows)]
        wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(w) if side == "l" else cell.rjust(w)
                for cell, w, side in zip(row, wide, self.align, strict=True)
            ).rstrip()
            for row in rows
        ]
        rule = ["-" * max(map(len, lines))]
        top = [lines[0], *rule] if any(self.head) else rule
        return "\n".join([printable(self.caption), *top, *lines[1:]])


Block: TypeAlias = Heading | Text | Points | Facts | Story | Table


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """A part of a report: shows itself in a notebook, and as text in a terminal."""

    blocks: Sequence[Block]
    kind: str = ""
    """A class of its own for the style sheet."""

    def _repr_html_(self) -> str:
        # JupyterLab would set what stands between two dollar signs as mathematics.
        body = "".join(block._repr_html_() for block in self.blocks)
        kind = f"hedge-report {self.kind}".strip()
        return f"<div class='{kind} tex2jax_ignore mathjax_ignore'>{body}</div>"

    def __repr__(self) -> str:
        return "\n\n".join(str(block) for block in self.blocks)
