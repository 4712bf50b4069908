"""A day of a flight: what the night does to the position, and what an order does at the close.

The steps are those of a replay (:mod:`hedgelib._walk`); what is added here is what a replay leaves
out: cash beside the account, a second venue, and what can happen between two closes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from hedgelib import _walk
from hedgelib._check import FINITE, NONNEGATIVE, one_of, scalars
from hedgelib.errors import InvalidInput
from hedgelib.flight.episodes import BOOK_USD, CASH_USD

__all__ = ["Orders", "Position", "Weather", "night", "start", "terms", "trade"]

FEE_RATE, SLIPPAGE_RATE = 0.0005, 0.0005
FACE_USD = 10.0
MAINTENANCE, RAISED_MAINTENANCE = 0.01, 0.03
MOST_LEVERAGE = 5.0
MOST_BORROWED = CASH_USD
Margin = Literal["coin", "stablecoin"]
_DUST_USD = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a pilot orders at the close of a day; whatever is left out stays as it is.

    - short_usd: notional of the whole short, USD >= 0
    - add_usd: margin to add, USD; below zero is withdrawn
    - margin, venues: what margin is posted, "coin" or "stablecoin", and on how many venues, 1 or 2;
      both can be chosen only while nothing is posted
    """

    short_usd: float | None = None
    add_usd: float = 0.0
    margin: Margin | None = None
    venues: Literal[1, 2] | None = None

    def __post_init__(self) -> None:
        if self.short_usd is not None:
            scalars(short_usd=(self.short_usd, NONNEGATIVE))
        scalars(add_usd=(self.add_usd, FINITE))
        if self.margin is not None:
            one_of("margin", self.margin, ("coin", "stablecoin"))
        if self.venues not in (None, 1, 2):
            raise InvalidInput(f"venues must be 1 or 2, got {self.venues!r}")


class Weather(NamedTuple):
    """What a night brings: closes before and after, the high between them, and what happens."""

    was_usd: float
    price_usd: float
    high_usd: float
    funding_rate: float
    book_growth: float
    venue_fails: bool = False
    shorts_closed: bool = False
    maintenance: float = MAINTENANCE


@dataclass(frozen=True, slots=True)
class Position:
    """Book, cash and futures accounts at a close; an account that failed is gone for good.

    `cash_usd` below zero is borrowed. `posted_usd` is the margin that went in, less what came back.
    `lost_usd` is what venues kept: by liquidation, or by failing.
    """

    book_usd: float
    cash_usd: float
    accounts: tuple[_walk.Account, ...]
    totals: tuple[_walk.Totals, ...]
    margin: Margin
    maintenance: float = MAINTENANCE
    failed: bool = False
    liquidations: int = 0
    most_borrowed_usd: float = 0.0

    def bar(self, price_usd: float) -> _walk.Bar:
        """Return the prices in which the accounts are valued."""
        return _walk.bar_at(terms(self.margin), price_usd, 1.0)

    def equity_usd(self, price_usd: float) -> float:
        """Return the value of the accounts."""
        bar = self.bar(price_usd)
        return sum(_walk.equity_usd(bar, account) for account in self.accounts)

    def wealth_usd(self, price_usd: float) -> float:
        """Return the value of everything."""
        return self.book_usd + self.cash_usd + self.equity_usd(price_usd)

    @property
    def short_usd(self) -> float:
        """Notional of the short; of an inverse contract it is the face."""
        return sum(account.short for account in self.accounts)

    def margin_delta_usd(self, price_usd: float) -> float:
        """Return the dollar delta of what is in the accounts besides the short."""
        bar = self.bar(price_usd)
        return sum(_coin_usd(self.margin, bar, account) for account in self.accounts)

    def liquidation_usd(self) -> float:
        """Return the price at which the first account would be liquidated, inf for none."""
        prices = (_liquidated_at(self, account) for account in self.accounts)
        return min(prices, default=math.inf)


@cache
def terms(margin: Margin, cost_rate: float = FEE_RATE + SLIPPAGE_RATE) -> _walk.Terms:
    """Return the constants of an account with that margin, for the steps of a replay."""
    return _walk.Terms(
        inverse=True, coin_margin=margin == "coin", maintenance_at_entry=False,
        tiers_in_face=False, alarm=math.inf, cost_rate=cost_rate, lot=FACE_USD,
        lots_per_face=1 / FACE_USD, max_leverage=MOST_LEVERAGE, per_kept=0.0, per_coin=1.0,
        per_whole=0.0, grow=1.0, cut=1.0, band=0.0, trigger=0.0, top_up_leverage=1.0,
        budget_usd=0.0, book_given=True, kept_beta=0.0, whole_beta=0.0, kept_share=1.0,
        used_coin=0.0,
    )  # fmt: skip


def start() -> Position:
    """Return the position at the briefing: a book and cash."""
    return Position(BOOK_USD, CASH_USD, (_walk.EMPTY,), (_walk.NOTHING,), "coin")


def _coin_usd(margin: Margin, bar: _walk.Bar, account: _walk.Account) -> float:
    equity = _walk.equity_usd(bar, account)
    return equity if margin == "coin" else equity - account.wallet


def _liquidated_at(position: Position, account: _walk.Account) -> float:
    """Solve equity = maintenance for the price; equity in coins is a line in 1 / price."""
    if account.short <= 0:
        return math.inf
    coins, rest = account.paid, account.wallet
    if position.margin == "coin":
        coins, rest = account.paid + account.wallet, 0.0
    left = (position.maintenance - 1) * account.short - rest
    return left / coins if coins < 0 else math.inf


def night(position: Position, weather: Weather) -> Position:
    """Let a night pass: the market moves, funding is settled, and what can happen happens."""
    k = terms(position.margin)
    was, bar = (_walk.bar_at(k, p, 1.0) for p in (weather.was_usd, weather.price_usd))
    high = _walk.bar_at(k, weather.high_usd, 1.0)
    accounts, totals, liquidations = [], [], position.liquidations
    for account, total in zip(position.accounts, position.totals, strict=True):
        at_high = account.short > 0 and _walk.equity_usd(high, account) <= (
            position.maintenance * account.short
        )
        account, total = _walk.hold(k, was, bar, weather.funding_rate, account, total)
        equity = _walk.equity_usd(bar, account)
        if account.short > 0 and (at_high or equity <= position.maintenance * account.short):
            account, total = _walk.lose(equity, total)
            liquidations += 1
        accounts.append(account)
        totals.append(total)
    failed = position.failed
    if weather.venue_fails and not failed:
        lost = _walk.equity_usd(bar, accounts[0])
        accounts[0], totals[0] = _walk.lose(lost, totals[0])
        failed = True
    if weather.shorts_closed:
        for i, account in enumerate(accounts):
            if account.short > 0:
                free = terms(position.margin, cost_rate=0.0)
                accounts[i], total = _walk.fill(free, bar, account, totals[i], -account.short)
                totals[i] = total._replace(turnover=totals[i].turnover)
    return replace(
        position,
        book_usd=position.book_usd * weather.book_growth,
        accounts=tuple(accounts),
        totals=tuple(totals),
        maintenance=max(position.maintenance, weather.maintenance),
        failed=failed,
        liquidations=liquidations,
    )


def trade(
    position: Position, orders: Orders, price_usd: float, *, withdrawals: bool = True
) -> tuple[Position, tuple[str, ...]]:
    """Carry out orders at a close; what cannot be done is trimmed, and said by its id.

    First margin that is added, then the short, then margin that is withdrawn.
    """
    notes: list[str] = []
    position = _chosen(position, orders, price_usd, notes)
    k, bar = terms(position.margin), position.bar(price_usd)
    usable = [i for i in range(len(position.accounts)) if not (position.failed and i == 0)]
    if not usable:
        if orders.short_usd or orders.add_usd > 0:
            notes.append("no_venue")
        return position, tuple(notes)
    accounts, totals = list(position.accounts), list(position.totals)
    cash = position.cash_usd
    if orders.add_usd > 0:
        added = min(orders.add_usd, cash + MOST_BORROWED)
        if added < orders.add_usd:
            notes.append("no_more_money")
        cash -= added
        for i in usable:
            accounts[i] = _added(accounts[i], added / len(usable) / bar.wallet)
            totals[i] = totals[i]._replace(added=totals[i].added + added / len(usable))
    if orders.short_usd is not None:
        for i in usable:
            wanted = orders.short_usd / len(usable)
            most = max(MOST_LEVERAGE * _walk.equity_usd(bar, accounts[i]), accounts[i].short)
            if wanted > most + FACE_USD:
                notes.append("too_much_leverage")
            wanted = _walk.whole_lots(k, min(wanted, most))
            if face := wanted - accounts[i].short:
                accounts[i], totals[i] = _walk.fill(k, bar, accounts[i], totals[i], face)
    if orders.add_usd < 0:
        if not withdrawals:
            notes.append("withdrawals_stopped")
        else:
            wanted = -orders.add_usd / len(usable)
            for i in usable:
                free = _walk.equity_usd(bar, accounts[i]) - accounts[i].short / MOST_LEVERAGE
                if position.margin == "stablecoin":
                    free = min(free, accounts[i].wallet)
                taken = min(wanted, max(free, 0.0))
                if taken < wanted:
                    notes.append("margin_is_needed")
                cash += taken
                accounts[i] = _added(accounts[i], -taken / bar.wallet)
                totals[i] = totals[i]._replace(added=totals[i].added - taken)
    return (
        replace(
            position,
            cash_usd=cash,
            accounts=tuple(accounts),
            totals=tuple(totals),
            most_borrowed_usd=max(position.most_borrowed_usd, -cash),
        ),
        tuple(dict.fromkeys(notes)),
    )


def _added(account: _walk.Account, amount: float) -> _walk.Account:
    return account._replace(wallet=account.wallet + amount)


def _chosen(position: Position, orders: Orders, price_usd: float, notes: list[str]) -> Position:
    """Choose the margin and the venues, where nothing is posted yet."""
    margin = orders.margin or position.margin
    venues = orders.venues or len(position.accounts)
    if (margin, venues) == (position.margin, len(position.accounts)):
        return position
    bar = position.bar(price_usd)
    if position.failed or any(
        account.short or abs(_walk.equity_usd(bar, account)) > _DUST_USD
        for account in position.accounts
    ):
        notes.append("chosen_already")
        return position
    empty: Any = {"accounts": (_walk.EMPTY,) * venues}
    past = position.totals + (_walk.NOTHING,) * (venues - len(position.totals))
    if venues < len(past):
        past = (_walk.Totals(*map(sum, zip(*past, strict=True))),)
    return replace(position, margin=margin, totals=past, **empty)
