"""What the article behind this workbook claims, and what holds: read from `text/claims.toml`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

from hedgelib._check import one_of
from hedgelib._text import Table
from hedgelib.ask.text import read_toml
from hedgelib.course.contents import LESSONS, lesson_link, number_of
from hedgelib.course.finder import choose, finder, occurs, read_entries
from hedgelib.course.prose import rows_in_markdown, say
from hedgelib.errors import InvalidInput
from hedgelib.show.explorer import Explorer

_TEXT = read_toml(Path(__file__).with_name("text") / "claims.toml")

VERDICTS: dict[str, str] = {name: one["meaning"] for name, one in _TEXT["verdicts"].items()}
"""Each verdict, and what it means."""

MARKS: dict[str, str] = {name: one["mark"] for name, one in _TEXT["verdicts"].items()}
"""A sign for each verdict, so that none is told by colour alone."""

GROUPS: dict[str, str] = _TEXT["groups"]
"""The parts of the article, in its order."""

SECTIONS: dict[str, list[int]] = _TEXT["sections"]
"""The sections of the article and the numbers of their claims, both in its order."""

ERRORS: dict[str, str] = _TEXT["errors"]
"""The distinct errors of the article; the first three change the money."""

_PLACES = {n: f"{name}, {i}" for name, ns in SECTIONS.items() for i, n in enumerate(ns, 1)}


class Claim(NamedTuple):
    """One thing that the article says, and what holds; `text/claims.toml` tells each part."""

    number: int
    group: str
    claim: str
    verdict: str
    why: str
    lesson: str
    proof: str = ""
    error: str = ""

    @property
    def place(self) -> str:
        """Section of the article, and the claim's order in it."""
        return _PLACES[self.number]

    @property
    def row(self) -> tuple[str, ...]:
        """Number, place, claim, verdict, reason and lesson, as a table has them."""
        verdict = f"{MARKS[self.verdict]} {self.verdict}"
        name = str(self.number)
        return name, self.place, self.claim, verdict, self.why, number_of(self.lesson)

    def has(self, words: str) -> bool:
        """Tell whether each word is in the claim or the reason, or is the verdict or number."""
        text, names = f"{self.claim} {self.why}", (self.verdict, str(self.number))
        return all(word in names or occurs(word, text) for word in words.casefold().split())


CLAIMS: tuple[Claim, ...] = tuple(
    sorted(
        read_entries(Claim, _TEXT["claims"], group=GROUPS, verdict=VERDICTS, lesson=LESSONS),
        key=lambda one: list(_PLACES).index(one.number),
    )
)
"""Every claim, in the order of the article."""


def claim(number: int) -> Claim:
    """Find a claim by its number."""
    for found in CLAIMS:
        if found.number == number:
            return found
    raise InvalidInput(f"number must be 1 to {len(CLAIMS)}, got {number}")


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
        ("no.", "place", "the article says", "verdict", "why", "lesson"),
        claims,
        verdict=("Verdict", {f"{MARKS[name]} {name}": name for name in VERDICTS}),
        group=("Part", {title: name for name, title in GROUPS.items()}),
    )


def tally() -> Table:
    """Count the verdicts, by the parts of the article.

    >>> tally().rows[-1]
    ('together', '46', '38', '32', '2', '13', '1', '132')
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


def say_errors() -> None:
    """Show the distinct errors of the article, and the claims that rest on each."""
    wrong = claims("wrong")
    rows = [
        (text, *(_numbers(error, verdict) for verdict in ("wrong", "imprecise")))
        for error, text in ERRORS.items()
    ]
    head = ("Error", "Claims that are wrong by it", "Claims that are imprecise by it")
    count = f"**{len(wrong)}** claims are wrong, by **{len(ERRORS)}** distinct errors"
    say(f"{count}, some of them made more than once:\n\n{rows_in_markdown(head, rows)}")


def _numbers(error: str, verdict: str) -> str:
    return ", ".join(str(one.number) for one in claims(verdict) if one.error == error)


def say_claims(proof: str) -> None:
    """Show the claims that a cell proves, with links to the lessons."""
    one_of("proof", proof, tuple(one.proof for one in CLAIMS if one.proof))
    rows = [_cells(one) for one in CLAIMS if one.proof == proof]
    say(rows_in_markdown(_HEAD, rows, numbers="Claim"))


def say_others(group: str) -> None:
    """Show the claims of a part that no cell of this part proves, and where their proofs are."""
    rows = [
        (*_cells(one), GROUPS.get(where, where))
        for one in claims(group=group)
        if (where := _where(one)) != group
    ]
    say(rows_in_markdown((*_HEAD, "Proof"), rows, numbers="Claim"))


def _where(found: Claim) -> str:
    """Return the part of appendix B that has the proof of a claim."""
    if not found.proof:
        return "nothing to compute"
    if found.proof.startswith("cost-"):
        return "The errors that change the money"
    return next(one.group for one in CLAIMS if one.proof == found.proof)


_HEAD = ("Claim", "Place", "The article says", "Verdict", "Why", "Lesson")


def _cells(found: Claim) -> tuple[str, ...]:
    *cells, _ = found.row
    cells[3] = cells[3].replace(" ", "\N{NO-BREAK SPACE}")
    if found.verdict == "wrong":
        cells[3] = f"**{cells[3]}**"
    return *cells, lesson_link(found.lesson)


def against(number: int, article: str, right: str) -> None:
    """Print what the article has, and below it what holds; both in ASCII.

    >>> against(45, "one contract is 3,500 USD", "10 USD")
     45 wrong      article: one contract is 3,500 USD
                   right:   10 USD
    """
    _print(f"{number:3} {claim(number).verdict:10} article: {article}")
    also(f"right:   {right}")


def also(text: str) -> None:
    """Print more of what holds, below what :func:`against` has printed."""
    _print(f"{'':14} {text}")


def _print(text: str) -> None:
    print(fill(text, 78, subsequent_indent=" " * 24))
