"""Lesson 02 in a real JupyterLab: the price moves, and the coins bend."""

from hedgelib import market
from hedgelib.course.studies.inverse import price_move
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "02_inverse_contracts.ipynb"
MOVE = "Move of ETH (%)"


def study(move, contracts=-1_000):
    return price_move(market.contract("binance:ETHUSD_PERP"), contracts, 3_500, move)


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    explore_the_price(lesson.page)
    answer_every_question(lesson)


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
