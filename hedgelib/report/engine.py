"""A papermill engine that runs each notebook in a fork: ``papermill --engine hedgelib ...``.

papermill starts a kernel for each notebook, and the kernel imports everything. Here a server has
done that once, and each notebook gets a fork of it. All else is papermill's and Jupyter's own: the
client that sends the cells, the kernel that runs them, the messages between the two. Where there is
no fork to be had, or the notebook asks for another kernel, papermill's own engine does the work.

papermill imports this module whenever it is imported itself, and before it is done with that; so
nothing of papermill is imported here but where it is used, and little else.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgelib.report.forkserver import Child, ForkServer

__all__ = ["NAME", "PREPARE", "ForkEngine", "is_own"]

NAME = "hedgelib"
PREPARE = "hedgelib.report.kernel:prepare"
"""What the server does before it forks."""

_AT_IMPORT = ("PYTHON", "MPL", "OMP_", "OPENBLAS_", "NUMBA_", "IPYTHON")
"""Beginnings of the variables that are read when something is imported."""

_lock = threading.Lock()
_server: tuple[ForkServer, tuple[int, dict[str, str]]] | None = None


class ForkEngine:
    """Runs a notebook in a fork of a process that has imported what reports need.

    It has what papermill asks of an engine.
    """

    @staticmethod
    def execute_notebook(notebook: Any, kernel_name: str, **options: Any) -> Any:
        """Run the cells.

        Parameters
        ----------
        notebook : NotebookNode
        kernel_name : str
        **options
            Those of :class:`papermill.engines.NBClientEngine`.

        Returns
        -------
        NotebookNode
        """
        from papermill.engines import NBClientEngine

        from hedgelib.report.forkserver import can_fork

        if not can_fork() or not is_own(kernel_name):
            return NBClientEngine.execute_notebook(notebook, kernel_name, **options)
        from hedgelib.report.client import ForkedKernel

        with ForkedKernel(_fork) as kernel:
            return NBClientEngine.execute_notebook(notebook, kernel_name, km=kernel, **options)

    @staticmethod
    def nb_kernel_name(notebook: Any, name: str | None = None) -> str:
        """Return the name of the kernel that a notebook asks for."""
        from papermill.utils import nb_kernel_name

        return str(nb_kernel_name(notebook, name))

    @staticmethod
    def nb_language(notebook: Any, language: str | None = None) -> str:
        """Return the language of a notebook."""
        from papermill.utils import nb_language

        return str(nb_language(notebook, language))


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
