"""Alice's hedge, as an explorer's function."""

from hedgelib import market, plan_hedge
from hedgelib.show.moves import MoveStudy, study_move

CASE_C = {"move": -0.15, "notional_usd": 99_000, "collateral": "new_money"}


def study_of_alice(move: float, notional_usd: float, collateral: str) -> MoveStudy:
    """Return what a move of ETH does to $50,000 of altcoins with a short of this size."""
    plan = plan_hedge(
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
    return study_move(plan, move)
