"""What lesson 08 computes: real crashes replayed, and rules for timing backtested on four years.

Prices are closes of spot; the perpetual is taken to trade at them, which is a model. Funding is the
monthly mean of another contract, a proxy. Every picture made of them says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgelib import market
from hedgelib._check import FloatArray, one_of
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta
from hedgelib.contracts import ContractTerms
from hedgelib.errors import InvalidInput
from hedgelib.margin import liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, HedgePlan, plan_hedge, rebalance
from hedgelib.replay import Comparison, Outcome, Replay, TopUp, compare, replay
from hedgelib.show import Bars, Guess, Line, Points, Rule, Scale, Scene, Text, panel
from hedgelib.show.layout import days as day_numbers
from hedgelib.show.lines import Curve, Lines
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = [
    "BOOK_USD",
    "COINS",
    "CRASHES",
    "MODELLED",
    "Crash",
    "Flown",
    "Luck",
    "beta_before",
    "book_from",
    "change_of_size",
    "crash",
    "daily_funding",
    "fly",
    "known_funding",
    "luck",
    "profit_of_rules",
    "rallies_beyond",
    "watch",
]

COINS = ("ADA", "BNB", "LINK", "MATIC", "XRP")
"""The book: the same dollars of each at the start."""
BOOK_USD = 50_000.0
CRASHES: Mapping[str, tuple[str, str]] = {
    "March 2020": ("2020-02-29", "2020-04-30"),
    "May 2021": ("2021-03-31", "2021-06-30"),
    "May-June 2022": ("2022-04-30", "2022-06-30"),
    "November 2022": ("2022-10-31", "2022-12-31"),
}
"""First day, at whose close the hedge is opened, and last."""
MODELLED = "perp modelled at spot closes, funding a proxy"
"""Shown with every number of a replay."""
_CONTRACT = market.contract("binance:ETHUSD_PERP")
_LINEAR = ContractTerms(
    venue="modelled", symbol="linear perpetual on ETH", kind="linear", coin="ETH",
    multiplier=0.001, settle="USDT", taker_fee=_CONTRACT.taker_fee, maintenance_basis="mark",
)  # fmt: skip
_MONTHS = ("2020-02-29", "2023-12-31")


@cache
def _prices() -> pd.DataFrame:
    return market.prices([*COINS, "ETH"])


def beta_before(day: str | pd.Timestamp, *, days: int = 60) -> BetaEstimate:
    """Return the beta of the book to ETH from the last daily returns up to a day."""
    seen = _prices().loc[:day].pct_change(fill_method=None).iloc[1:].tail(days)
    return ols_beta(seen[list(COINS)].mean(axis=1), seen["ETH"])


def book_from(start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.Series:
    """Return the value of the book in USD on each day, nothing traded after the first."""
    prices = _prices().loc[start:end, list(COINS)]
    return (prices / prices.iloc[0]).mean(axis=1) * BOOK_USD


def daily_funding(dates: pd.DatetimeIndex) -> FloatArray:
    """Return what a short received on each day after the first: three times the monthly mean."""
    return 3 * _mean_8h(dates[1:].to_period("M"))


def known_funding(dates: pd.DatetimeIndex) -> FloatArray:
    """Return the mean 8-hour rate of the month before each day after the first, 0 before any.

    On a day of a month its own mean is not known yet.
    """
    return np.nan_to_num(_mean_8h(dates[1:].to_period("M") - 1))


def _mean_8h(months: pd.PeriodIndex) -> FloatArray:
    table = market.funding_monthly()
    mean = table[table["coin"] == "ETH"].set_index("month")["mean_8h"]
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

    def wealth(self) -> tuple[tuple[str, FloatArray, Role, int | None], ...]:
        """Return name, profit in USD day by day, role and day of the liquidation of each book."""
        naive, plan = self.runs.naive, self.runs.plan
        return (
            ("unhedged", plan.unhedged_pnl_usd, "unhedged", None),
            ("naive 1:1", naive.pnl_usd, "short", naive.liquidated_at),
            ("beta hedge", plan.pnl_usd, "total", plan.liquidated_at),
        )

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Days of the replay."""
        assert self.runs.plan.dates is not None
        return pd.DatetimeIndex(self.runs.plan.dates)

    def day(self, step: int) -> str:
        """Write a day of the replay, such as 12 March 2020."""
        day = self.dates[step]
        return f"{day.day} {day:%B %Y}"

    def table(self) -> Table:
        """Return the three books side by side."""
        out, runs = self.outcomes, (self.runs.naive, self.runs.plan)
        dead = ["no" if o.liquidated_at is None else self.day(o.liquidated_at) for o in out]
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
            ("liquidated", *dead),
        ]
        head = ("outcome", "unhedged", "naive 1:1", "beta hedge")
        return Table(head, rows, caption=f"{self.name}; {MODELLED}")

    def scene(self, guess_usd: float | None = None) -> Scene:
        """Draw the profit of the three since the start, dotted after a liquidation.

        The guess is the reader's, of the final profit of the beta hedge.
        """
        size, box = (840.0, 430.0), (97.0, 64.0, 706.0, 372.0)
        x = day_numbers(self.dates)
        marks: list[Mark] = [Rule(at=0.0)]
        for name, pnl, role, gone in self.wealth():
            marks += _profit_line(x, name, pnl, role, gone)
        if guess_usd is not None:
            # The unhedged book has the colour of guesses.
            marks.append(Guess(x=float(x[-1]), y=guess_usd, side="left", role="good"))
        dead = [(name, step) for name, _, _, step in self.wealth() if step is not None]
        if dead:
            text = "\n".join(f"✖ {name}: liquidated {self.day(step)}" for name, step in dead)
            marks.append(
                Text(
                    x=0.02, y=0.98, text=text, x_share=True, y_share=True, vertical="top",
                    role="unhedged", halo=True,
                )
            )  # fmt: skip
        every = slice(None, None, 10 if x.size < 70 else 15)
        days = [f"{day.day} {day:%b}" for day in self.dates[every]]
        across = Scale(
            label=f"close of the day ({MODELLED})", unit="day",
            # Room for the mark of a guess beside the names.
            limits=(x[0], x[-1] + 0.012 * (x[-1] - x[0])),
            ticks=list(zip(x[every], days, strict=True)),
        )  # fmt: skip
        up = Scale(
            label="profit since the start (USD)", unit="usd", signed=True, include=(0.0,),
            margin=0.1,
        )  # fmt: skip
        drawn = panel(marks, across, up, box=box, width=size[0])
        alt = self._alt()
        if guess_usd is not None:
            alt += f" Your guess was {usd(guess_usd, signed=True)}."
        return Scene(
            title=self._title(), alt=alt, panels=(drawn,), table=self.table(), size=size
        )  # fmt: skip

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()

    def _title(self) -> str:
        unhedged, _, plan = self.outcomes
        if plan.liquidated_at is not None:
            return f"{self.name}: the rally liquidates the hedge, then the crash comes"
        cut = 1 - plan.max_drawdown_usd / unhedged.max_drawdown_usd
        if cut > 0:
            return f"{self.name}: maximum drawdown is {percent(cut)} smaller with the beta hedge"
        return f"{self.name}: the hedge did not reduce the maximum drawdown"

    def _alt(self) -> str:
        parts = []
        for o in self.outcomes:
            gone = o.liquidated_at
            parts.append(
                f"{o.name} ends at {usd(o.pnl_usd, signed=True)} after a maximum drawdown of "
                f"{usd(o.max_drawdown_usd)}"
                + ("" if gone is None else f", liquidated on {self.day(gone)}")
            )
        return f"{self._title()}. {'; '.join(parts)}. ({MODELLED.capitalize()}.)"


def _profit_line(
    x: FloatArray, name: str, pnl: FloatArray, role: Role, gone: int | None
) -> list[Mark]:
    bold = role == "total"
    look: dict[str, Any] = {
        "role": role, "width": 3.6 if bold else 2.6, "name": name, "labelled": False,
    }  # fmt: skip
    # A line of one point is only a name at an end: a readout says the other lines' names.
    end = f"{name}\n{usd(pnl[-1], signed=True)}"
    label = Line(x=x[-1:], y=pnl[-1:], role=role, name=end, bold=bold)
    if gone is None:
        return [Line(x=x, y=pnl, **look), label]
    return [
        Line(x=x[: gone + 1], y=pnl[: gone + 1], **look),
        Line(x=x[gone:], y=pnl[gone:], dash="dotted", **look),
        Points(x=[x[gone]], y=[pnl[gone]], role=role, size=17.0, shape="cross"),
        label,
    ]


@lru_cache(maxsize=32)
def crash(name: str, *, max_leverage: float = 3.0, top_up: bool = False) -> Crash:
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
    funding = daily_funding(pd.DatetimeIndex(eth.index))
    more = TopUp(trigger=0.15, leverage=max_leverage) if top_up else None
    book = book_from(start, end)
    runs = compare(plan, eth, book_usd=book, funding_rate=funding, band=0.05, top_up=more)
    return Crash(name=name, beta=beta, runs=runs)


def watch(found: Crash, steps: Sequence[int]) -> list[tuple[str, ...]]:
    """Return what you could have read on some evenings with the beta hedge, a row for each thing.

    The evenings are counted from the start, and the hedge must be alive on them.
    """
    run, at = found.runs.plan, np.array(steps)
    price, equity, short = run.price_usd[at], run.equity_usd[at], run.notional_usd[at]
    ends = [
        liquidation_price(
            run.plan.contract, float(run.contracts[step]), float(run.price_usd[step]),
            float(run.equity_coin[step]), maintenance_rate=run.plan.maintenance_rate,
        )
        for step in steps
    ]  # fmt: skip
    fits = [beta_before(day) for day in found.dates[at]]
    away = np.array(ends, dtype=float) / price - 1
    right = run.plan.beta * run.book_usd[at] + equity
    return [
        ("ETH since the start", *(percent(x, signed=True) for x in price / run.price_usd[0] - 1)),
        ("account value", *(usd(x) for x in equity)),
        ("leverage now", *(f"{x:.1f}x" for x in short / equity)),
        ("rise of ETH that ends it", *(percent(x, signed=True, digits=1) for x in away)),
        ("short", *(usd(x) for x in short)),
        ("right size, βV + account", *(usd(x) for x in right)),
        ("beta of the last 60 days", *(f"{fit.beta:.2f}" for fit in fits)),
        ("R² of the last 60 days", *(f"{fit.r2:.2f}" for fit in fits)),
    ]


def change_of_size(
    betas: Sequence[float], book_usd: float, move: float, *, guess: float | None = None
) -> Lines:
    """Return the change of an exact hedge in USD after moves of ETH, for up to three betas."""
    moves = np.linspace(-0.5, 0.4, 37)

    def change(beta: float, move: float) -> float:
        # The margin has no part in the result.
        margin = book_usd
        short = beta * book_usd + margin
        return round(rebalance(book_usd, beta, margin, short, move).change_usd, 6) + 0.0

    roles: tuple[Role, ...] = ("altcoins", "total", "unhedged")
    curves = tuple(
        Curve(
            name=f"β {beta:g}",
            values=np.array([change(beta, float(r)) for r in moves]),
            role=role,
            at=change(beta, move),
            bold=beta == 1,
        )
        for beta, role in zip(betas, roles, strict=False)
    )
    read = ", ".join(f"{c.name}: {usd(c.at, signed=True)}" for c in curves)
    return Lines(
        x=moves,
        x_label="move of ETH since the hedge was right",
        y_label="change of the short (USD)",
        unit="USD",
        curves=curves,
        title="At beta 1 a price move leaves nothing to adjust",
        finding=(
            f"Change of the short after ETH moves {percent(move, signed=True)}, for a book of "
            f"{usd(book_usd)}. {read}."
        ),
        place=move,
        guess=guess,
    )


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

    @property
    def days_on(self) -> float:
        """Share of the days on which the hedge was on."""
        return float(self.active[:-1].mean())

    @property
    def switches(self) -> int:
        """How often the hedge was put on or taken off, the first time not counted."""
        return int(np.count_nonzero(np.diff(self.active[:-1])))

    def year(self, year: int) -> float:
        """Return the profit of one year, USD."""
        return float(self.months_usd[str(year)].sum())


def fly(name: str, active: ArrayLike) -> Flown:
    """Return the backtest of a rule that says for each day of the prices whether the hedge is on.

    At the end of each month the book is reset to its size, beta is measured on the days before,
    and the short is a linear one with a stablecoin as margin. Off means off: an inverse contract
    would leave its profit or loss behind as coins, a position of its own. A month starts with the
    fee of opening and ends without that of closing, so a hedge that stays on pays about one side a
    month.
    """
    index, flags = _prices().index, np.asarray(active)
    ends = pd.date_range(*_MONTHS, freq="ME")
    runs = []
    for start, end in pairwise(ends):
        plan, eth, book, funding = _month(start, end)
        on = flags[index.slice_indexer(start, end)]
        run = replay(plan, eth, book_usd=book, funding_rate=funding, active=on, band=0.05)
        runs.append(run)
    whole = index.slice_indexer(*_MONTHS)
    return Flown(
        name=name,
        dates=pd.DatetimeIndex(index[whole]),
        active=flags[whole],
        steps_usd=np.concatenate([_steps_usd(run) for run in runs]),
        months_usd=pd.Series([float(run.pnl_usd[-1]) for run in runs], index=ends[1:]),
        funding_usd=float(sum(run.funding_usd[-1] for run in runs)),
        costs_usd=float(sum(run.fees_usd[-1] for run in runs)) + 0.0,
    )


def _steps_usd(month: Replay) -> FloatArray:
    """Return the profit of each day of a month, the opening paid on the first."""
    steps = np.diff(month.pnl_usd)
    steps[0] += month.pnl_usd[0]
    return steps


@cache
def _month(
    start: pd.Timestamp, end: pd.Timestamp
) -> tuple[HedgePlan, pd.Series, pd.Series, FloatArray]:
    """Return plan, prices, book and funding of a month."""
    eth, beta = _prices().loc[start:end, "ETH"], beta_before(start).beta
    plan = plan_hedge(
        BOOK_USD, beta, _LINEAR, float(eth.iloc[0]), collateral="stablecoin",
        collateral_usd=2 * BOOK_USD, maintenance_rate=ASSUMED_MAINTENANCE_RATE,
    )  # fmt: skip
    return plan, eth, book_from(start, end), daily_funding(pd.DatetimeIndex(eth.index))


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """What the hedge made while a rule had it on, costs left out, and with the rule shifted."""

    gain_usd: float
    shifted_usd: FloatArray

    @property
    def beaten(self) -> float:
        """Share of the shifts that did worse."""
        return float(np.mean(self.shifted_usd < self.gain_usd))


def luck(always: Flown, never: Flown, rule: Flown) -> Luck:
    """Return the gain of a rule, and of the same rule shifted in time by 30 days and more.

    The end of the years is joined to their start. A shift keeps how often and how long the hedge is
    on, and removes what the rule knew.
    """
    hedge, flags = always.steps_usd - never.steps_usd, rule.active[:-1]
    gain = float(hedge[flags].sum())
    shifts = range(30, flags.size - 29)
    shifted = np.array([hedge[np.roll(flags, shift)].sum() for shift in shifts])
    # The same sum in another order is the same.
    shifted[np.isclose(shifted, gain, rtol=1e-12)] = gain
    return Luck(gain_usd=gain, shifted_usd=shifted)


_ENDS: Mapping[str, Role] = {"never on": "unhedged", "always on": "total"}


def profit_of_rules(flown: Sequence[Flown], *, guess: str | None = None) -> Scene:
    """Draw the profit of "never on", "always on" and up to three rules, and when those had it on.

    The guess is the name of one, which the reader expected to make the most.
    """
    size, box = (840.0, 460.0), (97.0, 64.0, 676.0, 402.0)
    low = min(made.pnl_usd.min() for made in flown)
    high = max(made.pnl_usd.max() for made in flown)
    bottom, top = low - 0.05 * (high - low), high + 0.22 * (high - low)
    x = day_numbers(flown[0].dates)
    marks: list[Mark] = [Rule(at=0.0)]
    strips: list[Mark] = []
    others: list[Role] = ["altcoins", "good", "short"]
    for made in flown:
        role = _ENDS.get(made.name) or others[len(strips)]
        guessed = made.name == guess
        name = f"{made.name}\n{usd(float(made.pnl_usd[-1]), signed=True)}"
        name += "\n◆ your guess" if guessed else ""
        marks.append(Line(x=x, y=made.pnl_usd, role=role, width=2.6, name=name, bold=guessed))
        if made.name not in _ENDS:
            level = top - (0.035 * len(strips) + 0.0375) * (top - bottom)
            strips.append(_days_on(made, level, 0.025 * (top - bottom), role))
    across = Scale(
        label=f"bars at the top: hedge on ({MODELLED})", unit="day", limits=(x[0], x[-1])
    )  # fmt: skip
    up = Scale(label="sum of monthly profits (USD)", unit="usd", signed=True, limits=(bottom, top))
    best = max(flown, key=lambda made: made.pnl_usd[-1])
    shallow = min(flown, key=lambda made: made.deepest_usd)
    title = f"Most profit: {best.name}. Smallest maximum drawdown: {shallow.name}"
    span = f"{flown[0].dates[1]:%B %Y} to {flown[0].dates[-1]:%B %Y}"
    parts = "; ".join(
        f"{made.name}: {usd(float(made.pnl_usd[-1]), signed=True)}, maximum drawdown "
        f"{usd(made.deepest_usd)}, on {percent(made.days_on)} of days"
        for made in flown
    )
    return Scene(
        title=title,
        alt=f"{title}, {span}. {parts}. ({MODELLED.capitalize()}.)"
        + ("" if guess is None else f" Your guess was “{guess}”."),
        panels=(panel([*marks, *strips], across, up, box=box, width=size[0]),),
        table=_table_of_rules(flown, span),
        size=size,
    )


def _table_of_rules(flown: Sequence[Flown], span: str) -> Table:
    head = (
        "rule", "days on", "switches", "profit", "maximum drawdown", "worst month", "daily sd",
        "funding", "fees",
    )  # fmt: skip
    rows = [
        (
            made.name,
            percent(made.days_on),
            f"{made.switches}",
            usd(float(made.pnl_usd[-1]), signed=True),
            usd(-made.deepest_usd),
            usd(float(made.months_usd.min())),
            usd(float(made.steps_usd.std(ddof=1))),
            usd(made.funding_usd, signed=True),
            usd(made.costs_usd),
        )
        for made in flown
    ]
    caption = f"{span}, {usd(BOOK_USD)} each month, sd: standard deviation; {MODELLED}"
    return Table(head, rows, caption=caption)


def _days_on(made: Flown, level: float, height: float, role: Role) -> Bars:
    """Draw a bar over each stretch of days on which the hedge was on."""
    flags = np.concatenate([[False], made.active[:-1], [False]]).astype(int)
    x, switch = day_numbers(made.dates), np.diff(flags)
    starts, ends = x[np.flatnonzero(switch > 0)], x[np.flatnonzero(switch < 0)]
    at = np.full(starts.size, level)
    return Bars(at=at, start=starts, end=ends, thickness=height, across=True, role=role)


def rallies_beyond(rise: float, days: int) -> float:
    """Return the share of days within so many days of which ETH closed higher by a given rise."""
    eth = _prices()["ETH"].to_numpy(dtype=float)
    ahead = np.lib.stride_tricks.sliding_window_view(eth[1:], days).max(axis=1)
    return float(np.mean(ahead >= eth[: ahead.size] * (1 + rise)))
