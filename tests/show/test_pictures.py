"""The pictures of a plan and of a beta: what they say, and that they are legible."""

import matplotlib
import numpy as np
import pytest

from hedgelib import ContractTerms, InvalidInput, ols_beta, plan_hedge, run_scenario
from hedgelib._text import usd
from hedgelib.beta import BetaEstimate
from hedgelib.show import Line, Text
from hedgelib.show.lettering import width_px
from hedgelib.show.moves import pnl_over_moves, study_move
from hedgelib.show.parts import parts_by_case
from hedgelib.show.plot import png
from hedgelib.show.scatter import BetaScatter
from tests.showtools import assert_legible

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
        "B": {"collateral": "from_portfolio", "collateral_usd": 49_000, "notional_usd": 49_000},
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
    "over moves": lambda: pnl_over_moves(run_scenario(plan("C"), np.linspace(-0.5, 1, 61))),
    "case A": lambda: study_move(plan("A"), -0.15).scene(),
    "case B": lambda: study_move(plan("B"), 0.15).scene(),
    "case C": lambda: study_move(plan("C"), -0.155).scene(),
    "liquidated": lambda: study_move(plan("C"), 2.0).scene(),
    "stablecoin": lambda: study_move(plan("stable"), -0.15).scene(),
    "large": lambda: study_move(plan_hedge(9e7, 1.7, ETH, 3500, fee_rate=0.0005), -0.15).scene(),
    "small": lambda: study_move(plan_hedge(90, 0.4, ETH, 3500, fee_rate=0.0005), -0.15).scene(),
    "three cases": lambda: parts_by_case(cases()),
    "beta": lambda: scatter().scene(),
}
each_picture = pytest.mark.parametrize(
    "make", [pytest.param(make, id=name) for name, make in DRAWN.items()]
)


@each_picture
def test_texts_are_inside_and_apart(make):
    assert_legible(make())


@each_picture
def test_same_scene_same_bytes_whatever_the_settings(make):
    once = png(make())
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        assert png(make()) == once


@each_picture
def test_a_scene_has_a_table_with_headings(make):
    table = make().table
    assert all(table.head)
    assert table.rows


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
    assert finding in study.scene().alt
    assert dict(study.rows())["Together"] == usd(study.point.total_pnl_usd[0], signed=True)


def test_study_of_a_move_is_shown_in_a_line():
    assert repr(study_move(plan("A"), -0.15)) == "MoveStudy(ETH −15%: together −$7,500)"


def test_title_is_the_finding():
    title = study_move(plan("A"), -0.15).scene().title
    assert title == "ETH −15%: −$7,500 with the hedge, −$7,500 without"


def test_after_a_liquidation_the_closed_short_stays_at_its_value():
    hedge = plan("C")
    scene = study_move(hedge, 2.0).scene()
    assert "the short is liquidated at $6,861" in scene.title.replace("\n", " ")
    dotted = [m for m in scene.panels[0].marks if isinstance(m, Line) and m.dash == "dotted"]
    assert {line.role for line in dotted} == {"short", "margin"}
    for line in dotted:
        known = line.y[np.isfinite(line.y)]
        assert np.ptp(known) < 1e-6
        assert np.nanmin(line.x[np.isfinite(line.y)]) == pytest.approx(hedge.liquidation_move)
    # What the two make together is the whole margin, lost.
    far = run_scenario(hedge, [1.5, 2.0])
    assert far.hedge_pnl_usd + far.collateral_pnl_usd == pytest.approx([-49_000] * 2)
    lost_at = hedge.liquidation_price_usd
    assert far.hedge_pnl_usd[0] == pytest.approx(-99_000 * (lost_at / 3500 - 1))


def test_sentence_over_moves():
    sentence = pnl_over_moves(run_scenario(plan("C"), [-0.5, 0, 0.9])).alt
    assert "at −50% $0 with the hedge and −$25,000 without" in sentence
    assert "ETH at $6,861 (+96%) liquidates the short." in sentence


def test_sentence_of_the_three_cases():
    sentence = parts_by_case(cases()).alt
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
        parts_by_case(mixed)


@pytest.mark.parametrize("move", [-0.15, 0.9, 1.05])
def test_the_words_of_a_liquidation_leave_the_rule_of_the_move_alone(move):
    hedge = plan("C")
    drawn = study_move(hedge, move, highest=1.5).scene().panels[0]
    (words,) = (m for m in drawn.marks if isinstance(m, Text) and "liquidated" in m.text)
    right = move < hedge.liquidation_move < move + 0.2
    assert words.align == ("start" if right else "end")
    there = drawn.place("x", words.x) + words.shift[0]
    wide = max(map(width_px, words.text.split("\n")))
    ends = (there, there + wide) if right else (there - wide, there)
    assert not ends[0] < drawn.place("x", move) < ends[1]
    assert drawn.box[0] <= ends[0] < ends[1] <= drawn.box[2]


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
        f"beta {drawn.fit.beta:.2f}, 95% confidence interval {low:.2f} to {high:.2f}"
        in drawn.scene().alt
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
    assert "interval" not in drawn.scene().alt
    assert png(drawn.scene())


def test_scatter_refuses_unequal_lengths():
    with pytest.raises(InvalidInput, match="of one length, got 2, 3"):
        BetaScatter(y=[0.1, 0.2], x=[0.1, 0.2, 0.3], fit=scatter().fit)
