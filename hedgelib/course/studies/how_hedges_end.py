"""What ended hedges besides a rally: the venue, auto-deleveraging, the stablecoin, a spike.

Prices are closes, as in :mod:`hedgelib.course.studies.living`. The days of FTX and the price of
USDC are not in the bundled data: they come from the reports named with them.
"""

from __future__ import annotations

import numpy as np

from hedgelib import market
from hedgelib.course.studies.living import (
    BOOK_USD,
    LINEAR,
    Crash,
    beta_before,
    book_from,
    daily_funding,
)
from hedgelib.margin import inverse_liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, DEFAULT_MAX_LEVERAGE, plan_hedge
from hedgelib.replay import Replay, replay

FTX_BANKRUPT = "2022-11-11"
"""FTX filed for bankruptcy: CBS News, 11 November 2022."""
USDC_LOW, USDC_LOW_DAY = 0.88, "2023-03-11"
"""Price of a USDC in USD at its lowest (CoinGecko), and the day: CNN Business, 11 March 2023."""


def step_of(found: Crash, day: str) -> int:
    """Return the step of a crash on which a day closes."""
    return int(np.flatnonzero(found.dates == day)[0])


def profit_if_a_venue_fails(run: Replay, step: int, venues: int = 1) -> float:
    """Return the profit at the end in USD if one of some equal venues fails on a step.

    The rest of the margin and of the short stays where it is, and nothing is opened again.
    """
    kept, failed = run.pnl_usd[-1], run.pnl_if_venue_fails_usd(step)[-1]
    return float(kept - (kept - failed) / venues)


def deleveraged(found: Crash, step: int) -> Replay:
    """Return the beta hedge of a crash, its short closed on a step and not opened again."""
    run, flags = found.runs.plan, np.arange(found.dates.size) < step
    return replay(
        run.plan, run.price_usd, book_usd=run.unhedged_usd, dates=run.dates,
        funding_rate=daily_funding(found.dates), band=0.05, active=flags,
    )  # fmt: skip


def risk_from(run: Replay, step: int) -> tuple[float, float]:
    """Return the standard deviation of a day and the maximum drawdown from a step on, USD."""
    pnl = run.pnl_usd[step:]
    return float(np.diff(pnl).std(ddof=1)), float((np.maximum.accumulate(pnl) - pnl).max())


def tightest(run: Replay) -> tuple[int, float, float]:
    """Return the step of the close with the least room, that room, and the profit without it.

    The room is the rise of the mark beyond a close that liquidates a short with coin margin, before
    a next close that does not: a decimal. Liquidated there, it loses all that was posted, and the
    profit is that at the end, USD.
    """
    gone = run.liquidated_at
    alive = slice(1, -1 if gone is None else gone - 1)
    price, coins, short = run.price_usd[alive], run.equity_coin[alive], run.notional_usd[alive]
    rate = run.plan.maintenance_rate
    ends = np.asarray(inverse_liquidation_price(-short, price, coins, maintenance_rate=rate))
    rises = ends / price - 1
    step = 1 + int(rises.argmin())
    return step, float(rises.min()), float(run.pnl_if_venue_fails_usd(step)[-1])


def hedge_of_march_2023(*, max_leverage: float = DEFAULT_MAX_LEVERAGE) -> Replay:
    """Return the replay of a linear hedge in March 2023, its stablecoin at a dollar throughout."""
    start, end = "2023-02-28", "2023-03-31"
    eth = market.prices(["ETH"]).loc[start:end, "ETH"]
    plan = plan_hedge(
        BOOK_USD, beta_before(start).beta, LINEAR, float(eth.iloc[0]), collateral="stablecoin",
        max_leverage=max_leverage, maintenance_rate=ASSUMED_MAINTENANCE_RATE,
    )  # fmt: skip
    book, funding = book_from(start, end), daily_funding(eth.index)
    return replay(plan, eth, book_usd=book, funding_rate=funding, band=0.05)


def lost_peg(equity: float, short: float, peg: float) -> tuple[float, float]:
    """Return what a stablecoin below par costs, USD: of the margin, and of margin and short.

    A short quoted in the stablecoin has sold the coin for it, so it loses on both.
    """
    return (1 - peg) * equity, (1 - peg) * (equity + short)


def leverage_that_ends(peg: float) -> float:
    """Return the leverage of a short quoted in a stablecoin that its fall to a price liquidates.

    The coin costs ``1 / peg`` in it: ``1 / L = (1 + m) / peg - 1`` with the maintenance rate.
    """
    return 1 / ((1 + ASSUMED_MAINTENANCE_RATE) / peg - 1)
