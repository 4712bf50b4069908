"""A dask cluster of two workers, all of it on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
# Without an address for it, the dashboard would listen to the world.
LOCAL = ("--host", LOOPBACK, "--dashboard-address", f"{LOOPBACK}:0")


@contextmanager
def dask_cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and its workers, and yield its address and them.

    They have no nannies, so that a worker that is killed stays away.
    """
    file = folder / "scheduler.json"
    words = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"]
    commands = [["scheduler", "--port", "0", "--scheduler-file", str(file)], words, words]
    log = folder / "dask.log"
    with log.open("wb") as output:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "dask", *command, *LOCAL],
                cwd=folder,
                # What a worker that is killed leaves behind goes with the folder.
                env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
                stdout=output,
                stderr=output,
            )
            for command in commands
        ]
    try:
        while not (file.exists() and file.read_text().endswith("}")):
            if any(process.poll() is not None for process in running):
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], running[1:]
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()
