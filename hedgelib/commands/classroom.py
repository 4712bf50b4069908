"""Options and checks shared by ``hedgelib class`` and ``hedgelib grade``."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from hedgelib._extras import missing

__all__ = ["add_out", "course_folder", "require_nbgrader"]


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


def require_nbgrader() -> None:
    """Refuse to go on without nbgrader."""
    if importlib.util.find_spec("nbgrader") is None:
        raise missing("nbgrader", "a class")
