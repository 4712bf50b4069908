"""A pilot on all twelve episodes: what it makes of the drawdown, and how often it is liquidated."""

from __future__ import annotations

from dataclasses import dataclass

from hedgelib._result import drawdown
from hedgelib._text import Table, usd
from hedgelib.ask.text import fill
from hedgelib.flight.debrief import wealth_of
from hedgelib.flight.episodes import EPISODES, lay_out
from hedgelib.flight.flight import Pilot, fly_course
from hedgelib.flight.ghosts import never
from hedgelib.flight.text import TEXT

__all__ = ["Trial", "try_pilot"]

CUT, MOST_LIQUIDATED = 1 / 3, 2


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trial:
    """A pilot's flights over every episode, each next to the book that nobody hedged.

    - drawdown_usd, alone_usd: maximum drawdown of the pilot and of the unhedged book, by episode
    - pnl_usd, liquidations: by episode
    """

    drawdown_usd: dict[str, float]
    alone_usd: dict[str, float]
    pnl_usd: dict[str, float]
    liquidations: dict[str, int]

    @property
    def cut(self) -> float:
        """Share by which the mean maximum drawdown of the crashes is smaller than unhedged."""
        crashes = [name for name in self.pnl_usd if EPISODES[name].kind == "crash"]
        mine = sum(self.drawdown_usd[name] for name in crashes)
        return 1 - mine / sum(self.alone_usd[name] for name in crashes)

    @property
    def liquidated(self) -> int:
        """Flights in which an account was liquidated."""
        return sum(map(bool, self.liquidations.values()))

    @property
    def passed(self) -> bool:
        """Whether the crashes are cut by a third, and at most two flights end in a liquidation."""
        return self.cut >= CUT and self.liquidated <= MOST_LIQUIDATED

    @property
    def verdict(self) -> str:
        """Say what was reached, and what is missing."""
        name = "passed" if self.passed else "drawdown" if self.cut < CUT else "liquidated"
        values = {
            "cut": self.cut, "count": self.liquidated, "most": MOST_LIQUIDATED, "asked": CUT,
            "flights": len(self.pnl_usd),
        }  # fmt: skip
        return fill(TEXT["trial"][name], values)

    def table(self) -> Table:
        """Return a row for each episode."""
        rows = [
            (name, usd(self.alone_usd[name]), usd(self.drawdown_usd[name]),
             usd(self.pnl_usd[name], signed=True), str(self.liquidations[name]))
            for name in self.pnl_usd
        ]  # fmt: skip
        head = ("Episode", "Max. drawdown, unhedged", "Pilot's", "Profit", "Liquidations")
        return Table(head, rows, caption=" ".join(self.verdict.split()))

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return self.verdict


def try_pilot(pilot: Pilot, seed: int = 1) -> Trial:
    """Have a pilot fly all twelve episodes with one seed.

    Parameters
    ----------
    pilot : callable
        Takes the :class:`hedgelib.flight.Day` and returns orders, or ``None`` for no order.
    seed : int
        >= 0; draws the first day, the book, and what happens beside the closes.

    Examples
    --------
    >>> trial = try_pilot(lambda day: None)
    >>> trial.cut, trial.liquidated
    (0.0, 0)
    """
    drawdowns, alone, profits, liquidations = {}, {}, {}, {}
    for name in EPISODES:
        course = lay_out(name, seed)
        flight = fly_course(course, pilot)
        wealth = wealth_of(flight)
        drawdowns[name] = drawdown(wealth)
        alone[name] = drawdown(wealth_of(fly_course(course, never)))
        profits[name] = float(wealth[-1] - wealth[0])
        liquidations[name] = flight.today.position.liquidations
    return Trial(
        drawdown_usd=drawdowns, alone_usd=alone, pnl_usd=profits, liquidations=liquidations
    )
