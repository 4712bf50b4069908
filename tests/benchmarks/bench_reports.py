"""Reports a minute: papermill's own API, a pool of it, `hedgelib reports` here and on a cluster.

All run the same notebook on the same portfolio. Ours makes the page as well, and keeps both files.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, chdir
from pathlib import Path
from typing import Any

import nbformat
import papermill

from hedgelib import market
from hedgelib.report import report_notebook
from hedgelib.report.cluster import on_cluster
from hedgelib.report.gather import Book, gather
from hedgelib.report.many import Makers, here, make_missing
from hedgelib.report.records import OutFolder
from tests.benchmarks.measure import Row, medians
from tests.clustertools import dask_cluster

SECONDS = 600.0
COUNTS = {"stock": 1, "pool": 2, "one": 10, "two": 20, "cluster": 20}
"""Reports of a turn."""

STOCK = "papermill's own API, one after the other"
POOL = "papermill's own API in a pool of 2 processes"
WHAT = "a hedge report: the notebook run, and by us its page made and both kept"


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


def cells(path: str) -> list[str]:
    """Return what each code cell of a notebook shows."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return [json.dumps(c.outputs) for c in notebook.cells if c.cell_type == "code"]


def started(stack: ExitStack, makers: AbstractContextManager[Makers], book: Book) -> Any:
    """Return the makers, and the seconds until their first report."""
    ready = stack.enter_context(makers)
    start = time.perf_counter()
    ours(ready, [book], "first")()
    return ready, time.perf_counter() - start


def rows() -> list[Row]:
    with ExitStack() as stack:
        stack.enter_context(
            chdir(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        )
        content = (market.data_folder() / "portfolios" / "layer1.csv").read_bytes()
        Path("books").mkdir()
        for i in range(max(COUNTS.values())):
            Path(f"books/{i}.csv").write_bytes(content)
        books = gather("books", {"as_of_data": True}, out="out")
        pool = stack.enter_context(
            ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
        )
        one, start = started(stack, here(1, SECONDS), books[0])
        two, _ = started(stack, here(2, SECONDS), books[0])
        address, _ = stack.enter_context(dask_cluster(Path.cwd()))
        cluster, cluster_start = started(stack, on_cluster(address, SECONDS), books[0])
        ways = {
            "stock": lambda: stock(0),
            "pool": lambda: list(pool.map(stock, range(COUNTS["pool"]))),
            "one": ours(one, books[: COUNTS["one"]], "one"),
            "two": ours(two, books[: COUNTS["two"]], "two"),
            "cluster": ours(cluster, books[: COUNTS["cluster"]], "cluster"),
        }
        taken = medians(ways, repeat=3)
        theirs = cells("stock0.ipynb")
        for way in ("one", "two", "cluster"):
            assert cells(f"{way}/0.ipynb") == theirs, way
    minute = {name: 60 * COUNTS[name] / seconds for name, seconds in taken.items()}

    def row(way: str, name: str, other: str, other_name: str, at_least: float = 0) -> Row:
        ratio = minute[way] / minute[other]
        return Row(
            what=WHAT,
            ours=f"{name}: {minute[way]:.0f} a minute",
            theirs=f"{other_name}: {minute[other]:.3g} a minute",
            ratio=f"{ratio:.3g}x as many",
            same=f"all {len(theirs)} output cells are the same",
            wanted=f"at least {at_least:g}x" if at_least else "",
            met=ratio >= at_least,
        )

    here_name = f"`hedgelib reports --workers {{}}`, after a start of {start:.1f} s"
    cluster_name = f"on a dask cluster of 2 workers, after a start of {cluster_start:.1f} s"
    return [
        row("one", here_name.format(1), "stock", STOCK),
        row("two", here_name.format(2), "stock", STOCK, 20),
        row("two", here_name.format(2), "pool", POOL),
        row("cluster", cluster_name, "stock", STOCK),
    ]
