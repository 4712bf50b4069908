"""``hedgelib diff``: what changed between two reports, and what to trade."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from hedgelib._text import Table, contracts, percent, usd

if TYPE_CHECKING:
    from hedgelib.desk.change import Change, Line

SUMMARY = "show what changed between two reports, and what to trade"
PARTLY = ""
DESCRIPTION = (
    "Compare the data of two reports, which hedgelib report FILE --json writes: the book, its "
    "beta, the price, the plan and the carry; and say what to trade."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument("old", metavar="OLD.report.json", help="data of the older report")
    parser.add_argument("new", metavar="NEW.report.json", help="data of the newer report")
    parser.add_argument("--json", action="store_true", help="print the differences as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the differences."""
    from hedgelib.desk.change import compare

    change = compare(arguments.old, arguments.new)
    print(
        json.dumps(_data(change), indent=1, allow_nan=False) if arguments.json else _words(change)
    )
    return 0


def _data(change: Change) -> dict[str, Any]:
    return {
        "old": {"file": change.names[0], "last_day": change.days[0]},
        "new": {"file": change.names[1], "last_day": change.days[1]},
        "lines": [
            {
                "group": line.group,
                "name": line.name,
                "unit": line.unit,
                "old": line.old,
                "new": line.new,
                "change": line.change,
            }
            for line in change.lines
        ],
        "trades": [{"contract": name, "contracts": count} for name, count in change.trades],
        "remarks": list(change.remarks),
        "orders": None if change.orders is None else list(change.orders),
    }


def _words(change: Change) -> str:
    rows = [
        [f"{line.group}: {line.name}", *(_cell(line, value) for value in (line.old, line.new)), by]
        for line in change.lines
        if (by := _cell(line, line.change, signed=True)) or line.old != line.new
    ]
    table = Table(
        ["What", change.days[0], change.days[1], "Change"],
        rows or [["nothing", "", "", ""]],
        caption=f"{change.names[0]} to {change.names[1]}, {change.contracts[1]}",
    )
    said = [*(f"! {remark}" for remark in change.remarks), repr(table), ""]
    if change.orders is not None:
        said.append("What to trade, from the position that the new report was given:")
        said += [_order(order) for order in change.orders] or ["  nothing"]
    else:
        said.append("What to trade, if the old plan is on as it was:")
        said += [f"  {_trade(*trade)}" for trade in change.trades] or ["  nothing"]
    return "\n".join(said)


def _cell(line: Line, value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "" if signed else "none"
    if signed and value == 0:
        return ""
    sign = "+" if signed else ""
    if line.unit == "USD":
        return usd(value, signed=signed)
    if line.unit == "USD/coin":
        return usd(value, signed=signed, cents=True)
    if line.unit == "rate":
        return percent(value, digits=4, signed=signed)
    if line.unit == "contracts":
        return f"{value:{sign},.10g}"
    return f"{value:{sign}.2f}"


def _trade(name: str, count: float) -> str:
    return f"{'buy' if count > 0 else 'sell'} {contracts(count)} of {name}"


def _order(order: Any) -> str:
    from hedgelib._text import printable

    fields = ("step", "side", "contracts", "symbol", "venue", "transfer", "currency")
    step, side, count, symbol, venue, transfer, currency = (order.get(name) for name in fields)
    if count:
        text = f"{step}. {side} {contracts(count)} of {symbol} at {venue}"
        text += ", reduce-only" if order.get("reduce_only") else ""
    else:
        verb, way = ("transfer", "to") if transfer > 0 else ("take out", "from")
        text = f"{step}. {verb} {abs(transfer):,.8g} {currency} {way} {venue}"
    return printable(f"  {text}")
