"""Making a class: a course folder from a list of students."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hedgelib.ask.marking import Key, right_too
from hedgelib.classroom.course import Course, CourseError, write_text
from hedgelib.classroom.pages import overview_page, shown_answer
from hedgelib.classroom.personal import Numbers
from hedgelib.classroom.release import enter_students, release, write_solution
from hedgelib.classroom.roster import Roster, read_roster
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.source import Source, exercises_folder, read_source
from hedgelib.classroom.tables import write_table

__all__ = ["Made", "class_keys", "make_class"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The class that was made."""

    course: Course
    students: int
    assignments: tuple[str, ...]
    kept: tuple[str, ...]  # assignments whose source in the course is the instructor's own
    notes: tuple[str, ...] = ()  # how the list was understood


def class_keys(
    course: Course, source: Source, roster: Mapping[str, str], attempt: int = 1
) -> dict[str, dict[str, Key]]:
    """Compute the right answers and those of the wrong models for every student of a class."""
    numbers = course.numbers(source.name, roster, attempt)
    return {student_id: source.keys(Numbers(own)) for student_id, own in numbers.items()}


def make_class(roster_file: str | Path, root: str | Path) -> Made:
    """Make the folder of a class, or bring it up to date with a longer list."""
    class_list = read_roster(roster_file)
    course = Course(Path(root))
    try:
        course.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        course.secret()
        course.write_config()
    except OSError as error:
        raise CourseError(
            f"cannot write to {course.root}: {error.strerror}; name another folder with OUT"
        ) from error
    with course.locked():
        return _filled(course, class_list)


def _filled(course: Course, class_list: Roster) -> Made:
    """Write all that a class consists of."""
    roster = class_list.names
    settings = course.settings(roster)
    kept = tuple(name for name in ASSIGNMENTS if _take_source(course, name))
    enter_students(course, roster)
    rows: list[list[str | float]] = []
    for name in ASSIGNMENTS:
        source = course.read(name)
        attempts = settings.of(name).attempts
        course.write_numbers(name, roster, attempts=attempts)
        release(course, name)
        write_solution(course, source)
        for attempt in range(1, attempts + 1):
            keys = class_keys(course, source, roster, attempt)
            rows += _key_rows(source, keys, roster, attempt)
            if attempt == 1:
                write_text(course.root / "overview" / f"{name}.html", overview_page(source, keys))
    write_table(
        course.root / "key.csv",
        (
            *("id", "name", "assignment", "question", "points"),
            *("right", "unit", "wrong_models", "attempt"),
        ),
        rows,
    )
    course.write_roster(class_list)
    for private in (course.root / "key.csv", course.gradebook):
        os.chmod(private, 0o600)
    return Made(
        course=course,
        students=len(roster),
        assignments=ASSIGNMENTS,
        kept=kept,
        notes=class_list.notes,
    )


def _take_source(course: Course, name: str) -> bool:
    """Copy a source into a course that has none; tell whether the course has another one."""
    own = read_source(exercises_folder() / f"{name}.ipynb").text
    path = course.source(name)
    if path.exists():
        return path.read_text(encoding="utf-8") != own
    write_text(path, own)
    return False


def _key_rows(
    source: Source,
    keys: Mapping[str, Mapping[str, Key]],
    roster: Mapping[str, str],
    attempt: int,
) -> Iterator[list[str | float]]:
    computed = [question for question in source.questions if question.form.kind != "written"]
    for student_id, own in keys.items():
        for q in computed:
            key = own[q.id]
            form, unit = key.form, key.form.unit
            right = key.right if form.kind == "number" else shown_answer(key.right, form)
            for whole in right_too(key):
                unit = f"{unit}; {whole} counts too"
            wrong = "; ".join(f"{m}: {shown_answer(value, form)}" for m, value in key.wrong.items())
            name = roster[student_id]
            yield [student_id, name, source.name, q.id, q.points, right, unit, wrong, attempt]
