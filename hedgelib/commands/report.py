"""``hedgelib report``: one portfolio file, one report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from hedgelib._extras import needed, require
from hedgelib.errors import InvalidInput, NothingToHedge
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters

SUMMARY = "write a hedge report on a portfolio file"
PARTLY = "the report was written but its PDF was not"
DESCRIPTION = (
    "Write a hedge report on a portfolio file: one HTML page that needs no network, and the "
    "executed notebook it was made from. With --pdf it is printed too, by Chromium; where that "
    "fails the report is still written."
)

_NO_PDF, _INTERRUPTED = 3, 130
_STDOUT = "-"


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
    add_workbook(parser)
    add_parameters(parser)


def add_workbook(parser: argparse.ArgumentParser) -> None:
    """Add the option for the workbook, which one report and many have."""
    parser.add_argument(
        "--xlsx", action="store_true", help="write every table to a workbook as well (.report.xlsx)"
    )


def check_workbook(arguments: argparse.Namespace) -> None:
    """Refuse a workbook without the package that writes it, before anything is made."""
    if arguments.xlsx:
        from hedgelib.report.workbook import PACKAGE

        needed(PACKAGE, "--xlsx")


GROUPS = {
    "the hedge": "benchmark contract venue hedge_ratio target_beta rounding",
    "margin and leverage": "collateral collateral_usd max_leverage maintenance_rate budget_usd",
    "estimates and assumptions": "window_days horizon_days funding_rate_8h slippage "
    "venue_fails_day",
    "prices and data": "price_usd futures_price_usd prices live max_age offline as_of_data",
    "what is on": "position wallet band unwind",
    "the file and the page": "fx no_alias title",
}
"""Groups of the parameters in the help, each parameter in one."""


def add_parameters(parser: argparse.ArgumentParser, *, without: Sequence[str] = ()) -> None:
    """Add an option for each parameter of a report but the portfolio and those named."""
    groups = {
        name: group
        for heading, names in GROUPS.items()
        for group in [parser.add_argument_group(heading)]
        for name in names.split()
    }
    for parameter in fields(ReportParameters)[1:]:
        if parameter.name in without:
            continue
        option: dict[str, Any] = {"action": "store_true"}
        meaning = parameter.metadata["help"]
        if parameter.default is not False:
            option = {"metavar": parameter.metadata["metavar"]}
            if parameter.metadata["repeated"]:
                option["action"] = "append"
            meaning = meaning.replace("None:", "otherwise")
            if parameter.default is not None:
                meaning += f" (default: {parameter.default})"
        groups.get(parameter.name, parser).add_argument(
            "--" + parameter.name.replace("_", "-"),
            default=argparse.SUPPRESS,
            help=meaning.replace("%", "%%"),
            **option,
        )


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print where it is."""
    given = {n: v for n, v in vars(arguments).items() if n in ReportParameters.names()}
    parameters = ReportParameters.from_mapping(given)
    _check_output(arguments)
    check_workbook(arguments)
    try:
        if arguments.out == _STDOUT:
            return _print_data(parameters)
        return _write(parameters, arguments)
    except NothingToHedge as nothing:
        name = printable(Path(parameters.portfolio).name)
        if arguments.out == _STDOUT:
            from hedgelib.report.export import nothing_to_json

            # What is asked for as data is not mixed with words.
            print(f"{name}: {nothing}", file=sys.stderr)
            print(nothing_to_json(nothing), end="")
        else:
            print(f"{name}: {nothing}")
        return 0


def _check_output(arguments: argparse.Namespace) -> None:
    from hedgelib.report.pdf import PAPERS

    if arguments.paper not in PAPERS:
        raise InvalidInput(f"--paper must be one of {', '.join(PAPERS)}, got {arguments.paper!r}")
    if arguments.out == _STDOUT and (arguments.pdf or arguments.xlsx or not arguments.json):
        raise InvalidInput(
            "--out - prints the data and writes nothing: give it --json, and no --pdf or --xlsx"
        )


def _print_data(parameters: ReportParameters) -> int:
    # pandas takes its time, and --help does not need it.
    from hedgelib.report.export import to_json
    from hedgelib.report.one import build_report

    print(to_json(build_report(parameters)), end="")
    return 0


def _write(parameters: ReportParameters, arguments: argparse.Namespace) -> int:
    # The process of the report would say only that its notebook stopped.
    require("papermill", "hedgelib report")
    from hedgelib.report.pdf import PdfFailed, write_pdf
    from hedgelib.report.render import safe_stem, write_files
    from hedgelib.report.run import Job, make_one

    # For one report a server that has everything imported comes too late.
    job = Job(
        parameters=parameters.to_dict(), data=arguments.json, xlsx=arguments.xlsx, orders=True
    )
    made, stem = make_one(job, warm=False), safe_stem(parameters.portfolio)
    if made.nothing and made.files:
        (path,) = write_files(stem, made.files, arguments.out)
        print(f"{printable(Path(parameters.portfolio).name)}: {made.nothing}\nwrote {path}")
        return 0
    written = write_files(stem, made.check().files, arguments.out)
    page = written[0]
    code, failed = 0, ""
    if arguments.pdf:
        try:
            written.append(write_pdf(page, page.with_suffix(".pdf"), paper=arguments.paper))
        except PdfFailed as error:
            code, failed = _NO_PDF, str(error)
        except KeyboardInterrupt:
            code, failed = _INTERRUPTED, "interrupted"
    for line in made.words:
        print(line)
    *first, last = map(str, written)
    print(f"wrote {', '.join(first)} and {last}")
    if failed:
        print(f"hedgelib: no PDF: {printable(' '.join(failed.split()))}", file=sys.stderr)
    return code
