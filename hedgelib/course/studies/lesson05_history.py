"""Years of funding for lesson 05: what a short received by month and year, and in which markets.

The monthly rates are a proxy, and every picture, table and sentence made of them says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgelib import market
from hedgelib._text import Table, percent, usd
from hedgelib.carry import FundingIncome, annualise_funding, funding_income
from hedgelib.course.studies.lesson05 import PAYS, RECEIVES, rate_text
from hedgelib.show.layout import Scale, panel
from hedgelib.show.lettering import wrap
from hedgelib.show.palette import Role
from hedgelib.show.scene import Bars, Line, Mark, Points, Rule, Scene, Text

__all__ = [
    "PROXY",
    "XBTUSD",
    "LongRun",
    "below_zero",
    "coin_funding",
    "funding_by_market",
    "funding_by_year",
    "months_by_move",
    "received",
]

PROXY = "a proxy: Binance's USDT-margined perpetuals"
"""Shown with every number made of the monthly rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """Long-run figures of a contract whose history does not ship with the workbook.

    - mean_8h, lowest_8h, highest_8h: of the funding rate, decimals for 8 hours
    - share_negative: of the settlements, decimal
    - median_premium, lowest_premium: of the perpetual over an index, decimals
    - panic, panic_settlements: when the lowest rate was paid, and how often in a row
    """

    name: str = "BitMEX XBTUSD"
    period: str = "June 2018 to November 2020"
    mean_8h: float = 0.000009
    lowest_8h: float = -0.00375
    highest_8h: float = 0.00316
    share_negative: float = 0.29
    median_premium: float = -0.00015
    lowest_premium: float = -0.113
    panic: str = "13 and 14 March 2020"
    panic_settlements: int = 6


XBTUSD = LongRun()
"""The inverse perpetual with the longest history of its time.

**Source:** BitMEX's settled rates, and its prices against an index; figures only, collected on
2026-11-22, because the history is not ours to ship. The lowest rate was that of every settlement
from 2020-03-13 04:00 to 2020-03-14 20:00 UTC."""


# What was received


def coin_funding(coin: str) -> pd.DataFrame:
    """Return the monthly funding rates of BTC or ETH, with the year of each month."""
    rates = market.funding_monthly()
    rates = rates[rates["coin"] == coin].reset_index(drop=True)
    return rates.assign(year=rates["month"].dt.year)


def received(months: pd.DataFrame, short_usd: float) -> FundingIncome:
    """Return what a short received in some months."""
    rates, counts = months["mean_8h"].to_numpy(), months["settlements"].to_numpy()
    return funding_income(short_usd, rates, settlements=counts)


def below_zero(months: pd.DataFrame) -> tuple[int, int, int]:
    """Count months with an average below zero, those with one such settlement, and all."""
    return int((months["mean_8h"] < 0).sum()), int((months["min_8h"] < 0).sum()), len(months)


def _dollars(months: pd.DataFrame, short_usd: float) -> str:
    return usd(received(months, short_usd).total_usd, signed=True)


def _annual(rate: float) -> str:
    return percent(annualise_funding(rate).simple, digits=1, signed=True)


_GUESS: Any = {"text": "your guess", "role": "unhedged", "bold": True, "halo": True}


def funding_by_year(short_usd: float, *, guess: tuple[str, int, float] | None = None) -> Scene:
    """Draw what a short received from BTC and from ETH by month, with the sum of each year.

    A guess is a coin, a year, and the funding in it, USD.
    """
    coins = {coin: coin_funding(coin) for coin in ("BTC", "ETH")}
    level, told = 0.0, ""
    if guess is not None:
        coin, year, dollars = guess
        months = coins[coin][coins[coin]["year"] == year]
        # The average rate at which the guess would be true.
        level = dollars / short_usd / received(months, short_usd).settlements
        told = f" Your guess for {coin} in {year}: {usd(dollars, signed=True)}."
    means = pd.concat(coins.values())["mean_8h"]
    limits = (1.5 * min(float(means.min()), level), 1.24 * float(means.max()))
    panels = []
    for (coin, rates), top in zip(coins.items(), (88.0, 308.0), strict=True):
        last = coin == "ETH"
        x = Scale(
            label=f"month ({PROXY})" if last else "",
            limits=(-0.7, len(rates) - 0.3),
            ticks=[
                (float(months.index[0]) - 0.5, f"Jan {year}" if last else "")
                for year, months in rates.groupby("year")
            ],
        )
        y = Scale(label="average rate for 8 hours", unit="share", limits=limits)
        marks = _month_marks(rates, short_usd)
        if guess is not None and guess[0] == coin:
            marks += _guess_of_year(rates, guess[1], level)
        box = (110.0, top, 866.0, top + 176.0)
        panels.append(panel(marks, x, y, box=box, width=880.0, title=coin))
    totals = ", ".join(f"{coin} {_dollars(rates, short_usd)}" for coin, rates in coins.items())
    alts = ". ".join(_alt_of_coin(coin, rates, short_usd) for coin, rates in coins.items())
    return Scene(
        title=f"What a short of {usd(short_usd)} received in four years: {totals}",
        alt=f"Funding received by a short of {usd(short_usd)}, by month ({PROXY}): {alts}.{told}",
        panels=tuple(panels),
        table=_table_of_years(coins, short_usd),
        size=(880.0, 540.0),
    )


def _table_of_years(coins: Mapping[str, pd.DataFrame], short_usd: float) -> Table:
    head = (
        "coin and year", "average rate, 8 h", "annualised", "received", "months below zero",
        "months with one such payment",
    )  # fmt: skip
    rows = []
    for coin, rates in coins.items():
        for year, months in [*rates.groupby("year"), ("in all", rates)]:
            rate = received(months, short_usd).mean_rate
            below, once, count = below_zero(months)
            name = f"{coin} {year}".replace(" ", "\N{NO-BREAK SPACE}")
            numbers = rate_text(rate), _annual(rate), _dollars(months, short_usd)
            rows.append((name, *numbers, f"{below} of {count}", f"{once} of {count}"))
    return Table(head, rows, caption=f"A short of {usd(short_usd)} ({PROXY})")


def _month_marks(rates: pd.DataFrame, short_usd: float) -> list[Mark]:
    marks: list[Mark] = []
    for year, months in rates.groupby("year"):
        start = float(months.index[0]) - 0.5
        if start > 0:
            marks.append(Rule(at=start, direction="x", width=1.4))
        marks.append(
            Text(
                x=start + len(months) / 2, y=0.985, text=f"{year}: {_dollars(months, short_usd)}",
                y_share=True, align="middle", vertical="top", bold=True,
                role=RECEIVES if received(months, 1.0).total_usd >= 0 else PAYS,
            )
        )  # fmt: skip
    for role, ends in _by_sign(rates):
        marks.append(Bars(at=ends.index, start=0 * ends, end=ends, thickness=0.82, role=role))
    return [*marks, Rule(at=0.0, width=1.4)]


def _by_sign(rates: pd.DataFrame) -> list[tuple[Role, pd.Series]]:
    """Return the rates that a short received and those that it paid."""
    mean = rates["mean_8h"]
    return [(RECEIVES, mean[mean >= 0]), (PAYS, mean[mean < 0])]


def _guess_of_year(rates: pd.DataFrame, year: int, level: float) -> list[Mark]:
    months = rates.index[rates["year"] == year]
    ends = [float(months[0]) - 0.4, float(months[-1]) + 0.4]
    line = Line(x=ends, y=[level, level], role="unhedged", width=3.5, dash="dashed")
    if 0 <= level < 0.2 * rates["mean_8h"].max():
        # Under the bars, which would be behind the words.
        place: Any = {"x": sum(ends) / 2, "y": 0.0, "shift": (0.0, 6.0)}
        return [line, Text(**place, **_GUESS, align="middle", vertical="top")]
    place = {"x": ends[1], "y": level, "shift": (0.0, -6.0)}
    return [line, Text(**place, **_GUESS, align="end", vertical="bottom")]


def _alt_of_coin(coin: str, rates: pd.DataFrame, short_usd: float) -> str:
    years = ", ".join(
        f"{_dollars(months, short_usd)} in {year}" for year, months in rates.groupby("year")
    )
    below, once, months = below_zero(rates)
    return (
        f"{coin} {years}; {below} of {months} months had an average below zero, {once} "
        "at least one such payment"
    )


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
    edges = [float(every["move"].min()) - 0.06, 0.0, _STRONG, float(every["move"].max()) + 0.06]
    x = Scale(
        label="move of ETH in the month", unit="share", signed=True, limits=(edges[0], edges[-1])
    )
    y = Scale(
        label="average rate for 8 hours (a proxy)", unit="share",
        limits=(1.4 * float(every["mean_8h"].min()), 1.6 * float(every["mean_8h"].max())),
    )  # fmt: skip
    box = (97.0, 64.0, 818.0, 402.0)
    per_pixel = (edges[-1] - edges[0]) / (box[2] - box[0])
    marks: list[Mark] = [Rule(at=at, direction="x", dash="dashed", width=1.4) for at in edges[1:3]]
    marks.append(Rule(at=0.0, width=1.4))
    for role, rates in _by_sign(every):
        moves = every["move"][rates.index]
        marks.append(Points(x=moves, y=rates, role=role, size=9.2, opacity=0.8))
    for (name, months), left, right in zip(groups.items(), edges[:-1], edges[1:], strict=True):
        mean, moves = received(months, 1.0).mean_rate, months["move"]
        marks.append(Line(x=[moves.min(), moves.max()], y=[mean, mean], width=3.3))
        head = wrap(f"{name}:", (right - left) / per_pixel - 8, size=13.0)
        text = f"{head}\n{len(months)} months\naverage\n{rate_text(mean)}"
        place: Any = {"x": (left + right) / 2, "y_share": True, "align": "middle"}
        marks.append(Text(**place, y=0.985, text=text, vertical="top", role="total", size=13.0))
        if guess == name:
            marks.append(Text(**place, y=0.03, vertical="bottom", **_GUESS))
    told = ""
    if guess in groups:
        told = f" Your guess: most where ETH {guess}."
    elif guess is not None:
        told = f" Your guess: {guess}."
        mean = received(every, 1.0).mean_rate
        place = {"x": edges[-1], "y": mean, "shift": (-8.0, -7.0), "align": "end"}
        marks.append(Rule(at=mean, role="unhedged", dash="dashed", width=2.8))
        marks.append(Text(**place, vertical="bottom", **_GUESS))
    return Scene(
        title="The more ETH rose in a month, the more a short received on average",
        alt=f"Average funding rate for 8 hours of each month against the move of ETH in it "
        f"({PROXY}). {_alt_of_groups(groups)}.{told}",
        panels=(panel(marks, x, y, box=box, width=840.0),),
        table=_table_of_groups(groups),
        size=(840.0, 460.0),
    )


def _alt_of_groups(groups: Mapping[str, pd.DataFrame]) -> str:
    return "; ".join(
        f"ETH {name}: {len(months)} months, average {rate_text(received(months, 1.0).mean_rate)}, "
        f"{below_zero(months)[0]} of them below zero"
        for name, months in groups.items()
    )


def _table_of_groups(groups: Mapping[str, pd.DataFrame]) -> Table:
    head = ("return of ETH", "months", "average rate, 8 h", "annualised", "months below zero")
    rows = []
    for name, months in groups.items():
        rate = received(months, 1.0).mean_rate
        below = str(below_zero(months)[0])
        rows.append((f"ETH {name}", str(len(months)), rate_text(rate), _annual(rate), below))
    return Table(head, rows, caption=f"Funding by market ({PROXY})")
