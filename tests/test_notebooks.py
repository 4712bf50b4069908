"""Every committed notebook is clean, executed, illustrated for all readers, and well linked."""

import ast
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from scripts.addresses import INSTALL, install_cell
from scripts.notebooks import WIDGET_VIEW, kind_of_cell, leaks, minutes, normalise, written

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
ALL = sorted(p for p in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
LESSONS = [path for path in ALL if path.parent == FOLDER]
TAUGHT = [path for path in LESSONS if re.match(r"(0[1-9]|1\d)_", path.name)]
LONGEST_CELL = 15
MONEY = re.compile(r"\$[+−-]?\d")
FORMULA = re.compile(r"\$\$.+?\$\$|\$(?=\S)[^$\n]*(?<=\S)\$(?!\d)", re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")


def each(paths):
    return pytest.mark.parametrize(
        "path", [pytest.param(path, id=path.relative_to(FOLDER).as_posix()) for path in paths]
    )


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code(notebook) for output in cell.outputs]


def markdown(notebook):
    """Return the Markdown that a reader sees, written by hand or by a cell."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return texts + [
        o.data["text/markdown"] for o in outputs(notebook) if "text/markdown" in o.get("data", {})
    ]


@each(ALL)
def test_form(path):
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    notebook = read(path)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert "widgets" not in notebook.metadata
    assert not list(leaks(notebook))
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source
            assert WIDGET_VIEW not in output.get("data", {}), cell.source


@each(LESSONS)
def test_a7_an_interval_that_is_shown_is_that_of_newey_and_west(path):
    """By name: no interval is asked of what a regression with textbook errors was assigned to."""
    textbook, asked = set(), set()
    for cell in code(read(path)):
        # Later assignments count, and magics are no Python.
        tree = ast.parse("\n".join(x for x in cell.source.splitlines() if x[:1] not in "%!"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name, text = node.targets[0].id, ast.unparse(node.value)
                textbook.discard(name)
                if "ols_beta(" in text and "newey-west" not in text:
                    textbook.add(name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "interval":
                asked |= {ast.unparse(node.value)} & textbook
    assert not asked


@each(LESSONS)
def test_saved_by_make_notebooks(path):
    """Saving in JupyterLab leaves its marks; ``make notebooks`` takes them off again."""
    assert written(normalise(read(path))) == path.read_text(encoding="utf-8"), "run make notebooks"


@each(LESSONS)
def test_executed_in_order(path):
    counts = [cell.execution_count for cell in code(read(path))]
    assert counts == list(range(1, len(counts) + 1))


@each(LESSONS)
def test_a_lesson_installs_the_workbook_where_it_is_missing(path):
    """By the first code cell, the same in every lesson, so that no reader meets it twice."""
    first = code(read(path))[0]
    assert first == read(path).cells[1]
    assert (first.id, first.source, first.outputs) == (INSTALL, install_cell(), [])


ASKED = re.compile(r'\b(?:ask|check)\(\s*"([^"]+)"')


@each(ALL)
def test_every_picture_says_what_it_shows(path):
    """In the page itself: no reader of notebooks shows an alt text from an output's metadata."""
    for output in outputs(read(path)):
        data = output.get("data", {})
        assert not any(kind.startswith("image/") for kind in data)
        for tag in re.findall(r"<img [^>]+>", data.get("text/html", "")):
            (alt,) = re.findall(r' alt="([^"]*)"', tag)
            assert len(alt) > 40
            # What answers a question is folded, and only in the page.
            open_html = re.sub(r"<details>.*?</details>", "", data["text/html"], flags=re.DOTALL)
            assert unescape(alt) in data["text/plain"] or tag not in open_html


@each(LESSONS)
def test_printed_lines_fit_a_window_of_800_pixels(path):
    """Beyond that JupyterLab breaks them anywhere, within a word or a number."""
    for output in outputs(read(path)):
        if output.output_type == "stream":
            assert [line for line in output.text.splitlines() if len(line) > 78] == []


@each(LESSONS)
def test_names_of_cells_are_chosen(path):
    for cell in read(path).cells:
        assert not re.fullmatch(r"[0-9a-f]{6,}|[0-9a-f-]{32,}", cell.id), cell.id


@each(LESSONS)
def test_delivery_2_no_question_is_asked_twice(path):
    """An answer is kept under the text of its question."""
    asked = [found for cell in code(read(path)) for found in ASKED.findall(cell.source)]
    assert len(set(asked)) == len(asked)


@each(LESSONS)
def test_cells_are_short(path):
    for cell in code(read(path)):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source


@each(TAUGHT)
def test_lesson_has_its_parts(path):
    notebook = read(path)
    top = notebook.cells[0].source
    assert top.startswith(f"# {path.name[:2]} ")
    assert "**You will be able to**" in top
    assert "**You need first**" in top
    assert re.search(r"\*\*Time\*\* \d+ minutes", top)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    places = [text.index(f"## {part}") for part in ("Key points", "Exercises", "Next")]
    assert places == sorted(places)
    asked = [name for cell in code(notebook) for name in ASKED.findall(cell.source)]
    assert any(name[-1].isalpha() for name in asked)
    assert sum(name[-1].isdigit() for name in asked) >= 3


@each(TAUGHT)
def test_lesson_takes_as_long_as_it_says(path):
    notebook = read(path)
    stated = int(re.search(r"\*\*Time\*\* (\d+) minutes", notebook.cells[0].source)[1])
    assert stated == minutes(notebook)
    assert 20 <= stated <= 45


@each(TAUGHT)
def test_lesson_has_exercises_beside_its_concepts_and_some_in_code(path):
    cells = read(path).cells
    end = next(i for i, cell in enumerate(cells) if cell.source.startswith("## Exercises"))
    asked = [
        (place, cell)
        for place, cell in enumerate(cells)
        for name in ASKED.findall(cell.source)
        if cell.cell_type == "code" and name[-1].isdigit()
    ]
    assert 3 <= sum(place < end for place, _ in asked) <= 5
    assert sum(place > end for place, _ in asked) == 3
    assert sum("..." in cell.source and "check(" in cell.source for _, cell in asked) >= 2


@each(TAUGHT)
def test_asserted_numbers_are_plain_text(path):
    tagged = [c for c in code(read(path)) if "nbval-check-output" in c.metadata.get("tags", [])]
    assert len(tagged) >= 3
    for cell in tagged:
        assert cell.outputs, cell.source
        assert all(o.output_type == "stream" for o in cell.outputs), cell.source
        assert "".join(o.text for o in cell.outputs).isascii(), cell.source


@each(LESSONS)
def test_no_money_is_taken_for_mathematics(path):
    """JupyterLab makes a formula of two dollar signs in one element, escaped or not."""
    notebook = read(path)
    for text in markdown(notebook):
        prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        assert "\\$" not in prose
        assert "&#36;" not in prose.replace("<span>&#36;</span>", "")
        assert not MONEY.search(FORMULA.sub("", prose)), text
    for output in outputs(notebook):
        if "text/html" in output.get("data", {}):
            parser = Dollars()
            parser.feed(output.data["text/html"])
            assert parser.worst < 2, output.data["text/html"]


class Dollars(HTMLParser):
    """Count the dollar signs of each element that MathJax would read."""

    def __init__(self):
        super().__init__()
        self.open, self.worst = [], 0

    def handle_starttag(self, tag, attributes):
        if tag in {"img", "br", "hr", "meta", "link", "input", "col"}:
            return
        ignored = "mathjax_ignore" in (dict(attributes).get("class") or "")
        inherited = bool(self.open) and self.open[-1][1]
        self.open.append([tag, ignored or inherited, 0])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.open and not self.open[-1][1]:
            self.open[-1][2] += data.count("$")
            self.worst = max(self.worst, self.open[-1][2])
        elif not self.open:
            self.worst = max(self.worst, data.count("$"))


def anchors(path):
    headings = [
        line.lstrip("#").strip().replace(" ", "-")
        for cell in read(path).cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    return set(headings)


@each(ALL)
def test_relative_links_lead_somewhere(path):
    for text in markdown(read(path)):
        for link in LINK.findall(text):
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in {"http", "https"}, link
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            assert target.is_relative_to(ROOT), link
            assert target.exists(), f"{link} leads nowhere"
            if parts.fragment:
                assert unquote(parts.fragment) in anchors(target), link


def test_guards_see_what_they_guard_against():
    parser = Dollars()
    parser.feed("<table><tr><td>$1 and $2</td></tr></table>")
    assert parser.worst == 2
    parser = Dollars()
    parser.feed("<table class='mathjax_ignore'><tr><td>$1 and $2</td></tr></table><p>$1</p>")
    assert parser.worst == 1
    assert LINK.findall("see [a](b.ipynb#c) and ![d](e.png 'f')") == ["b.ipynb#c", "e.png"]
    for text in ("costs $5", "$5 and $6", r"$\beta$ of $5", "−$7,500, or −$150"):
        assert MONEY.search(FORMULA.sub("", text)), text
    assert not MONEY.search(FORMULA.sub("", r"$\beta$, $1 - R^2$, $N = 5$ and $$5 \cdot 2$$"))


def test_alice_still_finds_what_she_found():
    """The numbers of the walkthrough, against what the lesson's file holds."""
    shown = json.dumps([o.get("text", "") for o in outputs(read(FOLDER / "09_alice.ipynb"))])
    for number in (
        "14.2857 contracts, so 14",
        "14 of them are worth 49,000 USD, 98% of the book",
        "altcoins -7,500",
        "short    +7,350",
        "together -150",
        "49,000 USD are 4,900.0000 contracts",
        "50,000 USD are 50,000.0000 contracts",
        "short 140 USD, 0.28% of the book",
        "hedgelib 2.470588 ETH, value 7,350.00 USD",
        "together -7,500",
        "altcoins kept 1,000 USD",
        "hedgelib 99,000 USD",
        "hedgelib 2.0204x",
        "hedgelib 6,860.70, a rise of 96%",
    ):
        assert number in shown


@each(LESSONS)
def test_what_teaches_nothing_is_folded_and_nothing_else(path):
    for cell in code(read(path)):
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded == ("hide-input" in cell.metadata.get("tags", []))
        assert folded == bool(kind_of_cell(cell.source)), cell.id


def test_the_whole_course_leaves_at_most_a_thousand_lines_of_code_open():
    """Of the numbered lessons."""
    lines = [
        line
        for path in LESSONS
        if path.name[0].isdigit()
        for cell in code(read(path))
        if not cell.metadata.get("jupyter", {}).get("source_hidden")
        for line in cell.source.splitlines()
        if line.strip()
    ]
    assert 500 < len(lines) <= 1_000


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import numpy as np\neth = market.contract('x')", "imports"),
        ("guess = ask('futures.a', stake=1)\nguess", "question"),
        ("controls = [Slider(name='x')]", "explorer"),
        ("explorer", "explorer"),
        ("rows = [(1,)]\nTable(['x'], rows)", "table"),
        ("n = 2\nsay(f'There are {n}.')", "sentence"),
        ("find_terms()", "finder"),
        ("# For the curious: by hand\nprint(2 * 3)", "curious"),
        ("plan = plan_hedge(1, 1)\nprint(plan.contracts)", ""),
        ("def move(x):\n    return x\nsay('it moves')", ""),
        ("ask('futures.1')", "question"),
        ("check('futures.1', 5)", ""),
        ("exhibit('funding_sign')", "question"),
        ("expose('funding_sign', ...)", ""),
        ("", ""),
    ],
)
def test_kinds_of_cells(source, kind):
    assert kind_of_cell(source) == kind
