"""Exercises of lesson 08: Noor maintains a hedge, and closes it.

The wrong models behind the slips are functions, so that the tests can run them on other numbers.
"""

from __future__ import annotations

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.contracts import linear_pnl_usd
from hedgelib.course.exercises import Exercise
from hedgelib.course.studies.lesson08 import crash
from hedgelib.plan import rebalance

__all__ = [
    "EXERCISES",
    "account_forgotten",
    "closed_at_entry_for_nothing",
    "dollar_for_dollar",
    "funding_once_a_day",
    "linear_rise_to_liquidation",
    "short_scaled_with_price",
]


def account_forgotten(book_usd: float, beta: float, move: float) -> float:
    """Return the change of the short by the fall of the book alone.

    Parameters
    ----------
    book_usd, beta, move : float

    Returns
    -------
    float
        Change of the short, USD.
    """
    return beta * book_usd * beta * move


def dollar_for_dollar(added_usd: float, face_usd: float) -> float:
    """Return the contracts to add dollar for dollar, whatever the beta.

    Parameters
    ----------
    added_usd, face_usd : float

    Returns
    -------
    float
        Contracts.
    """
    return added_usd / face_usd


def short_scaled_with_price(contracts: float, entry_usd: float, exit_usd: float) -> float:
    """Return the contracts to close if an inverse face moved with the price.

    Parameters
    ----------
    contracts, entry_usd, exit_usd : float

    Returns
    -------
    float
        Contracts that would make up the dollars of the start.
    """
    return contracts * entry_usd / exit_usd


def closed_at_entry_for_nothing(book_usd: float) -> float:
    """Return the profit of an exit at the entry price, believed to be zero.

    Parameters
    ----------
    book_usd : float

    Returns
    -------
    float
        Profit, USD: none, whatever has happened.
    """
    return 0.0 * book_usd


def linear_rise_to_liquidation(leverage: float, rate: float) -> float:
    """Return the rise at which a linear short is liquidated, used for an inverse one.

    Parameters
    ----------
    leverage, rate : float
        And the maintenance rate, decimal.

    Returns
    -------
    float
        Decimal.
    """
    return (1 + 1 / leverage) / (1 + rate) - 1


def funding_once_a_day(notional_usd: float, rate_8h: float, days: int) -> float:
    """Return the funding with one settlement a day, where there are three.

    Parameters
    ----------
    notional_usd, rate_8h : float
    days : int

    Returns
    -------
    float
        Received, USD.
    """
    return notional_usd * rate_8h * days


_FACE = market.contract("binance:ETHUSD_PERP").multiplier

_BOOK, _BETA, _MOVE = 24_000.0, 1.5, -0.2
_MARGIN = 18_000.0
_CHANGE = rebalance(_BOOK, _BETA, _MARGIN, _BETA * _BOOK + _MARGIN, _MOVE)

_ADDED, _ADDED_BETA = 3_000.0, 1.4

_COUNT, _ENTRY, _EXIT = 1_200.0, 3_000.0, 2_400.0

_COINS = 4.0
_TOO_MANY = _COINS * _ENTRY / _EXIT - _COINS

_ALTS, _ALT_BETA = 10_000.0, 1.2
_WON = -float(linear_pnl_usd(_ALTS * _ALT_BETA / _ENTRY, _ENTRY, _EXIT))
_LOW = _ALTS * (1 + _ALT_BETA * (_EXIT / _ENTRY - 1))
_BACK = _LOW * (1 + _ALT_BETA * (_ENTRY / _EXIT - 1))
_WHOLE = _BACK - _ALTS + _WON

_LEVERAGE, _RATE = 2.5, 0.005
_RISE = (1 - _RATE) / (1 - 1 / _LEVERAGE) - 1

_SHORT, _FUNDING, _DAYS = 15_000.0, -0.0001, 30
_PAID = _SHORT * _FUNDING * 3 * _DAYS

_BUILT = {cap: crash("November 2022", max_leverage=cap) for cap in (2.0, 3.0)}
_UNHEDGED, _NAIVE, _PLAN = (outcome.max_drawdown_usd for outcome in _BUILT[2.0].outcomes)

EXERCISES: dict[str, Exercise] = {
    "08.1": Exercise(
        question=f"Noor holds {usd(_BOOK)} of altcoins with a beta of {_BETA:g}, and "
        f"{usd(_MARGIN)} of ETH that she bought as margin. Her short is exactly right. ETH moves "
        f"{percent(_MOVE, signed=True)}. By how many dollars must the short change? (A larger "
        "short is a positive number.)",
        answer=_CHANGE.change_usd,
        unit="USD",
        why="The formula has beta twice, as beta and as beta minus one.",
        hint="One formula of the lesson is enough: beta, beta minus one, the book, the move.",
        more_hints=("The margin has no part in it. A fall has a minus sign.",),
        solution=f"{_BETA:g} × ({_BETA:g} − 1) × {usd(_BOOK)} × {percent(_MOVE, signed=True)} = "
        f"**{usd(_CHANGE.change_usd, signed=True)}**. She buys some of it back.",
        slips={
            "You have resized by the book alone. What has the account gained meanwhile?": (
                account_forgotten(_BOOK, _BETA, _MOVE)
            ),
            "That is what the book has lost. How much of it is to be traded?": _BETA
            * _BOOK
            * _MOVE,
            "One factor is missing: the book's loss enters with beta once more.": (_BETA - 1)
            * _BOOK
            * _MOVE,
        },
    ),
    "08.2": Exercise(
        question=f"Noor buys another {usd(_ADDED)} of a coin whose beta is {_ADDED_BETA:g}, with "
        f"money from her bank account. She leaves the margin alone. How many more contracts of "
        f"{usd(_FACE)} does she sell? (Without a sign.)",
        answer=_ADDED * _ADDED_BETA / _FACE,
        unit="contracts",
        why="Multiply dollars by beta, and divide by the face.",
        hint="How many dollars of ETH does the new coin behave like?",
        more_hints=("Then divide by the face.",),
        solution=f"{usd(_ADDED)} × {_ADDED_BETA:g} / {usd(_FACE)} = "
        f"**{_ADDED * _ADDED_BETA / _FACE:,.0f} contracts**.",
        slips={
            "That is dollar for dollar. Does this coin move exactly like ETH?": (
                dollar_for_dollar(_ADDED, _FACE)
            ),
            "Those are dollars. How many faces is that?": _ADDED * _ADDED_BETA,
            "You have divided by the beta. Does a higher beta need a smaller short?": _ADDED
            / _ADDED_BETA
            / _FACE,
        },
    ),
    "08.3": Exercise(
        question=f"Noor is short {_COUNT:,.0f} inverse contracts of {usd(_FACE)}, sold at "
        f"{usd(_ENTRY)}. ETH is at {usd(_EXIT)}, and she wants to be out completely. How many "
        "contracts does she buy?",
        answer=_COUNT,
        unit="contracts",
        why="What was sold is what is bought, at any price.",
        hint="The face of an inverse contract is in dollars. What has the price done to it?",
        more_hints=("Close by contracts, not by coins.",),
        solution=f"**{_COUNT:,.0f} contracts**. Their face is {usd(_COUNT * _FACE)} at every "
        "price.",
        slips={
            "You let the face move with the price. That is how a contract of 1 ETH works.": (
                short_scaled_with_price(_COUNT, _ENTRY, _EXIT)
            ),
            "You made the short smaller along with the price. An inverse face stays.": _COUNT
            * _EXIT
            / _ENTRY,
            "Those are coins. The ticket counts contracts.": _COUNT * _FACE / _EXIT,
        },
    ),
    "08.4": Exercise(
        question=f"Her friend is short {_COINS:g} contracts of 1 ETH each, sold at {usd(_ENTRY)}. "
        f"At {usd(_EXIT)} he buys back “the exact notional” of the start, in dollars. Which "
        "position is he left with? (In ETH; short is a negative number.)",
        answer=_TOO_MANY,
        unit="ETH",
        why="He bought more coins than he had sold. He is long now, and does not know it.",
        hint="How many dollars was he short at the start? How many ETH is that now?",
        more_hints=("Bought minus sold is what is left.",),
        solution=f"{usd(_COINS * _ENTRY)} / {usd(_EXIT)} = {_COINS * _ENTRY / _EXIT:g} ETH bought, "
        f"{_COINS:g} sold: **{_TOO_MANY:+g} ETH**.",
        slips={
            "Nothing is left where contracts are counted. He counted dollars.": 0.0,
            "That is what he buys. How many of them close what he had sold?": _COINS
            * _ENTRY
            / _EXIT,
            "Those are dollars. How many ETH?": _TOO_MANY * _EXIT,
        },
    ),
    "08.5": Exercise(
        question=f"Noor has {usd(_ALTS)} of altcoins with a beta of {_ALT_BETA:g}, no residual, "
        f"and a short of the right size with stablecoin margin. ETH falls from {usd(_ENTRY)} to "
        f"{usd(_EXIT)}; there she closes the hedge. Then ETH goes back to {usd(_ENTRY)}, and "
        "her coins move with it, beta times its return. What is her profit since the start?",
        answer=_WHOLE,
        unit="USD",
        why="The hedge kept its gain. The book recovered.",
        hint="Two stretches: hedged on the way down, unhedged on the way up.",
        more_hints=(
            "On the way down the short gains what the book loses.",
            "On the way up the return is larger in percent, and it works on a smaller book.",
        ),
        solution=f"Down: the book loses {usd(_ALTS - _LOW)}, the short gains {usd(_WON)}. Up: "
        f"{usd(_LOW)} × {_ALT_BETA:g} × {percent(_ENTRY / _EXIT - 1)} = {usd(_BACK - _LOW)}. "
        f"Together **{usd(_WHOLE, signed=True)}**.",
        slips={
            "That is what she would have had by waiting for the price of the entry. "
            "She did not wait.": closed_at_entry_for_nothing(_ALTS),
            "That is the gain of the short. Is the book where it was?": _WON,
            "That is the book alone. What has the short gained?": _BACK - _ALTS,
        },
    ),
    "08.6": Exercise(
        question=f"An inverse short is at {_LEVERAGE:g}x, with {percent(_RATE, digits=1)} of "
        "maintenance margin at the mark price and ETH as margin. By how many percent must ETH "
        "rise until it is liquidated?",
        answer=_RISE * 100,
        unit="percent",
        why="The margin coins rise as well, so an inverse short lasts longer than a linear one.",
        hint="The formula is below the table of risks: one minus the maintenance rate, over "
        "one minus one over the leverage.",
        more_hints=(f"One minus 1/{_LEVERAGE:g} is {1 - 1 / _LEVERAGE:g}.",),
        solution=f"{1 - _RATE:g} / {1 - 1 / _LEVERAGE:g} − 1 = **{percent(_RISE, digits=1)}**.",
        slips={
            "That is a linear short. Here the margin is a coin that rises too.": (
                linear_rise_to_liquidation(_LEVERAGE, _RATE) * 100
            ),
            "That is one over the leverage, which is no liquidation price.": 100 / _LEVERAGE,
            "There the margin is all gone. The venue liquidates a little earlier.": (
                1 / (1 - 1 / _LEVERAGE) - 1
            )
            * 100,
            "That is the new price as a share of the old. How much is the rise?": (_RISE + 1) * 100,
        },
        within=0.003,
    ),
    "08.7": Exercise(
        question=f"Noor is short {usd(_SHORT)} for {_DAYS} days. The mean rate is "
        f"{percent(_FUNDING, digits=2, signed=True)} for each 8 hours. What does she receive? "
        "(Paid is a negative number.)",
        answer=_PAID,
        unit="USD",
        why="Below zero a short pays, three times a day, on the face.",
        wrong_way="Who pays whom below zero?",
        hint="How often in a day is funding paid?",
        more_hints=("Face, times rate, times three, times days.",),
        solution=f"{usd(_SHORT)} × {percent(_FUNDING, digits=2, signed=True)} × 3 × {_DAYS} = "
        f"**{usd(_PAID, signed=True)}**.",
        slips={
            "Look at the sign of the rate again: below zero, who pays?": -_PAID,
            "There are three settlements in a day.": funding_once_a_day(_SHORT, _FUNDING, _DAYS),
            "That is a single settlement.": _SHORT * _FUNDING,
        },
    ),
    "08.8": Exercise(
        question="Build it: replay November 2022 with `crash`, but with at most 2x. By how "
        "many dollars is the maximum drawdown smaller with the beta hedge than without one?",
        answer=_UNHEDGED - _PLAN,
        unit="USD",
        why="More margin does not make the hedge stronger. It moves liquidation further away.",
        hint='`crash("November 2022", max_leverage=2)` in a cell of its own shows a table.',
        more_hints=(
            "You want the row of the maximum drawdown: unhedged against beta hedge.",
            "In numbers: `.outcomes` has the three, each with `max_drawdown_usd`.",
        ),
        solution=f"{usd(_UNHEDGED)} − {usd(_PLAN)} = **{usd(_UNHEDGED - _PLAN)}**.",
        slips={
            "That is the naive hedge. Take the last column.": _UNHEDGED - _NAIVE,
            "That is the difference in profit. The question is about the maximum drawdown.": (
                _BUILT[2.0].outcomes[2].pnl_usd - _BUILT[2.0].outcomes[0].pnl_usd
            ),
            "That is the drawdown with the beta hedge. How much smaller is it than without?": _PLAN,
            "That is at 3x. Set the leverage to 2.": (
                _UNHEDGED - _BUILT[3.0].outcomes[2].max_drawdown_usd
            ),
        },
        within=0.003,
    ),
}
