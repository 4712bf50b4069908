"""Finding out what was handed in, by whom and for what, in whatever shape it comes.

Learning platforms rename files, wrap them into folders and archives and keep what students upload
beside them. A notebook is known by its content, its assignment by its metadata, and its student by
the name that the platform gave the file (see :mod:`~hedgelib.classroom.whose`); the id typed into
the notebook counts where the name says nothing. Nothing is ever written, unpacked or renamed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hedgelib.classroom.interface import ID_CELL, Collected, Refused, Submission
from hedgelib.classroom.whose import People, follows, words_of
from hedgelib.errors import InvalidInput
from hedgelib.report.blocks import printable

__all__ = ["collect"]

_LARGEST_FILE = 20 * 2**20
_LARGEST_ARCHIVE = 500 * 2**20
_MOST_MEMBERS = 20_000
_DEEPEST_ARCHIVE = 3
_A_LINK = "is no file but a link or a device; links are left"
_LOCKED, _SAYS_UTF8 = 0x1, 0x800
# What Office writes is a zip archive as well; it holds one of these.
_OFFICE = {"[Content_Types].xml", "mimetype"}
_OTHER_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
_JUNK = re.compile(r"(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|__MACOSX(/.*)?)$")
# What lies beside a notebook: the numbers it was given, and what nbgrader's exchange adds.
_BESIDE = re.compile(r"_numbers[^/]*\.json$|(^|/)(timestamp|submission_secret)\.txt$")
_COPY = re.compile(r"-Copy\d+$")
_CHECKPOINT = re.compile(r"(^|/)\.ipynb_checkpoints/")
_ID_CALL = re.compile(r"""\bme\(\s*(?:"([^"\n]*)"|'([^'\n]*)')\s*\)""")


@dataclass(frozen=True, slots=True)
class _File:
    """Something found: its name for people, and its bytes or why there are none."""

    name: str
    data: bytes = b""
    problem: str = ""


@dataclass(slots=True)
class _Room:
    """How much may still come out of a file, what is in archives within it included."""

    members: int = _MOST_MEMBERS
    size: int = _LARGEST_ARCHIVE

    def refuses(self, members: Sequence[zipfile.ZipInfo], depth: int) -> str:
        """Take the members of an archive in, or say why not."""
        if depth == _DEEPEST_ARCHIVE:
            return "is an archive within archives, too deep to open"
        size = sum(member.file_size for member in members)
        if len(members) > self.members or size > self.size:
            return (
                f"is an archive of {len(members):,} files and {size:,} bytes, too large to open; "
                "unpack it into the folder"
            )
        self.members -= len(members)
        self.size -= size
        return ""


def collect(folder: str | Path, roster: Mapping[str, str], assignments: Sequence[str]) -> Collected:
    """Find the submissions in a folder, its sub-folders and the zip archives among them.

    Parameters
    ----------
    folder : str or Path
        Read, never written to. Links are not followed.
    roster : mapping of str to str
        Name by id of each student.
    assignments : sequence of str
        Their names.

    Returns
    -------
    Collected
        At most one submission for each student and assignment: of several the last by name, in the
        order in which people count (``x (2)`` before ``x (10)``, and ``x-Copy1``, which Jupyter
        makes of ``x``, before that). Everything else that is not
        plainly rubbish of an operating system is refused, with the reason.

    Raises
    ------
    InvalidInput
        There is no such folder, or it cannot be read.

    Notes
    -----
    **Source:** own rules; the shapes are those of Moodle (``Name_123_assignsubmission_file/x``),
    Canvas (``namefamily_123_456_x``) and plain e-mail.
    """
    folder = Path(folder)
    try:
        os.listdir(folder)
    except OSError as error:
        raise InvalidInput(
            f"submissions must be a folder that can be read, got {printable(str(folder))!r}: "
            f"{error.strerror}"
        ) from error
    people = People(roster, assignments)
    refused: list[Refused] = []
    found: dict[tuple[str, str], list[Submission]] = {}
    for file in sorted(_files(folder), key=lambda file: (_natural(file.name), file.name)):
        if _JUNK.search(file.name) or _BESIDE.search(file.name):
            continue
        taken = file.problem or _submission(file, people, assignments)
        if isinstance(taken, str):
            refused.append(Refused(name=file.name, reason=taken))
        else:
            found.setdefault((taken.assignment, taken.student_id), []).append(taken)
    chosen = []
    for (assignment, student_id), several in sorted(found.items()):
        *others, last = several
        chosen.append(_with_others(last, others))
        refused += [
            Refused(
                name=other.name,
                reason=f"{student_id} handed in {assignment} more than once; {last.name} is marked",
            )
            for other in others
        ]
    return Collected(found=tuple(chosen), refused=tuple(refused))


def _with_others(last: Submission, others: Sequence[Submission]) -> Submission:
    if not others:
        return last
    same = "the same" if all(other.data == last.data for other in others) else "other"
    told = f"{len(others)} more with {same} content set aside: " + ", ".join(
        other.name for other in others
    )
    return Submission(
        student_id=last.student_id,
        assignment=last.assignment,
        name=last.name,
        data=last.data,
        warnings=(*last.warnings, told),
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Give a key by which "x (10)" comes after "x (2)", and a copy before what it is a copy of."""
    stem = name.removesuffix(".ipynb")
    copy = _COPY.search(stem)
    stem = stem[: copy.start()] if copy else stem
    parts = re.split(r"([0-9]+)", stem)
    # A number by its length and digits: one of thousands of digits is no number to Python.
    digits = [p.lstrip("0") for p in parts]
    key = [
        (len(d), d) if i % 2 else (-1, p)
        for i, (p, d) in enumerate(zip(parts, digits, strict=True))
    ]
    return [*key, (-2, copy[0]) if copy else (-1, "")]


def _shown(name: str) -> str:
    return printable(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _files(folder: Path) -> Iterator[_File]:
    """Every file of a folder, archives opened."""

    def unreadable(error: OSError) -> None:
        problems.append(error)

    problems: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for name in names:
            path = Path(place) / name
            shown = _shown(path.relative_to(folder).as_posix())
            try:
                status = path.lstat()
                if not stat.S_ISREG(status.st_mode):
                    yield _File(shown, problem=_A_LINK)
                elif status.st_size > _LARGEST_ARCHIVE:
                    yield _File(shown, problem=f"is larger than {_LARGEST_ARCHIVE:,} bytes")
                else:
                    yield from _opened(shown, path.read_bytes(), 0, _Room())
            except OSError as error:
                yield _File(shown, problem=f"cannot be read: {error.strerror}")
    for problem in problems:
        place = _shown(os.path.relpath(os.fsdecode(problem.filename), folder))
        yield _File(place, problem=f"cannot be read: {problem.strerror}")


def _opened(name: str, data: bytes, depth: int, room: _Room) -> Iterator[_File]:
    """Give a file itself, or the members of an archive."""
    if not data.startswith(b"PK\x03\x04") and not name.lower().endswith(".zip"):
        yield _File(name, data)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _OFFICE & set(archive.namelist()):
                yield _File(name, data)
                return
            members = [member for member in archive.infolist() if not member.is_dir()]
            if problem := room.refuses(members, depth):
                yield _File(name, problem=problem)
                return
            for member in members:
                yield from _member(archive, member, f"{name}/{_member_name(member)}", depth, room)
    except Exception as error:
        # A broken archive can break the library in any way; it costs itself only.
        yield _File(name, problem=f"is no archive that can be opened: {printable(str(error))}")


def _member_name(member: zipfile.ZipInfo) -> str:
    name = member.filename
    if not member.flag_bits & _SAYS_UTF8:
        # Apple's archiver writes UTF-8 and does not say so.
        with contextlib.suppress(ValueError):
            name = name.encode("cp437").decode()
    return _shown(name.replace("\\", "/"))


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, depth: int, room: _Room
) -> Iterator[_File]:
    if member.flag_bits & _LOCKED:
        yield _File(name, problem="is locked with a password")
        return
    if stat.S_ISLNK(member.external_attr >> 16):
        yield _File(name, problem=_A_LINK)
        return
    try:
        # Its own word on its size need not be true.
        with archive.open(member) as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except Exception as error:
        yield _File(name, problem=f"cannot be taken out of the archive: {printable(str(error))}")
        return
    if len(data) > _LARGEST_FILE:
        yield _File(name, problem=f"is larger than {_LARGEST_FILE:,} bytes")
        return
    yield from _opened(name, data, depth + 1, room)


def _submission(file: _File, people: People, assignments: Sequence[str]) -> Submission | str:
    """Say what a file is, or why it is no submission."""
    if _CHECKPOINT.search(file.name):
        return "is a checkpoint that Jupyter keeps, not what was handed in"
    if len(file.data) > _LARGEST_FILE:
        return f"is larger than {_LARGEST_FILE:,} bytes"
    notebook = _notebook(file)
    if isinstance(notebook, str):
        return notebook
    assignment = _assignment(file.name, notebook, assignments)
    if assignment is None:
        return f"does not say which assignment it is; there are {', '.join(assignments)}"
    owner = people.owner(file.name, _typed_id(notebook))
    if isinstance(owner, str):
        return owner
    student_id, warnings = owner
    language = _language(notebook)
    if language != "python":
        warnings = (*warnings, f"its kernel is for {printable(language)}, not for Python")
    return Submission(
        student_id=student_id,
        assignment=assignment,
        name=file.name,
        data=file.data,
        warnings=warnings,
    )


def _notebook(file: _File) -> dict[str, Any] | str:
    looks_like_one = ".ipynb" in file.name.lower()
    try:
        content = json.loads(file.data)
    except (ValueError, RecursionError) as error:
        if file.data.startswith(_OTHER_ARCHIVES) or file.data[257:262] == b"ustar":
            return "is an archive of a kind that is not opened; unpack it, or make it a zip archive"
        if not looks_like_one:
            return "is not a notebook"
        if not file.data.strip():
            return "is empty"
        return f"cannot be read as a notebook: {printable(str(error))[:200]}"
    shape = content if isinstance(content, dict) else {}
    if isinstance(shape.get("cells"), list) or isinstance(shape.get("worksheets"), list):
        return shape
    return "is not a notebook" + (", though it is called one" if looks_like_one else "")


def _metadata(notebook: Mapping[str, Any]) -> Mapping[str, Any]:
    found = notebook.get("metadata")
    return found if isinstance(found, dict) else {}


def _assignment(name: str, notebook: Mapping[str, Any], assignments: Sequence[str]) -> str | None:
    own = _metadata(notebook).get("hedgelib")
    told = own.get("assignment") if isinstance(own, dict) else None
    if told in assignments:
        return str(told)
    for part in reversed(PurePosixPath(name).parts):
        words = words_of(part)
        fitting = [one for one in assignments if follows(words_of(one), words) is not None]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def _language(notebook: Mapping[str, Any]) -> str:
    kernel, info = (_metadata(notebook).get(key) for key in ("kernelspec", "language_info"))
    for found, key in ((kernel, "language"), (info, "name"), (kernel, "name")):
        if isinstance(found, dict) and isinstance(found.get(key), str) and found[key]:
            language = str(found[key]).lower()
            return "python" if language.startswith(("python", "ipython")) else language
    return "python"


def _code_cells(notebook: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sheets = notebook.get("worksheets") or [notebook]
    for sheet in sheets if isinstance(sheets, list) else []:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                marks = _metadata(cell).get("nbgrader")
                grade_id = marks.get("grade_id") if isinstance(marks, dict) else ""
                source = cell.get("source", cell.get("input", ""))
                text = "".join(map(str, source)) if isinstance(source, list) else str(source)
                yield str(grade_id), text


def _typed_id(notebook: Mapping[str, Any]) -> str | None:
    """Find the id that the student typed in: in its cell, or where that lost its mark, anywhere."""
    cells = list(_code_cells(notebook))
    own = [source for grade_id, source in cells if grade_id == ID_CELL]
    for source in [*own, *(source for _, source in cells)]:
        code = "\n".join(line.partition("#")[0] for line in source.splitlines())
        if match := _ID_CALL.search(code):
            return (match[1] or match[2] or "").strip()
    return None
