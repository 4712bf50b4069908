"""Payoff of a contract: terms, profit and loss, notional, average entry, fees, funding.

An inverse contract has a face fixed in USD and pays in the coin; a linear contract has a
face fixed in the coin and pays in USD. Positions are signed: long above zero, short below.

A value that is missing or not what its parameter accepts, and shapes that do not go together,
raise :class:`hedgelib.errors.InvalidInput`, and too few values
:class:`hedgelib.errors.NotEnoughData`; *Raises* lists what else does. A function of arrays returns
the broadcast shape, in the unit that its name ends with.

An argument of one name means one thing throughout: `contracts` is signed (of a fee or a margin
either sign will do), a price is USD per coin and > 0, `multiplier_usd` is the USD face of one
inverse contract and `multiplier_coin` the coins in one linear contract, both > 0, `fee_rate` is a
decimal of the notional (0.0005 is 0.05%) and `funding_rate` a decimal per interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    FINITE,
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    RATE,
    FloatArray,
    Numeric,
    Result,
    extremes,
    formula,
    numbers,
    one_of,
    plain,
    scalars,
    series,
    vectorised,
)
from hedgelib._text import Table
from hedgelib.errors import InvalidInput, UnsupportedContract

__all__ = [
    "ContractTerms",
    "Ledger",
    "inverse_average_entry",
    "inverse_break_even_price",
    "inverse_fee_coin",
    "inverse_funding_coin",
    "inverse_notional_coin",
    "inverse_pnl_coin",
    "inverse_pnl_usd",
    "linear_average_entry",
    "linear_break_even_price",
    "linear_fee_usd",
    "linear_funding_usd",
    "linear_notional_usd",
    "linear_pnl_usd",
    "round_contracts",
    "run_ledger",
]

Kind = Literal["inverse", "linear"]
MaintenanceBasis = Literal["mark", "entry"]
Rounding = Literal["nearest", "down", "up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """The terms of one contract at one venue, as dated facts.

    What the venue has not published or could not be verified is ``None`` or empty.

    - venue, symbol: as the venue writes them, ``"Binance COIN-M"`` and ``"ETHUSD_PERP"``
    - kind: ``"inverse"`` or ``"linear"``; quanto contracts are refused: they pay a third currency
    - coin: whose price the contract follows, and in which an inverse one settles
    - multiplier: face of one contract, USD for an inverse one, coins for a linear one
    - settle: currency of margin and profit
    - expiry: ``None`` for a perpetual
    - lot: smallest step in contracts
    - maintenance_basis: ``"mark"`` or ``"entry"``, the price at which maintenance is calculated
    - maintenance_floors, maintenance_rates: lower bounds of the tiers and the rate in each
    - initial_margin_rates: in the same tiers, on the slice above each floor
    - leverage_floors, leverage_caps: sizes above which less leverage is allowed, and the most then
    - tier_unit: unit of all floors, ``"coin"`` or ``"usd"``
    - maintenance_base_rate, maintenance_slope_per_coin: a maintenance rate that rises in a straight
      line with the size in coins, where a venue has one instead of tiers
    - liquidation_fee: ``"taker"`` where that fee is added to the rate in a liquidation, or "none"
    - as_of, source: when and where the figures were read
    - doubtful: names of figures that are not certain
    - closed: why and since when it no longer trades; empty while it does

    Raises
    ------
    UnsupportedContract
        For a quanto contract, with the reason.

    Examples
    --------
    >>> terms = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                       coin="ETH", multiplier=10, settle="ETH")
    >>> terms.face
    '10 USD'
    """

    venue: str
    symbol: str
    kind: Kind
    coin: str
    multiplier: float
    settle: str
    expiry: date | None = None
    lot: float = 1.0
    tick_usd: float | None = None
    funding_hours: float | None = None
    maker_fee: float | None = None
    taker_fee: float | None = None
    max_leverage: float | None = None
    maintenance_basis: MaintenanceBasis | None = None
    maintenance_floors: tuple[float, ...] = ()
    maintenance_rates: tuple[float, ...] = ()
    initial_margin_rates: tuple[float, ...] = ()
    leverage_floors: tuple[float, ...] = ()
    leverage_caps: tuple[float, ...] = ()
    tier_unit: Literal["coin", "usd"] = "coin"
    maintenance_base_rate: float | None = None
    maintenance_slope_per_coin: float | None = None
    liquidation_fee: Literal["none", "taker"] = "none"
    as_of: str = ""
    source: str = ""
    doubtful: tuple[str, ...] = ()
    closed: str = ""

    def __post_init__(self) -> None:
        for name in ("venue", "symbol", "coin", "settle"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise InvalidInput(f"{name} must be a name, got {text!r}")
        if str(self.kind) == "quanto":
            raise UnsupportedContract(
                f"{self.symbol} is a quanto contract: its face is a fixed amount of a third "
                f"currency per dollar of price, so it pays (exit - entry) in {self.settle} "
                f"whatever the price of {self.settle}, and the inverse formulas do not apply; "
                f"choose an inverse or a linear contract on {self.coin}"
            )
        one_of("kind", self.kind, ("inverse", "linear"))
        one_of("tier_unit", self.tier_unit, ("coin", "usd"))
        one_of("liquidation_fee", self.liquidation_fee, ("none", "taker"))
        scalars(multiplier=self.multiplier, lot=self.lot)
        for names, rule in (
            (("tick_usd", "funding_hours", "max_leverage"), POSITIVE),
            (("maker_fee", "taker_fee"), RATE),
            (("maintenance_base_rate", "maintenance_slope_per_coin"), FRACTION),
        ):
            for name in names:
                if getattr(self, name) is not None:
                    scalars(**{name: (getattr(self, name), rule)})
        if self.expiry is not None and not isinstance(self.expiry, date):
            raise InvalidInput(f"expiry must be a date or None, got {self.expiry!r}")
        if self.maintenance_basis is not None:
            one_of("maintenance_basis", self.maintenance_basis, ("mark", "entry"))
        if self.kind == "inverse" and self.settle != self.coin:
            raise InvalidInput(
                f"{self.symbol}: an inverse contract settles in its own coin {self.coin}, "
                f"got {self.settle}; what settles in another coin is quanto"
            )
        floors, initial = len(self.maintenance_floors), len(self.initial_margin_rates)
        for count, what in (
            (len(self.maintenance_rates), "rates"),
            (initial or floors, "initial margin rates"),
        ):
            if count != floors:
                raise InvalidInput(
                    f"{self.symbol}: {floors} tier floors but {count} {what}; one rate for each "
                    "floor"
                )
        self._check_leverage_ladder()

    def _check_leverage_ladder(self) -> None:
        floors, caps = self.leverage_floors, self.leverage_caps
        if len(floors) != len(caps):
            raise InvalidInput(
                f"{self.symbol}: {len(floors)} leverage floors but {len(caps)} caps; "
                "one cap for each floor"
            )
        if not floors:
            return
        series("leverage_floors", floors, rule=NONNEGATIVE)
        series("leverage_caps", caps, rule=POSITIVE)
        if floors[0] != 0 or any(a >= b for a, b in pairwise(floors)):
            raise InvalidInput(f"leverage_floors must ascend from 0, got {floors}")
        if any(a < b for a, b in pairwise(caps)):
            raise InvalidInput(f"leverage_caps must not rise from tier to tier, got {caps}")

    @property
    def id(self) -> str:
        """Short name, unique over all venues, such as ``binance:ETHUSD_PERP``."""
        return f"{self.venue.split()[0].lower()}:{self.symbol}"

    @property
    def face(self) -> str:
        """The face of one contract with its unit."""
        return f"{self.multiplier:g} {'USD' if self.kind == 'inverse' else self.coin}"

    def notional_usd(self, contracts: float, price_usd: float) -> float:
        """Return the size of a position in USD, unsigned; the price counts for a linear one."""
        contracts, price_usd = scalars(contracts=contracts, price_usd=price_usd)
        if self.kind == "inverse":
            return abs(contracts) * self.multiplier
        return float(abs(linear_notional_usd(contracts, price_usd, self.multiplier)))

    def _repr_html_(self) -> str:
        rows = {
            "Contract": f"{self.symbol} at {self.venue}",
            "Kind": f"{self.kind}, {'expires ' + str(self.expiry) if self.expiry else 'perpetual'}",
            "Face of one contract": self.face,
            "Margin and profit in": self.settle,
            "Taker fee": "not verified" if self.taker_fee is None else f"{self.taker_fee:.3%}",
            "Maintenance": (
                "not verified"
                if not self.maintenance_rates
                else f"from {self.maintenance_rates[0]:.2%}, on the "
                f"{self.maintenance_basis or 'mark or entry (not verified)'} price"
            ),
            "As of": self.as_of,
            "Source": self.source,
            "Not certain": ", ".join(self.doubtful) or "nothing marked",
        }
        if self.closed:
            rows["Closed"] = self.closed
        return Table(("term", "value"), rows.items(), "ll").html()


@formula
def inverse_notional_coin(
    contracts: Numeric, price_usd: Numeric, multiplier_usd: Numeric = 1.0
) -> Result:
    """Return the signed size of an inverse position, in coins.

    Formula: ``contracts * multiplier_usd / price_usd``. **Source:** the USD face is fixed by the
    contract, so its value in coins falls as the price rises (Bybit help, "What is an inverse
    contract").

    Examples
    --------
    A $10 contract on ETH at $3,500 is not one ETH:

    >>> round(inverse_notional_coin(1, 3500, 10), 6)
    0.002857
    """
    return contracts * multiplier_usd / price_usd


@formula
def inverse_pnl_coin(
    contracts: Numeric, entry_usd: Numeric, exit_usd: Numeric, multiplier_usd: Numeric = 1.0
) -> Result:
    """Return the profit of an inverse position, in coins.

    Formula: ``contracts * multiplier_usd * (1/entry_usd - 1/exit_usd)``, with the average entry and
    the exit or the mark. **Source:** BitMEX inverse perpetual guide; Bybit, Binance COIN-M and
    Kraken print the same. Worked out as ``(exit - entry) / exit / entry``, which keeps its digits
    when the two prices are close.

    Examples
    --------
    Alice is short $49,000 at 3,500 and ETH falls to 2,975: a gain.

    >>> round(inverse_pnl_coin(-4900, 3500, 2975, 10), 6)
    2.470588
    """
    return contracts * multiplier_usd * ((exit_usd - entry_usd) / exit_usd / entry_usd)


@vectorised
def inverse_pnl_usd(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    exit_usd: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
    spot_usd: ArrayLike | None = None,
) -> Result:
    """Return the profit of an inverse position, converted to USD at the exit.

    Formula: ``spot_usd * inverse_pnl_coin``, the coins sold or valued at spot; with spot equal to
    the exit price, as when omitted, ``contracts * multiplier_usd * (exit_usd / entry_usd - 1)``, a
    straight line in the exit price. **Source:** the coin formula times the price; the coins' bend
    in ``1/exit`` cancels.

    Examples
    --------
    >>> inverse_pnl_usd(-4900, 3500, 2975, 10)
    7350.0
    """
    coins = inverse_pnl_coin(contracts, entry_usd, exit_usd, multiplier_usd)
    spot_usd = exit_usd if spot_usd is None else spot_usd
    coins, spot_usd = numbers(pnl_coin=(coins, FINITE), spot_usd=spot_usd)
    return coins * spot_usd


@formula
def linear_notional_usd(
    contracts: Numeric, price_usd: Numeric, multiplier_coin: Numeric = 1.0
) -> Result:
    """Return the signed size of a linear position, in USD.

    Formula: ``contracts * multiplier_coin * price_usd``. **Source:** definition of a linear
    contract (Bybit help, "USDT contract").

    Examples
    --------
    >>> linear_notional_usd(-14, 3500)
    -49000.0
    """
    return contracts * multiplier_coin * price_usd


@formula
def linear_pnl_usd(
    contracts: Numeric, entry_usd: Numeric, exit_usd: Numeric, multiplier_coin: Numeric = 1.0
) -> Result:
    """Return the profit of a linear position, in USD.

    Formula: ``contracts * multiplier_coin * (exit_usd - entry_usd)``, with the average entry and
    the exit or the mark. **Source:** Bybit help, "Profit and loss calculations under USDT
    contract".

    Examples
    --------
    >>> linear_pnl_usd(-14, 3500, 2975)
    7350.0
    """
    return contracts * multiplier_coin * (exit_usd - entry_usd)


def _fills(contracts: Numeric, entry_usd: Numeric) -> tuple[FloatArray, FloatArray]:
    """Pair fills with their prices, and refuse fills that are not all on one side."""
    contracts, entry_usd = np.broadcast_arrays(np.atleast_1d(contracts), np.atleast_1d(entry_usd))
    total = np.abs(contracts).sum(axis=-1)
    if np.any(total == 0):
        raise InvalidInput("contracts must hold at least one fill that is not zero")
    if np.any(np.abs(contracts.sum(axis=-1)) < total * (1 - 1e-12)):
        raise InvalidInput(
            "contracts must all be buys or all be sells: an average entry is one of adds; "
            "a reducing fill leaves it as it is"
        )
    return contracts, entry_usd


@formula
def inverse_average_entry(contracts: Numeric, entry_usd: Numeric) -> Result:
    """Return the average entry price of several inverse fills: the harmonic mean.

    Formula: ``sum(contracts) / sum(contracts / entry_usd)`` over the last axis, of shape (...,
    n_fills); the fills are of one sign and not all zero. **Source:** the sum of the fills'
    ``n (1/E - 1/X)`` is the profit of one position at this entry, and at no other; Bybit help,
    "Average entry price (inverse)". An arithmetic mean, which several trading engines use, is wrong
    for an inverse contract.

    Examples
    --------
    >>> inverse_average_entry([1000, 2000], [5000, 6000])
    5625.0
    """
    contracts, entry_usd = _fills(contracts, entry_usd)
    return contracts.sum(axis=-1) / (contracts / entry_usd).sum(axis=-1)


@formula
def linear_average_entry(contracts: Numeric, entry_usd: Numeric) -> Result:
    """Return the average entry price of several linear fills: the arithmetic mean.

    Formula: ``sum(contracts * entry_usd) / sum(contracts)``, of fills as for
    :func:`inverse_average_entry`. **Source:** Bybit help, "Average entry price (USDT contract)".

    Examples
    --------
    >>> linear_average_entry([0.5, 0.3], [5000, 6000])
    5375.0
    """
    contracts, entry_usd = _fills(contracts, entry_usd)
    return (contracts * entry_usd).sum(axis=-1) / contracts.sum(axis=-1)


@formula
def inverse_fee_coin(
    contracts: Numeric, price_usd: Numeric, fee_rate: Numeric, multiplier_usd: Numeric = 1.0
) -> Result:
    """Return the fee of an inverse trade, in coins: positive is paid, a maker rebate is negative.

    Formula: ``|contracts| * multiplier_usd / price_usd * fee_rate``; in USD ``|contracts| *
    multiplier_usd * fee_rate`` USD at any price. **Source:** Deribit, "Fees": a percentage of the
    contract's value in the coin.

    Examples
    --------
    >>> round(inverse_fee_coin(4900, 3500, 0.0005, 10), 6)
    0.007
    """
    return np.abs(contracts) * multiplier_usd / price_usd * fee_rate


@formula
def linear_fee_usd(
    contracts: Numeric, price_usd: Numeric, fee_rate: Numeric, multiplier_coin: Numeric = 1.0
) -> Result:
    """Return the fee of a linear trade, in USD: positive is paid, a maker rebate is negative.

    Formula: ``|contracts| * multiplier_coin * price_usd * fee_rate``. **Source:** Bybit help,
    "Trading fee structure".

    Examples
    --------
    >>> linear_fee_usd(-14, 3500, 0.0005)
    24.5
    """
    return np.abs(contracts) * multiplier_coin * price_usd * fee_rate


@formula
def inverse_funding_coin(
    contracts: Numeric, mark_usd: Numeric, funding_rate: Numeric, multiplier_usd: Numeric = 1.0
) -> Result:
    """Return the funding received at one settlement, in coins; negative is paid.

    Formula: ``-contracts * multiplier_usd / mark_usd * funding_rate``: at a positive rate longs pay
    and shorts receive. In USD it is ``-contracts * multiplier_usd * funding_rate`` at any price.
    **Source:** BitMEX perpetual contracts guide: "longs pay shorts" at a positive rate; Bybit, OKX,
    Deribit and Kraken the same.

    Examples
    --------
    The long of BitMEX's own example pays 0.05 XBT; the short on the other side receives it:

    >>> inverse_funding_coin([15000, -15000], 750, 0.0025)
    array([-0.05,  0.05])
    """
    return 0.0 - contracts * multiplier_usd / mark_usd * funding_rate


@formula
def linear_funding_usd(
    contracts: Numeric, mark_usd: Numeric, funding_rate: Numeric, multiplier_coin: Numeric = 1.0
) -> Result:
    """Return the funding received at one settlement, in USD; negative is paid.

    Formula: ``-contracts * multiplier_coin * mark_usd * funding_rate``. **Source:** Binance FAQ,
    "Introduction to Binance futures funding rates".

    Examples
    --------
    >>> linear_funding_usd(-10, 3500, 0.0001)
    3.5
    """
    return 0.0 - contracts * multiplier_coin * mark_usd * funding_rate


@vectorised
def inverse_break_even_price(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    open_fee_rate: ArrayLike,
    close_fee_rate: ArrayLike | None = None,
) -> Result:
    """Return the break-even exit price of an inverse position after entry and exit fees.

    Formula: ``entry (1 + s close) / (1 - s open)`` with ``s`` the sign of the position, which must
    not be 0; the closing fee equals the opening one when omitted. **Source:** profit in coins less
    both fees in coins set to zero. Binance displays the first-order form
    ``entry (1 + s (open + close))``.

    Examples
    --------
    >>> round(inverse_break_even_price(-1, 3500, 0.0005), 6)
    3496.501749
    """
    sign, entry_usd, opening, closing = _break_even_inputs(
        contracts, entry_usd, open_fee_rate, close_fee_rate
    )
    return entry_usd * (1 + sign * closing) / (1 - sign * opening)


@vectorised
def linear_break_even_price(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    open_fee_rate: ArrayLike,
    close_fee_rate: ArrayLike | None = None,
) -> Result:
    """Return the break-even exit price of a linear position after entry and exit fees.

    Formula: ``entry (1 + s open) / (1 - s close)``, as for :func:`inverse_break_even_price`.
    **Source:** profit in USD less both fees in USD set to zero.

    Examples
    --------
    >>> round(linear_break_even_price(1, 3500, 0.0005), 6)
    3503.501751
    """
    sign, entry_usd, opening, closing = _break_even_inputs(
        contracts, entry_usd, open_fee_rate, close_fee_rate
    )
    return entry_usd * (1 + sign * opening) / (1 - sign * closing)


def _break_even_inputs(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    open_fee_rate: ArrayLike,
    close_fee_rate: ArrayLike | None,
) -> tuple[np.ndarray, ...]:
    contracts, entry_usd, opening, closing = numbers(
        contracts=contracts,
        entry_usd=entry_usd,
        open_fee_rate=(open_fee_rate, RATE),
        close_fee_rate=(open_fee_rate if close_fee_rate is None else close_fee_rate, RATE),
    )
    if np.any(contracts == 0):
        raise InvalidInput(
            "contracts must not be 0: a position that is not there never breaks even"
        )
    return np.sign(contracts), entry_usd, opening, closing


@vectorised
def round_contracts(
    contracts_exact: ArrayLike, rounding: Rounding = "nearest", lot: ArrayLike = 1.0
) -> Result:
    """Round a number of contracts to whole lots, in magnitude.

    ``"down"`` is toward zero, ``"up"`` away from it, and of the ``"nearest"`` a half goes away from
    zero; `lot` is the smallest step in contracts, > 0. **Source:** a count within 1e-9 of a whole
    lot is that lot: 14.999999999999998 is what floating point makes of 15, and rounding it down to
    14 would be wrong.

    Examples
    --------
    >>> round_contracts([2.857, -2.857], "down"), round_contracts(-2.857, "up")
    (array([ 2., -2.]), -3.0)
    """
    one_of("rounding", rounding, ("nearest", "down", "up"))
    exact, lot = numbers(contracts_exact=contracts_exact, lot=lot)
    lots = np.abs(exact) / lot
    below = np.floor(lots)
    # Not floor(lots + 0.5): that sum itself rounds, below a half and beyond 2**52.
    whole = below + (lots - below >= 0.5)
    near = np.abs(lots - whole) <= np.maximum(1e-9, 1e-14 * lots)
    if rounding == "down":
        whole = np.where(near, whole, below)
    elif rounding == "up":
        whole = np.where(near, whole, np.ceil(lots))
    return np.sign(exact) * whole * lot + 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A sequence of fills and its profit: made by :func:`run_ledger`.

    Amounts are in coin for an inverse contract and in USD for a linear one, a value for each fill.
    """

    kind: Kind
    multiplier: float  # face of one contract: USD (inverse) or coins (linear)
    contracts: np.ndarray  # position after the fill, signed
    entry_usd: np.ndarray  # average entry after it; inf while there is no position
    realised: np.ndarray  # profit, before the fee
    fees: np.ndarray  # a rebate is negative

    def unrealised(self, mark_usd: ArrayLike) -> Result:
        """Return the profit of the open position at a mark price, USD per coin, > 0."""
        open_contracts, entry = float(self.contracts[-1]), float(self.entry_usd[-1])
        if open_contracts == 0:
            entry = 1.0
        profit = inverse_pnl_coin if self.kind == "inverse" else linear_pnl_usd
        return profit(open_contracts, entry, mark_usd, self.multiplier)

    def total(self, mark_usd: ArrayLike) -> Result:
        """Return the realised and unrealised profit at a mark price, less fees."""
        unrealised = self.unrealised(mark_usd)
        with extremes("total"):
            return plain(unrealised + (self.realised.sum() - self.fees.sum()))


def run_ledger(
    contracts: ArrayLike,
    price_usd: ArrayLike,
    fee_rate: ArrayLike = 0.0,
    *,
    kind: Kind = "inverse",
    multiplier: float = 1.0,
) -> Ledger:
    """Book a sequence of fills: adds, partial closes, flips.

    **Source:** an add moves the average entry (harmonic for inverse contracts), a reducing fill
    leaves it as it is and realises profit, a flip closes all and starts anew at its own price;
    Bybit help, "Average entry price".

    Fills and prices have shape (n_fills,): a buy is positive, a sell negative, none is zero. The
    fee rate is one or one for each fill, and `multiplier` the face of one contract, > 0.

    Examples
    --------
    Short 1,000 at 3,500, buy 400 back at 3,000; 600 stay open at the same entry:

    >>> book = run_ledger([-1000, 400], [3500, 3000], multiplier=10)
    >>> book.realised.sum().round(8), round(book.unrealised(4000), 8), book.entry_usd[-1]
    (np.float64(0.19047619), -0.21428571, np.float64(3500.0))
    """
    one_of("kind", kind, ("inverse", "linear"))
    (multiplier,) = scalars(multiplier=multiplier)
    fills = series("contracts", contracts)
    if np.any(fills == 0):
        raise InvalidInput("contracts must not be 0: a fill buys or sells something")
    _, prices, rates = numbers(contracts=fills, price_usd=price_usd, fee_rate=fee_rate)
    if np.ndim(prices) > 1 or np.ndim(rates) > 1:
        raise InvalidInput("price_usd and fee_rate must be one value, or one for each fill")
    try:
        prices, rates = np.broadcast_to(prices, fills.shape), np.broadcast_to(rates, fills.shape)
    except ValueError as error:
        raise InvalidInput(f"one price for each of the {fills.size} fills is needed") from error
    inverse = kind == "inverse"
    profit = inverse_pnl_coin if inverse else linear_pnl_usd
    average = inverse_average_entry if inverse else linear_average_entry
    fee = inverse_fee_coin if inverse else linear_fee_usd

    held, entry, rounding = 0.0, float("inf"), 0.0
    position, entries, realised = (np.empty(fills.size) for _ in range(3))
    for i, (fill, price) in enumerate(zip(fills.tolist(), prices.tolist(), strict=True)):
        closed = -np.sign(fill) * min(abs(fill), abs(held)) if held * fill < 0 else 0.0
        realised[i] = profit(closed, entry, price, multiplier) if closed else 0.0
        if held * fill > 0:
            entry = average([held, fill], [entry, price])
        elif abs(fill) > abs(held):
            entry = price
        # Closing 0.3 that was bought as 0.1 and 0.2 leaves 5.6e-17, which is no position: no more
        # than what the additions since the last flat position may have rounded away.
        rounding += 1e-15 * max(abs(held), abs(fill))
        held = 0.0 if abs(held + fill) <= rounding else held + fill
        if held == 0:
            entry, rounding = float("inf"), 0.0
        position[i], entries[i] = held, entry
    return Ledger(
        kind=kind,
        multiplier=multiplier,
        contracts=position,
        entry_usd=entries,
        realised=realised,
        fees=fee(fills, prices, rates, multiplier),
    )
