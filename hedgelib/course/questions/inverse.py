"""Questions of lesson 02: faces, a profit in coins, averages, fees, and two misprinted formulas."""

from __future__ import annotations

from math import sqrt

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, guess, number, questions_of
from hedgelib.course.studies.inverse import price_move

QUESTIONS = questions_of("inverse")

_ETH = market.contract("binance:ETHUSD_PERP")
_FACE, _BTC_FACE = _ETH.multiplier, market.contract("mexc:BTC_USD").multiplier
_ENTRY = vary(3_500.0, low=1_500, high=4_500, step=100)
_TWO_SALES = {
    "size": vary(300.0, low=100, high=900, step=50),
    "first": vary(3_000.0, low=2_600, high=4_500, step=100),
    "second": vary(2_100.0, low=1_000, high=2_200, step=100),
}


@QUESTIONS.add("inverse.a", typed=vary(3, 2, 4, 5, 6),
               price=vary(3_500, low=2_000, high=4_500, step=100),
               fall=vary(0.15, low=0.05, high=0.4, step=0.05))  # fmt: skip
def sold_by_the_ticket(typed: float, price: float, fall: float) -> Answer:
    sizes = {"as_coins": price, "as_thousands": 1_000, "earned": _FACE}
    worth = {name: typed * size * fall for name, size in sizes.items()}
    return guess("face", {**worth, "face": _FACE, "symbol": _ETH.symbol})


@QUESTIONS.add("inverse.b", contracts=-1_000.0, entry=_ENTRY)
def doubled(contracts: float, entry: float) -> Answer:
    earned = hl.inverse_pnl_coin(contracts, entry, entry / 2, _FACE)
    lost = -hl.inverse_pnl_coin(contracts, entry, entry * 2, _FACE)
    worth = {"dearer_coins": lost, "mirror_image": earned, "pnl_is_straight": 2 * earned}
    # As they can be read in the options: nobody guesses more digits than that.
    guesses = {option: -round(coins, 3) for option, coins in worth.items()}
    return guess("dearer_coins", {"lost": lost, "earned": earned, "twice": 2 * earned},
                 then=lambda guess: price_move(_ETH, contracts, entry, 1.0, guess_coin=guess),
                 **guesses)  # fmt: skip


@QUESTIONS.add(
    "inverse.1",
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
    values = {"symbol": eth.symbol, "venue": eth.venue, "face": eth.multiplier}
    return contracts(size, eth.multiplier, values, price=price, other_face=btc.multiplier)


@QUESTIONS.add("inverse.2", sold=vary(1_200.0, low=500, high=3_000, step=100),
               entry=vary(2_400.0, low=1_500, high=3_500, step=100),
               rise=vary(600.0, low=200, high=1_200, step=100))  # fmt: skip
def paid_in_a_rise(sold: float, entry: float, rise: float) -> Answer:
    now, size = entry + rise, sold * _FACE
    lost, dollars = hl.inverse_pnl_coin(-size, entry, now), hl.inverse_pnl_usd(-size, entry, now)
    coins = {"before": size / entry, "after": size / now}
    return number(lost, {"now": now, "face": _FACE, "size": size, "dollars": dollars, **coins},
                  coin_at_entry=dollars / entry, share_of_new_price=-size * rise / now / now,
                  dollars_for_coins=dollars, face_left_out=lost / _FACE,
                  contract_is_coin=-sold * rise)  # fmt: skip


@QUESTIONS.add("inverse.3", **_TWO_SALES)
def averaged(size: float, first: float, second: float) -> Answer:
    sizes, prices, dollars = [-size, -size], [first, second], 2 * size * _FACE
    average = hl.inverse_average_entry(sizes, prices)
    first_coins, second_coins = (dollars / 2 / price for price in prices)
    coins = {"first_coins": first_coins, "second_coins": second_coins, "coins": dollars / average}
    return number(average, {"face": _FACE, "dollars": dollars, **coins},
                  arithmetic_average=hl.linear_average_entry(sizes, prices),
                  geometric_mean=sqrt(first * second), upside_down=1 / average,
                  halved_twice=average / 2, first_fill_only=first,
                  last_fill_only=second)  # fmt: skip


@QUESTIONS.add("inverse.4", size=vary(49_000.0, low=20_000, high=80_000, step=1_000),
               opened=vary(3_500.0, low=2_500, high=4_500, step=100),
               fall=vary(700.0, low=300, high=1_200, step=100),
               rate=vary(0.0005, 0.0004, 0.0006))  # fmt: skip
def two_fees(size: float, opened: float, fall: float, rate: float) -> Answer:
    closed = opened - fall
    opening, closing = (hl.inverse_fee_coin(size, price, rate) for price in (opened, closed))
    fees, coins = opening * opened + closing * closed, size / opened
    values = {"closed": closed, "misread": rate * 100, "each": fees / 2}
    return number(
        fees, {**values, "opening": opening, "closing": closing},
        linear_fee=sum(hl.linear_fee_usd(coins, price, rate) for price in (opened, closed)),
        coins_at_old_price=(opening + closing) * opened, one_trade=fees / 2,
        percent_for_decimal=fees * 100, coins_for_dollars=opening + closing,
    )  # fmt: skip


@QUESTIONS.add("inverse.5", **_TWO_SALES)
def two_sales_closed(size: float, first: float, second: float) -> Answer:
    dollars, sizes, prices = size * _FACE, [-size, -size], [first, second]
    average, mean = hl.inverse_average_entry(sizes, prices), hl.linear_average_entry(sizes, prices)
    # Between the two averages, which then disagree about the sign.
    now = float(round((average + mean) / 2))
    first_gain, second_gain = (hl.inverse_pnl_coin(-dollars, price, now) for price in prices)
    lost = first_gain + second_gain
    sales = {"one": dollars, "both": 2 * dollars, "average": average, "mean": mean}
    gains = {"first_gain": first_gain, "second_gain": second_gain, "dollars": lost * now}
    return number(lost, {"face": _FACE, "now": now, **sales, **gains},
                  arithmetic_average=hl.inverse_pnl_coin(-2 * dollars, mean, now),
                  dollars_for_coins=lost * now, coin_at_entry=lost * now / average,
                  face_left_out=lost / _FACE)  # fmt: skip


@QUESTIONS.add("inverse.6", contracts=vary(100.0, low=50, high=500, step=10),
               opening=vary(50_000.0, low=30_000, high=90_000, step=5_000),
               rise=vary(5_000.0, low=2_000, high=12_000, step=1_000))  # fmt: skip
def long_by_mexc(contracts: float, opening: float, rise: float) -> Answer:
    closing, size = opening + rise, contracts * _BTC_FACE
    earned, dollars = hl.inverse_pnl_coin(size, opening, closing), size * rise / opening
    coins = {"before": size / opening, "after": size / closing, "dollars": dollars}
    # The page has the two prices the wrong way round.
    printed = (1 / closing - 1 / opening) * size
    return number(earned,
                  {"face": _BTC_FACE, "closing": closing, "size": size, **coins},
                  sign_turned=printed, coin_at_entry=dollars / opening, dollars_for_coins=dollars,
                  face_left_out=earned / _BTC_FACE)  # fmt: skip


@QUESTIONS.add("inverse.7", size=vary(10_000.0, low=10_000, high=40_000, step=1_000), entry=_ENTRY,
               leverage=vary(5.0, 2.0, 3.0, 4.0))  # fmt: skip
def short_by_coinex(size: float, entry: float, leverage: float) -> Answer:
    coins, margin = size / entry, size / entry / leverage
    printed = entry * (1 - margin / coins)
    misread = {"printed": printed, "gained": hl.inverse_pnl_usd(-size, entry, printed)}
    return number(hl.inverse_bankruptcy_price(-size, entry, margin),
                  {"coins": coins, "margin": margin, "left": coins - margin, **misread},
                  long_liquidation=printed,
                  linear_liquidation=hl.linear_bankruptcy_price(-coins, entry, size / leverage),
                  start=entry)  # fmt: skip
