"""The first page of a report: the whole in a few sentences, and what to be warned of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib._text import contracts, percent, usd
from hedgelib.report.blocks import Block, Facts, Heading, Section, Story, Text, printable
from hedgelib.report.desk import trade_words
from hedgelib.report.phrases import (
    age_words,
    beta_range,
    beta_spread,
    closes_of,
    coin_price,
    covered_part,
    in_the_file,
    is_the_coin,
    listed,
    margin_source,
    measured_part,
    sentence,
    spread_of,
    title,
    usd_spread,
    without_beta,
)
from hedgelib.report.registry import part
from hedgelib.report.sources import depth, slippage_words, sources_data, sources_table
from hedgelib.scenario import run_scenario

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

_MOST_READ_AS = 8

_MUCH = 0.25
"""Share of the book without a price history and a beta from which the headline leads with it."""

_WEAK = 0.5
_FALL, _RISE = -0.3, 0.3


_NOTHING = 0.1
"""Share of a standard deviation below which a result is as good as none."""


def _result(first: float, other: float, spread_usd: float = 0.0) -> str:
    """Say what is gained or lost, as a range where the two ends differ."""
    low, high = sorted((first, other))
    if max(-low, high) < _NOTHING * spread_usd:
        return "end about where you began"
    if high < 0.01 * -low:
        # Rounding and fees leave a dollar on the other side.
        high = min(high, 0.0)
    if -low < 0.01 * high:
        low = max(low, 0.0)
    if high < 0.5:
        lost = usd_spread((max(-high, 0.0), -low))
        return f"lose {lost}" if low <= -0.5 else "neither gain nor lose"
    if low > -0.5:
        return f"gain {usd_spread((max(low, 0.0), high))}"
    return f"end between a loss of {usd(-low)} and a gain of {usd(high)}"


def headline(report: HedgeReport) -> str:
    """Put the plan in a line, with the day of its prices, led by what it leaves out if much."""
    plan, gap = report.plan, report.gap
    lead = ""
    if gap.share > _MUCH:
        lead = (
            f"no beta is known for {usd(gap.value_usd)} of the {usd(plan.book_usd)} "
            f"({percent(gap.share)}); for the rest, "
        )
    day = f"at prices of {report.last_day}"
    if report.mark_at:
        day = f"at the mark price of {report.mark_at} and closes of {report.last_day}"
    elif report.price_day is None:
        day = f"at a given price of {report.hedge_coin} and data to {report.last_day}"
    far = (
        f"liquidated at {coin_price(plan.liquidation_price_usd)} "
        f"({percent(plan.liquidation_move, signed=True)})"
        if np.isfinite(plan.liquidation_price_usd)
        else "no price liquidates it"
    )
    return (
        f"{lead}{day}, short {contracts(plan.contracts)} of {plan.contract.id} "
        f"({usd(plan.notional_usd)}) on {usd(plan.collateral_usd)} of margin; {far}"
    )


def in_words(report: HedgeReport) -> tuple[str, ...]:
    """Say what a terminal shows of a report, in lines."""
    lines = [f"{title(report)}: {headline(report)}"]
    lines += [f"! {printable(warning)}" for warning in warnings(report)]
    lines.append(sentence(in_a_fall(report)))
    if read_as := [printable(text) for text in in_the_file(report.portfolio)]:
        more = len(read_as) - _MOST_READ_AS
        shown = "; ".join(read_as[:_MOST_READ_AS])
        lines.append(f"{shown}; and {more:,} more" if more > 0 else shown)
    return (*lines, todo) if (todo := printable(trade_words(report))) else tuple(lines)


@part(
    "summary",
    data=lambda report: {
        "title": title(report),
        "headline": headline(report),
        "outlook": outlook(report),
        "warnings": list(warnings(report)),
        "margin_sources": sources_data(report),
    },
)
def summary(report: HedgeReport) -> Section:
    """Summarise the report on one page: holdings, hedge, cost and risks."""
    blocks: list[Block] = [
        Heading(title(report), _under(report)),
        *(Text(warning, "warning") for warning in warnings(report)),
        Facts(_facts(report)),
        Story(
            [
                ("You hold", [_hold(report)]),
                ("The hedge", [_hedge(report), _outcome(report)]),
                *([("What to trade", [todo])] if (todo := trade_words(report)) else []),
                ("What it costs", [_cost(report)]),
                ("What can go wrong", [_rally(report), *_own_moves(report)]),
            ]
        ),
        *sources_table(report),
        Text("Educational, not advice.", "note"),
    ]
    return Section(blocks, "summary")


def _hold(report: HedgeReport) -> str:
    book, tracked, coin = report.portfolio, report.tracked, report.hedge_coin
    count = len(book) - len(report.coins("cash"))
    many = f"{count:,} coins" if count > 1 else "one coin"
    unknown = ""
    if report.gap:
        unknown = f" No beta is known for the other {usd(report.gap.value_usd)}."
    held, its = f"{usd(book.value_usd)} in {many}.", "Its beta"
    if book.cash_usd:
        held = (
            f"{usd(book.value_usd - book.cash_usd)} in {many} and {usd(book.cash_usd)} in cash, "
            "which does not move."
        )
        its = f"The beta of the {usd(book.value_usd)}"
    if tracked.estimate is None:
        return (
            f"{held} No coin in it has a usable price history; by your own figures the beta "
            f"of {covered_part(report)} to {coin} is {tracked.covered_beta:.2f}.{unknown}"
        )
    if is_the_coin(report):
        return (
            f"{held} {its} to {coin} is {tracked.book_beta:.2f}, by definition: the coin is "
            f"{coin} itself."
        )
    own = report.coins("own")
    exact = ", your figures taken as exact" if own else ""
    mine = f", your own figures for {listed(own)} counted in" if own else ""
    beta, part = tracked.book_beta, covered_part(report)
    whose, moving = its, "the book"
    if report.gap:
        beta, whose, moving = tracked.covered_beta, f"The beta of {part}", "that part"
    return (
        f"{held} {whose} to {coin}, measured over the {report.days:,} days to {report.last_day}"
        f"{mine}, is {beta:.2f} ({beta_range(report)}{exact}): when {coin} moves by 10%, "
        f"{moving} moves by about {percent(abs(beta) / 10, digits=1)}"
        f"{'' if beta >= 0 else ', the other way'}. {coin} explains "
        f"{percent(tracked.estimate.r2)} of the variance of {measured_part(report)}.{unknown}"
    )


def _hedge(report: HedgeReport) -> str:
    plan, coin = report.plan, report.hedge_coin
    part = " of that part" if report.gap else ""
    aim = f"To neutralise the exposure{part}" if part else "To neutralise that exposure"
    if plan.target_beta:
        aim = f"To bring the beta of the book to {plan.target_beta:g}".replace("-", "−")
        if report.gap:
            aim += f", if the {usd(report.gap.value_usd)} without a beta does not move"
    elif plan.hedge_ratio != 1:
        aim = f"To neutralise {percent(plan.hedge_ratio)} of the exposure{part}"
    text = (
        f"{aim}, short {contracts(plan.contracts)} of {plan.contract.symbol} at "
        f"{plan.contract.venue}, {usd(plan.notional_usd)}, against {usd(plan.collateral_usd)} of "
        f"{margin_source(report)}, at a leverage of {plan.leverage:.1f}."
    )
    if plan.holds_coin:
        text += (
            f" The margin is {coin} and falls with it, so "
            f"{usd(min(plan.wallet_usd, plan.notional_usd))} of the short cover the margin itself."
        )
    return text + _in_the_book(report) + _budget(report)


def _in_the_book(report: HedgeReport) -> str:
    """Say that coin or cash of the book can be the margin that the plan takes from outside."""
    plan, coin, book = report.plan, report.hedge_coin, report.portfolio
    own = next(one.plan for one in report.sources if one.source == "from_portfolio")
    if plan.collateral != "new_money" or report.desk.known or own is None or own.sold_usd:
        return ""
    parts = ((book.value_of(coin), coin), (book.cash_usd, "cash"))
    held = " and ".join(f"{usd(value)} of {what}" for value, what in parts if value)
    return f" You need no new money for it: the book holds {held} (collateral from_portfolio)."


def _budget(report: HedgeReport) -> str:
    """Say what the margin that was named can do, from the source of the plan."""
    if not report.budget:
        return ""
    way, cap = report.budget[0], report.parameters.max_leverage
    text = f" Your {usd(report.parameters.budget_usd or 0.0)} of margin carries"
    if way.fits and way.within:
        return f"{text} the whole hedge, at a leverage of {way.within.leverage:.1f}."
    if way.within is None or way.beta_left is None:
        return f"{text} no hedge within a leverage of {cap:g}."
    text += (
        f" a short of {usd(way.within.notional_usd)} within a leverage of {cap:g}, which leaves a "
        f"beta of {way.beta_left:.2f}"
    )
    if way.whole is None:
        return f"{text}; the whole hedge is not possible on it."
    return (
        f"{text}; the whole hedge on it is at a leverage of {way.whole.leverage:.1f}, liquidated "
        f"at {coin_price(way.whole.liquidation_price_usd)} "
        f"({percent(way.whole.liquidation_move, signed=True)})."
    )


def outlook(report: HedgeReport) -> dict[str, Any]:
    """Return what a fall and a rise make of book and hedge within a month, and how surely."""
    both, month = run_scenario(report.plan, [_FALL, _RISE]), report.month
    total, alone = report.at_covered_beta([_FALL, _RISE])
    return {
        "days": month.horizon_days,
        "one_sd_usd": month.unexplained_usd if report.tracked.estimate else None,
        "windows": month.windows,
        "first_day": month.first_day.isoformat() if month.first_day else None,
        "last_day": month.last_day.isoformat() if month.last_day else None,
        "moves": [
            {
                "move": move,
                "liquidated": bool(both.liquidated[i]),
                "hedged_usd": sorted((float(both.total_pnl_usd[i]), float(total[i]))),
                "unhedged_usd": sorted((float(both.unhedged_pnl_usd[i]), float(alone[i]))),
            }
            for i, move in enumerate((_FALL, _RISE))
        ],
    }


def _spread(report: HedgeReport) -> str:
    """Say how far a month's result strays from what the move of the coin makes of it."""
    if report.tracked.estimate is None or report.month.unexplained_usd < 0.5:
        return ""
    return (
        f", give or take {usd(report.month.unexplained_usd)} (one standard deviation over "
        f"{report.month.horizon_days} days)"
    )


def in_a_fall(report: HedgeReport) -> str:
    """Put the result of a fall in a line, with its uncertainty."""
    fall = outlook(report)["moves"][0]
    low, high = fall["hedged_usd"]
    result = _result(low, high, report.month.unexplained_usd)
    return (
        f"if {report.hedge_coin} falls by {percent(-_FALL)}, you would {result}{_spread(report)}; "
        f"the book alone would {_result(*fall['unhedged_usd'])}"
    )


def _outcome(report: HedgeReport) -> str:
    coin, sure = report.hedge_coin, report.month.unexplained_usd
    spreads = (_spread(report), ", give or take as much" if _spread(report) else "")
    fall, rise = (
        f"you would {_result(each['hedged_usd'][0], each['hedged_usd'][1], sure)}{spread}"
        + (", the short being liquidated on the way" if each["liquidated"] else "")
        + f", and the book alone would {_result(*each['unhedged_usd'])}"
        for each, spread in zip(outlook(report)["moves"], spreads, strict=True)
    )
    return (
        f"If {coin} then falls by {percent(-_FALL)}, {fall}; if it rises by {percent(_RISE)}, "
        f"{rise}. The hedge removes gains as well as losses."
    )


def _cost(report: HedgeReport) -> str:
    plan, funding = report.plan, report.funding
    said = (
        f"{usd(plan.open_fee_usd, cents=True)} of fees to open and as much to close."
        if plan.fee_rate
        else "Fees are not counted: the venue's is not verified."
    )
    said += f" {slippage_words(report)}"
    if plan.contract.expiry is not None:
        return (
            f"{said} The contract expires on {plan.contract.expiry} and pays no funding; you roll "
            "it to keep the hedge, for as much again. "
            f"The {usd(plan.collateral_usd)} of margin is tied up."
        )
    if funding is None:
        return f"{said} Funding is not known: the data hold no rates of the coin."
    rate, past = "funding rate that you gave", funding.history
    if not funding.assumed and past is not None:
        proxy = " (a proxy)" if report.origin.get("funding", {}).get("proxy") else ""
        rate = f"mean funding rate of {past.first_month[:4]} to {past.last_month[:4]}{proxy}"
    said += f" At the {rate} the short would {_paid(funding.month_usd)} in 30 days"
    if past is not None and not funding.assumed:
        same = (past.recent_month_usd >= 0) == (funding.month_usd >= 0)
        said += ", at that of the last 12 months "
        said += f"about {usd(past.recent_month_usd)}" if same else _paid(past.recent_month_usd)
    said += "."
    if past is not None:
        said += (
            f" In {past.worst_month}, the month with the lowest rate, it would have "
            f"{_paid(past.worst_month_usd, past=True)}."
        )
    return f"{said} The {usd(plan.collateral_usd)} of margin is tied up."


def _paid(amount: float, *, past: bool = False) -> str:
    verb = ("received" if past else "receive") if amount >= 0 else ("paid" if past else "pay")
    return f"{verb} about {usd(abs(amount))}"


def _rally(report: HedgeReport) -> str:
    plan, coin, seen = report.plan, report.hedge_coin, report.rallies
    if not np.isfinite(plan.liquidation_price_usd):
        return "No price liquidates the short, however far a rally goes."
    said = (
        f"A rally. When {coin} reaches {coin_price(plan.liquidation_price_usd)}, "
        f"{percent(plan.liquidation_move)} above its price of {coin_price(plan.price_usd)}"
        f"{'' if report.price_day is None else f' on {report.price_day}'}, "
        "the short is liquidated: its margin is lost, and the book is unhedged from there on."
    )
    if seen is not None:
        said += f" {closes_of(seen.spans)}, {coin} rose that far within 30 days from "
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
            f"raises it to {percent(more.liquidation_move, signed=True)}"
            if np.isfinite(more.liquidation_move)
            else "lets the short survive any rally"
        )
        said += (
            f" More margin raises that level: {usd(more.collateral_usd)}, a leverage of "
            f"{more.leverage:.1f}, {carries}."
        )
    return said


def _own_moves(report: HedgeReport) -> list[str]:
    if report.tracked.estimate is None:
        return ["A wrong beta: it comes from your own figures, and their uncertainty is unknown."]
    month, plan, coin, gap = report.month, report.plan, report.hedge_coin, report.gap
    if is_the_coin(report):
        return [
            "The premium of the contract over the coin. When it widens by 1%, the short loses "
            f"about {usd(plan.notional_usd * 0.01)} until it narrows again."
        ]
    low, high = (
        beta * plan.book_usd
        for beta in (report.tracked.book_beta_low, report.tracked.book_beta_high)
    )
    own = [c for c in report.coins("own") if c.value_usd > 0]
    apart = (
        f"Residual volatility, which no hedge with {coin} removes: about {usd(month.own_usd)} "
        f"over 30 days (one standard deviation) for {measured_part(report)}"
    )
    if gap:
        assumed = gap.residual_sd * (30 / report.residual.horizon_days) ** 0.5
        apart += (
            f", and {usd(month.gap_usd)} assumed for the {usd(gap.value_usd)} without a beta "
            f"({percent(assumed)}, the median of the other coins, or more)"
        )
    if month.ever_since and month.first_day and month.ever_since != month.first_day:
        apart += (
            f". Measured since {month.first_day:%Y-%m}; over all months since "
            f"{month.ever_since:%Y-%m} it was {usd(month.ever_usd)}"
        )
    if own:
        apart += f". That of {listed(own)} is not known and comes on top"
    wide = ", and of the rest from 0 to that," if gap else ""
    whole = plan.hedge_ratio == 1 and not plan.target_beta and plan.collateral != "from_portfolio"
    taken = "The hedge is sized" if whole else "The book is taken"
    return [
        f"{apart}.",
        f"A beta that was estimated wrongly, or changes. {taken} for "
        f"{usd(plan.beta * plan.book_usd)} of {coin} exposure; across the 95% interval of the "
        f"beta{wide} it is between {usd(low)} and {usd(high)}.",
    ]


def _under(report: HedgeReport) -> str:
    shipped = ", one of the portfolios that ship with hedgelib" if report.bundled_file else ""
    return f"{report.file_name}{shipped}. {_price_words(report)}"


def _price_words(report: HedgeReport) -> str:
    price = coin_price(report.plan.price_usd)
    if report.price_day is None:
        given = "as given" if report.parameters.price_usd is not None else "as the file has it"
        return f"Price of {report.hedge_coin}: {price}, {given}; history to {report.last_day}."
    if report.mark_at:
        venue = report.plan.contract.venue
        return (
            f"Price of {report.hedge_coin}: {price}, the mark price at {venue} of "
            f"{report.mark_at}; history to {report.last_day}."
        )
    return (
        f"Price of {report.hedge_coin}: {price}, the close of {report.price_day}, "
        "the last day of the data."
    )


def _facts(report: HedgeReport) -> list[tuple[str, str, str]]:
    plan, month, coin, gap = report.plan, report.month, report.hedge_coin, report.gap
    finite = np.isfinite(plan.liquidation_price_usd)
    since = "given" if report.price_day is None else f"of {report.price_day}"
    count = len(report.portfolio) - len(report.coins("cash"))
    coins = f"{count:,} coin{'' if count == 1 else 's'}"
    if report.portfolio.cash_usd:
        coins += f", {usd(report.portfolio.cash_usd)} cash"
    sized, given = beta_range(report), report.coins("own")
    if gap:
        coins += f", no beta known for {usd(gap.value_usd)} of it"
        sized = f"{report.tracked.covered_beta:.2f} for {usd(report.covered_usd)}, {sized}"
    margin = f"{margin_source(report)}, leverage {plan.leverage:.1f}"
    facts = [
        ("Book", usd(plan.book_usd), coins),
        (f"Beta to {coin}", beta_spread(report), sized),
        (
            "Short",
            usd(plan.notional_usd),
            f"{abs(plan.contracts):,.10g} x {plan.contract.face}, {plan.contract.symbol}"
            + (f", for {usd(report.covered_usd)} of the book" if gap else ""),
        ),
        ("Margin", usd(plan.collateral_usd), margin),
        (
            "Liquidation",
            coin_price(plan.liquidation_price_usd) if finite else "none",
            f"{coin} {percent(plan.liquidation_move, signed=True)} from the price {since}"
            if finite
            else "no price reaches it",
        ),
    ]
    if report.tracked.estimate is not None:
        known = f"one standard deviation, {usd_spread(month.before)} unhedged"
        if not gap and usd_spread(month.after) != usd(month.unexplained_usd):
            # The sentences below say what is left at a given move of the coin.
            whole = plan.hedge_ratio == 1 and not plan.target_beta
            why = "that rounding to whole contracts leaves" if whole else "that is left open"
            known += f"; with the {coin} exposure {why}"
        parts = [f"of {usd(gap.value_usd)} assumed"] if gap else []
        if any(cover.value_usd > 0 for cover in given):
            parts.append(f"of {usd(report.covered_usd - report.measured_usd)} not known")
        if parts:
            known += f"; residual {', '.join(parts)}"
        facts.append(("Give or take in 30 days", usd_spread(month.after), known))
    return facts


def warnings(report: HedgeReport) -> tuple[str, ...]:
    """Return what a reader must know before anything else."""
    found = [_old(report), _mixed(report), _not_hedged(report), _weak(report), _legs(report)]
    found += [_expires(report), depth(report), _jumps(report)]
    return tuple(text for text in found if text)


def _jumps(report: HedgeReport) -> str:
    """Warn of closes of the owner's that may have been mistyped."""
    found = report.origin.get("own_prices", {}).get("jumps", [])
    if not found:
        return ""
    coin, day, ratio = found[-1]
    text = (
        f"In your prices the close of {coin} on {day} is {ratio:.3g} times that of the day before"
    )
    more = f", and {len(found) - 1} more are like it" if len(found) > 1 else ""
    return f"{text}{more}: check it, betas and prices follow from it."


def _old(report: HedgeReport) -> str:
    """Warn of prices that are old, and say which figures hold all the same."""
    text = age_words(report)
    if not text or report.as_of_data or report.price_day is None:
        return text
    day = report.price_day
    levels = f"price levels, such as the liquidation price, are based on the price of {day}"
    if report.plan.contract.kind == "linear":
        return f"{text} The number of contracts and {levels}."
    return f"{text} The number of contracts does not depend on the price; {levels}."


def _mixed(report: HedgeReport) -> str:
    """Warn of a price of one day used with data of another."""
    if not report.old or report.price_day is not None:
        return ""
    coin, plan = report.hedge_coin, report.plan
    at_close = [c for c in report.covers if c.at_market and c.value_usd > 0 and c.coin != coin]
    more = f"; the quantities of {listed(at_close)} are valued at closes of that day"
    return (
        f"Two dates are mixed: the price of {coin}, {coin_price(plan.price_usd)}, was given, and "
        "price levels such as the liquidation price follow from it; betas are of data that end on "
        f"{report.last_day}{more if at_close else ''}."
    )


def _not_hedged(report: HedgeReport) -> str:
    """Warn of what the plan leaves out because nothing is known of it."""
    none = without_beta(report)
    if not none:
        return ""
    return (
        f"Not hedged: {listed(none)}, {usd(report.gap.value_usd)} or "
        f"{percent(report.gap.share)} of the book. There is no usable price history of "
        f"{'it' if len(none) == 1 else 'them'}, and the file gives no beta; "
        f"add a column beta_{report.hedge_coin.lower()} with your own figure. Until then figures "
        "of the whole book are ranges, "
        f"from {'it' if len(none) == 1 else 'these coins'} not moving with {report.hedge_coin} to "
        "moving like the rest."
    )


def _expires(report: HedgeReport) -> str:
    """Warn of a contract that expires before the days that the figures are for are over."""
    expiry, horizon = report.plan.contract.expiry, report.month.horizon_days
    if expiry is None:
        return ""
    since = report.last_day if report.as_of_data else report.last_day + timedelta(report.age_days)
    days = (expiry - since).days
    horizon = max(horizon, report.parameters.horizon_days)
    if days > horizon:
        return ""
    return (
        f"{report.plan.contract.id} expires on {expiry}, {days} day{'' if days == 1 else 's'} "
        f"after {since}, and figures here are for {horizon} days: the hedge ends with it unless "
        "you roll it."
    )


def _legs(report: HedgeReport) -> str:
    """Say which part of a report with two legs is about them."""
    if report.legs is None:
        return ""
    both = "the table of two legs has both"
    if report.legs.plans:
        both = "the table of two legs, the order ticket and the levels to act at have both"
    return f"Two legs were asked for: {both}; all else is of the one leg in {report.hedge_coin}."


def _weak(report: HedgeReport) -> str:
    """Warn of a hedge that removes little of the risk."""
    tracked, coin = report.tracked, report.hedge_coin
    removed = tracked.rest_out_of_sample
    if removed is None or tracked.rest_low is None or tracked.rest_high is None:
        return ""
    less = 1 - np.sqrt(1 - removed)
    of_book = report.measured_usd >= report.portfolio.value_usd
    others = tracked.rest_usd < report.measured_usd * (1 - 1e-9)
    part = "the book's variance" if of_book else f"the variance of {measured_part(report)}"
    if others:
        part = f"the variance of the {usd(tracked.rest_usd)} that is not {coin}"
    hedge = coin
    if report.plan.hedge_ratio != 1 or report.plan.target_beta:
        hedge = f"a whole hedge with {coin}"
    measured = (
        f"out of sample, {hedge} removed {percent(removed)} of {part} (95% interval "
        f"{percent(tracked.rest_low)} to {percent(tracked.rest_high)}), which is {percent(less)} "
        "of its volatility"
    )
    if others and tracked.out_of_sample is not None:
        measured += (
            f"; with the {coin} in the book, which any short of {coin} hedges, "
            f"{percent(tracked.out_of_sample)}"
        )
    less_of = "the book" if of_book or report.gap else "the coins in it"
    advice = f"To carry less risk than that, hold less of {less_of}."
    # The residual volatility of coins with a beta of the owner's is not known.
    if report.gap and not any(cover.value_usd > 0 for cover in report.coins("own")):
        whole = report.residual.removed
        if whole[0] < _WEAK or removed < _WEAK:
            share = spread_of(*(percent(end) for end in whole))
            return (
                f"A weak hedge: it removes an estimated {share} of the variance of the whole "
                f"book; {measured}. {advice}"
            )
    return f"A weak hedge: {measured}. {advice}" if removed < _WEAK else ""
