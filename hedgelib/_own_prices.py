"""A file of daily closes that somebody brings: a column for each coin, or a line for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, pairwise
from pathlib import Path

import pandas as pd

from hedgelib._cells import Column, column_of, decimal_marks, is_nothing, layouts, shown, words_of
from hedgelib._sheet import Cell, Faults, Place, Sheet, content_of, sheets_of
from hedgelib.coins import read_coin
from hedgelib.errors import PortfolioFileError

_ISO = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)([T ].*)?", re.ASCII)
_GERMAN = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)
_CLOSES = {"close", "closing price", "schlusskurs", "last"}
_OF_ONE_COIN = {"open", "high", "low", "volume", "adj close", "change", *_CLOSES, "price", "kurs"}
_SLIP = 4.0
"""A close so many times, or such a part of, those of the days before and after is a slip."""
_HEADER = "a header such as date,SOL,ADA, or date,coin,close"


def read_own_closes(path: Path) -> pd.DataFrame:
    """Read closes in USD: a row for each day, and a column for each coin, empty outside its life.

    Tickers are read as in a portfolio. Days may be in any order, with none missing.
    """
    sheets, _ = sheets_of(path, content_of(path))
    found = [(s, i, day) for s in sheets for i, (_, row) in enumerate(s.rows)
             if (day := _day_column(row)) is not None and len(row) > 1]  # fmt: skip
    if not found:
        raise PortfolioFileError(f"no column of days; the file needs {_HEADER}", path=path)
    sheet, i, day = found[0]
    (at, header), faults = sheet.rows[i], Faults()
    names = [str(cell) for cell in header]
    rows = chain(sheet.rows[i + 1 :], sheet.rest)
    closes: dict[str, dict[date, tuple[float, Place]]] = {}
    for place, name, coin, when, price in _closes(at, names, day, list(rows), sheet, faults):
        of_coin = closes.setdefault(coin, {})
        if when in of_coin:
            faults.append(place.error(f"{coin} already has a close on {when}, in "
                                      f"{of_coin[when][1]}", name))  # fmt: skip
        of_coin[when] = price, place
    if sheet.fault:
        faults.append(sheet.fault)
    for coin, of_coin in closes.items():
        days = sorted(of_coin)
        for before, after in pairwise(days):
            if after != before + timedelta(days=1):
                faults.append(
                    of_coin[after][1].error(
                        f"no close of {coin} between {before} and {after}; prices need every day"
                    )
                )
        for before, between, after in zip(days, days[1:], days[2:], strict=False):
            close, place = of_coin[between]
            ratios = sorted(close / of_coin[other][0] for other in (before, after))
            if ratios[0] >= _SLIP or ratios[1] <= 1 / _SLIP:
                faults.append(
                    place.error(
                        f"the close of {coin} on {between}, {close:,.10g}, is about "
                        f"{ratios[0]:.2g} times those of the days before and after; correct it"
                    )
                )
    faults.check()
    if not closes:
        raise PortfolioFileError("the file has a header but no price", path=path)
    series = {c: pd.Series({d: p for d, (p, _) in days.items()}) for c, days in closes.items()}
    table = pd.DataFrame(series)
    table.index = pd.DatetimeIndex(table.index, name="date")
    return table.sort_index()


def _day_column(row: Sequence[Cell]) -> int | None:
    times = layouts()["trades"]["times"]
    return next((i for i, cell in enumerate(row) if words_of(str(cell)) in times), None)


def _closes(
    at: Place,
    names: list[str],
    day: int,
    rows: list[tuple[Place, list[Cell]]],
    sheet: Sheet,
    faults: Faults,
) -> Iterator[tuple[Place, str, str, date, float]]:
    """Yield place, column, coin, day and close of each cell."""
    coin = next((i for i, name in enumerate(names) if column_of(name)[0] == "coin"), None)
    priced = [i for i, n in enumerate(names) if words_of(n).removesuffix(" usd") in _CLOSES] or [
        i for i, name in enumerate(names) if column_of(name)[0] == "price_usd"
    ]
    columns = priced[:1]
    if coin is None:
        columns = [i for i, name in enumerate(names) if i != day and name]
        of_one = [names[i] for i in columns if words_of(names[i]) in _OF_ONE_COIN]
        if of_one:
            raise at.error(
                "prices of one coin, and no column says which; rename this column to the coin, "
                "such as SOL, and remove the others",
                of_one[0] if not priced else names[priced[0]],
            )
    elif not columns:
        raise at.error(f"no column of closes; the file needs {_HEADER}")
    point = sheet.delimiter not in (";", "")
    texts = {i: [row[i] for _, row in rows if i < len(row)] for i in columns}
    readers = {i: Column(marks=decimal_marks(texts[i]), point=point) for i in columns}
    for place, row in rows:
        with faults:
            if len(row) != len(names):
                raise place.error(f"{len(row)} values where the header has {len(names)} columns")
            when = _day(place, names[day], row[day])
            for i in columns:
                if is_nothing(row[i]):
                    continue
                price, money = readers[i].read(place, "price_usd", names[i], row[i])
                money = money or column_of(names[i])[1]
                if money not in ("", "USD"):
                    raise place.error(f"must be in USD, got {money}; convert it", names[i])
                if price <= 0:
                    raise place.error(f"a price must be > 0, got {price}", names[i])
                ticker = names[i] if coin is None else str(row[coin])
                if not ticker.strip() or not ticker.isprintable():
                    raise place.error(f"must be a ticker, got {shown(ticker)}", names[coin or 0])
                yield place, names[i], read_coin(ticker).coin, when, float(price)


def _day(at: Place, name: str, cell: Cell) -> date:
    text = str(cell)
    try:
        if found := _ISO.fullmatch(text):
            return date(*(int(part) for part in found.groups()[:3]))
        if found := _GERMAN.fullmatch(text):
            return date(*(int(part) for part in reversed(found.groups())))
    except ValueError:
        pass
    raise at.error(f"must be a day such as 2023-12-31, got {shown(text)}", name)
