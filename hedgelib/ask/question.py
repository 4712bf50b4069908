"""Questions: text, numbers that may be drawn again, the right answer, and what leads to wrong ones.

The text is in a TOML file and the computation in a function, under one id. Everything that is shown
or judged comes from an :class:`Asked`, a question with its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeAlias

import numpy as np

from hedgelib.ask.answers import NEAR, WITHIN, close, is_whole, read_answer, rounds_to
from hedgelib.ask.form import Form, Kind
from hedgelib.ask.marking import PERCENT, TURNED, Key, judge
from hedgelib.ask.misconceptions import misconception
from hedgelib.ask.text import fill, read_toml
from hedgelib.errors import InvalidInput
from hedgelib.show.scene import Scene, scene_of

Outcome: TypeAlias = Literal["right", "slip", "sign", "near", "way", "wrong", "unread"]

_NEAR_ZERO = 2e-12
"""What sums of floats leave of a zero."""
_RATES = ("%", "percent", "a number", "a decimal", "a share")
_NEAR_ONE = "**Close.** Contracts come whole, and every one counts: round at the end."
_NEARLY = (
    "**Close.** Give more digits, and round only at the end. If you have, something small is "
    "missing."
)
_MOST_DRAWS = 200
_FIELDS = {"ask", "unit", "options", "why", "hints", "wrong_way", "solution", "slips"}
_read = cache(read_toml)


@dataclass(frozen=True, slots=True)
class Varied:
    """A number of a question: its value at first, and those from which another is drawn."""

    start: Any
    others: Sequence[Any]


def vary(start: Any, *others: Any, low: float = 0, high: float = 0, step: float = 0) -> Varied:
    """Let a number vary, over a grid or over the values given."""
    if not step:
        return Varied(start, (start, *others))
    steps = range(round((high - low) / step) + 1)
    return Varied(start, tuple(float(f"{low + i * step:.10g}") for i in steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question's function returns.

    - right: a number in the question's unit, the key of the right option, a pair of keys where a
      reason is chosen too, or a function
    - slips: misconception by id, and the number (or function) that it leads to
    - guesses: what each option stands for in the picture and the text; its key where there is none
    - then: makes the picture that follows, from the value of the guess or None
    - start: today's price and the like, from which an answer is in one direction or the other
    - values: further values for the text
    - calls: arguments with which a function is tried
    - counted: the number counts whole things, and the next whole number is right too
    - form: how an answer must look, where the question's text does not say so
    """

    right: Any
    slips: Mapping[str, Any] = field(default_factory=dict)
    guesses: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[Any], Any] | None = None
    start: float | None = None
    within: float = WITHIN
    values: Mapping[str, Any] = field(default_factory=dict)
    calls: Sequence[tuple[Any, ...]] = ()
    counted: bool = False
    form: Form | None = None

    def key(self, form: Form) -> Key:
        """Return what answers of a form are marked by; a function's values are those of its calls.

        Numbers may be columns of many students, which gives columns of answers.
        """

        def plain(answer: Any) -> Any:
            if form.kind == "function":
                return [answer(*call) for call in self.calls]
            if isinstance(answer, tuple):
                return tuple(part if np.ndim(part) else str(part) for part in answer)
            return answer

        wrong = {model: plain(answer) for model, answer in self.slips.items()}
        return Key(
            form=form, right=plain(self.right), wrong=wrong, within=self.within, calls=self.calls,
            counted=self.counted,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """Judgement of an answer, in Markdown, with the misconception behind it if one is known."""

    outcome: Outcome
    text: str
    misconception: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question: made by :meth:`Questions.add`."""

    id: str
    text: Mapping[str, Any]
    given: Mapping[str, Any]
    compute: Callable[..., Answer]

    def ask(self, **values: Any) -> Asked:
        """Return the question with its first numbers, or with others for some of them."""
        if unknown := set(values) - set(self.given):
            takes, got = ", ".join(self.given) or "nothing", ", ".join(sorted(unknown))
            raise InvalidInput(f"question {self.id} takes {takes}, got {got}")
        starts = {name: value.start for name, value in self.varied.items()}
        numbers = {**self.given, **starts, **values}
        if missing := [name for name, value in numbers.items() if value is ...]:
            raise InvalidInput(f"question {self.id} needs {', '.join(missing)}")
        return Asked(self, numbers, self.compute(**numbers))

    def again(self, seed: object, **values: Any) -> Asked:
        """Return the question with new numbers, the same for the same seed.

        Numbers for which a wrong answer would pass for the right one are drawn anew.
        """
        for attempt in range(_MOST_DRAWS):
            random = Random(f"{self.id}/{seed}/{attempt}")
            drawn = {name: random.choice(value.others) for name, value in self.varied.items()}
            try:
                asked = self.ask(**(drawn | values))
            except InvalidInput:
                continue
            if asked.is_apart():
                return asked
        raise InvalidInput(f"question {self.id} refuses its own numbers; change their ranges")

    @property
    def varied(self) -> dict[str, Varied]:
        """The numbers that can be drawn anew."""
        return {name: value for name, value in self.given.items() if isinstance(value, Varied)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its numbers."""

    question: Question
    numbers: Mapping[str, Any]
    answer: Answer

    @property
    def form(self) -> Form:
        """How an answer must look."""
        if self.answer.form:
            return self.answer.form
        if "options" in self.question.text:
            return Form("choice", options=self.options)
        kind: Kind = "function" if callable(self.answer.right) else "number"
        return Form(kind, self.question.text.get("unit", ""))

    @property
    def key(self) -> Key:
        """What an answer is marked by."""
        return self.answer.key(self.form)

    @property
    def kind(self) -> Kind:
        """What an answer is."""
        return self.form.kind

    def say(self, text: str) -> str:
        """Fill a text with the question's values."""
        answer = self.answer
        values = {**answer.guesses, **self.numbers, **answer.values, "answer": answer.right}
        try:
            return fill(text, values).strip()
        except (InvalidInput, ValueError, LookupError, TypeError) as error:
            raise InvalidInput(f"question {self.question.id}: {error} in {text!r}") from error

    def part(self, name: str) -> str:
        """Return a text of the question by its name, empty where there is none."""
        return self.say(self.question.text.get(name, ""))

    @property
    def options(self) -> dict[str, str]:
        """Return the options of a choice by their keys."""
        options = self.question.text.get("options", {})
        return {key: " ".join(self.say(text).split()) for key, (text, _) in options.items()}

    def reason(self, option: str) -> str:
        """Return why an option is right, or why one would think so."""
        return self.say(self.question.text["options"][option][1])

    @property
    def hints(self) -> list[str]:
        """The hints, each a step beyond the one before."""
        hints = [self.part("wrong_way"), *map(self.say, self.question.text.get("hints", ()))]
        return [hint for hint in hints if hint]

    def picture(self, guess: str | None = None) -> Scene | None:
        """Return the picture that follows, with the chosen option in it."""
        if self.answer.then is None:
            return None
        value = None if guess is None else self.answer.guesses.get(guess, guess)
        return scene_of(self.answer.then(value))

    def judge(self, *answer: object) -> Verdict:
        """Judge an answer: a number as people write it, the key of an option, or a function."""
        if self.kind == "choice":
            return self._chosen(answer[0])
        if self.kind == "function":
            return self._called(answer[0])
        try:
            number = _clean(read_answer(*answer, unit=self.form.unit))
        except InvalidInput as error:
            return Verdict("unread", str(error))
        return self._number(number)

    def _chosen(self, option: object) -> Verdict:
        right = self.answer.right
        if not isinstance(option, str) or option not in self.options:
            return Verdict("unread", "Choose one of the answers.")
        if option == right:
            return Verdict("right", f"✔ **Right.** {self.reason(right)}")
        said, truth = (f"**{self.options[key]}**. {self.reason(key)}" for key in (option, right))
        return Verdict("slip", f"You said {said}\n\nThe answer: {truth}", option)

    def _called(self, function: object) -> Verdict:
        if not callable(function):
            return Verdict("unread", "An answer is a function, without its brackets.")
        returned = []
        for call in self.answer.calls:
            try:
                returned.append(read_answer(function(*call), unit=self.form.unit))
            except Exception as error:
                return Verdict("unread", f"With {', '.join(map(repr, call))} it fails: {error}")
        mark = judge(returned, self.key)
        if mark.share == 1:
            return self._right()
        return self._slip(mark.model) if mark.model else self._hint()

    def _key(self) -> Key:
        key = self.key
        wrong = {model: _clean(value) for model, value in key.wrong.items()}
        return replace(key, right=_clean(key.right), wrong=wrong)

    def _number(self, number: float) -> Verdict:
        key = self._key()
        mark = judge(number, key)
        exact = not self._comes_whole or (is_whole(number) and round(number) == round(key.right))
        if mark.share == 1 and exact:
            return self._right()
        model = mark.model or _rounded_slip(number, key)
        if self._explains(model):
            return self._slip(model)
        if close(number, key.right, NEAR):
            return self._nearly()
        start = self.answer.start or 0.0
        if self.part("wrong_way") and (number - start) * (key.right - start) < 0:
            return self._way()
        return self._hint()

    @property
    def _comes_whole(self) -> bool:
        return self.form.unit == "contracts" and is_whole(self.answer.right)

    def _explains(self, model: str) -> bool:
        """Tell whether a wrong model is one that this question tells of."""
        as_rate = model == PERCENT and self.form.unit.partition(",")[0] in _RATES
        return model in self.answer.slips or model == TURNED or as_rate

    def _nearly(self) -> Verdict:
        return Verdict("near", _NEAR_ONE if self._comes_whole else _NEARLY)

    def _way(self) -> Verdict:
        return Verdict("way", f"**Not yet.** {self.part('wrong_way')}")

    def _right(self) -> Verdict:
        return Verdict("right", f"✔ **Right.** {self.part('why')}")

    def _slip(self, model: str) -> Verdict:
        own = self.question.text.get("slips", {}).get(model)
        if own is None and model == TURNED:
            return Verdict("sign", "**Nearly.** The size is right; look at the sign.", model)
        why = self.say(own) if own else misconception(model).why
        return Verdict("slip", f"**Not yet.** {why}", model)

    def _hint(self) -> Verdict:
        hint = next(iter(self.question.text.get("hints", ())), "")
        return Verdict("wrong", f"**Not yet.** {self.say(hint)}".rstrip())

    def is_apart(self) -> bool:
        """Tell whether no wrong answer would pass for the right one, nor for another wrong one."""
        if self.kind != "number":
            return True
        key, room = self._key(), 2 * self.answer.within
        pairs = combinations([key.right, *key.wrong.values()], 2)
        return not any(close(a, b, room) or close(b, a, room) for a, b in pairs)


def _clean(value: float) -> float:
    return 0.0 if abs(value) <= _NEAR_ZERO else float(value)


def _rounded_slip(number: float, key: Key) -> str:
    """Return the slip that a number is when it is rounded to the digits given, two at least."""
    named = [name for name, value in key.wrong.items() if rounds_to(number, value)]
    return named[0] if len(named) == 1 and not rounds_to(number, key.right) else ""


class Questions(dict[str, Question]):
    """The questions of a lesson by id: texts from a file, to which functions are added."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @property
    def texts(self) -> Mapping[str, Any]:
        """Everything in the file, by id."""
        return _read(self._path)

    def add(self, question_id: str, **given: Any) -> Callable[[Callable[..., Answer]], Question]:
        """Make a question of a function that returns an :class:`Answer`."""
        text = self.texts.get(question_id)
        if text is None or not set(text) <= _FIELDS or "ask" not in text:
            raise InvalidInput(f"{self._path.name}: no question {question_id}, or a field unknown")

        def made(compute: Callable[..., Answer]) -> Question:
            self[question_id] = Question(question_id, text, given, compute)
            return self[question_id]

        return made
