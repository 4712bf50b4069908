"""What a learner has done is kept in their folder, and decides what is asked again."""

from __future__ import annotations

import json

import pytest

from hedgelib import HedgeError
from hedgelib.course import lesson_map, recall
from hedgelib.course.contents import NUMBERS, contents
from hedgelib.course.how_far import questions_done
from hedgelib.course.learner import RECORD
from hedgelib.course.progress import FILE, Progress, read_progress
from hedgelib.course.questions import every_question, question
from hedgelib.course.recall import RECALLED, questions_to_recall

LESSONS = [number for number in NUMBERS if number.isdigit()]


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A learner's folder, in which the kernel runs."""
    (tmp_path / RECORD).write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def right(name, seed=None):
    """Answer a question right, through the widget that a learner uses."""
    answer(name, lambda asked: asked.answer.right, seed)


def answer(name, value_of, seed=None):
    from hedgelib.ask.widget import shown

    asked = question(name).again(seed) if seed else question(name).ask()
    value = value_of(asked)
    shown(asked).answer(value if asked.kind == "choice" else str(value))


def test_an_answer_is_kept_with_its_misconception(mine):
    answer("02.1", lambda asked: asked.key.wrong["contract_is_coin"])
    assert read_progress(mine).questions["02.1"].last == "slip"
    right("02.1")
    tried = read_progress(mine).questions["02.1"]
    assert (tried.tries, tried.right, tried.last) == (2, True, "right")
    assert tried.misconceptions == {"contract_is_coin": 1}


def test_what_is_no_answer_is_not_counted(mine):
    answer("02.1", lambda _: "a dozen")
    assert not (mine / FILE).exists()


def test_outside_a_learners_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    right("02.1")
    recall("03")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_asks_questions_of_lessons_before_it(lesson):
    chosen = questions_to_recall(lesson, Progress())
    assert chosen == questions_to_recall(lesson, Progress())
    assert all(name < lesson and every_question()[name].varies for name in chosen)
    if lesson > "01":
        assert len(chosen) == RECALLED
    if lesson > "03":
        assert len({name.partition(".")[0] for name in chosen}) == RECALLED


def test_what_was_wrong_comes_first_and_then_what_was_answered_longest_ago():
    progress = Progress()
    for name, outcome in [
        ("01.1", "right"),
        ("02.3", "wrong"),
        ("01.5", "right"),
        ("03.1", "near"),
    ]:
        progress.add(name, outcome)
    just_now = questions_to_recall("04", progress)
    assert {"02.3", "03.1"} < set(just_now)
    assert not {"01.1", "01.5"} & set(just_now)
    for _ in range(12):
        progress.add("00.1", "right")
    assert set(questions_to_recall("04", progress)) == {"02.3", "03.1", "01.1"}


def test_questions_asked_again_stay_until_all_are_answered_and_have_new_numbers(mine, capsys):
    recall("05")
    first = capsys.readouterr().out
    chosen = read_progress(mine).recalled["05"]
    *some, last = chosen
    for name in some:
        right(name, f"05/{chosen[name]}")
    recall("05")
    assert read_progress(mine).recalled["05"] == chosen
    assert capsys.readouterr().out.count("✔") == len(some)
    right(last, f"05/{chosen[last]}")
    recall("05")
    assert set(read_progress(mine).recalled["05"]).isdisjoint(chosen)
    assert all(question(name).ask().part("ask") not in first for name in chosen)


def test_a_guess_is_done_when_made_and_an_exercise_when_it_is_right():
    progress = Progress()
    progress.add("01.a", "slip")
    progress.add("01.1", "slip")
    progress.add("01.2", "near")
    progress.add("01.2", "right")
    done = questions_done(progress)
    total = sum(name.startswith("01.") for name in every_question())
    assert done["01"] == (2, total)
    assert done["02"][0] == 0


def test_the_map_says_where_to_go_on_and_what_to_look_at_again(mine, capsys):
    lesson_map()
    assert "**Go on here:** lesson [01]" in capsys.readouterr().out
    answer("02.1", lambda asked: asked.key.wrong["contract_is_coin"])
    answer("03.1", lambda asked: asked.key.wrong["contract_is_coin"])
    lesson_map()
    shown = capsys.readouterr().out
    assert "**Go on here:** lesson [03]" in shown
    assert "- 03.1, in lesson [03]" in shown
    assert "- a contract taken for a coin, in 2 questions: see lesson [02]" in shown
    for name in every_question():
        if name.startswith("03."):
            Progress.add(progress := read_progress(mine), name, "right")
            (mine / FILE).write_text(progress.to_json())
    lesson_map()
    assert "**Go on here:** lesson [04]" in capsys.readouterr().out


def test_without_a_learner_the_map_is_that_of_the_contents(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lesson_map()
    assert capsys.readouterr().out.strip() == contents()


DAMAGED = {
    "no JSON": "{",
    "nested": "[" * 100_000,
    "a list": "[]",
    "another version": json.dumps({"version": 7}),
    "a number for a name": json.dumps({"version": 1, "questions": {"01.1": 3}, "recalled": {}}),
    "an endless count": json.dumps(
        {
            "version": 1,
            "recalled": {},
            "questions": {
                "01.1": {
                    "tries": 1e400,
                    "right": True,
                    "last": "right",
                    "order": 1,
                    "misconceptions": {},
                }
            },
        }
    ),
    "seeds that are none": json.dumps(
        {"version": 1, "questions": {}, "recalled": {"05": {"a": "b"}}}
    ),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_kept_and_in_nobodys_way(mine, capsys, text):
    (mine / FILE).write_text(text)
    with pytest.raises(HedgeError, match=r"progress\.json cannot be read .* rename it"):
        read_progress(mine)
    lesson_map()
    recall("03")
    shown = capsys.readouterr().out
    assert shown.count("progress.json cannot be read") == 2
    assert "From lesson 02." in shown
    right("02.1")
    assert (mine / FILE).read_text() == text


def test_what_was_written_is_read_again(mine):
    progress = Progress(recalled={"05": {"01.1": 3}})
    progress.add("01.1", "slip", "sign_turned")
    (mine / FILE).write_text(progress.to_json())
    assert read_progress(mine) == progress
