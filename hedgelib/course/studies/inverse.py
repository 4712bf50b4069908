"""What lesson 02 computes: faces at every venue, and one price move of an inverse position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import hedgelib as hl
from hedgelib import market
from hedgelib._text import Table, usd
from hedgelib.show.layout import Scale, columns_of, guess_mark, panel
from hedgelib.show.lines import coins, move_text, moves_to
from hedgelib.show.scene import Line, Mark, Panel, Points, Rule, Scene, Text


def faces() -> list[tuple[str, ...]]:
    """Return every venue with the face of its inverse contracts on BTC and ETH, and their date."""
    rows = []
    for venue in market.venues():
        terms = {terms.coin: terms for terms in market.contracts(venue=venue.key)}
        listed = [terms[coin] for coin in ("BTC", "ETH") if coin in terms]
        name = f"{venue.name} (closed)" if any(term.closed for term in listed) else venue.name
        figures = [figure for term in listed for figure in market.contract_figures(term.id)]
        documents = {figure.as_of for figure in figures if figure.name == "multiplier"}
        dates = sorted({document.split()[-1] for document in documents or {venue.as_of}})
        cells = [_face(terms.get(coin), venue.contracts, coin) for coin in ("BTC", "ETH")]
        rows.append((name, *cells, ", ".join(dates)))
    return rows


def _face(terms: hl.ContractTerms | None, listed: Sequence[str], coin: str) -> str:
    if terms is not None:
        return face_text(terms)
    for name in (name for name in listed if name.partition(":")[2].startswith(coin)):
        return "quanto" if "quanto" in why_not(name) else "not verified"
    return "–" if listed else "none found"


def face_text(terms: hl.ContractTerms) -> str:
    """Write the face of a contract, with a question mark after a doubtful one."""
    return usd(terms.multiplier) + ("?" if "multiplier" in terms.doubtful else "")


def why_not(name: str) -> str:
    """Return why a listed contract cannot be used; empty if it can."""
    try:
        market.contract(name)
    except hl.HedgeError as error:
        return str(error)
    return ""


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
    guessed, told = guess_mark(
        guess_coin, lambda guess: f"{coins(guess, signed=True)} {coin}", "left", x=move
    )
    x = moves_to(move, -0.6, 1.2, 181)
    coin_line, usd_line, straight = profits(x)
    size_px, limits = (880.0, 420.0), (x[0], x[-1])
    across = Scale(label=f"move of {coin}", unit="share", signed=True, limits=limits, most_ticks=5)
    boxes = columns_of(2, size=size_px, left=84, right=28, gap=104)

    def half(box: Any, title: str, up: Scale, name: str, y: Any, at: float, **more: Any) -> Panel:
        look: Any = {"role": more.get("role", "total")}
        marks: list[Mark] = [
            Rule(at=0.0), Rule(at=move, direction="x", role="total"), *more.get("below", ()),
            Line(x=x, y=y, name=name, labelled=False, **look),
            Points(x=[move], y=[at], size=12.5, **look), *more.get("above", ()),
        ]  # fmt: skip
        return panel(marks, across, up, box=box, width=size_px[0], title=title)

    name_at, under = float(np.quantile(x, 0.62)), contracts < 0
    unbent_name = Text(
        x=name_at, y=profits(name_at)[2], text="without the bend", size=13.0, align="end",
        shift=(-7.0, 7.0 if under else -7.0), vertical="top" if under else "bottom",
    )  # fmt: skip
    left = half(
        boxes[0], f"in {coin}: it bends", Scale(label=f"profit or loss ({coin})", margin=0.08),
        f"profit in {coin}", coin_line, in_coin, role="short", above=[unbent_name, *guessed],
        below=[Line(x=x, y=straight, role="grey", width=2.0, dash="dashed")],
    )  # fmt: skip
    up = Scale(label="profit or loss (USD)", unit="usd", signed=True, margin=0.08)
    right = half(boxes[1], "in dollars: a straight line", up, "profit", usd_line, in_usd)
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
        f"would be {tangent} {coin} here.{told}",
        panels=(left, right),
        table=Table(("at this move", "result"), rows, caption=opening),
        size=size_px,
    )
