"""What a notebook can do to us when it is run: nothing but cost its own answers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from labtools import poll

from hedgelib.classroom import sandbox
from hedgelib.classroom.interface import Limits, Wanted
from hedgelib.errors import InvalidInput

LIMITS = Limits(seconds=60, cell_seconds=10, memory_mb=1024)


pytestmark = pytest.mark.usefixtures("bubblewrap")


def notebook(*sources):
    cells = [
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": f"a{i}"}}, "source": source}
        for i, source in enumerate(sources, 1)
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode()


def want(*names, kind="number", calls=()):
    return [Wanted(question=name, name=name, kind=kind, calls=calls) for name in names]


def ran(*sources, wanted=None, numbers=None, limits=LIMITS):
    return sandbox.run(notebook(*sources), numbers or {}, wanted or want("q1", "q2"), limits)


def values(outcome):
    return {name: answer.value for name, answer in outcome.answers.items()}


def test_numbers_go_in_and_plain_values_come_out():
    outcome = ran(
        "import numpy as np\nfrom hedgelib import inverse_pnl_coin\nq1 = np.float64(numbers['n'])",
        "q2 = inverse_pnl_coin(-q1, 3500.0, 2975.0)",
        "%matplotlib inline\n!ls\nq3 = 'b'",
        wanted=want("q1", "q2") + want("q3", kind="choice"),
        numbers={"n": 49_000},
    )
    assert values(outcome) == {"q1": 49_000, "q2": pytest.approx(2.470588, abs=1e-6), "q3": "b"}
    assert outcome.problems == ()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("while True: pass", "took longer than 4 s and was stopped"),
        ("import os\nos._exit(0)", "ended the process with exit code 0"),
        ("import os\nos.kill(os.getpid(), 9)", "ended the process by signal 9"),
        ("x = bytearray(2**32)", "ran out of memory"),
        ("import os\nwhile True: os.fork()", "Resource temporarily unavailable"),
        ("raise SystemExit", "raised SystemExit"),
        ("this is no Python", "raised SyntaxError"),
    ],
    ids=["endless loop", "exit", "kill", "memory bomb", "fork bomb", "raises", "no python"],
)
def test_a_bad_cell_costs_itself_only(source, told):
    limits = Limits(seconds=60, cell_seconds=4, memory_mb=1024)
    outcome = ran("q1 = 1", source, "q2 = q1 + 1", limits=limits)
    assert values(outcome) == {"q1": 1, "q2": 2}
    assert any(problem.startswith("a2 ") and told in problem for problem in outcome.problems)


def test_the_time_of_the_whole_leaves_what_was_answered():
    limits = Limits(seconds=8, cell_seconds=6)
    outcome = ran("q1 = 1", *["while True: pass"] * 3, "q2 = 2", limits=limits)
    assert values(outcome) == {"q1": 1, "q2": None}
    assert "a5 was not run: the time was used up" in outcome.problems


def test_nothing_of_this_machine_is_to_be_seen_or_written(tmp_path):
    key = tmp_path / "key.csv"
    key.write_text("the answers")
    root = sandbox._package().parent
    outcome = ran(
        f"q1 = open({str(key)!r}).read()",
        f"open({str(tmp_path / 'left.txt')!r}, 'w').write('x')",
        "q2 = open('/etc/passwd').read()",
        f"import os\nq3 = ' '.join(sorted(os.listdir({str(root)!r})))",
        "q4 = ' '.join(pid for pid in os.listdir('/proc') if pid.isdigit())",
        "q5 = ' '.join(os.environ)",
        f"open(os.path.join({str(root)!r}, 'hedgelib', '__init__.py'), 'a').write('x')",
        wanted=want("q1", "q2", "q3", "q4", "q5", kind="text"),
    )
    answers = values(outcome)
    assert answers["q1"] is None
    assert answers["q2"] is None
    assert set(answers["q3"].split()) <= {"data", "hedgelib", ".venv"}
    assert str(os.getpid()) not in answers["q4"].split() or len(answers["q4"].split()) < 10
    assert "HEDGELIB_REQUIRE_BROWSER" not in answers["q5"].split()
    assert [path.name for path in tmp_path.iterdir()] == ["key.csv"]
    assert [problem.split()[0] for problem in outcome.problems] == ["a1", "a2", "a3", "a7"]


def test_no_socket_reaches_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        outcome = ran(f"import socket\nsocket.create_connection(('127.0.0.1', {port}))", "q2 = 1")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert any("a1 raised" in problem for problem in outcome.problems)
    assert values(outcome)["q2"] == 1


def test_prints_without_end_are_counted_and_dropped():
    outcome = ran("for i in range(100): print('x' * 10**6)", "q2 = 1")
    assert values(outcome)["q2"] == 1
    assert any("bytes or more; 100,000 are allowed" in problem for problem in outcome.problems)


def test_only_plain_values_are_answers():
    outcome = ran(
        "class Right(float):\n    def __eq__(self, other): return True\n"
        "    def __sub__(self, other): return 0\nq1 = Right(3)",
        "q2 = True",
        "q3 = float('nan')",
        "import numpy as np\nq4 = np.array([1.0])",
        "q5 = 10**400",
        "q6 = ...",
        "q7 = 'x' * 10**6",
        "q8 = {1: 2}",
        wanted=want("q1", "q2", "q3", "q4", "q5", "q6", "q9") + want("q7", "q8", kind="text"),
    )
    assert set(values(outcome).values()) == {None}
    problems = {name: answer.problem for name, answer in outcome.answers.items()}
    assert problems == {
        "q1": "is of type Right, not a number",
        "q2": "is of type bool, not a number",
        "q3": "is nan, which is no finite number",
        "q4": "is of type ndarray, not a number",
        "q5": "is a whole number of more than 15 digits",
        "q6": "is not set",
        "q7": "is a text of 1000000 characters; at most 20000 are read",
        "q8": "is of type dict, not a text",
        "q9": "is not set",
    }


def test_functions_are_called_on_plain_values():
    calls = ((1.5, [2, 3]), (0, []))
    outcome = ran(
        "def q1(x, xs):\n    xs.append(x)\n    return sum(xs) / x",
        "def q2(x, xs):\n    while not xs: pass\n    return 'long'",
        "q3 = 7",
        wanted=want("q1", "q2", "q3", "q4", kind="function", calls=calls),
        limits=Limits(seconds=60, cell_seconds=4),
    )
    q1, q2, q3, q4 = outcome.answers.values()
    assert q1.value == [pytest.approx(6.5 / 1.5), None]
    assert q1.call_problems == ("", "ZeroDivisionError: division by zero")
    assert q2.value == ["long", None]
    assert q2.call_problems == ("", "took longer than 4 s and was stopped")
    assert (q3.value, q3.problem) == (None, "is no function")
    assert (q4.value, q4.problem) == (None, "is not set")


@pytest.mark.parametrize(
    "source",
    [
        # Answers of its own into every pipe that it finds, and an end before the end.
        "import os\nfor fd in range(3, 64):\n    try:\n"
        '        os.write(fd, b\'{"finished": true}\\n{"q": 1}\\nxx\\n\')\n'
        "    except OSError: pass",
        "import os, signal\nfor pid in range(1, 64):\n    try: os.kill(pid, signal.SIGKILL)\n"
        "    except OSError: pass",
        "import builtins, json, os\nbuiltins.type = lambda x: float\njson.dumps = lambda x: '{}'\n"
        "os.write = lambda *x: 1/0",
    ],
    ids=["forged pipe", "kills all", "monkeypatch"],
)
def test_tampering_forges_no_answer_and_is_told(source):
    outcome = ran("q1 = 1", source, "q2 = 2")
    for name, answer in outcome.answers.items():
        assert answer.value in (None, {"q1": 1, "q2": 2}[name])
    assert outcome.problems


def test_a_notebook_that_is_none_is_refused():
    for data in (b"", b"[]", b'{"cells": 1}', b'{"nbformat": 3, "worksheets": []}'):
        with pytest.raises(InvalidInput, match="not a notebook of format 4"):
            sandbox.run(data, {}, (), LIMITS)


def test_without_bubblewrap_nothing_is_run(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(sandbox.SandboxMissing, match=r"apt-get install bubblewrap.*--trust-sub"):
        sandbox.require_sandbox()


def test_a_sandbox_that_is_not_allowed_says_so(monkeypatch):
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda: ["bwrap", "--no-such-option"])
    with pytest.raises(sandbox.SandboxMissing, match="no-such-option"):
        ran("q1 = 1")


def test_an_ordinary_user_gets_the_same_sandbox(monkeypatch):
    """Without root the sandbox is a user namespace; here root makes one, to see it at work."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    outcome = ran("import hedgelib\nq1 = 1", "q2 = len(open('/etc/passwd').read())")
    assert values(outcome) == {"q1": 1, "q2": None}
    assert outcome.problems == (
        "a2 raised FileNotFoundError: [Errno 2] No such file or directory: '/etc/passwd'",
    )


def test_trusted_submissions_run_without_a_sandbox_and_leave_nothing_behind(tmp_path):
    left = tmp_path / "pid"
    source = (
        f"import subprocess\nwith open({str(left)!r}, 'w') as file:\n"
        "    file.write(str(subprocess.Popen(['sleep', '600']).pid))"
    )
    outcome = sandbox.run(notebook(source, "q2 = 2"), {}, want("q2"), LIMITS, trust=True)
    assert values(outcome) == {"q2": 2}
    stat = Path("/proc") / left.read_text() / "stat"

    def gone():
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"

    poll(gone, "a process of the notebook lives on", lambda: None)


def test_the_runner_needs_nothing_but_python():
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.path[:0] = [sys.argv[1]]; "]
    command[-1] += "import _runner; print(len(sys.modules))"
    folder = str(sandbox._RUNNER.parent)
    ran_alone = subprocess.run([*command, folder], capture_output=True, text=True, check=True)
    assert int(ran_alone.stdout) < 120
