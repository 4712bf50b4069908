"""Pictures and tables of the statistics of a class, and of the years before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgelib._text import percent
from hedgelib.ask.misconceptions import misconception
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.statistics import Item, Persisting, Year
from hedgelib.report.blocks import Table
from hedgelib.show import Band, Bars, Line, Points, Rule, Scale, Scene, Text, panel
from hedgelib.show.lettering import TICK, wrap
from hedgelib.show.scene import Mark, Role

__all__ = ["items_scene", "items_table", "persisting_scene", "years_scene", "years_table"]

_MOST_BARS = 12
_ROOM = 250.0
_SHARES = [(tick, percent(tick)) for tick in (0.0, 0.5, 1.0)]


def _rows(names: Sequence[str], room: float) -> tuple[Scale, np.ndarray, float]:
    """Return an axis with a row for each name, the places of the rows, and their height."""
    places = np.arange(len(names))[::-1].astype(float)
    lines = [wrap(name, room, size=TICK) for name in names]
    scale = Scale(
        limits=(-0.6, len(names) - 0.4),
        ticks=[*zip(places.tolist(), lines, strict=True)],
        visible=False,
    )
    height = 38.0 if any("\n" in line for line in lines) else 31.0
    return scale, places, height


def items_scene(items: Sequence[Item]) -> Scene:
    """Draw difficulty and discrimination of the questions of an exercise."""
    rows, places, height = _rows([item.heading for item in items], _ROOM)
    bottom = 88.0 + height * len(items)
    shares = np.array([item.share for item in items])
    bars = Bars(
        at=places, start=0 * places, end=shares, thickness=0.66, across=True, role="altcoins"
    )
    marks: list[Mark] = [Band(low=-1.0, high=0.2), Rule(at=0.0, direction="x")]
    for item, place in zip(items, places, strict=True):
        if not np.isnan(item.discrimination):
            marks.append(Line(x=[item.low, item.high], y=[place, place], role="unhedged"))
    known = [not np.isnan(item.discrimination) for item in items]
    if any(known):
        values = np.array([item.discrimination for item in items])
        marks.append(Points(x=values[known], y=places[known], role="unhedged", size=10))
    box = (_ROOM + 20, 88.0, 470.0, bottom)
    difficulty = panel(
        [bars],
        Scale(label="mean share of points", limits=(0.0, 1.0), ticks=_SHARES),
        rows,
        box=box,
        title="Difficulty",
    )
    ticks = [(-0.5, "−0.5"), (0.0, "0"), (0.5, "0.5"), (1.0, "1")]
    empty = Scale(limits=rows.limits, ticks=[], visible=False)
    discrimination = panel(
        marks,
        Scale(label="correlation, 95% interval", limits=(-0.6, 1.0), ticks=ticks),
        empty,
        box=(500.0, 88.0, 740.0, bottom),
        title="Discrimination",
    )
    hardest = min(items, key=lambda item: item.share)
    parts = "; ".join(f"{item.heading}: {percent(item.share)}, {_interval(item)}" for item in items)
    return Scene(
        title=f"Hardest: {hardest.heading}, with {percent(hardest.share)} of the points",
        alt=f"Mean share of the points and discrimination of each question. {parts}.",
        panels=(difficulty, discrimination),
        table=items_table(items, "Difficulty and discrimination"),
        size=(760.0, bottom + 60.0),
    )


def _interval(item: Item) -> str:
    if np.isnan(item.discrimination):
        return "discrimination unknown"
    text = f"discrimination {item.discrimination:.2f} ({item.low:.2f} to {item.high:.2f})"
    return text.replace("-", "−")


def items_table(items: Sequence[Item], caption: str) -> Table:
    """Return the statistics of questions as a table."""
    rows = []
    for item in items:
        known = not np.isnan(item.discrimination)
        ends = f"{item.low:.2f} to {item.high:.2f}" if known else ""
        value = f"{item.discrimination:.2f}" if known else "–"
        models = [f"{misconception(m).title} ({n})" for m, n in [*item.models.items()][:1]]
        rows.append(
            [
                item.heading,
                f"{item.students}",
                percent(item.share),
                value.replace("-", "−"),
                ends.replace("-", "−"),
                *(models or [""]),
            ]
        )
    head = ("Question", "Students", "Points", "Discrimination", "95% interval", "Most frequent")
    return Table(head, rows, "lrrrrl", caption)


def persisting_scene(rows: Sequence[Persisting]) -> Scene:
    """Draw how many students showed a misconception again in a later exercise."""
    shown = rows[:_MOST_BARS]
    names = [misconception(row.model).title for row in shown]
    scale, places, height = _rows(names, 330.0)
    bottom = 64.0 + height * len(shown)
    had, again = (np.array([getattr(row, n) for row in shown]) for n in ("had", "again"))
    marks: list[Mark] = [
        Bars(at=places, start=0 * places, end=had, thickness=0.66, across=True, role="grey"),
        Bars(at=places, start=0 * places, end=again, thickness=0.4, across=True, role="unhedged"),
    ]
    marks += [
        Text(x=row.had, y=place, text=f"{row.again} of {row.had}", shift=(6.0, 0.0), role="total")
        for row, place in zip(shown, places, strict=True)
    ]
    most = float(had.max())
    drawn = panel(
        marks,
        Scale(label="students with a later chance (wide), and again (narrow)",
              limits=(0.0, 1.35 * most), most_ticks=6),
        scale,
        box=(350.0, 64.0, 740.0, bottom),
    )  # fmt: skip
    first = shown[0]
    parts = "; ".join(
        f"{name}, {row.again} of {row.had}" for name, row in zip(names, shown, strict=True)
    )
    return Scene(
        title=f"{first.again} of {first.had} students showed it again: {names[0]}",
        alt=f"Students who showed a misconception again in a later exercise: {parts}.",
        panels=(drawn,),
        table=_persisting_table(shown),
        size=(760.0, bottom + 60.0),
    )


def _persisting_table(rows: Sequence[Persisting]) -> Table:
    cells = [
        [misconception(r.model).title, f"{r.students}", f"{r.had}", f"{r.again}"] for r in rows
    ]
    head = ("Misconception", "Students", "With a later chance", "Again")
    return Table(head, cells, "lrrr", "Misconceptions that persist")


def years_scene(years: Sequence[Year]) -> Scene:
    """Draw the mean share of the points in each exercise over the years."""
    at = np.arange(len(years), dtype=float)
    names = [n for n in ASSIGNMENTS if any(not np.isnan(year.share(n)) for year in years)]
    roles: tuple[Role, ...] = ("altcoins", "margin", "short", "good", "unhedged")
    marks: list[Mark] = []
    for name, role in zip(names, roles, strict=False):
        shares = np.array([year.share(name) for year in years])
        marks.append(Line(x=at, y=shares, role=role, name=name))
        marks.append(Points(x=at, y=shares, role=role))
    drawn = panel(
        marks,
        Scale(limits=(-0.2, len(years) - 1.0), ticks=[*enumerate(y.label for y in years)]),
        Scale(label="mean share of points", unit="share", limits=(0.0, 1.0)),
        box=(88.0, 64.0, 600.0, 340.0),
        width=760.0,
    )
    last, before = years[-1], years[-2]
    changes = {n: last.share(n) - before.share(n) for n in names}
    known = {n: change for n, change in changes.items() if not np.isnan(change)}
    finding = f"Points in {len(names)} exercises over {len(years)} years"
    if known:
        name = max(known, key=lambda n: abs(known[n]))
        finding = (
            f"{name}: {percent(last.share(name))} of the points in {last.label}, "
            f"{percent(before.share(name))} in {before.label}"
        )
    parts = "; ".join(
        f"{name} " + ", ".join(f"{y.label} {_share(y.share(name))}" for y in years)
        for name in names
    )
    rows = [[name, *(_share(y.share(name)) for y in years)] for name in names]
    return Scene(
        title=finding,
        alt=f"Mean share of the points by exercise and year: {parts}.",
        panels=(drawn,),
        table=Table(("Exercise", *(y.label for y in years)), rows),
        size=(760.0, 390.0),
    )


def _share(value: float) -> str:
    return "–" if np.isnan(value) else percent(value)


def years_table(years: Sequence[Year]) -> Table | None:
    """Compare the misconceptions that came again in any year; nothing if none did."""
    counts = {(y.label, row.model): row for y in years for row in y.persisting if row.had}
    models = dict.fromkeys(row.model for y in reversed(years) for row in y.persisting if row.again)
    if not models:
        return None

    def cell(year: Year, model: str) -> str:
        row = counts.get((year.label, model))
        return f"{row.again} of {row.had}" if row else "–"

    rows = [
        [misconception(model).title, *(cell(year, model) for year in years)]
        for model in [*models][:_MOST_BARS]
    ]
    head = ("Misconception", *(year.label for year in years))
    return Table(head, rows, "l" + "r" * len(years), "Students again, of those who could")
