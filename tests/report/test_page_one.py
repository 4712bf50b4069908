"""What page one says of the age of its prices, and of what it covers.

Old prices make an exercise, and coins of which nothing is known are never taken to stand still.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgelib import __main__ as command_line
from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.beta import ols_beta
from hedgelib.errors import InvalidInput, PortfolioFileError
from hedgelib.report import ReportParameters, build_report, find_portfolio, to_json
from hedgelib.report.blocks import Facts, Heading, Table, Text
from hedgelib.report.dates import OLD_DAYS, TODAY_VARIABLE, age_in_days, today
from hedgelib.report.export import to_data
from hedgelib.report.gather import Book
from hedgelib.report.index import figures, sheet
from hedgelib.report.index import page as index_page
from hedgelib.report.many import Outcome
from hedgelib.report.one import SAMPLES
from hedgelib.report.registry import section
from hedgelib.report.summary import headline, warnings
from hedgelib.scenario import run_scenario

QUANTITIES = "coin,quantity\nADA,10000\nLINK,500\nMATIC,10000\n"
VALUES = "coin,usd_value\nADA,6000\nLINK,4000\n"
# Two coins that nothing is known of; FTM and S would be one, by two names.
UNKNOWN = "coin,usd_value\nKAS,5000\nS,5000\nADA,1000\n"
OLD = "Prices are 1,063 days old: this is an exercise, not a plan. Use --live VENUE "
OLD += "or --prices FILE."
MEANT = "Prices of 2023-12-31: an exercise, not a plan."


def report_on(path, **parameters):
    return build_report(ReportParameters(portfolio=str(path), **parameters))


def plain(part) -> str:
    return " ".join(str(part).split())


@pytest.fixture
def book(tmp_path):
    """Return a function that writes a portfolio file and names it."""

    def write(text: str, name: str = "book.csv") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def whole_book(count: int = 200) -> str:
    """Write 200 coins of one value, of which all but 18% have no price history."""
    known = list(market.latest_prices())
    strange = [f"X{i}" for i in range(count - len(known))]
    rows = [f"{coin},{18_000 / len(known)}" for coin in known]
    rows += [f"{coin},{82_000 / len(strange)}" for coin in strange]
    return "\n".join(["coin,usd_value", *rows])


# A1: how old prices are


def test_a1_the_age_is_counted_from_a_day_that_can_be_set(monkeypatch):
    assert today() == date(2026, 11, 28), "tests do not age"
    assert age_in_days(date(2023, 12, 31)) == 1063
    assert age_in_days(date(2026, 11, 29)) == 0
    monkeypatch.setenv(TODAY_VARIABLE, "2024-01-07")
    assert age_in_days(date(2023, 12, 31)) == OLD_DAYS
    monkeypatch.setenv(TODAY_VARIABLE, "soon")
    with pytest.raises(InvalidInput, match=r"HEDGELIB_TODAY must be a day such as .*, got 'soon'"):
        today()
    monkeypatch.delenv(TODAY_VARIABLE)
    assert (today() - date(2023, 12, 31)).days > 1000


def test_a1_old_prices_are_the_first_warning_and_their_day_is_in_every_headline(book):
    got = report_on(book(VALUES))
    assert warnings(got)[0].startswith(OLD)
    assert "The number of contracts does not depend on the price; price levels" in warnings(got)[0]
    assert headline(got).startswith("at prices of 2023-12-31, short ")
    heading, warning, *_ = section(got, "summary").blocks
    assert isinstance(heading, Heading)
    assert "the close of 2023-12-31" in heading.under
    assert warning == Text(warnings(got)[0], "warning")
    data = json.loads(to_json(got))
    assert data["warnings"][0] == warnings(got)[0]
    assert data["headline"] == headline(got)
    assert data["prices"] == {
        "last_day": "2023-12-31",
        "age_days": 1063,
        "old": True,
        "as_of_data": False,
    }


def test_a1_where_a_price_level_is_shown_its_day_is(book):
    got = report_on(book(VALUES))
    (facts,) = (block for block in section(got, "summary").blocks if isinstance(block, Facts))
    tile = next(item for item in facts.items if item[0] == "Liquidation")
    assert tile[2].endswith("from the price of 2023-12-31")
    (sources,) = (block for block in section(got, "summary").blocks if isinstance(block, Table))
    assert sources.caption.endswith("from the price of 2023-12-31")
    _, caps, _ = (block for block in section(got, "margin").blocks if isinstance(block, Table))
    assert caps.caption.endswith("from the price of 2023-12-31")
    said = plain(section(got, "summary"))
    assert f"above its price of {usd(got.plan.price_usd, cents=True)} on 2023-12-31" in said
    assert "from the price of 2023-12-31" in plain(section(got, "margin"))
    assert "start from the price of 2023-12-31" in plain(section(got, "moves"))
    assert "starts from the price of 2023-12-31" in plain(section(got, "plan"))
    assert section(got, "moves-picture").alt.endswith("Prices start from the price of 2023-12-31.")


def test_a1_a_linear_contract_has_another_number_at_another_price(book):
    got = report_on(book(VALUES))
    linear = replace(got.plan.contract, kind="linear")
    got = replace(got, plan=replace(got.plan, contract=linear))
    assert "The number of contracts and price levels, such as" in warnings(got)[0]


def test_a1_fresh_prices_are_not_warned_of(book, monkeypatch):
    for day, old in (("2024-01-07", False), ("2024-01-08", True)):
        monkeypatch.setenv(TODAY_VARIABLE, day)
        got = report_on(book(VALUES))
        assert got.old == old
        assert any("days old" in text for text in warnings(got)) == old
        assert to_json(got).count('"old": true') == old
    monkeypatch.setenv(TODAY_VARIABLE, "2024-01-01")
    assert headline(report_on(book(QUANTITIES))).startswith("at prices of 2023-12-31, short ")


def test_a1_quantities_at_old_prices_are_refused_unless_that_is_meant(book):
    path = book(QUANTITIES)
    with pytest.raises(PortfolioFileError) as caught:
        report_on(path)
    assert str(caught.value) == (
        f"{path}: the value of ADA, LINK and MATIC would be that of 2023-12-31, 1,063 days ago; "
        "use --live VENUE or --prices FILE, give usd_value or price_usd in the file, or accept "
        "old prices as an exercise with --as-of-data (as_of_data)"
    )
    got = report_on(path, as_of_data=True)
    assert warnings(got)[0] == MEANT
    assert "1,063" not in to_json(got), "the same data make the same report on any day"
    assert json.loads(to_json(got))["prices"]["age_days"] is None
    # Values and prices of the owner's own are not of the data's day.
    priced = book("coin,quantity,price_usd\nADA,10000,0.8\nLINK,500,15\n")
    assert warnings(report_on(priced))[0].startswith(OLD)
    with pytest.raises(PortfolioFileError, match="the value of LINK would be that of 2023-12-31"):
        report_on(book("coin,quantity,usd_value\nADA,,6000\nLINK,500,\nMATIC,0,\n"))


def test_a1_as_of_data_is_accepted_with_any_file_and_as_text(book):
    got = report_on(book(VALUES), as_of_data="True")
    assert got.as_of_data
    assert warnings(got)[0] == MEANT
    assert not report_on(book(VALUES), as_of_data="false").as_of_data


@pytest.mark.parametrize("name", SAMPLES)
def test_a1_the_samples_imply_it_where_they_are_and_their_copies_do_not(name, tmp_path):
    path, sample = find_portfolio(name)
    assert sample
    got = report_on(name)
    assert (got.as_of_data, warnings(got)[0]) == (True, MEANT)
    shutil.copy(path, tmp_path / name)
    assert not find_portfolio(tmp_path / name)[1]
    if name == "layer1.csv":
        with pytest.raises(PortfolioFileError, match="--as-of-data"):
            report_on(tmp_path / name)
    else:
        assert warnings(report_on(tmp_path / name))[0].startswith(OLD)


def test_a1_a_report_on_a_sample_is_the_same_on_any_day(monkeypatch):
    parts = ("summary", "holdings", "tracking", "plan", "moves", "margin", "cost", "provenance")
    shown = []
    for day in ("2026-11-28", "2031-02-03"):
        monkeypatch.setenv(TODAY_VARIABLE, day)
        got = report_on("layer1.csv")
        shown.append([to_json(got), *(section(got, name)._repr_html_() for name in parts)])
    assert shown[0] == shown[1]


def test_a1_the_samples_are_those_of_the_folder():
    folder = market.data_folder() / "portfolios"
    assert {path.name for path in folder.iterdir()} == set(SAMPLES)


def test_a1_another_file_beside_the_samples_is_none(tmp_path, monkeypatch):
    shutil.copytree(market.data_folder() / "portfolios", tmp_path / "portfolios")
    monkeypatch.setattr(market, "data_folder", lambda: tmp_path)
    (tmp_path / "portfolios" / "mine.csv").write_text(QUANTITIES)
    assert find_portfolio(tmp_path / "portfolios" / "layer1.csv")[1]
    assert find_portfolio("mine.csv") == (tmp_path / "portfolios" / "mine.csv", False)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("coin,quantity,price_usd\nADA,10000,0.8\nETH,2,4000\n", {}),
        (VALUES, {"price_usd": 4000}),
    ],
)
def test_a1_a_price_of_today_beside_old_data_mixes_dates_and_says_so(book, text, parameters):
    got = report_on(book(text), benchmark="ETH", **parameters)
    assert warnings(got)[0] == OLD, "its levels are not of the data's day"
    assert warnings(got)[1] == (
        "Two dates are mixed: the price of ETH, $4,000.00, was given, and price levels such as the "
        "liquidation price follow from it; betas are of data that end on 2023-12-31."
    )
    assert headline(got).startswith("at a given price of ETH and data to 2023-12-31, short ")
    assert "from the price given" in plain(section(got, "summary"))
    assert "of 2023-12-31" not in plain(section(got, "margin"))


def test_a1_quantities_at_old_prices_beside_a_price_of_today_are_named(book):
    path = book("coin,quantity\nADA,10000\nETH,2\n")
    with pytest.raises(PortfolioFileError, match="the value of ADA would be"):
        report_on(path, benchmark="ETH", price_usd=4000)
    got = report_on(path, benchmark="ETH", price_usd=4000, as_of_data=True)
    assert warnings(got)[0] == MEANT
    assert "the quantities of ADA are valued at closes of that day" in warnings(got)[1]


def aged(days: int, venue: str) -> market.Market:
    """The bundled market as if a venue had given it, its last day so long before today."""
    data = market.Market.bundled()
    closes = data.prices()
    closes.index = closes.index + (pd.Timestamp(today() - timedelta(days)) - closes.index[-1])
    return market.Market(
        closes=closes,
        funding=data.funding_monthly(),
        listings=data._listings.values(),
        venues=data.venues(),
        origin={"venue": venue},
    )


@pytest.mark.parametrize("name", ["book.csv", "layer1.csv"])
def test_a1_live_candles_that_ended_over_a_week_ago_are_old_prices(book, name):
    path = book(VALUES) if name == "book.csv" else book(QUANTITIES)
    parameters = ReportParameters(portfolio=str(path), live="bybit")
    week = build_report(parameters, data=aged(7, "bybit"))
    assert not week.old
    assert f"at prices of {today() - timedelta(7)}, short" in headline(week)
    if name == "layer1.csv":
        with pytest.raises(PortfolioFileError, match="use --live with another venue than bybit"):
            build_report(parameters, data=aged(10, "bybit"))
        sample = ReportParameters(portfolio=name, live="bybit")
        with pytest.raises(PortfolioFileError, match="--as-of-data"):
            build_report(sample, data=aged(10, "bybit"))
        return
    old = build_report(parameters, data=aged(10, "bybit"))
    assert warnings(old)[0].startswith(
        "Prices are 10 days old: this is an exercise, not a plan. The last day that bybit gave is "
        f"{today() - timedelta(10)}; use --live with another venue."
    )


def test_a1_the_command_line_says_it_under_its_headline(book, capsys, tmp_path):
    path = book(VALUES)
    assert command_line.main(["report", str(path), "--out", str(tmp_path)]) == 0
    headline, first, *_, last = capsys.readouterr().out.splitlines()
    assert headline.startswith("Hedge report: book: at prices of 2023-12-31, short ")
    assert first.startswith(f"! {OLD}")
    assert last.startswith("wrote ")
    path = book(QUANTITIES)
    assert command_line.main(["report", str(path), "--out", str(tmp_path)]) == 2
    assert "or accept old prices" in capsys.readouterr().err
    assert command_line.main(["report", str(path), "--as-of-data", "--out", str(tmp_path)]) == 0
    assert f"! {MEANT}" in capsys.readouterr().out


def outcomes(*reports) -> list[Outcome]:
    books = [Book(path=Path(f"b{i}.csv"), name=f"b{i}", stem=f"b{i}") for i in range(len(reports))]
    return [Outcome(book=b, figures=figures(r)) for b, r in zip(books, reports, strict=True)]


def test_a1_the_index_has_the_day_of_prices_and_says_first_that_they_are_old(book):
    found = outcomes(report_on(book(VALUES)), report_on("alice.csv"), report_on("layer1.csv"))
    html = index_page(found, source="here").decode()
    assert html.count("2023-12-31</td>") == 3
    first, second = html.split("<p class='warning'>")[1:]
    assert first.startswith(f"{MEANT} (2 of 3 reports.)</p>")
    assert second.startswith(f"{OLD} (1 of 3 reports.)</p>")
    assert html.index("class='warning'") < html.index("class='facts'")
    header, row, *_ = sheet(found).decode("utf-8-sig").splitlines()
    cells = dict(zip(header.replace('"', "").split(","), row.split(","), strict=False))
    assert cells["price_day"] == cells["last_day"] == '"2023-12-31"'
    given = outcomes(report_on(book(VALUES), price_usd=50_000, benchmark="BTC"))
    assert "given; data to 2023-12-31</td>" in index_page(given, source="here").decode()


def test_a1_a_notebook_takes_the_parameter_as_text(tmp_path, book):
    path = book(QUANTITIES)
    code = (
        "import sys\nfrom hedgelib.report import ReportParameters, build_report\n"
        "from hedgelib.report.summary import warnings\n"
        "portfolio, as_of_data = sys.argv[1], sys.argv[2]\n"
        "print(warnings(build_report(ReportParameters.from_namespace("
        "{'portfolio': portfolio, 'as_of_data': as_of_data})))[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), "true"],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == MEANT


# A3: what the figures cover


def test_a3_three_coins_of_which_one_is_known_lose_3270_not_298(book):
    got = report_on(book(UNKNOWN), benchmark="BTC")
    assert got.tracked.covered_beta == pytest.approx(0.99, abs=0.005)
    fall = next(row for row in to_data(got)["moves"] if row["move"] == -0.3)
    assert fall["unhedged_pnl_usd"] == pytest.approx(-298, abs=1)
    assert fall["unhedged_pnl_at_covered_beta_usd"] == pytest.approx(-3270, abs=10)
    assert fall["total_pnl_at_covered_beta_usd"] == pytest.approx(-2975, abs=10)
    said = plain(section(got, "summary"))
    assert "the book alone would lose $298 to $3,274" in said
    assert "you would lose $0 to $2,975, give or take" in said


def test_a3_every_tile_names_the_dollars_it_is_about(book):
    got = report_on(book(UNKNOWN), benchmark="BTC")
    (facts,) = (block for block in section(got, "summary").blocks if isinstance(block, Facts))
    tiles = {name: (value, note) for name, value, note in facts.items}
    assert tiles["Book"] == ("$11,000", "3 coins, no beta known for $10,000 of it")
    value, note = tiles["Beta to BTC"]
    assert value == "0.09 to 0.99"
    assert note == "0.99 for $1,000, 95% interval 0.83 to 1.15"
    assert tiles["Short"][1].endswith("for $1,000 of the book")
    value, note = tiles["Give or take in 30 days"]
    assert value == f"{usd(got.month.after_usd)} to {usd(got.month.after[1])}"
    assert note.endswith("unhedged; residual of $10,000 assumed")


def test_a3_the_headline_leads_with_a_gap_of_more_than_a_quarter(book):
    got = report_on(book(UNKNOWN))
    assert headline(got).startswith(
        "no beta is known for $10,000 of the $11,000 (91%); for the rest, at prices of 2023-12-31, "
        "short "
    )
    for known, leads in ((2999, True), (3000, False)):
        some = report_on(book(f"coin,usd_value\nKAS,1000\nADA,{known}\n"))
        assert headline(some).startswith("no beta") == leads
        assert any(text.startswith("Not hedged: KAS, $1,000 or 25%") for text in warnings(some))


def test_a3_residual_volatility_of_the_unknown_is_the_median_of_the_known(book):
    got = report_on(book("coin,usd_value\nKAS,5000\nADA,1000\nLINK,2000\nETH,3000\n"))
    returns = market.returns(window=365)
    x = returns[got.hedge_coin].to_numpy()
    others = [c for c in ("ADA", "LINK", "ETH") if c != got.hedge_coin]
    median = float(np.median([ols_beta(returns[c].to_numpy(), x).residual_sd for c in others]))
    assert got.gap.residual_sd == pytest.approx(median, rel=1e-12)
    residual, fit, coin_sd = got.residual, got.tracked.estimate, got.tracked.coin_sd
    assert residual.gap_usd == pytest.approx(5000 * median)
    for gap_beta, before, after in (
        (0.0, residual.before_usd, residual.after_usd),
        (
            got.tracked.covered_beta,
            residual.before_at_covered_beta_usd,
            residual.after_at_covered_beta_usd,
        ),
    ):
        own = math_hypot(6000 * fit.residual_sd, 5000 * median)
        market_usd = 6000 * fit.beta + 5000 * gap_beta
        assert before == pytest.approx(math_hypot(market_usd * coin_sd, own), rel=1e-9)
        left = got.plan.exposure_usd - got.plan.notional_usd + 5000 * gap_beta
        assert after == pytest.approx(math_hypot(left * coin_sd, own), rel=1e-9)


def math_hypot(first: float, second: float) -> float:
    return float(np.hypot(first, second))


def test_a3_the_hedge_coin_alone_does_not_make_the_unknown_calm(book):
    got = report_on(book("coin,usd_value\nKAS,5000\nBTC,5000\n"), benchmark="BTC")
    returns = market.returns(["ETH", "BTC"], window=365)
    eth = ols_beta(returns["ETH"].to_numpy(), returns["BTC"].to_numpy()).residual_sd
    assert got.gap.residual_sd == pytest.approx(eth)


def test_a3_a_gap_that_is_sold_for_margin_is_smaller(book):
    path = book("coin,usd_value\nKAS,5000\nADA,5000\nBTC,2000\n")
    got = report_on(path, benchmark="BTC", collateral="from_portfolio")
    kept = 1 - got.plan.sold_usd / 10_000
    assert got.gap.kept_usd == pytest.approx(5000 * kept)
    totals, alone = got.at_covered_beta([-0.3, 0.2])
    calm = run_scenario(got.plan, [-0.3, 0.2])
    move = np.array([-0.3, 0.2]) * got.tracked.covered_beta
    assert totals == pytest.approx(calm.total_pnl_usd + got.gap.kept_usd * move)
    assert alone == pytest.approx(calm.unhedged_pnl_usd + 5000 * move)


def test_a3_the_table_of_gains_and_losses_has_the_range(book):
    got = report_on(book(UNKNOWN), benchmark="BTC")
    (table,) = (block for block in section(got, "moves").blocks if isinstance(block, Table))
    assert [name for name in table.head if "$" in name] == ["Spot, $1,000", "No beta, $10,000"]
    fall = next(row for row in table.rows if row[0].startswith("−30%"))
    assert fall[-1] == "−$298 to −$3,274"
    assert fall[-2].endswith(" to −$2,975")
    assert "taken not to move" not in plain(section(got, "moves"))
    whole = report_on("alice.csv")
    (table,) = (block for block in section(whole, "moves").blocks if isinstance(block, Table))
    assert " to " not in "".join(cell for row in table.rows for cell in row)


def test_a3_the_pictures_name_the_part_that_they_draw(book):
    got = report_on(book(UNKNOWN), benchmark="BTC")
    assert section(got, "moves-picture").alt.startswith(
        "Of the $1,000 that has a price history alone; $10,000 of KAS and S are not drawn. Profit "
        "and loss of a book of $1,000 over moves of BTC"
    )
    assert section(got, "tracking-picture").alt.startswith(
        "365 daily returns of the $1,000 with history against"
    )


def test_a3_a_book_of_200_coins_with_82_percent_unknown_gets_both_warnings_and_a_range(book):
    got = report_on(book(whole_book()))
    assert got.gap.share == pytest.approx(0.82, abs=0.005)
    _, gap, weak = warnings(got)
    assert gap.startswith("Not hedged: X0, X1, X2, X3, X4 and ")
    assert weak.startswith("A weak hedge: ")
    removed = tuple(percent(max(end, 0.0)) for end in got.residual.removed)
    assert removed[0] in weak
    assert removed[1] in weak
    assert got.residual.removed[0] < 0.5
    assert headline(got).startswith("no beta is known for ")
    assert "(82%)" in headline(got)
    fall = next(row for row in to_data(got)["moves"] if row["move"] == -0.3)
    covered = fall["unhedged_pnl_usd"]
    assert fall["unhedged_pnl_at_covered_beta_usd"] == pytest.approx(
        covered / (1 - got.gap.share), rel=1e-9
    )
    cells = figures(got)
    assert cells["beta"] < cells["beta_at_covered"] == pytest.approx(got.tracked.covered_beta)
    assert cells["residual_month_usd"] < cells["residual_month_high_usd"]
    html = index_page(outcomes(got), source="here").decode()
    assert f"{cells['beta']:.2f} to {cells['beta_at_covered']:.2f}</td>" in html
    assert f"{usd(got.gap.value_usd)}</td>" in html


def test_a3_a_good_hedge_of_a_small_part_is_a_weak_hedge_of_the_whole(book):
    got = report_on(book("coin,usd_value\nKAS,9000\nADA,1000\n"))
    good = replace(got, trackings=(replace(got.tracked, rest_out_of_sample=0.9),))
    assert warnings(good)[-1].startswith("A weak hedge: it removes an estimated ")
    assert (
        "removed 90% of the variance of the $1,000 that has a price history (95%"
        in (warnings(good)[-1])
    )


def test_a3_an_owners_beta_counts_for_beta_and_not_for_residual_volatility(book):
    got = report_on(
        book("coin,usd_value,beta\nADA,6000,\nXYZ,3000,2\nUNK,1000,\n"), benchmark="ETH"
    )
    assert (got.measured_usd, got.covered_usd, got.gap.value_usd) == (6000, 9000, 1000)
    beta = (6000 * got.tracked.estimate.beta + 6000) / 9000
    assert got.tracked.covered_beta == pytest.approx(beta)
    said = plain(section(got, "summary"))
    assert "The beta of the $9,000 that has a price history or a beta of yours to ETH" in said
    assert "residual of $1,000 assumed, of $3,000 not known" in said
    assert "30 days (one standard deviation) for the $6,000 that has a price history, and" in said
    assert "That of XYZ is not known and comes on top." in said
    # So no share of the variance of the whole book can be told.
    assert not any("of the whole book;" in text for text in warnings(got))


def test_a3_only_betas_of_the_owner_and_the_unknown(book):
    got = report_on(book("coin,usd_value,beta\nAAA,6000,1\nUNK,4000,\n"), benchmark="ETH")
    assert got.tracked.covered_beta == 1
    assert got.tracked.book_beta == pytest.approx(0.6)
    said = plain(section(got, "summary"))
    assert "the beta of the $6,000 that has a beta of yours to ETH is 1.00" in said
    assert "Beta to ETH 0.60 to 1.00 (1.00 for $6,000, your own figure)" in said
    fall = next(row for row in to_data(got)["moves"] if row["move"] == -0.3)
    assert fall["unhedged_pnl_at_covered_beta_usd"] == pytest.approx(-3000)


def test_a3_a_range_over_the_interval_of_beta_holds_what_is_unknown(book):
    got = report_on(book(UNKNOWN), benchmark="BTC")
    low, high = got.tracked.estimate.interval()
    assert got.tracked.book_beta_low == pytest.approx(low / 11)
    assert got.tracked.book_beta_high == pytest.approx(high)


def test_a3_everything_covered_makes_no_range(book):
    got = report_on("defi_mix.csv")
    assert not got.gap
    assert got.residual.before_usd == got.residual.before_at_covered_beta_usd
    assert got.residual.after_usd == got.residual.after_at_covered_beta_usd
    for row in to_data(got)["moves"]:
        assert row["total_pnl_usd"] == row["total_pnl_at_covered_beta_usd"]
        assert row["unhedged_pnl_usd"] == row["unhedged_pnl_at_covered_beta_usd"]
    worthless = report_on(book("coin,usd_value\nADA,5000\nXYZ,0\n"))
    assert not worthless.gap
    assert worthless.tracked.estimate.y_name == "the book"


def test_an_option_is_not_broken_at_its_hyphens():
    html = Text("Next time say what is on with --as-of-data, or hold.")._repr_html_()
    assert "<span style='white-space:nowrap'>--as-of-data</span>, or hold" in html


def test_a_tile_says_why_its_spread_is_not_that_of_the_sentence():
    report = build_report(
        ReportParameters(portfolio="alice.csv", collateral="stablecoin", benchmark="BTC")
    )
    assert f"{report.month.after[0]:.0f}" != f"{report.month.unexplained_usd:.0f}"
    text = " ".join(repr(section(report, "summary")).split())
    assert "with the BTC exposure that rounding to whole contracts leaves" in text
