"""What people read is in files of text: they are whole, and a fault names its file and line."""

from __future__ import annotations

import re
from pathlib import Path

import hedgelib
from hedgelib.course.claims import CLAIMS, ERRORS, GROUPS, MARKS, SECTIONS, VERDICTS
from hedgelib.course.contents import LESSONS
from hedgelib.course.glossary import FIELDS, NOTATION, TERMS

PACKAGE = Path(hedgelib.__file__).parent
TEXTS = [PACKAGE / "course" / "text" / name for name in ("claims.toml", "glossary.toml")]


def test_texts_are_whole():
    assert (len(CLAIMS), len(TERMS), len(NOTATION)) == (132, 110, 28)
    assert (len(VERDICTS), len(GROUPS), len(ERRORS), len(FIELDS)) == (6, 10, 17, 5)
    assert all(MARKS.values())
    assert all(VERDICTS.values())
    assert len(SECTIONS) == 24
    assert all(text.endswith(".") for text in ERRORS.values())
    for found in CLAIMS:
        assert found.verdict in VERDICTS
        assert found.group in GROUPS
        assert found.lesson in LESSONS
        assert found.claim.endswith(".")
        assert found.why.endswith((".", "?"))
        assert re.fullmatch(r"((proof|cost)-[a-z-]+)?", found.proof), found.number
    for term in TERMS:
        assert all(cell == cell.strip() and cell for cell in (*term.row, term.field))
        assert term.meaning.endswith(".")
        assert term.lesson in LESSONS
    # Parts and fields follow each other as they are listed.
    assert list(dict.fromkeys(found.group for found in CLAIMS)) == list(GROUPS)
    assert list(dict.fromkeys(term.field for term in TERMS)) == list(FIELDS)


def test_texts_hold_no_placeholder_and_no_bar_of_a_table():
    symbols = [re.sub(r"\\text\{\w+\}", "", one.symbol) for one in NOTATION]
    rest = [text for one in NOTATION for text in one[1:]]
    texts = [*symbols, *rest, *(str(text) for one in (*CLAIMS, *TERMS) for text in one)]
    assert not [text for text in texts if set(text) & set("{}|")]
    assert not [one for one in CLAIMS if "$" in one.claim + one.why]


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
