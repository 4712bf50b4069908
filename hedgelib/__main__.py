"""The command line: ``hedgelib report PORTFOLIO``."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import hedgelib
from hedgelib.errors import HedgeError
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters

__all__ = ["main"]

_BAD_INPUT, _UNEXPECTED, _INTERRUPTED = 2, 1, 130


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
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    report = commands.add_parser(
        "report",
        allow_abbrev=False,
        help="write a hedge report on a portfolio file",
        description=(
            "Write a hedge report on a portfolio file: one HTML page that needs no network, and "
            "the executed notebook it was made from."
        ),
        epilog=(
            "Exit codes: 0 done, 2 the file or an option is not accepted, 1 something unexpected. "
            "Educational, not advice."
        ),
    )
    report.add_argument("portfolio", metavar="PORTFOLIO", help=PARAMETER_HELP["portfolio"])
    report.add_argument(
        "--out", metavar="DIR", default="out", help="folder for the report (default: out)"
    )
    defaults = ReportParameters(portfolio="-")
    for name in ReportParameters.names()[1:]:
        default = getattr(defaults, name)
        shown = "" if default is None else f" (default: {default})"
        report.add_argument(
            "--" + name.replace("_", "-"),
            metavar=_metavar(name),
            default=argparse.SUPPRESS,
            help=(PARAMETER_HELP[name].replace("None:", "otherwise") + shown).replace("%", "%%"),
        )
    report.add_argument(
        "--debug", action="store_true", help="show where an unexpected error came from"
    )
    return parser


def _metavar(name: str) -> str:
    words = {
        "benchmark": "COIN",
        "contract": "ID",
        "collateral": "SOURCE",
        "rounding": "HOW",
        "window_days": "DAYS",
        "title": "TEXT",
    }
    return words.get(name, "USD" if name.endswith("_usd") else "NUMBER")


def _report(arguments: argparse.Namespace) -> None:
    given = {n: v for n, v in vars(arguments).items() if n in ReportParameters.names()}
    parameters = ReportParameters.from_mapping(given)

    # pandas and Jupyter take their time, and --help needs neither.
    from hedgelib.report.one import build_report
    from hedgelib.report.render import write_report

    # Worked out here first: what is wrong with the input shows in a second, without a kernel.
    report = build_report(parameters)
    page, notebook = write_report(report, arguments.out)
    print(f"{report.title}: {report.headline}")
    print(f"wrote {page} and {notebook}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; those of the process when omitted.

    Returns
    -------
    int
        Exit code: 0 done, 2 bad input, 1 unexpected, 130 interrupted. Errors are one line on
        standard error.
    """
    arguments = _parser().parse_args(argv)
    try:
        _report(arguments)
    except HedgeError as error:
        return _complain(_BAD_INPUT, str(error))
    except KeyboardInterrupt:
        return _complain(_INTERRUPTED, "interrupted; nothing was written")
    except Exception as error:
        if arguments.debug:
            traceback.print_exc()
        return _complain(
            _UNEXPECTED, f"{type(error).__name__}: {error} (--debug shows where it came from)"
        )
    return 0


def _complain(code: int, message: str) -> int:
    line = " ".join(printable(part) for part in message.split())
    print(f"hedgelib: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
