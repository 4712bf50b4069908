"""Grading: from a folder of submissions to marks, pages and a list of what could not be graded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from nbgrader.api import Gradebook
from tqdm import tqdm

from hedgelib.classroom import sandbox
from hedgelib.classroom.book import Score, enter, scores, write_readable
from hedgelib.classroom.classview import ClassView, points_of
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import Answer, Limits, Outcome, Refused, Submission, Wanted
from hedgelib.classroom.making import class_keys
from hedgelib.classroom.marking import Key
from hedgelib.classroom.merge import NotGradable, merge
from hedgelib.classroom.pages import class_page, feedback_page
from hedgelib.classroom.reading import Reader
from hedgelib.classroom.records import (
    Record,
    digest_of,
    fingerprint,
    handed_in,
    is_damaged,
    load,
    save,
)
from hedgelib.classroom.release import api, exchange_folders, gradebook
from hedgelib.classroom.results import Result, copied, mark_record
from hedgelib.classroom.source import Source
from hedgelib.classroom.submissions import collect
from hedgelib.classroom.tables import write_table
from hedgelib.errors import HedgeError
from hedgelib.report.blocks import printable

__all__ = ["Graded", "Runner", "grade"]

Runner = Callable[..., Outcome]
"""``run(cells, numbers, wanted, limits, trust=False)``."""

_LONGEST_BESIDE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Result of grading a folder."""

    ran: int  # Submissions that were run now, and that had been before
    kept: int
    refused: tuple[Refused, ...]  # What could not be graded
    pages: tuple[Path, ...]  # The class pages
    grades: Path  # The table of marks
    waiting: int  # Submissions with answers that wait to be marked by hand


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
    reader: Reader


@dataclass(frozen=True, slots=True)
class _Task:
    """A submission that has to be run."""

    submission: Submission
    fingerprint: str


@dataclass(slots=True)
class _Troubles:
    """What went wrong with one student's work and must not stop the work of the others."""

    by_student: dict[tuple[str, str], list[Refused]] = field(default_factory=dict)

    def add(self, about: Record | Submission, reason: str) -> Refused:
        """Record a problem with a student's work."""
        item = Refused(
            name=about.name, reason=reason, student_id=about.student_id, assignment=about.assignment
        )
        self.take(item)
        return item

    def take(self, item: Refused) -> None:
        """Take over one that was noted elsewhere."""
        self.by_student.setdefault((item.assignment, item.student_id), []).append(item)

    def note(self, about: Record | Submission, doing: str, error: Exception) -> Refused:
        """Note an exception that nobody expected."""
        told = printable(f"{type(error).__name__}: {error}")[:200]
        return self.add(about, f"{about.student_id}'s {about.assignment} {doing}: {told}")

    def of(self, assignment: str) -> dict[str, list[Refused]]:
        """Return the troubles with an assignment by student."""
        return {who: found for (name, who), found in self.by_student.items() if name == assignment}


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
) -> Graded:
    """Grade a folder of submissions."""
    course = Course(Path(root))
    course.check()
    boxed = run is sandbox.run
    if not trust and boxed:
        sandbox.require_sandbox()
    hidden = (course.root, Path(folder), *exchange_folders(course))
    if run is sandbox.run:
        run = partial(sandbox.run, hidden=hidden)
    roster, assignments = course.roster(), course.assignments()
    troubles = _Troubles()
    with (
        tempfile.TemporaryDirectory() as spool,
        Reader(trust=trust or not boxed, hidden=hidden) as reader,
        ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool,
    ):
        how = _How(run, limits or Limits(), trust, reader)
        collected = collect(folder, roster, assignments, reader, Path(spool))
        for item in collected.refused:
            if item.student_id:
                troubles.take(item)
        given = {one.assignment for one in collected.found}
        given |= {item.assignment for item in collected.refused}
        names = [name for name in assignments if name in given]
        classes = {name: _class(course, name, roster) for name in names}
        found = [*_of_the_same_people(course, collected.found, troubles)]
        tasks, changed = _tasks(course, classes, found, how, again=again)
        _run_all(course, classes, tasks, how, pool, troubles, quiet=quiet)
        _keep_names(course, found, troubles)
        refused = [item for item in collected.refused if not item.student_id]
        views, not_graded = _write(course, classes, roster, refused, changed, reader, troubles)
    return Graded(
        ran=len(tasks),
        kept=len(found) - len(tasks),
        refused=not_graded,
        pages=tuple(course.class_page(name) for name in names),
        grades=course.grades,
        waiting=sum(view.waiting for view in views),
    )


def _class(course: Course, name: str, roster: Mapping[str, str]) -> _Class:
    source = course.read(name)
    return _Class(source, course.numbers(name, roster), class_keys(course, source, roster))


def _of_the_same_people(
    course: Course, found: Iterable[Submission], troubles: _Troubles
) -> Iterator[Submission]:
    """Leave out what another person has handed in than the one whose work is kept."""
    for submission in found:
        before = load(course, submission.assignment, submission.student_id)
        person = before.person if before else ""
        if person and submission.person and person != submission.person:
            reason = (
                f"the learning platform says it is from user number {submission.person}, but the "
                f"earlier file of {submission.student_id} was from user number {person}; it is not "
                "marked: if it is the same student, rename the folder or file to "
                f"{submission.student_id}"
            )
            troubles.add(submission, reason)
        else:
            yield submission


def _tasks(
    course: Course,
    classes: Mapping[str, _Class],
    found: Iterable[Submission],
    how: _How,
    *,
    again: bool,
) -> tuple[list[_Task], set[tuple[str, str]]]:
    """Return the submissions to run, and the students who handed in another file than before."""
    tasks, changed = [], set()
    for submission in found:
        name, student_id = submission.assignment, submission.student_id
        about = classes[name]
        mark = fingerprint(
            submission, about.source.text, about.numbers[student_id], how.limits, how.trust
        )
        before = load(course, name, student_id)
        if before and digest_of(course, before) != submission.digest:
            changed.add((name, student_id))
        if again or not before or before.fingerprint != mark:
            tasks.append(_Task(submission, mark))
    return tasks, changed


def _run_all(
    course: Course,
    classes: Mapping[str, _Class],
    tasks: Sequence[_Task],
    how: _How,
    pool: ThreadPoolExecutor,
    troubles: _Troubles,
    *,
    quiet: bool,
) -> None:
    def one(task: _Task) -> None:
        about = classes[task.submission.assignment]
        try:
            save(course, _run_one(about, task, how), task.submission.file)
        except HedgeError:
            raise
        except Exception as error:
            troubles.note(task.submission, "could not be run and kept", error)

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
        digest=submission.digest,
        person=submission.person,
    )
    reading = how.reader.read(submission.data)
    try:
        merged = merge(reading, about.source)
    except NotGradable as reason:
        # What could be read before can be read again.
        mark = "" if reading.failure else task.fingerprint
        return replace(record, refusal=str(reason), fingerprint=mark)
    wanted = about.wanted(submission.student_id)
    numbers = about.numbers[submission.student_id]
    try:
        outcome = how.run(merged.runs, numbers, wanted, how.limits, trust=how.trust)
    except HedgeError:
        raise
    except Exception as error:
        # One broken submission costs only itself; it is run again next time.
        lost = printable(f"could not be run: {type(error).__name__}: {error}")[:300]
        outcome = Outcome(
            answers={w.name: Answer(problem="was not looked at") for w in wanted}, problems=(lost,)
        )
        record = replace(record, fingerprint="")
    return replace(
        record,
        outcome=outcome,
        written=merged.written,
        warnings=merged.warnings,
        cells=tuple(merged.cells),
    )


def _keep_names(course: Course, found: Iterable[Submission], troubles: _Troubles) -> None:
    """Keep with each record what there is to say of its file this time."""
    for submission in found:
        record = load(course, submission.assignment, submission.student_id)
        if record is not None:
            said = replace(
                record,
                name=submission.name,
                file_warnings=submission.warnings,
                person=submission.person or record.person,
            )
            try:
                if said != record:
                    save(course, said)
            except Exception as error:
                troubles.note(submission, "could not be kept under its name", error)


def _write(
    course: Course,
    classes: Mapping[str, _Class],
    roster: Mapping[str, str],
    refused: Sequence[Refused],
    changed: set[tuple[str, str]],
    reader: Reader,
    troubles: _Troubles,
) -> tuple[list[ClassView], tuple[Refused, ...]]:
    """Enter all marks of the assignments at hand and write what is read of them."""
    views: list[ClassView] = []
    not_graded = list(refused)
    nbgrader = api(course)
    with gradebook(course) as book:
        for name, about in classes.items():
            results: list[Result] = []
            ungradable: dict[str, Refused] = {}
            for student_id in roster:
                record = load(course, name, student_id)
                try:
                    if record is None or record.refusal:
                        ungradable |= _unmarked(course, name, student_id, record, troubles)
                        continue
                    result = _marked(course, about, record, reader)
                    is_changed = (name, student_id) in changed
                    enter(course, book, nbgrader, result, changed=is_changed)
                except Exception as error:
                    book.db.rollback()
                    whose = record or _nothing(name, student_id)
                    ungradable[student_id] = troubles.note(whose, "could not be marked", error)
                else:
                    results.append(result)
            view = ClassView(
                source=about.source,
                students=len(roster),
                results=results,
                scores=scores(book, name, about.source),
            )
            views.append(view)
            _write_feedback(course, view, roster, troubles)
            page = partial(
                class_page, roster=roster, copies=copied(results, about.keys), ungradable=ungradable
            )
            write_text(course.class_page(name), _class_page(view, page, refused, troubles))
            not_graded += [item for items in troubles.of(name).values() for item in items]
        _write_grades(course, roster, _all_marks(course, book, views), troubles)
    write_table(
        course.root / "not_graded.csv",
        ("file", "reason"),
        ([item.name, item.reason] for item in not_graded),
    )
    return views, tuple(not_graded)


def _nothing(assignment: str, student_id: str) -> Record:
    return Record(
        student_id=student_id,
        assignment=assignment,
        name=f"graded/{assignment}/{student_id}.json",
        fingerprint="",
    )


def _unmarked(
    course: Course, name: str, student_id: str, record: Record | None, troubles: _Troubles
) -> dict[str, Refused]:
    """Say why there is nothing to mark of a student; nothing where nothing was handed in."""
    if record is not None:
        return {student_id: troubles.add(record, record.refusal)}
    if not is_damaged(course, name, student_id):
        return {}
    reason = (
        f"the stored copy of {student_id}'s {name} is damaged; put the file into the folder of "
        "submissions again"
    )
    return {student_id: troubles.add(_nothing(name, student_id), reason)}


def _marked(course: Course, about: _Class, record: Record, reader: Reader) -> Result:
    """Mark what is kept of a student, and write what is read of it by hand."""
    name, student_id = record.assignment, record.student_id
    cells = record.cells
    if cells is None:
        data = handed_in(course, name, student_id).read_bytes()
        cells = tuple(merge(reader.read(data), about.source).cells)
        record = replace(record, cells=cells)
        save(course, record)
    result = mark_record(record, about.source, about.keys[student_id])
    write_readable(course, about.source, cells, result, about.numbers[student_id])
    return result


def _class_page(
    view: ClassView, page: Callable[..., str], refused: Sequence[Refused], troubles: _Troubles
) -> str:
    """Write the page of a class, without whoever makes that impossible."""

    def written(shown: ClassView) -> str:
        items = [item for items in troubles.of(view.source.name).values() for item in items]
        return page(shown, refused=[*refused, *items])

    try:
        return written(view)
    except Exception:
        good = []
        for result in view.results:
            try:
                written(replace(view, results=[result]))
            except Exception as error:
                troubles.note(result.record, "cannot be shown on the class page", error)
            else:
                good.append(result)
        return written(replace(view, results=good))


def _write_feedback(
    course: Course, view: ClassView, roster: Mapping[str, str], troubles: _Troubles
) -> None:
    for result in view.results:
        student_id = result.record.student_id
        try:
            page = feedback_page(
                view.source, result, view.scores[student_id], f"{roster[student_id]} ({student_id})"
            )
            path = course.student_file("feedback", student_id, view.source.name, "html")
            write_text(path, page)
            _let_the_exchange_know(course, path, student_id, view.source.name)
        except Exception as error:
            troubles.note(result.record, "has its marks, but no feedback page", error)


def _let_the_exchange_know(course: Course, page: Path, student_id: str, assignment: str) -> None:
    """Copy the files that `nbgrader release_feedback` needs next to a feedback page."""
    submitted = course.student_file("submitted", student_id, assignment, "ipynb")
    for name in ("timestamp.txt", "submission_secret.txt"):
        given = submitted.with_name(name)
        # A student could have made it a link to something else.
        if given.is_symlink() or not given.is_file():
            continue
        if given.stat().st_size <= _LONGEST_BESIDE:
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
    course: Course,
    roster: Mapping[str, str],
    marks: Mapping[str, tuple[float, Marks]],
    troubles: _Troubles,
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
            own = troubles.of(name).get(student_id, [])
            row += [points, most, _note(own, load(course, name, student_id), mine)]
        rows.append(row)
    write_table(course.grades, head, rows)


def _note(
    troubles: Sequence[Refused], record: Record | None, mine: Mapping[str, Score] | None
) -> str:
    """Say what is still open about a mark."""
    told = "; ".join(dict.fromkeys(item.reason for item in troubles))
    if record and record.refusal and not told:
        # Of an assignment that was graded another time.
        told = record.refusal
    if told and (mine is None or record is None or record.refusal):
        return f"{'the last file was ' if mine else ''}not graded: {told}"
    if mine is None:
        return "not handed in"
    waits = sum(score.waits for score in mine.values())
    return "; ".join(filter(None, [f"{waits} to be marked by hand" if waits else "", told]))
