"""Years of funding for lesson 05: what a short received by month and year, and in which markets.

The monthly rates are a proxy, and every picture, table and sentence made of them says so.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from hedgelib import market
from hedgelib._text import Table, percent, usd
from hedgelib.carry import FundingIncome, annualise_funding, funding_income
from hedgelib.course.studies.lesson05 import PAYS, RECEIVES, rate_text
from hedgelib.show.layout import Scale, panel
from hedgelib.show.lettering import wrap
from hedgelib.show.scene import Bars, Guess, Line, Mark, Panel, Points, Rule, Scene, Text

__all__ = [
    "PROXY",
    "XBTUSD",
    "below_zero",
    "coin_funding",
    "funding_by_market",
    "funding_by_year",
    "months_by_move",
    "received",
]

PROXY = "a proxy: Binance's USDT-margined perpetuals"
"""Shown with every number made of the monthly rates."""

XBTUSD = SimpleNamespace(
    name="BitMEX XBTUSD",
    period="June 2018 to November 2020",
    # Of the funding rate, decimals for 8 hours.
    mean_8h=0.000009,
    lowest_8h=-0.00375,
    highest_8h=0.00316,
    share_negative=0.29,
    # Of the perpetual over an index, decimals.
    median_premium=-0.00015,
    lowest_premium=-0.113,
    # When the lowest rate was paid, and how often in a row.
    panic="13 and 14 March 2020",
    panic_settlements=6,
)
"""The inverse perpetual with the longest history of its time.

**Source:** BitMEX's settled rates, and its prices against an index; figures only, collected on
2026-11-22, because the history is not ours to ship. The lowest rate was that of every settlement
from 2020-03-13 04:00 to 2020-03-14 20:00 UTC."""


# What was received


def coin_funding(coin: str, year: int | None = None) -> pd.DataFrame:
    """Return the monthly funding rates of BTC or ETH, of one year or of all, each with its year."""
    rates = market.funding_monthly()
    rates = rates[rates["coin"] == coin].reset_index(drop=True)
    rates["year"] = rates["month"].dt.year
    return rates if year is None else rates[rates["year"] == year]


def received(months: pd.DataFrame, short_usd: float) -> FundingIncome:
    """Return what a short received in some months."""
    rates, counts = months["mean_8h"].to_numpy(), months["settlements"].to_numpy()
    return funding_income(short_usd, rates, settlements=counts)


def below_zero(months: pd.DataFrame) -> tuple[int, int, int]:
    """Count months with an average below zero, those with one such settlement, and all."""
    return int((months["mean_8h"] < 0).sum()), int((months["min_8h"] < 0).sum()), len(months)


def _averages(months: pd.DataFrame, short_usd: float = 1.0) -> tuple[str, str, str]:
    """Write the average rate of some months, for 8 hours and annualised, and what it came to."""
    income = received(months, short_usd)
    annual = percent(annualise_funding(income.mean_rate).simple, digits=1, signed=True)
    return rate_text(income.mean_rate), annual, usd(income.total_usd, signed=True)


_TOP: Any = {"y": 0.985, "y_share": True, "align": "middle", "vertical": "top"}


def funding_by_year(short_usd: float, *, guess: tuple[str, int, float] | None = None) -> Scene:
    """Draw what a short received from BTC and from ETH by month, with the sum of each year.

    A guess is a coin, a year, and the funding in it, USD.
    """
    coins = {coin: coin_funding(coin) for coin in ("BTC", "ETH")}
    guesses: dict[str, list[Mark]] = {coin: [] for coin in coins}
    level, guessed = 0.0, ""
    if guess is not None:
        coin, year, dollars = guess
        months = coin_funding(coin, year)
        # The average rate at which the guess would be true.
        level = dollars / short_usd / received(months, short_usd).settlements
        first, last = months.index[0] - 0.4, months.index[-1] + 0.4
        guesses[coin] = [
            Line(x=[first, last], y=[level, level], role="unhedged", width=3.5, dash="dashed"),
            Guess(x=(first + last) / 2, y=level, side="below"),
        ]
        guessed = f" Your guess for {coin} in {year}: {usd(dollars, signed=True)}."
    rows = []
    for coin, rates in coins.items():
        for year, months in [*rates.groupby("year"), ("in all", rates)]:
            below, once, count = below_zero(months)
            name = f"{coin} {year}".replace(" ", "\N{NO-BREAK SPACE}")
            averages = _averages(months, short_usd)
            rows.append((name, *averages, f"{below} of {count}", f"{once} of {count}"))
    head = (
        "coin and year", "average rate, 8 h", "annualised", "received", "months below zero",
        "months with one such payment",
    )  # fmt: skip
    short = f"short of {usd(short_usd)}"
    sums = [f"{name} {dollars}" for name, _, _, dollars, *_ in rows]
    totals = [f"{coin} {_averages(rates, short_usd)[2]}" for coin, rates in coins.items()]
    return Scene(
        title=f"What a {short} received in four years: {', '.join(totals)}",
        alt=f"Funding received by a {short}, by month ({PROXY}): {', '.join(sums)}.{guessed}",
        panels=tuple(_months_panel(coin, short_usd, level, guesses[coin]) for coin in coins),
        table=Table(head, rows, caption=f"A {short} ({PROXY})"),
        size=(880.0, 540.0),
    )


def _months_panel(coin: str, short_usd: float, lowest: float, guess: list[Mark]) -> Panel:
    rates, every = coin_funding(coin), market.funding_monthly()["mean_8h"]
    mean, upper = rates["mean_8h"], coin == "BTC"
    starts, marks = [], list[Mark]()
    for role, ends in ((RECEIVES, mean[mean >= 0]), (PAYS, mean[mean < 0])):
        marks.append(Bars(at=ends.index, start=0 * ends, end=ends, thickness=0.82, role=role))
    for year, months in rates.groupby("year"):
        dollars, middle = received(months, short_usd).total_usd, months.index.to_numpy().mean()
        text, role = f"{year}: {usd(dollars, signed=True)}", RECEIVES if dollars >= 0 else PAYS
        starts.append((months.index[0] - 0.5, "" if upper else f"Jan {year}"))
        marks.append(Rule(at=starts[-1][0], direction="x", width=1.4))
        marks.append(Text(x=middle, text=text, role=role, bold=True, **_TOP))
    label, top = ("", 88.0) if upper else (f"month ({PROXY})", 308.0)
    x = Scale(label=label, limits=(-0.7, len(rates) - 0.3), ticks=starts)
    limits = (1.7 * min(every.min(), lowest), 1.24 * every.max())
    y = Scale(label="average rate for 8 hours", unit="share", limits=limits)
    marks += [Rule(at=0.0, width=1.4), *guess]
    return panel(marks, x, y, box=(110.0, top, 866.0, top + 176.0), width=880.0, title=coin)


# In which markets

_STRONG = 0.2
"""Rise of a month from which it counts as a strong one."""


def months_by_move() -> dict[str, pd.DataFrame]:
    """Return the months in which ETH fell, rose, and rose strongly, with its move in each."""
    rates, closes = coin_funding("ETH"), market.prices("ETH")["ETH"]
    lasts = closes.resample("MS").last()[rates["month"]].to_numpy(np.float64)
    # The first month counts from its first day.
    move = lasts / np.concatenate([[float(closes.iloc[0])], lasts[:-1]]) - 1
    rates = rates.assign(move=move)
    return {
        "fell": rates[move < 0],
        f"rose up to {percent(_STRONG)}": rates[(move >= 0) & (move <= _STRONG)],
        f"rose more than {percent(_STRONG)}": rates[move > _STRONG],
    }


def funding_by_market(guess: str | None = None) -> Scene:
    """Draw the funding rate of each month against the move of ETH in it, and the groups' averages.

    A guess is the name of a group, or another word for "much the same in all".
    """
    groups = months_by_move()
    every = pd.concat(groups.values())
    move, rate = every["move"], every["mean_8h"]
    edges = [move.min() - 0.06, 0.0, _STRONG, move.max() + 0.06]
    middles = dict(zip(groups, np.add(edges[:-1], edges[1:]) / 2, strict=True))
    marks: list[Mark] = [Rule(at=0.0, width=1.4)]
    marks += [Rule(at=at, direction="x", dash="dashed", width=1.4) for at in edges[1:3]]
    for role, shown in ((RECEIVES, every[rate >= 0]), (PAYS, every[rate < 0])):
        points: Any = {"x": shown["move"], "y": shown["mean_8h"], "role": role}
        marks.append(Points(**points, size=9.2, opacity=0.8))
    rows = []
    for name, months in groups.items():
        level, (average, annual, _) = received(months, 1.0).mean_rate, _averages(months)
        below, _, count = below_zero(months)
        rows.append((f"ETH {name}", str(count), average, annual, str(below)))
        text = f"{wrap(f'{name}:', 90.0, size=13.0)}\n{count} months\naverage\n{average}"
        ends = [months["move"].min(), months["move"].max()]
        marks.append(Line(x=ends, y=[level, level], width=3.3))
        marks.append(Text(x=middles[name], text=text, role="total", size=13.0, **_TOP))
    guessed = "" if guess is None else f" Your guess: {guess}."
    if guess in groups:
        mean = received(groups[guess], 1.0).mean_rate
        marks.append(Guess(x=middles[guess], y=mean, side="above"))
        guessed = f" Your guess: most where ETH {guess}."
    elif guess is not None:
        mean = received(every, 1.0).mean_rate
        marks.append(Rule(at=mean, role="unhedged", dash="dashed", width=2.8))
        marks.append(Guess(x=edges[-1] - 0.02, y=mean, side="left"))
    said = [
        f"{name}: {count} months, average {average}, {below} of them below zero"
        for name, count, average, _, below in rows
    ]
    x_limits, y_limits = (edges[0], edges[-1]), (1.4 * rate.min(), 1.6 * rate.max())
    x = Scale(label="move of ETH in the month", unit="share", signed=True, limits=x_limits)
    y = Scale(label="average rate for 8 hours (a proxy)", unit="share", limits=y_limits)
    head = ("return of ETH", "months", "average rate, 8 h", "annualised", "months below zero")
    return Scene(
        title="The more ETH rose in a month, the more a short received on average",
        alt=f"Average funding rate for 8 hours of each month against the move of ETH in it "
        f"({PROXY}). {'; '.join(said)}.{guessed}",
        panels=(panel(marks, x, y, box=(97.0, 64.0, 818.0, 402.0), width=840.0),),
        table=Table(head, rows, caption=f"Funding by market ({PROXY})"),
        size=(840.0, 460.0),
    )
