"""Flights of the ghosts, screen by screen, to watch where no kernel runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hedgelib.ask.text import fill
from hedgelib.flight.day import Orders
from hedgelib.flight.episodes import Episode
from hedgelib.flight.ghosts import GHOSTS
from hedgelib.flight.text import TEXT
from hedgelib.flight.widget import FlightWidget

__all__ = ["SCRIPT", "flight_film"]

_HERE = Path(__file__).parent
SCRIPT = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("flight.js", "film.js"))
"""Script that plays a flight: ``playFlight(element, film)``; it needs that of an explorer."""
_PILOTS = dict(zip(("never", "naive", "rule"), GHOSTS, strict=True))


def flight_film(widget: FlightWidget) -> dict[str, Any]:
    """Return the flight of a widget as each of the ghosts flies it, day by day.

    A day has its screen, whether a jump of several days stops at it, and what each answer to its
    question leads to. ``playFlight`` takes them.
    """
    course, words = widget.flight.course, TEXT["film"]
    days = {name: list(_days(course.seed, course.episode, name)) for name in _PILOTS}
    pilots = [[name, words[name]] for name in reversed(_PILOTS)]
    return {
        "spec": {**TEXT["page"], "film": {**words, "pilots": pilots}},
        "first": FlightWidget(course.seed, course.episode).screen,
        "days": days,
    }


def _days(seed: int, episode: Episode | None, name: str) -> Iterator[dict[str, Any]]:
    """Fly by a pilot and give each day."""
    pilot, flown = GHOSTS[_PILOTS[name]](), FlightWidget(seed, episode)
    flown.act("takeoff")
    while True:
        today = flown.flight.today
        orders = None if flown.flight.landed else pilot(today)
        day: dict[str, Any] = {"screen": _screen(flown, name, orders), "stops": today.stops}
        if "question" in flown.screen:
            day["answers"] = {}
            for answer, _ in flown.screen["question"]["options"]:
                flown.answers.pop(today.day, None)
                flown.act("answer", answer=answer)
                day["answers"][answer] = flown.screen["question"]
        yield day
        if flown.flight.landed:
            return
        flown._days(**({} if orders is None else _ordered(orders)))
        flown._tell()


def _ordered(orders: Orders) -> dict[str, Any]:
    return {
        "short": orders.short_usd, "add": orders.add_usd, "margin": orders.margin,
        "venues": orders.venues,
    }  # fmt: skip


def _screen(flown: FlightWidget, name: str, orders: Orders | None) -> dict[str, Any]:
    screen, words = dict(flown.screen), TEXT["film"]
    if screen["phase"] == "landing":
        screen["landing"] = {**screen["landing"], "kept": words["kept"], "again": words["again"]}
    return {**screen, "ordered": _said(words[name], orders)}


def _said(pilot: str, orders: Orders | None) -> str:
    words = TEXT["film"]
    pilot = pilot[0].upper() + pilot[1:]
    if orders is None:
        return fill(words["nothing"], {"pilot": pilot})
    said = []
    if orders.short_usd is not None:
        said.append(fill(words["short"], {"short": orders.short_usd}))
    if orders.add_usd:
        line = fill(
            words["add" if orders.add_usd > 0 else "withdraw"], {"add": abs(orders.add_usd)}
        )
        if orders.margin:
            line += " " + fill(words["kind"], {"margin": TEXT["page"][orders.margin]})
        said.append(line)
    return fill(words["orders"], {"pilot": pilot, "orders": " and ".join(said)})
