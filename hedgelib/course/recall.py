"""Questions of earlier lessons, asked again with new numbers where a lesson begins."""

from __future__ import annotations

from IPython.display import display

from hedgelib._text import safe
from hedgelib.ask.widget import shown
from hedgelib.course.contents import LESSONS, number_of
from hedgelib.course.progress import Progress, learners_folder, read_progress, write_progress
from hedgelib.course.prose import say
from hedgelib.course.questions import every_question, question
from hedgelib.errors import HedgeError

__all__ = ["RECALLED", "questions_to_recall", "recall"]

RECALLED = 3
"""Questions that a lesson asks again."""
_RECENT = 12
"""Answers, about a lesson's, that were given just now."""


def questions_to_recall(lesson: str, progress: Progress) -> dict[str, int]:
    """Choose questions of the lessons before this one, each with the seed of its numbers.

    First those whose last answer was wrong, then those answered longest ago, if that is not just
    now, then those that were never tried. The choice stays until all of it has been answered.
    """
    number_of(lesson)
    order = ["start", *LESSONS]
    earlier = order[: order.index(lesson)]
    known = {
        name
        for name, one in every_question().items()
        if one.varied and name.partition(".")[0] in earlier
    }
    before = progress.recalled.get(lesson, {})
    tried = progress.questions
    if before and known >= set(before):
        since = {name: tried[name].order if name in tried else 0 for name in before}
        if any(order <= before[name] for name, order in since.items()):
            return before
    oldest_first = sorted((n for n in tried if n in known), key=lambda name: tried[name].order)
    wrong = [name for name in oldest_first if tried[name].last != "right"]
    right = [name for name in oldest_first if tried[name].last == "right"]
    recent = [name for name in right if tried[name].order > progress.answers - _RECENT]
    long_ago = right[: len(right) - len(recent)]
    chosen = [*wrong, *long_ago, *_untried(known - set(tried), earlier), *recent][:RECALLED]
    return dict.fromkeys(sorted(chosen), progress.answers)


def _untried(names: set[str], earlier: list[str]) -> list[str]:
    """Order questions so that the first come from different lessons, the latest lesson first."""
    queues = []
    for lesson in reversed(earlier):
        of_one = sorted(name for name in names if name.partition(".")[0] == lesson)
        # Which one it is depends on the lesson that asks.
        turn = len(earlier) % max(len(of_one), 1)
        queues.append(of_one[turn:] + of_one[:turn])
    longest = max(map(len, queues), default=0)
    return [queue[i] for i in range(longest) for queue in queues if i < len(queue)]


def recall(lesson: str) -> None:
    """Ask three questions of earlier lessons again, with new numbers."""
    folder, progress = learners_folder(), Progress()
    if folder:
        try:
            progress = read_progress(folder)
        except HedgeError as error:
            say(safe(str(error)))
            folder = None
    chosen = questions_to_recall(lesson, progress)
    if folder and chosen != progress.recalled.get(lesson):
        progress.recalled[lesson] = chosen
        try:
            write_progress(folder, progress)
        except HedgeError as error:
            say(safe(str(error)))
    for name, seed in chosen.items():
        asked = question(name).again(f"{lesson}/{seed}")
        title = f"Again, {name}."
        display(shown(asked, title))  # type: ignore[no-untyped-call]
