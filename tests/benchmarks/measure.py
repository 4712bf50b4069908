"""Timing of two ways to do one thing, side by side in one run, and a row of the table for it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of docs/benchmarks.md.

    `same` says to what tolerance the numbers of both agree, `wanted` what the ratio should be;
    `met` whether it is.
    """

    what: str
    ours: str
    theirs: str
    ratio: str
    same: str
    wanted: str = ""
    met: bool = True


def medians(
    ways: Mapping[str, Callable[[], object]],
    repeat: int = 15,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Median seconds of each, taken in turns so that a busy moment falls on all of them.

    ``time.process_time`` as the clock leaves out what the machine does for others, where nothing
    but this process works.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    gc.disable()
    try:
        for _ in range(repeat):
            for name, way in ways.items():
                start = clock()
                way()
                seconds[name].append(clock() - start)
    finally:
        gc.enable()
    return {name: median(taken) for name, taken in seconds.items()}


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def faster(
    what: str,
    ours: tuple[str, float],
    theirs: tuple[str, float],
    *,
    same: str,
    at_least: float | None = None,
) -> Row:
    """How many times as fast ours is; names and seconds of both."""
    ratio = theirs[1] / ours[1]
    return Row(
        what=what,
        ours=f"{ours[0]}: {duration(ours[1])}",
        theirs=f"{theirs[0]}: {duration(theirs[1])}",
        ratio=f"{ratio:,.0f}x as fast" if ratio >= 100 else f"{ratio:.3g}x as fast",
        same=same,
        wanted="" if at_least is None else f"at least {at_least:g}x",
        met=at_least is None or ratio >= at_least,
    )


def cost(
    what: str,
    ours: tuple[str, float],
    theirs: tuple[str, float],
    *,
    same: str,
    at_most: float,
    show: Callable[[float], str] = duration,
    of: str = "the time",
) -> Row:
    """How many times theirs ours takes, where theirs is a floor that nobody gets under."""
    ratio = ours[1] / theirs[1]
    return Row(
        what=what,
        ours=f"{ours[0]}: {show(ours[1])}",
        theirs=f"{theirs[0]}: {show(theirs[1])}",
        ratio=f"{ratio:.3g}x {of}",
        same=same,
        wanted=f"at most {at_most:g}x",
        met=ratio <= at_most,
    )
