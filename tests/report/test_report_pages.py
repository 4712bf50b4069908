"""Reports as people get them: the command line, papermill, the page and the notebook.

A few runs serve many tests.
"""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import papermill
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgelib
from hedgelib import __main__ as command_line
from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.report import (
    PARAMETER_HELP,
    ReportParameters,
    build_report,
    report_notebook,
    run,
    safe_stem,
    to_html,
    write_report,
)
from hedgelib.report.blocks import Facts, Heading, Points, Section, Story, Table, Text
from hedgelib.report.export import to_data
from hedgelib.report.registry import section, sections
from tests import reporttools

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = market.data_folder() / "portfolios"
PAPERMILL = (sys.executable, "-m", "papermill", str(report_notebook()), "out.ipynb")
HOSTILE_FILE = "<b>x</b>&amp;$1$ *_y_* ..csv"
HOSTILE_COIN = "<SCRIPT>ALERT(1)</SCRIPT>"
VOID = {"meta", "img", "br"}
HOSTILE_TITLE = "<img src=x onerror=alert(1)> **bold** [a](http://x.example) $x$"


class Page(HTMLParser):
    """What a browser makes of a page: its tags, its text, its pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.tags, self.pictures, self.pieces = html, [], [], []
        self.title, self._in, self.headings = "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "img":
            self.pictures.append(dict(attributes))
        if tag not in VOID:
            self._in.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self._in.pop() == tag, f"{tag} closes nothing"

    def handle_data(self, data):
        inside = self._in[-1] if self._in else ""
        if inside == "title":
            self.title = data
        elif inside != "style":
            if inside == "h2":
                self.headings.append(data)
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())


@pytest.fixture(scope="session")
def environment():
    """Return the environment of a process that imports this hedgelib, installed or not."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.fixture(scope="session")
def layer1(tmp_path_factory, environment):
    """The command line on a shipped portfolio, from another folder."""
    folder = tmp_path_factory.mktemp("cli")
    done = subprocess.run(
        [sys.executable, "-m", "hedgelib", "report", "data/portfolios/layer1.csv"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.fixture(scope="session")
def defi_mix(tmp_path_factory, environment):
    """Plain papermill from another folder, on a portfolio that is there."""
    folder = tmp_path_factory.mktemp("papermill")
    shutil.copy(SHIPPED / "defi_mix.csv", folder / "mine.csv")
    done = subprocess.run(
        [
            *(*PAPERMILL, "-p", "portfolio", "mine.csv", "-p", "max_leverage", "2.5"),
            *("-r", "window_days", "200", "-p", "benchmark", "ETH", "-p", "collateral_usd", "None"),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(folder / "out.ipynb", as_version=4)
    return notebook, Page(to_html(notebook, title="mine"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory, environment):
    """A report on names that want to be markup, in a folder whose name wants to be formatted."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / HOSTILE_FILE.replace("/", "⁄")
    path.write_text(
        f"coin,usd_value,beta_btc,beta_eth\nADA,9000,,\n{HOSTILE_COIN},500,1,1\n__X__$1,300,,\n"
    )
    report = build_report(ReportParameters(portfolio=str(path), title=HOSTILE_TITLE))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", environment["PYTHONPATH"])
        page, notebook = write_report(report, folder / "a {brace} folder")
    return folder, page, notebook


def cells(report) -> list[str]:
    """Numbers that a report must show, in the form in which it shows them."""
    plan, tracked = report.plan, report.tracked
    shown = [
        usd(plan.book_usd),
        usd(plan.notional_usd),
        usd(plan.collateral_usd),
        usd(plan.liquidation_price_usd, cents=True),
        percent(plan.liquidation_move, digits=1, signed=True),
        f"{abs(plan.contracts):,.0f} contracts of {plan.contract.symbol}",
        f"{tracked.book_beta_low:.2f} to {tracked.book_beta_high:.2f}",
        usd(report.residual.after_usd),
        usd(report.funding.month_usd, signed=True),
        report.file_sha256,
        f"hedgelib {hedgelib.__version__}",
        *report.origin["span"],
        report.origin["sha256"],
    ]
    for row in report.scenario.rows():
        shown += [usd(row["total_pnl_usd"], signed=True), usd(row["unhedged_pnl_usd"], signed=True)]
    shown += [usd(h.value_usd) for h in report.portfolio]
    for t in report.trackings:
        low, high = t.estimate.interval()
        shown += [f"{low:.2f} to {high:.2f}", f"{t.estimate.r2:.2f}"]
    return shown


def test_the_page_of_the_command_line_agrees_with_hedgelib(layer1):
    folder, _ = layer1
    page = Page((folder / "out" / "layer1.html").read_text(encoding="utf-8"))
    report = build_report(ReportParameters(portfolio="layer1.csv"))
    for number in cells(report):
        assert number in page.text, number
    assert page.title == "Hedge report: layer1"
    assert page.headings == [
        "The position, and what to trade",
        "When to act",
        "What you hold",
        "What it tracks",
        "The plan",
        "What a move does, with and without the hedge",
        "The book through history",
        "Margin and liquidation",
        "What it costs to hold",
        "What is not covered",
        "Inverse or linear",
        "Venues side by side",
        "Where the numbers come from",
    ]
    assert page.text.count("not advice") == 1


def test_the_command_line_says_where_and_nothing_else(layer1):
    folder, done = layer1
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == (
        "wrote out/layer1.html, out/layer1.ipynb and out/layer1.orders.csv"
    )
    assert sorted(p.name for p in (folder / "out").iterdir()) == [
        "layer1.html",
        "layer1.ipynb",
        "layer1.orders.csv",
    ]
    assert [p.name for p in folder.iterdir()] == ["out"]


def test_the_notebook_of_the_command_line_is_whole_and_tells_nothing_of_the_machine(layer1):
    folder, _ = layer1
    text = (folder / "out" / "layer1.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.papermill.parameters["portfolio"] == "data/portfolios/layer1.csv"
    assert str(folder) not in text
    assert str(ROOT) not in text
    assert not [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]


def test_plain_papermill_from_another_folder_agrees_with_hedgelib(defi_mix):
    _, page = defi_mix
    report = build_report(
        ReportParameters(
            portfolio=str(SHIPPED / "defi_mix.csv"),
            max_leverage=2.5,
            window_days=200,
            benchmark="ETH",
        )
    )
    for number in cells(report):
        assert number in page.text, number
    for cover in report.coins("own"):
        assert f"{cover.coin}: no price history. Your beta" in page.text


@pytest.mark.parametrize("fixture", ["layer1", "defi_mix", "hostile"])
def test_a_page_needs_nothing_from_outside_and_runs_nothing(fixture, request):
    made = request.getfixturevalue(fixture)
    if fixture == "layer1":
        page = Page((made[0] / "out" / "layer1.html").read_text(encoding="utf-8"))
    elif fixture == "hostile":
        page = Page(made[1].read_text(encoding="utf-8"))
    else:
        page = made[1]
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form", "a"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
    assert len(page.pictures) == 3
    for picture in page.pictures:
        assert picture["src"].startswith("data:image/png;base64,")
        assert len(picture["alt"]) > 60
    outside = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page.html)
    assert not re.search(r"url\(|@import|src\s*=\s*[\"']?(?!\")(https?:)?//", outside)
    policy = [a for tag, a in page.tags if tag == "meta" and "content" in a]
    assert any(a["content"].startswith("default-src 'none'") for a in policy)


def test_alt_texts_carry_the_finding(layer1):
    folder, _ = layer1
    page = Page((folder / "out" / "layer1.html").read_text(encoding="utf-8"))
    report = build_report(ReportParameters(portfolio="layer1.csv"))
    tracks, moves, past = (picture["alt"] for picture in page.pictures)
    assert past == section(report, "past-picture").alt
    assert tracks == section(report, "tracking-picture").alt
    assert moves == section(report, "moves-picture").alt
    assert f"beta {report.tracked.estimate.beta:.2f}" in tracks
    for row in (report.scenario.rows()[0], report.scenario.rows()[-1]):
        assert usd(row["unhedged_pnl_usd"], signed=True) in moves


def test_names_that_want_to_be_markup_are_shown_as_text(hostile):
    _, path, notebook = hostile
    page = Page(path.read_text(encoding="utf-8"))
    assert page.title == HOSTILE_TITLE
    assert HOSTILE_TITLE in page.text
    assert HOSTILE_COIN in page.text
    assert "__X__$1" in page.text
    assert HOSTILE_FILE.replace("/", "⁄") in page.text
    assert not [a for _, a in page.tags if "onerror" in a or "href" in a]
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "div", "span", "p", "br"),
        *("h1", "h2", "dl", "dt", "dd", "strong", "small", "ul", "li", "figure", "img"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    for cell in nbformat.read(notebook, as_version=4).cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            assert "<script" not in html.lower()
            assert html.count("<img") == html.startswith('<img src="data:image/png;base64,')
            assert not html or "<img" in html or "mathjax_ignore" in html
            assert "text/markdown" not in output.get("data", {})


def test_a_hostile_name_stays_inside_its_folder(hostile):
    folder, page, notebook = hostile
    inside = folder / "a {brace} folder"
    assert sorted(inside.iterdir()) == sorted([page, notebook])
    assert re.fullmatch(r"b_x_b_amp_1_y-[0-9a-f]{6}\.html", page.name.replace("⁄", "_"))


def test_a_misspelt_parameter_stops_papermill_with_the_list(tmp_path, environment):
    done = subprocess.run(
        [*PAPERMILL, "-p", "max_levrage", "2"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "unknown parameter 'max_levrage' (did you mean max_leverage?)" in done.stderr
    assert ", ".join(ReportParameters.names()) in done.stderr


def run_first_cells(parameters):
    """Run the cells up to the report in this process, as papermill would set them up."""
    notebook = papermill.iorw.load_notebook_node(str(report_notebook()))
    notebook = papermill.parameterize.parameterize_notebook(notebook, parameters)
    space = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, space)
        if "report" in space:
            return space["report"]
    raise AssertionError("no cell makes the report")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"portfolo": "x.csv"}, "unknown parameter 'portfolo' \\(did you mean portfolio"),
        ({"portfolio": "gone.csv"}, "gone.csv: there is no such file"),
        ({"max_leverage": "3x"}, "max_leverage must be > 0, got '3x'"),
        ({"price_usd": 0}, "price_usd must be > 0"),
        ({"max_leverage": 0}, "max_leverage must be > 0"),
        ({"max_leverage": float("nan")}, "got nan"),
        ({"window_days": [1]}, "window_days must be"),
        ({"contract": "ETHUSD_PERPS"}, "no contract 'ETHUSD_PERPS'"),
    ],
)
def test_the_notebook_refuses_what_papermill_lets_through(parameters, says):
    with pytest.raises(hedgelib.HedgeError, match=says):
        run_first_cells(parameters)


def test_the_notebook_takes_text_for_numbers_as_papermill_r_passes_it():
    got = run_first_cells({"max_leverage": "2.5", "window_days": "100", "portfolio": "alice.csv"})
    assert got.parameters.max_leverage == 2.5
    assert got.days == 100


def test_the_committed_notebook_shows_what_hedgelib_computes_now():
    notebook = nbformat.read(report_notebook(), as_version=4)
    report = build_report(ReportParameters(portfolio="data/portfolios/layer1.csv"))
    seen = 0
    for cell in notebook.cells:
        found = re.fullmatch(r'section\(report, "([a-z-]+)"\)', cell.source)
        if not found:
            continue
        (output,) = cell.outputs
        part = section(report, found[1])
        if isinstance(part, Section):
            assert output.data["text/html"] == part._repr_html_(), found[1]
            assert output.data["text/plain"] == repr(part), found[1]
        else:
            assert output.data["text/plain"] == part.alt, found[1]
            assert f'alt="{escape(part.alt)}"' in output.data["text/html"]
        seen += 1
    assert seen == len(sections()) == 20


# The command line


BAD_CALLS = {
    "no portfolio": ([], "the following arguments are required: PORTFOLIO"),
    "a missing file": (["gone.csv"], "gone.csv: there is no such file"),
    "an unknown option": (["layer1.csv", "--max-levrage", "2"], "unrecognized arguments"),
    "an abbreviated option": (["layer1.csv", "--max", "2"], "unrecognized arguments"),
    "no number": (
        ["layer1.csv", "--max-leverage", "three"],
        "max_leverage must be > 0, got 'three'",
    ),
    "a price of nothing": (["layer1.csv", "--price-usd", "0"], "price_usd must be > 0, got 0.0"),
    "a leverage of nothing": (["layer1.csv", "--max-leverage", "0"], "max_leverage must be > 0"),
    "a leverage of one": (["layer1.csv", "--max-leverage", "1"], "leverage cap of 1x"),
    "a contract nobody has": (["layer1.csv", "--contract", "x"], "no contract 'x'"),
    "a wrong choice": (["layer1.csv", "--rounding", "off"], "one of nearest, down, up"),
    "a folder that is a file": (["layer1.csv", "--out", "{file}"], "cannot write to"),
    "a name that looks like an option": (["--", "-x.csv"], "-x.csv: there is no such file"),
    "a name with controls": (["a\nb\x1b[31m.csv"], "there is no such file"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(case, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    words, says = BAD_CALLS[case]
    try:
        code = command_line.main(["report", *(word.format(file="file") for word in words)])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert says in err
    assert err.rstrip("\n").isprintable()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_d_a_full_disk_is_told_with_the_file_and_leaves_the_last_good_report(
    capsys, tmp_path, monkeypatch
):
    good = tmp_path / "layer1.html"
    good.write_text("the last good report")
    whole = Path.write_bytes

    def torn(path, content):
        whole(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", torn)
    assert command_line.main(["report", "layer1.csv", "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"hedgelib: cannot write to {good}: No space left on device; make room or name another "
        "folder with --out\n"
    )
    assert good.read_text() == "the last good report"
    assert [p.name for p in tmp_path.iterdir()] == ["layer1.html"]


def test_a_notebook_that_stops_is_told_in_a_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "_serve", reporttools.stop)
    assert command_line.main(["report", "layer1.csv", "--out", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "the notebook stopped: KeyError: 'x'" in err
    assert not list(tmp_path.iterdir())
    assert command_line.main(["report", "layer1.csv", "--out", str(tmp_path), "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "in evaluate_nothing" in err, "where it happened, in the other process"


def test_an_interrupt_is_told_in_a_line(capsys, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "wait", interrupted)
    assert command_line.main(["report", "layer1.csv", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "hedgelib: interrupted; nothing was written\n"
    assert not list(tmp_path.iterdir())
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("words", [["report", "layer1.csv", "--json", "--out", "-"], ["--help"]])
def test_d_a_reader_who_has_read_enough_sees_no_traceback(words, tmp_path, environment):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "hedgelib", *words],
        cwd=tmp_path,
        env=environment | {"PYTHONUNBUFFERED": ""},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_help_and_version(capsys):
    for words in (["--help"], ["report", "--help"], ["reports", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as stop:
            command_line.main(words)
        assert stop.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"hedgelib {hedgelib.__version__}" in out
    for name in ReportParameters.names()[1:]:
        assert f"--{name.replace('_', '-')} " in out
    assert PARAMETER_HELP["portfolio"] in out
    for meaning in ("3 the report was written but its PDF was not,", "3 some portfolios have no"):
        assert meaning in out


# Names and markup


@pytest.mark.parametrize("name", ["layer1.csv", "my-book_2.csv", "портфель.csv", "v1.2.csv"])
def test_a_harmless_name_stays(name):
    assert safe_stem(name) == Path(name).stem


def test_names_that_would_meet_are_kept_apart():
    names = ["a b.csv", "a_b.csv", "a/b.csv", "a?b.csv", "a  b.csv", "a_b .csv", "CON.csv", ".csv"]
    names += ["a b.json", "a_b.json", "a_b.CSV", "a_b"]
    stems = [safe_stem(name) for name in names if "/" not in name]
    assert len({stem.casefold() for stem in stems}) == len(stems)
    assert safe_stem("nul.csv") != "nul"
    assert safe_stem("x" * 300 + ".csv") != safe_stem("x" * 301 + ".csv")


@given(st.text(max_size=300))
def test_a_stem_is_never_a_path_never_hidden_and_never_long(name):
    stem = safe_stem(name.replace("\0", ""))
    assert 0 < len(stem) <= 80
    assert len(stem.encode()) <= 180
    assert Path(stem).name == stem
    assert stem[0] not in ".-"
    assert all(c.isalnum() or c in "-_." for c in stem)
    assert ".." not in stem


@given(st.text(max_size=60))
def test_no_text_becomes_markup(text):
    section = Section(
        [
            Heading(text, text),
            Facts([(text, text, text)]),
            Story([(text, [text, text])]),
            Text(text),
            Text(text, "warning"),
            Points([text]),
            Table(["a", text or "b"], [[text, text]], "lr", text or "c"),
        ]
    )
    html = section._repr_html_()
    plain = Section([type(b)(*_neutral(b)) for b in section.blocks])._repr_html_()
    tag = r"</?(?!span)\w+"  # a span keeps a date in one line
    assert re.findall(tag, html) == re.findall(tag, plain)
    assert all(c.isprintable() or c == "\n" for c in str(section))


def _neutral(block):
    if isinstance(block, Text):
        return ("x", block.kind)
    if isinstance(block, Heading):
        return (("x" if block.text else ""), ("x" if block.under else ""))
    if isinstance(block, Points):
        return (["x"],)
    if isinstance(block, Facts):
        return ([("x", "x", "x")],)
    if isinstance(block, Story):
        return ([("x", ["x", "x"])],)
    return (["a", "x"], [["x", "x"]], "lr", "x")


def test_the_parameters_and_the_help_cost_no_pandas():
    code = (
        "import sys, hedgelib.__main__\n"
        "try: hedgelib.__main__.main(['report', '--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('pandas', 'matplotlib', 'nbformat', 'papermill') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_json_of_a_hostile_report_is_json(tmp_path):
    path = tmp_path / "a\u202eb.csv"
    path.write_text(f"coin,usd_value,beta_btc,beta_eth\nADA,9000,,\n{HOSTILE_COIN},500,1,1\n")
    got = build_report(ReportParameters(portfolio=str(path)))
    assert got.file_name == "a\\u202eb.csv"
    assert json.loads(json.dumps(to_data(got)))["portfolio"]["holdings"][1]["coin"] == HOSTILE_COIN
