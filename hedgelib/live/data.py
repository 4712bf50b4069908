"""Live data as the rest of the library takes them: a market, and what was seen on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from hedgelib import _extras
from hedgelib._check import NONNEGATIVE, scalars
from hedgelib._result import whole
from hedgelib._text import Table
from hedgelib.coins import names_to_price
from hedgelib.errors import InvalidInput, NotEnoughData
from hedgelib.live.building import age_words, build_market, within
from hedgelib.live.cache import Cache, State, day_of, series_key
from hedgelib.live.calls import Pace
from hedgelib.live.fetching import Asker, Fetch, Filling
from hedgelib.live.progress import Progress
from hedgelib.live.terms import LiveTerms, TermsDifference, is_perpetual
from hedgelib.live.venues import LiveVenue, live_venue
from hedgelib.market import Market
from hedgelib.portfolio import Portfolio, coins_in

BENCHMARKS = ("BTC", "ETH")
"""Coins that a report needs besides those of the portfolio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinData:
    """What there is of one coin.

    source, perpetual : markets of its closes, ``"BTC/USDT spot"``, and of its coin-margined
        perpetual; empty where there are none
    closes, gaps : days with a close, and days without one between the first and the last
    payments : number of funding payments
    """

    coin: str
    source: str = ""
    first: date | None = None
    last: date | None = None
    closes: int = 0
    gaps: int = 0
    perpetual: str = ""
    payments: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveData:
    """The data of one venue, from its cache, and what was seen when it was filled.

    venue, name : key of the venue, and its name for people
    differences, agreed, added : figures of contract terms that differ from the bundled ones, that
        agree, and that those lack
    asked, age_seconds : when the venue was asked (the oldest answer in use, UTC), and since then
    requested : whether the venue was asked this time
    notes, failures : remarks, and series that the venue refused
    missing : coins that must be there and have no closes, because the venue refused them
    """

    venue: str
    name: str
    market: Market
    coins: tuple[CoinData, ...]
    differences: tuple[TermsDifference, ...]
    agreed: int
    added: int
    asked: datetime
    age_seconds: float
    requested: bool
    folder: Path
    notes: tuple[str, ...]
    failures: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def age(self) -> str:
        """The age of the oldest answer in use, in words."""
        return age_words(self.age_seconds)

    def coin_rows(self) -> list[list[str]]:
        """Return the table of coins as text, with its head in the first row."""
        rows = [["coin", "closes from", "first", "last", "closes", "gaps", "perpetual", "payments"]]
        for one in self.coins:
            days = [str(day) if day else "–" for day in (one.first, one.last)]
            counts = [f"{one.closes:,}", f"{one.gaps:,}"]
            perpetual = [one.perpetual or "–", f"{one.payments:,}" if one.perpetual else "–"]
            rows.append([one.coin, one.source or "–", *days, *counts, *perpetual])
        return rows

    def difference_rows(self) -> list[list[str]]:
        """Return the table of differences as text, with its head in the first row."""
        rows = [["contract", "figure", "bundled", "as of", "live", "used"]]
        for one in self.differences:
            old, new = _shortened(one.bundled), _shortened(one.live)
            new += "" if one.used == "live" else " (default of ccxt)"
            figure = one.figure.replace("_", " ")
            rows.append([one.contract, figure, old, one.bundled_as_of, new, one.used])
        return rows

    def terms_sentence(self) -> str:
        """Say how the bundled contract terms and the venue's agree."""
        differ = len(self.differences)
        return (
            f"Contract terms: {self.agreed} figures agree with the bundled ones, "
            f"{differ} {'differs' if differ == 1 else 'differ'}, "
            f"{self.added} {'is' if self.added == 1 else 'are'} new."
        )

    def remarks(self) -> list[str]:
        """Return everything that is to be said of the data, failures first."""
        return _remarks(self.coins, self.notes, self.failures)

    def _repr_html_(self) -> str:
        (head, *rows), (second_head, *second) = self.coin_rows(), self.difference_rows()
        first, last = self.market.span
        caption = f"{self.name}, {first} to {last} (UTC), asked {self.age} ago"
        parts = [Table(head, rows, caption=caption).html()]
        if second:
            parts.append(Table(second_head, second, caption=self.terms_sentence()).html())
        if self.remarks():
            parts.append(Table(["remark"], [[text] for text in self.remarks()]).html())
        return "".join(parts)


def fetch(
    venue: str,
    coins: str | Iterable[str] | None = None,
    *,
    portfolio: str | Path | Portfolio | None = None,
    days: int = 400,
    cache: str | Path | None = None,
    offline: bool = False,
    max_age_hours: float = 1.0,
    progress: bool | None = None,
    pace: Pace | None = None,
) -> LiveData:
    """Get daily closes, perpetual prices, funding and contract terms of a venue.

    What the cache has is not asked for again. A day that has not ended is never taken for a close.

    Parameters and errors as for :func:`hedgelib.market.live`, but that a coin without closes is
    `missing` in the result; `pace` is how patiently to ask. **Source:** each venue's public REST
    interface, through ccxt's unified methods.
    """
    needed, optional = _coins(coins, portfolio)
    asked = _Asked(
        venue=live_venue(venue),
        folder=cache_folder(cache),
        needed=needed,
        optional=optional,
        days=whole("days", days, least=2),
        pace=pace or Pace(),
    )
    (max_age_hours,) = scalars(max_age_hours=(max_age_hours, NONNEGATIVE))
    seen, state = Fetch(), asked.cache.read()
    if not offline and not asked.answered_by(state, max_age_hours):
        with Progress(asked.venue.name, progress) as shown:
            state, seen = asked.fill(shown)
    if state.damaged:
        seen.note(_damage(state.damaged, "left out"))
    return asked.data(state, seen)


def cache_folder(cache: str | Path | None = None) -> Path:
    """Return the folder of the cache: the user's own, unless another is named."""
    if cache is not None:
        return Path(cache)
    platformdirs = _extras.needed("platformdirs", "live data")
    return Path(platformdirs.user_cache_path("hedgelib", appauthor=False), "live")


def _shortened(text: str) -> str:
    """Keep the ends of a list of figures."""
    items = text.split(", ")
    return text if len(items) < 5 else f"{items[0]}, {items[1]}, … {items[-1]} ({len(items)})"


def _coins(
    coins: str | Iterable[str] | None, portfolio: str | Path | Portfolio | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    named = [coins] if isinstance(coins, str) else list(coins or ())
    for coin in named:
        if not isinstance(coin, str) or not coin.strip() or not coin.isprintable():
            raise InvalidInput(f"coins must be tickers such as BTC, got {coin!r}")
    needed = tuple(dict.fromkeys(coin.strip().upper() for coin in named))
    optional: tuple[str, ...] = ()
    if portfolio is not None:
        coins = portfolio.coins if isinstance(portfolio, Portfolio) else coins_in(portfolio)
        held = (name for coin in coins for name in names_to_price(coin))
        optional = tuple(dict.fromkeys((*BENCHMARKS, *held)))
    if not needed and not optional:
        raise InvalidInput("coins is empty; name the coins, such as BTC, or give a portfolio")
    return needed, tuple(coin for coin in optional if coin not in needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was asked for."""

    venue: LiveVenue
    folder: Path
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    days: int
    pace: Pace

    @property
    def cache(self) -> Cache:
        return Cache(self.folder / self.venue.key)

    @property
    def coins(self) -> tuple[str, ...]:
        return self.needed + self.optional

    def answered_by(self, state: State, max_age_hours: float) -> bool:
        """Return whether the cache has all of it, and none of it too old."""
        if state.asked is None or state.damaged:
            return False
        oldest = self.pace.now() - max_age_hours * 3600
        for coin in self.coins:
            found = [s for s in state.series.values() if s.coin == coin]
            if not found and coin not in state.absent:
                return False
            for series in found:
                enough = (series.asked_through - series.asked_from).days + 1 >= self.days
                if not series.ended and not (enough and oldest < series.asked.timestamp()):
                    return False
        return oldest < state.asked.timestamp() <= self.pace.now() + 60

    def fill(self, progress: Progress) -> tuple[State, Fetch]:
        """Ask the venue for what the cache does not have."""
        cache = self.cache
        with cache.lock(sleep=self.pace.sleep, say=progress.say):
            # Another fetch may have filled it while this one waited.
            state = cache.read()
            asker = Asker(self.venue, self.pace, progress)
            seen = Filling(asker, cache, state).all(self.needed, self.optional, self.days)
            now = cache.read()
        again = {name for name in state.damaged if Path(name).stem in (*now.series, "manifest")}
        for names, what in ((again, "fetched again"), ({*state.damaged} - again, "left out")):
            if names:
                seen.note(_damage(names, what))
        return now, seen

    def data(self, state: State, seen: Fetch) -> LiveData:
        """Make the result of what is in the cache now."""
        venue, series = self.venue, state.series
        closes = {c: s for c in self.coins if (s := series.get(series_key("close", c)))}
        missing = tuple(c for c in self.needed if c not in closes or not len(closes[c].times))
        none = not any(len(s.times) for s in closes.values())
        if state.asked is None or none or (missing and not seen.requested):
            raise NotEnoughData(self.nothing(missing or self.coins, seen))
        going = [s for s in closes.values() if not s.ended]
        through = max(s.asked_through for s in going or closes.values())
        span = (through - timedelta(days=self.days - 1), through)
        if not any(len(within(s, span)[0]) for s in closes.values()):
            raise NotEnoughData(
                f"no close of {', '.join(self.coins)} from {span[0]} to {span[1]} at {venue.name}; "
                "ask for more days"
            )
        used = [s for s in series.values() if s.coin in self.coins and not s.ended]
        asked = min([state.asked, *(s.asked for s in used)])
        age = max(0.0, self.pace.now() - asked.timestamp())
        facts = tuple(_coin_data(coin, state, span) for coin in self.coins)
        terms = LiveTerms(venue, state)
        remarks = _remarks(facts, seen.notes, seen.failures)
        return LiveData(
            venue=venue.key,
            name=venue.name,
            market=build_market(
                venue, state, self.coins, span, terms=terms, asked=asked, age=age, remarks=remarks
            ),
            coins=facts,
            differences=tuple(terms.differences),
            agreed=terms.agreed,
            added=terms.added,
            asked=asked,
            age_seconds=age,
            requested=seen.requested,
            folder=self.cache.folder,
            notes=tuple(seen.notes),
            failures=tuple(seen.failures),
            missing=missing,
        )

    def nothing(self, coins: tuple[str, ...], seen: Fetch) -> str:
        """Say of which coins there is nothing, and why."""
        why = "".join(f"; {text}" for text in (*seen.failures, *seen.notes)[:2])
        if seen.requested:
            return f"{self.venue.name} gave no close of {', '.join(coins)}{why}"
        return (
            f"no closes of {', '.join(coins)} in {self.cache.folder}{why}; fetch them first: "
            f"hedgelib fetch --venue {self.venue.key} --coins {','.join(coins)}"
        )


def _damage(names: Iterable[str], what: str) -> str:
    return f"damaged in the cache and {what}: {', '.join(sorted(names))}"


def _remarks(coins: Iterable[CoinData], notes: Iterable[str], failures: Iterable[str]) -> list[str]:
    own = [f"{one.coin}: {one.note}" for one in coins if one.note]
    return [*(f"refused: {text}" for text in failures), *own, *notes]


def _coin_data(coin: str, state: State, span: tuple[date, date]) -> CoinData:
    close, paid, perp = (
        state.series.get(series_key(kind, coin)) for kind in ("close", "funding", "perp")
    )
    symbols = [s for s, t in state.terms.items() if t["coin"] == coin and is_perpetual(t)]
    perpetual = (symbols or [perp.symbol])[0] if perp else ""
    payments = len(within(paid, span)[0]) if paid else 0
    if close is None:
        note = "no market at the venue" if coin in state.absent else "nothing in the cache"
        return CoinData(coin=coin, perpetual=perpetual, payments=payments, note=note)
    times, _ = within(close, span)
    first, last = (day_of(int(times[0])), day_of(int(times[-1]))) if len(times) else (None, None)
    ended = [f"{one.ended}; what it had stays" for one in (close, perp, paid) if one and one.ended]
    return CoinData(
        coin=coin,
        source=f"{close.symbol} {close.what}",
        first=first,
        last=last,
        closes=len(times),
        gaps=(last - first).days + 1 - len(times) if first and last else 0,
        perpetual=perpetual,
        payments=payments,
        note=". ".join(dict.fromkeys(ended)),
    )
