"""The list of a class, read strictly, with every cell as text."""

from __future__ import annotations

import csv
import re
import unicodedata
from io import StringIO
from pathlib import Path

from hedgelib.classroom.personal import DEMO, canonical
from hedgelib.errors import HedgeError

__all__ = ["RosterError", "read_roster"]

_COLUMNS = ("id", "name")
_LONGEST_ID, _LONGEST_NAME = 64, 200
# nbgrader names a folder after each id.
_ID = re.compile(r"\w(?:[\w.@-]*\w)?")


class RosterError(HedgeError):
    """A list of the class that cannot be read, with the place of the fault."""

    def __init__(
        self, message: str, *, path: Path, line: int | None = None, column: str | None = None
    ) -> None:
        where = f"{path}, line {line}" if line else f"{path}"
        where += f", column {column!r}" if column else ""
        super().__init__(f"{where}: {message}")
        self.path, self.line, self.column = path, line, column


def read_roster(path: str | Path) -> dict[str, str]:
    """Read the list of a class, the name of each id, from a CSV file with these two columns."""
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
    lines: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(columns):
            raise RosterError(
                f"{len(row)} values where the header has {len(columns)}; put a name with a comma "
                "in it between quotes",
                path=path,
                line=line,
            )
        cells = dict(zip(columns, row, strict=True))
        student_id = unicodedata.normalize("NFC", cells["id"].strip())
        name = unicodedata.normalize("NFC", " ".join(cells["name"].split(" ")).strip())
        earlier = lines.setdefault(canonical(student_id), line)
        problem = _id_problem(student_id, cells["id"])
        if not problem and earlier != line:
            problem = (
                f"{student_id!r} is in line {earlier} already; upper and lower case are the same"
            )
        if problem:
            raise RosterError(problem, path=path, line=line, column="id")
        if problem := _name_problem(name, cells["name"]):
            raise RosterError(problem, path=path, line=line, column="name")
        roster[student_id] = name
    return roster


def _id_problem(student_id: str, text: str) -> str:
    if not student_id:
        return "is empty; every student needs an id"
    if len(student_id) > _LONGEST_ID:
        return f"is longer than {_LONGEST_ID} characters"
    if not _ID.fullmatch(student_id):
        return f"must be letters and digits with . - _ @ between them, got {text!r}"
    if canonical(student_id) == DEMO:
        return f"{student_id!r} is reserved for trying the exercises out; choose another id"
    return ""


def _name_problem(name: str, text: str) -> str:
    if not name:
        return "is empty; repeat the id if you must not store a name"
    if len(name) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in name):
        return f"holds a line break or another control character: {text!r}"
    return ""


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
    rows: list[tuple[int, list[str]]] = []
    reader, line = csv.reader(StringIO(text, newline=""), strict=True), 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        message = f"not readable as CSV: {error}; check the quotes"
        raise RosterError(message, path=path, line=line) from error
    if not rows:
        raise RosterError("the file is empty; its first line is id,name", path=path)
    return rows
