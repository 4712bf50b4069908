"""Questions of lesson 05: what ends Nina's short on BTC, and how far away it is."""

from __future__ import annotations

import math

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import guess, number, percentage, questions_of
from hedgelib.course.questions.margin import BOOK, SHORT
from hedgelib.course.studies import ends as study

QUESTIONS = questions_of("ends")

_WALLET = {"wallet": vary(0.32, low=0.2, high=0.6, step=0.04), **SHORT}
_RATE = vary(0.005, 0.01)


@QUESTIONS.add("ends.a", notional=10_000, price=3_500, leverage=5)
def which_market(notional: float, price: float, leverage: float) -> Answer:
    names = {"long_liquidation": "a crash", "liquidated_either_way": "either", "rally": "a rally"}
    return guess("rally",
                 then=lambda guess: study.falls_and_rallies(notional, price, leverage, guess=guess),
                 **names)  # fmt: skip


@QUESTIONS.add("ends.b", book=10_000, margin=5_000, price=3_500)
def up_and_back(book: float, margin: float, price: float) -> Answer:
    wallets = study.two_wallets(study.rally("up 70%, and back", price), book, margin)
    rise, linear = wallets.liquidation_usd / price - 1, margin / (book + margin)
    rises = {"linear_liquidation": linear, "margin_used_up": rise}
    return guess("margin_used_up", {"top": wallets.move.max(), "rise": rise, "of_linear": linear},
                 then=wallets.scene, **rises, spot_wallet_counted=math.inf)  # fmt: skip


@QUESTIONS.add("ends.c", coin="ETH", leverage=3)
def within_a_month(coin: str, leverage: float) -> Answer:
    counted = study.far_is_far(coin, leverage)
    share, notes = counted.value("within 30 days"), dict(counted.notes)
    few = {"one_day": 0.0, "other_horizon": 0.01}
    return guess("days_add_up",
                 {"share": share, "away": notes["Distance in daily standard deviations"]},
                 then=lambda guess: study.far_is_far(coin, leverage, guess=guess), **few,
                 days_add_up=share, rally_every_month=0.5)  # fmt: skip


@QUESTIONS.add("ends.1", rate=_RATE, **_WALLET)
def liquidated_at(wallet: float, price: float, leverage: float, rate: float) -> Answer:
    notional, short, long = leverage * wallet * price, 1 - 1 / leverage, 1 + 1 / leverage
    return number(
        price * (1 - rate) / short,
        {"notional": notional, "coins": leverage * wallet, "rise": (1 - rate) / short - 1},
        bankruptcy_for_liquidation=price / short, maintenance_wrong_side=price * (1 + rate) / short,
        long_liquidation=price * (1 + rate) / long, entry_maintenance=price / (short + rate),
        linear_liquidation=price * long / (1 + rate), linear_bankruptcy=price * long, start=price,
        within=0.0003,
    )  # fmt: skip


@QUESTIONS.add("ends.2", rise=vary(0.12, low=0.06, high=0.2, step=0.02), **_WALLET)
def share_of_coins(wallet: float, price: float, leverage: float, rise: float) -> Answer:
    notional, after = leverage * wallet * price, price * (1 + rise)
    share = leverage * rise / (1 + rise)
    return percentage(
        share, {"notional": notional, "after": after, "loss": share * wallet, "share": share},
        pnl_is_straight=leverage * rise, dollars_for_coins=(leverage - 1) * rise,
        leverage_left_out=rise, share_of_position=share / leverage, what_is_left=1 - share,
        fall_for_rise=leverage * rise / (1 - rise),
    )  # fmt: skip


# Sold altcoins, the new short less its old margin and what the short has lost come to the same.
@QUESTIONS.add("ends.3", book=vary(8_000.0, low=4_000, high=20_000, step=2_000),
               rise=vary(0.25, 0.1, 0.15, 0.2, 0.3, 0.35), cap=3.0)  # fmt: skip
def topped_up(book: float, rise: float, cap: float) -> Answer:
    margin, now = hl.smallest_collateral(book, 1.0, cap), book * (1 + rise)
    short = book + margin
    equity, least = margin * (1 + rise) - short * rise, hl.smallest_collateral(now, 1.0, cap)
    money = {"margin": margin, "short": short, "equity": equity, "now": now, "least": least}
    return number(least - equity, money, margin_out_of_book=short / cap - equity,
                  stablecoin_margin=now / cap - equity, value_for_change=least,
                  leverage_left_out=now - equity)  # fmt: skip


@QUESTIONS.add("ends.4", balance=vary(2.0, low=1.5, high=4, step=0.25),
               loss=vary(0.6, low=0.3, high=0.9, step=0.1),
               maintenance=vary(0.1, low=0.05, high=0.25, step=0.05), book=BOOK["book"],
               price=SHORT["price"])  # fmt: skip
def behind_a_cross_position(
    balance: float, loss: float, maintenance: float, book: float, price: float
) -> Answer:
    free = balance - loss - maintenance
    return number(free, spot_wallet_counted=free + book / price,
                  all_wealth_counted=balance + book / price, other_position_left_out=balance,
                  loss_counted_as_gain=balance + loss - maintenance,
                  loss_not_counted=balance - maintenance, maintenance_left_out=balance - loss,
                  maintenance_added=balance - loss + maintenance)  # fmt: skip


@QUESTIONS.add("ends.5", rate=_RATE, **SHORT)
def days_away(price: float, leverage: float, rate: float) -> Answer:
    ends = price * (1 - rate) / (1 - 1 / leverage)
    prices, distance = market.prices(["BTC", "ETH"]), math.log(ends / price)
    btc, eth = (hl.log_returns(prices[coin].to_numpy()).std(ddof=1) for coin in prices)
    return number(distance / btc,
                  {"ends": ends, "sigma": btc, "log": distance, "month": distance / btc / 30**0.5},
                  simple_for_log=(ends / price - 1) / btc,
                  share_of_new_price=(1 - price / ends) / btc, one_over_leverage=1 / leverage / btc,
                  not_in_deviations=distance, other_horizon=distance / btc / math.sqrt(30),
                  other_volatility=distance / eth,
                  log_base_10=math.log10(ends / price) / btc)  # fmt: skip


@QUESTIONS.add("ends.6", coin="BTC", other="ETH", leverage=2.0, days=90)
def within_a_quarter(coin: str, other: str, leverage: float, days: int) -> Answer:
    def share(name: str, rise: float, within: int = days) -> float:
        closes = market.prices(name)[name].to_numpy()
        return float((study.best_rise(closes, within) >= rise).mean())

    rise = (1 - hl.ASSUMED_MAINTENANCE_RATE) / (1 - 1 / leverage) - 1
    return number(share(coin, rise), {"rise": rise}, other_horizon=share(coin, rise, 30),
                  other_coin=share(other, rise), what_is_left=1 - share(coin, rise),
                  one_over_leverage=share(coin, 1 / leverage))  # fmt: skip


@QUESTIONS.add("ends.7", added=vary(6_000.0, low=2_000, high=12_000, step=1_000),
               fall=vary(0.15, 0.1, 0.2, 0.25, 0.3))  # fmt: skip
def margin_added_without_a_hedge(added: float, fall: float) -> Answer:
    return number(-added * fall, hedged_so_nothing=0.0, sign_turned=added * fall,
                  value_for_change=added * (1 - fall))  # fmt: skip
