"""Running what a student handed in where it can see and do nothing else.

Bubblewrap gives the notebook a file system of its own (Python, the installed packages and hedgelib
without its notebooks, all read-only, and a small scratch folder that is gone afterwards), no
network, no other process, no privileges, and no call to the kernel that would win it some back.
Limits on time, memory, processes and output hold inside. What comes back is JSON, of which only
plain values are taken.
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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hedgelib.classroom import _runner, _syscalls
from hedgelib.classroom.interface import Answer, Limits, Outcome, Plain, Wanted
from hedgelib.errors import HedgeError, InvalidInput

__all__ = ["SandboxMissing", "require_sandbox", "run"]

_RUNNER = Path(_runner.__file__)
_LARGEST_OUTCOME = 8_000_000
_SECONDS_TO_START = 60.0
_SECONDS_TO_END = 10.0
_NOBODY = 65534
_FIRST_UID, _UIDS = 61184, 4000
# One user for each run: the kernel counts processes by user, and two run at a time.
_turns = itertools.count(os.getpid() * 37)
_SCRATCH_BYTES = 64 * 2**20
# What numpy needs to know of this machine; everything else stays outside.
_KEPT = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class SandboxMissing(HedgeError):
    """Submissions cannot be run safely on this machine."""


def require_sandbox() -> None:
    """Make sure that submissions can be run in a sandbox here.

    Raises
    ------
    SandboxMissing
        Bubblewrap is not installed or not allowed to work, or a notebook does not run in it, with
        what to do.
    """
    if shutil.which("bwrap") is None:
        raise SandboxMissing(
            "bubblewrap is not installed, and submissions are not run without a sandbox: install "
            "it (apt-get install bubblewrap), or pass --trust-submissions if you would run every "
            "one of them on this machine yourself"
        )
    cell = {"cell_type": "code", "source": "import os\nos.fork() or os._exit(0)\nprobe = 42"}
    probe = Wanted(question="probe", name="probe", kind="number")
    outcome = run(
        json.dumps({"nbformat": 4, "cells": [cell]}).encode(),
        {},
        [probe],
        Limits(seconds=_SECONDS_TO_START, cell_seconds=_SECONDS_TO_START),
    )
    if outcome.answers["probe"].value != 42:
        told = "; ".join([*outcome.problems, outcome.answers["probe"].problem])
        raise SandboxMissing(
            f"the sandbox starts here, but a notebook does not run in it: {told}; grade on a "
            "machine with a newer kernel, or pass --trust-submissions if you would run every "
            "submission yourself"
        )


def run(
    notebook: bytes,
    numbers: Mapping[str, Any],
    wanted: Sequence[Wanted],
    limits: Limits,
    trust: bool = False,
) -> Outcome:
    """Run a notebook's code cells in the sandbox and take plain values out of it.

    Parameters
    ----------
    notebook : bytes
        Format 4. Its code cells run in order, in one namespace; a cell that raises, hangs or ends
        its process costs itself only.
    numbers : mapping
        The student's numbers, ready for JSON; the variable ``numbers`` of the notebook.
    wanted : sequence of Wanted
        The variables to look at when the last cell has run.
    limits : Limits
    trust : bool
        Run it without a sandbox, with the rights of whoever runs this: only for submissions that
        one would run oneself.

    Returns
    -------
    Outcome
        With an answer for each of `wanted`, whatever the notebook did.

    Raises
    ------
    SandboxMissing
        The sandbox could not be set up, which is no fault of the notebook.
    InvalidInput
        Not a notebook of format 4.

    Notes
    -----
    **Source:** the manual page of bwrap(1); limits as in setrlimit(2).

    Examples
    --------
    >>> cell = {"cell_type": "code", "metadata": {}, "source": "q1 = numbers['book'] * 2"}
    >>> data = json.dumps({"nbformat": 4, "cells": [cell]}).encode()
    >>> q1 = Wanted(question="q1", name="q1", kind="number")
    >>> run(data, {"book": 21}, [q1], Limits(), trust=True).answers["q1"].value
    42
    """
    job = {
        "cells": list(_cells(notebook)),
        "numbers": dict(numbers),
        "wanted": [{"name": w.name, "kind": w.kind, "calls": w.calls} for w in wanted],
        "limits": {name: getattr(limits, name) for name in Limits.__dataclass_fields__}
        | {"count_processes": not trust},
        "uid": None if trust or os.geteuid() else _FIRST_UID + next(_turns) % _UIDS,
    }
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-I", "-B", str(_RUNNER)]
        if not trust:
            command = [*_bubblewrap(), *command]
        output, complaint = _output(command, json.dumps(job).encode(), limits, scratch)
    seconds = time.monotonic() - started
    if not output.startswith(_runner.READY):
        told = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise SandboxMissing(
            f"the sandbox could not be set up: {_runner.printable(told[0])}; if this machine does "
            "not allow it, grade on one that does, or pass --trust-submissions if you would run "
            "every submission yourself"
        )
    return _outcome(output.removeprefix(_runner.READY), wanted, seconds)


def _cells(notebook: bytes) -> Iterator[tuple[str, str]]:
    """Name and source of each code cell."""
    try:
        content = json.loads(notebook)
        code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        for number, cell in enumerate(code, 1):
            marks = (cell.get("metadata") or {}).get("nbgrader") or {}
            name = _runner.printable(marks.get("grade_id") or f"code cell {number}", 60)
            yield name, "".join(cell["source"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"not a notebook of format 4: {type(error).__name__} {error}") from error


def _bubblewrap() -> list[str]:
    """Word the command that sets the sandbox up."""
    # The first process of the sandbox is out of reach of the signals that are sent inside.
    command = ["bwrap", "--die-with-parent", "--new-session", "--as-pid-1"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    if os.geteuid() == 0:
        # The worker becomes a user of its own: the kernel counts no processes of root.
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--uid", str(_NOBODY), "--gid", str(_NOBODY)]
        command += ["--disable-userns"]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), name]
        elif path.is_dir():
            command += ["--ro-bind", name, name]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/dev/shm", "/tmp"):
        command += ["--size", str(_SCRATCH_BYTES), "--perms", "1777", "--tmpfs", folder]
    for path in (Path("/etc/ld.so.cache"), *_shown()):
        for parent in reversed(path.parents[:-1]):
            # Left to bubblewrap they would be for root only.
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind-try", str(path), str(path)]
    for path in _hidden():
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
    """Folders that a student's code needs: Python, the packages, hedgelib and its data."""
    from hedgelib.market import data_folder

    spec = importlib.util.find_spec("numpy")
    numpy = [Path(spec.origin).parent.parent] if spec and spec.origin else []
    wanted = [Path(sys.prefix), Path(sys.base_prefix), *numpy, _package(), data_folder()]
    found: list[Path] = []
    for path in wanted:
        if not any(path.is_relative_to(other) for other in (Path("/usr"), *found)):
            found.append(path)
    return found


def _hidden() -> list[Path]:
    """Folders inside the shown ones that hold solutions."""
    notebooks = _package() / "_bundled" / "notebooks"
    return [notebooks] if notebooks.is_dir() else []


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


def _output(command: list[str], job: bytes, limits: Limits, scratch: str) -> tuple[bytes, bytes]:
    """Run a command on a job; give back what it writes within its time, and its complaint."""
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as calls:
        program = _syscalls.program() if command[0] == "bwrap" else b""
        if program:
            calls.write(program)
            calls.seek(0)
            command = [command[0], "--seccomp", str(calls.fileno()), *command[1:]]
        process = subprocess.Popen(
            command,
            pass_fds=[calls.fileno()] if program else [],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=scratch,
            env=_environment(scratch),
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            try:
                process.stdin.write(job)
                process.stdin.close()
            except BrokenPipeError:
                pass
            output = _read(process.stdout.fileno(), limits.seconds)
        finally:
            _end(process)
            process.stdout.close()
        errors.seek(0)
        return output, errors.read(10_000)


def _read(fd: int, seconds: float) -> bytes:
    """Read to the end, for as long as a notebook may take from when it is ready to run."""
    output, end = b"", time.monotonic() + _SECONDS_TO_START
    ready = False
    while len(output) < _LARGEST_OUTCOME:
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            break
        data = os.read(fd, 1 << 16)
        if not data:
            break
        output += data
        if not ready and output.startswith(_runner.READY):
            ready, end = True, time.monotonic() + seconds + _SECONDS_TO_END
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a sandbox with everything in it; without one, everything of its session."""
    session = process.pid
    process.kill()
    process.wait()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                os.kill(int(folder.name), signal.SIGKILL)
        except (OSError, ValueError, IndexError):
            continue


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
        values, told = list(raw["value"]), list(raw["call_problems"])
        if not len(values) == len(told) == len(wanted.calls):
            raise ValueError("not one value for each call")
        checked = [_plain(value, "returned") for value in values]
        return Answer(
            value=[value for value, _ in checked],
            call_problems=tuple(
                _runner.printable(text) or why for text, (_, why) in zip(told, checked, strict=True)
            ),
        )
    if problem or raw["value"] is None:
        return Answer(problem=problem or "is not set")
    value, problem = _plain(raw["value"], wanted.kind)
    return Answer(value=value, problem=problem)


def _plain(value: Any, kind: str) -> tuple[Plain | None, str]:
    """Check once more on this side what the other side says is plain."""
    if value is None:
        return None, ""
    found: tuple[Plain | None, str] = _runner.plain(value, kind)
    return found
