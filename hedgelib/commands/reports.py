"""``hedgelib reports``: many portfolio files, a report for each, and an index."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hedgelib._check import POSITIVE, scalars
from hedgelib._extras import require
from hedgelib.commands.report import add_parameters, add_workbook, check_workbook
from hedgelib.errors import InvalidInput
from hedgelib.report.blocks import printable
from hedgelib.report.parameters import ReportParameters

if TYPE_CHECKING:
    from hedgelib.report.gather import Book
    from hedgelib.report.many import Makers, Outcome
    from hedgelib.report.records import OutFolder

SUMMARY = "write a hedge report on each of many portfolio files, and an index"
PARTLY = "some portfolios have no report"
DESCRIPTION = (
    "Write a hedge report and its order ticket on every portfolio file of a folder and its "
    "folders, or of every row of a manifest: a CSV file with a column portfolio and any parameters "
    "as further columns, such as position and wallet; paths count from its own folder. index.html "
    "and index.csv list them all. A portfolio that cannot have a report is listed with the reason. "
    "After an interruption the same command continues where it stopped: a report is made again "
    "only when its files, its parameters, hedgelib or its data have changed, and on the next day, "
    "because it states the age of its prices; with --as-of-data and without --live it does not."
)

_SOME_FAILED, _INTERRUPTED = 3, 130
_SECONDS = 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument(
        "source", metavar="FOLDER_OR_MANIFEST", help="where the portfolios are, or are listed"
    )
    parser.add_argument(
        "--out", metavar="DIR", default="out", help="folder for the reports (default: out)"
    )
    parser.add_argument(
        "--workers",
        metavar="NUMBER",
        help="reports made at the same time (default: one for each processor)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="make them on the dask cluster of this scheduler, such as tcp://10.0.0.5:8786",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        default=str(_SECONDS),
        help=f"time limit for one report (default: {_SECONDS:g})",
    )
    add_workbook(parser)
    add_parameters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the reports and the index, and say how many there are."""
    given = {n: v for n, v in vars(arguments).items() if n in ReportParameters.names()}
    seconds = _seconds(arguments.timeout)
    workers = _workers(arguments.workers)
    if workers and arguments.scheduler:
        raise InvalidInput(
            "--workers is for this machine and --scheduler for a cluster; leave out one of them"
        )
    require("papermill", "hedgelib reports")
    check_workbook(arguments)
    # pandas and Jupyter take their time, and --help needs neither.
    from hedgelib.report.gather import gather
    from hedgelib.report.index import old_prices
    from hedgelib.report.records import OutFolder

    books = gather(arguments.source, given, out=arguments.out)
    with OutFolder(arguments.out) as out:
        try:
            outcomes = _make(books, out, _makers(arguments, workers, seconds), arguments.xlsx)
        except KeyboardInterrupt:
            print("hedgelib: interrupted; run the same command again to continue", file=sys.stderr)
            return _INTERRUPTED
        index = _write_index(outcomes, out, source=Path(arguments.source).absolute().name)
    failed = sum(bool(outcome.error) for outcome in outcomes)
    new = sum(outcome.new and not outcome.error for outcome in outcomes)
    print(
        f"{len(outcomes):,} {'portfolio' if len(outcomes) == 1 else 'portfolios'}: {new:,} made "
        f"now, {len(outcomes) - new - failed:,} as before, {failed:,} without a report"
    )
    for text in old_prices(outcomes):
        print(f"! {text}")
    print(f"wrote {printable(str(index))}")
    return _SOME_FAILED if failed else 0


def _makers(
    arguments: argparse.Namespace, workers: int | None, seconds: float
) -> AbstractContextManager[Makers]:
    if arguments.scheduler is None:
        from hedgelib.report.many import processors
        from hedgelib.report.run import make_each

        return nullcontext(partial(make_each, workers=workers or processors(), seconds=seconds))
    from hedgelib.report.cluster import on_cluster

    return on_cluster(arguments.scheduler, seconds)


def _make(
    books: list[Book], out: OutFolder, makers: AbstractContextManager[Makers], xlsx: bool
) -> list[Outcome]:
    from tqdm import tqdm

    from hedgelib.report.many import find_finished, make_missing

    outcomes = find_finished(books, out, xlsx=xlsx)
    missing = outcomes.count(None)
    if missing:
        with (
            makers as ready,
            # No bar where nobody looks.
            tqdm(
                total=len(books),
                initial=len(books) - missing,
                unit=" reports",
                smoothing=0,
                disable=None,
            ) as bar,
        ):
            for _ in make_missing(books, outcomes, out, ready, xlsx=xlsx):
                bar.update()
    return [outcome for outcome in outcomes if outcome is not None]


def _write_index(outcomes: list[Outcome], out: OutFolder, *, source: str) -> Path:
    from hedgelib.report import index

    out.put("index.csv", index.sheet(outcomes))
    return out.put("index.html", index.page(outcomes, source=source))


def _seconds(given: str) -> float:
    try:
        (seconds,) = scalars(timeout=(float(given), POSITIVE))
    except ValueError as error:
        raise InvalidInput(f"--timeout must be a number of seconds > 0, got {given!r}") from error
    return float(seconds)


def _workers(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise InvalidInput(f"--workers must be a whole number from 1 on, got {given!r}")
    return int(given)
