"""What history says about a plan: how far its coin rose within a month, and what funding paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib.contracts import inverse_funding_coin, linear_funding_usd
from hedgelib.errors import HedgeError
from hedgelib.plan import HedgePlan
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.results import Cap, Funding, FundingHistory, Rallies

RALLY_DAYS = 30
CAPS = (1.5, 2.0, 3.0, 5.0)
"""Leverage caps that a report compares."""

_MONTH_DAYS = 30
_SETTLEMENTS_PER_DAY = 3


@dataclass(frozen=True, slots=True)
class Rises:
    """The highest close of the 30 days after each day, over that day's, less one.

    spans : first and last day of each stretch of daily closes, ISO.
    by_span : the rises of each, which look at no day of another.
    """

    spans: tuple[tuple[str, str], ...]
    by_span: tuple[FloatArray, ...]


def monthly_rises(data: market.Market, coin: str) -> Rises:
    """Look at all daily closes that there are: the bundled years, and those of the data."""
    closes = data.prices(coin).iloc[:, 0].dropna()
    bundled = market.Market.bundled()
    if coin in bundled.coins:
        closes = closes.combine_first(bundled.prices(coin).iloc[:, 0].dropna())
    breaks = np.flatnonzero(np.diff(closes.index.to_numpy()) > np.timedelta64(1, "D")) + 1
    spans, rises = [], []
    for days in np.split(np.arange(len(closes)), breaks):
        stretch = closes.iloc[days].to_numpy(dtype=np.float64)
        if stretch.size > RALLY_DAYS:
            ahead = np.lib.stride_tricks.sliding_window_view(stretch[1:], RALLY_DAYS).max(axis=1)
            first, last = (closes.index[at].date().isoformat() for at in (days[0], days[-1]))
            spans.append((first, last))
            rises.append(np.asarray(ahead / stretch[: ahead.size] - 1))
    return Rises(tuple(spans), tuple(rises))


def rallies(move: float, rises: Rises) -> Rallies | None:
    """Count the days from which the coin rose by a move within 30 days."""
    if not rises.spans:
        return None
    reached = [np.flatnonzero(each >= move) for each in rises.by_span]
    return Rallies(
        move=move,
        spans=rises.spans,
        starts=sum(each.size for each in rises.by_span),
        reached=sum(each.size for each in reached),
        # Starting days closer than that see one and the same rally.
        episodes=sum(
            int(np.count_nonzero(np.diff(each) > RALLY_DAYS) + bool(each.size)) for each in reached
        ),
        largest=max(float(each.max()) for each in rises.by_span),
    )


def caps(
    plan: HedgePlan,
    parameters: ReportParameters,
    planned: Callable[[float], HedgePlan],
    rises: Rises,
) -> tuple[Cap, ...]:
    """Compare leverage caps: the margin each needs and the rise each survives."""
    own = plan.collateral_usd
    found = {own: plan}
    for cap in CAPS:
        if cap == parameters.max_leverage and parameters.collateral_usd is None:
            continue
        try:
            other = planned(cap)
        except HedgeError:
            continue
        found.setdefault(other.collateral_usd, other)
    return tuple(
        Cap(
            leverage=found[usd].leverage,
            collateral_usd=usd,
            notional_usd=found[usd].notional_usd,
            liquidation_price_usd=found[usd].liquidation_price_usd,
            liquidation_move=found[usd].liquidation_move,
            rallies=rallies(found[usd].liquidation_move, rises),
            own=usd == own,
        )
        for usd in sorted(found, reverse=True)
    )


def funding(plan: HedgePlan, parameters: ReportParameters, data: market.Market) -> Funding | None:
    """Compute what funding pays to a position, from the history or at an assumed rate."""

    def received_usd(rate: float) -> float:
        c = plan.contract
        if c.kind == "inverse":
            coins = inverse_funding_coin(plan.contracts, plan.price_usd, rate, c.multiplier)
            once = coins * plan.price_usd
        else:
            once = linear_funding_usd(plan.contracts, plan.price_usd, rate, c.multiplier)
        return float(once) * _SETTLEMENTS_PER_DAY * _MONTH_DAYS

    table = data.funding_monthly()
    history = _history(table[table["coin"] == plan.contract.coin], received_usd)
    assumed = parameters.funding_rate_8h
    if isinstance(assumed, float):
        return Funding(
            assumed=True, rate_8h=assumed, month_usd=received_usd(assumed), history=history
        )
    if history is None:
        return None
    return Funding(
        assumed=False, rate_8h=history.mean_8h, month_usd=history.month_usd, history=history
    )


def _history(table: Any, received_usd: Callable[[float], float]) -> FundingHistory | None:
    if table.empty:
        return None

    def mean(rows: Any) -> float:
        return float(np.average(rows["mean_8h"], weights=rows["settlements"]))

    months = table["month"].astype(str).str.slice(0, 7)
    worst = int(np.argmin(table["mean_8h"].to_numpy()))
    rates = (mean(table), mean(table.iloc[-12:]), float(table["mean_8h"].iloc[worst]))
    return FundingHistory(
        first_month=str(months.iloc[0]),
        last_month=str(months.iloc[-1]),
        mean_8h=rates[0],
        recent_mean_8h=rates[1],
        worst_month=str(months.iloc[worst]),
        worst_mean_8h=rates[2],
        month_usd=received_usd(rates[0]),
        recent_month_usd=received_usd(rates[1]),
        worst_month_usd=received_usd(rates[2]),
    )
