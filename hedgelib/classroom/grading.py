"""Grading: from a folder of submissions to marks, pages and a list of what could not be graded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from nbgrader.api import Gradebook
from tqdm import tqdm

from hedgelib.ask.marking import Key
from hedgelib.classroom import sandbox
from hedgelib.classroom.attribution import People
from hedgelib.classroom.book import Score, after, enter, penalties, scores, write_readable
from hedgelib.classroom.byhand import Sheet, read_sheet
from hedgelib.classroom.classview import ClassView, points_of
from hedgelib.classroom.course import Course, write_text
from hedgelib.classroom.intake import Intake
from hedgelib.classroom.interface import (
    Answer,
    Collected,
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
from hedgelib.classroom.pages import class_page, feedback_page, named, statistics_page
from hedgelib.classroom.platforms import hand_back
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
from hedgelib.classroom.release import api, exchange_folders, gradebook, release_line
from hedgelib.classroom.results import Result, copied, mark_record
from hedgelib.classroom.settings import Exercise
from hedgelib.classroom.source import Source
from hedgelib.classroom.standing import Standings, days
from hedgelib.classroom.statistics import Year, update, years_before
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
    sheets: tuple[tuple[Path, int, int], ...]  # of written answers, how many are marked of how many
    statistics: Path  # the page of statistics
    platform: tuple[Path, ...] = ()  # files that go back to the learning platform
    notes: tuple[str, ...] = ()  # what is not in them
    released: tuple[str, ...] = ()  # command lines that give feedback out through the exchange
    learners: tuple[Path, ...] = ()  # pages on progress and flights handed in


@dataclass(frozen=True, slots=True)
class _Class:
    """All that grading an assignment needs: read once, and only read from then on."""

    source: Source
    rules: Exercise
    numbers: Sequence[Mapping[str, Mapping[str, object]]]  # of each attempt, by id
    keys: Sequence[Mapping[str, Mapping[str, Key]]]
    sheet: Sheet

    @classmethod
    def read(cls, course: Course, name: str, roster: Mapping[str, str], rules: Exercise) -> _Class:
        source, attempts = course.read(name), range(1, rules.attempts + 1)
        return cls(
            source,
            rules,
            [course.numbers(name, roster, attempt) for attempt in attempts],
            [class_keys(course, source, roster, attempt) for attempt in attempts],
            read_sheet(course, source),
        )

    def numbers_of(self, work: Submission | Record) -> Mapping[str, object]:
        return self.numbers[work.attempt - 1][work.student_id]

    def keys_of(self, work: Submission | Record) -> Mapping[str, Key]:
        return self.keys[work.attempt - 1][work.student_id]

    def wanted(self, work: Submission) -> list[Wanted]:
        keys = self.keys_of(work)
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
    names: bool = False,
    limits: Limits | None = None,
    workers: int | None = None,
    quiet: bool = False,
    run: Runner = sandbox.run,
) -> Graded:
    """Grade a folder of submissions, into which nothing is written, for the course in `root`.

    `trust` runs submissions without a sandbox, with all rights of this user; `again` also runs
    those that were run before; `names` shows names on the sheets of written answers; `quiet` shows
    no progress bar.
    """
    course = Course(Path(root))
    course.check()
    boxed = run is sandbox.run
    if not trust and boxed:
        sandbox.require_sandbox()
    hidden = (course.root, Path(folder), *exchange_folders(course))
    if boxed:
        run = partial(sandbox.run, hidden=hidden)
    class_list, assignments = course.platform_list(), course.assignments()
    roster = class_list.names
    settings, people = course.settings(roster), People(roster, assignments, class_list.by_number)
    before = years_before(course)
    with (
        course.locked(),
        tempfile.TemporaryDirectory() as spool,
        Reader(trust=trust or not boxed, hidden=hidden) as reader,
        ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool,
    ):
        collected = collect(folder, people, assignments, reader, Path(spool))
        given = {submission.assignment for submission in collected.found}
        given |= {item.assignment for item in collected.refused}
        standings = Standings(course, settings)
        grading = _Grading(
            course=course,
            roster=roster,
            standings=standings,
            intake=Intake(
                class_list=class_list, people=people, standings=standings, nbgrader=api(course)
            ),
            classes={
                name: _Class.read(course, name, roster, settings.of(name))
                for name in assignments
                if name in given
            },
            reader=reader,
            run=run,
            limits=limits or Limits(),
            trust=trust,
            names=names,
            troubles=_Troubles([*collected.refused]),
        )
        return grading.all_steps(collected, before, pool, again=again, quiet=quiet)


_Changed: TypeAlias = dict[tuple[str, str], Mapping[str, str]]


def _handed_in_at(record: Record, submission: Submission) -> dict[str, Any]:
    """Return when a file was handed in: the first time known of the same file, by its best clock.

    A copy has a newer time, and so has a platform's list once the next attempt is there.
    """
    one: Record | Submission = submission
    if record.at and submission.at and record.digest == submission.digest:
        surer = (record.clock == "file") - (submission.clock == "file")
        first = _moment(record.at) <= _moment(submission.at)
        one = record if surer < 0 or (not surer and first) else submission
    return {"at": one.at, "clock": one.clock, "late": one.late}


def _moment(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grading:
    """One call of `grade`: what each of its steps needs."""

    course: Course
    roster: Mapping[str, str]
    standings: Standings
    intake: Intake
    classes: Mapping[str, _Class]
    reader: Reader
    run: Runner
    limits: Limits
    trust: bool
    names: bool
    troubles: _Troubles

    def all_steps(
        self,
        collected: Collected,
        before: Sequence[Year],
        pool: ThreadPoolExecutor,
        *,
        again: bool,
        quiet: bool,
    ) -> Graded:
        """Run what has to be run, mark everything, and write all files."""
        course = self.course
        submissions = [*self.taken(collected.found)]
        tasks, changed = self.tasks(submissions, again=again)
        self.run_all(tasks, pool, quiet=quiet)
        self.keep_names(submissions)
        views = self.write(changed)
        platform, notes = hand_back(self.standings, self.intake.class_list, self.intake.people)
        statistics = course.learners_page("statistics")
        write_text(statistics, statistics_page(update(course, views), before))
        pages, unread = write_learners(collected.learners, course, self.roster)
        released = (release_line(course, name, self.roster) for name in course.assignments())
        return Graded(
            ran=len(tasks),
            kept=len(submissions) - len(tasks),
            refused=(*self.not_graded(), *unread),
            pages=tuple(course.class_page(name) for name in self.classes),
            grades=course.grades,
            waiting=sum(view.waiting for view in views),
            sheets=tuple(
                (course.by_hand(view.source.name, "html"), *view.by_hand)
                for view in views
                if view.by_hand[1]
            ),
            statistics=statistics,
            learners=pages,
            platform=platform,
            notes=notes,
            released=tuple(filter(None, released)),
        )

    def taken(self, submissions: Iterable[Submission]) -> Iterator[Submission]:
        """Leave out submissions of another person, and attempts that do not count."""
        for submission in submissions:
            try:
                refusal, timed = self.intake.refusal(submission), self.intake.timed(submission)
            except HedgeError:
                raise
            except Exception as error:
                self.troubles.note(submission, "could not be taken in", error)
                continue
            if refusal:
                self.troubles.add(submission, refusal)
            else:
                yield timed

    def tasks(
        self, submissions: Iterable[Submission], *, again: bool
    ) -> tuple[list[tuple[Submission, str]], _Changed]:
        """Return the submissions to run with their fingerprints, and who handed in another file.

        Of those it has the written answers of the file before, by question.
        """
        tasks, changed = [], {}
        for submission in submissions:
            name, student_id = submission.assignment, submission.student_id
            about = self.classes[name]
            numbers = about.numbers_of(submission)
            now = fingerprint(submission, about.source.text, numbers, self.limits, self.trust)
            record = load(self.course, name, student_id, submission.attempt)
            if record and digest_of(self.course, record) != submission.digest:
                changed[name, student_id] = record.written
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
            attempt=submission.attempt,
        )
        before = load(self.course, record.assignment, record.student_id, record.attempt)
        if before is not None and before.digest == record.digest:
            record = replace(record, at=before.at, clock=before.clock, late=before.late)
        reading = self.reader.read(submission.data)
        try:
            merged = merge(reading, about.source)
        except NotGradable as reason:
            return replace(record, refusal=str(reason), fingerprint="" if reading.failure else now)
        wanted = about.wanted(submission)
        numbers = about.numbers_of(submission)
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
            name, student_id = submission.assignment, submission.student_id
            record = load(self.course, name, student_id, submission.attempt)
            if record is None:
                continue
            renamed = replace(
                record,
                name=submission.name,
                file_warnings=submission.warnings,
                person=submission.person or record.person,
                **_handed_in_at(record, submission),
            )
            try:
                if renamed != record:
                    save(self.course, renamed)
            except Exception as error:
                self.troubles.note(submission, "could not be kept under its name", error)

    def write(self, changed: _Changed) -> list[ClassView]:
        """Enter all marks, and write all pages and tables."""
        with gradebook(self.course) as book:
            views = [self._write_class(name, book, changed) for name in self.classes]
            self._write_grades(book, views)
        rows = ([item.name, item.reason] for item in self.not_graded())
        write_table(self.course.root / "not_graded.csv", ("file", "reason"), rows)
        return views

    def not_graded(self) -> list[Refused]:
        """List first the files that belong to nobody, then those of each assignment."""
        return [item for name in ("", *self.classes) for item in self.troubles.of(name)]

    def _write_class(self, name: str, book: Gradebook, changed: _Changed) -> ClassView:
        about = self.classes[name]
        results: list[Result] = []
        ungradable: set[str] = set()
        for student_id in self.roster:
            record = None
            try:
                own_keys = [keys[student_id] for keys in about.keys]
                before = self.standings.counted(name, student_id)
                record, is_other = self.standings.count(about.source, own_keys, student_id)
                if record is None or record.refusal:
                    if reason := self._refusal(name, student_id, record):
                        ungradable.add(student_id)
                        self.troubles.add(record or _no_record(name, student_id), reason)
                    continue
                result = self._mark(record)
                late = self.standings.late(record)
                was = changed.get((name, student_id))
                if is_other and before is not None:
                    was = before.written
                enter(
                    book,
                    result,
                    before=was,
                    at=self.standings.moment(record),
                    penalty=round(late.share * about.source.points, 6),
                )
                doubts = (*record.file_warnings, *filter(None, [late.doubt]))
                marked = replace(result.record, file_warnings=doubts)
                results.append(replace(result, record=marked))
            except Exception as error:
                book.db.rollback()
                ungradable.add(student_id)
                about_whom = record or _no_record(name, student_id)
                self.troubles.note(about_whom, "could not be marked", error)
        view = ClassView(
            source=about.source,
            students=len(self.roster),
            results=results,
            scores=about.sheet.enter(book, results, scores(book, name, about.source)),
        )
        numbers = {r.record.student_id: about.numbers_of(r.record) for r in results}
        about.sheet.write(results, numbers, self.roster if self.names else None)
        self._write_feedback(view, penalties(book, name))
        copies = copied(results, about.keys[0])
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
        about = self.classes[record.assignment]
        if record.cells is None:
            data = handed_in(self.course, record.assignment, record.student_id).read_bytes()
            cells = tuple(merge(self.reader.read(data), about.source).cells)
            record = replace(record, cells=cells)
            save(self.course, record)
        result = mark_record(record, about.source, about.keys_of(record))
        write_readable(self.course, about.source, result, about.numbers_of(record))
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

    def _write_feedback(self, view: ClassView, penalties: Mapping[str, float]) -> None:
        shows_answers = self.standings.shows_answers(view.source.name)
        for result in view.results:
            student_id, name = result.record.student_id, view.source.name
            student = named(self.roster, student_id)
            path = self.course.student_file("feedback", student_id, name, "html")
            try:
                penalty = penalties.get(student_id, 0.0)
                keys = [keys[student_id] for keys in self.classes[name].keys]
                page = feedback_page(
                    view.source,
                    result,
                    view.scores[student_id],
                    student,
                    notes=[*self.standings.told(result.record, view.source, keys, penalty)],
                    penalty=penalty,
                    shows_answers=shows_answers,
                )
                write_text(path, page)
                self._copy_exchange_files(path, student_id, name)
                self._keep_as_shown(result.record, shows_answers=shows_answers)
            except Exception as error:
                self.troubles.note(result.record, "has its marks, but no feedback page", error)

    def _keep_as_shown(self, record: Record, *, shows_answers: bool) -> None:
        kept = load(self.course, record.assignment, record.student_id, record.attempt)
        if kept and shows_answers and not kept.shown:
            save(self.course, replace(kept, shown=True))

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
        costs = {name: penalties(book, name) for name in self.course.assignments()}
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
                penalty = costs[name].get(student_id, 0.0)
                points = "" if own is None else after(points_of(own), penalty)
                row += [points, most, self._note(name, student_id, own, penalty)]
            rows.append(row)
        write_table(self.course.grades, head, rows)

    def _note(
        self, name: str, student_id: str, own: Mapping[str, Score] | None, penalty: float
    ) -> str:
        """Say what is still open about a mark, and what lateness cost."""
        record = self.standings.counted(name, student_id)
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
        parts = [f"{waits} to be marked by hand" if waits else "", reasons]
        if record and (late := self.standings.late(record).days):
            clock = " by the time of the file" if record.clock == "file" else ""
            costs = f", −{penalty:g} points" if penalty else ""
            parts.append(f"{days(late)} late{clock}{costs}")
        return "; ".join(filter(None, parts))


def _no_record(assignment: str, student_id: str) -> Record:
    return Record(
        student_id=student_id,
        assignment=assignment,
        name=f"graded/{assignment}/{student_id}.json",
        fingerprint="",
    )
