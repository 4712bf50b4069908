"""Checks that this copy of the workbook works, with instructions to fix it if it does not."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from hedgelib.errors import HedgeError

EXTENSION = "@jupyter-widgets/jupyterlab-manager"
_TYPE = "close JupyterLab and type in a terminal, in the workbook's folder:"
_IN_CONDA = (Path(sys.prefix) / "conda-meta").is_dir()
_CONDA = "conda env update --file environment.yml --prune"
_IN_BROWSER = sys.platform == "emscripten"
_MEND = (
    "reload this page; if that does not help, install the workbook on your computer"
    if _IN_BROWSER
    else f"{_TYPE} {_CONDA if _IN_CONDA else 'make clean, then make lab'}"
)


class Finding(NamedTuple):
    """Result of one part of the check: what is good, the same on every machine, or the problems."""

    good: str
    problems: Sequence[str] = ()
    mend: str = _MEND

    def __str__(self) -> str:
        if not self.problems:
            return f"OK       {self.good}"
        lines = [f"PROBLEM  {problem}" for problem in self.problems]
        return "\n".join([*lines, f"   fix   {self.mend}"])


def check_environment() -> None:
    """Print which parts work, which do not, and how to fix them."""
    found = findings()
    print(*found, sep="\n")
    count = sum(len(finding.problems) for finding in found)
    each = "1 problem" if count == 1 else f"{count} problems in this order"
    fix = f"Fix {each}, then run this cell again."
    print(f"\n{fix if count else 'Everything is in place.'}")


def findings() -> list[Finding]:
    """Check the packages, the environment, the data and the widgets."""
    package = Path(__file__).resolve().parents[1]
    installed = _version("hedgelib") is not None
    packages = look_at_packages((metadata.requires("hedgelib") or []) if installed else [])
    place = look_at_place(package.parent, Path.cwd(), installed=installed)
    # An older Python could not have read this module.
    found = [Finding("Python is new enough (3.11 or newer)"), packages, place]
    if not packages.problems:
        bundled = package / "_bundled" / "data"
        found.append(look_at_data(bundled if bundled.is_dir() else package.parent / "data"))
    if _IN_BROWSER:  # JupyterLab is part of the page, out of Python's reach.
        return found
    try:
        from jupyter_core.paths import jupyter_config_path, jupyter_path
    except ImportError:
        return [*found, look_at_widgets([], [])]
    return [*found, look_at_widgets(jupyter_path(), jupyter_config_path())]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def look_at_packages(requirements: Iterable[str]) -> Finding:
    """Check the versions of the packages."""
    problems = []
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name, needed = requirement.name, f"{requirement.name}{requirement.specifier}"
        if (have := _version(name)) is None:
            problems.append(f"the package {name} is missing ({needed} is needed)")
        elif not requirement.specifier.contains(have, prereleases=True):
            problems.append(f"{name} {have} is installed, but {needed} is needed")
    return Finding("all packages are installed, and none is too old", problems)


def _is_workbook(folder: Path) -> bool:
    parts = ("hedgelib/__init__.py", "pyproject.toml", "notebooks")
    return all((folder / part).exists() for part in parts)


def look_at_place(root: Path, folder: Path, *, installed: bool) -> Finding:
    """Check that the notebook runs in the environment of its own copy of the workbook."""
    problems, mend = [], f"{_TYPE} make lab"
    other = next(filter(_is_workbook, (folder, *folder.parents)), None)
    if not installed:
        text = "this notebook runs in a Python in which the workbook is not installed"
        problems = [f"{text}: {sys.prefix}"]
    elif other and _is_workbook(root) and not other.samefile(root):
        problems = [f"this notebook is in {other}, but the library is from another copy, {root}"]
        mend = f"open the notebook of that copy, or in this one {mend}"
    return Finding("the notebook runs in the workbook's own environment", problems, mend)


def look_at_data(folder: Path) -> Finding:
    """Check that the data files are unchanged, and the contracts, which may be, can be read."""
    from hedgelib._datafiles import read_contracts  # It needs pandas.

    bad: dict[str, str] = {}
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines, bad["SHA256SUMS"] = [], "is missing"
    for line in lines:
        recorded, _, name = line.partition("  ")
        if not (folder / name).is_file():
            bad[name] = "is missing"
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != recorded:
            bad[name] = "is not the file that was shipped: its hash differs"
    try:
        read_contracts(folder / "contracts.toml")
    except (HedgeError, OSError) as error:
        bad["contracts.toml"] = f"cannot be read: {error}"
    files = " ".join(f"data/{name}" for name in bad)
    mend = (
        f"type in a terminal, in the workbook's folder: git checkout -- {files}; "
        "or copy the workbook again from where you got it"
    )
    return Finding(
        "the data files are complete and unchanged",
        [f"data/{name} {problem}" for name, problem in bad.items()],
        _MEND if _IN_BROWSER else mend,
    )


def look_at_widgets(data: Iterable[str | Path], config: Iterable[str | Path]) -> Finding:
    """Check that JupyterLab can show sliders and buttons."""
    good, mend, problem = "widgets: JupyterLab can show them", _MEND, ""
    packages = [Path(folder, "labextensions", EXTENSION, "package.json") for folder in data]
    if not any(package.is_file() for package in packages):
        problem = "missing"
    elif _is_disabled(config):
        problem, jupyter = "disabled", Path(sys.executable).with_name("jupyter")
        command = f"{jupyter} labextension enable {EXTENSION}"
        mend = f"type in a terminal: {command}, then reload this page"
    text = f"sliders and buttons cannot be shown: JupyterLab's widget extension is {problem}"
    return Finding(good, (text,) if problem else (), mend)


def _is_disabled(config: Iterable[str | Path]) -> bool:
    """Tell whether the extension is switched off, as JupyterLab reads its page configuration."""
    for folder in config:
        try:
            page = json.loads(Path(folder, "labconfig", "page_config.json").read_text("utf-8"))
            switched = page["disabledExtensions"] or {}
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(switched, list):
            switched = dict.fromkeys(switched, True)
        for name, is_off in switched.items():
            if name.partition(":")[0] == EXTENSION:
                return bool(is_off)
    return False
