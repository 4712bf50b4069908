"""Reports on paper, on a phone and as data, and what the command line does when it cannot print.

The pages are made from the committed notebook; Chromium shows them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest

from hedgelib import __main__ as command_line
from hedgelib.errors import InvalidInput
from hedgelib.report import (
    PdfFailed,
    ReportParameters,
    build_report,
    pdf,
    phrases,
    report_notebook,
    to_html,
    write_json,
    write_pdf,
)
from hedgelib.report.export import to_data
from hedgelib.report.registry import section
from hedgelib.report.summary import warnings

HOSTILE = "<b>x</b> (y\\) $1$ \u05d0 ↯ %20 /JS (app.alert(1))"
SIZES = {"A4": (595, 842), "Letter": (612, 792)}
MARGINS_MM = {"width": 30, "height": 30}
PX_PER_MM, PX_PER_PT = 96 / 25.4, 96 / 72


def page_of(report, title: str) -> str:
    """Make the page of a report as its notebook does."""
    notebook = nbformat.read(report_notebook(), as_version=4)
    for cell in notebook.cells:
        if found := re.fullmatch(r'section\(report, "([a-z-]+)"\)', cell.source):
            part = section(report, found[1])
            data = {"text/plain": repr(part), "text/html": part._repr_html_()}
            cell.outputs = [nbformat.v4.new_output("execute_result", data=data)]
    return to_html(notebook, title=title)


@pytest.fixture(scope="module")
def report_page(tmp_path_factory) -> Path:
    """The page of the default report, under a title that wants to be something else."""
    path = tmp_path_factory.mktemp("page #1 %20") / "layer1.html"
    report = build_report(ReportParameters(portfolio="data/portfolios/layer1.csv"))
    path.write_text(page_of(report, HOSTILE), encoding="utf-8")
    return path


DEMANDING = """coin,quantity,usd_value,beta
ADA,20000,12000,
LINK,1000,8000,
MYOWNCOIN,1,2500,1.6
<SCRIPT>ALERT(1)</SCRIPT>,1,500,1
CCC,1,500,
DDDDDDDDDD,1,500,
"""


@pytest.fixture(scope="module")
def demanding_page(tmp_path_factory) -> Path:
    """The page of a report with all that a summary may have to say."""
    folder = tmp_path_factory.mktemp("demanding")
    (folder / "book.csv").write_text(DEMANDING)
    parameters = ReportParameters(
        portfolio=str(folder / "book.csv"),
        benchmark="ETH",
        max_leverage=2.5,
        funding_rate_8h=-0.0001,
        title="A title that is so long that it takes two lines of the page, whatever the paper is",
    )
    report = build_report(parameters)
    assert len(warnings(report)) == 3
    (folder / "page.html").write_text(page_of(report, phrases.title(report)), encoding="utf-8")
    return folder / "page.html"


def boxes(made: Path) -> list[tuple[int, int]]:
    """Width and height of each page of a PDF, in points."""
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", made.read_bytes())
    return [(round(float(w)), round(float(h))) for w, h in found]


def title(made: Path) -> str:
    """The title in the properties of a PDF, as a reader decodes it."""
    text = made.read_bytes()
    if found := re.search(rb"/Title <([0-9A-Fa-f\s]+)>", text):
        return bytes.fromhex(found[1].decode()).decode("utf-16")
    found = re.search(rb"/Title \(((?:[^()\\]|\\.)*)\)", text, re.DOTALL)
    return re.sub(rb"\\(.)", rb"\1", found[1]).decode("ascii")


def pages_of_tables(made: Path) -> list[list[int]]:
    """The page on which each row of each table begins, the heading first, by the PDF's own tags."""
    found = re.finditer(rb"\n(\d+) 0 obj\n(.*?)\nendobj", made.read_bytes(), re.DOTALL)
    objects = {int(number): text for number, text in (match.groups() for match in found)}

    def below(text: bytes) -> list[bytes]:
        within = re.search(rb"/K (\[[^\]]*\]|\d+ 0 R)", text)
        return [objects[int(n)] for n in re.findall(rb"(\d+) 0 R", within[1])] if within else []

    def first_page(text: bytes) -> int | None:
        pages = (first_page(part) for part in below(text))
        page = re.search(rb"/Pg (\d+) 0 R", text)
        return next((p for p in pages if p is not None), int(page[1]) if page else None)

    tables = [text for text in objects.values() if b"/S /Table\n" in text]
    return [
        [page for part in below(table) if (page := first_page(part)) is not None]
        for table in tables
    ]


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("fixture", ["report_page", "demanding_page"])
@pytest.mark.parametrize("paper", SIZES)
def test_no_row_of_a_table_stands_alone_on_a_page(paper, fixture, request, tmp_path):
    made = write_pdf(request.getfixturevalue(fixture), tmp_path / "made.pdf", paper=paper)
    tables = pages_of_tables(made)
    assert len(tables) == 19
    assert len({page for pages in tables for page in pages}) > 4
    for pages in tables:
        assert len(set(pages[:4])) == 1, pages  # caption, heading and two rows
        assert len(set(pages[-2:])) == 1, pages


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("paper", SIZES)
def test_a_page_is_printed_on_either_paper(report_page, tmp_path, paper):
    made = write_pdf(report_page, tmp_path / "layer1.pdf", paper=paper)
    assert made.read_bytes()[:5] == b"%PDF-"
    found = boxes(made)
    assert set(found) == {SIZES[paper]}
    assert 5 <= len(found) <= 12
    assert title(made) == HOSTILE
    assert b"/JavaScript" not in made.read_bytes()
    assert str(report_page.parent).encode() not in made.read_bytes()
    assert b"/StructTreeRoot" in made.read_bytes()  # a screen reader finds headings and alt texts
    assert [path.name for path in tmp_path.iterdir()] == ["layer1.pdf"]


@pytest.mark.parametrize("fixture", ["report_page", "demanding_page"])
@pytest.mark.parametrize("paper", SIZES)
def test_the_summary_is_one_page_and_nothing_is_cut(page, paper, fixture, request, page_errors):
    wide, high = (
        points * PX_PER_PT - MARGINS_MM[side] * PX_PER_MM
        for points, side in zip(SIZES[paper], MARGINS_MM, strict=True)
    )
    page.set_viewport_size({"width": int(wide), "height": int(high)})
    page.emulate_media(media="print")
    page.goto(request.getfixturevalue(fixture).as_uri())
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.summary, .facts, table, figure, img')].map(e => {
          const box = e.getBoundingClientRect(), style = getComputedStyle(e);
          return {name: e.className || e.tagName, right: box.right, height: box.height,
                  whole: style.breakInside === 'avoid' || e.matches('.summary'),
                  scrolls: e.scrollWidth > e.clientWidth + 1 && e.tagName !== 'IMG'}; })"""
    )
    assert len(boxes) > 10
    for box in boxes:
        assert box["right"] <= wide + 1, box
        assert not box["scrolls"], box
        assert not box["whole"] or box["height"] <= high, box
    assert page.evaluate("getComputedStyle(document.querySelector('.summary')).breakAfter") == (
        "page"
    )
    assert not page_errors


def test_a_phone_shows_it_all_in_its_width(page, demanding_page, outside_requests, page_errors):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(demanding_page.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("img").evaluate_all("all => all.every(e => e.complete && e.alt)")
    assert page.locator("dl.story dt").all_text_contents() == [
        *("You hold", "The hedge", "What it costs", "What can go wrong"),
    ]
    assert not outside_requests
    assert not page_errors


@pytest.mark.parametrize(
    "asked",
    [
        {"benchmark": "BTC,ETH", "position": "binance:ETHUSD_PERP:-1000@2200", "wallet": 3.0},
        {"contract": "binance:ETHUSD_240329", "position": "binance:BTCUSD_PERP:-10@40000"},
        {"contract": "binance:ETHUSDT", "collateral": "stablecoin"},
    ],
)
def test_d_no_table_is_wider_than_a_phone(page, tmp_path, asked):
    report = build_report(ReportParameters(portfolio="data/portfolios/layer1.csv", **asked))
    (tmp_path / "page.html").write_text(page_of(report, phrases.title(report)), encoding="utf-8")
    page.set_viewport_size({"width": 400, "height": 844})
    page.goto((tmp_path / "page.html").as_uri())
    tables = page.locator("table")
    assert tables.count() > 10
    wider = tables.evaluate_all(
        """all => all.filter(t => t.scrollWidth > t.parentElement.clientWidth + 1)
          .map(t => [t.caption?.textContent, t.scrollWidth, t.parentElement.clientWidth])"""
    )
    assert not wider
    # What belongs to an order says what it is, where the headings have no room.
    said = "e => getComputedStyle(e, '::before').content + e.textContent"
    sold = page.locator("table.orders tr").filter(has_text="sell").last
    cells = sold.locator("td:visible").evaluate_all(f"all => all.map({said})")
    assert '"Side: "sell' in cells
    assert any(cell.startswith('"Contracts: "') for cell in cells)
    assert not any(cell.endswith('"') for cell in cells), "an empty cell is shown"


@pytest.mark.parametrize("wide", [390, 1100])
def test_long_names_and_large_numbers_stay_inside(page, tmp_path, wide):
    (tmp_path / "book.csv").write_text(
        f"coin,usd_value,beta_btc,beta_eth\nADA,1e18,,\n{'W' * 64},1e17,1,1\n"
    )
    report = build_report(ReportParameters(portfolio=str(tmp_path / "book.csv")))
    (tmp_path / "page.html").write_text(page_of(report, phrases.title(report)), encoding="utf-8")
    page.set_viewport_size({"width": wide, "height": 844})
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == wide
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.facts div, .story dd, p, li, td, th')]
          .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"""
    )
    assert not outside


@pytest.mark.usefixtures("chromium")
def test_the_command_line_prints_and_writes_the_data(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["report", "layer1.csv", "--pdf", "--paper", "Letter", "--json"]
    assert command_line.main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1] == (
        "wrote out/layer1.html, out/layer1.ipynb, out/layer1.report.json, out/layer1.orders.csv "
        "and out/layer1.pdf"
    )
    assert set(boxes(Path("out/layer1.pdf"))) == {SIZES["Letter"]}
    data = json.loads(Path("out/layer1.report.json").read_text())
    assert data == to_data(build_report(ReportParameters(portfolio="layer1.csv")))
    assert sorted(path.name for path in Path("out").iterdir()) == [
        *("layer1.html", "layer1.ipynb", "layer1.orders.csv", "layer1.pdf", "layer1.report.json"),
    ]


NO_PRINTER = {
    "none": ("{folder}/no-such-browser", "HEDGELIB_CHROMIUM is {folder}/no-such-browser, which is"),
    "one that fails": ("{folder}/fails", "{folder}/fails made no PDF: it rains today; open out/"),
    "one that does nothing": ("{folder}/silent", "{folder}/silent made no PDF: it said nothing"),
    "one that is no program": ("{folder}/broken", "{folder}/broken made no PDF: Exec format error"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the browsers are shell scripts")
@pytest.mark.parametrize("case", NO_PRINTER)
def test_without_a_printer_the_report_is_there_and_the_exit_code_is_3(
    case, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    scripts = {
        "fails": "#!/bin/sh\necho noise >&2; printf 'it rains\\033 today\\n\\n' >&2; exit 1\n",
        "silent": "#!/bin/sh\n",
        "broken": "\x00\x01",
    }
    for name, text in scripts.items():
        Path(name).write_text(text)
        Path(name).chmod(0o755)
    path, says = (word.format(folder=tmp_path) for word in NO_PRINTER[case])
    monkeypatch.setenv("HEDGELIB_CHROMIUM", path)
    assert command_line.main(["report", "layer1.csv", "--pdf"]) == 3
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == (
        "wrote out/layer1.html, out/layer1.ipynb and out/layer1.orders.csv"
    )
    assert err.startswith("hedgelib: no PDF: ")
    assert says in err.replace("\\x1b", "")
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "layer1.html",
        "layer1.ipynb",
        "layer1.orders.csv",
    ]


def test_a_machine_without_chromium_is_told_what_to_install(report_page, tmp_path, monkeypatch):
    monkeypatch.delenv("HEDGELIB_CHROMIUM", raising=False)
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    with pytest.raises(PdfFailed, match=r"Chromium was not found, .* install it, or set HEDGELIB_"):
        write_pdf(report_page, tmp_path / "x.pdf")
    with pytest.raises(InvalidInput, match="paper must be one of A4, Letter, got 'A3'"):
        write_pdf(report_page, tmp_path / "x.pdf", paper="A3")


def test_an_interrupt_while_printing_leaves_the_report(capsys, tmp_path, monkeypatch):
    def interrupted(*_given, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(pdf, "write_pdf", interrupted)
    assert command_line.main(["report", "layer1.csv", "--pdf", "--out", str(tmp_path)]) == 130
    out, err = capsys.readouterr()
    assert "layer1.html" in out.splitlines()[-1]
    assert err == "hedgelib: no PDF: interrupted\n"


def test_the_data_alone_go_to_standard_output(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["report", "layer1.csv", "--json", "--out", "-"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == to_data(build_report(ReportParameters(portfolio="layer1.csv")))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--out", "-"],
            "--out - prints the data and writes nothing: give it --json, and no --pdf",
        ),
        (["--out", "-", "--json", "--pdf"], "give it --json, and no --pdf"),
        (["--paper", "a4"], "--paper must be one of A4, Letter, got 'a4'"),
    ],
)
def test_outputs_that_contradict_each_other_are_refused(words, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["report", "layer1.csv", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_the_data_never_take_the_place_of_a_portfolio(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"ADA": 5000, "<b>\u202e": 100, "LINK": 3000}')
    with pytest.raises(Exception, match="printable"):
        build_report(ReportParameters(portfolio=str(path)))
    path.write_text('{"ADA": 5000, "<b>": 100, "LINK": 3000}')
    report = build_report(ReportParameters(portfolio=str(path)))
    made = write_json(report, tmp_path)
    assert re.fullmatch(r"mine-[0-9a-f]{6}\.report\.json", made.name)
    assert json.loads(made.read_text())["portfolio"]["holdings"][1]["coin"] == "<B>"
    assert sorted(tmp_path.iterdir()) == sorted([path, made])
    with pytest.raises(InvalidInput, match="cannot write to"):
        write_json(report, path)
