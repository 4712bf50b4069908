"""Finding submissions in a folder, with their students and assignments.

A notebook is recognised by its content, its assignment by its metadata, and its student as
:mod:`~hedgelib.classroom.attribution` says. Files are read one after the other, sizes first, and
nothing is written, unpacked or renamed in the folder. Notebooks are parsed in the sandbox.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hedgelib._text import printable
from hedgelib.classroom.attribution import People, follows, words_of
from hedgelib.classroom.interface import (
    Collected,
    LearnersFile,
    Refused,
    Submission,
    cause_of,
)
from hedgelib.classroom.reading import Reader, Reading
from hedgelib.errors import HedgeError, InvalidInput

__all__ = ["collect"]

_LARGEST_FILE = 20 * 2**20
# Of what an archive says of its members: names, sizes and places.
_LARGEST_DIRECTORY = 8 * 2**20
_DEEPEST_ARCHIVE = 3
_HEAD = 512
# Most files and bytes: a folder has room for a class, an archive in another for one student.
_FOLDER = (100_000, 8 * 2**30)
_ARCHIVE = (20_000, 500 * 2**20)
_INNER_ARCHIVE = (1_000, 100 * 2**20)
_A_LINK = "is a link or a device, not a file; links are not followed"
_NO_ROOM = "is not read: {}; put it into a folder of its own"
_TOO_LARGE = "is {}, too large to open; unpack it into the folder"
_LOCKED, _SAYS_UTF8 = 0x1, 0x800
# What Office writes is a zip archive as well; it holds one of these.
_OFFICE = {"[Content_Types].xml", "mimetype"}
_OTHER_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
_JUNK = re.compile(r"(^|/)(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|__MACOSX(/.*)?)$")
# Files next to a notebook: its numbers, and what nbgrader's exchange adds.
_BESIDE = re.compile(r"_numbers[^/]*\.json$|(^|/)(timestamp|submission_secret)\.txt$")
_COPY = re.compile(r"-Copy\d+$")
_CHECKPOINT = re.compile(r"(^|/)\.ipynb_checkpoints/")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
# With a comment of the longest kind, and what large archives put before it.
_LONGEST_END = (1 << 16) + 1024


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the folder: its name for people, and its bytes or why there are none."""

    name: str
    data: bytes = b""
    problem: str = ""
    modified: str = ""  # ISO time


@dataclass(slots=True)
class _Room:
    """How many files, and bytes in them, may still be read: nobody may use up the others' share."""

    members: int
    size: int
    within: _Room | None = None

    def lacks(self, members: int, size: int) -> str:
        """Say how much room there is, if it is not enough."""
        if members > self.members or size > self.size:
            return f"there is room for {self.members:,} more files and {self.size:,} bytes"
        return self.within.lacks(members, size) if self.within else ""

    def take(self, size: int) -> str:
        """Take a file in, or say why not."""
        if reason := self.lacks(1, size):
            return reason
        room: _Room | None = self
        while room:
            room.members -= 1
            room.size -= size
            room = room.within
        return ""

    def for_archive(self, depth: int) -> _Room:
        """Make room for an archive of the folder, or for one within another."""
        most = _ARCHIVE if depth == 0 else _INNER_ARCHIVE
        return _Room(*most, within=self)


def collect(
    folder: str | Path,
    roster: Mapping[str, str],
    assignments: Sequence[str],
    reader: Reader,
    spool: Path,
    numbers: Mapping[str, str] | None = None,
) -> Collected:
    """Find the submissions in a folder, its sub-folders and the zip archives among them.

    Of several files of one student for one assignment the last by name counts, in the order in
    which people count, unless the platform's numbers say that they are from different people. Links
    are not followed. `spool` is a folder for copies of the submissions; `numbers` has the ids by
    the numbers that Canvas gives to its users.
    """
    folder = Path(folder)
    try:
        os.listdir(folder)
    except OSError as error:
        raise InvalidInput(
            f"submissions must be a folder that can be read, got {printable(str(folder))!r}: "
            f"{error.strerror}"
        ) from error
    people = People(roster, assignments, numbers)
    refused: list[Refused] = []
    by_student: dict[tuple[str, str, int], list[Submission]] = {}
    learners: dict[tuple[str, str], LearnersFile] = {}
    for file in _files(folder):
        submission = file.problem or _submission(file, people, assignments, reader)
        if isinstance(submission, str):
            refused.append(Refused(name=file.name, reason=submission))
            continue
        if isinstance(submission, LearnersFile):
            key = (submission.student_id, submission.kind)
            before = learners.get(key, submission)
            learners[key] = max(before, submission, key=lambda one: _order(one.name))
            continue
        work = (submission.assignment, submission.student_id, submission.attempt)
        several = by_student.setdefault(work, [])
        several.append(_spooled(submission, file.data, spool))
        several.sort(key=lambda one: _order(one.name))
        for other in several[:-1]:
            other.file.unlink(missing_ok=True)
    chosen = []
    people_of: dict[tuple[str, str], set[str]] = {}
    for (assignment, student_id, _), several in by_student.items():
        persons_of = people_of.setdefault((assignment, student_id), set())
        persons_of |= {one.person for one in several} - {""}
    for (assignment, student_id, attempt), several in sorted(by_student.items()):
        persons = sorted(people_of[assignment, student_id])
        if len(persons) > 1:
            reason = (
                f"the learning platform numbers different people ({' and '.join(persons)}), and "
                f"the files of each would belong to {student_id}'s {assignment}; none is marked: "
                "rename each folder or file to its student's id"
            )
            refused += [
                Refused(name=one.name, reason=reason, student_id=student_id, assignment=assignment)
                for one in several
            ]
            continue
        *others, last = several
        chosen.append(_with_others(last, others))
        which = f"attempt {attempt} of {assignment}" if attempt > 1 else assignment
        reason = f"{student_id} handed in {which} more than once; {last.name} is marked"
        refused += [Refused(name=other.name, reason=reason) for other in others]
    refused.sort(key=lambda one: _order(one.name))
    return Collected(
        found=tuple(chosen),
        refused=tuple(refused),
        learners=tuple(one for _, one in sorted(learners.items())),
    )


def _spooled(submission: Submission, data: bytes, spool: Path) -> Submission:
    """Keep the bytes of a submission in a file with a random name."""
    try:
        handle, name = tempfile.mkstemp(dir=spool)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        raise HedgeError(
            f"{submission.name}: cannot be copied to {spool}: {error.strerror}; make room "
            "there, or set TMPDIR to a folder that has room"
        ) from error
    return replace(submission, file=Path(name))


def _with_others(last: Submission, others: Sequence[Submission]) -> Submission:
    if not others:
        return last
    same = "the same" if all(other.digest == last.digest for other in others) else "different"
    names = ", ".join(other.name for other in others)
    warning = f"{len(others)} more with {same} content set aside: {names}"
    return replace(last, warnings=(*last.warnings, warning))


def _order(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return a key by which "x (10)" comes after "x (2)", and "x-Copy1" before "x"."""
    stem = name.removesuffix(".ipynb")
    copy = _COPY.search(stem)
    stem = stem[: copy.start()] if copy else stem
    parts = re.split(r"([0-9]+)", stem)
    # A number by its length and digits: one of thousands of digits is no number to Python.
    digits = (part.lstrip("0") for part in parts[1::2])
    key = [(-1, part) for part in parts]
    key[1::2] = [(len(d), d) for d in digits]
    return [*key, (-2, copy[0]) if copy else (-1, "")], name


def _shown(name: str) -> str:
    return printable(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _files(folder: Path) -> Iterator[_File]:
    """Yield every file of a folder, archives opened, one after the other."""
    errors: list[OSError] = []
    room = _Room(*_FOLDER)
    for place, folders, names in os.walk(folder, onerror=errors.append):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            shown = _shown(path.relative_to(folder).as_posix())
            try:
                yield from _file(path, shown, room)
            except OSError as error:
                yield _File(shown, problem=f"cannot be read: {error.strerror}")
    for unreadable in errors:
        shown = _shown(os.path.relpath(os.fsdecode(unreadable.filename), folder))
        yield _File(shown, problem=f"cannot be read: {unreadable.strerror}")


def _file(path: Path, name: str, room: _Room) -> Iterator[_File]:
    """Yield a file of the folder, or the members of an archive."""
    if _JUNK.search(name) or _BESIDE.search(name):
        return
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        yield _File(name, problem=_A_LINK)
        return
    modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat()
    with path.open("rb") as stream:
        for file in _opened(name, stream, status.st_size, 0, room):
            yield file if file.modified else replace(file, modified=modified)


def _opened(name: str, stream: BinaryIO, size: int, depth: int, room: _Room) -> Iterator[_File]:
    """Yield a file itself, or the members of an archive."""
    head = stream.read(_HEAD)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04") or name.lower().endswith(".zip"):
        yield from _archive(name, stream, size, depth, room.for_archive(depth))
    elif reason := _no_notebook(name, head) or _too_large(size):
        yield _File(name, problem=reason)
    elif depth == 0 and (reason := room.take(size)):
        yield _File(name, problem=_NO_ROOM.format(reason))
    else:
        yield _File(name, stream.read(_LARGEST_FILE))


def _too_large(size: int) -> str:
    return f"is larger than {_LARGEST_FILE:,} bytes" if size > _LARGEST_FILE else ""


def _no_notebook(name: str, head: bytes) -> str:
    """Say why a file that begins like this cannot be a notebook."""
    if head.startswith(_OTHER_ARCHIVES) or head[257:262] == b"ustar":
        return "is an archive of an unsupported kind; unpack it, or make it a zip archive"
    if ".ipynb" in name.lower():
        return ""
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\0\xff\xfe")
    return "" if not begins or begins.startswith(b"{") else "is not a notebook"


def _archive(name: str, stream: BinaryIO, size: int, depth: int, room: _Room) -> Iterator[_File]:
    try:
        if (directory := _directory_size(stream, size)) > _LARGEST_DIRECTORY:
            what = f"an archive with a directory of {directory:,} bytes"
            yield _File(name, problem=_TOO_LARGE.format(what))
            return
        with zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            total = sum(member.file_size for member in members)
            if _OFFICE & set(archive.namelist()):
                yield _File(name, problem="is not a notebook")
            elif depth == _DEEPEST_ARCHIVE:
                yield _File(name, problem="is an archive within archives, too deep to open")
            elif room.lacks(len(members), total):
                what = f"an archive of {len(members):,} files and {total:,} bytes"
                yield _File(name, problem=_TOO_LARGE.format(what))
            else:
                for member in members:
                    place = f"{name}/{_member_name(member)}"
                    yield from _member(archive, member, place, depth, room)
    except Exception as error:
        # A broken archive can break the library in any way; it costs itself only.
        yield _File(name, problem=f"is an archive that cannot be opened: {cause_of(error)}")


def _directory_size(stream: BinaryIO, size: int) -> int:
    """Return the length of an archive's list of members, or 0 if it has none."""
    stream.seek(max(size - _LONGEST_END, 0))
    tail = stream.read(_LONGEST_END)
    stream.seek(0)
    lengths = [0]
    for signature, form, place in ((b"PK\x05\x06", _END, 5), (b"PK\x06\x06", _END_64, 8)):
        start = tail.rfind(signature)
        # Every place that a reader could take for the right one.
        while start >= 0:
            if start + form.size <= len(tail):
                length = form.unpack_from(tail, start)[place]
                lengths += [length] if length != 0xFFFFFFFF else []
            start = tail.rfind(signature, 0, start)
    return max(lengths)


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
    if _JUNK.search(name) or _BESIDE.search(name):
        return
    size, problem, data = member.file_size, "", b""
    if member.flag_bits & _LOCKED:
        problem = "is locked with a password"
    elif stat.S_ISLNK(member.external_attr >> 16):
        problem = _A_LINK
    elif not (problem := _too_large(size)) and (reason := room.take(size)):
        problem = _NO_ROOM.format(reason)
    if not problem:
        try:
            # The size that an archive states need not be true.
            with archive.open(member) as stream:
                data = stream.read(size + 1)
        except Exception as error:
            problem = f"cannot be taken out of the archive: {cause_of(error)}"
    if problem:
        yield _File(name, problem=problem)
    else:
        modified = ""
        # The first year of an archive's calendar stands for none.
        if member.date_time[0] > 1980:
            with contextlib.suppress(ValueError):
                modified = datetime(*member.date_time).isoformat()
        for file in _opened(name, io.BytesIO(data), len(data), depth + 1, room):
            yield file if file.modified else replace(file, modified=modified)


def _submission(
    file: _File, people: People, assignments: Sequence[str], reader: Reader
) -> Submission | LearnersFile | str:
    """Return the submission in a file, or the reason why there is none."""
    if _CHECKPOINT.search(file.name):
        return "is a checkpoint of Jupyter, not a submission"
    try:
        return _read(file, people, assignments, reader)
    except HedgeError:
        raise
    except Exception as error:
        return f"could not be looked at: {cause_of(error)}"


def _read(
    file: _File, people: People, assignments: Sequence[str], reader: Reader
) -> Submission | LearnersFile | str:
    named = ".ipynb" in file.name.lower()
    if named and not file.data.strip():
        return "is empty"
    reading = reader.read(file.data)
    if reading.failure:
        return f"cannot be read as a notebook: {reading.failure}" if named else "is not a notebook"
    if reading.kind:
        owner = people.owner(file.name, None)
        if isinstance(owner, str):
            return owner
        return LearnersFile(
            student_id=owner[0], kind=reading.kind, name=file.name, record=reading.record
        )
    if not reading.notebook:
        return "is not a notebook" + (", although its name says so" if named else "")
    assignment = _assignment(file.name, reading, assignments)
    if assignment is None:
        return f"does not say which assignment it is for; there are {', '.join(assignments)}"
    owner = people.owner(file.name, reading.typed)
    if isinstance(owner, str):
        return owner
    student_id, warnings = owner
    if reading.language != "python":
        warnings = (*warnings, f"its kernel is for {printable(reading.language)}, not for Python")
    origin = people.origin(file.name)
    return Submission(
        student_id=student_id,
        assignment=assignment,
        name=file.name,
        file=Path(),
        digest=hashlib.sha256(file.data).hexdigest(),
        person=origin.number,
        attempt=reading.attempt,
        # Canvas says of each file whether it is late, and no more.
        at=origin.at or ("" if origin.platform == "Canvas" else file.modified),
        clock="platform" if origin.at or origin.platform == "Canvas" else "file",
        late=origin.late,
        warnings=warnings,
    )


def _assignment(name: str, reading: Reading, assignments: Sequence[str]) -> str | None:
    if reading.assignment in assignments:
        return reading.assignment
    for part in reversed(PurePosixPath(name).parts):
        words = words_of(part)
        fitting = [one for one in assignments if follows(words_of(one), words) is not None]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None
