"""The words of the field, and those that others use for them: read from `text/glossary.md`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from hedgelib._check import one_of
from hedgelib.course.contents import NUMBERS, lesson_link
from hedgelib.course.prose import say
from hedgelib.course.search import occurs
from hedgelib.course.tablefile import TableFile
from hedgelib.errors import InvalidInput

__all__ = [
    "FIELDS",
    "NOTATION",
    "TERMS",
    "Symbol",
    "Term",
    "say_notation",
    "say_terms",
    "terms",
]

_FILE = TableFile(Path(__file__).parent / "text" / "glossary.md")

FIELDS: dict[str, str] = dict(
    _FILE.read("Fields", ("field", "title"), lambda field, title: (field, title))
)
"""The fields, in the order of the lessons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A letter of the formulas, in LaTeX without the dollars, and its name in the code."""

    symbol: str
    code: str
    meaning: str
    unit: str
    lesson: str

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word that traders use, and what it means; `text/glossary.md` tells what each part is."""

    word: str
    textbook: str
    code: str
    unit: str
    meaning: str
    field: str
    lesson: str

    def __post_init__(self) -> None:
        _check(self)
        one_of(f"{self.word}: field", self.field, tuple(FIELDS))

    @property
    def row(self) -> tuple[str, str, str, str, str, str]:
        """Word, textbook's word, code, unit, meaning and lesson, as a table has them."""
        return self.word, self.textbook, self.code, self.unit, self.meaning, self.lesson


def _check(entry: Symbol | Term) -> None:
    first, *_ = texts = [getattr(entry, field.name) for field in fields(entry)]
    for text in texts:
        if not text.strip() or "|" in text:
            raise InvalidInput(f"{first}: a text must be words without |, got {text!r}")
    one_of(f"{first}: lesson", entry.lesson, NUMBERS)


NOTATION: tuple[Symbol, ...] = _FILE.read("Symbols", [one.name for one in fields(Symbol)], Symbol)
"""The letters of the formulas."""

TERMS: tuple[Term, ...] = _FILE.read("Terms", [one.name for one in fields(Term)], Term)
"""Every term, field by field."""


def terms(field: str | None = None, words: str = "") -> tuple[Term, ...]:
    """Choose terms by a key of :data:`FIELDS`, and by words.

    Every one of the words, or another form of it, must be somewhere in the term, in any case.

    Examples
    --------
    >>> [term.word for term in terms("carry", "longs pay")]
    ['funding', 'funding rate']
    """
    if field is not None:
        one_of("field", field, tuple(FIELDS))
    return tuple(
        term
        for term in TERMS
        if field in (None, term.field) and occurs(words, " ".join(term.row[:5]))
    )


def _code(name: str) -> str:
    return "" if name == "-" else ", ".join(f"`{part}`" for part in name.split(", "))


def say_terms(field: str) -> None:
    """Show the terms of a field, with links to the lessons."""
    lines = [
        "| Term | Textbook's word | In the code | Unit | Meaning | Lesson |",
        "|:--|:--|:--|:--|:--|:--|",
    ]
    for term in terms(field):
        unit = "" if term.unit == "-" else term.unit
        lines.append(
            f"| **{term.word}** | {term.textbook} | {_code(term.code)} | {unit} | {term.meaning} "
            f"| {lesson_link(term.lesson)} |"
        )
    say("\n".join(lines))


def say_notation() -> None:
    """Show the letters of the formulas and their names in the code."""
    lines = ["| Symbol | In the code | Meaning | Unit | Lesson |", "|:--|:--|:--|:--|:--|"]
    lines += [
        f"| ${one.symbol}$ | {_code(one.code)} | {one.meaning} | {one.unit} "
        f"| {lesson_link(one.lesson)} |"
        for one in NOTATION
    ]
    say("\n".join(lines))
