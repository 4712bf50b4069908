"""Questions of lesson 08: which coin Dana shorts, and what no short covers."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pandas as pd

from hedgelib import market, ratio
from hedgelib._check import FloatArray
from hedgelib.ask.question import Answer, vary
from hedgelib.beta import correlation, ols_beta
from hedgelib.course.questions import guess, number, percentage, questions_of
from hedgelib.course.studies import instrument as study
from hedgelib.returns import horizon_returns

QUESTIONS = questions_of("instrument")

_ETH = market.contract("binance:ETHUSD_PERP")


@QUESTIONS.add("instrument.a", whole=..., without=..., leader="AVAX", other="ETH")
def leader_taken_out(whole: study.Judged, without: study.Judged, leader: str, other: str) -> Answer:
    first, second, then, still = (
        of.honest[coin] for of in (whole, without) for coin in (leader, other)
    )
    return guess("other" if still > then else "sector_leader",
                 {"first": first, "second": second, "then": then, "still": still},
                 then=lambda guess: study.hedges_by_book([whole, without], guess or ()),
                 sector_leader=(leader,), hedges_alike=(leader, other), other=(other,))  # fmt: skip


@QUESTIONS.add("instrument.b", end=..., r2=...)
def collapsed(end: study.Collapse, r2: float) -> Answer:
    alone, earned, together = map(float, end.profit_usd[:, -1])
    coin, hedge = end.prices.columns
    values = {
        "coin": coin, "hedge": hedge, "first_day": end.day(0), "days": len(end.prices) - 1,
        "size": end.short_usd / end.book_usd, "earned": earned, "r2": r2,
    }  # fmt: skip
    return guess("together", values, then=end.scene, beta_covers_collapse=0.0,
                 half_covered=alone / 2, together=together, coins_only=alone)  # fmt: skip


@QUESTIONS.add("instrument.c", books=..., supposed=0.25, most=20)
def many_coins(books: study.BooksOfCoins, supposed: float, most: int) -> Answer:
    book = float(ratio.diversified_r2(supposed, most))
    then = partial(books.scene, supposed=supposed, most=most)
    return guess("diversified", then=then, low_correlation_no_hedge=supposed / 2,
                 one_coin_for_book=supposed, residual_too_large=(supposed + book) / 2,
                 diversified=book)  # fmt: skip


@cache
def _days() -> pd.DataFrame:
    """Return the daily returns that lessons 07 and 08 use."""
    return market.returns().drop(columns="LUNA").dropna()


@QUESTIONS.add("instrument.1", coin="BNB", days=7)
def weekly(coin: str, days: int) -> Answer:
    def over(periods: int) -> FloatArray:
        return horizon_returns(_days()[[coin, "ETH"]], periods, incomplete="drop").returns.T

    y, x = over(days)
    return number(ols_beta(y, x).beta, {"n": y.size}, one_day=ols_beta(*over(1)).beta,
                  other_horizon=ols_beta(*over(30)).beta,
                  regressed_the_other_way=ols_beta(x, y).beta,
                  correlation_for_beta=correlation(y, x), volatility_ratio=float(y.std() / x.std()),
                  log_returns=ols_beta(np.log1p(y), np.log1p(x)).beta)  # fmt: skip


@QUESTIONS.add("instrument.2", coin="BNB", first=365)
def out_of_sample(coin: str, first: int) -> Answer:
    y, x = _days()[coin], _days()["ETH"]
    past, later = (y[:first], x[:first]), (y[first:], x[first:])
    known, best = ols_beta(*past).beta, ols_beta(*later).beta

    def removed(days: tuple[pd.Series, pd.Series], h: float) -> float:
        return float(ratio.hedge_effectiveness(*days, h))

    right = removed(later, known)
    return number(right, {"beta": known, "fitted": removed(past, known)},
                  tested_on_the_fit=removed(past, known), beta_of_hindsight=removed(later, best),
                  fit_days_in_the_test=removed((y, x), known),
                  beta_left_out=removed(later, 1.0))  # fmt: skip


@QUESTIONS.add("instrument.3", held=vary(8_000.0, low=2_000, high=20_000, step=1_000),
               beta=vary(1.25, low=0.8, high=1.6, step=0.05),
               fall=vary(0.3, low=0.1, high=0.6, step=0.05))  # fmt: skip
def worthless(held: float, beta: float, fall: float) -> Answer:
    earned = beta * held * fall
    return number(earned - held, {"lost": -held, "earned": earned}, beta_covers_collapse=0.0,
                  beta_left_out=held * fall - held,
                  divided_for_multiplied=held * fall / beta - held,
                  short_counted_as_loss=-held - earned, coins_only=-held,
                  short_only=earned)  # fmt: skip


@QUESTIONS.add("instrument.4", coins=vary(10, low=5, high=30, step=1),
               pair=vary(0.3, low=0.1, high=0.5, step=0.05))  # fmt: skip
def mixed(coins: float, pair: float) -> Answer:
    above, together = coins * pair, float(ratio.diversified_r2(pair, coins))
    values = {
        "others": coins - 1, "above": above, "below": 1 + (coins - 1) * pair, "together": together,
    }  # fmt: skip
    return percentage(together, values, within=0.006, one_coin_for_book=pair,
                      root_of_correlation=pair**0.5, correlation_squared=pair**2,
                      adds_up_without_limit=above, n_for_one_less=above / (1 + above),
                      what_is_left=1 - together)  # fmt: skip


@QUESTIONS.add("instrument.5", book=vary(30_000.0, low=10_000, high=60_000, step=5_000),
               to_btc=vary(0.4, low=0.2, high=0.8, step=0.1),
               to_eth=vary(0.7, low=0.3, high=0.9, step=0.1),
               margin=vary(6_000.0, low=2_000, high=12_000, step=1_000),
               price=vary(3_000.0, low=1_500, high=4_000, step=50))  # fmt: skip
def two_legs(book: float, to_btc: float, to_eth: float, margin: float, price: float) -> Answer:
    face, leg = _ETH.multiplier, to_eth * book + margin
    values = {"symbol": _ETH.symbol, "face": face, "leg": leg}
    return number(leg / face, values, collateral_left_out=to_eth * book / face,
                  collateral_subtracted=(to_eth * book - margin) / face,
                  collateral_times_beta=to_eth * (book + margin) / face,
                  whole_book_in_one_leg=(book + margin) / face,
                  both_betas_in_one_leg=((to_btc + to_eth) * book + margin) / face,
                  contract_is_coin=leg / price, contract_is_dollar=leg)  # fmt: skip


@QUESTIONS.add("instrument.6", value=10_000.0, coin="BNB", year="2021")
def sized_by_prices(value: float, coin: str, year: str) -> Answer:
    returns = _days().loc[year]
    y, x = returns[coin], returns["ETH"]
    prices = (1 + returns).cumprod()
    short = value * float(np.polyfit(prices["ETH"], prices[coin], 1)[0])
    best = value * ols_beta(y, x).beta
    other = {
        "beta_left_out": 1.0, "correlation_for_beta": correlation(y, x),
        "volatility_ratio": float(y.std() / x.std()),
        "dollar_changes": ols_beta(prices[coin].diff()[1:], prices["ETH"].diff()[1:]).beta,
    }  # fmt: skip
    values = {"short": short, "best": best, "slope": short / value, "beta": best / value}
    return number(short - best, values,
                  **{slip: short - value * size for slip, size in other.items()},
                  price_levels=short, value_for_change=best,
                  beta_for_dollars=(short - best) / value)  # fmt: skip


@QUESTIONS.add("instrument.7", alive=vary(8, low=6, high=18, step=2),
               dead=vary(2, low=1, high=4, step=1),
               gain=vary(0.4, low=0.2, high=0.9, step=0.1))  # fmt: skip
def flattered(alive: float, dead: float, gain: float) -> Answer:
    share = dead / (alive + dead)
    whole = gain - share * (1 + gain)
    values = {"share": share, "whole": whole, "all": alive + dead, "flattery": gain - whole}
    return percentage(gain - whole, values, dead_coin_gains_nothing=share * gain,
                      gain_forgone_left_out=share, share_of_survivors=dead / alive * (1 + gain),
                      value_for_change=whole)  # fmt: skip
