"""Alice's hedge over moves, and her weeks on real prices, as lesson 07 shows them.

Prices are closes of spot, and the perpetual is taken to trade at them. Funding is the monthly mean
of another contract, a proxy. What is made of them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from hedgelib import market
from hedgelib._check import ABOVE_MINUS_ONE, FINITE, FloatArray, one_of, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.beta import BetaEstimate, ols_beta
from hedgelib.contracts import ContractTerms
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput
from hedgelib.plan import Collateral, HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.scenario import Scenario, run_scenario
from hedgelib.show.layout import NAME_SHIFT, Scale, name_height, panel, spread
from hedgelib.show.lines import Curve, Lines
from hedgelib.show.moves import MoveStudy, study_move
from hedgelib.show.palette import Role
from hedgelib.show.scene import Axis, Band, Line, Mark, Points, Rule, Scene, Text

__all__ = [
    "MODELLED",
    "SETTLEMENTS",
    "SIZES",
    "Week",
    "YearOfWeeks",
    "alices_book",
    "alices_weeks",
    "alices_year",
    "everything_counted",
    "guess_everything",
    "guess_spread",
    "live",
    "nearest",
    "turn",
    "week_plan",
    "week_rows",
]

SETTLEMENTS = 21
"""Of funding in seven days, one every eight hours."""
MODELLED = "perp modelled at spot closes, funding a proxy"
"""Shown with every number of a week."""
SIZES = ("1:1, margin left out", "1:1, margin in", "beta, margin in")
"""The three shorts of a week."""
_WINDOW = 90


# Everything counted, over moves


def everything_counted(plan: HedgePlan, move: float, *, guess: float | None = None) -> Lines:
    """Draw the profit of altcoins, margin and short, and their sum, against the coin's return.

    Parameters
    ----------
    plan : HedgePlan
        With coin for its margin.
    move : float
        Return of the coin that is read off, decimal above -1.
    guess : float, optional
        The reader's predicted sum, USD, drawn next to the answer.

    Returns
    -------
    Lines

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.run_scenario`.

    Examples
    --------
    >>> eth = market.contract("binance:ETHUSD_PERP")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> everything_counted(plan, -0.15).rows()
    [('altcoins', '−$7,500'), ('ETH margin', '−$7,350'), ('short', '+$14,850'), ('together', '$0')]
    """
    (move,) = scalars(move=(move, ABOVE_MINUS_ONE))
    moves, coin = np.linspace(min(-0.4, move), max(0.4, move), 121), plan.contract.coin

    def parts(at: FloatArray) -> list[FloatArray]:
        made = run_scenario(plan, at)
        return [
            made.spot_pnl_usd,
            made.collateral_pnl_usd,
            made.hedge_pnl_usd,
            made.total_pnl_usd,
        ]

    names = ("altcoins", f"{coin} margin", "short", "together")
    looks: tuple[tuple[Role, float], ...] = (
        ("altcoins", 9.0), ("margin", 3.6), ("short", 3.6), ("total", 3.6)
    )  # fmt: skip
    here = [float(part[0]) for part in parts(np.array([move]))]
    told = [usd(value, signed=True) for value in here]
    return Lines(
        x=moves,
        x_label=f"move of {coin}",
        y_label="profit or loss (USD)",
        unit="USD",
        curves=tuple(
            Curve(name=name, values=values, role=role, at=at, width=width, bold=i == 3)
            for i, (name, values, at, (role, width)) in enumerate(
                zip(names, parts(moves), here, looks, strict=True)
            )
        ),
        title=f"{coin} {percent(move, signed=True)}: altcoins {told[0]}, together {told[3]}",
        finding=f"{coin} {percent(move, signed=True)}: altcoins {told[0]}, margin {told[1]}, short "
        f"{told[2]}, together {told[3]}.",
        place=move,
        caption=f"{coin} {percent(move, signed=True)}",
        guess=guess,
    )


def guess_everything(coins: float, short_usd: float, book_usd: float, move: float) -> Prediction:
    """Ask for Alice's profit when everything she owns is counted.

    Parameters
    ----------
    coins : float
        Bought and posted; their value is that of the short.
    short_usd, book_usd : float
    move : float
        A fall, decimal.

    Returns
    -------
    Prediction
        Each option has a number of dollars in it.

    Raises
    ------
    InvalidInput
        A move that is no fall, or a short as large as the book: then two options are one.
    """
    printed = (book_usd - short_usd) * -move
    if not move < 0 or not 0 < printed < -book_usd * move:
        raise InvalidInput(
            f"move must be a fall and the short smaller than the book, got {move:g}, "
            f"{usd(short_usd)} and {usd(book_usd)}"
        )
    nothing = "$0: the hedge takes it all"
    article = f"−{usd(printed)}: what rounding leaves open"
    all_of_it = f"−{usd(-book_usd * move)}: as if there were no hedge"
    return predict(
        f"Alice buys {coins:g} ETH, posts them, and shorts {usd(short_usd)}. ETH and her altcoins "
        f"fall {percent(-move)}. Altcoins, margin and short together: what is her profit or loss?",
        {
            nothing: "The short offsets one position of its size, and here two such positions "
            "fall.",
            article: f"That counts the altcoins and the short. But the {coins:g} ETH fall as well.",
            all_of_it: "The short earns what the margin loses. Nothing is left for the altcoins.",
        },
        answer=all_of_it,
    )


def turn(
    book_usd: float, price_usd: float, contract: ContractTerms
) -> Callable[[float, float, float, float, Collateral], MoveStudy]:
    """Return the explorer's function: a hedge of any beta, margin and size after a move.

    Parameters
    ----------
    book_usd, price_usd : float
    contract : ContractTerms

    Returns
    -------
    callable
        Of the move, the beta, the margin in USD, the short in USD and the source of the margin.
    """

    @lru_cache
    def plan(beta: float, margin_usd: float, short_usd: float, source: Collateral) -> HedgePlan:
        return plan_hedge(
            book_usd,
            beta,
            contract,
            price_usd,
            collateral=source,
            collateral_usd=margin_usd,
            notional_usd=short_usd,
            max_leverage=contract.max_leverage or 100.0,
            fee_rate=0,
        )

    def study(
        move: float, beta: float, margin_usd: float, short_usd: float, source: Collateral
    ) -> MoveStudy:
        return study_move(plan(beta, margin_usd, short_usd, source), move)

    return study


# A week on real prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days of Alice's altcoins and ETH, one of :func:`alices_weeks`.

    Parameters
    ----------
    start, end : Timestamp
        Days at whose closes it begins and ends.
    price_usd : float
        Of ETH at the start.
    move, book_return : float
        Of ETH and of the altcoins over the week, decimals.
    beta : BetaEstimate
        From the days before, and none after.
    funding_rate : float
        Mean of the month for eight hours, decimal; a proxy.
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
    """Return what Alice owns.

    Returns
    -------
    Portfolio

    Notes
    -----
    **Source:** ``data/portfolios/alice.csv``.

    Examples
    --------
    >>> alices_book().coins
    ('ADA', 'AVAX', 'MATIC', 'ALGO')
    """
    return read_portfolio(market.data_folder() / "portfolios" / "alice.csv")


@cache
def alices_weeks(year: int, *, window: int = _WINDOW) -> tuple[Week, ...]:
    """Return the weeks of a year, Sunday to Sunday, each with the beta known at its start.

    Parameters
    ----------
    year : int
        In which the weeks begin.
    window : int
        Daily returns before each, from which its beta is measured.

    Returns
    -------
    tuple of Week

    Raises
    ------
    InvalidInput
        A year without a week in the data, or with too few days before one.

    Notes
    -----
    **Source:** ``data/prices.csv``; :func:`alices_book`, with the same dollars of each coin at the
    start of every week; ``data/funding_monthly.csv``.

    Examples
    --------
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
    """Return the week in which the return of ETH was closest to a given one.

    Parameters
    ----------
    weeks : sequence of Week
    move : float
        Decimal.

    Returns
    -------
    Week

    Examples
    --------
    >>> nearest(alices_weeks(2022), -0.15).name
    '8 to 15 May 2022'
    """
    (move,) = scalars(move=(move, FINITE))
    return min(weeks, key=lambda week: abs(week.move - move))


def week_plan(
    week: Week, contract: ContractTerms, size: str, *, book_usd: float, margin_usd: float
) -> HedgePlan:
    """Return Alice's hedge as it could be planned when a week began.

    Parameters
    ----------
    week : Week
    contract : ContractTerms
        Inverse, on ETH.
    size : str
        One of :data:`SIZES`: as many dollars as the book; as the book and the margin; beta times
        the book, and the margin.
    book_usd, margin_usd : float
        The margin is ETH that was bought.

    Returns
    -------
    HedgePlan
        With the fee of opening.

    Raises
    ------
    InvalidInput
        Another size.
    """
    one_of("size", size, SIZES)
    short = {SIZES[0]: book_usd, SIZES[1]: book_usd + margin_usd}.get(size)
    return plan_hedge(
        book_usd,
        week.beta.beta,
        contract,
        week.price_usd,
        collateral_usd=margin_usd,
        notional_usd=short,
    )


def live(plan: HedgePlan, week: Week) -> Scenario:
    """Return the scenario of a week: residual, funding, and the fees of opening and closing.

    Parameters
    ----------
    plan : HedgePlan
        Of :func:`week_plan`.
    week : Week

    Returns
    -------
    Scenario
        Of one move.

    Raises
    ------
    InvalidInput
        A week that liquidates the plan.
    """
    lived = run_scenario(
        plan,
        [week.move],
        residual=week.residual,
        funding_rate=week.funding_rate,
        intervals=SETTLEMENTS,
        close=True,
    )
    if lived.liquidated[0]:
        raise InvalidInput(f"the week {week.name} liquidates the short; take more margin")
    return lived


def week_rows(week: Week, lived: Mapping[str, Scenario]) -> list[tuple[str, ...]]:
    """Return the profit of a week by part, without a hedge and with each short.

    Parameters
    ----------
    week : Week
    lived : mapping of str to Scenario
        From :func:`live`, one at least, all of one book.

    Returns
    -------
    list of tuple of str
        The profit of each part, and their sum.
    """
    first = next(iter(lived.values()))
    follow = first.plan.book_usd * week.beta.beta * week.move
    own = first.plan.book_usd * week.residual
    parts = {
        "ETH margin": [made.collateral_pnl_usd for made in lived.values()],
        "short": [made.hedge_pnl_usd for made in lived.values()],
        "fees, in and out": [made.fees_usd for made in lived.values()],
        "funding": [made.funding_pnl_usd for made in lived.values()],
    }
    same = ["no hedge", *lived]
    return [
        ("altcoins, following ETH", *(usd(follow, signed=True) for _ in same)),
        ("altcoins, residual", *(usd(own, signed=True) for _ in same)),
        *(
            (name, "", *(usd(float(v[0]), signed=True) for v in values))
            for name, values in parts.items()
        ),
        (
            "together",
            usd(follow + own, signed=True),
            *(usd(float(made.total_pnl_usd[0]), signed=True) for made in lived.values()),
        ),
        ("contracts sold", "0", *(f"{-made.plan.contracts:,.0f}" for made in lived.values())),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfWeeks:
    """A hedge opened and closed every week of a year, as :func:`alices_year` returns it.

    Parameters
    ----------
    weeks : tuple of Week
    profit_usd : dict of str to ndarray, shape (n,)
        Of each week, by how it was hedged; ``"no hedge"`` and :data:`SIZES`.
    near_usd : float
        The article's small loss.
    named : Week, optional
        The one that the picture names.
    guess : float, optional
        The reader's predicted standard deviation of a week, USD.
    """

    weeks: tuple[Week, ...]
    profit_usd: dict[str, FloatArray]
    near_usd: float
    named: Week | None = None
    guess: float | None = None

    @property
    def move(self) -> FloatArray:
        """Return of ETH in each week."""
        return np.array([week.move for week in self.weeks])

    def swing_usd(self, how: str) -> float:
        """Return one standard deviation of the weeks.

        Parameters
        ----------
        how : str

        Returns
        -------
        float
        """
        return float(self.profit_usd[how].std(ddof=1))

    def within(self, how: str) -> int:
        """Return the number of weeks that ended as near to zero as the article's sum.

        Parameters
        ----------
        how : str

        Returns
        -------
        int
        """
        return int((np.abs(self.profit_usd[how]) <= self.near_usd).sum())

    def rows(self) -> list[tuple[str, ...]]:
        """Return the year's numbers for each hedge as rows."""
        return [
            (
                how,
                f"± {usd(self.swing_usd(how))}",
                usd(float(profit.min()), signed=True),
                usd(float(profit.max()), signed=True),
                f"{self.within(how)} of {profit.size}",
            )
            for how, profit in self.profit_usd.items()
        ]

    def table(self) -> Table:
        """Return the year's numbers for each hedge as a table."""
        head = (
            "short", "one standard deviation", "worst week", "best week",
            f"weeks within {usd(self.near_usd)}",
        )  # fmt: skip
        caption = f"Weeks of {self.weeks[0].start:%Y} ({MODELLED})"
        return Table(head, self.rows(), caption=caption)

    def scene(self) -> Scene:
        """Draw every week by the move of ETH in it, without a hedge and hedged by beta."""
        x = Scale(
            label=f"move of ETH in the week ({MODELLED})", unit="share", signed=True, margin=0.04
        )
        y = Scale(label="profit of the week (USD)", unit="usd", signed=True, margin=0.08)
        box = (88.0, 64.0, 693.0, 402.0)
        drawn = panel(
            _year_marks(self), x, y, box=box, width=840.0,
            remarks=lambda _, y: _names_of_clouds(self, y, box[3] - box[1]),
        )  # fmt: skip
        return Scene(
            title=_year_title(self),
            alt=_alt_year(self),
            panels=(drawn,),
            table=self.table(),
            size=(840.0, 460.0),
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return f"YearOfWeeks({len(self.weeks)} weeks of {self.weeks[0].start:%Y})"


def alices_year(
    weeks: Sequence[Week],
    contract: ContractTerms,
    *,
    book_usd: float,
    margin_usd: float,
    near_usd: float,
    named: Week | None = None,
    guess: float | None = None,
) -> YearOfWeeks:
    """Return a year of weekly hedges, each opened at the start and closed at the end.

    Parameters
    ----------
    weeks : sequence of Week
    contract : ContractTerms
    book_usd, margin_usd : float
        The same at the start of each week; the margin is ETH that was bought.
    near_usd : float
        Largest profit or loss that counts as near zero, USD.
    named : Week, optional
        The one that the picture names.
    guess : float, optional
        The reader's predicted standard deviation of a week, USD.

    Returns
    -------
    YearOfWeeks
    """
    profit = {"no hedge": np.array([book_usd * week.book_return for week in weeks])}
    for size in SIZES:
        made = [
            live(week_plan(week, contract, size, book_usd=book_usd, margin_usd=margin_usd), week)
            for week in weeks
        ]
        profit[size] = np.array([float(week.total_pnl_usd[0]) for week in made])
    return YearOfWeeks(
        weeks=tuple(weeks), profit_usd=profit, near_usd=near_usd, named=named, guess=guess
    )


def guess_spread(year: YearOfWeeks) -> Prediction:
    """Ask for the standard deviation of a week's result, hedged by beta.

    Parameters
    ----------
    year : YearOfWeeks

    Returns
    -------
    Prediction
        Each option has a number of dollars in it.
    """
    hedged, naked = year.swing_usd(SIZES[2]), year.swing_usd("no hedge")
    near, right, none = (f"± {usd(value)}" for value in (year.near_usd, hedged, naked))
    return predict(
        f"{len(year.weeks)} weeks of {year.weeks[0].start:%Y}. Each Sunday Alice measures beta, "
        "hedges book and margin by it, and closes a week later. What is one standard deviation of "
        "a week's profit?",
        {
            near: "That is the article's loss. It lets altcoins and ETH fall by exactly the same "
            "percentage.",
            right: "That is the residual risk of her altcoins. No short of ETH removes it.",
            none: "That is the week without a hedge. The hedge removes what follows ETH.",
        },
        answer=right,
    )


def _year_marks(year: YearOfWeeks) -> list[Mark]:
    move, naked, hedged = year.move, year.profit_usd["no hedge"], year.profit_usd[SIZES[2]]
    swing = year.swing_usd(SIZES[2])
    marks: list[Mark] = [
        Band(low=-swing, high=swing, direction="y", opacity=0.25),
        Rule(at=0.0, width=1.4),
        Rule(at=0.0, direction="x", width=1.4),
    ]
    if year.guess is not None:
        # Not in the role of a guess, which here is that of the weeks without a hedge.
        look: dict[str, Any] = {"role": "good", "width": 2.2, "dash": "dashed"}
        marks += [Rule(at=-year.guess, **look), Rule(at=year.guess, **look)]
    if year.named is not None:
        place = year.weeks.index(year.named)
        there = [move[place], move[place]]
        marks.append(Line(x=there, y=[naked[place], hedged[place]], width=1.4))
    marks += [
        Points(x=move, y=naked, role="unhedged", size=7.6, shape="ring"),
        Points(x=move, y=hedged, size=8.4),
    ]
    if year.named is not None:
        marks.append(
            Text(
                x=move[place], y=naked[place], text=year.named.name, shift=(12.0, 0.0),
                role="total", halo=True,
            )
        )  # fmt: skip
    return marks


def _names_of_clouds(year: YearOfWeeks, y: Axis, height: float) -> list[Mark]:
    """Name points, band and guess at the right edge, each at its own height."""
    naked, swing = year.profit_usd["no hedge"], year.swing_usd(SIZES[2])
    far = float(np.polyval(np.polyfit(year.move, naked, 1), year.move.max()))
    names: list[tuple[float, str, Role, bool]] = [
        (0.0, f"by beta:\n± {usd(swing)}", "total", True),
        (far, "no hedge", "unhedged", False),
    ]
    if year.guess is not None:
        words = f"your guess:\n± {usd(abs(year.guess))}"
        names.append((-abs(year.guess), words, "good", True))
    names.sort(key=lambda name: name[0])
    per_pixel = (y.high - y.low) / height
    sizes = [name_height(text) * per_pixel for _, text, *_ in names]
    places = spread([level for level, *_ in names], sizes, y.low, y.high)
    return [
        Text(x=1.0, y=place, text=text, shift=(NAME_SHIFT, 0.0), role=role, bold=bold, x_share=True)
        for (_, text, role, bold), place in zip(names, places, strict=True)
    ]


def _year_title(year: YearOfWeeks) -> str:
    return (
        f"The slope is gone, the residual is not: within {usd(year.near_usd)} in "
        f"{year.within(SIZES[2])} weeks of {len(year.weeks)}"
    )


def _alt_year(year: YearOfWeeks) -> str:
    hedged, naked = year.profit_usd[SIZES[2]], year.profit_usd["no hedge"]
    worst = int(np.argmin(hedged))
    swing = usd(year.swing_usd(SIZES[2]))
    text = (
        f"{_year_title(year)}. Weeks of {year.weeks[0].start:%Y}, by the move of ETH. No hedge: "
        f"from {usd(float(naked.min()), signed=True)} to {usd(float(naked.max()), signed=True)}, "
        f"along with ETH. Hedged by beta: a level cloud, one standard deviation {swing}, at worst "
        f"{usd(float(hedged.min()), signed=True)} ({year.weeks[worst].name}). "
        f"({MODELLED.capitalize()}.)"
    )
    return text if year.guess is None else f"{text} Your guess was ± {usd(abs(year.guess))}."
