"""What a code host and its visitors read: workflows, forms, citation, package metadata."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import tasks
from hedgelib import __version__
from tests.labtools import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TARGETS = {target.name for target in tasks.TARGETS}
FLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"))
USES = re.compile(r"uses: (\S+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$")
KNOWN = ("actions/", "astral-sh/")
# Whatever else a step may run: what the sandbox needs of Ubuntu, and the upload of a release.
OTHER = ("sudo apt-get ", "sudo sysctl ", "uv publish ")

each_flow = pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
each_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)


def read(path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text("utf-8"))


def jobs(path) -> dict[str, Any]:
    return read(path)["jobs"]


def steps(path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def commands(*paths) -> Iterator[list[str]]:
    """The commands of the steps, each as its words; a folded one is a single line."""
    for path in paths:
        for step in steps(path):
            yield from map(shlex.split, step.get("run", "").splitlines())


def tasks_of(*paths) -> set[str]:
    return {
        word
        for command in commands(*paths)
        if command[:2] == ["python", "tasks.py"]
        for word in command[2:]
        if "=" not in word
    }


@each_flow
def test_every_action_is_of_a_known_origin_and_pinned_to_a_commit(path):
    lines = [line for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert len(lines) == sum("uses" in step for step in steps(path))
    pins = [USES.search(line) for line in lines]
    assert all(pins), lines
    assert all(pin[1].startswith(KNOWN) for pin in pins if pin)


def test_an_action_has_one_commit_everywhere():
    text = "\n".join(path.read_text("utf-8") for path in FLOWS)
    commits: dict[str, set[str]] = {}
    for name, commit in re.findall(r"uses: (\S+)@(\S+)", text):
        commits.setdefault(name, set()).add(commit)
    assert len(commits) >= 6
    assert {name for name, found in commits.items() if len(found) > 1} == set()


@each_flow
def test_a_workflow_can_only_read_unless_a_job_says_so(path):
    assert read(path)["permissions"] == {"contents": "read"}
    for job in jobs(path).values():
        assert "contents" not in job.get("permissions", {})
        # Whoever can write runs nothing of the repository.
        if "permissions" in job:
            assert not any("checkout" in step.get("uses", "") for step in job["steps"])
    for step in steps(path):
        if "checkout" in step.get("uses", ""):
            assert step["with"] == {"persist-credentials": False}


@each_flow
def test_every_step_runs_a_target_that_there_is(path):
    assert tasks_of(path) <= TARGETS
    for command in commands(path):
        assert shlex.join(command).startswith(("python tasks.py ", *OTHER)), command
        for word in command:
            if word.startswith("PYTEST_ARGS="):
                files = [part for part in word.split() if part.startswith("tests/")]
                assert files
                assert all((ROOT / file).exists() for file in files)


def test_everything_is_checked_on_every_system_and_python():
    (flow,) = (path for path in FLOWS if path.stem == "ci")
    assert tasks_of(flow) >= {"lint", "test", "check", "wheel", "site", "lite"}
    matrix = jobs(flow)["test"]["strategy"]["matrix"]
    classifiers = PROJECT["classifiers"]
    named = [c.rpartition(" :: ")[2] for c in classifiers if re.search(r":: 3\.\d+$", c)]
    assert matrix["python"] == named
    assert f">={named[0]}" == PROJECT["requires-python"]
    assert all(version in SpecifierSet(PROJECT["requires-python"]) for version in named)
    systems = {"ubuntu-latest": "Linux", "macos-latest": "MacOS", "windows-latest": "Windows"}
    stated = {c.rpartition(" :: ")[2] for c in classifiers if c.startswith("Operating System")}
    assert {systems[name] for name in matrix["os"]} == stated
    # YAML reads the key `on` as true.
    assert {"push", "pull_request"} <= set(read(flow)[True])


def test_pages_has_jupyterlite_where_the_lessons_of_the_site_look_for_it():
    steps = jobs(ROOT / ".github" / "workflows" / "ci.yml")["publish"]["steps"]
    place = {step["with"].get("name"): step["with"]["path"] for step in steps if "with" in step}
    link = re.search(
        r'"(\.\./\S+/)lab/index\.html', (ROOT / "scripts/site/extension.py").read_text("utf-8")
    )
    assert link
    assert os.path.normpath(f"{place['site']}notebooks/{link[1]}") + "/" == place["lite"]


def test_the_newest_packages_are_tried_every_week():
    (flow,) = (path for path in FLOWS if path.stem == "newest")
    minute, hour, *day, weekday = read(flow)[True]["schedule"][0]["cron"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert day == ["*", "*"]
    assert weekday in "0123456"
    assert list(commands(flow))[:2] == [
        ["python", "tasks.py", "lock", "UPGRADE=1"],
        ["python", "tasks.py", "test"],
    ]


def test_a_clone_on_windows_has_the_same_bytes(tmp_path):
    """Git for Windows rewrites the ends of lines; a file then lacks the hash it is known by."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    names = (".gitattributes", "data/SHA256SUMS", "data/contracts.toml", "binder/postBuild")
    for name in names:
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_bytes((ROOT / name).read_bytes())
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all of it"]):
        subprocess.run([*git, *command], cwd=origin, check=True)
    as_on_windows = ["clone", "-q", "-c", "core.autocrlf=true", str(origin), str(clone)]
    subprocess.run([*git, *as_on_windows], check=True)
    for name in names:
        assert (clone / name).read_bytes() == (ROOT / name).read_bytes(), name


KINDS = {"input", "textarea", "dropdown"}
KEYS = {"label", "description", "placeholder", "render", "options"}


@each_form
def test_an_issue_form_has_the_form_that_the_code_host_reads(path):
    form = read(path)
    assert set(form) == {"name", "description", "title", "labels", "body"}
    ids = [part["id"] for part in form["body"]]
    labels = [part["attributes"]["label"] for part in form["body"]]
    assert len(set(ids)) == len(ids)
    assert len(set(labels)) == len(labels)
    for part in form["body"]:
        assert part["type"] in KINDS
        assert set(part) <= {"type", "id", "attributes", "validations"}
        assert set(part["attributes"]) <= KEYS
        assert (part["type"] == "dropdown") == ("options" in part["attributes"])
        assert all(isinstance(text, (str, list)) for text in part["attributes"].values())
    assert any(part.get("validations") == {"required": True} for part in form["body"])


def test_the_place_that_a_form_gives_as_an_example_is_in_a_lesson():
    form = (ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong_number.yml").read_text("utf-8")
    number, heading = re.search(r'placeholder: Lesson (\d\d), "(.+)"', form).groups()
    (lesson,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    assert re.search(rf'"#+ (?:\d\. )?{re.escape(heading)}', lesson.read_text("utf-8"))


def test_there_is_a_form_for_each_kind_of_fault():
    assert [path.stem for path in FORMS] == ["unclear_passage", "venue_terms", "wrong_number"]


def test_the_citation_is_that_of_this_version():
    citation = read(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == __version__
    assert citation["license"] == PROJECT["license"]
    assert [a["name"] for a in citation["authors"]] == [a["name"] for a in PROJECT["authors"]]


LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)")


def headings(text: str) -> set[str]:
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_every_link_between_the_guides_leads_somewhere(path):
    for name, heading in LINK.findall(path.read_text("utf-8")):
        target = ROOT / name if name else path
        assert target.exists(), name
        assert not heading or heading in headings(target.read_text("utf-8")), heading


def test_every_file_that_contributors_are_sent_to_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    names = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+)`", text))
    assert len(names) > 20
    assert {
        n for n in names if not any((ROOT / top / n).exists() for top in ("", "hedgelib"))
    } == set()


def test_hooks_need_no_other_repository():
    config = read(ROOT / ".pre-commit-config.yaml")
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        command = shlex.split(hook["entry"])
        if command[1] == "tasks.py":
            assert set(command[2:]) <= TARGETS
        else:
            assert (ROOT / command[-1]).is_file()


def test_a_container_for_developing_makes_the_environment():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    make, target = container["postCreateCommand"].split()
    assert make == "make"
    assert target in TARGETS
    assert re.search(r":3\.\d+$", container["image"])


def test_binder_makes_what_its_address_opens():
    scripts = [ROOT / "binder" / name for name in ("postBuild", "start")]
    assert all(os.access(script, os.X_OK) for script in scripts)
    build, start = (script.read_text("utf-8") for script in scripts)
    assert "hedgelib lab work --copy-only" in build
    assert (ROOT / re.search(r"/(etc/\w+)\"", start)[1] / "jupyter_server_config.py").is_file()
    python = (ROOT / "binder" / "runtime.txt").read_text("utf-8").strip()
    named = [c for c in PROJECT["classifiers"] if c.endswith(f" {python.removeprefix('python-')}")]
    assert named


def test_the_change_log_has_a_section_for_what_is_not_released():
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    sections = [line for line in lines if line.startswith("## ")]
    assert sections[0] == "## [Unreleased]"
    assert all(re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", s) for s in sections[1:])
    kinds = {line for line in lines if line.startswith("### ")}
    assert kinds <= {
        f"### {k}" for k in ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    }
    assert {"### Added", "### Changed", "### Removed"} <= kinds


def test_who_releases_finds_the_way():
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = guide.partition("## Releasing\n")[2].partition("\n## ")[0]
    for step in ("CHANGELOG.md", "CITATION.cff", "make test", "make wheel", "git tag"):
        assert step in section
