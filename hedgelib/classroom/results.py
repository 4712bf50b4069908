"""Results: a student's answers, marked by that student's key and compared with all other keys."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hedgelib.ask.marking import Examiner, Key, Mark
from hedgelib.classroom.interface import Answer
from hedgelib.classroom.records import Record
from hedgelib.classroom.source import ClassQuestion, Source
from hedgelib.errors import InvalidInput

__all__ = ["Answered", "Copied", "Result", "copied", "mark_record"]

# Answers of another student are reported if chance alone gives as many in at most 2% of cases.
_CHANCE = 0.02
_NOT_SET = "is not set"
_NEAR = 0.05
_SAME = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One question and a student's answer; a written one has neither key nor mark."""

    question: ClassQuestion
    answer: Any  # a number, the values of a choice, a list of returned values, a text or None
    key: Key | None = None
    mark: Mark | None = None
    problem: str = ""  # why there is no value, unless it is just not set

    @property
    def points(self) -> float | None:
        """Computed points; ``None`` for an answer that waits to be marked by hand."""
        if self.mark is None:
            return None if self.answer else 0.0
        return self.mark.share * self.question.points


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A submission, marked, with its answers in the order of the questions."""

    record: Record
    answered: tuple[Answered, ...]


def mark_record(record: Record, source: Source, keys: Mapping[str, Key]) -> Result:
    """Mark a submission by the keys of its student."""
    examiner = Examiner()
    answered = (
        Answered(question=question, answer=record.written.get(question.id))
        if question.form.kind == "written"
        else _computed(question, record, keys[question.id], examiner)
        for question in source.questions
    )
    return Result(record=record, answered=tuple(answered))


def _computed(question: ClassQuestion, record: Record, key: Key, examiner: Examiner) -> Answered:
    answers = [record.outcome.answers.get(name, Answer()) for name in question.variables]
    values = [answer.value for answer in answers]
    value: Any = values[0] if len(values) == 1 else tuple(values)
    problems = [*_problems(question, answers)]
    try:
        answer = None if all(map(_is_missing, answers)) else key.form.read(value)
    except InvalidInput as error:
        answer = None
        problems.append(f"{question.id}: {error}".rstrip("."))
    return Answered(
        question=question,
        answer=answer,
        key=key,
        mark=examiner.mark(question.id, answer, key),
        problem="; ".join(problems),
    )


def _problems(question: ClassQuestion, answers: Sequence[Answer]) -> Iterator[str]:
    """Say why a variable has no value, unless it is just not set."""
    for name, answer in zip(question.variables, answers, strict=True):
        if answer.problem and not answer.problem.endswith(_NOT_SET):
            yield f"{name} {answer.problem}"
        for problem in dict.fromkeys(answer.call_problems):
            if problem and not problem.endswith(_NOT_SET):
                yield f"{name}: {problem}"


def _is_missing(answer: Answer) -> bool:
    """Tell whether there is no answer; a function that returns nothing yet is none either."""
    if isinstance(answer.value, list):
        return all(problem.endswith(_NOT_SET) for problem in answer.call_problems)
    return answer.value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Answers of one student that are right for the numbers of another."""

    student_id: str
    other_id: str
    questions: tuple[str, ...]
    chance: float  # expected number of other students of whom chance would give as many answers


def copied(results: Sequence[Result], keys: Mapping[str, Mapping[str, Key]]) -> tuple[Copied, ...]:
    """Find answers that are wrong for a student's numbers and right for another's.

    Only numbers count: choices are few, and a function is right for everybody. An answer is
    another's if it agrees to a millionth, or to the digits it is written with; the right answers of
    the class near it say how often chance would do that. The least likely come first.
    """
    copies: list[Copied] = []
    for result in results:
        student_id = result.record.student_id
        matches: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for answered in result.answered:
            for other, chance in _matches(answered, student_id, keys):
                matches[other].append((answered.question.id, chance))
        for other, pairs in matches.items():
            questions, chances = zip(*pairs, strict=True)
            if (chance := math.prod(chances)) < _CHANCE:
                copies.append(
                    Copied(
                        student_id=student_id, other_id=other, questions=questions, chance=chance
                    )
                )
    return tuple(sorted(copies, key=lambda c: (c.chance, c.student_id, c.other_id)))


def _matches(
    answered: Answered, student_id: str, keys: Mapping[str, Mapping[str, Key]]
) -> Iterator[tuple[str, float]]:
    """Yield the students for whom an answer is right, with the number that chance would give."""
    question, mark, answer = answered.question, answered.mark, answered.answer
    if question.form.kind != "number" or mark is None or mark.share or mark.model or not answer:
        return
    name = question.id
    rights = {i: key[name].right for i, key in keys.items() if i != student_id}
    reach = max(_SAME * abs(answer), min(_half_digit(answer), 0.001 * abs(answer)))
    near = sum(abs(right - answer) <= _NEAR * abs(answer) for right in rights.values())
    for other, right in rights.items():
        if abs(right - answer) <= reach:
            # The match itself is no evidence of how many answers are near.
            yield other, max(near, 1) * reach / (_NEAR * abs(answer))


def _half_digit(value: float) -> float:
    """Return half a unit of the last digit that a number is written with."""
    text = repr(float(value))
    if "e" in text:
        return 0.0
    decimals = text.partition(".")[2].rstrip("0")
    return 0.5 * 10.0 ** -len(decimals) * 1.000001
