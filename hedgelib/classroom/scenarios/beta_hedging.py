"""Beta: nine closes of a book and of ETH, an estimate from a year of closes, and two legs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib.classroom.personal import Draws, Given, Scenario

__all__ = ["SCENARIO"]

_DAYS = 8
_APART = 0.01


def _path(first: NDArray[Any], returns: NDArray[Any], decimals: int) -> NDArray[Any]:
    growth = np.concatenate([np.ones((1, len(first))), np.cumprod(1 + returns, axis=0)])
    return np.asarray(np.round(first * growth, decimals))


def _numbers(draws: Draws) -> Mapping[str, NDArray[Any]]:
    eth = np.stack([draws.grid(-0.10, 0.12, 0.001) for _ in range(_DAYS)])
    own = np.stack([draws.grid(-0.07, 0.07, 0.001) for _ in range(_DAYS)])
    book = draws.grid(20_000, 60_000, 10)
    return {
        "eth_closes_usd": _path(draws.grid(1_800, 4_200, 0.05), eth, 2),
        "book_closes_usd": _path(book, draws.grid(1.1, 1.8, 0.01) * eth + own, 0),
        "book_usd": draws.grid(20_000, 90_000, 10),
        "eth_usd": draws.grid(1_800, 4_200, 0.05),
        "face_usd": np.full(draws.count, 10.0),
        "beta": draws.grid(1.12, 1.9, 0.001),
        "standard_error": draws.grid(0.08, 0.24, 0.001),
        "r2": draws.grid(0.55, 0.85, 0.00001),
        # Under-hedged or over-hedged, never near the best size.
        "share_of_best": np.round(draws.choice(0.4, 1.3) + draws.grid(0, 0.3, 0.001), 3),
        "coin_a_volatility": draws.grid(1.5, 2.4, 0.1),
        "coin_a_correlation": draws.grid(0.30, 0.60, 0.01),
        "coin_b_volatility": draws.grid(0.9, 1.3, 0.1),
        "coin_b_correlation": draws.grid(0.75, 0.95, 0.01),
        "beta_btc": draws.grid(0.20, 0.60, 0.01),
        "beta_eth": draws.grid(0.45, 0.75, 0.01),
        "eth_margin_usd": draws.grid(4_000, 16_000, 10),
    }


def _moments(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    dx, dy = x - x.mean(axis=0), y - y.mean(axis=0)
    return (dx * dy).sum(axis=0), (dx * dx).sum(axis=0), (dy * dy).sum(axis=0)


def _sound(columns: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Reject closes for which a wrong model gives nearly the same answer as the right one."""
    eth, book = columns["eth_closes_usd"], columns["book_closes_usd"]
    cov, var, var_book = _moments(eth[1:] / eth[:-1], book[1:] / book[:-1])
    beta, r2 = cov / var, cov**2 / (var * var_book)
    logs = _moments(np.diff(np.log(eth), axis=0), np.diff(np.log(book), axis=0))
    levels = _moments(eth, book)
    changes = _moments(np.diff(eth, axis=0), np.diff(book, axis=0))
    ways = [
        beta,
        beta * _DAYS / (_DAYS - 1),
        logs[0] / logs[1],
        levels[0] / levels[1],
        changes[0] / changes[1],
        np.sqrt(var_book / var),
        np.sqrt(r2),
        cov / var_book,
    ]
    good = (beta > 0.7) & (beta < 2.6) & (r2 > 0.4) & (r2 < 0.94)
    left, q = np.sqrt(1 - columns["r2"]), columns["share_of_best"]
    a = columns["coin_a_volatility"] * columns["coin_a_correlation"]
    b = columns["coin_b_volatility"] * columns["coin_b_correlation"]
    pairs = [
        *combinations(ways, 2),
        (left, 1 - left),
        (left, columns["r2"]),
        (q, columns["r2"]),
        (2 * q - q**2, columns["r2"]),
        (2 * q - q**2, columns["r2"] * q),
        (columns["beta_btc"] + columns["beta_eth"], 1),
    ]
    for one, other in pairs:
        good &= np.abs(one / other - 1) > _APART
    good &= np.abs(a / b - 1) > 0.15
    return np.asarray(good)


SCENARIO = Scenario(
    name="beta_hedging",
    opening=("eth_closes_usd", "book_closes_usd"),
    given={
        "eth_closes_usd": Given("ETH", "usd_cents"),
        "book_closes_usd": Given("your book", "usd"),
        "book_usd": Given("value of your book today", "usd"),
        "eth_usd": Given("price of ETH today", "usd_cents"),
        "face_usd": Given("face of a contract of ETHUSD_PERP", "usd"),
        "beta": Given("its beta to ETH, measured over a year", "number"),
        "standard_error": Given("the standard error of that beta", "number"),
        "r2": Given("its R² to ETH", "number"),
        "share_of_best": Given("size of the short, as a share of the best size", "number"),
        "coin_a_volatility": Given("volatility of coin A, as a multiple of that of ETH", "number"),
        "coin_a_correlation": Given("correlation of coin A with ETH", "number"),
        "coin_b_volatility": Given("volatility of coin B, as a multiple of that of ETH", "number"),
        "coin_b_correlation": Given("correlation of coin B with ETH", "number"),
        "beta_btc": Given("beta to BTC, in the regression with ETH", "number"),
        "beta_eth": Given("beta to ETH, in the regression with BTC", "number"),
        "eth_margin_usd": Given("ETH that you buy with new money as margin of the ETH leg", "usd"),
    },
    numbers=_numbers,
    choices={"q6": (3, 4)},
    sound=_sound,
)
