"""Run the lessons again and save their outputs: ``python scripts/notebooks.py``.

A lesson is run by a fresh kernel in an empty folder. What is saved holds nothing of the machine or
the hour, so that running twice changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbclient
import nbformat as _nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

from hedgelib.errors import HedgeError
from scripts.addresses import INSTALL, install_cell

nbformat: Any = _nbformat  # typed only in part

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
SECONDS_PER_CELL = 120

ROOT = Path(__file__).resolve().parents[1]

_HIDDEN = "hide-input"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"<[^<>]* (?:object )?at 0x[0-9a-fA-F]+>")
_FOLDERS = re.compile(
    r"(?<![\w./])(?:/(?:home|Users|root|tmp|var/folders|private)/[^\s'\"<>]+|[A-Za-z]:\\[^\s'\"<>]+)"
)


WORDS_A_MINUTE, LINES_A_MINUTE = 200, 12
MINUTES = {"exercise": 2, "guess": 1, "explorer": 3}
RECALLED = 3

_TIME = re.compile(r"(?<=\*\*Time\*\* )\d+(?= minutes\.)")
_ASKED = re.compile(r"""(?:ask|check)\(\s*["']\w+\.(\w+)["']""")
_FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
_TAG, _WORD = re.compile(r"<[^>]+>"), re.compile(r"[A-Za-z0-9$%][\w$%.,'-]*")

_SENTENCE = (ast.Assign, ast.For, ast.Expr)


def kind_of_cell(source: str) -> str:
    """Return the purpose of a cell whose code teaches nothing.

    Returns
    -------
    str
        ``"imports"``, ``"question"``, ``"explorer"``, ``"table"``, ``"sentence"`` or ``"finder"``;
        ``"curious"`` for one that says so; empty for a cell whose code is to be read.
    """
    if source.startswith("# For the curious"):
        return "curious"
    body = ast.parse(source).body
    if not body:
        return ""
    called = {name for statement in body for name in _calls(statement)}
    if any(isinstance(statement, ast.Import | ast.ImportFrom) for statement in body):
        return "imports"
    if called & {"ask", "exhibit"}:
        return "question"
    shown = body[-1].value if isinstance(body[-1], ast.Expr) else None
    if called & {"Explorer", "Slider", "Choice", "FlightWidget"} or (
        isinstance(shown, ast.Name) and shown.id == "explorer"
    ):
        return "explorer"
    last = next(_calls(shown), "") if isinstance(shown, ast.Call) else ""
    if last == "Table":
        return "table"
    if last.startswith("find_") or last in (
        *("begin_again", "check_environment", "lesson_map", "next_lesson"),
    ):
        return "finder"
    told = last in ("say", "seen") or last.startswith("say_")
    return "sentence" if told and all(isinstance(s, _SENTENCE) for s in body) else ""


def _calls(node: ast.AST) -> Iterator[str]:
    """Return the names of the called functions, the outermost first."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Name):
                yield call.func.id
            elif isinstance(call.func, ast.Attribute):
                yield call.func.attr


class NotebookError(HedgeError):
    """A notebook that cannot be run, or whose outputs must not be kept."""


def lessons() -> list[Path]:
    """List the lessons of this copy of the workbook, in their order, and the report."""
    folder = ROOT / "notebooks"
    found = [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("reports/*.ipynb"))]
    if not found:
        raise NotebookError(f"there are no notebooks in {folder}; name the files to run")
    return found


def normalise(notebook: Any) -> Any:
    """Return a copy of a notebook without anything that differs between runs or machines."""
    clean = deepcopy(notebook)
    clean.nbformat, clean.nbformat_minor = 4, 5
    kept = {name: clean.metadata[name] for name in ("title", "authors") if name in clean.metadata}
    clean.metadata = nbformat.from_dict({**kept, "kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in clean.cells:
        tags = [tag for tag in cell.metadata.get("tags", []) if tag != _HIDDEN]
        cell.source = cell.source.rstrip()
        cell.pop("attachments", None)
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = list(_outputs(cell.outputs))
            if kind_of_cell(cell.source):
                # JupyterLab folds by the one, a site by the other.
                cell.metadata["jupyter"] = {"source_hidden": True}
                tags.append(_HIDDEN)
        if tags:
            cell.metadata["tags"] = tags
    if clean.cells and _TIME.search(clean.cells[0].source):
        clean.cells[0].source = _TIME.sub(str(minutes(clean)), clean.cells[0].source)
    return clean


def add_install(notebook: Any) -> None:
    """Put the cell that installs a missing workbook after the top of a lesson, or renew it."""
    cells = notebook.cells
    if len(cells) < 2 or cells[1].id != INSTALL:
        cells.insert(1, nbformat.v4.new_code_cell(id=INSTALL))
    cells[1].source = install_cell()


def minutes(notebook: Any) -> int:
    """Estimate the minutes that a lesson takes, to the nearest five.

    Counted are the words that a learner reads, the lines of open code, the questions and the
    explorers. What is folded away for the curious is not.
    """
    prose, lines = 0, 0
    parts = Counter[str]()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose += _words(cell.source)
            continue
        kind = kind_of_cell(cell.source)
        asked = _ASKED.findall(cell.source)
        parts.update("exercise" if number.isdigit() else "guess" for number in asked)
        parts["guess"] += RECALLED * ("recall(" in cell.source)
        parts["explorer"] += kind == "explorer"
        if kind in ("", "sentence"):
            prose += sum(
                _words(text)
                for output in cell.outputs
                if (text := output.get("data", {}).get("text/markdown"))
            )
        if not kind and not asked:
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
    whole = prose / WORDS_A_MINUTE + lines / LINES_A_MINUTE
    whole += sum(MINUTES[part] * count for part, count in parts.items())
    return 5 * round(whole / 5)


def _words(text: str) -> int:
    return len(_WORD.findall(_TAG.sub(" ", _FOLDED.sub(" ", text))))


def _outputs(outputs: Sequence[Any]) -> Iterator[Any]:
    last: Any = None
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            if last is not None and last.output_type == "stream":
                last.text += output.text
                continue
        elif "data" in output:
            widget = output.data.pop(WIDGET_VIEW, None)
            # The text of `ipywidgets.interact` says how it is made, and not what it shows.
            text = output.data.get("text/plain", "")
            if not output.data or (widget and text.startswith("interactive(")):
                continue
        last = output
        yield output


def written(notebook: Any) -> str:
    """Return the text of a notebook's file."""
    text: str = nbformat.writes(notebook)
    return text.rstrip() + "\n"


def execute(path: Path) -> Any:
    """Run a notebook in an empty folder with its own kernel."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise NotebookError(f"{path}: there is no such file") from error
    except (ValueError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path}: not a notebook: {error}") from error
    if path.resolve().parent == ROOT / "notebooks":
        add_install(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    # The kernel has to load this copy of hedgelib, installed or not.
    search = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(search)}
    with (
        tempfile.TemporaryDirectory(prefix="lesson") as folder,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as kernel_log,
    ):
        client = nbclient.NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name=KERNEL["name"],
            resources={"metadata": {"path": folder}},
            record_timing=False,
            # Without it nbclient fails on an output widget; `normalise` drops the state.
            store_widget_state=True,
        )
        try:
            asyncio.run(client.async_execute(env=environment, stderr=kernel_log))
        except CellExecutionError as error:
            raise NotebookError(f"{path}: a cell fails\n{_COLOUR.sub('', str(error))}") from error
        except (DeadKernelError, TimeoutError) as error:
            kernel_log.seek(0)
            raise NotebookError(f"{path}: {error}\n{kernel_log.read()}") from error
        left = sorted(entry.name for entry in Path(folder).iterdir())
    if left:
        raise NotebookError(f"{path}: writes {', '.join(left)} into its working folder; use work/")
    for number, cell in _code(notebook):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                print(f"{path.name}, cell {number}, left out: {output.text}", file=sys.stderr)
    clean = normalise(notebook)
    found = list(leaks(clean))
    if found:
        raise NotebookError("\n".join(f"{path}, {leak}" for leak in found))
    return clean


def _code(notebook: Any) -> Iterator[tuple[int, Any]]:
    return ((i, cell) for i, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code")


def leaks(notebook: Any) -> Iterator[str]:
    """Find outputs that reveal this machine."""
    own = {str(ROOT), sys.prefix, sys.base_prefix, str(Path.home())}
    own -= {"/", "/usr"}
    for number, cell in _code(notebook):
        for output in cell.outputs:
            for text in _texts(output):
                found = [path for path in sorted(own) if path in text]
                found += _FOLDERS.findall(text)
                if found:
                    yield f"cell {number} shows a path of this machine: {found[0]}"
                elif address := _ADDRESS.search(text):
                    yield f"cell {number} shows an address in memory: {address[0]}"


def _texts(output: Any) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    elif output.output_type == "error":
        yield "\n".join([output.ename, output.evalue, *output.traceback])
    else:
        for kind, value in output.data.items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield value if isinstance(value, str) else repr(value)


def _differences(old: Any, new: Any) -> list[str]:
    """Return the names of the cells that another run changes."""
    before = {cell.id: dict(cell) for cell in old.cells}
    cells = [f"cell {i}" for i, b in enumerate(new.cells, 1) if before.get(b.id) != dict(b)]
    return cells or (["its metadata"] if old != new else [])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run lessons again, in place or only to check whether anything would change."""
    parser = argparse.ArgumentParser(
        prog="python scripts/notebooks.py",
        description="Run lessons again and save their outputs.",
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, help="notebooks to run; default: all lessons"
    )
    parser.add_argument(
        "--check", action="store_true", help="change no file; fail if one would change"
    )
    options = parser.parse_args(arguments)
    failed = False
    try:
        paths = options.paths or lessons()
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        try:
            notebook = execute(path)
        except NotebookError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        text = written(notebook)
        if text == path.read_text(encoding="utf-8"):
            print(f"{path.name}: unchanged")
        elif options.check:
            changes = _differences(nbformat.read(path, as_version=4), notebook)
            print(f"{path.name}: would change: {', '.join(changes) or 'its layout'}")
            failed = True
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name}: written")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
