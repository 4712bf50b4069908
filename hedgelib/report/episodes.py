"""The section on the book through history: words, table and picture; the numbers are `past`'s."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from hedgelib._text import percent, usd
from hedgelib.plan import HedgePlan
from hedgelib.report.blocks import Block, Section, Table, Text, notes
from hedgelib.report.export import plain
from hedgelib.report.past import (
    CALL_RATIO,
    FALL_DAYS,
    RALLY_DAYS,
    STRESS_DAYS,
    STRESS_RATE,
    Course,
    Episode,
    Past,
    call_ratio,
)
from hedgelib.report.phrases import listed_names, measured_part, sentence
from hedgelib.report.registry import part

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport
    from hedgelib.show import Scene
    from hedgelib.show.palette import Role
    from hedgelib.show.scene import Mark


def _data(report: HedgeReport) -> dict[str, Any]:
    past = report.past
    return {
        "past": plain(past)
        | {
            "plan": _short(past.plan),
            "half": _short(past.half),
            "stress_rate_8h": STRESS_RATE,
            "stress_days": STRESS_DAYS,
        }
    }


def _short(plan: HedgePlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {"contracts": plan.contracts, "collateral_usd": plan.collateral_usd}


def _day(day: date, *, year: bool = True) -> str:
    return f"{day.day} {day:%b}" + (f" {day.year}" if year else "")


def _title(episode: Episode) -> str:
    """Name a path with its days."""
    first, last = episode.first_day, episode.last_day
    days = f"{_day(first, year=first.year != last.year)} to {_day(last)}"
    if episode.kind == "fall":
        return days
    name = episode.name
    if episode.kind == "rally":
        name = f"Rally of {percent(episode.coin_high)}, then crash"
    return f"{name}: {days}"


def _margin(course: Course) -> str:
    """Say what became of the margin."""
    said = []
    if course.called_on is not None:
        said.append(f"called {_day(course.called_on)}, {usd(course.called_usd)}")
    if course.liquidated_on is not None:
        said.append(f"liquidated {_day(course.liquidated_on)}")
    if course.seized_usd:
        said.append(f"{usd(course.seized_usd)} lost with the venue")
    return "; ".join(said)


def _none(past: Past) -> str:
    """Say why there is nothing to show; empty where there is."""
    if not past.measured_usd:
        return "No coin of the book has a usable price history, so there is no past to show."
    if past.plan is None:
        return "The part of the book with a price history is too small for a plan of its own."
    return "" if past.episodes else f"The data are too short for a path of {FALL_DAYS} days."


def episodes_table(report: HedgeReport) -> Table:
    """Return a row for each path: the results, funding and margin."""
    past, coin, dated = report.past, report.hedge_coin, report.plan.contract.expiry is not None
    rows = [
        [
            _title(one),
            percent(one.coin_move, signed=True),
            usd(one.unhedged_usd, signed=True),
            usd(one.planned.pnl_usd, signed=True) + (" *" if one.planned.liquidated_on else ""),
            "none"
            if one.half is None
            else usd(one.half.pnl_usd, signed=True) + (" *" if one.half.liquidated_on else ""),
            usd(one.sold_usd, signed=True),
            *(
                []
                if dated
                else [
                    f"{usd(one.planned.funding_usd, signed=True)} "
                    f"({usd(one.planned.mean_funding_usd, signed=True)})"
                ]
            ),
            _margin(one.planned),
        ]
        for one in past.episodes
    ]
    head = [
        "Path", coin, "Unhedged", "As planned", "Half the plan", "Sold instead",
        *([] if dated else ["Funding (at the means)"]), "Margin, as planned",
    ]  # fmt: skip
    whose = f"{usd(past.measured_usd)} of today's book"
    sides = "l" + "r" * (len(head) - 2) + "l"
    return Table(head, rows, sides, f"Gain and loss of {whose} over each path", kind="past")


@part("past", "The book through history", data=_data)
def past(report: HedgeReport) -> Section:
    """Show what the plan would have done in the worst falls, crashes and a rally that turned."""
    found = report.past
    if none := _none(found):
        return Section([Text(none)])
    falls = sum(one.kind == "fall" for one in found.episodes)
    said = (
        f"{sentence(measured_part(report))[:-1]} as held today, with the plan for it, is put at "
        "the first close of each path; nothing is traded after that. It tests the plan: the beta "
        "is today's, and nobody knew it then."
    )
    if falls:
        said += (
            f" The first {falls} paths are the worst {FALL_DAYS}-day returns of this book in the "
            "data that do not overlap, worst first."
        )
    blocks: list[Block] = [Text(said), episodes_table(report)]
    return Section([*blocks, *notes(" ".join(_terms(report)), *_exceptions(report))])


def _terms(report: HedgeReport) -> list[str]:
    coin, past, parameters = report.hedge_coin, report.past, report.parameters
    rate = f"{STRESS_RATE * 100:.4g}%".replace("-", "−")
    means = "the rate that you gave" if past.assumed_funding else "the mean rate of its month"
    called = CALL_RATIO if past.plan is None else call_ratio(past.plan)
    said = [
        f"Funding is at {means}, but on the day of {coin}'s worst fall and the day after it the "
        f"short pays {rate} per 8 hours, the cap that shorts paid in March 2020; in brackets it is "
        "without that."
        if report.plan.contract.expiry is None
        else "A dated contract pays no funding; its premium is left out.",
        f"Margin is called when a close leaves less than {percent(called)} of the short; the "
        "amount keeps the leverage of the start to the end, and the results are those without it.",
        "A liquidation between two closes is not seen.",
        f"Sold instead: {percent(past.sold_share)} of the coins, the share that the plan hedges. "
        f"Fees and slippage ({parameters.slippage * 100:.4g}% assumed) of opening are counted, and "
        "of selling the coins at the same rates.",
    ]
    if any(one.kind == "rally" for one in past.episodes):
        said.append(
            f"Rally, then crash: the largest rise of {coin} that was given back whole within "
            f"{RALLY_DAYS} days, up to the day on which it was."
        )
    courses = [course for one in past.episodes for course in (one.planned, one.half) if course]
    if any(course.liquidated_on for course in courses):
        said.append("* Liquidated on the way: the margin is lost and the book goes on unhedged.")
    return said


def _exceptions(report: HedgeReport) -> list[str]:
    past, day = report.past, report.parameters.venue_fails_day
    said = []
    if day is not None:
        said.append(
            f"The venue is taken to fail on day {day} of each path: margin and open profit are "
            "lost, and the hedge ends."
        )
    if report.parameters.live is not None:
        said.append(
            f"Closes and funding before {report.origin['span'][0]} are those that ship with "
            "hedgelib."
        )
    absent: dict[tuple[str, ...], int] = {}
    for one in past.episodes:
        if one.without:
            absent[one.without] = absent.get(one.without, 0) + 1
    said += [
        f"In {count} of the paths {listed_names(names)} had no price yet; there "
        f"{'its' if len(names) == 1 else 'their'} dollars move like the rest."
        for names, count in absent.items()
    ]
    if past.half is None:
        said.append("No plan is possible for half of the hedge: it is less than a contract.")
    return said


@part("past-picture")
def past_picture(report: HedgeReport) -> Scene | Section:
    """Draw the results of each path on one scale."""
    from hedgelib.show import Line, Points, Rule, Scale, Scene, panel
    from hedgelib.show import Text as Words

    found = report.past
    if _none(found):
        return Section([Text("There is nothing to draw.", "note")])
    episodes, count = found.episodes, len(found.episodes)
    size = (760.0, 118.0 + 34.0 * count)
    rows = [float(count - i) for i in range(count)]
    looks: list[tuple[str, Role, Any, list[float | None]]] = [
        ("sold instead", "margin", "diamond", [one.sold_usd for one in episodes]),
        (
            "half the plan",
            "altcoins",
            "ring",
            [o.half.pnl_usd if o.half else None for o in episodes],
        ),
        ("unhedged", "unhedged", "circle", [one.unhedged_usd for one in episodes]),
        ("as planned", "total", "circle", [one.planned.pnl_usd for one in episodes]),
    ]
    marks: list[Mark] = [Rule(at=0.0, direction="x")]
    for row, one in zip(rows, episodes, strict=True):
        ends = [one.unhedged_usd, one.planned.pnl_usd]
        marks.append(Line(x=ends, y=[row, row], role="grey", width=1.5, labelled=False))
    for i, (name, role, shape, values) in enumerate(looks):
        known = [(v, row) for v, row in zip(values, rows, strict=True) if v is not None]
        x, y = zip(*known, strict=True) if known else ((), ())
        marks.append(Points(x=x, y=y, role=role, shape=shape, size=11, name=name))
        sign = {"circle": "●", "ring": "○", "diamond": "◆"}[shape]
        marks.append(
            Words(
                x=0.25 * i, y=1.0, x_share=True, y_share=True, shift=(0.0, -14.0),
                text=f"{sign} {name}", role=role, bold=True,
            )
        )  # fmt: skip
    gone = [(o.planned.pnl_usd, row) for o, row in zip(episodes, rows, strict=True)
            if o.planned.liquidated_on]  # fmt: skip
    marks += [
        Words(x=x, y=y, text="liquidated", shift=(10.0, -12.0), role="unhedged", size=12, halo=True)
        for x, y in gone
    ]
    ticks = [
        (row, _day(one.first_day) if one.kind == "fall" else one.name)
        for row, one in zip(rows, episodes, strict=True)
    ]
    across = Scale(label="gain or loss over the path (USD)", unit="usd", signed=True, margin=0.05)
    up = Scale(limits=(0.4, count + 0.6), ticks=ticks, visible=False)
    box = (150.0, 78.0, 730.0, size[1] - 52.0)
    first = episodes[0]
    parts = "; ".join(
        f"{_title(o)}: {usd(o.unhedged_usd, signed=True)} unhedged, "
        f"{usd(o.planned.pnl_usd, signed=True)} as planned"
        + (f", liquidated {_day(o.planned.liquidated_on)}" if o.planned.liquidated_on else "")
        for o in episodes
    )
    title = (
        f"{_title(first)}: {usd(first.unhedged_usd, signed=True)} unhedged, "
        f"{usd(first.planned.pnl_usd, signed=True)} as planned"
    )
    return Scene(
        title=title,
        alt=f"Gain and loss over each path. {parts}.",
        panels=(panel(marks, across, up, box=box, width=size[0]),),
        table=episodes_table(report),
        size=size,
    )
