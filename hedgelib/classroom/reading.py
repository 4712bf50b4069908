"""Contents of submitted files: parsed in the sandbox, and only there, returned as plain values."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from hedgelib.classroom import _reader, sandbox

__all__ = ["Cell", "Reader", "Reading", "taken_over"]

_SECONDS_TO_START = 60.0
_LOST = "could not be read: the process that read it is gone"


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
            attempt=min(max(int(raw["attempt"]), 1), 9),
            old=raw["old"] is True,
            refusal=_text(raw["refusal"]),
            cells=tuple(map(_cell, raw["cells"][: _reader.MOST_CELLS])),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Reading(failure=_LOST)


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
        """Read a file."""
        with self._turn:
            process = self._process or self._start()
            try:
                return taken_over(self._ask(process, data))
            except (OSError, ValueError, RecursionError, MemoryError):
                self._end()
                return Reading(failure=_LOST)
            except BaseException:
                # What was asked would be the answer to the next question.
                self._end()
                raise

    def _start(self) -> subprocess.Popen[bytes]:
        path = Path(_reader.__file__)
        process, complaint = self._stack.enter_context(
            sandbox.started(path, trust=self._trust, hidden=self._hidden)
        )
        assert process.stdout is not None
        try:
            ready = _exactly(process.stdout.fileno(), len(_reader.READY), _SECONDS_TO_START)
        except OSError:
            ready = b""
        if ready != _reader.READY:
            error = sandbox.not_set_up(complaint())
            self._end()
            raise error
        self._process = process
        return process

    def _ask(self, process: subprocess.Popen[bytes], data: bytes) -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_reader.LENGTH.pack(len(data)))
        process.stdin.write(data)
        process.stdin.flush()
        fd, seconds = process.stdout.fileno(), 2 * _reader.SECONDS
        (length,) = _reader.LENGTH.unpack(_exactly(fd, _reader.LENGTH.size, seconds))
        if length > _reader.LARGEST_ANSWER:
            raise ValueError("an answer that is too large")
        return json.loads(_exactly(fd, length, seconds))

    def _end(self) -> None:
        self._process = None
        self._stack.close()


def _exactly(fd: int, length: int, seconds: float) -> bytes:
    """Read so many bytes within a time."""
    data, end = bytearray(), time.monotonic() + seconds
    while len(data) < length:
        part = sandbox.next_bytes(fd, min(length - len(data), 1 << 20), end)
        if not part:
            raise ConnectionError("the process that reads is gone or too slow")
        data += part
    return bytes(data)
