"""Lesson 04 in a real JupyterLab: two widgets follow the keyboard, and a guess is shown."""

from labtools import poll
from widgettools import Widget, every_control

from hedgelib.course.studies.lesson04 import far_is_far, rally, two_wallets

LESSON = "04_collateral_and_leverage.ipynb"
MARGIN, SUMMER = "Margin (USD)", "summer of 2022"


def wallets(margin_usd=5_000, name=SUMMER, **more):
    return two_wallets(rally(name), 10_000, margin_usd, **more)


def test_lesson_answers_its_reader(open_notebook, outside_requests, page_errors):
    lesson = open_notebook(LESSON)
    lesson.run_all()
    every_control(lesson.page)
    explore_the_wallets(lesson.page)
    explore_the_distance(lesson.page)
    guess_and_reveal(lesson)
    assert outside_requests == []
    assert page_errors == []


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


def guess_and_reveal(lesson):
    """A guess gets its reason, and a mark beside the truth."""
    page = lesson.page
    lesson.unfold()
    page.locator(".jp-CodeCell", has_text="guess_end = predict").get_by_label(
        "+33%", exact=True
    ).check()
    reveal = page.locator(".jp-CodeCell", has_text="guess=guessed")
    reveal.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")
    reveal.get_by_text("You said +33%.").wait_for()
    reveal.get_by_text("It is +49%.").wait_for()
    path = two_wallets(rally("up 70%, and back"), 10_000, 5_000, guess=1 / 3)
    expected = path.scene().alt

    def shown():
        outputs = [output for cell in lesson.outputs() for output in cell]
        return expected in [output.get("data", {}).get("text/plain") for output in outputs]

    poll(shown, "the guess is not in the picture", lambda: None)
