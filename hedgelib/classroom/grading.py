"""Grading: from a folder of submissions to marks, pages and a list of what could not be graded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from nbgrader.api import Gradebook
from tqdm import tqdm

from hedgelib.classroom import sandbox
from hedgelib.classroom.book import Score, enter, scores, write_readable
from hedgelib.classroom.classview import ClassView, points_of
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import (
    Answer,
    Collected,
    Limits,
    Outcome,
    Refused,
    Submission,
    Wanted,
)
from hedgelib.classroom.making import class_keys
from hedgelib.classroom.marking import Key
from hedgelib.classroom.merge import NotGradable, merge
from hedgelib.classroom.pages import class_page, feedback_page
from hedgelib.classroom.records import Record, fingerprint, load, save
from hedgelib.classroom.release import api, gradebook
from hedgelib.classroom.results import Result, copied, mark_record
from hedgelib.classroom.source import Source
from hedgelib.classroom.submissions import collect as collect_files
from hedgelib.classroom.tables import write_table
from hedgelib.errors import HedgeError

__all__ = ["Graded", "Runner", "grade"]

Runner = Callable[..., Outcome]
"""``run(notebook, numbers, wanted, limits, trust=False)``."""

Collector = Callable[[Path, Mapping[str, str], Sequence[str]], Collected]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What came of grading a folder.

    Parameters
    ----------
    ran, kept : int
        Submissions that were run now, and that had been before.
    refused : tuple of Refused
        What could not be graded.
    pages : tuple of Path
        The class pages.
    grades : Path
        The table of marks.
    waiting : int
        Submissions with answers that somebody has to read.
    """

    ran: int
    kept: int
    refused: tuple[Refused, ...]
    pages: tuple[Path, ...]
    grades: Path
    waiting: int


@dataclass(frozen=True, slots=True)
class _Class:
    """All that grading an assignment needs: read once, and only read from then on."""

    source: Source
    numbers: Mapping[str, Mapping[str, object]]
    keys: Mapping[str, Mapping[str, Key]]

    def wanted(self, student_id: str) -> list[Wanted]:
        mine = self.keys[student_id]
        return [w for q in self.source.questions for w in q.wanted(mine.get(q.name))]


@dataclass(frozen=True, slots=True)
class _How:
    """How submissions are run."""

    run: Runner
    limits: Limits
    trust: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """A submission that has to be run."""

    submission: Submission
    fingerprint: str


def grade(
    folder: str | Path,
    root: str | Path,
    *,
    trust: bool = False,
    again: bool = False,
    limits: Limits | None = None,
    workers: int | None = None,
    quiet: bool = False,
    run: Runner = sandbox.run,
    collect: Collector = collect_files,
) -> Graded:
    """Grade a folder of submissions.

    Parameters
    ----------
    folder : str or Path
        Nothing is written into it.
    root : str or Path
        Of the course.
    trust : bool
        Run submissions without a sandbox, as this user, with everything that this user may do.
    again : bool
        Run what has been run before, too.
    limits : Limits, optional
        What one submission may use.
    workers : int, optional
        Submissions run at a time; as many as there are processors when omitted.
    quiet : bool
        No progress bar.
    run, collect : callable
        What runs a notebook, and what finds the submissions.

    Returns
    -------
    Graded

    Raises
    ------
    HedgeError
        No course, no such folder, no sandbox.
    """
    course = Course(Path(root))
    course.check()
    if not trust and run is sandbox.run:
        sandbox.require_sandbox()
    roster = course.roster()
    found = collect(Path(folder), roster, course.assignments())
    names = [n for n in course.assignments() if any(s.assignment == n for s in found.found)]
    classes = {name: _class(course, name, roster) for name in names}
    how = _How(run, limits or Limits(), trust)
    tasks, changed = _tasks(course, classes, found.found, how, again=again)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        _run_all(course, classes, tasks, how, pool, quiet=quiet)
    _keep_names(course, found.found)
    views, not_graded = _write(course, classes, roster, found.refused, changed)
    return Graded(
        ran=len(tasks),
        kept=len(found.found) - len(tasks),
        refused=not_graded,
        pages=tuple(course.class_page(name) for name in names),
        grades=course.grades,
        waiting=sum(view.waiting for view in views),
    )


def _class(course: Course, name: str, roster: Mapping[str, str]) -> _Class:
    source = course.read(name)
    return _Class(source, course.numbers(name, roster), class_keys(course, source, roster))


def _tasks(
    course: Course,
    classes: Mapping[str, _Class],
    found: Iterable[Submission],
    how: _How,
    *,
    again: bool,
) -> tuple[list[_Task], set[tuple[str, str]]]:
    """Return what has to be run, and whose file stands where another one stood before."""
    tasks, changed = [], set()
    for submission in found:
        name, student_id = submission.assignment, submission.student_id
        about = classes[name]
        mark = fingerprint(
            submission, about.source.text, about.numbers[student_id], how.limits, how.trust
        )
        before = load(course, name, student_id)
        if before and before[1] != submission.data:
            changed.add((name, student_id))
        if again or not before or before[0].fingerprint != mark:
            tasks.append(_Task(submission, mark))
    return tasks, changed


def _run_all(
    course: Course,
    classes: Mapping[str, _Class],
    tasks: Sequence[_Task],
    how: _How,
    pool: ThreadPoolExecutor,
    *,
    quiet: bool,
) -> None:
    def one(task: _Task) -> None:
        about = classes[task.submission.assignment]
        save(course, _run_one(about, task, how), task.submission.data)

    with tqdm(total=len(tasks), unit="submission", disable=quiet or not tasks) as bar:
        futures = [pool.submit(one, task) for task in tasks]
        try:
            for future in as_completed(futures):
                future.result()
                bar.update()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _run_one(about: _Class, task: _Task, how: _How) -> Record:
    submission = task.submission
    record = Record(
        student_id=submission.student_id,
        assignment=submission.assignment,
        name=submission.name,
        fingerprint=task.fingerprint,
    )
    try:
        merged = merge(submission.data, about.source)
    except NotGradable as reason:
        return replace(record, refusal=str(reason))
    wanted = about.wanted(submission.student_id)
    numbers = about.numbers[submission.student_id]
    try:
        outcome = how.run(merged.notebook, numbers, wanted, how.limits, trust=how.trust)
    except HedgeError:
        raise
    except Exception as error:
        # One broken submission costs only itself; it is run again next time.
        lost = f"could not be run: {type(error).__name__}: {error}"[:300]
        outcome = Outcome(
            answers={w.name: Answer(problem="was not looked at") for w in wanted}, problems=(lost,)
        )
        record = replace(record, fingerprint="")
    return replace(record, outcome=outcome, written=merged.written, warnings=merged.warnings)


def _keep_names(course: Course, found: Iterable[Submission]) -> None:
    """Keep with each record what there is to say of its file this time."""
    for submission in found:
        kept = load(course, submission.assignment, submission.student_id)
        if kept is not None:
            record, data = kept
            said = replace(record, name=submission.name, file_warnings=submission.warnings)
            if said != record:
                save(course, said, data)


def _write(
    course: Course,
    classes: Mapping[str, _Class],
    roster: Mapping[str, str],
    refused: Sequence[Refused],
    changed: set[tuple[str, str]],
) -> tuple[list[ClassView], tuple[Refused, ...]]:
    """Enter all marks of the assignments at hand and write what is read of them."""
    views: list[ClassView] = []
    not_graded = list(refused)
    nbgrader = api(course)
    with gradebook(course) as book:
        for name, about in classes.items():
            results, ungradable = _marked(course, about, roster)
            for result in results:
                student_id = result.record.student_id
                enter(book, nbgrader, result, changed=(name, student_id) in changed)
            not_graded += ungradable.values()
            view = ClassView(
                source=about.source,
                students=len(roster),
                results=results,
                scores=scores(book, name, about.source),
            )
            views.append(view)
            _write_feedback(course, view, roster)
            page = class_page(
                view,
                roster=roster,
                copies=copied(results, about.keys),
                refused=[*refused, *ungradable.values()],
                ungradable=ungradable,
            )
            write_text(course.class_page(name), page)
        _write_grades(course, roster, _all_marks(course, book, views))
    write_table(
        course.root / "not_graded.csv",
        ("file", "reason"),
        ([item.name, item.reason] for item in not_graded),
    )
    return views, tuple(not_graded)


def _marked(
    course: Course, about: _Class, roster: Mapping[str, str]
) -> tuple[list[Result], dict[str, Refused]]:
    """Mark everything that is kept of an assignment, in the order of the list of the class."""
    results, ungradable = [], {}
    for student_id in roster:
        kept = load(course, about.source.name, student_id)
        if kept is None:
            continue
        record, data = kept
        if record.refusal:
            ungradable[student_id] = Refused(name=record.name, reason=record.refusal)
            continue
        result = mark_record(record, about.source, about.keys[student_id])
        cells = merge(data, about.source).cells
        write_readable(course, about.source, cells, result, about.numbers[student_id])
        results.append(result)
    return results, ungradable


def _write_feedback(course: Course, view: ClassView, roster: Mapping[str, str]) -> None:
    for result in view.results:
        student_id = result.record.student_id
        page = feedback_page(
            view.source,
            result,
            view.scores[student_id],
            f"{roster[student_id]} ({student_id})",
        )
        path = course.student_file("feedback", student_id, view.source.name, "html")
        write_text(path, page)
        _let_the_exchange_know(course, path, student_id, view.source.name)


def _let_the_exchange_know(course: Course, page: Path, student_id: str, assignment: str) -> None:
    """Put beside a page what `nbgrader release_feedback` finds its student by."""
    submitted = course.student_file("submitted", student_id, assignment, "ipynb")
    for name in ("timestamp.txt", "submission_secret.txt"):
        given = submitted.with_name(name)
        # A student could have made it a link to something else.
        if given.is_file() and not given.is_symlink():
            write_text(page.with_name(name), given.read_text(encoding="utf-8", errors="replace"))


Marks = Mapping[str, Mapping[str, Score]]


def _all_marks(
    course: Course, book: Gradebook, views: Iterable[ClassView]
) -> dict[str, tuple[float, Marks]]:
    """Return points and marks of every assignment that has any, graded now or before."""
    now = {view.source.name: view for view in views}
    found: dict[str, tuple[float, Marks]] = {}
    for name in course.assignments():
        if name in now:
            found[name] = (now[name].source.points, now[name].scores)
        elif marks := scores(book, name, source := course.read(name)):
            found[name] = (source.points, marks)
    return found


def _write_grades(
    course: Course, roster: Mapping[str, str], marks: Mapping[str, tuple[float, Marks]]
) -> None:
    head = ["id", "name"]
    for name in marks:
        head += [name, f"{name}_of", f"{name}_note"]
    rows: list[list[str | float]] = []
    for student_id, student in roster.items():
        row: list[str | float] = [student_id, student]
        for name, (most, by_student) in marks.items():
            mine = by_student.get(student_id)
            points = "" if mine is None else points_of(mine)
            row += [points, most, _note(load(course, name, student_id), mine)]
        rows.append(row)
    write_table(course.grades, head, rows)


def _note(kept: tuple[Record, bytes] | None, mine: Mapping[str, Score] | None) -> str:
    """Say what is still open about a mark."""
    if kept and kept[0].refusal:
        which = "the last file was " if mine else ""
        return f"{which}not graded: {kept[0].refusal}"
    if mine is None:
        return "not handed in"
    waits = sum(score.waits for score in mine.values())
    return f"{waits} to be marked by hand" if waits else ""
