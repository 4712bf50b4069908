"""What a report is made of: results, and nothing that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib.beta import BetaEstimate
from hedgelib.desk.today import Desk
from hedgelib.plan import HedgePlan
from hedgelib.portfolio import Portfolio
from hedgelib.report.dates import OLD_DAYS
from hedgelib.report.parameters import ReportParameters
from hedgelib.scenario import Scenario, run_scenario

if TYPE_CHECKING:
    from hedgelib.report.legs import Legs
    from hedgelib.report.offers import BudgetWay, Expiry, Offer
    from hedgelib.report.past import Past
    from hedgelib.report.sources import MarginSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How the beta of one holding is known.

    value_usd, share : USD, and decimal of the book.
    quantity, price_usd : coins, and USD a coin, where the file gave them.
    how : estimated from prices, given in the file, 0 because it is cash, or not known at all.
    own_beta : to the hedge coin.
    reason : why history does not serve, where it does not.
    at_market : whether the value is that of the quantity at a price of the data.
    """

    coin: str
    value_usd: float
    share: float
    quantity: float | None
    price_usd: float | None
    how: Literal["history", "own", "cash", "none"]
    own_beta: float | None
    reason: str = ""
    at_market: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """How the book moved with one hedge coin.

    estimate : of the part of the book that has history; None where none has.
    out_of_sample : share of that part's variance that a hedge removed out of sample; low and high
        are its 95% interval.
    rest_usd, rest_out_of_sample : of what is measured and is not the hedge coin itself, which any
        short of it hedges by definition; None where there is nothing else.
    coin_sd : standard deviation of the coin over the horizon, decimal.
    book_beta : exposure that a hedge can be sized for, over the value of the whole book: the
        estimate weighted with the betas given in the file; cash, and what has neither, add
        nothing to it.
    book_beta_low, book_beta_high : range of the beta of the whole book: the 95% interval of the
        estimate, the given betas taken as exact, and what has neither anywhere from not moving
        to the end of `covered_beta`'s interval.
    covered_beta, covered_beta_low, covered_beta_high : beta of the coins whose beta is
        estimated or given, and its 95% interval; cash left out.
    """

    coin: str
    estimate: BetaEstimate | None
    out_of_sample: float | None
    out_of_sample_low: float | None
    out_of_sample_high: float | None
    rest_usd: float
    rest_out_of_sample: float | None
    rest_low: float | None
    rest_high: float | None
    coin_sd: float
    book_beta: float
    book_beta_low: float
    book_beta_high: float
    covered_beta: float
    covered_beta_low: float
    covered_beta_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The part of a book that has neither a price history nor a beta in the file.

    Nothing is known of it, so that figures of the whole book are ranges: at one end it does not
    move with the hedge coin, at the other it has the beta of the covered part.

    value_usd, share : USD, and decimal of the book; 0 where everything is covered.
    kept_usd : USD of it that stay in the book when margin is sold out of the book.
    residual_sd : residual volatility assumed of it over the horizon, decimal: the median of the
        coins that have a price history, as if its coins moved together.
    """

    value_usd: float
    share: float
    kept_usd: float
    residual_sd: float

    def __bool__(self) -> bool:
        return self.value_usd > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """One standard deviation of the result over the horizon, USD.

    before_usd, after_usd : of the book without a hedge, and of everything with it; a gap with
        its residual volatility counted in and a beta of 0.
    before_at_covered_beta_usd, after_at_covered_beta_usd : the same with a gap at the beta of
        the covered part; the same numbers without a gap.
    own_usd : residual volatility that no hedge coin covers, of the coins with a price history.
    gap_usd : residual volatility assumed of a gap.
    windows : overlapping windows of the history that it is the standard deviation of; 0 where it
        follows from returns over another horizon.
    first_day, last_day : of them.
    ever_usd, ever_since : `own_usd` over the whole history, and its first day.
    """

    horizon_days: int
    before_usd: float
    after_usd: float
    before_at_covered_beta_usd: float
    after_at_covered_beta_usd: float
    own_usd: float
    gap_usd: float
    windows: int = 0
    first_day: date | None = None
    last_day: date | None = None
    ever_usd: float = 0.0
    ever_since: date | None = None

    @property
    def unexplained_usd(self) -> float:
        """Standard deviation of the hedged result around what a move of the coin makes of it."""
        return float(np.hypot(self.own_usd, self.gap_usd))

    @property
    def before(self) -> tuple[float, float]:
        """Ends of the range without a hedge, the lower first."""
        low, high = sorted((self.before_usd, self.before_at_covered_beta_usd))
        return low, high

    @property
    def after(self) -> tuple[float, float]:
        """Ends of the range with the hedge, the lower first."""
        low, high = sorted((self.after_usd, self.after_at_covered_beta_usd))
        return low, high

    @property
    def removed(self) -> tuple[float, float]:
        """Ends of the share of the whole variance that the hedge removes, the lower first."""
        low, high = sorted(
            1 - (after / before) ** 2 if before else 0.0
            for before, after in (
                (self.before_usd, self.after_usd),
                (self.before_at_covered_beta_usd, self.after_at_covered_beta_usd),
            )
        )
        return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherBeta:
    """The beta of the measured part from another window or horizon, and the plan it would make.

    beta, low, high : estimate and its 95% interval.
    contracts, contracts_low, contracts_high : that would be short; None where no plan is feasible.
    """

    window_days: int
    horizon_days: int
    beta: float
    low: float
    high: float
    contracts: float | None
    contracts_low: float | None
    contracts_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Share of variance that the hedge removed over a holding time, out of sample.

    low, high : 95% interval.
    windows : overlapping windows; `first_day` and `last_day` are of them.
    """

    days: int
    effectiveness: float
    low: float
    high: float
    windows: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How much hangs on the window and on the horizon that the beta was estimated with.

    downside_beta, upside_beta : over the days of the window on which the hedge coin fell or rose;
        None where nothing is measured, or too few days did.
    """

    betas: tuple[OtherBeta, ...]
    held: tuple[Held, ...]
    downside_beta: float | None
    upside_beta: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rallies:
    """How often the hedge coin has risen by a move within 30 days.

    move : decimal; that to the liquidation price.
    spans : first and last day of each stretch of daily closes that was looked at, ISO.
    starts, reached : days of the history to start from, and those from which a close within 30
        days lay at or above the move.
    episodes : separate rallies in which that happened: starting days more than 30 days apart.
    largest : the largest such rise on record.
    """

    move: float
    spans: tuple[tuple[str, str], ...]
    starts: int
    reached: int
    episodes: int
    largest: float

    @property
    def share(self) -> float:
        """Share of the starting days."""
        return self.reached / self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The margin that one leverage cap needs, and the rise that it survives.

    leverage : notional over the margin that the opening fee leaves.
    liquidation_price_usd, liquidation_move : ``inf`` where nothing liquidates.
    rallies : how often the history reached it; None without history.
    own : whether it is the report's own plan.
    """

    leverage: float
    collateral_usd: float
    notional_usd: float
    liquidation_price_usd: float
    liquidation_move: float
    rallies: Rallies | None
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RallyStep:
    """The futures wallet after a rise of the hedge coin, with no margin added.

    move, price_usd : decimal, and the price after it.
    spot_pnl_usd : gain of what stays in the spot wallet.
    equity_usd : of the futures wallet.
    leverage : notional over equity, then.
    """

    move: float
    price_usd: float
    spot_pnl_usd: float
    equity_usd: float
    leverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingHistory:
    """What funding would have paid to this position, by the monthly history of the data.

    first_month, last_month : ISO months of the history.
    mean_8h, recent_mean_8h : mean rate per 8 hours over all settlements, and over those of the
        last 12 months.
    worst_month : the month with the lowest mean.
    month_usd, recent_month_usd, worst_month_usd : received by this position in 30 days at those
        rates, USD; paid where negative.
    """

    first_month: str
    last_month: str
    mean_8h: float
    recent_mean_8h: float
    worst_month: str
    worst_mean_8h: float
    month_usd: float
    recent_month_usd: float
    worst_month_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """What funding is expected to pay to this position.

    assumed : whether the rate was given; else it is the mean of the history.
    rate_8h : per 8 hours, decimal.
    month_usd : received in 30 days at that rate, USD; paid where negative.
    history : none where the data hold none of the coin.
    """

    assumed: bool
    rate_8h: float
    month_usd: float
    history: FundingHistory | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeReport:
    """One report: made by :func:`build_report`, shown by :func:`section`.

    file_name, file_sha256 : of the portfolio file, its folder left out.
    bundled_file : whether it is one of those that ship with hedgelib.
    covers : one for each holding.
    trackings : one for each hedge coin looked at.
    hedge_coin, reason : the coin chosen, and why in a sentence.
    first_day, last_day : of the returns that beta is estimated on.
    days : days that they cover.
    left_out : days at the start of the window that fill no return over the horizon.
    window_cut : why there are fewer than asked for; empty where there are not.
    price_day : day of the close that serves as price; None where the price was given, as a
        parameter or in the file.
    mark_at : moment of the venue's mark price that serves as price; empty where none does.
    age_days : days from `last_day`, the last one of the data, to today.
    as_of_data : whether an exercise on the data's last day is meant.
    scenario : of `MOVES`, a gap taken not to move.
    gap : what has neither a price history nor a beta in the file.
    month : the residual over 30 days, from overlapping windows of this book's own history.
    sensitivity : betas and contracts from other windows and horizons.
    rallies : how often the history reached the liquidation price; None where nothing
        liquidates.
    caps : leverage caps side by side, the report's own among them.
    rally : rises below the liquidation price.
    sources : the same hedge with the margin from each source.
    past : the plan over spans of the data.
    funding : None where no rate is assumed and the data hold none of the coin, and of a dated
        contract.
    kinds : the hedge with an inverse and with a linear contract.
    expiry : None of a perpetual.
    venues : the hedge with each venue's perpetual, the cheapest first.
    budget : what the given budget can do; empty without one.
    legs : None where two legs were not asked for.
    figures : every figure of the contract with its date and source.
    origin : where the market data come from.
    desk : what is on, what to trade, and when to act.
    book_returns, coin_returns : of the part with history and of the hedge coin; empty where no
        coin has history.
    """

    parameters: ReportParameters
    portfolio: Portfolio
    file_name: str
    file_sha256: str
    bundled_file: bool
    covers: tuple[Cover, ...]
    trackings: tuple[Tracking, ...]
    hedge_coin: str
    reason: str
    first_day: date
    last_day: date
    days: int
    left_out: int
    window_cut: str
    price_day: date | None
    mark_at: str
    age_days: int
    as_of_data: bool
    plan: HedgePlan
    scenario: Scenario
    gap: Gap
    residual: Residual
    month: Residual
    sensitivity: Sensitivity
    rallies: Rallies | None
    caps: tuple[Cap, ...]
    rally: tuple[RallyStep, ...]
    sources: tuple[MarginSource, ...]
    past: Past
    funding: Funding | None
    kinds: tuple[Offer, ...]
    expiry: Expiry | None
    venues: tuple[Offer, ...]
    budget: tuple[BudgetWay, ...]
    legs: Legs | None
    figures: tuple[market.Figure, ...]
    origin: dict[str, Any]
    desk: Desk
    book_returns: FloatArray
    coin_returns: FloatArray

    @property
    def tracked(self) -> Tracking:
        """The tracking of the coin that was chosen."""
        return next(t for t in self.trackings if t.coin == self.hedge_coin)

    @property
    def hedges(self) -> tuple[HedgePlan, ...]:
        """The plans that the order ticket leads to: both legs where they were asked for."""
        return self.legs.plans if self.legs and self.legs.plans else (self.plan,)

    @property
    def old(self) -> bool:
        """Whether the prices are so old that a plan on them is an exercise."""
        return self.age_days > OLD_DAYS

    @property
    def measured_usd(self) -> float:
        """Value of the coins whose beta is estimated from prices."""
        return sum(cover.value_usd for cover in self.coins("history"))

    @property
    def covered_usd(self) -> float:
        """Value of the coins whose beta is estimated from prices or given in the file."""
        return self.measured_usd + sum(cover.value_usd for cover in self.coins("own"))

    def at_covered_beta(self, moves: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return gain and loss over moves, hedged and not, the gap at the covered part's beta."""
        moves = np.asarray(moves, dtype=np.float64)
        plan, gap, beta = self.plan, self.gap, self.tracked.covered_beta
        kept = gap.kept_usd / plan.kept_usd if plan.kept_usd else 0.0
        total = run_scenario(plan, moves, residual=kept * beta * moves).total_pnl_usd
        alone = run_scenario(plan, moves, residual=gap.share * beta * moves).unhedged_pnl_usd
        return total, alone

    def coins(self, how: Literal["history", "own", "cash", "none"]) -> tuple[Cover, ...]:
        """Return the holdings whose beta is known in one way."""
        return tuple(cover for cover in self.covers if cover.how == how)
