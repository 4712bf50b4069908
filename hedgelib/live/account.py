"""The position at a venue, read with keys that its owner keeps in the environment.

The keys go to the venue's own address and nowhere else: no file, no log and no error has them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from hedgelib.desk.position import Fill
from hedgelib.errors import HedgeError, InvalidInput, VenueError
from hedgelib.live import fetching
from hedgelib.live.calls import Pace
from hedgelib.live.progress import Progress
from hedgelib.live.venues import LiveVenue, live_venue, number
from hedgelib.market import Market

_KEYS = {"KEY": "apiKey", "SECRET": "secret", "PASSWORD": "password"}


def read_account(venue: str, *, pace: Pace | None = None) -> tuple[Fill, ...]:
    """Read the open futures positions of an account, and the balances behind them.

    The keys are in HEDGELIB_<VENUE>_KEY, _SECRET and, where the venue has one, _PASSWORD; keys that
    may only read are enough, and nothing but reading is asked for.
    """
    source = live_venue(venue)
    keys = _keys(source)
    failed = ""
    try:
        return _read(source, keys, pace or Pace())
    except HedgeError as error:
        failed = str(error)
    except Exception as error:
        # What ccxt says may hold the address that was asked, with its signature.
        failed = f"{source.name} does not show the account: {type(error).__name__}"
    # Raised here, so that no traceback leads back to a request.
    for value in keys.values():
        failed = failed.replace(value, "***")
    names = " and ".join(_variable(source, name) for name in ("KEY", "SECRET"))
    raise VenueError(f"{failed}; check the keys in {names}, or write the position with --position")


def _variable(venue: LiveVenue, name: str) -> str:
    return f"HEDGELIB_{venue.key.upper()}_{name}"


def _keys(venue: LiveVenue) -> dict[str, str]:
    given = {own: os.environ.get(_variable(venue, name), "") for name, own in _KEYS.items()}
    for name in ("KEY", "SECRET"):
        if not given[_KEYS[name]].strip():
            raise InvalidInput(
                f"position account needs {_variable(venue, name)} in the environment: a key that "
                f"may only read, made at {venue.name}"
            )
    return {own: value for own, value in given.items() if value}


def _read(venue: LiveVenue, keys: Mapping[str, str], pace: Pace) -> tuple[Fill, ...]:
    with Progress(venue.name, show=False) as quiet:
        exchange: Any = fetching.open_exchange(  # type: ignore[attr-defined]
            venue.futures, venue.options, venue=venue.name, pace=pace, hint=quiet.hint
        )
    # The markets are public: only what is the account's own is asked for with the keys.
    exchange.load_markets()
    for name, value in keys.items():
        setattr(exchange, name, value)
    balances = _balances(venue, exchange)
    return tuple(_fills(venue, exchange, balances))


def _fills(venue: LiveVenue, exchange: Any, balances: Mapping[str, float]) -> Iterator[Fill]:
    empty = dict(balances)
    for record in exchange.fetch_positions(None, venue.account):
        count, entry = number(record["contracts"]), number(record["entryPrice"])
        if not count > 0 or not entry > 0:
            continue
        if record["side"] not in ("long", "short"):
            raise VenueError(f"{venue.name} does not say whether a position is long or short")
        market = exchange.market(record["symbol"])
        name = f"{venue.key}:{market['id']}"
        if venue.positions_in_usd:
            count /= Market.bundled().contract(name).multiplier
        yield Fill(
            contract=name,
            contracts=-count if record["side"] == "short" else count,
            entry_usd=entry,
            wallet=balances.get(market["settle"]),
        )
        empty.pop(market["settle"], None)
    for market in exchange.markets.values():
        if market.get("swap") and market.get("inverse") and market["settle"] in empty:
            # A wallet without a position is worth knowing as well.
            wallet = empty.pop(market["settle"])
            name = f"{venue.key}:{market['id']}"
            yield Fill(contract=name, contracts=0.0, entry_usd=1.0, wallet=wallet)


def _balances(venue: LiveVenue, exchange: Any) -> dict[str, float]:
    """Read the balances without unrealised profit, where the venue's answer is known to have them.

    ccxt's own total holds the unrealised profit at some venues and not at others.
    """
    if not venue.balance:
        return {}
    coin_key, amount_key = venue.balance
    found = {}
    for record in _records(exchange.fetch_balance(venue.account)["info"]):
        amount = number(record.get(amount_key))
        if coin_key in record and amount >= 0:
            found[str(record[coin_key])] = amount
    return found


def _records(answer: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every record in an answer, however deep."""
    if isinstance(answer, Mapping):
        yield answer
    inside = answer.values() if isinstance(answer, Mapping) else answer
    if isinstance(inside, list | type({}.values())):
        for one in inside:
            yield from _records(one)
