"""File attribution: which student a file belongs to, by its name and the id typed into it.

A learning platform writes the student's name in front; the student chooses the rest, which may name
anybody. So the platform's part decides if there is one, and if a folder and the file in it name two
students, the file belongs to neither. Two numbers of a platform are two people, whatever id they
type.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TypeAlias

from hedgelib._text import printable
from hedgelib.classroom.personal import canonical

__all__ = ["Origin", "People", "follows", "words_of"]

_LONGEST_PART = 300
_PLATFORMS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "Moodle": r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_(?:[a-z]+_?)?",
        "Blackboard": r"(?P<who>.+?)_attempt_(?P<at>\d{4}(?:-\d\d){5})_?",
        "Brightspace": r"(?P<number>\d+)-\d+ - (?P<who>.+?) - "
        r"(?P<at>\w{3,9}\.? \d{1,2}, \d{4} \d{3,4}\b(?: [AP]M\b)?)",
        "Canvas": r"(?P<who>[^_]+)(?P<late>_late)?_(?P<number>\d+)_\d+_",
    }.items()
}
_TIMES = ("%Y-%m-%d-%H-%M-%S", "%b %d, %Y %I%M %p", "%b %d, %Y %H%M", "%B %d, %Y %I%M %p")
# Letters that are no accented ones to Unicode, but are to those who type a name.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
# Chinese, Japanese, Korean and Thai, which have no spaces between words.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")


def words_of(text: str) -> list[str]:
    """Split a name into its words as people read them, without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", plain.translate(_PLAIN)))


def follows(wanted: Sequence[str], words: Sequence[str]) -> int | None:
    """Return the position of a sequence of words in another, or ``None``."""
    n = len(wanted)
    starts = (i for i in range(len(words) - n + 1) if list(words[i : i + n]) == list(wanted))
    return next(starts, None) if n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a learning platform wrote in front of a file, or on its folder."""

    platform: str
    number: str = ""  # of the student, or with Moodle of the participant of one assignment
    at: str = ""  # ISO time of handing in, on the platform's clock
    late: bool = False  # as the platform says
    front: str = ""  # how the name of a file begins that goes back to this student


class People:
    """Students of the roster, by the names that a file may give them.

    `numbers` are those that Canvas gives to its users, each with the id of the student.
    """

    def __init__(
        self,
        roster: Mapping[str, str],
        assignments: Sequence[str],
        numbers: Mapping[str, str] | None = None,
    ) -> None:
        self._numbers = numbers or {}
        self._assignments = [words_of(name) for name in assignments]
        self._ids = {canonical(id_): id_ for id_ in roster}
        self._calls: dict[str, list[list[str]]] = {}
        for id_, name in roster.items():
            words = words_of(name)
            # The family name may have two words, and may come first.
            calls = [[*words[i:], *words[:i]] for i in range(len(words))] + [words[::-1]]
            if len(words) > 1:
                calls += [["".join(call)] for call in calls]
            # "x (2).ipynb" is a second copy, and not of the student with the id 2.
            if not re.fullmatch(r"\d{1,2}", id_):
                calls.append(words_of(id_))
            self._calls[id_] = [call for call in calls if call]

    def owner(self, name: str, typed: str | None) -> tuple[str, tuple[str, ...]] | str:
        """Return the student that a path or the typed id names, with warnings, or why none."""
        id_typed = f"the id typed in is {printable(typed)!r}" if typed else "no id is typed in"
        by_id = self._ids.get(canonical(typed)) if typed is not None else None
        named_by_parts = list(self._named_by_parts(PurePosixPath(name).parts))
        if not named_by_parts:
            if by_id is not None:
                return by_id, ()
            return f"belongs to nobody on the roster: {id_typed}, and its name contains no student"
        named = set.intersection(*named_by_parts)
        if not named:
            outer, inner = (", ".join(sorted(named_by_parts[i])) for i in (0, -1))
            return (
                f"names {inner} in a folder that names {outer}, and {id_typed}; rename one of them"
            )
        if len(named) == 1:
            (owner,) = named
            if by_id is not None and by_id != owner:
                return owner, (f"the file belongs to {owner}, but the id typed in is {by_id}",)
            if typed and by_id is None:
                return owner, (f"the id typed in, {printable(typed)!r}, is not on the roster",)
            return owner, ()
        both = ", ".join(sorted(named))
        if by_id in named:
            return by_id, (f"the name fits {both}; the id typed in decided",)
        return f"could belong to {both}, and {id_typed}"

    def origin(self, name: str) -> Origin:
        """Return what a platform wrote about the student of a file, who may be anonymous to it."""
        parts = PurePosixPath(name).parts
        part = self._platform_part(parts) or next(self._anonymous_parts(parts), None)
        if part is None:
            return Origin(platform="")
        i, platform, match, _ = part
        wrote = match.groupdict()
        is_folder = i + 1 < len(parts) and platform != "Canvas"
        return Origin(
            platform=platform,
            number=(wrote.get("number") or "").lstrip("0"),
            at=_iso(wrote.get("at") or ""),
            late=bool(wrote.get("late")),
            front=f"{parts[i]}/" if is_folder else match[0].removesuffix("_") + "_",
        )

    def _named_by_parts(self, parts: Sequence[str]) -> Iterator[set[str]]:
        """Yield the students named by the part that a platform wrote, or else by each part."""
        if platform_part := self._platform_part(parts):
            i, _, match, named = platform_part
            # An archive has the name that an instructor gave it; a folder may be a student's.
            outer = (part for part in parts[:i] if not part.lower().endswith(".zip"))
            yield from filter(None, map(self._named, outer))
            yield named
            if len(named) == 1:
                return
            # The rest may decide between students of one name.
            parts = (parts[i][match.end() :], *parts[i + 1 :])
        yield from filter(None, map(self._named, parts))

    def _platform_part(self, parts: Sequence[str]) -> _Part | None:
        """Return the outermost part that a platform wrote about a student of the roster."""
        for i, platform, match in _matches(parts):
            by_number = platform == "Canvas" and self._numbers.get(match["number"])
            if named := {by_number} if by_number else self._named(match["who"]):
                return i, platform, match, named
        return None

    def _anonymous_parts(self, parts: Sequence[str]) -> Iterator[_Part]:
        """Yield what only Moodle writes, which hides names where marking is blind."""
        for i, platform, match in _matches(parts):
            if platform == "Moodle":
                yield i, platform, match, set()

    def _named(self, part: str) -> set[str]:
        """Return the students that most words of a name belong to."""
        words = self._without_assignment(words_of(part[:_LONGEST_PART].removesuffix(".ipynb")))
        fitting: dict[str, tuple[int, str]] = {}
        for id_, calls in self._calls.items():
            if fits := [(len(call), "".join(call)) for call in calls if _fits(call, words)]:
                fitting[id_] = max(fits)
        # "Ann Lee" must not match "Ann Lee Moss" as well.
        longest = max((length for length, _ in fitting.values()), default=0)
        texts = {id_: text for id_, (length, text) in fitting.items() if length == longest}
        return {
            id_
            for id_, text in texts.items()
            if not any(text != other and text in other for other in texts.values())
        }

    def _without_assignment(self, words: list[str]) -> list[str]:
        """Remove the assignment's own name: it is in every file, and may match a student's name."""
        for name in sorted(self._assignments, key=len, reverse=True):
            if (start := follows(name, words)) is not None:
                return [*words[:start], "", *words[start + len(name) :]]
        return words


_Part: TypeAlias = tuple[int, str, re.Match[str], set[str]]


def _matches(parts: Sequence[str]) -> Iterator[tuple[int, str, re.Match[str]]]:
    """Yield the parts of a path that a platform may have written, the outermost first."""
    for i, part in enumerate(parts):
        for platform, pattern in _PLATFORMS.items():
            if match := pattern.match(part[:_LONGEST_PART]):
                yield i, platform, match


def _iso(text: str) -> str:
    for form in _TIMES:
        with suppress(ValueError):
            return datetime.strptime(text.replace(".", ""), form).isoformat()
    return ""


def _fits(call: Sequence[str], words: Sequence[str]) -> bool:
    unspaced = len(call) == 1 and _UNSPACED.fullmatch(call[0])
    return follows(call, words) is not None or bool(
        unspaced and any(call[0] in word for word in words)
    )
