"""What a notebook can do to us when it is run: nothing but cost its own answers."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hedgelib.classroom import _syscalls, sandbox
from hedgelib.classroom.interface import Answer, Limits, Outcome, Wanted
from tests.labtools import ROOT, own_environment, poll

LIMITS = Limits(seconds=60, cell_seconds=10, memory_mb=1024)


pytestmark = pytest.mark.usefixtures("bubblewrap")


def cells(*sources):
    return [(f"a{i}", source) for i, source in enumerate(sources, 1)]


def want(*names, kind="number", calls=()):
    return [Wanted(question=name, name=name, kind=kind, calls=calls) for name in names]


def ran(*sources, wanted=None, numbers=None, limits=LIMITS):
    return sandbox.run(cells(*sources), numbers or {}, wanted or want("q1", "q2"), limits)


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
        "import numpy as np\nq4 = np.array([1.0, 2.0])",
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


def test_number_may_be_a_text_but_none_of_the_students_own_making():
    outcome = ran(
        "q1 = '$1,000'",
        "import numpy as np\nq2 = np.array('−750')",
        "class Text(str):\n    def translate(self, _): return '1'\nq3 = Text('5')",
        wanted=want("q1", "q2", "q3"),
    )
    assert values(outcome) == {"q1": "$1,000", "q2": "−750", "q3": None}
    assert outcome.answers["q3"].problem == "is of type Text, not a number"


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


def test_without_bubblewrap_nothing_is_run(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(sandbox.SandboxMissing, match=r"apt-get install bubblewrap.*--trust-sub"):
        sandbox.require_sandbox()


def test_a_sandbox_that_is_not_allowed_says_so(monkeypatch):
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda *_, **__: ["bwrap", "--no-such-option"])
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
    outcome = sandbox.run(cells(source, "q2 = 2"), {}, want("q2"), LIMITS, trust=True)
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


TRIES = """
import ctypes, os, signal
kernel = ctypes.CDLL(None, use_errno=True)
won = []
def tried(name, *arguments):
    if kernel.syscall(numbers[name], *arguments) >= 0:
        won.append(name)
tried("unshare", 0x10000000)
tried("clone", 0x10000000 | 17, 0, 0, 0, 0)
tried("ptrace", 16, 1, 0, 0)
tried("memfd_create", b"x", 0)
tried("shmget", 0, 10**8, 0o1600)
tried("add_key", b"user", b"left", b"x", 1, -4)
tried("io_uring_setup", 8, ctypes.create_string_buffer(200))
for path in ("/proc/1/fd/1", "/proc/1/mem", "/dev/left", "/left", "/usr/left"):
    try:
        open(path, "wb").write(b'{"answers": {}}')
        won.append(path)
    except OSError:
        pass
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(1, number)
    except OSError:
        pass
for name in ("setuid", "setgid"):
    try:
        getattr(os, name)(0)
        won.append(name)
    except OSError:
        pass
q1 = " ".join(won)
"""


MACHINES = ["x86_64", "aarch64"]


@pytest.mark.skipif(platform.machine() not in MACHINES, reason="a machine without a filter")
@pytest.mark.parametrize("root", [True, False], ids=["root", "ordinary user"])
def test_nothing_inside_wins_back_what_the_sandbox_took(monkeypatch, root):
    if not root:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    column = MACHINES.index(platform.machine())
    numbers = {name: found[column] for name, found in _syscalls._REFUSED.items()}
    outcome = ran(
        TRIES,
        "q2 = 'still here'",
        wanted=want("q1", "q2", kind="text"),
        numbers=numbers | {"clone": _syscalls._CLONE[column]},
    )
    assert values(outcome) == {"q1": "", "q2": "still here"}
    assert outcome.problems == ()


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_what_it_names_and_nothing_else(machine):
    program = [*struct.iter_unpack("=HBBI", _syscalls.program(machine))]
    column = MACHINES.index(machine)

    def answer(number, flags=0, arch=_syscalls._AUDIT_ARCH[machine]):
        memory, held, here = {0: number, 4: arch, 16: flags}, 0, 0
        while True:
            what, true, false, value = program[here]
            if what == 0x06:
                return "allowed" if value == 0x7FFF0000 else os.strerror(value & 0xFFFF)
            if what == 0x20:
                held, jump = memory[value], 0
            else:
                holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[what]
                jump = true if holds else false
            here += 1 + jump

    refused = {numbers[column] for numbers in _syscalls._REFUSED.values()}
    clone = _syscalls._CLONE[column]
    for number in range(600):
        wanted = "Operation not permitted" if number in refused else "allowed"
        assert answer(number) == ("Function not implemented" if number == 435 else wanted)
    assert answer(clone, flags=0x10000000 | 17) == "Operation not permitted"
    assert answer(39 | 0x40000000) == "Operation not permitted"
    assert answer(20, arch=0x40000003) == "Operation not permitted"
    assert _syscalls.program("s390x") == b""


def test_one_that_takes_every_process_takes_them_from_nobody_else():
    """The kernel counts processes by user; two submissions run at a time."""
    taken = "import os, time\ntry:\n    while True:\n        if not os.fork(): time.sleep(60)\n"
    taken += "except OSError: print('all')\ntime.sleep(60)"
    limits = Limits(seconds=5, cell_seconds=3)
    with ThreadPoolExecutor(2) as pool:
        greedy = pool.submit(ran, taken, limits=limits)
        slow = ["import time\ntime.sleep(0.4)\nq1 = 1"] * 4
        good = pool.submit(ran, *slow, "q2 = 2")
        assert values(good.result()) == {"q1": 1, "q2": 2}
        assert good.result().problems == ()
        assert greedy.result().problems


def test_many_processes_do_not_take_a_limit_each():
    source = "import os, time\nfor _ in range(8):\n    if not os.fork():\n"
    source += "        x = b'x' * (150 * 2**20)\n        time.sleep(60)\ntime.sleep(60)"
    limits = Limits(seconds=60, cell_seconds=20, memory_mb=256)
    outcome = ran("q1 = 1", source, limits=limits)
    assert outcome.problems == ("its processes took more than 512 MB together",)
    assert outcome.seconds < 50


SHARED = """
import mmap, os, time
for _ in range(8):
    if not os.fork():
        memory = mmap.mmap(-1, 200 * 2**20)
        for place in range(0, len(memory), 4096):
            memory[place] = 1
        time.sleep(60)
time.sleep(60)
"""
HIDDEN = """
import ctypes, os, threading, time
def hold():
    memory = b"x" * (150 * 2**20)
    time.sleep(60)
for _ in range(8):
    if not os.fork():
        threading.Thread(target=hold).start()
        # The first thread ends, and with it what the kernel says of the process.
        ctypes.CDLL(None).syscall(93 if os.uname().machine == "aarch64" else 60, 0)
time.sleep(60)
"""
SOCKETS = """
import os, socket, time
for _ in range(20):
    if not os.fork():
        pairs = []
        while True:
            try:
                pairs.append(socket.socketpair())
            except OSError:
                time.sleep(60)
            for end in pairs[-1]:
                end.setblocking(False)
                try:
                    while True:
                        end.send(bytes(60_000))
                except BlockingIOError:
                    pass
time.sleep(60)
"""
FILES = """
number = 0
while True:
    open(f"/tmp/{number}", "w").close()
    number += 1
"""


def held_by_children():
    """Add up the megabytes that all processes below this one hold, in proportion."""
    found, todo = 0, [os.getpid()]
    while todo:
        folder = Path("/proc") / str(todo.pop())
        try:
            for task in (folder / "task").iterdir():
                todo += map(int, (task / "children").read_text().split())
            if folder.name != str(os.getpid()):
                lines = (folder / "smaps_rollup").read_text().splitlines()
                found += sum(int(x.split()[1]) for x in lines if x.startswith("Pss:")) // 1024
        except OSError:
            continue
    return found


@pytest.mark.parametrize("root", [True, False], ids=["root", "ordinary user"])
@pytest.mark.parametrize(
    ("source", "told"),
    [
        (SHARED, "its processes took more than 512 MB together"),
        (HIDDEN, "its processes took more than 512 MB together"),
        (SOCKETS, "its processes took more than 512 MB together"),
        (FILES, "it made more than 20,000 files"),
    ],
    ids=["shared memory", "threads that outlive the first", "sockets", "files"],
)
def test_2_what_no_process_holds_alone_is_counted(monkeypatch, source, told, root):
    if not root:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    limits = Limits(seconds=60, cell_seconds=50, memory_mb=256)
    peak = 0
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(ran, "q1 = 1", source, limits=limits)
        while not running.done():
            peak = max(peak, held_by_children())
        outcome = running.result()
    assert outcome.problems == (told,)
    assert outcome.seconds < 50
    # The limit, and what can be taken between two looks on a machine that is fast.
    assert peak < 3 * 512


@pytest.mark.parametrize("root", [True, False], ids=["root", "ordinary user"])
def test_2_shared_memory_is_counted_once(monkeypatch, root):
    if not root:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    source = "import mmap, os, time\nmemory = mmap.mmap(-1, 150 * 2**20)\n"
    source += "for place in range(0, len(memory), 4096): memory[place] = 1\npids = []\n"
    source += "for _ in range(6):\n    pids.append(os.fork())\n    if not pids[-1]:\n"
    source += "        sum(memory[::4096])\n        time.sleep(1)\n        os._exit(0)\n"
    source += "q2 = sum(os.waitpid(pid, 0)[1] for pid in pids)"
    limits = Limits(seconds=60, cell_seconds=20, memory_mb=256)
    outcome = ran("q1 = 1", source, limits=limits)
    assert values(outcome) == {"q1": 1, "q2": 0}
    assert outcome.problems == ()


def test_2_an_event_loop_runs_and_no_buffer_is_made_larger():
    outcome = ran(
        "import asyncio\nasync def one(): return 1\nq1 = asyncio.run(one())",
        "import socket\na, b = socket.socketpair()\n"
        "a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10**7)",
    )
    assert values(outcome)["q1"] == 1
    assert outcome.problems == ("a2 raised PermissionError: [Errno 1] Operation not permitted",)


def listed(*folders):
    """Say what is to be seen in folders, one answer for each."""
    source = "import os\ndef seen(folder):\n    try: return ' '.join(sorted(os.listdir(folder)))\n"
    source += "    except OSError: return ''\n"
    source += "\n".join(f"q{i} = seen({str(f)!r})" for i, f in enumerate(folders))
    return source, want(*(f"q{i}" for i in range(len(folders))), kind="text")


@pytest.mark.parametrize("root", [True, False], ids=["root", "ordinary user"])
def test_5_only_python_and_its_libraries_are_shown(monkeypatch, root):
    if not root:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    folders = "/", "/usr", "/usr/share", "/usr/local", "/usr/local/share", sys.prefix, "/etc"
    source, wanted = listed(*folders, Path.home(), "/var", "/srv")
    found = {name: set(text.split()) for name, text in values(ran(source, wanted=wanted)).items()}
    assert found["q1"] <= {"bin", "lib", "lib32", "lib64", "share", "local"}
    assert found["q2"] <= {"zoneinfo"}
    assert found["q3"] <= {"bin", "lib", "lib32", "lib64"}
    assert found["q4"] == set()
    if sys.prefix not in ("/usr", "/usr/local"):
        assert found["q5"] <= {"bin", "lib", "lib32", "lib64", "pyvenv.cfg"}
    assert found["q6"] <= {"ld.so.cache", "alternatives"}
    assert found["q8"] == set() or Path(sys.prefix).is_relative_to("/var")
    assert found["q9"] == set() or Path(sys.prefix).is_relative_to("/srv")


@pytest.mark.parametrize("root", [True, False], ids=["root", "ordinary user"])
@pytest.mark.parametrize("linked", [False, True], ids=["", "through a link"])
def test_5_course_and_exchange_are_hidden_among_libraries(monkeypatch, tmp_path, root, linked):
    """As nbgrader's exchange is in /usr/local, and a course may be where Python is."""
    if not root:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    library = tmp_path / "lib"
    exchange = library / "nbgrader" / "exchange"
    exchange.mkdir(parents=True)
    (exchange / "inbound.ipynb").write_text("another student's")
    (library / "module.py").write_text("")
    shown = sandbox._shown()
    monkeypatch.setattr(sandbox, "_shown", lambda: [*shown, library])
    told = exchange
    if linked:
        told = tmp_path / "exchange"
        told.symlink_to(exchange)
    source, wanted = listed(library, exchange)
    for hidden, seen in (((), "inbound.ipynb"), ((told, tmp_path / "none"), "")):
        outcome = sandbox.run(cells(source), {}, wanted, LIMITS, hidden=hidden)
        assert values(outcome) == {"q0": "module.py nbgrader", "q1": seen}


def test_5_a_prefix_that_holds_more_than_python_shows_only_that(monkeypatch, tmp_path):
    """An environment may have been made in somebody's home."""
    (tmp_path / "course").mkdir()
    (tmp_path / "lib").symlink_to(Path(sys.prefix) / "lib")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    source, wanted = listed(tmp_path)
    monkeypatch.setattr(sandbox, "_interpreter", lambda own=sandbox._interpreter: own())
    assert values(ran(source, wanted=wanted)) == {"q0": "lib"}


def test_a_machine_that_is_short_of_something_is_not_told_to_go_without(monkeypatch):
    """The advice to trust submissions belongs to bubblewrap's refusals alone."""
    told = "bwrap: No permissions to create new namespace"
    assert "--trust-submissions" in str(sandbox.not_set_up(told))
    for other in (
        "Traceback ...\nOSError: [Errno 24] Too many open files",
        "",
        "bwrap: No space left",
    ):
        assert "--trust-submissions" not in str(sandbox.not_set_up(other))

    def short(*_, **__):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", short)
    with pytest.raises(sandbox.SandboxMissing, match=r"for a submission: Too many open files$"):
        ran("q1 = 1")


def test_few_open_files_are_no_reason_not_to_run():
    code = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); "
    code += "from tests.classroom.test_sandbox import ran, values; print(values(ran('q1 = 1')))"
    alone = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=own_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert alone.stdout == "{'q1': 1, 'q2': None}\n", alone.stderr


def test_a_busy_machine_and_orphans_cost_no_marks():
    waits = "import time\ntime.sleep(1.5)\nq1 = 1"
    orphans = "import os\nfor _ in range(100):\n    pid = os.fork()\n    if not pid:\n"
    orphans += "        os.fork()\n        os._exit(0)\n    os.waitpid(pid, 0)\nq2 = 2"
    outcome = ran(waits, orphans, limits=Limits(seconds=60, cell_seconds=1))
    assert values(outcome) == {"q1": 1, "q2": 2}
    assert outcome.problems == ()


def test_rubbish_in_the_pipe_leaves_the_answers():
    rubbish = [b'{"name": "q1", "value": ' + b"[" * 100_000, b'{"call": "q1", "index": 1e999}']
    source = f"import os\nfor fd in range(3, 64):\n    try: os.write(fd, {rubbish!r}"
    outcome = ran(
        "q1 = 1",
        *[f"{source}[{i}] + b'\\n')\n    except OSError: pass" for i in range(2)],
        "q2 = 2",
    )
    assert values(outcome) == {"q1": 1, "q2": 2}
    assert any(
        problem.startswith("the notebook wrote something other than")
        for problem in outcome.problems
    )


FLOOD = """
import os
for fd in range(3, 64):
    try:
        for i in range(2_000):
            os.write(fd, b'{"problem": "%s forged %d"}\\n' % (name, i))
    except OSError: pass
"""


def test_7_a_flood_of_forged_problems_hides_no_real_one():
    outcome = ran(
        "q1 = 1",
        "name = b'a4'" + FLOOD,
        "name = b'nothing'" + FLOOD,
        "1 / 0",
        *["raise ValueError(1)"] * 60,
    )
    assert values(outcome)["q1"] == 1
    assert "a4 raised ZeroDivisionError: division by zero" in outcome.problems
    assert len([text for text in outcome.problems if "forged" in text]) == 1
    assert outcome.problems[-2:] == (
        "12 more problems of its cells",
        "the notebook wrote something other than answers into their pipe",
    )


def test_what_holds_one_number_counts_as_that_number():
    outcome = ran(
        "import decimal, fractions, numpy as np, pandas as pd\nq1 = np.where(True, 2.5, 0)",
        "q2 = pd.Series({'ETH': 2.5})",
        "q3 = decimal.Decimal('2.5')",
        "q4 = fractions.Fraction(5, 2)",
        "q5 = np.longdouble(2.5)",
        "q6 = np.array([[5]], dtype='uint8')",
        "q7 = np.timedelta64(5, 'ns')",
        "q8 = np.array([True])",
        "q9 = pd.DataFrame({'ETH': [2.5]})",
        wanted=want(*(f"q{i}" for i in range(1, 10))),
    )
    assert list(values(outcome).values()) == [2.5, 2.5, 2.5, 2.5, 2.5, 5, None, None, None]
    assert outcome.answers["q9"].problem == "is of type DataFrame, not a number"


def test_magics_that_watch_a_cell_run_it():
    outcome = ran(
        "%%time\nq1 = 1",
        "%%capture out\n%matplotlib inline\nq2 = 2",
        "%time q3 = 3\nq4 = %time 2 + 2\n%timeit q1\nfiles = !ls",
        "%%bash\nq1=nothing",
        "%%time\n1 / 0",
        wanted=want("q1", "q2", "q3", "q4"),
    )
    assert values(outcome) == {"q1": 1, "q2": 2, "q3": 3, "q4": 4}
    assert outcome.problems == ("a5 raised ZeroDivisionError: division by zero",)


def test_a_sandbox_in_which_nothing_runs_is_found_before_anything_is_marked(monkeypatch):
    """An old kernel counts all that a user runs, and no cell could be started."""
    sandbox.require_sandbox()
    lost = Outcome(
        answers={"probe": Answer(problem="is not set")}, problems=("code cell 1 failed",)
    )
    monkeypatch.setattr(sandbox, "run", lambda *_: lost)
    with pytest.raises(sandbox.SandboxMissing, match="code cell 1 failed; is not set; grade on"):
        sandbox.require_sandbox()
