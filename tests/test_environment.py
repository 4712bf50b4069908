"""pyproject.toml, the locks, environment.yml and the targets of make agree."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from tasks import TARGETS
from tests.conftest import seconds_by_part
from tests.labtools import ROOT, own_environment

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    name: (ROOT / f"requirements{name}.lock").read_text()
    for name in ["", "-all", "-dev"]  # a learner's, with every extra, with what the checks need
}
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())

# What conda-forge calls differently from the Python index.
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
}
# What it has not, and pip brings.
ONLY_PIP = {"axe-playwright-python"}
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

LOCK_ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\\n]+))? \\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def requirements(*texts: str) -> list[Requirement]:
    return [Requirement(text) for text in texts]


GROUPS = PROJECT["dependency-groups"]
CORE = requirements(*PROJECT["project"]["dependencies"])
EXTRAS = {
    name: requirements(*texts)
    for name, texts in PROJECT["project"]["optional-dependencies"].items()
    if name != "all"
}
BUILD = requirements(*PROJECT["build-system"]["requires"])
CHECKS = requirements(
    *(text for group in ("dev", "site") for text in GROUPS[group] if isinstance(text, str))
)


def wanted_of(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for itself, and a lock and those before it pin."""
    wanted = [*CORE, *EXTRAS["lab"], *BUILD]
    if lock:
        wanted += [requirement for extra in EXTRAS.values() for requirement in extra]
    return wanted + CHECKS if lock == "-dev" else wanted


def pins(name: str, *locks: str) -> list[tuple[Version, str | None]]:
    """The versions that locks (all when none is named) hold of a package, each with its marker."""
    return [
        (Version(entry["version"]), entry["marker"])
        for lock in locks or LOCKS
        for entry in LOCK_ENTRY.finditer(LOCKS[lock])
        if canonicalize_name(entry["name"]) == canonicalize_name(name)
    ]


def applies(marker: str | None, python: str) -> bool:
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return marker is None or Marker(marker).evaluate(machine)


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", PYTHONS)
def test_locks_pin_what_pyproject_asks_for(lock, python):
    up_to = list(LOCKS)[: list(LOCKS).index(lock) + 1]
    for requirement in wanted_of(lock):
        versions = {v for v, marker in pins(requirement.name, *up_to) if applies(marker, python)}
        assert len(versions) == 1, f"{requirement.name}: run `make lock`"
        assert versions <= {v for v in versions if v in requirement.specifier}, requirement


def test_the_core_is_light_and_all_is_every_extra():
    assert [r.name for r in CORE] == ["anywidget", "ipywidgets", "matplotlib", "numpy", "pandas"]
    everything = Requirement(*PROJECT["project"]["optional-dependencies"]["all"])
    assert everything.name == PROJECT["project"]["name"]
    assert everything.extras == set(EXTRAS)
    assert requirements(*GROUPS["build"]) == BUILD
    assert GROUPS["dev"][:2] == [{"include-group": group} for group in ("build", "site")]


@pytest.mark.parametrize("extra", sorted(set(EXTRAS) - {"lab"}))
def test_a_learner_need_not_install_what_only_other_uses_need(extra):
    own = {r.name for r in EXTRAS[extra]} - {r.name for r in EXTRAS["lab"]}
    # JupyterLab itself needs these.
    for name in own - {"nbclient", "nbconvert", "nbformat", "platformdirs"}:
        assert pins(name, "") == [], name
        assert pins(name, "-all"), name


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_hashed_from_end_to_end_and_names_no_address(lock):
    assert LOCK_ENTRY.sub("", LOCKS[lock]) == ""
    assert "://" not in LOCKS[lock]


def test_no_two_locks_disagree():
    versions: dict[tuple[str, str], set[str]] = {}
    for lock in LOCKS.values():
        for entry in LOCK_ENTRY.finditer(lock):
            for python in PYTHONS:
                if applies(entry["marker"], python):
                    name = canonicalize_name(entry["name"])
                    versions.setdefault((name, python), set()).add(entry["version"])
    assert [which for which, pinned in versions.items() if len(pinned) > 1] == []


def test_lock_leaves_out_what_costs_time_at_every_import():
    excluded = PROJECT["tool"]["uv"]["exclude-dependencies"]
    assert excluded == ["rfc3987-syntax"]
    assert pins("rfc3987-syntax") == []


def make(*arguments: str) -> str:
    """Run make here and return what it prints."""
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=own_environment(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_lock_command_makes_this_form():
    planned = make("--dry-run", "lock")
    for option in [
        "--universal",
        "--generate-hashes",
        "--no-emit-index-url",
        "--group dev",
        "--all-extras",
    ]:
        assert option in planned


def conda_bounds() -> dict[str, SpecifierSet]:
    entries = [entry for entry in CONDA["dependencies"] if isinstance(entry, str)]
    parts = [re.fullmatch(r"([a-z0-9-]+)((?:[<>=!]=?[0-9.]+,?)*)", entry) for entry in entries]
    assert all(parts), entries
    bounds = {part[1]: SpecifierSet(part[2]) for part in parts if part}
    assert len(bounds) == len(entries), "a package is listed twice"
    return bounds


def wanted_by_conda() -> list[Requirement]:
    only_class = {r.name for r in EXTRAS["class"]} - {
        r.name for name, extra in EXTRAS.items() if name != "class" for r in extra
    }
    assert only_class == {"nbgrader"}
    return [r for r in wanted_of("-dev") if r.name not in only_class]


def test_conda_users_get_what_pyproject_asks_for():
    expected = {"python": SpecifierSet(PROJECT["project"]["requires-python"])}
    expected["pip"] = SpecifierSet()
    for requirement in wanted_by_conda():
        name = canonicalize_name(requirement.name)
        if name in ONLY_PIP:
            continue
        expected[CONDA_NAMES.get(name, name)] = requirement.specifier
    assert conda_bounds() == expected


def test_conda_users_get_the_project_itself():
    assert CONDA["name"] == PROJECT["project"]["name"]
    assert CONDA["channels"] == ["conda-forge"]
    by_pip = [str(r) for r in wanted_by_conda() if canonicalize_name(r.name) in ONLY_PIP]
    assert [e for e in CONDA["dependencies"] if not isinstance(e, str)] == [
        {"pip": [*by_pip, "-e ."]}
    ]


FOREIGN = {
    "registry": r"pypi\.org|pythonhosted\.org|registry\.(?:npmjs|yarnpkg)|deb\.debian\.org",
    "someone's own folder": r"(?<![\w.})/<|])/(?:root|home/\w+|Users/\w+|work)(?=/|\b(?![\w-]))",
    "a run's own folder": r"/tmp/(?:ipykernel|pytest|tmp)[_-]?\w",
}


def foreign_patterns() -> dict[str, str]:
    found = dict(FOREIGN)
    for name in ["ROOT", "HOME"]:
        place = str(ROOT) if name == "ROOT" else str(Path.home())
        if place.count("/") > 1:
            found[f"this machine's {name}"] = re.escape(place) + r"(?![\w-])"
    for name in ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"]:
        if host := re.search(r"://(?:[^@/]*@)?([^/:]+)", os.environ.get(name, "")):
            found[f"the host of {name}"] = re.escape(host[1])
    return found


def test_no_file_names_a_registry_or_a_place_on_a_machine(project_files):
    offences = []
    for path in project_files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture
            continue
        for what, pattern in foreign_patterns().items():
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                offences.append(f"{path.relative_to(ROOT)}:{line}: {what}: {match[0]}")
    assert offences == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("see |root|x", True),
        ("cd |work|thing", True),
        ("the folder work| and $ROOT|work| are the learner's", False),
        ('File "|tmp|ipykernel_42|1.py"', True),
        ("code.example|home|page", False),
        ("index https:||pypi" + ".org|simple", True),
    ],
)
def test_foreign_places_are_recognised(text, refused):
    text = text.replace("|", "/")  # so that this file holds none of them
    assert any(re.search(pattern, text) for pattern in FOREIGN.values()) == refused


def test_make_help_lists_every_target():
    listed = re.findall(r"^  ([\w-]+) +\S", make("help"), re.MULTILINE)
    assert listed == [target.name for target in TARGETS]


def test_ci_runs_the_documented_test_command_and_forbids_skipping():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "export HEDGELIB_REQUIRE_BROWSER=1" in lines
    assert any(line.split(" || ")[0] == "make test" for line in lines)


def test_the_end_of_a_run_says_which_part_took_how_long():
    def report(nodeid: str, duration: float) -> pytest.TestReport:
        where = (nodeid, 1, nodeid)
        return pytest.TestReport(nodeid, where, {}, "passed", None, "call", duration=duration)

    stats = {
        "passed": [report("tests/test_beta.py::a", 1.0), report("tests/test_beta.py::b", 2.0)],
        "": [report("tests/live/test_a.py::a", 0.5), report("hedgelib/live/calls.py::c", 9.0)],
        "deselected": ["tests/test_beta.py::d"],
    }
    assert list(seconds_by_part(stats).items()) == [
        ("doctests", 9.0),
        ("tests", 3.0),
        ("tests/live", 0.5),
    ]
