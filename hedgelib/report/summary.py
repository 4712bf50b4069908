"""The first page of a report: the whole in a few sentences, and what to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.report.blocks import Block, Facts, Heading, Section, Text
from hedgelib.report.phrases import beta_range, coin_price, listed, margin_source, period
from hedgelib.scenario import run_scenario

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

__all__ = ["headline", "summary", "warnings"]

_WEAK = 0.5
_FALL, _RISE = -0.3, 0.3


def _result(value: float) -> str:
    if abs(value) < 0.5:
        return "neither gain nor lose"
    return f"gain {usd(value)}" if value > 0 else f"lose {usd(-value)}"


def headline(report: HedgeReport) -> str:
    """Put the plan in a line."""
    plan = report.plan
    far = (
        f"liquidated at {coin_price(plan.liquidation_price_usd)} "
        f"({percent(plan.liquidation_move, signed=True)})"
        if np.isfinite(plan.liquidation_price_usd)
        else "no price liquidates it"
    )
    return (
        f"short {abs(plan.contracts):,.10g} contracts of {plan.contract.id} "
        f"({usd(plan.notional_usd)}) on {usd(plan.collateral_usd)} of margin; {far}"
    )


def summary(report: HedgeReport) -> Section:
    """Say the whole in a paragraph, after the figures to see first."""
    plan, residual, coin = report.plan, report.residual, report.hedge_coin
    book = report.portfolio
    many = f"{len(book)} coins" if len(book) > 1 else "one coin"
    parts = [f"You hold {usd(book.value_usd)} in {many}."]
    tracked = report.tracked
    own, none = report.coins("own"), report.coins("none")
    if tracked.estimate is not None:
        exact = ", your figures taken as exact" if own else ""
        mine = f", your own figures for {listed(own)} counted in" if own else ""
        part = " of the part that has a price history" if own or none else ""
        parts.append(
            f"Its beta to {coin}, measured over the {report.days} days to {report.last_day}"
            f"{mine}, is {tracked.book_beta:.2f} ({beta_range(report)}{exact}): a move of {coin} "
            f"by 10% goes with one of {percent(abs(tracked.book_beta) / 10, digits=1)} in the book"
            f"{'' if tracked.book_beta >= 0 else ', the other way'}. {coin} explains "
            f"{percent(tracked.estimate.r2)} of the variance{part}."
        )
    else:
        parts.append(
            f"No coin in it has a price history that serves; by your own figures its beta to "
            f"{coin} is {tracked.book_beta:.2f}."
        )
    aim = "To take that exposure off"
    if plan.target_beta:
        aim = f"To bring its beta to {plan.target_beta:g}"
    elif plan.hedge_ratio != 1:
        aim = f"To take {percent(plan.hedge_ratio)} of that exposure off"
    parts.append(
        f"{aim}, short {abs(plan.contracts):,.10g} contracts of {plan.contract.symbol} at "
        f"{plan.contract.venue}, {usd(plan.notional_usd)}, against {usd(plan.collateral_usd)} of "
        f"{margin_source(report)}, at a leverage of {plan.leverage:.1f}."
    )
    first, parts = parts, []
    both = run_scenario(plan, [_FALL, _RISE])
    fall, rise = (
        f"you would {_result(float(both.total_pnl_usd[i]))}, and the book alone would "
        f"{_result(float(both.unhedged_pnl_usd[i]))}"
        for i in (0, 1)
    )
    parts.append(
        f"If {coin} then falls by {percent(-_FALL)}, {fall}; if it rises by {percent(_RISE)}, "
        f"{rise}."
    )
    if np.isfinite(plan.liquidation_price_usd):
        parts.append(
            f"When {coin} reaches {coin_price(plan.liquidation_price_usd)}, "
            f"{percent(plan.liquidation_move)} above its price of {coin_price(plan.price_usd)}, "
            "the short is liquidated: its margin is lost, and the book is unhedged from there on."
        )
    else:
        parts.append("No price liquidates the short.")
    if tracked.estimate is not None:
        parts.append(
            f"What no hedge with {coin} covers is worth about {usd(residual.own_usd)} "
            f"{period(report)} either way, against {usd(residual.before_usd)} without the hedge."
        )
    funding = report.funding
    if funding is not None:
        rate = "funding rate that you gave"
        if not funding.assumed and funding.history is not None:
            rate = (
                f"mean funding rate of {funding.history.first_month[:4]} to "
                f"{funding.history.last_month[:4]} (a proxy)"
            )
        parts.append(
            f"At the {rate} the short would {'receive' if funding.month_usd >= 0 else 'pay'} about "
            f"{usd(abs(funding.month_usd))} in 30 days."
        )
    blocks: list[Block] = [
        Heading(report.title, _under(report)),
        Facts(_facts(report)),
        Text(" ".join(first), "lead"),
        Text(" ".join(parts), "lead"),
        *(Text(warning, "warning") for warning in warnings(report)),
        Text("Educational, not advice.", "note"),
    ]
    return Section(blocks)


def _under(report: HedgeReport) -> str:
    shipped = ", one of the portfolios that ship with hedgelib" if report.bundled_file else ""
    return f"{report.file_name}{shipped}. {_price_words(report)}"


def _price_words(report: HedgeReport) -> str:
    price = coin_price(report.plan.price_usd)
    if report.price_day is None:
        given = "as given" if report.parameters.price_usd is not None else "as the file has it"
        return f"Price of {report.hedge_coin}: {price}, {given}; history to {report.last_day}."
    return (
        f"Price of {report.hedge_coin}: {price}, the close of {report.price_day}, "
        "the last day of the data."
    )


def _facts(report: HedgeReport) -> list[tuple[str, str, str]]:
    plan, residual, coin = report.plan, report.residual, report.hedge_coin
    finite = np.isfinite(plan.liquidation_price_usd)
    facts = [
        ("Book", usd(plan.book_usd), f"{len(report.portfolio)} coins"),
        (f"Beta to {coin}", f"{report.tracked.book_beta:.2f}", beta_range(report)),
        (
            "Short",
            usd(plan.notional_usd),
            f"{abs(plan.contracts):,.10g} x {plan.contract.face}, {plan.contract.symbol}",
        ),
        (
            "Margin",
            usd(plan.collateral_usd),
            f"{margin_source(report)}, leverage {plan.leverage:.1f}",
        ),
        (
            "Liquidation",
            coin_price(plan.liquidation_price_usd) if finite else "none",
            f"{coin} {percent(plan.liquidation_move, signed=True)}"
            if finite
            else "no price reaches it",
        ),
    ]
    if report.tracked.estimate is not None:
        facts.append(
            (
                f"Swing {period(report)}",
                usd(residual.after_usd),
                f"one standard deviation, {usd(residual.before_usd)} unhedged",
            )
        )
    return facts


def warnings(report: HedgeReport) -> tuple[str, ...]:
    """Say what a reader must know before anything else."""
    found = []
    none = [cover for cover in report.coins("none") if cover.value_usd > 0]
    if none:
        share = sum(c.share for c in none)
        found.append(
            f"Not hedged: {listed(none)}, {usd(sum(c.value_usd for c in none))} or "
            f"{percent(share)} of the book. There is no price history of "
            f"{'it' if len(none) == 1 else 'them'} that serves, and the file gives no beta; "
            "add a column beta with your own figure."
        )
    removed = report.tracked.out_of_sample
    if removed is not None and removed < _WEAK:
        swing = 1 - np.sqrt(1 - removed) if removed > 0 else 0.0
        found.append(
            f"A weak hedge: on days it had not seen, {report.hedge_coin} took away "
            f"{percent(max(removed, 0.0))} of the book's variance, which is {percent(swing)} "
            "of its swing. To carry less risk than that, hold less of the book."
        )
    return tuple(found)
