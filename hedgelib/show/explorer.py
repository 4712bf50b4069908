"""Explorers: controls next to a picture, a sentence and a table that follow them.

An explorer is given a function from the values of its controls to a result that has a scene. It
knows nothing of what they mean.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from hedgelib._text import safe
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.show.palette import css
from hedgelib.show.plot import picture_html
from hedgelib.show.scene import Pictured, Scene, scene_of

__all__ = ["Choice", "Explorer", "Slider", "Words", "view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """A slider with a box, for a number.

    name : argument of the function that it sets
    label : with the unit, for the person who moves it
    low, high : lowest and highest value of the slider; the box next to it accepts any number
    scale : what one unit of the slider is to the function: 0.01 where the slider shows percent
    above : every number must be above this one, also one typed into the box
    """

    name: str
    label: str
    start: float
    low: float
    high: float
    step: float
    scale: float = 1.0
    above: float | None = None

    def __post_init__(self) -> None:
        if not self.low <= self.start <= self.high or self.step <= 0:
            raise InvalidInput(
                f"{self.name}: start must be between low and high and step > 0, "
                f"got {self.start:g} in {self.low:g} to {self.high:g} by {self.step:g}"
            )

    def spec(self) -> dict[str, Any]:
        """Return the data that the page needs to make the control."""
        names = ("name", "label", "start", "low", "high", "step")
        return {name: getattr(self, name) for name in names}

    def meant(self, shown: Any) -> float:
        """Return the argument for the shown value."""
        if (
            isinstance(shown, bool)
            or not isinstance(shown, int | float)
            or not math.isfinite(shown)
        ):
            raise InvalidInput(f"“{self.label}” must be a number")
        if self.above is not None and shown <= self.above:
            raise InvalidInput(
                f"“{self.label}” must be above {self.above:g}, got {shown:g}".replace("-", "−")
            )
        # 0.23, not 0.22999999999999998.
        return shown if self.scale == 1 else float(f"{shown * self.scale:.12g}")

    def shown(self, meant: Any) -> float:
        """Return the shown value for an argument."""
        return float(f"{float(meant) / self.scale:.12g}")

    def places(self, most: int) -> list[float]:
        """Return evenly spaced values that the slider can be at, its start among them."""
        steps = round((self.high - self.low) / self.step)
        every = max(1, math.ceil(steps / most))
        offset = round((self.start - self.low) / self.step) % every
        found = {self.low + i * self.step for i in range(offset, steps + 1, every)}
        return sorted(float(f"{value:.12g}") for value in found | {self.start, self.low, self.high})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A choice of one of several options.

    name : argument of the function that it sets
    options : what is shown, and what the function gets
    start : the option chosen at first
    """

    name: str
    label: str
    options: Mapping[str, Any]
    start: str

    def __post_init__(self) -> None:
        if self.start not in self.options:
            raise InvalidInput(f"{self.name}: start must be an option, got {self.start!r}")

    def spec(self) -> dict[str, Any]:
        """Return the data that the page needs to make the control."""
        options = list(self.options)
        return {"name": self.name, "label": self.label, "start": self.start, "options": options}

    def meant(self, shown: Any) -> Any:
        """Return the argument for an option."""
        if shown not in self.options:
            raise InvalidInput(
                f"“{self.label}” must be one of {', '.join(map(repr, self.options))}, got {shown!r}"
            )
        return self.options[shown]

    def shown(self, meant: Any) -> str:
        """Return the option for an argument."""
        for label, value in self.options.items():
            if value == meant:
                return label
        raise InvalidInput(
            f"{self.name} must be one of {', '.join(map(repr, self.options.values()))}, "
            f"got {meant!r}"
        )

    def places(self, most: int) -> list[str]:  # noqa: ARG002 (as a slider has it)
        """Return every option."""
        return list(self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A box for words; `hint` is shown while nothing is typed."""

    name: str
    label: str
    hint: str = ""
    start: str = ""

    def spec(self) -> dict[str, Any]:
        """Return the data that the page needs to make the control."""
        return {"name": self.name, "label": self.label, "start": self.start, "hint": self.hint}

    def meant(self, shown: Any) -> str:
        """Return the argument for what was typed."""
        return str(shown or "")

    def shown(self, meant: Any) -> str:
        """Return the shown value for an argument."""
        return str(meant)


_HERE = Path(__file__).parent
_PAGE = "\n".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("scene.js", "page.js", "explorer.js")
)
STYLE = "\n".join(
    [
        css(),
        *(
            path.read_text(encoding="utf-8")
            for path in (_HERE / "scene.css", _HERE / "explorer.css")
        ),
    ]
)
"""Style of the page for scenes and explorers."""
FILM_SCRIPT = f"{_PAGE}\n{(_HERE / 'film.js').read_text(encoding='utf-8')}"
"""Script that plays a film without a kernel: ``playFilm(element, film)``."""
_WIDGET = """
export default {
  render({ model, el }) {
    const shown = explorer(el, model.get("spec"), (asked) => model.send(asked));
    const follow = (answer) => shown.show(answer);
    model.on("msg:custom", follow);
    follow(model.get("first"));
    // What has happened since it was made.
    model.send({ opened: shown.view });
    return () => model.off("msg:custom", follow);
  },
};
"""

_MOST_PLACES = 40
_MOST_IN_PAIRS = 450


class Explorer(anywidget.AnyWidget):
    """Controls, and a picture, a sentence and a table that follow them.

    `compute` takes the values of the controls under their names and returns a result with a
    ``scene()``; a :class:`hedgelib.HedgeError` that it raises is shown as text. `presets` are
    buttons: each label with the values it sets. Where a kernel runs the live controls are shown;
    anywhere else, a code host or an exported page, what they showed when the cell was run.

    Examples
    --------
    >>> from hedgelib import ContractTerms, plan_hedge
    >>> from hedgelib.show.moves import study_move
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> explorer = Explorer(lambda move: study_move(plan, move),
    ...                     Slider(name="move", label="Move of ETH (%)", start=-15, low=-60,
    ...                            high=120, step=1, scale=0.01))
    >>> explorer.set(move=0.15)
    >>> explorer.result.rows()[1]
    ('Altcoins', '+$7,500')
    """

    _esm = f"{_PAGE}\n{_WIDGET}"
    _css = STYLE
    spec = traitlets.Dict().tag(sync=True)
    first = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        compute: Callable[..., Pictured | Scene],
        *controls: Slider | Choice | Words,
        presets: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._compute = compute
        self.controls = controls
        self.presets = dict(presets or {})
        self._controls = {control.name: control for control in controls}
        if len(self._controls) < len(controls):
            raise InvalidInput("two controls have the same name")
        self._presets = {label: self._on_page(values) for label, values in (presets or {}).items()}
        self.result: Any = None
        self.scene: Scene | None = None
        self.problem = ""
        self._values = self._start
        spec = {
            "controls": [control.spec() for control in controls],
            "presets": [[label, self._on_page(values)] for label, values in self.presets.items()],
        }
        self.answer = self._answer(self._start)
        super().__init__(spec=spec, first=self.answer)
        self.on_msg(self._hear)

    @property
    def _start(self) -> dict[str, Any]:
        return {name: control.start for name, control in self._controls.items()}

    def _on_page(self, values: Mapping[str, Any]) -> dict[str, Any]:
        for name in values:
            if name not in self._controls:
                raise InvalidInput(f"no control {name!r}; there are {', '.join(self._controls)}")
        return {name: self._controls[name].shown(value) for name, value in values.items()}

    @property
    def state(self) -> dict[str, Any]:
        """The values of the controls, as `compute` gets them."""
        return self._meant(self._values)

    def _meant(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: control.meant(values[name]) for name, control in self._controls.items()}

    @property
    def sentence(self) -> str:
        """The result in words."""
        return self.scene.alt if self.scene else self.problem

    def set(self, **values: Any) -> None:
        """Set controls to values as `compute` gets them, and update the result once."""
        self._tell(self._answer(self._values | self._on_page(values)))

    def reset(self) -> None:
        """Set every control to its start."""
        self._tell(self._answer(self._start))

    def _hear(self, _: object, asked: dict[str, Any], __: object) -> None:
        """Answer a page that moved a control, under the number that it gave, or has just opened."""
        if "opened" in asked:
            self.send({**self.answer, "view": "", "opened": asked["opened"]})
            return
        values = {name: asked["values"].get(name) for name in self._controls}
        self._tell(self._answer(values, view=asked["view"], serial=asked["serial"]))

    def _tell(self, answer: dict[str, Any]) -> None:
        # A message of its own: a trait would keep a second copy, and compare the two.
        self.answer = answer
        self.send(answer)

    def _answer(self, values: dict[str, Any], **number: Any) -> dict[str, Any]:
        self._values = values
        try:
            self.result = self._compute(**self._meant(values))
            self.scene, self.problem = scene_of(self.result), ""
        except (HedgeError, ArithmeticError) as error:
            self._refuse(f"This cannot be: {self._in_words(str(error))}.")
        except Exception as error:
            self._refuse(f"Unexpected error: {error!r}.")
            raise
        finally:
            shown = {name: _finite(value) for name, value in values.items()}
            answer = {"values": shown, "problem": self.problem, **number}
        if self.scene:
            answer["scene"] = self.scene.data()
        return answer

    def _refuse(self, problem: str) -> None:
        self.result, self.scene, self.problem = None, None, problem

    def _in_words(self, problem: str) -> str:
        """Name controls by their labels, and give numbers in their units."""
        # In one pass, and past what is a label already: a label may hold the name of another.
        words = re.compile(
            "|".join([r"“[^”]*”", *(rf"\b{re.escape(n)}\b" for n in self._controls)])
        )
        named = [self._controls[word] for word in words.findall(problem) if word in self._controls]
        for control in named:
            if isinstance(control, Slider) and control.scale != 1:
                meant = _AS_DECIMALS.sub("", problem)
                problem = _NUMBER.sub(lambda n: f"{control.shown(float(n[0])):g}", meant)  # noqa: B023
                break

        def label(word: re.Match[str]) -> str:
            control = self._controls.get(word[0])
            return f"“{control.label}”" if control else word[0]

        return words.sub(label, problem)

    def film(self) -> dict[str, Any]:
        """Compute results that the controls can show, to play them without a kernel.

        They are every control over its range with the others at their start and at every preset,
        and all pairs of controls over a coarser grid. Words that are typed cannot be computed
        before; their box is left out. ``playFilm`` takes them.
        """
        controls = [one for one in self.controls if not isinstance(one, Words)]
        before = self._values
        scenes: dict[str, int] = {}
        answers: list[dict[str, Any]] = []
        frames: dict[str, int] = {}
        for values in self._film_values(controls):
            key = json.dumps([_number(values[one.name]) for one in controls], ensure_ascii=False)
            if key not in frames:
                answer = {**self._answer(values), "values": {}}
                told = json.dumps(answer, ensure_ascii=False)
                if told not in scenes:
                    scenes[told] = len(answers)
                    answers.append(answer)
                frames[key] = scenes[told]
        self._answer(before)
        spec = {
            **self.spec,
            "controls": [one.spec() for one in controls],
            "words": [one.label for one in self.controls if isinstance(one, Words)],
        }
        return {"spec": spec, "frames": frames, "scenes": answers}

    def _film_values(self, controls: Sequence[Slider | Choice]) -> Iterator[dict[str, Any]]:
        fixed = [self._start, *(self._start | self._on_page(one) for one in self.presets.values())]
        for values in fixed:
            yield values
            for one in controls:
                yield from (values | {one.name: place} for place in one.places(_MOST_PLACES))
        for most in range(_MOST_PLACES, 0, -1):
            pairs = [
                {one.name: one.places(most) for one in pair} for pair in combinations(controls, 2)
            ]
            if sum(math.prod(map(len, pair.values())) for pair in pairs) <= _MOST_IN_PAIRS:
                break
        for pair in pairs:
            yield from (
                self._start | dict(zip(pair, at, strict=True)) for at in product(*pair.values())
            )

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        still = f'<p role="alert">{safe(self.problem)}</p>'
        if self.scene:
            table = self.scene.table.html() if self.scene.table else ""
            picture = picture_html(self.scene) if self.scene.panels else ""
            still = f"{picture}<p class='mathjax_ignore'>{safe(self.scene.alt)}</p>{table}"
        return {**view(self), "text/html": still, "text/plain": self.sentence}, {}


_AS_DECIMALS = re.compile(r"\ba decimal (?=from|between)| \((?:1%|a loss of 100%) is [^)]*\)")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w%])")


def _finite(value: Any) -> Any:
    """Return the value for a box; ``None`` for a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: Any) -> Any:
    """Return one form of a number, whole or not."""
    return float(value) if isinstance(value, int | float) else value


def view(widget: anywidget.AnyWidget) -> dict[str, Any]:
    """Return the part of a display bundle that shows a live widget."""
    live = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": live}
