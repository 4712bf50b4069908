"""Lesson 05 in a real JupyterLab: the rule of funding and the time out move as they are told."""

from widgettools import Widget, every_control

from hedgelib.course.studies.lesson05 import RULES, stay_out, study_rate
from hedgelib.course.studies.lesson05_history import funding_history

LESSON = "05_basis_and_funding.ipynb"


def test_lesson_answers_its_reader(open_notebook, outside_requests, page_errors):
    lesson = open_notebook(LESSON)
    lesson.run_all()
    rule_of_funding(lesson.page)
    time_out(lesson.page)
    guess_and_reveal(lesson)
    every_control(lesson.page)
    assert outside_requests == []
    assert page_errors == []


def rule_of_funding(page):
    widget = Widget(page, "Premium (%)")

    def shows(premium, rule="Binance", short=50_000):
        widget.shows(study_rate(premium, rule=RULES[rule], short_usd=short))

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
        widget.shows(stay_out(50_000, rate, cost, vol, hours))

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


def guess_and_reveal(lesson):
    """A guess gets its reason, and a mark beside the truth."""
    page = lesson.page
    cell = page.locator(".jp-CodeCell", has_text="What did funding alone do to that short?")
    cell.get_by_label("−$18,769: it paid", exact=True).check()
    lesson.unfold()
    reveal = page.locator(".jp-CodeCell", has_text="history.scene()")
    reveal.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")
    reveal.get_by_text("You said −$18,769: it paid.").wait_for()
    reveal.get_by_text("It is +$18,769: it received.").wait_for()
    reveal.locator("img").wait_for()
    expected = funding_history(50_000, guess=("ETH", 2021, -18_769)).scene().alt
    shown = [o.get("data", {}).get("text/plain") for cell in lesson.outputs() for o in cell]
    assert expected in shown
