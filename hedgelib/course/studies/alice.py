"""Alice's hedge over moves, and her weeks on real prices, as lesson 09 shows them.

Prices are closes of spot, also for the perpetual; funding is a monthly mean, a proxy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from hedgelib import BetaEstimate, ContractTerms, HedgePlan, InvalidInput, Portfolio, market
from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.course.studies.beta import newey_west
from hedgelib.plan import Collateral, plan_hedge
from hedgelib.portfolio import read_portfolio
from hedgelib.scenario import Scenario, run_scenario
from hedgelib.show.layout import NAME_SHIFT, Scale, guess_mark, picture
from hedgelib.show.lines import gain
from hedgelib.show.moves import MoveStudy, study_move
from hedgelib.show.scene import Band, Line, Mark, Points, Rule, Scene, Text

SETTLEMENTS = 21
"""Of funding in seven days, one every eight hours."""
MODELLED = "perp modelled at spot closes, funding a proxy"
"""Shown with every number of a week."""
SIZES = ("1:1, margin left out", "1:1, margin in", "beta, margin in")
"""The three shorts of a week: N = V, N = V + margin, N = beta V + margin."""


def everything_counted(plan: HedgePlan, move: float, guess: float | None) -> Scene:
    """Draw the profit of altcoins, margin and short, and their sum, with the reader's sum, USD."""
    scene = study_move(plan, move, lowest=-0.4, highest=0.4).scene()
    (panel,), (marks, told) = scene.panels, guess_mark(guess, gain, "left", x=move)
    guessed = replace(panel, marks=(*panel.marks, *marks))
    return replace(scene, panels=(guessed,), alt=scene.alt + told)


def any_hedge(
    book_usd: float, price_usd: float, contract: ContractTerms
) -> Callable[..., MoveStudy]:
    """Return a function for an explorer: a hedge of any beta, margin, size and source of it."""

    def study(
        move: float, beta: float, margin_usd: float, short_usd: float, source: Collateral
    ) -> MoveStudy:
        plan = plan_hedge(
            book_usd, beta, contract, price_usd, collateral=source, collateral_usd=margin_usd,
            notional_usd=short_usd, max_leverage=contract.max_leverage or 100.0, fee_rate=0,
        )  # fmt: skip
        return study_move(plan, move)

    return study


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days of Alice's altcoins and ETH (price and move), with the beta of the days before."""

    start: pd.Timestamp
    end: pd.Timestamp
    price_usd: float
    move: float
    book_return: float
    beta: BetaEstimate
    funding_rate: float

    @property
    def residual(self) -> float:
        """Return of the altcoins minus beta times the return of ETH."""
        return self.book_return - self.beta.beta * self.move

    @property
    def name(self) -> str:
        """The days: ``"8 to 15 May 2022"``."""
        first, last = self.start, self.end
        month = "" if first.month == last.month else f" {first:%B}"
        year = "" if first.year == last.year else f" {first.year}"
        return f"{first.day}{month}{year} to {last.day} {last:%B %Y}"


@cache
def alices_book() -> Portfolio:
    """Return what Alice owns."""
    return read_portfolio(market.data_folder() / "portfolios" / "alice.csv")


@cache
def alices_weeks(year: int, *, window: int = 90) -> tuple[Week, ...]:
    """Return the weeks of a year, Sunday to Sunday, each begun with the same book."""
    book, coins = alices_book(), list(alices_book().coins)
    prices = market.prices([*coins, "ETH"]).dropna()
    returns = prices.pct_change(fill_method=None).iloc[1:]
    funding = market.funding_monthly().query("coin == 'ETH'").set_index("month")["mean_8h"]
    weeks = []
    for start in pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="W-SUN"):
        end, before = start + pd.Timedelta(days=7), returns.loc[:start].tail(window)
        if end not in prices.index or len(before) < window:
            continue
        month = start.to_period("M").to_timestamp()
        grown = prices.loc[end] / prices.loc[start] - 1
        weeks.append(Week(
            start=start, end=end, price_usd=float(prices["ETH"][start]),
            move=grown.to_dict()["ETH"], book_return=float(book.weights @ grown[coins]),
            beta=newey_west(before[coins] @ book.weights, before["ETH"]),
            funding_rate=float(funding[month]),
        ))  # fmt: skip
    if not weeks:
        raise InvalidInput(f"year must have weeks with {window} days before them, got {year!r}")
    return tuple(weeks)


def nearest(weeks: Sequence[Week], move: float) -> Week:
    """Return the week in which the return of ETH was closest to a given one."""
    return min(weeks, key=lambda week: abs(week.move - move))


def hedged_week(
    week: Week, contract: ContractTerms, *, book_usd: float, margin_usd: float
) -> dict[str, Scenario]:
    """Return a week with each of the three shorts, planned when it begins; ETH is bought."""
    hedged = {}
    for size, short in zip(SIZES, (book_usd, book_usd + margin_usd, None), strict=True):
        plan = plan_hedge(
            book_usd, week.beta.beta, contract, week.price_usd, collateral_usd=margin_usd,
            notional_usd=short,
        )  # fmt: skip
        hedged[size] = run_scenario(
            plan, [week.move], residual=week.residual, funding_rate=week.funding_rate,
            intervals=SETTLEMENTS, close=True,
        )  # fmt: skip
    if any(made.liquidated[0] for made in hedged.values()):
        raise InvalidInput(f"the week {week.name} liquidates the short; take more margin")
    return hedged


def week_table(week: Week, hedged: Mapping[str, Scenario]) -> Table:
    """Return the profit of a week by part, without a hedge and with each short."""
    book_usd = hedged[SIZES[0]].plan.book_usd
    follow, own = book_usd * week.beta.beta * week.move, book_usd * week.residual
    parts = {
        "ETH margin": "collateral_pnl_usd", "short": "hedge_pnl_usd",
        "fees, in and out": "fees_usd", "funding": "funding_pnl_usd", "together": "total_pnl_usd",
    }  # fmt: skip
    rows = [
        ("altcoins, following ETH", *[gain(follow)] * (1 + len(hedged))),
        ("altcoins, residual", *[gain(own)] * (1 + len(hedged))),
    ]
    for name, of in parts.items():
        alone = gain(follow + own) if name == "together" else ""
        rows.append((name, alone, *(gain(getattr(made, of)[0]) for made in hedged.values())))
    sold = (f"{-made.plan.contracts:,.0f}" for made in hedged.values())
    caption = f"Alice, {week.name}: ETH {percent(week.move, digits=1, signed=True)}"
    head = ("part", "no hedge", *hedged)
    return Table(head, [*rows, ("contracts sold", "0", *sold)], caption=caption)


class YearOfWeeks(NamedTuple):
    """A hedge opened and closed every week of a year: profits of "no hedge" and :data:`SIZES`."""

    weeks: tuple[Week, ...]
    profit_usd: dict[str, FloatArray]

    def swing_usd(self, how: str) -> float:
        """Return one standard deviation of the weeks."""
        return float(self.profit_usd[how].std(ddof=1))

    def within(self, how: str, near_usd: float) -> int:
        """Return the number of weeks that ended as near to zero as a small sum."""
        return int((np.abs(self.profit_usd[how]) <= near_usd).sum())

    def scene(self, named: Week, near_usd: float, guess: float | None = None) -> Scene:
        """Draw every week, one of them named, and a guess of their standard deviation, USD."""
        year, count, near = self.weeks[0].start.year, len(self.weeks), f"within {usd(near_usd)}"
        rows = []
        for how, profit in self.profit_usd.items():
            deviation, ends_near = self.swing_usd(how), self.within(how, near_usd)
            ends_text = gain(profit.min()), gain(profit.max())
            rows.append((how, f"± {usd(deviation)}", *ends_text, f"{ends_near} of {count}"))
        naked, hedged = self.profit_usd["no hedge"], self.profit_usd[SIZES[2]]
        (_, _, *range_naked, _), *_, (_, _, worst, _, around) = rows
        move, swing = np.array([week.move for week in self.weeks]), self.swing_usd(SIZES[2])
        place, ends = self.weeks.index(named), [move.min(), move.max()]
        trend = np.polyval(np.polyfit(move, naked, 1), ends)
        x, y = move[place], [naked[place], hedged[place]]
        edge = partial(Text, x=1.0, x_share=True, shift=(NAME_SHIFT, 0.0), bold=True)
        marks: list[Mark] = [
            Band(low=-swing, high=swing, direction="y", opacity=0.25),
            Rule(at=0.0, width=1.4),
            Rule(at=0.0, direction="x", width=1.4),
            Line(x=ends, y=trend, role="unhedged", width=1.4, name="no hedge"),
            Line(x=[x, x], y=y, width=1.4),
            Points(x=move, y=naked, role="unhedged", size=7.6, shape="ring"),
            Points(x=move, y=hedged, size=8.4),
            Text(x=x, y=y[0], text=named.name, shift=(12.0, 0.0), role="total", halo=True),
            # At the edge of its band, with room for a guess below.
            edge(y=swing, text=f"by beta:\n± {usd(swing)}", role="total"),
        ]
        told = ""
        if guess is not None:
            # Not in the role of a guess, which here is that of the weeks without a hedge.
            marks += [Rule(at=y, role="good", width=2.2, dash="dashed") for y in (-guess, guess)]
            marks.append(edge(y=-guess, text=f"your guess:\n± {usd(guess)}", role="good"))
            told = f" Your guess was ± {usd(guess)}."
        title = f"The slope is gone, the residual is not: {near} in {around} weeks"
        head = ("short", "one standard deviation", "worst week", "best week", f"weeks {near}")
        label = f"move of ETH in the week ({MODELLED})"
        return picture(
            title,
            f"{title}. Weeks of {year}, by the move of ETH. No hedge: from {range_naked[0]} to "
            f"{range_naked[1]}, along with ETH. Hedged by beta: a level cloud, one standard "
            f"deviation {usd(swing)}, at worst {worst} "
            f"({self.weeks[int(hedged.argmin())].name}). ({MODELLED.capitalize()}.){told}",
            marks,
            Scale(label=label, unit="share", signed=True, margin=0.02),
            Scale(label="profit of the week (USD)", unit="usd", signed=True, margin=0.08),
            Table(head, rows, caption=f"Weeks of {year} ({MODELLED})"),
            box=(88.0, 64.0, 693.0, 402.0),
        )


@cache
def alices_year(
    weeks: tuple[Week, ...], contract: ContractTerms, *, book_usd: float, margin_usd: float
) -> YearOfWeeks:
    """Return a year of weekly hedges, each of the same book and margin at its start."""
    hedge = partial(hedged_week, contract=contract, book_usd=book_usd, margin_usd=margin_usd)
    hedged = list(map(hedge, weeks))
    profit = {"no hedge": np.array([book_usd * week.book_return for week in weeks])}
    for size in SIZES:
        profit[size] = np.array([week[size].total_pnl_usd[0] for week in hedged])
    return YearOfWeeks(weeks, profit)
