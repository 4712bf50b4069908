"""Tables as people have them: CSV in several encodings, and workbooks; every row with its place."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from hedgelib._extras import needed
from hedgelib.errors import PortfolioFileError

LARGEST_BYTES = 16 << 20
"""No portfolio file is larger."""

LARGEST_UNPACKED = 64 << 20
MOST_ROWS, MOST_COLUMNS = 100_000, 256
"""Of a workbook's sheet."""

MOST_SHOWN = 10
"""Faults of one file that are shown; the others are counted."""

Cell: TypeAlias = str | Decimal
"""What a file says in one place: text, or a number that can be read in one way only."""

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
PREAMBLE = 30
"""Rows among which a header is looked for."""

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TOLD = re.compile(r"\"?sep=([,;\t])\"?", re.I)
# A table may have a column of that name, of numbers.
_REMARK = re.compile(r"\s*#(?!\s*[,;\t])")
_MARKS = ((b"\xff\xfe", "utf-16", "UTF-16"), (b"\xfe\xff", "utf-16", "UTF-16"))
_FOREIGN_FORMAT = re.compile(r"[€£¥]|\b(?:EUR|GBP|JPY|CHF)\b")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: a line of CSV or of a sheet, or a path of JSON."""

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


class Faults(list[PortfolioFileError]):
    """Faults of one file, told at once: as a context it takes one and goes on."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> bool:
        if isinstance(error, PortfolioFileError):
            self.append(error)
            return True
        return False

    def check(self) -> None:
        """Raise what there is, as one error."""
        if self:
            # Sorted by line; those of the whole file, and of JSON, stay in their order.
            raise _together(sorted(self, key=lambda fault: fault.line or 0))


def _together(faults: list[PortfolioFileError]) -> PortfolioFileError:
    first = faults[0]
    if len(faults) == 1:
        return first
    path = str(first.path)
    told = [str(fault).removeprefix(path).lstrip(",: ") for fault in faults[:MOST_SHOWN]]
    message = "; ".join(f"({i}) {text}" for i, text in enumerate(told, 1))
    more = len(faults) - len(told)
    error = PortfolioFileError(
        f"{len(faults):,} places are wrong: {message}" + (f"; and {more:,} more" if more else ""),
        path=first.path,
    )
    error.line, error.column, error.place = first.line, first.column, first.place
    error.faults = tuple(faults)
    return error


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One reading of a file as a table: what is neither blank nor a comment.

    rows : the first `PREAMBLE` of them, fewer before a fault.
    rest : the others; a fault of the file stops them.
    name : of the sheet in a workbook.
    """

    rows: list[tuple[Place, list[Cell]]]
    rest: Iterator[tuple[Place, list[Cell]]]
    delimiter: str = ""
    name: str = ""
    fault: PortfolioFileError | None = None


def unfit(kind: os.stat_result) -> str | None:
    """Return why a path cannot be read as a table, or None."""
    if stat.S_ISDIR(kind.st_mode):
        return None
    if not stat.S_ISREG(kind.st_mode):
        return "not a file, but a pipe, a socket or a device"
    if kind.st_size > LARGEST_BYTES:
        return f"{kind.st_size:,} bytes, and {LARGEST_BYTES:,} are read at most"
    return None


def content_of(path: Path) -> bytes:
    """Read a file, once and whole."""

    def fail(message: str) -> PortfolioFileError:
        return PortfolioFileError(message, path=path)

    try:
        # Before it is opened: a pipe would be waited for, and gives what it has only once.
        reason = unfit(path.stat())
        if reason is None:
            return path.read_bytes()
    except FileNotFoundError as error:
        raise fail("there is no such file") from error
    except IsADirectoryError as error:
        raise fail("this is a folder; name a CSV, Excel or JSON file in it") from error
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise fail("cannot be a path: it contains a character that no path can") from error
    raise fail(reason)


def text_of(path: Path, content: bytes) -> tuple[str, str]:
    """Decode a file, its lines ended as here; also name its encoding where it is not UTF-8."""
    text, encoding = _decoded(path, content)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    if content[:2] == b"PK":
        raise PortfolioFileError(
            "not text, but a workbook or an archive; give a workbook a name that ends in .xlsx",
            path=path,
        )
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise PortfolioFileError(
            "a workbook of an old Excel; save it as .xlsx or as CSV UTF-8", path=path
        )
    try:
        for mark, codec, name in _MARKS:
            if content.startswith(mark):
                return content.decode(codec), name
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        # What Windows programs write in western Europe. Any other bytes are no text.
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            text = "\0"
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or not _readable(text):
            raise PortfolioFileError(
                "not UTF-8 text; save the sheet as CSV UTF-8", path=path
            ) from error
        return text, "Windows-1252"


def _readable(text: str) -> bool:
    return all(sign >= " " or sign in "\t\r\n" for sign in text)


def sheets_of(path: Path, content: bytes) -> tuple[list[Sheet], str]:
    """Return every way to read a file as a table, and its encoding where that is to be told."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _workbook(path, content), ""
    text, encoding = text_of(path, content)
    declared, likely = _declared(path, text)
    if declared:
        return [_csv(path, text, declared)], encoding
    # The likely one first: its faults are told where none of them has a header.
    return [_csv(path, text, d) for d in sorted(DELIMITERS, key=lambda d: d != likely)], encoding


def _csv(path: Path, text: str, delimiter: str) -> Sheet:
    records, first, fault = _records(path, text, delimiter), [], None
    try:
        for record in islice(records, PREAMBLE):
            first.append(record)
    except PortfolioFileError as error:
        fault = error  # told after what is wrong above it
    return Sheet(rows=first, rest=records, delimiter=delimiter, fault=fault)


def _declared(path: Path, text: str) -> tuple[str, str]:
    """Find the delimiter that a first line declares, as Excel does, and else the likely one."""
    for number, line in enumerate(io.StringIO(text), 1):
        if told := _TOLD.fullmatch(line.strip()):
            return told[1], told[1]
        if line.strip() and not _REMARK.match(line):
            if line.lstrip()[:1] in ("{", "["):
                raise Place(path, number).error(
                    "this looks like JSON; give the file a name that ends in .json"
                )
            bare = re.sub(r'"[^"]*"', "", line).strip(" \r\n")
            return "", max(DELIMITERS, key=bare.count)
    return "", ","


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[Place, list[Cell]]]:
    lines = io.StringIO(text)
    number, begun = 0, False
    for line in lines:
        number += 1
        # Before the CSV reader sees it: a quote in a comment would swallow the lines below.
        if _REMARK.match(line) or (not begun and _TOLD.fullmatch(line.strip())):
            continue
        at = Place(path, number)
        reader = csv.reader(chain([line], lines), delimiter=delimiter, strict=True)
        try:
            cells = [cell.strip() for cell in next(reader)]
        except csv.Error as error:
            raise at.error(f"not readable as CSV: {error}; check the quotes") from error
        if any(cells):
            begun = True
            yield at, list(cells)
        number += reader.line_num - 1


# Workbooks


def _workbook(path: Path, content: bytes) -> list[Sheet]:
    """Read the visible sheets of a workbook that is not larger unpacked than it may be."""
    import zipfile  # only here

    def fail(message: str) -> PortfolioFileError:
        return PortfolioFileError(message, path=path)

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise fail("not an Excel workbook; save it as .xlsx again, or as CSV UTF-8") from error
    if unpacked > LARGEST_UNPACKED:
        raise fail(f"{unpacked:,} bytes unpacked, and {LARGEST_UNPACKED:,} are read at most")
    openpyxl = needed("openpyxl", f"reading {path.name}")
    try:
        # What is in it can break the reader in any way.
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return [_of_workbook(path, sheet) for sheet in shown]
    except PortfolioFileError:
        raise
    except Exception as error:
        raise fail(
            f"not readable as a workbook ({type(error).__name__}); save it as .xlsx again, or as "
            "CSV UTF-8"
        ) from error


def _of_workbook(path: Path, sheet: Any) -> Sheet:
    sheet.reset_dimensions()  # what the file says of its size need not be so
    rows: list[tuple[Place, list[Cell]]] = []
    for number, cells in enumerate(
        sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1), 1
    ):
        values = [_value(cell) for cell in cells]
        if any(value != "" for value in values):
            if number > MOST_ROWS or (len(values) > MOST_COLUMNS and values[MOST_COLUMNS] != ""):
                raise PortfolioFileError(
                    f"the sheet {sheet.title!r} has over {MOST_ROWS:,} rows or {MOST_COLUMNS} "
                    "columns; keep the holdings only",
                    path=path,
                )
            rows.append((Place(path, number), values))
    width = max((len(cells) for _, cells in rows), default=0)
    rows = [(at, cells + [""] * (width - len(cells))) for at, cells in rows]
    return Sheet(rows=rows[:PREAMBLE], rest=iter(rows[PREAMBLE:]), name=sheet.title)


def _value(cell: Any) -> Cell:
    value = cell.value
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        # The sign of a currency that a cell shows is in its format alone.
        foreign = _FOREIGN_FORMAT.search(str(cell.number_format))
        return f"{number:f} {foreign[0]}" if foreign else number
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()
