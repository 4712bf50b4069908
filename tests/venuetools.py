"""Venues on loopback: each speaks enough of a real one's public REST interface for ccxt.

They answer as their originals do where it matters: the order of the rows, the limit of a page,
whether an end is included, what an unknown market gets. `World` is what happened, the same for all;
a `Fault` is what goes wrong with the next request.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from hedgelib.live import calls

LOOPBACK = "127.0.0.1"
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NOW = datetime(2025, 3, 10, 10, 0, tzinfo=UTC)
"""Well before today: ccxt reads the real clock now and then, and must not get ahead of it."""

TODAY = NOW.date()
COINS = {"BTC": (60_000.0, 1.0), "ETH": (3_000.0, 1.1), "ADA": (0.5, 1.4), "LINK": (15.0, 1.2)}


DATED = (date(2025, 3, 14), date(2025, 3, 19), date(2025, 6, 27))
"""Days on which OKX's dated contracts expire: two Fridays, and a day of another kind."""


def ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY_MS


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


@dataclass
class World:
    """What happened: prices by coin and day, today's unfinished candle included, and payments."""

    days: int = 450
    spot: dict[str, dict[date, float]] = field(default_factory=dict)
    perp: dict[str, dict[date, float]] = field(default_factory=dict)
    paid: dict[str, dict[int, float]] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    """Mark prices of now, by coin; where there are none, the venue does not tell."""
    hours: int = 8

    def __post_init__(self) -> None:
        random = np.random.default_rng(7)
        common = random.normal(0.0005, 0.03, self.days)
        for coin, (price, beta) in COINS.items():
            own = random.normal(0, 0.02, self.days) * (coin != "BTC")
            path = price * np.cumprod(1 + beta * common + own)
            days = [back(self.days - 1 - i) for i in range(self.days)]
            self.spot[coin] = {d: round(float(p), 6) for d, p in zip(days, path, strict=True)}
            self.perp[coin] = {d: round(p * 1.0005, 6) for d, p in self.spot[coin].items()}
        for coin in ("BTC", "ETH"):
            self.pay(coin, self.hours)
        for coin in ("ADA", "LINK"):
            del self.perp[coin]

    def pay(self, coin: str, hours: int) -> None:
        first, last = ms(back(self.days - 1)), round(NOW.timestamp() * 1000)
        times = range(first, last, hours * HOUR_MS)
        rates = 0.0001 * hours / 8 * np.sin(np.arange(len(times)))
        self.paid[coin] = {t: round(float(r), 8) for t, r in zip(times, rates, strict=True)}


@dataclass
class Fault:
    """What the next request to a matching path gets instead of its answer."""

    kind: str
    path: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class FakeVenue:
    """What all of them share: the world, the requests so far and the faults to come."""

    key = ""
    hours = 8
    """Between two payments."""

    def __init__(self) -> None:
        self.world = World(hours=self.hours)
        self.now = NOW
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.faults: list[Fault] = []
        self.twice: set[int] = set()
        """Times whose row comes twice."""
        self.delisted: set[str] = set()
        """Coins whose perpetual the venue does not list any more."""
        self.gone: set[str] = set()
        """Coins without a spot market."""
        self.released = threading.Event()
        self.extra: dict[str, Any] = {}
        """Changes to the records of perpetuals, by coin."""
        self.balances: dict[str, float] = {}
        self.positions: dict[str, tuple[float, float]] = {}
        """Contracts, signed, and average entry, by coin; and the coins in the futures wallet."""
        self.signed: list[dict[str, str]] = []
        """Headers of the requests that were signed."""

    def get(self, path: str, query: dict[str, str]) -> Any:
        raise NotImplementedError

    def perps(self) -> list[str]:
        return [coin for coin in self.world.perp if coin not in self.delisted]

    def spots(self) -> list[str]:
        return [coin for coin in self.world.spot if coin not in self.gone]

    def record(self, coin: str, record: dict[str, Any]) -> dict[str, Any]:
        return record | self.extra.get(coin, {})

    def candles(self, table: dict[date, float], start: int, end: int) -> list[tuple[int, float]]:
        """Rows from start to end, both included, oldest first."""
        rows = [(ms(d), p) for d, p in table.items() if start <= ms(d) <= end]
        return sorted(rows + [row for row in rows if row[0] in self.twice])

    def payments(self, coin: str, start: int, end: int) -> list[tuple[int, float]]:
        rows = [(t, r) for t, r in self.world.paid.get(coin, {}).items() if start <= t <= end]
        return sorted(rows + [row for row in rows if row[0] in self.twice])

    def mark(self, coin: str) -> str:
        if coin not in self.world.marks:
            raise Refusal(404, {})
        return f"{self.world.marks[coin]}"

    def asked(self, path: str) -> list[dict[str, str]]:
        return [query for found, query in self.requests if path in found]


class Refusal(Exception):
    """A status and a body that the venue refuses with."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Binance(FakeVenue):
    key = "binance"

    def get(self, path: str, query: dict[str, str]) -> Any:
        if path.endswith("/time"):
            return {"serverTime": round(self.now.timestamp() * 1000)}
        if path == "/api/v3/exchangeInfo":
            return {"symbols": [self.spot_record(coin) for coin in self.spots()]}
        if path == "/dapi/v1/exchangeInfo":
            quarterly = self.perp_record("BTC") | {
                "symbol": "BTCUSD_250627",
                "contractType": "CURRENT_QUARTER",
                "deliveryDate": 1751011200000,
            }
            return {"symbols": [quarterly, *map(self.perp_record, self.perps())]}
        if path == "/fapi/v1/exchangeInfo":
            return {"symbols": [self.linear_record(coin) for coin in ("BTC", "ETH")]}
        if path == "/api/v3/klines":
            return self.klines(query, self.spots(), "USDT", self.world.spot, 1000)
        if path == "/dapi/v1/klines":
            span = int(query["endTime"]) - int(query["startTime"])
            if span > 200 * DAY_MS:
                raise Refusal(400, {"code": -4105, "msg": "Timespan greater than 200 days."})
            return self.klines(query, self.perps(), "USD_PERP", self.world.perp, 1500)
        if path == "/dapi/v1/indexPriceKlines":
            return self.klines(query, self.perps(), "USD", self.world.spot, 1500)
        if path == "/dapi/v1/fundingRate":
            coin = self.coin(query["symbol"], self.perps(), "USD_PERP")
            rows = self.payments(coin, int(query["startTime"]), int(query["endTime"]))
            return [
                # A few milliseconds late, as the original is.
                {"symbol": query["symbol"], "fundingTime": t + 3, "fundingRate": f"{r:.8f}"}
                for t, r in rows[: min(int(query["limit"]), 1000)]
            ]
        if path == "/dapi/v1/premiumIndex":
            coin = self.coin(query["symbol"], self.perps(), "USD_PERP")
            return [{"symbol": query["symbol"], "markPrice": self.mark(coin), "time": 0}]
        if path in ("/dapi/v1/leverageBracket", "/dapi/v2/leverageBracket"):
            return []
        if path == "/dapi/v1/account":
            return {
                "assets": [
                    {"asset": coin, "walletBalance": f"{amount}", "marginBalance": "9"}
                    for coin, amount in self.balances.items()
                ],
                "positions": [],
            }
        if path == "/dapi/v1/positionRisk":
            return [
                {
                    "symbol": f"{coin}USD_PERP",
                    "positionAmt": f"{contracts:g}",
                    "entryPrice": f"{entry}",
                    "markPrice": f"{entry}",
                    "unRealizedProfit": "0",
                    "liquidationPrice": "0",
                    "leverage": "2",
                    "marginType": "cross",
                    "isolatedMargin": "0",
                    "positionSide": "BOTH",
                    "notionalValue": f"{contracts * 100 / entry:.8f}",
                }
                for coin, (contracts, entry) in self.positions.items()
            ]
        raise Refusal(404, {"code": -1, "msg": "no such path"})

    def coin(self, symbol: str, coins: list[str], ending: str) -> str:
        coin = symbol.removesuffix(ending)
        if coin not in coins or not symbol.endswith(ending):
            raise Refusal(400, {"code": -1121, "msg": "Invalid symbol."})
        return coin

    def klines(
        self,
        query: dict[str, str],
        coins: list[str],
        ending: str,
        table: dict[str, dict[date, float]],
        most: int,
    ) -> Any:
        coin = self.coin(query.get("symbol", query.get("pair", "")), coins, ending)
        rows = self.candles(table[coin], int(query["startTime"]), int(query["endTime"]))
        return [
            [t, f"{p}", f"{p}", f"{p}", f"{p}", "1.0", t + DAY_MS - 1, "1", 1, "1", "1", "0"]
            for t, p in rows[: min(int(query["limit"]), most)]
        ]

    def spot_record(self, coin: str) -> dict[str, Any]:
        return {
            "symbol": f"{coin}USDT",
            "status": "TRADING",
            "baseAsset": coin,
            "quoteAsset": "USDT",
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}],
            "permissions": ["SPOT"],
        }

    def perp_record(self, coin: str) -> dict[str, Any]:
        record = {
            "symbol": f"{coin}USD_PERP",
            "pair": f"{coin}USD",
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "contractStatus": "TRADING",
            "contractSize": 100 if coin == "BTC" else 10,
            "marginAsset": coin,
            "baseAsset": coin,
            "quoteAsset": "USD",
            "pricePrecision": 1,
            "quantityPrecision": 0,
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": "0.1" if coin == "BTC" else "0.01"},
                {"filterType": "LOT_SIZE", "stepSize": "1", "minQty": "1", "maxQty": "100000"},
            ],
        }
        return self.record(coin, record)

    def linear_record(self, coin: str) -> dict[str, Any]:
        record = self.perp_record(coin) | {
            "symbol": f"{coin}USDT",
            "pair": f"{coin}USDT",
            "status": "TRADING",
            "marginAsset": "USDT",
            "quoteAsset": "USDT",
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": "0.1"},
                {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001"},
            ],
        }
        del record["contractSize"], record["contractStatus"]
        return record | self.extra.get(f"{coin}USDT", {})


class Bybit(FakeVenue):
    key = "bybit"

    def get(self, path: str, query: dict[str, str]) -> Any:
        if path == "/v5/market/time":
            return self.good({"timeSecond": str(int(self.now.timestamp())), "timeNano": "0"})
        if path == "/v5/market/instruments-info":
            return self.instruments(query)
        if path == "/v5/market/kline" and query["category"] == "spot":
            return self.kline(query, self.spots(), "USDT", self.world.spot)
        if path == "/v5/market/kline":
            return self.kline(query, self.perps(), "USD", self.world.perp)
        if path == "/v5/market/index-price-kline":
            return self.kline(query, self.perps(), "USD", self.world.spot)
        if path == "/v5/market/funding/history":
            coin = self.coin(query["symbol"], self.perps(), "USD")
            rows = self.payments(coin, int(query["startTime"]), int(query["endTime"]))
            # The newest first, and so the newest ones where there are too many.
            rows = rows[::-1][: min(int(query["limit"]), 200)]
            return self.good(
                {
                    "category": "inverse",
                    "list": [
                        {
                            "symbol": query["symbol"],
                            "fundingRate": f"{r}",
                            "fundingRateTimestamp": f"{t}",
                        }
                        for t, r in rows
                    ],
                }
            )
        if path == "/v5/market/tickers":
            coin = self.coin(query["symbol"], self.perps(), "USD")
            record = {"symbol": query["symbol"], "markPrice": self.mark(coin)}
            return self.good({"category": query["category"], "list": [record]})
        if path == "/v5/user/query-api":
            return self.good({"unified": 0, "uta": 1})
        if path == "/v5/account/info":
            return self.good({"unifiedMarginStatus": 4, "marginMode": "REGULAR_MARGIN"})
        if path == "/v5/account/wallet-balance":
            coins = [
                {"coin": coin, "walletBalance": f"{amount}", "equity": "9"}
                for coin, amount in self.balances.items()
            ]
            return self.good({"list": [{"accountType": "UNIFIED", "coin": coins}]})
        if path == "/v5/position/list":
            records = [
                {
                    "symbol": f"{coin}USD",
                    "side": "Sell" if contracts < 0 else "Buy",
                    "size": f"{abs(contracts):g}",
                    "avgPrice": f"{entry}",
                    "positionValue": "1",
                    "leverage": "2",
                }
                for coin, (contracts, entry) in self.positions.items()
            ]
            return self.good({"list": records, "nextPageCursor": "", "category": "inverse"})
        raise Refusal(404, "")

    def good(self, result: Any) -> dict[str, Any]:
        return {
            "retCode": 0,
            "retMsg": "OK",
            "result": result,
            "time": round(self.now.timestamp() * 1000),
        }

    def coin(self, symbol: str, coins: list[str], ending: str) -> str:
        coin = symbol.removesuffix(ending)
        if coin not in coins:
            raise Refusal(200, {"retCode": 10001, "retMsg": "Not supported symbols", "result": {}})
        return coin

    def kline(
        self,
        query: dict[str, str],
        coins: list[str],
        ending: str,
        table: dict[str, dict[date, float]],
    ) -> Any:
        coin = self.coin(query["symbol"], coins, ending)
        rows = self.candles(table[coin], int(query["start"]), int(query["end"]))
        rows = rows[::-1][: min(int(query["limit"]), 1000)]
        bars = [[f"{t}", f"{p}", f"{p}", f"{p}", f"{p}", "1", "1"] for t, p in rows]
        return self.good({"symbol": query["symbol"], "category": query["category"], "list": bars})

    def instruments(self, query: dict[str, str]) -> Any:
        category = query["category"]
        records: list[dict[str, Any]] = []
        if category == "spot":
            records = [
                {
                    "symbol": f"{coin}USDT",
                    "baseCoin": coin,
                    "quoteCoin": "USDT",
                    "status": "Trading",
                    "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.01"},
                    "priceFilter": {"tickSize": "0.01"},
                }
                for coin in self.spots()
            ]
        elif category == "linear":
            records = [] if query.get("status") else [*map(self.linear_record, ("BTC", "ETH"))]
        elif query.get("status") != "PreLaunch":
            records = [*map(self.perp_record, self.perps())]
        return self.good({"category": category, "list": records, "nextPageCursor": ""})

    def perp_record(self, coin: str) -> dict[str, Any]:
        record = {
            "symbol": f"{coin}USD",
            "contractType": "InversePerpetual",
            "status": "Trading",
            "baseCoin": coin,
            "quoteCoin": "USD",
            "settleCoin": coin,
            "deliveryTime": "0",
            "fundingInterval": 60 * self.world.hours,
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00"},
            "priceFilter": {"tickSize": "0.50" if coin == "BTC" else "0.05"},
            # The smallest order is what ccxt takes for the face.
            "lotSizeFilter": {"qtyStep": "1", "minOrderQty": "5", "maxOrderQty": "9"},
        }
        return self.record(coin, record)

    def linear_record(self, coin: str) -> dict[str, Any]:
        return self.perp_record(coin) | {
            "symbol": f"{coin}USDT",
            "contractType": "LinearPerpetual",
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "lotSizeFilter": {"qtyStep": "0.001" if coin == "BTC" else "0.01"},
        }


class Okx(FakeVenue):
    key = "okx"

    def get(self, path: str, query: dict[str, str]) -> Any:
        if path == "/api/v5/public/time":
            return self.good([{"ts": str(round(self.now.timestamp() * 1000))}])
        if path == "/api/v5/public/instruments":
            records = {
                "SPOT": [*map(self.spot_record, self.spots())],
                "SWAP": [*map(self.perp_record, self.perps()), *map(self.linear, ("BTC", "ETH"))],
                "FUTURES": [self.dated(coin, day) for coin in ("BTC", "ETH") for day in DATED],
            }
            return self.good(records[query["instType"]])
        if path in ("/api/v5/market/candles", "/api/v5/market/history-candles"):
            name = query["instId"]
            if name.endswith("-SWAP"):
                return self.bars(query, self.perps(), "-USD-SWAP", self.world.perp, 300)
            return self.bars(query, self.spots(), "-USDT", self.world.spot, 300)
        if path in ("/api/v5/market/index-candles", "/api/v5/market/history-index-candles"):
            return self.bars(query, self.perps(), "-USD", self.world.spot, 100)
        if path == "/api/v5/public/funding-rate-history":
            coin = self.coin(query["instId"], self.perps(), "-USD-SWAP")
            # Three months are kept; both ends are left out.
            kept = max(int(query["before"]) + 1, ms(back(92)))
            rows = self.payments(coin, kept, int(query["after"]) - 1)
            return self.good(
                [
                    {
                        "instId": query["instId"],
                        "fundingRate": "0",
                        "realizedRate": f"{r}",
                        "fundingTime": f"{t}",
                    }
                    for t, r in rows[::-1][: min(int(query["limit"]), 100)]
                ]
            )
        if path == "/api/v5/public/mark-price":
            coin = self.coin(query["instId"], self.perps(), "-USD-SWAP")
            assert query["instType"] == "SWAP"
            return self.good([{"instId": query["instId"], "markPx": self.mark(coin), "ts": "0"}])
        raise Refusal(404, {"code": "404", "msg": ""})

    def good(self, data: Any) -> dict[str, Any]:
        return {"code": "0", "msg": "", "data": data}

    def coin(self, name: str, coins: list[str], ending: str) -> str:
        coin = name.removesuffix(ending)
        if coin not in coins:
            raise Refusal(400, {"code": "51001", "msg": "Instrument ID does not exist", "data": []})
        return coin

    def bars(
        self,
        query: dict[str, str],
        coins: list[str],
        ending: str,
        table: dict[str, dict[date, float]],
        most: int,
    ) -> Any:
        assert query["bar"] == "1Dutc", "a day of the original begins at 16:00 UTC otherwise"
        coin = self.coin(query["instId"], coins, ending)
        rows = self.candles(table[coin], int(query["before"]) + 1, int(query["after"]) - 1)
        rows = rows[::-1][: min(int(query["limit"]), most)]
        return self.good([[f"{t}", *[f"{p}"] * 4, "1", "1", "1", "1"] for t, p in rows])

    def spot_record(self, coin: str) -> dict[str, Any]:
        return {
            "instType": "SPOT",
            "instId": f"{coin}-USDT",
            "baseCcy": coin,
            "quoteCcy": "USDT",
            "state": "live",
            "lotSz": "0.0001",
            "minSz": "0.0001",
            "tickSz": "0.01",
            "lever": "10",
        }

    def perp_record(self, coin: str) -> dict[str, Any]:
        record = {
            "instType": "SWAP",
            "instId": f"{coin}-USD-SWAP",
            "instFamily": f"{coin}-USD",
            "uly": f"{coin}-USD",
            "settleCcy": coin,
            "ctVal": "100" if coin == "BTC" else "10",
            "ctMult": "1",
            "ctValCcy": "USD",
            "ctType": "inverse",
            "state": "live",
            "lotSz": "1",
            "minSz": "1",
            "tickSz": "0.1",
            "lever": "100",
        }
        return self.record(coin, record)

    def linear(self, coin: str) -> dict[str, Any]:
        return self.perp_record(coin) | {
            "instId": f"{coin}-USDT-SWAP",
            "instFamily": f"{coin}-USDT",
            "uly": f"{coin}-USDT",
            "settleCcy": "USDT",
            "ctVal": "0.01" if coin == "BTC" else "0.1",
            "ctValCcy": coin,
            "ctType": "linear",
            "lotSz": "0.01",
        }

    def dated(self, coin: str, day: date) -> dict[str, Any]:
        return self.perp_record(coin) | {
            "instType": "FUTURES",
            "instId": f"{coin}-USD-{day:%y%m%d}",
            "expTime": str(ms(day) + 8 * HOUR_MS),
            "lotSz": "0.1",
        }


class Deribit(FakeVenue):
    key = "deribit"
    hours = 1

    def get(self, path: str, query: dict[str, str]) -> Any:
        name = path.removeprefix("/api/v2/public/")
        if name == "get_time":
            return self.good(round(self.now.timestamp() * 1000))
        if name == "get_instruments":
            return self.good(
                [*map(self.spot_record, self.spots()), *map(self.perp_record, self.perps())]
            )
        if name == "ticker":
            coin = query["instrument_name"].removesuffix("-PERPETUAL")
            record = {"instrument_name": query["instrument_name"], "mark_price": self.mark(coin)}
            return self.good(record | {"stats": {}, "timestamp": 0})
        start, end = int(query["start_timestamp"]), int(query["end_timestamp"])
        market = query["instrument_name"]
        coin = market.removesuffix("-PERPETUAL").removesuffix("_USDC")
        perpetual = market.endswith("-PERPETUAL")
        if coin not in (self.perps() if perpetual else self.spots()):
            raise Refusal(400, {"error": {"code": 13020, "message": "not_found"}})
        if name == "get_tradingview_chart_data":
            table = self.world.perp if perpetual else self.world.spot
            rows = self.candles(table[coin], start, end)
            prices = [p for _, p in rows]
            bars = dict.fromkeys(("open", "high", "low", "close", "cost", "volume"), prices)
            status = "ok" if rows else "no_data"
            return self.good({**bars, "ticks": [t for t, _ in rows], "status": status})
        if name == "get_funding_rate_history":
            rows = self.payments(coin, start, end)[-744:]
            return self.good(
                [{"timestamp": t, "interest_1h": r, "interest_8h": 8 * r} for t, r in rows]
            )
        raise Refusal(404, {"error": {"code": 1, "message": "no such method"}})

    def good(self, result: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "result": result}

    def spot_record(self, coin: str) -> dict[str, Any]:
        return {
            "kind": "spot",
            "instrument_name": f"{coin}_USDC",
            "base_currency": coin,
            "counter_currency": "USDC",
            "quote_currency": "USDC",
            "settlement_currency": None,
            "is_active": True,
            "min_trade_amount": 0.0001,
            "tick_size": 0.01,
            "contract_size": 0.0001,
        }

    def perp_record(self, coin: str) -> dict[str, Any]:
        record = {
            "kind": "future",
            "instrument_name": f"{coin}-PERPETUAL",
            "base_currency": coin,
            "counter_currency": "USD",
            "quote_currency": "USD",
            "settlement_currency": coin,
            "settlement_period": "perpetual",
            "expiration_timestamp": 32503708800000,
            "is_active": True,
            "min_trade_amount": 10 if coin == "BTC" else 1,
            "contract_size": 10 if coin == "BTC" else 1,
            "tick_size": 0.5 if coin == "BTC" else 0.05,
            "maker_commission": 0.0,
            "taker_commission": 0.0005,
            "max_leverage": 50,
        }
        return self.record(coin, record)


class Kraken(FakeVenue):
    key = "kraken"
    hours = 1

    def get(self, path: str, query: dict[str, str]) -> Any:
        if path == "/0/public/AssetPairs":
            return self.good({f"X{self.id(c)}ZUSD": self.pair(c) for c in self.spots()})
        if path == "/0/public/OHLC":
            coin = self.coin(query["pair"].removeprefix("X").removesuffix("ZUSD"))
            rows = self.candles(self.world.spot[coin], 0, 10**15)[-720:]
            rows = [r for r in rows if r[0] // 1000 > int(query["since"])]
            bars = [[t // 1000, *[f"{p}"] * 5, "1", 1] for t, p in rows]
            return self.good({query["pair"]: bars, "last": 0})
        if path == "/derivatives/api/v3/instruments":
            index = {"symbol": "in_xbtusd", "type": "spot index", "tradeable": False}
            return {
                "result": "success",
                "instruments": [index, *map(self.perp_record, self.perps())],
            }
        if path == "/derivatives/api/v4/historicalfundingrates":
            coin = self.coin(query["symbol"].removeprefix("PI_").removesuffix("USD"))
            return {
                "result": "success",
                "rates": [
                    {
                        "timestamp": datetime.fromtimestamp(t / 1000, UTC).strftime(
                            "%Y-%m-%dT%H:%M:%S.000Z"
                        ),
                        "fundingRate": r / self.world.spot[coin][back(1)],
                        "relativeFundingRate": r,
                    }
                    for t, r in self.payments(coin, 0, 10**15)
                ],
            }
        if path.startswith("/derivatives/api/v3/tickers/"):
            symbol = path.rpartition("/")[2]
            mark = self.mark(self.coin(symbol.removeprefix("PI_").removesuffix("USD")))
            return {"result": "success", "ticker": {"symbol": symbol, "markPrice": float(mark)}}
        charts = re.fullmatch(r"/api/charts/v1/(trade|spot)/PI_(\w+)USD/1d", path)
        if charts:
            coin = self.coin(charts[2])
            table = self.world.perp if charts[1] == "trade" else self.world.spot
            start, end = 1000 * int(query["from"]), 1000 * int(query["to"])
            rows = self.candles(table[coin], start, end)[:2000]
            bars = [
                {"time": t, "open": f"{p}", "high": f"{p}", "low": f"{p}", "close": f"{p}"}
                for t, p in rows
            ]
            return {"candles": [bar | {"volume": 0} for bar in bars], "more_candles": False}
        raise Refusal(404, {"result": "error", "error": "notFound"})

    def good(self, result: Any) -> dict[str, Any]:
        return {"error": [], "result": result}

    def id(self, coin: str) -> str:
        return "XBT" if coin == "BTC" else coin

    def coin(self, name: str) -> str:
        return "BTC" if name == "XBT" else name

    def pair(self, coin: str) -> dict[str, Any]:
        return {
            "altname": f"{self.id(coin)}USD",
            "wsname": f"{self.id(coin)}/USD",
            "base": f"X{self.id(coin)}" if coin in ("BTC", "ETH") else coin,
            "quote": "ZUSD",
            "status": "online",
            "pair_decimals": 1,
            "lot_decimals": 8,
            "tick_size": "0.1",
            "fees": [[0, 0.4]],
            "fees_maker": [[0, 0.25]],
            "leverage_buy": [],
            "leverage_sell": [],
        }

    def perp_record(self, coin: str) -> dict[str, Any]:
        floors = [0, 500_000, 1_000_000] if coin == "BTC" else [0, 250_000, 500_000]
        record = {
            "symbol": f"PI_{self.id(coin)}USD",
            "type": "futures_inverse",
            "underlying": f"rr_{self.id(coin).lower()}usd",
            "tickSize": 0.5 if coin == "BTC" else 0.05,
            "contractSize": 1,
            "contractValueTradePrecision": 0,
            "tradeable": True,
            "marginLevels": [
                {"contracts": floor, "initialMargin": 2 * rate, "maintenanceMargin": rate}
                for floor, rate in zip(floors, [0.01, 0.02, 0.03], strict=True)
            ],
        }
        return self.record(coin, record)


FAKES: dict[str, type[FakeVenue]] = {
    fake.key: fake for fake in (Binance, Bybit, Okx, Deribit, Kraken)
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    venue: FakeVenue

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.venue.requests.append((parts.path, query))
        if "signature" in query or any("SIGN" in name.upper() for name in self.headers):
            self.venue.signed.append(dict(self.headers))
        fault = next((f for f in self.venue.faults if f.path in parts.path), None)
        if fault is not None:
            self.venue.faults.remove(fault)
            if fault.kind == "status":
                return self.send(fault.status, fault.body, fault.headers)
        try:
            status, body = 200, json.dumps(self.venue.get(parts.path, query))
        except Refusal as refusal:
            status, body = refusal.status, json.dumps(refusal.body)
        if fault is None:
            return self.send(status, body)
        if fault.kind == "truncated":
            return self.send(200, body[: len(body) // 2])
        if fault.kind == "broken":
            self.send(200, body[: len(body) // 2], length=len(body))
        elif fault.kind == "bomb":
            return self.send(200, "0" * 5_000_000, {"Content-Encoding": "gzip"}, packed=True)
        elif fault.kind == "drip":
            # A byte now and then, without end: the venue is never silent for long.
            self.send(200, "[", length=10**9)
            with suppress(OSError):
                while not self.venue.released.wait(0.05):
                    self.wfile.write(b" ")
        elif fault.kind == "held":
            self.venue.released.wait()
        elif fault.kind == "instead":
            return self.send(200, fault.body)
        self.close_connection = True
        return None

    def send(
        self,
        status: int,
        body: str,
        headers: dict[str, str] | None = None,
        length: int = -1,
        *,
        packed: bool = False,
    ) -> None:
        data = gzip.compress(body.encode()) if packed else body.encode()
        with suppress(ConnectionError):
            self.send_response_only(status)
            self.send_header("Date", formatdate(self.venue.now.timestamp(), usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data) if length < 0 else length))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    # A held request must not keep the test from its end.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def serving(venue: FakeVenue) -> Iterator[int]:
    """Serve a venue on a free loopback port."""
    handler = type("Handler", (_Handler,), {"venue": venue})
    with _Server((LOOPBACK, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            venue.released.set()
            server.shutdown()
            thread.join()


def redirected(urls: Any, port: int) -> Any:
    """Point every address of an exchange at loopback, whatever lies behind the host kept."""
    if isinstance(urls, dict):
        return {key: redirected(value, port) for key, value in urls.items()}
    return re.sub(r"^\w+://[^/]+", f"http://{LOOPBACK}:{port}", urls)


def opening(port: int) -> Callable[..., Any]:
    """Return an `open_exchange` whose exchanges ask loopback, and quickly."""

    def open_exchange(name: str, options: Any, **kwargs: Any) -> Any:
        exchange = calls.open_exchange(name, options, **kwargs)
        exchange.urls["api"] = redirected(exchange.urls["api"], port)
        assert exchange.enableRateLimit
        exchange.rateLimit = 0.01
        exchange.init_rest_rate_limiter()
        return exchange

    return open_exchange


@dataclass
class Clock:
    """A clock that only runs when somebody waits."""

    seconds: float = NOW.timestamp()
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def pace(self, **changes: Any) -> calls.Pace:
        given = {"now": lambda: self.seconds, "sleep": self.sleep, "chance": lambda: 0.5}
        return calls.Pace(**{**given, **changes})
