"""What lesson 04 computes: leverage, an order ticket, and the synthetic dollar."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

import hedgelib as hl
from hedgelib._text import percent, usd
from hedgelib.show.lines import Curve, Lines, coins, gain, move_text, moves_to
from hedgelib.show.palette import Role


def closed_at(
    terms: hl.ContractTerms, price_usd: float, contracts: float, leverage: float
) -> float:
    """Return the liquidation price, USD, or ``inf``, of a short with so much leverage."""
    margin = hl.inverse_initial_margin_coin(contracts, price_usd, leverage, terms.multiplier)
    rate = hl.ASSUMED_MAINTENANCE_RATE
    return hl.liquidation_price(terms, -contracts, price_usd, margin, maintenance_rate=rate)


def _where(coin: str, end: float) -> str:
    return f"{coin} {move_text(round(end, 3))}" if np.isfinite(end) else "no price"


_EARNED = "gain or loss of the short (USD)"


def same_short(
    terms: hl.ContractTerms, price_usd: float, contracts: float, leverages: Sequence[float],
    move: float, *, guess: float | None = None,
) -> Lines:  # fmt: skip
    """Return the profit of one short at several leverages, each up to its liquidation."""
    size, moved = contracts * terms.multiplier, f"{terms.coin} {move_text(move)}"
    ends = [closed_at(terms, price_usd, contracts, lev) / price_usd - 1 for lev in leverages]
    x = moves_to(move, -0.6, 1.3, 191, ends)
    which = "at any leverage" if move < min(ends) else "where the short is still open"
    result = f"{gain(-size * move)} {which}"
    if move >= max(ends):
        result = "the short is closed at every leverage"
    roles: tuple[Role, ...] = ("unhedged", "margin", "good", "altcoins", "total")
    curves, closings, notes = [], [], []
    for leverage, end, role, width in zip(leverages, ends, roles, count(2.8, 2.2)):
        values, at = np.where(x >= end, np.nan, -size * x), -size * move if move < end else np.nan
        name, margin, where = f"{leverage:g}x", usd(size / leverage), _where(terms.coin, end)
        curves.append(Curve(name=name, values=values, role=role, at=at, width=width, ends=end))
        closings.append(f"at {name} with {margin} of margin, closed at {where}")
        notes.append((f"{name}: margin, and closed at", f"{margin}, {where}"))
    return Lines(
        x=x, x_label=f"move of {terms.coin}", y_label=_EARNED, place=move,
        curves=tuple(curves), notes=tuple(notes), guess=guess,
        title=f"{moved}: {result}; each ends at its ✕",
        finding=f"A short of {usd(size)}, {moved}: {result.replace('any', 'every')}. The lines "
        f"coincide and differ only in where they end: {'; '.join(closings)}.",
        caption=f"{contracts:,.0f} contracts short, {moved}",
    )  # fmt: skip


def ticket(
    terms: hl.ContractTerms, price_usd: float, needed_usd: float, contracts: float,
    leverage: float, move: float,
) -> Lines:  # fmt: skip
    """Return what the short of an order ticket earns until its liquidation, and what is needed."""
    coin, size = terms.coin, contracts * terms.multiplier
    end = closed_at(terms, price_usd, contracts, leverage) / price_usd - 1
    x, closed, where = moves_to(move, -0.6, 1.3, 191, [end]), move >= end, _where(coin, end)
    covered, margin = percent(size / needed_usd), size / leverage
    look: Any = {"role": "short", "width": 3.6, "ends": end}
    earned = Curve.of(lambda m: -size * np.minimum(m, end), x, move, name="earned", **look)
    look = {"role": "altcoins", "width": 7.0}
    needed = Curve.of(lambda m: -needed_usd * m, x, move, name="needed", **look)
    results = f"{gain(earned.at)}, needed {gain(needed.at)}"
    text = f"{contracts:,.0f} contracts at {leverage:g}x, {coin} {move_text(move)}"
    return Lines(
        x=x, x_label=f"move of {coin}", y_label=_EARNED, place=move, curves=(needed, earned),
        title=f"{text}: {f'closed at {move_text(round(end, 3))}, ' if closed else ''}{results}",
        finding=f"{contracts:,.0f} contracts of {terms.face} are short {usd(size)}, {covered} of "
        f"the {usd(needed_usd)} needed. {coin} {move_text(move)}: earned {results}. At leverage "
        f"{leverage:g} the margin is {usd(margin)}, and {where} "
        f"{'has closed' if closed else 'closes'} the short.",
        caption=text,
        notes=(
            ("short", f"{usd(size)}, {covered} of what is needed"),
            ("margin", f"{usd(margin)}, {coins(margin / price_usd)} {coin}"),
            ("closed at", where),
        ),
    )  # fmt: skip


def synthetic_dollar(
    notional_usd: float, price_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return the value of a fully collateralised short and its ETH margin, over the move of ETH."""
    x, text = np.linspace(-0.6, 1.2, 181), f"ETH {move_text(move)}"

    def margin(moves: Any) -> Any:
        return notional_usd * (1 + moves)

    def short(moves: Any) -> Any:
        return hl.inverse_pnl_usd(-notional_usd, price_usd, price_usd * (1 + moves))

    curves = (
        Curve.of(margin, x, move, name="ETH margin", role="margin", width=3.6),
        Curve.of(short, x, move, name="short", role="short", width=3.6),
        Curve.of(
            lambda m: margin(m) + short(m), x, move, name="account", role="total", width=4.4,
            bold=True,
        ),
    )  # fmt: skip
    held, made, account = (usd(curve.at) for curve in curves)
    return Lines(
        x=x, y_label="value (USD)", place=move, caption=text, guess=guess, signed=False,
        curves=curves,
        title=f"{text}: margin {held}, short {made}, account {account}",
        finding=f"{text}: the margin is worth {held}, the short has made {made}, the account is "
        f"worth {account}. Over all moves the account is a flat line.",
    )  # fmt: skip
