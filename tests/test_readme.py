"""Every command in the README's code blocks is run, as it stands there.

A command that nothing here knows how to run fails, so that the README cannot
promise what no test has seen.
"""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hedgelib.__main__ import _parser
from tests.labtools import (
    LOOPBACK,
    ROOT,
    http_status,
    isolated_environment,
    own_environment,
    server_record,
    started,
)

README = (ROOT / "README.md").read_text(encoding="utf-8")
READY = ROOT / ".venv" / ".ready"
START_PAGE = "lab/tree/00_start_here.ipynb"
PROMISED = ["make lab", "make test", "make report PORTFOLIO=data/portfolios/layer1.csv"]


def blocks(text: str) -> list[list[list[str]]]:
    """Split the shell blocks of a page into commands, and each command into words."""
    found = []
    for match in re.finditer(r"^```(\w+)[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if match[1] not in {"sh", "bash", "shell", "console"}:
            continue
        assert match[1] in {"sh", "bash"}, f"call a shell block sh, not {match[1]}"
        commands: list[list[str]] = []
        for line in match[2].replace("\\\n", " ").splitlines():
            words = shlex.shlex(line, posix=True, punctuation_chars=True)
            words.whitespace_split = True
            commands.append([])
            for word in words:
                if set(word) <= set("();<>|&"):
                    assert word in {"&&", ";"}, f"{word} in {line!r} is not understood here"
                    commands.append([])
                else:
                    commands[-1].append(word)
        found.append([command for command in commands if command])
    return found


def test_blocks_are_understood():
    page = "```sh\nmake env  # first\ncd a && make x 'b c'\n```\n```text\nrm -rf\n```\n"
    assert blocks(page) == [[["make", "env"], ["cd", "a"], ["make", "x", "b c"]]]


def test_readme_has_the_commands_that_were_promised():
    written = [shlex.join(command) for block in blocks(README) for command in block]
    assert [command for command in PROMISED if command not in written] == []


def run(command: list[str], folder: Path = ROOT) -> str:
    """Run a command and return what it printed; it has to succeed."""
    result = subprocess.run(
        command,
        cwd=folder,
        env=own_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{shlex.join(command)}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture
def ready() -> None:
    """The make targets are run in place, so their set-up must have nothing left to do."""
    planned = run(["make", "--dry-run", "env"])
    assert "make_env.py" not in planned, "the environment is not that of the lock: make env"


def check_report(command: list[str], tmp_path: Path) -> None:
    printed = run([*command, f"OUT={tmp_path}"])
    pages = list(tmp_path.glob("**/*.html"))
    assert len(pages) == 1
    assert list(tmp_path.glob("**/*.ipynb"))
    assert pages[0].name in printed


def check_lab(command: list[str], tmp_path: Path) -> None:
    """JupyterLab answers on a busy machine, asks for its token, and opens the start page."""
    opened = tmp_path / "opened.html"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\ncp "${{1#file://}}" "{opened}.new" && mv "{opened}.new" "{opened}"\n'
    )
    browser.chmod(0o755)
    environment = isolated_environment(tmp_path) | {"BROWSER": str(browser)}
    del environment["JUPYTER_CONFIG_PATH"]

    log = tmp_path / "log"
    with socket.socket() as usual:
        usual.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else keeps it busy
            usual.bind((LOOPBACK, 8888))
            usual.listen()
        with started(command, ROOT, environment, log) as wait_for:
            record = wait_for(lambda: server_record(tmp_path / "run"), "make lab did not answer")
            page = wait_for(lambda: opened.exists() and opened.read_text(), "no browser was opened")
            address = f"{record['url']}{START_PAGE}"
            assert record["url"].startswith(f"http://{LOOPBACK}:")
            assert record["port"] != 8888
            assert http_status(f"{address}?token={record['token']}") == 200
            assert http_status(f"{record['url']}api/kernels") == 403
            assert f"{address}?token={record['token']}" in page
            assert f"{address}?token={record['token']}" in log.read_text()
            assert (ROOT / "work" / "00_start_here.ipynb").is_file()
            assert run(["git", "status", "--porcelain", "notebooks"]) == ""


def check_test(command: list[str]) -> None:
    """This suite is what `make test` runs; CI has to run it in the same words."""
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert any(line.split(" || ")[0] == shlex.join(command) for line in lines)
    planned = run(["make", "--dry-run", *command[1:]])
    assert "-m pytest" in planned
    assert "--nbval" in planned


def check_papermill(command: list[str], tmp_path: Path) -> None:
    source, target, *rest = command[1:]
    assert (ROOT / target).parent.is_dir(), "papermill makes no folder"
    output = tmp_path / "out.ipynb"
    run([sys.executable, "-m", "papermill", "--no-progress-bar", source, str(output), *rest])
    assert output.is_file()


def check_hedgelib(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hedgelib", *arguments]
    if arguments[0] == "fetch" or "--live" in arguments:
        # No test asks a venue: it must do that the command line takes the words.
        _parser().parse_args(arguments)
        return
    if arguments[0] in {"report", "reports"} and "--help" not in arguments:
        command += ["--out", str(tmp_path)]
    run(command)
    if arguments[0] == "reports":
        assert (tmp_path / "index.html").is_file()


def check(command: list[str], tmp_path: Path) -> None:
    """Run one command in the way that suits it."""
    program = Path(command[0]).name
    if program == "python" and command[1] == "-m":
        command = command[2:]
        program = command[0]
    if program == "papermill":
        return check_papermill(command, tmp_path)
    if program == "hedgelib":
        return check_hedgelib(command[1:], tmp_path)
    target = command[1] if program == "make" and len(command) > 1 else ""
    if target == "help":
        assert "make TARGET" in run(command)
    elif target == "env":
        assert run(command) == "the environment is ready: .venv\n"
    elif target == "lint":
        run(command)
    elif target == "report":
        check_report(command, tmp_path)
    elif target == "lab":
        check_lab(command, tmp_path)
    elif target == "test":
        check_test(command)
    else:
        pytest.fail(f"the README says `{shlex.join(command)}`, which no test knows how to run")
    return None


def is_clone(block: list[list[str]]) -> bool:
    return block[0][:2] == ["git", "clone"]


def single_commands() -> list[list[str]]:
    """Every command but the cloning and the way into the clone, each once."""
    found: list[list[str]] = []
    for block in blocks(README):
        found += [
            command
            for command in block
            if command not in found and not (is_clone(block) and command[0] in {"git", "cd"})
        ]
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("command", single_commands(), ids=shlex.join)
def test_command_works(command, tmp_path):
    check(command, tmp_path)


def test_clone_is_led_into():
    for block in filter(is_clone, blocks(README)):
        address, *name = block[0][2:]
        made = name[0] if name else address.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
        assert all(command[1] == made for command in block if command[0] == "cd")


def test_clone_is_complete(tmp_path, project_files):
    """What git would keep is all that is needed, and nothing of it shows as changed."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    for path in project_files:
        copy = origin / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    run([*git, "init", "--quiet"], origin)
    run([*git, "add", "--all"], origin)
    run([*git, "commit", "--quiet", "--no-verify", "--message", "all of it"], origin)
    run([*git, "clone", "--quiet", str(origin), str(clone)], tmp_path)

    kept = {path.relative_to(clone) for path in clone.rglob("*") if path.is_file()}
    assert kept >= {path.relative_to(ROOT) for path in project_files}
    assert "make_env.py" in run(["make", "--dry-run", "lab"], clone)
    assert run(["git", "status", "--short"], clone) == ""


def test_the_picture_is_the_lessons_own() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "readme_picture.py"))
    assert script["PICTURE"].read_bytes() == script["picture"]()
