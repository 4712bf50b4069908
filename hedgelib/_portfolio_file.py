"""The rows of a portfolio file, CSV or JSON, in our words or in those of a tracker's export.

This module reads rows and keeps their places for errors; `portfolio` computes their values.
"""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import StringIO
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

from hedgelib.errors import PortfolioFileError

__all__ = ["BETA_TO", "COLUMNS", "LARGEST_BYTES", "Row", "column_of", "read_rows", "unfit"]

COLUMNS = ("coin", "usd_value", "quantity", "price_usd", "beta")
BETA_TO = "beta_"
"""Before the hedge coin, in the name of a column of betas to that coin."""

_IN_USD = ("usd_value", "price_usd")
_COMMENT = "comment"

LARGEST_BYTES = 16 << 20
"""No portfolio file is larger."""

_WORDS = {
    "coin": "coin, symbol, ticker, asset, token, coin symbol, asset symbol, token symbol",
    "quantity": "quantity, qty, amount, balance, holdings",
    "usd_value": "value, market value, current value, total value",
    "price_usd": "price, market price, current price",
    "beta": "beta",
    _COMMENT: "comment, comments, note, notes",
}
_MEANING = {word: name for name, words in _WORDS.items() for word in words.split(", ")}
_USD = {"usd", "us", "$"}
_BETA = re.compile(r"beta (?:to |vs )?([a-z][a-z0-9]{1,9})", re.ASCII)
_FOREIGN = {"€", "£", "¥", "eur", "gbp", "jpy", "chf", "cad", "aud", "cny", "inr", "krw", "brl"}

_ONLY_IN_LOGS = frozenset(
    {
        *("side", "way", "buy", "sell", "buy sell", "direction", "executed", "filled"),
        *("refid", "txid", "txhash", "tx id", "tx hash", "trade id", "order id", "orderid"),
        *("order no", "transaction id", "transaction hash", "transaction type", "order type"),
        *("trade type", "sent amount", "received amount", "amount sent", "amount received"),
        *("buy amount", "sell amount", "quantity transacted"),
    }
)
_TIMES = frozenset(
    {
        *("date", "time", "datetime", "date time", "timestamp", "date utc", "utc time"),
        *("created at", "datum", "zeit"),
    }
)
_OF_A_TRADE = frozenset(
    {
        *("type", "operation", "action", "fee", "fees", "fee amount", "fee percent", "label"),
        *("typ", "gebühr"),
    }
)
"""Together with a time, they too are only in lists of trades."""
_LOG_KEYS = {"activities", "transactions", "trades", "orders", "ledger", "fills"}
_LOG_WORDS = {
    *("buy", "sell", "bought", "sold"),
    *("kauf", "verkauf", "kaufen", "verkaufen", "gekauft", "verkauft"),
}
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DOLLARS = re.compile(
    r"(?P<sign>[+-]?)(?:US\$|\$|USD)\s?(?P<amount>.+)|(?P<before>.+?)\s?(?:US\$|\$|USD)", re.I
)
_TOLD = re.compile(r"\"?sep=([,;\t])\"?", re.I)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_LONGEST_SHOWN = 60
_HEADER = "the first line is a header such as coin,usd_value"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: a line of CSV, or a path of JSON."""

    path: Path
    line: int | None = None
    place: str | None = None

    def below(self, key: str | int) -> Place:
        """Return the place of an entry of an object or a list."""
        if isinstance(key, str) and _NAME.fullmatch(key):
            return Place(self.path, place=f"{self.place}.{key}")
        return Place(self.path, place=f"{self.place}[{json.dumps(key)}]")

    def error(self, message: str, name: str | None = None) -> PortfolioFileError:
        """Make an error at this place, or at the column or key of that name in it."""
        if self.place is not None and name is not None:
            return self.below(name).error(message)
        return PortfolioFileError(
            message, path=self.path, line=self.line, column=name, place=self.place
        )

    def __str__(self) -> str:
        return self.place or f"line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a file says of one holding."""

    at: Place
    coin: str
    numbers: Mapping[str, Decimal]
    written: Mapping[str, str | None]

    def error(self, message: str, column: str) -> PortfolioFileError:
        """Make an error of this row, at one of its columns."""
        return self.at.error(message, self.written.get(column, column))


def read_rows(path: Path) -> tuple[list[Row], tuple[tuple[str, str], ...]]:
    """Read the rows of a file, and how its columns were understood."""
    text = _text(path)
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(path, text)
    read_as = {
        (name, column)
        for row in rows
        for column, name in row.written.items()
        if name is not None and name.lower() != column
    }
    order = {column: i for i, column in enumerate(COLUMNS)}
    return rows, tuple(
        sorted(read_as, key=lambda pair: (order.get(pair[1], len(order)), pair[1], pair[0]))
    )


def unfit(kind: os.stat_result) -> str | None:
    """Return why a path cannot be a portfolio file, or None."""
    if stat.S_ISDIR(kind.st_mode):
        return None
    if not stat.S_ISREG(kind.st_mode):
        return "not a file, but a pipe, a socket or a device"
    if kind.st_size > LARGEST_BYTES:
        return f"{kind.st_size:,} bytes, and no portfolio has over {LARGEST_BYTES:,}"
    return None


def _text(path: Path) -> str:
    def fail(message: str) -> PortfolioFileError:
        return PortfolioFileError(message, path=path)

    try:
        # Before it is opened: a pipe would be waited for, and gives what it has only once.
        reason = unfit(path.stat())
        if reason is None:
            return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise fail("there is no such file") from error
    except IsADirectoryError as error:
        raise fail("this is a folder; name a CSV or JSON file in it") from error
    except UnicodeDecodeError as error:
        raise fail("not UTF-8 text; save the sheet as CSV UTF-8") from error
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise fail(f"cannot be a path: {error}") from error
    raise fail(reason)


# Names


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+|[$€£¥]", name.casefold())


def column_of(name: str) -> str | None:
    """Find what a column of that name holds."""
    words = _words(name)
    dollars = not _USD.isdisjoint(words)
    column = _MEANING.get(
        " ".join(word for word in words if word not in _USD and not (dollars and word == "in"))
    )
    if not dollars:
        to = _BETA.fullmatch(" ".join(words)) if column is None else None
        return BETA_TO + to[1] if to else column
    if column == "quantity":
        return "usd_value"
    return column if column in _IN_USD else None


def _columns(at: Place, names: Iterable[str]) -> dict[str, str]:
    """Find what each name of a header, or each key of an object, stands for."""
    meaning = {name: column_of(name) for name in names}
    strange = [name for name, column in meaning.items() if column is None]
    if strange:
        advice = (
            f"the columns are {', '.join(COLUMNS)}; rename it to one of them, or to comment where "
            "it is not to be read"
        )
        if any(not _FOREIGN.isdisjoint(_words(name)) for name in strange):
            advice = "values and prices must be in USD; convert them"
        if len(strange) == 1:
            raise at.error(f"unknown column; {advice}", strange[0])
        advice = advice.replace("rename it", "rename each")
        raise at.error(f"unknown columns {_listed(strange)}; {advice}")
    for column in dict.fromkeys(filter(None, meaning.values())):
        if column == _COMMENT:
            continue
        same = [name for name, meant in meaning.items() if meant == column]
        if len(same) > 1:
            raise at.error(
                f"{_listed(same)} all mean {column}; keep one, and rename the rest to comment"
                if len(same) > 2
                else f"{_listed(same)} both mean {column}; keep one, and rename the other to "
                "comment"
            )
    return {name: column for name, column in meaning.items() if column}


def _listed(names: list[str]) -> str:
    *first, last = map(_shown, names)
    return f"{', '.join(first)} and {last}"


def _shown(text: str) -> str:
    return repr(text) if len(text) <= _LONGEST_SHOWN else repr(text[:_LONGEST_SHOWN]) + "..."


# Lists of trades


def _log_columns(names: Iterable[str]) -> list[str]:
    """Find the names that only a list of trades has; none where it may be one of holdings."""
    spaced = {name: " ".join(_words(name)) for name in names}
    sure = [name for name, words in spaced.items() if words in _ONLY_IN_LOGS]
    times = [name for name, words in spaced.items() if words in _TIMES]
    more = [name for name, words in spaced.items() if words in _OF_A_TRADE]
    return [n for n in spaced if n in {*sure, *times, *more}] if sure or (times and more) else []


def _refuse_log(at: Place, names: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a list of trades: taken for holdings, a sale would count as a coin that is held."""
    columns = _log_columns(names)
    why = ""
    if columns:
        word = "column" if len(columns) == 1 else "columns"
        why = f"it has the {word} {_listed(columns) if columns[1:] else _shown(columns[0])}"
    else:
        for row in rows:
            for name, value in row.items():
                says = isinstance(value, str) and value.strip().casefold() in _LOG_WORDS
                if says and column_of(name) != "coin":
                    why = f"{_shown(name)} says {_shown(value.strip())}"
                    break
            if why:
                break
    if why:
        raise at.error(_log_message(why))


def _log_message(why: str) -> str:
    return (
        f"a list of trades, not of holdings: {why}; add up what you hold of each coin now, buys "
        "less sales, and give one line a coin: coin,quantity"
    )


# Numbers


def _readings(text: str, *, semicolons: bool) -> list[tuple[str, bool]]:
    """Find every way to read a number: written plainly, and whether a comma is decimal in it."""
    readings = [(text, False)] if _PLAIN.fullmatch(text) else []
    if _COMMA_GROUPS.fullmatch(text):
        readings.append((text.replace(",", ""), False))
    # A point is decimal, unless the columns stand between semicolons: then a comma may be.
    if _POINT_GROUPS.fullmatch(text) and (semicolons or not readings):
        readings.append((text.replace(".", "").replace(",", "."), True))
    if _DECIMAL_COMMA.fullmatch(text):
        readings.append((text.replace(",", "."), True))
    return readings


def _decimal(text: str) -> Decimal:
    """Read digits; an exponent of twenty digits is too much even for a Decimal."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("inf")


def _number(
    at: Place, column: str, name: str | None, text: str, *, semicolons: bool = False
) -> Decimal:
    """Read a number that can be read in one way only."""
    amount = text
    if dollars := _DOLLARS.fullmatch(text):
        if column not in _IN_USD:
            kind = "of coins; a value in USD goes into usd_value" if column == "quantity" else ""
            raise at.error(
                f"must be a number {kind or 'without currency'}, got {_shown(text)}", name
            )
        amount = dollars["before"] or dollars["sign"] + dollars["amount"]
    readings = _readings(amount, semicolons=semicolons)
    if len(readings) > 1:
        # With a zero more at the end, three decimals are no thousands.
        forms = [form + "0" if semicolons and "." in form else form for form, _ in readings]
        raise at.error(
            f"{_shown(text)} can be read as {' or as '.join(forms)}; write the one that is meant",
            name,
        )
    if not readings or (readings[0][1] and not semicolons):
        if not _FOREIGN.isdisjoint(_words(text)):
            raise at.error(f"must be in USD, got {_shown(text)}; convert it", name)
        bare = readings or _readings(re.sub(r"[\s'’_]", "", amount), semicolons=semicolons)
        fix = f"; write {bare[0][0]}" if len(bare) == 1 else ""
        raise at.error(f"must be a plain number such as 1250.50, got {_shown(text)}{fix}", name)
    value = _decimal(readings[0][0])
    if not isfinite(float(value)):
        raise at.error(f"{_shown(text)} is too large", name)
    if value < 0 and not column.startswith("beta"):
        raise at.error(f"must be >= 0, got {_shown(text)}; a short position is not a holding", name)
    return value


# CSV


def _csv_rows(path: Path, text: str) -> list[Row]:
    records = _records(path, text)
    first = next(records, None)
    if first is None:
        raise PortfolioFileError(f"the file is empty; {_HEADER}", path=path)
    at, names, delimiter = first
    header = [name.strip() for name in names]
    body: list[tuple[Place, list[str]]] = []
    fault: PortfolioFileError | None = None
    try:
        body += ((place, cells) for place, cells, _ in records)
    except PortfolioFileError as error:
        fault = error  # told after what is wrong above it
    _refuse_log(at, header, (dict(zip(header, cells, strict=False)) for _, cells in body))
    meaning = _header(at, header)
    rows = []
    for at, cells in body:
        if len(cells) != len(header):
            advice = (
                "write numbers without thousands separators"
                if delimiter == ","
                else "put what holds a separator into quotes"
            )
            raise at.error(
                f"{len(cells)} values where the header has {len(header)} columns; {advice}"
            )
        by_column = {
            meaning[name]: (name, cell.strip()) for name, cell in zip(header, cells, strict=True)
        }
        by_column.pop(_COMMENT, None)
        coin = by_column["coin"][1]
        rows.append(_row(at, coin, by_column, semicolons=delimiter == ";"))
    if fault:
        raise fault
    if not rows:
        raise PortfolioFileError("the file has a header but no holding", path=path)
    return rows


def _records(path: Path, text: str) -> Iterator[tuple[Place, list[str], str]]:
    """Yield what is neither blank nor a comment, the header first, with the delimiter."""
    lines = StringIO(text)
    number, delimiter = 0, ""
    for line in lines:
        number += 1
        at = Place(path, number)
        # How Excel is told what stands between columns.
        if not delimiter and (declared := _TOLD.fullmatch(line.strip())):
            delimiter = declared[1]
            continue
        # Before the CSV reader sees it: a quote in a comment would swallow the lines below.
        if line.lstrip().startswith("#"):
            continue
        separator = delimiter or _delimiter(at, line)
        reader = csv.reader(chain([line], lines), delimiter=separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error as error:
            raise at.error(f"not readable as CSV: {error}; check the quotes") from error
        if any(cell.strip() for cell in cells):
            delimiter = separator
            yield at, cells, delimiter
        number += reader.line_num - 1


def _delimiter(at: Place, header: str) -> str:
    if header.lstrip()[:1] in ("{", "["):
        raise at.error("this looks like JSON; give the file a name that ends in .json")
    bare = re.sub(r'"[^"]*"', "", header)
    delimiters = [name for name in _DELIMITERS if name in bare.strip(" \r\n")]
    if len(delimiters) > 1:
        names = " and ".join(_DELIMITERS[name] for name in delimiters)
        raise at.error(f"{names} in one header; separate the columns by one of them")
    return delimiters[0] if delimiters else ","


def _header(at: Place, header: list[str]) -> dict[str, str]:
    if any(_PLAIN.fullmatch(name) for name in header):
        raise at.error(f"no header, found {_shown(', '.join(header))}; {_HEADER}")
    if "" in header:
        raise at.error(
            f"column {header.index('') + 1} has no name; name it, comment where it is not to be "
            "read"
        )
    for name in header:
        if header.count(name) > 1 and column_of(name) != _COMMENT:
            raise at.error("this column appears twice", name)
    meaning = _columns(at, header)
    if "coin" not in meaning.values():
        raise at.error(f"no column 'coin'; found {_shown(', '.join(header))}")
    if not {"usd_value", "quantity"} & set(meaning.values()):
        raise at.error("no column 'usd_value' and none 'quantity'; one of them is needed")
    return meaning


def _row(
    at: Place,
    coin: str,
    cells: Mapping[str, tuple[str | None, str]],
    *,
    semicolons: bool = False,
) -> Row:
    """Make a row of the name in the file and the text of each column."""
    return Row(
        at=at,
        coin=coin.strip(),
        numbers={
            column: _number(at, column, *cells[column], semicolons=semicolons)
            for column in cells
            if column != "coin" and cells[column][1]
        },
        written={column: name for column, (name, _) in cells.items()},
    )


# JSON


class _Object:
    """An object of a JSON file, keys that appear twice kept apart."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs

    def items(self, at: Place) -> dict[str, Any]:
        """Return keys and values without comments; refuse a key that appears twice."""
        values: dict[str, Any] = {}
        for key, value in self.pairs:
            if key in values:
                raise at.error("this key appears twice", key)
            values[key] = value
        return {key: value for key, value in values.items() if not key.startswith("#")}


def _json_rows(path: Path, text: str) -> list[Row]:
    at, data = Place(path, place="$"), _loaded(path, text)
    if isinstance(data, _Object):
        items = data.items(at)
        for key, value in items.items():
            if key.lower() in _LOG_KEYS and isinstance(value, list):
                raise at.below(key).error(_log_message("it has this key"))
        if isinstance(items.get("holdings"), list | _Object):
            for key in items:
                if key != "holdings" and column_of(key) != _COMMENT:
                    raise at.error("next to holdings only a comment is accepted; remove it", key)
            at, data = at.below("holdings"), items["holdings"]
        elif any(column_of(k) == "coin" and isinstance(v, str) for k, v in items.items()):
            raise at.error("a single holding must be in a list; put [ and ] around it")
    if isinstance(data, list):
        objects = [
            {key: value for key, value in item.pairs if not key.startswith("#")}
            for item in data
            if isinstance(item, _Object)
        ]
        _refuse_log(at, list(dict.fromkeys(chain.from_iterable(objects))), objects)
        rows = [_json_row(at.below(i), item) for i, item in enumerate(data)]
    elif isinstance(data, _Object):
        rows = [_coin_row(at.below(coin), coin, v) for coin, v in data.items(at).items()]
    else:
        raise at.error(
            f"must be a list of holdings, or an object of coins and values, got {_kind(data)}"
        )
    if not rows:
        raise PortfolioFileError("the file has no holding", path=path)
    return rows


def _loaded(path: Path, text: str) -> Any:
    if not text.strip():
        raise PortfolioFileError("the file is empty; write a list of holdings", path=path)
    try:
        # NaN and Infinity, which are no JSON, become text and are refused as that.
        return json.loads(
            text,
            parse_float=_decimal,
            parse_int=_decimal,
            parse_constant=str,
            object_pairs_hook=_Object,
        )
    except json.JSONDecodeError as error:
        raise PortfolioFileError(
            f"not readable as JSON: {error.msg}, at character {error.colno}",
            path=path,
            line=error.lineno,
        ) from error
    except RecursionError as error:
        raise PortfolioFileError("not readable as JSON: nested too deeply", path=path) from error


def _json_row(at: Place, item: Any) -> Row:
    if not isinstance(item, _Object):
        raise at.error(f"must be an object with coin and usd_value or quantity, got {_kind(item)}")
    items = item.items(at)
    meaning = _columns(at, items)
    for name, column in meaning.items():
        if column == "coin":
            if not isinstance(items[name], str):
                raise at.error(f"must be text, got {_kind(items[name])}", name)
            return _row(at, items[name], _cells(at, meaning, items))
    raise at.error(f"no 'coin'; found {_shown(', '.join(items))}")


def _coin_row(at: Place, coin: str, value: Any) -> Row:
    if not isinstance(value, _Object):
        if not isinstance(value, str | Decimal | None):
            many = "; a list of holdings has the key holdings" if isinstance(value, list) else ""
            raise at.error(
                "must be a value in USD, or an object with usd_value or quantity, got "
                f"{_kind(value)}{many}"
            )
        return _row(at, coin, {"coin": (None, coin), "usd_value": (None, _cell(value))})
    items = value.items(at)
    meaning = _columns(at, items)
    for name, column in meaning.items():
        if column == "coin":
            raise at.error("the coin is the key of this object; remove this", name)
    return _row(at, coin, {"coin": (None, coin)} | _cells(at, meaning, items))


def _cells(
    at: Place, meaning: Mapping[str, str], items: Mapping[str, Any]
) -> dict[str, tuple[str | None, str]]:
    cells: dict[str, tuple[str | None, str]] = {}
    for name, column in meaning.items():
        if column == _COMMENT:
            continue
        if not isinstance(items[name], str | Decimal | None):
            raise at.error(f"must be a number, got {_kind(items[name])}", name)
        cells[column] = name, _cell(items[name])
    return cells


def _cell(value: str | Decimal | None) -> str:
    return "" if value is None else str(value).strip()


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return {str: "text", Decimal: "a number", list: "a list"}.get(type(value), "an object")
