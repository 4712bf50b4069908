"""Lesson 05 in a real JupyterLab: two explorers follow the keyboard."""

from hedgelib.course.studies.ends import far_is_far, rally, two_wallets
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "05_what_ends_a_hedge.ipynb"
MARGIN, SUMMER = "Margin (USD)", "summer of 2022"


def wallets(margin_usd=5_000, name=SUMMER, **more):
    return two_wallets(rally(name), 10_000, margin_usd, **more)


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    explore_the_wallets(lesson.page)
    explore_the_distance(lesson.page)
    answer_every_question(lesson)


def explore_the_wallets(page):
    widget = Widget(page, MARGIN)

    def shows(*args, **kwargs):
        widget.shows(wallets(*args, **kwargs))

    shows()
    for _ in range(3):
        widget.handle(MARGIN).press("ArrowRight")
    shows(6_500)
    widget.stands_at(MARGIN, 6500)

    widget.press("2x")
    shows(10_000)
    widget.choice("Rally of ETH").select_option("first half of 2021")
    shows(10_000, "first half of 2021")
    widget.choice("Sell altcoins for margin").select_option("when leverage has doubled")
    shows(10_000, "first half of 2021", top_up=True)

    widget.type_in(MARGIN, "0")
    widget.refuses("“Margin (USD)” must be above 0, got 0")
    widget.press("Reset")
    shows()


def explore_the_distance(page):
    widget = Widget(page, "Leverage")

    def shows(coin, leverage):
        widget.shows(far_is_far(coin, leverage))

    shows("ETH", 3)
    widget.choice("Coin").select_option("BTC")
    shows("BTC", 3)
    widget.press("10x")
    shows("BTC", 10)
    widget.type_in("Leverage", "1")
    widget.refuses("“Leverage” must be above 1, got 1")
    widget.press("Reset")
    shows("ETH", 3)
