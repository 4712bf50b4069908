"""A venue on loopback for each test, a clock that nobody waits for, and no way out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hedgelib import live
from hedgelib.live import data, fetching
from tests.venuetools import FAKES, LOOPBACK, Clock, FakeVenue, opening, serving


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every connection that is not to loopback, and list those that were tried."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        tried.append(address)
        if self.family != socket.AF_UNIX and address[0] != LOOPBACK:
            raise AssertionError(f"a test must not reach out: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return tried


@dataclass
class Served:
    """A fake venue that is being served, and the way to it."""

    venue: FakeVenue
    clock: Clock
    cache: Path
    port: int

    def fetch(self, coins: Any = ("BTC", "ETH", "ADA"), **options: Any) -> live.LiveData:
        given = {"cache": self.cache, "pace": self.clock.pace(), "max_age_hours": 0, "days": 130}
        return live.fetch(self.venue.key, coins, **{**given, **options})

    def requests_of(self, **options: Any) -> list[tuple[str, dict[str, str]]]:
        before = len(self.venue.requests)
        self.fetch(**options)
        return self.venue.requests[before:]

    def file(self, name: str) -> Path:
        return self.cache / self.venue.key / name


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], Served]]:
    """Return a function that serves a venue by its key."""
    with ExitStack() as stack:

        def start(key: str) -> Served:
            venue, clock = FAKES[key](), Clock()
            port = stack.enter_context(serving(venue))
            monkeypatch.setattr(fetching, "open_exchange", opening(port))
            # Where nobody hands a pace over, as on the command line.
            monkeypatch.setattr(data, "Pace", clock.pace)
            return Served(venue, clock, tmp_path / "cache", port)

        yield start


@pytest.fixture
def bybit(serve: Callable[[str], Served]) -> Served:
    return serve("bybit")


@pytest.fixture
def binance(serve: Callable[[str], Served]) -> Served:
    return serve("binance")
