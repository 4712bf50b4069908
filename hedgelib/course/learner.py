"""A learner's own copy of the lessons: unrun, without answers, and never written over."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hedgelib.course.contents import LESSONS, notebooks_folder
from hedgelib.errors import HedgeError, InvalidInput

_STEMS = ("00_start_here", *(stem for stem, _, _ in LESSONS.values()), "reports/hedge_report")
NAMES = tuple(f"{stem}.ipynb" for stem in _STEMS)
"""What is copied: the start page, the lessons, and the notebook of the report."""
RECORD = ".hedgelib-lessons.json"
"""Says for each lesson of a folder which original it was copied from."""
INSTALL = "install"
"""The id of the cell by which a lesson gets the workbook where it is not installed."""

_IN_BROWSER = sys.platform == "emscripten"
# A magic of JupyterLite's kernel, and of no other, finds the workbook on the site.
_FROM_THE_SITE = "# Gets the workbook from this site.\n%pip install -q hedgelib"
_BROWSERS_KERNEL = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}


@dataclass(slots=True)
class Copied:
    """What happened to the lessons of a folder, by file name.

    - written: new here, or renewed because the learner had changed nothing
    - kept: changed by the learner, and there is no newer original
    - beside: changed by the learner, whose file is kept, with the newer original next to it
    """

    folder: Path
    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"The lessons are in {self.folder}."]
        if self.kept:
            lines.append(f"Kept as you have changed them: {', '.join(self.kept)}.")
        lines += [
            f"{name} has been revised. Yours is kept; the new one is {new}."
            for name, new in self.beside.items()
        ]
        return "\n".join(lines)


def unrun(text: str, *, in_browser: bool = _IN_BROWSER) -> str:
    """Return the text of a notebook without outputs and numbers of execution."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        if in_browser and cell["id"] == INSTALL:
            cell["source"] = _FROM_THE_SITE
    if in_browser:
        notebook["metadata"]["kernelspec"] = _BROWSERS_KERNEL
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _written(text: str) -> str:
    """Return a hash of what somebody wrote into a notebook: the kind and source of every cell."""
    cells: list[Any] = json.loads(text)["cells"]
    sources = [(cell["cell_type"], "".join(cell["source"]).rstrip()) for cell in cells]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def _read_record(folder: Path) -> dict[str, str]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {str(name): str(hashed) for name, hashed in record["copied from"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HedgeError(
            f"{folder / RECORD} cannot be read ({error}); delete it, and every lesson that you "
            "have changed is kept, with a new one next to it"
        ) from error


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, and its folder if that is missing."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        raise HedgeError(f"{path} cannot be written: {error.strerror}") from error


def _theirs(path: Path) -> str | None:
    """Return the hash of a learner's file: None if there is none, empty if it is no notebook."""
    try:
        return _written(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def copy_lessons(folder: Path, *, in_browser: bool = _IN_BROWSER) -> Copied:
    """Copy the lessons into a folder, and renew those that the learner has not changed.

    `in_browser` makes those of a site on which Python runs in the reader's browser.
    """
    folder = Path(os.path.abspath(folder.expanduser()))
    if folder.exists() and folder.samefile(notebooks_folder()):
        raise InvalidInput(f"{folder} has the lessons themselves: name another folder to work in")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HedgeError(f"{folder} cannot be made: {error.strerror}") from error
    record, copied = _read_record(folder), Copied(folder)
    for name in NAMES:
        text = (notebooks_folder() / name).read_text(encoding="utf-8")
        _copy(name, unrun(text, in_browser=in_browser), record, copied)
    write(folder / RECORD, json.dumps({"copied from": record}, indent=1) + "\n")
    return copied


def _copy(name: str, text: str, record: dict[str, str], copied: Copied) -> None:
    folder = copied.folder
    new, old, theirs = _written(text), record.get(name), _theirs(folder / name)
    if theirs is None or (theirs == old and new != old):
        write(folder / name, text)
        copied.written.append(name)
    elif theirs not in (new, old):
        if new == old:
            copied.kept.append(name)
            return
        beside = _beside(name)
        if _theirs(folder / beside) in (None, record.get(beside)):
            write(folder / beside, text)
            record[beside] = new
        copied.beside[name] = beside
        return
    record[name] = new


def _beside(name: str) -> str:
    return name.replace(".ipynb", "-new.ipynb")


def newer_lessons(folder: Path) -> dict[str, str]:
    """Return the lessons of a folder that have a newer copy next to them, by file name."""
    return {name: _beside(name) for name in NAMES if (folder / _beside(name)).is_file()}


def fresh_copy(number: str, folder: Path | None = None) -> str:
    """Lay a lesson aside and begin it afresh; return what was done."""
    folder = folder or Path.cwd()
    name = next((name for name in NAMES if name.startswith(f"{number}_")), "")
    if not name:
        raise InvalidInput(f"number must be that of a lesson, such as '03', got {number!r}")
    if not (folder / RECORD).is_file():
        raise InvalidInput(f"{folder} is no folder of lessons that `hedgelib lab` has made")
    stem = name.removesuffix(".ipynb")
    names = (f"{stem}-mine{i or ''}.ipynb" for i in range(10_000))
    mine = next(unused for unused in names if not (folder / unused).exists())
    if (folder / name).exists():
        os.replace(folder / name, folder / mine)
    copy_lessons(folder)
    return f"{name} is as on the first day. What you had is in {mine}."
