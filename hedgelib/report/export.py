"""A report as data for other programs: JSON of a documented, stable form.

``schema.json`` next to this module documents it: a JSON Schema with the meaning and unit of
every key. Keys may be added; when one is renamed, removed or changes its meaning, the version goes
up by one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import hedgelib
from hedgelib.report.registry import sections

if TYPE_CHECKING:
    from hedgelib.desk.ticket import Order
    from hedgelib.errors import NothingToHedge
    from hedgelib.report.results import HedgeReport

SCHEMA_VERSION = 2


@cache
def _schema_text() -> str:
    return (Path(__file__).resolve().parent / "schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what :func:`to_data` returns."""
    return dict(json.loads(_schema_text()))


def to_json(report: HedgeReport) -> str:
    """Write a report as JSON."""
    # Names of a portfolio stay ASCII escapes: no terminal or viewer is sent marks of direction.
    return json.dumps(to_data(report), indent=1, allow_nan=False) + "\n"


def nothing_to_json(nothing: NothingToHedge) -> str:
    """Write as JSON that there is no report because there is nothing to hedge."""
    said = {
        "schema_version": SCHEMA_VERSION,
        "hedgelib": hedgelib.__version__,
        "nothing_to_hedge": str(nothing),
        "orders": [order_data(order) for order in nothing.orders],
    }
    return json.dumps(said, indent=1) + "\n"


def to_data(report: HedgeReport) -> dict[str, Any]:
    """Return the plan and every table of a report as JSON takes it."""
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "hedgelib": hedgelib.__version__}
    for one in sections():
        data |= one.data(report)
    return data


def order_data(order: Order) -> dict[str, Any]:
    """Return a step of an order ticket as JSON takes it."""
    return {**plain(order), "side": order.side, "type": order.type}


def plain(value: Any) -> Any:
    """Turn results into what JSON takes; what is not finite becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value
