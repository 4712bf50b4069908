"""Every picture of the workbook: those that the notebooks draw, of a class, and every mark."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from hedgelib.ask.question import Asked
from hedgelib.ask.widget import QuestionWidget
from hedgelib.course import Explorer, Slider
from hedgelib.course.contents import LESSONS
from hedgelib.flight import Day, Orders, Pilot, fly
from hedgelib.flight.ghosts import by_rule
from hedgelib.flight.screen import parts_scene, scene, wealth_scene
from hedgelib.show import Area, Band, Bars, Guess, Line, Points, Rule, Scale, Scene, Text, panel
from tests.labtools import ROOT

NOTEBOOKS = [
    path
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if '"show' in path.read_text()
    or "scene()" in path.read_text()
    or "Explorer(" in path.read_text()
    or "ask(" in path.read_text()
]


FILES = {
    "start": ROOT / "notebooks" / "00_start_here.ipynb",
    **{name: ROOT / "notebooks" / f"{stem}.ipynb" for name, (stem, _, _) in LESSONS.items()},
}
"""The notebook of each lesson."""


def cells(lesson: str) -> dict[str, str]:
    """Return the sources of a lesson's cells."""
    notebook = json.loads(FILES[lesson].read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


@cache
def shown_by(path: Path) -> list[Any]:
    """Run the code of a notebook in this process; return what its cells show last."""
    space: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    with redirect_stdout(StringIO()):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code" or "raises-exception" in cell["metadata"].get(
                "tags", []
            ):
                continue
            body = ast.parse("".join(cell["source"])).body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), path.name, "exec"), space)
            if isinstance(last, ast.Expr):
                shown.append(eval(compile(ast.Expression(last.value), path.name, "eval"), space))
    return shown


def scenes_of(path: Path) -> list[Scene]:
    """Return the scenes of a notebook, those of its explorers in several states among them."""
    scenes = []
    for value in shown_by(path):
        if isinstance(value, Scene):
            scenes.append(value)
        elif isinstance(value, Explorer):
            scenes += states_of(value)
        elif isinstance(value, QuestionWidget):
            scenes += pictures_of(value.asked)
    return [scene for scene in scenes if scene.panels]


def pictures_of(asked: Asked) -> list[Scene]:
    """Return the pictures that follow a question, without a guess and with each."""
    pictures = [asked.picture(option) for option in (None, *asked.options)]
    return [picture for picture in pictures if picture]


@cache
def questions_of_notebooks() -> dict[str, Asked]:
    """Return every question by its id, with the numbers that its lesson gives it."""
    asked: dict[str, Asked] = {}
    for path in NOTEBOOKS:
        for value in shown_by(path):
            if isinstance(value, QuestionWidget):
                name = value.asked.question.id
                assert name not in asked, f"{name} is asked twice"
                asked[name] = value.asked
    return asked


def states_of(explorer: Explorer) -> list[Scene]:
    """Return the scenes of an explorer at its start, at its ends, and of its presets."""
    states: list[dict[str, Any]] = [{}, *explorer.presets.values()]
    for control in explorer.controls:
        ends = (control.low, control.high) if isinstance(control, Slider) else control.options
        states += [{control.name: control.meant(end)} for end in ends]
    found = []
    for state in states:
        explorer.reset()
        explorer.set(**state)
        if explorer.scene:
            found.append(explorer.scene)
    return found


def every_mark() -> list[Scene]:
    x = np.linspace(-0.5, 1.0, 151)
    marks = [
        Line(x=x, y=x**2, name="square"),
        Line(x=x, y=x, role="margin", dash="dashed", width=5),
        Area(x=x, low=x - 0.1, high=x + 0.1, role="short"),
        Bars(at=[0.0, 0.5], start=[0.0, 0.0], end=[0.3, -0.2], thickness=0.1, role="margin"),
        Bars(at=[0.7], start=[0.0], end=[0.4], thickness=0.1, across=True, opacity=0.5),
        *(Points(x=[0.1, 0.2], y=[0.1 * i, 0.4], shape=shape, role="good")
          for i, shape in enumerate(("circle", "ring", "cross", "diamond"))),
        Rule(at=0.5, dash="dashed"),
        Rule(at=0.25, direction="x", dash="dotted"),
        Band(low=0.6, high=0.8),
        Band(low=0.1, high=0.2, direction="y"),
        *(Text(x=0.2, y=0.5, text="two\nlines", align=align, vertical=vertical, bold=align == "end")
          for align in ("start", "middle", "end") for vertical in ("top", "middle", "bottom")),
        Guess(x=0.4, y=0.2, until=0.4),
        *(Guess(x=0.4, y=0.2, side=side) for side in ("right", "left", "above", "below")),
    ]  # fmt: skip
    x_scale = Scale(label="move", unit="share", signed=True)
    drawn = panel(marks, x_scale, Scale(label="value (USD)", unit="usd"), title="a panel")
    return [Scene(title="A title\nof two lines", alt="Every mark.", panels=(drawn,))]


def flight() -> list[Scene]:
    """Return the pictures of days and of landings of some flights: their widget draws them."""
    scenes = []
    for name in ("March 2020", "November 2022", "Spring 2021", "Autumn 2023"):
        days: list[Day] = []
        by_the_rule = by_rule()

        def pilot(day: Day, days: list[Day] = days, rule: Pilot = by_the_rule) -> Orders | None:
            days.append(day)
            return rule(day)

        landing = fly(name, pilot, seed=1)
        scenes += [scene(day) for day in days[::15]]
        scenes += [wealth_scene(landing), parts_scene(landing)]
    return scenes


# Each is made once, by whoever asks first.
CORPUS: dict[str, Callable[[], list[Scene]]] = {
    name: cache(scenes)
    for name, scenes in {
        "every mark": every_mark,
        **{path.stem: partial(scenes_of, path) for path in NOTEBOOKS},
        "12_flight_simulator": flight,
    }.items()
}
