"""What people get wrong, read from `misconceptions.toml`: questions name a misconception by its id.

The same one leads to other numbers in other questions, which is how a page can say what to look at
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hedgelib.ask.text import read_toml
from hedgelib.errors import InvalidInput

_FILE = Path(__file__).with_name("misconceptions.toml")
_KEYS = {"title", "why", "lesson"}


@dataclass(frozen=True, slots=True)
class Misconception:
    """A mistake with a reason.

    - title: a few words, for charts and tables
    - why: one or two sentences for the learner, which do not give the answer away
    - lesson: number of the lesson that explains it, ``"02"``
    """

    title: str
    why: str
    lesson: str


@cache
def misconceptions(path: Path = _FILE) -> dict[str, Misconception]:
    """Return every misconception by its id, and report all faults of the file at once."""
    catalogue, faults = {}, []
    for name, table in read_toml(path).items():
        if not isinstance(table, dict) or set(table) != _KEYS:
            faults.append(f"{name}: must have {', '.join(sorted(_KEYS))} and nothing else")
        elif not all(isinstance(text, str) and text.strip() for text in table.values()):
            faults.append(f"{name}: each of its texts must be words in quotation marks")
        else:
            catalogue[name] = Misconception(**table)
    if faults:
        raise InvalidInput("\n".join(f"{path}, {fault}" for fault in faults))
    return catalogue


def misconception(name: str) -> Misconception:
    """Return a misconception by its id; questions may name only those that are in the file."""
    catalogue = misconceptions()
    if name not in catalogue:
        raise InvalidInput(f"no misconception {name!r}; add it to hedgelib/ask/{_FILE.name}")
    return catalogue[name]
