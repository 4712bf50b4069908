"""Run in a process of its own by test_light.py: the library with nothing but its core installed.

The first argument names the imports that are not to be had, as JSON; then come notebooks to run,
or nothing, which imports every module. What went wrong is printed as JSON, by module or notebook.
`--in-browser` before them takes away what a browser has not: threads, processes, sockets, locks.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import io
import json
import os
import pkgutil
import sys
import sysconfig
from pathlib import Path
from typing import Any


class Absent(importlib.abc.MetaPathFinder):
    """Finds nothing under some names, as if it was not installed."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        for name in [name for name in sys.modules if name.partition(".")[0] in names]:
            del sys.modules[name]
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


NOT_IN_A_BROWSER = {
    "_thread.start_new_thread": RuntimeError("can't start new thread"),
    "_thread.start_joinable_thread": RuntimeError("can't start new thread"),
    "fcntl.flock": OSError("no locks"),
    "os.exec": OSError("no processes"),
    "os.fork": OSError("no processes"),
    "os.posix_spawn": OSError("no processes"),
    "os.system": OSError("no processes"),
    "socket.bind": OSError("no sockets"),
    "socket.connect": OSError("no sockets"),
    "socket.getaddrinfo": OSError("no sockets"),
    "subprocess.Popen": OSError("no processes"),
}


def enter_the_browser() -> None:
    """Let this process be refused, by the interpreter itself, what Pyodide's refuses."""

    def refuse(event: str, _: object) -> None:
        if event in NOT_IN_A_BROWSER:
            raise NOT_IN_A_BROWSER[event]

    sysconfig.get_config_vars()  # read once, from a file that is named after the platform
    sys.platform = "emscripten"
    sys.addaudithook(refuse)


def import_everything() -> dict[str, str]:
    import hedgelib

    wrong = {}
    for module in pkgutil.walk_packages(hedgelib.__path__, "hedgelib."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            wrong[module.name] = str(error.name)
    return wrong


def run(notebooks: list[str]) -> dict[str, str]:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    # The history is written by a thread.
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    wrong = {}
    for name in notebooks:
        os.chdir(Path(name).parent)
        shell.reset()
        for cell in json.loads(Path(name).read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                with contextlib.redirect_stdout(io.StringIO()):
                    result = shell.run_cell("".join(cell["source"]))
                if not result.success:
                    error = result.error_before_exec or result.error_in_exec
                    wrong[name] = f"cell {cell['id']}: {error!r}"
                    break
    return wrong


if __name__ == "__main__":
    absent, *notebooks = sys.argv[1:]
    if notebooks[:1] == ["--in-browser"]:
        notebooks.pop(0)
        enter_the_browser()
    Absent(set(json.loads(absent)))
    print(json.dumps(run(notebooks) if notebooks else import_everything()))
