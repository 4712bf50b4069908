"""What ``hedgelib class`` and ``hedgelib grade`` have in common."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from hedgelib.errors import HedgeError

__all__ = ["add_out", "course_folder", "require_nbgrader"]


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder of the course."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out",
        help="folder in which the class lies, under the name 'class' (default: out)",
    )


def course_folder(arguments: argparse.Namespace) -> Path:
    """Return the folder of the course."""
    return Path(arguments.out) / "class"


def require_nbgrader() -> None:
    """Refuse to go on without what only an instructor needs.

    Raises
    ------
    HedgeError
        nbgrader is not installed.
    """
    if importlib.util.find_spec("nbgrader") is None:
        raise HedgeError(
            "nbgrader is not installed, which a class needs: use make class and make grade, or "
            "install hedgelib with the extra [class]"
        )
