"""Carry: the funding that a short receives or pays, and the cost of closing it for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib.classroom.personal import Draws, Given, Scenario

__all__ = ["SCENARIO"]


def _numbers(draws: Draws) -> Mapping[str, NDArray[Any]]:
    short, price = draws.grid(20_000, 90_000, 10), draws.grid(1_800, 4_200, 0.05)
    hours = draws.choice(1, 2, 4)
    yearly = draws.grid(0.12, 0.45, 0.00001)
    low, high = draws.grid(0.80, 0.88, 0.001), draws.grid(1.10, 1.20, 0.001)
    premium, squeezed = draws.grid(0.006, 0.012, 0.0001), draws.grid(0.028, 0.05, 0.0001)
    return {
        "short_usd": short,
        "face_usd": np.full(draws.count, 10.0),
        "margin_usd": np.round(short / draws.grid(1.5, 2.6, 0.1), -1),
        "mean_rate": draws.choice(-1, 1) * draws.grid(0.00004, 0.0003, 0.000001),
        "days": draws.grid(10, 45, 1),
        "rates": np.stack(
            [
                draws.grid(0.0002, 0.0008, 0.00001),
                draws.grid(0.0002, 0.0008, 0.00001),
                -draws.grid(0.00008, 0.00016, 0.00001),
            ]
        ),
        "prices_usd": np.stack([price, np.round(price * low, 2), np.round(price * high, 2)]),
        "interval_hours": hours,
        "interval_rate": np.round(yearly * hours / 8760, 9),
        "spot_usd": price,
        "sold_at_usd": np.round(price * (1 + premium), 2),
        "bought_at_usd": np.round(price * (1 + squeezed), 2),
        "low_rate": -draws.grid(0.00005, 0.0003, 0.000001),
        "fee_rate": draws.grid(0.0003, 0.0006, 0.000001),
        "slippage_rate": draws.grid(0.00008, 0.0002, 0.000001),
        "book_usd": draws.grid(20_000, 90_000, 10),
        "beta": draws.grid(1.15, 1.8, 0.01),
        "daily_sigma": draws.grid(0.03, 0.05, 0.001),
        "hours_out": draws.grid(80, 240, 8),
    }


SCENARIO = Scenario(
    name="carry",
    opening=("short_usd", "face_usd", "margin_usd"),
    given={
        "short_usd": Given("size of your short", "usd"),
        "face_usd": Given("face of a contract of ETHUSD_PERP", "usd"),
        "margin_usd": Given("value of its margin", "usd"),
        "mean_rate": Given("mean funding rate for 8 hours, as a decimal", "change"),
        "days": Given("days that you hold the short", "count"),
        "rates": Given("funding rate, as a decimal", "change"),
        "prices_usd": Given("price of ETH at that hour", "usd_cents"),
        "interval_hours": Given("hours between two settlements at this venue", "count"),
        "interval_rate": Given("funding rate per interval, as a decimal", "change"),
        "spot_usd": Given("spot price of ETH", "usd_cents"),
        "sold_at_usd": Given("price of the perpetual when you sell it", "usd_cents"),
        "bought_at_usd": Given("price of the perpetual when you buy it back", "usd_cents"),
        "low_rate": Given("expected funding rate for 8 hours, as a decimal", "change"),
        "fee_rate": Given("fee of a trade, as a decimal of its dollars", "percent"),
        "slippage_rate": Given("slippage of a trade, as a decimal of its dollars", "percent"),
        "book_usd": Given("value of your altcoins", "usd"),
        "beta": Given("their beta to ETH", "number"),
        "daily_sigma": Given(
            "daily volatility of ETH (one standard deviation), as a decimal", "percent"
        ),
        "hours_out": Given("hours without the short", "count"),
    },
    numbers=_numbers,
    choices={"q1": (3, 4)},
)
