"""Texts with placeholders, and their Markdown."""

from __future__ import annotations

import pytest

from hedgelib import InvalidInput
from hedgelib.ask.text import fill, to_html


@pytest.mark.parametrize(
    ("text", "value", "filled"),
    [
        ("{x:usd}", -750.4, "−$750"),
        ("{x:usd.2}", 1234.5, "$1,234.50"),
        ("{x:+usd}", 750.0, "+$750"),
        ("{x:percent}", -0.125, "−12.5%"),
        ("{x:percent}", 0.1 + 0.06, "16%"),
        ("{x:percent.1}", 1 / 3, "33.3%"),
        ("{x:+percent}", 0.07, "+7%"),
        ("{x:number}", 12345.25, "12,345.25"),
        ("{x:+number.2}", -1.0, "−1.00"),
        ("{x:.3f}", -0.5, "−0.500"),
        ("{x}", "BTC-USD", "BTC-USD"),
        ("{{x}}", 1, "{x}"),
    ],
)
def test_values_are_written_in_named_formats(text, value, filled):
    assert fill(text, {"x": value}) == filled


def test_a_placeholder_without_a_value_is_named():
    with pytest.raises(InvalidInput, match=r"no value for \{margin\}; there are book, beta"):
        fill("{margin:usd}", {"book": 1, "beta": 2})


def test_markdown_becomes_html():
    text = "Take **both**, `N = V`, *twice*.\n\n- one\n  and more\n- two"
    assert to_html(text) == (
        "<p>Take <b>both</b>, <code>N = V</code>, <i>twice</i>.</p>"
        "<ul><li>one and more</li><li>two</li></ul>"
    )


def test_a_value_is_never_markup():
    assert to_html("<script>alert(1)</script> & co") == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</p>"
    )


def test_no_signed_amount_is_broken():
    assert "white-space:nowrap" in to_html("a loss of −$1,200")


def test_a_star_in_code_is_a_star():
    assert to_html("`f(**kw)` is **so** and `a*b` *not*") == (
        "<p><code>f(**kw)</code> is <b>so</b> and <code>a*b</code> <i>not</i></p>"
    )
