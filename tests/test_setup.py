"""`make env` does its work once, does it again when it must, and survives interruption.

The installer is a stand-in here, which notes what is asked of it; the real one
makes the environment that these tests run in.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tasks
from scripts import make_env
from tests.labtools import ROOT, own_environment

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
  untrusted) [ -n "$UV_SYSTEM_CERTS" ] || { echo "invalid peer certificate" >&2; exit 1; };;
  unreachable) [ -n "$UV_OFFLINE" ] || { echo "cause: dns error" >&2; exit 1; };;
  hold) echo > "$CALLS.held"; read go < "$CALLS.held";;
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
            *("Makefile", "tasks.py", "pyproject.toml", "scripts/make_env.py"),
            *(f"requirements{lock}.lock" for lock in ["", "-all", "-dev"]),
        ]:
            shutil.copy(ROOT / name, folder / name)
        tools.mkdir()
        (tools / "uv").write_text(UV)
        (tools / "uv").chmod(0o755)

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / ".ready"

    def environment(self, trouble: str = "") -> dict[str, str]:
        return own_environment() | {
            "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(self.calls_file),
            "REAL_PYTHON": sys.executable,
            "TROUBLE": trouble,
            "PIP_NO_INDEX": "1",
        }

    def make(self, *arguments: str, trouble: str = "") -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("")
        return subprocess.run(
            ["make", "--no-print-directory", *arguments, f"PYTHON={sys.executable}"],
            cwd=self.folder,
            env=self.environment(trouble),
            capture_output=True,
            text=True,
            check=False,
        )

    def without_make(self, *arguments: str, trouble: str = "") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "tasks.py", *arguments],
            cwd=self.folder,
            env=self.environment(trouble),
            stdout=subprocess.PIPE,
            text=True,
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
    assert "uv: no" in answer.stderr
    assert "needs the Python package index" in answer.stderr
    assert not copy.stamp.exists()


@pytest.mark.parametrize(
    ("newer", "advice"),
    [(["python3.12", "--version"], "make env PYTHON=python3.12"), (None, "Install a newer one")],
)
def test_old_python_is_told_what_to_do(newer, advice):
    problem = make_env.version_problem((3, 9, 2), "python3", runs=lambda command: command == newer)
    assert problem.startswith("Python 3.11 or newer is needed, but python3 is 3.9.\n")
    assert advice in problem


def test_old_python_without_make_is_told_what_to_type():
    problem = make_env.version_problem(
        (3, 9, 2),
        "python",
        runs=lambda command: command == ["python3.13", "--version"],
        by_make=False,
    )
    assert problem.endswith("This machine has python3.13: python3.13 tasks.py env")


@pytest.mark.parametrize("name", ["tasks.py", "scripts/make_env.py"])
def test_an_old_python_can_read_what_it_is_told_by(name):
    ast.parse((ROOT / name).read_text("utf-8"), feature_version=(3, 7))


def test_new_python_is_welcome():
    assert make_env.version_problem((3, 11, 0), "python3") is None


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


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("untrusted", "trying again with the certificates that this machine trusts"),
        ("unreachable", "used what uv has kept from before"),
    ],
)
def test_uv_is_tried_twice_where_it_can_do_better(copy, trouble, said):
    answer = copy.make("env", trouble=trouble)
    assert answer.returncode == 0, answer.stderr
    assert said in answer.stdout
    assert "using pip" not in answer.stdout
    assert copy.calls == ["venv --quiet", "pip sync", "pip sync", "pip install"]
    assert copy.stamp.exists()


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("invalid peer certificate: UnknownIssuer", "set SSL_CERT_FILE and PIP_CERT"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", "set SSL_CERT_FILE and PIP_CERT"),
        ("cause: client error (Connect)\ncause: dns error", "cannot be reached"),
        ("Failed to establish a new connection: [Errno -3]", "cannot be reached"),
        ("[Errno 28] No space left on device", "The disk is full"),
        ("hash mismatch", "the error above says why"),
    ],
)
def test_a_failure_is_explained(complaint, advice):
    assert advice in make_env.why(complaint)


def test_two_at_once_make_it_once(copy):
    copy.calls_file.touch()
    os.mkfifo(f"{copy.calls_file}.held")
    first = copy.without_make("env", trouble="hold")
    with open(f"{copy.calls_file}.held") as held:
        held.readline()  # it is at work now
    second = copy.without_make("env")
    assert "waiting" in second.stdout.readline()
    with open(f"{copy.calls_file}.held", "w") as held:
        held.write("go\n")
    said = first.communicate()[0], second.communicate()[0]
    assert (first.returncode, second.returncode) == (0, 0)
    assert copy.calls == FIRST_RUN
    assert [text.count("[env] ready") for text in said] == [1, 0]


@pytest.mark.skipif(not shutil.which("bwrap"), reason="makes a read-only folder by bubblewrap")
def test_a_folder_that_cannot_be_written_is_said_to_be_one(copy):
    command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    answer = subprocess.run(
        [*command, "make", "--no-print-directory", "lab", f"PYTHON={sys.executable}"],
        cwd=copy.folder,
        env=copy.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    first, *_ = answer.stderr.splitlines()
    assert f"{copy.folder / '.venv'} cannot be written (Read-only file system)" in first
    assert first.endswith(
        "copy the workbook into a folder of your own and run the same command there."
    )
    assert "Traceback" not in answer.stderr


def test_windows_keeps_its_programs_elsewhere(monkeypatch):
    monkeypatch.setattr(make_env.os, "name", "nt")
    python = make_env.venv_python("folder")
    monkeypatch.undo()
    assert python == os.path.join("folder", "Scripts", "python.exe")


def test_make_hands_over_words_as_they_were_given(copy):
    given = "it's a; $$name  with \\ spaces"
    answer = copy.make("-n", "report", f"PORTFOLIO={given}", "REPORT_ARGS=--x 'a  b' ~/c")
    command = shlex.split(answer.stdout.splitlines()[-1])
    assert command[-1] == given.replace("$$", "$")
    assert command[-5:-2] == ["--x", "a  b", str(Path("~/c").expanduser())]


def test_a_dry_run_changes_nothing(copy):
    (copy.folder / "tests").mkdir()
    (copy.folder / ".venv").mkdir()
    (copy.folder / ".venv" / "kept").touch()

    def files():
        paths = (path for path in copy.folder.rglob("*") if "__pycache__" not in path.parts)
        return {path: path.read_bytes() for path in paths if path.is_file()}

    before = files()
    given = [f"{name}=some" for name in ("PORTFOLIO", "ROSTER", "SUBMISSIONS")]
    answer = copy.make("-n", *(target.name for target in tasks.TARGETS), *given)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "rm -r .venv" in answer.stdout
    assert files() == before
    assert copy.calls == []


def test_without_make_everything_is_said_for_who_has_none(copy):
    process = copy.without_make("help")
    said = process.communicate()[0]
    assert said.startswith("python tasks.py TARGET")
    assert "python tasks.py report PORTFOLIO=data/portfolios/layer1.csv" in said


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("PORTFLIO=a.csv", "nothing is called PORTFLIO; there are VENV, OUT"),
        ("raport", "no target"),
    ],
)
def test_what_is_unknown_is_refused(argument, complaint, capsys):
    assert tasks.main(["report", argument]) == 2
    assert complaint in capsys.readouterr().err


def test_a_path_of_windows_stays_one(monkeypatch):
    monkeypatch.setitem(tasks.GIVEN, "REPORT_ARGS", r"--prices C:\my\prices.csv 'two words'")
    monkeypatch.setattr(tasks.os, "name", "nt")
    words = tasks.words("REPORT_ARGS")
    monkeypatch.undo()
    assert words == ["--prices", r"C:\my\prices.csv", "two words"]


def test_a_command_that_ctrl_c_reaches_ends_in_its_own_time():
    program = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (print("put away", flush=True), sys.exit(0)))
print("working", flush=True)
signal.pause()
"""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tasks; "
        f"tasks.run({[sys.executable, '-c', program]!r})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # It is ignored where the tests run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout.readline() == "working\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "put away\n"
    assert process.returncode != 0


def wheel(folder: Path, name: str) -> str:
    """Make a wheel of an empty package, and return its entry in a lock."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        info = f"{name}-1.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}==1 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.mark.slow
def test_pip_says_how_far_it_is(tmp_path, monkeypatch, capfd):
    elsewhere = "elsewhere==1 ; sys_platform == 'nowhere' \\\n    --hash=sha256:" + 64 * "0" + "\n"
    entries = [wheel(tmp_path, "aa"), elsewhere, wheel(tmp_path, "bb")]
    (tmp_path / "some.lock").write_text("".join(entries))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    folder = tmp_path / "venv"
    folder.mkdir()
    make_env.make_venv(str(folder))
    assert make_env.with_pip(str(folder), str(tmp_path / "some.lock")) is None
    out = capfd.readouterr().out.splitlines()
    assert [line.partition("-1-py3")[0] for line in out] == [
        "[env] 1 of 2: aa",
        "[env] 2 of 2: bb",
        f"[env] {make_env.UNPACKING}",
    ]
    (tmp_path / "some.lock").write_text(entries[0].replace("aa", "cc"))
    assert "ERROR" in make_env.with_pip(str(folder), str(tmp_path / "some.lock"))
