"""How far a learner is: a small file in their folder, never sent anywhere."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hedgelib.ask.misconceptions import misconceptions
from hedgelib.course.learner import RECORD
from hedgelib.errors import HedgeError

__all__ = ["FILE", "Progress", "Tried", "learners_folder", "note", "read_progress", "understood"]

FILE = "progress.json"

_VERSION = 1
_LARGEST_BYTES = 1 << 20
_OUTCOMES = {"right", "slip", "sign", "near", "way", "wrong"}


@dataclass(slots=True)
class Tried:
    """What became of one question.

    - tries: answers given
    - right: one of them was right
    - last: outcome of the last answer
    - order: counts all answers, so that of two questions the older is known
    - misconceptions: how often each was behind an answer
    """

    tries: int = 0
    right: bool = False
    last: str = ""
    order: int = 0
    misconceptions: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """Questions tried by id, and the questions that each lesson asked again."""

    questions: dict[str, Tried] = field(default_factory=dict)
    recalled: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def answers(self) -> int:
        """How many answers there were."""
        return max((tried.order for tried in self.questions.values()), default=0)

    @property
    def to_look_at_again(self) -> list[str]:
        """Questions whose last answer was not right, the latest first."""
        open_ones = [name for name, tried in self.questions.items() if tried.last != "right"]
        return sorted(open_ones, key=lambda name: -self.questions[name].order)

    @property
    def misconceptions(self) -> Counter[str]:
        """How often each misconception was met."""
        met: Counter[str] = Counter()
        for tried in self.questions.values():
            met.update(tried.misconceptions)
        return met

    def add(self, question_id: str, outcome: str, misconception: str = "") -> None:
        """Count an answer."""
        order = self.answers + 1
        tried = self.questions.setdefault(question_id, Tried())
        tried.tries += 1
        tried.right = tried.right or outcome == "right"
        tried.last, tried.order = outcome, order
        if misconception in misconceptions():
            tried.misconceptions[misconception] = tried.misconceptions.get(misconception, 0) + 1

    def to_json(self) -> str:
        """Write it as it is kept."""
        return json.dumps({"version": _VERSION, **asdict(self)}, indent=1) + "\n"


def learners_folder() -> Path | None:
    """Return the current folder if `hedgelib lab` has made it for a learner."""
    folder = Path.cwd()
    return folder if (folder / RECORD).is_file() else None


def read_progress(folder: Path) -> Progress:
    """Read a learner's progress; a folder without the file has none.

    Raises
    ------
    HedgeError
        The file is damaged, or of another version.
    """
    path = folder / FILE
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError(f"over {_LARGEST_BYTES:,} bytes")
        return understood(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Progress()
    except (OSError, ValueError, RecursionError) as error:
        raise HedgeError(
            f"{FILE} cannot be read ({error}); rename it, and your progress begins anew"
        ) from error


def understood(data: Any) -> Progress:
    """Check what a progress file holds; what is not sound raises ValueError."""
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        raise ValueError(f"not of version {_VERSION}")
    progress = Progress(recalled=_counts_by_name(data.get("recalled")))
    for name, one in _named(data.get("questions")).items():
        tried = Tried(**_named(one)) if set(_named(one)) == set(Tried.__slots__) else None
        if tried is None or not _sound(tried):
            raise ValueError(f"question {name[:20]!r}")
        progress.questions[name] = tried
    return progress


def _sound(tried: Tried) -> bool:
    numbers = (tried.tries, tried.order, *_named(tried.misconceptions).values())
    return (
        all(type(n) is int and 0 < n < 1 << 31 for n in numbers)
        and type(tried.right) is bool
        and tried.last in _OUTCOMES
    )


def _counts_by_name(data: Any) -> dict[str, dict[str, int]]:
    counts = {name: dict(_named(one)) for name, one in _named(data).items()}
    if any(type(n) is not int for one in counts.values() for n in one.values()):
        raise ValueError("recalled")
    return counts


def _named(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError("not a table")
    return data


def write_progress(folder: Path, progress: Progress) -> None:
    """Keep a learner's progress; the file is replaced whole."""
    path, new = folder / FILE, folder / f".{FILE}.{os.getpid()}"
    try:
        new.write_text(progress.to_json(), encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        raise HedgeError(f"{path} cannot be written: {error.strerror}") from error


def note(question_id: str, outcome: str, misconception: str = "") -> None:
    """Count an answer in the learner's folder; elsewhere nothing is kept.

    A file that cannot be read or written must not keep a learner from learning.
    """
    folder = learners_folder()
    if folder is None or outcome not in _OUTCOMES:
        return
    try:
        progress = read_progress(folder)
        progress.add(question_id, outcome, misconception)
        write_progress(folder, progress)
    except HedgeError:
        return
