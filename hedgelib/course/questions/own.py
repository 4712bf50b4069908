"""Questions of lesson 11: your own file, and what Noor decides."""

from __future__ import annotations

import math

import numpy as np

from hedgelib._check import FloatArray
from hedgelib.ask.question import Answer, vary
from hedgelib.choice import Candidate
from hedgelib.course.questions import guess, number, questions_of
from hedgelib.course.studies.ends import far_is_far
from hedgelib.course.studies.own import highest_leverage
from hedgelib.plan import HedgePlan, hedge_notional, smallest_collateral
from hedgelib.report import HedgeReport

QUESTIONS = questions_of("own")

_BOOK = vary(40_000.0, low=20_000, high=90_000, step=5_000)
_NOOR = {
    "book": _BOOK,
    "beta": vary(1.2, low=0.7, high=1.6, step=0.1),
    "cap": vary(2.5, low=1.5, high=4, step=0.5),
}
_SHORT = vary(66_000.0, low=10_000, high=90_000, step=1_000)
_R2 = vary(0.64, 0.19, 0.36, 0.51, 0.84, 0.91)


@QUESTIONS.add("own.a", best=...)
def out_of_sample(best: Candidate) -> Answer:
    removed, less = best.effectiveness, best.volatility_removed
    lead = f"Out of sample, a hedge with {best.name} removed"
    if not 0.05 < removed < 0.95:
        # At the ends, variance and volatility are the same.
        removed, less = 0.5, 1 - math.sqrt(0.5)
        lead = f"Suppose that out of sample a hedge with {best.name} had removed"
    return guess("volatility", {"lead": lead}, variance_for_volatility=removed, volatility=less,
                 root_of_r2=math.sqrt(removed))  # fmt: skip


@QUESTIONS.add("own.b", plan=..., cap=..., rises=...)
def rallies(plan: HedgePlan, cap: float, rises: FloatArray) -> Answer:
    reached = rises >= plan.liquidation_move
    share = float(np.mean(reached))
    # A short at a cap of 3 ends at a rise that some month on record had, whatever the book is.
    often = 0.25 if share < 0.2 else 0.5
    coin, rate = plan.contract.coin, plan.maintenance_rate
    values = {"share": 100 * share, "often": 100 * often, "reached": int(reached.sum())}
    return guess("on_record", values,
                 then=lambda guess: far_is_far(coin, cap, maintenance_rate=rate, guess=guess),
                 rallies_are_rare=0.0, on_record=share, rallies_are_frequent=often)  # fmt: skip


@QUESTIONS.add("own.c", first=..., second=...)
def two_reports(first: HedgeReport, second: HedgeReport) -> Answer:
    one, other = first.plan.notional_usd, second.plan.notional_usd
    changed = "smaller_short" if other < one else "larger_short"
    return guess("same_short" if abs(one - other) < 0.02 * one else changed)


@QUESTIONS.add("own.1", book=_BOOK, sd=vary(0.04, low=0.02, high=0.08, step=0.01), r2=_R2)
def residual(book: float, sd: float, r2: float) -> Answer:
    before, left = book * sd, math.sqrt(1 - r2)
    return number(before * left, {"before": before}, variance_for_volatility=before * (1 - r2),
                  variance_removed=before * r2, removed_for_left=before * math.sqrt(r2),
                  change_for_value=before * (1 - left), not_hedged=before, hedged_so_nothing=0.0,
                  share_for_dollars=100 * sd * left)  # fmt: skip


@QUESTIONS.add("own.2", **_NOOR)
def new_money(book: float, beta: float, cap: float) -> Answer:
    right, alone = smallest_collateral(book, beta, cap), book * beta / cap
    return number(
        right, stablecoin_margin=alone, size_for_margin=cap * right,
        margin_out_of_book=smallest_collateral(book, beta, cap, collateral="from_portfolio"),
        margin_on_margin_once=alone * (1 + 1 / cap),
        series_stopped_early=alone * sum(cap**-i for i in range(5)),
        divided_by_leverage_plus_one=book * beta / (cap + 1),
        beta_left_out=smallest_collateral(book, 1.0, cap), beta_and_margin_left_out=book / cap,
    )  # fmt: skip


@QUESTIONS.add("own.3", book=_BOOK, r2=_R2)
def hold_less(book: float, r2: float) -> Answer:
    left, root = math.sqrt(1 - r2), math.sqrt(r2)
    return number(book * (1 - left), {"left": left, "sold": 1 - left},
                  variance_for_volatility=book * r2, variance_left=book * (1 - r2),
                  what_is_left=book * left, root_of_r2=book * root,
                  one_less_root_of_r2=book * (1 - root))  # fmt: skip


# Ranges for which two decimals are precise enough.
@QUESTIONS.add(
    "own.4", rally=vary(0.8, low=0.3, high=0.65, step=0.05), rate=vary(0.01, 0.005, 0.015, 0.02)
)
def cap_for_a_rally(rally: float, rate: float) -> Answer:
    return number(highest_leverage(rally, rate), bankruptcy_for_liquidation=(1 + rally) / rally,
                  maintenance_wrong_side=(1 + rally) / (rally - rate),
                  linear_liquidation=1 / (rally + rate * (1 + rally)),
                  stablecoin_margin=highest_leverage(rally, rate, collateral="stablecoin"),
                  linear_bankruptcy=1 / rally, ratio_for_rise=1 + rally,
                  fall_for_rise=1 / (1 - rally))  # fmt: skip


@QUESTIONS.add("own.5", book=_BOOK, beta=_NOOR["beta"],
               error=vary(0.15, low=0.05, high=0.4, step=0.05),
               move=vary(-0.4, low=-0.6, high=-0.1, step=0.05))  # fmt: skip
def at_the_upper_end(book: float, beta: float, error: float, move: float) -> Answer:
    true, missed = beta + error, error * book * move
    return number(missed, {"true": true}, hedged_so_nothing=0.0, book_only=true * book * move,
                  removed_for_left=beta * book * move, move_left_out=-error * book,
                  beta_left_out=(true - 1) * book * move, relative_error=missed / beta,
                  sign_turned=-missed)  # fmt: skip


@QUESTIONS.add("own.6", face=10.0, **_NOOR)
def built(face: float, book: float, beta: float, cap: float) -> Answer:
    margin = smallest_collateral(book, beta, cap, collateral="from_portfolio")
    short, alone = float(hedge_notional(book - margin, beta, margin)), book * beta / cap
    values = {"exposure": beta * book, "margin": margin, "short": short}
    return number(float(round(short / face)), values,
                  new_money_assumed=cap * smallest_collateral(book, beta, cap) / face,
                  collateral_twice=(book * beta + margin) / face,
                  collateral_left_out=(book - margin) * beta / face,
                  exposure_unchanged=book * beta / face,
                  stablecoin_margin=book * beta / (1 + beta / cap) / face,
                  series_stopped_early=float(hedge_notional(book - alone, beta, alone)) / face,
                  beta_left_out=book / face, contract_is_dollar=short)  # fmt: skip


@QUESTIONS.add("own.7", short=_SHORT, rate=vary(-0.0002, -0.0001, -0.0003, -0.0004, -0.0005),
               days=vary(30, 10, 20, 60, 90), cap=2.5)  # fmt: skip
def cost_of_holding(short: float, rate: float, days: float, cap: float) -> Answer:
    settlements = 3 * days
    paid = short * rate * settlements
    return number(paid, {"settlements": settlements}, funding_sign=-paid,
                  one_settlement_a_day=paid / 3, single_settlement=short * rate,
                  other_horizon=paid / days * 365, funding_on_margin=paid / cap,
                  percent_for_decimal=100 * paid)  # fmt: skip


@QUESTIONS.add("own.8", short=_SHORT, face=vary(10.0, 100.0), other=vary(1.0, 10.0, 100.0),
               price=vary(2_000.0, low=1_500, high=4_000, step=50))  # fmt: skip
def other_venue(short: float, face: float, other: float, price: float) -> Answer:
    return number(short / other, old_face=short / face, contract_is_coin=short / price,
                  upside_down=short / face * other / face,
                  dollars_scaled=short * face / other)  # fmt: skip
