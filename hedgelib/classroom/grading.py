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
from nbgrader.apps.api import NbGraderAPI
from tqdm import tqdm

from hedgelib.ask.marking import Key
from hedgelib.classroom import sandbox
from hedgelib.classroom.book import Score, enter, scores, write_readable
from hedgelib.classroom.classview import ClassView, points_of
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.interface import (
    Answer,
    Limits,
    Outcome,
    Refused,
    Submission,
    Wanted,
    cause_of,
)
from hedgelib.classroom.learners import write_learners
from hedgelib.classroom.making import class_keys
from hedgelib.classroom.merge import NotGradable, merge
from hedgelib.classroom.pages import class_page, feedback_page, named
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
from hedgelib.report.faults import InTheWay

__all__ = ["Graded", "Runner", "grade"]

Runner = Callable[..., Outcome]
"""``run(cells, numbers, wanted, limits, trust=False)``."""

_LARGEST_EXCHANGE_FILE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Result of grading a folder."""

    ran: int  # submissions run now
    kept: int  # submissions run before
    refused: tuple[Refused, ...]
    pages: tuple[Path, ...]  # one for each assignment
    grades: Path
    waiting: int  # submissions with an answer to be marked by hand
    learners: tuple[Path, ...] = ()  # pages on progress and flights handed in


@dataclass(frozen=True, slots=True)
class _Class:
    """All that grading an assignment needs: read once, and only read from then on."""

    source: Source
    numbers: Mapping[str, Mapping[str, object]]
    keys: Mapping[str, Mapping[str, Key]]

    @classmethod
    def read(cls, course: Course, name: str, roster: Mapping[str, str]) -> _Class:
        source = course.read(name)
        return cls(source, course.numbers(name, roster), class_keys(course, source, roster))

    def wanted(self, student_id: str) -> list[Wanted]:
        keys = self.keys[student_id]
        return [w for q in self.source.questions for w in q.wanted(keys.get(q.id))]


@dataclass(slots=True)
class _Troubles:
    """What went wrong with one student's work and must not stop the work of the others."""

    items: list[Refused] = field(default_factory=list)

    def add(self, about: Record | Submission, reason: str) -> None:
        name, student_id, assignment = about.name, about.student_id, about.assignment
        self.items.append(
            Refused(name=name, reason=reason, student_id=student_id, assignment=assignment)
        )

    def note(self, about: Record | Submission, what: str, error: Exception) -> None:
        """Add an exception that nobody expected."""
        self.add(about, f"{about.student_id}'s {about.assignment} {what}: {cause_of(error)}")

    def of(self, assignment: str) -> list[Refused]:
        return [item for item in self.items if item.assignment == assignment]


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
    """Grade a folder of submissions, into which nothing is written, for the course in `root`.

    `trust` runs submissions without a sandbox, with all rights of this user; `again` also runs
    those that were run before; `quiet` shows no progress bar.
    """
    course = Course(Path(root))
    course.check()
    boxed = run is sandbox.run
    if not trust and boxed:
        sandbox.require_sandbox()
    hidden = (course.root, Path(folder), *exchange_folders(course))
    if boxed:
        run = partial(sandbox.run, hidden=hidden)
    roster, assignments = course.roster(), course.assignments()
    with (
        course.locked(),
        tempfile.TemporaryDirectory() as spool,
        Reader(trust=trust or not boxed, hidden=hidden) as reader,
        ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool,
    ):
        collected = collect(folder, roster, assignments, reader, Path(spool))
        given = {submission.assignment for submission in collected.found}
        given |= {item.assignment for item in collected.refused}
        grading = _Grading(
            course=course,
            roster=roster,
            classes={n: _Class.read(course, n, roster) for n in assignments if n in given},
            reader=reader,
            run=run,
            limits=limits or Limits(),
            trust=trust,
            troubles=_Troubles([*collected.refused]),
        )
        submissions = [*grading.of_the_same_people(collected.found)]
        tasks, changed = grading.tasks(submissions, again=again)
        grading.run_all(tasks, pool, quiet=quiet)
        grading.keep_names(submissions)
        waiting = grading.write(changed)
        pages, unread = write_learners(collected.learners, course, roster)
    return Graded(
        ran=len(tasks),
        kept=len(submissions) - len(tasks),
        refused=(*grading.not_graded(), *unread),
        pages=tuple(course.class_page(name) for name in grading.classes),
        grades=course.grades,
        waiting=waiting,
        learners=pages,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grading:
    """One call of `grade`: what each of its steps needs."""

    course: Course
    roster: Mapping[str, str]
    classes: Mapping[str, _Class]
    reader: Reader
    run: Runner
    limits: Limits
    trust: bool
    troubles: _Troubles

    def of_the_same_people(self, submissions: Iterable[Submission]) -> Iterator[Submission]:
        """Leave out submissions of another person than the one who sent the kept file."""
        for submission in submissions:
            record = load(self.course, submission.assignment, submission.student_id)
            person = record.person if record else ""
            if person and submission.person and person != submission.person:
                student_id = submission.student_id
                self.troubles.add(
                    submission,
                    f"the learning platform says it is from user number {submission.person}, but "
                    f"the earlier file of {student_id} was from user number {person}; it is not "
                    "marked: if it is the same student, rename the folder or file to "
                    f"{student_id}",
                )
            else:
                yield submission

    def tasks(
        self, submissions: Iterable[Submission], *, again: bool
    ) -> tuple[list[tuple[Submission, str]], set[tuple[str, str]]]:
        """Return the submissions to run with their fingerprints, and who handed in another file."""
        tasks, changed = [], set()
        for submission in submissions:
            name, student_id = submission.assignment, submission.student_id
            about = self.classes[name]
            numbers = about.numbers[student_id]
            now = fingerprint(submission, about.source.text, numbers, self.limits, self.trust)
            record = load(self.course, name, student_id)
            if record and digest_of(self.course, record) != submission.digest:
                changed.add((name, student_id))
            if again or not record or record.fingerprint != now:
                tasks.append((submission, now))
        return tasks, changed

    def run_all(
        self, tasks: Sequence[tuple[Submission, str]], pool: ThreadPoolExecutor, *, quiet: bool
    ) -> None:
        """Run submissions, several at a time, and keep their records."""

        def run_one(submission: Submission, now: str) -> None:
            try:
                save(self.course, self._record(submission, now), submission.file)
            except InTheWay as error:
                self.troubles.note(submission, "could not be kept", error)
            except HedgeError:
                raise
            except Exception as error:
                self.troubles.note(submission, "could not be run and kept", error)

        with tqdm(total=len(tasks), unit="submission", disable=quiet or not tasks) as bar:
            futures = [pool.submit(run_one, *task) for task in tasks]
            try:
                for future in as_completed(futures):
                    future.result()
                    bar.update()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _record(self, submission: Submission, now: str) -> Record:
        """Run a submission; one that may do better next time gets no fingerprint."""
        about = self.classes[submission.assignment]
        record = Record(
            student_id=submission.student_id,
            assignment=submission.assignment,
            name=submission.name,
            fingerprint=now,
            digest=submission.digest,
            person=submission.person,
        )
        reading = self.reader.read(submission.data)
        try:
            merged = merge(reading, about.source)
        except NotGradable as reason:
            return replace(record, refusal=str(reason), fingerprint="" if reading.failure else now)
        wanted = about.wanted(submission.student_id)
        numbers = about.numbers[submission.student_id]
        try:
            outcome = self.run(merged.runs, numbers, wanted, self.limits, trust=self.trust)
        except HedgeError:
            raise
        except Exception as error:
            # One broken submission costs only itself.
            outcome = Outcome(
                answers={w.name: Answer(problem="was not looked at") for w in wanted},
                problems=(f"could not be run: {cause_of(error)}",),
            )
            record = replace(record, fingerprint="")
        cells = tuple(merged.cells)
        written, warnings = merged.written, merged.warnings
        return replace(record, outcome=outcome, written=written, warnings=warnings, cells=cells)

    def keep_names(self, submissions: Iterable[Submission]) -> None:
        """Keep with each record the name, sender and warnings of its file this time."""
        for submission in submissions:
            record = load(self.course, submission.assignment, submission.student_id)
            if record is None:
                continue
            renamed = replace(
                record,
                name=submission.name,
                file_warnings=submission.warnings,
                person=submission.person or record.person,
            )
            try:
                if renamed != record:
                    save(self.course, renamed)
            except Exception as error:
                self.troubles.note(submission, "could not be kept under its name", error)

    def write(self, changed: set[tuple[str, str]]) -> int:
        """Enter all marks, write all pages and tables, and count the submissions that wait."""
        with gradebook(self.course) as book:
            nbgrader = api(self.course)
            views = [self._write_class(name, book, nbgrader, changed) for name in self.classes]
            self._write_grades(book, views)
        rows = ([item.name, item.reason] for item in self.not_graded())
        write_table(self.course.root / "not_graded.csv", ("file", "reason"), rows)
        return sum(view.waiting for view in views)

    def not_graded(self) -> list[Refused]:
        """List first the files that belong to nobody, then those of each assignment."""
        return [item for name in ("", *self.classes) for item in self.troubles.of(name)]

    def _write_class(
        self, name: str, book: Gradebook, nbgrader: NbGraderAPI, changed: set[tuple[str, str]]
    ) -> ClassView:
        about = self.classes[name]
        results: list[Result] = []
        ungradable: set[str] = set()
        for student_id in self.roster:
            record = load(self.course, name, student_id)
            try:
                if record is None or record.refusal:
                    if reason := self._refusal(name, student_id, record):
                        ungradable.add(student_id)
                        self.troubles.add(record or _no_record(name, student_id), reason)
                    continue
                result = self._mark(record)
                is_changed = (name, student_id) in changed
                results.append(enter(self.course, book, nbgrader, result, changed=is_changed))
            except Exception as error:
                book.db.rollback()
                ungradable.add(student_id)
                about_whom = record or _no_record(name, student_id)
                self.troubles.note(about_whom, "could not be marked", error)
        view = ClassView(
            source=about.source,
            students=len(self.roster),
            results=results,
            scores=scores(book, name, about.source),
        )
        self._write_feedback(view)
        copies = copied(results, about.keys)
        page = partial(class_page, roster=self.roster, copies=copies, ungradable=ungradable)
        write_text(self.course.class_page(name), self._class_page(view, page))
        return view

    def _refusal(self, name: str, student_id: str, record: Record | None) -> str:
        """Say why a student's work is not marked; nothing where none was handed in."""
        if record is not None:
            return record.refusal
        if not is_damaged(self.course, name, student_id):
            return ""
        return (
            f"the stored copy of {student_id}'s {name} is damaged; put the file into the folder of "
            "submissions again"
        )

    def _mark(self, record: Record) -> Result:
        """Mark a student's work, and write the notebook that is read by hand."""
        about, student_id = self.classes[record.assignment], record.student_id
        if record.cells is None:
            data = handed_in(self.course, record.assignment, student_id).read_bytes()
            cells = tuple(merge(self.reader.read(data), about.source).cells)
            record = replace(record, cells=cells)
            save(self.course, record)
        result = mark_record(record, about.source, about.keys[student_id])
        write_readable(self.course, about.source, result, about.numbers[student_id])
        return result

    def _class_page(self, view: ClassView, page: Callable[..., str]) -> str:
        """Write the page of a class, without the students who make that impossible."""

        def written(shown: ClassView) -> str:
            return page(shown, refused=[*self.troubles.of(""), *self.troubles.of(view.source.name)])

        try:
            return written(view)
        except Exception:
            good = []
            for result in view.results:
                try:
                    written(replace(view, results=[result]))
                except Exception as error:
                    self.troubles.note(result.record, "cannot be shown on the class page", error)
                else:
                    good.append(result)
            return written(replace(view, results=good))

    def _write_feedback(self, view: ClassView) -> None:
        for result in view.results:
            student_id, name = result.record.student_id, view.source.name
            student = named(self.roster, student_id)
            path = self.course.student_file("feedback", student_id, name, "html")
            try:
                page = feedback_page(view.source, result, view.scores[student_id], student)
                write_text(path, page)
                self._copy_exchange_files(path, student_id, name)
            except Exception as error:
                self.troubles.note(result.record, "has its marks, but no feedback page", error)

    def _copy_exchange_files(self, page: Path, student_id: str, assignment: str) -> None:
        """Copy the files that `nbgrader release_feedback` needs next to a feedback page."""
        submitted = self.course.student_file("submitted", student_id, assignment, "ipynb")
        for name in ("timestamp.txt", "submission_secret.txt"):
            file = submitted.with_name(name)
            # A student could have made it a link to something else.
            if file.is_symlink() or not file.is_file():
                continue
            if file.stat().st_size <= _LARGEST_EXCHANGE_FILE:
                write_text(page.with_name(name), file.read_text(encoding="utf-8", errors="replace"))

    def _write_grades(self, book: Gradebook, views: Iterable[ClassView]) -> None:
        """Write points and notes of every assignment that has marks, from now or before."""
        marks = {view.source.name: (view.source.points, view.scores) for view in views}
        for name in self.course.assignments():
            if name not in marks:
                source = self.course.read(name)
                if before := scores(book, name, source):
                    marks[name] = (source.points, before)
        names = [name for name in self.course.assignments() if name in marks]
        head = ["id", "name", *(f"{name}{part}" for name in names for part in ("", "_of", "_note"))]
        rows: list[list[str | float]] = []
        for student_id, student in self.roster.items():
            row: list[str | float] = [student_id, student]
            for name in names:
                most, by_student = marks[name]
                own = by_student.get(student_id)
                points = "" if own is None else points_of(own)
                row += [points, most, self._note(name, student_id, own)]
            rows.append(row)
        write_table(self.course.grades, head, rows)

    def _note(self, name: str, student_id: str, own: Mapping[str, Score] | None) -> str:
        """Say what is still open about a mark."""
        record = load(self.course, name, student_id)
        items = (item for item in self.troubles.of(name) if item.student_id == student_id)
        reasons = "; ".join(dict.fromkeys(item.reason for item in items))
        if record and not reasons:
            # Of an assignment that was graded another time.
            reasons = record.refusal
        if reasons and (own is None or record is None or record.refusal):
            return f"{'the last file was ' if own else ''}not graded: {reasons}"
        if own is None:
            return "not handed in"
        waits = sum(score.waits for score in own.values())
        return "; ".join(filter(None, [f"{waits} to be marked by hand" if waits else "", reasons]))


def _no_record(assignment: str, student_id: str) -> Record:
    return Record(
        student_id=student_id,
        assignment=assignment,
        name=f"graded/{assignment}/{student_id}.json",
        fingerprint="",
    )
