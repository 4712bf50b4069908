"""What students hand in besides the exercises: progress in the lessons, and logs of flights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import LearnersFile, Refused, cause_of
from hedgelib.classroom.pages import named, progress_page
from hedgelib.course.progress import Progress, understood
from hedgelib.errors import HedgeError
from hedgelib.flight.board import TITLE, board
from hedgelib.flight.log import FlightLog, parsed
from hedgelib.report.blocks import whole_page

__all__ = ["write_learners"]


def write_learners(
    files: Iterable[LearnersFile], course: Course, roster: Mapping[str, str]
) -> tuple[tuple[Path, ...], tuple[Refused, ...]]:
    """Write a page on the progress files and one on the flights; one file costs only itself."""
    progress: dict[str, Progress] = {}
    logs: list[tuple[str, FlightLog | HedgeError]] = []
    refused: list[Refused] = []
    for file in files:
        if file.kind == "flight":
            logs.append((named(roster, file.student_id), _log(file)))
            continue
        try:
            progress[file.student_id] = understood(file.record)
        except Exception as error:
            # A student wrote the file, and may have put anything there.
            reason = f"is no progress of a learner: {cause_of(error)}"
            refused.append(Refused(name=file.name, reason=reason, student_id=file.student_id))
    pages = dict(_pages(progress, logs, roster))
    for kind, page in pages.items():
        write_text(course.learners_page(kind), page)
    return tuple(course.learners_page(kind) for kind in pages), tuple(refused)


def _log(file: LearnersFile) -> FlightLog | HedgeError:
    try:
        return parsed(file.record)
    except HedgeError as error:
        return error
    except Exception as error:
        return HedgeError(f"is no log of a flight: {cause_of(error)}")


def _pages(
    progress: Mapping[str, Progress],
    logs: list[tuple[str, FlightLog | HedgeError]],
    roster: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    if progress:
        yield "progress", progress_page(progress, roster)
    if logs:
        yield "flights", whole_page(TITLE, board(logs).body(), styles=("report.css", "class.css"))
