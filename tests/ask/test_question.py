"""Questions: numbers, verdicts, and what goes wrong in a file of them."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hedgelib import InvalidInput
from hedgelib.ask.answers import NEAR, WITHIN, close
from hedgelib.ask.question import Answer, Questions, vary
from hedgelib.show import Scene

TEXTS = """
["1"]
ask = "A short of {size:usd} from {price:usd}: {coins:.4f} coins?"
unit = "USD"
why = "So: {answer:usd}."
hints = ["Look.", "Look again."]
wrong_way = "Which way?"
solution = "**{answer:usd}**"

["1".slips]
coin_at_entry = "Of {size:usd}, at the old price."

["2"]
ask = "Who pays?"
[ "2".options ]
longs = ["the longs", "They are above."]
funding_sign = ["the shorts", "That is at a negative rate."]

["3"]
ask = "Write a function."
unit = "USD"
why = "So."
hints = ["Look."]

["4"]
ask = "How many?"
unit = "contracts"
why = "So."
hints = ["Look."]
"""


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.toml"
    path.write_text(TEXTS)
    return Questions(path)


def number(texts, right, slips=None, start=None, name="1"):
    @texts.add(name, size=vary(100.0, low=100, high=900, step=100), price=2.0)
    def question(size, price):
        return Answer(right=right, slips=slips or {}, start=start, values={"coins": size / price})

    return question


def test_numbers_are_those_asked_for(texts):
    asked = number(texts, -4.0).ask(size=300.0)
    assert asked.part("ask") == "A short of $300 from $2: 150.0000 coins?"
    assert number(texts, -4.0).ask().numbers == {"size": 100.0, "price": 2.0}


def test_an_unknown_or_missing_number_is_named(texts):
    with pytest.raises(InvalidInput, match="question 1 takes size, price, got margin"):
        number(texts, 1.0).ask(margin=3)

    @texts.add("2", history=...)
    def question(history):
        raise AssertionError(history)

    with pytest.raises(InvalidInput, match="question 2 needs history"):
        question.ask()


def test_verdicts(texts):
    asked = number(texts, -4.0, {"coin_at_entry": -2.0, "beta_left_out": -3.0}).ask()
    assert asked.judge(-4).text == "✔ **Right.** So: −$4."
    assert asked.judge(-2).text == "**Not yet.** Of $100, at the old price."
    assert asked.judge(-2).misconception == "coin_at_entry"
    assert "as if each coin moved exactly like ETH" in asked.judge("−$3").text
    assert asked.judge(4).text == "**Nearly.** The size is right; look at the sign."
    assert asked.judge(-4.05).outcome == "near"
    assert asked.judge(7).text == "**Not yet.** Which way?"
    assert asked.judge(-7).text == "**Not yet.** Look."
    assert asked.judge("fourteen").outcome == "unread"
    assert asked.judge(-400).outcome == "wrong", "a hundred times as much is no mistake in dollars"
    assert asked.hints == ["Which way?", "Look.", "Look again."]


def test_a_slip_is_known_by_the_digits_given(texts):
    asked = number(texts, 42.857, {"coin_at_entry": 19.133, "beta_left_out": 0.42857}).ask()
    assert asked.judge(19.1).misconception == "coin_at_entry"
    assert asked.judge("0.43").misconception == "beta_left_out"
    assert asked.judge(0.4).outcome == "wrong", "one digit names nothing"
    assert asked.judge(43).outcome == "near"
    close_by = number(texts, 1.249, {"coin_at_entry": 1.231}).ask()
    assert close_by.judge(1.2).outcome == "wrong", "the right answer rounds to it as well"


def test_the_wrong_way_is_seen_from_the_start(texts):
    asked = number(texts, 120.0, start=100.0).ask()
    assert asked.judge(90).outcome == "way"
    assert asked.judge(150).outcome == "wrong"


def test_a_choice(texts):
    @texts.add("2")
    def question():
        return Answer(
            right="longs",
            guesses={"longs": 1.0, "funding_sign": -1.0},
            then=lambda guess: Scene(title="", alt=str(guess), panels=()),
        )

    asked = question.ask()
    assert asked.kind == "choice"
    assert asked.judge("longs").text == "✔ **Right.** They are above."
    wrong = asked.judge("funding_sign")
    assert wrong.misconception == "funding_sign"
    assert wrong.text == (
        "You said **the shorts**. That is at a negative rate.\n\n"
        "The answer: **the longs**. They are above."
    )
    assert asked.judge("nobody").outcome == "unread"
    assert asked.picture("funding_sign").alt == "-1.0"


def test_a_function_is_judged_by_its_calls(texts):
    @texts.add("3")
    def question():
        return Answer(
            right=lambda x: 2 * x, slips={"beta_left_out": lambda x: x}, calls=[(1.0,), (3.0,)]
        )

    asked = question.ask()
    assert asked.kind == "function"
    assert asked.judge(lambda x: x + x).outcome == "right"
    assert asked.judge(lambda x: x).misconception == "beta_left_out"
    assert asked.judge(lambda x: x + 1).outcome == "wrong"
    assert "With 1.0 it fails: float division by zero" in asked.judge(lambda x: x / 0).text
    assert asked.judge(3).outcome == "unread"


def test_contracts_are_counted_exactly_unless_the_right_number_is_no_whole_one(texts):
    def outcome(right, answer):
        return number(texts, right, name="4").ask().judge(answer).outcome

    assert outcome(3_060.0000000000005, 3_060) == "right"
    assert outcome(1_000_000, 1_000_001) == "near"
    assert outcome(3_600, 3_600.4) == "near"
    assert outcome(214.2857, 214.3) == "right"
    assert outcome(214.2857, 215) == "near"


def test_drawn_again_the_numbers_are_others_and_stay_the_same(texts):
    question = number(texts, 4.0)
    sizes = [question.again(seed).numbers["size"] for seed in range(50)]
    assert sizes == [question.again(seed).numbers["size"] for seed in range(50)]
    assert len(set(sizes)) > 5
    assert set(sizes) <= set(question.given["size"].others)


def test_numbers_that_hide_a_mistake_are_drawn_anew(texts):
    @texts.add("1", size=vary(100.0, 200.0, 300.0), price=2.0)
    def question(size, price):
        return Answer(right=size, slips={"beta_left_out": 200.0}, values={"coins": size / price})

    assert {question.again(seed).numbers["size"] for seed in range(40)} == {100.0, 300.0}

    @texts.add("1", size=vary(200.0, 200.0), price=2.0)
    def hopeless(size, price):
        return Answer(right=size, slips={"beta_left_out": size}, values={"coins": price})

    with pytest.raises(InvalidInput, match="refuses its own numbers"):
        hopeless.again(1)


def test_a_file_names_its_faults(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('["1"]\nask = "?"\nanswer = 3\n["2"]\nask = "{nothing}"\nunit = "USD"')
    texts = Questions(path)
    for name in ("1", "7"):
        with pytest.raises(InvalidInput, match=f"no question {name}, or a field unknown"):
            texts.add(name)
    asked = texts.add("2")(lambda: Answer(right=1.0)).ask()
    with pytest.raises(InvalidInput, match=r"question 2: no value for \{nothing\}"):
        asked.part("ask")
    path.with_name("broken.toml").write_text("[")
    with pytest.raises(InvalidInput, match=r"broken.toml: cannot be read as TOML"):
        Questions(path.with_name("broken.toml")).add("1")


sizes = st.floats(1e-4, 1e7) | st.integers(1, 10**7)


@given(
    right=st.builds(lambda size, sign: size * sign, sizes, st.sampled_from([-1, 1])),
    ratios=st.lists(st.floats(-8, 8), max_size=3),
    off=st.floats(-4, 4) | st.floats(-0.04, 0.04),
    unit=st.sampled_from(["1", "4"]),
)
@example(right=3_600, ratios=[1.01], off=0.01, unit="4")
def test_an_answer_is_exactly_one_of_right_slip_turned_near_or_wrong(
    tmp_path_factory, right, ratios, off, unit
):
    path = tmp_path_factory.mktemp("texts") / "texts.toml"
    path.write_text(TEXTS.replace('wrong_way = "Which way?"\n', ""))
    ids = ["coin_at_entry", "beta_left_out", "upside_down"]
    slips = {name: right * ratio for name, ratio in zip(ids, ratios, strict=False)}
    assume(not any(close(value, right, WITHIN * 2) for value in slips.values()))
    asked = number(Questions(path), float(right), slips, name=unit).ask()
    answer = right * (1 + off)
    verdict = asked.judge(answer)
    named = [name for name, value in slips.items() if close(answer, value)]
    if verdict.outcome == "right":
        assert close(answer, right, WITHIN)
    elif verdict.outcome == "near":
        assert close(answer, right, NEAR)
        assert not named
    elif verdict.outcome == "sign":
        assert close(-answer, right)
    elif named:
        assert verdict.misconception == named[0]
    else:
        assert verdict.outcome == "wrong"
        assert not close(answer, right, NEAR)
    assert asked.judge(right).outcome == "right"
