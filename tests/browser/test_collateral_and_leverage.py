"""Lesson 04 in a real JupyterLab: two widgets follow the keyboard, and a guess is shown."""

from labtools import poll
from widgettools import every_control

from hedgelib.workbook.lesson04 import TWO_WALLETS, far_is_far, rally, two_wallets
from hedgelib.workbook.lines import LINES

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


class Widget:
    """One of the lesson's widgets as a reader meets it."""

    def __init__(self, page, label, picture):
        self.page, self.picture = page, picture
        # The outermost box that holds the labelled control.
        self.whole = page.locator(
            ".jupyter-widgets.widget-vbox", has=page.get_by_label(label, exact=True)
        ).first
        self.sentence = self.whole.locator("output[role=status]")
        self.box = self.whole.get_by_label(label, exact=True)
        self.image = self.whole.locator("img")
        self.image.scroll_into_view_if_needed()
        self.seen = []

    def shows(self, expected):
        """Wait for sentence and table of a result, and note the picture."""
        self.sentence.get_by_text(self.picture.alt(expected), exact=True).wait_for()
        for name, value in expected.rows():
            self.whole.get_by_role("row", name=f"{name} {value}", exact=True).wait_for()
        self.seen.append(self.image.get_attribute("src"))

    def type(self, value):
        self.box.fill(value)
        self.page.keyboard.press("Tab")

    def choose(self, label, option):
        self.whole.get_by_label(label, exact=True).select_option(option)

    def press(self, name):
        self.whole.get_by_role("button", name=name, exact=True).press("Enter")


def explore_the_wallets(page):
    widget = Widget(page, MARGIN, TWO_WALLETS)
    widget.shows(wallets())
    for _ in range(3):
        widget.whole.locator(".noUi-handle").press("ArrowRight")
    widget.shows(wallets(6_500))
    assert widget.box.input_value() == "6500"

    widget.press("2x")
    widget.shows(wallets(10_000))
    widget.choose("Rally of ETH", "first half of 2021")
    widget.shows(wallets(10_000, "first half of 2021"))
    widget.choose("Sell altcoins for margin", "when leverage has doubled")
    widget.shows(wallets(10_000, "first half of 2021", top_up=True))

    widget.type("0")
    widget.sentence.get_by_text("This cannot be: margin_usd must be > 0").wait_for()
    widget.press("Reset")
    widget.shows(wallets())
    assert len(set(widget.seen)) == len(widget.seen), "a picture stood still"


def explore_the_distance(page):
    widget = Widget(page, "Leverage", LINES)
    widget.shows(far_is_far("ETH", 3))
    widget.choose("Coin", "BTC")
    widget.shows(far_is_far("BTC", 3))
    widget.press("10x")
    widget.shows(far_is_far("BTC", 10))
    widget.type("1")
    widget.sentence.get_by_text("This cannot be: leverage must be above 1").wait_for()
    widget.press("Reset")
    widget.shows(far_is_far("ETH", 3))
    assert len(set(widget.seen)) == len(widget.seen), "a picture stood still"


def guess_and_reveal(lesson):
    """A guess gets its reason, and a mark beside the truth."""
    page = lesson.page
    page.locator(".jp-CodeCell", has_text="guess_end = predict").get_by_label(
        "+33%", exact=True
    ).check()
    reveal = page.locator(".jp-CodeCell", has_text="guess=guessed")
    reveal.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")
    reveal.get_by_text("You said +33%.").wait_for()
    reveal.get_by_text("It is +49%.").wait_for()
    expected = TWO_WALLETS.alt(two_wallets(rally("up 70%, and back"), 10_000, 5_000, guess=1 / 3))

    def shown():
        outputs = [output for cell in lesson.outputs() for output in cell]
        return expected in [output.get("data", {}).get("text/plain") for output in outputs]

    poll(shown, "the guess is not in the picture", lambda: None)
