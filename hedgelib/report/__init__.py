"""Hedge reports: their parameters, the numbers of one report, and its pages.

Everything loads when asked for, so that ``--help`` needs neither pandas nor papermill.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgelib.report.cells import report_notebook
    from hedgelib.report.export import SCHEMA_VERSION, schema, to_data, to_json
    from hedgelib.report.one import build_report, find_portfolio
    from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters
    from hedgelib.report.pdf import PdfFailed, write_pdf
    from hedgelib.report.registry import section
    from hedgelib.report.render import (
        safe_stem,
        to_html,
        write_json,
        write_report,
    )
    from hedgelib.report.results import HedgeReport
    from hedgelib.report.run import ReportFailed
    from hedgelib.report.summary import headline

_HOME = {
    "HedgeReport": "results",
    "PARAMETER_HELP": "parameters",
    "PdfFailed": "pdf",
    "ReportFailed": "run",
    "ReportParameters": "parameters",
    "SCHEMA_VERSION": "export",
    "build_report": "one",
    "find_portfolio": "one",
    "headline": "summary",
    "report_notebook": "cells",
    "safe_stem": "render",
    "schema": "export",
    "section": "registry",
    "to_data": "export",
    "to_html": "render",
    "to_json": "export",
    "write_json": "render",
    "write_pdf": "pdf",
    "write_report": "render",
}

__all__ = [
    "PARAMETER_HELP",
    "SCHEMA_VERSION",
    "HedgeReport",
    "PdfFailed",
    "ReportFailed",
    "ReportParameters",
    "build_report",
    "find_portfolio",
    "headline",
    "report_notebook",
    "safe_stem",
    "schema",
    "section",
    "to_data",
    "to_html",
    "to_json",
    "write_json",
    "write_pdf",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"hedgelib.report.{_HOME[name]}"), name)
    raise AttributeError(f"module 'hedgelib.report' has no attribute {name!r}")
