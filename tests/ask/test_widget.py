"""The question widget in the kernel: what it tells the page, keeps, and shows without a kernel."""

from __future__ import annotations

import pytest

from hedgelib.ask.question import Answer, Questions, vary
from hedgelib.ask.widget import QuestionWidget, shown
from hedgelib.scenario import run_scenario
from hedgelib.show.moves import pnl_over_moves
from tests.hedging_example import plan_of_alice

TEXTS = """
["1"]
ask = "A short of {size:usd}?"
unit = "USD"
why = "So."
hints = ["Look."]
solution = "**{answer:usd}**"

["2"]
ask = "Who <b>pays</b>?"
[ "2".options ]
longs = ["the longs", "They are above."]
funding_sign = ["the shorts", "That is at a negative rate."]
"""


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.toml"
    path.write_text(TEXTS)
    return Questions(path)


@pytest.fixture
def number(texts):
    made = texts.add("1", size=vary(100.0, 200.0))(lambda size: Answer(right=2 * size))
    return QuestionWidget(made.ask())


@pytest.fixture
def choice(texts):
    guesses = []

    def then(guess):
        guesses.append(guess)
        return pnl_over_moves(run_scenario(plan_of_alice(49_000, "new_money"), [-0.1, 0.1]))

    made = texts.add("2")(
        lambda: Answer(right="longs", guesses={"longs": 1.0, "funding_sign": -1.0}, then=then)
    )
    widget = QuestionWidget(made.ask())
    widget.guesses = guesses
    return widget


def hear(widget, **content):
    message = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": message}, "buffers": []})
    return dict(widget.told)


def test_an_answer_gets_its_verdict(number):
    told = hear(number, answer="$300")
    assert told == {
        "answer": "$300",
        "outcome": "wrong",
        "verdict": "<p><b>Not yet.</b> Look.</p>",
        "scene": None,
        "serial": 1,
    }
    assert hear(number, answer="200")["outcome"] == "right"


def test_what_is_no_number_is_told_in_a_sentence(number):
    told = hear(number, answer="<img src=x>")
    assert told["outcome"] == "unread"
    assert "<img" not in told["verdict"]


def test_a_page_that_opens_later_has_the_last_answer(number):
    assert number.get_state("told")["told"]["answer"] is None
    hear(number, answer="200")
    assert number.get_state("told")["told"]["answer"] == "200"


def test_the_same_answer_twice_is_told_twice(number):
    told = []
    number.observe(told.append, "told")
    hear(number, answer="300")
    hear(number, answer="300")
    assert len(told) == 2


def test_a_guess_is_drawn(choice):
    assert choice.guess is None
    told = hear(choice, answer="funding_sign")
    assert told["scene"]["panels"]
    assert choice.guesses == [-1.0]
    assert choice.guess == -1.0


def test_in_code_the_answer_is_written_as_it_was_given(number):
    number.answer(1, 200)
    assert (number.verdict.outcome, number.told["answer"]) == ("wrong", "1,200")
    assert repr(number).startswith("Exercise 1. A short of $100?\n**Not yet.**")


def test_without_a_kernel_the_answer_is_folded(choice):
    page = choice.still()
    open_part, folded = page.split("<details>", 1)
    assert "Who &lt;b&gt;pays&lt;/b&gt;?" in open_part
    assert "the shorts" in open_part
    assert "They are above" not in open_part
    assert "They are above" in folded
    assert "alt=" in folded


def test_without_a_kernel_hints_and_solution_are_folded(number):
    number.answer(300)
    open_part, folded = number.still().split("<details>", 1)
    assert "Not yet" in open_part
    assert "$200" not in open_part
    assert "<b>$200</b>" in folded


def test_a_cell_run_again_keeps_the_answer(texts):
    made = texts.add("1", size=vary(100.0, 200.0))(lambda size: Answer(right=2 * size))
    first = shown(made.ask())
    first.answer(200)
    assert shown(made.ask()) is first
    assert shown(made.ask(size=200.0)) is not first
