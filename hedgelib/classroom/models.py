"""The wrong models, read from `misconceptions.toml`: a source notebook names them by id.

The same model may give other numbers in other questions, which is how a class page can say what to
teach again.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hedgelib.errors import InvalidInput

__all__ = ["MODELS", "WrongModel", "read_models", "wrong_model"]

_FILE = Path(__file__).with_name("misconceptions.toml")
_KEYS = {"title", "why", "lesson"}


@dataclass(frozen=True, slots=True)
class WrongModel:
    """A wrong model: a mistake with a reason.

    Parameters
    ----------
    title : str
        In a few words, for charts and tables.
    says : str
        Explanation for the student, one or two sentences.
    lesson : str
        Number of the lesson that explains it, ``"02"``.
    """

    title: str
    says: str
    lesson: str


def read_models(path: Path) -> dict[str, WrongModel]:
    """Read the wrong models of a file by their ids, and report all faults of the file at once."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: cannot be read as TOML: {error}") from error
    models, faults = {}, []
    for name, table in tables.items():
        if not isinstance(table, dict) or set(table) != _KEYS:
            faults.append(f"{name}: must have {', '.join(sorted(_KEYS))} and nothing else")
        elif not all(isinstance(text, str) and text.strip() for text in table.values()):
            faults.append(f"{name}: each of its texts must be words in quotation marks")
        else:
            models[name] = WrongModel(table["title"], table["why"], table["lesson"])
    if faults:
        raise InvalidInput("\n".join(f"{path}, {fault}" for fault in faults))
    return models


MODELS: dict[str, WrongModel] = read_models(_FILE)
"""Every wrong model by the name that the sources use."""


def wrong_model(name: str) -> WrongModel:
    """Find a wrong model by its id; a source may name only those that are in the file."""
    if name not in MODELS:
        raise InvalidInput(f"no wrong model {name!r}; add it to hedgelib/classroom/{_FILE.name}")
    return MODELS[name]
