"""Lesson 06 in a real JupyterLab: the rule of funding and the time out move as they are told."""

from hedgelib.course.studies.funding import RULES, TimeOut, rate_at_premium
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "06_basis_and_funding.ipynb"


def test_lesson_answers_its_reader(lesson):
    rule_of_funding(lesson.page)
    time_out(lesson.page)
    every_control(lesson.page)
    answer_every_question(lesson)


def rule_of_funding(page):
    widget = Widget(page, "Premium (%)")

    def shows(premium, rule="Binance", short=50_000):
        widget.shows(rate_at_premium(premium, short, RULES[rule]))

    shows(0.002)
    for _ in range(3):
        widget.handle("Premium (%)").press("ArrowRight")
    shows(0.0023)
    # A message that came back late would throw the handle back.
    widget.hurry("Premium (%)", "ArrowLeft", 30)
    shows(-0.0007)
    widget.stands_at("Premium (%)", -0.07)
    widget.press("Panic")
    shows(-0.003)
    widget.choice("Rule of").select_option("OKX")
    shows(-0.003, "OKX")
    widget.type_in("Premium (%)", "1.5")
    widget.type_in("Short (USD)", "20000")
    shows(0.015, "OKX", 20_000)
    widget.type_in("Short (USD)", "0")
    widget.refuses("“Short (USD)” must be above 0, got 0")
    widget.press("Reset")
    shows(0.002)


def time_out(page):
    widget = Widget(page, "Hours out")

    def shows(rate, hours, cost=0.0007, vol=0.04):
        study = TimeOut(book_usd=50_000, rate=rate, cost_rate=cost, daily_vol=vol, hours=hours)
        widget.shows(study)

    shows(-0.0001, 112)
    widget.handle("Hours out").press("ArrowRight")
    shows(-0.0001, 120)
    widget.press("High and positive")
    shows(0.001, 120)
    widget.press("March 2020")
    shows(-0.00375, 48, vol=0.09)
    widget.type_in("Cost of a side (%)", "0.2")
    shows(-0.00375, 48, cost=0.002, vol=0.09)
    widget.type_in("Hours out", "-8")
    widget.refuses("“Hours out” must be >= 0")
    widget.press("Reset")
    shows(-0.0001, 112)
