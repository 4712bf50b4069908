"""Payoff of a contract: terms, profit and loss, notional, average entry, fees, funding.

An inverse contract has a face fixed in USD and pays in the coin; a linear contract has a
face fixed in the coin and pays in USD. Positions are signed: long above zero, short below.

A value that is missing or not what its parameter accepts, and shapes that do not go together,
raise :class:`hedgelib.errors.InvalidInput`, and too few values
:class:`hedgelib.errors.NotEnoughData`; *Raises* lists what else does. A price is in USD per coin. A
function of arrays returns the broadcast shape, in the unit that its name ends with.
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
    Result,
    extremes,
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

    Parameters
    ----------
    venue, symbol : str
        As the venue writes them, ``"Binance COIN-M"`` and ``"ETHUSD_PERP"``.
    kind : {"inverse", "linear"}
        Quanto contracts are refused: they pay a third currency.
    coin : str
        The coin whose price the contract follows, and for an inverse one the coin it settles in.
    multiplier : float
        Face of one contract: USD for an inverse contract, coins for a linear one.
    settle : str
        The currency of margin and profit.
    expiry : date, optional
        ``None`` for a perpetual.
    lot : float
        Smallest step in contracts.
    tick_usd, funding_hours, maker_fee, taker_fee, max_leverage : float, optional
        ``None`` where the venue's figure could not be verified.
    maintenance_basis : {"mark", "entry"}, optional
        The price at which maintenance margin is calculated.
    maintenance_floors, maintenance_rates : tuple of float
        Lower bounds of the tiers and the rate in each; empty where unverified.
    initial_margin_rates : tuple of float
        Initial margin in the same tiers, on the slice above each floor; empty where unverified.
    leverage_floors, leverage_caps : tuple of float
        Sizes above which the venue allows less leverage, and the most it allows above each; empty
        where unverified.
    tier_unit : {"coin", "usd"}
        The unit of all floors.
    maintenance_base_rate, maintenance_slope_per_coin : float, optional
        A maintenance rate that rises in a straight line with the size in coins, where a venue has
        one instead of tiers.
    liquidation_fee : {"none", "taker"}
        Whether the venue adds its taker fee to the maintenance rate when it liquidates.
    as_of, source : str
        When and where the figures were read.
    doubtful : tuple of str
        Names of figures that are not certain.
    closed : str
        Why and since when the contract no longer trades; empty while it does.

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
        for name in ("tick_usd", "funding_hours", "max_leverage"):
            if getattr(self, name) is not None:
                scalars(**{name: (getattr(self, name), POSITIVE)})
        for name in ("maker_fee", "taker_fee"):
            if getattr(self, name) is not None:
                scalars(**{name: (getattr(self, name), RATE)})
        if self.expiry is not None and not isinstance(self.expiry, date):
            raise InvalidInput(f"expiry must be a date or None, got {self.expiry!r}")
        if self.maintenance_basis is not None:
            one_of("maintenance_basis", self.maintenance_basis, ("mark", "entry"))
        if self.kind == "inverse" and self.settle != self.coin:
            raise InvalidInput(
                f"{self.symbol}: an inverse contract settles in its own coin {self.coin}, "
                f"got {self.settle}; what settles in another coin is quanto"
            )
        if len(self.maintenance_floors) != len(self.maintenance_rates):
            raise InvalidInput(
                f"{self.symbol}: {len(self.maintenance_floors)} tier floors but "
                f"{len(self.maintenance_rates)} rates; one rate for each floor"
            )
        if self.initial_margin_rates and (
            len(self.initial_margin_rates) != len(self.maintenance_floors)
        ):
            raise InvalidInput(
                f"{self.symbol}: {len(self.maintenance_floors)} tier floors but "
                f"{len(self.initial_margin_rates)} initial margin rates; one rate for each floor"
            )
        self._check_leverage_ladder()
        for name in ("maintenance_base_rate", "maintenance_slope_per_coin"):
            if getattr(self, name) is not None:
                scalars(**{name: (getattr(self, name), FRACTION)})

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


@vectorised
def inverse_notional_coin(
    contracts: ArrayLike, price_usd: ArrayLike, multiplier_usd: ArrayLike = 1.0
) -> Result:
    """Return the signed size of an inverse position, in coins.

    Formula: ``contracts * multiplier_usd / price_usd``. **Source:** the USD face is fixed by the
    contract, so its value in coins falls as the price rises (Bybit help, "What is an inverse
    contract").

    Parameters
    ----------
    contracts, price_usd, multiplier_usd : array_like
        Signed; > 0; USD face of one contract, > 0.

    Examples
    --------
    A $10 contract on ETH at $3,500 is not one ETH:

    >>> round(inverse_notional_coin(1, 3500, 10), 6)
    0.002857
    """
    contracts, price_usd, multiplier_usd = numbers(
        contracts=contracts, price_usd=price_usd, multiplier_usd=multiplier_usd
    )
    return contracts * multiplier_usd / price_usd


@vectorised
def inverse_pnl_coin(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    exit_usd: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
) -> Result:
    """Return the profit of an inverse position, in coins.

    Formula: ``contracts * multiplier_usd * (1/entry_usd - 1/exit_usd)``. **Source:** BitMEX inverse
    perpetual guide; Bybit, Binance COIN-M and Kraken print the same. Worked out as
    ``(exit - entry) / exit / entry``, which keeps its digits when the two prices are close.

    Parameters
    ----------
    contracts, entry_usd, exit_usd, multiplier_usd : array_like
        Signed; average entry and exit (or mark), > 0; USD face of one contract, > 0.

    Examples
    --------
    Alice is short $49,000 at 3,500 and ETH falls to 2,975: a gain.

    >>> round(inverse_pnl_coin(-4900, 3500, 2975, 10), 6)
    2.470588
    """
    contracts, entry_usd, exit_usd, multiplier_usd = numbers(
        contracts=contracts, entry_usd=entry_usd, exit_usd=exit_usd, multiplier_usd=multiplier_usd
    )
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

    Formula: ``spot_usd * inverse_pnl_coin``; with spot equal to the exit price ``contracts *
    multiplier_usd * (exit_usd / entry_usd - 1)``, a straight line in the exit price. **Source:**
    the coin formula times the price; the coins' bend in ``1/exit`` cancels.

    Parameters
    ----------
    contracts, entry_usd, exit_usd, multiplier_usd
        As for :func:`inverse_pnl_coin`.
    spot_usd : array_like, optional
        The price at which the coins are sold or valued; the exit price when omitted.

    Examples
    --------
    >>> inverse_pnl_usd(-4900, 3500, 2975, 10)
    7350.0
    """
    coins = inverse_pnl_coin(contracts, entry_usd, exit_usd, multiplier_usd)
    spot_usd = exit_usd if spot_usd is None else spot_usd
    coins, spot_usd = numbers(pnl_coin=(coins, FINITE), spot_usd=spot_usd)
    return coins * spot_usd


@vectorised
def linear_notional_usd(
    contracts: ArrayLike, price_usd: ArrayLike, multiplier_coin: ArrayLike = 1.0
) -> Result:
    """Return the signed size of a linear position, in USD.

    Formula: ``contracts * multiplier_coin * price_usd``. **Source:** definition of a linear
    contract (Bybit help, "USDT contract").

    Parameters
    ----------
    contracts, price_usd, multiplier_coin : array_like
        Signed; > 0; coins in one contract, > 0.

    Examples
    --------
    >>> linear_notional_usd(-14, 3500)
    -49000.0
    """
    contracts, price_usd, multiplier_coin = numbers(
        contracts=contracts, price_usd=price_usd, multiplier_coin=multiplier_coin
    )
    return contracts * multiplier_coin * price_usd


@vectorised
def linear_pnl_usd(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    exit_usd: ArrayLike,
    multiplier_coin: ArrayLike = 1.0,
) -> Result:
    """Return the profit of a linear position, in USD.

    Formula: ``contracts * multiplier_coin * (exit_usd - entry_usd)``. **Source:** Bybit help,
    "Profit and loss calculations under USDT contract".

    Parameters
    ----------
    contracts, entry_usd, exit_usd, multiplier_coin : array_like
        Signed; average entry and exit (or mark), > 0; coins in one contract, > 0.

    Examples
    --------
    >>> linear_pnl_usd(-14, 3500, 2975)
    7350.0
    """
    contracts, entry_usd, exit_usd, multiplier_coin = numbers(
        contracts=contracts, entry_usd=entry_usd, exit_usd=exit_usd, multiplier_coin=multiplier_coin
    )
    return contracts * multiplier_coin * (exit_usd - entry_usd)


def _one_sided(contracts: np.ndarray) -> None:
    total = np.abs(contracts).sum(axis=-1)
    if np.any(total == 0):
        raise InvalidInput("contracts must hold at least one fill that is not zero")
    if np.any(np.abs(contracts.sum(axis=-1)) < total * (1 - 1e-12)):
        raise InvalidInput(
            "contracts must all be buys or all be sells: an average entry is one of adds; "
            "a reducing fill leaves it as it is"
        )


@vectorised
def inverse_average_entry(contracts: ArrayLike, entry_usd: ArrayLike) -> Result:
    """Return the average entry price of several inverse fills: the harmonic mean.

    Formula: ``sum(contracts) / sum(contracts / entry_usd)``. **Source:** the sum of the fills'
    ``n (1/E - 1/X)`` is the profit of one position at this entry, and at no other; Bybit help,
    "Average entry price (inverse)". An arithmetic mean, which several trading engines use, is wrong
    for an inverse contract.

    Parameters
    ----------
    contracts, entry_usd : array_like, shape (..., n_fills)
        Signed, all of one sign and not all zero; fill prices, > 0.

    Examples
    --------
    >>> inverse_average_entry([1000, 2000], [5000, 6000])
    5625.0
    """
    contracts, entry_usd = numbers(contracts=contracts, entry_usd=entry_usd)
    contracts, entry_usd = np.broadcast_arrays(np.atleast_1d(contracts), np.atleast_1d(entry_usd))
    _one_sided(contracts)
    return contracts.sum(axis=-1) / (contracts / entry_usd).sum(axis=-1)


@vectorised
def linear_average_entry(contracts: ArrayLike, entry_usd: ArrayLike) -> Result:
    """Return the average entry price of several linear fills: the arithmetic mean.

    Formula: ``sum(contracts * entry_usd) / sum(contracts)``. **Source:** Bybit help, "Average entry
    price (USDT contract)".

    Parameters
    ----------
    contracts, entry_usd
        As for :func:`inverse_average_entry`.

    Examples
    --------
    >>> linear_average_entry([0.5, 0.3], [5000, 6000])
    5375.0
    """
    contracts, entry_usd = numbers(contracts=contracts, entry_usd=entry_usd)
    contracts, entry_usd = np.broadcast_arrays(np.atleast_1d(contracts), np.atleast_1d(entry_usd))
    _one_sided(contracts)
    return (contracts * entry_usd).sum(axis=-1) / contracts.sum(axis=-1)


@vectorised
def inverse_fee_coin(
    contracts: ArrayLike,
    price_usd: ArrayLike,
    fee_rate: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
) -> Result:
    """Return the fee of an inverse trade, in coins: positive is paid, a maker rebate is negative.

    Formula: ``|contracts| * multiplier_usd / price_usd * fee_rate``; in USD ``|contracts| *
    multiplier_usd * fee_rate`` USD at any price. **Source:** Deribit, "Fees": a percentage of the
    contract's value in the coin.

    Parameters
    ----------
    contracts, price_usd, fee_rate, multiplier_usd : array_like
        Of either sign; of the fill, > 0; decimal, 0.0005 for 0.05%; USD face of one contract, > 0.

    Examples
    --------
    >>> round(inverse_fee_coin(4900, 3500, 0.0005, 10), 6)
    0.007
    """
    contracts, price_usd, fee_rate, multiplier_usd = numbers(
        contracts=contracts, price_usd=price_usd, fee_rate=fee_rate, multiplier_usd=multiplier_usd
    )
    return np.abs(contracts) * multiplier_usd / price_usd * fee_rate


@vectorised
def linear_fee_usd(
    contracts: ArrayLike,
    price_usd: ArrayLike,
    fee_rate: ArrayLike,
    multiplier_coin: ArrayLike = 1.0,
) -> Result:
    """Return the fee of a linear trade, in USD: positive is paid, a maker rebate is negative.

    Formula: ``|contracts| * multiplier_coin * price_usd * fee_rate``. **Source:** Bybit help,
    "Trading fee structure".

    Parameters
    ----------
    contracts, price_usd, fee_rate, multiplier_coin : array_like
        As for :func:`inverse_fee_coin`; coins in one contract, > 0.

    Examples
    --------
    >>> linear_fee_usd(-14, 3500, 0.0005)
    24.5
    """
    contracts, price_usd, fee_rate, multiplier_coin = numbers(
        contracts=contracts, price_usd=price_usd, fee_rate=fee_rate, multiplier_coin=multiplier_coin
    )
    return np.abs(contracts) * multiplier_coin * price_usd * fee_rate


@vectorised
def inverse_funding_coin(
    contracts: ArrayLike,
    mark_usd: ArrayLike,
    funding_rate: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
) -> Result:
    """Return the funding received at one settlement, in coins; negative is paid.

    Formula: ``-contracts * multiplier_usd / mark_usd * funding_rate``: at a positive rate longs pay
    and shorts receive. In USD it is ``-contracts * multiplier_usd * funding_rate`` at any price.
    **Source:** BitMEX perpetual contracts guide: "longs pay shorts" at a positive rate; Bybit, OKX,
    Deribit and Kraken the same.

    Parameters
    ----------
    contracts, mark_usd, funding_rate, multiplier_usd : array_like
        Signed, at the settlement; > 0; decimal per interval; USD face of one contract, > 0.

    Examples
    --------
    The long of BitMEX's own example pays 0.05 XBT; the short on the other side receives it:

    >>> inverse_funding_coin([15000, -15000], 750, 0.0025)
    array([-0.05,  0.05])
    """
    contracts, mark_usd, funding_rate, multiplier_usd = numbers(
        contracts=contracts,
        mark_usd=mark_usd,
        funding_rate=funding_rate,
        multiplier_usd=multiplier_usd,
    )
    return 0.0 - contracts * multiplier_usd / mark_usd * funding_rate


@vectorised
def linear_funding_usd(
    contracts: ArrayLike,
    mark_usd: ArrayLike,
    funding_rate: ArrayLike,
    multiplier_coin: ArrayLike = 1.0,
) -> Result:
    """Return the funding received at one settlement, in USD; negative is paid.

    Formula: ``-contracts * multiplier_coin * mark_usd * funding_rate``. **Source:** Binance FAQ,
    "Introduction to Binance futures funding rates".

    Parameters
    ----------
    contracts, mark_usd, funding_rate, multiplier_coin : array_like
        As for :func:`inverse_funding_coin`; coins in one contract, > 0.

    Examples
    --------
    >>> linear_funding_usd(-10, 3500, 0.0001)
    3.5
    """
    contracts, mark_usd, funding_rate, multiplier_coin = numbers(
        contracts=contracts,
        mark_usd=mark_usd,
        funding_rate=funding_rate,
        multiplier_coin=multiplier_coin,
    )
    return 0.0 - contracts * multiplier_coin * mark_usd * funding_rate


@vectorised
def inverse_break_even_price(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    open_fee_rate: ArrayLike,
    close_fee_rate: ArrayLike | None = None,
) -> Result:
    """Return the break-even exit price of an inverse position after entry and exit fees.

    Formula: ``entry (1 + s close) / (1 - s open)`` with ``s`` the sign of the position. **Source:**
    profit in coins less both fees in coins set to zero. Binance displays the first-order form
    ``entry (1 + s (open + close))``.

    Parameters
    ----------
    contracts, entry_usd : array_like
        Only the sign counts, and it must not be 0; > 0.
    open_fee_rate, close_fee_rate : array_like
        Decimals; the closing one equals the opening one when omitted.

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

    Formula: ``entry (1 + s open) / (1 - s close)`` with ``s`` the sign of the position. **Source:**
    profit in USD less both fees in USD set to zero.

    Parameters
    ----------
    contracts, entry_usd, open_fee_rate, close_fee_rate
        As for :func:`inverse_break_even_price`.

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

    **Source:** a count within 1e-9 of a whole lot is that lot: 14.999999999999998 is what floating
    point makes of 15, and rounding it down to 14 would be wrong.

    Parameters
    ----------
    contracts_exact, lot : array_like
        Signed; smallest step in contracts, > 0.
    rounding : {"nearest", "down", "up"}
        ``"down"`` is toward zero, ``"up"`` away from it; a half goes away from zero.

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

    Amounts are in coin for an inverse contract and in USD for a linear one.

    Parameters
    ----------
    multiplier : float
        Face of one contract: USD (inverse) or coins (linear).
    contracts : ndarray, shape (n_fills,)
        Position after each fill, signed.
    entry_usd : ndarray
        Average entry after each fill; ``inf`` while there is no position.
    realised : ndarray
        Profit realised by each fill, before its fee.
    fees : ndarray
        Fee of each fill; a rebate is negative.
    """

    kind: Kind
    multiplier: float
    contracts: np.ndarray
    entry_usd: np.ndarray
    realised: np.ndarray
    fees: np.ndarray

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

    Parameters
    ----------
    contracts, price_usd : array_like, shape (n_fills,)
        A buy is positive, a sell negative, none is zero; fill prices, > 0.
    fee_rate : array_like, scalar or shape (n_fills,)
        Decimals.
    multiplier : float
        Face of one contract, > 0: USD (inverse) or coins (linear).

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
