"""The museum of bugs: errors of public engines and pages, to be exposed, tested for and repaired.

A learner finds an input with which the wrong function differs from the right one, then writes a
test that only the right one passes, then the function itself.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from random import Random
from typing import Any

import anywidget
import numpy as np
import traitlets

from hedgelib._text import safe, usd
from hedgelib.ask.answers import read_answer
from hedgelib.ask.question import Outcome
from hedgelib.ask.text import fill, to_html
from hedgelib.ask.widget import HEARD, QuestionWidget
from hedgelib.course.prose import fold, rows_in_markdown, say
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.museum.exhibits import (
    HALLS,
    POSITION_USD,
    SAYINGS,
    Exhibit,
    exhibits,
    find_exhibit,
    plain,
)  # fmt: skip
from hedgelib.show.explorer import view

__all__ = [
    "Finding", "exhibit", "expose", "judge_fix", "judge_input", "judge_test", "say_costs",
    "try_fix", "try_test",
]  # fmt: skip

_TRIED = 200
"""Inputs with which a fix is compared."""
_COST = f"What it costs on {usd(POSITION_USD)}"
_GAPS = ("refused", "gap", "empty", "raises")
"""Kinds of findings that are no answer yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of an input, a test or a fix.

    An input has "exposed" it, or both functions return the "same", or it is "refused". A test is
    "right", "empty" (it never calls the function), "blind" (it passes on both), "always_fails",
    checks the "wrong_thing", or "raises" something else than an AssertionError. A fix is "right" or
    "off", or "raises". What is still to be written is a "gap".
    """

    kind: str
    text: str

    @property
    def outcome(self) -> Outcome:
        """The outcome as progress keeps it."""
        if self.kind in ("exposed", "right"):
            return "right"
        return "unread" if self.kind in _GAPS else "wrong"


def _finding(kind: str, saying: str = "", **values: str) -> Finding:
    return Finding(kind, fill(SAYINGS[saying or kind], values).strip())


def judge_input(one: Exhibit, *given: Any, **named: Any) -> Finding:
    """Tell whether an input exposes an exhibit; numbers may be texts as people write them."""
    try:
        arguments = _arguments(one, given, named)
        right = plain(one.right(**_copy(arguments)))
    except (HedgeError, ArithmeticError) as error:
        return _finding("refused", why=str(error).rstrip("."))
    call = _written(arguments)
    try:
        wrong = plain(one.wrong(**_copy(arguments)))
    except (ArithmeticError, ValueError) as error:
        return _finding(
            "exposed", "exposed_fails", call=call, error=str(error), right=_short(right)
        )
    values = {"call": call, "wrong": _short(wrong), "right": _short(right)}
    if one.differ(wrong, right):
        return _finding("exposed", **values)
    return _finding("same", **values, why=one.why_same(**arguments))


def _arguments(one: Exhibit, given: Sequence[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments by name, as floats and lists of floats."""
    try:
        bound = inspect.signature(one.wrong).bind(*given, **named).arguments
    except TypeError:
        raise InvalidInput(f"give {', '.join(one.ranges)}, in this order or by name") from None
    arguments = {
        name: _several(name, value) if name in one.many else _number(value)
        for name, value in bound.items()
    }
    counts = [np.size(arguments[name]) for name in one.many]
    if len(set(counts)) > 1:
        named_too, found = " and ".join(one.many), " and ".join(map(str, counts))
        raise InvalidInput(f"{named_too} must be as many, got {found}")
    return arguments


def _number(value: Any) -> float:
    return read_answer(value, unit="a number")


def _several(name: str, value: Any) -> list[float]:
    values = re.split(r"[;\s]+|,\s+", value.strip(" []\t")) if isinstance(value, str) else value
    try:
        found = [_number(one) for one in values]
    except TypeError:
        raise InvalidInput(f"{name} takes several numbers, such as [1000, 2000]") from None
    if not found:
        raise InvalidInput(f"{name} takes several numbers, and there is none")
    return found


def _copy(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments that a function may change."""
    return {name: list(v) if isinstance(v, list) else v for name, v in arguments.items()}


def _short(value: float) -> str:
    return f"{value:,.8g}".replace("-", "−")


def _written(arguments: dict[str, Any]) -> str:
    """Write arguments as Python."""

    def python(value: Any) -> str:
        return f"[{', '.join(map(python, value))}]" if isinstance(value, list) else f"{value:.10g}"

    return f"`{', '.join(f'{name}={python(value)}' for name, value in arguments.items())}`"


def judge_test(one: Exhibit, test: Any) -> Finding:
    """Run a learner's test against the wrong and the right function."""
    if test is ...:
        return _finding("gap", "test_gap")
    if not callable(test):
        return _finding("refused", why="a test is a function that takes the function under test")
    called: list[dict[str, Any]] = []
    results = [_run(test, _recorded(one, function, called)) for function in (one.wrong, one.right)]
    for result, name in zip(results, ("wrong", "right"), strict=True):
        if result not in ("passes", "fails"):
            return _finding("raises", which=name, error=safe(result))
    if results == ["fails", "passes"]:
        return _finding("right", "test_right")
    if results == ["fails", "fails"]:
        return _finding("always_fails")
    if results == ["passes", "fails"]:
        return _finding("wrong_thing")
    if not called:
        return _finding("empty")
    exposing = [call for call in called if judge_input(one, **call).kind == "exposed"]
    if exposing:
        return _finding("blind", "blind_exposes", call=_written(exposing[-1]))
    return _finding("blind", "blind_same", why=judge_input(one, **called[-1]).text)


def _recorded(one: Exhibit, function: Callable[..., Any], called: list[dict[str, Any]]) -> Any:
    """Return a function that notes its arguments; both functions of an exhibit take the same."""
    signature = inspect.signature(one.wrong)

    @wraps(one.wrong)
    def recorded(*given: Any, **named: Any) -> Any:
        arguments = dict(signature.bind(*given, **named).arguments)
        called.append(_copy(arguments))
        return function(**arguments)

    return recorded


def _run(test: Callable[..., Any], function: Callable[..., Any]) -> str:
    """Return that a test passes, fails, or what else it raises."""
    try:
        test(function)
    except AssertionError:
        return "fails"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "passes"


def judge_fix(one: Exhibit, fix: Any) -> Finding:
    """Compare a learner's function with the right one, and name the first input where it is off."""
    if fix is ...:
        return _finding("gap", "fix_gap")
    if not callable(fix):
        return _finding("refused", why="a fix is a function, without its brackets")
    random = Random(one.slug)
    for _ in range(_TRIED):
        arguments = one.drawn(random)
        call, right = _written(arguments), plain(one.right(**_copy(arguments)))
        try:
            returned = fix(**_copy(arguments))
        except Exception as error:
            return _finding("raises", "fix_raises", call=call,
                            error=safe(f"{type(error).__name__}: {error}"))  # fmt: skip
        if returned is None or returned is ...:
            return _finding("gap", "fix_nothing", call=call)
        try:
            value = plain(returned)
        except (TypeError, ValueError):
            return _finding("off", "fix_no_number", call=call)
        if isinstance(value, list) or one.differ(value, right):
            returned = safe(str(value)) if isinstance(value, list) else _short(value)
            return _finding("off", call=call, returned=returned, right=_short(right))
    return _finding("right", "fix_right", count=str(_TRIED))


class ExhibitWidget(anywidget.AnyWidget):
    """An exhibit and a box for each argument; both results are shown once an input is committed.

    Where no kernel runs the exhibit is shown with its arguments, and hint and cost are folded.
    """

    _esm = QuestionWidget._esm
    _css = QuestionWidget._css
    spec = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)

    def __init__(self, one: Exhibit) -> None:
        self.exhibit, self._serial = one, 0
        inputs = [
            [f"{label}, several" if name in one.many else label, name]
            for name, label in one.labels.items()
        ]
        folded = [
            ("Hint", one.text["hint"]),
            (_COST, one.costs()),
        ]
        spec = {
            "ask": to_html(f"**Exhibit {one.slug}.** {SAYINGS['ask']}"),
            "kind": "inputs",
            "button": "Try it",
            "inputs": inputs,
            "folded": [[title, to_html(text)] for title, text in folded],
        }
        super().__init__(spec=spec, told={"answer": None})
        self.on_msg(self._hear)

    def answer(self, written: str) -> None:
        """Judge an input, one argument a line, and show the finding."""
        finding = judge_input(self.exhibit, *written.split("\n"))
        _note(self.exhibit.slug, finding)
        self._serial += 1
        self.told = {"answer": written, "outcome": finding.outcome,
                     "verdict": to_html(finding.text), "serial": self._serial}  # fmt: skip

    def _hear(self, _: object, asked: dict[str, Any], __: object) -> None:
        self.answer(asked["answer"])

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        rows = "".join(
            f"<li><code>{name}</code>: {safe(label)}</li>" for label, name in self.spec["inputs"]
        )
        folded = "".join(
            f"<details><summary>{safe(title)}</summary>{html}</details>"
            for title, html in self.spec["folded"]
        )
        html = f"{self.spec['ask']}<ul>{rows}</ul>{folded}"
        html = f'<div class="hedge-question mathjax_ignore">{html}</div>'
        return {**view(self), "text/html": html, "text/plain": f"Exhibit {self.exhibit.slug}"}, {}


def _note(name: str, finding: Finding) -> None:
    for hear in HEARD:
        hear(f"museum.{name}", finding.outcome, "")


def _shown(slug: str) -> Exhibit | None:
    try:
        return find_exhibit(slug)
    except HedgeError as error:
        say(safe(str(error)))
        return None


def exhibit(slug: str) -> ExhibitWidget | None:
    """Show an exhibit: the belief, its code and its source, and boxes for an input."""
    if (one := _shown(slug)) is None:
        return None
    words = one.text
    source = f"**Where it was found.** {words['source'].strip()}"
    say("\n\n".join([f"**{words['title']}** {words['belief'].strip()}",
                     f"```python\n{one.code}\n```", source]))  # fmt: skip
    return ExhibitWidget(one)


def expose(slug: str, *given: Any, **named: Any) -> None:
    """Try an input, in the order of the arguments or by name; a gap shows what is asked."""
    if (one := _shown(slug)) is None:
        return
    if ... in given:
        say(f"{SAYINGS['ask']} It takes {', '.join(f'`{name}`' for name in one.ranges)}.")
        return
    finding = judge_input(one, *given, **named)
    _note(slug, finding)
    costs = [fold(_COST, one.costs())]
    say("\n\n".join([finding.text, *(costs if finding.kind == "exposed" else [])]))


def try_test(slug: str, test: Any) -> None:
    """Run a test, a function that takes the function under test, against wrong and right."""
    if one := _shown(slug):
        finding = judge_test(one, test)
        _note(f"{slug}.test", finding)
        say(finding.text)


def try_fix(slug: str, fix: Any) -> None:
    """Compare a fix, a function of the exhibit's arguments, with the right function."""
    if one := _shown(slug):
        finding = judge_fix(one, fix)
        _note(f"{slug}.fix", finding)
        say(finding.text)


def say_costs() -> None:
    """Show the exhibits, hall by hall, each with its cost on a position of $50,000."""
    rows = [
        (HALLS[one.hall], one.text["title"].rstrip("."), usd(one.price()["cost"]))
        for one in exhibits().values()
    ]
    say(rows_in_markdown(("Hall", "Exhibit", "Cost"), rows, numbers="Cost"))
