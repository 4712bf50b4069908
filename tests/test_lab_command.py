"""``hedgelib lab``: copies the lessons and starts a server there."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hedgelib.__main__ import main
from hedgelib.commands import lab


@pytest.fixture
def started(monkeypatch):
    """What would be started, in place of starting it."""
    started = []

    def begin(command, env):
        # On a real system nothing comes after execve.
        if os.name != "posix":
            started.append((command[0], command, env))

    monkeypatch.setattr(os, "execve", lambda *command: started.append(command))
    monkeypatch.setattr(lab.subprocess, "Popen", begin)
    monkeypatch.setattr(lab, "until_it_ends", lambda _: 0)
    return started


def test_copies_and_opens_nothing(tmp_path, started, capsys):
    folder = tmp_path / "my lessons"
    assert main(["lab", str(folder), "--copy-only"]) == 0
    assert (folder / "00_start_here.ipynb").is_file()
    assert started == []
    assert f"The lessons are in {folder}." in capsys.readouterr().out


def test_opens_jupyterlab_at_the_start_page(tmp_path, started, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/their/own")
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "--port", "8890", "--no-browser"]) == 0
    ((program, command, environment),) = started
    assert [program, *command[1:3]] == [command[0], "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path / 'hedging-workbook'}" in command
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    assert {"--port=8890", "--no-browser"} <= set(command)
    settings, own = environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert (Path(settings) / "jupyter_server_config.py").is_file()
    assert own == "/their/own"


def test_opens_the_classic_notebook(tmp_path, started):
    assert main(["lab", str(tmp_path), "--notebook-classic"]) == 0
    ((_, command, _),) = started
    assert command[2] == "notebook"
    assert "--JupyterNotebookApp.default_url=/notebooks/00_start_here.ipynb" in command


def test_without_jupyterlab_it_says_what_to_install(tmp_path, started, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert main(["lab", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "opening the lessons needs jupyterlab, which is not installed" in error
    assert error.count("\n") == 1
    assert started == []


def test_a_lesson_afresh(tmp_path, capsys):
    assert main(["lab", str(tmp_path), "--copy-only"]) == 0
    assert main(["lab", str(tmp_path), "--copy-only", "--fresh", "03"]) == 0
    assert (tmp_path / "03_how_much_to_short-mine.ipynb").is_file()
    assert main(["lab", str(tmp_path), "--copy-only", "--fresh", "33"]) == 2
    assert "number must be that of a lesson" in capsys.readouterr().err


SERVER = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print("serving", flush=True)
signal.pause()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_is_the_servers_to_answer_where_it_is_another_process():
    code = (
        "import subprocess, sys; from hedgelib.commands.lab import until_it_ends; "
        f"sys.exit(until_it_ends(subprocess.Popen([sys.executable, '-c', {SERVER!r}])))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout.readline() == b"serving\n"
        os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == 7
