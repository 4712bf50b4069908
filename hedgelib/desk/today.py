"""What is on today, what to trade, and when to act next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hedgelib.desk.alerts import Alert, funding_alert, leverage_alert, price_alerts
from hedgelib.desk.position import Wallet, wallet_of
from hedgelib.desk.ticket import Goal, Ticket, ticket
from hedgelib.errors import HedgeError
from hedgelib.margin import liquidation_price
from hedgelib.plan import HedgePlan, smallest_collateral

__all__ = ["Desk", "make_desk", "margin_in_place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The position, the ticket and the alerts of one report.

    known : whether anything was said of what is on; else nothing is.
    wallets, behind : all of them, and that of each leg.
    prices : of every coin that a position follows, USD.
    alerts : of the position after the orders.
    """

    known: bool
    wallets: tuple[Wallet, ...]
    behind: tuple[Wallet, ...]
    prices: Mapping[str, float]
    ticket: Ticket
    alerts: tuple[Alert, ...]

    @property
    def own(self) -> tuple[Wallet, ...]:
        """Return the wallets of the legs, one that they share once."""
        return tuple(dict.fromkeys(self.behind))

    @property
    def equity_usd(self) -> float | None:
        """Return the equity of the legs' wallets before the orders, USD."""
        return _total(wallet.equity_usd(self.prices) for wallet in self.own)

    @property
    def fee_usd(self) -> float:
        """Return the fees that the orders take from the legs' wallets, USD."""
        return sum(self.ticket.fee_in(wallet) for wallet in self.own)

    @property
    def equity_after_usd(self) -> float | None:
        """Return the equity of the legs' wallets after the orders, USD."""
        return _total(self.after_usd(wallet) for wallet in self.own)

    def after_usd(self, wallet: Wallet) -> float | None:
        """Return the equity of one wallet after the orders, USD."""
        equity = wallet.equity_usd(self.prices)
        if equity is None:
            return None
        return equity + self.ticket.transfer_in(wallet) - self.ticket.fee_in(wallet)


def _total(amounts: Iterable[float | None]) -> float | None:
    total = 0.0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def margin_in_place(
    wallets: tuple[Wallet, ...],
    own: Wallet,
    plans: Iterable[HedgePlan],
    prices: Mapping[str, float],
) -> float | None:
    """Return the margin that is behind the legs of a wallet already as a plan counts it, USD.

    A plan's margin is that before the opening fee, so the fee of what is short already is added to
    the equity. Coin margin at any venue counts, because each brings its own exposure. None where a
    balance was not given.
    """
    alike = [w for w in wallets if w.currency == own.currency]
    equity_usd = _total(w.equity_usd(prices) for w in alike)
    if equity_usd is None:
        return None
    rates = {plan.contract.coin: plan.fee_rate for plan in plans}
    return equity_usd + sum(
        rates[p.contract.coin] * p.notional_usd(prices[p.contract.coin])
        for w in alike
        for p in w.positions
        if p.contract.coin in rates and p.contracts < 0
    )


def make_desk(
    plans: Sequence[HedgePlan],
    wallets: tuple[Wallet, ...],
    prices: Mapping[str, float],
    *,
    known: bool,
    band: float,
    unwind: bool,
    max_leverage: float,
    beta_ranges: Sequence[tuple[float, float]],
) -> Desk:
    """Compare what is on with a plan, or with the plans of two legs."""
    own = [wallet_of(wallets, p.contract, stablecoin=not p.holds_coin) for p in plans]
    goals, shares = [], []
    for plan, wallet in zip(plans, own, strict=True):
        whole = sum(p.wallet_usd for p, w in zip(plans, own, strict=True) if w is wallet)
        shares.append(plan.wallet_usd / whole)
        elsewhere = sum(
            other.equity_usd(prices) or 0.0
            for other in wallets
            if other.currency == wallet.currency and other is not wallet
        )
        goals.append(
            Goal(
                contract=plan.contract,
                contracts=0.0 if unwind else plan.contracts,
                wallet=wallet,
                wanted_usd=0.0 if unwind else max(whole - elsewhere, 0.0) * shares[-1],
                fee_rate=plan.fee_rate,
            )
        )
    desk = Desk(
        known=known,
        wallets=wallets,
        behind=tuple(own),
        prices=prices,
        ticket=ticket(wallets, goals, prices, band=band),
        alerts=(),
    )
    alerts: list[Alert] = []
    for plan, wallet, share, ends in zip(plans, own, shares, beta_ranges, strict=True):
        after_usd, contracts = desk.after_usd(wallet), desk.ticket.after[plan.contract.id]
        margin_usd = plan.wallet_usd if after_usd is None else after_usd * share
        if contracts < 0 < margin_usd:
            found = _alerts(plan, contracts, margin_usd, max_leverage, ends)
            alerts += (replace(alert, coin=plan.contract.coin) for alert in found)
    return replace(desk, alerts=tuple(alerts))


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
    if contract.expiry is None:
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
    # Coins bought as margin are exposure too.
    trade_usd = more_usd + (add_usd if plan.holds_coin else 0.0)
    return Alert(
        kind="beta_high" if kind == "beta_high" else "beta_low",
        level=beta,
        price_usd=plan.price_usd,
        add=add_usd / (plan.price_usd if plan.holds_coin else 1.0),
        add_usd=add_usd,
        contracts=-trade_usd / plan.contract.notional_usd(1, plan.price_usd),
    )
