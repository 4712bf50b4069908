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

if TYPE_CHECKING:
    from hedgelib.report.results import Cap, HedgeReport, Tracking

__all__ = ["SCHEMA_VERSION", "schema", "to_data", "to_json"]

SCHEMA_VERSION = 2


@cache
def _schema_text() -> str:
    return (Path(__file__).resolve().parent / "schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what :func:`to_data` returns.

    Returns
    -------
    dict

    Examples
    --------
    >>> schema()["properties"]["schema_version"]["const"]
    2
    """
    return dict(json.loads(_schema_text()))


def to_json(report: HedgeReport) -> str:
    """Write a report as JSON.

    Parameters
    ----------
    report : HedgeReport

    Returns
    -------
    str
        Text with a newline at its end; numbers are finite or null.
    """
    # Names of a portfolio stay ASCII escapes: no terminal or viewer is sent marks of direction.
    return json.dumps(to_data(report), indent=1, allow_nan=False) + "\n"


def nothing_to_json(reason: object) -> str:
    """Write as JSON that there is no report because there is nothing to hedge."""
    said = {
        "schema_version": SCHEMA_VERSION,
        "hedgelib": hedgelib.__version__,
        "nothing_to_hedge": str(reason),
    }
    return json.dumps(said, indent=1) + "\n"


def to_data(report: HedgeReport) -> dict[str, Any]:
    """Return the plan and every table of a report as JSON takes it.

    Parameters
    ----------
    report : HedgeReport

    Returns
    -------
    dict
        Text, finite numbers, booleans, lists and dicts; "no such price", infinity in the library,
        is None.
    """
    plan = report.plan
    return {
        "schema_version": SCHEMA_VERSION,
        "hedgelib": hedgelib.__version__,
        "title": report.title,
        "headline": report.headline,
        "warnings": list(report.warnings),
        "parameters": plain(report.parameters) | {"portfolio": report.file_name},
        "portfolio": {
            "file": report.file_name,
            "sha256": report.file_sha256,
            "value_usd": report.portfolio.value_usd,
            "cash_usd": report.portfolio.cash_usd,
            "read_as": dict(report.portfolio.read_as),
            "coins_read_as": [
                plain(reading) | {"text": reading.text}
                for reading in report.portfolio.coins_read_as
            ],
            "holdings": plain(report.covers),
        },
        "tracking": {t.coin: _tracking(t) for t in report.trackings},
        "hedge_coin": report.hedge_coin,
        "reason": report.reason,
        "window": {
            "first_day": report.first_day.isoformat(),
            "last_day": report.last_day.isoformat(),
            "days": report.days,
            "horizon_days": report.parameters.horizon_days,
            "left_out": report.left_out,
            "cut": report.window_cut,
        },
        "price_day": plain(report.price_day),
        "prices": {
            "last_day": report.last_day.isoformat(),
            # No count of days where any day serves: the same data then make the same report.
            "age_days": None if report.as_of_data else report.age_days,
            "old": report.old,
            "as_of_data": report.as_of_data,
        },
        "plan": plain(plan)
        | {
            "contract_id": plan.contract.id,
            "notional_usd": plan.notional_usd,
            "leverage": plain(plan.leverage),
            "wallet_usd": plan.wallet_usd,
            "wallet_coin": plan.wallet_coin,
            "liquidation_move": plain(plan.liquidation_move),
            "steps": [{"name": name, "text": text} for name, text in plan.steps()],
        },
        "moves": _moves(report),
        "rallies": plain(report.rallies),
        "caps": [_cap(cap) for cap in report.caps],
        "rally": plain(report.rally),
        "coverage": {
            "measured_usd": report.measured_usd,
            "covered_usd": report.covered_usd,
            "gap_usd": report.gap.value_usd,
            "gap_share": report.gap.share,
            "gap_kept_usd": report.gap.kept_usd,
            "gap_residual_sd": report.gap.residual_sd,
        },
        "residual": plain(report.residual),
        "funding": plain(report.funding),
        "contract_figures": plain(report.figures),
        "data": plain(report.origin),
    }


def _tracking(tracked: Tracking) -> dict[str, Any]:
    found: dict[str, Any] = plain(tracked)
    if tracked.estimate is not None:
        low, high = tracked.estimate.interval()
        found["estimate"] |= {"beta_low": low, "beta_high": high}
    return found


def _moves(report: HedgeReport) -> list[dict[str, Any]]:
    totals, alone = report.at_covered_beta(report.scenario.move)
    ends = zip(report.scenario.rows(), totals.tolist(), alone.tolist(), strict=True)
    return [
        plain(row)
        | {
            "total_pnl_at_covered_beta_usd": total,
            "unhedged_pnl_at_covered_beta_usd": unhedged,
        }
        for row, total, unhedged in ends
    ]


def _cap(cap: Cap) -> dict[str, Any]:
    found: dict[str, Any] = plain(cap)
    del found["rallies"]
    seen = cap.rallies
    return found | {
        "starts": None if seen is None else seen.starts,
        "reached": None if seen is None else seen.reached,
        "episodes": None if seen is None else seen.episodes,
    }


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
