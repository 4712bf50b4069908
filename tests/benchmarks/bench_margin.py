"""Liquidation prices of a million positions: against a loop over scalar code as ccxt has it."""

from __future__ import annotations

import numpy as np
from ccxt.base.precise import Precise

from hedgelib.margin import inverse_liquidation_price
from tests.benchmarks.measure import Row, faster, medians

POSITIONS, SAMPLE = 1_000_000, 2_000
MULTIPLIER, RATE = 10, 0.005


def positions() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    contracts = rng.choice([-1, 1], POSITIONS) * rng.integers(1, 20_000, POSITIONS).astype(float)
    entry = rng.uniform(500, 5_000, POSITIONS).round(2)
    leverage = rng.uniform(1.5, 50, POSITIONS)
    wallet = (np.abs(contracts) * MULTIPLIER / entry / leverage).round(8)
    return contracts, entry, wallet


def one_by_one(contracts: list[str], entry: list[str], wallet: list[str]) -> list[float]:
    """Price one position after the other, from strings, with ccxt's own exact arithmetic."""
    add, mul, div = Precise.string_add, Precise.string_mul, Precise.string_div
    found = []
    for size, price, margin in zip(contracts, entry, wallet, strict=True):
        face = mul(Precise.string_abs(size), str(MULTIPLIER))
        side = "-1" if size.startswith("-") else "1"
        above = mul(face, add(str(RATE), side))
        below = add(margin, mul(face, div(side, price, 30)))
        found.append(float(div(above, below, 16)))
    return found


def rows() -> list[Row]:
    contracts, entry, wallet = positions()
    text = [[repr(float(v)) for v in column[:SAMPLE]] for column in (contracts, entry, wallet)]

    def ours() -> np.ndarray:
        return np.asarray(
            inverse_liquidation_price(
                contracts, entry, wallet, maintenance_rate=RATE, multiplier_usd=MULTIPLIER
            )
        )

    def theirs() -> list[float]:
        return one_by_one(*text)

    gap = float(np.max(np.abs(ours()[:SAMPLE] / np.array(theirs()) - 1)))
    assert gap < 1e-9, gap
    taken = medians({"ours": ours, "theirs": theirs}, repeat=7)
    return [
        faster(
            f"liquidation price of {POSITIONS:,} inverse positions",
            ("hedgelib.inverse_liquidation_price, one call", taken["ours"]),
            (
                f"ccxt's Precise in a loop, {SAMPLE:,} of them, scaled up",
                taken["theirs"] * POSITIONS / SAMPLE,
            ),
            same=f"largest relative difference {gap:.0e}",
            at_least=1_000,
        )
    ]
