"""The effect of one market move on spot, collateral and hedge together.

Arguments, results and errors are as in :mod:`hedgelib.contracts`; each field of a result has the
shape of the arguments that it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    FINITE,
    NONNEGATIVE,
    FloatArray,
    Result,
    extremes,
    instance,
    numbers,
    plain,
)
from hedgelib._text import Table
from hedgelib.contracts import (
    inverse_funding_coin,
    inverse_pnl_coin,
    linear_funding_usd,
    linear_pnl_usd,
)
from hedgelib.errors import InvalidInput
from hedgelib.plan import HedgePlan

__all__ = ["MovePnl", "Scenario", "coin_account", "move_pnl", "run_scenario"]


def coin_account(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    wallet_coin: ArrayLike,
    price_usd: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
) -> tuple[Result, Result, Result]:
    """Return the equity, in coin and in USD, and the dollar delta of a coin-margined account.

    Formula, with the coins in the account and the present price: ``equity_coin = wallet +
    pnl_coin``, ``equity_usd = price * equity_coin`` and dollar delta ``equity_usd + contracts *
    multiplier_usd``, what a return of 100% from here would add. **Source:** the derivative of
    ``price (wallet + N/entry) - N`` is ``wallet + N/entry``; times the price that is
    ``equity_usd + N``, with ``N`` signed.

    Examples
    --------
    Fourteen ETH and a short of the same value are a synthetic $49,000:

    >>> [round(float(x), 6) + 0.0 for x in coin_account(-4900, 3500, 14, 2975, 10)]
    [16.470588, 49000.0, 0.0]
    """
    contracts, entry_usd, wallet_coin, price_usd, multiplier_usd = numbers(
        contracts=contracts,
        entry_usd=entry_usd,
        wallet_coin=wallet_coin,
        price_usd=price_usd,
        multiplier_usd=multiplier_usd,
    )
    with extremes("coin_account"):
        equity = wallet_coin + inverse_pnl_coin(contracts, entry_usd, price_usd, multiplier_usd)
        equity_usd = equity * price_usd
        return plain(equity), plain(equity_usd), plain(equity_usd + contracts * multiplier_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePnl:
    """Profit and loss of one move, part by part: made by :func:`move_pnl`."""

    spot_usd: Result
    collateral_usd: Result
    hedge_coin: Result
    hedge_usd: Result
    total_usd: Result


def move_pnl(
    book_usd: ArrayLike,
    beta: ArrayLike,
    collateral_coin: ArrayLike,
    contracts: ArrayLike,
    price_usd: ArrayLike,
    move: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
) -> MovePnl:
    """Add up spot, coin margin and an inverse hedge after one move, in plain algebra.

    Formula: ``r (beta V + C E + contracts multiplier)``, part by part, of the book without its
    margin of C coins, the price E before the move, at which the contracts were entered, and the
    return r of the coin, a decimal above -1. **Source:** the definition of each part. It knows no
    liquidation and lets a book lose more than itself: for a plan as it would be traded see
    :func:`run_scenario`.

    Examples
    --------
    Alice as the usual walkthrough leaves her, her 14 ETH of margin counted in:

    >>> round(move_pnl(50_000, 1.0, 14, -4900, 3500, -0.15, 10).total_usd, 2)
    -7500.0
    """
    book_usd, beta, collateral_coin, contracts, price_usd, move, multiplier_usd = numbers(
        book_usd=book_usd,
        beta=beta,
        collateral_coin=collateral_coin,
        contracts=contracts,
        price_usd=price_usd,
        move=move,
        multiplier_usd=multiplier_usd,
    )
    with extremes("move_pnl"):
        after = price_usd * (1 + move)
        coins = inverse_pnl_coin(contracts, price_usd, after, multiplier_usd)
        spot, collateral = book_usd * beta * move, collateral_coin * price_usd * move
        hedge = coins * after
        parts = (spot, collateral, coins, hedge, spot + collateral + hedge)
    return MovePnl(**dict(zip(MovePnl.__slots__, map(plain, parts), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A grid of moves and what each does to a plan: made by :func:`run_scenario`.

    All have a value for each move, shape (n,):

    - move, price_usd: return of the hedge coin, a decimal, and its price after it
    - spot_pnl_usd: of what stays in the spot wallet
    - collateral_pnl_usd: of the coins posted as margin; 0 for a stablecoin. Beyond the liquidation
      price it is what the margin had gained until there, less all of it, seized
    - hedge_pnl_coin, hedge_pnl_usd: of the contracts as if they traded at spot, in coin (0 for a
      linear contract) and in USD at the new spot price
    - basis_pnl_usd: what the premium of the contract over spot, at entry and exit, adds to that
    - funding_pnl_usd: received; negative is paid
    - fees_usd, total_pnl_usd: negative; the sum of the six in USD
    - unhedged_pnl_usd: of the original book, with no hedge and no new money
    - liquidated: the move passes the liquidation price: all the margin is then lost
    - wiped_out: beta times the move would take more than the book: its loss stops at all of it
    """

    plan: HedgePlan
    move: FloatArray
    price_usd: FloatArray
    spot_pnl_usd: FloatArray
    collateral_pnl_usd: FloatArray
    hedge_pnl_coin: FloatArray
    hedge_pnl_usd: FloatArray
    basis_pnl_usd: FloatArray
    funding_pnl_usd: FloatArray
    fees_usd: FloatArray
    total_pnl_usd: FloatArray
    unhedged_pnl_usd: FloatArray
    liquidated: np.ndarray
    wiped_out: np.ndarray

    def attribution(self) -> dict[str, FloatArray]:
        """Split the total into what it came from, USD, shape (n,) each; they sum to the total."""
        return {
            "spot": self.spot_pnl_usd,
            "collateral": self.collateral_pnl_usd,
            "hedge": self.hedge_pnl_usd,
            "basis": self.basis_pnl_usd,
            "funding": self.funding_pnl_usd,
            "fees": self.fees_usd,
        }

    def rows(self) -> list[dict[str, float | bool]]:
        """Return the fields for each move, without the plan, for a table."""
        columns = {name: getattr(self, name) for name in self.__slots__ if name != "plan"}
        return [
            {name: column[i].item() for name, column in columns.items()}
            for i in range(self.move.size)
        ]

    def _repr_html_(self) -> str:
        parts = self.attribution()
        shown = [
            name
            for name, values in parts.items()
            if name not in ("basis", "funding") or np.any(values)
        ]
        columns = [parts[name] for name in shown] + [self.total_pnl_usd, self.unhedged_pnl_usd]
        head = ("move", "price", *shown, "total", "unhedged", "short")
        rows = []
        for i, liquidated in enumerate(self.liquidated):
            cells = [f"{self.move[i]:+.0%}", f"${self.price_usd[i]:,.2f}"]
            cells += [f"{column[i]:+,.0f}" for column in columns]
            rows.append([*cells, "liquidated" if liquidated else "open"])
        return Table(head, rows).html()


def run_scenario(
    plan: HedgePlan,
    moves: ArrayLike,
    *,
    residual: ArrayLike = 0.0,
    entry_basis: ArrayLike = 0.0,
    exit_basis: ArrayLike = 0.0,
    funding_rate: ArrayLike = 0.0,
    intervals: ArrayLike = 0.0,
    close: bool = False,
) -> Scenario:
    """Compute what a plan gains and loses in an immediate market move.

    Formula: a move ``r`` of the hedge coin gives the spot ``V (beta r + residual)``, the margin
    ``C E r``, and the hedge its contract's profit from ``E (1 + entry_basis)`` to
    ``E (1 + r) (1 + exit_basis)``, turned into USD at the new spot price. Funding follows at that
    price. **Source:** wealth is ``r`` times the residual delta, linear, as long as coin profit
    stays in coin. A book cannot lose more than itself, so its loss stops there. On liquidation the
    whole margin is taken as lost: what is left of it goes to the venue's insurance fund.

    - moves: returns of the hedge coin, shape (n,), decimals above -1; the rest is broadcast to them
    - residual: return of the book beyond beta times the move, decimal
    - entry_basis, exit_basis: contract over spot, less one, when it was sold and after the move;
      decimals. A short loses where the premium widens
    - funding_rate, intervals: mean rate, which a short receives where positive, and the number of
      settlements held through, >= 0
    - close: whether the position is bought back, which costs a second fee

    Examples
    --------
    >>> from hedgelib.contracts import ContractTerms
    >>> from hedgelib.plan import plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> run_scenario(plan, [-0.15, 0.15]).total_pnl_usd.round(6) + 0.0
    array([0., 0.])
    """
    instance("plan", plan, HedgePlan)
    instance("close", close, bool)
    checked = numbers(
        moves=moves,
        residual=(residual, FINITE),
        entry_basis=entry_basis,
        exit_basis=exit_basis,
        funding_rate=funding_rate,
        intervals=(intervals, NONNEGATIVE),
    )
    move, residual, before, after, rate, held = (
        array.astype(np.float64) for array in np.broadcast_arrays(*map(np.atleast_1d, checked))
    )
    if move.ndim > 1:
        raise InvalidInput(f"moves must be one-dimensional, got shape {move.shape}")
    with extremes("run_scenario"):
        contract, entry = plan.contract, plan.price_usd
        price = entry * (1 + move)
        sold, traded = entry * (1 + before), price * (1 + after)

        book_return = plan.kept_beta * move + residual
        spot = plan.kept_usd * np.maximum(book_return, -1)
        whole_return = plan.beta * move + residual
        unhedged = plan.book_usd * np.maximum(whole_return, -1)

        inverse, short, face = contract.kind == "inverse", plan.contracts, contract.multiplier
        profit = inverse_pnl_coin if inverse else linear_pnl_usd
        received = inverse_funding_coin if inverse else linear_funding_usd
        pays_usd = price if inverse else np.ones_like(move)
        coins = profit(short, entry, price, face) if inverse else np.zeros_like(move)
        hedge = profit(short, entry, price, face) * pays_usd
        basis = profit(short, sold, traded, face) * pays_usd - hedge
        funding = received(short, price, rate, face) * pays_usd * held
        liquidated = traded >= plan.liquidation_price_usd
        basis, funding = (np.where(liquidated, 0.0, part) for part in (basis, funding))
        collateral = plan.wallet_coin * (price - entry)
        if plan.holds_coin and liquidated.any():
            # The venue closes the short at the liquidation price and keeps the margin: neither
            # gains or loses by what the coin does afterwards.
            closed_at = plan.liquidation_price_usd
            lost = inverse_pnl_coin(short, entry, closed_at, face)
            coins = np.where(liquidated, lost, coins)
            hedge = np.where(liquidated, lost * closed_at, hedge)
            collateral = np.where(liquidated, -plan.wallet_usd - lost * closed_at, collateral)
        elif not plan.holds_coin:
            hedge = np.where(liquidated, -plan.wallet_usd, hedge)
            coins = np.where(liquidated & inverse, hedge / price, coins)
        fees = np.full_like(move, -plan.open_fee_usd)
        if close:
            size = plan.notional_usd * (1 if inverse else traded / entry)
            fees = fees - np.where(liquidated, 0.0, size * plan.fee_rate)
        total = spot + collateral + hedge + basis + funding + fees
    return Scenario(
        plan=plan,
        move=move,
        price_usd=price,
        spot_pnl_usd=spot,
        collateral_pnl_usd=collateral,
        hedge_pnl_coin=coins,
        hedge_pnl_usd=hedge,
        basis_pnl_usd=basis,
        funding_pnl_usd=funding,
        fees_usd=fees,
        total_pnl_usd=total,
        unhedged_pnl_usd=unhedged,
        liquidated=liquidated,
        wiped_out=(book_return < -1) | (whole_return < -1),
    )
