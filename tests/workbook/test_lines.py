"""The picture that lessons share: it draws what it is given, and says the same in words."""

from __future__ import annotations

import numpy as np
import pytest

from hedgelib import InvalidInput
from hedgelib.figures import Canvas
from hedgelib.workbook.lines import LINES, Curve, Lines, Mark, amount, coins, move_text

X = np.linspace(-0.5, 1.0, 31)


def lines(**changes):
    curve = Curve(name="rise", values=1000 * X, colour="#0072B2", at=200.0)
    given = {
        "x": X,
        "x_label": "move",
        "y_label": "gain (USD)",
        "unit": "USD",
        "curves": (curve,),
        "title": "It rises",
        "finding": "At 20% it has risen by $200.",
        "place": 0.2,
    }
    return Lines(**given | changes)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-1500.4, "USD", "−$1,500"),
        (0.9975, "share", "99.8%"),
        (-0.25, "ETH", "−0.2500 ETH"),
        (1e-9, "ETH", "0.0000 ETH"),
    ],
)
def test_amount(value, unit, text):
    assert amount(value, unit) == text


def test_signs():
    assert amount(3, "USD", signed=True) == "+$3"
    assert coins(0.5, signed=True) == "+0.5000"
    assert [move_text(m) for m in (0.1, -0.125, 0.0)] == ["+10%", "−12.5%", "0%"]


def test_rows_and_html():
    study = lines(notes=(("size", "$10"),), caption="<b>")
    assert study.rows() == [("rise", "+$200"), ("size", "$10")]
    assert study.value("rise") == 200
    assert "&lt;b&gt;" in study._repr_html_()
    assert "mathjax_ignore" in study._repr_html_()
    assert repr(study) == "Lines('It rises')"
    with pytest.raises(InvalidInput, match="no curve 'fall'"):
        study.value("fall")


def test_closed_is_said():
    gone = Curve(name="short", values=np.where(X < 0.1, X, np.nan), colour="#000000", at=np.nan)
    assert lines(curves=(gone,)).rows() == [("short", "closed")]


def test_lengths_must_agree():
    short = Curve(name="rise", values=X[:-1], colour="#0072B2", at=0.0)
    with pytest.raises(InvalidInput, match="'rise' must have as many values as x"):
        lines(curves=(short,))


def test_drawing():
    ends = Curve(name="short", values=-X, colour="#CC79A7", at=-0.2, ends=0.5)
    stops = Curve(
        name="10x", values=np.where(X < 0.3, -X, np.nan), colour="#D55E00", at=-0.2, ends=0.3
    )
    mark = Mark(x=0.1, y=0.1, text="here", colour="#0072B2")
    study = lines(
        curves=(ends, stops), unit="ETH", y_label="ETH", marks=(mark,), guess=0.4, headroom=0.2
    )
    ax = LINES.figure(study).axes[0]
    texts = [text.get_text() for text in ax.texts]
    assert {"short", "10x", "here", "your guess"} <= set(texts)
    assert ax.get_title(loc="left") == "It rises"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("move", "ETH")
    assert LINES.alt(study) == "At 20% it has risen by $200. Your guess was +0.4000 ETH."
    assert LINES.alt(lines()) == "At 20% it has risen by $200."


def test_one_canvas_serves_every_result():
    canvas = Canvas(LINES)
    first = lines()
    canvas.draw(first)
    png = canvas.png(compress_level=6)
    mark = Mark(x=0.1, y=100, text="here", colour="#0072B2", offset=(-8, 8))
    for other in (lines(guess=-900.0), lines(marks=(mark,), headroom=0.5), lines(unit="share")):
        canvas.draw(other)
        assert canvas.png(compress_level=6) != png
    canvas.draw(first)
    assert canvas.png(compress_level=6) == png
