"""The core is light: it imports with nothing else installed, and every lesson runs in a browser."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hedgelib import _extras
from hedgelib.course.learner import NAMES
from scripts.lite import kernel_wheels, read_pyodide
from tests.labtools import ROOT
from tests.wheeltools import needed

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
    return needed(PROJECT["dependencies"])


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


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Make the running Python look like one that another installer made."""

    def installed(marks: dict[str, str], *, python_on_path: bool = True) -> None:
        for name, text in marks.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        monkeypatch.setattr(sys, "executable", str(tmp_path / "my python"))
        there = {"python": sys.executable if python_on_path else "/usr/bin/python", "make": "make"}
        monkeypatch.setattr(_extras.shutil, "which", there.get)

    return installed


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_package_of_an_extra_can_be_asked_for(extra, installed):
    installed({"pyvenv.cfg": "home = /usr\n"})
    for package in EXTRAS[extra]:
        brought_by = _extras.extra_of(package)
        assert brought_by == max(e for e, packages in EXTRAS.items() if package in packages)
        assert _extras.how_to_install(package) == f"python -m pip install 'hedgelib[{brought_by}]'"


@pytest.mark.parametrize("package", ["numpy", "num", "ccx", "xccxt"])
def test_other_packages_are_of_no_extra(package, installed):
    installed({"pyvenv.cfg": "home = /usr\n"})
    assert _extras.extra_of(package) is None
    assert _extras.how_to_install(package) == f"python -m pip install {package}"


def test_a_folder_that_nobody_installed_still_says_which_package(monkeypatch, installed):
    def nothing(name):
        raise metadata.PackageNotFoundError(name)

    installed({})
    monkeypatch.setattr(metadata, "requires", nothing)
    assert _extras.how_to_install("ccxt") == "python -m pip install ccxt"


def receipt(requirements: str) -> dict[str, str]:
    return {"uv-receipt.toml": f"[tool]\nrequirements = [{requirements}]\n"}


WHEEL = "/here/hedgelib-1.whl"


@pytest.mark.parametrize(
    ("marks", "command"),
    [
        ({".ready": ""}, f"make -C {shlex.quote(str(ROOT))} extras"),
        ({"pyvenv.cfg": "uv = 0.13\n"}, "uv pip install --python PYTHON 'hedgelib[live]'"),
        (
            {"conda-meta/history": ""},
            "conda install --channel conda-forge ccxt platformdirs tqdm",
        ),
        (
            receipt(f"{{ name = 'hedgelib', path = '{WHEEL}' }}"),
            f"uv tool install '{WHEEL}[live]'",
        ),
        (
            receipt("{ name = 'hedgelib', extras = ['lab'] }, { name = 'scipy' }"),
            "uv tool install --with scipy 'hedgelib[lab,live]'",
        ),
        (
            receipt("{ name = 'hedgelib', editable = '/a clone' }"),
            "uv tool install --editable '/a clone[live]'",
        ),
        (
            receipt("{ name = 'hedgelib', git = 'https://host/x' }"),
            "uv tool install 'hedgelib[live] @ git+https://host/x'",
        ),
    ],
)
def test_the_command_is_that_of_who_installed_this_copy(marks, command, installed):
    installed(marks)
    python = shlex.quote(sys.executable)
    assert _extras.how_to_install("ccxt") == command.replace("PYTHON", python)


def test_a_package_of_no_extra_goes_to_the_tool_too(installed):
    installed(receipt("{ name = 'hedgelib' }"))
    assert _extras.how_to_install("scipy") == "uv tool install --with scipy hedgelib"


def test_another_python_first_on_path_is_not_meant(installed):
    installed({}, python_on_path=False)
    assert _extras.how_to_install("ccxt") == f"'{sys.executable}' -m pip install 'hedgelib[live]'"


def test_a_clone_without_make_is_told_the_task_file(installed, monkeypatch):
    installed({".ready": ""})
    monkeypatch.setattr(_extras.shutil, "which", lambda _: None)
    script = shlex.quote(str(ROOT / "tasks.py"))
    assert _extras.how_to_install("ccxt") == f"python {script} extras"


def test_windows_has_quotes_of_its_own():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_extras.os, "name", "nt")
        quoted = [_extras._quoted(text) for text in ("C:/my folder[live]", "hedgelib[live]")]
    assert quoted == ['"C:/my folder[live]"', "hedgelib[live]"]


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
    assert _extras.extra_of(package) == extra
    assert ran.stderr.endswith(
        f" needs {package}, which is not installed; "
        f"install it with: {_extras.how_to_install(package)}\n"
    )
