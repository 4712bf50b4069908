"""What lesson 05 computes: the account of a short, two wallets in a rally, and how far is far."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

import hedgelib as hl
from hedgelib import market
from hedgelib._check import POSITIVE, FloatArray, one_of, series
from hedgelib._text import percent, usd
from hedgelib.show import Guess
from hedgelib.show.lines import Curve, Lines
from hedgelib.show.palette import Role
from hedgelib.show.wallets import WalletPath

_RATE = hl.ASSUMED_MAINTENANCE_RATE
RALLIES: dict[str, tuple[str, str] | None] = {
    "up 70%, and back": None,
    "summer of 2022": ("2022-07-12", "2022-10-13"),
    "first half of 2021": ("2020-12-31", "2021-07-20"),
}
"""First and last day of real rallies of ETH; none of the invented one."""


def price_text(price_usd: float) -> str:
    """Return a price as text, or "never" for infinity."""
    return usd(price_usd) if np.isfinite(price_usd) else "never"


def falls_and_rallies(
    notional_usd: float, price_usd: float, leverage: float, *, guess: str | None = None
) -> Lines:
    """Return equity and maintenance margin of a short above 1x, and a market guessed to end it."""
    account = -notional_usd, price_usd, notional_usd / price_usd / leverage
    ends_usd: float = hl.inverse_liquidation_price(*account, maintenance_rate=_RATE)
    end, fall = ends_usd / price_usd - 1, -0.3
    x = np.linspace(-0.4, max(0.4, 1.4 * end), 321)

    def equity(moves: Any) -> Any:
        return hl.coin_account(*account, price_usd * (1 + moves))[0]

    def needed(moves: Any) -> Any:
        return _RATE * notional_usd / price_usd / (1 + moves)

    at = {move: float(equity(move)) for move in (fall, end)}
    guessed = {None: [], "a crash": [fall], "a rally": [end], "either": [fall, end]}[guess]
    ends = f"{usd(ends_usd)} ({percent(end, signed=True, digits=1)})"
    look: Any = {"role": "total", "width": 4.2, "bold": True, "ends": end}
    return Lines(
        x=x, x_label="move of ETH (line: the short is closed)", y_label="futures account (ETH)",
        unit="ETH", place=end, caption=f"Short {usd(notional_usd)} at {leverage:g}x, at the end",
        signed=False,
        curves=(
            Curve.of(equity, x, end, name="equity", **look),
            Curve.of(needed, x, end, name="maintenance\nmargin", role="unhedged"),
        ),
        title=f"At {leverage:g}x a fall fills the account; ETH {percent(end, signed=True)} "
        "empties it",
        finding=f"Account of a short of {usd(notional_usd)} at {leverage:g}x, in ETH. It holds "
        f"{account[-1]:.3f} at the start, {at[fall]:.3f} after a fall of {percent(-fall)}, and "
        f"less the more ETH rises. At {ends} it is down to the maintenance margin, and the "
        f"short is closed.{f' Your guess: {guess}.' if guess else ''}",
        notes=(("Ends at", ends),),
        remarks=tuple(
            Guess(x=move, y=at[move], side="above" if move > 0 else "right") for move in guessed
        ),
    )  # fmt: skip


def same_short_at(
    venues: Sequence[str], notional_usd: float, margin_usd: float, price_usd: float
) -> list[tuple[str, ...]]:
    """Return venue, rate (assumed?), its fee and basis, and the liquidation price."""
    rows: list[tuple[str, ...]] = []
    for terms in map(market.contract, venues):
        rate = None if terms.maintenance_rates else _RATE
        account = -notional_usd / terms.multiplier, price_usd, margin_usd / price_usd
        ends = hl.liquidation_price(terms, *account, maintenance_rate=rate)
        shown = percent(rate or terms.maintenance_rates[0], digits=1) + ("?" if rate else "")
        fee = "plus taker fee" if terms.liquidation_fee == "taker" else ""
        rows.append((terms.venue, shown, fee, f"at the {terms.maintenance_basis}", usd(ends)))
    return rows


def rally(name: str, price_usd: float = 3_500.0) -> pd.Series:
    """Return the closes of one of :data:`RALLIES`; an invented one starts at the price given."""
    one_of("name", name, tuple(RALLIES))
    span = RALLIES[name]
    if span:
        return market.prices("ETH", *span)["ETH"].rename(name)
    return pd.Series(price_usd * (1.7 - 0.7 * np.abs(np.linspace(-1, 1, 141))), name=name)


def two_wallets(
    closes: pd.Series, book_usd: float, margin_usd: float, *, top_up: bool = False
) -> WalletPath:
    """Return a hedged book and the account of its short, day by day in a rally of ETH.

    The altcoins follow ETH one for one, the margin is ETH bought with new money, and the short
    covers both until a close liquidates it with all its margin. With `top_up`, altcoins are sold
    for margin whenever the leverage has doubled. Costs are left out.
    """
    entry, short = float(closes.iloc[0]), book_usd + margin_usd

    def liquidation(coins: float) -> float:
        return float(hl.inverse_liquidation_price(-short, entry, coins, maintenance_rate=_RATE))

    coins, kept, ended = margin_usd / entry, 1.0, None
    first = ends = liquidation(coins)
    spot, futures = np.zeros(len(closes)), np.zeros(len(closes))
    top_ups = []
    for i, price in enumerate(closes.to_list()):
        book = book_usd * price / entry
        if ended is None and price >= ends:
            ended = i
        elif ended is None:
            futures[i] = coins * price - short * (price / entry - 1)
            if top_up and futures[i] * 2 <= margin_usd * (1 + 1e-12):
                sold = min(margin_usd - futures[i], kept * book)
                kept -= sold / book
                coins += sold / price
                futures[i] += sold
                top_ups.append((i, float(sold)))
                ends = liquidation(coins)
        spot[i] = kept * book
    return WalletPath(
        coin="ETH", closes=closes, spot_usd=spot, futures_usd=futures, notional_usd=short,
        liquidation_usd=first, ended=ended, ended_usd=float("inf") if ended is None else ends,
        top_ups=tuple(top_ups), kept_share=kept,
    )  # fmt: skip


def best_rise(prices_usd: ArrayLike, days: int) -> FloatArray:
    """Return the largest rise of a close in the days after each day; below 0 if it only fell."""
    prices = series("prices_usd", prices_usd, rule=POSITIVE, at_least=days + 1)
    windows = np.lib.stride_tricks.sliding_window_view(prices, days + 1)
    return np.asarray(windows[:, 1:].max(axis=1) / windows[:, 0] - 1)


_HORIZONS: dict[int, Role] = {7: "altcoins", 30: "margin", 90: "unhedged"}


def far_is_far(
    coin: str, leverage: float, *, maintenance_rate: float = _RATE, guess: float | None = None
) -> Lines:
    """Return shares of days from which a coin rose so far within three holding periods."""
    closes = market.prices(coin)[coin].dropna()
    prices = closes.to_numpy()
    price = hl.inverse_liquidation_price(-1.0, 1.0, 1 / leverage, maintenance_rate=maintenance_rate)
    volatility = float(hl.log_returns(prices).std(ddof=1))
    move, deviations = (float(value) for value in hl.liquidation_distance(1.0, price, volatility))
    x = np.linspace(0, max(1.2, 1.05 * move), 241)

    def reached(held: int, rise: Any) -> Any:
        rises = np.sort(best_rise(prices, held))
        return 1 - np.searchsorted(rises, rise) / rises.size

    looks: Any = [{"role": role, "bold": held == 30} for held, role in _HORIZONS.items()]
    curves = tuple(
        Curve.of(partial(reached, held), x, move, name=f"within {held} days", **look)
        for held, look in zip(_HORIZONS, looks, strict=True)
    )
    shares = ", ".join(f"{curve.name} {percent(curve.at, digits=1)}" for curve in curves)
    span = f"{closes.index[0]:%Y} to {closes.index[-1]:%Y}"
    return Lines(
        x=x, x_label=f"rise of {coin} (line: where a short at {leverage:g}x ends)",
        y_label="share of all days", unit="share", place=move,
        caption=f"Short {coin} at {leverage:g}x, {span}", guess=guess, signed=False,
        curves=curves,
        title=f"A {leverage:g}x short ends at {percent(move, signed=True)}; {coin} got there "
        f"within 30 days {percent(curves[1].at)} of the time",
        finding=f"{coin}, {span}: a short at {leverage:g}x is liquidated by a rise of "
        f"{percent(move, digits=2)}, {deviations:.1f} daily standard deviations away. Share of "
        f"days from which {coin} closed that high in time: {shares}.",
        notes=(
            ("Rise that liquidates", percent(move, digits=2)),
            (f"Daily standard deviation of {coin}", percent(volatility, digits=2)),
            ("Distance in daily standard deviations", f"{deviations:.1f}"),
        ),
    )  # fmt: skip
