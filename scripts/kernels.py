"""How nbval reaches its kernels, as a plugin of pytest.

Where several kernels start at once, a port that was looked for and let go may be another's when
the kernel takes it, and the kernel dies. A socket's name is its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import uuid4

from jupyter_client.manager import KernelManager
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import default

_LONGEST = 95
"""Of the path of a socket, bytes: systems take about 100."""


class NamedSockets(KernelManager):
    """A manager whose kernel listens to files, where their paths are not too long."""

    @default("transport")
    def _transport(self) -> str:
        fits = len(os.fsencode(f"{jupyter_runtime_dir()}/{uuid4().hex}-5")) < _LONGEST
        return "ipc" if fits and sys.platform != "win32" else "tcp"

    @default("ip")
    def _ip(self) -> str:
        if self.transport == "tcp":
            return "127.0.0.1"
        folder = Path(jupyter_runtime_dir())
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return str(folder / uuid4().hex)


def pytest_configure() -> None:
    """Give nbval, which has no setting for it, such a manager."""
    import nbval.kernel

    nbval.kernel.KernelManager = NamedSockets
