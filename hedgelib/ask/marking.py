"""Marks of plain answers, and the misconception that explains a wrong answer.

Nothing here runs student code. Lessons, the marking cell of a class notebook and the instructor's
side all mark with :func:`judge`, so they cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hedgelib.ask.answers import WITHIN, close

__all__ = ["Key", "Mark", "Right", "judge", "rounded_up"]

Right: TypeAlias = float | tuple[str, str] | list[float]
"""A number; the letters of answer and reason; or the values that a function returns."""

_FLOAT_ERROR = 1e-9

TURNED, PERCENT = "sign_turned", "percent_for_decimal"
"""Two mistakes that any number can have, checked after the question's own wrong models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Right answer and wrong models of one question for one student.

    Parameters
    ----------
    kind : str
        ``"number"``, ``"choice"`` or ``"function"``.
    right : float, (str, str) or list of float
    wrong : mapping of str to the same
        Answer of each wrong model. For a choice, an empty text means any letter.
    within : float
        Accepted error relative to the right number, decimal.
    calls : sequence of tuples
        Arguments with which a function is called.
    counted : bool
        The number counts whole things: the next whole number is right too, and so it is for a
        wrong model.
    """

    kind: Literal["number", "choice", "function"]
    right: Any
    wrong: Mapping[str, Any] = field(default_factory=dict)
    within: float = WITHIN
    calls: Sequence[tuple[Any, ...]] = ()
    counted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Mark of an answer.

    Parameters
    ----------
    share : float
        Of the points, from 0 to 1.
    model : str
        The wrong model that gives this answer; empty if there is none.
    missing : bool
        There is no answer at all.
    """

    share: float
    model: str = ""
    missing: bool = False


def rounded_up(value: float) -> int:
    """Return a number rounded up; a number that is whole up to rounding error stays.

    Parameters
    ----------
    value : float

    Returns
    -------
    int

    Examples
    --------
    >>> rounded_up(5.93), rounded_up(6.000000000000001)
    (6, 6)
    """
    return math.ceil(value - _FLOAT_ERROR * abs(value))


def judge(answer: Any, key: Key) -> Mark:
    """Mark a plain answer.

    Parameters
    ----------
    answer : float, (str, str), list or None
        Of the kind that the key has; ``None``, or an empty letter, is no answer.
    key : Key

    Returns
    -------
    Mark
        A number is right or wrong. A right choice with a wrong reason gets half. A function gets
        the share of its calls that are right, and nothing if a wrong model explains all the
        returned values.

    Notes
    -----
    **Source:** own rules, in ``docs/instructor.md``.

    Examples
    --------
    >>> key = Key(kind="number", right=1000.0, wrong={"contract_is_coin": 2.857})
    >>> judge(1000.4, key).share, judge(2.857, key).model, judge(-1000, key).model
    (1.0, 'contract_is_coin', 'sign_turned')
    """
    if key.kind == "number":
        return _number(answer, key)
    if key.kind == "choice":
        return _choice(answer, key)
    return _function(answer, key)


def _number(answer: Any, key: Key) -> Mark:
    if answer is None:
        return Mark(share=0.0, missing=True)
    if not _is_number(answer):
        return Mark(share=0.0)
    if close(answer, key.right, key.within) or (key.counted and answer == rounded_up(key.right)):
        return Mark(share=1.0)
    slips = {
        **key.wrong,
        TURNED: -key.right,
        PERCENT: key.right * 100,
        f"{PERCENT} ": key.right / 100,
    }
    for model, value in slips.items():
        if close(answer, value, key.within):
            return Mark(share=0.0, model=model.strip())
    if key.counted:
        for model, value in key.wrong.items():
            if answer == rounded_up(value):
                return Mark(share=0.0, model=model)
    return Mark(share=0.0)


def _choice(answer: Any, key: Key) -> Mark:
    says, because = (_letter(part) for part in (answer or ("", "")))
    if not says and not because:
        return Mark(share=0.0, missing=True)
    if (says, because) == key.right:
        return Mark(share=1.0)
    share = 0.5 if says == key.right[0] else 0.0
    for model, (its_says, its_because) in key.wrong.items():
        if its_says in ("", says) and its_because in ("", because):
            return Mark(share=share, model=model)
    return Mark(share=share)


def _letter(part: object) -> str:
    return part.strip().upper() if isinstance(part, str) else ""


def _function(answer: Any, key: Key) -> Mark:
    if answer is None:
        return Mark(share=0.0, missing=True)
    answers: list[Any] = [*answer, *[None] * len(key.right)][: len(key.right)]
    if all(value is None for value in answers):
        return Mark(share=0.0)
    good = [_agrees(a, r, key) for a, r in zip(answers, key.right, strict=True)]
    if all(good):
        return Mark(share=1.0)
    turned = {TURNED: [-value for value in key.right]}
    for model, values in {**key.wrong, **turned}.items():
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
