"""Finding submissions in a folder, with their students and assignments.

A notebook is recognised by its content, its assignment by its metadata, and its student as
:mod:`~hedgelib.classroom.attribution` says. Files are read one after the other, in the sandbox,
and nothing is written, unpacked or renamed in the folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from hedgelib._text import printable
from hedgelib.classroom._archives import A_LINK, COMPANION, JUNK, Room
from hedgelib.classroom.attribution import People, follows, words_of
from hedgelib.classroom.interface import (
    Collected,
    LearnersFile,
    Refused,
    Submission,
    cause_of,
)
from hedgelib.classroom.reading import Found, Reader, Reading
from hedgelib.errors import HedgeError, InvalidInput

__all__ = ["collect"]

# What the whole folder may take: most files, bytes in them, and seconds to read them.
_FOLDER = (100_000, 8 * 2**30, 3600.0)
# Of the time that is left each file may take one part in so many: there is some for the next.
_PARTS = 10
_COPY = re.compile(r"-Copy\d+$")
_CHECKPOINT = re.compile(r"(^|/)\.ipynb_checkpoints/")


def collect(
    folder: str | Path,
    people: People,
    assignments: Sequence[str],
    reader: Reader,
    spool: Path,
) -> Collected:
    """Find the submissions in a folder, its sub-folders and the zip archives among them.

    Of several files of one student for one assignment the last by name counts, in the order in
    which people count, unless the platform's numbers say that they are from different people. Links
    are not followed. `spool` is a folder for copies of the submissions.
    """
    folder = Path(folder)
    try:
        os.listdir(folder)
    except OSError as error:
        raise InvalidInput(
            f"submissions must be a folder that can be read, got {printable(str(folder))!r}: "
            f"{error.strerror}"
        ) from error
    refused: list[Refused] = []
    by_student: dict[tuple[str, str, int], list[Submission]] = {}
    learners: dict[tuple[str, str], LearnersFile] = {}
    for file in _files(folder, reader):
        submission = file.problem or _submission(file, people, assignments)
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
    chosen, set_aside = _chosen(by_student)
    return Collected(
        found=tuple(chosen),
        refused=tuple(sorted([*refused, *set_aside], key=lambda one: _order(one.name))),
        learners=tuple(one for _, one in sorted(learners.items())),
    )


def _chosen(
    by_student: Mapping[tuple[str, str, int], Sequence[Submission]],
) -> tuple[list[Submission], list[Refused]]:
    """Choose the last of several files for one attempt, and say why others are not marked."""
    chosen: list[Submission] = []
    refused: list[Refused] = []
    people_of = defaultdict[tuple[str, str], set[str]](set)
    for (assignment, student_id, _), several in by_student.items():
        people_of[assignment, student_id] |= {one.person for one in several} - {""}
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
    return chosen, refused


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


def _files(folder: Path, reader: Reader) -> Iterator[Found]:
    """Yield every file of a folder, archives opened, one after the other."""
    errors: list[OSError] = []
    members, size, seconds = _FOLDER
    room = Room(members, size)
    for place, folders, names in os.walk(folder, onerror=errors.append):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            shown = _shown(path.relative_to(folder).as_posix())
            if JUNK.search(shown) or COMPANION.search(shown):
                continue
            start = time.monotonic()
            try:
                yield from _file(path, shown, reader, room, seconds / _PARTS)
            except OSError as error:
                yield Found(name=shown, problem=f"cannot be read: {error.strerror}")
            seconds -= time.monotonic() - start
    for unreadable in errors:
        shown = _shown(os.path.relpath(os.fsdecode(unreadable.filename), folder))
        yield Found(name=shown, problem=f"cannot be read: {unreadable.strerror}")


def _file(path: Path, name: str, reader: Reader, room: Room, seconds: float) -> Iterator[Found]:
    """Yield a file of the folder, or the members of an archive."""
    if not stat.S_ISREG(path.lstat().st_mode):
        yield Found(name=name, problem=A_LINK)
        return
    # It may have become a link or a pipe since it was looked at.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as stream:
        status = os.fstat(stream.fileno())
        modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat()
        for found in reader.files(name, stream, status.st_size, room, seconds):
            yield replace(found, modified=found.modified or modified)


def _submission(
    file: Found, people: People, assignments: Sequence[str]
) -> Submission | LearnersFile | str:
    """Return the submission in a file, or the reason why there is none."""
    if _CHECKPOINT.search(file.name):
        return "is a checkpoint of Jupyter, not a submission"
    try:
        return _read(file, people, assignments)
    except HedgeError:
        raise
    except Exception as error:
        return f"could not be looked at: {cause_of(error)}"


def _read(
    file: Found, people: People, assignments: Sequence[str]
) -> Submission | LearnersFile | str:
    named, reading = ".ipynb" in file.name.lower(), file.reading
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
