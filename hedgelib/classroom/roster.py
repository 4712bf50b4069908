"""The list of a class, as people write it and as learning platforms export it, all of it text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from hedgelib._sheet import DELIMITERS, Cell, Sheet, content_of, sheets_of
from hedgelib.classroom.personal import DEMO, canonical
from hedgelib.errors import HedgeError, PortfolioFileError

__all__ = ["Roster", "RosterError", "key_of", "read_roster"]

_LONGEST_ID, _LONGEST_NAME = 64, 200
# nbgrader names a folder after each id.
_ID = re.compile(r"\w(?:[\w.@-]*\w)?")
_SAME_COLUMN = {
    **dict.fromkeys(("firstname", "given name", "forename"), "first name"),
    **dict.fromkeys(("lastname", "surname", "family name"), "last name"),
    **dict.fromkeys(("full name", "fullname", "student name"), "name"),
    **dict.fromkeys(("email", "e-mail", "e-mail address"), "email address"),
}
# Cyrillic and Greek letters that look Latin, from Unicode's confusables (UTS 39).
_LATIN = str.maketrans(
    "АВЕКМНОРСТУХІЈЅасеорхуіјѕԁһԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαινρυ",
    "ABEKMHOPCTYXIJSaceopxyijsdhqwlABEZHIKMNOPTYXoaivpu",
)
_NAMES = (frozenset({"name"}), frozenset({"first name", "last name"}))
_ROWS_OF_NOBODY = ("points possible", "manual posting", "student, test")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """A kind of list: the columns by which it is known, and those that can be the id."""

    platform: str
    known_by: tuple[frozenset[str], ...]
    ids: tuple[str, ...]


def _plain(*ids: str) -> _Layout:
    known_by = tuple(names | {id_} for id_ in ids for names in _NAMES)
    return _Layout(platform="", known_by=known_by, ids=ids)


_LAYOUTS = (
    _Layout(
        platform="Canvas",
        known_by=(
            frozenset({"student", "id", "section"}),
            frozenset({"last name", "first name", "id", "section"}),
        ),
        ids=("sis login id", "sis user id", "id"),
    ),
    _plain("id"),
    _Layout(
        platform="Moodle",
        known_by=tuple(names | {"email address"} for names in _NAMES),
        ids=("id number", "username", "email address"),
    ),
    _Layout(
        platform="Blackboard",
        known_by=(frozenset({"last name", "first name", "username"}),),
        ids=("username", "student id"),
    ),
    _plain("student id", "student number", "username", "login"),
)


class RosterError(HedgeError):
    """A list of the class that cannot be read, with the place of the fault."""

    def __init__(
        self, message: str, *, path: Path, line: int | None = None, column: str | None = None
    ) -> None:
        where = f"{path}, line {line}" if line else f"{path}"
        where += f", column {column!r}" if column else ""
        super().__init__(f"{where}: {message}")
        self.path, self.line, self.column = path, line, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A class, and the learning platform that its list comes from."""

    names: Mapping[str, str]  # by id
    platform: str = ""  # "Moodle", "Canvas", "Blackboard", or none of them
    columns: tuple[str, ...] = ()  # of the file
    cells: Mapping[str, tuple[str, ...]]  # of each student, in these columns
    notes: tuple[str, ...] = ()  # how the file was understood

    @property
    def by_number(self) -> Mapping[str, str]:
        """Ids by the numbers that Canvas gives to its users."""
        if self.platform != "Canvas":
            return {}
        place = [*map(key_of, self.columns)].index("id")
        return {row[place]: student_id for student_id, row in self.cells.items()}


def key_of(column: str) -> str:
    """Return the name by which a column is known, however it is written."""
    words = " ".join(re.sub(r"[\s_]+", " ", column).split()).casefold()
    return _SAME_COLUMN.get(words, words)


def read_roster(path: str | Path) -> Roster:
    """Read the list of a class: ids and names, or what Moodle, Canvas or Blackboard exports."""
    path = Path(path)
    try:
        layout, sheet, encoding = _recognised(path)
        (_, header), *rows = [*sheet.rows, *sheet.rest]
        if sheet.fault:
            raise sheet.fault
    except PortfolioFileError as error:
        raise RosterError(_message(error), path=path, line=error.line) from error
    columns = tuple(map(_text, header))
    keys = [*map(key_of, columns)]
    if twice := next((c for c in columns if keys.count(key_of(c)) > 1 and _matters(c)), None):
        raise RosterError(f"has two columns {twice!r}; delete one of them", path=path)
    students: list[tuple[int, tuple[str, ...]]] = []
    for at, raw in rows:
        row = tuple(map(_text, raw))
        if layout.platform and _is_nobody(row):
            continue
        if len(row) != len(columns):
            raise RosterError(
                f"{len(row)} values where the header has {len(columns)}; put a name with a comma "
                "in it between quotes",
                path=path,
                line=at.line,
            )
        students.append((at.line or 0, row))
    if not students:
        raise RosterError("there is a header but no student", path=path)
    place = _id_column(layout, keys, students)
    names, cells, ids = {}, {}, _Ids(path, columns[place])
    for line, row in students:
        student_id = ids.take(row[place], line)
        names[student_id] = _name(dict(zip(keys, row, strict=True)), path, line)
        cells[student_id] = row
    return Roster(
        names=names,
        platform=layout.platform,
        columns=columns,
        cells=cells,
        notes=tuple(_notes(layout, columns, place, encoding, sheet.delimiter)),
    )


def _recognised(path: Path) -> tuple[_Layout, Sheet, str]:
    """Find the layout of a file, trying each way in which it can be read as a table."""
    sheets, encoding = sheets_of(path, content_of(path))
    for sheet in sheets:
        keys = {key_of(_text(cell)) for cell in sheet.rows[0][1]} if sheet.rows else set()
        for layout in _LAYOUTS:
            if any(known <= keys for known in layout.known_by):
                return layout, sheet, encoding
    if not sheets or not sheets[0].rows:
        if sheets and sheets[0].fault:
            raise sheets[0].fault
        raise PortfolioFileError("the file is empty; its first line is id,name", path=path)
    at, header = sheets[0].rows[0]
    found = ",".join(map(_text, header))
    raise at.error(
        f"the first line must name the columns id and name, or be that of an export from Moodle, "
        f"Canvas or Blackboard, got {found!r}"
    )


def _message(error: PortfolioFileError) -> str:
    """Take the place, which a `RosterError` puts there itself, out of a message."""
    where = f"{error.path}" + (f", line {error.line}" if error.line else "")
    return str(error).removeprefix(f"{where}: ")


def _text(cell: Cell) -> str:
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        return f"{int(cell)}"
    return unicodedata.normalize("NFC", str(cell).strip())


def _matters(column: str) -> bool:
    return any(
        key_of(column) in {*layout.ids, *frozenset().union(*layout.known_by)} for layout in _LAYOUTS
    )


def _is_nobody(row: Sequence[str]) -> bool:
    """Tell the rows of an export that are no students."""
    first = next(filter(None, row), "").casefold()
    return first.startswith(_ROWS_OF_NOBODY) or any("_previewuser" in cell for cell in row)


def _id_column(
    layout: _Layout, keys: Sequence[str], students: Sequence[tuple[int, tuple[str, ...]]]
) -> int:
    """Choose the first possible column in which everybody has an id."""
    places = [keys.index(key) for key in layout.ids if key in keys]
    full = (place for place in places if all(row[place] for _, row in students))
    return next(full, places[0])


def _name(cells: Mapping[str, str], path: Path, line: int) -> str:
    if "first name" in cells and "last name" in cells:
        column, text = "last name", f"{cells['first name']} {cells['last name']}"
    else:
        column = "student" if "student" in cells else "name"
        text = cells[column]
        if column == "student":
            last, comma, first = text.partition(", ")
            text = f"{first} {last}" if comma else text
    name = " ".join(part for part in text.split(" ") if part)
    if problem := _name_problem(name):
        raise RosterError(problem, path=path, line=line, column=column)
    return name


def _name_problem(name: str) -> str:
    if not name:
        return "is empty; repeat the id if you must not store a name"
    if len(name) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in name):
        return f"holds a line break or another control character: {name!r}"
    return ""


@dataclass(slots=True)
class _Ids:
    """The ids of a list, no two of which are or look the same."""

    path: Path
    column: str
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)  # by what they look like

    def take(self, student_id: str, line: int) -> str:
        problem = _id_problem(student_id)
        earlier, where = self.lines.setdefault(_looks(student_id), (student_id, line))
        if not problem and where != line:
            if canonical(earlier) == canonical(student_id):
                problem = (
                    f"{student_id!r} is in line {where} already; upper and lower case are the same"
                )
            else:
                problem = (
                    f"{student_id!r} looks like {earlier!r} in line {where}, but is written with "
                    f"{_odd(student_id, earlier)}; give one of the two another id"
                )
        if problem:
            raise RosterError(problem, path=self.path, line=line, column=self.column)
        return student_id


def _looks(student_id: str) -> str:
    return canonical(unicodedata.normalize("NFKC", student_id).translate(_LATIN))


def _odd(one: str, other: str) -> str:
    """Name the first letter by which two ids that look the same differ."""
    pairs = zip(canonical(one), canonical(other), strict=False)
    letters = next(((a, b) for a, b in pairs if a != b), (one[-1], other[-1]))
    return " instead of ".join(unicodedata.name(letter, repr(letter)) for letter in letters)


def _id_problem(student_id: str) -> str:
    if not student_id:
        return "is empty; every student needs an id"
    if len(student_id) > _LONGEST_ID:
        return f"is longer than {_LONGEST_ID} characters"
    if not _ID.fullmatch(student_id):
        return f"must be letters and digits with . - _ @ between them, got {student_id!r}"
    if canonical(student_id) == DEMO:
        return f"{student_id!r} is reserved for trying the exercises out; choose another id"
    return ""


def _notes(
    layout: _Layout, columns: Sequence[str], place: int, encoding: str, delimiter: str
) -> Iterator[str]:
    """Say how a file was understood, where that is not plain."""
    if layout.platform:
        yield f"read as a list from {layout.platform}, with {columns[place]!r} as the id"
    elif columns[place].casefold() != "id":
        yield f"{columns[place]!r} is the id"
    ignored = [c for c in columns if c and not _matters(c)]
    if ignored and not layout.platform:
        yield f"not used: {', '.join(ignored)}"
    how = [f"in {encoding}"] if encoding else []
    if delimiter not in ("", ","):
        how.append(f"with {DELIMITERS[delimiter]}")
    if how:
        yield f"written {' '.join(how)}"
