"""A report's notebook in a process of its own: the cells are papermill's, the harm is its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest

from hedgelib.errors import HedgeError, NothingToHedge, VenueError
from hedgelib.report import ReportParameters, cells, report_notebook, run
from hedgelib.report.registry import sections
from hedgelib.report.run import Job, Made, ReportFailed, make_each, make_one
from tests import reporttools
from tests.labtools import PATIENCE_SECONDS, ROOT, poll

BOOK = "coin,usd_value\nADA,6000\nLINK,4000\n"
GAPS = "coin,usd_value,beta_btc,beta_eth\nADA,9000,,\n<B>X</B>,500,1,1\n__Y__$1,300,,\n"
KERNEL = {"name": "python3", "display_name": "Python", "language": "python"}
PRINTS = [
    "print('out'); import sys; print('err', file=sys.stderr); print('more', file=sys.stderr)",
    "41 + 1",
    "print('first')\nprint('second')\n'a text'",
    "# nothing",
    "",
    "x = None\nx",
    "for i in range(2):\n    print(i)",
    "__name__, [y * x for x in (1, 2) for y in (x,)]",
]


def job(**parameters) -> Job:
    return Job(
        parameters={"portfolio": "mine.csv", **parameters}, content=BOOK.encode(), apart=True
    )


def shown(notebook) -> list[tuple]:
    """Return what a reader sees of each cell."""
    return [
        (c.cell_type, c.source, c.metadata.tags, c.get("execution_count"), c.get("outputs"))
        for c in notebook.cells
    ]


def stock(folder: Path, path: Path, **parameters) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        str(path),
        str(folder / "stock.ipynb"),
        parameters=parameters,
        cwd=folder,
        kernel_name="python3",
        progress_bar=False,
    )


@pytest.mark.parametrize("parameters", [{}, {"collateral": "stablecoin", "horizon_days": 7}])
def test_every_cell_is_what_papermill_gives(parameters, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text(GAPS)
    chosen = ReportParameters(portfolio="mine.csv", **parameters)
    notebook, report = cells.run_notebook(chosen)
    theirs = stock(tmp_path, report_notebook(), **chosen.to_dict())
    assert shown(notebook) == shown(theirs)
    assert report.parameters == chosen
    outputs = [c.outputs for c in notebook.cells if c.cell_type == "code"]
    assert sum(map(len, outputs)) == len(sections())
    for ours, other in zip(notebook.cells, theirs.cells, strict=True):
        assert set(ours.metadata.papermill) == set(other.metadata.papermill)
        assert ours.metadata.papermill.status == other.metadata.papermill.status


def test_what_a_cell_prints_is_kept_as_papermill_keeps_it(tmp_path, monkeypatch):
    made = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    made.cells = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(PRINTS)]
    made.cells[0].metadata["tags"] = ["parameters"]
    made.cells.append(nbformat.v4.new_code_cell("report = 1", id="report"))
    nbformat.write(made, tmp_path / "in.ipynb")
    monkeypatch.setattr(cells, "report_notebook", lambda: tmp_path / "in.ipynb")
    parameters = ReportParameters(portfolio="mine.csv")
    notebook, report = cells.run_notebook(parameters)
    assert report == 1
    assert shown(notebook) == shown(stock(tmp_path, tmp_path / "in.ipynb", **parameters.to_dict()))


def test_a_report_and_what_a_terminal_shows_of_it():
    made = make_one(job())
    assert set(made.files) == {"html", "ipynb"}
    assert made.figures["value_usd"] == 10_000
    headline, *_ = made.words
    assert headline.startswith("Hedge report: mine: at prices of 2023-12-31, short ")


@pytest.mark.parametrize(
    ("given", "raised", "says"),
    [
        (Job(parameters={"portfolio": "gone.csv"}), HedgeError, "there is no such file"),
        (
            Job(parameters={"portfolio": "x.csv"}, content=b"coin,usd_value\nUSDT,9\n", apart=True),
            NothingToHedge,
            "nothing to hedge",
        ),
    ],
)
def test_what_is_wrong_with_a_report_is_raised_where_it_was_asked_for(given, raised, says):
    with pytest.raises(raised, match=says):
        make_one(given).check()


def test_faults_keep_their_kind():
    with pytest.raises(VenueError, match="no answer"):
        Made(error="no answer", fault="venue").check()
    with pytest.raises(ReportFailed, match="the notebook stopped") as caught:
        Made(error="the notebook stopped", trace="line 3 of it").check()
    assert "line 3 of it" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("does", "fate"),
    [
        (reporttools.leave, "its process ended with exit code 7"),
        (reporttools.say_and_leave, "exit code 3; it said last: out of ideas"),
        (reporttools.kill_itself, "its process was ended by SIGKILL"),
        (reporttools.crash, "SIGSEGV"),
    ],
)
def test_a_process_that_dies_takes_nobody_along(does, fate, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(run, "_serve", does)
        made = make_one(job())
    assert made.error.startswith("not made: ")
    assert fate in made.error
    assert make_one(job()).files


def test_a_process_that_is_killed_is_begun_anew_once(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_DIED", str(tmp_path / "died"))
    monkeypatch.setattr(run, "_serve", reporttools.kill_itself_once)
    assert make_one(job()).files
    assert (tmp_path / "died").exists()


def test_a_report_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(run, "_serve", reporttools.hang)
    made = make_one(job(), 0.001)
    assert made.error == "stopped: it took longer than 0.001 seconds"
    assert multiprocessing.active_children() == []


def test_a_report_that_took_too_long_is_not_kept_though_its_answer_is_there(monkeypatch):
    monkeypatch.setattr(run, "_finished", lambda running: [p for p in running if p.line.poll(None)])
    assert make_one(job(), 0.001).error == "stopped: it took longer than 0.001 seconds"


def test_reports_are_made_side_by_side_and_the_rest_ends_with_the_iterator():
    taken = []

    def jobs():
        for number in range(9):
            taken.append(number)
            yield number, job()

    several = make_each(jobs(), workers=2, seconds=PATIENCE_SECONDS)
    number, made = next(several)
    assert made.files
    assert number in (0, 1)
    assert len(multiprocessing.active_children()) == 2
    next(several)
    assert 2 <= len(multiprocessing.active_children()) <= 4
    several.close()
    assert multiprocessing.active_children() == []
    assert taken == list(range(len(taken)))
    assert len(taken) < 9


def test_a_process_is_ready_before_its_job_is_taken_and_makes_one(monkeypatch):
    monkeypatch.setattr(run, "_serve", reporttools.say_where)
    there = []

    def jobs():
        for number in range(6):
            there.append({str(process.pid) for process in multiprocessing.active_children()})
            monkeypatch.setenv("SAID", f"job {number}")
            yield number, job()

    made = {number: made.words for number, made in make_each(jobs(), workers=1)}
    processes = [made[number][1] for number in range(6)]
    assert len(set(processes)) == 6
    assert [processes[number] in there[number] for number in range(6)] == [False] * 2 + [True] * 4
    assert [made[number][2] for number in range(6)] == [f"job {number}" for number in range(6)]


def test_a_ready_process_that_dies_costs_no_report_its_attempt(monkeypatch):
    monkeypatch.setattr(run, "_serve", reporttools.say_where)
    monkeypatch.setattr(run, "_ATTEMPTS", 1)
    killed = []

    def jobs():
        for number in range(4):
            for process in multiprocessing.active_children():
                process.kill()
                process.join()
                killed.append(process.pid)
            yield number, job()

    assert [made.error for _, made in make_each(jobs(), workers=1)] == [""] * 4
    # The ready ones of the last two jobs; those that had answered may have ended by then.
    assert len(killed) >= 2


def test_a_fork_server_that_is_killed_is_started_again(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_DIED", str(tmp_path / "server"))
    monkeypatch.setattr(run, "_serve", reporttools.kill_the_server)
    assert make_one(job()).files
    monkeypatch.setattr(run, "_serve", reporttools.say_where)
    assert make_one(job()).words[0] != (tmp_path / "server").read_text()


def test_the_environment_of_the_moment_counts_and_the_server_stays(monkeypatch):
    monkeypatch.setattr(run, "_serve", reporttools.say_where)
    seen = []
    for said in ("one", "two"):
        monkeypatch.setenv("SAID", said)
        seen.append(make_one(job()).words)
    (server, first, *_), (same, second, *_) = seen
    assert server == same != str(os.getpid())
    assert first != second
    assert [words[2] for words in seen] == ["one", "two"]


def test_where_there_is_no_fork_a_python_of_its_own_makes_the_report(monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    made = make_one(job(), PATIENCE_SECONDS)
    assert made.error == ""
    assert set(made.files) == {"html", "ipynb"}


def test_memory_of_the_server_stays_flat(monkeypatch):
    make_one(job())
    monkeypatch.setattr(run, "_serve", reporttools.say_where)
    server = psutil.Process(int(make_one(job()).words[0]))
    before = server.memory_info().rss
    for _ in range(25):
        make_one(job())
    assert server.memory_info().rss - before < 1 << 20


SCRIPT = """
from pathlib import Path
from hedgelib.report import ReportParameters, build_report, write_report
with open("ran", "a") as file:
    file.write("once ")
write_report(build_report(ReportParameters(portfolio="alice.csv")), "out")
"""


def test_a_script_that_writes_a_report_is_not_run_once_more(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "ran").read_text() == "once "
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["alice.html", "alice.ipynb"]


ASKS = """
from tests import reporttools
from hedgelib.report import run
run._serve = reporttools.hang_on
run.make_one(run.Job(parameters={"portfolio": "alice.csv"}))
"""


def test_nothing_outlives_the_one_who_asked(tmp_path):
    asks = subprocess.Popen(
        [sys.executable, "-c", ASKS],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    process = psutil.Process(asks.pid)

    def all_there() -> list[psutil.Process]:
        found = process.children(recursive=True)
        # multiprocessing's tracker, the server, and the report.
        return found if len(found) == 3 else []

    everybody = poll(all_there, "no report is begun", lambda: asks.poll() and "it has ended")
    poll(lambda: (tmp_path / "hangs").exists(), "it does not hang", lambda: None)
    asks.send_signal(signal.SIGKILL)
    asks.wait()
    assert psutil.wait_procs(everybody, timeout=PATIENCE_SECONDS)[1] == []


def test_a_process_whose_folder_is_gone_says_nothing():
    """As after Ctrl-C between its start and its first step."""
    code = (
        "import multiprocessing as m; from hedgelib.report.run import _serve\n"
        "if __name__ == '__main__':\n"
        "    context = m.get_context('spawn'); ours, theirs = context.Pipe()\n"
        "    process = context.Process(target=_serve, args=(theirs, '/nowhere/at/all'))\n"
        "    process.start(); process.join(); print(process.exitcode)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (ran.stdout, ran.stderr) == ("0\n", "")


INTERRUPTED_WHILE_IT_STARTS = """
import os, signal, threading
from hedgelib.report import run

signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=threading.Event().wait, daemon=True).start()
come, note = os.pipe()
os.set_blocking(note, False)
signal.set_wakeup_fd(note)
started = False
try:
    with run._uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        os.read(come, 1)  # The other thread has got it.
        started = True
except KeyboardInterrupt:
    print("started" if started else "not started")
"""


def test_ctrl_c_waits_for_the_process_that_is_being_started():
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_IT_STARTS],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "started\n"
