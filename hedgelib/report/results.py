"""What a report is made of: the results, and the report that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib.beta import BetaEstimate
from hedgelib.plan import HedgePlan
from hedgelib.portfolio import Portfolio
from hedgelib.report import export, provenance, risks, sections, summary
from hedgelib.report.blocks import Section, printable
from hedgelib.report.dates import OLD_DAYS
from hedgelib.report.parameters import ReportParameters
from hedgelib.scenario import Scenario, run_scenario

if TYPE_CHECKING:
    from hedgelib.show import Scene

__all__ = [
    "Cap",
    "Cover",
    "Funding",
    "FundingHistory",
    "Gap",
    "HedgeReport",
    "Rallies",
    "RallyStep",
    "Residual",
    "Tracking",
]

_MONTH_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How the beta of one holding is known.

    Parameters
    ----------
    coin : str
    value_usd, share : float
        USD, and decimal of the book.
    quantity, price_usd : float, optional
        Coins, and USD a coin, where the file gave them.
    how : {"history", "own", "cash", "none"}
        Estimated from prices, given in the file, 0 because it is cash, or not known at all.
    own_beta : float, optional
        To the hedge coin.
    reason : str
        Why history does not serve, where it does not.
    at_market : bool
        Whether the value is that of the quantity at a price of the data.
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

    Parameters
    ----------
    coin : str
    estimate : BetaEstimate, optional
        Of the part of the book that has history; None where none has.
    out_of_sample : float, optional
        Share of that part's variance that a hedge removed out of sample.
    coin_sd : float
        Standard deviation of the coin over the horizon, decimal.
    book_beta : float
        Exposure that a hedge can be sized for, over the value of the whole book: the estimate
        weighted with the betas given in the file; cash, and what has neither, add nothing to it.
    book_beta_low, book_beta_high : float
        Range of the beta of the whole book: the 95% interval of the estimate, the given betas
        taken as exact, and what has neither anywhere from not moving to the end of `covered_beta`'s
        interval.
    covered_beta, covered_beta_low, covered_beta_high : float
        Beta of the coins whose beta is estimated or given, and its 95% interval; cash left out.
    """

    coin: str
    estimate: BetaEstimate | None
    out_of_sample: float | None
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

    Parameters
    ----------
    value_usd, share : float
        USD, and decimal of the book; 0 where everything is covered.
    kept_usd : float
        USD of it that stay in the book when margin is sold out of the book.
    residual_sd : float
        Residual volatility assumed of it over the horizon, decimal: the median of the coins that
        have a price history, as if its coins moved together.
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

    Parameters
    ----------
    horizon_days : int
    before_usd, after_usd : float
        Of the book without a hedge, and of everything with it; a gap with its residual volatility
        counted in and a beta of 0.
    before_at_covered_beta_usd, after_at_covered_beta_usd : float
        The same with a gap at the beta of the covered part; the same numbers without a gap.
    own_usd : float
        Residual volatility that no hedge coin covers, of the coins with a price history.
    gap_usd : float
        Residual volatility assumed of a gap.
    """

    horizon_days: int
    before_usd: float
    after_usd: float
    before_at_covered_beta_usd: float
    after_at_covered_beta_usd: float
    own_usd: float
    gap_usd: float

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

    @property
    def month(self) -> float:
        """Factor from the horizon to 30 days, for returns that do not depend on each other."""
        return float(np.sqrt(_MONTH_DAYS / self.horizon_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rallies:
    """How often the hedge coin has risen by a move within 30 days.

    Parameters
    ----------
    move : float
        Decimal; that to the liquidation price.
    starts, reached : int
        Days of the history to start from, and those from which a close within 30 days lay at or
        above the move.
    episodes : int
        Separate rallies in which that happened: starting days more than 30 days apart.
    largest : float
        The largest such rise on record.
    """

    move: float
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

    Parameters
    ----------
    leverage : float
        Notional over the margin that the opening fee leaves.
    collateral_usd, notional_usd : float
    liquidation_price_usd, liquidation_move : float
        ``inf`` where nothing liquidates.
    rallies : Rallies, optional
        How often the history reached it; None without history.
    own : bool
        Whether it is the report's own plan.
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

    Parameters
    ----------
    move, price_usd : float
        Decimal, and the price after it.
    spot_pnl_usd : float
        Gain of what stays in the spot wallet.
    equity_usd : float
        Of the futures wallet.
    leverage : float
        Notional over equity, then.
    """

    move: float
    price_usd: float
    spot_pnl_usd: float
    equity_usd: float
    leverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingHistory:
    """What funding would have paid to this position, by the monthly history of the data.

    Parameters
    ----------
    first_month, last_month : str
        ISO months of the history.
    mean_8h, recent_mean_8h : float
        Mean rate per 8 hours over all settlements, and over those of the last 12 months.
    worst_month : str
        The month with the lowest mean.
    worst_mean_8h : float
    month_usd, recent_month_usd, worst_month_usd : float
        Received by this position in 30 days at those rates, USD; paid where negative.
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

    Parameters
    ----------
    assumed : bool
        Whether the rate was given; else it is the mean of the history.
    rate_8h : float
        Per 8 hours, decimal.
    month_usd : float
        Received in 30 days at that rate, USD; paid where negative.
    history : FundingHistory, optional
        None where the data hold none of the coin.
    """

    assumed: bool
    rate_8h: float
    month_usd: float
    history: FundingHistory | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeReport:
    """One report: made by :func:`build_report`.

    In a notebook each part shows itself: `summary`, `holdings`, `tracking`, `steps`, `moves`,
    `margin`, `cost`, `uncovered`, `provenance`, and the pictures `tracking_picture` and
    `moves_picture`.

    Parameters
    ----------
    parameters : ReportParameters
    portfolio : Portfolio
    file_name, file_sha256 : str
        Of the portfolio file, its folder left out.
    bundled_file : bool
        Whether it is one of those that ship with hedgelib.
    covers : tuple of Cover
        One for each holding.
    trackings : tuple of Tracking
        One for each hedge coin looked at.
    hedge_coin, reason : str
        The coin chosen, and why in a sentence.
    first_day, last_day : date
        Of the returns that beta is estimated on.
    days : int
        Days that they cover.
    left_out : int
        Days at the start of the window that fill no return over the horizon.
    window_cut : str
        Why there are fewer than asked for; empty where there are not.
    price_day : date, optional
        Day of the close that serves as price; None where the price was given, as a parameter or in
        the file.
    age_days : int
        Days from `last_day`, the last one of the data, to today.
    as_of_data : bool
        Whether an exercise on the data's last day is meant.
    plan : HedgePlan
    scenario : Scenario
        Of `MOVES`, a gap taken not to move.
    gap : Gap
        What has neither a price history nor a beta in the file.
    residual : Residual
    rallies : Rallies, optional
        How often the history reached the liquidation price; None where nothing liquidates.
    caps : tuple of Cap
        Leverage caps side by side, the report's own among them.
    rally : tuple of RallyStep
        Rises below the liquidation price.
    funding : Funding, optional
        None where no rate is assumed and the data hold none of the coin.
    figures : tuple of Figure
        Every figure of the contract with its date and source.
    origin : dict
        Where the market data come from.
    book_returns, coin_returns : ndarray, shape (n,)
        Of the part with history and of the hedge coin; empty where no coin has history.
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
    age_days: int
    as_of_data: bool
    plan: HedgePlan
    scenario: Scenario
    gap: Gap
    residual: Residual
    rallies: Rallies | None
    caps: tuple[Cap, ...]
    rally: tuple[RallyStep, ...]
    funding: Funding | None
    figures: tuple[market.Figure, ...]
    origin: dict[str, Any]
    book_returns: FloatArray
    coin_returns: FloatArray

    @property
    def title(self) -> str:
        """Heading of the report, plain text."""
        return self.parameters.title or f"Hedge report: {printable(Path(self.file_name).stem)}"

    @property
    def tracked(self) -> Tracking:
        """The tracking of the coin that was chosen."""
        return next(t for t in self.trackings if t.coin == self.hedge_coin)

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
        """Gain and loss over moves of the hedge coin, the gap moving with the covered part's beta.

        Parameters
        ----------
        moves : array_like, shape (n,)
            Returns of the hedge coin, decimals.

        Returns
        -------
        total_usd, unhedged_usd : ndarray, shape (n,)
        """
        moves = np.asarray(moves, dtype=np.float64)
        plan, gap, beta = self.plan, self.gap, self.tracked.covered_beta
        kept = gap.kept_usd / plan.kept_usd if plan.kept_usd else 0.0
        total = run_scenario(plan, moves, residual=kept * beta * moves).total_pnl_usd
        alone = run_scenario(plan, moves, residual=gap.share * beta * moves).unhedged_pnl_usd
        return total, alone

    def coins(self, how: Literal["history", "own", "cash", "none"]) -> tuple[Cover, ...]:
        """Return the holdings whose beta is known in one way."""
        return tuple(cover for cover in self.covers if cover.how == how)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before anything else, in sentences; empty where nothing."""
        return summary.warnings(self)

    @property
    def headline(self) -> str:
        """The plan in a line."""
        return summary.headline(self)

    @property
    def summary(self) -> Section:
        """The whole in a paragraph."""
        return summary.summary(self)

    @property
    def holdings(self) -> Section:
        """What is held."""
        return sections.holdings(self)

    @property
    def tracking(self) -> Section:
        """What it tracks, and which coin to use."""
        return sections.tracking(self)

    @property
    def steps(self) -> Section:
        """The plan in five steps."""
        return sections.steps(self)

    @property
    def moves(self) -> Section:
        """What a move does, with and without the hedge."""
        return sections.moves(self)

    @property
    def margin(self) -> Section:
        """What keeps the position open, and what ends it."""
        return risks.margin(self)

    @property
    def cost(self) -> Section:
        """Fees and funding."""
        return risks.cost(self)

    @property
    def uncovered(self) -> Section:
        """What the hedge leaves open."""
        return risks.uncovered(self)

    @property
    def provenance(self) -> Section:
        """Where every number comes from."""
        return provenance.provenance(self)

    @property
    def tracking_picture(self) -> Scene | Section:
        """Daily returns of the book against those of the hedge coin."""
        return sections.tracking_picture(self)

    @property
    def moves_picture(self) -> Scene:
        """Profit and loss over moves of the hedge coin."""
        return sections.moves_picture(self)

    def to_dict(self) -> dict[str, Any]:
        """Return every number of the report as JSON takes it, see :func:`export.to_data`."""
        return export.to_data(self)
