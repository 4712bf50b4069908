"""What is on today, what to trade, and when to act next."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from hedgelib.contracts import ContractTerms
from hedgelib.desk.alerts import Alert, funding_alert, leverage_alert, price_alerts
from hedgelib.desk.position import Wallet
from hedgelib.desk.ticket import Ticket, ticket
from hedgelib.errors import HedgeError
from hedgelib.margin import liquidation_price
from hedgelib.plan import HedgePlan, smallest_collateral

__all__ = ["Desk", "make_desk", "margin_in_place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The position, the ticket and the alerts of one report.

    known : whether anything was said of what is on; else nothing is.
    wallets : that of the plan first.
    prices : of every coin that a position follows, USD.
    alerts : of the position after the orders.
    """

    known: bool
    wallets: tuple[Wallet, ...]
    prices: Mapping[str, float]
    ticket: Ticket
    alerts: tuple[Alert, ...]

    @property
    def equity_usd(self) -> float | None:
        """Return the equity of the plan's wallet before the orders, USD."""
        return self.wallets[0].equity_usd(self.prices)

    @property
    def fee_usd(self) -> float:
        """Return the fees that the orders take from the plan's wallet, USD."""
        return self.ticket.fee_in(self.wallets[0])

    @property
    def equity_after_usd(self) -> float | None:
        """Return the equity of the plan's wallet after the orders, USD."""
        if self.equity_usd is None:
            return None
        return self.equity_usd + self.ticket.transfer_usd - self.fee_usd


def margin_in_place(
    wallets: tuple[Wallet, ...],
    contract: ContractTerms,
    prices: Mapping[str, float],
    fee_rate: float,
) -> float | None:
    """Return the margin that is behind the hedge already as a plan counts it, USD.

    A plan's margin is that before the opening fee, so the fee of what is short already is added to
    the equity. Coin margin at any venue counts, because each brings its own exposure. None where a
    balance was not given.
    """
    own = wallets[0]
    alike = [w for w in wallets if w.currency == own.currency]
    equities = [w.equity_usd(prices) for w in alike]
    if any(equity is None for equity in equities):
        return None
    short = sum(
        p.notional_usd(prices[p.contract.coin])
        for w in alike
        for p in w.positions
        if p.contract.coin == contract.coin and p.contracts < 0
    )
    return sum(equity or 0.0 for equity in equities) + fee_rate * short


def make_desk(
    plan: HedgePlan,
    wallets: tuple[Wallet, ...],
    prices: Mapping[str, float],
    *,
    known: bool,
    band: float,
    unwind: bool,
    max_leverage: float,
    beta_range: tuple[float, float],
) -> Desk:
    """Compare what is on with a plan."""
    own = wallets[0]
    orders = ticket(
        wallets,
        plan.contract,
        0.0 if unwind else plan.contracts,
        prices,
        band=band,
        wanted_usd=0.0 if unwind else _wanted(plan, wallets, prices),
        fee_rate=plan.fee_rate,
    )
    contracts, equity_usd = orders.after[plan.contract.id], own.equity_usd(prices)
    margin_usd = plan.wallet_usd
    if equity_usd is not None:
        margin_usd = equity_usd + orders.transfer_usd - orders.fee_in(own)
    alerts: tuple[Alert, ...] = ()
    if contracts < 0 < margin_usd:
        alerts = _alerts(plan, contracts, margin_usd, max_leverage, beta_range)
    return Desk(known=known, wallets=wallets, prices=prices, ticket=orders, alerts=alerts)


def _wanted(plan: HedgePlan, wallets: tuple[Wallet, ...], prices: Mapping[str, float]) -> float:
    """Return the margin that should be in the plan's wallet: the plan's, less what is elsewhere."""
    own, *others = wallets
    alike = [w.equity_usd(prices) or 0.0 for w in others if w.currency == own.currency]
    return max(plan.wallet_usd - sum(alike), 0.0)


def _alerts(
    plan: HedgePlan,
    contracts: float,
    margin_usd: float,
    max_leverage: float,
    beta_range: tuple[float, float],
) -> tuple[Alert, ...]:
    contract, price = plan.contract, plan.price_usd
    unit = price if plan.holds_coin else 1.0
    wallet = margin_usd / unit
    flat = None if contract.maintenance_rates else plan.maintenance_rate

    def liquidation(more: float) -> float:
        return liquidation_price(
            contract,
            contracts,
            price,
            wallet + more,
            maintenance_rate=flat,
            stablecoin=not plan.holds_coin,
        )

    def unit_usd(at: float) -> float:
        return at if plan.holds_coin else 1.0

    found: list[Alert] = []
    # Margin below maintenance has no distance left: the ticket's transfer is for that.
    with suppress(HedgeError):
        found += price_alerts(price, liquidation, unit_usd)
    high = leverage_alert(contract, contracts, price, wallet, max_leverage, in_coin=plan.holds_coin)
    found += [high] if high else []
    found.append(funding_alert(contract.notional_usd(contracts, price), price, unit))
    low_beta, high_beta = beta_range
    if low_beta < plan.beta < high_beta:
        found += [
            _beta_alert(plan, "beta_high", high_beta, max_leverage),
            _beta_alert(plan, "beta_low", low_beta, max_leverage),
        ]
    return tuple(found)


def _beta_alert(plan: HedgePlan, kind: str, beta: float, max_leverage: float) -> Alert:
    """Return what a beta at an end of its interval asks for: contracts, and margin for them."""
    more_usd = (beta - plan.beta) * plan.hedge_ratio * plan.book_usd
    trade = -more_usd / plan.contract.notional_usd(1, plan.price_usd)
    add_usd = 0.0
    if more_usd > 0 and plan.collateral != "from_portfolio":
        needed = smallest_collateral(
            plan.book_usd,
            beta,
            max_leverage,
            collateral=plan.collateral,
            target_beta=plan.target_beta,
            hedge_ratio=plan.hedge_ratio,
            fee_rate=plan.fee_rate,
        )
        add_usd = max(needed - plan.collateral_usd, 0.0)
    return Alert(
        kind="beta_high" if kind == "beta_high" else "beta_low",
        level=beta,
        price_usd=plan.price_usd,
        add=add_usd / (plan.price_usd if plan.holds_coin else 1.0),
        add_usd=add_usd,
        contracts=trade,
    )
