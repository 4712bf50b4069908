"""Which portfolios there are to report on: those of a folder, or the rows of a manifest.

Nothing is left out in silence: what cannot be a portfolio though its name says so, and each row
that cannot be read, is in the list with what is wrong with it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hedgelib._portfolio_file import LARGEST_BYTES, unfit
from hedgelib.errors import HedgeError, InvalidInput, PortfolioFileError
from hedgelib.report.blocks import printable
from hedgelib.report.faults import few_files_named
from hedgelib.report.parameters import ACCOUNT, ReportParameters, names_a_file
from hedgelib.report.records import RECORDS
from hedgelib.report.render import safe_stem

SUFFIXES = (".csv", ".json", ".xlsx")
"""Ends of the names of portfolio files, in small letters or capitals."""


_OF_A_REPORT = (".report.json", ".report.xlsx", ".orders.csv")
_TAKEN_STEMS = ("index",)
_PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A portfolio to report on, or what is wrong with it.

    name : path from the folder or the manifest, as text for people.
    parameters : all of them but the portfolio, checked.
    told : parameters that its row of the manifest gives, as written there.
    error : why there can be no report; empty where there can.
    stem : of the names of its files; no two books have the same, even where capitals do not
        count.
    """

    path: Path
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    stem: str = ""


def gather(source: str | Path, common: Mapping[str, Any], *, out: str | Path) -> list[Book]:
    """List the portfolios of a folder with all its folders, or of a manifest.

    A manifest is a CSV file with a column ``portfolio``, paths from its own folder, and any
    parameters as further columns; an empty cell leaves a parameter as it is.
    """
    source, out = Path(source), Path(out)
    checked = _checked("-", common)
    if source.is_dir():
        if out.is_dir() and out.samefile(source):
            raise InvalidInput(
                f"reports cannot go into the folder of the portfolios, {source}; name another one "
                "with --out"
            )
        books = [replace(book, parameters=checked) for book in _of_folder(source, source)]
        if not books:
            raise InvalidInput(
                f"no portfolio in {source}: no name in it ends in .csv, .json or .xlsx"
            )
    else:
        books = list(_of_manifest(source, common))
    return _with_stems(books)


def _checked(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    parameters = ReportParameters.from_mapping({**given, _PORTFOLIO: name}).to_dict()
    del parameters[_PORTFOLIO]
    if parameters["position"] == ACCOUNT:
        raise InvalidInput(
            f"position {ACCOUNT} is for one report; of many, write each position in the manifest "
            "as VENUE:SYMBOL:CONTRACTS@ENTRY, or name a CSV file of positions"
        )
    return parameters


def _of_folder(folder: Path, top: Path) -> Iterator[Book]:
    def book(path: Path, error: str = "") -> Book:
        return Book(path=path, name=printable(str(path.relative_to(top))), error=error)

    try:
        with few_files_named():
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield book(folder, f"the folder cannot be read: {error.strerror}")
        return
    folders = []
    for entry in entries:
        path = Path(entry.path)
        # What Excel puts next to a workbook that is open begins with ~$.
        if entry.name.startswith((".", "~$")) or entry.name.lower().endswith(_OF_A_REPORT):
            continue
        if path.suffix.lower() in SUFFIXES:
            yield book(path)
        elif entry.is_dir(follow_symlinks=False):
            folders.append(path)
        elif entry.is_symlink() and entry.is_dir():
            yield book(path, "a link to a folder is not followed; give its portfolios a manifest")
    for path in folders:
        if not (path / RECORDS).is_dir():
            yield from _of_folder(path, top)


def _of_manifest(path: Path, common: Mapping[str, Any]) -> Iterator[Book]:
    (line, header), *rows = table_lines(path, _PORTFOLIO)
    header = [name.strip().lower() for name in header]
    _check_header(path, line, header)
    for line, row in rows:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        name = cells.pop(_PORTFOLIO, "")
        told = {column: cell for column, cell in cells.items() if cell}
        error, parameters = "", {}
        if len(row) != len(header):
            error = f"{len(row)} values where the header has {len(header)} columns"
        elif not name or "\0" in name:
            error = "no path of a portfolio"
        else:
            try:
                files = {n: str(path.parent / name) for n, name in files_among(told).items()}
                given = {**common, **told, **files}
                parameters = _checked(Path(name).name, given)
            except HedgeError as found:
                error = str(found)
        yield Book(
            path=path.parent / (name or "-").replace("\0", ""),
            name=printable(name),
            parameters=parameters,
            told=told,
            error=error and f"line {line} of {printable(path.name)}: {error}",
        )


def table_lines(path: Path, column: str) -> list[tuple[int, list[str]]]:
    """Read the lines of a CSV file with their numbers, blank ones and remarks left out."""
    try:
        text = read_book(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PortfolioFileError(
            "not UTF-8 text; save the sheet as CSV UTF-8", path=path
        ) from error
    first = next((line for line in text.splitlines() if line.strip() and line[0] != "#"), "")
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise PortfolioFileError(
            f"not readable as CSV: {error}; check the quotes", path=path, line=reader.line_num
        ) from error
    rows = [
        (line, row) for line, row in rows if any(map(str.strip, row)) and not row[0].startswith("#")
    ]
    if not rows:
        raise PortfolioFileError(
            f"the file is empty; the first line is a header with a column {column}", path=path
        )
    return rows


def _check_header(path: Path, line: int, header: list[str]) -> None:
    def fail(message: str, column: str | None = None) -> PortfolioFileError:
        return PortfolioFileError(message, path=path, line=line, column=column)

    if _PORTFOLIO not in header:
        if "coin" in header:
            raise fail("this is one portfolio; `hedgelib report` makes its report")
        raise fail(f"no column {_PORTFOLIO!r}; found {', '.join(header)}")
    for name, times in Counter(header).items():
        if times > 1:
            raise fail("this column appears twice", name)
    strange = {name: "" for name in header if name not in ReportParameters.names()}
    if strange:
        try:
            _checked("-", strange)
        except HedgeError as error:
            raise fail(str(error)) from error


def read_book(path: Path) -> bytes:
    """Read a portfolio file, once and whole."""

    def fail(message: str) -> PortfolioFileError:
        return PortfolioFileError(message, path=printable(path.name))

    try:
        with few_files_named(), open(path, "rb", opener=_open_at_once) as file:
            if reason := unfit(os.fstat(file.fileno())):
                raise fail(reason)
            return file.read(LARGEST_BYTES)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise fail("a link that leads nowhere") from error
        raise fail("there is no such file") from error
    except IsADirectoryError as error:
        raise fail("this is a folder, not a file") from error
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error


def files_among(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that name a file next to the portfolio: prices, and a position."""
    named = {name: parameters.get(name) or "" for name in ("prices", "position")}
    return {n: v for n, v in named.items() if v and (n == "prices" or names_a_file(v))}


def _open_at_once(path: str, flags: int) -> int:
    # A pipe by the name of a portfolio would be waited for.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _with_stems(books: Iterable[Book]) -> list[Book]:
    """Name the files of each book after it, and those that would share a name after all of it."""
    books = list(books)
    plain = [safe_stem(book.path.name) for book in books]
    times = Counter(stem.casefold() for stem in (*plain, *_TAKEN_STEMS))
    named, taken = [], set(_TAKEN_STEMS)
    for book, stem in zip(books, plain, strict=True):
        if times[stem.casefold()] > 1:
            whole = json.dumps([book.name, dict(book.told)], sort_keys=True)
            digest = hashlib.sha256(whole.encode()).hexdigest()
            stem = f"{stem}-{digest[:10]}"
        if stem.casefold() in taken:
            error = book.error or "the same portfolio with the same parameters is listed above"
            named.append(replace(book, error=error))
            continue
        taken.add(stem.casefold())
        named.append(replace(book, stem=stem))
    return named
