"""Inverse contracts: a short that is opened, added to, paid for and closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib.classroom.personal import Draws, Given, Scenario

__all__ = ["SCENARIO"]


def _numbers(draws: Draws) -> Mapping[str, NDArray[Any]]:
    entry = draws.grid(1_800, 4_200, 0.05)
    # Far enough apart that a straight line differs from the curve.
    move = draws.choice(-1, 1) * draws.grid(0.10, 0.30, 0.001)
    lower, higher = draws.grid(0.70, 0.80, 0.001), draws.grid(1.18, 1.30, 0.001)
    return {
        "short_usd": draws.grid(20_000, 90_000, 10),
        "face_usd": np.full(draws.count, 10.0),
        "entry_usd": entry,
        "exit_usd": np.round(entry * (1 + move), 2),
        # Most is sold at the lowest price, so that the three kinds of mean differ.
        "fill_contracts": np.stack(
            [draws.grid(200, 600, 1), draws.grid(700, 1_500, 1), draws.grid(200, 600, 1)]
        ),
        "fill_prices_usd": np.stack(
            [entry, np.round(entry * lower, 2), np.round(entry * higher, 2)]
        ),
        "fee_rate": draws.choice(0.0004, 0.00045, 0.0005, 0.00055, 0.0006, 0.00075),
        "held_contracts": draws.choice(-1, 1) * draws.grid(200, 1_800, 1),
        "swing": draws.grid(0.15, 0.35, 0.01),
    }


SCENARIO = Scenario(
    name="inverse_maths",
    opening=("short_usd", "face_usd", "entry_usd", "exit_usd"),
    given={
        "short_usd": Given("size of your short", "usd"),
        "face_usd": Given("face of a contract of ETHUSD_PERP", "usd"),
        "entry_usd": Given("price of ETH when you sell", "usd_cents"),
        "exit_usd": Given("price of ETH when you buy back", "usd_cents"),
        "fill_contracts": Given("contracts sold", "count"),
        "fill_prices_usd": Given("price of each sale", "usd_cents"),
        "fee_rate": Given("fee of a trade, as a decimal of its dollars", "percent"),
        "held_contracts": Given("contracts that you hold (long +, short −)", "count"),
        "swing": Given("size of the move, up or down", "percent"),
    },
    numbers=_numbers,
    choices={"q5": (3, 4)},
)
