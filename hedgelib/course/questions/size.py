"""Questions of lesson 03: Hana's and Ivo's exposure, contracts and margin."""

from __future__ import annotations

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, number, percentage, questions_of
from hedgelib.course.studies.size import same_short, size_and_effect, with_guessed_slope
from hedgelib.show.scatter import BetaScatter

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("size")

_ETH = market.contract("binance:ETHUSD_PERP")
_MEXC = market.contract("mexc:ETH_USD")
_FACE, _BTC_FACE = _MEXC.multiplier, market.contract("mexc:BTC_USD").multiplier
_TICKET = {"symbol": _MEXC.symbol, "venue": _MEXC.venue, "face": _FACE}
_PRICE = vary(3_000.0, low=1_550, high=4_550, step=100)
_HANA = {
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
    count = wanted / _ETH.multiplier
    counts = {"half": count / 2, "count": count, "double": 2 * count}
    return Answer(right="same", values={"face": _ETH.multiplier, "later": 2 * price, **counts})


@QUESTIONS.add("size.c", r2=..., wanted=10_000, price=3_500)
def effect_of_two_coins(r2: float, wanted: float, price: float) -> Answer:
    share = 2 * price / wanted
    effect, count = hl.effectiveness_from_ratio(1.0, share), f"{wanted / _ETH.multiplier:,.0f}"
    sizes = [("2 × 1 ETH", share), (f"{count} × {_ETH.face}", 1.0), ("3 × 1 ETH", 1.5 * share)]
    lost = {"missing": 1 - share, "lost": (1 - share) ** 2}
    return Answer(
        right="curve",
        guesses={"effect_in_proportion": share, "curve": effect, "effect_squared": share**2},
        then=lambda guess: size_and_effect(r2, share, sizes, guess=guess),
        values={"share": share, "effect": effect, "square": share**2, **lost},
    )


@QUESTIONS.add("size.d", notional=10_000, price=3_500, leverage=10, move=-0.2)
def earned_at_10x(notional: float, price: float, leverage: float, move: float) -> Answer:
    gain, count, leverages = -notional * move, notional / _ETH.multiplier, (leverage, 5, 3, 2, 1)
    factors = {"leverage_multiplies_profit": leverage, "same": 1, "profit_on_margin": 1 / leverage}
    worth = {option: gain * factor for option, factor in factors.items()}
    return Answer(
        right="same",
        guesses=worth,
        then=lambda guess: same_short(_ETH, price, count, leverages, move, guess=guess),
        values={"fall": -move, **worth},
    )


@QUESTIONS.add("size.1", wanted=vary(36_000.0, low=12_000, high=60_000, step=1_000), price=_PRICE)
def contracts_for_dollars(wanted: float, price: float) -> Answer:
    return contracts(wanted, _FACE, _TICKET, price=price, other_face=_BTC_FACE)


@QUESTIONS.add("size.2", typed=vary(12.0, low=4, high=30, step=1), price=_PRICE)
def dollars_of_what_she_typed(typed: float, price: float) -> Answer:
    return number(
        typed * _FACE,
        {**_TICKET, "wanted": typed * price, "share": _FACE / price},
        contract_is_coin=typed * price,
        contract_is_dollar=typed,
        other_coins_face=typed * _BTC_FACE,
        face_in_coins=typed * _FACE * price,
    )


def _hana(
    first: float, second: float, eth: float, first_beta: float, second_beta: float
) -> tuple[float, float]:
    """Return the value of Hana's coins, and what they behave like in dollars of ETH."""
    return first + second + eth, first * first_beta + second * second_beta + eth


@QUESTIONS.add("size.3", **_HANA)
def dollars_of_eth(**hana: float) -> Answer:
    book, exposure = _hana(**hana)
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


@QUESTIONS.add("size.4", bought=vary(10_000.0, low=4_000, high=16_000, step=1_000), **_HANA)
def contracts_with_new_money(bought: float, **hana: float) -> Answer:
    book, exposure = _hana(**hana)
    notional = hl.hedge_notional(exposure, 1.0, bought)
    return contracts(
        notional,
        _FACE,
        {"face": _FACE, "exposure": exposure, "notional": notional},
        collateral_left_out=exposure,
        collateral_subtracted=exposure - bought,
        collateral_times_beta=exposure + hana["first_beta"] * bought,
        beta_left_out=book + bought,
        own_coins_left_out=notional - hana["eth"],
    )


@QUESTIONS.add("size.5", sale=vary(6_000.0, low=3_000, high=8_000, step=1_000), **_HANA)
def contracts_out_of_the_book(sale: float, **hana: float) -> Answer:
    book, exposure = _hana(**hana)
    left, margin = hana["first"] - sale, hana["eth"] + sale
    _, kept = _hana(**{**hana, "first": left, "eth": 0.0})
    notional = hl.hedge_notional(kept, 1.0, margin)
    return contracts(
        notional,
        _FACE,
        {"face": _FACE, "left": left, "margin": margin, "notional": notional},
        collateral_twice=exposure + margin,
        new_money_assumed=exposure + sale,
        own_coins_twice=notional + hana["eth"],
        own_coins_left_out=notional - hana["eth"],
        sold_coins_still_hedged=exposure,
        collateral_left_out=kept,
        beta_left_out=book,
    )


@QUESTIONS.add("size.6", share=vary(0.8, 0.6, 0.7, 0.75, 0.85, 0.9))
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


@QUESTIONS.add(
    "size.7", size=vary(12_000.0, low=5_000, high=20_000, step=1_000),
    leverage=vary(4.0, 2.0, 3.0, 5.0, 8.0), fall=vary(0.1, low=0.05, high=0.3, step=0.01),
)  # fmt: skip
def earned_with_leverage(size: float, leverage: float, fall: float) -> Answer:
    earned = size * fall
    return number(
        earned,
        leverage_multiplies_profit=earned * leverage,
        short_counted_as_loss=-earned * leverage,
        profit_on_margin=earned / leverage,
        coins_at_old_price=earned / (1 - fall),
        sign_turned=-earned,
    )


@QUESTIONS.add(
    "size.8", each=vary(15_000.0, low=5_000, high=20_000, step=1_000),
    beta=vary(1.2, 0.7, 0.8, 0.9, 1.1, 1.3, 1.4), cap=vary(3.0, 2.5, 3.5),
)  # fmt: skip
def contracts_of_a_whole_plan(each: float, beta: float, cap: float) -> Answer:
    # With such a book the contracts come out whole.
    book = each * (cap - 1)
    exposure, least = beta * book, hl.smallest_collateral(book, beta, cap)
    notional = hl.hedge_notional(book, beta, least)
    plan = {"book": book, "exposure": exposure, "least": least, "notional": notional}
    return contracts(
        notional,
        _FACE,
        {"face": _FACE, "leverage": notional / least, **plan},
        collateral_left_out=exposure,
        collateral_subtracted=exposure - exposure / cap,
        stablecoin_margin=exposure + exposure / cap,
        series_stopped_early=exposure * sum(cap**-i for i in range(4)),
        leverage_multiplies_size=exposure * cap,
        beta_left_out=notional / beta,
    )
