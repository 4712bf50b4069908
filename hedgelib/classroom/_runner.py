"""Runs a student's cells, inside the sandbox: a job comes in as JSON, plain values go out as JSON.

A script of its own that needs only the standard library. A supervisor, which never runs a
student's code, forks a worker, which does. Before each cell the worker forks: the fork runs the
cell and goes on, and the process before it takes over, with everything as it was, if the cell hangs
or ends the process. So an endless loop costs its own cell and nothing else.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

READY = b"ready\n"
_STRANGE = "the notebook wrote something other than answers into their pipe"
_LONGEST_MESSAGE = 300
_LONGEST_TEXT = 20_000
_MOST_EVENTS = 2_000_000
_MOST_PROBLEMS, _MOST_OF_A_CELL = 50, 2
# Of the name of a cell, such as "own cell 7".
_MOST_WORDS = 4
_LARGEST_INT = 10**15
# Left for looking at the answers when the cells have used up the time.
_RESERVE_SHARE = 0.2
_PATIENCE = 3.0
# On a busy machine a cell has this many times its seconds by the clock.
_CLOCK_SHARE = 3.0
_LOOK_EVERY = 0.05
# Once a quarter of the memory is taken, the rest may be gone in moments.
_LOOK_SOON = 0.01
_KINDER = 1
_MOST_OPEN = 256
# In the scratch folders, whose files take room in the kernel even where they are empty.
_MOST_FILES = 20_000
_SCRATCH = ("/tmp", "/dev/shm")
_PR_SET_DUMPABLE = 4


def printable(text: object, longest: int = _LONGEST_MESSAGE) -> str:
    """Cut a text and write what cannot be printed as escapes."""
    cut = str(text)[:longest]
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)


def write_all(fd: int, data: bytes) -> None:
    """Write bytes to a pipe, however many it takes at a time."""
    while data:
        data = data[os.write(fd, data) :]


class Shell:
    """Replacement for IPython: magics that only measure code run it, all others do nothing."""

    def __init__(self, space: dict[str, Any]) -> None:
        self._space = space

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        """Run the code after ``%time``."""
        if name not in ("time", "prun"):
            return None
        try:
            code = compile(line.strip(), f"<%{name}>", "eval")
        except SyntaxError:
            code = compiled(line.strip(), f"%{name}")
        return eval(code, self._space)

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:  # noqa: ARG002
        """Run a cell under ``%%time`` or ``%%capture``."""
        if name in ("time", "capture", "prun"):
            exec(compiled(cell, f"%%{name}"), self._space)


def compiled(source: str, name: str) -> Any:
    """Compile a cell, with IPython's syntax taken out where there is some."""
    try:
        return compile(source, f"<{name}>", "exec")
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        manager = TransformerManager()  # type: ignore[no-untyped-call]
        return compile(manager.transform_cell(source), f"<{name}>", "exec")


def forked() -> int:
    """Fork, waiting a little if there are too many processes; return -1 if they stay too many."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return os.fork()
        except OSError:
            if time.monotonic() > end:
                return -1
            time.sleep(0.05)


def process_fields(folder: Path) -> list[str]:
    """Read the fields of a process's `/proc/<pid>/stat` that follow its name."""
    return (folder / "stat").read_text().rpartition(")")[2].split()


def processor_seconds(pid: int) -> float:
    """Return how long a process has been computing; inf if that is not known."""
    try:
        fields = process_fields(Path(f"/proc/{pid}"))
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return math.inf


def ended_in_time(fd: int, pid: int, seconds: float, most: float) -> bool:
    """Wait for a process to end within its seconds of computing, and up to `most` by the clock."""
    start = time.monotonic()
    end = start + min(_CLOCK_SHARE * seconds, most)
    look = min(start + seconds, end)
    while not select.select([fd], [], [], max(look - time.monotonic(), 0))[0]:
        left = seconds - processor_seconds(pid)
        now = time.monotonic()
        if now >= end or left <= 0:
            return False
        look = min(now + max(left, 0.05), end)
    return True


def survives(action: Callable[[], None], seconds: float, most: float) -> str:
    """Do something in a fork that then goes on in place of this process.

    In the fork it returns "" once the action has ended. If it does not end, this process goes on as
    if nothing had been done and returns the reason.
    """
    mine, its = os.pipe()
    pid = forked()
    if pid < 0:
        return "could not be started: the notebook has too many processes"
    if pid == 0:
        os.close(mine)
        os.setpgid(0, 0)
        own = os.getpid()
        action()
        if os.getpid() != own:
            # A process that the action forked has come out of it as well.
            os._exit(0)
        with contextlib.suppress(OSError):
            os.write(its, b"1")
        os.close(its)
        return ""
    os.close(its)
    ended = ended_in_time(mine, pid, seconds, most)
    if ended and os.read(mine, 1):
        os._exit(0)
    os.close(mine)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not ended:
        return f"took longer than {min(seconds, most):.3g} s and was stopped"
    if os.WIFSIGNALED(status):
        return f"ended the process by signal {os.WTERMSIG(status)}"
    return f"ended the process with exit code {os.waitstatus_to_exitcode(status)}"


def unpacked(value: Any) -> Any:
    """Take the value out of a container of one: a numpy scalar, an array or a column."""
    home = type(value).__module__.partition(".")[0]
    if home in ("numpy", "pandas"):
        dtype, size = getattr(value, "dtype", None), getattr(value, "size", 1)
        # A date would give its nanoseconds.
        if size == 1 and getattr(dtype, "kind", "") in tuple("iufUO"):
            value = value.item()
        # Extended precision gives itself.
        if getattr(dtype, "char", "") == "g":
            value = float(value)
    return float(value) if type(value) in (Decimal, Fraction) else value


def plain(value: Any, kind: str) -> tuple[Any, str]:
    """Take a plain value out of a variable, or say why it holds none."""
    value = unpacked(value)
    if kind in ("number", "returned") and type(value) in (int, float):
        if type(value) is int and abs(value) >= _LARGEST_INT:
            return None, "is a whole number of more than 15 digits"
        if not math.isfinite(value):
            return None, f"is {value}, which is no finite number"
        return value, ""
    if type(value) is str:
        if len(value) > _LONGEST_TEXT:
            return None, f"is a text of {len(value)} characters; at most {_LONGEST_TEXT} are read"
        return value.encode("utf-8", "replace").decode(), ""
    if value is None or value is Ellipsis:
        return None, "is not set"
    wanted = {"number": "a number", "returned": "a number or a text"}.get(kind, "a text")
    return None, f"is of type {printable(type(value).__name__, 40)}, not {wanted}"


class Worker:
    """Runs the cells of one notebook and looks at what the variables hold then."""

    def __init__(self, job: dict[str, Any], events: int, deadline: float) -> None:
        self.cells: list[tuple[str, str]] = [(name, source) for name, source in job["cells"]]
        self.wanted: list[dict[str, Any]] = job["wanted"]
        self.cell_seconds = float(job["limits"]["cell_seconds"])
        self.deadline = deadline
        self.reserve = _RESERVE_SHARE * float(job["limits"]["seconds"])
        self.events = events
        self.space: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": builtins,
            "numbers": job["numbers"],
            "display": lambda *_, **__: None,
        }
        self.space["get_ipython"] = lambda: Shell(self.space)

    def run(self) -> None:
        """Run every cell that the time allows, then look at the answers."""
        for name, source in self.cells:
            left = self.deadline - self.reserve - time.monotonic()
            if left <= 0:
                self.problem(f"{name} was not run: the time was used up")
                continue
            if reason := survives(partial(self.cell, name, source), self.cell_seconds, left):
                self.problem(f"{name} {reason}")
        for wanted in self.wanted:
            if wanted["kind"] == "function":
                self.function(wanted)
            else:
                self.variable(wanted)
        self.send(finished=True)

    def send(self, **event: Any) -> None:
        """Write one event as a line of JSON."""
        write_all(self.events, json.dumps(event).encode() + b"\n")

    def problem(self, text: str) -> None:
        self.send(problem=printable(text))

    def cell(self, name: str, source: str) -> None:
        try:
            exec(compiled(source, name), self.space)
        except MemoryError:
            self.problem(f"{name} ran out of memory")
        except BaseException as error:
            self.problem(f"{name} raised {type(error).__name__}: {printable(error)}")

    def variable(self, wanted: dict[str, Any]) -> None:
        try:
            value, problem = plain(self.space.get(wanted["name"]), wanted["kind"])
        except BaseException as error:
            value, problem = None, f"cannot be looked at: {type(error).__name__}"
        self.send(name=wanted["name"], value=value, problem=problem)

    def function(self, wanted: dict[str, Any]) -> None:
        """Call a function on each list of arguments, in a fork that may hang or die."""
        name, function = wanted["name"], self.space.get(wanted["name"])
        if not callable(function):
            problem = "is not set" if function is None or function is Ellipsis else "is no function"
            self.send(name=name, value=None, problem=problem)
            return

        def calls() -> None:
            for index, arguments in enumerate(wanted["calls"]):
                try:
                    value, problem = plain(function(*arguments), "returned")
                    problem = problem and f"the returned value {problem}"
                except BaseException as error:
                    value, problem = None, f"{type(error).__name__}: {printable(error)}"
                self.send(call=name, index=index, value=value, problem=problem)

        left = max(self.deadline - 0.25 * self.reserve - time.monotonic(), 0.1)
        if reason := survives(calls, self.cell_seconds, left):
            self.send(cut=name, problem=reason)


def limit(limits: dict[str, Any], uid: int | None) -> None:
    """Give up what the sandbox left of privileges, and set the limits of what may be used."""
    if limits["count_processes"] and uid is None:
        # The supervisor is the same user, and could not see how much memory it shares.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    if uid is not None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    memory = int(limits["memory_mb"]) * 2**20
    wanted = {"AS": memory, "FSIZE": memory, "CORE": 0, "NOFILE": _MOST_OPEN}
    if limits["count_processes"]:
        wanted["NPROC"] = int(limits["processes"])
    lower_limits(wanted)


def lower_limits(limits: Mapping[str, int]) -> None:
    """Set how much of each resource this process and its forks may use."""
    # Not on every machine on which a student looks at an answer.
    import resource

    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        # Whoever started this may have less.
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def most_memory(memory_mb: int) -> int:
    """Return the bytes that all processes of a notebook may hold together."""
    return 2 * memory_mb * 2**20


def too_much_memory(most: int) -> str:
    """Say that they held more."""
    return f"its processes took more than {most >> 20} MB together"


def memory_of(folder: Path, pss: bool) -> int:
    """Return the bytes that a process holds; of shared memory, with `pss`, its share if known."""
    if pss:
        with contextlib.suppress(OSError):
            text = (folder / "smaps_rollup").read_text()
            return _kilobytes(text, ("Pss_Anon:", "Pss_Shmem:"))
    text = (folder / "status").read_text()
    if "RssAnon:" not in text:
        # Its first thread has ended, and the others hold what there is.
        others = ((task / "status").read_text() for task in (folder / "task").iterdir())
        text = next((other for other in others if "RssAnon:" in other), "")
    return _kilobytes(text, ("RssAnon:", "RssShmem:"))


def _kilobytes(text: str, names: tuple[str, ...]) -> int:
    lines = (line.split() for line in text.splitlines())
    return 1024 * sum(int(words[1]) for words in lines if words and words[0] in names)


def open_sockets() -> int:
    """Count the sockets of the sandbox, which has a network of its own."""
    return int(Path("/proc/net/sockstat").read_text().split()[2])


def scratch_used() -> tuple[int, int]:
    """Return the bytes and the number of files in the scratch folders."""
    systems = [os.statvfs(folder) for folder in _SCRATCH]
    size = sum((s.f_blocks - s.f_bfree) * s.f_frsize for s in systems)
    return size, sum(s.f_files - s.f_ffree for s in systems)


@contextlib.contextmanager
def stopped() -> Iterator[None]:
    """Stop all other processes of the sandbox for a moment, so that they take nothing more."""
    # Outside a sandbox these would be the machine's.
    alone = os.getpid() == 1
    try:
        if alone:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGSTOP)
        yield
    finally:
        if alone:
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGCONT)


class Supervisor:
    """Gathers the worker's events, within the time, and counts what is printed."""

    def __init__(self, job: dict[str, Any], events: int, prints: int, deadline: float) -> None:
        self.job, self.deadline = job, deadline
        self.pipes = {events: b"", prints: b""}
        self.events, self.prints = events, prints
        self.printed = self.received = 0
        self.finished = False
        self.problems: list[str] = []
        # What the notebook says of its cells, and could forge: some for each, the last ones.
        self.names = [name for name, _ in job["cells"]]
        self.told: dict[str, dict[str, None]] = {name: {} for name in self.names}
        self.values: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, dict[int, dict[str, Any]]] = {}
        self.cut: dict[str, str] = {}
        self.most_memory = most_memory(int(job["limits"]["memory_mb"]))
        self.next_look, self.wait = 0.0, _LOOK_EVERY

    def listen(self) -> None:
        """Read until the worker has finished, is gone, or the time is over."""
        while not self.finished and self.events in self.pipes:
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.problem("the time for the whole notebook was used up")
                return
            if reason := self.takes_too_much():
                self.problem(reason)
                return
            for fd in select.select(list(self.pipes), [], [], min(left, self.wait))[0]:
                self.read(fd)
        answered = {*self.values, *self.calls, *self.cut}
        if not self.finished:
            self.problem("the process that ran the notebook is gone")
        elif not answered >= {wanted["name"] for wanted in self.job["wanted"]}:
            self.problem(_STRANGE)

    def takes_too_much(self) -> str:
        """Add up what the sandbox holds, and say what of it is too much."""
        if not self.job["limits"]["count_processes"] or time.monotonic() < self.next_look:
            return ""
        size, files = scratch_used()
        if files > _MOST_FILES:
            return f"it made more than {_MOST_FILES:,} files"
        size += open_sockets() * int(self.job["limits"]["socket_bytes"])
        held = size + self.held(pss=False)
        if held > self.most_memory:
            # The share of each takes the kernel longer to compute, and is seldom needed.
            with stopped():
                held = size + self.held(pss=True)
            if held > self.most_memory:
                return too_much_memory(self.most_memory)
        self.wait = _LOOK_SOON if held > self.most_memory / 4 else _LOOK_EVERY
        self.next_look = time.monotonic() + self.wait
        return ""

    def held(self, pss: bool) -> int:
        """Add up what the processes hold, those that are just ending left out."""
        total = 0
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += memory_of(folder, pss)
        return total

    def problem(self, text: str) -> None:
        """Note a problem once."""
        if text not in self.problems:
            self.problems.append(text)

    def tell(self, text: str) -> None:
        """Note what is said of a cell; if it is more than one can give, the rest is forged."""
        words = text.split(" ", _MOST_WORDS)
        starts = (" ".join(words[:count]) for count in range(1, _MOST_WORDS))
        cell = next((start for start in starts if start in self.told), "")
        if not cell:
            self.problem(_STRANGE)
            return
        told = self.told[cell]
        told.pop(printable(text), None)
        told[printable(text)] = None
        if len(told) > _MOST_OF_A_CELL * self.names.count(cell):
            self.problem(_STRANGE)
            del told[next(iter(told))]

    def read(self, fd: int) -> None:
        data = os.read(fd, 1 << 16)
        if not data:
            del self.pipes[fd]
        elif fd == self.prints:
            self.printed += len(data)
        else:
            self.received += len(data)
            if self.received > _MOST_EVENTS:
                self.problem(_STRANGE)
                del self.pipes[fd]
                return
            *lines, self.pipes[fd] = (self.pipes[fd] + data).split(b"\n")
            for line in lines:
                self.event(line)

    def event(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            if "problem" in event and len(event) == 1:
                self.tell(event["problem"])
            elif "finished" in event:
                self.finished = True
            elif "cut" in event:
                self.cut[str(event["cut"])] = printable(event["problem"])
            elif "call" in event:
                self.calls.setdefault(str(event["call"]), {})[int(event["index"])] = event
            else:
                self.values[str(event["name"])] = event
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            self.problem(_STRANGE)

    def answer(self, wanted: dict[str, Any]) -> dict[str, Any]:
        name, calls = wanted["name"], wanted["calls"]
        if name in self.values:
            event = self.values[name]
            return {"value": event.get("value"), "problem": printable(event.get("problem", ""))}
        if wanted["kind"] == "function" and (name in self.calls or name in self.cut):
            events = self.calls.get(name, {})
            lost = {"problem": self.cut.get(name, "was not called"), "value": None}
            each = [events.get(index, lost) for index in range(len(calls))]
            return {
                "value": [event.get("value") for event in each],
                "problem": "",
                "call_problems": [printable(event.get("problem", "")) for event in each],
            }
        return {"value": None, "problem": "was not reached"}

    def outcome(self) -> dict[str, Any]:
        most = int(self.job["limits"]["output_bytes"])
        if self.printed > most:
            self.problem(f"it printed {self.printed:,} bytes or more; {most:,} are allowed")
        told = [text for texts in self.told.values() for text in texts]
        left = len(told) - _MOST_PROBLEMS
        more = [f"{left:,} more problems of its cells"] if left > 0 else []
        return {
            "answers": {wanted["name"]: self.answer(wanted) for wanted in self.job["wanted"]},
            "problems": [*told[:_MOST_PROBLEMS], *more, *self.problems],
        }


def main() -> NoReturn:
    """Read the job from standard input, do it, and write the outcome to standard output."""
    job = json.load(sys.stdin.buffer)
    if job["limits"]["count_processes"]:
        # The worker may be of the same user, and must not get at this process and its pipe.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    deadline = time.monotonic() + float(job["limits"]["seconds"])
    events_out, events_in = os.pipe()
    prints_out, prints_in = os.pipe()
    os.write(1, READY)
    if os.fork() == 0:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for fd, place in ((nothing, 0), (prints_in, 1), (prints_in, 2)):
            os.dup2(fd, place)
        for fd in (events_out, prints_out, prints_in, nothing):
            os.close(fd)
        try:
            # The supervisor goes first, also where every core is busy.
            os.nice(_KINDER)
            limit(job["limits"], job["uid"])
            Worker(job, events_in, deadline).run()
        finally:
            os._exit(0)
    os.close(events_in)
    os.close(prints_in)
    # Python would make an exception of the one; orphans that have ended come here with the other.
    for ignored in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(ignored, signal.SIG_IGN)
    supervisor = Supervisor(job, events_out, prints_out, deadline)
    supervisor.listen()
    data = json.dumps(supervisor.outcome()).encode()
    write_all(1, data)
    os._exit(0)


if __name__ == "__main__":
    main()
