"""A hedge with two legs, BTC and ETH: how it is sized, and whether it is better than one leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib._student import student_quantile
from hedgelib._text import percent, usd
from hedgelib.beta import multi_beta, newey_west_lags
from hedgelib.choice import walk_forward_residual
from hedgelib.contracts import ContractTerms
from hedgelib.desk.position import Wallet, wallet_of
from hedgelib.desk.today import margin_in_place
from hedgelib.errors import HedgeError
from hedgelib.plan import HedgePlan, Leg, plan_hedge, plan_legs
from hedgelib.report.blocks import Block, Section, Table, Text, notes
from hedgelib.report.export import plain
from hedgelib.report.history import funding
from hedgelib.report.instrument import BENCHMARKS
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.phrases import coin_price, measured_part, period, spread_of
from hedgelib.report.registry import part
from hedgelib.report.sample import Sample

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

_LEVEL = 0.95
_Z = 1.959963984540054
_MONTH_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """A hedge with BTC and ETH together.

    betas, lows, highs : of the part with a price history, from one joint regression, and the ends
        of their 95% intervals.
    vif : how many times the other coin inflates the variance of each beta.
    plans, reason : empty where the two make no hedge, and why.
    one_coin : the leg that they are compared with, the one of the report's own plan.
    one_out_of_sample, out_of_sample : share of the variance removed by one leg and by two.
    gain_low, gain_high : 95% interval of what the second leg adds to that share.
    residual_usd : residual volatility that both leave, over the horizon.
    fees_usd, one_fees_usd : to open and to close.
    funding_usd, one_funding_usd : received in 30 days; None where no rate is known.
    """

    coins: tuple[str, ...]
    betas: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    vif: float
    plans: tuple[HedgePlan, ...]
    reason: str
    one_coin: str
    one_out_of_sample: float
    out_of_sample: float
    gain_low: float
    gain_high: float
    residual_usd: float
    fees_usd: float
    one_fees_usd: float
    funding_usd: float | None
    one_funding_usd: float | None

    @property
    def gain(self) -> float:
        """What the second leg adds to the share of the variance removed."""
        return self.out_of_sample - self.one_out_of_sample

    @property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """Ends of the interval of each plan's beta, which is that of the whole book."""
        each = zip(self.plans, self.betas, self.lows, self.highs, strict=True)
        return tuple((plan.beta * low / b, plan.beta * high / b) for plan, b, low, high in each)

    @property
    def better(self) -> bool:
        """Whether the second leg adds more than noise."""
        return self.gain_low > 0


def two_legs(
    parameters: ReportParameters,
    sample: Sample,
    one: HedgePlan,
    prices: Mapping[str, float],
    data: market.Market,
    contracts: Sequence[ContractTerms],
    collateral: str,
    wallets: tuple[Wallet, ...],
) -> Legs:
    """Size a hedge with both benchmarks, and judge it against the report's own plan.

    The margin that is in the `wallets` already stays there.
    """
    y, coin = sample.book_returns, one.contract.coin
    x = np.column_stack([sample.coin_returns[name] for name in BENCHMARKS])
    fit = multi_beta(y, x, names=BENCHMARKS)
    half = student_quantile(_LEVEL, fit.n - 3) * fit.se[1:]
    share = sample.estimated_usd / sample.book.value_usd
    reason = ""
    plans: tuple[HedgePlan, ...] = ()
    try:
        legs = [
            Leg(contract=contract, price_usd=prices[contract.coin], beta=b * share)
            for contract, b in zip(contracts, fit.betas.tolist(), strict=True)
        ]
        plans = plan_legs(
            sample.book.value_usd,
            legs,
            collateral=collateral,  # type: ignore[arg-type]
            max_leverage=parameters.max_leverage,
            rounding=parameters.rounding,  # type: ignore[arg-type]
            hedge_ratio=parameters.hedge_ratio,
            maintenance_rate=parameters.maintenance_rate,
        )
        plans = tuple(_on_margin(wallets, one, plans, prices, parameters) for one in plans)
    except HedgeError as error:
        reason = str(error)
    train, refit = round(0.5 * y.size), max(1, round(_MONTH_DAYS / sample.horizon_days))
    tested = float(np.var(y[train:], ddof=1))
    single, both = (
        walk_forward_residual(y, columns, train=train, refit=refit)
        for columns in (sample.coin_returns[coin], x)
    )
    low, high = _gain(single, both, tested)

    def received(plans: tuple[HedgePlan, ...]) -> float | None:
        paid = [funding(plan, parameters, data) for plan in plans]
        return None if None in paid else sum(one.month_usd for one in paid if one)

    return Legs(
        coins=BENCHMARKS,
        betas=tuple(fit.betas.tolist()),
        lows=tuple((fit.betas - half).tolist()),
        highs=tuple((fit.betas + half).tolist()),
        vif=float(fit.vif[0]),
        plans=plans,
        reason=reason,
        one_coin=coin,
        one_out_of_sample=1 - float(np.var(single, ddof=1)) / tested,
        out_of_sample=1 - float(np.var(both, ddof=1)) / tested,
        gain_low=low,
        gain_high=high,
        residual_usd=fit.residual_sd * sample.estimated_usd,
        fees_usd=2 * sum(plan.open_fee_usd for plan in plans),
        one_fees_usd=2 * one.open_fee_usd,
        funding_usd=received(plans),
        one_funding_usd=received((one,)),
    )


def _on_margin(
    wallets: tuple[Wallet, ...],
    plan: HedgePlan,
    plans: tuple[HedgePlan, ...],
    prices: Mapping[str, float],
    parameters: ReportParameters,
) -> HedgePlan:
    """Plan a leg on the margin that is there already, where that is more than it needs."""
    if not wallets:
        return plan

    def wallet(one: HedgePlan) -> Wallet:
        return wallet_of(wallets, one.contract, stablecoin=not one.holds_coin)

    sharing = [one for one in plans if wallet(one) is wallet(plan)]
    there = margin_in_place(wallets, wallet(plan), sharing, prices)
    needed = sum(one.collateral_usd for one in sharing)
    if there is None or there <= needed:
        return plan
    return plan_hedge(
        plan.book_usd,
        plan.beta,
        plan.contract,
        plan.price_usd,
        collateral=plan.collateral,
        collateral_usd=there * plan.collateral_usd / needed,
        max_leverage=parameters.max_leverage,
        hedge_ratio=plan.hedge_ratio,
        rounding=parameters.rounding,  # type: ignore[arg-type]
        maintenance_rate=parameters.maintenance_rate,
    )


def _gain(single: FloatArray, both: FloatArray, variance: float) -> tuple[float, float]:
    """Return the interval of the share of variance that the second leg adds.

    Its squared residual day by day is compared with that of one leg, with a Newey-West error
    (Diebold and Mariano 1995).
    """
    better = (single - single.mean()) ** 2 - (both - both.mean()) ** 2
    n, error = better.size, better - better.mean()
    lags = min(newey_west_lags(n), n - 1)
    total = float(error @ error)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(error[lag:] @ error[:-lag])
    half = _Z * np.sqrt(max(total, 0.0)) / n
    scale = variance * (n - 1) / n
    return float((better.mean() - half) / scale), float((better.mean() + half) / scale)


def _data(report: HedgeReport) -> dict[str, Any]:
    legs = report.legs
    if legs is None:
        return {"legs": None}
    found = plain(legs) | {"gain": legs.gain, "better": legs.better}
    found["plans"] = [
        {
            "contract_id": plan.contract.id,
            "contracts": plan.contracts,
            "notional_usd": plan.notional_usd,
            "collateral_usd": plan.collateral_usd,
            "leverage": plain(plan.leverage),
            "residual_delta_usd": plan.residual_delta_usd,
            "liquidation_price_usd": plain(plan.liquidation_price_usd),
            "liquidation_move": plain(plan.liquidation_move),
        }
        for plan in legs.plans
    ]
    return {"legs": found}


@part("legs", data=_data)
def legs(report: HedgeReport) -> Section:
    """Show the hedge with two legs, where it was asked for."""
    found = report.legs
    if found is None:
        return Section([])
    title = "Two legs, BTC and ETH: betas from one regression, each with the other held fixed"
    rows = []
    for i, coin in enumerate(found.coins):
        row = [
            coin,
            f"{found.betas[i]:.2f}",
            f"{found.lows[i]:.2f} to {found.highs[i]:.2f}",
        ]
        if found.plans:
            plan = found.plans[i]
            finite = np.isfinite(plan.liquidation_price_usd)
            row += [
                f"{abs(plan.contracts):,.10g} x {plan.contract.face}",
                usd(plan.notional_usd),
                usd(plan.collateral_usd),
                usd(plan.residual_delta_usd, cents=True),
                f"{coin_price(plan.liquidation_price_usd)} "
                f"({percent(plan.liquidation_move, signed=True)})"
                if finite
                else "none",
            ]
        rows.append(row)
    head = ["Leg", "Beta", "95% interval"]
    if found.plans:
        head += ["Contracts", "Short", "Margin", "Residual delta", "Liquidated at"]
    blocks: list[Block] = [Table(head, rows, "l" + "r" * (len(head) - 1), title, kind="cards")]
    if found.reason:
        blocks.append(Text(f"Two legs make no hedge here: {found.reason}."))
    blocks.append(Text(_verdict(report, found)))
    if found.plans:
        blocks.append(Text(_cost(found, _rest(report))))
    said = [
        f"Betas are those of {measured_part(report)}, and so is the size of both legs"
        + ("; what has a beta of yours or none is in no leg." if _rest(report) else "."),
        f"BTC and ETH move together: each makes the variance of the other's beta "
        f"{found.vif:.1f} times as large.",
    ]
    if found.plans:
        said.append(
            "Each leg has a margin of its own: a rally of one coin can liquidate its leg while the "
            "other stays. The order ticket and the levels to act at are those of both legs. "
            f"Everything else in this report is the hedge with one leg, {found.one_coin}."
        )
    return Section([*blocks, *notes(" ".join(said))])


def _rest(report: HedgeReport) -> bool:
    return any(c.value_usd > 0 for how in ("own", "none") for c in report.coins(how))


def _verdict(report: HedgeReport, found: Legs) -> str:
    shares = (found.gain, found.gain_low, found.gain_high)
    gain, low, high = (percent(s, digits=1, signed=True).rstrip("%") for s in shares)
    fit = report.tracked.estimate
    alone = usd(fit.residual_sd * report.measured_usd) if fit else "unknown"
    both, one = percent(found.out_of_sample, digits=1), percent(found.one_out_of_sample, digits=1)
    verdict = (
        "that is more than noise"
        if found.better
        else "that is not more than noise, so one leg is enough"
        if found.gain_high > 0
        else "the second leg makes the hedge worse"
    )
    return (
        f"Out of sample, two legs removed {both} of the variance of {measured_part(report)}, and "
        f"{found.one_coin} alone {one}: {gain} percentage points (95% interval "
        f"{spread_of(low, high)}); {verdict}. The residual volatility {period(report)} over the "
        f"window (one standard deviation) is {usd(found.residual_usd)} with two legs and {alone} "
        "with one."
    )


def _cost(found: Legs, rest: bool) -> str:
    whole = ", which covers the coins with a beta of yours as well" if rest else ""
    text = (
        f"Opening and closing costs {usd(found.fees_usd, cents=True)} with two legs and "
        f"{usd(found.one_fees_usd, cents=True)} with one{whole}."
    )
    if found.funding_usd is not None and found.one_funding_usd is not None:
        text += (
            f" Funding received in 30 days: {usd(found.funding_usd, signed=True)} and "
            f"{usd(found.one_funding_usd, signed=True)}."
        )
    return text
