"""How sure a report is: months of this very book, other windows, other horizons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hedgelib._check import FloatArray
from hedgelib._text import percent
from hedgelib.beta import downside_beta, ols_beta, rolling_beta
from hedgelib.errors import HedgeError
from hedgelib.plan import HedgePlan
from hedgelib.ratio import bootstrap_effectiveness
from hedgelib.report.blocks import Block, Table, Text, notes
from hedgelib.report.results import Gap, Held, OtherBeta, Residual, Sensitivity, Tracking
from hedgelib.report.sample import Sample
from hedgelib.returns import horizon_returns

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

MONTH_DAYS = 30
WINDOWS, HORIZONS, HOLDINGS = (90, 180, 365, 730), (1, 7), (1, 7, 30)
_RECENT_DAYS = 730
_FEWEST_WINDOWS = 60
_BLOCK_DAYS = 10
_DAYS = "datetime64[D]"


def _ahead(daily: FloatArray, days: int) -> FloatArray:
    """Return the compounded returns of every window of so many days."""
    totals = np.cumsum(np.log1p(np.vstack([np.zeros(daily.shape[1]), daily])), axis=0)
    return np.asarray(np.expm1(totals[days:] - totals[:-days]))


def _book_and_coin(sample: Sample, coin: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the daily returns of the measured coins, of the hedge coin, and the days."""
    daily = sample.history(coin)
    return (
        daily[list(sample.estimated)].to_numpy(dtype=np.float64),
        daily[[coin]].to_numpy(dtype=np.float64),
        daily.index.to_numpy().astype(_DAYS),
    )


def month(
    plan: HedgePlan, tracked: Tracking, sample: Sample, gap: Gap, residual: Residual, kept: float
) -> Residual:
    """Measure the spread of a month's result over all months that this book would have had."""
    scale = float(np.sqrt(MONTH_DAYS / residual.horizon_days))
    book, coin, days = _book_and_coin(sample, plan.contract.coin)
    if tracked.estimate is None or len(book) < _FEWEST_WINDOWS + MONTH_DAYS - 1:
        amounts = {
            name: scale * getattr(residual, name)
            for name in Residual.__slots__
            if name.endswith("_usd")
        }
        return replace(residual, horizon_days=MONTH_DAYS, **amounts)
    x = _ahead(coin, MONTH_DAYS)[:, 0]
    own = _ahead(book, MONTH_DAYS) @ sample.weights
    own = own - sample.estimated_usd * tracked.estimate.beta * x
    since, ever = days[0].item(), float(np.std(own, ddof=1))
    recent = max(_RECENT_DAYS, sample.window_days)
    days = days[-recent:]
    own, x = (each[-(len(days) - MONTH_DAYS + 1) :] for each in (own, x))
    delta, left = plan.beta * plan.book_usd, plan.exposure_usd - plan.notional_usd

    def sd(share: float, exposure_usd: float, gap_usd: float) -> float:
        measured = float(np.std(share * own + exposure_usd * x, ddof=1))
        return float(np.hypot(measured, gap_usd * gap.residual_sd * scale))

    beta = tracked.covered_beta
    return Residual(
        horizon_days=MONTH_DAYS,
        before_usd=sd(1.0, delta, gap.value_usd),
        after_usd=sd(kept, left, gap.kept_usd),
        before_at_covered_beta_usd=sd(1.0, delta + gap.value_usd * beta, gap.value_usd),
        after_at_covered_beta_usd=sd(kept, left + gap.kept_usd * beta, gap.kept_usd),
        own_usd=sd(kept, 0.0, 0.0),
        gap_usd=gap.kept_usd * gap.residual_sd * scale,
        windows=len(x),
        first_day=days[0].item(),
        last_day=days[-1].item(),
        ever_usd=kept * ever,
        ever_since=since,
    )


def sensitivity(
    tracked: Tracking,
    sample: Sample,
    window_days: int,
    contracts: Callable[[float], float],
) -> Sensitivity:
    """Estimate beta over other windows and horizons, and judge the hedge held for longer."""
    if tracked.estimate is None:
        return Sensitivity(betas=(), held=(), downside_beta=None, upside_beta=None)
    book, coin, days = _book_and_coin(sample, tracked.coin)
    y, x = book @ sample.weights / sample.estimated_usd, coin[:, 0]

    share, measured = sample.estimated_usd / sample.book.value_usd, tracked.estimate.beta

    def short(beta: float) -> float | None:
        try:
            return contracts(tracked.book_beta + share * (beta - measured))
        except HedgeError:
            return None

    betas = []
    for horizon in HORIZONS:
        for window in WINDOWS:
            used = window // horizon * horizon
            if window > len(y):
                continue
            pair = (horizon_returns(each[-used:], horizon).returns for each in (y, x))
            fit = ols_beta(*pair, errors="newey-west")
            low, high = fit.interval()
            betas.append(
                OtherBeta(
                    window_days=window,
                    horizon_days=horizon,
                    beta=fit.beta,
                    low=low,
                    high=high,
                    contracts=short(fit.beta),
                    contracts_low=short(low),
                    contracts_high=short(high),
                )
            )
    sides: list[float | None] = []
    for method in ("conditional_zero", "upside_conditional_zero"):
        try:
            recent = slice(-min(window_days, len(y)), None)
            sides.append(downside_beta(y[recent], x[recent], method=method).beta)
        except HedgeError:
            sides.append(None)
    held = (_held(book, coin, days, sample.weights, window_days, length) for length in HOLDINGS)
    return Sensitivity(
        betas=tuple(betas),
        held=tuple(each for each in held if each is not None),
        downside_beta=sides[0],
        upside_beta=sides[1],
    )


def _held(
    book: FloatArray,
    coin: FloatArray,
    days: FloatArray,
    weights: FloatArray,
    window: int,
    length: int,
) -> Held | None:
    """Judge hedges sized from the days before and held for so many days, begun on every day."""
    train = min(window, len(book) // 2)
    starts = len(book) - train - length + 1
    block = max(_BLOCK_DAYS, 2 * length)
    if train < _FEWEST_WINDOWS or starts < 3 * block:
        return None
    y = book @ weights / weights.sum()
    beta = rolling_beta(y, coin[:, 0], train).beta[:starts]
    unhedged = (_ahead(book, length) @ weights / weights.sum())[train:]
    hedged = unhedged - beta * _ahead(coin, length)[train:, 0]
    low, high = np.percentile(bootstrap_effectiveness(unhedged, hedged, block=block), [2.5, 97.5])
    return Held(
        days=length,
        effectiveness=float(1 - np.var(hedged) / np.var(unhedged)),
        low=float(low),
        high=float(high),
        windows=starts,
        first_day=days[train].item(),
        last_day=days[-1].item(),
    )


def sensitivity_blocks(report: HedgeReport) -> list[Block]:
    """Show what other windows, horizons and holding times say of the beta and of the hedge."""
    found, plan = report.sensitivity, report.plan
    if not found.betas:
        return []

    def count(contracts: float | None) -> str:
        return "none" if contracts is None else f"{abs(contracts):,.10g}"

    rows = [
        [
            f"{one.window_days} days, {'daily' if one.horizon_days == 1 else '7-day'} returns",
            f"{one.beta:.2f}",
            f"{one.low:.2f} to {one.high:.2f}",
            count(one.contracts),
            f"{count(one.contracts_low)} to {count(one.contracts_high)}",
        ]
        for one in found.betas
    ]
    used = (report.parameters.window_days, report.parameters.horizon_days)
    blocks: list[Block] = [
        Table(
            ["Beta from", "Beta", "95% interval", "Contracts", "Across the interval"],
            rows,
            "lrrrr",
            f"How many contracts of {plan.contract.symbol} other windows and horizons would give",
            marked=[
                i
                for i, one in enumerate(found.betas)
                if (one.window_days, one.horizon_days) == used
            ],
            kind="sensitivity",
        )
    ]
    coin, said = report.hedge_coin, []
    if found.downside_beta is not None and found.upside_beta is not None:
        said.append(
            f"On the days on which {coin} fell, beta was {found.downside_beta:.2f}; on those on "
            f"which it rose, {found.upside_beta:.2f}."
        )
    if found.held:
        each = "; ".join(
            f"{one.days} day{'' if one.days == 1 else 's'}, {percent(one.effectiveness)} "
            f"({percent(one.low)} to {percent(one.high)})"
            for one in found.held
        )
        one = found.held[0]
        blocks.append(
            Text(
                "Variance removed out of sample by how long the hedge is held, with its 95% "
                f"interval: {each}. That is from {one.first_day} to {one.last_day}, all "
                "that the data allow. The table above judges the hedge on the later half of its "
                f"{report.days:,} days alone, so it differs."
            )
        )
    return blocks + notes(*said)
