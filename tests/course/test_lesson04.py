"""Lesson 04: the pictures, the wallets and the exercises say what the formulas say."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import (
    ASSUMED_MAINTENANCE_RATE,
    InvalidInput,
    NotEnoughData,
    coin_account,
    market,
    plan_hedge,
)
from hedgelib.course.exercises import exercise
from hedgelib.course.exercises import lesson04 as wrong
from hedgelib.course.exercises.lesson04 import BUILD, EXERCISES
from hedgelib.course.guesses import number_in
from hedgelib.course.studies.lesson04 import (
    NEVER,
    RALLIES,
    Rally,
    best_rise,
    falls_and_rallies,
    far_is_far,
    predict_end,
    predict_margin,
    predict_market,
    predict_share,
    predict_worth,
    price_text,
    rally,
    same_short_at,
    synthetic_dollar,
    two_wallets,
)
from hedgelib.show import Area, Guess, Line, Points, Text

RATE = ASSUMED_MAINTENANCE_RATE


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def texts(scene):
    return [text.text for text in marks(scene, Text)]


def test_price_that_there_is_not():
    assert price_text(math.inf) == "never"
    assert price_text(5223.75) == "$5,224"


# The synthetic dollar


@given(
    notional=st.floats(1, 1e7),
    price=st.floats(0.01, 1e6),
    move=st.floats(-0.95, 5),
)
def test_secured_short_is_level(notional, price, move):
    lines = synthetic_dollar(notional, price, move)
    margin, short, account = (curve.values for curve in lines.curves)
    np.testing.assert_allclose(account, notional, rtol=1e-9)
    np.testing.assert_allclose(margin + short, account, rtol=1e-9)
    assert lines.value("account") == pytest.approx(notional, rel=1e-9)
    assert lines.value("ETH margin") == pytest.approx(notional * (1 + move), rel=1e-9)


def test_synthetic_dollar_in_words():
    lines = synthetic_dollar(10_000, 3_500, 1.0, guess=20_000)
    assert lines.title == "ETH +100%: margin $20,000, short −$10,000, account $10,000"
    scene = lines.scene()
    assert scene.alt.endswith("a flat line. Your guess was $20,000.")
    assert {"account", "short", "ETH margin"} <= set(texts(scene))
    (guess,) = marks(scene, Guess)
    assert (guess.x, guess.y) == (1.0, 20_000)
    for guess_usd in (None, 0, 10_000, 20_000):
        assert_legible(synthetic_dollar(10_000, 3_500, 1.0, guess=guess_usd).scene())


@pytest.mark.parametrize(
    "arguments", [(0, 3500, 0.1), (10_000, 0, 0.1), (10_000, 3500, -1), (math.nan, 3500, 0.1)]
)
def test_no_such_synthetic_dollar(arguments):
    with pytest.raises(InvalidInput):
        synthetic_dollar(*arguments)


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
    with pytest.raises(InvalidInput, match="guess must be one of a crash, a rally, either"):
        falls_and_rallies(10_000, 3_500, 5, guess="never")


@pytest.mark.parametrize("leverage", [1, 0.5, -3, math.nan, math.inf])
def test_no_move_ends_a_short_at_1x(leverage):
    with pytest.raises(InvalidInput, match="leverage"):
        falls_and_rallies(10_000, 3_500, leverage)


def test_the_same_short_at_venues():
    marked, at_entry = same_short_at(["okx:ETH-USD-SWAP", "kraken:PI_ETHUSD"], 15_000, 5_000, 3_500)
    fee = market.contract("okx:ETH-USD-SWAP").taker_fee
    assert marked[1:4] == ("1.0%?", "plus taker fee", "at the mark")
    assert marked[4] == f"${15_000 * (1 - RATE - fee) / (10_000 / 3_500):,.0f}"
    assert at_entry[1:4] == ("1.0%", "", "at the entry")
    assert at_entry[4] == f"${15_000 / (10_000 / 3_500 + 0.01 * 15_000 / 3_500):,.0f}"


# Rallies


def test_real_rallies_are_the_closes_of_the_market():
    for name, (first, *rest) in RALLIES.items():
        way = rally(name)
        if isinstance(first, str):
            closes = market.prices("ETH", first, rest[-1])["ETH"]
            assert way.price_usd.tolist() == closes.tolist()
            assert len(way.dates) == len(closes)
            assert way.move.max() > 0.9
            assert way.dates == tuple(day.date() for day in closes.index)
        else:
            assert way.price_usd[0] == 3500
            assert way.dates == ()
        assert way.move[0] == 0


def test_made_up_rally_passes_through_its_corners():
    way = rally("up 70%, and back", 100)
    assert way.price_usd.max() == pytest.approx(170)
    assert way.price_usd[-1] == pytest.approx(100)
    assert np.abs(np.diff(way.move)).max() < 0.0101


def test_what_is_no_rally():
    with pytest.raises(InvalidInput, match="name must be one of up 70%, and back"):
        rally("winter")
    with pytest.raises(InvalidInput, match="price_usd must be > 0"):
        rally("up 70%, and back", -1)
    with pytest.raises(NotEnoughData):
        Rally(name="short", coin="ETH", price_usd=[1.0])
    with pytest.raises(InvalidInput, match="dates has 1 values and price_usd 2"):
        Rally(name="x", coin="ETH", price_usd=[1.0, 2.0], dates=("today",))


# Two wallets


def slowly(way, book, margin, top_up):
    """The same day by day, in plain Python."""
    entry, size = float(way.price_usd[0]), book + margin
    coins, kept, ended, sales = margin / entry, 1.0, None, []
    spot, futures = [], []
    for i, price in enumerate(way.price_usd.tolist()):
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
        assert np.all(np.isinf(path.leverage[path.ended :]))
        assert path.rally.price_usd[path.ended] >= path.ended_usd
    else:
        assert math.isinf(path.ended_usd)
        assert path.ending == ""
    if top_up:
        assert path.leverage[alive].max() < 2 * path.leverage[0] * (1 + 1e-9)


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
    leap = Rally(name="leap", coin="ETH", price_usd=[100.0, 120.0, 200.0])
    path = two_wallets(leap, 10_000, 5_000, top_up=True)
    assert path.ended == 2
    assert path.spot_usd[-1] == pytest.approx(20_000)


@pytest.mark.parametrize("arguments", [(0, 5_000), (10_000, 0), (10_000, -1), (10_000, 10)])
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
    assert title in repr(path)
    assert "$12,407" in path._repr_html_()


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
    assert "what one wallet gains the other loses" in repr(quiet)


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
    assert (float(cross.x[0]), float(cross.y[0])) == (margin.x[-1], 15_000)
    assert spot.x[path.ended - 1] < margin.x[-1] <= spot.x[path.ended]
    # Where the price of the liquidation is passed on a straight way between two closes.
    price = np.interp(margin.x[-1], spot.x, path.rally.price_usd)
    assert price == pytest.approx(path.ended_usd)
    assert {"both", "✕ liquidated at $1,542 (+49%)", "futures wallet, until the cross"} <= set(
        texts(scene)
    )
    quiet = two_wallets(rally("summer of 2022"), 10_000, 10_000).scene()
    assert "futures\nwallet" in texts(quiet)
    assert not marks(quiet, Points)


def test_a_real_rally_has_a_calendar_to_read_off():
    dated = two_wallets(rally("summer of 2022"), 10_000, 5_000).scene().panels[0]
    assert dated.x.unit == "day"
    assert dated.x.ticks[0] == (19185.0, "0%\n12 Jul 2022")
    assert [line.name for line in dated.marks if isinstance(line, Line) and line.name] == [
        "both wallets"
    ]
    # A made-up one has only its moves, and nothing that a readout could call a value of x.
    bare = two_wallets(rally("up 70%, and back"), 10_000, 5_000).scene().panels[0]
    assert [text for _, text in bare.x.ticks] == ["0%", "+35%", "+70%", "+35%", "0%"]
    assert not [line for line in bare.marks if isinstance(line, Line) and line.name]


def test_guess_is_drawn_where_it_is_reached():
    way = rally("up 70%, and back")
    scene = two_wallets(way, 10_000, 5_000, guess=1 / 3).scene()
    (guess,) = marks(scene, Guess)
    assert (guess.x, guess.y) == (34, 15_000)
    assert scene.alt.endswith("Your guess was +33%.")
    too_far = two_wallets(way, 10_000, 5_000, guess=2.0).scene()
    assert not marks(too_far, Guess)
    never = two_wallets(way, 10_000, 5_000, guess=math.inf).scene()
    assert "your guess: never" in texts(never)
    assert never.alt.endswith("Your guess was that it ends at no price.")
    right = two_wallets(way, 10_000, 5_000, guess=0.49).scene()
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
    for days in (0, -1, 1.5, True):
        with pytest.raises(InvalidInput, match="days must be a whole number >= 1"):
            best_rise([1, 2, 3], days)
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


@pytest.mark.parametrize("leverage", [1, 0.5, -3, math.nan, math.inf])
def test_no_rise_ends_a_short_at_1x(leverage):
    with pytest.raises(InvalidInput, match="leverage"):
        far_is_far("ETH", leverage)


# The guesses


def test_answers_are_those_of_the_pictures():
    worth = predict_worth(12_000)
    account = synthetic_dollar(12_000, 3_500, 1.0).value("account")
    assert number_in(worth.answer) == pytest.approx(account)
    assert [number_in(option) for option in worth.options] == [0, 12_000, 24_000]

    way = rally("up 70%, and back")
    path = two_wallets(way, 10_000, 5_000)
    end = predict_end(way, path.liquidation_usd / way.price_usd[0] - 1)
    assert f"({end.answer})" in path.ending
    assert "ETH rises 70%" in end.question
    assert NEVER in end.options

    far = far_is_far("ETH", 3)
    share = predict_share(far)
    shares = [number_in(option) for option in share.options]
    assert number_in(share.answer) == pytest.approx(far.value("within 30 days"), abs=0.005)
    assert shares == sorted(set(shares))


def test_every_market_that_can_be_chosen_can_be_drawn():
    market_ = predict_market()
    assert market_.answer == "a rally"
    for option in market_.options:
        assert marks(falls_and_rallies(10_000, 3_500, 5, guess=option).scene(), Guess)


def test_no_amount_makes_the_leverage_one():
    margin = predict_margin(10_000)
    amounts = [number_in(option) for option in margin.options if option != margin.answer]
    assert amounts == [10_000, 20_000]
    assert all(1 + 10_000 / amount > 1.4 for amount in amounts)


# The exercises


def by_hand() -> dict[str, float]:
    """The answers in exact fractions, from the numbers in the questions."""
    beta, book, price, rate = Fraction(6, 5), 32_000, 40_000, Fraction(1, 200)
    margin = beta * book / 3
    size = beta * book + margin
    ends = size * (1 - rate) / (size / price - margin / price)
    taken = beta / (beta + 2) * book
    sigma = np.diff(np.log(market.prices("BTC")["BTC"].to_numpy())).std(ddof=1)
    return {
        "04.1": 20_000 / 50_000,
        "04.2": float(beta * book + 20_000),
        "04.3": float(margin),
        "04.4": float(ends),
        "04.5": float(size * (Fraction(1, price) - Fraction(25, 28 * price)) / (margin / price))
        * 100,
        "04.6": 2 - 0.6 - 0.1,
        "04.7": math.log(ends / price) / sigma,
        "04.8": float((beta * (book - taken) + taken) / 100),
    }


def test_every_exercise_is_worked_out():
    assert set(by_hand()) == set(EXERCISES)
    assert 4 <= len(EXERCISES) <= 8


@pytest.mark.parametrize("name", EXERCISES)
def test_answer(name):
    assert exercise(name).answer == pytest.approx(by_hand()[name], rel=1e-9)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_printed_answer_is_right(name):
    asked = exercise(name)
    assert asked.verdict(float(f"{asked.answer:.6g}")).startswith("✔ **Right.**")


@pytest.mark.parametrize("name", EXERCISES)
def test_slips_are_told_apart(name):
    asked = exercise(name)
    for one, other in itertools.combinations([asked.answer, *asked.slips.values()], 2):
        assert not asked.agrees(one, other)
        assert not asked.agrees(other, one)
    for words, value in asked.slips.items():
        assert asked.verdict(value) == f"**Not yet.** {words}"


@pytest.mark.parametrize("name", EXERCISES)
def test_only_the_solution_gives_the_answer_away(name):
    asked = exercise(name)
    ways = {f"{asked.answer:{form}}" for form in (",.0f", ",.2f", "g", ".1f")} - {"0", "1", "8"}
    for text in (asked.hint, *asked.more_hints, *asked.slips):
        assert not any(way in text for way in ways)
    assert any(way in asked.solution for way in ways)


def test_what_the_last_solution_types_builds_that_hedge():
    assert BUILD in EXERCISES["04.8"].solution
    plan = eval(BUILD, {"plan_hedge": plan_hedge, "market": market})  # as a reader would run it
    assert -plan.contracts == EXERCISES["04.8"].answer
    assert plan.leverage == pytest.approx(3)


# The wrong models: wrong on other numbers too, and right where they say that they are


books, betas = st.floats(100, 1e6), st.floats(0.2, 3)


@given(book=books, beta=betas.filter(lambda b: abs(b - 1) > 0.01), share=st.floats(0.1, 3))
def test_wrong_sizes(book, beta, share):
    margin = share * book
    right = beta * book + margin
    assert wrong.short_without_margin(book, beta, margin) == pytest.approx(right - margin)
    assert wrong.short_without_beta(book, beta, margin) != pytest.approx(right)
    assert wrong.short_with_beta_on_margin(book, beta, margin) != pytest.approx(right)
    assert wrong.short_without_beta(book, 1.0, margin) == book + margin
    assert wrong.short_with_beta_on_margin(book, 1.0, margin) == book + margin


@given(book=books, beta=betas, cap=st.floats(1.5, 20))
def test_wrong_margins(book, beta, cap):
    right = beta * book / (cap - 1)
    assert wrong.margin_without_own_risk(book, beta, cap) < right
    assert wrong.margin_without_beta(book, beta, cap) == pytest.approx(right / beta)
    # As bought with new money, where it comes out of the book.
    out_of_book = beta / (beta + cap - 1) * book
    assert wrong.margin_without_risk_given_up(book, beta, cap) > out_of_book


@given(leverage=st.floats(1.5, 50), rise=st.floats(0.001, 0.5))
def test_wrong_shares(leverage, rise):
    right = leverage * rise / (1 + rise)
    assert wrong.share_lost_of_linear(leverage, rise) == pytest.approx(right * (1 + rise))
    dollars = (1 + rise) * (1 - right)  # what one dollar of margin has become
    assert wrong.share_lost_in_dollars(leverage, rise) == pytest.approx(1 - dollars)


@given(price=st.floats(1, 1e5), move=st.floats(-0.5, 2).filter(lambda m: abs(m) > 0.01))
def test_wrong_accounts(price, move):
    coins, after = 20_000 / price, price * (1 + move)
    right = 20_000 / after
    straight = wrong.account_by_straight_line(20_000, price, coins, after)
    turned = wrong.account_with_sign_turned(20_000, price, coins, after)
    assert straight < right
    assert turned == pytest.approx(2 * coins - right)
    near = wrong.account_by_straight_line(20_000, price, coins, price * (1 + 1e-5))
    assert near == pytest.approx(20_000 / (price * (1 + 1e-5)), rel=1e-9)


def test_wrong_wallet_and_wrong_distance():
    assert wrong.whole_portfolio_coin(1.3, 32_000, 40_000) == pytest.approx(2.1)
    far = wrong.distance_by_simple_return(100, 150, 0.04)
    assert far == pytest.approx(12.5)
    assert far > math.log(1.5) / 0.04
