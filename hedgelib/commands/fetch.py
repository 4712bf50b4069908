"""``hedgelib fetch``: prices, funding and contract terms of a venue, as they are today."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedgelib.live import LiveData

SUMMARY = "get prices, funding and contract terms from a venue"
PARTLY = "some data could not be fetched"
DESCRIPTION = (
    "Get daily closes, prices of coin-margined perpetuals, their funding history and contract "
    "terms from a venue through ccxt, and keep them in a cache. What the cache has is not "
    "requested again, so an interrupted run continues where it stopped. Reports use it with --live."
)

_INTERRUPTED, _INCOMPLETE = 130, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument(
        "--venue", required=True, help="binance (COIN-M), bybit, okx, deribit or kraken (futures)"
    )
    parser.add_argument(
        "--coins", metavar="LIST", help="coins that are required, such as BTC,ETH,SOL"
    )
    parser.add_argument(
        "--portfolio",
        metavar="FILE",
        help="the coins of this portfolio file, as far as the venue has them, and BTC and ETH",
    )
    parser.add_argument(
        "--days",
        type=int,
        metavar="DAYS",
        default=400,
        help="days of history up to the last one that has ended (default: 400)",
    )
    parser.add_argument("--cache", metavar="DIR", help="folder of the cache (default: the user's)")
    parser.add_argument(
        "--max-age",
        type=float,
        metavar="HOURS",
        default=1.0,
        help="use a cache no older than this as it is (default: 1)",
    )
    parser.add_argument(
        "--offline", action="store_true", help="make no requests: show what the cache has"
    )


def run(arguments: argparse.Namespace) -> int:
    """Fill the cache, and say what is in it."""
    coins = arguments.coins and [c for c in arguments.coins.split(",") if c.strip()]

    # pandas takes its time, and --help does not need it.
    from hedgelib.live import fetch

    try:
        data = fetch(
            arguments.venue,
            coins,
            portfolio=arguments.portfolio,
            days=arguments.days,
            cache=arguments.cache,
            offline=arguments.offline,
            max_age_hours=arguments.max_age,
        )
    except KeyboardInterrupt:
        print(
            "hedgelib: interrupted; what was fetched is kept, run it again to go on",
            file=sys.stderr,
        )
        return _INTERRUPTED
    _tell(data)
    if data.failures:
        print(
            f"hedgelib: {len(data.failures)} series could not be fetched; the others can be used",
            file=sys.stderr,
        )
        return _INCOMPLETE
    return 0


def _tell(data: LiveData) -> None:
    from hedgelib.report.blocks import Points, Section, Table, Text

    (head, *rows), (second_head, *second) = data.coin_rows(), data.difference_rows()
    first, last = data.market.span
    done = "asked just now" if data.requested else f"from the cache, {data.age} old"
    blocks: list[Text | Table | Points] = [
        Table(
            head,
            rows,
            "llllrrlr",
            f"{data.name}, {first} to {last} (UTC), {done}",
        ),
        Text(data.terms_sentence()),
    ]
    if second:
        blocks.append(Table(second_head, second, "llllll", "Contract terms that differ"))
    if data.remarks():
        blocks.append(Points(data.remarks()))
    print(Section(blocks))
    print(f"\ncache: {data.folder}")
