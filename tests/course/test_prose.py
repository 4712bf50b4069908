"""Words, tables and predictions: what a notebook and what a terminal gets."""

import pytest

from hedgelib import InvalidInput
from hedgelib.course import Table, predict, say
from hedgelib.course.prose import _Words

OPTIONS = {"longs": "They pay the shorts, $5 each.", "shorts": "They receive it."}


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


@pytest.mark.parametrize(
    ("guess", "told"),
    [
        (None, "The answer: **longs**. They pay the shorts, $5 each.\n"),
        ("longs", "You said **longs**, which is right. They pay the shorts, $5 each.\n"),
        (
            "shorts",
            "You said **shorts**. They receive it.\n\n"
            "It is **longs**. They pay the shorts, $5 each.\n",
        ),
    ],
)
def test_reveal_fits_the_guess(guess, told, capsys):
    asked = predict("Who pays?", OPTIONS, answer="longs")
    assert asked.guess is None
    asked.guess = guess
    asked.reveal()
    assert capsys.readouterr().out == told


def test_delivery_2_asking_again_keeps_the_guess():
    predict("Who pays?", OPTIONS, answer="longs").guess = "shorts"
    again = predict("Who pays?", OPTIONS, answer="longs")
    assert again.guess == "shorts"
    # Another question, or one with other numbers, has none.
    assert predict("Who receives?", OPTIONS, answer="shorts").guess is None
    assert predict("Who pays?", {"longs, $6": "They do."}, answer="longs, $6").guess is None
    again.guess = None
    assert predict("Who pays?", OPTIONS, answer="longs").guess is None


def test_question_is_there_without_a_kernel():
    bundle = predict("Who pays <$5> or $6?", OPTIONS, answer="longs")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "- longs\n- shorts" in bundle["text/markdown"]
    assert "<span>&#36;</span>6" in bundle["text/markdown"]


def test_answer_must_be_an_option():
    with pytest.raises(InvalidInput, match="answer must be one of the options, got 'both'"):
        predict("Who pays?", OPTIONS, answer="both")
