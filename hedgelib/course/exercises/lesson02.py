"""Exercises of lesson 02: inverse contracts, and two formulas as exchanges published them.

The wrong models behind the slips are functions, so that tests can run them on other numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.contracts import (
    inverse_average_entry,
    inverse_fee_coin,
    inverse_pnl_coin,
    inverse_pnl_usd,
    linear_average_entry,
    linear_fee_usd,
)
from hedgelib.course.exercises import Exercise
from hedgelib.margin import inverse_bankruptcy_price, linear_bankruptcy_price

__all__ = [
    "EXERCISES",
    "coinex_bankruptcy_usd",
    "mexc_long_coin",
    "pnl_coin_at_entry",
    "pnl_coin_from_mean",
]


def mexc_long_coin(contracts: float, entry_usd: float, exit_usd: float, face_usd: float) -> float:
    """Return the profit of a long, in coins, by a formula that MEXC published with the wrong sign.

    Notes
    -----
    **Source:** MEXC support, FAQ for Coin-margined Perpetual Contract (360054432032). Another page
    of the venue, 360044646991, has it right.
    """
    return (1 / exit_usd - 1 / entry_usd) * contracts * face_usd


def coinex_bankruptcy_usd(entry_usd: float, margin_share: float) -> float:
    """Return the bankruptcy price of a short, USD, by a formula of CoinEx: below the entry.

    Parameters
    ----------
    entry_usd : float
    margin_share : float
        Margin over the value of the position, both in coins.

    Notes
    -----
    **Source:** CoinEx support, How to Calculate Liquidation Price For Inverse Contract
    (6951987920025). The formula is right for 1/price.
    """
    return entry_usd * (1 - margin_share)


def pnl_coin_at_entry(
    contracts: float, entry_usd: float, exit_usd: float, face_usd: float
) -> float:
    """Return the profit in dollars, converted to coins at the entry price: a straight line, wrong.

    The tangent of the true profit at the entry.
    """
    return float(inverse_pnl_usd(contracts, entry_usd, exit_usd, face_usd) / entry_usd)


def pnl_coin_from_mean(
    contracts: Sequence[float], fills_usd: Sequence[float], exit_usd: float, face_usd: float
) -> float:
    """Return the profit of several fills, in coins, from the plain mean of their prices: wrong.

    Public trading programs average the entries of inverse contracts like this.
    """
    mean = float(linear_average_entry(contracts, fills_usd))
    return float(inverse_pnl_coin(sum(contracts), mean, exit_usd, face_usd))


_OKX = market.contract("okx:ETH-USD-SWAP")
_SIZE, _PRICE = 24_000.0, 3_200.0

_FACE, _SOLD, _ENTRY, _EXIT = 10.0, 1_200.0, 2_400.0, 3_000.0
_LOST = float(inverse_pnl_coin(-_SOLD, _ENTRY, _EXIT, _FACE))

_FILLS, _SIZES = (3_000.0, 2_000.0), (-300.0, -300.0)
_COINS = [-n * _FACE / price for n, price in zip(_SIZES, _FILLS, strict=True)]
_DOLLARS = -sum(_SIZES) * _FACE
_AVERAGE = float(inverse_average_entry(_SIZES, _FILLS))

_AFTER = 2_450.0
_EACH = [
    float(inverse_pnl_coin(n, price, _AFTER, _FACE))
    for n, price in zip(_SIZES, _FILLS, strict=True)
]
_CLOSED_SHORT = sum(_EACH)
_MEAN = float(linear_average_entry(_SIZES, _FILLS))

_RATE, _NOTIONAL, _OPENED, _CLOSED = 0.0005, 49_000.0, 3_500.0, 2_800.0
_FEES_COIN = [float(inverse_fee_coin(_NOTIONAL, price, _RATE)) for price in (_OPENED, _CLOSED)]
_FEES = _FEES_COIN[0] * _OPENED + _FEES_COIN[1] * _CLOSED
_LINEAR_FEES = [
    float(linear_fee_usd(_NOTIONAL / _OPENED, price, _RATE)) for price in (_OPENED, _CLOSED)
]

_LONG = {"contracts": 100.0, "entry_usd": 50_000.0, "exit_usd": 55_000.0}
_BTC_FACE = market.contract("mexc:BTC_USD").multiplier
_EARNED = float(inverse_pnl_coin(**_LONG, multiplier_usd=_BTC_FACE))

_SHORT, _FROM, _LEVERAGE = 10_000.0, 3_500.0, 5.0
_MARGIN = _SHORT / _FROM / _LEVERAGE
_PRINTED = coinex_bankruptcy_usd(_FROM, 1 / _LEVERAGE)
_BANKRUPT = float(inverse_bankruptcy_price(-_SHORT, _FROM, _MARGIN))

EXERCISES: dict[str, Exercise] = {
    "02.1": Exercise(
        question=f"You want to be short {usd(_SIZE)} with {_OKX.symbol} of {_OKX.venue}. ETH "
        f"is at {usd(_PRICE)}. How many contracts do you sell? (Give the number without a "
        "sign.)",
        answer=_SIZE / _OKX.multiplier,
        unit="contracts",
        why="Dollars over face. You do not need the price of ETH.",
        hint="What is the face of this contract, and in what unit? The table of faces has it.",
        more_hints=("How many contracts of that size make up the dollars you want?",),
        solution=f"The face is {usd(_OKX.multiplier)}, so {usd(_SIZE)} / {usd(_OKX.multiplier)} = "
        f"**{_SIZE / _OKX.multiplier:,.0f} contracts**. At any price of ETH.",
        slips={
            "That is a number of ETH. An inverse contract is a number of dollars.": _SIZE / _PRICE,
            "You have assumed that a contract is one dollar. That is so at some venues; look this "
            "one up.": _SIZE,
            "That is the face of the BTC contract. Look in the other column.": _SIZE
            / market.contract("okx:BTC-USD-SWAP").multiplier,
        },
    ),
    "02.2": Exercise(
        question=f"You are short {_SOLD:,.0f} contracts of {usd(_FACE)}, sold with ETH at "
        f"{usd(_ENTRY)}. ETH rises to {usd(_EXIT)}. How many **ETH** do you gain (+) or lose (−)?",
        answer=_LOST,
        unit="ETH",
        why="The short is a number of dollars, and those now buy fewer ETH than before.",
        hint="The profit of a short in coins is N (1/X − 1/E), with N in dollars.",
        more_hints=("How many ETH did those dollars buy at the entry? How many now?",),
        solution=f"N = {_SOLD:,.0f} × {usd(_FACE)} = {usd(_SOLD * _FACE)}. At the entry that was "
        f"{_SOLD * _FACE / _ENTRY:g} ETH, now it is {_SOLD * _FACE / _EXIT:g} ETH. The difference "
        f"is **{_LOST:g} ETH**, which is {usd(_LOST * _EXIT)} at the new price.".replace("-", "−"),
        slips={
            "You have converted dollars to ETH at the entry price. The profit is calculated at the "
            "exit.": pnl_coin_at_entry(-_SOLD, _ENTRY, _EXIT, _FACE),
            "That is in dollars. The question is how many ETH.": float(
                inverse_pnl_usd(-_SOLD, _ENTRY, _EXIT, _FACE)
            ),
            "You have left out the face of a contract.": _LOST / _FACE,
            "You have assumed that a contract is one ETH.": -_SOLD * (_EXIT - _ENTRY),
        },
    ),
    "02.3": Exercise(
        question=f"You sell {-_SIZES[0]:,.0f} contracts of {usd(_FACE)} at {usd(_FILLS[0])}, and "
        f"{-_SIZES[1]:,.0f} more at {usd(_FILLS[1])}. What is the average entry price of your "
        "short?",
        answer=_AVERAGE,
        unit="USD",
        why="All dollars over all coins: the harmonic mean.",
        hint="Coins add up, prices do not. How many ETH is each fill?",
        more_hints=("Divide all the dollars that you have sold by all those ETH.",),
        solution=f"The fills are {_COINS[0]:g} and {_COINS[1]:g} ETH, {sum(_COINS):g} together, "
        f"for {usd(_DOLLARS)}. {usd(_DOLLARS)} / {sum(_COINS):g} = **{usd(_AVERAGE)}**.",
        slips={
            "That is the ordinary mean. It would be right for a linear contract. Does it give the "
            "profit of the two fills?": _MEAN,
            "You have the ETH for one dollar. Take one over it.": 1 / _AVERAGE,
        },
    ),
    "02.4": Exercise(
        question=f"You open a short of {usd(_NOTIONAL)} with ETH at {usd(_OPENED)} and close it at "
        f"{usd(_CLOSED)}. Each time the fee is {percent(_RATE, digits=2)}. What are the two fees "
        "together in dollars, each at the price of its day?",
        answer=_FEES,
        unit="USD",
        why="The fee is a share of the face, and the face is in dollars. The price drops out.",
        hint="The fee is a share of the size. Has the size in dollars changed between the two?",
        more_hints=("Calculate each fee in ETH, then convert it to dollars at its own price.",),
        solution=f"{usd(_NOTIONAL)} × {percent(_RATE, digits=2)} = "
        f"{usd(_NOTIONAL * _RATE, cents=True)}, twice: **{usd(_FEES)}**. In ETH the second fee is "
        f"the larger one, {_FEES_COIN[1]:g} against {_FEES_COIN[0]:g}, because a dollar is more "
        "ETH by then.",
        slips={
            "That would be a linear contract, whose size in dollars shrinks with the price.": sum(
                _LINEAR_FEES
            ),
            "That is one of the two fees.": _FEES / 2,
            f"You have read {percent(_RATE, digits=2)} as {_RATE * 100:g}. As a decimal it is "
            "smaller.": _FEES * 100,
            "That is in ETH. The question is about dollars.": sum(_FEES_COIN),
        },
    ),
    "02.5": Exercise(
        question=f"ETH is at {usd(_AFTER)}, and you close the whole short of exercise 02.3. "
        "How many **ETH** do you gain (+) or lose (−), fees left out?",
        answer=_CLOSED_SHORT,
        unit="ETH",
        why="The price is above the harmonic average, and a short above its entry has lost.",
        hint="First the entry, then the profit. Which average belongs to an inverse contract?",
        more_hints=(
            "Or without any average: what did each of the two fills make, in ETH?",
            f"Each is {usd(_DOLLARS / 2)} times (1/X − 1/E), with its own E.",
        ),
        solution="The two fills make "
        + " and ".join(f"{coins:+.6f}".replace("-", "−") for coins in _EACH)
        + f" ETH, together **{_CLOSED_SHORT:.6f} ETH**".replace("-", "−")
        + f", or {usd(_CLOSED_SHORT * _AFTER)}. With the average it is the same: "
        f"{usd(_DOLLARS)} × (1/{_AFTER:,.0f} − 1/{_AVERAGE:,.0f}). The ordinary mean of "
        f"{usd(_MEAN)} would show a gain.",
        slips={
            "You have used the ordinary mean of the prices. Add up the two fills and compare.": (
                pnl_coin_from_mean(_SIZES, _FILLS, _AFTER, _FACE)
            ),
            "That is in dollars. The question is how many ETH.": _CLOSED_SHORT * _AFTER,
            "You have converted dollars to ETH at the entry price. The profit is calculated at the "
            "exit.": pnl_coin_at_entry(sum(_SIZES), _AVERAGE, _AFTER, _FACE),
            "You have left out the face of a contract.": _CLOSED_SHORT / _FACE,
        },
    ),
    "02.6": Exercise(
        question="A help page of MEXC (FAQ for coin-margined perpetual contracts, 360054432032) "
        "published the profit of a **long** as (1/closing price − 1/opening price) × contracts × "
        f"face. A long of {_LONG['contracts']:g} contracts of {usd(_BTC_FACE)} opens at "
        f"{usd(_LONG['entry_usd'])} and closes at {usd(_LONG['exit_usd'])}. How many BTC does it "
        "really earn (+) or lose (−)?",
        answer=_EARNED,
        unit="BTC",
        why="The page has the two prices the wrong way round: by its formula a long loses when the "
        "price rises.",
        wrong_way="Before any formula: should a long gain or lose when the price rises?",
        hint="One dollar is how many BTC at each of the two prices?",
        more_hints=("For a long it is N (1/E − 1/X), the short's formula with the sign reversed.",),
        solution=f"N = {usd(_LONG['contracts'] * _BTC_FACE)}. N/E = "
        f"{_LONG['contracts'] * _BTC_FACE / _LONG['entry_usd']:g} BTC, N/X = "
        f"{_LONG['contracts'] * _BTC_FACE / _LONG['exit_usd']:.6f} BTC. A long earns the "
        f"difference, **{_EARNED:.6f} BTC**, or {usd(_EARNED * _LONG['exit_usd'])}. Another "
        "page of the same venue (360044646991) has it right.",
        slips={
            "That is what the page says. The price has risen, and this is a long. Can it lose?": (
                mexc_long_coin(**_LONG, face_usd=_BTC_FACE)
            ),
            "You have converted dollars to BTC at the entry price. The profit is calculated at the "
            "exit.": pnl_coin_at_entry(**_LONG, face_usd=_BTC_FACE),
            "That is in dollars. The question is how many BTC.": _EARNED * _LONG["exit_usd"],
            "You have left out the face of a contract.": _EARNED / _BTC_FACE,
        },
    ),
    "02.7": Exercise(
        question="A help page of CoinEx (on the liquidation price of inverse contracts, "
        "6951987920025) published the price at which a **short** has lost all its margin as "
        f"entry × (1 − margin / size), both in coin. A short of {usd(_SHORT)} from "
        f"{usd(_FROM)} has a margin of {_MARGIN:.6f} ETH. At which price of ETH is the margin "
        "really lost?",
        answer=_BANKRUPT,
        unit="USD",
        why="A short loses in a rise, so the price must be above the entry. The page's formula is "
        "right for 1/price, not for the price.",
        wrong_way="Which way must the price go for a short to lose?",
        start=_FROM,
        hint="How many ETH is the size at the entry? How many are left when the margin is gone?",
        more_hints=(
            "The margin is lost where the loss in coins is as large: N (1/E − 1/X) = margin.",
            "Solve it for 1/X first, then invert it.",
        ),
        solution=f"N/E = {_SHORT / _FROM:.6f} ETH. Where all is lost, N is worth as much less the "
        f"margin: {_SHORT / _FROM - _MARGIN:.6f} ETH. So X = {usd(_SHORT)} / "
        f"{_SHORT / _FROM - _MARGIN:.6f} = **{usd(_BANKRUPT)}**. The page would say "
        f"{usd(_PRINTED)}, a price at which the short has earned "
        f"{usd(inverse_pnl_usd(-_SHORT, _FROM, _PRINTED))}.",
        slips={
            "That is what the page says. It is below the entry, where a short has a profit.": (
                _PRINTED
            ),
            "That would be a linear contract. Here margin and loss are both in ETH.": float(
                linear_bankruptcy_price(-_SHORT / _FROM, _FROM, _SHORT / _LEVERAGE)
            ),
        },
    ),
}
