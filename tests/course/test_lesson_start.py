"""The start page: how long it takes, and what becomes of a deposit."""

from __future__ import annotations

import re

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib.course.questions import question
from hedgelib.course.studies.start import deposit_at, minutes_of_lessons
from hedgelib.show import Guess, Text
from tests.labtools import ROOT
from tests.showtools import assert_legible

NOTEBOOKS = ROOT / "notebooks"


def cell(name: str) -> nbformat.NotebookNode:
    cells = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4).cells
    return next(cell for cell in cells if cell.id == name)


def test_minutes_are_those_at_the_top_of_each_lesson():
    stated = {}
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))[1:]:
        top = nbformat.read(path, as_version=4).cells[0].source
        stated[path.name[:2]] = int(re.search(r"\*\*Time\*\* (\d+) minutes", top)[1])
    assert minutes_of_lessons() == stated


def test_the_start_page_says_how_long_it_takes_today():
    minutes = minutes_of_lessons().values()
    shown = cell("how-long").outputs[0].data["text/markdown"]
    wanted = [len(minutes), min(minutes), max(minutes), round(sum(minutes) / 60)]
    assert [int(number) for number in re.findall(r"\d+", shown)] == wanted, "run make notebooks"


@given(
    coins=st.floats(0.01, 1e6),
    price=st.floats(0.01, 1e6),
    move=st.floats(-0.95, 3).filter(lambda move: abs(move) > 1e-3),
)
def test_a_deposit_moves_with_its_coin(coins, price, move):
    study = deposit_at(coins, price, move)
    assert study.curves[0].at == pytest.approx(coins * price * move, rel=1e-9)
    np.testing.assert_allclose(study.curves[0].values, coins * price * study.x, rtol=1e-9)
    assert not np.any(study.curves[1].values)


def test_a_guess_has_its_place_on_the_picture():
    asked = question("start.a").ask()
    assert list(asked.options.values()) == ["nothing", "it loses $7,350", "it gains $7,350"]
    worth = asked.answer.guesses
    assert worth[asked.answer.right] == pytest.approx(deposit_at(14, 3500, -0.15).curves[0].at)
    for option, value in worth.items():
        drawn = asked.picture(option).panels[0].marks
        assert [(m.x, m.y) for m in drawn if isinstance(m, Guess)] == [(-0.15, value)]
        assert {"14 ETH", "dollars"} <= {mark.text for mark in drawn if isinstance(mark, Text)}
    assert asked.picture("margin_is_a_deposit").alt.endswith("Your guess was $0.")


@pytest.mark.parametrize(
    "study",
    [
        *(deposit_at(14, 3500, -0.15, guess=guess) for guess in (None, -7350.0, 0.0, 7350.0)),
        deposit_at(14, 3500, 2.0),
        deposit_at(0.001, 3500, -0.9),
        deposit_at(1000, 90_000, 0.6),
    ],
)
def test_the_deposit_is_legible(study):
    assert_legible(study.scene())


def test_bob():
    asked = question("start.1").ask()
    assert asked.answer.right == pytest.approx(10 * 3000 * 0.2)
    assert dict(asked.answer.slips) == pytest.approx(
        {
            "one_coin": 600,
            "value_for_change": 36_000,
            "coins_for_dollars": 2,
            "margin_is_a_deposit": 0,
        }
    )
    assert len(asked.hints) == 2
    assert "**$6,000**" in asked.part("solution")
