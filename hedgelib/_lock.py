"""Locks between processes."""

from __future__ import annotations

import os
import sys


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process until it is closed; False where another one has it."""
    if sys.platform == "emscripten":  # In a browser there is no other process.
        return True
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
