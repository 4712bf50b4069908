"""Exercises of lesson 09: Noor decides. The wrong models behind the slips are functions."""

from __future__ import annotations

import math

from hedgelib._text import percent, usd
from hedgelib.course.exercises import Exercise
from hedgelib.course.studies.lesson09 import highest_leverage
from hedgelib.plan import hedge_notional, smallest_collateral

__all__ = [
    "EXERCISES",
    "leverage_of_a_linear_short",
    "loss_of_the_whole_book",
    "maintenance_forgotten",
    "margin_counted_twice",
    "margin_for_the_book_alone",
    "sale_by_variance",
    "swing_by_variance",
]


def margin_for_the_book_alone(book_usd: float, beta: float, leverage: float) -> float:
    """Return the margin as if the bought coin needed no hedge.

    Parameters
    ----------
    book_usd, beta, leverage : float

    Returns
    -------
    float
        USD.
    """
    return book_usd * beta / leverage


def leverage_of_a_linear_short(rally: float, maintenance_rate: float) -> float:
    """Return the leverage as if the margin were dollars, which do not grow in a rally.

    Parameters
    ----------
    rally, maintenance_rate : float

    Returns
    -------
    float
    """
    return 1 / (rally + maintenance_rate * (1 + rally))


def maintenance_forgotten(rally: float) -> float:
    """Return the leverage from the bankruptcy price, not the liquidation price.

    Parameters
    ----------
    rally : float

    Returns
    -------
    float
    """
    return (1 + rally) / rally


def loss_of_the_whole_book(book_usd: float, true_beta: float, move: float) -> float:
    """Return the profit of the book without its hedge.

    Parameters
    ----------
    book_usd, true_beta, move : float

    Returns
    -------
    float
        USD.
    """
    return book_usd * true_beta * move


def swing_by_variance(swing_usd: float, r2: float) -> float:
    """Return the volatility left, taking the share of variance for that of volatility.

    Parameters
    ----------
    swing_usd, r2 : float

    Returns
    -------
    float
        USD.
    """
    return swing_usd * (1 - r2)


def sale_by_variance(book_usd: float, r2: float) -> float:
    """Return the sale that equals the variance reduction, taken as a share of the book.

    Parameters
    ----------
    book_usd, r2 : float

    Returns
    -------
    float
        USD.
    """
    return book_usd * r2


def margin_counted_twice(book_usd: float, beta: float, collateral_usd: float) -> float:
    """Return a short that covers the book before the sale, and the margin as well.

    Parameters
    ----------
    book_usd, beta, collateral_usd : float

    Returns
    -------
    float
        USD.
    """
    return book_usd * beta + collateral_usd


_BOOK, _BETA, _CAP = 40_000.0, 1.2, 2.5
_NOOR = f"Noor's book is worth {usd(_BOOK)}, and its beta to ETH is {_BETA:g}."
_NEW = smallest_collateral(_BOOK, _BETA, _CAP)
_TAKEN = smallest_collateral(_BOOK, _BETA, _CAP, collateral="from_portfolio")
_STABLE = smallest_collateral(_BOOK, _BETA, _CAP, collateral="stablecoin")

_RALLY, _RATE = 0.8, 0.01
_HIGHEST = highest_leverage(_RALLY, _RATE)

_HIGH, _FALL = 1.35, -0.4
_OFF = (_HIGH - _BETA) * _BOOK * _FALL

_SHORT, _FACE, _OTHER_FACE, _PRICE = 66_000.0, 10.0, 1.0, 2_000.0

_SD, _R2 = 0.04, 0.64
_SWING = _BOOK * _SD
_LEFT = _SWING * math.sqrt(1 - _R2)
_SALE = _BOOK * (1 - math.sqrt(1 - _R2))

_OUT = float(hedge_notional(_BOOK - _TAKEN, _BETA, _TAKEN))

_FUNDING = -0.0002
_PAID = _SHORT * _FUNDING * 3 * 30

EXERCISES: dict[str, Exercise] = {
    "09.1": Exercise(
        question=f"Which collateral? {_NOOR} She would buy ETH with new money and wants a leverage "
        f"of {_CAP:g} at most, the whole book hedged. How many dollars does she need? (No fees.)",
        answer=_NEW,
        unit="USD",
        why="The bought ETH is hedged as well, so the margin is βV / (L − 1).",
        hint="What does the short have to cover besides the book?",
        more_hints=("L × margin = βV + margin. Solve it for the margin.",),
        solution=f"{_BETA:g} × {usd(_BOOK)} / ({_CAP:g} − 1) = **{usd(_NEW)}**.",
        slips={
            "That is for a margin with no risk of its own, such as stablecoins.": (
                margin_for_the_book_alone(_BOOK, _BETA, _CAP)
            ),
            "That is what it takes out of the book itself. She brings new money.": _TAKEN,
            "You have left out the beta.": smallest_collateral(_BOOK, 1.0, _CAP),
        },
    ),
    "09.2": Exercise(
        question=f"Which cap? Her coin-margined short must survive a rally of "
        f"{percent(_RALLY)}. The venue takes maintenance of {percent(_RATE)} at the mark price. "
        "What is the highest leverage? (Two decimals.)",
        answer=_HIGHEST,
        unit="x",
        why="L = (1 + r) / (r + m). The margin is coin and grows in the rally, which helps.",
        hint="The section on the cap has the formula.",
        more_hints=(f"r is {_RALLY:g} and m is {_RATE:g}.",),
        solution=f"(1 + {_RALLY:g}) / ({_RALLY:g} + {_RATE:g}) = **{_HIGHEST:.2f}**.",
        slips={
            "That is for a margin in dollars. What does hers do when ETH rises?": (
                leverage_of_a_linear_short(_RALLY, _RATE)
            ),
            "There the margin is all gone. The venue liquidates before that.": (
                maintenance_forgotten(_RALLY)
            ),
        },
    ),
    "09.3": Exercise(
        question=f"What if beta is at the upper end? Noor has hedged at {_BETA:g}, exactly. Then "
        f"the true beta turns out to be {_HIGH:g}, the upper end of her interval, and ETH moves "
        f"{percent(_FALL)}. How many dollars does she gain (+) or lose (−), the margin bought with "
        "new money and everything counted?",
        answer=_OFF,
        unit="USD",
        why="The hedge covers the beta it was sized for. The difference is unhedged.",
        hint="How much of the book's beta has no short against it?",
        more_hints=("(true β − planned β) × V × move.",),
        solution=f"({_HIGH:g} − {_BETA:g}) × {usd(_BOOK)} × {percent(_FALL)} = **{usd(_OFF)}**.",
        slips={
            "That is the book without its hedge.": loss_of_the_whole_book(_BOOK, _HIGH, _FALL),
            "That is the part that the hedge removes. What is left?": (
                loss_of_the_whole_book(_BOOK, _BETA, _FALL)
            ),
            "The size is right. The book falls more than the short earns.": -_OFF,
        },
    ),
    "09.4": Exercise(
        question=f"What if the venue changes? She is short {usd(_SHORT)} with contracts of "
        f"{usd(_FACE)}, and moves to a venue with contracts of {usd(_OTHER_FACE)}. ETH is at "
        f"{usd(_PRICE)}. How many does she sell there? (Without a sign.)",
        answer=_SHORT / _OTHER_FACE,
        unit="contracts",
        why="The dollars stay, the count follows the face.",
        hint="What has to stay the same: the contracts, the coins or the dollars?",
        more_hints=("Dollars over the new face.",),
        solution=f"{usd(_SHORT)} / {usd(_OTHER_FACE)} = **{_SHORT / _OTHER_FACE:,.0f} contracts**.",
        slips={
            "That is the count of the old venue, with its face.": _SHORT / _FACE,
            "That is a number of ETH. The face is in dollars.": _SHORT / _PRICE,
            "You have gone the wrong way: is the new face smaller or larger?": _SHORT / _FACE**2,
        },
    ),
    "09.5": Exercise(
        question=f"What residual remains? The daily volatility of her book is {percent(_SD)}, one "
        f"standard deviation, and ETH explains {percent(_R2)} of the **variance**. With new money "
        "as margin, what is the daily volatility of the hedged book, in dollars?",
        answer=_LEFT,
        unit="USD",
        why="Variance is a square. The volatility left is the root of the variance left.",
        hint=f"Without a hedge it is {usd(_SWING)}. Which share of the variance is left?",
        more_hints=("Take the root of 1 − R².",),
        solution=f"{usd(_SWING)} × √(1 − {_R2:g}) = **{usd(_LEFT)}**.",
        slips={
            "That is the share of the variance. Volatility is its root.": swing_by_variance(
                _SWING, _R2
            ),
            "That is the part that the hedge removes. What does it leave?": _SWING * math.sqrt(_R2),
            "That is the volatility without a hedge.": _SWING,
        },
    ),
    "09.6": Exercise(
        question="Or hold less? Take the book of 09.5. Noor could do without futures and sell a "
        "part of her coins for dollars, the same share of each. For how many dollars must she "
        "sell, to reduce the volatility as much as the hedge does?",
        answer=_SALE,
        unit="USD",
        why="Volatility falls in proportion to what you hold. There is no margin to liquidate.",
        hint="Which share of the volatility is left with the hedge?",
        more_hints=("Keep that share of the book and sell the rest.",),
        solution=f"√(1 − {_R2:g}) = {math.sqrt(1 - _R2):g} is left, so she sells "
        f"{percent(1 - math.sqrt(1 - _R2))}: **{usd(_SALE)}**.",
        slips={
            "You have sold the share of variance that the hedge removes. Think in volatility.": (
                sale_by_variance(_BOOK, _R2)
            ),
            "That is what she keeps.": _BOOK - _SALE,
        },
    ),
    "09.7": Exercise(
        question=f"Build it. {_NOOR} No new money: she sells coins of every kind in proportion to "
        f"buy the ETH for the margin, at a leverage of {_CAP:g}. How many contracts of "
        f"{usd(_FACE)} does she sell? (No fees; to the nearest contract, without a sign.)",
        answer=float(round(_OUT / _FACE)),
        unit="contracts",
        why="First the margin, then the exposure of what she owns after the sale, then the count.",
        hint="What she sells becomes margin. After the sale she owns V − margin of coins, and the "
        "margin in ETH.",
        more_hints=(
            "L × margin = β(V − margin) + margin, so margin = βV / (β + L − 1).",
            "The short is L × margin.",
        ),
        solution=f"The margin is {usd(_BETA * _BOOK)} / ({_BETA:g} + {_CAP:g} − 1) = "
        f"{usd(_TAKEN)}; the short {_CAP:g} × {usd(_TAKEN)} = {usd(_OUT)}: "
        f"**{_OUT / _FACE:,.0f} contracts**.",
        slips={
            "That is with new money. Here the margin comes out of the book.": _CAP * _NEW / _FACE,
            "You count what she sold twice, as coins and as margin.": margin_counted_twice(
                _BOOK, _BETA, _TAKEN
            )
            / _FACE,
            "That covers the coins she keeps. The ETH in the margin moves too.": (
                (_BOOK - _TAKEN) * _BETA / _FACE
            ),
            "That is in dollars. How many contracts is it?": _OUT,
        },
    ),
    "09.8": Exercise(
        question=f"What does it cost to hold the hedge? She is short {usd(_SHORT)}. Funding is "
        f"{percent(_FUNDING, digits=2)} per 8 hours, for 30 days. How many dollars does she "
        "receive (+) or pay (−)? (Price unchanged.)",
        answer=_PAID,
        unit="USD",
        why="At a negative rate shorts pay, three times a day, on the size of the short.",
        wrong_way="Who pays at a negative rate?",
        hint="How often is funding paid in 30 days?",
        more_hints=("90 settlements on the whole short.",),
        solution=f"{usd(_SHORT)} × {percent(_FUNDING, digits=2)} × 90 = **{usd(_PAID)}**.",
        slips={
            "The size is right. At a rate below zero, who pays?": -_PAID,
            "That is one settlement a day. How many are there?": _PAID / 3,
            "Funding is paid on the short, whatever the margin is.": _PAID / _CAP,
        },
    ),
}
