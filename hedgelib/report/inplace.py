"""A papermill engine that runs one notebook in the very process that asks.

It is for reports made apart: their process has a kernel prepared, does nothing else, and ends.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from queue import Empty
from typing import Any

from jupyter_client.session import Session
from papermill.engines import Engine, NBClientEngine

from hedgelib.report import kernel
from hedgelib.report.client import Client
from hedgelib.report.wire import KEY

__all__ = ["IN_PLACE", "InPlaceEngine"]

IN_PLACE = "hedgelib-in-place"


class _Channel(kernel.Sender):
    """What a kernel has sent, in memory."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._messages: deque[list[bytes]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()

    def send_multipart(self, parts: Sequence[Any], *_: Any, **__: Any) -> None:
        self._messages.append([bytes(part) for part in parts])
        if self._loop is not None:
            # Text may come from a thread that flushes it.
            self._loop.call_soon_threadsafe(self._ready.set)

    async def get_msg(self, **__: Any) -> dict[str, Any]:
        self._loop = asyncio.get_running_loop()
        while not self._messages:
            self._ready.clear()
            await self._ready.wait()
        _, rest = self._session.feed_identities(self._messages.popleft())
        message: dict[str, Any] = self._session.deserialize(rest)
        return message


class _ShellChannel(_Channel):
    """Lets the kernel answer when its answer is asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._requests: deque[list[bytes]] = deque()
        self.kernel: kernel.Kernel | None = None

    def send(self, message: dict[str, Any]) -> None:
        self._requests.append(self._session.serialize(message))

    async def get_msg(self, **_: Any) -> dict[str, Any]:
        assert self.kernel is not None
        while not self._messages and self._requests:
            await self.kernel.answer(self._requests.popleft())
        if not self._messages:
            raise Empty
        return await super().get_msg()


class _Manager:
    """What nbclient takes for a kernel's manager."""

    has_kernel = True

    def __init__(self) -> None:
        session = Session(key=KEY)
        shell, iopub = _ShellChannel(session), _Channel(session)
        shell.kernel = kernel.connect(shell, iopub)
        self._client = Client(session, shell, iopub)

    def client(self) -> Client:
        return self._client


class InPlaceEngine(Engine):  # type: ignore[misc]
    """Runs one notebook with the kernel that is prepared in this process."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        """Run the cells, with the options of papermill's own engine."""
        return NBClientEngine.execute_managed_notebook(
            nb_man, kernel_name, km=_Manager(), **options
        )
