"""The table of contents, made from the existing lessons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from hedgelib.course.prose import say
from hedgelib.errors import InvalidInput

__all__ = ["LESSONS", "NUMBERS", "contents", "lesson_link", "lesson_map", "next_lesson"]

LESSONS: dict[str, tuple[str, str]] = {
    "01_spot_vs_futures": (
        "Spot and futures",
        "owning a coin, and a contract on its price",
    ),
    "02_inverse_contracts": (
        "Inverse contracts",
        "a number of dollars, paid in coins: size, profit, average, fees",
    ),
    "03_sizing_the_hedge": (
        "Sizing the hedge",
        "from a real portfolio to a number of contracts, and the risk that is left",
    ),
    "04_collateral_and_leverage": (
        "Collateral and leverage",
        "the margin coin has a risk of its own; when a short is liquidated",
    ),
    "05_basis_and_funding": (
        "Basis and funding",
        "who pays whom, and what a short has received and paid",
    ),
    "06_beta_hedging": (
        "Beta",
        "how a book moves with a coin, and how uncertain the estimate is",
    ),
    "07_alice_walkthrough": (
        "Alice",
        "one hedge from beginning to end, with all gains and losses",
    ),
    "08_living_with_the_hedge": (
        "Living with the hedge",
        "monitoring, adjusting and closing it, through real crashes",
    ),
    "09_capstone": (
        "Your own portfolio",
        "a plan, a stress test and a write-up",
    ),
    "A_glossary": ("Glossary", "every term and symbol, in traders' and textbooks' words"),
    "B_claims": ("Claims", "what articles say about hedging, one by one, with the proof"),
}
"""Every lesson by the name of its file: its title and topic."""

NUMBERS: tuple[str, ...] = tuple(stem.partition("_")[0] for stem in LESSONS)
"""The number, or letter, of every lesson."""


def contents(folder: Path | None = None) -> str:
    """Write the map of the lessons, with links to the existing ones.

    Parameters
    ----------
    folder : Path, optional
        Of the notebooks; the workbook's own when omitted.

    Returns
    -------
    str
        A Markdown table; the links are relative to `folder`.

    Notes
    -----
    **Source:** the files, so that no link leads nowhere; the minutes are those that a lesson gives
    itself at its top.

    Examples
    --------
    >>> print(contents(Path("nowhere")).splitlines()[3])
    | 02 | Inverse contracts *(to come)* | a number of dollars, paid in coins: size, ... | |
    """
    folder = folder or _notebooks()
    lines = ["| Number | Lesson | What it is about | Minutes |", "|:--|:--|:--|--:|"]
    for stem, (title, about) in LESSONS.items():
        path = folder / f"{stem}.ipynb"
        number = stem.partition("_")[0]
        if path.is_file():
            lines.append(f"| {number} | [{title}]({path.name}) | {about} | {_minutes(path)} |")
        else:
            lines.append(f"| {number} | {title} *(to come)* | {about} | |")
    return "\n".join(lines)


def lesson_map() -> None:
    """Show the map of the lessons.

    Notes
    -----
    **Source:** :func:`contents`.

    Examples
    --------
    >>> lesson_map()
    | Number | Lesson | What it is about | Minutes |
    ...
    """
    say(contents())


def lesson_link(number: str, folder: Path | None = None) -> str:
    """Write the number of a lesson, as a link if the lesson exists.

    Parameters
    ----------
    number : str
        ``"01"``, ``"A"``.
    folder : Path, optional
        Of the notebooks; the workbook's own when omitted.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    InvalidInput
        No lesson has that number.

    Notes
    -----
    **Source:** the files.

    Examples
    --------
    >>> lesson_link("07", Path("nowhere"))
    '07'
    """
    folder = folder or _notebooks()
    for stem in LESSONS:
        if stem.partition("_")[0] == number:
            return f"[{number}]({stem}.ipynb)" if (folder / f"{stem}.ipynb").is_file() else number
    raise InvalidInput(f"number must be that of a lesson, got {number!r}")


def next_lesson(stem: str, folder: Path | None = None) -> None:
    """Show a link to the next existing lesson.

    Parameters
    ----------
    stem : str
        Of the lesson's file; any name before ``"01"`` for the start page.
    folder : Path, optional
        Of the notebooks; the workbook's own when omitted.

    Notes
    -----
    **Source:** the files.

    Examples
    --------
    >>> next_lesson("09_capstone", Path("nowhere"))
    That was the last lesson.
    """
    folder = folder or _notebooks()
    for name, (title, about) in LESSONS.items():
        if name > stem and (folder / f"{name}.ipynb").is_file():
            say(f"[{name.partition('_')[0]} {title}]({name}.ipynb): {about}.")
            return
    say("That was the last lesson.")


def _notebooks() -> Path:
    package = Path(__file__).resolve().parents[1]
    bundled = package / "_bundled" / "notebooks"
    return bundled if bundled.is_dir() else package.parent / "notebooks"


def _minutes(path: Path) -> str:
    for line in _top(path):
        if match := re.search(r"\*\*(?:Minutes|Time):?\*\*:? (\d+)", line):
            return match[1]
    return ""


def _top(path: Path) -> Iterator[str]:
    """Yield the lines of a notebook's first cell."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError):
        return
    for cell in cells[:1]:
        yield from "".join(cell["source"]).splitlines()
