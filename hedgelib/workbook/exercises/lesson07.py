"""Exercises of lesson 07: Bob hedges as Alice did."""

from __future__ import annotations

from hedgelib._text import percent, usd
from hedgelib.contracts import inverse_pnl_coin
from hedgelib.plan import hedge_notional, smallest_collateral
from hedgelib.workbook.exercises import Exercise

BOOK = 20_000.0
PRICE = 2_500.0
COINS = 8.0
FALL = -0.2
FACE = 10.0
CAP = 3.0

_MARGIN = COINS * PRICE
_WHOLE = hedge_notional(BOOK, 1.0, _MARGIN)
_AFTER = PRICE * (1 + FALL)
_EARNED = inverse_pnl_coin(-_WHOLE / FACE, PRICE, _AFTER, FACE)
_BOB = f"Bob has {usd(BOOK)} of altcoins that follow ETH one for one. ETH stands at {usd(PRICE)}."

EXERCISES: dict[str, Exercise] = {
    "07.1": Exercise(
        question=f"{_BOB} With new money he buys {COINS:g} ETH, posts them as margin, and shorts "
        f"{usd(_MARGIN)}: leverage 1. Everything falls {percent(-FALL)}. How many dollars does Bob "
        "gain (+) or lose (−), altcoins, margin and short together?",
        answer=BOOK * FALL,
        unit="USD",
        why="Margin and short cancel each other. What the altcoins lose stays lost.",
        hint="Write down three lines, one each for altcoins, margin and short, and add them up.",
        slips={
            "You have counted the altcoins and the short. What do the coins in the margin do?": 0.0,
            "You have counted what falls. What does the short do meanwhile?": (BOOK + _MARGIN)
            * FALL,
            "That is the margin and the short alone. Where are the altcoins, and what is their "
            "beta?": -_MARGIN * FALL,
        },
    ),
    "07.2": Exercise(
        question="Bob keeps the altcoins and the margin of the first exercise. How many dollars "
        "must he short so that a move of ETH leaves him where he was?",
        answer=_WHOLE,
        unit="USD",
        why="N = βV + margin. Everything that moves with ETH is in it.",
        hint="Add up every dollar he owns that moves with ETH.",
        slips={"That covers one of the two things that move with ETH. Which is the other?": BOOK},
    ),
    "07.3": Exercise(
        question=f"How many contracts is that, with a face of {usd(FACE)}? Give the number without "
        "a sign.",
        answer=_WHOLE / FACE,
        unit="contracts",
        why="Dollars over face. The price of ETH plays no part.",
        hint="The face of an inverse contract is a number of dollars.",
        slips={
            "That is a number of coins. What is the face of an inverse contract?": _WHOLE / PRICE,
            "You have the contracts for too small a short. See exercise 07.2.": BOOK / FACE,
        },
    ),
    "07.4": Exercise(
        question=f"Everything falls {percent(-FALL)} again. How many **ETH** does the short of "
        "exercise 07.2 earn?",
        answer=_EARNED,
        unit="ETH",
        why="N (1/X − 1/E): the dollars earned are turned into ETH at the new, lower price.",
        hint="The profit of an inverse short is N (1/X − 1/E), in coins.",
        slips={
            "You have turned dollars into coins at the old price. At which price is the profit "
            "paid?": -_WHOLE * FALL / PRICE,
            "That is in dollars. An inverse contract pays in the coin.": -_WHOLE * FALL,
        },
    ),
    "07.5": Exercise(
        question=f"Bob wants a leverage of {CAP:g} at most, and still buys the ETH for the margin. "
        "What is the least margin, in dollars, with which he can hedge everything?",
        answer=smallest_collateral(BOOK, 1.0, CAP),
        unit="USD",
        why="The leverage is 1 + βV / margin, so the margin is βV / (leverage − 1).",
        hint="Solve 1 + βV / margin = leverage for the margin.",
        slips={
            "You have divided the altcoins by the leverage. The margin needs hedging too.": BOOK
            / CAP,
            "That is the short, or the book. Which part of it must be posted?": BOOK,
        },
    ),
}
