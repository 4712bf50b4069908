"""A scene settles limits, ticks, labels and words once, and travels as JSON."""

import json
import re
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from hedgelib import InvalidInput
from hedgelib._text import Table
from hedgelib.show import (
    Area,
    Band,
    Bars,
    Guess,
    Line,
    Points,
    Rule,
    Scale,
    Scene,
    Text,
    columns_of,
    days,
    panel,
)
from hedgelib.show.layout import spread, thousands
from hedgelib.show.lettering import LABEL, LINE_HEIGHT, TICK, TITLE, width_px, wrap, wrap_title
from hedgelib.show.palette import DARK, LIGHT, ROLES, css
from hedgelib.show.plot import picture_html, png, svg

X = np.linspace(-0.5, 1.0, 151)
EVERY_MARK = [
    Line(x=X, y=X**2, name="square"),
    Area(x=X, low=X - 0.1, high=X + 0.1, role="short"),
    Bars(at=[0.0, 0.5], start=[0.0, 0.0], end=[0.3, -0.2], thickness=0.1, role="margin"),
    Points(x=[0.1, 0.2], y=[0.3, 0.4], shape="ring", role="good"),
    Rule(at=0.5, dash="dashed"),
    Rule(at=0.25, direction="x"),
    Band(low=0.6, high=0.8),
    Text(x=0.2, y=0.5, text="two\nlines", halo=True),
    Guess(x=0.4, y=0.2, until=0.4),
]


def scene(marks=EVERY_MARK, title="A finding", **scales):
    x = scales.pop("x", Scale(label="move", unit="share", signed=True))
    y = scales.pop("y", Scale(label="value (USD)", unit="usd"))
    return Scene(title=title, alt="A sentence.", panels=(panel(marks, x, y),), **scales)


def test_json_has_every_mark_and_nothing_that_is_not_json():
    data = json.loads(scene().to_json())
    (drawn,) = data["panels"]
    kinds = [mark["kind"] for mark in drawn["marks"]]
    assert set(kinds) == {"line", "area", "bars", "points", "rule", "band", "text", "guess"}
    assert drawn["shared"][drawn["marks"][0]["x"]][0] == -0.5
    guess = next(mark for mark in drawn["marks"] if mark["kind"] == "guess")
    assert guess["words"]["text"] == "your guess"


def test_coordinates_keep_a_ten_thousandth_of_their_axis():
    line = Line(x=X, y=1e6 * np.sin(9 * X))
    made = scene([line])
    (drawn,) = json.loads(made.to_json())["panels"]
    (mark,) = drawn["marks"]
    kept = made.panels[0].marks[0]
    assert mark["y"] == pytest.approx(kept.y, abs=2e6 * 1e-4)


def test_a_gap_stays_a_gap():
    y = X.copy()
    y[70:80] = np.nan
    made = scene([Line(x=X, y=y)])
    (mark,) = json.loads(made.to_json())["panels"][0]["marks"]
    assert None in mark["y"]
    assert mark["y"][0] is not None


def test_a_straight_line_needs_two_points_and_a_curve_stays_where_it_was():
    straight, curve = scene([Line(x=X, y=2 * X), Line(x=X, y=np.exp(X))]).panels[0].marks
    assert straight.x.tolist() == [-0.5, 1.0]
    assert 5 < curve.x.size < X.size
    assert np.interp(X, curve.x, curve.y) == pytest.approx(np.exp(X), abs=1e-3 * np.exp(1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Line(x=[1, 2], y=[1]), "of one length"),
        (lambda: Line(x=[1], y=[np.inf]), "y must be finite"),
        (lambda: Line(x=[1], y=[1], role="pink"), "role must be one of altcoins"),
        (lambda: scene([]), "no number to draw"),
        (lambda: scene(x=Scale(limits=(1.0, 1.0))), "low < high, got 1 and 1"),
        (lambda: Scene(title="", alt="", panels=()), "alt text"),
        (lambda: Table(["a", ""], []), "needs a heading"),
        (lambda: Table(["a", "b"], [["1"]]), "one cell for each heading"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()


def test_limits_take_in_marks_and_what_is_asked_for():
    y = Scale(include=(-1.0,), margin=0.1, headroom=0.5)
    axis = scene([Line(x=[0, 1], y=[0, 1])], y=y).panels[0].y
    assert (axis.low, axis.high) == pytest.approx((-1.2, 2.2))
    flat = scene([Line(x=[0, 1], y=[5, 5])]).panels[0].y
    assert flat.low < 5 < flat.high


def test_ticks_are_round_and_inside():
    shares = scene().panels[0].x.ticks
    assert [text for _, text in shares] == ["−50%", "0%", "+50%", "+100%"]
    small = scene([Line(x=[0, 0.004], y=[0, 1])]).panels[0].x.ticks
    assert len({text for _, text in small}) == len(small)
    assert thousands(-1_500_000) == "−$1.5M"


@pytest.mark.parametrize(
    ("first", "last", "some"),
    [
        ("2022-05-01", "2022-05-20", "6 May"),
        ("2022-01-01", "2022-12-31", "Mar 2022"),
        ("2020-01-01", "2023-12-31", "2021"),
        ("2000-01-01", "2023-12-31", "2005"),
    ],
)
def test_day_ticks_are_firsts_of_months_or_single_days(first, last, some):
    span = days([first, last])
    axis = scene([Line(x=span, y=[0, 1])], x=Scale(unit="day")).panels[0].x
    texts = [text for _, text in axis.ticks]
    assert some in texts
    assert 2 <= len(texts) <= 9
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)


def test_names_at_ends_fit_and_keep_apart():
    marks = [
        Line(x=[0, 1], y=[0, 1 + i / 100], name=f"a name of some length {i}") for i in range(5)
    ]
    names = [mark for mark in scene(marks).panels[0].marks if isinstance(mark, Text)]
    assert [name.text.replace("\n", " ")[-1] for name in names] == list("01234")
    assert all(max(map(width_px, name.text.split("\n"))) < 121 for name in names)


def test_a_gap_tells_where_one_name_ends_and_the_next_begins():
    marks = [Line(x=[0, 1], y=[0, 1 + i / 100], name=f"a name\nof two lines {i}") for i in range(3)]
    (drawn,) = scene(marks).panels
    at = [drawn.place("y", mark.y) for mark in drawn.marks if isinstance(mark, Text)]
    assert (np.diff(at) <= -2 * LABEL * LINE_HEIGHT - 3.9).all()


def test_a_title_is_broken_into_lines_that_fit():
    made = scene(title="A finding in very many words " * 4)
    assert made.title.count("\n") >= 1
    assert all(width_px(line, 17, True) <= 736 for line in made.title.split("\n"))
    assert wrap("one", 1) == "one"
    assert wrap_title("one", 1) == "one"
    assert wrap_title("two words", 1) == "two\nwords"


def test_a_title_of_two_lines_is_broken_where_the_sense_breaks_or_evenly():
    closed = (
        "ETH +120%: the short is liquidated at $3,388; +$27,795 with the hedge, +$70,735 without"
    )
    assert scene(title=closed).title.split("\n")[0].endswith("$3,388;")
    even = scene(title="A finding in very many words " * 3).title.split("\n")
    one, other = (width_px(line.strip(), 17, True) for line in even)
    assert 0.8 < one / other < 1.25
    kept = scene(title="short\nand the rest of it").title
    assert kept == "short\nand the rest of it"


@pytest.mark.parametrize("values", [[0, 1], [-1234.5, 1234.5], [-1e-4, 1e-4]])
@pytest.mark.parametrize("unit", ["usd", "share", "number"])
def test_the_label_of_an_axis_is_in_the_picture_and_beside_its_ticks(values, unit):
    line, y = Line(x=[0, 1], y=values), Scale(label="value", unit=unit, signed=True)
    drawn = panel([line], Scale(), y, box=(124, 64, 600, 362))
    x, _ = drawn.y_label_at
    widest = max(width_px(text, TICK) for _, text in drawn.y.ticks)
    assert x - LABEL / 2 >= 0
    assert x + LABEL / 2 + 4 <= drawn.box[0] - 11 - widest


@pytest.mark.parametrize("vertical", ["top", "middle", "bottom"])
def test_letters_stand_on_their_line_whatever_the_others_of_it(vertical):
    def last_row(text):
        mark = Text(x=0.5, y=0.5, text=text, vertical=vertical, size=40, role="total")
        x = Scale(limits=(0, 1), ticks=(), visible=False)
        made = Scene(title="", alt="x", panels=(panel([mark], x, x),))
        pixels = imread(BytesIO(png(made, dpi=100)))[..., 0]
        return int(np.flatnonzero((pixels < 0.5).any(axis=1))[-1])

    assert last_row("nun\nmxm") == pytest.approx(last_row("(|)\nlhl"), abs=1)
    assert last_row("mxm") == pytest.approx(last_row("lhl"), abs=1)


@pytest.mark.parametrize("title", ["A finding", "A finding\nof two lines"])
def test_a_title_keeps_its_distance_from_the_highest_tick(title):
    made = scene(title=title, y=Scale(limits=(0.0, 1.0)))
    (drawn,) = made.panels
    end = made.title_at[1] + TITLE * LINE_HEIGHT * len(title.split("\n"))
    assert drawn.y.ticks[-1][0] == drawn.y.high
    assert drawn.box[1] - TICK / 2 - end >= 6
    assert made.title_at[1] >= 4


def test_whole_numbers_are_written_short():
    made = scene([Line(x=[0, 0.5, 1], y=[0, 2, 1])])
    data = made.data()["panels"][0]
    assert json.dumps(data["shared"]) == "[[0, 0.5, 1]]"
    assert json.dumps(data["marks"][0]["y"]) == "[0, 2, 1]"


def test_columns_leave_room():
    boxes = columns_of(2, size=(900.0, 400.0))
    assert boxes[0][2] < boxes[1][0]
    assert boxes[1][2] <= 900


def test_stored_pictures_carry_their_alt_text():
    risky = Scene(title="x", alt='"<b>\u202e', panels=scene().panels)
    html = picture_html(risky)
    assert 'alt="&quot;&lt;b&gt;\\u202e"' in html
    (data,) = re.findall(r'src="data:image/png;base64,[^"]+"', html)
    assert data
    assert 'alt="A sentence."' in scene()._repr_html_()
    assert repr(scene()) == "A sentence."


def test_a_name_that_the_font_has_not_is_drawn_without_a_warning():
    assert png(scene(title="帳簿 and \U0001f980"))
    assert png(scene(), dark=True) != png(scene())
    assert "two" in svg(scene())


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722])) + 0.05


def contrast(one, other):
    a, b = sorted([luminance(one), luminance(other)])
    return b / a


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_line_without_a_hedge_shows_on_a_line_of_the_margin(theme):
    """Where the margin is worth about the book, one is drawn over the other."""
    assert contrast(theme["unhedged"], theme["margin"]) >= 1.6


def test_colours_of_text_have_contrast():
    for theme in (LIGHT, DARK):
        for role in ROLES:
            assert contrast(theme[f"{role}-text"], theme["paper"]) >= 4.5, role
            assert contrast(theme[role], theme["paper"]) >= 2.1, role
            assert contrast(theme[role], theme[f"{role}-ink"]) >= 4.4, role
        assert contrast(theme["text"], theme["paper"]) >= 7
    assert css().count("--altcoins-text:") == 2


labels = st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 10)), min_size=1, max_size=8)


@given(labels)
def test_spread_labels_stay_in_order_and_apart(wanted):
    wanted = sorted(wanted)
    places = spread([w for w, _ in wanted], [s for _, s in wanted], -200, 200)
    for (place, (_, size)), (after, (_, size_after)) in zip(
        zip(places, wanted, strict=True), list(zip(places, wanted, strict=True))[1:], strict=False
    ):
        assert after - place >= (size + size_after) / 2 - 1e-9
    assert min(places) >= -200
    assert max(places) <= 200


def test_spread_leaves_alone_what_does_not_overlap():
    assert spread([0, 5, 9], [1, 1, 1], -10, 10) == [0, 5, 9]
    assert spread([9.9, 9.95], [2, 2], 0, 10) == [7, 9]


def test_a_scene_of_enormous_numbers_keeps_them():
    """Not as the whole numbers of a machine, which end at 9e18."""
    move = np.array([-0.6, 1e298])
    lines = [Line(x=move, y=move * 5e4), Line(x=move, y=[3.0, np.nan])]
    drawn = Scene(title="t", alt="a", panels=(panel(lines, Scale(), Scale()),))
    (shown,) = json.loads(drawn.to_json())["panels"]
    assert max(map(max, shown["shared"])) == pytest.approx(1e298)
    assert shown["marks"][0]["y"][-1] == pytest.approx(5e302)
    assert shown["marks"][1]["y"] == [0, None]
    assert "0" * 20 not in drawn.to_json()
