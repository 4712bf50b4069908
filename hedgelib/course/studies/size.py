"""What lesson 03 computes: contracts at every venue, and the cost of a wrong size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import hedgelib as hl
from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.course.studies.inverse import face_text, why_not
from hedgelib.show import Line, Scene
from hedgelib.show.lines import Curve, Lines, Remark
from hedgelib.show.scatter import BetaScatter


class VenueCount(NamedTuple):
    """A short in whole lots at one venue, and what rounding leaves over."""

    terms: hl.ContractTerms
    contracts: float
    left_usd: float

    def row(self) -> tuple[str, ...]:
        """Return venue, symbol, face, contracts and what is left as text."""
        left = usd(self.left_usd, cents=True, signed=True)
        named = self.terms.venue, self.terms.symbol, face_text(self.terms)
        return (*named, f"{self.contracts:,.0f}", left)


def venue_counts(notional_usd: float, coin: str) -> list[VenueCount]:
    """Return the contracts of a short at every venue that has one on the coin."""
    counts = []
    for venue in market.venues():
        for terms in market.contracts(venue=venue.key, coin=coin, open_only=True)[:1]:
            contracts = hl.round_contracts(notional_usd / terms.multiplier, lot=terms.lot)
            left_usd = notional_usd - contracts * terms.multiplier
            counts.append(VenueCount(terms, contracts, left_usd))
    return counts


def venues_without(coin: str) -> dict[str, str]:
    """Return the venues at which no short on a coin can be counted, and why."""
    return {
        venue.name: _why_none(venue, coin)
        for venue in market.venues()
        if not market.contracts(venue=venue.key, coin=coin, open_only=True)
    }


def _why_none(venue: market.Venue, coin: str) -> str:
    if not venue.contracts:
        return "no coin-margined contract found"
    listed = market.contracts(venue=venue.key)
    if listed and all(terms.closed for terms in listed):
        return "closed"
    for name in (name for name in venue.contracts if coin in name):
        if problem := why_not(name):
            return "face not verified" if "verified" in problem else "not usable"
    return f"none on {coin} collected"


def with_guessed_slope(scatter: BetaScatter, slope: float | None) -> Scene:
    """Draw returns with the fitted line, and the slope that the reader guessed."""
    if slope is None:
        return scatter.scene()
    ends = np.array([scatter.x.min(), scatter.x.max()])
    # Not orange as other guesses: that is the colour of the line that was fitted.
    guess = Line(x=ends, y=slope * ends, dash="dashed", width=2.2, name="your guess", bold=True)
    return scatter.scene(guess, told=f" Your guess was a slope of {slope:.2f}.")


def size_and_effect(
    r2: float, share: float, others: Sequence[tuple[str, float]], *, guess: float | None = None
) -> Lines:
    """Return the variance reduction of hedges over their size; the guess is of the best effect."""

    def of_best(size: float) -> str:
        digits = f"{100 * hl.effectiveness_from_ratio(1.0, size):.2f}"
        return f"{digits.rstrip('0').rstrip('.')}%"

    x, best, size_text = np.linspace(0.0, 2.0, 201), of_best(share), percent(share)
    size_text += " of the best size"
    effect: Any = partial(hl.effectiveness_from_ratio, r2)
    looks: Any = {"role": "short", "width": 4.2}, {"role": "grey", "width": 2.0, "dashed": True}
    remarks, also = [], ""
    for name, size in others:
        also += f"; {name}, {percent(size)} of the best size, has {of_best(size)}"
        place, text = effect(size), f"{name}: {of_best(size)}"
        shift = (17.0, -17.0) if size > 1 else (8.0, -40.0) if size == 1 else (-17.0, -4.0)
        remarks.append(Remark(x=size, y=place, text=text, role="altcoins", shift=shift))
    curves = (
        Curve.of(effect, x, share, name="variance\nreduction", **looks[0]),
        Curve.of(lambda s: 0 * s + r2, x, share, name="best\npossible", **looks[1]),
    )
    return Lines(
        x=x, x_label="size of the hedge, in percent of the best size", y_label="variance reduction",
        unit="share", place=share, caption=f"A hedge of {size_text}", headroom=0.16,
        guess=None if guess is None else guess * r2, signed=False,
        curves=curves, remarks=tuple(remarks), notes=(("of the best effect", best),),
        title=f"Short {size_text}: {best} of the best effect",
        finding="Variance reduction of a hedge, over its size. The best size removes "
        f"{percent(r2, digits=1)}. A hedge of {percent(share)} of it removes "
        f"{percent(effect(share), digits=1)}, which is {best} of that{also}. A hedge of no size "
        "and one of twice the best size remove nothing.",
    )  # fmt: skip
