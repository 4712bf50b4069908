"""``hedgelib what-if``: one screen on moves, betas and funding, without a notebook."""

from __future__ import annotations

import argparse
import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from hedgelib._check import ABOVE_MINUS_ONE, FINITE, Rule, scalars
from hedgelib.commands.report import add_parameters
from hedgelib.errors import InvalidInput
from hedgelib.report.parameters import PARAMETER_HELP, ReportParameters

if TYPE_CHECKING:
    from hedgelib.desk.what_if import Outcome
    from hedgelib.plan import HedgePlan
    from hedgelib.report.results import HedgeReport

SUMMARY = "show what a move, another beta or other funding does to a hedge"
PARTLY = ""
DESCRIPTION = (
    "Show on one screen what moves of the hedge coin do to a book and its hedge, with another beta "
    "or other funding if you like. Nothing is written."
)


_OF_NO_USE = ("slippage", "venue_fails_day", "futures_price_usd", "budget_usd", "unwind")
"""Parameters of a report that no figure of this table depends on."""

_MOST_DAYS = Rule("a number of days from 0 to 36,500", lambda days: (days >= 0) & (days <= 36_500))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument("portfolio", metavar="PORTFOLIO", help=PARAMETER_HELP["portfolio"])
    parser.add_argument(
        "--move",
        nargs="+",
        action="append",
        required=True,
        metavar="MOVE",
        help="moves of the hedge coin, -0.3 is a fall of 30%%; one or several",
    )
    parser.add_argument(
        "--beta",
        metavar="NUMBER",
        help="beta that the whole book turns out to have; the hedge stays sized for the estimate",
    )
    parser.add_argument(
        "--funding",
        dest="funding_rate_8h",
        default=argparse.SUPPRESS,
        metavar="RATE",
        help="the same as --funding-rate-8h",
    )
    parser.add_argument(
        "--days", default="30", metavar="DAYS", help="days of funding to count (default: 30)"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_parameters(parser, without=_OF_NO_USE)


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    given = {n: v for n, v in vars(arguments).items() if n in ReportParameters.names()}
    parameters = ReportParameters.from_mapping(given)
    moves = [_number("--move", move, ABOVE_MINUS_ONE) for few in arguments.move for move in few]
    days = _number("--days", arguments.days, _MOST_DAYS)
    beta = None if arguments.beta is None else _number("--beta", arguments.beta, FINITE)

    # pandas takes its time, and --help does not need it.
    from hedgelib.desk.what_if import as_held, what_if
    from hedgelib.report.one import build_report

    report = build_report(parameters)
    rate, plan = report.funding.rate_8h if report.funding else 0.0, report.plan
    cash_usd, gap = report.portfolio.cash_usd, report.gap
    if held := bool(report.desk.ticket.uses):
        plan = as_held(plan, report.desk.wallets, report.desk.prices)
    outcomes = what_if(
        plan,
        moves,
        beta=plan.beta if beta is None else beta,
        funding_rate_8h=rate,
        days=days,
        band=parameters.band,
        still_usd=cash_usd + gap.value_usd,
        still_kept_usd=cash_usd - plan.cash_sold_usd + gap.kept_usd,
    )
    if arguments.json:
        data = _data(report, outcomes, beta, rate, days) | {"held": held}
        print(json.dumps(data, indent=1, allow_nan=False))
    else:
        _tell(report, outcomes, beta, rate, days, plan if held else None)
    return 0


def _number(name: str, text: str, rule: Rule) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InvalidInput(f"{name} must be {rule.text}, got {text!r}") from error
    (checked,) = scalars(**{name: (value, rule)})
    return checked


def _data(
    report: HedgeReport, outcomes: tuple[Outcome, ...], beta: float | None, rate: float, days: float
) -> dict[str, Any]:
    from hedgelib.report.export import SCHEMA_VERSION, plain

    return {
        "schema_version": SCHEMA_VERSION,
        "contract": report.plan.contract.id,
        "planned_beta": report.plan.beta,
        "beta": report.plan.beta if beta is None else beta,
        "funding_rate_8h": rate,
        "days": days,
        "moves": plain(outcomes),
    }


def _tell(
    report: HedgeReport,
    outcomes: tuple[Outcome, ...],
    beta: float | None,
    rate: float,
    days: float,
    held: HedgePlan | None,
) -> None:
    from hedgelib._text import contracts, percent, usd
    from hedgelib.report.blocks import Block, Section, Table, Text
    from hedgelib.report.phrases import coin_price, title
    from hedgelib.report.summary import headline, warnings

    coin, plan = report.hedge_coin, report.plan

    def row(name: str, cells: list[str]) -> list[str]:
        return [name, *cells]

    def money(name: str, key: str) -> list[str]:
        return row(name, [usd(getattr(one, key), signed=True) for one in outcomes])

    rows = [
        row(f"{coin} at", [coin_price(one.price_usd) for one in outcomes]),
        money("Spot", "spot_usd"),
        money("Margin", "margin_usd"),
        money("Short", "short_usd"),
        money(f"Funding, {days:g} days at {percent(rate, digits=3)} per 8 h", "funding_usd"),
        money("Fee to open", "fees_usd"),
        money("Total, hedged", "total_usd"),
        money("Unhedged", "unhedged_usd"),
        row("Equity of the futures wallet", [usd(one.equity_usd) for one in outcomes]),
        row(
            "Leverage after",
            ["liquidated" if one.liquidated else f"{one.leverage or 0:.2f}" for one in outcomes],
        ),
        row(
            "To trade, margin as it is",
            [f"{one.contracts:+,.10g}" if one.contracts else "none" for one in outcomes],
        ),
    ]
    above = f"{title(report)}: {headline(report)}"
    if held is not None:
        far = held.liquidation_price_usd
        above = (
            f"{title(report)}, as it is: short {contracts(held.contracts)} of {plan.contract.id} "
            f"({usd(held.notional_usd)}) on {usd(held.wallet_usd)} of equity; "
            + (f"liquidated at {coin_price(far)}" if isfinite(far) else "no price liquidates it")
        )
    said = f"The {'plan' if held else 'hedge'} is sized for a beta of {plan.beta:.3f}"
    said += "." if beta is None else f", and the book moves by {beta:g}."
    if report.gap:
        said += f" {usd(report.gap.value_usd)} without a beta are taken not to move."
    blocks: list[Block] = [
        Text(above),
        *(Text(warning, "warning") for warning in warnings(report)),
        Table(
            [f"{coin} moves", *(percent(one.move, signed=True) for one in outcomes)],
            rows,
            caption="Gain and loss, USD",
        ),
        Text(said),
    ]
    print(Section(blocks))
