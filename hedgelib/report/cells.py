"""The report's notebook: parameterised by papermill, its cells evaluated here, without a kernel.

Stock papermill on the same notebook gives the same cells.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgelib._folder import shipped

if TYPE_CHECKING:
    from hedgelib.report.parameters import ReportParameters
    from hedgelib.report.results import HedgeReport


def report_notebook() -> Path:
    """Find the report's notebook."""
    return shipped("notebooks", "reports", "hedge_report.ipynb")


def run_notebook(parameters: ReportParameters) -> tuple[Any, HedgeReport]:
    """Run the notebook of a report; return it with its outputs, and the report it computed."""
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    notebook = load_notebook_node(str(report_notebook()))
    notebook = parameterize_notebook(notebook, parameters.to_dict())
    with _timed(notebook):
        space = _evaluate(notebook)
    return notebook, space["report"]


def _evaluate(notebook: Any) -> dict[str, Any]:
    """Fill in the outputs of all cells, and return the variables that they leave."""
    space: dict[str, Any] = {"__name__": "__main__"}
    number = 0
    for cell in notebook.cells:
        with _timed(cell):
            # As papermill, which passes over what is empty.
            if cell.cell_type == "code" and cell.source.strip():
                number += 1
                cell.execution_count = number
                cell.outputs = []
                _run_cell(cell, space)
    return space


def _run_cell(cell: Any, space: dict[str, Any]) -> None:
    statements = ast.parse(cell.source).body
    last = statements.pop() if statements and isinstance(statements[-1], ast.Expr) else None
    name = f"<cell {cell.id}>"
    with (
        redirect_stdout(_Stream("stdout", cell.outputs)),
        redirect_stderr(_Stream("stderr", cell.outputs)),
    ):
        exec(compile(ast.Module(statements, []), name, "exec"), space)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), name, "eval"), space)
            if shown is not None:
                cell.outputs.append(_result(shown, cell.execution_count))


def _result(value: object, number: int) -> Any:
    data = {"text/plain": repr(value)}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = value._repr_html_()
    return _output("execute_result", data=data, execution_count=number, metadata={})


def _output(kind: str, **parts: Any) -> Any:
    # new_output() of nbformat would validate each, which takes a while.
    from nbformat import from_dict

    return from_dict({"output_type": kind, **parts})  # type: ignore[no-untyped-call]


class _Stream(io.TextIOBase):
    """Text that a cell prints, kept among its outputs."""

    def __init__(self, name: str, outputs: list[Any]) -> None:
        self._name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        if self._outputs and self._outputs[-1].get("name") == self._name:
            self._outputs[-1].text += text
        elif text:
            self._outputs.append(_output("stream", name=self._name, text=text))
        return len(text)


@contextmanager
def _timed(part: Any) -> Iterator[None]:
    """Note the times of a cell or a notebook in its metadata, as papermill does."""
    start = datetime.now(UTC)
    yield
    end = datetime.now(UTC)
    whole = "cells" in part
    part.metadata["papermill"] = {
        **part.metadata.get("papermill", {}),
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        "duration": (end - start).total_seconds(),
        "exception": None if whole else False,
        **({} if whole else {"status": "completed"}),
    }
