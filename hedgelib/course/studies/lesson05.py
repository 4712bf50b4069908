"""Funding rules of venues and time out of a hedge, as lesson 05 shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, isfinite
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import FRACTION, RATE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.carry import (
    close_reopen_break_even,
    funding_cap,
    funding_income,
    funding_rate,
    unhedged_sigma_usd,
)
from hedgelib.show.layout import Scale, panel
from hedgelib.show.palette import Role
from hedgelib.show.scene import Area, Band, Guess, Line, Mark, Panel, Points, Rule, Scene, Text

__all__ = ["PAYS", "RECEIVES", "RULES", "FundingRule", "TimeOut", "rate_at_premium", "rate_text"]

RECEIVES: Role = "good"
PAYS: Role = "unhedged"
"""Roles of money received and of money paid."""


def rate_text(rate: float, *, signed: bool = True) -> str:
    """Write a funding rate or a premium: two decimals of a percent, up to four where it has them.

    >>> rate_text(0.0001), rate_text(-0.000173), rate_text(0.002, signed=False), rate_text(0.0)
    ('+0.01%', '−0.0173%', '0.20%', '0%')
    """
    whole, _, decimals = percent(rate, digits=4, signed=signed).rstrip("%").partition(".")
    if not any(digit in whole + decimals for digit in "123456789"):
        return "0%"
    return f"{whole}.{decimals.rstrip('0'):0<2}%"


# The rule


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRule:
    """How a venue turns the average premium of 8 hours into its funding rate.

    - interest, damper: decimals for 8 hours; the damper is half the width of the band
    - cap: largest rate to either side, where it is known
    """

    name: str
    interest: float
    damper: float
    cap: float | None = None

    def rate(self, premium: ArrayLike) -> FloatArray:
        """Return the funding rate at one or many average premiums, decimals."""
        return np.asarray(funding_rate(premium, self.interest, damper=self.damper, cap=self.cap))

    @property
    def corners(self) -> list[float]:
        """Premiums at which the line bends, those of the band first."""
        caps = [] if self.cap is None else [-self.cap - self.damper, self.cap + self.damper]
        return [self.interest - self.damper, self.interest + self.damper, *caps]


_BINANCE_CAP = float(funding_cap(market.contract("binance:BTCUSD_PERP").maintenance_rates[0]))
_OKX = {figure.name: figure.value for figure in market.contract_figures("okx:BTC-USD-SWAP")}
_OKX_CAP = float(_OKX["funding_cap"])  # type: ignore[arg-type]

RULES: Mapping[str, FundingRule] = {
    "Binance": FundingRule(name="Binance, BTC", interest=1e-4, damper=5e-4, cap=_BINANCE_CAP),
    "OKX": FundingRule(name="OKX, BTC", interest=0.0, damper=0.0, cap=_OKX_CAP),
    "Deribit": FundingRule(name="Deribit, BTC", interest=0.0, damper=5e-4),
}
"""Three funding rules, with the caps of the venues' BTC contracts where these are known.

**Source:** as :func:`hedgelib.funding_rate`, :func:`hedgelib.funding_cap` and
:func:`hedgelib.deribit_funding_rate`; the figures of ``data/contracts.toml``."""


def rate_at_premium(
    premium: float,
    short_usd: float,
    rule: FundingRule = RULES["Binance"],
    *,
    guess: float | None = None,
    reach: float = 0.004,
) -> Scene:
    """Draw a rule over the premium, its rate at one premium, and the reader's rate, decimals.

    The axes end at `reach`, or a little beyond a premium or a rate that is further out.
    """
    scalars(premium=(premium, RATE))
    rate = float(rule.rate(premium))
    yearly_usd = float(funding_income(short_usd, rate).yearly_usd)
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
        ("In a year, at the same rate", usd(yearly_usd, signed=True)),
        ("Annualised, simple", percent(yearly_usd / short_usd, digits=2)),
    ]
    low, high = map(rate_text, rule.corners[:2])
    band = f"Between premiums of {low} and {high} the rate is {rate_text(rule.interest)}; outside "
    band = band + "that band it follows the premium" if rule.damper else "The rate is the premium"
    end = "" if rule.cap is None else f", and it stops at {rate_text(rule.cap, signed=False)}"
    guessed = "" if guess is None else f" Your guess was {rate_text(guess)}."
    found = f"Premium {rate_text(premium)}: rate {rate_text(rate)}, a short of {usd(short_usd)} "
    found += result
    return Scene(
        title=found,
        alt=f"Rule of {rule.name}. {found} every 8 hours: {payer}{'' if rate else ' pays'}. "
        f"{band}{end}.{guessed}",
        panels=(_rule_panel(rule, premium, guess, reach),),
        table=Table(("at this premium", "result"), rows, caption=f"Rule of {rule.name}"),
        size=(800.0, 440.0),
    )


def _rule_panel(rule: FundingRule, premium: float, guess: float | None, reach: float) -> Panel:
    rate = float(rule.rate(premium))
    wide, top = (reach if abs(at) <= reach else 1.05 * abs(at) for at in (premium, rate))
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
    ]
    if guess is not None:
        # Away from the line.
        marks.append(Guess(x=premium, y=guess, side="below" if guess < rate else "above"))
    label = "average premium of the perpetual over its index"
    across = Scale(label=label, unit="share", signed=True, limits=(-wide, wide))
    up = Scale(label="funding rate for 8 hours", unit="share", signed=True, limits=(-top, top))
    return panel(marks, across, up, box=(106.0, 64.0, 660.0, 382.0), width=800.0)


# Out of the hedge, and in again


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOut:
    """A hedge closed for some hours to avoid funding: money saved, and the book's risk meanwhile.

    - book_usd: unhedged meanwhile; it follows the coin one for one
    - rate: funding rate that is expected to last, decimal for 8 hours
    - cost_rate: fee and slippage of one side, decimal
    - daily_vol: standard deviation of the coin's daily return, decimal
    """

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
        """Funding not paid meanwhile; below 0 it was given up."""
        return float(self.avoided_after(self.hours))

    @property
    def sigma_usd(self) -> float:
        """One standard deviation of the book's profit meanwhile."""
        return float(self.sigma_after(self.hours))

    @property
    def chance(self) -> float:
        """Chance to be better off than with the hedge, if the coin has no trend."""
        net, sigma = self.avoided_usd - self.cost_usd, self.sigma_usd
        return NormalDist().cdf(net / sigma) if sigma else float(net > 0)

    def avoided_after(self, hours: ArrayLike) -> FloatArray:
        """Return the funding avoided after some hours, with the settlements spread evenly."""
        return -self.book_usd * self.rate * np.asarray(hours) / 8

    def sigma_after(self, hours: ArrayLike) -> FloatArray:
        """Return one standard deviation of the unhedged book after some hours."""
        return np.asarray(unhedged_sigma_usd(self.book_usd, 1.0, self.daily_vol, hours))

    def scene(self, guess: float | None = None) -> Scene:
        """Draw the money saved over the hours, with what the book may do meanwhile around it.

        A guess is the reader's standard deviation, USD.
        """
        avoided, cost, sigma = self.avoided_usd, self.cost_usd, usd(self.sigma_usd)
        net, hours = usd(avoided - cost, signed=True), f"{self.hours:g} hours"
        even = close_reopen_break_even(1.0, self.rate, self.cost_rate).break_even_hours
        even_text = f"{even:,.4g} hours" if isfinite(even) else "never"
        rows = [
            (f"Funding {'given up' if avoided < 0 else 'avoided'}", usd(avoided, signed=True)),
            ("Fees and slippage, out and in", usd(-cost, signed=True)),
            ("Both together", net),
            ("Breaks even after", even_text),
            ("One standard deviation of the book meanwhile", f"± {sigma}"),
            ("Chance to be better off, no trend", percent(self.chance, digits=1)),
        ]
        money = f"funding {usd(avoided, signed=True)}, costs {usd(-cost, signed=True)}"
        closing = f"breaks even after {even_text}" if isfinite(even) else "never pays"
        guessed = "" if guess is None else f" Your guess was ± {usd(guess)}."
        caption = f"{hours} out of the hedge, at {rate_text(self.rate)} for 8 hours"
        return Scene(
            title=f"{hours} out: {money}, at risk ± {sigma}",
            alt=f"A hedge of {usd(self.book_usd)} off for {hours} at a rate of "
            f"{rate_text(self.rate)}: {money}, together {net}; the book meanwhile has a standard "
            f"deviation of {sigma}, a band around the line of the money saved. Closing {closing}."
            f"{guessed}",
            panels=(self._panel(guess),),
            table=Table(("out of the hedge", "result"), rows, caption=caption),
            size=(840.0, 430.0),
        )

    def _panel(self, guess: float | None) -> Panel:
        last = max(240.0, self.hours)
        # Closer together at first, where a root rises fastest.
        x = last * np.linspace(0, 1, 61) ** 2
        saved, sigma = self.avoided_after(x) - self.cost_usd, self.sigma_after(x)
        net, here = self.avoided_usd - self.cost_usd, [self.hours, self.hours]
        ends = [net - self.sigma_usd, net + self.sigma_usd]
        low, high = saved - sigma, saved + sigma
        band: list[Mark] = [
            Area(x=x, low=low, high=high, role=PAYS, opacity=0.18),
            Line(x=x, y=high, role=PAYS, width=1.7, name="one standard\ndeviation up"),
            Line(x=x, y=low, role=PAYS, width=1.7, name="one standard\ndeviation down"),
        ]
        marks: list[Mark] = [
            *(band if sigma[-1] else ()),
            Rule(at=0.0, width=1.4),
            Line(x=x, y=saved, width=3.6, name="funding minus costs", bold=True),
            Line(x=here, y=ends, role=PAYS, width=2.8),
            Points(x=here, y=ends, role=PAYS, size=8.5),
            Points(x=[self.hours], y=[net], size=12.5),
        ]
        if guess is not None:
            late = self.hours > 0.8 * last
            marks.append(Guess(x=self.hours, y=net + guess, side="left" if late else "right"))
        ticks = [(at, f"{at:,}") for at in range(0, int(last) + 1, 24 * ceil(last / 240))]
        across = Scale(label="hours out of the hedge", limits=(0.0, last), ticks=ticks)
        up = Scale(label="against staying hedged (USD)", unit="usd", signed=True, margin=0.05)
        return panel(marks, across, up, box=(97.0, 64.0, 701.0, 374.0), width=840.0)
