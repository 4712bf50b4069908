"""What is held, what it tracks, the plan and what a move does: words and tables.

Nothing is worked out here; every number is the report's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgelib._text import percent, usd
from hedgelib.report.blocks import Block, Points, Section, Table, Text
from hedgelib.report.phrases import (
    MOST_NAMES,
    coin_price,
    listed,
    period,
    period_adjective,
    sentence,
)

if TYPE_CHECKING:
    from hedgelib.figures import Shown
    from hedgelib.report.results import Cover, HedgeReport, Tracking

__all__ = ["holdings", "moves", "moves_picture", "steps", "tracking", "tracking_picture"]


def holdings(report: HedgeReport) -> Section:
    """List what is held, and how each beta is known."""
    quantities = any(c.quantity is not None for c in report.covers)
    how = {
        "history": "estimated from prices",
        "own": "yours: {:g}",
        "cash": "0: cash",
        "none": "none: not hedged",
    }
    rows = []
    for cover in sorted(report.covers, key=lambda c: -c.value_usd):
        row = [cover.coin]
        if quantities:
            row.append("" if cover.quantity is None else f"{cover.quantity:,.10g}")
        row += [
            usd(cover.value_usd),
            percent(cover.share, digits=1),
            how[cover.how].format(cover.own_beta),
        ]
        rows.append(row)
    total = ["Total", usd(report.portfolio.value_usd), "100.0%", ""]
    if quantities:
        total.insert(1, "")
    rows.append(total)
    head = ["Coin", "Value", "Share", "Beta"]
    if quantities:
        head.insert(1, "Quantity")
    blocks: list[Block] = [
        Table(
            head,
            rows,
            "lrrrl" if quantities else "lrrl",
            "Holdings, largest first",
            marked=(len(rows) - 1,),
            kind="holdings",
        )
    ]
    blocks += [Text(text, "note") for text in _valuation(report)]
    read_as = report.portfolio.coins_read_as
    if read_as:
        blocks += [Text("Read as:"), Points([sentence(reading.text) for reading in read_as])]
    without = [c for c in report.covers if c.reason]
    if without:
        blocks += [
            Text("Coins without a price history that serves:"),
            Points(_without(without, report.hedge_coin)),
        ]
    chosen = [c for c in report.coins("own") if not c.reason]
    if chosen:
        blocks.append(
            Text(
                f"{listed(chosen)}: there is a price history, but the beta in the file goes before "
                "it.",
                "note",
            )
        )
    return Section(blocks)


def _without(covers: list[Cover], hedge_coin: str) -> list[str]:
    """Say how coins enter that have no history; many of a kind in one sentence."""
    kinds: dict[tuple[str, str], list[Cover]] = {}
    for cover in covers:
        kinds.setdefault((cover.reason, cover.how), []).append(cover)
    said = []
    for kind in kinds.values():
        few = len(kind) < MOST_NAMES
        said += (
            [_enters([cover], hedge_coin) for cover in kind] if few else [_enters(kind, hedge_coin)]
        )
    return said


def _enters(covers: list[Cover], hedge_coin: str) -> str:
    first, several = covers[0], len(covers) > 1
    if first.how == "own":
        how = (
            "They enter with your betas, which are taken as they are."
            if several
            else f"It enters with your beta of {first.own_beta:g}, which is taken as it is."
        )
    else:
        how = (
            "No betas in the file either: they count in the value, are taken not to move with "
            f"{hedge_coin}, and are not hedged."
            if several
            else "No beta in the file either: it counts in the value, is taken not to move with "
            f"{hedge_coin}, and is not hedged."
        )
    return f"{listed(covers)}: {first.reason}. {how}"


def _valuation(report: HedgeReport) -> list[str]:
    """Say how quantities were valued, and how the columns of the file were taken."""
    said = []
    quantities = [c for c in report.covers if c.quantity is not None]
    at_close = [c for c in quantities if c.at_market]
    given = [c for c in at_close if c.coin == report.hedge_coin and report.price_day is None]
    at_close = [c for c in at_close if c not in given]
    if at_close:
        which = "Quantities" if at_close == quantities else f"The quantities of {listed(at_close)}"
        said.append(f"{which} are valued at the closes of {report.last_day} in the data.")
    if given:
        said.append(f"{report.hedge_coin} is valued at the price given.")
    if report.portfolio.read_as:
        taken = [f"{name} as {column}" for name, column in report.portfolio.read_as]
        said.append(f"Columns of the file were read so: {', '.join(taken)}.")
    return said


def _tracking_row(tracked: Tracking) -> list[str]:
    fit = tracked.estimate
    assert fit is not None
    low, high = fit.interval()
    out = tracked.out_of_sample
    return [
        tracked.coin,
        f"{fit.beta:.2f}",
        f"{low:.2f} to {high:.2f}",
        f"{fit.r2:.2f}",
        "" if out is None else percent(out),
        percent(fit.residual_sd, digits=2),
        str(fit.n),
    ]


def tracking(report: HedgeReport) -> Section:
    """Tell what the book tracks, and which coin to use."""
    coin, tracked = report.hedge_coin, report.tracked
    own, none, estimated = (report.coins(how) for how in ("own", "none", "history"))
    cash = report.coins("cash")
    blocks: list[Block] = []
    if tracked.estimate is not None:
        part = (
            "the book"
            if not own and not none and not cash
            else f"the part with history ({listed(estimated)})"
        )
        chosen = [i for i, t in enumerate(report.trackings) if t.coin == coin]
        blocks += [
            Table(
                [
                    "Hedge coin",
                    "Beta",
                    "95% interval",
                    "R²",
                    "Variance removed out of sample",
                    f"Own swing {period(report)}",
                    "Returns",
                ],
                [_tracking_row(t) for t in report.trackings],
                "lrrrrrr",
                f"How {part} moved, {report.first_day} to {report.last_day}"
                + ("" if report.parameters.horizon_days == 1 else f", {period(report)}"),
                marked=chosen,
            ),
            Text(f"Use {report.reason}"),
        ]
        if report.window_cut:
            blocks.append(
                Text(
                    f"{report.parameters.window_days} days were asked for; there are "
                    f"{report.days + report.left_out}, because {report.window_cut}.",
                    "note",
                )
            )
        if report.parameters.horizon_days > 1:
            blocks.append(Text(_blocks_words(report), "note"))
    else:
        blocks.append(
            Text(
                "No coin of the book has a price history that serves, so nothing is estimated: the "
                f"beta of {tracked.book_beta:.2f} to {coin} is made of the figures in the file "
                "alone, and there is no telling how far to trust it."
            )
        )
    if own or none or cash:
        terms = []
        if tracked.estimate is not None:
            value = sum(c.value_usd for c in estimated)
            terms.append(f"{usd(value)} x {tracked.estimate.beta:.2f} (estimated)")
        if len(own) < MOST_NAMES:
            terms += [f"{usd(c.value_usd)} x {c.own_beta:g} ({c.coin}, yours)" for c in own]
        else:
            value = sum(c.value_usd for c in own)
            mean = sum(c.value_usd * (c.own_beta or 0.0) for c in own) / value if value else 0.0
            terms.append(f"{usd(value)} x {mean:.2f} (yours, {len(own)} coins)")
        if cash:
            terms.append(f"{usd(sum(c.value_usd for c in cash))} x 0 ({listed(cash)}, cash)")
        if none:
            terms.append(f"{usd(sum(c.value_usd for c in none))} x 0 ({listed(none)}, unknown)")
        blocks.append(
            Text(
                f"Beta of the whole book to {coin}: ({' + '.join(terms)}) / "
                f"{usd(report.portfolio.value_usd)} = {tracked.book_beta:.3f}."
            )
        )
    if tracked.estimate is not None:
        low, high = (
            b * report.portfolio.value_usd for b in (tracked.book_beta_low, tracked.book_beta_high)
        )
        blocks.append(
            Text(
                f"Beta is a measurement: across its interval the {coin} exposure of the book lies "
                f"between {usd(low)} and {usd(high)}. It is estimated by ordinary least squares on "
                f"{period_adjective(report)} simple returns, holdings weighted by their value, "
                "with the interval from Student's t. Out of sample means: fitted on the days "
                "before, judged on the days after. The own swing is the standard deviation of what "
                "the hedge coin does not explain.",
                "note",
            )
        )
    return Section(blocks)


def _blocks_words(report: HedgeReport) -> str:
    h, days = report.parameters.horizon_days, report.days
    left = report.left_out
    return (
        f"Returns over {h} days, none of which overlap: {days} days make {days // h}. "
        + (f"{left} day{'' if left == 1 else 's'} at the start fill none. " if left else "")
        + "They show what coins do that follow the market with a delay, and being fewer they leave "
        "a wider interval."
    )


def steps(report: HedgeReport) -> Section:
    """List the five steps of the plan."""
    plan = report.plan
    rows = [[f"{i}. {name}", text] for i, (name, text) in enumerate(plan.steps(), 1)]
    blocks: list[Block] = [Table(["Step", "Result"], rows, "ll", "The hedge in five steps")]
    if plan.collateral == "from_portfolio" and plan.sold_usd > 0:
        but = f"{report.hedge_coin} and cash" if report.coins("cash") else report.hedge_coin
        blocks.append(
            Text(
                f"The {usd(plan.sold_usd)} are sold out of all coins but {but} alike, in "
                "proportion to their value.",
                "note",
            )
        )
    if plan.collateral == "new_money":
        blocks.append(
            Text(
                f"The {report.hedge_coin} that is bought as margin can fall like the book, so the "
                "short covers it too: that is why it is larger than book times beta.",
                "note",
            )
        )
    cash_usd = report.portfolio.cash_usd
    if cash_usd and plan.collateral != "from_portfolio":
        what = "be it" if plan.collateral == "stablecoin" else "pay for it"
        blocks.append(
            Text(
                f"The book holds {usd(cash_usd)} of cash, which can {what}; with collateral "
                "from_portfolio it is turned into margin before any coin is sold.",
                "note",
            )
        )
    if plan.assumptions:
        blocks += [Text("Assumed:"), Points([sentence(text) for text in plan.assumptions])]
    return Section(blocks)


def moves(report: HedgeReport) -> Section:
    """List what moves of the hedge coin do."""
    s, plan, coin = report.scenario, report.plan, report.hedge_coin
    rows = [
        [
            percent(row["move"], signed=True) + (" *" if row["liquidated"] else ""),
            coin_price(row["price_usd"]),
            usd(row["spot_pnl_usd"], signed=True),
            usd(row["collateral_pnl_usd"], signed=True),
            usd(row["hedge_pnl_usd"], signed=True),
            usd(row["total_pnl_usd"], signed=True),
            usd(row["unhedged_pnl_usd"], signed=True),
        ]
        for row in s.rows()
    ]
    notes = [
        f"Total: spot, margin and short together, less the opening fee of {usd(plan.open_fee_usd)}."
    ]
    notes.append(
        "The book is taken to move by beta alone: its own swing, funding and a gap between "
        "contract and spot come on top."
    )
    if s.liquidated.any():
        notes.append("* Past the liquidation price: the whole margin is taken as lost.")
    if s.wiped_out.any():
        notes.append(
            "Where beta times the move is more than the book, its loss stops at all of it."
        )
    if report.coins("none"):
        notes.append(f"{listed(report.coins('none'))} are taken not to move.")
    return Section(
        [
            Table(
                [
                    f"{coin} moves",
                    "To",
                    "Spot",
                    "Margin",
                    "Short",
                    "Total, hedged",
                    "Unhedged",
                ],
                rows,
                "lrrrrrr",
                f"Gain and loss at once, by the move of {coin}",
                marked=[i for i, row in enumerate(s.rows()) if row["liquidated"]],
            ),
            Text(" ".join(notes), "note"),
        ]
    )


def tracking_picture(report: HedgeReport) -> Shown | Section:
    """Show daily returns of book and hedge coin."""
    from hedgelib.figures import BETA_SCATTER, BetaScatter, show

    fit = report.tracked.estimate
    if fit is None:
        return Section([Text("There are no returns to draw.", "note")])
    return show(
        BETA_SCATTER,
        BetaScatter(
            y=report.book_returns, x=report.coin_returns, fit=fit, period=period_adjective(report)
        ),
    )


def moves_picture(report: HedgeReport) -> Shown:
    """Show gain and loss over moves."""
    from hedgelib.figures import PNL_OVER_MOVES, show, study_move

    moves = report.scenario.move
    study = study_move(report.plan, 0.0, lowest=float(moves.min()), highest=float(moves.max()))
    return show(PNL_OVER_MOVES, study.curve)
