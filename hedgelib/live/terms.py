"""Contract terms as the venue gives them now, compared with the bundled ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from hedgelib._datafiles import Figure, Listing
from hedgelib.contracts import ContractTerms
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.live.cache import State, series_key
from hedgelib.live.venues import LiveVenue
from hedgelib.market import Market

_TERMS = {field.name for field in fields(ContractTerms)}
_RECENT = 20
"""Payments that the funding interval of today is read from."""

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class TermsDifference:
    """One figure on which the bundled terms and the venue do not agree.

    contract : id, such as ``binance:ETHUSD_PERP``
    figure : its name, or ``status``
    bundled, live : the two values, for people
    bundled_as_of, live_source : date of the one, and who says the other
    used : "live" or "bundled": a figure of the venue's own is used; a default of ccxt is not,
        where there is a bundled one
    """

    contract: str
    figure: str
    bundled: str
    live: str
    bundled_as_of: str
    live_source: str
    used: str


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


def bundled_as(venue: str, symbol: str) -> Listing | None:
    """Return the bundled listing of a venue's symbol, that of its pattern where it is dated."""
    for listing in Market.bundled().listings:
        # A dated contract that expires on another day than a Friday is not bundled.
        with suppress(InvalidInput):
            if listing.venue == venue and (found := listing.named(symbol)):
                return found
    return None


def is_perpetual(record: Mapping[str, Any]) -> bool:
    """Tell whether a record of the cache is of an inverse perpetual; older ones are of no other."""
    return record.get("kind", "inverse") == "inverse" and not record.get("dated", False)


class LiveTerms:
    """What the venue says of its contracts, put over what is bundled of them.

    listings : each figure with its date and source: the venue's own where it gives one
    venue : the bundled entry of the venue, brought up to date
    differences : from the bundled ones
    agreed, added : figures that agree with the bundled ones, and figures that those lack
    """

    def __init__(self, venue: LiveVenue, state: State) -> None:
        if state.asked is None:
            raise HedgeError(f"nothing of {venue.name} is in the cache; fetch it first")
        bundled = Market.bundled()
        self.source, self.state, self.day = venue, state, state.asked.date()
        listed = [one for one in bundled.listings if one.venue == venue.key]
        # A cache of an older version has inverse perpetuals only: the others stay as bundled.
        self.all_kinds = any("kind" in record for record in state.terms.values())
        patterns = tuple(one for one in listed if one.dated)
        self.bundled = {one.symbol: one for one in listed if not one.dated}
        self.document = f"{venue.name}'s list of contracts, read through ccxt {state.ccxt}"
        self.differences: list[TermsDifference] = []
        self.agreed = self.added = 0
        symbols = dict.fromkeys([*self.bundled, *state.terms])
        self.listings = tuple(self.one(symbol) for symbol in symbols)
        perpetual = (one for one in self.listings if one.kind != "linear")
        named = tuple(one.id for one in perpetual if not (one.terms and one.terms.expiry))
        self.listings += tuple(map(self.not_listed, patterns))
        (entry,) = (entry for entry in bundled.venues() if entry.key == venue.key)
        self.venue = replace(
            entry,
            contracts=named,
            as_of=self.day.isoformat(),
            source=self.document,
        )

    def one(self, symbol: str) -> Listing:
        """Put one contract together; one that the venue does not list any more is closed."""
        old, new = bundled_as(self.source.key, symbol), self.state.terms.get(symbol)
        figures = {figure.name: figure for figure in old.figures} if old else {}
        if new is None:
            if old is None:
                raise HedgeError(f"no terms of {symbol}")
            unknown = old.kind == "linear" and not self.all_kinds
            if unknown or old.terms is None or old.terms.closed:
                return old
            new = {"kind": old.kind, "coin": old.coin, "settle": old.settle}
            closed = self.gone
        else:
            self.put(figures, old, new)
            closed = "" if new["trading"] else f"status {new['status']} at the venue on {self.day}"
        if old and old.terms and bool(closed) != bool(old.terms.closed):
            before = self.figure("status", old.terms.closed or "trades")
            before = replace(before, as_of=old.terms.as_of.split(",")[0])
            self.compare(old, before, self.figure("status", closed or "trades"), "live")
        return self.listing(symbol, new, figures, closed, old)

    @property
    def gone(self) -> str:
        """Say that the venue does not list a contract."""
        return f"not in the venue's list on {self.day}"

    def not_listed(self, pattern: Listing) -> Listing:
        """Close what stands for all dated contracts: those that are listed have their own terms."""
        if not self.all_kinds or pattern.terms is None:
            return pattern
        return replace(pattern, terms=replace(pattern.terms, closed=self.gone))

    def put(self, figures: dict[str, Figure], old: Listing | None, new: Mapping[str, Any]) -> None:
        """Put the venue's figures over the bundled ones, and ccxt's defaults under them."""
        listed = {n: tuple(v) if isinstance(v, list) else v for n, v in new["figures"].items()}
        live = [self.figure(name, value) for name, value in listed.items()]
        for figure in live + self.measured(new):
            self.compare(old, figures.get(figure.name), figure, "live")
            figures[figure.name] = figure
        for name, value in new["defaults"].items():
            default = self.figure(
                name,
                value,
                source=f"default fees in the source of ccxt {self.state.ccxt}",
                doubtful="a default of ccxt; the venue's own schedule was not read",
            )
            if name in figures:
                self.compare(old, figures[name], default, "bundled")
            figures.setdefault(name, default)
        for figure in self.shared() if is_perpetual(new) else ():
            figures.setdefault(figure.name, figure)

    def figure(self, name: str, value: Any, *, source: str = "", doubtful: str = "") -> Figure:
        """Date a figure, from the venue's own list unless another source is named."""
        return Figure(
            name=name,
            value=value,
            as_of=self.day.isoformat(),
            source=source or self.document,
            doubtful=doubtful,
        )

    def measured(self, new: Mapping[str, Any]) -> list[Figure]:
        """Read the funding interval off the payments, where the venue's record has none."""
        if not is_perpetual(new):
            return []
        series = self.state.series.get(series_key("funding", new["coin"]))
        if "funding_hours" in (*new["figures"], *self.source.shared) or series is None:
            return []
        recent = series.times[-_RECENT:].tolist()
        if len(recent) < 2:
            return []
        source = f"the last {len(recent)} payments of {series.symbol}, read through ccxt"
        hours = float(np.median(funding_hours(recent)))
        figure = self.figure("funding_hours", hours, source=f"{source} {self.state.ccxt}")
        return [replace(figure, as_of=series.asked_through.isoformat())]

    def shared(self) -> list[Figure]:
        """Find the bundled figures that are the same for every inverse perpetual of the venue."""
        every = (one.figures for one in self.bundled.values() if one.kind == "inverse")
        shared = ([f for f in figures if f.name in self.source.shared] for figures in every)
        return next(filter(None, shared), [])

    def compare(self, listing: Listing | None, old: Figure | None, new: Figure, used: str) -> None:
        """Count a figure of a bundled contract that agrees or is new; keep a difference."""
        if listing is None:
            return
        if old is None:
            self.added += 1
        elif _same(old.value, new.value):
            self.agreed += 1
        else:
            self.differences.append(
                TermsDifference(
                    contract=listing.id,
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
        old: Listing | None,
    ) -> Listing:
        """List a contract; where its figures make no terms, with the reason."""
        documents = dict.fromkeys(figure.source for figure in figures.values())
        others = sorted({f.as_of for f in figures.values()} - {self.day.isoformat()})
        dates = [f"read {self.day}", *([f"other figures {', '.join(others)}"] if others else [])]
        kind = record.get("kind", "inverse")
        terms, refusal = None, ""
        try:
            if "multiplier" not in figures:
                raise HedgeError("the venue's record has no face in USD")
            terms = ContractTerms(
                venue=old.terms.venue if old and old.terms else self.source.name,
                symbol=symbol,
                kind=kind,
                expiry=old.terms.expiry if old and old.terms else None,
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
            venue=self.source.key,
            symbol=symbol,
            kind=kind,
            coin=record["coin"],
            settle=record["settle"],
            figures=tuple(figures.values()),
            terms=terms,
            refusal=refusal,
            note=old.note if old else "",
        )


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other
