"""The table of contents, made from the existing lessons."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from hedgelib.course.prose import rows_in_markdown, say
from hedgelib.errors import InvalidInput

LESSONS: dict[str, tuple[str, str]] = {
    "01_spot_and_futures": ("Spot and futures", "owning a coin, and a contract on its price"),
    "02_inverse_contracts": (
        "Inverse contracts", "a number of dollars, paid in coins: size, profit, average, fees"
    ),
    "03_how_much_to_short": (
        "Sizing the hedge",
        "from a real portfolio to a number of contracts, and the risk that is left",
    ),
    "04_margin_is_a_position_too": (
        "Collateral and leverage",
        "the margin coin has a risk of its own; when a short is liquidated",
    ),
    "06_basis_and_funding": (
        "Basis and funding", "who pays whom, and what a short has received and paid"
    ),
    "07_beta": ("Beta", "how a book moves with a coin, and how uncertain the estimate is"),
    "09_alice": ("Alice", "one hedge from beginning to end, with all gains and losses"),
    "10_living_with_the_hedge": (
        "Living with the hedge", "monitoring, adjusting and closing it, through real crashes"
    ),
    "11_your_own_portfolio": ("Your own portfolio", "a plan, a stress test and a write-up"),
    "A_glossary": ("Glossary", "every term and symbol, in traders' and textbooks' words"),
    "B_claims": ("Claims", "what articles say about hedging, one by one, with the proof"),
}  # fmt: skip
"""Every lesson by the name of its file: its title and topic."""

NUMBERS: tuple[str, ...] = tuple(stem.partition("_")[0] for stem in LESSONS)
"""The number, or letter, of every lesson."""


def contents(folder: Path | None = None, done: Mapping[str, tuple[int, int]] | None = None) -> str:
    """Write the map of the lessons as a Markdown table, with the minutes that each gives itself.

    `done` has for each lesson how many of its questions are done, and how many it has.
    """
    folder, rows = folder or notebooks_folder(), []
    for lesson, (stem, title, about) in LESSONS.items():
        path = folder / f"{stem}.ipynb"
        top = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        minutes = re.search(r"\*\*Time\*\* (\d+)", top)
        row = [number_of(lesson), f"[{title}]({path.name})", about, minutes[1] if minutes else ""]
        if done:
            n, of = done.get(lesson, (0, 0))
            row.append(f"{'■' * n}{'□' * (of - n)} {n} of {of}" if of else "")
        rows.append(row)
    head = ["Number", "Lesson", "What it is about", "Minutes", *(["Done"] if done else [])]
    return rows_in_markdown(head, rows, numbers="Minutes")


def lesson_link(number: str) -> str:
    """Write the number of a lesson as a link.

    >>> lesson_link("alice")
    '[07](09_alice.ipynb)'
    """
    for stem in LESSONS:
        if stem.partition("_")[0] == number:
            return f"[{number}]({stem}.ipynb)"
    raise InvalidInput(f"number must be that of a lesson, got {number!r}")


def next_lesson(stem: str) -> None:
    """Show a link to the lesson after the one in this file, or after the start page.

    >>> next_lesson("B_claims")
    That was the last lesson.
    """
    for name, (title, about) in LESSONS.items():
        if name > stem:
            say(f"[{name.partition('_')[0]} {title}]({name}.ipynb): {about}.")
            return
    say("That was the last lesson.")


def notebooks_folder() -> Path:
    """Return the folder of the lessons: in the package from a wheel, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    bundled = package / "_bundled" / "notebooks"
    return bundled if bundled.is_dir() else package.parent / "notebooks"
