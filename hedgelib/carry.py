"""Cost or income of holding a hedge: funding, basis, and closing to open again.

One sign throughout: money received is positive. At a positive funding rate longs pay and shorts
receive, and a short that sold above spot receives the premium as it converges.

Arguments, results and errors are as in :mod:`hedgelib.contracts`; each field of a result has the
shape of the arguments that it depends on. Besides, an interest is a decimal per interval as well, a
premium a decimal, `interval_hours` the hours between two settlements, > 0, and `notional_usd` the
face of a short, >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    ABOVE_MINUS_ONE,
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
    scalars,
    series,
    vectorised,
)
from hedgelib._result import Numbers
from hedgelib.contracts import inverse_funding_coin, inverse_pnl_coin, linear_funding_usd
from hedgelib.errors import InvalidInput

__all__ = [
    "AnnualFunding",
    "AnnualisedBasis",
    "BreakEven",
    "ExpiryLock",
    "FundingIncome",
    "PerpOrExpiry",
    "ShortWithBasis",
    "annualise_funding",
    "annualised_basis",
    "basis",
    "basis_usd",
    "close_reopen_break_even",
    "deannualise_funding",
    "deribit_funding_rate",
    "expiry_lock",
    "fair_price_usd",
    "funding_cap",
    "funding_income",
    "funding_rate",
    "interest_rate_component",
    "inverse_funding_total_coin",
    "inverse_short_with_basis",
    "limit_funding_step",
    "linear_funding_total_usd",
    "perp_or_expiry",
    "premium_index",
    "unhedged_sigma_usd",
    "weighted_premium",
]

HOURS_PER_YEAR = 8760
DAYS_PER_YEAR = 365


@formula
def interest_rate_component(
    quote_rate_daily: Numeric, base_rate_daily: Numeric, intervals_per_day: Numeric = 3
) -> Result:
    """Return the interest part of a funding rate: lending the dollar less lending the coin.

    Formula: ``(quote - base) / intervals_per_day``, decimal per interval, of the decimal interest
    per day on the quote currency (USD) and on the coin. Above 0 it moves the rate towards shorts
    receiving. **Source:** BitMEX perpetual contracts guide and Bybit help: 0.06% and 0.03% a day,
    three settlements, so 0.01%.

    Examples
    --------
    >>> round(interest_rate_component(0.0006, 0.0003), 8)
    0.0001
    """
    return (quote_rate_daily - base_rate_daily) / intervals_per_day


@formula
def premium_index(impact_bid_usd: Numeric, impact_ask_usd: Numeric, index_usd: Numeric) -> Result:
    """Return how far the perpetual trades above its index, or below; a decimal.

    Formula: ``(max(0, bid - index) - max(0, index - ask)) / index``: 0 while the index is between
    them. Bid and ask are the average prices of selling and of buying the venue's impact notional.
    Above 0 longs are in demand, and shorts will receive. **Source:** Binance FAQ, "Introduction to
    Binance futures funding rates"; Bybit and BitMEX the same.

    Examples
    --------
    >>> premium_index([3510, 3480, 3499], [3511, 3482, 3501], 3500).round(6)
    array([ 0.002857, -0.005143,  0.      ])
    """
    if np.any(impact_bid_usd > impact_ask_usd):
        raise InvalidInput("impact_bid_usd must not be above impact_ask_usd; swap them")
    above, below = impact_bid_usd - index_usd, index_usd - impact_ask_usd
    return (np.maximum(above, 0) - np.maximum(below, 0)) / index_usd


@vectorised
def weighted_premium(premiums: ArrayLike) -> Result:
    """Return the average premium of a funding interval, weighted towards the latest reading.

    Formula: ``sum(i p_i) / sum(i)`` over n >= 1 readings of the premium index, shape (n,), with
    i = 1 for the first and n for the last. **Source:** Bybit help, "Introduction to funding rate"
    (weights over the minutes of the interval). A venue with the plain average is served by
    ``numpy.mean``.

    Examples
    --------
    >>> round(weighted_premium([0.0001, 0.0002, 0.0004, 0.0008]), 8)
    0.00049
    """
    premiums = series("premiums", premiums)
    weights = np.arange(1.0, premiums.size + 1)
    return weights @ premiums / weights.sum()


@vectorised
def funding_rate(
    premium: ArrayLike,
    interest: ArrayLike = 0.0001,
    *,
    damper: ArrayLike = 0.0005,
    cap: ArrayLike | None = None,
) -> Result:
    """Return the funding rate of one interval; shorts receive it when it is above 0.

    Formula: ``F = P + clamp(I - P, -damper, +damper)``, then between ``-cap`` and ``+cap`` (see
    :func:`funding_cap`), of the average premium P and the interest I, which is 0 on OKX. The damper
    is the width of the band in which the rate equals the interest; 0 turns it off (OKX).
    **Source:** BitMEX, Bybit, Binance and Gate, whose pages print the bounds of the clamp now in
    one order and now in the other. With the usual figures the rate is 0.01% for premiums from
    -0.04% to 0.06%. Worked out as I kept within ``P -+ damper``: the same, and exactly I inside.

    Examples
    --------
    >>> funding_rate([-0.0006, 0.0003, 0.0100]).round(6)
    array([-0.0001,  0.0001,  0.0095])
    """
    premium, interest, damper = numbers(premium=premium, interest=interest, damper=damper)
    rate = np.clip(interest, premium - damper, premium + damper)
    return rate if cap is None else _capped(rate, cap)


@vectorised
def deribit_funding_rate(
    premium: ArrayLike, *, damper: ArrayLike = 0.0005, cap: ArrayLike | None = None
) -> Result:
    """Return Deribit's eight-hour funding rate, paid by the second; shorts receive it above 0.

    Formula: ``max(damper, P) + min(-damper, P)``, then between ``-cap`` and ``+cap``, of the
    premium of the mark over the index; premiums up to the damper, to either side, cost nothing. A
    position held for t hours receives or pays ``t / 8`` of it. **Source:** Deribit, inverse
    perpetual, "Funding rate".

    Examples
    --------
    >>> deribit_funding_rate([-0.0008, 0.0003, 0.0008]).round(6)
    array([-0.0003,  0.    ,  0.0003])
    """
    premium, damper = numbers(premium=premium, damper=damper)
    rate = np.maximum(damper, premium) + np.minimum(-damper, premium)
    return rate if cap is None else _capped(rate, cap)


def _capped(rate: Result, cap: ArrayLike) -> Result:
    rate, cap = numbers(rate=(rate, FINITE), cap=(cap, NONNEGATIVE))
    return np.clip(rate, -cap, cap)


@vectorised
def funding_cap(
    maintenance_rate: ArrayLike, initial_rate: ArrayLike | None = None, *, share: ArrayLike = 0.75
) -> Result:
    """Return the largest funding rate that a venue allows, in either direction.

    Formula: ``share * maintenance``, or with an initial rate ``share * (initial - maintenance)``,
    of the lowest margin rates, the initial not below the maintenance one. **Source:** BitMEX
    perpetual contracts guide, "Funding rate caps": 75% of initial less maintenance margin; Binance
    FAQ: 75% of the maintenance margin rate, in older times all of it. Terms change: date them.

    Examples
    --------
    >>> round(funding_cap(0.005, 0.01), 6), round(funding_cap(0.004), 6)
    (0.00375, 0.003)
    """
    maintenance, share, initial = numbers(
        maintenance_rate=maintenance_rate,
        share=(share, NONNEGATIVE),
        initial_rate=(0.0 if initial_rate is None else initial_rate, FRACTION),
    )
    if initial_rate is None:
        return share * maintenance
    if np.any(initial < maintenance):
        raise InvalidInput("initial_rate must not be below maintenance_rate; swap them")
    return share * (initial - maintenance)


@vectorised
def limit_funding_step(
    funding_rate: ArrayLike, previous_rate: ArrayLike, max_step: ArrayLike
) -> Result:
    """Return a funding rate limited to a maximum step from the previous one.

    Formula: the rate, between ``previous_rate - max_step`` and ``previous_rate + max_step``; on
    BitMEX the step, >= 0, is 75% of the maintenance margin rate. **Source:** BitMEX perpetual
    contracts guide, "Funding rate caps".

    Examples
    --------
    >>> round(limit_funding_step(0.01, 0.0001, 0.00375), 6)
    0.00385
    """
    rate, previous, step = numbers(
        funding_rate=(funding_rate, FINITE), previous_rate=previous_rate, max_step=max_step
    )
    return np.clip(rate, previous - step, previous + step)


@formula
def fair_price_usd(
    index_usd: Numeric,
    funding_rate: Numeric,
    hours_to_funding: Numeric,
    interval_hours: Numeric = 8,
) -> Result:
    """Return the mark price of a perpetual that includes the funding still to come.

    Formula: ``index (1 + F t / interval_hours)``, of the rate of the next settlement and the hours
    t >= 0 to it: above the index while shorts are to receive. **Source:** BitMEX, "Fair price
    marking".

    Examples
    --------
    >>> round(fair_price_usd(60_000, 0.0001, 4), 6)
    60003.0
    """
    return index_usd * (1 + funding_rate * (hours_to_funding / interval_hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualFunding(Numbers):
    """A funding rate per year, without and with reinvestment: made by :func:`annualise_funding`."""

    simple: Result
    compound: Result


@extremes("annualise_funding")
def annualise_funding(funding_rate: ArrayLike, interval_hours: ArrayLike = 8) -> AnnualFunding:
    """Convert a funding rate per interval to one per year; shorts receive a positive rate.

    Formula: simple ``F 8760 / h``, compound ``(1 + F)^(8760 / h) - 1``. An inverse short is paid on
    a fixed USD face: simple, unless what it receives is shorted in turn. **Source:** definition; a
    year has 365 days.

    Examples
    --------
    >>> year = annualise_funding(0.0001)
    >>> round(year.simple, 6), round(year.compound, 6)
    (0.1095, 0.115714)
    """
    rate, hours = numbers(funding_rate=funding_rate, interval_hours=interval_hours)
    intervals = HOURS_PER_YEAR / hours
    return AnnualFunding(simple=rate * intervals, compound=np.expm1(np.log1p(rate) * intervals))


@vectorised
def deannualise_funding(
    annual_rate: ArrayLike,
    interval_hours: ArrayLike = 8,
    *,
    compounding: Literal["simple", "compound"] = "simple",
) -> Result:
    """Convert a yearly rate to a funding rate per interval, with the same sign.

    Formula: ``R h / 8760`` of a simple rate R, or ``(1 + R)^(h / 8760) - 1`` of a compound one,
    above -1. **Source:** :func:`annualise_funding` turned round.

    Examples
    --------
    >>> round(deannualise_funding(0.1095), 8)
    0.0001
    """
    one_of("compounding", compounding, ("simple", "compound"))
    simple = compounding == "simple"
    annual, hours = numbers(
        annual_rate=(annual_rate, FINITE if simple else ABOVE_MINUS_ONE),
        interval_hours=interval_hours,
    )
    years = hours / HOURS_PER_YEAR
    return annual * years if simple else np.expm1(np.log1p(annual) * years)


@formula
def basis(futures_usd: Numeric, spot_usd: Numeric) -> Result:
    """Return the relative premium of a contract over spot; a short receives it as it converges.

    Formula: ``F / S - 1``. A decimal, below 0 in backwardation. **Source:** the field's
    convention, futures less spot; commodity texts write spot less futures. Worked out as
    ``(F - S) / S``, which keeps its digits when the two are close.

    Examples
    --------
    >>> basis(3605, 3500)
    0.03
    """
    return (futures_usd - spot_usd) / spot_usd


@formula
def basis_usd(futures_usd: Numeric, spot_usd: Numeric) -> Result:
    """Return the premium of a contract over spot in dollars per coin, ``F - S``; see :func:`basis`.

    Examples
    --------
    >>> basis_usd(3605, 3500)
    105.0
    """
    return futures_usd - spot_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualisedBasis(Numbers):
    """A premium per year, in three ways, and until expiry: made by :func:`annualised_basis`."""

    simple: Result
    compound: Result
    log: Result
    basis: Result
    basis_usd: Result


@extremes("annualised_basis")
def annualised_basis(
    futures_usd: ArrayLike, spot_usd: ArrayLike, days: ArrayLike
) -> AnnualisedBasis:
    """Convert the premium of a dated contract to a yearly rate; shorts receive a positive rate.

    Formula: with ``b = F / S - 1``, simple ``b 365 / d``, compound ``(1 + b)^(365 / d) - 1``, log
    ``ln(1 + b) 365 / d``, over the days d > 0 to expiry. **Source:** definition. Desks quote the
    simple one; say which.

    Examples
    --------
    >>> year = annualised_basis(3605, 3500, 90)
    >>> round(year.simple, 6), round(year.compound, 6), round(year.log, 6), year.basis_usd
    (0.121667, 0.127359, 0.119877, 105.0)
    """
    futures, spot, days = numbers(futures_usd=futures_usd, spot_usd=spot_usd, days=days)
    premium, periods = (futures - spot) / spot, DAYS_PER_YEAR / days
    return AnnualisedBasis(
        simple=premium * periods,
        compound=np.expm1(np.log1p(premium) * periods),
        log=np.log1p(premium) * periods,
        basis=premium,
        basis_usd=futures - spot,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortWithBasis(Numbers):
    """Profit of an inverse short with a premium: made by :func:`inverse_short_with_basis`.

    `pnl_usd_at_spot` is the profit in coin sold at spot. It is `ideal_usd`, the profit of a
    contract that always traded at spot, and `basis_effect_usd`, above 0 when the premium at entry
    was the larger; `entry_basis` and `exit_basis` are the premiums, decimals.
    """

    pnl_coin: Result
    pnl_usd_at_spot: Result
    ideal_usd: Result
    basis_effect_usd: Result
    entry_basis: Result
    exit_basis: Result


@extremes("inverse_short_with_basis")
def inverse_short_with_basis(
    notional_usd: ArrayLike,
    perp_entry_usd: ArrayLike,
    spot_entry_usd: ArrayLike,
    perp_exit_usd: ArrayLike,
    spot_exit_usd: ArrayLike,
) -> ShortWithBasis:
    """Return the profit of an inverse short, split into the spot move and the change of premium.

    Formula: ``N (S1/F1 - S1/F0)`` USD, of which ``N (1 - S1/S0)`` is the move and
    ``N ((S1 - F1)/F1 + (S1/S0) (F0 - S0)/F0)`` the premiums; about ``N (b0 (1 + r) - b1)``.
    **Source:** the coin formula of the contract times spot. The effect is not taken as a difference
    of the two profits, so it is 0 and not nearly 0 where contract and spot agree.

    Examples
    --------
    Sold at a premium of 3%, closed at none, while spot fell 15%:

    >>> short = inverse_short_with_basis(10_000, 3605, 3500, 2975, 2975)
    >>> round(short.pnl_usd_at_spot, 4), round(short.ideal_usd, 4), round(short.basis_effect_usd, 4)
    (1747.5728, 1500.0, 247.5728)
    """
    notional, f0, s0, f1, s1 = numbers(
        notional_usd=notional_usd,
        perp_entry_usd=perp_entry_usd,
        spot_entry_usd=spot_entry_usd,
        perp_exit_usd=perp_exit_usd,
        spot_exit_usd=spot_exit_usd,
    )
    pnl_coin = inverse_pnl_coin(-notional, f0, f1)
    return ShortWithBasis(
        pnl_coin=pnl_coin,
        pnl_usd_at_spot=pnl_coin * s1,
        ideal_usd=notional * ((s0 - s1) / s0),
        basis_effect_usd=notional * ((s1 - f1) / f1 + s1 / s0 * ((f0 - s0) / f0)),
        entry_basis=(f0 - s0) / s0,
        exit_basis=(f1 - s1) / s1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryLock(Numbers):
    """Coins and their dated short, and what is owned after delivery: made by :func:`expiry_lock`.

    `open_coin` are the coins that the short leaves unhedged; below 0 it is over-hedged.
    """

    notional_usd: Result
    final_coin: Result
    final_usd: Result
    open_coin: Result


@extremes("expiry_lock")
def expiry_lock(
    coin: ArrayLike,
    futures_usd: ArrayLike,
    settle_usd: ArrayLike,
    *,
    notional_usd: ArrayLike | None = None,
) -> ExpiryLock:
    """Return the value of coins and a dated inverse short at delivery (cash and carry).

    Formula: ``C + N (1/settle - 1/F0)`` coins, which are ``N + settle (C - N/F0)`` USD, of C coins,
    margin included, and a contract sold at F0. With ``N = C F0``, as when omitted, that is ``C F0``
    USD at any settlement price; sized at spot, ``C (1 - S0/F0)`` coins stay open. **Source:**
    profit of an inverse short, at delivery, where contract and spot are one.

    Examples
    --------
    >>> lock = expiry_lock(1, 61_500, 45_000)
    >>> round(lock.final_coin, 6), lock.final_usd, lock.open_coin
    (1.366667, 61500.0, 0.0)
    """
    coin, futures, settle, notional = numbers(
        coin=coin,
        futures_usd=futures_usd,
        settle_usd=settle_usd,
        notional_usd=0.0 if notional_usd is None else notional_usd,
    )
    if notional_usd is None:
        notional = coin * futures
        open_coin = 0.0 * notional
    else:
        open_coin = coin - notional / futures
    return ExpiryLock(
        notional_usd=notional,
        final_coin=notional / settle + open_coin,
        final_usd=notional + settle * open_coin,
        open_coin=open_coin,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpOrExpiry(Numbers):
    """Comparison of a perpetual and a dated contract for a short: made by :func:`perp_or_expiry`.

    What the short receives, below 0 it pays, is a simple rate per year and USD until the expiry.
    `advantage_usd` is what the perpetual brings more, and `better` ``"perpetual"``, ``"expiry"`` or
    ``"either"``.
    """

    funding_annual: float
    basis_annual: float
    funding_usd: float
    basis_usd: float
    advantage_usd: float
    better: str
    days: float


def perp_or_expiry(
    exposure_usd: float,
    expected_funding_rate: float,
    futures_usd: float,
    spot_usd: float,
    days: float,
    *,
    interval_hours: float = 8,
) -> PerpOrExpiry:
    """Compare what a short receives from funding with what it receives from a premium.

    Formula: funding ``V f 24 d / h`` against basis ``V (F/S - 1)``, both received, over the d days
    to the expiry; the higher is better. V > 0 is the value at spot of what is hedged, and f the
    average rate until the expiry: a forecast, where the premium is a fact. A short wants a high
    premium: it sells it. **Source:** funding is paid on a fixed USD face and the premium converges
    to nothing at delivery. Fees are alike and left out.

    Examples
    --------
    >>> choice = perp_or_expiry(50_000, 0.0001, 3605, 3500, 90)
    >>> round(choice.funding_usd, 2), round(choice.basis_usd, 2), choice.better
    (1350.0, 1500.0, 'expiry')
    """
    exposure, rate, futures, spot, days, hours = scalars(
        exposure_usd=(exposure_usd, POSITIVE),
        expected_funding_rate=expected_funding_rate,
        futures_usd=futures_usd,
        spot_usd=spot_usd,
        days=days,
        interval_hours=interval_hours,
    )
    premium = (futures - spot) / spot
    funding_annual = rate * HOURS_PER_YEAR / hours
    funding_usd = exposure * funding_annual * (days / DAYS_PER_YEAR)
    basis_usd = exposure * premium
    advantage = funding_usd - basis_usd
    level = abs(advantage) <= 1e-12 * (abs(funding_usd) + abs(basis_usd))
    return PerpOrExpiry(
        funding_annual=funding_annual,
        basis_annual=premium * DAYS_PER_YEAR / days,
        funding_usd=funding_usd,
        basis_usd=basis_usd,
        advantage_usd=advantage,
        better="either" if level else "perpetual" if advantage > 0 else "expiry",
        days=days,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven(Numbers):
    """Whether closing a short to avoid funding pays: made by :func:`close_reopen_break_even`.

    The cost is that of closing now and opening again later, against what the open short pays at
    each settlement, below 0 it receives. For closing to pay, the rate must last as long as the
    break-even says; ``inf``: never.
    """

    _may_be_infinite: ClassVar[tuple[str, ...]] = ("break_even_intervals", "break_even_hours")

    close_reopen_cost_usd: Result
    funding_cost_per_interval_usd: Result
    break_even_intervals: Result
    break_even_hours: Result


@extremes("close_reopen_break_even")
def close_reopen_break_even(
    notional_usd: ArrayLike,
    funding_rate: ArrayLike,
    taker_fee: ArrayLike,
    slippage: ArrayLike = 0.0,
    interval_hours: ArrayLike = 8,
) -> BreakEven:
    """Return the settlements that a short must stay closed so that closing and reopening pays.

    Formula: ``2 (fee + slippage) / |F|`` for a rate below 0, which a short pays; never at 0 or
    above, which it receives. What the book may move meanwhile is :func:`unhedged_sigma_usd`.
    Fee and slippage are of one side, decimals of the notional N > 0. **Source:** cost
    ``2 N (fee + slippage)`` against ``N |F|`` saved at each settlement.

    Examples
    --------
    >>> result = close_reopen_break_even(49_000, [-0.0001, 0.0001], 0.0005, 0.0002)
    >>> result.break_even_hours
    array([112.,  inf])
    """
    notional, rate, fee, slip, hours = numbers(
        notional_usd=(notional_usd, POSITIVE),
        funding_rate=funding_rate,
        taker_fee=taker_fee,
        slippage=slippage,
        interval_hours=interval_hours,
    )
    pays, cost = rate < 0, 2 * (fee + slip)
    intervals = np.where(pays, cost / np.where(pays, -rate, 1.0), np.inf)
    return BreakEven(
        close_reopen_cost_usd=notional * cost,
        funding_cost_per_interval_usd=0.0 - notional * rate,
        break_even_intervals=intervals,
        break_even_hours=intervals * hours,
    )


@formula
def unhedged_sigma_usd(
    book_usd: Numeric, beta: Numeric, daily_vol: Numeric, hours: Numeric
) -> Result:
    """Return the volatility of a book from the coin while the hedge is off, USD.

    Formula: ``V |beta| sigma sqrt(hours / 24)``, of the book's value and beta, the standard
    deviation of the coin's daily return, a decimal, and the time without hedge. Idiosyncratic risk
    comes on top. **Source:** variances of independent days add up.

    Examples
    --------
    To dodge at most $70 of funding over 112 hours:

    >>> round(unhedged_sigma_usd(50_000, 1.0, 0.04, 112), 2)
    4320.49
    """
    return book_usd * np.abs(beta) * daily_vol * np.sqrt(hours / 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingIncome(Numbers):
    """Funding income of a short, in all and by the year: made by :func:`funding_income`."""

    total_usd: float
    yearly_usd: float
    mean_rate: float
    settlements: float


@extremes("funding_income")
def funding_income(
    short_notional_usd: float,
    funding_rates: ArrayLike,
    *,
    interval_hours: float = 8,
    settlements: ArrayLike | None = None,
) -> FundingIncome:
    """Return the funding income of an inverse short, from one rate or a history; a cost below 0.

    Formula: ``N sum(F)``, by the year ``N mean(F) 8760 / h``: in USD the face is fixed, whatever
    the price. What is received comes in coin, and is new exposure to hedge. **Source:** an inverse
    short receives ``N / mark * F`` coins, whose value is ``N F`` USD.

    The rates are one expected rate, each settlement's, or averages, of shape (n,) and with as many
    `settlements`, > 0, in each: with monthly averages, those of the month.

    Examples
    --------
    >>> income = funding_income(50_000, [0.0001, 0.0003, -0.0002])
    >>> round(income.total_usd, 6), round(income.yearly_usd, 2)
    (10.0, 3650.0)
    """
    notional, hours = scalars(
        short_notional_usd=(short_notional_usd, NONNEGATIVE), interval_hours=interval_hours
    )
    (rates,) = numbers(funding_rates=(funding_rates, RATE))
    rates = series("funding_rates", np.atleast_1d(rates))
    counts = np.ones(rates.size)
    if settlements is not None:
        counts = series("settlements", settlements, rule=POSITIVE)
        if counts.size != rates.size:
            raise InvalidInput(f"{rates.size} funding_rates but {counts.size} settlements")
    total, number = float(counts @ rates), float(counts.sum())
    return FundingIncome(
        total_usd=notional * total,
        yearly_usd=notional * (total / number) * HOURS_PER_YEAR / hours,
        mean_rate=total / number,
        settlements=number,
    )


@vectorised
def inverse_funding_total_coin(
    contracts: ArrayLike,
    mark_usd: ArrayLike,
    funding_rates: ArrayLike,
    multiplier_usd: ArrayLike = 1.0,
) -> Result:
    """Return the funding of an inverse position over several settlements, coins; negative is paid.

    Formula: sum of ``-contracts * multiplier_usd / mark_usd * funding_rate`` over marks and rates
    of shape (n,), of the contracts held at each settlement or at all: shorts receive at rates above
    0. **Source:** as :func:`hedgelib.contracts.inverse_funding_coin`.

    Examples
    --------
    >>> round(inverse_funding_total_coin(-1000, [2000, 2500], [0.0001, 0.0003], 10), 6)
    0.0017
    """
    marks, rates = _settled(mark_usd, funding_rates)
    return np.sum(inverse_funding_coin(contracts, marks, rates, multiplier_usd))


@vectorised
def linear_funding_total_usd(
    contracts: ArrayLike,
    mark_usd: ArrayLike,
    funding_rates: ArrayLike,
    multiplier_coin: ArrayLike = 1.0,
) -> Result:
    """Return the funding of a linear position over several settlements, USD; negative is paid.

    Formula: sum of ``-contracts * multiplier_coin * mark_usd * funding_rate``, of what
    :func:`inverse_funding_total_coin` takes. **Source:** as
    :func:`hedgelib.contracts.linear_funding_usd`.

    Examples
    --------
    >>> marks, rates = [3500, 3400, 3300, 3600], [0.0001, 0.0003, -0.0002, 0.0001]
    >>> round(linear_funding_total_usd(-10, marks, rates), 6)
    10.7
    """
    marks, rates = _settled(mark_usd, funding_rates)
    return np.sum(linear_funding_usd(contracts, marks, rates, multiplier_coin))


def _settled(mark_usd: ArrayLike, funding_rates: ArrayLike) -> tuple[FloatArray, FloatArray]:
    marks = series("mark_usd", mark_usd)
    rates = series("funding_rates", funding_rates, rule=RATE)
    if marks.size != rates.size:
        raise InvalidInput(f"{marks.size} mark_usd but {rates.size} funding_rates; align them")
    return marks, rates
