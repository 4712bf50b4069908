"""Hedge reports: their parameters, the numbers of one report, and its pages.

The parameters and the words load at once; what needs pandas or Jupyter loads when asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters

if TYPE_CHECKING:
    from hedgelib.report.one import build_report, find_portfolio
    from hedgelib.report.render import (
        report_notebook,
        safe_stem,
        to_html,
        write_report,
    )
    from hedgelib.report.results import HedgeReport

__all__ = [
    "PARAMETER_HELP",
    "HedgeReport",
    "ReportParameters",
    "build_report",
    "find_portfolio",
    "report_notebook",
    "safe_stem",
    "to_html",
    "write_report",
]

_HOME = {
    "HedgeReport": "results",
    "build_report": "one",
    "find_portfolio": "one",
    "report_notebook": "render",
    "safe_stem": "render",
    "to_html": "render",
    "write_report": "render",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"hedgelib.report.{_HOME[name]}"), name)
    raise AttributeError(f"module 'hedgelib.report' has no attribute {name!r}")
