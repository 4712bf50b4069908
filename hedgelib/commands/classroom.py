"""Options shared by ``hedgelib class`` and ``hedgelib grade``."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_out", "course_folder"]


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder of the course."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out",
        help="folder that holds the folder 'class' of the course (default: out)",
    )


def course_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder of the course."""
    return Path(arguments.out) / "class"
