"""``hedgelib what-if``: one screen, the numbers of the library, and nothing heavy loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hedgelib.__main__ import main
from hedgelib.report import ReportParameters, build_report
from hedgelib.scenario import coin_account, run_scenario

WORDS = [
    "what-if",
    "layer1.csv",
    "--benchmark",
    "BTC",
    "--move",
    "-0.3",
    "0.2",
    "--beta",
    "1.2",
    "--funding",
    "-0.0003",
]


def test_every_line_adds_up_to_the_total(capsys):
    assert main([*WORDS, "--days", "10", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    plan = build_report(ReportParameters(portfolio="layer1.csv", benchmark="BTC")).plan
    assert (data["planned_beta"], data["beta"], data["days"]) == (plan.beta, 1.2, 10)
    parts = ("spot_usd", "margin_usd", "short_usd", "funding_usd", "fees_usd")
    for move in data["moves"]:
        assert sum(move[part] for part in parts) == pytest.approx(move["total_usd"])
        # By hand: the book moves by the beta given, the margin and the short by the move.
        assert move["spot_usd"] == pytest.approx(plan.book_usd * 1.2 * move["move"])
        _, equity, _ = coin_account(
            plan.contracts, plan.price_usd, plan.wallet_coin, move["price_usd"], 100
        )
        assert move["equity_usd"] == pytest.approx(equity + move["funding_usd"])
        # Paid on the coins that the face is worth; its value in USD stays the face.
        assert move["funding_usd"] == pytest.approx(plan.notional_usd * -0.0003 * 30)
        book = plan.book_usd * (1 + 1.2 * move["move"])
        target = 1.2 * book + move["equity_usd"]
        assert move["contracts"] == pytest.approx(
            -round((target - plan.notional_usd) / 100)
            if abs(target / plan.notional_usd - 1) > 0.05
            else 0
        )


def test_c_without_changes_it_is_the_scenario_of_the_report(capsys):
    assert (
        main(
            [
                "what-if",
                "layer1.csv",
                "--benchmark",
                "BTC",
                "--move",
                "-0.3",
                "--days",
                "0",
                "--json",
            ]
        )
        == 0
    )
    (move,) = json.loads(capsys.readouterr().out)["moves"]
    plan = build_report(ReportParameters(portfolio="layer1.csv", benchmark="BTC")).plan
    assert move["total_usd"] == run_scenario(plan, -0.3).total_pnl_usd[0]


def test_one_screen_says_what_is_assumed(capsys):
    assert main([*WORDS, "--move", "1.5"]) == 0
    text = capsys.readouterr().out
    assert "and the book moves by 1.2." in text
    assert "liquidated" in text
    assert "Funding, 30 days at −0.030% per 8 h" in text
    lines = text.splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--move", "-1.5"], "--move must be > -1"),
        (["--move", "half"], "--move must be > -1 (a loss of 100% is -1), got 'half'"),
        (["--move", "0.1", "--beta", "nan"], "--beta must be a finite number"),
        (["--move", "0.1", "--days", "-1"], "--days must be a number of days from 0 to 36,500"),
        (["--move", "0.1", "--days", "1e308"], "--days must be a number of days from 0 to 36,500"),
        (["--move", "0.1", "--price-usd", "-5"], "price_usd must be > 0, got -5"),
        (["--move", "1e308"], "the numbers are too large"),
    ],
)
def test_what_is_no_number_is_refused(capsys, words, message):
    assert main(["what-if", "layer1.csv", "--benchmark", "BTC", *words]) == 2
    assert message in capsys.readouterr().err


def test_neither_pictures_nor_notebooks_are_loaded():
    code = (
        "import sys; from hedgelib.__main__ import main; "
        "main(['what-if', 'layer1.csv', '--move', '-0.3']); "
        "print(sorted({'matplotlib', 'papermill', 'nbformat', 'IPython'} & set(sys.modules)))"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.splitlines()[-1] == "[]"


def test_an_option_that_no_figure_depends_on_is_not_taken(capsys):
    with pytest.raises(SystemExit):
        main([*WORDS, "--unwind"])
    assert "unrecognized arguments: --unwind" in capsys.readouterr().err


OPTIONS = {
    "--beta": "1.2",
    "--days": "3",
    "--funding": "0.0002",
    "--funding-rate-8h": "0.0002",
    "--benchmark": "BTC",
    "--venue": "bybit",
    "--contract": "binance:BTCUSDT",
    "--collateral": "stablecoin",
    "--collateral-usd": "90000",
    "--max-leverage": "1.5",
    "--rounding": "up",
    "--window-days": "200",
    "--horizon-days": "7",
    "--hedge-ratio": "0.5",
    "--target-beta": "0.3",
    "--maintenance-rate": "0.02",
    "--price-usd": "50000",
    "--wallet": "4",
    "--band": "0",
    "--title": "Mine",
}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_changes_the_answer(name, capsys):
    words = ["what-if", "layer1.csv", "--move", "-0.05", "0.4"]

    def said(*more):
        assert main([*words, *more]) == 0
        return capsys.readouterr().out

    fixed = [] if name in ("--benchmark", "--contract") else ["--benchmark", "BTC"]
    assert said(*fixed, name, OPTIONS[name]) != said(*fixed)


def test_a_beta_of_zero_is_a_book_that_stands_still(capsys):
    assert main([*WORDS[:4], "--move", "-0.3", "--beta", "0", "--json"]) == 0
    (move,) = json.loads(capsys.readouterr().out)["moves"]
    assert move["spot_usd"] == 0


def test_one_contract_is_one(tmp_path, capsys):
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nADA,50\n")
    assert main(["what-if", str(book), "--benchmark", "BTC", "--move", "-0.3"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "short 1 contract of binance:BTCUSD_PERP" in text


def table(capsys, path, *words):
    assert main(["what-if", str(path), "--benchmark", "BTC", "--days", "0", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_position_is_looked_at_in_place_of_the_plan(capsys):
    on = ["--position", "binance:BTCUSD_PERP:-386@42265.2", "--wallet", "0.1"]
    found = table(capsys, "layer1.csv", *on, "--move", "0.3", "0.1", "-0.2")
    assert found["held"]
    gone, *others = found["moves"]
    # 38,600 (1/42,265.2 - 1/54,944.76) BTC, 0.2108, is more than the 0.1 that is there.
    assert gone["liquidated"]
    for move in others:
        now, then = 42_265.2, move["price_usd"]
        coins = 0.1 + 38_600 * (1 / then - 1 / now)
        assert move["equity_usd"] == pytest.approx(coins * then)
        assert move["total_usd"] == pytest.approx(move["spot_usd"] + coins * then - 0.1 * now)
        assert move["leverage"] == pytest.approx(38_600 / (coins * then))
    assert main(["what-if", "layer1.csv", "--benchmark", "BTC", "--move", "0", *on]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "as it is: short 386 contracts of binance:BTCUSD_PERP ($38,600) on $4,227 of" in text
    assert not table(capsys, "layer1.csv", "--move", "0")["held"]


@pytest.mark.parametrize(
    ("on", "message"),
    [
        ("okx:BTC-USD-SWAP:-10@40000", "in the contract of the plan, binance:BTCUSD_PERP, and the"),
        ("binance:BTCUSD_PERP:10@40000", "looks at a hedge, and binance:BTCUSD_PERP is held long"),
        ("binance:BTCUSD_PERP:-10@40000", "needs the balance of the BTC wallet at Binance COIN-M"),
        ("binance:BTCUSD_PERP:-10@20 --wallet 0", "has nothing left behind the position at 42,265"),
    ],
)
def test_a_position_that_cannot_be_looked_at_is_refused(capsys, on, message):
    words = ["what-if", "layer1.csv", "--benchmark", "BTC", "--move", "0.1", "--position"]
    assert main([*words, *on.split()]) == 2
    assert message in capsys.readouterr().err


def test_cash_does_not_shrink_with_the_coins(capsys, tmp_path):
    book = tmp_path / "book.csv"
    book.write_text("coin,usd_value\nADA,10000\nUSDT,90000\n")
    dollars = table(capsys, book, "--collateral", "stablecoin", "--move", "-0.5", "0.2")
    beta = 10 * dollars["planned_beta"]
    for move in dollars["moves"]:
        exposure = 10_000 * (1 + beta * move["move"]) * beta
        assert move["contracts"] == -round((exposure - 9_900) / 100)
    assert dollars["moves"][0]["contracts"] == 49
    # With bought coins behind it the account loses what the short gains beyond them.
    (coins,) = table(capsys, book, "--move", "-0.5")["moves"]
    assert coins["contracts"] == 0
