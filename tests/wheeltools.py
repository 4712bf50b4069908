"""An environment that holds a wheel of the library and what it asks for, and nothing else."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.labtools import ROOT, own_environment

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LEFT_OUT = set(PROJECT["tool"]["uv"]["exclude-dependencies"])


def build(kind: str, folder: Path, source: Path = ROOT) -> Path:
    """Build a wheel or an sdist of what is in a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


def needed(requirements: Iterable[str], extra: str = "") -> set[str]:
    """The packages that requirements name, and all that these need."""
    found: set[tuple[str, str]] = set()
    open_ends = [(Requirement(text), extra) for text in requirements]
    while open_ends:
        requirement, wanted = open_ends.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": wanted}):
            continue
        for own in {"", *requirement.extras}:
            if (name, own) not in found:
                found.add((name, own))
                texts = metadata.requires(name) if name not in LEFT_OUT else []
                open_ends += [(Requirement(text), own) for text in texts or []]
    return {name for name, _ in found} - LEFT_OUT


class Installed:
    """A wheel in an environment of links to the packages that it needs with some extras."""

    def __init__(self, wheel: Path, folder: Path, extras: Iterable[str]) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        (packages,) = (folder / "venv").glob("lib/python*/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
        asked = next(metadata.distributions(path=[str(packages)])).requires or []
        names = set().union(*(needed(asked, extra) for extra in extras or [""]))
        for name in names:
            distribution = metadata.distribution(name)
            self._link(distribution, packages)
            for command in distribution.entry_points.select(group="console_scripts"):
                self._add_command(command)
        (folder / "venv" / "share").symlink_to(Path(sys.prefix) / "share")

    @staticmethod
    def _link(distribution: metadata.Distribution, packages: Path) -> None:
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(distribution.locate_file(top))

    def _add_command(self, command: metadata.EntryPoint) -> None:
        path = self.folder / "venv" / "bin" / command.name
        code = f"import sys; from {command.module} import {command.attr} as main; sys.exit(main())"
        path.write_text(f"#!/bin/sh\nexec {shlex.quote(self.python)} -c '{code}' \"$@\"\n")
        path.chmod(0o755)

    @property
    def python(self) -> str:
        return str(self.folder / "venv" / "bin" / "python")

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run Python in a folder that has nothing to do with the project."""
        return subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=self.folder,
            env=own_environment() | {"MPLBACKEND": "agg"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
