"""The start page's map: the lessons, what is done, where to go on, what to look at again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgelib._text import safe
from hedgelib.ask.misconceptions import misconception
from hedgelib.ask.text import read_toml
from hedgelib.course.contents import LESSONS, contents, lesson_link, number_of
from hedgelib.course.learner import newer_lessons
from hedgelib.course.progress import FILE, Progress, learners_folder, read_progress
from hedgelib.course.prose import say
from hedgelib.course.questions import every_question
from hedgelib.errors import HedgeError

__all__ = ["lesson_map", "questions_done"]

EXHIBIT_STEPS = ("", ".test", ".fix")
"""What there is to do for an exhibit, as its name goes on in the progress."""
_MOST_NAMED = 3
_RECURRING = 2
"""Questions in which a misconception must have been met to be named."""


def exhibits_texts() -> dict[str, Any]:
    """Return the words of the museum's exhibits, by their names, and those of the museum."""
    return read_toml(Path(__file__).with_name("text") / "museum.toml")


def _exhibits_done(progress: Progress) -> tuple[int, int]:
    """Return how many exhibits are exposed, tested and fixed, and how many there are."""
    right = {name for name, tried in progress.questions.items() if tried.right}
    exhibits = [name for name, words in exhibits_texts().items() if "belief" in words]
    every = [{f"museum.{name}{step}" for step in EXHIBIT_STEPS} for name in exhibits]
    return sum(steps <= right for steps in every), len(every)


def _questions() -> list[str]:
    """Return the questions of the lessons, without those of the start page."""
    return [name for name in every_question() if name.partition(".")[0] in LESSONS]


def questions_done(progress: Progress) -> dict[str, tuple[int, int]]:
    """Return for each lesson how many questions are done, and how many it has.

    A guess is done when it was made, an exercise when it was answered right, an exhibit of the
    museum when it is exposed, tested and fixed.
    """
    done = dict.fromkeys(LESSONS, (0, 0)) | {"museum": _exhibits_done(progress)}
    for name in _questions():
        lesson, _, number = name.partition(".")
        tried = progress.questions.get(name)
        is_done = tried is not None and (tried.right or not number.isdigit())
        before, of = done[lesson]
        done[lesson] = before + is_done, of + 1
    return done


def lesson_map() -> None:
    """Show the map of the lessons, and in a learner's folder what is done, open and revised."""
    folder = learners_folder()
    if folder is None:
        say(contents())
        return
    try:
        progress = read_progress(folder)
    except HedgeError as error:
        say(f"{contents()}\n\n{safe(str(error))}.")
        return
    done = questions_done(progress)
    say("\n\n".join([_go_on(progress, done), contents(done=done), *_again(progress), *_files()]))


def _go_on(progress: Progress, done: dict[str, tuple[int, int]]) -> str:
    """Name the lesson to go on with: the furthest one begun, or the next that is not done.

    A lesson that has asked earlier questions is begun. An appendix is never the one to go on with.
    """
    begun = {name.partition(".")[0] for name in progress.questions} | progress.recalled.keys()
    order = [lesson for lesson in LESSONS if number_of(lesson).isdigit()]
    furthest = max((order.index(lesson) for lesson in begun & set(order)), default=0)
    open_lessons = [lesson for lesson in order if done[lesson][0] < done[lesson][1]]
    later = [lesson for lesson in open_lessons if order.index(lesson) >= furthest]
    lesson = next(iter(later or open_lessons), "")
    if not lesson:
        return "Every question is done."
    return f"**Go on here:** {lesson_link(lesson)} {LESSONS[lesson][1]}."


def _again(progress: Progress) -> list[str]:
    """Say what to look at again: questions left wrong, and misconceptions that recur."""
    left = [name for name in progress.to_look_at_again if name in _questions()]
    lines = [f"{name}, in lesson {lesson_link(name.partition('.')[0])}" for name in left]
    lines = lines[:_MOST_NAMED]
    for kind, count in progress.misconceptions.most_common(_MOST_NAMED):
        if count >= _RECURRING:
            about = misconception(kind)
            where = lesson_link(about.lesson)
            lines.append(f"{about.title}, in {count} questions: see lesson {where}")
    return ["**Look again at:**\n\n" + "\n".join(f"- {line}" for line in lines)] if lines else []


def _files() -> list[str]:
    """Say which lessons have been revised, and where the progress is kept."""
    revised = [
        f"[{name}]({name}) has been revised since you changed it: the new one is [{new}]({new})."
        for name, new in newer_lessons(Path.cwd()).items()
    ]
    return [*revised, f"What you have done is kept in [{FILE}]({FILE}), and sent nowhere."]
