"""The map of the lessons links to what is there, and to nothing else."""

from __future__ import annotations

import re

import nbformat

from hedgelib.course import lesson_map
from hedgelib.course.contents import LESSONS, contents, next_lesson
from tests.labtools import ROOT

NOTEBOOKS = ROOT / "notebooks"


def test_links_lead_to_lessons_that_are_there():
    links = re.findall(r"\]\((.+?)\)", contents())
    assert [link.removesuffix(".ipynb") for link in links] == [
        stem for stem, _, _ in LESSONS.values()
    ]
    assert all((NOTEBOOKS / link).is_file() for link in links)


def test_next_lesson_is_the_one_after(capsys):
    for stem in ("start", "beta", "museum"):
        next_lesson(stem)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("[01 Spot and futures](01_spot_and_futures.ipynb): owning a coin")
    assert shown[1].startswith(
        "[08 Choosing the instrument](08_choosing_the_instrument.ipynb): which"
    )
    assert shown[2:] == ["That was the last lesson."]


def test_every_lesson_there_is_on_the_map_with_its_minutes():
    rows = {row.split("|")[1].strip(): row for row in contents().splitlines()[2:]}
    for path in NOTEBOOKS.glob("*.ipynb"):
        if path.stem == "00_start_here":
            continue
        assert path.stem in {stem for stem, _, _ in LESSONS.values()}, (
            f"{path.name} is not in hedgelib.course.contents.LESSONS"
        )
        row = rows[path.stem.partition("_")[0]]
        assert f"({path.name})" in row
        assert re.search(r"\| \d+ \|$", row), f"{path.name} does not give its time at the top"


def test_the_start_page_has_the_map_of_today(capsys):
    cells = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4).cells
    shown = next(cell for cell in cells if cell.id == "map").outputs[0].data["text/markdown"]
    assert shown == contents(), "run make notebooks"
    lesson_map()
    assert capsys.readouterr().out.strip() == contents()
