"""From a notebook that has run to the files of a report."""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgelib.report.blocks import whole_page
from hedgelib.report.cells import report_notebook
from hedgelib.report.faults import writing
from hedgelib.report.phrases import title

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

_LONGEST_STEM = 80
_LONGEST_STEM_BYTES = 180
_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{name}{i}" for name in ("com", "lpt") for i in range(1, 10)
}


def safe_stem(name: str | Path) -> str:
    """Make the name of a report's files from the name of its portfolio.

    Letters and digits of any script, ``-``, ``_`` and inner dots stay; anything else becomes
    ``_``. A name that had to be changed, or that ends in anything but ``.csv``, gets a short hash
    of the whole, so that no two portfolios share a report.
    """
    raw = Path(name).stem
    composed = unicodedata.normalize("NFC", raw)
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in composed)
    while "__" in kept:
        kept = kept.replace("__", "_")
    kept = kept.replace("..", ".").strip("._-")
    as_it_is = kept == raw and Path(name).suffix == ".csv"
    if as_it_is and _fits(kept) and kept.split(".")[0].lower() not in _RESERVED:
        return kept
    digest = hashlib.sha256(os.fsencode(str(Path(name).name))).hexdigest()[:6]
    kept = kept or "report"
    while not _fits(f"{kept}-{digest}"):
        kept = kept[:-1]
    return f"{kept}-{digest}"


def _fits(stem: str) -> bool:
    return 0 < len(stem) <= _LONGEST_STEM and len(stem.encode()) <= _LONGEST_STEM_BYTES


def to_html(notebook: Any, *, title: str) -> str:
    """Turn an executed report notebook into one page that needs no network.

    It has no code and no scripts, and its pictures inside with their alt text.
    """
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts += [_shown(output) for output in cell.outputs]
        elif "notebook-only" not in cell.metadata.get("tags", []):
            parts.append(_prose(cell.source))
    return whole_page(title, "\n".join(filter(None, parts)), styles=("report.css",))


def _shown(output: Any) -> str:
    if output.output_type in ("display_data", "execute_result"):
        html: str = output.data.get("text/html", "")
        return html or f"<pre>{escape(output.data['text/plain'])}</pre>"
    printed = output.output_type == "stream" and output.name == "stdout"
    return f"<pre>{escape(output.text)}</pre>" if printed else ""


def _prose(source: str) -> str:
    """Turn the Markdown of a report into HTML: titles and plain paragraphs."""
    parts = []
    for part in filter(None, source.split("\n\n")):
        text = part.lstrip("#")
        tag = f"h{len(part) - len(text)}" if text != part else "p"
        parts.append(f"<{tag}>{escape(text.strip())}</{tag}>")
    return "\n".join(parts)


def make_pages(notebook: Any, report: HedgeReport) -> tuple[str, str]:
    """Return the page of a report, and its notebook without the paths of this machine."""
    import nbformat.v4 as v4

    heading = title(report)
    notebook.metadata["title"] = heading
    notebook.metadata["papermill"] |= {
        "input_path": report_notebook().name,
        "output_path": f"{safe_stem(report.parameters.portfolio)}.ipynb",
    }
    text: str = v4.writes(notebook)  # type: ignore[no-untyped-call]
    return to_html(notebook, title=heading), text + "\n"


def write_report(report: HedgeReport, folder: str | Path) -> tuple[Path, Path]:
    """Run the report's notebook; return the paths of its page and of the notebook, both whole."""
    from hedgelib.report.run import Job, make_one

    made = make_one(Job(parameters=report.parameters.to_dict())).check()
    page, notebook = write_files(safe_stem(report.parameters.portfolio), made.files, folder)
    return page, notebook


def write_json(report: HedgeReport, folder: str | Path) -> Path:
    """Write the data of a report next to its page, and return the path of the file."""
    from hedgelib.report.export import to_json

    # Not plain .json: that may be somebody's portfolio.
    files = {"report.json": to_json(report).encode()}
    (path,) = write_files(safe_stem(report.parameters.portfolio), files, folder)
    return path


def write_files(stem: str, files: Mapping[str, bytes], folder: str | Path) -> list[Path]:
    """Write the files of a report, by the ends of their names: all of them whole, or none."""
    folder = Path(folder)
    targets = {kind: folder / f"{stem}.{kind}" for kind in files}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=".report-", dir=folder)
    with scratch as name:
        for kind, content in files.items():
            with writing(targets[kind]):
                Path(name, kind).write_bytes(content)
        for kind, target in targets.items():
            with writing(target):
                os.replace(Path(name, kind), target)
    return list(targets.values())
