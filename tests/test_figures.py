"""Every picture says in words what it shows, draws the same bytes each time, and is legible."""

from io import BytesIO
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from hedgelib import ContractTerms, InvalidInput, ols_beta, plan_hedge, run_scenario
from hedgelib._text import html_table, money_in_markdown, percent, usd
from hedgelib.beta import BetaEstimate
from hedgelib.figures import (
    BETA_SCATTER,
    COLOURS,
    PARTS_BY_CASE,
    PNL_AT_MOVE,
    PNL_OVER_MOVES,
    BetaScatter,
    Canvas,
    draw_area,
    draw_line,
    readable,
    show,
    spread,
    study_move,
)

ETH = ContractTerms(
    venue="Binance COIN-M",
    symbol="ETHUSD_PERP",
    kind="inverse",
    coin="ETH",
    multiplier=10,
    settle="ETH",
    maintenance_basis="mark",
)


def plan(case, **changes):
    terms = {
        "A": {"collateral_usd": 49_000, "notional_usd": 49_000},
        "B": {"collateral": "from_portfolio", "collateral_usd": 49_000, "hedge_ratio": 0.98},
        "C": {"collateral_usd": 49_000},
        "stable": {"collateral": "stablecoin", "collateral_usd": 30_000},
    }[case]
    return plan_hedge(50_000, 1.0, ETH, 3500, fee_rate=0, **(terms | changes))


def cases():
    names = {"A: ETH bought": "A", "B: altcoins sold": "B", "C: the margin hedged too": "C"}
    return {name: run_scenario(plan(case), [-0.15, 0.15]) for name, case in names.items()}


def scatter(n=60):
    rng = np.random.default_rng(7)
    x = rng.normal(0, 0.04, n)
    y = 1.3 * x + rng.normal(0, 0.02, n)
    return BetaScatter(y=y, x=x, fit=ols_beta(y, x, y_name="layer1", x_name="ETH"))


DRAWN = {
    "over moves": (PNL_OVER_MOVES, lambda: run_scenario(plan("C"), np.linspace(-0.5, 1, 61))),
    "case A": (PNL_AT_MOVE, lambda: study_move(plan("A"), -0.15)),
    "case B": (PNL_AT_MOVE, lambda: study_move(plan("B"), 0.15)),
    "case C": (PNL_AT_MOVE, lambda: study_move(plan("C"), -0.155)),
    "liquidated": (PNL_AT_MOVE, lambda: study_move(plan("C"), 2.0)),
    "stablecoin": (PNL_AT_MOVE, lambda: study_move(plan("stable"), -0.15)),
    "large": (
        PNL_AT_MOVE,
        lambda: study_move(plan_hedge(9e7, 1.7, ETH, 3500, fee_rate=0.0005), -0.15),
    ),
    "small": (
        PNL_AT_MOVE,
        lambda: study_move(plan_hedge(90, 0.4, ETH, 3500, fee_rate=0.0005), -0.15),
    ),
    "three cases": (PARTS_BY_CASE, cases),
    "beta": (BETA_SCATTER, scatter),
}
each_picture = pytest.mark.parametrize(
    ("picture", "make"), [pytest.param(*drawn, id=name) for name, drawn in DRAWN.items()]
)


@each_picture
def test_texts_are_inside_and_apart(picture, make):
    canvas = Canvas(picture)
    canvas.draw(make())
    canvas.png()
    renderer = canvas.figure.canvas.get_renderer()
    axes = canvas.axes
    texts = [*canvas.figure.texts, axes.xaxis.label, axes.yaxis.label]
    texts += [child for child in axes.get_children() if isinstance(child, Text)]
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        texts += [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
    boxes = {t: t.get_window_extent(renderer) for t in texts if t.get_text()}
    whole = canvas.figure.bbox
    for text, box in boxes.items():
        inside = whole.x0 <= box.x0 < box.x1 <= whole.x1 and whole.y0 <= box.y0 < box.y1 <= whole.y1
        assert inside, f"{text.get_text()!r} is clipped"
        assert not text.get_parse_math(), "dollar signs would start a formula"
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        if one.get_text() == other.get_text() and np.allclose(first.extents, second.extents):
            continue  # "0" for both directions of a move, written in one place
        assert not first.overlaps(second), f"{one.get_text()!r} overlaps {other.get_text()!r}"


@each_picture
def test_same_result_same_bytes(picture, make):
    once = picture.png(make())
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "axes.titley": 0.3}):
        assert picture.png(make()) == once


def test_kept_canvas_keeps_nothing_of_the_picture_before():
    canvas = Canvas(PNL_AT_MOVE, dpi=150)
    canvas.draw(study_move(plan("stable"), 0.4))
    canvas.png()
    canvas.refuse("No such hedge")
    refused = canvas.png(compress_level=6)
    for case, move in (("C", -0.15), ("A", -0.15), ("A", 0.15), ("C", 3.0)):
        result = study_move(plan(case), move)
        canvas.draw(result)
        assert canvas.png(compress_level=6) == PNL_AT_MOVE.png(result)
    canvas.refuse("No such hedge")
    assert canvas.png(compress_level=6) == refused


@pytest.mark.parametrize(
    ("case", "move", "finding"),
    [
        ("A", -0.15, "together −$7,500, against −$7,500 without the hedge"),
        ("A", -0.15, "Leverage 1.00x; no rise liquidates the short"),
        ("B", -0.15, "together −$150, against −$7,500 without the hedge"),
        ("C", -0.15, "ETH margin −$7,350, short +$14,850; together $0"),
        ("C", 0.15, "altcoins +$7,500, ETH margin +$7,350, short −$14,850; together $0"),
        ("C", -0.15, "Leverage 2.02x; ETH at $6,861 (+96%) liquidates the short"),
        ("C", 2.0, "the short is liquidated"),
        ("stable", -0.15, "altcoins −$7,500, short +$7,500; together $0"),
    ],
)
def test_sentence_at_a_move(case, move, finding):
    study = study_move(plan(case), move)
    sentence = PNL_AT_MOVE.alt(study)
    assert finding in sentence
    assert dict(study.rows())["Together"] == usd(study.point.total_pnl_usd[0], signed=True)


def test_study_of_a_move_is_shown_in_a_line():
    assert repr(study_move(plan("A"), -0.15)) == "MoveStudy(ETH −15%: together −$7,500)"


def test_title_is_the_finding():
    title = PNL_AT_MOVE.figure(study_move(plan("A"), -0.15)).axes[0].get_title(loc="left")
    assert title == "ETH −15%: −$7,500 with the hedge, −$7,500 without"


def test_sentence_over_moves():
    sentence = PNL_OVER_MOVES.alt(run_scenario(plan("C"), [-0.5, 0, 0.9]))
    assert "at −50% $0 with the hedge and −$25,000 without" in sentence
    assert "ETH at $6,861 (+96%) liquidates the short." in sentence


def test_sentence_of_the_three_cases():
    sentence = PARTS_BY_CASE.alt(cases())
    for part in (
        "A: ETH bought: altcoins −$7,500, margin −$7,350, short +$7,350, total −$7,500",
        "total −$150, with $1,000 of altcoins kept",
        "short +$14,850, total $0, with $50,000 of altcoins kept",
        "+15% mirrors it",
    ):
        assert part in sentence


def test_cases_of_different_markets_are_refused():
    mixed = {"A": run_scenario(plan("A"), [-0.15]), "C": run_scenario(plan("C"), [-0.2])}
    with pytest.raises(InvalidInput, match="the same moves"):
        PARTS_BY_CASE.figure(mixed)


def test_curve_is_widened_to_the_move_and_breaks_at_liquidation():
    study = study_move(plan("C"), 3.0)
    assert study.curve.move.max() == 3.0
    at = plan("C").liquidation_move
    near = np.abs(study.curve.move - at) < 1e-6
    assert sorted(study.curve.liquidated[near]) == [False, True]


def test_beta_sentence_and_band():
    drawn = scatter()
    low, high = drawn.fit.interval()
    assert (
        f"beta {drawn.fit.beta:.2f}, 95% interval {low:.2f} to {high:.2f}"
        in show(BETA_SCATTER, drawn).alt
    )
    middle = drawn.x.mean()
    fitted, below, above = drawn.band([middle, middle + 0.1])
    assert fitted[0] == pytest.approx(drawn.y.mean())
    assert np.all(below < fitted)
    assert np.all(fitted < above)
    assert above[1] - fitted[1] > above[0] - fitted[0]


def test_beta_without_an_error_has_no_interval():
    fit = BetaEstimate(beta=1.2, se=None, alpha=0, se_alpha=None, r2=0.5, residual_sd=0.1, n=5)
    drawn = BetaScatter(y=[0.1, 0.2, 0.1], x=[0.0, 0.1, 0.2], fit=fit)
    assert "interval" not in BETA_SCATTER.alt(drawn)
    assert BETA_SCATTER.png(drawn)


def test_scatter_refuses_unequal_lengths():
    with pytest.raises(InvalidInput, match="of one length, got 2, 3"):
        BetaScatter(y=[0.1, 0.2], x=[0.1, 0.2, 0.3], fit=scatter().fit)


def test_shown_carries_picture_and_sentence():
    shown = show(PNL_AT_MOVE, study_move(plan("A"), -0.15))
    data, metadata = shown._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == metadata["image/png"]["alt"] == shown.alt
    assert metadata["image/png"]["width"] == 760


def test_colours_of_text_have_contrast():
    def luminance(colour):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for name, colour in COLOURS.items():
        assert 1.05 / (luminance(readable(colour)) + 0.05) >= 4.5, name


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


def test_words():
    assert usd(float("inf")) == "$inf"
    assert usd(-0.4) == "$0"
    assert usd(-0.4, cents=True) == "−$0.40"
    assert percent(float("inf"), signed=True) == "+inf%"
    assert money_in_markdown("−$5 or +$6, $\\beta$") == (
        "−<span>&#36;</span>5 or +<span>&#36;</span>6, $\\beta$"
    )
    assert "&lt;b&gt;" in html_table([["<b>", "1"]])


def test_an_area_is_that_of_fill_between_and_a_line_that_of_plot():
    x, low, high = np.arange(30.0), np.linspace(1, 4, 30), np.linspace(6, 5, 30)
    drawn = []
    for ours in (True, False):
        canvas = Canvas(PNL_AT_MOVE)
        ax = canvas.axes
        ax.set_xlim(0, 29)
        ax.set_ylim(0, 10)
        if ours:
            draw_area(ax, x, low, high, color=COLOURS["margin"])
            draw_line(ax, x, high, color="black", marker="o")
            assert not np.isfinite(ax.dataLim.get_points()).any()
        else:
            ax.fill_between(x, low, high, color=COLOURS["margin"], linewidth=0)
            ax.plot(x, high, color="black", marker="o")
        drawn.append(np.asarray(Image.open(BytesIO(canvas.png())).convert("RGB"), int))
    # The edge of an area may be smoothed otherwise.
    assert np.mean(np.abs(drawn[0] - drawn[1]).max(axis=2) > 0) < 0.005
    assert (drawn[0] != 255).any(axis=2).mean() > 0.15
