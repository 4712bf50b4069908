"""Search lists: drop-downs and a box for words that filter rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hedgelib.course.claims import CLAIMS, GROUPS, MARKS, VERDICTS, claims
from hedgelib.course.glossary import FIELDS, TERMS, terms
from hedgelib.show import Scene, Table
from hedgelib.show.explorer import Choice, Explorer, Words

__all__ = ["Finder", "find_claims", "find_terms"]

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The rows found, and their number in words."""

    head: Sequence[str]
    rows: Rows
    sentence: str

    def scene(self) -> Scene:
        table = Table(self.head, self.rows, "l" * len(self.head)) if self.rows else None
        return Scene(title="", alt=self.sentence, panels=(), table=table)


class Finder(Explorer):
    """Drop-downs and a box for words that filter rows.

    Parameters
    ----------
    find : callable
        Takes the values of the drop-downs under their names and ``words``; returns rows.
    head : sequence of str
        Column headings.
    *choices : Choice
        An option that means ``None`` is all.
    noun : str
        The things, several of them.
    total : int
        How many there are.

    Examples
    --------
    >>> finder = find_claims()
    >>> finder.set(verdict="wrong", words="funding")
    >>> finder.sentence
    '9 of 132 claims.'
    """

    def __init__(
        self,
        find: Callable[..., Rows],
        head: Sequence[str],
        *choices: Choice,
        noun: str,
        total: int,
    ) -> None:
        def found(words: str, **chosen: Any) -> _Found:
            rows = find(**chosen, words=words)
            sentence = f"{len(rows)} of {total} {noun}."
            if not rows:
                sentence += elsewhere(words, chosen)
            return _Found(head=head, rows=rows, sentence=sentence)

        def elsewhere(words: str, chosen: dict[str, Any]) -> str:
            """Say where the words occur, if the choices leave no rows."""
            counts = []
            for choice in choices:
                if chosen[choice.name] is None:
                    continue
                for label, value in choice.options.items():
                    rows = find(**(chosen | {choice.name: value}), words=words)
                    if value is not None and rows:
                        counts.append(f"{label} ({len(rows)})")
            if not counts and (rows := find(**dict.fromkeys(chosen), words=words)):
                counts.append(f"all ({len(rows)})")
            return f" There are some in: {', '.join(counts)}." if counts else ""

        hint = "each word must occur, in any form"
        super().__init__(found, *choices, Words(name="words", label="Words", hint=hint))


def find_claims() -> Finder:
    """Look up claims by verdict, part of the article and words.

    Examples
    --------
    >>> find_claims().sentence
    '132 of 132 claims.'
    """
    return Finder(
        lambda **wanted: [found.row for found in claims(**wanted)],
        ("no.", "the article says", "verdict", "why", "lesson"),
        Choice(
            name="verdict",
            label="Verdict",
            options={"all": None} | {f"{MARKS[name]} {name}": name for name in VERDICTS},
            start="all",
        ),
        Choice(
            name="group",
            label="Part",
            options={"all": None} | {title: name for name, title in GROUPS.items()},
            start="all",
        ),
        noun="claims",
        total=len(CLAIMS),
    )


def find_terms() -> Finder:
    """Look up terms by field and words.

    Examples
    --------
    >>> finder = find_terms()
    >>> finder.set(words="harmonic")
    >>> [row[0] for row in finder.result.rows]
    ['average entry']
    >>> finder.set(field="carry", words="haircut")
    >>> finder.sentence
    '0 of 85 terms. There are some in: Margin and liquidation (2).'
    """
    return Finder(
        lambda **wanted: [found.row for found in terms(**wanted)],
        ("term", "textbook term", "in the code", "unit", "meaning", "lesson"),
        Choice(
            name="field",
            label="Field",
            options={"all": None} | {title: name for name, title in FIELDS.items()},
            start="all",
        ),
        noun="terms",
        total=len(TERMS),
    )
