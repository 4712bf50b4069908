"""Reading the data files: every fault is an error that names the file and the place."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hedgelib.contracts import ContractTerms
from hedgelib.errors import HedgeError, InvalidInput, UnsupportedContract

FUNDING_COLUMNS = ("month", "coin", "mean_8h", "min_8h", "max_8h", "settlements")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a contract with its date and its source.

    - name: as in `ContractTerms`, or one of the further figures a venue publishes
    - value: rates are decimals
    - as_of: ISO date of the document, or ``"collected <date>"`` for a document that bears none
    - source, note: the document, in words; what to know about it
    - doubtful: why it is not certain; empty where nothing speaks against it

    Examples
    --------
    >>> Figure(name="taker_fee", value=0.0005, as_of="2026-05-21", source="a schedule").text
    '0.05%'
    """

    name: str
    value: float | str | tuple[float, ...]
    as_of: str
    source: str
    note: str = ""
    doubtful: str = ""

    @property
    def text(self) -> str:
        """The value for people: rates in percent, lists with commas."""
        if isinstance(self.value, str):
            return self.value
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        percent = self.name in _FIGURES and _FIGURES[self.name].percent
        return ", ".join(_percent(v) if percent else f"{v:.10g}" for v in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A contract as a venue lists it: its figures, and its terms where it can be used.

    `venue` is the venue's key, such as ``"binance"``; `terms` is ``None`` and `refusal` says why
    where hedgelib refuses the contract. Of a dated contract the symbol is a pattern,
    ``"BTCUSD_%y%m%d"``, and the terms have no expiry until `named` gives them one.
    """

    venue: str
    symbol: str
    kind: str
    coin: str
    settle: str
    figures: tuple[Figure, ...]
    terms: ContractTerms | None
    refusal: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """Short name, unique over all venues, such as ``binance:ETHUSD_PERP``."""
        return f"{self.venue}:{self.symbol}"

    @property
    def dated(self) -> bool:
        """Whether this stands for all contracts that differ in the day of their expiry."""
        return "%" in self.symbol

    @property
    def shown(self) -> str:
        """The symbol for people."""
        return self.symbol.replace("%y%m%d", "YYMMDD").replace("%d%b%y", "DDMMMYY")

    def named(self, symbol: str) -> Listing | None:
        """Return the listing of a symbol, with its expiry where it is dated; None of another."""
        if not self.dated or self.terms is None:
            return self if symbol == self.symbol else None
        try:
            expiry = datetime.strptime(symbol, self.symbol).date()
        except ValueError:
            return None
        if expiry.strftime(self.symbol).upper() != symbol:
            return None
        if expiry.weekday() != _FRIDAY:
            raise InvalidInput(
                f"{symbol} would expire on {expiry}, a {expiry:%A}; dated contracts expire on a "
                "Friday, the quarterly ones on the last of March, June, September and December"
            )
        terms = replace(self.terms, symbol=symbol, expiry=expiry)
        return replace(self, symbol=symbol, terms=terms)


_FRIDAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue and what is known of its coin-margined contracts.

    `key` is the first part of the ids of its contracts, its inverse perpetuals, which include the
    refused ones.
    """

    key: str
    name: str
    contracts: tuple[str, ...]
    note: str
    as_of: str
    source: str


def _percent(rate: float) -> str:
    return f"{rate * 100:.10g}%"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Word a hint from the known names close to one that is not known; empty without any."""
    by_upper = {name.upper(): name for name in known}
    close = get_close_matches(str(word).upper(), by_upper, n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(by_upper[name] for name in close)}?)" if close else ""


def _damaged(
    path: Path, message: str, *, line: int | None = None, column: str | None = None
) -> HedgeError:
    where = str(path)
    if line is not None:
        where += f", line {line}"
    if column is not None:
        where += f", column {column!r}"
    return HedgeError(f"{where}: {message}; restore the file from the repository")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _damaged(path, "not UTF-8 text") from error
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror})") from error


def _read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    reader = csv.reader(_read_text(path).splitlines(), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise _damaged(path, str(error), line=reader.line_num) from error
    if len(rows) < 2:
        raise _damaged(path, "no header and rows in it")
    header = rows[0][1]
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise _damaged(path, f"{len(row)} values, expected {len(header)}", line=line)
    return header, rows[1:]


def _number(path: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    # Python also reads underscores, spaces and other scripts' digits, which no such file has.
    if not math.isfinite(value) or not text.isascii() or "_" in text or text != text.strip():
        raise _damaged(path, f"{text!r} is no number", line=line, column=column)
    return value


def read_closes(path: Path) -> pd.DataFrame:
    """Read prices.csv: consecutive days, prices > 0, and no gap inside a coin's life."""
    header, rows = _read_table(path)
    coins = header[1:]
    if header[:1] != ["date"] or not coins or not all(coins) or len(set(coins)) != len(coins):
        raise _damaged(path, "the header must be date and then each coin once", line=1)
    values = np.full((len(rows), len(coins)), np.nan)
    days: list[date] = []
    ended: set[int] = set()
    for i, (line, row) in enumerate(rows):
        try:
            day = date.fromisoformat(row[0])
        except ValueError as error:
            raise _damaged(path, f"{row[0]!r} is no day", line=line, column="date") from error
        if days and day != days[-1] + timedelta(days=1):
            raise _damaged(path, f"{day} comes after {days[-1]}", line=line, column="date")
        days.append(day)
        for j, text in enumerate(row[1:]):
            if not text:
                if i and not np.isnan(values[i - 1, j]):
                    ended.add(j)
                continue
            price = _number(path, line, coins[j], text)
            if price <= 0:
                raise _damaged(path, f"a price must be > 0, got {text}", line=line, column=coins[j])
            if j in ended:
                raise _damaged(path, "a price after a gap", line=line, column=coins[j])
            values[i, j] = price
    index = pd.DatetimeIndex(np.array(days, dtype="datetime64[ns]"), name="date")
    return pd.DataFrame(values, index=index, columns=pd.Index(coins))


def read_funding(path: Path) -> pd.DataFrame:
    """Read funding_monthly.csv: a month and coin once, the mean between min and max."""
    header, rows = _read_table(path)
    if tuple(header) != FUNDING_COLUMNS:
        raise _damaged(path, f"the header must be {','.join(FUNDING_COLUMNS)}", line=1)
    records = []
    seen: set[tuple[str, str]] = set()
    for line, row in rows:
        month, coin, *texts = row
        try:
            first = datetime.strptime(month, "%Y-%m")
        except ValueError as error:
            raise _damaged(path, f"{month!r} is no month", line=line, column="month") from error
        if not coin or (month, coin) in seen:
            raise _damaged(path, f"{coin!r} twice or empty in {month}", line=line, column="coin")
        seen.add((month, coin))
        mean, low, high, count = (
            _number(path, line, column, text)
            for column, text in zip(FUNDING_COLUMNS[2:], texts, strict=True)
        )
        if not low <= mean <= high:
            raise _damaged(path, "the mean is not between min and max", line=line, column="mean_8h")
        if count != int(count) or count < 1:
            raise _damaged(path, f"{count:g} is no count", line=line, column="settlements")
        records.append((first, coin, mean, low, high, int(count)))
    frame = pd.DataFrame.from_records(records, columns=list(FUNDING_COLUMNS))
    return frame.astype({"month": "datetime64[ns]"})


def read_sums(path: Path) -> dict[str, str]:
    """Read file name -> recorded hash; nothing where nothing is recorded."""
    if not path.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in _read_text(path).splitlines() if line.strip())
    return {pair[-1].strip(): pair[0] for pair in pairs}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a figure of contracts.toml must be."""

    shape: Literal["number", "list", "text"]
    percent: bool = False
    signed: bool = False
    terms: bool = True
    """Whether `ContractTerms` has a field of that name."""
    choices: tuple[str, ...] = ()


_FIGURES: dict[str, _Rule] = {
    "multiplier": _Rule("number"),
    "lot": _Rule("number"),
    "tick_usd": _Rule("number"),
    "funding_hours": _Rule("number"),
    "maker_fee": _Rule("number", percent=True, signed=True),
    "taker_fee": _Rule("number", percent=True),
    "max_leverage": _Rule("number"),
    "maintenance_basis": _Rule("text", choices=("mark", "entry")),
    "maintenance_floors": _Rule("list"),
    "maintenance_rates": _Rule("list", percent=True),
    "tier_unit": _Rule("text", choices=("coin", "usd")),
    "initial_margin_rates": _Rule("list", percent=True),
    "leverage_floors": _Rule("list"),
    "leverage_caps": _Rule("list"),
    "max_position_contracts": _Rule("number", terms=False),
    "funding_cap": _Rule("number", percent=True, terms=False),
    "funding_rule": _Rule("text", terms=False),
    "settlement_hours": _Rule("number", terms=False),
    "initial_base_rate": _Rule("number", percent=True, terms=False),
    "initial_slope_per_coin": _Rule("number", percent=True, terms=False),
    "maintenance_base_rate": _Rule("number", percent=True),
    "maintenance_slope_per_coin": _Rule("number", percent=True),
    "liquidation_fee": _Rule("text", choices=("none", "taker")),
    "liquidation_rule": _Rule("text", terms=False),
    "value_rounding": _Rule("text", terms=False),
    "expires": _Rule("text", terms=False),
    "delivery_rule": _Rule("text", terms=False),
}
_LADDERS = {
    "maintenance_rates": "maintenance_floors",
    "initial_margin_rates": "maintenance_floors",
    "leverage_caps": "leverage_floors",
}
"""Lists with one entry for each floor -> their floors."""


class _ContractFile:
    """contracts.toml, read with the place of every fault."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.root: dict[str, Any] = tomllib.loads(_read_text(path))
        except tomllib.TOMLDecodeError as error:
            raise _damaged(path, str(error)) from error
        self.keys("the file", self.root, {"collected", "sources", "venues", "contract"}, set())
        if not isinstance(self.root["collected"], date):
            raise self.bad("collected", "must be a date")
        self.collected: date = self.root["collected"]

    def bad(self, where: str, message: str) -> HedgeError:
        return _damaged(self.path, f"{where}: {message}")

    def keys(self, where: str, table: object, needed: set[str], optional: set[str]) -> None:
        if not isinstance(table, dict):
            raise self.bad(where, "must be a table")
        for key in sorted(needed - set(table)):
            raise self.bad(where, f"{key!r} is missing")
        for key in table:
            if key not in needed | optional:
                hint = did_you_mean(key, needed | optional)
                raise self.bad(where, f"unknown key {key!r}{hint}")

    def text(self, where: str, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise self.bad(where, f"{key!r} must be text")
        return value

    def source(self, where: str, key: object) -> tuple[str, str]:
        """Look a document up: when, and what."""
        if not isinstance(key, str) or key not in self.root["sources"]:
            raise self.bad(where, f"no source {key!r}")
        table, place = self.root["sources"][key], f"sources.{key}"
        self.keys(place, table, {"document"}, {"dated"})
        dated = table.get("dated")
        if dated is not None and not isinstance(dated, date):
            raise self.bad(place, "'dated' must be a date")
        as_of = f"collected {self.collected}" if dated is None else dated.isoformat()
        return as_of, self.text(place, table, "document")

    def figure(self, where: str, name: str, entry: object, default_source: str) -> Figure:
        if name not in _FIGURES:
            raise self.bad(where, f"unknown figure {name!r}{did_you_mean(name, _FIGURES)}")
        place = f"{where}, figure {name!r}"
        table = entry if isinstance(entry, dict) else {"value": entry}
        self.keys(place, table, {"value"}, {"source", "note", "doubtful"})
        as_of, document = self.source(place, table.get("source", default_source))
        return Figure(
            name=name,
            value=self.value(place, _FIGURES[name], table["value"]),
            as_of=as_of,
            source=document,
            note=self.text(place, table, "note"),
            doubtful=self.text(place, table, "doubtful"),
        )

    def value(self, where: str, rule: _Rule, value: object) -> float | str | tuple[float, ...]:
        if rule.shape == "text":
            if not isinstance(value, str) or not value:
                raise self.bad(where, f"must be text, got {value!r}")
            if rule.choices and value not in rule.choices:
                raise self.bad(where, f"must be one of {', '.join(rule.choices)}, got {value!r}")
            return value
        items = value if rule.shape == "list" else [value]
        if not isinstance(items, list) or not items:
            raise self.bad(where, f"must be a list of numbers, got {value!r}")
        low, high = (-1 if rule.signed else 0), (1 if rule.percent else 1e15)
        for item in items:
            if isinstance(item, bool) or not isinstance(item, int | float):
                raise self.bad(where, f"must be a number, got {item!r}")
            if not low <= item < high:
                raise self.bad(where, f"must be from {low} to below {high:g}, got {item!r}")
        return tuple(float(item) for item in items) if rule.shape == "list" else float(items[0])

    def listing(self, table: Mapping[str, Any], number: int) -> Listing:
        where = f"contract {number}"
        needed = {"venue", "symbol", "kind", "coin", "settle", "source", "figures"}
        self.keys(where, table, needed, {"note", "closed", "unusable", "venue_name"})
        words = {key: self.text(where, table, key) for key in sorted(set(table) - {"figures"})}
        for key in sorted(needed - {"figures"}):
            if not words[key]:
                raise self.bad(where, f"{key!r} is empty")
        where = f"contract {words['venue']}:{words['symbol']}"
        if words["venue"] not in self.root["venues"]:
            raise self.bad(where, f"no venue {words['venue']!r}")
        if words["kind"] not in ("inverse", "linear", "quanto"):
            raise self.bad(where, f"kind must be inverse, linear or quanto, got {words['kind']!r}")
        if not isinstance(table["figures"], dict):
            raise self.bad(where, "'figures' must be a table")
        figures = {
            name: self.figure(where, name, entry, words["source"])
            for name, entry in table["figures"].items()
        }
        self.ladders(where, figures)
        terms, refusal = self.terms(where, words, figures)
        return Listing(
            venue=words["venue"],
            symbol=words["symbol"],
            kind=words["kind"],
            coin=words["coin"],
            settle=words["settle"],
            figures=tuple(figures.values()),
            terms=terms,
            refusal=refusal,
            note=words.get("note", ""),
        )

    def ladders(self, where: str, figures: Mapping[str, Figure]) -> None:
        """Check that floors ascend from zero and that each has as many rates or caps."""
        listed = {n: f.value for n, f in figures.items() if isinstance(f.value, tuple)}
        for steps, floors in _LADDERS.items():
            if steps in listed and len(listed[steps]) != len(listed.get(floors, ())):
                raise self.bad(where, f"{steps} needs as many {floors}")
            order = np.diff(listed.get(steps, ())) * (-1 if steps == "leverage_caps" else 1)
            if (order < 0).any():
                raise self.bad(where, f"{steps} must not turn round, got {listed[steps]}")
        for floors in sorted(set(_LADDERS.values()) & set(listed)):
            if listed[floors][0] != 0 or (np.diff(listed[floors]) <= 0).any():
                raise self.bad(where, f"{floors} must ascend from 0, got {listed[floors]}")
            if not any(steps in listed for steps, on in _LADDERS.items() if on == floors):
                raise self.bad(where, f"{floors} has no rates or caps")
            if len(listed[floors]) > 1 and "tier_unit" not in figures:
                raise self.bad(where, f"{floors} needs a tier_unit, 'coin' or 'usd'")

    def terms(
        self, where: str, words: Mapping[str, str], figures: Mapping[str, Figure]
    ) -> tuple[ContractTerms | None, str]:
        if words.get("unusable"):
            return None, words["unusable"]
        if "multiplier" not in figures:
            raise self.bad(where, "no multiplier; say why under 'unusable'")
        documents = {figure.source: figure.as_of for figure in figures.values()}
        fields: dict[str, Any] = {
            name: figure.value for name, figure in figures.items() if _FIGURES[name].terms
        }
        try:
            terms = ContractTerms(
                venue=words.get("venue_name") or str(self.root["venues"][words["venue"]]["name"]),
                symbol=words["symbol"],
                kind=words["kind"],  # type: ignore[arg-type]
                coin=words["coin"],
                settle=words["settle"],
                as_of=_dates(documents.values(), self.collected),
                source="; ".join(documents),
                doubtful=tuple(name for name, figure in figures.items() if figure.doubtful),
                closed=words.get("closed", ""),
                **fields,
            )
        except UnsupportedContract as error:
            closed = f"; besides, {words['closed']}" if words.get("closed") else ""
            return None, f"{error}{closed}"
        except InvalidInput as error:
            raise self.bad(where, str(error)) from error
        if terms.id != f"{words['venue']}:{words['symbol']}":
            raise self.bad(where, f"its id would be {terms.id!r}; the key must begin the name")
        return terms, ""


def _dates(dates: Iterable[str], collected: date) -> str:
    dated = sorted({text for text in dates if not text.startswith("collected")})
    if not dated:
        return f"collected {collected}"
    span = dated[0] if len(dated) == 1 else f"{dated[0]} to {dated[-1]}"
    return f"collected {collected}, dated documents of {span}"


def read_contracts(path: Path) -> tuple[list[Listing], list[Venue], date]:
    """Read contracts.toml: the listings, the venues and the day they were collected."""
    file = _ContractFile(path)
    for name in ("sources", "venues"):
        if not isinstance(file.root[name], dict):
            raise file.bad(name, "must be a table")
    for key in file.root["sources"]:
        file.source("sources", key)
    for key, table in file.root["venues"].items():
        file.keys(f"venues.{key}", table, {"name", "source"}, {"note"})
    if not isinstance(file.root["contract"], list):
        raise file.bad("contract", "must be a list of tables")
    listings: dict[str, Listing] = {}
    for number, table in enumerate(file.root["contract"], start=1):
        listing = file.listing(table, number)
        if listing.id in listings:
            raise file.bad(f"contract {listing.id}", "appears twice")
        listings[listing.id] = listing
    venues = []
    for key, table in file.root["venues"].items():
        where = f"venues.{key}"
        as_of, document = file.source(where, table["source"])
        venues.append(
            Venue(
                key=key,
                name=file.text(where, table, "name"),
                contracts=tuple(
                    name
                    for name, one in listings.items()
                    if one.venue == key and one.kind != "linear" and not one.dated
                ),
                note=file.text(where, table, "note"),
                as_of=as_of,
                source=document,
            )
        )
    return list(listings.values()), venues, file.collected
