"""``hedgelib report``: one portfolio file, one report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hedgelib.errors import InvalidInput, NothingToHedge
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

SUMMARY = "write a hedge report on a portfolio file"
PARTLY = "the report was written but its PDF was not"
DESCRIPTION = (
    "Write a hedge report on a portfolio file: one HTML page that needs no network, and the "
    "executed notebook it was made from. With --pdf it is printed too, by Chromium; where that "
    "fails the report is still written."
)

_NO_PDF, _INTERRUPTED = 3, 130
_STDOUT = "-"
_MOST_SHOWN = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument("portfolio", metavar="PORTFOLIO", help=PARAMETER_HELP["portfolio"])
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out",
        help="folder for the report (default: out); with --json, - prints the data and writes "
        "nothing",
    )
    parser.add_argument("--pdf", action="store_true", help="print the page to a PDF as well")
    parser.add_argument(
        "--paper", metavar="SIZE", default="A4", help="paper of the PDF: A4 or Letter (default: A4)"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="write the plan and every table as data as well (hedgelib/report/schema.json "
        "documents the keys)",
    )
    add_parameters(parser.add_argument_group("parameters of the report"))


def add_parameters(parser: argparse._ActionsContainer) -> None:
    """Add an option for each parameter of a report but the portfolio."""
    defaults = ReportParameters(portfolio="-")
    for name in ReportParameters.names()[1:]:
        default = getattr(defaults, name)
        if default is False:
            parser.add_argument(
                "--" + name.replace("_", "-"),
                action="store_true",
                default=argparse.SUPPRESS,
                help=PARAMETER_HELP[name],
            )
            continue
        shown = "" if default is None else f" (default: {default})"
        parser.add_argument(
            "--" + name.replace("_", "-"),
            metavar=_metavar(name),
            default=argparse.SUPPRESS,
            help=(PARAMETER_HELP[name].replace("None:", "otherwise") + shown).replace("%", "%%"),
        )


def _metavar(name: str) -> str:
    words = {
        "benchmark": "COIN",
        "venue": "NAME",
        "live": "VENUE",
        "contract": "ID",
        "collateral": "SOURCE",
        "rounding": "HOW",
        "title": "TEXT",
    }
    for end, word in (("_usd", "USD"), ("_days", "DAYS"), ("_8h", "RATE"), ("_rate", "RATE")):
        if name.endswith(end):
            return word
    return words.get(name, "NUMBER")


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print where it is."""
    given = {n: v for n, v in vars(arguments).items() if n in ReportParameters.names()}
    parameters = ReportParameters.from_mapping(given)
    _check_output(arguments)

    # pandas and Jupyter take their time, and --help needs neither.
    from hedgelib.report.export import nothing_to_json, to_json
    from hedgelib.report.one import build_report

    # Worked out here first: what is wrong with the input shows in a second, without a kernel.
    try:
        report = build_report(parameters)
    except NothingToHedge as nothing:
        name = printable(Path(parameters.portfolio).name)
        # What is asked for as data is not mixed with words.
        stream = sys.stderr if arguments.out == _STDOUT else sys.stdout
        print(f"{name}: {nothing}", file=stream)
        if arguments.out == _STDOUT:
            print(nothing_to_json(nothing), end="")
        return 0
    if arguments.out == _STDOUT:
        print(to_json(report), end="")
        return 0
    return _write(report, arguments)


def _check_output(arguments: argparse.Namespace) -> None:
    from hedgelib.report.pdf import PAPERS

    if arguments.paper not in PAPERS:
        raise InvalidInput(f"--paper must be one of {', '.join(PAPERS)}, got {arguments.paper!r}")
    if arguments.out == _STDOUT and (arguments.pdf or not arguments.json):
        raise InvalidInput(
            "--out - prints the data and writes nothing: give it --json, and no --pdf"
        )


def _write(report: HedgeReport, arguments: argparse.Namespace) -> int:
    from hedgelib.report.pdf import PdfFailed, write_pdf
    from hedgelib.report.render import write_json, write_report

    page, notebook = write_report(report, arguments.out)
    written: list[Path] = [page, notebook]
    if arguments.json:
        written.append(write_json(report, arguments.out))
    code, failed = 0, ""
    if arguments.pdf:
        try:
            written.append(write_pdf(page, page.with_suffix(".pdf"), paper=arguments.paper))
        except PdfFailed as error:
            code, failed = _NO_PDF, str(error)
        except KeyboardInterrupt:
            code, failed = _INTERRUPTED, "interrupted"
    print(f"{report.title}: {report.headline}")
    for warning in report.warnings:
        print(f"! {printable(warning)}")
    if read_as := [printable(reading.text) for reading in report.portfolio.coins_read_as]:
        shown = "; ".join(read_as[:_MOST_SHOWN])
        more = len(read_as) - _MOST_SHOWN
        print(f"{shown}" + (f"; and {more:,} more" if more > 0 else ""))
    *first, last = map(str, written)
    print(f"wrote {', '.join(first)} and {last}")
    if failed:
        print(f"hedgelib: no PDF: {printable(' '.join(failed.split()))}", file=sys.stderr)
    return code
