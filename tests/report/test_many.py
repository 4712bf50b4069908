"""Many reports: every portfolio has its report or its reason, whatever happens on the way.

What is finished, and when, is asked with reports that take no time.
"""

from __future__ import annotations

import base64
import csv
import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hedgelib import __main__ as command_line
from hedgelib import market
from hedgelib._text import percent, spreadsheet_text, usd
from hedgelib.desk.ticket import orders_csv
from hedgelib.errors import HedgeError
from hedgelib.report import ReportParameters, build_report, many, records, run
from hedgelib.report.dates import TODAY_VARIABLE
from hedgelib.report.desk import step_words
from hedgelib.report.gather import LARGEST_BYTES, gather
from hedgelib.report.index import COLUMNS
from hedgelib.report.registry import section
from hedgelib.report.run import Job, Made
from hedgelib.report.summary import warnings
from tests.labtools import PATIENCE_SECONDS, ROOT, poll

SHIPPED = market.data_folder() / "portfolios"
BOOK = "coin,usd_value\nADA,6000\nLINK,4000\n"
GOOD = (
    "<img src=x onerror=alert(1)>.csv",
    "=2+3.csv",
    "deep/down/layer.csv",
    "index.csv",
    "layer.csv",
    "Layer.CSV",
    "münze.csv",
)
BAD = {
    "broken.csv": "line 2, column 'usd_value'",
    "empty.csv": "the file is empty",
    "folder.csv": "this is a folder",
    "latin.csv": "not UTF-8 text",
    "link.csv": "a link that leads nowhere",
    "linked": "a link to a folder is not followed",
    "pipe.csv": "not a file, but a pipe",
    "secret.csv": "a link leads to a file that cannot be used in a report",
    "unknown.csv": "no coin of the book has a beta",
}
BADLY_NAMED = "caf\udce9.csv"


def write_books(folder: Path) -> None:
    for name in GOOD:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BOOK)
    (folder / "broken.csv").write_text("coin,usd_value\nADA,a lot\n")
    (folder / "empty.csv").touch()
    (folder / "folder.csv").mkdir()
    (folder / "latin.csv").write_bytes(b"coin,usd_value\nCAF\x81,1\n")
    (folder / "link.csv").symlink_to("nowhere")
    (folder / "linked").symlink_to("deep")
    (folder.parent / "passwords").write_text("root:secret\n")
    (folder / "secret.csv").symlink_to(folder.parent / "passwords")
    os.mkfifo(folder / "pipe.csv")
    (folder / "unknown.csv").write_text("coin,usd_value\nNOBODYS,1\n")
    (folder / BADLY_NAMED).write_text(BOOK)
    for passed_over in (".hidden.csv", "notes.txt", "layer.report.json", ".git/x.csv"):
        path = folder / passed_over
        path.parent.mkdir(exist_ok=True)
        path.write_text(BOOK)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The command on a folder with everything in it."""
    folder = tmp_path_factory.mktemp("many")
    write_books(folder / "books")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        code = command_line.main(["reports", "books", "--max-leverage", "2.5"])
    return folder, code


def rows(out: Path) -> dict[str, dict[str, str]]:
    text = (out / "index.csv").read_text("utf-8-sig")
    return {row["portfolio"]: row for row in csv.DictReader(io.StringIO(text))}


def test_every_portfolio_has_its_report_or_its_reason(made):
    folder, code = made
    assert code == 3
    found = rows(folder / "out")
    names = {spreadsheet_text(name): name for name in (*GOOD, *BAD, BADLY_NAMED)}
    assert set(found) == set(names)
    for shown, name in names.items():
        row = found[shown]
        if name in GOOD:
            assert row["error"] == ""
            assert (folder / "out" / row["report"]).is_file()
        else:
            assert row["report"] == row["value_usd"] == ""
            assert BAD.get(name, "must be named in UTF-8") in row["error"]
            assert not row["error"].startswith(name), "its name stands beside it"


def test_a4_a_book_of_cash_is_done_with_its_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    books = tmp_path / "books"
    books.mkdir()
    (books / "coins.csv").write_text(BOOK)
    (books / "cash.csv").write_text(BOOK)
    assert command_line.main(["reports", "books"]) == 0
    assert (tmp_path / "out" / "cash.html").is_file()
    (books / "cash.csv").write_text("coin,usd_value\nUSDT,9000\nUSDC,1000\n")
    capsys.readouterr()
    for says in ("1 made now, 1 as before", "0 made now, 2 as before"):
        assert command_line.main(["reports", "books"]) == 0
        assert f"2 portfolios: {says}, 0 without a report" in capsys.readouterr().out
        row = rows(tmp_path / "out")["cash.csv"]
        assert row["error"] == row["report"] == row["value_usd"] == ""
        reason = "nothing to hedge: the $10,000 in the book are cash (USDT, USDC)"
        assert row["warnings"].startswith(reason)
        page = BeautifulSoup((tmp_path / "out" / "index.html").read_text(), "html.parser")
        assert reason in page.text
        assert "Without a report" not in page.text
        assert not (tmp_path / "out" / "cash.html").exists()
        assert (tmp_path / "out" / "coins.html").is_file()
    (books / "cash.csv").write_text(BOOK)
    assert command_line.main(["reports", "books"]) == 0
    assert (tmp_path / "out" / "cash.html").is_file()


def test_a_manifest_gives_each_book_its_position(tmp_path, monkeypatch):
    """Written out or as a file next to the manifest, it is what the same report says alone."""
    monkeypatch.chdir(tmp_path)
    Path("desk").mkdir()
    Path("desk/a.csv").write_text(BOOK)
    on = "binance:BTCUSD_PERP:-60@42000"
    Path("desk/on.csv").write_text(
        "contract,contracts,entry_usd,wallet\nbinance:BTCUSD_PERP,-60,42000,0.1\n"
    )
    Path("secret").write_text("root:secret\n")
    Path("desk/link.csv").symlink_to(Path("secret").absolute())
    Path("desk/list.csv").write_text(
        "portfolio,position,wallet,band,benchmark,prices\n"
        f"a.csv,{on},0.1,0.02,BTC,\na.csv,on.csv,,0.02,BTC,\n"
        "a.csv,link.csv,,,,\na.csv,,,,,link.csv\na.csv,gone.csv,,,,\n"
    )
    assert command_line.main(["reports", "desk/list.csv"]) == 3
    text = Path("out/index.csv").read_text("utf-8-sig")
    out, file, link, prices, gone = csv.DictReader(io.StringIO(text))
    report = build_report(
        ReportParameters(
            portfolio="desk/a.csv", position=on, wallet=0.1, band=0.02, benchmark="BTC"
        )
    )
    ticket = report.desk.ticket
    assert ticket.orders
    for row in (out, file):
        assert float(row["held_usd"]) == pytest.approx(6000, rel=1e-12)
        assert float(row["difference_usd"]) == ticket.difference_usd
        assert int(row["orders"]) == len(ticket.orders)
        assert row["first_order"] == step_words(ticket.orders[0])
        assert Path("out", row["report"].replace(".html", ".orders.csv")).is_file()
    for row in (link, prices):
        assert row["error"] == many._LINKED
    assert "gone.csv: there is no such file" in gone["error"]
    assert "root:secret" not in text + Path("out/index.html").read_text()
    asked = [*Path("out").glob("*.html")]
    before = {path: path.stat().st_mtime_ns for path in asked}
    Path("desk/on.csv").write_text(Path("desk/on.csv").read_text().replace("-60", "-61"))
    assert command_line.main(["reports", "desk/list.csv"]) == 3
    changed = [path.name for path in asked if path.stat().st_mtime_ns != before[path]]
    assert sorted(changed) == sorted([file["report"], "index.html"])


def test_a_file_of_a_kind_that_a_report_no_longer_has_goes(tmp_path):
    with records.OutFolder(tmp_path / "out") as out:
        out.keep("a", {"html": b"1", "ipynb": b"1"}, figures={}, made_of={})
        out.keep("a", {"html": b"2"}, figures={}, made_of={})
    assert [path.name for path in (tmp_path / "out").glob("a.*")] == ["a.html"]


def test_d_no_word_of_a_file_that_a_link_leads_to_is_told(made):
    folder, _ = made
    for path in (folder / "out").glob("index.*"):
        assert "root:secret" not in path.read_text("utf-8-sig"), path.name


def test_the_order_is_that_of_the_names_a_folder_before_its_folders(made):
    folder, _ = made
    expected = sorted((*GOOD, *BAD, BADLY_NAMED), key=lambda name: (name.count("/"), name))
    assert list(rows(folder / "out")) == [spreadsheet_text(name) for name in expected]


def test_names_of_files_lead_nowhere_and_none_is_shared(made):
    folder, _ = made
    out = folder / "out"
    assert sorted(path.name for path in folder.iterdir()) == ["books", "out", "passwords"]
    reports = [row["report"] for row in rows(out).values() if row["report"]]
    assert len({name.casefold() for name in reports}) == len(GOOD)
    stems = [Path(name).stem for name in reports]
    files = {f"{stem}.{kind}" for stem in stems for kind in ("html", "ipynb", "orders.csv")}
    assert {path.name for path in out.iterdir()} == {*files, "index.html", "index.csv", ".hedgelib"}
    assert all(c.isalnum() or c in "-_." for stem in stems for c in stem)


def test_the_numbers_are_those_of_one_report(made, monkeypatch):
    folder, _ = made
    monkeypatch.chdir(folder / "books")
    report = build_report(ReportParameters(portfolio="layer.csv", max_leverage=2.5))
    row = rows(folder / "out")["layer.csv"]
    assert float(row["value_usd"]) == report.portfolio.value_usd == 10_000
    assert float(row["beta"]) == report.tracked.book_beta
    assert float(row["contracts"]) == report.plan.contracts < 0
    assert float(row["notional_usd"]) == report.plan.notional_usd
    assert float(row["residual_month_usd"]) == report.month.after_usd
    assert float(row["unhedged_month_usd"]) == report.month.before_usd
    assert float(row["carry_month_usd"]) == report.funding.month_usd
    assert float(row["liquidation_move"]) == report.plan.liquidation_move
    assert row["held_usd"] == row["difference_usd"] == ""
    ticket = (folder / "out" / f"{Path(row['report']).stem}.orders.csv").read_text()
    assert ticket == orders_csv(report.desk.ticket.orders)
    assert int(row["orders"]) == len(ticket.splitlines()) - 1 > 0
    assert row["first_order"] == step_words(report.desk.ticket.orders[0])
    assert row["warnings"] == " | ".join(warnings(report))
    page = (folder / "out" / row["report"]).read_text()
    assert usd(report.plan.notional_usd) in page
    assert report.file_sha256 in page


def pixels(html: str) -> np.ndarray:
    """What a picture in a page shows."""
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_cells_show_what_the_report_shows_elsewhere(made, monkeypatch):
    folder, _ = made
    monkeypatch.chdir(folder / "books")
    report = build_report(ReportParameters(portfolio="layer.csv", max_leverage=2.5))
    name = rows(folder / "out")["layer.csv"]["report"]
    notebook = nbformat.read((folder / "out" / name).with_suffix(".ipynb"), as_version=4)
    cells = {c.id: c.outputs[0].data for c in notebook.cells if c.cell_type == "code" and c.outputs}
    assert cells["summary"]["text/html"] == section(report, "summary")._repr_html_()
    assert cells["provenance"]["text/plain"] == repr(section(report, "provenance"))
    for cell, picture in (
        ("tracking-picture", section(report, "tracking-picture")),
        ("moves-picture", section(report, "moves-picture")),
    ):
        assert cells[cell]["text/plain"] == picture.alt
        assert np.array_equal(pixels(cells[cell]["text/html"]), pixels(picture.html()))


def test_a_notebook_can_be_run_again_and_tells_nothing_of_the_machine(made):
    folder, _ = made
    name = rows(folder / "out")["layer.csv"]["report"]
    text = (folder / "out" / name).with_suffix(".ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.papermill.parameters["portfolio"] == "layer.csv"
    assert notebook.metadata.papermill.parameters["max_leverage"] == 2.5
    assert all(c.metadata.papermill.status == "completed" for c in notebook.cells)
    for place in (str(folder), str(ROOT), "/tmp/"):
        assert place not in text


def test_d_the_index_has_the_day_of_prices_and_says_what_is_margin(made):
    folder, _ = made
    page = BeautifulSoup((folder / "out" / "index.html").read_text(), "html.parser")
    heads = [head.text for head in page.find("table", "index").thead.find_all("th")]
    assert heads[1] == "Prices of"
    assert heads.index("Margin") == heads.index("Short") + 1
    assert {row["price_day"] for row in rows(folder / "out").values() if row["report"]} == {
        "2023-12-31"
    }
    margin = sum(float(row["collateral_usd"] or 0) for row in rows(folder / "out").values())
    said = " ".join(page.find("dl").text.split())
    assert f"all hedges together, on {usd(margin)} of margin" in said


def test_the_page_has_every_number_and_no_markup_of_others(made):
    folder, _ = made
    html = (folder / "out" / "index.html").read_text()
    page = BeautifulSoup(html, "html.parser")
    assert page.find_all("img") == []
    assert len(page.find_all("script")) == 1
    table, failed = page.find("table", "index"), page.find("table", "failed")
    assert len(table.tbody.find_all("tr")) == len(GOOD)
    assert len(failed.tbody.find_all("tr")) == len(BAD) + 1
    for row in table.tbody.find_all("tr"):
        link = row.th.find("a")
        numbers = rows(folder / "out")[spreadsheet_text(link.text)]
        assert link["href"] == numbers["report"].replace("ü", "%C3%BC")
        cells = [cell.text for cell in row.find_all("td")]
        assert cells[0] == numbers["price_day"] == "2023-12-31"
        assert cells[1] == usd(float(numbers["value_usd"]))
        assert cells[5] == usd(float(numbers["notional_usd"]))
        assert cells[6] == usd(float(numbers["collateral_usd"]))
        assert cells[7] == "–", "no position was given"
        assert cells[8] == numbers["orders"] + numbers["first_order"]
        assert cells[11] == percent(float(numbers["liquidation_move"]), signed=True)
    assert "http" not in html.replace("http-equiv", "")


# What is finished: with reports that take no time


@pytest.fixture
def asked(monkeypatch):
    """Let reports be made at once, and note of what."""
    jobs: list[Job] = []
    figures = dict.fromkeys(COLUMNS, 1.0) | {
        "hedge_coin": "BTC",
        "first_order": "",
        "price_day": "2023-12-31",
        "last_day": "2023-12-31",
        "age": "",
        "warnings": [],
        "residual_month_usd": None,
    }

    def make_each(numbered, **_):
        for number, job in numbered:
            jobs.append(job)
            if job.content and b"bad" in job.content:
                yield number, Made(error="a bad one")
            else:
                files = {"html": b"page of " + (job.content or b""), "ipynb": b"{}"}
                yield number, Made(figures=figures, files=files)

    monkeypatch.setattr(run, "make_each", make_each)
    return jobs


@pytest.fixture
def three(tmp_path, monkeypatch):
    """Three portfolios, and the folder for their reports."""
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    for name in "abc":
        Path(f"books/{name}.csv").write_text(f"coin,usd_value\n{name},1\n")
    return tmp_path / "out"


def reports(*words: str) -> int:
    return command_line.main(["reports", "books", *words])


def names(jobs: list[Job]) -> list[str]:
    found = sorted(job.parameters["portfolio"] for job in jobs)
    jobs.clear()
    return found


def test_d_what_is_finished_is_not_made_again(three, asked, capsys):
    assert reports() == 0
    assert names(asked) == ["a.csv", "b.csv", "c.csv"]
    before = {path: path.stat().st_mtime_ns for path in three.glob("?.*")}
    assert reports() == 0
    assert names(asked) == []
    assert {path: path.stat().st_mtime_ns for path in three.glob("?.*")} == before
    assert "3 portfolios: 0 made now, 3 as before, 0 without a report" in capsys.readouterr().out


def in_a_process(
    words: str, *, files: int = 0, after: str = "pass"
) -> subprocess.CompletedProcess[str]:
    """Run the command with a limit on open files, and then code in the same process."""
    code = f"import sys; from hedgelib.__main__ import main; code = main({words.split()!r})"

    def limit() -> None:
        import resource

        if files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    return subprocess.run(
        [sys.executable, "-c", f"{code}\n{after}\nsys.exit(code)"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork server")
@pytest.mark.usefixtures("three")
def test_d_a_run_over_finished_reports_starts_no_process_and_loads_no_notebooks():
    for path in Path("books").iterdir():
        path.write_text(BOOK)
    after = (
        "import psutil; print(len(psutil.Process().children()))\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    first, again = (in_a_process("reports books", after=after) for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    *said, before, _ = first.stdout.splitlines()
    assert said[0] == "3 portfolios: 3 made now, 0 as before, 0 without a report"
    assert int(before) > 0, "the server of the processes that make reports"
    *said, children, names = again.stdout.splitlines()
    assert said[0] == "3 portfolios: 0 made now, 3 as before, 0 without a report"
    assert children == "0"
    heavy = {"papermill", "nbformat", "nbclient", "nbconvert", "IPython", "matplotlib", "ccxt"}
    assert not heavy & set(names.split())


def no_page(out: Path) -> None:
    (out / "b.html").unlink()


def torn_notebook(out: Path) -> None:
    (out / "b.ipynb").write_bytes((out / "b.ipynb").read_bytes()[:-1])


def no_record(out: Path) -> None:
    (out / ".hedgelib" / "b.json").unlink()


def torn_record(out: Path) -> None:
    path = out / ".hedgelib" / "b.json"
    path.write_text(path.read_text()[:-10])


def other_content(out: Path) -> None:
    (out.parent / "books" / "b.csv").write_text("coin,usd_value\nb,2\n")


@pytest.mark.parametrize(
    "change",
    [no_page, torn_notebook, no_record, torn_record, other_content],
    ids=lambda f: f.__name__,
)
def test_what_is_not_whole_or_not_the_same_is_made_again(three, asked, change):
    reports()
    names(asked)
    change(three)
    assert reports() == 0
    assert names(asked) == ["b.csv"]
    assert reports() == 0
    assert names(asked) == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("what", ["parameters", "version", "code", "data"])
def test_other_parameters_another_library_and_other_data_make_all_again(asked, what, monkeypatch):
    reports()
    names(asked)
    options = []
    if what == "parameters":
        options = ["--max-leverage", "2.5"]
    else:
        other = records.fingerprint() | {what: "another"}
        monkeypatch.setattr(many, "fingerprint", lambda: other)
    assert reports(*options) == 0
    assert names(asked) == ["a.csv", "b.csv", "c.csv"]
    assert reports(*(word.replace("2.5", "2.50") for word in options)) == 0
    assert names(asked) == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("options", [(), ("--live", "bybit"), ("--live", "bybit", "--as-of-data")])
def test_a1_reports_that_tell_the_age_of_prices_are_of_the_day(asked, monkeypatch, options):
    assert reports(*options) == 0
    names(asked)
    assert reports(*options) == 0
    assert names(asked) == []
    monkeypatch.setenv(TODAY_VARIABLE, "2026-11-29")
    assert reports(*options) == 0
    assert names(asked) == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.usefixtures("three")
def test_a1_an_exercise_on_old_prices_is_not_made_again_on_another_day(asked, monkeypatch):
    assert reports("--as-of-data") == 0
    names(asked)
    monkeypatch.setenv(TODAY_VARIABLE, "2026-11-29")
    assert reports("--as-of-data") == 0
    assert names(asked) == []


def test_a_report_goes_when_its_portfolio_can_no_longer_have_one(three, asked):
    three.mkdir()
    (three / "c.html").write_text("somebody's own")
    Path("books/c.csv").write_text("bad")
    assert reports() == 3
    assert (three / "c.html").read_text() == "somebody's own"
    Path("books/b.csv").write_text("bad")
    assert reports() == 3
    assert [path.name for path in sorted(three.glob("?.*"))] == ["a.html", "a.ipynb", "c.html"]
    assert rows(three)["b.csv"]["error"] == "a bad one"
    names(asked)
    assert reports() == 3
    assert names(asked) == ["b.csv", "c.csv"], "what failed is tried again"


def test_two_runs_do_not_write_to_one_folder(three, asked, capsys):
    with records.OutFolder(three):
        assert reports() == 2
    assert "another run is writing reports to out" in capsys.readouterr().err
    assert names(asked) == []
    assert reports() == 0


@pytest.mark.usefixtures("asked")
def test_d_a_full_disk_ends_the_run_and_leaves_nothing_by_half(three, monkeypatch, capsys):
    write, written = Path.write_bytes, []

    def full(path, content):
        if len(written) == 4:
            write(path, content[:1])
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert reports("--workers", "1") == 2
    err = capsys.readouterr().err
    assert "cannot write to out/b.ipynb: No space left on device; make room" in err
    assert len(err.splitlines()) == 1
    assert not (three / "index.html").exists()
    monkeypatch.undo()
    monkeypatch.chdir(three.parent)
    left = {path.name for path in (three / ".hedgelib").iterdir()}
    assert len([name for name in left if name.endswith(".json")]) == 1
    assert "unfinished" not in left


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize("command", ["report books/a.csv", "reports books --workers 2"])
@pytest.mark.usefixtures("three")
def test_d_few_descriptors_are_told_and_blamed_on_no_portfolio(command):
    done = in_a_process(command, files=20)
    assert done.returncode == 2
    assert done.stderr == (
        "hedgelib: Too many open files: the limit on open files, 20 for this process, is too low; "
        "raise it with ulimit -n\n"
    )
    assert not list(Path().glob("out/*.html"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize("command", ["report books/a.csv", "reports books --workers 2"])
@pytest.mark.usefixtures("three")
def test_d_sixty_four_descriptors_are_enough(command):
    for path in Path("books").iterdir():
        path.write_text(BOOK)
    done = in_a_process(command, files=64)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("out/a.html").is_file()


def test_descriptors_that_run_out_while_portfolios_are_read_end_the_run(three, asked, monkeypatch):
    def refused(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    reports()
    names(asked)
    monkeypatch.setattr("hedgelib.report.gather._open_at_once", refused)
    assert reports() == 2
    assert names(asked) == []
    assert len(list(three.glob("?.html"))) == 3, "what is finished stays"


def test_a_folder_in_the_way_of_a_report_is_that_reports_trouble(three, asked):
    (three / "b.ipynb").mkdir(parents=True)
    assert reports() == 3
    assert "a folder is in the way" in rows(three)["b.csv"]["error"]
    assert names(asked) == ["a.csv", "b.csv", "c.csv"]
    assert reports() == 3
    assert names(asked) == ["b.csv"]


def test_a_file_that_goes_while_others_are_made_is_told(three, asked, monkeypatch):
    find = many.find_finished

    def gone(*given, **options):
        found = find(*given, **options)
        Path("books/b.csv").unlink()
        return found

    monkeypatch.setattr(many, "find_finished", gone)
    assert reports() == 3
    assert rows(three)["b.csv"]["error"] == "there is no such file"
    assert names(asked) == ["a.csv", "c.csv"]


@pytest.mark.usefixtures("three", "asked")
def test_progress_shows_rate_and_time_left(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert reports() == 0
    assert "3/3" in screen.getvalue()
    assert " reports/s]" in screen.getvalue()
    assert "<" in screen.getvalue(), "time gone < time left"


# Which portfolios


def manifest(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text)
    return path


def test_a_manifest_gives_each_row_its_own_parameters(tmp_path):
    path = manifest(
        tmp_path,
        "# ours\nportfolio;max_leverage;benchmark;title\na/x.csv;;;\na/x.csv;3;ETH;\n"
        "b/x.csv;nine;;\n;1;;\na/x.csv;3;ETH;\n../y.csv;;;Ours\nz.csv;1\n",
    )
    books = gather(path, {"max_leverage": "2.5"}, out=tmp_path / "out")
    assert [book.name for book in books] == [
        *("a/x.csv", "a/x.csv", "b/x.csv", "", "a/x.csv", "../y.csv", "z.csv"),
    ]
    first, second, wrong, nameless, twice, above, short = books
    assert (first.parameters["max_leverage"], first.parameters["benchmark"]) == (2.5, "auto")
    assert (second.parameters["max_leverage"], second.parameters["benchmark"]) == (3, "ETH")
    assert second.told == {"max_leverage": "3", "benchmark": "ETH"}
    assert first.path == tmp_path / "a" / "x.csv"
    assert "line 5 of list.csv: max_leverage must be" in wrong.error
    assert "line 6 of list.csv: no path of a portfolio" in nameless.error
    assert "is listed above" in twice.error
    assert above.parameters["title"] == "Ours"
    assert above.path == tmp_path / ".." / "y.csv"
    assert "2 values where the header has 4 columns" in short.error
    stems = [book.stem for book in (first, second, wrong, above)]
    assert len(set(stems)) == 4
    assert all("/" not in stem and not stem.startswith(".") for stem in stems)
    again = gather(path, {"max_leverage": "2.5"}, out=tmp_path / "out")
    assert [book.stem for book in again] == [book.stem for book in books]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("coin,usd_value\nADA,1\n", "this is one portfolio; `hedgelib report` makes its report"),
        ("file\nx.csv\n", "no column 'portfolio'; found file"),
        ("portfolio,max_levrage\nx.csv,2\n", "line 1: unknown parameter 'max_levrage' (did you"),
        ("portfolio,title,title\nx,a,b\n", "line 1, column 'title': this column appears twice"),
        ('portfolio\n"x\n', "check the quotes"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(text, says, tmp_path):
    with pytest.raises(HedgeError) as caught:
        gather(manifest(tmp_path, text), {}, out=tmp_path / "out")
    assert says in str(caught.value)


def test_a_folder_is_refused_where_nothing_good_can_come_of_it(tmp_path):
    (tmp_path / "x.txt").touch()
    with pytest.raises(HedgeError, match=r"no name in it ends in \.csv, \.json or \.xlsx"):
        gather(tmp_path, {}, out=tmp_path / "out")
    with pytest.raises(HedgeError, match="cannot go into the folder of the portfolios"):
        gather(tmp_path, {}, out=tmp_path)
    with pytest.raises(HedgeError, match="there is no such file"):
        gather(tmp_path / "nowhere", {}, out=tmp_path)
    with pytest.raises(HedgeError, match="benchmark must be one of"):
        gather(tmp_path, {"benchmark": "DOGE"}, out=tmp_path / "out")


def test_reports_inside_the_folder_of_the_portfolios_are_passed_over(tmp_path, asked, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    Path("books/a.csv").write_text(BOOK)
    assert reports("--out", "books/out") == 0
    assert reports("--out", "books/out") == 0
    assert names(asked) == ["a.csv"]
    assert list(rows(Path("books/out"))) == ["a.csv"]


def test_a_file_too_large_or_not_to_be_read_is_told(tmp_path, asked, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("books/closed").mkdir(parents=True)
    with Path("books/huge.csv").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    Path("books/closed.csv").write_text(BOOK)
    opened, scanned = open, os.scandir

    def closed(path, *more, **options):
        if str(path).endswith("closed.csv"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *more, **options)

    def shut(path):
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scanned(path)

    monkeypatch.setattr("builtins.open", closed)
    monkeypatch.setattr(os, "scandir", shut)
    assert reports() == 3
    found = rows(Path("out"))
    assert found["closed.csv"]["error"] == "cannot be read: Permission denied"
    assert found["closed"]["error"] == "the folder cannot be read: Permission denied"
    assert "16,777,217 bytes" in found["huge.csv"]["error"]
    assert names(asked) == []


@settings(max_examples=50)
@given(st.text())
def test_no_text_becomes_a_formula(text):
    shown = spreadsheet_text(text)
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--workers", "0"], "--workers must be a whole number from 1 on, got '0'"),
        (["--timeout", "soon"], "--timeout must be a number of seconds > 0, got 'soon'"),
        (["--timeout", "-1"], "--timeout must be a number of seconds > 0, got '-1'"),
        (["--workers", "2", "--scheduler", "tcp://x:1"], "leave out one of them"),
        (["--max-leverage", "0"], "max_leverage must be > 0"),
    ],
)
def test_options_are_checked_first(three, asked, words, says, capsys):
    assert reports(*words) == 2
    assert says in capsys.readouterr().err
    assert not three.exists()
    assert names(asked) == []


# Processes that die


def test_a_portfolio_that_ships_is_known_as_such(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text(f"portfolio\n{SHIPPED / 'alice.csv'}\n")
    assert command_line.main(["reports", "list.csv"]) == 0
    assert "one of the portfolios that ship with hedgelib" in Path("out/alice.html").read_text()


@pytest.mark.usefixtures("three")
def test_a_report_that_takes_too_long_has_that_as_its_reason():
    assert reports("--timeout", "0.001") == 3
    found = rows(Path("out"))
    assert [row["error"] for row in found.values()] == [
        "stopped: it took longer than 0.001 seconds"
    ] * 3


def fork_servers(pid: int) -> list[psutil.Process]:
    """Return the server of a run; its other child is multiprocessing's own."""
    children = psutil.Process(pid).children()
    return [child for child in children if "forkserver" in " ".join(child.cmdline())]


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    """The server is killed on the way, the run goes on; then it is interrupted."""
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    for i in range(30):
        Path(f"books/{i}.csv").write_text(BOOK)
    command = [sys.executable, "-m", "hedgelib", "reports", "books", "--workers", "1"]
    process = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # It is ignored where the tests run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    out = tmp_path / "out"

    def finished() -> int:
        return len(list((out / ".hedgelib").glob("*.json")))

    def died() -> str | None:
        return process.stderr.read() if process.poll() is not None else None

    poll(lambda: finished() > 0, "no report", died)
    (first,) = fork_servers(process.pid)
    first.kill()
    had = finished()
    poll(lambda: finished() > had, "no report after the server was killed", died)
    others = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err == "hedgelib: interrupted; run the same command again to continue\n"
    assert psutil.wait_procs(others, timeout=PATIENCE_SECONDS)[1] == []
    kept = finished()
    assert 1 < kept < 30

    assert reports() == 0
    assert f"30 portfolios: {30 - kept} made now, {kept} as before" in capsys.readouterr().out
    assert len(rows(out)) == 30
    assert all(json.loads(p.read_text())["files"] for p in (out / ".hedgelib").glob("*.json"))
