"""What is held: holdings, and reading a portfolio file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from hedgelib._check import NONNEGATIVE, FloatArray, scalars
from hedgelib._portfolio_file import BETA_TO, Row, read_rows
from hedgelib._text import Table, usd
from hedgelib.coins import CoinReading, read_coin, ticker_of
from hedgelib.errors import InvalidInput, PortfolioFileError

__all__ = ["Holding", "Portfolio", "read_portfolio"]

_LONGEST_NAME = 64
_TOTAL = re.compile(r"(GRAND )?TOTALS?:?")


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
) -> Portfolio:
    """Read a portfolio from a CSV or JSON file.

    A CSV file has a header with ``coin`` and ``usd_value`` or ``quantity``, and may have
    ``price_usd``, ``beta``, ``beta_btc`` or that of any other coin (a beta to that coin only), and
    any number of columns ``comment``. Commas, semicolons or tabs separate columns. Empty
    lines and lines that start with ``#`` are left out. A JSON file, by its name, is one of

    - a list of objects, ``[{"coin": "ADA", "usd_value": 6000, "beta": 1.1}, ...]``;
    - an object of coins, each with its value in USD or an object,
      ``{"ADA": 6000, "LINK": {"quantity": 200, "price_usd": 15}}``;
    - either of them as ``{"holdings": ...}``.

    Keys that start with ``#`` are left out of it. Tickers are taken in upper case.

    Columns and keys may have the names that trackers give them, such as Symbol, Amount, Value (USD)
    and Price; :attr:`Portfolio.read_as` says how they were taken. A value counts before quantity
    times price; where all three are given they must agree as far as their decimals go.

    A number is taken where it can be read in one way: 1234.5, $1,234.50 and 1,234,567 can, and
    1,234 cannot. Between semicolons 1234,50 is one too, and 1.234 is not.

    A ticker may stand for another coin, or for cash, see :func:`read_coin`; rows that come to one
    coin are added up, and :attr:`Portfolio.coins_read_as` lists them. A row with a beta of its own
    is taken as it is written. A list of trades is refused.

    **Source:** own format; nothing in a file is ever repaired or dropped.

    Parameters
    ----------
    prices_usd : mapping of str to float, optional
        USD per coin, to value quantities with that have no price in the file; cash has the price 1.
    aliases : bool
        False takes every ticker as it is written; those of cash are cash all the same.
    priced : collection of str, optional
        Coins that the data in use have prices of; those of `prices_usd` when omitted.

    Raises
    ------
    PortfolioFileError
        With file, line and column, or the path in a JSON file: the file is missing, empty or not
        text; a column is missing, unknown or there twice; a value is missing, negative, or no
        number that can be read in one way; a coin appears twice, has no price to value its quantity
        with, or a value that its quantity and price do not give.
    """
    path = Path(path)
    rows, read_as = read_rows(path)
    prices_usd = prices_usd or {}
    priced = prices_usd if priced is None else priced
    merged: dict[str, list[Holding]] = {}
    places: dict[str, str] = {}
    readings: list[CoinReading] = []
    for row in rows:
        reading = _reading(row, aliases, priced)
        if reading.written in places:
            raise row.error(
                f"{reading.written!r} is already in {places[reading.written]}; add the two up "
                "in one",
                "coin",
            )
        places[reading.written] = str(row.at)
        merged.setdefault(reading.coin, []).append(_holding(row, reading, prices_usd))
        readings.append(reading)
    try:
        return Portfolio(
            holdings=tuple(_together(holdings) for holdings in merged.values()),
            name=path.stem,
            read_as=read_as,
            coins_read_as=tuple(reading for reading in readings if reading.text),
        )
    except InvalidInput as error:
        raise PortfolioFileError(str(error), path=path) from error


def _reading(row: Row, aliases: bool, priced: Collection[str]) -> CoinReading:
    """Find what the ticker of a row stands for."""
    coin = row.coin.upper()
    if len(coin) > _LONGEST_NAME:
        raise row.error(f"must have at most {_LONGEST_NAME} characters, got {len(coin)}", "coin")
    if not _is_name(coin):
        raise row.error(f"must be a printable name, got {row.coin!r}", "coin")
    if _TOTAL.fullmatch(coin):
        raise row.error("a total is not a holding; remove it", "coin")
    if _own_betas(row):
        return CoinReading(written=coin, coin=coin)
    reading = read_coin(coin, priced)
    if aliases or reading.coin == coin:
        return reading
    return CoinReading(written=coin, coin=coin)


def _own_betas(row: Row) -> dict[str, float]:
    """Return the betas of a row by column, "beta" or "beta_btc"."""
    return {
        column: float(number) + 0.0
        for column, number in row.numbers.items()
        if column == "beta" or column.startswith(BETA_TO)
    }


def _holding(row: Row, reading: CoinReading, prices_usd: Mapping[str, float]) -> Holding:
    """Make a holding of a row, counted in the coin that its ticker stands for."""
    coin = reading.written
    # Adding 0.0 turns -0.0 into 0.0.
    given = {column: float(number) + 0.0 for column, number in row.numbers.items()}
    value, quantity, price = (given.get(name) for name in ("usd_value", "quantity", "price_usd"))
    if price == 0:
        raise row.error("must be > 0; leave it empty where it is not known", "price_usd")
    at_market = False
    if value is None:
        if quantity is None:
            missing = "usd_value" if "usd_value" in row.written else "quantity"
            raise row.error(f"{coin} has no value", missing)
        at_market = price is None and not reading.is_cash
        if price is None:
            price_of_coin = 1.0 if reading.is_cash else prices_usd.get(reading.coin)
            value = _worth(row, reading, quantity * reading.coins, price_of_coin)
        else:
            value = _worth(row, reading, quantity, price)
    elif quantity == 0 and value > 0:
        raise row.error(f"{coin} has a value of {value:g} and a quantity of 0", "quantity")
    elif {"quantity", "price_usd"} <= row.numbers.keys():
        _refuse_contradiction(row, coin)
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


def _together(holdings: list[Holding]) -> Holding:
    """Add up the rows that came to one coin."""
    first, *others = holdings
    if not others:
        return first
    quantities = [h.quantity for h in holdings if h.quantity is not None]
    prices = {h.price_usd for h in holdings if h.price_usd is not None}
    return Holding(
        coin=first.coin,
        value_usd=sum(h.value_usd for h in holdings),
        quantity=sum(quantities) if len(quantities) == len(holdings) else None,
        price_usd=prices.pop() if len(prices) == 1 else None,
        at_market=any(h.at_market for h in holdings),
        is_cash=first.is_cash,
    )


def _worth(row: Row, reading: CoinReading, quantity: float, price: float | None) -> float:
    coin = reading.coin
    if price is None:
        ticker = ticker_of(coin)
        hint = f" (did you mean {ticker}?)" if ticker else ""
        raise row.error(
            f"no price of {coin}{hint} to value the quantity with; give its price_usd or its "
            "usd_value",
            "quantity",
        )
    try:
        (price,) = scalars(price_usd=price)
        (value,) = scalars(value_usd=quantity * price)
    except InvalidInput as error:
        raise row.error(f"{coin} cannot be valued: {error}", "quantity") from error
    return value


def _refuse_contradiction(row: Row, coin: str) -> None:
    """Refuse a value that is not quantity times price, within a unit of each last decimal."""
    names = ("quantity", "price_usd", "usd_value")
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
