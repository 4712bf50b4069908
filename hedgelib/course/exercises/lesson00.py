"""The exercise of the start page, which shows how exercises work."""

from __future__ import annotations

from hedgelib._text import percent, usd
from hedgelib.course.exercises import Exercise

_COINS, _PRICE, _MOVE = 10.0, 3_000.0, 0.2

EXERCISES: dict[str, Exercise] = {
    "00.1": Exercise(
        question=f"Bob deposits {_COINS:g} ETH, bought at {usd(_PRICE)} each. ETH rises "
        f"{percent(_MOVE)}. How many dollars does his deposit gain (+) or lose (−)?",
        answer=_COINS * _PRICE * _MOVE,
        unit="USD",
        why="The coins are still his, and each is worth more.",
        hint="What is the value of the deposit in dollars before the rise?",
        more_hints=("Take the percentage of that.",),
        solution=f"{_COINS:g} ETH at {usd(_PRICE)} are {usd(_COINS * _PRICE)}. {percent(_MOVE)} of "
        f"that is **{usd(_COINS * _PRICE * _MOVE)}**.",
        slips={
            "That is for one ETH. How many has he deposited?": _PRICE * _MOVE,
            "That is what the deposit is worth afterwards. By how much has it changed?": _COINS
            * _PRICE
            * (1 + _MOVE),
            "That is in ETH. The question is about dollars.": _COINS * _MOVE,
        },
    ),
}
