"""Sections of a report: holdings, tracking, the plan and the effect of a move.

Nothing is worked out here; every number is the report's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib._text import percent, usd
from hedgelib.report.blocks import Block, Points, Section, Table, Text, notes
from hedgelib.report.estimates import sensitivity_blocks
from hedgelib.report.export import plain
from hedgelib.report.phrases import (
    MOST_NAMES,
    beta_spread,
    coin_price,
    covered_part,
    in_the_file,
    is_the_coin,
    listed,
    measured_part,
    period,
    period_adjective,
    sentence,
    usd_spread,
    without_beta,
)
from hedgelib.report.registry import part

if TYPE_CHECKING:
    from hedgelib.plan import HedgePlan
    from hedgelib.report.results import Cover, HedgeReport, Tracking
    from hedgelib.show import Scene


def _holdings_data(report: HedgeReport) -> dict[str, Any]:
    book, gap = report.portfolio, report.gap
    return {
        "portfolio": {
            "file": report.file_name,
            "sha256": report.file_sha256,
            "value_usd": book.value_usd,
            "cash_usd": book.cash_usd,
            "read_as": dict(book.read_as),
            "coins_read_as": [
                plain(reading) | {"text": reading.text} for reading in book.coins_read_as
            ],
            "notes": [{"kind": kind, "text": text} for kind, text in book.notes],
            "holdings": plain(report.covers),
        },
        "coverage": {
            "measured_usd": report.measured_usd,
            "covered_usd": report.covered_usd,
            "gap_usd": gap.value_usd,
            "gap_share": gap.share,
            "gap_kept_usd": gap.kept_usd,
            "gap_residual_sd": gap.residual_sd,
        },
    }


@part("holdings", "What you hold", data=_holdings_data)
def holdings(report: HedgeReport) -> Section:
    """List what is held, and how each beta is known."""
    quantities = any(c.quantity is not None for c in report.covers)
    how = {"history": "estimated from prices", "own": "yours: {:g}", "cash": "0: cash"}
    rows = [
        [
            cover.coin,
            "" if cover.quantity is None else f"{cover.quantity:,.10g}",
            usd(cover.value_usd),
            percent(cover.share, digits=1),
            how.get(cover.how, "none: not hedged").format(cover.own_beta),
        ]
        for cover in sorted(report.covers, key=lambda c: -c.value_usd)
    ]
    rows.append(["Total", "", usd(report.portfolio.value_usd), "100.0%", ""])
    head, sides = ["Coin", "Quantity", "Value", "Share", "Beta"], "lrrrl"
    if not quantities:
        head, sides = [head[0], *head[2:]], "lrrl"
        rows = [[row[0], *row[2:]] for row in rows]
    title, total = "Holdings, largest first", len(rows) - 1
    blocks: list[Block] = [Table(head, rows, sides, title, marked=(total,), kind="holdings")]
    blocks += notes(*_valuation(report))
    if read_as := in_the_file(report.portfolio):
        blocks += [Text("Read as:"), Points([sentence(text) for text in read_as])]
    without = [c for c in report.covers if c.reason]
    if without:
        points = Points(_without(without, report.hedge_coin))
        blocks += [Text("Coins without a usable price history:"), points]
    chosen = [c for c in report.coins("own") if not c.reason]
    if chosen:
        blocks += notes(
            f"{listed(chosen)}: there is a price history, but the beta in the file takes "
            "precedence."
        )
    return Section(blocks)


def _without(covers: list[Cover], hedge_coin: str) -> list[str]:
    """Say how coins enter that have no history; many of a kind in one sentence."""
    kinds: dict[tuple[str, str], list[Cover]] = {}
    for cover in covers:
        kinds.setdefault((cover.reason, cover.how), []).append(cover)
    said = []
    for kind in kinds.values():
        together = [[cover] for cover in kind] if len(kind) < MOST_NAMES else [kind]
        said += [_enters(covers, hedge_coin) for covers in together]
    return said


def _enters(covers: list[Cover], hedge_coin: str) -> str:
    first, several = covers[0], len(covers) > 1
    if first.how == "own":
        how = (
            "Your betas are used for them as given."
            if several
            else f"Your beta of {first.own_beta:g} is used for it as given."
        )
    else:
        none, they, them = ("betas", "they are", "them") if several else ("beta", "it is", "it")
        how = (
            f"The file gives no {none} either: {they} not hedged, and figures of the whole book "
            f"are ranges, from {them} not moving with {hedge_coin} to moving like the rest."
        )
    return f"{listed(covers)}: {first.reason}. {how}"


def _valuation(report: HedgeReport) -> list[str]:
    """Say how quantities were valued, and how the columns of the file were taken."""
    said = []
    quantities = [c for c in report.covers if c.quantity is not None]
    at_close = [c for c in quantities if c.at_market]
    apart = report.price_day is None or report.mark_at
    given = [c for c in at_close if c.coin == report.hedge_coin and apart]
    at_close = [c for c in at_close if c not in given]
    if at_close:
        which = "Quantities" if at_close == quantities else f"The quantities of {listed(at_close)}"
        said.append(f"{which} are valued at the closes of {report.last_day} in the data.")
    if given:
        which = f"mark price of {report.mark_at}" if report.mark_at else "price given"
        said.append(f"{report.hedge_coin} is valued at the {which}.")
    if report.portfolio.read_as:
        taken = [f"{name} as {column}" for name, column in report.portfolio.read_as]
        said.append(f"Columns of the file were read as follows: {', '.join(taken)}.")
    return said


def _removed(share: float | None, low: float | None, high: float | None) -> str:
    if share is None or low is None or high is None:
        return "none"
    return f"{percent(share)} ({percent(low)} to {percent(high)})"


def _tracking_row(tracked: Tracking) -> list[str]:
    fit = tracked.estimate
    assert fit is not None
    low, high = fit.interval()
    return [
        tracked.coin,
        f"{fit.beta:.2f}",
        f"{low:.2f} to {high:.2f}",
        f"{fit.r2:.2f}",
        _removed(tracked.out_of_sample, tracked.out_of_sample_low, tracked.out_of_sample_high),
        _removed(tracked.rest_out_of_sample, tracked.rest_low, tracked.rest_high),
        percent(fit.residual_sd, digits=2),
        str(fit.n),
    ]


def _tracking_data(report: HedgeReport) -> dict[str, Any]:
    found = {tracked.coin: plain(tracked) for tracked in report.trackings}
    for tracked in report.trackings:
        if tracked.estimate is not None:
            low, high = tracked.estimate.interval()
            found[tracked.coin]["estimate"] |= {"beta_low": low, "beta_high": high}
    return {
        "tracking": found,
        "hedge_coin": report.hedge_coin,
        "reason": report.reason,
        "sensitivity": plain(report.sensitivity),
        "window": {
            "first_day": report.first_day.isoformat(),
            "last_day": report.last_day.isoformat(),
            "days": report.days,
            "horizon_days": report.parameters.horizon_days,
            "left_out": report.left_out,
            "cut": report.window_cut,
        },
    }


@part("tracking", "What it tracks", data=_tracking_data)
def tracking(report: HedgeReport) -> Section:
    """Show what the book tracks, and which coin to use."""
    coin, tracked = report.hedge_coin, report.tracked
    own, estimated, none = report.coins("own"), report.coins("history"), without_beta(report)
    cash = report.coins("cash")
    blocks: list[Block] = []
    if tracked.estimate is not None:
        part = measured_part(report)
        if part != "the book":
            part += f" ({listed(estimated)})"
        chosen = [i for i, t in enumerate(report.trackings) if t.coin == coin]
        blocks += [
            Table(
                [
                    "Hedge coin",
                    "Beta",
                    "95% interval",
                    "R²",
                    "Variance reduction out of sample",
                    "Of what is not the hedge coin",
                    f"Residual volatility {period(report)}",
                    "Returns",
                ],
                [_tracking_row(t) for t in report.trackings],
                "lrrrrrrr",
                f"How {part} moved, {report.first_day} to {report.last_day}"
                + ("" if report.parameters.horizon_days == 1 else f", {period(report)}"),
                marked=chosen,
                kind="tracking",
            ),
            Text(f"Use {report.reason}"),
        ]
        if report.window_cut:
            blocks += notes(
                f"{report.parameters.window_days} days were asked for; there are "
                f"{report.days + report.left_out}, because {report.window_cut}."
            )
        if report.parameters.horizon_days > 1:
            blocks += notes(_blocks_words(report))
    else:
        blocks.append(
            Text(
                "No coin of the book has a usable price history, so nothing is estimated: the "
                f"beta of {tracked.covered_beta:.2f} to {coin} comes from the figures in the file "
                "alone, and its uncertainty is unknown."
            )
        )
    if own or none or cash:
        blocks.append(Text(_beta_of_the_whole(report)))
    if is_the_coin(report):
        said = f"The book is {coin} itself, so its beta to {coin} is 1 by definition."
        return Section([*blocks, Text(said, "note")])
    if tracked.estimate is not None:
        low, high = (
            b * report.portfolio.value_usd for b in (tracked.book_beta_low, tracked.book_beta_high)
        )
        wide = f", with {listed(none)} from not moving to moving like the rest," if none else ""
        returns = "days" if report.parameters.horizon_days == 1 else "returns"
        blocks += notes(
            f"Beta is an estimate: across its 95% confidence interval{wide} the {coin} "
            f"exposure of the book is between {usd(low)} and {usd(high)}. It is estimated by "
            f"ordinary least squares on {period_adjective(report)} simple returns, with "
            "holdings weighted by their value, "
            "with Newey-West errors and the interval from Student's t. Out of sample means: fitted "
            "on the days before, judged on the days after; its 95% interval is from a bootstrap of "
            f"blocks of 10 {returns}. The hedge coin in a book is hedged by any short of it, so a "
            "hedge is judged on the rest. Residual volatility is the standard deviation "
            "of what the hedge coin does not explain."
        )
    return Section(blocks + sensitivity_blocks(report))


def _beta_of_the_whole(report: HedgeReport) -> str:
    """Add up the beta of a book in parts: estimated, given, cash and unknown."""
    tracked, terms = report.tracked, []
    own, none, cash = report.coins("own"), without_beta(report), report.coins("cash")
    if tracked.estimate is not None:
        value = sum(c.value_usd for c in report.coins("history"))
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
        terms.append(
            f"{usd(report.gap.value_usd)} x 0 to {tracked.covered_beta:.2f} "
            f"({listed(none)}, unknown)"
        )
    total = beta_spread(report) if none else f"{tracked.book_beta:.3f}"
    return (
        f"Beta of the whole book to {report.hedge_coin}: ({' + '.join(terms)}) / "
        f"{usd(report.portfolio.value_usd)} = {total}."
    )


def _blocks_words(report: HedgeReport) -> str:
    h, days = report.parameters.horizon_days, report.days
    left = report.left_out
    return (
        f"The returns cover {h} days each and do not overlap: {days} days give {days // h}. "
        + (f"{left} day{'' if left == 1 else 's'} at the start are left over. " if left else "")
        + "They include the moves of coins that follow the market with a delay, but there are "
        "fewer of them, so the interval is wider."
    )


@part("tracking-picture")
def tracking_picture(report: HedgeReport) -> Scene | Section:
    """Show daily returns of book and hedge coin."""
    from hedgelib.show.scatter import BetaScatter

    fit = report.tracked.estimate
    if fit is None:
        return Section([Text("There are no returns to draw.", "note")])
    return BetaScatter(
        y=report.book_returns, x=report.coin_returns, fit=fit, period=period_adjective(report)
    ).scene()


def _plan_data(report: HedgeReport) -> dict[str, Any]:
    plan = report.plan
    more = {
        "contract_id": plan.contract.id,
        "notional_usd": plan.notional_usd,
        "leverage": plain(plan.leverage),
        "wallet_usd": plan.wallet_usd,
        "wallet_coin": plan.wallet_coin,
        "liquidation_move": plain(plan.liquidation_move),
        "steps": [{"name": name, "text": text} for name, text in plan.steps()],
    }
    return {"plan": plain(plan) | more}


@part("plan", "The plan", data=_plan_data)
def steps(report: HedgeReport) -> Section:
    """List the five steps of the plan."""
    plan = report.plan
    rows = [[f"{i}. {name}", text] for i, (name, text) in enumerate(plan.steps(), 1)]
    blocks: list[Block] = [Table(["Step", "Result"], rows, "ll", "The hedge in five steps")]
    coin, said = report.hedge_coin, []
    if report.gap:
        said.append(
            f"The exposure is that of {covered_part(report)}; nothing of "
            f"{listed(without_beta(report))} is hedged. A beta of {plan.beta:.3f} for the "
            f"whole book is {report.tracked.covered_beta:.2f} spread over all of it."
        )
    if report.old and report.price_day is not None and np.isfinite(plan.liquidation_price_usd):
        said.append(
            f"The rise to the liquidation price starts from the price of {report.price_day}."
        )
    if plan.collateral == "from_portfolio" and plan.sold_usd > 0:
        but = f"{coin} and cash" if report.coins("cash") else coin
        said.append(
            f"The {usd(plan.sold_usd)} are sold out of all coins except {but}, in proportion "
            "to their value."
        )
    held_usd, cash_usd = report.portfolio.value_of(coin), report.portfolio.cash_usd
    if plan.collateral == "new_money":
        said.append(
            f"The {coin} bought as margin can fall like the book, so the short "
            "covers it too: that is why the short is larger than the book times beta."
        )
        if held_usd:
            said.append(
                f"The book holds {usd(held_usd)} of {coin}, which can serve as "
                "margin: with collateral from_portfolio it is used before anything is sold."
            )
    if cash_usd and plan.collateral != "from_portfolio":
        what = "serve as" if plan.collateral == "stablecoin" else "pay for"
        said.append(
            f"The book holds {usd(cash_usd)} of cash, which can {what} the margin; with "
            "collateral from_portfolio it is used before any coin is sold."
        )
    blocks += notes(*said)
    if plan.assumptions:
        blocks += [Text("Assumed:"), Points([sentence(text) for text in plan.assumptions])]
    return Section(blocks)


@part("moves-picture", "What a move does, with and without the hedge")
def moves_picture(report: HedgeReport) -> Scene:
    """Show gain and loss over moves, of the covered part alone where there is a gap."""
    from hedgelib.show.moves import pnl_over_moves, study_move

    moves, plan, gap = report.scenario.move, report.plan, report.gap
    if gap:
        plan = _without_gap(report)
    study = study_move(plan, 0.0, lowest=float(moves.min()), highest=float(moves.max()))
    scene = pnl_over_moves(study.curve)
    if report.old and report.price_day is not None:
        alt = f"{scene.alt} Prices start from the price of {report.price_day}."
        scene = replace(scene, alt=alt)
    if not gap:
        return scene
    left_out = f"{usd(gap.value_usd)} of {listed(without_beta(report))} are not drawn"
    drawn, whole = usd(report.covered_usd), usd(report.plan.book_usd)
    return replace(
        scene,
        title=f"{drawn} of {whole}: what has no beta is not drawn",
        alt=f"Of {covered_part(report)} alone; {left_out}. {scene.alt}",
    )


def _without_gap(report: HedgeReport) -> HedgePlan:
    """Return the plan with a book of the covered part: the same exposure in fewer dollars."""
    plan, gap = report.plan, report.gap
    book, kept = plan.book_usd - gap.value_usd, plan.kept_usd - gap.kept_usd
    return replace(
        plan,
        book_usd=book,
        beta=plan.beta * plan.book_usd / book,
        kept_usd=kept,
        kept_beta=plan.kept_beta * plan.kept_usd / kept if kept > 0 else 0.0,
    )


def _moves_data(report: HedgeReport) -> dict[str, Any]:
    totals, alone = report.at_covered_beta(report.scenario.move)
    ends = zip(report.scenario.rows(), totals.tolist(), alone.tolist(), strict=True)
    return {
        "moves": [
            plain(row)
            | {
                "total_pnl_at_covered_beta_usd": total,
                "unhedged_pnl_at_covered_beta_usd": unhedged,
            }
            for row, total, unhedged in ends
        ]
    }


@part("moves", data=_moves_data)
def moves(report: HedgeReport) -> Section:
    """Show gain and loss for moves of the hedge coin."""
    s, plan, coin, gap = report.scenario, report.plan, report.hedge_coin, report.gap
    totals, alone = report.at_covered_beta(s.move)
    rows = [
        [
            percent(row["move"], signed=True) + (" *" if row["liquidated"] else ""),
            coin_price(row["price_usd"]),
            usd(row["spot_pnl_usd"], signed=True),
            usd(row["collateral_pnl_usd"], signed=True),
            usd(row["hedge_pnl_usd"], signed=True),
            *([_gap_range(report, i)] if gap else []),
            usd_spread((row["total_pnl_usd"], float(totals[i])), signed=True),
            usd_spread((row["unhedged_pnl_usd"], float(alone[i])), signed=True),
        ]
        for i, row in enumerate(s.rows())
    ]
    said = [
        f"Total: spot, margin and short together, less the opening fee of {usd(plan.open_fee_usd)}."
    ]
    said.append(
        "The book is assumed to move by beta alone: residual volatility, funding and changes of "
        "the basis come on top."
    )
    if s.liquidated.any():
        said.append("* Past the liquidation price: the whole margin is assumed lost.")
    if s.wiped_out.any():
        said.append(
            "Where beta times the move exceeds the book, the loss is limited to the whole book."
        )
    if report.price_day is not None:
        said.append(f"Prices in the second column start from the price of {report.price_day}.")
    none = without_beta(report)
    if none:
        said.append(
            f"Spot is {covered_part(report)}, and the picture draws that part alone. The "
            f"{usd(gap.value_usd)} of {listed(none)} range from not moving to a beta of "
            f"{report.tracked.covered_beta:.2f} like the rest; "
            f"{'its' if len(none) == 1 else 'their'} residual volatility comes on top."
        )
    return Section(
        [
            Table(
                [
                    f"{coin} moves",
                    "To",
                    f"Spot, {usd(report.covered_usd)}" if gap else "Spot",
                    "Margin",
                    "Short",
                    *([f"No beta, {usd(gap.value_usd)}"] if gap else []),
                    "Total, hedged",
                    "Unhedged",
                ],
                rows,
                "lrrrrrrr" if gap else "lrrrrrr",
                f"Immediate gain and loss, by the move of {coin}",
                marked=[i for i, row in enumerate(s.rows()) if row["liquidated"]],
                kind="moves ranges" if gap else "moves",
            ),
            *notes(" ".join(said)),
        ]
    )


def _gap_range(report: HedgeReport, number: int) -> str:
    """Write what the uncovered part of the spot wallet may gain or lose in a move."""
    move = float(report.scenario.move[number])
    end = report.gap.kept_usd * max(-1.0, report.tracked.covered_beta * move)
    return usd_spread((0.0, end), signed=True)
