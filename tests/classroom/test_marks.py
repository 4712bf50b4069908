"""Marks of a class of forty with every kind of answer: compared with those in `marks.json`.

The file counts, for each question, how often each share and misconception was given, and has a
checksum of the marks one by one. Run this module to write it, which is right only if the rules of
marking are meant to change.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hedgelib.classroom.interface import Answer, Outcome
from hedgelib.classroom.personal import Numbers, draw, row
from hedgelib.classroom.records import Record
from hedgelib.classroom.results import Answered, mark_record
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario
from hedgelib.classroom.source import exercises_folder, read_source

FILE = Path(__file__).with_name("marks.json")
STUDENTS = [f"s{i:02}" for i in range(40)]
MISSING = Answer(problem="is not set")
STRANGE = Answer(problem="is of type list, not a number")
Given = tuple[Answer, ...]


def near(key: Any) -> list[float]:
    """Return factors on either side of what is accepted, and of common slips of the pen."""
    sides = [1 + side * key.within * part for side in (-1, 1) for part in (0.99, 1.01)]
    return [*sides, 0.97, 1.03, -1.0, 100.0, 0.01, -100.0, 10.0, 0.0]


def of_a_number(key: Any) -> Iterator[Given]:
    right, wrong = float(key.right), list(map(float, key.wrong.values()))
    answers = [right, *(right * factor for factor in near(key)), *wrong]
    answers += [factor * value for value in wrong for factor in (-1.0, 100.0, 1.0005)]
    answers += [f(value) for value in (right, *wrong) for f in (math.floor, math.ceil, round)]
    answers += [float(f"{right:.3g}"), float(f"{right:.5g}"), 1, -7, 10**14]
    yield from ((Answer(value=value),) for value in answers)
    yield from ((MISSING,), (STRANGE,))


def of_a_choice() -> Iterator[Given]:
    says = [*"ABCD", "a", " b ", "", "AB", "Ä"]
    because = [*"PQRSTA", "p", " q\n", "", "?"]
    lone = [Answer(value=text) for text in (*says, *because)]
    yield from ((Answer(value=one), Answer(value=two)) for one, two in product(says, because))
    for other in (MISSING, STRANGE):
        yield from ((one, other) for one in lone)
        yield from ((other, one) for one in lone)
        yield other, other


def of_a_function(key: Any) -> Iterator[Given]:
    right = list(map(float, key.right))
    wrong = [list(map(float, values)) for values in key.wrong.values()]
    answers: list[list[Any]] = [right, *wrong, [None] * len(right), right[:1], [*right, 1.0]]
    answers += [[value * factor for value in right] for factor in near(key)]
    answers += [[-value for value in values] for values in wrong]
    for place in range(len(right)):
        for part in (None, "x", right[place] * 1.01, *(values[place] for values in wrong)):
            answers.append([*right[:place], part, *right[place + 1 :]])
            answers.append([part] * len(right))
    for values in answers:
        problems = tuple("fails" if value is None else "" for value in values)
        yield (Answer(value=values, call_problems=problems),)
    unset = ("the returned value is not set",) * len(right)
    yield (Answer(value=[None] * len(right), call_problems=unset),)
    yield from ((MISSING,), (Answer(problem="is no function"),))


def given(question: Any, key: Any) -> Iterator[Given]:
    if question.form.kind == "number":
        return of_a_number(key)
    return of_a_choice() if question.form.kind == "choice" else of_a_function(key)


def written(answered: Answered) -> list[Any]:
    mark = answered.mark
    assert mark is not None
    return [mark.share, mark.model, mark.missing, answered.points]


def marks(name: str) -> dict[str, dict[str, Any]]:
    """Mark every answer of every student to an assignment."""
    source = read_source(exercises_folder() / f"{name}.ipynb")
    columns = draw(scenario(name), b"the marks of forty", STUDENTS)
    by_question: dict[str, list[list[Any]]] = {}
    for place, student_id in enumerate(STUDENTS):
        keys = source.keys(Numbers(row(columns, place)))
        for number, question in enumerate(source.questions):
            if question.form.kind == "written":
                continue
            for answers in given(question, keys[question.id]):
                record = Record(
                    student_id=student_id,
                    assignment=name,
                    name="x.ipynb",
                    fingerprint="",
                    outcome=Outcome(answers=dict(zip(question.variables, answers, strict=True))),
                )
                answered = mark_record(record, source, keys).answered[number]
                by_question.setdefault(question.id, []).append(written(answered))
    return {question: summary(each) for question, each in by_question.items()}


def summary(each: list[list[Any]]) -> dict[str, Any]:
    counts = Counter(
        f"{share:.4g} {'missing' if missing else model}".strip()
        for share, model, missing, _ in each
    )
    checksum = hashlib.sha256(json.dumps(each).encode()).hexdigest()
    return {"marks": dict(sorted(counts.items())), "checksum": checksum}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_marks_of_a_class_stay_as_they_are(name: str) -> None:
    assert marks(name) == json.loads(FILE.read_text(encoding="utf-8"))[name]


if __name__ == "__main__":
    everything = {name: marks(name) for name in ASSIGNMENTS}
    FILE.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
