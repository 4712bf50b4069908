"""Lesson 06: pictures, guesses and exercises say what plain arithmetic says."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from showtools import assert_legible

from hedgelib import (
    InvalidInput,
    NotEnoughData,
    diversified_r2,
    hedge_effectiveness,
    market,
    ols_beta,
    read_portfolio,
    simple_returns,
)
from hedgelib.course.exercises import exercise
from hedgelib.course.exercises.lesson06 import (
    BOOK_USD,
    ETH_USD,
    EXERCISES,
    beta_of_changes,
    beta_of_levels,
    beta_turned_round,
    beta_with_mixed_divisors,
    ratio_of_volatilities,
    removed_in_proportion,
)
from hedgelib.course.guesses import number_in, numbers_in
from hedgelib.course.studies.lesson06 import (
    Cloud,
    coin_betas,
    drift,
    guess_cloud,
    guess_double,
    guess_drift,
    guess_wild_coin,
    horizon_betas,
    study_size,
)
from hedgelib.course.studies.lesson06_choice import (
    books_of_coins,
    collapse,
    guess_collapse,
    guess_diversified,
    guess_leader,
    hedges_by_book,
    judge,
)
from hedgelib.show import Area, Bars, Guess, Line, Points, Text
from hedgelib.show.plot import png
from hedgelib.show.scatter import BetaScatter

HISTORY = market.returns().drop(columns="LUNA").dropna()
ALICE = read_portfolio(market.data_folder() / "portfolios" / "alice.csv")
BOOK, ETH = HISTORY[list(ALICE.coins)] @ ALICE.weights, HISTORY["ETH"]
DAYS = HISTORY.index.to_numpy()
CANDIDATES = [("ETH",), ("BTC",), ("BTC", "ETH"), ("AVAX",)]


def cloud(guess=None):
    y, x = BOOK.loc["2023"], ETH.loc["2023"]
    fit = ols_beta(y, x, y_name="Alice's altcoins", x_name="ETH")
    return Cloud(scatter=BetaScatter(y=y, x=x, fit=fit), guess=guess)


def size(short=1.0, name="BTC in 2022", guess=None):
    year = HISTORY.loc["2022"]
    return study_size(year["BTC"], year["ETH"], short, book_usd=50_000, name=name, guess=guess)


def coins_of_2021(guess=None):
    year = HISTORY.loc["2021"]
    return coin_betas(year.drop(columns="ETH"), year["ETH"], period="2021", guess=guess)


def candidates():
    others = HISTORY[["ADA", "MATIC", "ALGO"]] @ (np.array([15, 12, 8]) / 35)
    return (
        judge(BOOK, HISTORY, CANDIDATES, book="Alice's altcoins"),
        judge(others, HISTORY, CANDIDATES, book="the same without AVAX"),
    )


def luna(**changes):
    prices = market.prices(["LUNA", "ETH"], start="2022-05-06", end="2022-05-12")
    terms = {"book_usd": 10_000, "beta": 1.1} | changes
    return collapse(prices["LUNA"], prices["ETH"], prices.index.to_numpy(), **terms)


def many(guess=None):
    coins = ["BNB", "ADA", "XRP", "DOGE", "LINK", "MATIC", "ALGO", "AVAX"]
    year = HISTORY.loc["2023"]
    return books_of_coins(year[coins], year["ETH"], period="2023", guess=guess)


def judged_scene(option=None):
    whole, without = candidates()
    return hedges_by_book([whole, without.guessed(option)])


DRAWN = {
    "cloud": lambda: cloud().scene(),
    "cloud and guess": lambda: cloud(0.95).scene(),
    "betas": lambda: coins_of_2021().scene(),
    "betas and guess": lambda: coins_of_2021(("DOGE", 2.4)).scene(),
    "betas and guess, of volatility": lambda: coins_of_2021(("DOGE", 3.9)).scene(),
    "betas and guess, of correlation": lambda: coins_of_2021(("DOGE", 0.2)).scene(),
    "size": lambda: size().scene(),
    "size and guess": lambda: size(guess=0.4).scene(),
    "size, doubled, and guess": lambda: size(2 * size().fit.beta, guess=1.0).scene(),
    "size, none": lambda: size(0).scene(),
    "size, far too large": lambda: size(2.9).scene(),
    "size, beyond the axis, and guess": lambda: size(4, guess=0.8).scene(),
    "drift": lambda: drift(BOOK, ETH, DAYS, 90).scene(),
    "drift and guess": lambda: drift(BOOK, ETH, DAYS, 90, guess=(0.7, 1.1)).scene(),
    "drift, short window": lambda: drift(HISTORY["DOGE"], ETH, DAYS, 20).scene(),
    "drift, long window": lambda: drift(BOOK, HISTORY["BTC"], DAYS, 365).scene(),
    "one book": lambda: candidates()[0].scene(),
    "judged": judged_scene,
    "judged and guess": lambda: judged_scene("AVAX removes more"),
    "collapse": lambda: luna().scene(),
    "collapse and guess": lambda: luna(guess=-5000.0).scene(),
    "collapse and guess of nothing": lambda: luna(guess=0.0).scene(),
    "books": lambda: many().scene(),
    "books and guess": lambda: many(0.5).scene(),
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


@drawn
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
    found = study_size(y.loc[year], ETH.loc[year], short, book_usd=50_000, name=name)
    assert_legible(found.scene())
    assert len(found.scene().to_json().encode()) < 10_000


@pytest.mark.parametrize("name", ["Alice's altcoins", "BNB", "DOGE", "LINK"])
@pytest.mark.parametrize("coin", ["ETH", "BTC"])
@pytest.mark.parametrize("window", [20, 90, 365])
def test_every_window_that_can_be_tried_is_legible_and_light(name, coin, window):
    y = HISTORY.get(name, BOOK)
    found = drift(y, HISTORY[coin], DAYS, window, name=name, coin=coin)
    assert_legible(found.scene())
    assert len(found.scene().to_json().encode()) < 10_000


# The cloud


@pytest.mark.parametrize("guess", [0.0, 0.27, 0.95, 1.0])
def test_cloud_of_a_guess_is_what_it_would_leave(guess):
    found = cloud(guess)
    y, x = BOOK.loc["2023"].to_numpy(), ETH.loc["2023"].to_numpy()
    assert found.half_width == pytest.approx(2 * y.std() * (1 - guess) ** 0.5)
    slope = np.cov(y, x)[0, 1] / np.var(x, ddof=1)
    away = np.abs(y - y.mean() - slope * (x - x.mean()))
    assert found.outside == pytest.approx(np.mean(away > found.half_width))


def test_true_cloud_holds_nearly_all():
    fit = cloud().scatter.fit
    assert 0.02 < cloud(fit.r2).outside < 0.08
    guess = guess_cloud(fit, "2023")
    assert guess.answer == f"{fit.r2:.0%}"
    shares = [number_in(option) for option in guess.options]
    assert shares == sorted(shares, reverse=True)
    told = cloud(0.95).scene().alt
    assert f"and {cloud(0.95).outside:.0%} of them do not" in told
    assert cloud(0.95).outside > 0.25
    assert "guess" not in cloud().scene().alt
    lower, upper = (m for m in marks(cloud(0.95).scene(), Line) if m.dash == "dashed")
    assert (upper.y - lower.y).tolist() == pytest.approx([2 * cloud(0.95).half_width] * 2)


# Beta of coins


def test_coin_betas_are_covariance_over_variance():
    found = coins_of_2021()
    year = HISTORY.loc["2021"]
    x = year["ETH"].to_numpy()
    for fit, wild in zip(found.fits, found.volatility, strict=True):
        y = year[fit.y_name].to_numpy()
        assert fit.beta == pytest.approx(np.cov(y, x)[0, 1] / np.var(x, ddof=1))
        assert wild == pytest.approx(y.std() / x.std())
        assert fit.beta == pytest.approx(wild * np.corrcoef(y, x)[0, 1])
        assert abs(fit.beta) <= wild
    assert list(found.volatility) == sorted(found.volatility, reverse=True)
    assert found.volatility_of("DOGE") == max(found.volatility)


def test_coin_betas_words():
    found = coins_of_2021(("DOGE", 2.4))
    assert found.rows()[0] == ("DOGE", "3.94", "0.23", "0.90")
    assert "DOGE volatility 3.94, beta 0.90, correlation 0.23" in found.scene().alt
    assert found.scene().title == "DOGE, 2021: 3.9 times as volatile as ETH, beta 0.90"
    assert coins_of_2021(("DOGE", None)).guess is None
    (between, squares), (dots,) = marks(found.scene(), Bars), marks(found.scene(), Points)
    assert between.end == pytest.approx(found.volatility)
    assert between.start.tolist() == dots.x.tolist()
    assert (squares.start + squares.end) / 2 == pytest.approx(found.volatility)
    assert dots.x == pytest.approx([fit.beta for fit in found.fits])
    with pytest.raises(InvalidInput, match="no coin 'SOL'; there are DOGE, "):
        found.fit("SOL")
    with pytest.raises(InvalidInput, match="no coin in it"):
        coin_betas({}, [0.1, 0.2, 0.3])


# Sizes


def test_size_is_the_formula_and_the_data():
    year = HISTORY.loc["2022"]
    for short in (0, 0.3, 0.66, 1.0, 1.5, 3.0):
        found = size(short)
        left = np.var(year["BTC"] - short * year["ETH"]) / np.var(year["BTC"])
        assert found.removed == pytest.approx(1 - left)
        assert found.hedged_swing_usd == pytest.approx(found.swing_usd * left**0.5)
    week = 50_000 * year["BTC"].std() * 7**0.5
    assert size().swing_usd == pytest.approx(week)


@given(st.floats(0, 1.3))
def test_over_is_as_bad_as_under(short):
    best = size().fit.beta
    mirrored = 2 * best - short
    if mirrored >= 0:
        assert size(short).removed == pytest.approx(size(mirrored).removed, abs=1e-12)


def test_size_words():
    found = size(1.0)
    rows = dict(found.rows())
    assert rows["Best size"] == "66% of the book"
    assert rows["Short"] == "$50,000"
    assert rows["Variance removed"] == "59%"
    assert rows["Volatility removed"] == "36%"
    assert "A short of 32% would do the same." in found.scene().alt
    assert found.scene().alt.startswith("BTC in 2022: short 100% of it, 59% of the variance")
    twice = size(2 * found.fit.beta)
    assert dict(twice.rows())["Variance removed"] == "0%"
    worse = size(2.0)
    assert dict(worse.rows())["Variance added"].endswith("%")
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
        study_size(y, x, 1.0, book_usd=1)
    with pytest.raises(InvalidInput, match="short must be >= 0"):
        size(-0.5)


# Drift


@pytest.mark.parametrize("window", [20, 90, 365])
def test_drift_is_one_regression_for_each_window(window):
    found = drift(BOOK, ETH, DAYS, window)
    assert found.beta.size == BOOK.size - window + 1
    for k in (0, 17, found.beta.size - 1):
        part = slice(k, k + window)
        fit = ols_beta(BOOK.iloc[part], ETH.iloc[part])
        assert found.beta[k] == pytest.approx(fit.beta)
        assert found.beta[k] - found.half[k] == pytest.approx(fit.interval()[0])
        assert found.day_of(k) == str(HISTORY.index[k + window - 1].date())
    left = [
        BOOK.iloc[t]
        - ols_beta(BOOK.iloc[t - window : t], ETH.iloc[t - window : t]).beta * ETH.iloc[t]
        for t in range(365, len(BOOK))
    ]
    assert found.removed == pytest.approx(1 - np.var(left) / np.var(BOOK.iloc[365:]))


def test_drift_words_and_refusals():
    found = drift(BOOK, ETH, DAYS, 90, name="Alice's altcoins")
    assert dict(found.rows())["Lowest"] == "0.56 on 2021-03-08"
    assert "lowest 0.56 on 2021-03-08, highest 1.39 on 2022-06-08" in found.scene().alt
    assert dict(drift(HISTORY["DOGE"], ETH, DAYS, 30).rows())["Lowest"].startswith("−0.41 on 20")
    (band,), (line, whole, *_) = marks(found.scene(), Area), marks(found.scene(), Line)
    assert (line.y.min(), line.y.max()) == (found.beta.min(), found.beta.max())
    assert set(whole.y) == {found.whole.beta}
    assert (line.name, whole.name) == ("90 days", "all days")
    assert {"90 days:\n0.62 at the end", "all days:\n0.93"} <= set(words(found.scene()))
    assert (band.high - band.low).max() == pytest.approx(2 * found.half.max(), rel=0.1)
    for window in (5, 400, 90.5):
        with pytest.raises(InvalidInput, match="window must be a whole number from 10 to 365"):
            drift(BOOK, ETH, DAYS, window)
    with pytest.raises(InvalidInput, match="days must be as many"):
        drift(BOOK, ETH, DAYS[1:], 90)


def test_horizon():
    fit, low, high = horizon_betas(BOOK, ETH, 1)
    assert fit.beta == low == high == pytest.approx(ols_beta(BOOK, ETH).beta)
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
    assert whole.of("ETH").honest == pytest.approx(honest)
    assert whole.of("ETH").hindsight == pytest.approx(ols_beta(BOOK.iloc[365:], ETH.iloc[365:]).r2)
    for hedge in (*whole.hedges, *without.hedges):
        assert hedge.honest <= hedge.hindsight
    assert [h.honest for h in whole.hedges] == sorted(
        (h.honest for h in whole.hedges), reverse=True
    )
    assert whole.hedges[0].name == "AVAX"
    assert without.hedges[-1].name == "AVAX"
    assert "AVAX 79% (80% with hindsight)" in hedges_by_book([whole, without]).alt


def test_judge_refuses():
    with pytest.raises(InvalidInput, match=r"no returns of \['SOL'\]"):
        judge(BOOK, HISTORY, [("SOL",)])
    whole, without = candidates()
    with pytest.raises(InvalidInput, match="no candidate 'BNB'"):
        whole.of("BNB")
    with pytest.raises(InvalidInput, match="must win with itself in the book"):
        guess_leader(without, whole, "AVAX", "ETH")


# A coin that dies


def test_collapse():
    found = luna()
    prices = market.prices(["LUNA", "ETH"], start="2022-05-06", end="2022-05-12").to_numpy()
    (luna_0, eth_0), (luna_1, eth_1) = prices[0], prices[-1]
    assert found.coin_usd[-1] == pytest.approx(10_000 * (luna_1 / luna_0 - 1))
    assert found.hedge_usd[-1] == pytest.approx(11_000 * (1 - eth_1 / eth_0))
    needed = found.short_that_would_have_done
    assert luna(beta=needed / 10_000).together_usd[-1] == pytest.approx(0, abs=1e-6)
    assert found.scene().alt.startswith("From 6 May 2022 to 12 May 2022: LUNA −$10,000")
    assert [name for name, _ in found.rows()] == ["LUNA", "short of $11,000 ETH", "together"]
    with pytest.raises(InvalidInput, match="do not go together"):
        collapse([1, 2], [1, 2, 3], DAYS[:2], book_usd=1, beta=1)
    with pytest.raises(InvalidInput, match="of one length"):
        collapse([1, 2], [1, 2], DAYS[:3], book_usd=1, beta=1)


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
    assert "rises from 25% for one to 87% for 20" in found.scene().alt
    with pytest.raises(InvalidInput, match="2 to 12 coins, got 1"):
        books_of_coins({"A": [1, 2, 3]}, [1, 2, 3])


# Guesses


def test_numbers_are_read_back():
    assert number_in("−$7,012") == -7012
    assert number_in("0%: nothing") == 0
    assert number_in("about 0.9") == 0.9
    assert number_in("AVAX removes more") is None
    assert numbers_in("from 0.56 to 1.39") == (0.56, 1.39)
    assert numbers_in("about 3.9") is None
    assert numbers_in(None) is None


def test_guesses_have_the_computed_answer():
    betas, found = coins_of_2021(), luna()
    wild = guess_wild_coin(betas, "DOGE")
    assert number_in(wild.answer) == pytest.approx(betas.fit("DOGE").beta, abs=0.05)
    assert guess_double(size()).answer == "0%: nothing"
    year = HISTORY.loc["2022"]
    assert hedge_effectiveness(year["BTC"], year["ETH"], 2 * size().fit.beta) == pytest.approx(
        0, abs=1e-9
    )
    moved = drift(BOOK, ETH, DAYS, 90)
    assert numbers_in(guess_drift(moved).answer) == pytest.approx(
        (moved.beta.min(), moved.beta.max()), abs=0.005
    )
    assert number_in(guess_collapse(found, 0.37).answer) == pytest.approx(
        found.together_usd[-1], abs=0.5
    )
    assert guess_diversified(0.25, 20).answer == "87%"
    whole, without = candidates()
    leader = guess_leader(whole, without, "AVAX", "ETH")
    assert leader.answer == "ETH removes more"
    marked = [set(without.guessed(option).guess) for option in leader.options]
    assert marked == [{"AVAX"}, {"AVAX", "ETH"}, {"ETH"}]
    assert without.guessed(None) == without
    alike = (whole, without.guessed("AVAX and ETH the same"))
    assert hedges_by_book(alike).alt.endswith("Your guess: ETH and AVAX.")
    for guess in (wild, guess_double(size()), guess_drift(moved), guess_diversified(0.25, 20)):
        assert len(guess.options) >= 3


# Exercises


def by_hand() -> dict[str, float]:
    """The answers, worked out from the numbers in the questions."""
    y = [after / before - 1 for before, after in itertools.pairwise(BOOK_USD)]
    x = [after / before - 1 for before, after in itertools.pairwise(ETH_USD)]
    mean_y, mean_x = sum(y) / 5, sum(x) / 5
    products = sum((a - mean_y) * (b - mean_x) for a, b in zip(y, x, strict=True))
    return {
        "06.1": 0.8 * 6 / 4,
        "06.2": products / sum((b - mean_x) ** 2 for b in x),
        "06.3": 2 * 1.96 * 0.15 * 20_000,
        "06.4": 80 * (2 * 1.5 - 1.5**2),
        "06.5": 100 * (1 - 0.36**0.5),
        "06.6": (0.7 * 30_000 + 6_000) / 10,
        "06.7": 100 * 3 / 3.7,
        "06.8": -8_000 + 1.25 * 8_000 * 0.3,
    }


@pytest.mark.parametrize("name", EXERCISES)
def test_answer_and_slips(name):
    asked = exercise(name)
    assert set(by_hand()) == set(EXERCISES)
    assert asked.answer == pytest.approx(by_hand()[name])
    assert asked.verdict(float(f"{asked.answer:.4g}")).startswith("✔ **Right.**")
    for words, value in asked.slips.items():
        assert asked.verdict(value) == f"**Not yet.** {words}"
    for one, other in itertools.combinations([asked.answer, *asked.slips.values()], 2):
        assert not asked.agrees(one, other)
        assert not asked.agrees(other, one)


@pytest.mark.parametrize("name", EXERCISES)
def test_only_the_solution_gives_the_answer_away(name):
    asked = exercise(name)
    ways = {f"{asked.answer:{form}}".replace("-", "−") for form in (",.0f", "g", ".4f", ".1f")}
    ways |= {f"{asked.answer:,.0f}".replace("-", "−$")}
    for text in (asked.hint, *asked.more_hints, *asked.slips):
        assert not any(way in text for way in ways - {"1", "2"}), text
    assert any(f"**{way}" in asked.solution for way in ways | {f"${asked.answer:,.0f}"})


def returns_of(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.002, 0.04, 40)
    return SimpleNamespace(x=x, y=1.3 * x + rng.normal(0, 0.03, 40))


@pytest.mark.parametrize("seed", range(5))
def test_wrong_models_are_wrong_in_the_way_they_claim(seed):
    r = returns_of(seed)
    book, coin = (100 * np.cumprod(np.r_[1.0, 1 + v]) for v in (r.y, r.x))
    fit = ols_beta(r.y, r.x)
    assert simple_returns(book) == pytest.approx(r.y)
    assert beta_with_mixed_divisors(r.y, r.x) == pytest.approx(fit.beta * 40 / 39)
    assert beta_turned_round(r.y, r.x) == pytest.approx(fit.r2 / fit.beta)
    assert ratio_of_volatilities(r.y, r.x) == pytest.approx(fit.beta / fit.correlation)
    assert beta_of_levels(book, coin) == pytest.approx(beta_of_levels(7 * book, 3 * coin))
    assert beta_of_levels(book, coin) != pytest.approx(fit.beta, rel=0.01)
    assert beta_of_changes(book, 2 * coin) == pytest.approx(beta_of_changes(book, coin) / 2)


@given(r2=st.floats(0.01, 1), times=st.floats(0, 2))
def test_the_truth_is_kinder_than_proportion(r2, times):
    true = r2 * times * (2 - times)
    assert removed_in_proportion(r2, times) <= true + 1e-12
