"""Alice in a real JupyterLab: everything runs, and the widget follows the keyboard."""

import base64
from io import BytesIO

import numpy as np
import pytest
from labtools import PATIENCE_SECONDS
from PIL import Image
from playwright.sync_api import expect
from widgettools import every_control

from hedgelib import hedge_notional, market, plan_hedge
from hedgelib.figures import PNL_AT_MOVE, study_move

LESSON = "07_alice_walkthrough.ipynb"
PATIENCE = PATIENCE_SECONDS * 1000
BOOK, PRICE, MARGIN = 50_000, 3_500, 49_000


def study(move, *, short_usd=MARGIN, beta=1.0):
    ratio = short_usd / hedge_notional(BOOK, beta, MARGIN)
    plan = plan_hedge(
        BOOK,
        beta,
        market.contract("binance:ETHUSD_PERP"),
        PRICE,
        collateral_usd=MARGIN,
        hedge_ratio=ratio,
        max_leverage=100,
        fee_rate=0,
    )
    return study_move(plan, move)


class Explorer:
    """The lesson's widget as a reader meets it."""

    def __init__(self, page):
        self.page = page
        self.sentence = page.locator("output[role=status]")
        self.whole = page.locator(".jupyter-widgets.widget-vbox", has=self.sentence)
        self.image = self.whole.locator("img")

    def box(self, label):
        return self.whole.get_by_label(label, exact=True)

    def handle(self, label):
        row = self.whole.locator(".widget-hbox", has=self.page.get_by_label(label, exact=True))
        return row.locator(".noUi-handle")

    def button(self, label):
        return self.whole.get_by_role("button", name=label, exact=True)

    def source(self):
        return self.image.get_attribute("src")

    def pixels(self):
        encoded = self.image.evaluate(
            """async (image) => {
              const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
              return btoa(Array.from(bytes, b => String.fromCharCode(b)).join(''));
            }"""
        )
        return np.asarray(Image.open(BytesIO(base64.b64decode(encoded))))

    def shows(self, expected):
        """Wait for the sentence of a result, then hold picture and table against it."""
        expect(self.sentence).to_have_text(PNL_AT_MOVE.alt(expected), timeout=PATIENCE)
        rows = [name + value for name, value in expected.rows()]
        expect(self.whole.locator("tr")).to_have_text(rows, timeout=PATIENCE)
        drawn = np.asarray(Image.open(BytesIO(PNL_AT_MOVE.png(expected, dpi=100))))
        assert np.array_equal(self.pixels(), drawn)


@pytest.fixture
def explorer(open_notebook):
    notebook = open_notebook(LESSON)
    notebook.run_all()
    every_control(notebook.page)
    explorer = Explorer(notebook.page)
    explorer.image.scroll_into_view_if_needed()
    return explorer


def test_widget_follows_the_keyboard(explorer, outside_requests, page_errors):
    explorer.shows(study(-0.15))
    before = explorer.source()

    for _ in range(5):
        explorer.handle("Move of ETH (%)").press("ArrowRight")
    explorer.shows(study(-0.10))
    assert explorer.box("Move of ETH (%)").input_value() == "-10"
    assert explorer.source() != before

    explorer.box("Move of ETH (%)").fill("300")
    explorer.page.keyboard.press("Tab")
    explorer.shows(study(3.0))
    assert explorer.box("Move of ETH (%)").input_value() == "300"
    assert explorer.handle("Move of ETH (%)").get_attribute("aria-valuenow") == "120.0"

    explorer.button("Case C").press("Enter")
    explorer.shows(study(-0.15, short_usd=99_000))
    assert "together $0, against −$7,500" in explorer.sentence.inner_text()

    explorer.box("Beta of the altcoins").fill("1.4")
    explorer.page.keyboard.press("Tab")
    explorer.shows(study(-0.15, short_usd=99_000, beta=1.4))

    explorer.box("Margin (USD)").fill("0")
    explorer.page.keyboard.press("Tab")
    expect(explorer.sentence).to_contain_text("This cannot be:", timeout=PATIENCE)
    expect(explorer.whole.locator("tr")).to_have_count(0)

    explorer.button("Reset").press("Enter")
    explorer.shows(study(-0.15))
    assert outside_requests == []
    assert page_errors == []
