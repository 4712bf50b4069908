"""The numbers of one report, worked out once: every table, sentence and picture reads them here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import hedgelib
from hedgelib import beta, choice, market
from hedgelib._check import FloatArray
from hedgelib.contracts import (
    ContractTerms,
    inverse_funding_coin,
    linear_funding_usd,
)
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError, UnknownCoin
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.report import sections
from hedgelib.report.blocks import Section, printable
from hedgelib.report.parameters import SMALLEST_WINDOW, ReportParameters
from hedgelib.scenario import Scenario, run_scenario

if TYPE_CHECKING:
    from hedgelib.figures import Shown

__all__ = [
    "MOVES",
    "Cover",
    "Funding",
    "HedgeReport",
    "Rallies",
    "Residual",
    "Tracking",
    "build_report",
    "find_portfolio",
]

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Moves of the hedge coin in the table; the picture has the same span."""

RALLY_DAYS = 30
_BENCHMARKS = ("BTC", "ETH")
_AUTO = {"BTC": "binance:BTCUSD_PERP", "ETH": "binance:ETHUSD_PERP"}
_MONTH_DAYS = 30
_SETTLEMENTS_PER_DAY = 3


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
    estimate: beta.BetaEstimate | None
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
        return sections.headline(self)

    @property
    def summary(self) -> Section:
        """The whole in a paragraph."""
        return sections.summary(self)

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
        return sections.margin(self)

    @property
    def cost(self) -> Section:
        """Fees and funding."""
        return sections.cost(self)

    @property
    def uncovered(self) -> Section:
        """What the hedge leaves open."""
        return sections.uncovered(self)

    @property
    def provenance(self) -> Section:
        """Where every number comes from."""
        return sections.provenance(self)

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


def find_portfolio(path: str | Path) -> tuple[Path, bool]:
    """Find a portfolio file from the working directory, or among those that ship with hedgelib.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    path : Path
    bundled : bool
        Whether it is one of those that ship. They are looked at for a bare name, and for one under
        ``data/portfolios``, when the working directory has no such file.

    Raises
    ------
    PortfolioFileError
        There is no such file.

    Notes
    -----
    **Source:** own rule, so that the notebook's default works from any folder.

    Examples
    --------
    >>> find_portfolio("data/portfolios/layer1.csv")[0].name
    'layer1.csv'
    """
    path = Path(path)
    shipped = market.data_folder() / "portfolios"
    if path.exists():
        return path, path.resolve().parent == shipped.resolve()
    if path.parent in (Path(), Path("portfolios"), Path("data/portfolios")):
        candidate = shipped / path.name
        if candidate.is_file():
            return candidate, True
    names = ", ".join(sorted(file.name for file in shipped.glob("*.csv")))
    raise PortfolioFileError(
        "there is no such file, seen from the working directory; "
        f"give its full path, or the name of one that ships with hedgelib: {names}",
        path=path,
    )


def build_report(parameters: ReportParameters, *, data: market.Market | None = None) -> HedgeReport:
    """Work out one report.

    Parameters
    ----------
    parameters : ReportParameters
    data : Market, optional
        The bundled one when omitted.

    Returns
    -------
    HedgeReport

    Raises
    ------
    PortfolioFileError
        The file is missing or wrong, with the place.
    NotEnoughData
        No coin of the book has a history in the window, nor a beta of its own.
    UnknownContract, UnsupportedContract, UnknownCoin
        The contract is not listed, is quanto, or is on a coin without prices.
    InvalidInput, InfeasibleHedge
        Parameters that contradict each other, or a plan that cannot be met.

    Notes
    -----
    **Source:** the floors below: `beta.ols_beta`, `choice.rank_hedges`, `plan.plan_hedge`,
    `scenario.run_scenario`.

    Examples
    --------
    >>> report = build_report(ReportParameters(portfolio="alice.csv"))
    >>> report.portfolio.value_usd, report.hedge_coin
    (50000.0, 'BTC')
    """
    data = data or market.Market.bundled()
    path, bundled = find_portfolio(parameters.portfolio)
    closes = data.latest_prices()
    book = read_portfolio(path, closes)
    contract = _contract(parameters, data)
    looked_at = tuple(dict.fromkeys((*_BENCHMARKS, contract.coin) if contract else _BENCHMARKS))
    sample = _Sample(parameters, book, looked_at, data)
    coin, reason = _choose(parameters, contract, sample)
    if contract is None:
        contract = data.contract(_AUTO[coin])
    price, price_day = _price(parameters, book, coin, data)
    if any(h.coin == coin and h.at_market for h in book) and price != closes.get(coin):
        # The same coin cannot have two prices in one report.
        book = read_portfolio(path, {**closes, coin: price})
        sample = _Sample(parameters, book, looked_at, data)
    sample.check_own_beta(coin)
    trackings = tuple(sample.tracking(name) for name in looked_at)
    tracked = next(t for t in trackings if t.coin == coin)

    plan = plan_hedge(
        book.value_usd,
        tracked.book_beta,
        contract,
        price,
        collateral=parameters.collateral,  # type: ignore[arg-type]
        collateral_usd=parameters.collateral_usd,
        max_leverage=parameters.max_leverage,
        held_usd=book.value_of(coin),
        hedge_ratio=parameters.hedge_ratio,
        target_beta=parameters.target_beta,
        rounding=parameters.rounding,  # type: ignore[arg-type]
        maintenance_rate=parameters.maintenance_rate,
    )
    return HedgeReport(
        parameters=parameters,
        portfolio=book,
        file_name=printable(path.name),
        file_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        bundled_file=bundled,
        covers=sample.covers,
        trackings=trackings,
        hedge_coin=coin,
        reason=reason,
        first_day=sample.first_day,
        last_day=sample.last_day,
        days=sample.days,
        window_cut=sample.cut,
        price_day=price_day,
        plan=plan,
        scenario=run_scenario(plan, MOVES),
        residual=_residual(plan, tracked, sample.estimated_usd, book.value_of(coin)),
        rallies=_rallies(plan, data),
        funding=_funding(plan, data),
        figures=data.contract_figures(contract.id),
        origin=data.provenance(),
        book_returns=sample.book_returns,
        coin_returns=sample.coin_returns[coin],
    )


def _contract(parameters: ReportParameters, data: market.Market) -> ContractTerms | None:
    """Return the contract asked for, or None where the benchmark decides."""
    if parameters.contract == "auto":
        if parameters.benchmark == "auto":
            return None
        return data.contract(_AUTO[parameters.benchmark])
    contract = data.contract(parameters.contract)
    if parameters.benchmark not in ("auto", contract.coin):
        raise InvalidInput(
            f"benchmark is {parameters.benchmark} but {contract.id} is on {contract.coin}; "
            "set one of them and leave the other at auto"
        )
    if contract.coin not in data.coins:
        raise UnknownCoin(
            f"{contract.id} is on {contract.coin}, of which there are no prices to estimate a beta "
            f"with; choose a contract on one of {', '.join(data.coins)}"
        )
    return contract


def _price(
    parameters: ReportParameters, book: Portfolio, coin: str, data: market.Market
) -> tuple[float, date | None]:
    """Return the price of the hedge coin, and its day where it is from the data."""
    given = parameters.price_usd
    own = next((h.price_usd for h in book if h.coin == coin), None)
    if given is not None and own not in (None, given):
        raise InvalidInput(
            f"price_usd is {given:,.10g}, but the file gives {own:,.10g} for {coin}; "
            "leave one of them out"
        )
    price = own if given is None else given
    if price is not None:
        return price, None
    day = data.span[1]
    close = data.latest_prices().get(coin)
    if close is None:
        raise NotEnoughData(f"{coin} has no close on {day}; give its price_usd")
    return close, day


class _Sample:
    """The returns that the betas come from, and which holdings they cover."""

    def __init__(
        self,
        parameters: ReportParameters,
        book: Portfolio,
        looked_at: tuple[str, ...],
        data: market.Market,
    ) -> None:
        every = data.returns()
        window = every.iloc[-parameters.window_days :]
        last = window.index[-1]
        self.book = book
        self.covers = tuple(
            self._cover(holding, share, window)
            for holding, share in zip(book, book.weights.tolist(), strict=True)
        )
        estimated = [c for c in self.covers if c.how == "history" and c.value_usd > 0]
        self.estimated_usd = sum(c.value_usd for c in estimated)
        self.estimated = tuple(c.coin for c in estimated)
        whole = len(estimated) == len(self.covers)
        self.name = "the book" if whole else "the part with history"
        common = window[list(dict.fromkeys((*looked_at, *self.estimated)))].dropna()
        if len(common) < SMALLEST_WINDOW:
            raise NotEnoughData(
                f"only {len(common)} days on which all of {', '.join(common.columns)} have a "
                f"return, and {SMALLEST_WINDOW} are needed; lengthen window_days"
            )
        if not estimated and not any(c.how == "own" for c in self.covers):
            raise NotEnoughData(_nothing_known(self.covers, window))
        self.days = len(common)
        self.first_day, self.last_day = common.index[0].date(), last.date()
        self.cut = ""
        if len(window) < parameters.window_days:
            self.cut = f"the data begin on {data.span[0]}"
        if len(common) < len(window):
            youngest = window[common.columns].isna().sum().idxmax()
            self.cut = f"the history of {youngest} begins then"
        self.coin_returns = {c: common[c].to_numpy(dtype=np.float64) for c in looked_at}
        self.book_returns = np.array([])
        if estimated:
            weights = np.array([c.value_usd for c in estimated]) / self.estimated_usd
            self.book_returns = common[list(self.estimated)].to_numpy(dtype=np.float64) @ weights
        self._judged: dict[str, choice.Candidate] | None = None

    @staticmethod
    def _cover(holding: Any, share: float, window: Any) -> Cover:
        how: Literal["history", "own", "none"] = "history"
        reason = ""
        if holding.coin not in window.columns:
            reason = "no price history"
        else:
            returns = window[holding.coin]
            if np.isnan(returns.iloc[-1]):
                ended = returns.last_valid_index()
                reason = (
                    f"its price history ends on {ended.date()}"
                    if ended is not None
                    else f"no price history since {window.index[0].date()}"
                )
            elif returns.count() < SMALLEST_WINDOW:
                reason = f"only {returns.count()} days of price history"
        if reason:
            how = "none"
        if holding.beta is not None:
            how = "own"
        return Cover(
            coin=holding.coin,
            value_usd=holding.value_usd,
            share=share,
            quantity=holding.quantity,
            how=how,
            own_beta=holding.beta,
            reason=reason,
            at_market=holding.at_market,
        )

    def judged(self) -> dict[str, choice.Candidate]:
        """Judge each hedge coin out of sample, best first; empty where nothing has history."""
        if self._judged is None:
            self._judged = {}
            if self.estimated:
                ranked = choice.rank_hedges(
                    self.book_returns,
                    self.coin_returns,
                    self.estimated_usd,
                    candidates=[(coin,) for coin in self.coin_returns],
                )
                self._judged = {c.coins[0]: c for c in ranked.candidates}
        return self._judged

    def check_own_beta(self, coin: str) -> None:
        for cover in self.covers:
            if cover.coin == coin and cover.own_beta not in (None, 1.0):
                raise InvalidInput(
                    f"{coin} is the hedge coin, so its beta is 1, but the file gives "
                    f"{cover.own_beta:g}; leave it empty there"
                )

    def tracking(self, coin: str) -> Tracking:
        x = self.coin_returns[coin]
        total = self.book.value_usd
        own = sum(c.value_usd * (c.own_beta or 0.0) for c in self.covers if c.how == "own")
        estimate = None
        low = middle = high = 0.0
        if self.estimated:
            estimate = beta.ols_beta(self.book_returns, x, y_name=self.name, x_name=coin)
            (low, high), middle = estimate.interval(), estimate.beta
        return Tracking(
            coin=coin,
            estimate=estimate,
            out_of_sample=self.judged()[coin].effectiveness if estimate else None,
            coin_sd=float(np.std(x, ddof=1)),
            book_beta=(self.estimated_usd * middle + own) / total,
            book_beta_low=(self.estimated_usd * low + own) / total,
            book_beta_high=(self.estimated_usd * high + own) / total,
        )


def _nothing_known(covers: tuple[Cover, ...], window: Any) -> str:
    told = "; ".join(f"{printable(c.coin)}: {c.reason or 'worth nothing'}" for c in covers)
    return (
        f"no coin of the book has a beta: between {window.index[0].date()} and "
        f"{window.index[-1].date()} none has a price history that serves ({told}), and the file "
        "gives none; add a column beta"
    )


def _choose(
    parameters: ReportParameters, contract: ContractTerms | None, sample: _Sample
) -> tuple[str, str]:
    judged = sample.judged()
    if contract is not None:
        coin = contract.coin
        if parameters.contract != "auto":
            reason = f"{coin}, because the contract asked for is on it."
        else:
            reason = f"{coin}, because it was asked for."
        better = next(iter(judged), coin)
        if better != coin:
            reason += (
                f" {better} would have taken away more: "
                f"{judged[better].effectiveness:.0%} of the variance, and {coin} "
                f"{judged[coin].effectiveness:.0%}."
            )
        return coin, reason
    if not judged:
        raise NotEnoughData(
            "benchmark auto compares price histories, and no coin of the book has one that "
            "serves; set benchmark to BTC or ETH, whichever the betas in the file are to"
        )
    (coin, first), *others = judged.items()
    reason = (
        f"{coin}, because it removed the most risk net of fees: with the beta known at the time, "
        f"a hedge with {coin} took away {first.effectiveness:.0%} of the variance on days it had "
        "not seen"
    )
    if others:
        second, other = others[0]
        reason += f", one with {second} {other.effectiveness:.0%}"
    return coin, reason + "."


def _residual(
    plan: HedgePlan, tracked: Tracking, estimated_usd: float, held_usd: float
) -> Residual:
    own_sd = tracked.estimate.residual_sd if tracked.estimate else 0.0
    others_usd = plan.book_usd - held_usd
    kept = 1 - plan.sold_usd / others_usd if others_usd > 0 else 1.0
    own, own_after = estimated_usd * own_sd, estimated_usd * own_sd * kept
    open_delta = plan.exposure_usd - plan.notional_usd
    return Residual(
        before_usd=float(np.hypot(plan.beta * plan.book_usd * tracked.coin_sd, own)),
        after_usd=float(np.hypot(open_delta * tracked.coin_sd, own_after)),
        own_usd=own_after,
    )


def _rallies(plan: HedgePlan, data: market.Market) -> Rallies | None:
    if not np.isfinite(plan.liquidation_price_usd):
        return None
    closes = data.prices(plan.contract.coin).iloc[:, 0].dropna().to_numpy(dtype=np.float64)
    if closes.size <= RALLY_DAYS:
        return None
    ahead = np.lib.stride_tricks.sliding_window_view(closes[1:], RALLY_DAYS).max(axis=1)
    rises = ahead / closes[: ahead.size] - 1
    return Rallies(
        move=plan.liquidation_move,
        starts=int(rises.size),
        reached=int(np.count_nonzero(rises >= plan.liquidation_move)),
        largest=float(rises.max()),
    )


def _funding(plan: HedgePlan, data: market.Market) -> Funding | None:
    table = data.funding_monthly()
    table = table[table["coin"] == plan.contract.coin]
    if table.empty:
        return None

    def mean(rows: Any) -> float:
        return float(np.average(rows["mean_8h"], weights=rows["settlements"]))

    def received_usd(rate: float) -> float:
        c = plan.contract
        if c.kind == "inverse":
            coins = inverse_funding_coin(plan.contracts, plan.price_usd, rate, c.multiplier)
            once = coins * plan.price_usd
        else:
            once = linear_funding_usd(plan.contracts, plan.price_usd, rate, c.multiplier)
        return float(once) * _SETTLEMENTS_PER_DAY * _MONTH_DAYS

    months = table["month"].astype(str).str.slice(0, 7)
    worst = int(np.argmin(table["mean_8h"].to_numpy()))
    rates = (mean(table), mean(table.iloc[-12:]), float(table["mean_8h"].iloc[worst]))
    return Funding(
        first_month=str(months.iloc[0]),
        last_month=str(months.iloc[-1]),
        mean_8h=rates[0],
        recent_mean_8h=rates[1],
        worst_month=str(months.iloc[worst]),
        worst_mean_8h=rates[2],
        month_usd=received_usd(rates[0]),
        recent_month_usd=received_usd(rates[1]),
        worst_month_usd=received_usd(rates[2]),
    )


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
