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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hedgelib._text import Table, money_in_markdown
from hedgelib.ask.answers import WITHIN
from hedgelib.ask.marking import Key, judge, rounded_up
from hedgelib.classroom._runner import unpacked
from hedgelib.classroom.personal import DEMO, Numbers, canonical, demo_secret, draw_one
from hedgelib.classroom.scenarios import scenario
from hedgelib.errors import HedgeError

__all__ = [
    "Form",
    "Options",
    "UnknownStudent",
    "a_function",
    "a_number",
    "answer_key",
    "check_format",
    "choose_from",
    "exercise",
    "given",
    "id_hash",
    "make_key",
    "make_options",
    "mark_answer",
    "numbers_file",
    "plain_number",
    "show_numbers",
]

SAYS, BECAUSE = "ABCDEF", "PQRSTU"
"""Letters of the answers, and of the reasons."""

Me = Callable[[str], Numbers]


class UnknownStudent(HedgeError):
    """An id that is not in the class; a notebook shows the message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def numbers_file(assignment: str) -> str:
    """Return the name of the file with the students' numbers, next to a released notebook."""
    return f"{assignment}_numbers.json"


def id_hash(salt: str, student_id: str) -> str:
    """Return the key of a student's numbers in the released file.

    Parameters
    ----------
    salt : str
        Public; it is in the same file.
    student_id : str

    Returns
    -------
    str

    Notes
    -----
    **Source:** SHA-256. The file does not show the list of the class; anybody who knows an id can
    look up its numbers.
    """
    text = json.dumps([salt, canonical(student_id)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def exercise(assignment: str) -> Me:
    """Open an assignment.

    Parameters
    ----------
    assignment : str
        ``"inverse_maths"``.

    Returns
    -------
    callable
        ``me("your id")`` returns your numbers, and shows the first of them.

    Raises
    ------
    HedgeError
        No such assignment.
    """
    story = scenario(assignment)

    def me(student_id: str) -> Numbers:
        my = Numbers(_values(assignment, student_id))
        whose = student_id.strip()
        alone = "" if canonical(whose) == DEMO else " Nobody else has them."
        _say(f"The numbers of `{whose}`.{alone}")
        show_numbers(my, *story.opening)
        return my

    return me


def given(values: Mapping[str, Any]) -> tuple[Numbers, Me]:
    """Return given numbers in place of those of an id, to set up a notebook for grading.

    Parameters
    ----------
    values : mapping of str to object

    Returns
    -------
    my : Numbers
        They are not shown: nobody looks, and the display code takes long to load.
    me : callable
        Returns the same numbers for every id.
    """
    my = Numbers({**values, "_quiet": True})
    return my, lambda student_id="": my  # noqa: ARG005


def _values(assignment: str, student_id: object) -> Mapping[str, Any]:
    if not isinstance(student_id, str):
        raise UnknownStudent(f"Put your id between quotes: me({str(student_id)!r})")
    if not canonical(student_id):
        raise UnknownStudent("Type your student id between the quotes and run the cell again.")
    if canonical(student_id) == DEMO:
        return draw_one(scenario(assignment), demo_secret(), DEMO)
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
    values: Mapping[str, Any] | None = students.get(id_hash(salt, student_id))
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
    """Show numbers with their meaning.

    Parameters
    ----------
    my : Numbers
    names : str
        Lists of one length go into one table, a column for each.
    """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Answers and reasons to choose from, in a different order for each student.

    Parameters
    ----------
    question : str
        ``"q5"``; the reason's variable is ``q5_reason``.
    says, because : mapping of str to str
        Each under a word that the source calls it by.
    says_order, because_order : sequence of int, or ndarray of int
        For each letter the place of its text; with another axis for many students.
    """

    question: str
    says: Mapping[str, str]
    because: Mapping[str, str]
    says_order: Any
    because_order: Any

    def letters(self, says: Any, because: Any) -> tuple[Any, Any]:
        """Return the letters of an answer and of a reason; an empty word stands for any.

        Parameters
        ----------
        says, because : str or ndarray of str
            The words of the source.

        Returns
        -------
        (str, str), or a pair of ndarray of str
        """
        return (
            _letters(says, self.says, self.says_order, SAYS),
            _letters(because, self.because, self.because_order, BECAUSE),
        )

    def text(self) -> str:
        """Write the options as Markdown."""
        parts = []
        for title, texts, order, letters in (
            ("What happens?", self.says, self.says_order, SAYS),
            ("Why?", self.because, self.because_order, BECAUSE),
        ):
            lines = [f"- **{x}**: {[*texts.values()][i]}" for x, i in zip(letters, order)]  # noqa: B905
            parts.append("\n".join([f"**{title}**", "", *lines]))
        return "\n\n".join(parts)


def _letters(word: Any, texts: Mapping[str, str], order: Any, letters: str) -> Any:
    if isinstance(word, str) and not word:
        return ""
    words = list(texts)
    order = np.asarray(order)
    wanted = np.vectorize(words.index)(word)
    found = np.array(list(letters))[np.argmax(order == wanted, axis=0)]
    return str(found) if found.ndim == 0 else found


def choose_from(
    my: Numbers, question: str, *, says: Mapping[str, str], because: Mapping[str, str]
) -> Options:
    """Show answers and reasons to choose from.

    Parameters
    ----------
    my : Numbers
    question : str
    says, because : mapping of str to str
        Each under a word that the source calls it by.

    Returns
    -------
    Options
    """
    found = make_options(my, question, says=says, because=because)
    if not _is_quiet(my):
        _say(found.text())
    return found


def make_options(
    my: Numbers, question: str, *, says: Mapping[str, str], because: Mapping[str, str]
) -> Options:
    """Make answers and reasons to choose from, without showing them."""
    return Options(
        question=question,
        says=says,
        because=because,
        says_order=getattr(my, f"_{question}_says"),
        because_order=getattr(my, f"_{question}_because"),
    )


# The form of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Required form of an answer.

    Parameters
    ----------
    kind : str
        ``"number"`` or ``"function"``.
    unit : str
    sign : str
        ``"none"`` where a number is given without one, ``"gain"`` where a plus is a gain and a
        minus a loss, ``"paid"`` where a plus is received and a minus paid.
    example : tuple
        Arguments to try a function with.
    """

    kind: Literal["number", "function"]
    unit: str
    sign: str = ""
    example: tuple[Any, ...] = ()


def a_number(unit: str, *, sign: Literal["", "none", "gain", "paid"] = "") -> Form:
    """Ask for a number."""
    return Form(kind="number", unit=unit, sign=sign)


def a_function(unit: str, *, example: tuple[Any, ...]) -> Form:
    """Ask for a function that returns a number."""
    return Form(kind="function", unit=unit, example=example)


class _Unfit(Exception):
    """An answer of the wrong form, with a message for the student."""


def plain_number(value: Any) -> float:
    """Return a number as a plain float.

    Parameters
    ----------
    value : object

    Returns
    -------
    float

    Raises
    ------
    TypeError
        The value is not a finite number, or it is an instance of the student's own class. A
        container with one number counts as that number, as in the sandbox.
    """
    value = unpacked(value)
    if type(value) in (int, float) and math.isfinite(float(value)):
        return float(value)
    raise TypeError(f"is a {type(value).__name__}, not a number")


def check_format(question: str, value: Any, form: Form | Options) -> None:
    """Say whether an answer has the required form, and repeat it in words.

    Parameters
    ----------
    question : str
    value : object
        The answer; for a choice the pair of answer and reason.
    form : Form or Options

    Notes
    -----
    It does not know the right answer. A problem is written to standard error, which nbgrader
    treats as a failed cell.

    Examples
    --------
    >>> check_format("q1", 2460, a_number("contracts", sign="none"))
    q1 is 2,460 contracts. The form is right.
    >>> check_format("q2", -0.52, a_number("ETH", sign="gain"))
    q2 is −0.52 ETH, a loss. The form is right.
    """
    try:
        if isinstance(form, Options):
            text = _look_at_choice(question, value, form)
        elif form.kind == "number":
            text = _look_at_number(question, value, form)
        else:
            text = _look_at_function(question, value, form)
    except _Unfit as problem:
        print(problem, file=sys.stderr)
    else:
        print(text)


def _look_at_number(question: str, value: object, form: Form) -> str:
    if value is None:
        raise _Unfit(f"{question} has no answer yet.")
    try:
        found = plain_number(value)
    except (TypeError, OverflowError) as error:
        raise _Unfit(
            f"{question} must be a number ({form.unit}), such as 12.5, but it {_reason(error)}."
        ) from None
    if form.sign == "none" and found < 0:
        raise _Unfit(f"{question} is {_in_words(found, form)}. Give the number without a sign.")
    means = {"gain": ("a gain", "a loss"), "paid": ("received", "paid")}.get(form.sign)
    meaning = f", {means[found < 0]}" if means and found else ""
    return f"{question} is {_in_words(found, form)}{meaning}. The form is right."


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, TypeError) else "is too large"


def _in_words(value: float, form: Form) -> str:
    text = f"{value:,.8g}".replace("-", "−")
    return f"{text} {form.unit}"


def _look_at_choice(question: str, value: Sequence[Any], form: Options) -> str:
    names = (question, f"{question}_reason")
    parts = (form.says, form.says_order, SAYS), (form.because, form.because_order, BECAUSE)
    told = []
    for name, letter, (texts, order, letters) in zip(names, value, parts, strict=True):
        known = letters[: len(texts)]
        if letter is None or letter == "":
            raise _Unfit(f"{name} has no answer yet.")
        if not isinstance(letter, str) or letter.strip().upper() not in [*known]:
            raise _Unfit(
                f"{name} must be one of the letters {', '.join(known)} between quotes, "
                f"and it is {letter!r}."
            )
        told.append([*texts.values()][order[known.index(letter.strip().upper())]])
    return f"You say: {told[0]}\nBecause: {told[1]}\nThe form is right."


def _look_at_function(question: str, value: Any, form: Form) -> str:
    if not callable(value):
        raise _Unfit(f"{question} must be a function; do not change its first line.")
    call = f"{value.__name__}({', '.join(map(repr, form.example))})"
    try:
        found = value(*form.example)
    except Exception as error:
        raise _Unfit(f"{question}: {call} fails: {type(error).__name__}: {error}") from None
    if found is None:
        raise _Unfit(f"{question}: {call} returns nothing yet.")
    try:
        returned = plain_number(found)
    except (TypeError, OverflowError) as error:
        raise _Unfit(
            f"{question}: {call} must return a number, but the returned value {_reason(error)}."
        ) from None
    return f"{call} is {_in_words(returned, form)}. The form is right."


# Marking cells. `make class` puts `answer_key` into them, with the source's own solution.

_keys: dict[str, tuple[Any, float]] = {}


def answer_key(question: str, right: Any, points: float) -> None:
    """Store the right answer for the next call of :func:`mark_answer`.

    Parameters
    ----------
    question : str
    right : object
        Answer of the solution: a number, a pair of letters or a function.
    points : float
    """
    _keys[question] = (right, points)


def mark_answer(
    question: str,
    value: Any,
    *,
    wrong: Mapping[str, Any],
    within: float = WITHIN,
    calls: Sequence[tuple[Any, ...]] = (),
    counted: bool = False,
) -> float | None:
    """Return the points of an answer, which nbgrader reads as the value of the cell.

    Parameters
    ----------
    question : str
    value : object
        The student's answer.
    wrong : mapping of str to object
        Answer of each wrong model; functions where the answer is a function.
    within : float
        Accepted error relative to the right number, decimal.
    calls : sequence of tuples
        Arguments with which a function is called.
    counted : bool
        The next whole number is right too.

    Returns
    -------
    float or None
        Points. ``None`` in a source that is run as it is, where the answer is the solution's; it
        then shows the right answer and the wrong models.
    """
    if question not in _keys:
        key = make_key(value, wrong=wrong, within=within, calls=calls, counted=counted)
        _say(_source_table(question, key))
        return None
    right, points = _keys[question]
    key = make_key(right, wrong=wrong, within=within, calls=calls, counted=counted)
    return judge(_plain(value, key), key).share * points


def make_key(
    right: Any,
    *,
    wrong: Mapping[str, Any],
    within: float = WITHIN,
    calls: Sequence[tuple[Any, ...]] = (),
    counted: bool = False,
) -> Key:
    """Make the key of a question from the answers of its solution and its wrong models.

    Parameters
    ----------
    right : object
        A number, a pair of letters or a function.
    wrong : mapping of str to the same
    within : float
    calls : sequence of tuples
    counted : bool

    Returns
    -------
    Key
    """
    if callable(right):
        return Key(
            kind="function",
            right=[right(*call) for call in calls],
            wrong={model: [way(*call) for call in calls] for model, way in wrong.items()},
            within=within,
            calls=calls,
        )
    kind: Literal["choice", "number"] = "choice" if isinstance(right, tuple) else "number"
    return Key(kind=kind, right=right, wrong=wrong, within=within, counted=counted)


def _plain(value: Any, key: Key) -> Any:
    """Convert a student's value to the plain value that marking needs."""
    if key.kind == "choice":
        return tuple(part if isinstance(part, str) else "" for part in value)
    if key.kind == "number":
        return _plain_or_none(value)
    if not callable(value):
        return None
    found = []
    for call in key.calls:
        try:
            found.append(_plain_or_none(value(*call)))
        except Exception:
            found.append(None)
    return found


def _plain_or_none(value: Any) -> float | None:
    try:
        return plain_number(value)
    except (TypeError, OverflowError):
        return None


def _source_table(question: str, key: Key) -> str:
    lines = [f"| {question} | |", "|:--|--:|", f"| right | {_brief(key.right)} |"]
    if key.counted:
        lines.append(f"| right too | {rounded_up(key.right)} |")
    return "\n".join([*lines, *(f"| {name} | {_brief(v)} |" for name, v in key.wrong.items())])


def _brief(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_brief, value))
    return value or "any" if isinstance(value, str) else f"{float(value):,.8g}"
