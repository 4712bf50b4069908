"""Options and fixtures that every test may use.

``--cases FILE``      worked examples to run instead of tests/cases.json (repeatable)
``chromium``          path of the browser; without one the test is skipped, loudly
``lab_server``        a JupyterLab of its own, serving a copy of the notebooks
``page``              a browser page that can reach this machine only
``open_notebook``     opens a notebook of ``lab_server`` in ``page``, kernel ready
``outside_requests``  addresses off this machine that ``page`` asked for (and did not get)
``page_errors``       JavaScript errors that nothing caught in ``page``
``project_files``     what the project consists of: every file that git does not ignore
"""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import strategies  # noqa: F401 (it loads hypothesis's profile, before any test is read)
from labtools import (
    LOOPBACK,
    PATIENCE_SECONDS,
    ROOT,
    LabServer,
    isolated_environment,
    poll,
    server_record,
    stop,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

NO_BROWSER = "Chromium was not found"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cases",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="a file of worked examples to run instead of tests/cases.json (repeatable)",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    skipped = [report for report in reports if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", red=True, bold=True)
        terminalreporter.write_line(
            f"CHROMIUM WAS NOT FOUND: {len(skipped)} BROWSER TEST(S) WERE SKIPPED, NOT PASSED. "
            "INSTALL CHROMIUM, OR SET HEDGELIB_CHROMIUM TO ITS PATH.",
            red=True,
            bold=True,
        )
        terminalreporter.write_sep("!", red=True, bold=True)


def find_chromium() -> str | None:
    named = os.environ.get("HEDGELIB_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium; HEDGELIB_REQUIRE_BROWSER=1 makes its absence a failure."""
    path = find_chromium()
    if path:
        return path
    if os.environ.get("HEDGELIB_REQUIRE_BROWSER", "0") != "0":
        pytest.fail(f"{NO_BROWSER}, and HEDGELIB_REQUIRE_BROWSER says that it must be there")
    pytest.skip(f"{NO_BROWSER}: install it, or set HEDGELIB_CHROMIUM to its path")


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file of the project that .gitignore lets through, tracked or not."""
    lines = (ROOT / ".gitignore").read_text().split()
    ignored = [".git", *(line.rstrip("/") for line in lines)]
    assert not any("/" in pattern for pattern in ignored), "only plain names are understood here"
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [d for d in folders if not any(fnmatch.fnmatch(d, p) for p in ignored)]
        names = [f for f in files if not any(fnmatch.fnmatch(f, p) for p in ignored)]
        found += [Path(folder) / name for name in names]
    return sorted(path for path in found if path.is_file())


@pytest.fixture(scope="session")
def lab_server() -> Iterator[LabServer]:
    """JupyterLab on a free loopback port, with the settings of `make lab`."""
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

        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
        command += [f"--ip={LOOPBACK}", "--port=0", f"--ServerApp.root_dir={root}"]
        command += ["--allow-root"] if os.geteuid() == 0 else []
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=root,
                env=isolated_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            record = poll(
                lambda: server_record(folder / "run"),
                "JupyterLab did not start",
                lambda: log.read_text() if process.poll() is not None else None,
            )
            yield LabServer(url=record["url"], token=record["token"], root=root)
        finally:
            stop(process)


# Not for the whole session: while it runs, no test could start an event loop of its own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    arguments = [f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {LOOPBACK}"]
    # Chromium's own sandbox refuses to work for root.
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield running
        running.close()


@pytest.fixture
def outside_requests() -> list[str]:
    return []


@pytest.fixture
def page_errors() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, outside_requests: list[str], page_errors: list[str]) -> Iterator[Page]:
    """Return a fresh page, from which nothing but this machine can be reached."""

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != LOOPBACK:
            outside_requests.append(request.url)

    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.on("request", note)
    context.on("weberror", lambda error: page_errors.append(str(error.error)))
    yield context.new_page()
    context.close()


# Not the current widget: there is none while the focus moves.
PANEL = "[...window.jupyterapp.shell.widgets('main')].find(w => w.context?.path === path)"


@dataclass(frozen=True, kw_only=True)
class OpenNotebook:
    """A notebook open in JupyterLab, its kernel idle."""

    page: Page
    path: str

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

    def outputs(self) -> list[list[dict[str, Any]]]:
        """Return the present outputs of each code cell, in nbformat's form."""
        cells: list[list[dict[str, Any]]] = self.page.evaluate(
            f"(path) => {PANEL}.content.model.toJSON().cells"
            ".filter(c => c.cell_type === 'code').map(c => c.outputs)",
            self.path,
        )
        return cells


@pytest.fixture
def open_notebook(lab_server: LabServer, page: Page) -> Callable[[str], OpenNotebook]:
    """Return a function that opens a notebook by its path under notebooks/."""

    def open_(notebook: str) -> OpenNotebook:
        metadata = json.loads((lab_server.notebooks / notebook).read_text())["metadata"]
        assert "kernelspec" in metadata, f"{notebook} names no kernel, so JupyterLab would ask"
        path = f"notebooks/{notebook}"
        page.goto(lab_server.address(notebook))
        page.wait_for_function(
            f"""(path) => {{
              const panel = window.jupyterapp && {PANEL};
              return panel?.context.isReady && panel.sessionContext.isReady
                && panel.sessionContext.session?.kernel?.status === 'idle';
            }}""",
            arg=path,
        )
        return OpenNotebook(page=page, path=path)

    return open_
