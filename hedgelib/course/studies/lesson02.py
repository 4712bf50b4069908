"""What lesson 02 computes: faces at every venue, and one price move of an inverse position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from hedgelib.show import Guess, Line, Points, Rule, Scale, Scene, Text, columns_of, panel
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
        exit_usd = self.entry_usd * (1 + np.asarray(moves))
        pnl = inverse_pnl_coin(self.contracts, self.entry_usd, exit_usd, self.terms.multiplier)
        return np.asarray(pnl)

    def pnl_usd(self, moves: ArrayLike) -> FloatArray:
        """Return the profit in USD after moves."""
        exit_usd = self.entry_usd * (1 + np.asarray(moves))
        pnl = inverse_pnl_usd(self.contracts, self.entry_usd, exit_usd, self.terms.multiplier)
        return np.asarray(pnl)

    def straight_coin(self, moves: ArrayLike) -> FloatArray:
        """Return the profit in coins without the bend: its tangent at the entry."""
        sold = inverse_notional_coin(self.contracts, self.entry_usd, self.terms.multiplier)
        return np.asarray(sold * np.asarray(moves))

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers of the move."""
        coin = self.terms.coin
        return [
            (f"{coin} price at entry", usd(self.entry_usd, cents=True)),
            (f"{coin} price now", usd(self._exit_usd, cents=True)),
            ("Position", f"{self._side} {abs(self.contracts):,.10g} contracts"),
            ("Size", usd(self._size_usd)),
            (f"Profit in {coin}", coins(float(self.pnl_coin(self.move)), signed=True)),
            ("Profit in dollars", usd(float(self.pnl_usd(self.move)), signed=True)),
            (f"Profit in {coin} without the bend", self._unbent),
        ]

    def scene(self) -> Scene:
        """Draw the profit in coins next to the profit in dollars."""
        coin = self.terms.coin
        opening = f"{coin} {move_text(self.move)}"
        guess = ""
        if self.guess_coin is not None:
            guess = f" Your guess was {coins(self.guess_coin, signed=True)} {coin}."
        alt = (
            f"{opening}, to {usd(self._exit_usd)}: a {self._side} of {usd(self._size_usd)} "
            f"{self._result}. Over all moves the profit in dollars is a straight line. The profit "
            f"in {coin} bends; without the bend it would be {self._unbent} {coin} here.{guess}"
        )
        left, right = columns_of(2, size=_SIZE, left=84, right=28, gap=104)
        in_coin = Scale(label=f"profit or loss ({coin})", margin=0.08)
        in_usd = Scale(label="profit or loss (USD)", unit="usd", signed=True, margin=0.08)
        x = Scale(
            label=f"move of {coin}", unit="share", signed=True, most_ticks=5,
            limits=(float(self.moves[0]), float(self.moves[-1])),
        )  # fmt: skip
        return Scene(
            title=f"{opening}: the {self._side} {self._result}",
            alt=alt,
            panels=(
                panel(
                    self._coin_marks(), x, in_coin, box=left, width=_SIZE[0],
                    title=f"in {coin}: it bends",
                ),
                panel(
                    self._usd_marks(), x, in_usd, box=right, width=_SIZE[0],
                    title="in dollars: a straight line",
                ),
            ),
            table=Table(("at this move", "result"), self.rows(), caption=opening),
            size=_SIZE,
        )  # fmt: skip

    def _coin_marks(self) -> list[Mark]:
        name_at, below = float(np.quantile(self.moves, 0.62)), self.contracts < 0
        straight, bent = self.straight_coin(self.moves), self.pnl_coin(self.moves)
        marks: list[Mark] = [
            *self._place(),
            Line(x=self.moves, y=straight, role="grey", width=2.0, dash="dashed"),
            Line(
                x=self.moves, y=bent, role="short", labelled=False,
                name=f"profit in {self.terms.coin}",
            ),
            Points(x=[self.move], y=[self.pnl_coin(self.move)], role="short", size=12.5),
            Text(
                x=name_at, y=float(self.straight_coin(name_at)), text="without the bend", size=13.0,
                shift=(-7.0, 7.0 if below else -7.0), align="end",
                vertical="top" if below else "bottom",
            ),
        ]  # fmt: skip
        if self.guess_coin is not None:
            marks.append(Guess(x=self.move, y=self.guess_coin, side="left"))
        return marks

    def _usd_marks(self) -> list[Mark]:
        return [
            *self._place(),
            Line(x=self.moves, y=self.pnl_usd(self.moves), name="profit", labelled=False),
            Points(x=[self.move], y=[self.pnl_usd(self.move)], size=12.5),
        ]

    def _place(self) -> list[Mark]:
        here = Rule(at=self.move, direction="x", role="total", width=1.3)
        return [Rule(at=0.0, width=1.3), here]

    @property
    def _side(self) -> str:
        return "short" if self.contracts < 0 else "long"

    @property
    def _exit_usd(self) -> float:
        return self.entry_usd * (1 + self.move)

    @property
    def _size_usd(self) -> float:
        return self.terms.notional_usd(self.contracts, self.entry_usd)

    @property
    def _unbent(self) -> str:
        return coins(float(self.straight_coin(self.move)), signed=True)

    @property
    def _result(self) -> str:
        pnl_coin, pnl_usd = float(self.pnl_coin(self.move)), float(self.pnl_usd(self.move))
        if not pnl_coin:
            return "earns nothing"
        verb = "earns" if pnl_coin > 0 else "loses"
        return f"{verb} {abs(pnl_coin):.3f} {self.terms.coin}, which is {usd(abs(pnl_usd))}"


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
