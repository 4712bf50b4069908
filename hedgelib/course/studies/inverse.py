"""What lesson 02 computes: faces at every venue, and one price move of an inverse position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import hedgelib as hl
from hedgelib import market
from hedgelib._text import Table, usd
from hedgelib.show import Guess, Line, Points, Rule, Scale, Scene, Text, columns_of, panel
from hedgelib.show.lines import coins, move_text
from hedgelib.show.scene import Mark


def faces() -> list[tuple[str, ...]]:
    """Return every venue with the face of its inverse contracts on BTC and ETH, and their date.

    A question mark follows a doubtful face. An undated document has the day on which it was read.
    """
    rows = []
    for venue in market.venues():
        terms = {terms.coin: terms for terms in market.contracts(venue=venue.key)}
        listed = [terms[coin] for coin in ("BTC", "ETH") if coin in terms]
        name = f"{venue.name} (closed)" if any(term.closed for term in listed) else venue.name
        documents = {_as_of(term) for term in listed} or {venue.as_of}
        dates = sorted({document.split()[-1] for document in documents})
        cells = [_face(terms.get(coin), venue.contracts, coin) for coin in ("BTC", "ETH")]
        rows.append((name, *cells, ", ".join(dates)))
    return rows


def _as_of(terms: hl.ContractTerms) -> str:
    figures = market.contract_figures(terms.id)
    return next(figure.as_of for figure in figures if figure.name == "multiplier")


def _face(terms: hl.ContractTerms | None, listed: Sequence[str], coin: str) -> str:
    if terms is not None:
        return usd(terms.multiplier) + ("?" if "multiplier" in terms.doubtful else "")
    for name in listed:
        if name.partition(":")[2].startswith(coin):
            try:
                market.contract(name)
            except hl.UnsupportedContract as error:
                if "quanto" in str(error):
                    return "quanto"
            return "not verified"
    return "–" if listed else "none found"


def price_move(
    terms: hl.ContractTerms, contracts: float, entry_usd: float, move: float, *,
    guess_coin: float | None = None,
) -> Scene:  # fmt: skip
    """Draw the profit of an inverse position over moves, in coins and next to it in dollars."""

    def profits(moves: Any) -> tuple[Any, Any, Any]:
        """Return the profit in coins, in USD, and in coins along the tangent at the entry."""
        exits, face = entry_usd * (1 + moves), terms.multiplier
        pnl_coin = hl.inverse_pnl_coin(contracts, entry_usd, exits, face)
        pnl_usd = hl.inverse_pnl_usd(contracts, entry_usd, exits, face)
        return pnl_coin, pnl_usd, moves * hl.inverse_notional_coin(contracts, entry_usd, face)

    coin, side = terms.coin, "short" if contracts < 0 else "long"
    in_coin, in_usd, unbent = profits(move)
    size, price, result = abs(contracts) * terms.multiplier, entry_usd * (1 + move), "earns nothing"
    if in_coin:
        verb = "earns" if in_coin > 0 else "loses"
        result = f"{verb} {abs(in_coin):.3f} {coin}, which is {usd(abs(in_usd))}"
    opening, tangent = f"{coin} {move_text(move)}", coins(unbent, signed=True)
    guessed = (
        "" if guess_coin is None else f" Your guess was {coins(guess_coin, signed=True)} {coin}."
    )
    x = np.linspace(min(-0.6, move), max(1.2, move), 181)
    coin_line, usd_line, straight = profits(x)
    place = [Rule(at=0.0), Rule(at=move, direction="x", role="total")]
    name_at, below = float(np.quantile(x, 0.62)), contracts < 0
    left: list[Mark] = [
        *place,
        Line(x=x, y=straight, role="grey", width=2.0, dash="dashed"),
        Line(x=x, y=coin_line, name=f"profit in {coin}", labelled=False, role="short"),
        Points(x=[move], y=[in_coin], role="short", size=12.5),
        Text(
            x=name_at, y=profits(name_at)[2], text="without the bend", size=13.0, align="end",
            shift=(-7.0, 7.0 if below else -7.0), vertical="top" if below else "bottom",
        ),
        *([] if guess_coin is None else [Guess(x=move, y=guess_coin, side="left")]),
    ]  # fmt: skip
    right: list[Mark] = [
        *place,
        Line(x=x, y=usd_line, name="profit", labelled=False),
        Points(x=[move], y=[in_usd], size=12.5),
    ]
    across = Scale(
        label=f"move of {coin}", unit="share", signed=True, limits=(x[0], x[-1]), most_ticks=5
    )
    ups = (
        Scale(label=f"profit or loss ({coin})", margin=0.08),
        Scale(label="profit or loss (USD)", unit="usd", signed=True, margin=0.08),
    )
    titles, picture_size = (f"in {coin}: it bends", "in dollars: a straight line"), (880.0, 420.0)
    boxes = columns_of(2, size=picture_size, left=84, right=28, gap=104)
    rows = [
        (f"{coin} price at entry", usd(entry_usd, cents=True)),
        (f"{coin} price now", usd(price, cents=True)),
        ("Position", f"{side} {abs(contracts):,.10g} contracts"),
        ("Size", usd(size)),
        (f"Profit in {coin}", coins(in_coin, signed=True)),
        ("Profit in dollars", usd(in_usd, signed=True)),
        (f"Profit in {coin} without the bend", tangent),
    ]
    return Scene(
        title=f"{opening}: the {side} {result}",
        alt=f"{opening}, to {usd(price)}: a {side} of {usd(size)} {result}. Over all moves the "
        f"profit in dollars is a straight line. The profit in {coin} bends; without the bend it "
        f"would be {tangent} {coin} here.{guessed}",
        panels=tuple(
            panel(marks, across, up, box=box, width=picture_size[0], title=title)
            for marks, up, box, title in zip((left, right), ups, boxes, titles, strict=True)
        ),
        table=Table(("at this move", "result"), rows, caption=opening),
        size=picture_size,
    )
