"""Margin of a position: tiers, initial and maintenance margin, bankruptcy and liquidation price.

Venues calculate maintenance margin in two ways, at the mark price or at the entry price, and the
liquidation price differs with it, so it is a parameter everywhere. "No such price" is ``inf``.

Arguments, results and errors are as in :mod:`hedgelib.contracts`; besides, `maintenance_rate` is a
decimal from 0 to below 1, `maintenance_amount_coin` or `_usd` the amount of its tier, >= 0, and
`wallet_coin` or `_usd` what secures the position, >= 0. `basis` is ``"mark"`` or ``"entry"``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_OR_INF,
    FloatArray,
    Numeric,
    Result,
    extremes,
    formula,
    in_pieces,
    instance,
    numbers,
    one_of,
    plain,
    scalars,
    series,
    vectorised,
)
from hedgelib.contracts import ContractTerms, MaintenanceBasis, inverse_notional_coin
from hedgelib.errors import InvalidInput

__all__ = [
    "MarginTiers",
    "cross_wallet_coin",
    "cross_wallet_usd",
    "inverse_bankruptcy_price",
    "inverse_initial_margin_coin",
    "inverse_liquidation_price",
    "inverse_maintenance_margin_coin",
    "inverse_tiered_liquidation_price",
    "leverage_allowed",
    "linear_bankruptcy_price",
    "linear_initial_margin_usd",
    "linear_liquidation_price",
    "linear_maintenance_margin_usd",
    "liquidation_distance",
    "liquidation_price",
    "margin_tiers",
]

# A fully collateralised short has wallet = notional/entry exactly, but in floating point the two
# differ by an ulp or so; a difference this small, relative to the notional, is none.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTiers:
    """Maintenance margin tiers of a venue.

    Margin is marginal: each rate applies to the slice of the notional above its floor, which
    venues write as ``rate * notional - amount`` with an amount that keeps it continuous.

    Floors ascend from 0, in the unit of the notional; the rates, decimals, do not fall. **Source:**
    ``amount_k = amount_(k-1) + floor_k (rate_k - rate_(k-1))`` from continuity; it reproduces the
    11.605 BTC that Binance's FAQ prints for 300 BTC.

    Examples
    --------
    >>> tiers = MarginTiers(floors=(0, 5, 10), rates=(0.004, 0.005, 0.01))
    >>> tiers.amounts.round(3)
    array([0.   , 0.005, 0.055])
    """

    floors: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        floors = series("floors", self.floors, rule=NONNEGATIVE)
        rates = series("rates", self.rates, rule=FRACTION)
        if floors.size != rates.size:
            raise InvalidInput(f"floors has {floors.size} values and rates {rates.size}")
        if floors[0] != 0 or np.any(np.diff(floors) <= 0):
            raise InvalidInput(f"floors must ascend from 0, got {self.floors}")
        if np.any(np.diff(rates) < 0):
            raise InvalidInput(f"rates must not fall from tier to tier, got {self.rates}")

    @property
    def amounts(self) -> FloatArray:
        """Maintenance amount of each tier, in the unit of the floors, shape (n_tiers,)."""
        steps = np.diff(np.asarray(self.rates, float), prepend=self.rates[0])
        return np.cumsum(np.asarray(self.floors, float) * steps)

    def lines(self) -> tuple[tuple[float, float], ...]:
        """Return rate and amount of each tier."""
        return tuple(zip(self.rates, self.amounts.tolist(), strict=True))

    def lookup(self, notional: ArrayLike) -> tuple[Result, Result]:
        """Return rate and amount of the tier of a notional, >= 0; on a floor the tier above it."""
        (notional,) = numbers(notional=(notional, NONNEGATIVE))
        tier = np.searchsorted(self.floors, notional, side="right") - 1
        rate, amount = np.asarray(self.rates, float)[tier], self.amounts[tier]
        return plain(rate), plain(amount)

    def maintenance_margin(self, notional: ArrayLike) -> Result:
        """Return the maintenance margin of a notional, >= 0, both in the unit of the floors."""
        rate, amount = self.lookup(notional)
        return plain(np.multiply(notional, rate) - amount)


@formula
def inverse_initial_margin_coin(
    contracts: Numeric, price_usd: Numeric, leverage: Numeric, multiplier_usd: Numeric = 1.0
) -> Result:
    """Return the initial margin of an inverse position, in coins.

    Formula: ``|contracts| * multiplier_usd / price_usd / leverage``, at the entry (isolated) or the
    mark (cross); leverage sets the margin, never the size of the position. **Source:** BitMEX
    inverse futures guide; MEXC coin-margined calculator.

    Examples
    --------
    >>> inverse_initial_margin_coin(-4900, 3500, 1, 10)
    14.0
    """
    return np.abs(contracts) * multiplier_usd / price_usd / leverage


@formula
def linear_initial_margin_usd(
    contracts: Numeric, price_usd: Numeric, leverage: Numeric, multiplier_coin: Numeric = 1.0
) -> Result:
    """Return the initial margin of a linear position, in USD.

    Formula: ``|contracts| * multiplier_coin * price_usd / leverage``. **Source:** MEXC, "Margin of
    USDT-M futures".

    Examples
    --------
    >>> linear_initial_margin_usd(1, 50000, 200)
    250.0
    """
    return np.abs(contracts) * multiplier_coin * price_usd / leverage


@formula
def inverse_maintenance_margin_coin(
    contracts: Numeric,
    price_usd: Numeric,
    maintenance_rate: Numeric,
    maintenance_amount_coin: Numeric = 0.0,
    multiplier_usd: Numeric = 1.0,
) -> Result:
    """Return the maintenance margin of an inverse position, in coins.

    Formula: ``rate * |contracts| * multiplier_usd / price_usd - amount``, at the mark or the entry,
    by the venue's convention. **Source:** Binance FAQ, "Leverage and margin of COIN-M futures".

    Examples
    --------
    >>> round(inverse_maintenance_margin_coin(100, 25000, 0.004, multiplier_usd=100), 6)
    0.0016
    """
    notional = np.abs(contracts) * multiplier_usd / price_usd
    return notional * maintenance_rate - maintenance_amount_coin


@formula
def linear_maintenance_margin_usd(
    contracts: Numeric,
    price_usd: Numeric,
    maintenance_rate: Numeric,
    maintenance_amount_usd: Numeric = 0.0,
    multiplier_coin: Numeric = 1.0,
) -> Result:
    """Return the maintenance margin of a linear position, in USD.

    Formula: ``rate * |contracts| * multiplier_coin * price_usd - amount``, at the mark or the
    entry. **Source:** Binance FAQ, "Leverage and margin of USDS-M futures".

    Examples
    --------
    >>> linear_maintenance_margin_usd(2, 3500, 0.005)
    35.0
    """
    notional = np.abs(contracts) * multiplier_coin * price_usd
    return notional * maintenance_rate - maintenance_amount_usd


def _price_or_none(numerator: Any, denominator: Any, scale: Any) -> Any:
    """Return numerator/denominator, or inf where the denominator is not above rounding noise."""
    exists = denominator > _ROUNDING * scale
    if np.all(exists):
        return numerator / denominator
    return np.where(exists, numerator / np.where(exists, denominator, 1.0), np.inf)


@formula
def inverse_bankruptcy_price(
    contracts: Numeric, entry_usd: Numeric, wallet_coin: Numeric, multiplier_usd: Numeric = 1.0
) -> Result:
    """Return the bankruptcy price of an inverse position, at which its equity reaches zero.

    Formula: ``s N / (s N / entry + wallet)`` with face ``N`` in USD and ``s`` the sign; at leverage
    ``L`` a short's is ``entry L / (L - 1)``, a long's ``entry L / (L + 1)``. It is ``inf`` for no
    position, and for a short whose wallet holds its whole notional (1x): its equity is
    ``N / price``, above zero at any price. **Source:** equity ``wallet + s N (1/entry - 1/price)``
    set to zero.

    Examples
    --------
    >>> inverse_bankruptcy_price([-1000, -4900], 3500, [4 / 7, 14], 10)
    array([4375.,   inf])
    """
    sign, face = np.sign(contracts), np.abs(contracts) * multiplier_usd
    return _price_or_none(face, face / entry_usd + sign * wallet_coin, face / entry_usd)


@formula
def linear_bankruptcy_price(
    contracts: Numeric, entry_usd: Numeric, wallet_usd: Numeric, multiplier_coin: Numeric = 1.0
) -> Result:
    """Return the bankruptcy price of a linear position, at which its equity reaches zero.

    Formula: ``entry - s wallet / (|contracts| multiplier_coin)``; ``inf`` for no position, and for
    a long whose wallet holds its whole notional. **Source:** equity
    ``wallet + s Q (price - entry)`` set to zero.

    Examples
    --------
    >>> linear_bankruptcy_price([-20, 20], 3500, 14000)
    array([4200., 2800.])
    """
    sign, size = np.sign(contracts), np.abs(contracts) * multiplier_coin
    return _price_from_worth(size * entry_usd - sign * wallet_usd, size, size * entry_usd)


def _price_from_worth(worth: Any, per_coin: Any, value: Any) -> Any:
    """Return value over coins, or inf where the value is not above rounding noise."""
    exists = worth > _ROUNDING * value
    return np.where(exists, worth / np.where(exists, per_coin, 1.0), np.inf)


def _refuse_if_liquidated(contracts: Any, equity: Any, maintenance: Any, unit: str) -> None:
    """Refuse a position whose margin is not above maintenance when it is opened."""
    dead = equity <= maintenance
    if np.any(dead):
        dead = dead & (np.abs(contracts) > 0)
    if np.any(dead):
        shape = np.broadcast_shapes(np.shape(dead), np.shape(equity), np.shape(maintenance))
        first = np.unravel_index(int(np.argmax(np.broadcast_to(dead, shape))), shape)
        have, need = (float(np.broadcast_to(x, shape)[first]) for x in (equity, maintenance))
        raise InvalidInput(
            f"a margin of {have:.8g} {unit} is not above the maintenance margin of {need:.8g} "
            f"{unit} at entry: the position would be liquidated at once; add margin or reduce its "
            "size"
        )


def _first_reached(contracts: Any, prices: Iterable[Any]) -> Any:
    """Return the first price on a position's way of those at which each tier would liquidate it.

    Maintenance margin is the greatest of the tiers' lines ``rate * notional - amount``, so the tier
    that matters is the one whose price comes first: the lowest for a short, the highest for a long.
    """
    first = np.inf
    for price in prices:
        first = np.minimum(first, np.where((contracts > 0) & np.isfinite(price), -price, price))
    return np.abs(first)


@vectorised
def inverse_liquidation_price(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    wallet_coin: ArrayLike,
    *,
    maintenance_rate: ArrayLike,
    maintenance_amount_coin: ArrayLike = 0.0,
    basis: MaintenanceBasis = "mark",
    multiplier_usd: ArrayLike = 1.0,
    taker_fee: ArrayLike = 0.0,
) -> Result:
    """Return the price at which the equity of an inverse position falls to its maintenance margin.

    Formula, with face ``N``, sign ``s``, rate ``m`` (plus the taker fee where the venue adds it)
    and amount ``a``: on the mark price ``N (m + s) / (s N / entry + wallet + a)``, on the entry
    price ``s N / (s N / entry + wallet - m N / entry + a)``; ``inf`` where no price liquidates.
    **Source:** equity in coins set equal to maintenance margin; on the mark price Binance's COIN-M
    FAQ, on the entry price Bybit's isolated formula before 2026. A short at 1x has none on the mark
    price, and ``entry / m`` on the entry price.

    The wallet, isolated the position's own margin and cross that of :func:`cross_wallet_coin`, must
    be more than the maintenance margin at entry. `taker_fee` is the closing fee that a venue adds
    to the rate (Gate, OKX).

    Examples
    --------
    >>> round(inverse_liquidation_price(-1000, 3500, 2 / 7, maintenance_rate=0.005,
    ...                                 multiplier_usd=10), 2)
    3869.44
    """
    one_of("basis", basis, ("mark", "entry"))
    contracts, entry_usd, wallet, rate, amount, multiplier_usd, fee = numbers(
        contracts=contracts,
        entry_usd=entry_usd,
        wallet_coin=wallet_coin,
        maintenance_rate=maintenance_rate,
        maintenance_amount_coin=maintenance_amount_coin,
        multiplier_usd=multiplier_usd,
        taker_fee=taker_fee,
    )

    def price(contracts: Any, each: Any, entry: Any, wallet: Any, rate: Any, amount: Any) -> Any:
        sign, face = np.sign(contracts), np.abs(contracts) * each
        coins = face / entry
        _refuse_if_liquidated(contracts, wallet, rate * coins - amount, "coin")
        if basis == "mark":
            return _price_or_none(face * (1 + sign * rate), coins + sign * (wallet + amount), coins)
        return _price_or_none(face, coins + sign * (wallet - rate * coins + amount), coins)

    return in_pieces(price, contracts, multiplier_usd, entry_usd, wallet, rate + fee, amount)


@vectorised
def inverse_tiered_liquidation_price(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    wallet_coin: ArrayLike,
    tiers: MarginTiers,
    *,
    basis: MaintenanceBasis = "mark",
    multiplier_usd: ArrayLike = 1.0,
    taker_fee: ArrayLike = 0.0,
) -> Result:
    """Return the liquidation price of an inverse position with tiers of maintenance rates.

    The floors are in coins. On the mark price the tier is that of the notional at the liquidation
    price itself, not at entry. **Source:** Binance FAQ, "How to calculate the liquidation price of
    COIN-M futures"; putting the result back makes equity equal to maintenance margin.

    Examples
    --------
    >>> tiers = MarginTiers(floors=(0, 100, 200), rates=(0.1, 0.125, 0.15))
    >>> round(inverse_tiered_liquidation_price(-10_000_000, 40_000, 125, tiers), 2)
    71428.57
    """
    instance("tiers", tiers, MarginTiers)
    one_of("basis", basis, ("mark", "entry"))
    contracts, entry_usd, wallet_coin, multiplier_usd, taker_fee = numbers(
        contracts=contracts,
        entry_usd=entry_usd,
        wallet_coin=wallet_coin,
        multiplier_usd=multiplier_usd,
        taker_fee=taker_fee,
    )
    if basis == "entry":
        notional = np.abs(inverse_notional_coin(contracts, entry_usd, multiplier_usd))
        lines: Iterable[tuple[Any, Any]] = [tiers.lookup(notional)]
    else:
        lines = tiers.lines()
    prices = (
        inverse_liquidation_price(
            contracts,
            entry_usd,
            wallet_coin,
            maintenance_rate=rate,
            maintenance_amount_coin=amount,
            basis=basis,
            multiplier_usd=multiplier_usd,
            taker_fee=taker_fee,
        )
        for rate, amount in lines
    )
    return _first_reached(contracts, prices)


@vectorised
def linear_liquidation_price(
    contracts: ArrayLike,
    entry_usd: ArrayLike,
    wallet_usd: ArrayLike,
    *,
    maintenance_rate: ArrayLike,
    maintenance_amount_usd: ArrayLike = 0.0,
    basis: MaintenanceBasis = "mark",
    multiplier_coin: ArrayLike = 1.0,
    taker_fee: ArrayLike = 0.0,
) -> Result:
    """Return the price at which the equity of a linear position falls to its maintenance margin.

    Formula, with ``w`` the wallet (plus amount) per coin of position, sign ``s`` and rate ``m``
    (plus the taker fee where the venue adds it): on the mark price ``(entry - s w) / (1 - s m)``,
    on the entry price ``entry - s (w - m entry)``; ``inf`` where no price liquidates. **Source:**
    Binance USDS-M FAQ (mark); Bybit isolated, "Qty" formula (entry). The wallet must be more than
    the maintenance margin at entry.

    Examples
    --------
    >>> round(linear_liquidation_price(-20, 3500, 14000, maintenance_rate=0.005), 2)
    4179.1
    """
    one_of("basis", basis, ("mark", "entry"))
    contracts, entry_usd, wallet, rate, amount, multiplier_coin, fee = numbers(
        contracts=contracts,
        entry_usd=entry_usd,
        wallet_usd=wallet_usd,
        maintenance_rate=maintenance_rate,
        maintenance_amount_usd=maintenance_amount_usd,
        multiplier_coin=multiplier_coin,
        taker_fee=taker_fee,
    )
    sign, size = np.sign(contracts), np.abs(contracts) * multiplier_coin
    rate, value = rate + fee, np.abs(contracts) * multiplier_coin * entry_usd
    _refuse_if_liquidated(contracts, wallet, rate * value - amount, "USD")
    margin = wallet + amount - (rate * value if basis == "entry" else 0.0)
    per_coin = size * (1 - sign * rate if basis == "mark" else 1.0)
    return _price_from_worth(value - sign * margin, per_coin, value)


def margin_tiers(
    terms: ContractTerms, price_usd: float, *, contracts: float | None = None
) -> MarginTiers | None:
    """Return the tiers of a contract in the unit of its margin, ``None`` where unverified.

    Floors are in coins for an inverse contract, into which the price turns USD, and in USD for a
    linear one. Where the venue counts tiers in the face of the contract (USD for an inverse one,
    coins for a linear one) and calculates maintenance at the mark price, the price moves a position
    through no tier: with `contracts` the result then is the one rate that it bears at every price.

    **Source:** Kraken and CoinEx count tiers in contracts of 1 USD. At the entry price, on which
    Kraken calculates, a floor in USD is a fixed number of coins. At the mark price (CoinEx) the
    maintenance margin of a face of 5,000,000 USD is ``sum(rate_k slice_k)``, 82,500 USD at any
    price, which is 1.65% of it.

    Examples
    --------
    >>> terms = ContractTerms(venue="Kraken Futures", symbol="PI_XBTUSD", kind="inverse",
    ...                       coin="BTC", multiplier=1, settle="BTC", tier_unit="usd",
    ...                       maintenance_floors=(0, 500_000), maintenance_rates=(0.01, 0.02))
    >>> margin_tiers(terms, 50_000).floors
    (0.0, 10.0)
    >>> margin_tiers(terms, 50_000, contracts=-1_000_000).rates
    (0.015,)
    """
    instance("terms", terms, ContractTerms)
    (price_usd,) = scalars(price_usd=price_usd)
    if contracts is not None:
        (contracts,) = scalars(contracts=contracts)
    if not terms.maintenance_rates:
        return None
    wanted = "coin" if terms.kind == "inverse" else "usd"
    if terms.tier_unit == wanted:
        return MarginTiers(floors=terms.maintenance_floors, rates=terms.maintenance_rates)
    if contracts is not None and terms.maintenance_basis != "entry":
        ladder = MarginTiers(floors=terms.maintenance_floors, rates=terms.maintenance_rates)
        return MarginTiers(
            floors=(0.0,), rates=(_average_rate(ladder, abs(contracts) * terms.multiplier),)
        )
    scale = 1 / price_usd if wanted == "coin" else price_usd
    floors = tuple(floor * scale for floor in terms.maintenance_floors)
    return MarginTiers(floors=floors, rates=terms.maintenance_rates)


def _average_rate(ladder: MarginTiers, size: float) -> float:
    """Return margin over size: the mean of the rates of the slices."""
    return float(ladder.maintenance_margin(size)) / size if size > 0 else ladder.rates[0]


def leverage_allowed(terms: ContractTerms, contracts: float, price_usd: float) -> float:
    """Return the highest leverage that a venue allows for a position of a given size.

    **Source:** Binance FAQ, "Leverage and Margin in Coin-Margined Futures Contracts": a cap holds
    above its floor, up to and including the next. Kraken: initial margin is graduated, so the
    leverage is the notional over the sum of ``rate_k slice_k``. The lowest counts of these two and
    the overall cap; it is ``inf`` where the terms have none of them.

    Examples
    --------
    >>> terms = ContractTerms(venue="Binance COIN-M", symbol="BTCUSD_PERP", kind="inverse",
    ...                       coin="BTC", multiplier=100, settle="BTC", max_leverage=125,
    ...                       leverage_floors=(0, 400, 1000), leverage_caps=(4, 3, 2))
    >>> [leverage_allowed(terms, -coins * 500, 50_000) for coins in (400, 1000, 1001)]
    [4.0, 3.0, 2.0]
    """
    instance("terms", terms, ContractTerms)
    usd = terms.notional_usd(contracts, price_usd)
    (size,) = scalars(size=(usd if terms.tier_unit == "usd" else usd / price_usd, NONNEGATIVE))
    allowed = [float("inf") if terms.max_leverage is None else float(terms.max_leverage)]
    if terms.leverage_caps:
        # A size that equals a floor up to rounding is not above it.
        tier = np.searchsorted(terms.leverage_floors, size * (1 - _ROUNDING)) - 1
        allowed.append(float(terms.leverage_caps[max(int(tier), 0)]))
    if terms.initial_margin_rates:
        ladder = MarginTiers(floors=terms.maintenance_floors, rates=terms.initial_margin_rates)
        rate = _average_rate(ladder, size)
        allowed.append(1 / rate if rate > 0 else float("inf"))
    return min(allowed)


def liquidation_price(
    terms: ContractTerms,
    contracts: float,
    entry_usd: float,
    wallet: float,
    *,
    maintenance_rate: float | None = None,
    stablecoin: bool = False,
) -> float:
    """Return the liquidation price of a position by its venue's own convention.

    **Source:** :func:`inverse_tiered_liquidation_price` and :func:`linear_liquidation_price`, on
    the ladder of :func:`margin_tiers` for this position. With stablecoin behind a face of `N` USD,
    signed, the equity is ``wallet + N (price / entry - 1)`` and the maintenance margin
    ``rate |N| - amount * price``.

    Parameters
    ----------
    terms : ContractTerms
        A basis that is not verified counts as mark, a taker fee that is not as 0.
    wallet : float
        Margin in coins for an inverse contract, in USD for a linear one, above maintenance at
        entry.
    maintenance_rate : float, optional
        A flat rate to use instead of the terms' ladder; needed where they have none.
    stablecoin : bool
        Whether the margin of an inverse contract is USD of stablecoin (a unified account); its
        maintenance then is at the mark price, without the taker fee.

    Returns
    -------
    float, USD per coin; ``inf`` where no price liquidates

    Examples
    --------
    >>> terms = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                       coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> round(liquidation_price(terms, -9900, 3500, 14, maintenance_rate=0.005), 2)
    6895.35
    """
    contracts, entry_usd, wallet = scalars(contracts=contracts, entry_usd=entry_usd, wallet=wallet)
    instance("terms", terms, ContractTerms)
    instance("stablecoin", stablecoin, bool)
    stablecoin = stablecoin and terms.kind == "inverse"
    if stablecoin:
        terms = replace(terms, maintenance_basis="mark")
    tiers = margin_tiers(terms, entry_usd, contracts=contracts)
    if maintenance_rate is not None:
        scalars(maintenance_rate=maintenance_rate)
        tiers = MarginTiers(floors=(0.0,), rates=(maintenance_rate,))
    if tiers is None:
        raise InvalidInput(
            f"the maintenance rate of {terms.symbol} at {terms.venue} is not verified; "
            "look it up there and pass maintenance_rate (0.005 is 0.5%)"
        )
    if stablecoin:
        with extremes("liquidation_price"):
            face = np.multiply(contracts, terms.multiplier)
            return _stablecoin_liquidation_price(face, entry_usd, wallet, tiers)
    basis = terms.maintenance_basis or "mark"
    fee = (terms.taker_fee or 0.0) if terms.liquidation_fee == "taker" else 0.0
    if terms.kind == "inverse":
        return float(
            inverse_tiered_liquidation_price(
                contracts,
                entry_usd,
                wallet,
                tiers,
                basis=basis,
                multiplier_usd=terms.multiplier,
                taker_fee=fee,
            )
        )
    prices = (
        linear_liquidation_price(
            contracts,
            entry_usd,
            wallet,
            maintenance_rate=rate,
            maintenance_amount_usd=amount,
            basis=basis,
            multiplier_coin=terms.multiplier,
            taker_fee=fee,
        )
        for rate, amount in tiers.lines()
    )
    return float(_first_reached(contracts, prices))


def _stablecoin_liquidation_price(
    face_usd: np.float64, entry_usd: float, wallet_usd: float, tiers: MarginTiers
) -> float:
    """Return where an inverse position with stablecoin behind it is liquidated; the face is signed.

    The face is fixed in USD, so the rate's part of the maintenance margin does not move with the
    price.
    """
    sign, face = np.sign(face_usd), abs(face_usd)
    coins = face / entry_usd
    needed = float(tiers.maintenance_margin(coins)) * entry_usd
    _refuse_if_liquidated(face_usd, wallet_usd, needed, "USD")
    prices = []
    for rate, amount in tiers.lines():
        value = face * (1 + sign * rate) - sign * wallet_usd
        exists = value > 0  # a long with its whole notional behind it has no such price
        prices.append(_price_or_none(value, coins + sign * amount, 0.0) if exists else np.inf)
    return float(_first_reached(face_usd, prices))


@formula
def cross_wallet_coin(
    wallet_coin: Numeric, other_pnl_coin: Numeric = 0.0, other_maintenance_coin: Numeric = 0.0
) -> Result:
    """Return the coins that secure one position in a cross-margined wallet.

    Formula: ``wallet + other unrealised profit - other maintenance margin``, the balance of this
    coin and what the other positions that share it make and need; use it as the wallet of the
    isolated formulas. Other coins and the spot wallet do not count in a classic account. A result
    below 0 is an error: the others liquidate the account by themselves. **Source:** Binance FAQ on
    liquidation prices in cross margin (``WB - TMM + UPNL``).

    Examples
    --------
    >>> round(cross_wallet_coin(10.0, -1.5, 0.25), 6)
    8.25
    """
    return _free(wallet_coin, other_pnl_coin, other_maintenance_coin)


@formula
def cross_wallet_usd(
    wallet_usd: Numeric, other_pnl_usd: Numeric = 0.0, other_maintenance_usd: Numeric = 0.0
) -> Result:
    """Return the USD that secure one position in a cross-margined stablecoin wallet.

    Formula and **Source:** as for :func:`cross_wallet_coin`; use it as the wallet of the linear
    formulas.

    Examples
    --------
    >>> cross_wallet_usd(10_000, -1_500, 250)
    8250.0
    """
    return _free(wallet_usd, other_pnl_usd, other_maintenance_usd)


def _free(wallet: Any, pnl: Any, maintenance: Any) -> Any:
    free = wallet + pnl - maintenance
    if np.any(free < 0):
        raise InvalidInput(
            "the other positions lose or bind more than the wallet holds: the account is "
            "liquidated before this position counts"
        )
    return free


def liquidation_distance(
    price_usd: ArrayLike, liquidation_price_usd: ArrayLike, daily_volatility: ArrayLike
) -> tuple[Result, Result]:
    """Return the distance to liquidation, as a return and in daily standard deviations.

    Formula: ``move = liquidation / price - 1`` and ``|log(1 + move)| / daily_volatility``.
    Both are ``inf`` where the liquidation price is; the price is the present mark, and the
    volatility the standard deviation of the coin's daily log return, a decimal > 0. **Source:**
    definition; log returns, so that a doubling and a halving are equally far.

    Examples
    --------
    >>> [round(x, 2) for x in liquidation_distance(3500, 6895.35, 0.04)]
    [0.97, 16.95]
    """
    price, liquidation, volatility = numbers(
        price_usd=price_usd,
        liquidation_price_usd=(liquidation_price_usd, POSITIVE_OR_INF),
        daily_volatility=(daily_volatility, POSITIVE),
    )
    with extremes("liquidation_distance"):
        ratio = liquidation / price
        deviations = np.abs(np.log(ratio)) / volatility
    move = np.broadcast_to(ratio - 1, np.shape(deviations)).copy()
    return plain(move), plain(deviations)
