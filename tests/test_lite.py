"""The site that needs no installation: its files, its packages, and its page without a network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_MJS, PYODIDE_VERSION
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from hedgelib.course.learner import INSTALL, NAMES, RECORD
from hedgelib.errors import HedgeError
from scripts import lite
from scripts.lite import (
    EXTENSIONS,
    build,
    is_site_or_empty,
    locked,
    main,
    read_pyodide,
    read_wheel,
    resolve,
    run_lesson,
    serve,
)
from tests.labtools import ROOT
from tests.test_light import SITE


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lite") / "site"
    build(folder)
    return folder


@pytest.fixture(scope="session")
def wheels(site) -> dict[str, lite.Wheel]:
    return {wheel.name: wheel for wheel in map(read_wheel, (site / "pypi").glob("*.whl"))}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def settings(site: Path) -> Any:
    return read(site / "jupyter-lite.json")["jupyter-config-data"]


def test_the_lessons_are_a_learners_and_get_the_library_from_the_site(site):
    files = {str(p.relative_to(site / "files")) for p in (site / "files").rglob("*") if p.is_file()}
    assert files == {*NAMES, RECORD}
    listed = {one["name"] for one in read(site / "api" / "contents" / "all.json")["content"]}
    assert listed == {name.partition("/")[0] for name in files}
    for name in NAMES:
        notebook = read(site / "files" / name)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] for cell in code), name
        assert notebook["metadata"]["kernelspec"]["name"] == "python"
        if "/" not in name:
            assert code[0]["id"] == INSTALL
            assert code[0]["source"].endswith("\n%pip install -q hedgelib")


def test_every_wheel_runs_anywhere_and_is_the_one_of_the_lock(site, wheels):
    assert set(wheels) == SITE | {"hedgelib"}
    index = read(site / "pypi" / "all.json")
    for name, wheel in wheels.items():
        assert wheel.path.name.endswith("-none-any.whl")
        digest = sha256(wheel.path.read_bytes()).hexdigest()
        (entry,) = index[name]["releases"][wheel.version]
        assert (entry["filename"], entry["digests"]["sha256"]) == (wheel.path.name, digest)
        if name != "hedgelib":
            assert digest in locked(name)[1]
        assert SpecifierSet(wheel.requires_python).contains(read_pyodide().python)


def test_all_requirements_are_in_the_site_or_come_with_pyodide(wheels):
    assert set(resolve(wheels["hedgelib"], wheels.__getitem__)) == set(wheels)
    assert {"numpy", "pandas", "matplotlib", "scipy"} <= set(read_pyodide().packages)


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("numpy>=99", "numpy>=99 is needed, but the browser gets numpy 2.4.6"),
        ("ipykernel>=99", "ipykernel>=99 is needed, but the browser gets ipykernel 6.9.2"),
        ("ghost", "ghost is needed, and requirements.lock does not have it; run make lock"),
    ],
)
def test_a_requirement_that_a_browser_cannot_meet_stops_the_build(wheels, requirement, message):
    asking = wheels["hedgelib"]._replace(requires=[Requirement(requirement)])
    with pytest.raises(HedgeError, match=f"^{re.escape(message)}$"):
        resolve(asking, lambda name: wheels[name] if name in wheels else lite.fetch_wheel(name))


def test_a_package_that_wants_another_python_stops_the_build(wheels):
    with pytest.raises(HedgeError, match=r"^hedgelib needs Python <3, the browser has 3\.14\.2$"):
        resolve(wheels["hedgelib"]._replace(requires_python="<3"), wheels.__getitem__)


def test_what_is_written_down_of_pyodide_is_of_the_version_that_the_site_takes(monkeypatch):
    pyodide = read_pyodide()
    assert pyodide.version == PYODIDE_VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(pyodide.python)
    monkeypatch.setattr(lite, "PYODIDE_VERSION", "999.0.0")
    with pytest.raises(HedgeError, match=r"takes 999\.0\.0: run python scripts/lite\.py --pyodide"):
        read_pyodide()


def test_the_site_has_the_projects_settings_and_what_draws_widgets(site):
    given = settings(site)
    overrides = read(ROOT / "etc" / "jupyter" / "labconfig" / "default_setting_overrides.json")
    for plugin, values in overrides.items():
        assert given["settingsOverrides"][plugin].items() >= values.items()
    assert {one["name"] for one in given["federated_extensions"]} == set(EXTENSIONS)
    kernel = given["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert kernel["disablePyPIFallback"]
    assert "pyodideUrl" not in kernel, "the kernel's own default"
    assert not list(site.rglob("*.map"))


def test_pyodide_can_be_part_of_the_site(tmp_path):
    with pytest.raises(HedgeError, match=r"has no pyodide\.mjs: name a folder of Pyodide's files$"):
        build(tmp_path / "site", tmp_path)
    for name in ("pyodide.mjs", "pyodide-lock.json", "pyodide.mjs.map"):
        (tmp_path / name).write_text("{}")
    build(tmp_path / "site", tmp_path)
    kernel = settings(tmp_path / "site")["litePluginSettings"]
    (where,) = (values["pyodideUrl"] for values in kernel.values())
    assert (tmp_path / "site" / where).read_text() == "{}"
    assert f'data-python="{where}"' in (tmp_path / "site" / "lab" / "index.html").read_text()


def test_no_folder_but_a_site_is_replaced(site, tmp_path, capsys):
    assert is_site_or_empty(site)
    (tmp_path / "thesis.txt").touch()
    assert main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path} holds something else than a site: name another folder\n"
    )
    assert (tmp_path / "thesis.txt").exists()


def test_a_new_site_takes_the_place_of_the_old_one_whole(tmp_path, monkeypatch):
    new, out = tmp_path / "built" / "site", tmp_path / "out" / "lite"
    for folder in (new, out):
        folder.mkdir(parents=True)
        (folder / folder.name).touch()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lite.shutil, "move", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lite._put(new, out)
    assert [path.name for path in out.iterdir()] == ["lite"]
    lite._put(new, out)
    assert [path.name for path in out.iterdir()] == ["site"]
    assert list(out.parent.iterdir()) == [out]


def test_the_page_on_publishing_has_the_sites_numbers(site):
    text = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"(\d+) MB", text)
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert abs(size / 1e6 - int(said)) < 2
    packages = read_pyodide().packages
    assert ", ".join(packages[name] for name in ("numpy", "pandas", "matplotlib")) in text
    tried = " and ".join(name.partition("_")[0] for name in lite.TRIED)
    assert f"runs lessons {tried} in Chromium" in text


IN_A_BROWSER = """
import json, sys
from tests import lightly
lightly.enter_the_browser()
from pathlib import Path
from hedgelib._extras import missing
from hedgelib._lock import try_lock
from hedgelib.course.environment import check_environment
from hedgelib.course.learner import copy_lessons, fresh_copy
print(copy_lessons(Path.cwd()))
print(fresh_copy("03"))
print(json.loads(Path("03_how_much_to_short.ipynb").read_text("utf-8"))["cells"][1]["source"])
print(try_lock(0))
print(missing("ccxt", "live data"))
check_environment()
"""


def test_a_learners_folder_and_the_check_of_the_start_page_work_in_a_browser(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})"
         + IN_A_BROWSER],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = ran.stdout.splitlines()
    assert lines[1].startswith("03_how_much_to_short.ipynb is as on the first day.")
    assert lines[2:5] == ["# Gets the workbook from this site.", "%pip install -q hedgelib", "True"]
    assert lines[5] == (
        "live data needs ccxt, which does not run in a browser; "
        "install the workbook on your computer"
    )
    assert lines[-1] == "Everything is in place."
    assert not any("make" in line for line in lines)


@pytest.fixture
def address(site):
    with serve(site) as address:
        yield address


def test_without_a_network_the_first_page_says_what_is_missing(address, page, outside_requests):
    page.goto(address)
    message = page.get_by_role("alert").filter(has_text="Python could not be loaded")
    message.wait_for()
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady")
    assert page.evaluate("window.jupyterapp.shell.currentWidget.context.path") == NAMES[0]
    assert urlsplit(PYODIDE_CDN_URL).hostname in message.inner_text()
    assert set(outside_requests) == {f"{PYODIDE_CDN_URL}/{PYODIDE_MJS}"}


def test_trying_a_lesson_without_a_network_says_so(address, page):
    wrong = run_lesson(page, address, lite.TRIED[0])
    assert wrong.startswith("Python could not be loaded, so no cell of a lesson can run.")
    assert urlsplit(PYODIDE_CDN_URL).hostname in wrong


def test_trying_needs_chromium(site, monkeypatch):
    monkeypatch.setenv("HEDGELIB_CHROMIUM", "/nowhere")
    with pytest.raises(HedgeError, match=r"^Chromium was not found; install it"):
        lite.try_lessons(site)
