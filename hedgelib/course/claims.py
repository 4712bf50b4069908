"""What the article behind this workbook claims, and what holds: read from `text/claims.md`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from hedgelib._check import one_of
from hedgelib._text import Table
from hedgelib.course.contents import NUMBERS, lesson_link
from hedgelib.course.prose import say
from hedgelib.course.search import occurs
from hedgelib.course.tablefile import TableFile
from hedgelib.errors import InvalidInput

__all__ = [
    "CLAIMS",
    "COSTLY",
    "GROUPS",
    "MARKS",
    "VERDICTS",
    "Claim",
    "against",
    "also",
    "claim",
    "claims",
    "say_claims",
    "say_costly",
    "say_verdicts",
    "tally",
]

_FILE = TableFile(Path(__file__).parent / "text" / "claims.md")

_verdicts = _FILE.read(
    "Verdicts",
    ("verdict", "mark", "meaning"),
    lambda verdict, mark, meaning: (verdict, mark, meaning),
)

VERDICTS: dict[str, str] = {verdict: meaning for verdict, _, meaning in _verdicts}
"""Each verdict, and what it means."""

MARKS: dict[str, str] = {verdict: mark for verdict, mark, _ in _verdicts}
"""A sign for each verdict, so that none is told by colour alone."""

GROUPS: dict[str, str] = dict(
    _FILE.read("Parts of the article", ("group", "title"), lambda group, title: (group, title))
)
"""The parts of the article, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that the article says, and what holds; `text/claims.md` tells what each part is."""

    number: int
    group: str
    claim: str
    verdict: str
    why: str
    lesson: str
    proof: str = ""

    def __post_init__(self) -> None:
        name = f"claim {self.number}: "
        if self.number < 1:
            raise InvalidInput(f"number must be 1 or more, got {self.number}")
        one_of(f"{name}group", self.group, tuple(GROUPS))
        one_of(f"{name}verdict", self.verdict, tuple(VERDICTS))
        one_of(f"{name}lesson", self.lesson, NUMBERS)
        for text in (self.claim, self.why):
            if not text.strip() or set(text) & set("$|"):
                raise InvalidInput(f"{name}a text must be words without $ and |, got {text!r}")

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """Number, claim, verdict, reason and lesson, as a table has them."""
        verdict = f"{MARKS[self.verdict]} {self.verdict}"
        return str(self.number), self.claim, verdict, self.why, self.lesson


def _whole(number: str) -> int:
    if not number.isdecimal():
        raise InvalidInput(f"number must be a whole number, got {number!r}")
    return int(number)


CLAIMS: tuple[Claim, ...] = _FILE.read(
    "Claims",
    [field.name for field in fields(Claim)],
    lambda number, **texts: Claim(number=_whole(number), **texts),
    optional=("proof",),
)
"""Every claim of the article, by number."""


def claim(number: int) -> Claim:
    """Find a claim by its number."""
    for found in CLAIMS:
        if found.number == number:
            return found
    raise InvalidInput(f"number must be 1 to {len(CLAIMS)}, got {number}")


COSTLY: dict[str, tuple[int, ...]] = dict(
    _FILE.read(
        "Errors that change the money",
        ("error", "claims"),
        lambda error, claims: (
            error,
            tuple(claim(_whole(number)).number for number in claims.split(", ")),
        ),
    )
)
"""The three errors that change the money, and where the article makes or builds on them."""


def claims(
    verdict: str | None = None, group: str | None = None, words: str = ""
) -> tuple[Claim, ...]:
    """Choose claims by a key of :data:`VERDICTS`, a key of :data:`GROUPS`, and words.

    Every one of the words, or another form of it, must be in the claim or the reason, in any case,
    or be its verdict or its number.

    Examples
    --------
    >>> [claim.number for claim in claims("wrong", "alice", "contract")]
    [105, 106]
    """
    if verdict is not None:
        one_of("verdict", verdict, tuple(VERDICTS))
    if group is not None:
        one_of("group", group, tuple(GROUPS))
    wanted = words.casefold().split()
    return tuple(
        found
        for found in CLAIMS
        if verdict in (None, found.verdict)
        and group in (None, found.group)
        and all(
            word in (found.verdict, str(found.number)) or occurs(word, f"{found.claim} {found.why}")
            for word in wanted
        )
    )


def tally() -> Table:
    """Count the verdicts, by the parts of the article.

    Examples
    --------
    >>> tally().rows[-1]
    ('together', '46', '36', '37', '12', '1', '132')
    """
    counts = Counter((found.group, found.verdict) for found in CLAIMS)

    def row(name: str, groups: Sequence[str]) -> list[str]:
        each = [sum(counts[group, verdict] for group in groups) for verdict in VERDICTS]
        return [name, *(str(n) if n else "" for n in each), str(sum(each))]

    return Table(
        ["part of the article", *(f"{MARKS[v]} {v}" for v in VERDICTS), "claims"],
        [*(row(title, [group]) for group, title in GROUPS.items()), row("together", [*GROUPS])],
        caption="How many claims have which verdict",
    )


def say_verdicts() -> None:
    """Show what each verdict means."""
    lines = [f"- {MARKS[name]} **{name}**: {meaning}" for name, meaning in VERDICTS.items()]
    head = f"There are **{len(CLAIMS)}** claims. A verdict is one of these:"
    say("\n".join([head, "", *lines]))


def say_costly() -> None:
    """Show where the article makes the three errors that change the money."""
    lines = ["| Error | Claim | The article says | Verdict |", "|:--|--:|:--|:--|"]
    for name, numbers in COSTLY.items():
        for number in numbers:
            _, said, verdict, _, _ = claim(number).row
            head = f"**{name}**" if number == numbers[0] else ""
            lines.append(f"| {head} | {number} | {said} | {verdict} |")
    say("\n".join(lines))


def say_claims(group: str) -> None:
    """Show the claims of one part of the article, with links to the lessons."""
    lines = ["| Claim | The article says | Verdict | Why | Lesson |", "|--:|:--|:--|:--|:--|"]
    for found in claims(group=group):
        number, said, verdict, why, lesson = found.row
        bold = f"**{verdict}**" if found.verdict == "wrong" else verdict
        lines.append(f"| {number} | {said} | {bold} | {why} | {lesson_link(lesson)} |")
    say("\n".join(lines))


def against(number: int, article: str, right: str) -> None:
    """Print what the article has, and below it what holds; both in ASCII.

    Examples
    --------
    >>> against(45, "one contract is 3,500 USD", "10 USD")
     45 wrong      article: one contract is 3,500 USD
                   right:   10 USD
    """
    print(f"{number:3} {claim(number).verdict:10} article: {article}")
    also(f"right:   {right}")


def also(text: str) -> None:
    """Print more of what holds, below what :func:`against` has printed."""
    print(f"{'':14} {text}")
