"""From parameters to pages: the notebook run by papermill, and the HTML made from it."""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.report.export import to_json
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.results import HedgeReport

__all__ = [
    "ReportFailed",
    "make_pages",
    "report_notebook",
    "run_notebook",
    "safe_stem",
    "to_html",
    "write_json",
    "write_report",
]

_LONGEST_STEM = 80
_LONGEST_STEM_BYTES = 180
# A socket has a path of at most 103 bytes, of which its own name takes 52.
_LONGEST_SOCKET_FOLDER = 50
_NO_REMARKS = ["--log-level=CRITICAL"]
_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{name}{i}" for name in ("com", "lpt") for i in range(1, 10)
}


class ReportFailed(RuntimeError):
    """The notebook of a report stopped.

    Parameters
    ----------
    kind, message : str
        Of the error that stopped it.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"the notebook stopped: {kind}: {message}")
        self.kind, self.message = kind, message


def report_notebook() -> Path:
    """Find the notebook that reports are made from.

    Returns
    -------
    Path
        Inside the package when it was installed from a wheel, else in the repository.

    Raises
    ------
    HedgeError
        There is none.
    """
    package = Path(__file__).resolve().parent.parent
    candidates = [
        folder / "notebooks" / "reports" / "hedge_report.ipynb"
        for folder in (package / "_bundled", package.parent)
    ]
    for path in candidates:
        if path.is_file():
            return path
    raise HedgeError(
        "the report's notebook is missing; looked for " + " and ".join(map(str, candidates))
    )


def safe_stem(name: str | Path) -> str:
    """Make the name of a report's files from the name of its portfolio.

    Letters and digits of any script, ``-``, ``_`` and inner dots stay; anything else becomes
    ``_``. A name that had to be changed, or that ends in anything but ``.csv``, gets a short hash
    of the whole, so that no two portfolios share a report.

    Parameters
    ----------
    name : str or Path
        File name, with or without folders.

    Returns
    -------
    str
        Never empty, never a path, never hidden, at most 80 characters.

    Notes
    -----
    **Source:** own rule.

    Examples
    --------
    >>> safe_stem("layer1.csv"), safe_stem("layer1.json"), safe_stem("<i>x.csv")
    ('layer1', 'layer1-...', 'i_x-e92941')
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

    Parameters
    ----------
    notebook : NotebookNode
    title : str
        Plain text.

    Returns
    -------
    str
        HTML: no code cells, no scripts, pictures inside with their alt text.
    """
    resources = {"metadata": {"name": title}}
    page, _ = _exporter().from_notebook_node(notebook, resources=resources)
    return str(page)


@cache
def _exporter() -> Any:
    """Make the exporter once: it compiles its templates, which takes as long as a page."""
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter

    class PageExporter(HTMLExporter):
        def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
            # HTMLExporter would read the page it wrote once more, to mend what ours has right.
            return TemplateExporter.from_notebook_node(self, nb, resources, **options)

    return PageExporter(  # type: ignore[no-untyped-call]
        template_name="hedge_report",
        extra_template_basedirs=[str(Path(__file__).resolve().parent / "template")],
        exclude_anchor_links=True,
        # None has anything to do for this template, and each would check the notebook again.
        default_preprocessors=[],
    )


def write_report(report: HedgeReport, folder: str | Path) -> tuple[Path, Path]:
    """Run the report's notebook through papermill and write it as HTML and as a notebook.

    Both files appear complete or not at all.

    Parameters
    ----------
    report : HedgeReport
        Its parameters are those of the notebook, its title that of the page.
    folder : str or Path
        Made where it is missing.

    Returns
    -------
    html, notebook : Path

    Raises
    ------
    InvalidInput
        The folder cannot be made or written to.
    ReportFailed
        The notebook stopped.
    """
    folder = Path(folder)
    stem = safe_stem(report.parameters.portfolio)
    with _scratch(folder) as name:
        targets = []
        pages = make_pages(run_notebook(report.parameters), report)
        for kind, text in zip(("html", "ipynb"), pages, strict=True):
            made = Path(name) / f"report.{kind}"
            made.write_text(text, encoding="utf-8")
            targets.append((made, folder / f"{stem}.{kind}"))
        for made, target in reversed(targets):
            os.replace(made, target)
    return targets[0][1], targets[1][1]


def run_notebook(parameters: ReportParameters, *, engine: str | None = None) -> Any:
    """Run the notebook of a report through papermill, and write nothing.

    Parameters
    ----------
    parameters : ReportParameters
    engine : str, optional
        Of papermill; its own, a kernel for each notebook, when omitted.

    Returns
    -------
    NotebookNode

    Raises
    ------
    ReportFailed
        The notebook stopped.
    """
    import papermill

    with tempfile.TemporaryDirectory() as sockets:
        try:
            return papermill.execute_notebook(
                _literal(report_notebook()),
                None,
                parameters=parameters.to_dict(),
                engine_name=engine,
                kernel_name="python3",
                progress_bar=False,
                **_quiet_kernel(Path(sockets)),
            )
        except papermill.PapermillExecutionError as error:
            raise ReportFailed(error.ename, error.evalue) from error


def make_pages(notebook: Any, report: HedgeReport) -> tuple[str, str]:
    """Turn the executed notebook of a report into what is written of it.

    Parameters
    ----------
    notebook : NotebookNode
        Gets the title, and loses the paths of this machine.
    report : HedgeReport

    Returns
    -------
    html, notebook : str
        The page, and the notebook as its file has it.
    """
    import nbformat

    notebook.metadata["title"] = report.title
    stem = safe_stem(report.parameters.portfolio)
    notebook.metadata["papermill"].update(
        input_path=report_notebook().name, output_path=f"{stem}.ipynb"
    )
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return to_html(notebook, title=report.title), text


def write_json(report: HedgeReport, folder: str | Path) -> Path:
    """Write the data of a report next to its page.

    Parameters
    ----------
    report : HedgeReport
    folder : str or Path
        Made where it is missing.

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        The folder cannot be made or written to.
    """
    folder = Path(folder)
    # Not plain .json: that may be somebody's portfolio.
    target = folder / f"{safe_stem(report.parameters.portfolio)}.report.json"
    with _scratch(folder) as name:
        made = Path(name) / "report.json"
        made.write_text(to_json(report), encoding="ascii")
        os.replace(made, target)
    return target


def _scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a folder in which a file is written before it takes its place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".report-", dir=folder)
    except OSError as error:
        raise InvalidInput(
            f"cannot write to {folder}: {error.strerror}; name another folder with --out"
        ) from error


def _literal(path: Path) -> str:
    """Word a path so that papermill, which formats paths, leaves its braces alone."""
    return str(path.absolute()).replace("{", "{{").replace("}", "}}")


def _quiet_kernel(sockets: Path) -> dict[str, Any]:
    """Keep the kernel from remarks that are none of the reader's.

    Over TCP it warns on every start, so it is talked to through files where that works. And it is
    interrupted before it is ended: where it has just answered, it calls that an error.
    """
    from traitlets.config import Config

    if os.name != "posix" or len(os.fsencode(sockets)) > _LONGEST_SOCKET_FOLDER:
        return {"extra_arguments": _NO_REMARKS}
    # Without a file of its own each kernel puts its sockets into the working directory.
    own = {"transport": "ipc", "connection_file": str(sockets / "kernel.json")}
    return {"extra_arguments": _NO_REMARKS, "config": Config({"KernelManager": own})}
