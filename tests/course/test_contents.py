"""The map of the lessons links to what is there, and to nothing else."""

from __future__ import annotations

import re

import nbformat
from labtools import ROOT

from hedgelib.course.contents import LESSONS, contents, lesson_map, next_lesson

NOTEBOOKS = ROOT / "notebooks"


def lesson(title: str, minutes: int) -> nbformat.NotebookNode:
    top = f"# {title}\n\nWhat it is.\n\n**Time** {minutes} minutes."
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(top)])


def test_links_lead_to_lessons_that_are_there(tmp_path):
    nbformat.write(lesson("02 Inverse", 35), tmp_path / "02_inverse_contracts.ipynb")
    (tmp_path / "07_alice_walkthrough.ipynb").write_text("not a notebook")
    (tmp_path / "Untitled.ipynb").touch()
    rows = contents(tmp_path).splitlines()[2:]
    assert len(rows) == len(LESSONS)
    assert re.findall(r"\]\((.+?)\)", "\n".join(rows)) == [
        "02_inverse_contracts.ipynb",
        "07_alice_walkthrough.ipynb",
    ]
    assert rows[1].endswith("| 35 |")
    assert rows[0] == (
        "| 01 | Spot and futures *(to come)* | owning a coin, and a contract on its price | |"
    )


def test_next_lesson_is_the_next_that_is_there(tmp_path, capsys):
    for stem in ("02_inverse_contracts", "07_alice_walkthrough"):
        nbformat.write(lesson(stem, 35), tmp_path / f"{stem}.ipynb")
    for stem in ("00_start_here", "02_inverse_contracts", "07_alice_walkthrough"):
        next_lesson(stem, tmp_path)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("[02 Inverse contracts](02_inverse_contracts.ipynb): a number of")
    assert shown[1].startswith("[07 Alice](07_alice_walkthrough.ipynb): one hedge")
    assert shown[2:] == ["That was the last lesson."]


def test_every_lesson_there_is_on_the_map_with_its_minutes():
    rows = {row.split("|")[1].strip(): row for row in contents().splitlines()[2:]}
    for path in NOTEBOOKS.glob("*.ipynb"):
        if path.stem == "00_start_here":
            continue
        assert path.stem in LESSONS, f"{path.name} is not in hedgelib.course.contents.LESSONS"
        row = rows[path.stem.partition("_")[0]]
        assert f"({path.name})" in row
        assert re.search(r"\| \d+ \|$", row), f"{path.name} does not give its time at the top"


def test_the_start_page_has_the_map_of_today(capsys):
    cells = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4).cells
    shown = next(cell for cell in cells if cell.id == "map").outputs[0].data["text/markdown"]
    assert shown == contents(), "run make notebooks"
    lesson_map()
    assert capsys.readouterr().out.strip() == contents()
