"""What is on today, what to trade, and when to act next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hedgelib.contracts import ContractTerms
from hedgelib.desk.alerts import Alert, funding_alert, leverage_alert, price_alerts
from hedgelib.desk.position import USD, Position, Wallet, wallet_of
from hedgelib.desk.ticket import Goal, Ticket, ticket
from hedgelib.errors import HedgeError
from hedgelib.margin import liquidation_price
from hedgelib.plan import HedgePlan, smallest_collateral

__all__ = ["Desk", "make_desk", "margin_in_place"]

_SLACK = 1e-9


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
        """Return the wallets of the legs, one that they share once, and others with orders."""
        moved = (
            wallet
            for wallet in self.wallets
            if wallet.balance is not None
            and (self.ticket.transfer_in(wallet) or self.ticket.fee_in(wallet))
        )
        return tuple(dict.fromkeys([*self.behind, *moved]))

    @property
    def equity_usd(self) -> float | None:
        """Return the equity of these wallets before the orders, USD."""
        return _total(wallet.equity_usd(self.prices) for wallet in self.own)

    @property
    def fee_usd(self) -> float:
        """Return the fees that the orders take from these wallets, USD."""
        return sum(self.ticket.fee_in(wallet) for wallet in self.own)

    @property
    def equity_after_usd(self) -> float | None:
        """Return the equity of these wallets after the orders, USD."""
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
    the equity. Coin margin at any venue counts, because each brings its own exposure, as far as its
    balance was given; None where none was.
    """
    alike = [w for w in wallets if w.currency == own.currency and w.balance is not None]
    if not alike:
        return None
    # What an account is below zero is lost to its venue.
    equity_usd = sum(max(w.equity_usd(prices) or 0.0, 0.0) for w in alike)
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
    """Compare what is on with a plan, or with the plans of two legs.

    Margin is where the shorts are: each wallet has as much of a plan's margin as it has of its
    short. What another venue holds beyond that is moved before new money is asked for.
    """
    goals = [
        Goal(
            contract=plan.contract,
            contracts=0.0 if unwind else plan.contracts,
            wallet=wallet_of(wallets, plan.contract, stablecoin=not plan.holds_coin),
            fee_rate=plan.fee_rate,
        )
        for plan in plans
    ]
    own = [goal.wallet for goal in goals]
    # A loss that is left behind an unwound position is not made good.
    others = [w for w in wallets if w not in own and _worth(w, prices, unwind=unwind)]
    elsewhere = [(wallet, 0.0) for wallet in others]
    if not unwind:
        after = _after(wallets, goals, ticket(wallets, goals, prices, band=band).after, prices)
        margin = _Margin(plans=plans, own=own, after=after, prices=prices, cap=max_leverage)
        elsewhere = [
            (wallet, margin.elsewhere(wallet, band))
            for wallet in others
            if wallet.currency in {one.currency for one in own}
        ]
        goals = [
            replace(goal, wanted_usd=margin.of_leg(plan, elsewhere))
            for plan, goal in zip(plans, goals, strict=True)
        ]
    found = ticket(wallets, goals, prices, band=band, elsewhere=elsewhere)
    desk = Desk(
        known=known,
        wallets=wallets,
        behind=tuple(goal.wallet for goal in goals),
        prices=prices,
        ticket=found,
        alerts=(),
    )
    after = _after(wallets, goals, found.after, prices)
    alerts: list[Alert] = []
    for plan, ends in zip(plans, beta_ranges, strict=True):
        shorts = [one for one in after if one.contract.coin == plan.contract.coin and one.usd > 0]
        shorts.sort(key=lambda one: one.contract.id != plan.contract.id)
        for one in shorts:
            alerts += _watched(one, after, plan, desk, max_leverage)
        low, high = ends
        if shorts and low < plan.beta < high:
            alerts.append(_beta_alert(plan, "beta_high", high, max_leverage))
            alerts.append(_beta_alert(plan, "beta_low", low, max_leverage))
    return replace(desk, alerts=tuple(alerts))


def _worth(wallet: Wallet, prices: Mapping[str, float], *, unwind: bool) -> bool:
    """Tell whether margin is known of in a wallet, or a short is to be kept in it."""
    equity_usd = wallet.equity_usd(prices)
    short = any(p.contracts < 0 and not p.contract.closed for p in wallet.positions)
    return equity_usd is not None and (equity_usd > 0 or (short and not unwind))


@dataclass(frozen=True, slots=True, kw_only=True)
class _After:
    """A contract after the orders, in its wallet; `usd` is the size of a short, 0 of a long."""

    contract: ContractTerms
    wallet: Wallet
    contracts: float
    usd: float


def _after(
    wallets: Iterable[Wallet],
    goals: Iterable[Goal],
    after: Mapping[str, float],
    prices: Mapping[str, float],
) -> list[_After]:
    places = {goal.contract.id: (goal.contract, goal.wallet) for goal in goals}
    for wallet in wallets:
        for position in wallet.positions:
            places.setdefault(position.contract.id, (position.contract, wallet))
    return [
        _After(
            contract=contract,
            wallet=wallet,
            contracts=after[name],
            usd=contract.notional_usd(min(after[name], 0.0), prices[contract.coin]),
        )
        for name, (contract, wallet) in places.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Margin:
    """The margin of the plans, shared out among the wallets by the shorts after the orders."""

    plans: Sequence[HedgePlan]
    own: Sequence[Wallet]
    after: Sequence[_After]
    prices: Mapping[str, float]
    cap: float

    def required(self, wallet: Wallet, plans: Iterable[HedgePlan]) -> float:
        """Return what the shorts in a wallet ask for: their share, and within the cap, USD."""
        required = 0.0
        for plan in plans:
            same = [one for one in self.after if one.contract.coin == plan.contract.coin]
            here = sum(one.usd for one in same if one.wallet is wallet)
            if here:
                share = here / sum(one.usd for one in same)
                required += max(plan.wallet_usd * share, here / self.cap * (1 - _SLACK))
        return required

    def unknown(self, wallet: Wallet) -> bool:
        """Tell whether a wallet of the same currency has shorts, and a balance not given."""
        return any(
            one.wallet.balance is None and one.wallet.currency == wallet.currency
            for one in self.after
            if one.usd
        )

    def elsewhere(self, wallet: Wallet, band: float) -> float:
        """Return the equity that is wanted in a wallet of no leg, USD."""
        required = self.required(wallet, self.plans)
        equity = wallet.equity_usd(self.prices) or 0.0
        here = sum(one.usd for one in self.after if one.wallet is wallet)
        if not required:
            return equity if self.unknown(wallet) else 0.0
        if self.unknown(wallet):
            return max(required, equity)
        # A little less is no fault within the cap, where the leg's own wallet can have it.
        hedged = any(one.usd for one in self.after if one.wallet in self.own)
        little = hedged and here <= self.cap * equity and equity >= required * (1 - band)
        return equity if little and equity < required else required

    def of_leg(
        self,
        plan: HedgePlan,
        elsewhere: Iterable[tuple[Wallet, float]],
    ) -> float:
        """Return the margin that should be behind a leg: what is not elsewhere, USD."""
        wallet = self.own[self.plans.index(plan)]
        mine = [one for one, behind in zip(self.plans, self.own, strict=True) if behind is wallet]
        whole, required = sum(one.wallet_usd for one in mine), self.required(wallet, mine)
        equity = wallet.equity_usd(self.prices) or 0.0
        if self.unknown(wallet):
            wanted = max(required, equity)
        else:
            there = sum(usd for w, usd in elsewhere if w.currency == wallet.currency)
            wanted = max(required, whole - there)
        return wanted * plan.wallet_usd / whole


def _watched(
    one: _After, after: Iterable[_After], plan: HedgePlan, desk: Desk, max_leverage: float
) -> list[Alert]:
    """Return the prices, the leverage and the funding to watch for a short."""
    contract, price, wallet = one.contract, plan.price_usd, one.wallet
    in_coin = wallet.currency == contract.coin
    after_usd = desk.after_usd(wallet)
    whole = sum(other.usd for other in after if other.wallet is wallet)
    margin_usd = None if after_usd is None else after_usd * one.usd / whole
    if margin_usd is None and contract.id == plan.contract.id:
        margin_usd = plan.wallet_usd
    found: list[Alert] = []
    if margin_usd is not None:
        margin = max(margin_usd, 0.0) / (price if in_coin else 1.0)
        try:
            found += price_alerts(
                price,
                _liquidation(one, plan, margin, in_coin=in_coin),
                lambda at: at if in_coin else 1.0,
            )
        except HedgeError:
            found.append(Alert(kind="due", level=price, price_usd=price, add=0.0, add_usd=0.0))
        high = leverage_alert(contract, one.contracts, price, margin, max_leverage, in_coin=in_coin)
        found += [high] if high else []
    if contract.expiry is None:
        found.append(funding_alert(one.usd, price, price if in_coin else 1.0))
    return [
        replace(alert, coin=contract.coin, contract=contract.id, currency=wallet.currency)
        for alert in found
    ]


def _liquidation(
    one: _After, plan: HedgePlan, margin: float, *, in_coin: bool
) -> Callable[[float], float]:
    """Return the liquidation price of a short as a function of the margin that is added."""
    contract, price = one.contract, plan.price_usd
    flat = Position(contract=contract, contracts=one.contracts, entry_usd=price).flat_rate(price)
    if contract.id == plan.contract.id and not contract.maintenance_rates:
        flat = plan.maintenance_rate

    def reached(more: float) -> float:
        return liquidation_price(
            contract,
            one.contracts,
            price,
            margin + more,
            maintenance_rate=flat,
            stablecoin=not in_coin,
        )

    return reached


def _beta_alert(plan: HedgePlan, kind: str, beta: float, max_leverage: float) -> Alert:
    """Return what a beta at an end of its interval asks for: contracts, and margin for them."""
    # Of the coins that are kept, and of what is left open on purpose.
    hedged_usd = plan.kept_usd - (1 - plan.hedge_ratio) * plan.book_usd
    more_usd = (beta - plan.beta) * hedged_usd
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
        coin=plan.contract.coin,
        contract=plan.contract.id,
        currency=plan.contract.coin if plan.holds_coin else USD,
    )
