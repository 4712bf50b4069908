"""What lesson 04 computes: leverage, an order ticket, and the synthetic dollar."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

import hedgelib as hl
from hedgelib._check import FloatArray
from hedgelib._text import percent, usd
from hedgelib.show.lines import Curve, Lines, coins, move_text
from hedgelib.show.palette import Role


def closed_at(
    terms: hl.ContractTerms, price_usd: float, contracts: float, leverage: float
) -> float:
    """Return the liquidation price, USD, of a short with notional over leverage as coin margin.

    It is ``inf`` where no price liquidates it.

    >>> round(closed_at(hl.market.contract("binance:ETHUSD_PERP"), 3500, 1000, 10), 2)
    3850.0
    """
    margin = hl.inverse_initial_margin_coin(contracts, price_usd, leverage, terms.multiplier)
    rate = hl.ASSUMED_MAINTENANCE_RATE
    return hl.liquidation_price(terms, -contracts, price_usd, margin, maintenance_rate=rate)


def _where(coin: str, end: float) -> str:
    return f"{coin} {move_text(round(end, 3))}" if np.isfinite(end) else "no price"


def _moves(move: float, ends: Sequence[float]) -> FloatArray:
    """Return moves of the coin, with a point on each side of where a short is closed."""
    x = np.linspace(min(-0.6, move), max(1.3, move), 191)
    edges = [end + step for end in ends if end < x[-1] for step in (-1e-9, 1e-9)]
    return np.sort(np.append(x, edges))


def _gains(coin: str, x: FloatArray, move: float, **more: Any) -> Lines:
    """Return a picture of what shorts earn, with the margin left out."""
    y_label = "gain or loss of the short (USD)"
    return Lines(x=x, x_label=f"move of {coin}", y_label=y_label, unit="USD", place=move, **more)


def same_short(
    terms: hl.ContractTerms, price_usd: float, contracts: float, leverages: Sequence[float],
    move: float, *, guess: float | None = None,
) -> Lines:  # fmt: skip
    """Return the profit of one short at several leverages, each up to its liquidation."""
    size, moved = contracts * terms.multiplier, f"{terms.coin} {move_text(move)}"
    ends = [closed_at(terms, price_usd, contracts, lev) / price_usd - 1 for lev in leverages]
    x = _moves(move, ends)
    which = "at any leverage" if move < min(ends) else "where the short is still open"
    result = f"{usd(-size * move, signed=True)} {which}"
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
    return _gains(
        terms.coin, x, move,
        curves=tuple(curves),
        title=f"{moved}: {result}; each ends at its ✕",
        finding=(
            f"A short of {usd(size)}, {moved}: {result.replace('any', 'every')}. The lines "
            f"coincide and differ only in where they end: {'; '.join(closings)}."
        ),
        caption=f"{contracts:,.0f} contracts short, {moved}",
        notes=tuple(notes),
        guess=guess,
    )  # fmt: skip


def ticket(
    terms: hl.ContractTerms, price_usd: float, needed_usd: float, contracts: float,
    leverage: float, move: float,
) -> Lines:  # fmt: skip
    """Return what the short of an order ticket earns, and what the hedge needs it to earn.

    After liquidation the loss stays the same.
    """
    coin, size = terms.coin, contracts * terms.multiplier
    end = closed_at(terms, price_usd, contracts, leverage) / price_usd - 1
    x, closed, where = _moves(move, [end]), move >= end, _where(coin, end)
    covered, margin = percent(size / needed_usd), size / leverage
    earned, needed = -size * min(move, end), -needed_usd * move
    results = f"{usd(earned, signed=True)}, needed {usd(needed, signed=True)}"
    text = f"{contracts:,.0f} contracts at {leverage:g}x, {coin} {move_text(move)}"
    return _gains(
        coin, x, move,
        curves=(
            Curve(name="needed", values=-needed_usd * x, role="altcoins", at=needed, width=7.0),
            Curve(
                name="earned", values=-size * np.minimum(x, end), role="short", at=earned,
                width=3.6, ends=end,
            ),
        ),
        title=f"{text}: {f'closed at {move_text(round(end, 3))}, ' if closed else ''}{results}",
        finding=(
            f"{contracts:,.0f} contracts of {terms.face} are short {usd(size)}, {covered} of the "
            f"{usd(needed_usd)} needed. {coin} {move_text(move)}: earned {results}. At leverage "
            f"{leverage:g} the margin is {usd(margin)}, and {where} "
            f"{'has closed' if closed else 'closes'} the short."
        ),
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
    x, margin_coin, text = (
        np.linspace(-0.6, 1.2, 181),
        notional_usd / price_usd,
        f"ETH {move_text(move)}",
    )
    prices = price_usd * (1 + np.append(x, move))
    short_usd = np.asarray(hl.inverse_pnl_usd(-notional_usd, price_usd, prices))
    parts: list[tuple[str, Role, FloatArray, float]] = [
        ("ETH margin", "margin", margin_coin * prices, 3.6),
        ("short", "short", short_usd, 3.6),
        ("account", "total", margin_coin * prices + short_usd, 4.4),
    ]
    margin, short, account = (usd(values[-1]) for _, _, values, _ in parts)
    return Lines(
        x=x, x_label="move of ETH", y_label="value (USD)", unit="USD", place=move, caption=text,
        guess=guess, signed=False,
        curves=tuple(
            Curve(
                name=name, values=values[:-1], role=role, at=float(values[-1]), width=width,
                bold=role == "total",
            )
            for name, role, values, width in parts
        ),
        title=f"{text}: margin {margin}, short {short}, account {account}",
        finding=f"{text}: the margin is worth {margin}, the short has made {short}, the account is "
        f"worth {account}. Over all moves the account is a flat line.",
    )  # fmt: skip
