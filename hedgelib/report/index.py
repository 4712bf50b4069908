"""The index of many reports: a page that sorts itself without a network, and a sheet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import hedgelib
from hedgelib._text import percent, spreadsheet_text, usd
from hedgelib.report.blocks import Facts, Table, printable, whole_page
from hedgelib.report.phrases import age_words, spread_of

if TYPE_CHECKING:
    from hedgelib.desk.ticket import Order
    from hedgelib.report.many import Outcome
    from hedgelib.report.results import HedgeReport

COLUMNS = (
    "portfolio",
    "parameters",
    "report",
    "price_day",
    "last_day",
    "value_usd",
    "covered_usd",
    "gap_usd",
    "coins",
    "hedge_coin",
    "beta",
    "beta_at_covered",
    "beta_low",
    "beta_high",
    "contract",
    "contracts",
    "notional_usd",
    "collateral_usd",
    "held_usd",
    "difference_usd",
    "orders",
    "first_order",
    "leverage",
    "liquidation_price_usd",
    "liquidation_move",
    "unhedged_month_usd",
    "unhedged_month_high_usd",
    "residual_month_usd",
    "residual_month_high_usd",
    "carry_month_usd",
    "warnings",
    "error",
)
"""Columns of the sheet."""

_NONE = "–"


def figures(report: HedgeReport) -> dict[str, Any]:
    """Pick what an index shows of a report, ready for JSON; None for what a report does not have.

    Held and difference are of the short, None where no position was given. A month is 30 days:
    what is left open is one standard deviation over it, carry the funding received in it, both in
    USD. Low and high are ends of a range where no beta is known for a part of the book.
    """
    from hedgelib.report.summary import warnings

    plan, tracked = report.plan, report.tracked
    ticket, known = report.desk.ticket, report.desk.known
    unhedged, left = report.month.before, report.month.after
    estimated = tracked.estimate is not None
    liquidates = plan.liquidation_price_usd < float("inf")
    return {
        "price_day": report.price_day.isoformat() if report.price_day else None,
        "last_day": report.last_day.isoformat(),
        "value_usd": report.portfolio.value_usd,
        "covered_usd": report.covered_usd,
        "gap_usd": report.gap.value_usd,
        "coins": len(report.portfolio),
        "hedge_coin": report.hedge_coin,
        "beta": tracked.book_beta,
        "beta_at_covered": tracked.book_beta + report.gap.share * tracked.covered_beta,
        "beta_low": tracked.book_beta_low if estimated else None,
        "beta_high": tracked.book_beta_high if estimated else None,
        "contract": plan.contract.id,
        "contracts": float(plan.contracts),
        "notional_usd": float(plan.notional_usd),
        "collateral_usd": float(plan.collateral_usd),
        "held_usd": ticket.held_usd if known else None,
        "difference_usd": ticket.difference_usd if known else None,
        **orders_due(ticket.orders),
        "leverage": float(plan.leverage),
        "liquidation_price_usd": float(plan.liquidation_price_usd) if liquidates else None,
        "liquidation_move": float(plan.liquidation_move) if liquidates else None,
        "unhedged_month_usd": unhedged[0] if estimated else None,
        "unhedged_month_high_usd": unhedged[1] if estimated else None,
        "residual_month_usd": left[0] if estimated else None,
        "residual_month_high_usd": left[1] if estimated else None,
        "carry_month_usd": report.funding.month_usd if report.funding else None,
        "age": age_words(report),
        "warnings": list(warnings(report)),
    }


def orders_due(orders: Sequence[Order]) -> dict[str, Any]:
    """Count the steps of a ticket, and put the first in words."""
    from hedgelib.report.desk import step_words

    return {"orders": len(orders), "first_order": step_words(orders[0]) if orders else ""}


def sheet(outcomes: Sequence[Outcome]) -> bytes:
    """Write the index as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    for outcome in outcomes:
        row = dict(outcome.figures) | {
            "portfolio": outcome.book.name,
            "parameters": _told(outcome),
            "report": "" if outcome.error or outcome.nothing else f"{outcome.book.stem}.html",
            "warnings": outcome.nothing or " | ".join(outcome.figures.get("warnings", ())),
            "error": outcome.error,
        }
        cells = [row.get(name) for name in COLUMNS]
        writer.writerow([_cell(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    if value is None:
        return ""
    return spreadsheet_text(value) if isinstance(value, str) else value


def _told(outcome: Outcome) -> str:
    return ", ".join(f"{name} {value}" for name, value in outcome.book.told.items())


def page(outcomes: Sequence[Outcome], *, source: str) -> bytes:
    """Write the index as one HTML page."""
    title = "Hedge reports"
    failed, nothing = [o for o in outcomes if o.error], [o for o in outcomes if o.nothing]
    body = (
        f"<h1>{title}</h1>"
        f"<p class='under'>On the portfolios of {_safe(source)}, by hedgelib "
        f"{_safe(hedgelib.__version__)}.</p>"
        + "".join(f"<p class='warning'>{_safe(text)}</p>" for text in old_prices(outcomes))
        + _facts(outcomes)
        + _without(failed, "Without a report", "Portfolios without a report", "failed")
        + _table([o for o in outcomes if _has_report(o)])
        + _without(nothing, "Nothing to hedge", "Portfolios with nothing to hedge")
    )
    styles = ("report.css", "index.css")
    return whole_page(title, body, styles=styles, script="sort.js").encode()


def old_prices(outcomes: Sequence[Outcome]) -> list[str]:
    """Say which age warnings the reports carry, and how many carry each."""
    made = [outcome for outcome in outcomes if _has_report(outcome)]
    ages = Counter(outcome.figures["age"] for outcome in made if outcome.figures["age"])
    return [
        text if times == len(made) else f"{text} ({times:,} of {len(made):,} reports.)"
        for text, times in ages.most_common()
    ]


def _safe(text: str) -> str:
    return escape(printable(text))


def _facts(outcomes: Sequence[Outcome]) -> str:
    made = [o for o in outcomes if _has_report(o)]
    failed = sum(bool(o.error) for o in outcomes)
    warned = sum(bool(o.figures["warnings"]) for o in made)
    items = [
        ("Reports", f"{len(made):,}", f"of {len(outcomes):,} portfolios"),
        ("Without one", f"{failed:,}", "listed first" if failed else "none failed"),
        ("Value", usd(_sum(made, "value_usd")), _covered(made)),
        (
            "Short",
            usd(_sum(made, "notional_usd")),
            f"all hedges together, on {usd(_sum(made, 'collateral_usd'))} of margin",
        ),
        ("With warnings", f"{warned:,}", f"of {len(made):,} reports"),
    ]
    return Facts(items)._repr_html_()


def _covered(made: Sequence[Outcome]) -> str:
    gap = _sum(made, "gap_usd")
    return "all books together" + (f", no beta known for {usd(gap)}" if gap else "")


def _sum(outcomes: Sequence[Outcome], name: str) -> float:
    return float(sum(o.figures[name] for o in outcomes))


def _has_report(outcome: Outcome) -> bool:
    return not outcome.error and not outcome.nothing


def _without(outcomes: Sequence[Outcome], heading: str, caption: str, kind: str = "plain") -> str:
    if not outcomes:
        return ""
    rows = [[_name(o), o.nothing or o.error] for o in outcomes]
    table = Table(["Portfolio", "Why"], rows, "ll", caption, kind=kind)
    return f"<h2>{heading}</h2>{table._repr_html_()}"


def _name(outcome: Outcome) -> str:
    told = _told(outcome)
    return f"{outcome.book.name} ({told})" if told else outcome.book.name


def _table(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return ""
    head = "".join(f"<th scope='col' class='{c.kind}'>{c.head}</th>" for c in _SHOWN)
    rows = "".join(f"<tr>{''.join(c.cell(o) for c in _SHOWN)}</tr>\n" for o in outcomes)
    return (
        "<h2>Reports</h2>"
        "<div class='scroll' role='region' aria-label='Reports' tabindex='0'>"
        f"<table class='index'><caption class='text'>{len(outcomes):,} hedge reports</caption>"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>"
        f"<p class='note'>{_NOTE}</p>"
    )


def _link(outcome: Outcome) -> str:
    stem = quote(outcome.book.stem)
    told = f"<small>{_safe(_told(outcome))}</small>" if outcome.book.told else ""
    return (
        f"<a href='{stem}.html'>{_safe(outcome.book.name)}</a>"
        f"<a href='{stem}.ipynb'>notebook</a><a href='{stem}.orders.csv'>orders</a>{told}"
    )


def _warnings(outcome: Outcome) -> str:
    found = outcome.figures["warnings"]
    if not found:
        return "0"
    items = "".join(f"<li>{_safe(text)}</li>" for text in found)
    return f"<details><summary>{len(found)}</summary><ul>{items}</ul></details>"


def _orders(outcome: Outcome) -> str:
    first = outcome.figures["first_order"]
    return str(outcome.figures["orders"]) + (f"<small>{_safe(first)}</small>" if first else "")


def _prices(outcome: Outcome) -> str:
    day = outcome.figures["price_day"]
    return str(day) if day else f"given; data to {outcome.figures['last_day']}"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the page: its heading, what it shows of a report, and what it sorts by."""

    head: str
    html: Callable[[Outcome], str]
    key: Callable[[Outcome], object]
    kind: Literal["text", "number", "number range"] = "number"

    def cell(self, outcome: Outcome) -> str:
        key = self.key(outcome)
        value = "" if key is None else escape(printable(str(key)))
        tag = "th scope='row'" if self.html is _link else "td"
        return f"<{tag} class='{self.kind}' data-value='{value}'>{self.html(outcome)}</{tag[:2]}>"


def _figure(head: str, name: str, show: Callable[[float], str], other: str = "") -> _Column:
    """Make a column of a figure, or of the range from it to another."""

    def text(outcome: Outcome) -> str:
        first, second = outcome.figures[name], outcome.figures[other or name]
        return _NONE if first is None else spread_of(show(first), show(second))

    kind: Any = "number range" if other else "number"
    return _Column(head, text, lambda outcome: outcome.figures[name], kind)


def _beta(beta: float) -> str:
    return f"{beta:.2f}".replace("-", "−")


def _coin(outcome: Outcome) -> str:
    return str(outcome.figures["hedge_coin"])


_SHOWN = (
    _Column("Portfolio", _link, lambda o: o.book.name, "text"),
    _Column("Prices of", lambda o: _safe(_prices(o)), lambda o: o.figures["last_day"], "text"),
    _figure("Value", "value_usd", usd),
    _figure("No beta", "gap_usd", lambda gap: usd(gap) if gap else _NONE),
    _Column("Hedged with", lambda o: _safe(_coin(o)), _coin, "text"),
    _figure("Beta", "beta", _beta, "beta_at_covered"),
    _figure("Short", "notional_usd", usd),
    _figure("Margin", "collateral_usd", usd),
    _figure("Difference", "difference_usd", lambda amount: usd(amount, signed=True)),
    _Column("Orders", _orders, lambda o: o.figures["orders"], "number range"),
    _figure("Residual", "residual_month_usd", usd, "residual_month_high_usd"),
    _figure("Carry", "carry_month_usd", lambda amount: usd(amount, signed=True)),
    _figure("Liquidation", "liquidation_move", lambda move: percent(move, signed=True)),
    _Column("Warnings", _warnings, lambda o: len(o.figures["warnings"])),
)
_NOTE = (
    "Prices of: the day of the close used as price of the hedge coin; betas end on that day. No "
    "beta: the value of coins with neither a price history nor a beta; they are not hedged, and "
    "figures that include them are ranges, from these coins not moving to moving like the rest. "
    "Short and margin: of the plan, in USD. Difference: the short of the plan less the one that "
    "is on, where a position was given. Orders: steps of the order ticket, and the first of them; "
    "without a position it opens the whole hedge. Residual: the risk that the hedge leaves, one "
    "standard deviation of the result over 30 days, from months of the book's own history; it "
    "leaves out the residual volatility of coins whose beta the owner gave, which is not known. "
    "Carry: funding received over 30 days at the rate that the report assumes; paid where "
    "negative. Liquidation: the rise of the hedge coin that liquidates the short. "
    "Educational, not advice."
)
