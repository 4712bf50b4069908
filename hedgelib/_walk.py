"""One path of a replay in plain numbers: run as it is for one path, compiled for many with numba.

A position needs no average entry to be valued. Selling a face of `x` fetches something, `paid`
keeps the sum of it, and what the position has made is what `paid` is worth less what buying the
`short` back costs now::

    inverse   profit_usd = paid * spot + short * spot / perp    paid: coins, falls by x / perp
    linear    profit_usd = paid        - short * perp           paid: USD, rises by x * perp

`short` is the face sold: USD for an inverse contract, coins for a linear one, below zero for a
long. Adds, partial closes and flips are all the same fill. Nothing here knows numpy, which is what
lets the very same lines run under the interpreter and under the compiler.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

__all__ = [
    "OUTCOME",
    "RECORD",
    "Columns",
    "Terms",
    "compiled",
    "walk",
    "walk_in_python",
    "walk_many",
]

RECORD = (
    "kept",
    "whole",
    "wallet",
    "paid",
    "short",
    "collateral",
    "hedge",
    "basis",
    "funding",
    "turnover",
    "lost",
    "added",
    "ratio",
)
"""What :func:`walk` writes down about every date, in this order."""

OUTCOME = (
    "kept",
    "whole",
    "equity",
    "funding",
    "turnover",
    "lost",
    "added",
    "liquidated_at",
    "least_ratio",
    "drawdown",
    "whole_drawdown",
)
"""What :func:`walk` writes down about a path as a whole, in this order."""

# A float of this size has no room for a fraction, so adding it rounds.
_NO_FRACTION = 2.0**52


class Terms(NamedTuple):
    """Constants of a path: the contract, the account and the rules.

    The short wanted is `per_kept` times the book that is kept, plus `per_coin` times the coin in
    the account, plus `per_whole` times the book nobody hedged; `grow` and `cut` are what the coin
    spent on the trade itself leaves of a change. `lot` is the face of one lot, 0 where any size is
    taken. `tiers_in_face` says that the tiers of the ladder count the face of the position. Above
    a ratio of equity to notional of `alarm` neither maintenance nor a top-up can be due.
    """

    inverse: bool
    coin_margin: bool
    maintenance_at_entry: bool
    tiers_in_face: bool
    alarm: float
    cost_rate: float
    lot: float
    lots_per_face: float
    max_leverage: float
    per_kept: float
    per_coin: float
    per_whole: float
    grow: float
    cut: float
    band: float
    trigger: float
    top_up_leverage: float
    budget_usd: float
    book_given: bool
    kept_beta: float
    whole_beta: float
    kept_share: float
    used_coin: float


class Columns(NamedTuple):
    """The market and the orders: a value for each date, or for many paths a row of them for each.

    Funding and residual have a value for each step, so theirs at `t - 1` is for the step that ends
    at `t`. In a column of rows, what all paths share has one row.
    """

    price: Any
    spot_per_perp: Any
    funding: Any
    residual: Any
    book: Any
    active: Any
    due: Any


class Start(NamedTuple):
    """Start of a path; the wallet in the currency of the margin, `short` in face."""

    kept: float
    whole: float
    wallet: float
    short: float


class Bar(NamedTuple):
    """Prices of a date: USD for a unit of wallet, of what was paid and of short.

    `fill` is what a face sold takes off `paid`; `toll` is the value of a face in the currency of
    the margin.
    """

    price: float
    gap: float
    wallet: float
    paid: float
    short: float
    fill: float
    toll: float


class Account(NamedTuple):
    """The futures account.

    `at_spot` is what `paid` would be had the perpetual traded at spot; `cost` is the notional at
    average entry, kept only where maintenance margin is calculated at it.
    """

    wallet: float
    paid: float
    short: float
    at_spot: float
    cost: float


class Totals(NamedTuple):
    """Sums since the start, each in USD at the spot price of its date."""

    collateral: float
    hedge: float
    basis: float
    funding: float
    turnover: float
    lost: float
    added: float


EMPTY = Account(0.0, 0.0, 0.0, 0.0, 0.0)
NOTHING = Totals(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def bar_at(k: Terms, price: float, gap: float) -> Bar:
    """Return the prices of a date; `gap` is spot over perpetual."""
    if not k.inverse:
        perp = price / gap
        return Bar(price, gap, 1.0, 1.0, -perp, -perp, perp)
    coins = gap / price
    if k.coin_margin:
        return Bar(price, gap, price, price, gap, coins, coins)
    return Bar(price, gap, 1.0, price, gap, coins, gap)


def equity_usd(bar: Bar, a: Account) -> float:
    """Return the equity of the account, USD."""
    return a.wallet * bar.wallet + a.paid * bar.paid + a.short * bar.short


def grow_books(
    k: Terms, move: float, residual: float, kept: float, whole: float
) -> tuple[float, float]:
    """Move the hedged and the unhedged book; neither falls below zero."""
    return (
        kept * (1.0 + max(k.kept_beta * move + residual, -1.0)),
        whole * (1.0 + max(k.whole_beta * move + residual, -1.0)),
    )


def hold(
    k: Terms, was: Bar, bar: Bar, rate: float, a: Account, s: Totals
) -> tuple[Account, Totals]:
    """Add the position's profit or loss, then settle funding at the mark at the end of the step."""
    move = bar.price - was.price
    hedge = (a.at_spot if k.inverse else -a.short) * move
    gain = a.paid * (bar.paid - was.paid) + a.short * (bar.short - was.short)
    received = a.short * bar.toll * rate
    return (
        Account(a.wallet + received, a.paid, a.short, a.at_spot, a.cost),
        Totals(
            s.collateral + (a.wallet * move if k.coin_margin else 0.0),
            s.hedge + hedge,
            s.basis + (gain - hedge),
            s.funding + received * bar.wallet,
            s.turnover,
            s.lost,
            s.added,
        ),
    )


def maintenance_usd(
    k: Terms, bar: Bar, a: Account, rates: Any, amounts: Any, notional: float
) -> float:
    """Return the maintenance margin, the maximum over tiers of ``rate * notional - amount``.

    The ladder is in coins for an inverse contract, in USD for a linear one; or in the face of
    either, which no price moves, and then it yields a share of the notional.
    """
    unit = bar.price if k.inverse else 1.0
    base, need = a.cost if k.maintenance_at_entry else notional / unit, 0.0
    size = abs(a.short) if k.tiers_in_face else base
    for i in range(len(rates)):
        need = max(need, rates[i] * size - amounts[i])
    if k.tiers_in_face and size > 0.0:
        need *= base / size
    return need * unit


def lose(equity: float, s: Totals) -> tuple[Account, Totals]:
    """Liquidate the position: the account loses all its margin to the venue."""
    return (
        EMPTY,
        Totals(s.collateral, s.hedge, s.basis, s.funding, s.turnover, s.lost + equity, s.added),
    )


def top_up(
    k: Terms, bar: Bar, a: Account, s: Totals, equity: float, notional: float
) -> tuple[Account, Totals]:
    """Add margin from outside, down to the wanted leverage or until the budget is used up."""
    added = min(notional / k.top_up_leverage - equity, k.budget_usd - s.added)
    return (
        Account(a.wallet + added / bar.wallet, a.paid, a.short, a.at_spot, a.cost),
        Totals(s.collateral, s.hedge, s.basis, s.funding, s.turnover, s.lost, s.added + added),
    )


def whole_lots(k: Terms, face: float) -> float:
    """Round to the nearest lot; a half goes to the even one."""
    if k.lot == 0.0:
        return face
    lots = face * k.lots_per_face
    if lots > 0.0:
        return ((lots + _NO_FRACTION) - _NO_FRACTION) * k.lot
    return ((lots - _NO_FRACTION) + _NO_FRACTION) * k.lot


def to_sell(k: Terms, bar: Bar, a: Account, kept: float, whole: float) -> float:
    """Return the face to sell (negative: to buy) to reach the target hedge."""
    equity = equity_usd(bar, a)
    coin = equity
    if not k.coin_margin:
        coin = equity - a.wallet if k.inverse else 0.0
    short = a.short if k.inverse else -a.short * bar.short
    target = k.per_kept * kept + k.per_coin * coin + k.per_whole * whole
    missing = target - short
    if abs(missing) <= k.band * abs(target):
        return 0.0
    wanted = short + missing * (k.grow if missing > 0.0 else k.cut)
    most = max(abs(short), k.max_leverage * equity)
    if abs(wanted) > most:
        wanted = min(max(wanted, -most), most)
    if not k.inverse:
        wanted /= bar.toll
    return whole_lots(k, wanted) - a.short


def cost_after(a: Account, face: float, value: float) -> float:
    """Return the notional at average entry after a fill; a reduction removes its share."""
    if a.short * face >= 0.0:
        return a.cost + value
    if abs(face) <= abs(a.short):
        return a.cost * (1.0 + face / a.short)
    return value * (1.0 + a.short / face)


def fill(k: Terms, bar: Bar, a: Account, s: Totals, face: float) -> tuple[Account, Totals]:
    """Sell at the perpetual's price, and pay fee and slippage from the wallet."""
    spent = abs(face) * bar.toll * k.cost_rate
    traded = abs(face * bar.short)
    cost = cost_after(a, face, abs(face * bar.fill)) if k.maintenance_at_entry else 0.0
    at_spot = a.at_spot - face / bar.price
    return (
        Account(a.wallet - spent, a.paid - face * bar.fill, a.short + face, at_spot, cost),
        Totals(s.collateral, s.hedge, s.basis, s.funding, s.turnover + traded, s.lost, s.added),
    )


def trade(
    k: Terms, bar: Bar, active: bool, due: bool, kept: float, whole: float, a: Account, s: Totals
) -> tuple[Account, Totals]:
    """Close the hedge if the rules switch it off; else open it, or adjust it when due."""
    face = 0.0
    if not active:
        face = -a.short
    elif due or a.short == 0.0:
        face = to_sell(k, bar, a, kept, whole)
    if face == 0.0:
        return a, s
    return fill(k, bar, a, s, face)


def note(
    record: Any, t: int, kept: float, whole: float, a: Account, s: Totals, ratio: float
) -> None:
    """Record a date, in the order of RECORD."""
    record[t, 0], record[t, 1] = kept, whole
    record[t, 2], record[t, 3], record[t, 4] = a.wallet, a.paid, a.short
    record[t, 5], record[t, 6], record[t, 7] = s.collateral, s.hedge, s.basis
    record[t, 8], record[t, 9], record[t, 10] = s.funding, s.turnover, s.lost
    record[t, 11], record[t, 12] = s.added, ratio


def walk(
    k: Terms, rates: Any, amounts: Any, c: Columns, first: Start, out: Any, record: Any
) -> None:
    """Run a path to its end: market, funding, liquidation, top-up, trade, in that order."""
    kept, whole, wallet, face = first
    book_usd = whole / c.book[0]
    bar = bar_at(k, c.price[0], c.spot_per_perp[0])
    account, totals = Account(wallet, 0.0, 0.0, 0.0, 0.0), NOTHING
    if c.active[0]:
        account, totals = fill(k, bar, account, totals, face)
    equity, notional = equity_usd(bar, account), abs(account.short * bar.short)
    least = equity / notional if notional > 0.0 else math.inf
    peak, top, liquidated_at, fall, drop = kept + equity, whole, -1.0, 0.0, 0.0
    if record is not None:
        note(record, 0, kept, whole, account, totals, least)
    for t in range(1, len(c.price)):
        was, bar = bar, bar_at(k, c.price[t], c.spot_per_perp[t])
        if k.book_given:
            whole = c.book[t] * book_usd
            kept = (whole - k.used_coin * bar.price) * k.kept_share
        else:
            move = bar.price / was.price - 1.0
            kept, whole = grow_books(k, move, c.residual[t - 1], kept, whole)
        account, totals = hold(k, was, bar, c.funding[t - 1], account, totals)
        equity, notional = equity_usd(bar, account), abs(account.short * bar.short)
        if notional > 0.0:
            if equity < least * notional:
                least = equity / notional
            if equity <= k.alarm * notional:
                if equity <= maintenance_usd(k, bar, account, rates, amounts, notional):
                    account, totals = lose(equity, totals)
                    liquidated_at = float(t)
                elif equity < k.trigger * notional:
                    account, totals = top_up(k, bar, account, totals, equity, notional)
        if liquidated_at < 0.0:
            account, totals = trade(k, bar, c.active[t], c.due[t], kept, whole, account, totals)
        wealth = kept + equity_usd(bar, account) - totals.added
        peak, top = max(peak, wealth), max(top, whole)
        if wealth < peak * (1.0 - fall):
            fall = 1.0 - wealth / peak
        if whole < top * (1.0 - drop):
            drop = 1.0 - whole / top
        if record is not None:
            ratio = equity / notional if notional > 0.0 else math.inf
            note(record, t, kept, whole, account, totals, ratio)
    out[0], out[1], out[2] = kept, whole, equity_usd(bar, account)
    out[3], out[4], out[5], out[6] = totals.funding, totals.turnover, totals.lost, totals.added
    out[7], out[8], out[9], out[10] = liquidated_at, least, fall, drop


def path_of(c: Columns, i: int) -> Columns:
    """Return the columns of one path."""
    return Columns(
        c.price[i],
        c.spot_per_perp[i % len(c.spot_per_perp)],
        c.funding[i % len(c.funding)],
        c.residual[i % len(c.residual)],
        c.book[i % len(c.book)],
        c.active[i % len(c.active)],
        c.due[i % len(c.due)],
    )


def walk_many(k: Terms, rates: Any, amounts: Any, c: Columns, first: Start, out: Any) -> None:
    """Run every path to its end, with a row of `out` for each."""
    for i in range(len(c.price)):
        walk(k, rates, amounts, path_of(c, i), first, out[i], None)


def walk_in_python(k: Terms, rates: Any, amounts: Any, c: Columns, first: Start, out: Any) -> None:
    """Run every path as :func:`walk_many` does, under the interpreter."""
    ladder = rates.tolist(), amounts.tolist()
    for i in range(len(c.price)):
        # Python's own floats are several times as fast as numpy's scalars.
        path = Columns(*(column.tolist() for column in path_of(c, i)))
        walk(k, *ladder, path, first, out[i], None)


@cache
def compiled() -> Callable[..., None] | None:
    """Return :func:`walk_many` compiled, or ``None`` without numba.

    The first time ever takes seconds, then it is on disk.
    """
    try:
        from numba import njit
        from numba.extending import register_jitable
    except ImportError:
        return None
    called = (bar_at, equity_usd, grow_books, hold, maintenance_usd, lose, top_up, whole_lots)
    for function in (*called, to_sell, cost_after, fill, trade, note, walk, path_of):
        # Left to itself the compiler passes the account through memory, at four times the time.
        register_jitable(forceinline=True)(function)
    try:
        fast: Callable[..., None] = njit(walk_many, cache=True, error_model="numpy")
    except RuntimeError:  # nowhere to keep it: a read-only machine
        fast = njit(walk_many, error_model="numpy")
    return fast
