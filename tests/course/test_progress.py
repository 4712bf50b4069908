"""What a learner has done is kept in their folder, and decides what is asked again."""

from __future__ import annotations

import json

import pytest

from hedgelib import HedgeError
from hedgelib.course import begin_again, lesson_map, recall
from hedgelib.course.contents import LESSONS, contents
from hedgelib.course.how_far import questions_done
from hedgelib.course.learner import RECORD, copy_lessons
from hedgelib.course.progress import FILE, Progress, read_progress
from hedgelib.course.questions import every_question, question
from hedgelib.course.recall import RECALLED, questions_to_recall

NUMBERED = [lesson for lesson, (stem, _, _) in LESSONS.items() if stem[0].isdigit()]


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
    answer("inverse.1", lambda asked: asked.key.wrong["contract_is_coin"])
    assert read_progress(mine).questions["inverse.1"].last == "slip"
    right("inverse.1")
    tried = read_progress(mine).questions["inverse.1"]
    assert (tried.tries, tried.right, tried.last) == (2, True, "right")
    assert tried.misconceptions == {"contract_is_coin": 1}


def test_what_is_no_answer_is_not_counted(mine):
    answer("inverse.1", lambda _: "a dozen")
    assert not (mine / FILE).exists()


def test_outside_a_learners_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    right("inverse.1")
    recall("size")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lesson", NUMBERED)
def test_a_lesson_asks_questions_of_lessons_before_it(lesson):
    chosen = questions_to_recall(lesson, Progress())
    assert chosen == questions_to_recall(lesson, Progress())
    earlier = ["start", *NUMBERED[: NUMBERED.index(lesson)]]
    assert all(name.partition(".")[0] in earlier for name in chosen)
    assert all(every_question()[name].varied for name in chosen)
    if len(earlier) > 1:
        assert len(chosen) == RECALLED
    if len(earlier) >= RECALLED:
        assert len({name.partition(".")[0] for name in chosen}) == RECALLED


def test_what_was_wrong_comes_first_and_then_what_was_answered_longest_ago():
    progress = Progress()
    for name, outcome in [
        ("futures.1", "right"),
        ("inverse.3", "wrong"),
        ("futures.5", "right"),
        ("size.3", "near"),
    ]:
        progress.add(name, outcome)
    just_now = questions_to_recall("margin", progress)
    assert {"inverse.3", "size.3"} < set(just_now)
    assert not {"futures.1", "futures.5"} & set(just_now)
    for _ in range(12):
        progress.add("start.1", "right")
    assert set(questions_to_recall("margin", progress)) == {"inverse.3", "size.3", "futures.1"}


def test_questions_asked_again_stay_until_all_are_answered_and_have_new_numbers(mine, capsys):
    recall("funding")
    first = capsys.readouterr().out
    chosen = read_progress(mine).recalled["funding"]
    *some, last = chosen
    for name in some:
        right(name, f"funding/{chosen[name]}")
    recall("funding")
    assert read_progress(mine).recalled["funding"] == chosen
    assert capsys.readouterr().out.count("✔") == len(some)
    right(last, f"funding/{chosen[last]}")
    recall("funding")
    assert set(read_progress(mine).recalled["funding"]).isdisjoint(chosen)
    assert all(question(name).ask().part("ask") not in first for name in chosen)


def test_a_guess_is_done_when_made_and_an_exercise_when_it_is_right():
    progress = Progress()
    progress.add("futures.a", "slip")
    progress.add("futures.1", "slip")
    progress.add("futures.2", "near")
    progress.add("futures.2", "right")
    done = questions_done(progress)
    total = sum(name.startswith("futures.") for name in every_question())
    assert done["futures"] == (2, total)
    assert done["inverse"][0] == 0


def test_the_map_says_where_to_go_on_and_what_to_look_at_again(mine, capsys):
    lesson_map()
    assert "**Go on here:** [01]" in capsys.readouterr().out
    answer("inverse.1", lambda asked: asked.key.wrong["contract_is_coin"])
    answer("size.3", lambda asked: asked.key.wrong["contract_is_coin"])
    lesson_map()
    shown = capsys.readouterr().out
    assert "**Go on here:** [03]" in shown
    assert "- size.3, in lesson [03]" in shown
    assert "- a contract taken for a coin, in 2 questions: see lesson [02]" in shown
    for name in every_question():
        if name.startswith("size."):
            Progress.add(progress := read_progress(mine), name, "right")
            (mine / FILE).write_text(progress.to_json())
    lesson_map()
    assert "**Go on here:** [04]" in capsys.readouterr().out
    recall("alice")
    right("futures.1")
    lesson_map()
    assert "**Go on here:** [09](09_alice.ipynb) Alice." in capsys.readouterr().out


def test_without_a_learner_the_map_is_that_of_the_contents(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lesson_map()
    assert capsys.readouterr().out.strip() == contents()


DAMAGED = {
    "no JSON": "{",
    "nested": "[" * 100_000,
    "a list": "[]",
    "another version": json.dumps({"version": 7}),
    "a number for a name": json.dumps(
        {"version": 1, "questions": {"futures.1": 3}, "recalled": {}}
    ),
    "an endless count": json.dumps(
        {
            "version": 1,
            "recalled": {},
            "questions": {
                "futures.1": {
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
        {"version": 1, "questions": {}, "recalled": {"funding": {"a": "b"}}}
    ),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_kept_and_in_nobodys_way(mine, capsys, text):
    (mine / FILE).write_text(text)
    with pytest.raises(HedgeError, match=r"progress\.json cannot be read .* rename it"):
        read_progress(mine)
    lesson_map()
    recall("size")
    shown = capsys.readouterr().out
    assert shown.count("progress.json cannot be read") == 2
    assert "Again, inverse." in shown
    right("inverse.1")
    assert (mine / FILE).read_text() == text


def test_what_was_written_is_read_again(mine):
    progress = Progress(recalled={"funding": {"futures.1": 3}})
    progress.add("futures.1", "slip", "sign_turned")
    (mine / FILE).write_text(progress.to_json())
    assert read_progress(mine) == progress


def test_the_start_page_begins_a_lesson_afresh(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert begin_again() is None
    assert "hedgelib lab" in capsys.readouterr().out
    copy_lessons(tmp_path)
    path = tmp_path / f"{LESSONS['size'][0]}.ipynb"
    fresh = path.read_text()
    path.write_text(fresh.replace("How much", "How little"))
    row, told = begin_again().children
    lesson, button = row.children
    lesson.label = "03 How much to short"
    button.click()
    assert path.read_text() == fresh
    assert "What you had is in 03_how_much_to_short-mine.ipynb." in told.value
