"""A JupyterLab and a browser that leave the user's own ones alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

ROOT = Path(__file__).resolve().parent.parent
# Only ends a run that hangs; nothing that works comes near it, on a busy machine either.
PATIENCE_SECONDS = 180
LOOPBACK = "127.0.0.1"
FRONT_ENDS = ("jupyterlab", "notebook")
VIEWPORT = {"width": 1400, "height": 1000}


def own_environment() -> dict[str, str]:
    """Return the environment without what a `make test` around the suite put there."""
    makes = {"MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS"}
    makes |= {"OUT", "PORTFOLIO", "ROSTER", "SUBMISSIONS"}
    return {name: value for name, value in os.environ.items() if name not in makes}


def poll(condition: Callable[[], Any], what: str, hopeless: Callable[[], str | None]) -> Any:
    """Return the first true value of `condition`; give up when `hopeless` says why."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        if value := condition():
            return value
        if reason := hopeless():
            pytest.fail(f"{what}: {reason}")
        if time.monotonic() > end:
            pytest.fail(f"{what}: nothing after {PATIENCE_SECONDS} s")
        time.sleep(0.1)


def http_status(url: str, headers: dict[str, str] | None = None) -> int | None:
    """Return the HTTP status of `url`, or None while nobody answers."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers or {}), timeout=PATIENCE_SECONDS
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


@dataclass(frozen=True, kw_only=True)
class LabServer:
    """A running JupyterLab or Notebook 7: its address, its token and the folder that it serves."""

    app: str
    url: str
    token: str
    root: Path

    @property
    def notebooks(self) -> Path:
        """The copy of the project's notebooks; a test may write others beside them."""
        return self.root / "notebooks"

    def address(self, notebook: str) -> str:
        """Return where to open a notebook, named by its path under notebooks/."""
        place = "notebooks" if self.app == "notebook" else "lab/tree"
        return f"{self.url}{place}/notebooks/{quote(notebook)}?reset&token={self.token}"


def isolated_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Jupyter keeps everything of its own under `folder`."""
    kept = own_environment()
    kept = {k: v for k, v in kept.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    # The caches stay: matplotlib's list of fonts takes long to make.
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return kept | {
        "HOME": str(folder),
        "XDG_CACHE_HOME": cache,
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "etc" / "jupyter"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "PYTHONPATH": str(ROOT),
    }


def server_record(runtime: Path) -> dict[str, Any] | None:
    """Return what the server that runs in `runtime` says about itself, once it answers."""
    for path in runtime.glob("jpserver-*.json"):
        try:
            record: dict[str, Any] = json.loads(path.read_text())
        except ValueError:  # still being written
            continue
        headers = {"Authorization": f"token {record['token']}"}
        if http_status(record["url"] + "api/status", headers) == 200:
            return record
    return None


@contextmanager
def started(
    command: Sequence[str], folder: Path, environment: dict[str, str], log: Path
) -> Iterator[Callable[[Callable[[], Any], str], Any]]:
    """Run a server in a folder; yield a function that polls while the server runs."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def ended() -> str | None:
        return log.read_text() if process.poll() is not None else None

    try:
        yield lambda condition, what: poll(condition, what, ended)
    finally:
        stop(process)


def stop(process: subprocess.Popen[Any]) -> None:
    """End a server that this session started and what it has started, kindly at first."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def serve_lab(app: str = "jupyterlab") -> Iterator[LabServer]:
    """Start JupyterLab, or `notebook`, on a free loopback port with the settings of `make lab`."""
    # A short path: a kernel's sockets lie under it, and their names have a limit.
    with tempfile.TemporaryDirectory(prefix="lab", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        root = folder / "workbook"
        shutil.copytree(
            ROOT / "notebooks",
            root / "notebooks",
            ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
        )
        overrides = folder / "config" / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir(parents=True)
        # Off-screen cells stay in the page, where a test can look at them.
        tracker = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
        overrides.write_text(json.dumps(tracker))

        command = [sys.executable, "-m", app, "--no-browser", "--expose-app-in-browser"]
        command += [f"--ip={LOOPBACK}", "--port=0", f"--ServerApp.root_dir={root}"]
        command += ["--allow-root"] if os.geteuid() == 0 else []
        with started(command, root, isolated_environment(folder), folder / "log") as wait_for:
            record = wait_for(lambda: server_record(folder / "run"), "JupyterLab did not start")
            yield LabServer(app=app, url=record["url"], token=record["token"], root=root)


@contextmanager
def start_browser(chromium: str) -> Iterator[Browser]:
    """Start a browser from which nothing but this machine can be reached."""
    from playwright.sync_api import sync_playwright

    arguments = [f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {LOOPBACK}"]
    # Chromium's own sandbox refuses to work for root.
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield running
        running.close()


@contextmanager
def watched_page(
    browser: Browser, outside_requests: list[str], page_errors: list[str]
) -> Iterator[Page]:
    """Open a page that tells what it asks for off this machine, and what fails in it."""

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != LOOPBACK:
            outside_requests.append(request.url)

    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.on("request", note)
    context.on("weberror", lambda error: page_errors.append(str(error.error)))
    yield context.new_page()
    context.close()


# Not the current widget: there is none while the focus moves.
PANEL = "[...window.jupyterapp.shell.widgets('main')].find(w => w.context?.path === path)"


@dataclass(frozen=True, kw_only=True)
class OpenNotebook:
    """A notebook open in JupyterLab or Notebook 7, its kernel idle."""

    page: Page
    path: str

    @classmethod
    def open(cls, page: Page, server: LabServer, notebook: str) -> OpenNotebook:
        """Open a notebook, named by its path under notebooks/, in a page."""
        metadata = json.loads((server.notebooks / notebook).read_text())["metadata"]
        assert "kernelspec" in metadata, f"{notebook} names no kernel, so JupyterLab would ask"
        path = f"notebooks/{notebook}"
        page.goto(server.address(notebook))
        page.wait_for_function(
            f"""(path) => {{
              const panel = window.jupyterapp && {PANEL};
              return panel?.context.isReady && panel.sessionContext.isReady
                && panel.sessionContext.session?.kernel?.status === 'idle';
            }}""",
            arg=path,
        )
        return cls(page=page, path=path)

    def run_all(self) -> list[list[dict[str, Any]]]:
        """Run every cell; return the outputs of each code cell, in nbformat's form."""
        self.page.evaluate(
            """() => { window.ranAll = false;
            window.jupyterapp.commands.execute('notebook:run-all-cells')
              .finally(() => { window.ranAll = true; }); }"""
        )
        self.page.wait_for_function("window.ranAll")
        cells = self.outputs()
        errors = [o for outputs in cells for o in outputs if o["output_type"] == "error"]
        assert not errors, "\n".join(["a cell failed:", *errors[0]["traceback"]])
        return cells

    def run_by_keys(self) -> None:
        """Run every cell by Shift+Enter from the top, as a reader does."""
        cells = self.page.locator(".jp-Notebook .jp-Cell")
        count = cells.count()
        self.page.evaluate(f"(path) => {{ {PANEL}.content.activeCellIndex = 0; }}", self.path)
        self.page.locator(".jp-Notebook").first.focus()
        for _ in range(count):
            self.page.keyboard.press("Shift+Enter")
            # Keys come before all else in Chromium: without a turn for the page nothing gets on.
            self.page.evaluate("() => new Promise((done) => setTimeout(done))")
        self.page.wait_for_function(
            f"""(path) => [...{PANEL}.content.widgets].every(({{ model }}) =>
              model.type !== 'code' || model.executionCount !== null || !model.sharedModel.source)
              && {PANEL}.sessionContext.session.kernel.status === 'idle'""",
            arg=self.path,
        )

    def unfold(self) -> None:
        """Show the code of cells that are saved folded: they have no text to be found by."""
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:show-all-cell-code')")

    def sources(self) -> list[str]:
        """Return the source of each cell; that of text is empty."""
        sources: list[str] = self.page.evaluate(
            f"(path) => {PANEL}.content.model.toJSON().cells"
            ".map(c => c.cell_type === 'code' ? [c.source].flat().join('') : '')",
            self.path,
        )
        return sources

    def outputs(self) -> list[list[dict[str, Any]]]:
        """Return the present outputs of each code cell, in nbformat's form."""
        cells: list[list[dict[str, Any]]] = self.page.evaluate(
            f"(path) => {PANEL}.content.model.toJSON().cells"
            ".filter(c => c.cell_type === 'code').map(c => c.outputs)",
            self.path,
        )
        return cells
