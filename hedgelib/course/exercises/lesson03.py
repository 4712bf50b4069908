"""Exercises of lesson 03: Hana's exposure, contracts and margin.

The wrong models behind the slips are functions, so that tests can run them on other numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.beta import portfolio_beta
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.course.exercises import Exercise
from hedgelib.plan import hedge_notional, smallest_collateral
from hedgelib.ratio import effectiveness_from_ratio

__all__ = [
    "EXERCISES",
    "contracts_in_coins",
    "effect_as_the_share",
    "effect_as_the_square",
    "margin_added_twice",
    "margin_left_out",
    "mean_of_the_betas",
    "profit_times_leverage",
]


def contracts_in_coins(notional_usd: float, price_usd: float) -> float:
    """Return the number of contracts as if the face were one coin."""
    return notional_usd / price_usd


def mean_of_the_betas(values_usd: Sequence[float], betas: Sequence[float]) -> float:
    """Return the exposure, USD, from the unweighted mean of the betas."""
    return sum(values_usd) * sum(betas) / len(betas)


def margin_left_out(book_usd: float, beta: float, collateral_usd: float) -> float:
    """Return the short, USD, for the book alone, without the bought margin."""
    del collateral_usd
    return book_usd * beta


def margin_added_twice(book_usd: float, beta: float, collateral_usd: float) -> float:
    """Return the short, USD, for the whole book and for the margin that came out of it as well."""
    return book_usd * beta + collateral_usd


def effect_as_the_share(share: float) -> float:
    """Return the effect of a hedge as if it were proportional to its size, a decimal."""
    return share


def effect_as_the_square(share: float) -> float:
    """Return the effect of a hedge as if it were the square of its size, a decimal."""
    return share**2


def profit_times_leverage(notional_usd: float, leverage: float, move: float) -> float:
    """Return the profit of a short, USD, multiplied by its leverage."""
    return -notional_usd * move * leverage


_MEXC = market.contract("mexc:ETH_USD")
_BTC_FACE = market.contract("mexc:BTC_USD").multiplier
_FACE = _MEXC.multiplier
_WANTED, _PRICE = 36_000.0, 3_000.0
_TYPED = contracts_in_coins(_WANTED, _PRICE)

_NAMES, _VALUES, _BETAS = ("one", "another", "ETH"), (12_000.0, 6_000.0, 2_000.0), (1.2, 0.7, 1.0)
_BOOK = sum(_VALUES)
_BETA = float(portfolio_beta([value / _BOOK for value in _VALUES], _BETAS))
_RISK = _BOOK * _BETA
_HANA = (
    f"Hana holds {usd(_VALUES[0])} of a coin with a beta of {_BETAS[0]:g} to ETH, "
    f"{usd(_VALUES[1])} of one with {_BETAS[1]:g}, and {usd(_VALUES[2])} of ETH."
)
_BOUGHT = 10_000.0
_WITH_MARGIN = float(hedge_notional(_BOOK, _BETA, _BOUGHT))

_SALE = _BOUGHT - _VALUES[2]
_AFTER_SALE = (_VALUES[0] - _SALE) * _BETAS[0] + _VALUES[1] * _BETAS[1]
_FROM_BOOK = float(hedge_notional(_AFTER_SALE, 1.0, _BOUGHT))

_SHARE = 0.8
_EFFECT = float(effectiveness_from_ratio(1.0, _SHARE))

_SHORT, _LEVERAGE, _FALL = 12_000.0, 4.0, -0.1
_EARNED = float(inverse_pnl_usd(-_SHORT, _PRICE, _PRICE * (1 + _FALL)))

_ALTS, _ALT_BETA, _CAP = 30_000.0, 1.2, 3.0
_LEAST = smallest_collateral(_ALTS, _ALT_BETA, _CAP)
_STABLE = smallest_collateral(_ALTS, _ALT_BETA, _CAP, collateral="stablecoin")
_BUILT = float(hedge_notional(_ALTS, _ALT_BETA, _LEAST))

EXERCISES: dict[str, Exercise] = {
    "03.1": Exercise(
        question=f"Hana wants to be short {usd(_WANTED)} of ETH with {_MEXC.symbol} of "
        f"{_MEXC.venue}. ETH is at {usd(_PRICE)}. How many contracts does she sell? (Give the "
        "number without a sign.)",
        answer=_WANTED / _FACE,
        unit="contracts",
        why="Dollars over face, at any price.",
        hint="The table of venues has the face of this contract. In which unit is it?",
        more_hints=("How many contracts of that size make up the dollars she wants?",),
        solution=f"The face is {usd(_FACE)}: {usd(_WANTED)} / {usd(_FACE)} = "
        f"**{_WANTED / _FACE:,.0f} contracts**.",
        slips={
            "That is a number of ETH. The face of an inverse contract is a number of dollars.": (
                contracts_in_coins(_WANTED, _PRICE)
            ),
            "You have assumed that a contract is one dollar. It is, at some other venues.": _WANTED,
            "That is the face of the BTC contract. Look for the one on ETH.": _WANTED / _BTC_FACE,
        },
    ),
    "03.2": Exercise(
        question=f"Hana has read that one contract is one ETH. She types {_TYPED:g} contracts into "
        "that order ticket. How many dollars is she short?",
        answer=_TYPED * _FACE,
        unit="USD",
        why="The ticket counts in faces. It does not know what she meant.",
        hint="What is the value of one contract of this venue in dollars?",
        more_hints=("As many times that as she has typed.",),
        solution=f"{_TYPED:g} × {usd(_FACE)} = **{usd(_TYPED * _FACE)}**, which is "
        f"{percent(_TYPED * _FACE / _WANTED, digits=1)} of what she wanted.",
        slips={
            "That is what she meant. What has she typed?": _TYPED * _PRICE,
            "You have assumed that a contract is one dollar.": _TYPED,
        },
    ),
    "03.3": Exercise(
        question=f"{_HANA} How many dollars of ETH does all that behave like?",
        answer=_RISK,
        unit="USD",
        why="Each holding counts with its own beta, ETH with a beta of 1.",
        hint="Multiply each holding by its beta before you add up.",
        more_hints=("The beta of ETH to ETH is 1.",),
        solution=" + ".join(f"{usd(v)} × {b:g}" for v, b in zip(_VALUES, _BETAS, strict=True))
        + f" = **{usd(_RISK)}**.",
        slips={
            "That is its value. How does each coin move with ETH?": _BOOK,
            "You have used the plain mean of the betas. Does each coin weigh the same?": (
                mean_of_the_betas(_VALUES, _BETAS)
            ),
            "You have left out the ETH that she holds. It moves with ETH too.": _RISK - _VALUES[2],
        },
    ),
    "03.4": Exercise(
        question=f"With new money Hana buys {usd(_BOUGHT)} of ETH as margin, and keeps everything "
        f"of exercise 03.3. How many contracts with a face of {usd(_FACE)} must she sell so that a "
        "move of ETH leaves her where she was? (Give the number without a sign.)",
        answer=_WITH_MARGIN / _FACE,
        unit="contracts",
        why="The margin is bought ETH, one more thing that moves with ETH.",
        hint="Add up every dollar that moves with ETH, the new ones too.",
        more_hints=("N = βV + margin; then divide by the face.",),
        solution=f"{usd(_RISK)} + {usd(_BOUGHT)} = {usd(_WITH_MARGIN)}; over {usd(_FACE)} that is "
        f"**{_WITH_MARGIN / _FACE:,.0f} contracts**.",
        slips={
            "That hedges what she had before. What does the margin do when ETH moves?": (
                margin_left_out(_BOOK, _BETA, _BOUGHT) / _FACE
            ),
            "That is in dollars. How many contracts is it?": _WITH_MARGIN,
            "You have counted the dollars of what she holds, without their betas.": (
                _BOOK + _BOUGHT
            )
            / _FACE,
        },
    ),
    "03.5": Exercise(
        question=f"Hana has no new money. She posts the {usd(_VALUES[2])} of ETH that she holds, "
        f"and sells {usd(_SALE)} of the coin with a beta of {_BETAS[0]:g} to buy ETH and post that "
        f"too. How many contracts with a face of {usd(_FACE)} now? (Give the number without a "
        "sign.)",
        answer=_FROM_BOOK / _FACE,
        unit="contracts",
        why="Every dollar is counted once, with the beta of what it is now.",
        hint="Write down what she owns after the sale, margin included.",
        more_hints=(
            f"She has {usd(_VALUES[0] - _SALE)} of the first coin left, and all her ETH is margin.",
        ),
        solution=f"{usd(_VALUES[0] - _SALE)} × {_BETAS[0]:g} + {usd(_VALUES[1])} × {_BETAS[1]:g} + "
        f"{usd(_BOUGHT)} of ETH = {usd(_FROM_BOOK)}; over {usd(_FACE)} that is "
        f"**{_FROM_BOOK / _FACE:,.0f} contracts**.",
        slips={
            "You have added the margin to a book that it came out of: it is counted twice.": (
                margin_added_twice(_BOOK, _BETA, _BOUGHT) / _FACE
            ),
            "The dollars moved from one coin into ETH have another beta now.": _RISK / _FACE,
            "You have left out the margin. It came out of the book, but it still moves.": (
                _AFTER_SALE / _FACE
            ),
            "That is in dollars. How many contracts is it?": _FROM_BOOK,
        },
    ),
    "03.6": Exercise(
        question=f"You short only {percent(_SHARE)} of the best size. How many percent of "
        "the best variance reduction do you get? (Give 7 for 7%.)",
        answer=100 * _EFFECT,
        unit="%",
        why="Near the top of the curve a little more or less hardly matters.",
        hint="The effect is 2q − q² of the best one.",
        more_hints=(f"q is {_SHARE:g}.",),
        solution=f"2 × {_SHARE:g} − {_SHARE:g}² = {2 * _SHARE:g} − {_SHARE**2:.2f} = "
        f"**{percent(_EFFECT)}**.",
        slips={
            "You have assumed an effect in proportion to the size. Is the curve straight?": 100
            * effect_as_the_share(_SHARE),
            "That is q². The formula has another part.": 100 * effect_as_the_square(_SHARE),
            "That is a decimal. How many percent is it?": _EFFECT,
        },
    ),
    "03.7": Exercise(
        question=f"Ivo is short {usd(_SHORT)} at {_LEVERAGE:g}x. ETH falls {percent(-_FALL)}. How "
        "many dollars does the short gain (+) or lose (−)?",
        answer=_EARNED,
        unit="USD",
        why="The size earns. Leverage says only how much margin backs it.",
        hint="Which two numbers does the profit of a short depend on?",
        more_hints=("The size in dollars and the move.",),
        solution=f"{usd(_SHORT)} × {percent(-_FALL)} = **{usd(_EARNED, signed=True)}**. At another "
        "leverage it is the same.",
        slips={
            "You have multiplied by the leverage. The size already includes it.": (
                profit_times_leverage(_SHORT, _LEVERAGE, _FALL)
            ),
            "You have used the margin. The size is what earns.": _EARNED / _LEVERAGE,
            "The size is right. Is a short glad of a fall?": -_EARNED,
        },
    ),
    "03.8": Exercise(
        question=f"Ivo holds {usd(_ALTS)} of altcoins with a beta of {_ALT_BETA:g} to ETH and "
        "wants to hedge all of it. He buys ETH as margin, as little as a leverage of "
        f"{_CAP:g} allows, and the short has to cover that too. How many contracts with a face of "
        f"{usd(_FACE)} does he sell? (Give the number without a sign.)",
        answer=_BUILT / _FACE,
        unit="contracts",
        why="First the margin from the leverage, then the short from both, then the count.",
        hint="The leverage is 1 + βV / margin. Solve it for the margin first.",
        more_hints=(
            f"The margin is βV / (L − 1), with βV = {usd(_ALTS * _ALT_BETA)}.",
            "The short is βV + margin.",
        ),
        solution=f"βV = {usd(_ALTS * _ALT_BETA)}. Margin = {usd(_ALTS * _ALT_BETA)} / "
        f"({_CAP:g} − 1) = {usd(_LEAST)}. Short = {usd(_ALTS * _ALT_BETA)} + {usd(_LEAST)} = "
        f"{usd(_BUILT)}, which is **{_BUILT / _FACE:,.0f} contracts**. And indeed {usd(_BUILT)} / "
        f"{usd(_LEAST)} = {_BUILT / _LEAST:g}.",
        slips={
            "That covers the altcoins. What about the margin?": margin_left_out(
                _ALTS, _ALT_BETA, _LEAST
            )
            / _FACE,
            "You have found the margin as for stablecoins, which need no hedge of their own.": (
                _ALTS * _ALT_BETA + _STABLE
            )
            / _FACE,
            "That is in dollars. How many contracts is it?": _BUILT,
            "You have left out the beta.": float(
                hedge_notional(_ALTS, 1.0, smallest_collateral(_ALTS, 1.0, _CAP))
            )
            / _FACE,
        },
    ),
}
