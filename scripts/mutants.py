"""Change the finance floors one operator at a time and see whether a test notices (`make mutants`).

The changes are cosmic-ray's. Each is tried in a fork of a process that has everything imported, on
a copy of the tree, so that a floor takes minutes and not hours. A mutant that no test kills is a
line that could be wrong unnoticed: they are listed in docs/mutants.md, with the reason where one is
known to change nothing (scripts/mutants.toml). What was killed stands in out/mutants and is not
tried again: a run goes on where the last one stopped, and a survivor gets another chance at tests
that were added since. `rm -r out/mutants` starts afresh.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mutants.md"
KILLED = ROOT / "out" / "mutants"
REASONS = ROOT / "scripts" / "mutants.toml"
# Floors with their tests.
FLOORS = {
    "_check": ("check",),
    "contracts": ("cases", "contracts"),
    "margin": ("cases", "margin"),
    "carry": ("cases", "carry"),
    "returns": ("returns",),
    "plan": ("cases", "plan", "scenario"),
    "scenario": ("cases", "scenario"),
}
WANTED = 0.95
# Of hypothesis, in tests/strategies.py: a failure kills a mutant, and the search for its smallest
# example would take minutes.
PROFILES = ("mutants-first", "mutants")
SECONDS = 100
# Bit arithmetic on floats is a TypeError, which any test kills: trying it would flatter the score.
SKIPPED = re.compile(
    r"core/(ReplaceBinaryOperator_(BitOr_.*|.*_(BitXor|BitAnd|BitOr|RShift|LShift))|RemoveDecorator"
    r"|Variable(Inserter|Replacer))$"
)
INTRODUCTION = """\
# Mutants

Written by `make mutants`; do not edit. Each line of the finance floors was changed in every way
that cosmic-ray knows, one change at a time, and the floor's tests, doctests and worked cases were
run. The survivors follow, as the change that no test noticed. A floor is listed while its file is
the one that was tried.
"""


@dataclass(frozen=True)
class Mutant:
    """One change: an operator of cosmic-ray, which place in the file, and the code it makes."""

    operator: str
    occurrence: int
    line: int
    code: str

    @property
    def key(self) -> str:
        """Name the mutated file by its contents."""
        return sha256(self.code.encode()).hexdigest()

    def difference(self, source: str) -> str:
        """Show the change against the source, as a diff without its header."""
        lines = unified_diff(source.splitlines(), self.code.splitlines(), lineterm="", n=0)
        return "\n".join(x for x in lines if x[:1] in "+-" and x[:3] not in ("+++", "---"))


def mutants(source: str) -> Iterator[Mutant]:
    """Make every change to a file that cosmic-ray knows."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    tree = get_ast(source)
    for name in sorted(operator_names()):
        if SKIPPED.match(name):
            continue
        operator, occurrence = get_operator(name)(), 0
        for node in ast_nodes(tree):
            for start, _ in operator.mutation_positions(node):
                code = mutate_code(source, get_operator(name)(), occurrence)
                if code is not None and code != source:
                    yield Mutant(name, occurrence, start[0], code)
                occurrence += 1


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the floors' tests need."""
    for name in ("hedgelib", "tests", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def tested(tree: Path, floor: str, code: str, profile: str) -> int:
    """Start a fork that writes the code into the tree and runs the floor's tests; give its pid."""
    pid = os.fork()
    if pid:
        return pid
    (tree / "hedgelib" / f"{floor}.py").write_text(code, encoding="utf-8")
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    with (tree / "log.txt").open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    signal.alarm(SECONDS)
    os.environ["HYPOTHESIS_PROFILE"] = profile
    import pytest

    tests = [f"tests/test_{name}.py" for name in FLOORS[floor]]
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--no-header"]
    ignore = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    os._exit(int(pytest.main([*options, *ignore, f"hedgelib/{floor}.py", *tests])))


def tried(
    floor: str, waiting: list[Mutant], trees: list[Path], profile: str
) -> Iterator[tuple[Mutant, bool]]:
    """Try mutants, one in each tree at a time; give each with whether it was killed."""
    waiting, free, running = list(waiting), list(trees), {}
    while waiting or running:
        while waiting and free:
            mutant, tree = waiting.pop(), free.pop()
            running[tested(tree, floor, mutant.code, profile)] = mutant, tree
        pid, status = os.wait()
        mutant, tree = running.pop(pid)
        free.append(tree)
        yield mutant, status != 0


def survivors(floor: str, trees: list[Path]) -> tuple[int, list[Mutant], str]:
    """Try every mutant of a floor that no earlier run has killed."""
    source = (ROOT / "hedgelib" / f"{floor}.py").read_text(encoding="utf-8")
    _, status = os.waitpid(tested(trees[0], floor, source, PROFILES[-1]), 0)
    if status != 0:
        raise SystemExit((trees[0] / "log.txt").read_text()[-3000:])
    every = list(mutants(source))
    KILLED.mkdir(parents=True, exist_ok=True)
    log = KILLED / f"{floor}.txt"
    dead = set(log.read_text().split()) if log.exists() else set()
    left = [mutant for mutant in every if mutant.key not in dead]
    for profile in PROFILES:
        print(f"{floor}: {len(left)} of {len(every)} mutants to try ({profile})", flush=True)
        found = []
        for mutant, killed in tried(floor, left, trees, profile):
            if not killed:
                found.append(mutant)
                continue
            with log.open("a") as lines:
                lines.write(mutant.key + "\n")
        left = found
    for mutant in left:
        print(f"{floor}: survived: {mutant.operator}\n{mutant.difference(source)}", flush=True)
    for tree in trees:
        (tree / "hedgelib" / f"{floor}.py").write_text(source, encoding="utf-8")
    return len(every), sorted(left, key=lambda m: (m.line, m.operator)), source


def reasons() -> dict[tuple[str, str], str]:
    """Read why survivors change nothing, by floor and change."""
    entries = tomllib.loads(REASONS.read_text(encoding="utf-8"))["survivor"]
    return {(e["floor"], change): e["reason"] for e in entries for change in e["changes"]}


def heading(floor: str, source: str) -> str:
    """Name a floor in the page, with the digest of its file."""
    digest = sha256(source.encode()).hexdigest()
    return f"## {floor}\n\nOf the file with the SHA-256 {digest[:12]}.\n"


def written() -> dict[str, str]:
    """Read the parts of the page on files that have not changed since it was written."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    parts = re.split(r"\n(?=## )", page.rpartition("\ncosmic-ray ")[0])
    found = {}
    for floor in FLOORS:
        now = heading(floor, (ROOT / "hedgelib" / f"{floor}.py").read_text(encoding="utf-8"))
        for part in parts:
            if part.startswith(now):
                found[floor] = part
    return found


def main(floors: list[str]) -> int:
    """Try the floors named, or all, and write the page; fail below the share that is wanted.

    Of the other floors the page keeps what it says of a file that has not changed since.
    """
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    import hypothesis.strategies
    import numpy
    import pandas
    import pytest
    import scipy.special

    _ = hypothesis, numpy, pandas, pytest, scipy
    parts, enough, known = written(), True, reasons()
    with tempfile.TemporaryDirectory() as folder:
        trees = [copy_of_the_tree(Path(folder) / str(i)) for i in range(os.cpu_count() or 1)]
        for floor in floors or FLOORS:
            count, found, source = survivors(floor, trees)
            changes = [mutant.difference(source) for mutant in found]
            same = sum((floor, change) in known for change in changes)
            killed = 1 - (len(found) - same) / (count - same)
            enough &= killed >= WANTED
            score = f"{count} mutants, {killed:.1%} of those that change something killed"
            print(f"{floor}: {score}", flush=True)
            lines = [heading(floor, source), f"{score}.\n"]
            for change in changes:
                why = known.get((floor, change), "No reason is known: a test is missing.")
                lines.append(f"```diff\n{change}\n```\n\n{why}\n")
            parts[floor] = "\n".join(lines)
            # After each floor: a run takes an hour, and may be interrupted.
            shown = [parts[name] for name in FLOORS if name in parts]
            end = f"cosmic-ray {version('cosmic-ray')}.\n"
            PAGE.write_text("\n".join([INTRODUCTION, *shown, end]), encoding="utf-8")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
