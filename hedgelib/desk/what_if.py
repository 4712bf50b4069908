"""What a plan does if the hedge coin moves, the beta turns out otherwise, or funding changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgelib.contracts import round_contracts
from hedgelib.desk.position import Wallet, wallet_of
from hedgelib.errors import InvalidInput
from hedgelib.plan import HedgePlan
from hedgelib.scenario import run_scenario

__all__ = ["Outcome", "as_held", "what_if"]

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


def as_held(plan: HedgePlan, wallets: Sequence[Wallet], prices: Mapping[str, float]) -> HedgePlan:
    """Return a plan with the contracts and the margin of what is on, from the price of now.

    Raises
    ------
    InvalidInput
        Nothing but a short in the contract of the plan can be looked at, in a wallet whose balance
        is known and not used up.
    """
    on = [position for wallet in wallets for position in wallet.positions]
    if others := [p.contract.id for p in on if p.contract.id != plan.contract.id]:
        raise InvalidInput(
            f"what-if looks at a position in the contract of the plan, {plan.contract.id}, and "
            f"there is one in {', '.join(others)}; name its contract with --contract (one at a "
            "time), or leave the position out"
        )
    if any(position.contracts > 0 for position in on):
        raise InvalidInput(f"what-if looks at a hedge, and {plan.contract.id} is held long")
    own = wallet_of(wallets, plan.contract, stablecoin=not plan.holds_coin)
    if spare := [wallet.venue for wallet in wallets if wallet is not own and wallet.balance]:
        raise InvalidInput(
            f"what-if looks at one wallet, and there is margin at {', '.join(spare)} too; leave it "
            "out of the position"
        )
    equity_usd = own.equity_usd(prices)
    if equity_usd is None:
        raise InvalidInput(
            f"what-if needs the balance of the {own.currency} wallet at {own.venue} behind the "
            "position; give it with --wallet"
        )
    if equity_usd <= 0:
        raise InvalidInput(
            f"the {own.currency} wallet at {own.venue} has nothing left behind the position at "
            f"{prices[plan.contract.coin]:,.10g}"
        )
    (position,) = on
    reached = own.liquidation_price(position, prices)
    assert reached is not None
    return replace(
        plan,
        contracts=position.contracts,
        collateral_usd=equity_usd,
        open_fee_usd=0.0,
        liquidation_price_usd=reached,
    )


def what_if(
    plan: HedgePlan,
    moves: Sequence[float],
    *,
    beta: float,
    funding_rate_8h: float,
    days: float,
    band: float,
    still_usd: float = 0.0,
    still_kept_usd: float = 0.0,
) -> tuple[Outcome, ...]:
    """Compute what a plan that is on gains and loses, and what to trade after each move.

    The plan stays sized for its own beta, and the book moves by the one given. Of the book, and of
    what is kept of it in spot, `still_usd` and `still_kept_usd` do not move: cash, and coins
    without a beta. **Source:** :func:`hedgelib.scenario.run_scenario`; the short that is right
    afterwards is the dollar delta of all that is then owned, less what the plan leaves on purpose.
    A delta grows by the moves of the coins that it is of.
    """

    def delta_after(value_usd: float, its_beta: float, still: float, move: float) -> float:
        moving_usd = value_usd - still
        if moving_usd <= 0:
            return 0.0
        own_beta = its_beta * value_usd / moving_usd
        return moving_usd * own_beta * max(1 + own_beta * move, 0.0)

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
            move, kept_beta = float(row["move"]), plan.kept_beta + beta - plan.beta
            kept = delta_after(plan.kept_usd, kept_beta, still_kept_usd, move)
            left = (1 - plan.hedge_ratio) * delta_after(plan.book_usd, beta, still_usd, move)
            left += plan.target_beta * (plan.book_usd + float(row["unhedged_pnl_usd"]))
            target = kept + equity * plan.holds_coin - left
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
