"""What ended hedges, as lesson 10 tells it: each number by another way."""

import numpy as np
import pytest

from hedgelib import market
from hedgelib.course.studies.how_hedges_end import (
    FTX_BANKRUPT,
    USDC_LOW,
    USDC_LOW_DAY,
    deleveraged,
    hedge_of_march_2023,
    leverage_that_ends,
    lost_peg,
    profit_if_a_venue_fails,
    risk_from,
    step_of,
    tightest,
)
from hedgelib.course.studies.living import CRASHES, crash
from hedgelib.margin import linear_liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE

DIED = "May 2021"


def test_a_venue_that_fails_takes_the_margin_and_the_profit_of_the_short():
    found = crash("November 2022", max_leverage=3)
    unhedged, _, hedged = found.outcomes
    run, step = found.runs.plan, step_of(found, FTX_BANKRUPT)
    assert found.day(step) == "11 November 2022"
    alone = profit_if_a_venue_fails(run, step)
    assert alone == pytest.approx(unhedged.pnl_usd - run.plan.collateral_usd)
    assert alone == pytest.approx(-30_005, abs=0.5)
    # Half of the account goes on as it was: its coins and its short are half of the whole.
    half = 0.5 * run.equity_usd[-1] + run.book_usd[-1] - run.start_wealth_usd
    assert profit_if_a_venue_fails(run, step, 2) == pytest.approx(half)
    assert half == pytest.approx(-17_521, abs=0.5)
    # With either it is worse than no hedge.
    assert alone < half < unhedged.pnl_usd < hedged.pnl_usd


@pytest.mark.parametrize("name", [name for name in CRASHES if name != DIED])
def test_deleveraging_leaves_coins_and_no_short(name):
    found = crash(name, max_leverage=3)
    run, low = found.runs.plan, int(found.runs.plan.price_usd.argmin())
    closed = deleveraged(found, low)
    assert closed.pnl_usd[:low] == pytest.approx(run.pnl_usd[:low])
    assert (closed.contracts[low:] == 0).all()
    assert (closed.contracts[:low] < 0).all()
    # From the low on it is the book and the coins, which is more risk and, at a low, more profit.
    moved = np.diff(closed.book_usd[low:]) + closed.equity_coin[low] * np.diff(run.price_usd[low:])
    assert np.diff(closed.pnl_usd[low:]) == pytest.approx(moved)
    sd, fall = risk_from(closed, low)
    assert sd == pytest.approx(moved.std(ddof=1))
    assert sd > 3 * risk_from(run, low)[0]
    assert fall > risk_from(run, low)[1]
    assert closed.pnl_usd[-1] > run.pnl_usd[-1]


def test_deleveraged_before_the_low_the_hedge_of_june_2022_loses():
    found = crash("May-June 2022", max_leverage=3)
    run, step = found.runs.plan, step_of(found, "2022-06-13")
    assert np.argmin(run.price_usd[1:] / run.price_usd[:-1]) + 1 == step
    closed = deleveraged(found, step)
    assert closed.pnl_usd[-1] == pytest.approx(-487, abs=0.5)
    assert run.pnl_usd[-1] == pytest.approx(8_695, abs=0.5)


@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize("name", CRASHES)
def test_an_excursion_beyond_the_tightest_close(name, top_up):
    found = crash(name, max_leverage=3, top_up=top_up)
    run = found.runs.plan
    step, rise, profit = tightest(run)
    # At that price the equity is the maintenance margin, which moves with the mark: m times the
    # face, with coins for both.
    mark = run.price_usd[step] * (1 + rise)
    short = run.notional_usd[step]
    coins = run.equity_coin[step] - short * (1 / run.price_usd[step] - 1 / mark)
    assert coins * mark == pytest.approx(run.plan.maintenance_rate * short)
    # The closes did not see it, and the account would have been lost.
    assert run.price_usd[step + 1] < mark
    posted = run.plan.collateral_usd + run.top_ups_usd[step]
    assert profit == pytest.approx(run.unhedged_pnl_usd[-1] - posted)


def test_the_hedge_that_was_topped_up_has_a_close_with_little_room():
    found = crash(DIED, max_leverage=3, top_up=True)
    step, rise, profit = tightest(found.runs.plan)
    assert (found.day(step), rise) == ("13 April 2021", pytest.approx(0.172, abs=0.0005))
    assert profit == pytest.approx(5_608, abs=0.5)
    assert found.outcomes[2].pnl_usd == pytest.approx(31_132, abs=0.5)


def test_a_stablecoin_that_loses_its_peg():
    run = hedge_of_march_2023()
    assert run.liquidated_at is None
    step = market.prices(["ETH"]).loc["2023-02-28":].index.get_loc(USDC_LOW_DAY)
    assert str(run.dates[step])[:10] == USDC_LOW_DAY
    equity, short = run.equity_usd[step], run.notional_usd[step]
    margin, both = lost_peg(equity, short, USDC_LOW)
    assert margin == pytest.approx(0.12 * equity)
    # In stablecoins: the coin has risen by 1 / 0.88, and the rest is worth 0.88 each.
    left = (equity - short * (1 / USDC_LOW - 1)) * USDC_LOW
    assert both == pytest.approx(equity - left)


def test_leverage_at_which_the_lost_peg_liquidates():
    leverage = leverage_that_ends(USDC_LOW)
    ends = linear_liquidation_price(
        -1.0, 1_000.0, 1_000.0 / leverage, maintenance_rate=ASSUMED_MAINTENANCE_RATE
    )
    assert ends == pytest.approx(1_000 / USDC_LOW)
    assert 6 < leverage < 8
