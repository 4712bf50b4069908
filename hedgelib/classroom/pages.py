"""Pages of a class: the overview of an assignment, feedback for a student, and the class page.

Each is one file that needs no network and runs nothing. Whatever came from a student is text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, TypeAlias

from hedgelib._text import percent, printable, safe
from hedgelib.ask.form import Form
from hedgelib.ask.marking import Key, right_too
from hedgelib.ask.misconceptions import misconception, misconceptions
from hedgelib.classroom.book import Score, after, remark
from hedgelib.classroom.classview import ClassView, models_scene, points_of, points_scene
from hedgelib.classroom.interface import Refused
from hedgelib.classroom.results import Answered, Copied, Result
from hedgelib.classroom.scenarios import ASSIGNMENTS
from hedgelib.classroom.source import ClassQuestion, Source
from hedgelib.classroom.statistics import FEWEST, Year, class_items
from hedgelib.classroom.statisticsview import (
    items_scene,
    items_table,
    persisting_scene,
    years_scene,
    years_table,
)
from hedgelib.course.contents import LESSONS, number_of
from hedgelib.course.how_far import questions_done
from hedgelib.course.progress import Progress
from hedgelib.report.blocks import Facts, Heading, Points, Section, Table, Text, whole_page
from hedgelib.show import Scene
from hedgelib.show.plot import picture_html

__all__ = [
    "class_html",
    "class_page",
    "feedback_page",
    "named",
    "overview_page",
    "progress_page",
    "shown_answer",
    "statistics_page",
]

Part: TypeAlias = Section | Scene | str
_LONGEST = 80
_MOST_MET = 12


def class_html(title: str, parts: Sequence[Part]) -> str:
    """Write a page of a class."""
    return whole_page(title, "\n".join(map(_html, parts)), styles=("report.css", "class.css"))


def _html(part: Part) -> str:
    if isinstance(part, Section):
        return part._repr_html_()
    if isinstance(part, Scene):
        return picture_html(part)
    return f"<h2>{safe(part)}</h2>"


def named(roster: Mapping[str, str], student_id: str) -> str:
    """Write a student's name and id."""
    return f"{roster.get(student_id, student_id)} ({student_id})"


def _lesson(lesson: str) -> str:
    return f"Lesson {number_of(lesson)}, {LESSONS[lesson][1]}"


def _by_lesson(models: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Group the titles of wrong models by their lesson."""
    titles: dict[str, list[str]] = {}
    for model in map(misconception, dict.fromkeys(models)):
        titles.setdefault(model.lesson, []).append(model.title)
    return sorted(titles.items(), key=lambda pair: number_of(pair[0]))


def _number(value: float) -> str:
    """Write six digits, and no exponent where a reader expects none."""
    text = f"{value:,.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:,.6g}"
    return text.replace("-", "−")


def shown_answer(answer: Any, form: Form) -> str:
    """Write an answer of any kind, or what is right, in one line."""
    if answer is None:
        text = "no answer"
    elif form.kind == "written":
        text = "written answer"
    elif form.kind == "choice":
        text = ", ".join(map(_part, form.in_letters(answer)))
    elif form.kind == "function":
        text = ", ".join(map(_part, answer))
    elif form.unit and form.unit != "a number":
        text = f"{_number(answer)} {form.unit}"
    else:
        text = _number(answer)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _part(value: object) -> str:
    if isinstance(value, (int, float)):
        return _number(value)
    return "none" if value is None else str(value) or "any"


def _shown_right(key: Key) -> str:
    """Write what is right in one line, with the whole numbers that are right too."""
    text = shown_answer(key.right, key.form)
    return ", or ".join([text, *map(_number, right_too(key))])


def _heading(question: ClassQuestion) -> str:
    return f"{question.id.removeprefix('q')}. {question.title}"


def _of(points: float, most: float) -> str:
    return f"{points:g} of {most:g}"


def overview_page(source: Source, keys: Mapping[str, Mapping[str, Key]]) -> str:
    """Write the questions of an assignment and the spread of right answers over the class."""
    rows = [
        [
            _heading(q),
            f"{q.points:g}",
            _kind(q),
            _spread(q, [own.get(q.id) for own in keys.values()]),
        ]
        for q in source.questions
    ]
    models = [
        [
            _heading(q),
            "; ".join(f"lesson {n}: {', '.join(titles)}" for n, titles in _by_lesson(q.models)),
        ]
        for q in source.questions
        if q.models
    ]
    caption = f"{len(source.questions)} questions, {source.points:g} points"
    about = (
        "Every student has different numbers. key.csv has the right answer of each student; the "
        "solution folder has the text of the questions, with solutions."
    )
    note = (
        "In every number, a reversed sign and a percentage given for a decimal are recognised too."
    )
    parts: list[Part] = [
        Section(
            [
                Heading(source.title, f"Overview for the instructor, {len(keys)} students"),
                Text(about),
                Table(
                    ("Question", "Points", "Kind", "Right answers of this class"),
                    rows,
                    "lrll",
                    caption,
                ),
            ]
        ),
        "Wrong models that are recognised",
        Section(
            [Table(("Question", "Wrong models"), models, "ll", "By lesson"), Text(note, "note")]
        ),
    ]
    return class_html(f"{source.title}: overview", parts)


def _kind(question: ClassQuestion) -> str:
    return {
        "number": f"number, {question.form.unit}",
        "choice": "choice with its reason",
        "function": "function",
        "written": "written, marked by hand",
    }[question.form.kind]


def _spread(question: ClassQuestion, keys: Sequence[Key | None]) -> str:
    known = [key for key in keys if key]
    if not known:
        return ""
    if question.form.kind == "number":
        rights = [key.right for key in known]
        return f"{_number(min(rights))} to {_number(max(rights))}"
    if question.form.kind == "choice":
        pairs = {key.form.in_letters(key.right) for key in known}
        return f"{len(pairs)} different pairs of letters"
    return f"{len(known[0].calls)} calls with each student's numbers"


def feedback_page(
    source: Source,
    result: Result,
    scores: Mapping[str, Score],
    student: str,
    *,
    notes: Sequence[str] = (),
    penalty: float = 0.0,
    shows_answers: bool = True,
) -> str:
    """Write a student's feedback, from the scores by question; `penalty` is for lateness."""
    waits = sum(scores[a.question.id].waits for a in result.answered)
    full, rows = 0, []
    for a in result.answered:
        score, question = scores[a.question.id], a.question
        full += not score.waits and score.points >= question.points
        points = "to be marked" if score.waits else _of(score.points, question.points)
        form = a.key.form if a.key else question.form
        right = _shown_right(a.key) if a.key else ""
        row = [_heading(question), points, shown_answer(a.answer, form)]
        rows.append([*row, right] if shows_answers else row)
    total = _of(after(points_of(scores), penalty), source.points)
    facts = Facts(
        [
            ("Points", total, "so far" if waits else "all marked"),
            ("Answers with all points", f"{full}", f"of {len(source.questions)}"),
            ("To be marked", f"{waits}", "answers marked by hand"),
        ]
    )
    head = ["Question", "Points", "Your answer"]
    head += ["Right for your numbers"] if shows_answers else []
    parts: list[Part] = [
        Section(
            [
                Heading(f"{source.title}: feedback", student),
                facts,
                *([Points(notes)] if notes else []),
                Table(head, rows, "l" * len(head), "All answers"),
            ]
        ),
        "Question by question",
    ]
    remarks = [
        [_heading(a.question), line]
        for a in result.answered
        if (line := _remarks(a, result, scores))
    ]
    nothing = Text("There is nothing to add.")
    parts += [Section([Table(("Question", "Remarks"), remarks, "ll", "") if remarks else nothing])]
    if shows_answers:
        parts += _rubric_parts(result, scores)
    models = [a.mark.model for a in result.answered if a.mark and a.mark.model]
    if models:
        again = [f"{_lesson(n)}: {'; '.join(titles)}." for n, titles in _by_lesson(models)]
        parts += ["What to look at again", Section([Points(again)])]
    if warnings := result.record.warnings:
        lines = [f"{text[:1].upper()}{text[1:]}." for text in warnings]
        parts += ["Your file", Section([Points(lines)])]
    return class_html(f"{source.title}: feedback for {student}", parts)


def _rubric_parts(result: Result, scores: Mapping[str, Score]) -> Iterator[Part]:
    """Yield what the written answers have of what a good one has."""
    for a in result.answered:
        if ticks := scores[a.question.id].ticks:
            rows = [
                [text, "yes" if tick else "no"]
                for text, tick in zip(a.question.rubric, ticks, strict=True)
            ]
            head = ("What a good answer has", "Yours")
            yield _heading(a.question)
            yield Section([Table(head, rows, "ll", "")])


def _remarks(answered: Answered, result: Result, scores: Mapping[str, Score]) -> str:
    score, mark = scores[answered.question.id], answered.mark
    lines = [remark(answered)]
    if mark and not lines[0]:
        if mark.missing:
            lines = [_stopped(result, answered.question) or "There is no answer."]
        elif mark.share < 1:
            lines = [_unexplained(answered)]
    if score.by_hand and mark is not None:
        lines.append("These points were set by hand.")
    return " ".join(filter(None, [*lines, score.comment]))


def _stopped(result: Result, question: ClassQuestion) -> str:
    """Say why the cell of an answer did not finish."""
    problems = result.record.outcome.problems
    return "; ".join(printable(p) for p in problems if p.startswith(f"{question.id} "))


def _unexplained(answered: Answered) -> str:
    mark, key = answered.mark, answered.key
    if answered.question.form.kind == "function" and mark and mark.share and key:
        return f"{round(mark.share * len(key.right))} of {len(key.right)} calls are right."
    if answered.question.form.kind == "choice" and mark and mark.share:
        return "The choice is right, but the reason is wrong."
    return "No known wrong model explains this answer."


def class_page(
    view: ClassView,
    *,
    roster: Mapping[str, str],
    copies: Sequence[Copied],
    refused: Sequence[Refused],
    ungradable: Collection[str] = (),
) -> str:
    """Write the results of a class in one assignment; the ids `ungradable` handed in as well."""
    handed_in = {result.record.student_id for result in view.results} | {*ungradable}
    missing = [named(roster, i) for i in roster if i not in handed_in]
    title = f"{view.source.title}: the class"
    parts: list[Part] = [Section([Heading(title, "Only for the instructor."), _class_facts(view)])]
    if view.results:
        parts += [points_scene(view)]
        parts += ["Question by question", Section([_question_table(view)])]
        parts += [items_scene(class_items(view))]
        parts += _model_parts(view)
    parts += _copy_parts(copies, roster)
    to_check = [
        [named(roster, result.record.student_id), line]
        for result in view.results
        for line in _to_check(result)
    ]
    if to_check:
        table = Table(("Student", "What happened"), to_check, "ll", "")
        parts += ["To check", Section([table])]
    if refused:
        rows = [[item.name, item.reason] for item in refused]
        table = Table(("File", "Why"), rows, "ll", "The same list is in not_graded.csv")
        parts += ["What could not be graded", Section([table])]
    if missing:
        parts += ["Not handed in", Section([Text(", ".join(missing))])]
    return class_html(title, parts)


def statistics_page(year: Year, before: Sequence[Year]) -> str:
    """Write the statistics of a class over its exercises, and over years."""
    title = "Statistics of the class"
    about = (
        "Points are the mean share that students got. Discrimination is the correlation of the "
        "points for a question with those for the rest of its exercise: 0.2 and more is usual of "
        f"a good question. It needs {FEWEST} students, and its 95% interval is wide in a small "
        "class."
    )
    mend = [[f"{i.exercise}, {i.heading}", i.to_mend] for i in year.items if i.to_mend]
    parts: list[Part] = [
        Section([Heading(title, "Only for the instructor."), Text(about)]),
        "Questions to mend",
        Section(
            [Table(("Question", "Why"), mend, "ll", "")]
            if mend
            else [Text("No question needs mending by these figures.")]
        ),
    ]
    if persist := [row for row in year.persisting if row.had]:
        parts += ["Misconceptions that persist", persisting_scene(persist)]
    if before:
        years = [*before, year]
        parts += ["Years", years_scene(years)]
        parts += [Section([table]) for table in [years_table(years)] if table]
    for name in ASSIGNMENTS:
        if items := [item for item in year.items if item.exercise == name]:
            parts += [name, items_scene(items), Section([items_table(items, "")])]
    return class_html(title, parts)


def progress_page(progress: Mapping[str, Progress], roster: Mapping[str, str]) -> str:
    """Write how far the class is in the lessons, from the progress files handed in."""
    met: Counter[str] = Counter()
    rows = []
    for student_id, one in progress.items():
        done = questions_done(one)
        whole = [number_of(lesson) for lesson, (n, of) in done.items() if 0 < of == n]
        begun = [number_of(lesson) for lesson, (n, of) in done.items() if 0 < n < of]
        again = len(one.to_look_at_again)
        rows.append(
            [
                named(roster, student_id),
                _of(sum(n for n, _ in done.values()), sum(of for _, of in done.values())),
                ", ".join(whole) or "none",
                ", ".join(begun) or "none",
                str(again),
            ]
        )
        # A file that was made up may name anything.
        met.update({name: 1 for name in one.misconceptions if name in misconceptions()})
    title = "Progress in the lessons"
    head = ("Student", "Questions done", "Lessons done", "Lessons begun", "Open again")
    table = Table(head, rows, "lrllr", "From the progress.json that each handed in")
    parts: list[Part] = [Section([Heading(title, "Only for the instructor."), table])]
    if met:
        models = [(misconception(name), count) for name, count in met.most_common(_MOST_MET)]
        counts = [
            [model.title, _of(count, len(progress)), _lesson(model.lesson)]
            for model, count in models
        ]
        table = Table(("Misconception", "Students", "Taught in"), counts, "lrl", "")
        parts += ["What to teach again", Section([table])]
    if missing := [named(roster, i) for i in roster if i not in progress]:
        parts += ["No progress file", Section([Text(", ".join(missing))])]
    return class_html(title, parts)


def _class_facts(view: ClassView) -> Facts:
    middle = _of(median(view.totals), view.source.points) if view.results else "–"
    return Facts(
        [
            ("Handed in", _of(len(view.results), view.students), "students"),
            ("Median", middle, "points so far"),
            ("Marked by hand", _of(*view.by_hand), "written answers"),
        ]
    )


def _question_table(view: ClassView) -> Table:
    rows = []
    for count in view.questions():
        numbers = [count.full, count.part, count.none, count.missing]
        marked = sum(numbers)
        share = percent(count.full / marked) if marked and not count.waiting else "–"
        frequent = [f"{model.title} ({model.students})" for model in count.models[:1]]
        counts = map(str, (*numbers, count.waiting))
        rows.append([_heading(count.question), share, *counts, *(frequent or [""])])
    columns = ("full", "part", "none", "no answer", "to mark")
    return Table(
        ("Question", "All points", *columns, "Most frequent wrong model"),
        rows,
        "lrrrrrrl",
        "Share of the marked answers with all points, and numbers of students",
    )


def _model_parts(view: ClassView) -> list[Part]:
    if not view.models():
        return ["Wrong models", Section([Text("No answer shows a known wrong model.")])]
    rows = [
        [
            _lesson(entry.lesson),
            f"{entry.students} ({percent(entry.students / len(view.results))})",
            "; ".join(f"{model.title} ({model.students})" for model in entry.models[:5]),
        ]
        for entry in view.teach_again()
    ]
    caption = "Students with at least one of the wrong models that the lesson explains"
    table = Table(("Lesson", "Students", "Wrong models"), rows, "lll", caption)
    return ["Wrong models", models_scene(view), "What to teach again", Section([table])]


def _copy_parts(copies: Sequence[Copied], roster: Mapping[str, str]) -> list[Part]:
    if not copies:
        return []
    rows = [
        [
            named(roster, copy.student_id),
            named(roster, copy.other_id),
            ", ".join(copy.questions),
            "less than 1 in a million" if copy.chance < 1e-6 else f"1 in {1 / copy.chance:,.0f}",
        ]
        for copy in copies
    ]
    head = ("Student", "Right for the numbers of", "Questions", "By chance")
    note = (
        "The last column says how often this would happen by chance. It is not proof; talk to both "
        "students."
    )
    section = Section([Table(head, rows, "lllr", ""), Text(note, "note")])
    return ["Answers that are right for another student", section]


def _to_check(result: Result) -> list[str]:
    """List what an instructor should know about a submission, each without a full stop."""
    record = result.record
    lines = [*record.file_warnings, *record.warnings, *record.outcome.problems]
    lines += [answered.problem for answered in result.answered]
    return [line.strip().rstrip(".") for line in dict.fromkeys(lines) if line.strip()]
