"""Questions on a page without a kernel: the browser's verdicts are those of Python."""

import json
import math
import random
import tomllib
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hedgelib.ask.sealed import SCRIPT, seal
from hedgelib.ask.text import to_html
from hedgelib.ask.widget import QuestionWidget
from hedgelib.course.questions import every_question
from hedgelib.errors import InvalidInput
from hedgelib.show.explorer import FILM_SCRIPT, STYLE

WRONG = tomllib.loads(
    (Path(__file__).parents[1] / "course" / "wrong_answers.toml").read_text(encoding="utf-8")
)
GARBAGE = [
    "fourteen", "", "nan", "inf", "1/0", "3/4", "1,000", "1,00", "1.234,5", "- 5", "--5", "-$-5",
    "+3", "5 %", "5%", "12 ETH", "12 dollars", "12 usd", "$12", "us$ 12", "0.5x", "3σ", "7 BTC",
    "1e3", "1e400", "9" * 300, "１２", "½", "5 %/day", "0.01% per 8 hours", "0.01% a day", "−3",
    "‐4", "\u200b5", "1 000", "1 000", "1_000", "1'000", "1 0", ".5", "5.", "<b>1</b>",
    "*1*", "`1`", "12 é", "12 contracts", "1 contract", "0", "-0", "1e-300", "Ⅳ", "7 \x85 8",
    "it's", "a" * 41, "1 / 3 %", "3..4", "1e", "e3", "1;2",
]  # fmt: skip
JUDGE = """
async ([sealed, answers]) => {
  const told = [];
  for (const answer of answers) told.push(await answerSealed(answer, sealed.question));
  return told;
}
"""


class _Words(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.words = []
        self.feed(html)

    def handle_data(self, data):
        self.words.append(data)


def words(html):
    return " ".join("".join(_Words(html).words).split())


def plainly_asked(one):
    """Ask a question of a lesson at its first numbers; None where the lesson gives them."""
    try:
        return one.ask()
    except (InvalidInput, TypeError):
        return None


ASKED = {name: asked for name, one in every_question().items() if (asked := plainly_asked(one))}


def nearby(value):
    """Numbers around one, to both sides of every limit that a verdict may have."""
    for off in (0, 1e-6, 0.0019, 0.0021, 0.004, 0.01, 0.029, 0.031, 0.049, 0.055, 0.2, 0.9, 1.1):
        for sign in (1, -1):
            yield value * (1 + sign * off)
    for digits in range(1, 8):
        yield float(f"{value:.{digits}g}")
    yield from (-value, 100 * value, value / 100, value + 1, value - 1)
    yield from (math.floor(value), math.ceil(value))


def answers_to(asked):
    """Right, each slip, what is close to them, garbage, and what a beginner may say."""
    if asked.kind == "choice":
        return list(asked.options)
    values = [asked.answer.right, *asked.answer.slips.values(), asked.answer.start or 1.0]
    numbers = [repr(float(number)) for value in values for number in nearby(value)]
    numbers += [f"{random.Random(value).uniform(-3, 3) * value:.5g}" for value in values[:1] * 20]
    beginners = [one["answer"] for one in WRONG.get(asked.question.id, ())]
    return [text for text in [*numbers, *beginners, *GARBAGE] if text.strip()]


def told_by_python(asked, answer):
    """What the kernel's page says: the outcome, the verdict, and what the picture shows."""
    verdict = asked.judge(answer)
    picture = None if verdict.outcome == "unread" else picture_after(asked, answer)
    return verdict.outcome, words(to_html(verdict.text)), picture and picture.alt


@cache
def _picture(name, option):
    return ASKED[name].picture(option)


def picture_after(asked, answer):
    return _picture(asked.question.id, answer if asked.kind == "choice" else None)


@pytest.fixture
def bare(page, tmp_path):
    """Return a page with the scripts, from a file, as a reader has it on disk."""
    path = tmp_path / "page.html"
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Questions</title>'
        f"<style>{STYLE}</style></head><body><main><h1>Questions</h1><div id=here></div></main>"
        f"<script>\n{FILM_SCRIPT}\n{SCRIPT}</script></body></html>",
        encoding="utf-8",
    )
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("lesson", sorted({name.partition(".")[0] for name in ASKED}))
def test_browser_and_python_agree_on_every_verdict(bare, lesson):
    judged = set()
    for name, asked in ASKED.items():
        if name.partition(".")[0] != lesson or asked.kind == "function":
            continue
        answers = answers_to(asked)
        told = bare.evaluate(JUDGE, [json.loads(json.dumps(seal(QuestionWidget(asked)))), answers])
        for answer, one in zip(answers, told, strict=True):
            scene = one.get("scene")
            browser = one["outcome"], words(one["verdict"]), scene and scene["alt"]
            assert browser == told_by_python(asked, answer), (name, answer)
            judged.add(one["outcome"])
    assert {"right", "slip", "near", "wrong", "unread"} <= judged


def test_a_page_that_browsers_keep_from_checking_says_so(bare):
    bare.evaluate("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    for kind in ("choice", "number"):
        asked = next(one for one in ASKED.values() if one.kind == kind)
        sealed = json.loads(json.dumps(seal(QuestionWidget(asked))))
        (told,) = bare.evaluate(JUDGE, [sealed, answers_to(asked)[:1]])
        assert told["outcome"] == "unread"
        assert "only over https" in told["verdict"]
