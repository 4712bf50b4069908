"""Control groups of version 2: the kernel's own count of all memory and all processes of a run.

They are available where a part of the tree is delegated, as systemd does for the sessions of a user
and for containers that ask for it. Elsewhere the supervisor in the sandbox counts alone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["Group", "delegated"]

_NEEDED = {"memory", "pids"}
_MOVE = 'echo $$ >"$0" && exec "$@"'
_SECONDS_TO_EMPTY = 10.0
_numbers = itertools.count()


class Group:
    """A control group of one run."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def new(cls, memory_bytes: int, processes: int) -> Group | None:
        """Make a group with limits on all its processes together, if this machine allows it."""
        parent = delegated()
        if parent is None:
            return None
        group = cls(parent / f"hedgelib-{os.getpid()}-{next(_numbers)}")
        try:
            group._limit(memory_bytes, processes)
        except OSError:
            group.remove()
            return None
        return group

    def _limit(self, memory_bytes: int, processes: int) -> None:
        self._path.mkdir()
        limits = {"memory.max": memory_bytes, "memory.swap.max": 0, "pids.max": processes}
        for name, value in limits.items():
            # A machine without swap has no such file.
            if name != "memory.swap.max" or (self._path / name).exists():
                (self._path / name).write_text(f"{value}\n")

    def command(self, command: Sequence[str]) -> list[str]:
        """Return a command that moves into the group before it begins."""
        return ["/bin/sh", "-c", _MOVE, str(self._path / "cgroup.procs"), *command]

    def ran_out_of_memory(self) -> bool:
        """Tell whether the kernel had to end one of its processes."""
        try:
            words = (self._path / "memory.events").read_text().split()
        except OSError:
            return False
        return int(dict(zip(words[::2], words[1::2], strict=True)).get("oom_kill", 0)) > 0

    def remove(self) -> None:
        """End what is left in it, and delete it."""
        with contextlib.suppress(OSError):
            (self._path / "cgroup.kill").write_text("1\n")
        end = time.monotonic() + _SECONDS_TO_EMPTY
        while time.monotonic() < end:
            try:
                self._path.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                # The kernel takes a moment to see that its last process has ended.
                time.sleep(0.01)
            else:
                return


@cache
def delegated() -> Path | None:
    """Return a folder where groups can be made: tried once, with a process that moves into one."""
    for folder in _above():
        try:
            controllers = (folder / "cgroup.subtree_control").read_text().split()
            if set(controllers) >= _NEEDED and _works(folder):
                return folder
        except OSError:
            continue
    return None


def _above(proc: Path = Path("/proc/self")) -> list[Path]:
    """List the groups that this process is in, the innermost first."""
    try:
        lines = (proc / "cgroup").read_text().splitlines()
        mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
        top = next(Path(w[4]) for w in mounts if w[w.index("-") + 1] == "cgroup2")
        inside = next(line.removeprefix("0::/") for line in lines if line.startswith("0::/"))
    except (OSError, StopIteration, ValueError, IndexError):
        return []
    own = top / inside
    return [own, *(parent for parent in own.parents if parent.is_relative_to(top))]


def _works(folder: Path) -> bool:
    group = Group(folder / f"hedgelib-{os.getpid()}-probe")
    try:
        group._limit(2**26, 8)
        words = ["/bin/cat", "/proc/self/cgroup"]
        ran = subprocess.run(group.command(words), capture_output=True, text=True, check=False)
        return ran.returncode == 0 and group._path.name in ran.stdout
    finally:
        group.remove()
