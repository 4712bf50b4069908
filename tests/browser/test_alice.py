"""Alice in a real JupyterLab: everything runs, and the widget follows the keyboard."""

from hedgelib import market, plan_hedge
from hedgelib.show.moves import study_move
from tests.questiontools import answer_every_question
from tests.widgettools import Widget, every_control

LESSON = "09_alice.ipynb"
BOOK, PRICE, MARGIN = 50_000, 3_500, 49_000


def study(move, *, short_usd=MARGIN, beta=1.0):
    plan = plan_hedge(
        BOOK,
        beta,
        market.contract("binance:ETHUSD_PERP"),
        PRICE,
        collateral_usd=MARGIN,
        notional_usd=short_usd,
        max_leverage=100,
        fee_rate=0,
    )
    return study_move(plan, move)


def test_widget_follows_the_keyboard(lesson):
    every_control(lesson.page)
    move = "Move of ETH (%)"
    widget = Widget(lesson.page, move)

    def shows(*args, **kwargs):
        widget.shows(study(*args, **kwargs))

    shows(-0.15)
    for _ in range(5):
        widget.handle(move).press("ArrowRight")
    shows(-0.10)
    widget.stands_at(move, -10)

    widget.type_in(move, "300")
    shows(3.0)
    assert widget.box(move).input_value() == "300"
    assert widget.handle(move).input_value() == "120"
    widget.type_in(move, "-100")
    widget.refuses(f"“{move}” must be above −100, got −100")

    widget.press("Case C")
    shows(-0.15, short_usd=99_000)
    assert "together $0, against −$7,500" in widget.sentence.inner_text()

    widget.type_in("Beta of the altcoins", "1.4")
    shows(-0.15, short_usd=99_000, beta=1.4)
    widget.type_in("Margin (USD)", "0")
    widget.refuses("“Margin (USD)” must be above 0, got 0")
    widget.press("Reset")
    shows(-0.15)
    answer_every_question(lesson)
