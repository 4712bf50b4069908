"""What a path of moves does to a plan: margin, funding, fees, rebalancing and liquidation.

One path is replayed with every column, many paths with the summary only. Both run the same lines:
:mod:`hedgelib._walk` is plain Python for the one and, with numba, compiled for the many.

Values that are not accepted, and shapes or dates that do not go together, raise
:class:`hedgelib.errors.InvalidInput`; fewer than two prices :class:`hedgelib.errors.NotEnoughData`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib import _walk
from hedgelib._check import (
    ABOVE_MINUS_ONE,
    FINITE,
    FRACTION,
    POSITIVE,
    RATE,
    SHARE,
    FloatArray,
    Rule,
    extremes,
    instance,
    numbers,
    one_of,
    scalars,
)
from hedgelib._extras import how_to_install
from hedgelib._result import drawdown, whole
from hedgelib._text import Table, percent, usd
from hedgelib.contracts import round_contracts
from hedgelib.errors import InvalidInput
from hedgelib.margin import MarginTiers
from hedgelib.paths import Paths, common_dates, fixed, history
from hedgelib.plan import HedgePlan

__all__ = [
    "Comparison",
    "Outcome",
    "Replay",
    "ReplaySummary",
    "TopUp",
    "compare",
    "replay",
    "replay_many",
]

Sizing: TypeAlias = Literal["plan", "naive"]

_BUDGET = Rule(">= 0, or inf for no limit", lambda x: x >= 0)
_BAND = Rule("a decimal from 0 to below 1, a share of the target", FRACTION.holds)
_NO_CAP = 1e12
_SAME_PRICE = 1e-9
_MANY_STEPS, _SECONDS_PER_MILLION = 2_000_000, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """When to add margin from outside, how much, and when to stop.

    Parameters
    ----------
    trigger, leverage : float
        Equity over notional, a decimal above 0, below which margin is added; leverage that the
        top-up brings it down to, > 0 and below ``1 / trigger``, or the trigger would fire again at
        once.
    budget_usd : float
        The most that is added in all, >= 0; ``inf`` for no limit.
    """

    trigger: float
    leverage: float
    budget_usd: float = float("inf")

    def __post_init__(self) -> None:
        scalars(
            trigger=(self.trigger, POSITIVE),
            leverage=self.leverage,
            budget_usd=(self.budget_usd, _BUDGET),
        )
        if self.leverage * self.trigger >= 1:
            raise InvalidInput(
                f"leverage must be below 1 / trigger, {1 / self.trigger:g}, got {self.leverage:g}: "
                "a top-up has to end above its trigger"
            )


_NO_TOP_UP = TopUp(trigger=1e-300, leverage=1.0, budget_usd=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a path, in a few numbers.

    Parameters
    ----------
    pnl_usd : float
        Profit without money that came from outside.
    max_drawdown, max_drawdown_usd : float
        Greatest fall from a peak of wealth, as a decimal of that peak, and in USD.
    worst_step_usd, step_sd_usd : float
        Greatest loss in one step, as a negative number, 0 if there was none; standard deviation of
        the profit of a step (n - 1; 0 for a single step).
    effectiveness : float or None
        Share of the variance of the unhedged book's steps that the hedge removed; ``None`` where
        that book did not vary.
    funding_usd, costs_usd : float
        Funding received; fees and slippage, negative.
    liquidated_at : int or None
        Step of the liquidation.
    """

    name: str
    pnl_usd: float
    max_drawdown: float
    max_drawdown_usd: float
    worst_step_usd: float
    step_sd_usd: float
    effectiveness: float | None = 0.0
    funding_usd: float = 0.0
    costs_usd: float = 0.0
    liquidated_at: int | None = None

    def row(self) -> dict[str, Any]:
        """Return every number by name."""
        return {key: getattr(self, key) for key in self.__slots__}


def _fix_arrays(result: Replay | ReplaySummary) -> None:
    """Make the columns of a result as fixed as the result itself."""
    for name in result.__slots__:
        column = getattr(result, name)
        if isinstance(column, np.ndarray):
            object.__setattr__(result, name, fixed(column))


def _outcome(name: str, wealth: FloatArray, before: float) -> Outcome:
    """Sum up wealth along a path; `before` is what there was before anything was traded."""
    peak, steps = np.maximum.accumulate(wealth), np.diff(wealth)
    with extremes("replay"):
        return Outcome(
            name=name,
            pnl_usd=float(wealth[-1] - before),
            max_drawdown=float(np.max(1 - wealth / peak)),
            max_drawdown_usd=drawdown(wealth),
            worst_step_usd=float(min(steps.min(), 0.0)),
            step_sd_usd=float(steps.std(ddof=1)) if steps.size > 1 else 0.0,
        )


def _side_by_side(outcomes: Sequence[Outcome]) -> list[Sequence[str]]:
    """Return the lines of a table with a column for each outcome."""
    return [
        ("profit", *(usd(o.pnl_usd, signed=True) for o in outcomes)),
        ("maximum drawdown", *(usd(-o.max_drawdown_usd) for o in outcomes)),
        ("worst step", *(usd(o.worst_step_usd) for o in outcomes)),
        ("standard deviation of a step", *(usd(o.step_sd_usd) for o in outcomes)),
        (
            "variance reduction",
            *("" if o.effectiveness is None else percent(o.effectiveness) for o in outcomes),
        ),
        ("funding", *(usd(o.funding_usd, signed=True) for o in outcomes)),
        ("fees and slippage", *(usd(o.costs_usd) for o in outcomes)),
        (
            "liquidated",
            *("no" if o.liquidated_at is None else f"step {o.liquidated_at}" for o in outcomes),
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A plan replayed along one path: made by :func:`replay`.

    Columns are arrays of shape (n_steps + 1,), a value for each date after what was traded on it;
    those in ``_pnl_usd``, funding, fees, slippage and the rest of the attribution are sums since
    the start.

    Parameters
    ----------
    label : str
        Where the prices come from.
    price_usd, perp_usd, book_usd : ndarray
        Of the hedge coin, and of the contract; what is kept in the spot wallet.
    unhedged_usd, contracts, notional_usd : ndarray
        The original book, with no hedge and no new money; signed; at the mark, unsigned.
    equity_coin, equity_usd, wealth_usd : ndarray
        Of the futures account, in coin 0 where its margin is a stablecoin; book and account.
    margin_ratio : ndarray
        Equity over notional before anything is traded on the date (at the start: after opening);
        ``inf`` without a position.
    active, liquidated : ndarray of bool
        Whether the rules want the hedge on; from the date of the liquidation on.
    collateral_pnl_usd, hedge_pnl_usd, basis_pnl_usd : ndarray
        Of the coins in the wallet; of the contracts as if they traded at spot; and what their
        premium over spot adds.
    funding_usd, fees_usd, slippage_usd : ndarray
        Funding received, negative is paid; costs, negative.
    liquidation_usd, top_ups_usd : ndarray
        What the venue keeps of the account, negative, but above zero where the price was past
        bankruptcy already and the venue bears the rest; added from outside.
    """

    plan: HedgePlan
    label: str
    dates: NDArray[np.datetime64] | None
    hours_per_step: float
    price_usd: FloatArray
    perp_usd: FloatArray
    book_usd: FloatArray
    unhedged_usd: FloatArray
    contracts: FloatArray
    notional_usd: FloatArray
    equity_coin: FloatArray
    equity_usd: FloatArray
    wealth_usd: FloatArray
    margin_ratio: FloatArray
    active: NDArray[np.bool_]
    liquidated: NDArray[np.bool_]
    collateral_pnl_usd: FloatArray
    hedge_pnl_usd: FloatArray
    basis_pnl_usd: FloatArray
    funding_usd: FloatArray
    fees_usd: FloatArray
    slippage_usd: FloatArray
    liquidation_usd: FloatArray
    top_ups_usd: FloatArray

    _not_columns: ClassVar[tuple[str, ...]] = ("plan", "label", "dates", "hours_per_step")

    def __post_init__(self) -> None:
        _fix_arrays(self)

    @property
    def n_steps(self) -> int:
        """Number of steps, one less than dates."""
        return int(self.price_usd.size) - 1

    @property
    def start_wealth_usd(self) -> float:
        """Book and margin before anything was traded."""
        return self.plan.kept_usd + self.plan.collateral_usd

    @property
    def pnl_usd(self) -> FloatArray:
        """Profit since the start, money from outside left out."""
        return self.wealth_usd - self.top_ups_usd - self.start_wealth_usd

    @property
    def spot_pnl_usd(self) -> FloatArray:
        """Profit of the book since the start."""
        return self.book_usd - self.plan.kept_usd

    @property
    def unhedged_pnl_usd(self) -> FloatArray:
        """Profit since the start of the original book, had nobody hedged."""
        return self.unhedged_usd - self.plan.book_usd

    @property
    def liquidated_at(self) -> int | None:
        """Step of the liquidation, ``None`` if there was none."""
        return int(np.argmax(self.liquidated)) if self.liquidated[-1] else None

    @property
    def lost_usd(self) -> float:
        """What the account was worth on the date before its liquidation; 0 if there was none."""
        return 0.0 if self.liquidated_at is None else float(self.equity_usd[self.liquidated_at - 1])

    @property
    def min_margin_ratio(self) -> float:
        """Lowest equity over notional; ``inf`` if there never was a position."""
        return float(self.margin_ratio.min())

    @property
    def hedged(self) -> Outcome:
        """Outcome of the plan."""
        hedged = _outcome("hedged", self.wealth_usd - self.top_ups_usd, self.start_wealth_usd)
        without = self.unhedged.step_sd_usd
        return replace(
            hedged,
            effectiveness=1 - (hedged.step_sd_usd / without) ** 2 if without > 0 else None,
            funding_usd=float(self.funding_usd[-1]),
            costs_usd=float(self.fees_usd[-1] + self.slippage_usd[-1]),
            liquidated_at=self.liquidated_at,
        )

    @property
    def unhedged(self) -> Outcome:
        """Outcome of the original book, unhedged."""
        return _outcome("unhedged", self.unhedged_usd, self.plan.book_usd)

    def pnl_if_venue_fails_usd(self, step: int) -> FloatArray:
        """Return the profit since the start if the venue fails on a step, shape (n_steps + 1,).

        Formula: from that step on the account, its margin and its open profit, is lost and the
        hedge over: the book that is kept, less what was posted and added until then. **Source:**
        wealth is book and account, and the account is nothing. A step after the end, or after a
        liquidation, changes nothing.

        Parameters
        ----------
        step : int
            Counted from the start, >= 1.
        """
        step = whole("step", step, least=1)
        at = np.arange(self.price_usd.size)
        added = self.top_ups_usd[np.minimum(at, step)]
        return np.where(at < step, self.pnl_usd, self.book_usd - added - self.start_wealth_usd)

    def attribution(self) -> dict[str, float]:
        """Split the change of wealth, top-ups included, into what it came from; USD."""
        return {name: float(column[-1]) for name, column in self._parts().items()}

    def _parts(self) -> dict[str, FloatArray]:
        return {
            "spot": self.spot_pnl_usd,
            "collateral": self.collateral_pnl_usd,
            "hedge": self.hedge_pnl_usd,
            "basis": self.basis_pnl_usd,
            "funding": self.funding_usd,
            "fees": self.fees_usd,
            "slippage": self.slippage_usd,
            "liquidation": self.liquidation_usd,
            "top-ups": self.top_ups_usd,
        }

    def columns(self) -> dict[str, np.ndarray]:
        """Return every column by name, for a table."""
        names = [name for name in self.__slots__ if name not in self._not_columns]
        derived = {
            "spot_pnl_usd": self.spot_pnl_usd,
            "pnl_usd": self.pnl_usd,
            "unhedged_pnl_usd": self.unhedged_pnl_usd,
        }
        return {name: getattr(self, name) for name in names} | derived

    def __str__(self) -> str:
        end = ""
        if self.liquidated_at is not None:
            at = self.liquidated_at
            when = f"step {at}" if self.dates is None else str(self.dates[at].astype("M8[D]"))
            end = (
                f"; liquidated at {usd(self.perp_usd[at], cents=True)} ({when}), "
                f"all {usd(self.lost_usd)} of margin lost"
            )
        return (
            f"{self.label}: {usd(self.pnl_usd[-1], signed=True)} hedged, "
            f"{usd(self.unhedged_pnl_usd[-1], signed=True)} unhedged{end}"
        )

    def _repr_html_(self) -> str:
        lines = _side_by_side((self.hedged, self.unhedged))
        lines += [
            (f"from {name}", usd(value, signed=True), "")
            for name, value in self.attribution().items()
            if value or name in ("spot", "hedge")
        ]
        return Table(("outcome", "hedged", "unhedged"), lines, caption=str(self)).html()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySummary:
    """A plan replayed along many paths, one number of each: made by :func:`replay_many`.

    Arrays have shape (n_paths,).

    Parameters
    ----------
    label, start_wealth_usd : str, float
        Where the prices come from; book and margin before anything was traded.
    wealth_usd, book_usd, unhedged_usd, pnl_usd, unhedged_pnl_usd : ndarray
        At the end: all of it, what was kept in the spot wallet, and the original book unhedged;
        profit, money from outside left out.
    funding_usd, fees_usd, slippage_usd, liquidation_usd, top_ups_usd : ndarray
        Sums over the path, as in :class:`Replay`.
    liquidated_at : ndarray of int
        Step of the liquidation, -1 where there was none.
    min_margin_ratio : ndarray
        Lowest equity over notional; ``inf`` if there never was a position.
    max_drawdown, unhedged_max_drawdown : ndarray
        Maximum drawdown of wealth, a decimal of its peak.
    """

    plan: HedgePlan
    label: str
    n_steps: int
    hours_per_step: float
    start_wealth_usd: float
    wealth_usd: FloatArray
    book_usd: FloatArray
    unhedged_usd: FloatArray
    pnl_usd: FloatArray
    unhedged_pnl_usd: FloatArray
    funding_usd: FloatArray
    fees_usd: FloatArray
    slippage_usd: FloatArray
    liquidation_usd: FloatArray
    top_ups_usd: FloatArray
    liquidated_at: NDArray[np.int64]
    min_margin_ratio: FloatArray
    max_drawdown: FloatArray
    unhedged_max_drawdown: FloatArray

    def __post_init__(self) -> None:
        _fix_arrays(self)

    @property
    def n_paths(self) -> int:
        """Number of paths."""
        return int(self.wealth_usd.size)

    @property
    def liquidated_share(self) -> float:
        """Share of the paths that end in liquidation."""
        return float(np.mean(self.liquidated_at >= 0))

    def quantiles(
        self, name: str = "pnl_usd", levels: ArrayLike = (0.05, 0.25, 0.5, 0.75, 0.95)
    ) -> FloatArray:
        """Return quantiles over the paths of one of the arrays, by its name; levels are 0 to 1."""
        arrays = tuple(n for n in self.__slots__ if isinstance(getattr(self, n), np.ndarray))
        one_of("name", name, arrays)
        (levels,) = numbers(levels=(levels, SHARE))
        # An actual path, not one between two: ratios can be infinite.
        return np.asarray(np.quantile(getattr(self, name), levels, method="inverted_cdf"))

    def __str__(self) -> str:
        low, half, high = self.quantiles(levels=(0.05, 0.5, 0.95))
        return (
            f"{self.label}: {self.n_paths:,} paths of {self.n_steps:,} steps, median profit "
            f"{usd(half, signed=True)}, 90% between {usd(low, signed=True)} and "
            f"{usd(high, signed=True)}, {percent(self.liquidated_share, digits=1)} liquidated"
        )

    def _repr_html_(self) -> str:
        money = ("pnl_usd", "unhedged_pnl_usd", "funding_usd", "fees_usd", "liquidation_usd")
        rows = [
            (name.removesuffix("_usd").replace("_", " "), *(usd(q) for q in self.quantiles(name)))
            for name in (*money, "top_ups_usd")
        ]
        rows += [
            (name.replace("_", " "), *(percent(q) for q in self.quantiles(name)))
            for name in ("max_drawdown", "unhedged_max_drawdown", "min_margin_ratio")
        ]
        return Table(
            ("outcome", "5%", "25%", "median", "75%", "95%"), rows, caption=str(self)
        ).html()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The unhedged book, the naive hedge and the plan on one path: made by :func:`compare`.

    `naive` is 1:1 with the collateral left out; both hold the outcome of the unhedged book.
    """

    naive: Replay
    plan: Replay

    @property
    def outcomes(self) -> tuple[Outcome, Outcome, Outcome]:
        """Outcomes of the three: unhedged, naive, plan."""
        return (
            self.plan.unhedged,
            replace(self.naive.hedged, name="naive 1:1"),
            replace(self.plan.hedged, name="plan"),
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the fields of each of the three outcomes, for a table."""
        return [outcome.row() for outcome in self.outcomes]

    def _repr_html_(self) -> str:
        names = ("outcome", *(outcome.name for outcome in self.outcomes))
        return Table(names, _side_by_side(self.outcomes), caption=self.plan.label).html()


class Options(TypedDict, total=False):
    """The keywords of :func:`replay`, for the functions that pass them on."""

    book_usd: ArrayLike | None
    residual: ArrayLike
    funding_rate: ArrayLike | None
    basis: ArrayLike
    active: ArrayLike
    rebalance_every: int | None
    band: float | None
    slippage_rate: float
    top_up: TopUp | None
    whole_contracts: bool
    max_leverage: float | None
    maintenance_rate: float | None
    sizing: Sizing
    dates: ArrayLike | None
    hours_per_step: float | None


def replay(
    plan: HedgePlan,
    prices_usd: ArrayLike | Paths,
    *,
    book_usd: ArrayLike | None = None,
    residual: ArrayLike = 0.0,
    funding_rate: ArrayLike | None = None,
    basis: ArrayLike = 0.0,
    active: ArrayLike = True,
    rebalance_every: int | None = None,
    band: float | None = None,
    slippage_rate: float = 0.0,
    top_up: TopUp | None = None,
    whole_contracts: bool = True,
    max_leverage: float | None = None,
    maintenance_rate: float | None = None,
    sizing: Sizing = "plan",
    dates: ArrayLike | None = None,
    hours_per_step: float | None = None,
) -> Replay:
    """Replay a plan along one path of prices.

    On each date, in this order: the market moves, funding is settled on the mark, the margin is
    compared with maintenance, a top-up is made if its trigger is reached, and the rules of the date
    are acted on at its price: off closes, on opens, and a change of size is made when it is due.

    Formula: the short wanted is ``kept_beta K + coins S - ((1 - h) beta + target_beta) V``, with
    `K` the book kept, `h` the hedge ratio, and the coins all those of the account, profit and
    funding included. `V` is the whole book, which moves as `K` does: `target_beta` is that of the
    whole book, also where a part of it became margin. Where no margin came out of the book the two
    are one, and the short is ``h beta V + coins S - target_beta V``. With coin margin a change of
    size is divided by ``1 + c`` when the short grows and by ``1 - c`` when it shrinks, with ``c``
    the fee and the slippage together, since they leave the wallet in coin. A short wanted beyond
    `max_leverage` times the equity is trimmed to that, and not refused; one that is on already is
    not reduced for it. With `whole_contracts` a change rounds to the nearest lot, a half to the
    even one, whatever the rounding of the plan. **Source:** the dollar delta of a
    coin-margined account is its equity less its notional. A liquidation takes the whole margin, as
    in :func:`hedgelib.scenario.run_scenario`, and the book goes on unhedged; a book cannot lose
    more than itself; sizes leave the basis out, as the plan does. Nothing is seen between two
    dates: a spike that reverses before the close liquidates in reality and not here, so finer steps
    find liquidations that coarse ones miss.

    Parameters
    ----------
    plan : HedgePlan
        Placed on the first date, at its own price; the opening costs must leave the margin above
        maintenance.
    prices_usd : array_like, shape (n_steps + 1,), or Paths
        > 0, starting at the plan's price; a pandas series brings its dates along.
    book_usd : array_like, shape (n_steps + 1,), optional
        Value of the whole book in any unit; modelled as beta times the coin's return when left out.
    residual : array_like, scalar or shape (n_steps,)
        Return of a modelled book beyond that, decimal per step.
    funding_rate : array_like, scalar or shape (n_steps,), optional
        Decimal per step: three settlements of 8 hours make the rate of a day. Above zero the short
        receives. That of the Paths when left out, else 0.
    basis : array_like, scalar or shape (n_steps + 1,)
        Contract over spot, less one, decimal above -1.
    active : array_like of bool, scalar or shape (n_steps + 1,)
        Whether the hedge is to be on, as :mod:`hedgelib.rules` decide from the data up to that
        date.
    rebalance_every : int, optional
        Steps between checks of the size; never when left out, unless there is a band.
    band : float, optional
        A change no larger than this share of the target is not traded; checked on every step
        unless `rebalance_every` says otherwise.
    slippage_rate : float
        Loss to the spread in each trade, decimal of what is traded, besides the plan's fee.
    top_up : TopUp, optional
        Margin added from outside; none when left out.
    whole_contracts : bool
        Whether changes are rounded to the contract's lot, or made to the last cent.
    max_leverage, maintenance_rate : float, optional
        The venue refuses to enlarge a position beyond this, the contract's own cap when left out;
        flat rate, the plan's ladder when left out.
    sizing : {"plan", "naive"}
        As the plan, or 1:1: the value of the book, whatever its beta and its collateral.
    hours_per_step : float, optional
        As for :func:`hedgelib.paths.history`.

    Examples
    --------
    >>> from hedgelib.contracts import ContractTerms
    >>> from hedgelib.plan import plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> run = replay(plan, [3500, 2975, 3100], funding_rate=0.0003)
    >>> run.wealth_usd.round(2), run.unhedged_usd.round(2)
    (array([99000.  , 99029.7 , 99060.65]), array([50000.  , 42500.  , 44285.71]))
    """
    with extremes("replay"):
        setup = _set_up(
            plan,
            prices_usd,
            many=False,
            book_usd=book_usd,
            residual=residual,
            funding_rate=funding_rate,
            basis=basis,
            active=active,
            rebalance_every=rebalance_every,
            band=band,
            slippage_rate=slippage_rate,
            top_up=top_up,
            whole_contracts=whole_contracts,
            max_leverage=max_leverage,
            maintenance_rate=maintenance_rate,
            sizing=sizing,
            dates=dates,
            hours_per_step=hours_per_step,
        )
        record = np.empty((setup.paths.n_steps + 1, len(_walk.RECORD)))
        outcome = np.empty(len(_walk.OUTCOME))
        # Python's own floats are several times as fast as numpy's scalars.
        columns = _walk.Columns(*(column[0].tolist() for column in setup.columns))
        ladder = setup.rates.tolist(), setup.amounts.tolist()
        _walk.walk(setup.terms, *ladder, columns, setup.first, outcome, record)
        _refuse_overflow(record[:, :-1])
        return _replay_of(setup, record, liquidated_at=int(outcome[7]))


def _replay_of(setup: _Setup, record: FloatArray, *, liquidated_at: int) -> Replay:
    """Turn what a walk wrote down into columns."""
    plan, paths, terms = setup.plan, setup.paths, setup.terms
    r: dict[str, Any] = dict(zip(_walk.RECORD, record.T, strict=True))
    price, gap = paths.prices_usd[0], setup.columns.spot_per_perp[0]
    # Arithmetic and nothing else, so it does for whole columns what it does for a date.
    bar: Any = _walk.bar_at(terms, price, gap)
    nothing: Any = np.zeros_like(price)
    account = _walk.Account(r["wallet"], r["paid"], r["short"], nothing, nothing)
    equity: Any = _walk.equity_usd(bar, account)
    contracts = 0.0 - r["short"] / plan.contract.multiplier
    if terms.lot:
        # Face over multiplier is only nearly the whole number of lots that it stands for.
        contracts = round_contracts(contracts, "nearest", plan.contract.lot)
    return Replay(
        plan=plan,
        label=paths.label,
        dates=paths.dates,
        hours_per_step=paths.step_hours,
        price_usd=price,
        perp_usd=price / gap,
        book_usd=r["kept"],
        unhedged_usd=r["whole"],
        contracts=contracts,
        notional_usd=np.abs(r["short"] * bar.short),
        equity_coin=equity / price if plan.holds_coin else nothing,
        equity_usd=equity,
        wealth_usd=r["kept"] + equity,
        margin_ratio=r["ratio"],
        active=setup.columns.active[0],
        liquidated=(np.arange(price.size) >= liquidated_at) & (liquidated_at >= 0),
        collateral_pnl_usd=r["collateral"],
        hedge_pnl_usd=r["hedge"],
        basis_pnl_usd=r["basis"],
        funding_usd=r["funding"],
        fees_usd=0.0 - r["turnover"] * plan.fee_rate,
        slippage_usd=0.0 - r["turnover"] * setup.slippage_rate,
        liquidation_usd=0.0 - r["lost"],
        top_ups_usd=r["added"],
    )


def replay_many(
    plan: HedgePlan, prices_usd: ArrayLike | Paths, **options: Unpack[Options]
) -> ReplaySummary:
    """Replay a plan along many paths of prices, and keep the summary of each.

    **Source:** the lines of :func:`replay`, compiled where numba is installed (the extra `fast`).
    Compiling takes some seconds the first time ever and is kept on disk. Without numba the same
    lines run in the interpreter, a million steps in about four seconds; where that takes long, it
    is logged once. Besides the prices it needs memory for the summary only.

    Parameters
    ----------
    prices_usd : array_like, shape (n_paths, n_steps + 1), or Paths
        USD per coin, > 0, every path starting at the plan's price.
    **options
        As for :func:`replay`; a column may be one for all paths, or have a row for each.

    Examples
    --------
    >>> from hedgelib.contracts import ContractTerms
    >>> from hedgelib.paths import Gbm, gbm_paths
    >>> from hedgelib.plan import plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, max_leverage=3.0, fee_rate=0)
    >>> month = gbm_paths(Gbm(drift=0, volatility=0.05, n=365), 1000, 30, seed=3, price_usd=3500)
    >>> end = replay_many(plan, month)
    >>> bool(end.pnl_usd.std() < 0.5 * end.unhedged_pnl_usd.std()), end.liquidated_share
    (True, 0.111)
    """
    with extremes("replay_many"):
        setup = _set_up(plan, prices_usd, many=True, **options)
        out = np.empty((setup.paths.n_paths, len(_walk.OUTCOME)))
        walk = _walk.compiled()
        if walk is None:
            if setup.paths.n_paths * setup.paths.n_steps >= _MANY_STEPS:
                _note_slowness()
            walk = _walk.walk_in_python
        walk(setup.terms, setup.rates, setup.amounts, setup.columns, setup.first, out)
        end = dict(zip(_walk.OUTCOME, out.T, strict=True))
        _refuse_overflow(*(column for name, column in end.items() if name != "least_ratio"))
        return _summary_of(setup, end)


@cache
def _note_slowness() -> None:
    """Log, once, how long a replay without numba takes and how to make it fast."""
    logging.getLogger("hedgelib").warning(
        "replay_many runs in the interpreter, about %d seconds for a million steps; "
        "to have it compiled: %s",
        _SECONDS_PER_MILLION,
        how_to_install("numba"),
    )


def _summary_of(setup: _Setup, end: dict[str, FloatArray]) -> ReplaySummary:
    """Turn what the walks ended with into arrays."""
    plan, paths = setup.plan, setup.paths
    before = plan.kept_usd + plan.collateral_usd
    wealth = end["kept"] + end["equity"]
    return ReplaySummary(
        plan=plan,
        label=paths.label,
        n_steps=paths.n_steps,
        hours_per_step=paths.step_hours,
        start_wealth_usd=before,
        wealth_usd=wealth,
        book_usd=end["kept"],
        unhedged_usd=end["whole"],
        pnl_usd=wealth - end["added"] - before,
        unhedged_pnl_usd=end["whole"] - plan.book_usd,
        funding_usd=end["funding"],
        fees_usd=0.0 - end["turnover"] * plan.fee_rate,
        slippage_usd=0.0 - end["turnover"] * setup.slippage_rate,
        liquidation_usd=0.0 - end["lost"],
        top_ups_usd=end["added"],
        liquidated_at=end["liquidated_at"].astype(np.int64),
        min_margin_ratio=end["least_ratio"],
        max_drawdown=end["drawdown"],
        unhedged_max_drawdown=end["whole_drawdown"],
    )


def compare(
    plan: HedgePlan, prices_usd: ArrayLike | Paths, **options: Unpack[Options]
) -> Comparison:
    """Put the unhedged book, the naive 1:1 hedge and the plan side by side on one path.

    The naive hedge shorts the value of the book, whatever its beta, and leaves its own collateral
    out; it has the plan's margin and is never resized. Bought coin behind it is itself not hedged,
    so it hedges nothing else. **Source:** :func:`replay`, twice; arguments as there, without
    `sizing`.

    Examples
    --------
    >>> from hedgelib.contracts import ContractTerms
    >>> from hedgelib.plan import plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=50_000, fee_rate=0)
    >>> [round(row["pnl_usd"]) for row in compare(plan, [3500, 2975]).rows()]
    [-7500, -7500, 0]
    """
    if "sizing" in options:
        raise InvalidInput("compare sizes both ways; leave sizing out")
    left_alone: Options = {**options, "sizing": "naive", "rebalance_every": None, "band": None}
    return Comparison(
        naive=replay(plan, prices_usd, **left_alone), plan=replay(plan, prices_usd, **options)
    )


class _Setup(NamedTuple):
    """What a walk needs (see :mod:`hedgelib._walk`), and what its result is read with."""

    plan: HedgePlan
    paths: Paths
    terms: _walk.Terms
    rates: FloatArray
    amounts: FloatArray
    columns: _walk.Columns
    first: _walk.Start
    slippage_rate: float


def _set_up(
    plan: HedgePlan,
    prices_usd: ArrayLike | Paths,
    *,
    many: bool,
    book_usd: ArrayLike | None = None,
    residual: ArrayLike = 0.0,
    funding_rate: ArrayLike | None = None,
    basis: ArrayLike = 0.0,
    active: ArrayLike = True,
    rebalance_every: int | None = None,
    band: float | None = None,
    slippage_rate: float = 0.0,
    top_up: TopUp | None = None,
    whole_contracts: bool = True,
    max_leverage: float | None = None,
    maintenance_rate: float | None = None,
    sizing: Sizing = "plan",
    dates: ArrayLike | None = None,
    hours_per_step: float | None = None,
) -> _Setup:
    """Check everything, and put it into the form in which a walk takes it."""
    instance("plan", plan, HedgePlan)
    paths = _as_paths(prices_usd, book_usd, dates, hours_per_step, many)
    _same_start(plan, paths)
    (slippage_rate,) = scalars(slippage_rate=slippage_rate)
    (share,) = scalars(band=(0.0 if band is None else band, _BAND))
    tiers, in_face = _ladder(plan, maintenance_rate)
    columns = _columns(
        paths,
        residual=residual,
        funding_rate=paths.funding_rate if funding_rate is None else funding_rate,
        basis=basis,
        active=active,
        due=_due(1 if rebalance_every is None and band is not None else rebalance_every, paths),
    )
    terms, short = _terms(
        plan,
        paths,
        top_rate=tiers.rates[-1],
        tiers_in_face=in_face,
        cost_rate=plan.fee_rate + slippage_rate,
        band=share,
        top_up=top_up,
        whole_contracts=whole_contracts,
        max_leverage=max_leverage,
        sizing=sizing,
    )
    wallet = plan.collateral_usd / (plan.price_usd if plan.holds_coin else 1.0)
    setup = _Setup(
        plan=plan,
        paths=paths,
        terms=terms,
        rates=fixed(np.asarray(tiers.rates, float)),
        amounts=fixed(tiers.amounts),
        columns=columns,
        first=_walk.Start(float(plan.kept_usd), float(plan.book_usd), float(wallet), short),
        slippage_rate=slippage_rate,
    )
    _refuse_dead_start(setup)
    return setup


def _as_paths(
    prices_usd: ArrayLike | Paths,
    book_usd: ArrayLike | None,
    dates: ArrayLike | None,
    hours_per_step: float | None,
    many: bool,
) -> Paths:
    """Return the paths given, or make some of bare prices."""
    beside: dict[str, Any] = {
        "book_usd": book_usd,
        "dates": dates,
        "hours_per_step": hours_per_step,
    }
    if isinstance(prices_usd, Paths):
        for name, value in beside.items():
            if value is not None:
                raise InvalidInput(f"{name} must be part of the Paths; do not pass it as well")
        if not many and prices_usd.n_paths != 1:
            raise InvalidInput(
                f"replay takes one path, got {prices_usd.n_paths}: "
                "take paths.one(i), or replay_many"
            )
        return prices_usd
    label = "prices as given"
    if not many:
        return history(prices_usd, label=label, **beside)
    paths = Paths(
        label=label,
        prices_usd=prices_usd,  # type: ignore[arg-type]
        dates=dates,  # type: ignore[arg-type]
        hours_per_step=hours_per_step,
    )
    if book_usd is None:
        return paths
    common_dates(paths.dates, paths.utc, book_usd=book_usd)
    shape = paths.prices_usd.shape
    (book,) = numbers(book_usd=book_usd)
    return replace(paths, book_usd=np.broadcast_to(_rows("book_usd", book, *shape), shape))


def _same_start(plan: HedgePlan, paths: Paths) -> None:
    first = paths.prices_usd[:, 0]
    off = np.abs(first / plan.price_usd - 1) > _SAME_PRICE
    if off.any():
        raise InvalidInput(
            f"prices must start at the plan's {plan.price_usd:.10g}, got "
            f"{first[np.argmax(off)]:.10g}; plan at the price where the path starts, or take "
            "paths.starting_at(plan.price_usd)"
        )


def _ladder(plan: HedgePlan, maintenance_rate: float | None) -> tuple[MarginTiers, bool]:
    """Return the plan's maintenance, and whether its floors are in the face of the contract.

    Otherwise they are in coins for an inverse contract, in USD for a linear one.
    """
    terms, rate = plan.contract, plan.maintenance_rate
    if maintenance_rate is not None:
        (rate,) = scalars(maintenance_rate=maintenance_rate)
    tiers, in_face = MarginTiers(floors=(0.0,), rates=(rate,)), False
    own = terms.maintenance_rates
    if maintenance_rate is None and own and own[0] == rate:
        tiers = MarginTiers(floors=terms.maintenance_floors, rates=own)
        in_face = (terms.tier_unit == "usd") == (terms.kind == "inverse")
    if terms.liquidation_fee == "none" or (terms.kind == "inverse" and not plan.holds_coin):
        return tiers, in_face
    # A fee on top of every rate leaves the amounts between them as they are.
    fee = terms.taker_fee or 0.0
    rates = tuple(rate + fee for rate in tiers.rates)
    return MarginTiers(floors=tiers.floors, rates=rates), in_face


def _due(every: int | None, paths: Paths) -> NDArray[np.bool_]:
    """Return on which dates the size is looked at."""
    due = np.zeros(paths.n_steps + 1, dtype=bool)
    if every is not None:
        step = whole("rebalance_every", every, least=1)
        due[step::step] = True
    return due


def _columns(
    paths: Paths,
    *,
    residual: ArrayLike,
    funding_rate: ArrayLike | None,
    basis: ArrayLike,
    active: ArrayLike,
    due: NDArray[np.bool_],
) -> _walk.Columns:
    """Check the columns beside the price, and give each a row, or one for each path."""
    rate = 0.0 if funding_rate is None else funding_rate
    common_dates(
        paths.dates, paths.utc, residual=residual, funding_rate=rate, basis=basis, active=active
    )
    noise, rate, premium = (
        np.asarray(numbers(**{name: (value, rule)})[0])
        for name, value, rule in (
            ("residual", residual, FINITE),
            ("funding_rate", rate, RATE),
            ("basis", basis, ABOVE_MINUS_ONE),
        )
    )
    if paths.book_usd is not None and noise.any():
        raise InvalidInput("residual is for a modelled book, but these paths have one of their own")
    book = np.ones(()) if paths.book_usd is None else paths.book_usd
    n, steps = paths.n_paths, paths.n_steps
    return _walk.Columns(
        price=paths.prices_usd,
        spot_per_perp=_rows("basis", 1 / (1 + premium), n, steps + 1),
        funding=_rows("funding_rate", rate, n, steps),
        residual=_rows("residual", noise, n, steps),
        book=_rows("book_usd", book, n, steps + 1),
        active=_rows("active", _flags("active", active), n, steps + 1),
        due=_rows("due", due, n, steps + 1),
    )


def _flags(name: str, value: object) -> NDArray[np.bool_]:
    listed = value if isinstance(value, list | tuple) else ()
    plain = all(isinstance(item, bool | np.bool_) for item in listed)
    if plain and not np.ma.is_masked(value):
        flags = np.asarray(value)
        if flags.dtype == bool:
            return flags
    raise InvalidInput(f"{name} must be true or false for each date, got {value!r}")


def _rows(name: str, column: ArrayLike, n_paths: int, length: int) -> np.ndarray:
    """Return one row for all paths, or a row for each; nothing is copied that need not be."""
    array = np.asarray(column)
    rows = n_paths if array.ndim == 2 and array.shape[0] != 1 else 1
    if array.shape == (rows, length):
        return fixed(array)
    try:
        return fixed(np.broadcast_to(array, (rows, length)))
    except ValueError as error:
        raise InvalidInput(
            f"{name} must be one value, or have shape ({length},) or ({n_paths}, {length}), "
            f"got {array.shape}"
        ) from error


def _terms(
    plan: HedgePlan,
    paths: Paths,
    *,
    top_rate: float,
    tiers_in_face: bool,
    cost_rate: float,
    band: float,
    top_up: TopUp | None,
    whole_contracts: bool,
    max_leverage: float | None,
    sizing: Sizing,
) -> tuple[_walk.Terms, float]:
    """Return what stays the same along a path, and the face that is sold at the start."""
    one_of("sizing", sizing, ("plan", "naive"))
    instance("whole_contracts", whole_contracts, bool)
    if top_up is None:
        top_up = _NO_TOP_UP
    instance("top_up", top_up, TopUp)
    cap = plan.contract.max_leverage if max_leverage is None else max_leverage
    (cap,) = scalars(max_leverage=_NO_CAP if cap is None else cap)
    contract, inverse = plan.contract, plan.contract.kind == "inverse"
    at_entry = contract.maintenance_basis == "entry" and (plan.holds_coin or not inverse)
    lot = contract.multiplier * contract.lot
    per_kept, per_coin, per_whole, short = _sizes(plan, sizing)
    spent_in_coin = per_coin * cost_rate if plan.holds_coin else 0.0
    if max(abs(cost_rate), abs(spent_in_coin)) >= 1:
        raise InvalidInput(f"fee and slippage must be below 1 together, got {cost_rate:g}")
    used_coin, kept_share = _kept(plan, paths)
    terms = _walk.Terms(
        inverse=inverse,
        coin_margin=plan.holds_coin,
        maintenance_at_entry=at_entry,
        tiers_in_face=tiers_in_face,
        alarm=float("inf") if at_entry else max(top_rate, top_up.trigger),
        cost_rate=cost_rate,
        lot=lot if whole_contracts else 0.0,
        lots_per_face=1 / lot,
        max_leverage=cap,
        per_kept=per_kept,
        per_coin=per_coin,
        per_whole=per_whole,
        grow=1 / (1 + spent_in_coin),
        cut=1 / (1 - spent_in_coin),
        band=band,
        trigger=top_up.trigger,
        top_up_leverage=top_up.leverage,
        budget_usd=top_up.budget_usd,
        book_given=paths.book_usd is not None,
        kept_beta=plan.kept_beta,
        whole_beta=plan.beta,
        kept_share=kept_share,
        used_coin=used_coin,
    )
    # The compiler knows an int from a float; a caller's plan may hold either.
    return _walk.Terms._make(x if isinstance(x, bool) else float(x) for x in terms), float(short)


def _sizes(plan: HedgePlan, sizing: Sizing) -> tuple[float, float, float, float]:
    """Return the short wanted per USD of each book and of coin margin, and the face at the start.

    The books are the one kept and the one nobody hedged; the second is asked only where the whole
    book became margin and none is kept.
    """
    contract = plan.contract
    if sizing == "plan":
        per_kept, per_coin = plan.kept_beta, 1.0
        per_book = -plan.beta_left
        short = -plan.contracts * contract.multiplier
    else:
        per_kept, per_coin, per_book = 0.0, 0.0, 1.0
        face_usd = contract.multiplier * (1.0 if contract.kind == "inverse" else plan.price_usd)
        contracts = round_contracts(plan.book_usd / face_usd, "nearest", contract.lot)
        short = contracts * contract.multiplier
    if plan.kept_usd > 0:
        return per_kept + per_book * (plan.book_usd / plan.kept_usd), per_coin, 0.0, short
    return 0.0, per_coin, per_book, short


def _kept(plan: HedgePlan, paths: Paths) -> tuple[float, float]:
    """Return the coins of the book that became margin, and the share of the rest that was kept."""
    used_usd = 0.0
    if plan.collateral == "from_portfolio":
        used_usd = plan.collateral_usd - plan.sold_usd - plan.cash_sold_usd
    used_coin = used_usd / plan.price_usd
    if paths.book_usd is not None and plan.cash_sold_usd > 0:
        raise InvalidInput(
            "book_usd is that of the whole book, and the plan turned cash of it into margin, which "
            "does not move with the rest; leave book_usd out"
        )
    if paths.book_usd is not None and used_usd > 0:
        whole_usd = paths.book_usd / paths.book_usd[:, :1] * plan.book_usd
        if np.any(whole_usd < used_coin * paths.prices_usd * (1 - _SAME_PRICE)):
            raise InvalidInput(
                f"book_usd must stay above the {used_coin:.6g} {plan.contract.coin} that the book "
                "holds and posts as margin; give the value of the whole book, that coin included"
            )
    others_usd = plan.book_usd - used_usd
    return used_coin, plan.kept_usd / others_usd if others_usd > 0 else 0.0


def _refuse_dead_start(setup: _Setup) -> None:
    """Refuse a position that the costs of opening it would bring down to maintenance margin."""
    k, c, first = setup.terms, setup.columns, setup.first
    if not c.active[:, 0].any():
        return
    gaps = c.spot_per_perp[:, 0]
    dearest = float(gaps.max() if k.inverse else gaps.min())
    bar = _walk.bar_at(k, setup.plan.price_usd, dearest)
    account, _ = _walk.fill(
        k, bar, _walk.EMPTY._replace(wallet=first.wallet), _walk.NOTHING, first.short
    )
    equity, notional = _walk.equity_usd(bar, account), abs(first.short * bar.short)
    need = _walk.maintenance_usd(
        k, bar, account, setup.rates.tolist(), setup.amounts.tolist(), notional
    )
    if equity <= need:
        raise InvalidInput(
            f"opening {usd(notional)} leaves {usd(equity, cents=True)} of margin, which is not "
            "above maintenance; add margin or reduce the position"
        )


def _refuse_overflow(*arrays: np.ndarray) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise FloatingPointError
