"""What a report is made of: the results, and the report that shows them."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import hedgelib
from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib.beta import BetaEstimate
from hedgelib.plan import HedgePlan
from hedgelib.portfolio import Portfolio
from hedgelib.report import provenance, risks, sections, summary
from hedgelib.report.blocks import Section, printable
from hedgelib.report.parameters import ReportParameters
from hedgelib.scenario import Scenario

if TYPE_CHECKING:
    from hedgelib.figures import Shown

__all__ = ["Cover", "Funding", "HedgeReport", "Rallies", "Residual", "Tracking"]

_MONTH_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How the beta of one holding is known.

    Parameters
    ----------
    coin : str
    value_usd, share : float
        USD, and decimal of the book.
    quantity : float, optional
    how : {"history", "own", "none"}
        Estimated from prices, given in the file, or not at all.
    own_beta : float, optional
    reason : str
        Why history does not serve, where it does not.
    at_market : bool
        Whether the value is that of the quantity at a price of the data.
    """

    coin: str
    value_usd: float
    share: float
    quantity: float | None
    how: Literal["history", "own", "none"]
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
        Share of that part's variance that a hedge took away on days it had not seen.
    coin_sd : float
        Standard deviation of the coin per day, decimal.
    book_beta, book_beta_low, book_beta_high : float
        Of the whole book: the estimate weighted with the betas given in the file, and 0 for what
        has neither; the 95% interval is of the estimated part alone.
    """

    coin: str
    estimate: BetaEstimate | None
    out_of_sample: float | None
    coin_sd: float
    book_beta: float
    book_beta_low: float
    book_beta_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """One standard deviation of the result per day, USD.

    Parameters
    ----------
    before_usd, after_usd : float
        Of the book without a hedge, and of everything with it.
    own_usd : float
        The part of `after_usd` that is the coins' own and that no hedge coin covers.
    """

    before_usd: float
    after_usd: float
    own_usd: float

    @property
    def month(self) -> float:
        """Factor from a day to 30 days, for days that do not depend on each other."""
        return float(np.sqrt(_MONTH_DAYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rallies:
    """How often the hedge coin has risen as far as the liquidation price within 30 days.

    Parameters
    ----------
    move : float
        Decimal.
    starts, reached : int
        Days of the history to start from, and those from which a close within 30 days lay at or
        above the move.
    largest : float
        The largest such rise on record.
    """

    move: float
    starts: int
    reached: int
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """What funding would have paid to this position, by the bundled monthly history.

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
        Their number.
    window_cut : str
        Why there are fewer than asked for; empty where there are not.
    price_day : date, optional
        Day of the close that serves as price; None where the price was given, as a parameter or in
        the file.
    plan : HedgePlan
    scenario : Scenario
        Of `MOVES`.
    residual : Residual
    rallies : Rallies, optional
        None where nothing liquidates.
    funding : Funding, optional
        None where the data hold no funding of the coin.
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
    window_cut: str
    price_day: date | None
    plan: HedgePlan
    scenario: Scenario
    residual: Residual
    rallies: Rallies | None
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

    def coins(self, how: Literal["history", "own", "none"]) -> tuple[Cover, ...]:
        """Return the holdings whose beta is known in one way."""
        return tuple(cover for cover in self.covers if cover.how == how)

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
    def tracking_picture(self) -> Shown | Section:
        """Daily returns of the book against those of the hedge coin."""
        return sections.tracking_picture(self)

    @property
    def moves_picture(self) -> Shown:
        """Profit and loss over moves of the hedge coin."""
        return sections.moves_picture(self)

    def to_dict(self) -> dict[str, Any]:
        """Return every number of the report as JSON takes it.

        Returns
        -------
        dict
            Text, numbers, lists and dicts; "no such price", infinity in the library, is None.
        """
        plan = _plain(self.plan)
        return {
            "title": self.title,
            "hedgelib": hedgelib.__version__,
            "parameters": self.parameters.to_dict(),
            "portfolio": {
                "file": self.file_name,
                "sha256": self.file_sha256,
                "value_usd": self.portfolio.value_usd,
                "holdings": _plain(self.covers),
            },
            "tracking": {t.coin: _plain(t) for t in self.trackings},
            "hedge_coin": self.hedge_coin,
            "reason": self.reason,
            "window": {
                "first_day": self.first_day.isoformat(),
                "last_day": self.last_day.isoformat(),
                "days": self.days,
                "cut": self.window_cut,
            },
            "price_day": self.price_day and self.price_day.isoformat(),
            "plan": plan
            | {
                "contract_id": self.plan.contract.id,
                "notional_usd": _plain(self.plan.notional_usd),
                "leverage": _plain(self.plan.leverage),
                "liquidation_move": _plain(self.plan.liquidation_move),
            },
            "moves": [_plain(row) for row in self.scenario.rows()],
            "residual": _plain(self.residual),
            "rallies": _plain(self.rallies),
            "funding": _plain(self.funding),
            "contract_figures": _plain(self.figures),
            "data": _plain(self.origin),
        }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value
