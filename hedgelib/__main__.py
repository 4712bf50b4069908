"""The command line: ``hedgelib COMMAND``."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import hedgelib
from hedgelib import commands
from hedgelib._extras import extra_of, missing
from hedgelib.errors import HedgeError, VenueError
from hedgelib.report.blocks import printable

__all__ = ["main"]

_UNEXPECTED, _BAD_INPUT, _NO_VENUE, _INTERRUPTED, _NOBODY_READS = 1, 2, 4, 130, 141


class _Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(_BAD_INPUT, f"{self.prog}: {printable(message)}; try {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hedgelib",
        description="Hedge an altcoin portfolio with inverse (coin-margined) futures.",
        epilog="Educational, not advice.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hedgelib {hedgelib.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in commands.NAMES:
        command = commands.command(name)
        subparser = subparsers.add_parser(
            name,
            allow_abbrev=False,
            help=command.SUMMARY,
            description=command.DESCRIPTION,
            epilog=(
                "Exit codes: 0 done, 2 the input or an option is not accepted, "
                + (f"3 {command.PARTLY}, " if command.PARTLY else "")
                + ("4 a venue cannot be used, " if name in commands.ASK_A_VENUE else "")
                + "130 interrupted, 1 something unexpected. Educational, not advice."
            ),
        )
        command.add_arguments(subparser)
        subparser.add_argument(
            "--debug", action="store_true", help="show where an unexpected error came from"
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has read enough; what is left must not be written to them at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS


def _run(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        return commands.command(arguments.command).run(arguments)
    except BrokenPipeError:
        raise
    except VenueError as error:
        return _complain(_NO_VENUE, str(error))
    except HedgeError as error:
        return _complain(_BAD_INPUT, str(error))
    except KeyboardInterrupt:
        return _complain(_INTERRUPTED, "interrupted; nothing was written")
    except Exception as error:
        package = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
        if package and extra_of(package):
            return _complain(_BAD_INPUT, str(missing(package, f"hedgelib {arguments.command}")))
        if arguments.debug:
            traceback.print_exc()
        return _complain(
            _UNEXPECTED, f"{type(error).__name__}: {error} (--debug shows where it came from)"
        )


def _complain(code: int, message: str) -> int:
    line = " ".join(printable(part) for part in message.split())
    print(f"hedgelib: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
