"""The questions of the lessons, one module for each; their texts are in ``course/text``.

A module ``alice`` has its :class:`hedgelib.ask.question.Questions` as ``QUESTIONS``. Exercises
are numbered, ``"alice.1"``; guesses before a result have letters, ``"alice.a"``.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hedgelib.ask.answers import WITHIN
from hedgelib.ask.question import Answer, Question, Questions
from hedgelib.ask.text import fill
from hedgelib.ask.widget import HEARD, QuestionWidget, shown, shown_last
from hedgelib.course import progress
from hedgelib.course.prose import fold, say
from hedgelib.errors import InvalidInput

HEARD.append(progress.note)

_TEXTS = Path(__file__).parents[1] / "text"


def questions_of(lesson: str) -> Questions:
    """Return an empty collection of the questions of a lesson, ``"07"``, with their texts."""
    return Questions(_TEXTS / f"lesson{lesson}.toml")


@cache
def every_question() -> dict[str, Question]:
    """Return every question of every lesson by its id."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    lessons = [importlib.import_module(f"{__name__}.{name}").QUESTIONS for name in names]
    return {question_id: asked[question_id] for asked in lessons for question_id in asked}


def question(question_id: object) -> Question:
    """Return a question by its id, or name the nearest exercise in an error."""
    name = str(question_id)[:40]
    if name in every_question():
        return every_question()[name]
    # What is meant by 7, 1.1 or 07.99.
    lesson, number = [*map(int, re.findall(r"[0-9]{1,3}", name)), 1, 1][:2]

    def distance(exercise: str) -> tuple[int, int]:
        its_lesson, its_number = map(int, exercise.split("."))
        return abs(its_lesson - lesson), abs(its_number - number)

    exercises = [known for known in every_question() if known.partition(".")[2].isdigit()]
    nearest = min(exercises, key=distance)
    raise InvalidInput(f'There is no question {name!r}; the nearest is "{nearest}".')


def ask(question_id: str, **values: Any) -> QuestionWidget | None:
    """Ask a question of a lesson, ``"alice.1"``, with the lesson's own numbers for its first ones."""
    try:
        return shown(question(question_id).ask(**values))
    except InvalidInput as error:
        say(str(error))
        return None


def check(question_id: str, *answer: object) -> QuestionWidget | None:
    """Answer a question in code, with the numbers with which it was asked; it is shown as well.

    An answer is a number as people write it, the key of an option, or a function.

    >>> check("futures.1", "fourteen")
    Exercise futures.1. Ben is short ...
    An answer is a number, such as 12.5, and you gave 'fourteen'.
    """
    widget = shown_last(question_id) or ask(question_id)
    if widget and answer and answer != (None,):
        widget.answer(*answer)
    return widget


def number(
    right: float, values: Mapping[str, Any] | None = None, *, start: float | None = None,
    within: float = WITHIN, **slips: float,
) -> Answer:  # fmt: skip
    """Return a number as the answer, further values for the text, and what the slips lead to."""
    return Answer(right=right, slips=slips, values=values or {}, start=start, within=within)


def percentage(
    share: float, values: Mapping[str, Any] | None = None, *, within: float = WITHIN,
    **shares: float,
) -> Answer:  # fmt: skip
    """Return a percentage as the answer; it and what the slips lead to are given as decimals."""
    slips = {name: 100 * value for name, value in shares.items()} | {"percent_for_decimal": share}
    return number(100 * share, values, within=within, **slips)


def contracts(
    notional: float, face: float, values: Mapping[str, Any] | None = None, *,
    within: float = WITHIN, price: float = 0.0, other_face: float = 0.0, **notionals: float,
) -> Answer:  # fmt: skip
    """Return a number of contracts as the answer; it and what the slips lead to are in dollars.

    With the coin's price a contract may be taken for a coin or a tenth of one, and with the face of
    another coin's contract for one of those.
    """
    slips = {name: dollars / face for name, dollars in notionals.items()}
    if price:
        coins = notional / price
        slips |= {"contract_is_coin": coins, "contract_is_tenth": 10 * coins}
    if other_face:
        slips["other_coins_face"] = notional / other_face
    return number(notional / face, values, within=within, contract_is_dollar=notional, **slips)


def seen(text_id: str, **values: Any) -> None:
    """Show what a reader should have seen in an explorer, folded."""
    lesson = text_id.partition(".")[0]
    text = questions_of(lesson).texts[text_id]["seen"]
    say(fold("What you should have seen", fill(text, values)))
