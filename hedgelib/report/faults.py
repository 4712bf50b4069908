"""Faults of the machine, named as they are: a full disk, a folder in the way, few descriptors."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.report.blocks import printable

if sys.platform != "win32" and sys.platform != "emscripten":
    # Not where it is used: there it could no longer be opened.
    import resource

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_FEW = (errno.EMFILE, errno.ENFILE)


class CannotWrite(InvalidInput):
    """A file of a report cannot be written."""


class InTheWay(CannotWrite):
    """Where one report is to go there is a folder; the others do not suffer by that."""


class TooFewFiles(HedgeError):
    """Another file cannot be opened: the process has as many open as it may."""


@contextmanager
def few_files_named() -> Iterator[None]:
    """Raise `TooFewFiles` where the fault is the limit on open files."""
    try:
        yield
    except OSError as error:
        if error.errno in _FEW:
            raise TooFewFiles(
                f"{error.strerror}: the limit on open files{_limit()} is too low; raise it with "
                "ulimit -n"
            ) from error
        raise


def _limit() -> str:
    if sys.platform == "win32" or sys.platform == "emscripten":
        return ""
    return f", {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} for this process,"


def check_open_files(count: int) -> None:
    """Raise `TooFewFiles` where this process may not open so many more."""
    opened: list[int] = []
    try:
        with few_files_named():
            for _ in range(count):
                opened.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for number in opened:
            os.close(number)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Raise what is wrong where a file or a folder cannot be written."""
    try:
        with few_files_named():
            yield
    except IsADirectoryError as error:
        raise InTheWay(f"a folder is in the way: {printable(str(target))}") from error
    except OSError as error:
        fix = "make room or name" if error.errno in _FULL else "name"
        raise CannotWrite(
            f"cannot write to {printable(str(target))}: {error.strerror}; {fix} another folder "
            "with --out"
        ) from error
