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
from pathlib import PurePosixPath

from hedgelib._text import printable
from hedgelib.classroom.personal import canonical

__all__ = ["People", "follows", "words_of"]

_LONGEST_PART = 300
_PLATFORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_",  # Moodle
        r"(?P<who>.+?)_attempt_\d{4}(?:-\d\d){5}",  # Blackboard
        # Brightspace
        r"(?P<number>\d+)-\d+ - (?P<who>.+?) - \w{3,9}\.? \d{1,2}, \d{4} \d{3,4}\b",
        r"(?P<who>[^_]+)(?:_late)?_(?P<number>\d+)_\d+_",  # Canvas
    )
)
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


class People:
    """Students of the roster, by the names that a file may give them."""

    def __init__(self, roster: Mapping[str, str], assignments: Sequence[str]) -> None:
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

    def person(self, name: str) -> str:
        """Return the number that a platform gives to the student of a file, if any."""
        part = self._platform_part(PurePosixPath(name).parts)
        return (part[1].groupdict().get("number") or "").lstrip("0") if part else ""

    def _named_by_parts(self, parts: Sequence[str]) -> Iterator[set[str]]:
        """Yield the students named by the part that a platform wrote, or else by each part."""
        if platform_part := self._platform_part(parts):
            i, match, named = platform_part
            yield named
            if len(named) == 1:
                return
            # The rest may decide between students of one name.
            parts = (parts[i][match.end() :], *parts[i + 1 :])
        yield from filter(None, map(self._named, parts))

    def _platform_part(self, parts: Sequence[str]) -> tuple[int, re.Match[str], set[str]] | None:
        """Return the outermost part that a platform wrote about a student of the roster."""
        for i, part in enumerate(parts):
            for match in filter(None, (p.match(part[:_LONGEST_PART]) for p in _PLATFORMS)):
                if named := self._named(match["who"]):
                    return i, match, named
        return None

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


def _fits(call: Sequence[str], words: Sequence[str]) -> bool:
    unspaced = len(call) == 1 and _UNSPACED.fullmatch(call[0])
    return follows(call, words) is not None or bool(
        unspaced and any(call[0] in word for word in words)
    )
