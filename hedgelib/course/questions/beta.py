"""Questions of lesson 07: Dana measures a beta, and hedges with it."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from hedgelib import market, ratio
from hedgelib._check import FloatArray
from hedgelib._text import percent
from hedgelib.ask.question import Answer, vary
from hedgelib.beta import BetaEstimate, correlation, ols_beta
from hedgelib.course.questions import contracts, guess, number, percentage, questions_of
from hedgelib.course.studies import beta as study
from hedgelib.errors import InvalidInput
from hedgelib.returns import log_returns, simple_returns
from hedgelib.show.scatter import BetaScatter

QUESTIONS = questions_of("beta")

_ETH = market.contract("binance:ETHUSD_PERP")


@QUESTIONS.add("beta.a", dots=...)
def closeness(dots: BetaScatter) -> Answer:
    r2, then = dots.fit.r2, partial(study.cloud, dots)
    return guess("measured", {"left": 1 - r2}, then=then, perfect_hedge=0.95,
                 residual_too_small=(1 + r2) / 2, measured=r2,
                 residual_too_large=r2 / 2)  # fmt: skip


@QUESTIONS.add("beta.b", fits=..., period="2021")
def wild_coin(fits: list[BetaEstimate], period: str) -> Answer:
    beta, rho = fits[0].beta, fits[0].correlation
    return guess("product", then=partial(study.beta_and_volatility, fits, period),
                 volatility_ratio=beta / rho, between_two=(beta / rho + beta) / 2, product=beta,
                 correlation_for_beta=rho)  # fmt: skip


@QUESTIONS.add("beta.c", twice=...)
def doubled(twice: study.SizedShort) -> Answer:
    r2 = twice.fit.r2
    return guess("nothing", then=twice.scene, perfect_hedge=1.0, more_is_safer=r2,
                 harm_in_proportion=r2 / 2, nothing=0.0)  # fmt: skip


@QUESTIONS.add("beta.d", found=...)
def drifting(found: study.Drift) -> Answer:
    whole, beta = found.whole, found.whole.beta
    return guess("drifts", then=found.scene, interval_for_drift=whole.interval(),
                 beta_is_constant=(beta - 0.2, beta + 0.2),
                 drifts=(float(found.beta.min()), float(found.beta.max())))  # fmt: skip


_ETH_CLOSES = np.array([2000, 2100, 2060, 2180, 2140, 2260])
_BOOK_CLOSES = np.array([10_000, 10_400, 10_400, 11_600, 11_000, 12_800])


def _drawn_closes(draw: float) -> list[FloatArray]:
    """Return six other closes of ETH and of Dana's book, USD, in steps of $10 and $100."""
    rng = np.random.default_rng(int(draw))
    eth = rng.normal(0.02, 0.04, 5)
    book = 1.3 * eth + rng.normal(0.0, 0.03, 5)
    return [
        step * np.round(first[0] / step * np.cumprod([1, *(1 + returns)])).astype(int)
        for first, returns, step in ((_ETH_CLOSES, eth, 10), (_BOOK_CLOSES, book, 100))
    ]


@QUESTIONS.add("beta.1", draw=vary(0, low=1, high=500, step=1))
def from_closes(draw: float) -> Answer:
    eth, book = _drawn_closes(draw) if draw else (_ETH_CLOSES, _BOOK_CLOSES)
    x, y = simple_returns(eth), simple_returns(book)
    if not x.all():
        raise InvalidInput("a day on which ETH does not move has no ratio")
    right = ols_beta(y, x).beta
    slips = {
        "price_levels": ols_beta(book / book[0], eth / eth[0]).beta,
        "prices_in_dollars": ols_beta(book, eth).beta,
        "dollar_changes": ols_beta(np.diff(book), np.diff(eth)).beta,
        "ddof_mixed": float(np.cov(y, x)[0, 1] / np.var(x)),
        "no_constant": float(y @ x / (x @ x)), "mean_of_ratios": float(np.mean(y / x)),
        "regressed_the_other_way": ols_beta(x, y).beta,
        "volatility_ratio": float(np.std(y) / np.std(x)), "correlation_for_beta": correlation(y, x),
        "log_returns": ols_beta(log_returns(book), log_returns(eth)).beta,
    }  # fmt: skip
    if draw and any(abs(value / right - 1) < 0.03 for value in slips.values()):
        raise InvalidInput("a wrong beta would pass for the right one with too few digits")
    listed = partial(percent, digits=2, signed=True)
    values = {
        "eth_closes": ", ".join(map(str, eth)), "book_closes": ", ".join(map(str, book)),
        "eth_returns": ", ".join(map(listed, x)), "book_returns": ", ".join(map(listed, y)),
    }  # fmt: skip
    return number(right, values, within=0.004, **slips)


@QUESTIONS.add("beta.2", rho=vary(0.8, low=0.5, high=0.9, step=0.05),
               sd_book=vary(0.06, low=0.04, high=0.1, step=0.01),
               sd_coin=vary(0.04, low=0.03, high=0.06, step=0.01))  # fmt: skip
def from_correlation(rho: float, sd_book: float, sd_coin: float) -> Answer:
    times = sd_book / sd_coin
    return number(float(ratio.minimum_variance_ratio(rho, sd_book, sd_coin)),
                  volatility_ratio=times, correlation_for_beta=rho, upside_down=rho / times,
                  r2_for_correlation=rho**2 * times,
                  divided_for_multiplied=times / rho)  # fmt: skip


@QUESTIONS.add("beta.3", r2=vary(0.8, low=0.4, high=0.9, step=0.05),
               best=vary(12_000.0, low=4_000, high=20_000, step=1_000),
               times=vary(1.5, low=1.2, high=1.8, step=0.1))  # fmt: skip
def over_hedged(r2: float, best: float, times: float) -> Answer:
    removed = float(ratio.effectiveness_from_ratio(r2, times))
    values = {
        "size": times * best, "parabola": 2 * times - times**2, "removed": removed,
        "mirrored": (2 - times) * best, "less": (2 - times) / times,
    }  # fmt: skip
    return percentage(removed, values, more_is_safer=r2, larger_is_perfect=1.0,
                      effect_in_proportion=r2 * times, effect_divided=r2 / times,
                      harm_in_proportion=r2 * (1 - abs(times - 1)),
                      surplus_subtracted=r2 - (times - 1) ** 2,
                      perfect_hedge=removed / r2)  # fmt: skip


@QUESTIONS.add("beta.4", share=vary(0.64, 0.19, 0.36, 0.51, 0.84, 0.91))
def calmer(share: float) -> Answer:
    gone, root = float(ratio.volatility_reduction(share)), share**0.5
    values = {"left": 1 - share, "root": 1 - gone, "gone": gone}
    return percentage(gone, values, variance_for_volatility=share, variance_left=1 - share,
                      what_is_left=1 - gone, root_of_r2=root,
                      one_less_root_of_r2=1 - root)  # fmt: skip


@QUESTIONS.add("beta.5", value=vary(20_000.0, low=5_000, high=40_000, step=1_000),
               measured=vary(1.2, low=0.6, high=1.6, step=0.1),
               error=vary(0.15, low=0.05, high=0.3, step=0.05), z=1.96)  # fmt: skip
def width_in_dollars(value: float, measured: float, error: float, z: float) -> Answer:
    interval = ratio.notional_interval(measured, error, value, z)
    low, high = float(interval.low_usd), float(interval.high_usd)
    wide = high - low
    return number(wide, {"low": low, "high": high}, one_side_of_interval=wide / 2,
                  beta_for_dollars=wide / value, one_error=wide / z,
                  short_for_width=measured * value, end_for_width=high,
                  beta_twice=measured * wide)  # fmt: skip


@cache
def _sizes(coins: tuple[str, ...], year: str) -> dict[str, float]:
    """Return the dollars of ETH for one of some coins in equal parts: beta, and what is not it."""
    days = market.returns([*coins, "ETH"], start=f"{year}-01-01", end=f"{year}-12-31")
    y, x = days[list(coins)].mean(axis=1), days["ETH"]
    return {
        "beta": ols_beta(y, x).beta, "volatility_ratio": float(y.std() / x.std()),
        "correlation_for_beta": correlation(y, x), "regressed_the_other_way": ols_beta(x, y).beta,
        "beta_left_out": 1.0,
    }  # fmt: skip


@QUESTIONS.add("beta.6", value=30_000.0, coin="BTC", year="2022")
def sized_by_correlation(value: float, coin: str, year: str) -> Answer:
    of = {name: value * size for name, size in _sizes((coin,), year).items()}
    best, short = of.pop("beta"), of.pop("correlation_for_beta")
    values = {"short": short, "best": best, "beta": best / value, "rho": short / value}
    return number(short - best, values, within=0.004,
                  **{slip: short - size for slip, size in of.items()}, value_for_change=best,
                  r2_for_correlation=short - short**2 / value,
                  beta_for_dollars=(short - best) / value,
                  relative_error=100 * (short / best - 1))  # fmt: skip


@QUESTIONS.add(
    "beta.7", value=20_000.0, coins=("BNB", "LINK"), year="2023", leverage=2, price=2_281.0
)
def planned(
    value: float, coins: tuple[str, ...], year: str, leverage: float, price: float
) -> Answer:
    sizes = _sizes(coins, year)
    backed = {name: value * size * leverage / (leverage - 1) for name, size in sizes.items()}
    right, face = backed.pop("beta"), _ETH.multiplier
    short = value * sizes["beta"]
    values = {
        "first": coins[0], "second": coins[1], "face": face, "beta": sizes["beta"], "short": short,
        "margin": right - short, "symbol": _ETH.symbol,
    }  # fmt: skip
    return contracts(right, face, values, price=price, **backed, collateral_left_out=short,
                     margin_on_margin_once=short * (1 + 1 / leverage),
                     leverage_multiplies_size=leverage * right)  # fmt: skip
