"""One class for all tests that need one, and the sandbox or the reason why it is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NO_SANDBOX = "bubblewrap was not found"
STUDENTS = {
    "s01": "Ada Lovelace",
    "s02": "Bruno Klein",
    "s03": "Çelik Öztürk",
    "s04": "<b>Dora</b> & Co",
    "s05": "=HYPERLINK(1)",
    "s06": "Fay O'Neil",
    "s07": "王小明",
    "s08": "Hana Satō",
    "s09": "Ivo, Jr.",
    "S10": "Jan",
    "k.11": "Kim",
    "l@12": "Lea",
}


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    """HEDGELIB_REQUIRE_BROWSER=1, which CI sets, makes its absence a failure."""
    if shutil.which("bwrap") is None:
        if os.environ.get("HEDGELIB_REQUIRE_BROWSER", "0") != "0":
            pytest.fail(f"{NO_SANDBOX}, and CI must not go without it")
        pytest.skip(f"{NO_SANDBOX}: install it to test the classroom")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a class that nobody may change; its secret is always the same."""
    from hedgelib.__main__ import main
    from hedgelib.classroom.tables import write_table

    folder = tmp_path_factory.mktemp("made")
    roster = folder / "roster.csv"
    write_table(roster, ("id", "name"), STUDENTS.items())
    # A spreadsheet's file would have no apostrophe before the formula.
    roster.write_text(roster.read_text(encoding="utf-8").replace("'=", "="), encoding="utf-8")
    root = folder / "class"
    root.mkdir(mode=0o700)
    (root / "secret").write_text("5ec2e7" * 10 + "abcd\n")
    assert main(["class", str(roster), "--out", str(folder), "--debug"]) == 0
    return root


@pytest.fixture
def own_class(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the class for one test."""
    return Path(shutil.copytree(made, tmp_path / "class"))
