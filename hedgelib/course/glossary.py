"""The words of the field, and those that others use for them: read from `text/glossary.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hedgelib.ask.text import read_toml
from hedgelib.course.contents import LESSONS, lesson_link, number_of
from hedgelib.course.finder import choose, finder, occurs, read_entries
from hedgelib.course.prose import rows_in_markdown, say
from hedgelib.show.explorer import Explorer

_TEXT = read_toml(Path(__file__).with_name("text") / "glossary.toml")

FIELDS: dict[str, str] = _TEXT["fields"]
"""The fields, in the order of the lessons."""


class Symbol(NamedTuple):
    """A letter of the formulas, in LaTeX without the dollars, and its name in the code."""

    symbol: str
    code: str
    meaning: str
    unit: str
    lesson: str


class Term(NamedTuple):
    """A word that traders use, and what it means; `text/glossary.toml` tells each part."""

    word: str
    textbook: str
    code: str
    unit: str
    meaning: str
    field: str
    lesson: str

    @property
    def row(self) -> tuple[str, ...]:
        """Word, textbook's word, code, unit, meaning and lesson, as a table has them."""
        return *self[:5], number_of(self.lesson)

    def has(self, words: str) -> bool:
        """Tell whether each word is somewhere in the term."""
        return occurs(words, " ".join(self[:5]))


NOTATION: tuple[Symbol, ...] = read_entries(Symbol, _TEXT["symbols"], lesson=LESSONS)
"""The letters of the formulas."""

TERMS: tuple[Term, ...] = read_entries(Term, _TEXT["terms"], field=FIELDS, lesson=LESSONS)
"""Every term, field by field."""


def terms(field: str | None = None, words: str = "") -> tuple[Term, ...]:
    """Choose terms by field and words.

    >>> [term.word for term in terms("carry", "longs pay")]
    ['funding', 'funding rate']
    """
    return choose(TERMS, words, field=field)


def find_terms() -> Explorer:
    """Look up terms by field and words.

    >>> finder = find_terms()
    >>> finder.set(field="carry", words="haircut")
    >>> finder.sentence
    '0 of 110 terms. There are some in: Margin and liquidation (2).'
    """
    return finder(
        "terms",
        ("term", "others say", "in the code", "unit", "meaning", "lesson"),
        terms,
        field=("Field", {title: name for name, title in FIELDS.items()}),
    )


def _code(name: str) -> str:
    return "" if name == "-" else ", ".join(f"`{part}`" for part in name.split(", "))


def say_terms(field: str) -> None:
    """Show the terms of a field, with links to the lessons."""
    head = ("Term", "Others say", "In the code", "Unit", "Meaning", "Lesson")
    rows = [
        (
            f"**{one.word}**", one.textbook, _code(one.code), "" if one.unit == "-" else one.unit,
            one.meaning, lesson_link(one.lesson),
        )
        for one in terms(field)
    ]  # fmt: skip
    say(rows_in_markdown(head, rows))


def say_notation() -> None:
    """Show the letters of the formulas and their names in the code."""
    head = ("Symbol", "In the code", "Meaning", "Unit", "Lesson")
    rows = [
        (f"${one.symbol}$", _code(one.code), one.meaning, one.unit, lesson_link(one.lesson))
        for one in NOTATION
    ]
    say(rows_in_markdown(head, rows))
