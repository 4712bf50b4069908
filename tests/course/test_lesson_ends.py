"""Lesson 05: the pictures, the wallets and the questions say what the formulas say."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hedgelib import (
    ASSUMED_MAINTENANCE_RATE,
    InvalidInput,
    NotEnoughData,
    coin_account,
    market,
    plan_hedge,
    smallest_collateral,
)
from hedgelib.course.questions.ends import QUESTIONS
from hedgelib.course.studies.ends import (
    RALLIES,
    best_rise,
    falls_and_rallies,
    far_is_far,
    price_text,
    rally,
    same_short_at,
    two_wallets,
)
from hedgelib.show import Area, Guess, Line, Points, Text
from tests.showtools import assert_legible

RATE = ASSUMED_MAINTENANCE_RATE


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def texts(scene):
    return [text.text for text in marks(scene, Text)]


def test_price_that_there_is_not():
    assert price_text(math.inf) == "never"
    assert price_text(5223.75) == "$5,224"


# In which direction a short is liquidated


@example(notional=1.0, price=386_995.0, leverage=5.0)
@given(notional=st.floats(1, 1e7), price=st.floats(0.01, 1e6), leverage=st.floats(1.05, 50))
def test_account_runs_dry_in_a_rally_only(notional, price, leverage):
    lines = falls_and_rallies(notional, price, leverage)
    equity, needed = (curve.values for curve in lines.curves)
    assert np.all(np.diff(equity) < 0)
    assert lines.place == pytest.approx((1 - RATE) / (1 - 1 / leverage) - 1)
    # A point that rounding alone tells from the place can be on either side.
    apart = ~np.isclose(lines.x, lines.place, rtol=1e-12)
    assert np.array_equal((equity > needed)[apart], (lines.x < lines.place)[apart])
    assert lines.value("equity") == pytest.approx(
        RATE * notional / price / (1 + lines.place), rel=1e-6
    )
    coins = notional / price / leverage
    at = coin_account(-notional, price, coins, price * (1 + lines.x[0]))[0]
    assert equity[0] == pytest.approx(at)


def test_way_of_the_end_in_words_and_with_a_guess():
    lines = falls_and_rallies(10_000, 3_500, 5)
    assert lines.title == "At 5x a fall fills the account; ETH +24% empties it"
    assert dict(lines.rows())["Ends at"] == "$4,331 (+23.8%)"
    for guess, places in (("a crash", [-0.3]), ("a rally", [lines.place])):
        guessed = falls_and_rallies(10_000, 3_500, 5, guess=guess)
        scene = guessed.scene()
        assert [mark.x for mark in marks(scene, Guess)] == places
        assert scene.alt == f"{lines.scene().alt} Your guess: {guess}."
        assert_legible(scene)
    either = falls_and_rallies(10_000, 3_500, 5, guess="either").scene()
    assert len(marks(either, Guess)) == 2
    assert_legible(either)


def test_the_same_short_at_venues():
    marked, at_entry = same_short_at(["okx:ETH-USD-SWAP", "kraken:PI_ETHUSD"], 15_000, 5_000, 3_500)
    fee = market.contract("okx:ETH-USD-SWAP").taker_fee
    assert marked[1:4] == ("1.0%?", "plus taker fee", "at the mark")
    assert marked[4] == f"${15_000 * (1 - RATE - fee) / (10_000 / 3_500):,.0f}"
    assert at_entry[1:4] == ("1.0%", "", "at the entry")
    assert at_entry[4] == f"${15_000 / (10_000 / 3_500 + 0.01 * 15_000 / 3_500):,.0f}"


# Rallies


def test_real_rallies_are_the_closes_of_the_market():
    for name, span in RALLIES.items():
        closes = rally(name)
        assert closes.name == name
        if span:
            expected = market.prices("ETH", *span)["ETH"]
            pd.testing.assert_series_equal(closes, expected, check_names=False)
            assert closes.max() > 1.9 * closes.iloc[0]
        else:
            assert closes.iloc[0] == 3500
            assert not isinstance(closes.index, pd.DatetimeIndex)


def test_made_up_rally_passes_through_its_corners():
    closes = rally("up 70%, and back", 100)
    assert closes.max() == pytest.approx(170)
    assert closes.iloc[-1] == pytest.approx(100)
    assert closes.diff().abs().max() < 1.01


def test_what_is_no_rally():
    with pytest.raises(InvalidInput, match="name must be one of up 70%, and back"):
        rally("winter")


# Two wallets


def slowly(closes, book, margin, top_up):
    """The same day by day, in plain Python."""
    entry, size = float(closes.iloc[0]), book + margin
    coins, kept, ended, sales = margin / entry, 1.0, None, []
    spot, futures = [], []
    for i, price in enumerate(closes.tolist()):
        open_coins = size / entry - coins
        if ended is None and open_coins > 0 and price >= size * (1 - RATE) / open_coins:
            ended = i
        equity = 0.0
        if ended is None:
            equity = price * (coins + size * (1 / price - 1 / entry))
            if top_up and size / equity > 2 * size / margin:
                sold = min(margin - equity, kept * book * price / entry)
                kept -= sold / (book * price / entry)
                coins += sold / price
                equity += sold
                sales.append((i, sold))
        spot.append(kept * book * price / entry)
        futures.append(equity)
    return spot, futures, ended, sales, kept


@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize("margin", [1_111.0, 5_000.0, 10_000.0, 20_000.0])
@pytest.mark.parametrize("name", RALLIES)
def test_wallets_are_what_day_after_day_gives(name, margin, top_up):
    way = rally(name)
    path = two_wallets(way, 10_000, margin, top_up=top_up)
    spot, futures, ended, sales, kept = slowly(way, 10_000, margin, top_up)
    np.testing.assert_allclose(path.spot_usd, spot, rtol=1e-9)
    np.testing.assert_allclose(path.futures_usd, futures, rtol=1e-9, atol=1e-6)
    assert path.ended == ended
    assert [i for i, _ in path.top_ups] == [i for i, _ in sales]
    assert [x for _, x in path.top_ups] == pytest.approx([x for _, x in sales])
    assert path.kept_share == pytest.approx(kept)


@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize("name", RALLIES)
def test_both_wallets_stay_level_until_the_end(name, top_up):
    path = two_wallets(rally(name), 10_000, 5_000, top_up=top_up)
    alive = slice(0, path.ended)
    np.testing.assert_allclose(path.total_usd[alive], 15_000, rtol=1e-9)
    if path.ended is not None:
        assert np.all(path.futures_usd[path.ended :] == 0)
        assert path.closes.iloc[path.ended] >= path.ended_usd
    else:
        assert math.isinf(path.ended_usd)
        assert path.ending == ""
    if top_up:
        assert path.futures_usd[alive].min() > path.futures_usd[0] / 2 * (1 - 1e-9)


def test_liquidation_is_that_of_the_plan():
    eth = market.contract("binance:ETHUSD_PERP")
    for cap in (2, 3, 5, 10):
        plan = plan_hedge(
            9_000, 1.0, eth, 3500, max_leverage=cap, fee_rate=0, maintenance_rate=RATE
        )
        path = two_wallets(rally("up 70%, and back"), 9_000, plan.collateral_usd)
        assert path.liquidation_usd == pytest.approx(plan.liquidation_price_usd)
        assert path.notional_usd == pytest.approx(plan.notional_usd)
        assert (path.ended is None) == (plan.liquidation_move > 0.7)


def test_selling_does_not_help_against_a_leap():
    leap = pd.Series([100.0, 120.0, 200.0], name="leap")
    path = two_wallets(leap, 10_000, 5_000, top_up=True)
    assert path.ended == 2
    assert path.spot_usd[-1] == pytest.approx(20_000)


@pytest.mark.parametrize("arguments", [(10_000, -1), (10_000, 10)])
def test_no_such_wallets(arguments):
    with pytest.raises(InvalidInput):
        two_wallets(rally("summer of 2022"), *arguments)


def test_summer_of_2022_in_words():
    path = two_wallets(rally("summer of 2022"), 10_000, 5_000)
    rows = dict(path.rows())
    assert rows["The short was"] == "liquidated 18 Jul 2022, at $1,542 (+49%)"
    assert rows["It ends at"] == "$1,542 (+49%)"
    assert rows["Both wallets"] == rows["Spot wallet"] == "$12,407"
    alt = path.scene().alt
    assert "liquidated, 18 Jul 2022, at $1,542 (+49%), and its margin is lost" in alt
    assert "both $12,407, against $15,000 at the start" in alt
    title = path.scene().title
    assert title == "The margin of $5,000 is gone: $15,000 at the start, $12,407 at the end"
    assert "$12,407" in path.scene().table.html()


def test_what_selling_has_cost_is_said():
    path = two_wallets(rally("first half of 2021"), 10_000, 5_000, top_up=True)
    rows = dict(path.rows())
    assert rows["The short was"] == "kept"
    assert rows["Altcoins sold for margin"] == "$17,882, in 6 sales"
    assert rows["Altcoins left, in coins"] == "21%"
    scene = path.scene()
    assert "21% of the coins are left" in scene.alt
    assert "arrows: altcoins sold for margin" in texts(scene)
    (arrows,) = [line for line in marks(scene, Line) if np.isnan(line.x).any()]
    shafts = np.flatnonzero(np.diff(arrows.x) == 0)
    assert arrows.y[shafts] - arrows.y[shafts + 1] == pytest.approx([x for _, x in path.top_ups])
    quiet = two_wallets(rally("summer of 2022"), 10_000, 10_000)
    assert "Altcoins left, in coins" not in dict(quiet.rows())
    assert "what one wallet gains the other loses" in quiet.scene().title


@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize("margin", [500, 5_000, 12_000, 20_000])
@pytest.mark.parametrize("name", RALLIES)
def test_wallets_are_legible(name, margin, top_up):
    assert_legible(two_wallets(rally(name), 10_000, margin, top_up=top_up).scene())


@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize("name", RALLIES)
def test_wallets_are_light_wherever_the_sliders_are(name, top_up):
    way = rally(name)
    for margin in range(500, 20_001, 500):
        scene = two_wallets(way, 10_000, margin, top_up=top_up).scene()
        assert len(scene.to_json().encode()) < 10_000, margin


def test_wallets_lie_on_one_another_until_the_cross():
    path = two_wallets(rally("summer of 2022"), 10_000, 5_000)
    scene = path.scene()
    spot, margin = marks(scene, Area)
    assert (spot.role, margin.role) == ("altcoins", "margin")
    np.testing.assert_allclose(spot.high, path.spot_usd)
    assert margin.high == pytest.approx(15_000)
    np.testing.assert_allclose(margin.low[:-1], path.spot_usd[: path.ended])
    (cross,) = marks(scene, Points)
    assert (cross.x[0], cross.y[0]) == pytest.approx((margin.x[-1], 15_000))
    assert spot.x[path.ended - 1] < margin.x[-1] <= spot.x[path.ended]
    # Where the price of the liquidation is passed on a straight way between two closes.
    price = np.interp(margin.x[-1], spot.x, path.closes)
    assert price == pytest.approx(path.ended_usd)
    assert {"both", "✕ liquidated at $1,542 (+49%)", "futures wallet, until the cross"} <= set(
        texts(scene)
    )
    quiet = two_wallets(rally("summer of 2022"), 10_000, 10_000).scene()
    assert "futures\nwallet" in texts(quiet)
    assert not marks(quiet, Points)


def readable(panel):
    """Return the names that a readout says: those of lines with more than a point."""
    lines = [mark for mark in panel.marks if isinstance(mark, Line)]
    return [line.name for line in lines if line.name and line.x.size > 1]


def test_a_real_rally_has_a_calendar_to_read_off():
    dated = two_wallets(rally("summer of 2022"), 10_000, 5_000).scene().panels[0]
    assert dated.x.unit == "day"
    assert dated.x.ticks[0] == (19185.0, "0%\n12 Jul 2022")
    assert readable(dated) == ["both wallets"]
    # A made-up one has only its moves, and nothing that a readout could call a value of x.
    bare = two_wallets(rally("up 70%, and back"), 10_000, 5_000).scene().panels[0]
    assert [text for _, text in bare.x.ticks] == ["0%", "+35%", "+70%", "+35%", "0%"]
    assert not readable(bare)


def test_guess_is_drawn_where_it_is_reached():
    path = two_wallets(rally("up 70%, and back"), 10_000, 5_000)
    scene = path.scene(1 / 3)
    (guess,) = marks(scene, Guess)
    assert (guess.x, guess.y) == (34, 15_000)
    assert scene.alt.endswith("Your guess was +33%.")
    too_far = path.scene(2.0)
    assert not marks(too_far, Guess)
    never = path.scene(math.inf)
    assert "your guess: never" in texts(never)
    assert never.alt.endswith("Your guess was that it ends at no price.")
    right = path.scene(0.49)
    for drawn in (scene, too_far, never, right):
        assert_legible(drawn)


# How far is far


@given(prices=st.lists(st.floats(0.1, 1e5), min_size=4, max_size=30), days=st.integers(1, 3))
def test_best_rise_is_what_a_loop_finds(prices, days):
    expected = [
        max(prices[i + 1 : i + 1 + days]) / prices[i] - 1 for i in range(len(prices) - days)
    ]
    np.testing.assert_allclose(best_rise(prices, days), expected)


def test_no_such_rise():
    with pytest.raises(NotEnoughData):
        best_rise([1, 2, 3], 3)
    with pytest.raises(InvalidInput):
        best_rise([1, -2, 3], 1)


@pytest.mark.parametrize(("coin", "leverage"), [("ETH", 3.0), ("BTC", 10.0), ("ETH", 1.2)])
def test_shares_are_counted(coin, leverage):
    lines = far_is_far(coin, leverage)
    move = (1 - RATE) / (1 - 1 / leverage) - 1
    assert lines.place == pytest.approx(move)
    closes = market.prices(coin)[coin].to_numpy()
    for days in (7, 30, 90):
        rises = best_rise(closes, days)
        share = np.mean(rises >= lines.place)
        assert lines.value(f"within {days} days") == pytest.approx(share)
    assert lines.x[-1] > move
    for curve in lines.curves:
        assert np.all(np.diff(curve.values) <= 0)


def test_distance_in_words():
    lines = far_is_far("ETH", 3, guess=0.0)
    sigma = np.log1p(market.returns("ETH")["ETH"]).std()
    away = math.log(0.99 * 1.5) / sigma
    rows = dict(lines.rows())
    assert rows["Distance in daily standard deviations"] == f"{away:.1f}"
    assert rows["Rise that liquidates"] == "48.50%"
    assert lines.title == "A 3x short ends at +48%; ETH got there within 30 days 14% of the time"
    assert f"{away:.1f} daily standard deviations away" in lines.scene().alt
    assert lines.scene().alt != far_is_far("ETH", 3).scene().alt


# The questions


def test_a_rally_ends_a_short():
    asked = QUESTIONS["ends.a"].ask()
    assert asked.options[asked.answer.right] == "a rally"
    lines = falls_and_rallies(10_000, 3_500, 5)
    assert lines.place > 0
    assert asked.picture("rally").alt == f"{lines.scene().alt} Your guess: a rally."


def test_the_hedge_ends_on_the_way_up():
    asked = QUESTIONS["ends.b"].ask()
    assert list(asked.options.values()) == ["+33%", "+49%", "at no price"]
    path = two_wallets(rally("up 70%, and back"), 10_000, 5_000)
    assert f"({asked.options[asked.answer.right]})" in path.ending
    assert asked.picture("spot_wallet_counted").alt.endswith("that it ends at no price.")


def test_a_month_in_seven_or_so_ends_a_short_at_3x():
    asked = QUESTIONS["ends.c"].ask()
    assert asked.options[asked.answer.right] == "14% of them"
    assert "8.5 daily sigma" in asked.part("ask")
    shares = list(asked.answer.guesses.values())
    assert shares == sorted(set(shares))
    assert far_is_far("ETH", 3).value("within 30 days") in shares


@pytest.mark.parametrize("name", ["ends.a", "ends.b", "ends.c"])
def test_every_guess_is_in_a_legible_picture(name):
    asked = QUESTIONS[name].ask()
    for option in asked.options:
        assert_legible(asked.picture(option))
    assert len({asked.picture(option).alt for option in asked.options}) == len(asked.options)


SIGMA = {
    coin: np.diff(np.log(market.prices(coin)[coin].to_numpy())).std(ddof=1)
    for coin in ("BTC", "ETH")
}


def share_of_days(coin, rise, days):
    closes = market.prices(coin)[coin].to_numpy()
    starts = range(len(closes) - days)
    return np.mean([max(closes[i + 1 : i + 1 + days]) / closes[i] - 1 >= rise for i in starts])


def by_hand() -> dict[str, float]:
    """The answers from the numbers in the questions."""
    beta, book, price, rate = Fraction(6, 5), 32_000, 40_000, Fraction(1, 200)
    margin = beta * book / 3
    size = beta * book + margin
    ends = size * (1 - rate) / (size / price - margin / price)
    loss = size * (Fraction(1, price) - Fraction(25, 28 * price))
    return {
        "ends.1": float(ends),
        "ends.2": float(loss / (margin / price)) * 100,
        "ends.3": 10_000 / 2 - 2_000,
        "ends.4": 2 - 0.6 - 0.1,
        "ends.5": math.log(ends / price) / SIGMA["BTC"],
        "ends.6": share_of_days("BTC", 0.98, 90),
        "ends.7": -900,
    }


SLIPS = {
    "ends.1": {
        "bankruptcy_for_liquidation": 160_000 / 3, "long_liquidation": 32_160,
        "entry_maintenance": 40_000 / 0.755, "linear_liquidation": 50_000 / 1.005,
        "linear_bankruptcy": 50_000, "maintenance_wrong_side": 53_600,
    },
    "ends.2": {
        "pnl_is_straight": 48, "dollars_for_coins": 36, "fall_for_rise": 48 / 0.88,
        "percent_for_decimal": 0.48 / 1.12, "leverage_left_out": 12,
        "share_of_position": 12 / 1.12, "what_is_left": 100 - 48 / 1.12,
    },
    "ends.3": {
        "margin_out_of_book": 2_000, "stablecoin_margin": 10_000 / 3 - 2_000,
        "value_for_change": 5_000, "leverage_left_out": 8_000,
    },
    "ends.4": {
        "spot_wallet_counted": 2.1, "all_wealth_counted": 2.8, "other_position_left_out": 2,
        "loss_counted_as_gain": 2.5, "maintenance_left_out": 1.4,
        "maintenance_added": 1.5, "loss_not_counted": 1.9,
    },
    "ends.5": {
        "simple_for_log": (0.995 / 0.75 - 1) / SIGMA["BTC"],
        "other_horizon": math.log(0.995 / 0.75) / SIGMA["BTC"] / math.sqrt(30),
        "other_volatility": math.log(0.995 / 0.75) / SIGMA["ETH"],
        "log_base_10": math.log10(0.995 / 0.75) / SIGMA["BTC"],
        "share_of_new_price": (1 - 0.75 / 0.995) / SIGMA["BTC"],
        "one_over_leverage": 0.25 / SIGMA["BTC"],
        "not_in_deviations": math.log(0.995 / 0.75),
    },
    "ends.6": {
        "other_horizon": share_of_days("BTC", 0.98, 30),
        "other_coin": share_of_days("ETH", 0.98, 90),
        "what_is_left": 1 - share_of_days("BTC", 0.98, 90),
        "one_over_leverage": share_of_days("BTC", 0.5, 90),
    },
    "ends.7": {"hedged_so_nothing": 0, "sign_turned": 900, "value_for_change": 5_100},
}  # fmt: skip


def test_answers_and_wrong_ones():
    asked = {name: QUESTIONS[name].ask() for name in SLIPS}
    assert {name: one.answer.right for name, one in asked.items()} == pytest.approx(by_hand())
    for name, one in asked.items():
        assert one.answer.slips == pytest.approx(SLIPS[name]), name


@pytest.mark.parametrize("seed", [None, *range(10)])
def test_new_money_for_a_top_up_makes_a_whole_hedge_again(seed):
    question = QUESTIONS["ends.3"]
    asked = question.ask() if seed is None else question.again(seed)
    book, rise = asked.numbers["book"], asked.numbers["rise"]
    eth = market.contract("binance:ETHUSD_PERP")
    plan = plan_hedge(book, 1.0, eth, 3_500, max_leverage=3, fee_rate=0)
    price = 3_500 * (1 + rise)
    _, equity, _ = coin_account(plan.contracts, 3_500, plan.wallet_coin, price, 10)
    again = plan_hedge(book * (1 + rise), 1.0, eth, price, max_leverage=3, fee_rate=0)
    assert asked.answer.right == pytest.approx(again.collateral_usd - equity, abs=20)


def test_code_that_fills_the_gaps_is_right():
    names = {"smallest_collateral": smallest_collateral, "best_rise": best_rise, "now": 10_000,
             "equity": 2_000, "closes": market.prices("BTC")["BTC"].to_numpy(),
             "limit": (1 - RATE) / (1 - 1 / 2) - 1}  # fmt: skip
    for name, start in (("ends.3", "bring"), ("ends.6", "share")):
        asked = QUESTIONS[name].ask()
        (code,) = re.findall(f"`{start} = (.+?)`", asked.part("solution"))
        assert asked.judge(eval(code, names)).outcome == "right"  # as a reader would run it
