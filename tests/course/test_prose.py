"""Words and tables: what a notebook and what a terminal gets."""

import pytest

from hedgelib import InvalidInput
from hedgelib.course import Table, say
from hedgelib.course.prose import _Words


def test_say_protects_money_and_formulas(capsys):
    say(r"lost $5 and $6, $\beta = 1$")
    assert capsys.readouterr().out == "lost $5 and $6, $\\beta = 1$\n"
    shown = _Words(r"lost $5 and $6, $\beta = 1$")._repr_markdown_()
    assert shown == r"lost <span>&#36;</span>5 and <span>&#36;</span>6, $\beta = 1$"


def test_table_in_html_and_in_text():
    shown = Table(["part", "USD"], [["<b>", "−$5"], ["total", "+$10,000"]], caption="Both")
    assert "&lt;b&gt;" in shown._repr_html_()
    assert "mathjax_ignore" in shown._repr_html_()
    assert repr(shown).splitlines() == [
        "Both",
        "part        USD",
        "<b>         −$5",
        "total  +$10,000",
    ]


def test_table_refuses_ragged_rows():
    with pytest.raises(InvalidInput, match="one cell for each heading"):
        Table(["x", "y"], [["a", "b"], ["c"]])
    with pytest.raises(InvalidInput, match="one cell for each heading"):
        Table(["only one"], [["a", "b"]])
