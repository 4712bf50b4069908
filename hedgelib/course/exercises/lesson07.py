"""Exercises of lesson 07: Bob hedges as Alice did.

The wrong models behind the slips are functions, so that the tests can run them on other numbers.
"""

from __future__ import annotations

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.contracts import inverse_pnl_coin, inverse_pnl_usd
from hedgelib.course.exercises import Exercise
from hedgelib.plan import hedge_notional, plan_hedge, smallest_collateral
from hedgelib.scenario import move_pnl

__all__ = [
    "EXERCISES",
    "beta_on_the_margin_too",
    "funding_of_a_week",
    "margin_for_the_book_alone",
    "margin_left_out",
    "own_move_left_out",
    "paid_at_the_old_price",
]


def margin_left_out(book_usd: float, short_usd: float, move: float) -> float:
    """Return the profit of altcoins and short, without the margin, as in the article.

    Parameters
    ----------
    book_usd, short_usd, move : float
        Altcoins of beta 1.

    Returns
    -------
    float
        USD.
    """
    return (book_usd - short_usd) * move


def paid_at_the_old_price(short_usd: float, entry_usd: float, move: float) -> float:
    """Return a short's profit in coins, converted at its entry price.

    Parameters
    ----------
    short_usd, entry_usd, move : float

    Returns
    -------
    float
        Coins.
    """
    return -short_usd * move / entry_usd


def margin_for_the_book_alone(book_usd: float, leverage: float) -> float:
    """Return the margin as if the bought coin needed no hedge.

    Parameters
    ----------
    book_usd, leverage : float
        Altcoins of beta 1.

    Returns
    -------
    float
        USD.
    """
    return book_usd / leverage


def own_move_left_out(
    book_usd: float, beta: float, margin_usd: float, short_usd: float, move: float
) -> float:
    """Return the profit of a hedge without the residual of the altcoins.

    Parameters
    ----------
    book_usd, beta, margin_usd, short_usd, move : float

    Returns
    -------
    float
        USD.
    """
    return (beta * book_usd + margin_usd - short_usd) * move


def beta_on_the_margin_too(book_usd: float, beta: float, margin_usd: float) -> float:
    """Return the short with the margin at the beta of the altcoins.

    Parameters
    ----------
    book_usd, beta, margin_usd : float

    Returns
    -------
    float
        USD to short.
    """
    return beta * (book_usd + margin_usd)


def funding_of_a_week(short_usd: float, rate: float, *, a_day: int = 3, sign: int = 1) -> float:
    """Return the funding of seven days.

    Parameters
    ----------
    short_usd, rate : float
        And the rate of one settlement, decimal.
    a_day : int
        Settlements; fewer than there are is a slip.
    sign : int
        1 where a short receives at a positive rate, -1 for who believes that it pays.

    Returns
    -------
    float
        USD received.
    """
    return sign * short_usd * rate * a_day * 7


_ETH = market.contract("binance:ETHUSD_PERP")
_FACE = _ETH.multiplier
_BOOK, _PRICE, _COINS, _FALL, _CAP = 20_000.0, 2_500.0, 8.0, -0.2, 3.0
_MARGIN = _COINS * _PRICE
_AFTER = _PRICE * (1 + _FALL)
_AT_1X = move_pnl(_BOOK, 1.0, _COINS, -_MARGIN / _FACE, _PRICE, _FALL, _FACE)

_WHOLE = float(hedge_notional(_BOOK, 1.0, _MARGIN))
_EARNED = float(inverse_pnl_coin(-_WHOLE / _FACE, _PRICE, _AFTER, _FACE))
_LEAST = float(smallest_collateral(_BOOK, 1.0, _CAP))

_BETA, _OWN = 1.3, -0.03
_TOGETHER = (
    float(move_pnl(_BOOK, _BETA, _COINS, -_WHOLE / _FACE, _PRICE, _FALL, _FACE).total_usd)
    + _BOOK * _OWN
)

_SIZED = plan_hedge(_BOOK, _BETA, _ETH, _PRICE, collateral_usd=_MARGIN, fee_rate=0)

_FEE, _RATE = 0.0005, 0.0001
_FEES = -2 * _FEE * _SIZED.notional_usd
_CARRY = _FEES + funding_of_a_week(_SIZED.notional_usd, _RATE)

_BOB = f"Bob has {usd(_BOOK)} of altcoins that follow ETH one for one. ETH is at {usd(_PRICE)}."

EXERCISES: dict[str, Exercise] = {
    "07.1": Exercise(
        question=f"{_BOB} With new money he buys {_COINS:g} ETH, posts them as margin, and shorts "
        f"{usd(_MARGIN)}: leverage 1. Everything falls {percent(-_FALL)}. How many dollars does "
        "Bob gain (+) or lose (−), altcoins, margin and short together?",
        answer=float(_AT_1X.total_usd),
        unit="USD",
        why="Margin and short cancel each other. What the altcoins lose stays lost.",
        hint="Write down three lines, one each for altcoins, margin and short, and add them up.",
        more_hints=(
            f"Each of the three is worth {usd(_BOOK)}, and each moves by {percent(-_FALL)}.",
            "Two of them lose when prices fall. Which one gains?",
        ),
        solution=f"Altcoins {usd(_AT_1X.spot_usd, signed=True)}, margin "
        f"{usd(_AT_1X.collateral_usd, signed=True)}, short {usd(_AT_1X.hedge_usd, signed=True)}. "
        f"Together **{usd(_AT_1X.total_usd, signed=True)}**. It is Alice's case A.",
        slips={
            "You have counted the altcoins and the short. What do the coins in the margin do?": (
                margin_left_out(_BOOK, _MARGIN, _FALL)
            ),
            "You have counted what falls. What does the short do meanwhile?": (_BOOK + _MARGIN)
            * _FALL,
            "That is the margin and the short alone, or the short by itself. Where are the "
            "altcoins?": -_MARGIN * _FALL,
        },
    ),
    "07.2": Exercise(
        question="Bob keeps the altcoins and the margin of the first exercise. How many dollars "
        "must he short so that a move of ETH leaves him where he was?",
        answer=_WHOLE,
        unit="USD",
        why="N = βV + margin. Everything that moves with ETH is in it.",
        hint="Add up every dollar he owns that moves with ETH.",
        more_hints=(
            "There are two such things: what he wants to protect, and what he has posted.",
        ),
        solution=f"Altcoins of {usd(_BOOK)} with a beta of 1, and {usd(_MARGIN)} of ETH: "
        f"**{usd(_WHOLE)}**. It is Alice's case C.",
        slips={
            "That covers one of the two things that move with ETH. Which is the other?": _BOOK,
            "That is a number of coins. How many dollars is it?": _WHOLE / _PRICE,
        },
    ),
    "07.3": Exercise(
        question=f"How many contracts is that, with a face of {usd(_FACE)}? Give the number "
        "without a sign.",
        answer=_WHOLE / _FACE,
        unit="contracts",
        why="Dollars over face. The price of ETH plays no part.",
        hint="The face of an inverse contract is a number of dollars.",
        more_hints=("Divide the dollars of the exercise before by the face.",),
        solution=f"{usd(_WHOLE)} / {usd(_FACE)} = **{_WHOLE / _FACE:,.0f} contracts**.",
        slips={
            "That is a number of coins. What is the face of an inverse contract?": _WHOLE / _PRICE,
            "You have the contracts of a smaller short. See exercise 07.2.": _BOOK / _FACE,
            "That is the number of dollars. How many go into one contract?": _WHOLE,
        },
    ),
    "07.4": Exercise(
        question=f"Everything falls {percent(-_FALL)} again. How many **ETH** does the short of "
        "exercise 07.2 earn?",
        answer=_EARNED,
        unit="ETH",
        why="N (1/X − 1/E): the dollars earned are turned into ETH at the new, lower price.",
        hint="The profit of an inverse short is N (1/X − 1/E), in coins.",
        more_hints=(
            f"X is {usd(_PRICE)} minus {percent(-_FALL)}.",
            "How many ETH did those dollars buy at the entry? And how many after the fall?",
        ),
        solution=f"{usd(_WHOLE)} are {_WHOLE / _PRICE:g} ETH at {usd(_PRICE)} and "
        f"{_WHOLE / _AFTER:g} ETH at {usd(_AFTER)}. The short earns the difference, "
        f"**{_EARNED:g} ETH**.",
        slips={
            "You have turned dollars into coins at the old price. At which price is the profit "
            "paid?": paid_at_the_old_price(_WHOLE, _PRICE, _FALL),
            "That is in dollars. An inverse contract pays in the coin.": float(
                inverse_pnl_usd(-_WHOLE / _FACE, _PRICE, _AFTER, _FACE)
            ),
            "That is what a short of the altcoins alone would earn. See exercise 07.2.": float(
                inverse_pnl_coin(-_BOOK / _FACE, _PRICE, _AFTER, _FACE)
            ),
        },
    ),
    "07.5": Exercise(
        question=f"Bob wants a leverage of {_CAP:g} at most, and still buys the ETH for the "
        "margin. What is the least margin, in dollars, with which he can hedge everything?",
        answer=_LEAST,
        unit="USD",
        why="The leverage is 1 + βV / margin, so the margin is βV / (leverage − 1).",
        hint="Solve 1 + βV / margin = leverage for the margin.",
        more_hints=(
            "Take the 1 to the other side: one part of the leverage covers the margin itself.",
        ),
        solution=f"{usd(_BOOK)} / ({_CAP:g} − 1) = **{usd(_LEAST)}**. The test: the short is then "
        f"{usd(_BOOK)} + {usd(_LEAST)} = {usd(_BOOK + _LEAST)}, {_CAP:g} times the margin.",
        slips={
            "You have divided the altcoins by the leverage. The margin needs hedging too.": (
                margin_for_the_book_alone(_BOOK, _CAP)
            ),
            "That is the short, or the book. Which part of it must be posted?": _BOOK,
        },
    ),
    "07.6": Exercise(
        question=f"Bob's altcoins turn out to have a beta of {_BETA:g}, and have a residual return "
        f"of {percent(_OWN, signed=True)}. He has {usd(_MARGIN)} of bought ETH posted, and the "
        f"short of exercise 07.2. ETH falls {percent(-_FALL)}. How many dollars does Bob gain (+) "
        "or lose (−), altcoins, margin and short together? (No fees.)",
        answer=_TOGETHER,
        unit="USD",
        why="The short was sized for a beta of 1, and no short covers the residual.",
        hint="Four lines this time: altcoins with ETH, residual of the altcoins, margin, short.",
        more_hints=(
            f"With ETH the altcoins move {_BETA:g} times {percent(-_FALL)}.",
            "The margin is ETH. Its beta is 1, and it has no residual.",
        ),
        solution=f"With ETH {usd(_BOOK * _BETA * _FALL, signed=True)}, residual "
        f"{usd(_BOOK * _OWN, signed=True)}, margin {usd(_MARGIN * _FALL, signed=True)}, short "
        f"{usd(-_WHOLE * _FALL, signed=True)}. Together **{usd(_TOGETHER, signed=True)}**.",
        slips={
            "The book is under-hedged at this beta, yes. What is the residual of the coins?": (
                own_move_left_out(_BOOK, _BETA, _MARGIN, _WHOLE, _FALL)
            ),
            "That is the residual of the coins. Is the short the right size for this beta?": (
                _BOOK * _OWN
            ),
            "You have left the margin out again.": _BOOK * (_BETA * _FALL + _OWN) - _WHOLE * _FALL,
            "That is the altcoins alone. What do margin and short add?": _BOOK
            * (_BETA * _FALL + _OWN),
        },
    ),
    "07.7": Exercise(
        question=f"Build it. The beta is {_BETA:g}, the margin {usd(_MARGIN)} of ETH bought with "
        f"new money, ETH at {usd(_PRICE)}. How many contracts of {usd(_FACE)} make the whole "
        "hedge? (No fees, without a sign. By hand or with `plan_hedge`.)",
        answer=-_SIZED.contracts,
        unit="contracts",
        why="Beta times the altcoins, the margin as it is, over the face.",
        hint="The beta belongs to the altcoins. What is the beta of ETH to ETH?",
        more_hints=(
            "N = βV + margin, then divide by the face.",
            "`plan_hedge(book, beta, eth, price, collateral_usd=margin, fee_rate=0)` shows it in "
            "its fourth line. `eth` is the contract of this lesson.",
        ),
        solution=f"{_BETA:g} × {usd(_BOOK)} + {usd(_MARGIN)} = {usd(_SIZED.notional_usd)}; "
        f"over {usd(_FACE)}: **{-_SIZED.contracts:,.0f} contracts**.",
        slips={
            "You have given the margin the beta of the altcoins.": beta_on_the_margin_too(
                _BOOK, _BETA, _MARGIN
            )
            / _FACE,
            "That is one for one. Here the altcoins move further than ETH.": _WHOLE / _FACE,
            "That covers the altcoins. What has been posted moves too.": _BETA * _BOOK / _FACE,
            "That is a number of ETH. What is the face?": _SIZED.notional_usd / _PRICE,
            "Those are dollars. How many contracts?": _SIZED.notional_usd,
        },
    ),
    "07.8": Exercise(
        question=f"Bob holds the short of exercise 07.7 for a week. A trade costs "
        f"{percent(_FEE, digits=2)}, and funding is {percent(_RATE, digits=2, signed=True)} for "
        "each 8 hours. What do the fees of opening and closing and the funding come to together? "
        "(In dollars; paid is a negative number.)",
        answer=_CARRY,
        unit="USD",
        why="At a rate above zero the short receives, 21 times in a week; the fee is paid twice.",
        hint="Two trades, and how many settlements in seven days? Who pays above zero?",
        more_hints=(
            "Both are shares of the dollars that he is short, whatever ETH costs.",
            f"The fees are 2 × {percent(_FEE, digits=2)} of it, paid. The funding is 21 × "
            f"{percent(_RATE, digits=2)} of it.",
        ),
        solution=f"Short {usd(_SIZED.notional_usd)}. Fees {usd(_FEES, signed=True, cents=True)}, "
        f"funding {usd(_CARRY - _FEES, signed=True, cents=True)}. Together "
        f"**{usd(_CARRY, signed=True, cents=True)}**.",
        slips={
            "You let the short pay. Above zero, who pays whom?": _FEES
            + funding_of_a_week(_SIZED.notional_usd, _RATE, sign=-1),
            "That is one settlement a day. There are three.": _FEES
            + funding_of_a_week(_SIZED.notional_usd, _RATE, a_day=1),
            "You have paid one fee. He gets in, and out again.": _FEES / 2
            + funding_of_a_week(_SIZED.notional_usd, _RATE),
            "That is the funding. What do the trades cost?": _CARRY - _FEES,
            "Those are the fees. What is the funding?": _FEES,
        },
    ),
}
