"""Where the margin can come from, side by side, and what else trading costs than fees."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.contracts import ContractTerms
from hedgelib.errors import HedgeError
from hedgelib.plan import HedgePlan
from hedgelib.report.blocks import Block, Table, Text
from hedgelib.report.export import plain
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.phrases import coin_price

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

LARGE_USD = 250_000
"""Smallest short of which the depth of the order book is warned of: a rule of thumb, as is the
first tier of a contract where that is larger."""

Source = Literal["new_money", "from_portfolio", "stablecoin", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginSource:
    """One source of margin: the plan with it, or why there is none.

    own : whether it is the report's own plan.
    """

    source: Source
    plan: HedgePlan | None
    own: bool = False
    why_not: str = ""


def margin_sources(
    plan: HedgePlan,
    parameters: ReportParameters,
    planned: Callable[[str, float], HedgePlan],
    held_usd: float,
) -> tuple[MarginSource, ...]:
    """Plan the same hedge with the margin from each source; `planned` takes it and a leverage cap.

    Coin already held is a short at 1x on coin of the book, so nothing is bought or sold for it.
    """
    found = []
    choices: tuple[Source, ...] = ("new_money", "from_portfolio", "stablecoin")
    for source in choices:
        own = source == plan.collateral
        try:
            other = plan if own else planned(source, parameters.max_leverage)
            found.append(MarginSource(source=source, plan=other, own=own))
        except HedgeError as error:
            found.append(MarginSource(source=source, plan=None, why_not=_phrase(error)))
    return (*found, _held(plan, planned, held_usd))


def _phrase(error: HedgeError) -> str:
    """Take the finding of a message, without its advice."""
    return re.split("[;:] ", str(error))[0]


def _held(
    plan: HedgePlan, planned: Callable[[str, float], HedgePlan], held_usd: float
) -> MarginSource:
    needed = (plan.beta - plan.beta_left) * plan.book_usd
    why_not = f"{usd(held_usd)} held, {usd(needed)} needed"
    linear = plan.contract.kind == "linear"
    if held_usd > 0 or linear:
        try:
            made = planned("from_portfolio", 1.0)
        except HedgeError as error:
            if held_usd >= needed or linear:
                why_not = _phrase(error)
        else:
            if not made.sold_usd and not made.cash_sold_usd:
                return MarginSource(source="held", plan=made, own=made == plan)
    return MarginSource(source="held", plan=None, why_not=why_not)


def sources_data(report: HedgeReport) -> list[dict[str, Any]]:
    """Return the sources as JSON takes them."""
    return [_source_data(one, report) for one in report.sources]


def _source_data(one: MarginSource, report: HedgeReport) -> dict[str, Any]:
    plan, base = one.plan, {"source": one.source, "own": one.own, "why_not": one.why_not}
    names = (
        "contracts", "notional_usd", "collateral_usd", "sold_usd", "cash_sold_usd",
        "open_fee_usd", "liquidation_price_usd", "liquidation_move",
    )  # fmt: skip
    numbers = {name: plain(getattr(plan, name, None)) for name in names}
    left = None if plan is None else plan.exposure_usd - plan.notional_usd
    words: dict[str, str | None] = {"trades": None, "ends": None}
    if plan:
        words = {"trades": trades(one, report.portfolio.cash_usd), "ends": _ends(one)}
    return base | numbers | {"delta_left_usd": left} | words


def sources_table(report: HedgeReport) -> list[Block]:
    """Compare the sources of margin, a row for each."""
    coin = report.hedge_coin
    names = {
        "new_money": f"{coin} bought",
        "from_portfolio": "From the book",
        "stablecoin": "Stablecoin",
        "held": f"{coin} held, 1x",
    }
    rows = [
        [names[one.source] + (", this plan" if one.own else ""), *_cells(one, report)]
        for one in report.sources
    ]
    table = Table(
        ["Margin", "Contracts", "Posted", "Buy or sell", "Delta", "Liquidated at", "Fee"],
        rows,
        "lrrlrrr",
        "Where the margin comes from: the same hedge from each source"
        + ("" if report.price_day is None else f", from the price of {report.price_day}"),
        marked=[i for i, one in enumerate(report.sources) if one.own],
        kind="sources",
    )
    return [
        table,
        Text(
            "What else ends it: the venue failing, which takes the margin and the open profit; "
            + (
                "the peg of the stablecoin."
                if report.plan.contract.kind == "linear"
                else "for stablecoin, its peg, or a venue without a unified account."
            ),
            "note",
        ),
    ]


def _cells(one: MarginSource, report: HedgeReport) -> list[str]:
    plan = one.plan
    if plan is None:
        return ["none", "", one.why_not, "", "", ""]
    far = "no price"
    if np.isfinite(plan.liquidation_price_usd):
        far = coin_price(plan.liquidation_price_usd)
        far += f" ({percent(plan.liquidation_move, signed=True)})"
    return [
        f"{abs(plan.contracts):,.10g}",
        usd(plan.collateral_usd),
        trades(one, report.portfolio.cash_usd),
        usd(plan.exposure_usd - plan.notional_usd, signed=True),
        far,
        usd(plan.open_fee_usd),
    ]


def trades(one: MarginSource, cash_usd: float) -> str:
    """Say what must be bought and sold for the margin."""
    plan = one.plan
    assert plan is not None
    coin, posted = plan.contract.coin, plan.collateral_usd
    if one.source == "new_money":
        return f"buy {usd(posted)} of {coin}"
    if one.source == "stablecoin":
        parts = [("your cash", min(cash_usd, posted)), ("new money", max(posted - cash_usd, 0.0))]
        return " and ".join(f"{usd(value)} of {what}" for what, value in parts if value >= 0.5)
    parts = [("cash", plan.cash_sold_usd), ("altcoins", plan.sold_usd)]
    sold = " and ".join(f"{usd(value)} of {what}" for what, value in parts if value >= 0.5)
    return f"sell {sold} for {coin}" if sold else "nothing"


def _ends(one: MarginSource) -> str:
    """Say what ends the hedge besides its liquidation price."""
    return {
        "new_money": "the venue failing",
        "from_portfolio": "the venue failing",
        "stablecoin": "the venue failing, its peg, or a venue without a unified account",
        "held": "the venue failing",
    }[one.source]


def large_usd(contract: ContractTerms, price_usd: float) -> float:
    """Return the size from which the depth is warned of, the first tier or a smallest size."""
    floors = [f for f in (*contract.leverage_floors, *contract.maintenance_floors) if f > 0]
    if not floors:
        return LARGE_USD
    return max(LARGE_USD, min(floors) * (1.0 if contract.tier_unit == "usd" else price_usd))


def depth(report: HedgeReport) -> str:
    """Warn of a short that the order book may not take at one price."""
    plan = report.plan
    large = large_usd(plan.contract, plan.price_usd)
    if plan.notional_usd <= large:
        return ""
    return (
        f"A large short: {usd(plan.notional_usd)} is above {usd(large)}, from where one order may "
        "move the price by more than the slippage assumed (a rule of thumb: the first tier of the "
        f"contract's margin, or {usd(LARGE_USD)} where that is smaller). Look at the order book, "
        "and sell in parts."
    )


def slippage_usd(report: HedgeReport) -> float:
    """Return the slippage of one trade of the whole short, USD."""
    return report.plan.notional_usd * report.parameters.slippage


def slippage_words(report: HedgeReport) -> str:
    """Say what slippage is assumed."""
    rate = report.parameters.slippage
    return (
        f"Slippage, at an assumed {rate * 100:.4g}%, is about {usd(slippage_usd(report))} each way."
    )
