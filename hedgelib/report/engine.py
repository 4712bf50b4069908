"""A papermill engine that runs each notebook in a fork: ``papermill --engine hedgelib ...``.

papermill starts a kernel for each notebook, and the kernel imports everything. Here a server has
done that once, and each notebook gets a fork of it. All else is papermill's and Jupyter's own: the
client that sends the cells, the kernel that runs them, the messages between the two. Where there is
no fork to be had, or the notebook asks for another kernel, papermill's own engine does the work.

papermill imports this module whenever it is imported itself, so it imports next to nothing.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

# papermill may be half imported and just looking for its engines; these two it has by then.
from papermill.engines import Engine, NBClientEngine

if TYPE_CHECKING:
    from papermill.engines import NotebookExecutionManager

    from hedgelib.report.forkserver import Child, ForkServer

__all__ = ["NAME", "ForkEngine"]

NAME = "hedgelib"
PREPARE = "hedgelib.report.kernel:prepare"

_AT_IMPORT = ("PYTHON", "MPL", "OMP_", "OPENBLAS_", "NUMBA_", "IPYTHON")
"""Beginnings of the variables that are read when something is imported."""

_lock = threading.Lock()
_server: tuple[ForkServer, tuple[int, dict[str, str]]] | None = None


class ForkEngine(Engine):  # type: ignore[misc]
    """Runs a notebook in a fork of a process that has imported what reports need."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any
    ) -> Any:
        """Run the cells, with the options of papermill's own engine.

        Parameters
        ----------
        nb_man : NotebookExecutionManager
        kernel_name : str
        **options
            Of :class:`papermill.engines.NBClientEngine`.

        Returns
        -------
        NotebookNode
        """
        from hedgelib.report.forkserver import can_fork

        run = NBClientEngine.execute_managed_notebook
        if not can_fork() or not is_own(kernel_name):
            return run(nb_man, kernel_name, **options)
        from hedgelib.report.client import ForkedKernel

        with ForkedKernel(_fork) as kernel:
            return run(nb_man, kernel_name, km=kernel, **options)


@cache
def is_own(kernel_name: str) -> bool:
    """Tell whether a kernel is ipykernel in this very Python, and so can be a fork.

    Parameters
    ----------
    kernel_name : str

    Returns
    -------
    bool
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return False
    version = sys.version_info
    names = {"python", f"python{version[0]}", f"python{version[0]}.{version[1]}", sys.executable}
    return not spec.env and spec.argv[0] in names and "ipykernel_launcher" in spec.argv


def _fork(shell: socket.socket, iopub: socket.socket) -> Child:
    return _own_server().start("hedgelib.report.kernel:serve", shell, iopub)


def _own_server() -> ForkServer:
    """Start the server of this process, or use the one that runs."""
    global _server
    from hedgelib.report.forkserver import ForkServer

    made_for = os.getpid(), {k: v for k, v in os.environ.items() if k.startswith(_AT_IMPORT)}
    with _lock:
        if _server is None or _server[1] != made_for or not _server[0].runs():
            if _server is not None and _server[1][0] == os.getpid():
                _server[0].close()
            _server = ForkServer(PREPARE), made_for
        return _server[0]
