"""Questions of lesson 03: Hana's and Ivo's exposure and contracts."""

from __future__ import annotations

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, number, percentage, questions_of
from hedgelib.course.studies.size import size_and_effect, with_guessed_slope
from hedgelib.show.scatter import BetaScatter

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("size")

ETH = market.contract("binance:ETHUSD_PERP")
MEXC = market.contract("mexc:ETH_USD")
FACE, _BTC_FACE = MEXC.multiplier, market.contract("mexc:BTC_USD").multiplier
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
    return Answer(
        right="less",
        guesses={"beta_left_out": 1.0, "less": fit.beta, "altcoins_fall_harder": 1.5},
        then=lambda slope: with_guessed_slope(scatter, slope),
        values={"loss": fall * book, "coin": fit.x_name},
    )


@QUESTIONS.add("size.b", wanted=10_000, price=3_500)
def count_after_doubling(wanted: float, price: float) -> Answer:
    count = wanted / ETH.multiplier
    counts = {"half": count / 2, "count": count, "double": 2 * count}
    return Answer(right="same", values={"face": ETH.multiplier, "later": 2 * price, **counts})


@QUESTIONS.add("size.c", r2=..., wanted=10_000, price=3_500)
def effect_of_two_coins(r2: float, wanted: float, price: float) -> Answer:
    share = 2 * price / wanted
    effect, count = hl.effectiveness_from_ratio(1.0, share), f"{wanted / ETH.multiplier:,.0f}"
    sizes = [("2 × 1 ETH", share), (f"{count} × {ETH.face}", 1.0), ("3 × 1 ETH", 1.5 * share)]
    lost = {"missing": 1 - share, "lost": (1 - share) ** 2}
    return Answer(
        right="curve",
        guesses={"effect_in_proportion": share, "curve": effect, "effect_squared": share**2},
        then=lambda guess: size_and_effect(r2, share, sizes, guess=guess),
        values={"share": share, "effect": effect, "square": share**2, **lost},
    )


def hana_holds(
    first: float, second: float, eth: float, first_beta: float, second_beta: float
) -> tuple[float, float]:
    """Return the value of Hana's coins, and what they behave like in dollars of ETH."""
    return first + second + eth, first * first_beta + second * second_beta + eth


@QUESTIONS.add("size.1", **HANA)
def dollars_of_eth(**hana: float) -> Answer:
    book, exposure = hana_holds(**hana)
    first, second, eth, first_beta, second_beta = hana.values()
    return number(
        exposure,
        beta_left_out=book,
        plain_mean_of_betas=book * (first_beta + second_beta + 1) / 3,
        mean_without_own_coins=book * (first_beta + second_beta) / 2,
        betas_added=book * (first_beta + second_beta),
        upside_down=first / first_beta + second / second_beta + eth,
        own_coins_left_out=exposure - eth,
    )


@QUESTIONS.add("size.2", wanted=vary(36_000.0, low=12_000, high=60_000, step=1_000), price=_PRICE)
def contracts_for_dollars(wanted: float, price: float) -> Answer:
    return contracts(wanted, FACE, _TICKET, price=price, other_face=_BTC_FACE)


@QUESTIONS.add("size.3", typed=vary(12.0, low=4, high=30, step=1), price=_PRICE)
def dollars_of_what_she_typed(typed: float, price: float) -> Answer:
    return number(
        typed * FACE,
        {**_TICKET, "wanted": typed * price, "share": FACE / price},
        contract_is_coin=typed * price,
        contract_is_dollar=typed,
        other_coins_face=typed * _BTC_FACE,
        face_in_coins=typed * FACE * price,
    )


@QUESTIONS.add("size.4", share=vary(0.8, 0.6, 0.7, 0.75, 0.85, 0.9))
def effect_of_a_smaller_short(share: float) -> Answer:
    effect = hl.effectiveness_from_ratio(1.0, share)
    return percentage(
        effect,
        {"effect": effect, "twice": 2 * share, "square": share**2},
        effect_in_proportion=share,
        effect_squared=share**2,
        root_for_square=share**0.5,
        what_is_left=1 - effect,
    )
