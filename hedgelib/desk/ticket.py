"""The order ticket: from what is on to what should be on, in the order in which to do it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hedgelib._text import spreadsheet_text
from hedgelib.contracts import ContractTerms, Rounding, round_contracts
from hedgelib.desk.position import Position, Wallet, mark_usd

__all__ = ["Goal", "Order", "Short", "Ticket", "Use", "orders_csv", "ticket"]

_DIGITS = 8
"""Decimals of an amount of coin that a venue takes."""

_ALL = 1e-9

_SLACK, _LEAST_USD = 0.005, 1.0
"""A shortfall of margin below this share of it, or below a dollar, is not worth a transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One step of a ticket: a trade, a transfer of margin, or the transfer and then the trade.

    contracts : to trade, signed: a buy is above zero; 0 for a transfer alone.
    price_usd : of a limit order, a hint, on the venue's ticks; None for a transfer alone.
    currency : of the wallet that it is about.
    transfer, transfer_usd : margin to put into the wallet first, in its currency and in USD; what
        can be taken out, at the end, is below zero.
    """

    step: int
    venue: str
    symbol: str
    contracts: float
    price_usd: float | None
    reduce_only: bool
    transfer: float
    currency: str
    transfer_usd: float
    notional_usd: float
    fee_usd: float

    @property
    def side(self) -> Literal["buy", "sell", "transfer"]:
        """Return what it does, as a venue calls it."""
        return "buy" if self.contracts > 0 else "sell" if self.contracts < 0 else "transfer"

    @property
    def type(self) -> str:
        """Return the type of the order: one that waits for its price, or no order at all."""
        return "limit" if self.contracts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What becomes of a position: kept, changed or unwound, and why."""

    position: Position
    target: float
    why: str

    @property
    def verb(self) -> str:
        """Say in a word what becomes of it."""
        if self.target == self.position.contracts:
            return "keep"
        return "change" if self.target else "unwind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One leg as it should be: a contract, and how many of it, <= 0; 0 unwinds it.

    wallet : where its margin is; nothing is transferred where its balance is not known.
    wanted_usd : equity that should be behind it after the orders.
    fee_rate : of its trades; the terms' own where None.
    """

    contract: ContractTerms
    contracts: float
    wallet: Wallet
    wanted_usd: float = 0.0
    fee_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """The short of one coin: what should be on, what is on, and what is not worth a trade."""

    contract: ContractTerms
    target_usd: float
    held_usd: float
    band_usd: float

    @property
    def difference_usd(self) -> float:
        """Return the short that is missing; below zero it is too large."""
        return self.target_usd - self.held_usd

    @property
    def within_band(self) -> bool:
        """Tell whether the difference is no larger than the band."""
        return abs(self.difference_usd) <= self.band_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The trade from what is on to the short of each leg.

    uses : what becomes of each position.
    after : contracts of each contract after the orders, by id.
    """

    shorts: tuple[Short, ...]
    uses: tuple[Use, ...]
    orders: tuple[Order, ...]
    after: dict[str, float]

    @property
    def target_usd(self) -> float:
        """Return the short that should be on, all legs together."""
        return sum(short.target_usd for short in self.shorts)

    @property
    def held_usd(self) -> float:
        """Return the short that is on, all legs together."""
        return sum(short.held_usd for short in self.shorts)

    @property
    def band_usd(self) -> float:
        """Return the bands of all legs together."""
        return sum(short.band_usd for short in self.shorts)

    @property
    def difference_usd(self) -> float:
        """Return the short that is missing; below zero it is too large."""
        return self.target_usd - self.held_usd

    @property
    def within_band(self) -> bool:
        """Tell whether no leg is off by more than its band."""
        return all(short.within_band for short in self.shorts)

    @property
    def transfer_usd(self) -> float:
        """Return the margin that all steps together put in, USD."""
        return sum(order.transfer_usd for order in self.orders)

    def transfer_in(self, wallet: Wallet) -> float:
        """Return the margin that all steps together put into a wallet, USD."""
        return sum(order.transfer_usd for order in _of(self.orders, wallet))

    def fee_in(self, wallet: Wallet) -> float:
        """Return the taker fees that all steps take from a wallet, USD."""
        return sum(order.fee_usd for order in _of(self.orders, wallet))


def _of(orders: Iterable[Order], wallet: Wallet) -> list[Order]:
    place = wallet.venue, wallet.currency
    return [order for order in orders if (order.venue, order.currency) == place]


def ticket(
    held: Sequence[Wallet],
    goals: Sequence[Goal],
    prices: Mapping[str, float],
    *,
    band: float,
    elsewhere: Sequence[tuple[Wallet, float]] = (),
) -> Ticket:
    """Find the orders that lead from what is on to a number of contracts in each leg.

    Shorts of a leg's coin on other contracts count and are kept, as far as they have margin in the
    leg's currency and are not too large together; longs, other coins and closed contracts are
    unwound. The new shorts are sold before anything is bought back, so that the book is never
    without a hedge, and margin goes in before and comes out after.

    Parameters
    ----------
    held : sequence of Wallet
        All there are, those of the goals among them.
    goals : sequence of Goal
        The legs, each of another coin.
    band : float
        Share of the target; a difference no larger is not traded.
    elsewhere : sequence of (Wallet, float)
        Equity that is wanted in wallets without a goal, USD.

    What a wallet has beyond what is wanted is moved to where it is missing, before new money is;
    what is left of it comes out at the end.
    """
    positions = [(p, wallet) for wallet in held for p in wallet.positions]
    legs = {goal.contract.coin: _Leg(goal, positions, prices, band) for goal in goals}
    uses: list[Use] = []
    todo: list[tuple[ContractTerms, float, float, str]] = []
    for position, wallet in positions:
        terms = position.contract
        leg = legs.get(terms.coin)
        if leg is not None and terms.id == leg.goal.contract.id:
            continue
        keep, why = 0.0, "the whole hedge is taken off"
        if leg is not None:
            keep, why = leg.use(position, wallet.currency)
        elif any(goal.contracts for goal in goals):
            why = f"it follows {terms.coin}, and the hedge is in {' and '.join(legs)}"
        uses.append(Use(position=position, target=keep, why=why))
        todo.append((terms, position.contracts, keep, wallet.currency))
    after = {use.position.contract.id: use.target for use in uses}
    after |= {leg.goal.contract.id: leg.mine() for leg in legs.values()}
    uses = [use for leg in legs.values() if (use := leg.own_use())] + uses
    todo = [
        (g.contract, leg.have, leg.mine(), g.wallet.currency)
        for leg in legs.values()
        for g in [leg.goal]
    ] + todo
    rates = {goal.contract.id: goal.fee_rate for goal in goals}
    orders: list[Order] = []

    def add(terms: ContractTerms, count: float, currency: str, *, reduces: bool) -> None:
        at = mark_usd(prices, terms)
        size = terms.notional_usd(count, at)
        rate = rates.get(terms.id)
        orders.append(
            Order(
                step=0,
                venue=terms.venue,
                symbol=terms.symbol,
                contracts=count,
                price_usd=_on_tick(at, terms.tick_usd, up=count < 0),
                reduce_only=reduces,
                transfer=0.0,
                currency=currency,
                transfer_usd=0.0,
                notional_usd=size,
                fee_usd=size * ((terms.taker_fee if rate is None else rate) or 0.0),
            )
        )

    for terms, before, then, currency in todo:
        through_zero = before * then < 0
        if through_zero:
            add(terms, -before, currency, reduces=True)
        if through_zero or abs(then) > abs(before):
            add(terms, then if through_zero else then - before, currency, reduces=False)
    for terms, before, then, currency in todo:
        if before * then >= 0 and abs(then) < abs(before):
            add(terms, then - before, currency, reduces=True)
    wanted = [(wallet, wanted_usd, "") for wallet, wanted_usd in elsewhere]
    for wallet in dict.fromkeys(goal.wallet for goal in goals):
        sharing = [goal for goal in goals if goal.wallet is wallet]
        wanted_usd = sum(goal.wanted_usd for goal in sharing)
        wanted.append((wallet, wanted_usd, sharing[0].contract.symbol))
    needs = [_need(*one, orders, after, prices) for one in wanted]
    first, last = _transfers([need for need in needs if need])
    orders = [*first, *orders, *last]
    return Ticket(
        shorts=tuple(leg.short for leg in legs.values()),
        uses=tuple(uses),
        orders=tuple(replace(order, step=step) for step, order in enumerate(orders, 1)),
        after=after,
    )


class _Leg:
    """One leg at work: what is on of its coin, and what of it stays."""

    def __init__(
        self,
        goal: Goal,
        positions: Iterable[tuple[Position, Wallet]],
        prices: Mapping[str, float],
        band: float,
    ) -> None:
        self.goal, self.price = goal, prices[goal.contract.coin]
        same = [
            p
            for p, wallet in positions
            if p.contract.coin == goal.contract.coin and wallet.currency == goal.wallet.currency
        ]
        self.own = next((p for p in same if p.contract.id == goal.contract.id), None)
        self.have = self.own.contracts if self.own else 0.0
        target_usd = goal.contract.notional_usd(goal.contracts, self.price)
        self.short = Short(
            contract=goal.contract,
            target_usd=target_usd,
            held_usd=sum(_short_usd(p, self.price) for p in same),
            band_usd=band * target_usd,
        )
        self.trade = goal.contracts == 0 or not self.short.within_band
        # Unwinding a long elsewhere, or what is closed, changes the size as well.
        self.moved, self.left_usd = False, target_usd

    def use(self, position: Position, currency: str) -> tuple[float, str]:
        """Say what stays of a position on another contract of the coin, and why."""
        terms, keep = position.contract, 0.0
        if not self.goal.contracts:
            why = "the whole hedge is taken off"
        elif currency != self.goal.wallet.currency:
            why = (
                f"its margin is {currency}, and the plan's is {self.goal.wallet.currency}; "
                f"--contract {terms.id} keeps it"
            )
        elif terms.closed:
            why = "the contract is closed"
        elif position.contracts > 0:
            why = f"a long adds to the {terms.coin} of the book"
        elif not self.trade:
            keep, why = position.contracts, "it is a part of the hedge, and within the band"
        else:
            keep = max(position.contracts, _lots(-self.left_usd, terms, self.price, "down"))
            whole = keep == position.contracts
            why = "it is a part of the hedge" if whole else "the hedge is smaller than that"
        self.left_usd -= terms.notional_usd(keep, self.price)
        self.moved = self.moved or keep != position.contracts
        return keep, why

    def mine(self) -> float:
        """Return the contracts of the leg's own contract, after all others were asked for."""
        if not (self.trade or self.moved or self.have > 0):
            return self.have
        contract = self.goal.contract
        mine = _lots(-max(self.left_usd, 0.0), contract, self.price, "nearest")
        # Less than a lot is no order, nor is what rounding leaves of the contracts elsewhere.
        change = abs(mine - self.have)
        less = mine and change < contract.lot * (1 - _ALL)
        dust = not self.have and contract.notional_usd(mine, self.price) <= self.short.band_usd
        return self.have if less or dust else mine

    def own_use(self) -> Use | None:
        """Say what becomes of the position in the leg's own contract."""
        if self.own is None:
            return None
        mine, why = self.mine(), "it is the contract of the plan"
        if mine == self.have:
            why += ", and the difference is within the band" if mine else ""
        return Use(position=self.own, target=mine, why=why)


def _short_usd(position: Position, price_usd: float) -> float:
    """Return the size of a short, a long below zero."""
    return -math.copysign(position.notional_usd(price_usd), position.contracts)


def _lots(signed_usd: float, terms: ContractTerms, price_usd: float, rounding: Rounding) -> float:
    exact = signed_usd / terms.notional_usd(1, price_usd)
    return float(round_contracts(exact, rounding, terms.lot))


def _on_tick(price_usd: float, tick_usd: float | None, *, up: bool) -> float:
    """Round a price to the venue's ticks, away from an order that would trade at once."""
    if not tick_usd:
        return price_usd
    ticks = price_usd / tick_usd
    whole = round(ticks)
    if abs(ticks - whole) > _ALL * ticks:
        whole = math.ceil(ticks) if up else math.floor(ticks)
    digits = max(0, -math.floor(math.log10(tick_usd)) + 1)
    return round(max(whole, 1) * tick_usd, digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """Margin to put into a wallet, USD; below zero what it can do without.

    now : whether it can do without it before the trades.
    """

    wallet: Wallet
    symbol: str
    margin_usd: float
    unit_usd: float
    now: bool

    def order(self, amount: float) -> Order:
        """Return the transfer of an amount, in the wallet's currency."""
        return Order(
            step=0,
            venue=self.wallet.venue,
            symbol=self.symbol,
            contracts=0.0,
            price_usd=None,
            reduce_only=False,
            transfer=amount,
            currency=self.wallet.currency,
            transfer_usd=amount * self.unit_usd,
            notional_usd=0.0,
            fee_usd=0.0,
        )


def _need(
    wallet: Wallet,
    wanted_usd: float,
    symbol: str,
    trades: Sequence[Order],
    after: Mapping[str, float],
    prices: Mapping[str, float],
) -> _Need | None:
    """Return what a wallet needs for the equity that is wanted after the trades."""
    equity_usd = wallet.equity_usd(prices)
    if equity_usd is None:
        return None
    margin_usd = wanted_usd - equity_usd + sum(order.fee_usd for order in _of(trades, wallet))
    if abs(margin_usd) <= max(_SLACK * wanted_usd, _LEAST_USD):
        return None
    return _Need(
        wallet=wallet,
        symbol=symbol,
        margin_usd=margin_usd,
        unit_usd=wallet.unit_usd(prices),
        # Shorts that only grow ask for no less margin before than after.
        now=all(after[p.contract.id] <= p.contracts < 0 for p in wallet.positions),
    )


def _transfers(needs: Sequence[_Need]) -> tuple[list[Order], list[Order]]:
    """Return the transfers before the trades and those after them."""
    scale = 10**_DIGITS
    first, put, last = [], [], []
    # Never less than is needed, and never more than is there.
    amounts = [math.ceil(need.margin_usd / need.unit_usd * scale - _ALL) / scale for need in needs]
    missing: dict[str, float] = {}
    for need, amount in zip(needs, amounts, strict=True):
        if amount > 0:
            currency = need.wallet.currency
            missing[currency] = missing.get(currency, 0.0) + amount
            put.append(need.order(amount))
    for need, amount in zip(needs, amounts, strict=True):
        spare, currency = max(-amount, 0.0), need.wallet.currency
        moved = min(spare, missing.get(currency, 0.0)) if need.now else 0.0
        if moved:
            missing[currency] -= moved
            first.append(need.order(-moved))
        left = math.floor((spare - moved) * scale + _ALL) / scale
        if left * need.unit_usd > _LEAST_USD:
            last.append(need.order(-left))
    return [*first, *put], last


COLUMNS = (
    "step",
    "venue",
    "symbol",
    "side",
    "contracts",
    "type",
    "price_usd",
    "reduce_only",
    "transfer_margin",
    "currency",
    "transfer_usd",
    "notional_usd",
    "fee_usd",
)
"""Columns of a ticket as a file; contracts are unsigned there, next to their side."""


def order_row(order: Order) -> dict[str, str]:
    """Write one step as the texts of its columns."""

    def number(value: float | None) -> str:
        # Never with an exponent.
        return "" if value is None else f"{value:.10f}".rstrip("0").rstrip(".")

    return {
        "step": str(order.step),
        "venue": order.venue,
        "symbol": order.symbol,
        "side": order.side,
        "contracts": number(abs(order.contracts) or None),
        "type": order.type,
        "price_usd": number(order.price_usd),
        "reduce_only": str(order.reduce_only).lower() if order.contracts else "",
        "transfer_margin": number(order.transfer or None),
        "currency": order.currency,
        "transfer_usd": f"{order.transfer_usd:.2f}" if order.transfer else "",
        "notional_usd": f"{order.notional_usd:.2f}",
        "fee_usd": f"{order.fee_usd:.2f}",
    }


def orders_csv(orders: Iterable[Order]) -> str:
    """Write a ticket as CSV in which no text is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    words = ("venue", "symbol", "currency")
    for order in orders:
        row = order_row(order)
        writer.writerow(
            spreadsheet_text(cell) if name in words else cell for name, cell in row.items()
        )
    return text.getvalue()
