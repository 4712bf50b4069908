"""A week of one hedge from the command line: report, orders, prices move, report, diff, orders."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta

import pandas as pd
import pytest

from hedgelib import market
from hedgelib.__main__ import main
from hedgelib.contracts import run_ledger
from hedgelib.report import run
from hedgelib.report.dates import TODAY_VARIABLE

SYMBOL = "binance:BTCUSD_PERP"
FACE = 100
COINS = ["BTC", "ETH", "ADA", "LINK"]


class Account:
    """The account of somebody who does what .orders.csv says, at the price of the day."""

    def __init__(self):
        self.fills: list[tuple[float, float]] = []
        self.coins = 0.0

    def do(self, path, price):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            self.coins += float(row["transfer_margin"] or 0)
            if row["contracts"]:
                sign = {"buy": 1, "sell": -1}[row["side"]]
                self.fills.append((sign * float(row["contracts"]), price))
                self.coins -= float(row["fee_usd"]) / price
        return rows

    def words(self):
        """Write what is on as options of the command line."""
        counts, prices = zip(*self.fills, strict=True)
        ledger = run_ledger(list(counts), list(prices), multiplier=FACE)
        on = f"{SYMBOL}:{ledger.contracts[-1]:.10g}@{float(ledger.entry_usd[-1])!r}"
        balance = self.coins + float(ledger.realised.sum())
        return ["--position", on, "--wallet", f"{max(balance, 0):.12f}"]


def sums(data):
    """Every money line of the desk adds up."""
    desk = data["desk"]
    money = desk["money"]
    for part in (desk, *desk["legs"]):
        assert part["difference_usd"] == pytest.approx(part["target_usd"] - part["held_usd"])
    for one in (money, *desk["wallets"]):
        assert one["equity_after_usd"] == pytest.approx(
            one["equity_usd"] + one["transfer_usd"] - one["fee_usd"]
        )
    for name in ("transfer_usd", "fee_usd"):
        assert money[name] == pytest.approx(sum(order[name] for order in desk["orders"]))
    assert desk["held_usd"] == pytest.approx(sum(p["notional_usd"] for p in desk["positions"]))
    return desk


@pytest.mark.parametrize("move", [-0.25, 0.3])
def test_a_week(tmp_path, monkeypatch, capsys, move):
    book, out, closes = tmp_path / "book.csv", tmp_path / "out", tmp_path / "closes.csv"
    book.write_text("coin,quantity\nADA,40000\nLINK,900\n")
    account = Account()
    monkeypatch.setattr(run, "make_one", lambda job, **_: run.make(job))
    table = market.prices()[COINS]

    def on(days):
        """Let the week go by so many days, and today be the day after."""
        last = table.index[-1]
        betas = pd.Series({"BTC": 1.0, "ETH": 1.1, "ADA": 1.4, "LINK": 1.2})
        path = pd.DataFrame(
            [table.iloc[-1] * (1 + betas * move * day / 7) for day in range(1, days + 1)],
            index=[last + timedelta(days=day) for day in range(1, days + 1)],
        )
        pd.concat([table, path]).rename_axis("date").to_csv(closes)
        monkeypatch.setenv(TODAY_VARIABLE, str(date(2024, 1, 1) + timedelta(days=days)))

    def report(name, *more):
        words = ["report", str(book), "--benchmark", "BTC", "--prices", str(closes), "--json"]
        assert main([*words, "--out", str(out / name), *more]) == 0
        capsys.readouterr()
        return json.loads((out / name / "book.report.json").read_text())

    def orders(name):
        return out / name / "book.orders.csv"

    on(0)
    first = report("monday")
    assert not first["prices"]["old"]
    sums(first)
    assert [row["side"] for row in account.do(orders("monday"), first["plan"]["price_usd"])] == [
        "transfer",
        "sell",
    ]
    same_day = sums(report("evening", *account.words()))
    assert same_day["known"]
    assert same_day["orders"] == []
    assert abs(same_day["difference_usd"]) < FACE

    on(7)
    second = report("sunday", *account.words(), "--band", "0.01")
    desk, price = sums(second), second["plan"]["price_usd"]
    assert price == pytest.approx(first["plan"]["price_usd"] * (1 + move))
    (held,) = desk["positions"]
    size = -held["contracts"] * FACE
    # An inverse short gains N (1/P - 1/E) coins.
    assert held["pnl_usd"] == pytest.approx(size * (1 / price - 1 / held["entry_usd"]) * price)
    assert held["pnl_usd"] * move < 0
    plan = second["plan"]
    assert desk["target_usd"] == pytest.approx(
        plan["beta"] * plan["book_usd"] + desk["money"]["equity_after_usd"], abs=FACE / 2
    )

    files = [str(out / name / "book.report.json") for name in ("monday", "sunday")]
    assert main(["diff", *files, "--json"]) == 0
    change = json.loads(capsys.readouterr().out)
    lines = {(line["group"], line["name"]): line for line in change["lines"]}
    book_line = lines["Book", "value"]
    assert book_line["change"] == pytest.approx(
        sum(lines["Book", coin]["change"] for coin in ("ADA", "LINK"))
    )
    assert lines["Price", "of the hedge coin"]["change"] == pytest.approx(
        price - first["plan"]["price_usd"]
    )
    assert change["orders"] == desk["orders"] != []
    assert main(["diff", *files]) == 0
    text = capsys.readouterr().out
    assert "from the position that the new report was given:" in text
    for order in desk["orders"]:
        assert f"  {order['step']}. " in text

    account.do(orders("sunday"), price)
    last = sums(report("after", *account.words(), "--band", "0"))
    assert abs(last["difference_usd"]) < FACE
    assert [order for order in last["orders"] if order["contracts"]] == []
    assert last["money"]["equity_usd"] == pytest.approx(desk["money"]["equity_after_usd"], abs=1e-3)

    account.do(orders("after"), price)
    off = sums(report("the end", *account.words(), "--unwind"))
    assert [order["side"] for order in off["orders"]] == ["buy", "transfer"]
    assert off["money"]["equity_after_usd"] == pytest.approx(0, abs=1e-3)
