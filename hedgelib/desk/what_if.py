"""What a plan does if the hedge coin moves, the beta turns out otherwise, or funding changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgelib.contracts import round_contracts
from hedgelib.plan import HedgePlan
from hedgelib.scenario import run_scenario

__all__ = ["Outcome", "what_if"]

_SETTLEMENTS_PER_DAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One move of the hedge coin; gains and losses in USD, which add up to the total.

    equity_usd, leverage : of the futures wallet after it; 0 and None where it was liquidated.
    contracts : to trade afterwards, signed; 0 within the band.
    """

    move: float
    price_usd: float
    spot_usd: float
    margin_usd: float
    short_usd: float
    funding_usd: float
    fees_usd: float
    total_usd: float
    unhedged_usd: float
    liquidated: bool
    equity_usd: float
    leverage: float | None
    contracts: float


def what_if(
    plan: HedgePlan,
    moves: Sequence[float],
    *,
    beta: float,
    funding_rate_8h: float,
    days: float,
    band: float,
) -> tuple[Outcome, ...]:
    """Compute what a plan that is on gains and loses, and what to trade after each move.

    The plan stays sized for its own beta, and the book moves by the one given. **Source:**
    :func:`hedgelib.scenario.run_scenario`; the short that is right afterwards is the dollar delta
    of all that is then owned, less what the plan leaves on purpose.
    """
    s = run_scenario(
        plan,
        moves,
        residual=(beta - plan.beta) * np.asarray(moves, dtype=np.float64),
        funding_rate=funding_rate_8h,
        intervals=days * _SETTLEMENTS_PER_DAY,
    )
    rows = s.rows()
    outcomes = []
    for row in rows:
        price, pnl = float(row["price_usd"]), float(row["hedge_pnl_usd"] + row["funding_pnl_usd"])
        gone = bool(row["liquidated"])
        equity = 0.0 if gone else plan.wallet_usd + float(row["collateral_pnl_usd"]) + pnl
        size = 0.0 if gone else plan.contract.notional_usd(plan.contracts, price)
        trade = 0.0
        if not gone:
            kept = plan.kept_usd + float(row["spot_pnl_usd"])
            book = plan.book_usd + float(row["unhedged_pnl_usd"])
            left = (1 - plan.hedge_ratio) * beta + plan.target_beta
            kept_beta = plan.kept_beta + beta - plan.beta
            target = kept * kept_beta + equity * plan.holds_coin - left * book
            change = max(target, 0.0) - size
            if abs(change) > band * size:
                exact = -change / plan.contract.notional_usd(1, price)
                trade = float(round_contracts(exact, "nearest", plan.contract.lot))
        outcomes.append(
            Outcome(
                move=float(row["move"]),
                price_usd=price,
                spot_usd=float(row["spot_pnl_usd"]),
                margin_usd=float(row["collateral_pnl_usd"]),
                short_usd=float(row["hedge_pnl_usd"]),
                funding_usd=float(row["funding_pnl_usd"]),
                fees_usd=float(row["fees_usd"]),
                total_usd=float(row["total_pnl_usd"]),
                unhedged_usd=float(row["unhedged_pnl_usd"]),
                liquidated=gone,
                equity_usd=equity,
                leverage=size / equity if equity > 0 else None,
                contracts=trade,
            )
        )
    return tuple(outcomes)
