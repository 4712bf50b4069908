"""What holding a hedge costs or earns: exact numbers, signs, laws, and what is refused."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import carry as c
from hedgelib import contracts
from hedgelib.errors import HedgeError, NotEnoughData
from tests.strategies import BAD_ANYWHERE, floats, prices, refused

rates = floats(-0.01, 0.01)
hours = st.sampled_from([1.0, 4.0, 8.0])
near_prices = floats(100, 1e5)
premiums = floats(-0.2, 0.3)


def same(found, expected, rel=1e-9, abs_=1e-13):
    np.testing.assert_allclose(found, expected, rtol=rel, atol=abs_)


def test_interest_rate_component():
    same(c.interest_rate_component(0.0006, 0.0003), 0.0001)
    same(c.interest_rate_component(0.0006, 0.0003, 24), 0.0000125)
    assert c.interest_rate_component(0.0003, 0.0006, 3) < 0
    same(c.interest_rate_component([0.0006, 0.0009], 0.0003, [3, 1]), [0.0001, 0.0006])
    with refused("intervals_per_day must be > 0, got 0.0"):
        c.interest_rate_component(0.0006, 0.0003, 0)


def test_premium_index():
    assert c.premium_index(3535, 3540, 3500) == 0.01
    assert c.premium_index(3460, 3465, 3500) == -0.01
    assert c.premium_index(3499, 3501, 3500) == 0
    assert c.premium_index(3500, 3500, 3500) == 0
    # The bid is what counts above the index, the ask below it.
    assert c.premium_index(3535, 9999, 3500) == 0.01
    assert c.premium_index(1, 3465, 3500) == -0.01
    assert c.premium_index([3535, 3499], [3540, 3501], 3500).tolist() == [0.01, 0]
    with refused("impact_bid_usd must not be above impact_ask_usd; swap them"):
        c.premium_index(3501, 3499, 3500)
    with refused("index_usd must be > 0, got 0.0"):
        c.premium_index(1, 1, 0)


def test_weighted_premium():
    same(c.weighted_premium([0.0001, 0.0002, 0.0004, 0.0008]), 0.00049, abs_=1e-15)
    same(c.weighted_premium([0.3]), 0.3)
    same(c.weighted_premium([1, 0, 0]), 1 / 6)
    assert c.weighted_premium([0.001] * 480) == pytest.approx(0.001)
    with refused("premiums needs at least 1 values, got 0", NotEnoughData):
        c.weighted_premium([])
    with refused("premiums must be one-dimensional, got shape ()"):
        c.weighted_premium(0.0001)


def test_funding_rate():
    found = c.funding_rate([0.0006, 0.0001, 0.0003, 0.01, -0.0004, -0.0006])
    same(found, [0.0001, 0.0001, 0.0001, 0.0095, 0.0001, -0.0001], abs_=1e-15)
    # Inside the band the rate is the interest itself, to the last digit.
    assert c.funding_rate(0.0003) == 0.0001
    assert c.funding_rate(0.0003, 0.0002) == 0.0002
    same(c.funding_rate(0.0010, 0.0002, damper=0.0001), 0.0009, abs_=1e-15)
    assert c.funding_rate(0.002, 0, damper=0) == 0.002


def test_funding_rate_is_capped_after_the_clamp():
    assert c.funding_rate(0.01, cap=0.003) == 0.003
    assert c.funding_rate(-0.01, cap=0.003) == -0.003
    same(c.funding_rate(0.003, cap=0.003), 0.0025, abs_=1e-15)
    assert c.funding_rate(0.01, cap=0) == 0
    assert c.funding_rate([0.01, -0.01], cap=[0.003, 0.004]).tolist() == [0.003, -0.004]
    # OKX: no interest, no band, only the cap.
    assert c.funding_rate([0.01, 0.001], 0, damper=0, cap=0.00375).tolist() == [0.00375, 0.001]
    with refused("cap must be >= 0, got -0.1"):
        c.funding_rate(0.01, cap=-0.1)
    with refused("damper must be >= 0, got -0.0005"):
        c.funding_rate(0.01, damper=-0.0005)


@given(rates, rates, floats(0, 0.002))
def test_funding_rate_is_the_documented_formula(premium, interest, damper):
    documented = premium + min(max(interest - premium, -damper), damper)
    same(c.funding_rate(premium, interest, damper=damper), documented, abs_=1e-16)


@given(rates, floats(0, 0.002))
def test_deribits_rate_is_the_rest_beyond_the_band(premium, damper):
    found = c.deribit_funding_rate(premium, damper=damper)
    assert found * premium >= 0
    same(found, math.copysign(max(abs(premium) - damper, 0), premium), abs_=1e-17)


def test_deribit_funding_rate():
    assert c.deribit_funding_rate([0.0003, -0.0005, 0.0005, 0]).tolist() == [0, 0, 0, 0]
    same(c.deribit_funding_rate([0.0008, -0.0009]), [0.0003, -0.0004], abs_=1e-15)
    assert c.deribit_funding_rate(0.1, cap=0.005) == 0.005
    assert c.deribit_funding_rate(-0.1, cap=0.005) == -0.005
    same(c.deribit_funding_rate(0.001, damper=0.0002), 0.0008, abs_=1e-15)


def test_funding_cap():
    same(c.funding_cap(0.004), 0.003)
    same(c.funding_cap(0.004, share=1), 0.004)
    same(c.funding_cap(0.005, 0.01), 0.00375)
    same(c.funding_cap(0.005, [0.01, 0.02], share=0.5), [0.0025, 0.0075])
    assert c.funding_cap(0.005, 0.005) == 0
    with refused("initial_rate must not be below maintenance_rate; swap them"):
        c.funding_cap(0.01, 0.005)
    with refused("share must be >= 0, got -1.0"):
        c.funding_cap(0.01, share=-1)
    for bad in (-0.01, 1.0):
        text = f"must be a decimal from 0 to below 1 (1% is 0.01), got {bad}"
        with refused(f"maintenance_rate {text}"):
            c.funding_cap(bad)
        with refused(f"initial_rate {text}"):
            c.funding_cap(0.01, bad)


def test_limit_funding_step():
    same(c.limit_funding_step([0.01, -0.01, 0.001], 0.0001, 0.00375), [0.00385, -0.00365, 0.001])
    assert c.limit_funding_step(0.01, 0.002, 0) == 0.002
    with refused("max_step must be >= 0, got -1.0"):
        c.limit_funding_step(0.01, 0.002, -1)


def test_fair_price():
    same(c.fair_price_usd(60_000, 0.0001, 8), 60_006)
    same(c.fair_price_usd(60_000, -0.0001, 2), 59_998.5)
    same(c.fair_price_usd(60_000, 0.0001, 1, 1), 60_006)
    assert c.fair_price_usd(60_000, 0.0001, 0) == 60_000
    with refused("hours_to_funding must be >= 0, got -1.0"):
        c.fair_price_usd(60_000, 0.0001, -1)


def test_annualise_funding():
    year = c.annualise_funding(0.0001)
    same([year.simple, year.compound], [0.1095, float(Fraction("1.0001") ** 1095 - 1)])
    year = c.annualise_funding(-0.0002, 8)
    same([year.simple, year.compound], [-0.219, -0.1966958767453425])
    year = c.annualise_funding(0.0001, 4)
    same([year.simple, year.compound], [0.219, 0.24481764676829898])
    assert type(year.simple) is float
    # Intervals that no whole number of makes a year count all the same.
    same(c.annualise_funding(0.0001, 7).simple, 0.0001 * 8760 / 7)
    many = c.annualise_funding([0.0001, 0], [8, 1])
    assert many.simple.tolist() == [pytest.approx(0.1095), 0]
    with refused("annualise_funding: the numbers are too large or too small"):
        c.annualise_funding(0.9, 1e-3)
    with refused("funding_rate must be a decimal between -1 and 1 (1% is 0.01), got 1.0"):
        c.annualise_funding(1)


@given(rates, hours)
def test_years_and_intervals(rate, interval):
    year = c.annualise_funding(rate, interval)
    number = 8760 / interval
    same(year.compound, (1 + rate) ** number - 1, abs_=1e-11)
    same(year.simple, rate * number, rel=1e-12)
    same(c.deannualise_funding(year.simple, interval), rate, abs_=1e-18)
    if abs(year.simple) < 5:
        back = c.deannualise_funding(year.compound, interval, compounding="compound")
        same(back, rate, rel=1e-9, abs_=1e-15)


def test_deannualise_funding():
    same(c.deannualise_funding(0.1095), 0.0001)
    same(c.deannualise_funding(0.876, 1), 0.0001)
    same(c.deannualise_funding(0.21, 4380, compounding="compound"), 0.1)
    with refused("compounding must be one of simple, compound, got 'log'"):
        c.deannualise_funding(0.1, compounding="log")
    with refused("annual_rate must be > -1 (a loss of 100% is -1), got -1.0"):
        c.deannualise_funding(-1, compounding="compound")
    assert c.deannualise_funding(-8.76, 1) == pytest.approx(-0.001)


def test_basis():
    assert c.basis(3605, 3500) == 0.03
    assert c.basis_usd(3605, 3500) == 105
    assert c.basis([3395, 3500], 3500).tolist() == [-0.03, 0]
    assert c.basis_usd([3395, 3500], 3500).tolist() == [-105, 0]
    with refused("spot_usd must be > 0, got 0.0"):
        c.basis(1, 0)
    with refused("futures_usd must be > 0, got -1.0"):
        c.basis_usd(-1, 1)


@given(near_prices, floats(-1e-9, 1e-9))
def test_a_small_basis_keeps_its_digits(spot, share):
    futures = spot * (1 + share)
    exact = float((Fraction(futures) - Fraction(spot)) / Fraction(spot))
    assert c.basis(futures, spot) == pytest.approx(exact, rel=1e-15)


def test_annualised_basis():
    year = c.annualised_basis(3605, 3500, 90)
    same(year.simple, 0.12166666666666678)
    same(year.compound, 0.12735858908225395)
    same(year.log, 0.11987736464626352)
    same([year.basis, year.basis_usd], [0.03, 105])
    year = c.annualised_basis(63000, 60000, 182)
    same(
        [year.simple, year.compound, year.log, year.basis_usd],
        [0.10027472527472538, 0.10279559542169903, 0.09784840616397088, 3000],
    )
    year = c.annualised_basis([110, 90], 100, 365)
    same(year.simple, [0.1, -0.1])
    same(year.compound, [0.1, -0.1])
    same(year.log, [math.log(1.1), math.log(0.9)])
    same(year.basis_usd, [10, -10])
    with refused("days must be > 0, got 0.0"):
        c.annualised_basis(1, 1, 0)
    with refused("annualised_basis: the numbers are too large or too small"):
        c.annualised_basis(200, 100, 0.1)


@given(near_prices, premiums, floats(1, 400))
def test_three_ways_of_a_year_agree(spot, premium, days):
    year = c.annualised_basis(spot * (1 + premium), spot, days)
    same(year.compound, math.expm1(year.log), rel=1e-9, abs_=1e-12)
    assert year.log <= year.simple + 1e-12
    if year.compound < math.inf and days <= 365:
        assert year.compound >= year.simple - 1e-12


def test_inverse_short_with_basis():
    short = c.inverse_short_with_basis(10_000, 3605, 3500, 2975, 2975)
    same(short.pnl_coin, 0.5874194337929348)
    same(short.pnl_usd_at_spot, 1747.5728155339812)
    same(short.ideal_usd, 1500)
    same(short.basis_effect_usd, 247.57281553398093)
    same([short.entry_basis, short.exit_basis], [0.03, 0], abs_=1e-15)
    # A premium that opens while the short is held costs it.
    short = c.inverse_short_with_basis(10_000, 3500, 3500, 3605, 3500)
    same(short.basis_effect_usd, -10_000 * 105 / 3605)
    assert short.ideal_usd == 0
    same([short.entry_basis, short.exit_basis], [0, 0.03], abs_=1e-15)
    short = c.inverse_short_with_basis(10_000, 3395, 3500, 3430, 3500)
    same([short.entry_basis, short.exit_basis], [-0.03, -0.02], abs_=1e-15)


@pytest.mark.parametrize("marks", [2, 4])
@pytest.mark.parametrize(
    "total", [c.inverse_funding_total_coin, c.linear_funding_total_usd], ids=["inverse", "linear"]
)
def test_each_payment_has_a_mark_and_a_rate(total, marks):
    with refused(f"{marks} mark_usd but 3 funding_rates; align them"):
        total(-1, [3000.0] * marks, [0.0001] * 3)
    assert total(-1, [3000.0] * 400, [0.0001] * 400) == pytest.approx(
        400 * total(-1, [3000.0], [0.0001])
    )


def test_each_rate_has_its_number_of_settlements():
    for counts in (2, 4):
        with refused(f"3 funding_rates but {counts} settlements"):
            c.funding_income(1000, [0.0001] * 3, settlements=[90] * counts)
    many = c.funding_income(1000, [0.0001] * 400, settlements=[3] * 400)
    assert many.total_usd == pytest.approx(1000 * 0.0001 * 1200)


def test_without_a_basis_there_is_no_effect_at_all():
    short = c.inverse_short_with_basis(49_000, 3500, 3500, 2975, 2975)
    assert short.basis_effect_usd == 0
    same([short.pnl_coin, short.pnl_usd_at_spot, short.ideal_usd], [2.470588235294117, 7350, 7350])


@given(floats(0, 1e7), near_prices, premiums, near_prices, premiums)
def test_the_short_is_its_two_parts(notional, s0, b0, s1, b1):
    f0, f1 = s0 * (1 + b0), s1 * (1 + b1)
    short = c.inverse_short_with_basis(notional, f0, s0, f1, s1)
    scale = notional * (1 + s1 / s0)
    same(short.ideal_usd + short.basis_effect_usd, short.pnl_usd_at_spot, abs_=1e-12 * scale)
    n, s, f = Fraction(notional), Fraction(s1), Fraction(f1)
    exact = n * (s / f - s / Fraction(f0)) - n * (1 - s / Fraction(s0))
    same(short.basis_effect_usd, float(exact), abs_=1e-14 * scale)
    same(short.pnl_coin, contracts.inverse_pnl_coin(-notional, f0, f1))
    about = notional * (b0 * (s1 / s0) - b1)
    assert abs(short.basis_effect_usd - about) <= 2 * scale * (b0**2 + b1**2) + 1e-9 + 1e-14 * scale


def test_short_with_basis_refuses():
    with refused("notional_usd must be >= 0, got -1.0"):
        c.inverse_short_with_basis(-1, 1, 1, 1, 1)
    with refused(
        "the shapes do not go together: notional_usd (2,), perp_entry_usd (3,), "
        "spot_entry_usd (), perp_exit_usd (), spot_exit_usd ()"
    ):
        c.inverse_short_with_basis([1, 2], [1, 2, 3], 1, 1, 1)
    names = ("perp_entry_usd", "spot_entry_usd", "perp_exit_usd", "spot_exit_usd")
    for place, name in enumerate(names):
        args = [1.0] * 4
        args[place] = 0.0
        with refused(f"{name} must be > 0, got 0.0"):
            c.inverse_short_with_basis(1, *args)


def test_expiry_lock():
    lock = c.expiry_lock(1, 61_500, 45_000)
    same([lock.notional_usd, lock.final_coin], [61_500, 1.3666666666666667])
    assert (lock.final_usd, lock.open_coin) == (61_500, 0)
    # Sized at spot, C (1 - S0/F0) coins stay open.
    at_spot = c.expiry_lock(1, 61_500, 45_000, notional_usd=60_000)
    same(at_spot.open_coin, 1 - 60_000 / 61_500)
    same(at_spot.final_usd, 60_000 + 45_000 * (1 - 60_000 / 61_500))
    assert at_spot.notional_usd == 60_000
    same(c.expiry_lock(2, 100, 50, notional_usd=300).open_coin, -1)
    with refused("notional_usd must be >= 0, got -1.0"):
        c.expiry_lock(1, 1, 1, notional_usd=-1)
    with refused("coin must be >= 0, got -1.0"):
        c.expiry_lock(-1, 1, 1)
    with refused("settle_usd must be > 0, got 0.0"):
        c.expiry_lock(1, 1, 0)


@given(floats(0, 1e4), prices, prices, st.none() | floats(0, 1e6))
def test_a_lock_is_coins_and_a_short(coin, futures, settle, notional):
    lock = c.expiry_lock(coin, futures, settle, notional_usd=notional)
    face = coin * futures if notional is None else notional
    coins = coin + contracts.inverse_pnl_coin(-face, futures, settle)
    scale = coin + face / settle + face / futures
    same(lock.final_coin, coins, abs_=1e-12 * scale + 1e-300)
    same(lock.final_usd, lock.final_coin * settle, abs_=1e-12 * scale * settle + 1e-300)
    if notional is None:
        assert lock.final_usd == coin * futures


def test_lock_of_many_settlements():
    lock = c.expiry_lock(1.5, 200, [100, 200, 400])
    assert lock.final_usd.tolist() == [300, 300, 300]
    assert lock.final_coin.tolist() == [3, 1.5, 0.75]


def test_perp_or_expiry():
    choice = c.perp_or_expiry(50_000, 0.0001, 3605, 3500, 90)
    same(choice.funding_annual, 0.1095)
    same(choice.basis_annual, 0.12166666666666678)
    same([choice.funding_usd, choice.basis_usd, choice.advantage_usd], [1350, 1500, -150])
    assert (choice.better, choice.days) == ("expiry", 90)
    choice = c.perp_or_expiry(50_000, 0.0002, 3605, 3500, 90)
    same([choice.funding_usd, choice.advantage_usd], [2700, 1200])
    assert choice.better == "perpetual"
    hourly = c.perp_or_expiry(50_000, 0.0001, 3605, 3500, 90, interval_hours=1)
    same(hourly.funding_usd, 8 * 1350)


def test_neither_is_better():
    # 0.0001 x 3 x 100 days = 3%.
    choice = c.perp_or_expiry(50_000, 0.0001, 103, 100, 100)
    assert choice.better == "either"
    assert c.perp_or_expiry(1, 0, 100, 100, 30).better == "either"
    assert c.perp_or_expiry(50_000, 0.0001 * (1 + 1e-9), 103, 100, 100).better == "perpetual"
    assert c.perp_or_expiry(50_000, 0.0001 * (1 - 1e-9), 103, 100, 100).better == "expiry"


def test_both_may_cost():
    choice = c.perp_or_expiry(10_000, -0.0001, 97, 100, 50)
    same([choice.funding_usd, choice.basis_usd], [-150, -300])
    assert choice.better == "perpetual"
    with refused("exposure_usd must be > 0, got 0.0"):
        c.perp_or_expiry(0, 0, 1, 1, 1)
    with refused("spot_usd must be a single number, got shape (2,)"):
        c.perp_or_expiry(1, 0, 1, [1, 2], 1)


@given(floats(1, 1e6), near_prices, premiums, floats(1, 400), hours)
def test_equal_but_for_rounding_is_equal(v, spot, b, days, h):
    futures = spot * (1 + b)
    rate = (futures - spot) / spot / days / 24 * h
    assert c.perp_or_expiry(v, rate, futures, spot, days, interval_hours=h).better == "either"


def test_extremes_of_a_choice():
    message = "cannot be computed: the numbers are too large or too small"
    with refused(f"basis_annual of PerpOrExpiry {message}"):
        c.perp_or_expiry(1, 0, 101, 100, 5e-324)
    with refused(f"funding_annual of PerpOrExpiry {message}"):
        c.perp_or_expiry(1, 0.1, 101, 100, 1, interval_hours=5e-324)
    assert c.perp_or_expiry(1, 0.1, 100, 100, 5e-324).better == "either"


def test_an_overflow_is_an_error_that_names_the_function():
    for function, args in {
        c.annualise_funding: (0.9, 1e-3),
        c.annualised_basis: (200, 100, 0.1),
        c.inverse_short_with_basis: (1e300, 1, 1, 1, 1e300),
        c.expiry_lock: (1e300, 1e300, 1),
        c.close_reopen_break_even: (1, -5e-324, 0.1),
        c.funding_income: (1, [0.5, 0.5]),
        c.unhedged_sigma_usd: (1e300, 1e300, 1, 1),
    }.items():
        more = {"settlements": [1.7e308, 1.7e308]} if function is c.funding_income else {}
        with refused(f"{function.__name__}: the numbers are too large or too small"):
            function(*args, **more)


@given(floats(1, 1e6), rates, near_prices, premiums, floats(1, 400), hours)
def test_the_better_one_by_the_year_is_the_better_one_by_the_dollar(v, rate, spot, b, days, h):
    choice = c.perp_or_expiry(v, rate, spot * (1 + b), spot, days, interval_hours=h)
    same(choice.funding_annual, c.annualise_funding(rate, h).simple)
    same(choice.basis_annual, c.annualised_basis(spot * (1 + b), spot, days).simple)
    same(choice.funding_usd, v * choice.funding_annual * days / 365, abs_=1e-12)
    gap = choice.funding_annual - choice.basis_annual
    if abs(gap) > 1e-9:
        assert choice.better == ("perpetual" if gap > 0 else "expiry")


def test_close_and_reopen():
    result = c.close_reopen_break_even(10_000, -0.0001, 0.0002)
    same(result.close_reopen_cost_usd, 4)
    same(result.funding_cost_per_interval_usd, 1)
    same([result.break_even_intervals, result.break_even_hours], [4, 32])
    assert type(result.break_even_hours) is float
    result = c.close_reopen_break_even(50_000, -0.0001, 0.0005, 0.0002)
    same([result.close_reopen_cost_usd, result.break_even_hours], [70, 112])
    same(c.close_reopen_break_even(50_000, -0.0001, 0.0005, 0.0002, 1).break_even_hours, 14)


def test_closing_to_dodge_income_never_pays():
    result = c.close_reopen_break_even(49_000, 0.0003, 0.0005, 0.0002)
    same(result.close_reopen_cost_usd, 68.6)
    same(result.funding_cost_per_interval_usd, -14.7)
    assert result.break_even_intervals == result.break_even_hours == math.inf
    flat = c.close_reopen_break_even(49_000, 0, 0)
    assert (flat.break_even_hours, flat.funding_cost_per_interval_usd) == (math.inf, 0)
    assert math.copysign(1, flat.funding_cost_per_interval_usd) == 1
    assert c.close_reopen_break_even(49_000, -0.0003, 0).break_even_hours == 0
    many = c.close_reopen_break_even(1, [-0.001, 0.0, 0.001], 0.001)
    assert many.break_even_intervals.tolist() == [2, math.inf, math.inf]
    assert "<td style='text-align:left'>inf</td>" in flat._repr_html_()


def test_close_and_reopen_refuses():
    with refused("notional_usd must be > 0, got 0.0"):
        c.close_reopen_break_even(0, 0, 0)
    with refused("taker_fee must be a decimal from 0 to below 1 (1% is 0.01), got -0.1"):
        c.close_reopen_break_even(1, 0, -0.1)
    with refused("slippage must be a decimal from 0 to below 1 (1% is 0.01), got 1.0"):
        c.close_reopen_break_even(1, 0, 0, 1)
    with refused("interval_hours must be > 0, got 0.0"):
        c.close_reopen_break_even(1, 0, 0, 0, 0)
    with refused(
        "break_even_hours of BreakEven cannot be computed: the numbers are too large or too small"
    ):
        c.BreakEven(
            close_reopen_cost_usd=1.0,
            funding_cost_per_interval_usd=1.0,
            break_even_intervals=math.inf,
            break_even_hours=math.nan,
        )
    with refused(
        "close_reopen_cost_usd of BreakEven cannot be computed: "
        "the numbers are too large or too small"
    ):
        c.BreakEven(
            close_reopen_cost_usd=math.inf,
            funding_cost_per_interval_usd=1.0,
            break_even_intervals=math.inf,
            break_even_hours=math.inf,
        )


@given(floats(1, 1e7), floats(-0.01, -1e-6), floats(0, 0.002), floats(0, 0.002), hours)
def test_at_the_break_even_cost_and_saving_are_equal(notional, rate, fee, slip, interval):
    result = c.close_reopen_break_even(notional, rate, fee, slip, interval)
    saved = result.break_even_intervals * result.funding_cost_per_interval_usd
    same(saved, result.close_reopen_cost_usd)
    same(result.break_even_hours, result.break_even_intervals * interval)
    same(result.close_reopen_cost_usd, 2 * notional * (fee + slip))


def test_unhedged_sigma():
    same(c.unhedged_sigma_usd(50_000, 1.0, 0.04, 112), 4320.4937989385735)
    same(c.unhedged_sigma_usd(50_000, -1.5, 0.04, 24), 3000)
    same(c.unhedged_sigma_usd(100, 1, 0.1, [0, 6, 24, 96]), [0, 5, 10, 20])
    with refused("hours must be >= 0, got -1.0"):
        c.unhedged_sigma_usd(1, 1, 1, -1)
    with refused("daily_vol must be >= 0, got -1.0"):
        c.unhedged_sigma_usd(1, 1, -1, 1)
    with refused("book_usd must be >= 0, got -1.0"):
        c.unhedged_sigma_usd(-1, 1, 1, 1)


def test_funding_income():
    income = c.funding_income(50_000, [0.0001, 0.0003, -0.0002])
    same([income.total_usd, income.yearly_usd], [10, 3650])
    same([income.mean_rate, income.settlements], [0.0002 / 3, 3])
    given_rate = c.funding_income(50_000, 0.0001)
    same([given_rate.total_usd, given_rate.yearly_usd], [5, 5475])
    assert given_rate.settlements == 1
    same(given_rate.yearly_usd, 50_000 * c.annualise_funding(0.0001).simple)
    same(c.funding_income(50_000, 0.0001, interval_hours=1).yearly_usd, 8 * 5475)
    assert c.funding_income(50_000, -0.0001).yearly_usd < 0
    assert c.funding_income(0, 0.0001).total_usd == 0


def test_funding_income_from_monthly_averages():
    income = c.funding_income(10_000, [0.0001, 0.0004], settlements=[90, 30])
    same(income.total_usd, 10_000 * (0.009 + 0.012))
    same(income.mean_rate, 0.021 / 120)
    same(income.yearly_usd, 10_000 * 0.021 / 120 * 1095)
    assert income.settlements == 120
    each = c.funding_income(10_000, [0.0001] * 90 + [0.0004] * 30)
    for name in income.__slots__:
        same(getattr(each, name), getattr(income, name))


def test_funding_income_refuses():
    with refused("2 funding_rates but 1 settlements"):
        c.funding_income(1, [0.1, 0.2], settlements=[3])
    with refused("settlements must be > 0, got 0.0 at [1]"):
        c.funding_income(1, [0.1, 0.2], settlements=[3, 0])
    with refused("funding_rates needs at least 1 values, got 0", NotEnoughData):
        c.funding_income(1, [])
    for bad in (-1.0, 1.0):
        with refused(
            f"funding_rates must be a decimal between -1 and 1 (1% is 0.01), got {bad} at [1]"
        ):
            c.funding_income(1, [0.1, bad])
    with refused("funding_rates must be one-dimensional, got shape (1, 1)"):
        c.funding_income(1, [[0.1]])
    with refused("short_notional_usd must be >= 0, got -1.0"):
        c.funding_income(-1, 0.1)
    with refused("short_notional_usd must be a single number, got shape (1,)"):
        c.funding_income([1], 0.1)


MARKS, RATES = [3500.0, 3400.0, 3300.0, 3600.0], [0.0001, 0.0003, -0.0002, 0.0001]


def test_funding_over_several_settlements():
    same(c.linear_funding_total_usd(-10, MARKS, RATES), 10.7)
    same(c.linear_funding_total_usd(10, MARKS, RATES), -10.7)
    same(c.linear_funding_total_usd(-1000, MARKS, RATES, 0.01), 10.7)
    same(c.linear_funding_total_usd([-1, 0, 0, -2], MARKS, RATES), 0.35 + 0.72)
    coins = sum(100 * rate / mark for rate, mark in zip(RATES, MARKS, strict=True))
    same(c.inverse_funding_total_coin(-100, MARKS, RATES), coins)
    same(c.inverse_funding_total_coin(100, MARKS, RATES), -coins)
    same(c.inverse_funding_total_coin(-10, MARKS, RATES, 10), coins)
    for total in (c.linear_funding_total_usd, c.inverse_funding_total_coin):
        with refused("2 mark_usd but 1 funding_rates; align them"):
            total(-1, [1, 2], [0.1])
        with refused("mark_usd needs at least 1 values, got 0", NotEnoughData):
            total(-1, [], [])
        with refused("mark_usd must be > 0, got 0.0 at [0]"):
            total(-1, [0.0], [0.1])
        with refused(
            "funding_rates must be a decimal between -1 and 1 (1% is 0.01), got 2.0 at [0]"
        ):
            total(-1, [1.0], [2.0])


@given(floats(1, 1e6), st.lists(st.tuples(near_prices, rates), min_size=1, max_size=20))
def test_income_in_usd_is_what_the_coins_are_worth_at_each_mark(notional, path):
    marks, paid = zip(*path, strict=True)
    coins = contracts.inverse_funding_coin(-notional, marks, paid)
    total = c.funding_income(notional, paid).total_usd
    same(total, np.sum(coins * np.array(marks)), abs_=1e-12 * notional)


def test_a_short_receives_when_the_rate_is_above_zero():
    """One sign throughout, for every function that has one."""
    assert c.funding_income(1, 0.0001).total_usd > 0
    assert c.inverse_funding_total_coin(-1, [100], [0.0001]) > 0
    assert c.linear_funding_total_usd(-1, [100], [0.0001]) > 0
    assert c.close_reopen_break_even(1, 0.0001, 0).funding_cost_per_interval_usd < 0
    assert c.perp_or_expiry(1, 0.0001, 101, 100, 30).funding_usd > 0
    assert c.perp_or_expiry(1, 0.0001, 101, 100, 30).basis_usd > 0
    assert c.inverse_short_with_basis(1, 101, 100, 100, 100).basis_effect_usd > 0
    assert c.funding_rate(0.01) > 0
    assert c.premium_index(101, 102, 100) > 0


CALLS = {
    c.interest_rate_component: (
        {"quote_rate_daily": 0.1, "base_rate_daily": 0.1, "intervals_per_day": 3.0}
    ),
    c.premium_index: {"impact_bid_usd": 1.0, "impact_ask_usd": 1.0, "index_usd": 1.0},
    c.weighted_premium: {"premiums": [0.1, 0.2]},
    c.funding_rate: {"premium": 0.1, "interest": 0.1, "damper": 0.1, "cap": 0.1},
    c.deribit_funding_rate: {"premium": 0.1, "damper": 0.1, "cap": 0.1},
    c.funding_cap: {"maintenance_rate": 0.1, "initial_rate": 0.2, "share": 0.1},
    c.limit_funding_step: {"funding_rate": 0.1, "previous_rate": 0.1, "max_step": 0.1},
    c.fair_price_usd: {
        "index_usd": 1.0,
        "funding_rate": 0.1,
        "hours_to_funding": 1.0,
        "interval_hours": 1.0,
    },
    c.annualise_funding: {"funding_rate": 0.0001, "interval_hours": 8.0},
    c.deannualise_funding: {"annual_rate": 0.1, "interval_hours": 8.0, "compounding": "simple"},
    c.basis: {"futures_usd": 1.0, "spot_usd": 1.0},
    c.basis_usd: {"futures_usd": 1.0, "spot_usd": 1.0},
    c.annualised_basis: {"futures_usd": 1.0, "spot_usd": 1.0, "days": 1.0},
    c.inverse_short_with_basis: {
        "notional_usd": 1.0,
        "perp_entry_usd": 1.0,
        "spot_entry_usd": 1.0,
        "perp_exit_usd": 1.0,
        "spot_exit_usd": 1.0,
    },
    c.expiry_lock: {"coin": 1.0, "futures_usd": 1.0, "settle_usd": 1.0, "notional_usd": 1.0},
    c.perp_or_expiry: {
        "exposure_usd": 1.0,
        "expected_funding_rate": 0.1,
        "futures_usd": 1.0,
        "spot_usd": 1.0,
        "days": 1.0,
        "interval_hours": 8.0,
    },
    c.close_reopen_break_even: {
        "notional_usd": 1.0,
        "funding_rate": -0.1,
        "taker_fee": 0.1,
        "slippage": 0.1,
        "interval_hours": 1.0,
    },
    c.unhedged_sigma_usd: {"book_usd": 1.0, "beta": 1.0, "daily_vol": 0.1, "hours": 1.0},
    c.funding_income: {
        "short_notional_usd": 1.0,
        "funding_rates": [0.1, 0.2],
        "interval_hours": 1.0,
        "settlements": [1.0, 2.0],
    },
    c.inverse_funding_total_coin: {
        "contracts": 1.0,
        "mark_usd": [1.0, 1.0],
        "funding_rates": [0.1, 0.2],
        "multiplier_usd": 1.0,
    },
    c.linear_funding_total_usd: {
        "contracts": 1.0,
        "mark_usd": [1.0, 1.0],
        "funding_rates": [0.1, 0.2],
        "multiplier_coin": 1.0,
    },
}
OPTIONAL = {"cap", "initial_rate", "notional_usd", "settlements"}


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)
def test_bad_input_gives_a_typed_error(function):
    good = CALLS[function]
    function(**good)
    for name in good:
        for kind, bad in (BAD_ANYWHERE | {"infinity": math.inf}).items():
            if bad is None and name in OPTIONAL and function is not c.inverse_short_with_basis:
                continue
            try:
                found = function(**good | {name: bad})
            except HedgeError:
                continue
            pytest.fail(f"{function.__name__} took {kind} for {name}: {found!r}")


ABOVE_ZERO = {
    c.interest_rate_component: ["intervals_per_day"],
    c.premium_index: ["impact_bid_usd", "impact_ask_usd", "index_usd"],
    c.fair_price_usd: ["index_usd", "interval_hours"],
    c.annualise_funding: ["interval_hours"],
    c.deannualise_funding: ["interval_hours"],
    c.basis: ["futures_usd", "spot_usd"],
    c.basis_usd: ["futures_usd", "spot_usd"],
    c.annualised_basis: ["futures_usd", "spot_usd", "days"],
    c.inverse_short_with_basis: [
        "perp_entry_usd",
        "spot_entry_usd",
        "perp_exit_usd",
        "spot_exit_usd",
    ],
    c.expiry_lock: ["futures_usd", "settle_usd"],
    c.perp_or_expiry: ["exposure_usd", "futures_usd", "spot_usd", "days", "interval_hours"],
    c.close_reopen_break_even: ["notional_usd", "interval_hours"],
    c.funding_income: ["interval_hours"],
    c.inverse_funding_total_coin: ["multiplier_usd"],
    c.linear_funding_total_usd: ["multiplier_coin"],
}
FROM_ZERO = {
    c.funding_rate: ["damper", "cap"],
    c.deribit_funding_rate: ["damper", "cap"],
    c.funding_cap: ["share"],
    c.limit_funding_step: ["max_step"],
    c.fair_price_usd: ["hours_to_funding"],
    c.inverse_short_with_basis: ["notional_usd"],
    c.expiry_lock: ["coin", "notional_usd"],
    c.unhedged_sigma_usd: ["book_usd", "daily_vol", "hours"],
    c.funding_income: ["short_notional_usd"],
}
RATES_OF = {
    c.fair_price_usd: ["funding_rate"],
    c.annualise_funding: ["funding_rate"],
    c.perp_or_expiry: ["expected_funding_rate"],
    c.close_reopen_break_even: ["funding_rate"],
}
FRACTIONS_OF = {
    c.funding_cap: ["maintenance_rate", "initial_rate"],
    c.close_reopen_break_even: ["taker_fee", "slippage"],
}
LIMITS = [
    (ABOVE_ZERO, "> 0", [0.0, -1.0], []),
    (FROM_ZERO, ">= 0", [-1.0], [0.0]),
    (RATES_OF, "a decimal between -1 and 1 (1% is 0.01)", [-1.0, 1.0], [-0.01, 0.01]),
    (FRACTIONS_OF, "a decimal from 0 to below 1 (1% is 0.01)", [-0.1, 1.0], []),
]


@pytest.mark.parametrize(("names", "text", "bad", "good"), LIMITS, ids=[x[1] for x in LIMITS])
def test_limits_of_the_arguments(names, text, bad, good):
    for function, limited in names.items():
        for name in limited:
            for value in bad:
                with refused(f"{name} must be {text}, got {value}"):
                    function(**CALLS[function] | {name: value})
            for value in good:
                function(**CALLS[function] | {name: value})


RESULTS = [getattr(c, name) for name in c.__all__ if not name.islower()]


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_results_are_frozen_slotted_and_named(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in dataclasses.fields(kind))


def test_every_function_is_in_the_list_of_bad_input():
    functions = {name for name in c.__all__ if callable(getattr(c, name)) and name.islower()}
    assert functions == {function.__name__ for function in CALLS}


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)
@given(data=st.data())
def test_finite_input_never_gives_nan(function, data):
    number = st.floats(allow_nan=False, allow_infinity=False) | floats(0, 1)
    args = {
        name: value
        if isinstance(value, str)
        else data.draw(st.lists(number, min_size=2, max_size=2))
        if isinstance(value, list)
        else data.draw(number)
        for name, value in CALLS[function].items()
    }
    try:
        found = function(**args)
    except HedgeError:
        return
    values = (
        [found] if isinstance(found, float) else [getattr(found, name) for name in found.__slots__]
    )
    for value in values:
        assert isinstance(value, (float, str))
        assert isinstance(value, str) or not math.isnan(value)


VECTORISED = [
    c.premium_index,
    c.funding_rate,
    c.deribit_funding_rate,
    c.funding_cap,
    c.limit_funding_step,
    c.fair_price_usd,
    c.annualise_funding,
    c.deannualise_funding,
    c.basis,
    c.basis_usd,
    c.annualised_basis,
    c.inverse_short_with_basis,
    c.expiry_lock,
    c.close_reopen_break_even,
    c.unhedged_sigma_usd,
    c.interest_rate_component,
]


@pytest.mark.parametrize("function", VECTORISED, ids=lambda function: function.__name__)
def test_many_at_once_are_each_one(function):
    good = {k: v for k, v in CALLS[function].items() if not isinstance(v, str)}
    factors = np.array([0.5, 0.8, 1.0])
    many = function(**{name: value * factors for name, value in good.items()})
    for i, factor in enumerate(factors):
        one = function(**{name: value * factor for name, value in good.items()})
        pairs = (
            [(many, one)]
            if isinstance(one, float)
            else [(getattr(many, name), getattr(one, name)) for name in one.__slots__]
        )
        for all_, single in pairs:
            same(all_[i], single, rel=1e-14)
            assert type(single) is float
