"""Questions of the start page, which shows how questions work."""

from __future__ import annotations

from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import guess, number, questions_of
from hedgelib.course.studies.start import deposit_at

QUESTIONS = questions_of("start")
_PRICES = {"low": 1_500, "high": 4_500, "step": 100}


@QUESTIONS.add("start.a", coins=vary(14.0, low=5, high=30, step=1), price=vary(3_500.0, **_PRICES),
               fall=vary(0.15, low=0.05, high=0.5, step=0.05))  # fmt: skip
def deposited(coins: float, price: float, fall: float) -> Answer:
    lost = coins * price * fall
    return guess("loses", {"lost": lost},
                 then=lambda guess: deposit_at(coins, price, -fall, guess=guess),
                 margin_is_a_deposit=0.0, loses=-lost, margin_taken_for_short=lost)  # fmt: skip


@QUESTIONS.add("start.1", coins=vary(10.0, 6.0, 7.0, 8.0, 9.0, 11.0, 12.0, 14.0),
               price=vary(3_000.0, **_PRICES), rise=vary(0.2, 0.15, 0.3, 0.35, 0.4))  # fmt: skip
def risen(coins: float, price: float, rise: float) -> Answer:
    value = coins * price
    return number(value * rise, {"value": value}, one_coin=price * rise,
                  value_for_change=value * (1 + rise), coins_for_dollars=coins * rise,
                  margin_is_a_deposit=0.0)  # fmt: skip
