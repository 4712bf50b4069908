"""Lesson 11 in a real JupyterLab: the stressed plan moves as it is told."""

from hedgelib import market, ols_beta, plan_hedge
from hedgelib.course.studies.own import load_book, sample_book, stress
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "11_your_own_portfolio.ipynb"


def test_plan_is_stressed(lesson):
    every_control(lesson.page)
    widget = Widget(lesson.page, "Residual (%)")
    book = load_book("defi_mix.csv").book
    sample = sample_book(book)
    fit = ols_beta(sample.book, sample.hedges["BTC"], errors="newey-west")

    def whole(measured):
        return (measured * sample.value_usd + sample.own_usd("BTC")) / book.value_usd

    def shows(move, shock, cap, source, measured=fit.beta):
        plan = plan_hedge(
            book.value_usd,
            whole(fit.beta),
            market.contract("binance:BTCUSD_PERP"),
            market.latest_prices()["BTC"],
            collateral=source,
            max_leverage=cap,
        )
        study = stress(plan, move, shock=shock, true_beta=whole(measured))
        widget.shows(study)

    shows(0.5, -0.1, 1.75, "from_portfolio")
    widget.handle("Leverage at most").press("ArrowRight")
    shows(0.5, -0.1, 2, "from_portfolio")
    widget.type_in("Residual (%)", "0")
    widget.choice("The true beta is").select_option("at its upper end")
    shows(0.5, 0, 2, "from_portfolio", fit.interval()[1])
    widget.choice("Margin from").select_option("new_money")
    widget.type_in("Leverage at most", "3")
    shows(0.5, 0, 3, "new_money", fit.interval()[1])
    widget.type_in("Leverage at most", "1")
    widget.refuses("no amount of BTC")
    widget.press("Reset")
    shows(0.5, -0.1, 1.75, "from_portfolio")
    answer_every_question(lesson)
