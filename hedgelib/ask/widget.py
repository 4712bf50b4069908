"""The question widget: question, answer, verdict, hints and picture in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from hedgelib._text import safe
from hedgelib.ask.question import Asked, Verdict
from hedgelib.ask.text import to_html
from hedgelib.errors import HedgeError
from hedgelib.show.explorer import view
from hedgelib.show.palette import css
from hedgelib.show.plot import picture_html

HEARD: list[Callable[[str, str, str], None]] = []
"""Told of each verdict: the question's id, the outcome and the misconception."""

_HERE = Path(__file__).parent
_SHOW = _HERE.parent / "show"


def _text(*paths: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


class QuestionWidget(anywidget.AnyWidget):
    """A question to answer; made by :func:`shown`.

    Where no kernel runs the question is shown with its options, and what follows is folded.
    """

    _esm = "\n".join(
        [
            _text(_SHOW / "page.js", _SHOW / "scene.js", _HERE / "question.js"),
            "export default { render: question };",
        ]
    )
    _css = "\n".join([css(), _text(_SHOW / "scene.css", _HERE / "question.css")])
    spec = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)

    def __init__(self, asked: Asked, title: str = "") -> None:
        self.asked = asked
        self.value: Any = None
        self.verdict: Verdict | None = None
        self._serial, exercise = 0, f"Exercise {asked.question.id}."
        self._title = title or ("Before you go on." if asked.kind == "choice" else exercise)
        super().__init__(spec=self._spec(), told={"answer": None})
        self.on_msg(self._hear)

    @property
    def guess(self) -> Any:
        """The chosen option's value, or the answer as it was given; None before the first."""
        if self.asked.kind == "choice":
            return self.asked.answer.guesses.get(self.value, self.value)
        return self.value

    def _spec(self) -> dict[str, Any]:
        asked, hints, solution = self.asked, self.asked.hints, self.asked.part("solution")
        folded = [(f"Hint {i} of {len(hints)}", hint) for i, hint in enumerate(hints, 1)]
        return {
            "ask": to_html(f"**{self._title}** {asked.part('ask')}"),
            "kind": asked.kind,
            "unit": asked.form.unit,
            "options": list(asked.options.items()),
            "folded": [[title, to_html(text)] for title, text in folded],
            "after": [["Worked solution", to_html(solution)]] if solution else [],
        }

    def answer(self, *answer: object) -> None:
        """Judge an answer and show the verdict, and the picture that follows a guess."""
        verdict = self.asked.judge(*answer)
        self.verdict, self.value = verdict, answer[0] if len(answer) == 1 else answer
        for hear in HEARD:
            hear(self.asked.question.id, verdict.outcome, verdict.misconception)
        written = "" if any(map(callable, answer)) else ",".join(map(str, answer))
        told: dict[str, Any] = {
            "answer": self.value if isinstance(self.value, str) else written,
            "outcome": verdict.outcome,
            "verdict": to_html(verdict.text),
        }
        if verdict.outcome != "unread":
            scene = self.asked.picture(self.value if self.asked.kind == "choice" else None)
            told["scene"] = scene.data() if scene else None
        self._tell(told)

    def _hear(self, _: object, asked: dict[str, Any], __: object) -> None:
        try:
            self.answer(asked["answer"])
        except (HedgeError, ArithmeticError) as error:
            self._tell({**asked, "outcome": "unread", "verdict": to_html(str(error))})

    def _tell(self, told: dict[str, Any]) -> None:
        # The same answer twice is told twice.
        self._serial += 1
        self.told = {**told, "serial": self._serial}

    def still(self) -> str:
        """Write the question for a page without a kernel; the answer to a guess is folded."""
        asked = self.asked
        parts = [self.spec["ask"]]
        if options := "".join(f"<li>{safe(option)}</li>" for option in asked.options.values()):
            parts.append(f"<ul>{options}</ul>")
        if self.verdict and asked.kind != "choice":
            parts.append(to_html(self.verdict.text))
        folded, right = [*self.spec["folded"], *self.spec["after"]], asked.answer.right
        if asked.kind == "choice":
            text = to_html(f"**{asked.options[right]}**. {asked.reason(right)}")
            scene = asked.picture()
            folded.append(("Answer", text + (picture_html(scene) if scene else "")))
        parts += [f"<details><summary>{t}</summary>{html}</details>" for t, html in folded]
        return f'<div class="hedge-question mathjax_ignore">{"".join(parts)}</div>'

    def __repr__(self) -> str:
        options = (f"- {option}" for option in self.asked.options.values())
        verdict = [self.verdict.text] if self.verdict else []
        return "\n".join([f"{self._title} {self.asked.part('ask')}", *options, *verdict])

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return {**view(self), "text/html": self.still(), "text/plain": repr(self)}, {}


_SHOWN: dict[str, QuestionWidget] = {}
"""By question and numbers: run again, a cell keeps the answer that was given."""
_LAST: dict[str, QuestionWidget] = {}
"""By the question's id, with the numbers with which it was asked last."""


def shown(asked: Asked, title: str = "") -> QuestionWidget:
    """Return the widget of a question, with the answer that it was given before."""
    key = f"{asked.question.id} {asked.part('ask')} {asked.options}"
    widget = _LAST[asked.question.id] = _SHOWN.get(key) or QuestionWidget(asked, title)
    _SHOWN[key] = widget
    return widget


def shown_last(question_id: str) -> QuestionWidget | None:
    """Return the widget that asked a question last, if it was asked."""
    return _LAST.get(question_id)
