"""Lesson 09: files, samples, decisions and exercises say what the formulas say."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import (
    InvalidInput,
    NotEnoughData,
    hedge_notional,
    market,
    ols_beta,
    plan_hedge,
    run_scenario,
)
from hedgelib.course.exercises import exercise
from hedgelib.course.exercises.lesson09 import (
    EXERCISES,
    leverage_of_a_linear_short,
    loss_of_the_whole_book,
    maintenance_forgotten,
    margin_counted_twice,
    margin_for_the_book_alone,
    sale_by_variance,
    swing_by_variance,
)
from hedgelib.course.studies import lesson09
from hedgelib.course.studies.lesson09 import (
    BROKEN,
    broken_files,
    checklist,
    closed_from,
    drift_usd,
    guess_rallies,
    guess_reports,
    guess_swing,
    highest_leverage,
    load_book,
    own_copy,
    own_swing_usd,
    sample_book,
    stress,
)
from hedgelib.portfolio import Holding, Portfolio
from hedgelib.report import ReportParameters, build_report

FILE = "data/portfolios/defi_mix.csv"
ETH = market.contract("binance:ETHUSD_PERP")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A workbook's folder of its own."""
    monkeypatch.setattr(lesson09, "work_folder", lambda: tmp_path / "work")
    return tmp_path / "work"


# The file


def test_shipped_file_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load_book(FILE)
    assert (loaded.book.value_usd, loaded.problem) == (50_000, "")
    assert "UNI" in loaded._repr_html_()
    assert "$50,000" in repr(loaded)


def test_copy_is_made_when_asked_and_never_written_over(mine):
    assert own_copy(FILE).startswith("Nothing written")
    assert not mine.exists()
    assert own_copy(FILE, make=True).startswith("Copied to work/my_portfolio.csv")
    copy = mine / "my_portfolio.csv"
    assert copy.read_bytes() == (market.data_folder() / "portfolios" / "defi_mix.csv").read_bytes()
    copy.write_text("coin,usd_value\nADA,5\n")
    assert "stays as it is" in own_copy(FILE, make=True)
    assert load_book("work/my_portfolio.csv").book.coins == ("ADA",)
    with pytest.raises(InvalidInput, match="bare file name"):
        own_copy(FILE, "../elsewhere.csv", make=True)


def test_fault_is_shown_and_stops_the_lesson(mine):
    mine.mkdir()
    (mine / "bad.csv").write_text("coin,usd_value\nADA,five\n")
    loaded = load_book("work/bad.csv")
    assert loaded.problem.startswith("work/bad.csv, line 2, column 'usd_value': must be a plain")
    assert str(mine) not in loaded._repr_html_()
    assert "How to fix it" in loaded._repr_html_()
    with pytest.raises(InvalidInput, match=r"work/bad\.csv, line 2"):
        _ = loaded.book


def test_names_of_a_tracker_are_shown_as_they_were_taken(mine):
    mine.mkdir()
    (mine / "export.csv").write_text("Symbol,Amount,Price\nADA,10,0.5\n")
    loaded = load_book("work/export.csv")
    assert repr(loaded).endswith("Taken: Symbol for coin, Amount for quantity, Price for price_usd")
    assert "Taken: Symbol for coin" in loaded._repr_html_()
    (mine / "export.csv").write_text("coin,quantity\nADA,10\nWETH,1\nUSDT,5\n")
    loaded = load_book("work/export.csv")
    assert repr(loaded).endswith("WETH read as ETH (wrapped)\nUSDT is cash")
    assert "WETH read as ETH (wrapped). USDT is cash" in loaded._repr_html_()


def test_every_broken_file_is_refused_with_its_place():
    rows = broken_files()
    assert [row[0] for row in rows] == [*BROKEN, "no file"]
    assert all(told.startswith("mine.csv, line ") for _, told, _ in rows[:-1])
    assert rows[-1][1].startswith("work/no_such_file.csv: there is no such file")


# What the book follows


def test_sample_agrees_with_the_report():
    book = load_book(FILE).book
    sample = sample_book(book)
    report = build_report(ReportParameters(portfolio=FILE))
    best = sample.ranked().best
    assert best.name == report.hedge_coin
    assert best.effectiveness == report.tracked.out_of_sample
    fit = ols_beta(sample.book, sample.hedges[best.name])
    beta = (fit.beta * sample.value_usd + sample.own_usd(best.name)) / book.value_usd
    assert beta == pytest.approx(report.plan.beta, rel=1e-12)
    swing = own_swing_usd(report.plan, sample, fit.residual_sd)
    assert swing == pytest.approx(report.residual.own_usd, rel=1e-6)


def test_sample_says_what_nobody_knows():
    book = Portfolio(
        holdings=(Holding(coin="ADA", value_usd=10.0), Holding(coin="NOSUCH", value_usd=5.0))
    )
    assert sample_book(book).rows()[-1] == ("NOSUCH", "$5", "unknown, so not hedged")
    with pytest.raises(NotEnoughData, match="none of NOSUCH"):
        sample_book(Portfolio(holdings=(Holding(coin="NOSUCH", value_usd=5.0),)))


def test_sample_keeps_cash_and_betas_to_one_coin_apart():
    book = Portfolio(
        holdings=(
            Holding(coin="ADA", value_usd=10.0),
            Holding(coin="UNI", value_usd=5.0, betas_to=(("BTC", 1.2),)),
            Holding(coin="USDT", value_usd=7.0, is_cash=True),
        )
    )
    sample = sample_book(book)
    assert (sample.coins, sample.value_usd) == (("ADA",), 10.0)
    assert (sample.own_usd("BTC"), sample.own_usd("ETH")) == (pytest.approx(6.0), 0.0)
    assert sample.rows()[1:] == [
        ("UNI", "$5", "1.2 to BTC, from the file, not checked"),
        ("USDT", "$7", "0, cash"),
    ]
    plan = plan_hedge(
        22, 0.6, ETH, 3_000, collateral="from_portfolio", collateral_usd=12, cash_usd=7,
        fee_rate=0,
    )  # fmt: skip
    # Of $15 in coins $5 are sold, after all the cash.
    assert own_swing_usd(plan, sample, 0.03) == pytest.approx(0.03 * 10 * (1 - 5 / 15))


# Decisions


@given(rally=st.floats(0.1, 3), rate=st.floats(0.001, 0.05))
def test_highest_leverage_is_where_the_plan_is_liquidated(rally, rate):
    leverage = highest_leverage(rally, rate)
    # Of a size at which rounding is nothing, and what the venue allows for it left aside.
    free = replace(ETH, max_leverage=None, leverage_floors=(), leverage_caps=())
    plan = plan_hedge(
        1e9, 1.0, free, 3_000, max_leverage=leverage, fee_rate=0, maintenance_rate=rate
    )
    assert plan.liquidation_move == pytest.approx(rally, rel=1e-4)
    stable = highest_leverage(rally, rate, collateral="stablecoin")
    plan = plan_hedge(
        1e9,
        1.0,
        free,
        3_000,
        collateral="stablecoin",
        max_leverage=stable,
        fee_rate=0,
        maintenance_rate=rate,
    )
    assert plan.liquidation_move == pytest.approx(rally, rel=1e-4)
    assert leverage_of_a_linear_short(rally, rate) < leverage < maintenance_forgotten(rally)


def test_closed_from_counts_by_hand():
    closes = np.array([100.0, 110, 150, 90, 95, 200])
    rises = [0.5, 150 / 110 - 1, 95 / 150 - 1, 200 / 90 - 1]
    reached, starts, largest = closed_from(closes, 0.4, days=2)
    assert (reached, starts, largest) == (2, 4, pytest.approx(max(rises)))


@given(move=st.floats(-0.6, 0.4), shock=st.floats(-0.2, 0.2), true=st.floats(0.8, 1.4))
def test_stress_is_what_the_hedge_does_not_cover(move, shock, true):
    plan = plan_hedge(50_000, 1.1, ETH, 3_000, max_leverage=2, fee_rate=0)
    study = stress(plan, move, shock=shock, true_beta=true)
    expected = 50_000 * (shock + (true - 1.1) * move) + plan.residual_delta_usd * move
    assert study.point.total_pnl_usd[0] == pytest.approx(expected, abs=1e-6)
    assert "together" in study.scene().alt


def test_drift_brings_the_delta_back():
    for source in ("new_money", "stablecoin"):
        plan = plan_hedge(50_000, 1.3, ETH, 3_000, collateral=source, fee_rate=0)
        expected = 1.3 * 0.3 * 50_000 * 0.2 if source == "new_money" else 1.3**2 * 50_000 * 0.2
        assert drift_usd(plan, 0.2) == pytest.approx(expected, abs=10)


def test_checklist_looks_where_the_numbers_say():
    parameters = ReportParameters(portfolio=FILE, collateral="from_portfolio", max_leverage=1.75)
    rows = checklist(build_report(parameters), rally=1.0, band_usd=1_000)
    assert [verdict for *_, verdict in rows] == (
        ["holds", "look", "yours", "holds", "holds", "yours", "holds", "yours"]
    )
    rows = checklist(build_report(ReportParameters(portfolio=FILE)), rally=1.0, band_usd=1)
    assert (rows[3][2], rows[6][2]) == ("look", "look")


def test_predictions_have_their_answers():
    best = sample_book(load_book(FILE).book).ranked().best
    assert guess_swing(best).answer == "18%"
    assert guess_rallies(71, 1431, 0.49, "BTC").answer == "about 5 in 100"
    assert guess_rallies(0, 1431, 2.0, "BTC").answer == "about 0 in 100"
    first = build_report(ReportParameters(portfolio=FILE))
    second = build_report(
        ReportParameters(portfolio=FILE, collateral="from_portfolio", max_leverage=1.75)
    )
    assert guess_reports(first, second).answer == "a smaller short"
    assert guess_reports(second, first).answer == "a larger short"
    assert guess_reports(first, first).answer == "the same short"


# The lesson with other decisions


@pytest.mark.parametrize(
    ("file", "source", "rally"),
    [
        ("data/portfolios/layer1.csv", "from_portfolio", 0.5),
        ("data/portfolios/alice.csv", "stablecoin", 1.3),
    ],
)
def test_the_lesson_runs_with_another_file_and_other_decisions(file, source, rally, capsys):
    """As a learner does it: change the lines that ask for it, and run everything again."""
    path = Path(__file__).parents[2] / "notebooks" / "09_capstone.ipynb"
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    changed = {
        "load": (r'FILE = ".+"', f'FILE = "{file}"'),
        "decision": (r'SOURCE = ".+?"', f'SOURCE = "{source}"'),
    }
    space: dict[str, object] = {}
    for name, cell in cells.items():
        if cell.cell_type == "code":
            text = cell.source
            if name in changed:
                text, count = re.subn(*changed[name], text)
                assert count == 1
            text = re.sub(r"^RALLY = [\d.]+", f"RALLY = {rally}", text, flags=re.MULTILINE)
            exec(compile(text, name, "exec"), space)
    plan, report = space["plan"], space["second"]
    assert report.plan == plan
    assert plan.collateral == source
    assert plan.liquidation_move > rally
    out = capsys.readouterr().out
    assert f"Hedge of `{Path(file).stem}`" in out
    assert f"--collateral {source}" in out


# The exercises


def by_hand() -> dict[str, float]:
    """The answers from the numbers in the questions."""
    return {
        "09.1": 48_000 / 1.5,
        "09.2": 1.8 / 0.81,
        "09.3": -0.15 * 40_000 * 0.4,
        "09.4": 66_000,
        "09.5": 1_600 * 0.6,
        "09.6": 40_000 * 0.4,
        "09.7": 4_444,
        "09.8": -66_000 * 0.0002 * 90,
    }


def test_answers():
    assert {n: e.answer for n, e in EXERCISES.items()} == pytest.approx(by_hand(), rel=1e-9)


@pytest.mark.parametrize("name", EXERCISES)
def test_slips_are_told_apart(name):
    asked = exercise(name)
    values = [asked.answer, *asked.slips.values()]
    for one, other in itertools.permutations(values, 2):
        assert not asked.agrees(one, other)
    for words, value in asked.slips.items():
        assert asked.verdict(value) == f"**Not yet.** {words}"
    assert asked.more_hints
    assert asked.folded().count("<details>") == 2 + bool(asked.wrong_way) + len(asked.more_hints)


def test_answers_are_those_of_the_library():
    plans = {
        source: plan_hedge(40_000, 1.2, ETH, 2_000, collateral=source, max_leverage=2.5, fee_rate=0)
        for source in ("new_money", "from_portfolio")
    }
    assert plans["new_money"].collateral_usd == pytest.approx(EXERCISES["09.1"].answer)
    assert -plans["from_portfolio"].contracts == EXERCISES["09.7"].answer
    off = run_scenario(plans["new_money"], [-0.4], residual=0.15 * -0.4)
    assert off.total_pnl_usd[0] == pytest.approx(EXERCISES["09.3"].answer)


@given(
    book=st.floats(1_000, 1e6),
    beta=st.floats(0.2, 2),
    leverage=st.floats(1.1, 10),
    r2=st.floats(0.05, 0.95),
)
def test_wrong_models_are_wrong(book, beta, leverage, r2):
    right = book * beta / (leverage - 1)
    assert margin_for_the_book_alone(book, beta, leverage) < right
    assert swing_by_variance(book, r2) < book * np.sqrt(1 - r2)
    assert sale_by_variance(book, r2) > book * (1 - np.sqrt(1 - r2))
    margin = book / 2
    twice = margin_counted_twice(book, beta, margin) - hedge_notional(book - margin, beta, margin)
    assert twice == pytest.approx(beta * margin)
    assert loss_of_the_whole_book(book, beta, -0.2) == pytest.approx(-0.2 * beta * book)
