"""One address in pyproject.toml, and everything that names the project's place agrees with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from email import message_from_string
from pathlib import Path
from urllib.parse import unquote

import pytest

from scripts import addresses
from tests.labtools import ROOT, own_environment

REPOSITORY, BRANCH = addresses.setting()
NEW = "https://github.com/somebody/a-workbook"
CODE_HOST = re.compile(r"https://github\.com/[\w-]+/[\w.-]+")
LINK = re.compile(r"\]\(([^)\s]+)")


@pytest.fixture(scope="session")
def metadata(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    shutil.unpack_archive(wheel, folder, "zip")
    return message_from_string(next(folder.glob("*.dist-info/METADATA")).read_text("utf-8"))


def test_the_package_page_names_the_address(metadata):
    urls = dict(text.split(", ", 1) for text in metadata.get_all("Project-URL"))
    assert urls["Source"] == REPOSITORY
    assert urls["Changelog"] == f"{REPOSITORY}/blob/{BRANCH}/CHANGELOG.md"
    assert all(url.startswith((REPOSITORY, addresses.site())) for url in urls.values())
    assert "hedging" in metadata["Keywords"].split(",")


def test_every_link_of_the_package_page_leads_to_a_file_of_the_project(metadata):
    page = metadata.get_payload()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "# Hedging altcoins" in page
    links = [link for link in LINK.findall(page) if not link.startswith("#")]
    assert len(links) > 10
    for link in links:
        match = re.fullmatch(
            rf"{re.escape(REPOSITORY)}/(?:blob|raw)/{BRANCH}/([^#]+)(?:#.+)?", link
        )
        assert match, link
        assert (ROOT / unquote(match[1])).exists(), link
    assert f"]({REPOSITORY}/raw/{BRANCH}/docs/alice.png)" in page


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("[a](docs/a.md#part)", f"[a]({REPOSITORY}/blob/{BRANCH}/docs/a.md#part)"),
        (
            "[![a](b.svg)](c.md)",
            f"[![a]({REPOSITORY}/raw/{BRANCH}/b.svg)]({REPOSITORY}/blob/{BRANCH}/c.md)",
        ),
        ("[a](#part) [b](https://example.org/x)", "[a](#part) [b](https://example.org/x)"),
    ],
)
def test_only_relative_links_are_made_absolute(text, page):
    assert addresses.package_page(text) == page


def test_open_in_addresses():
    place = REPOSITORY.removeprefix("https://github.com/")
    lesson = "notebooks/01_spot_and_futures.ipynb"
    assert addresses.colab(lesson) == (
        f"https://colab.research.google.com/github/{place}/blob/{BRANCH}/{lesson}"
    )
    assert addresses.binder("01_spot_and_futures.ipynb") == (
        f"https://mybinder.org/v2/gh/{place}/{BRANCH}"
        "?urlpath=lab%2Ftree%2Fwork%2F01_spot_and_futures.ipynb"
    )


def test_what_holds_the_address_as_text_agrees():
    for name in ("pyproject.toml", "CITATION.cff", ".github/ISSUE_TEMPLATE/config.yml"):
        assert set(CODE_HOST.findall((ROOT / name).read_text("utf-8"))) == {REPOSITORY}, name
    flow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert f"branches: [{BRANCH}]" in flow


@pytest.fixture
def copy(tmp_path, project_files) -> Path:
    for path in project_files:
        place = tmp_path / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return tmp_path


def set_address(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/addresses.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_command_sets_another_address_everywhere(copy, project_files):
    """But here, where the address is read from pyproject.toml."""
    told = set_address(copy, NEW, "trunk")
    assert told.returncode == 0, told.stderr
    assert "notebooks/01_spot_and_futures.ipynb" in told.stdout.splitlines()
    for path in project_files:
        text = (copy / path.relative_to(ROOT)).read_bytes()
        assert REPOSITORY.encode() not in text, path
    assert addresses.setting(copy) == (NEW, "trunk")
    cells = json.loads((copy / "notebooks" / "07_beta.ipynb").read_text("utf-8"))["cells"]
    assert f'"{NEW}/archive/refs/heads/trunk.zip"' in "".join(cells[1]["source"])
    flow = (copy / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert "branches: [trunk]" in flow
    assert set_address(copy, REPOSITORY, BRANCH).returncode == 0
    for path in project_files:
        assert (copy / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("address", ["somebody/a-workbook", "http://example.org/a/b", NEW + "/"])
def test_an_address_of_another_form_is_refused(copy, address):
    before = (copy / "pyproject.toml").read_bytes()
    told = set_address(copy, address)
    assert told.returncode == 1
    assert told.stderr == f"{address} is no address of the form https://github.com/OWNER/NAME\n"
    assert (copy / "pyproject.toml").read_bytes() == before


@pytest.fixture
def without_workbook(tmp_path) -> dict[str, str]:
    """A Python with all packages but the workbook: its path, and its environment."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.lower().lstrip("_").startswith(("hedgelib", "editable_impl_hedgelib")):
            (packages / entry.name).symlink_to(entry)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return own_environment() | {"PYTHONPATH": str(packages), "PIP_NO_INDEX": "1"}


SHELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for source in sys.argv[1:]:
    shell.run_cell(source).raise_error()
"""


def run_cells(folder: Path, environment: dict[str, str], *sources: str) -> str:
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    ran = subprocess.run(
        [python, "-c", SHELL, *sources],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


@pytest.mark.slow
def test_the_first_cell_installs_a_workbook_that_is_missing(wheel, tmp_path, without_workbook):
    """Pip gets it from a file here, where Colab has the archive of the main branch."""
    used = "import hedgelib; print(hedgelib.__file__)"
    assert "No module named 'hedgelib'" in run_cells(tmp_path, without_workbook, used)
    cell = addresses.install_cell()
    assert addresses.archive() in cell
    cell = cell.replace(addresses.archive(), wheel.as_uri())
    told = run_cells(tmp_path, without_workbook, cell, used)
    assert str(tmp_path / "venv") in told.splitlines()[-1], told


def test_the_first_cell_does_nothing_where_the_workbook_is_there():
    space: dict[str, object] = {}
    exec(addresses.install_cell(), space)  # Outside a notebook there is no get_ipython.
    assert "workbook" not in space
