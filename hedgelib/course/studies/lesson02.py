"""What lesson 02 computes: faces at every venue, and one price move of an inverse position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib._text import Table, usd
from hedgelib.contracts import (
    ContractTerms,
    inverse_notional_coin,
    inverse_pnl_coin,
    inverse_pnl_usd,
)
from hedgelib.errors import UnsupportedContract
from hedgelib.show import Guess, Line, Panel, Points, Rule, Scale, Scene, Text, columns_of, panel
from hedgelib.show.lines import coins, move_text
from hedgelib.show.scene import Mark

__all__ = ["PriceMove", "faces", "price_move"]


def faces() -> list[tuple[str, ...]]:
    """Return every venue with the face of its inverse contracts on BTC and ETH, and their date.

    A question mark follows a doubtful face. An undated document has the day on which it was read.
    """
    rows = []
    for venue in market.venues():
        terms = {terms.coin: terms for terms in market.contracts(venue=venue.key)}
        listed = [terms[coin] for coin in ("BTC", "ETH") if coin in terms]
        name = f"{venue.name} (closed)" if any(term.closed for term in listed) else venue.name
        dates = {_date(term) for term in listed} or {venue.as_of.split()[-1]}
        cells = [_face(terms.get(coin), venue.contracts, coin) for coin in ("BTC", "ETH")]
        rows.append((name, *cells, ", ".join(sorted(dates))))
    return rows


def _face(terms: ContractTerms | None, listed: Sequence[str], coin: str) -> str:
    if terms is not None:
        return usd(terms.multiplier) + ("?" if "multiplier" in terms.doubtful else "")
    for name in listed:
        if name.partition(":")[2].startswith(coin):
            return "quanto" if _is_quanto(name) else "not verified"
    return "–" if listed else "none found"


def _is_quanto(name: str) -> bool:
    try:
        market.contract(name)
    except UnsupportedContract as error:
        return "quanto" in str(error)
    return False


def _date(terms: ContractTerms) -> str:
    figures = market.contract_figures(terms.id)
    return next(figure.as_of for figure in figures if figure.name == "multiplier").split()[-1]


_SIZE = (880.0, 420.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMove:
    """One move of an inverse position, and the curves around it: made by :func:`price_move`."""

    terms: ContractTerms
    contracts: float
    entry_usd: float
    move: float
    moves: FloatArray
    guess_coin: float | None = None

    def pnl_coin(self, moves: ArrayLike) -> FloatArray:
        """Return the profit in coins after moves."""
        return self._profit(inverse_pnl_coin, moves)

    def pnl_usd(self, moves: ArrayLike) -> FloatArray:
        """Return the profit in USD after moves."""
        return self._profit(inverse_pnl_usd, moves)

    def _profit(self, pnl: Callable[..., Any], moves: ArrayLike) -> FloatArray:
        exit_usd = self.entry_usd * (1 + np.asarray(moves))
        return np.asarray(pnl(self.contracts, self.entry_usd, exit_usd, self.terms.multiplier))

    def straight_coin(self, moves: ArrayLike) -> FloatArray:
        """Return the profit in coins without the bend: its tangent at the entry."""
        sold = inverse_notional_coin(self.contracts, self.entry_usd, self.terms.multiplier)
        return np.asarray(sold * np.asarray(moves))

    def scene(self) -> Scene:
        """Draw the profit in coins next to the profit in dollars."""
        coin, side = self.terms.coin, "short" if self.contracts < 0 else "long"
        size, exit_usd = (
            abs(self.contracts) * self.terms.multiplier,
            self.entry_usd * (1 + self.move),
        )
        in_coin, in_usd, unbent = (
            float(pnl(self.move)) for pnl in (self.pnl_coin, self.pnl_usd, self.straight_coin)
        )
        result = "earns nothing"
        if in_coin:
            verb = "earns" if in_coin > 0 else "loses"
            result = f"{verb} {abs(in_coin):.3f} {coin}, which is {usd(abs(in_usd))}"
        opening = f"{coin} {move_text(self.move)}"
        alt = (
            f"{opening}, to {usd(exit_usd)}: a {side} of {usd(size)} {result}. Over all moves the "
            f"profit in dollars is a straight line. The profit in {coin} bends; without the bend "
            f"it would be {coins(unbent, signed=True)} {coin} here."
        )
        if self.guess_coin is not None:
            alt += f" Your guess was {coins(self.guess_coin, signed=True)} {coin}."
        rows = [
            (f"{coin} price at entry", usd(self.entry_usd, cents=True)),
            (f"{coin} price now", usd(exit_usd, cents=True)),
            ("Position", f"{side} {abs(self.contracts):,.10g} contracts"),
            ("Size", usd(size)),
            (f"Profit in {coin}", coins(in_coin, signed=True)),
            ("Profit in dollars", usd(in_usd, signed=True)),
            (f"Profit in {coin} without the bend", coins(unbent, signed=True)),
        ]
        return Scene(
            title=f"{opening}: the {side} {result}",
            alt=alt,
            panels=self._panels(),
            table=Table(("at this move", "result"), rows, caption=opening),
            size=_SIZE,
        )

    def _panels(self) -> tuple[Panel, Panel]:
        coin, x, at = self.terms.coin, self.moves, [self.move]
        place = (
            Rule(at=0.0, width=1.3),
            Rule(at=self.move, direction="x", role="total", width=1.3),
        )
        name_at, below = float(np.quantile(x, 0.62)), self.contracts < 0
        name = Text(
            x=name_at, y=float(self.straight_coin(name_at)), text="without the bend", size=13.0,
            shift=(-7.0, 7.0 if below else -7.0), align="end",
            vertical="top" if below else "bottom",
        )  # fmt: skip
        bent: dict[str, Any] = {"name": f"profit in {coin}", "labelled": False, "role": "short"}
        in_coin: list[Mark] = [
            *place,
            Line(x=x, y=self.straight_coin(x), role="grey", width=2.0, dash="dashed"),
            Line(x=x, y=self.pnl_coin(x), **bent),
            Points(x=at, y=self.pnl_coin(at), role="short", size=12.5),
            name,
        ]
        if self.guess_coin is not None:
            in_coin.append(Guess(x=self.move, y=self.guess_coin, side="left"))
        in_usd: list[Mark] = [
            *place,
            Line(x=x, y=self.pnl_usd(x), name="profit", labelled=False),
            Points(x=at, y=self.pnl_usd(at), size=12.5),
        ]
        left, right = columns_of(2, size=_SIZE, left=84, right=28, gap=104)
        across = Scale(
            label=f"move of {coin}", unit="share", signed=True, limits=(x[0], x[-1]), most_ticks=5
        )  # fmt: skip
        up_coin = Scale(label=f"profit or loss ({coin})", margin=0.08)
        up_usd = Scale(label="profit or loss (USD)", unit="usd", signed=True, margin=0.08)
        titles = (f"in {coin}: it bends", "in dollars: a straight line")
        return (
            panel(in_coin, across, up_coin, box=left, width=_SIZE[0], title=titles[0]),
            panel(in_usd, across, up_usd, box=right, width=_SIZE[0], title=titles[1]),
        )


def price_move(
    terms: ContractTerms,
    contracts: float,
    entry_usd: float,
    move: float,
    *,
    guess_coin: float | None = None,
) -> PriceMove:
    """Return the profit of an inverse position after a move, and from −60% to +120% around it."""
    return PriceMove(
        terms=terms,
        contracts=contracts,
        entry_usd=entry_usd,
        move=move,
        moves=np.linspace(min(-0.6, move), max(1.2, move), 181),
        guess_coin=guess_coin,
    )
