"""Build the workbook that needs no installation: ``make lite``.

The site is JupyterLite: JupyterLab and Python in the reader's browser. It holds the lessons, the
library and those of its requirements that Pyodide does not bring; Python itself, numpy, pandas and
matplotlib are loaded by the browser from where Pyodide publishes them.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.parser import Parser
from pathlib import Path
from typing import Any, NamedTuple

from jupyterlite_pyodide_kernel.constants import (
    PYODIDE_CDN_URL,
    PYODIDE_KERNEL_PLUGIN_ID,
    PYODIDE_LOCK,
    PYODIDE_MJS,
    PYODIDE_VERSION,
)
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hedgelib.course.learner import copy_lessons, write
from hedgelib.errors import HedgeError
from hedgelib.report.pdf import find_chromium

ROOT = Path(__file__).resolve().parents[1]
PYODIDE = ROOT / "scripts" / "pyodide.json"
"""What Pyodide brings, of the version that the installed kernel uses; ``--pyodide`` renews it."""
_EXTENSIONS = Path(sys.prefix, "share", "jupyter", "labextensions")
EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@jupyterlite/pyodide-kernel-extension",
    "anywidget",
    "jupyterlab_pygments",
)
KERNEL = ("ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
"""What the kernel of the site installs when it starts."""
_WHEELS = Path(sys.prefix, "lite-wheels")
TRIED = ("01_spot_and_futures.ipynb", "03_how_much_to_short.ipynb")
_PANEL = "window.jupyterapp?.shell.currentWidget"
_PATIENCE_SECONDS = 300
_START = "lab/index.html?path=00_start_here.ipynb"


class Pyodide(NamedTuple):
    """A release of Pyodide: its Python, its packages, and what its standard library lacks."""

    version: str
    python: str
    packages: dict[str, str]
    lacks: list[str]

    @property
    def environment(self) -> dict[str, str]:
        """Return the values of the markers that requirements are read with there."""
        return {
            "extra": "",
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": "wasm32",
            "platform_python_implementation": "CPython",
            "platform_system": "Emscripten",
            "python_full_version": self.python,
            "python_version": ".".join(self.python.split(".")[:2]),
            "sys_platform": "emscripten",
        }


def read_pyodide() -> Pyodide:
    """Read the committed list of what the Pyodide of the site brings."""
    brought = json.loads(PYODIDE.read_text(encoding="utf-8"))
    del brought["source"]
    if brought["version"] != PYODIDE_VERSION:
        raise HedgeError(
            f"{PYODIDE.name} is of Pyodide {brought['version']}, and the installed kernel takes "
            f"{PYODIDE_VERSION}: run python scripts/lite.py --pyodide"
        )
    return Pyodide(**brought)


class Wheel(NamedTuple):
    """What a wheel says of itself."""

    path: Path
    name: str
    version: str
    requires: list[Requirement]
    requires_python: str


def read_wheel(path: Path) -> Wheel:
    """Read the metadata of a wheel."""
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(archive.read(name).decode())
    return Wheel(
        path=path,
        name=canonicalize_name(said["Name"]),
        version=said["Version"],
        requires=[Requirement(text) for text in said.get_all("Requires-Dist", [])],
        requires_python=said["Requires-Python"] or "",
    )


def build_wheel(folder: Path) -> Wheel:
    """Build the wheel of hedgelib."""
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)])
    return read_wheel(next(folder.glob("hedgelib-*.whl")))


def _run(command: Sequence[str], folder: Path = ROOT) -> None:
    ran = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = ran.stdout.strip().splitlines()[-12:]
        raise HedgeError("\n".join([f"{' '.join(command[:4])} ... failed:", *said]))


def kernel_wheels() -> list[Wheel]:
    """Return the wheels that come with the kernel's extension."""
    folder = _EXTENSIONS / "@jupyterlite" / "pyodide-kernel-extension" / "static" / "pypi"
    return [read_wheel(path) for path in sorted(folder.glob("*.whl"))]


def resolve(hedgelib: Wheel, fetch: Callable[[str], Wheel]) -> dict[str, Wheel]:
    """Return the wheels that the site must have, by name, as the browser will look for them.

    The browser takes a package from Pyodide where Pyodide has it, else from the kernel's extension,
    else from the site; `fetch` gets the wheel of a package that neither of the first two has.
    """
    pyodide, site = read_pyodide(), {hedgelib.name: hedgelib}
    extension = {wheel.name: wheel for wheel in kernel_wheels()}
    seen: set[str] = set()
    wanted = [Requirement("hedgelib"), *map(Requirement, KERNEL)]
    wanted += [one for wheel in extension.values() for one in wheel.requires]
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if one.marker and not one.marker.evaluate(pyodide.environment):
            continue
        if name in pyodide.packages:
            version = pyodide.packages[name]
        else:
            if name not in extension and name not in site:
                site[name] = fetch(name)
            wheel = extension.get(name) or site[name]
            version = wheel.version
            wanted += [] if name in seen else wheel.requires
            if not SpecifierSet(wheel.requires_python).contains(pyodide.python):
                raise HedgeError(
                    f"{name} needs Python {wheel.requires_python}, the browser has {pyodide.python}"
                )
        if not one.specifier.contains(version, prereleases=True):
            raise HedgeError(f"{one} is needed, but the browser gets {name} {version}")
        seen.add(name)
    return site


def locked(name: str) -> tuple[str, set[str]]:
    """Return the entry of a package in the project's lock, and the hashes that it allows."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entry = re.search(rf"^{re.escape(name)}==.*\n(?:    .*\n)*", text, re.MULTILINE)
    if entry is None:
        raise HedgeError(f"{name} is needed, and requirements.lock does not have it; run make lock")
    return entry[0], set(re.findall(r"sha256:([0-9a-f]{64})", entry[0]))


def fetch_wheel(name: str) -> Wheel:
    """Return the wheel of a package that runs on any machine, at the version of the lock.

    It is kept in the environment, so that the next build needs no network.
    """
    entry, hashes = locked(name)
    if kept := _kept(hashes):
        return kept
    with tempfile.TemporaryDirectory() as folder:
        lock, wheels = Path(folder, "lock"), Path(folder, "wheels")
        lock.write_text(entry, encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
        pip += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--platform=any"]
        pip += ["--implementation=py", f"--python-version={read_pyodide().python}"]
        _run([*pip, "--dest", str(wheels), "--requirement", str(lock)])
        _WHEELS.mkdir(exist_ok=True)
        for path in wheels.iterdir():
            shutil.move(path, _WHEELS / path.name)
    if kept := _kept(hashes):
        return kept
    raise HedgeError(f"{name} has no wheel that runs on any machine; the browser cannot install it")


def _kept(hashes: set[str]) -> Wheel | None:
    for path in _WHEELS.glob("*-none-any.whl"):
        if hashlib.sha256(path.read_bytes()).hexdigest() in hashes:
            return read_wheel(path)
    return None


def build(out: Path, local_pyodide: Path | None = None) -> None:
    """Build the site; with a folder of Pyodide, all of Python is part of the site."""
    if local_pyodide and not (local_pyodide / PYODIDE_MJS).is_file():
        raise HedgeError(f"{local_pyodide} has no {PYODIDE_MJS}: name a folder of Pyodide's files")
    if out.exists() and not (out.is_dir() and is_site_or_empty(out)):
        raise HedgeError(f"{out} holds something else than a site: name another folder")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "built").mkdir()
        site = resolve(build_wheel(folder / "built"), fetch_wheel)
        copy_lessons(folder / "lessons", in_browser=True)
        _configure(folder, site, local_pyodide)
        command = [sys.executable, "-m", "jupyterlite_core", "build"]
        _run([*command, "--output-dir", str(folder / "site")], folder / "lite")
        _finish(folder / "site")
        _put(folder / "site", out)


def _put(site: Path, out: Path) -> None:
    """Put a new site in the place of the old one, whole even if this is interrupted."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lite-", dir=out.parent) as beside:
        new = shutil.move(site, Path(beside, "new"))
        if out.exists():
            out.rename(Path(beside, "old"))
        new.rename(out)


def is_site_or_empty(folder: Path) -> bool:
    """Tell whether a folder may be replaced by a new site."""
    return (folder / "jupyter-lite.json").is_file() or not any(folder.iterdir())


def _configure(folder: Path, site: dict[str, Wheel], local_pyodide: Path | None) -> None:
    settings = ROOT / "etc" / "jupyter" / "labconfig" / "default_setting_overrides.json"
    how: dict[str, Any] = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "contents": [str(folder / "lessons")],
            "federated_extensions": [str(_EXTENSIONS / name) for name in EXTENSIONS],
            "ignore_sys_prefix": ["federated_extensions"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            # Progress is kept only where the file is by which `hedgelib lab` knows its folders.
            "ignore_contents": [],
        },
        "ContentsManager": {"allow_hidden": True},
        "PipliteAddon": {"piplite_urls": [str(wheel.path) for wheel in site.values()]},
    }
    page = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Hedging workbook",
            # `--try` and the tests run a lesson by its commands.
            "exposeAppInBrowser": True,
            "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: {"disablePyPIFallback": True}},
        },
    }
    lite = folder / "lite"
    if local_pyodide:
        # Source maps are left out of all that is built, and may not be in what it is built from.
        ignored = shutil.ignore_patterns("*.map")
        shutil.copytree(local_pyodide, lite / "static" / "pyodide", ignore=ignored)
    write(lite / "jupyter_lite_config.json", json.dumps(how))
    write(lite / "jupyter-lite.json", json.dumps(page))
    write(lite / "overrides.json", settings.read_text(encoding="utf-8"))


def _finish(site: Path) -> None:
    """Let the site open at the start page, and say why if Python cannot be loaded."""
    settings = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))
    kernel = settings["jupyter-config-data"]["litePluginSettings"][PYODIDE_KERNEL_PLUGIN_ID]
    address = kernel.get("pyodideUrl", f"{PYODIDE_CDN_URL}/{PYODIDE_MJS}")
    shutil.copyfile(ROOT / "scripts" / "lite.js", site / "lite.js")
    script = f'<script defer src="../lite.js" data-python="{address}"></script></head>'
    _replace(site / "lab" / "index.html", "</head>", script)
    _replace(site / "index.html", "await import('./config-utils.js');", f'location = "{_START}";')


def _replace(page: Path, old: str, new: str) -> None:
    text = page.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise HedgeError(f"{page.name} of this JupyterLite has not one {old!r}: see _finish")
    page.write_text(text.replace(old, new), encoding="utf-8")


def renew_pyodide() -> None:
    """Write down what the Pyodide of the installed kernel brings; needs npm and node."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        npm = ["npm", "install", "--no-save", "--ignore-scripts", "--prefix", name]
        _run([*npm, f"pyodide@{PYODIDE_VERSION}"])
        package = folder / "node_modules" / "pyodide"
        lock = (package / PYODIDE_LOCK).read_bytes()
        (folder / "ask.mjs").write_text(_ASK, encoding="utf-8")
        _run(["node", str(folder / "ask.mjs"), str(folder / "lacks.json")])
        brought = json.loads(lock)
        PYODIDE.write_text(
            json.dumps(
                {
                    "source": f"{PYODIDE_LOCK} of the npm package pyodide {PYODIDE_VERSION}, "
                    f"sha256 {hashlib.sha256(lock).hexdigest()}; "
                    "lacks: modules of the standard library that this Pyodide does not find",
                    "version": PYODIDE_VERSION,
                    "python": brought["info"]["python"],
                    "packages": {
                        canonicalize_name(one["name"]): one["version"]
                        for name, one in sorted(brought["packages"].items())
                        if not name.endswith("-tests")
                    },
                    "lacks": json.loads((folder / "lacks.json").read_text(encoding="utf-8")),
                },
                indent=1,
            )
            + "\n",
            encoding="utf-8",
        )


_ASK = """import { writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";
const python = await loadPyodide();
writeFileSync(process.argv[2], python.runPython(`
import importlib.util, json, sys
json.dumps([n for n in sorted(sys.stdlib_module_names) if importlib.util.find_spec(n) is None])
`));
"""


@contextmanager
def serve(site: Path) -> Iterator[str]:
    """Serve the site on this machine; yield its address."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def try_lessons(site: Path) -> bool:
    """Run two lessons in Chromium as a reader would; print how each went."""
    from playwright.sync_api import Error, sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise HedgeError("Chromium was not found; install it, or set HEDGELIB_CHROMIUM to its path")
    # Chromium's own sandbox refuses to work for root.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with serve(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if root else []
        )
        verdicts = []
        for lesson in TRIED:
            try:
                wrong = run_lesson(browser.new_page(), address, lesson)
            except Error as error:  # such as an end of the patience
                wrong = error.message.splitlines()[0]
            print(f"{lesson}: {wrong or 'every cell runs'}", flush=True)
            verdicts.append(wrong)
        browser.close()
    return not any(verdicts)


def run_lesson(page: Any, address: str, lesson: str) -> str:
    """Open a lesson of the site and run it; return what went wrong, or nothing."""
    page.set_default_timeout(_PATIENCE_SECONDS * 1000)
    page.goto(f"{address}lab/index.html?path={lesson}")
    page.wait_for_function(
        f"""() => document.querySelector("#no-python")
          || {_PANEL}?.sessionContext.session?.kernel?.status === "idle" """
    )
    if message := page.evaluate("document.querySelector('#no-python')?.textContent"):
        return str(message)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    cells: list[Any] = page.evaluate(f"{_PANEL}.content.model.toJSON().cells")
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"])]
    for cell in code:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                return f"cell {cell['id']}: {output['ename']}: {output['evalue']}"
    not_run = [cell["id"] for cell in code if cell["execution_count"] is None]
    return f"not run: {', '.join(not_run)}" if not_run else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="lite.py", description="Build the workbook that needs nothing but a browser."
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "out" / "lite", help="folder of the site, replaced whole"
    )
    parser.add_argument(
        "--local-pyodide",
        type=Path,
        metavar="FOLDER",
        help="a folder of Pyodide's files that becomes part of the site",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--try", action="store_true", dest="tried", help="run two of its lessons")
    what.add_argument(
        "--pyodide", action="store_true", help="write down anew what Pyodide brings (npm, node)"
    )
    asked = parser.parse_args(arguments)
    try:
        if asked.pyodide:
            renew_pyodide()
            return 0
        build(asked.out, asked.local_pyodide)
        if asked.tried:
            return 0 if try_lessons(asked.out) else 1
        print(f"{asked.out} is the site; to look at it, python -m http.server -d {asked.out}")
        return 0
    except HedgeError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
