"""Words in a lesson, with every number computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from IPython.display import display

from hedgelib._text import money_in_markdown


class _Words:
    """Markdown in a notebook, the plain text elsewhere."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_markdown_(self) -> str:
        return money_in_markdown(self.text)

    def __repr__(self) -> str:
        return self.text


def say(text: str) -> None:
    r"""Show Markdown; a dollar sign before a digit is money, any other belongs to a formula.

    >>> say(f"Alice loses **$150**.")
    Alice loses **$150**.
    """
    display(_Words(text))  # type: ignore[no-untyped-call]


def fold(title: str, text: str) -> str:
    r"""Hide a text under a title until the reader opens it.

    >>> fold("Hint", "Look *twice*.")
    '<details><summary>Hint</summary>\n\nLook *twice*.\n\n</details>'
    """
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def rows_in_markdown(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: str = ""
) -> str:
    r"""Write a table as Markdown, where cells may be Markdown; one column holds numbers.

    >>> rows_in_markdown(["coin", "count"], [["ETH", "2"]], numbers="count")
    '| coin | count |\n|:--|--:|\n| ETH | 2 |'
    """
    rule = "|".join("--:" if name == numbers else ":--" for name in head)
    first, *others = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([first, f"|{rule}|", *others])
