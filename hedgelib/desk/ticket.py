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
from hedgelib.desk.position import Position, Wallet, wallet_currency

__all__ = ["Order", "Ticket", "Use", "orders_csv", "ticket"]

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
class Ticket:
    """The trade from what is on to a short of a size.

    target_usd, held_usd : short that should be on, and short that is on, of the hedge coin.
    band_usd : a difference no larger is not traded.
    uses : what becomes of each position.
    after : contracts of each contract after the orders, by id.
    """

    target_usd: float
    held_usd: float
    band_usd: float
    uses: tuple[Use, ...]
    orders: tuple[Order, ...]
    after: dict[str, float]

    @property
    def difference_usd(self) -> float:
        """Return the short that is missing; below zero it is too large."""
        return self.target_usd - self.held_usd

    @property
    def within_band(self) -> bool:
        """Tell whether the difference is no larger than the band."""
        return abs(self.difference_usd) <= self.band_usd

    @property
    def transfer_usd(self) -> float:
        """Return the margin that all steps together put in, USD."""
        return sum(order.transfer_usd for order in self.orders)

    def fee_in(self, wallet: Wallet) -> float:
        """Return the taker fees that all steps take from a wallet, USD."""
        return _fees(self.orders, wallet)


def _fees(orders: Iterable[Order], wallet: Wallet) -> float:
    place = wallet.venue, wallet.currency
    return sum(o.fee_usd for o in orders if (o.venue, o.currency) == place)


def ticket(
    held: Sequence[Wallet],
    contract: ContractTerms,
    target: float,
    prices: Mapping[str, float],
    *,
    band: float,
    wanted_usd: float = 0.0,
    fee_rate: float | None = None,
) -> Ticket:
    """Find the orders that lead from what is on to a number of contracts.

    Shorts of the hedge coin on other contracts count and are kept, as far as they are not too
    large together; longs, other coins and closed contracts are unwound. The new short is sold
    before anything is bought back, so that the book is never without a hedge, and margin goes in
    before and comes out after.

    Parameters
    ----------
    target : float
        Contracts that should be on, <= 0; 0 unwinds everything.
    band : float
        Share of the target; a difference no larger is not traded.
    held : sequence of Wallet
        That of the plan first; where its balance is not known, nothing is transferred.
    wanted_usd : float
        Equity that should be in the wallet of the plan after the orders.
    fee_rate : float, optional
        Of the plan's contract; the terms' own when omitted.
    """
    positions = [p for wallet in held for p in wallet.positions]
    coin, price = contract.coin, prices[contract.coin]
    own = next((p for p in positions if p.contract.id == contract.id), None)
    target_usd = contract.notional_usd(target, price)
    held_usd = sum(_short_usd(p, price) for p in positions if p.contract.coin == coin)
    band_usd = band * target_usd
    wanted: dict[str, float] = {}
    uses: list[Use] = []
    trade = target == 0 or abs(target_usd - held_usd) > band_usd
    left_usd = target_usd
    for position in positions:
        if position is own:
            continue
        terms, keep = position.contract, 0.0
        if not target:
            why = "the whole hedge is taken off"
        elif terms.coin != coin:
            why = f"it follows {terms.coin}, and the hedge is in {coin}"
        elif terms.closed:
            why = "the contract is closed"
        elif position.contracts > 0:
            why = f"a long adds to the {coin} of the book"
        elif not trade:
            keep, why = position.contracts, "it is a part of the hedge, and within the band"
        else:
            keep = max(position.contracts, _lots(-left_usd, terms, price, "down"))
            whole = keep == position.contracts
            why = "it is a part of the hedge" if whole else "the hedge is smaller than that"
        left_usd -= terms.notional_usd(keep, price) if terms.coin == coin else 0.0
        wanted[terms.id] = keep
        uses.append(Use(position=position, target=keep, why=why))
    have = own.contracts if own else 0.0
    # Unwinding a long elsewhere, or what is closed, changes the size as well.
    moved = any(u.verb != "keep" and u.position.contract.coin == coin for u in uses)
    mine = have
    if trade or moved or have > 0:
        mine = _lots(-max(left_usd, 0.0), contract, price, "nearest")
        # Less than a lot is no order.
        if mine and abs(mine - have) < contract.lot * (1 - _ALL):
            mine = have
    wanted[contract.id] = mine
    if own is not None:
        why = "it is the contract of the plan"
        if mine == have:
            why += ", and the difference is within the band" if mine else ""
        uses.insert(0, Use(position=own, target=mine, why=why))
    orders: list[Order] = []

    def add(terms: ContractTerms, count: float, *, reduces: bool) -> None:
        at = prices[terms.coin]
        size = terms.notional_usd(count, at)
        rate = terms.taker_fee if fee_rate is None or terms is not contract else fee_rate
        orders.append(
            Order(
                step=0,
                venue=terms.venue,
                symbol=terms.symbol,
                contracts=count,
                price_usd=_on_tick(at, terms.tick_usd, up=count < 0),
                reduce_only=reduces,
                transfer=0.0,
                currency=wallet_currency(terms, stablecoin=held[0].currency != coin),
                transfer_usd=0.0,
                notional_usd=size,
                fee_usd=size * (rate or 0.0),
            )
        )

    todo = [(contract, have, mine)]
    todo += [(u.position.contract, u.position.contracts, u.target) for u in uses[own is not None :]]
    for terms, before, after in todo:
        through_zero = before * after < 0
        if through_zero:
            add(terms, -before, reduces=True)
        if through_zero or abs(after) > abs(before):
            add(terms, after if through_zero else after - before, reduces=False)
    for terms, before, after in todo:
        if before * after >= 0 and abs(after) < abs(before):
            add(terms, after - before, reduces=True)
    equity_usd = held[0].equity_usd(prices)
    if equity_usd is not None:
        margin = wanted_usd - equity_usd + _fees(orders, held[0])
        if abs(margin) > max(_SLACK * wanted_usd, _LEAST_USD):
            moved_in = _transfer(contract, margin, held[0].unit_usd(prices), held[0].currency)
            orders = [moved_in, *orders] if margin > 0 else [*orders, moved_in]
    return Ticket(
        target_usd=target_usd,
        held_usd=held_usd,
        band_usd=band_usd,
        uses=tuple(uses),
        orders=tuple(replace(order, step=step) for step, order in enumerate(orders, 1)),
        after=wanted,
    )


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


def _transfer(contract: ContractTerms, margin_usd: float, unit_usd: float, currency: str) -> Order:
    """Move margin into the wallet, or out of it where it is below zero."""
    scale = 10**_DIGITS
    # Never less than is needed, and never more than is there.
    amount = math.ceil(margin_usd / unit_usd * scale - _ALL) / scale
    return Order(
        step=0,
        venue=contract.venue,
        symbol=contract.symbol,
        contracts=0.0,
        price_usd=None,
        reduce_only=False,
        transfer=amount,
        currency=currency,
        transfer_usd=amount * unit_usd,
        notional_usd=0.0,
        fee_usd=0.0,
    )


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
        return "" if value is None else f"{value:.10g}"

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
