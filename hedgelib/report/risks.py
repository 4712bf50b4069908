"""What keeps the short open, what it costs, and what it leaves uncovered: words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.report.blocks import Block, Points, Section, Table, Text
from hedgelib.report.phrases import coin_price, listed
from hedgelib.scenario import coin_account, run_scenario

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

__all__ = ["cost", "margin", "uncovered"]

_RALLIES = (0.1, 0.25, 0.5)


def _rally_rows(report: HedgeReport) -> list[list[str]]:
    plan = report.plan
    below = [m for m in _RALLIES if m < plan.liquidation_move]
    s = run_scenario(plan, below) if below else None
    rows = []
    for i, move in enumerate(below):
        assert s is not None
        price = float(s.price_usd[i])
        if plan.holds_coin:
            equity = float(
                coin_account(
                    plan.contracts,
                    plan.price_usd,
                    plan.wallet_coin,
                    price,
                    plan.contract.multiplier,
                )[1]
            )
        else:
            equity = plan.wallet_usd + float(s.hedge_pnl_usd[i])
        notional = plan.contract.notional_usd(plan.contracts, price)
        rows.append(
            [
                percent(move, signed=True),
                coin_price(price),
                usd(float(s.spot_pnl_usd[i]), signed=True),
                usd(equity),
                f"{notional / equity:.1f}",
            ]
        )
    return rows


def margin(report: HedgeReport) -> Section:
    """Tell what keeps the short open, and what ends it."""
    plan, coin = report.plan, report.hedge_coin
    contract = plan.contract
    finite = np.isfinite(plan.liquidation_price_usd)
    basis = contract.maintenance_basis or "mark"
    flat = report.parameters.maintenance_rate is not None or not contract.maintenance_rates
    tiers = "flat" if flat or len(contract.maintenance_rates) == 1 else "first tier of the ladder"
    amount = f"{usd(plan.wallet_usd)} after the opening fee"
    if plan.holds_coin:
        amount += f", {plan.wallet_coin:,.4f} {coin}"
    rows = [
        ["Margin in the futures wallet", amount],
        ["Leverage", f"{plan.leverage:.2f}, cap {report.parameters.max_leverage:g}"],
        [
            "Maintenance margin",
            f"{percent(plan.maintenance_rate, digits=2)} ({tiers}), reckoned at the "
            f"{'mark' if basis == 'mark' else 'entry'} price",
        ],
        [
            "Liquidation price",
            coin_price(plan.liquidation_price_usd) if finite else "none: no price liquidates",
        ],
    ]
    if finite:
        far = plan.liquidation_move / report.tracked.coin_sd
        rows += [
            [
                "Distance",
                f"{percent(plan.liquidation_move, digits=1, signed=True)}, {far:.0f} daily "
                f"standard deviations of {coin} ({percent(report.tracked.coin_sd, digits=1)} each)",
            ],
            [
                "Bankruptcy price",
                coin_price(plan.bankruptcy_price_usd)
                if np.isfinite(plan.bankruptcy_price_usd)
                else "none",
            ],
        ]
    blocks: list[Block] = [Table(["", ""], rows, "ll", "What keeps the short open", kind="pairs")]
    if report.rallies is not None:
        r = report.rallies
        first, last = report.origin["span"]
        blocks.append(
            Text(
                f"In the data ({first} to {last}) {coin} rose that far within 30 days from "
                f"{r.reached:,} of {r.starts:,} starting days"
                + (f" ({percent(r.reached / r.starts, digits=1)})" if r.reached else "")
                + f"; its largest rise in 30 days was {percent(r.largest)}."
            )
        )
    if finite:
        blocks.append(
            Text(
                "A rally is the danger, not a crash. The short loses in the futures wallet while "
                "the gain sits in the spot wallet, and that gain is not margin: to keep the hedge, "
                f"coins must be sold for {coin if plan.holds_coin else 'stablecoin'} and moved "
                "over in time. After a liquidation the book stands unhedged at the "
                "higher price."
            )
        )
        rally = _rally_rows(report)
        if rally:
            blocks.append(
                Table(
                    [
                        f"{coin} rises",
                        "To",
                        "Gain in spot wallet",
                        "Futures equity",
                        "Leverage then",
                    ],
                    rally,
                    "lrrrr",
                    "The futures wallet in a rally, nothing topped up",
                )
            )
    return Section(blocks)


def cost(report: HedgeReport) -> Section:
    """Add up fees, and what funding has paid."""
    plan, funding, coin = report.plan, report.funding, report.hedge_coin
    blocks: list[Block] = [
        Text(
            f"Opening costs {usd(plan.open_fee_usd, cents=True)} at the taker fee of "
            f"{plan.fee_rate * 100:.6g}%, and closing as much again."
            if plan.fee_rate
            else "The venue's taker fee is not verified; fees are left out of all figures."
        )
    ]
    if funding is None:
        blocks.append(Text(f"The data hold no funding rates of {coin}."))
        return Section(blocks)

    def row(name: str, rate: float, amount: float) -> list[str]:
        return [name, percent(rate, digits=4, signed=True), usd(amount, signed=True)]

    blocks += [
        Text(
            "A perpetual's funding passes between longs and shorts. At a positive rate the short "
            "receives it, at a negative rate it pays."
        ),
        Table(
            ["History", "Mean rate, 8 hours", "Received in 30 days"],
            [
                row(
                    f"{funding.first_month} to {funding.last_month}",
                    funding.mean_8h,
                    funding.month_usd,
                ),
                row("its last 12 months", funding.recent_mean_8h, funding.recent_month_usd),
                row(
                    f"its lowest month, {funding.worst_month}",
                    funding.worst_mean_8h,
                    funding.worst_month_usd,
                ),
            ],
            "lrr",
            f"What a short of {usd(plan.notional_usd)} would have received",
        ),
        Text(
            f"The rates are {report.origin['funding']['note']}. The past is no promise."
            if "funding" in report.origin
            else "The past is no promise.",
            "note",
        ),
    ]
    return Section(blocks)


def uncovered(report: HedgeReport) -> Section:
    """Tell what the hedge leaves open."""
    plan, residual, coin = report.plan, report.residual, report.hedge_coin
    blocks: list[Block] = []
    if report.tracked.estimate is not None:
        per_month = residual.month
        lines = [
            ("The book without a hedge", residual.before_usd),
            ("Everything with the hedge", residual.after_usd),
        ]
        if residual.after_usd - residual.own_usd > 0.5:
            lines.append((f"of which the coins' own, beyond {coin}", residual.own_usd))
        rows = [[name, usd(value), usd(value * per_month)] for name, value in lines]
        blocks.append(
            Table(
                ["One standard deviation of", "A day", "30 days"],
                rows,
                "lrr",
                "What is left, as measured over the window",
            )
        )
    open_delta = plan.exposure_usd - plan.notional_usd
    items = [
        f"Rounding and choices: {usd(open_delta, cents=True)} of {coin} exposure stays open"
        + (
            f", {usd(plan.residual_delta_usd, cents=True)} of it because contracts are whole."
            if plan.hedge_ratio != 1 or plan.target_beta
            else ", because contracts are whole."
        )
    ]
    if report.tracked.estimate is not None:
        items.append(
            "The coins' own news: a listing, a hack, an unlock moves one coin and not "
            f"{coin}. 30 days of it are taken as 30 independent days."
        )
        items.append(
            "Beta moves: it was measured over the window and tends to rise in a crash. Measure it "
            "again, and mend the hedge when the drift is worth the fee."
        )
    own = report.coins("own")
    if own:
        items.append(
            f"Betas that you gave ({listed(own)}) are taken as they are, without an error."
        )
    none = report.coins("none")
    if none:
        items.append(
            f"{listed(none)}: {usd(sum(c.value_usd for c in none))} without any beta, not hedged "
            "and not in the figures above."
        )
    items += [
        "Basis: the contract can trade away from spot. When its premium widens by 1%, the short "
        f"loses about {usd(plan.notional_usd * 0.01)} until it comes back.",
        "The venue: custody, outages, auto-deleveraging, changed terms, and margin in one "
        "coin's wallet that nothing else backs.",
        "Taxes, and the time it takes to move coins when everybody does.",
    ]
    if plan.collateral == "stablecoin":
        items.append("The stablecoin: its peg.")
    blocks.append(Points(items))
    return Section(blocks)
