"""Packages that only some uses need: the extras of pyproject.toml."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from hedgelib.errors import HedgeError

__all__ = ["extra_of", "how_to_install", "missing", "needed", "require"]

_ROOT = Path(__file__).resolve().parents[1]


def needed(package: str, purpose: str) -> Any:
    """Import a package of an extra, or raise a :class:`HedgeError` that says how to install it."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise missing(package, purpose) from error


def require(package: str, purpose: str) -> None:
    """Refuse to go on without a package, which is not imported yet."""
    if importlib.util.find_spec(package) is None:
        raise missing(package, purpose)


def missing(package: str, purpose: str) -> HedgeError:
    """Return the error of a package that is not installed."""
    if sys.platform == "emscripten":
        return HedgeError(
            f"{purpose} needs {package}, which does not run in a browser; "
            "install the workbook on your computer"
        )
    return HedgeError(
        f"{purpose} needs {package}, which is not installed; "
        f"install it with: {how_to_install(package)}"
    )


def how_to_install(package: str) -> str:
    """Return the command that adds a package, with its extra, to this copy of the library."""
    extra, prefix = extra_of(package), Path(sys.prefix)
    if extra and (prefix / ".ready").is_file() and (_ROOT / "tasks.py").is_file():
        if shutil.which("make"):
            return f"make -C {_quoted(_ROOT)} extras"
        return f"python {_quoted(_ROOT / 'tasks.py')} extras"
    if (prefix / "conda-meta").is_dir():
        packages = _packages_of(extra) if extra else [package]
        return f"conda install --channel conda-forge {' '.join(packages)}"
    if (receipt := prefix / "uv-receipt.toml").is_file():
        return _with_uv_tool(tomllib.loads(receipt.read_text("utf-8")), extra, package)
    wanted = _quoted(f"hedgelib[{extra}]") if extra else package
    if re.search(r"^uv = ", _text(prefix / "pyvenv.cfg"), re.MULTILINE):
        return f"uv pip install --python {_quoted(sys.executable)} {wanted}"
    python = "python" if shutil.which("python") == sys.executable else _quoted(sys.executable)
    return f"{python} -m pip install {wanted}"


def _with_uv_tool(receipt: dict[str, Any], extra: str | None, package: str) -> str:
    """Return how `uv tool` adds to what a tool has: by installing all of it anew."""
    own, *others = receipt["tool"]["requirements"]
    extras = ",".join(sorted({*own.get("extras", ()), *([extra] if extra else [])}))
    places = ("path", "directory", "editable", "url", "git")
    place = next((own[key] for key in places if key in own), "")
    if "git" in own or "url" in own:
        wanted = f"hedgelib[{extras}] @ {'git+' if 'git' in own else ''}{place}"
    else:
        wanted = f"{place or 'hedgelib'}[{extras}]"
    also = [other["name"] for other in others] + ([] if extra else [package])
    options = ["--editable"] if "editable" in own else []
    options += [f"--with {name}" for name in also]
    return " ".join(["uv tool install", *options, _quoted(wanted.replace("[]", ""))])


def _packages_of(extra: str) -> list[str]:
    """Return the packages of an extra, which conda does not know."""
    names = [re.match(r"[\w.-]+", text) for text in _requirements() if _extra(text) == extra]
    return [name[0] for name in names if name]


def _quoted(text: str | Path) -> str:
    """Return a text as one word of the system's own shell."""
    return subprocess.list2cmdline([str(text)]) if os.name == "nt" else shlex.quote(str(text))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""


def extra_of(package: str) -> str | None:
    """Return the extra that brings a package, ``None`` for any other package.

    Of several it is the last but ``all``: who lacks the others lacks another of their packages too.
    """
    own = re.compile(rf"{re.escape(package)}\b(?![-.])")
    return max(filter(None, map(_extra, filter(own.match, _requirements()))), default=None)


def _extra(requirement: str) -> str | None:
    match = re.search(r"\bextra == ['\"](?!all)(\w+)['\"]", requirement)
    return match and match[1]


def _requirements() -> list[str]:
    from importlib import metadata  # costs as much as a floor

    try:
        return metadata.requires("hedgelib") or []
    except metadata.PackageNotFoundError:  # run from a folder that nobody installed
        return []
