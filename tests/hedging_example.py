"""Alice's hedge, as an explorer's function."""

from functools import lru_cache

from hedgelib import market, plan_hedge
from hedgelib.plan import Collateral, HedgePlan
from hedgelib.show.moves import MoveStudy, study_move

CASE_C = {"move": -0.15, "notional_usd": 99_000, "collateral": "new_money"}


@lru_cache
def plan_of_alice(notional_usd: float, collateral: Collateral) -> HedgePlan:
    """Return a hedge of $50,000 of altcoins with a short of this size."""
    return plan_hedge(
        50_000,
        1.0,
        market.contract("binance:ETHUSD_PERP"),
        3_500,
        collateral=collateral,
        collateral_usd=49_000,
        notional_usd=notional_usd,
        max_leverage=3,
        fee_rate=0,
    )


def study_of_alice(move: float, notional_usd: float, collateral: Collateral) -> MoveStudy:
    """Return what a move of ETH does to it."""
    return study_move(plan_of_alice(notional_usd, collateral), move)
