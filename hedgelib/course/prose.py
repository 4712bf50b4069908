"""Words in a lesson, with every number computed."""

from __future__ import annotations

from IPython.display import display

from hedgelib._text import money_in_markdown

__all__ = ["fold", "say"]


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
