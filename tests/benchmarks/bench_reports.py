"""Reports: many against papermill's own API, their CPU time, one against imports, and none at all.

All run the same notebook on the same portfolio. Ours makes the page as well, and keeps both files.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, chdir
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil

from hedgelib import market
from hedgelib.report import ReportParameters, build_report, report_notebook
from hedgelib.report.cluster import on_cluster
from hedgelib.report.gather import Book, gather
from hedgelib.report.many import Makers, make_missing
from hedgelib.report.records import OutFolder
from hedgelib.report.registry import sections
from hedgelib.report.run import make_each
from tests.benchmarks.measure import Row, cost, duration, medians
from tests.clustertools import ROOT, dask_cluster

SECONDS = 600.0
COUNTS = {"stock": 1, "pool": 2, "one": 10, "two": 20, "cluster": 20}
"""Reports of a turn."""
FINISHED = 100

STOCK = "papermill's own API, one after the other"
POOL = "papermill's own API in a pool of 2 processes"
WHAT = "a hedge report: the notebook run, and by us its page made and both kept"
IMPORTS = "import pandas, matplotlib.pyplot"


def stock(number: int) -> None:
    """Run the notebook as papermill's documentation has it."""
    papermill.execute_notebook(
        str(report_notebook()),
        f"stock{number}.ipynb",
        parameters={"portfolio": "books/0.csv", "as_of_data": True},
        progress_bar=False,
    )


def ours(makers: Makers, books: list[Book], out: str) -> Callable[[], None]:
    """Make the reports on some books, as the command does."""

    def make() -> None:
        with OutFolder(out) as folder:
            outcomes: list[Any] = [None] * len(books)
            list(make_missing(books, outcomes, folder, makers))
        assert not any(outcome.error for outcome in outcomes), outcomes

    return make


def here(workers: int) -> Makers:
    return partial(make_each, workers=workers, seconds=SECONDS)


def cells(path: str) -> list[str]:
    """Return what each code cell of a notebook shows."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return [json.dumps(c.outputs) for c in notebook.cells if c.cell_type == "code"]


def first(makers: Makers, book: Book) -> float:
    """Return the seconds until the first report."""
    start = time.perf_counter()
    ours(makers, [book], "first")()
    return time.perf_counter() - start


def cpu_of_all() -> float:
    """CPU seconds of this process, of its fork server and of its reports."""
    (server,) = (
        child
        for child in psutil.Process().children()
        if "multiprocessing.forkserver" in " ".join(child.cmdline())
    )
    return time.process_time() + sum(server.cpu_times()[:4])


def compute_and_draw() -> None:
    report = build_report(ReportParameters(portfolio="books/0.csv", as_of_data=True))
    for one in sections():
        one.show(report)._repr_html_()


def cpu_row(makers: Makers, books: list[Book]) -> Row:
    """Compare the CPU time of a report in a batch with that of its numbers and pictures."""
    batch = ours(makers, books, "cpu")
    seconds = medians({"batch": batch, "warm": compute_and_draw}, repeat=3, clock=cpu_of_all)
    return cost(
        "CPU time of a hedge report in a batch",
        ("`hedgelib reports`, each in a process of its own", seconds["batch"] / len(books)),
        ("computed and drawn in a warm process", seconds["warm"]),
        same="the same numbers and pictures",
        at_most=1.6,
        of="the CPU time",
    )


def command(*words: str) -> None:
    subprocess.run(
        [sys.executable, *words],
        check=True,
        capture_output=True,
        # What is imported is compiled once, as for anybody.
        env={n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
        | {"PYTHONPATH": str(ROOT)},
    )


def one_row() -> Row:
    """Compare one report with the imports that it cannot do without."""
    report = ("-m", "hedgelib", "report", "books/0.csv", "--as-of-data", "--out", "single")
    ways = {"report": lambda: command(*report), "imports": lambda: command("-c", IMPORTS)}
    seconds = medians(ways, repeat=7)
    return cost(
        "one hedge report, from the command to its files",
        ("`hedgelib report`", seconds["report"]),
        (f"`{IMPORTS}`", seconds["imports"]),
        same="",
        at_most=2.2,
    )


def finished_row() -> Row:
    """Take the CPU time of a run that has nothing to do."""
    words = ("-m", "hedgelib", "reports", "books", "--as-of-data", "--out", "finished")

    def children() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    seconds = medians({"again": lambda: command(*words)}, repeat=3, clock=children)["again"]
    return Row(
        what=f"finding that {FINISHED} finished reports need nothing",
        ours=f"`hedgelib reports`: {duration(seconds)} of CPU time",
        theirs="",
        ratio="",
        same="",
        wanted="at most 2 s (depends on the machine)",
        met=seconds <= 2,
    )


def rows() -> list[Row]:
    with ExitStack() as stack:
        stack.enter_context(
            chdir(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        )
        content = (market.data_folder() / "portfolios" / "layer1.csv").read_bytes()
        Path("books").mkdir()
        for i in range(FINISHED):
            Path(f"books/{i}.csv").write_bytes(content)
        books = gather("books", {"as_of_data": True}, out="out")
        pool = stack.enter_context(
            ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
        )
        start = first(here(1), books[0])
        address, _ = stack.enter_context(dask_cluster(Path.cwd()))
        cluster = stack.enter_context(on_cluster(address, SECONDS))
        cluster_start = first(cluster, books[0])
        ways = {
            "stock": lambda: stock(0),
            "pool": lambda: list(pool.map(stock, range(COUNTS["pool"]))),
            "one": ours(here(1), books[: COUNTS["one"]], "one"),
            "two": ours(here(2), books[: COUNTS["two"]], "two"),
            "cluster": ours(cluster, books[: COUNTS["cluster"]], "cluster"),
        }
        taken = medians(ways, repeat=3)
        theirs = cells("stock0.ipynb")
        for way in ("one", "two", "cluster"):
            assert cells(f"{way}/0.ipynb") == theirs, way
        more = [cpu_row(here(2), books[: COUNTS["two"]]), one_row(), finished_row()]
    minute = {name: 60 * COUNTS[name] / seconds for name, seconds in taken.items()}

    def row(way: str, name: str, other: str, other_name: str) -> Row:
        return Row(
            what=WHAT,
            ours=f"{name}: {minute[way]:.0f} a minute",
            theirs=f"{other_name}: {minute[other]:.3g} a minute",
            ratio=f"{minute[way] / minute[other]:.3g}x as many (depends on the machine)",
            same=f"all {len(theirs)} output cells are the same",
        )

    here_name = f"`hedgelib reports --workers {{}}`, after a start of {start:.1f} s"
    cluster_name = f"on a dask cluster of 2 workers, after a start of {cluster_start:.1f} s"
    return [
        row("one", here_name.format(1), "stock", STOCK),
        row("two", here_name.format(2), "stock", STOCK),
        row("two", here_name.format(2), "pool", POOL),
        row("cluster", cluster_name, "stock", STOCK),
        *more,
    ]
