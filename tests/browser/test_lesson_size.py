"""Lesson 03 in a real JupyterLab: the size of the hedge moves as it is told."""

from hedgelib import market, ols_beta, read_portfolio
from hedgelib.course.studies.size import size_and_effect
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "03_how_much_to_short.ipynb"


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    book = read_portfolio(
        market.data_folder() / "portfolios" / "layer1.csv", market.latest_prices()
    )
    returns = market.returns(book.coins, window=365)
    r2 = ols_beta(returns @ book.weights, returns["ETH"]).r2
    name = "Size (% of the best)"
    widget = Widget(lesson.page, name)
    widget.shows(size_and_effect(r2, 0.7, []))
    widget.handle(name).press("ArrowRight")
    widget.shows(size_and_effect(r2, 0.75, []))
    widget.press("double")
    widget.shows(size_and_effect(r2, 2.0, []))
    widget.press("Reset")
    widget.shows(size_and_effect(r2, 0.7, []))
    answer_every_question(lesson)
