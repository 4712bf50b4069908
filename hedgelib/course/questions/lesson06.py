"""Questions of lesson 06: Dana measures a beta, and hedges with it."""

from __future__ import annotations

import numpy as np

from hedgelib import market
from hedgelib._text import percent
from hedgelib.ask.question import Answer, vary
from hedgelib.beta import BetaEstimate, correlation, ols_beta
from hedgelib.course.questions import questions_of
from hedgelib.course.studies.lesson06 import Drift, SizedShort, beta_and_volatility, cloud
from hedgelib.course.studies.lesson06_choice import BooksOfCoins, Collapse, Judged, hedges_by_book
from hedgelib.errors import InvalidInput
from hedgelib.ratio import (
    diversified_r2,
    effectiveness_from_ratio,
    minimum_variance_ratio,
    notional_interval,
    volatility_reduction,
)
from hedgelib.returns import log_returns, simple_returns
from hedgelib.show.scatter import BetaScatter

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("06")

_ETH = market.contract("binance:ETHUSD_PERP")


@QUESTIONS.add("06.a", dots=...)
def closeness(dots: BetaScatter) -> Answer:
    r2 = dots.fit.r2
    worth = {
        "perfect_hedge": 0.95,
        "residual_too_small": (1 + r2) / 2,
        "measured": r2,
        "residual_too_large": r2 / 2,
    }
    exact, most, _, few = worth.values()
    return Answer(
        right="measured",
        guesses=worth,
        then=lambda guess: cloud(dots, guess),
        values={"exact": exact, "most": most, "r2": r2, "few": few, "left": 1 - r2},
    )


@QUESTIONS.add("06.b", fits=..., coin="DOGE", period="2021")
def wild_coin(fits: list[BetaEstimate], coin: str, period: str) -> Answer:
    fit = next(fit for fit in fits if fit.y_name == coin)
    beta, rho = fit.beta, fit.correlation
    volatility = beta / rho
    between = (volatility + beta) / 2
    worth = {
        "volatility_ratio": volatility,
        "between_two": between,
        "product": beta,
        "correlation_for_beta": rho,
    }
    return Answer(
        right="product",
        guesses=worth,
        then=lambda guess: beta_and_volatility(
            fits, period, guess=None if guess is None else (coin, guess)
        ),
        values={"volatility": volatility, "between": between, "beta": beta, "correlation": rho},
    )


@QUESTIONS.add("06.c", twice=...)
def doubled(twice: SizedShort) -> Answer:
    r2 = twice.fit.r2
    return Answer(
        right="nothing",
        guesses={
            "perfect_hedge": 1.0,
            "more_is_safer": r2,
            "harm_in_proportion": r2 / 2,
            "nothing": 0.0,
        },
        then=twice.scene,
        values={"name": twice.fit.y_name, "r2": r2, "half": r2 / 2},
    )


@QUESTIONS.add("06.d", found=...)
def drifting(found: Drift) -> Answer:
    whole, beta = found.whole, found.whole.beta
    worth = {
        "interval_for_drift": whole.interval(),
        "beta_is_constant": (beta - 0.2, beta + 0.2),
        "drifts": (float(found.beta.min()), float(found.beta.max())),
    }
    (low, high), (steady_low, steady_high), (lowest, highest) = worth.values()
    return Answer(
        right="drifts",
        guesses=worth,
        then=found.scene,
        values={
            "name": whole.y_name,
            "days": whole.n,
            "beta": beta,
            "window": found.window,
            "low": low,
            "high": high,
            "steady_low": steady_low,
            "steady_high": steady_high,
            "lowest": lowest,
            "highest": highest,
        },
    )


@QUESTIONS.add("06.e", whole=..., without=..., leader="AVAX", other="ETH")
def leader_taken_out(whole: Judged, without: Judged, leader: str, other: str) -> Answer:
    return Answer(
        right="other" if without.honest[other] > without.honest[leader] else "sector_leader",
        guesses={"sector_leader": (leader,), "hedges_alike": (leader, other), "other": (other,)},
        then=lambda guess: hedges_by_book([whole, without], guess or ()),
        values={
            "book": whole.book,
            "first": whole.honest[leader],
            "second": whole.honest[other],
            "then": without.honest[leader],
            "still": without.honest[other],
        },
    )


@QUESTIONS.add("06.f", end=..., r2=...)
def collapsed(end: Collapse, r2: float) -> Answer:
    alone, left = float(end.coin_usd[-1]), float(end.together_usd[-1])
    return Answer(
        right="together",
        guesses={
            "beta_covers_collapse": 0.0,
            "half_covered": alone / 2,
            "together": left,
            "coins_only": alone,
        },
        then=end.scene,
        values={
            "first_day": end.day(0),
            "r2": r2,
            "days": end.coin_usd.size - 1,
            "coin": end.coin,
            "hedge": end.hedge,
            "book": end.book_usd,
            "size": end.short_usd / end.book_usd,
            "half": alone / 2,
            "left": left,
            "alone": alone,
            "move": end.hedge_move,
            "earned": float(end.hedge_usd[-1]),
        },
    )


@QUESTIONS.add("06.g", books=..., supposed=0.25, most=20)
def many_coins(books: BooksOfCoins, supposed: float, most: int) -> Answer:
    book = float(diversified_r2(supposed, most))
    some = (supposed + book) / 2
    return Answer(
        right="diversified",
        guesses={
            "low_correlation_no_hedge": supposed / 2,
            "one_coin_for_book": supposed,
            "residual_too_large": some,
            "diversified": book,
        },
        then=lambda guess: books.scene(guess, supposed=supposed, most=most),
        values={"none": supposed / 2, "some": some, "book": book},
    )


@QUESTIONS.add(
    "06.1",
    rho=vary(0.8, low=0.5, high=0.9, step=0.05),
    sd_book=vary(0.06, low=0.04, high=0.1, step=0.01),
    sd_coin=vary(0.04, low=0.03, high=0.06, step=0.01),
)
def from_correlation(rho: float, sd_book: float, sd_coin: float) -> Answer:
    return Answer(
        right=float(minimum_variance_ratio(rho, sd_book, sd_coin)),
        slips={
            "volatility_ratio": sd_book / sd_coin,
            "correlation_for_beta": rho,
            "upside_down": rho * sd_coin / sd_book,
            "r2_for_correlation": rho**2 * sd_book / sd_coin,
        },
    )


def _closes(draw: float) -> tuple[list[int], list[int]]:
    """Return six closes of ETH and of Dana's book, USD: today's, or those of another draw."""
    if not draw:
        return [2000, 2100, 2060, 2180, 2140, 2260], [
            10_000,
            10_400,
            10_400,
            11_600,
            11_000,
            12_800,
        ]
    rng = np.random.default_rng(int(draw))
    eth = rng.normal(0.02, 0.04, 5)
    book = 1.3 * eth + rng.normal(0.0, 0.03, 5)
    return (
        [round(20 * price) * 10 for price in 10 * np.cumprod([1, *(1 + eth)])],
        [round(10 * price) * 100 for price in 10 * np.cumprod([1, *(1 + book)])],
    )


@QUESTIONS.add("06.2", draw=vary(0, low=1, high=500, step=1))
def from_closes(draw: float) -> Answer:
    eth, book = map(np.array, _closes(draw))
    y, x = simple_returns(book), simple_returns(eth)
    right = ols_beta(y, x).beta
    slips = {
        "price_levels": ols_beta(book / book[0], eth / eth[0]).beta,
        "dollar_changes": ols_beta(np.diff(book), np.diff(eth)).beta,
        "ddof_mixed": float(np.cov(y, x)[0, 1] / np.var(x)),
        "regressed_the_other_way": ols_beta(x, y).beta,
        "volatility_ratio": float(np.std(y) / np.std(x)),
        "correlation_for_beta": correlation(y, x),
        "log_returns": ols_beta(log_returns(book), log_returns(eth)).beta,
    }
    if draw and any(abs(value / right - 1) < 0.03 for value in slips.values()):
        raise InvalidInput("a wrong beta would pass for the right one with too few digits")
    return Answer(
        right=right,
        slips=slips,
        within=0.004,
        values={
            "eth_closes": ", ".join(map(str, eth)),
            "book_closes": ", ".join(map(str, book)),
            "eth_returns": ", ".join(percent(r, digits=2, signed=True) for r in x),
            "book_returns": ", ".join(percent(r, digits=2, signed=True) for r in y),
        },
    )


@QUESTIONS.add(
    "06.3",
    value=vary(20_000.0, low=5_000, high=40_000, step=1_000),
    measured=vary(1.2, low=0.6, high=1.6, step=0.1),
    error=vary(0.15, low=0.05, high=0.3, step=0.05),
    z=1.96,
)
def width_in_dollars(value: float, measured: float, error: float, z: float) -> Answer:
    interval = notional_interval(measured, error, value, z)
    low, high = float(interval.low_usd), float(interval.high_usd)
    wide = high - low
    return Answer(
        right=wide,
        slips={
            "one_side_of_interval": wide / 2,
            "beta_for_dollars": wide / value,
            "one_error": wide / z,
            "short_for_width": measured * value,
        },
        values={"low": low, "high": high},
    )


@QUESTIONS.add(
    "06.4",
    r2=vary(0.8, low=0.4, high=0.9, step=0.05),
    best=vary(12_000.0, low=4_000, high=20_000, step=1_000),
    times=vary(1.5, low=1.2, high=1.8, step=0.1),
)
def over_hedged(r2: float, best: float, times: float) -> Answer:
    removed = float(effectiveness_from_ratio(r2, times))
    return Answer(
        right=100 * removed,
        slips={
            "more_is_safer": 100 * r2,
            "effect_in_proportion": 100 * r2 * times,
            "harm_in_proportion": 100 * r2 * (1 - abs(times - 1)),
            "perfect_hedge": 100 * removed / r2,
            "percent_for_decimal": removed,
        },
        values={
            "size": times * best,
            "parabola": 2 * times - times**2,
            "removed": removed,
            "mirrored": (2 - times) * best,
            "less": (2 - times) / times,
        },
    )


@QUESTIONS.add("06.5", share=vary(0.64, 0.19, 0.36, 0.51, 0.84, 0.91))
def calmer(share: float) -> Answer:
    gone = float(volatility_reduction(share))
    return Answer(
        right=100 * gone,
        slips={
            "variance_for_volatility": 100 * share,
            "what_is_left": 100 * (1 - gone),
            "root_of_r2": 100 * share**0.5,
            "percent_for_decimal": gone,
        },
        values={"left": 1 - share, "root": (1 - share) ** 0.5, "gone": gone},
    )


@QUESTIONS.add(
    "06.6",
    book=vary(30_000.0, low=10_000, high=60_000, step=5_000),
    to_btc=vary(0.4, low=0.2, high=0.8, step=0.1),
    to_eth=vary(0.7, low=0.3, high=0.9, step=0.1),
    margin=vary(6_000.0, low=2_000, high=12_000, step=1_000),
    price=vary(3_000.0, low=1_500, high=4_000, step=50),
)
def two_legs(book: float, to_btc: float, to_eth: float, margin: float, price: float) -> Answer:
    face, leg = _ETH.multiplier, to_eth * book + margin
    return Answer(
        right=leg / face,
        slips={
            "collateral_left_out": to_eth * book / face,
            "whole_book_in_one_leg": (book + margin) / face,
            "both_betas_in_one_leg": ((to_btc + to_eth) * book + margin) / face,
            "contract_is_coin": leg / price,
            "contract_is_dollar": leg,
            "collateral_subtracted": (to_eth * book - margin) / face,
            "collateral_times_beta": to_eth * (book + margin) / face,
        },
        values={"symbol": _ETH.symbol, "face": face, "leg": leg},
    )


@QUESTIONS.add(
    "06.7",
    coins=vary(10, low=5, high=30, step=1),
    pair=vary(0.3, low=0.1, high=0.5, step=0.05),
)
def mixed(coins: float, pair: float) -> Answer:
    above, together = coins * pair, float(diversified_r2(pair, coins))
    return Answer(
        right=100 * together,
        slips={
            "one_coin_for_book": 100 * pair,
            "adds_up_without_limit": 100 * above,
            "n_for_one_less": 100 * above / (1 + above),
            "percent_for_decimal": together,
        },
        within=0.006,
        values={
            "others": coins - 1,
            "above": above,
            "below": 1 + (coins - 1) * pair,
            "together": together,
        },
    )


@QUESTIONS.add(
    "06.8",
    held=vary(8_000.0, low=2_000, high=20_000, step=1_000),
    beta=vary(1.25, low=0.8, high=1.6, step=0.05),
    fall=vary(0.3, low=0.1, high=0.6, step=0.05),
)
def worthless(held: float, beta: float, fall: float) -> Answer:
    earned = beta * held * fall
    return Answer(
        right=earned - held,
        slips={
            "beta_covers_collapse": 0.0,
            "beta_left_out": held * fall - held,
            "short_counted_as_loss": -held - earned,
            "coins_only": -held,
            "short_only": earned,
        },
        values={"lost": -held, "earned": earned},
    )
