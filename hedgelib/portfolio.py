"""What is held: holdings, and reading a portfolio file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from io import StringIO
from itertools import chain
from pathlib import Path

import numpy as np

from hedgelib._check import FINITE, NONNEGATIVE, POSITIVE, FloatArray, scalars
from hedgelib.errors import InvalidInput, PortfolioFileError

__all__ = ["Holding", "Portfolio", "read_portfolio"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COLUMNS = ("coin", "usd_value", "quantity", "beta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One coin in a book.

    Parameters
    ----------
    coin : str
        Ticker; any text, and only ever text.
    value_usd : float
        USD, >= 0.
    quantity : float, optional
        Coins, where the file gave them.
    beta : float, optional
        The owner's own beta to the hedge coin, for a coin without history.

    Raises
    ------
    InvalidInput
        An empty or unprintable name, a value that is not >= 0, a beta that is no number.
    """

    coin: str
    value_usd: float
    quantity: float | None = None
    beta: float | None = None

    def __post_init__(self) -> None:
        if not _is_name(self.coin):
            raise InvalidInput(f"coin must be a printable name, got {self.coin!r}")
        scalars(value_usd=(self.value_usd, NONNEGATIVE))
        if self.quantity is not None:
            scalars(quantity=(self.quantity, NONNEGATIVE))
        if self.beta is not None:
            scalars(beta=(self.beta, FINITE))


def _is_name(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip()) and text.isprintable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """A book of coins.

    Parameters
    ----------
    holdings : tuple of Holding
        At least one, each coin once, worth more than zero together.
    name : str
        For titles; only ever text.

    Raises
    ------
    InvalidInput
        No holding, a coin twice, or nothing of value.

    Examples
    --------
    >>> book = Portfolio(holdings=(Holding(coin="ADA", value_usd=6000.0),
    ...                            Holding(coin="LINK", value_usd=4000.0)), name="two coins")
    >>> book.value_usd, book.weights.tolist()
    (10000.0, [0.6, 0.4])
    """

    holdings: tuple[Holding, ...]
    name: str = "book"

    def __post_init__(self) -> None:
        if not self.holdings:
            raise InvalidInput("a portfolio needs at least one holding")
        seen: set[str] = set()
        for coin in self.coins:
            if coin in seen:
                raise InvalidInput(f"coin {coin!r} stands twice; add the two up in one holding")
            seen.add(coin)
        if self.value_usd <= 0:
            raise InvalidInput("a portfolio must be worth more than 0 USD")
        if not np.isfinite(self.value_usd):
            raise InvalidInput("the values are too large to add up")

    def __iter__(self) -> Iterator[Holding]:
        return iter(self.holdings)

    def __len__(self) -> int:
        return len(self.holdings)

    @property
    def coins(self) -> tuple[str, ...]:
        """Tickers, in the order of the holdings."""
        return tuple(holding.coin for holding in self.holdings)

    @property
    def values_usd(self) -> FloatArray:
        """Values in USD, shape (n,)."""
        return np.array([holding.value_usd for holding in self.holdings], dtype=np.float64)

    @property
    def value_usd(self) -> float:
        """Total value in USD."""
        return float(sum(holding.value_usd for holding in self.holdings))

    @property
    def weights(self) -> FloatArray:
        """Shares of the total, shape (n,), summing to 1."""
        return self.values_usd / self.value_usd

    def value_of(self, coin: str) -> float:
        """USD value of one coin; 0 where it is not held."""
        return sum((h.value_usd for h in self.holdings if h.coin == coin), 0.0)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(h.coin)}</td><td>${h.value_usd:,.2f}</td>"
            f"<td>{w:.1%}</td><td>{'' if h.beta is None else f'{h.beta:g}'}</td></tr>"
            for h, w in zip(self.holdings, self.weights, strict=True)
        )
        return (
            f"<table class='mathjax_ignore'><caption>{escape(self.name)}: ${self.value_usd:,.2f}"
            "</caption><tr><th>coin</th><th>value</th><th>share</th><th>own beta</th></tr>"
            f"{rows}</table>"
        )


def read_portfolio(path: str | Path, prices_usd: Mapping[str, float] | None = None) -> Portfolio:
    """Read a portfolio from a CSV file.

    The header has ``coin`` and ``usd_value`` or ``quantity``, and may have ``beta``. Tickers are
    taken in upper case. Empty lines and lines that start with ``#`` are left out.

    Parameters
    ----------
    path : str or Path
    prices_usd : mapping of str to float, optional
        USD per coin, to value quantities with.

    Returns
    -------
    Portfolio
        Named after the file.

    Raises
    ------
    PortfolioFileError
        With file, line and column: the file is missing, empty or not text; a column is missing,
        unknown or twice; a value is missing, no plain number, or negative; a coin stands twice or
        has no price to value its quantity with.

    Notes
    -----
    **Source:** own format; nothing in a file is ever repaired or dropped.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PortfolioFileError("there is no such file", path=path) from error
    except IsADirectoryError as error:
        raise PortfolioFileError("this is a folder; name a CSV file in it", path=path) from error
    except UnicodeDecodeError as error:
        raise PortfolioFileError(
            "not UTF-8 text; save the sheet as CSV UTF-8", path=path
        ) from error
    except OSError as error:
        raise PortfolioFileError(f"cannot be read: {error.strerror}", path=path) from error
    except ValueError as error:
        raise PortfolioFileError(f"cannot be a path: {error}", path=path) from error

    lines = list(_records(path, text))
    if not lines:
        raise PortfolioFileError(
            "the file is empty; the first line is a header such as coin,usd_value", path=path
        )
    (header_line, raw_header), *rows = lines
    header = [name.strip().lower() for name in raw_header]
    _check_header(path, header_line, header)
    if not rows:
        raise PortfolioFileError("the file has a header but no holding", path=path)

    holdings: list[Holding] = []
    first_line: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(header):
            raise PortfolioFileError(
                f"{len(row)} values where the header has {len(header)} columns; "
                "write numbers without thousands separators",
                path=path,
                line=line,
            )
        holding = _holding(path, line, dict(zip(header, row, strict=True)), prices_usd)
        if holding.coin in first_line:
            raise PortfolioFileError(
                f"{holding.coin!r} stands in line {first_line[holding.coin]} already; "
                "add the two up in one line",
                path=path,
                line=line,
                column="coin",
            )
        first_line[holding.coin] = line
        holdings.append(holding)
    try:
        return Portfolio(holdings=tuple(holdings), name=path.stem)
    except InvalidInput as error:
        raise PortfolioFileError(str(error), path=path) from error


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    lines = StringIO(text)
    number = 0
    for line in lines:
        number += 1
        # Before the CSV reader sees it: a quote in a comment would swallow the lines below.
        if line.lstrip().startswith("#"):
            continue
        reader = csv.reader(chain([line], lines), strict=True)
        try:
            row = next(reader)
        except csv.Error as error:
            raise PortfolioFileError(
                f"not readable as CSV: {error}; check the quotes", path=path, line=number
            ) from error
        if any(cell.strip() for cell in row):
            yield number, row
        number += reader.line_num - 1


def _check_header(path: Path, line: int, header: list[str]) -> None:
    def fail(message: str, column: str | None = None) -> PortfolioFileError:
        return PortfolioFileError(message, path=path, line=line, column=column)

    for name in header:
        if header.count(name) > 1:
            raise fail("this column stands twice", name)
        if name not in _COLUMNS:
            raise fail(f"unknown column; the columns are {', '.join(_COLUMNS)}", name)
    if "coin" not in header:
        raise fail(f"no column 'coin'; found {', '.join(header)}")
    if "usd_value" not in header and "quantity" not in header:
        raise fail("no column 'usd_value' and none 'quantity'; one of them is needed")


def _number(path: Path, line: int, column: str, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise PortfolioFileError(
            f"must be a plain number such as 1250.50, got {text!r}",
            path=path,
            line=line,
            column=column,
        )
    value = float(text)
    if not np.isfinite(value):
        raise PortfolioFileError(f"{text} is too large", path=path, line=line, column=column)
    if value < 0 and column != "beta":
        raise PortfolioFileError(
            f"must be >= 0, got {text}; a short position is not a holding",
            path=path,
            line=line,
            column=column,
        )
    return value


def _holding(
    path: Path, line: int, row: dict[str, str], prices_usd: Mapping[str, float] | None
) -> Holding:
    coin = row["coin"].strip().upper()
    if not _is_name(coin):
        raise PortfolioFileError(
            f"must be a printable name, got {row['coin']!r}", path=path, line=line, column="coin"
        )
    given = {
        column: _number(path, line, column, row[column].strip())
        for column in _COLUMNS[1:]
        if row.get(column, "").strip()
    }
    quantity, value = given.get("quantity"), given.get("usd_value")
    if value is None and quantity is None:
        column = "usd_value" if "usd_value" in row else "quantity"
        raise PortfolioFileError(f"{coin} has no value", path=path, line=line, column=column)
    if value is not None and quantity is not None:
        raise PortfolioFileError(
            f"{coin} has both usd_value and quantity; leave one of them empty",
            path=path,
            line=line,
            column="quantity",
        )
    if value is None and quantity is not None:
        price = None if prices_usd is None else prices_usd.get(coin)
        if price is None:
            raise PortfolioFileError(
                f"no price of {coin} to value the quantity with; give its usd_value instead",
                path=path,
                line=line,
                column="quantity",
            )
        try:
            (price,) = scalars(price_usd=(price, POSITIVE))
            (value,) = scalars(value_usd=(quantity * price, NONNEGATIVE))
        except InvalidInput as error:
            raise PortfolioFileError(
                f"{coin} cannot be valued: {error}", path=path, line=line, column="quantity"
            ) from error
    return Holding(coin=coin, value_usd=value or 0.0, quantity=quantity, beta=given.get("beta"))
