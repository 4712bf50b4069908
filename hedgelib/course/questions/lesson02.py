"""Questions of lesson 02: faces, a profit in coins, averages, fees, and two misprinted formulas."""

from __future__ import annotations

from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.contracts import (
    inverse_average_entry,
    inverse_fee_coin,
    inverse_pnl_coin,
    inverse_pnl_usd,
    linear_average_entry,
    linear_fee_usd,
)
from hedgelib.course.questions import questions_of
from hedgelib.course.studies.lesson02 import price_move
from hedgelib.margin import inverse_bankruptcy_price, linear_bankruptcy_price

__all__ = ["QUESTIONS"]

QUESTIONS = questions_of("02")

_ETH = market.contract("binance:ETHUSD_PERP")
_FACE = _ETH.multiplier
_TWO_SALES = {
    "size": vary(300.0, low=100, high=900, step=50),
    "first": vary(3_000.0, low=2_600, high=4_500, step=100),
    "second": vary(2_000.0, low=1_000, high=2_200, step=100),
}


@QUESTIONS.add(
    "02.a",
    typed=vary(3, 2, 4, 5, 6),
    price=vary(3_500, low=2_000, high=4_500, step=100),
    fall=vary(0.15, low=0.05, high=0.4, step=0.05),
)
def sold_by_the_ticket(typed: float, price: float, fall: float) -> Answer:
    return Answer(
        right="face",
        values={
            "as_coins": typed * price * fall,
            "as_thousands": typed * 1_000 * fall,
            "earned": typed * _FACE * fall,
            "face": _FACE,
            "symbol": _ETH.symbol,
        },
    )


@QUESTIONS.add("02.b", contracts=-1_000.0, entry=vary(3_500.0, low=1_500, high=4_500, step=100))
def doubled(contracts: float, entry: float) -> Answer:
    halves, doubles = entry / 2, entry * 2
    earned = float(inverse_pnl_coin(contracts, entry, halves, _FACE))
    lost = float(inverse_pnl_coin(contracts, entry, doubles, _FACE))
    return Answer(
        right="dearer_coins",
        # As they can be read in the options: nobody guesses more digits than that.
        guesses={
            "dearer_coins": round(lost, 3),
            "mirror_image": round(-earned, 3),
            "pnl_is_straight": round(-2 * earned, 3),
        },
        then=lambda guess: price_move(_ETH, contracts, entry, 1.0, guess_coin=guess),
        values={"lost": -lost, "earned": earned, "twice": 2 * earned},
    )


@QUESTIONS.add(
    "02.1",
    size=vary(24_000.0, low=5_000, high=60_000, step=1_000),
    price=vary(3_200.0, low=1_550, high=4_450, step=100),
    names=vary(
        ("okx:ETH-USD-SWAP", "okx:BTC-USD-SWAP"),
        ("binance:ETHUSD_PERP", "binance:BTCUSD_PERP"),
        ("mexc:ETH_USD", "mexc:BTC_USD"),
    ),
)
def counted(size: float, price: float, names: tuple[str, str]) -> Answer:
    eth, btc = map(market.contract, names)
    return Answer(
        right=size / eth.multiplier,
        slips={
            "contract_is_coin": size / price,
            "contract_is_dollar": size,
            "other_coins_face": size / btc.multiplier,
        },
        values={"symbol": eth.symbol, "venue": eth.venue, "face": eth.multiplier},
    )


@QUESTIONS.add(
    "02.2",
    sold=vary(1_200.0, low=500, high=3_000, step=100),
    entry=vary(2_400.0, low=1_500, high=3_500, step=100),
    rise=vary(600.0, low=200, high=1_200, step=100),
)
def paid_in_a_rise(sold: float, entry: float, rise: float) -> Answer:
    now = entry + rise
    lost = float(inverse_pnl_coin(-sold, entry, now, _FACE))
    dollars = float(inverse_pnl_usd(-sold, entry, now, _FACE))
    return Answer(
        right=lost,
        slips={
            "coin_at_entry": dollars / entry,
            "dollars_for_coins": dollars,
            "face_left_out": lost / _FACE,
            "contract_is_coin": -sold * rise,
        },
        values={
            "now": now,
            "face": _FACE,
            "size": sold * _FACE,
            "before": sold * _FACE / entry,
            "after": sold * _FACE / now,
            "dollars": dollars,
        },
    )


@QUESTIONS.add("02.3", **_TWO_SALES)
def averaged(size: float, first: float, second: float) -> Answer:
    sizes, prices = [-size, -size], [first, second]
    average = float(inverse_average_entry(sizes, prices))
    dollars = 2 * size * _FACE
    return Answer(
        right=average,
        slips={
            "arithmetic_average": float(linear_average_entry(sizes, prices)),
            "upside_down": 1 / average,
        },
        values={
            "face": _FACE,
            "dollars": dollars,
            "first_coins": size * _FACE / first,
            "second_coins": size * _FACE / second,
            "coins": dollars / average,
        },
    )


@QUESTIONS.add(
    "02.4",
    size=vary(49_000.0, low=20_000, high=80_000, step=1_000),
    opened=vary(3_500.0, low=2_500, high=4_500, step=100),
    fall=vary(700.0, low=300, high=1_200, step=100),
    rate=vary(0.0005, 0.0004, 0.0006),
)
def two_fees(size: float, opened: float, fall: float, rate: float) -> Answer:
    closed = opened - fall
    coins = [float(inverse_fee_coin(size, price, rate)) for price in (opened, closed)]
    linear = [float(linear_fee_usd(size / opened, price, rate)) for price in (opened, closed)]
    fees = coins[0] * opened + coins[1] * closed
    return Answer(
        right=fees,
        slips={
            "linear_fee": sum(linear),
            "one_trade": fees / 2,
            "percent_for_decimal": fees * 100,
            "coins_for_dollars": sum(coins),
        },
        values={
            "closed": closed,
            "misread": rate * 100,
            "each": fees / 2,
            "opening": coins[0],
            "closing": coins[1],
        },
    )


@QUESTIONS.add("02.5", **_TWO_SALES)
def two_sales_closed(size: float, first: float, second: float) -> Answer:
    sizes, prices = [-size, -size], [first, second]
    average = float(inverse_average_entry(sizes, prices))
    mean = float(linear_average_entry(sizes, prices))
    # Between the two averages, which then disagree about the sign.
    now = float(round((average + mean) / 2))
    each = [float(inverse_pnl_coin(-size, price, now, _FACE)) for price in prices]
    lost = sum(each)
    return Answer(
        right=lost,
        slips={
            "arithmetic_average": float(inverse_pnl_coin(-2 * size, mean, now, _FACE)),
            "dollars_for_coins": lost * now,
            "coin_at_entry": lost * now / average,
            "face_left_out": lost / _FACE,
        },
        values={
            "face": _FACE,
            "now": now,
            "one": size * _FACE,
            "both": 2 * size * _FACE,
            "first_gain": each[0],
            "second_gain": each[1],
            "dollars": lost * now,
            "average": average,
            "mean": mean,
        },
    )


@QUESTIONS.add(
    "02.6",
    contracts=vary(100.0, low=50, high=500, step=10),
    opening=vary(50_000.0, low=30_000, high=90_000, step=5_000),
    rise=vary(5_000.0, low=2_000, high=12_000, step=1_000),
)
def long_by_mexc(contracts: float, opening: float, rise: float) -> Answer:
    face = market.contract("mexc:BTC_USD").multiplier
    closing = opening + rise
    earned = float(inverse_pnl_coin(contracts, opening, closing, face))
    dollars = float(inverse_pnl_usd(contracts, opening, closing, face))
    return Answer(
        right=earned,
        slips={
            # The page has the two prices the wrong way round.
            "sign_turned": (1 / closing - 1 / opening) * contracts * face,
            "coin_at_entry": dollars / opening,
            "dollars_for_coins": dollars,
            "face_left_out": earned / face,
        },
        values={
            "face": face,
            "closing": closing,
            "size": contracts * face,
            "before": contracts * face / opening,
            "after": contracts * face / closing,
            "dollars": dollars,
        },
    )


@QUESTIONS.add(
    "02.7",
    size=vary(10_000.0, low=10_000, high=40_000, step=1_000),
    entry=vary(3_500.0, low=1_500, high=4_500, step=100),
    leverage=vary(5.0, 2.0, 3.0, 4.0),
)
def short_by_coinex(size: float, entry: float, leverage: float) -> Answer:
    coins = size / entry
    margin = coins / leverage
    printed = entry * (1 - margin / coins)
    return Answer(
        right=float(inverse_bankruptcy_price(-size, entry, margin)),
        slips={
            "long_liquidation": printed,
            "linear_liquidation": float(linear_bankruptcy_price(-coins, entry, size / leverage)),
        },
        start=entry,
        values={
            "coins": coins,
            "margin": margin,
            "left": coins - margin,
            "printed": printed,
            "gained": float(inverse_pnl_usd(-size, entry, printed)),
        },
    )
