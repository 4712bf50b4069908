"""Contents of submitted files: opened and parsed in the sandbox, and only there.

What comes back are plain values, and the bytes of what may be a submission.
"""

from __future__ import annotations

import io
import json
import os
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

from hedgelib._text import printable
from hedgelib.classroom import _archives, _reader, sandbox
from hedgelib.classroom._archives import Room
from hedgelib.classroom._cgroup import Group

__all__ = ["Cell", "Found", "Reader", "Reading", "taken_over"]

_SECONDS_TO_START = 60.0
_LOST = "could not be read: the process that read it is gone"
_STRANGE = (ValueError, TypeError, KeyError, RecursionError, MemoryError, struct.error)
_MODULE = "hedgelib.classroom._reader"
# An archive with its directory, the file that was taken out of it, and the process that parses it.
_MEMORY, _PROCESSES = 2**31, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a submission, with only what counts."""

    kind: Literal["code", "markdown"]
    source: str
    grade_id: str = ""
    has_result: bool = False  # an output that says what the cell gave
    takes: tuple[str, ...] = ()  # names of the classroom that it redefines
    left_out: int = 0  # bytes of a source that was too large to be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Contents of a file."""

    failure: str = ""  # why it cannot be read at all
    notebook: bool = False  # it has the shape of one
    assignment: str = ""
    language: str = "python"
    typed: str | None = None  # the id that the student typed in
    attempt: int = 1  # and the attempt
    old: bool = False  # a format before 4
    refusal: str = ""  # why there is nothing to grade
    cells: tuple[Cell, ...] = ()
    kind: str = ""  # "flight" or "progress", of a learner's own file
    record: Any = None  # and what it holds, unchecked


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as it was handed in, perhaps in an archive, and what it holds."""

    name: str
    problem: str = ""  # why it was not looked into
    reading: Reading = Reading()
    data: bytes = b""  # of what may be a submission
    modified: str = ""  # ISO time


def _text(value: Any, most: int = _reader.LARGEST_CELL) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise TypeError("not a text of the size that is allowed")
    return _reader.clean(value)


def _cell(raw: Any) -> Cell:
    if raw["kind"] not in ("code", "markdown"):
        raise ValueError("no such kind of cell")
    return Cell(
        kind=raw["kind"],
        source=_text(raw["source"]),
        grade_id=_text(raw["grade_id"]),
        has_result=raw["has_result"] is True,
        takes=tuple(name for name in raw["takes"] if name in _reader.PROTECTED),
        left_out=int(raw["left_out"]),
    )


def taken_over(raw: Any) -> Reading:
    """Take plain values, and nothing else, out of what the sandbox said of a file."""
    try:
        if not raw["failure"] and raw.get("kind") in ("flight", "progress"):
            return Reading(kind=raw["kind"], record=raw["record"])
        if raw["failure"] or not raw["notebook"]:
            return Reading(failure=_text(raw["failure"]))
        return Reading(
            notebook=True,
            assignment=_text(raw["assignment"]),
            language=_text(raw["language"]),
            typed=None if raw["typed"] is None else _text(raw["typed"]),
            attempt=min(max(int(raw["attempt"]), 1), _reader.MOST_ATTEMPTS),
            old=raw["old"] is True,
            refusal=_text(raw["refusal"]),
            cells=tuple(map(_cell, raw["cells"][: _reader.MOST_CELLS])),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Reading(failure=_LOST)


class _Unreadable(Exception):
    """The disk that a file is on gives an error."""


class Reader:
    """Reads files in the sandbox, one after the other, in one process that forks for each."""

    def __init__(self, *, trust: bool = False, hidden: Sequence[Path] = ()) -> None:
        self._trust, self._hidden = trust, tuple(hidden)
        self._turn = threading.Lock()
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def read(self, data: bytes) -> Reading:
        """Read a notebook."""
        room = Room(1, len(data))
        files = [*self.files("one.ipynb", io.BytesIO(data), len(data), room, 2 * _reader.SECONDS)]
        last = files[-1] if files else Found(name="", problem=_LOST)
        return Reading(failure=last.problem) if last.problem else last.reading

    def files(
        self, name: str, stream: BinaryIO, size: int, room: Room, seconds: float
    ) -> Iterator[Found]:
        """Read a file of the folder, or all that an archive holds, within its room and time."""
        with self._turn:
            process = self._process or self._start()
            end, finished = time.monotonic() + seconds, False
            job = {"name": name, "size": size, "members": room.members, "bytes": room.size}
            try:
                _give(process, json.dumps(job).encode(), end)
                for _ in range(room.members + 2):
                    found = self._next(process, name, stream, room, end)
                    if found is None:
                        finished = True
                        return
                    yield found
                problem = _LOST
            except _Unreadable as error:
                problem = f"cannot be read: {error}"
            except TimeoutError:
                problem = f"takes more than {seconds:.3g} s to read"
            except (OSError, *_STRANGE):
                problem = _LOST
            finally:
                if not finished:
                    # What was asked would be the answer to the next question.
                    self._end()
            yield Found(name=name, problem=problem)

    def _next(
        self,
        process: subprocess.Popen[bytes],
        name: str,
        stream: BinaryIO,
        room: Room,
        end: float,
    ) -> Found | None:
        """Show what is asked for, and return the file that is told of next; None after the last."""
        while True:
            kind, data = _frame(process, end)
            if kind == _reader.ASKS:
                place, length = _reader.PLACE.unpack(data)
                try:
                    stream.seek(place)
                    part = stream.read(min(length, _reader.LARGEST_PART))
                except OSError as error:
                    raise _Unreadable(error.strerror) from error
                _give(process, part, end)
            elif kind == _reader.TELLS:
                raw = json.loads(data)
                kind, data = _frame(process, end)
                if kind != _reader.GIVES:
                    raise ValueError("told of a file, and did not give it")
                where, problem = (printable(_text(raw[key])) for key in ("name", "problem"))
                changed = _text(raw["modified"])
                if where != name and not where.startswith(f"{name}/"):
                    raise ValueError("told of a file that was not given")
                return Found(
                    name=where,
                    problem=problem,
                    reading=Reading() if problem else taken_over(raw["is"]),
                    data=data,
                    modified=changed and datetime.fromisoformat(changed).isoformat(),
                )
            elif kind == _reader.ENDS:
                members, size = json.loads(data)
                room.members = min(max(int(members), 0), room.members)
                room.size = min(max(int(size), 0), room.size)
                return None
            else:
                raise ValueError("no such kind of message")

    def _start(self) -> subprocess.Popen[bytes]:
        group = None if self._trust else Group.new(_MEMORY, _PROCESSES)
        if group is not None:
            self._stack.callback(group.remove)
        process, complaint = self._stack.enter_context(
            sandbox.started(["-m", _MODULE], trust=self._trust, hidden=self._hidden, group=group)
        )
        assert process.stdout is not None
        end = time.monotonic() + _SECONDS_TO_START
        try:
            ready = _exactly(process.stdout.fileno(), len(_reader.READY), end)
        except OSError:
            ready = b""
        if ready != _reader.READY:
            error = sandbox.not_set_up(complaint())
            self._end()
            raise error
        self._process = process
        return process

    def _end(self) -> None:
        self._process = None
        self._stack.close()


def _give(process: subprocess.Popen[bytes], data: bytes, end: float) -> None:
    """Send a message by a time, to a process that may have stopped listening."""
    assert process.stdin is not None
    fd = process.stdin.fileno()
    os.set_blocking(fd, False)
    message = memoryview(_reader.LENGTH.pack(len(data)) + data)
    while message:
        left = end - time.monotonic()
        if left <= 0 or not select.select([], [fd], [], left)[1]:
            raise TimeoutError
        message = message[os.write(fd, message) :]


def _frame(process: subprocess.Popen[bytes], end: float) -> tuple[bytes, bytes]:
    """Return the next message of the process that reads: its kind and its content."""
    assert process.stdout is not None
    fd = process.stdout.fileno()
    kind, length = _reader.FRAME.unpack(_exactly(fd, _reader.FRAME.size, end))
    if length > max(_reader.LARGEST_ANSWER, _archives.LARGEST_FILE):
        raise ValueError("a message that is too large")
    return kind, _exactly(fd, length, end)


def _exactly(fd: int, length: int, end: float) -> bytes:
    """Read so many bytes by a time."""
    data = bytearray()
    while len(data) < length:
        part = sandbox.next_bytes(fd, min(length - len(data), 1 << 20), end)
        if not part:
            if time.monotonic() >= end:
                raise TimeoutError
            raise ConnectionError("the process that reads is gone")
        data += part
    return bytes(data)
