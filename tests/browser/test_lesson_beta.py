"""Lesson 07 in a real JupyterLab: the size of a short, and a window over time."""

from hedgelib import market, read_portfolio
from hedgelib.course.studies.beta import drift, sized_short
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "07_beta.ipynb"
HISTORY = market.returns().drop(columns="LUNA").dropna()
BOOK = read_portfolio(market.data_folder() / "portfolios" / "alice.csv")
ALICE = (HISTORY[list(BOOK.coins)] @ BOOK.weights).rename("Alice's altcoins")


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    size_of_short(lesson.page)
    window_over_time(lesson.page)
    answer_every_question(lesson)


def size_of_short(page):
    label = "Short (% of the book)"
    widget = Widget(page, label)

    def shows(short, book="Alice's altcoins", year="2023"):
        y, name = HISTORY.get(book, ALICE).loc[year], f"{book} in {year}"
        x = HISTORY["ETH"].loc[year]
        widget.shows(sized_short(y, x, short, book_usd=50_000, name=name))

    shows(1.0)
    for _ in range(3):
        widget.handle(label).press("ArrowRight")
    shows(1.03)
    widget.choice("Book").select_option("BTC in 2022")
    shows(1.03, "BTC", "2022")
    widget.press("Half too much")
    shows(1.5, "BTC", "2022")
    widget.type_in(label, "-5")
    widget.refuses("“Short (% of the book)” must be >= 0, got -5")
    widget.press("Reset")
    shows(1.0)


def window_over_time(page):
    label = "Window (days)"
    widget = Widget(page, label)

    def shows(window, name="Alice's altcoins", coin="ETH"):
        widget.shows(drift(HISTORY.get(name, ALICE), HISTORY[coin], window))

    shows(90)
    widget.handle(label).press("ArrowRight")
    shows(95)
    widget.press("A month")
    shows(30)
    widget.choice("Book").select_option("DOGE")
    widget.choice("Short").select_option("BTC")
    shows(30, "DOGE", "BTC")
    widget.type_in(label, "5")
    widget.refuses("“Window (days)” must be a whole number from 10 to 365, got 5")
    widget.press("Reset")
    shows(90)
