"""``hedgelib diff``: what changed between two reports, and what to trade."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hedgelib.__main__ import main
from hedgelib.desk.change import READABLE, compare
from hedgelib.errors import InvalidInput
from hedgelib.report import SCHEMA_VERSION, ReportParameters, build_report
from hedgelib.report.export import to_json


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")

    def write(name, text, **parameters):
        book = folder / f"{name}.csv"
        book.write_text(text)
        report = build_report(
            ReportParameters(portfolio=str(book), benchmark="BTC", as_of_data=True, **parameters)
        )
        path = folder / f"{name}.report.json"
        path.write_text(to_json(report))
        return path, report

    old = write("old", "coin,usd_value\nADA,20000\nSOL,10000\n")
    new = write("new", "coin,usd_value\nADA,26000\nLINK,5000\n", price_usd=50_000)
    return old, new


def test_c_every_line_is_the_difference_of_the_two_reports(written):
    (old_path, old), (new_path, new) = written
    change = compare(old_path, new_path)
    lines = {(line.group, line.name): line for line in change.lines}
    assert lines["Book", "value"].change == 1_000
    assert {n: line.change for (g, n), line in lines.items() if g == "Book" and n.isupper()} == {
        "ADA": 6_000,
        "SOL": -10_000,
        "LINK": 5_000,
    }
    assert lines["Price", "of the hedge coin"].change == 50_000 - old.plan.price_usd
    assert lines["Beta", "of the book"].change == new.plan.beta - old.plan.beta
    assert lines["Plan", "margin"].change == new.plan.collateral_usd - old.plan.collateral_usd
    assert lines["Carry", "funding in 30 days"].new == new.funding.month_usd
    assert change.trades == ((new.plan.contract.id, new.plan.contracts - old.plan.contracts),)
    assert change.orders is None


def test_another_contract_is_opened_before_the_old_one_is_closed(written, tmp_path):
    (old_path, old), (_, new) = written
    data = json.loads(to_json(new))
    data["plan"]["contract_id"] = "bybit:BTCUSD"
    other = tmp_path / "other.report.json"
    other.write_text(json.dumps(data))
    change = compare(old_path, other)
    assert change.trades == (
        ("bybit:BTCUSD", new.plan.contracts),
        (old.plan.contract.id, -old.plan.contracts),
    )
    # Contracts of two kinds are not subtracted.
    counts = {line.name: (line.old, line.new) for line in change.lines if line.group == "Contracts"}
    assert counts == {
        old.plan.contract.id: (old.plan.contracts, 0),
        "bybit:BTCUSD": (0, new.plan.contracts),
    }
    assert ("Plan", "contracts") not in {(line.group, line.name) for line in change.lines}
    assert "The contract was binance:BTCUSD_PERP and is bybit:BTCUSD" in change.remarks[-1]


def test_text_and_json_say_the_same(written, capsys):
    (old_path, _), (new_path, _) = written
    assert main(["diff", str(old_path), str(new_path)]) == 0
    text = capsys.readouterr().out
    assert "Book: value" in text
    assert "+$1,000" in text
    assert "What to trade, if the old plan is on as it was:" in text
    assert main(["diff", str(old_path), str(new_path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    ((name, count),) = [(one["contract"], one["contracts"]) for one in data["trades"]]
    assert f"{'sell' if count < 0 else 'buy'} {abs(count):,.10g} contracts of {name}" in text


def test_the_orders_of_a_known_position_take_precedence(written, tmp_path, capsys):
    (old_path, old), _ = written
    on = f"{old.plan.contract.id}:{old.plan.contracts + 50:.0f}@42000"
    parameters = old.parameters.to_dict() | {"position": on, "wallet": old.plan.wallet_coin}
    path = tmp_path / "known.report.json"
    path.write_text(to_json(build_report(ReportParameters(**parameters))))
    assert main(["diff", str(old_path), str(path)]) == 0
    said = capsys.readouterr().out
    assert "from the position that the new report was given:" in said
    assert "sell 5" in said


def test_a_report_against_itself_changes_nothing(written, capsys):
    (path, _), _ = written
    assert main(["diff", str(path), str(path)]) == 0
    assert capsys.readouterr().out.count("nothing") == 2


def test_this_version_of_the_data_can_be_read():
    assert SCHEMA_VERSION in READABLE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON; diff takes the .report.json of two reports"),
        ("[" * 100_000, "is no JSON"),
        ('{"schema_version": NaN}', "is no JSON"),
        ("[1]", "it has no schema_version"),
        ('{"schema_version": 1}', "has schema version 1, and this hedgelib compares 2"),
        ('{"schema_version": "\\u001b[2J"}', r"has schema version \\x1b\[2J"),
        ('{"schema_version": 2, "nothing_to_hedge": "all cash"}', "holds no plan: all cash"),
        ('{"schema_version": 2}', "is not a report's data: it has no portfolio.value_usd; make"),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(written, tmp_path, text, message):
    (path, _), _ = written
    other = tmp_path / "x.json"
    other.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        compare(path, other)


def test_a_number_that_is_none_is_named(written, tmp_path):
    (path, _), _ = written
    data = json.loads(path.read_text())
    data["plan"]["contracts"] = "=cmd()"
    other = tmp_path / "x.json"
    other.write_text(json.dumps(data))
    with pytest.raises(InvalidInput, match=r"plan\.contracts is no number"):
        compare(path, other)


def test_names_in_a_report_are_text(written, tmp_path, capsys):
    (path, _), _ = written
    data = json.loads(path.read_text())
    data["portfolio"]["holdings"][0]["coin"] = "\x1b[31mEVIL"
    other = tmp_path / "x\x1b.json"
    other.write_text(json.dumps(data))
    assert main(["diff", str(path), str(other)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_missing_file_is_told_in_a_line(written, tmp_path, capsys):
    (path, _), _ = written
    assert main(["diff", str(tmp_path / "nosuch.json"), str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nosuch.json cannot be read: No such file or directory" in line


def test_what_makes_two_reports_hard_to_compare_is_said(written, tmp_path, capsys):
    (path, _), _ = written
    assert compare(path, path).remarks == ()
    data = json.loads(path.read_text())
    data["portfolio"]["holdings"] = [data["portfolio"]["holdings"][0] | {"coin": "XRP"}]
    data["tracking"]["ETH"] = data["tracking"]["BTC"]
    data["hedge_coin"] = "ETH"
    data["window"]["last_day"] = "2020-01-01"
    other = tmp_path / "other.report.json"
    other.write_text(json.dumps(data))
    books, coins, days = compare(path, other).remarks
    assert books.startswith("No coin is in both old.report.json and other.report.json")
    assert "The hedge coin was BTC and is ETH" in coins
    assert "The data of old.report.json are newer than those of other.report.json" in days
    assert main(["diff", str(path), str(other)]) == 0
    assert f"! {books}" in capsys.readouterr().out
    assert main(["diff", str(path), str(other), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["remarks"] == [books, coins, days]


@pytest.mark.parametrize("words", [["diff"], ["what-if"]])
def test_a_reader_that_has_seen_enough_is_no_error(written, words):
    (path, _), _ = written
    given = {"diff": [path, path], "what-if": ["layer1.csv", "--move", "-0.3"]}[words[0]]
    command = [sys.executable, "-m", "hedgelib", *words, *map(str, given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
