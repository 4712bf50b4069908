"""Reports made in processes of their own, so that none can harm another, or last too long.

The processes come from multiprocessing's fork server, which has everything imported when there are
many reports to make; where there is no fork, each is spawned.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from hedgelib.errors import HedgeError, NothingToHedge, VenueError
from hedgelib.report.faults import check_open_files, few_files_named
from hedgelib.report.parameters import ReportParameters

_ATTEMPTS = 2
"""A report whose process is killed is begun anew once: it need not have been its own fault."""

_SECONDS_TO_DIE = 5.0

_FILES, _FILES_A_WORKER = 16, 8
"""Files that must be allowed: multiprocessing hangs where one is refused at the wrong moment."""

_lock = threading.Lock()
"""Only one thread at a time may start or end a process."""


class ReportFailed(RuntimeError):
    """A report stopped, and not because of what it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a report is made of.

    parameters : names and values.
    content : of the portfolio file, so that whoever makes the report needs no access to it; None
        where `parameters` name a file that can be read.
    files : of the other files that `parameters` name, by the name of the parameter.
    apart : whether to work in an empty folder, not in the working directory.
    data : whether the report is wanted as JSON too.
    xlsx : whether its tables are wanted as a workbook too.
    orders : whether the order ticket is wanted as a file, which it is where a position is given.
    """

    parameters: Mapping[str, Any]
    content: bytes | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    apart: bool = False
    data: bool = False
    xlsx: bool = False
    orders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of a job: a report, or the reason why there is none.

    figures : what an index shows of the report.
    files : by the ends of their names, such as ``html``.
    words : what a terminal shows of the report, in lines.
    error : empty where there is a report.
    fault : the kind of error: what was given, a venue, or something unexpected.
    trace : where an unexpected error came from.
    nothing : why there is nothing to hedge, where that is so; `files` has the order ticket then,
        if there is one.
    """

    figures: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    error: str = ""
    fault: Literal["input", "venue", "unexpected"] = "unexpected"
    trace: str = ""
    nothing: str = ""

    def check(self) -> Made:
        """Raise the error in this process, else return the whole."""
        if self.nothing:
            raise NothingToHedge(self.nothing)
        if not self.error:
            return self
        if self.fault == "unexpected":
            raise ReportFailed(self.error) from (RuntimeError(self.trace) if self.trace else None)
        raise {"input": HedgeError, "venue": VenueError}[self.fault](self.error)


def make(job: Job) -> Made:
    """Make a report in this process and in its working directory; what goes wrong is in `Made`."""
    try:
        with few_files_named():
            return _made(job)
    except NothingToHedge as nothing:
        return _made_of_nothing(nothing)
    except HedgeError as error:
        return Made(error=str(error), fault="venue" if isinstance(error, VenueError) else "input")
    except Exception as error:
        said = f"the notebook stopped: {type(error).__name__}: {error}"
        return Made(error=said, trace=traceback.format_exc())


def _made(job: Job) -> Made:
    # pandas and papermill take their time, and who only asks for reports needs neither.
    from hedgelib.desk.ticket import orders_csv
    from hedgelib.report.cells import run_notebook
    from hedgelib.report.export import to_json
    from hedgelib.report.index import figures
    from hedgelib.report.render import make_pages
    from hedgelib.report.summary import in_words
    from hedgelib.report.workbook import KIND, workbook

    parameters = ReportParameters.from_mapping(job.parameters)
    if job.content is not None:
        Path(parameters.portfolio).write_bytes(job.content)
    for name, content in job.files.items():
        path = Path(getattr(parameters, name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    notebook, report = run_notebook(parameters)
    page, text = make_pages(notebook, report)
    files = {"html": page.encode(), "ipynb": text.encode()}
    if job.data:
        files["report.json"] = to_json(report).encode()
    if job.xlsx:
        files[KIND] = workbook(report)
    if job.orders or report.desk.known:
        files["orders.csv"] = orders_csv(report.desk.ticket.orders).encode()
    return Made(figures=figures(report), files=files, words=in_words(report))


def _made_of_nothing(nothing: NothingToHedge) -> Made:
    from hedgelib.desk.ticket import orders_csv
    from hedgelib.report.index import orders_due

    files = {"orders.csv": orders_csv(nothing.orders).encode()} if nothing.orders else {}
    return Made(nothing=str(nothing), files=files, figures=orders_due(nothing.orders))


def make_one(job: Job, seconds: float | None = None, *, warm: bool = True) -> Made:
    """Make one report in a process of its own, which may take so many seconds."""
    ((_, made),) = make_each([(0, job)], workers=1, seconds=seconds, warm=warm)
    return made


def make_each(
    jobs: Iterable[tuple[int, Job]],
    *,
    workers: int,
    seconds: float | None = None,
    warm: bool = True,
) -> Generator[tuple[int, Made], None, None]:
    """Make reports in processes of their own, so many at a time, and yield them as they come.

    A job is taken when it can be begun, and not before. Closing the iterator ends what runs.
    """
    check_open_files(_FILES + workers * _FILES_A_WORKER)
    waiting = ((number, job, 1) for number, job in jobs)
    ready: list[_Process] = []
    running: list[_Process] = []
    ended: list[_Process] = []
    again: list[tuple[int, Job, int]] = []

    def begin() -> bool:
        while len(running) < workers:
            if (task := again.pop() if again else next(waiting, None)) is None:
                return False
            while ready and not ready[0].waits():
                ended.append(ready.pop(0))
            running.append(ready.pop(0) if ready else _Process(warm))
            running[-1].begin(*task, seconds)
        return True

    def clear(processes: list[_Process]) -> None:
        while processes:
            processes.pop().clear()

    try:
        begin()
        while running:
            done = []
            for process in _finished(running):
                running.remove(process)
                ended.append(process)
                made = process.result()
                if made is None and process.count < _ATTEMPTS:
                    again.append((process.number, process.job, process.count + 1))
                else:
                    done.append((process.number, made or Made(error=f"not made: {process.fate}")))
            # Before anybody waits for the end of a process, or writes down what is done.
            more = begin()
            clear(ended)
            yield from done
            while more and len(ready) < workers:
                ready.append(_Process(warm))
    finally:
        clear(ready + running + ended)


def _finished(running: list[_Process]) -> list[_Process]:
    """Wait for a process that has an answer, has died or is out of time."""
    if not (done := [process for process in running if process.line is None]):
        left = min(process.ends for process in running) - time.monotonic()
        lines = [process.line for process in running if process.line is not None]
        answered = wait(lines, None if left == float("inf") else max(0.0, left))
        now = time.monotonic()
        done = [p for p in running if p.line in answered or p.ends <= now]
    return done


class _Process:
    """A process that waits for one job and makes its report, and the folder that it works in."""

    number: int
    job: Job
    count: int

    def __init__(self, warm: bool) -> None:
        self.fate = ""
        self.line: Connection | None
        with few_files_named():
            self._folder = tempfile.TemporaryDirectory(
                prefix="hedgelib-", ignore_cleanup_errors=True
            )
            context = _context(warm)
            self.line, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._folder.name), daemon=True
        )
        try:
            with few_files_named(), _lock, _main_left_alone(), _uninterrupted():
                self._process.start()
        except (OSError, EOFError) as error:
            self.line.close()
            self.line = None
            self.fate = f"its process did not start: {error or 'the fork server is gone'}"
        finally:
            theirs.close()

    def waits(self) -> bool:
        """Tell whether it can be given a job: it says nothing before, unless it dies."""
        return self.line is not None and not self.line.poll()

    def begin(self, number: int, job: Job, count: int, seconds: float | None) -> None:
        """Give it the job, which may take so many seconds."""
        self.number, self.job, self.count = number, job, count
        self._seconds = float("inf") if seconds is None else seconds
        self.ends = time.monotonic() + self._seconds
        if self.line is not None:
            with suppress(OSError):  # It has died, which its answer tells.
                self.line.send((job, dict(os.environ)))

    def result(self) -> Made | None:
        """Return what was made, None where the process has died."""
        if self.line is None:
            return None
        late = Made(error=f"stopped: it took longer than {self._seconds:g} seconds")
        if not self.line.poll():
            return late
        try:
            made, seconds = self.line.recv()
        except (EOFError, OSError):
            # How it has died is known in a moment.
            with _lock:
                self._process.join(_SECONDS_TO_DIE)
                self.fate = self._fate(self._process.exitcode)
            return None
        # Who asks may look late, so that it says itself how long it took.
        return late if seconds > self._seconds else made

    def clear(self) -> None:
        """End the process, and leave nothing behind."""
        if self.line is not None:
            self.line.close()
            with _lock:
                self._process.kill()
                self._process.join()
                self._process.close()
        self._folder.cleanup()

    def _fate(self, code: int | None) -> str:
        try:
            said = (Path(self._folder.name) / "log").read_text("utf-8", "replace").strip()
        except OSError:
            said = ""
        last = "".join(f"; it said last: {line}" for line in said.splitlines()[-1:])
        if code is not None and code < 0:
            return f"its process was ended by {signal.Signals(-code).name}{last}"
        return f"its process ended with exit code {code}{last}"


def _context(warm: bool) -> Any:
    """Return the way in which processes are started here."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # It counts for a server that is not running yet.
    context.set_forkserver_preload(["hedgelib.report.warm"] if warm else [])
    return context


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """Keep multiprocessing from running the caller's script in the new process once more."""
    main = sys.modules["__main__"]
    hidden: dict[str, Any] = {
        n: main.__dict__.pop(n) for n in ("__file__", "__spec__") if n in main.__dict__
    }
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(hidden)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Defer Ctrl-C while a process starts, which ignores it itself: its parent ends it.

    A process begins with the signals blocked that its parent's thread blocks. Here Python would be
    interrupted all the same where another thread gets the signal.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    own = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    answer = own if callable(own) and in_main else None
    came: list[Any] = []
    if answer:
        signal.signal(signal.SIGINT, lambda *what: came.append(what))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if answer:
            signal.signal(signal.SIGINT, answer)
            if came:
                answer(*came[0])


def _serve(line: Connection, folder: str) -> None:
    """Wait for a job in a process of its own, and make its report."""
    threading.Thread(target=_follow, daemon=True).start()
    # It ends with its report; collecting would take a sixth of its time.
    gc.disable()
    if hasattr(os, "setsid"):
        # Linux shares the processor out by sessions: as a kernel's, each report has its own part.
        os.setsid()
    try:
        log = os.open(Path(folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except FileNotFoundError:
        return  # Who asked was interrupted meanwhile, and has cleared up.
    for stream in (1, 2):
        os.dup2(log, stream)
    # Where nothing comes, nobody is left to ask.
    with suppress(EOFError):
        _answer(line, folder, *line.recv())


def _answer(line: Connection, folder: str, job: Job, environment: Mapping[str, str]) -> None:
    start = time.monotonic()
    os.environ.clear()
    os.environ.update(environment)
    if job.apart:
        desk = Path(folder) / "desk"
        desk.mkdir()
        os.chdir(desk)
    made = make(job)
    line.send((made, time.monotonic() - start))


def _follow() -> None:
    """End with the process that asked for the report."""
    if (asks := multiprocessing.parent_process()) is not None:
        asks.join()
    os._exit(1)
