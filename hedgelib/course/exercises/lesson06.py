"""Exercises of lesson 06: Dana measures a beta, and hedges with it.

The wrong models behind the slips are functions, so that the tests can run them on other numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.beta import correlation, ols_beta
from hedgelib.course.exercises import Exercise
from hedgelib.ratio import (
    change_beta_contracts,
    diversified_r2,
    effectiveness_from_ratio,
    minimum_variance_ratio,
    notional_interval,
    volatility_reduction,
)
from hedgelib.returns import log_returns, simple_returns

__all__ = [
    "EXERCISES",
    "beta_of_changes",
    "beta_of_levels",
    "beta_turned_round",
    "beta_with_mixed_divisors",
    "ratio_of_volatilities",
    "removed_in_proportion",
]


def beta_of_levels(book_usd: ArrayLike, coin_usd: ArrayLike) -> float:
    """Return the slope of two price curves that both start at 1, which is no beta.

    Parameters
    ----------
    book_usd, coin_usd : array_like, shape (n,)
        Prices, USD.

    Returns
    -------
    float
    """
    book, coin = np.asarray(book_usd, dtype=float), np.asarray(coin_usd, dtype=float)
    return ols_beta(book / book[0], coin / coin[0]).beta


def beta_of_changes(book_usd: ArrayLike, coin_usd: ArrayLike) -> float:
    """Return the slope of changes in dollars: coins for each book, not dollars for each dollar.

    Parameters
    ----------
    book_usd, coin_usd : array_like, shape (n,)
        Prices, USD.

    Returns
    -------
    float

    Notes
    -----
    **Source:** a hedge ratio in units, as textbooks on commodities have it; see
    :func:`hedgelib.ratio_in_notionals`.
    """
    book, coin = np.asarray(book_usd, dtype=float), np.asarray(coin_usd, dtype=float)
    return ols_beta(np.diff(book), np.diff(coin)).beta


def beta_with_mixed_divisors(y: ArrayLike, x: ArrayLike) -> float:
    """Return covariance by n - 1 over variance by n: beta times n / (n - 1).

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns, decimals.

    Returns
    -------
    float

    Notes
    -----
    **Source:** the defaults of ``np.cov`` and ``np.var``, which do not go together.
    """
    coin = np.asarray(x, dtype=float)
    return float(np.cov(np.asarray(y, dtype=float), coin)[0, 1] / np.var(coin))


def beta_turned_round(y: ArrayLike, x: ArrayLike) -> float:
    """Return the beta of the coin to the book, not of the book to the coin.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin, decimals.

    Returns
    -------
    float
    """
    return ols_beta(x, y).beta


def ratio_of_volatilities(y: ArrayLike, x: ArrayLike) -> float:
    """Return the volatility of the book over that of the coin, which many call beta.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin, decimals.

    Returns
    -------
    float
    """
    return float(np.std(np.asarray(y, dtype=float)) / np.std(np.asarray(x, dtype=float)))


def removed_in_proportion(r2: float, times_best: float) -> float:
    """Return the variance removed if a wrong size cost in proportion, not by its square.

    Parameters
    ----------
    r2 : float
    times_best : float

    Returns
    -------
    float
    """
    return r2 * (1 - abs(times_best - 1))


_RHO, _SD_BOOK, _SD_COIN = 0.8, 0.06, 0.04
_BETA = float(minimum_variance_ratio(_RHO, _SD_BOOK, _SD_COIN))

ETH_USD = (2000, 2100, 2060, 2180, 2140, 2260)
BOOK_USD = (10_000, 10_400, 10_400, 11_600, 11_000, 12_800)
_Y, _X = simple_returns(BOOK_USD), simple_returns(ETH_USD)
_FIT = ols_beta(_Y, _X)

_VALUE, _MEASURED, _SE, _Z = 20_000.0, 1.2, 0.15, 1.96
_RANGE = notional_interval(_MEASURED, _SE, _VALUE, _Z)
_WIDE = float(_RANGE.high_usd - _RANGE.low_usd)

_R2, _BEST, _TAKEN = 0.8, 12_000.0, 18_000.0
_TIMES = _TAKEN / _BEST
_REMOVED = float(effectiveness_from_ratio(_R2, _TIMES))

_SHARE = 0.64
_CALMER = float(volatility_reduction(_SHARE))

_ETH = market.contract("binance:ETHUSD_PERP")
_BOOK, _TO_BTC, _TO_ETH, _MARGIN, _PRICE = 30_000.0, 0.4, 0.7, 6_000.0, 3_000.0
_LEG = _TO_ETH * _BOOK + _MARGIN
_SOLD = _LEG / _ETH.multiplier

_MANY, _PAIR = 10, 0.3
_TOGETHER = float(diversified_r2(_PAIR, _MANY))

_HELD, _OWN, _FALL = 8_000.0, 1.25, -0.3
_EARNED = -_OWN * _HELD * _FALL


def _prices(values: tuple[int, ...]) -> str:
    return ", ".join(str(value) for value in values)


EXERCISES: dict[str, Exercise] = {
    "06.1": Exercise(
        question=f"The daily volatility of Dana's book is {percent(_SD_BOOK)}, that of ETH "
        f"{percent(_SD_COIN)}. The correlation of the two is {_RHO:g}. "
        "What is the beta of the book to ETH?",
        answer=_BETA,
        unit="a number",
        why="Correlation times the ratio of the volatilities.",
        hint="Beta is made of two things: how far the book moves, and how faithfully it follows.",
        more_hints=("Divide the volatility of the book by that of ETH. What is still missing?",),
        solution=f"β = ρ σ_book / σ_ETH = {_RHO:g} × {_SD_BOOK:g} / {_SD_COIN:g} = **{_BETA:g}**.",
        slips={
            "That is how much more the book moves than ETH. Does it always move along with "
            "it?": _SD_BOOK / _SD_COIN,
            "That is the correlation. Two coins can move together and differ in size.": _RHO,
            "You have the two volatilities the wrong way round. Whose variance is the "
            "denominator?": _RHO * _SD_COIN / _SD_BOOK,
            "Correlation squared is R², which says how well a hedge works, not how large it "
            "is.": _RHO**2 * _SD_BOOK / _SD_COIN,
        },
    ),
    "06.2": Exercise(
        question="Six closes, day by day. ETH: `["
        + _prices(ETH_USD)
        + "]`. Dana's book: `["
        + _prices(BOOK_USD)
        + "]`, in dollars. Copy them into a cell of your own and find the beta of the book to ETH.",
        answer=_FIT.beta,
        unit="a number, two decimals or more",
        why="Returns first, then covariance over variance, with one divisor for both.",
        hint="Beta belongs to returns. How many returns do six prices make?",
        more_hints=(
            "A return is the price of today over that of yesterday, minus 1: "
            "`simple_returns(prices)`.",
            "Then `ols_beta(returns of the book, returns of ETH).beta`.",
        ),
        solution="`ols_beta(simple_returns(book), simple_returns(eth)).beta` is "
        f"**{_FIT.beta:.4f}**. By hand: the returns of the book are "
        f"{', '.join(percent(r, digits=2, signed=True) for r in _Y)}, those of ETH "
        f"{', '.join(percent(r, digits=2, signed=True) for r in _X)}; take each from its mean, "
        "add up the products, and divide by the sum of the squares of ETH's.",
        within=0.004,
        slips={
            "You have drawn a line through price levels. Two prices that both rise always look "
            "related; take returns.": beta_of_levels(BOOK_USD, ETH_USD),
            "You have taken changes in dollars. That gives ETH for each book, not dollars for each "
            "dollar.": beta_of_changes(BOOK_USD, ETH_USD),
            "Your covariance is divided by n − 1 and your variance by n. `np.cov` and `np.var` do "
            "that if you let them.": beta_with_mixed_divisors(_Y, _X),
            "That is the beta of ETH to the book. Whose variance is the "
            "denominator?": beta_turned_round(_Y, _X),
            "That is a ratio of volatilities. Does the book follow ETH every day?": (
                ratio_of_volatilities(_Y, _X)
            ),
            "That is the correlation.": correlation(_Y, _X),
            "Those are logarithmic returns. The profit of a hedge is a straight line in simple "
            "ones.": ols_beta(log_returns(BOOK_USD), log_returns(ETH_USD)).beta,
        },
    ),
    "06.3": Exercise(
        question=f"Dana's book is worth {usd(_VALUE)}. She measures a beta of {_MEASURED:g} with a "
        f"standard error of {_SE:g}. With {_Z:g} standard errors to each side, how many dollars "
        "are between the smallest and the largest short that fit her data?",
        answer=_WIDE,
        unit="USD",
        why="The error of beta, times the book, to both sides.",
        hint="The short is beta times the book. Work out the smallest and the largest beta first.",
        more_hints=("The two ends of beta are twice 1.96 standard errors apart.",),
        solution=f"From ({_MEASURED:g} − {_Z:g} × {_SE:g}) × {usd(_VALUE)} = "
        f"{usd(_RANGE.low_usd)} to ({_MEASURED:g} + {_Z:g} × {_SE:g}) × {usd(_VALUE)} = "
        f"{usd(_RANGE.high_usd)}. The difference is **{usd(_WIDE)}**.",
        slips={
            "That is to one side. The error goes both ways.": _WIDE / 2,
            "That is the width of beta. How large is the book?": _WIDE / _VALUE,
            "That is one standard error to each side.": _WIDE / _Z,
            "That is the short she would open. How uncertain is it?": _MEASURED * _VALUE,
        },
    ),
    "06.4": Exercise(
        question=f"The best short for a book is {usd(_BEST)}, and it removes {percent(_R2)} of the "
        f"variance. To be safe, the owner shorts {usd(_TAKEN)}. How many percent of the variance "
        "does that remove?",
        answer=_REMOVED * 100,
        unit="percent",
        why="R² (2q − q²), with q the size over the best. Half too much is as bad as half too "
        "little.",
        hint="How many times the best size is it? Then look at the formula of the parabola.",
        more_hints=("q is 1.5. What is 2q − q²?",),
        solution=f"q = {usd(_TAKEN)} / {usd(_BEST)} = {_TIMES:g}. 2q − q² = "
        f"{2 * _TIMES - _TIMES**2:g}, times {percent(_R2)} is **{percent(_REMOVED)}**. A short of "
        f"{usd(2 * _BEST - _TAKEN)} would have done the same with a third of the margin.",
        slips={
            "The surplus adds variance: it is a position of its own.": _R2 * 100,
            "More short does not remove more. Beyond the best size it removes less.": _R2
            * _TIMES
            * 100,
            "The harm grows with the square of the surplus, not in proportion.": (
                removed_in_proportion(_R2, _TIMES) * 100
            ),
            "That would be so if the best short removed everything. What does it remove?": _REMOVED
            / _R2
            * 100,
            "You have it as a decimal. The question asks for percent.": _REMOVED,
        },
    ),
    "06.5": Exercise(
        question=f"The best short removes {percent(_SHARE)} of the variance of a book. By how many "
        "percent does its volatility fall?",
        answer=_CALMER * 100,
        unit="percent",
        why="Volatility is the root of variance, and what counts is the root of what is left.",
        hint="How much of the variance is left? Volatility is its root.",
        more_hints=("The root of what is left is what is left of the volatility.",),
        solution=f"{percent(1 - _SHARE)} of the variance is left. Its root is "
        f"{percent((1 - _SHARE) ** 0.5)} of the volatility. So **{percent(_CALMER)}** is gone.",
        slips={
            "That is variance. Volatility is its root.": _SHARE * 100,
            "That is how much of the volatility is left. The question is how much is gone.": (
                1 - _CALMER
            )
            * 100,
            "You have taken the root of what was removed. Take that of what is left.": _SHARE**0.5
            * 100,
            "You have it as a decimal. The question asks for percent.": _CALMER,
        },
    ),
    "06.6": Exercise(
        question=f"A regression on BTC and ETH together gives a book of {usd(_BOOK)} the betas "
        f"{_TO_BTC:g} to BTC and {_TO_ETH:g} to ETH. Dana shorts both. For the ETH leg she uses "
        f"{_ETH.symbol}, face {usd(_ETH.multiplier)}, and buys {usd(_MARGIN)} of ETH as its "
        f"margin; the BTC leg has stablecoin margin. ETH is at {usd(_PRICE)}. How many contracts "
        f"of {_ETH.symbol} does she sell? (Without a sign.)",
        answer=_SOLD,
        unit="contracts",
        why="Each leg hedges its own beta, and the bought margin on top. Then dollars over face.",
        hint="Two things she owns move with ETH. Which?",
        more_hints=(
            "The ETH leg covers the beta to ETH times the book, and the ETH in the margin.",
        ),
        solution=f"{_TO_ETH:g} × {usd(_BOOK)} + {usd(_MARGIN)} = {usd(_LEG)}, over a face of "
        f"{usd(_ETH.multiplier)}: **{_SOLD:,.0f} contracts**. The price of ETH plays no part.",
        slips={
            "You have left out the ETH that she bought for the margin.": -float(
                change_beta_contracts(_BOOK, _TO_ETH, 0, _ETH.multiplier)
            ),
            "You have shorted the whole book in ETH. What is its beta?": (_BOOK + _MARGIN)
            / _ETH.multiplier,
            "You have added both betas. BTC has a leg of its own.": (
                (_TO_BTC + _TO_ETH) * _BOOK + _MARGIN
            )
            / _ETH.multiplier,
            "That is a number of ETH. What is the face of the contract?": _LEG / _PRICE,
            "That is in dollars. How many dollars is one contract?": _LEG,
            "The margin adds to what must be hedged; it does not take from it.": (
                _TO_ETH * _BOOK - _MARGIN
            )
            / _ETH.multiplier,
            "The margin is ETH. Its beta to ETH is not that of the book.": _TO_ETH
            * (_BOOK + _MARGIN)
            / _ETH.multiplier,
        },
    ),
    "06.7": Exercise(
        question=f"{_MANY} coins, equal parts of each. Any two have a correlation of {_PAIR:g}, "
        "and all of it comes from one market. How many percent of the variance of the book can a "
        "short of that market remove?",
        answer=_TOGETHER * 100,
        unit="percent",
        why="n ρ / (1 + (n − 1) ρ). The residuals of the coins cancel out.",
        hint="The formula is in the part on many coins. n is the number of coins, ρ the "
        "correlation.",
        more_hints=("The numerator is n ρ, the denominator 1 + (n − 1) ρ.",),
        solution=f"{_MANY} × {_PAIR:g} / (1 + {_MANY - 1} × {_PAIR:g}) = {_MANY * _PAIR:g} / "
        f"{1 + (_MANY - 1) * _PAIR:g} = **{percent(_TOGETHER, digits=1)}**.",
        within=0.006,
        slips={
            "That is so for one coin alone. What becomes of the rest when there are many?": _PAIR
            * 100,
            "Each coin adds less than the one before. It can never be more than all.": _MANY
            * _PAIR
            * 100,
            "Look at the denominator: it has n − 1, not n.": _MANY
            * _PAIR
            / (1 + _MANY * _PAIR)
            * 100,
            "You have it as a decimal. The question asks for percent.": _TOGETHER,
        },
    ),
    "06.8": Exercise(
        question=f"Dana holds {usd(_HELD)} of a coin with a beta of {_OWN:g} to ETH, and has "
        f"shorted ETH by that beta, on stablecoin margin. The coin loses all its value, "
        f"while ETH falls {percent(-_FALL)}. How many dollars has she gained (+) or lost (−), coin "
        "and short together?",
        answer=-_HELD + _EARNED,
        unit="USD",
        why="The short covers what the coin shares with ETH. A collapse is idiosyncratic risk.",
        hint="Two lines: what the coin loses, and what the short earns.",
        more_hints=("How large is the short? It earns the fall of ETH on that.",),
        solution=f"The coin: −{usd(_HELD)}. The short: {_OWN:g} × {usd(_HELD)} × "
        f"{percent(-_FALL)} = {usd(_EARNED, signed=True)}. Together **{usd(-_HELD + _EARNED)}**.",
        slips={
            "A beta says what a coin does on average. This one did something else.": 0.0,
            "You have shorted as much as the coin was worth. What was its beta?": -_HELD
            - _HELD * _FALL,
            "ETH fell, and she is short. Which way does that go?": -_HELD - _EARNED,
            "That is the coin alone.": -_HELD,
            "That is the short alone.": _EARNED,
        },
    ),
}
