"""Answers that take no longer, and are no larger, than was agreed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hedgelib._extras import needed

_PIECE = 65_536


class TooLarge(Exception):
    """An answer has more bytes, unpacked, than any that is asked for."""


class TooMuch(TooLarge):
    """All answers of a fetch together have more bytes than any fetch needs."""


@dataclass(slots=True)
class Left:
    """What one fetch has left, over all its requests: the moment when it ends, and bytes."""

    ends: float
    size: int


def limited_session(seconds: float, most_bytes: int, left: Left, now: Callable[[], float]) -> Any:
    """Make a session of requests whose answers end within a time and a number of bytes.

    A limit on silence alone lets a venue hang a fetch by sending a byte a second, and a small
    answer can unpack to gigabytes. No answer takes more than what the whole fetch has `left`.
    """
    requests = needed("requests", "live data")

    class Limited(requests.Session):  # type: ignore[misc, name-defined]
        def request(self, *args: Any, **kwargs: Any) -> Any:
            """Ask in a thread of its own, which nobody waits for beyond the time."""
            most = max(min(seconds, left.ends - now()), 0.0)
            ends, answer = time.monotonic() + most, []

            def ask() -> None:
                try:
                    answer.append(self.whole(ends, *args, **kwargs))
                except Exception as error:
                    answer.append(error)

            asking = threading.Thread(target=ask, daemon=True)
            asking.start()
            asking.join(most)
            if not answer:
                raise requests.Timeout(f"no whole answer within {most:g} s")
            if isinstance(answer[0], Exception):
                raise answer[0]
            return answer[0]

        def whole(self, ends: float, *args: Any, **kwargs: Any) -> Any:
            response = super().request(*args, stream=True, **kwargs)
            pieces, size = [], 0
            with response:
                for piece in response.iter_content(_PIECE):
                    pieces.append(piece)
                    size += len(piece)
                    left.size -= len(piece)
                    if left.size < 0:
                        raise TooMuch
                    if size > most_bytes:
                        raise TooLarge
                    if time.monotonic() > ends:
                        raise requests.Timeout("the answer drips")
            response._content = b"".join(pieces)
            return response

    return Limited()
