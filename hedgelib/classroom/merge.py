"""Merging a submission: the student's cells are put among the locked cells of the source.

Nothing of a student's is parsed or run here. Whatever a file says about points, marking cells or
outputs is shown to the instructor and has no other effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hedgelib.classroom._reader import LARGEST_CELL
from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.reading import Cell, Reading
from hedgelib.classroom.source import BEGIN_HIDDEN, END_HIDDEN, TEXT_STUB, Source, grade_info

__all__ = ["Merged", "NotGradable", "merge"]

_SET_UP = """from hedgelib.classroom.student import given

my, me = given(numbers)"""
_MOST_NAMED, _MOST_WARNINGS = 5, 50
_OWN_CELL = "own cell"
_LONGEST_TEXT = 20_000


class NotGradable(Exception):
    """A submission that cannot be graded at all, with the reason in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A submission that can be run."""

    runs: Sequence[tuple[str, str]]  # name and source: the set-up of the source, then the student's
    written: Mapping[str, str]  # written answers by question
    cells: Sequence[tuple[str, Cell]]  # all of the student's by `grade_id`, for people to read
    warnings: tuple[str, ...] = ()  # changes that students should not make


def merge(reading: Reading, source: Source) -> Merged:
    """Take a submission apart."""
    if reading.failure or not reading.notebook:
        why = reading.failure or "it holds no cells"
        raise NotGradable(f"the file is not a notebook: {why}")
    if reading.refusal:
        raise NotGradable(reading.refusal)
    own = _Own(source)
    for cell in reading.cells:
        own.take(cell)
    own.look_for_missing()
    old = ("the file has an old notebook format; it was read as it is",) if reading.old else ()
    return Merged(
        runs=(*_locked(source), *((name, cell.source) for name, cell in own.code)),
        written=own.written,
        cells=own.all_cells,
        warnings=(*old, *_most_telling(own.warnings)),
    )


def _most_telling(warnings: Sequence[str]) -> list[str]:
    """Leave out repetitions, and of a great many warnings those about a student's own cells."""
    once = sorted(dict.fromkeys(warnings), key=lambda text: _OWN_CELL in text)
    more = len(once) - _MOST_WARNINGS
    return [*once[:_MOST_WARNINGS], *([f"{more:,} more changes"] if more > 0 else [])]


def _locked(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the cells of the source that a student's cells need before them."""
    yield "setup", source.cells["setup"].source
    yield "numbers", _SET_UP
    for grade_id, cell in source.cells.items():
        if grade_id.endswith("_shown"):
            yield grade_id, cell.source


@dataclass(slots=True)
class _Own:
    """What a student's notebook adds to the source, cell by cell."""

    source: Source
    code: list[tuple[str, Cell]] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    all_cells: list[tuple[str, Cell]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, cell: Cell) -> None:
        name = cell.grade_id
        if cell.left_out:
            known = name in self.source.cells
            which = f"the cell {name}" if known else f"an {_OWN_CELL}"
            self.warnings.append(
                f"{which} was left out: it has {cell.left_out:,} bytes, and cells of more than "
                f"{LARGEST_CELL:,} are not read"
            )
        if name in self.seen:
            self.warnings.append(f"the cell {name} appears twice; the last one counts")
        if name not in self.source.cells:
            self._extra(cell)
            return
        self.seen.add(name)
        if grade_info(self.source.cells[name])["solution"]:
            self._answer(name, cell)
        else:
            self._given(name, cell)

    def _extra(self, cell: Cell) -> None:
        if cell.kind == "code" and cell.source.strip():
            name = f"{_OWN_CELL} {1 + sum(n.startswith(_OWN_CELL) for n, _ in self.code)}"
            self._run(name, cell)
        self.all_cells.append(("", cell))

    def _answer(self, name: str, cell: Cell) -> None:
        self.all_cells.append((name, cell))
        if self.source.cells[name].cell_type == "markdown":
            text = cell.source.strip()
            self.written.pop(name, None)
            if text and text != TEXT_STUB:
                self.written[name] = text[:_LONGEST_TEXT]
        elif cell.kind == "code":
            self._run(name, cell)
        else:
            self.warnings.append(f"the answer cell {name} was turned into text and is not run")

    def _run(self, name: str, cell: Cell) -> None:
        self.code.append((name, cell))
        taken = set(cell.takes) - ({"my"} if name == ID_CELL else set())
        if taken:
            self.warnings.append(f"the cell {name} redefines {', '.join(sorted(taken))}")

    def _given(self, name: str, cell: Cell) -> None:
        given = visible(self.source.cells[name].source)
        if _plain(cell.source) != _plain(given):
            self.warnings.append(f"the locked cell {name} was changed; the original counts")
        if cell.has_result and name.endswith("_mark"):
            self.warnings.append(
                f"the marking cell {name} holds a result that it cannot have produced; outputs do "
                "not count"
            )

    def look_for_missing(self) -> None:
        cells = self.source.cells
        missing = [name for name in cells if name not in self.seen]
        if len(missing) > _MOST_NAMED:
            self.warnings.append(
                f"{len(missing)} of the exercise's {len(cells)} cells are missing, among them "
                f"{', '.join(missing[:_MOST_NAMED])}"
            )
            return
        for name in missing:
            kind = "answer" if grade_info(cells[name])["solution"] else "locked"
            self.warnings.append(f"the {kind} cell {name} is missing")


def visible(text: str) -> str:
    """Return the part of a source's cell that is in the release."""
    before, _, hidden = text.partition(BEGIN_HIDDEN)
    return before + hidden.partition(END_HIDDEN)[2]


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
