"""Reports on a dask cluster of two workers on loopback, one of which is killed on the way."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import psutil
import pytest

from hedgelib import __main__ as command_line
from hedgelib._extras import how_to_install
from hedgelib.errors import HedgeError
from hedgelib.report import ReportParameters, build_report, cluster, records
from hedgelib.report.run import Job
from tests.clustertools import LOOPBACK, dask_cluster
from tests.labtools import PATIENCE_SECONDS

BOOKS = 6


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """Address of a scheduler, and its two workers."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.fixture(scope="module")
def made(dask, tmp_path_factory):
    """Reports made on the cluster, with one of its workers killed after the first."""
    address, workers = dask
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "books").mkdir()
    for i in range(BOOKS):
        (folder / "books" / f"{i}.csv").write_text(f"coin,usd_value\nADA,{1000 * (i + 1)}\n")
    (folder / "books" / "bad.csv").write_text("coin,usd_value\nADA,\n")
    finish, servers = cluster._result, []

    def finish_and_kill(future):
        if not servers:
            servers.extend(psutil.Process(workers[0].pid).children(recursive=True))
            workers[0].kill()
        return finish(future)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(cluster, "_result", finish_and_kill)
        code = command_line.main(["reports", "books", "--scheduler", address])
    return folder / "out", code, servers


def test_a_killed_worker_loses_no_report(made):
    out, code, _ = made
    assert code == 3, "one portfolio is bad"
    assert len(list(out.glob("?.html"))) == len(list(out.glob("?.ipynb"))) == BOOKS


def test_nothing_of_a_killed_worker_lives_on(made):
    *_, servers = made
    assert psutil.wait_procs(servers, timeout=PATIENCE_SECONDS)[1] == []


def test_results_and_order_are_those_of_one_machine(made, monkeypatch):
    out, *_ = made
    found = list(csv.DictReader((out / "index.csv").read_text("utf-8-sig").splitlines()))
    assert [row["portfolio"] for row in found] == [*(f"{i}.csv" for i in range(BOOKS)), "bad.csv"]
    monkeypatch.chdir(out.parent / "books")
    for row in found[:-1]:
        report = build_report(ReportParameters(portfolio=row["portfolio"]))
        assert float(row["value_usd"]) == report.portfolio.value_usd
        assert float(row["beta"]) == report.tracked.book_beta
        assert float(row["contracts"]) == report.plan.contracts
        assert report.file_sha256 in (out / row["report"]).read_text()
    assert "ADA has no value" in found[-1]["error"]


def test_a_run_on_one_machine_finds_them_finished(made, monkeypatch, capsys):
    out, *_ = made
    monkeypatch.chdir(out.parent)
    Path("books/bad.csv").unlink()
    assert command_line.main(["reports", "books"]) == 0
    assert f"{BOOKS} portfolios: 0 made now, {BOOKS} as before" in capsys.readouterr().out


@pytest.mark.usefixtures("made")
def test_only_this_machine_is_listened_to(dask):
    _, workers = dask
    for connection in psutil.Process(workers[1].pid).net_connections("inet"):
        assert connection.laddr.ip == LOOPBACK


@pytest.mark.parametrize(
    ("name", "says"),
    [("version", "has hedgelib"), ("code", "has other code"), ("data", "has other data")],
)
def test_workers_with_another_hedgelib_are_refused(dask, monkeypatch, name, says):
    other = records.fingerprint() | {name: "another"}
    monkeypatch.setattr(cluster, "fingerprint", lambda: other)
    with pytest.raises(HedgeError, match=says), cluster.on_cluster(dask[0], 60.0):
        pass


def test_a_worker_that_joins_with_another_hedgelib_makes_nothing():
    other = records.fingerprint() | {"version": "another"}
    made = cluster.make_on_worker(Job(parameters={}), 60.0, other)
    assert made.error == "the worker has another hedgelib, or other data"


def test_a_scheduler_that_does_not_answer_is_told_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("books").mkdir()
    Path("books/a.csv").write_text("coin,usd_value\nADA,1\n")
    monkeypatch.setattr(cluster, "_SECONDS_TO_CONNECT", 0.2)
    nobody = f"tcp://{LOOPBACK}:1"
    assert command_line.main(["reports", "books", "--scheduler", nobody]) == 2
    assert f"no scheduler answers at '{nobody}'" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert command_line.main(["reports", "books", "--scheduler", nobody]) == 2
    assert how_to_install("distributed") in capsys.readouterr().err
