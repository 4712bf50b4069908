"""The index of many reports in a browser: sorted with the mouse, the keyboard, and not at all."""

from __future__ import annotations

import pytest

from hedgelib.report.gather import Book
from hedgelib.report.index import page as index_page
from hedgelib.report.many import Outcome


def outcome(name: str, value: float, carry: float | None, *warnings: str) -> Outcome:
    figures = {
        "price_day": "2023-12-31",
        "last_day": "2023-12-31",
        "age": "Prices of 2023-12-31: an exercise, not a plan.",
        "value_usd": value,
        "gap_usd": value / 2,
        "hedge_coin": "ETH" if value > 20 else "BTC",
        "beta": 1.5 - value / 100,
        "beta_at_covered": 2.5 - value / 100,
        "notional_usd": 2 * value,
        "collateral_usd": value,
        "difference_usd": value - 50 if value > 20 else None,
        "orders": int(value) % 3,
        "first_order": "sell 1 <b>X</b>",
        "residual_month_usd": None,
        "residual_month_high_usd": None,
        "carry_month_usd": carry,
        "liquidation_move": 0.5,
        "warnings": list(warnings),
    }
    return Outcome(book=Book(path=name, name=name, stem=name), figures=figures)


OUTCOMES = [
    outcome("book10", 100, -1.0),
    outcome("book9", 20, None, "mind this"),
    outcome("<i>x</i>", 3, 10.0, "one", "two"),
    Outcome(book=Book(path="bad", name="<b>bad</b>"), error="<i>no</i>"),
    outcome("Book1", 1_000, 9.0),
]
GIVEN = ["book10", "book9", "<i>x</i>", "Book1"]


@pytest.fixture
def index(page, tmp_path):
    file = tmp_path / "index.html"
    file.write_bytes(index_page(OUTCOMES, source="here"))
    page.goto(file.as_uri())
    return page


def order(page) -> list[str]:
    return page.locator("table.index tbody th a:first-child").all_inner_texts()


def sorts(page) -> dict[str, str]:
    return page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('th[aria-sort]')]"
        ".map(h => [h.innerText.trim(), h.getAttribute('aria-sort')]))"
    )


def test_a_click_sorts_largest_first_then_smallest_then_as_given(index, page_errors):
    value = index.get_by_role("button", name="Value")
    assert (order(index), sorts(index)) == (GIVEN, {})
    value.click()
    assert order(index) == ["Book1", "book10", "book9", "<i>x</i>"]
    assert sorts(index) == {"Value": "descending"}
    value.click()
    assert order(index) == ["<i>x</i>", "book9", "book10", "Book1"]
    assert sorts(index) == {"Value": "ascending"}
    value.click()
    assert (order(index), sorts(index)) == (GIVEN, {})
    assert page_errors == []


def test_the_keyboard_sorts_and_keeps_its_place(index):
    index.keyboard.press("Tab")  # the table, which can be scrolled
    index.keyboard.press("Tab")
    index.keyboard.press("Enter")
    assert order(index) == ["<i>x</i>", "Book1", "book9", "book10"], "numbers in names count"
    assert sorts(index) == {"Portfolio": "ascending"}
    for _ in range(11):
        index.keyboard.press("Tab")
    index.keyboard.press("Space")
    assert sorts(index) == {"Carry": "descending"}
    assert index.evaluate("document.activeElement.innerText") == "Carry"
    assert order(index) == ["<i>x</i>", "Book1", "book10", "book9"], "one without stays last"
    index.keyboard.press("Space")
    assert order(index) == ["book10", "Book1", "<i>x</i>", "book9"], "one without stays last"


def test_every_number_can_be_sorted_by(index):
    for name in (
        "Beta",
        "Short",
        "Margin",
        "Difference",
        "Orders",
        "No beta",
        "Prices of",
        "Residual",
        "Warnings",
        "Liquidation",
        "Hedged with",
    ):
        index.get_by_role("button", name=name, exact=True).click()
        assert list(sorts(index)) == [name]
        assert sorted(order(index)) == sorted(GIVEN)
    index.get_by_role("button", name="Difference").click()
    assert order(index) == ["Book1", "book10", "book9", "<i>x</i>"], "no position is last"
    index.get_by_role("button", name="Warnings").click()
    assert order(index)[0] == "<i>x</i>"


def test_names_are_text_and_nothing_is_fetched(index, outside_requests):
    assert index.locator("main i, main b").count() == 0
    assert index.get_by_text("<i>no</i>").count() == 1
    assert outside_requests == []
    index.locator("summary").first.click()
    assert index.get_by_text("mind this").is_visible()


def test_without_scripts_it_is_a_plain_table(browser, tmp_path):
    file = tmp_path / "index.html"
    file.write_bytes(index_page(OUTCOMES, source="here"))
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(file.as_uri())
    assert plain.get_by_role("button").count() == 0
    assert plain.get_by_text("press a heading").count() == 0
    assert plain.locator("table.index tbody tr").count() == len(GIVEN)
    context.close()


def test_a_phone_shows_it_without_scrolling_sideways(index):
    index.set_viewport_size({"width": 360, "height": 740})
    assert index.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_huge_book_does_not_stretch_the_page(page, tmp_path):
    file = tmp_path / "index.html"
    huge = outcome("huge", 1e300, 1.0)
    huge.figures.update(beta=1.0, beta_at_covered=2.0)
    file.write_bytes(index_page([huge, *OUTCOMES], source="here"))
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("dl.facts dd").nth(2).inner_text().startswith("$1e+300")
