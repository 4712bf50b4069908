"""Stage the sources of the site and let Sphinx build them.

The stage mirrors the repository, so that the links between files work on the site too.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

import hedgelib
from hedgelib.course.learner import INSTALL
from hedgelib.report.pdf import find_chromium
from scripts.addresses import site
from scripts.site import alive
from scripts.site.paper import write_book

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "docs" / "site"

# After the floors that `import hedgelib` offers, what a reader may import by its module.
LIBRARY = (*hedgelib.FLOORS, "paths", "rules", "replay", "market", "desk", "flight", "show")

BOOK = "hedging-altcoins.pdf"

# JupyterLab's name of a heading, which keeps its capitals, as GitHub writes it.
_ANCHOR = re.compile(r"(?<=\.ipynb#)[\w-]+")

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def build(out: Path) -> list[str]:
    """Build the site and return the warnings, none where all is well."""
    out = out.resolve()
    stage = out.with_name(f"{out.name}-sources")
    _stage(stage)
    warnings = io.StringIO()
    with docutils_namespace():
        sphinx = Sphinx(
            srcdir=stage,
            confdir=Path(__file__).parent,
            outdir=out,
            doctreedir=stage.with_name(f"{out.name}-doctrees"),
            buildername="html",
            status=None,
            warning=warnings,
        )
        sphinx.build()
    if find_chromium():
        write_book(out, out / BOOK, ROOT / "notebooks", site())
    return _COLOUR.sub("", warnings.getvalue()).strip().splitlines()


def _stage(stage: Path) -> None:
    """Bring a folder up to date with the sources; what has not changed is left as it is."""
    wanted = dict(_sources())
    for path in stage.rglob("*"):
        if path.is_file() and path.relative_to(stage).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        target = stage / name
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _sources() -> Iterator[tuple[str, bytes]]:
    """Give each page of the site: its path, from which follows its address, and its source."""
    for path in (*_texts(), *sorted(ROOT.glob("docs/*.png"))):
        yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    yield "data/README.md", (ROOT / "data" / "README.md").read_bytes()
    for path, living in alive.assets_of(sorted(ROOT.glob("notebooks/*.ipynb"))).items():
        yield path.relative_to(ROOT).as_posix(), _notebook(path, living)
    yield f"{alive.STATIC}/alive.js", alive.script().encode()
    yield f"{alive.STATIC}/alive.css", alive.style().encode()
    report = ROOT / "notebooks" / "reports" / "hedge_report.ipynb"
    yield report.relative_to(ROOT).as_posix(), _notebook(report, {}, fold=True)
    yield "index.md", _first_page().encode()
    library = (TEXTS / "library.md").read_text(encoding="utf-8")
    yield (
        "library.md",
        library.replace("MODULES", "\n".join(map("library/{}".format, LIBRARY))).encode(),
    )
    for name in LIBRARY:
        title = f"hedgelib.{name}"
        rule = "=" * len(title)
        text = f"{title}\n{rule}\n\n.. automodule:: {title}\n   :members:\n"
        yield f"library/{name}.rst", text.encode()


def _first_page() -> str:
    """Write the first page, with the pages that it does not name at the end of its contents."""
    text = (TEXTS / "index.md").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT).with_suffix("") for path in _texts()]
    others = "\n".join(page.as_posix() for page in pages if page.as_posix() not in text)
    paper = (
        f'**On paper**: <a href="{BOOK}">the whole book as a PDF</a>.' if find_chromium() else ""
    )
    return text.replace("OTHERS", others).replace("PAPER", paper)


def _texts() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]


def _notebook(path: Path, living: Mapping[str, str], *, fold: bool = False) -> bytes:
    """Write a notebook as the site shows it: what is alive, and all of its code folded if asked."""
    text = _ANCHOR.sub(lambda match: match[0].lower(), path.read_text(encoding="utf-8"))
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and fold:
            cell["metadata"]["tags"] = ["hide-input"]
        if cell["id"] == INSTALL:
            cell["metadata"]["tags"] = ["remove-cell"]
        if cell["id"] in living:
            alive.put_in(cell, living[cell["id"]])
    return json.dumps(notebook, ensure_ascii=False).encode()
