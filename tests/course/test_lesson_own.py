"""Lesson 11: files, samples, decisions and exercises say what the formulas say."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import (
    InvalidInput,
    NotEnoughData,
    market,
    ols_beta,
    plan_hedge,
    run_scenario,
)
from hedgelib._text import usd
from hedgelib.course.questions.own import QUESTIONS
from hedgelib.course.studies import own
from hedgelib.course.studies.own import (
    broken_files,
    checklist,
    drift_usd,
    highest_leverage,
    load_book,
    own_copy,
    residual_sd_usd,
    runbook,
    sample_book,
    stress,
    work_folder,
)
from hedgelib.portfolio import Holding, Portfolio
from hedgelib.report import ReportParameters, build_report
from tests.showtools import assert_legible

FILE = "data/portfolios/defi_mix.csv"
ETH = market.contract("binance:ETHUSD_PERP")
INTERVAL = (0.91, 1.27)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A workbook's folder of its own."""
    monkeypatch.setattr(own, "work_folder", lambda: tmp_path / "work")
    return tmp_path / "work"


# The file


def test_own_files_belong_beside_the_notebooks():
    assert (work_folder().parent / "notebooks").is_dir()


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
    taken = "Taken: Symbol for coin, Amount for quantity, Price for price_usd\n"
    assert repr(loaded).startswith(f"work/export.csv. {taken}")
    assert "Taken: Symbol for coin" in loaded._repr_html_()
    (mine / "export.csv").write_text("coin,quantity\nADA,10\nWETH,1\nUSDT,5\n")
    loaded = load_book("work/export.csv")
    assert "WETH read as ETH (wrapped). USDT is cash" in repr(loaded)
    assert "WETH read as ETH (wrapped). USDT is cash" in loaded._repr_html_()


def test_every_broken_file_is_refused_with_its_place():
    rows = broken_files()
    assert [row[0] for row in rows] == [
        "a thousands separator", "another name for a column", "a value in euros",
        "a quantity without a price", "a short among the holdings", "no file",
    ]  # fmt: skip
    assert all(told.startswith("mine.csv, line ") for _, told, _ in rows[:-1])
    assert all(fix.endswith(".") for *_, fix in rows)
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
    residual = residual_sd_usd(report.plan, sample, fit.residual_sd)
    assert residual == pytest.approx(report.residual.own_usd, rel=1e-6)


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
    assert ([h.coin for h in sample.measured], sample.value_usd) == (["ADA"], 10.0)
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
    assert residual_sd_usd(plan, sample, 0.03) == pytest.approx(0.03 * 10 * (1 - 5 / 15))


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
    assert leverage < (1 + rally) / rally


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
    rows = checklist(build_report(parameters), INTERVAL, rally=1.0, band_usd=1_000)
    assert [verdict for *_, verdict in rows] == (
        ["holds", "look", "yours", "holds", "holds", "yours", "holds", "yours"]
    )
    rows = checklist(
        build_report(ReportParameters(portfolio=FILE)), INTERVAL, rally=1.0, band_usd=1
    )
    assert (rows[3][2], rows[6][2]) == ("look", "look")


def test_checklist_says_what_the_report_found():
    report = build_report(ReportParameters(portfolio=FILE))
    plan, past = report.plan, report.funding.history
    rows = checklist(report, INTERVAL, rally=1.0, band_usd=1_000)
    assert [rule[0] for rule, *_ in rows] == list("12345678")
    assert (rows[3][0], rows[6][0]) == ("4 Survives +100%?", "7 Adjust beyond $1,000")
    said = [says for _, says, _ in rows]
    assert said[1] == (
        f"{report.tracked.out_of_sample:.0%} of the variance removed out of sample; "
        "at least 50% wanted"
    )
    assert said[0] == f"{report.tracked.book_beta:.2f}, 95% interval 0.91 to 1.27"
    assert said[2] == "BTC bought: the short covers it too"
    assert said[3] == f"{plan.leverage:.2f}x, liquidated at +{plan.liquidation_move:.0%}"
    assert said[5].startswith(f"30 days: {usd(past.month_usd, signed=True)} at the mean, ")
    assert said[5].endswith(f"; opening {usd(-plan.open_fee_usd, signed=True)}")
    assert said[7] == f"buy {-plan.contracts:,.0f}, whatever the price is then"
    unknown = SimpleNamespace(
        plan=plan,
        hedge_coin="BTC",
        funding=None,
        tracked=replace(report.tracked, out_of_sample=None),
    )
    rows = checklist(unknown, INTERVAL, rally=1.0, band_usd=1_000)
    assert rows[1][1:] == ("not measured", "look")
    assert rows[5][1:] == ("no funding history", "yours")


# Questions


def test_variance_is_not_volatility_out_of_sample():
    best = sample_book(load_book(FILE).book).ranked().best
    asked = QUESTIONS["own.a"].ask(best=best)
    assert list(asked.options.values()) == ["34%", "58%", "18%"]
    assert asked.judge("volatility").outcome == "right"
    assert "Out of sample, a hedge with BTC removed 34%" in asked.part("ask")
    # Where all of it is removed the three would be the same.
    asked = QUESTIONS["own.a"].ask(best=replace(best, effectiveness=1.0, volatility_removed=1.0))
    assert list(asked.options.values()) == ["50%", "71%", "29%"]


def test_rallies_are_counted_on_the_record():
    plan = plan_hedge(50_000, 1.1, ETH, 3_000, max_leverage=3, fee_rate=0)
    rises = np.array([0.1, 0.2, plan.liquidation_move, 0.6] + 16 * [0.0])
    asked = QUESTIONS["own.b"].ask(plan=plan, cap=3, rises=rises)
    assert list(asked.options.values()) == ["about 0 in 100", "about 10 in 100", "about 25 in 100"]
    assert "From 2 of 20 days" in asked.judge("on_record").text
    for option in (None, *asked.options):
        scene = asked.picture(option)
        assert_legible(scene)
        assert ("Your guess" in scene.alt) == (option is not None)
    often = QUESTIONS["own.b"].ask(plan=plan, cap=3, rises=rises[:9])
    assert list(often.options.values())[1:] == ["about 22 in 100", "about 50 in 100"]


def test_reports_are_compared_by_the_size_of_their_shorts():
    first = build_report(ReportParameters(portfolio=FILE))
    second = build_report(
        ReportParameters(portfolio=FILE, collateral="from_portfolio", max_leverage=1.75)
    )
    compare = QUESTIONS["own.c"]
    assert compare.ask(first=first, second=second).answer.right == "smaller_short"
    assert compare.ask(first=second, second=first).answer.right == "larger_short"
    assert compare.ask(first=first, second=first).answer.right == "same_short"
    numbers = f"${first.plan.notional_usd:,.0f} with the default settings"
    assert numbers in compare.ask(first=first, second=second).judge("smaller_short").text


# The lesson with other decisions


def run_lesson(file, **changes):
    """Run the lesson as a learner does: change the lines that ask for it, run everything again."""
    path = Path(__file__).parents[2] / "notebooks" / "11_your_own_portfolio.ipynb"
    changes = {"FILE": repr(str(file))} | changes
    space: dict[str, object] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            text = cell.source
            for name in list(changes):
                text, count = re.subn(rf"(?m)^{name} = \S+", f"{name} = {changes[name]}", text)
                if count:
                    del changes[name]
            exec(compile(text, cell.id, "exec"), space)
    assert not changes
    return space


@pytest.fixture
def written(tmp_path):
    """Write a portfolio file."""

    def write(name, *lines):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.mark.parametrize(
    ("file", "source", "rally"),
    [
        ("data/portfolios/layer1.csv", "from_portfolio", 0.5),
        ("data/portfolios/alice.csv", "stablecoin", 1.3),
    ],
)
def test_the_lesson_runs_with_another_file_and_other_decisions(file, source, rally, capsys):
    space = run_lesson(file, SOURCE=f'"{source}"', RALLY=str(rally))
    plan, report = space["plan"], space["second"]
    for one in fields(plan):
        planned, reported = getattr(plan, one.name), getattr(report.plan, one.name)
        # The two betas are computed in two ways.
        if isinstance(planned, float):
            planned = pytest.approx(planned, rel=1e-12, abs=1e-6)
        assert reported == planned, one.name
    assert plan.collateral == source
    assert plan.liquidation_move > rally
    out = capsys.readouterr().out
    assert f"Hedge of `{Path(file).stem}`" in out
    assert f"--collateral {source}" in out


def test_the_lesson_runs_with_200_coins(written, capsys):
    known = [
        f"{coin},{100 * i}" for i, coin in enumerate(market.prices().columns, 5) if coin != "LUNA"
    ]
    unknown = [f"TOK{i},{i}" for i in range(1, 191)]
    space = run_lesson(written("many", "coin,usd_value", *known, *unknown))
    assert len(space["loaded"].table().rows) == 14
    assert space["loaded"].table().rows[-2][0] == f"{len(known) + 190 - 12} more"
    out = capsys.readouterr().out
    assert "Coins of which nothing is known count as zero" in out
    assert "from the file" not in out.partition("interval is")[2].partition("\n")[0]


def test_the_lesson_runs_with_nothing_but_the_hedge_coin(written, capsys):
    space = run_lesson(written("ether", "coin,quantity", "ETH,10"))
    assert space["COIN"] == "ETH"
    assert space["plan"].sold_usd == 0
    out = capsys.readouterr().out
    assert "there is no residual to lose" in out
    assert "An inverse short puts it to use." in out
    assert "understatement" not in out
    assert "| ETH of the book; the short covers it too |" in out


def test_a_book_of_cash_is_told_that_there_is_nothing_to_hedge(written):
    with pytest.raises(InvalidInput, match=r"cash is all cash \(USDT, USDC\)"):
        run_lesson(written("cash", "coin,usd_value", "USDT,5000", "USDC,7000"))


def test_the_memo_has_no_reason_that_the_reader_did_not_write(capsys):
    run_lesson(FILE)
    memo = capsys.readouterr().out.partition("**Hedge of")[2].partition("make report")[0]
    assert memo.count("(you have not written this yet)") == 4
    assert "When it ends (not written yet)" not in memo
    run_lesson(FILE, WHY='"Rent"', NOT_SELLING='"Tax"', ENDS='"31March"', WATCH='"Daily"')
    memo = capsys.readouterr().out.partition("**Hedge of")[2]
    assert "*Why.* Rent *Why not sell instead.* Tax" in memo
    assert "not written" not in memo.partition("make report")[0]


def test_shocks_come_together_and_in_an_order():
    space = run_lesson(FILE)
    cases, moves = space["cases"], space["MOVES"]
    single = [case.total_pnl_usd for name, case in cases.items() if name != "all four at once"]
    assert (cases["all four at once"].total_pnl_usd < np.min(single, axis=0)).all()
    assert (cases["beta at the wrong end"].total_pnl_usd[moves != 0] < -500).all()
    assert space["run"].liquidated_at is not None
    assert {one.kind for one in space["second"].past.episodes} == {"fall", "crash", "rally"}


# The day after


def test_runbook_says_what_to_do_at_which_price():
    report = build_report(
        ReportParameters(portfolio=FILE, collateral="from_portfolio", max_leverage=1.75)
    )
    rows = runbook(report, "On 31 March")
    plan, when = report.plan, [row[0] for row in rows]
    assert rows[0] == ("Open, step 1", "transfer 0.69433603 BTC ($29,346) to Binance COIN-M")
    assert rows[-1][0] == "On 31 March"
    assert rows[-1][1].startswith(f"buy back {-plan.contracts:,.0f} of BTCUSD_PERP, reduce-only")
    distances = [alert for alert in report.desk.alerts if alert.kind == "distance"]
    for alert in distances:
        todo = dict(rows)[f"BTC at ${alert.price_usd:,.2f}"]
        assert todo.startswith(f"add ${alert.add_usd:,.0f} of margin")
    prices = [float(text[8:].replace(",", "")) for text in when if text.startswith("BTC at $")]
    assert prices == sorted(prices)
    assert prices[-1] == pytest.approx(plan.liquidation_price_usd, abs=0.01)
    assert runbook(report, "")[-1][0] == "When it ends (not written yet)"


# The exercises

BY_HAND = {
    "own.2": 48_000 / 1.5,
    "own.4": 1.8 / 0.81,
    "own.5": -0.15 * 40_000 * 0.4,
    "own.8": 66_000,
    "own.1": 1_600 * 0.6,
    "own.3": 40_000 * 0.4,
    "own.6": 4_444,
    "own.7": -66_000 * 0.0002 * 90,
}
SLIPS = {
    "own.2": {
        "stablecoin_margin": 19_200, "margin_out_of_book": 48_000 / 2.7,
        "beta_left_out": 40_000 / 1.5, "size_for_margin": 80_000, "margin_on_margin_once": 26_880,
        "series_stopped_early": 31_672.32, "divided_by_leverage_plus_one": 48_000 / 3.5,
        "beta_and_margin_left_out": 16_000,
    },
    "own.4": {
        "linear_liquidation": 1 / 0.818, "bankruptcy_for_liquidation": 2.25,
        "maintenance_wrong_side": 1.8 / 0.79, "stablecoin_margin": 1 / 0.81,
        "linear_bankruptcy": 1.25, "ratio_for_rise": 1.8, "fall_for_rise": 5,
    },
    "own.5": {
        "book_only": -21_600, "removed_for_left": -19_200, "sign_turned": 2_400,
        "hedged_so_nothing": 0, "move_left_out": -6_000, "beta_left_out": -5_600,
        "relative_error": -2_000,
    },
    "own.8": {
        "old_face": 6_600, "contract_is_coin": 33, "upside_down": 660, "dollars_scaled": 660_000,
    },
    "own.1": {
        "variance_for_volatility": 576, "variance_removed": 1_024, "removed_for_left": 1_280,
        "change_for_value": 640, "not_hedged": 1_600, "hedged_so_nothing": 0,
        "share_for_dollars": 2.4,
    },
    "own.3": {
        "variance_for_volatility": 25_600, "variance_left": 14_400, "what_is_left": 24_000,
        "root_of_r2": 32_000, "one_less_root_of_r2": 8_000,
    },
    "own.6": {
        "new_money_assumed": 8_000, "collateral_twice": (48_000 + 48_000 / 2.7) / 10,
        "collateral_left_out": (40_000 - 48_000 / 2.7) * 0.12,
        "contract_is_dollar": 2.5 * 48_000 / 2.7, "exposure_unchanged": 4_800,
        "stablecoin_margin": 4_800 / 1.48, "series_stopped_early": 4_416, "beta_left_out": 4_000,
    },
    "own.7": {
        "funding_sign": 1_188, "one_settlement_a_day": -396, "funding_on_margin": -475.2,
        "single_settlement": -13.2, "other_horizon": -14_454, "percent_for_decimal": -118_800,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_exercise_at_its_first_numbers(name):
    assert set(BY_HAND) == {name for name in QUESTIONS if name[-1].isdigit()}
    answer = QUESTIONS[name].ask().answer
    assert answer.right == pytest.approx(BY_HAND[name])
    assert answer.slips == pytest.approx(SLIPS[name])


def test_a_leverage_is_right_with_two_decimals():
    for seed in range(200):
        asked = QUESTIONS["own.4"].again(seed)
        assert asked.judge(f"{asked.answer.right:.2f}").outcome == "right", asked.numbers


def test_answers_are_those_of_the_library():
    right = {name: QUESTIONS[name].ask().answer.right for name in BY_HAND}
    plans = {
        source: plan_hedge(40_000, 1.2, ETH, 2_000, collateral=source, max_leverage=2.5, fee_rate=0)
        for source in ("new_money", "from_portfolio")
    }
    assert plans["new_money"].collateral_usd == pytest.approx(right["own.2"])
    assert -plans["from_portfolio"].contracts == right["own.6"]
    off = run_scenario(plans["new_money"], [-0.4], residual=0.15 * -0.4)
    assert off.total_pnl_usd[0] == pytest.approx(right["own.5"])
