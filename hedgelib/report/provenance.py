"""Where every number of a report comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import hedgelib
from hedgelib.report.blocks import Points, Section, Table, Text, printable
from hedgelib.report.export import plain
from hedgelib.report.parameters import PARAMETER_HELP
from hedgelib.report.phrases import listed_names, sentence
from hedgelib.report.registry import part

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport


def _data(report: HedgeReport) -> dict[str, Any]:
    return {
        "parameters": plain(_parameters(report)),
        "price_day": plain(report.price_day),
        "prices": {
            "last_day": report.last_day.isoformat(),
            # No count of days where any day serves: the same data then make the same report.
            "age_days": None if report.as_of_data else report.age_days,
            "old": report.old,
            "as_of_data": report.as_of_data,
        },
        "contract_figures": plain(report.figures),
        "data": plain(report.origin),
    }


def _own_prices(own: dict[str, Any]) -> str:
    text = f"your file {own['file']}; {own['first_day']} to {own['last_day']}"
    if own["instead_of"]:
        text += f"; in place of the data's of {listed_names(own['instead_of'])}"
    if days := own["days_not_used"]:
        text += f"; {days:,} of its days are not in the data and not used"
    return text


def _parameters(report: HedgeReport) -> dict[str, Any]:
    """Return the parameters as they were given, files without their folders."""
    given = report.parameters.to_dict() | {"portfolio": report.file_name}
    position = given["position"] or ""
    if position.lower().endswith(".csv"):
        given["position"] = printable(Path(position).name)
    own = report.origin.get("own_prices")
    return given | ({"prices": own["file"]} if own else {})


@part("provenance", "Where the numbers come from", data=_data)
def provenance(report: HedgeReport) -> Section:
    """Tell where every number comes from."""
    origin, contract = report.origin, report.plan.contract
    first, last = origin["span"]
    rows = [
        ["Portfolio file", report.file_name],
        ["Its SHA-256", report.file_sha256],
        ["Library", f"hedgelib {hedgelib.__version__}"],
        ["Prices", f"{origin.get('source', 'given by the caller')}; {first} to {last}"],
    ]
    if "sha256" in origin:
        recorded = "" if origin.get("as_recorded") else " (not the one recorded: changed)"
        rows.append([f"SHA-256 of {origin['file']}", origin["sha256"] + recorded])
    if own := origin.get("own_prices"):
        rows += [[f"Prices of {listed_names(own['coins'])}", _own_prices(own)],
                 [f"SHA-256 of {own['file']}", own["sha256"]]]  # fmt: skip
    for other in ("funding", "contracts"):
        if other in origin:
            rows.append([f"SHA-256 of {origin[other]['file']}", origin[other]["sha256"]])
    noticed = [Points(origin["notes"])] if origin.get("notes") else []
    given = _parameters(report)
    parameter_rows = [
        [
            name,
            "not set" if value is None else str(value),
            PARAMETER_HELP[name].replace("None:", "not set:"),
        ]
        for name, value in given.items()
    ]
    figure_rows = [
        [
            figure.name.replace("_", " "),
            figure.text,
            figure.as_of,
            figure.source
            + (f". {sentence(figure.note)}" if figure.note else "")
            + (f" Doubtful: {figure.doubtful}." if figure.doubtful else ""),
        ]
        for figure in report.figures
    ]
    doubtful = [i for i, figure in enumerate(report.figures) if figure.doubtful]
    return Section(
        [
            Table(["What", "Value"], rows, "ll", "Data and library", kind="pairs hashes"),
            *noticed,
            Table(
                ["Parameter", "Value", "Meaning"],
                parameter_rows,
                "lll",
                "Parameters",
                kind="parameters",
            ),
            Table(
                ["Figure", "Value", "As of", "Source"],
                figure_rows,
                "llll",
                f"Terms of {contract.symbol} at {contract.venue}, to be looked up again to trade",
                marked=doubtful,
                kind="figures",
            ),
            Text(
                "Figures that could not be verified are not there; marked ones are not certain.",
                "note",
            ),
        ]
    )
