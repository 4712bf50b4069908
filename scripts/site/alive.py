"""What makes the pages of the site alive without a kernel: films, questions that can be answered.

A lesson is run once, and each widget that a cell shows is kept as compressed data, which the page's
script plays with the widget's own front end.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from hedgelib._lock import try_lock
from hedgelib.ask import sealed
from hedgelib.ask.sealed import deflated, seal
from hedgelib.ask.text import to_html
from hedgelib.ask.widget import QuestionWidget
from hedgelib.course.learner import write
from hedgelib.flight import film
from hedgelib.flight.film import flight_film
from hedgelib.flight.widget import FlightWidget
from hedgelib.museum import ExhibitWidget
from hedgelib.show.explorer import FILM_SCRIPT, STYLE, Explorer
from scripts.notebooks import WIDGET_VIEW

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "out" / "alive"
_LOOK_AGAIN = 0.2
STATIC = "_alive"
"""Folder of script and style among the sources of the site."""

_HERE = Path(__file__).parent
_READ = (
    "hedgelib/**/*.py",
    "hedgelib/**/*.toml",
    "data/**/*.*",
    "scripts/notebooks.py",
    "scripts/site/alive.py",
)
"""What a run depends on, besides its notebook; scripts and styles are added to a page later."""
_STYLES = (
    "hedgelib/ask/question.css",
    "hedgelib/flight/flight.css",
    "scripts/site/alive.css",
)
_OPEN = '<a href="#open-in">Open it alive</a>'
_NO_SCRIPT = "<noscript><p>With JavaScript you can use this here.</p></noscript>"


def script() -> str:
    """Return the script of the pages."""
    own = (_HERE / "alive.js").read_text(encoding="utf-8")
    parts = "\n".join([FILM_SCRIPT, sealed.SCRIPT, film.SCRIPT, own])
    return f"(() => {{\n{parts}}})();\n"


def style() -> str:
    """Return the style of what is alive."""
    return "\n".join([STYLE, *((ROOT / name).read_text(encoding="utf-8") for name in _STYLES)])


def page_assets(path: Path) -> dict[str, str]:
    """Return what takes the place of the widgets of a notebook: HTML by the cell's id.

    It is kept under ``out/alive`` until the notebook, the library, the data or an installed package
    change. Who comes while another process runs the notebook waits for it.
    """
    kept = KEPT / f"{path.stem}-{_hash(path)}.json"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{path.stem}.lock").open("ab") as lock:
        while not try_lock(lock.fileno()):
            time.sleep(_LOOK_AGAIN)
        if not kept.is_file():
            for old in KEPT.glob(f"{path.stem}-*.json"):
                old.unlink()
            _run(path, kept)
        # While the lock is held: who comes with newer sources deletes it.
        found: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def assets_of(paths: Iterable[Path]) -> dict[Path, dict[str, str]]:
    """Return what :func:`page_assets` returns for several notebooks, which run side by side."""
    listed = list(paths)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(listed, pool.map(page_assets, listed), strict=True))


def put_in(cell: dict[str, Any], html: str) -> None:
    """Put what is alive in the place of a cell's widgets, which are its outputs in HTML."""
    outputs: list[Any] = cell["outputs"]
    stills = [one for one in outputs if "text/html" in one.get("data", {})]
    at = outputs.index(stills[0]) if stills else len(outputs)
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}
    cell["outputs"] = [*outputs[:at], shown, *(o for o in outputs[at:] if o not in stills)]


def add_folder(app: Sphinx) -> None:
    """Let Sphinx copy script and style."""
    app.config.html_static_path.append(str(app.srcdir / STATIC))


def use(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Load script and style on the pages that show widgets."""
    if "hedge-page" in context.get("body", ""):
        app.add_js_file("alive.js", loading_method="defer")
        app.add_css_file("alive.css")


def _hash(path: Path) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [(cell["id"], cell["source"]) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode() + _library()).hexdigest()[:16]


@cache
def _library() -> bytes:
    installed = sorted({f"{one.name} {one.version}" for one in distributions()})
    whole = hashlib.sha256("\n".join([sys.version, *installed]).encode())
    for pattern in _READ:
        for path in sorted(ROOT.glob(pattern)):
            whole.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return whole.digest()


def _run(path: Path, kept: Path) -> None:
    """Run a notebook in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="alive") as folder:
        search = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        subprocess.run(
            [sys.executable, "-m", "scripts.site.alive", str(path.resolve()), str(kept)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": search, "IPYTHONDIR": folder},
            check=True,
        )


def widgets_of(path: Path) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Run a notebook here; give each cell that shows widgets, with its widgets."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from ipywidgets import Widget

    made: list[Any] = []
    Widget.on_widget_constructed(made.append)
    shell = InteractiveShell.instance()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        with capture_output() as shown:
            # The shell would put its own hook in the place of the one that collects.
            shell.display_trap.hook = sys.displayhook
            shell.run_cell("".join(cell["source"])).raise_error()
        views = [one.data[WIDGET_VIEW] for one in shown.outputs if WIDGET_VIEW in one.data]
        by_id = {widget.model_id: widget for widget in made}
        widgets = [by_id[view["model_id"]] for view in views]
        if widgets:
            yield cell, widgets


def enlivened(cell: dict[str, Any], widgets: list[Any]) -> str:
    """Return what a page shows of the widgets of a cell."""
    coded = "".join(cell["source"]).rstrip().splitlines()[-1].startswith("check(")
    parts = "".join(_enlivened(widget, coded=coded) for widget in widgets)
    return f'<div class="hedge-page mathjax_ignore" data-cell="{cell["id"]}">{parts}</div>'


def _enlivened(widget: Any, *, coded: bool) -> str:
    if isinstance(widget, Explorer):
        still = widget._repr_mimebundle_()[0]["text/html"]
        return _alive("explorer", still, widget.film())
    if isinstance(widget, FlightWidget):
        return _alive("flight", widget.still(), _flight(widget))
    if isinstance(widget, QuestionWidget):
        return _question(widget, coded=coded)
    if isinstance(widget, ExhibitWidget):
        still = widget._repr_mimebundle_()[0]["text/html"]
        return still + _note(f"An input is tried by the exhibit's own code. {_OPEN} to try one.")
    return _note(f"Here a slider runs your own code. {_OPEN} to move it.")


def _flight(widget: FlightWidget) -> dict[str, Any]:
    """Return the film of a flight, whose landing leads to pages of the site."""
    flown = flight_film(widget)
    for days in flown["days"].values():
        lessons = days[-1]["screen"]["landing"]["lessons"]
        lessons[:] = [[name, f"{href.removesuffix('.ipynb')}.html"] for name, href in lessons]
    return flown


def _question(widget: QuestionWidget, *, coded: bool) -> str:
    options = "".join(f"<li>{to_html(text)}</li>" for text in widget.asked.options.values())
    still = f"{widget.spec['ask']}{f'<ul>{options}</ul>' if options else ''}"
    still = f'<div class="hedge-question">{still}</div>'
    alive = _alive("question", still, seal(widget))
    if widget.asked.kind == "function":
        return alive + _note(f"The answer is a function, in code. {_OPEN} to write it.")
    if coded:
        return alive + _note(f"Type the number, or {_OPEN.replace('O', 'o', 1)} to answer in code.")
    return alive


def _alive(kind: str, still: str, data: Any) -> str:
    packed = b64encode(deflated(data)).decode()
    return (
        f'<div data-alive="{kind}">{still}{_NO_SCRIPT}'
        f'<script type="text/plain">{packed}</script></div>'
    )


def _note(html: str) -> str:
    return f'<p class="hedge-note">{html}</p>'


def main(path: str, kept: str) -> None:
    """Run a notebook and write what its page is to show."""
    found = {cell["id"]: enlivened(cell, widgets) for cell, widgets in widgets_of(Path(path))}
    write(Path(kept), json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
