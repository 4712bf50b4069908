"""Numbers and small tables as people read them, safe to show in a notebook.

JupyterLab takes two dollar signs in one element for mathematics, in HTML and in Markdown, and an
escaping backslash does not help; so money goes into a page through here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from math import inf

__all__ = ["html_table", "money_in_markdown", "percent", "usd"]

_MOST_WRITTEN_OUT = 1e15
_MONEY = re.compile(r"\$(?=[+−-]?\d)")


def usd(amount: float, *, signed: bool = False, cents: bool = False) -> str:
    """Write an amount of dollars.

    Parameters
    ----------
    amount : float
        USD; infinity is written as such, and from 1e15 on four digits: a float has no cents there.
    signed : bool
        Put a plus sign before a gain.
    cents : bool
        Two decimals instead of none.

    Returns
    -------
    str

    Notes
    -----
    **Source:** house style; the sign stands before the dollar, and nothing rounds to "−$0".

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

    Parameters
    ----------
    share : float
        Decimal, 0.15 for 15%.
    digits : int
        Decimals of the percentage.
    signed : bool
        Put a plus sign before a rise.

    Returns
    -------
    str

    Notes
    -----
    **Source:** house style.

    Examples
    --------
    >>> percent(-0.15), percent(0.9701, signed=True), percent(0.005, digits=1)
    ('−15%', '+97%', '0.5%')
    """
    text = f"{abs(share):,.{digits}%}"
    if not any(digit in text for digit in "123456789") and text != "inf%":
        return text
    return ("−" if share < 0 else "+" if signed else "") + text


def money_in_markdown(text: str) -> str:
    r"""Make dollar amounts in Markdown stay amounts, and leave formulas alone.

    Parameters
    ----------
    text : str
        Markdown; a dollar sign before a digit is money, any other starts or ends a formula.

    Returns
    -------
    str

    Notes
    -----
    **Source:** JupyterLab 4.6 renders ``\$5 and \$6`` as a formula; an entity in an element of its
    own is left alone by every renderer tried.

    Examples
    --------
    >>> money_in_markdown(r"lost $150, with $\beta = 1$")
    'lost <span>&#36;</span>150, with $\\beta = 1$'
    """
    return _MONEY.sub("<span>&#36;</span>", text)


def html_table(
    rows: Iterable[Sequence[str]], head: Sequence[str] = (), *, caption: str = ""
) -> str:
    """Write a table with its first column as row headings.

    Parameters
    ----------
    rows : iterable of sequences of str
    head : sequence of str
        Column headings; none when empty.
    caption : str

    Returns
    -------
    str
        HTML, everything escaped.

    Notes
    -----
    **Source:** the class keeps MathJax from reading dollar signs as formulas.

    Examples
    --------
    >>> html_table([["altcoins", "−$7,500"]])[:30]
    '<table class="mathjax_ignore">'
    """
    parts = ['<table class="mathjax_ignore">']
    if caption:
        parts.append(f'<caption style="text-align:left">{escape(caption)}</caption>')
    if head:
        cells = "".join(
            f'<th scope="col" style="text-align:{_side(i)}">{escape(cell)}</th>'
            for i, cell in enumerate(head)
        )
        parts.append(f"<thead><tr>{cells}</tr></thead>")
    parts.append("<tbody>")
    for first, *others in rows:
        cells = "".join(f'<td style="text-align:right">{escape(cell)}</td>' for cell in others)
        parts.append(
            f'<tr><th scope="row" style="text-align:left">{escape(first)}</th>{cells}</tr>'
        )
    return "".join(parts) + "</tbody></table>"


def _side(column: int) -> str:
    return "right" if column else "left"
