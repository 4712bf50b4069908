"""The engine that forks: what a notebook shows is what papermill's own engine makes of it.

A kernel takes seconds, so one run of papermill's own serves all comparisons. Forks take
milliseconds, so the notebooks that misbehave have one each.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest
from labtools import PATIENCE_SECONDS, poll
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines

from hedgelib.report import engine, forkserver, report_notebook
from hedgelib.report.engine import NAME, ForkEngine

FEATURES = [
    "print('out'); import sys; print('err', file=sys.stderr); 41 + 1",
    "from IPython.display import display, clear_output, HTML, update_display\n"
    "display(HTML('<b>x</b>'), metadata={'text/html': {'a': 1}})\n"
    "display({'a': 1}, display_id='d')",
    "print('gone'); clear_output(wait=True); print('stays')",
    "update_display({'b': 2}, display_id='d')",
    "import asyncio\nawait asyncio.sleep(0)\nawait asyncio.sleep(0, 'awaited')",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('inline')",
    "import pandas as pd, numpy as np\npd.DataFrame({'a': [1.5, np.nan]})",
    "import warnings; warnings.warn('mind this', stacklevel=1)",
    "!echo from a shell\n%pwd",
    "%%capture caught\nprint('not seen')",
    "caught.stdout, In[1][:5], len(Out), _, __name__, get_ipython().kernel.session is not None",
    "import ipywidgets as w\nbox = w.Output()\n"
    "with box:\n    print('in the box'); display({'c': 3})\nw.VBox([w.IntSlider(3), box])",
    "class Odd:\n    def __repr__(self): raise ValueError('no repr')\nOdd()",
    "1 +",
    "%nosuchmagic",
    "input('?')",
    "%%bash\necho magic",
    "raise SystemExit(3)",
    "",
    "# a cell that shows nothing\nx = 1;",
    "def f(n):\n    return n / 0\n\nf(3)",
    "'never reached'",
]
ALLOWED = {12, 13, 14, 15, 17}


def notebook(*sources: str, allowed=()) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    )
    for i, source in enumerate(sources):
        tags = ["raises-exception"] if i in allowed else []
        made.cells.append(nbformat.v4.new_code_cell(source, id=f"c{i}", metadata={"tags": tags}))
    return made


def all_features() -> nbformat.NotebookNode:
    """Return the notebook of the reports, then everything else that a cell can do."""
    made = nbformat.read(report_notebook(), as_version=4)
    made.cells += notebook(*FEATURES, allowed=ALLOWED).cells
    return made


def execute(folder: Path, made: nbformat.NotebookNode, *, name=NAME, **options):
    """Run a notebook through papermill; return what it wrote, and what it raised."""
    nbformat.write(made, folder / "in.ipynb")
    raised = None
    try:
        papermill.execute_notebook(
            str(folder / "in.ipynb"),
            str(folder / "out.ipynb"),
            engine_name=name,
            progress_bar=False,
            cwd=folder,
            **options,
        )
    except Exception as error:
        raised = error
    return nbformat.read(folder / "out.ipynb", as_version=4), raised


def shown(ran: nbformat.NotebookNode) -> list[str]:
    """Return the plain text that each code cell shows."""
    texts = []
    for cell in ran.cells:
        if cell.cell_type == "code":
            pieces = [
                o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs
            ]
            texts.append("".join(pieces))
    return texts


def alike(value) -> str:
    """Write a part of a notebook without the numbers of processes and the names of widgets."""
    text = json.dumps(value, sort_keys=True)
    return re.sub(r"(?<![0-9a-f])[0-9a-f]{32}", "widget", re.sub(r"ipykernel_\d+", "", text))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def ours(folder):
    return execute(folder, all_features(), parameters={"portfolio": "alice.csv"})


@pytest.fixture(scope="module")
def theirs(folder):
    options = {"parameters": {"portfolio": "alice.csv"}, "name": None}
    return execute(folder, all_features(), **options)


@pytest.fixture(scope="module", autouse=True)
def server(ours):  # noqa: ARG001 (it starts the server)
    """The server that the module's notebooks are forked from, which none of them may harm."""
    running, _ = engine._server
    pid = running.pid
    yield running
    assert running.runs()
    assert running.pid == pid
    assert psutil.Process(pid).children() == [], "work is left over"


def test_every_cell_is_what_papermills_own_engine_makes_of_it(ours, theirs):
    (mine, _), (other, _) = ours, theirs
    assert [c.source for c in mine.cells] == [c.source for c in other.cells]
    for ran, expected in zip(mine.cells, other.cells, strict=True):
        for part in ("cell_type", "execution_count", "outputs"):
            assert alike(ran.get(part)) == alike(expected.get(part)), ran.source
    texts = [o.output_type for c in mine.cells if c.cell_type == "code" for o in c.outputs]
    assert set(texts) == {"stream", "display_data", "execute_result", "error"}
    assert "stays" in str(shown(mine))
    assert "gone" not in str(shown(mine))


def test_metadata_are_papermills_own(ours, theirs):
    (mine, _), (other, _) = ours, theirs
    for ran, expected in zip(mine.cells, other.cells, strict=True):
        assert set(ran.metadata) == set(expected.metadata), ran.source
        assert set(ran.metadata.get("execution", ())) == set(expected.metadata.get("execution", ()))
        mark, wanted = ran.metadata.get("papermill", {}), expected.metadata.get("papermill", {})
        assert set(mark) == set(wanted)
        assert mark.get("status") == wanted.get("status")
        assert mark.get("exception") == wanted.get("exception")
    same = ("kernelspec", "language_info")
    assert [mine.metadata[name] for name in same] == [other.metadata[name] for name in same]
    assert set(mine.metadata.papermill) == set(other.metadata.papermill)
    assert mine.metadata.papermill.exception is other.metadata.papermill.exception is True
    widgets = "application/vnd.jupyter.widget-state+json"
    states = [
        sorted(map(alike, ran.metadata.widgets[widgets].state.values())) for ran in (mine, other)
    ]
    assert states[0] == states[1]
    assert any("in the box" in state for state in states[0])


def test_the_error_that_papermill_raises_is_the_same(ours, theirs):
    (_, mine), (_, other) = ours, theirs
    for name in ("ename", "evalue", "exec_count", "source", "traceback"):
        assert getattr(mine, name) == getattr(other, name)
    assert mine.ename == "ZeroDivisionError"


def test_papermill_finds_the_engine_by_its_name():
    (found,) = entry_points(group="papermill.engine", name=NAME)
    assert found.load() is ForkEngine
    assert papermill_engines.get_engine(NAME) is ForkEngine


WITNESS = [
    "import builtins, os, random, signal, sys, threading, warnings, numpy as np, pandas as pd\n"
    "import matplotlib",
    "float(np.mean([1, 2])), sum([1, 2]), len('abc'), str(pd.Series([1.5]).sum())",
    "sorted(k for k in globals() if not k.startswith('_')), os.environ.get('HOSTILE')",
    "os.listdir(), os.getcwd() == os.path.realpath('.'), threading.active_count()",
    "matplotlib.rcParams['font.size'], signal.getsignal(signal.SIGTERM), warnings.filters[:2]",
    "print('printed'); sys.stdout.closed, sys.flags.utf8_mode, sys.getrecursionlimit()",
]

HARMLESS_TO_ITSELF = {
    "patches": "import builtins, numpy as np, pandas as pd, matplotlib, warnings\n"
    "np.mean = lambda *a: 'patched'\nbuiltins.sum = lambda *a: 'patched'\n"
    "pd.Series.sum = lambda *a: 'patched'\nmatplotlib.rcParams['font.size'] = 99\n"
    "warnings.filterwarnings('error')\nimport hedgelib.beta\nhedgelib.beta.ols_beta = None",
    "environment": "import os, sys, signal\nos.environ['HOSTILE'] = '1'\nos.mkdir('a')\n"
    "os.chdir('a')\nopen('left', 'w').write('x')\nsys.path.insert(0, '/nowhere')\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsys.setrecursionlimit(50_000)",
    "globals": "hoard = [bytearray(1 << 20) for _ in range(64)]\nimport builtins\n"
    "builtins.hoard = hoard",
    "threads": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
    "lingering": "import subprocess\nprocess = subprocess.Popen(['sleep', '1000'])",
    "forks": "import os, time\nif os.fork() == 0:\n    time.sleep(1000)",
}
DEADLY = {
    "leaves": ("import os; os._exit(7)", "exit code 7"),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "closes everything": ("import os; os.closerange(0, 4096)", ""),
    "kills its group": ("import os; os.killpg(0, 9)", "SIGKILL"),
}


@pytest.fixture(scope="module")
def witness(folder):
    """What the witness shows before anybody has misbehaved."""
    ran, raised = execute(folder, notebook(*WITNESS))
    assert raised is None
    return shown(ran)


@pytest.mark.parametrize("source", HARMLESS_TO_ITSELF.values(), ids=HARMLESS_TO_ITSELF)
def test_what_a_notebook_changes_no_other_sees(source, witness, tmp_path, folder):
    _, raised = execute(tmp_path, notebook(source, "'done'"))
    assert raised is None
    ran, _ = execute(folder, notebook(*WITNESS))
    assert shown(ran) == witness


@pytest.mark.parametrize(("source", "fate"), DEADLY.values(), ids=DEADLY)
def test_a_notebook_that_dies_takes_nobody_along(source, fate, witness, tmp_path, folder):
    ran, raised = execute(tmp_path, notebook("'before'", source, "'after'"))
    assert isinstance(raised, DeadKernelError)
    assert fate in str(raised)
    assert shown(ran) == ["'before'", "", ""], "what it had shown is kept"
    assert ran.cells[1].metadata.papermill.status != "pending"
    ran, _ = execute(folder, notebook(*WITNESS))
    assert shown(ran) == witness


def test_a_closed_output_is_that_notebooks_own_affair(witness, tmp_path, folder):
    ran, raised = execute(tmp_path, notebook("import sys; sys.stdout.close()", "print('x')"))
    assert raised.ename == "ValueError"
    ran, _ = execute(folder, notebook(*WITNESS))
    assert shown(ran) == witness


def test_a_cell_that_does_not_end_is_ended(tmp_path, server):
    _, raised = execute(tmp_path, notebook("while True: pass"), execution_timeout=1)
    assert isinstance(raised, CellTimeoutError)
    assert psutil.Process(server.pid).children() == []


def test_a_cell_can_be_interrupted(tmp_path):
    made = notebook("import time\ntime.sleep(1000)", "'goes on'", allowed={0})
    ran, raised = execute(tmp_path, made, execution_timeout=1, interrupt_on_timeout=True)
    assert raised.ename == "KeyboardInterrupt"
    assert shown(ran)[1] == "'goes on'"


def test_random_numbers_differ_from_fork_to_fork(tmp_path):
    draw = notebook("import random, numpy as np, uuid\nnp.random.rand(), random.random()")
    seen = {shown(execute(tmp_path, draw)[0])[0] for _ in range(3)}
    numpys = {text.split(",")[0] for text in seen}
    pythons = {text.split(",")[1] for text in seen}
    assert len(numpys) == len(pythons) == 3


def test_processes_of_a_notebook_print_below_their_cell(tmp_path, monkeypatch):
    # ipykernel leaves the descriptors alone in tests.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    source = (
        "import multiprocessing, os, subprocess\n"
        "workers = [multiprocessing.get_context('fork').Process(target=print, args=('w' * 9999,))"
        " for _ in range(4)]\n"
        "[w.start() for w in workers], [w.join() for w in workers]\n"
        "subprocess.run(['echo', 'from a child', '−' * 33_333]); os.write(1, b'raw'); None"
    )
    ran, raised = execute(tmp_path, notebook(source, "print('next')"))
    assert raised is None
    text, following = shown(ran)
    assert text.count("w" * 9999) == 4
    assert f"from a child {'−' * 33_333}" in text
    assert "raw" in text
    assert following == "next\n"


def test_files_left_open_are_written(tmp_path):
    source = (
        "import atexit\nfile = open('left.txt', 'w')\nfile.write('all of it')\n"
        "atexit.register(lambda: open('exit.txt', 'w').write('ran'))"
    )
    for _ in range(5):  # whether or not papermill hears the kernel's last word
        assert execute(tmp_path, notebook(source))[1] is None
        assert (tmp_path / "left.txt").read_text() == "all of it"
        assert (tmp_path / "exit.txt").read_text() == "ran"
        (tmp_path / "left.txt").unlink()
        (tmp_path / "exit.txt").unlink()


def test_a_large_answer_to_a_busy_kernel_blocks_nobody(tmp_path):
    source = (
        "import ipywidgets, time\nbox = ipywidgets.Output()\nwith box:\n"
        "    for _ in range(8):\n        print('x' * 300_000)\ntime.sleep(0.1)\n'done'"
    )
    ran, raised = execute(tmp_path, notebook(source, "'next'"))
    assert raised is None
    assert shown(ran) == ["'done'", "'next'"]


def test_the_environment_of_the_moment_counts(tmp_path, monkeypatch, server):
    monkeypatch.setenv("SAID", "now")
    ran, _ = execute(tmp_path, notebook("import os; print(os.environ['SAID'], os.getcwd())"))
    assert shown(ran) == [f"now {tmp_path}\n"]
    assert engine._server[0] is server


@pytest.mark.parametrize("reason", ["no fork", "another kernel"])
def test_papermills_own_engine_stands_in(reason, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        NBClientEngine,
        "execute_managed_notebook",
        lambda _, kernel_name, **options: asked.append((kernel_name, options)),
    )
    if reason == "no fork":
        monkeypatch.setattr(forkserver, "can_fork", lambda: False)
    options = {"kernel_name": "another"} if reason == "another kernel" else {}
    assert execute(tmp_path, notebook("1"), execution_timeout=5, **options)[1] is None
    ((kernel, given),) = asked
    assert kernel == ("another" if reason == "another kernel" else "python3")
    assert "km" not in given
    assert given["execution_timeout"] == 5


def test_memory_stays_flat(tmp_path, server):
    made = notebook("x = bytearray(1 << 22); 1")

    def pages() -> int:
        return psutil.Process(server.pid).memory_info().rss

    execute(tmp_path, made)
    before = pages()
    for _ in range(25):
        execute(tmp_path, made)
    assert pages() - before < 1 << 20


def test_a_server_that_is_killed_is_started_again(monkeypatch):
    monkeypatch.setattr(engine, "_server", None)
    monkeypatch.setattr(engine, "PREPARE", "hedgelib.report.forkserver:can_fork")  # is quick
    first = engine._own_server()
    assert engine._own_server() is first
    os.kill(first.pid, signal.SIGKILL)
    poll(lambda: not first.runs(), "the server lives on", lambda: None)
    with engine._own_server() as second:
        assert second.pid != first.pid
        monkeypatch.setenv("PYTHONHASHSEED", "1")
        with engine._own_server() as third:
            assert third is not second, "the variable is read when Python starts"
            assert not second.runs()


def test_a_server_that_cannot_start_says_why():
    with pytest.raises(forkserver.ServerGone, match="No module named 'nowhere'"):
        forkserver.ForkServer("nowhere:nothing")


def test_nothing_outlives_the_one_who_asked():
    code = (
        "from hedgelib.report.forkserver import ForkServer\n"
        "server = ForkServer()\nchild = server.start('signal:pause')\n"
        "print(server.pid, flush=True)\nchild.ended()"
    )
    asks = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    server = psutil.Process(int(asks.stdout.readline()))
    everybody = [server, *poll(server.children, "it does not fork", lambda: None)]
    asks.kill()
    asks.communicate()
    gone, alive = psutil.wait_procs(everybody, timeout=PATIENCE_SECONDS)
    assert (len(gone), alive) == (2, [])


def test_work_that_fails_says_why():
    with forkserver.ForkServer() as server:
        child = server.start("nowhere:nothing")
        assert child.ended()
        assert "No module named 'nowhere'" in child.fate
        child = server.start("signal:pause")
        assert not child.ended(0)
        assert child.fate == "it is running"
        child.kill()
        assert "SIGKILL" in child.fate
