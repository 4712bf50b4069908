"""What the plan would have done in the past: the worst falls of the book, crashes, and a rally.

Today's holdings and today's plan are put at the start of each span, with prices scaled to today's;
nothing is traded after that. It tests the plan, and is no record of what anybody could have known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib.carry import funding_cap
from hedgelib.errors import HedgeError
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio
from hedgelib.replay import Replay, TopUp, replay
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.sample import Sample

FALLS, FALL_DAYS = 5, 30
"""How many falls are shown, and how long each is: the worst returns of the book, none overlap."""

RALLY_DAYS = 180
"""Longest rally that was given back: the span with the largest rise of the hedge coin to a close
from which it fell back to its first close, or below, within so many days of that."""

STRESS_RATE = -float(funding_cap(0.005, 0.01))
"""Funding rate per 8 hours in a stress: the cap of 0.375% that a short paid in March 2020."""
STRESS_DAYS = 2
"""Days that it is paid on: that of the coin's worst fall and the next, six payments."""

CALL_RATIO = 0.15
"""Equity over notional below which margin is called."""

_LEAST_SHARE = 0.5
"""Share of the book that must have had prices for a span to be looked at."""
_PAYMENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one hedge fared over one span, USD.

    funding_usd, mean_funding_usd : received with the stress, and at the means of the months alone.
    called_on, called_usd : first day on which margin was called, and all that was asked for to
        stay at the leverage of the start; the profit is that without any added.
    seized_usd : what a venue that fails kept.
    """

    pnl_usd: float
    funding_usd: float
    mean_funding_usd: float
    liquidated_on: date | None
    called_on: date | None
    called_usd: float
    seized_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One span of the data with today's book in it.

    coin_move, coin_high, book_move : of the last close over the first, and the highest, decimals.
    without : coins that had no price then; their dollars move like the rest.
    sold_usd : result of selling the hedged share of the book instead, USD.
    """

    kind: Literal["fall", "crash", "rally"]
    name: str
    first_day: date
    last_day: date
    coin_move: float
    coin_high: float
    book_move: float
    without: tuple[str, ...]
    unhedged_usd: float
    planned: Course
    half: Course | None
    sold_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Today's plan for the measured part of the book, over spans of the data.

    plan, half : for that part, cash left out; None where no plan is possible.
    sold_share : share of the part that is sold instead.
    assumed_funding : whether the means are a rate that was given.
    """

    measured_usd: float
    plan: HedgePlan | None = None
    half: HedgePlan | None = None
    sold_share: float = 0.0
    assumed_funding: bool = False
    episodes: tuple[Episode, ...] = ()


class _Span(NamedTuple):
    """Kind and name, first day and last as rows of the table of prices."""

    kind: Literal["fall", "crash", "rally"]
    name: str
    start: int
    end: int


def measured_plan(
    parameters: ReportParameters,
    book: Portfolio,
    sample: Sample,
    plan: HedgePlan,
    beta: float,
    *,
    share: float = 1.0,
) -> HedgePlan:
    """Return the plan for the measured part alone, or for a share of its exposure.

    Cash serves as margin as in the plan itself, but is no part of the book that a path moves.
    """
    coin, measured, cash = plan.contract.coin, sample.estimated_usd, book.cash_usd
    whole, given = measured + cash, parameters.collateral_usd
    made = plan_hedge(
        whole,
        beta * measured / whole,
        plan.contract,
        plan.price_usd,
        collateral=plan.collateral,
        collateral_usd=None if given is None else given * whole / book.value_usd,
        max_leverage=parameters.max_leverage,
        held_usd=book.value_of(coin) if coin in sample.estimated else 0.0,
        cash_usd=cash,
        hedge_ratio=parameters.hedge_ratio * share,
        target_beta=parameters.target_beta,
        rounding=parameters.rounding,  # type: ignore[arg-type]
        maintenance_rate=parameters.maintenance_rate,
    )
    kept = max(measured - (made.book_usd - made.kept_usd - made.cash_sold_usd), 0.0)
    return replace(
        made,
        book_usd=measured,
        beta=beta,
        kept_usd=kept,
        kept_beta=made.kept_beta * made.kept_usd / kept if kept else 0.0,
        sold_usd=made.sold_usd + made.cash_sold_usd,
        cash_sold_usd=0.0,
    )


def through_history(
    parameters: ReportParameters,
    book: Portfolio,
    sample: Sample,
    plan: HedgePlan,
    beta: float | None,
    data: market.Market,
) -> Past:
    """Replay the plan for the measured part over the worst falls, the crashes and the rally."""
    measured = sample.estimated_usd
    if beta is None:
        return Past(measured_usd=0.0)
    plans: list[HedgePlan | None] = []
    for share in (1.0, 0.5):
        try:
            plans.append(measured_plan(parameters, book, sample, plan, beta, share=share))
        except HedgeError:
            plans.append(None)
    whole, half = plans
    if whole is None:
        return Past(measured_usd=measured)
    coin = plan.contract.coin
    closes = _closes(data, tuple(dict.fromkeys((coin, *sample.estimated))), parameters)
    values = {c.coin: c.value_usd / measured for c in sample.covers if c.coin in sample.estimated}
    weights = np.array([values[name] for name in sample.estimated])
    prices = closes[list(sample.estimated)].to_numpy(dtype=np.float64)
    hedge = closes[coin].to_numpy(dtype=np.float64)
    sold_share = min(max(1 - whole.beta_left / beta, 0.0), 1.0) if beta > 0 else 0.0
    rates, assumed = _mean_rates(parameters, data, coin, pd.DatetimeIndex(closes.index))
    if plan.contract.expiry is not None:
        rates = np.zeros(len(rates))
    episodes = []
    for span in _spans(pd.DatetimeIndex(closes.index), prices, weights, hedge):
        rows = slice(span.start, span.end + 1)
        there = ~np.isnan(prices[rows]).any(axis=0)
        held = np.where(there, weights, 0.0) / weights[there].sum()
        path = (prices[rows][:, there] / prices[span.start, there]) @ held[there]
        steps = _Steps(
            dates=pd.DatetimeIndex(closes.index[rows]),
            price=hedge[rows] / hedge[span.start] * plan.price_usd,
            book=path * measured,
            mean=rates[rows][1:],
        )
        gain = float(path[-1] - 1) * measured
        cost = plan.fee_rate + parameters.slippage
        high = float(hedge[rows].max() / hedge[span.start] - 1)
        episodes.append(
            Episode(
                kind=span.kind,
                name=span.name,
                first_day=steps.dates[0].date(),
                last_day=steps.dates[-1].date(),
                coin_move=float(hedge[span.end] / hedge[span.start] - 1),
                coin_high=high,
                book_move=float(path[-1] - 1),
                without=tuple(c for c, t in zip(sample.estimated, there, strict=True) if not t),
                unhedged_usd=gain,
                planned=_course(whole, steps, parameters),
                half=None if half is None else _course(half, steps, parameters),
                sold_usd=(1 - sold_share) * gain - sold_share * measured * cost,
            )
        )
    return Past(
        measured_usd=measured,
        plan=whole,
        half=half,
        sold_share=sold_share,
        assumed_funding=assumed,
        episodes=tuple(episodes),
    )


def _closes(data: market.Market, coins: tuple[str, ...], parameters: ReportParameters) -> Any:
    """Return closes on every day; days before those of a venue are from the bundled data."""
    closes = data.prices(coins)
    if parameters.live is not None:
        bundled = market.Market.bundled()
        older = bundled.prices([c for c in coins if c in bundled.coins])
        closes = closes.combine_first(older)
    return closes.asfreq("D")


def _mean_rates(
    parameters: ReportParameters, data: market.Market, coin: str, days: pd.DatetimeIndex
) -> tuple[FloatArray, bool]:
    """Return the mean funding rate of each day, 0 where none is known, and whether it was given."""
    given = parameters.funding_rate_8h
    if isinstance(given, float):
        return np.full(len(days), _PAYMENTS * given), True
    tables = [data.funding_monthly()]
    if parameters.live is not None:
        tables.append(market.funding_monthly())
    table = pd.concat(tables)
    table = table[table["coin"] == coin]
    months = table["month"].astype(str).str.slice(0, 7)
    mean = dict(zip(reversed(months.tolist()), reversed(table["mean_8h"].tolist()), strict=True))
    rates = [_PAYMENTS * float(mean.get(f"{day:%Y-%m}", 0.0)) for day in days]
    return np.array(rates), False


def _spans(
    days: pd.DatetimeIndex, prices: FloatArray, weights: FloatArray, hedge: FloatArray
) -> list[_Span]:
    """Choose the spans: the worst falls, worst first, the crashes, and the rally that turns."""
    known = ~np.isnan(prices)

    def usable(length: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell from which days the coins, and the whole, have prices for so many days."""
        window = np.lib.stride_tricks.sliding_window_view
        coins = window(known, length + 1, axis=0).all(axis=-1)
        whole = np.asarray(window(~np.isnan(hedge), length + 1).all(axis=-1))
        return np.asarray(coins), whole & (coins @ weights >= _LEAST_SHARE)

    spans: list[_Span] = []
    if len(days) > FALL_DAYS:
        coins, whole = usable(FALL_DAYS)
        change = np.where(coins, prices[FALL_DAYS:] / prices[:-FALL_DAYS] - 1, 0.0)
        # Nothing falls by more than all of it: what cannot be used comes last.
        moves = np.where(whole, change @ weights / np.maximum(coins @ weights, _LEAST_SHARE), 1.0)
        spans += [
            _Span("fall", f"Fall {number}", start, start + FALL_DAYS)
            for number, start in enumerate(_worst_apart(moves), 1)
        ]
    for name, (first, last) in market.CRASHES.items():
        if days[0] <= pd.Timestamp(first) and pd.Timestamp(last) <= days[-1]:
            start, end = (int(days.searchsorted(pd.Timestamp(day))) for day in (first, last))
            if usable(end - start)[1][start]:
                spans.append(_Span("crash", name, start, end))
    if len(days) > RALLY_DAYS:
        path = np.lib.stride_tricks.sliding_window_view(hedge, RALLY_DAYS + 1)
        back = path <= path[:, :1]
        before_last = np.logical_or.accumulate(back[:, ::-1], axis=1)[:, ::-1]
        high = np.where(before_last, path, 0.0)
        rise = np.where(usable(RALLY_DAYS)[1], high.max(axis=1) / path[:, 0] - 1, 0.0)
        start = int(np.argmax(rise))
        if rise[start] > 0:
            top = int(np.argmax(high[start]))
            end = start + top + int(np.argmax(back[start, top:]))
            spans.append(_Span("rally", "Rally, then crash", start, end))
    return spans


def _worst_apart(moves: FloatArray) -> list[int]:
    """Return the first days of the worst falls, each the worst that overlaps none before it."""
    left = moves.copy()
    starts: list[int] = []
    while len(starts) < FALLS and left.min() < 0:
        start = int(np.argmin(left))
        starts.append(start)
        left[max(start - FALL_DAYS + 1, 0) : start + FALL_DAYS] = 1.0
    return starts


class _Steps(NamedTuple):
    """Closes scaled to today's price and book; mean funding for each day after the first."""

    dates: pd.DatetimeIndex
    price: FloatArray
    book: FloatArray
    mean: FloatArray

    def stressed(self) -> FloatArray:
        """Return the funding of each day, at the cap on the worst days."""
        worst = int(np.argmin(self.price[1:] / self.price[:-1]))
        worst = min(worst, self.mean.size - STRESS_DAYS)
        rates = self.mean.copy()
        rates[worst : worst + STRESS_DAYS] = _PAYMENTS * STRESS_RATE
        return rates


def call_ratio(plan: HedgePlan) -> float:
    """Return the equity over notional below which margin of a plan is called."""
    return min(CALL_RATIO, 0.9 / plan.leverage)


def _course(plan: HedgePlan, steps: _Steps, parameters: ReportParameters) -> Course:
    """Replay one plan over one span."""

    def run(rates: FloatArray, top_up: TopUp | None = None) -> Replay:
        return replay(
            plan,
            steps.price,
            book_usd=steps.book,
            funding_rate=rates,
            slippage_rate=parameters.slippage,
            top_up=top_up,
        )

    # A dated contract pays none, in a stress neither.
    rates = steps.stressed() if plan.contract.expiry is None else steps.mean
    hedged = run(rates)
    last, fails = hedged.n_steps, parameters.venue_fails_day
    pnl, seized = hedged.pnl_usd, 0.0
    if fails is not None and fails <= last:
        pnl, seized, last = (
            hedged.pnl_if_venue_fails_usd(fails),
            hedged.equity_usd[fails - 1],
            fails,
        )
    called_on, called_usd = None, 0.0
    trigger = call_ratio(plan)
    if hedged.min_margin_ratio < trigger:
        added = run(rates, TopUp(trigger=trigger, leverage=plan.leverage)).top_ups_usd[: last + 1]
        called_usd = float(added[-1])
        if called_usd > 0:
            called_on = steps.dates[int(np.argmax(added > 0))].date()
    ended = hedged.liquidated_at
    gone = ended is not None and ended <= last
    # Each payment is the rate on the position at the mark; that of an inverse one is its face.
    inverse = plan.contract.kind == "inverse"
    size = plan.notional_usd * (1.0 if inverse else steps.price[1:] / steps.price[0])
    calm = (size * steps.mean)[: ended if gone else last]
    return Course(
        pnl_usd=float(pnl[-1]),
        funding_usd=float(hedged.funding_usd[last]),
        mean_funding_usd=float(calm.sum()),
        liquidated_on=steps.dates[ended].date() if ended is not None and gone else None,
        called_on=called_on,
        called_usd=called_usd,
        seized_usd=float(seized),
    )
