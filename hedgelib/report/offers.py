"""Other ways to place the same hedge: the other kind of contract, other venues, a given budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeAlias

from hedgelib import market
from hedgelib.carry import PerpOrExpiry, annualised_basis, perp_or_expiry
from hedgelib.contracts import ContractTerms
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.margin import leverage_allowed
from hedgelib.plan import HedgePlan
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.results import Funding

Planned: TypeAlias = Callable[..., HedgePlan]
"""Plan the hedge of the report, at a leverage cap, with a margin and with changes."""

_SETTLEMENTS_PER_YEAR = 3 * 365
_SLACK = 1 + 1e-9
_ANY_LEVERAGE = 1000.0
_FACE, _FEE = {"multiplier", "lot"}, {"taker_fee"}
_LADDER = {
    "maintenance_floors",
    "maintenance_rates",
    "maintenance_base_rate",
    "maintenance_slope_per_coin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The same hedge with one contract.

    plan, reason : None where there can be none, and why.
    own : whether it is the report's own contract.
    flat : whether a maintenance rate was given, so that the venue's own do not count.
    funding_usd : received in a year at one rate for all contracts; None where no rate is known.
    """

    contract: ContractTerms
    plan: HedgePlan | None
    reason: str
    own: bool
    flat: bool
    funding_usd: float | None

    @property
    def fees_usd(self) -> float | None:
        """Fees to open and to close at the same price; None where the fee is not verified."""
        if self.plan is None or self.contract.taker_fee is None:
            return None
        return 2 * self.plan.open_fee_usd

    @property
    def cost_usd(self) -> float | None:
        """Fees less the funding of a year, below zero the hedge earns; None of a dated contract."""
        if self.fees_usd is None or self.contract.expiry is not None:
            return None
        return self.fees_usd - (self.funding_usd or 0.0)

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Which of size, fee and liquidation rest on a doubtful or assumed figure."""
        doubts, ladder = set(self.contract.doubtful), not self.flat
        assumed = ladder and not self.contract.maintenance_rates
        rests = {
            "contracts": doubts & _FACE,
            "fees_usd": doubts & _FEE,
            "liquidation_price_usd": assumed or (ladder and doubts & _LADDER),
        }
        return tuple(name for name, found in rests.items() if found)


def _offer(
    contract: ContractTerms,
    plan: HedgePlan,
    parameters: ReportParameters,
    rate: float | None,
    make: Callable[[], HedgePlan],
) -> Offer:
    own, reason = contract == plan.contract, ""
    made: HedgePlan | None = None
    try:
        made = plan if own else make()
    except HedgeError as error:
        reason = str(error)
    funding = None
    if rate is not None and made is not None and contract.expiry is None:
        funding = made.notional_usd * rate * _SETTLEMENTS_PER_YEAR
    return Offer(
        contract=contract,
        plan=made,
        reason=reason,
        own=own,
        flat=parameters.maintenance_rate is not None,
        funding_usd=funding,
    )


def yearly_rate(paid: Funding | None) -> float | None:
    """Return the rate per 8 hours to expect: the one given, or that of the last 12 months."""
    if paid is None:
        return None
    return paid.rate_8h if paid.assumed or not paid.history else paid.history.recent_mean_8h


def _perpetuals(
    kind: Any, coin: str, parameters: ReportParameters, data: market.Market
) -> list[ContractTerms]:
    """List the perpetuals of a kind at every venue; live data have those of one venue only."""
    listed = list(data.contracts(coin=coin, kind=kind, open_only=True))
    if parameters.live is not None:
        others = market.contracts(coin=coin, kind=kind, open_only=True)
        listed += [one for one in others if one.id.partition(":")[0] != parameters.live]
    return listed


def venues(
    plan: HedgePlan,
    parameters: ReportParameters,
    data: market.Market,
    planned: Planned,
    paid: Funding | None,
) -> tuple[Offer, ...]:
    """Plan the hedge with each venue's perpetual, on the same margin; the cheapest first."""
    own = plan.contract
    listed = _perpetuals(own.kind, own.coin, parameters, data)
    contracts = dict.fromkeys([own, *listed])
    # Another fee or face moves the leverage a little above that of the plan, which is no fault.
    cap = 1.1 * max(plan.leverage, parameters.max_leverage)
    found = [
        _offer(
            one,
            plan,
            parameters,
            yearly_rate(paid),
            partial(planned, cap, plan.collateral_usd, contract=one),
        )
        for one in contracts
    ]
    return tuple(sorted(found, key=lambda one: (one.cost_usd is None, one.cost_usd or 0.0)))


def kinds(
    plan: HedgePlan,
    parameters: ReportParameters,
    data: market.Market,
    planned: Planned,
    paid: Funding | None,
) -> tuple[Offer, ...]:
    """Plan the hedge with an inverse and with a linear contract, the plan's own among them."""
    own = plan.contract
    other = "linear" if own.kind == "inverse" else "inverse"
    listed = _perpetuals(other, own.coin, parameters, data)
    listed.sort(key=lambda one: one.id.partition(":")[0] != own.id.partition(":")[0])
    source = "stablecoin" if other == "linear" else parameters.collateral
    margin = parameters.max_leverage, parameters.collateral_usd
    found = [
        _offer(
            one,
            plan,
            parameters,
            yearly_rate(paid),
            partial(planned, *margin, contract=one, collateral=source),
        )
        for one in (own, *listed[:1])
    ]
    return tuple(sorted(found, key=lambda one: one.contract.kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What the expiry of a dated contract means for the plan.

    from_day, days : the day that prices are of, and days from it to the expiry.
    futures_usd : price of the contract, where it was given.
    basis, basis_annual, basis_usd : premium over spot, decimal and decimal per year (simple), and
        what the short receives of it until the expiry; None without that price.
    funding_8h : rate that the perpetual is expected to pay; None where none is known.
    perpetual : the comparison with that perpetual; None where either is missing.
    roll_usd : fees to close this contract and to open the next.
    """

    expiry: date
    from_day: date
    days: int
    futures_usd: float | None
    basis: float | None
    basis_annual: float | None
    basis_usd: float | None
    funding_8h: float | None
    perpetual: PerpOrExpiry | None
    roll_usd: float


def expiry(
    plan: HedgePlan, parameters: ReportParameters, paid: Funding | None, from_day: date
) -> Expiry | None:
    """Compare a dated contract with the perpetual; None of a perpetual."""
    contract, futures = plan.contract, parameters.futures_price_usd
    if contract.expiry is None:
        return None
    days, rate = (contract.expiry - from_day).days, yearly_rate(paid)
    premium = None if futures is None else annualised_basis(futures, plan.price_usd, days)
    compared = None
    if futures is not None and rate is not None:
        compared = perp_or_expiry(plan.notional_usd, rate, futures, plan.price_usd, days)
    return Expiry(
        expiry=contract.expiry,
        from_day=from_day,
        days=days,
        futures_usd=futures,
        basis=None if premium is None else float(premium.basis),
        basis_annual=None if premium is None else float(premium.simple),
        basis_usd=None if premium is None else float(premium.basis) * plan.notional_usd,
        funding_8h=rate,
        perpetual=compared,
        roll_usd=2 * plan.open_fee_usd,
    )


def check_expiry(
    contract: ContractTerms, parameters: ReportParameters, from_day: date, today: date
) -> None:
    """Refuse a contract that has expired, and the price of a dated contract for a perpetual.

    `from_day` is the day of the prices; `today` is that day too where an exercise is meant.
    """
    if contract.expiry is None:
        if parameters.futures_price_usd is not None:
            raise InvalidInput(
                f"futures_price_usd is the price of a dated contract, and {contract.id} is a "
                "perpetual; leave it out, or set contract to one such as binance:BTCUSD_261225"
            )
    elif contract.expiry <= from_day:
        raise InvalidInput(
            f"{contract.id} expires on {contract.expiry}, and the prices are of {from_day}; set "
            "contract to one that expires later"
        )
    elif contract.expiry <= today:
        raise InvalidInput(
            f"{contract.id} expired on {contract.expiry}, and today is {today}; set contract to "
            f"one that expires later, or accept the prices of {from_day} as an exercise with "
            "--as-of-data (as_of_data)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetWay:
    """What an amount of margin can do from one source.

    within : the largest hedge within the leverage cap, the whole one at most.
    whole : the whole hedge, at whatever leverage that takes.
    reason : why there is no `whole`.
    """

    contract: ContractTerms
    collateral: str
    within: HedgePlan | None
    whole: HedgePlan | None
    reason: str

    @property
    def fits(self) -> bool:
        """Whether the whole hedge keeps to the cap."""
        return self.within is not None and self.within is self.whole

    @property
    def beta_left(self) -> float | None:
        """Beta of the whole book that the hedge within the cap leaves."""
        plan = self.within
        return None if plan is None else (plan.exposure_usd - plan.notional_usd) / plan.book_usd


def budget(
    plan: HedgePlan, parameters: ReportParameters, planned: Planned, pair: Iterable[Offer]
) -> tuple[BudgetWay, ...]:
    """Say what the budget does as the plan's own margin, and as stablecoin; empty without one."""
    if parameters.budget_usd is None:
        return ()
    ways = {plan.collateral: plan.contract}
    linear = (one.contract for one in pair if one.contract.kind == "linear")
    ways.setdefault("stablecoin", next(linear, plan.contract))
    return tuple(
        _way(parameters.budget_usd, plan.price_usd, parameters.max_leverage, planned, one, source)
        for source, one in ways.items()
    )


def _way(
    budget_usd: float,
    price_usd: float,
    cap: float,
    planned: Planned,
    contract: ContractTerms,
    source: str,
) -> BudgetWay:
    reason = ""
    within: HedgePlan | None = None
    whole: HedgePlan | None = None
    of = {"contract": contract, "collateral": source}
    try:
        whole = planned(contract.max_leverage or _ANY_LEVERAGE, budget_usd, **of)
    except HedgeError as error:
        reason = str(error)
    if whole is not None and whole.leverage <= cap * _SLACK:
        within = whole
    else:
        fee, face = contract.taker_fee or 0.0, contract.notional_usd(1, price_usd)
        size = cap * budget_usd / (1 + cap * fee)
        while cap > (allowed := leverage_allowed(contract, size / face, price_usd)) * _SLACK:
            cap = allowed
            size = cap * budget_usd / (1 + cap * fee)
        exactly = {"notional_usd": size, "hedge_ratio": 1.0, "target_beta": 0.0}
        try:
            within = planned(cap, budget_usd, **of, **exactly, rounding="down")
        except HedgeError as error:
            reason = reason or str(error)
    return BudgetWay(
        contract=contract, collateral=source, within=within, whole=whole, reason=reason
    )
