"""Sections on the day after: the position, the order ticket, and when to act."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.contracts import ContractTerms
from hedgelib.desk.alerts import Alert
from hedgelib.desk.position import Fill, Wallet, check_prices, read_fills, wallets
from hedgelib.desk.ticket import Order
from hedgelib.errors import HedgeError, InvalidInput, PortfolioFileError
from hedgelib.report.blocks import Block, Section, Table, Text, notes
from hedgelib.report.export import plain
from hedgelib.report.gather import table_lines
from hedgelib.report.parameters import ACCOUNT, ReportParameters, names_a_file
from hedgelib.report.phrases import coin_price
from hedgelib.report.registry import part

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

_COLUMNS = ("contract", "contracts", "entry_usd", "wallet")


def coins_shorted(fills: tuple[Fill, ...], data: market.Market) -> set[str]:
    """Return the coins of the shorts that are on."""
    return {_terms(fill.contract, data).coin for fill in fills if fill.contracts < 0}


def held(
    parameters: ReportParameters,
    contract: ContractTerms,
    data: market.Market,
    prices: Mapping[str, float],
    fills: tuple[Fill, ...],
) -> tuple[bool, tuple[Wallet, ...]]:
    """Return whether anything is said of what is on, and the wallets with the positions."""
    terms = {fill.contract: _terms(fill.contract, data) for fill in fills}
    found = wallets(
        fills,
        terms,
        planned=contract,
        balance=parameters.wallet,
        stablecoin=parameters.collateral == "stablecoin",
    )
    check_prices((p for wallet in found for p in wallet.positions), prices)
    return parameters.position is not None or parameters.wallet is not None, found


def _terms(name: str, data: market.Market) -> ContractTerms:
    """Find a contract: of the data in use, or of those that ship where another venue's is held."""
    try:
        return data.contract(name)
    except HedgeError:
        return market.Market.bundled().contract(name)


def positions(parameters: ReportParameters) -> tuple[Fill, ...]:
    """Read what is on, as the parameter says it."""
    text = parameters.position
    if text is None:
        return ()
    if text == ACCOUNT:
        from hedgelib.live.account import read_account

        assert parameters.live is not None
        return read_account(parameters.live)
    return _of_file(Path(text)) if names_a_file(text) else read_fills(text)


def _of_file(path: Path) -> tuple[Fill, ...]:
    (line, header), *rows = table_lines(path, _COLUMNS[0])
    header = [name.strip().lower() for name in header]
    if sorted(header) not in (sorted(_COLUMNS), sorted(_COLUMNS[:3])):
        raise PortfolioFileError(
            f"a file of positions has the columns {', '.join(_COLUMNS)} (the last one may be "
            f"missing), found {', '.join(header)}",
            path=path,
            line=line,
        )
    fills = []
    for line, row in rows:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        if len(row) != len(header):
            raise PortfolioFileError(
                f"{len(row)} values where the header has {len(header)}", path=path, line=line
            )
        numbers = {name: _number(path, line, name, cells.get(name, "")) for name in _COLUMNS[1:]}
        if numbers["contracts"] is None or numbers["entry_usd"] is None:
            raise PortfolioFileError("contracts and entry_usd must be given", path=path, line=line)
        try:
            fills.append(
                Fill(
                    contract=cells["contract"],
                    contracts=numbers["contracts"],
                    entry_usd=numbers["entry_usd"],
                    wallet=numbers["wallet"],
                )
            )
        except InvalidInput as error:
            raise PortfolioFileError(str(error), path=path, line=line) from error
    return tuple(fills)


def _number(path: Path, line: int, name: str, cell: str) -> float | None:
    if not cell:
        return None
    try:
        if cell.isascii() and "_" not in cell:
            return float(cell)
    except ValueError:
        pass
    raise PortfolioFileError(
        f"{cell!r} is no number; write a plain one such as -100 or 61250.5",
        path=path,
        line=line,
        column=name,
    )


def trade_words(report: HedgeReport) -> str:
    """Say in a sentence what to trade, where something is known of what is on."""
    desk = report.desk
    if not desk.known:
        return ""
    orders = desk.ticket.orders
    steps = "; ".join(step_words(order) for order in orders)
    if not steps:
        return (
            f"Nothing to trade: the short in {report.hedge_coin} is {usd(desk.ticket.held_usd)} "
            f"and should be {usd(desk.ticket.target_usd)}, and the difference is within the band "
            f"of {usd(desk.ticket.band_usd)}."
        )
    return (
        f"The short in {report.hedge_coin} is {usd(desk.ticket.held_usd)} and should be "
        f"{usd(desk.ticket.target_usd)}: {steps}."
    )


def step_words(order: Order) -> str:
    """Say in a few words what an order does."""
    if not order.contracts:
        verb = "transfer" if order.transfer > 0 else "take out"
        way = "to" if order.transfer > 0 else "from"
        return (
            f"{verb} {abs(order.transfer):,.8g} {order.currency} ({usd(abs(order.transfer_usd))}) "
            f"{way} {order.venue}"
        )
    only = ", reduce-only" if order.reduce_only else ""
    return (
        f"{order.side} {abs(order.contracts):,.10g} {order.symbol} at {order.venue} "
        f"({usd(order.notional_usd)}{only})"
    )


def _data(report: HedgeReport) -> dict[str, Any]:
    desk = report.desk
    ticket = desk.ticket
    positions = [
        {
            "contract": use.position.contract.id,
            "contracts": use.position.contracts,
            "entry_usd": use.position.entry_usd,
            "notional_usd": use.position.notional_usd(desk.prices[use.position.contract.coin]),
            "target": use.target,
            "action": use.verb,
            "why": use.why,
            **plain(_state(report, use.position)),
        }
        for use in ticket.uses
    ]
    return {
        "desk": {
            "known": desk.known,
            "positions": positions,
            "target_usd": ticket.target_usd,
            "held_usd": ticket.held_usd,
            "difference_usd": ticket.difference_usd,
            "band_usd": ticket.band_usd,
            "within_band": ticket.within_band,
            "money": {
                "equity_usd": desk.equity_usd,
                "transfer_usd": ticket.transfer_usd,
                "fee_usd": desk.fee_usd,
                "equity_after_usd": desk.equity_after_usd,
            },
            "orders": [
                plain(order) | {"side": order.side, "type": order.type} for order in ticket.orders
            ],
        },
        "alerts": plain(desk.alerts),
    }


def _state(report: HedgeReport, position: Any) -> dict[str, float | None]:
    """Return unrealised profit and liquidation price of a position, as they are now."""
    desk = report.desk
    wallet = next(w for w in desk.wallets if any(p is position for p in w.positions))
    price = desk.prices[position.contract.coin]
    return {
        "pnl_usd": position.pnl(price, wallet.currency) * wallet.unit_usd(desk.prices),
        "liquidation_price_usd": wallet.liquidation_price(position, desk.prices),
    }


@part("trade", "The position, and what to trade", data=_data)
def trade(report: HedgeReport) -> Section:
    """Show what is on, what should be on, and the orders in between."""
    desk = report.desk
    ticket, own = desk.ticket, desk.wallets[0]
    blocks: list[Block] = []
    if not desk.known:
        blocks.append(
            Text(
                "No position was given, so the ticket opens the whole hedge. Next time say what "
                "is on with --position and --wallet, and the ticket holds the difference alone."
            )
        )
    else:
        blocks.append(Text(trade_words(report), "lead"))
    if ticket.uses:
        blocks.append(_positions(report))
    if desk.known:
        blocks.append(
            Table(
                ["What", "USD"],
                _money(report),
                "lr",
                f"Short of {report.hedge_coin}, and the {own.currency} wallet at {own.venue}",
            )
        )
    if ticket.orders:
        blocks.append(_orders(ticket.orders))
    plan = report.plan
    unwinding = ""
    if not report.parameters.unwind:
        unwinding = (
            f"To take the hedge off later, buy back {abs(ticket.after[plan.contract.id]):,.10g} "
            f"contracts of {plan.contract.symbol}, reduce-only, whatever the price has done, and "
            "then take the margin out; --unwind writes that ticket."
        )
    blocks += notes(*_remarks(report), unwinding)
    return Section(blocks)


def _positions(report: HedgeReport) -> Table:
    rows = []
    for use in report.desk.ticket.uses:
        position, now = use.position, _state(report, use.position)
        reached = now["liquidation_price_usd"]
        far = "wallet not given"
        if reached is not None:
            far = coin_price(reached) if np.isfinite(reached) else "none"
        rows.append(
            [
                position.contract.id,
                f"{position.contracts:,.10g}".replace("-", "−"),
                coin_price(position.entry_usd),
                usd(now["pnl_usd"] or 0.0, signed=True),
                far,
                f"{use.verb}: {use.why}",
            ]
        )
    head = ["Contract", "Contracts", "Entry", "Unrealised", "Liquidated at", "What to do"]
    return Table(head, rows, "lrrrrl", "What is on", kind="ranges cards")


def _money(report: HedgeReport) -> list[list[str]]:
    desk = report.desk
    ticket, own = desk.ticket, desk.wallets[0]
    rows = [
        ["Short that is on", usd(ticket.held_usd)],
        ["Short that should be on", usd(ticket.target_usd)],
        ["Difference", usd(ticket.difference_usd, signed=True)],
        [f"Band, {percent(report.parameters.band, digits=1)}", usd(ticket.band_usd)],
    ]
    if own.balance is None or desk.equity_usd is None or desk.equity_after_usd is None:
        return rows
    pnl = own.pnl(desk.prices) * own.unit_usd(desk.prices)
    return [
        *rows,
        ["Balance of the wallet", usd(desk.equity_usd - pnl)],
        ["Unrealised profit", usd(pnl, signed=True)],
        ["Equity", usd(desk.equity_usd)],
        ["Transferred", usd(ticket.transfer_usd, signed=True)],
        ["Fees", usd(-desk.fee_usd, signed=True)],
        ["Equity after the orders", usd(desk.equity_after_usd)],
    ]


def _orders(orders: tuple[Order, ...]) -> Table:
    rows = [
        [
            str(order.step),
            order.venue,
            order.symbol if order.contracts else "",
            order.side if order.contracts or order.transfer > 0 else "take out",
            f"{abs(order.contracts):,.10g}" if order.contracts else "",
            f"{order.type} {coin_price(order.price_usd)}" if order.price_usd else "",
            ("yes" if order.reduce_only else "no") if order.contracts else "",
            f"{abs(order.transfer):,.8g} {order.currency}" if order.transfer else "",
            usd(order.notional_usd or abs(order.transfer_usd)),
        ]
        for order in orders
    ]
    return Table(
        ["Step", "Venue", "Symbol", "Side", "Contracts", "Order", "Reduce-only", "Margin", "USD"],
        rows,
        "llllrrlrr",
        "Order ticket, in the order in which to do it",
        kind="ranges cards orders",
    )


def _remarks(report: HedgeReport) -> list[str]:
    desk, plan, parameters = report.desk, report.plan, report.parameters
    said = []
    if desk.ticket.orders:
        said.append(
            "Nothing is placed. Limit prices are hints from the price of the report, on the "
            "venue's ticks"
            + ("" if plan.contract.tick_usd else " where those are known")
            + ": look at the order book first. The same ticket is in the file .orders.csv."
        )
    if desk.known and desk.equity_usd is None:
        said.append(
            f"The {desk.wallets[0].currency} wallet at {desk.wallets[0].venue} was not given, so "
            f"the ticket has no transfer: {usd(plan.wallet_usd)} of margin should be behind "
            "the plan. Give it with --wallet."
        )
    elif desk.known and parameters.collateral_usd is None:
        said.append(
            "The plan takes the margin that is in the wallet as it is, and asks for more only "
            "where the leverage cap needs it."
        )
    if any(use.verb == "unwind" and not parameters.unwind for use in desk.ticket.uses):
        said.append("Margin that an unwound position leaves in another wallet stays there.")
    if desk.known and parameters.collateral == "from_portfolio":
        said.append(
            "Margin in the futures wallet is taken not to be in the file; what is missing of it "
            "is counted as new money."
        )
    return said


_WORDS = {
    "distance": "Distance to liquidation down to {share} of today's",
    "leverage": "Leverage of {level:.2f}, over the cap of {cap:g}",
    "funding": "Funding below {rate} per 8 hours",
    "beta_high": "Beta above {level:.2f}, the top of its interval",
    "beta_low": "Beta below {level:.2f}, the bottom of its interval",
    "beta_high of a range": "Beta of the whole book above {level:.2f}, the top of its range",
    "beta_low of a range": "Beta of the whole book below {level:.2f}, the bottom of its range",
}


@part("alerts", "When to act")
def alerts(report: HedgeReport) -> Section:
    """List what to watch for, and the margin to add then."""
    found = report.desk.alerts
    if not found:
        return Section([Text("No position is left after the orders: there is nothing to watch.")])
    table = Table(
        ["When", f"{report.hedge_coin} at", "Margin to add", "USD", "Contracts"],
        [_alert_row(report, alert) for alert in found],
        "lrrrr",
        "Levels to set alarms at, for the position after the orders",
        kind="tight",
    )
    there = {alert.kind for alert in found}
    meanings = {
        "distance": "At each distance the top-up brings today's distance back.",
        "leverage": "At the leverage it brings the cap back.",
        "funding": "For funding it is what 30 days at that rate cost.",
        "beta_high": "For a beta it is the margin that the larger short needs, next to the "
        "contracts to trade.",
    }
    said = [" ".join(text for kind, text in meanings.items() if kind in there)]
    if report.plan.holds_coin:
        said.append(
            f"{report.hedge_coin} that is bought as a top-up brings its own exposure: make the "
            "report again afterwards, and it is covered."
        )
    if not any(alert.kind == "distance" for alert in found):
        said.insert(0, "No price liquidates the position, so there is no distance to watch.")
    return Section([table, *notes(*said)])


def _alert_row(report: HedgeReport, alert: Alert) -> list[str]:
    plan = report.plan
    ranged = " of a range" if report.gap and alert.kind.startswith("beta") else ""
    when = _WORDS[alert.kind + ranged].format(
        share=percent(alert.share or 0.0),
        level=alert.level,
        cap=report.parameters.max_leverage,
        rate=percent(alert.level, digits=2),
    )
    priced = alert.kind in ("distance", "leverage")
    enough = np.isfinite(alert.add_usd)
    unit = plan.contract.coin if plan.holds_coin else "USD"
    return [
        when,
        coin_price(alert.price_usd) if priced else "",
        (f"{alert.add:,.4f} {unit}" if alert.add else "none") if enough else "no amount is enough",
        usd(alert.add_usd) if enough and alert.add else "",
        f"{alert.contracts:+,.0f}".replace("-", "−") if alert.contracts else "",
    ]
