"""The start page and the first three lessons: no typed figures, no guess that another one hides."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.labtools import ROOT

STEMS = ("00_start_here", "01_spot_and_futures", "02_inverse_contracts", "03_how_much_to_short")
NOTEBOOKS = {stem: nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", 4) for stem in STEMS}
each = pytest.mark.parametrize("stem", STEMS)

# What a figure in prose looks like: an amount, a percentage, a count of something that is reckoned.
FIGURE = re.compile(
    r"\d[\d,.]*\s*(?:%|dollars?|USD|ETH|BTC|contracts?|days?|hours?|coins?\b)|\d{1,3}(?:,\d{3})+"
    r"|\d+\.\d+"
)
NUMBER = r"[+-]?\d(?:[\d,]*\d)?(?:\.\d+)?"
# Formulas are exempt: a rule of thumb and a definition have numbers of their own.
MATHS = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$|`[^`]*`", re.DOTALL)


def prose(stem: str) -> str:
    cells = NOTEBOOKS[stem].cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def code(stem: str) -> list[str]:
    return [cell.source for cell in NOTEBOOKS[stem].cells if cell.cell_type == "code"]


@each
def test_figures_in_prose_are_computed(stem):
    typed = [m[0] for m in FIGURE.finditer(MATHS.sub("", prose(stem)))]
    assert typed == []


def test_typed_figures_are_seen():
    for text in ("falls by 20%", "10,000 in all", "2.857 of them", "1,000 contracts", "12 days"):
        assert FIGURE.search(MATHS.sub("", text)), text
    for text in ("lesson 02", "leverage 1", "step 4", "$1 - 0.5 x$", "2. Hold", "of 1988"):
        assert not FIGURE.search(MATHS.sub("", text)), text


@each
def test_cells_are_about_ten_lines(stem):
    for source in code(stem):
        if not re.match(r"(import|from) ", source):
            assert len(source.splitlines()) <= 10, source


@each
def test_what_is_done_by_hand_agrees_with_the_library(stem):
    """Two printed lines, or two parts of one, that come to the same number."""
    compared = 0
    for cell in NOTEBOOKS[stem].cells:
        shown = "".join(o.get("text", "") for o in cell.get("outputs", []))
        hands = [line for line in shown.splitlines() if "by hand" in line]
        libraries = [line for line in shown.splitlines() if "hedgelib" in line]
        for hand, library in zip(hands, libraries, strict=False):
            if hand == library:
                hand, library = re.split("hedgelib", hand.partition("by hand")[2])
            left, right = (re.findall(NUMBER, text) for text in (hand, library))
            assert left[-1] in right, (hand, library)
            compared += 1
    assert compared >= (1 if stem.startswith("00") else 4)


def test_the_article_is_introduced_once():
    title = "Hedging Your Altcoin Portfolio with Inverse Futures"
    introduced = [cell.id for cell in NOTEBOOKS[STEMS[1]].cells if title in cell.source]
    assert introduced == ["article"]
    for stem in STEMS[:3]:
        named = [
            cell.id for cell in NOTEBOOKS[stem].cells if re.search(r"\barticle", cell.source, re.I)
        ]
        assert named == (introduced if stem == STEMS[1] else []), stem


def test_what_an_exercise_needs_is_explained_before_it():
    """The bankruptcy price, for the last exercise of lesson 02."""
    text = prose(STEMS[2])
    assert text.index("*bankruptcy price*") < text.index("## Exercises")
