"""Reports on many portfolios: what is finished stays, and what fails costs only itself."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from hedgelib.errors import HedgeError
from hedgelib.report.dates import today
from hedgelib.report.faults import InTheWay, TooFewFiles
from hedgelib.report.gather import Book, files_among, read_book
from hedgelib.report.one import is_sample
from hedgelib.report.records import OutFolder, fingerprint
from hedgelib.report.run import Job, Made

Makers: TypeAlias = Callable[[Iterable[tuple[int, Job]]], Generator[tuple[int, Made], None, None]]
"""Takes numbered jobs and gives back what became of each, as they are finished.

A job is taken when it can soon be made, and not before.
"""


Contents: TypeAlias = tuple[bytes, dict[str, bytes]]
"""Of a portfolio file, and of the other files that its parameters name."""

_NOTHING = "nothing_to_hedge"
_LINKED = "a link leads to a file that cannot be used in a report; `hedgelib report` says why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one portfolio.

    figures : see :func:`hedgelib.report.index.figures`; empty where there is no report, but for
        the reason where there is nothing to hedge.
    error : why there is none; empty where there is one.
    new : whether it was made now, and not found finished.
    """

    book: Book
    figures: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    new: bool = False

    @property
    def nothing(self) -> str:
        """Why there is nothing to hedge; empty where there is a report, or an error."""
        return str(self.figures.get(_NOTHING, ""))


def find_finished(
    books: Sequence[Book], out: OutFolder, *, xlsx: bool = False
) -> list[Outcome | None]:
    """See what need not be made: reports that are finished, and what cannot have one."""
    found: list[Outcome | None] = []
    for book in books:
        try:
            contents = _contents(book)
        except TooFewFiles:
            raise
        except HedgeError as error:
            found.append(_without(book, str(error), out))
            continue
        figures = out.finished(book.stem, _made_of(book, *contents, xlsx))
        found.append(None if figures is None else Outcome(book=book, figures=figures))
    return found


def make_missing(
    books: Sequence[Book],
    outcomes: list[Outcome | None],
    out: OutFolder,
    makers: Makers,
    *,
    xlsx: bool = False,
) -> Iterator[Outcome]:
    """Make the reports that are not there."""
    contents: dict[int, Contents] = {}

    def jobs() -> Iterator[tuple[int, Job]]:
        for number in [i for i, outcome in enumerate(outcomes) if outcome is None]:
            book = books[number]
            try:
                # Read again, not kept: there may be many, and what is read now is what counts.
                content, files = contents[number] = _contents(book)
            except TooFewFiles:
                raise
            except HedgeError as error:
                outcomes[number] = _without(book, str(error), out)
                continue
            sent = None if is_sample(book.path) else content
            parameters = {"portfolio": book.path.name, **book.parameters}
            for name in files:
                # In a folder of its own, as it may have the name of the portfolio.
                parameters[name] = f"{name}/{Path(parameters[name]).name}"
            job = Job(
                parameters=parameters,
                content=sent,
                files=files,
                apart=True,
                xlsx=xlsx,
                orders=True,
            )
            yield number, job

    with closing(makers(jobs())) as finished:
        for number, made in finished:
            book = books[number]
            made_of = _made_of(book, *contents.pop(number), xlsx)
            outcomes[number] = outcome = _kept(book, made, made_of, out)
            yield outcome


def _contents(book: Book) -> Contents:
    if book.error:
        raise HedgeError(book.error)
    files = files_among(book.parameters)
    return read_book(book.path), {name: read_book(Path(path)) for name, path in files.items()}


def _made_of(book: Book, content: bytes, files: Mapping[str, bytes], xlsx: bool) -> dict[str, Any]:
    made_of = {
        "portfolio": book.path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "files_sha256": {n: hashlib.sha256(file).hexdigest() for n, file in files.items()},
        "parameters": dict(book.parameters),
        "xlsx": xlsx,
        "hedgelib": fingerprint(),
    }
    live = book.parameters["live"] is not None
    if live or not (book.parameters["as_of_data"] or is_sample(book.path)):
        # A venue's data end with the day before, and pages count the days since the bundled end.
        made_of["day"] = today().isoformat()
    return made_of


def _without(book: Book, error: str, out: OutFolder) -> Outcome:
    if book.stem:
        out.drop(book.stem)
    # Its name stands beside it.
    name = book.path.name
    error = error.removeprefix(f"{name}: ").removeprefix(f"{name}, ")
    return Outcome(book=book, error=error, new=True)


def _kept(book: Book, made: Made, made_of: Mapping[str, Any], out: OutFolder) -> Outcome:
    if made.error:
        # The file that a link leads to may be none of the reader's; an error would quote it.
        paths = [book.path, *map(Path, files_among(book.parameters).values())]
        linked = made.fault == "input" and any(path.is_symlink() for path in paths)
        return _without(book, _LINKED if linked else made.error, out)
    figures = made.figures
    if made.nothing:
        out.drop(book.stem)
        figures = {**figures, _NOTHING: made.nothing}
    try:
        out.keep(book.stem, made.files, figures=figures, made_of=made_of)
    except InTheWay as error:
        return _without(book, str(error), out)
    return Outcome(book=book, figures=figures, new=True)


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
