"""What lesson 06 computes: funding rules, years of funding, and time out of a hedge.

The monthly rates are a proxy, and every picture, table and sentence made of them says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, isfinite
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

import hedgelib as hl
from hedgelib import market
from hedgelib._check import FRACTION, RATE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.show import Area, Band, Bars, Guess, Line, Panel, Points, Rule, Scene, Text
from hedgelib.show.layout import Scale, guess_mark, panel, picture
from hedgelib.show.lettering import wrap
from hedgelib.show.lines import gain
from hedgelib.show.scene import Mark, Role

RECEIVES: Role = "good"
PAYS: Role = "unhedged"
"""Roles of money received and of money paid."""

PROXY = "a proxy: Binance's USDT-margined perpetuals"
"""Shown with every number made of the monthly rates."""


def rate_text(rate: float, *, signed: bool = True) -> str:
    """Write a funding rate or a premium: two decimals of a percent, and up to four."""
    whole, _, decimals = percent(rate, digits=4, signed=signed).rstrip("%").partition(".")
    if not any(digit in whole + decimals for digit in "123456789"):
        return "0%"
    return f"{whole}.{decimals.rstrip('0'):0<2}%"


class FundingRule(NamedTuple):
    """How a venue turns the average premium of 8 hours into its funding rate, with a known cap."""

    name: str
    interest: float
    damper: float
    cap: float | None = None

    def rate(self, premium: ArrayLike) -> FloatArray:
        """Return the funding rate at one or many average premiums, decimals."""
        return np.asarray(hl.funding_rate(premium, self.interest, damper=self.damper, cap=self.cap))

    @property
    def corners(self) -> list[float]:
        """Premiums at which the line bends, those of the band first."""
        caps = [] if self.cap is None else [-self.cap - self.damper, self.cap + self.damper]
        return [self.interest - self.damper, self.interest + self.damper, *caps]


_BINANCE_CAP = float(hl.funding_cap(market.contract("binance:BTCUSD_PERP").maintenance_rates[0]))
_OKX: dict[str, Any] = {one.name: one.value for one in market.contract_figures("okx:BTC-USD-SWAP")}

RULES: Mapping[str, FundingRule] = {
    "Binance": FundingRule(name="Binance, BTC", interest=1e-4, damper=5e-4, cap=_BINANCE_CAP),
    "OKX": FundingRule(name="OKX, BTC", interest=0.0, damper=0.0, cap=_OKX["funding_cap"]),
    "Deribit": FundingRule(name="Deribit, BTC", interest=0.0, damper=5e-4),
}
"""Three funding rules, with the caps of the venues' BTC contracts where these are known."""


def rate_at_premium(
    premium: float, short_usd: float, rule: FundingRule = RULES["Binance"], *,
    guess: float | None = None, reach: float = 0.004,
) -> Scene:  # fmt: skip
    """Draw a rule over the premium at least up to `reach`, its rate at one, and the reader's."""
    scalars(premium=(premium, RATE))
    rate = float(rule.rate(premium))
    wide, top = (reach if abs(at) <= reach else 1.05 * abs(at) for at in (premium, rate))
    yearly_usd = float(hl.funding_income(short_usd, rate).yearly_usd)
    payer, result = "nobody", "gets nothing"
    if rate:
        payer = "longs pay shorts" if rate > 0 else "shorts pay longs"
        verb = "receives" if rate > 0 else "pays"
        result = f"{verb} {usd(short_usd * abs(rate), cents=True)}"
    rows = [
        ("Premium over the index", rate_text(premium)),
        ("Funding rate for 8 hours", rate_text(rate)),
        ("Who pays", payer),
        (f"A short of {usd(short_usd)}", result),
        ("In a year, at the same rate", gain(yearly_usd)),
        ("Annualised, simple", percent(yearly_usd / short_usd, digits=2)),
    ]
    low, high = map(rate_text, rule.corners[:2])
    band = f"Between premiums of {low} and {high} the rate is {rate_text(rule.interest)}; outside "
    band = band + "that band it follows the premium" if rule.damper else "The rate is the premium"
    end = "" if rule.cap is None else f", and it stops at {rate_text(rule.cap, signed=False)}"
    # Away from the line.
    side: Any = "below" if guess is not None and guess < rate else "above"
    guessed, told = guess_mark(guess, rate_text, side, x=premium)
    title = f"Premium {rate_text(premium)}: rate {rate_text(rate)}, {rows[3][0].lower()} {result}"
    ends = [-wide, wide]
    x = np.sort([*ends, premium, *(bend for bend in rule.corners if abs(bend) < wide)])
    words: Any = {"x_share": True, "y_share": True, "bold": True}
    above, below = "longs pay, SHORTS RECEIVE", "shorts pay, longs receive"
    marks: list[Mark] = [
        Band(low=0.0, high=top, direction="y", role=RECEIVES, opacity=0.09),
        Band(low=-top, high=0.0, direction="y", role=PAYS, opacity=0.09),
        Rule(at=0.0, width=1.4),
        Line(x=ends, y=ends, role="grey", width=1.8, dash="dashed", name="rate = premium"),
        Line(x=[premium, premium], y=[0.0, rate], width=1.4),
        Line(x=x, y=rule.rate(x), role="altcoins", width=3.6, name="rate", bold=True),
        Text(x=0.015, y=0.965, text=above, vertical="top", role=RECEIVES, **words),
        Text(x=0.985, y=0.035, text=below, vertical="bottom", align="end", role=PAYS, **words),
        Points(x=[premium], y=[rate], size=12.5),
        *guessed,
    ]
    label = "average premium of the perpetual over its index"
    return picture(
        title,
        f"Rule of {rule.name}. {title} every 8 hours: {payer}{'' if rate else ' pays'}. "
        f"{band}{end}.{told}",
        marks,
        Scale(label=label, unit="share", signed=True, limits=(-wide, wide)),
        Scale(label="funding rate for 8 hours", unit="share", signed=True, limits=(-top, top)),
        Table(("at this premium", "result"), rows, caption=f"Rule of {rule.name}"),
        box=(106.0, 64.0, 660.0, 382.0), width=800.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOut:
    """A hedge closed for some hours to avoid funding; the cost is a decimal for one side."""

    book_usd: float
    rate: float
    cost_rate: float
    daily_vol: float
    hours: float

    def __post_init__(self) -> None:
        # An explorer knows its sliders by these names.
        scalars(rate=(self.rate, RATE), cost_rate=(self.cost_rate, FRACTION))

    @property
    def cost_usd(self) -> float:
        """Cost of closing and opening again."""
        return 2 * self.book_usd * self.cost_rate

    @property
    def avoided_usd(self) -> float:
        """Funding not paid meanwhile, as if paid evenly; below 0 it was given up."""
        return -self.book_usd * self.rate * self.hours / 8

    @property
    def sigma_usd(self) -> float:
        """One standard deviation of the book's profit meanwhile."""
        return float(hl.unhedged_sigma_usd(self.book_usd, 1.0, self.daily_vol, self.hours))

    @property
    def net_usd(self) -> float:
        """Funding avoided, less the costs."""
        return self.avoided_usd - self.cost_usd

    @property
    def chance(self) -> float:
        """Chance to be better off than with the hedge, if the coin has no trend."""
        net, sigma = self.net_usd, self.sigma_usd
        return NormalDist().cdf(net / sigma) if sigma else float(net > 0)

    def scene(self, guess: float | None = None) -> Scene:
        """Draw the money saved over the hours, and one standard deviation of the book around it."""
        funding, cost, net = map(gain, (self.avoided_usd, -self.cost_usd, self.net_usd))
        sigma = usd(self.sigma_usd)
        even = hl.close_reopen_break_even(1.0, self.rate, self.cost_rate).break_even_hours
        even_text = f"{even:,.4g} hours" if isfinite(even) else "never"
        rows = [
            (f"Funding {'given up' if self.avoided_usd < 0 else 'avoided'}", funding),
            ("Fees and slippage, out and in", cost),
            ("Both together", net),
            ("Breaks even after", even_text),
            ("One standard deviation of the book meanwhile", f"± {sigma}"),
            ("Chance to be better off, no trend", percent(self.chance, digits=1)),
        ]
        hours, rate = f"{self.hours:g} hours", rate_text(self.rate)
        money = f"funding {funding}, costs {cost}"
        closing = f"breaks even after {even_text}" if isfinite(even) else "never pays"
        last, here = max(240.0, self.hours), [self.hours] * 2
        # Closer together at first, where a root rises fastest.
        x = last * np.linspace(0, 1, 61) ** 2
        ways = [replace(self, hours=at) for at in x.tolist()]
        saved, swing = (np.array([getattr(w, of) for w in ways]) for of in ("net_usd", "sigma_usd"))
        ends = [self.net_usd - self.sigma_usd, self.net_usd + self.sigma_usd]
        edge = partial(Line, x=x, role=PAYS, width=1.7)
        marks: list[Mark] = [
            Rule(at=0.0, width=1.4),
            Line(x=x, y=saved, width=3.6, name="funding minus costs", bold=True),
            Line(x=here, y=ends, role=PAYS, width=2.8),
            Points(x=here, y=ends, role=PAYS, size=8.5),
            Points(x=[self.hours], y=[self.net_usd], size=12.5),
        ]
        if swing[-1]:
            marks[:0] = [
                Area(x=x, low=saved - swing, high=saved + swing, role=PAYS, opacity=0.18),
                edge(y=saved + swing, name="one standard\ndeviation up"),
                edge(y=saved - swing, name="one standard\ndeviation down"),
            ]
        side: Any = "left" if self.hours > 0.8 * last else "right"
        over = self.net_usd + (guess or 0.0)
        guessed, told = guess_mark(guess, lambda at: f"± {usd(at)}", side, x=self.hours, y=over)
        ticks = [(at, f"{at:,}") for at in range(0, int(last) + 1, 24 * ceil(last / 240))]
        caption = f"{hours} out of the hedge, at {rate} for 8 hours"
        return picture(
            f"{hours} out: {money}, at risk ± {sigma}",
            f"A hedge of {usd(self.book_usd)} off for {hours} at a rate of {rate}: {money}, "
            f"together {net}; the book meanwhile has a standard deviation of {sigma}, a band "
            f"around the line of the money saved. Closing {closing}.{told}",
            [*marks, *guessed],
            Scale(label="hours out of the hedge", limits=(0.0, last), ticks=ticks),
            Scale(label="against staying hedged (USD)", unit="usd", signed=True, margin=0.05),
            Table(("out of the hedge", "result"), rows, caption=caption),
            box=(97.0, 64.0, 701.0, 374.0), below=56.0,
        )  # fmt: skip


XBTUSD = SimpleNamespace(
    name="BitMEX XBTUSD", period="June 2018 to November 2020", mean_8h=0.000009,
    lowest_8h=-0.00375, highest_8h=0.00316, share_negative=0.29, median_premium=-0.00015,
    lowest_premium=-0.113, panic="13 and 14 March 2020", panic_settlements=6,
)  # fmt: skip
"""The inverse perpetual with the longest history of its time: rates and premiums as decimals.

**Source:** BitMEX's settled rates, and its prices against an index; figures only, collected on
2026-11-22, because the history is not ours to ship. The lowest rate was that of every settlement
from 2020-03-13 04:00 to 2020-03-14 20:00 UTC."""


def coin_funding(coin: str, year: int | None = None) -> pd.DataFrame:
    """Return the monthly funding rates of BTC or ETH, of one year or of all, each with its year."""
    rates = market.funding_monthly()
    rates = rates[rates["coin"] == coin].reset_index(drop=True)
    rates["year"] = rates["month"].dt.year
    return rates if year is None else rates[rates["year"] == year]


def received(months: pd.DataFrame, short_usd: float) -> hl.FundingIncome:
    """Return what a short received in some months."""
    rates, counts = months["mean_8h"].to_numpy(), months["settlements"].to_numpy()
    return hl.funding_income(short_usd, rates, settlements=counts)


def below_zero(months: pd.DataFrame) -> tuple[int, int, int]:
    """Count months with an average below zero, those with one such settlement, and all."""
    return int((months["mean_8h"] < 0).sum()), int((months["min_8h"] < 0).sum()), len(months)


def _averages(months: pd.DataFrame, short_usd: float = 1.0) -> tuple[str, str, str]:
    """Write the average rate of some months, for 8 hours and annualised, and what it came to."""
    income = received(months, short_usd)
    annual = percent(hl.annualise_funding(income.mean_rate).simple, digits=1, signed=True)
    return rate_text(income.mean_rate), annual, gain(income.total_usd)


_TOP: Any = {"y": 0.985, "y_share": True, "align": "middle", "vertical": "top"}


def funding_by_year(short_usd: float, *, guess: tuple[str, int, float] | None = None) -> Scene:
    """Draw what a short received by month, and a guess of a coin, a year, and its funding, USD."""
    coins = {coin: coin_funding(coin) for coin in ("BTC", "ETH")}
    guesses: dict[str, list[Mark]] = {coin: [] for coin in coins}
    level, guessed = 0.0, ""
    if guess is not None:
        coin, year, dollars = guess
        months = coin_funding(coin, year)
        # The average rate at which the guess would be true.
        level = dollars / short_usd / received(months, short_usd).settlements
        ends = [months.index[0] - 0.4, months.index[-1] + 0.4]
        guesses[coin] = [
            Line(x=ends, y=[level, level], role="unhedged", width=3.5, dash="dashed"),
            Guess(x=sum(ends) / 2, y=level, side="below"),
        ]
        guessed = f" Your guess for {coin} in {year}: {gain(dollars)}."
    rows = []
    for coin, rates in coins.items():
        for year, months in [*rates.groupby("year"), ("in all", rates)]:
            below, once, count = below_zero(months)
            averages = _averages(months, short_usd)
            rows.append((f"{coin} {year}", *averages, f"{below} of {count}", f"{once} of {count}"))
    head = (
        "coin and year", "average rate, 8 h", "annualised", "received", "months below zero",
        "months with one such payment",
    )  # fmt: skip
    short = f"short of {usd(short_usd)}"
    sums = ", ".join(f"{name} {dollars}" for name, _, _, dollars, *_ in rows)
    totals = [f"{coin} {_averages(rates, short_usd)[2]}" for coin, rates in coins.items()]
    return Scene(
        title=f"What a {short} received in four years: {', '.join(totals)}",
        alt=f"Funding received by a {short}, by month ({PROXY}): {sums}.{guessed}",
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
        text, role = f"{year}: {gain(dollars)}", RECEIVES if dollars >= 0 else PAYS
        starts.append((months.index[0] - 0.5, "" if upper else f"Jan {year}"))
        marks.append(Rule(at=starts[-1][0], direction="x", width=1.4))
        marks.append(Text(x=middle, text=text, role=role, bold=True, **_TOP))
    label, top = ("", 88.0) if upper else (f"month ({PROXY})", 308.0)
    x = Scale(label=label, limits=(-0.7, len(rates) - 0.3), ticks=starts)
    limits = (1.7 * min(every.min(), lowest), 1.24 * every.max())
    y = Scale(label="average rate for 8 hours", unit="share", limits=limits)
    marks += [Rule(at=0.0, width=1.4), *guess]
    return panel(marks, x, y, box=(110.0, top, 866.0, top + 176.0), width=880.0, title=coin)


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
    """Draw the funding rate of each month against the move of ETH, and a guessed group."""
    groups = months_by_move()
    every = pd.concat(groups.values())
    move, rate = every["move"], every["mean_8h"]
    edges = [move.min() - 0.06, 0.0, _STRONG, move.max() + 0.06]
    middles = dict(zip(groups, np.add(edges[:-1], edges[1:]) / 2, strict=True))
    marks: list[Mark] = [Rule(at=0.0, width=1.4)]
    marks += [Rule(at=at, direction="x", dash="dashed", width=1.4) for at in edges[1:3]]
    for role, is_shown in ((RECEIVES, rate >= 0), (PAYS, rate < 0)):
        x, y = move[is_shown], rate[is_shown]
        marks.append(Points(x=x, y=y, role=role, size=9.2, opacity=0.8))
    rows, said = [], []
    for name, months in groups.items():
        level, (average, annual, _) = received(months, 1.0).mean_rate, _averages(months)
        below, _, count = below_zero(months)
        rows.append((f"ETH {name}", str(count), average, annual, str(below)))
        said.append(f"ETH {name}: {count} months, average {average}, {below} of them below zero")
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
    wide, tall = (edges[0], edges[-1]), (1.4 * rate.min(), 1.6 * rate.max())
    head = ("return of ETH", "months", "average rate, 8 h", "annualised", "months below zero")
    return picture(
        "The more ETH rose in a month, the more a short received on average",
        f"Average funding rate for 8 hours of each month against the move of ETH in it ({PROXY}). "
        f"{'; '.join(said)}.{guessed}",
        marks,
        Scale(label="move of ETH in the month", unit="share", signed=True, limits=wide),
        Scale(label="average rate for 8 hours (a proxy)", unit="share", limits=tall),
        Table(head, rows, caption=f"Funding by market ({PROXY})"),
        box=(97.0, 64.0, 818.0, 402.0),
    )
