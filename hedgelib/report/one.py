"""One report, worked out once: every table, sentence and picture reads its numbers here."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np

from hedgelib import market
from hedgelib._text import usd
from hedgelib.errors import InvalidInput, NotEnoughData, NothingToHedge, PortfolioFileError
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.report.blocks import printable
from hedgelib.report.history import caps, funding, monthly_rises, rallies
from hedgelib.report.instrument import BENCHMARKS, asked_for, choose
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.results import HedgeReport, RallyStep, Residual, Tracking
from hedgelib.report.sample import Sample
from hedgelib.scenario import coin_account, run_scenario

__all__ = ["MOVES", "RALLIES", "HedgeReport", "build_report", "find_portfolio", "market_for"]

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Moves of the hedge coin in the table; the picture has the same span."""

_LIVE_DAYS = 400
"""Of a venue's prices and funding, at least."""

RALLIES = (0.1, 0.25, 0.5)
"""Rises of the hedge coin in the table of the futures wallet, where they do not liquidate it."""


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


def market_for(parameters: ReportParameters) -> market.Market:
    """Return the market data of a report: the one place where they come from.

    Parameters
    ----------
    parameters : ReportParameters

    Returns
    -------
    Market
        The bundled one, or with `live` that of the venue, with the coins of the portfolio, BTC, ETH
        and that of the contract.

    Raises
    ------
    PortfolioFileError
        With `live`: the file is missing or wrong.
    VenueError
        The venue cannot be asked.
    """
    if parameters.live is None:
        return market.Market.bundled()
    path, _ = find_portfolio(parameters.portfolio)
    days = max(_LIVE_DAYS, parameters.window_days + 1)
    data = market.live(parameters.live, portfolio=path, days=days)
    if parameters.contract == "auto":
        return data
    coin = data.contract(parameters.contract).coin
    if coin in data.coins:
        return data
    return market.live(parameters.live, coin, portfolio=path, days=days)


def build_report(parameters: ReportParameters, *, data: market.Market | None = None) -> HedgeReport:
    """Work out one report.

    Parameters
    ----------
    parameters : ReportParameters
    data : Market, optional
        That of :func:`market_for` when omitted.

    Returns
    -------
    HedgeReport

    Raises
    ------
    PortfolioFileError
        The file is missing or wrong, with the place.
    VenueError
        Live data are asked for, and the venue cannot be had.
    NothingToHedge
        The book is cash alone.
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
    data = data or market_for(parameters)
    path, bundled = find_portfolio(parameters.portfolio)
    closes = data.latest_prices()
    aliases = not parameters.no_alias
    book = read_portfolio(path, closes, aliases=aliases, priced=data.coins)
    if book.only_cash:
        raise NothingToHedge(_only_cash(book))
    asked = asked_for(parameters, data)
    looked_at = tuple(dict.fromkeys((*BENCHMARKS, asked.coin) if asked else BENCHMARKS))
    sample = Sample(parameters, book, looked_at, data)
    contract, reason = choose(parameters, asked, sample, data)
    coin = contract.coin
    price, price_day = _price(parameters, book, coin, data)
    if any(h.coin == coin and h.at_market for h in book) and price != closes.get(coin):
        # The same coin cannot have two prices in one report.
        priced = {**closes, coin: price}
        book = read_portfolio(path, priced, aliases=aliases, priced=data.coins)
        sample = Sample(parameters, book, looked_at, data, coin)
    elif any(h.betas_to for h in book):
        sample = Sample(parameters, book, looked_at, data, coin)
    sample.check_own_beta(coin)
    trackings = tuple(sample.tracking(name) for name in looked_at)
    tracked = next(t for t in trackings if t.coin == coin)

    def planned(cap: float, collateral_usd: float | None = None) -> HedgePlan:
        return plan_hedge(
            book.value_usd,
            tracked.book_beta,
            contract,
            price,
            collateral=parameters.collateral,  # type: ignore[arg-type]
            collateral_usd=collateral_usd,
            max_leverage=cap,
            held_usd=book.value_of(coin),
            cash_usd=book.cash_usd,
            hedge_ratio=parameters.hedge_ratio,
            target_beta=parameters.target_beta,
            rounding=parameters.rounding,  # type: ignore[arg-type]
            maintenance_rate=parameters.maintenance_rate,
        )

    plan = planned(parameters.max_leverage, parameters.collateral_usd)
    rises = monthly_rises(data, coin)
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
        left_out=sample.left_out,
        window_cut=sample.cut,
        price_day=price_day,
        plan=plan,
        scenario=run_scenario(plan, MOVES),
        residual=_residual(plan, tracked, sample, book.value_of(coin), book.cash_usd),
        rallies=rallies(plan.liquidation_move, rises) if plan.liquidation_move < np.inf else None,
        caps=caps(plan, parameters, planned, rises),
        rally=_rally(plan),
        funding=funding(plan, parameters, data),
        figures=data.contract_figures(contract.id),
        origin=data.provenance(),
        book_returns=sample.book_returns,
        coin_returns=sample.coin_returns[coin],
    )


def _only_cash(book: Portfolio) -> str:
    tickers = [printable(h.coin) for h in book if h.is_cash]
    return (
        f"nothing to hedge: the {usd(book.value_usd)} in the book are cash ({', '.join(tickers)}), "
        "which moves with no coin"
    )


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


def _residual(
    plan: HedgePlan, tracked: Tracking, sample: Sample, held_usd: float, cash_usd: float
) -> Residual:
    own_sd = tracked.estimate.residual_sd if tracked.estimate else 0.0
    others_usd = plan.book_usd - held_usd - cash_usd
    kept = 1 - plan.sold_usd / others_usd if others_usd > 0 else 1.0
    own, own_after = sample.estimated_usd * own_sd, sample.estimated_usd * own_sd * kept
    open_delta = plan.exposure_usd - plan.notional_usd
    return Residual(
        horizon_days=sample.horizon_days,
        before_usd=float(np.hypot(plan.beta * plan.book_usd * tracked.coin_sd, own)),
        after_usd=float(np.hypot(open_delta * tracked.coin_sd, own_after)),
        own_usd=own_after,
    )


def _rally(plan: HedgePlan) -> tuple[RallyStep, ...]:
    below = [move for move in RALLIES if move < plan.liquidation_move]
    if not below or not np.isfinite(plan.liquidation_price_usd):
        return ()
    s = run_scenario(plan, below)
    if plan.holds_coin:
        account = plan.contracts, plan.price_usd, plan.wallet_coin
        _, equity, _ = coin_account(*account, s.price_usd, plan.contract.multiplier)
    else:
        equity = plan.wallet_usd + s.hedge_pnl_usd
    return tuple(
        RallyStep(
            move=move,
            price_usd=float(s.price_usd[i]),
            spot_pnl_usd=float(s.spot_pnl_usd[i]),
            equity_usd=float(equity[i]),
            leverage=plan.contract.notional_usd(plan.contracts, float(s.price_usd[i]))
            / float(equity[i]),
        )
        for i, move in enumerate(below)
    )
