"""The rows of a portfolio file: CSV, a workbook or JSON, in our words or as a tool exports it.

This module reads rows, keeps their places for errors and notes what it left out; `portfolio`
computes their values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from hedgelib._cells import (
    COLUMNS,
    COMMENT,
    IN_USD,
    Column,
    column_of,
    decimal,
    decimal_marks,
    is_nothing,
    is_number,
    layouts,
    listed,
    money_of,
    shown,
)
from hedgelib._header import Header, header_of, is_beta
from hedgelib._sheet import (
    DELIMITERS,
    LARGEST_BYTES,
    Cell,
    Faults,
    Place,
    Sheet,
    content_of,
    sheets_of,
    text_of,
    unfit,
)
from hedgelib._trades import REFUSED, Trades, refuse_words, refused
from hedgelib.errors import PortfolioFileError

__all__ = ["LARGEST_BYTES", "Contents", "Row", "is_beta", "read_contents", "unfit"]

_FIRST_LINE = "the first line is a header such as coin,usd_value"
_MOST_NAMED = 8
_RAW = tuple[Place, dict[str, Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a file says of one holding, or of what one trade moved.

    money : code of the currency of a value or a price that is not in dollars.
    faults : what cannot be read in it.
    day : as it is written; empty where the file has none.
    """

    at: Place
    coin: str
    numbers: Mapping[str, Decimal]
    written: Mapping[str, str | None]
    money: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[PortfolioFileError, ...] = ()
    day: str = ""

    def error(self, message: str, column: str) -> PortfolioFileError:
        """Make an error of this row, at one of its columns."""
        return self.at.error(message, self.written.get(column, column))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file says, and how it was understood.

    read_as : names of columns that are not our own, and what they were taken for.
    notes : kind and text of everything that was left out, added up or taken for something.
    faults : what is wrong with the file, but for the faults of its rows.
    trades : whether the rows are what trades moved, with a sign, and not what is held.
    """

    path: Path
    rows: list[Row]
    read_as: tuple[tuple[str, str], ...] = ()
    notes: list[tuple[str, str]]
    faults: Faults
    trades: bool = False


def read_contents(path: Path) -> Contents:
    """Read the rows of a file; what is wrong in its rows is told with all else that is."""
    content = content_of(path)
    reader = _Json(path) if path.suffix.lower() == ".json" else _Table(path)
    reader.read(content)
    if reader.read_any and not reader.faults and not reader.rows:
        raise PortfolioFileError("the file has no holding", path=path)
    return Contents(
        path=path,
        rows=reader.rows,
        read_as=tuple(dict.fromkeys(reader.read_as)),
        notes=reader.notes,
        faults=reader.faults,
        trades=reader.trades is not None,
    )


class _Reader:
    """Rows of a file, of whatever kind it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.read_as: list[tuple[str, str]] = []
        self.notes: list[tuple[str, str]] = []
        self.faults = Faults()
        self.trades: Trades | None = None
        self.read_any = False

    def note(self, kind: str, text: str) -> None:
        """Remember how something was understood."""
        self.notes.append((kind, text))

    def note_ignored(self, names: Iterable[str], what: str = "columns") -> None:
        """Say which columns are not read."""
        if many := list(dict.fromkeys(names)):
            more = len(many) - _MOST_NAMED
            text = ", ".join(shown(name)[1:-1] for name in many[:_MOST_NAMED])
            self.note("ignored", f"{what} not read: {text}" + (f" and {more} more" * (more > 0)))

    def note_layout(self, header: Header) -> None:
        """Say which export a table was taken for."""
        if header.layout:
            self.note("layout", f"read as an export of {header.layout}")

    def holdings(
        self, raws: list[tuple[Header, Place, dict[str, Cell], str | None]], *, point: bool
    ) -> None:
        """Make rows of holdings: header, place, cells and, where it is no cell, the coin."""
        by_role: dict[str, list[Cell]] = {}
        for header, _, cells, _ in raws:
            for name, role in header.roles.items():
                by_role.setdefault(role, []).append(cells.get(name, ""))
        columns = {
            role: Column(marks=decimal_marks(texts), point=point)
            for role, texts in by_role.items()
            if role in COLUMNS[1:] or is_beta(role)
        }
        for header, at, cells, coin in raws:
            with self.faults:
                self.rows.append(self._holding(header, at, cells, coin, columns))
        for role, column in columns.items():
            doubtful = {str(c) for c in by_role[role] if _in_doubt(c, point)}
            if len(column.marks) == 1 and doubtful:
                mark = "point" if "." in column.marks else "comma"
                name = next(n for h, *_ in raws for n, r in h.roles.items() if r == role)
                self.note("numbers", f"in {shown(name)} the decimal sign is the {mark}, as its "
                          f"other cells show: {', '.join(sorted(doubtful)[:3])}")  # fmt: skip

    def _holding(
        self,
        header: Header,
        at: Place,
        cells: dict[str, Cell],
        coin: str | None,
        columns: Mapping[str, Column],
    ) -> Row:
        names = {role: name for name, role in header.roles.items()}
        # A value that stands in for all of an object has no name of its own, and a key no column.
        written: dict[str, str | None] = {role: name or None for role, name in names.items()}
        if coin is None:
            coin = str(cells[names["coin"]])
        else:
            written["coin"] = None
        coin = self.named(coin, header)
        if (kind := written.get("asset_or_debt")) and str(cells[kind]).casefold() != "asset":
            raise at.error(f"{shown(str(cells[kind]))} is no asset; a debt is not a holding", kind)
        numbers, money, faults = {}, {}, Faults()
        for role, column in columns.items():
            if role not in names or is_nothing(cells.get(names[role], "")):
                continue
            with faults:
                cell = cells[names[role]]
                numbers[role], code = column.read(at, role, written[role], cell, coin)
                money[role] = code or header.money.get(names[role], "")
        paid = written.get("money")
        if paid and not is_nothing(cells[paid]):
            text = str(cells[paid]).upper()
            code = money_of(text)
            if not code and text not in ("USD", "$", "US$"):
                faults.append(at.error(f"must be USD or a code such as EUR, got {shown(text)}",
                                       paid))  # fmt: skip
            money |= {role: code for role in IN_USD if role in numbers and not money[role]}
        return Row(
            at=at,
            coin=coin.strip(),
            numbers=numbers,
            written=written,
            money={role: code for role, code in money.items() if code not in ("", "USD")},
            faults=tuple(faults),
            day=" ".join(str(cells.get(n, "")) for n in (*header.times, written.get("day")) if n),
        )

    def named(self, coin: str, header: Header) -> str:
        """Return the ticker of a coin that is named by its id, where the id is known."""
        ticker = layouts()["ids"].get(coin.casefold()) if header.ids else None
        if ticker and ticker != coin:
            note = ("names", f"{coin} read as {ticker} (an id)")
            self.notes += [note] if note not in self.notes else []
        return ticker or coin

    def moves(self, header: Header, raws: list[_RAW], at: Place, *, point: bool) -> None:
        """Make rows of what the trades of a list moved."""
        texts = {name: [cells.get(name, "") for _, cells in raws] for name in header.roles}
        columns = {n: Column(marks=decimal_marks(cells), point=point) for n, cells in texts.items()}

        def number(at: Place, name: str, cell: Cell) -> Decimal:
            return columns[name].read(at, "quantity", name, cell)[0]

        self.trades = trades = Trades(header, number)
        if why := trades.problem():
            raise refused(at, why)
        if header.problem[0]:
            raise at.error(*header.problem)
        for place, cells in raws:
            with self.faults:
                for coin, moved, role in trades.moved(place, cells):
                    self.rows.append(
                        Row(
                            at=place,
                            coin=self.named(coin, header),
                            numbers={"quantity": moved},
                            written={"coin": header.of("coin") or header.of(f"{role}_coin"),
                                     "quantity": header.of(role)},
                        )
                    )  # fmt: skip
        self.note(
            "trades",
            f"a list of trades, {trades.rows:,} of them added up by their signs: coins that came "
            "less coins that went",
        )
        if trades.unbooked:
            lines = "1 line" if trades.unbooked == 1 else f"{trades.unbooked:,} lines"
            self.note("trades", f"left out {lines} of what has not come about")
        if trades.paid_in:
            money = ", ".join(sorted(trades.paid_in))
            self.note("trades", f"what was paid and received in {money} is not in the holdings")
        if trades.fees_left_out:
            self.note("trades", "fees left out, as no column says in which coin they were paid")


def _in_doubt(cell: Cell, point: bool) -> bool:
    """Tell whether a number alone would have two readings."""
    if not isinstance(cell, str):
        return False
    with (faults := Faults()):
        Column(point=point).read(Place(Path()), "usd_value", None, cell)
    return any("can be read as" in str(fault) for fault in faults)


# Tables


class _Table(_Reader):
    def read(self, content: bytes) -> None:
        """Read CSV, or a sheet of a workbook."""
        sheets, encoding = sheets_of(self.path, content)
        if encoding:
            self.note("encoding", f"text in {encoding}, not UTF-8")
        sheet, above, header = self._header(sheets)
        at, _ = sheet.rows[above]
        if above:
            texts = [" ".join(str(c) for c in cells if c != "") for _, cells in sheet.rows[:above]]
            self.note("preamble", f"{above} {'line' if above == 1 else 'lines'} above the header "
                      f"not read: {listed(texts[:3])}")  # fmt: skip
        if sheet.name and len(sheets) > 1:
            self.note("sheet", f"sheet {shown(sheet.name)} of the workbook")
        names = _names(sheet.rows[above][1])
        raws = list(self._cells(sheet, above, names))
        self._check_unnamed(at, names, raws, sheet)
        ignored = [n for n in header.ignored if not n.startswith("column ") or n in names]
        used = [n for n in ignored if n in sheet.rows[above][1] or any(c[n] for _, c in raws)]
        self.note_layout(header)
        point = sheet.delimiter not in (";", "")
        self.read_as += header.read_as
        if header.log:
            self.moves(header, raws, at, point=point)
        else:
            with self.faults:
                refuse_words(header, raws, at)
                if header.problem[0]:
                    raise at.error(*header.problem)
                self.holdings([(header, place, c, None) for place, c in raws], point=point)
        self.note_ignored(used)
        if not raws and not self.faults:
            raise PortfolioFileError("the file has a header but no holding", path=self.path)

    def _header(self, sheets: list[Sheet]) -> tuple[Sheet, int, Header]:
        """Find the one reading of the file that has a header, and its line."""
        found = []
        for sheet in sheets:
            for i, (_, cells) in enumerate(sheet.rows):
                if any(is_number(cell) for cell in cells):
                    continue
                header = header_of(_names(cells), [str(cell) for cell in cells])
                if header.is_one:
                    found.append((sheet, i, header))
                    break
        if len(found) == 1:
            return found[0]
        if found:
            names = [(s.name and shown(s.name)) or DELIMITERS[s.delimiter] for s, *_ in found]
            place = found[0][0].rows[found[0][1]][0]
            if found[0][0].name:
                raise PortfolioFileError(
                    f"holdings in the sheets {' and '.join(names)}; keep one", path=self.path
                )
            raise place.error(
                f"{' and '.join(names)} in one header; separate the columns by one of them"
            )
        raise self._no_header(next((s for s in sheets if s.rows), sheets[0] if sheets else None))

    def _no_header(self, sheet: Sheet | None) -> PortfolioFileError:
        """Say what the first line lacks."""
        if sheet is None or not sheet.rows:
            if sheet and sheet.fault:
                return sheet.fault
            return PortfolioFileError(f"the file is empty; {_FIRST_LINE}", path=self.path)
        at, cells = sheet.rows[0]
        names = [str(cell) for cell in cells if cell != ""]
        text = shown(", ".join(names))
        if any(is_number(cell) for cell in cells):
            return at.error(f"no header, found {text}; {_FIRST_LINE}")
        mixed = [d for d in DELIMITERS if any(d in name for name in names)]
        if len(cells) > 1 and mixed and sheet.delimiter:
            both = f"{DELIMITERS[sheet.delimiter]} and {DELIMITERS[mixed[0]]}"
            return at.error(f"{both} in one header; separate the columns by one of them")
        known = set(header_of(_names(cells)).roles.values())
        if "coin" not in known:
            return at.error(f"no column 'coin'; found {text}")
        return at.error(
            f"no column 'usd_value' and none 'quantity'; found {text}; one of them is needed"
        )

    def _cells(self, sheet: Sheet, above: int, names: list[str]) -> Iterable[_RAW]:
        rows = chain(sheet.rows[above + 1 :], sheet.rest)
        with self.faults:
            for at, cells in rows:
                if len(cells) != len(names):
                    advice = (
                        "write numbers without thousands separators"
                        if sheet.delimiter == ","
                        else "put what holds a separator into quotes"
                    )
                    self.faults.append(
                        at.error(
                            f"{len(cells)} values where the header has {len(names)} columns; "
                            f"{advice}"
                        )
                    )
                    continue
                yield at, dict(zip(names, cells, strict=True))
            if sheet.fault:
                raise sheet.fault

    def _check_unnamed(self, at: Place, names: list[str], raws: list[_RAW], sheet: Sheet) -> None:
        """Refuse columns without a name in CSV: a number with commas may have made one."""
        header = dict(sheet.rows)[at] if sheet.delimiter else []
        for i, cell in enumerate(header[1:], 1):
            if cell == "" and any(cells[names[i]] != "" for _, cells in raws):
                self.faults.append(
                    at.error(
                        f"column {i + 1} has no name; name it, comment where it is not to be read"
                    )
                )


def _names(cells: Iterable[Cell]) -> list[str]:
    """Name each column of a header, those without a name, or with one again, by their place."""
    names: list[str] = []
    for i, cell in enumerate(cells, 1):
        name = str(cell) or f"column {i}"
        names.append(name if name not in names else f"{name} (column {i})")
    return names


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


class _Json(_Reader):
    def read(self, content: bytes) -> None:
        """Read JSON: a list of objects, or an object of coins, or either under a key."""
        text, encoding = text_of(self.path, content)
        if encoding:
            self.note("encoding", f"text in {encoding}, not UTF-8")
        at, data = Place(self.path, place="$"), _loaded(self.path, text)
        self.read_any = True
        trades = False
        if isinstance(data, _Object):
            items = data.items(at)
            keys = [k for k, v in items.items() if k.casefold() in layouts()["trades"]["keys"]
                    and isinstance(v, list)]  # fmt: skip
            if isinstance(items.get("holdings"), list | _Object):
                keys = ["holdings"]
            elif keys:
                trades = True
            elif any(column_of(k)[0] == "coin" and isinstance(v, str) for k, v in items.items()):
                raise at.error("a single holding must be in a list; put [ and ] around it")
            if keys:
                self.note_ignored((k for k in items if k != keys[0]), f"keys next to {keys[0]}")
                at, data = at.below(keys[0]), items[keys[0]]
        if isinstance(data, list):
            self._listed(at, data, trades)
        elif isinstance(data, _Object):
            self._by_coin(at, data)
        else:
            raise at.error(
                f"must be a list of holdings, or an object of coins and values, got {_kind(data)}"
            )

    def _listed(self, at: Place, items: list[Any], trades: bool) -> None:
        raws: list[_RAW] = []
        for i, item in enumerate(items):
            with self.faults:
                raws.append((at.below(i), self._object(at.below(i), item)))
        names = list(dict.fromkeys(chain.from_iterable(cells for _, cells in raws)))
        whole = header_of(names)
        self.note_layout(whole)
        if trades or whole.log:
            if not whole.log and raws:
                raise at.error(REFUSED.format("it has this key"))
            raws = [(place, _scalars(place, cells, whole)) for place, cells in raws]
            self.read_as += whole.read_as
            self.note_ignored(whole.ignored, "keys")
            self.moves(whole, raws, at, point=True)
            return
        holdings = []
        for place, cells in raws:
            with self.faults:
                header = whole if whole.layout else header_of(list(cells))
                self._check(place, header, cells)
                if header.of("coin") is None:
                    raise place.error(f"no 'coin'; found {shown(', '.join(cells))}")
                holdings.append((header, place, _scalars(place, cells, header), None))
        with self.faults:
            refuse_words(whole, raws, at)
            self.holdings(holdings, point=True)  # type: ignore[arg-type]
        self.note_ignored(chain.from_iterable(h.ignored for h, *_ in holdings), "keys")

    def _by_coin(self, at: Place, data: _Object) -> None:
        raws: list[tuple[Header, Place, dict[str, Cell], str | None]] = []
        for coin, value in data.items(at).items():
            place = at.below(coin)
            with self.faults:
                if isinstance(value, _Object):
                    cells = self._object(place, value)
                    header = header_of(list(cells))
                    self._check(place, header, cells)
                    if name := header.of("coin"):
                        raise place.error("the coin is the key of this object; remove this", name)
                    raws.append((header, place, _scalars(place, cells, header), coin))
                elif isinstance(value, str | Decimal | None):
                    header = Header(roles={"": "usd_value"})
                    raws.append((header, place, {"": _cell(value)}, coin))
                else:
                    many = "; a list of holdings has the key holdings"
                    raise place.error(
                        "must be a value in USD, or an object with usd_value or quantity, got "
                        f"{_kind(value)}{many if isinstance(value, list) else ''}"
                    )
        self.holdings(raws, point=True)
        self.note_ignored(chain.from_iterable(h.ignored for h, *_ in raws), "keys")

    def _check(self, at: Place, header: Header, cells: dict[str, Any]) -> None:
        if header.problem[0]:
            raise at.error(*header.problem)
        self.read_as += [pair for pair in header.read_as if pair[1] != COMMENT]
        name = header.of("coin")
        if name is not None and not isinstance(cells[name], str):
            raise at.error(f"must be text, got {_kind(cells[name])}", name)

    @staticmethod
    def _object(at: Place, item: Any) -> dict[str, Any]:
        if not isinstance(item, _Object):
            raise at.error(
                f"must be an object with coin and usd_value or quantity, got {_kind(item)}"
            )
        return item.items(at)


def _scalars(at: Place, items: Mapping[str, Any], header: Header) -> dict[str, Cell]:
    """Return what is read of an object; each a number or text."""
    cells = {}
    for name in (*header.roles, *header.times):
        value = items.get(name)
        if not isinstance(value, str | Decimal | None):
            raise at.error(f"must be a number, got {_kind(value)}", name)
        cells[name] = _cell(value)
    return cells


def _loaded(path: Path, text: str) -> Any:
    if not text.strip():
        raise PortfolioFileError("the file is empty; write a list of holdings", path=path)
    try:
        # NaN and Infinity, which are no JSON, become text and are refused as that.
        return json.loads(
            text,
            parse_float=decimal,
            parse_int=decimal,
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


def _cell(value: str | Decimal | None) -> Cell:
    return "" if value is None else value if isinstance(value, Decimal) else value.strip()


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return {str: "text", Decimal: "a number", list: "a list"}.get(type(value), "an object")
