"""Functions of a released notebook: show the student's numbers and check the form of each answer.

The check says whether an answer is a number, one of the letters or a function, and repeats it in
words; it never says whether the answer is right. The marking cells of a source mark with
:func:`mark_answer`; a release has no marking.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hedgelib._text import Table, money_in_markdown
from hedgelib.ask.answers import WITHIN
from hedgelib.ask.form import Form
from hedgelib.ask.marking import Examiner, Key, right_too
from hedgelib.ask.question import Answer
from hedgelib.classroom._runner import unpacked
from hedgelib.classroom.personal import (
    DEMO,
    Numbers,
    attempt_secret,
    canonical,
    demo_secret,
    draw_one,
)
from hedgelib.classroom.scenarios import scenario
from hedgelib.errors import HedgeError, InvalidInput

__all__ = [
    *("Form", "UnknownStudent", "answer_key", "check_format", "choose_from", "exercise", "given"),
    *("id_hash", "mark_answer", "numbers_file", "options_for", "plain_number", "show_numbers"),
]

Me = Callable[..., Numbers]


class UnknownStudent(HedgeError):
    """An id that is not in the class; a notebook shows the message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def numbers_file(assignment: str) -> str:
    """Return the name of the file with the students' numbers, next to a released notebook."""
    return f"{assignment}_numbers.json"


def id_hash(salt: str, student_id: str, attempt: int = 1) -> str:
    """Return the key of a student's numbers in the released file, under a salt from the same file.

    The file does not show the list of the class; anybody who knows an id can look up its numbers.
    """
    text = json.dumps([salt, canonical(student_id), *([attempt] if attempt > 1 else [])])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def exercise(assignment: str) -> Me:
    """Open an assignment: ``me("your id")`` returns your numbers and shows the first of them.

    ``me("your id", attempt=2)`` returns the numbers of a second attempt, where there is one.
    """
    story = scenario(assignment)

    def me(student_id: str, attempt: int = 1) -> Numbers:
        my = Numbers(_values(assignment, student_id, attempt))
        whose = student_id.strip()
        alone = "" if canonical(whose) == DEMO else " Nobody else has them."
        which = f" for attempt {attempt}" if attempt > 1 else ""
        _say(f"The numbers of `{whose}`{which}.{alone}")
        show_numbers(my, *story.opening)
        return my

    return me


def given(values: Mapping[str, Any]) -> tuple[Numbers, Me]:
    """Return given numbers, and a function that returns them for every id, for grading.

    They are not shown: nobody looks, and the display code takes long to load.
    """
    my = Numbers({**values, "_quiet": True})
    return my, lambda student_id="", attempt=1: my  # noqa: ARG005


def _values(assignment: str, student_id: object, attempt: object) -> Mapping[str, Any]:
    if not isinstance(student_id, str):
        raise UnknownStudent(f"Put your id between quotes: me({str(student_id)!r})")
    if not canonical(student_id):
        raise UnknownStudent("Type your student id between the quotes and run the cell again.")
    if type(attempt) is not int or attempt < 1:
        raise UnknownStudent(f"An attempt is 1, 2 or so on, not {attempt!r}: attempt=2")
    if canonical(student_id) == DEMO:
        return draw_one(scenario(assignment), attempt_secret(demo_secret(), attempt), DEMO)
    path = Path(numbers_file(assignment))
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        salt, students = record["salt"], record["students"]
    except FileNotFoundError:
        raise UnknownStudent(
            f"The file {path} must be in the same folder as this notebook. Download both again, "
            "or put them together, and run the cell again."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise UnknownStudent(
            f"The file {path} is damaged. Download it again and run the cell again."
        ) from None
    values: Mapping[str, Any] | None = students.get(id_hash(salt, student_id, attempt))
    if values is None and id_hash(salt, student_id) in students:
        raise UnknownStudent(
            f"The file {path} has no attempt {attempt}. Ask your instructor whether there is one, "
            "download the file again, and run the cell again."
        )
    if values is None:
        raise UnknownStudent(
            f"Nobody in this class has the id {student_id.strip()!r}. Look up your id (the one in "
            "your instructor's list of the class), correct it and run the cell again."
        )
    return values


# What a notebook shows


def _say(text: str) -> None:
    _display({"text/markdown": money_in_markdown(text), "text/plain": text})


def _display(bundle: dict[str, str]) -> None:
    from IPython.display import display

    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def _is_quiet(my: Numbers) -> bool:
    return bool(getattr(my, "_quiet", False))


def show_numbers(my: Numbers, *names: str) -> None:
    """Show numbers with their meaning; lists of one length become columns of one table."""
    if _is_quiet(my):
        return
    meaning = scenario(my._assignment).given
    lists = [name for name in names if isinstance(getattr(my, name), list)]
    parts, lines = [], []
    if lists:
        head = [f"{meaning[name].meaning}, my.{name}" for name in lists]
        columns = [[meaning[name].shown(v) for v in getattr(my, name)] for name in lists]
        rows = [*zip(*columns, strict=True)]
        parts.append(Table(head, rows).html())
        lines += ["  ".join(row) for row in (head, *rows)]
    single = [
        (meaning[name].meaning, f"my.{name}", meaning[name].shown(getattr(my, name)))
        for name in names
        if name not in lists
    ]
    if single:
        parts.append(Table(("meaning", "in Python", "your value"), single).html())
        lines += ["  ".join(row) for row in single]
    _display({"text/html": "".join(parts), "text/plain": "\n".join(lines)})


def choose_from(
    my: Numbers, question: str, *, says: Mapping[str, str], because: Mapping[str, str]
) -> Form:
    """Show answers and reasons to choose from, in the student's own order."""
    form = options_for(my, question, says=says, because=because)
    if not _is_quiet(my):
        _say(_options_text(form))
    return form


def options_for(
    my: Numbers, question: str, *, says: Mapping[str, str], because: Mapping[str, str]
) -> Form:
    """Put answers and reasons, texts by their values, into the student's own order."""
    if short := [value for value in (*says, *because) if len(value) < 2]:
        raise InvalidInput(f"{question}: {short[0]!r} would be taken for a letter; give it a word")
    return Form(
        "choice",
        options=_ordered(says, getattr(my, f"_{question}_says")),
        reasons=_ordered(because, getattr(my, f"_{question}_because")),
    )


def _ordered(texts: Mapping[str, str], order: Any) -> Mapping[str, str]:
    if np.ndim(order) > 1:
        return texts  # of many students, who have no order in common
    items = [*texts.items()]
    return dict(items[place] for place in order)


def _options_text(form: Form) -> str:
    parts = []
    for title, letters, texts in zip(
        ("What happens?", "Why?"), form.letters, (form.options, form.reasons), strict=True
    ):
        lines = [f"- **{letter}**: {texts[value]}" for letter, value in letters.items()]
        parts.append("\n".join([f"**{title}**", "", *lines]))
    return "\n\n".join(parts)


# The form of an answer

_forms: dict[str, Form] = {}


class _Unfit(Exception):
    """An answer of the wrong form, with a message for the student."""


def plain_number(value: Any, form: Form) -> float:
    """Return a number, or a text that is read as one, as a plain float.

    A container with one number counts as that number, as in the sandbox; an instance of the
    student's own class is a TypeError.
    """
    value = form.read(unpacked(value))
    if type(value) in (int, float) and math.isfinite(float(value)):
        return float(value)
    raise TypeError(f"is a {type(value).__name__}, not a number")


def check_format(question: str, value: Any, form: Form) -> None:
    """Say whether an answer, or a pair of answer and reason, has the form, and repeat it in words.

    It does not know the right answer. A problem is written to standard error, which nbgrader
    treats as a failed cell.

    Examples
    --------
    >>> check_format("q1", 2460, Form("number", "contracts", sign="none"))
    q1 is 2,460 contracts. The form is right.
    >>> check_format("q2", "−0.52", Form("number", "ETH", sign="gain"))
    q2 is −0.52 ETH, a loss. The form is right.
    """
    _forms[question] = form
    look = {"number": _look_at_number, "choice": _look_at_choice, "function": _look_at_function}
    try:
        text = look[form.kind](question, value, form)
    except _Unfit as problem:
        print(problem, file=sys.stderr)
    else:
        print(text)


def _look_at_number(question: str, value: object, form: Form) -> str:
    if value is None:
        raise _Unfit(f"{question} has no answer yet.")
    try:
        number = plain_number(value, form)
    except InvalidInput as error:
        raise _Unfit(f"{question}: {error}") from None
    except (TypeError, OverflowError) as error:
        raise _Unfit(
            f"{question} must be a number ({form.unit}), such as 12.5, but it {_reason(error)}."
        ) from None
    if form.sign == "none" and number < 0:
        raise _Unfit(f"{question} is {_in_words(number, form)}. Give the number without a sign.")
    means = {"gain": ("a gain", "a loss"), "paid": ("received", "paid")}.get(form.sign)
    meaning = f", {means[number < 0]}" if means and number else ""
    return f"{question} is {_in_words(number, form)}{meaning}. The form is right."


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, TypeError) else "is too large"


def _in_words(value: float, form: Form) -> str:
    text = f"{value:,.8g}".replace("-", "−")
    return f"{text} {form.unit}"


def _look_at_choice(question: str, value: Sequence[Any], form: Form) -> str:
    written = [*map(unpacked, value)]
    texts = []
    for name, part, chosen, letters, known in zip(
        (question, f"{question}_reason"),
        written,
        form.read(written),
        form.letters,
        (form.options, form.reasons),
        strict=True,
    ):
        if part is None or part == "":
            raise _Unfit(f"{name} has no answer yet.")
        if chosen not in known:
            raise _Unfit(
                f"{name} must be one of the letters {', '.join(letters)} between quotes, "
                f"and it is {part!r}."
            )
        texts.append(known[chosen])
    return f"You say: {texts[0]}\nBecause: {texts[1]}\nThe form is right."


def _look_at_function(question: str, value: Any, form: Form) -> str:
    if not callable(value):
        raise _Unfit(f"{question} must be a function; do not change its first line.")
    call = f"{value.__name__}({', '.join(map(repr, form.example))})"
    try:
        returned = value(*form.example)
    except Exception as error:
        raise _Unfit(f"{question}: {call} fails: {type(error).__name__}: {error}") from None
    if returned is None:
        raise _Unfit(f"{question}: {call} returns nothing yet.")
    try:
        number = plain_number(returned, form)
    except (TypeError, OverflowError) as error:
        raise _Unfit(
            f"{question}: {call} must return a number, but the returned value {_reason(error)}."
        ) from None
    return f"{call} is {_in_words(number, form)}. The form is right."


# Marking cells. `make class` puts `answer_key` into them, with the source's own solution.

_keys: dict[str, tuple[Callable[..., Any], float, tuple[str, ...]]] = {}
_examiner = Examiner()


def answer_key(
    question: str, solution: Callable[..., Any], points: float, *, earlier: tuple[str, ...] = ()
) -> None:
    """Store the source's solution and the points for the next call of :func:`mark_answer`.

    A solution takes a student's own answers to `earlier` questions, by name.
    """
    _keys[question] = (solution, points, earlier)


def mark_answer(
    question: str,
    value: Any,
    *,
    wrong: Mapping[str, Any],
    within: float = WITHIN,
    calls: Sequence[tuple[Any, ...]] = (),
    counted: bool = False,
) -> float | None:
    """Return the points of an answer whose form was checked, which nbgrader reads from the cell.

    A source that is run as it is has the solution for an answer. It gets no points, and the right
    answer and those of the wrong models are shown.
    """
    form = _forms[question]
    solution, points, earlier = _keys.get(question, (partial(_unmarked, value), None, ()))
    answer = Answer(right=solution(), slips=wrong, within=within, calls=calls, counted=counted)
    key = replace(answer.key(form), earlier=earlier, anew=lambda own: float(solution(**own)))
    if points is None:
        _say(_source_table(question, key))
        return None
    return _examiner.mark(question, _plain(value, key), key).share * points


def _unmarked(value: Any, **_: Any) -> Any:
    """Return the solution in a source that is run as it is."""
    return value


def _plain(value: Any, key: Key) -> Any:
    """Convert a student's value to the plain value that marking needs."""
    if key.kind == "choice":
        return key.form.read([*map(unpacked, value)])
    if key.kind == "number":
        return _plain_or_none(value, key.form)
    if not callable(value):
        return None
    values = []
    for call in key.calls:
        try:
            values.append(_plain_or_none(value(*call), key.form))
        except Exception:
            values.append(None)
    return values


def _plain_or_none(value: Any, form: Form) -> float | None:
    try:
        return plain_number(value, form)
    except (TypeError, OverflowError, InvalidInput):
        return None


def _source_table(question: str, key: Key) -> str:
    lines = [f"| {question} | |", "|:--|--:|", f"| right | {_brief(key.right, key.form)} |"]
    lines += [f"| right too | {whole} |" for whole in right_too(key)]
    lines += [f"| {model} | {_brief(value, key.form)} |" for model, value in key.wrong.items()]
    return "\n".join(lines)


def _brief(value: Any, form: Form) -> str:
    if form.kind == "choice":
        return ", ".join(letter or "any" for letter in form.in_letters(value))
    return ", ".join(f"{float(v):,.8g}" for v in (value if form.kind == "function" else [value]))
