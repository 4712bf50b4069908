"""The commands of ``hedgelib``, a module for each.

A module has a ``SUMMARY``, a ``DESCRIPTION``, ``add_arguments(parser)`` and ``run(arguments)``,
which returns the exit code; where that may be 3, ``PARTLY`` says what it means. It imports nothing
heavy before ``run``, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import importlib
from typing import Protocol, cast

__all__ = ["ASK_A_VENUE", "NAMES", "Command", "command"]

NAMES = ("lab", "report", "reports", "diff", "what-if", "flights", "fetch", "class", "grade")
"""In the order of the help."""
ASK_A_VENUE = ("report", "what-if", "fetch")
"""Those whose data may come from a venue, which may not answer."""


class Command(Protocol):
    """What a module of this package has."""

    SUMMARY: str
    DESCRIPTION: str
    PARTLY: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments of this command to the parser."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do what was asked and return the exit code; bad input is a :class:`HedgeError`."""


def command(name: str) -> Command:
    """Load the module of a command."""
    return cast(Command, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
