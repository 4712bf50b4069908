"""The environment check says nothing of the machine when all is well, and what to do when not."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

from hedgelib.course import environment
from hedgelib.course.environment import (
    EXTENSION,
    Finding,
    check_environment,
    findings,
    look_at_data,
    look_at_packages,
    look_at_place,
    look_at_widgets,
)
from tests.labtools import ROOT

START_PAGE = ROOT / "notebooks" / "00_start_here.ipynb"


def start_page_cell() -> nbformat.NotebookNode:
    cells = nbformat.read(START_PAGE, as_version=4).cells
    return next(cell for cell in cells if cell.id == "environment")


def test_all_is_well_here_and_the_start_page_shows_the_same(capsys):
    assert [problem for finding in findings() for problem in finding.problems] == []
    check_environment()
    printed = capsys.readouterr().out
    assert printed.endswith("\n\nEverything is in place.\n")
    assert printed == start_page_cell().outputs[0].text
    assert printed.isascii()
    assert str(ROOT) not in printed


def test_the_start_page_says_what_to_do_where_nothing_is_installed(tmp_path):
    """Without site-packages, as in a Python that somebody else's notebook server chose."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start_page_cell().source],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == (
        "PROBLEM  No module named 'hedgelib': this notebook runs outside the workbook's "
        "environment\n"
        "   fix   close it, and type in a terminal, in the workbook's folder: make lab\n"
    )


def test_problems_are_counted_and_come_with_their_mending(monkeypatch, capsys):
    found = [
        Finding(good="one is good"),
        Finding(good="two is good", problems=("two is bad", "very bad"), mend="do this"),
    ]
    monkeypatch.setattr(environment, "findings", lambda: found)
    check_environment()
    assert capsys.readouterr().out == (
        "OK       one is good\n"
        "PROBLEM  two is bad\n"
        "PROBLEM  very bad\n"
        "   fix   do this\n"
        "\n"
        "Fix 2 problems in this order, then run this cell again.\n"
    )
    found[1] = Finding(good="two is good", problems=("two is bad",), mend="do this")
    check_environment()
    assert capsys.readouterr().out.endswith("Fix 1 problem, then run this cell again.\n")


def test_the_python_that_is_new_enough_is_that_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bound = project["requires-python"].removeprefix(">=")
    assert findings()[0].good == f"Python is new enough ({bound} or newer)"


INSTALLED = {"numpy": "2.4.6", "papermill": "2.10.0", "pandas": "3.0.0rc1", "traitlets": "5"}


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("numpy>=2.0", None),
        ("numpy>=2.4.6,<3", None),
        ("papermill>=2.6", None),  # 2.10 is after 2.6, though not as text
        ("pandas>=2.2", None),
        ("colorama>=1; sys_platform == 'nowhere'", None),
        ("pytest>=8; extra == 'dev'", None),
        ("numpy>=2.5", "numpy 2.4.6 is installed, but numpy>=2.5 is needed"),
        ("papermill<2.7", "papermill 2.10.0 is installed, but papermill<2.7 is needed"),
        ("scipy>=1.13", "the package scipy is missing (scipy>=1.13 is needed)"),
    ],
)
def test_packages(monkeypatch, requirement, problem):
    monkeypatch.setattr(environment, "_version", INSTALLED.get)
    finding = look_at_packages([requirement])
    assert list(finding.problems) == ([problem] if problem else [])
    if problem:
        assert str(finding).startswith(f"PROBLEM  {problem}\n   fix   close JupyterLab and type")


def test_every_package_of_pyproject_is_looked_at(monkeypatch):
    monkeypatch.setattr(environment, "_version", {"hedgelib": "0.1"}.get)
    problems = [problem for finding in findings() for problem in finding.problems]
    for name in ("anywidget", "ipywidgets", "matplotlib", "numpy", "pandas"):
        assert any(f"the package {name} is missing" in problem for problem in problems)
    assert not any("data" in finding.good for finding in findings()), "no data without packages"


def workbook(folder: Path) -> Path:
    """Lay out what makes a folder a copy of the workbook."""
    (folder / "hedgelib").mkdir(parents=True)
    (folder / "hedgelib" / "__init__.py").touch()
    (folder / "pyproject.toml").touch()
    (folder / "notebooks").mkdir()
    return folder


def test_own_environment_is_recognised(tmp_path):
    root = workbook(tmp_path / "book")
    assert not look_at_place(root, root / "notebooks", installed=True).problems
    assert not look_at_place(tmp_path, tmp_path, installed=True).problems
    link = tmp_path / "link"
    link.symlink_to(root)
    assert not look_at_place(root, link / "notebooks", installed=True).problems


def test_foreign_python_is_recognised(tmp_path):
    root = workbook(tmp_path / "book")
    finding = look_at_place(root, root / "notebooks", installed=False)
    assert len(finding.problems) == 1
    assert sys.prefix in finding.problems[0]
    assert finding.mend.endswith("make lab")


def test_another_copy_of_the_workbook_is_recognised(tmp_path):
    root, other = workbook(tmp_path / "old"), workbook(tmp_path / "new")
    finding = look_at_place(root, other / "notebooks", installed=True)
    assert len(finding.problems) == 1
    assert str(root) in finding.problems[0]
    assert str(other) in finding.problems[0]
    assert "make lab" in finding.mend


@pytest.fixture
def data(tmp_path) -> Path:
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


def test_data_as_shipped(data):
    assert not look_at_data(data).problems


def test_altered_data_are_named(data):
    path = data / "prices.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # what git may do on another system
    (data / "funding_monthly.csv").unlink()
    finding = look_at_data(data)
    assert sorted(finding.problems) == [
        "data/funding_monthly.csv is missing",
        "data/prices.csv is not the file that was shipped: its hash differs",
    ]
    assert "git checkout -- data/" in finding.mend
    for name in ("data/prices.csv", "data/funding_monthly.csv"):
        assert name in finding.mend


def test_broken_contracts_are_named(data):
    (data / "contracts.toml").write_text("collected = 2026-11-22\n")
    finding = look_at_data(data)
    assert len(finding.problems) == 1
    assert finding.problems[0].startswith("data/contracts.toml cannot be read: ")
    (data / "contracts.toml").unlink()
    assert look_at_data(data).problems[0].startswith("data/contracts.toml cannot be read: ")


def test_missing_hashes_are_named(data):
    (data / "SHA256SUMS").unlink()
    assert look_at_data(data).problems == ["data/SHA256SUMS is missing"]


def test_hashes_are_what_sha256sum_reads(data):
    for line in (data / "SHA256SUMS").read_text().splitlines():
        recorded, name = line.split("  ")
        assert hashlib.sha256((data / name).read_bytes()).hexdigest() == recorded


@pytest.fixture
def extension(tmp_path) -> Path:
    folder = tmp_path / "share" / "labextensions" / EXTENSION
    folder.mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    return tmp_path / "share"


def switched(folder: Path, value: object) -> Path:
    (folder / "labconfig").mkdir(parents=True)
    page = json.dumps({"disabledExtensions": value})
    (folder / "labconfig" / "page_config.json").write_text(page)
    return folder


def test_widgets_shown(tmp_path, extension):
    assert not look_at_widgets([tmp_path, extension], [tmp_path]).problems


def test_widgets_missing(tmp_path):
    finding = look_at_widgets([tmp_path], [])
    assert "is missing" in finding.problems[0]
    assert finding.mend.endswith("make lab")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({EXTENSION: True}, False),
        ({EXTENSION: False}, True),
        ({f"{EXTENSION}:plugin": True}, False),
        ({"@jupyterlab/other": True}, True),
        ([EXTENSION], False),
        ([], True),
        (None, True),
    ],
)
def test_widgets_disabled(tmp_path, extension, value, shown):
    finding = look_at_widgets([extension], [switched(tmp_path / "config", value)])
    assert bool(finding.problems) != shown
    if not shown:
        assert "is disabled" in finding.problems[0]
        assert f"labextension enable {EXTENSION}" in finding.mend


def test_the_users_own_setting_is_the_stronger(tmp_path, extension):
    own = switched(tmp_path / "own", {EXTENSION: False})
    common = switched(tmp_path / "common", {EXTENSION: True})
    assert not look_at_widgets([extension], [own, common]).problems
    assert look_at_widgets([extension], [common, own]).problems
