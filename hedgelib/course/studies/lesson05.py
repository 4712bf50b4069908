"""Funding rules of venues and time out of a hedge, as lesson 05 shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import erf, isfinite, log10, sqrt

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
from hedgelib.show.scene import Area, Band, Guess, Line, Mark, Points, Rule, Scene, Text

__all__ = ["PAYS", "RECEIVES", "RULES", "AtPremium", "FundingRule", "TimeOut", "rate_text"]

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
        """Premiums at which the line bends."""
        bends = [self.interest - self.damper, self.interest + self.damper]
        if self.cap is not None:
            bends += [-self.cap - self.damper, self.cap + self.damper]
        return bends


def _rules() -> dict[str, FundingRule]:
    lowest = market.contract("binance:BTCUSD_PERP").maintenance_rates[0]
    figures = {figure.name: figure.value for figure in market.contract_figures("okx:BTC-USD-SWAP")}
    cap = figures["funding_cap"]
    assert isinstance(cap, float)
    return {
        "Binance": FundingRule(
            name="Binance, BTC", interest=1e-4, damper=5e-4, cap=float(funding_cap(lowest))
        ),
        "OKX": FundingRule(name="OKX, BTC", interest=0.0, damper=0.0, cap=cap),
        "Deribit": FundingRule(name="Deribit, BTC", interest=0.0, damper=5e-4),
    }


RULES: Mapping[str, FundingRule] = _rules()
"""Three funding rules, with the caps of the venues' BTC contracts where these are known.

**Source:** as :func:`hedgelib.funding_rate`, :func:`hedgelib.funding_cap` and
:func:`hedgelib.deribit_funding_rate`; the figures of ``data/contracts.toml``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPremium:
    """The funding rate at one average premium, and what a short receives.

    - guess: the reader's rate, decimal
    - reach: premium at the ends of the picture; one beyond it widens the picture
    """

    premium: float
    short_usd: float
    rule: FundingRule = RULES["Binance"]
    guess: float | None = None
    reach: float = 0.004

    def __post_init__(self) -> None:
        scalars(premium=(self.premium, RATE))

    @property
    def rate(self) -> float:
        """The funding rate, decimal for 8 hours."""
        return float(self.rule.rate(self.premium))

    @property
    def received_usd(self) -> float:
        """What the short receives at the settlement; below 0 it pays."""
        return self.short_usd * self.rate

    def table(self) -> Table:
        """Return the numbers as a table."""
        income = funding_income(self.short_usd, self.rate)
        rows = [
            ("Premium over the index", rate_text(self.premium)),
            ("Funding rate for 8 hours", rate_text(self.rate)),
            ("Who pays", _who(self.rate)),
            (f"A short of {usd(self.short_usd)}", _gets(self.received_usd)),
            ("In a year, at the same rate", usd(income.yearly_usd, signed=True)),
            ("Annualised, simple", percent(income.yearly_usd / self.short_usd, digits=2)),
        ]
        return Table(("at this premium", "result"), rows, caption=f"Rule of {self.rule.name}")

    def scene(self) -> Scene:
        """Draw the rule over the premium, and mark the one premium on it."""
        far = abs(self.premium) > self.reach
        widest = 1.05 * abs(self.premium) if far else self.reach
        top = max(1.125 * self.reach, 1.1 * abs(self.rate))
        step = 0.001 if self.reach > 0.002 else 0.0005
        x = Scale(
            label="average premium of the perpetual over its index", unit="share", signed=True,
            limits=(-widest, widest), ticks=None if far else _rate_ticks(widest, step),
        )  # fmt: skip
        y = Scale(
            label="funding rate for 8 hours", unit="share", signed=True, limits=(-top, top),
            ticks=_rate_ticks(top, step) if top < 1.2 * self.reach else None,
        )  # fmt: skip
        box = (106.0, 64.0, 768.0, 382.0)
        return Scene(
            title=f"Premium {rate_text(self.premium)}: rate {rate_text(self.rate)}, "
            f"a short of {usd(self.short_usd)} {_gets(self.received_usd)}",
            alt=_alt_rule(self),
            panels=(panel(_rule_marks(self, widest, top), x, y, box=box, width=800.0),),
            table=self.table(),
            size=(800.0, 440.0),
        )


def _who(rate: float) -> str:
    if not rate:
        return "nobody"
    return "longs pay shorts" if rate > 0 else "shorts pay longs"


def _gets(dollars: float) -> str:
    if not dollars:
        return "gets nothing"
    return f"{'receives' if dollars > 0 else 'pays'} {usd(abs(dollars), cents=True)}"


def _rule_marks(at: AtPremium, widest: float, top: float) -> list[Mark]:
    rule, premium, rate = at.rule, at.premium, at.rate
    x = np.sort([-widest, *(bend for bend in rule.corners if abs(bend) < widest), premium, widest])
    # Where the dashed line leaves the panel, to the left.
    end = -0.88 * min(widest, top)
    marks: list[Mark] = [
        Band(low=0.0, high=top, direction="y", role=RECEIVES, opacity=0.09),
        Band(low=-top, high=0.0, direction="y", role=PAYS, opacity=0.09),
        Rule(at=0.0, width=1.4),
        Line(x=[-widest, widest], y=[-widest, widest], role="grey", width=1.8, dash="dashed"),
        Line(x=[premium, premium], y=[0.0, rate], width=1.4),
        Line(x=x, y=rule.rate(x), role="altcoins", width=3.6, name="rate", labelled=False),
        Text(x=end, y=end, text="rate = premium", shift=(13.0, 4.0), size=13.0),
        Text(
            x=0.015, y=0.965, text="longs pay, SHORTS RECEIVE", x_share=True, y_share=True,
            vertical="top", role=RECEIVES, bold=True,
        ),
        Text(
            x=0.985, y=0.035, text="shorts pay, longs receive", x_share=True, y_share=True,
            vertical="bottom", align="end", role=PAYS, bold=True,
        ),
        Points(x=[premium], y=[rate], size=12.5),
    ]  # fmt: skip
    if at.guess is not None:
        # Away from the line.
        marks.append(Guess(x=premium, y=at.guess, side="below" if at.guess < rate else "above"))
    return marks


def _rate_ticks(limit: float, step: float) -> list[tuple[float, str]]:
    """Put ticks on the multiples of a step, whatever the sliders are at."""
    count, digits = int(limit / step + 1e-9), 1 if step >= 0.001 else 2
    return [
        (i * step, percent(i * step, signed=True, digits=digits)) for i in range(-count, count + 1)
    ]


def _alt_rule(at: AtPremium) -> str:
    rule = at.rule
    low, high = rule.corners[:2]
    band = "The rate is the premium"
    if high > low:
        band = (
            f"Between premiums of {rate_text(low)} and {rate_text(high)} the rate is "
            f"{rate_text(rule.interest)}; outside that band it follows the premium"
        )
    end = "" if rule.cap is None else f", and it stops at {rate_text(rule.cap, signed=False)}"
    guess = "" if at.guess is None else f" Your guess was {rate_text(at.guess)}."
    return (
        f"Rule of {rule.name}, premium {rate_text(at.premium)}: rate {rate_text(at.rate)}, "
        f"{_who(at.rate)}{'' if at.rate else ' pays'}; a short of {usd(at.short_usd)} "
        f"{_gets(at.received_usd)} every 8 hours. {band}{end}.{guess}"
    )


# Out of the hedge, and in again


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOut:
    """A hedge closed for some hours to avoid funding: money saved, and the book's risk meanwhile.

    - book_usd: unhedged meanwhile; it follows the coin one for one
    - rate: funding rate that is expected to last, decimal for 8 hours
    - cost_rate: fee and slippage of one side, decimal
    - daily_vol: standard deviation of the coin's daily return, decimal
    - guess: the reader's standard deviation, USD
    """

    book_usd: float
    rate: float
    cost_rate: float
    daily_vol: float
    hours: float
    guess: float | None = None

    def __post_init__(self) -> None:
        # An explorer knows its sliders by these names.
        scalars(rate=(self.rate, RATE), cost_rate=(self.cost_rate, FRACTION))

    @property
    def cost_usd(self) -> float:
        """Cost of closing and opening again."""
        return 2 * self.book_usd * self.cost_rate

    @property
    def break_even_hours(self) -> float:
        """Hours after which the funding avoided has paid for that; ``inf``: never."""
        return float(close_reopen_break_even(1.0, self.rate, self.cost_rate).break_even_hours)

    @property
    def avoided_usd(self) -> float:
        """Funding not paid meanwhile; below 0 it was given up."""
        return float(self.avoided_over(self.hours))

    @property
    def net_usd(self) -> float:
        """Funding avoided less costs."""
        return self.avoided_usd - self.cost_usd

    @property
    def sigma_usd(self) -> float:
        """One standard deviation of the book's profit meanwhile."""
        return float(self.sigma_over(self.hours))

    @property
    def chance(self) -> float:
        """Chance to be better off than with the hedge, if the coin has no trend."""
        if not self.sigma_usd:
            return float(self.net_usd > 0)
        return 0.5 * (1 + erf(self.net_usd / self.sigma_usd / sqrt(2)))

    def avoided_over(self, hours: ArrayLike) -> FloatArray:
        """Return the funding avoided after some hours, with the settlements spread evenly."""
        return -self.book_usd * self.rate * np.asarray(hours) / 8

    def sigma_over(self, hours: ArrayLike) -> FloatArray:
        """Return one standard deviation of the unhedged book after some hours."""
        return np.asarray(unhedged_sigma_usd(self.book_usd, 1.0, self.daily_vol, hours))

    def table(self) -> Table:
        """Return the numbers as a table."""
        rows = [
            (f"Funding {self._what}", usd(self.avoided_usd, signed=True)),
            ("Fees and slippage, out and in", usd(-self.cost_usd, signed=True)),
            ("Both together", usd(self.net_usd, signed=True)),
            ("Breaks even after", self._even),
            ("One standard deviation of the book meanwhile", f"± {usd(self.sigma_usd)}"),
            ("Chance to be better off, no trend", percent(self.chance, digits=1)),
        ]
        caption = f"{self.hours:g} hours out of the hedge, at {rate_text(self.rate)} for 8 hours"
        return Table(("out of the hedge", "result"), rows, caption=caption)

    @property
    def _what(self) -> str:
        return "given up" if self.avoided_usd < 0 else "avoided"

    @property
    def _even(self) -> str:
        hours = self.break_even_hours
        return f"{hours:,.4g} hours" if isfinite(hours) else "never"

    def scene(self) -> Scene:
        """Draw the money saved over the hours, and what the book may do meanwhile around it."""
        last = max(24.0 * _DAYS, self.hours)
        # Closer together at first, where a root rises fastest.
        x = last * np.linspace(0, 1, 61) ** 2
        net, sigma = self.avoided_over(x) - self.cost_usd, self.sigma_over(x)
        guessed = 0.0 if self.guess is None else 1.04 * (abs(self.net_usd) + self.guess)
        top = _ceiling(max(float(np.max(np.abs(net) + sigma)), guessed))
        usual = [(24.0 * day, f"{24 * day}") for day in range(_DAYS + 1)]
        across = Scale(
            label="hours out of the hedge", limits=(0.0, last),
            ticks=usual if last == 24 * _DAYS else None,
        )  # fmt: skip
        up = Scale(
            label="against staying hedged (USD)", unit="usd", signed=True, limits=(-top, top)
        )
        box = (97.0, 64.0, 701.0, 374.0)
        return Scene(
            title=f"{self.hours:g} hours out: funding {usd(self.avoided_usd, signed=True)}, costs "
            f"{usd(-self.cost_usd, signed=True)}, at risk ± {usd(self.sigma_usd)}",
            alt=self._alt(),
            panels=(panel(self._marks(x, net, sigma), across, up, box=box, width=840.0),),
            table=self.table(),
            size=(840.0, 430.0),
        )

    def _marks(self, x: FloatArray, net: FloatArray, sigma: FloatArray) -> list[Mark]:
        marks: list[Mark] = []
        if sigma[-1]:
            up, down = net + sigma, net - sigma
            marks += [
                Area(x=x, low=down, high=up, role=PAYS, opacity=0.18),
                Line(x=x, y=up, role=PAYS, width=1.7, name="one standard\ndeviation up"),
                Line(x=x, y=down, role=PAYS, width=1.7, name="one standard\ndeviation down"),
            ]
        here = [self.hours, self.hours]
        ends = [self.net_usd - self.sigma_usd, self.net_usd + self.sigma_usd]
        marks += [
            Rule(at=0.0, width=1.4),
            Line(x=x, y=net, width=3.6, name="funding minus costs", bold=True),
            Line(x=here, y=ends, role=PAYS, width=2.8),
            Points(x=here, y=ends, role=PAYS, size=8.5),
            Points(x=[self.hours], y=[self.net_usd], size=12.5),
        ]
        if self.guess is not None:
            late = self.hours > 0.8 * x[-1]
            level = self.net_usd + self.guess
            marks.append(Guess(x=self.hours, y=level, side="left" if late else "right"))
        return marks

    def _alt(self) -> str:
        never = self._even == "never"
        when = "Closing never pays" if never else f"Closing breaks even after {self._even}"
        guess = "" if self.guess is None else f" Your guess was ± {usd(self.guess)}."
        return (
            f"A hedge of {usd(self.book_usd)} off for {self.hours:g} hours at a rate of "
            f"{rate_text(self.rate)}: {usd(abs(self.avoided_usd))} of funding {self._what}, "
            f"{usd(self.cost_usd)} of costs, together {usd(self.net_usd, signed=True)}; the book "
            f"meanwhile has a standard deviation of {usd(self.sigma_usd)}, a band around the line "
            f"of the money saved. {when}.{guess}"
        )


_DAYS = 10
"""Time that the picture shows."""


def _ceiling(value: float) -> float:
    """Round up to a height at which the axis can stand still while a slider moves a little."""
    if value <= 0:
        return 1.0
    step = 10.0 ** np.floor(log10(value))
    return float(next(step * n for n in (1.5, 2, 3, 5, 7.5, 10) if value <= step * n))
