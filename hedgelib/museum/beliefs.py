"""The wrong functions of the museum, in our own words: each a belief, and none for use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import hedgelib as hl
from hedgelib import market

_BTC = market.contract("binance:BTCUSD_PERP")
TIERS = hl.MarginTiers(floors=_BTC.maintenance_floors, rates=_BTC.maintenance_rates)
"""Binance's tiers for BTC, in BTC."""


def face_left_out(
    contracts: float, entry_usd: float, exit_usd: float, multiplier_usd: float
) -> float:
    """Profit in coins: contracts times the difference of the reciprocal prices."""
    return contracts * (1 / entry_usd - 1 / exit_usd)


def quanto_as_inverse(contracts: float, entry_usd: float, exit_usd: float, btc_usd: float) -> float:
    """Profit in dollars of BitMEX's ETHUSD: each contract is one dollar of ETH."""
    return contracts * (exit_usd / entry_usd - 1)


def fee_rounded(
    contracts: float, price_usd: float, fee_rate: float, multiplier_usd: float
) -> float:
    """Fee in coins, rounded to two decimals, as money is."""
    fee = abs(contracts) * multiplier_usd / price_usd * fee_rate
    return round(fee, 2)


def funding_sign(
    contracts: float, mark_usd: float, funding_rate: float, multiplier_usd: float
) -> float:
    """Funding received, in coins: at a positive rate the short pays."""
    return contracts * multiplier_usd / mark_usd * funding_rate


def help_page_sign(
    contracts: float, entry_usd: float, exit_usd: float, multiplier_usd: float
) -> float:
    """Profit in coins: exit less entry, as for everything else that one buys and sells."""
    return contracts * multiplier_usd * (1 / exit_usd - 1 / entry_usd)


def clamp_swapped(premium: float, interest: float) -> float:
    """Funding rate of one interval, with the two bounds in the order in which they are printed."""
    first, second = 0.0005, -0.0005
    return premium + min(max(interest - premium, first), second)


def average_entry(contracts: Sequence[float], entry_usd: Sequence[float]) -> float:
    """Average entry price: the prices, weighted by contracts."""
    paid = sum(n * price for n, price in zip(contracts, entry_usd, strict=True))
    return paid / sum(contracts)


def bankruptcy_below_entry(contracts: float, entry_usd: float, wallet_coin: float) -> float:
    """Bankruptcy price of a short: below entry by the share that the margin is of the size."""
    size_coin = abs(contracts) / entry_usd
    return entry_usd * (1 - wallet_coin / size_coin)


def no_liquidation(
    contracts: float, entry_usd: float, wallet_coin: float, maintenance_rate: float
) -> float:
    """Liquidation price of a short, and 0.0 where there is none."""
    size_usd = abs(contracts)
    uncovered_coin = size_usd / entry_usd - wallet_coin
    if uncovered_coin <= 0:
        return 0.0
    return size_usd * (1 - maintenance_rate) / uncovered_coin


def tier_at_entry(contracts: float, entry_usd: float, wallet_coin: float) -> float:
    """Liquidation price, with the maintenance rate of the size at entry."""
    rate, amount = TIERS.lookup(abs(contracts) / entry_usd)
    maintenance = {"maintenance_rate": rate, "maintenance_amount_coin": amount}
    price = hl.inverse_liquidation_price(contracts, entry_usd, wallet_coin, **maintenance)
    return float(price)


def two_divisors(book_returns: Sequence[float], coin_returns: Sequence[float]) -> float:
    """Beta: covariance over variance, both with the default of numpy."""
    covariance = np.cov(book_returns, coin_returns)[0, 1]
    return float(covariance / np.var(coin_returns))


def history_as_cash(measured_usd: float, unmeasured_usd: float, beta: float) -> float:
    """Exposure of a book in dollars: a coin without a price history has no beta."""
    return beta * measured_usd + 0 * unmeasured_usd


def price_change_ratio(
    ratio_units: float, units: float, spot_usd: float, futures_usd: float, contract_units: float
) -> float:
    """Contracts to hold: the ratio times what is held, over what one contract is, in dollars."""
    return -ratio_units * (units * spot_usd) / (contract_units * futures_usd)


def margin_forgotten(book_usd: float, beta: float, collateral_usd: float) -> float:
    """Notional to short, in dollars: beta times the book."""
    return beta * book_usd


def cover_scaled(book_usd: float, beta: float, collateral_usd: float, hedge_ratio: float) -> float:
    """Notional to short, in dollars: the ratio times all that is exposed."""
    return hedge_ratio * (beta * book_usd + collateral_usd)
