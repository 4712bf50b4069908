"""Profit and loss of a plan against the return of the hedge coin, and at one return."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.scenario import Scenario, run_scenario
from hedgelib.show.layout import BOX, Scale, panel, room_for_text
from hedgelib.show.lettering import width_px
from hedgelib.show.lines import move_text
from hedgelib.show.palette import Role
from hedgelib.show.scene import Axis, Line, Mark, Points, Rule, Scene, Text

if TYPE_CHECKING:
    from hedgelib.plan import HedgePlan

__all__ = ["MoveStudy", "pnl_over_moves", "study_move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveStudy:
    """One move of a plan (`point`), with the curve around it: made by :func:`study_move`."""

    curve: Scenario
    point: Scenario

    @property
    def plan(self) -> HedgePlan:
        """The plan."""
        return self.point.plan

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers of the move, each with its name."""
        plan, coin, at = self.plan, self.plan.contract.coin, self.point.rows()[0]
        rows = [
            (f"{coin} price", usd(at["price_usd"], cents=True)),
            ("Altcoins", usd(at["spot_pnl_usd"], signed=True)),
        ]
        if plan.holds_coin:
            rows.append((f"{coin} margin", usd(at["collateral_pnl_usd"], signed=True)))
            in_coin = f" ({_signed(at['hedge_pnl_coin'])} {coin})"
        else:
            in_coin = ""
        rows.append(("Short", usd(at["hedge_pnl_usd"], signed=True) + in_coin))
        if plan.open_fee_usd:
            rows.append(("Opening fee", usd(at["fees_usd"], signed=True)))
        return [
            *rows,
            ("Together", usd(at["total_pnl_usd"], signed=True)),
            ("Without the hedge", usd(at["unhedged_pnl_usd"], signed=True)),
            ("Contracts", f"{abs(plan.contracts):,.10g} short, {plan.contract.face} each"),
            ("Leverage", f"{plan.leverage:.2f}x"),
            ("Liquidation", _liquidation_short(plan)),
        ]

    @property
    def _move(self) -> str:
        return move_text(self.point.move[0])

    @property
    def _caption(self) -> str:
        return f"{self.plan.contract.coin} {self._move}"

    def table(self) -> Table:
        """Return the numbers of the move as a table."""
        return Table(("at this move", "result"), self.rows(), caption=self._caption)

    def scene(self) -> Scene:
        """Draw the curve and mark the move on it."""
        point, at = self.point, float(self.point.move[0])
        marks: list[Mark] = [Rule(at=at, direction="x", role="total", width=1.2)]
        marks += _pnl_lines(self.curve)
        for _, role, values in _parts(point):
            marks.append(Points(x=[at], y=values, role=role, size=8))
        marks.append(Points(x=[at], y=point.total_pnl_usd, size=12))
        closed = ""
        if point.liquidated[0]:
            closed = f"the short is liquidated at {usd(self.plan.liquidation_price_usd)}; "
        title = (
            f"{self._caption}: {closed}{usd(point.total_pnl_usd[0], signed=True)} with the hedge, "
            f"{usd(point.unhedged_pnl_usd[0], signed=True)} without"
        )
        return _scene(self.curve, marks, title, self._alt(), self.table())

    def _alt(self) -> str:
        plan, coin, at = self.plan, self.plan.contract.coin, self.point.rows()[0]
        parts = [f"altcoins {usd(at['spot_pnl_usd'], signed=True)}"]
        if plan.holds_coin:
            parts.append(f"{coin} margin {usd(at['collateral_pnl_usd'], signed=True)}")
        parts.append(f"short {usd(at['hedge_pnl_usd'], signed=True)}")
        if plan.open_fee_usd:
            parts.append(f"fee {usd(at['fees_usd'], signed=True)}")
        danger = "the short is liquidated" if at["liquidated"] else _liquidation_words(plan)
        return (
            f"{coin} {self._move}, to {usd(at['price_usd'])}: {', '.join(parts)}; together "
            f"{usd(at['total_pnl_usd'], signed=True)}, against "
            f"{usd(at['unhedged_pnl_usd'], signed=True)} without the hedge. "
            f"Leverage {plan.leverage:.2f}x; {danger}."
        )

    def __repr__(self) -> str:
        together = usd(self.point.total_pnl_usd[0], signed=True)
        return f"MoveStudy({self._caption}: together {together})"

    def _repr_html_(self) -> str:
        return self.table().html()


def study_move(
    plan: HedgePlan, move: float, *, lowest: float = -0.6, highest: float = 1.2
) -> MoveStudy:
    """Return the result of one move of a plan, with the curve around it.

    The move is a decimal above -1; the range of the curve is widened where the move is outside.

    Examples
    --------
    >>> from hedgelib import ContractTerms, plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> study_move(plan, -0.15).rows()[2]
    ('ETH margin', '−$7,350')
    """
    point = run_scenario(plan, [move])
    return MoveStudy(curve=_curve(plan, min(lowest, move), max(highest, move)), point=point)


# A slider that moves along the curve leaves it as it is.
@lru_cache(maxsize=16)
def _curve(plan: HedgePlan, lowest: float, highest: float) -> Scenario:
    moves = np.linspace(lowest, highest, 121)
    if lowest < plan.liquidation_move < highest:
        # Points on both sides, so that a picture breaks where the account does.
        at = plan.liquidation_move
        moves = np.sort(np.append(moves, [at - 1e-9, at + 1e-9]))
    return run_scenario(plan, moves)


def pnl_over_moves(scenario: Scenario) -> Scene:
    """Draw profit and loss, part by part, against the return of the hedge coin."""
    plan, coin = scenario.plan, scenario.plan.contract.coin
    ends = (int(np.argmin(scenario.move)), int(np.argmax(scenario.move)))

    def outcome(i: int) -> str:
        return (
            f"{usd(scenario.total_pnl_usd[i], signed=True)} with the hedge"
            f", {usd(scenario.unhedged_pnl_usd[i], signed=True)} without"
        )

    found = "; ".join(
        f"at {percent(scenario.move[i], signed=True)} {outcome(i).replace(', ', ' and ')}"
        for i in ends
    )
    danger = _liquidation_words(plan)
    alt = (
        f"Profit and loss of a book of {usd(plan.book_usd)} over moves of {coin}: {found}. "
        f"{danger[0].upper()}{danger[1:]}."
    )
    low = ends[0]
    title = f"If {coin} moves {percent(scenario.move[low], signed=True)}: {outcome(low)}"
    rows = [
        (
            percent(scenario.move[i], signed=True),
            usd(scenario.total_pnl_usd[i], signed=True),
            usd(scenario.unhedged_pnl_usd[i], signed=True),
        )
        for i in ends
    ]
    table = Table((f"move of {coin}", "with the hedge", "without"), rows)
    return _scene(scenario, _pnl_lines(scenario), title, alt, table)


def _signed(coins: float) -> str:
    text = f"{coins:+.6f}".replace("-", "−")
    return text if any(digit in text for digit in "123456789") else "0"


def _liquidation_short(plan: HedgePlan) -> str:
    if not np.isfinite(plan.liquidation_price_usd):
        return "none"
    move = percent(plan.liquidation_move, signed=True)
    return f"at {usd(plan.liquidation_price_usd, cents=True)} ({move})"


def _liquidation_words(plan: HedgePlan) -> str:
    if not np.isfinite(plan.liquidation_price_usd):
        return "no rise liquidates the short"
    move = percent(plan.liquidation_move, signed=True)
    return (
        f"{plan.contract.coin} at {usd(plan.liquidation_price_usd)} ({move}) liquidates the short"
    )


def _parts(scenario: Scenario) -> list[tuple[str, Role, FloatArray]]:
    """Return name, role and values of every part that the plan has."""
    plan, coin = scenario.plan, scenario.plan.contract.coin
    parts: list[tuple[str, Role, FloatArray]] = [("altcoins", "altcoins", scenario.spot_pnl_usd)]
    if plan.holds_coin:
        parts.append((f"{coin} margin", "margin", scenario.collateral_pnl_usd))
    parts.append((f"short {coin}", "short", scenario.hedge_pnl_usd))
    return parts


_WIDTHS: dict[Role, float] = {"altcoins": 7.5, "margin": 5.0, "short": 3.0}
"""Lines of different plans may coincide; the wider ones underneath stay visible."""


def _pnl_lines(scenario: Scenario) -> list[Mark]:
    order = np.argsort(scenario.move)
    move, closed = scenario.move[order], scenario.liquidated[order]
    marks: list[Mark] = [Rule(at=0.0, width=1.2)]
    same = np.allclose(scenario.spot_pnl_usd, scenario.unhedged_pnl_usd, rtol=0, atol=0.5)
    for name, role, values in _parts(scenario):
        label = "altcoins =\nno hedge" if same and role == "altcoins" else name
        line = Line(x=move, y=values[order], role=role, width=_WIDTHS[role], name=label)
        marks += [line] if role == "altcoins" else _until_closed(line, closed)
    if not same:
        unhedged = scenario.unhedged_pnl_usd[order]
        marks.append(Line(x=move, y=unhedged, role="unhedged", dash="dashed", name="no hedge"))
    total = scenario.total_pnl_usd[order]
    return [*marks, Line(x=move, y=total, width=3.4, name="all together", bold=True)]


def _until_closed(line: Line, closed: np.ndarray) -> list[Mark]:
    """Draw a dotted line for what the account no longer holds."""
    if not closed.any():
        return [line]
    look: dict[str, object] = {"role": line.role, "width": line.width, "name": line.name}
    held, after = np.where(closed, np.nan, line.y), np.where(closed, line.y, np.nan)
    return [
        Line(x=line.x, y=held, labelled=False, **look),  # type: ignore[arg-type]
        Line(x=line.x, y=after, dash="dotted", **look),  # type: ignore[arg-type]
    ]


def _scene(
    scenario: Scenario, marks: list[Mark], title: str, alt: str, table: Table | None
) -> Scene:
    x = Scale(label=f"move of {scenario.plan.contract.coin}", unit="share", signed=True)
    y = Scale(label="profit or loss (USD)", unit="usd", signed=True, include=(0.0,), margin=0.06)
    drawn = panel(marks, x, y, remarks=lambda x, y: _liquidation(scenario, marks, x, y))
    return Scene(title=title, alt=alt, panels=(drawn,), table=table)


def _liquidation(scenario: Scenario, marks: list[Mark], x: Axis, y: Axis) -> list[Mark]:
    """Mark the liquidation price, with words where they cross the fewest lines."""
    at = scenario.plan.liquidation_move
    if at >= x.high:
        return []
    text = f"liquidated\nat {usd(scenario.plan.liquidation_price_usd)}"
    wide = max(map(width_px, text.split("\n"))) / (BOX[2] - BOX[0]) * (x.high - x.low)
    # Not over the rule of a move, where there is room on the other side.
    rules = [mark.at for mark in marks if isinstance(mark, Rule) and mark.direction == "x"]
    sides = {True: (at - wide * 1.1, at), False: (at, at + wide * 1.1)}
    fits = [left for left, (low, high) in sides.items() if low > x.low and high < x.high]
    clear = [left for left in fits if not any(sides[left][0] < r < sides[left][1] for r in rules)]
    left = (clear or fits or [False])[0]
    side = sides[left]
    return [
        Rule(at=at, direction="x", dash="dashed", width=1.8),
        Text(
            x=at,
            y=room_for_text(marks, side, (y.low, y.high)),
            text=text,
            shift=(-7.0 if left else 7.0, 0.0),
            align="end" if left else "start",
            halo=True,
        ),
    ]
