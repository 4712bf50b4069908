"""What keeps the short open, what it costs, and what it leaves uncovered: words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.carry import annualise_funding
from hedgelib.report.blocks import Block, Points, Section, Table, Text, notes
from hedgelib.report.export import plain
from hedgelib.report.phrases import (
    closes_of,
    coin_price,
    listed,
    measured_part,
    months_of,
    period,
    sentence,
    spread_of,
    usd_spread,
    without_beta,
)
from hedgelib.report.registry import part
from hedgelib.report.sources import slippage_usd, slippage_words

if TYPE_CHECKING:
    from hedgelib.report.results import Cap, HedgeReport


def _margin_data(report: HedgeReport) -> dict[str, Any]:
    return {
        "rallies": plain(report.rallies),
        "caps": [_cap(cap) for cap in report.caps],
        "rally": plain(report.rally),
    }


def _cap(cap: Cap) -> dict[str, Any]:
    found: dict[str, Any] = plain(cap)
    seen = found.pop("rallies") or {}
    return found | {name: seen.get(name) for name in ("starts", "reached", "episodes")}


def _caps(report: HedgeReport) -> list[Block]:
    """Compare leverage caps: the margin each needs and the rise each survives."""
    if len(report.caps) < 2:
        return []
    coin, plan = report.hedge_coin, report.plan
    known = any(cap.rallies is not None for cap in report.caps)
    rows = []
    for cap in report.caps:
        finite, seen = np.isfinite(cap.liquidation_move), cap.rallies
        row = [
            f"{cap.leverage:.1f}" + (", this plan" if cap.own else ""),
            usd(cap.collateral_usd),
            coin_price(cap.liquidation_price_usd) if finite else "none",
            percent(cap.liquidation_move, signed=True) if finite else "",
        ]
        if seen is not None:
            share = f", {percent(seen.share, digits=1)}" if seen.reached else ""
            row.append(f"{seen.reached:,} of {seen.starts:,} days{share}")
        rows.append(row)
    margin = f"{coin} margin" if plan.holds_coin else "Stablecoin margin"
    head = ["Leverage", margin, "Liquidated at", "A rise of"]
    if known:
        head.append("A close reached it in 30 days from")
    return [
        Table(
            head,
            rows,
            "l" + "r" * (len(head) - 1),
            "More margin, less leverage: the rise that liquidates each"
            + ("" if report.price_day is None else f", from the price of {report.price_day}"),
            marked=[i for i, cap in enumerate(report.caps) if cap.own],
            kind="caps",
        )
    ]


@part("margin", "Margin and liquidation", data=_margin_data)
def margin(report: HedgeReport) -> Section:
    """Show what keeps the short open, and what ends it."""
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
            f"{percent(plan.maintenance_rate, digits=2)} ({tiers}), calculated at the "
            f"{'mark' if basis == 'mark' else 'entry'} price",
        ],
        [
            "Liquidation price",
            coin_price(plan.liquidation_price_usd)
            + (f", from the price of {report.price_day}" if report.price_day else "")
            if finite
            else "none: no price liquidates the short",
        ],
    ]
    if finite:
        end = plan.bankruptcy_price_usd
        bankrupt = coin_price(end) if np.isfinite(end) else "none"
        rows += [
            ["Distance", percent(plan.liquidation_move, digits=1, signed=True)],
            ["Bankruptcy price", bankrupt],
        ]
    blocks: list[Block] = [
        Table(["What", "Value"], rows, "ll", "What keeps the short open", kind="pairs")
    ]
    blocks += _caps(report)
    if report.rallies is not None:
        r = report.rallies
        blocks.append(
            Text(
                f"{closes_of(r.spans)} {coin} rose by {percent(r.move)} or more within 30 days "
                f"from {r.reached:,} of {r.starts:,} starting days"
                + (f" ({percent(r.share, digits=1)})" if r.reached else "")
                + f"; its largest rise in 30 days was {percent(r.largest)}. Between two closes "
                "it may have been higher."
            )
        )
    if finite:
        blocks.append(
            Text(
                "The danger is a rally, not a crash. The short loses in the futures wallet while "
                "the gain is in the spot wallet, where it is not margin: to keep the hedge, you "
                f"must sell coins for {coin if plan.holds_coin else 'stablecoin'} and transfer it "
                "in time. After a liquidation the book is unhedged at the higher price."
            )
        )
        rally = [
            [
                percent(step.move, signed=True),
                coin_price(step.price_usd),
                usd(step.spot_pnl_usd, signed=True),
                usd(step.equity_usd),
                f"{step.leverage:.1f}",
            ]
            for step in report.rally
        ]
        if rally:
            gain = f"Gain of {usd(report.covered_usd)} in spot" if report.gap else "Gain in spot"
            head = [f"{coin} rises", "To", f"{gain} wallet", "Futures equity", "Leverage after"]
            title = "Futures wallet in a rally, with no margin added"
            blocks.append(Table(head, rally, "lrrrr", title))
    return Section(blocks)


def _cost_data(report: HedgeReport) -> dict[str, Any]:
    slippage = {"rate": report.parameters.slippage, "trade_usd": slippage_usd(report)}
    return {"funding": plain(report.funding), "slippage": slippage}


@part("cost", "What it costs to hold", data=_cost_data)
def cost(report: HedgeReport) -> Section:
    """Show fees, and what funding has paid."""
    plan, funding, coin = report.plan, report.funding, report.hedge_coin
    blocks: list[Block] = [
        Text(
            f"Opening costs {usd(plan.open_fee_usd, cents=True)} at the taker fee of "
            f"{plan.fee_rate * 100:.6g}%, and closing costs as much again."
            if plan.fee_rate
            else "The venue's taker fee is not verified; fees are left out of all figures."
        ),
        Text(
            f"{slippage_words(report)} That is a figure of the parameter slippage, not of the "
            "venue's order book, and the plan and its moves leave it out."
        ),
    ]
    if plan.collateral == "new_money" or plan.sold_usd or plan.cash_sold_usd:
        blocks += notes("What buying or selling coins for the margin costs is not counted.")
    if plan.contract.expiry is not None:
        instead = "a short receives its premium over the coin instead"
        blocks.append(Text(f"A dated contract pays no funding: {instead}."))
        return Section(blocks)
    if funding is None:
        blocks.append(
            Text(f"The data hold no funding rates of {coin}; set funding_rate_8h to use your own.")
        )
        return Section(blocks)

    def row(name: str, rate: float, amount: float) -> list[str]:
        year = float(annualise_funding(rate).simple)
        return [
            name,
            percent(rate, digits=4, signed=True),
            percent(year, digits=1, signed=True),
            usd(amount, signed=True),
        ]

    rows, past = [], funding.history
    if funding.assumed:
        rows.append(row("your assumption", funding.rate_8h, funding.month_usd))
    if past is not None:
        rows += [
            row(f"{past.first_month} to {past.last_month}", past.mean_8h, past.month_usd),
            row("its last 12 months", past.recent_mean_8h, past.recent_month_usd),
            row(f"its lowest month, {past.worst_month}", past.worst_mean_8h, past.worst_month_usd),
        ]
    said = []
    if funding.assumed:
        said.append("The report uses the rate that you gave.")
    if past is not None:
        if "funding" in report.origin:
            said.append(f"The rates are {report.origin['funding']['note']}.")
        said.append("Past funding does not predict future funding.")
    blocks += [
        Text(
            "Longs and shorts of a perpetual pay funding to each other. At a positive rate the "
            "short receives it, at a negative rate the short pays it."
        ),
        Table(
            ["Rate", "Mean, 8 hours", "A year", "Received in 30 days"],
            rows,
            "lrrr",
            f"Funding received by a short of {usd(plan.notional_usd)}",
            marked=(0,),
        ),
        Text(" ".join(said), "note"),
    ]
    return Section(blocks)


@part(
    "uncovered",
    "What is not covered",
    data=lambda report: {"residual": plain(report.residual), "month": plain(report.month)},
)
def uncovered(report: HedgeReport) -> Section:
    """Show the risk that the hedge leaves open."""
    measured = report.tracked.estimate is not None
    return Section([*(_risk_blocks(report) if measured else ()), Points(_open_risks(report))])


def _risk_blocks(report: HedgeReport) -> list[Block]:
    """Compare the standard deviation of the book with and without the hedge."""
    month, residual, coin = report.month, report.residual, report.hedge_coin
    lines = [
        ("The book without a hedge", residual.before, month.before),
        ("Everything with the hedge", residual.after, month.after),
    ]
    if residual.after_usd - residual.own_usd > 0.5:
        name = f"of which residual to {coin}, of {measured_part(report)}"
        lines.append((name, (residual.own_usd,) * 2, (month.own_usd,) * 2))
    if report.gap:
        name = f"of which assumed for {usd(report.gap.value_usd)} without a beta"
        lines.append((name, (residual.gap_usd,) * 2, (month.gap_usd,) * 2))
    rows = [[name, usd_spread(ends), usd_spread(in_a_month)] for name, ends, in_a_month in lines]
    head = ["One standard deviation of", sentence(period(report))[:-1], "In 30 days"]
    said = f"{head[1]}: over the window. In 30 days: {months_of(report)}."
    if head[1] == head[2]:
        # The returns of the window are months too, but far fewer.
        head, rows = [head[0], head[2]], [[row[0], row[2]] for row in rows]
        said = f"In 30 days: {months_of(report)}."
    ever = ""
    if month.ever_since and month.ever_since != month.first_day:
        ever = (
            f" Over all months since {month.ever_since} what {coin} does not explain had a "
            f"standard deviation of {usd(month.ever_usd)}: a rally of a few coins makes much "
            "of it."
        )
    table = Table(head, rows, "l" + "r" * (len(head) - 1), "Risk with and without the hedge")
    return [table, *notes(said + ever)]


def _open_risks(report: HedgeReport) -> list[str]:
    plan, coin = report.plan, report.hedge_coin
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
            f"The coins' own news: a listing, a hack, an unlock moves one coin and not {coin}."
        )
        items.append(
            "Beta changes: it was measured over the window and tends to rise in a crash. Measure "
            "it again, and resize the hedge when the drift justifies the fee."
        )
    own = report.coins("own")
    if own:
        items.append(
            f"Betas that you gave ({listed(own)}) are used as given, without a standard "
            "error and without residual volatility."
        )
    none = without_beta(report)
    if none:
        items.append(
            f"{listed(none)}: {usd(report.gap.value_usd)} without any beta, not hedged. Above, "
            f"{'it moves' if len(none) == 1 else 'they move'} with a beta from "
            f"{spread_of('0', f'{report.tracked.covered_beta:.2f}')} and a residual volatility of "
            f"{percent(report.gap.residual_sd, digits=1)} {period(report)}, the median of the "
            "coins with a price history; it may well be more."
        )
    items += [
        "Basis: the contract can trade away from spot. When its premium widens by 1%, the short "
        f"loses about {usd(plan.notional_usd * 0.01)} until the premium narrows again.",
        "The venue: custody, outages, auto-deleveraging, changed terms, and margin in one "
        "coin's wallet that nothing else backs.",
        "Taxes, and the time it takes to move coins when everybody does.",
    ]
    if plan.collateral == "stablecoin":
        items.append("The stablecoin: its peg.")
    return items
