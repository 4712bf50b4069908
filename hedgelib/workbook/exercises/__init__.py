"""Exercises that check themselves, one module for each lesson.

A module ``lesson07`` has a dictionary ``EXERCISES`` with keys such as ``"07.1"``. Question, answer
and the slips that people make are computed from the same numbers.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from hedgelib.errors import InvalidInput
from hedgelib.workbook.prose import fold, say

__all__ = ["Exercise", "check", "exercise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One question with a number for an answer.

    Parameters
    ----------
    question : str
        Markdown, with its numbers computed.
    answer : float
    unit : str
        ``"USD"``, ``"ETH"``, ``"contracts"``, ``"x"`` and the like.
    why : str
        Shown with a right answer: how it comes about.
    hint : str
        Shown with an answer that no slip explains.
    slips : mapping of str to float
        What a known wrong model would answer, under the words that name the model without giving
        the answer away.
    within : float
        Accepted error relative to the answer, decimal.
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
    within: float = 0.002
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
        hints = (self.hint, *self.more_hints)
        parts = [
            *((f"Hint {i} of {len(hints)}", hint) for i, hint in enumerate(hints, 1)),
            ("Worked solution", self.solution),
        ]
        return "\n\n".join(fold(title, text) for title, text in parts)

    def agrees(self, answer: float, right: float) -> bool:
        """Tell whether an answer is a number within the accepted error of another.

        Parameters
        ----------
        answer, right : float

        Returns
        -------
        bool
        """
        return bool(abs(answer - right) <= self.within * max(abs(right), 1e-9))

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
        if self.agrees(answer, self.answer):
            return f"✔ **Right.** {self.why}"
        for name, value in self.slips.items():
            if self.agrees(answer, value):
                return f"**Not yet.** {name}"
        if self.answer and self.agrees(-answer, self.answer):
            return "**Nearly.** The size is right; look at the sign."
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
    match = re.fullmatch(r"([0-9A-Za-z]+)\.(\d+)", exercise_id)
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


def check(exercise_id: str, answer: Any = None) -> None:
    """Ask an exercise, or judge an answer to it.

    Parameters
    ----------
    exercise_id : str
        Lesson and number, ``"07.1"``.
    answer : float, optional
        Judged between the question and the hints, which stay; only the question without one.

    Raises
    ------
    InvalidInput
        No such exercise.

    Examples
    --------
    >>> check("07.1", "fourteen")
    **Exercise 07.1.** ...
    An answer is a number, such as 12.5, and you gave 'fourteen'.
    ...
    """
    asked = exercise(exercise_id)
    if answer is None:
        told = f"*Put your answer ({asked.unit}) in place of `None` and run the cell again.*"
    elif isinstance(answer, bool) or not isinstance(answer, Real) or not math.isfinite(answer):
        told = f"An answer is a number, such as 12.5, and you gave {answer!r}."
    else:
        told = asked.verdict(float(answer))
        if not asked.agrees(float(answer), asked.answer):
            told += f"\n\n*Change your answer ({asked.unit}) and run the cell again.*"
    say(f"**Exercise {exercise_id}.** {asked.question}\n\n{told}\n\n{asked.folded()}".rstrip())
