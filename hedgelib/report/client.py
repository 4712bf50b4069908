"""The side of a forked kernel that papermill's client talks to, in place of ZeroMQ's channels."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable
from queue import Empty
from typing import Any

from jupyter_client.client import KernelClient
from jupyter_client.session import Session
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError

from hedgelib.report.forkserver import Child
from hedgelib.report.wire import KEY, Inbox, pack

__all__ = ["Client", "ForkedKernel"]

_SECONDS_TO_FINISH = 10.0


class _Channel:
    """Sends and receives messages, as a channel of Jupyter's does."""

    def __init__(self, sock: socket.socket, session: Session, child: Child) -> None:
        self._socket, self._session, self._child = sock, session, child
        self._inbox = Inbox(sock)
        self._outgoing = bytearray()
        self._waiting: asyncio.Task[Any] | None = None

    def send(self, message: dict[str, Any]) -> None:
        self._outgoing += pack(self._session.serialize(message))
        self._push()

    def _push(self) -> None:
        """Send as much as is taken now: a kernel reads nothing while a cell runs."""
        try:
            sent = self._socket.send(self._outgoing, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:  # it is dead, and whoever waits for its answer will be told
            sent = len(self._outgoing)
        del self._outgoing[:sent]

    def _push_rest(self, loop: asyncio.AbstractEventLoop) -> None:
        self._push()
        if not self._outgoing:
            loop.remove_writer(self._socket)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        loop, self._waiting = asyncio.get_running_loop(), asyncio.current_task()
        if self._outgoing:
            loop.add_writer(self._socket, self._push_rest, loop)
        try:
            async with asyncio.timeout(timeout):
                parts = await self._inbox.get()
        except TimeoutError as error:
            raise Empty from error
        finally:
            loop.remove_writer(self._socket)
        if parts is None:
            self._child.ended(_SECONDS_TO_FINISH)
            raise DeadKernelError(f"Kernel died: {self._child.fate}")
        _, rest = self._session.feed_identities(parts)
        message: dict[str, Any] = self._session.deserialize(rest)
        return message

    async def release(self) -> None:
        """End a wait that nbclient has left behind, as it does when a cell takes too long."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.cancel()
            await asyncio.wait([self._waiting])


class Client(KernelClient):
    """Jupyter's client, on channels of our own.

    Parameters
    ----------
    session : Session
    shell, iopub : object
        Have ``get_msg``, and `shell` has ``send``, as Jupyter's channels.
    """

    def __init__(self, session: Session, shell: Any, iopub: Any) -> None:
        super().__init__(session=session)
        self._shell_channel, self._iopub_channel = shell, iopub

    @property
    def shell_channel(self) -> Any:
        """Where requests go and replies come from."""
        return self._shell_channel

    @property
    def iopub_channel(self) -> Any:
        """Where outputs come from."""
        return self._iopub_channel

    def start_channels(self, *_: Any, **__: Any) -> None:
        """Do nothing: they are there."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Do nothing: the kernel is."""

    def is_alive(self) -> bool:
        """Say yes: a channel tells when the kernel is not."""
        return True


class ForkedKernel:
    """A kernel that runs in a fork, for a :class:`nbclient.NotebookClient` to use as its manager.

    As a context it ends the kernel: in peace where nothing was raised, and else at once.

    Parameters
    ----------
    fork : callable
        Starts :func:`hedgelib.report.kernel.serve` with two sockets.
    """

    has_kernel = True

    def __init__(self, fork: Callable[[socket.socket, socket.socket], Child]) -> None:
        self._shell, shell = socket.socketpair()
        self._iopub, iopub = socket.socketpair()
        self._child = fork(shell, iopub)
        place = {"folder": os.getcwd(), "environment": dict(os.environ)}
        self._shell.sendall(pack([json.dumps(place).encode()]))
        session = Session(key=KEY)
        self._channels = [_Channel(end, session, self._child) for end in (self._shell, self._iopub)]
        self._client = Client(session, *self._channels)

    def client(self) -> KernelClient:
        """Return the client of this kernel."""
        return self._client

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return not self._child.ended(0)

    def interrupt_kernel(self) -> None:
        """Interrupt the cell that runs."""
        self._child.interrupt()

    def __enter__(self) -> ForkedKernel:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for channel in self._channels:
            run_sync(channel.release)()
        self._shell.close()
        self._iopub.close()
        if kind is not None or not self._child.ended(_SECONDS_TO_FINISH):
            self._child.kill()
