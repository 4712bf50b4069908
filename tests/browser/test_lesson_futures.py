"""Lesson 01 in a real JupyterLab: both explorers move as they are told."""

from hedgelib import ContractTerms, market
from hedgelib.course.studies.futures import FiveWays, lock_or_insurance
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "01_spot_and_futures.ipynb"
LINEAR = ContractTerms(
    venue="Some exchange",
    symbol="ETHUSDT",
    kind="linear",
    coin="ETH",
    multiplier=0.01,
    settle="USDT",
)
WAYS = FiveWays(
    stake_usd=1_000,
    price_usd=2_500,
    inverse=market.contract("binance:ETHUSD_PERP"),
    linear=LINEAR,
)


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    lock(lesson.page)
    five_ways(lesson.page)
    answer_every_question(lesson)


def lock(page):
    widget = Widget(page, "Hedged by a short (%)")

    def shows(hedged, premium, move):
        study = lock_or_insurance(10_000, hedged, premium, move)
        widget.shows(study)

    shows(1.0, 540, 0.40)
    for _ in range(2):
        widget.handle("Move of the market (%)").press("ArrowRight")
    shows(1.0, 540, 0.42)
    widget.type_in("Hedged by a short (%)", "150")
    shows(1.5, 540, 0.42)
    widget.press("Fall")
    shows(1.5, 540, -0.30)
    widget.press("Reset")
    shows(1.0, 540, 0.40)


def five_ways(page):
    widget = Widget(page, "Count in")

    def shows(move, leverage=1.0, unit="USD"):
        study = WAYS.at(move, leverage=leverage, unit=unit)
        widget.shows(study)

    shows(-0.5)
    widget.press("Leverage 2")
    shows(-0.5, leverage=2)
    widget.choice("Count in").select_option("ETH")
    shows(-0.5, leverage=2, unit="ETH")
    widget.type_in("Move of ETH (%)", "-100")
    widget.refuses("“Move of ETH (%)” must be above −100, got −100")
    widget.press("Reset")
    shows(-0.5)
