"""Replays of real crashes, and backtests of timing rules, as lesson 08 shows them.

Prices are closes of spot; the perpetual is taken to trade at them, which is a model. Funding is the
monthly mean of another contract, a proxy. Every picture made of them says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hedgelib import market
from hedgelib._check import POSITIVE, FloatArray, one_of, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta
from hedgelib.contracts import ContractTerms
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput
from hedgelib.margin import liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, plan_hedge, rebalance
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
    "Years",
    "beta_before",
    "book_from",
    "change_of_size",
    "crash",
    "daily_funding",
    "fly",
    "guess_best_rule",
    "guess_end",
    "guess_trade",
    "known_funding",
    "luck",
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
MONTHS = ("2020-02-29", "2023-12-31")
_WINDOW = 60


@cache
def _prices() -> pd.DataFrame:
    return market.prices([*COINS, "ETH"])


def _contract() -> ContractTerms:
    return market.contract("binance:ETHUSD_PERP")


def _linear() -> ContractTerms:
    """Return a linear perpetual with the same fee; its profit is in dollars."""
    return ContractTerms(
        venue="modelled",
        symbol="linear perpetual on ETH",
        kind="linear",
        coin="ETH",
        multiplier=0.001,
        settle="USDT",
        taker_fee=_contract().taker_fee,
        maintenance_basis="mark",
    )


def beta_before(day: str | pd.Timestamp, *, days: int = _WINDOW) -> BetaEstimate:
    """Return the beta of the book to ETH from the days up to a given one.

    Parameters
    ----------
    day : str or Timestamp
        Last day used.
    days : int
        Daily returns, as many as there are up to this number.

    Returns
    -------
    BetaEstimate

    Notes
    -----
    **Source:** :func:`hedgelib.ols_beta` on the mean return of the five coins.

    Examples
    --------
    >>> round(beta_before("2022-04-30").beta, 3)
    0.958
    """
    seen = _prices().loc[:day].pct_change(fill_method=None).iloc[1:].tail(days)
    return ols_beta(seen[list(COINS)].mean(axis=1), seen["ETH"])


def book_from(start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.Series:
    """Return the value of the book on each day from its start.

    Parameters
    ----------
    start, end : str or Timestamp

    Returns
    -------
    Series
        USD; the same amount in each coin on the first day, and nothing traded afterwards.

    Notes
    -----
    **Source:** ``data/prices.csv``.

    Examples
    --------
    >>> float(book_from("2022-04-30", "2022-06-30").iloc[-1].round())
    27810.0
    """
    prices = _prices().loc[start:end, list(COINS)]
    return (prices / prices.iloc[0]).mean(axis=1) * BOOK_USD


def daily_funding(dates: pd.DatetimeIndex) -> FloatArray:
    """Return what a short received on each day after the first: three times the monthly mean.

    Parameters
    ----------
    dates : DatetimeIndex, n of them

    Returns
    -------
    ndarray, shape (n - 1,)
        Decimals; below zero a short paid.

    Notes
    -----
    **Source:** ``data/funding_monthly.csv``, a proxy: Binance's USDT-margined ETH perpetual.

    Examples
    --------
    >>> daily_funding(_prices().loc["2021-03-31":"2021-04-02"].index).round(6)
    array([0.001807, 0.001807])
    """
    table = market.funding_monthly()
    mean = table[table["coin"] == "ETH"].set_index("month")["mean_8h"]
    months = dates[1:].to_period("M").to_timestamp()
    return 3 * mean.reindex(months).to_numpy(dtype=float)


def known_funding(dates: pd.DatetimeIndex) -> FloatArray:
    """Return on each day after the first the mean rate of the month before, which is over.

    Parameters
    ----------
    dates : DatetimeIndex, n of them

    Returns
    -------
    ndarray, shape (n - 1,)
        Decimals for eight hours; 0 where no month has been recorded yet.

    Notes
    -----
    **Source:** ``data/funding_monthly.csv``, a proxy, a month late: on a day of the month its own
    mean is not known yet.

    Examples
    --------
    >>> known_funding(_prices().loc["2021-03-30":"2021-04-01"].index).round(7)
    array([0.0010149, 0.000468 ])
    """
    table = market.funding_monthly()
    mean = table[table["coin"] == "ETH"].set_index("month")["mean_8h"]
    months = (dates[1:].to_period("M") - 1).to_timestamp()
    return mean.reindex(months).fillna(0).to_numpy(dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """One crash with each of three books, as :func:`crash` returns it.

    Parameters
    ----------
    name : str
    beta : BetaEstimate
        From the days before.
    runs : Comparison
    guess : float, optional
        Final profit of the beta hedge that the reader guessed, USD.
    """

    name: str
    beta: BetaEstimate
    runs: Comparison
    guess: float | None = None

    @property
    def outcomes(self) -> tuple[Outcome, Outcome, Outcome]:
        """Unhedged, naive 1:1 and beta hedge."""
        unhedged, naive, plan = self.runs.outcomes
        return unhedged, naive, replace(plan, name="beta hedge")

    def wealth(self) -> tuple[tuple[str, FloatArray, Role, int | None], ...]:
        """Return profit since the start, USD, day by day.

        Returns
        -------
        tuple of (str, ndarray, Role, int or None)
            Name, profit, role, step of the liquidation.
        """
        naive, plan = self.runs.naive, self.runs.plan
        return (
            ("unhedged", plan.unhedged_pnl_usd, "unhedged", None),
            ("naive 1:1", naive.pnl_usd, "short", naive.liquidated_at),
            ("beta hedge", plan.pnl_usd, "total", plan.liquidated_at),
        )

    def day(self, step: int) -> str:
        """Write a day of the replay.

        Parameters
        ----------
        step : int

        Returns
        -------
        str
            ``"12 March 2020"``.
        """
        return _day(self.runs.plan, step)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the three side by side.

        Returns
        -------
        list of tuple of str
        """
        out = self.outcomes
        runs: tuple[Replay | None, ...] = (None, self.runs.naive, self.runs.plan)
        return [
            ("short at the start", *(usd(0 if r is None else r.notional_usd[0]) for r in runs)),
            (
                "margin at the start",
                *(usd(0 if r is None else r.plan.collateral_usd) for r in runs),
            ),
            ("profit", *(usd(o.pnl_usd, signed=True) for o in out)),
            ("maximum drawdown", *(usd(-o.max_drawdown_usd) for o in out)),
            ("worst day", *(usd(o.worst_step_usd) for o in out)),
            ("variance reduction", *(percent(o.effectiveness or 0.0) for o in out)),
            ("funding", *(usd(o.funding_usd, signed=True) for o in out)),
            ("fees", *(usd(o.costs_usd) for o in out)),
            ("margin added", *(usd(0 if r is None else r.top_ups_usd[-1]) for r in runs)),
            (
                "liquidated",
                *("no" if o.liquidated_at is None else self.day(o.liquidated_at) for o in out),
            ),
        ]

    def __repr__(self) -> str:
        return f"Crash({self.name!r})"

    def table(self) -> Table:
        """Return the three as a table."""
        head = ("outcome", "unhedged", "naive 1:1", "beta hedge")
        return Table(head, self.rows(), caption=f"{self.name}; {MODELLED}")

    def scene(self) -> Scene:
        """Draw the profit of the three since the start, dotted after a liquidation."""
        run, size, box = self.runs.plan, (840.0, 430.0), (97.0, 64.0, 706.0, 372.0)
        assert run.dates is not None
        x = day_numbers(run.dates)
        marks: list[Mark] = [Rule(at=0.0)]
        for name, pnl, role, gone in self.wealth():
            marks += _profit_line(x, name, pnl, role, gone)
        if self.guess is not None:
            # The unhedged book has the colour of guesses.
            marks.append(Guess(x=float(x[-1]), y=self.guess, side="left", role="good"))
        liquidated = [(name, step) for name, _, _, step in self.wealth() if step is not None]
        if liquidated:
            text = "\n".join(f"✖ {name}: liquidated {self.day(at)}" for name, at in liquidated)
            marks.append(
                Text(
                    x=0.02, y=0.98, text=text, x_share=True, y_share=True, vertical="top",
                    role="unhedged", halo=True,
                )
            )  # fmt: skip
        every = 10 if x.size < 70 else 15
        across = Scale(
            label=f"close of the day ({MODELLED})", unit="day",
            # Room for the mark of a guess beside the names.
            limits=(x[0], x[-1] + 0.012 * (x[-1] - x[0])),
            ticks=[(x[i], _short_day(run, i)) for i in range(0, x.size, every)],
        )  # fmt: skip
        up = Scale(
            label="profit since the start (USD)", unit="usd", signed=True, include=(0.0,),
            margin=0.1,
        )  # fmt: skip
        return Scene(
            title=self._title(),
            alt=self._alt(),
            panels=(panel(marks, across, up, box=box, width=size[0]),),
            table=self.table(),
            size=size,
        )

    def _title(self) -> str:
        unhedged, _, plan = self.outcomes
        if plan.liquidated_at is not None:
            return f"{self.name}: the rally liquidates the hedge, then the crash comes"
        if plan.max_drawdown_usd < unhedged.max_drawdown_usd:
            share = 1 - plan.max_drawdown_usd / unhedged.max_drawdown_usd
            return f"{self.name}: maximum drawdown is {percent(share)} smaller with the beta hedge"
        return f"{self.name}: the hedge did not reduce the maximum drawdown"

    def _alt(self) -> str:
        parts = []
        for (name, _, _, gone), o in zip(self.wealth(), self.outcomes, strict=True):
            text = (
                f"{name} ends at {usd(o.pnl_usd, signed=True)} after a maximum drawdown of "
                f"{usd(o.max_drawdown_usd)}"
            )
            if gone is not None:
                text += f", liquidated on {self.day(gone)}"
            parts.append(text)
        finding = f"{self._title()}. {'; '.join(parts)}. ({MODELLED.capitalize()}.)"
        if self.guess is None:
            return finding
        return f"{finding} Your guess was {usd(self.guess, signed=True)}."

    def _repr_html_(self) -> str:
        return self.table().html()


def _day(run: Replay, step: int) -> str:
    assert run.dates is not None
    day = pd.Timestamp(run.dates[step])
    return f"{day.day} {day:%B %Y}"


def _short_day(run: Replay, step: int) -> str:
    assert run.dates is not None
    day = pd.Timestamp(run.dates[step])
    return f"{day.day} {day:%b}"


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


def crash(
    name: str, *, max_leverage: float = 3.0, top_up: bool = False, band: float | None = 0.05
) -> Crash:
    """Return the replay of a crash, hedged before it.

    Parameters
    ----------
    name : str
        One of :data:`CRASHES`.
    max_leverage : float
        Of the plan, above 1 and below 6.
    top_up : bool
        Whether margin is added, without limit, when the equity is below 15% of the short: up to
        the leverage of the start.
    band : float, optional
        As for :func:`hedgelib.replay.replay`.

    Returns
    -------
    Crash

    Raises
    ------
    InvalidInput
        An unknown crash, or a leverage out of range.
    InfeasibleHedge
        A leverage that cannot be had.

    Notes
    -----
    **Source:** bundled prices; ETH bought with new money as margin.

    Examples
    --------
    >>> [round(o.pnl_usd, -3) for o in crash("May-June 2022").outcomes]
    [-22000.0, -6000.0, 9000.0]
    """
    one_of("name", name, tuple(CRASHES))
    (max_leverage,) = scalars(max_leverage=(max_leverage, POSITIVE))
    if top_up and max_leverage >= 6:
        raise InvalidInput(f"max_leverage must be below 6 with top-ups, got {max_leverage:g}")
    start, end = CRASHES[name]
    beta, eth = beta_before(start), _prices().loc[start:end, "ETH"]
    plan = plan_hedge(
        BOOK_USD, beta.beta, _contract(), float(eth.iloc[0]), max_leverage=max_leverage
    )
    runs = compare(
        plan,
        eth,
        book_usd=book_from(start, end),
        funding_rate=daily_funding(pd.DatetimeIndex(eth.index)),
        band=band,
        top_up=TopUp(trigger=0.15, leverage=max_leverage) if top_up else None,
    )
    return Crash(name=name, beta=beta, runs=runs)


def watch(found: Crash, steps: Sequence[int]) -> list[tuple[str, ...]]:
    """Return what you could have watched with the beta hedge on some days of a crash.

    Parameters
    ----------
    found : Crash
    steps : sequence of int
        Days since the start, on which the hedge is alive.

    Returns
    -------
    list of tuple of str
        A row for each thing to watch, with a value for each day.

    Raises
    ------
    InvalidInput
        A day that is not there, or on which there is no hedge any more.

    Notes
    -----
    **Source:** the columns of the replay; :func:`hedgelib.liquidation_price` from that day's price
    and equity; :func:`beta_before`.

    Examples
    --------
    >>> watch(crash("May 2021"), [0])[2]
    ('leverage now', '3.0x')
    """
    run = found.runs.plan
    alive = run.n_steps + 1 if run.liquidated_at is None else run.liquidated_at
    if any(not 0 <= step < alive for step in steps):
        raise InvalidInput(f"steps must be from 0 to {alive - 1}, got {list(steps)!r}")
    at = np.array(steps, dtype=int)
    price, equity, short = run.price_usd[at], run.equity_usd[at], run.notional_usd[at]
    right = run.plan.beta * run.book_usd[at] + equity
    away = [
        liquidation_price(
            run.plan.contract,
            float(run.contracts[step]),
            float(run.price_usd[step]),
            float(run.equity_coin[step]),
            maintenance_rate=run.plan.maintenance_rate,
        )
        / float(run.price_usd[step])
        - 1
        for step in steps
    ]
    assert run.dates is not None
    fits = [beta_before(pd.Timestamp(run.dates[step])) for step in steps]
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
    """Draw the change of an exact hedge against the coin's return, for several betas.

    Parameters
    ----------
    betas : sequence of float
    book_usd : float
        > 0; as much again is the margin, which has no part in the result.
    move : float
        Return of the coin that is read off.
    guess : float, optional
        The reader's predicted change, USD, drawn next to the answer.

    Returns
    -------
    Lines

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.plan.rebalance`.

    Examples
    --------
    >>> change_of_size([1.0, 1.5], 10_000, -0.2).rows()
    [('β 1', '$0'), ('β 1.5', '−$1,500')]
    """
    moves = np.linspace(-0.5, 0.4, 37)
    roles: tuple[Role, ...] = ("altcoins", "total", "unhedged")
    margin = book_usd

    def change(beta: float, r: float) -> float:
        return rebalance(book_usd, beta, margin, beta * book_usd + margin, r).change_usd + 0.0

    curves = tuple(
        Curve(
            name=f"β {beta:g}",
            values=np.array([change(beta, float(r)) for r in moves]),
            role=roles[i % len(roles)],
            at=round(change(beta, move), 6) + 0.0,
            bold=beta == 1,
        )
        for i, beta in enumerate(betas)
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
    """Backtest of a rule, with the book reset every month, as :func:`fly` returns it.

    Parameters
    ----------
    name : str
    dates : DatetimeIndex, shape (n + 1,)
    active : ndarray of bool, shape (n + 1,)
        Whether the hedge is on from that close.
    steps_usd : ndarray, shape (n,)
        Profit of each day, costs and funding in it.
    months_usd : Series
        Profit of each month.
    funding_usd, costs_usd : float
        Received; paid, negative.
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
    def switches(self) -> int:
        """How often the hedge was put on or taken off, the first time not counted."""
        return int(np.abs(np.diff(self.active[:-1].astype(int))).sum())

    def year(self, year: int) -> float:
        """Profit of one year.

        Parameters
        ----------
        year : int

        Returns
        -------
        float
            USD.
        """
        months = self.months_usd
        return float(months[months.index.year == year].sum())  # type: ignore[attr-defined]

    def row(self) -> tuple[str, ...]:
        """Return it as a row of a table.

        Returns
        -------
        tuple of str
            Name, days on, switches, profit, maximum drawdown, worst month, standard deviation of a
            day, funding, costs.
        """
        return (
            self.name,
            percent(float(self.active[:-1].mean())),
            f"{self.switches}",
            usd(float(self.pnl_usd[-1]), signed=True),
            usd(-self.deepest_usd),
            usd(float(self.months_usd.min())),
            usd(float(self.steps_usd.std(ddof=1))),
            usd(self.funding_usd, signed=True),
            usd(self.costs_usd),
        )


def fly(name: str, active: ArrayLike) -> Flown:
    """Return the backtest of a rule, month by month.

    At the end of each month the book is reset to its size, beta is measured on the days before,
    and the short is a linear one with a stablecoin as margin. Off means off: an inverse contract
    would leave its profit or loss behind as coins, a position of its own.

    Parameters
    ----------
    name : str
    active : array_like of bool
        One value for each day of the bundled prices.

    Returns
    -------
    Flown

    Raises
    ------
    InvalidInput
        Another number of values.

    Notes
    -----
    **Source:** :func:`hedgelib.replay.replay`, once for each month. A month starts with the fee of
    opening and ends without that of closing, so a hedge that stays on pays about one side a month.

    Examples
    --------
    >>> never = fly("never on", np.zeros(1461, dtype=bool))
    >>> never.switches, never.costs_usd
    (0, 0.0)
    """
    prices = _prices()
    flags = np.asarray(active)
    if flags.shape != (len(prices),):
        raise InvalidInput(f"active needs {len(prices)} values, one a day, got {flags.shape}")
    ends = pd.date_range(*MONTHS, freq="ME")
    runs = [
        _month(start, end, flags[prices.index.slice_indexer(start, end)])
        for start, end in pairwise(ends)
    ]
    whole = prices.index.slice_indexer(*MONTHS)
    return Flown(
        name=name,
        dates=pd.DatetimeIndex(prices.index[whole]),
        active=flags[whole],
        steps_usd=np.concatenate([np.diff(run.pnl_usd, prepend=0.0)[1:] for run in runs])
        + _openings(runs),
        months_usd=pd.Series([float(run.pnl_usd[-1]) for run in runs], index=ends[1:]),
        funding_usd=float(sum(run.funding_usd[-1] for run in runs)),
        costs_usd=float(sum(run.fees_usd[-1] for run in runs)) + 0.0,
    )


def _openings(runs: Sequence[Replay]) -> FloatArray:
    """Cost of each month's opening, on the first day of the month."""
    cost = [np.zeros(run.n_steps) for run in runs]
    for days, run in zip(cost, runs, strict=True):
        days[0] = run.pnl_usd[0]
    return np.concatenate(cost)


@cache
def _setting(
    start: pd.Timestamp, end: pd.Timestamp
) -> tuple[float, pd.Series, pd.Series, FloatArray]:
    eth = _prices().loc[start:end, "ETH"]
    return (
        beta_before(start).beta,
        eth,
        book_from(start, end),
        daily_funding(pd.DatetimeIndex(eth.index)),
    )


def _month(start: pd.Timestamp, end: pd.Timestamp, active: NDArray[np.bool_]) -> Replay:
    beta, eth, book, funding = _setting(start, end)
    plan = plan_hedge(
        BOOK_USD,
        beta,
        _linear(),
        float(eth.iloc[0]),
        collateral="stablecoin",
        collateral_usd=2 * BOOK_USD,
        maintenance_rate=ASSUMED_MAINTENANCE_RATE,
    )
    return replay(plan, eth, book_usd=book, funding_rate=funding, active=active, band=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Gain of a rule next to the same rule at other times, as :func:`luck` returns it.

    Parameters
    ----------
    gain_usd : float
        What the hedge made while the rule had it on, costs left out.
    shifted_usd : ndarray
        The same for every shift of the rule in time.
    """

    gain_usd: float
    shifted_usd: FloatArray

    @property
    def beaten(self) -> float:
        """Share of the shifts that did worse."""
        return float(np.mean(self.shifted_usd < self.gain_usd))


def luck(always: Flown, never: Flown, rule: Flown) -> Luck:
    """Return the gain of a rule and of the same rule shifted in time.

    Parameters
    ----------
    always, never, rule : Flown

    Returns
    -------
    Luck
        Shifts of 30 days and more, the end of the years joined to their start.

    Notes
    -----
    **Source:** a rotation keeps how often and how long the hedge is on, and removes what the
    rule knew.

    Examples
    --------
    >>> on, off = (fly(n, np.full(1461, n == "on")) for n in ("on", "off"))
    >>> luck(on, off, on).beaten
    0.0
    """
    hedge = always.steps_usd - never.steps_usd
    flags = rule.active[:-1]
    shifts = range(30, flags.size - 29)
    shifted = np.array([hedge[np.roll(flags, k)].sum() for k in shifts])
    gain = float(hedge[flags].sum())
    # The same sum in another order is the same.
    shifted[np.isclose(shifted, gain, rtol=1e-12)] = gain
    return Luck(gain_usd=gain, shifted_usd=shifted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """Rules side by side, and the one that the reader expected to make the most.

    Parameters
    ----------
    flown : sequence of Flown
    guess : str, optional
        The name of one.
    """

    flown: Sequence[Flown]
    guess: str | None = None

    def table(self) -> Table:
        """Return the rules as a table."""
        head = (
            "rule", "days on", "switches", "profit", "maximum drawdown", "worst month", "daily sd",
            "funding", "fees",
        )  # fmt: skip
        caption = f"{self._span}, {usd(BOOK_USD)} each month, sd: standard deviation; {MODELLED}"
        return Table(head, [made.row() for made in self.flown], caption=caption)

    def scene(self) -> Scene:
        """Draw the profit of each rule, and above it the days on which its hedge was on."""
        size, box = (840.0, 460.0), (97.0, 64.0, 676.0, 402.0)
        ends = [value for made in self.flown for value in (made.pnl_usd.min(), made.pnl_usd.max())]
        low, high = min(ends), max(ends)
        bottom, top = low - 0.05 * (high - low), high + 0.22 * (high - low)
        marks: list[Mark] = [Rule(at=0.0)]
        strips: list[Mark] = []
        others = cycle(_OTHER_RULES)
        for made in self.flown:
            known = made.name in _KNOWN_RULES
            role = _KNOWN_RULES[made.name] if known else next(others)
            guessed = made.name == self.guess
            name = f"{made.name}\n{usd(float(made.pnl_usd[-1]), signed=True)}"
            name += "\n◆ your guess" if guessed else ""
            x = day_numbers(made.dates)
            marks.append(Line(x=x, y=made.pnl_usd, role=role, width=2.6, name=name, bold=guessed))
            if not known:
                level = top - (0.035 * len(strips) + 0.0375) * (top - bottom)
                strips.append(_days_on(made, level, 0.025 * (top - bottom), role))
        first = day_numbers(self.flown[0].dates)
        across = Scale(
            label=f"bars at the top: hedge on ({MODELLED})", unit="day",
            limits=(float(first[0]), float(first[-1])),
        )  # fmt: skip
        up = Scale(
            label="sum of monthly profits (USD)", unit="usd", signed=True, limits=(bottom, top)
        )
        drawn = panel([*marks, *strips], across, up, box=box, width=size[0])
        return Scene(
            title=self._title(), alt=self._alt(), panels=(drawn,), table=self.table(), size=size
        )

    @property
    def _span(self) -> str:
        dates = self.flown[0].dates
        return f"{dates[1]:%B %Y} to {dates[-1]:%B %Y}"

    def _title(self) -> str:
        best = max(self.flown, key=lambda made: made.pnl_usd[-1])
        shallow = min(self.flown, key=lambda made: made.deepest_usd)
        if best is shallow:
            return f"“{best.name}” made most, with the smallest drawdown"
        return f"Most profit: {best.name}. Smallest maximum drawdown: {shallow.name}"

    def _alt(self) -> str:
        parts = "; ".join(
            f"{made.name}: {usd(float(made.pnl_usd[-1]), signed=True)}, maximum "
            f"drawdown {usd(made.deepest_usd)}, on {percent(float(made.active[:-1].mean()))} of "
            "days"
            for made in self.flown
        )
        finding = f"{self._title()}, {self._span}. {parts}. ({MODELLED.capitalize()}.)"
        return finding if self.guess is None else f"{finding} Your guess was “{self.guess}”."

    def _repr_html_(self) -> str:
        return self.table().html()


_KNOWN_RULES: Mapping[str, Role] = {"never on": "unhedged", "always on": "total"}
_OTHER_RULES: tuple[Role, ...] = ("altcoins", "good", "short")


def _days_on(made: Flown, level: float, height: float, role: Role) -> Bars:
    """Draw a bar over each stretch of days on which the hedge was on."""
    flags = np.concatenate([[False], made.active[:-1], [False]]).astype(int)
    x, switch = day_numbers(made.dates), np.diff(flags)
    starts, ends = x[np.flatnonzero(switch > 0)], x[np.flatnonzero(switch < 0)]
    return Bars(
        at=np.full(starts.size, level), start=starts, end=ends, thickness=height, across=True,
        role=role,
    )  # fmt: skip


def rallies_beyond(rise: float, days: int) -> float:
    """Return the share of days after which ETH closed higher by a given rise.

    Parameters
    ----------
    rise : float
        Decimal, > 0.
    days : int
        >= 1.

    Returns
    -------
    float
        Decimal; of the days that have as many days after them.

    Raises
    ------
    InvalidInput
        A rise that is not > 0.

    Notes
    -----
    **Source:** ``data/prices.csv``; highs between two closes are not seen.

    Examples
    --------
    >>> rallies_beyond(0.1, 30) > rallies_beyond(0.5, 30)
    True
    """
    (rise,) = scalars(rise=(rise, POSITIVE))
    eth = _prices()["ETH"].to_numpy(dtype=float)
    ahead = np.lib.stride_tricks.sliding_window_view(eth[1:], days).max(axis=1)
    return float(np.mean(ahead >= eth[: ahead.size] * (1 + rise)))


def guess_trade(book_usd: float, move: float) -> tuple[Prediction, dict[str, float]]:
    """Ask what must be traded after a move, at beta 1.

    Parameters
    ----------
    book_usd, move : float

    Returns
    -------
    Prediction, dict of str to float
        And what each option is on the picture, USD.
    """
    cut, nothing, more = book_usd * move, 0.0, -book_usd * move
    options = {
        f"buy back {usd(abs(cut))}": "The book has shrunk, so the short should shrink. But the "
        "account has gained what the book has lost, and its coins must be hedged as well.",
        "nothing": "The book lost what the account gained, so the exposure is the same as before.",
        f"sell {usd(abs(more))} more": "That would be a bet on a further fall. The size of a hedge "
        "follows from your exposure, and that has not changed.",
    }
    question = (
        f"A book of {usd(book_usd)} with a beta of 1 is hedged exactly, with bought ETH as margin. "
        f"ETH falls by {percent(-move)}. What do you have to trade to be hedged exactly again?"
    )
    where = dict(zip(options, (cut, nothing, more), strict=True))
    return predict(question, options, answer="nothing"), where


def guess_end(found: Crash, kept: Crash) -> Prediction:
    """Ask for the profit of a hedge that a rally meets before the crash.

    Parameters
    ----------
    found : Crash
        In which the plan is liquidated.
    kept : Crash
        The same, with margin added in time.

    Returns
    -------
    Prediction
        Each option begins with a number of dollars.

    Raises
    ------
    InvalidInput
        A crash in which the plan is not liquidated, or with margin added is.
    """
    gone, posted = found.runs.plan.liquidated_at, found.runs.plan.plan.collateral_usd
    if gone is None or kept.runs.plan.liquidated_at is not None:
        raise InvalidInput(
            f"{found.name}: the plan must be liquidated, and with margin added must not be; take "
            "another crash or leverage"
        )
    unhedged, _, plan = found.outcomes
    alive, naked, dead = (o.pnl_usd for o in (kept.outcomes[2], unhedged, plan))
    above, same, below = (
        f"{usd(value, signed=True)}: {words}"
        for value, words in (
            (alive, "the hedge worked in the crash"),
            (naked, "in the end it made no difference"),
            (dead, "less than without a hedge"),
        )
    )
    return predict(
        f"The hedge is opened on {found.day(0)} at {found.runs.plan.plan.leverage:.0f}x, and no "
        f"margin is added. At the end, on {found.day(found.runs.plan.n_steps)}, the unhedged book "
        f"has made {usd(naked, signed=True)}. What has the hedged one made?",
        {
            above: "That would be the result if the hedge had been open in the crash.",
            same: "While it is open, a hedge gives up the gains. A liquidated one does not "
            "offset the losses.",
            below: f"It was liquidated on {found.day(gone)}, in the rally, and lost its whole "
            f"margin of {usd(posted)}. In the crash the book had no hedge.",
        },
        answer=below,
    )


def guess_best_rule(flown: Sequence[Flown]) -> Prediction:
    """Ask which of the rules made the most money.

    Parameters
    ----------
    flown : sequence of Flown
        With "always on" and "never on" among them.

    Returns
    -------
    Prediction
    """
    by_name = {made.name: float(made.pnl_usd[-1]) for made in flown}
    best = max(by_name, key=lambda name: by_name[name])
    made = {name: f"It made {usd(value, signed=True)}." for name, value in by_name.items()}
    made["never on"] += (
        " Over these years the coins rose, and each of the others gave up some of that."
    )
    made["always on"] += " It had the lowest daily volatility, and that was not free."
    return predict(
        "Nearly four years, two of them wild. Which of these makes the most money?",
        made,
        answer=best,
    )
