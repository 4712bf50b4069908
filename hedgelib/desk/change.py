"""What changed between two reports, read from their JSON, and what to trade."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hedgelib._text import printable
from hedgelib.errors import InvalidInput

__all__ = ["Change", "Line", "compare", "read_report"]

READABLE = (2,)
"""Versions of the JSON in which every key that is read here means the same."""

_LARGEST_BYTES = 50_000_000

Number: TypeAlias = "float | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of both reports; None where one of them has none, such as no liquidation price.

    group, name, unit : what it belongs to, what it is, and its unit.
    """

    group: str
    name: str
    unit: str
    old: Number
    new: Number

    @property
    def change(self) -> Number:
        """Return new less old."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed from one report to the next.

    days : last day of the data of each.
    contracts : contract of each plan.
    trades : contract and number of contracts to trade, signed, where the first plan is on.
    orders : of the new report's ticket, where it knows the position; they take precedence.
    remarks : what makes the two hard to compare.
    """

    names: tuple[str, str]
    days: tuple[str, str]
    contracts: tuple[str, str]
    lines: tuple[Line, ...]
    trades: tuple[tuple[str, float], ...]
    orders: tuple[Mapping[str, Any], ...] | None
    remarks: tuple[str, ...]


class _Report:
    """The JSON of one report, read key by key; what is not as it should be is named."""

    def __init__(self, path: Path, data: Any) -> None:
        self.name, self.data = printable(path.name), data

    def fail(self, what: str) -> InvalidInput:
        return InvalidInput(
            f"{self.name} is not a report's data: {what}; make it with hedgelib report FILE --json"
        )

    def at(self, *keys: str) -> Any:
        value = self.data
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                raise self.fail(f"it has no {'.'.join(keys)}")
            value = value[key]
        return value

    def number(self, *keys: str) -> Number:
        value = self.at(*keys)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.fail(f"{'.'.join(keys)} is no number")
        return value if value is None else float(value)

    def text(self, *keys: str) -> str:
        value = self.at(*keys)
        if not isinstance(value, str):
            raise self.fail(f"{'.'.join(keys)} is no text")
        return printable(value)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def read_report(path: str | Path) -> _Report:
    """Read what ``hedgelib report --json`` wrote, and refuse anything else."""
    path = Path(path)
    shown = printable(path.name)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{shown} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST_BYTES:
        raise InvalidInput(
            f"{shown} is over {_LARGEST_BYTES // 1_000_000} MB: no report is so large"
        )
    try:
        data = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{shown} is no JSON; diff takes the .report.json of two reports, which "
            "hedgelib report FILE --json writes"
        ) from error
    report = _Report(path, data)
    version = report.at("schema_version")
    if version not in READABLE or isinstance(version, bool):
        raise InvalidInput(
            f"{shown} has schema version {printable(str(version))[:20]}, and this hedgelib "
            f"compares {' and '.join(map(str, READABLE))}; make the report again with this version"
        )
    if "nothing_to_hedge" in data:
        raise InvalidInput(f"{shown} holds no plan: {report.text('nothing_to_hedge')}")
    return report


def compare(old_path: str | Path, new_path: str | Path) -> Change:
    """Compare two reports, the older one first."""
    old, new = read_report(old_path), read_report(new_path)
    both = (old, new)
    lines = [
        _line(both, "Book", "value", "USD", "portfolio", "value_usd"),
        _line(both, "Book", "cash", "USD", "portfolio", "cash_usd"),
        *_holdings(both),
    ]
    coins = tuple(report.text("hedge_coin") for report in both)
    lines += [
        Line(
            group="Beta",
            name=name,
            unit="beta",
            old=old.number("tracking", coins[0], key),
            new=new.number("tracking", coins[1], key),
        )
        for name, key in (
            ("of the book", "book_beta"),
            ("low end", "book_beta_low"),
            ("high end", "book_beta_high"),
        )
    ]
    ids = old.text("plan", "contract_id"), new.text("plan", "contract_id")
    first, then = (_hedge(report) for report in both)
    apart = len(then) > 1 or len(first) > 1 or ids[0] != ids[1]
    lines.append(_line(both, "Price", "of the hedge coin", "USD/coin", "plan", "price_usd"))
    lines += [
        _line(both, "Plan", name, unit, "plan", key)
        for name, unit, key in (
            ("contracts", "contracts", "contracts"),
            ("short", "USD", "notional_usd"),
            ("margin", "USD", "collateral_usd"),
            ("leverage", "x", "leverage"),
            ("liquidation price", "USD/coin", "liquidation_price_usd"),
        )
        # Contracts of two kinds are of two sizes.
        if key != "contracts" or ids[0] == ids[1]
    ]
    funding = [report.at("funding") is not None for report in both]
    lines += [
        Line(
            group="Carry",
            name=name,
            unit=unit,
            old=old.number("funding", key) if funding[0] else None,
            new=new.number("funding", key) if funding[1] else None,
        )
        for name, unit, key in (
            ("funding rate per 8 hours", "rate", "rate_8h"),
            ("funding in 30 days", "USD", "month_usd"),
        )
    ]
    if apart:
        lines += [
            Line(
                group="Contracts",
                name=name,
                unit="contracts",
                old=first.get(name, 0.0),
                new=then.get(name, 0.0),
            )
            for name in dict.fromkeys((*first, *then))
        ]
    # New ones first, so that the book is never without a hedge.
    trades = [(name, count - first.get(name, 0.0)) for name, count in then.items()]
    trades += [(name, -count) for name, count in first.items() if name not in then]
    return Change(
        names=(old.name, new.name),
        days=(old.text("window", "last_day"), new.text("window", "last_day")),
        contracts=ids,
        lines=tuple(lines),
        trades=tuple(trade for trade in trades if trade[1]),
        orders=_orders(new),
        remarks=tuple(_remarks(both, coins, ids)),
    )


def _remarks(
    both: tuple[_Report, _Report], coins: tuple[str, ...], ids: tuple[str, str]
) -> Iterator[str]:
    old, new = both
    if not _values(old).keys() & _values(new).keys():
        yield (
            f"No coin is in both {old.name} and {new.name}: if they are reports of two portfolios, "
            "the differences say nothing."
        )
    if coins[0] != coins[1]:
        yield (
            f"The hedge coin was {coins[0]} and is {coins[1]}: beta, price, plan and carry are "
            "those of another coin, so read the two columns and not the change."
        )
    elif ids[0] != ids[1]:
        yield f"The contract was {ids[0]} and is {ids[1]}: they differ in size, venue or kind."
    if old.text("window", "last_day") > new.text("window", "last_day"):
        yield f"The data of {old.name} are newer than those of {new.name}; give the older first."


def _hedge(report: _Report) -> dict[str, float]:
    """Return the contracts of the plan by id, those of both legs where two make a hedge."""
    legs = report.at("legs")
    plans = legs.get("plans") if isinstance(legs, dict) else None
    found = {}
    for plan in plans if isinstance(plans, list) and plans else [report.at("plan")]:
        one = _Report(Path(report.name), {"plan": plan})
        found[one.text("plan", "contract_id")] = one.number("plan", "contracts") or 0.0
    return found


def _line(both: tuple[_Report, _Report], group: str, name: str, unit: str, *keys: str) -> Line:
    old, new = (report.number(*keys) for report in both)
    return Line(group=group, name=name, unit=unit, old=old, new=new)


def _holdings(both: tuple[_Report, _Report]) -> list[Line]:
    """Return the holdings whose value changed, those that came or went with 0."""
    old, new = map(_values, both)
    return [
        Line(group="Book", name=coin, unit="USD", old=old.get(coin, 0.0), new=new.get(coin, 0.0))
        for coin in dict.fromkeys((*old, *new))
        if old.get(coin, 0.0) != new.get(coin, 0.0)
    ]


def _values(report: _Report) -> dict[str, float]:
    """Return the value of each coin of the book."""
    holdings = report.at("portfolio", "holdings")
    if not isinstance(holdings, list):
        raise report.fail("portfolio.holdings is no list")
    values: dict[str, float] = {}
    for held in holdings:
        one = _Report(Path(report.name), held)
        coin = one.text("coin")
        values[coin] = values.get(coin, 0.0) + (one.number("value_usd") or 0.0)
    return values


def _orders(report: _Report) -> tuple[Mapping[str, Any], ...] | None:
    """Return the orders of a report that was told what is on."""
    desk = report.data.get("desk")
    if not isinstance(desk, dict) or not desk.get("known"):
        return None
    orders = report.at("desk", "orders")
    if not isinstance(orders, list):
        raise report.fail("desk.orders is no list")
    for number, one in enumerate(orders):
        order = _Report(Path(report.name), {"order": one})
        for name in ("side", "symbol", "venue", "currency"):
            order.text("order", name)
        for name in ("step", "contracts", "transfer"):
            if order.number("order", name) is None:
                raise report.fail(f"desk.orders[{number}].{name} is no number")
    return tuple(orders)
