"""The parts of several plans and their totals, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.errors import InvalidInput
from hedgelib.plan import HedgePlan
from hedgelib.scenario import Scenario
from hedgelib.show.layout import Scale, panel
from hedgelib.show.palette import Role
from hedgelib.show.scene import Bars, Line, Mark, Rule, Scene, Text

__all__ = ["parts_by_case"]

_GROUP = 4.5
"""Distance between the bars of one case and the next, in bars."""
_THICK = 0.94
_KEYS: tuple[Role, ...] = ("altcoins", "margin", "short", "total")


def parts_by_case(cases: Mapping[str, Scenario]) -> Scene:
    """Draw the parts of each case as a waterfall chart, with their sum; all over the same moves."""
    coin, moves = _same_market(cases)
    parts = {name: _case_parts(scenario) for name, scenario in cases.items()}
    reach = max(float(np.abs(np.cumsum(values, axis=0)).max()) for values in parts.values())
    marks: list[Mark] = [Rule(at=0.0)]
    for case, (name, scenario) in enumerate(cases.items()):
        left = case * _GROUP
        marks += _staircase(left, parts[name], reach)
        marks += _head_of_case(left + 1.5, name, scenario.plan)
    for move in moves:
        text = f"{coin}\n{percent(move, signed=True)}"
        y = float(np.sign(move)) * reach * 0.5
        marks.append(Text(x=-1.05, y=y, text=text, align="middle", size=15))
    x = Scale(
        label="profit or loss of each part, and the total (USD)",
        limits=(-0.6, (len(cases) - 1) * _GROUP + 3.5),
        ticks=[
            (case * _GROUP + i, key) for case in range(len(cases)) for i, key in enumerate(_KEYS)
        ],
        visible=False,
    )
    y_scale = Scale(limits=(-1.06 * reach, 1.06 * reach), ticks=(), visible=False)
    size, box = (800.0, 560.0), (66.0, 148.0, 796.0, 506.0)
    low = int(np.argmin(moves))
    left_over = ", ".join(
        f"{name.split(':')[0]} {usd(scenario.total_pnl_usd[low], signed=True)}"
        for name, scenario in cases.items()
    )
    move = percent(moves[low], signed=True)
    rows = [
        (name, *(usd(v, signed=True) for v in [*values[:, low], values[:, low].sum()]))
        for name, values in parts.items()
    ]
    return Scene(
        title=f"{coin} {move}, total result: {left_over}",
        alt=_alt(cases),
        panels=(panel(marks, x, y_scale, box=box, width=size[0]),),
        table=Table(("case", *_KEYS), rows, caption=f"{coin} {move}"),
        size=size,
    )


def _same_market(cases: Mapping[str, Scenario]) -> tuple[str, FloatArray]:
    first, *others = cases.values()
    for other in others:
        if other.plan.contract.coin != first.plan.contract.coin or not np.array_equal(
            other.move, first.move
        ):
            raise InvalidInput("the cases must be of one coin and the same moves")
    return first.plan.contract.coin, first.move


def _case_parts(scenario: Scenario) -> FloatArray:
    return np.array([scenario.spot_pnl_usd, scenario.collateral_pnl_usd, scenario.hedge_pnl_usd])


def _staircase(left: float, parts: FloatArray, reach: float) -> list[Mark]:
    """Draw each part from the end of the previous one, and the sum from zero."""
    ends = np.cumsum(parts, axis=0)
    starts = np.vstack([np.zeros(parts.shape[1]), ends[:-1], np.zeros(parts.shape[1])])
    values = np.vstack([parts, ends[-1]])
    marks: list[Mark] = []
    for i, role in enumerate(_KEYS):
        at = np.full(parts.shape[1], left + i)
        marks.append(
            Bars(at=at, start=starts[i], end=starts[i] + values[i], thickness=_THICK, role=role)
        )
        # Once where both directions of a move leave nothing.
        for start, value in np.unique(np.round([starts[i], values[i]], 2), axis=1).T:
            if abs(value) < 0.004 * reach:
                flat = [left + i - _THICK / 2, left + i + _THICK / 2]
                marks.append(Line(x=flat, y=[start, start], role=role, width=4))
            marks.append(_bar_text(left + i, start, value, reach, role))
        if i < len(parts):
            for level in ends[i]:
                steps = [left + i + _THICK / 2, left + i + 1 - _THICK / 2]
                marks.append(Line(x=steps, y=[level, level], role="grey", width=1.4))
    return marks


def _bar_text(x: float, start: float, value: float, reach: float, role: Role) -> Text:
    text = usd(value, signed=True).replace("$", "")
    if abs(value) > 0.09 * reach:
        middle = start + value / 2
        return Text(x=x, y=middle, text=text, role=role, inside=True, align="middle", size=12)
    below = start + value < 0 or (start + value == 0 and start < 0)
    return Text(
        x=x,
        y=start + value,
        text=text,
        role="total",
        align="middle",
        size=13,
        shift=(0.0, 5.0 if below else -5.0),
        vertical="top" if below else "bottom",
    )


def _head_of_case(middle: float, name: str, plan: HedgePlan) -> list[Mark]:
    coin = plan.contract.coin if plan.holds_coin else "stablecoin"
    lines = (
        f"keeps {usd(plan.kept_usd)} of altcoins,",
        f"posts {usd(plan.collateral_usd)} of {coin},",
        f"shorts {usd(plan.notional_usd)}",
    )
    return [
        Text(
            x=middle, y=1.0, text=name, shift=(0.0, -70.0), y_share=True, align="middle", bold=True,
            vertical="bottom", size=15, role="total",
        ),
        Text(
            x=middle, y=1.0, text="\n".join(lines), shift=(0.0, -12.0), y_share=True,
            align="middle", vertical="bottom", size=13, role="total",
        ),
    ]  # fmt: skip


def _alt(cases: Mapping[str, Scenario]) -> str:
    coin, moves = _same_market(cases)
    low = int(np.argmin(moves))
    told = []
    for name, scenario in cases.items():
        spot, margin, short = (usd(v, signed=True) for v in _case_parts(scenario)[:, low])
        told.append(
            f"{name}: altcoins {spot}, margin {margin}, short {short}, "
            f"total {usd(scenario.total_pnl_usd[low], signed=True)}, "
            f"with {usd(scenario.plan.kept_usd)} of altcoins kept"
        )
    others = " and ".join(percent(m, signed=True) for m in np.delete(moves, low))
    mirror = f" {others} mirrors it." if others and _mirrors(cases) else ""
    return f"{coin} {percent(moves[low], signed=True)}. {'. '.join(told)}.{mirror}"


def _mirrors(cases: Mapping[str, Scenario]) -> bool:
    return all(
        scenario.move.size == 2 and np.allclose(_case_parts(scenario).sum(axis=1), 0, atol=0.5)
        for scenario in cases.values()
    )
