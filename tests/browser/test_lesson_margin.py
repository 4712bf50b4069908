"""Lesson 04 in a real JupyterLab: the order ticket and the whole plan move as they are told."""

from hedgelib import market, ols_beta, plan_hedge, read_portfolio
from hedgelib.course.studies.margin import ticket
from hedgelib.show.moves import study_move
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "04_margin_is_a_position_too.ipynb"


def test_lesson_answers_its_reader(lesson):
    every_control(lesson.page)
    order_ticket(lesson.page)
    whole_plan(lesson.page)
    answer_every_question(lesson)


def order_ticket(page):
    widget = Widget(page, "Contracts")

    def shows(contracts, leverage, move):
        eth = market.contract("binance:ETHUSD_PERP")
        study = ticket(eth, 3_500, 10_000, contracts, leverage, move)
        widget.shows(study)

    shows(200, 5, -0.2)
    widget.handle("Leverage").press("ArrowRight")
    shows(200, 5.5, -0.2)
    widget.press("1,000 at 2x")
    shows(1_000, 2, -0.2)
    widget.press("ETH +40%")
    shows(1_000, 2, 0.4)
    widget.type_in("Contracts", "0")
    widget.refuses("“Contracts” must be above 0, got 0")
    widget.press("Reset")
    shows(200, 5, -0.2)


def whole_plan(page):
    widget = Widget(page, "Leverage at most")
    prices = market.latest_prices()
    book = read_portfolio(market.data_folder() / "portfolios" / "layer1.csv", prices)
    returns = market.returns(book.coins, window=365)
    beta = ols_beta(returns @ book.weights, returns["ETH"]).beta

    def shows(move, cap, source, name="binance:ETHUSD_PERP"):
        plan = plan_hedge(
            book.value_usd,
            beta,
            market.contract(name),
            prices["ETH"],
            collateral=source,
            held_usd=book.value_of("ETH"),
            max_leverage=cap,
        )
        study = study_move(plan, move)
        widget.shows(study)

    shows(-0.2, 3, "from_portfolio")
    widget.handle("Leverage at most").press("ArrowLeft")
    shows(-0.2, 2.5, "from_portfolio")
    widget.choice("Contract").select_option("kraken:PI_ETHUSD")
    shows(-0.2, 2.5, "from_portfolio", "kraken:PI_ETHUSD")
    widget.choice("Margin from").select_option("stablecoins")
    widget.type_in("Leverage at most", "1")
    shows(-0.2, 1, "stablecoin", "kraken:PI_ETHUSD")
    widget.choice("Margin from").select_option("new money")
    widget.refuses("no amount of ETH")
    widget.press("Reset")
    shows(-0.2, 3, "from_portfolio")
