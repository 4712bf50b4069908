"""Contract terms as the venue gives them now, compared with the bundled ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np

from hedgelib._datafiles import Figure, Listing, Venue
from hedgelib.contracts import ContractTerms
from hedgelib.errors import HedgeError
from hedgelib.live.cache import Series, State, series_key
from hedgelib.live.venues import LiveVenue

_TERMS = {field.name for field in fields(ContractTerms)}
_RECENT = 20
"""Payments that the funding interval of today is read from."""

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsDifference:
    """One figure on which the bundled terms and the venue do not agree.

    Parameters
    ----------
    contract : str
        Id, such as ``binance:ETHUSD_PERP``.
    figure : str
        Name of the figure, or ``status``.
    bundled, live : str
        Their values, for people.
    bundled_as_of, live_source : str
        Date of the one, and who says the other.
    used : {"live", "bundled"}
        A figure of the venue's own is used; a default of ccxt is not, where there is a bundled one.
    """

    contract: str
    figure: str
    bundled: str
    live: str
    bundled_as_of: str
    live_source: str
    used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTerms:
    """The terms of a venue's contracts, and how they differ from the bundled ones.

    listings : each figure with its date and source: the venue's own where it gives one
    agreed, added : figures that agree with the bundled ones, and figures that those lack
    """

    listings: tuple[Listing, ...]
    venue: Venue
    differences: tuple[TermsDifference, ...]
    agreed: int
    added: int


def funding_hours(times: Iterable[int]) -> list[float]:
    """Return the hours that each payment is for: the shorter distance to a neighbour.

    So no gap in the history lengthens one.

    >>> hour = 3_600_000
    >>> funding_hours([0, 8 * hour, 16 * hour, 40 * hour, 44 * hour])
    [8.0, 8.0, 8.0, 4.0, 4.0]
    """
    steps = np.diff(np.fromiter(times, dtype=np.int64)) / _HOUR_MS
    before, after = np.append(np.inf, steps), np.append(steps, np.inf)
    return [float(x) for x in np.minimum(before, after)]


def live_terms(
    venue: LiveVenue, state: State, bundled: Iterable[Listing], entry: Venue
) -> LiveTerms:
    """Put what the venue says over what is bundled of it: listings, and its `entry`."""
    merge = _Merge(venue, state, tuple(bundled))
    listings = merge.all()
    return LiveTerms(
        listings=listings,
        venue=Venue(
            key=entry.key,
            name=entry.name,
            contracts=tuple(listing.id for listing in listings),
            note=entry.note,
            as_of=merge.day.isoformat(),
            source=merge.document,
        ),
        differences=tuple(merge.differences),
        agreed=merge.agreed,
        added=merge.added,
    )


class _Merge:
    def __init__(self, venue: LiveVenue, state: State, bundled: tuple[Listing, ...]) -> None:
        if state.asked is None:
            raise HedgeError(f"nothing of {venue.name} is in the cache; fetch it first")
        self.venue, self.state = venue, state
        self.bundled = {listing.symbol: listing for listing in bundled}
        self.day: date = state.asked.date()
        self.document = f"{venue.name}'s list of contracts, read through ccxt {state.ccxt}"
        self.differences: list[TermsDifference] = []
        self.agreed = self.added = 0

    def all(self) -> tuple[Listing, ...]:
        symbols = dict.fromkeys([*self.bundled, *self.state.terms])
        return tuple(self.one(symbol) for symbol in symbols)

    def one(self, symbol: str) -> Listing:
        old, new = self.bundled.get(symbol), self.state.terms.get(symbol)
        if new is None:
            if old is None:
                raise HedgeError(f"no terms of {symbol}")
            return self.gone(old)
        figures = {figure.name: figure for figure in old.figures} if old else {}
        for figure in self.read(new) + self.measured(new):
            if old:
                self.compare(old.id, figures.get(figure.name), figure, used="live")
            figures[figure.name] = figure
        for name, value in new["defaults"].items():
            default = self.default(name, value)
            if old and name in figures:
                self.compare(old.id, figures[name], default, used="bundled")
            figures.setdefault(name, default)
        for figure in self.shared():
            figures.setdefault(figure.name, figure)
        closed = "" if new["trading"] else f"status {new['status']} at the venue on {self.day}"
        if old and old.terms and bool(closed) != bool(old.terms.closed):
            self.differ(old, old.terms.closed or "trades", closed or "trades")
        return self.listing(symbol, new, figures, closed, old.note if old else "")

    def gone(self, old: Listing) -> Listing:
        closed = f"not in the venue's list on {self.day}"
        if old.terms is None or old.terms.closed:
            return old
        self.differ(old, "trades", closed)
        record = {"coin": old.coin, "settle": old.settle}
        figures = {figure.name: figure for figure in old.figures}
        return self.listing(old.symbol, record, figures, closed, old.note)

    def differ(self, old: Listing, bundled: str, live: str) -> None:
        self.differences.append(
            TermsDifference(
                contract=old.id,
                figure="status",
                bundled=bundled,
                live=live,
                bundled_as_of=old.terms.as_of.split(",")[0] if old.terms else "",
                live_source=self.document,
                used="live",
            )
        )

    def read(self, new: Mapping[str, Any]) -> list[Figure]:
        return [
            Figure(
                name=name,
                value=tuple(value) if isinstance(value, list) else value,
                as_of=self.day.isoformat(),
                source=self.document,
            )
            for name, value in new["figures"].items()
        ]

    def measured(self, new: Mapping[str, Any]) -> list[Figure]:
        """Read the funding interval off the payments, where the venue's record has none."""
        series = self.state.series.get(series_key("funding", new["coin"]))
        if "funding_hours" in (*new["figures"], *self.venue.shared) or series is None:
            return []
        recent = series.times[-_RECENT:].tolist()
        if len(recent) < 2:
            return []
        return [
            Figure(
                name="funding_hours",
                value=float(np.median(funding_hours(recent))),
                as_of=self.last_day(series),
                source=f"the last {len(recent)} payments of {series.symbol}, read through ccxt "
                f"{self.state.ccxt}",
            )
        ]

    def last_day(self, series: Series) -> str:
        return series.asked_through.isoformat()

    def default(self, name: str, value: float) -> Figure:
        return Figure(
            name=name,
            value=value,
            as_of=self.day.isoformat(),
            source=f"default fees in the source of ccxt {self.state.ccxt}",
            doubtful="a default of ccxt; the venue's own schedule was not read",
        )

    def shared(self) -> list[Figure]:
        for listing in self.bundled.values():
            found = [figure for figure in listing.figures if figure.name in self.venue.shared]
            if found:
                return found
        return []

    def compare(self, contract: str, old: Figure | None, new: Figure, *, used: str) -> None:
        if old is None:
            self.added += 1
        elif _same(old.value, new.value):
            self.agreed += 1
        else:
            self.differences.append(
                TermsDifference(
                    contract=contract,
                    figure=new.name,
                    bundled=old.text,
                    live=new.text,
                    bundled_as_of=old.as_of,
                    live_source=new.source,
                    used=used,
                )
            )

    def listing(
        self,
        symbol: str,
        record: Mapping[str, Any],
        figures: Mapping[str, Figure],
        closed: str,
        note: str,
    ) -> Listing:
        documents = dict.fromkeys(figure.source for figure in figures.values())
        others = sorted({f.as_of for f in figures.values()} - {self.day.isoformat()})
        dates = [f"read {self.day}", *([f"other figures {', '.join(others)}"] if others else [])]
        terms, refusal = None, ""
        try:
            if "multiplier" not in figures:
                raise HedgeError("the venue's record has no face in USD")
            terms = ContractTerms(
                venue=self.venue.name,
                symbol=symbol,
                kind="inverse",
                coin=record["coin"],
                settle=record["settle"],
                as_of=", ".join(dates),
                source="; ".join(documents),
                doubtful=tuple(name for name, figure in figures.items() if figure.doubtful),
                closed=closed,
                **{name: f.value for name, f in figures.items() if name in _TERMS},  # type: ignore[arg-type]
            )
        except HedgeError as error:
            refusal = str(error)
        return Listing(
            venue=self.venue.key,
            symbol=symbol,
            kind="inverse",
            coin=record["coin"],
            settle=record["settle"],
            figures=tuple(figures.values()),
            terms=terms,
            refusal=refusal,
            note=note,
        )


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other
