"""Lesson 02 in a real JupyterLab: the price moves, the coins bend, and a guess is shown."""

from widgettools import Widget, every_control

from hedgelib import market
from hedgelib.course.studies.lesson02 import price_move

LESSON = "02_inverse_contracts.ipynb"
MOVE = "Move of ETH (%)"


def study(move, contracts=-1_000, guess=None):
    terms = market.contract("binance:ETHUSD_PERP")
    return price_move(terms, contracts, 3_500, move, guess_coin=guess)


def test_lesson_answers_its_reader(open_notebook, outside_requests, page_errors):
    lesson = open_notebook(LESSON)
    lesson.run_all()
    every_control(lesson.page)
    explore_the_price(lesson.page)
    guess_and_reveal(lesson)
    assert outside_requests == []
    assert page_errors == []


def explore_the_price(page):
    """Keyboard, number box, list and button move the picture, the sentence and the table."""
    widget = Widget(page, MOVE)

    def shows(*args, **kwargs):
        widget.shows(study(*args, **kwargs))

    shows(-0.5)
    for _ in range(3):
        widget.handle(MOVE).press("ArrowRight")
    shows(-0.47)
    widget.stands_at(MOVE, -47)
    widget.type_in(MOVE, "100")
    shows(1.0)
    widget.choice("Position").select_option("long")
    shows(1.0, contracts=1_000)
    widget.type_in(MOVE, "-100")
    widget.refuses("“Move of ETH (%)” must be above −100, got −100")
    widget.press("Reset")
    shows(-0.5)


def guess_and_reveal(lesson):
    """A guess gets its reason, and a mark beside the truth."""
    page = lesson.page
    lesson.unfold()
    cell = page.locator(".jp-CodeCell", has_text="If ETH halves, the short earns")
    cell.get_by_label("5.714 ETH", exact=True).check()
    reveal = page.locator(".jp-CodeCell", has_text="guess_coin=believed")
    reveal.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")
    reveal.get_by_text("You said 5.714 ETH.").wait_for()
    reveal.get_by_text("It is 1.429 ETH.").wait_for()
    reveal.locator("img").wait_for()
    expected = study(1.0, guess=-5.714).scene().alt
    shown = [o.get("data", {}).get("text/plain") for cell in lesson.outputs() for o in cell]
    assert expected in shown
