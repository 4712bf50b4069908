"""The questions of the lessons, one module for each; their texts are in ``course/text``.

A module ``lesson07`` has its :class:`hedgelib.ask.question.Questions` as ``QUESTIONS``. Exercises
are numbered, ``"07.1"``; guesses before a result have letters, ``"07.a"``.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

from hedgelib.ask.question import Question, Questions
from hedgelib.ask.text import fill
from hedgelib.ask.widget import HEARD, QuestionWidget, shown, shown_last
from hedgelib.course import progress
from hedgelib.course.prose import fold, say
from hedgelib.errors import InvalidInput

__all__ = ["ask", "check", "every_question", "question", "questions_of", "seen"]

HEARD.append(progress.note)

_TEXTS = Path(__file__).parents[1] / "text"


def questions_of(lesson: str) -> Questions:
    """Return an empty collection of the questions of a lesson, ``"07"``, with their texts."""
    return Questions(_TEXTS / f"lesson{lesson}.toml")


def _of(lesson: str) -> Questions:
    found: Questions = importlib.import_module(f"{__name__}.lesson{lesson}").QUESTIONS
    return found


@cache
def every_question() -> dict[str, Question]:
    """Return every question of every lesson by its id."""
    lessons = sorted(
        module.name.removeprefix("lesson") for module in pkgutil.iter_modules(__path__)
    )
    return {name: _of(lesson)[name] for lesson in lessons for name in _of(lesson)}


def question(question_id: object) -> Question:
    """Return a question by its id.

    Raises
    ------
    InvalidInput
        None such, with the nearest, in one sentence.
    """
    name = str(question_id)[:40]
    lesson = name.partition(".")[0]
    modules = {module.name for module in pkgutil.iter_modules(__path__)}
    if f"lesson{lesson}" in modules and name in _of(lesson):
        return _of(lesson)[name]
    raise InvalidInput(f'There is no question {name!r}; the nearest is "{_nearest(name)}".')


def _nearest(name: str) -> str:
    """Return the exercise that is meant by 7, 1.1 or 07.99."""
    digits = [int(number) for number in re.findall(r"[0-9]{1,3}", name)]
    lesson, number = [*digits, 1, 1][:2]
    exercises = [known for known in every_question() if known.partition(".")[2].isdigit()]

    def distance(known: str) -> tuple[int, int]:
        its_lesson, _, its_number = known.partition(".")
        return abs(int(its_lesson) - lesson), abs(int(its_number) - number)

    return min(exercises, key=distance)


def ask(question_id: str, **values: Any) -> QuestionWidget | None:
    """Ask a question of a lesson.

    Parameters
    ----------
    question_id : str
        ``"07.1"`` for an exercise, ``"07.a"`` for a guess. Where there is none such, the nearest is
        named.
    **values : object
        The lesson's own numbers, in place of the first ones.

    Returns
    -------
    QuestionWidget
        To be shown as the last line of a cell.
    """
    try:
        return shown(question(question_id).ask(**values))
    except InvalidInput as error:
        say(str(error))
        return None


def check(question_id: str, *answer: object) -> QuestionWidget | None:
    """Answer a question in code, with the numbers with which it was asked; it is shown as well.

    Parameters
    ----------
    question_id : str
    *answer : object
        A number as people write it (see :func:`hedgelib.ask.answers.read_answer`), the key of an
        option, or a function.

    Examples
    --------
    >>> check("01.1", "fourteen")
    Exercise 01.1. Ben is short ...
    An answer is a number, such as 12.5, and you gave 'fourteen'.
    """
    widget = shown_last(question_id) or ask(question_id)
    if widget and answer and answer != (None,):
        widget.answer(*answer)
    return widget


def seen(text_id: str, **values: Any) -> None:
    """Show what a reader should have seen in an explorer, folded."""
    lesson = text_id.partition(".")[0]
    text = questions_of(lesson).texts[text_id]["seen"]
    say(fold("What you should have seen", fill(text, values)))
