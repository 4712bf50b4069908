"""A Jupyter kernel without a process of its own: made once, and run in a fork for each notebook.

It is ipykernel's, so that cells run and show themselves as in any notebook. Only its sockets are
different: two pairs that the fork inherits, instead of ZeroMQ's.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import fcntl
import gc
import importlib
import json
import logging
import os
import select
import socket
import struct
import sys
import tempfile
import termios
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import IO, Any

import zmq
from ipykernel.iostream import BackgroundSocket, IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from traitlets import Any as AnyTrait
from traitlets.config import Config

from hedgelib.report.wire import KEY, Inbox, pack

__all__ = ["Kernel", "Sender", "connect", "namespace", "prepare", "serve", "show"]

# As in a kernel: pictures that pyplot makes are shown below the cell.
_INLINE = "module://matplotlib_inline.backend_inline"
_IMPORTED = (
    *("pandas", "hedgelib.report.one", "hedgelib.show.plot"),
    *("IPython.core.logger", "tornado.platform.asyncio"),
)
"""What takes long and every report, or every cell, needs."""

_kernel: Kernel | None = None


class Sender(ABC):
    """What ipykernel takes for a ZeroMQ socket to send on."""

    @abstractmethod
    def send_multipart(self, parts: Sequence[Any], *_: Any, **__: Any) -> None:
        """Send a message of several parts."""

    def flush(self, *_: Any) -> None:
        """Return at once: what is sent is on its way."""
        return


class _Wire(Sender):
    """Sends on a real socket."""

    def __init__(self, sock: socket.socket, lock: IO[bytes]) -> None:
        self._socket = sock
        self._threads = threading.Lock()
        # A notebook may fork as well, and what its processes print goes out here too.
        self._processes = lock

    def send_multipart(self, parts: Sequence[Any], *_: Any, **__: Any) -> None:
        message = pack(bytes(part) for part in parts)
        with self._threads:
            fcntl.lockf(self._processes, fcntl.LOCK_EX)
            try:
                # Who has heard enough may be gone before all is said.
                with contextlib.suppress(ConnectionError):
                    self._socket.sendall(message)
            finally:
                fcntl.lockf(self._processes, fcntl.LOCK_UN)


class _Timer:
    """The one thing that ipykernel's streams ask of an event loop."""

    @staticmethod
    def call_later(seconds: float, callback: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, callback)
        timer.daemon = True
        timer.start()


class _Publisher(IOPubThread):
    """ipykernel's publisher without its thread and its ZeroMQ: each message goes out at once."""

    def __init__(self, wire: Sender) -> None:
        # Not super's: it opens sockets and a thread, which take longer than the fork.
        self.socket = wire
        self.thread = threading.Thread()  # never started, so that nothing waits for it
        self.io_loop = _Timer()  # type: ignore[assignment]
        self.background_socket = BackgroundSocket(self)  # type: ignore[no-untyped-call]

    def schedule(self, f: Callable[[], None]) -> None:
        f()

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        self.socket.send_multipart(*args, **kwargs)


class _Stream(OutStream):
    """Shows what processes print no later than the cell that waits for them ends.

    ipykernel's takes it in whenever its thread comes to it; what comes after the cell is lost.
    """

    _fid: int | None
    _should_watch: bool

    def __init__(self, *args: Any) -> None:
        self._taking_in = threading.Lock()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__(*args)  # type: ignore[no-untyped-call]

    def _watch_pipe_fd(self) -> None:
        if self._fid is None:
            return
        try:
            ready = select.poll()
            ready.register(self._fid, select.POLLIN)
            while self._should_watch:
                ready.poll()
                self._take_in(self._fid)
        except Exception:
            self._exc = sys.exc_info()

    def _take_in(self, pipe: int) -> None:
        with self._taking_in:
            size = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
            if size and self._should_watch:
                printed = os.read(pipe, size)
                self.write(self._decoder.decode(printed))
                os.write(self._original_stdstream_copy, printed)

    def flush(self) -> None:
        if self._fid is not None and self._should_watch and self._is_master_process():  # type: ignore[no-untyped-call]
            self._take_in(self._fid)
        super().flush()  # type: ignore[no-untyped-call]


class _NoDebugger:
    def __init__(self, *_: object) -> None:
        pass


class Kernel(IPythonKernel):
    """ipykernel's kernel, which answers message by message."""

    shell: Any
    shell_stream = AnyTrait()
    debugger_class = AnyTrait(_NoDebugger)
    _failure: Exception | None = None

    async def answer(self, parts: Sequence[bytes]) -> None:
        """Answer a message, and raise what ipykernel would only note down."""
        self.io_loop = IOLoop.current()
        await self.dispatch_shell([zmq.Frame(part) for part in parts])
        if self._failure is not None:
            raise self._failure

    @property
    def _supports_kernel_subshells(self) -> bool:
        return False

    async def execute_request(self, *request: Any) -> None:
        """Run a cell, and remember what goes wrong with it that is not the cell's."""
        try:
            await super().execute_request(*request)  # type: ignore[no-untyped-call]
        except Exception as error:
            self._failure = error

    def _abort_queues(self, *_: Any) -> None:
        """Abort nothing: cells come one by one."""


def prepare() -> None:
    """Make the kernel that forks start from, with what a kernel's start does besides.

    It takes over standard output, ``__main__`` and the display of this process, which must be one
    that does nothing but fork.
    """
    global _kernel
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = _INLINE
    for name in _IMPORTED:
        importlib.import_module(name)
    _kernel = Kernel.instance(
        session=Session(key=KEY),
        log=logging.getLogger("hedgelib.kernel"),
        # As papermill's kernels: no file, and no thread that writes it.
        config=Config({"HistoryManager": {"hist_file": ":memory:"}}),
    )
    _kernel._execute_sleep = 0.0  # a wait for ZeroMQ
    # Where cells with an await look up which thread is the main one.
    _kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
    shell = _kernel.shell
    shell.extension_manager.load_extension("storemagic")
    places = (i for i, path in enumerate(sys.path) if "site-packages" in path)
    sys.path.insert(next(places, len(sys.path)), "")
    shell.user_ns_hidden.update(shell.user_ns)


def namespace() -> dict[str, Any]:
    """Return the variables of the notebook that has run."""
    assert _kernel is not None, "prepare() comes first"
    variables: dict[str, Any] = _kernel.shell.user_ns
    return variables


def show(value: object) -> None:
    """Format a value as below a cell, and show nothing."""
    assert _kernel is not None, "prepare() comes first"
    if value is not None:
        _kernel.shell.display_formatter.format(value)


def connect(shell: Sender, iopub: Sender) -> Kernel:
    """Let the prepared kernel send to somebody, in a fork of the process that prepared it.

    Parameters
    ----------
    shell : Sender
        Takes replies.
    iopub : Sender
        Takes outputs; standard output and error go there too, from now on.

    Returns
    -------
    Kernel
    """
    kernel = _kernel
    assert kernel is not None, "prepare() comes first"
    session = Session(key=KEY)
    publisher = _Publisher(iopub)
    kernel.session, kernel.shell_stream = session, shell
    kernel.iopub_thread, kernel.iopub_socket = publisher, publisher.background_socket
    for end in (kernel.shell.displayhook, kernel.shell.display_pub):
        end.session, end.pub_socket = session, kernel.iopub_socket
    kernel.shell.init_environment()
    sys.stdout = _Stream(session, publisher, "stdout")
    sys.stderr = _Stream(session, publisher, "stderr")
    # The random module does so by itself; without it each fork would draw the same numbers.
    if "numpy.random" in sys.modules:
        importlib.import_module("numpy.random").seed()
    return kernel


def serve(shell_socket: socket.socket, iopub_socket: socket.socket) -> None:
    """Be the kernel of one notebook, in a fork of the process that prepared it.

    Parameters
    ----------
    shell_socket : socket
        Where requests come from and replies go. The first message is of another kind: a JSON object
        with the folder and the environment to work in. Closed by the other side at the end.
    iopub_socket : socket
        Where outputs go.
    """
    inbox = Inbox(shell_socket)
    first = inbox.get_blocking()
    if first is None:
        return
    _move_to(**json.loads(first[0]))
    with tempfile.TemporaryFile() as lock:
        kernel = connect(_Wire(shell_socket, lock), _Wire(iopub_socket, lock))
        asyncio.run(_dispatch(kernel, inbox))
        # Close what the notebook has left open, as the end of a kernel's process would.
        kernel.shell.reset(new_session=False)
        gc.collect()


async def _dispatch(kernel: Kernel, inbox: Inbox) -> None:
    while (parts := await inbox.get()) is not None:
        await kernel.answer(parts)


def _move_to(folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update({"MPLBACKEND": _INLINE} | environment)
