"""Running a submission in a sandbox.

Bubblewrap gives the notebook a file system of its own (Python, the installed packages and hedgelib
without its notebooks, all read-only, and a small scratch folder that is gone afterwards), no
network, no other process, no privileges, and no system call that would win some back. The kernel
limits memory and processes where it lets us make a control group, and the supervisor in the sandbox
checks twenty times a second in any case. What comes back is JSON, of which only plain values are
taken.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hedgelib.classroom import _runner, _syscalls
from hedgelib.classroom._cgroup import Group
from hedgelib.classroom.interface import Answer, Limits, Outcome, Plain, Wanted
from hedgelib.errors import HedgeError

__all__ = ["SandboxMissing", "next_bytes", "not_set_up", "require_sandbox", "run", "started"]

_RUNNER = Path(_runner.__file__)
_LARGEST_OUTCOME = 8_000_000
_SECONDS_TO_START = 60.0
_SECONDS_TO_END = 10.0
_NOBODY = 65534
_FIRST_UID, _UIDS = 61184, 4000
# One user for each run: the kernel counts processes by user, and two run at a time.
_turns = itertools.count(os.getpid() * 37)
_USUAL_SOCKET, _LAST_MESSAGE = 212_992, 1 << 17
_SCRATCH_BYTES = 64 * 2**20
# What numpy needs to know of this machine; everything else stays outside.
_KEPT = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_MOST_LINKS = 20
_LIBRARIES = ("lib", "lib32", "lib64")
# Of the system outside of Python: where libraries are looked up, and the time zones.
_SYSTEM = ("/etc/ld.so.cache", "/etc/alternatives", "/usr/share/zoneinfo")
# What a machine may be short of, whatever it thinks of sandboxes.
_SHORT = ("Too many open files", "No space left", "Cannot allocate memory", "MemoryError")
_OR_TRUST = ", or pass --trust-submissions if you would run every submission yourself"


class SandboxMissing(HedgeError):
    """Submissions cannot be run safely on this machine."""


def require_sandbox() -> None:
    """Make sure that submissions can be run in a sandbox here."""
    if shutil.which("bwrap") is None:
        raise SandboxMissing(
            "bubblewrap is not installed, and submissions are not run without a sandbox: install "
            "it (apt-get install bubblewrap), or pass --trust-submissions if you would run every "
            "one of them on this machine yourself"
        )
    probe = Wanted(question="probe", name="probe", kind="number")
    outcome = run(
        [("the probe", "import os\nos.fork() or os._exit(0)\nprobe = 42")],
        {},
        [probe],
        Limits(seconds=_SECONDS_TO_START, cell_seconds=_SECONDS_TO_START),
    )
    if outcome.answers["probe"].value != 42:
        reasons = "; ".join([*outcome.problems, outcome.answers["probe"].problem])
        advice = f"; grade on a machine with a newer kernel{_OR_TRUST}"
        raise SandboxMissing(
            f"the sandbox starts, but a notebook does not run in it: {reasons}"
            f"{'' if _is_short(reasons) else advice}"
        )


def _is_short(complaint: str) -> bool:
    return any(word in complaint for word in _SHORT)


def not_set_up(complaint: str) -> SandboxMissing:
    """Word the error of a sandbox that did not start; bubblewrap's own complaint gets advice."""
    (line,) = complaint.strip().splitlines()[-1:] or ["it said nothing"]
    message = f"the sandbox could not be set up: {_runner.printable(line)}"
    if line.startswith("bwrap:") and not _is_short(complaint):
        message += f"; if this machine does not allow it, grade on one that does{_OR_TRUST}"
    return SandboxMissing(message)


def run(
    cells: Sequence[tuple[str, str]],
    numbers: Mapping[str, Any],
    wanted: Sequence[Wanted],
    limits: Limits,
    trust: bool = False,
    hidden: Sequence[Path] = (),
) -> Outcome:
    """Run cells (name and source) in order, in one namespace, and take plain values out of it.

    A cell that raises, hangs or ends its process costs itself only, and there is an answer for each
    of `wanted`, whatever happens. Folders that are `hidden` are not seen inside. `trust` runs it
    without a sandbox, with all rights of this user.
    """
    own_user = not trust and os.geteuid() == 0
    job = {
        "cells": list(cells),
        "numbers": dict(numbers),
        "wanted": [{"name": w.name, "kind": w.kind, "calls": w.calls} for w in wanted],
        "limits": asdict(limits) | {"count_processes": not trust, "socket_bytes": _socket_bytes()},
        "uid": _FIRST_UID + next(_turns) % _UIDS if own_user else None,
    }
    began = time.monotonic()
    memory = _runner.most_memory(limits.memory_mb)
    # Two of the processes are not the student's: bubblewrap's and the supervisor.
    group = None if trust else Group.new(memory, limits.processes + 2)
    with ExitStack() as stack:
        if group is not None:
            stack.callback(group.remove)
        process, complaint = stack.enter_context(
            started([str(_RUNNER)], trust=trust, hidden=hidden, drops_to_user=own_user, group=group)
        )
        output = _answer_to(process, json.dumps(job).encode(), limits)
        if not output.startswith(_runner.READY):
            raise not_set_up(complaint())
        out_of_memory = group is not None and group.ran_out_of_memory()
    seconds = time.monotonic() - began
    outcome = _outcome(output.removeprefix(_runner.READY), wanted, seconds)
    if out_of_memory:
        problems = (*outcome.problems, _runner.too_much_memory(memory))
        return replace(outcome, problems=tuple(dict.fromkeys(problems)))
    return outcome


def _socket_bytes() -> int:
    """Return the most that can wait in a socket whose buffer nobody has made larger."""
    try:
        usual = int(Path("/proc/sys/net/core/wmem_default").read_text())
    except (OSError, ValueError):
        usual = _USUAL_SOCKET
    return usual + _LAST_MESSAGE


@contextmanager
def started(
    script: Sequence[str],
    *,
    trust: bool = False,
    hidden: Sequence[Path] = (),
    drops_to_user: bool = False,
    group: Group | None = None,
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """Start Python in the sandbox, yield its process and what returns its complaints, and end it.

    `script` is its path, or `-m` and a module. `drops_to_user` says that it starts as root and
    becomes another user.
    """
    command = [sys.executable, "-I", "-B", *script]
    with ExitStack() as stack:
        try:
            scratch = stack.enter_context(tempfile.TemporaryDirectory())
            errors = stack.enter_context(tempfile.TemporaryFile())
            passed: list[int] = []
            if not trust:
                box = _bubblewrap(hidden, drops_to_user=drops_to_user)
                if program := _syscalls.program():
                    calls = stack.enter_context(tempfile.TemporaryFile())
                    calls.write(program)
                    calls.seek(0)
                    passed = [calls.fileno()]
                    box = [box[0], "--seccomp", str(calls.fileno()), *box[1:]]
                command = [*box, *command]
            process = subprocess.Popen(
                group.command(command) if group else command,
                pass_fds=passed,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=scratch,
                env=_environment(scratch),
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxMissing(
                f"no process could be started for a submission: {error.strerror}"
            ) from error
        stack.callback(_close, process)
        stack.callback(_end, process)

        def complaint() -> str:
            errors.seek(0)
            return errors.read(10_000).decode(errors="replace")

        yield process, complaint


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _bubblewrap(hidden: Sequence[Path] = (), *, drops_to_user: bool = False) -> list[str]:
    """Return the command that sets the sandbox up (bwrap(1))."""
    # The first process of the sandbox is out of reach of the signals that are sent inside.
    command = ["bwrap", "--die-with-parent", "--new-session", "--as-pid-1"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    if os.geteuid():
        command += ["--unshare-user", "--uid", str(_NOBODY), "--gid", str(_NOBODY)]
        command += ["--disable-userns"]
    elif drops_to_user:
        # The worker becomes a user of its own: the kernel counts no processes of root. The
        # supervisor has to see how much memory the other user's processes share, and to stop them.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_PTRACE", "CAP_KILL"):
            command += ["--cap-add", capability]
    shown = _shown()
    for name in _LIBRARIES:
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
            shown = [*shown, path]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/dev/shm", "/tmp"):
        command += ["--size", str(_SCRATCH_BYTES), "--perms", "1777", "--tmpfs", folder]
    for path in shown:
        for parent in reversed(path.parents[:-1]):
            # Left to bubblewrap they would be for root only.
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind", str(path), str(path)]
    for path in _masked(shown, hidden):
        command += ["--tmpfs", str(path), "--remount-ro", str(path)]
    for folder in ("/dev", "/"):
        command += ["--remount-ro", folder]
    command += ["--clearenv", "--chdir", "/tmp"]
    for name, value in _environment("/tmp").items():
        command += ["--setenv", name, value]
    return [*command, "--"]


def _package() -> Path:
    return _RUNNER.parent.parent


def _shown() -> list[Path]:
    """List what a student's code needs: Python, the packages, hedgelib and its data."""
    from hedgelib.market import data_folder

    prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    wanted = [
        Path(prefix, name)
        for prefix in dict.fromkeys((*prefixes, "/usr", "/usr/local"))
        for name in _LIBRARIES
    ]
    wanted += [Path(sys.prefix, "pyvenv.cfg"), *_interpreter(), *map(Path, _SYSTEM)]
    if (spec := importlib.util.find_spec("numpy")) and spec.origin:
        wanted.append(Path(spec.origin).parent.parent)
    wanted += [_package(), data_folder()]
    shown: list[Path] = []
    for path in wanted:
        if path.exists() and not any(path.is_relative_to(other) for other in shown):
            shown.append(path)
    return shown


def _interpreter() -> Iterator[Path]:
    """Yield where Python is called, and the links from there to the program."""
    path = Path(sys.executable)
    for _ in range(_MOST_LINKS):
        yield path
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / os.readlink(path)))


def _masked(shown: Sequence[Path], hidden: Sequence[Path]) -> Iterator[Path]:
    """Yield the folders inside the shown ones that must not be seen."""
    solutions = _package() / "_bundled" / "notebooks"
    secret = [path.resolve() for path in (solutions, *hidden) if path.is_dir()]
    for path in shown:
        place = path.resolve()
        for folder in secret:
            if folder != place and folder.is_relative_to(place):
                yield path / folder.relative_to(place)


def _environment(home: str) -> dict[str, str]:
    own = {
        "HOME": home,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    }
    return own | {name: os.environ[name] for name in _KEPT if name in os.environ}


def _answer_to(process: subprocess.Popen[bytes], job: bytes, limits: Limits) -> bytes:
    """Give a process its job, and return what it writes within its time once it is ready."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.write(job)
        process.stdin.close()
    fd = process.stdout.fileno()
    output, end, ready = b"", time.monotonic() + _SECONDS_TO_START, False
    while len(output) < _LARGEST_OUTCOME and (data := next_bytes(fd, 1 << 16, end)):
        output += data
        if not ready and output.startswith(_runner.READY):
            ready, end = True, time.monotonic() + limits.seconds + _SECONDS_TO_END
    return output


def next_bytes(fd: int, most: int, end: float) -> bytes:
    """Return the bytes that come next by a time; none at the end of the pipe or of the time."""
    left = end - time.monotonic()
    return os.read(fd, most) if left > 0 and select.select([fd], [], [], left)[0] else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a sandbox with everything in it; without one, everything of its session."""
    process.kill()
    process.wait()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if int(_runner.process_fields(folder)[3]) == process.pid:
                os.kill(int(folder.name), signal.SIGKILL)


def _outcome(output: bytes, wanted: Sequence[Wanted], seconds: float) -> Outcome:
    """Take plain values, and nothing else, out of what the sandbox wrote."""
    try:
        content = json.loads(output)
        problems = [_runner.printable(text) for text in content["problems"]]
        raw = {w.name: content["answers"][w.name] for w in wanted}
        answers = {w.name: _answer(w, raw[w.name]) for w in wanted}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        lost = Answer(problem="was lost: the process that ran the notebook did not end properly")
        answers = {w.name: lost for w in wanted}
        problems = ["the process that ran the notebook did not end properly"]
    return Outcome(answers=answers, problems=tuple(problems), seconds=seconds)


def _answer(wanted: Wanted, raw: Mapping[str, Any]) -> Answer:
    problem = _runner.printable(raw["problem"])
    if wanted.kind == "function" and raw["value"] is not None:
        values, problems = list(raw["value"]), list(raw["call_problems"])
        if not len(values) == len(problems) == len(wanted.calls):
            raise ValueError("not one value for each call")
        checked = [_plain(value, "returned") for value in values]
        pairs = zip(problems, checked, strict=True)
        return Answer(
            value=[value for value, _ in checked],
            call_problems=tuple(_runner.printable(text) or own for text, (_, own) in pairs),
        )
    if problem or raw["value"] is None:
        return Answer(problem=problem or "is not set")
    value, problem = _plain(raw["value"], wanted.kind)
    return Answer(value=value, problem=problem)


def _plain(value: Any, kind: str) -> tuple[Plain | None, str]:
    """Check once more on this side what the other side says is plain."""
    if value is None:
        return None, ""
    checked: tuple[Plain | None, str] = _runner.plain(value, kind)
    return checked
