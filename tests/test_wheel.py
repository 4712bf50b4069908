"""The wheel has all of it, is the same each time, and works away from the project."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tarfile
import zipfile

import pytest

from hedgelib import __version__
from tests.labtools import LOOPBACK, ROOT, http_status, isolated_environment, server_record, started
from tests.wheeltools import Installed, build

pytestmark = pytest.mark.slow

MOST_BYTES = 6_000_000
ITS_PLACE = {"hedgelib": "", "data": "hedgelib/_bundled/", "notebooks": "hedgelib/_bundled/"}
ITS_PLACE["etc"] = "hedgelib/_bundled/"
BOOK = "coin,usd_value\nADA,12000\nLINK,8000\n"


@pytest.fixture
def install(wheel, tmp_path):
    return lambda *extras: Installed(wheel, tmp_path, extras)


def test_it_holds_everything_and_is_small(wheel, project_files):
    assert wheel.name == f"hedgelib-{__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < MOST_BYTES
    paths = [path.relative_to(ROOT) for path in project_files]
    expected = {
        ITS_PLACE[path.parts[0]] + path.as_posix() for path in paths if path.parts[0] in ITS_PLACE
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected


def test_it_is_the_same_again_and_from_the_sdist(wheel, tmp_path):
    again, packed, unpacked, from_sdist = (
        tmp_path / name for name in ("again", "packed", "unpacked", "from_sdist")
    )
    assert build("wheel", again).read_bytes() == wheel.read_bytes()
    sdist = build("sdist", packed)
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    assert source.name == f"hedgelib-{__version__}"
    assert build("wheel", from_sdist, source).read_bytes() == wheel.read_bytes()


def test_pip_installs_it_and_its_command_works(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    program = tmp_path / "venv" / "bin" / "python"
    pip = [program, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, wheel], check=True, cwd=tmp_path)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    # What it needs is that of this environment, of which pip knows nothing.
    own = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "needs.pth").write_text(f"{own}\n")
    ran = subprocess.run(
        [tmp_path / "venv" / "bin" / "hedgelib", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"hedgelib {__version__}\n"
    assert (packages / "hedgelib").is_dir()


def test_the_core_is_enough_to_plan_and_to_run_a_lesson(install):
    installed = install()
    absent = installed.run("-c", "import jupyterlab")
    assert "No module named 'jupyterlab'" in absent.stderr
    assert installed.run("-m", "hedgelib", "lab", "lessons", "--copy-only").returncode == 0
    lesson = installed.folder / "lessons" / "02_inverse_contracts.ipynb"
    ran = installed.run(ROOT / "tests" / "lightly.py", "[]", lesson)
    assert json.loads(ran.stdout.splitlines()[-1]) == {}, ran.stderr
    (installed.folder / "book.csv").write_text(BOOK)
    ran = installed.run("-m", "hedgelib", "what-if", "book.csv", "--move", "-0.3")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("extra", "app", "page"),
    [("lab", "jupyterlab", "lab/tree"), ("classic", "notebook", "notebooks")],
)
def test_the_lessons_open(extra, app, page, install, tmp_path):
    installed = install("lab", extra)
    command = [installed.python, "-m", "hedgelib", "lab", "lessons", "--no-browser"]
    command += [f"--ip={LOOPBACK}", "--port=0"]
    command += ["--notebook-classic"] if extra == "classic" else []
    environment = isolated_environment(tmp_path)
    for name in ("JUPYTER_CONFIG_PATH", "PYTHONPATH"):
        del environment[name]
    log = tmp_path / "log"
    with started(command, tmp_path, environment, log) as wait_for:
        record = wait_for(lambda: server_record(tmp_path / "run"), f"{app} did not start")
        place = f"{record['url']}{page}/00_start_here.ipynb?token={record['token']}"
        assert http_status(place) == 200
        # The project's settings came along: no news is asked for, and only the address is told.
        assert place in log.read_text()
        assert "[I " not in log.read_text()


def test_reports_are_written(install):
    installed = install("report")
    (installed.folder / "book.csv").write_text(BOOK)
    ran = installed.run("-m", "hedgelib", "report", "book.csv", "--out", "out")
    assert ran.returncode == 0, ran.stderr
    assert list(installed.folder.glob("out/**/*.html"))


def test_a_spreadsheet_is_read(install):
    import openpyxl

    installed = install("excel")
    book = openpyxl.Workbook()
    for row in csv.reader(BOOK.splitlines()):
        book.active.append([int(word) if word.isdigit() else word for word in row])
    book.save(installed.folder / "book.xlsx")
    (installed.folder / "book.csv").write_text(BOOK)
    said = [
        installed.run("-m", "hedgelib", "what-if", name, "--move", "-0.3").stdout
        for name in ("book.xlsx", "book.csv")
    ]
    assert said[0] == said[1].replace(".csv", ".xlsx") != ""


def test_replays_are_compiled(install):
    code = "from hedgelib import _walk; print(_walk.compiled().__class__.__module__)"
    assert install("fast").run("-c", code).stdout.startswith("numba.")


def test_a_venue_can_be_asked(install):
    installed = install("live")
    ran = installed.run(
        "-c", "from hedgelib.live.calls import load_ccxt; print(load_ccxt().__version__)"
    )
    assert ran.returncode == 0, ran.stderr
    fetch = ["fetch", "--venue", "kraken", "--coins", "BTC", "--cache", "cache", "--offline"]
    assert "no closes of BTC" in installed.run("-m", "hedgelib", *fetch).stderr


ON_A_CLUSTER = """
import sys
from distributed import LocalCluster
from hedgelib.__main__ import main

if __name__ == "__main__":
    with LocalCluster(n_workers=1, processes=False, protocol="tcp",
                      host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        address = cluster.scheduler_address
        sys.exit(main(["reports", "books", "--out", "out", "--scheduler", address]))
"""


def test_a_cluster_makes_a_report(install):
    installed = install("report", "cluster")
    (installed.folder / "books").mkdir()
    (installed.folder / "books" / "book.csv").write_text(BOOK)
    (installed.folder / "run.py").write_text(ON_A_CLUSTER)
    ran = installed.run("run.py")
    assert ran.returncode == 0, ran.stderr
    assert list(installed.folder.glob("out/book.html"))


def test_a_class_is_made(install):
    installed = install("class")
    (installed.folder / "roster.csv").write_text("id,name\na1,Ann\n")
    ran = installed.run("-m", "hedgelib", "class", "roster.csv", "--out", "out")
    assert ran.returncode == 0, ran.stderr
    assert len(list(installed.folder.glob("out/class/release/*/*.ipynb"))) == 5
