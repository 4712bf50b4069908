"""Turns of phrase that several sections of a report share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hedgelib._text import usd

if TYPE_CHECKING:
    from hedgelib.report.results import Cover, HedgeReport

__all__ = [
    "MOST_NAMES",
    "beta_range",
    "coin_price",
    "listed",
    "margin_source",
    "period",
    "period_adjective",
    "sentence",
]

MOST_NAMES = 6
"""Coins that a sentence names; the rest are counted."""


def listed(covers: Sequence[Cover]) -> str:
    """Name coins in a sentence, the many at its end counted."""
    names = [cover.coin for cover in covers]
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
    """Say how sure the beta is."""
    tracked = report.tracked
    if tracked.estimate is None:
        return "your own figure"
    return f"95% interval {tracked.book_beta_low:.2f} to {tracked.book_beta_high:.2f}"


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
