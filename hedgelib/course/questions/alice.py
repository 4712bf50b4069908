"""Questions of lesson 09: Alice's guesses, and Bob, who hedges as she did."""

from __future__ import annotations

from functools import partial

from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import guess, number, questions_of
from hedgelib.course.studies import alice as study
from hedgelib.plan import hedge_notional, plan_hedge, smallest_collateral

QUESTIONS = questions_of("alice")

_ETH = market.contract("binance:ETHUSD_PERP")
_FACE = _ETH.multiplier
_BOB = {
    "coins": vary(8, 6, 7, 9, 11, 12, 13, 14),
    "price": vary(2_500, low=2_000, high=4_000, step=500),
}
_FALL = {"fall": vary(0.2, 0.1, 0.15, 0.25, 0.3)}
_BETA = {"beta": vary(1.3, 1.1, 1.2, 1.4, 1.5, 1.6)}
"""Bob buys as many coins as his altcoins are worth, so that an inverse short of them is at 1x."""


@QUESTIONS.add("alice.a", coins=14, book=50_000, price=3_500, move=-0.15)
def counted(coins: float, book: float, price: float, move: float) -> Answer:
    short = coins * price
    plan = plan_hedge(book, 1.0, _ETH, price, collateral_usd=short, notional_usd=short, fee_rate=0)
    then, values = partial(study.everything_counted, plan, move), {"short": short, "fall": -move}
    return guess("as_if_no_hedge", values, then=then, one_short_for_two=0.0,
                 collateral_left_out=(book - short) * move, as_if_no_hedge=book * move)  # fmt: skip


@QUESTIONS.add("alice.b", book=50_000, margin=49_000, near=150)
def spread_of_weeks(book: float, margin: float, near: float) -> Answer:
    year = study.alices_year(study.alices_weeks(2022), _ETH, book_usd=book, margin_usd=margin)
    then = partial(year.scene, study.nearest(year.weeks, -0.15), near)
    values = {"weeks": len(year.weeks), "year": year.weeks[0].start.year}
    return guess("residual", values, then=then, residual_too_small=near,
                 residual=year.swing_usd(study.SIZES[2]),
                 residual_too_large=year.swing_usd("no hedge"))  # fmt: skip


@QUESTIONS.add("alice.1", **_BOB, **_FALL)
def at_1x(coins: float, price: float, fall: float) -> Answer:
    book = coins * price
    loss = book * fall
    return number(-loss, {"book": book, "loss": loss}, collateral_left_out=0.0,
                  short_left_out=-2 * loss, short_only=loss, short_counted_as_loss=-3 * loss,
                  coin_at_entry=-2 * loss + loss / (1 - fall))  # fmt: skip


@QUESTIONS.add("alice.2", **_BOB)
def short_of_everything(coins: float, price: float) -> Answer:
    book = coins * price
    whole = float(hedge_notional(book, 1.0, book))
    return number(whole, {"book": book}, collateral_left_out=book, collateral_subtracted=0.0,
                  collateral_twice=3 * book, coins_for_dollars=whole / price)  # fmt: skip


@QUESTIONS.add("alice.3", face=_FACE, **_BOB)
def contracts_of_everything(face: float, coins: float, price: float) -> Answer:
    book = coins * price
    whole = float(hedge_notional(book, 1.0, book))
    return number(whole / face, {"book": book, "whole": whole}, contract_is_coin=whole / price,
                  collateral_left_out=book / face, contract_is_dollar=whole,
                  other_coins_face=whole / 100)  # fmt: skip


@QUESTIONS.add(
    "alice.4", book=vary(20_000, low=6_000, high=60_000, step=2_000), cap=vary(3, 4, 5, 6)
)
def least_margin(book: float, cap: float) -> Answer:
    least = float(smallest_collateral(book, 1.0, cap))
    # So many rounds that what is missing is more than a rounding.
    rounds = 4 if cap == 3 else 3
    return number(least, {"short": book + least}, collateral_left_out=book / cap,
                  margin_on_margin_once=book / cap * (1 + 1 / cap),
                  series_stopped_early=least * (1 - 1 / cap**rounds),
                  divided_by_leverage_plus_one=book / (cap + 1), size_for_margin=book + least,
                  margin_as_large_as_book=book)  # fmt: skip


@QUESTIONS.add("alice.5", own=vary(-0.03, -0.01, -0.02, -0.04, -0.06), **_BOB, **_BETA, **_FALL)
def with_a_residual(own: float, coins: float, price: float, beta: float, fall: float) -> Answer:
    book = coins * price
    parts = {
        "follow": -beta * book * fall, "residual": book * own, "margin": -book * fall,
        "short": 2 * book * fall,
    }  # fmt: skip
    right = sum(parts.values())
    return number(right, {"book": book, **parts}, residual_left_out=right - parts["residual"],
                  residual_only=parts["residual"], collateral_left_out=right - parts["margin"],
                  short_left_out=right - parts["short"],
                  book_only=parts["follow"] + parts["residual"], hedged_so_nothing=0.0)  # fmt: skip


@QUESTIONS.add("alice.6", **_BOB, **_FALL)
def earned_in_coins(coins: float, price: float, fall: float) -> Answer:
    before, after = 2 * coins, 2 * coins / (1 - fall)
    values = {
        "book": coins * price, "whole": before * price, "after": price * (1 - fall),
        "before_coins": before, "after_coins": after,
    }  # fmt: skip
    return number(after - before, values, coin_at_entry=before * fall,
                  dollars_for_coins=before * price * fall, collateral_left_out=(after - before) / 2,
                  value_for_change=after)  # fmt: skip


@QUESTIONS.add("alice.7", face=_FACE, **_BOB, **_BETA)
def build_it(face: float, coins: float, price: float, beta: float) -> Answer:
    book = coins * price
    plan = plan_hedge(book, beta, _ETH, price, collateral_usd=book, fee_rate=0)
    values = {"book": book, "notional": plan.notional_usd}
    return number(-plan.contracts, values, collateral_times_beta=beta * 2 * book / face,
                  beta_left_out=2 * book / face, collateral_left_out=beta * book / face,
                  collateral_subtracted=(beta - 1) * book / face,
                  contract_is_coin=plan.notional_usd / price,
                  contract_is_dollar=plan.notional_usd)  # fmt: skip


@QUESTIONS.add(
    "alice.8", fee=0.0005, rate=vary(0.0001, 0.00015, 0.0002, 0.00025, 0.0003), **_BOB, **_BETA
)
def a_week_of_carry(fee: float, rate: float, coins: float, price: float, beta: float) -> Answer:
    book = coins * price
    short = float(hedge_notional(book, beta, book))
    fees, funding = -2 * fee * short, 21 * rate * short
    right = fees + funding
    values = {"book": book, "short": short, "fees": fees, "funding": funding}
    return number(right, values, funding_sign=fees - funding,
                  one_settlement_a_day=fees + funding / 3, one_trade=fees / 2 + funding,
                  fees_left_out=funding, funding_left_out=fees,
                  collateral_left_out=right * beta * book / short,
                  beta_left_out=right * 2 * book / short)  # fmt: skip
