"""Packages that only some uses need: the extras of pyproject.toml."""

from __future__ import annotations

import importlib
import importlib.util
import re
from typing import Any

from hedgelib.errors import HedgeError

__all__ = ["extra_of", "how_to_install", "missing", "needed", "require"]


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
    return HedgeError(
        f"{purpose} needs {package}, which is not installed; "
        f"install it with: {how_to_install(package)}"
    )


def how_to_install(package: str) -> str:
    """Return the command that installs a package, with its extra where it is part of one."""
    extra = extra_of(package)
    return "python -m pip install " + (f"'hedgelib[{extra}]'" if extra else package)


def extra_of(package: str) -> str | None:
    """Return the extra that brings a package, ``None`` for any other package.

    Of several it is the last but ``all``: who lacks the others lacks another of their packages too.
    """
    from importlib import metadata  # costs as much as a floor

    try:
        requirements = metadata.requires("hedgelib") or []
    except metadata.PackageNotFoundError:  # run from a folder that nobody installed
        requirements = []
    wanted = re.compile(rf"{re.escape(package)}\b(?![-.]).*\bextra == ['\"](?!all)(\w+)['\"]")
    extras = [match[1] for match in map(wanted.match, requirements) if match]
    return max(extras, default=None)
