"""Write the cells of the report's notebook from its parameters and its sections.

``python -m hedgelib.report.notebook`` does it; its outputs are those of ``make notebooks``.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import nbformat.v4 as _v4

from hedgelib.report.cells import report_notebook
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.registry import sections

v4: Any = _v4  # not typed

_KEPT = ("about", "report")
_PORTFOLIO = "data/portfolios/layer1.csv"


def parameter_cell() -> str:
    """Return the assignments of all parameters, each with its type and its meaning."""
    lines = []
    for one in fields(ReportParameters):
        value = _PORTFOLIO if one.name == "portfolio" else one.default
        shown = f'"{value}"' if isinstance(value, str) else repr(value)
        kind = str(one.type).replace(" ", "")
        lines.append(f"{one.name} = {shown}  # type: {kind} {one.metadata['help']}")
    return "\n".join(lines)


def renewed(notebook: Any) -> Any:
    """Return the notebook with the cells that it should have; outputs of the same cells stay."""
    before = {cell.id: cell for cell in notebook.cells}

    def code(name: str, source: str, **metadata: Any) -> Any:
        if name in before and before[name].source == source:
            return before[name]
        return v4.new_code_cell(source, id=name, metadata=metadata)

    about, report = (before[name] for name in _KEPT)
    cells = [about, code("parameters", parameter_cell(), tags=["parameters"]), report]
    for one in sections():
        if one.title:
            title = v4.new_markdown_cell(f"## {one.title}", id=f"{one.name}-title")
            cells.append(title)
        cells.append(code(one.name, f'section(report, "{one.name}")'))
    return v4.new_notebook(metadata=notebook.metadata, cells=cells)


def main() -> None:
    """Renew the report's notebook in its place."""
    path = report_notebook()
    notebook = renewed(v4.reads(path.read_text(encoding="utf-8")))
    path.write_text(v4.writes(notebook) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
