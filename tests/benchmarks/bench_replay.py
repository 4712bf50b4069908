"""Replay of many paths: against one pass over the prices, and against loops that people write."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hedgelib.contracts import ContractTerms
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.replay import ReplaySummary, replay_many
from tests.benchmarks.measure import Row, cost, faster, medians

PATHS, STEPS, EVERY = 10_000, 1_095, 3  # a year of 8 hours, rebalanced daily
PRICE, SLIPPAGE = 3_500.0, 0.0001
WHAT = f"replay of {PATHS:,} paths x {STEPS:,} steps: funding, fees, rebalancing, liquidation"


def plan() -> HedgePlan:
    terms = ContractTerms(
        venue="Bench", symbol="ETHUSD", kind="inverse", coin="ETH", settle="ETH", multiplier=10,
        taker_fee=0.0005, maintenance_basis="mark", maintenance_floors=(0.0, 100.0, 1_000.0),
        maintenance_rates=(0.005, 0.01, 0.025),
    )  # fmt: skip
    return plan_hedge(50_000, 1.3, terms, PRICE, collateral_usd=60_000)


def prices(n_paths: int) -> np.ndarray:
    """Random walks, filled in by pieces so that nothing larger than they themselves is needed."""
    rng = np.random.default_rng(1)
    table = np.empty((n_paths, STEPS + 1))
    for i in range(0, n_paths, 500):
        piece = table[i : i + 500]
        piece[:, 0] = 0
        piece[:, 1:] = rng.normal(0, 0.02, (len(piece), STEPS))
        np.cumsum(piece, axis=1, out=piece)
        np.exp(piece, out=piece)
        piece *= PRICE
    table[:, 0] = PRICE
    return table


def funding() -> np.ndarray:
    return np.random.default_rng(2).normal(0.0001, 0.0002, STEPS)


PLAN, FUNDING = plan(), funding()


def ours(table: np.ndarray) -> ReplaySummary:
    return replay_many(
        PLAN, table, funding_rate=FUNDING, rebalance_every=EVERY, slippage_rate=SLIPPAGE
    )


def pandas_rows(path: np.ndarray) -> tuple[float, float, float]:
    """One path row by row, the quickest way pandas has to do that, with Python's own numbers."""
    p = PLAN
    frame = pd.DataFrame({"price": path[1:], "before": path[:-1], "rate": FUNDING})
    cost_rate = p.fee_rate + SLIPPAGE
    short = -p.contracts * p.contract.multiplier
    coins = p.collateral_usd / PRICE - short / PRICE * cost_rate - short / PRICE
    book, received, fall, alive = p.book_usd, 0.0, 0.0, True
    peak = book + coins * PRICE + short
    for t, (price, before, rate) in enumerate(frame.itertuples(index=False), 1):
        book *= max(0.0, 1 + p.beta * (price / before - 1))
        if alive:
            coins += short / price * rate
            received += short * rate
            equity = coins * price + short
            size = short / price
            need = max(0.005 * size, 0.01 * size - 0.5, 0.025 * size - 15.5) * price
            if equity <= need:
                coins, short, alive = 0.0, 0.0, False
            elif t % EVERY == 0:
                missing = p.beta * book + equity - short
                wanted = short + missing / (1 + cost_rate if missing > 0 else 1 - cost_rate)
                sold = round(wanted / 10) * 10 - short
                short += sold
                coins -= sold / price + abs(sold) / price * cost_rate
        wealth = book + coins * price + short
        peak = max(peak, wealth)
        fall = max(fall, 1 - wealth / peak)
    return book + coins * frame["price"].iloc[-1] + short, received, fall


def pandas_columns(table: np.ndarray) -> tuple[pd.Series, pd.Series, pd.Series]:
    """All paths at once, step by step: a Series for each quantity, a value for each path."""
    p, rates = PLAN, FUNDING
    frame = pd.DataFrame(table.T)
    cost_rate = p.fee_rate + SLIPPAGE
    n = table.shape[0]
    short = pd.Series(-p.contracts * p.contract.multiplier, index=range(n))
    coins = p.collateral_usd / PRICE - short / PRICE * cost_rate - short / PRICE
    book = pd.Series(p.book_usd, index=range(n))
    received, fall = (pd.Series(0.0, index=range(n)) for _ in range(2))
    peak = book + coins * PRICE + short
    for t in range(1, len(frame)):
        price, before = frame.iloc[t], frame.iloc[t - 1]
        book = book * (1 + p.beta * (price / before - 1)).clip(lower=0)
        size = short / price
        coins = coins + size * rates[t - 1]
        received = received + short * rates[t - 1]
        equity = coins * price + short
        ladder = np.maximum(0.005 * size, np.maximum(0.01 * size - 0.5, 0.025 * size - 15.5))
        alive = equity > ladder * price
        coins, short = coins.where(alive, 0.0), short.where(alive, 0.0)
        if t % EVERY == 0:
            missing = p.beta * book + equity - short
            wanted = short + missing / np.where(missing > 0, 1 + cost_rate, 1 - cost_rate)
            sold = ((wanted / 10).round() * 10 - short).where(alive, 0.0)
            short = short + sold
            coins = coins - sold / price - sold.abs() / price * cost_rate
        wealth = book + coins * price + short
        peak = np.maximum(peak, wealth)
        fall = np.maximum(fall, 1 - wealth / peak)
    return book + coins * frame.iloc[-1] + short, received, fall


def differ(mine: tuple[Any, ...], theirs: tuple[Any, ...]) -> str:
    worst = max(
        float(np.max(np.abs(np.subtract(a, b)) / np.maximum(1, np.abs(b))))
        for a, b in zip(mine, theirs, strict=True)
    )
    return f"wealth, funding and drawdown within {max(worst, 1e-16):.0e}"


def against_one_pass(table: np.ndarray) -> list[Row]:
    took = medians({"ours": lambda: ours(table), "pass": lambda: np.cumsum(table, axis=1)})
    name = f"`replay_many`, {took['ours'] / PATHS / STEPS * 1e9:.1f} ns a path-step"
    return [
        cost(
            WHAT,
            (name, took["ours"]),
            ("one `numpy.cumsum` over the prices", took["pass"]),
            same="not the same task: a floor",
            at_most=4,
        )
    ]


def against_loops(table: np.ndarray) -> list[Row]:
    rows = []
    found = ours(table)
    mine = (found.wealth_usd, found.funding_usd, found.max_drawdown)
    few = table[:8]
    took = medians(
        {
            "ours": lambda: ours(table),
            "rows": lambda: [pandas_rows(path) for path in few],
        },
        repeat=7,
    )
    theirs = tuple(np.transpose([pandas_rows(path) for path in few]))
    rows.append(
        faster(
            WHAT,
            ("`replay_many`", took["ours"]),
            (
                f"pandas, row by row (`itertuples`), {len(few)} paths, scaled by path-steps",
                took["rows"] * PATHS / len(few),
            ),
            same=differ(tuple(x[: len(few)] for x in mine), theirs),
            at_least=100,
        )
    )
    took = medians(
        {"ours": lambda: ours(table), "columns": lambda: pandas_columns(table)}, repeat=3
    )
    rows.append(
        faster(
            WHAT,
            ("`replay_many`", took["ours"]),
            ("pandas, step by step, all paths in a Series at once", took["columns"]),
            same=differ(mine, pandas_columns(table)),
        )
    )
    return rows


def flat() -> list[Row]:
    """Time of a path-step from a hundred paths to a hundred thousand, in processor time."""
    room = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    counts = [n for n in (100, 1_000, 10_000, 100_000) if 2 * n * STEPS * 8 < room]
    tables = {n: prices(n) for n in counts}
    calls = {n: max(1, 10_000 // n) for n in counts}

    def batch(n: int) -> Callable[[], None]:
        return lambda: [ours(tables[n]) for _ in range(calls[n])].clear()

    took = medians({str(n): batch(n) for n in counts}, repeat=7, clock=time.process_time)
    each = {n: took[str(n)] / calls[n] / n / STEPS for n in counts}
    spread = max(each.values()) / min(each.values())
    return [
        Row(
            what=f"time of a path-step by number of paths, {STEPS:,} steps, set-up of the call "
            "included (processor time)",
            ours=", ".join(f"{n:,}: {seconds * 1e9:.1f} ns" for n, seconds in each.items()),
            theirs="the quickest of them",
            ratio=f"{spread:.2f}x from quickest to slowest",
            same="the same task",
            wanted="flat: at most 2x",
            met=spread <= 2,
        )
    ]


def peak_bytes() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def print_extra_memory() -> None:
    """In a process of its own: what a replay adds to the prices, by two ways of counting."""
    table = prices(PATHS)
    ours(table[:2].copy())
    before = peak_bytes()
    ours(table)
    grown = peak_bytes() - before
    tracemalloc.start()
    ours(table)
    print(max(grown, tracemalloc.get_traced_memory()[1]), table.nbytes)


def memory() -> list[Row]:
    code = "from tests.benchmarks import bench_replay; bench_replay.print_extra_memory()"
    extra, array = map(
        float, subprocess.check_output([sys.executable, "-c", code], text=True).split()
    )
    return [
        cost(
            "memory that the same replay needs beside the prices",
            ("peak, the larger of tracemalloc's and the process's own", extra),
            ("the array of prices", array),
            same="not applicable",
            at_most=1.5,
            show=lambda size: f"{size / 1e6:.1f} MB",
            of="the array",
        )
    ]


def rows() -> list[Row]:
    table = prices(PATHS)
    return [*against_one_pass(table), *against_loops(table), *flat(), *memory()]
