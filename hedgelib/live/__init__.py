"""Live data: daily closes, perpetual prices, funding and contract terms of a venue, through ccxt.

`fetch` fills a cache and gives back what is in it, `market.live` the market alone. ccxt is an
optional dependency and is loaded only when a venue is asked; pandas, when anything is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgelib.live.calls import Pace
    from hedgelib.live.data import BENCHMARKS, CoinData, LiveData, cache_folder, fetch
    from hedgelib.live.terms import TermsDifference
    from hedgelib.live.venues import LIVE_VENUES, LiveVenue, live_venue

__all__ = [
    "BENCHMARKS",
    "LIVE_VENUES",
    "VENUE_KEYS",
    "CoinData",
    "LiveData",
    "LiveVenue",
    "Pace",
    "TermsDifference",
    "cache_folder",
    "fetch",
    "live_venue",
]

VENUE_KEYS = ("binance", "bybit", "okx", "deribit", "kraken")
"""The venues that can be asked, by the keys of the bundled contract terms."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        # All others are at hand in `data`.
        home = "venues" if name == "LIVE_VENUES" else "data"
        return getattr(importlib.import_module(f"hedgelib.live.{home}"), name)
    raise AttributeError(f"module 'hedgelib.live' has no attribute {name!r}")
