"""Reports made on a dask cluster.

A worker needs hedgelib and nothing else: a portfolio's file goes to it with the job, and the report
comes back, so that no folder has to be shared. A worker that dies loses no report; the scheduler
gives its jobs to others.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from hedgelib._extras import needed
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.report import records
from hedgelib.report.many import Makers
from hedgelib.report.records import fingerprint
from hedgelib.report.run import Job, Made, make_one

_SECONDS_TO_CONNECT = 20
_EACH_THREAD = 3
"""Jobs handed out for each thread of the cluster: one that it works on, and two in reserve."""


@contextmanager
def on_cluster(address: str, seconds: float) -> Iterator[Makers]:
    """Make reports on the workers of a scheduler."""
    distributed = needed("distributed", "a cluster")
    try:
        client = distributed.Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"no scheduler answers at {address!r}; start one with `dask scheduler`, and give the "
            "address that it prints"
        ) from error
    with client:
        _check(client, address)
        yield _Makers(client, seconds)


def _check(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
    except TimeoutError as error:
        raise InvalidInput(
            f"the scheduler at {address} has no workers; start some with `dask worker {address}`"
        ) from error
    ours = fingerprint()
    try:
        theirs = client.run(records.fingerprint)
    except Exception as error:
        raise HedgeError(f"a worker cannot use hedgelib: {error}") from error
    for worker, its in theirs.items():
        if its != ours:
            raise HedgeError(f"the worker at {worker} has {_difference(its, ours)}")


def _difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    if theirs["version"] != ours["version"]:
        return f"hedgelib {theirs['version']}, and this is {ours['version']}"
    what = "code" if theirs["code"] != ours["code"] else "data"
    return f"other {what} of hedgelib than this machine; install the same"


class _Makers:
    """Hands out jobs to a cluster, some more than it works on at a time."""

    def __init__(self, client: Any, seconds: float) -> None:
        self._client, self._seconds = client, seconds

    def __call__(self, jobs: Iterable[tuple[int, Job]]) -> Generator[tuple[int, Made], None, None]:
        from distributed import as_completed

        waiting = iter(jobs)
        running: dict[str, int] = {}
        futures: Any = as_completed(loop=self._client.loop)  # type: ignore[no-untyped-call]

        def hand_out() -> None:
            threads = sum(self._client.nthreads().values())
            for number, job in islice(waiting, max(0, _EACH_THREAD * threads - len(running))):
                future = self._client.submit(
                    make_on_worker, job, self._seconds, fingerprint(), pure=False
                )
                running[future.key] = number
                futures.add(future)

        hand_out()
        for future in futures:
            number = running.pop(future.key)
            hand_out()
            yield number, _result(future)


def _result(future: Any) -> Made:
    from distributed.scheduler import KilledWorker

    if future.cancelled():
        raise HedgeError(
            "the scheduler is gone; what is finished is kept, and the same command goes on from "
            "there"
        )
    try:
        made: Made = future.result()
        return made
    except KilledWorker as error:
        return Made(error=f"not made: {error}")


def make_on_worker(job: Job, seconds: float, expected: Mapping[str, str]) -> Made:
    """Make a report in a worker of the cluster, if it has the `fingerprint` of who asks."""
    # A worker may have joined after the others were looked at.
    if fingerprint() != expected:
        return Made(error="the worker has another hedgelib, or other data")
    # Dask starts workers as daemons, which may have no processes of their own.
    multiprocessing.current_process().daemon = False
    return make_one(job, seconds)
