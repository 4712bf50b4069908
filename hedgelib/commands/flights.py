"""``hedgelib flights``: the board of a tournament in the flight simulator."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedgelib.flight.board import Board

SUMMARY = "make the board of a tournament from the logs of its flights"
PARTLY = "a log could not be flown, and the board says why"
DESCRIPTION = (
    "Fly every log of a folder again and place the pilots: by how far the mandate is met, then by "
    "skill, the percentile among random policies of the same average size. Each log is named after "
    "its pilot. A log holds decisions only, so nobody can write a result into it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument("folder", metavar="FOLDER", help="folder of the logs, PILOT.json")
    parser.add_argument(
        "--seed", type=int, help="the tournament's seed; logs of others are refused"
    )
    parser.add_argument(
        "--out", metavar="FILE.html", help="write the board as a page, with pictures"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the board, and write its page."""
    from hedgelib.flight.board import board_of

    made = board_of(arguments.folder, arguments.seed)
    print(made.table())
    if arguments.out:
        _write(made, Path(arguments.out))
        print(f"wrote {arguments.out}")
    return 3 if len(made.flown) < len(made.entries) else 0


def _write(made: Board, path: Path) -> None:
    from hedgelib.flight.board import TITLE
    from hedgelib.report.blocks import whole_page
    from hedgelib.report.faults import writing

    page = whole_page(TITLE, made.body(), styles=("report.css",))
    with writing(path):
        path.write_text(page, encoding="utf-8")
