"""Lesson 07: pictures, guesses and exercises say what plain arithmetic says."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import (
    InvalidInput,
    NotEnoughData,
    diversified_r2,
    hedge_effectiveness,
    market,
    ols_beta,
    read_portfolio,
)
from hedgelib.course.questions import beta, instrument
from hedgelib.course.studies.beta import beta_and_volatility, betas_to, cloud, drift, sized_short
from hedgelib.course.studies.instrument import (
    books_of_coins,
    collapse,
    hedges_by_book,
    horizon_betas,
    judge,
)
from hedgelib.show import Area, Bars, Guess, Line, Points, Text
from hedgelib.show.plot import png
from hedgelib.show.scatter import BetaScatter
from tests.showtools import assert_legible

QUESTIONS = {**beta.QUESTIONS, **instrument.QUESTIONS}
HISTORY = market.returns().drop(columns="LUNA").dropna()
ALICE = read_portfolio(market.data_folder() / "portfolios" / "alice.csv")
BOOK, ETH = (HISTORY[list(ALICE.coins)] @ ALICE.weights).rename("Alice's altcoins"), HISTORY["ETH"]
CANDIDATES = [("ETH",), ("BTC",), ("BTC", "ETH"), ("AVAX",)]


def dots():
    y, x = BOOK.loc["2023"], ETH.loc["2023"]
    return BetaScatter(y=y, x=x, fit=ols_beta(y, x, y_name="Alice's altcoins", x_name="ETH"))


def size(short=1.0, name="BTC in 2022"):
    year = HISTORY.loc["2022"]
    return sized_short(year["BTC"], year["ETH"], short, book_usd=50_000, name=name)


def coins_of_2021():
    return betas_to("ETH", HISTORY.loc["2021"])


def drift_of(book=BOOK, coin="ETH", window=90):
    return drift(book, HISTORY[coin], window)


def rows(scene):
    return dict(scene.table.rows)


@functools.cache
def candidates():
    others = HISTORY[["ADA", "MATIC", "ALGO"]] @ (np.array([15, 12, 8]) / 35)
    return (
        judge(BOOK, HISTORY, CANDIDATES, "Alice's altcoins"),
        judge(others, HISTORY, CANDIDATES, "the same without AVAX"),
    )


def luna(beta=1.1):
    prices = market.prices(["LUNA", "ETH"], start="2022-05-06", end="2022-05-12")
    return collapse(prices, book_usd=10_000, beta=beta)


def many():
    coins = ["BNB", "ADA", "XRP", "DOGE", "LINK", "MATIC", "ALGO", "AVAX"]
    year = HISTORY.loc["2023"]
    return books_of_coins(year[coins], year["ETH"], period="2023")


@functools.cache
def asked(name):
    """Ask a guess with the numbers of the lesson."""
    given = {
        "beta.a": lambda: {"dots": dots()},
        "beta.b": lambda: {"fits": coins_of_2021()},
        "beta.c": lambda: {"twice": size(2 * size().fit.beta)},
        "beta.d": lambda: {"found": drift_of()},
        "instrument.a": lambda: dict(zip(("whole", "without"), candidates(), strict=True)),
        "instrument.b": lambda: {"end": luna(), "r2": 0.37},
        "instrument.c": lambda: {"books": many()},
    }
    return QUESTIONS[name].ask(**given[name]())


GUESSES = [name for name in QUESTIONS if "options" in QUESTIONS[name].text]
DRAWN = {
    **{name: lambda name=name: asked(name).picture() for name in GUESSES},
    **{
        f"{name}, guess {option}": lambda name=name, option=option: asked(name).picture(option)
        for name in GUESSES
        for option in QUESTIONS[name].text["options"]
    },
    "size and guess": lambda: size().scene(0.4),
    "size, none": lambda: size(0).scene(),
    "size, far too large": lambda: size(2.9).scene(),
    "size, beyond the axis": lambda: size(4).scene(),
    "drift, short window": lambda: drift_of(HISTORY["DOGE"], window=20).scene(),
    "drift, long window": lambda: drift_of(coin="BTC", window=365).scene(),
    "one book": lambda: hedges_by_book([candidates()[0]]),
}
drawn = pytest.mark.parametrize("name", DRAWN)
BOOKS = {
    "Alice's altcoins in 2023": (BOOK, "2023"),
    "BTC in 2022": (HISTORY["BTC"], "2022"),
    "Alice's altcoins in 2021": (BOOK, "2021"),
    "DOGE in 2021": (HISTORY["DOGE"], "2021"),
}


def marks(scene, kind):
    return [mark for mark in scene.panels[0].marks if isinstance(mark, kind)]


def words(scene):
    return [text.text for text in marks(scene, Text)]


# Every picture


@pytest.mark.parametrize("name", [name for name in DRAWN if "guess" not in name])
def test_picture_is_the_same_each_time(name):
    assert png(DRAWN[name]()) == png(DRAWN[name]())


@drawn
def test_nothing_is_cut_off_and_no_words_overlap(name):
    scene = DRAWN[name]()
    assert_legible(scene)
    assert scene.title.count("\n") <= 1
    assert scene.table.rows
    assert scene.to_json()


@drawn
def test_guess_is_drawn_and_told(name):
    scene = DRAWN[name]()
    drawn_words = words(scene) + ["your guess"] * len(marks(scene, Guess))
    guessed = any(text.startswith("your guess") for text in drawn_words)
    assert guessed == ("guess" in name)
    assert ("our guess" in scene.alt) == guessed


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("short", [0, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_every_size_that_can_be_tried_is_legible_and_light(name, short):
    y, year = BOOKS[name]
    found = sized_short(y.loc[year], ETH.loc[year], short, book_usd=50_000, name=name)
    assert_legible(found.scene())
    assert len(found.scene().to_json().encode()) < 10_000


@pytest.mark.parametrize("name", ["Alice's altcoins", "BNB", "DOGE", "LINK"])
@pytest.mark.parametrize("coin", ["ETH", "BTC"])
@pytest.mark.parametrize("window", [20, 90, 365])
def test_every_window_that_can_be_tried_is_legible_and_light(name, coin, window):
    y = HISTORY.get(name, BOOK)
    found = drift(y, HISTORY[coin], window)
    assert_legible(found.scene())
    assert len(found.scene().to_json().encode()) < 10_000


# The cloud


@pytest.mark.parametrize("guess", [0.0, 0.27, 0.95, 1.0])
def test_cloud_of_a_guess_is_what_it_would_leave(guess):
    scene = cloud(dots(), guess)
    y, x = BOOK.loc["2023"].to_numpy(), ETH.loc["2023"].to_numpy()
    half = 2 * y.std() * (1 - guess) ** 0.5
    lower, upper = (m for m in marks(scene, Line) if m.dash == "dashed")
    assert (upper.y - lower.y).tolist() == pytest.approx([2 * half] * 2)
    slope = np.cov(y, x)[0, 1] / np.var(x, ddof=1)
    away = np.abs(y - y.mean() - slope * (x - x.mean()))
    assert f"and {np.mean(away > half):.0%} of them do not" in scene.alt


def test_true_cloud_holds_nearly_all():
    assert "and 6% of them do not" in cloud(dots(), dots().fit.r2).alt
    assert "and 33% of them do not" in cloud(dots(), 0.95).alt
    assert "guess" not in cloud(dots()).alt


# Beta of coins


def test_coin_betas_are_covariance_over_variance():
    fits, year = coins_of_2021(), HISTORY.loc["2021"]
    x = year["ETH"].to_numpy()
    for fit in fits:
        y = year[fit.y_name].to_numpy()
        assert fit.beta == pytest.approx(np.cov(y, x)[0, 1] / np.var(x, ddof=1))
    assert {fit.y_name for fit in fits} == set(HISTORY) - {"ETH"}
    scene = beta_and_volatility(fits, "2021")
    (between, squares), (dots_,) = marks(scene, Bars), marks(scene, Points)
    wild = [year[fit.y_name].std() / year["ETH"].std() for fit in fits]
    assert wild == sorted(wild, reverse=True)
    assert between.end == pytest.approx(wild)
    assert between.start.tolist() == dots_.x.tolist()
    assert (squares.start + squares.end) / 2 == pytest.approx(wild)
    assert dots_.x == pytest.approx([fit.beta for fit in fits])
    assert np.all(np.abs(dots_.x) <= between.end)


def test_coin_betas_words():
    scene = beta_and_volatility(coins_of_2021(), "2021", guess=2.4)
    assert scene.table.rows[0] == ("DOGE", "3.94", "0.23", "0.90")
    assert "DOGE volatility 3.94, beta 0.90, correlation 0.23" in scene.alt
    assert scene.alt.endswith("Your guess was 2.4.")
    assert scene.title == "DOGE, 2021: 3.9 times as volatile as ETH, beta 0.90"


# Sizes


def test_size_is_the_formula_and_the_data():
    year = HISTORY.loc["2022"]
    for short in (0, 0.3, 0.66, 1.0, 1.5, 3.0):
        found = size(short)
        left = np.var(year["BTC"] - short * year["ETH"]) / np.var(year["BTC"])
        assert found.removed == pytest.approx(1 - left)
        assert found.hedged_volatility_usd == pytest.approx(found.volatility_usd * left**0.5)
    week = 50_000 * year["BTC"].std() * 7**0.5
    assert size().volatility_usd == pytest.approx(week)


@given(st.floats(0, 1.3))
def test_over_is_as_bad_as_under(short):
    best = size().fit.beta
    mirrored = 2 * best - short
    if mirrored >= 0:
        assert size(short).removed == pytest.approx(size(mirrored).removed, abs=1e-12)


def test_size_words():
    found = size(1.0)
    shown = rows(found.scene())
    assert shown["Best size"] == "66% of the book"
    assert shown["Short"] == "$50,000"
    assert shown["Variance removed"] == "59%"
    assert shown["Volatility removed"] == "36%"
    assert "A short of 32% would do the same." in found.scene().alt
    assert found.scene().alt.startswith("BTC in 2022: short 100% of it, 59% of the variance")
    twice = size(2 * found.fit.beta)
    assert rows(twice.scene())["Variance removed"] == "0%"
    worse = size(2.0)
    assert rows(worse.scene())["Variance added"].endswith("%")
    assert "added" in worse.scene().title
    assert "▼" in words(worse.scene())
    assert "▶" in words(size(4).scene())


def test_size_is_marked_with_the_other_one_of_the_same_effect():
    found = size(1.0)
    (curve, same) = marks(found.scene(), Line)
    assert curve.y.max() == pytest.approx(found.fit.r2, abs=1e-3)
    assert curve.y.min() == pytest.approx(-1)
    mirrored, this = marks(found.scene(), Points)
    assert (this.x.item(), this.y.item()) == pytest.approx((1.0, found.removed))
    assert mirrored.shape == "ring"
    assert mirrored.x.item() == pytest.approx(2 * found.fit.beta - 1)
    assert mirrored.y.item() == this.y.item()
    assert set(same.y) == {found.removed}


def test_size_refuses():
    y, x = [0.01, -0.02, 0.03, 0.0], [-0.01, 0.02, -0.03, 0.01]
    with pytest.raises(InvalidInput, match="moves against ETH"):
        sized_short(y, x, 1.0, book_usd=1)
    with pytest.raises(InvalidInput, match="short must be >= 0"):
        size(-0.5)


# Drift


@pytest.mark.parametrize("window", [20, 90, 365])
def test_drift_is_one_regression_for_each_window(window):
    found = drift(BOOK, ETH, window)
    assert found.beta.size == BOOK.size - window + 1
    assert {0, 6, found.beta.size - 1, found.beta.argmax()} <= set(found.drawn)
    for k, half in zip(found.drawn, found.half, strict=True):
        part = slice(k, k + window)
        fit = ols_beta(BOOK.iloc[part], ETH.iloc[part], errors="newey-west")
        assert found.beta[k] == pytest.approx(fit.beta)
        assert found.beta[k] - half == pytest.approx(fit.interval()[0])
        assert found.days[k] == HISTORY.index[k + window - 1]
    left = [
        BOOK.iloc[t]
        - ols_beta(BOOK.iloc[t - window : t], ETH.iloc[t - window : t]).beta * ETH.iloc[t]
        for t in range(365, len(BOOK))
    ]
    assert found.removed == pytest.approx(1 - np.var(left) / np.var(BOOK.iloc[365:]))


def test_drift_words_and_refusals():
    found = drift(BOOK, ETH, 90)
    assert rows(found.scene())["Lowest"] == "0.56 on 2021-03-08"
    assert "lowest 0.56 on 2021-03-08, highest 1.39 on 2022-06-08" in found.scene().alt
    month = drift(HISTORY["DOGE"], ETH, 30)
    assert rows(month.scene())["Lowest"].startswith("−0.41 on 20")
    (band,), (line, whole, *_) = marks(found.scene(), Area), marks(found.scene(), Line)
    assert (line.y.min(), line.y.max()) == (found.beta.min(), found.beta.max())
    assert set(whole.y) == {found.whole.beta}
    assert (line.name, whole.name) == ("90 days", "all days")
    assert {"90 days:\n0.62 at the end", "all days:\n0.93"} <= set(words(found.scene()))
    assert (band.high - band.low).max() == pytest.approx(2 * found.half.max(), rel=0.1)
    for window in (5, 400, 90.5):
        with pytest.raises(InvalidInput, match="window must be a whole number from 10 to 365"):
            drift(BOOK, ETH, window)


def test_horizon():
    fit, low, high = horizon_betas(BOOK, ETH, 1)
    assert fit.beta == low == high == pytest.approx(ols_beta(BOOK, ETH).beta)
    assert fit.interval() == ols_beta(BOOK, ETH, errors="newey-west").interval()
    week, low, high = horizon_betas(BOOK, ETH, 7)
    blocks = [np.prod(1 + r.to_numpy()[: 7 * 170].reshape(170, 7), axis=1) - 1 for r in (BOOK, ETH)]
    assert week.n == 170
    assert week.beta == pytest.approx(ols_beta(*blocks).beta)
    assert low <= week.beta <= high
    with pytest.raises(NotEnoughData):
        horizon_betas(BOOK[:10], ETH[:10], 8)


# Which coin


def test_judge_bets_on_days_it_has_not_seen():
    (whole, without) = candidates()
    assert whole.n == without.n == len(BOOK) - 365
    left = np.empty(whole.n)
    for start in range(365, len(BOOK), 30):
        fit = ols_beta(BOOK.iloc[:start], ETH.iloc[:start])
        block = slice(start, start + 30)
        left[start - 365 : start - 335] = BOOK.iloc[block] - fit.beta * ETH.iloc[block]
    honest = 1 - np.var(left) / np.var(BOOK.iloc[365:])
    assert whole.honest["ETH"] == pytest.approx(honest)
    assert whole.hindsight["ETH"] == pytest.approx(ols_beta(BOOK.iloc[365:], ETH.iloc[365:]).r2)
    for judged in (whole, without):
        assert all(share <= judged.hindsight[name] for name, share in judged.honest.items())
        shares = list(judged.honest.values())
        assert shares == sorted(shares, reverse=True)
    assert next(iter(whole.honest)) == "AVAX"
    assert list(without.honest)[-1] == "AVAX"
    assert "AVAX 79% (80% with hindsight)" in hedges_by_book([whole, without]).alt


def test_guess_of_a_hedge_is_marked_in_the_last_book_only():
    scene = hedges_by_book(candidates(), ("AVAX", "ETH"))
    assert scene.alt.endswith("Your guess: AVAX and ETH.")
    guessed = [text.y for text in marks(scene, Text) if text.text == "your guess"]
    names = dict(scene.panels[0].y.ticks)
    assert [names[y] for y in guessed] == ["ETH", "AVAX"]


# A coin that dies


def test_collapse():
    found = luna()
    prices = market.prices(["LUNA", "ETH"], start="2022-05-06", end="2022-05-12").to_numpy()
    (luna_0, eth_0), (luna_1, eth_1) = prices[0], prices[-1]
    alone, earned, together = found.profit_usd[:, -1]
    assert alone == pytest.approx(10_000 * (luna_1 / luna_0 - 1))
    assert earned == pytest.approx(11_000 * (1 - eth_1 / eth_0))
    assert together == pytest.approx(alone + earned)
    needed = found.short_that_would_have_done
    assert luna(beta=needed / 10_000).profit_usd[2, -1] == pytest.approx(0, abs=1e-6)
    assert found.scene().alt.startswith("From 6 May 2022 to 12 May 2022: LUNA −$10,000")
    assert list(rows(found.scene())) == ["LUNA", "short of $11,000 ETH", "together"]


# Many coins


@given(rho=st.floats(0, 1), n=st.integers(1, 10_000))
def test_diversified_r2_is_that_of_the_covariance_matrix(rho, n):
    variance_of_mean = (n + n * (n - 1) * rho) / n**2
    expected = 0.0 if rho == 0 else rho / variance_of_mean
    assert diversified_r2(rho, n) == pytest.approx(expected, abs=1e-12)


def test_diversified_r2_refuses_and_broadcasts():
    assert diversified_r2(0.25, [1, 20]).round(4).tolist() == [0.25, 0.8696]
    with pytest.raises(InvalidInput, match="coins must be >= 1"):
        diversified_r2(0.25, 0)
    with pytest.raises(InvalidInput, match="pairwise must be a decimal from 0 to 1"):
        diversified_r2(-0.1, 5)


def test_books_of_coins_are_every_book():
    found, year = many(), HISTORY.loc["2023"]
    coins = ["BNB", "ADA", "XRP", "DOGE", "LINK", "MATIC", "ALGO", "AVAX"]
    for count in (1, 3, 8):
        r2 = [
            ols_beta(year[list(chosen)].mean(axis=1), year["ETH"]).r2
            for chosen in itertools.combinations(coins, count)
        ]
        assert found.mean[count - 1] == pytest.approx(np.mean(r2))
        assert found.low[count - 1] == pytest.approx(min(r2))
        assert found.high[count - 1] == pytest.approx(max(r2))
    pairs = np.corrcoef(year[coins].T)[np.triu_indices(8, 1)]
    assert found.pairwise == pytest.approx(pairs.mean())
    alt = found.scene(supposed=0.25, most=20).alt
    assert "rises from 25% for one to 87% for 20" in alt


# Questions


def test_guesses_are_of_the_computed_numbers():
    options = {name: asked(name).options for name in GUESSES}
    assert list(options["beta.a"].values()) == ["95%", "77%", "53%", "27%"]
    assert list(options["beta.b"].values()) == ["about 3.9", "about 2.4", "about 0.9", "about 0.2"]
    assert list(options["beta.c"].values()) == [
        "100%: all of it", "80%: as much as before", "40%: half as much", "0%: nothing",
    ]  # fmt: skip
    assert list(options["beta.d"].values()) == [
        "from 0.85 to 1.00", "from 0.73 to 1.13", "from 0.56 to 1.39",
    ]  # fmt: skip
    assert list(options["instrument.a"].values()) == [
        "AVAX removes more", "AVAX and ETH the same", "ETH removes more",
    ]  # fmt: skip
    assert list(options["instrument.b"].values()) == ["$0", "−$5,000", "−$7,007", "−$10,000"]
    assert list(options["instrument.c"].values()) == ["12%", "25%", "56%", "87%"]
    right = [asked(name).answer.right for name in GUESSES]
    assert right == [
        "measured", "product", "nothing", "drifts", "other", "together", "diversified",
    ]  # fmt: skip


def test_twice_the_best_short_removes_nothing():
    year, best = HISTORY.loc["2022"], size().fit.beta
    assert hedge_effectiveness(year["BTC"], year["ETH"], 2 * best) == pytest.approx(0, abs=1e-9)


def test_leader_is_right_where_it_still_removes_the_most():
    whole, without = candidates()
    assert (
        QUESTIONS["instrument.a"].ask(whole=without, without=whole).answer.right == "sector_leader"
    )


def slope(y, x):
    return np.cov(y, x)[0, 1] / np.var(x, ddof=1)


def by_hand() -> dict[str, float]:
    """The answers, worked out from the numbers in the questions."""
    y = [after / before - 1 for before, after in itertools.pairwise(BOOK_USD)]
    x = [after / before - 1 for before, after in itertools.pairwise(ETH_USD)]
    mean_y, mean_x = sum(y) / 5, sum(x) / 5
    products = sum((a - mean_y) * (b - mean_x) for a, b in zip(y, x, strict=True))
    btc, eth = (HISTORY[coin].loc["2022"] for coin in ("BTC", "ETH"))
    correlated = np.corrcoef(btc, eth)[0, 1]
    pair = (HISTORY["BNB"].loc["2023"] + HISTORY["LINK"].loc["2023"]) / 2
    weeks = [1 + HISTORY[coin].to_numpy()[: 7 * 170].reshape(170, 7) for coin in ("BNB", "ETH")]
    past = slope(HISTORY["BNB"][:365], HISTORY["ETH"][:365])
    left = HISTORY["BNB"][365:] - past * HISTORY["ETH"][365:]
    risen, bnb = (HISTORY[coin].loc["2021"] for coin in ("ETH", "BNB"))
    charts = [np.cumprod(1 + returns) for returns in (risen, bnb)]
    return {
        "beta.2": 0.8 * 6 / 4,
        "beta.1": products / sum((b - mean_x) ** 2 for b in x),
        "beta.5": 2 * 1.96 * 0.15 * 20_000,
        "beta.3": 80 * (2 * 1.5 - 1.5**2),
        "beta.4": 100 * (1 - 0.36**0.5),
        "instrument.5": (0.7 * 30_000 + 6_000) / 10,
        "instrument.4": 100 * 3 / 3.7,
        "instrument.3": -8_000 + 1.25 * 8_000 * 0.3,
        "beta.6": 30_000 * (correlated - slope(btc, eth)),
        # As much again for the margin, at a leverage of 2.
        "beta.7": 2 * 20_000 * slope(pair, HISTORY["ETH"].loc["2023"]) / 10,
        "instrument.1": slope(*(blocks.prod(axis=1) - 1 for blocks in weeks)),
        "instrument.2": 1 - np.var(left) / np.var(HISTORY["BNB"][365:]),
        "instrument.6": 10_000 * (np.polyfit(*charts, 1)[0] - slope(bnb, risen)),
        "instrument.7": 40 - (0.8 * 40 - 0.2 * 100),
    }


ETH_USD = (2000, 2100, 2060, 2180, 2140, 2260)
BOOK_USD = (10_000, 10_400, 10_400, 11_600, 11_000, 12_800)
SLIPS = {
    "beta.2": {
        "volatility_ratio": 1.5, "correlation_for_beta": 0.8, "upside_down": 0.53333,
        "r2_for_correlation": 0.96, "divided_for_multiplied": 1.875,
    },
    "beta.5": {
        "one_side_of_interval": 5_880, "beta_for_dollars": 0.588, "one_error": 6_000,
        "short_for_width": 24_000, "end_for_width": 29_880, "beta_twice": 14_112,
    },
    "beta.3": {
        "more_is_safer": 80, "effect_in_proportion": 120, "harm_in_proportion": 40,
        "perfect_hedge": 75, "percent_for_decimal": 0.6, "larger_is_perfect": 100,
        "effect_divided": 53.3333, "surplus_subtracted": 55,
    },
    "beta.4": {
        "variance_for_volatility": 64, "what_is_left": 60, "root_of_r2": 80,
        "percent_for_decimal": 0.4, "variance_left": 36, "one_less_root_of_r2": 20,
    },
    "instrument.5": {
        "collateral_left_out": 2_100, "whole_book_in_one_leg": 3_600,
        "both_betas_in_one_leg": 3_900, "contract_is_coin": 9, "contract_is_dollar": 27_000,
        "collateral_subtracted": 1_500, "collateral_times_beta": 2_520,
    },
    "instrument.4": {
        "one_coin_for_book": 30, "adds_up_without_limit": 300, "n_for_one_less": 75,
        "percent_for_decimal": 0.81081, "root_of_correlation": 54.7723, "correlation_squared": 9,
        "what_is_left": 18.9189,
    },
    "instrument.3": {
        "beta_covers_collapse": 0, "beta_left_out": -5_600, "short_counted_as_loss": -11_000,
        "coins_only": -8_000, "short_only": 3_000, "divided_for_multiplied": -6_080,
    },
    "instrument.7": {
        "dead_coin_gains_nothing": 8, "gain_forgone_left_out": 20, "share_of_survivors": 35,
        "value_for_change": 12, "percent_for_decimal": 0.28,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", by_hand())
def test_exercise_at_its_first_numbers(name):
    assert set(by_hand()) == set(QUESTIONS) - set(GUESSES)
    answer = QUESTIONS[name].ask().answer
    assert answer.right == pytest.approx(by_hand()[name])
    if name in SLIPS:
        assert answer.slips == pytest.approx(SLIPS[name], rel=1e-4)


@pytest.mark.parametrize("seed", [None, *range(5)])
def test_wrong_betas_are_wrong_in_the_way_they_claim(seed):
    found = QUESTIONS["beta.1"].ask() if seed is None else QUESTIONS["beta.1"].again(seed)
    right, slips = found.answer.right, found.answer.slips
    assert slips["ddof_mixed"] == pytest.approx(right * 5 / 4)
    assert slips["correlation_for_beta"] * slips["volatility_ratio"] == pytest.approx(right)
    assert slips["regressed_the_other_way"] == pytest.approx(
        slips["correlation_for_beta"] ** 2 / right
    )
    # Changes in dollars have the size of the two prices in them, levels have not.
    assert slips["dollar_changes"] == pytest.approx(right * 5, rel=0.6)
    # A slope through zero and a mean of ratios are of returns too; a slope of prices is not.
    assert slips["prices_in_dollars"] == pytest.approx(slips["price_levels"] * 5)
    if seed is None:
        assert slips["no_constant"] == pytest.approx(1.9355, abs=1e-4)
        assert slips["mean_of_ratios"] == pytest.approx(1.7036, abs=1e-4)
    assert len(slips) == 10


@given(r2=st.floats(0.01, 1), times=st.floats(0, 2))
def test_the_truth_is_kinder_than_proportion(r2, times):
    true = r2 * times * (2 - times)
    assert r2 * (1 - abs(times - 1)) <= true + 1e-12
