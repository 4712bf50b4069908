"""The list of claims is whole, counts as it should, and names only proofs that are there."""

from __future__ import annotations

from collections import Counter

import nbformat
import pytest
from labtools import ROOT

from hedgelib import InvalidInput
from hedgelib.course.claims import (
    CLAIMS,
    COSTLY,
    GROUPS,
    MARKS,
    VERDICTS,
    Claim,
    against,
    claim,
    claims,
    find_claims,
    say_claims,
    say_costly,
    tally,
)
from hedgelib.course.contents import LESSONS
from hedgelib.course.finder import read_entries

NOTEBOOK = ROOT / "notebooks" / "B_claims.ipynb"


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


def test_numbers_have_no_gap():
    assert [found.number for found in CLAIMS] == list(range(1, 133))


def test_verdicts_are_as_counted_by_hand():
    assert Counter(found.verdict for found in CLAIMS) == {
        "correct": 46,
        "wrong": 37,
        "imprecise": 36,
        "opinion": 12,
        "omission": 1,
    }
    assert tally().rows[-1] == ("together", "46", "36", "37", "12", "1", "132")
    assert set(MARKS) == set(VERDICTS)
    assert len(set(MARKS.values())) == len(MARKS)


def test_every_part_of_the_article_is_there():
    assert {found.group for found in CLAIMS} == set(GROUPS)
    assert sum(len(claims(group=group)) for group in GROUPS) == len(CLAIMS)


def test_every_proof_is_a_checked_cell_that_prints_the_claim(cells):
    for found in CLAIMS:
        if found.proof:
            cell = cells[found.proof]
            assert "nbval-check-output" in cell.metadata.tags
            printed = "".join(output.text for output in cell.outputs)
            assert f"{found.number:3} {found.verdict:10} article: " in f"\n{printed}", found.number


def test_every_comparison_belongs_to_its_claim(cells):
    proofs = {found.number: found.proof for found in CLAIMS}
    for name, cell in cells.items():
        for output in cell.get("outputs", []):
            for line in output.get("text", "").splitlines():
                if " article: " in line:
                    assert proofs[int(line[:3])] == name, line


def test_what_is_wrong_is_proved():
    assert not [found.number for found in CLAIMS if found.verdict == "wrong" and not found.proof]


def test_costly_errors_are_claims_that_fall_short(capsys):
    for found in COSTLY.values():
        assert all(one.verdict in ("wrong", "imprecise") for one in found)
    say_costly()
    assert capsys.readouterr().out.count("\n| ") == 15


def rows(finder):
    return list(finder.scene.table.rows) if finder.scene.table else []


def test_claims_are_chosen():
    assert claims() == CLAIMS
    assert [found.number for found in claims(words="110")] == [110]
    assert {found.number for found in claims("wrong", words="FUNDING shorts")} >= {64, 121}
    assert set(claims(words="omission")) == set(claims("omission"))
    assert claims("omission", "alice") == ()
    for wrong in ({"verdict": "true"}, {"group": "bob"}):
        with pytest.raises(InvalidInput, match="must be one of"):
            claims(**wrong)
    for number in (0, 133):
        with pytest.raises(InvalidInput, match="must be 1 to 132"):
            claim(number)


GOOD = {**CLAIMS[0]._asdict(), "proof": "proof-days"}


def read(*given):
    return read_entries(Claim, given, group=GROUPS, verdict=VERDICTS, lesson=LESSONS)


def test_an_entry_of_the_text_is_a_claim():
    (found,) = read({name: text for name, text in GOOD.items() if name != "proof"})
    assert found == CLAIMS[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"group": "elsewhere"}, "group must be one of"),
        ({"verdict": "maybe"}, "verdict must be one of"),
        ({"lesson": "12"}, "lesson must be one of"),
        ({"claim": ""}, "a text is empty"),
        ({"reason": "none"}, "unexpected keyword argument 'reason'"),
    ],
)
def test_a_fault_names_its_entry_and_all_are_told_at_once(change, told):
    with pytest.raises(InvalidInput) as caught:
        read({**GOOD, **change}, GOOD, {**GOOD, "number": 2, "lesson": "99"})
    faults = str(caught.value).splitlines()
    assert faults[0].startswith("Claim 1: ")
    assert told in faults[0]
    assert faults[1:] == ["Claim 1: is there twice", faults[2]]
    assert faults[2].startswith("Claim 2: lesson must be one of")


def test_a_claim_without_a_reason_is_refused():
    with pytest.raises(InvalidInput, match="missing 1 required positional argument: 'why'"):
        read({name: text for name, text in GOOD.items() if name != "why"})


def test_table_of_a_part_has_its_claims(capsys):
    say_claims("alice")
    text = capsys.readouterr().out
    assert text.count("\n| ") == len(claims(group="alice"))
    assert "| 113 |" in text
    with pytest.raises(InvalidInput):
        say_claims("bob")


def test_against_prints_the_verdict_on_record(capsys):
    against(64, "pays", "receives")
    assert capsys.readouterr().out == (
        " 64 wrong      article: pays\n               right:   receives\n"
    )


def test_finder_follows_its_controls_and_comes_back():
    finder = find_claims()
    start = rows(finder)
    assert start == [found.row for found in CLAIMS]
    finder.set(verdict=None, group="alice", words="margin")
    found = rows(finder)
    assert found == [one.row for one in claims(None, "alice", "margin")]
    shown = finder.answer["scene"]
    assert shown["alt"] == finder.sentence
    assert shown["table"]["rows"] == [list(row) for row in found]
    finder.set(words="no such word <b>")
    assert finder.sentence == "0 of 132 claims."
    assert finder.answer["scene"]["table"] is None
    finder.reset()
    assert rows(finder) == start


def test_finder_refuses_what_it_does_not_have():
    with pytest.raises(InvalidInput, match="verdict must be one of None, 'correct'"):
        find_claims().set(verdict="maybe")
    with pytest.raises(InvalidInput, match="no control 'lesson'"):
        find_claims().set(lesson="futures")


def test_finder_without_a_kernel_shows_its_rows_escaped():
    finder = find_claims()
    finder.set(words="<script>")
    bundle, _ = finder._repr_mimebundle_()
    assert "<script>" not in bundle["text/html"]
    finder.reset()
    bundle, _ = finder._repr_mimebundle_()
    assert bundle["text/html"].count("<tr>") == 133
    assert bundle["text/plain"] == "132 of 132 claims."


def test_delivery_4_claims_are_found_under_every_verdict_and_in_every_form():
    finder = find_claims()
    finder.set(words="liquidation rally")
    assert "122" in [row[0] for row in rows(finder)]
    assert claims(words="rallies liquidating") == claims(words="liquidation rally")
    # Funding is not a fund, nor liquidity a liquidation.
    assert not set(claims(words="funding")) - {
        one for one in CLAIMS if "funding" in f"{one.claim} {one.why}".casefold()
    }
    assert not [one for one in claims(words="liquidity") if "liquidity" not in one.claim + one.why]


def test_delivery_4_choices_that_leave_nothing_say_where_there_is_something():
    finder = find_claims()
    finder.set(verdict="wrong", words="liquidation rally")
    assert rows(finder) == []
    assert f"{MARKS['correct']} correct (" in finder.sentence
    # Neither choice alone is to blame.
    finder.set(verdict="omission", group="alice", words="rally liquidation")
    there = f" There are some in: all ({len(claims(words='rally liquidation'))})."
    assert finder.sentence.endswith(there)
