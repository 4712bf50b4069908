"""What the article behind this workbook claims, and what holds: read from `text/claims.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from hedgelib._text import Table
from hedgelib.course.contents import LESSONS, lesson_link, number_of
from hedgelib.course.finder import choose, finder, occurs, read_entries
from hedgelib.course.prose import rows_in_markdown, say
from hedgelib.errors import InvalidInput
from hedgelib.show.explorer import Explorer

_TEXT = tomllib.loads(Path(__file__).with_name("text").joinpath("claims.toml").read_text("utf-8"))

VERDICTS: dict[str, str] = {name: one["meaning"] for name, one in _TEXT["verdicts"].items()}
"""Each verdict, and what it means."""

MARKS: dict[str, str] = {name: one["mark"] for name, one in _TEXT["verdicts"].items()}
"""A sign for each verdict, so that none is told by colour alone."""

GROUPS: dict[str, str] = _TEXT["groups"]
"""The parts of the article, in its order."""


class Claim(NamedTuple):
    """One thing that the article says, and what holds; `text/claims.toml` tells each part."""

    number: int
    group: str
    claim: str
    verdict: str
    why: str
    lesson: str
    proof: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """Number, claim, verdict, reason and lesson, as a table has them."""
        verdict = f"{MARKS[self.verdict]} {self.verdict}"
        return str(self.number), self.claim, verdict, self.why, number_of(self.lesson)

    def has(self, words: str) -> bool:
        """Tell whether each word is in the claim or the reason, or is the verdict or number."""
        text, names = f"{self.claim} {self.why}", (self.verdict, str(self.number))
        return all(word in names or occurs(word, text) for word in words.casefold().split())


CLAIMS: tuple[Claim, ...] = read_entries(
    Claim, _TEXT["claims"], group=GROUPS, verdict=VERDICTS, lesson=LESSONS
)
"""Every claim of the article, by number."""


def claim(number: int) -> Claim:
    """Find a claim by its number."""
    for found in CLAIMS:
        if found.number == number:
            return found
    raise InvalidInput(f"number must be 1 to {len(CLAIMS)}, got {number}")


COSTLY: dict[str, list[Claim]] = {
    error: [claim(number) for number in numbers] for error, numbers in _TEXT["costly"].items()
}
"""The three errors that change the money, and where the article makes or builds on them."""


def claims(
    verdict: str | None = None, group: str | None = None, words: str = ""
) -> tuple[Claim, ...]:
    """Choose claims by verdict, part of the article and words.

    >>> [claim.number for claim in claims("wrong", "alice", "contract")]
    [105, 106]
    """
    return choose(CLAIMS, words, verdict=verdict, group=group)


def find_claims() -> Explorer:
    """Look up claims by verdict, part of the article and words.

    >>> find_claims().sentence
    '132 of 132 claims.'
    """
    return finder(
        "claims",
        ("no.", "the article says", "verdict", "why", "lesson"),
        claims,
        verdict=("Verdict", {f"{MARKS[name]} {name}": name for name in VERDICTS}),
        group=("Part", {title: name for name, title in GROUPS.items()}),
    )


def tally() -> Table:
    """Count the verdicts, by the parts of the article.

    >>> tally().rows[-1]
    ('together', '46', '36', '37', '12', '1', '132')
    """

    def row(name: str, found: tuple[Claim, ...]) -> list[str]:
        counts = Counter(one.verdict for one in found)
        return [name, *(str(counts[v] or "") for v in VERDICTS), str(len(found))]

    return Table(
        ["part of the article", *(f"{MARKS[v]} {v}" for v in VERDICTS), "claims"],
        [*(row(title, claims(group=group)) for group, title in GROUPS.items()),
         row("together", CLAIMS)],
        caption="How many claims have which verdict",
    )  # fmt: skip


def say_verdicts() -> None:
    """Show what each verdict means."""
    lines = [f"- {MARKS[name]} **{name}**: {meaning}" for name, meaning in VERDICTS.items()]
    head = f"There are **{len(CLAIMS)}** claims. A verdict is one of these:"
    say("\n".join([head, "", *lines]))


def say_costly() -> None:
    """Show where the article makes the three errors that change the money."""
    rows = [
        (f"**{error}**" if one == first else "", *one.row[:3])
        for error, (first, *others) in COSTLY.items()
        for one in (first, *others)
    ]
    head = ("Error", "Claim", "The article says", "Verdict")
    say(rows_in_markdown(head, rows, numbers="Claim"))


def say_claims(group: str) -> None:
    """Show the claims of one part of the article, with links to the lessons."""
    rows = []
    for found in claims(group=group):
        number, said, verdict, why, _ = found.row
        bold = f"**{verdict}**" if found.verdict == "wrong" else verdict
        rows.append((number, said, bold, why, lesson_link(found.lesson)))
    head = ("Claim", "The article says", "Verdict", "Why", "Lesson")
    say(rows_in_markdown(head, rows, numbers="Claim"))


def against(number: int, article: str, right: str) -> None:
    """Print what the article has, and below it what holds; both in ASCII.

    >>> against(45, "one contract is 3,500 USD", "10 USD")
     45 wrong      article: one contract is 3,500 USD
                   right:   10 USD
    """
    print(f"{number:3} {claim(number).verdict:10} article: {article}")
    also(f"right:   {right}")


def also(text: str) -> None:
    """Print more of what holds, below what :func:`against` has printed."""
    print(f"{'':14} {text}")
