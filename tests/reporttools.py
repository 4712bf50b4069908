"""What a process that is to make a report may do instead; each stands in for `run._serve`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

from hedgelib.report import cells
from hedgelib.report.run import Made, _answer, _follow, _serve


def leave(*_) -> None:
    os._exit(7)


def say_and_leave(_line, folder) -> None:
    with (Path(folder) / "log").open("w") as log:
        log.write("first\nout of ideas\n")
    sys.exit(3)


def kill_itself(*_) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash(*_) -> None:
    ctypes.string_at(0)


def hang(*_) -> None:
    while True:
        signal.pause()


def hang_on(*_) -> None:
    """Hang as a report in an endless loop would, watching who asked for it."""
    threading.Thread(target=_follow, daemon=True).start()
    Path("hangs").touch()
    hang()


def kill_itself_once(line, folder) -> None:
    """Die, but make the report when that has happened before."""
    job, environment = line.recv()
    marker = Path(environment["REPORT_DIED"])
    if not marker.exists():
        marker.touch()
        kill_itself()
    _answer(line, folder, job, environment)


def stop(line, folder) -> None:
    """Make a report whose notebook stops."""

    def evaluate_nothing(*_):
        raise KeyError("x")

    cells._evaluate = evaluate_nothing
    _serve(line, folder)


def say_where(line, _folder) -> None:
    """Tell of the process instead of a report."""
    _, environment = line.recv()
    os.environ.clear()
    os.environ.update(environment)
    words = (str(os.getppid()), str(os.getpid()), os.environ.get("SAID", ""), sys.argv[0])
    line.send((Made(words=words), 0.0))


def kill_the_server(line, folder) -> None:
    """Take away the process that this one was forked from, once."""
    job, environment = line.recv()
    marker = Path(environment["REPORT_DIED"])
    if not marker.exists():
        marker.write_text(str(os.getppid()))
        os.kill(os.getppid(), signal.SIGKILL)
    _answer(line, folder, job, environment)
