"""Faults of the machine, named as they are: a full disk, a folder in the way, few descriptors."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.report.blocks import printable

__all__ = ["CannotWrite", "InTheWay", "TooFewFiles", "cannot_write", "too_few_files"]

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_FEW = (errno.EMFILE, errno.ENFILE)


class CannotWrite(InvalidInput):
    """A file of a report cannot be written."""


class InTheWay(CannotWrite):
    """Where one report is to go there is a folder; the others do not suffer by that."""


class TooFewFiles(HedgeError):
    """Another file cannot be opened: the process has as many open as it may."""


def too_few_files(error: OSError) -> TooFewFiles | None:
    """Return what to raise where the fault is the limit on open files, else None."""
    if error.errno not in _FEW:
        return None
    limit = ""
    if sys.platform != "win32":
        import resource

        limit = f", {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} for this process"
    return TooFewFiles(
        f"{error.strerror}: the limit on open files{limit} is too low; raise it with ulimit -n"
    )


def cannot_write(target: Path, error: OSError) -> HedgeError:
    """Return what to raise where a file cannot be written."""
    if few := too_few_files(error):
        return few
    name = printable(str(target))
    if isinstance(error, IsADirectoryError):
        return InTheWay(f"a folder is in the way: {name}")
    fix = "make room or name" if error.errno in _FULL else "name"
    return CannotWrite(f"cannot write to {name}: {error.strerror}; {fix} another folder with --out")
