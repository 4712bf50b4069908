"""Sections and parameters are written once: notebook, page, JSON and command line follow."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from hedgelib import __main__ as command_line
from hedgelib.errors import InvalidInput
from hedgelib.report import (
    ReportParameters,
    build_report,
    cells,
    registry,
    report_notebook,
    to_html,
)
from hedgelib.report import notebook as drawn
from hedgelib.report.blocks import Section, Text
from hedgelib.report.export import to_data


def sources(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    return [(cell.id, cell.cell_type, cell.source) for cell in notebook.cells]


def test_the_committed_notebook_has_the_cells_of_the_parameters_and_the_sections():
    committed = nbformat.read(report_notebook(), as_version=4)
    assert sources(drawn.renewed(committed)) == sources(committed)


def test_renewing_keeps_the_outputs_of_cells_that_stay(tmp_path, monkeypatch):
    path = tmp_path / "hedge_report.ipynb"
    path.write_bytes(report_notebook().read_bytes())
    monkeypatch.setattr(drawn, "report_notebook", lambda: path)
    drawn.main()
    assert path.read_bytes() == report_notebook().read_bytes()


@pytest.fixture
def with_fees(monkeypatch):
    """One section more, after that on what it costs: nothing else is touched for it."""

    def fees(report):
        return Section([Text(f"The rate is {report.plan.fee_rate}.")])

    fees.__module__ = "hedgelib.report.risks"
    monkeypatch.setattr(registry, "_parts", dict(registry._parts))
    registry.sections()
    registry.part("fees", "Fees", data=lambda r: {"fees": {"rate": r.plan.fee_rate}})(fees)


@pytest.mark.usefixtures("with_fees")
def test_a_section_more_is_in_the_notebook_on_the_page_and_in_the_json(tmp_path, monkeypatch):
    names = [one.name for one in registry.sections()]
    assert names.index("fees") == names.index("uncovered") + 1 < names.index("provenance")
    notebook = drawn.renewed(nbformat.read(report_notebook(), as_version=4))
    nbformat.validate(notebook)
    nbformat.write(notebook, tmp_path / "in.ipynb")
    monkeypatch.setattr(cells, "report_notebook", lambda: tmp_path / "in.ipynb")
    ran, report = cells.run_notebook(ReportParameters(portfolio="layer1.csv"))
    page = to_html(ran, title="")
    said = f"The rate is {report.plan.fee_rate}."
    assert page.index("What is not covered") < page.index("<h2>Fees</h2>") < page.index(said)
    assert to_data(report)["fees"] == {"rate": report.plan.fee_rate}


def test_a_section_that_is_not_there_is_refused_with_those_that_are():
    report = build_report(ReportParameters(portfolio="layer1.csv"))
    with pytest.raises(InvalidInput, match=r"section must be one of summary, trade, .*'costs'"):
        registry.section(report, "costs")


def test_no_key_of_the_json_is_given_twice():
    report = build_report(ReportParameters(portfolio="layer1.csv"))
    keys = [key for one in registry.sections() for key in one.data(report)]
    assert len(keys) == len(set(keys)) == len(to_data(report)) - 2


def test_parameters_become_options_with_what_the_notebook_says(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["report", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "--price-usd USD price of the hedge coin; otherwise its last close in the data" in text
    assert "--as-of-data accept old prices as an exercise;" in text
    assert "--window-days DAYS days of history that beta is estimated on (default: 365)" in text
    assert drawn.parameter_cell() in "".join(
        "".join(cell["source"]) for cell in json.loads(Path(report_notebook()).read_text())["cells"]
    )
