"""What only the lessons need: words and tables, questions, explorers."""

from __future__ import annotations

from hedgelib._text import Table, percent, usd
from hedgelib.course.begin_again import begin_again
from hedgelib.course.contents import next_lesson
from hedgelib.course.environment import check_environment
from hedgelib.course.how_far import lesson_map
from hedgelib.course.prose import say
from hedgelib.course.questions import ask, check, seen
from hedgelib.course.recall import recall
from hedgelib.show.explorer import Choice, Explorer, Slider

__all__ = [
    "Choice", "Explorer", "Slider", "Table", "ask", "begin_again", "check", "check_environment",
    "lesson_map", "next_lesson", "percent", "recall", "say", "seen", "usd",
]  # fmt: skip
