"""Messages of several parts over a socket between two processes of one machine."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable

__all__ = ["KEY", "Inbox", "pack", "receive", "unpack"]

KEY = b"nobody else is on these sockets"
"""What Jupyter's messages are signed with; without a key it would warn of eavesdroppers."""

_COUNT, _SIZE = struct.Struct("!I"), struct.Struct("!Q")
_PIECE_BYTES = 1 << 20


def pack(parts: Iterable[bytes]) -> bytes:
    """Put a message into bytes: the number of its parts, their sizes, and they themselves."""
    kept = list(parts)
    sizes = (_SIZE.pack(len(part)) for part in kept)
    return b"".join((_COUNT.pack(len(kept)), *sizes, *kept))


class Inbox:
    """What comes out of a blocking socket, message by message.

    Parameters
    ----------
    sock : socket
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._bytes = bytearray()

    async def get(self) -> list[bytes] | None:
        """Wait for a message; None where the other side is gone before one is whole.

        A wait that is cancelled loses nothing.
        """
        loop = asyncio.get_running_loop()
        while (message := self._take()) is None:
            readable = asyncio.Event()
            loop.add_reader(self._socket, readable.set)
            try:
                await readable.wait()
            finally:
                loop.remove_reader(self._socket)
            if not self._fill(socket.MSG_DONTWAIT):
                return None
        return message

    def get_blocking(self) -> list[bytes] | None:
        """As `get`, without an event loop."""
        while (message := self._take()) is None:
            if not self._fill(0):
                return None
        return message

    def _fill(self, flags: int) -> bool:
        try:
            data = self._socket.recv(_PIECE_BYTES, flags)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        self._bytes += data
        return bool(data)

    def _take(self) -> list[bytes] | None:
        parts, end = _split(self._bytes)
        del self._bytes[:end]
        return parts


def unpack(packed: bytes) -> list[bytes]:
    """Return the parts of a message that `pack` made.

    Examples
    --------
    >>> unpack(pack([b"one", b""]))
    [b'one', b'']
    """
    parts, _ = _split(packed)
    if parts is None:
        raise ValueError("the message is not whole")
    return parts


def _split(data: bytes | bytearray) -> tuple[list[bytes] | None, int]:
    """Return the parts of the first message and where it ends; None and 0 before it is whole."""
    have = len(data)
    if have < _COUNT.size:
        return None, 0
    (count,) = _COUNT.unpack_from(data)
    start = _COUNT.size + count * _SIZE.size
    if have < start:
        return None, 0
    places = range(_COUNT.size, start, _SIZE.size)
    parts = []
    for place in places:
        (size,) = _SIZE.unpack_from(data, place)
        if have < start + size:
            return None, 0
        parts.append(bytes(data[start : start + size]))
        start += size
    return parts, start


def receive(sock: socket.socket) -> list[bytes] | None:
    """Wait for the one message that a socket brings; None where it does not come whole."""
    return Inbox(sock).get_blocking()
