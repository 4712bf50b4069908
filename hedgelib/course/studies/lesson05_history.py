"""Years of funding for lesson 05: what a short received by month and year, and in which markets.

The monthly rates are a proxy, and every picture, table and sentence made of them says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgelib import market
from hedgelib._check import POSITIVE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.carry import FundingIncome, annualise_funding, funding_income
from hedgelib.course.prose import Prediction, predict
from hedgelib.course.studies.lesson05 import PAYS, RECEIVES, RULES, rate_text
from hedgelib.errors import InvalidInput
from hedgelib.show.layout import Scale, panel
from hedgelib.show.lettering import wrap
from hedgelib.show.scene import Bars, Line, Mark, Panel, Points, Rule, Scene, Text

__all__ = [
    "PROXY",
    "XBTUSD",
    "CoinFunding",
    "FundingByMarket",
    "FundingHistory",
    "LongRun",
    "funding_by_market",
    "funding_history",
    "guess_market",
    "guess_year",
]

PROXY = "a proxy: Binance's USDT-margined perpetuals"
"""Shown with every number made of the monthly rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """Long-run figures of a contract whose history does not ship with the workbook.

    Parameters
    ----------
    name, period : str
    mean_8h, sd_8h, lowest_8h, highest_8h : float
        Of the funding rate, decimals for 8 hours.
    share_negative : float
        Of the settlements, decimal.
    median_premium, lowest_premium : float
        Of the perpetual over an index, decimals.
    panic, panic_settlements : str, int
        When the lowest rate was paid, and how often in a row.
    """

    name: str
    period: str
    mean_8h: float
    sd_8h: float
    lowest_8h: float
    highest_8h: float
    share_negative: float
    median_premium: float
    lowest_premium: float
    panic: str
    panic_settlements: int


XBTUSD = LongRun(
    name="BitMEX XBTUSD",
    period="June 2018 to November 2020",
    mean_8h=0.000009,
    sd_8h=0.00043,
    lowest_8h=-0.00375,
    highest_8h=0.00316,
    share_negative=0.29,
    median_premium=-0.00015,
    lowest_premium=-0.113,
    panic="13 and 14 March 2020",
    panic_settlements=6,
)
"""The inverse perpetual with the longest history of its time.

**Source:** BitMEX's settled rates, and its prices against an index; figures only, collected on
2026-11-22, because the history is not ours to ship. The lowest rate was that of every settlement
from 2020-03-13 04:00 to 2020-03-14 20:00 UTC."""


# What was received


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinFunding:
    """Funding rates of one coin by month.

    Parameters
    ----------
    coin : str
    month : ndarray of datetime64, shape (n,)
        First day of each.
    mean, lowest : ndarray, shape (n,)
        Average and lowest rate of the month, decimals for 8 hours.
    settlements : ndarray, shape (n,)
        How many there were.
    """

    coin: str
    month: NDArray[np.datetime64]
    mean: FloatArray
    lowest: FloatArray
    settlements: FloatArray

    @property
    def year(self) -> NDArray[np.int64]:
        """The year of each month, shape (n,)."""
        return self.month.astype("datetime64[Y]").astype(np.int64) + 1970

    @property
    def years(self) -> list[int]:
        """The years that there are."""
        return [int(year) for year in np.unique(self.year)]

    def income(self, short_usd: float, year: int | None = None) -> FundingIncome:
        """Add up what a short received in a year, or in all of them.

        Parameters
        ----------
        short_usd : float
            Face of the short, USD, >= 0.
        year : int, optional

        Returns
        -------
        FundingIncome

        Notes
        -----
        **Source:** :func:`hedgelib.funding_income`.
        """
        months = np.ones(self.month.size, bool) if year is None else self.year == year
        return funding_income(short_usd, self.mean[months], settlements=self.settlements[months])

    def below_zero(self, year: int | None = None) -> tuple[int, int, int]:
        """Count the months of a year, or of all.

        Parameters
        ----------
        year : int, optional

        Returns
        -------
        tuple of int
            Months with an average below zero, months with one settlement or more below zero, and
            all months.
        """
        months = np.ones(self.month.size, bool) if year is None else self.year == year
        low, mean = self.lowest[months], self.mean[months]
        return int(np.sum(mean < 0)), int(np.sum(low < 0)), int(months.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingHistory:
    """Funding that a short received from each coin, as :func:`funding_history` returns it.

    Parameters
    ----------
    coins : tuple of CoinFunding
    short_usd : float
        Face of the short, the same all the time, USD.
    guess : tuple of (str, int, float), optional
        Coin, year, and the reader's predicted funding in it, USD.
    """

    coins: tuple[CoinFunding, ...]
    short_usd: float
    guess: tuple[str, int, float] | None = None

    def of(self, coin: str) -> CoinFunding:
        """Return the rates of one coin.

        Parameters
        ----------
        coin : str

        Returns
        -------
        CoinFunding

        Raises
        ------
        InvalidInput
            A coin that is not among them.
        """
        for part in self.coins:
            if part.coin == coin:
                return part
        raise InvalidInput(f"no coin {coin!r}; there are {', '.join(p.coin for p in self.coins)}")

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for every year of every coin, and for all years together.

        Returns
        -------
        list of tuple of str
        """
        rows: list[tuple[str, ...]] = []
        for part in self.coins:
            for year in (*part.years, None):
                income = part.income(self.short_usd, year)
                mean, once, months = part.below_zero(year)
                rows.append(
                    (
                        f"{part.coin} {year or 'in all'}",
                        rate_text(income.mean_rate),
                        percent(annualise_funding(income.mean_rate).simple, digits=1, signed=True),
                        usd(income.total_usd, signed=True),
                        f"{mean} of {months}",
                        f"{once} of {months}",
                    )
                )
        return rows

    def table(self) -> Table:
        """Return every year of every coin as a table."""
        head = (
            "coin and year",
            "average rate, 8 h",
            "annualised",
            "received",
            "months below zero",
            "months with one such payment",
        )
        rows = [(first.replace(" ", "\N{NO-BREAK SPACE}"), *rest) for first, *rest in self.rows()]
        return Table(head, rows, caption=f"A short of {usd(self.short_usd)} ({PROXY})")

    def scene(self) -> Scene:
        """Draw the rates month by month, a panel for each coin, with what each year brought."""
        totals = ", ".join(
            f"{part.coin} {usd(part.income(self.short_usd).total_usd, signed=True)}"
            for part in self.coins
        )
        return Scene(
            title=f"What a short of {usd(self.short_usd)} received in four years: {totals}",
            alt=_alt_history(self),
            panels=_history_panels(self),
            table=self.table(),
            size=_HISTORY_SIZE,
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return repr(self.table())


def funding_history(
    short_usd: float,
    coins: Sequence[str] = ("BTC", "ETH"),
    *,
    guess: tuple[str, int, float | None] | None = None,
) -> FundingHistory:
    """Return the funding that a short of one size received over the years in the data.

    Parameters
    ----------
    short_usd : float
        Face of the short, USD, > 0.
    coins : sequence of str
    guess : tuple of (str, int, float or None), optional
        Coin, year, and the reader's predicted funding in it, USD.

    Returns
    -------
    FundingHistory

    Raises
    ------
    InvalidInput
        A size that is not > 0, a coin without funding rates.

    Notes
    -----
    **Source:** :func:`hedgelib.market.funding_monthly`, a proxy.

    Examples
    --------
    >>> history = funding_history(50_000)
    >>> round(history.of("ETH").income(50_000, 2022).total_usd)
    394
    """
    (short_usd,) = scalars(short_usd=(short_usd, POSITIVE))
    rates = market.funding_monthly()
    found = []
    for coin in coins:
        rows = rates[rates["coin"] == coin]
        if rows.empty:
            raise InvalidInput(f"no funding rates of {coin!r}; there are BTC and ETH")
        found.append(
            CoinFunding(
                coin=coin,
                month=rows["month"].to_numpy(),
                mean=rows["mean_8h"].to_numpy(),
                lowest=rows["min_8h"].to_numpy(),
                settlements=rows["settlements"].to_numpy(np.float64),
            )
        )
    marked = None if guess is None or guess[2] is None else (guess[0], guess[1], guess[2])
    return FundingHistory(coins=tuple(found), short_usd=short_usd, guess=marked)


def guess_year(history: FundingHistory, coin: str, year: int) -> Prediction:
    """Ask how much funding a short received in a year.

    Parameters
    ----------
    history : FundingHistory
    coin : str
    year : int
        One in which the short received.

    Returns
    -------
    Prediction
        Each option begins with a number of dollars.

    Raises
    ------
    InvalidInput
        A coin or a year of another kind.

    Examples
    --------
    >>> for option in guess_year(funding_history(50_000), "ETH", 2021).options:
    ...     print(option)
    −$18,769: it paid
    $0: about nothing
    +$5,475: as a quiet market pays
    +$18,769: it received
    """
    part = history.of(coin)
    received = part.income(history.short_usd, year).total_usd
    if received <= 0:
        raise InvalidInput(f"a short of {coin} received nothing in {year}; choose another year")
    closes = market.prices(coin, f"{year - 1}-12-31", f"{year}-12-31")[coin]
    settlements = float(part.settlements[part.year == year].sum())
    quiet = history.short_usd * RULES["Binance"].interest * settlements
    answer = f"{usd(received, signed=True)}: it received"
    return predict(
        f"In {year} {coin} went from {usd(closes.iloc[0])} to {usd(closes.iloc[-1])}. You were "
        f"short {usd(history.short_usd)} all year. What did funding alone do to that short?",
        {
            f"{usd(-received, signed=True)}: it paid": "The size is right. But in such a market "
            "longs are many, and it is longs who pay.",
            "$0: about nothing": "Ups and downs do not cancel here. Longs were in demand nearly "
            "all the time.",
            f"{usd(quiet, signed=True)}: as a quiet market pays": "That is a market "
            "in which nothing happens. In this one buyers crowded in.",
            answer: "The market ran hot, buyers of perpetuals were many, and they paid whoever "
            "took the other side.",
        },
        answer=answer,
    )


_HISTORY_SIZE = (880.0, 540.0)


def _history_panels(history: FundingHistory) -> tuple[Panel, ...]:
    """Draw the coins one below the other, on one scale."""
    count, top, bottom, gap = len(history.coins), 88.0, 484.0, 44.0
    each = (bottom - top - gap * (count - 1)) / count
    highest = max(float(part.mean.max()) for part in history.coins)
    lowest = min(float(part.mean.min()) for part in history.coins)
    if history.guess is not None:
        lowest = min(lowest, _guess_level(history))
    panels = []
    for row, part in enumerate(history.coins):
        last, start = row == count - 1, top + row * (each + gap)
        x = Scale(
            label=f"month ({PROXY})" if last else "",
            limits=(-0.7, part.mean.size - 0.3),
            ticks=[(at - 0.5, f"Jan {year}" if last else "") for year, at in _starts(part)],
        )
        y = Scale(
            label="average rate for 8 hours",
            unit="share",
            limits=(1.5 * lowest, 1.24 * highest),
        )
        box = (110.0, start, 866.0, start + each)
        marks = _month_marks(history, part)
        panels.append(panel(marks, x, y, box=box, width=_HISTORY_SIZE[0], title=part.coin))
    return tuple(panels)


def _starts(part: CoinFunding) -> list[tuple[int, int]]:
    """Return each year with the place of its first month."""
    return [(year, int(np.argmax(part.year == year))) for year in part.years]


def _month_marks(history: FundingHistory, part: CoinFunding) -> list[Mark]:
    marks: list[Mark] = []
    for year, start in _starts(part):
        if start:
            marks.append(Rule(at=start - 0.5, direction="x", width=1.4))
        income = part.income(history.short_usd, year).total_usd
        marks.append(
            Text(
                x=start - 0.5 + int(np.sum(part.year == year)) / 2, y=0.985,
                text=f"{year}: {usd(income, signed=True)}", y_share=True, align="middle",
                vertical="top", bold=True, role=RECEIVES if income >= 0 else PAYS,
            )
        )  # fmt: skip
    places = np.arange(part.mean.size)
    for role, months in ((RECEIVES, part.mean >= 0), (PAYS, part.mean < 0)):
        if months.any():
            ends = part.mean[months]
            marks.append(
                Bars(at=places[months], start=0 * ends, end=ends, thickness=0.82, role=role)
            )
    marks.append(Rule(at=0.0, width=1.4))
    if history.guess is not None and history.guess[0] == part.coin:
        marks += _guess_marks(part, history.guess[1], _guess_level(history))
    return marks


def _guess_level(history: FundingHistory) -> float:
    """Average rate at which the guess would be true."""
    assert history.guess is not None
    coin, year, dollars = history.guess
    part = history.of(coin)
    return dollars / history.short_usd / float(part.settlements[part.year == year].sum())


def _guess_marks(part: CoinFunding, year: int, level: float) -> list[Mark]:
    months = np.flatnonzero(part.year == year)
    ends = [float(months[0]) - 0.4, float(months[-1]) + 0.4]
    words: dict[str, Any] = {"text": "your guess", "role": "unhedged", "bold": True, "halo": True}
    if 0 <= level < 0.2 * part.mean.max():
        # Under the bars, which would be behind the words.
        words |= {"x": sum(ends) / 2, "y": 0.0, "shift": (0.0, 6.0)}
        words |= {"align": "middle", "vertical": "top"}
    else:
        words |= {"x": ends[1], "y": level, "shift": (0.0, -6.0)}
        words |= {"align": "end", "vertical": "bottom"}
    line = Line(x=ends, y=[level, level], role="unhedged", width=3.5, dash="dashed")
    return [line, Text(**words)]


def _alt_history(history: FundingHistory) -> str:
    told = []
    for part in history.coins:
        years = ", ".join(
            f"{usd(part.income(history.short_usd, year).total_usd, signed=True)} in {year}"
            for year in part.years
        )
        below, once, months = part.below_zero()
        told.append(
            f"{part.coin} {years}; {below} of {months} months had an average below zero, {once} "
            "at least one such payment"
        )
    guess = ""
    if history.guess is not None:
        coin, year, dollars = history.guess
        guess = f" Your guess for {coin} in {year}: {usd(dollars, signed=True)}."
    return (
        f"Funding received by a short of {usd(history.short_usd)}, by month ({PROXY}): "
        f"{'. '.join(told)}.{guess}"
    )


# In which markets


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingByMarket:
    """Funding and return of each month, as :func:`funding_by_market` returns them.

    Parameters
    ----------
    coin : str
    move : ndarray, shape (n,)
        Return of the coin in each month, decimals.
    rate, settlements : ndarray, shape (n,)
        Average funding rate, decimal for 8 hours, and how many settlements.
    strong : float
        Rise from which a month counts as a strong one, decimal.
    guess : str, optional
        Months in which the reader expects a short to receive most: one of `names`, or another
        word for "all alike".
    """

    coin: str
    move: FloatArray
    rate: FloatArray
    settlements: FloatArray
    strong: float
    guess: str | None = None

    @property
    def names(self) -> tuple[str, str, str]:
        """Names of the groups of months."""
        strong = percent(self.strong)
        return "fell", f"rose up to {strong}", f"rose more than {strong}"

    def groups(self) -> list[tuple[str, NDArray[np.bool_], float]]:
        """Group the months by the return of the coin.

        Returns
        -------
        list of (str, ndarray, float)
            A name, which months, and their average rate, decimal for 8 hours.
        """
        parts = (
            self.move < 0,
            (self.move >= 0) & (self.move <= self.strong),
            self.move > self.strong,
        )
        return [(n, m, self._mean(m)) for n, m in zip(self.names, parts, strict=True) if m.any()]

    @property
    def mean(self) -> float:
        """Average rate of all months, decimal for 8 hours."""
        return self._mean(np.ones(self.rate.shape, dtype=bool))

    def _mean(self, months: NDArray[np.bool_]) -> float:
        counts = self.settlements[months]
        return float(funding_income(1.0, self.rate[months], settlements=counts).mean_rate)

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each group.

        Returns
        -------
        list of tuple of str
        """
        return [
            (
                f"{self.coin} {name}",
                str(int(months.sum())),
                rate_text(mean),
                percent(annualise_funding(mean).simple, digits=1, signed=True),
                str(int(np.sum(self.rate[months] < 0))),
            )
            for name, months, mean in self.groups()
        ]

    def table(self) -> Table:
        """Return the groups of months as a table."""
        head = (
            f"return of {self.coin}",
            "months",
            "average rate, 8 h",
            "annualised",
            "months below zero",
        )
        return Table(head, self.rows(), caption=f"Funding by market ({PROXY})")

    def scene(self) -> Scene:
        """Draw the rate of each month against the move in it, with the average of each group."""
        low, high = float(self.move.min()) - 0.06, float(self.move.max()) + 0.06
        x = Scale(
            label=f"move of {self.coin} in the month", unit="share", signed=True, limits=(low, high)
        )
        y = Scale(
            label="average rate for 8 hours (a proxy)",
            unit="share",
            limits=(1.4 * min(float(self.rate.min()), 0.0), 1.6 * float(self.rate.max())),
        )
        box = (97.0, 64.0, 818.0, 402.0)
        return Scene(
            title=_market_title(self),
            alt=_alt_market(self),
            panels=(panel(_market_marks(self, low, high, box), x, y, box=box, width=840.0),),
            table=self.table(),
            size=(840.0, 460.0),
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return repr(self.table())


def funding_by_market(
    coin: str = "ETH", *, strong: float = 0.2, guess: str | None = None
) -> FundingByMarket:
    """Return the funding of each month with the return of the coin in it.

    Parameters
    ----------
    coin : str
    strong : float
        Rise from which a month counts as a strong one, decimal, > 0.
    guess : str, optional
        Option of :func:`guess_market` that the reader chose.

    Returns
    -------
    FundingByMarket

    Raises
    ------
    InvalidInput
        A coin without funding rates.

    Notes
    -----
    **Source:** :func:`hedgelib.market.funding_monthly`, a proxy, and closes; the first month counts
    from its first day.

    Examples
    --------
    >>> [(name, int(months.sum())) for name, months, _ in funding_by_market("ETH").groups()]
    [('fell', 18), ('rose up to 20%', 17), ('rose more than 20%', 13)]
    """
    (strong,) = scalars(strong=(strong, POSITIVE))
    part = funding_history(1.0, [coin]).coins[0]
    closes = market.prices(coin)[coin]
    of_day = closes.index.to_numpy().astype("datetime64[M]")
    ends_at = np.searchsorted(of_day, part.month.astype("datetime64[M]"), side="right") - 1
    ends = closes.to_numpy(np.float64)[ends_at]
    before = np.concatenate([[float(closes.iloc[0])], ends[:-1]])
    return FundingByMarket(
        coin=coin,
        move=ends / before - 1,
        rate=part.mean,
        settlements=part.settlements,
        strong=strong,
        guess=None if guess is None else guess.removeprefix(f"{coin} "),
    )


def guess_market(found: FundingByMarket) -> Prediction:
    """Ask in which months a short received most.

    Parameters
    ----------
    found : FundingByMarket
        Of three groups of months, the last of which received most.

    Returns
    -------
    Prediction

    Raises
    ------
    InvalidInput
        Months of another kind.

    Examples
    --------
    >>> guess_market(funding_by_market("ETH")).answer
    'ETH rose more than 20%'
    """
    means = [mean for _, _, mean in found.groups()]
    if len(means) < 3 or means != sorted(means):
        raise InvalidInput(f"funding of {found.coin} did not rise with its price; nothing to ask")
    fell, rose, strong = (f"{found.coin} {name}" for name in found.names)
    below = int(np.sum(found.rate[found.move < 0] < 0))
    return predict(
        f"Sort the months by what {found.coin} did in them. In which did a short receive the most "
        "funding, on average?",
        {
            fell: "Then a short earns by the price. But few want to be long, and in "
            f"{below} of these months it even paid.",
            rose: "More than in a fall. But a stronger rise draws more buyers.",
            strong: "Buyers crowd in, the perpetual runs ahead of its index, and they pay.",
            "much the same in all": f"The averages are {rate_text(means[0])}, "
            f"{rate_text(means[1])} and {rate_text(means[2])}.",
        },
        answer=strong,
    )


def _market_marks(
    found: FundingByMarket, low: float, high: float, box: tuple[float, float, float, float]
) -> list[Mark]:
    edges = [low, 0.0, found.strong, high]
    places = {name: (edges[i], edges[i + 1]) for i, name in enumerate(found.names)}
    marks: list[Mark] = [Rule(at=at, direction="x", dash="dashed", width=1.4) for at in edges[1:-1]]
    marks.append(Rule(at=0.0, width=1.4))
    for role, months in ((RECEIVES, found.rate >= 0), (PAYS, found.rate < 0)):
        if months.any():
            x, y = found.move[months], found.rate[months]
            marks.append(Points(x=x, y=y, role=role, size=9.2, opacity=0.8))
    for name, months, mean in found.groups():
        moves, (left, right) = found.move[months], places[name]
        marks.append(Line(x=[moves.min(), moves.max()], y=[mean, mean], width=3.3))
        room = (right - left) / (high - low) * (box[2] - box[0]) - 8
        head = wrap(f"{name}:", room, size=13.0)
        marks.append(
            Text(
                x=(left + right) / 2, y=0.985, role="total", size=13.0, y_share=True,
                text=f"{head}\n{int(months.sum())} months\naverage\n{rate_text(mean)}",
                align="middle", vertical="top",
            )
        )  # fmt: skip
    return marks + _guess_of_months(found, places, high)


def _guess_of_months(
    found: FundingByMarket, places: dict[str, tuple[float, float]], right: float
) -> list[Mark]:
    if found.guess is None:
        return []
    if found.guess in places:
        return [
            Text(
                x=sum(places[found.guess]) / 2, y=0.03, text="your guess", y_share=True,
                align="middle", vertical="bottom", role="unhedged", bold=True, halo=True,
            )
        ]  # fmt: skip
    return [
        Rule(at=found.mean, role="unhedged", dash="dashed", width=2.8),
        Text(
            x=right, y=found.mean, text="your guess", shift=(-8.0, -7.0), align="end",
            vertical="bottom", role="unhedged", bold=True, halo=True,
        ),
    ]  # fmt: skip


def _market_title(found: FundingByMarket) -> str:
    means = [mean for _, _, mean in found.groups()]
    if len(means) == 3 and means == sorted(means) and means[0] > 0:
        return f"The more {found.coin} rose in a month, the more a short received on average"
    return f"Funding of {found.coin}, month by month"


def _alt_market(found: FundingByMarket) -> str:
    told = "; ".join(
        f"{found.coin} {name}: {int(months.sum())} months, average {rate_text(mean)}, "
        f"{int(np.sum(found.rate[months] < 0))} of them below zero"
        for name, months, mean in found.groups()
    )
    guess = ""
    if found.guess is not None:
        where = f"most where {found.coin} " if found.guess in found.names else ""
        guess = f" Your guess: {where}{found.guess}."
    return (
        f"Average funding rate for 8 hours of each month against the move of {found.coin} in it "
        f"({PROXY}). {told}.{guess}"
    )
