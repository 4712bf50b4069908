"""A fork server that has everything imported, for all reports of a file of tests."""

from __future__ import annotations

import multiprocessing.forkserver

import pytest

from hedgelib.report import run


@pytest.fixture(scope="session", autouse=True)
def warm_server() -> None:
    """Start it before a single report starts one that has nothing imported."""
    run._context(True)
    with run._main_left_alone(), run._uninterrupted():
        multiprocessing.forkserver.ensure_running()
