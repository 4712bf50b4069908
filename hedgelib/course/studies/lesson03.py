"""What lesson 03 computes: contracts at every venue, the cost of a wrong size, and leverage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib._text import percent, usd
from hedgelib.contracts import ContractTerms, inverse_pnl_usd, round_contracts
from hedgelib.errors import HedgeError
from hedgelib.margin import inverse_initial_margin_coin, inverse_liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE
from hedgelib.ratio import effectiveness_from_ratio
from hedgelib.show import Line, Scene
from hedgelib.show.lines import Curve, Lines, Remark, coins, move_text
from hedgelib.show.palette import Role
from hedgelib.show.scatter import BetaScatter

__all__ = [
    "IN_THE_ARTICLE",
    "VenueCount",
    "closed_at",
    "same_short",
    "size_and_effect",
    "ticket",
    "venue_counts",
    "with_guessed_slope",
]

IN_THE_ARTICLE = ("binance", "bybit", "bingx", "weex", "mexc")
"""Venues of the article's table, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueCount:
    """The contracts of a short at one venue, rounded to whole lots, and what rounding leaves over.

    Without a contract the remark says why there is none.
    """

    venue: str
    in_the_article: bool
    symbol: str = ""
    face_usd: float = 0.0
    contracts: float | None = None
    left_usd: float = 0.0
    remark: str = ""

    def row(self) -> tuple[str, ...]:
        """Return venue, symbol, face, contracts, what is left and the remark as text."""
        name = self.venue + (" *" if self.in_the_article else "")
        if self.contracts is None:
            return (name, "–", "–", "–", "–", self.remark)
        left = usd(self.left_usd, cents=True)
        return (name, self.symbol, usd(self.face_usd), f"{self.contracts:,.0f}", left, self.remark)


def venue_counts(notional_usd: float, coin: str = "ETH") -> tuple[VenueCount, ...]:
    """Return the contracts of a short at every venue in the data, the article's venues first."""
    venues = {venue.key: venue for venue in market.venues()}
    others = [key for key in venues if key not in IN_THE_ARTICLE]
    return tuple(
        _count(venues[key], key in IN_THE_ARTICLE, notional_usd, coin)
        for key in (*IN_THE_ARTICLE, *others)
    )


def _count(venue: market.Venue, named: bool, notional_usd: float, coin: str) -> VenueCount:
    for terms in market.contracts(venue=venue.key, coin=coin, open_only=True):
        count = round_contracts(notional_usd / terms.multiplier, lot=terms.lot)
        return VenueCount(
            venue=venue.name,
            in_the_article=named,
            symbol=terms.symbol,
            face_usd=terms.multiplier,
            contracts=count,
            left_usd=notional_usd - count * terms.multiplier,
            remark="face doubtful" if "multiplier" in terms.doubtful else "",
        )
    return VenueCount(venue=venue.name, in_the_article=named, remark=_why_none(venue, coin))


def _why_none(venue: market.Venue, coin: str) -> str:
    if not venue.contracts:
        return "no coin-margined contract found"
    listed = market.contracts(venue=venue.key)
    if listed and all(terms.closed for terms in listed):
        return "closed"
    for name in venue.contracts:
        if coin in name:
            try:
                market.contract(name)
            except HedgeError as error:
                return "face not verified" if "verified" in str(error) else "not usable"
    return f"none on {coin} collected"


def with_guessed_slope(scatter: BetaScatter, slope: float | None) -> Scene:
    """Draw returns with the fitted line, and the slope that the reader guessed."""
    scene = scatter.scene()
    if slope is None:
        return scene
    ends = np.array([scatter.x.min(), scatter.x.max()])
    # Not orange as other guesses: that is the colour of the line that was fitted.
    guess = Line(x=ends, y=slope * ends, dash="dashed", width=2.2, name="your guess", bold=True)
    alt = f"{scene.alt} Your guess was a slope of {slope:.2f}."
    return replace(scene, alt=alt, panels=(scatter.panel(guess),))


def size_and_effect(
    r2: float,
    share: float,
    *,
    others: Sequence[tuple[str, float]] = (),
    guess: float | None = None,
) -> Lines:
    """Return the variance reduction of hedges, over their size as a share of the best size.

    Other sizes come with their names; the guess is a share of the best effect.
    """
    x = np.linspace(0.0, 2.0, 201)
    here = float(effectiveness_from_ratio(r2, share))
    effects = [(name, size, float(effectiveness_from_ratio(r2, size))) for name, size in others]
    named = "; ".join(
        f"{name}, {percent(size)} of the best size, has {_of_best(effect, r2)}"
        for name, size, effect in effects
    )
    return Lines(
        x=x,
        x_label="size of the hedge, in percent of the best size",
        y_label="variance reduction",
        unit="share",
        curves=(
            Curve(
                name="variance\nreduction", values=np.asarray(effectiveness_from_ratio(r2, x)),
                role="short", at=here, width=4.2,
            ),
            Curve(
                name="best\npossible", values=np.full_like(x, r2), role="grey", at=r2, width=2.0,
                dashed=True,
            ),
        ),
        title=f"Short {percent(share)} of the best size: {_of_best(here, r2)} of the best effect",
        finding=(
            f"Variance reduction of a hedge, over its size. The best size removes "
            f"{percent(r2, digits=1)}. A hedge of {percent(share)} of it removes "
            f"{percent(here, digits=1)}, which is {_of_best(here, r2)} of that"
            + (f"; {named}" if named else "")
            + ". A hedge of no size and one of twice the best size remove nothing."
        ),
        place=share,
        caption=f"A hedge of {percent(share)} of the best size",
        notes=(("of the best effect", _of_best(here, r2)),),
        remarks=tuple(
            Remark(
                x=size, y=effect, text=f"{name}: {_of_best(effect, r2)}", role="altcoins",
                shift=(17.0, -17.0) if size > 1 else (8.0, -40.0) if size == 1 else (-17.0, -4.0),
            )
            for name, size, effect in effects
        ),
        headroom=0.16 if others else 0.0,
        guess=None if guess is None else guess * r2,
        signed=False,
    )  # fmt: skip


def _of_best(effect: float, r2: float) -> str:
    """Return the share of the best effect, with as many decimals as it needs, up to two."""
    share = effect / r2
    for digits in (0, 1):
        if abs(share - round(share, digits + 2)) < 1e-8:
            return percent(share, digits=digits)
    return percent(share, digits=2)


def closed_at(
    contract: ContractTerms, price_usd: float, contracts: float, leverage: float
) -> float:
    """Return the liquidation price, USD, of a short with notional over leverage as coin margin.

    It is ``inf`` where no price liquidates it.

    Examples
    --------
    >>> round(closed_at(market.contract("binance:ETHUSD_PERP"), 3500, 1000, 10), 2)
    3850.0
    """
    margin = inverse_initial_margin_coin(contracts, price_usd, leverage, contract.multiplier)
    price = inverse_liquidation_price(
        -contracts,
        price_usd,
        margin,
        maintenance_rate=ASSUMED_MAINTENANCE_RATE,
        multiplier_usd=contract.multiplier,
    )
    return float(price)


def _short(
    contract: ContractTerms, price_usd: float, contracts: float
) -> Callable[[ArrayLike], FloatArray]:
    """Return the gain of a short as a function of the coin's move."""

    def gain(moves: ArrayLike) -> FloatArray:
        exits = price_usd * (1 + np.asarray(moves, dtype=np.float64))
        return np.asarray(inverse_pnl_usd(-contracts, price_usd, exits, contract.multiplier))

    return gain


def _moves(move: float, ends: Sequence[float]) -> FloatArray:
    """Return moves of the coin, with a point on each side of where a short is closed."""
    x = np.linspace(min(-0.6, move), max(1.3, move), 191)
    edges = [end + step for end in ends if end < x[-1] for step in (-1e-9, 1e-9)]
    return np.sort(np.append(x, edges))


def _where(coin: str, end: float) -> str:
    return f"{coin} {move_text(round(end, 3))}" if np.isfinite(end) else "no price"


def same_short(
    contract: ContractTerms,
    price_usd: float,
    contracts: float,
    leverages: Sequence[float],
    move: float,
    *,
    guess: float | None = None,
) -> Lines:
    """Return the profit of one short at several leverages, each up to its liquidation.

    The margin is left out.
    """
    coin, size = contract.coin, contracts * contract.multiplier
    gain = _short(contract, price_usd, contracts)
    ends = [closed_at(contract, price_usd, contracts, lev) / price_usd - 1 for lev in leverages]
    x = _moves(move, ends)
    roles: tuple[Role, ...] = ("unhedged", "margin", "good", "altcoins", "total")
    curves, closings, notes = [], [], []
    for i, (leverage, end, role) in enumerate(zip(leverages, ends, roles, strict=False)):
        curves.append(
            Curve(
                name=f"{leverage:g}x", values=np.where(x >= end, np.nan, gain(x)), role=role,
                at=float(gain(move)) if move < end else float("nan"), width=2.8 + 2.2 * i,
                ends=end if np.isfinite(end) else None,
            )
        )  # fmt: skip
        margin, where = usd(size / leverage), _where(coin, end)
        closings.append(f"at {leverage:g}x with {margin} of margin, closed at {where}")
        notes.append((f"{leverage:g}x: margin, and closed at", f"{margin}, {where}"))
    result = usd(float(gain(move)), signed=True)
    title, found = f"{result} at any leverage", f"{result} at every leverage"
    if move >= min(ends):
        title = found = f"{result} where the short is still open"
    if move >= max(ends):
        title = found = "the short is closed at every leverage"
    return Lines(
        x=x,
        x_label=f"move of {coin}",
        y_label="gain or loss of the short (USD)",
        unit="USD",
        curves=tuple(curves),
        title=f"{coin} {move_text(move)}: {title}; each ends at its ✕",
        finding=(
            f"A short of {usd(size)}, {coin} {move_text(move)}: {found}. The lines coincide and "
            f"differ only in where they end: {'; '.join(closings)}."
        ),
        place=move,
        caption=f"{contracts:,.0f} contracts short, {coin} {move_text(move)}",
        notes=tuple(notes),
        guess=guess,
    )


def ticket(
    contract: ContractTerms,
    price_usd: float,
    needed_usd: float,
    contracts: float,
    leverage: float,
    move: float,
) -> Lines:
    """Return what the short of an order ticket earns, and what the hedge needs it to earn.

    After liquidation the loss stays the same; the margin is left out.
    """
    coin, size = contract.coin, contracts * contract.multiplier
    end = closed_at(contract, price_usd, contracts, leverage) / price_usd - 1
    gain = _short(contract, price_usd, contracts)
    x = _moves(move, [end])
    earned, needed = float(gain(min(move, end))), -needed_usd * move + 0.0
    where, covered = _where(coin, end), percent(size / needed_usd)
    closed = f"closed at {move_text(round(end, 3))}, " if move >= end else ""
    text = f"{contracts:,.0f} contracts at {leverage:g}x, {coin} {move_text(move)}"
    results = usd(earned, signed=True), usd(needed, signed=True)
    return Lines(
        x=x,
        x_label=f"move of {coin}",
        y_label="gain or loss of the short (USD)",
        unit="USD",
        curves=(
            Curve(name="needed", values=-needed_usd * x, role="altcoins", at=needed, width=7.0),
            Curve(
                name="earned", values=gain(np.minimum(x, end)), role="short", at=earned, width=3.6,
                ends=end if np.isfinite(end) else None,
            ),
        ),
        title=f"{text}: {closed}{results[0]}, needed {results[1]}",
        finding=(
            f"{contracts:,.0f} contracts of {contract.face} are short {usd(size)}, {covered} of "
            f"the {usd(needed_usd)} needed. {coin} {move_text(move)}: earned {results[0]}, needed "
            f"{results[1]}. At leverage {leverage:g} the margin is {usd(size / leverage)}, and "
            f"{where} {'has closed' if closed else 'closes'} the short."
        ),
        place=move,
        caption=text,
        notes=(
            ("short", f"{usd(size)}, {covered} of what is needed"),
            ("margin", f"{usd(size / leverage)}, {coins(size / leverage / price_usd)} {coin}"),
            ("closed at", where),
        ),
    )  # fmt: skip
