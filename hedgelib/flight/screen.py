"""What a pilot sees: a day as a picture and as sentences, and the pictures of the landing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from hedgelib._text import Table, percent, usd
from hedgelib.ask.text import fill
from hedgelib.flight.debrief import PARTS, Landing
from hedgelib.flight.episodes import BOOK_USD, CASH_USD, HISTORY_DAYS
from hedgelib.flight.flight import NEAR, Day
from hedgelib.flight.text import TEXT
from hedgelib.show import Band, Bars, Line, Panel, Points, Rule, Scale, Scene, Text, days, panel
from hedgelib.show.lettering import wrap
from hedgelib.show.palette import Role
from hedgelib.show.scene import Mark

__all__ = ["parts_scene", "scene", "wealth_scene", "words"]

_SIZE = (840.0, 326.0)
_MONEY, _DISTANCE = (122.0, 82.0, 462.0, 184.0), (122.0, 254.0, 462.0, 294.0)
_PRICES = (556.0, 82.0, 720.0, 294.0)
_FARTHEST = 1.5
_STEP_USD = 25_000.0
_ROLES: dict[str, Role] = {
    "you": "total", "never hedged": "altcoins", "1:1, margin forgotten": "short", "by rule": "good",
}  # fmt: skip


def _values(day: Day) -> dict[str, Any]:
    position, wealth, estimate = day.position, float(day.wealth_usd[-1]), day.beta
    low, high = estimate.interval()
    settled = day.funding_rate[-7:]
    rate = float(settled.mean()) if settled.size else 0.0
    return {
        "day": day.day, "days": day.days, "wealth": wealth, "book": position.book_usd,
        "pnl": wealth - BOOK_USD - CASH_USD, "alone": position.book_usd + CASH_USD,
        "cash": position.cash_usd, "equity": day.equity_usd, "short": position.short_usd,
        "asked": day.asked_usd, "leverage": day.leverage, "distance": day.distance,
        "book_move": position.book_usd / BOOK_USD - 1,
        "coin_move": day.price_usd / float(day.coin_usd[HISTORY_DAYS]) - 1,
        "beta": estimate.beta, "low": low, "high": high, "r2": estimate.r2,
        "n": settled.size, "rate": rate, "history": HISTORY_DAYS,
        "who": TEXT["screen"]["pays" if rate < 0 else "receives"],
    }  # fmt: skip


def words(day: Day) -> list[str]:
    """Return the whole state of a day in sentences."""
    values = _values(day)
    short = "none" if day.position.short_usd <= 0 else "short"
    if short == "short" and math.isinf(day.distance):
        short = "safe"
    names = ["have", short, "coins", "beta", "funding"]
    if day.day == 1:
        names[-1] = "funding_one"
    if not day.day:
        names = ["have", short, "beta"]
    return [fill(TEXT["screen"][name], values) for name in names]


def scene(day: Day) -> Scene:
    """Draw the wallets, the distance to liquidation, and the prices so far."""
    values, text = _values(day), TEXT["screen"]
    title = "title" if day.position.short_usd > 0 else "title_alone"
    return Scene(
        title=fill(text[title if day.day else "title_first"], values),
        alt=" ".join(words(day)),
        panels=(_money(values), _distance(day), _prices(day)),
        size=_SIZE,
    )


def _money(values: Mapping[str, Any]) -> Panel:
    text = TEXT["screen"]
    rows: list[tuple[str, float, Role]] = [
        (text["row_book"], values["book"], "altcoins"),
        (text["row_cash"], values["cash"], "grey"),
        (text["row_account"], values["equity"], "margin"),
    ]
    # In steps, so that the axis seldom moves.
    largest = max(amount for _, amount, _ in rows)
    high = _STEP_USD * math.ceil(1.25 * largest / _STEP_USD)
    low = -_STEP_USD * 1.3 if values["cash"] < -0.5 else 0.0
    marks: list[Mark] = []
    for at, (_, amount, role) in enumerate(rows):
        y = 2.0 - at
        marks.append(Bars(at=[y], start=[0.0], end=[amount], role=role, across=True, thickness=0.6))
        said = f"{usd(-amount)} {text['borrowed']}" if amount < -0.5 else usd(amount)
        marks.append(Text(x=max(amount, 0.0), y=y, text=said, shift=(8.0, 0.0), role="total",
                          halo=True, bold=True))  # fmt: skip
    return panel(
        [*marks, Rule(at=0.0, direction="x", role="total")],
        Scale(unit="usd", limits=(low, high), most_ticks=5),
        Scale(limits=(-0.6, 2.6), ticks=[(2.0 - i, row[0]) for i, row in enumerate(rows)],
              visible=False),
        box=_MONEY, width=_SIZE[0], title=text["money"],
    )  # fmt: skip


def _distance(day: Day) -> Panel:
    text, far = TEXT["screen"], min(day.distance, _FARTHEST)
    marks: list[Mark] = [
        Band(low=0.0, high=NEAR[0], role="unhedged", opacity=0.5),
        Band(low=NEAR[0], high=NEAR[1], role="margin", opacity=0.4),
        Band(low=NEAR[1], high=_FARTHEST, role="good", opacity=0.25),
    ]
    if day.position.short_usd <= 0:
        marks = [Band(low=0.0, high=_FARTHEST, role="grey", opacity=0.12)]
        middle: Mark = Text(x=0.5, y=0.5, text=text["nothing"], align="middle", x_share=True)
        marks.append(middle)
    elif math.isinf(day.distance):
        marks.append(Text(x=0.5, y=0.5, text=text["never"], align="middle", role="good",
                          bold=True, x_share=True))  # fmt: skip
    else:
        left = far > _FARTHEST / 2
        marks += [
            Rule(at=far, direction="x", role="total", width=3.0),
            Text(x=far, y=0.5, text=percent(day.distance, signed=True), bold=True, role="total",
                 size=17.0, shift=(-9.0 if left else 9.0, 0.0), align="end" if left else "start",
                 halo=True),
        ]  # fmt: skip
    ticks = [(v, percent(v, signed=bool(v))) for v in (0.0, 0.25, 0.5, 1.0, 1.5)]
    return panel(
        marks,
        Scale(unit="share", limits=(0.0, _FARTHEST), ticks=ticks),
        Scale(limits=(0.0, 1.0), ticks=[], visible=False),
        box=_DISTANCE, width=_SIZE[0], title=text["distance"],
    )  # fmt: skip


def _prices(day: Day) -> Panel:
    text, today = TEXT["screen"], day.day
    at = np.arange(-HISTORY_DAYS, today + 1, dtype=float)
    first = day.coins_usd[HISTORY_DAYS]
    book = (day.coins_usd / first).mean(axis=1) - 1
    coin = day.coin_usd / day.coin_usd[HISTORY_DAYS] - 1
    marks: list[Mark] = [
        Rule(at=0.0),
        Rule(at=0.0, direction="x", dash="dotted"),
        Line(x=at, y=coin, role="short", width=1.8, name=text["coin"]),
        Line(x=at, y=book, role="altcoins", width=2.4, name=text["book"]),
    ]
    ticks = [(-HISTORY_DAYS, f"−{HISTORY_DAYS}"), (0.0, "0")]
    if today >= HISTORY_DAYS / 4:
        ticks.append((float(today), str(today)))
    return panel(
        marks,
        Scale(limits=(-HISTORY_DAYS, max(today, 1)), ticks=ticks),
        Scale(unit="share", signed=True, margin=0.05, most_ticks=6),
        box=_PRICES, width=_SIZE[0], title=text["prices"],
    )  # fmt: skip


def day_of(landing: Landing, day: int) -> str:
    """Write the date of a day of a flight that is over."""
    date = landing.flight.course.dates[day].astype(object)
    return f"{date.day} {date:%b %Y}"


def wealth_scene(landing: Landing) -> Scene:
    """Draw a flight next to the three that flew beside it, over its real dates."""
    text, course = TEXT["landing"], landing.flight.course
    wealth, x = landing.wealth_usd, days(course.dates)
    marks: list[Mark] = [Rule(at=BOOK_USD + CASH_USD)]
    for name in sorted(wealth, key=lambda name: name == "you"):
        you = name == "you"
        marks.append(Line(x=x, y=wealth[name], name=name, role=_ROLES[name], bold=you,
                          width=3.6 if you else 2.0))  # fmt: skip
    worst = [one.day for one in landing.worst]
    if worst:
        marks += [
            Points(x=x[worst], y=wealth["you"][worst], role="unhedged", size=11.0, shape="ring"),
            Text(x=0.0, y=1.0, text=text["rings"], shift=(8.0, 10.0), role="unhedged",
                 x_share=True, y_share=True, halo=True),
        ]  # fmt: skip
    liquidations = [position.liquidations for position in landing.flight.positions]
    for at in np.flatnonzero(np.diff(liquidations)) + 1:
        y = float(wealth["you"][at])
        marks.append(Points(x=[x[at]], y=[y], role="unhedged", shape="cross", size=17.0))
        marks.append(Text(
            x=float(x[at]), y=y, text=text["liquidated"], role="unhedged", bold=True,
            shift=(0.0, -12.0), align="middle", vertical="bottom", halo=True,
        ))  # fmt: skip
    ends = {name: float(values[-1]) for name, values in wealth.items()}
    values = {
        "you": ends["you"], "alone": ends["never hedged"], "rule": ends["by rule"],
        "first": day_of(landing, 0), "last": day_of(landing, course.days),
        "ends": ", ".join(f"{name} {usd(end)}" for name, end in ends.items()),
        "drawdown": landing.max_drawdown_usd,
        "worst": ", ".join(f"{day_of(landing, one.day)} {usd(one.loss_usd)}"
                           for one in landing.worst) or "none",
    }  # fmt: skip
    dated = np.linspace(0, course.days, 5).round().astype(int).tolist()
    whole = panel(
        marks,
        Scale(unit="day", limits=(float(x[0]), float(x[-1])),
              ticks=[(float(x[i]), day_of(landing, i)) for i in dated]),
        Scale(label="everything (USD)", unit="usd", margin=0.05, headroom=0.08),
        box=(88.0, 64.0, 660.0, 352.0), width=_SIZE[0],
    )  # fmt: skip
    return Scene(title=fill(text["wealth"], values), alt=fill(text["wealth_alt"], values),
                 panels=(whole,), size=(_SIZE[0], 392.0))  # fmt: skip


def parts_scene(landing: Landing) -> Scene:
    """Draw where the profit came from."""
    text, parts = TEXT["landing"], landing.parts
    names = {part: TEXT["parts"][part] for part in PARTS}
    largest = max(PARTS, key=lambda part: abs(parts[part]))
    marks: list[Mark] = [Rule(at=0.0, direction="x", role="total")]
    for at, part in enumerate(reversed(PARTS)):
        amount = parts[part]
        role: Role = "good" if amount >= 0 else "unhedged"
        marks.append(Bars(at=[at], start=[0.0], end=[amount], role=role, across=True,
                          thickness=0.62))  # fmt: skip
        left = amount < 0
        marks.append(Text(
            x=amount, y=at, text=usd(amount, signed=True), role="total", halo=True,
            align="end" if left else "start", shift=(-7.0 if left else 7.0, 0.0),
        ))  # fmt: skip
    values = {
        "pnl": landing.pnl_usd, "largest": parts[largest], "name": names[largest],
        "parts": "; ".join(f"{names[part]} {usd(parts[part], signed=True)}" for part in PARTS),
    }  # fmt: skip
    ticks = [(float(i), wrap(names[part], 205.0)) for i, part in enumerate(reversed(PARTS))]
    whole = panel(
        marks,
        Scale(label="part of the profit (USD)", unit="usd", margin=0.2, signed=True),
        Scale(limits=(-0.6, len(PARTS) - 0.4), ticks=ticks, visible=False),
        box=(232.0, 64.0, 812.0, 352.0), width=_SIZE[0],
    )  # fmt: skip
    return Scene(title=fill(text["parts"], values), alt=fill(text["parts_alt"], values),
                 panels=(whole,), size=(_SIZE[0], 410.0))  # fmt: skip


def worst_table(landing: Landing) -> Table:
    """Return the most expensive days, and who had hedged what."""
    rows = [
        (day_of(landing, one.day), usd(one.loss_usd), percent(one.coin_move, digits=1, signed=True),
         percent(one.share), percent(one.rule_share), percent(one.hindsight))
        for one in landing.worst
    ]  # fmt: skip
    head = ("Day", "It cost you", "Hedge coin", "You", "By rule", "With hindsight")
    return Table(head, rows, caption=TEXT["landing"]["worst"])
