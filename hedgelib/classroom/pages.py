"""Pages of a class: the overview of an assignment, feedback for a student, and the class page.

Each is one file that needs no network and runs nothing. Whatever came from a student is text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, TypeAlias

from hedgelib._text import percent
from hedgelib.classroom.book import Score, remark
from hedgelib.classroom.classview import ClassView, models_scene, points_of, points_scene
from hedgelib.classroom.interface import Refused
from hedgelib.classroom.marking import Key, rounded_up
from hedgelib.classroom.models import wrong_model
from hedgelib.classroom.results import Answered, Copied, Result
from hedgelib.classroom.source import Question, Source
from hedgelib.course.contents import LESSONS
from hedgelib.report.blocks import Block, Facts, Heading, Points, Section, Table, Text, printable
from hedgelib.show import Scene
from hedgelib.show.plot import picture_html

__all__ = ["class_page", "feedback_page", "overview_page", "shown_answer"]

_STYLE = Path(__file__).resolve().parents[1] / "report/template/hedge_report/style.css"
_EXTRA = "td { text-align: left; } h3 { font-size: 1.02rem; margin: 1.5rem 0 .3rem; }"
Part: TypeAlias = Section | Scene | str
_LONGEST = 80


def _page(title: str, parts: Sequence[Part]) -> str:
    body = "\n".join(map(_html, parts))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(printable(title))}</title>\n"
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}{_EXTRA}\n</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _html(part: Part) -> str:
    if isinstance(part, Section):
        return part._repr_html_()
    if isinstance(part, Scene):
        return picture_html(part)
    return f"<h2>{escape(printable(part))}</h2>"


def _lesson(number: str) -> str:
    title = next((t for stem, (t, _) in LESSONS.items() if stem.startswith(f"{number}_")), "")
    return f"lesson {number}, {title}"


def _number(value: float) -> str:
    """Write six digits, and no exponent where a reader expects none."""
    text = f"{value:,.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:,.6g}"
    return text.replace("-", "−")


def shown_answer(answer: Any, question: Question) -> str:
    """Write an answer, or what is right, in one line."""
    if answer is None:
        text = "no answer"
    elif question.kind == "text":
        text = "written answer"
    elif isinstance(answer, (list, tuple)):
        text = ", ".join("none" if part is None else _one(part) for part in answer)
    elif question.unit and question.unit != "a number" and not isinstance(answer, str):
        text = f"{_one(answer)} {question.unit}"
    else:
        text = _one(answer)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def shown_right(key: Key, question: Question) -> str:
    """Write what is right in one line, with the whole number that is right too."""
    text = shown_answer(key.right, question)
    whole = rounded_up(key.right) if key.counted else key.right
    return text if whole == key.right else f"{text}, or {_number(whole)}"


def _one(value: object) -> str:
    return _number(value) if isinstance(value, (int, float)) else str(value)


def _heading(question: Question) -> str:
    return f"{question.name.removeprefix('q')}. {question.title}"


def _of(points: float, most: float) -> str:
    return f"{points:g} of {most:g}"


# Overview


def overview_page(source: Source, keys: Mapping[str, Mapping[str, Key]]) -> str:
    """Write the overview of an assignment: its questions and the spread of right answers."""
    rows = []
    for question in source.questions:
        rows.append(
            [
                _heading(question),
                f"{question.points:g}",
                _kind(question),
                _spread(question, [mine[question.name] for mine in keys.values()])
                if question.kind != "text"
                else "",
            ]
        )
    table = Table(
        ("Question", "Points", "Kind", "Right answers of this class"),
        rows,
        "lrll",
        f"{len(source.questions)} questions, {source.points:g} points",
    )
    models = [[_heading(q), "; ".join(_by_lesson(q.models))] for q in source.questions if q.models]
    return _page(
        f"{source.title}: overview",
        [
            Section(
                [
                    Heading(source.title, f"Overview for the instructor, {len(keys)} students"),
                    Text(
                        "Every student has different numbers. key.csv has the right answer of each "
                        "student; the solution folder has the text of the questions, with "
                        "solutions."
                    ),
                    table,
                ]
            ),
            "Wrong models that are recognised",
            Section(
                [
                    Table(("Question", "Wrong models"), models, "ll", "By lesson"),
                    Text(
                        "In every number, a reversed sign and a percentage given for a decimal are "
                        "recognised too.",
                        "note",
                    ),
                ]
            ),
        ],
    )


def _by_lesson(models: Sequence[str]) -> list[str]:
    lessons: dict[str, list[str]] = {}
    for name in models:
        model = wrong_model(name)
        lessons.setdefault(model.lesson, []).append(model.title)
    return [f"lesson {number}: {', '.join(titles)}" for number, titles in sorted(lessons.items())]


def _kind(question: Question) -> str:
    return {
        "number": f"number, {question.unit}",
        "choice": "choice with its reason",
        "function": "function",
        "text": "written, marked by hand",
    }[question.kind]


def _spread(question: Question, keys: Sequence[Key]) -> str:
    if not keys:
        return ""
    if question.kind == "number":
        rights = [key.right for key in keys]
        return f"{_number(min(rights))} to {_number(max(rights))}"
    if question.kind == "choice":
        return f"{len({key.right for key in keys})} different pairs of letters"
    return f"{len(keys[0].calls)} calls with each student's numbers"


# Feedback


def feedback_page(source: Source, result: Result, scores: Mapping[str, Score], student: str) -> str:
    """Write a student's feedback."""
    got = points_of(scores)
    waits = [a.question for a in result.answered if scores[a.question.name].waits]
    full = sum(
        scores[a.question.name].points >= a.question.points
        for a in result.answered
        if a.question not in waits
    )
    facts = Facts(
        [
            ("Points", _of(got, source.points), "so far" if waits else "all marked"),
            ("Answers with all points", f"{full}", f"of {len(source.questions)}"),
            ("To be marked", f"{len(waits)}", "answers marked by hand"),
        ]
    )
    rows = [
        [
            _heading(a.question),
            "to be marked" if scores[a.question.name].waits else _of(
                scores[a.question.name].points, a.question.points
            ),
            shown_answer(a.answer, a.question),
            shown_right(a.key, a.question) if a.key else "",
        ]
        for a in result.answered
    ]  # fmt: skip
    table = Table(
        ("Question", "Points", "Your answer", "Right for your numbers"), rows, "llll", "All answers"
    )
    parts: list[Part] = [
        Section([Heading(f"{source.title}: feedback", student), facts, table]),
        "Question by question",
        Section([_remarks(result, scores)]),
    ]
    again = _look_again(result)
    if again:
        parts += ["What to look at again", Section([Points(again)])]
    if result.record.warnings:
        parts += ["Your file", Section([Points([_sentence(w) for w in result.record.warnings])])]
    return _page(f"{source.title}: feedback for {student}", parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _remarks(result: Result, scores: Mapping[str, Score]) -> Block:
    rows = []
    for answered in result.answered:
        score, question = scores[answered.question.name], answered.question
        lines = []
        if said := remark(answered):
            lines.append(said)
        elif answered.mark and answered.mark.missing:
            lines.append(_stopped(result, question) or "There is no answer.")
        elif answered.mark and answered.mark.share < 1:
            lines.append(_unexplained(answered))
        if score.by_hand and answered.mark is not None:
            lines.append("These points were set by hand.")
        if score.comment:
            lines.append(score.comment)
        if lines:
            rows.append([_heading(question), " ".join(lines)])
    if not rows:
        return Text("There is nothing to add.")
    return Table(("Question", "Remarks"), rows, "ll", "")


def _stopped(result: Result, question: Question) -> str:
    """Say why the cell of an answer did not finish."""
    own = (p for p in result.record.outcome.problems if p.startswith(f"{question.name} "))
    return "; ".join(printable(p) for p in own)


def _unexplained(answered: Answered) -> str:
    mark = answered.mark
    if answered.question.kind == "function" and mark and mark.share:
        right = round(mark.share * len(answered.key.right)) if answered.key else 0
        return f"{right} of {len(answered.key.right) if answered.key else 0} calls are right."
    if answered.question.kind == "choice" and mark and mark.share:
        return "The choice is right, but the reason is wrong."
    return "No known wrong model explains this answer."


def _look_again(result: Result) -> list[str]:
    lessons: dict[str, list[str]] = {}
    for answered in result.answered:
        if answered.mark and answered.mark.model:
            model = wrong_model(answered.mark.model)
            lessons.setdefault(model.lesson, [])
            if model.title not in lessons[model.lesson]:
                lessons[model.lesson].append(model.title)
    return [
        f"{_sentence(_lesson(number))[:-1]}: {'; '.join(titles)}."
        for number, titles in sorted(lessons.items())
    ]


# Class


def class_page(
    view: ClassView,
    *,
    roster: Mapping[str, str],
    copies: Sequence[Copied],
    refused: Sequence[Refused],
    ungradable: Collection[str] = (),
) -> str:
    """Write the results of a class in one assignment."""
    source = view.source
    handed_in = {result.record.student_id for result in view.results} | {*ungradable}
    missing = [f"{name} ({i})" for i, name in roster.items() if i not in handed_in]
    parts: list[Part] = [
        Section(
            [Heading(f"{source.title}: the class", "Only for the instructor."), _class_facts(view)]
        )
    ]
    if view.results:
        parts += [points_scene(view)]
        parts += ["Question by question", Section([_question_table(view)])]
        parts += _model_parts(view)
    parts += _look_at(view, roster, copies)
    if refused:
        rows = [[item.name, item.reason] for item in refused]
        parts += [
            "What could not be graded",
            Section([Table(("File", "Why"), rows, "ll", "The same list is in not_graded.csv")]),
        ]
    if missing:
        parts += ["Not handed in", Section([Text(", ".join(missing))])]
    return _page(f"{source.title}: the class", parts)


def _class_facts(view: ClassView) -> Facts:
    totals = sorted(view.totals)
    median = _of(_median(totals), view.source.points) if totals else "–"
    return Facts(
        [
            ("Handed in", _of(len(view.results), view.students), "students"),
            ("Median", median, "points so far"),
            ("To be marked by hand", f"{view.waiting}", "submissions with a written answer"),
        ]
    )


def _median(values: Sequence[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _question_table(view: ClassView) -> Table:
    rows = []
    for count in view.questions():
        marked = count.full + count.part + count.none + count.missing
        first = count.models[0] if count.models else None
        rows.append(
            [
                _heading(count.question),
                percent(count.full / marked) if marked and not count.waiting else "–",
                f"{count.full}",
                f"{count.part}",
                f"{count.none}",
                f"{count.missing}",
                f"{count.waiting}",
                f"{first.title} ({first.students})" if first else "",
            ]
        )
    return Table(
        (
            "Question",
            "All points",
            "full",
            "part",
            "none",
            "no answer",
            "to mark",
            "Most frequent wrong model",
        ),
        rows,
        "lrrrrrrl",
        "Share of the marked answers with all points, and numbers of students",
    )


def _model_parts(view: ClassView) -> list[Part]:
    if not view.models():
        return ["Wrong models", Section([Text("No answer shows a known wrong model.")])]
    students = len(view.results)
    again = [
        [
            _sentence(_lesson(entry.lesson))[:-1],
            f"{entry.students} ({percent(entry.students / students)})",
            "; ".join(f"{model.title} ({model.students})" for model in entry.models[:5]),
        ]
        for entry in view.teach_again()
    ]
    return [
        "Wrong models",
        models_scene(view),
        "What to teach again",
        Section(
            [
                Table(
                    ("Lesson", "Students", "Wrong models"),
                    again,
                    "lll",
                    "Students with at least one of the wrong models that the lesson explains",
                )
            ]
        ),
    ]


def _look_at(view: ClassView, roster: Mapping[str, str], copies: Sequence[Copied]) -> list[Part]:
    parts: list[Part] = []

    def who(student_id: str) -> str:
        return f"{roster.get(student_id, student_id)} ({student_id})"

    if copies:
        rows = [
            [who(c.student_id), who(c.other_id), ", ".join(c.questions), _odds(c.chance)]
            for c in copies
        ]
        parts += [
            "Answers that are right for another student",
            Section(
                [
                    Table(
                        ("Student", "Right for the numbers of", "Questions", "By chance"),
                        rows,
                        "lllr",
                        "",
                    ),
                    Text(
                        "The last column says how often this would happen by chance. It is not "
                        "proof; talk to both students.",
                        "note",
                    ),
                ]
            ),
        ]
    rows = [
        [who(result.record.student_id), line]
        for result in view.results
        for line in _remarkable(result)
    ]
    if rows:
        parts += ["To check", Section([Table(("Student", "What happened"), rows, "ll", "")])]
    return parts


def _odds(chance: float) -> str:
    return "less than 1 in a million" if chance < 1e-6 else f"1 in {1 / chance:,.0f}"


def _remarkable(result: Result) -> list[str]:
    """List what an instructor should know about a submission, each without a full stop."""
    record = result.record
    lines = [*record.file_warnings, *record.warnings, *record.outcome.problems]
    lines += [answered.problem for answered in result.answered]
    return [line.strip().rstrip(".") for line in dict.fromkeys(lines) if line.strip()]
