"""`make env` does its work once, does it again when it must, and survives interruption.

The installer is a stand-in here, which notes what is asked of it; the real one
makes the environment that these tests run in.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from labtools import ROOT, own_environment

UV = """#!/bin/sh
case "$1" in --version) echo "uv 1.0"; exit 0;; esac
echo "$1 $2" >> "$CALLS"
case "$1 $2" in
venv*)
  for folder; do :; done
  mkdir -p "$folder/bin"
  touch "$folder/pyvenv.cfg"
  printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$REAL_PYTHON" > "$folder/bin/python"
  chmod +x "$folder/bin/python";;
"pip sync")
  case "$TROUBLE" in
  refuse) echo "uv: no" >&2; exit 1;;
  die) kill -KILL $PPID; exit 1;;
  esac;;
esac
"""
FIRST_RUN = ["venv --quiet", "pip sync", "pip install"]
LATER_RUN = ["pip sync", "pip install"]


class Copy:
    """A copy of what set-up needs, with a stand-in for uv first on PATH."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        self.tools = tools
        self.calls_file = tools / "calls"
        (folder / "hedgelib").mkdir(parents=True)
        (folder / "hedgelib" / "__init__.py").touch()
        (folder / "jupyterlab.py").touch()
        (folder / "scripts").mkdir()
        for name in [
            *("Makefile", "pyproject.toml", "scripts/make_env.py"),
            *(f"requirements{lock}.lock" for lock in ["", "-all", "-dev"]),
        ]:
            shutil.copy(ROOT / name, folder / name)
        tools.mkdir()
        (tools / "uv").write_text(UV)
        (tools / "uv").chmod(0o755)

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / ".ready"

    def make(self, *arguments: str, trouble: str = "") -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("")
        return subprocess.run(
            ["make", "--no-print-directory", *arguments, f"PYTHON={sys.executable}"],
            cwd=self.folder,
            env=own_environment()
            | {
                "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
                "CALLS": str(self.calls_file),
                "REAL_PYTHON": sys.executable,
                "TROUBLE": trouble,
                "PIP_NO_INDEX": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines()


@pytest.fixture
def copy(tmp_path) -> Copy:
    return Copy(tmp_path / "work book", tmp_path / "tools")


def make_later(path: Path, than: Path) -> None:
    later = than.stat().st_mtime + 10
    os.utime(path, (later, later))


def test_second_run_does_nothing(copy):
    first = copy.make("env")
    assert first.returncode == 0, first.stderr
    assert copy.calls == FIRST_RUN
    assert copy.stamp.read_text().strip() == str(copy.folder)
    assert (copy.folder / "work").is_dir()
    assert (copy.folder / "out").is_dir()

    second = copy.make("env")
    assert second.returncode == 0, second.stderr
    assert copy.calls == []
    assert second.stdout == "the environment is ready: .venv\n"


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_requirements_are_installed(copy, name):
    assert copy.make("env").returncode == 0
    make_later(copy.folder / name, than=copy.stamp)
    assert copy.make("env").returncode == 0
    assert copy.calls == LATER_RUN


def test_moved_folder_gets_an_environment_of_its_own(copy):
    assert copy.make("env").returncode == 0
    copy.folder = copy.folder.rename(copy.folder.with_name("elsewhere"))
    moved = copy.make("env")
    assert "starting afresh" in moved.stdout
    assert copy.calls == FIRST_RUN


def test_interrupted_run_is_not_taken_for_ready(copy):
    assert copy.make("env", trouble="die").returncode != 0
    assert not copy.stamp.exists()
    again = copy.make("env")
    assert again.returncode == 0, again.stderr
    assert "the last set-up did not finish" in again.stdout
    assert copy.stamp.exists()


@pytest.mark.slow
def test_failure_falls_back_to_pip_and_says_what_to_do(copy):
    answer = copy.make("env", trouble="refuse")
    assert answer.returncode != 0
    assert "using pip" in answer.stdout
    assert "needs the Python package index" in answer.stderr
    assert not copy.stamp.exists()


def make_env_script():
    spec = importlib.util.spec_from_file_location("make_env", ROOT / "scripts" / "make_env.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("newer", "advice"),
    [(["python3.12", "--version"], "make env PYTHON=python3.12"), (None, "Install a newer one")],
)
def test_old_python_is_told_what_to_do(newer, advice):
    problem = make_env_script().version_problem(
        (3, 9, 2), "python3", runs=lambda command: command == newer
    )
    assert problem.startswith("Python 3.11 or newer is needed, but python3 is 3.9.\n")
    assert advice in problem


def test_new_python_is_welcome():
    assert make_env_script().version_problem((3, 11, 0), "python3") is None


def test_more_is_added_for_who_needs_more_and_only_once(copy):
    assert copy.make("env").returncode == 0
    first = copy.make("report")
    assert "adding the packages of requirements-all.lock" in first.stdout
    assert copy.calls == ["pip install"]
    assert not (copy.folder / ".venv" / ".ready-dev").exists()
    copy.make("report")
    assert copy.calls == []
    copy.make("lint")
    assert copy.calls == ["pip install"]
    assert (copy.folder / ".venv" / ".ready-dev").read_text().strip() == str(copy.folder)


def test_report_without_a_portfolio_says_how(copy):
    assert copy.make("env").returncode == 0
    answer = copy.make("report")
    assert answer.returncode != 0
    assert "make report PORTFOLIO=data/portfolios/layer1.csv" in answer.stderr
