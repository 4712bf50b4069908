"""The table of contents, made from the existing lessons."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from hedgelib.course.prose import rows_in_markdown, say
from hedgelib.errors import InvalidInput

LESSONS: dict[str, tuple[str, str, str]] = {
    "futures": (
        "01_spot_and_futures", "Spot and futures", "owning a coin, and a contract on its price"
    ),
    "inverse": (
        "02_inverse_contracts", "Inverse contracts",
        "a number of dollars, paid in coins: size, profit, average, fees",
    ),
    "size": (
        "03_how_much_to_short", "How much to short",
        "from a real portfolio to a number of contracts, and what a wrong size costs",
    ),
    "margin": (
        "04_margin_is_a_position_too", "Margin is a position too",
        "what leverage does, the risk of the margin coin, and the plan as a whole",
    ),
    "ends": (
        "05_what_ends_a_hedge", "What ends a hedge",
        "liquidation: at which price, in which wallet, and how far away it is",
    ),
    "funding": (
        "06_basis_and_funding", "Basis and funding",
        "who pays whom, and what a short has received and paid",
    ),
    "beta": (
        "07_beta", "Beta", "how a book moves with a coin, and how uncertain the estimate is"
    ),
    "instrument": (
        "08_choosing_the_instrument", "Choosing the instrument",
        "which coin to short, over which horizon, and what no short covers",
    ),
    "alice": ("09_alice", "Alice", "one hedge from beginning to end, with all gains and losses"),
    "living": (
        "10_living_with_the_hedge", "Living with the hedge",
        "monitoring, adjusting and closing it, through real crashes",
    ),
    "own": (
        "11_your_own_portfolio", "Your own portfolio", "a plan, a stress test and a write-up"
    ),
    "flight": (
        "12_flight_simulator", "The flight simulator",
        "hedge a real stretch of history day by day, without knowing its dates",
    ),
    "glossary": (
        "A_glossary", "Glossary", "every term and symbol, in traders' and textbooks' words"
    ),
    "claims": (
        "B_claims", "Claims", "what articles say about hedging, one by one, with the proof"
    ),
    "museum": (
        "C_bug_museum", "Museum of bugs",
        "errors of public engines and pages: expose them, test for them, repair them",
    ),
}  # fmt: skip
"""Every lesson by the name that it keeps when lessons are renumbered: file, title and topic."""


def number_of(lesson: str) -> str:
    """Return the number, or letter, of a lesson.

    >>> number_of("inverse")
    '02'
    """
    if lesson not in LESSONS:
        raise InvalidInput(f"lesson must be one of {', '.join(LESSONS)}, got {lesson!r}")
    return LESSONS[lesson][0].partition("_")[0]


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


def lesson_link(lesson: str) -> str:
    """Write the number of a lesson as a link.

    >>> lesson_link("inverse")
    '[02](02_inverse_contracts.ipynb)'
    """
    return f"[{number_of(lesson)}]({LESSONS[lesson][0]}.ipynb)"


def next_lesson(lesson: str) -> None:
    """Show a link to the lesson after this one, or after the start page.

    >>> next_lesson("museum")
    That was the last lesson.
    """
    order = ["start", *LESSONS, ""]
    after = order[order.index(lesson) + 1]
    if not after:
        say("That was the last lesson.")
        return
    stem, title, about = LESSONS[after]
    say(f"[{number_of(after)} {title}]({stem}.ipynb): {about}.")


def notebooks_folder() -> Path:
    """Return the folder of the lessons: in the package from a wheel, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    bundled = package / "_bundled" / "notebooks"
    return bundled if bundled.is_dir() else package.parent / "notebooks"
