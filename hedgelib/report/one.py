"""One report, computed once: every table, sentence and picture takes its numbers from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from hedgelib import market
from hedgelib._text import usd
from hedgelib.contracts import ContractTerms
from hedgelib.desk.position import Fill, wallet_of
from hedgelib.desk.today import make_desk, margin_in_place
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError
from hedgelib.plan import HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.report.blocks import printable
from hedgelib.report.dates import OLD_DAYS, age_in_days
from hedgelib.report.desk import coins_shorted, held, nothing_to_hedge, positions
from hedgelib.report.estimates import month, sensitivity
from hedgelib.report.history import caps, funding, monthly_rises, rallies
from hedgelib.report.instrument import BENCHMARKS, asked_for, choose, perpetual
from hedgelib.report.legs import two_legs
from hedgelib.report.offers import budget, check_expiry, expiry, kinds, venues
from hedgelib.report.parameters import TWO_LEGS, ReportParameters
from hedgelib.report.past import through_history
from hedgelib.report.phrases import listed_names
from hedgelib.report.results import Gap, HedgeReport, RallyStep, Residual, Tracking
from hedgelib.report.sample import Sample
from hedgelib.report.sources import margin_sources
from hedgelib.scenario import coin_account, run_scenario

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Moves of the hedge coin in the table; the picture has the same span."""

_LIVE_DAYS = 400
"""Of a venue's prices and funding, at least."""

RALLIES = (0.1, 0.25, 0.5)
"""Rises of the hedge coin in the table of the futures wallet, where they do not liquidate it."""


SAMPLES = ("alice.csv", "defi_mix.csv", "layer1.csv")
"""Portfolios that ship with hedgelib."""


def _samples_folder() -> Path:
    return market.data_folder() / "portfolios"


def is_sample(path: Path) -> bool:
    """Tell whether a file is one of the portfolios that ship with hedgelib, and no copy of one."""
    return path.name in SAMPLES and path.resolve().parent == _samples_folder().resolve()


def find_portfolio(path: str | Path) -> tuple[Path, bool]:
    """Find a portfolio file from the working directory, or among those that ship with hedgelib.

    Those are looked at for a bare name, and for one under ``data/portfolios``, when the working
    directory has no such file; also returned is whether it is one of them.
    """
    path = Path(path)
    if path.exists():
        return path, is_sample(path)
    if path.parent in (Path(), Path("portfolios"), Path("data/portfolios")):
        candidate = _samples_folder() / path.name
        if candidate.is_file():
            return candidate, is_sample(candidate)
    raise PortfolioFileError(
        "there is no such file, seen from the working directory; "
        f"give its full path, or the name of one that ships with hedgelib: {', '.join(SAMPLES)}",
        path=path,
    )


def market_for(parameters: ReportParameters) -> market.Market:
    """Return the market data of a report: the one place where they come from."""
    data = _market_without_own(parameters)
    return data if parameters.prices is None else data.with_prices(parameters.prices)


def _market_without_own(parameters: ReportParameters) -> market.Market:
    if parameters.live is None:
        return market.Market.bundled()
    path, _ = find_portfolio(parameters.portfolio)
    days = max(_LIVE_DAYS, parameters.window_days + 1)

    def live(coin: str | None = None) -> market.Market:
        assert parameters.live is not None
        return market.live(
            parameters.live,
            coin,
            portfolio=path,
            days=days,
            offline=parameters.offline,
            max_age_hours=parameters.max_age,
        )

    data = live()
    if parameters.contract == "auto":
        return data
    coin = data.contract(parameters.contract).coin
    if coin in data.coins:
        return data
    return live(coin)


def build_report(parameters: ReportParameters, *, data: market.Market | None = None) -> HedgeReport:
    """Compute one report.

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
        The file is missing or wrong, with the place; or it has quantities, the prices are more
        than 7 days old, and `as_of_data` does not say that this is meant.
    VenueError
        Live data are asked for, and the venue cannot be had.
    NothingToHedge
        The book is cash alone; or has less than a lot of exposure, and a position is on.
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
    ground = _ground(parameters, data)
    book, sample, contract, prices = ground.book, ground.sample, ground.contract, ground.prices
    coin = contract.coin
    trackings = tuple(sample.tracking(name) for name in sample.coin_returns)
    tracked = next(t for t in trackings if t.coin == coin)
    open_beta = parameters.hedge_ratio * tracked.book_beta - parameters.target_beta
    exposure_usd = open_beta * book.value_usd
    if any(fill.contracts for fill in ground.fills) and exposure_usd < contract.notional_usd(
        contract.lot, prices[coin]
    ):
        why = (
            f"at a beta of {tracked.book_beta:.3g} and a target of {parameters.target_beta:g} the "
            f"book leaves {usd(exposure_usd)} of {coin} to short"
        )
        raise nothing_to_hedge(why, parameters, data, prices, ground.fills)
    legged = parameters.benchmark == TWO_LEGS
    pair = [perpetual(parameters, name, data) for name in BENCHMARKS] if legged else []
    if parameters.futures_price_usd is not None:
        prices = prices | {contract.id: parameters.futures_price_usd}
    known, wallets = held(parameters, pair or [contract], data, prices, ground.fills)
    collateral = parameters.collateral
    if known and collateral == "from_portfolio":
        # What is in the wallet already did come out of the book, and is not in the file any more.
        collateral = "new_money"
    if contract.kind == "linear" and collateral == "new_money":
        # New money for a linear contract is a stablecoin: it takes no coin.
        collateral = "stablecoin"

    def planned(cap: float, collateral_usd: float | None = None, **changes: Any) -> HedgePlan:
        settings: dict[str, Any] = {
            "beta": tracked.book_beta,
            "contract": contract,
            "price_usd": prices[coin],
            "collateral": collateral,
            "held_usd": book.value_of(coin),
            "cash_usd": book.cash_usd,
            "hedge_ratio": parameters.hedge_ratio,
            "target_beta": parameters.target_beta,
            "rounding": parameters.rounding,
            "maintenance_rate": parameters.maintenance_rate,
        }
        return plan_hedge(
            book.value_usd,
            max_leverage=cap,
            collateral_usd=collateral_usd,
            **(settings | changes),
        )

    plan = planned(parameters.max_leverage, parameters.collateral_usd)
    own = wallet_of(wallets, contract, stablecoin=not plan.holds_coin)
    in_place = margin_in_place(wallets, own, [plan], prices)
    if known and parameters.collateral_usd is None and (in_place or 0.0) > plan.collateral_usd:
        plan = planned(parameters.max_leverage, in_place)
    paid = funding(plan, parameters, data)
    both_kinds = kinds(plan, parameters, data, planned, paid)
    legs = None
    if legged:
        prices = prices | {name: _price(parameters, book, name, data)[0] for name in BENCHMARKS}
        legs = two_legs(
            parameters, sample, plan, prices, data, pair, collateral, wallets if known else ()
        )
    gap = _gap(plan, sample, book)
    rises = monthly_rises(data, coin)
    residual = _residual(plan, tracked, sample, gap, book)

    def contracts(beta: float) -> float:
        return planned(parameters.max_leverage, parameters.collateral_usd, beta=beta).contracts

    measured_beta = tracked.estimate.beta if tracked.estimate else None
    return HedgeReport(
        parameters=parameters,
        portfolio=book,
        file_name=printable(ground.path.name),
        file_sha256=hashlib.sha256(ground.path.read_bytes()).hexdigest(),
        bundled_file=ground.bundled,
        covers=sample.covers,
        trackings=trackings,
        hedge_coin=coin,
        reason=ground.reason,
        first_day=sample.first_day,
        last_day=sample.last_day,
        days=sample.days,
        left_out=sample.left_out,
        window_cut=sample.cut,
        price_day=ground.price_day,
        mark_at=ground.mark_at,
        age_days=ground.age_days,
        as_of_data=ground.as_of_data,
        plan=plan,
        scenario=run_scenario(plan, MOVES),
        gap=gap,
        residual=residual,
        month=month(plan, tracked, sample, gap, residual, _kept(plan, book)),
        sensitivity=sensitivity(tracked, sample, parameters.window_days, contracts),
        rallies=rallies(plan.liquidation_move, rises) if plan.liquidation_move < np.inf else None,
        caps=caps(plan, parameters, planned, rises),
        rally=_rally(plan),
        sources=margin_sources(
            plan,
            parameters,
            lambda source, cap: planned(cap, collateral=source),
            book.value_of(coin),
        ),
        past=through_history(parameters, book, sample, plan, measured_beta, data),
        funding=None if contract.expiry else paid,
        kinds=both_kinds,
        expiry=expiry(plan, parameters, paid, ground.from_day),
        venues=venues(plan, parameters, data, planned, paid),
        budget=budget(plan, parameters, planned, both_kinds),
        legs=legs,
        figures=data.contract_figures(contract.id),
        origin=data.provenance(),
        desk=make_desk(
            legs.plans if legs and legs.plans else (plan,),
            wallets,
            prices,
            known=known,
            band=parameters.band,
            unwind=parameters.unwind,
            max_leverage=parameters.max_leverage,
            beta_ranges=legs.ranges
            if legs and legs.plans
            else ((tracked.book_beta_low, tracked.book_beta_high),),
        ),
        book_returns=sample.book_returns,
        coin_returns=sample.coin_returns[coin],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What a report stands on: the file, the instrument, and prices with their day.

    - prices: the closes, with the price of the hedge coin
    - price_day, mark_at: of that price, as :func:`_price` returns them
    - from_day: from which an expiry is counted
    """

    path: Path
    bundled: bool
    book: Portfolio
    sample: Sample
    contract: ContractTerms
    reason: str
    fills: tuple[Fill, ...]
    prices: dict[str, float]
    price_day: date | None
    mark_at: str
    age_days: int
    as_of_data: bool
    from_day: date


def _ground(parameters: ReportParameters, data: market.Market) -> _Ground:
    path, bundled = find_portfolio(parameters.portfolio)
    closes = data.latest_prices()

    def read(prices: Mapping[str, float]) -> Portfolio:
        return read_portfolio(
            path, prices, aliases=not parameters.no_alias, priced=data.coins, fx=parameters.fx
        )

    book = read(closes)
    if book.only_cash:
        on = positions(parameters)
        raise nothing_to_hedge(_only_cash(book), parameters, data, closes, on)
    asked = asked_for(parameters, data)
    looked_at = tuple(dict.fromkeys((*BENCHMARKS, asked.coin) if asked else BENCHMARKS))
    sample = Sample(parameters, book, looked_at, data)
    fills = positions(parameters)
    contract, reason = choose(parameters, asked, sample, data, coins_shorted(fills, data))
    coin = contract.coin
    price, price_day, mark_at = _price(parameters, book, coin, data)
    as_of_data = parameters.as_of_data or (bundled and parameters.live is None)
    age_days = age_in_days(data.span[1])
    if age_days > OLD_DAYS and not as_of_data:
        given = coin if price_day is None else None
        valued = [h.coin for h in book if h.at_market and h.value_usd > 0 and h.coin in closes]
        _refuse_old(path, [c for c in valued if c != given], data.span[1], age_days, parameters)
    from_day = data.span[1]
    today = from_day if as_of_data else from_day + timedelta(days=age_days)
    if price_day is None or parameters.live is not None:
        from_day = today
    check_expiry(contract, parameters, from_day, today)
    prices = {**closes, coin: price}
    # The same coin cannot have two prices in one report.
    valued_anew = any(h.coin == coin and h.at_market for h in book) and price != closes.get(coin)
    if valued_anew:
        book = read(prices)
    if valued_anew or any(h.betas_to for h in book):
        sample = Sample(parameters, book, looked_at, data, coin)
    sample.check_own_beta(coin)
    return _Ground(
        path=path,
        bundled=bundled,
        book=book,
        sample=sample,
        contract=contract,
        reason=reason,
        fills=fills,
        prices=prices,
        price_day=price_day,
        mark_at=mark_at,
        age_days=age_days,
        as_of_data=as_of_data,
        from_day=from_day,
    )


def _only_cash(book: Portfolio) -> str:
    tickers = [printable(h.coin) for h in book if h.is_cash]
    return (
        f"the {usd(book.value_usd)} in the book are cash ({', '.join(tickers)}), "
        "which does not move with any coin"
    )


def _price(
    parameters: ReportParameters, book: Portfolio, coin: str, data: market.Market
) -> tuple[float, date | None, str]:
    """Return the price of the hedge coin, its day where it is from the data, and a mark's moment.

    The mark price of a venue is newer than the last close, and what it liquidates by.
    """
    given = parameters.price_usd
    own = next((h.price_usd for h in book if h.coin == coin), None)
    if given is not None and own not in (None, given):
        raise InvalidInput(
            f"price_usd is {given:,.10g}, but the file gives {own:,.10g} for {coin}; "
            "leave one of them out"
        )
    price = own if given is None else given
    if price is not None:
        return price, None, ""
    day = data.span[1]
    mark, at = data.provenance().get("marks", {}).get(coin, (None, ""))
    if mark is not None and (marked := datetime.fromisoformat(at)).date() > day:
        return float(mark), marked.date(), f"{marked:%Y-%m-%d %H:%M} UTC"
    close = data.latest_prices().get(coin)
    if close is None:
        raise NotEnoughData(f"{coin} has no close on {day}; give its price_usd")
    return close, day, ""


def _refuse_old(
    path: Path, coins: list[str], last_day: date, age_days: int, parameters: ReportParameters
) -> None:
    """Refuse to take old prices for the value of what is held."""
    if not coins:
        return
    whose = listed_names(coins)
    fresh = (
        "use --live VENUE or --prices FILE"
        if parameters.live is None
        else f"use --live with another venue than {parameters.live}"
    )
    raise PortfolioFileError(
        f"the value of {whose} would be that of {last_day}, {age_days:,} days ago; {fresh}, give "
        "usd_value or price_usd in the file, or accept old prices as an exercise with "
        "--as-of-data (as_of_data)",
        path=path,
    )


def _kept(plan: HedgePlan, book: Portfolio) -> float:
    """Return the share that stays of every coin but the hedge coin."""
    others_usd = plan.book_usd - book.value_of(plan.contract.coin) - book.cash_usd
    return 1 - plan.sold_usd / others_usd if others_usd > 0 else 1.0


def _gap(plan: HedgePlan, sample: Sample, book: Portfolio) -> Gap:
    value = sample.gap_usd
    return Gap(
        value_usd=value,
        share=value / plan.book_usd,
        kept_usd=value * _kept(plan, book),
        residual_sd=sample.median_residual_sd(plan.contract.coin) if value else 0.0,
    )


def _residual(
    plan: HedgePlan, tracked: Tracking, sample: Sample, gap: Gap, book: Portfolio
) -> Residual:
    own_sd = tracked.estimate.residual_sd if tracked.estimate else 0.0
    own, kept = sample.estimated_usd * own_sd, _kept(plan, book)
    delta, open_delta = plan.beta * plan.book_usd, plan.exposure_usd - plan.notional_usd

    def before(gap_beta: float) -> float:
        market_sd = (delta + gap.value_usd * gap_beta) * tracked.coin_sd
        return float(np.linalg.norm([market_sd, own, gap.value_usd * gap.residual_sd]))

    def after(gap_beta: float) -> float:
        market_sd = (open_delta + gap.kept_usd * gap_beta) * tracked.coin_sd
        return float(np.linalg.norm([market_sd, own * kept, gap.kept_usd * gap.residual_sd]))

    return Residual(
        horizon_days=sample.horizon_days,
        before_usd=before(0.0),
        after_usd=after(0.0),
        before_at_covered_beta_usd=before(tracked.covered_beta),
        after_at_covered_beta_usd=after(tracked.covered_beta),
        own_usd=own * kept,
        gap_usd=gap.kept_usd * gap.residual_sd,
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
