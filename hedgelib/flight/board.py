"""The tournament: logs of one flight by many pilots, flown again and put side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, printable, usd
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.flight.debrief import Landing, land
from hedgelib.flight.log import FlightLog, read_log
from hedgelib.show import Area, Line, Scale, Scene, picture
from hedgelib.show.layout import days
from hedgelib.show.plot import picture_html
from hedgelib.show.scene import Mark

__all__ = ["Board", "Entry", "board", "board_of"]

SAME_USD = 500.0
TITLE = "Flight tournament"
_SPREAD = (
    "Two pilots whose shorts were nearly the same ended up to {} apart: that much of a result is "
    "luck and small differences, not skill."
)
_BOX = (84.0, 64.0, 700.0, 380.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One pilot's flight: `landing`, or why there is none."""

    pilot: str
    landing: Landing | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """Pilots from the best down, then those whose logs are none.

    A pilot is placed by how far the mandate is met, then by skill: the percentile among random
    policies of the same average size. Profit places nobody.
    """

    entries: tuple[Entry, ...]

    @property
    def flown(self) -> tuple[Landing, ...]:
        """Landings, the best first."""
        return tuple(entry.landing for entry in self.entries if entry.landing)

    def _shorts_usd(self) -> FloatArray:
        """Return the short of each flight at each close, shape (flights, days)."""
        return np.array([[after.short_usd for after in run.flight.past] for run in self.flown])

    def sizes_usd(self) -> FloatArray:
        """Return the class's short at each close: lowest, median and highest, shape (3, days)."""
        return np.asarray(np.quantile(self._shorts_usd(), (0.0, 0.5, 1.0), axis=0))

    def spread_usd(self) -> float:
        """Return the widest gap in profit between two pilots whose decisions were nearly the same.

        Nearly the same: shorts that differ by less than $500 on average.
        """
        pairs = combinations(zip(self.flown, self._shorts_usd(), strict=True), 2)
        return max(
            (
                abs(one.pnl_usd - other.pnl_usd)
                for (one, mine), (other, theirs) in pairs
                if np.mean(np.abs(mine - theirs)) < SAME_USD
            ),
            default=0.0,
        )

    def table(self) -> Table:
        """Return the board as a table; what a pilot is called is text."""
        rows = []
        for place, entry in enumerate(self.entries, 1):
            name, run = printable(entry.pilot), entry.landing
            if run is None:
                rows.append(["", name, "", "", "", "", printable(entry.why)])
                continue
            scores = [percent(run.fulfilled), percent(run.skill.skill)]
            money = [usd(run.pnl_usd, signed=True), usd(-run.max_drawdown_usd)]
            rows.append([str(place), name, *scores, *money, ""])
        head = ("Place", "Pilot", "Mandate", "Skill", "Profit", "Max. drawdown", "Not flown")
        return Table(head, rows, caption=self.caption)

    def body(self) -> str:
        """Write the board for a page: the table, both pictures and what is luck."""
        parts = [f"<h1>{TITLE}</h1>", self.table().html()]
        if self.flown:
            parts += map(picture_html, (self.paths_scene(), self.sizes_scene()))
            parts.append(f"<p>{_SPREAD.format(usd(self.spread_usd()))}</p>")
        return "\n".join(parts)

    def sizes_scene(self) -> Scene:
        """Draw the class's short by day, from the smallest to the largest."""
        low, middle, high = self.sizes_usd()
        day = np.arange(middle.size)
        marks: list[Mark] = [
            Area(x=day, low=low, high=high, role="short", opacity=0.2),
            Line(x=day, y=middle, role="short", name="median short"),
        ]
        widest = int(np.argmax(high - low))
        finding = (
            f"On day {widest} the shorts of the class lay between {usd(low[widest])} and "
            f"{usd(high[widest])}"
        )
        return picture(
            finding,
            f"{finding}. The line is the median, the area reaches from the smallest to the "
            f"largest short of {len(self.flown)} flights.",
            marks,
            Scale(label="day of the flight"),
            Scale(label="short (USD)", unit="USD", include=(0.0,), margin=0.04),
            self.table(),
            box=_BOX,
        )

    def paths_scene(self) -> Scene:
        """Draw the wealth of every flight, the best one marked."""
        marks: list[Mark] = [
            Line(
                x=days(run.flight.course.dates),
                y=run.wealth_usd["you"],
                role="grey" if place else "total",
                width=1.0 if place else 3.0,
                name="" if place else "first place",
                labelled=not place,
            )
            for place, run in reversed(list(enumerate(self.flown)))
        ]
        ends = [run.pnl_usd for run in self.flown]
        finding = (
            f"{len(ends)} flights over the same days came to profits between "
            f"{usd(min(ends), signed=True)} and {usd(max(ends), signed=True)}"
        )
        same = usd(self.spread_usd())
        return picture(
            finding,
            f"{finding}. Two whose shorts were nearly the same ended up to {same} apart.",
            marks,
            Scale(unit="day"),
            Scale(label="book, cash and futures account (USD)", unit="USD", margin=0.04),
            self.table(),
            box=_BOX,
        )

    @property
    def caption(self) -> str:
        """The episode and its dates, which everybody may know now."""
        if not self.flown:
            return "Nobody has landed"
        course = self.flown[0].flight.course
        return f"{course.episode.name}, {course.dates[0]} to {course.dates[-1]}"


def board(logs: Iterable[tuple[str, FlightLog | HedgeError]], seed: int | None = None) -> Board:
    """Fly logs again and place them; they must be of one course, that of `seed` where it is given.

    One log that is none, or is of another course, takes nothing from the others.
    """
    entries, courses = [], [log.course for _, log in logs if isinstance(log, FlightLog)]
    wanted = max(set(courses), key=courses.count) if courses else ""
    for pilot, log in logs:
        try:
            if isinstance(log, HedgeError):
                raise log
            entries.append(Entry(pilot=pilot, landing=_landed(log, seed, wanted)))
        except HedgeError as error:
            entries.append(Entry(pilot=pilot, why=str(error)))

    def place(entry: Entry) -> tuple[float, float, str]:
        run = entry.landing
        return (-run.fulfilled, -run.skill.skill, entry.pilot) if run else (1.0, 0.0, entry.pilot)

    return Board(entries=tuple(sorted(entries, key=place)))


def _landed(log: FlightLog, seed: int | None, wanted: str) -> Landing:
    if seed is not None and log.seed != seed:
        raise InvalidInput(f"flown with seed {log.seed}, and the tournament has {seed}")
    if log.course != wanted:
        raise InvalidInput("flown on another course than the others")
    flight = log.fly()
    if not flight.landed:
        raise InvalidInput(f"not landed: {flight.today.day} of {flight.course.days} days flown")
    return land(flight)


def board_of(folder: Path | str, seed: int | None = None) -> Board:
    """Make the board of the logs in a folder, each named after its pilot."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput(f"{folder}: not a folder; give the one with the logs of the flights")
    logs: list[tuple[str, FlightLog | HedgeError]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            logs.append((path.stem, read_log(path)))
        except HedgeError as error:
            logs.append((path.stem, error))
    if not logs:
        raise InvalidInput(f"{folder}: no log of a flight; they end in .json")
    return board(logs, seed)
