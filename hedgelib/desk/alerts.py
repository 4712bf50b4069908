"""When to act, and what to add then: prices, leverage, funding and beta to watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

from hedgelib.contracts import ContractTerms

__all__ = ["Alert", "funding_alert", "leverage_alert", "price_alerts"]

DISTANCES = (0.6, 0.4, 0.25)
"""Shares of today's distance to the liquidation price at which to act."""

OVER_CAP = 1.25
"""Leverage over the cap at which to act; at the cap itself a plan begins."""

FUNDING_BOUND_8H = -0.0001
"""Funding rate per 8 hours below which holding the short costs 11% a year or more."""

_MONTH_SETTLEMENTS = 90
_STEPS = 200
_CLOSE = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What to watch for, and what to add to the margin when it happens.

    level : of what is watched: a price in USD, a rate per 8 hours, or a beta.
    price_usd : of the hedge coin when it happens.
    add, add_usd : margin to add, in its currency and in USD; `inf` where none is enough.
    contracts : to trade then, signed.
    coin, contract, currency : the hedge coin and the short that it is about, and its margin's unit.

    One that is `due` is liquidated at once: its margin is not above maintenance.
    """

    kind: Literal["due", "distance", "leverage", "funding", "beta_high", "beta_low"]
    level: float
    price_usd: float
    add: float
    add_usd: float
    contracts: float = 0.0
    share: float | None = None
    coin: str = ""
    contract: str = ""
    currency: str = ""


def price_alerts(
    price_usd: float,
    liquidation: Callable[[float], float],
    unit_usd: Callable[[float], float],
) -> tuple[Alert, ...]:
    """Return the prices at which the distance to liquidation has shrunk, and the top-up at each.

    The top-up brings back today's distance. **Source:** at a price `Q` with a liquidation price `L`
    the distance is ``L / Q - 1``, so it is a share `s` of today's at ``L / (1 + s (L / P - 1))``.

    Parameters
    ----------
    liquidation : callable
        Liquidation price with so much more margin, in the currency of the wallet; ``inf`` for none.
    unit_usd : callable
        Dollars that one unit of that currency is worth at a price of the coin.
    """
    now = liquidation(0.0)
    if not isfinite(now) or now <= price_usd:
        return ()
    distance = now / price_usd - 1
    alerts = []
    for share in DISTANCES:
        at = now / (1 + share * distance)
        add = _least(liquidation, at * (1 + distance), at / unit_usd(at))
        alerts.append(
            Alert(
                kind="distance",
                level=at,
                price_usd=at,
                add=add,
                add_usd=add * unit_usd(at),
                share=share,
            )
        )
    return tuple(alerts)


def _least(value: Callable[[float], float], wanted: float, start: float) -> float:
    """Return the least amount whose value is what is wanted; inf where none is.

    False position, because the reciprocal of a liquidation price of an inverse contract is a line
    in its margin; an end that is kept twice counts for half (the Illinois rule).
    """
    high = start
    for _ in range(_STEPS):
        if value(high) >= wanted:
            break
        high *= 2
    else:
        return inf
    low, before = 0.0, 0.0
    short, over = (1 / value(each) - 1 / wanted for each in (low, high))
    for _ in range(_STEPS):
        middle = (low * over - high * short) / (over - short)
        missing = 1 / value(middle) - 1 / wanted
        if abs(missing) * wanted < _CLOSE:
            return middle
        again = missing * before > 0
        if missing > 0:
            low, short, over = middle, missing, over / 2 if again else over
        else:
            high, over, short = middle, missing, short / 2 if again else short
        before = missing
    return high


def leverage_alert(
    contract: ContractTerms,
    contracts: float,
    price_usd: float,
    wallet: float,
    cap: float,
    *,
    in_coin: bool,
) -> Alert | None:
    """Return the price at which the leverage is well above its cap, and what brings it back.

    `wallet` is the equity of today in its currency. **Source:** a short of `N` USD at the price `P`
    has at `Q` the equity ``Q wallet - N (Q/P - 1)`` where the margin is coin, and
    ``wallet - N (Q/P - 1)`` where it is dollars; it is to be ``N / L``, for a linear contract with
    the `N` of then.
    """
    size, limit = contract.notional_usd(contracts, price_usd), OVER_CAP * cap
    coins = size / price_usd
    if in_coin:
        # An inverse contract on its own coin.
        per_coin = wallet - coins
        if per_coin >= 0:
            return None
        at = size * (1 / limit - 1) / per_coin
    elif contract.kind == "inverse":
        at = price_usd * (1 + (wallet - size / limit) / size)
    else:
        at = (wallet + size) / (coins * (1 + 1 / limit))
    if at <= 0:
        return None
    at = max(at, price_usd)
    then = contract.notional_usd(contracts, at)
    equity = (
        wallet * at - size * (at / price_usd - 1) if in_coin else wallet - coins * (at - price_usd)
    )
    add_usd = max(then / cap - equity, 0.0)
    return Alert(
        kind="leverage",
        level=limit,
        price_usd=at,
        add=add_usd / at if in_coin else add_usd,
        add_usd=add_usd,
    )


def funding_alert(notional_usd: float, price_usd: float, unit_usd: float) -> Alert:
    """Return the funding rate below which a short costs too much, and what it pays in 30 days."""
    paid = notional_usd * -FUNDING_BOUND_8H * _MONTH_SETTLEMENTS
    return Alert(
        kind="funding",
        level=FUNDING_BOUND_8H,
        price_usd=price_usd,
        add=paid / unit_usd,
        add_usd=paid,
    )
