"""The three that fly beside every pilot: never hedged, 1:1 with the margin forgotten, by rule."""

from __future__ import annotations

from hedgelib import _walk
from hedgelib.contracts import ContractTerms
from hedgelib.flight.day import FACE_USD, FEE_RATE, MAINTENANCE, Orders, terms
from hedgelib.flight.episodes import BOOK_USD, CASH_USD
from hedgelib.flight.flight import CAP, Day, Pilot
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.replay import TopUp

__all__ = ["CONTRACT", "GHOSTS", "RULE_TOP_UP", "by_rule", "naive", "never", "rule_plan"]

CONTRACT = ContractTerms(
    venue="Simulator", symbol="COIN_PERP", kind="inverse", coin="COIN", multiplier=FACE_USD,
    settle="COIN", taker_fee=FEE_RATE, maintenance_basis="mark",
)  # fmt: skip
POSTED_SHARE, BAND = 0.8, 0.05
RULE_TOP_UP = TopUp(trigger=0.3, leverage=2.5, budget_usd=CASH_USD * (1 - POSTED_SHARE))


def rule_plan(first: Day) -> HedgePlan:
    """Plan the rule's hedge on the first day: what 80% of the cash secures at 2x, in a stablecoin.

    Without beta above zero there is nothing to hedge, and a beta of a hundredth stands for none.
    """
    beta = max(first.beta.beta, 0.01)
    most = CAP * CASH_USD * POSTED_SHARE
    return plan_hedge(
        BOOK_USD,
        beta,
        CONTRACT,
        first.price_usd,
        collateral="stablecoin",
        max_leverage=CAP,
        hedge_ratio=min(1.0, most / (beta * BOOK_USD)),
        maintenance_rate=MAINTENANCE,
    )


def never(day: Day) -> Orders | None:  # noqa: ARG001
    """Never hedge."""
    return None


def naive(day: Day) -> Orders | None:
    """Short the book's value with all cash as coin margin, which stays unhedged, and look away."""
    if day.day:
        return None
    return Orders(short_usd=BOOK_USD, add_usd=CASH_USD, margin="coin", venues=1)


def by_rule() -> Pilot:
    """Return a pilot that opens the plan, keeps it within 5% and tops up: a replay, by hand."""
    held: list[HedgePlan] = []

    def pilot(day: Day) -> Orders | None:
        if not day.day:
            held[:] = [rule_plan(day)]
            short, margin = -held[0].contracts * FACE_USD, held[0].collateral_usd
            return Orders(short_usd=short, add_usd=margin, margin="stablecoin", venues=1)
        position, plan = day.position, held[0]
        if position.liquidations or position.failed:
            return None
        account, bar = position.accounts[0], position.bar(day.price_usd)
        equity, added = day.equity_usd, 0.0
        if 0 < equity < RULE_TOP_UP.trigger * account.short:
            left = plan.collateral_usd + RULE_TOP_UP.budget_usd - position.totals[0].added
            added = min(account.short / RULE_TOP_UP.leverage - equity, left)
            account = account._replace(wallet=account.wallet + added)
        k = terms("stablecoin")._replace(per_kept=plan.hedge_ratio * plan.beta, band=BAND)
        face = _walk.to_sell(k, bar, account, position.book_usd, position.book_usd)
        if not face and not added:
            return None
        return Orders(short_usd=account.short + face, add_usd=added)

    return pilot


GHOSTS = {"never hedged": lambda: never, "1:1, margin forgotten": lambda: naive, "by rule": by_rule}
"""Makers of the ghosts, by name."""
