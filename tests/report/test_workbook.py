"""Every table of a report as a workbook: numbers are numbers, and no text is a formula."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import openpyxl
import pytest

from hedgelib.__main__ import main
from hedgelib._extras import how_to_install
from hedgelib.errors import HedgeError
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.blocks import Section, Table
from hedgelib.report.gather import gather
from hedgelib.report.registry import sections
from hedgelib.report.workbook import _put, workbook

NAMES = ("=1+1", "@SUM", "+A1", "-A1")
BOOK = "coin,usd_value,beta\nADA,6000,1\n" + "".join(f"{name},1000,1\n" for name in NAMES)


def report_on(folder: Path, **parameters):
    path = folder / "own.csv"
    path.write_text(BOOK)
    return build_report(
        ReportParameters(portfolio=str(path), benchmark="BTC", as_of_data=True, **parameters)
    )


def cells(content: bytes) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()]
        for sheet in book.worksheets
    }


def test_c_every_table_is_on_the_sheet_of_its_section(tmp_path):
    report = report_on(tmp_path, position="binance:BTCUSD_PERP:-60@42000", wallet=0.1)
    found = cells(workbook(report))
    title, seen = "", 0
    for part in sections():
        title = part.title or title or part.name.capitalize()
        shown = part.show(report)
        blocks = shown.blocks if isinstance(shown, Section) else [shown.table]
        for table in blocks:
            if not isinstance(table, Table):
                continue
            rows = [tuple(row[: len(table.head)]) for row in found[title[:31]]]
            at = rows.index(table.head) + 1
            names = [row[0] for row in rows[at : at + len(table.rows)]]
            assert names == [row[0] or None for row in table.rows]
            seen += 1
    assert seen > 15


def test_names_are_text_and_numbers_are_numbers(tmp_path):
    report = report_on(tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(workbook(report)))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type in ("s", "n") for cell in row)
    sheet = book["What you hold"]
    rows = {row[0].value: row for row in sheet.iter_rows()}
    assert set(NAMES) <= set(rows)
    for name in NAMES:
        coin, value, share, beta = rows[name][:4]
        assert (coin.data_type, coin.quotePrefix) == ("s", True)
        assert (value.value, value.number_format) == (1000, "$#,##0")
        assert (share.value, share.number_format) == (0.1, "0.0%")
        assert beta.data_type == "s"


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [
        ("−$7,350", -7350, "$#,##0"),
        ("+$1,793.50", 1793.5, "+$#,##0.00;-$#,##0.00;$#,##0.00"),
        ("−18.9%", -0.189, "0.0%"),
        ("0.94", 0.94, "0.00"),
        ("-100", -100, "0"),
        ("11,789", 11789, "#,##0"),
        ("0.85 to 1.09", "0.85 to 1.09", "General"),
        ("$4,517.39 (+98%)", "$4,517.39 (+98%)", "General"),
        ("1,2", "1,2", "General"),
        ("\x00=1", "\\x00=1", "General"),
    ],
)
def test_a_cell_is_a_number_with_its_unit_or_it_is_text(text, value, form):
    cell = openpyxl.Workbook().active["A1"]
    _put(cell, text, number=True)
    assert cell.value == pytest.approx(value) if isinstance(value, float) else cell.value == value
    assert cell.number_format == form
    assert cell.data_type == ("s" if isinstance(value, str) else "n")


def test_one_report_and_many_have_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    Path("books/own.csv").write_text("coin,usd_value\nADA,6000\n")
    assert main(["report", "books/own.csv", "--xlsx", "--out", "books"]) == 0
    assert "own.report.xlsx" in capsys.readouterr().out
    sheets = cells(Path("books/own.report.xlsx").read_bytes())
    assert [book.name for book in gather("books", {}, out="out")] == ["own.csv"]
    for words, made in (([], 1), (["--xlsx"], 1), (["--xlsx"], 0), ([], 1)):
        assert main(["reports", "books", *words]) == 0
        assert f"{made} made now" in capsys.readouterr().out
        assert Path("out/own.report.xlsx").exists() is bool(words)
        if words:
            assert cells(Path("out/own.report.xlsx").read_bytes()) == sheets


@pytest.mark.parametrize("command", ["report", "reports"])
def test_without_the_package_it_is_one_line(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    Path("books/own.csv").write_text("coin,usd_value\nADA,6000\n")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    source = "books" if command == "reports" else "books/own.csv"
    assert main([command, source, "--xlsx"]) == 2
    said = capsys.readouterr().err
    assert "--xlsx needs openpyxl" in said
    assert how_to_install("openpyxl") in said
    assert len(said.splitlines()) == 1
    assert not Path("out").exists()
    with pytest.raises(HedgeError, match="needs openpyxl"):
        workbook(report_on(tmp_path))
