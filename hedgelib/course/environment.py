"""Checks that this copy of the workbook works, with instructions to fix it if it does not."""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from hedgelib.errors import HedgeError

__all__ = ["Finding", "check_environment", "findings"]

EXTENSION = "@jupyter-widgets/jupyterlab-manager"
_START_AGAIN = "close JupyterLab and type in a terminal, in the workbook's folder: make lab"
_MAKE_AFRESH = (
    "close JupyterLab and type in a terminal, in the workbook's folder: make clean, then make lab"
)
_MAKE_CONDA = (
    "close JupyterLab and type in a terminal, in the workbook's folder: "
    "conda env update --file environment.yml --prune"
)
_COPY_AGAIN = "copy the workbook again from where you got it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of one part of the check: what is good, the same on every machine, or the problems."""

    good: str
    problems: tuple[str, ...] = ()
    mend: str = ""

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
    if not count:
        print("\nEverything is in place.")
    else:
        each = "1 problem" if count == 1 else f"{count} problems in this order"
        print(f"\nFix {each}, then run this cell again.")


def findings() -> list[Finding]:
    """Check Python, the packages, the environment, the data and the widgets."""
    package = Path(__file__).resolve().parents[1]
    root = _repository(package)
    python, requirements = _bounds(root)
    prefix = Path(sys.prefix)
    mend = _MAKE_CONDA if (prefix / "conda-meta").is_dir() else _MAKE_AFRESH
    packages = look_at_packages(requirements, mend=mend)
    found = [
        look_at_python(python, sys.version_info[:3], mend=mend),
        packages,
        look_at_place(root, prefix, Path.cwd(), installed=_version("hedgelib") is not None),
    ]
    if not packages.problems:
        folders = (package / "_bundled" / "data", package.parent / "data")
        found.append(look_at_data(next((f for f in folders if f.is_dir()), folders[-1])))
    return [*found, _widgets_here(mend)]


def look_at_python(bound: str, version: Sequence[int], *, mend: str = _MAKE_AFRESH) -> Finding:
    """Check the version of Python."""
    have = ".".join(map(str, version))
    good = f"Python is new enough ({bound.removeprefix('>=')} or newer)"
    if SpecifierSet(bound).contains(have, prereleases=True):
        return Finding(good=good)
    return Finding(
        good=good, problems=(f"this is Python {have}, but {bound} is needed",), mend=mend
    )


def look_at_packages(
    requirements: Iterable[str],
    *,
    version: Callable[[str], str | None] | None = None,
    mend: str = _MAKE_AFRESH,
) -> Finding:
    """Check the versions of the packages."""
    version = version or _version
    problems = []
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name, needed = requirement.name, f"{requirement.name}{requirement.specifier}"
        have = version(name)
        if have is None:
            problems.append(f"the package {name} is missing ({needed} is needed)")
        elif not requirement.specifier.contains(have, prereleases=True):
            problems.append(f"{name} {have} is installed, but {needed} is needed")
    return Finding(
        good="all packages are installed, and none is too old", problems=tuple(problems), mend=mend
    )


def look_at_place(root: Path | None, prefix: Path, folder: Path, *, installed: bool) -> Finding:
    """Check that the notebook runs in the environment of its own copy of the workbook."""
    good = "the notebook runs in the workbook's own environment"
    own = root is not None and _same(prefix, root / ".venv")
    if not (own or installed):
        found = "this notebook runs in a Python in which the workbook is not installed"
        return Finding(good=good, problems=(f"{found}: {prefix}",), mend=_START_AGAIN)
    copies = (_repository(place / "hedgelib") for place in (folder, *folder.parents))
    other = next((copy for copy in copies if copy), None)
    if root is not None and other is not None and not _same(other, root):
        found = f"this notebook is in {other}, but the library is from another copy, {root}"
        mend = f"open the notebook of that copy, or in this one {_START_AGAIN}"
        return Finding(good=good, problems=(found,), mend=mend)
    return Finding(good=good)


def look_at_data(folder: Path) -> Finding:
    """Check that the data files are unchanged."""
    good = "the data files are complete and unchanged"
    try:
        sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except OSError:
        return Finding(
            good=good, problems=("data/SHA256SUMS is missing",), mend=_restore(["SHA256SUMS"])
        )
    problems, bad = [], []
    for line in sums:
        recorded, _, name = line.partition("  ")
        try:
            content = (folder / name).read_bytes()
        except OSError:
            problems.append(f"data/{name} is missing")
        else:
            if hashlib.sha256(content).hexdigest() == recorded:
                continue
            problems.append(f"data/{name} is not the file that was shipped: its hash differs")
        bad.append(name)
    if problem := _contracts_problem(folder / "contracts.toml"):
        problems.append(problem)
        bad.append("contracts.toml")
    return Finding(good=good, problems=tuple(problems), mend=_restore(bad))


def look_at_widgets(
    data: Iterable[Path], config: Iterable[Path], *, mend: str = _MAKE_AFRESH
) -> Finding:
    """Check that JupyterLab can show sliders and buttons."""
    good = "widgets: JupyterLab can show them"
    extension = Path("labextensions", *EXTENSION.split("/"), "package.json")
    if not any((folder / extension).is_file() for folder in data):
        found = "sliders and buttons cannot be shown: JupyterLab's widget extension is missing"
        return Finding(good=good, problems=(found,), mend=mend)
    if _disabled(config):
        found = "sliders and buttons cannot be shown: JupyterLab's widget extension is disabled"
        jupyter = Path(sys.executable).with_name("jupyter")
        mend = (
            f"type in a terminal: {jupyter} labextension enable {EXTENSION}, then reload this page"
        )
        return Finding(good=good, problems=(found,), mend=mend)
    return Finding(good=good)


def _widgets_here(mend: str) -> Finding:
    try:
        from jupyter_core.paths import jupyter_config_path, jupyter_path
    except ImportError:
        return look_at_widgets([], [], mend=mend)
    return look_at_widgets(map(Path, jupyter_path()), map(Path, jupyter_config_path()), mend=mend)


def _disabled(config: Iterable[Path]) -> bool:
    """Tell whether the extension is switched off, as JupyterLab reads its page configuration."""
    for folder in config:
        try:
            page = json.loads((folder / "labconfig" / "page_config.json").read_text("utf-8"))
            switched = page["disabledExtensions"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(switched, list):
            switched = dict.fromkeys(switched, True)
        for name, value in (switched or {}).items():
            if name == EXTENSION or name.startswith(f"{EXTENSION}:"):
                return bool(value)
    return False


def _contracts_problem(path: Path) -> str:
    from hedgelib._datafiles import read_contracts

    try:
        read_contracts(path)
    except (HedgeError, OSError) as error:
        return f"data/{path.name} cannot be read: {error}"
    return ""


def _restore(names: Sequence[str]) -> str:
    files = " ".join(f"data/{name}" for name in names)
    return (
        f"type in a terminal, in the workbook's folder: git checkout -- {files}; or {_COPY_AGAIN}"
    )


def _repository(package: Path) -> Path | None:
    """Return the copy of the workbook that a package folder belongs to, if it does."""
    root = package.parent
    parts = (package / "__init__.py", root / "pyproject.toml", root / "notebooks")
    return root if all(part.exists() for part in parts) else None


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _bounds(root: Path | None) -> tuple[str, list[str]]:
    if root is not None:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    about = metadata.metadata("hedgelib")
    return about["Requires-Python"], metadata.requires("hedgelib") or []


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
