"""Questions of lesson 12: what a pilot works out in the evening."""

from __future__ import annotations

from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import number, questions_of
from hedgelib.flight.trial import Trial

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("flight")

_SHORT = vary(30_000.0, low=20_000, high=40_000, step=5_000)


@QUESTIONS.add("flight.a", trial=...)
def liquidated_by_rule(trial: Trial) -> Answer:
    count = float(trial.liquidated)
    return Answer(
        right="on_record",
        guesses={"rallies_are_rare": 0.0, "on_record": count, "rallies_are_frequent": count + 5},
    )


@QUESTIONS.add("flight.1", short=_SHORT, margin=vary(20_000.0, low=15_000, high=25_000, step=1_000),
               rise=vary(0.2, low=0.1, high=0.3, step=0.05))  # fmt: skip
def leverage_after_a_rise(short: float, margin: float, rise: float) -> Answer:
    loss = short * rise
    return number(
        short / (margin - loss), {"loss": loss, "left": margin - loss},
        loss_not_counted=short / margin, loss_counted_as_gain=short / (margin + loss),
        face_moves_with_price=short * (1 + rise) / (margin - loss),
    )  # fmt: skip


@QUESTIONS.add("flight.2", short=_SHORT, margin=vary(15_000.0, low=10_000, high=18_000, step=1_000),
               rate=vary(-0.003, -0.002, -0.004, -0.0025))  # fmt: skip
def a_day_of_funding(short: float, margin: float, rate: float) -> Answer:
    return number(short * rate, funding_sign=-short * rate, funding_on_margin=margin * rate)


@QUESTIONS.add("flight.3", short=vary(42_000.0, low=36_000, high=60_000, step=3_000),
               equity=vary(14_000.0, low=10_000, high=15_000, step=500),
               cap=vary(2.0, 2.5))  # fmt: skip
def top_up(short: float, equity: float, cap: float) -> Answer:
    wanted = short / cap
    return number(
        wanted - equity, {"wanted": wanted}, margin_alone=wanted, leverage_left_out=short - equity,
        size_for_margin=short - cap * equity,
    )  # fmt: skip
