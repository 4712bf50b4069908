"""What lesson 07 needs beside the library: Alice's hedge over moves, and her weeks on real prices.

Prices are closes of spot, and the perpetual is taken to trade at them. Funding is the monthly mean
of another contract, a proxy. What is made of them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from hedgelib import market
from hedgelib._check import ABOVE_MINUS_ONE, FINITE, FloatArray, one_of, scalars
from hedgelib._text import percent, usd
from hedgelib.beta import BetaEstimate, ols_beta
from hedgelib.contracts import ContractTerms
from hedgelib.errors import InvalidInput
from hedgelib.figures import COLOURS, MoveStudy, Picture, readable, study_move, thousands
from hedgelib.plan import Collateral, HedgePlan, plan_hedge
from hedgelib.portfolio import Portfolio, read_portfolio
from hedgelib.scenario import Scenario, run_scenario
from hedgelib.workbook.lines import Curve, Lines
from hedgelib.workbook.prose import Prediction, predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "MODELLED",
    "SETTLEMENTS",
    "SIZES",
    "YEAR_OF_WEEKS",
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
"""What stands beside every number of a week."""
SIZES = ("1:1, margin left out", "1:1, margin in", "beta, margin in")
"""The three shorts that a week is lived through with."""
_WINDOW = 90


# Everything counted, over moves


def everything_counted(plan: HedgePlan, move: float, *, guess: float | None = None) -> Lines:
    """Draw what altcoins, margin and short gain or lose over moves, and what they make together.

    Parameters
    ----------
    plan : HedgePlan
        With coin for its margin.
    move : float
        Return of the coin that is read off, decimal above -1.
    guess : float, optional
        Of the sum, USD, drawn beside the truth.

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
    looks = (("altcoins", 6.5), ("margin", 2.6), ("short", 2.6), ("total", 2.6))
    here = [float(part[0]) for part in parts(np.array([move]))]
    told = [usd(value, signed=True) for value in here]
    return Lines(
        x=moves,
        x_label=f"move of {coin}",
        y_label="profit or loss (USD)",
        unit="USD",
        curves=tuple(
            Curve(name=name, values=values, colour=COLOURS[colour], at=at, width=width, bold=i == 3)
            for i, (name, values, at, (colour, width)) in enumerate(
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
    """Ask what Alice makes once everything she owns is counted.

    Parameters
    ----------
    coins : float
        Bought and posted; worth as much as the short.
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
    article = f"−{usd(printed)}: what rounding has left over"
    all_of_it = f"−{usd(-book_usd * move)}: as if there were no hedge"
    return predict(
        f"Alice buys {coins:g} ETH, posts them, and shorts {usd(short_usd)}. ETH and her altcoins "
        f"fall {percent(-move)}. Altcoins, margin and short together: what happens to her money?",
        {
            nothing: "The short can make up for one thing of its size, and here two such things "
            "fall.",
            article: f"That counts the altcoins and the short. But the {coins:g} ETH fall as well.",
            all_of_it: "The short earns what the margin loses. For the altcoins nothing is left.",
        },
        answer=all_of_it,
    )


def turn(
    book_usd: float, price_usd: float, contract: ContractTerms
) -> Callable[[float, float, float, float, Collateral], MoveStudy]:
    """Make the function behind the knobs: a hedge of any beta, margin and size after a move.

    Parameters
    ----------
    book_usd, price_usd : float
    contract : ContractTerms

    Returns
    -------
    callable
        Of the move, the beta, the margin in USD, the short in USD and the source of the margin.
    """

    def study(
        move: float, beta: float, margin_usd: float, short_usd: float, source: Collateral
    ) -> MoveStudy:
        plan = plan_hedge(
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
        return study_move(plan, move)

    return study


# A week on real prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days of Alice's altcoins and ETH: one of :func:`alices_weeks`.

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
        """Return of the altcoins that beta times the move of ETH leaves over."""
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
    """Read what Alice owns.

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
    """Cut a year into weeks from Sunday to Sunday, each with the beta known when it began.

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
    """Find the week in which ETH moved most nearly as given.

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
    """Plan Alice's hedge as it could be planned when a week began.

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
    """Carry a plan through its week: residual, funding, and the fees of opening and closing.

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
    """Put a week side by side: without a hedge, and with each short.

    Parameters
    ----------
    week : Week
    lived : mapping of str to Scenario
        From :func:`live`, one at least, all of one book.

    Returns
    -------
    list of tuple of str
        What came of each part, and the sum, which the parts make up.
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
        ("altcoins, on their own", *(usd(own, signed=True) for _ in same)),
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
    """A hedge opened and closed every week of a year: made by :func:`alices_year`.

    Parameters
    ----------
    weeks : tuple of Week
    profit_usd : dict of str to ndarray, shape (n,)
        Of each week, by how it was hedged; ``"no hedge"`` and :data:`SIZES`.
    near_usd : float
        What the article's sum leaves over.
    named : Week, optional
        The one whose name stands in the picture.
    guess : float, optional
        What somebody thought the usual swing to be, USD.
    """

    weeks: tuple[Week, ...]
    profit_usd: dict[str, FloatArray]
    near_usd: float
    named: Week | None = None
    guess: float | None = None

    @property
    def move(self) -> FloatArray:
        """Of ETH in each week."""
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
        """Count the weeks that ended as near to nothing as the article's sum.

        Parameters
        ----------
        how : str

        Returns
        -------
        int
        """
        return int((np.abs(self.profit_usd[how]) <= self.near_usd).sum())

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
    """Open a hedge at the start of every week and close it at its end.

    Parameters
    ----------
    weeks : sequence of Week
    contract : ContractTerms
    book_usd, margin_usd : float
        The same at the start of each week; the margin is ETH that was bought.
    near_usd : float
        What counts as near to nothing, USD.
    named : Week, optional
        The one whose name stands in the picture.
    guess : float, optional
        Of the usual swing, USD.

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
    """Ask how far a week's result usually is from nothing, hedged by beta.

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
        "hedges book and margin by it, and closes a week later. How far from nothing does a week "
        "usually end (one standard deviation)?",
        {
            near: "That is what the article has left over. It lets altcoins and ETH fall by the "
            "same percentage, to the last digit.",
            right: "That is what her altcoins do on their own. No short of ETH reaches it.",
            none: "So far it is without a hedge. What follows ETH is taken off.",
        },
        answer=right,
    )


def _draw_year(ax: Axes, year: YearOfWeeks) -> None:
    move, hedged = year.move, year.profit_usd[SIZES[2]]
    looks = (("no hedge", COLOURS["unhedged"], 3), (SIZES[2], COLOURS["total"], 4))
    for how, colour, above in looks:
        ax.scatter(
            move,
            year.profit_usd[how],
            s=30,
            facecolor="white" if how == "no hedge" else colour,
            edgecolor=colour,
            linewidth=1.5,
            zorder=above,
        )
    swing = year.swing_usd(SIZES[2])
    ax.axhspan(-swing, swing, color="#D9D9D9", linewidth=0, zorder=0)
    ax.axhline(0, color="#888888", linewidth=1, zorder=1)
    ax.axvline(0, color="#888888", linewidth=1, zorder=1)
    ax.margins(x=0.04, y=0.08)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: percent(x, signed=True)))
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"move of ETH in the week  ({MODELLED})")
    ax.set_ylabel("what the week brought (USD)")
    ax.yaxis.set_label_coords(-0.105, 0.5)
    _name_clouds(ax, year, swing)
    if year.named is not None:
        place = year.weeks.index(year.named)
        naked = year.profit_usd["no hedge"][place]
        ax.plot([move[place]] * 2, [naked, hedged[place]], color="#444444", linewidth=1, zorder=2)
        ax.annotate(
            year.named.name,
            (move[place], naked),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_title(_year_title(year))


def _name_clouds(ax: Axes, year: YearOfWeeks, swing: float) -> None:
    """Name dots, band and guess at the right edge, each at its own height."""
    right = float(year.move.max())
    far = float(np.polyval(np.polyfit(year.move, year.profit_usd["no hedge"], 1), right))
    names = [
        (far, "no hedge", COLOURS["unhedged"], False),
        (0.0, f"by beta:\n± {usd(swing)}", COLOURS["total"], True),
    ]
    if year.guess is not None:
        for level in (-year.guess, year.guess):
            ax.axhline(level, color=COLOURS["good"], linewidth=1.6, linestyle=(0, (5, 2)), zorder=2)
        above = 0.0 if abs(year.guess) > 1.6 * swing else swing
        names.append(
            (
                -abs(year.guess) - above,
                f"your guess:\n± {usd(abs(year.guess))}",
                COLOURS["good"],
                True,
            )
        )
    for level, text, colour, bold in names:
        ax.annotate(
            text,
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=readable(colour),
            fontweight="bold" if bold else "normal",
            linespacing=1.1,
            annotation_clip=False,
        )


def _year_title(year: YearOfWeeks) -> str:
    return (
        f"The slope is gone, the cloud is not: within {usd(year.near_usd)} in "
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


YEAR_OF_WEEKS: Picture[YearOfWeeks] = Picture(
    name="year of weeks",
    draw=_draw_year,
    alt=_alt_year,
    size=(8.4, 4.6),
    margins=(0.105, 0.825, 0.125, 0.9),
)
