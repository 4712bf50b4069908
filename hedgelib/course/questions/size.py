"""Questions of lesson 03: Hana's and Ivo's exposure and contracts."""

from __future__ import annotations

import numpy as np

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, guess, number, percentage, questions_of
from hedgelib.course.studies.size import size_and_effect, with_guessed_slope
from hedgelib.show.scatter import BetaScatter

QUESTIONS = questions_of("size")

ETH = market.contract("binance:ETHUSD_PERP")
MEXC = market.contract("mexc:ETH_USD")
FACE, _BTC_FACE = MEXC.multiplier, market.contract("mexc:BTC_USD").multiplier
_OKX = market.contract("okx:BTC-USD-SWAP")
_TICKET = {"symbol": MEXC.symbol, "venue": MEXC.venue, "face": FACE}
_PRICE = vary(3_000.0, low=1_550, high=4_550, step=100)
HANA = {
    "first": vary(12_000.0, low=9_000, high=20_000, step=1_000),
    "second": vary(6_000.0, low=3_000, high=10_000, step=1_000),
    "eth": vary(2_000.0, low=1_550, high=3_950, step=400),
    "first_beta": vary(1.3, 1.1, 1.2, 1.4),
    "second_beta": vary(0.8, 0.6, 0.7, 0.9),
}


@QUESTIONS.add("size.a", book=..., scatter=..., fall=0.1)
def fall_of_the_book(book: float, scatter: BetaScatter, fall: float) -> Answer:
    fit = scatter.fit
    if not 0.8 < fit.beta < 0.99 or fit.interval()[1] < 1:
        raise hl.InvalidInput(f"beta must be from 0.8 to 0.99 and close to 1, got {fit.beta:.2f}")
    return guess("less", {"loss": fall * book, "coin": fit.x_name},
                 then=lambda slope: with_guessed_slope(scatter, slope), beta_left_out=1.0,
                 less=fit.beta, altcoins_fall_harder=1.5)  # fmt: skip


@QUESTIONS.add("size.b", wanted=10_000, price=3_500)
def count_after_doubling(wanted: float, price: float) -> Answer:
    count = wanted / ETH.multiplier
    counts = {"half": count / 2, "count": count, "double": 2 * count}
    return guess("same", {"face": ETH.multiplier, "later": 2 * price, **counts})


@QUESTIONS.add("size.c", r2=..., wanted=10_000, price=3_500)
def effect_of_two_coins(r2: float, wanted: float, price: float) -> Answer:
    share = 2 * price / wanted
    effect, count = hl.effectiveness_from_ratio(1.0, share), f"{wanted / ETH.multiplier:,.0f}"
    sizes = [("2 × 1 ETH", share), (f"{count} × {ETH.face}", 1.0), ("3 × 1 ETH", 1.5 * share)]
    lost = {"missing": 1 - share, "lost": (1 - share) ** 2}
    return guess("curve", {"share": share, "effect": effect, "square": share**2, **lost},
                 then=lambda guess: size_and_effect(r2, share, sizes, guess=guess),
                 effect_in_proportion=share, curve=effect, effect_squared=share**2)  # fmt: skip


def hana_holds(
    first: float, second: float, eth: float, first_beta: float, second_beta: float
) -> tuple[float, float]:
    """Return the value of Hana's coins, and what they behave like in dollars of ETH."""
    return first + second + eth, first * first_beta + second * second_beta + eth


@QUESTIONS.add("size.1", **HANA)
def dollars_of_eth(**hana: float) -> Answer:
    book, exposure = hana_holds(**hana)
    first, second, eth, first_beta, second_beta = hana.values()
    return number(exposure, beta_left_out=book,
                  plain_mean_of_betas=book * (first_beta + second_beta + 1) / 3,
                  mean_without_own_coins=book * (first_beta + second_beta) / 2,
                  betas_added=book * (first_beta + second_beta),
                  upside_down=first / first_beta + second / second_beta + eth,
                  own_coins_left_out=exposure - eth)  # fmt: skip


def _book() -> hl.Portfolio:
    file = market.data_folder() / "portfolios" / "layer1.csv"
    return hl.read_portfolio(file, market.latest_prices())


@QUESTIONS.add("size.2", coin="ADA", other="ETH", window=365)
def share_explained(coin: str, other: str, window: int) -> Answer:
    book = _book()
    returns = market.returns(book.coins, window=window)
    whole = returns @ book.weights
    r2, other_r2 = (hl.ols_beta(whole, returns[name]).r2 for name in (coin, other))
    alone = [hl.ols_beta(returns[one], returns[coin]).r2 for one in book.coins]
    return number(r2, {"own": book.value_of(coin) / book.value_usd}, root_of_r2=r2**0.5,
                  what_is_left=1 - r2, other_coin=other_r2,
                  plain_mean=float(np.mean(alone)))  # fmt: skip


@QUESTIONS.add("size.3", wanted=vary(36_000.0, low=12_000, high=60_000, step=1_000), price=_PRICE)
def contracts_for_dollars(wanted: float, price: float) -> Answer:
    return contracts(wanted, FACE, _TICKET, price=price, other_face=_BTC_FACE)


@QUESTIONS.add("size.4", typed=vary(12.0, low=4, high=30, step=1), price=_PRICE)
def dollars_of_what_she_typed(typed: float, price: float) -> Answer:
    return number(typed * FACE, {**_TICKET, "wanted": typed * price, "share": FACE / price},
                  contract_is_coin=typed * price, contract_is_dollar=typed,
                  other_coins_face=typed * _BTC_FACE,
                  face_in_coins=typed * FACE * price)  # fmt: skip


@QUESTIONS.add("size.5", share=vary(0.8, 0.6, 0.7, 0.75, 0.85, 0.9))
def effect_of_a_smaller_short(share: float) -> Answer:
    effect = hl.effectiveness_from_ratio(1.0, share)
    return percentage(effect, {"effect": effect, "twice": 2 * share, "square": share**2},
                      effect_in_proportion=share, effect_squared=share**2,
                      root_for_square=share**0.5, what_is_left=1 - effect)  # fmt: skip


@QUESTIONS.add("size.6", r2=vary(0.64, 0.36, 0.51, 0.84))
def fall_of_volatility(r2: float) -> Answer:
    return percentage(1 - (1 - r2) ** 0.5, {"left": 1 - r2, "volatility": (1 - r2) ** 0.5},
                      variance_for_volatility=r2, what_is_left=(1 - r2) ** 0.5,
                      variance_left=1 - r2, root_of_r2=r2**0.5,
                      one_less_root_of_r2=1 - r2**0.5)  # fmt: skip


@QUESTIONS.add("size.7", coin="BTC", window=365)
def contracts_on_another_coin(coin: str, window: int) -> Answer:
    book = _book()
    returns = market.returns([*book.coins, coin], window=window)
    whole = returns[list(book.coins)] @ book.weights
    beta, other = (hl.ols_beta(whole, returns[name]).beta for name in (coin, "ETH"))
    notional, face = beta * book.value_usd, _OKX.multiplier
    count = hl.round_contracts(notional / face, lot=_OKX.lot)
    exact = {"venue": _OKX.venue, "face": face, "beta": beta, "notional": notional}
    return contracts(count * face, face,
                     {**exact, "value": book.value_usd, "left": notional - count * face},
                     price=market.latest_prices()[coin], other_face=FACE,
                     beta_left_out=book.value_usd, other_coin=other * book.value_usd)  # fmt: skip


@QUESTIONS.add("size.8", value=vary(25_000.0, low=10_000, high=60_000, step=5_000),
               beta=vary(0.8, 0.6, 1.2, 1.4), r2=vary(0.64, 0.36, 0.51, 0.75))  # fmt: skip
def sized_by_what_is_explained(value: float, beta: float, r2: float) -> Answer:
    notional = beta * value
    return contracts(notional * (1 - r2), FACE, {"face": FACE, "sold": notional * r2 / FACE,
                     "notional": notional, "whole": notional / FACE}, value_for_change=notional,
                     removed_for_left=notional * r2, beta_left_out=value * (1 - r2))  # fmt: skip
