"""Paths and rules: labels, laws of the resampling and of the model, and what they refuse."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgelib as h
from hedgelib import market, rules
from hedgelib.paths import Gbm, Paths, block_bootstrap, fit_gbm, gbm_paths, history
from tests.strategies import BAD_ANYWHERE, floats, refused, shown

near = pytest.approx
DAYS = ["2022-01-01", "2022-01-02", "2022-01-03"]


# History.


def test_history_is_what_was():
    eth = market.prices("ETH", "2020-03-11", "2020-03-13")["ETH"]
    paths = history(eth, book_usd=2 * eth, funding_rate=[0.0001, -0.0002])
    assert paths.prices_usd.tolist() == [eth.tolist()]
    assert paths.book_usd.tolist() == [(2 * eth).tolist()]
    assert paths.funding_rate.tolist() == [[0.0001, -0.0002]]
    assert paths.dates.tolist() == [datetime(2020, 3, d) for d in (11, 12, 13)]
    assert paths.label == "history 2020-03-11 to 2020-03-13"
    assert (paths.n_paths, paths.n_steps, paths.step_hours, paths.utc) == (1, 2, 24, False)
    assert {"book, funding", str(paths), "Return to the end"} <= set(shown(paths))
    assert history([1, 2]).label == "history"
    assert "Beside the coin" not in shown(history([1, 2]))
    for column in (paths.prices_usd, paths.book_usd, paths.funding_rate, paths.dates):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[-1]


def test_numbers_as_index_are_no_dates():
    assert history(pd.Series([1.0, 2.0])).dates is None


WAYS_TO_WRITE_DATES = {
    "text": DAYS,
    "tuple": tuple(DAYS),
    "dates": [date(2022, 1, d) for d in (1, 2, 3)],
    "datetimes": [datetime(2022, 1, d) for d in (1, 2, 3)],
    "datetime64": np.array(DAYS, dtype="datetime64[D]"),
    "list of datetime64": list(np.array(DAYS, dtype="datetime64[ns]")),
    "pandas": pd.to_datetime(DAYS),
    "array of text": np.array(DAYS),
    "objects": np.array([date(2022, 1, d) for d in (1, 2, 3)], dtype=object),
    "UTC": pd.to_datetime(DAYS).tz_localize("UTC"),
    "series in UTC": pd.Series(pd.to_datetime(DAYS).tz_localize("UTC")),
    "Tokyo": pd.to_datetime(DAYS).tz_localize("UTC").tz_convert("Asia/Tokyo"),
    "Z": [f"{day}T00:00:00Z" for day in DAYS],
    "aware": [datetime(2022, 1, d, tzinfo=UTC) for d in (1, 2, 3)],
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE_DATES)
def test_dates_however_they_are_written(way):
    paths = history([1, 2, 3], dates=WAYS_TO_WRITE_DATES[way])
    assert paths.dates.tolist() == [datetime(2022, 1, d) for d in (1, 2, 3)]
    assert paths.dates.dtype == "datetime64[us]"
    assert paths.utc == (way in {"UTC", "series in UTC", "Tokyo", "Z", "aware"})
    assert paths.one(0).utc == paths.utc


def test_the_step_comes_from_the_dates():
    hours = [datetime(2022, 1, 1) + timedelta(hours=8 * i) for i in range(3)]
    assert history([1, 2, 3], dates=hours).step_hours == 8
    assert history([1, 2, 3], hours_per_step=8).step_hours == 8
    assert history([1, 2, 3], dates=hours, hours_per_step=8).step_hours == 8


BAD_DATES: dict[str, tuple[Any, str]] = {
    "mixed": ([DAYS[0], "2022-01-02T00:00Z", DAYS[2]],
              "dates mix dates with a time zone and without; choose one"),
    "no date": ([DAYS[0], "tomorrow", DAYS[2]],
                "dates must be dates, got 'tomorrow'; write 2020-03-12"),
    "number": ([DAYS[0], 5, DAYS[2]], "dates must be dates, got 5"),
    "missing": (np.array([DAYS[0], "NaT", DAYS[2]], dtype="datetime64[D]"),
                "dates must be dates, got None"),
    "missing in pandas": ([pd.Timestamp(DAYS[0]), pd.NaT, pd.Timestamp(DAYS[2])],
                          "dates must be dates, got NaT"),
    "length": (DAYS[:2], "2 dates for 3 prices; one for each"),
    "square": (np.array([DAYS]), "dates must be one-dimensional, got shape (1, 3)"),
    "gap": ([*DAYS[:2], "2022-01-05"],
            "dates must ascend evenly, got 2022-01-02T00:00:00.000000 then "
            "2022-01-05T00:00:00.000000 after a first step of 86400000000 microseconds; "
            "sort them, and fill or cut gaps"),
    "backwards": (DAYS[::-1],
                  "dates must ascend evenly, got 2022-01-03T00:00:00.000000 then "
                  "2022-01-02T00:00:00.000000 after a first step of -86400000000 microseconds; "
                  "sort them, and fill or cut gaps"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_DATES)
def test_dates_that_are_none(name):
    dates, message = BAD_DATES[name]
    with refused(message):
        history([1, 2, 3], dates=dates)


def test_aware_dates_beside_naive_ones():
    naive = pd.date_range("2022-01-01", periods=3)
    aware = naive.tz_localize("UTC")
    prices = pd.Series([1.0, 2, 3], naive)
    message = (
        "the dates of {} have a time zone and those of {} have none; give both one, or neither"
    )
    with refused(message.format("book_usd", "prices_usd")):
        history(prices, book_usd=pd.Series([1.0, 2, 3], aware))
    with refused(message.format("dates", "prices_usd")):
        history(prices, dates=aware)
    with refused("the dates of prices_usd and of funding_rate differ; align them first"):
        history(prices, funding_rate=pd.Series([0.1, 0.1], naive[:2]))
    with refused("the dates of prices_usd and of book_usd differ; align them first"):
        history(prices, book_usd=pd.Series([1.0], naive[:1]))
    both = history(pd.Series([1.0, 2, 3], aware), funding_rate=pd.Series([0.1, 0.2], aware[1:]))
    assert both.utc
    with refused(message.format("book_usd", "prices_usd")):
        fit_gbm(prices, book_usd=pd.Series([1.0, 2, 3], aware))
    with refused("the dates of coin_returns and of book_returns differ; align them first"):
        block_bootstrap(
            pd.Series([0.1, 0.2, 0.3], naive), 1, 1, block=1, seed=1, price_usd=1,
            book_returns=pd.Series([0.1, 0.2, 0.3], naive + pd.Timedelta("1D")),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": " "}, "label must say where the prices come from, got an empty one"),
        ({"label": 5}, "label must be a str, got 5"),
        ({"prices_usd": [[1, 0]]}, "prices_usd must be > 0, got 0.0 at [(0, 1)]"),
        ({"prices_usd": [[1, math.inf]]}, "prices_usd must be > 0, got inf at [(0, 1)]"),
        (
            {"prices_usd": [1, 2]},
            "prices_usd must have a row for each path, so two dimensions, got 1",
        ),
        ({"book_usd": [[1, -1]]}, "book_usd must be >= 0, got -1.0 at [(0, 1)]"),
        ({"book_usd": [[0, 1]]}, "book_usd at the start must be > 0, got 0.0 at [0]"),
        ({"book_usd": [[1]]}, "book_usd must have shape (1, 2), got (1, 1)"),
        ({"funding_rate": [[0.1, 0.1]]}, "funding_rate must have shape (1, 1), got (1, 2)"),
        (
            {"funding_rate": [[2]]},
            "funding_rate must be a decimal between -1 and 1 (1% is 0.01), got 2.0 at [(0, 0)]",
        ),
        ({"hours_per_step": -1}, "hours_per_step must be > 0, got -1.0"),
        (
            {"hours_per_step": 12, "dates": DAYS[:2]},
            "hours_per_step is 12, but the dates are 24 h apart",
        ),
    ],
)
def test_paths_that_are_none(changes, message):
    with refused(message):
        Paths(**({"label": "by hand", "prices_usd": [[1, 2]]} | changes))


def test_too_few_prices():
    for prices in ([], [[1]], [[]]):
        with pytest.raises(h.NotEnoughData, match="needs at least one path of 2 prices"):
            Paths(label="x", prices_usd=prices)
    with refused("prices_usd needs at least 2 values, got 1", h.NotEnoughData):
        history([1])


def test_one_path_of_many():
    paths = Paths(label="two", prices_usd=[[1, 2], [3, 5]], book_usd=[[1, 1], [2, 2]],
                  funding_rate=[[0.1], [0.2]])  # fmt: skip
    assert len(paths) == 2
    second = paths.one(1)
    assert (second.prices_usd.tolist(), second.book_usd.tolist()) == ([[3, 5]], [[2, 2]])
    assert second.funding_rate.tolist() == [[0.2]]
    assert [path.prices_usd[0, 0] for path in paths] == [1, 3]
    assert paths.one(-1).prices_usd.tolist() == second.prices_usd.tolist()
    with refused("path 2 is not there: they are counted 0 to 1"):
        paths.one(2)
    moved = paths.starting_at(100)
    assert moved.prices_usd.tolist() == [near([100, 200]), near([100, 500 / 3])]
    assert moved.label == "two, scaled to start at $100"
    assert moved.book_usd.tolist() == paths.book_usd.tolist()
    with refused("price_usd must be > 0, got 0.0"):
        paths.starting_at(0)


# Block bootstrap.


def counted(n):
    """Returns by which a drawn date can be told, and a book and funding that say it again."""
    coin = np.arange(1, n + 1) / 1000
    return coin, coin * 2, coin / 10


@given(st.integers(2, 30), st.integers(1, 4), st.integers(1, 40), st.integers(0, 9), st.booleans())
def test_every_block_is_a_piece_of_history(n, n_paths, n_steps, seed, moving):
    coin, book, funding = counted(n)
    block = 1 + seed % n
    paths = block_bootstrap(
        coin, n_paths, n_steps, block=block, seed=seed, price_usd=50, book_returns=book,
        funding_rate=funding, kind="moving" if moving else "stationary",
    )  # fmt: skip
    assert paths.prices_usd.shape == (n_paths, n_steps + 1)
    assert (paths.prices_usd[:, 0] == 50).all()
    drawn = np.diff(paths.prices_usd) / paths.prices_usd[:, :-1] * 1000 - 1
    picked = np.rint(drawn).astype(int)
    np.testing.assert_allclose(drawn, picked, atol=1e-8)
    assert picked.min() >= 0
    assert picked.max() < n
    # Coin, book and funding are of the same date.
    np.testing.assert_allclose(np.diff(paths.book_usd) / paths.book_usd[:, :-1], book[picked])
    np.testing.assert_allclose(paths.funding_rate, funding[picked])
    if moving:
        for start in range(0, n_steps, block):
            piece = picked[:, start : start + block]
            assert (np.diff(piece) == 1).all()


def test_blocks_have_the_length_asked_for():
    picked = []
    for block in (1, 5, 50):
        paths = block_bootstrap(counted(500)[0] / 1000, 100, 1000, block=block, seed=3, price_usd=1)
        moves = np.diff(paths.prices_usd) / paths.prices_usd[:, :-1] * 1e6
        picked.append(np.mean(np.diff(np.rint(moves)) != 1))
    assert picked == near([1, 1 / 5, 1 / 50], abs=0.01)


@pytest.mark.parametrize("kind", ["stationary", "moving"])
def test_resampled_moments_are_those_of_history(kind):
    returns = market.returns(["ETH", "LINK"]).dropna()
    paths = block_bootstrap(
        returns["ETH"], 400, 365, block=20, seed=11, price_usd=1000, kind=kind,
        book_returns=returns["LINK"],
    )  # fmt: skip
    eth = np.diff(np.log(paths.prices_usd)).ravel()
    link = np.diff(np.log(paths.book_usd)).ravel()
    true = np.log1p(returns)
    assert eth.std() == near(true["ETH"].std(), rel=0.03)
    assert np.corrcoef(eth, link)[0, 1] == near(true.corr().iloc[0, 1], abs=0.02)
    block = "mean block 20" if kind == "stationary" else "block 20"
    assert paths.label == f"{kind} block bootstrap of {len(returns):,} returns, {block}"


def test_a_seed_is_a_promise():
    def draw(seed, kind="stationary"):
        return block_bootstrap(
            [0.1, -0.1, 0.2], 5, 9, block=2, seed=seed, price_usd=1, kind=kind
        ).prices_usd

    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))
    assert not np.array_equal(draw(1), draw(1, "moving"))
    model = Gbm(drift=0, volatility=0.1, n=10)
    same = [gbm_paths(model, 3, 4, seed=s, price_usd=1).prices_usd for s in (7, 7, 8)]
    assert np.array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])


BOOTSTRAP = {"coin_returns": [0.1, -0.1], "n_paths": 2, "n_steps": 3, "block": 2, "seed": 1,
             "price_usd": 10}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"coin_returns": [0.1, -1]},
         "coin_returns must be > -1 (a loss of 100% is -1), got -1.0 at [1]"),
        ({"book_returns": [0.1]}, "2 coin_returns but 1 book_returns; align them first"),
        ({"funding_rate": [0.1] * 3}, "2 coin_returns but 3 funding_rate; align them first"),
        ({"block": 0.5}, "block must be from 1 to 2, the returns, got 0.5"),
        ({"block": 3}, "block must be from 1 to 2, the returns, got 3.0"),
        ({"block": 1.5, "kind": "moving"},
         "block must be a whole number from 1 to 2, the returns, got 1.5"),
        ({"kind": "circular"}, "kind must be one of stationary, moving, got 'circular'"),
        ({"n_paths": 0}, "n_paths must be >= 1, got 0"),
        ({"n_steps": 1.5}, "n_steps must be a whole number, got 1.5"),
        ({"n_paths": 2**20, "n_steps": 2**20},
         "n_paths x n_steps must be at most 268,435,456, got 1,048,576 x 1,048,576; make several "
         "with a seed each"),
        ({"n_paths": 10**400}, "n_paths is too large to compute with"),
        ({"seed": -1}, "seed must be >= 0, got -1"),
        ({"price_usd": [1, 2]}, "price_usd must be a single number, got shape (2,)"),
    ],
)  # fmt: skip
def test_bootstraps_that_are_refused(changes, message):
    with refused(message):
        block_bootstrap(**(BOOTSTRAP | changes))


def test_bootstrap_needs_returns():
    with refused("coin_returns needs at least 2 values, got 1", h.NotEnoughData):
        block_bootstrap(**(BOOTSTRAP | {"coin_returns": [0.1]}))
    with pytest.raises(h.InvalidInput, match="prices_usd must be > 0, got inf"):
        block_bootstrap(**(BOOTSTRAP | {"coin_returns": [1e300] * 2}))


# Geometric Brownian motion.


def test_fit_finds_what_was_put_in():
    model = Gbm(drift=0.001, volatility=0.04, n=1, book_drift=-0.002, book_volatility=0.06,
                correlation=0.8)  # fmt: skip
    paths = gbm_paths(model, 1, 200_000, seed=2, price_usd=3500)
    # Far from overflow: the fit sees logarithms only.
    fit = fit_gbm(paths.prices_usd[0], book_usd=paths.book_usd[0])
    assert fit.drift == near(0.001, abs=4 * fit.se_drift)
    assert fit.volatility == near(0.04, rel=0.01)
    assert fit.book_volatility == near(0.06, rel=0.01)
    assert fit.book_drift == near(-0.002, abs=0.001)
    assert fit.correlation == near(0.8, abs=0.01)
    assert fit.n == 200_000


def test_paths_of_a_model():
    model = Gbm(drift=0.002, volatility=0.05, n=1460)
    paths = gbm_paths(model, 40_000, 10, seed=4, price_usd=2000)
    assert (paths.prices_usd[:, 0] == 2000).all()
    assert paths.prices_usd[:, -1].mean() / 2000 == near(math.exp(0.02), rel=0.005)
    logs = np.log(paths.prices_usd[:, -1] / 2000)
    assert logs.mean() == near(10 * (0.002 - 0.05**2 / 2), abs=0.004)
    assert logs.std() == near(0.05 * math.sqrt(10), rel=0.01)
    assert paths.book_usd is None
    assert paths.label == (
        "modelled: geometric Brownian motion, drift +73% ± 94% and volatility 96% a year, "
        "fitted to 1,460 returns"
    )
    still = gbm_paths(Gbm(drift=0, volatility=0, n=5), 2, 3, seed=0, price_usd=7)
    assert still.prices_usd.tolist() == [near([7] * 4)] * 2


def test_fit_is_textbook():
    prices = np.array([100, 110, 99, 105.0])
    x = np.diff(np.log(prices))
    fit = fit_gbm(prices, hours_per_step=8)
    assert fit.volatility == near(np.std(x, ddof=1))
    assert fit.drift == near(np.mean(x) + np.var(x, ddof=1) / 2)
    assert fit.annual_volatility == near(fit.volatility * math.sqrt(1095))
    assert fit.annual_drift == near(fit.drift * 1095)
    assert (fit.book_drift, fit.correlation) == (None, 0)
    assert fit_gbm(prices, book_usd=prices**2).correlation == near(1)
    assert fit_gbm(prices, book_usd=[5.0] * 4).correlation == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"volatility": -1}, "volatility must be >= 0, got -1.0"),
        ({"drift": math.nan}, "drift must be a finite number, got nan"),
        ({"correlation": 1.5}, "correlation must be from -1 to 1, got 1.5"),
        ({"book_drift": 0}, "book_drift and book_volatility must be given both, or neither"),
        ({"book_drift": 0, "book_volatility": -1}, "book_volatility must be >= 0, got -1.0"),
        ({"n": 0}, "n must be >= 1, got 0"),
        ({"hours_per_step": 0}, "hours_per_step must be > 0, got 0.0"),
    ],
)
def test_models_that_are_none(changes, message):
    with refused(message):
        Gbm(**({"drift": 0, "volatility": 0.1, "n": 5} | changes))


def test_fits_and_draws_that_are_refused():
    with refused("prices_usd needs at least 3 values, got 2", h.NotEnoughData):
        fit_gbm([1, 2])
    with refused("4 prices_usd but 3 book_usd; align them"):
        fit_gbm([1, 2, 3, 4], book_usd=[1, 2, 3])
    with refused("book_usd must be > 0, got 0.0 at [1]"):
        fit_gbm([1, 2, 3], book_usd=[1, 0, 3])
    with refused("model must be a Gbm, got 0.04"):
        gbm_paths(0.04, 1, 1, seed=1, price_usd=1)
    with pytest.raises(h.InvalidInput, match="prices_usd must be > 0, got inf"):
        gbm_paths(Gbm(drift=1000, volatility=0, n=5), 1, 2, seed=1, price_usd=1)


@pytest.mark.parametrize("bad", sorted(BAD_ANYWHERE))
def test_what_is_no_number_is_refused(bad):
    value = BAD_ANYWHERE[bad]
    for name in BOOTSTRAP:
        with pytest.raises(h.HedgeError):
            block_bootstrap(**(BOOTSTRAP | {name: value}))
    for call in (history, fit_gbm, rules.always_on, lambda x: rules.trend_break(x, 2)):
        with pytest.raises(h.HedgeError):
            call(value)
    with pytest.raises(h.HedgeError):
        Gbm(drift=value, volatility=0.1, n=5)
    with pytest.raises(h.HedgeError):
        rules.after_rally([1, 2], value, 0.1)
    with pytest.raises(h.HedgeError):
        rules.after_rally([1, 2], 1, value)


# Rules.

walks = st.integers(0, 999).map(
    lambda seed: 100 * np.exp(np.random.default_rng(seed).normal(0, 0.05, 30).cumsum())
)
RULES = {
    "always_on": rules.always_on,
    "after_rally": lambda x: rules.after_rally(x, 5, 0.1),
    "trend_break": lambda x: rules.trend_break(x, 7),
    "calm_again": lambda x: rules.calm_again(x, 6, 0.04),
    "funding_too_negative": lambda x: rules.funding_too_negative(x[..., 1:] / 1000 - 0.1, 0.001, 3),
    "together": lambda x: rules.hedge_when(
        [rules.after_rally(x, 5, 0.1), rules.trend_break(x, 7)], [rules.calm_again(x, 6, 0.04)]
    ),
}


@pytest.mark.parametrize("name", RULES)
@given(path=walks, at=st.integers(0, 29), factor=floats(0.2, 3))
def test_no_rule_sees_the_future(name, path, at, factor):
    rule = RULES[name]
    other = np.concatenate([path[: at + 1], path[at + 1 :] * factor])
    now = rule(path)
    assert now.dtype == bool
    assert now.shape == path.shape
    assert np.array_equal(now[: at + 1], rule(other)[: at + 1])
    if at > 1:  # nor does it know how long the path is
        assert np.array_equal(now[:at], rule(path[:at]))
    assert np.array_equal(rule(np.stack([path, other]))[0], now)


@given(walks)
def test_rules_against_pandas(path):
    prices = pd.Series(path)
    mean = prices.rolling(7).mean()
    clear = (prices / mean - 1).abs() > 1e-12
    assert np.array_equal(rules.trend_break(path, 7)[clear], (prices < mean)[clear])
    rally = prices.pct_change(5) >= 0.1
    assert np.array_equal(rules.after_rally(path, 5, 0.1), rally)
    rms = (prices.pct_change() ** 2).rolling(6).mean() ** 0.5
    assert np.array_equal(rules.calm_again(path, 6, 0.04), rms <= 0.04)
    rates = path / 1000 - 0.1
    mean = pd.Series(rates).rolling(3).mean().shift(1, fill_value=np.nan)
    fired = rules.funding_too_negative(rates, 0.001, 3)
    assert np.array_equal(fired[:-1], mean <= -0.001)


def test_a_switch_remembers_its_last_throw():
    on = np.array([0, 1, 0, 0, 1, 0, 1, 0], bool)
    off = np.array([0, 0, 0, 1, 1, 0, 0, 0], bool)
    assert rules.hedge_when(on, off).astype(int).tolist() == [0, 1, 1, 0, 0, 0, 1, 1]
    assert rules.hedge_when(on).astype(int).tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
    assert rules.hedge_when(on, off, start=True).astype(int).tolist() == [1, 1, 1, 0, 0, 0, 1, 1]
    assert not rules.hedge_when([], off).any()
    assert rules.hedge_when((), off, start=True).astype(int).tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    assert rules.hedge_when([on, ~on], [off]).tolist() == (~off).tolist()


def test_too_short_for_a_window_never_fires():
    assert not rules.trend_break([100, 50], 3).any()
    assert not rules.after_rally([100, 500], 2, 0.1).any()
    assert not rules.calm_again([100, 100], 2, 0.1).any()
    assert not rules.funding_too_negative([-0.5], 0.1, 2).any()
    assert rules.calm_again([100], 1, 0.1).tolist() == [False]
    assert not rules.calm_again([1e-300, 1e300], 1, 0.1).any()


@pytest.mark.parametrize(
    ("call", "message", "kind"),
    [
        (lambda: rules.hedge_when(()), "at least one rule is needed; always_on(prices_usd) is one",
         h.InvalidInput),
        (lambda: rules.hedge_when(np.array([True]), np.array([True, False])),
         "the rules have different shapes: [(1,), (2,)]; use one path", h.InvalidInput),
        (lambda: rules.hedge_when(np.array([1, 0])),
         "put_on must be arrays of true and false, made by a rule", h.InvalidInput),
        (lambda: rules.hedge_when(np.array([True]), [[True]]),
         "take_off must be arrays of true and false, made by a rule", h.InvalidInput),
        (lambda: rules.hedge_when(np.array([], bool)),
         "put_on must have a value for each date, got none", h.InvalidInput),
        (lambda: rules.always_on([]), "prices_usd needs at least 1 value, got 0",
         h.NotEnoughData),
        (lambda: rules.always_on(5), "prices_usd must have one or two dimensions, got 0",
         h.InvalidInput),
        (lambda: rules.trend_break([1, 2], 1), "window must be >= 2, got 1", h.InvalidInput),
        (lambda: rules.calm_again([1, 2], 1, -0.1), "threshold must be >= 0, got -0.1",
         h.InvalidInput),
        (lambda: rules.funding_too_negative([1.5], 0.1),
         "funding_rate must be a decimal between -1 and 1 (1% is 0.01), got 1.5 at [0]",
         h.InvalidInput),
    ],
)  # fmt: skip
def test_rules_that_are_refused(call, message, kind):
    with refused(message, kind):
        call()
