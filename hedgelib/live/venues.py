"""The venues that live data come from: how each is asked, and what its answers mean.

ccxt gives all of them one form. What it does not settle is here: how much fits one answer, where a
figure is the venue's own and where a default of ccxt, and what one payment of funding was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hedgelib._datafiles import did_you_mean
from hedgelib.errors import InvalidInput

Values = dict[str, float | str | tuple[float, ...]]
"""Figures by name, as `contracts.toml` names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a venue's own record of a contract says; a figure that it does not have is left out."""

    figures: Values
    status: str
    trading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveVenue:
    """How one venue is asked.

    key, name : as in the bundled contract terms, and for people
    futures, spot, options : ccxt's names of the exchanges with the perpetuals and the spot markets,
        and its options for both
    quotes : currencies that a spot market may be quoted in, the deepest markets first
    candle_days, funding_days, payments : days and payments of funding that fit one answer
    candle_end, index : whether the last candle can be named; whether it has candles of its index
    funding_end : how the last payment is named; "after" is exclusive
    read, paid : read the venue's record of a contract, and the rate paid out of one of its funding
    shared : figures that no record has because they are the same for every contract of the venue;
        they are taken from its bundled contracts
    mark : what a mark price is asked for with
    account, balance : what an account is asked for with, and the keys of a coin and of its balance
        without unrealised profit in the answer; empty where the answer is not known to have one
    positions_in_usd : whether positions are counted in USD and not in contracts
    """

    key: str
    name: str
    futures: str
    spot: str
    quotes: tuple[str, ...]
    candle_days: int
    funding_days: int
    payments: int
    read: Callable[[Mapping[str, Any]], Reading]
    options: dict[str, Any] = field(default_factory=dict)
    candle_end: bool = True
    funding_end: Literal["until", "after", ""] = "until"
    index: bool = True
    paid: Callable[[Mapping[str, Any]], float] = lambda record: number(record["fundingRate"])
    shared: tuple[str, ...] = ()
    mark: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)
    balance: tuple[str, str] | None = None
    positions_in_usd: bool = False


def number(value: Any) -> float:
    """Return a venue's number, which may be text; NaN where it is none."""
    try:
        given = float(value)
    except (TypeError, ValueError):
        return math.nan
    return given if math.isfinite(given) else math.nan


def _reading(status: str, trading: bool, **figures: float) -> Reading:
    """Return a reading with the figures that are numbers."""
    known: Values = {name: value for name, value in figures.items() if not math.isnan(value)}
    return Reading(figures=known, status=status, trading=trading)


def _part(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = record.get(key)
    return part if isinstance(part, Mapping) else {}


def _binance(record: Mapping[str, Any]) -> Reading:
    filters = {one["filterType"]: one for one in record.get("filters", ())}
    status = str(record.get("contractStatus", record.get("status", "not given")))
    return _reading(
        status,
        status == "TRADING",
        multiplier=number(record.get("contractSize")),
        lot=number(_part(filters, "LOT_SIZE").get("stepSize")),
        tick_usd=number(_part(filters, "PRICE_FILTER").get("tickSize")),
    )


def _bybit(record: Mapping[str, Any]) -> Reading:
    status = str(record.get("status", "not given"))
    # The record has no face, and ccxt gives the smallest order for it.
    return _reading(
        status,
        status == "Trading",
        lot=number(_part(record, "lotSizeFilter").get("qtyStep")),
        tick_usd=number(_part(record, "priceFilter").get("tickSize")),
        funding_hours=number(record.get("fundingInterval")) / 60,
        max_leverage=number(_part(record, "leverageFilter").get("maxLeverage")),
    )


def _okx(record: Mapping[str, Any]) -> Reading:
    status = str(record.get("state", "not given"))
    # The face of an inverse contract is in USD, and that of a linear one in coins.
    known = record.get("ctValCcy") == "USD" or record.get("ctType") == "linear"
    face = number(record.get("ctVal")) * number(record.get("ctMult") or 1)
    return _reading(
        status,
        status == "live",
        multiplier=face if known else math.nan,
        lot=number(record.get("lotSz")),
        tick_usd=number(record.get("tickSz")),
        max_leverage=number(record.get("lever")),
    )


def _deribit(record: Mapping[str, Any]) -> Reading:
    face = number(record.get("contract_size"))
    trading = record.get("is_active") is True
    return _reading(
        str(record.get("state", "active" if trading else "not active")),
        trading,
        multiplier=face,
        # Deribit counts orders in USD.
        lot=number(record.get("min_trade_amount")) / face if face > 0 else math.nan,
        tick_usd=number(record.get("tick_size")),
        maker_fee=number(record.get("maker_commission")),
        taker_fee=number(record.get("taker_commission")),
        max_leverage=number(record.get("max_leverage")),
    )


def _kraken(record: Mapping[str, Any]) -> Reading:
    trading = record.get("tradeable") is True
    reading = _reading(
        "tradeable" if trading else "not tradeable",
        trading,
        multiplier=number(record.get("contractSize")),
        lot=10.0 ** -number(record.get("contractValueTradePrecision")),
        tick_usd=number(record.get("tickSize")),
    )
    levels = [
        [number(level.get(key)) for key in ("contracts", "maintenanceMargin", "initialMargin")]
        for level in record.get("marginLevels", ())
    ]
    whole = levels and not any(math.isnan(x) for level in levels for x in level)
    if whole and reading.figures.get("multiplier") == 1.0:
        # Contracts of 1 USD: what is counted in contracts is counted in USD.
        floors, maintenance, initial = (tuple(row) for row in zip(*sorted(levels), strict=True))
        reading.figures.update(
            maintenance_floors=floors,
            maintenance_rates=maintenance,
            initial_margin_rates=initial,
            tier_unit="usd",
        )
    return reading


LIVE_VENUES = (
    LiveVenue(
        key="binance",
        name="Binance COIN-M",
        futures="binancecoinm",
        spot="binancecoinm",
        options={"fetchMarkets": {"types": ["spot", "inverse", "linear"]}},
        quotes=("USDT", "USDC", "FDUSD", "USD"),
        # The coin-margined side refuses spans of more than 200 days.
        candle_days=200,
        funding_days=150,
        payments=1000,
        read=_binance,
        mark={"subType": "inverse"},
        account={"type": "delivery", "subType": "inverse"},
        balance=("asset", "walletBalance"),
    ),
    LiveVenue(
        key="bybit",
        name="Bybit",
        futures="bybit",
        spot="bybit",
        options={"fetchMarkets": {"types": ["spot", "inverse", "linear"]}},
        quotes=("USDT", "USDC", "USD"),
        candle_days=1000,
        funding_days=60,
        payments=200,
        read=_bybit,
        account={"subType": "inverse"},
        balance=("coin", "walletBalance"),
        shared=("multiplier",),
    ),
    LiveVenue(
        key="okx",
        name="OKX",
        futures="okx",
        spot="okx",
        options={"fetchMarkets": {"types": ["spot", "swap", "future"]}},
        quotes=("USDT", "USDC", "USD"),
        candle_days=100,
        funding_days=30,
        payments=100,
        funding_end="after",
        read=_okx,
        mark={"instType": "SWAP"},
        balance=("ccy", "cashBal"),
    ),
    LiveVenue(
        key="deribit",
        name="Deribit",
        futures="deribit",
        spot="deribit",
        quotes=("USDC", "USDT", "USD"),
        candle_days=1000,
        funding_days=30,
        payments=744,
        index=False,
        read=_deribit,
        positions_in_usd=True,
        # Each hour has the rate of its own hour and that of the last eight; adding up the latter,
        # which ccxt gives, would count every payment eight times.
        paid=lambda record: number(_part(record, "info").get("interest_1h")),
        shared=("funding_hours",),
    ),
    LiveVenue(
        key="kraken",
        name="Kraken Futures",
        futures="krakenfutures",
        spot="kraken",
        quotes=("USD", "USDT", "USDC"),
        candle_days=700,
        candle_end=False,
        # The whole history comes in one answer.
        funding_days=20_000,
        payments=500_000,
        funding_end="",
        read=_kraken,
    ),
)


def live_venue(name: object) -> LiveVenue:
    """Find a venue by its key, its name or ccxt's name, in any case.

    >>> live_venue("Kraken Futures").key, live_venue("binancecoinm").name
    ('kraken', 'Binance COIN-M')
    """
    by_name = {n.casefold(): v for v in LIVE_VENUES for n in (v.key, v.name, v.futures)}
    if isinstance(name, str) and name.casefold() in by_name:
        return by_name[name.casefold()]
    keys = [venue.key for venue in LIVE_VENUES]
    raise InvalidInput(
        f"no live data from {name!r}{did_you_mean(name, keys)}; there are {', '.join(keys)}"
    )
