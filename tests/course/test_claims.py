"""The list of claims is whole, counts as it should, and names only proofs that are there."""

from __future__ import annotations

from collections import Counter

import nbformat
import pytest

from hedgelib import InvalidInput
from hedgelib.course.claims import (
    CLAIMS,
    ERRORS,
    GROUPS,
    MARKS,
    SECTIONS,
    VERDICTS,
    Claim,
    against,
    claim,
    claims,
    find_claims,
    say_claims,
    say_errors,
    say_others,
    tally,
)
from hedgelib.course.contents import LESSONS
from hedgelib.course.finder import read_entries
from tests.labtools import ROOT

NOTEBOOK = ROOT / "notebooks" / "B_claims.ipynb"


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


def test_numbers_have_no_gap():
    assert sorted(found.number for found in CLAIMS) == list(range(1, 133))


def test_every_claim_has_its_place_in_the_article():
    assert [number for numbers in SECTIONS.values() for number in numbers] == [
        found.number for found in CLAIMS
    ]
    assert claim(1).place == "Introduction, 1"
    assert claim(131).place == "Why inverse, 4"
    assert claim(46).place == "Step 3, 8"
    # A section is in one part only.
    for numbers in SECTIONS.values():
        assert len({claim(number).group for number in numbers}) == 1


def test_verdicts_are_as_counted_by_hand():
    assert Counter(found.verdict for found in CLAIMS) == {
        "correct": 46,
        "wrong": 32,
        "imprecise": 38,
        "assumption": 2,
        "opinion": 13,
        "omission": 1,
    }
    assert tally().rows[-1] == ("together", "46", "38", "32", "2", "13", "1", "132")
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


def test_distinct_errors_are_counted_from_the_claims(capsys):
    """An error is behind what is wrong, and at times behind what is imprecise."""
    for found in CLAIMS:
        assert found.error or found.verdict != "wrong", found.number
        assert found.error in ERRORS or not found.error
        assert not found.error or found.verdict in ("wrong", "imprecise"), found.number
    wrong = claims("wrong")
    assert {found.error for found in wrong} == set(ERRORS)
    say_errors()
    text = capsys.readouterr().out
    assert f"**{len(wrong)}** claims are wrong, by **{len(ERRORS)}** distinct errors" in text
    assert text.count("\n| ") == 1 + len(ERRORS)
    assert "| The sign of funding is reversed. | 64, 65, 89, 90, 91, 121 |  |" in text
    assert "| 26, 56 | 22, 40, 116, 117, 118, 119 |" in text


def test_an_error_has_the_same_verdict_wherever_it_holds_under_the_same_condition():
    assert {claim(number).verdict for number in (22, 116, 117, 118, 119)} == {"imprecise"}
    assert {claim(number).verdict for number in (44, 110)} == {"assumption"}
    assert {claim(number).verdict for number in (17, 94, 128, 129)} == {"opinion"}


def test_every_proof_is_below_its_rows_in_the_part_of_its_first_claim(cells):
    names = list(cells)
    proofs = list(dict.fromkeys(found.proof for found in CLAIMS if found.proof))
    for proof in proofs:
        row = cells[names[names.index(proof) - 1]]
        assert row.source == f'say_claims("{proof}")', proof
        (output,) = row.outputs
        for found in CLAIMS:
            assert (f"| {found.number} | " in output.data["text/plain"]) == (found.proof == proof)
    parts = [names.index(f"{group}-others") for group in GROUPS]
    assert parts == sorted(parts)
    for group, start, end in zip(GROUPS, [0, *parts], parts, strict=False):
        here = [name for name in names[start:end] if name.startswith("proof-")]
        assert here == [
            proof for proof in proofs
            if proof.startswith("proof-")
            and next(found for found in CLAIMS if found.proof == proof).group == group
        ]  # fmt: skip


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


GOOD = {name: text for name, text in claim(2)._asdict().items() if text}


def read(*given):
    return read_entries(Claim, given, group=GROUPS, verdict=VERDICTS, lesson=LESSONS)


def test_an_entry_of_the_text_is_a_claim():
    (found,) = read({name: text for name, text in GOOD.items() if name != "proof"})
    assert found == claim(2)._replace(proof="")


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
        read({**GOOD, **change}, GOOD, {**GOOD, "number": 1, "lesson": "99"})
    faults = str(caught.value).splitlines()
    assert faults[0].startswith("Claim 2: ")
    assert told in faults[0]
    assert faults[1:] == ["Claim 2: is there twice", faults[2]]
    assert faults[2].startswith("Claim 1: lesson must be one of")


def test_a_claim_without_a_reason_is_refused():
    with pytest.raises(InvalidInput, match="missing 1 required positional argument: 'why'"):
        read({name: text for name, text in GOOD.items() if name != "why"})


def test_every_claim_has_a_row_with_its_proof_or_says_where_the_proof_is(capsys):
    for proof in dict.fromkeys(found.proof for found in CLAIMS if found.proof):
        say_claims(proof)
    for group in GROUPS:
        say_others(group)
    text = capsys.readouterr().out
    assert all(f"| {found.number} | {found.place} | " in text for found in CLAIMS)
    say_others("alice")
    text = capsys.readouterr().out
    assert "| 105 |" in text
    assert "The errors that change the money" in text
    say_others("advanced")
    assert f"| {GROUPS['holding']} |" in capsys.readouterr().out
    for wrong in (say_claims, say_others):
        with pytest.raises(InvalidInput, match="must be one of"):
            wrong("bob")


def test_against_prints_the_verdict_on_record(capsys):
    against(64, "pays", "receives")
    assert capsys.readouterr().out == (
        " 64 wrong      article: pays\n               right:   receives\n"
    )
    against(64, "pays", "receives " * 20)
    assert all(len(line) <= 78 for line in capsys.readouterr().out.splitlines())


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
    finder.set(verdict="opinion", words="liquidation rally")
    assert rows(finder) == []
    assert f"{MARKS['correct']} correct (" in finder.sentence
    # Neither choice alone is to blame.
    finder.set(verdict="omission", group="alice", words="rally liquidation")
    there = f" There are some in: all ({len(claims(words='rally liquidation'))})."
    assert finder.sentence.endswith(there)
