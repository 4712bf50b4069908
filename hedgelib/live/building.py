"""A market made of what the cache of a venue holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgelib._datafiles import FUNDING_COLUMNS
from hedgelib.live import cache
from hedgelib.live.cache import DAY_MS, Kind, Series, State, Times, ms_of, series_key
from hedgelib.live.terms import LiveTerms, funding_hours
from hedgelib.live.venues import LiveVenue
from hedgelib.market import Market

_STANDS_FOR_USD = ("USDT", "USDC", "FDUSD")

Span = tuple[date, date]
"""First and last day."""


def build_market(
    venue: LiveVenue,
    state: State,
    coins: tuple[str, ...],
    span: Span,
    *,
    terms: LiveTerms,
    asked: datetime,
    age: float,
    remarks: Iterable[str],
) -> Market:
    """Make a market of the days of a span, in which one of the coins has a close.

    `age` is in seconds since the venue was `asked`; `remarks` is what is to be said of the data.
    """
    closes, perps, paid = (_of_kind(kind, state, coins, span) for kind in _KINDS)
    table, funding = _table(closes, span), _monthly(paid, span)
    return Market(
        closes=table,
        perpetuals=_table(perps, span),
        funding=funding,
        listings=terms.listings,
        venues=[terms.venue],
        origin={
            "source": _source(venue, state, closes.values(), asked, age),
            "venue": venue.key,
            "fetched": cache.iso(asked),
            "age_hours": round(age / 3600, 1),
            "ccxt": state.ccxt,
            "marks": {c: state.marks[c] for c in coins if c in state.marks},
            "file": "the closes, prices().to_csv()",
            "sha256": cache.digest(table.rename_axis("date").to_csv()),
            "as_recorded": True,
            "notes": tuple(remarks),
            "funding": {
                "file": "the funding, funding_monthly().to_csv(index=False)",
                "sha256": cache.digest(funding.to_csv(index=False)),
                "as_recorded": True,
                "note": _funding_note(venue, state, paid.values()),
                "proxy": False,
            },
            "contracts": {
                "file": "the venue's terms in manifest.json",
                "sha256": cache.digest(json.dumps(state.terms, sort_keys=True)),
                "as_of": f"read {terms.venue.as_of}",
                "differences": tuple(
                    f"{one.contract} {one.figure}: bundled {one.bundled}, live {one.live}, "
                    f"{one.used} used"
                    for one in terms.differences
                ),
            },
        },
    )


_KINDS: tuple[Kind, ...] = ("close", "perp", "funding")


def _of_kind(kind: Kind, state: State, coins: tuple[str, ...], span: Span) -> dict[str, Series]:
    """Find the series of a kind that have something in the span, by coin."""
    every = {coin: state.series.get(series_key(kind, coin)) for coin in coins}
    return {c: s for c, s in every.items() if s is not None and len(within(s, span)[0])}


def _source(
    venue: LiveVenue, state: State, closes: Iterable[Series], asked: datetime, age: float
) -> str:
    closes = list(closes)
    markets = ", ".join(f"{s.symbol} ({s.what})" for s in closes)
    quotes = {s.symbol.rpartition("/")[2] for s in closes if s.what == "spot"}
    stands = [quote for quote in _STANDS_FOR_USD if quote in quotes]
    taken = f"; {' and '.join(stands)} taken for USD" if stands else ""
    return (
        f"daily closes (UTC) from {venue.name} through ccxt {state.ccxt}, fetched "
        f"{asked.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {age_words(age)} old: {markets}{taken}"
    )


def _funding_note(venue: LiveVenue, state: State, paid: Iterable[Series]) -> str:
    perpetuals = " and ".join(series.symbol for series in paid) or "no perpetual"
    return (
        f"those that {perpetuals} paid, read from {venue.name} through ccxt {state.ccxt} and "
        "brought to 8 hours"
    )


def age_words(seconds: float) -> str:
    """Write an age: "2 minutes", "3 hours"."""
    if seconds < 60:
        return "less than a minute"
    name, length = "day", 86400
    if seconds < 48 * 3600:
        name, length = ("hour", 3600) if seconds >= 2 * 3600 else ("minute", 60)
    count = int(seconds // length)
    return f"{count} {name}{'' if count == 1 else 's'}"


def within(series: Series, span: Span) -> tuple[Times, NDArray[np.float64]]:
    """Return the times and amounts of a span."""
    inside = (series.times >= ms_of(span[0])) & (series.times < ms_of(span[1]) + DAY_MS)
    return series.times[inside], series.amounts[inside]


def _table(series: Mapping[str, Series], span: Span) -> pd.DataFrame:
    """Make a row for each day and a column for each coin; a gap is NaN."""
    parts = {coin: within(one, span) for coin, one in series.items()}
    frame = pd.DataFrame(
        {coin: pd.Series(v, index=t.astype("datetime64[ms]")) for coin, (t, v) in parts.items()}
    )
    if frame.empty:
        return frame
    frame = frame.reindex(pd.date_range(frame.index.min(), frame.index.max(), freq="D"))
    frame.index = frame.index.astype("datetime64[ns]")
    return frame


def _monthly(series: Mapping[str, Series], span: Span) -> pd.DataFrame:
    """Bring payments to rates per 8 hours, by month: the mean is what was paid over its hours."""
    records = []
    for coin, one in series.items():
        times, rates = within(one, span)
        if len(times) < 2:
            continue
        hours = np.array(funding_hours(times.tolist()))
        months = times.astype("datetime64[ms]").astype("datetime64[M]")
        for month in np.unique(months):
            here = months == month
            per_8h = rates[here] * 8 / hours[here]
            mean = float(rates[here].sum() / hours[here].sum() * 8)
            low, high = float(per_8h.min()), float(per_8h.max())
            # Rounding must not put the mean of equal rates outside them.
            mean = min(max(mean, low), high)
            records.append((month, coin, mean, low, high, int(here.sum())))
    order = {coin: number for number, coin in enumerate(series)}
    records.sort(key=lambda record: (record[0], order[record[1]]))
    frame = pd.DataFrame.from_records(records, columns=list(FUNDING_COLUMNS))
    types = {"month": "datetime64[ns]", "settlements": "int64"}
    return frame.astype(types | dict.fromkeys(("mean_8h", "min_8h", "max_8h"), "float64"))
