"""What a submission may say, what of it counts, and what the instructor is told."""

from __future__ import annotations

import json
from functools import cache

import pytest

from hedgelib.classroom.merge import NotGradable, merge
from hedgelib.classroom.source import TEXT_STUB, exercises_folder, grade_info, read_source
from tests.classtools import cell_of, fill_in, read_here, solutions

NAME = "inverse_maths"


@cache
def source():
    return read_source(exercises_folder() / f"{NAME}.ipynb")


def released():
    """Return the release as nbgrader makes it, near enough: without solutions and hidden tests."""
    notebook = json.loads(source().text)
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        for begin, end in (("BEGIN SOLUTION", "END SOLUTION"), ("BEGIN HIDDEN", "END HIDDEN")):
            if begin in text:
                before, _, rest = text.partition(f"### {begin}")
                text = before + rest.partition(f"### {end}")[2].partition("\n")[2]
        if grade_info(cell)["solution"] and cell["cell_type"] == "markdown":
            text = TEXT_STUB
        cell["source"] = text
    return notebook


def handed_in(change=None, **answers):
    notebook = fill_in(released(), "s01", solutions(source()) | answers)
    if change:
        change(notebook)
    return json.dumps(notebook).encode()


def run_cells(merged):
    return list(merged.runs)


def test_faithful_submission_has_no_warnings():
    merged = merge(read_here(handed_in()), source())
    assert merged.warnings == ()
    cells = dict(run_cells(merged))
    assert [*cells][:4] == ["setup", "numbers", "q1_shown", "q2_shown"]
    assert cells["setup"] == source().cells["setup"].source
    assert "given(numbers)" in cells["numbers"]
    assert cells["q1"].endswith("q1 = my.short_usd / my.face_usd")
    assert not any(name.endswith("_mark") for name in cells)
    assert "What a good answer has" in merged.written["q8"]


def test_unanswered_release_has_nothing_written():
    merged = merge(read_here(json.dumps(released()).encode()), source())
    assert merged.warnings == ()
    assert merged.written == {}


def test_nothing_that_marks_comes_from_the_submission():
    def tamper(notebook):
        cell_of(notebook, "setup")["source"] = "check_format = print"
        cell_of(notebook, "q1_mark")["source"] = "mark_answer = lambda *a, **k: 99"
        cell_of(notebook, "q1_mark")["outputs"] = [
            {"output_type": "execute_result", "data": {"text/plain": "1.0"}}
        ]
        cell_of(notebook, "q1_mark")["metadata"]["nbgrader"]["points"] = 50
        cell_of(notebook, "q2_ask")["source"] = "easier"
        notebook["cells"].remove(cell_of(notebook, "q3_mark"))
        notebook["cells"].remove(cell_of(notebook, "q4"))

    merged = merge(read_here(handed_in(tamper)), source())
    assert not any("99" in text or "print" in text for _, text in run_cells(merged))
    assert set(merged.warnings) == {
        "the locked cell setup was changed; the original counts",
        "the locked cell q1_mark was changed; the original counts",
        "the marking cell q1_mark holds a result that it cannot have produced; outputs do "
        "not count",
        "the locked cell q2_ask was changed; the original counts",
        "the locked cell q3_mark is missing",
        "the answer cell q4 is missing",
    }


def test_own_cells_run_where_they_stand():
    def add(notebook):
        place = notebook["cells"].index(cell_of(notebook, "q2"))
        own = [
            {"cell_type": "code", "metadata": {}, "source": ["half = 0.5\n", "x = half"]},
            {"cell_type": "markdown", "metadata": {}, "source": "a note"},
            {"cell_type": "code", "metadata": {}, "source": "  \n"},
        ]
        notebook["cells"][place:place] = own

    names = [
        name for name, _ in run_cells(merge(read_here(handed_in(add, q2="q2 = half")), source()))
    ]
    assert names.index("own cell 1") == names.index("q2") - 1
    assert "own cell 2" not in names


def test_second_cell_of_the_same_name_is_told_and_counts():
    def twice(notebook):
        again = json.loads(json.dumps(cell_of(notebook, "q1")))
        notebook["cells"].append(again | {"source": "q1 = 2"})

    merged = merge(read_here(handed_in(twice)), source())
    assert [text for name, text in run_cells(merged) if name == "q1"][-1] == "q1 = 2"
    assert merged.warnings == ("the cell q1 appears twice; the last one counts",)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("def check_format(*a): pass\nq1 = 1", "check_format"),
        ("import builtins\nbuiltins.check_format = print", "check_format"),
        ("my = 3\nq1 = my", "my"),
        ("import numpy as me", "me"),
        ("from x import y as answer_key", "answer_key"),
        ("mark = 3_500\nmine = mark\nq1 = mark", ""),
        ("q1 = (", ""),
        ("%matplotlib inline\nmy = 3", ""),
    ],
)
def test_other_meanings_are_pointed_out(text, taken):
    warnings = merge(read_here(handed_in(q1=text)), source()).warnings
    expected = (f"the cell q1 redefines {taken}",) if taken else ()
    assert warnings == expected


def test_kinds_of_cells_that_were_changed():
    def swap(notebook):
        cell_of(notebook, "q1")["cell_type"] = "markdown"
        cell_of(notebook, "q8")["cell_type"] = "code"

    merged = merge(read_here(handed_in(swap, q8="my own words")), source())
    assert "q1" not in dict(run_cells(merged))
    assert merged.written == {"q8": "my own words"}
    assert merged.warnings == ("the answer cell q1 was turned into text and is not run",)


def test_old_format_is_read():
    notebook = json.loads(handed_in())
    cells = notebook.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    old = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]}
    merged = merge(read_here(json.dumps(old).encode()), source())
    assert merged.warnings == ("the file has an old notebook format; it was read as it is",)
    assert dict(run_cells(merged))["q1"].endswith("q1 = my.short_usd / my.face_usd")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not a notebook: JSONDecodeError"),
        (b"[" * 100_000, "not a notebook: RecursionError"),
        (b"\xff\xfe", "not a notebook"),
        (b"[]", "holds no cells"),
        (b'{"cells": 3}', "holds no cells"),
        (
            b'{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}',
            "for a kernel of 'R', not Python",
        ),
        (
            b'{"cells": [], "metadata": {"language_info": {"name": "julia"}}}',
            "for a kernel of 'julia', not Python",
        ),
    ],
)
def test_what_cannot_be_graded(data, reason):
    with pytest.raises(NotGradable, match=reason):
        merge(read_here(data), source())


def test_cells_of_any_shape_do_no_harm():
    odd = [None, 3, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1, "q9 = 1"]}]
    odd += [{"cell_type": "code", "source": "q8 = 1", "metadata": 7}]
    odd += [{"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade_id": ["q1"]}}}]
    merged = merge(read_here(json.dumps({"cells": odd, "metadata": []}).encode()), source())
    own = [text for name, text in run_cells(merged) if name.startswith("own")]
    assert own == ["q9 = 1", "q8 = 1", "x"]
    assert merged.warnings == (
        "33 of the exercise's 33 cells are missing, among them title, setup, student_id, q1_ask, "
        "q1_shown",
    )
