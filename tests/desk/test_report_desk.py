"""The report with a position: what should be on takes the margin that is there as it is."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

import hedgelib.desk
from hedgelib.__main__ import main
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.report import ReportParameters, build_report, run
from hedgelib.report.export import to_data
from hedgelib.report.gather import gather
from hedgelib.report.registry import section
from hedgelib.report.summary import in_words

SHORT = "binance:BTCUSD_PERP:-1200@42000"


def report_on(**parameters):
    return build_report(
        ReportParameters(**{"portfolio": "layer1.csv", "benchmark": "BTC", **parameters})
    )


def test_the_desk_needs_the_finance_floors_alone():
    folder = Path(hedgelib.desk.__file__).parent
    names = ", ".join(f"hedgelib.desk.{path.stem}" for path in folder.glob("[a-z]*.py"))
    code = f"import sys, {names}; print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert "hedgelib.plan" in loaded
    assert not loaded & {"pandas", "ccxt", "hedgelib.market", "hedgelib.live", "hedgelib.report"}


def test_more_margin_than_the_cap_needs_stays_and_is_covered():
    plan, desk = (found := report_on(position=SHORT, wallet=3.0)).plan, found.desk
    price = plan.price_usd
    equity = 3.0 * price - 120_000 * (price / 42_000 - 1)
    assert desk.equity_usd == pytest.approx(equity)
    # Margin, book and the fee of what is new: N = beta V + E - fee.
    exact = plan.beta * plan.book_usd + equity - plan.fee_rate * (plan.notional_usd - 120_000)
    assert plan.notional_usd == pytest.approx(exact, abs=50)
    (order,) = desk.ticket.orders
    assert (order.side, order.contracts) == ("sell", plan.contracts + 1200)
    assert desk.ticket.transfer_usd == 0


def test_too_little_margin_is_topped_up_to_the_cap():
    plan, desk = (found := report_on(position=SHORT, wallet=0.8)).plan, found.desk
    first, *_ = desk.ticket.orders
    assert first.side == "transfer"
    assert first.transfer_usd == pytest.approx(
        desk.equity_after_usd - desk.equity_usd + desk.fee_usd
    )
    assert plan.notional_usd / desk.equity_after_usd <= 2.0 * (1 + 1e-6)


def test_margin_that_was_asked_for_may_be_less_than_is_there():
    desk = report_on(position=SHORT, wallet=3.0, collateral_usd=90_000).desk
    *_, last = desk.ticket.orders
    assert last.side == "transfer"
    assert last.transfer < 0
    assert desk.equity_after_usd == pytest.approx(90_000, rel=2e-3)


@pytest.mark.parametrize("collateral", ["from_portfolio", "stablecoin"])
def test_every_source_of_margin_has_a_ticket(collateral):
    wallet = 60_000 if collateral == "stablecoin" else 1.0
    found = report_on(position=SHORT, wallet=wallet, collateral=collateral)
    data = to_data(found)["desk"]
    money = data["money"]
    assert money["equity_after_usd"] == pytest.approx(
        money["equity_usd"] + money["transfer_usd"] - money["fee_usd"]
    )
    currency = "USD" if collateral == "stablecoin" else "BTC"
    assert {order["currency"] for order in data["orders"]} <= {currency}
    said = " ".join(repr(section(found, "trade")).split())
    assert ("not to be in the file" in said) == (collateral == "from_portfolio")


def test_c_page_one_and_the_terminal_say_what_to_trade():
    found = report_on(position=SHORT, wallet=1.0)
    (todo,) = [line for line in in_words(found) if "and should be $" in line]
    assert todo in " ".join(repr(section(found, "summary")).split())
    assert not [line for line in in_words(report_on()) if "should be" in line]
    assert "No position was given" in repr(section(report_on(), "trade"))


def test_c_unwinding_ends_at_zero_and_empties_the_wallet():
    found = report_on(position=f"{SHORT} bybit:ETHUSD:-50@2000", unwind=True)
    assert set(found.desk.ticket.after.values()) == {0.0}
    found = report_on(position=SHORT, wallet=1.5, unwind=True)
    assert found.desk.equity_after_usd == pytest.approx(0, abs=1e-3)
    assert found.desk.equity_after_usd >= 0


@pytest.mark.parametrize("unwind", [[], ["--unwind"]])
@pytest.mark.parametrize(
    ("book", "why"),
    [
        ("USDT,50000,", "the $50,000 in the book are cash (USDT)"),
        ("ZZZ,5000,-0.5", "a target of 0 the book leaves −$2,500 of BTC to short"),
        ("ADA,3,", "of BTC to short"),
    ],
)
def test_a_hedge_of_nothing_is_taken_off(tmp_path, monkeypatch, capsys, book, why, unwind):
    monkeypatch.chdir(tmp_path)
    Path("book.csv").write_text(f"coin,usd_value,beta_btc\n{book}\n")
    on = ["--position", "binance:BTCUSD_PERP:-400@40000", "--wallet", "1"]
    words = ["report", "book.csv", "--benchmark", "BTC", *on, *unwind]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert why in said
    assert "What is on hedges nothing, take it off: buy 400 BTCUSD_PERP at Binance" in said
    assert said.endswith(f"wrote {Path('out', 'book.orders.csv')}\n")
    (row,) = csv.DictReader(Path("out/book.orders.csv").read_text().splitlines())
    assert (row["side"], row["contracts"], row["reduce_only"]) == ("buy", "400", "true")
    assert main([*words, "--json", "--out", "-"]) == 0
    (order,) = json.loads(capsys.readouterr().out)["orders"]
    assert (order["side"], order["contracts"]) == ("buy", 400)


def test_a_wallet_behind_a_book_of_cash_is_no_error(tmp_path, capsys):
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nUSDT,50000\n")
    assert main(["report", str(book), "--wallet", "1"]) == 0
    assert "nothing to hedge" in capsys.readouterr().out


def test_many_reports_take_a_hedge_of_nothing_off(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("coin,usd_value\nUSDT,50000\n")
    Path("books.csv").write_text(f"portfolio,position\na.csv,{SHORT}\n")
    assert main(["reports", "books.csv"]) == 0
    (row,) = csv.DictReader(Path("out/index.csv").read_text(encoding="utf-8-sig").splitlines())
    assert row["orders"] == "1"
    assert row["first_order"].startswith("buy 1,200 BTCUSD_PERP at Binance COIN-M")
    assert Path("out/a.orders.csv").read_text().count("\n") == 2


def test_a_position_may_be_repeated_on_the_command_line(capsys):
    words = ["report", "layer1.csv", "--benchmark", "BTC", "--json", "--out", "-", "--wallet", "1"]
    once = ["--position", SHORT, "--position", "binance:BTCUSD_PERP:-50@40000"]
    assert main([*words, *once]) == 0
    (held,) = json.loads(capsys.readouterr().out)["desk"]["positions"]
    assert held["contracts"] == -1250


def test_the_folder_of_a_file_of_positions_is_not_shown(tmp_path):
    path = tmp_path / "<b>on.csv"
    path.write_text("contract,contracts,entry_usd,wallet\nbinance:BTCUSD_PERP,-5,42000,0.1\n")
    made = run.make(
        run.Job(parameters={"portfolio": "layer1.csv", "benchmark": "BTC", "position": str(path)})
    ).check()
    page = made.files["html"].decode()
    assert str(tmp_path) not in page
    assert "&lt;b&gt;on.csv" in page
    assert "<b>on.csv" not in page
    assert made.files["orders.csv"].startswith(b"step,venue,symbol,side,contracts,")


@pytest.mark.parametrize("name", ["<script>:x", "=cmd():A1", "../../etc:passwd", "\x1b[31m:x"])
def test_a_hostile_name_of_a_contract_is_an_error_in_one_line(tmp_path, capsys, name):
    path = tmp_path / "on.csv"
    path.write_text(f"contract,contracts,entry_usd\n{name},-5,42000\n")
    words = [
        "report",
        "layer1.csv",
        "--benchmark",
        "BTC",
        "--json",
        "--out",
        "-",
        "--position",
        str(path),
    ]
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err
    with pytest.raises(HedgeError):
        report_on(position=str(path))


def test_many_reports_take_positions_that_are_written_out(tmp_path):
    book = tmp_path / "a.csv"
    book.write_text("coin,usd_value\nADA,50000\n")
    manifest = tmp_path / "books.csv"
    manifest.write_text(f"portfolio,position,wallet,as_of_data\na.csv,{SHORT},1,true\n")
    (one,) = gather(manifest, {}, out=tmp_path / "out")
    made = run.make(run.Job(parameters={"portfolio": str(book), **one.parameters})).check()
    assert "orders.csv" in made.files
    with pytest.raises(InvalidInput, match=r"position account is for one report; of many, write"):
        gather(manifest, {"position": "account", "live": "bybit"}, out=tmp_path / "out")
    # A ticket next to the portfolios is none of them.
    (tmp_path / "a.orders.csv").write_text("step\n")
    names = [found.name for found in gather(tmp_path, {}, out=tmp_path / "out")]
    assert names == ["a.csv", "books.csv"]


def test_a_dated_contract_is_valued_and_sold_at_its_own_price():
    given = {"benchmark": "auto", "contract": "binance:BTCUSD_240329", "futures_price_usd": 43_000}
    (order,) = [order for order in report_on(**given).desk.ticket.orders if order.contracts]
    assert order.price_usd == 43_000
    on = {"position": "binance:BTCUSD_240329:-358@43000", "wallet": 0.5}
    (held,) = to_data(report_on(**given, **on))["desk"]["positions"]
    assert held["pnl_usd"] == 0
    (held,) = to_data(report_on(**given | on | {"futures_price_usd": None}))["desk"]["positions"]
    assert held["pnl_usd"] > 0
