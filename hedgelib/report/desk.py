"""Sections on the day after: the position, the order ticket, and when to act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgelib import market
from hedgelib._text import contracts as counted
from hedgelib._text import percent, usd
from hedgelib.contracts import ContractTerms, round_contracts
from hedgelib.desk.alerts import Alert
from hedgelib.desk.position import (
    Fill,
    Wallet,
    check_prices,
    mark_usd,
    read_fills,
    wallets,
)
from hedgelib.desk.ticket import Order, Short, Ticket, ticket
from hedgelib.errors import HedgeError, InvalidInput, NothingToHedge, PortfolioFileError
from hedgelib.plan import HedgePlan
from hedgelib.report.blocks import Block, Section, Table, Text, notes
from hedgelib.report.export import order_data, plain
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
    contracts: Sequence[ContractTerms],
    data: market.Market,
    prices: Mapping[str, float],
    fills: tuple[Fill, ...],
) -> tuple[bool, tuple[Wallet, ...]]:
    """Return whether anything is said of what is on, and the wallets with the positions."""
    terms = {fill.contract: _terms(fill.contract, data) for fill in fills}
    found = wallets(
        fills,
        terms,
        planned=contracts,
        balance=parameters.wallet,
        stablecoin=parameters.collateral == "stablecoin",
    )
    check_prices((p for wallet in found for p in wallet.positions), prices)
    return parameters.position is not None or parameters.wallet is not None, found


def nothing_to_hedge(
    why: str,
    parameters: ReportParameters,
    data: market.Market,
    prices: Mapping[str, float],
    fills: tuple[Fill, ...],
) -> NothingToHedge:
    """Return the error of a book without exposure, with the orders that take off what is on."""
    _, found = held(parameters, [], data, prices, fills)
    orders = ticket(found, [], prices, band=0.0).orders
    said = f"nothing to hedge: {why}"
    if orders:
        steps = "; ".join(step_words(order) for order in orders)
        said += f". What is on hedges nothing, take it off: {steps}; then take the margin out"
    nothing = NothingToHedge(said)
    nothing.orders = orders
    return nothing


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
    ticket = desk.ticket
    steps = "; ".join(step_words(order) for order in ticket.orders)
    legs = len(ticket.shorts) > 1
    sizes = "; ".join(
        (
            f"the short in {short.contract.coin} is {usd(short.held_usd)} and"
            if short.held_usd >= 0
            else f"{short.contract.coin} is held long, {usd(-short.held_usd)}, and the short"
        )
        + f" should be {usd(short.target_usd)}"
        for short in ticket.shorts
    )
    if steps:
        return f"{sizes[0].upper()}{sizes[1:]}: {steps}."
    bands = " and ".join(usd(short.band_usd) for short in ticket.shorts)
    within = f"each difference is within its band, {bands}"
    if not legs:
        within = f"the difference is within the band of {bands}"
    return f"Nothing to trade: {sizes}, and {within}."


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
            **_sizes(ticket),
            "legs": [{"contract": one.contract.id, **_sizes(one)} for one in ticket.shorts],
            "money": {
                "equity_usd": desk.equity_usd,
                "transfer_usd": ticket.transfer_usd,
                "fee_usd": desk.fee_usd,
                "equity_after_usd": desk.equity_after_usd,
            },
            "wallets": [
                {
                    "venue": wallet.venue,
                    "currency": wallet.currency,
                    "equity_usd": wallet.equity_usd(desk.prices),
                    "transfer_usd": ticket.transfer_in(wallet),
                    "fee_usd": ticket.fee_in(wallet),
                    "equity_after_usd": desk.after_usd(wallet),
                }
                for wallet in desk.own
            ],
            "orders": [order_data(order) for order in ticket.orders],
        },
        "alerts": plain(desk.alerts),
    }


def _sizes(of: Ticket | Short) -> dict[str, Any]:
    return {
        "target_usd": of.target_usd,
        "held_usd": of.held_usd,
        "difference_usd": of.difference_usd,
        "band_usd": of.band_usd,
        "within_band": of.within_band,
    }


def _state(report: HedgeReport, position: Any) -> dict[str, float | None]:
    """Return unrealised profit and liquidation price of a position, as they are now."""
    desk = report.desk
    wallet = next(w for w in desk.wallets if any(p is position for p in w.positions))
    price = mark_usd(desk.prices, position.contract)
    return {
        "pnl_usd": position.pnl(price, wallet.currency) * wallet.unit_usd(desk.prices),
        "liquidation_price_usd": wallet.liquidation_price(position, desk.prices),
    }


@part("trade", "The position, and what to trade", data=_data)
def trade(report: HedgeReport) -> Section:
    """Show what is on, what should be on, and the orders in between."""
    desk = report.desk
    ticket = desk.ticket
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
        blocks += _money(report)
    if ticket.orders:
        blocks.append(_orders(ticket.orders))
    unwinding = ""
    if any(count < 0 for count in ticket.after.values()):
        on = {use.position.contract.id: use.position.contract for use in ticket.uses}
        on |= {short.contract.id: short.contract for short in ticket.shorts}
        back = " and ".join(
            f"{counted(ticket.after[name])} of {terms.symbol}"
            + (f" at {terms.venue}" if len(on) > len(ticket.shorts) else "")
            for name, terms in on.items()
            if ticket.after[name] < 0
        )
        unwinding = (
            f"To take the hedge off later, buy back {back}, reduce-only, whatever the price has "
            "done, and then take the margin out; --unwind writes that ticket."
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


def _money(report: HedgeReport) -> list[Table]:
    desk, tables = report.desk, []
    for leg, short in enumerate(desk.ticket.shorts):
        rows = [
            ["Short that is on", usd(short.held_usd)],
            ["Short that should be on", usd(short.target_usd)],
            ["Difference", usd(short.difference_usd, signed=True)],
            [f"Band, {percent(report.parameters.band, digits=1)}", usd(short.band_usd)],
        ]
        wallet, title = desk.behind[leg], f"Short of {short.contract.coin}"
        # A wallet that legs share is shown with the last of them.
        if wallet not in desk.behind[leg + 1 :]:
            rows += _wallet(report, wallet)
            title += f", and the {wallet.currency} wallet at {wallet.venue}"
        tables.append(Table(["What", "USD"], rows, "lr", title))
    for wallet in desk.own[len(set(desk.behind)) :]:
        title = f"The {wallet.currency} wallet at {wallet.venue}"
        tables.append(Table(["What", "USD"], _wallet(report, wallet), "lr", title))
    return tables


def _wallet(report: HedgeReport, wallet: Wallet) -> list[list[str]]:
    desk = report.desk
    equity_usd, after_usd = wallet.equity_usd(desk.prices), desk.after_usd(wallet)
    if equity_usd is None or after_usd is None:
        return []
    pnl = wallet.pnl(desk.prices) * wallet.unit_usd(desk.prices)
    return [
        ["Balance of the wallet", usd(equity_usd - pnl)],
        ["Unrealised profit", usd(pnl, signed=True)],
        ["Equity", usd(equity_usd)],
        ["Transferred", usd(desk.ticket.transfer_in(wallet), signed=True)],
        ["Fees", usd(-desk.ticket.fee_in(wallet), signed=True)],
        ["Equity after the orders", usd(after_usd)],
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
    desk, parameters = report.desk, report.parameters
    legs = tuple(zip(report.hedges, desk.behind, strict=True))
    said = []
    if desk.ticket.orders:
        said.append(
            "Nothing is placed. Limit prices are hints from the price of the report, on the "
            "venue's ticks"
            + ("" if all(plan.contract.tick_usd for plan, _ in legs) else " where those are known")
            + ": look at the order book first. The same ticket is in the file .orders.csv."
        )
    unknown = [wallet for wallet in desk.wallets if wallet.balance is None]
    how = "--wallet" if len(desk.wallets) == 1 else "a --position file with a column wallet"
    for wallet in unknown:
        after = desk.ticket.after
        here = [p for p, behind in legs if behind is wallet and after[p.contract.id] < 0]
        said += (
            f"The {wallet.currency} wallet at {wallet.venue} was not given, so the ticket has no "
            f"transfer: {usd(plan.wallet_usd)} of margin should be behind the plan in "
            f"{plan.contract.coin}. Give it with {how}."
            for plan in here
        )
        if not here:
            said.append(
                f"The {wallet.currency} wallet at {wallet.venue} was not given, so the plan counts "
                f"nothing in it. Give it with {how}."
            )
    if desk.known and not unknown and parameters.collateral_usd is None:
        said.append(
            "The plan takes the margin that is there as it is, and asks for more only where the "
            "leverage cap needs it."
        )
    puts = {order.currency for order in desk.ticket.orders if order.transfer > 0}
    if any(order.transfer < 0 and order.currency in puts for order in desk.ticket.orders):
        said.append("Margin is moved to where the shorts are; what is moved was not bought.")
    for wallet in desk.own:
        if desk.ticket.uses and not wallet.positions and not wallet.balance:
            said.append(
                f"The {wallet.currency} wallet at {wallet.venue} is taken to be empty: no position "
                "there was given."
            )
    counted_in = {wallet.currency for wallet in desk.behind}
    left = [
        f"{wallet.currency} at {wallet.venue}"
        for wallet in desk.wallets
        if wallet.currency not in counted_in and not parameters.unwind
    ]
    if left:
        said.append(
            f"What an unwound position leaves of {' and '.join(left)} stays there and is not "
            "counted: sell coins that are left, or list them in the book."
        )
    if desk.known and parameters.collateral == "from_portfolio":
        said.append(
            "Margin in the futures wallet is taken not to be in the file; what is missing of it "
            "is counted as new money."
        )
    return said


_WORDS = {
    "due": "Now: its margin is not above maintenance, and it is liquidated at once",
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
    tables = []
    plans = {plan.contract.coin: plan for plan in report.hedges}
    names = list(dict.fromkeys(alert.contract for alert in found))
    for name in names:
        of_one = [alert for alert in found if alert.contract == name]
        plan = plans[of_one[0].coin]
        title = "Levels to set alarms at, for the position after the orders"
        if len({alert.contract for alert in found if alert.coin == plan.contract.coin}) > 1:
            title += f": {name}"
        elif len(names) > 1:
            title += f": {plan.contract.coin}"
        tables.append(
            Table(
                ["When", f"{plan.contract.coin} at", "Margin to add", "USD", "Contracts"],
                [_alert_row(report, plan, alert) for alert in of_one],
                "lrrrr",
                title,
                kind="tight",
            )
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
        coins = " or ".join(plan.contract.coin for plan in report.hedges)
        said.append(
            f"{coins} that is bought as a top-up brings its own exposure: make the "
            "report again afterwards, and it is covered."
        )
    if safe := _never_liquidated(report):
        said.insert(0, safe)
    return Section([*tables, *notes(*said)])


def _never_liquidated(report: HedgeReport) -> str:
    """Say that no price liquidates the shorts, where their margin is known and that is so."""
    desk = report.desk
    unknown = any(wallet.balance is None for wallet in desk.wallets)
    if unknown or any(alert.kind in ("due", "distance") for alert in desk.alerts):
        return ""
    return "No price liquidates the position, so there is no distance to watch."


def _traded(exact: float, lot: float) -> str:
    whole = float(round_contracts(exact, "nearest", lot))
    return f"{whole:+,.10g}".replace("-", "−") if whole else ""


def _alert_row(report: HedgeReport, plan: HedgePlan, alert: Alert) -> list[str]:
    # The interval of a leg is that of the measured part alone.
    whole = report.gap and plan is report.plan
    ranged = " of a range" if whole and alert.kind.startswith("beta") else ""
    when = _WORDS[alert.kind + ranged].format(
        share=percent(alert.share or 0.0),
        level=alert.level,
        cap=report.parameters.max_leverage,
        rate=percent(alert.level, digits=2),
    )
    priced = alert.kind in ("due", "distance", "leverage")
    enough = np.isfinite(alert.add_usd)
    return [
        when,
        coin_price(alert.price_usd) if priced else "",
        (f"{alert.add:,.4f} {alert.currency}" if alert.add else "none")
        if enough
        else "no amount is enough",
        usd(alert.add_usd) if enough and alert.add else "",
        _traded(alert.contracts, plan.contract.lot),
    ]
