"""The sections of a report, in their order: notebook, page and JSON go through this one list.

`@part` makes a section of a function; its place in the report is that in its module.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hedgelib._check import one_of

if TYPE_CHECKING:
    from hedgelib.report.blocks import Section
    from hedgelib.report.results import HedgeReport
    from hedgelib.show import Scene

_MODULES = (
    *("summary", "desk", "sections", "episodes"),
    *("risks", "legs", "venues", "provenance"),
)
"""Where the sections are written, in the order of the report."""

Shows: TypeAlias = "Callable[[HedgeReport], Section | Scene]"
Gives: TypeAlias = "Callable[[HedgeReport], dict[str, Any]]"


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its name, its heading or "", what it shows, and its keys in the JSON."""

    name: str
    title: str
    show: Shows
    data: Gives


_parts: dict[str, Part] = {}


def part(name: str, title: str = "", *, data: Gives = lambda _: {}) -> Callable[[Shows], Shows]:
    """Make a section of a function."""

    def register(show: Shows) -> Shows:
        _parts[name] = Part(name, title, show, data)
        return show

    return register


def sections() -> tuple[Part, ...]:
    """Return all sections, in the order of the report."""
    for name in _MODULES:
        importlib.import_module(f"hedgelib.report.{name}")
    order = {f"hedgelib.report.{name}": number for number, name in enumerate(_MODULES)}
    return tuple(sorted(_parts.values(), key=lambda one: order[one.show.__module__]))


def section(report: HedgeReport, name: str) -> Section | Scene:
    """Return a section of a report, which shows itself in a notebook."""
    parts = {one.name: one for one in sections()}
    one_of("section", name, tuple(parts))
    return parts[name].show(report)
