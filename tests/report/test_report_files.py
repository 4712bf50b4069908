"""Reports on files as people have them: other currencies, own prices, and what was understood."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import numpy as np
import pytest

import hedgelib as h
from hedgelib import market
from hedgelib.__main__ import main
from hedgelib.report.export import to_json
from hedgelib.report.gather import gather
from hedgelib.report.one import build_report, market_for
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.sections import holdings
from hedgelib.report.summary import warnings

FIRST, LAST = date(2022, 12, 1), date(2024, 1, 10)


def closes(seed, start=20.0):
    """Make a walk of a coin; a price for each day."""
    moves = np.random.default_rng(seed).normal(0, 0.03, (LAST - FIRST).days + 1)
    prices = start * np.exp(np.cumsum(moves))
    return {FIRST + timedelta(days=i): round(float(p), 4) for i, p in enumerate(prices)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wide(**coins):
    days = next(iter(coins.values()))
    lines = ["date," + ",".join(coins)]
    lines += [f"{day}," + ",".join(str(coin[day]) for coin in coins.values()) for day in days]
    return "\n".join(lines)


def with_prices(path, text):
    path.write_text(text)
    return market.Market.bundled().with_prices(path)


def test_b_own_closes_give_a_coin_a_beta(folder):
    sol = closes(1)
    (folder / "sol.csv").write_text(wide(SOL=sol))
    (folder / "book.csv").write_text("coin,quantity\nSOL,100\nADA,5000\n")
    report = build_report(ReportParameters(portfolio="book.csv", prices="sol.csv", as_of_data=True))
    (cover,) = [c for c in report.covers if c.coin == "SOL"]
    assert (cover.how, cover.value_usd) == ("history", 100 * sol[date(2023, 12, 31)])
    data = json.loads(to_json(report))
    own = data["data"]["own_prices"]
    assert (own["coins"], own["days_not_used"], own["instead_of"]) == (["SOL"], 10, [])
    assert (own["first_day"], own["last_day"]) == ("2022-12-01", "2023-12-31")
    assert data["parameters"]["prices"] == own["file"] == "sol.csv"
    # The same coin without the file has none.
    with pytest.raises(h.PortfolioFileError, match=r"no price of SOL.*--prices"):
        build_report(ReportParameters(portfolio="book.csv", as_of_data=True))


@pytest.mark.parametrize("times", [10, 0.1])
def test_a_close_that_is_mistyped_is_found(folder, times):
    sol, day = closes(1), date(2023, 5, 5)
    sol[day] = round(sol[day] * times, 4)
    line = list(sol).index(day) + 2
    message = rf"line {line}: the close of SOL on 2023-05-05, .* times those of the"
    with pytest.raises(h.PortfolioFileError, match=message):
        with_prices(folder / "sol.csv", wide(SOL=sol))


def test_a_close_that_jumps_and_stays_is_warned_of(folder):
    """A collapse is none of the reader's mistakes, and a last close has no day after it."""
    sol = closes(1)
    for day in sol:
        if day >= date(2023, 12, 31):
            sol[day] = round(sol[day] / 10, 4)
    (folder / "sol.csv").write_text(wide(SOL=sol))
    (folder / "book.csv").write_text("coin,usd_value\nSOL,100\nADA,5000\n")
    report = build_report(ReportParameters(portfolio="book.csv", prices="sol.csv", as_of_data=True))
    assert [jump[:2] for jump in report.origin["own_prices"]["jumps"]] == [["SOL", "2023-12-31"]]
    (said,) = [text for text in warnings(report) if text.startswith("In your prices")]
    assert "the close of SOL on 2023-12-31 is 0.095 times" in said
    assert "own_prices" not in market.Market.bundled().provenance()


def test_b_shapes_of_a_file_of_prices(folder):
    sol = closes(1)
    days = list(sol)
    long = ["Datum;Kürzel;Schlusskurs"]
    long += [f"{d:%d.%m.%Y};SOL-USD;" + f"{sol[d]:.4f}".replace(".", ",") for d in reversed(days)]
    right = with_prices(folder / "a.csv", wide(SOL=sol)).prices("SOL")
    assert right["SOL"].dropna().iloc[0] == sol[FIRST]
    assert with_prices(folder / "b.csv", "\n".join(long)).prices("SOL").equals(right)
    times = wide(SOL=sol).replace(",", "T00:00:00Z,").replace("dateT00:00:00Z", "Date")
    assert with_prices(folder / "c.csv", "exported\n" + times).prices("SOL").equals(right)


def test_own_closes_stand_in_place_of_those_of_the_data(folder):
    ada = closes(2, 0.4)
    data = with_prices(folder / "ada.csv", wide(ADA=ada))
    assert data.prices("ADA")["ADA"].dropna().iloc[0] == ada[FIRST]
    assert data.provenance()["own_prices"]["instead_of"] == ["ADA"]
    bundled = market.Market.bundled()
    assert data.span == bundled.span
    assert data.prices("BTC").equals(bundled.prices("BTC"))
    # With both hedge coins its days count, and coins that it lacks end before.
    btc, other = closes(3), closes(5)
    sol = {day: round(btc[day] * other[day] / 20, 4) for day in btc}
    data = with_prices(folder / "all.csv", wide(BTC=btc, ETH=closes(4), SOL=sol))
    assert data.span == (bundled.span[0], LAST)
    assert set(data.latest_prices()) == {"BTC", "ETH", "SOL"}
    (folder / "b.csv").write_text("coin,usd_value\nSOL,100\nADA,10\n")
    report = build_report(ReportParameters(portfolio="b.csv", prices="all.csv", as_of_data=True))
    assert report.last_day == LAST
    assert {c.coin: c.how for c in report.covers} == {"SOL": "history", "ADA": "none"}


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("date,SOL\n2023-01-01,5\n2023-01-03,6\n", 3, None, "no close of SOL between 2023-01-01"),
        ("date,SOL\n2023-01-01,5\n2023-01-01,6\n", 3, "SOL", "SOL already has a close on"),
        ("date,SOL\n2023-01-01,-5\n", 2, "SOL", "a price must be > 0, got -5"),
        ("date,SOL\n2023-01-01,x\n", 2, "SOL", "must be a plain number"),
        ("date,SOL\n2023-01-01,€5\n", 2, "SOL", "must be in USD, got EUR"),
        ("date,SOL\n01/02/2023,5\n", 2, "date", "must be a day such as 2023-12-31"),
        ("date,SOL\n2023-02-30,5\n", 2, "date", "must be a day such as 2023-12-31"),
        ("date,SOL\n2023-01-01,5,6\n", 2, None, "3 values where the header has 2 columns"),
        ("date,coin,close\n2023-01-01,,6\n", 2, "coin", "must be a ticker"),
        ("date,coin,x\n2023-01-01,SOL,6\n", 1, None, "no column of closes"),
        ("Date,Open,Close\n2023-01-01,6,7\n", 1, "Close", "prices of one coin"),
        ("coin,SOL\n2023-01-01,6\n", None, None, "no column of days"),
        ("date,SOL\n", None, None, "the file has a header but no price"),
        ("date,SOL\n2030-01-01,5\n", None, None, "give closes of BTC and ETH too"),
    ],
)
def test_a_wrong_file_of_prices_names_its_place(folder, text, line, column, message):
    with pytest.raises(h.PortfolioFileError, match=re.escape(message)) as error:
        with_prices(folder / "p.csv", text)
    assert (error.value.line, error.value.column) == (line, column)
    assert error.value.path.name == "p.csv"


def test_b_the_page_and_the_data_say_how_the_file_was_read(folder, capsys):
    (folder / "book.csv").write_text(
        "My <b>coins</b>\nCoin;Wert (EUR);Rang\nADA;1.000,50;1\nADA;2.000,00;2\nLINK;500,00;3\n"
        "DOGE;0,00;4\nSumme;3.500,50;\n"
    )
    parameters = ReportParameters(portfolio="book.csv", fx="1.1", as_of_data=True)
    report = build_report(parameters)
    assert report.portfolio.value_usd == pytest.approx(3850.55)
    notes = json.loads(to_json(report))["portfolio"]["notes"]
    assert [note["kind"] for note in notes] == [
        "preamble", "ignored", "total", "duplicates", "dust", "currency",
    ]  # fmt: skip
    page = holdings(report)._repr_html_()
    assert "My &lt;b&gt;coins&lt;/b&gt;" in page
    assert "ADA added up from 2 lines" in page
    assert main(["report", "book.csv", "--as-of-data", "--json", "--out", "-"]) == 2
    error = capsys.readouterr().err
    assert "line 3, column 'Wert (EUR)': must be in USD, got EUR" in error
    assert "--fx" in error


def test_many_reports_take_the_prices_of_their_row(folder):
    (folder / "books").mkdir()
    (folder / "books" / "list.csv").write_text("portfolio,prices\nb.csv,own.csv\nc.csv,\n")
    first, second = gather(folder / "books" / "list.csv", {"prices": "mine.csv"}, out="out")
    assert first.parameters["prices"] == str(folder / "books" / "own.csv")
    assert second.parameters["prices"] == "mine.csv"
    (folder / "books" / "list.csv").unlink()
    for name in ("b.csv", "own.csv"):
        (folder / "books" / name).unlink(missing_ok=True)
    (folder / "books" / "b.csv").write_text("coin,usd_value\nSOL,100\nADA,100\n")
    (folder / "sol.csv").write_text(wide(SOL=closes(1)))
    command = ["reports", "books", "--prices", "sol.csv", "--as-of-data", "--out", "out"]
    assert main(command) == 0
    page = (folder / "out" / "b.html").read_text()
    assert "your file sol.csv" in page
    record = (folder / "out" / "b.html").stat().st_mtime_ns
    assert main(command) == 0
    assert (folder / "out" / "b.html").stat().st_mtime_ns == record
    # Other prices are another report.
    (folder / "sol.csv").write_text(wide(SOL=closes(9)))
    assert main(command) == 0
    assert (folder / "out" / "b.html").stat().st_mtime_ns != record


def test_market_without_own_prices_is_the_bundled_one():
    assert market_for(ReportParameters(portfolio="alice.csv")) is market.Market.bundled()
