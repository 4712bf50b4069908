"""Questions of lesson 04: leverage, and a margin that counts."""

from __future__ import annotations

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, guess, number, questions_of
from hedgelib.course.questions.size import ETH, FACE, HANA, hana_holds
from hedgelib.course.studies import margin as study

QUESTIONS = questions_of("margin")

_COINS = ["BTC", "ETH"]
_BETA = vary(1.2, 0.7, 0.8, 0.9, 1.1, 1.3, 1.4, 1.5)
BOOK = {"book": vary(32_000.0, low=15_000, high=60_000, step=1_000), "beta": _BETA}
_PRICE = vary(40_000.0, low=30_000, high=60_000, step=2_000)
SHORT = {"price": _PRICE, "leverage": vary(4.0, 3.0, 5.0)}
_SIZE = vary(20_000.0, low=6_000, high=60_000, step=2_000)
_RISE = vary(10_000.0, low=2_000, high=16_000, step=1_000)


@QUESTIONS.add("margin.a", notional=10_000, price=3_500, leverage=10, move=-0.2)
def earned_at_10x(notional: float, price: float, leverage: float, move: float) -> Answer:
    gain, count, leverages = -notional * move, notional / ETH.multiplier, (leverage, 5, 3, 2, 1)
    factors = {"leverage_multiplies_profit": leverage, "same": 1, "profit_on_margin": 1 / leverage}
    worth = {option: gain * factor for option, factor in factors.items()}
    return guess(
        "same", {"fall": -move, **worth},
        then=lambda guess: study.same_short(ETH, price, count, leverages, move, guess=guess),
        **worth,
    )  # fmt: skip


@QUESTIONS.add("margin.b", notional=10_000, price=3_500)
def doubled(notional: float, price: float) -> Answer:
    return guess("unchanged", {"doubled": 2 * notional},
                 then=lambda guess: study.synthetic_dollar(notional, price, 1.0, guess=guess),
                 short_only=0.0, unchanged=notional, margin_alone=2 * notional)  # fmt: skip


@QUESTIONS.add("margin.c", book=10_000)
def margin_for_1x(book: float) -> Answer:
    return guess("never", {"doubled": 2 * book})


@QUESTIONS.add("margin.1", size=vary(12_000.0, low=5_000, high=20_000, step=1_000),
               leverage=vary(4.0, 2.0, 3.0, 5.0, 8.0),
               fall=vary(0.1, low=0.05, high=0.3, step=0.01))  # fmt: skip
def earned_with_leverage(size: float, leverage: float, fall: float) -> Answer:
    earned = size * fall
    return number(earned, leverage_multiplies_profit=earned * leverage,
                  short_counted_as_loss=-earned * leverage, profit_on_margin=earned / leverage,
                  coins_at_old_price=earned / (1 - fall), sign_turned=-earned)  # fmt: skip


@QUESTIONS.add("margin.2", size=_SIZE, price=_PRICE, rise=_RISE)
def synthetic_dollar_after_a_rise(size: float, price: float, rise: float) -> Answer:
    posted, after = size / price, price + rise
    return number(size / after, {"posted": posted, "after": after},
                  coin_at_entry=posted - size * rise / price / price,
                  sign_of_short=2 * posted - size / after, margin_alone=posted,
                  short_only=size / after - posted, dollars_for_coins=size)  # fmt: skip


@QUESTIONS.add("margin.3", margin=vary(20_000.0, low=6_000, high=40_000, step=1_000), **BOOK)
def size_with_bought_margin(book: float, beta: float, margin: float) -> Answer:
    exposure = beta * book
    return number(exposure + margin, {"exposure": exposure}, collateral_left_out=exposure,
                  beta_left_out=book + margin, beta_and_margin_left_out=book,
                  collateral_times_beta=beta * (book + margin),
                  collateral_subtracted=exposure - margin, only_margin_hedged=margin)  # fmt: skip


# Four rounds of margin on margin are near the right answer at a high leverage.
@QUESTIONS.add("margin.4", cap=SHORT["leverage"], **BOOK)
def least_margin(book: float, beta: float, cap: float) -> Answer:
    exposure, least = beta * book, hl.smallest_collateral(book, beta, cap)
    return number(
        least, {"exposure": exposure, "notional": exposure + least},
        stablecoin_margin=exposure / cap, margin_on_margin_once=exposure / cap * (1 + 1 / cap),
        series_stopped_early=least * (1 - cap**-4),
        divided_by_leverage_plus_one=exposure / (cap + 1), beta_left_out=book / (cap - 1),
        beta_and_margin_left_out=book / cap,
        margin_out_of_book=hl.smallest_collateral(book, beta, cap, collateral="from_portfolio"),
        size_for_margin=exposure + least, within=0.0005,
    )  # fmt: skip


@QUESTIONS.add("margin.5", each=vary(15_000.0, low=5_000, high=20_000, step=1_000),
               beta=vary(1.2, 0.7, 0.8, 0.9, 1.1, 1.3, 1.4), cap=vary(3.0, 2.5, 3.5))  # fmt: skip
def contracts_of_a_whole_plan(each: float, beta: float, cap: float) -> Answer:
    # With such a book the contracts come out whole.
    book = each * (cap - 1)
    exposure, least = beta * book, hl.smallest_collateral(book, beta, cap)
    notional = hl.hedge_notional(book, beta, least)
    plan = {"book": book, "exposure": exposure, "least": least, "notional": notional}
    return contracts(notional, FACE, {"face": FACE, "leverage": notional / least, **plan},
                     collateral_left_out=exposure, collateral_subtracted=exposure - exposure / cap,
                     stablecoin_margin=exposure + exposure / cap,
                     series_stopped_early=exposure * sum(cap**-i for i in range(4)),
                     leverage_multiplies_size=exposure * cap,
                     beta_left_out=notional / beta)  # fmt: skip


@QUESTIONS.add("margin.6", sale=vary(6_000.0, low=3_000, high=8_000, step=1_000), **HANA)
def contracts_out_of_the_book(sale: float, **hana: float) -> Answer:
    book, exposure = hana_holds(**hana)
    left, margin = hana["first"] - sale, hana["eth"] + sale
    _, kept = hana_holds(**{**hana, "first": left, "eth": 0.0})
    notional = hl.hedge_notional(kept, 1.0, margin)
    return contracts(notional, FACE,
                     {"face": FACE, "left": left, "margin": margin, "notional": notional},
                     collateral_twice=exposure + margin, new_money_assumed=exposure + sale,
                     own_coins_twice=notional + hana["eth"],
                     own_coins_left_out=notional - hana["eth"], sold_coins_still_hedged=exposure,
                     collateral_left_out=kept, beta_left_out=book)  # fmt: skip


@QUESTIONS.add("margin.7", each=vary(10_000.0, low=5_000, high=20_000, step=1_000), beta=_BETA,
               price=_PRICE, cap=vary(3.0, 2.0, 4.0, 5.0))  # fmt: skip
def out_of_the_book(each: float, beta: float, price: float, cap: float) -> Answer:
    # With such a book the contracts come out whole.
    face, other_face = (market.contract(f"okx:{coin}-USD-SWAP").multiplier for coin in _COINS)
    book = each * (beta + cap - 1)
    sold = hl.smallest_collateral(book, beta, cap, collateral="from_portfolio")
    kept, exposure, notional = book - sold, beta * book, cap * sold
    return contracts(notional, face,
                     {"book": book, "face": face, "sold": sold, "kept": kept, "notional": notional},
                     margin_as_if_bought=exposure * cap / (cap - 1),
                     collateral_left_out=beta * kept, stablecoin_margin=exposure / (1 + beta / cap),
                     exposure_unchanged=exposure,
                     series_stopped_early=exposure * (1 + (1 - beta) / cap),
                     sold_coins_still_hedged=exposure + sold, beta_left_out=book, price=price,
                     other_face=other_face, within=0.0005)  # fmt: skip


@QUESTIONS.add("margin.8", bought=vary(10_000.0, low=4_000, high=16_000, step=1_000), **HANA)
def margin_not_hedged(bought: float, **hana: float) -> Answer:
    _, exposure = hana_holds(**hana)
    notional = hl.hedge_notional(exposure, 1.0, bought)
    return contracts(
        bought, FACE,
        {"face": FACE, "exposure": exposure, "notional": notional, "sold": exposure / FACE},
        hedged_so_nothing=0.0, value_for_change=notional,
        collateral_times_beta=hana["first_beta"] * bought, own_coins_twice=bought - hana["eth"],
    )  # fmt: skip
