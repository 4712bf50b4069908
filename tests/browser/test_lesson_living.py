"""Lesson 10 in a real JupyterLab: the crashes fly as they are told."""

from hedgelib.course.studies.living import crash
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "10_living_with_the_hedge.ipynb"


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    widget = Widget(lesson.page, "Leverage at most")

    def shows(name, cap, more):
        widget.shows(crash(name, max_leverage=cap, top_up=more))

    shows("November 2022", 3, False)
    widget.choice("Crash").select_option("May 2021")
    shows("May 2021", 3, False)
    widget.handle("Leverage at most").press("ArrowLeft")
    shows("May 2021", 2.5, False)
    widget.choice("Margin is added").select_option("when needed")
    shows("May 2021", 2.5, True)
    widget.press("May 2021 at 2x")
    shows("May 2021", 2, False)
    widget.type_in("Leverage at most", "1")
    widget.refuses("no amount of ETH")
    widget.type_in("Leverage at most", "-1")
    widget.refuses("“Leverage at most” must be > 0, got -1")
    widget.press("Reset")
    shows("November 2022", 3, False)
    answer_every_question(lesson)
