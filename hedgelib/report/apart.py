"""One report of many, made in a process of its own."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgelib import errors
from hedgelib.errors import HedgeError, NothingToHedge
from hedgelib.report.forkserver import ForkServer, ServerGone, can_fork, command
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.wire import pack, receive, unpack

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

__all__ = ["Job", "Made", "Workshop", "figures", "make"]

_ATTEMPTS = 2
"""A report whose process is killed is begun anew once: it need not have been its own fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a report is made of.

    Parameters
    ----------
    name : str
        Of the portfolio file, without folders.
    content : bytes, optional
        Of the file, so that whoever makes the report needs no access to it; None for one that
        ships with hedgelib.
    parameters : mapping
        Names and values, the portfolio left out.
    """

    name: str
    content: bytes | None
    parameters: Mapping[str, Any]

    def pack(self) -> bytes:
        """Return the job as bytes."""
        told = {"name": self.name, "parameters": dict(self.parameters)}
        content = [] if self.content is None else [self.content]
        return pack([json.dumps(told).encode(), *content])

    @classmethod
    def unpack(cls, packed: bytes) -> Job:
        """Make a job of what `pack` returned."""
        told, *content = unpack(packed)
        return cls(content=content[0] if content else None, **json.loads(told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of a job: a report, or the reason why there is none.

    Parameters
    ----------
    figures : mapping
        What an index shows of the report; empty where there is none.
    files : mapping of str to bytes
        By the ends of their names: ``html`` and ``ipynb``.
    error : str
        Empty where there is a report.
    nothing : str
        Why there is nothing to hedge, where that is so; empty else.
    """

    figures: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    error: str = ""
    nothing: str = ""

    def pack(self) -> bytes:
        """Return all of it as bytes."""
        told = {
            "figures": dict(self.figures),
            "error": self.error,
            "nothing": self.nothing,
            "files": list(self.files),
        }
        return pack([json.dumps(told).encode(), *self.files.values()])

    @classmethod
    def unpack(cls, packed: bytes) -> Made:
        """Make it of what `pack` returned."""
        told, *contents = unpack(packed)
        told = json.loads(told)
        files = dict(zip(told.pop("files"), contents, strict=True))
        return cls(files=files, **told)


def make(job: Job, *, in_place: bool = False) -> Made:
    """Make a report in the working directory, which is to be an empty one.

    Parameters
    ----------
    job : Job
    in_place : bool
        Whether this process has a kernel prepared, to run the notebook in.

    Returns
    -------
    Made
        Whatever goes wrong is told in it.
    """
    # pandas and papermill take their time, and who only asks for reports needs neither.
    from nbclient.exceptions import DeadKernelError

    from hedgelib.report.render import ReportFailed, make_pages

    try:
        parameters = ReportParameters.from_mapping({"portfolio": job.name, **job.parameters})
        if job.content is not None:
            Path(job.name).write_bytes(job.content)
        notebook, report = (_run_in_place if in_place else _run)(parameters)
        page, text = make_pages(notebook, report)
        files = {"html": page.encode(), "ipynb": text.encode()}
        return Made(figures=figures(report), files=files)
    except ReportFailed as error:
        # What is wrong with a portfolio or a parameter is told without a word of notebooks.
        if error.kind == NothingToHedge.__name__:
            return Made(nothing=error.message)
        known = issubclass(getattr(errors, error.kind, object), HedgeError)
        return Made(error=error.message if known else str(error))
    except NothingToHedge as nothing:
        return Made(nothing=str(nothing))
    except (HedgeError, DeadKernelError) as error:
        return Made(error=str(error))
    except Exception as error:
        return Made(error=f"{type(error).__name__}: {error}")


def _run(parameters: ReportParameters) -> tuple[Any, HedgeReport]:
    from hedgelib.report.one import build_report
    from hedgelib.report.render import run_notebook

    report = build_report(parameters)
    return run_notebook(parameters), report


def _run_in_place(parameters: ReportParameters) -> tuple[Any, HedgeReport]:
    from papermill.engines import papermill_engines

    from hedgelib.report import inplace, kernel
    from hedgelib.report.render import run_notebook

    papermill_engines.register(inplace.IN_PLACE, inplace.InPlaceEngine)
    notebook = run_notebook(parameters, engine=inplace.IN_PLACE)
    # The index then shows what the notebook has worked out.
    return notebook, kernel.namespace()["report"]


def figures(report: HedgeReport) -> dict[str, Any]:
    """Pick what an index shows of a report.

    Parameters
    ----------
    report : HedgeReport

    Returns
    -------
    dict
        Ready for JSON; None for what a report does not have. A month is 30 days: what is left open
        is one standard deviation over it, carry the funding received in it, both in USD. Low and
        high are ends of a range where no beta is known for a part of the book.
    """
    from hedgelib.report.phrases import age_words

    plan, tracked, month = report.plan, report.tracked, report.residual.month
    unhedged, left = (
        [end * month for end in ends] for ends in (report.residual.before, report.residual.after)
    )
    estimated = tracked.estimate is not None
    liquidates = plan.liquidation_price_usd < float("inf")
    return {
        "price_day": report.price_day.isoformat() if report.price_day else None,
        "last_day": report.last_day.isoformat(),
        "value_usd": report.portfolio.value_usd,
        "covered_usd": report.covered_usd,
        "gap_usd": report.gap.value_usd,
        "coins": len(report.portfolio),
        "hedge_coin": report.hedge_coin,
        "beta": tracked.book_beta,
        "beta_at_covered": tracked.book_beta + report.gap.share * tracked.covered_beta,
        "beta_low": tracked.book_beta_low if estimated else None,
        "beta_high": tracked.book_beta_high if estimated else None,
        "contract": plan.contract.id,
        "contracts": float(plan.contracts),
        "notional_usd": float(plan.notional_usd),
        "collateral_usd": float(plan.collateral_usd),
        "leverage": float(plan.leverage),
        "liquidation_price_usd": float(plan.liquidation_price_usd) if liquidates else None,
        "liquidation_move": float(plan.liquidation_move) if liquidates else None,
        "unhedged_month_usd": unhedged[0] if estimated else None,
        "unhedged_month_high_usd": unhedged[1] if estimated else None,
        "residual_month_usd": left[0] if estimated else None,
        "residual_month_high_usd": left[1] if estimated else None,
        "carry_month_usd": report.funding.month_usd if report.funding else None,
        "age": age_words(report),
        "warnings": list(report.warnings),
    }


class Workshop:
    """Makes reports, each in a process of its own; any number of threads may ask at once.

    Where there are forks, all come from one server that has everything imported. Elsewhere each
    report starts a Python of its own, and its notebook a kernel.

    Parameters
    ----------
    seconds : float
        What a report may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._server: ForkServer | None = None
        self._closed = False

    def make(self, job: Job) -> Made:
        """Make a report.

        Parameters
        ----------
        job : Job

        Returns
        -------
        Made
            Whatever goes wrong is told in it, the death of its process included.
        """
        for _ in range(_ATTEMPTS):
            with tempfile.TemporaryDirectory(
                prefix="hedgelib-", ignore_cleanup_errors=True
            ) as folder:
                try:
                    made = self._fork(job, folder) if can_fork() else self._start(job, folder)
                except TimeoutError:
                    return Made(error=f"stopped: it took longer than {self._seconds:g} seconds")
            if not isinstance(made, str):
                return made
            if self._closed:
                break
        return Made(error=f"not made: {made}")

    def _fork(self, job: Job, folder: str) -> Made | str:
        """Return what a fork made, or how it ended."""
        ours, theirs = socket.socketpair()
        with ours:
            try:
                child = self._running_server().start("hedgelib.report.apart:serve", theirs)
            except ServerGone as error:
                theirs.close()
                return str(error)
            try:
                ours.settimeout(self._seconds)
                ours.sendall(pack([os.fsencode(folder), job.pack()]))
                answer = receive(ours)
            except ConnectionError:
                answer = None
            finally:
                child.kill()
        return child.fate if answer is None else Made.unpack(answer[0])

    def _running_server(self) -> ForkServer:
        with self._lock:
            if self._closed:
                raise ServerGone("it was interrupted")
            if self._server is None or not self._server.runs():
                if self._server is not None:
                    self._server.close()
                self._server = ForkServer("hedgelib.report.apart:warm_up")
            return self._server

    def _start(self, job: Job, folder: str) -> Made | str:
        """Return what a Python of its own made, or how it ended."""
        parts = {name: Path(folder) / name for name in ("job", "made", "log", "desk")}
        parts["job"].write_bytes(job.pack())
        parts["desk"].mkdir()
        with parts["log"].open("wb") as log:
            try:
                done = subprocess.run(
                    command("hedgelib.report.apart", folder),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    timeout=self._seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise TimeoutError from error
        if done.returncode:
            return f"its process ended with exit code {done.returncode}"
        return Made.unpack(parts["made"].read_bytes())

    def close(self) -> None:
        """End all that is being made; who waits for it is told that it was interrupted."""
        with self._lock:
            self._closed = True
            if self._server is not None:
                self._server.close()

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(sock: socket.socket) -> None:
    """Make one report in a fork.

    Parameters
    ----------
    sock : socket
        Brings the folder to work in and the job, and takes what became of it.
    """
    asked = receive(sock)
    if asked is None:
        return
    folder, job = asked
    os.chdir(folder)
    sock.sendall(pack([make(Job.unpack(job), in_place=True).pack()]))


def main(arguments: Sequence[str]) -> None:
    """Make one report in a Python of its own: ``job`` of a folder becomes ``made``."""
    folder = Path(arguments[0])
    job = Job.unpack((folder / "job").read_bytes())
    os.chdir(folder / "desk")
    (folder / "made").write_bytes(make(job).pack())


def warm_up() -> None:
    """Do in the server what every report would do again: imports, templates, fonts, caches."""
    from hedgelib.report import kernel

    kernel.prepare()
    import nbformat
    import papermill  # noqa: F401 (for the forks)

    from hedgelib.report import inplace  # noqa: F401
    from hedgelib.report.render import report_notebook, to_html

    notebook = nbformat.read(report_notebook(), as_version=4)  # type: ignore[no-untyped-call]
    to_html(notebook, title="")
    space: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            kernel.show(_evaluate(cell.source, space))


def _evaluate(source: str, space: dict[str, Any]) -> object:
    """Run a cell and return the value of its last line, None where that is no expression."""
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        before.append(last)
    exec(compile(ast.Module(before, []), "<draft>", "exec"), space)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "<draft>", "eval"), space)
    return None
