"""The first page of a report: the whole in a few sentences, and what to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.report.blocks import Block, Facts, Heading, Section, Story, Table, Text
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
    """Tell the whole on one page: hold, hedge, cost, what can go wrong."""
    blocks: list[Block] = [
        Heading(report.title, _under(report)),
        Facts(_facts(report)),
        *(Text(warning, "warning") for warning in warnings(report)),
        Story(
            [
                ("You hold", [_hold(report)]),
                ("The hedge", [_hedge(report), _outcome(report)]),
                ("What it costs", [_cost(report)]),
                ("What can go wrong", [_rally(report), *_own_moves(report)]),
            ]
        ),
        *_caps(report),
        Text("Educational, not advice.", "note"),
    ]
    return Section(blocks, "summary")


def _hold(report: HedgeReport) -> str:
    book, tracked, coin = report.portfolio, report.tracked, report.hedge_coin
    many = f"{len(book):,} coins" if len(book) > 1 else "one coin"
    held = f"{usd(book.value_usd)} in {many}."
    if tracked.estimate is None:
        return (
            f"{held} No coin in it has a price history that serves; by your own figures its beta "
            f"to {coin} is {tracked.book_beta:.2f}."
        )
    own, none = report.coins("own"), report.coins("none")
    exact = ", your figures taken as exact" if own else ""
    mine = f", your own figures for {listed(own)} counted in" if own else ""
    some = own or none or report.coins("cash")
    part = " of the part that has a price history" if some else ""
    return (
        f"{held} Its beta to {coin}, measured over the {report.days} days to {report.last_day}"
        f"{mine}, is {tracked.book_beta:.2f} ({beta_range(report)}{exact}): a move of {coin} "
        f"by 10% goes with one of {percent(abs(tracked.book_beta) / 10, digits=1)} in the book"
        f"{'' if tracked.book_beta >= 0 else ', the other way'}. {coin} explains "
        f"{percent(tracked.estimate.r2)} of the variance{part}."
    )


def _hedge(report: HedgeReport) -> str:
    plan, coin = report.plan, report.hedge_coin
    aim = "To take that exposure off"
    if plan.target_beta:
        aim = f"To bring its beta to {plan.target_beta:g}"
    elif plan.hedge_ratio != 1:
        aim = f"To take {percent(plan.hedge_ratio)} of that exposure off"
    text = (
        f"{aim}, short {abs(plan.contracts):,.10g} contracts of {plan.contract.symbol} at "
        f"{plan.contract.venue}, {usd(plan.notional_usd)}, against {usd(plan.collateral_usd)} of "
        f"{margin_source(report)}, at a leverage of {plan.leverage:.1f}."
    )
    if plan.holds_coin:
        text += (
            f" The margin is {coin} and falls with it, so {usd(plan.wallet_usd * plan.hedge_ratio)}"
            " of the short cover the margin itself."
        )
    return text


def _outcome(report: HedgeReport) -> str:
    plan, coin = report.plan, report.hedge_coin
    both = run_scenario(plan, [_FALL, _RISE])
    fall, rise = (
        f"you would {_result(float(both.total_pnl_usd[i]))}"
        + (", the short being liquidated on the way" if both.liquidated[i] else "")
        + f", and the book alone would {_result(float(both.unhedged_pnl_usd[i]))}"
        for i in (0, 1)
    )
    return (
        f"If {coin} then falls by {percent(-_FALL)}, {fall}; if it rises by {percent(_RISE)}, "
        f"{rise}. The hedge takes the gain off as it takes the loss off."
    )


def _cost(report: HedgeReport) -> str:
    plan, funding = report.plan, report.funding
    said = (
        f"{usd(plan.open_fee_usd, cents=True)} of fees to open and as much to close."
        if plan.fee_rate
        else "Fees are not counted: the venue's is not verified."
    )
    if funding is None:
        return f"{said} What funding pays is not known: the data hold no rates of the coin."
    rate, past = "funding rate that you gave", funding.history
    if not funding.assumed and past is not None:
        proxy = " (a proxy)" if report.origin.get("funding", {}).get("proxy") else ""
        rate = f"mean funding rate of {past.first_month[:4]} to {past.last_month[:4]}{proxy}"
    said += f" At the {rate} the short would {_paid(funding.month_usd)} in 30 days."
    if past is not None:
        said += (
            f" In {past.worst_month}, the month with the lowest rate, it would have "
            f"{_paid(past.worst_month_usd, past=True)}."
        )
    return f"{said} The {usd(plan.collateral_usd)} of margin are tied up."


def _paid(amount: float, *, past: bool = False) -> str:
    verb = ("received" if past else "receive") if amount >= 0 else ("paid" if past else "pay")
    return f"{verb} about {usd(abs(amount))}"


def _rally(report: HedgeReport) -> str:
    plan, coin, seen = report.plan, report.hedge_coin, report.rallies
    if not np.isfinite(plan.liquidation_price_usd):
        return "A rally. No price liquidates the short."
    said = (
        f"A rally. When {coin} reaches {coin_price(plan.liquidation_price_usd)}, "
        f"{percent(plan.liquidation_move)} above its price of {coin_price(plan.price_usd)}, "
        "the short is liquidated: its margin is lost, and the book is unhedged from there on."
    )
    if seen is not None:
        first, last = (day[:4] for day in report.origin["span"])
        said += f" In the data, {first} to {last}, {coin} rose that far within 30 days from "
        said += (
            f"{seen.reached:,} of {seen.starts:,} starting days ({percent(seen.share, digits=1)}), "
            f"in {seen.episodes} rall{'y' if seen.episodes == 1 else 'ies'}."
            if seen.reached
            else f"none of {seen.starts:,} starting days."
        )
    further = [cap for cap in report.caps if cap.collateral_usd > plan.collateral_usd]
    if further:
        more = further[-1]
        carries = (
            f"carries it to {percent(more.liquidation_move, signed=True)}"
            if np.isfinite(more.liquidation_move)
            else "carries it through any rally"
        )
        said += (
            f" More margin carries it further: {usd(more.collateral_usd)}, a leverage of "
            f"{more.leverage:.1f}, {carries}."
        )
    return said


def _own_moves(report: HedgeReport) -> list[str]:
    if report.tracked.estimate is None:
        return [
            "A wrong beta: it is made of your own figures, and there is no telling how far to "
            "trust them."
        ]
    residual, plan, coin = report.residual, report.plan, report.hedge_coin
    low, high = (
        beta * plan.book_usd
        for beta in (report.tracked.book_beta_low, report.tracked.book_beta_high)
    )
    unknown = [c for c in report.covers if c.how in ("own", "none") and c.value_usd > 0]
    more = f" Moves of {listed(unknown)} on their own are not known and come on top."
    return [
        f"The coins' own moves. What no hedge with {coin} covers is worth about "
        f"{usd(residual.own_usd)} {period(report)} either way; without the hedge it is "
        f"{usd(residual.before_usd)}.{more if unknown else ''}",
        f"A beta that was measured wrong, or changes. The book is taken to carry "
        f"{usd(plan.beta * plan.book_usd)} of {coin} exposure; within the interval of its beta it "
        f"is between {usd(low)} and {usd(high)}.",
    ]


def _caps(report: HedgeReport) -> list[Block]:
    """Compare leverage caps: what they ask for, and how far they carry."""
    if len(report.caps) < 2:
        return []
    coin, plan = report.hedge_coin, report.plan
    known = any(cap.rallies is not None for cap in report.caps)
    rows = []
    for cap in report.caps:
        finite = np.isfinite(cap.liquidation_move)
        row = [
            f"{cap.leverage:.1f}" + (", this plan" if cap.own else ""),
            usd(cap.collateral_usd),
            coin_price(cap.liquidation_price_usd) if finite else "none",
            percent(cap.liquidation_move, signed=True) if finite else "",
        ]
        if known:
            seen = cap.rallies
            assert seen is not None
            share = f", {percent(seen.share, digits=1)}" if seen.reached else ""
            row.append(f"{seen.reached:,} of {seen.starts:,} days{share}")
        rows.append(row)
    margin = f"{coin} margin" if plan.holds_coin else "Stablecoin margin"
    head = ["Leverage", margin, "Liquidated at", "A rise of"]
    if known:
        head.append("Reached within 30 days from")
    return [
        Table(
            head,
            rows,
            "l" + "r" * (len(head) - 1),
            "More margin, less leverage: how far each carries",
            marked=[i for i, cap in enumerate(report.caps) if cap.own],
            kind="caps",
        )
    ]


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
        (
            "Book",
            usd(plan.book_usd),
            f"{len(report.portfolio):,} coin{'' if len(report.portfolio) == 1 else 's'}",
        ),
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
            f"add a column beta_{report.hedge_coin.lower()} with your own figure."
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
