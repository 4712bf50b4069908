"""Sections on other ways to place the hedge: inverse or linear, an expiry, venues, a budget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.carry import annualise_funding
from hedgelib.report.blocks import Block, Points, Section, Table, Text, notes
from hedgelib.report.export import plain
from hedgelib.report.offers import yearly_rate
from hedgelib.report.phrases import coin_price, sentence
from hedgelib.report.registry import part

if TYPE_CHECKING:
    from hedgelib.plan import HedgePlan
    from hedgelib.report.offers import BudgetWay, Expiry, Offer
    from hedgelib.report.results import HedgeReport


def _offer_data(one: Offer) -> dict[str, Any]:
    plan = one.plan
    return {
        "contract_id": one.contract.id,
        "kind": one.contract.kind,
        "settle": one.contract.settle,
        "own": one.own,
        "reason": one.reason,
        "contracts": plan and plan.contracts,
        "notional_usd": plan and plan.notional_usd,
        "collateral": plan and plan.collateral,
        "collateral_usd": plan and plan.collateral_usd,
        "leverage": plan and plain(plan.leverage),
        "residual_delta_usd": plan and plan.residual_delta_usd,
        "liquidation_price_usd": plan and plain(plan.liquidation_price_usd),
        "liquidation_move": plan and plain(plan.liquidation_move),
        "fees_usd": one.fees_usd,
        "funding_usd": one.funding_usd,
        "cost_usd": one.cost_usd,
        "doubtful": list(one.doubtful),
    }


def _liquidated(plan: HedgePlan) -> str:
    if not np.isfinite(plan.liquidation_price_usd):
        return "none"
    move = percent(plan.liquidation_move, signed=True)
    return f"{coin_price(plan.liquidation_price_usd)} ({move})"


@part(
    "kinds",
    "Inverse or linear",
    data=lambda report: {"kinds": [_offer_data(one) for one in report.kinds]},
)
def kinds(report: HedgeReport) -> Section:
    """Show the hedge with an inverse and with a linear contract, and why the plan has its own."""
    coin, plans = report.hedge_coin, _of(report.kinds)
    rows = [
        ["Contract", *(f"{plan.contract.id}, {plan.contract.face} each" for plan in plans)],
        ["Margin", *(f"{usd(plan.collateral_usd)} of {_currency(plan)}" for plan in plans)],
        ["Delta of the margin", *(_delta(plan) for plan in plans)],
        ["Short", *(f"{usd(p.notional_usd)}, leverage {p.leverage:.2f}" for p in plans)],
        [f"Liquidated when {coin} is at", *(_liquidated(plan) for plan in plans)],
        ["Profit and funding are paid in", *(plan.contract.settle for plan in plans)],
    ]
    head = [
        "What",
        *(p.contract.kind.capitalize() + ", this plan" * (p is report.plan) for p in plans),
    ]
    own = report.plan.contract
    unified = any(p.contract.kind == "inverse" and not p.holds_coin for p in plans)
    why = (
        "you asked for it"
        if report.parameters.contract != "auto"
        else ("a report hedges with an inverse perpetual unless contract names another")
    )
    blocks: list[Block] = [
        Table(
            head, rows, "l" * len(head), "The same hedge with either kind of contract", kind="tight"
        ),
        Text(f"The plan uses the {own.kind} contract, because {why}."),
    ]
    blocks += [Text(text) for text in _against(plans)]
    missing = [one for one in report.kinds if one.plan is None]
    blocks += [Text(f"{one.contract.id}: {sentence(one.reason)}") for one in missing]
    if len(report.kinds) == 1:
        other = "linear" if own.kind == "inverse" else "inverse"
        blocks.append(Text(f"No {other} perpetual on {coin} is listed in the data."))
    said = [
        f"An inverse contract is paid in {coin}. With stablecoin as margin, which takes a unified "
        "account, the short covers the book alone."
        if unified
        else f"An inverse contract is margined and paid in {coin}. That margin falls and rises "
        f"with {coin}, so the short has to cover it too, and a gain of the short is more {coin}.",
        "A linear contract is margined and paid in a stablecoin. That margin does not move, so the "
        "short covers the book alone, and it depends on the peg of the stablecoin.",
    ]
    if own.kind == "linear" and report.parameters.collateral == "new_money":
        said.append(f"New money is posted as {own.settle} here: a linear contract takes no {coin}.")
    return Section([*blocks, Points(said)])


def _against(plans: list[HedgePlan]) -> list[str]:
    """Say in a sentence what the linear contract saves and what it risks."""
    if len(plans) < 2:
        return []
    inverse, linear = plans
    saved = inverse.collateral_usd - linear.collateral_usd
    smaller = inverse.notional_usd - linear.notional_usd
    rises = [
        f"a rise of {percent(plan.liquidation_move)}"
        if np.isfinite(plan.liquidation_price_usd)
        else "no rise"
        for plan in (linear, inverse)
    ]
    return [
        f"The linear contract needs {usd(abs(saved))} {'less' if saved >= 0 else 'more'} margin, "
        f"and its short is {usd(abs(smaller))} {'smaller' if smaller >= 0 else 'larger'}; it is "
        f"liquidated by {rises[0]}, and the inverse one by {rises[1]}"
        + (", because coin margin gains in a rally." if inverse.holds_coin else ".")
    ]


def _of(offers: Iterable[Offer]) -> list[HedgePlan]:
    return [one.plan for one in offers if one.plan is not None]


def _currency(plan: HedgePlan) -> str:
    coin = plan.holds_coin or plan.contract.kind == "linear"
    return plan.contract.settle if coin else "stablecoin"


def _delta(plan: HedgePlan) -> str:
    if not plan.holds_coin:
        return "none"
    return f"{usd(plan.wallet_usd)} of {plan.contract.coin}, covered by the short"


@part("expiry", data=lambda report: {"expiry": plain(report.expiry)})
def expiry(report: HedgeReport) -> Section:
    """Show what the expiry of a dated contract means; nothing of a perpetual."""
    found, plan = report.expiry, report.plan
    if found is None:
        return Section([])
    symbol, rows = plan.contract.symbol, []
    rows.append(["Expiry", f"{found.expiry}, in {found.days} days from {found.from_day}"])
    if found.basis is not None and found.basis_annual is not None and found.basis_usd is not None:
        rows += [
            [
                f"Basis at {coin_price(found.futures_usd or 0.0)}",
                f"{percent(found.basis, digits=2, signed=True)}, "
                f"{percent(found.basis_annual, digits=2, signed=True)} a year (simple)",
            ],
            ["The short receives of it to expiry", usd(found.basis_usd, signed=True)],
        ]
    if found.funding_8h is not None:
        year = float(annualise_funding(found.funding_8h).simple)
        said = f"{percent(year, digits=2, signed=True)} a year"
        if found.perpetual is not None:
            said += f", {usd(found.perpetual.funding_usd, signed=True)} to expiry"
        rows.append(["Funding expected of the perpetual", said])
    blocks: list[Block] = [
        Table(["What", "Value"], rows, "ll", f"Days to expiry, and what {symbol} pays a short"),
        Text(_better(found, report.hedge_coin)),
    ]
    blocks += notes(
        f"At expiry {symbol} is settled in {plan.contract.settle} at an average of the index, and "
        f"the hedge ends with it. To keep it, roll: buy {symbol} back and sell the next one, at "
        "the basis that it has then, for fees of about "
        f"{usd(found.roll_usd, cents=True)}. A dated contract pays no funding. The plan counts it "
        "as sold at the price of the coin; sold at a premium, its price levels, such as the "
        "liquidation price, are higher by about that premium."
    )
    return Section(blocks)


def _better(found: Expiry, coin: str) -> str:
    if found.futures_usd is None:
        return (
            "The price of the contract is not known, so its basis cannot be compared with the "
            "funding of the perpetual: give futures_price_usd (--futures-price-usd)."
        )
    if found.perpetual is None:
        return (
            f"No funding rate of {coin} is known, so there is nothing to compare the basis with: "
            "set funding_rate_8h."
        )
    gap = usd(abs(found.perpetual.advantage_usd))
    return {
        "perpetual": f"The perpetual is expected to bring {gap} more to expiry; its funding is a "
        "forecast, where the basis is a fact.",
        "expiry": f"The dated contract brings {gap} more to expiry than the perpetual is expected "
        "to; the basis is a fact, where funding is a forecast.",
        "either": "Both bring the same.",
    }[found.perpetual.better]


@part(
    "venues",
    "Venues side by side",
    data=lambda report: {"venues": [_offer_data(one) for one in report.venues]},
)
def venues(report: HedgeReport) -> Section:
    """Compare the plan at each venue, the cheapest first."""
    made = [one for one in report.venues if one.plan is not None]
    rows = [_venue_row(one) for one in made]
    head = [
        "Contract",
        "Contracts",
        "Residual delta",
        "Fees, open and close",
        "Funding in a year",
        "Cost of a year",
        "Liquidated at",
    ]
    plan = report.plan
    title = f"The same hedge on {usd(plan.collateral_usd)} of margin, cheapest first"
    own = [i for i, one in enumerate(made) if one.own]
    blocks: list[Block] = [Table(head, rows, "lrrrrrr", title, marked=own, kind="venues")]
    left_out = [one for one in report.venues if one.plan is None]
    if left_out:
        points = Points([f"{one.contract.id}: {sentence(one.reason)}" for one in left_out])
        blocks += [Text("The hedge cannot be placed there:"), points]
    said = ["Cost is fees less funding; below zero the short earns. Closed venues are left out."]
    if any(one.doubtful for one in made):
        said.append("A question mark: doubtful, or assumed because it is not verified.")
    if any(one.fees_usd is None for one in made):
        said.append("Without a verified fee there is no cost, and the contract comes last.")
    if plan.contract.expiry is not None:
        said.append("A dated contract has a basis in place of funding, which the table above has.")
    said.append(_funding_words(report, made))
    return Section([*blocks, *notes(" ".join(said))])


def _venue_row(one: Offer) -> list[str]:
    plan = one.plan
    assert plan is not None

    def marked(text: str, name: str) -> str:
        return text + "?" * (name in one.doubtful)

    def amount(value: float | None) -> str:
        return "" if value is None else usd(value, signed=True)

    fees = "not verified" if one.fees_usd is None else usd(one.fees_usd, cents=True)
    return [
        one.contract.id,
        marked(f"{abs(plan.contracts):,.10g}", "contracts"),
        usd(plan.residual_delta_usd, cents=True),
        marked(fees, "fees_usd"),
        amount(one.funding_usd),
        amount(one.cost_usd),
        marked(_liquidated(plan), "liquidation_price_usd"),
    ]


def _funding_words(report: HedgeReport, made: list[Offer]) -> str:
    if not any(one.funding_usd is not None for one in made):
        return "No funding rate is known, so cost is fees alone."
    rate = yearly_rate(report.funding)
    if report.funding is None or rate is None:
        return "Funding is that of the last 12 months in the data, the same rate for all."
    given = report.funding.assumed
    which = "the rate that you gave" if given else "that of the last 12 months in the data"
    proxy = report.origin.get("funding", {}).get("proxy")
    return (
        f"Funding is {which}, {percent(rate, digits=4, signed=True)} in 8 hours, and the same for "
        "all, because the data hold no other"
        + (" (a proxy)." if proxy and not given else ".")
        + " Each venue pays its own."
    )


@part("budget", data=lambda report: {"budget": _budget_data(report)})
def budget(report: HedgeReport) -> Section:
    """Show what the margin that was named can do, from each source; nothing without one."""
    if not report.budget:
        return Section([])
    amount, cap = report.parameters.budget_usd or 0.0, report.parameters.max_leverage
    head, sides = ["What", *(_source(one, report.hedge_coin) for one in report.budget)], "l"
    rows = [
        [f"Short within a leverage of {cap:g}", *(_within(one) for one in report.budget)],
        [
            f"Beta of the book that it leaves, of {report.plan.beta:.2f}",
            *(_left(one) for one in report.budget),
        ],
        ["Leverage of the whole hedge", *(_whole(one) for one in report.budget)],
        [
            "Which is liquidated at",
            *("" if one.whole is None else _liquidated(one.whole) for one in report.budget),
        ],
    ]
    title = f"What {usd(amount)} of margin can do"
    blocks: list[Block] = [Table(head, rows, sides * len(head), title)]
    blocks += [
        Text(f"{_source(one, report.hedge_coin)}: {sentence(one.reason)}")
        for one in report.budget
        if one.reason
    ]
    return Section(blocks)


def _source(one: BudgetWay, coin: str) -> str:
    name = {"new_money": f"{coin} bought", "from_portfolio": f"{coin} out of the book"}
    return f"{name.get(one.collateral, 'Stablecoin')}, {one.contract.symbol}"


def _within(one: BudgetWay) -> str:
    plan = one.within
    if plan is None:
        return "none"
    return usd(plan.notional_usd) + (", the whole hedge" if one.fits else "")


def _left(one: BudgetWay) -> str:
    return "" if one.beta_left is None else f"{one.beta_left:.2f}"


def _whole(one: BudgetWay) -> str:
    return "not possible" if one.whole is None else f"{one.whole.leverage:.2f}"


def _budget_data(report: HedgeReport) -> dict[str, Any] | None:
    if not report.budget:
        return None
    return {
        "budget_usd": report.parameters.budget_usd,
        "ways": [
            {
                "collateral": one.collateral,
                "contract_id": one.contract.id,
                "fits": one.fits,
                "reason": one.reason,
                "short_usd": one.within and one.within.notional_usd,
                "beta_left": one.beta_left,
                "whole_leverage": one.whole and plain(one.whole.leverage),
                "whole_short_usd": one.whole and one.whole.notional_usd,
                "whole_liquidation_price_usd": one.whole and plain(one.whole.liquidation_price_usd),
                "whole_liquidation_move": one.whole and plain(one.whole.liquidation_move),
            }
            for one in report.budget
        ],
    }
