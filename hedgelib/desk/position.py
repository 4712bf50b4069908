"""What is on: positions as their owner writes them, and the wallets behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hedgelib._check import NONNEGATIVE, scalars
from hedgelib._text import printable
from hedgelib.contracts import (
    ContractTerms,
    inverse_average_entry,
    inverse_pnl_coin,
    linear_average_entry,
    linear_pnl_usd,
)
from hedgelib.errors import InvalidInput, NotEnoughData
from hedgelib.margin import MarginTiers, cross_wallet_coin, liquidation_price, margin_tiers
from hedgelib.plan import _flat_rate

__all__ = ["Fill", "Position", "Wallet", "mark_usd", "merged", "read_fills", "wallets"]

USD = "USD"
"""Currency of a wallet of dollars or stablecoins."""

_PART_OF_A_LOT = 1e-6

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_FILL = re.compile(rf"([^:@\s]+:[^:@\s]+):({_NUMBER})@({_NUMBER})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One line of what somebody holds: a contract by its id, how many, and at which price.

    wallet : balance of the wallet behind it, in its currency; None where it was not given.
    """

    contract: str
    contracts: float
    entry_usd: float
    wallet: float | None = None

    def __post_init__(self) -> None:
        scalars(contracts=self.contracts, entry_usd=self.entry_usd)
        if self.wallet is not None:
            scalars(wallet=self.wallet)


def read_fills(text: str) -> tuple[Fill, ...]:
    """Read fills written as ``VENUE:SYMBOL:CONTRACTS@ENTRY``, with blanks in between.

    >>> read_fills("binance:BTCUSD_PERP:-100@60000")[0].contracts
    -100.0
    """
    fills = []
    for word in text.split():
        parts = _FILL.fullmatch(word)
        if parts is None:
            raise InvalidInput(
                "a position is written VENUE:SYMBOL:CONTRACTS@ENTRY, such as "
                f"binance:BTCUSD_PERP:-100@60000 for a short, got {printable(word)!r}"
            )
        fills.append(Fill(contract=parts[1], contracts=float(parts[2]), entry_usd=float(parts[3])))
    return tuple(fills)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A contract that is held; contracts are signed."""

    contract: ContractTerms
    contracts: float
    entry_usd: float

    def notional_usd(self, price_usd: float) -> float:
        """Return the size at a price, unsigned."""
        return self.contract.notional_usd(self.contracts, price_usd)

    def pnl(self, price_usd: float, currency: str) -> float:
        """Return the unrealised profit in the currency of its wallet."""
        face = self.contract.multiplier
        if self.contract.kind == "linear":
            return float(linear_pnl_usd(self.contracts, self.entry_usd, price_usd, face))
        coins = float(inverse_pnl_coin(self.contracts, self.entry_usd, price_usd, face))
        return coins * price_usd if currency == USD else coins

    def flat_rate(self, price_usd: float) -> float | None:
        """Return the maintenance rate that is assumed, None where the venue's is known."""
        return _flat_rate(self.contract, self.contracts, price_usd, None)[0]

    def maintenance(self, price_usd: float, currency: str) -> float:
        """Return the maintenance margin at a price in the currency of its wallet."""
        contract, rate = self.contract, self.flat_rate(price_usd)
        tiers = margin_tiers(contract, price_usd, contracts=self.contracts)
        if tiers is None:
            assert rate is not None
            tiers = MarginTiers(floors=(0.0,), rates=(rate,))
        notional = self.notional_usd(price_usd)
        if contract.kind == "linear":
            return float(tiers.maintenance_margin(notional))
        coins = float(tiers.maintenance_margin(notional / price_usd))
        return coins * price_usd if currency == USD else coins


def mark_usd(prices: Mapping[str, float], contract: ContractTerms) -> float:
    """Return the price of a contract: its own, by its id, where it is known, else the coin's."""
    return prices.get(contract.id, prices[contract.coin])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The futures wallet of one venue in one currency, and the positions that share it.

    currency : a coin, or USD for dollars and stablecoins.
    balance : unrealised profit left out; None where it was not given.
    """

    venue: str
    currency: str
    balance: float | None
    positions: tuple[Position, ...] = ()

    def pnl(self, prices: Mapping[str, float]) -> float:
        """Return the unrealised profit of all positions, in the currency of the wallet."""
        return sum(p.pnl(mark_usd(prices, p.contract), self.currency) for p in self.positions)

    def unit_usd(self, prices: Mapping[str, float]) -> float:
        """Return the dollars that one unit of its currency is worth."""
        return 1.0 if self.currency == USD else prices[self.currency]

    def equity_usd(self, prices: Mapping[str, float]) -> float | None:
        """Return balance and unrealised profit, USD; None where the balance was not given."""
        if self.balance is None:
            return None
        return (self.balance + self.pnl(prices)) * self.unit_usd(prices)

    def liquidation_price(self, position: Position, prices: Mapping[str, float]) -> float | None:
        """Return where a position is liquidated, the others in the wallet as they are now.

        None where the balance was not given; the price of now where it is not enough already.
        """
        if self.balance is None:
            return None
        others = [p for p in self.positions if p is not position]
        price, currency = mark_usd(prices, position.contract), self.currency

        def reached(entry_usd: float, wallet: float) -> float:
            return liquidation_price(
                position.contract,
                position.contracts,
                entry_usd,
                wallet,
                maintenance_rate=position.flat_rate(price),
                stablecoin=currency == USD,
            )

        try:
            free = float(
                cross_wallet_coin(
                    self.balance,
                    sum(p.pnl(mark_usd(prices, p.contract), currency) for p in others),
                    sum(p.maintenance(mark_usd(prices, p.contract), currency) for p in others),
                )
            )
        except InvalidInput:
            return price
        # A profit may have been paid out that the entry price still lacks: from the price of now
        # the equity is what counts.
        for entry_usd, wallet in (
            (position.entry_usd, free),
            (price, free + position.pnl(price, currency)),
        ):
            try:
                return max(reached(entry_usd, wallet), 0.0)
            except InvalidInput:
                continue
        return price


def merged(fills: Iterable[Fill], find: Mapping[str, ContractTerms]) -> tuple[Position, ...]:
    """Make one position of the fills of each contract, at the average entry of its kind.

    Opposite fills of a contract cannot be told from a position and its reduction: refused.
    """
    by_contract: dict[str, list[Fill]] = {}
    for fill in fills:
        by_contract.setdefault(find[fill.contract].id, []).append(fill)
    positions = []
    for same in by_contract.values():
        contract = find[same[0].contract]
        counts = [fill.contracts for fill in same]
        if min(counts) < 0 < max(counts):
            raise InvalidInput(
                f"the position in {contract.id} has buys and sells; give what is left of it, and "
                "its average entry, in one line"
            )
        for count in counts:
            if abs(count / contract.lot - round(count / contract.lot)) > _PART_OF_A_LOT:
                raise InvalidInput(
                    f"{contract.id} trades in steps of {contract.lot:g}, and {count:.10g} is no "
                    f"multiple of that; give the position in contracts of {contract.face}, not in "
                    "coins or dollars"
                )
        if any(counts):
            average = inverse_average_entry if contract.kind == "inverse" else linear_average_entry
            entry = average(counts, [fill.entry_usd for fill in same])
            positions.append(
                Position(contract=contract, contracts=sum(counts), entry_usd=float(entry))
            )
    return tuple(positions)


def wallet_currency(contract: ContractTerms, *, stablecoin: bool) -> str:
    """Return the currency of the margin behind a contract."""
    return USD if stablecoin or contract.kind == "linear" else contract.coin


def wallets(
    fills: Iterable[Fill],
    find: Mapping[str, ContractTerms],
    *,
    planned: Sequence[ContractTerms],
    balance: float | None,
    stablecoin: bool = False,
) -> tuple[Wallet, ...]:
    """Put positions into the wallets of their venues and currencies, those of the plans first.

    Parameters
    ----------
    find : mapping
        Terms by the contract's name in the fills.
    planned : sequence of ContractTerms
        The contracts of the plans.
    balance : float, optional
        Of the one wallet that there is, where no fill names its own.
    stablecoin : bool
        Whether inverse contracts have stablecoin behind them.
    """
    fills = tuple(fills)

    def key(contract: ContractTerms) -> tuple[str, str]:
        return contract.venue, wallet_currency(contract, stablecoin=stablecoin)

    own = list(dict.fromkeys(map(key, planned)))
    balances: dict[tuple[str, str], float | None] = {}
    for fill in fills:
        place = key(find[fill.contract])
        before = balances.setdefault(place, fill.wallet)
        if fill.wallet is not None:
            if before not in (None, fill.wallet):
                raise InvalidInput(
                    f"the wallet of {place[1]} at {place[0]} is given as {before:g} and as "
                    f"{fill.wallet:g}; a venue has one wallet in each currency"
                )
            balances[place] = fill.wallet
    if balance is not None:
        (balance,) = scalars(balance=(balance, NONNEGATIVE))
        places = list(balances) or own or [("", "")]
        if len(places) > 1:
            what = "positions are" if fills else "legs are"
            names = " and ".join(f"{currency} at {venue}" for venue, currency in places)
            raise InvalidInput(
                f"wallet is one amount, and the {what} in wallets of {names}; give a "
                "--position file with a column wallet"
            )
        if balances.get(places[0]) is not None:
            raise InvalidInput("the wallet is in the file of positions; leave --wallet out")
        balances[places[0]] = balance
    positions = merged(fills, find)
    for place in own:
        # Where nothing is on there is no margin either.
        balances.setdefault(place, 0.0)
    return tuple(
        Wallet(
            venue=place[0],
            currency=place[1],
            balance=balances[place],
            positions=tuple(p for p in positions if key(p.contract) == place),
        )
        for place in dict.fromkeys([*own, *balances])
    )


def wallet_of(held: Iterable[Wallet], contract: ContractTerms, *, stablecoin: bool) -> Wallet:
    """Return the wallet behind a contract that was planned."""
    place = contract.venue, wallet_currency(contract, stablecoin=stablecoin)
    return next(wallet for wallet in held if (wallet.venue, wallet.currency) == place)


def check_prices(positions: Iterable[Position], prices: Mapping[str, float]) -> None:
    """Refuse a position on a coin of which there is no price."""
    for position in positions:
        if position.contract.coin not in prices:
            raise NotEnoughData(
                f"there is no price of {position.contract.coin} to value the position in "
                f"{position.contract.id}; leave it out, or take data that have one"
            )
