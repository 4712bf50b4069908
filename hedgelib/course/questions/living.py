"""Questions of lesson 10: Noor maintains a hedge, and closes it."""

from __future__ import annotations

from collections.abc import Sequence

from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, questions_of
from hedgelib.course.studies import living as study
from hedgelib.course.studies.living import BOOK_USD, Flown, crash
from hedgelib.plan import rebalance

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("living")

_FACE = market.contract("binance:ETHUSD_PERP").multiplier
_MOVE = {
    "entry": vary(3_000.0, low=2_500, high=4_500, step=100),
    "fall": vary(600.0, low=300, high=1_200, step=100),
}


@QUESTIONS.add("living.a", book=vary(BOOK_USD, low=20_000, high=90_000, step=10_000),
               fall=vary(0.3, 0.1, 0.2, 0.4))  # fmt: skip
def fallen(book: float, fall: float) -> Answer:
    cut = book * fall
    return Answer(
        right="nothing", values={"cut": cut},
        guesses={"resized_by_book_alone": -cut, "nothing": 0.0, "bets_on_a_fall": cut},
        then=lambda guess: study.change_of_size(book, -fall, guess=guess),
    )  # fmt: skip


@QUESTIONS.add("living.b")
def after_the_rally() -> Answer:
    may = crash("May 2021", max_leverage=3)
    kept = crash("May 2021", max_leverage=3, top_up=True).outcomes[2].pnl_usd
    run = may.runs.plan
    unhedged, _, hedged = (outcome.pnl_usd for outcome in may.outcomes)
    values = {
        "opened": may.day(0), "end": may.day(-1), "day": may.day(run.liquidated_at or 0),
        "leverage": run.plan.leverage, "margin": run.plan.collateral_usd,
        "kept": kept, "unhedged": unhedged, "hedged": hedged,
    }  # fmt: skip
    return Answer(right="liquidated", then=may.scene, values=values, guesses={
        "rally_forgotten": kept, "dead_hedge_is_free": unhedged, "liquidated": hedged,
    })  # fmt: skip


@QUESTIONS.add("living.c", flown=...)
def best_of_the_rules(flown: Sequence[Flown]) -> Answer:
    names = {
        "never_on": "never on", "hedge_for_profit": "always on",
        "rally_must_end": "lock in gains", "trend_goes_on": "fear a fall",
        "more_rules_more_profit": "all of it",
    }  # fmt: skip
    profit = {made.name: float(made.pnl_usd[-1]) for made in flown}
    return Answer(
        right="never_on", guesses=names,
        then=lambda guess: study.profit_of_rules(flown, guess=guess),
        values={option: profit[name] for option, name in names.items()},
    )  # fmt: skip


@QUESTIONS.add("living.1", book=vary(24_000.0, low=10_000, high=60_000, step=1_000),
               beta=vary(1.5, low=1.2, high=1.8, step=0.1),
               margin=vary(20_000.0, low=5_000, high=30_000, step=1_000),
               fall=vary(0.2, 0.1, 0.25, 0.3, 0.4))  # fmt: skip
def resized(book: float, beta: float, margin: float, fall: float) -> Answer:
    short, lost = beta * book + margin, beta * book * fall
    right = rebalance(book, beta, margin, short, -fall).change_usd
    return Answer(right=right, values={"move": -fall}, slips={
        "resized_by_book_alone": -beta * lost, "short_gain_left_out": -beta * lost - margin * fall,
        "face_moves_with_price": -short * fall, "all_that_was_lost": -lost,
        "one_beta_missing": -(beta - 1) * book * fall, "hedge_stays_exact": 0.0,
    })  # fmt: skip


@QUESTIONS.add("living.2", added=vary(3_000.0, low=1_000, high=9_000, step=500),
               beta=vary(1.4, 0.6, 0.7, 0.8, 1.2, 1.3, 1.5, 1.6))  # fmt: skip
def added_to(added: float, beta: float) -> Answer:
    return Answer(right=added * beta / _FACE, values={"face": _FACE}, slips={
        "beta_left_out": added / _FACE, "counted_as_margin": added * (beta + 1) / _FACE,
        "contract_is_dollar": added * beta, "upside_down": added / beta / _FACE,
    })  # fmt: skip


@QUESTIONS.add("living.3", coins=vary(4.0, low=2, high=12, step=1), **_MOVE)
def closed_in_dollars(coins: float, entry: float, fall: float) -> Answer:
    now, notional = entry - fall, coins * entry
    bought = notional / now
    values = {"now": now, "notional": notional, "bought": bought}
    return Answer(right=bought - coins, values=values, slips={
        "notional_closes_all": 0.0, "one_trade": bought, "closing_trade_left_out": -coins,
        "upside_down": coins * now / entry - coins, "dollars_for_coins": (bought - coins) * now,
    })  # fmt: skip


@QUESTIONS.add("living.4", leverage=vary(2.5, 2.0, 3.0, 4.0), rate=vary(0.005, 0.01, 0.015))
def liquidated_by_a_rise(leverage: float, rate: float) -> Answer:
    left, margin = 1 - 1 / leverage, 1 / leverage
    rise = (1 - rate) / left - 1
    wrong = {
        "linear_liquidation": (1 + margin) / (1 + rate) - 1,
        "linear_less_maintenance": margin - rate, "one_over_leverage": margin,
        "long_liquidation": 1 - 1 / (1 + margin), "bankruptcy_for_liquidation": 1 / left - 1,
        "maintenance_wrong_side": (1 + rate) / left - 1, "ratio_for_rise": rise + 1,
    }  # fmt: skip
    return Answer(
        right=rise * 100,
        slips={model: value * 100 for model, value in wrong.items()},
        values={"rise": rise, "left": left},
    )


@QUESTIONS.add("living.5", kept=vary(-5_000.0, -4_000.0, -3_000.0, -6_000.0),
               failed=vary(-30_000.0, -26_000.0, -34_000.0, -40_000.0),
               venues=vary(4, 3, 5))  # fmt: skip
def left_of_some_venues(kept: float, failed: float, venues: int) -> Answer:
    whole = kept - failed
    lost = whole / venues
    return Answer(right=kept - lost, values={"lost": lost, "whole": whole}, slips={
        "one_venue": failed, "one_share_kept": failed + lost, "failed_divided": failed / venues,
        "failure_on_top": kept + failed / venues, "change_for_value": -lost,
        "halved_whatever": (kept + failed) / 2,
    })  # fmt: skip


@QUESTIONS.add("living.6", book=vary(10_000.0, low=5_000, high=40_000, step=1_000),
               beta=vary(1.2, 1.3, 1.4, 1.5), **_MOVE)  # fmt: skip
def closed_at_the_low(book: float, beta: float, entry: float, fall: float) -> Answer:
    low, short = entry - fall, beta * book * fall / entry
    fallen_to, rise = book - short, fall / low
    right = fallen_to * beta * rise
    values = {"low": low, "short": short, "fallen_to": fallen_to, "rise": rise}
    return Answer(right=right, values=values, slips={
        "entry_is_break_even": 0.0, "short_only": short, "book_only": right - short,
        "beta_left_out": right - short + short / beta,
        "fall_for_rise": fallen_to * beta * fall / entry,
        "rise_of_old_book": book * beta * rise - short,
    })  # fmt: skip


@QUESTIONS.add("living.7", book=vary(40_000.0, low=20_000, high=60_000, step=1_000),
               beta=vary(0.7, 0.6, 0.8, 1.2, 1.4), coins=vary(24.0, low=8, high=30, step=1),
               price=vary(1_100.0, low=900, high=1_500, step=50))  # fmt: skip
def reopened(book: float, beta: float, coins: float, price: float) -> Answer:
    margin = coins * price
    right = beta * book + margin
    return contracts(
        right, _FACE, {"face": _FACE, "margin": margin},
        collateral_left_out=beta * book, beta_left_out=book + margin,
        collateral_times_beta=beta * (book + margin), naive_hedge=book,
        collateral_subtracted=beta * book - margin, margin_taken_for_short=margin,
    )  # fmt: skip


@QUESTIONS.add("living.8", name=vary("November 2022", "May-June 2022"), leverage=vary(2.0, 1.5),
               default=3.0)  # fmt: skip
def built(name: str, leverage: float, default: float) -> Answer:
    def cut(name: str, max_leverage: float) -> float:
        unhedged, _, hedged = crash(name, max_leverage=max_leverage).outcomes
        return unhedged.max_drawdown_usd - hedged.max_drawdown_usd

    unhedged, naive, hedged = crash(name, max_leverage=leverage).outcomes
    most, right = unhedged.max_drawdown_usd, cut(name, leverage)
    other = "May-June 2022" if name == "November 2022" else "November 2022"
    values = {"most": most, "hedged": hedged.max_drawdown_usd}
    return Answer(right=right, within=0.003, values=values, slips={
        "naive_hedge": most - naive.max_drawdown_usd, "not_hedged": most,
        "profit_for_drawdown": hedged.pnl_usd - unhedged.pnl_usd,
        "one_day": hedged.worst_step_usd - unhedged.worst_step_usd,
        "what_is_left": hedged.max_drawdown_usd, "share_for_dollars": 100 * right / most,
        "default_left": cut(name, default), "other_crash": cut(other, leverage),
    })  # fmt: skip
