"""Starting, finding and stopping a JupyterLab that leaves the user's own one alone."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Only ends a run that hangs; nothing that works comes near it, on a busy machine either.
PATIENCE_SECONDS = 180
LOOPBACK = "127.0.0.1"


def own_environment() -> dict[str, str]:
    """Return the environment without what a `make test` around the suite put there."""
    makes = {"MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS"}
    makes |= {"OUT", "PORTFOLIO", "ROSTER", "SUBMISSIONS"}
    return {name: value for name, value in os.environ.items() if name not in makes}


def poll(condition: Callable[[], Any], what: str, hopeless: Callable[[], str | None]) -> Any:
    """Return the first true value of `condition`; give up when `hopeless` says why."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        if value := condition():
            return value
        if reason := hopeless():
            pytest.fail(f"{what}: {reason}")
        if time.monotonic() > end:
            pytest.fail(f"{what}: nothing after {PATIENCE_SECONDS} s")
        time.sleep(0.1)


def http_status(url: str, headers: dict[str, str] | None = None) -> int | None:
    """Return the HTTP status of `url`, or None while nobody answers."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers or {}), timeout=PATIENCE_SECONDS
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


@dataclass(frozen=True, kw_only=True)
class LabServer:
    """A running JupyterLab: its address, its token and the folder that it serves."""

    url: str
    token: str
    root: Path

    @property
    def notebooks(self) -> Path:
        """The copy of the project's notebooks; a test may write others beside them."""
        return self.root / "notebooks"

    def address(self, notebook: str) -> str:
        """Return where to open a notebook, named by its path under notebooks/."""
        return f"{self.url}lab/tree/notebooks/{quote(notebook)}?reset&token={self.token}"


def isolated_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Jupyter keeps everything of its own under `folder`."""
    kept = own_environment()
    kept = {k: v for k, v in kept.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    # The caches stay: matplotlib's list of fonts takes long to make.
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return kept | {
        "HOME": str(folder),
        "XDG_CACHE_HOME": cache,
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "etc" / "jupyter"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "PYTHONPATH": str(ROOT),
    }


def server_record(runtime: Path) -> dict[str, Any] | None:
    """Return what the server that runs in `runtime` says about itself, once it answers."""
    for path in runtime.glob("jpserver-*.json"):
        try:
            record: dict[str, Any] = json.loads(path.read_text())
        except ValueError:  # still being written
            continue
        headers = {"Authorization": f"token {record['token']}"}
        if http_status(record["url"] + "api/status", headers) == 200:
            return record
    return None


def stop(process: subprocess.Popen[Any]) -> None:
    """End a server that this session started, kindly at first."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
