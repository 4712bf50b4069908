"""The picture that lessons share: it draws what it is given, and says the same in words."""

from __future__ import annotations

import numpy as np
import pytest

from hedgelib import InvalidInput
from hedgelib.show import Guess, Line, Points, Text
from hedgelib.show.lines import Curve, Lines, Remark, amount, coins, move_text
from hedgelib.show.plot import png
from tests.showtools import assert_legible

X = np.linspace(-0.5, 1.0, 31)


def lines(**changes):
    curve = Curve(name="rise", values=1000 * X, role="altcoins", at=200.0)
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
    gone = Curve(name="short", values=np.where(X < 0.1, X, np.nan), role="total", at=np.nan)
    assert lines(curves=(gone,)).rows() == [("short", "closed")]


def test_lengths_must_agree():
    short = Curve(name="rise", values=X[:-1], role="altcoins", at=0.0)
    with pytest.raises(InvalidInput, match="'rise' must have as many values as x"):
        lines(curves=(short,))


def test_drawing():
    ends = Curve(name="short", values=-X, role="short", at=-0.2, ends=0.5)
    stops = Curve(
        name="10x", values=np.where(X < 0.3, -X, np.nan), role="unhedged", at=-0.2, ends=0.3
    )
    remark = Remark(x=0.1, y=0.1, text="here", role="altcoins")
    scene = lines(
        curves=(ends, stops), unit="ETH", y_label="ETH", remarks=(remark,), guess=0.4, headroom=0.2
    ).scene()
    (drawn,) = scene.panels
    assert {"short", "10x", "here"} <= {m.text for m in drawn.marks if isinstance(m, Text)}
    assert [(m.x, m.y) for m in drawn.marks if isinstance(m, Guess)] == [(0.2, 0.4)]
    assert scene.title == "It rises"
    assert (drawn.x.label, drawn.y.label) == ("move", "ETH")
    assert scene.alt == "At 20% it has risen by $200. Your guess was +0.4000 ETH."
    assert lines().scene().alt == "At 20% it has risen by $200."
    assert scene.table.rows == (("short", "−0.2000 ETH"), ("10x", "−0.2000 ETH"))
    assert_legible(scene)


@pytest.mark.parametrize("ends", [0.5, -0.2])
def test_what_is_beyond_the_end_is_dotted(ends):
    curve = Curve(name="short", values=-X, role="short", at=-0.2, ends=ends)
    (drawn,) = lines(curves=(curve,)).scene().panels
    held, lost = (mark for mark in drawn.marks if isinstance(mark, Line))
    assert (held.dash, lost.dash) == ("", "dotted")
    points = np.isfinite(held.y)
    assert np.all(held.x[points] < ends) if ends > 0 else np.all(held.x[points] > ends)
    assert any(isinstance(m, Points) and m.shape == "cross" for m in drawn.marks)
    # The name is written once, at the right end of what is drawn there.
    assert [m.text for m in drawn.marks if isinstance(m, Text)] == ["short"]


def test_an_end_that_is_not_reached_changes_nothing():
    curve = Curve(name="short", values=-X, role="short", at=-0.2, ends=2.0)
    (drawn,) = lines(curves=(curve,)).scene().panels
    assert [mark.dash for mark in drawn.marks if isinstance(mark, Line)] == [""]


def test_gaps_of_a_line_cost_nothing():
    x = np.linspace(-0.5, 1.0, 2001)
    curve = Curve(name="short", values=1 / (1 + x), role="short", at=0.8, ends=0.5)
    scene = lines(x=x, curves=(curve,), unit="ETH").scene()
    assert len(scene.to_json().encode()) < 5_000


def test_what_is_drawn_once_is_drawn_the_same_again():
    first = png(lines().scene())
    remark = Remark(x=0.1, y=100, text="here", role="altcoins", shift=(-11.0, -11.0))
    for other in (lines(guess=-900.0), lines(remarks=(remark,), headroom=0.5), lines(unit="share")):
        assert png(other.scene()) != first
    assert png(lines().scene()) == first
