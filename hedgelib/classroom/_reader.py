"""Reads what students handed in, inside the sandbox: file after file comes in, plain JSON goes out.

It needs only the standard library. It asks for the parts of a file that it wants to see, so an
archive is opened here as well, in a fork of its own; each notebook is parsed in another, with
limits on memory and time, so a file that is made to take both costs itself. What comes out has
bounded size, and text that can be written down anywhere.
"""

from __future__ import annotations

import ast
import contextlib
import errno
import io
import json
import os
import re
import select
import signal
import struct
import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NoReturn, cast

from hedgelib.classroom import _archives
from hedgelib.classroom._runner import lower_limits, write_all

READY = b"ready\n"
LENGTH = struct.Struct(">Q")
# What goes out: a kind and a length, and then so many bytes.
FRAME = struct.Struct(">cQ")
ASKS, TELLS, GIVES, ENDS = b"A", b"T", b"G", b"E"
PLACE = struct.Struct(">QQ")
LARGEST_PART = 1 << 20
LARGEST_CELL = 200_000
LARGEST_TEXT = 2_000_000
LARGEST_RECORD = 1_000_000
MOST_CELLS = 2_000
LARGEST_ANSWER = 16_000_000
SECONDS = 30.0
PROTECTED = frozenset({"my", "me", "check_format", "mark_answer", "answer_key"})
ID_CELL = "student_id"
# Its number is one digit.
MOST_ATTEMPTS = 9

_MEMORY = 1 << 29
_LONGEST_NAME = 200
# What a learner's copy of the lessons keeps, by a key that only such a file has.
_RECORDS = {"hedgelib_flight": "flight", "recalled": "progress"}
_TOO_LONG = f"takes more than {SECONDS:g} s to read"
_ID_CALL = re.compile(
    r"""\bme\(\s*(?:"([^"\n]*)"|'([^'\n]*)')\s*"""
    rf"""(?:,\s*(?:attempt\s*=\s*)?([1-{MOST_ATTEMPTS}])\s*)?,?\s*\)"""
)


def clean(text: str) -> str:
    """Put a replacement character for each half of a character that JavaScript has left alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def reading(data: bytes) -> dict[str, Any]:
    """Return the cells and metadata of a notebook, or why it cannot be read or graded."""
    try:
        record = json.loads(data)
    except MemoryError:
        return {"failure": f"takes more than {_MEMORY >> 20:,} MB of memory to read"}
    except (ValueError, RecursionError) as error:
        return {"failure": f"{type(error).__name__}: {clean(str(error))[:_LONGEST_NAME]}"}
    if not isinstance(record, dict):
        return {"failure": "", "notebook": False}
    for key, kind in _RECORDS.items():
        if key in record:
            if len(data) > LARGEST_RECORD:
                return {"failure": f"is larger than {LARGEST_RECORD:,} bytes"}
            return {"failure": "", "notebook": False, "kind": kind, "record": record}
    raw = _raw_cells(record)
    cells = [cell for item in raw or [] if (cell := _cell(item))]
    refusal = _refusal(record, raw, cells)
    return {
        "failure": "",
        "notebook": any(isinstance(record.get(key), list) for key in ("cells", "worksheets")),
        "assignment": _name(_map(record, "metadata", "hedgelib").get("assignment")),
        "language": _language(record),
        **_typed(raw or []),
        "old": "cells" not in record,
        "refusal": refusal,
        "cells": [] if refusal else cells,
    }


def _refusal(record: Mapping[str, Any], raw: list[Any] | None, cells: list[dict[str, Any]]) -> str:
    """Say why there is nothing to grade, if so."""
    if other := _other_language(record):
        return f"the notebook is for a kernel of {other!r}, not Python"
    if raw is None:
        return "the file is not a notebook: it holds no cells"
    if len(raw) > MOST_CELLS:
        return f"the notebook has {len(raw):,} cells; at most {MOST_CELLS:,} are read"
    size = sum(len(cell["source"].encode()) for cell in cells)
    if size > LARGEST_TEXT:
        return f"its cells hold {size:,} bytes of text; at most {LARGEST_TEXT:,} are read"
    return ""


def _maps(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _raw_cells(record: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    if "cells" not in record:
        return [c for sheet in _maps(record.get("worksheets")) for c in _maps(sheet.get("cells"))]
    return _maps(record["cells"]) if isinstance(record["cells"], list) else None


def _map(record: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Follow keys from dictionary to dictionary; empty where they lead nowhere."""
    for key in path:
        inner = record.get(key)
        record = inner if isinstance(inner, dict) else {}
    return record


def _name(value: object) -> str:
    return clean(value)[:_LONGEST_NAME] if isinstance(value, str) else ""


def _language(record: Mapping[str, Any]) -> str:
    keys = (("kernelspec", "language"), ("language_info", "name"), ("kernelspec", "name"))
    for part, key in keys:
        if language := _name(_map(record, "metadata", part).get(key)).lower():
            return "python" if language.startswith(("python", "ipython")) else language
    return "python"


def _other_language(record: Mapping[str, Any]) -> str:
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        language = _name(_map(record, "metadata", part).get(key))
        if language and "python" not in language.lower():
            return language[:40]
    return ""


def _text(cell: Mapping[str, Any]) -> str | None:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return clean(source) if isinstance(source, str) else None


def _grade_id(cell: Mapping[str, Any]) -> str:
    return _name(_map(cell, "metadata", "nbgrader").get("grade_id"))


def _typed(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the id and attempt typed in: in their cell, or if that lost its mark, anywhere."""
    code = [cell for cell in cells if cell.get("cell_type") == "code"]
    for cell in sorted(code, key=lambda cell: _grade_id(cell) != ID_CELL):
        source = _text(cell) or ""
        if len(source) <= LARGEST_CELL:
            lines = "\n".join(line.partition("#")[0] for line in source.splitlines())
            if match := _ID_CALL.search(lines):
                typed = (match[1] or match[2] or "").strip()[:_LONGEST_NAME]
                return {"typed": typed, "attempt": int(match[3] or 1)}
    return {"typed": None, "attempt": 1}


def _cell(item: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, source = item.get("cell_type"), _text(item)
    if kind not in ("code", "markdown", "raw") or source is None:
        return None
    size = len(source.encode())
    if size > LARGEST_CELL:
        source = ""
    return {
        "kind": "code" if kind == "code" else "markdown",
        "source": source,
        "grade_id": _grade_id(item),
        "has_result": any(
            output.get("output_type") in ("execute_result", "pyout")
            for output in _maps(item.get("outputs"))
        ),
        "takes": sorted(_taken(source)) if kind == "code" else [],
        "left_out": size if size > LARGEST_CELL else 0,
    }


def _taken(text: str) -> set[str]:
    """Return the names of the classroom that a cell binds to something else."""
    try:
        return set(_bound(ast.parse(text))) & PROTECTED
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname for alias in node.names if alias.asname)


def _in_a_fork(data: bytes) -> bytes:
    """Read a file in a process of its own, and say so if that does not end as it should."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _limit(CPU=int(SECONDS))
            try:
                answer = json.dumps(reading(data)).encode()
            except BaseException as error:
                answer = _failed(f"{type(error).__name__} while it was read")
            write_all(into, answer)
        finally:
            os._exit(0)
    os.close(into)
    answer, end = b"", time.monotonic() + SECONDS
    try:
        while len(answer) <= LARGEST_ANSWER:
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                return _failed(_TOO_LONG)
            part = os.read(out, 1 << 20)
            if not part:
                break
            answer += part
    finally:
        os.close(out)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    if answer:
        return answer
    signalled = os.WIFSIGNALED(status)
    if signalled and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        return _failed(_TOO_LONG)
    how = f" by signal {os.WTERMSIG(status)}" if signalled else ""
    return _failed(f"the process that read it ended{how}")


def _failed(reason: str) -> bytes:
    return json.dumps({"failure": reason}).encode()


def _limit(**more: int) -> None:
    lower_limits({"AS": _MEMORY, "FSIZE": 0, "CORE": 0, **more})


def _exactly(length: int) -> bytes:
    """Read so many bytes, and none of what follows: another process reads that."""
    data = b""
    while len(data) < length:
        part = os.read(0, length - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def _message() -> bytes:
    (length,) = LENGTH.unpack(_exactly(LENGTH.size))
    return _exactly(length)


def _send(kind: bytes, data: bytes = b"") -> None:
    write_all(1, FRAME.pack(kind, len(data)) + data)


class _Outside(io.RawIOBase):
    """A file that stays outside the sandbox, whose parts are asked for."""

    def __init__(self, size: int) -> None:
        self._size, self._place = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = (0, self._place, self._size)[whence]
        if base + offset < 0:
            # As a file does: small archives are told by it.
            raise OSError(errno.EINVAL, "a place before the file")
        self._place = base + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        _send(ASKS, PLACE.pack(self._place, min(len(buffer), LARGEST_PART)))
        data = _message()
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def _told(file: _archives.File) -> None:
    """Tell of a file, and give back the bytes of one that may be a submission."""
    answer: Any = None
    problem = file.problem
    if not problem and ".ipynb" in file.name.lower() and not file.data.strip():
        problem = "is empty"
    if not problem:
        answer = json.loads(_in_a_fork(file.data))
    about = {"name": file.name, "problem": problem, "modified": file.modified, "is": answer}
    _send(TELLS, json.dumps(about).encode())
    _send(GIVES, file.data if answer and answer.get("notebook") else b"")


def _do(job: Mapping[str, Any]) -> None:
    """Read one file of the folder, or what a whole archive holds."""
    stream = cast(BinaryIO, io.BufferedReader(_Outside(int(job["size"]))))
    room = _archives.Room(int(job["members"]), int(job["bytes"]))
    for file in _archives.opened(job["name"], stream, int(job["size"]), room):
        _told(file)
    _send(ENDS, json.dumps([room.members, room.size]).encode())


def main() -> NoReturn:
    """Do each job that comes from standard input, until there are no more."""
    os.write(1, READY)
    while True:
        job = json.loads(_message())
        pid = os.fork()
        if pid == 0:
            try:
                _limit()
                _do(job)
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(pid, 0)[1]:
            os._exit(1)


if __name__ == "__main__":
    main()
