"""The few things a section is made of. All of them hold plain text; only here it becomes HTML."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import fill
from typing import Literal, TypeAlias

from hedgelib._text import Table, printable, safe, safe_prose

__all__ = [
    "Block",
    "Facts",
    "Heading",
    "Points",
    "Section",
    "Story",
    "Table",
    "Text",
    "notes",
    "printable",
    "whole_page",
]

_WIDTH = 88
_TEMPLATES = Path(__file__).resolve().parent / "template"


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the whole, and a line under it."""

    text: str
    under: str = ""

    def _repr_html_(self) -> str:
        under = f"<p class='under'>{safe_prose(self.under)}</p>" if self.under else ""
        return f"<h1>{safe(self.text)}</h1>{under}"

    def __str__(self) -> str:
        return f"{printable(self.text)}\n{printable(self.under)}".rstrip()


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    kind: Literal["body", "lead", "note", "warning"] = "body"

    def _repr_html_(self) -> str:
        mark = "" if self.kind == "body" else f" class='{self.kind}'"
        return f"<p{mark}>{safe_prose(self.text)}</p>"

    def __str__(self) -> str:
        mark = "! " if self.kind == "warning" else ""
        return fill(mark + printable(self.text), _WIDTH, break_on_hyphens=False)


def notes(*texts: str) -> list[Block]:
    """Make paragraphs of small print; empty texts are left out."""
    return [Text(text, "note") for text in texts if text]


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: Sequence[str]

    def _repr_html_(self) -> str:
        return "<ul>" + "".join(f"<li>{safe_prose(item)}</li>" for item in self.items) + "</ul>"

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
            f"<div><dt>{safe(name)}</dt><dd><strong>{safe(value)}</strong>"
            f"<br><small>{safe_prose(note)}</small></dd></div>"
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
            f"<div><dt>{safe(name)}</dt><dd>"
            + "".join(f"<p>{safe_prose(text)}</p>" for text in texts)
            + "</dd></div>"
            for name, texts in self.items
        )
        return f"<dl class='story'>{told}</dl>"

    def __str__(self) -> str:
        return "\n\n".join(
            "\n".join([printable(name), *(str(Text(text)) for text in texts)])
            for name, texts in self.items
        )


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
        # On a narrow screen a table scrolls with its section, by keyboard as well.
        tables = [block for block in self.blocks if isinstance(block, Table)]
        name = safe(tables[0].caption or "Table") if tables else ""
        reach = f" tabindex='0' role='group' aria-label='{name}'" if tables else ""
        return f"<div class='{kind} tex2jax_ignore mathjax_ignore'{reach}>{body}</div>"

    def __repr__(self) -> str:
        return "\n\n".join(str(block) for block in self.blocks)


def whole_page(title: str, body: str, *, styles: tuple[str, ...], script: str = "") -> str:
    """Return a page that runs one script at most, and shows no pictures but its own."""
    style = "".join(_read(name) for name in styles)
    policy, code = "default-src 'none'; img-src data:; style-src 'unsafe-inline'", ""
    if script:
        code = _read(script)
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
        code = f"<script>{code}</script>\n"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(printable(title))}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n{code}</body>\n</html>\n"
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
