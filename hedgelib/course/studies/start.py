"""What the start page computes: the minutes of the lessons, and what becomes of a deposit."""

from __future__ import annotations

import re

from hedgelib._text import usd
from hedgelib.course.contents import contents
from hedgelib.show.lines import Curve, Lines, move_text, moves_to


def minutes_of_lessons() -> dict[str, int]:
    """Return the minutes of each numbered lesson, without the appendices."""
    rows = re.findall(r"^\| (\d+) \|.*\| (\d+) \|$", contents(), re.MULTILINE)
    return {number: int(minutes) for number, minutes in rows}


def deposit_at(coins: float, price_usd: float, move: float, *, guess: float | None = None) -> Lines:
    """Return the gain or loss of a deposit of ETH, compared with a deposit of dollars."""
    value, name, text = coins * price_usd, f"{coins:,.10g} ETH", move_text(move)
    x = moves_to(move, -0.6, 0.6, 121)
    change = f"has {'lost' if move < 0 else 'gained'} {usd(abs(value * move))}"
    return Lines(
        x=x, y_label="gain or loss of the deposit (USD)", place=move, guess=guess,
        caption=f"A deposit, ETH {text}",
        curves=(
            Curve(name=name, values=value * x, role="margin", at=value * move, width=4.0),
            Curve(name="dollars", values=0 * x, role="grey", at=0.0, dashed=True),
        ),
        title=f"ETH {text}: a deposit of {name} {change}",
        finding=f"The deposit is {name}, {usd(value)} at the start. ETH {text}: it {change}. The "
        "line is straight; a deposit of dollars would stay at zero.",
    )  # fmt: skip
