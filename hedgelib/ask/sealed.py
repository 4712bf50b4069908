"""Questions for a page without a kernel, whose answers are not to be read at a glance.

What follows an answer is XORed with a stream of SHA-256 digests. The key of an option comes from
the option; that of a number from its cell on a logarithmic grid, and only cells that hold an answer
with a verdict of its own have one. This keeps the answer from a reader who looks at the page's
source. It is no secret: whoever tries every option or every cell finds it, so that nothing that is
marked may rest on it.
"""

from __future__ import annotations

import json
import math
import zlib
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from hedgelib.ask import answers
from hedgelib.ask.answers import NEAR
from hedgelib.ask.marking import PERCENT, TURNED
from hedgelib.ask.question import Asked, Verdict
from hedgelib.ask.text import to_html
from hedgelib.ask.widget import QuestionWidget

__all__ = ["SCRIPT", "deflated", "seal"]

_HERE = Path(__file__).parent
_READING = {
    "written": answers._WRITTEN.pattern,
    "plain": answers._PLAIN.pattern,
    "grouped": answers._GROUPED.pattern,
    # A letter or a digit of any script, in JavaScript's words.
    "quotable": answers._QUOTABLE.pattern.replace(r"[^\W_]", r"[\p{L}\p{N}]"),
    "rate": answers._RATE.pattern,
    "letters": {chr(code): letter or "" for code, letter in answers._MINUS.items()},
    "units": answers._UNIT_OF,
    "decimals": answers._DECIMALS,
    "longest": answers._LONGEST,
}
SCRIPT = "\n".join(
    [
        f"const READING = {json.dumps(_READING)};",
        *((_HERE / name).read_text(encoding="utf-8") for name in ("question.js", "sealed.js")),
    ]
)
"""Script that asks a sealed question: ``askSealed(element, sealed)``; it needs that of a scene."""

_WIDTH = 0.02
_ROOM = 0.06
"""Relative distance within which a verdict of a value can hold: a slip rounded to two digits."""
_MOST_DIGITS = 12


def deflated(data: Any) -> bytes:
    """Return data as compressed JSON."""
    return zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def seal(widget: QuestionWidget) -> dict[str, Any]:
    """Return a question with its verdicts sealed."""
    asked = widget.asked
    salt = f"{asked.question.id} {asked.part('ask')}"
    if asked.kind == "choice":
        question = {"salt": salt, "options": _options(asked, salt)}
    elif asked.kind == "number":
        question = {"salt": salt, **_number(asked, salt)}
    else:
        question = {}
    return {"spec": widget.spec, "question": question}


def _digest(*words: object) -> bytes:
    return sha256("\n".join(map(str, words)).encode()).digest()


def _sealed(key: str, data: Any) -> str:
    plain = deflated(data)
    stream = b"".join(_digest(key, i) for i in range(len(plain) // 32 + 1))
    return _masked(plain, stream[: len(plain)])


def _told(verdict: Verdict) -> dict[str, str]:
    return {"outcome": verdict.outcome, "verdict": to_html(verdict.text)}


def _scene(asked: Asked, option: str | None = None) -> dict[str, Any] | None:
    scene = asked.picture(option)
    return scene.data() if scene else None


def _options(asked: Asked, salt: str) -> dict[str, str]:
    return {
        option: _sealed(
            _digest(salt, option).hex(),
            {**_told(asked.judge(option)), "scene": _scene(asked, option)},
        )
        for option in asked.options
    }


def _number(asked: Asked, salt: str) -> dict[str, Any]:
    key, start = asked._key(), asked.answer.start or 0.0
    right, own = key.right, list(key.wrong.items())
    models = [*own, (TURNED, -right), (PERCENT, 100 * right), (PERCENT, right / 100)]
    book_key = _digest(salt, "book")
    book = {
        "right": right,
        "rounded": _rounded(right),
        "within": key.within,
        "near": NEAR,
        "whole": asked._comes_whole,
        "models": [
            {
                "value": value,
                "own": _rounded(value) if i < len(own) else None,
                "said": _told(asked._slip(name)) if asked._explains(name) else None,
            }
            for i, (name, value) in enumerate(models)
        ],
        "said": {"right": _told(asked._right()), "near": _told(asked._nearly())},
    }
    room = max(_ROOM, 2 * key.within)
    values = (right, *(value for _, value in models))
    cells = {cell for value in values for cell in _cells(value, room)}
    way = (right > start) - (right < start) if asked.part("wrong_way") else 0
    return {
        "unit": asked.form.unit,
        "start": start,
        "way": way,
        "said": {"wrong": _told(asked._hint()), "way": _told(asked._way())},
        "scene": _scene(asked),
        "width": _WIDTH,
        "cells": {
            _digest(salt, "cell", cell)[:6].hex(): _masked(book_key, _digest(salt, "key", cell))
            for cell in sorted(cells)
        },
        "book": _sealed(book_key.hex(), book),
    }


def _rounded(value: float) -> list[float]:
    """Return a number rounded to one digit, to two, and so on."""
    return [float(f"{value:.{digits}g}") for digits in range(1, _MOST_DIGITS + 1)]


def _cells(value: float, room: float) -> Iterator[str]:
    """Name the cells in which numbers are close to a value."""
    if not value:
        yield "0"
        return
    size, sign = abs(value), "-" if value < 0 else "+"
    low, high = (math.floor(math.log(size * by) / _WIDTH) for by in (1 - room, 1 + room))
    # A logarithm may differ in its last digit from a browser's.
    for cell in range(low - 1, high + 2):
        yield f"{sign}{cell}"


def _masked(data: bytes, mask: bytes) -> str:
    return b64encode(bytes(a ^ b for a, b in zip(data, mask, strict=True))).decode()
