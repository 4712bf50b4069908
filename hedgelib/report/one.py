"""One report, worked out once: every table, sentence and picture reads its numbers here."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from hedgelib import market
from hedgelib.contracts import (
    ContractTerms,
    inverse_funding_coin,
    linear_funding_usd,
)
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError, UnknownCoin
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.results import Funding, HedgeReport, Rallies, Residual, Tracking
from hedgelib.report.sample import Sample
from hedgelib.scenario import run_scenario

__all__ = ["MOVES", "HedgeReport", "build_report", "find_portfolio"]

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Moves of the hedge coin in the table; the picture has the same span."""

RALLY_DAYS = 30
_BENCHMARKS = ("BTC", "ETH")
_AUTO = {"BTC": "binance:BTCUSD_PERP", "ETH": "binance:ETHUSD_PERP"}
_MONTH_DAYS = 30
_SETTLEMENTS_PER_DAY = 3


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
    sample = Sample(parameters, book, looked_at, data)
    coin, reason = _choose(parameters, contract, sample)
    if contract is None:
        contract = data.contract(_AUTO[coin])
    price, price_day = _price(parameters, book, coin, data)
    if any(h.coin == coin and h.at_market for h in book) and price != closes.get(coin):
        # The same coin cannot have two prices in one report.
        book = read_portfolio(path, {**closes, coin: price})
        sample = Sample(parameters, book, looked_at, data)
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


def _choose(
    parameters: ReportParameters, contract: ContractTerms | None, sample: Sample
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
