"""Options and fixtures that every test may use.

``--cases FILE``      worked examples to run instead of tests/cases.json (repeatable)
``chromium``          path of the browser; without one the test is skipped, loudly
``lab_server``        a JupyterLab of its own, serving a copy of the notebooks; Notebook 7 where a
                      test says ``parametrize("lab_server", FRONT_ENDS, indirect=True)``
``page``              a browser page that can reach this machine only
``open_notebook``     opens a notebook of ``lab_server`` in ``page``, kernel ready
``lesson``            a learner's copy of the LESSON that a module names (or of a parameter), run;
                      at the end no error is left, and nothing went outside
``outside_requests``  addresses off this machine that ``page`` asked for (and did not get)
``page_errors``       JavaScript errors that nothing caught in ``page``
``project_files``     what the project consists of: every file that git does not ignore
``wheel``             the package, built from these files
"""

from __future__ import annotations

import fnmatch
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hedgelib.course.learner import unrun
from hedgelib.report.dates import TODAY_VARIABLE
from hedgelib.report.pdf import find_chromium
from tests import strategies  # noqa: F401 (it loads the profile of hypothesis, before any test is read)
from tests.labtools import (
    ROOT,
    LabServer,
    OpenNotebook,
    serve_lab,
    start_browser,
    watched_page,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NO_BROWSER = "Chromium was not found"

# The bundled prices grow older every day, and reports say how old; kernels and forks inherit it.
os.environ[TODAY_VARIABLE] = "2026-11-28"


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
    terminalreporter.write_sep("-", "seconds by part, of all workers together")
    for part, seconds in seconds_by_part(terminalreporter.stats).items():
        terminalreporter.write_line(f"{seconds:8.1f}  {part}")


def seconds_by_part(stats: Mapping[str, list[Any]]) -> dict[str, float]:
    """How long the tests of each folder took, the longest first."""
    seconds: Counter[str] = Counter()
    for report in {id(report): report for reports in stats.values() for report in reports}.values():
        if isinstance(report, pytest.TestReport):
            folder = report.nodeid.partition("::")[0].rpartition("/")[0]
            seconds["doctests" if folder.startswith("hedgelib") else folder] += report.duration
    return dict(seconds.most_common())


@pytest.fixture(autouse=True)
def no_answers() -> Iterator[None]:
    """Forget what an earlier test answered, as a fresh kernel would."""
    yield
    if (widget := sys.modules.get("hedgelib.ask.widget")) is not None:
        widget._SHOWN.clear()
        widget._LAST.clear()


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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.wheeltools import build

    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def lab_server(request: pytest.FixtureRequest) -> Iterator[LabServer]:
    """JupyterLab, or the app that a test names, with the settings of `make lab`."""
    with serve_lab(getattr(request, "param", "jupyterlab")) as server:
        yield server


# Not for the whole session: while it runs, no test could start an event loop of its own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with start_browser(chromium) as running:
        yield running


@pytest.fixture
def outside_requests() -> list[str]:
    return []


@pytest.fixture
def page_errors() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, outside_requests: list[str], page_errors: list[str]) -> Iterator[Page]:
    """Return a fresh page, from which nothing but this machine can be reached."""
    with watched_page(browser, outside_requests, page_errors) as fresh:
        yield fresh


@pytest.fixture
def open_notebook(lab_server: LabServer, page: Page) -> Callable[[str], OpenNotebook]:
    """Return a function that opens a notebook by its path under notebooks/."""
    return partial(OpenNotebook.open, page, lab_server)


@pytest.fixture
def lesson(
    request: pytest.FixtureRequest,
    lab_server: LabServer,
    open_notebook: Callable[[str], OpenNotebook],
    outside_requests: list[str],
    page_errors: list[str],
) -> Iterator[OpenNotebook]:
    """Open a learner's unrun copy of a lesson, and run it."""
    name = getattr(request, "param", None) or request.module.LESSON
    text = unrun((ROOT / "notebooks" / name).read_text(encoding="utf-8"))
    (lab_server.notebooks / name).write_text(text, encoding="utf-8")
    opened = open_notebook(name)
    assert opened.page.locator(".jp-OutputArea-output").count() == 0
    opened.run_all()
    yield opened
    assert outside_requests == []
    assert page_errors == []
