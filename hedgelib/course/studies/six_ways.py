"""Six ways to treat a fall of one book, each through four years: what lessons 01 and 11 compare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

import hedgelib as hl
from hedgelib._check import NONNEGATIVE, POSITIVE, SHARE, FloatArray, one_of, scalars
from hedgelib._text import Table, usd
from hedgelib.plan import DEFAULT_MAX_LEVERAGE, Collateral
from hedgelib.replay import Replay, replay
from hedgelib.show import Line, Rule, Scale, Scene, picture
from hedgelib.show.palette import Role

DAYS = 365
_TURNS = {
    "crash": ((0, 1.0), (30, 0.5), (DAYS, 0.5)),
    "rally": ((0, 1.0), (180, 1.6), (DAYS, 1.6)),
    "rally, then crash": ((0, 1.0), (120, 2.2), (180, 0.6), (DAYS, 0.6)),
}
_LOOK: dict[str, tuple[Role, float, Literal["", "dashed"]]] = {
    "do nothing": ("altcoins", 7.0, ""),
    "sell a share": ("total", 3.0, ""),
    "linear short, stablecoins": ("unhedged", 7.0, ""),
    "inverse short, coin bought": ("short", 4.5, ""),
    "inverse short, coin held": ("margin", 2.0, ""),
    "put on the hedge coin": ("good", 3.0, "dashed"),
}
_MARGIN: dict[str, Collateral] = {
    "linear short, stablecoins": "stablecoin",
    "inverse short, coin bought": "new_money",
    "inverse short, coin held": "from_portfolio",
}
SIX_WAYS = tuple(_LOOK)
"""Ways to treat the risk of a book."""
YEARS = (*_TURNS, "sideways year")
"""Years through which each way is taken."""


def year_of(name: str) -> FloatArray:
    """Return the hedge coin's daily price over a year, as a multiple of the first one."""
    one_of("year", name, YEARS)
    day = np.arange(DAYS + 1.0)
    if name in _TURNS:
        at, level = zip(*_TURNS[name], strict=True)
        return np.asarray(np.exp(np.interp(day, at, np.log(level))))
    return 1 + 0.15 * np.sin(8 * np.pi * day / DAYS)


def put_value(price: float, strike: float, volatility: float, years: float) -> float:
    """Return the value of a put by Black's formula of 1976, without interest.

    >>> round(put_value(100, 100, 0.75, 1.0), 2), put_value(60, 100, 0.75, 0.0)
    (29.23, 40.0)
    """
    price, strike, volatility, years = scalars(
        price=(price, POSITIVE), strike=(strike, POSITIVE), volatility=(volatility, POSITIVE),
        years=(years, NONNEGATIVE),
    )  # fmt: skip
    if years == 0:
        return max(strike - price, 0.0)
    spread = volatility * math.sqrt(years)
    d1 = math.log(price / strike) / spread + spread / 2
    below, at = (math.erf(-d / math.sqrt(2)) / 2 + 0.5 for d in (d1 - spread, d1))
    return strike * below - price * at


class Through(NamedTuple):
    """The profit of one way on each day of a year, and the day of its liquidation if there was one.

    Money from outside, margin or premium, is what the way ties up.
    """

    pnl_usd: FloatArray
    outside_usd: float
    sold_usd: float = 0.0
    liquidated_at: int | None = None

    @property
    def worst_usd(self) -> float:
        """Lowest profit of the year at a daily close."""
        return float(self.pnl_usd.min())


@dataclass(frozen=True, slots=True, kw_only=True)
class SixWays:
    """One book and six ways to treat its risk; fees are left out, and nothing is changed after.

    - beta: of the whole book to the hedge coin
    - held_usd: hedge coin that the book holds, USD, counted in `book_usd`; if it is too little for
      the margin, other coins of the book are sold for the rest
    - sold: share of the book that "sell a share" sells
    - implied: implied volatility of the put a year, decimal
    - funding: rate a year, decimal; above zero the shorts receive
    """

    book_usd: float
    price_usd: float
    inverse: hl.ContractTerms
    linear: hl.ContractTerms
    beta: float = 1.0
    held_usd: float = 0.0
    leverage: float = DEFAULT_MAX_LEVERAGE
    sold: float = 0.5
    implied: float = 0.75
    funding: float = 0.0

    def __post_init__(self) -> None:
        scalars(
            beta=(self.beta, POSITIVE), implied=(self.implied, POSITIVE), sold=(self.sold, SHARE)
        )

    def _short(self, way: str, prices: FloatArray) -> Replay:
        terms = self.linear if way.startswith("linear") else self.inverse
        plan = hl.plan_hedge(
            self.book_usd, self.beta, terms, self.price_usd, collateral=_MARGIN[way],
            held_usd=self.held_usd, max_leverage=self.leverage, fee_rate=0,
            maintenance_rate=hl.ASSUMED_MAINTENANCE_RATE,
        )  # fmt: skip
        return replay(
            plan, prices, funding_rate=self.funding / DAYS,
            maintenance_rate=hl.ASSUMED_MAINTENANCE_RATE,
        )  # fmt: skip

    @property
    def premium_usd(self) -> float:
        """Price of a put for a year on as much of the hedge coin as the book moves like."""
        return self.beta * self.book_usd * put_value(1.0, 1.0, self.implied, 1.0)

    def through(self, year: str) -> dict[str, Through]:
        """Return what each way makes of a year."""
        moved = year_of(year)
        shorts = {way: self._short(way, self.price_usd * moved) for way in _MARGIN}
        book = shorts[SIX_WAYS[2]].unhedged_pnl_usd
        left = 1 - np.arange(DAYS + 1) / DAYS
        put = [put_value(m, 1.0, self.implied, y) for m, y in zip(moved, left, strict=True)]
        put_pnl = self.beta * self.book_usd * np.array(put) - self.premium_usd
        share_usd = self.sold * self.book_usd
        return {
            "do nothing": Through(book, 0.0),
            "sell a share": Through((1 - self.sold) * book, 0.0, share_usd),
            **{
                way: Through(
                    short.pnl_usd,
                    0.0 if _MARGIN[way] == "from_portfolio" else short.plan.collateral_usd,
                    short.plan.sold_usd,
                    short.liquidated_at,
                )
                for way, short in shorts.items()
            },
            "put on the hedge coin": Through(book + put_pnl, self.premium_usd),
        }

    def board(self) -> Table:
        """Return the result and the worst moment of each way in each year."""
        years = {year: self.through(year) for year in YEARS}
        rows = [
            (
                way,
                *(_both(ways[way]) for ways in years.values()),
                usd(years["crash"][way].outside_usd),
            )
            for way in SIX_WAYS
        ]
        return Table(("way", *YEARS, "money from outside"), rows)

    def at(self, year: str) -> SixThrough:
        """Return the six ways through one year, to be drawn."""
        return SixThrough(year=year, ways=self.through(year), coin=self.inverse.coin)


def _both(way: Through) -> str:
    end = usd(float(way.pnl_usd[-1]) + 0.0, signed=True)
    return f"{end} ({usd(way.worst_usd + 0.0, signed=True)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SixThrough:
    """Six ways through one year, as a picture and a table."""

    year: str
    ways: dict[str, Through]
    coin: str

    def table(self) -> Table:
        """Return what each way ended with, what it came through and what it took."""
        rows = [
            (
                way,
                usd(float(through.pnl_usd[-1]) + 0.0, signed=True),
                usd(through.worst_usd + 0.0, signed=True),
                usd(through.outside_usd),
                "no" if through.liquidated_at is None else f"day {through.liquidated_at}",
            )
            for way, through in self.ways.items()
        ]
        heads = ("way", "result", "worst moment", "money from outside", "liquidated")
        return Table(heads, rows, caption=f"{self.coin}: {self.year}")

    def scene(self) -> Scene:
        """Draw the profit of the six ways day by day."""
        day = np.arange(DAYS + 1.0)
        marks = [
            Line(x=day, y=self.ways[way].pnl_usd, role=role, width=width, name=way, dash=dash)
            for way, (role, width, dash) in _LOOK.items()
        ]
        read = "; ".join(f"{row[0]} {row[1]}, at worst {row[2]}" for row in self.table().rows)
        lost = [way for way, through in self.ways.items() if through.liquidated_at is not None]
        results = {row[0]: row[1] for row in self.table().rows}
        title = f"{self.year.capitalize()}: " + ", ".join(
            f"{way} {results[way]}" for way in (SIX_WAYS[0], SIX_WAYS[2], SIX_WAYS[3])
        )
        alt = f"Profit over a year of {self.coin}, {self.year}: {read}. Liquidated: "
        return picture(
            title, f"{alt}{', '.join(lost) or 'none'}.", [Rule(at=0.0, width=1.2), *marks],
            Scale(label="days", unit="number"),
            Scale(label="profit (USD)", unit="usd", include=(0.0,), margin=0.06),
            self.table(), box=(97.0, 64.0, 640.0, 372.0),
        )  # fmt: skip

    def _repr_html_(self) -> str:
        return self.table().html()
