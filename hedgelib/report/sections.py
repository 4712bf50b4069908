"""The words and tables of a report. Nothing is worked out here; every number is the report's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

import hedgelib
from hedgelib._text import percent, usd
from hedgelib.report.blocks import (
    Block,
    Facts,
    Heading,
    Points,
    Section,
    Table,
    Text,
)
from hedgelib.report.parameters import PARAMETER_HELP
from hedgelib.scenario import coin_account, run_scenario

if TYPE_CHECKING:
    from hedgelib.figures import Shown
    from hedgelib.report.one import Cover, HedgeReport, Tracking

__all__ = [
    "cost",
    "headline",
    "holdings",
    "margin",
    "moves",
    "moves_picture",
    "provenance",
    "steps",
    "summary",
    "tracking",
    "tracking_picture",
    "uncovered",
]

_WEAK = 0.5
_MOST_NAMES = 6
_FALL, _RISE = -0.3, 0.3
_RALLIES = (0.1, 0.25, 0.5)


def _coins(covers: Sequence[Cover]) -> str:
    names = [cover.coin for cover in covers]
    if len(names) > _MOST_NAMES:
        names[_MOST_NAMES - 1 :] = [f"{len(names) - _MOST_NAMES + 1} others"]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _price(value: float) -> str:
    return usd(value, cents=True) if value >= 1 else f"${value:,.4g}"


def _margin_source(report: HedgeReport) -> str:
    coin = report.hedge_coin
    return {
        "new_money": f"{coin} bought with new money",
        "from_portfolio": f"{coin} out of the book",
        "stablecoin": "stablecoin",
    }[report.plan.collateral]


def _range(report: HedgeReport) -> str:
    tracked = report.tracked
    if tracked.estimate is None:
        return "your own figure"
    return f"95% interval {tracked.book_beta_low:.2f} to {tracked.book_beta_high:.2f}"


def _result(value: float) -> str:
    if abs(value) < 0.5:
        return "neither gain nor lose"
    return f"gain {usd(value)}" if value > 0 else f"lose {usd(-value)}"


def headline(report: HedgeReport) -> str:
    """Put the plan in a line."""
    plan = report.plan
    far = (
        f"liquidated at {_price(plan.liquidation_price_usd)} "
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
        mine = f", your own figures for {_coins(own)} counted in" if own else ""
        part = " of the part that has a price history" if own or none else ""
        parts.append(
            f"Its beta to {coin}, measured over the {report.days} days to {report.last_day}"
            f"{mine}, is {tracked.book_beta:.2f} ({_range(report)}{exact}): a move of {coin} by "
            f"10% goes with one of {percent(abs(tracked.book_beta) / 10, digits=1)} in the book"
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
        f"{_margin_source(report)}, at a leverage of {plan.leverage:.1f}."
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
            f"When {coin} reaches {_price(plan.liquidation_price_usd)}, "
            f"{percent(plan.liquidation_move)} above its price of {_price(plan.price_usd)}, the "
            "short is liquidated: its margin is lost, and the book is unhedged from there on."
        )
    else:
        parts.append("No price liquidates the short.")
    if tracked.estimate is not None:
        parts.append(
            f"What no hedge with {coin} covers is worth about {usd(residual.own_usd)} a day "
            f"either way, against {usd(residual.before_usd)} without the hedge."
        )
    if report.funding is not None:
        mean = report.funding.month_usd
        parts.append(
            f"At the mean funding rate of {report.funding.first_month[:4]} to "
            f"{report.funding.last_month[:4]} (a proxy) the short would "
            f"{'receive' if mean >= 0 else 'pay'} about {usd(abs(mean))} in 30 days."
        )
    blocks: list[Block] = [
        Heading(report.title, _under(report)),
        Facts(_facts(report)),
        Text(" ".join(first), "lead"),
        Text(" ".join(parts), "lead"),
        *_warnings(report),
        Text("Educational, not advice.", "note"),
    ]
    return Section(blocks)


def _under(report: HedgeReport) -> str:
    shipped = ", one of the portfolios that ship with hedgelib" if report.bundled_file else ""
    return f"{report.file_name}{shipped}. {_price_words(report)}"


def _price_words(report: HedgeReport) -> str:
    price = _price(report.plan.price_usd)
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
        (f"Beta to {coin}", f"{report.tracked.book_beta:.2f}", _range(report)),
        (
            "Short",
            usd(plan.notional_usd),
            f"{abs(plan.contracts):,.10g} x {plan.contract.face}, {plan.contract.symbol}",
        ),
        (
            "Margin",
            usd(plan.collateral_usd),
            f"{_margin_source(report)}, leverage {plan.leverage:.1f}",
        ),
        (
            "Liquidation",
            _price(plan.liquidation_price_usd) if finite else "none",
            f"{coin} {percent(plan.liquidation_move, signed=True)}"
            if finite
            else "no price reaches it",
        ),
    ]
    if report.tracked.estimate is not None:
        facts.append(
            (
                "Swing a day",
                usd(residual.after_usd),
                f"one standard deviation, {usd(residual.before_usd)} unhedged",
            )
        )
    return facts


def _warnings(report: HedgeReport) -> list[Block]:
    found: list[Block] = []
    none = [cover for cover in report.coins("none") if cover.value_usd > 0]
    if none:
        share = sum(c.share for c in none)
        found.append(
            Text(
                f"Not hedged: {_coins(none)}, {usd(sum(c.value_usd for c in none))} or "
                f"{percent(share)} of the book. There is no price history of "
                f"{'it' if len(none) == 1 else 'them'} that serves, and the file gives no beta; "
                "add a column beta with your own figure.",
                "warning",
            )
        )
    removed = report.tracked.out_of_sample
    if removed is not None and removed < _WEAK:
        swing = 1 - np.sqrt(1 - removed) if removed > 0 else 0.0
        found.append(
            Text(
                f"A weak hedge: on days it had not seen, {report.hedge_coin} took away "
                f"{percent(max(removed, 0.0))} of the book's variance, which is {percent(swing)} "
                "of its swing. To carry less risk than that, hold less of the book.",
                "warning",
            )
        )
    return found


def holdings(report: HedgeReport) -> Section:
    """List what is held, and how each beta is known."""
    quantities = any(c.quantity is not None for c in report.covers)
    how = {
        "history": "estimated from prices",
        "own": "yours: {:g}",
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
    without = [c for c in report.covers if c.reason]
    if without:
        blocks.append(Text("Coins without a price history that serves:"))
        blocks.append(
            Points(
                [
                    f"{c.coin}: {c.reason}. "
                    + (
                        f"It enters with your beta of {c.own_beta:g}, which is taken as it is."
                        if c.how == "own"
                        else "No beta in the file either: it counts in the value, is taken not to "
                        f"move with {report.hedge_coin}, and is not hedged."
                    )
                    for c in without
                ]
            )
        )
    chosen = [c for c in report.coins("own") if not c.reason]
    if chosen:
        blocks.append(
            Text(
                f"{_coins(chosen)}: there is a price history, but the beta in the file goes before "
                "it.",
                "note",
            )
        )
    return Section(blocks)


def _valuation(report: HedgeReport) -> list[str]:
    """Say how quantities were valued, and how the columns of the file were taken."""
    said = []
    quantities = [c for c in report.covers if c.quantity is not None]
    at_close = [c for c in quantities if c.at_market]
    given = [c for c in at_close if c.coin == report.hedge_coin and report.price_day is None]
    at_close = [c for c in at_close if c not in given]
    if at_close:
        which = "Quantities" if at_close == quantities else f"The quantities of {_coins(at_close)}"
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
    blocks: list[Block] = []
    if tracked.estimate is not None:
        part = (
            "the book" if not own and not none else f"the part with history ({_coins(estimated)})"
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
                    "Own swing a day",
                    "Days",
                ],
                [_tracking_row(t) for t in report.trackings],
                "lrrrrrr",
                f"How {part} moved, {report.first_day} to {report.last_day}",
                marked=chosen,
            ),
            Text(f"Use {report.reason}"),
        ]
        if report.window_cut:
            blocks.append(
                Text(
                    f"{report.parameters.window_days} days were asked for; there are "
                    f"{report.days}, because {report.window_cut}.",
                    "note",
                )
            )
    else:
        blocks.append(
            Text(
                "No coin of the book has a price history that serves, so nothing is estimated: the "
                f"beta of {tracked.book_beta:.2f} to {coin} is made of the figures in the file "
                "alone, and there is no telling how far to trust it."
            )
        )
    if own or none:
        terms = []
        if tracked.estimate is not None:
            value = sum(c.value_usd for c in estimated)
            terms.append(f"{usd(value)} x {tracked.estimate.beta:.2f} (estimated)")
        if len(own) < _MOST_NAMES:
            terms += [f"{usd(c.value_usd)} x {c.own_beta:g} ({c.coin}, yours)" for c in own]
        else:
            value = sum(c.value_usd for c in own)
            mean = sum(c.value_usd * (c.own_beta or 0.0) for c in own) / value if value else 0.0
            terms.append(f"{usd(value)} x {mean:.2f} (yours, {len(own)} coins)")
        if none:
            terms.append(f"{usd(sum(c.value_usd for c in none))} x 0 ({_coins(none)}, unknown)")
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
                "daily simple returns, holdings weighted by their value, with the interval from "
                "Student's t. Out of sample means: fitted on the days before, judged on "
                "the days after. The own swing is the standard deviation of what the hedge coin "
                "does not explain.",
                "note",
            )
        )
    return Section(blocks)


def steps(report: HedgeReport) -> Section:
    """List the five steps of the plan."""
    plan = report.plan
    rows = [[f"{i}. {name}", text] for i, (name, text) in enumerate(plan.steps(), 1)]
    blocks: list[Block] = [Table(["Step", "Result"], rows, "ll", "The hedge in five steps")]
    if plan.collateral == "from_portfolio" and plan.sold_usd > 0:
        blocks.append(
            Text(
                f"The {usd(plan.sold_usd)} are sold out of all coins but {report.hedge_coin} "
                "alike, in proportion to their value.",
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
    if plan.assumptions:
        blocks += [Text("Assumed:"), Points([_sentence(text) for text in plan.assumptions])]
    return Section(blocks)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def moves(report: HedgeReport) -> Section:
    """List what moves of the hedge coin do."""
    s, plan, coin = report.scenario, report.plan, report.hedge_coin
    rows = [
        [
            percent(row["move"], signed=True) + (" *" if row["liquidated"] else ""),
            _price(row["price_usd"]),
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
        notes.append(f"{_coins(report.coins('none'))} are taken not to move.")
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
                _price(price),
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
            _price(plan.liquidation_price_usd) if finite else "none: no price liquidates",
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
                _price(plan.bankruptcy_price_usd)
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
            f"Betas that you gave ({_coins(own)}) are taken as they are, without an error."
        )
    none = report.coins("none")
    if none:
        items.append(
            f"{_coins(none)}: {usd(sum(c.value_usd for c in none))} without any beta, not hedged "
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


def provenance(report: HedgeReport) -> Section:
    """Tell where every number comes from."""
    origin, contract = report.origin, report.plan.contract
    first, last = origin["span"]
    rows = [
        ["Portfolio file", report.file_name],
        ["Its SHA-256", report.file_sha256],
        ["Library", f"hedgelib {hedgelib.__version__}"],
        ["Prices", f"{origin.get('source', 'given by the caller')}; {first} to {last}"],
    ]
    if "sha256" in origin:
        recorded = "" if origin.get("as_recorded") else " (not the one recorded: changed)"
        rows.append([f"SHA-256 of {origin['file']}", origin["sha256"] + recorded])
    if "funding" in origin:
        rows.append([f"SHA-256 of {origin['funding']['file']}", origin["funding"]["sha256"]])
    if "contracts" in origin:
        rows.append([f"SHA-256 of {origin['contracts']['file']}", origin["contracts"]["sha256"]])
    given = report.parameters.to_dict()
    given["portfolio"] = report.file_name
    parameter_rows = [
        [name, "not set" if value is None else str(value), PARAMETER_HELP[name]]
        for name, value in given.items()
    ]
    figure_rows = [
        [
            figure.name.replace("_", " "),
            figure.text,
            figure.as_of,
            figure.source
            + (f". {_sentence(figure.note)}" if figure.note else "")
            + (f" Doubtful: {figure.doubtful}." if figure.doubtful else ""),
        ]
        for figure in report.figures
    ]
    doubtful = [i for i, figure in enumerate(report.figures) if figure.doubtful]
    return Section(
        [
            Table(["", ""], rows, "ll", "Data and library", kind="pairs hashes"),
            Table(
                ["Parameter", "Value", "Meaning"],
                parameter_rows,
                "lll",
                "Parameters",
                kind="parameters",
            ),
            Table(
                ["Figure", "Value", "As of", "Source"],
                figure_rows,
                "llll",
                f"Terms of {contract.symbol} at {contract.venue}, to be looked up again to trade",
                marked=doubtful,
                kind="figures",
            ),
            Text(
                "Figures that could not be verified are not there; marked ones are not certain.",
                "note",
            ),
        ]
    )


def tracking_picture(report: HedgeReport) -> Shown | Section:
    """Show daily returns of book and hedge coin."""
    from hedgelib.figures import BETA_SCATTER, BetaScatter, show

    fit = report.tracked.estimate
    if fit is None:
        return Section([Text("There are no returns to draw.", "note")])
    return show(BETA_SCATTER, BetaScatter(y=report.book_returns, x=report.coin_returns, fit=fit))


def moves_picture(report: HedgeReport) -> Shown:
    """Show gain and loss over moves."""
    from hedgelib.figures import PNL_OVER_MOVES, show, study_move

    moves = report.scenario.move
    study = study_move(report.plan, 0.0, lowest=float(moves.min()), highest=float(moves.max()))
    return show(PNL_OVER_MOVES, study.curve)
