"""What is held: holdings, and reading a portfolio file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from hedgelib._cells import BETA_TO, IN_USD, layouts, money_of
from hedgelib._check import NONNEGATIVE, POSITIVE, FloatArray, scalars
from hedgelib._portfolio_file import Contents, Row, is_beta, read_contents
from hedgelib._sheet import Faults
from hedgelib._text import Table, usd
from hedgelib.coins import CoinReading, read_coin, ticker_of
from hedgelib.errors import InvalidInput, PortfolioFileError

__all__ = ["Holding", "Portfolio", "read_portfolio"]

_LONGEST_NAME = 64
_CENT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One coin in a book.

    Parameters
    ----------
    coin : str
        Ticker; any text, and only ever text.
    value_usd : float
        USD, >= 0.
    quantity, price_usd, beta : float, optional
        Coins, where the file gave them; USD a coin, where the file gave it; the owner's own beta to
        the hedge coin, whichever that is, for a coin without history.
    betas_to : tuple of (str, float)
        The owner's own betas to hedge coins by name; each coin once.
    at_market, is_cash : bool
        Whether the value is that of the quantity at a price that was not the file's; whether it is
        dollars, or a stablecoin: it does not move with any coin.
    """

    coin: str
    value_usd: float
    quantity: float | None = None
    price_usd: float | None = None
    beta: float | None = None
    betas_to: tuple[tuple[str, float], ...] = ()
    at_market: bool = False
    is_cash: bool = False

    def __post_init__(self) -> None:
        if not _is_name(self.coin):
            raise InvalidInput(f"coin must be a printable name, got {self.coin!r}")
        scalars(value_usd=self.value_usd)
        if self.quantity is not None:
            scalars(quantity=(self.quantity, NONNEGATIVE))
        if self.price_usd is not None:
            scalars(price_usd=self.price_usd)
        if self.beta is not None:
            scalars(beta=self.beta)
        for coin, beta in self.betas_to:
            if not _is_name(coin) or dict(self.betas_to)[coin] != beta:
                raise InvalidInput(f"betas_to must name each coin once, got {self.betas_to!r}")
            scalars(beta=beta)

    def beta_to(self, coin: str) -> float | None:
        """Return the owner's own beta to a hedge coin; None where there is none."""
        return dict(self.betas_to).get(coin, self.beta)

    @property
    def has_own_beta(self) -> bool:
        """Whether the owner gave a beta to any hedge coin."""
        return self.beta is not None or bool(self.betas_to)


def _is_name(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip()) and text.isprintable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """A book of coins.

    Parameters
    ----------
    holdings : tuple of Holding
        At least one, each coin once, with a total value above zero.
    name : str
        For titles; only ever text.
    read_as : tuple of (str, str)
        Names of columns in its file that are not our own, and what they were taken for.
    coins_read_as : tuple of CoinReading
        Tickers in its file that stand for another coin or for cash.
    notes : tuple of (str, str)
        What else of its file was left out, added up or taken for something: a kind, such as
        ``"total"`` or ``"dust"``, and a text.

    Examples
    --------
    >>> book = Portfolio(holdings=(Holding(coin="ADA", value_usd=6000.0),
    ...                            Holding(coin="LINK", value_usd=4000.0)), name="two coins")
    >>> book.value_usd, book.weights.tolist()
    (10000.0, [0.6, 0.4])
    """

    holdings: tuple[Holding, ...]
    name: str = "book"
    read_as: tuple[tuple[str, str], ...] = ()
    coins_read_as: tuple[CoinReading, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.holdings:
            raise InvalidInput("a portfolio needs at least one holding")
        seen: set[str] = set()
        for coin in self.coins:
            if coin in seen:
                raise InvalidInput(f"coin {coin!r} appears twice; add the two up in one holding")
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

    @property
    def cash_usd(self) -> float:
        """Value of the cash in it, dollars and stablecoins, USD."""
        return sum((h.value_usd for h in self.holdings if h.is_cash), 0.0)

    @property
    def only_cash(self) -> bool:
        """Whether nothing of value in it is a coin that moves."""
        return all(h.is_cash for h in self.holdings if h.value_usd > 0)

    def value_of(self, coin: str) -> float:
        """USD value of one coin; 0 where it is not held."""
        return sum((h.value_usd for h in self.holdings if h.coin == coin), 0.0)

    def _repr_html_(self) -> str:
        rows = [
            (h.coin, usd(h.value_usd, cents=True), f"{w:.1%}", betas_text(h))
            for h, w in zip(self.holdings, self.weights, strict=True)
        ]
        caption = f"{self.name}: {usd(self.value_usd, cents=True)}"
        return Table(("coin", "value", "share", "own beta"), rows, caption=caption).html()


def betas_text(holding: Holding) -> str:
    """Write the owner's betas of a holding; empty where there are none."""
    texts = [] if holding.beta is None else [f"{holding.beta:g}"]
    texts += [f"{beta:g} to {coin}" for coin, beta in holding.betas_to]
    return ", ".join(texts)


def read_portfolio(
    path: str | Path,
    prices_usd: Mapping[str, float] | None = None,
    *,
    aliases: bool = True,
    priced: Collection[str] | None = None,
    fx: float | None = None,
) -> Portfolio:
    """Read a portfolio from a CSV file, a workbook (.xlsx) or a JSON file.

    A table has a header with ``coin`` and ``usd_value`` or ``quantity``, and may have
    ``price_usd``, ``beta``, ``beta_btc`` or that of any other coin (a beta to that coin only), and
    any other columns, which are not read. Commas, semicolons or tabs separate columns. Empty
    lines, lines that start with ``#`` and what is above the header are left out. A JSON file, by
    its name, is one of

    - a list of objects, ``[{"coin": "ADA", "usd_value": 6000, "beta": 1.1}, ...]``;
    - an object of coins, each with its value in USD or an object,
      ``{"ADA": 6000, "LINK": {"quantity": 200, "price_usd": 15}}``;
    - either of them as ``{"holdings": ...}``.

    Keys that start with ``#`` are left out of it. Tickers are taken in upper case.

    Columns and keys may have the names that trackers give them, such as Symbol, Amount, Value (USD)
    and Price, or their German ones, or be those of an export in ``data/layouts.toml``;
    :attr:`Portfolio.read_as` says how they were taken. A value counts before quantity
    times price; where all three are given they must agree as far as their decimals go.

    A number is taken where it can be read in one way: 1234.5, $1,234.50 and 1,234,567 can, and
    1,234 can where other numbers of its column show what its comma is.

    A ticker may stand for another coin, or for cash, see :func:`read_coin`; lines that come to one
    coin are added up. A row with a beta of its own is taken as it is written. A line of totals and
    holdings of less than a cent are left out. A list of trades is summed: what came of each coin
    less what went. :attr:`Portfolio.coins_read_as` and :attr:`Portfolio.notes` list all of that.

    **Source:** own format, and exports as their tools write them.

    Parameters
    ----------
    prices_usd : mapping of str to float, optional
        USD per coin, to value quantities with that have no price in the file; cash has the price 1.
    aliases : bool
        False takes every ticker as it is written; those of cash are cash all the same.
    priced : collection of str, optional
        Coins that the data in use have prices of; those of `prices_usd` when omitted.
    fx : float, optional
        USD for one unit of the other currency that values and prices are in; > 0.

    Raises
    ------
    PortfolioFileError
        With file, line and column, or the path in a JSON file, and all that is wrong at once: the
        file is missing, empty or not text; a column is missing or there twice; a value is missing,
        negative, no number that can be read in one way, or in another currency without `fx`; a
        coin has no price to value its quantity with, or a value that its quantity and price do
        not give; a trade does not say what it moved.
    """
    path = Path(path)
    if fx is not None:
        (fx,) = scalars(fx=(fx, POSITIVE))
    contents = read_contents(path)
    prices_usd = prices_usd or {}
    priced = prices_usd if priced is None else priced
    book = _Book(contents, prices_usd, priced, aliases, fx)
    holdings = book.holdings()
    contents.faults.check()
    try:
        return Portfolio(
            holdings=holdings,
            name=path.stem,
            read_as=contents.read_as,
            coins_read_as=tuple(dict.fromkeys(r for r in book.readings if r.text)),
            notes=tuple(contents.notes),
        )
    except InvalidInput as error:
        raise PortfolioFileError(str(error), path=path) from error


def coins_in(path: str | Path) -> tuple[str, ...]:
    """Return the tickers in a portfolio file, totals and all, before any price is known."""
    contents = read_contents(Path(path))
    if not contents.rows:
        contents.faults.check()
    return tuple(dict.fromkeys(row.coin.upper() for row in contents.rows if _is_name(row.coin)))


class _Book:
    """The rows of one file, on their way to holdings."""

    def __init__(
        self,
        contents: Contents,
        prices_usd: Mapping[str, float],
        priced: Collection[str],
        aliases: bool,
        fx: float | None,
    ) -> None:
        self._contents, self._prices_usd, self._priced = contents, prices_usd, priced
        self._aliases, self._fx = aliases, fx
        self._faults: Faults = contents.faults
        self._money: dict[str, str] = {}
        self.readings: list[CoinReading] = []

    def holdings(self) -> tuple[Holding, ...]:
        """Value, add up and list what the rows hold."""
        rows = self._net() if self._contents.trades else self._without_totals()
        merged: dict[str, list[tuple[Row, CoinReading, Holding]]] = {}
        dust: list[str] = []
        for row in rows:
            self._faults += row.faults
            with self._faults:
                reading = self._reading(row)
                holding = None if row.faults else self._holding(row, reading)
                if holding is None:
                    dust += [] if row.faults else [reading.written]
                    continue
                self.readings.append(reading)
                merged.setdefault(holding.coin, []).append((row, reading, holding))
        together = []
        for lines in merged.values():
            with self._faults:
                together.append(self._together(lines))
        dust += [h.coin for h in together if h.value_usd < _CENT]
        if dust and len(dust) < len(together) + len(dust):
            self._note("dust", f"less than a cent, left out: {_few(dust)}")
        if self._money and self._fx is not None:
            each = " and ".join(self._money)
            self._note("currency", f"values in {each} converted at {self._fx:g} USD for 1 {each}")
        if any(h.value_usd >= _CENT for h in together):
            together = [h for h in together if h.value_usd >= _CENT]
        return tuple(together)

    def _note(self, kind: str, text: str) -> None:
        self._contents.notes.append((kind, text))

    # Lines that are no holdings

    def _without_totals(self) -> list[Row]:
        rows: list[Row] = []
        lines = self._contents.rows
        for row in lines:
            if not self._is_total(row, rows, last=row is lines[-1]):
                rows.append(row)
                continue
            text = f"a total not read: {row.coin!r} in {row.at}"
            total, above = row.numbers.get("usd_value"), _sum(rows)
            if row is lines[-1] and None not in (total, above) and not _sums(row, rows):
                text += f"; it says {total:,}, what is above it comes to {above:,}"
            self._note("total", text)
        if not rows and not self._faults:
            raise PortfolioFileError("the file has no holding", path=lines[0].at.path)
        return rows

    def _is_total(self, row: Row, above: list[Row], *, last: bool) -> bool:
        """Tell a row of a sum: by its name, and by its numbers where a coin has that name."""
        name = row.coin.strip(" :").casefold()
        if name in layouts()["totals"]["words"]:
            return name.upper() not in self._priced or _sums(row, above)
        return not name and last and _sums(row, above)

    # Lists of trades

    def _net(self) -> list[Row]:
        """Add up what came and went of each coin."""
        moved: dict[str, Decimal] = {}
        last: dict[str, tuple[Row, CoinReading]] = {}
        for row in self._contents.rows:
            with self._faults:
                reading = self._reading(row)
                self.readings.append(reading)
                coins = row.numbers["quantity"] * Decimal(repr(reading.coins))
                moved[reading.coin] = moved.get(reading.coin, Decimal(0)) + coins
                last[reading.coin] = row, reading
        rows, sold, owed = [], [], []
        for coin, quantity in moved.items():
            row, reading = last[coin]
            if quantity == 0:
                sold.append(coin)
            elif quantity < 0 and (reading.is_cash or money_of(coin)):
                owed.append(coin)
            elif quantity < 0 and not self._is_dust(coin, quantity):
                self._faults.append(
                    row.error(
                        f"{-quantity.normalize():,f} {coin} more went than came up to here; "
                        "add the line with which they came",
                        "quantity",
                    )
                )
            else:
                rows.append(
                    Row(at=row.at, coin=coin, numbers={"quantity": quantity}, written=row.written)
                )
        if sold:
            self._note("trades", f"nothing is left of {_few(sold)}")
        if owed:
            self._note("trades", f"more {_few(owed)} was paid than came in; not in the holdings")
        if not rows and not self._faults:
            raise PortfolioFileError(
                "by its list of trades nothing is held", path=self._contents.path
            )
        return rows

    def _is_dust(self, coin: str, quantity: Decimal) -> bool:
        price = self._prices_usd.get(coin)
        return price is not None and abs(float(quantity)) * price < _CENT

    # One row

    def _reading(self, row: Row) -> CoinReading:
        """Find what the ticker of a row stands for."""
        coin = row.coin.upper()
        if len(coin) > _LONGEST_NAME:
            raise row.error(
                f"must have at most {_LONGEST_NAME} characters, got {len(coin)}", "coin"
            )
        if not _is_name(coin):
            raise row.error(f"must be a printable name, got {row.coin!r}", "coin")
        if _own_betas(row):
            return CoinReading(written=coin, coin=coin)
        if (code := money_of(coin)) and coin not in self._priced:
            return CoinReading(written=coin, coin=code, is_cash=True)
        reading = read_coin(coin, self._priced)
        if self._aliases or reading.coin == coin:
            return reading
        return CoinReading(written=coin, coin=coin)

    def _holding(self, row: Row, reading: CoinReading) -> Holding | None:
        """Make a holding of a row, counted in the coin that its ticker stands for; None of dust."""
        coin = reading.written
        rates = {column: self._rate(row, column) for column in row.numbers}
        # Adding 0.0 turns -0.0 into 0.0.
        given = {c: float(number) * rates[c] + 0.0 for c, number in row.numbers.items()}
        value, quantity, price = (
            given.get(name) for name in ("usd_value", "quantity", "price_usd")
        )
        if price is not None and price <= 0:
            raise row.error("must be > 0; leave it empty where it is not known", "price_usd")
        at_market = False
        if value is None:
            if quantity is None:
                missing = "usd_value" if "usd_value" in row.written else "quantity"
                raise row.error(f"{coin} has no value", missing)
            at_market = price is None and not reading.is_cash
            if price is None:
                coins, usd = quantity * reading.coins, self._price(row, reading, quantity)
            else:
                coins, usd = quantity, price
            if usd is None and quantity < 0:
                raise _short(row)
            value = self._worth(row, reading, coins, usd)
        elif quantity == 0 and value >= _CENT:
            raise row.error(f"{coin} has a value of {value:g} and a quantity of 0", "quantity")
        elif {"quantity", "price_usd"} <= row.numbers.keys():
            _refuse_contradiction(row, coin)
        if value < 0 or (quantity or 0.0) < 0:
            if abs(value) >= _CENT or value * (quantity or value) < 0:
                raise _short(row)
            return None
        betas = _own_betas(row)
        bare = betas.pop("beta", None)
        return Holding(
            coin=reading.coin,
            value_usd=value,
            quantity=None if quantity is None else quantity * reading.coins,
            # What a wrapped or staked coin trades at is not quite the price of the coin.
            price_usd=None if reading.kind in ("wrapped", "staked") else price,
            beta=bare,
            betas_to=tuple((name.removeprefix(BETA_TO).upper(), b) for name, b in betas.items()),
            at_market=at_market,
            is_cash=reading.is_cash,
        )

    def _rate(self, row: Row, column: str) -> float:
        """Return what one unit of the money in a column is in USD."""
        code = row.money.get(column, "") if column in IN_USD else ""
        return self._usd_for(row, code, column) if code else 1.0

    def _usd_for(self, row: Row, code: str, column: str) -> float:
        if self._fx is None:
            if code in self._money:  # said once, and nothing comes of the rest
                return 1.0
            self._money[code] = column
            raise row.error(
                f"must be in USD, got {code}; convert it, or give the USD for 1 {code} with --fx "
                "(fx)",
                column,
            )
        self._money[code] = column
        if len(self._money) > 1:
            raise row.error(
                f"in {' and in '.join(self._money)}, and fx is the rate of one currency; convert "
                "the other",
                column,
            )
        return self._fx

    def _price(self, row: Row, reading: CoinReading, quantity: float) -> float | None:
        if not quantity:
            return 1.0  # of nothing the price does not matter
        if (code := money_of(reading.coin)) and reading.is_cash:
            return self._usd_for(row, code, "quantity")
        return 1.0 if reading.is_cash else self._prices_usd.get(reading.coin)

    @staticmethod
    def _worth(row: Row, reading: CoinReading, quantity: float, price: float | None) -> float:
        coin = reading.coin
        if price is None:
            ticker = ticker_of(coin)
            hint = f" (did you mean {ticker}?)" if ticker else ""
            raise row.error(
                f"no price of {coin}{hint} to value the quantity with; give its price_usd or its "
                "usd_value, or its closes with --prices (prices)",
                "quantity",
            )
        try:
            (price,) = scalars(price_usd=price)
            (value,) = scalars(value_usd=abs(quantity) * price)
        except InvalidInput as error:
            raise row.error(f"{coin} cannot be valued: {error}", "quantity") from error
        return value if quantity >= 0 else -value

    def _together(self, lines: list[tuple[Row, CoinReading, Holding]]) -> Holding:
        """Add up the rows that came to one coin."""
        holdings = [holding for *_, holding in lines]
        first, *others = holdings
        if not others:
            return first
        rows: dict[str, list[Row]] = {}
        for row, reading, holding in lines:
            rows.setdefault(reading.written, []).append(row)
            if (holding.beta, holding.betas_to) != (first.beta, first.betas_to):
                raise row.error(
                    f"{first.coin} has another beta than in {lines[0][0].at}; give the same beta "
                    "in each line",
                    "coin",
                )
        for written, same in rows.items():
            if len({row.day for row in same}) > 1:
                raise same[1].error(
                    f"{written} is in {same[0].at} too, with another day; keep the lines of one",
                    "coin",
                )
            if len(same) > 1:
                places = _few([str(row.at) for row in same])
                self._note("duplicates", f"{written} added up from {len(same)} lines: {places}")
        quantities = [h.quantity for h in holdings if h.quantity is not None]
        prices = {h.price_usd for h in holdings if h.price_usd is not None}
        return Holding(
            coin=first.coin,
            value_usd=sum(h.value_usd for h in holdings),
            quantity=sum(quantities) if len(quantities) == len(holdings) else None,
            price_usd=prices.pop() if len(prices) == 1 else None,
            beta=first.beta,
            betas_to=first.betas_to,
            at_market=any(h.at_market for h in holdings),
            is_cash=first.is_cash,
        )


def _short(row: Row) -> PortfolioFileError:
    column = next(c for c in ("usd_value", "quantity") if row.numbers.get(c, 0) < 0)
    return row.error(
        f"must be >= 0, got {str(row.numbers[column])!r}; a short position is not a holding", column
    )


def _few(texts: list[str], most: int = 6) -> str:
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more:,} more" if more > 0 else "")


def _sum(rows: list[Row]) -> Decimal | None:
    """Add up the values of rows; None where one has none, or they are in several currencies."""
    if not rows or len({row.money.get("usd_value") for row in rows}) > 1:
        return None
    if any("usd_value" not in row.numbers for row in rows):
        return None
    return sum((row.numbers["usd_value"] for row in rows), Decimal(0))


def _sums(row: Row, rows: list[Row]) -> bool:
    """Tell whether the value of a row is that of the rows above it, rounded as it may be."""
    total, value = _sum(rows), row.numbers.get("usd_value")
    if total is None or value is None:
        return False
    return abs(total - value) <= Decimal(repr(_CENT)) * (len(rows) + 1)


def _own_betas(row: Row) -> dict[str, float]:
    """Return the betas of a row by column, "beta" or "beta_btc"."""
    return {c: float(number) + 0.0 for c, number in row.numbers.items() if is_beta(c)}


def _refuse_contradiction(row: Row, coin: str) -> None:
    """Refuse a value that is not quantity times price, within a unit of each last decimal."""
    names = ("quantity", "price_usd", "usd_value")
    if row.money.get("usd_value") != row.money.get("price_usd"):
        return
    quantity, price, value = (float(row.numbers[name]) for name in names)
    of_quantity, of_price, of_value = (_unit(row.numbers[name]) for name in names)
    if quantity == int(quantity):
        of_quantity = 0.0  # a count
    slack = quantity * of_price + price * of_quantity + of_price * of_quantity + of_value
    if abs(quantity * price - value) > slack:
        raise row.error(
            f"{coin} has a value of {value:,.10g}, but {quantity:,.10g} x {price:,.10g} is "
            f"{quantity * price:,.10g}; leave out what is not right",
            "usd_value",
        )


def _unit(number: Decimal) -> float:
    return float(f"1e{number.as_tuple().exponent}")
