"""``python -m tests.benchmarks.bench [NAME ...]``: run the benchmarks and write docs/benchmarks.md.

Each bench_NAME.py here has ``rows()``, which returns rows of :mod:`tests.benchmarks.measure`. With
names, only those are run, and nothing is written.
"""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measure import Row

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
HEAD = ("what", "ours", "theirs", "ratio", "wanted", "same numbers")
INTRODUCTION = """\
# Benchmarks

Written by `make bench`; do not edit. What is compared runs side by side in one run, in turns, and
each time is a median. Times differ from machine to machine: the ratios are what counts. The last
column says to what tolerance both ways gave the same numbers in this very run.
"""


def names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def run(name: str) -> list[Row]:
    found: list[Row] = importlib.import_module(f"tests.benchmarks.bench_{name}").rows()
    for row in found:
        verdict = "" if row.met else "   <-- MISSED"
        print(f"{name}: {row.what}: {row.ours} | {row.theirs} | {row.ratio}{verdict}", flush=True)
    return found


def page(tables: dict[str, list[Row]]) -> str:
    parts = [INTRODUCTION]
    for name, rows in tables.items():
        parts.append(f"## {name.capitalize()}\n")
        parts.append("| " + " | ".join(HEAD) + " |")
        parts.append("|" + "---|" * len(HEAD))
        for row in rows:
            wanted = row.wanted if row.met else f"{row.wanted}: missed"
            cells = (row.what, row.ours, row.theirs, row.ratio, wanted, row.same)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("")
    packages = ("numpy", "numba", "pandas", "scipy", "statsmodels")
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    parts.append(f"{date.today():%Y-%m-%d}, Python {platform.python_version()}, {versions}.\n")
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    unknown = set(arguments) - set(names())
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(names())}")
        return 2
    tables = {name: run(name) for name in arguments or names()}
    if not arguments:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(tables), encoding="utf-8")
        print(f"written: {PAGE.relative_to(HERE.parents[1])}")
    return 0 if all(row.met for rows in tables.values() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
