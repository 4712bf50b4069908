"""A submission, taken apart: the student's cells, put among the locked cells of the source.

The file is read here as JSON and nothing of it is run. Whatever it says about points, marking cells
or outputs is looked at for the instructor and otherwise has no effect.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hedgelib.classroom.interface import ID_CELL
from hedgelib.classroom.source import (
    BEGIN_HIDDEN,
    END_HIDDEN,
    TEXT_STUB,
    Source,
    grade_info,
)

__all__ = ["Cell", "Merged", "NotGradable", "merge"]

_PROTECTED = frozenset({"my", "me", "check_format", "mark_answer", "answer_key"})
_SET_UP = """from hedgelib.classroom.student import given

my, me = given(numbers)"""
_MOST_NAMED = 5
_LONGEST_TEXT = 20_000


class NotGradable(Exception):
    """A submission that cannot be graded at all, with the reason in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a submission, with only what counts."""

    kind: Literal["code", "markdown"]
    source: str
    grade_id: str = ""
    has_result: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A submission that can be run.

    Parameters
    ----------
    notebook : bytes
        What to run: the set-up of the source, then the student's own cells.
    written : mapping of str to str
        The written answers by question; a question whose cell is as it was given out is left out.
    cells : sequence of (str, str)
        All cells of the student's by ``grade_id``, for people to read.
    warnings : tuple of str
        What was changed that should not have been.
    """

    notebook: bytes
    written: Mapping[str, str]
    cells: Sequence[tuple[str, Cell]]
    warnings: tuple[str, ...] = ()


def merge(data: bytes, source: Source) -> Merged:
    """Take a submission apart.

    Parameters
    ----------
    data : bytes
        A file that says it is a notebook.
    source : Source

    Returns
    -------
    Merged

    Raises
    ------
    NotGradable
        It is no notebook, or one for another language than Python.
    """
    cells, warnings = _read(data)
    own = _Own(source)
    for cell in cells:
        own.take(cell)
    own.look_for_missing()
    runs = [*_locked(source), *((name, cell.source) for name, cell in own.code)]
    return Merged(
        notebook=_notebook(runs),
        written=own.written,
        cells=own.kept,
        warnings=(*warnings, *own.warnings),
    )


def _locked(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the cells of the source that a student's cells need before them."""
    yield "setup", source.cells["setup"].source
    yield "numbers", _SET_UP
    for grade_id, cell in source.cells.items():
        if grade_id.endswith("_shown"):
            yield grade_id, cell.source


def _notebook(cells: Sequence[tuple[str, str]]) -> bytes:
    record = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {"nbgrader": {"grade_id": grade_id}},
                "outputs": [],
                "source": text,
            }
            for grade_id, text in cells
        ],
        "metadata": {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(record).encode()


@dataclass(slots=True)
class _Own:
    """What a student's notebook adds to the source, cell by cell."""

    source: Source
    code: list[tuple[str, Cell]] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    kept: list[tuple[str, Cell]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, cell: Cell) -> None:
        name = cell.grade_id
        if name in self.seen:
            self.warnings.append(f"the cell {name} is there twice; the last one counts")
        if name not in self.source.cells:
            self._extra(cell)
            return
        self.seen.add(name)
        info = grade_info(self.source.cells[name])
        if info["solution"]:
            self._answer(name, cell)
        else:
            self._given(name, cell)

    def _extra(self, cell: Cell) -> None:
        if cell.kind == "code" and cell.source.strip():
            name = f"own cell {1 + sum(not c.grade_id for _, c in self.code)}"
            self._run(name, cell)
        self.kept.append(("", cell))

    def _answer(self, name: str, cell: Cell) -> None:
        wanted = self.source.cells[name].cell_type
        self.kept.append((name, cell))
        if wanted == "markdown":
            self._text(name, cell)
            return
        if cell.kind != wanted:
            self.warnings.append(f"the answer cell {name} was turned into text and is not run")
            return
        self._run(name, cell)

    def _text(self, name: str, cell: Cell) -> None:
        text = cell.source.strip()
        self.written.pop(name, None)
        if text and text != TEXT_STUB:
            self.written[name] = text[:_LONGEST_TEXT]

    def _run(self, name: str, cell: Cell) -> None:
        self.code.append((name, cell))
        taken = _gives_meaning_to(cell.source) - ({"my"} if name == ID_CELL else set())
        if taken:
            self.warnings.append(
                f"the cell {name} gives another meaning to {', '.join(sorted(taken))}"
            )

    def _given(self, name: str, cell: Cell) -> None:
        given = visible(self.source.cells[name].source)
        if _plain(cell.source) != _plain(given):
            self.warnings.append(f"the locked cell {name} was changed; the original counts")
        if cell.has_result and name.endswith("_mark"):
            self.warnings.append(
                f"the marking cell {name} holds a result that it cannot have given; outputs do "
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
    """Return what of a source's cell stands in the release."""
    if BEGIN_HIDDEN not in text:
        return text
    before, _, rest = text.partition(BEGIN_HIDDEN)
    _, _, after = rest.partition(END_HIDDEN)
    return before + after


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _gives_meaning_to(text: str) -> set[str]:
    """Find the names of the classroom that a cell binds to something else."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names if alias.asname}
    return found & _PROTECTED


def _read(data: bytes) -> tuple[list[Cell], list[str]]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotGradable(f"the file is not a notebook: {type(error).__name__}") from error
    if not isinstance(record, Mapping):
        raise NotGradable("the file is not a notebook: it holds no cells")
    _refuse_other_languages(record)
    warnings = []
    if "cells" in record:
        raw = record["cells"]
    else:
        sheets = record.get("worksheets")
        raw = [c for sheet in _maps(sheets) for c in _maps(sheet.get("cells"))]
        warnings.append("the file has an old notebook format; it was read as it is")
    if not isinstance(raw, list):
        raise NotGradable("the file is not a notebook: it holds no cells")
    return [cell for item in _maps(raw) if (cell := _cell(item))], warnings


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _refuse_other_languages(record: Mapping[str, Any]) -> None:
    metadata = record.get("metadata")
    if not isinstance(metadata, Mapping):
        return
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        block = metadata.get(part)
        language = block.get(key) if isinstance(block, Mapping) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            raise NotGradable(f"the notebook is for a kernel of {language[:40]!r}, not Python")


def _cell(item: Mapping[str, Any]) -> Cell | None:
    kind = item.get("cell_type")
    source = item.get("source", item.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
        return None
    metadata = item.get("metadata")
    info = grade_info({"metadata": metadata}) if isinstance(metadata, Mapping) else {}
    grade_id = info.get("grade_id")
    outputs = _maps(item.get("outputs"))
    return Cell(
        kind="code" if kind == "code" else "markdown",
        source=source,
        grade_id=grade_id if isinstance(grade_id, str) else "",
        has_result=any(
            output.get("output_type") in ("execute_result", "pyout") for output in outputs
        ),
    )
