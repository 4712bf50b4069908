"""Marks and feedback in the form in which Moodle, Canvas and Blackboard take them back.

The shapes are those that the platforms' own programs read: Moodle's `importgradeslib.php` and
`importziplib.php`, Canvas's `gradebook_importer.rb` and its upload of submissions, and the table
with which Blackboard lets instructors "work offline".
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hedgelib._sheet import DELIMITERS, content_of, text_of
from hedgelib._text import spreadsheet_text
from hedgelib.classroom.attribution import Origin, People, words_of
from hedgelib.classroom.book import after, penalties, scores
from hedgelib.classroom.classview import points_of
from hedgelib.classroom.course import write_bytes
from hedgelib.classroom.personal import canonical
from hedgelib.classroom.release import gradebook
from hedgelib.classroom.roster import Roster, key_of
from hedgelib.classroom.settings import Settings, SettingsError
from hedgelib.classroom.standing import Standings
from hedgelib.errors import PortfolioFileError

__all__ = ["hand_back", "handed_in_by_worksheet"]

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_BLACKBOARD = ("last name", "first name", "username", "student id")
_MOODLE_KEYS = ("id number", "username", "email address")
_WORKSHEET = ("Identifier", "Full name", "Grade", "Maximum grade", "Last modified (grade)")
_COMMENTS = "Feedback comments"
_NUMBER_AT_THE_END = re.compile(r"(\d+)\s*$")
_ADDED_TO_A_TITLE = re.compile(r"\s*(?:\(\d+\)|\[Total Pts:.*)$", re.IGNORECASE)
# As PHP quotes, so that what is not filled in stays as Moodle wrote it.
_QUOTED_BY_MOODLE = re.compile(r'[\s",;\\]')
_TIMES_OF_MOODLE = ("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p")
# In the name of a file, for one system or another; the platforms go by the numbers.
_UNSAFE = re.compile(r"^\.+|[\\:*?\"<>|]")
# Of all entries of an archive: the same pages give the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Back:
    """What goes back to a student about an exercise."""

    student_id: str
    origin: Origin  # of the last attempt, the only one that Canvas takes feedback to
    points: float  # after what lateness costs
    comment: str
    page: Path  # of feedback


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """An exercise, and all of it that goes back."""

    name: str
    title: str
    most: float
    backs: tuple[_Back, ...]


def hand_back(
    standings: Standings, class_list: Roster, people: People
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write the files for the platforms that a class comes from, and say what is not in them."""
    course, works, notes = standings.course, [], []
    with gradebook(course) as book:
        for name in course.assignments():
            source = course.read(name)
            marks, costs = scores(book, name, source), penalties(book, name)
            complete = {
                i: own for i, own in marks.items() if not any(s.waits for s in own.values())
            }
            backs = []
            for student_id, own in complete.items():
                page = course.student_file("feedback", student_id, name, "html")
                records = standings.records(name, student_id)
                if not records or student_id not in class_list.names or not page.is_file():
                    continue
                penalty = costs.get(student_id, 0.0)
                points = after(points_of(own), penalty)
                late = f", {penalty:g} less for being late" if penalty else ""
                backs.append(
                    _Back(
                        student_id=student_id,
                        origin=people.origin(records[-1].name),
                        points=points,
                        comment=f"{points:g} of {source.points:g} points{late}.",
                        page=page,
                    )
                )
            if waiting := len(marks) - len(complete):
                notes.append(
                    f"{name}: {waiting} of {len(marks)} have an answer to be marked by hand first"
                )
            if backs:
                works.append(
                    _Work(name=name, title=source.title, most=source.points, backs=tuple(backs))
                )
    writer = _Writer(class_list=class_list, settings=standings.settings, works=works)
    files = dict(writer.files())
    for old in course.platform_folder.glob("*"):
        if old.name not in files:
            old.unlink()
    for name, content in files.items():
        write_bytes(course.platform_folder / name, content)
    paths = tuple(course.platform_folder / name for name in files)
    platforms = {class_list.platform, *(b.origin.platform for w in works for b in w.backs)} - {""}
    return paths, tuple(dict.fromkeys([*notes, *writer.notes])) if platforms else ()


def handed_in_by_worksheet(path: Path) -> dict[str, str]:
    """Read from Moodle's worksheet when each participant, by number, handed in; in ISO form."""
    sheet = _Worksheet.read(path)
    times = {}
    for row in sheet.rows:
        number = _number_in(sheet.of(row, "identifier"))
        said = sheet.of(row, "last modified (submission)")
        for form in _TIMES_OF_MOODLE:
            with suppress(ValueError):
                times[number] = datetime.strptime(said, form).isoformat()
    return times


@dataclass(slots=True, kw_only=True)
class _Writer:
    class_list: Roster
    settings: Settings
    works: Sequence[_Work]
    notes: list[str] = field(default_factory=list)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and content of each file; where nothing goes back there is none."""
        if not self.works:
            return
        used = {back.origin.platform for work in self.works for back in work.backs}
        used |= {self.class_list.platform}
        if "Moodle" in used:
            yield from self._moodle()
        if "Canvas" in used:
            yield from self._canvas()
        if "Blackboard" in used:
            yield from self._blackboard()
        for platform in sorted(used - {""}):
            for work in self.works:
                if backs := self._placed(work, platform):
                    yield f"{platform.lower()}_{work.name}_feedback.zip", _pages(work, backs)

    def _placed(self, work: _Work, platform: str) -> list[_Back]:
        """Return what goes back to a place that the platform knows and that is one student's."""
        backs = [back for back in work.backs if back.origin.platform == platform]
        places = [back.origin.number or back.origin.front for back in backs]
        placed = []
        for back, place in zip(backs, places, strict=True):
            if places.count(place) == 1:
                placed.append(back)
                continue
            ids = sorted(b.student_id for b, p in zip(backs, places, strict=True) if p == place)
            self.notes.append(
                f"{work.name}: {' and '.join(ids)} would go back to one place of {platform}, "
                f"{place}; they are left out"
            )
        return placed

    def _column(self, work: _Work, platform: str) -> str:
        """Return the heading of an exercise in the gradebook of a platform."""
        if column := self.settings.of(work.name).column:
            return column
        if self.class_list.platform == platform:
            wanted = (words_of(work.name), words_of(work.title))
            for column in self.class_list.columns:
                if words_of(_ADDED_TO_A_TITLE.sub("", column)) in wanted:
                    return column
        self.notes.append(
            f"{work.name}: {platform} would make a new column {work.title!r}; name its own in "
            f"course.toml: [exercises.{work.name}] column = ..."
        )
        return work.title

    def _known_as(self, student_id: str, *keys: str) -> list[str]:
        """Return what the class list has of a student under the columns of these kinds."""
        row = self.class_list.cells.get(student_id, ())
        cells = zip(self.class_list.columns, row, strict=False)
        return [cell for column, cell in cells if key_of(column) in keys]

    def _by_student(self) -> dict[str, dict[str, _Back]]:
        """Return what goes back, by id in the order of the list, and exercise."""
        found: dict[str, dict[str, _Back]] = {
            student_id: {} for student_id in self.class_list.names
        }
        for work in self.works:
            for back in work.backs:
                found[back.student_id][work.name] = back
        return {student_id: backs for student_id, backs in found.items() if backs}

    # Moodle

    def _moodle(self) -> Iterator[tuple[str, bytes]]:
        for work in self.works:
            path = self.settings.of(work.name).worksheet
            placed = self._placed(work, "Moodle")
            if path is not None:
                yield f"moodle_{work.name}.csv", self._filled(_Worksheet.read(path), work, placed)
            elif placed:
                rows = [
                    (
                        f"Participant {back.origin.number}",
                        self.class_list.names[back.student_id],
                        f"{back.points:.2f}",
                        f"{work.most:.2f}",
                        "-",
                        back.comment,
                    )
                    for back in placed
                ]
                yield f"moodle_{work.name}.csv", _as_moodle([(*_WORKSHEET, _COMMENTS), *rows])
        if self.class_list.platform == "Moodle":
            keys = ("first name", "last name", "name", *_MOODLE_KEYS)
            head = [c for c in self.class_list.columns if key_of(c) in keys]
            head += [self.settings.of(w.name).column or w.title for w in self.works]
            lines = [
                [*self._known_as(student_id, *keys), *self._points(backs)]
                for student_id, backs in self._by_student().items()
            ]
            yield "moodle_gradebook.csv", _as_moodle([head, *lines])

    def _points(self, backs: Mapping[str, _Back]) -> list[str]:
        return [f"{backs[w.name].points:.10g}" if w.name in backs else "" for w in self.works]

    def _filled(self, sheet: _Worksheet, work: _Work, placed: Sequence[_Back]) -> bytes:
        """Fill Moodle's own worksheet in, and leave all else in it as it is."""
        by_number = {back.origin.number: back for back in placed}
        by_key: dict[str, _Back] = {}
        names = Counter(tuple(words_of(name)) for name in self.class_list.names.values())
        for back in work.backs:
            known = [back.student_id, *self._known_as(back.student_id, *_MOODLE_KEYS)]
            by_key |= {canonical(key): back for key in known if key}
            name = tuple(words_of(self.class_list.names[back.student_id]))
            if names[name] == 1:
                by_key[" ".join(name)] = back
        rows, found = [], set()
        for row in sheet.rows:
            keys = [canonical(sheet.of(row, key)) for key in _MOODLE_KEYS]
            backs = [by_number.get(_number_in(sheet.of(row, "identifier"))), *map(by_key.get, keys)]
            backs = backs if any(backs) else [by_key.get(" ".join(words_of(sheet.of(row, "name"))))]
            ids = sorted({back.student_id for back in backs if back})
            if len(ids) > 1:
                self.notes.append(
                    f"{work.name}: {sheet.of(row, 'identifier')} of the worksheet is {ids[0]} by "
                    f"one key and {ids[1]} by another; the row is left as it is"
                )
            elif its_own := next(filter(None, backs), None):
                found.add(its_own.student_id)
                row = sheet.filled(row, f"{its_own.points:.2f}", its_own.comment)
                most = sheet.of(row, "maximum grade").replace(",", ".")
                with suppress(ValueError):
                    if most and float(most) != work.most:
                        self.notes.append(
                            f"{work.name}: the worksheet allows {float(most):g} points, and the "
                            f"exercise has {work.most:g}; set Moodle's maximum grade to that"
                        )
            rows.append([*map(_guarded, row)])
        if missing := [back.student_id for back in work.backs if back.student_id not in found]:
            self.notes.append(f"{work.name}: the worksheet has no row for {', '.join(missing)}")
        return _as_moodle([sheet.header, *rows], sheet.delimiter)

    # Canvas

    def _canvas(self) -> Iterator[tuple[str, bytes]]:
        columns: Sequence[str] = _CANVAS
        from_list = self.class_list.platform == "Canvas"
        if from_list:
            end = [*map(key_of, self.class_list.columns)].index("section")
            columns = self.class_list.columns[: end + 1]
        numbers: dict[str, set[str]] = {}
        for back in (back for work in self.works for back in self._placed(work, "Canvas")):
            numbers.setdefault(back.student_id, set()).add(back.origin.number)
        head = [*columns, *(self._column(work, "Canvas") for work in self.works)]
        possible = ["    Points Possible", *[""] * (len(columns) - 1)]
        rows = [head, [*possible, *(f"{work.most:.10g}" for work in self.works)]]
        for student_id, backs in self._by_student().items():
            known: Sequence[str] = self.class_list.cells.get(student_id, ())[: len(columns)]
            if not from_list:
                own = sorted(numbers.get(student_id, ()))
                if len(own) != 1:
                    known_as = (
                        f"has several numbers, {' and '.join(own)}" if own else "has no number"
                    )
                    self.notes.append(f"{student_id} {known_as} in Canvas: not in canvas.csv")
                    continue
                known = (self.class_list.names[student_id], own[0], "", "", "")
            rows.append([*map(_guarded, known), *self._points(backs)])
        yield "canvas.csv", _table(rows, delimiter=",").encode()

    # Blackboard

    def _blackboard(self) -> Iterator[tuple[str, bytes]]:
        from_list = self.class_list.platform == "Blackboard"
        known_columns = [c for c in self.class_list.columns if key_of(c) in _BLACKBOARD]
        head = known_columns if from_list else ["Username"]
        rows = [[*head, *(self._column(work, "Blackboard") for work in self.works)]]
        for student_id, backs in self._by_student().items():
            if from_list:
                known = self._known_as(student_id, *_BLACKBOARD)
            elif any(_has_username(back) for back in backs.values()):
                known = [student_id]
            else:
                self.notes.append(
                    f"Blackboard's username of {student_id} is not known: not in blackboard.txt"
                )
                continue
            rows.append([*map(_guarded, known), *self._points(backs)])
        text = _table(rows, delimiter="\t", quoted=True)
        yield "blackboard.txt", b"\xff\xfe" + text.encode("utf-16-le")


def _has_username(back: _Back) -> bool:
    """Tell whether the id of a student is the name that Blackboard wrote into a file."""
    who = back.origin.front.casefold().partition("_attempt_")[0]
    return back.origin.platform == "Blackboard" and who.endswith(f"_{back.student_id.casefold()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worksheet:
    """Moodle's worksheet of one assignment."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str

    @classmethod
    def read(cls, path: Path) -> _Worksheet:
        try:
            text, _ = text_of(path, content_of(path))
        except PortfolioFileError as error:
            raise SettingsError(f"the worksheet {error}") from error
        delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header, *rows = [row for row in reader if row] or [[]]
        if missing := [c for c in ("Identifier", "Grade") if key_of(c) not in map(key_of, header)]:
            raise SettingsError(
                f"the worksheet {path} has no column {missing[0]!r}; download Moodle's grading "
                "worksheet of the assignment, in English"
            )
        rows = [row + [""] * (len(header) - len(row)) for row in rows]
        return cls(header=header, rows=rows, delimiter=delimiter)

    def of(self, row: Sequence[str], key: str) -> str:
        """Return a cell by the key of its column; an empty text where there is none."""
        cells = zip(self.header, row, strict=False)
        return next((cell for column, cell in cells if key_of(column) == key), "")

    def filled(self, row: Sequence[str], grade: str, comment: str) -> list[str]:
        """Return a row with a grade and a comment."""
        new = {"grade": grade, key_of(_COMMENTS): comment}
        cells = zip(self.header, row, strict=False)
        return [new.get(key_of(column), cell) for column, cell in cells]


def _number_in(identifier: str) -> str:
    match = _NUMBER_AT_THE_END.search(identifier)
    return match[1].lstrip("0") if match else identifier


def _guarded(cell: str) -> str:
    """Make a formula text; anything else, and the dash that stands for no time, stays as it is."""
    safe = spreadsheet_text(cell)
    return safe if cell != "-" and safe.startswith("'") and not cell.startswith("'") else cell


def _as_moodle(rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    def quoted(cell: str) -> str:
        escaped = cell.replace('"', '""')
        return f'"{escaped}"' if _QUOTED_BY_MOODLE.search(cell) else cell

    lines = (delimiter.join(quoted(_guarded(cell)) for cell in row) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8-sig")


def _table(rows: Iterable[Sequence[str]], *, delimiter: str, quoted: bool = False) -> str:
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        lineterminator="\n",
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
    )
    writer.writerows(rows)
    return buffer.getvalue()


def _pages(work: _Work, backs: Iterable[_Back]) -> bytes:
    """Pack pages of feedback, each under the name that the platform gave to the submission."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for back in backs:
            front = _UNSAFE.sub("_", back.origin.front)
            entry = zipfile.ZipInfo(f"{front}{work.name}_feedback.html", _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, back.page.read_bytes())
    return buffer.getvalue()
