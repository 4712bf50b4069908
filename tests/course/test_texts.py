"""What people read is in files of text: they are whole, and a fault names its file and line."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from labtools import ROOT

import hedgelib
from hedgelib import InvalidInput
from hedgelib.course.claims import CLAIMS, COSTLY, GROUPS, MARKS, VERDICTS
from hedgelib.course.contents import NUMBERS
from hedgelib.course.glossary import FIELDS, NOTATION, TERMS
from hedgelib.course.tablefile import TableFile

PACKAGE = Path(hedgelib.__file__).parent
TEXTS = sorted((PACKAGE / "course" / "text").glob("*.md"))

TABLE = r"""# Coins

Words between tables are for people.

## Alive

| coin | why |
|:--|--:|
| ETH | used |
| BTC | held \| sold, $\rho$ |

## Dead

| why | coin |
|---|---|
| | LUNA |
"""


@pytest.fixture
def file(tmp_path):
    def written(text=TABLE, encoding="utf-8"):
        path = tmp_path / "coins.md"
        path.write_text(text, encoding=encoding)
        return path

    return written


def pair(coin, why):
    if coin == "DOGE":
        raise InvalidInput("a joke")
    return coin, why


def read(path, title="Alive", **options):
    return TableFile(path).read(title, ("coin", "why"), pair, **options)


def test_a_row_is_a_thing_and_a_bar_is_escaped(file):
    assert read(file()) == (("ETH", "used"), ("BTC", r"held | sold, $\rho$"))
    # The columns are known by their names, and a byte-order mark does no harm.
    assert read(file(encoding="utf-8-sig"), "Dead", optional=("why",)) == (("LUNA", ""),)


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("| coin | why |", "| coin | reason |", 7, "columns must be coin, why, got coin, reason"),
        ("|:--|--:|", "| SOL | new |", 7, "must follow the names of the columns"),
        ("|:--|--:|\n", "", 7, "must follow the names of the columns"),
        ("| ETH | used |", "| ETH | used | now |", 9, "3 cells for 2 columns"),
        ("| ETH | used |", "| ETH |", 9, "1 cells for 2 columns"),
        ("| ETH | used |", "| ETH | used", 9, "begins and ends with |"),
        ("| ETH | used |", "ETH | used |", 9, "begins and ends with |"),
        ("| ETH | used |", "| ETH | used |\nand more", 10, "begins and ends with |"),
        ("| ETH | used |", "| ETH | |", 9, "why is empty"),
        ("| ETH | used |", "| DOGE | used |", 9, "a joke"),
        ("| BTC |", "| ETH |", 10, "coin 'ETH' is in line 9 already"),
    ],
)
def test_a_fault_names_its_file_and_line(file, old, new, line, told):
    path = file(TABLE.replace(old, new, 1))
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert told in str(caught.value)


def test_all_faults_of_a_table_are_told_at_once(file):
    path = file(TABLE.replace("ETH", "DOGE").replace("held", "held | sold | lost"))
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert [text.partition(", ")[2][:7] for text in str(caught.value).splitlines()] == [
        "line 9:",
        "line 10",
    ]


def test_a_file_that_cannot_be_read_is_named(file, tmp_path):
    with pytest.raises(InvalidInput, match=r"coins.md: there is no table under .*'Asleep'"):
        read(file(), "Asleep")
    with pytest.raises(InvalidInput, match=r"coins.md: cannot be read as UTF-8"):
        read(file("| é |", "latin-1"))
    with pytest.raises(InvalidInput, match=r"none.md: cannot be read"):
        read(tmp_path / "none.md")


def test_texts_are_whole():
    assert (len(CLAIMS), len(TERMS), len(NOTATION)) == (132, 85, 28)
    assert (len(VERDICTS), len(GROUPS), len(COSTLY), len(FIELDS)) == (5, 10, 3, 5)
    assert all(MARKS.values())
    assert all(VERDICTS.values())
    for found in CLAIMS:
        assert found.verdict in VERDICTS
        assert found.group in GROUPS
        assert found.lesson in NUMBERS
        assert found.claim.endswith(".")
        assert found.why.endswith((".", "?"))
        assert re.fullmatch(r"((proof|cost)-[a-z-]+)?", found.proof), found.number
    for term in TERMS:
        assert all(cell == cell.strip() and cell for cell in (*term.row, term.field))
        assert term.meaning.endswith(".")
        assert term.lesson in NUMBERS
    # Parts and fields follow each other as they are listed.
    assert list(dict.fromkeys(found.group for found in CLAIMS)) == list(GROUPS)
    assert list(dict.fromkeys(term.field for term in TERMS)) == list(FIELDS)


def test_texts_hold_no_placeholder():
    for path in TEXTS:
        cells = re.sub(r"\\text\{\w+\}", "", path.read_text(encoding="utf-8"))
        assert not set(cells) & set("{}"), path.name


# The field has a term for each of these.
NOT_OURS = (
    r"reckon\w*",
    r"swing\w*",
    r"nil",
    r"dear",
    r"beside",
    r"(lie|stand)s?(?! for)",
    r"(the|its|their|your|than) worth|worth of",
    r"(take|takes|taken|taking|took) (\w+ ){0,3}off",
    r"deepest fall",
    r"an insurance(?! policy)",
    r"own moves?",
    r"days it had not seen",
    r"price at which it has earned",
    r"lived by|live by",
)


def test_texts_use_the_terms_of_the_field():
    banned = re.compile(rf"\b({'|'.join(NOT_OURS)})\b", re.IGNORECASE)
    assert TEXTS
    for path in TEXTS:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = banned.search(line)
            assert not found, f"{path.name}, line {number}: {found[0]!r}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as file:
        return set(file.namelist())


def test_wheel_has_every_text(wheel):
    texts = [path for path in PACKAGE.rglob("*") if path.suffix in (".md", ".toml")]
    assert {"claims.md", "glossary.md", "misconceptions.toml"} <= {path.name for path in texts}
    assert {path.relative_to(PACKAGE.parent).as_posix() for path in texts} <= wheel
