"""Numbers and small tables as people read them, safe to show in a notebook.

JupyterLab takes two dollar signs in one element for mathematics, in HTML and in Markdown, and an
escaping backslash does not help; so money goes into a page through here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from math import inf
from typing import Any

from hedgelib.errors import InvalidInput

__all__ = [
    "Table",
    "money_in_markdown",
    "percent",
    "printable",
    "safe",
    "safe_prose",
    "spreadsheet_text",
    "usd",
]

_MOST_WRITTEN_OUT = 1e15
_WHOLE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|[+−]\$\d+(?:,\d{3})*(?:\.\d+)?|--[a-z]+(?:-[a-z]+)*", re.ASCII
)
_MONEY = re.compile(r"\$(?=[+−-]?\d)")
_MINUS_OF_MONEY = re.compile(r"−(?=<span>&#36;)")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")


def usd(amount: float, *, signed: bool = False, cents: bool = False) -> str:
    """Write an amount of dollars; the sign goes before the dollar, and nothing rounds to "−$0".

    Infinity is written as such, and from 1e15 on four digits: a float has no cents there.

    Examples
    --------
    >>> usd(-7350), usd(150.2, signed=True), usd(-1e-9), usd(2975, cents=True), usd(2e300)
    ('−$7,350', '+$150', '$0', '$2,975.00', '$2e+300')
    """
    text = f"{abs(amount):,.{2 if cents else 0}f}"
    if _MOST_WRITTEN_OUT <= abs(amount) < inf:
        text = f"{abs(amount):.4g}"
    if not any(digit in text for digit in "123456789") and text != "inf":
        return f"${text}"
    sign = "−" if amount < 0 else "+" if signed else ""
    return f"{sign}${text}"


def percent(share: float, *, digits: int = 0, signed: bool = False) -> str:
    """Write a decimal as a percentage.

    Examples
    --------
    >>> percent(-0.15), percent(0.9701, signed=True), percent(0.005, digits=1)
    ('−15%', '+97%', '0.5%')
    """
    text = f"{abs(share):,.{digits}%}"
    if _MOST_WRITTEN_OUT <= abs(share) < inf:
        text = f"{min(abs(share), 1e300) * 100:.4g}%"
    if not any(digit in text for digit in "123456789") and text != "inf%":
        return text
    return ("−" if share < 0 else "+" if signed else "") + text


def contracts(count: float) -> str:
    """Write a number of contracts, unsigned: "1 contract", "1,234 contracts"."""
    return f"{abs(count):,.10g} contract{'' if abs(count) == 1 else 's'}"


def money_in_markdown(text: str) -> str:
    r"""Make dollar amounts in Markdown stay amounts, and leave formulas alone.

    JupyterLab 4.6 renders ``\$5 and \$6`` as a formula; an entity in an element of its own is left
    alone by every renderer tried. A dollar sign before a digit is money. A minus stays on its line.

    Examples
    --------
    >>> money_in_markdown(r"lost $150, with $\beta = 1$")
    'lost <span>&#36;</span>150, with $\\beta = 1$'
    >>> money_in_markdown("−$4,397")
    '−&#8288;<span>&#36;</span>4,397'
    """
    return _MINUS_OF_MONEY.sub("−&#8288;", _MONEY.sub("<span>&#36;</span>", text))


_JOINERS, _HARD_SPACE = "\u200c\u200d", "\u00a0"


def printable(text: str) -> str:
    """Replace what no page or terminal should be sent: controls, marks of direction, surrogates.

    Joiners, with which Persian and emoji are written, stay; a hard space becomes a space.
    """
    return "".join(
        character
        if character.isprintable() or character in _JOINERS
        else " "
        if character == _HARD_SPACE
        else ascii(character)[1:-1]
        for character in text
    )


def spreadsheet_text(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula (OWASP, CSV injection).

    Only text is treated so; a number may begin with a minus.
    """
    text = printable(text)
    return f"'{text}" if text.lstrip().startswith(_STARTS_A_FORMULA) else text


def safe(text: str) -> str:
    """Write any text as HTML."""
    return escape(printable(text))


def safe_prose(text: str) -> str:
    """Write any text as HTML in which no date, signed amount or option is broken."""
    return _WHOLE.sub(r"<span style='white-space:nowrap'>\g<0></span>", safe(text))


class Table:
    """Rows of words and numbers, the first column naming the rows.

    `align` has an ``l`` or an ``r`` for each column, the first to the left and the others to the
    right when empty; `marked` are rows to set off, and `kind` is a class for a style sheet. Cells
    of the kind "cards" carry their headings, for a screen too narrow for columns.

    Examples
    --------
    >>> Table(["part", "USD"], [["altcoins", "−$7,500"], ["short", "+$7,350"]])
    part          USD
    altcoins  −$7,500
    short     +$7,350
    """

    __slots__ = ("align", "caption", "head", "kind", "marked", "rows")

    def __init__(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        align: str = "",
        caption: str = "",
        *,
        marked: Sequence[int] = (),
        kind: str = "plain",
    ) -> None:
        self.rows = tuple(tuple(row) for row in rows)
        self.head = tuple(head)
        self.caption = caption
        self.align = align or "l" + "r" * (len(self.head) - 1)
        self.marked = frozenset(marked)
        self.kind = kind
        if not all(self.head) or not self.head:
            raise InvalidInput("every column of a table needs a heading")
        if any(len(row) != len(self.head) for row in (*self.rows, self.align)):
            raise InvalidInput("every row of a table must have one cell for each heading")

    def data(self) -> dict[str, Any]:
        """Return the table as lists of strings."""
        return {
            "caption": self.caption,
            "head": list(self.head),
            "align": self.align,
            "rows": [*map(list, self.rows)],
        }

    def html(self) -> str:
        """Write the table as HTML."""
        sides = ["text-align:" + {"l": "left", "r": "right"}[side] for side in self.align]
        # The class keeps MathJax from reading dollar signs as formulas.
        parts = [f"<table class='{self.kind} mathjax_ignore'>"]
        if self.caption:
            parts.append(f"<caption style='text-align:left'>{safe_prose(self.caption)}</caption>")
        head = "".join(
            f"<th scope='col' style='{side}'>{safe(cell)}</th>"
            for cell, side in zip(self.head, sides, strict=True)
        )
        parts.append(f"<thead><tr>{head}</tr></thead><tbody>")
        cards = "cards" in self.kind.split()
        labels = [f" data-label='{safe(name)}: '" if cards else "" for name in self.head]
        for number, row in enumerate(self.rows):
            cells = "".join(
                f"<td{label} style='{side}'>{safe_prose(cell)}</td>"
                if column
                else f"<th scope='row'{label} style='{side}'>{safe_prose(cell)}</th>"
                for column, (cell, side, label) in enumerate(zip(row, sides, labels, strict=True))
            )
            parts.append(f"<tr{' class=marked' if number in self.marked else ''}>{cells}</tr>")
        return "".join(parts) + "</tbody></table>"

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        lines = [[printable(cell) for cell in line] for line in (self.head, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join(
                cell.ljust(width) if side == "l" else cell.rjust(width)
                for cell, width, side in zip(line, widths, self.align, strict=True)
            ).rstrip()
            for line in lines
        ]
        return "\n".join([printable(self.caption), *text] if self.caption else text)
