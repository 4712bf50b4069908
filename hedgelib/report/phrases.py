"""Turns of phrase that several sections of a report share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hedgelib._text import printable, usd

if TYPE_CHECKING:
    from hedgelib.portfolio import Portfolio
    from hedgelib.report.results import Cover, HedgeReport

MOST_NAMES = 6
"""Coins that a sentence names; the rest are counted."""


def title(report: HedgeReport) -> str:
    """Return the heading of the report, plain text."""
    return report.parameters.title or f"Hedge report: {printable(Path(report.file_name).stem)}"


def listed(covers: Sequence[Cover]) -> str:
    """Name the coins of holdings in a sentence, the many at its end counted."""
    return listed_names([cover.coin for cover in covers])


def listed_names(names: Sequence[str]) -> str:
    """Name coins in a sentence, the many at its end counted."""
    names = list(names)
    if len(names) > MOST_NAMES:
        names[MOST_NAMES - 1 :] = [f"{len(names) - MOST_NAMES + 1:,} others"]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def coin_price(value: float) -> str:
    """Write the price of a coin, four digits where it is below a dollar."""
    return usd(value, cents=True) if value >= 1 else f"${value:,.4g}"


def margin_source(report: HedgeReport) -> str:
    """Say where the margin comes from."""
    coin = report.hedge_coin
    return {
        "new_money": f"{coin} bought with new money",
        "from_portfolio": f"{coin} out of the book",
        "stablecoin": "stablecoin",
    }[report.plan.collateral]


def beta_range(report: HedgeReport) -> str:
    """Say how sure the beta is, that of the covered part where there is a gap."""
    tracked = report.tracked
    if tracked.estimate is None:
        return "your own figure"
    if is_the_coin(report):
        return "by definition"
    low, high = tracked.book_beta_low, tracked.book_beta_high
    if report.gap:
        low, high = tracked.covered_beta_low, tracked.covered_beta_high
    return f"95% interval {low:.2f} to {high:.2f}"


def is_the_coin(report: HedgeReport) -> bool:
    """Tell whether the book is the hedge coin itself and cash: its beta is then no measurement."""
    held = {cover.coin for cover in report.covers if cover.value_usd > 0 and cover.how != "cash"}
    return held == {report.hedge_coin} and not report.coins("own")


def age_words(report: HedgeReport) -> str:
    """Say that prices are old; empty where they are not."""
    if not report.old:
        return ""
    if report.as_of_data:
        # No count of days: the same data then make the same page on any day.
        return f"Prices of {report.last_day}: an exercise, not a plan."
    live = report.parameters.live
    fresh = (
        "Use --live VENUE or --prices FILE."
        if live is None
        else f"The last day that {live} gave is {report.last_day}; use --live with another venue."
    )
    return f"Prices are {report.age_days:,} days old: this is an exercise, not a plan. {fresh}"


def in_the_file(book: Portfolio) -> list[str]:
    """Say how a file was understood: what was left out, added up or taken for something."""
    return [text for _, text in book.notes] + [reading.text for reading in book.coins_read_as]


def measured_part(report: HedgeReport) -> str:
    """Name the dollars whose beta and residual volatility are measured."""
    if report.measured_usd >= report.portfolio.value_usd:
        return "the book"
    return f"the {usd(report.measured_usd)} that has a price history"


def covered_part(report: HedgeReport) -> str:
    """Name the dollars whose beta is measured or given."""
    if not report.gap:
        return "the book"
    if not any(cover.value_usd > 0 for cover in report.coins("own")):
        return f"the {usd(report.covered_usd)} that has a price history"
    if not report.measured_usd:
        return f"the {usd(report.covered_usd)} that has a beta of yours"
    return f"the {usd(report.covered_usd)} that has a price history or a beta of yours"


def without_beta(report: HedgeReport) -> list[Cover]:
    """Return the holdings of which nothing is known, largest first."""
    unknown = [cover for cover in report.coins("none") if cover.value_usd > 0]
    return sorted(unknown, key=lambda cover: -cover.value_usd)


def spread_of(first: str, second: str) -> str:
    """Write a range whose ends may read the same."""
    return first if first == second else f"{first} to {second}"


def usd_spread(ends: tuple[float, float], *, signed: bool = False) -> str:
    """Write a range of dollars."""
    return spread_of(*(usd(end, signed=signed) for end in ends))


def beta_spread(report: HedgeReport) -> str:
    """Write the beta of the whole book, as a range where a part of it is uncovered."""
    tracked, share = report.tracked, report.gap.share
    other = tracked.book_beta + share * tracked.covered_beta
    return spread_of(*(f"{beta:.2f}" for beta in sorted((tracked.book_beta, other))))


def months_of(report: HedgeReport) -> str:
    """Say what the spread of a month's result is measured on."""
    month = report.month
    if not month.windows:
        return "scaled from shorter returns as if these did not depend on each other"
    return (
        f"over the {month.windows:,} overlapping months of its coins' history, "
        f"{month.first_day} to {month.last_day}"
    )


def closes_of(spans: Sequence[tuple[str, str]]) -> str:
    """Name the daily closes that were looked at."""
    days = " and ".join(f"{first} to {last}" for first, last in spans)
    return f"In the daily closes of {days}"


def period(report: HedgeReport) -> str:
    """Name the horizon as a time: "a day", "in 7 days"."""
    days = report.parameters.horizon_days
    return "a day" if days == 1 else f"in {days} days"


def period_adjective(report: HedgeReport) -> str:
    """Name the horizon as a kind of return: "daily", "7-day"."""
    days = report.parameters.horizon_days
    return "daily" if days == 1 else f"{days}-day"


def sentence(text: str) -> str:
    """Make a sentence of a clause: a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
