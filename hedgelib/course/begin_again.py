"""A menu on the start page with which a learner begins a lesson afresh."""

from __future__ import annotations

import ipywidgets

from hedgelib._text import safe
from hedgelib.course.contents import LESSONS, number_of
from hedgelib.course.learner import fresh_copy
from hedgelib.course.progress import learners_folder
from hedgelib.course.prose import say
from hedgelib.errors import HedgeError

__all__ = ["begin_again"]


def begin_again() -> ipywidgets.VBox | None:
    """Return the menu, in a learner's folder; elsewhere say how to get one."""
    if learners_folder() is None:
        say("This works in a copy of your own, which `hedgelib lab` makes.")
        return None
    titles = {number_of(lesson): title for lesson, (_, title, _) in LESSONS.items()}
    options = [(f"{number} {title}", number) for number, title in titles.items()]
    lesson = ipywidgets.Dropdown(options=options, description="Lesson")
    button = ipywidgets.Button(
        description="Begin it afresh", tooltip="What you have is kept under another name"
    )
    told = ipywidgets.HTML()

    def begin(_: object) -> None:
        try:
            told.value = safe(fresh_copy(lesson.value)) + " Open it again from the map."
        except HedgeError as error:
            told.value = safe(str(error))

    button.on_click(begin)
    return ipywidgets.VBox([ipywidgets.HBox([lesson, button]), told])
