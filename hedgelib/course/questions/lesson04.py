"""Questions of lesson 04: Nina hedges with BTC, and her margin counts."""

from __future__ import annotations

import math
from typing import Literal

from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import questions_of
from hedgelib.course.studies.lesson04 import (
    falls_and_rallies,
    far_is_far,
    rally,
    synthetic_dollar,
    two_wallets,
)
from hedgelib.margin import (
    cross_wallet_coin,
    inverse_bankruptcy_price,
    inverse_liquidation_price,
    linear_liquidation_price,
    liquidation_distance,
)
from hedgelib.plan import hedge_notional, smallest_collateral
from hedgelib.returns import log_returns
from hedgelib.scenario import coin_account

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("04")

_BETA = vary(1.2, 0.7, 0.8, 0.9, 1.1, 1.3, 1.4, 1.5)
_BOOK = vary(32_000.0, low=15_000, high=60_000, step=1_000)
_PRICE = vary(40_000.0, low=30_000, high=60_000, step=2_000)
_CAP = vary(4.0, 3.0, 5.0)
_RATE = vary(0.005, 0.01)


@QUESTIONS.add("04.a", notional=10_000, price=3_500)
def doubled(notional: float, price: float) -> Answer:
    return Answer(
        right="unchanged",
        guesses={"short_only": 0.0, "unchanged": notional, "margin_alone": 2 * notional},
        then=lambda guess: synthetic_dollar(notional, price, 1.0, guess=guess),
        values={"doubled": 2 * notional},
    )


@QUESTIONS.add("04.b", book=10_000)
def margin_for_1x(book: float) -> Answer:
    return Answer(right="never", values={"doubled": 2 * book})


@QUESTIONS.add("04.c", notional=10_000, price=3_500, leverage=5)
def which_market(notional: float, price: float, leverage: float) -> Answer:
    return Answer(
        right="rally",
        guesses={
            "long_liquidation": "a crash",
            "liquidated_either_way": "either",
            "rally": "a rally",
        },
        then=lambda guess: falls_and_rallies(notional, price, leverage, guess=guess),
    )


@QUESTIONS.add("04.d", book=10_000, margin=5_000, price=3_500)
def up_and_back(book: float, margin: float, price: float) -> Answer:
    way = rally("up 70%, and back", price)
    rise = two_wallets(way, book, margin).liquidation_usd / price - 1
    of_linear = margin / (book + margin)
    return Answer(
        right="margin_used_up",
        guesses={
            "linear_liquidation": of_linear,
            "margin_used_up": rise,
            "spot_wallet_counted": math.inf,
        },
        then=lambda guess: two_wallets(way, book, margin, guess=guess),
        values={"top": way.move.max(), "rise": rise, "of_linear": of_linear},
    )


@QUESTIONS.add("04.e", coin="ETH", leverage=3)
def within_a_month(coin: str, leverage: float) -> Answer:
    counted = far_is_far(coin, leverage)
    share = counted.value("within 30 days")
    return Answer(
        right="days_add_up",
        guesses={
            "one_day": 0.0,
            "other_horizon": 0.01,
            "days_add_up": share,
            "rally_every_month": 0.5,
        },
        then=lambda guess: far_is_far(coin, leverage, guess=guess),
        values={
            "share": share,
            "away": dict(counted.notes)["Distance in daily standard deviations"],
        },
    )


@QUESTIONS.add(
    "04.1",
    size=vary(20_000.0, low=6_000, high=60_000, step=2_000),
    price=_PRICE,
    rise=vary(10_000.0, low=2_000, high=16_000, step=1_000),
)
def synthetic_dollar_after_a_rise(size: float, price: float, rise: float) -> Answer:
    posted, after = size / price, price + rise
    return Answer(
        right=float(coin_account(-size, price, posted, after)[0]),
        slips={
            "coin_at_entry": posted - size * rise / price / price,
            "sign_of_short": posted + size * (1 / price - 1 / after),
            "margin_alone": posted,
            "dollars_for_coins": size,
        },
        values={"posted": posted, "after": after},
    )


@QUESTIONS.add(
    "04.2",
    book=_BOOK,
    beta=_BETA,
    margin=vary(20_000.0, low=6_000, high=40_000, step=1_000),
)
def size_with_bought_margin(book: float, beta: float, margin: float) -> Answer:
    return Answer(
        right=float(hedge_notional(book, beta, margin)),
        slips={
            "collateral_left_out": beta * book,
            "beta_left_out": book + margin,
            "collateral_times_beta": beta * (book + margin),
            "only_margin_hedged": margin,
        },
        values={"exposure": beta * book, "percent": beta / 100},
    )


@QUESTIONS.add("04.3", book=_BOOK, beta=_BETA, cap=_CAP)
def least_margin(book: float, beta: float, cap: float) -> Answer:
    least = smallest_collateral(book, beta, cap)
    notional = float(hedge_notional(book, beta, least))
    return Answer(
        right=least,
        slips={
            "stablecoin_margin": beta * book / cap,
            "beta_left_out": book / (cap - 1),
            "margin_out_of_book": smallest_collateral(book, beta, cap, collateral="from_portfolio"),
            "size_for_margin": notional,
        },
        values={"exposure": beta * book, "notional": notional},
    )


@QUESTIONS.add(
    "04.4",
    wallet=vary(0.32, low=0.2, high=0.6, step=0.04),
    price=_PRICE,
    leverage=_CAP,
    rate=_RATE,
)
def liquidated_at(wallet: float, price: float, leverage: float, rate: float) -> Answer:
    notional = leverage * wallet * price

    def ends(sign: int, basis: Literal["mark", "entry"] = "mark") -> float:
        price_usd = inverse_liquidation_price(
            sign * notional, price, wallet, maintenance_rate=rate, basis=basis
        )
        return float(price_usd)

    right = ends(-1)
    return Answer(
        right=right,
        slips={
            "bankruptcy_for_liquidation": float(inverse_bankruptcy_price(-notional, price, wallet)),
            "long_liquidation": ends(1),
            "entry_maintenance": ends(-1, "entry"),
            "linear_liquidation": float(
                linear_liquidation_price(
                    -notional / price, price, wallet * price, maintenance_rate=rate
                )
            ),
        },
        start=price,
        within=0.0003,
        values={
            "notional": notional,
            "coins": notional / price,
            "rise": right / price - 1,
            "rest": 1 - rate,
        },
    )


@QUESTIONS.add(
    "04.5",
    wallet=vary(0.32, low=0.2, high=0.6, step=0.04),
    price=_PRICE,
    leverage=_CAP,
    rise=vary(0.12, low=0.06, high=0.2, step=0.02),
)
def share_of_coins(wallet: float, price: float, leverage: float, rise: float) -> Answer:
    notional, after = leverage * wallet * price, price * (1 + rise)
    loss = notional / price - notional / after
    share = loss / wallet
    return Answer(
        right=100 * share,
        slips={
            "pnl_is_straight": 100 * leverage * rise,
            "dollars_for_coins": 100 * (leverage - 1) * rise,
            "fall_for_rise": 100 * leverage * rise / (1 - rise),
            "percent_for_decimal": share,
        },
        values={
            "notional": notional, "after": after, "loss": loss, "share": share, "grown": 1 + rise,
        },
    )  # fmt: skip


@QUESTIONS.add(
    "04.6",
    balance=vary(2.0, low=1.5, high=4, step=0.25),
    loss=vary(0.6, low=0.3, high=0.9, step=0.1),
    maintenance=vary(0.1, low=0.05, high=0.25, step=0.05),
    book=_BOOK,
    price=_PRICE,
)
def behind_a_cross_position(
    balance: float, loss: float, maintenance: float, book: float, price: float
) -> Answer:
    free = float(cross_wallet_coin(balance, -loss, maintenance))
    return Answer(
        right=free,
        slips={
            "spot_wallet_counted": free + book / price,
            "all_wealth_counted": balance + book / price,
            "other_position_left_out": balance,
            "loss_counted_as_gain": balance + loss - maintenance,
            "maintenance_left_out": balance - loss,
        },
    )


@QUESTIONS.add("04.7", price=_PRICE, leverage=_CAP, rate=_RATE)
def days_away(price: float, leverage: float, rate: float) -> Answer:
    ends = price * (1 - rate) / (1 - 1 / leverage)
    btc, eth = (
        float(log_returns(market.prices(coin)[coin].to_numpy()).std(ddof=1))
        for coin in ("BTC", "ETH")
    )
    away = float(liquidation_distance(price, ends, btc)[1])
    month = away / math.sqrt(30)
    return Answer(
        right=away,
        slips={
            "simple_for_log": (ends / price - 1) / btc,
            "other_horizon": month,
            "other_volatility": away * btc / eth,
            "log_base_10": away / math.log(10),
        },
        values={"ends": ends, "sigma": btc, "log": away * btc, "month": month},
    )


@QUESTIONS.add(
    "04.8",
    each=vary(10_000.0, low=5_000, high=20_000, step=1_000),
    beta=_BETA,
    price=_PRICE,
    cap=vary(3.0, 2.0, 4.0, 5.0),
)
def out_of_the_book(each: float, beta: float, price: float, cap: float) -> Answer:
    # With such a book the contracts come out whole.
    book = each * (beta + cap - 1)
    face = market.contract("okx:BTC-USD-SWAP").multiplier
    sold = smallest_collateral(book, beta, cap, collateral="from_portfolio")
    kept = book - sold
    notional = float(hedge_notional(kept, beta, sold))
    return Answer(
        right=notional / face,
        slips={
            "margin_as_if_bought": beta * book * cap / (cap - 1) / face,
            "collateral_left_out": beta * kept / face,
            "sold_coins_still_hedged": (beta * book + sold) / face,
            "beta_left_out": book / face,
            "contract_is_dollar": notional,
            "contract_is_coin": notional / price,
        },
        values={
            "book": book, "face": face, "sold": sold, "kept": kept, "notional": notional,
            "parts": beta + cap - 1,
        },
    )  # fmt: skip
