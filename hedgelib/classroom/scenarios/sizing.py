"""Sizing and collateral: a book of three coins, its hedge, and ETH as margin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib.classroom.personal import Draws, Given, Scenario

__all__ = ["SCENARIO"]

_COINS = np.array(["ADA", "LINK", "AVAX", "DOT", "UNI", "AAVE", "ATOM", "NEAR"])
_MARGIN_HALVED = "the margin is halved, the contracts stay"
_CONTRACTS_DOUBLED = "the contracts are doubled, the margin stays"
_APART = 0.02


def _numbers(draws: Draws) -> Mapping[str, NDArray[Any]]:
    price, size = draws.grid(1_800, 4_200, 0.05), draws.grid(20_000, 80_000, 10)
    leverage = draws.grid(2.2, 4.5, 0.1)
    return {
        "coins": _COINS[draws.order(len(_COINS))[:3]],
        "values_usd": np.stack([draws.grid(4_000, 20_000, 10) for _ in range(3)]),
        "betas": np.stack(
            [draws.grid(1.35, 1.90, 0.01), draws.grid(0.60, 0.85, 0.01), draws.grid(1.1, 1.6, 0.01)]
        ),
        "eth_usd": price,
        "face_usd": np.full(draws.count, 10.0),
        "margin_usd": draws.grid(8_000, 24_000, 10),
        "sold_usd": draws.grid(2_000, 3_900, 10),
        "most_leverage": draws.choice(2, 2.5, 3, 4),
        "change": draws.choice(_MARGIN_HALVED, _CONTRACTS_DOUBLED),
        "fall": -draws.grid(0.10, 0.25, 0.01),
        "open_short_usd": size,
        "posted_eth": np.round(size / price / leverage, 4),
        "maintenance_rate": draws.choice(0.02, 0.0225, 0.025, 0.03),
    }


def _sound(columns: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Reject numbers for which leaving out a beta or the margin gives nearly the same answer."""
    values, betas, margin = columns["values_usd"], columns["betas"], columns["margin_usd"]
    value, exposure = values.sum(axis=0), (values * betas).sum(axis=0)
    after_sale = exposure + (1 - betas[0]) * columns["sold_usd"]
    most = columns["most_leverage"]
    pairs = [
        (exposure, value),
        (exposure, value * betas.mean(axis=0)),
        (value + margin, exposure),
        (value + margin, exposure - margin),
        (value, after_sale),
        (value, exposure - betas[0] * columns["sold_usd"]),
        (value / (most - 1), exposure / most),
        (value / (most - 1), value * exposure / (exposure + (most - 1) * value)),
    ]
    apart = [np.abs(a / b - 1) > _APART for a, b in pairs]
    return np.asarray(np.all(apart, axis=0) & (np.abs(exposure / value - 1) > 4 * _APART))


SCENARIO = Scenario(
    name="sizing",
    opening=("coins", "values_usd", "betas", "eth_usd", "face_usd", "margin_usd"),
    given={
        "coins": Given("coin", "text"),
        "values_usd": Given("value", "usd"),
        "betas": Given("beta to ETH", "number"),
        "eth_usd": Given("price of ETH", "usd_cents"),
        "face_usd": Given("face of a contract of ETHUSD_PERP", "usd"),
        "margin_usd": Given("ETH that you buy with new money and post as margin", "usd"),
        "sold_usd": Given("value of the first coin that you sell for ETH as margin", "usd"),
        "most_leverage": Given("your maximum leverage", "leverage"),
        "change": Given("what changes", "text"),
        "fall": Given("then ETH moves by", "change"),
        "open_short_usd": Given("size of the short with isolated margin", "usd"),
        "posted_eth": Given("ETH posted as its margin", "coins"),
        "maintenance_rate": Given("maintenance margin, of the value at the mark price", "percent"),
    },
    numbers=_numbers,
    choices={"q5": (3, 4)},
    sound=_sound,
)
