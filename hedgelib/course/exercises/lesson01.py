"""Exercises of lesson 01: owners, longs and shorts, a put, a future with a date, two accounts.

The wrong models behind the slips are functions, so that tests can run them on other numbers.
"""

from __future__ import annotations

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.contracts import inverse_pnl_coin, inverse_pnl_usd, linear_pnl_usd
from hedgelib.course.exercises import Exercise
from hedgelib.course.studies.lesson01 import put_pnl_usd, wild_days
from hedgelib.margin import inverse_bankruptcy_price, linear_bankruptcy_price
from hedgelib.scenario import move_pnl

__all__ = [
    "EXERCISES",
    "change_over_the_exit",
    "coins_at_the_entry",
    "insured_pnl_usd",
    "one_for_one",
    "without_the_margin_coin",
]


def change_over_the_exit(notional_usd: float, entry_usd: float, exit_usd: float) -> float:
    """Return the gain of a short, USD, with the change over the new price: the wrong base."""
    return -notional_usd * (exit_usd - entry_usd) / exit_usd


def insured_pnl_usd(book_usd: float, move: float) -> float:
    """Return the gain of a hedged book, USD, as if the short were insurance: rises kept."""
    return max(book_usd * move, 0.0)


def one_for_one(move: float, beta: float) -> float:
    """Return the move of a coin with its beta left out, a decimal."""
    del beta
    return move


def coins_at_the_entry(notional_usd: float, entry_usd: float, exit_usd: float) -> float:
    """Return the profit of an inverse short in dollars, converted to coins at the entry price."""
    return float(inverse_pnl_usd(-notional_usd, entry_usd, exit_usd)) / entry_usd


def without_the_margin_coin(book_usd: float, short_usd: float, move: float) -> float:
    """Return the gain of a hedge, USD, without the move of its margin coin."""
    return (book_usd - short_usd) * move


_SIZE, _SOLD, _NOW = 3_000.0, 2_000.0, 2_500.0
_PAID = float(linear_pnl_usd(-_SIZE / _SOLD, _SOLD, _NOW))

_BOOK, _RISE, _FALL, _PREMIUM = 8_000.0, 0.5, -0.35, 480.0
_INSURED = _BOOK * _FALL + float(put_pnl_usd(_BOOK, _FALL, _PREMIUM))

_BTC, _ALT, _NEXT = -0.25, -0.40, 0.10
_BETA = _ALT / _BTC
_WILD = wild_days(market.returns(["BTC", "ETH", "ADA", "LINK", "MATIC"]), 0.05)

_COINS, _SPOT, _FUTURE, _LAST = 5.0, 2_000.0, 2_060.0, 2_300.0
_OWNED = _COINS * (_LAST - _SPOT)
_DATED = float(linear_pnl_usd(-_COINS, _FUTURE, _LAST))

_SHORT, _ENTRY, _EXIT = 5_000.0, 2_000.0, 1_600.0
_EARNED = float(inverse_pnl_coin(-_SHORT, _ENTRY, _EXIT))

_STAKE, _LEVERAGE = 1_200.0, 2.0
_EMPTY = float(1 - inverse_bankruptcy_price(_LEVERAGE * _STAKE, _ENTRY, _STAKE / _ENTRY) / _ENTRY)
_EMPTY_LINEAR = float(
    1 - linear_bankruptcy_price(_LEVERAGE * _STAKE / _ENTRY, _ENTRY, _STAKE) / _ENTRY
)

_ALTS, _MARGIN, _HEDGE, _DROP = 6_000.0, 3_000.0, 6_000.0, -0.3
_WHOLE = move_pnl(_ALTS, 1.0, _MARGIN / _SPOT, -_HEDGE, _SPOT, _DROP)


EXERCISES: dict[str, Exercise] = {
    "01.1": Exercise(
        question=f"Ben is short {usd(_SIZE)} of ETH, agreed on at {usd(_SOLD)}. ETH is now at "
        f"{usd(_NOW)}. How many dollars has he gained (+) or lost (−)?",
        answer=_PAID,
        unit="USD",
        why="The short loses what the long gains: the size times the rise.",
        hint="How many ETH is the agreement about, at the price agreed on?",
        more_hints=("Each of them costs him the difference between the two prices.",),
        solution=f"{usd(_SIZE)} / {usd(_SOLD)} = {_SIZE / _SOLD:g} ETH. Each has risen by "
        f"{usd(_NOW - _SOLD)}, and the short pays it: {_SIZE / _SOLD:g} × {usd(_NOW - _SOLD)} = "
        f"{usd(-_PAID)}, a loss: **{usd(_PAID)}**.",
        slips={
            "The size is right. Is a short glad of a rise?": -_PAID,
            "You have taken the change as a share of the new price. The agreement was made at the "
            "old one.": change_over_the_exit(_SIZE, _SOLD, _NOW),
            "That is for one ETH. How many ETH is the agreement about?": _SOLD - _NOW,
        },
    ),
    "01.2": Exercise(
        question=f"Cleo owns {usd(_BOOK)} of altcoins that move with the market one for one. She "
        f"is short {usd(_BOOK)} as a hedge. The market rises {percent(_RISE)}. How many dollars "
        "does she gain (+) or lose (−), altcoins and short together?",
        answer=0.0,
        unit="USD",
        why="What the altcoins gain, the short pays. A full hedge fixes the result both ways.",
        hint="Two lines: what do the altcoins do, what does the short do?",
        more_hints=("A short loses in a rise, even if it is meant as protection.",),
        solution=f"Altcoins {usd(_BOOK * _RISE, signed=True)}, short "
        f"{usd(-_BOOK * _RISE, signed=True)}. Together **{usd(0)}**.",
        slips={
            "You have kept the gain, as with insurance. What does a short do in a rise?": (
                insured_pnl_usd(_BOOK, _RISE)
            ),
            "That is the short alone. What do the altcoins do?": -_BOOK * _RISE,
            "You have added the two without looking at their signs.": 2 * _BOOK * _RISE,
        },
    ),
    "01.3": Exercise(
        question="Cleo closes the short and buys a put on all her altcoins instead, at "
        f"today's value. The premium is {usd(_PREMIUM)}. The market falls {percent(-_FALL)}. How "
        "many dollars does she gain (+) or lose (−), altcoins and put together?",
        answer=_INSURED,
        unit="USD",
        why="The put covers the whole fall. The premium is gone, whatever happens.",
        hint="Three lines: the altcoins, what the put pays, what the put cost.",
        more_hints=("The put pays exactly what the altcoins lose below today's value.",),
        solution=f"Altcoins {usd(_BOOK * _FALL, signed=True)}, the put pays "
        f"{usd(-_BOOK * _FALL, signed=True)}, the premium was {usd(-_PREMIUM, signed=True)}. "
        f"Together **{usd(_INSURED)}**.",
        slips={
            "What did the put cost?": 0.0,
            "You have counted the altcoins and the premium. What does the put pay?": _BOOK * _FALL
            - _PREMIUM,
            "That is the put alone. What do the altcoins do?": float(
                put_pnl_usd(_BOOK, _FALL, _PREMIUM)
            ),
            "That is the book without any protection.": _BOOK * _FALL,
        },
    ),
    "01.4": Exercise(
        question=f"BTC fell {percent(-_BTC)}, and an altcoin {percent(-_ALT)} with it. Suppose "
        f"that it keeps its beta. BTC now rises {percent(_NEXT)}. By how many percent does the "
        "altcoin move? (Give 7 for +7%.)",
        answer=100 * _BETA * _NEXT,
        unit="%",
        why="That is so if it keeps its beta, as we assumed. Real coins do not. On BTC's wild "
        f"days ADA fell {_WILD['ADA'][0]:.2f} times as far as BTC, and rose only "
        f"{_WILD['ADA'][1]:.2f} times as far.",
        hint="Beta is the altcoin's move over BTC's move, both from the same fall.",
        more_hints=("Multiply the new move of BTC by it.",),
        solution=f"Beta is {percent(_ALT)} / {percent(_BTC)} = {_BETA:g}. Then {_BETA:g} × "
        f"{percent(_NEXT, signed=True)} = **{percent(_BETA * _NEXT, signed=True)}**.",
        slips={
            "That is a decimal. How many percent is it?": _BETA * _NEXT,
            "You have left beta out.": 100 * one_for_one(_NEXT, _BETA),
            "You have beta upside down: it is the altcoin's move over BTC's.": 100 * _NEXT / _BETA,
            "The size is right. Does an altcoin with a positive beta fall when BTC rises?": -100
            * _BETA
            * _NEXT,
        },
    ),
    "01.5": Exercise(
        question=f"Dora owns {_COINS:g} ETH at {usd(_SPOT)} and sells a future on {_COINS:g} ETH "
        f"with an expiry, at {usd(_FUTURE)}. On its last day ETH is at {usd(_LAST)}, and the "
        "future is settled there. How many dollars has she gained (+) or lost (−) since, coins and "
        "future together?",
        answer=_OWNED + _DATED,
        unit="USD",
        why="She sold above spot, and on the last day she has earned the difference at any price.",
        hint="Two lines: her coins from spot to the last day, and the future from where she sold.",
        more_hints=("The future is sold at its own price, not at spot.",),
        solution=f"Coins: {_COINS:g} × ({usd(_LAST)} − {usd(_SPOT)}) = "
        f"{usd(_OWNED, signed=True)}. Future: {_COINS:g} × ({usd(_FUTURE)} − {usd(_LAST)}) = "
        f"{usd(_DATED, signed=True)}. Together **{usd(_OWNED + _DATED, signed=True)}**, which is "
        f"{_COINS:g} times the basis of {usd(_FUTURE - _SPOT)}.",
        slips={
            "That would be so if she had sold at spot. At what price did she sell?": 0.0,
            "That is the coins alone.": _OWNED,
            "That is the future alone.": _DATED,
            "Is it good or bad for a seller to sell above spot?": -(_OWNED + _DATED),
        },
    ),
    "01.6": Exercise(
        question=f"Emil is short {usd(_SHORT)} of an inverse contract on ETH from {usd(_ENTRY)}. "
        f"ETH falls to {usd(_EXIT)}. How many **ETH** does he receive?",
        answer=_EARNED,
        unit="ETH",
        why="The dollars earned are paid in ETH, and at the new price they are more ETH.",
        hint="The profit of an inverse short is N (1/X − 1/E), in coins.",
        more_hints=("Or: find the profit in dollars, and convert it to ETH at today's price.",),
        solution=f"{usd(_SHORT)} were {_SHORT / _ENTRY:g} ETH and are now {_SHORT / _EXIT:g} ETH. "
        f"The difference is **{_EARNED:g} ETH**, or {usd(_EARNED * _EXIT)}.",
        slips={
            "You have converted dollars to ETH at the old price.": coins_at_the_entry(
                _SHORT, _ENTRY, _EXIT
            ),
            "That is in dollars. An inverse contract pays in the coin.": float(
                inverse_pnl_usd(-_SHORT, _ENTRY, _EXIT)
            ),
        },
    ),
    "01.7": Exercise(
        question=f"Fay posts {usd(_STAKE)} of ETH as margin and goes **long** "
        f"{usd(_LEVERAGE * _STAKE)} of an inverse contract on it: leverage {_LEVERAGE:g}. By how "
        "many percent must ETH fall to empty the account? Leave the venue's maintenance margin "
        "out. (Give 7 for a fall of 7%.)",
        answer=100 * _EMPTY,
        unit="%",
        why="Margin and contract both fall, so each percent costs the margin once and the contract "
        "as many times as the leverage.",
        hint="Two things lose when ETH falls. Which, and how much does each lose on 1%?",
        more_hints=("Together they lose 1 + leverage percent of the margin on every percent.",),
        solution=f"On a fall of 1% the margin loses {usd(_STAKE / 100)} and the contract "
        f"{usd(_LEVERAGE * _STAKE / 100)}, {usd((1 + _LEVERAGE) * _STAKE / 100)} together. There "
        f"is {usd(_STAKE)} to lose: {usd(_STAKE)} / {usd((1 + _LEVERAGE) * _STAKE / 100)} = "
        f"**{percent(_EMPTY, digits=1)}**.",
        slips={
            "That would be a linear contract, with dollars as margin. What does her margin do?": 100
            * _EMPTY_LINEAR,
            "That is a decimal. How many percent is it?": _EMPTY,
            "That is where an owner without a contract would be left with nothing.": 100.0,
        },
        within=0.012,
    ),
    "01.8": Exercise(
        question=f"Gus holds {usd(_ALTS)} of altcoins that follow ETH one for one. He buys "
        f"{usd(_MARGIN)} of ETH, posts it as margin, and shorts {usd(_HEDGE)} of an inverse "
        f"contract. Everything falls {percent(-_DROP)}. How many dollars does he gain (+) or lose "
        "(−), all in all?",
        answer=float(_WHOLE.total_usd),
        unit="USD",
        why="The short covers the loss of the altcoins. Nothing covers the loss of the margin.",
        hint="Write down everything he owns that moves with ETH.",
        more_hints=("Three lines: altcoins, margin, short.",),
        solution=f"Altcoins {usd(_WHOLE.spot_usd, signed=True)}, margin "
        f"{usd(_WHOLE.collateral_usd, signed=True)}, short "
        f"{usd(_WHOLE.hedge_usd, signed=True)}. Together "
        f"**{usd(_WHOLE.total_usd, signed=True)}**: the fall of the ETH that he bought.",
        slips={
            "You have counted the altcoins and the short. What does the ETH in the margin do?": (
                without_the_margin_coin(_ALTS, _HEDGE, _DROP)
            ),
            "You have counted what falls. What does the short do?": (_ALTS + _MARGIN) * _DROP,
            "That is the short alone.": -_HEDGE * _DROP,
        },
    ),
}
