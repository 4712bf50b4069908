"""Prices, funding rates and contract terms: the data that ship with hedgelib.

Everything is read once and checked as it is read; whatever is handed out is a fresh copy. `live`
gives the same of a venue, as it is today.

A coin, contract or venue that the data do not have raises :class:`hedgelib.errors.UnknownCoin` or
:class:`hedgelib.errors.UnknownContract`, with those there are (or, for a symbol that several venues
have, with these); days without data :class:`hedgelib.errors.NotEnoughData`; anything else that is
not accepted :class:`hedgelib.errors.InvalidInput`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from hedgelib._check import one_of
from hedgelib._datafiles import (
    Figure,
    Listing,
    Venue,
    did_you_mean,
    read_closes,
    read_contracts,
    read_funding,
    read_sums,
)
from hedgelib._folder import data_folder
from hedgelib._text import Table
from hedgelib.contracts import ContractTerms
from hedgelib.errors import (
    InvalidInput,
    NotEnoughData,
    PortfolioFileError,
    UnknownCoin,
    UnknownContract,
    UnsupportedContract,
    VenueError,
)
from hedgelib.portfolio import Portfolio

__all__ = [
    "CRASHES",
    "FUNDING_NOTE",
    "PRICES_SOURCE",
    "Figure",
    "Listing",
    "Market",
    "Venue",
    "contract",
    "contract_figures",
    "contracts",
    "data_folder",
    "funding_monthly",
    "latest_prices",
    "live",
    "prices",
    "provenance",
    "returns",
    "venues",
]

Day: TypeAlias = str | date
"""A day as ISO text, ``"2022-06-18"``, or as a date, datetime or pandas Timestamp."""

CRASHES = {
    "March 2020": ("2020-02-29", "2020-04-30"),
    "May 2021": ("2021-03-31", "2021-06-30"),
    "May-June 2022": ("2022-04-30", "2022-06-30"),
    "November 2022": ("2022-10-31", "2022-12-31"),
}
"""Crashes of the bundled data: the first day, at whose close a hedge is opened, and the last."""

PRICES_SOURCE = (
    "daily closes in USD (UTC) from the price table in the source distribution of pyscarcopula "
    "0.22.1, Yahoo-style tickers, rounded to 6 significant digits"
)
FUNDING_NOTE = (
    "a proxy: Binance's USDT-margined perpetuals stand in for the coin-margined ones "
    "(same mechanism and sign, levels close but not equal)"
)


class Market:
    """Prices, funding and contract terms, read from one place and checked.

    The module's functions ask the bundled one. Nothing that a method returns is shared with the
    market: change it as you like.

    - closes: USD per coin, > 0, a column for each coin and a row for each day in order; NaN outside
      its life
    - funding: columns month, coin, mean_8h, min_8h, max_8h, settlements
    - origin: what `provenance` is to say beyond span, rows and coins
    - perpetuals: closes of the coin-margined perpetuals, in the form of `closes`

    Examples
    --------
    >>> market = Market.bundled()
    >>> market.coins[:3], [str(day) for day in market.span]
    (('BTC', 'ETH', 'BNB'), ['2020-01-01', '2023-12-31'])
    """

    __slots__ = ("_closes", "_funding", "_listings", "_origin", "_perpetuals", "_venues")

    def __init__(
        self,
        *,
        closes: pd.DataFrame,
        funding: pd.DataFrame,
        listings: Iterable[Listing] = (),
        venues: Iterable[Venue] = (),
        origin: Mapping[str, Any] | None = None,
        perpetuals: pd.DataFrame | None = None,
    ) -> None:
        self._closes = _price_table("closes", closes)
        self._perpetuals: pd.DataFrame | None = None
        if perpetuals is not None and not perpetuals.empty:
            self._perpetuals = _price_table("perpetuals", perpetuals)
        self._funding = funding.copy()
        self._listings = {listing.id: listing for listing in listings}
        self._venues = {venue.key: venue for venue in venues}
        self._origin = dict(origin or {})

    @classmethod
    def from_folder(cls, folder: str | Path) -> Market:
        """Read prices.csv, funding_monthly.csv and contracts.toml of a folder.

        An error names the file that is missing or damaged, and the place.
        """
        folder = Path(folder)
        closes = read_closes(folder / "prices.csv")
        funding = read_funding(folder / "funding_monthly.csv")
        listings, venues, collected = read_contracts(folder / "contracts.toml")
        recorded = read_sums(folder / "SHA256SUMS")
        digest = {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("prices.csv", "funding_monthly.csv", "contracts.toml")
        }
        origin = {
            "file": "prices.csv",
            "sha256": digest["prices.csv"],
            "as_recorded": digest["prices.csv"] == recorded.get("prices.csv"),
            "source": PRICES_SOURCE,
            "funding": {
                "file": "funding_monthly.csv",
                "sha256": digest["funding_monthly.csv"],
                "as_recorded": digest["funding_monthly.csv"] == recorded.get("funding_monthly.csv"),
                "note": FUNDING_NOTE,
                "proxy": True,
            },
            "contracts": {
                "file": "contracts.toml",
                "sha256": digest["contracts.toml"],
                "as_of": f"collected {collected}",
            },
        }
        return cls(closes=closes, funding=funding, listings=listings, venues=venues, origin=origin)

    @classmethod
    def bundled(cls) -> Market:
        """Return the market of the data that ship with hedgelib, read once and kept."""
        return _bundled()

    def with_prices(self, path: str | Path) -> Market:
        """Return these data with the closes of a file, for the coins that it has.

        They replace what the data have of these coins. The days stay those of the data,
        unless the file has both BTC and ETH: then its days count.

        **Source:** the caller's own file; :meth:`provenance` names it.

        Parameters
        ----------
        path : str or Path
            CSV or workbook, days and closes in USD: ``date,SOL,ADA``, or ``date,coin,close``.

        Raises
        ------
        PortfolioFileError
            With file, line and column: a day without a close inside a coin's life, a close twice,
            or one that is no number > 0; or no day of the file is one of the data's.
        """
        from hedgelib._own_prices import read_own_closes

        path = Path(path)
        own, old = read_own_closes(path), self._closes
        days = old.index
        if {"BTC", "ETH"} <= set(own.columns):
            days = pd.date_range(min(days[0], own.index[0]), own.index[-1], name="date")
        used = own.reindex(days).dropna(axis=1, how="all")
        if used.empty:
            raise PortfolioFileError(
                f"its closes run from {own.index[0].date()} to {own.index[-1].date()} and the data "
                f"in use {self._span_text()}; give closes of BTC and ETH too",
                path=path,
            )
        closes = pd.concat([old.drop(columns=used.columns, errors="ignore").reindex(days), used],
                           axis=1)  # fmt: skip
        origin = self._origin | {
            "own_prices": {
                "file": path.name,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "coins": list(used.columns),
                "instead_of": [coin for coin in used.columns if coin in old.columns],
                "first_day": str(used.index[used.notna().any(axis=1)][0].date()),
                "last_day": str(used.index[used.notna().any(axis=1)][-1].date()),
                "days_not_used": int(len(own) - own.index.isin(days).sum()),
                "jumps": _jumps(used),
            }
        }
        return Market(
            closes=closes[[*(c for c in old.columns), *(c for c in used if c not in old.columns)]],
            funding=self._funding,
            listings=self._listings.values(),
            venues=self._venues.values(),
            origin=origin,
            perpetuals=self._perpetuals,
        )

    @property
    def coins(self) -> tuple[str, ...]:
        """Coins with prices, in the order of the table."""
        return tuple(str(coin) for coin in self._closes.columns)

    @property
    def span(self) -> tuple[date, date]:
        """First and last day of the price table."""
        return self._closes.index[0].date(), self._closes.index[-1].date()

    def prices(
        self,
        coins: str | Iterable[str] | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> pd.DataFrame:
        """Daily closes, see :func:`prices`."""
        return self._between(self._closes, self._chosen(coins), start, end)

    def returns(
        self,
        coins: str | Iterable[str] | None = None,
        *,
        window: int | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> pd.DataFrame:
        """Compute simple daily returns, see :func:`returns`."""
        chosen = self._chosen(coins)
        change = (self._closes / self._closes.shift(1) - 1.0).iloc[1:]
        change = self._between(change, chosen, start, end)
        if window is None:
            return change
        if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < 1:
            raise InvalidInput(f"window must be a whole number of days >= 1, got {window!r}")
        if window > len(change):
            raise NotEnoughData(f"window is {window} days, but there are {len(change)} returns")
        return change.iloc[-int(window) :].copy()

    def latest_prices(self, on: Day | None = None) -> dict[str, float]:
        """Look up the closes of one day, see :func:`latest_prices`."""
        day = self.span[1] if on is None else _day("on", on)
        if pd.Timestamp(day) not in self._closes.index:
            raise NotEnoughData(f"no prices on {day}; they run {self._span_text()}")
        row = self._closes.loc[pd.Timestamp(day)].to_numpy(dtype=np.float64)
        return {c: float(p) for c, p in zip(self.coins, row, strict=True) if not math.isnan(p)}

    def perpetual_prices(
        self,
        coins: str | Iterable[str] | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> pd.DataFrame:
        """Daily closes of the coin-margined perpetuals, in the form of :func:`prices`.

        The bundled data have none: NotEnoughData.
        """
        if self._perpetuals is None:
            raise NotEnoughData(
                "no prices of perpetuals in these data; market.live() asks a venue for them"
            )
        known = tuple(str(coin) for coin in self._perpetuals.columns)
        return self._between(self._perpetuals, self._chosen(coins, known), start, end)

    def funding_monthly(self) -> pd.DataFrame:
        """Monthly funding rates, see :func:`funding_monthly`."""
        return self._funding.copy()

    @property
    def listings(self) -> tuple[Listing, ...]:
        """Every contract as its venue lists it, refused ones included."""
        return tuple(self._listings.values())

    def contract(self, id_or_symbol: str, venue: str | None = None) -> ContractTerms:
        """Terms of one contract, see :func:`contract`."""
        listing = self._listing(id_or_symbol, venue)
        if listing.terms is None:
            raise UnsupportedContract(f"{listing.id} is refused: {listing.refusal}")
        return listing.terms

    def contracts(
        self,
        *,
        coin: str | None = None,
        venue: str | None = None,
        open_only: bool = False,
        kind: Literal["inverse", "linear"] = "inverse",
    ) -> tuple[ContractTerms, ...]:
        """All usable perpetuals of a kind, see :func:`contracts`."""
        one_of("kind", kind, ("inverse", "linear"))
        key = None if venue is None else self._venue_key(venue)
        return tuple(
            listing.terms
            for listing in self._listings.values()
            if listing.terms is not None
            and not (listing.dated or listing.terms.expiry)
            and listing.kind == kind
            and key in (None, listing.venue)
            and coin in (None, listing.coin)
            and not (open_only and listing.terms.closed)
        )

    def contract_figures(self, id_or_symbol: str, venue: str | None = None) -> tuple[Figure, ...]:
        """Every figure of a contract, see :func:`contract_figures`."""
        return self._listing(id_or_symbol, venue).figures

    def venues(self) -> tuple[Venue, ...]:
        """All venues looked at, see :func:`venues`."""
        return tuple(self._venues.values())

    def provenance(self) -> dict[str, Any]:
        """Where the data come from, see :func:`provenance`."""
        first, last = self.span
        return {
            "span": (first.isoformat(), last.isoformat()),
            "rows": len(self._closes),
            "coins": self.coins,
        } | {k: dict(v) if isinstance(v, Mapping) else v for k, v in self._origin.items()}

    def _span_text(self) -> str:
        return "from {} to {}".format(*self.span)

    def _chosen(
        self, coins: str | Iterable[str] | None, known: tuple[str, ...] | None = None
    ) -> list[str]:
        known = known or self.coins
        if coins is None:
            return list(known)
        chosen = [coins] if isinstance(coins, str) else list(coins)
        if not chosen:
            raise InvalidInput("coins is empty; leave it out to have them all")
        for coin in chosen:
            if coin not in known:
                raise UnknownCoin(
                    f"no prices of {coin!r}{did_you_mean(coin, known)}; "
                    f"there are {', '.join(known)}"
                )
            if chosen.count(coin) > 1:
                raise InvalidInput(f"coins has {coin!r} twice")
        return chosen

    def _between(
        self, frame: pd.DataFrame, coins: list[str], start: Day | None, end: Day | None
    ) -> pd.DataFrame:
        first = self.span[0] if start is None else _day("start", start)
        last = self.span[1] if end is None else _day("end", end)
        if first > last and start is not None and end is not None:
            raise InvalidInput(f"start must not be after end, got {first} and {last}")
        part = frame.loc[pd.Timestamp(first) : pd.Timestamp(last), coins]
        if part.empty:
            raise NotEnoughData(
                f"no data {'' if start is None else f'from {first} '}"
                f"{'' if end is None else f'to {last}'}".rstrip()
                + f"; prices run {self._span_text()}, returns from the day after"
            )
        return part.copy()

    def _venue_key(self, venue: str) -> str:
        if not isinstance(venue, str):
            raise InvalidInput(f"venue must be text such as 'bybit', got {venue!r}")
        for key, known in self._venues.items():
            if venue.casefold() in (key, known.name.casefold()):
                return key
        raise UnknownContract(
            f"no venue {venue!r}{did_you_mean(venue, self._venues)}; "
            f"there are {', '.join(self._venues)}"
        )

    def _listing(self, id_or_symbol: str, venue: str | None) -> Listing:
        if not isinstance(id_or_symbol, str) or not id_or_symbol:
            raise InvalidInput(
                f"a contract is named by its symbol or id, such as 'binance:ETHUSD_PERP', "
                f"got {id_or_symbol!r}"
            )
        named, colon, symbol = id_or_symbol.rpartition(":")
        key = None if venue is None else self._venue_key(venue)
        if colon:
            if key not in (None, self._venue_key(named)):
                raise InvalidInput(f"{id_or_symbol!r} is not at venue {venue!r}; give one of them")
            key = self._venue_key(named)
        by_id: dict[str, Listing] = {}
        for listing in self._listings.values():
            if key in (None, listing.venue) and (match := listing.named(symbol)):
                # A dated contract that a venue lists comes before what stands for all of them.
                by_id.setdefault(match.id, match)
        matches = list(by_id.values())
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UnknownContract(
                f"{symbol!r} is listed at {len(matches)} venues; say which: "
                + " or ".join(repr(listing.id) for listing in matches)
            )
        raise self._no_contract(symbol, key)

    def _no_contract(self, symbol: str, key: str | None) -> UnknownContract:
        listed = [one for one in self._listings.values() if key in (None, one.venue)]
        where = "" if key is None else f" at {self._venues[key].name}"
        if not listed:
            note = self._venues[key].note if key else ""
            return UnknownContract(f"no contract {symbol!r}{where}: {note or 'none is listed'}")
        hint = did_you_mean(symbol, [one.shown for one in listed])
        names = ", ".join(one.shown if key else f"{one.venue}:{one.shown}" for one in listed)
        return UnknownContract(f"no contract {symbol!r}{where}{hint}; there are {names}")

    def __repr__(self) -> str:
        return (
            f"Market({len(self.coins)} coins {self._span_text()}, {len(self._listings)} contracts)"
        )

    def _repr_html_(self) -> str:
        rows = [
            (
                str(coin),
                str(life.index[0].date()),
                str(life.index[-1].date()),
                f"{life.iloc[-1]:,.6g}",
            )
            for coin, life in ((c, self._closes[c].dropna()) for c in self._closes.columns)
            if len(life)
        ]
        caption = f"{len(self.coins)} coins, {len(self._listings)} contracts"
        return Table(("coin", "from", "to", "last close, USD"), rows, caption=caption).html()


def _price_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(table.index, pd.DatetimeIndex) or table.empty:
        raise InvalidInput(f"{name} must have a row for each day and a column for each coin")
    if not (table.index.is_monotonic_increasing and table.index.is_unique):
        raise InvalidInput(f"the days of {name} must ascend, each once")
    if not table.columns.is_unique:
        raise InvalidInput(f"each coin of {name} must have one column")
    values = table.to_numpy(dtype=np.float64)
    bad = np.argwhere(~(np.isnan(values) | ((values > 0) & np.isfinite(values))))
    if bad.size:
        row, column = (int(i) for i in bad[0])
        raise InvalidInput(
            f"a price must be > 0, got {values[row, column]} for {table.columns[column]} "
            f"on {table.index[row].date()}"
        )
    return table.astype(np.float64).rename_axis("date")


def prices(
    coins: str | Iterable[str] | None = None,
    start: Day | None = None,
    end: Day | None = None,
) -> pd.DataFrame:
    """Daily closes of the bundled coins.

    They are in USD per coin, with a row for each day (index ``date``, UTC) from `start` to `end`,
    both included, and a column for each coin in the order asked for, NaN outside its life.
    **Source:** ``data/README.md`` of the project tells where the closes come from.

    Examples
    --------
    >>> prices(["BTC", "ETH"], "2022-06-17", "2022-06-18").to_dict("list")
    {'BTC': [20471.5, 19017.6], 'ETH': [1086.52, 993.637]}
    """
    return _bundled().prices(coins, start, end)


def returns(
    coins: str | Iterable[str] | None = None,
    *,
    window: int | None = None,
    start: Day | None = None,
    end: Day | None = None,
) -> pd.DataFrame:
    """Compute the simple daily returns of the bundled coins.

    Formula: ``close / close of the day before - 1``, decimals in the form of :func:`prices` but for
    its first row; with a `window` the last so many days of them. Nothing is filled: a day without a
    close has no return, nor has the day after it. **Source:** the hedge's profit is linear in
    simple returns, not in logarithmic ones.

    Examples
    --------
    >>> round(float(returns("ETH", start="2020-03-12", end="2020-03-12").iloc[0, 0]), 4)
    -0.4235
    """
    return _bundled().returns(coins, window=window, start=start, end=end)


def latest_prices(on: Day | None = None) -> dict[str, float]:
    """Look up the closes of one day, USD by coin; of the last day of the data when none is given.

    A coin that did not trade that day, before its launch or after its end, is not in it.
    **Source:** ``data/README.md`` of the project tells where the closes come from.

    Examples
    --------
    >>> latest_prices()["ETH"], "LUNA" in latest_prices(), latest_prices("2022-05-07")["LUNA"]
    (2281.47, False, 68.2491)
    """
    return _bundled().latest_prices(on)


def funding_monthly() -> pd.DataFrame:
    """Funding rates of BTC and ETH perpetuals by month, a proxy for the coin-margined ones.

    The columns are ``month`` (its first day), ``coin``, ``mean_8h``, ``min_8h``, ``max_8h``
    (decimals per 8 hours, positive: longs pay shorts) and ``settlements`` (their number).
    **Source:** aggregated from the history of Binance's USDT-margined perpetuals, which stand in
    for the coin-margined ones: call it a proxy wherever it is shown (`FUNDING_NOTE`).

    Examples
    --------
    >>> table = funding_monthly()
    >>> len(table), sorted(set(table["coin"]))
    (96, ['BTC', 'ETH'])
    """
    return _bundled().funding_monthly()


def contract(id_or_symbol: str, venue: str | None = None) -> ContractTerms:
    """Terms of one contract.

    It is named by its id or, where only one venue has it, its symbol alone, a dated one by the day
    of its expiry, ``"binance:ETHUSD_261225"``; a venue by its key or
    name, in any case. The terms have date, source and the names of doubtful figures;
    `contract_figures` has each figure's own. A closed contract says so in ``closed``.
    **Source:** ``data/contracts.toml``, dated facts with the document of each.

    Raises
    ------
    UnsupportedContract
        Listed, but quanto or without a verified face.

    Examples
    --------
    >>> terms = contract("ETHUSD_PERP")
    >>> terms.id, terms.face, terms.maintenance_rates
    ('binance:ETHUSD_PERP', '10 USD', ())
    """
    return _bundled().contract(id_or_symbol, venue)


def contracts(
    *,
    coin: str | None = None,
    venue: str | None = None,
    open_only: bool = False,
    kind: Literal["inverse", "linear"] = "inverse",
) -> tuple[ContractTerms, ...]:
    """All perpetuals of a kind that can be used, or those of a coin or a venue (key or name).

    Closed ones are included unless `open_only`; of a dated contract :func:`contract` gives the
    terms, by its day. **Source:** ``data/contracts.toml``, dated facts with the document of each.

    Examples
    --------
    >>> [terms.id for terms in contracts(coin="AVAX")]
    ['binance:AVAXUSD_PERP']
    """
    return _bundled().contracts(coin=coin, venue=venue, open_only=open_only, kind=kind)


def contract_figures(id_or_symbol: str, venue: str | None = None) -> tuple[Figure, ...]:
    """Every figure of a contract, with its own date, source, note and doubt.

    Arguments as for `contract`; refused contracts have figures too, and a figure that could not be
    verified is absent. **Source:** ``data/contracts.toml``, dated facts with the document of each.

    Examples
    --------
    >>> face = contract_figures("SOLUSD_PERP")[0]
    >>> face.name, face.text, face.as_of
    ('multiplier', '10', '2020-06-11')
    """
    return _bundled().contract_figures(id_or_symbol, venue)


def venues() -> tuple[Venue, ...]:
    """All venues that were looked at, those without a coin-margined contract included.

    **Source:** ``data/contracts.toml``, dated facts with the document of each.

    Examples
    --------
    >>> [(venue.name, venue.contracts) for venue in venues()][-1]
    ('WEEX', ())
    """
    return _bundled().venues()


def live(
    venue: str,
    coins: str | Iterable[str] | None = None,
    *,
    portfolio: str | Path | Portfolio | None = None,
    days: int = 400,
    cache: str | Path | None = None,
    offline: bool = False,
    max_age_hours: float = 1.0,
    progress: bool | None = None,
) -> Market:
    """Return the market of a venue as of today, from its cache and from the venue.

    **Source:** each venue's public REST interface through ccxt; :func:`hedgelib.live.fetch` gives
    the same with what was seen on the way.

    It has closes in USD, NaN where the venue has none; funding as it was paid, by month; contract
    terms of this venue, each figure the venue's own where it gives one. `provenance` says which
    market each coin's closes come from, when the venue was asked, and how old that is.

    - venue: key or name: binance, bybit, okx, deribit or kraken
    - coins: those that must be there
    - portfolio: its coins too, as far as the venue has them, and BTC and ETH
    - days: of history, >= 2, up to the last day that has ended (UTC)
    - cache: its folder; in the user's cache folder when omitted
    - offline: make no requests, and use what the cache has, however old
    - max_age_hours: a cache no older is used as it is
    - progress: whether to show a progress bar; only in a terminal when omitted

    Raises
    ------
    VenueError
        The venue cannot be asked, or gives no answer that can be used.
    HedgeError
        ccxt is missing, or the cache cannot be written.

    Examples
    --------
    >>> live("bitstamp", "BTC")
    Traceback (most recent call last):
    hedgelib.errors.InvalidInput: no live data from 'bitstamp'; there are binance, bybit, okx,
    deribit, kraken
    """
    from hedgelib.live import fetch

    data = fetch(
        venue,
        coins,
        portfolio=portfolio,
        days=days,
        cache=cache,
        offline=offline,
        max_age_hours=max_age_hours,
        progress=progress,
    )
    if data.missing:
        why = "; ".join(data.failures) or "its answers are empty"
        raise VenueError(f"{data.name} gave no closes of {', '.join(data.missing)}: {why}")
    return data.market


def provenance() -> dict[str, Any]:
    """Where the bundled data come from, for the foot of a report.

    The keys are ``span`` (first and last day, ISO text), ``rows``, ``coins``, ``file``, ``sha256``
    of prices.csv, ``as_recorded`` (that hash is the one in SHA256SUMS), ``source``, and under
    ``funding`` and ``contracts`` the same for the other two files; ``proxy`` says whether the
    funding is that of other contracts. **Source:** computed from the files themselves, once, when
    they are read.

    Examples
    --------
    >>> facts = provenance()
    >>> facts["span"], facts["rows"], facts["as_recorded"]
    (('2020-01-01', '2023-12-31'), 1461, True)
    """
    return _bundled().provenance()


def _jumps(closes: pd.DataFrame) -> list[list[Any]]:
    """List coin, day and ratio of each close that is five times that of the day before, or 1/5."""
    ratios = closes.pct_change(fill_method=None) + 1
    return [
        [str(coin), f"{day:%Y-%m-%d}", float(ratio)]
        for coin, column in ratios.items()
        for day, ratio in column[(column >= 5) | (column <= 0.2)].items()
    ]


@cache
def _bundled() -> Market:
    return Market.from_folder(data_folder())


def _day(name: str, value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise InvalidInput(
                f"{name} must be a day such as '2022-06-18', got {value!r}"
            ) from error
    if isinstance(value, datetime) and not pd.isna(value):
        return value.date()
    if isinstance(value, date) and not pd.isna(value):
        return value
    raise InvalidInput(f"{name} must be a day such as '2022-06-18', got {value!r}")
