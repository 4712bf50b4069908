"""What ended hedges besides a rally: the venue, auto-deleveraging, the stablecoin, a spike.

Prices are closes, as in :mod:`hedgelib.course.studies.living`. The days of FTX and the price of
USDC are not in the bundled data: they come from the reports named with them.
"""

from __future__ import annotations

import numpy as np

from hedgelib._result import drawdown
from hedgelib.course.studies import living
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, DEFAULT_MAX_LEVERAGE
from hedgelib.replay import Replay, replay

FTX_BANKRUPT = "2022-11-11"
"""FTX filed for bankruptcy: CBS News, 11 November 2022."""
USDC_LOW, USDC_LOW_DAY = 0.88, "2023-03-11"
"""Price of a USDC in USD at its lowest (CoinGecko), and the day: CNN Business, 11 March 2023."""


def step_of(found: living.Crash, day: str) -> int:
    """Return the step of a crash on which a day closes."""
    return int(np.flatnonzero(found.dates == day)[0])


def profit_if_a_venue_fails(run: Replay, step: int, venues: int = 1) -> float:
    """Return the profit at the end in USD if one of some equal venues fails; the rest stays."""
    kept, failed = run.pnl_usd[-1], run.pnl_if_venue_fails_usd(step)[-1]
    return float(kept - (kept - failed) / venues)


def deleveraged(found: living.Crash, step: int) -> Replay:
    """Return the beta hedge of a crash, its short closed on a step and not opened again."""
    run, flags = found.runs.plan, np.arange(found.dates.size) < step
    return replay(
        run.plan, run.price_usd, book_usd=run.unhedged_usd, dates=run.dates,
        funding_rate=living.daily_funding(found.dates), band=0.05, active=flags,
    )  # fmt: skip


def risk_from(run: Replay, step: int) -> tuple[float, float]:
    """Return the standard deviation of a day and the maximum drawdown from a step on, USD."""
    pnl = run.pnl_usd[step:]
    return float(np.diff(pnl).std(ddof=1)), drawdown(pnl)


def tightest(run: Replay) -> tuple[int, float, float]:
    """Return the step of the close with the least room, that room, and the profit without it.

    The room is the rise beyond a close that liquidates, before a next close that does not.
    Liquidated there, the short loses all that was posted.
    """
    gone = run.liquidated_at
    rises = living.rise_that_ends(run, slice(1, -1 if gone is None else gone - 1))
    step = 1 + int(rises.argmin())
    return step, float(rises.min()), float(run.pnl_if_venue_fails_usd(step)[-1])


def hedge_of_march_2023(*, max_leverage: float = DEFAULT_MAX_LEVERAGE) -> Replay:
    """Return the replay of a linear hedge in March 2023, its stablecoin at a dollar throughout."""
    plan, past = living.hedged_book(
        "2023-02-28", "2023-03-31", living.LINEAR, collateral="stablecoin",
        max_leverage=max_leverage, maintenance_rate=ASSUMED_MAINTENANCE_RATE,
    )  # fmt: skip
    return replay(plan, **past)


def lost_peg(equity: float, short: float, peg: float) -> tuple[float, float]:
    """Return what a stablecoin below par costs, USD: of the margin, and with a short in it."""
    return (1 - peg) * equity, (1 - peg) * (equity + short)


def leverage_that_ends(peg: float) -> float:
    """Return the leverage of a short quoted in a stablecoin that its fall to a price liquidates."""
    return 1 / ((1 + ASSUMED_MAINTENANCE_RATE) / peg - 1)
