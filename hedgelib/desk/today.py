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
        """Return the wallets of the legs, one that they share once, and where margin is moved."""
        moved = (wallet for wallet in self.wallets if self.ticket.transfer_in(wallet))
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
    elsewhere: list[tuple[Wallet, float]] = []
    if not unwind:
        after = _after(wallets, goals, ticket(wallets, goals, prices, band=band).after, prices)
        own = [goal.wallet for goal in goals]
        for wallet in wallets:
            equity_usd = wallet.equity_usd(prices)
            if wallet in own or equity_usd is None:
                continue
            required = _required(wallet, plans, after)
            missing = required - equity_usd
            # A little less is no fault while the plan's own contract is there to have it; and what
            # a wallet has beyond it waits for the orders in it.
            little = 0 < missing <= band * required and any(
                one.usd for one in after if one.wallet in own
            )
            leave = little or (missing < 0 and not _stays(wallet, after))
            elsewhere.append((wallet, equity_usd if leave else required))
        goals = [
            replace(goal, wanted_usd=_wanted(plan, goals, plans, wallets, after, elsewhere, prices))
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


def _required(wallet: Wallet, plans: Iterable[HedgePlan], after: Sequence[_After]) -> float:
    """Return the share of the plans' margin that the shorts in a wallet ask for, USD."""
    required = 0.0
    for plan in plans:
        same = [one for one in after if one.contract.coin == plan.contract.coin]
        if whole := sum(one.usd for one in same):
            here = sum(one.usd for one in same if one.wallet is wallet)
            required += plan.wallet_usd * here / whole
    return required


def _wanted(
    plan: HedgePlan,
    goals: Sequence[Goal],
    plans: Sequence[HedgePlan],
    wallets: Iterable[Wallet],
    after: Sequence[_After],
    elsewhere: Iterable[tuple[Wallet, float]],
    prices: Mapping[str, float],
) -> float:
    """Return the margin that should be behind a leg, USD.

    It is what its short asks for, and what of the plan's no other wallet will have.
    """
    wallet = goals[plans.index(plan)].wallet
    mine = [one for one, goal in zip(plans, goals, strict=True) if goal.wallet is wallet]
    whole = sum(one.wallet_usd for one in mine)
    others = [w for w in wallets if w.currency == wallet.currency and w is not wallet]
    settled = [(w, usd) for w, usd in elsewhere if w in others]
    there = _total(
        next((usd for one, usd in settled if one is w), w.equity_usd(prices)) for w in others
    )
    asked, left = _required(wallet, mine, after), 0.0 if there is None else whole - there
    if not asked:
        left = min(left, wallet.equity_usd(prices) or 0.0)
    return max(asked, left, 0.0) * plan.wallet_usd / whole


def _stays(wallet: Wallet, after: Iterable[_After]) -> bool:
    """Tell whether the orders leave all shorts of a wallet as they are."""
    counts = {one.contract.id: one.contracts for one in after}
    return all(p.contracts == counts[p.contract.id] < 0 for p in wallet.positions)


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
