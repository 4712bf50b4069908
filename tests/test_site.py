"""The published site: built once, read as files and in Chromium."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from pypdf import PdfReader

import hedgelib
from hedgelib.course.contents import LESSONS
from hedgelib.course.glossary import TERMS
from scripts.lite import serve
from scripts.site import __main__ as command_line
from scripts.site import build
from scripts.site.glossary import anchor
from tests import axetools
from tests.labtools import ROOT

LESSON = "notebooks/03_how_much_to_short.html"
AXED = ("index.html", LESSON, "library/contracts.html", "notebooks/reports/hedge_report.html")
# The bars around it are the theme's.
OURS = "article.bd-article"
# Sphinx describes a name without a text in a list that axe does not like.
SPHINX = ("definition-list",)


class Reader(HTMLParser):
    """What a page names, what it points to, and its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.ids, self.links, self.parts = set[str](), list[str](), list[str]()
        self.pictures: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids |= {values[name] or "" for name in ("id", "name") if values.get(name)}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        if tag == "img":
            self.pictures.append(values.get("alt"))
        if tag in ("img", "script", "source", "iframe") and values.get("src"):
            self.parts.append(values["src"] or "")
        if tag == "link" and values.get("rel") != "canonical" and values.get("href"):
            self.parts.append(values["href"] or "")

    handle_startendtag = handle_starttag


class Site(NamedTuple):
    """A built site, what the build said, and its pages by their path."""

    folder: Path
    said: str
    pages: dict[str, Reader]

    def html(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    folder = tmp_path_factory.mktemp("a site") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.site", "--out", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        if "_static" not in path.parts:
            pages[path.relative_to(folder).as_posix()] = reader = Reader()
            reader.feed(path.read_text(encoding="utf-8"))
    return Site(folder, done.stdout + done.stderr, pages)


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    with serve(site.folder) as address:
        yield address


def notebook(name: str) -> dict:
    path = ROOT / Path(name).with_suffix(".ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def lessons(site: Site) -> list[str]:
    return [name for name in site.pages if re.match(r"notebooks/\d", name)]


def test_all_lessons_and_texts_are_there_and_the_contents_name_them(site):
    files = {*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("docs/*.md"), *ROOT.glob("*.md")}
    files.add(ROOT / "notebooks" / "reports" / "hedge_report.ipynb")
    named = {path.relative_to(ROOT).with_suffix(".html").as_posix() for path in files}
    contents = re.findall(
        r'class="reference internal" href="([^"#]+)"', site.html("index.html").split("<article")[0]
    )
    assert named <= set(site.pages)
    assert named <= set(contents)
    assert len(contents) == len(set(contents))


def test_every_link_and_anchor_leads_somewhere(site):
    lost, outside = [], set()
    for name, page in site.pages.items():
        for link in {*page.links, *page.parts}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                outside.add(parts.netloc)
                continue
            target = (site.folder / name).parent / unquote(parts.path) if parts.path else None
            path = (target or site.folder / name).resolve()
            if (site.folder / "lite").resolve() in path.parents:
                continue  # JupyterLite's own site, published in this folder
            place = path.relative_to(site.folder).as_posix() if path.is_file() else ""
            if not place or (
                place in site.pages
                and parts.fragment
                and unquote(parts.fragment) not in site.pages[place].ids
            ):
                lost.append(f"{name}: {link}")
    assert not lost
    assert sum(len(page.links) for page in site.pages.values()) > 3_000
    assert {"github.com", "colab.research.google.com", "mybinder.org"} <= outside


def test_no_link_goes_to_a_notebook_file_but_those_that_open_it(site):
    links = {link for page in site.pages.values() for link in page.links if ".ipynb" in link}
    kinds = Counter(
        "lite" if "/lite/lab/" in link else urlsplit(link).netloc
        for link in links
        if not link.startswith("_sources")
    )
    opened = len(LESSONS) + 1
    assert kinds["lite"] == kinds["colab.research.google.com"] == kinds["mybinder.org"] == opened
    assert set(kinds) <= {"lite", "colab.research.google.com", "mybinder.org", "github.com"}


def test_pages_are_made_of_local_parts_only(site):
    for name, page in site.pages.items():
        parts = [part for part in page.parts if not part.startswith("data:")]
        assert not [part for part in parts if urlsplit(part).netloc], name
    styles = "".join(path.read_text("utf-8") for path in site.folder.rglob("*.css"))
    assert not re.findall(r"url\([\"']?(?:https?:)?//", styles)


def test_every_picture_has_its_words(site):
    for name, page in site.pages.items():
        assert all(page.pictures), name
    # The others are drawn by what is alive, which its own tests cover.
    assert sum(len(page.pictures) for page in site.pages.values()) > 10


def test_formulas_are_mathml(site):
    for name in lessons(site):
        html = site.html(name)
        source = "".join(
            "".join(cell["source"])
            for cell in notebook(name)["cells"]
            if cell["cell_type"] == "markdown"
        )
        assert html.count('<div class="formula"><math') >= source.count("$$") // 2, name
        assert "MathJax" not in html
        assert "\\frac" not in re.sub("<pre>.*?</pre>", "", html, flags=re.DOTALL), name
    assert "<mfrac>" in site.html("notebooks/02_inverse_contracts.html")


def test_answers_and_folded_code_wait_for_the_reader(site):
    for name in (*lessons(site), "notebooks/reports/hedge_report.html"):
        html = site.html(name)
        assert not re.findall(r"<details[^>]*\bopen\b", html), name
        folded = [
            cell
            for cell in notebook(name)["cells"]
            if cell["metadata"].get("jupyter", {}).get("source_hidden")
            and cell["id"] != build.INSTALL
        ]
        assert html.count('<details class="admonition hide above-input">') >= len(folded), name
    assert "find_spec" not in site.html(LESSON)


def test_a_term_is_linked_once_in_a_lesson_and_only_in_prose(site):
    anchors = {anchor(term) for term in TERMS}
    assert anchors <= site.pages["notebooks/A_glossary.html"].ids
    linked = set()
    for name in lessons(site):
        html = site.html(name)
        uses = Counter(re.findall(r'class="term [^"]*" href="A_glossary.html#([^"]+)"', html))
        assert set(uses.values()) <= {1}, name
        assert set(uses) <= anchors
        linked |= set(uses)
        for closed in re.findall(r"<(?:h\d|pre|code)\b.*?</(?:h\d|pre|code)>", html, re.DOTALL):
            assert 'class="term' not in closed, name
    assert len(linked) > 60
    first = site.html("notebooks/01_spot_and_futures.html")
    assert 'A_glossary.html#term-perpetual" title="A future' in first
    # Said of insurance there; what the glossary means by it comes in lesson 06.
    assert "#term-premium" not in site.html("notebooks/05_what_ends_a_hedge.html")


def test_the_library_documents_every_public_name(site):
    for floor in hedgelib.FLOORS:
        module = getattr(hedgelib, floor)
        names = {
            f"hedgelib.{floor}.{name}"
            for name in module.__all__
            if getattr(module, name).__class__.__module__ != "typing"
            and callable(getattr(module, name))
        }
        assert names <= site.pages[f"library/{floor}.html"].ids


def test_without_chromium_it_says_loudly_that_there_is_no_pdf(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HEDGELIB_CHROMIUM", "no-such-browser")
    assert build.BOOK not in build._first_page()
    monkeypatch.setattr(command_line, "build", lambda _: [])
    assert command_line.main(["--out", str(tmp_path)]) == 0
    assert "NO PDF: Chromium was not found" in capsys.readouterr().err


def test_a_warning_of_the_build_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command_line, "build", lambda _: ["x.md: WARNING: no such page"])
    assert command_line.main(["--out", str(tmp_path)]) == 1
    assert "1 warning(s):\nx.md: WARNING: no such page" in capsys.readouterr().err


@pytest.mark.usefixtures("chromium")
def test_the_book_has_page_numbers_contents_and_answers(site):
    book = PdfReader(site.folder / build.BOOK)
    assert len(book.pages) > 150
    contents = book.pages[1].extract_text(extraction_mode="layout").replace("ﬁ", "fi")
    rows = re.findall(r"^ *(\S.*?) {2,}(\d+)$", contents, re.M)
    assert len(rows) == len(LESSONS) + 2
    for title, number in rows:
        text = book.pages[int(number) - 1].extract_text().replace("\n", " ").replace("ﬁ", "fi")
        assert title.replace("ﬂ", "fl") in text.replace("ﬂ", "fl"), title
        assert number in text.split()
    assert next(entry["/Title"] for entry in book.outline) == "Start here"
    words = " ".join(page.extract_text() for page in book.pages[:45])
    assert words.count("Hints and answers") > 1
    assert words.count("Worked solution") > 10
    assert "Show the code" not in words
    assert "With JavaScript" not in words


def test_no_page_asks_for_anything_outside(site, address, page, outside_requests, page_errors):
    for name in site.pages:
        page.goto(address + name)
    assert not outside_requests
    assert not page_errors


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_is_ours(scheme, address, page):
    page.emulate_media(color_scheme=scheme)
    found = {}
    for name in AXED if scheme == "light" else (LESSON,):
        page.goto(address + name)
        assert page.locator("html").get_attribute("data-theme") == scheme
        found[name] = axetools.violations(page, OURS, besides=SPHINX)
    assert not any(found.values()), found


def test_a_search_finds_the_lesson_on_liquidation(address, page):
    page.goto(address + "index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("liquidation")
    page.keyboard.press("Enter")
    found = page.locator("ul.search li a", has_text="05 What ends a hedge")
    found.first.click()
    page.wait_for_url("**/05_what_ends_a_hedge.html*")


def test_a_reader_unfolds_code_follows_a_term_and_turns_to_the_dark(address, page):
    page.goto(address + LESSON)
    folded = page.locator("details.hide", has_text="read_portfolio(file, price)")
    code = folded.locator("pre")
    assert not code.is_visible()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    code.wait_for()
    page.locator(".bd-header-article").get_by_label("Color mode").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    page.locator("a.term", has_text="exposure").click()
    page.wait_for_url("**/A_glossary.html#term-exposure")
    row = page.locator(":target")
    assert row.inner_text() == "exposure"
    assert row.is_visible()
    assert page.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.parametrize("width", [400, 1280])
def test_no_code_is_cut_off(width, address, page):
    page.set_viewport_size({"width": width, "height": 900})
    for name in (LESSON, "notebooks/A_glossary.html", "library/contracts.html"):
        page.goto(address + name)
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.cell_input pre')]
            .filter((pre) => pre.scrollWidth > pre.clientWidth).map((pre) => pre.textContent)"""
        )
        assert not cut
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, name


def test_paper_shows_the_lesson_and_nothing_around_it(address, page):
    page.goto(address + LESSON)
    page.emulate_media(media="print")
    for around in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".open-in", "details.hide"):
        assert not page.locator(around).first.is_visible(), around
    assert page.get_by_role("heading", name="Step 1. What is at risk?").is_visible()
