"""Lesson 08: the books that nobody picked, and a coin that dies in a book."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from hedgelib import downside_beta, market, read_portfolio
from hedgelib.course.studies.instrument import (
    five_coin_books,
    last_days,
    ranges_of_books,
    sigmas_apart,
)
from hedgelib.course.studies.living import COINS, LARGE, fly


def test_every_book_of_five_is_flown():
    books = five_coin_books()
    assert {book.coins for book in books} == set(combinations(sorted(LARGE), 5))
    removed = [book.removed for book in books]
    assert removed == sorted(removed)
    assert (round(removed[0], 2), round(removed[-1], 2)) == (0.29, 0.54)
    # DOGE is what makes a hedge poor: no book with it reaches any without it.
    worst_without = min(book.removed for book in books if "DOGE" not in book.coins)
    assert max(book.removed for book in books if "DOGE" in book.coins) < worst_without


def test_a_book_never_hedged_makes_the_mean_of_its_coins_each_month():
    book = five_coin_books()[0]
    prices = market.prices(list(book.coins), start="2020-02-29").resample("ME").last()
    expected = 50_000 * prices.pct_change().iloc[1:].mean(axis=1).sum()
    assert book.never.pnl_usd[-1] == pytest.approx(expected)


def test_the_book_of_lesson_10_is_one_of_them():
    book = next(book for book in five_coin_books() if set(book.coins) == set(COINS))
    on = np.ones(len(market.prices(["ETH"])), dtype=bool)
    assert book.always.pnl_usd[-1] == pytest.approx(fly("always on", on).pnl_usd[-1])
    rows = ranges_of_books({"all": five_coin_books(), "lesson 10": [book]})
    assert rows[0] == (
        "all (21)",
        "+$219,296 to +$403,353",
        "+$88,722 to +$295,308",
        "29% to 54%",
    )
    assert rows[1] == ("lesson 10 (1)", "+$304,108", "+$187,460", "49%")


def test_a_dead_coin_costs_its_share_of_the_book():
    fit, alive = last_days(COINS)
    prices = market.prices(["ETH"], start="2022-05-06", end="2022-05-12")["ETH"]
    short = fit.beta * 50_000 * (1 - prices.iloc[-1] / prices.iloc[0])
    assert alive.profit_usd[1, -1] == pytest.approx(short)
    for gone in COINS:
        _, dead = last_days([*(coin for coin in COINS if coin != gone), "LUNA"])
        first, last = market.prices([gone], start="2022-05-06", end="2022-05-12")[gone].iloc[
            [0, -1]
        ]
        # LUNA ends at a ten-thousandth: a fifth of the book, less what the other coin kept.
        lost = alive.profit_usd[0, -1] - dead.profit_usd[0, -1]
        assert lost == pytest.approx(10_000 * last / first, rel=1e-2)
        covered = -dead.profit_usd[1, -1] / dead.profit_usd[0, -1]
        assert covered < -alive.profit_usd[1, -1] / alive.profit_usd[0, -1] - 0.1


def test_a_tendency_over_years_is_none_in_one():
    history = market.returns().drop(columns="LUNA").dropna()
    book = read_portfolio(market.data_folder() / "portfolios" / "alice.csv")
    alice, eth = history[list(book.coins)] @ book.weights, history["ETH"]
    assert sigmas_apart(alice, eth) == pytest.approx(2.9, abs=0.05)
    assert abs(sigmas_apart(alice.loc["2022"], eth.loc["2022"])) < 1
    # What the errors are of: the difference of the two betas that the lesson shows.
    fell = np.asarray(eth < 0)
    slopes = [np.polyfit(eth[days], alice[days], 1)[0] for days in (fell, ~fell)]
    methods = ("conditional_zero", "upside_conditional_zero")
    betas = [downside_beta(alice, eth, method=method).beta for method in methods]
    assert betas == pytest.approx(slopes, rel=1e-3)
