"""The lessons as one PDF: the pages of the site, one after another, printed by Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from posixpath import normpath
from typing import Any, NamedTuple

from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader, PdfWriter

from hedgelib.report.pdf import write_pdf

_PARTS = ("Lessons", "To look up")
_LEFT_OUT = (
    "details.hide, .open-in, .headerlink, .prev-next-footer, button, script, .toctree-wrapper"
)
_STYLE = """
@page { margin: 20mm 18mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
@page :first { @bottom-center { content: none; } }
html { font-size: 10pt; }
body { background: #fff; display: block; }
section.page, .book-contents { break-before: page; }
.book-contents li { display: flex; gap: 1rem; list-style: none; }
.book-contents li span:last-child { margin-left: auto; min-width: 2rem; text-align: right; }
table { font-size: 8pt; }
td, th, td code { overflow-wrap: anywhere; white-space: normal !important; }
.book-title { padding-top: 60mm; text-align: center; }
.book-answer { border-top: 1px solid #ccc; padding-top: 0.5rem; }
.book-answer p { margin: 0 0 0.25rem; }
.book-answer .label { font-style: italic; margin-top: 0.5rem; break-after: avoid; }
"""
_OVER = """
html, body { background: none; }
body { visibility: hidden; }
.book-contents span { visibility: visible; }
@page { @bottom-center { content: none; } }
"""


class _Page(NamedTuple):
    """A page of the site in the book: its name in links, its title and its body."""

    key: str
    title: str
    body: Tag


def write_book(site: Path, target: Path, notebooks: Path, address: str) -> None:
    """Print the book, then the numbers of its contents, and lay them over the second page."""
    first = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    pages = list(_pages(site, first, notebooks, address))
    printed = _print(target, _whole(first, pages))
    book = PdfReader(printed)
    numbers = {page.key: _number(book, page) for page in pages}
    over = _print(target, _whole(first, pages, numbers))
    writer = PdfWriter(printed, incremental=True)
    writer.pages[1].merge_page(PdfReader(over).pages[1])
    for page in pages:
        writer.add_outline_item(page.title, numbers[page.key] - 1)
    writer.write(target)


def _print(target: Path, html: str) -> BytesIO:
    """Print a page that lies next to the book, for its styles and pictures."""
    source, made = target.with_suffix(".html"), target.with_suffix(".part")
    source.write_text(html, encoding="utf-8")
    content = write_pdf(source, made).read_bytes()
    source.unlink()
    made.unlink()
    return BytesIO(content)


def _number(book: PdfReader, page: _Page) -> int:
    """Return the number of the page of paper on which a page of the site begins."""
    number = book.get_destination_page_number(book.named_destinations[f"/{page.key}"])
    assert number is not None, page.key
    return number + 1


def _pages(site: Path, first: BeautifulSoup, notebooks: Path, address: str) -> Iterator[_Page]:
    names = []
    for caption in first.select("nav.bd-links p.caption"):
        listing = caption.find_next_sibling("ul")
        if caption.get_text(strip=True) in _PARTS and listing is not None:
            names += [a["href"] for a in listing.select("li.toctree-l1 > a")]
    keys = {name: _key(name) for name in names if name.startswith("notebooks/")}
    for name, key in keys.items():
        html = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
        body = html.select_one("article.bd-article")
        assert body is not None, name
        stored = notebooks.parent / Path(name).with_suffix(".ipynb")
        _put_back(body, json.loads(stored.read_text(encoding="utf-8")))
        for node in body.select(_LEFT_OUT):
            node.decompose()
        _move_answers(html, body)
        _point_within(body, name, keys, address)
        title = body.find("h1")
        assert title is not None, name
        yield _Page(key, title.get_text(strip=True), body)


def _key(name: str) -> str:
    return re.sub(r"\W+", "-", name.removesuffix(".html"))


def _put_back(body: Tag, notebook: dict[str, Any]) -> None:
    """Replace what only lives on a screen by what the notebook shows."""
    shown = {
        cell["id"]: "".join(
            "".join(output.get("data", {}).get("text/html", "")) for output in cell["outputs"]
        )
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }
    for node in body.select("[data-cell]"):
        node.replace_with(BeautifulSoup(shown[str(node["data-cell"])], "html.parser"))


def _move_answers(html: BeautifulSoup, body: Tag) -> None:
    """Move the hints and answers of a page to its end, since paper cannot fold them."""
    answers = html.new_tag("section")
    for place in body.select(".hedge-question, details:not(.hedge-question *)"):
        folded = [place] if place.name == "details" else place.find_all("details", recursive=False)
        if not folded:
            continue
        number = len(answers.contents) + 1
        link = html.new_tag("a", href=f"#answer-{number}")
        link.string = f"Answer {number}"
        answer = html.new_tag("div", id=f"answer-{number}", attrs={"class": "book-answer"})
        question = place.find("b") if place.name != "details" else None
        title = html.new_tag("p", attrs={"class": "label"})
        title.string = f"{number}. {question.get_text() if question else ''}"
        answer.append(title)
        for details in folded:
            summary = details.find("summary")
            label = html.new_tag("p", attrs={"class": "label"})
            if summary is not None:
                label.string = summary.extract().get_text()
            answer.extend([label, *list(details.contents)])
        if place.name == "details":
            pointer = html.new_tag("p")
            pointer.extend([f"{label.get_text()}: ", link])
            place.replace_with(pointer)
        else:
            for details in folded:
                details.decompose()
            place.append(link)
        answers.append(answer)
    if answers.contents:
        heading = html.new_tag("h2")
        heading.string = "Hints and answers"
        answers.insert(0, heading)
        body.append(answers)


def _point_within(body: Tag, name: str, keys: dict[str, str], address: str) -> None:
    """Let the links of a page lead to the pages of the book, else to the published site."""
    folder = name.rpartition("/")[0]
    for node in body.select("[id]"):
        node["id"] = f"{keys[name]}--{node['id']}"
    for link in body.select("a[href]"):
        href = str(link["href"])
        if re.match(r"\w+:", href):
            continue
        path, _, place = href.partition("#")
        page = normpath(f"{folder}/{path}") if path else name
        if page in keys:
            link["href"] = f"#{keys[page]}" + (f"--{place}" if place else "")
        else:
            link["href"] = address + page + (f"#{place}" if place else "")
    for picture in body.select("img[src]"):
        src = str(picture["src"])
        if not src.startswith("data:"):
            picture["src"] = "../" + normpath(f"{folder}/{src}")


def _whole(first: BeautifulSoup, pages: list[_Page], numbers: dict[str, int] | None = None) -> str:
    """Write the book, or only the page numbers of its contents, each in its place."""
    styles = "".join(
        f'<link rel="stylesheet" href="../{link["href"]}">'
        for link in first.select('link[rel="stylesheet"]')
    )
    title = first.select_one("article.bd-article h1")
    assert title is not None
    name = title.get_text().rstrip("#¶ \n")
    contents = "".join(
        f'<li><a href="#{page.key}">{page.title}</a>'
        f"<span>{numbers[page.key] if numbers else ''}</span></li>"
        for page in pages
    )
    bodies = "".join(
        f'<section class="page" id="{page.key}">{page.body}</section>' for page in pages
    )
    return (
        f'<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{name}</title>{styles}<style>{_STYLE}{_OVER if numbers else ''}</style></head>"
        f'<body><h1 class="book-title">{name}</h1>'
        f'<nav class="book-contents"><h1>Contents</h1><ol>{contents}</ol></nav>'
        f'<main class="bd-content">{"" if numbers else bodies}</main></body></html>'
    )
