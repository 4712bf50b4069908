"""The JSON of every kind of report has the documented form, and no key that it does not name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from hedgelib.report import ReportParameters, build_report, schema, to_json

ON = "binance:BTCUSD_PERP:-100@40000"


def tightened(part: Any) -> Any:
    """Return a schema with every key that it does not name refused."""
    if isinstance(part, list):
        return [tightened(one) for one in part]
    if not isinstance(part, dict):
        return part
    named = {key: tightened(value) for key, value in part.items()}
    if isinstance(part.get("properties"), dict) and "additionalProperties" not in part:
        named["additionalProperties"] = False
    return named


def objects(part: Any) -> Iterator[dict[str, Any]]:
    """Find every object with named keys in a schema."""
    if isinstance(part, dict) and isinstance(part.get("properties"), dict):
        yield part
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inside:
        yield from objects(one)


def test_every_key_that_is_named_is_always_there():
    found = list(objects(schema()))
    assert len(found) > 40
    for one in found:
        assert set(one["required"]) == set(one["properties"]), one["description"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"position": ON, "wallet": 0.5, "benchmark": "BTC"},
        {"benchmark": "BTC,ETH"},
        {"contract": "binance:ETHUSDT"},
        {"contract": "okx:ETH-USD-240329", "futures_price_usd": 2300},
    ],
    ids=["plain", "position", "two legs", "linear", "dated"],
)
def test_the_form_names_every_key(parameters):
    form = schema()
    form["properties"]["parameters"]["additionalProperties"] = True  # `report --help` has them
    report = build_report(ReportParameters(portfolio="layer1.csv", **parameters))
    data = json.loads(to_json(report), parse_constant=pytest.fail)
    jsonschema.Draft202012Validator(tightened(form)).validate(data)
    assert set(data) == set(form["properties"])
    assert bool(data["desk"]["positions"]) is ("position" in parameters)
