"""Exercises that check themselves, one module for each lesson.

A module ``lesson07`` has a dictionary ``EXERCISES`` with keys such as ``"07.1"``. Question, answer
and the slips that people make are computed from the same numbers.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hedgelib.ask.answers import NEAR, WITHIN, close, is_whole, read_answer
from hedgelib.course.prose import fold, say
from hedgelib.errors import InvalidInput

__all__ = ["Exercise", "check", "exercise"]

_NEAR_ZERO = 2e-12
"""What sums of floats leave of a zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One question with a number for an answer.

    Parameters
    ----------
    question : str
        Markdown, with its numbers computed.
    answer : float
    unit : str
        ``"USD"``, ``"ETH"``, ``"contracts"``, ``"x"`` and the like. A whole number of contracts has
        to be found exactly.
    why : str
        Shown with a right answer: how it comes about.
    hint : str
        Shown with an answer that no slip explains.
    slips : mapping of str to float
        What a known wrong model would answer, under the words that name the model without giving
        the answer away.
    within : float
        Accepted error relative to the answer, decimal.
    wrong_way : str
        The hint for an answer on the other side of `start`; it stands before `hint`.
    start : float
        From where the answer lies above or below: zero for a gain or a loss, for a price the one
        of today.
    more_hints : tuple of str
        Further hints, each going a step beyond the one before. The reader opens them.
    solution : str
        The worked solution, Markdown with its numbers computed, which the reader opens.
    """

    question: str
    answer: float
    unit: str
    why: str
    hint: str
    slips: Mapping[str, float] = field(default_factory=dict)
    within: float = WITHIN
    wrong_way: str = ""
    start: float = 0.0
    more_hints: tuple[str, ...] = ()
    solution: str = ""

    def folded(self) -> str:
        """Write the hints and the worked solution, folded up until the reader opens them.

        Returns
        -------
        str
            Markdown with HTML in it; nothing for an exercise without a worked solution.
        """
        if not self.solution:
            return ""
        hints = [hint for hint in (self.wrong_way, self.hint, *self.more_hints) if hint]
        parts = [
            *((f"Hint {i} of {len(hints)}", hint) for i, hint in enumerate(hints, 1)),
            ("Worked solution", self.solution),
        ]
        return "\n\n".join(fold(title, text) for title, text in parts)

    def agrees(self, answer: float, right: float) -> bool:
        """Tell whether a number is within the accepted error of another.

        Parameters
        ----------
        answer, right : float

        Returns
        -------
        bool
        """
        return close(answer, right, self.within) or abs(answer - right) <= _NEAR_ZERO

    def is_right(self, answer: float) -> bool:
        """Tell whether an answer is right: things that come whole are counted exactly.

        Parameters
        ----------
        answer : float

        Returns
        -------
        bool
        """
        if not self._counted():
            return self.agrees(answer, self.answer)
        return is_whole(answer) and round(answer) == round(self.answer)

    def _counted(self) -> bool:
        return self.unit == "contracts" and is_whole(self.answer)

    def verdict(self, answer: float) -> str:
        """Judge an answer.

        Parameters
        ----------
        answer : float
            In `unit`.

        Returns
        -------
        str
            Markdown; a wrong answer gets the name of the slip or a hint, never the right number.
        """
        if self.is_right(answer):
            return f"✔ **Right.** {self.why}"
        for name, value in self.slips.items():
            if self.agrees(answer, value):
                return f"**Not yet.** {name}"
        if self.is_right(-answer):
            return "**Nearly.** The size is right; look at the sign."
        if close(answer, self.answer, NEAR):
            if self._counted():
                return "**Close.** Contracts come whole, and every one counts: round at the end."
            return (
                "**Close.** Give more digits, and round only at the end. If you have, something "
                "small is missing."
            )
        if self.wrong_way and (answer - self.start) * (self.answer - self.start) < 0:
            return f"**Not yet.** {self.wrong_way}"
        return f"**Not yet.** {self.hint}"


def exercise(exercise_id: str) -> Exercise:
    """Find an exercise.

    Parameters
    ----------
    exercise_id : str
        Lesson and number, ``"07.1"``.

    Returns
    -------
    Exercise

    Raises
    ------
    InvalidInput
        No such exercise, with those that there are.
    """
    match = re.fullmatch(r"([0-9A-Za-z]+)\.(\d+)", str(exercise_id))
    if not match:
        raise InvalidInput(f"exercise_id must look like '07.1', got {exercise_id!r}")
    name = f"{__name__}.lesson{match[1]}"
    try:
        lesson = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise InvalidInput(f"lesson {match[1]!r} has no exercises") from error
    found: Mapping[str, Exercise] = lesson.EXERCISES
    if exercise_id not in found:
        raise InvalidInput(f"no exercise {exercise_id!r}; there are {', '.join(found)}")
    return found[exercise_id]


def _nearest(exercise_id: object) -> str:
    """Name the exercise that is meant by 7, 1.1 or 07.99."""
    numbers = [int(digits) for digits in re.findall(r"[0-9]{1,3}", str(exercise_id)[:40])]
    lesson, number = [*numbers, 1, 1][:2]
    lessons = [module.name for module in pkgutil.iter_modules(__path__)]
    nearest = min(lessons, key=lambda name: abs(int(name.removeprefix("lesson")) - lesson))
    found: Mapping[str, Exercise] = importlib.import_module(f"{__name__}.{nearest}").EXERCISES
    name = min(found, key=lambda name: abs(int(name.partition(".")[2]) - number))
    verb = "the nearest is" if numbers else "one is asked for with"
    return f'There is no such exercise; {verb} `check("{name}")`.'


def check(exercise_id: str, *answer: object) -> None:
    """Ask an exercise, or judge an answer to it.

    Parameters
    ----------
    exercise_id : str
        Lesson and number, ``"07.1"``. Where there is none such, the nearest is named.
    *answer : float or str, optional
        As people write it: see :func:`hedgelib.ask.answers.read_answer`. Judged between the
        question and the hints, which stay; only the question without one.

    Examples
    --------
    >>> check("07.1", "fourteen")
    **Exercise 07.1.** ...
    An answer is a number, such as 12.5, and you gave 'fourteen'.
    ...
    >>> check("7.1")
    There is no such exercise; the nearest is `check("07.1")`.
    """
    try:
        asked = exercise(exercise_id)
    except InvalidInput:
        say(_nearest(exercise_id))
        return
    if not answer or (len(answer) == 1 and answer[0] is None):
        told = f"*Put your answer ({asked.unit}) in place of `None` and run the cell again.*"
    else:
        told = _judged(asked, answer)
    say(f"**Exercise {exercise_id}.** {asked.question}\n\n{told}\n\n{asked.folded()}".rstrip())


def _judged(asked: Exercise, answer: tuple[object, ...]) -> str:
    try:
        number = read_answer(*answer, unit=asked.unit)
    except InvalidInput as error:
        return str(error)
    if asked.is_right(number):
        return asked.verdict(number)
    again = f"*Change your answer ({asked.unit}) and run the cell again.*"
    return f"{asked.verdict(number)}\n\n{again}"
