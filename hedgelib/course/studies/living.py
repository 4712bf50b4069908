"""What lesson 10 computes: real crashes replayed, and rules for timing backtested on four years.

Prices are closes of spot; the perpetual is taken to trade at them, which is a model. Funding is the
monthly mean of another contract, a proxy. Every picture made of them says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgelib import market
from hedgelib._check import FloatArray, one_of
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate
from hedgelib.contracts import ContractTerms
from hedgelib.course.studies.alice import MODELLED
from hedgelib.course.studies.beta import day_text, newey_west
from hedgelib.course.studies.ends import best_rise
from hedgelib.errors import InvalidInput
from hedgelib.margin import inverse_liquidation_price
from hedgelib.market import CRASHES
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, plan_hedge, rebalance
from hedgelib.replay import Comparison, Outcome, Replay, TopUp, compare, replay
from hedgelib.show import Bars, Guess, Line, Points, Rule, Scale, Scene, Text, picture
from hedgelib.show.layout import days as day_numbers
from hedgelib.show.lines import Curve, Lines
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

COINS = ("ADA", "BNB", "LINK", "MATIC", "XRP")
"""The book: the same dollars of each at the start."""
LARGE = (*COINS, "ALGO", "DOGE")
"""The altcoins of the data that have a price on every day of the four years."""
BOOK_USD = 50_000.0
_CONTRACT = market.contract("binance:ETHUSD_PERP")
LINEAR = ContractTerms(
    venue="modelled", symbol="linear perpetual on ETH", kind="linear", coin="ETH",
    multiplier=0.001, settle="USDT", taker_fee=_CONTRACT.taker_fee, maintenance_basis="mark",
)  # fmt: skip
SLIPPAGE = 0.0005
"""Cost of a trade besides the fee, a decimal of its notional: as much as the taker fee."""
_MONTHS = ("2020-02-29", "2023-12-31")


@cache
def _prices() -> pd.DataFrame:
    return market.prices([*LARGE, "ETH"])


def beta_before(
    day: str | pd.Timestamp, *, days: int = 60, coins: Sequence[str] = COINS
) -> BetaEstimate:
    """Return the beta of a book to ETH from the last daily returns up to a day."""
    seen = _prices().loc[:day].pct_change(fill_method=None).iloc[1:].tail(days)
    return newey_west(seen[list(coins)].mean(axis=1), seen["ETH"])


def book_from(
    start: str | pd.Timestamp, end: str | pd.Timestamp, coins: Sequence[str] = COINS
) -> pd.Series:
    """Return the value of a book in USD on each day, nothing traded after the first."""
    prices = _prices().loc[start:end, list(coins)]
    return (prices / prices.iloc[0]).mean(axis=1) * BOOK_USD


def daily_funding(dates: pd.Index) -> FloatArray:
    """Return what a short received on each day after the first: three times the monthly mean."""
    return 3 * _mean_8h(dates, 0)


def known_funding(dates: pd.DatetimeIndex) -> FloatArray:
    """Return the mean 8-hour rate of the month before each day after the first, 0 before any.

    On a day of a month its own mean is not known yet.
    """
    return np.nan_to_num(_mean_8h(dates, 1))


def _mean_8h(dates: pd.Index, months_before: int) -> FloatArray:
    mean = market.funding_monthly().query("coin == 'ETH'").set_index("month")["mean_8h"]
    months = pd.DatetimeIndex(dates[1:]).to_period("M") - months_before
    return mean.reindex(months.to_timestamp()).to_numpy(dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """A crash with each of three books, and the beta of the days before: made by :func:`crash`."""

    name: str
    beta: BetaEstimate
    runs: Comparison

    @property
    def outcomes(self) -> tuple[Outcome, Outcome, Outcome]:
        """Unhedged, naive 1:1 and beta hedge."""
        unhedged, naive, plan = self.runs.outcomes
        return unhedged, naive, replace(plan, name="beta hedge")

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Days of the replay."""
        return pd.DatetimeIndex(np.asarray(self.runs.plan.dates))

    def day(self, step: int) -> str:
        """Write a day of the replay, such as 12 March 2020."""
        return day_text(self.dates[step])

    def _gone(self, outcome: Outcome, before: str = "") -> str:
        """Return the day of a liquidation after some words, nothing where there was none."""
        step = outcome.liquidated_at
        return "" if step is None else before + self.day(step)

    def table(self) -> Table:
        """Return the three books side by side."""
        out, runs = self.outcomes, (self.runs.naive, self.runs.plan)
        rows = [
            ("short at the start", usd(0), *(usd(run.notional_usd[0]) for run in runs)),
            ("margin at the start", usd(0), *(usd(run.plan.collateral_usd) for run in runs)),
            ("profit", *(usd(o.pnl_usd, signed=True) for o in out)),
            ("maximum drawdown", *(usd(-o.max_drawdown_usd) for o in out)),
            ("worst day", *(usd(o.worst_step_usd) for o in out)),
            ("variance reduction", *(percent(o.effectiveness or 0.0) for o in out)),
            ("funding", *(usd(o.funding_usd, signed=True) for o in out)),
            ("fees", *(usd(o.costs_usd) for o in out)),
            ("margin added", usd(0), *(usd(run.top_ups_usd[-1]) for run in runs)),
            ("liquidated", *(self._gone(o) or "no" for o in out)),
        ]
        head = ("outcome", *(o.name for o in out))
        return Table(head, rows, caption=f"{self.name}; {MODELLED}")

    def scene(self, guess_usd: float | None = None) -> Scene:
        """Draw the profit of the three since the start, dotted after a liquidation.

        The guess is the reader's, of the final profit of the beta hedge.
        """
        x, runs, books = day_numbers(self.dates), self.runs, self.outcomes
        marks: list[Mark] = [
            Rule(at=0.0),
            *_profit_line(x, runs.plan.unhedged_pnl_usd, books[0], "unhedged"),
            *_profit_line(x, runs.naive.pnl_usd, books[1], "short"),
            *_profit_line(x, runs.plan.pnl_usd, books[2], "total"),
        ]
        cut = 1 - books[2].max_drawdown_usd / books[0].max_drawdown_usd
        finding = "the hedge did not reduce the maximum drawdown"
        if runs.plan.liquidated_at is not None:
            finding = "the rally liquidates the hedge, then the crash comes"
        elif cut > 0:
            finding = f"maximum drawdown is {percent(cut)} smaller with the beta hedge"
        ends = "; ".join(
            f"{o.name} ends at {usd(o.pnl_usd, signed=True)} after a maximum drawdown of "
            f"{usd(o.max_drawdown_usd)}{self._gone(o, ', liquidated on ')}"
            for o in books
        )
        title, guessed = f"{self.name}: {finding}", ""
        if guess_usd is not None:
            # The unhedged book has the colour of guesses.
            marks.append(Guess(x=float(x[-1]), y=guess_usd, side="left", role="good"))
            guessed = f" Your guess was {usd(guess_usd, signed=True)}."
        gone = [self._gone(o, f"✖ {o.name}: liquidated ") for o in books if self._gone(o)]
        corner = partial(Text, x=0.02, y=0.98, x_share=True, y_share=True, vertical="top")
        if gone:
            marks.append(corner(text="\n".join(gone), role="unhedged", halo=True))
        every = slice(None, None, 10 if x.size < 70 else 15)
        ticks = [(at, f"{day.day} {day:%b}") for at, day in zip(x, self.dates, strict=True)][every]
        # Room for the mark of a guess beside the names.
        limits = x[0], x[-1] + 0.012 * (x[-1] - x[0])
        label = "profit since the start (USD)"
        return picture(
            title,
            f"{title}. {ends}. ({MODELLED.capitalize()}.){guessed}",
            marks,
            Scale(label=f"close of the day ({MODELLED})", unit="day", limits=limits, ticks=ticks),
            Scale(label=label, unit="usd", signed=True, include=(0.0,), margin=0.1),
            self.table(),
            box=(97.0, 64.0, 706.0, 372.0),
        )

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


def _profit_line(x: FloatArray, pnl: FloatArray, outcome: Outcome, role: Role) -> list[Mark]:
    bold, gone = role == "total", outcome.liquidated_at
    name = f"{outcome.name}\n{usd(pnl[-1], signed=True)}"
    # A line of one point is only a name at an end: a readout says the other lines' names.
    end = Line(x=x[-1:], y=pnl[-1:], role=role, name=name, bold=bold)
    width = 3.6 if bold else 2.6
    line = partial(Line, role=role, width=width, name=outcome.name, labelled=False)
    if gone is None:
        return [line(x=x, y=pnl), end]
    cross = Points(x=[x[gone]], y=[pnl[gone]], role=role, size=17.0, shape="cross")
    alive, lost = slice(gone + 1), slice(gone, None)
    return [line(x=x[alive], y=pnl[alive]), line(x=x[lost], y=pnl[lost], dash="dotted"), cross, end]


@lru_cache(maxsize=32)
def crash(name: str, *, max_leverage: float, top_up: bool = False) -> Crash:
    """Return the replay of one of the :data:`CRASHES`, hedged before it, in a band of 5%.

    Margin that is added is without limit: when the equity is below 15% of the short, up to the
    leverage of the start.
    """
    one_of("name", name, tuple(CRASHES))
    if top_up and max_leverage >= 6:
        raise InvalidInput(f"max_leverage must be below 6 with top-ups, got {max_leverage:g}")
    start, end = CRASHES[name]
    beta, eth = beta_before(start), _prices().loc[start:end, "ETH"]
    plan = plan_hedge(BOOK_USD, beta.beta, _CONTRACT, float(eth.iloc[0]), max_leverage=max_leverage)
    more = TopUp(trigger=0.15, leverage=max_leverage) if top_up else None
    book, funding = book_from(start, end), daily_funding(eth.index)
    runs = compare(plan, eth, book_usd=book, funding_rate=funding, band=0.05, top_up=more)
    return Crash(name=name, beta=beta, runs=runs)


def watch(found: Crash, steps: Sequence[int]) -> list[tuple[str, ...]]:
    """Return what you could have read on some evenings with the beta hedge, a row for each thing.

    The evenings are counted from the start, and the hedge must be alive on them.
    """
    run, at = found.runs.plan, np.array(steps)
    price, equity, short = run.price_usd[at], run.equity_usd[at], run.notional_usd[at]
    rate = run.plan.maintenance_rate
    ends = inverse_liquidation_price(-short, price, run.equity_coin[at], maintenance_rate=rate)
    away = np.asarray(ends) / price - 1
    fits = [beta_before(day) for day in found.dates[at]]
    right = run.plan.beta * run.book_usd[at] + equity
    return [
        ("ETH since the start", *(percent(x, signed=True) for x in price / run.price_usd[0] - 1)),
        ("account value", *map(usd, equity)),
        ("leverage now", *(f"{x:.1f}x" for x in short / equity)),
        ("rise of ETH that ends it", *(percent(x, signed=True, digits=1) for x in away)),
        ("short", *map(usd, short)),
        ("right size, βV + account", *map(usd, right)),
        ("beta of the last 60 days", *(f"{fit.beta:.2f}" for fit in fits)),
        ("R² of the last 60 days", *(f"{fit.r2:.2f}" for fit in fits)),
    ]


_BETAS: dict[float, Role] = {0.7: "altcoins", 1.0: "total", 1.4: "unhedged"}


def change_of_size(book_usd: float, move: float, *, guess: float | None = None) -> Lines:
    """Return the change of an exact hedge in USD after moves of ETH, for three betas."""
    moves = np.linspace(-0.5, 0.4, 37)
    curves = []
    for beta, role in _BETAS.items():
        # The margin has no part in the result.
        hedge = book_usd, beta, book_usd, beta * book_usd + book_usd
        changes = [float(rebalance(*hedge, float(r)).change_usd) for r in (*moves, move)]
        *values, at = np.round(changes, 6) + 0.0
        name, bold = f"β {beta:g}", beta == 1
        curves.append(Curve(name=name, values=np.array(values), role=role, at=at, bold=bold))
    read = ", ".join(f"{c.name}: {usd(c.at, signed=True)}" for c in curves)
    return Lines(
        x=moves, x_label="move of ETH since the hedge was right", unit="USD",
        y_label="change of the short (USD)", curves=tuple(curves), place=move, guess=guess,
        title="At beta 1 a price move leaves nothing to adjust",
        finding=f"Change of the short after ETH moves {percent(move, signed=True)}, for a book of "
        f"{usd(book_usd)}. {read}.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Flown:
    """Backtest of a rule, with the book reset every month: made by :func:`fly`.

    - active: whether the hedge is on from each close, the last one included
    - steps_usd: profit of each day, costs and funding in it
    """

    name: str
    dates: pd.DatetimeIndex
    active: NDArray[np.bool_]
    steps_usd: FloatArray
    months_usd: pd.Series
    funding_usd: float
    costs_usd: float

    @property
    def pnl_usd(self) -> FloatArray:
        """Profit since the start, day by day."""
        return np.concatenate([[0.0], self.steps_usd.cumsum()])

    @property
    def deepest_usd(self) -> float:
        """Maximum drawdown, USD."""
        return float((np.maximum.accumulate(self.pnl_usd) - self.pnl_usd).max())

    def year(self, year: int) -> float:
        """Return the profit of one year, USD."""
        return float(self.months_usd[str(year)].sum())


def a_day_later(active: ArrayLike) -> NDArray[np.bool_]:
    """Return a rule that is acted on at the close after the one that makes the signal."""
    flags = np.asarray(active, dtype=bool)
    return np.concatenate([[False], flags[:-1]])


def fly(
    name: str, active: ArrayLike, *, hedge_ratio: float = 1.0, coins: tuple[str, ...] = COINS
) -> Flown:
    """Return the backtest of a rule that says for each day of the prices whether the hedge is on.

    At the end of each month the book is reset to its size, beta is measured on the days before,
    and the short is a linear one with a stablecoin as margin. Off means off: an inverse contract
    would leave its profit or loss behind as coins, a position of its own. A month starts with the
    cost of opening and ends without that of closing, so a hedge that stays on pays about one side a
    month.
    """
    index, flags = _prices().index, np.asarray(active)
    ends, whole = pd.date_range(*_MONTHS, freq="ME"), index.slice_indexer(*_MONTHS)
    runs = [
        _month(start, end, hedge_ratio, coins)(active=flags[index.slice_indexer(start, end)])
        for start, end in pairwise(ends)
    ]
    return Flown(
        name=name, dates=pd.DatetimeIndex(index[whole]), active=flags[whole],
        # The opening is paid on the first day of a month.
        steps_usd=np.concatenate([np.diff(run.pnl_usd[1:], prepend=0.0) for run in runs]),
        months_usd=pd.Series([float(run.pnl_usd[-1]) for run in runs], index=ends[1:]),
        funding_usd=float(sum(run.funding_usd[-1] for run in runs)),
        costs_usd=float(sum(run.fees_usd[-1] + run.slippage_usd[-1] for run in runs)) + 0.0,
    )  # fmt: skip


@cache
def _month(
    start: pd.Timestamp, end: pd.Timestamp, hedge_ratio: float, coins: tuple[str, ...]
) -> partial[Replay]:
    """Return the replay of a month, to be called with the days on which the hedge is on."""
    eth, beta = _prices().loc[start:end, "ETH"], beta_before(start, coins=coins).beta
    plan = plan_hedge(
        BOOK_USD, beta, LINEAR, float(eth.iloc[0]), collateral="stablecoin",
        collateral_usd=2 * BOOK_USD, maintenance_rate=ASSUMED_MAINTENANCE_RATE,
        hedge_ratio=hedge_ratio,
    )  # fmt: skip
    book, funding = book_from(start, end, coins), daily_funding(eth.index)
    return partial(
        replay, plan, eth, book_usd=book, funding_rate=funding, band=0.05, slippage_rate=SLIPPAGE
    )


class Luck(NamedTuple):
    """What the hedge made while a rule had it on, costs left out, and with the rule shifted.

    `beaten` is the share of the shifts that did worse.
    """

    gain_usd: float
    shifted_usd: FloatArray
    beaten: float


def luck(always: Flown, never: Flown, rule: Flown) -> Luck:
    """Return the gain of a rule, and of the same rule shifted in time by 30 days and more.

    The end of the years is joined to their start. A shift keeps how often and how long the hedge is
    on, and removes what the rule knew.
    """
    hedge, flags = always.steps_usd - never.steps_usd, rule.active[:-1]
    gain = float(hedge[flags].sum())
    shifted = np.array([hedge[np.roll(flags, by)].sum() for by in range(30, flags.size - 29)])
    # The same sum in another order is the same.
    shifted[np.isclose(shifted, gain, rtol=1e-12)] = gain
    return Luck(gain, shifted, beaten=float(np.mean(shifted < gain)))


def profit_of_rules(flown: Sequence[Flown], *, guess: str | None = None) -> Scene:
    """Draw the profit of "never on", "always on" and up to three rules, and when those had it on.

    The guess is the name of one, which the reader expected to make the most.
    """
    x, every = day_numbers(flown[0].dates), np.concatenate([made.pnl_usd for made in flown])
    low, high = every.min(), every.max()
    bottom, top = low - 0.05 * (high - low), high + 0.22 * (high - low)
    height, others = top - bottom, iter(("altcoins", "good", "short"))
    lines: list[Mark] = [Rule(at=0.0)]
    strips: list[Mark] = []
    parts = []
    for made in flown:
        profit, guessed = usd(float(made.pnl_usd[-1]), signed=True), made.name == guess
        role: Any = {"never on": "unhedged", "always on": "total"}.get(made.name)
        if role is None:
            role, level = next(others), top - (0.035 * len(strips) + 0.0375) * height
            switch = np.diff(made.active[:-1].astype(int), prepend=0, append=0)
            starts, ends = x[np.flatnonzero(switch > 0)], x[np.flatnonzero(switch < 0)]
            bars = partial(Bars, across=True, role=role, thickness=0.025 * height)
            strips.append(bars(at=np.full(starts.size, level), start=starts, end=ends))
        name = f"{made.name}\n{profit}" + "\n◆ your guess" * guessed
        lines.append(Line(x=x, y=made.pnl_usd, role=role, width=2.6, name=name, bold=guessed))
        on, deepest = percent(float(made.active[:-1].mean())), made.deepest_usd
        parts.append(f"{made.name}: {profit}, maximum drawdown {usd(deepest)}, on {on} of days")
    span = _span(flown[0])
    best = max(flown, key=lambda made: made.pnl_usd[-1])
    shallow = min(flown, key=lambda made: made.deepest_usd)
    title = f"Most profit: {best.name}. Smallest maximum drawdown: {shallow.name}"
    alt = f"{title}, {span}. {'; '.join(parts)}. ({MODELLED.capitalize()}.)"
    label, up = f"bars at the top: hedge on ({MODELLED})", "sum of monthly profits (USD)"
    return picture(
        title,
        alt if guess is None else f"{alt} Your guess was “{guess}”.",
        [*lines, *strips],
        Scale(label=label, unit="day", limits=(x[0], x[-1])),
        Scale(label=up, unit="usd", signed=True, limits=(bottom, top)),
        table_of_rules(flown),
        box=(97.0, 64.0, 676.0, 402.0),
    )


def table_of_rules(flown: Sequence[Flown]) -> Table:
    """Return a row for each backtest."""
    rows = []
    for made in flown:
        on, profit = percent(float(made.active[:-1].mean())), usd(made.pnl_usd[-1], signed=True)
        switches = f"{np.count_nonzero(np.diff(made.active[:-1]))}"
        amounts = -made.deepest_usd, made.months_usd.min(), made.steps_usd.std(ddof=1)
        funding, fees = usd(made.funding_usd, signed=True), usd(made.costs_usd)
        rows.append((made.name, on, switches, profit, *map(usd, amounts), funding, fees))
    head = (
        "rule", "days on", "switches", "profit", "maximum drawdown", "worst month", "daily sd",
        "funding", "costs",
    )  # fmt: skip
    caption = (
        f"{_span(flown[0])}, {usd(BOOK_USD)} each month, sd: standard deviation, costs: fees and "
        f"slippage; {MODELLED}"
    )
    return Table(head, rows, caption=caption)


def _span(made: Flown) -> str:
    return f"{made.dates[1]:%B %Y} to {made.dates[-1]:%B %Y}"


def rallies_beyond(rise: float, days: int) -> float:
    """Return the share of days within so many days of which ETH closed higher by a given rise."""
    return float(np.mean(best_rise(_prices()["ETH"], days) >= rise))


def over_days(steps_usd: FloatArray, days: int) -> tuple[float, float]:
    """Return the standard deviation and the lowest of the profits over so many days in a row."""
    sums = np.convolve(steps_usd, np.ones(days), mode="valid")
    return float(sums.std(ddof=1)), float(sums.min())
