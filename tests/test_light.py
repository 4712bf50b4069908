"""The core is light: it imports with nothing else installed, and every lesson runs in a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
from labtools import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hedgelib import _extras
from hedgelib.course.learner import NAMES
from scripts.lite import kernel_wheels, read_pyodide

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    extra: {canonicalize_name(Requirement(text).name) for text in texts}
    for extra, texts in PROJECT["optional-dependencies"].items()
    if extra != "all"
}

# What tests/test_lite.py finds in the site, beside hedgelib.
SITE = {"anywidget", "comm", "ipywidgets", "jupyterlab-widgets", "psygnal"}
# What is not on every machine, whatever is installed.
NOT_EVERYWHERE = {"fcntl", "termios"}
# Modules that are of no use without the packages of an extra, and that no lesson needs.
APART = {"hedgelib.report": "report", "hedgelib.classroom": "class"}


def core() -> set[str]:
    """The packages of the core and all that they need."""
    found: set[str] = set()
    open_ends = [Requirement(text) for text in PROJECT["dependencies"]]
    while open_ends:
        requirement = open_ends.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        open_ends += [Requirement(text) for text in metadata.requires(name) or []]
    return found


def absent(own: set[str]) -> set[str]:
    """Everything that can be imported here and belongs to none of these packages."""
    assert {"hedgelib", "ipython", "packaging", "pillow"} <= own
    assert not own & {"numba", "scipy", "nbformat", "jupyter-client", "tqdm", "pyzmq", "ccxt"}
    return NOT_EVERYWHERE | {
        module
        for module, packages in metadata.packages_distributions().items()
        if not own & {canonicalize_name(package) for package in packages}
    }


def lightly(absent: set[str], *notebooks: str) -> dict[str, str]:
    command = [sys.executable, str(ROOT / "tests" / "lightly.py"), json.dumps(sorted(absent))]
    ran = subprocess.run(
        [*command, *notebooks],
        env=os.environ | {"MPLBACKEND": "agg"},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


def test_every_module_imports_with_nothing_but_the_core():
    for module, package in lightly(absent(core() | {"hedgelib"})).items():
        extra = next((e for part, e in APART.items() if f"{module}.".startswith(f"{part}.")), None)
        assert extra, f"{module} needs {package}"
        needs = {"pyzmq", "jupyter-client", "fcntl", *EXTRAS[extra]}
        assert canonicalize_name(package.partition(".")[0]).replace("zmq", "pyzmq") in needs


@pytest.mark.slow
def test_every_lesson_runs_in_a_browser():
    """With those packages of the core that the site or Pyodide has, and no thread or process."""
    pyodide = read_pyodide()
    brought = {"hedgelib", *SITE, *pyodide.packages, *(wheel.name for wheel in kernel_wheels())}
    gone = absent((core() | {"hedgelib"}) & brought) | set(pyodide.lacks)
    lessons = [str(ROOT / "notebooks" / name) for name in NAMES]
    assert lightly(gone, "--in-browser", *lessons) == {}


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_package_of_an_extra_can_be_asked_for(extra):
    for package in EXTRAS[extra]:
        brought_by = _extras.extra_of(package)
        assert brought_by == max(e for e, packages in EXTRAS.items() if package in packages)
        assert _extras.how_to_install(package) == f"python -m pip install 'hedgelib[{brought_by}]'"


@pytest.mark.parametrize("package", ["numpy", "num", "ccx", "xccxt"])
def test_other_packages_are_of_no_extra(package):
    assert _extras.extra_of(package) is None
    assert _extras.how_to_install(package) == f"python -m pip install {package}"


def test_a_folder_that_nobody_installed_still_says_which_package(monkeypatch):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", nothing)
    assert _extras.how_to_install("ccxt") == "python -m pip install ccxt"


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        (["report", "data/portfolios/layer1.csv"], "papermill", "report"),
        (["reports", "data/portfolios", "--out", "FOLDER"], "papermill", "report"),
        (["fetch", "--venue", "kraken", "--coins", "BTC", "--cache", "FOLDER"], "ccxt", "live"),
        (["class", "roster.csv"], "nbgrader", "class"),
    ],
)
def test_a_command_without_its_extra_says_in_one_line_what_to_install(
    command, package, extra, tmp_path
):
    command = [str(tmp_path) if word == "FOLDER" else word for word in command]
    code = (
        f"import sys; sys.modules[{package!r}] = None; from hedgelib.__main__ import main; "
        f"sys.exit(main({command!r}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.endswith(
        f" needs {package}, which is not installed; "
        f"install it with: python -m pip install 'hedgelib[{extra}]'\n"
    )
