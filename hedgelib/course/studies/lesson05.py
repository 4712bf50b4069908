"""Funding rules of venues and time out of a hedge, as lesson 05 shows them.

The guesses are here and not in the lesson so that a reader does not see the answer with the
question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import erf, isfinite, log10, sqrt

import numpy as np
from numpy.typing import ArrayLike

from hedgelib import market
from hedgelib._check import FRACTION, NONNEGATIVE, POSITIVE, RATE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.carry import (
    BreakEven,
    close_reopen_break_even,
    deribit_funding_rate,
    expiry_lock,
    funding_cap,
    funding_income,
    funding_rate,
    unhedged_sigma_usd,
)
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput
from hedgelib.show.layout import Scale, panel
from hedgelib.show.palette import Role
from hedgelib.show.scene import Area, Band, Guess, Line, Mark, Points, Rule, Scene, Side, Text

__all__ = [
    "PAYS",
    "RECEIVES",
    "RULES",
    "FundingRule",
    "RateStudy",
    "StayOut",
    "guess_discount",
    "guess_future",
    "guess_swing",
    "rate_text",
    "stay_out",
    "study_rate",
]

RECEIVES: Role = "good"
PAYS: Role = "unhedged"
"""Roles of money received and of money paid."""


def rate_text(rate: float, *, signed: bool = True) -> str:
    """Write a funding rate or a premium: two decimals of a percent, up to four where it has them.

    Parameters
    ----------
    rate : float
        Decimal.
    signed : bool
        Put a plus sign before a positive one.

    Returns
    -------
    str

    Notes
    -----
    **Source:** house style of :func:`hedgelib._text.percent`.

    Examples
    --------
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
    """How a venue turns the premium of a perpetual into its funding rate.

    Parameters
    ----------
    name : str
    interest : float
        Decimal for 8 hours.
    damper : float
        Width of the band, decimal, >= 0.
    cap : float, optional
        Largest rate to either side, decimal; not every venue's is known.
    is_deribit : bool
        Whether the rate inside the band is zero, and not the interest.
    """

    name: str
    interest: float
    damper: float
    cap: float | None = None
    is_deribit: bool = False

    def rate(self, premium: ArrayLike) -> FloatArray:
        """Funding rate at one or many average premiums.

        Parameters
        ----------
        premium : array_like
            Decimals.

        Returns
        -------
        ndarray
            Decimals for 8 hours, shape of `premium`; above 0 shorts receive.

        Notes
        -----
        **Source:** :func:`hedgelib.funding_rate`, :func:`hedgelib.deribit_funding_rate`.
        """
        if self.is_deribit:
            return np.asarray(deribit_funding_rate(premium, damper=self.damper, cap=self.cap))
        return np.asarray(funding_rate(premium, self.interest, damper=self.damper, cap=self.cap))

    @property
    def corners(self) -> list[float]:
        """Premiums at which the line bends."""
        middle = 0.0 if self.is_deribit else self.interest
        bends = [middle - self.damper, middle + self.damper]
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
        "Deribit": FundingRule(name="Deribit, BTC", interest=0.0, damper=5e-4, is_deribit=True),
    }


RULES: Mapping[str, FundingRule] = _rules()
"""Three funding rules, with the caps of the venues' BTC contracts where these are known.

**Source:** as :func:`hedgelib.funding_rate`, :func:`hedgelib.funding_cap` and
:func:`hedgelib.deribit_funding_rate`; the figures of ``data/contracts.toml``."""


_REACH = 0.004
"""Premium at the ends of the picture, decimal: beyond the caps that are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateStudy:
    """Funding rate and payment at one premium, as :func:`study_rate` returns them.

    Parameters
    ----------
    rule : FundingRule
    premium : float
        Average over the interval, decimal.
    short_usd : float
        Face of the short, USD.
    guess : float, optional
        The reader's predicted rate, decimal.
    reach : float
        Premium at the ends of the picture, decimal.
    """

    rule: FundingRule
    premium: float
    short_usd: float
    guess: float | None = None
    reach: float = _REACH

    @property
    def rate(self) -> float:
        """The funding rate, decimal for 8 hours."""
        return float(self.rule.rate(self.premium))

    @property
    def received_usd(self) -> float:
        """What the short receives at the settlement, USD; below 0 it pays."""
        return float(funding_income(self.short_usd, self.rate).total_usd)

    @property
    def yearly_usd(self) -> float:
        """The same in a year of such settlements, USD."""
        return float(funding_income(self.short_usd, self.rate).yearly_usd)

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers as rows of a table.

        Returns
        -------
        list of (str, str)
        """
        return [
            ("Premium over the index", rate_text(self.premium)),
            ("Funding rate for 8 hours", rate_text(self.rate)),
            ("Who pays", _who(self.rate)),
            (f"A short of {usd(self.short_usd)}", _gets(self.received_usd)),
            ("In a year, at the same rate", usd(self.yearly_usd, signed=True)),
            ("Annualised, simple", percent(self.yearly_usd / self.short_usd, digits=2)),
        ]

    def table(self) -> Table:
        """Return the numbers as a table."""
        return Table(
            ("at this premium", "result"), self.rows(), caption=f"Rule of {self.rule.name}"
        )

    def scene(self) -> Scene:
        """Draw the rule over the premium, and mark the one premium on it."""
        far = abs(self.premium) > self.reach
        widest = 1.05 * abs(self.premium) if far else self.reach
        top = max(1.125 * self.reach, 1.1 * abs(self.rate))
        step = 0.001 if self.reach > 0.002 else 0.0005
        x = Scale(
            label="average premium of the perpetual over its index", unit="share", signed=True,
            limits=(-widest, widest),
            ticks=None if far else _rate_ticks(widest, step),
        )  # fmt: skip
        y = Scale(
            label="funding rate for 8 hours", unit="share", signed=True, limits=(-top, top),
            ticks=_rate_ticks(top, step) if top < 1.2 * self.reach else None,
        )  # fmt: skip
        marks = _rule_marks(self, widest, top)
        return Scene(
            title=f"Premium {rate_text(self.premium)}: rate {rate_text(self.rate)}, "
            f"a short of {usd(self.short_usd)} {_gets(self.received_usd)}",
            alt=_alt_rule(self),
            panels=(panel(marks, x, y, box=(106.0, 64.0, 768.0, 382.0), width=800.0),),
            table=self.table(),
            size=(800.0, 440.0),
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return repr(self.table())


def _who(rate: float) -> str:
    if not rate:
        return "nobody"
    return "longs pay shorts" if rate > 0 else "shorts pay longs"


def _gets(dollars: float) -> str:
    if not dollars:
        return "gets nothing"
    return f"{'receives' if dollars > 0 else 'pays'} {usd(abs(dollars), cents=True)}"


def study_rate(
    premium: float,
    *,
    rule: FundingRule | None = None,
    short_usd: float = 50_000.0,
    guess: float | None = None,
    reach: float = _REACH,
) -> RateStudy:
    """Return the funding rate at a premium, and what a short receives.

    Parameters
    ----------
    premium : float
        Average of the perpetual over its index, decimal.
    rule : FundingRule, optional
        Default: Binance's.
    short_usd : float
        Face of the short, USD, > 0.
    guess : float, optional
        The reader's predicted rate, decimal.
    reach : float
        Premium at the ends of the picture, decimal, > 0; a premium beyond it widens the picture.

    Returns
    -------
    RateStudy

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.funding_rate`, :func:`hedgelib.funding_income`.

    Examples
    --------
    >>> study = study_rate(0.002)
    >>> round(study.rate, 6), round(study.received_usd, 2)
    (0.0015, 75.0)
    """
    premium, short_usd, reach = scalars(
        premium=(premium, RATE), short_usd=(short_usd, POSITIVE), reach=(reach, POSITIVE)
    )
    return RateStudy(
        rule=rule or RULES["Binance"],
        premium=premium,
        short_usd=short_usd,
        guess=guess,
        reach=reach,
    )


def guess_discount(study: RateStudy) -> Prediction:
    """Ask who pays while the perpetual is a little below its index.

    Parameters
    ----------
    study : RateStudy
        Of a premium below 0 and within the band.

    Returns
    -------
    Prediction
        Each option begins with a rate.

    Raises
    ------
    InvalidInput
        A premium of another kind.

    Examples
    --------
    >>> guess_discount(study_rate(-0.0003)).answer
    '+0.01%: longs pay shorts'
    """
    if not study.premium < 0 < study.rate:
        raise InvalidInput(
            f"premium must be below 0 with a rate above 0, got {study.premium:g} and {study.rate:g}"
        )
    answer = f"{rate_text(study.rate)}: longs pay shorts"
    return predict(
        f"Over eight hours the perpetual was {rate_text(-study.premium, signed=False)} below the "
        "index. Who pays, and how much?",
        {
            f"{rate_text(study.premium)}: shorts pay longs": "That would be the rate without "
            "the clamp, and some venues have none.",
            "0%: nobody pays": "The damper cancels the premium. The interest replaces it, and that "
            "is not zero.",
            answer: "The premium is within the band. There the rate is the interest, and the "
            "interest is above zero.",
        },
        answer=answer,
    )


def _rule_marks(study: RateStudy, widest: float, top: float) -> list[Mark]:
    rule, premium, rate = study.rule, study.premium, study.rate
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
    ]  # fmt: skip
    marks.append(Points(x=[premium], y=[rate], size=12.5))
    if study.guess is not None:
        # Away from the line.
        side: Side = "below" if study.guess < rate else "above"
        marks.append(Guess(x=premium, y=study.guess, side=side))
    return marks


def _rate_ticks(limit: float, step: float) -> list[tuple[float, str]]:
    """Put ticks on the multiples of a step, whatever the sliders are at."""
    count, digits = int(limit / step + 1e-9), 1 if step >= 0.001 else 2
    return [
        (i * step, percent(i * step, signed=True, digits=digits)) for i in range(-count, count + 1)
    ]


def _alt_rule(study: RateStudy) -> str:
    rule = study.rule
    low, high = sorted(rule.corners[:2])
    if high > low:
        inside = float(rule.rate((low + high) / 2))
        band = (
            f"Between premiums of {rate_text(low)} and {rate_text(high)} the rate is "
            f"{rate_text(inside)}; outside that band it follows the premium"
        )
    else:
        band = "The rate is the premium"
    end = "" if rule.cap is None else f", and it stops at {rate_text(rule.cap, signed=False)}"
    guess = "" if study.guess is None else f" Your guess was {rate_text(study.guess)}."
    return (
        f"Rule of {rule.name}, premium {rate_text(study.premium)}: rate {rate_text(study.rate)}, "
        f"{_who(study.rate)}{'' if study.rate else ' pays'}; a short of {usd(study.short_usd)} "
        f"{_gets(study.received_usd)} every 8 hours. {band}{end}.{guess}"
    )


# Which of two dated contracts


def guess_future(coin: float, spot_usd: float, premiums: tuple[float, float]) -> Prediction:
    """Ask which of two dated contracts a hedger should sell.

    Parameters
    ----------
    coin : float
        Coins to be hedged.
    spot_usd : float
        USD per coin.
    premiums : tuple of (float, float)
        Relative basis of the two, decimals, the higher one first.

    Returns
    -------
    Prediction

    Examples
    --------
    >>> guess_future(10, 3500, (0.03, 0.01)).answer
    'the one at 3%'
    """
    high, low = premiums
    locks = [float(expiry_lock(coin, spot_usd * (1 + b), spot_usd).final_usd) for b in premiums]
    names = [f"the one at {percent(b)}" for b in premiums]
    return predict(
        f"You own {coin:g} ETH at {usd(spot_usd)} and want to lock in their price by selling a "
        f"future. Two with the same expiry are on offer, one {percent(high)} above spot, one "
        f"{percent(low)}. Which do you sell?",
        {
            names[1]: "A lower basis is cheaper for a buyer. You sell.",
            names[0]: f"You are the seller. {usd(locks[0])} are locked in, against "
            f"{usd(locks[1])}.",
            "either, both end at spot": "Both end there. But they start at different prices, "
            "and you earn the difference.",
        },
        answer=names[0],
    )


# Out of the hedge, and in again


@dataclass(frozen=True, slots=True, kw_only=True)
class StayOut:
    """A hedge closed for some hours to avoid funding, as :func:`stay_out` returns it.

    Parameters
    ----------
    book_usd, beta : float
        What is unhedged meanwhile: its value in USD, and its beta to the coin.
    short_usd : float
        Face of the short that is closed and opened again, USD.
    rate : float
        Funding rate that is expected to last, decimal per interval.
    cost_rate : float
        Fee and slippage of one side, decimal.
    daily_vol : float
        Standard deviation of the coin's daily return, decimal.
    hours : float
        Out of the hedge.
    interval_hours : float
        Between settlements.
    guess : float, optional
        The reader's predicted standard deviation, USD.
    """

    book_usd: float
    beta: float
    short_usd: float
    rate: float
    cost_rate: float
    daily_vol: float
    hours: float
    interval_hours: float = 8.0
    guess: float | None = None

    @property
    def cost_usd(self) -> float:
        """Cost of closing and opening again, USD."""
        return float(self._break_even().close_reopen_cost_usd)

    @property
    def break_even_hours(self) -> float:
        """Hours after which the funding avoided has paid for that; ``inf``: never."""
        return float(self._break_even().break_even_hours)

    @property
    def avoided_usd(self) -> float:
        """Funding not paid meanwhile, USD; below 0 it was given up."""
        return float(self.avoided_over(self.hours))

    @property
    def net_usd(self) -> float:
        """Funding avoided less costs, USD."""
        return self.avoided_usd - self.cost_usd

    @property
    def sigma_usd(self) -> float:
        """One standard deviation of the book's profit meanwhile, USD."""
        return float(self.sigma_over(self.hours))

    @property
    def chance(self) -> float:
        """Chance to be better off than with the hedge, if the coin has no trend."""
        if not self.sigma_usd:
            return float(self.net_usd > 0)
        return 0.5 * (1 + erf(self.net_usd / self.sigma_usd / sqrt(2)))

    def _break_even(self) -> BreakEven:
        return close_reopen_break_even(
            self.short_usd, self.rate, self.cost_rate, interval_hours=self.interval_hours
        )

    def avoided_over(self, hours: ArrayLike) -> FloatArray:
        """Funding avoided after some hours, with the settlements spread evenly.

        Parameters
        ----------
        hours : array_like

        Returns
        -------
        ndarray
            USD.
        """
        return np.asarray(-self.short_usd * self.rate * np.asarray(hours) / self.interval_hours)

    def sigma_over(self, hours: ArrayLike) -> FloatArray:
        """One standard deviation of the unhedged book after some hours.

        Parameters
        ----------
        hours : array_like

        Returns
        -------
        ndarray
            USD.

        Notes
        -----
        **Source:** :func:`hedgelib.unhedged_sigma_usd`.
        """
        return np.asarray(unhedged_sigma_usd(self.book_usd, self.beta, self.daily_vol, hours))

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers as rows of a table.

        Returns
        -------
        list of (str, str)
        """
        what = "given up" if self.avoided_usd < 0 else "avoided"
        return [
            (f"Funding {what}", usd(self.avoided_usd, signed=True)),
            ("Fees and slippage, out and in", usd(-self.cost_usd, signed=True)),
            ("Both together", usd(self.net_usd, signed=True)),
            ("Breaks even after", _hours(self.break_even_hours)),
            ("One standard deviation of the book meanwhile", f"± {usd(self.sigma_usd)}"),
            ("Chance to be better off, no trend", percent(self.chance, digits=1)),
        ]

    def table(self) -> Table:
        """Return the numbers as a table."""
        return Table(("out of the hedge", "result"), self.rows(), caption=_out(self))

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
        marks = _out_marks(self, x, net, sigma)
        return Scene(
            title=f"{self.hours:g} hours out: funding {usd(self.avoided_usd, signed=True)}, costs "
            f"{usd(-self.cost_usd, signed=True)}, at risk ± {usd(self.sigma_usd)}",
            alt=_alt_out(self),
            panels=(panel(marks, across, up, box=(97.0, 64.0, 701.0, 374.0), width=840.0),),
            table=self.table(),
            size=(840.0, 430.0),
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return repr(self.table())


def _hours(hours: float) -> str:
    return f"{hours:,.4g} hours" if isfinite(hours) else "never"


def _out(study: StayOut) -> str:
    return f"{study.hours:g} hours out of the hedge, at {rate_text(study.rate)} for 8 hours"


def stay_out(
    book_usd: float,
    rate: float,
    cost_rate: float,
    daily_vol: float,
    hours: float,
    *,
    beta: float = 1.0,
    interval_hours: float = 8.0,
    guess: float | None = None,
) -> StayOut:
    """Compare the funding saved by closing a hedge for some hours with the risk taken meanwhile.

    Parameters
    ----------
    book_usd : float
        Value of the book; the short is beta times as large. USD, > 0.
    rate : float
        Funding rate that is expected to last, decimal per interval.
    cost_rate : float
        Fee and slippage of one side, decimal, from 0 to below 1.
    daily_vol : float
        Standard deviation of the coin's daily return, decimal, >= 0.
    hours : float
        Out of the hedge, >= 0.
    beta : float
        Of the book to the coin, > 0.
    interval_hours : float
        Between settlements, > 0.
    guess : float, optional
        The reader's predicted standard deviation, USD.

    Returns
    -------
    StayOut

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.close_reopen_break_even`, :func:`hedgelib.unhedged_sigma_usd`.

    Examples
    --------
    >>> study = stay_out(50_000, -0.0001, 0.0007, 0.04, 112)
    >>> round(study.avoided_usd, 6), round(study.cost_usd, 6), round(study.sigma_usd, 2)
    (70.0, 70.0, 4320.49)
    """
    book_usd, rate, cost_rate, daily_vol, hours, beta, interval_hours = scalars(
        book_usd=(book_usd, POSITIVE),
        rate=(rate, RATE),
        cost_rate=(cost_rate, FRACTION),
        daily_vol=(daily_vol, NONNEGATIVE),
        hours=(hours, NONNEGATIVE),
        beta=(beta, POSITIVE),
        interval_hours=(interval_hours, POSITIVE),
    )
    return StayOut(
        book_usd=book_usd,
        beta=beta,
        short_usd=beta * book_usd,
        rate=rate,
        cost_rate=cost_rate,
        daily_vol=daily_vol,
        hours=hours,
        interval_hours=interval_hours,
        guess=guess,
    )


def guess_swing(study: StayOut) -> Prediction:
    """Ask for the standard deviation of a book while its hedge is off.

    Parameters
    ----------
    study : StayOut

    Returns
    -------
    Prediction
        Each option begins with a number of dollars.

    Notes
    -----
    **Source:** the root of time; the wrong options are the funding itself, the volatility of
    one day, and one that grows with time and not with its root.

    Examples
    --------
    >>> list(guess_swing(stay_out(50_000, -0.0001, 0.0007, 0.04, 112)).options)
    ['$70', '$2,000', '$4,320', '$9,333']
    """
    day = study.book_usd * study.beta * study.daily_vol
    answer = usd(study.sigma_usd)
    return predict(
        f"The hedge of {usd(study.book_usd)} is off for {study.hours:g} hours, to save "
        f"{usd(study.avoided_usd)} of funding. On a usual day the market moves by "
        f"{percent(study.daily_vol)}, up or down. By how much does the book usually move until the "
        "hedge is on again?",
        {
            usd(study.avoided_usd): "That is the funding. The risk is far larger.",
            usd(day): "That is the volatility of one day. The hedge is off for longer.",
            answer: f"{study.hours / 24:.2f} days, and volatility grows with the root of time: "
            "days that go up and days that go down partly cancel.",
            usd(day * study.hours / 24): "That would hold if every day went the same way.",
        },
        answer=answer,
    )


_DAYS = 10


def _out_marks(study: StayOut, x: FloatArray, net: FloatArray, sigma: FloatArray) -> list[Mark]:
    marks: list[Mark] = []
    if sigma[-1]:
        up, down = net + sigma, net - sigma
        marks += [
            Area(x=x, low=down, high=up, role=PAYS, opacity=0.18),
            Line(x=x, y=up, role=PAYS, width=1.7, name="one standard\ndeviation up"),
            Line(x=x, y=down, role=PAYS, width=1.7, name="one standard\ndeviation down"),
        ]
    here = [study.hours, study.hours]
    ends = [study.net_usd - study.sigma_usd, study.net_usd + study.sigma_usd]
    marks += [
        Rule(at=0.0, width=1.4),
        Line(x=x, y=net, width=3.6, name="funding minus costs", bold=True),
        Line(x=here, y=ends, role=PAYS, width=2.8),
        Points(x=here, y=ends, role=PAYS, size=8.5),
        Points(x=[study.hours], y=[study.net_usd], size=12.5),
    ]
    if study.guess is not None:
        side: Side = "left" if study.hours > 0.8 * x[-1] else "right"
        marks.append(Guess(x=study.hours, y=study.net_usd + study.guess, side=side))
    return marks


def _ceiling(value: float) -> float:
    """Round up to a height at which the axis can stand still while a slider moves a little."""
    if value <= 0:
        return 1.0
    step = 10.0 ** np.floor(log10(value))
    return float(next(step * n for n in (1.5, 2, 3, 5, 7.5, 10) if value <= step * n))


def _alt_out(study: StayOut) -> str:
    what = "given up" if study.avoided_usd < 0 else "avoided"
    even = _hours(study.break_even_hours)
    when = f"Closing breaks even after {even}" if even != "never" else "Closing never pays"
    guess = "" if study.guess is None else f" Your guess was ± {usd(study.guess)}."
    return (
        f"A hedge of {usd(study.book_usd)} off for {study.hours:g} hours at a rate of "
        f"{rate_text(study.rate)}: {usd(abs(study.avoided_usd))} of funding {what}, "
        f"{usd(study.cost_usd)} of costs, together {usd(study.net_usd, signed=True)}; the book "
        f"meanwhile has a standard deviation of {usd(study.sigma_usd)}, a band around the line of "
        f"the money saved. {when}.{guess}"
    )
