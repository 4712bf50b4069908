"""Questions of lesson 12: what a pilot works out in the evening."""

from __future__ import annotations

from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import guess, number, questions_of
from hedgelib.flight.trial import Trial

QUESTIONS = questions_of("flight")

_SHORT = vary(30_000.0, low=20_000, high=40_000, step=5_000)


@QUESTIONS.add("flight.a", trial=...)
def liquidated_by_rule(trial: Trial) -> Answer:
    count = float(trial.liquidated)
    return guess("on_record", rallies_are_rare=0.0, on_record=count, rallies_are_frequent=count + 5)


@QUESTIONS.add("flight.1", short=_SHORT, margin=vary(20_000.0, low=15_000, high=25_000, step=1_000),
               rise=vary(0.2, low=0.1, high=0.3, step=0.05))  # fmt: skip
def leverage_after_a_rise(short: float, margin: float, rise: float) -> Answer:
    loss = short * rise
    return number(short / (margin - loss), {"loss": loss, "left": margin - loss},
                  loss_not_counted=short / margin, loss_counted_as_gain=short / (margin + loss),
                  face_moves_with_price=short * (1 + rise) / (margin - loss))  # fmt: skip


@QUESTIONS.add("flight.2", short=_SHORT, margin=vary(15_000.0, low=10_000, high=18_000, step=1_000),
               rate=vary(-0.003, -0.002, -0.004, -0.0025))  # fmt: skip
def a_day_of_funding(short: float, margin: float, rate: float) -> Answer:
    return number(short * rate, funding_sign=-short * rate, funding_on_margin=margin * rate)


@QUESTIONS.add("flight.3", short=vary(42_000.0, low=36_000, high=60_000, step=3_000),
               equity=vary(14_000.0, low=10_000, high=15_000, step=500),
               cap=vary(2.0, 2.5))  # fmt: skip
def top_up(short: float, equity: float, cap: float) -> Answer:
    wanted = short / cap
    return number(wanted - equity, {"wanted": wanted}, margin_alone=wanted,
                  leverage_left_out=short - equity,
                  size_for_margin=short - cap * equity)  # fmt: skip


@QUESTIONS.add("flight.4", alone=vary(20_000.0, low=16_000, high=26_000, step=1_000),
               yours=vary(13_000.0, low=13_000, high=15_500, step=500))  # fmt: skip
def how_far_the_mandate_is_met(alone: float, yours: float) -> Answer:
    cut = 100 * (alone - yours) / alone
    return number(2 * cut, {"cut": cut / 100, "removed": alone - yours}, halved_twice=cut,
                  what_is_left=100 * yours / alone, percent_for_decimal=2 * cut / 100)  # fmt: skip


@QUESTIONS.add("flight.5", margin=vary(16_000.0, low=12_000, high=24_000, step=1_000),
               profit=vary(9_000.0, low=4_000, high=10_000, step=500),
               venues=vary(2, 3, 4))  # fmt: skip
def a_venue_fails(margin: float, profit: float, venues: int) -> Answer:
    whole = margin + profit
    return number(-whole / venues, {"whole": whole}, one_venue=-whole,
                  margin_alone=-margin / venues, loss_counted_as_gain=whole / venues)  # fmt: skip


@QUESTIONS.add("flight.6", asked=vary(52_000.0, low=46_000, high=60_000, step=2_000),
               equity=vary(15_000.0, low=10_000, high=16_000, step=500),
               cap=vary(2.5, 2.0))  # fmt: skip
def as_much_as_the_margin_allows(asked: float, equity: float, cap: float) -> Answer:
    return number(min(asked, cap * equity), leverage_left_out=equity, size_for_margin=asked / cap,
                  exposure_unchanged=asked)  # fmt: skip
