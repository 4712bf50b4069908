"""The list of a class, read strictly, with every cell as text."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from hedgelib.classroom.personal import DEMO, canonical
from hedgelib.errors import HedgeError

__all__ = ["RosterError", "read_roster"]

_COLUMNS = ("id", "name")
_LONGEST_ID, _LONGEST_NAME = 64, 200
_ID = re.compile(r"\w(?:[\w.@-]*\w)?")


class RosterError(HedgeError):
    """A list of the class that cannot be read, with the place of the fault."""

    def __init__(
        self, message: str, *, path: Path, line: int | None = None, column: str | None = None
    ) -> None:
        where = str(path)
        if line is not None:
            where += f", line {line}"
        if column is not None:
            where += f", column {column!r}"
        super().__init__(f"{where}: {message}")
        self.path, self.line, self.column = path, line, column


def read_roster(path: str | Path) -> dict[str, str]:
    """Read the list of a class from a CSV file with the columns ``id`` and ``name``."""
    path = Path(path)
    (header_line, header), *rows = _rows(path)
    columns = [name.strip().lower() for name in header]
    if sorted(columns) != sorted(_COLUMNS):
        raise RosterError(
            f"the first line must be id,name, got {','.join(header)!r}; "
            "save the sheet as CSV with commas, with these two columns",
            path=path,
            line=header_line,
        )
    if not rows:
        raise RosterError("there is a header but no student", path=path)
    roster: dict[str, str] = {}
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(columns):
            raise RosterError(
                f"{len(row)} values where the header has {len(columns)}; put a name with a comma "
                "in it between quotes",
                path=path,
                line=line,
            )
        cells = dict(zip(columns, row, strict=True))
        student_id = _student_id(path, line, cells["id"])
        if canonical(student_id) in seen:
            raise RosterError(
                f"{student_id!r} is in line {seen[canonical(student_id)]} already; upper and lower "
                "case are the same",
                path=path,
                line=line,
                column="id",
            )
        seen[canonical(student_id)] = line
        roster[student_id] = _name(path, line, cells["name"])
    return roster


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise RosterError("there is no such file", path=path) from error
    except IsADirectoryError as error:
        raise RosterError("this is a folder; name a CSV file in it", path=path) from error
    except UnicodeDecodeError as error:
        raise RosterError("not UTF-8 text; save the sheet as CSV UTF-8", path=path) from error
    except OSError as error:
        raise RosterError(f"cannot be read: {error.strerror}", path=path) from error
    rows = [(line, row) for line, row in _read(path, text) if any(cell.strip() for cell in row)]
    if not rows:
        raise RosterError("the file is empty; its first line is id,name", path=path)
    return rows


def _read(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RosterError(
                f"not readable as CSV: {error}; check the quotes", path=path, line=line
            ) from error
        yield line, row
        line = reader.line_num + 1


def _student_id(path: Path, line: int, text: str) -> str:
    found = unicodedata.normalize("NFC", text.strip())
    problem = ""
    if not found:
        problem = "is empty; every student needs an id"
    elif len(found) > _LONGEST_ID:
        problem = f"is longer than {_LONGEST_ID} characters"
    elif not _ID.fullmatch(found):
        problem = f"must be letters and digits with . - _ @ between them, got {text!r}"
    elif canonical(found) == DEMO:
        problem = f"{found!r} is reserved for trying the exercises out; choose another id"
    if problem:
        raise RosterError(problem, path=path, line=line, column="id")
    return found


def _name(path: Path, line: int, text: str) -> str:
    found = unicodedata.normalize("NFC", " ".join(text.split(" ")).strip())
    problem = ""
    if not found:
        problem = "is empty; repeat the id if you must not store a name"
    elif len(found) > _LONGEST_NAME:
        problem = f"is longer than {_LONGEST_NAME} characters"
    elif any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in found):
        problem = f"holds a line break or another control character: {text!r}"
    if problem:
        raise RosterError(problem, path=path, line=line, column="name")
    return found
