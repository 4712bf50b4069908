"""A week of one hedge at a venue: report, position, prices move, report, diff, orders, report."""

from __future__ import annotations

import json
from datetime import timedelta

import platformdirs
import pytest

from hedgelib import market
from hedgelib.__main__ import main
from hedgelib.contracts import run_ledger
from hedgelib.report import run
from hedgelib.report.dates import TODAY_VARIABLE
from tests.venuetools import TODAY


class Trader:
    """Somebody who does what the ticket says, at the price of the day, and keeps the account."""

    def __init__(self, venue):
        self.venue = venue
        self.fills: list[tuple[float, float]] = []
        self.coins = 0.0

    def do(self, orders, price):
        for order in orders:
            self.coins += order["transfer"]
            if order["contracts"]:
                self.fills.append((order["contracts"], price))
                self.coins -= order["fee_usd"] / price
        counts, prices = zip(*self.fills, strict=True)
        ledger = run_ledger(list(counts), list(prices), multiplier=1)
        self.venue.positions = {"BTC": (float(ledger.contracts[-1]), float(ledger.entry_usd[-1]))}
        self.venue.balances = {"BTC": self.coins + float(ledger.realised.sum())}


@pytest.fixture
def home(bybit, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: bybit.cache)
    monkeypatch.setattr(run, "make_one", lambda job, **_: run.make(job))
    monkeypatch.setenv(TODAY_VARIABLE, TODAY.isoformat())
    monkeypatch.setenv("HEDGELIB_BYBIT_KEY", "the-key")
    monkeypatch.setenv("HEDGELIB_BYBIT_SECRET", "the-secret")
    return bybit


def sums(data):
    """Every money line of the desk adds up."""
    desk = data["desk"]
    money = desk["money"]
    assert desk["difference_usd"] == pytest.approx(desk["target_usd"] - desk["held_usd"])
    assert money["equity_after_usd"] == pytest.approx(
        money["equity_usd"] + money["transfer_usd"] - money["fee_usd"]
    )
    assert money["transfer_usd"] == pytest.approx(sum(o["transfer_usd"] for o in desk["orders"]))
    assert money["fee_usd"] == pytest.approx(sum(o["fee_usd"] for o in desk["orders"]))
    return desk


@pytest.mark.parametrize("fall", [-0.25, 0.3])
def test_a_week(home, tmp_path, capsys, fall):
    book, out = tmp_path / "book.csv", tmp_path / "out"
    venue, trader = home.venue, Trader(home.venue)

    def report(name, *more):
        words = ["report", str(book), "--live", "bybit", "--benchmark", "BTC", "--json"]
        assert main([*words, "--out", str(out / name), *more]) == 0
        return json.loads((out / name / "book.report.json").read_text())

    def value(price):
        return f"coin,quantity\nADA,{40_000 * price}\nLINK,900\n"

    book.write_text(value(1))
    first = report("monday")
    desk = sums(first)
    assert not desk["known"]
    assert [order["side"] for order in desk["orders"]] == ["transfer", "sell"]
    assert (out / "monday" / "book.orders.csv").read_text().count("\n") == 3
    trader.do(desk["orders"], first["plan"]["price_usd"])

    # At once after the orders nothing is left to do.
    again = sums(report("tuesday", "--position", "account"))
    assert again["known"]
    assert again["orders"] == []
    assert abs(again["difference_usd"]) < 1
    assert again["money"]["equity_usd"] == pytest.approx(first["plan"]["wallet_usd"])

    # A week goes by, prices move, and something was bought.
    days = [TODAY + timedelta(days=day) for day in range(7)]
    for coin, path in venue.world.spot.items():
        last = path[TODAY - timedelta(days=1)]
        beta = {"BTC": 1.0, "ETH": 1.1, "ADA": 1.4, "LINK": 1.2}[coin]
        for number, day in enumerate(days, 1):
            path[day] = round(last * (1 + beta * fall * number / 7), 6)
            if coin in venue.world.perp:
                venue.world.perp[coin][day] = path[day]
    venue.now += timedelta(days=7)
    home.clock.seconds += 7 * 86_400
    book.write_text(value(1.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TODAY_VARIABLE, (TODAY + timedelta(days=7)).isoformat())
        second = report("sunday", "--position", "account", "--band", "0.01")
        desk = sums(second)
        price = second["plan"]["price_usd"]
        assert price == pytest.approx(first["plan"]["price_usd"] * (1 + fall), rel=1e-6)
        (held,) = desk["positions"]
        size = -held["contracts"]
        assert held["pnl_usd"] == pytest.approx(-size * (price / held["entry_usd"] - 1))
        # The short that is right covers the book by its beta, and the margin whole.
        plan = second["plan"]
        assert desk["target_usd"] == pytest.approx(
            plan["beta"] * plan["book_usd"] + desk["money"]["equity_after_usd"], abs=1
        )
        capsys.readouterr()
        files = [str(out / name / "book.report.json") for name in ("monday", "sunday")]
        assert main(["diff", *files, "--json"]) == 0
        change = json.loads(capsys.readouterr().out)
        assert change["orders"] == desk["orders"]
        assert main(["diff", *files]) == 0
        assert "1. " in capsys.readouterr().out

        trader.do(desk["orders"], price)
        last = sums(report("monday after", "--position", "account", "--band", "0"))
        lot = market.contract("bybit:BTCUSD").lot
        assert abs(last["difference_usd"]) < lot
        assert last["orders"] == []

        # Nobody was told the keys.
        for path in out.rglob("*"):
            if path.is_file():
                assert b"the-key" not in path.read_bytes()
                assert b"the-secret" not in path.read_bytes()

        # And off with all of it.
        off = sums(report("the end", "--position", "account", "--unwind"))
        assert [(o["side"], o["reduce_only"]) for o in off["orders"]] == [
            ("buy", True),
            ("transfer", False),
        ]
        trader.do(off["orders"], price)
        assert venue.positions["BTC"][0] == 0
        assert venue.balances["BTC"] == pytest.approx(0, abs=1e-7)
        assert venue.balances["BTC"] > -1e-12
