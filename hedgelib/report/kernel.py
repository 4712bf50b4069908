"""A Jupyter kernel without a process of its own: made once, and run in a fork for each notebook.

It is ipykernel's, so that cells run and show themselves as in any notebook. Only its sockets are
different: two pairs that the fork inherits, instead of ZeroMQ's.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import importlib
import json
import logging
import os
import socket
import sys
import tempfile
import threading
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

__all__ = ["prepare", "serve", "show"]

# As in a kernel: pictures that pyplot makes are shown below the cell.
_INLINE = "module://matplotlib_inline.backend_inline"
_IMPORTED = ("pandas", "hedgelib.report.one", "hedgelib.figures")
"""What takes long and every report needs."""

_kernel: _Kernel | None = None


class _Wire:
    """What ipykernel takes for a ZeroMQ socket to send on."""

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
                self._socket.sendall(message)
            finally:
                fcntl.lockf(self._processes, fcntl.LOCK_UN)

    def flush(self, *_: Any) -> None:
        pass


class _Timer:
    """The one thing that ipykernel's streams ask of an event loop."""

    @staticmethod
    def call_later(seconds: float, callback: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, callback)
        timer.daemon = True
        timer.start()


class _Publisher(IOPubThread):
    """ipykernel's publisher without its thread and its ZeroMQ: each message goes out at once."""

    def __init__(self, wire: _Wire) -> None:
        # Not super's: it opens sockets and a thread, which take longer than the fork.
        self.socket = wire
        self.thread = threading.Thread()  # never started, so that nothing waits for it
        self.io_loop = _Timer()  # type: ignore[assignment]
        self.background_socket = BackgroundSocket(self)  # type: ignore[no-untyped-call]

    def schedule(self, f: Callable[[], None]) -> None:
        f()

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        self.socket.send_multipart(*args, **kwargs)


class _NoDebugger:
    def __init__(self, *_: object) -> None:
        pass


class _Kernel(IPythonKernel):
    shell: Any
    shell_stream = AnyTrait()
    debugger_class = AnyTrait(_NoDebugger)
    failure: Exception | None = None

    @property
    def _supports_kernel_subshells(self) -> bool:
        return False

    async def execute_request(self, *request: Any) -> None:
        try:
            await super().execute_request(*request)  # type: ignore[no-untyped-call]
        except Exception as error:
            # ipykernel would note it and never answer.
            self.failure = error

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
    _kernel = _Kernel.instance(
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


def show(value: object) -> None:
    """Format a value as below a cell, and show nothing."""
    assert _kernel is not None, "prepare() comes first"
    if value is not None:
        _kernel.shell.display_formatter.format(value)


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
    kernel = _kernel
    assert kernel is not None, "prepare() comes first"
    session = Session(key=KEY)
    with tempfile.TemporaryFile() as lock:
        publisher = _Publisher(_Wire(iopub_socket, lock))
        kernel.session, kernel.shell_stream = session, _Wire(shell_socket, lock)
        kernel.iopub_thread, kernel.iopub_socket = publisher, publisher.background_socket
        for end in (kernel.shell.displayhook, kernel.shell.display_pub):
            end.session, end.pub_socket = session, kernel.iopub_socket
        asyncio.run(_dispatch(kernel, Inbox(shell_socket)))
        _finish(kernel)


async def _dispatch(kernel: _Kernel, inbox: Inbox) -> None:
    first = await inbox.get()
    if first is None:
        return
    _move_to(**json.loads(first[0]))
    kernel.shell.init_environment()
    stream: Any = OutStream
    sys.stdout = stream(kernel.session, kernel.iopub_thread, "stdout")
    sys.stderr = stream(kernel.session, kernel.iopub_thread, "stderr")
    kernel.io_loop = IOLoop.current()
    while (parts := await inbox.get()) is not None:
        await kernel.dispatch_shell([zmq.Frame(part) for part in parts])
        if kernel.failure is not None:
            raise kernel.failure


def _move_to(folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update({"MPLBACKEND": _INLINE} | environment)
    # The random module does so by itself; without it each fork would draw the same numbers.
    if "numpy.random" in sys.modules:
        importlib.import_module("numpy.random").seed()


def _finish(kernel: _Kernel) -> None:
    """Close what the notebook has left open, as the end of a kernel's process would."""
    kernel.shell.reset(new_session=False)
    gc.collect()
