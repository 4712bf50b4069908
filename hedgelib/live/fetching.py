"""Filling the cache: what is missing is asked for in windows, and kept window by window."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hedgelib._datafiles import did_you_mean
from hedgelib.errors import HedgeError, UnknownCoin, VenueError
from hedgelib.live.cache import (
    DAY_MS,
    Cache,
    Kind,
    Series,
    State,
    What,
    day_of,
    merged,
    ms_of,
    series_key,
    to_the_minute,
)
from hedgelib.live.calls import Pace, load_ccxt, open_exchange, server_seconds
from hedgelib.live.progress import Progress
from hedgelib.live.terms import bundled_as
from hedgelib.live.venues import LiveVenue, number

GRACE_SECONDS = 120.0
"""A candle is not taken for a close until so long after its day."""

_SKEW_SECONDS = 300.0
"""A difference of clocks below this is not worth a word."""

_DAY = timedelta(days=1)
_EIGHT_HOURS_MS = DAY_MS // 3

Row = tuple[int, float]
Coins = tuple[str, ...]


@dataclass(slots=True)
class Fetch:
    """What one fetch found besides the data."""

    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    requested: bool = False

    def note(self, text: str) -> None:
        """Keep a remark, each once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one series is to come from."""

    kind: Kind
    coin: str
    symbol: str
    what: What

    @property
    def key(self) -> str:
        """Name of the series."""
        return series_key(self.kind, self.coin)

    @property
    def label(self) -> str:
        """For the progress bar."""
        word = {"close": "closes", "perp": "perpetual", "funding": "funding"}[self.kind]
        return f"{self.coin} {word}"


class Asker:
    """One venue, open for questions."""

    def __init__(self, venue: LiveVenue, pace: Pace, progress: Progress) -> None:
        self.venue, self.pace, self.progress = venue, pace, progress
        left = pace.left()
        self.exchanges = {
            name: open_exchange(
                name, venue.options, venue=venue.name, pace=pace, hint=progress.hint, left=left
            )
            for name in dict.fromkeys((venue.futures, venue.spot))
        }
        self.futures, self.spot = self.exchanges[venue.futures], self.exchanges[venue.spot]
        self.ccxt = str(load_ccxt().__version__)

    def load_markets(self) -> None:
        """Ask for the venue's markets."""
        for exchange in self.exchanges.values():
            try:
                exchange.load_markets()
            except HedgeError:
                raise
            except Exception as error:
                raise VenueError(
                    f"{self.venue.name} lists its markets in a way that ccxt {self.ccxt} cannot "
                    f"read: {_short(error)}; look for a newer ccxt"
                ) from error

    def clock_seconds(self) -> float | None:
        """Ask for the venue's time; None where it does not tell."""
        try:
            return server_seconds(self.futures)
        except HedgeError:
            raise
        except Exception:
            return None

    def perpetuals(self) -> dict[str, Mapping[str, Any]]:
        """List the inverse perpetuals by coin; one that trades before one that does not."""
        found: dict[str, Mapping[str, Any]] = {}
        for market in self.futures.markets.values():
            coin, inverse = market["base"], market.get("swap") and market["quote"] == "USD"
            if inverse and market.get("settle") == coin and not found.get(coin, {}).get("active"):
                found[coin] = market
        return found

    def spot_symbols(self, coin: str) -> list[str]:
        """List the coin's markets against USD or what stands for it, the best one first."""
        markets = (self.spot.markets.get(f"{coin}/{quote}") for quote in self.venue.quotes)
        listed = [market for market in markets if market and market.get("spot")]
        listed.sort(key=lambda market: market.get("active") is False)
        return [str(market["symbol"]) for market in listed]

    def coins(self) -> set[str]:
        """Every coin that the venue has closes of."""
        spot = {
            str(market["base"])
            for market in self.spot.markets.values()
            if market.get("spot") and market["quote"] in self.venue.quotes
        }
        return spot | set(self.perpetuals())

    def sources(self, coin: str, have: Series | None) -> list[Source]:
        """Choose where the series of a coin come from; none where the venue has none.

        Closes stay with the market that they come from so far, as long as it is listed.
        """
        perpetual = self.perpetuals().get(coin)
        closes = [Source("close", coin, symbol, "spot") for symbol in self.spot_symbols(coin)]
        if perpetual is None:
            return closes[:1]
        what: What = "index" if self.venue.index else "perpetual"
        closes.append(Source("close", coin, perpetual["symbol"], what))
        known = have and (have.symbol, have.what)
        closes.sort(key=lambda source: (source.symbol, source.what) != known)
        return [
            closes[0],
            Source("perp", coin, perpetual["symbol"], "perpetual"),
            Source("funding", coin, perpetual["symbol"], "perpetual"),
        ]

    def terms(self) -> dict[str, dict[str, Any]]:
        """Read the terms of every inverse perpetual, and of what else is bundled, by its symbol."""
        terms = {}
        perpetuals = {str(market["id"]) for market in self.perpetuals().values()}
        for market in self.futures.markets.values():
            symbol = str(market["id"])
            inverse, dated = bool(market.get("inverse")), bool(market.get("future"))
            if symbol not in perpetuals and (
                market.get("spot")
                or (inverse and not dated)
                or not bundled_as(self.venue.key, symbol)
            ):
                continue
            reading = self.venue.read(market["info"])
            own = reading.figures
            fees = {
                n: number(market.get(n[:5])) for n in ("maker_fee", "taker_fee") if n not in own
            }
            terms[symbol] = {
                "kind": "inverse" if inverse else "linear",
                "dated": dated,
                "coin": market["base"],
                "settle": market["settle"],
                "figures": own,
                "defaults": {name: fee for name, fee in fees.items() if not math.isnan(fee)},
                "status": reading.status,
                "trading": reading.trading,
            }
        return terms

    def mark(self, symbol: str) -> float | None:
        """Ask for the mark price of a perpetual; None where the venue does not tell."""
        exchange = self.futures
        known = exchange.has.get("fetchMarkPrice") is True
        try:
            ask = exchange.fetch_mark_price if known else exchange.fetch_ticker
            price = number(ask(symbol, self.venue.mark).get("markPrice"))
        except Exception:
            # The closes are there, and serve in its place.
            return None
        return price if price > 0 else None

    def rows(self, source: Source, start: int, end: int) -> list[Row]:
        """Ask once for the rows from `start` to before `end`, milliseconds.

        Rows outside are left out: some answers begin or end elsewhere.
        """
        ask = self._payments if source.kind == "funding" else self._candles
        inside = (row for row in ask(source, start, end) if start <= row[0] < end)
        return sorted(inside, key=lambda row: row[0])

    def _candles(self, source: Source, start: int, end: int) -> Iterator[Row]:
        exchange = self.spot if source.what == "spot" else self.futures
        extra: dict[str, Any] = {"price": "index"} if source.what == "index" else {}
        if self.venue.candle_end:
            extra["until"] = end - 1
        days = (end - start) // DAY_MS
        for candle in exchange.fetch_ohlcv(source.symbol, "1d", start, days, extra):
            at, close = int(candle[0]), number(candle[4])
            if at % DAY_MS:
                raise _Refused(
                    f"a daily candle of {source.symbol} begins at "
                    f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M} UTC, not at midnight"
                )
            yield at, close

    def _payments(self, source: Source, start: int, end: int) -> Iterator[Row]:
        end_of = {"until": {"until": end - 1}, "after": {"after": end}, "": {}}
        # A payment of midnight may bear a time just before it.
        first = start - 1000 if start else start
        history = self.futures.fetch_funding_rate_history(
            source.symbol, first, self.venue.payments, end_of[self.venue.funding_end]
        )
        for record in history:
            yield to_the_minute(int(record["timestamp"])), self.venue.paid(record)


class _Refused(Exception):
    """The venue has an answer for one series, and it is no use."""


def everything(asker: Asker, source: Source, start: int, end: int) -> list[Row]:
    """Ask until the venue has nothing more from `start` to before `end`.

    An answer may hold less than was asked for, at its beginning or at its end: both ends are asked
    again until they are empty. A gap in the middle is one.
    """
    found: list[Row] = []
    open_ends = [(start, end)]
    while open_ends:
        a, b = open_ends.pop()
        rows = asker.rows(source, a, b)
        if not rows:
            continue
        found += rows
        step, least = (_spacing(rows), 60_000) if source.kind == "funding" else (DAY_MS, DAY_MS)
        first, last = rows[0][0], rows[-1][0]
        if first - step >= a:
            open_ends.append((a, first))
        if last + step < b:
            open_ends.append((last + least, b))
    return found


def _spacing(rows: Iterable[Row]) -> int:
    times = sorted({t for t, _ in rows})
    steps = [b - a for a, b in pairwise(times)]
    return min(_EIGHT_HOURS_MS, int(statistics.median_low(steps))) if steps else _EIGHT_HOURS_MS


def _clean(source: Source, rows: list[Row], fetch: Fetch) -> list[Row]:
    """Take each moment once, and nothing that is no price or no rate."""
    kept: dict[int, float] = {}
    empty, different = [], []
    for at, value in rows:
        if not (math.isfinite(value) and (source.kind == "funding" or value > 0)):
            empty.append(at)
        else:
            if kept.get(at, value) != value:
                different.append(at)
            kept[at] = value
    if empty:
        fetch.note(f"{source.symbol}: no usable {_word(source)} on {_days(empty)}; a gap stays")
    if different:
        fetch.note(f"{source.symbol}: {_days(different)} came twice and differ; the last is used")
    return sorted(kept.items())


def _days(moments: list[int]) -> str:
    first, *others = sorted({day_of(at) for at in moments})
    more = f" and {len(others)} more day{'s' if len(others) > 1 else ''}" if others else ""
    return f"{first}{more}"


def _word(source: Source) -> str:
    return "rate" if source.kind == "funding" else "close"


def _windows(have: Series | None, need: tuple[date, date], length: int) -> list[tuple[date, date]]:
    """Cut what is missing into windows, so that what is kept never has a hole in its middle.

    Days before what is there are asked for backwards, days after it forwards.
    """
    first, last = need
    if have is None:
        return list(_backwards(first, last, length))
    # What came last may not have been there yet when it was asked for.
    known = day_of(int(have.times[-1])) if len(have.times) else have.asked_from - _DAY
    start = min(have.asked_through, known) + _DAY
    later = []
    while start <= last:
        later.append((start, min(last, start + (length - 1) * _DAY)))
        start += length * _DAY
    return later + list(_backwards(first, have.asked_from - _DAY, length))


def _backwards(first: date, last: date, length: int) -> Iterator[tuple[date, date]]:
    while last >= first:
        yield max(first, last - (length - 1) * _DAY), last
        last -= length * _DAY


def last_finished_day(seconds: float) -> date:
    """Return the last day, UTC, whose candle can be taken for a close."""
    return datetime.fromtimestamp(seconds - GRACE_SECONDS, UTC).date() - _DAY


class Filling:
    """One fetch at work: it asks for what the cache, locked by the caller, does not have.

    A coin that is needed is at the venue or in the cache, or an UnknownCoin is raised. Where the
    venue cannot be asked any more, what came before is kept.
    """

    def __init__(self, asker: Asker, cache: Cache, state: State) -> None:
        self.asker, self.cache, self.state, self.progress = asker, cache, state, asker.progress
        self.fetch = Fetch(requested=True)

    def all(self, needed: Coins, optional: Coins, days: int) -> Fetch:
        """Ask for everything that is missing, the markets first."""
        asker, venue = self.asker, self.asker.venue
        asker.load_markets()
        if not asker.coins():
            raise VenueError(f"{venue.name} lists no market that can be used; try again later")
        here = asker.pace.now()
        self.asked = datetime.fromtimestamp(here, UTC)
        last = last_finished_day(self.earlier(here, asker.clock_seconds()))
        need = (last - (days - 1) * _DAY, last)
        sources, absent = self.sources(needed, optional)
        terms = asker.terms()
        self.cache.write_markets(terms=terms, absent=absent, asked=self.asked, ccxt=asker.ccxt)
        work = []
        for source in sources:
            length = venue.funding_days if source.kind == "funding" else venue.candle_days
            have = self.start(source)
            work.append((source, have, _windows(have, need, length)))
        self.progress.start(sum((b - a).days + 1 for _, _, windows in work for a, b in windows))
        for source, have, windows in work:
            try:
                self.one(source, have, windows)
            except _Refused as error:
                self.fetch.failures.append(f"{source.label} ({source.symbol}): {error}")
        marks = {s.coin: asker.mark(s.symbol) for s in sources if s.kind == "perp"}
        at = self.asked.isoformat(timespec="minutes")
        self.cache.write_marks({coin: (mark, at) for coin, mark in marks.items() if mark})
        self.close_ended({source.key for source in sources}, needed + optional)
        return self.fetch

    def earlier(self, here: float, there: float | None) -> float:
        """Return the earlier of two clocks: only a day that has ended by both has ended."""
        if there is None:
            return here
        if abs(here - there) > _SKEW_SECONDS:
            size, name = abs(here - there), self.asker.venue.name
            amount = f"{size / 60:.0f} minutes" if size < 7200 else f"{size / 3600:.0f} hours"
            way = "ahead of" if here > there else "behind"
            self.fetch.note(f"this machine's clock is {amount} {way} that of {name}; set it")
        return min(here, there)

    def sources(self, needed: Coins, optional: Coins) -> tuple[list[Source], dict[str, str]]:
        """Choose the sources of every coin; name those that the venue does not have."""
        sources: list[Source] = []
        absent = dict(self.state.absent)
        for coin in dict.fromkeys(needed + optional):
            absent.pop(coin, None)
            have = self.state.series.get(series_key("close", coin))
            of_coin = self.asker.sources(coin, have)
            sources += of_coin
            if of_coin or have:
                continue
            if coin in needed:
                raise UnknownCoin(
                    f"{self.asker.venue.name} has no spot market and no coin-margined perpetual of "
                    f"{coin!r}{did_you_mean(coin, self.asker.coins())}"
                )
            absent[coin] = self.asked.date().isoformat()
        return sources, absent

    def start(self, source: Source) -> Series | None:
        """Return the series to go on with: one from another market is no beginning of this one."""
        have = self.state.series.get(source.key)
        if have is None or (have.symbol, have.what) == (source.symbol, source.what):
            return have
        self.fetch.note(
            f"{source.coin} {_word(source)}s now come from {source.symbol} ({source.what}), not "
            f"from {have.symbol} ({have.what}): asked for anew"
        )
        return None

    def one(self, source: Source, have: Series | None, windows: list[tuple[date, date]]) -> None:
        """Fill one series, window by window."""
        self.progress.at(source.label)
        for first, last in windows:
            try:
                rows = everything(self.asker, source, ms_of(first), ms_of(last) + DAY_MS)
            except (HedgeError, _Refused):
                raise
            except Exception as error:
                raise _Refused(_short(error)) from error
            have = have or Series(
                **asdict(source), asked_from=first, asked_through=last, asked=self.asked
            )
            have = merged(
                have,
                _clean(source, rows, self.fetch),
                asked_from=min(have.asked_from, first),
                asked_through=max(have.asked_through, last),
                asked=self.asked,
                ended="",
            )
            self.cache.write(have)
            self.progress.step((last - first).days + 1)
        if not windows and have is not None:
            self.cache.write(replace(have, asked=self.asked, ended=""))

    def close_ended(self, live: set[str], coins: Coins) -> None:
        """Mark the series whose market the venue does not list any more; what they had stays."""
        for key, series in self.state.series.items():
            if series.coin in coins and key not in live and not series.ended:
                when = f"{self.asker.venue.name} does not list {series.symbol} any more"
                self.cache.write(replace(series, ended=f"{when} ({self.asked.date()})"))


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text if len(text) <= 160 else text[:157] + '...'}"
