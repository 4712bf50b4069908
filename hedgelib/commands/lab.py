"""``hedgelib lab``: the lessons in a folder of the learner's own, opened in JupyterLab."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from hedgelib._extras import require
from hedgelib._folder import shipped

SUMMARY = "copy the lessons into a folder and open them in JupyterLab"
PARTLY = ""
DESCRIPTION = (
    "Copy the lessons into a folder of your own, without their answers, and open JupyterLab at the "
    "start page. A lesson that you have changed is never written over: if it has been revised, the "
    "new one is put next to it."
)

_FOLDER = "hedging-workbook"
_START = "00_start_here.ipynb"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to the parser."""
    parser.add_argument(
        "folder",
        nargs="?",
        default=_FOLDER,
        metavar="FOLDER",
        help=f"your folder; made if it is not there (default: {_FOLDER})",
    )
    parser.add_argument("--copy-only", action="store_true", help="copy the lessons, open nothing")
    parser.add_argument(
        "--fresh", metavar="NUMBER", help="begin this lesson afresh, such as 03; yours is kept"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--port", type=int, metavar="PORT", help="port of the server")
    parser.add_argument("--ip", metavar="ADDRESS", help="address that the server listens on")
    parser.add_argument(
        "--notebook-classic", action="store_true", help="open Jupyter Notebook, not JupyterLab"
    )


def run(arguments: argparse.Namespace) -> int:
    """Copy the lessons, and open them."""
    from hedgelib.course.learner import copy_lessons, fresh_copy

    folder = Path(arguments.folder).expanduser()
    print(copy_lessons(folder))
    if arguments.fresh:
        print(fresh_copy(arguments.fresh, folder.absolute()))
    if arguments.copy_only:
        return 0
    command, environment = server(arguments, folder.absolute())
    print("Stop it with Ctrl-C twice.", flush=True)
    if os.name == "posix":
        # Ctrl-C is then the server's alone.
        os.execve(command[0], command, environment)
    return until_it_ends(subprocess.Popen(command, env=environment))


def until_it_ends(process: subprocess.Popen[bytes]) -> int:
    """Wait for a server, which answers Ctrl-C itself."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def server(arguments: argparse.Namespace, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command that starts the server, and its environment."""
    classic = arguments.notebook_classic
    app = "notebook" if classic else "jupyterlab"
    require(app, "opening the lessons")
    trait, page = ("JupyterNotebookApp", "notebooks") if classic else ("LabApp", "lab/tree")
    command = [
        *(sys.executable, "-m", app),
        f"--ServerApp.root_dir={folder}",
        f"--{trait}.default_url=/{page}/{_START}",
        *(["--no-browser"] if arguments.no_browser else []),
        *([f"--port={arguments.port}"] if arguments.port is not None else []),
        *([f"--ip={arguments.ip}"] if arguments.ip else []),
        # Jupyter asks a root user to say so; containers have no other.
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    paths = [str(shipped("etc", "jupyter")), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return command, os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}
