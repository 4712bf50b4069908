"""What a ticker in a file stands for: wrapped, staked and renamed coins, exchanges' symbols, cash.

The table is ``data/coins.toml``, dated and with its sources.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from hedgelib._folder import data_folder
from hedgelib.errors import InvalidInput

__all__ = ["CoinReading", "read_coin", "ticker_of"]

Kind = Literal["as written", "wrapped", "staked", "renamed", "exchange", "earning", "pair"]

_LOCKED = re.compile(r"(?P<ticker>.*\D)\d\d", re.ASCII)
_PAIR = re.compile(r"(?P<base>.+?)[-/_](?P<quote>[^-/_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinReading:
    """What a ticker stands for: made by :func:`read_coin`.

    Parameters
    ----------
    written : str
        The ticker, in capitals.
    coin : str
        The coin that it stands for; itself where it stands for nothing else.
    kind : str
        Why: as written, wrapped, staked, renamed, exchange, earning or pair.
    coins : float
        Of `coin`, for one of what is written; > 0.
    as_of : str
        Month of `coins` where that is approximate and grows; empty where it is exactly 1.
    is_cash : bool
        Whether `coin` is dollars or meant to be worth one: price 1, beta 0.
    """

    written: str
    coin: str
    kind: Kind = "as written"
    coins: float = 1.0
    as_of: str = ""
    is_cash: bool = False

    @property
    def text(self) -> str:
        """The reading in words; empty where the ticker is taken as it is written."""
        if self.kind == "as written":
            return f"{self.written} is cash" if self.is_cash else ""
        why = {
            "exchange": "an exchange's symbol",
            "earning": "earning at an exchange",
            "pair": "a market",
        }.get(self.kind, self.kind)
        if self.as_of:
            why += f", 1 is about {self.coins:g} as of {self.as_of}"
        return f"{self.written} read as {self.coin} ({why})" + (", cash" if self.is_cash else "")


def read_coin(ticker: str, priced: Collection[str] = ()) -> CoinReading:
    """Find what a ticker stands for.

    A wrapper (WETH, wBTC) and an exchange's symbol (XXBT) always stand for their coin, and a
    stablecoin is always cash: a price history of theirs would say the same with noise. Anything
    else that has prices of its own is taken as it is written.

    **Source:** ``data/coins.toml``, dated facts.

    Parameters
    ----------
    ticker : str
        In any case.
    priced : collection of str
        Tickers, in capitals, that the data in use have prices of. A renamed coin is read by
        whichever of its names is among them, and by the new one where neither is; without any
        `priced` it is taken as it is written.

    Examples
    --------
    >>> read_coin("stETH").text, read_coin("POL", {"BTC", "MATIC"}).text, read_coin("usdt").text
    ('STETH read as ETH (staked)', 'POL read as MATIC (renamed)', 'USDT is cash')
    >>> read_coin("wstETH").coins > 1, read_coin("LDADA").coin, read_coin("LDO").coin
    (True, 'ADA', 'LDO')
    """
    if not isinstance(ticker, str):
        raise InvalidInput(f"ticker must be text such as 'WETH', got {ticker!r}")
    written = ticker.strip().upper()
    table = _table()
    if written in table.cash:
        return CoinReading(written=written, coin=written, is_cash=True)
    coin, kind, coins, as_of = written, "as written", 1.0, ""
    while step := _step(coin, priced, table):
        coin, why, many, month = step
        # The first says most: DOT28.S is staked, whatever DOT is.
        kind, coins, as_of = (why if kind == "as written" else kind), coins * many, as_of or month
    return CoinReading(
        written=written,
        coin=coin,
        kind=kind,  # type: ignore[arg-type]
        coins=coins,
        as_of=as_of,
        is_cash=coin in table.cash,
    )


def names_to_price(ticker: str) -> tuple[str, ...]:
    """List under which names data may have prices of a coin; none of cash.

    An exchange's own way of writing a ticker is none of them.
    """
    table, reading = _table(), read_coin(ticker)
    if reading.is_cash:
        return ()
    names = [reading.coin, table.renamed.get(reading.coin)]
    if reading.kind in ("wrapped", "staked"):
        names.append(reading.written)
    return tuple(name for name in names if name)


def ticker_of(name: str) -> str | None:
    """Find the ticker of a coin by the name that people call it, in any case.

    None for a name that is not known, and for what is a ticker already. **Source:**
    ``data/coins.toml``; a suggestion, as names are not unique.

    Examples
    --------
    >>> ticker_of("Cardano"), ticker_of("ADA")
    ('ADA', None)
    """
    if not isinstance(name, str):
        raise InvalidInput(f"name must be text such as 'Cardano', got {name!r}")
    called = name.strip().casefold()
    ticker = _table().names.get(called)
    return None if ticker is None or ticker.casefold() == called else ticker


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The data file, by ticker."""

    always: dict[str, tuple[str, str, float, str]]
    """Coin, kind, coins and month of what is read so whether it has prices or not."""
    unpriced: dict[str, tuple[str, str, float, str]]
    """The same of what is read so only where it has no prices."""
    renamed: dict[str, str]
    """Each name of a coin that has two, and the other one."""
    old: frozenset[str]
    cash: frozenset[str]
    names: dict[str, str]
    tickers: frozenset[str]
    """Known well enough to be seen inside a longer symbol."""
    prefix: str
    suffixes: frozenset[str]
    quotes: tuple[str, ...]


@cache
def _table() -> _Table:
    import tomllib

    with (data_folder() / "coins.toml").open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)

    def listed(group: str, kind: str) -> dict[str, tuple[str, str, float, str]]:
        return {
            ticker: (coin, kind, 1.0, "")
            for coin, tickers in data[group].items()
            if coin != "source"
            for ticker in tickers
        }

    at_a_rate = {
        ticker: (entry["coin"], "staked", float(entry["coins"]), entry["as_of"])
        for ticker, entry in data["staked_at_a_rate"].items()
    }
    always = listed("wrapped", "wrapped") | listed("exchange", "exchange")
    unpriced = listed("staked", "staked") | at_a_rate
    renamed = {}
    for pair in data["renamed"]:
        renamed[pair["old"]], renamed[pair["new"]] = pair["new"], pair["old"]
    cash = frozenset(data["cash"]["tickers"])
    groups = [always, unpriced, renamed, cash, data["names"].values()]
    return _Table(
        always=always,
        unpriced=unpriced,
        renamed=renamed,
        old=frozenset(pair["old"] for pair in data["renamed"]),
        cash=cash,
        names=data["names"],
        tickers=frozenset(ticker for group in groups for ticker in group),
        prefix=data["earning"]["prefix"],
        suffixes=frozenset(data["earning"]["suffixes"]),
        quotes=tuple(data["pairs"]["quotes"]),
    )


def _step(
    ticker: str, priced: Collection[str], table: _Table
) -> tuple[str, str, float, str] | None:
    """Read one layer of a ticker; None where there is none."""
    if ticker in table.cash:
        return None
    if ticker in table.always:
        return table.always[ticker]
    if ticker in priced:
        return None
    if ticker in table.unpriced:
        return table.unpriced[ticker]
    if ticker in table.renamed:
        other = table.renamed[ticker]
        read = other in priced or (priced and ticker in table.old)
        return (other, "renamed", 1.0, "") if read else None
    base, dot, suffix = ticker.rpartition(".")
    if dot and base and suffix in table.suffixes:
        locked = _LOCKED.fullmatch(base)
        return (locked["ticker"] if locked else base), "earning", 1.0, ""

    def known(inner: str) -> bool:
        return len(inner) > 1 and (inner in priced or inner in table.tickers)

    if ticker.startswith(table.prefix) and known(inner := ticker[len(table.prefix) :]):
        return inner, "earning", 1.0, ""
    pair = _PAIR.fullmatch(ticker)
    if pair and pair["quote"] in table.quotes:
        return pair["base"], "pair", 1.0, ""
    for quote in table.quotes:
        if ticker.endswith(quote) and known(base := ticker.removesuffix(quote)):
            return base, "pair", 1.0, ""
    return None
