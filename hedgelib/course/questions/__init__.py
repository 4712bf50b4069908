"""The questions of the lessons, one module for each; their texts are in ``course/text``.

A module ``alice`` has its :class:`hedgelib.ask.question.Questions` as ``QUESTIONS``. Exercises
are numbered, ``"alice.1"``; guesses before a result have letters, ``"alice.a"``.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from hedgelib.ask.answers import WITHIN
from hedgelib.ask.question import Answer, Question, Questions
from hedgelib.ask.text import fill
from hedgelib.ask.widget import HEARD, QuestionWidget, shown, shown_last
from hedgelib.course import progress
from hedgelib.course.contents import LESSONS, number_of
from hedgelib.course.prose import fold, say
from hedgelib.errors import InvalidInput

HEARD.append(progress.note)

_TEXTS = Path(__file__).parents[1] / "text"


def questions_of(lesson: str) -> Questions:
    """Return an empty collection of the questions of a lesson, ``"alice"``, with their texts."""
    return Questions(_TEXTS / f"{lesson}.toml")


@cache
def every_question() -> dict[str, Question]:
    """Return every question by its id, lesson by lesson."""
    modules = {module.name for module in pkgutil.iter_modules(__path__)}
    lessons = [lesson for lesson in ("start", *LESSONS) if lesson in modules]
    found = [importlib.import_module(f"{__name__}.{lesson}").QUESTIONS for lesson in lessons]
    return {question_id: asked[question_id] for asked in found for question_id in asked}


def question(question_id: object) -> Question:
    """Return a question by its id, or name the nearest exercise in an error."""
    name = str(question_id)[:40]
    if name in every_question():
        return every_question()[name]
    raise InvalidInput(f'There is no question {name!r}; the nearest is "{_nearest(name)}".')


def _nearest(name: str) -> str:
    """Return the exercise that is meant by Alice, alice.99 or 9.1."""
    words = re.findall(r"[a-z]+|[0-9]{1,3}", name.lower())
    numbers = [int(word) for word in words if word.isdecimal()]
    asked = [one for one in every_question() if one.partition(".")[2].isdigit()]
    lessons = list(dict.fromkeys(one.partition(".")[0] for one in asked))
    lesson = next((close for word in words for close in get_close_matches(word, lessons, 1)), "")
    if not lesson:
        number = numbers.pop(0) if numbers else 1
        by_number = {int(number_of(one)): one for one in lessons if one in LESSONS}
        lesson = by_number[min(by_number, key=lambda known: abs(known - number))]
    exercises = [one for one in asked if one.partition(".")[0] == lesson]
    return exercises[min(max(*numbers, 1) if numbers else 1, len(exercises)) - 1]


def ask(question_id: str, **values: Any) -> QuestionWidget | None:
    """Ask a question, ``"alice.1"``, with the lesson's own numbers for its first ones."""
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
    # An empty answer, or the gap that is to be filled, asks the question.
    if widget and answer and answer[0] is not None and answer[0] is not ...:
        widget.answer(*answer)
    return widget


def guess(
    right: str, values: Mapping[str, Any] | None = None, /, *, then: Any = None, **guesses: Any
) -> Answer:
    """Return an option as the answer, the picture that follows, and what each option stands for."""
    return Answer(right=right, guesses=guesses, then=then, values=values or {})


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
