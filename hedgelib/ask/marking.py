"""Marks of plain answers, and the misconception that explains a wrong answer.

Nothing here runs student code. Lessons, the marking cell of a class notebook and the instructor's
side all mark with :func:`judge`, so they cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from typing import Any

from hedgelib.ask.answers import FLOAT_ERROR, WITHIN, close, is_whole, rounds_to
from hedgelib.ask.form import Form, Kind

TURNED, PERCENT = "sign_turned", "percent_for_decimal"
"""Two mistakes that any number can have, checked after the question's own wrong models."""
NEAR_SHARE = 0.5
"""Share of the points for a number that is right but for rounding."""

_NEAR_WITHIN = 5.0
"""How far off a number may be after rounding, as a multiple of the accepted error."""
_FAR_OFF = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Right answer and wrong models of one question for one student, and the form of an answer.

    - right: a number, the values of option and reason, or the values that a function returns
    - wrong: answer of each wrong model; in a choice an empty text is any option
    - calls: arguments with which a function is called
    - counted: the number counts whole things, so whole numbers next to it are :func:`right_too`;
      a wrong model is also recognised when it is rounded up
    - earlier: the questions on whose answers this one builds
    - anew: computes the right number again from a student's own answers to some of them
    """

    form: Form
    right: Any
    wrong: Mapping[str, Any] = field(default_factory=dict)
    within: float = WITHIN
    calls: Sequence[tuple[Any, ...]] = ()
    counted: bool = False
    earlier: tuple[str, ...] = ()
    anew: Callable[[Mapping[str, Any]], float] | None = field(
        default=None, compare=False, repr=False
    )

    @property
    def kind(self) -> Kind:
        """What an answer is."""
        return self.form.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Mark of an answer.

    - share: of the points, from 0 to 1
    - model: the wrong model that gives this answer; empty if there is none
    - near: right but for rounding
    - after: the questions from whose own answers this one is right
    - again: the question in which the same wrong model was charged
    """

    share: float
    model: str = ""
    missing: bool = False
    near: bool = False
    after: tuple[str, ...] = ()
    again: str = ""


def rounded_up(value: float) -> int:
    """Return a number rounded up; a number that is whole up to rounding error stays."""
    return math.ceil(value - FLOAT_ERROR * abs(value))


def right_too(key: Key) -> tuple[int, ...]:
    """Return the whole numbers that are right besides a counted number with a fraction.

    It may be rounded up; contracts, which come whole, either way.
    """
    if not key.counted or is_whole(key.right):
        return ()
    up = rounded_up(key.right)
    return (up - 1, up) if key.form.unit == "contracts" else (up,)


def judge(answer: Any, key: Key) -> Mark:
    """Mark the plain value of an answer, which :meth:`Form.read` has read; None is no answer.

    A number that is right but for rounding gets half, and so does a right choice with a wrong
    reason. A function gets the share of its calls that are right, and nothing if a wrong model
    explains all returned values.
    """
    if answer is None:
        return Mark(share=0.0, missing=True)
    return {"number": _number, "choice": _choice}.get(key.kind, _function)(answer, key)


@dataclass(frozen=True, slots=True)
class Examiner:
    """Marks a student's answers to the questions of an exercise, in their order.

    A number that is right from the student's own earlier answers gets all points, and a wrong model
    costs points once, where it occurs first.
    """

    own: dict[str, Any] = field(default_factory=dict)  # answers on which others may build
    charged: dict[str, str] = field(default_factory=dict)  # question of each wrong model

    def mark(self, question: str, answer: Any, key: Key) -> Mark:
        """Mark an answer like :func:`judge`, in view of those before it."""
        mark = self._follow(answer, key)
        if mark.model and mark.share < 1:
            first = self.charged.setdefault(mark.model, question)
            if first != question:
                mark = replace(mark, share=1.0, again=first)
        if key.kind == "choice" and answer is not None:
            self.own[question] = answer[0]
        elif key.kind == "number" and (mark.model or _is_sensible(answer, key.right)):
            self.own[question] = answer
        return mark

    def _follow(self, answer: Any, key: Key) -> Mark:
        """Mark an answer by its key, and by those that follow from earlier answers.

        They are several: a student may have gone back to the first of two earlier answers. An
        earlier answer that makes this one 0 makes it too easy, and gives nothing.
        """
        best = judge(answer, key)
        if best.share == 1 or best.missing or key.kind != "number" or key.anew is None:
            return best
        given = [name for name in key.earlier if name in self.own]
        for some in chain.from_iterable(combinations(given, n + 1) for n in range(len(given))):
            try:
                right = key.anew({name: self.own[name] for name in some})
            except ArithmeticError:
                continue
            if not right or not math.isfinite(right):
                continue
            mark = judge(answer, replace(key, right=right, wrong={}))
            if mark.share == 1:
                return replace(mark, model=best.model, after=some)
            if mark.near and not best.share and not best.model:
                best = replace(mark, after=some)
        return best


def _is_sensible(answer: Any, right: float) -> bool:
    """Tell whether others may follow from a number: one far off would make them trivial."""
    size = abs(right)
    return _is_number(answer) and size / _FAR_OFF <= abs(answer) <= size * _FAR_OFF


def _number(answer: Any, key: Key) -> Mark:
    if not _is_number(answer):
        return Mark(share=0.0)
    # Where no sign is asked for, a sign says nothing.
    if key.form.sign == "none" and answer * key.right < 0:
        answer = -answer
    if _is_right(answer, key):
        return Mark(share=1.0)
    right, wrong = key.right, list(key.wrong.items())
    slips = [*wrong, (TURNED, -right), (PERCENT, right * 100), (PERCENT, right / 100)]
    named = (model for model, value in slips if close(answer, value, key.within))
    counted = (model for model, value in wrong if key.counted and answer == rounded_up(value))
    model = next(chain(named, counted), "")
    near = not model and _is_near(answer, key)
    return Mark(share=NEAR_SHARE if near else 0.0, model=model, near=near)


def _is_right(answer: float, key: Key) -> bool:
    """Tell whether a number is right, in any of its right readings."""
    return close(answer, key.right, key.within) or answer in right_too(key)


def _is_near(answer: float, key: Key) -> bool:
    """Tell whether a number is right but for rounding, and nearer to it than to a wrong model."""
    off = abs(answer - key.right)
    near = close(answer, key.right, _NEAR_WITHIN * key.within) or rounds_to(answer, key.right)
    return near and all(off < abs(answer - value) for value in key.wrong.values())


def _choice(answer: Any, key: Key) -> Mark:
    says, because = (part if isinstance(part, str) else "" for part in answer)
    if not says and not because:
        return Mark(share=0.0, missing=True)
    if (says, because) == key.right:
        return Mark(share=1.0)
    share = 0.5 if says == key.right[0] else 0.0
    for model, (its_says, its_because) in key.wrong.items():
        if its_says in ("", says) and its_because in ("", because):
            return Mark(share=share, model=model)
    return Mark(share=share)


def _function(answer: Any, key: Key) -> Mark:
    answers: list[Any] = [*answer, *[None] * len(key.right)][: len(key.right)]
    if all(value is None for value in answers):
        return Mark(share=0.0)
    good = [_agrees(a, r, key) for a, r in zip(answers, key.right, strict=True)]
    if all(good):
        return Mark(share=1.0)
    turned = [-value for value in key.right]
    for model, values in {**key.wrong, TURNED: turned}.items():
        if all(_agrees(a, v, key) for a, v in zip(answers, values, strict=True)):
            return Mark(share=0.0, model=model)
    return Mark(share=sum(good) / len(good))


def _agrees(answer: Any, value: float, key: Key) -> bool:
    return _is_number(answer) and close(float(answer), value, key.within)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and (isinstance(value, int) or math.isfinite(value))
    )
