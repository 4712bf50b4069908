"""What a practitioner reads on page one and two of a report, true for books that are unlike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hedgelib import market
from hedgelib._text import usd
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.blocks import Table
from hedgelib.report.registry import section, sections
from hedgelib.report.sources import LARGE_USD, large_usd
from hedgelib.report.summary import in_words, warnings


def words(part) -> str:
    return " ".join(str(part).split())


def on(path, **parameters):
    return build_report(ReportParameters(portfolio=str(path), **parameters))


@pytest.fixture
def book(tmp_path):
    def write(rows: str) -> Path:
        path = tmp_path / "book.csv"
        path.write_text(f"coin,usd_value\n{rows}\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def eth_alone(book):
    return book("ETH,100000")


def test_the_spread_belongs_to_the_hedged_result_of_a_fall_and_of_a_rise():
    text = words(section(on("layer1.csv"), "summary"))
    assert (
        "if it rises by 30%, you would end about where you began, give or take as much, and" in text
    )
    assert "would gain $17,684, give" not in text


@pytest.mark.parametrize("cap", [1.5, 2.0, 5.0])
def test_d_a_distance_is_counted_in_real_rallies_and_in_no_standard_deviations(cap):
    report = on("layer1.csv", max_leverage=cap)
    text = " ".join(
        [words(section(report, one.name)) for one in sections()] + list(in_words(report))
    )
    assert "starting days" in words(section(report, "margin"))
    assert not re.search(r"(standard deviations?|sigmas?|σ) (away|from|of distance)", text)
    assert "daily standard deviation" not in text


def test_a_book_of_the_hedge_coin_has_no_residual_of_nothing(eth_alone):
    text = words(section(on(eth_alone), "summary"))
    assert "Residual volatility" not in text
    assert "The premium of the contract" in text
    assert "When it widens by 1%, the short loses about $2,000" in text


def test_a_rally_that_ends_nothing_is_not_listed_as_what_goes_wrong(eth_alone):
    got = on(eth_alone, max_leverage=1, collateral="from_portfolio")
    text = words(section(got, "summary"))
    assert "A rally." not in text
    assert "No price liquidates the short, however far a rally goes." in text


def test_reasons_in_the_table_of_margin_are_short(eth_alone):
    got = on(eth_alone, max_leverage=1, collateral="from_portfolio")
    assert got.sources[0].why_not == "no amount of ETH meets a leverage cap of 1x"


def test_what_is_in_the_book_is_offered_as_margin_on_page_one(eth_alone, book):
    said = "You need no new money for it: the book holds $100,000 of ETH"
    assert said in words(section(on(eth_alone), "summary"))
    used = on(eth_alone, collateral="from_portfolio")
    assert "no new money" not in words(section(used, "summary"))
    cash = on(book("USDT,90000\nADA,6000\nLINK,4000"))
    assert "the book holds $90,000 of cash (collateral from_portfolio" in words(
        section(cash, "summary")
    )
    # What is held is not enough for the margin of this plan.
    assert "no new money" not in words(section(on("layer1.csv"), "summary"))


def test_the_coins_that_are_not_hedged_are_named_by_size(book):
    rows = "\n".join(f"TOK{i},{100 * i}" for i in range(1, 9))
    text = warnings(on(book(f"ADA,5000\n{rows}")))[1]
    assert text.startswith("Not hedged: TOK8, TOK7, TOK6, TOK5, TOK4 and 3 others, $3,600")


def test_a_hedge_that_adds_variance_is_not_said_to_remove_none(book):
    got = on(book("ADA,2000\nKAS,9000"), target_beta=-0.4)
    assert min(got.residual.removed) < -0.005
    (weak,) = (text for text in warnings(got) if text.startswith("A weak hedge"))
    assert re.search(r"removes an estimated −\d", weak)


def test_half_a_hedge_is_not_credited_with_what_a_whole_one_removed():
    (weak,) = (t for t in warnings(on("layer1.csv", hedge_ratio=0.5)) if "weak" in t)
    assert "out of sample, a whole hedge with ETH removed 30%" in weak
    assert "a whole hedge" not in " ".join(warnings(on("layer1.csv")))


def test_a_tie_keeps_the_coin_of_the_position_that_is_on():
    assert on("layer1.csv").hedge_coin == "ETH"
    got = on("layer1.csv", position="binance:BTCUSD_PERP:-400@40000", wallet=1.0)
    assert got.hedge_coin == "BTC"
    assert got.reason.endswith("Your position is in BTC, which settles it.")
    both = "binance:BTCUSD_PERP:-10@40000 binance:ETHUSD_PERP:-400@2200"
    assert on("layer1.csv", position=both).hedge_coin == "ETH", "positions in both settle nothing"


def test_what_is_on_is_said_of_the_hedge_coin_alone():
    got = on("layer1.csv", benchmark="ETH", position="binance:BTCUSD_PERP:-400@40000", wallet=1.0)
    text = words(section(got, "summary"))
    # The wallet in ETH is empty, so its margin comes first.
    assert "The short in ETH is $0 and should be $117,890: transfer 25." in text
    assert " ETH ($59,005) to Binance COIN-M; sell 11,789 ETHUSD_PERP" in text
    said = words(section(got, "trade"))
    assert "The ETH wallet at Binance COIN-M is taken to be empty" in said
    assert "an unwound position leaves of BTC at Binance COIN-M stays there and is not" in said


def test_a_dated_contract_pays_no_funding_in_the_past_either():
    got = on("layer1.csv", contract="binance:BTCUSD_240329")
    for one in got.past.episodes:
        assert one.planned.funding_usd == one.planned.mean_funding_usd == 0.0
    text = words(section(got, "past"))
    assert "Funding" not in text
    assert "A dated contract pays no funding; its premium is left out." in text


def test_half_of_a_half_hedge_is_not_called_half_hedged():
    got = on("layer1.csv", hedge_ratio=0.5)
    (table,) = (b for b in section(got, "past").blocks if isinstance(b, Table))
    assert tuple(table.head[3:5]) == ("As planned", "Half the plan")
    assert "half hedged" not in words(section(got, "past")).lower()


def test_a_horizon_of_a_month_has_one_column_and_blocks_of_returns():
    got = on("layer1.csv", horizon_days=30, window_days=1400)
    (table,) = (b for b in section(got, "uncovered").blocks if isinstance(b, Table))
    assert tuple(table.head) == ("One standard deviation of", "In 30 days")
    assert table.rows[0][1] == usd(got.month.before_usd)
    assert "bootstrap of blocks of 10 returns" in words(section(got, "tracking"))
    summary = words(section(got, "summary"))
    assert "measured over the 1,170 days" in summary
    assert "when ETH moves by 10%, the book moves by about 11.2%" in summary


def test_the_budget_is_answered_on_page_one():
    text = words(section(on("layer1.csv", budget_usd=10_000.0), "summary"))
    assert (
        "Your $10,000 of margin carries a short of $19,980 within a leverage of 2, which leaves a "
        "beta of 0.78; the whole hedge on it is at a leverage of 6.9, liquidated at $2,640.52 "
        "(+16%)."
    ) in text
    text = words(section(on("layer1.csv", budget_usd=100_000.0), "summary"))
    assert "Your $100,000 of margin carries the whole hedge, at a leverage of 1.6." in text
    assert "Your $" not in words(section(on("layer1.csv"), "summary"))


def test_funding_of_the_last_year_is_next_to_that_of_all_years():
    text = words(section(on("layer1.csv"), "summary"))
    assert "(a proxy) the short would receive about $1,793 in 30 days, at that of the last" in text
    assert "of the last 12 months about $800." in text


def test_the_spread_of_all_years_is_next_to_that_of_the_last():
    got = on("layer1.csv")
    text = words(section(got, "summary"))
    assert "for the book. Measured since 2022-01; over all months since" in text
    assert f"since 2020-09 it was {usd(got.month.ever_usd)}." in text


def test_a_linear_contract_has_reasons_of_its_own(book):
    got = on(book("BTC,100000"), contract="binance:BTCUSDT", collateral="stablecoin")
    assert got.sources[-1].why_not == got.sources[0].why_not != ""
    text = words(section(got, "summary"))
    assert "unified" not in text
    assert "the venue failing, which takes the margin and the open profit; the peg" in text


def test_a_first_tier_of_a_few_dollars_is_no_large_short():
    contract = market.contract("binance:BTCUSDT")
    assert large_usd(contract, 42_000.0) == LARGE_USD
    got = on("layer1.csv", contract="binance:BTCUSDT", collateral="stablecoin")
    assert not [text for text in warnings(got) if text.startswith("A large short")]


def test_the_cost_of_buying_and_selling_for_the_margin_is_not_passed_over(eth_alone):
    said = "What buying or selling coins for the margin costs is not counted."
    assert said in words(section(on("layer1.csv"), "cost"))
    held = on(eth_alone, collateral="from_portfolio")
    assert said not in words(section(held, "cost"))


def test_the_margin_section_says_how_far():
    text = words(section(on("layer1.csv"), "margin"))
    assert "ETH rose by 98% or more within 30 days from 19 of 1,431 starting days" in text


def test_margin_calls_of_a_high_leverage_are_said_at_their_level():
    text = words(section(on("layer1.csv", max_leverage=10), "past"))
    assert "Margin is called when a close leaves less than 9% of the short" in text
    assert "leaves less than 15% of the short" in words(section(on("layer1.csv"), "past"))


def test_nothing_is_estimated_of_a_book_that_is_the_hedge_coin(eth_alone):
    text = words(section(on(eth_alone), "tracking"))
    assert "The book is ETH itself, so its beta to ETH is 1 by definition." in text
    assert "Beta is an estimate" not in text
    assert "How many contracts" not in text
    assert "Beta is an estimate" in words(section(on(eth_alone, benchmark="BTC"), "tracking"))


def test_alarms_are_explained_only_where_they_are_in_the_table(eth_alone):
    text = words(section(on(eth_alone, max_leverage=1, collateral="from_portfolio"), "alerts"))
    assert "For funding it is what 30 days at that rate cost." in text
    for absent in ("At each distance", "At the leverage", "For a beta"):
        assert absent not in text
    text = words(section(on("layer1.csv"), "alerts"))
    assert "At each distance the top-up brings today's distance back." in text
    assert "For a beta it is the margin that the larger short needs" in text


def test_a_target_below_zero_has_a_minus_sign():
    text = words(section(on("layer1.csv", target_beta=-0.2), "summary"))
    assert "To bring the beta of the book to −0.2" in text
