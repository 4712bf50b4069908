"""A hedge from beginning to end: opened with bought ETH as margin, resized after a fall, closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib.classroom.personal import Draws, Given, Scenario

__all__ = ["SCENARIO"]


def _numbers(draws: Draws) -> Mapping[str, NDArray[Any]]:
    book, price = draws.grid(30_000, 90_000, 10), draws.grid(1_800, 4_200, 0.05)
    short = np.round(book * draws.grid(0.90, 1.00, 0.01), -1)
    sold_at, move = draws.grid(1_800, 4_200, 0.05), draws.choice(-1, 1) * draws.grid(0.1, 0.3, 0.01)
    return {
        "book_usd": book,
        "beta": draws.grid(1.15, 1.60, 0.001),
        "eth_usd": price,
        "face_usd": np.full(draws.count, 10.0),
        "short_usd": short,
        "margin_usd": np.round(short / draws.grid(1.3, 2.2, 0.1), -1),
        "fall": -draws.grid(0.10, 0.25, 0.005),
        "maintenance_rate": draws.choice(0.01, 0.0125, 0.015, 0.02),
        "open_contracts": draws.grid(800, 9_000, 1),
        "sold_at_usd": sold_at,
        "closes_at_usd": np.round(sold_at * (1 + move), 2),
        "margin_kind": draws.choice("stablecoins", "ETH, bought with new money"),
        "rise": draws.grid(0.10, 0.30, 0.01),
        "mean_rate": draws.choice(-1, 1) * draws.grid(0.00004, 0.0003, 0.000001),
        "r2": draws.grid(0.55, 0.85, 0.001),
    }


def _sound(columns: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Reject numbers for which leaving out the beta or the margin gives nearly the same short."""
    book, beta, margin = columns["book_usd"], columns["beta"], columns["margin_usd"]
    return np.asarray(np.abs((book + margin) / (beta * book) - 1) > 0.02)


SCENARIO = Scenario(
    name="alice",
    opening=("book_usd", "beta", "eth_usd", "face_usd", "short_usd", "margin_usd"),
    given={
        "book_usd": Given("value of Alice's altcoins", "usd"),
        "beta": Given("their beta to ETH", "number"),
        "eth_usd": Given("price of ETH at the start", "usd_cents"),
        "face_usd": Given("face of a contract of ETHUSD_PERP", "usd"),
        "short_usd": Given("size of the short that she has opened", "usd"),
        "margin_usd": Given("ETH that she has bought with new money as its margin", "usd"),
        "fall": Given("then ETH moves by", "change"),
        "maintenance_rate": Given("maintenance margin, of the value at the mark price", "percent"),
        "open_contracts": Given("contracts that Dan is short", "count"),
        "sold_at_usd": Given("price of ETH when he sold them", "usd_cents"),
        "closes_at_usd": Given("price of ETH now", "usd_cents"),
        "margin_kind": Given("kind of margin", "text"),
        "rise": Given("then ETH moves by", "change"),
        "mean_rate": Given("mean funding rate for 8 hours, as a decimal", "change"),
        "r2": Given("R² of Alice's altcoins to ETH", "number"),
    },
    numbers=_numbers,
    choices={"q7": (3, 4)},
    sound=_sound,
)
