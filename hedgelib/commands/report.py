"""``hedgelib report``: one portfolio file, one report."""

from __future__ import annotations

import argparse

from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters

SUMMARY = "write a hedge report on a portfolio file"
DESCRIPTION = (
    "Write a hedge report on a portfolio file: one HTML page that needs no network, and the "
    "executed notebook it was made from."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser of this command what it takes."""
    parser.add_argument("portfolio", metavar="PORTFOLIO", help=PARAMETER_HELP["portfolio"])
    parser.add_argument(
        "--out", metavar="DIR", default="out", help="folder for the report (default: out)"
    )
    add_parameters(parser)


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add an option for each parameter of a report but the portfolio."""
    defaults = ReportParameters(portfolio="-")
    for name in ReportParameters.names()[1:]:
        default = getattr(defaults, name)
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
        "contract": "ID",
        "collateral": "SOURCE",
        "rounding": "HOW",
        "window_days": "DAYS",
        "title": "TEXT",
    }
    return words.get(name, "USD" if name.endswith("_usd") else "NUMBER")


def run(arguments: argparse.Namespace) -> int:
    """Write the report and say where it is."""
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
    return 0
