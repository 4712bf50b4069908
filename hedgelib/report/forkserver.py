"""A process that has everything imported, and forks once for each piece of work.

The work starts at once, sees nothing of what others did before it, and can take nobody along when
it dies: what it does to its modules, its folder or itself stays in its fork. The server has one
thread and does nothing but fork, which is what makes forking it safe; whoever asks it may have as
many threads as he likes.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NoReturn

__all__ = [
    "Child",
    "ForkServer",
    "ServerGone",
    "can_fork",
    "command",
]

_ROOT = str(Path(__file__).resolve().parents[2])
# The copy of hedgelib that asks is the one that works, installed or not.
_START = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); import hedgelib; del sys.path[0]; "
    "importlib.import_module(sys.argv[2]).main(sys.argv[3:])"
)
_REQUEST_BYTES = 1 << 16
_MOST_SOCKETS = 4
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl

_libc: Any = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerGone(RuntimeError):
    """The fork server could not be started, or is no more."""


def can_fork() -> bool:
    """Tell whether forks can do the work here.

    macOS has fork, but its own libraries may hang in the child.
    """
    return hasattr(os, "fork") and hasattr(socket, "SOCK_SEQPACKET") and sys.platform != "darwin"


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that calls ``main`` of a module in another Python.

    Parameters
    ----------
    module : str
    *arguments : str

    Returns
    -------
    list of str
    """
    # Without -P, files of the working directory would shadow modules.
    return [sys.executable, "-P", "-c", _START, _ROOT, module, *arguments]


class Child:
    """Work that a fork does.

    Parameters
    ----------
    status : socket
        Ends when the fork does; before that it may bring what went wrong, and the exit code.
    send_signal : callable
        Takes the number of a signal.
    """

    def __init__(self, status: socket.socket, send_signal: Callable[[int], None]) -> None:
        self._status, self._send_signal = status, send_signal
        self._told = b""
        self._code: int | None = None

    def ended(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most so many seconds, and tell whether it has come."""
        if self._code is None:
            self._status.settimeout(timeout)
            try:
                while told := self._status.recv(4096):
                    self._told += told
            except (TimeoutError, BlockingIOError):
                return False
            self._status.close()
            self._told, _, code = self._told.rpartition(b"\0")
            self._code = int(code or -signal.SIGKILL)
        return True

    @property
    def fate(self) -> str:
        """How it ended, in words."""
        if self._code is None:
            return "it is running"
        if self._told:
            return self._told.decode(errors="replace")
        if self._code >= 0:
            return f"its process ended itself with exit code {self._code}"
        try:
            name = signal.Signals(-self._code).name
        except ValueError:
            name = f"signal {-self._code}"
        return f"its process was ended by {name}"

    def interrupt(self) -> None:
        """Interrupt it as Ctrl-C does."""
        self._send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once."""
        if not self.ended(0):
            # Where the server is gone, what it forked goes with it.
            with contextlib.suppress(ServerGone):
                self._send_signal(signal.SIGKILL)
            self.ended()


class ForkServer:
    """A fork server of this process, which ends with it.

    Parameters
    ----------
    *preload : str
        ``module:function`` of what the server calls before it forks.

    Raises
    ------
    ServerGone
        It did not start, with what it wrote.
    """

    def __init__(self, *preload: str) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(
                command(__name__, str(theirs.fileno()), *preload),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal is for the one who asked.
                start_new_session=True,
            )
            theirs.close()
            try:
                started = self._control.recv(16) == b"ready"
            except BaseException:
                self._process.kill()
                self.close()
                raise
            if not started:
                self.close()
                log.seek(0)
                told = log.read().decode(errors="replace").strip()
                raise ServerGone(f"the fork server did not start\n{told}".rstrip())
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """Number of the server's process."""
        return self._process.pid

    def runs(self) -> bool:
        """Tell whether the server is there to fork."""
        return self._process.poll() is None

    def start(self, work: str, *sockets: socket.socket) -> Child:
        """Let a fork do something.

        Parameters
        ----------
        work : str
            ``module:function``; it is called with the sockets.
        *sockets : socket
            Handed to the fork, and closed here.

        Returns
        -------
        Child

        Raises
        ------
        ServerGone
        """
        ours, theirs = socket.socketpair()
        number = next(self._numbers)
        handed = (theirs, *sockets)
        try:
            self._ask({"start": number, "work": work}, [sock.fileno() for sock in handed])
        except ServerGone:
            ours.close()
            raise
        finally:
            for sock in handed:
                sock.close()
        return Child(ours, lambda signum: self._ask({"signal": signum, "to": number}))

    def _ask(self, request: dict[str, Any], fds: Sequence[int] = ()) -> None:
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], fds)
            except OSError as error:
                raise ServerGone("the fork server is gone") from error

    def close(self) -> None:
        """End the server and all that it started."""
        atexit.unregister(self.close)
        self._control.close()
        self._process.wait()

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _named(name: str) -> Callable[..., None]:
    module, _, function = name.partition(":")
    found: Callable[..., None] = getattr(importlib.import_module(module), function)
    return found


def _work(
    work: Callable[..., None], sockets: Sequence[socket.socket], status: socket.socket
) -> NoReturn:
    """Do the work in a fresh fork, with the sockets and nothing else open, and end it."""
    code = 1
    try:
        _die_with_parent()
        # What was registered for the end of the parent is not for this end.
        atexit._clear()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _close_all_but({0, 1, 2, status.fileno(), *(sock.fileno() for sock in sockets)})
        work(*sockets)
        atexit._run_exitfuncs()
        code = 0
    except BaseException as error:
        status.sendall("".join(traceback.format_exception(error)).encode(errors="replace"))
    finally:
        os._exit(code)


def _close_all_but(kept: set[int]) -> None:
    bounds = [-1, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for below, above in pairwise(bounds):
        # An empty range would be taken for one without an end.
        if above > below + 1:
            os.closerange(below + 1, above)


class _Server:
    """The loop of the server's own process."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._wake, wakes = socket.socketpair()
        for end in (self._wake, wakes):
            end.setblocking(False)
        self._wakes = wakes
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        self._pids: dict[int, int] = {}
        self._statuses: dict[int, socket.socket] = {}

    def run(self) -> None:
        """Do what is asked until nobody is there to ask."""
        while True:
            ready, _, _ = select.select([self._control, self._wake], [], [])
            if self._wake in ready:
                self._wake.recv(4096)
                self._reap()
            if self._control in ready:
                text, fds, _, _ = socket.recv_fds(self._control, _REQUEST_BYTES, _MOST_SOCKETS)
                if not text:
                    break
                self._answer(json.loads(text), [socket.socket(fileno=fd) for fd in fds])
        for pid in self._pids.values():
            _end(pid)

    def _answer(self, request: dict[str, Any], sockets: list[socket.socket]) -> None:
        if "signal" in request:
            pid = self._pids.get(request["to"])
            if pid is not None and request["signal"] == signal.SIGKILL:
                _end(pid)
            elif pid is not None:
                os.kill(pid, request["signal"])
            return
        status, *rest = sockets
        pid = os.fork()
        if pid == 0:
            # As a kernel's; where sessions share the processor, each then has its own part.
            os.setsid()
            _work(lambda *given: _named(request["work"])(*given), rest, status)
        self._pids[request["start"]], self._statuses[pid] = pid, status
        for sock in rest:
            sock.close()

    def _reap(self) -> None:
        for number, pid in list(self._pids.items()):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # Before it is reaped, so that its number is still its own.
            _end(pid)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with self._statuses.pop(pid) as status, contextlib.suppress(OSError):
                status.send(b"\0%d" % code)
            del self._pids[number]


def _end(pid: int) -> None:
    """End a fork and what it started; it has a group from its first moments on, but not before."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        parent = os.getppid()
        _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def main(arguments: Sequence[str]) -> None:
    """Be a fork server: the descriptor of the control socket, then what to call beforehand."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, *preload = arguments
    control = socket.socket(fileno=int(descriptor))
    for name in preload:
        _named(name)()
    # What is there by now is never freed, and must not be copied because it is looked at.
    gc.collect()
    gc.freeze()
    server = _Server(control)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor_of_output in (1, 2):
        os.dup2(nowhere, descriptor_of_output)
    control.send(b"ready")
    server.run()
    os._exit(0)
