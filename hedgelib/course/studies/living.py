"""What lesson 10 computes: real crashes replayed, and rules for timing backtested on four years.

Prices are closes of spot, also for the perpetual; funding is a monthly mean, a proxy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgelib import BetaEstimate, ContractTerms, InvalidInput, inverse_liquidation_price, market
from hedgelib._check import FloatArray, one_of
from hedgelib._result import drawdown
from hedgelib._text import Table, percent, usd
from hedgelib.course.studies.alice import MODELLED
from hedgelib.course.studies.beta import day_text, newey_west
from hedgelib.course.studies.ends import best_rise
from hedgelib.market import CRASHES
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, HedgePlan, plan_hedge, rebalance
from hedgelib.replay import Comparison, Outcome, Replay, TopUp, compare, replay
from hedgelib.show.layout import Scale, guess_mark, picture
from hedgelib.show.layout import days as day_numbers
from hedgelib.show.lines import Curve, Lines, gain
from hedgelib.show.scene import Bars, Line, Mark, Points, Role, Rule, Scene, Text

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
Day: TypeAlias = str | pd.Timestamp


@cache
def _prices() -> pd.DataFrame:
    return market.prices([*LARGE, "ETH"])


def beta_before(day: Day, *, days: int = 60, coins: Sequence[str] = COINS) -> BetaEstimate:
    """Return the beta of a book to ETH from the last daily returns up to a day."""
    seen = _prices().loc[:day].pct_change(fill_method=None).iloc[1:].tail(days)
    return newey_west(seen[list(coins)].mean(axis=1), seen["ETH"])


def book_from(start: Day, end: Day, coins: Sequence[str] = COINS) -> pd.Series:
    """Return the value of a book in USD on each day, nothing traded after the first."""
    prices = _prices().loc[start:end, list(coins)]
    return (prices / prices.iloc[0]).mean(axis=1) * BOOK_USD


def hedged_book(
    start: Day, end: Day, terms: ContractTerms, coins: Sequence[str] = COINS, **plan: Any
) -> tuple[HedgePlan, dict[str, Any]]:
    """Return the plan of a beta hedge on the first day, and what :func:`replay` takes with it."""
    eth, beta = _prices().loc[start:end, "ETH"], beta_before(start, coins=coins).beta
    past = {"prices_usd": eth, "book_usd": book_from(start, end, coins), "band": 0.05}
    past["funding_rate"] = daily_funding(eth.index)
    return plan_hedge(BOOK_USD, beta, terms, float(eth.iloc[0]), **plan), past


def daily_funding(dates: pd.Index) -> FloatArray:
    """Return what a short received on each day after the first: three times the monthly mean."""
    return 3 * _mean_8h(dates, 0)


def known_funding(dates: pd.DatetimeIndex) -> FloatArray:
    """Return the mean 8-hour rate of the month before each day after the first, 0 before any."""
    return np.nan_to_num(_mean_8h(dates, 1))


def _mean_8h(dates: pd.Index, months_before: int) -> FloatArray:
    mean = market.funding_monthly().query("coin == 'ETH'").set_index("month")["mean_8h"]
    months = pd.DatetimeIndex(dates[1:]).to_period("M") - months_before
    return mean.reindex(months.to_timestamp()).to_numpy(dtype=float)


class Crash(NamedTuple):
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

    def day(self, step: int | None, before: str = "") -> str:
        """Write a day of the replay, such as 12 March 2020, after some words; nothing for none."""
        return "" if step is None else before + day_text(self.dates[step])

    def table(self) -> Table:
        """Return the three books side by side."""
        out, runs = self.outcomes, (self.runs.naive, self.runs.plan)
        rows = [
            ("short at the start", usd(0), *(usd(run.notional_usd[0]) for run in runs)),
            ("margin at the start", usd(0), *(usd(run.plan.collateral_usd) for run in runs)),
            ("profit", *(gain(o.pnl_usd) for o in out)),
            ("maximum drawdown", *(usd(-o.max_drawdown_usd) for o in out)),
            ("worst day", *(usd(o.worst_step_usd) for o in out)),
            ("variance reduction", *(percent(o.effectiveness or 0.0) for o in out)),
            ("funding", *(gain(o.funding_usd) for o in out)),
            ("fees", *(usd(o.costs_usd) for o in out)),
            ("margin added", usd(0), *(usd(run.top_ups_usd[-1]) for run in runs)),
            ("liquidated", *(self.day(o.liquidated_at) or "no" for o in out)),
        ]
        head = ("outcome", *(o.name for o in out))
        return Table(head, rows, caption=f"{self.name}; {MODELLED}")

    def scene(self, guess_usd: float | None = None) -> Scene:
        """Draw the profits of the three, with a guess of the last one of the beta hedge."""
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
            f"{o.name} ends at {gain(o.pnl_usd)} after a maximum drawdown of "
            f"{usd(o.max_drawdown_usd)}{self.day(o.liquidated_at, ', liquidated on ')}"
            for o in books
        )
        title = f"{self.name}: {finding}"
        # The unhedged book has the colour of guesses.
        guessed, told = guess_mark(guess_usd, gain, "left", x=float(x[-1]), role="good")
        said = (self.day(o.liquidated_at, f"✖ {o.name}: liquidated ") for o in books)
        corner: Any = {"x_share": True, "y_share": True, "vertical": "top", "halo": True}
        if gone := "\n".join(filter(None, said)):
            guessed.append(Text(x=0.02, y=0.98, text=gone, role="unhedged", **corner))
        every = slice(None, None, 10 if x.size < 70 else 15)
        ticks = [(at, f"{day.day} {day:%b}") for at, day in zip(x, self.dates, strict=True)][every]
        # Room for the mark of a guess beside the names.
        limits = x[0], x[-1] + 0.012 * (x[-1] - x[0])
        label = "profit since the start (USD)"
        return picture(
            title,
            f"{title}. {ends}. ({MODELLED.capitalize()}.){told}",
            [*marks, *guessed],
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
    name = f"{outcome.name}\n{gain(pnl[-1])}"
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

    Margin is added below an equity of 15% of the short, up to the leverage of the start.
    """
    one_of("name", name, tuple(CRASHES))
    if top_up and max_leverage >= 6:
        raise InvalidInput(f"max_leverage must be below 6 with top-ups, got {max_leverage:g}")
    more = TopUp(trigger=0.15, leverage=max_leverage) if top_up else None
    plan, past = hedged_book(*CRASHES[name], _CONTRACT, max_leverage=max_leverage)
    runs = compare(plan, **past, top_up=more)
    return Crash(name=name, beta=beta_before(CRASHES[name][0]), runs=runs)


def rise_that_ends(run: Replay, at: Any) -> FloatArray:
    """Return the rise of the mark from some closes that liquidates a short with coin margin."""
    account = -run.notional_usd[at], run.price_usd[at], run.equity_coin[at]
    ends = inverse_liquidation_price(*account, maintenance_rate=run.plan.maintenance_rate)
    return np.asarray(np.asarray(ends) / run.price_usd[at] - 1)


def watch(found: Crash, steps: Sequence[int]) -> list[tuple[str, ...]]:
    """Return what you could have read on evenings on which the beta hedge was alive."""
    run, at = found.runs.plan, np.array(steps)
    price, equity, short = run.price_usd[at], run.equity_usd[at], run.notional_usd[at]
    away = rise_that_ends(run, at)
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

    def change(beta: float, moves: ArrayLike) -> FloatArray:
        # The margin has no part in the result.
        hedge = book_usd, beta, book_usd, beta * book_usd + book_usd
        changes = np.vectorize(lambda r: float(rebalance(*hedge, float(r)).change_usd))(moves)
        return np.asarray(np.round(changes, 6) + 0.0)

    moves = np.linspace(-0.5, 0.4, 37)
    curves = [
        Curve.of(partial(change, b), moves, move, name=f"β {b:g}", role=role, bold=b == 1)
        for b, role in _BETAS.items()
    ]
    read = ", ".join(f"{c.name}: {gain(c.at)}" for c in curves)
    return Lines(
        x=moves, x_label="move of ETH since the hedge was right",
        y_label="change of the short (USD)", curves=tuple(curves), place=move, guess=guess,
        title="At beta 1 a price move leaves nothing to adjust",
        finding=f"Change of the short after ETH moves {percent(move, signed=True)}, for a book of "
        f"{usd(book_usd)}. {read}.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Flown:
    """Backtest of a rule by :func:`fly`: active from each close, the last one included."""

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
        return drawdown(self.pnl_usd)

    @property
    def on(self) -> str:
        """Share of days on which the hedge is on."""
        return percent(float(self.active[:-1].mean()))

    @property
    def span(self) -> str:
        """First and last month."""
        return f"{self.dates[1]:%B %Y} to {self.dates[-1]:%B %Y}"

    def year(self, year: int) -> float:
        """Return the profit of one year, USD."""
        return float(self.months_usd[str(year)].sum())


def a_day_later(active: ArrayLike) -> NDArray[np.bool_]:
    """Return a rule that is acted on at the close after the one that makes the signal."""
    return np.concatenate([[False], np.asarray(active, dtype=bool)[:-1]])


def fly(
    name: str, active: ArrayLike, *, hedge_ratio: float = 1.0, coins: tuple[str, ...] = COINS
) -> Flown:
    """Return the backtest of a rule that says for each day of the prices whether the hedge is on.

    At the end of each month the book is reset to its size, beta is measured on the days before, and
    the short is a linear one: an inverse contract that is off would leave coins behind. A month
    starts with the cost of opening and ends without that of closing.
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
    plan, past = hedged_book(
        start, end, LINEAR, coins=coins, collateral="stablecoin", collateral_usd=2 * BOOK_USD,
        maintenance_rate=ASSUMED_MAINTENANCE_RATE, hedge_ratio=hedge_ratio,
    )  # fmt: skip
    return partial(replay, plan, **past, slippage_rate=SLIPPAGE)


class Luck(NamedTuple):
    """What the hedge made under a rule, costs left out; shifted; share of shifts that did worse."""

    gain_usd: float
    shifted_usd: FloatArray
    beaten: float


def luck(always: Flown, never: Flown, rule: Flown) -> Luck:
    """Return the gain of a rule, and of shifts that keep its times on but not what it knew."""
    hedge, flags = always.steps_usd - never.steps_usd, rule.active[:-1]
    made = float(hedge[flags].sum())
    shifted = np.array([hedge[np.roll(flags, by)].sum() for by in range(30, flags.size - 29)])
    # The same sum in another order is the same.
    shifted[np.isclose(shifted, made, rtol=1e-12)] = made
    return Luck(made, shifted, beaten=float(np.mean(shifted < made)))


def profit_of_rules(flown: Sequence[Flown], *, guess: str | None = None) -> Scene:
    """Draw the profits of both constants and up to three rules, with a guess of the best."""
    x, every = day_numbers(flown[0].dates), np.concatenate([made.pnl_usd for made in flown])
    low, high = every.min(), every.max()
    bottom, top = low - 0.05 * (high - low), high + 0.22 * (high - low)
    height, others = top - bottom, iter(("altcoins", "good", "short"))
    lines: list[Mark] = [Rule(at=0.0)]
    strips: list[Mark] = []
    parts = []
    for made in flown:
        profit, guessed = gain(float(made.pnl_usd[-1])), made.name == guess
        role: Any = {"never on": "unhedged", "always on": "total"}.get(made.name)
        if role is None:
            role, level = next(others), top - (0.035 * len(strips) + 0.0375) * height
            switch = np.diff(made.active[:-1].astype(int), prepend=0, append=0)
            starts, ends = x[np.flatnonzero(switch > 0)], x[np.flatnonzero(switch < 0)]
            bars = partial(Bars, across=True, role=role, thickness=0.025 * height)
            strips.append(bars(at=np.full(starts.size, level), start=starts, end=ends))
        name = f"{made.name}\n{profit}" + "\n◆ your guess" * guessed
        lines.append(Line(x=x, y=made.pnl_usd, role=role, width=2.6, name=name, bold=guessed))
        deepest = usd(made.deepest_usd)
        parts.append(f"{made.name}: {profit}, maximum drawdown {deepest}, on {made.on} of days")
    best = max(flown, key=lambda made: made.pnl_usd[-1])
    shallow = min(flown, key=lambda made: made.deepest_usd)
    title = f"Most profit: {best.name}. Smallest maximum drawdown: {shallow.name}"
    alt = f"{title}, {flown[0].span}. {'; '.join(parts)}. ({MODELLED.capitalize()}.)"
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
        switches = f"{np.count_nonzero(np.diff(made.active[:-1]))}"
        amounts = -made.deepest_usd, made.months_usd.min(), made.steps_usd.std(ddof=1)
        worst, funding = map(usd, amounts), gain(made.funding_usd)
        row = made.name, made.on, switches, gain(made.pnl_usd[-1]), *worst, funding
        rows.append((*row, usd(made.costs_usd)))
    head = (
        "rule", "days on", "switches", "profit", "maximum drawdown", "worst month", "daily sd",
        "funding", "costs",
    )  # fmt: skip
    caption = f"{flown[0].span}, {usd(BOOK_USD)} each month, sd: standard deviation, "
    return Table(head, rows, caption=f"{caption}costs: fees and slippage; {MODELLED}")


def rallies_beyond(rise: float, days: int) -> float:
    """Return the share of days within so many days of which ETH closed higher by a given rise."""
    return float(np.mean(best_rise(_prices()["ETH"], days) >= rise))


def over_days(steps_usd: FloatArray, days: int) -> tuple[float, float]:
    """Return the standard deviation and the lowest of the profits over so many days in a row."""
    sums = np.convolve(steps_usd, np.ones(days), mode="valid")
    return float(sums.std(ddof=1)), float(sums.min())
