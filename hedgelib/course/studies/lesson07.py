"""Alice's hedge over moves, and her weeks on real prices, as lesson 07 shows them.

Prices are closes of spot, and the perpetual is taken to trade at them. Funding is the monthly mean
of another contract, a proxy. What is made of them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta
from hedgelib.contracts import ContractTerms
from hedgelib.errors import InvalidInput
from hedgelib.plan import Collateral, HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.scenario import Scenario, run_scenario
from hedgelib.show.layout import NAME_SHIFT, Scale, name_height, panel, spread
from hedgelib.show.moves import MoveStudy, study_move
from hedgelib.show.palette import Role
from hedgelib.show.scene import Axis, Band, Guess, Line, Mark, Points, Rule, Scene, Text

__all__ = [
    "MODELLED",
    "SETTLEMENTS",
    "SIZES",
    "Week",
    "YearOfWeeks",
    "alices_book",
    "alices_weeks",
    "alices_year",
    "any_hedge",
    "everything_counted",
    "hedged_week",
    "nearest",
    "week_table",
]

SETTLEMENTS = 21
"""Of funding in seven days, one every eight hours."""
MODELLED = "perp modelled at spot closes, funding a proxy"
"""Shown with every number of a week."""
SIZES = ("1:1, margin left out", "1:1, margin in", "beta, margin in")
"""The three shorts of a week: N = V, N = V + margin, N = beta V + margin."""


# Everything counted, over moves


def everything_counted(plan: HedgePlan, move: float, *, guess: float | None = None) -> Scene:
    """Draw the profit of altcoins, margin and short, and their sum, with the reader's sum, USD."""
    scene = study_move(plan, move, lowest=-0.4, highest=0.4).scene()
    if guess is None:
        return scene
    (drawn,) = scene.panels
    guessed = replace(drawn, marks=(*drawn.marks, Guess(x=move, y=guess, side="left")))
    alt = f"{scene.alt} Your guess was {usd(guess, signed=True)}."
    return replace(scene, panels=(guessed,), alt=alt)


def any_hedge(
    book_usd: float, price_usd: float, contract: ContractTerms
) -> Callable[[float, float, float, float, Collateral], MoveStudy]:
    """Return the explorer's function: a hedge of any beta, margin, size and source of the margin.

    A plan is made once, and a drag over the moves uses it again.
    """

    @lru_cache
    def plan(beta: float, margin_usd: float, short_usd: float, source: Collateral) -> HedgePlan:
        return plan_hedge(
            book_usd, beta, contract, price_usd, collateral=source, collateral_usd=margin_usd,
            notional_usd=short_usd, max_leverage=contract.max_leverage or 100.0, fee_rate=0,
        )  # fmt: skip

    def study(
        move: float, beta: float, margin_usd: float, short_usd: float, source: Collateral
    ) -> MoveStudy:
        return study_move(plan(beta, margin_usd, short_usd, source), move)

    return study


# A week on real prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days of Alice's altcoins and ETH.

    - price_usd: of ETH at the start
    - move, book_return: of ETH and of the altcoins, decimals
    - beta: from the days before, and none after
    - funding_rate: mean of the month for eight hours, decimal; a proxy
    """

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
    """Return the weeks of a year, Sunday to Sunday, each with the beta of the days before it.

    Alice starts every week with the same dollars of each coin.

    >>> weeks = alices_weeks(2022)
    >>> len(weeks), weeks[0].name
    (52, '2 to 9 January 2022')
    """
    book = alices_book()
    prices = market.prices([*book.coins, "ETH"]).dropna()
    returns = prices.pct_change(fill_method=None).iloc[1:]
    funding = market.funding_monthly().query("coin == 'ETH'").set_index("month")["mean_8h"]
    weeks = []
    for start in pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="W-SUN"):
        end, before = start + pd.Timedelta(days=7), returns.loc[:start].tail(window)
        if end not in prices.index or len(before) < window:
            continue
        grown = dict(prices.loc[end] / prices.loc[start] - 1)
        month = start.to_period("M").to_timestamp()
        weeks.append(
            Week(
                start=start,
                end=end,
                price_usd=float(prices["ETH"][start]),
                move=float(grown["ETH"]),
                book_return=float(book.weights @ [grown[coin] for coin in book.coins]),
                beta=ols_beta(before[list(book.coins)] @ book.weights, before["ETH"]),
                funding_rate=float(funding[month]),
            )
        )
    if not weeks:
        raise InvalidInput(f"year must have weeks with {window} days before them, got {year!r}")
    return tuple(weeks)


def nearest(weeks: Sequence[Week], move: float) -> Week:
    """Return the week in which the return of ETH was closest to a given one."""
    return min(weeks, key=lambda week: abs(week.move - move))


def hedged_week(
    week: Week, contract: ContractTerms, *, book_usd: float, margin_usd: float
) -> dict[str, Scenario]:
    """Return a week with each of the three shorts: residual, funding, and the fees of both trades.

    The shorts are planned when the week begins; the margin is ETH that was bought.
    """
    shorts = dict(zip(SIZES, (book_usd, book_usd + margin_usd, None), strict=True))
    hedged = {}
    for size, short in shorts.items():
        plan = plan_hedge(
            book_usd, week.beta.beta, contract, week.price_usd, collateral_usd=margin_usd,
            notional_usd=short,
        )  # fmt: skip
        hedged[size] = run_scenario(
            plan, [week.move], residual=week.residual, funding_rate=week.funding_rate,
            intervals=SETTLEMENTS, close=True,
        )  # fmt: skip
        if hedged[size].liquidated[0]:
            raise InvalidInput(f"the week {week.name} liquidates the short; take more margin")
    return hedged


def week_table(week: Week, hedged: Mapping[str, Scenario]) -> Table:
    """Return the profit of a week by part, without a hedge and with each short."""
    book_usd = hedged[SIZES[0]].plan.book_usd
    follow, own = book_usd * week.beta.beta * week.move, book_usd * week.residual

    def row(name: str, part: str, unhedged: str = "") -> tuple[str, ...]:
        values = [float(getattr(scenario, part)[0]) for scenario in hedged.values()]
        return (name, unhedged, *(usd(value, signed=True) for value in values))

    rows = [
        ("altcoins, following ETH", *[usd(follow, signed=True)] * 4),
        ("altcoins, residual", *[usd(own, signed=True)] * 4),
        row("ETH margin", "collateral_pnl_usd"),
        row("short", "hedge_pnl_usd"),
        row("fees, in and out", "fees_usd"),
        row("funding", "funding_pnl_usd"),
        row("together", "total_pnl_usd", usd(follow + own, signed=True)),
        ("contracts sold", "0", *(f"{-made.plan.contracts:,.0f}" for made in hedged.values())),
    ]
    moved = percent(week.move, digits=1, signed=True)
    return Table(("part", "no hedge", *hedged), rows, caption=f"Alice, {week.name}: ETH {moved}")


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfWeeks:
    """A hedge opened and closed every week of a year.

    - profit_usd: of each week, by how it was hedged: ``"no hedge"`` and :data:`SIZES`
    - near_usd: the article's small loss
    - named: the week that the picture names
    - guess: the reader's standard deviation of a week, USD
    """

    weeks: tuple[Week, ...]
    profit_usd: dict[str, FloatArray]
    near_usd: float
    named: Week
    guess: float | None = None

    @property
    def move(self) -> FloatArray:
        """Return of ETH in each week."""
        return np.array([week.move for week in self.weeks])

    def swing_usd(self, how: str) -> float:
        """Return one standard deviation of the weeks."""
        return float(self.profit_usd[how].std(ddof=1))

    def within(self, how: str) -> int:
        """Return the number of weeks that ended as near to zero as the article's sum."""
        return int((np.abs(self.profit_usd[how]) <= self.near_usd).sum())

    def table(self) -> Table:
        """Return the year's numbers for each hedge as a table."""
        head = (
            "short", "one standard deviation", "worst week", "best week",
            f"weeks within {usd(self.near_usd)}",
        )  # fmt: skip
        rows = [
            (
                how,
                f"± {usd(self.swing_usd(how))}",
                usd(float(profit.min()), signed=True),
                usd(float(profit.max()), signed=True),
                f"{self.within(how)} of {profit.size}",
            )
            for how, profit in self.profit_usd.items()
        ]
        return Table(head, rows, caption=f"Weeks of {self.weeks[0].start:%Y} ({MODELLED})")

    def scene(self) -> Scene:
        """Draw every week by the move of ETH in it, without a hedge and hedged by beta."""
        x = Scale(
            label=f"move of ETH in the week ({MODELLED})", unit="share", signed=True, margin=0.04
        )
        y = Scale(label="profit of the week (USD)", unit="usd", signed=True, margin=0.08)
        box = (88.0, 64.0, 693.0, 402.0)
        drawn = panel(
            self._marks(), x, y, box=box, width=840.0,
            remarks=lambda _, y: self._names(y, box[3] - box[1]),
        )  # fmt: skip
        title = (
            f"The slope is gone, the residual is not: within {usd(self.near_usd)} in "
            f"{self.within(SIZES[2])} weeks of {len(self.weeks)}"
        )
        return Scene(
            title=title, alt=self._alt(title), panels=(drawn,), table=self.table(),
            size=(840.0, 460.0),
        )  # fmt: skip

    def _marks(self) -> list[Mark]:
        move, naked, hedged = self.move, self.profit_usd["no hedge"], self.profit_usd[SIZES[2]]
        swing = self.swing_usd(SIZES[2])
        marks: list[Mark] = [
            Band(low=-swing, high=swing, direction="y", opacity=0.25),
            Rule(at=0.0, width=1.4),
            Rule(at=0.0, direction="x", width=1.4),
        ]
        if self.guess is not None:
            # Not in the role of a guess, which here is that of the weeks without a hedge.
            look: dict[str, Any] = {"role": "good", "width": 2.2, "dash": "dashed"}
            marks += [Rule(at=-self.guess, **look), Rule(at=self.guess, **look)]
        named = self.weeks.index(self.named)
        there = [move[named], move[named]]
        return [
            *marks,
            Line(x=there, y=[naked[named], hedged[named]], width=1.4),
            Points(x=move, y=naked, role="unhedged", size=7.6, shape="ring"),
            Points(x=move, y=hedged, size=8.4),
            Text(
                x=move[named], y=naked[named], text=self.named.name, shift=(12.0, 0.0),
                role="total", halo=True,
            ),
        ]  # fmt: skip

    def _names(self, y: Axis, height: float) -> list[Mark]:
        """Name points, band and guess at the right edge, each at its own height."""
        naked = self.profit_usd["no hedge"]
        far = float(np.polyval(np.polyfit(self.move, naked, 1), self.move.max()))
        names: list[tuple[float, str, Role]] = [
            (0.0, f"by beta:\n± {usd(self.swing_usd(SIZES[2]))}", "total"),
            (far, "no hedge", "unhedged"),
        ]
        if self.guess is not None:
            names.append((-self.guess, f"your guess:\n± {usd(self.guess)}", "good"))
        names.sort()
        per_pixel = (y.high - y.low) / height
        sizes = [name_height(text) * per_pixel for _, text, _ in names]
        places = spread([level for level, *_ in names], sizes, y.low, y.high)
        return [
            Text(
                x=1.0, y=place, text=text, shift=(NAME_SHIFT, 0.0), role=role, x_share=True,
                bold=role != "unhedged",
            )
            for (_, text, role), place in zip(names, places, strict=True)
        ]  # fmt: skip

    def _alt(self, title: str) -> str:
        hedged, naked = self.profit_usd[SIZES[2]], self.profit_usd["no hedge"]
        guess = "" if self.guess is None else f" Your guess was ± {usd(self.guess)}."
        return (
            f"{title}. Weeks of {self.weeks[0].start:%Y}, by the move of ETH. No hedge: from "
            f"{usd(float(naked.min()), signed=True)} to {usd(float(naked.max()), signed=True)}, "
            "along with ETH. Hedged by beta: a level cloud, one standard deviation "
            f"{usd(self.swing_usd(SIZES[2]))}, at worst {usd(float(hedged.min()), signed=True)} "
            f"({self.weeks[int(np.argmin(hedged))].name}). ({MODELLED.capitalize()}.){guess}"
        )


def alices_year(
    weeks: Sequence[Week],
    contract: ContractTerms,
    *,
    book_usd: float,
    margin_usd: float,
    near_usd: float,
    named: Week,
) -> YearOfWeeks:
    """Return a year of weekly hedges, each of the same book and margin at its start."""
    hedged = [
        hedged_week(week, contract, book_usd=book_usd, margin_usd=margin_usd) for week in weeks
    ]
    profit = {"no hedge": np.array([book_usd * week.book_return for week in weeks])}
    for size in SIZES:
        profit[size] = np.array([float(week[size].total_pnl_usd[0]) for week in hedged])
    return YearOfWeeks(weeks=tuple(weeks), profit_usd=profit, near_usd=near_usd, named=named)
