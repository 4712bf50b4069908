"""Questions of lesson 06: Mara is short, and wants to know what she earns and pays."""

from __future__ import annotations

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, guess, number, percentage, questions_of
from hedgelib.course.studies.funding import (
    RULES,
    TimeOut,
    below_zero,
    coin_funding,
    funding_by_market,
    funding_by_year,
    months_by_move,
    rate_at_premium,
    received,
)

QUESTIONS = questions_of("funding")

_FACE = market.contract("binance:ETHUSD_PERP").multiplier
_DATED = {
    "spot": vary(2_500.0, low=2_000, high=4_000, step=50),
    "above": vary(45.0, low=25, high=90, step=5),
}


@QUESTIONS.add("funding.a", premium=-0.0003, short=50_000)
def a_little_below(premium: float, short: float) -> Answer:
    rate = float(RULES["Binance"].rate(premium))
    return guess("interest", {"below": -premium, "rate": rate},
                 then=lambda guess: rate_at_premium(premium, short, guess=guess, reach=0.0015),
                 premium_for_rate=premium, interest_left_out=0.0, interest=rate)  # fmt: skip


@QUESTIONS.add("funding.b", short=50_000, coin="ETH", year=2021)
def a_hot_year(short: float, coin: str, year: int) -> Answer:
    income = received(coin_funding(coin, year), short)
    closes = market.prices(coin, f"{year - 1}-12-31", f"{year}-12-31")[coin]
    worth = {
        "funding_sign": -income.total_usd,
        "funding_cancels": 0.0,
        "market_taken_for_quiet": short * RULES["Binance"].interest * income.settlements,
        "received": income.total_usd,
    }
    return guess(
        "received", {"first": closes.iloc[0], "last": closes.iloc[-1], **worth},
        then=lambda usd: funding_by_year(short, guess=None if usd is None else (coin, year, usd)),
        **worth,
    )  # fmt: skip


@QUESTIONS.add("funding.c")
def in_which_months() -> Answer:
    groups = months_by_move()
    options = ("price_gain_for_funding", "calm_rise_pays_most", "strong_rise", "price_ignored")
    guesses = dict(zip(options, [*groups, "much the same in all"], strict=True))
    means = [received(months, 1.0).mean_rate for months in groups.values()]
    values = {"names": list(groups), "means": means, "below": below_zero(groups["fell"])[0]}
    return guess("strong_rise", values, then=funding_by_market, **guesses)


@QUESTIONS.add("funding.d", coins=10, spot=3_500, high=0.03, low=0.01)
def which_future(coins: float, spot: float, high: float, low: float) -> Answer:
    ends = [coins * spot * (1 + above) for above in (high, low)]
    return guess("higher", {"ends": ends})


@QUESTIONS.add(
    "funding.e", book_usd=50_000, rate=-0.0001, cost_rate=0.0007, daily_vol=0.04, hours=112
)
def out_of_the_hedge(**terms: float) -> Answer:
    away = TimeOut(**terms)
    one_day, days = away.book_usd * away.daily_vol, away.hours / 24
    worth = {
        "money_for_risk": away.avoided_usd,
        "one_day": one_day,
        "root_of_time": away.sigma_usd,
        "linear_in_time": one_day * days,
    }
    values = {"days": days, **worth}
    return guess("root_of_time", values, then=away.scene, **worth)


@QUESTIONS.add("funding.1", premium=vary(-0.0012, low=-0.0025, high=-0.0011, step=0.0001),
               interest=0.0001, damper=0.0005)  # fmt: skip
def from_a_discount(premium: float, interest: float, damper: float) -> Answer:
    rate = float(hl.funding_rate(premium, interest, damper=damper))
    return percentage(rate, {"rate": rate, "gap": interest - premium, "below": -premium},
                      premium_for_rate=premium, clamp_left_out=premium + interest,
                      interest_subtracted=premium - interest, clamp_reversed=premium - damper,
                      interest_for_rate=interest)  # fmt: skip


@QUESTIONS.add(
    "funding.2", sold=vary(1_800, low=800, high=3_000, step=100),
    marks=vary((2_400, 2_200, 2_600), (2_800, 3_000, 2_500), (1_900, 2_200, 2_000)),
    rates=vary((0.0008, 0.0005, -0.0002), (0.0006, -0.0003, 0.0004), (0.0009, 0.0002, -0.0004)),
    face=_FACE,
)  # fmt: skip
def three_settlements(
    sold: float, marks: tuple[float, ...], rates: tuple[float, ...], face: float
) -> Answer:
    short = sold * face
    right = short * sum(rates)
    in_coins = short * sum(rate / mark for rate, mark in zip(rates, marks, strict=True))
    by_price = sum(rate * mark for rate, mark in zip(rates, marks, strict=True))
    return number(right, {"short": short, "sum": sum(rates), "coins": in_coins},
                  funding_sign=-right, funding_never_turns=short * sum(map(abs, rates)),
                  negative_rate_skipped=short * sum(rate for rate in rates if rate > 0),
                  single_settlement=right / len(rates), linear_size=short / marks[0] * by_price,
                  face_left_out=right / face, coins_for_dollars=in_coins,
                  contract_is_coin=sold * by_price, percent_for_decimal=100 * right)  # fmt: skip


@QUESTIONS.add("funding.3", short=vary(20_000, low=10_000, high=80_000, step=10_000),
               coin=vary("BTC", "ETH"), year=vary(2022, 2020, 2023))  # fmt: skip
def by_the_data(short: float, coin: str, year: int) -> Answer:
    means = short * coin_funding(coin, year)["mean_8h"]
    days, other = 366 if year % 4 == 0 else 365, "ETH" if coin == "BTC" else "BTC"
    right = received(coin_funding(coin, year), short).total_usd
    return number(right, {"other": other, "share": right / short}, funding_sign=-right,
                  single_settlement=means.sum(), one_settlement_a_day=means.mean() * days,
                  months_equally_long=means.mean() * 3 * days,
                  other_coin=received(coin_funding(other, year), short).total_usd,
                  other_year=received(coin_funding(coin, 2021), short).total_usd,
                  share_for_dollars=right / short, percent_for_decimal=100 * right)  # fmt: skip


@QUESTIONS.add("funding.4", short=vary(40_000, low=10_000, high=50_000, step=5_000),
               spot=vary(2_400, low=2_200, high=4_000, step=100),
               first=vary(0.005, low=0.005, high=0.01, step=0.001),
               last=vary(0.03, low=0.02, high=0.05, step=0.005))  # fmt: skip
def squeezed(short: float, spot: float, first: float, last: float) -> Answer:
    sold, bought = spot * (1 + first), spot * (1 + last)
    right = float(hl.inverse_short_with_basis(short, sold, spot, bought, spot).basis_effect_usd)
    thumb = short * (first - last)
    return number(right, {"sold": sold, "bought": bought, "coins": right / spot, "thumb": thumb},
                  sign_turned=-right, basis_rule_of_thumb=thumb,
                  basis_at_contract_price=short * (1 - bought / sold),
                  premium_left_out=short * (spot / bought - 1), last_premium_alone=-short * last,
                  premiums_added=-short * (first + last), spot_alone=0.0,
                  coins_for_dollars=right / spot)  # fmt: skip


@QUESTIONS.add("funding.5", coins=vary(12, 4, 6, 8, 14, 16, 18), face=_FACE, **_DATED)
def locked_in(coins: float, face: float, spot: float, above: float) -> Answer:
    notional = coins * (spot + above)
    return contracts(notional, face,
                     {"future": spot + above, "notional": notional, "more": coins * above},
                     sized_at_spot=coins * spot, premium_subtracted=coins * (spot - above),
                     price=spot + above)  # fmt: skip


@QUESTIONS.add("funding.6", days=vary(75, low=30, high=180, step=15), **_DATED)
def perpetual_or_future(days: float, spot: float, above: float) -> Answer:
    premium, settlements = above / spot, 24 * days
    right = premium / settlements
    return percentage(right,
                      {"future": spot + above, "premium": premium, "settlements": settlements},
                      by_the_day=premium / days, eight_hours_assumed=premium / (3 * days),
                      premium_for_rate=premium, settlements_of_one_day=premium / 24,
                      share_of_new_price=above / (spot + above) / settlements,
                      by_the_year=premium * 365 / days, whole_year=premium / 8760,
                      within=0.005)  # fmt: skip


@QUESTIONS.add("funding.7", book=vary(30_000, low=10_000, high=80_000, step=5_000),
               beta=vary(1.2, low=1.1, high=1.6, step=0.1),
               rate=vary(-0.0003, low=-0.0006, high=-0.0002, step=0.0001), fee=0.0005,
               slippage=vary(0.0002, low=0.0001, high=0.0004, step=0.0001),
               daily_vol=vary(0.04, low=0.03, high=0.06, step=0.005))  # fmt: skip
def until_it_breaks_even(
    book: float, beta: float, rate: float, fee: float, slippage: float, daily_vol: float
) -> Answer:
    short, each = beta * book, 2 * (fee + slippage)
    settlements, cost = each / -rate, each * short
    days, one_day = settlements / 3, short * daily_vol
    right = one_day * days**0.5
    return number(right,
                  {"short": short, "settlements": settlements, "hours": 24 * days, "cost": cost},
                  one_trade=right * 0.5**0.5, slippage_left_out=right * (2 * fee / each) ** 0.5,
                  beta_left_out=right / beta, linear_in_time=one_day * days,
                  hours_for_settlements=one_day * (settlements / 24) ** 0.5,
                  days_for_settlements=one_day * settlements**0.5, one_day=one_day,
                  beta_twice=right * beta, money_for_risk=cost)  # fmt: skip
