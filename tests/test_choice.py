"""The choice of the hedge coin: judged out of sample, net of fees and funding."""

from __future__ import annotations

import numpy as np
import pytest

import hedgelib as h
from tests.strategies import refused, shown

RNG = np.random.default_rng(7)
BTC, NOISE, OWN = RNG.normal(0, 0.03, (3, 400))
ETH = 0.8 * BTC + 0.6 * NOISE
BOOK = 1.2 * ETH + 0.3 * OWN
COINS = {"BTC": BTC, "ETH": ETH}


def test_each_beta_is_fitted_on_the_days_before_its_block_only():
    found = h.walk_forward_residual(BOOK, ETH, train=100, refit=50)
    by_hand = []
    for start in range(100, 400, 50):
        beta = h.ols_beta(BOOK[:start], ETH[:start]).beta
        by_hand += list(BOOK[start : start + 50] - beta * ETH[start : start + 50])
    assert found == pytest.approx(by_hand)


def test_what_comes_after_changes_nothing_before():
    other = ETH.copy()
    other[300:] *= -3
    before, after = (h.walk_forward_residual(BOOK, x, train=100, refit=30) for x in (ETH, other))
    # 300 is not the start of a block, so the block that holds it keeps its beta.
    assert np.array_equal(before[:200], after[:200])
    assert not np.array_equal(before[200:], after[200:])


def test_a_book_of_two_coins_is_hedged_by_both():
    x = np.column_stack([BTC, ETH])
    assert h.walk_forward_residual(0.5 * BTC + 2 * ETH, x, train=5) == pytest.approx(
        np.zeros(395), abs=1e-12
    )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((2, 2, 2))}, h.InvalidInput, "x must have a row for each of the 400"),
        ({"x": ETH[1:]}, h.InvalidInput, "x must have a row for each of the 400 returns of y"),
        ({"x": np.column_stack([ETH, 2 * ETH])}, h.InvalidInput, "two of the coins move as one"),
        ({"x": np.full(400, 0.01)}, h.InvalidInput, "one does not move: drop it"),
        ({"y": np.append(BOOK[1:], np.nan)}, h.InvalidInput, r"y must be .*, got nan at \[399\]"),
        ({"refit": 0}, h.InvalidInput, "refit must be >= 1, got 0"),
        ({"train": 3}, h.NotEnoughData, "400 days cannot be split at 3: 4 to train on and 2"),
        ({"train": 399}, h.NotEnoughData, "400 days cannot be split at 399"),
    ],
)
def test_a_walk_that_cannot_be_made_is_refused(change, error, message):
    request = {"y": BOOK, "x": ETH, "train": 100} | change
    with pytest.raises(error, match=message):
        h.walk_forward_residual(request.pop("y"), request.pop("x"), **request)


def test_the_walk_takes_what_just_suffices():
    assert h.walk_forward_residual(BOOK[:6], ETH[:6], train=4, refit=1).shape == (2,)


def test_candidates_are_every_coin_alone_and_the_two_great_ones_together():
    choice = h.rank_hedges(BOOK, COINS | {"OWN": OWN}, 10_000)
    assert {c.name for c in choice.candidates} == {"BTC", "ETH", "OWN", "BTC + ETH"}
    assert {c.name for c in h.rank_hedges(BOOK, {"ETH": ETH}, 10_000).candidates} == {"ETH"}


def test_the_figures_of_a_candidate():
    choice = h.rank_hedges(
        BOOK, {"ETH": ETH}, 10_000, fee_rate=0.001, horizon_days=9, train_share=0.25, refit=40,
        funding_rate_8h={"ETH": 0.0001},
    )  # fmt: skip
    (eth,) = choice.candidates
    residual = h.walk_forward_residual(BOOK, ETH, train=100, refit=40)
    sd, hedged = np.std(BOOK[100:], ddof=1), np.std(residual, ddof=1)
    assert choice.n_test == 300
    assert eth.betas == pytest.approx((h.ols_beta(BOOK, ETH).beta,))
    assert eth.effectiveness == pytest.approx(1 - hedged**2 / sd**2)
    assert eth.volatility_removed == pytest.approx(1 - hedged / sd)
    assert eth.avoided_usd == pytest.approx(10_000 * (sd - hedged) * 3)
    assert eth.fees_usd == pytest.approx(2 * 0.001 * 10_000 * eth.betas[0])
    assert eth.funding_usd == pytest.approx(10_000 * eth.betas[0] * 0.0001 * 27)
    assert eth.cost_usd == pytest.approx(eth.fees_usd - eth.funding_usd)
    drawn = h.bootstrap_effectiveness(BOOK[100:], residual)
    ends = (eth.effectiveness_low, eth.effectiveness_high)
    assert ends == pytest.approx(np.percentile(drawn, [2.5, 97.5]))
    assert (eth.behind, eth.tied, eth.chance) == (0, True, 1)


def test_a_tie_is_settled_by_the_coin_held_then_cost_then_depth():
    # Two coins that follow the book equally well.
    book = BTC + NOISE + 0.3 * OWN
    coins = {"A": BTC + 0.1 * OWN, "B": NOISE - 0.1 * OWN}

    def order(**options):
        choice = h.rank_hedges(book, coins, 10_000, candidates=[["A"], ["B"]], **options)
        assert [c.tied for c in choice.candidates] == [True, True]
        return [c.name for c in choice.candidates]

    assert order() == ["A", "B"]
    assert order(funding_rate_8h={"A": -0.0001}) == ["B", "A"]
    assert order(funding_rate_8h={"A": -0.0001}, holdings_usd={"A": 5}) == ["A", "B"]
    assert order(holdings_usd={"B": 5}) == ["B", "A"]
    # Funding settles no more than a tie.
    funding = {"ETH": -0.0005}
    clear = h.rank_hedges(
        BOOK, COINS, 10_000, candidates=[["BTC"], ["ETH"]], funding_rate_8h=funding
    )
    assert [(c.name, c.tied) for c in clear.candidates] == [("ETH", True), ("BTC", False)]
    assert clear.candidates[1].behind_low > 0
    assert clear.candidates[1].chance < 0.025


@pytest.mark.parametrize(("size", "block"), [(60, 10), (57, 10), (23, 1), (30, 30)])
def test_the_bootstrap_is_that_of_a_plain_loop(size, block):
    y, hedged = BOOK[:size], np.column_stack([OWN, BOOK - BTC])[:size]
    drawn = h.bootstrap_effectiveness(y, hedged, block=block, draws=50, seed=3)
    starts = np.random.default_rng(3).integers(size - block + 1, size=(50, -(-size // block)))
    for row, chosen in zip(drawn, starts, strict=True):
        days = np.concatenate([np.arange(at, at + block) for at in chosen])
        by_hand = 1 - np.var(hedged[days], axis=0) / np.var(y[days])
        assert row == pytest.approx(by_hand, rel=1e-9)
    alone = h.bootstrap_effectiveness(y, hedged[:, 1], block=block, draws=50, seed=3)
    assert alone == pytest.approx(drawn[:, 1])


def test_the_two_hedge_coins_of_a_shipped_book_are_a_tie():
    from hedgelib import market

    # LINK, MATIC and AVAX of 20, 8 and 10: known intervals, and the chance of the second.
    returns = market.returns(window=365)
    book = returns[["LINK", "MATIC", "AVAX"]].to_numpy() @ np.array([20, 8, 10]) / 38
    coins = {coin: returns[coin].to_numpy() for coin in ("BTC", "ETH")}
    choice = h.rank_hedges(book, coins, 38_000, candidates=[["BTC"], ["ETH"]])
    btc, eth = sorted(choice.candidates, key=lambda c: c.name)
    assert (btc.effectiveness, eth.effectiveness) == pytest.approx((0.336, 0.331), abs=0.001)
    ends = (btc.effectiveness_low, btc.effectiveness_high)
    assert ends == pytest.approx((0.18, 0.48), abs=0.02)
    assert (-eth.behind_high, -eth.behind_low) == pytest.approx((-0.27, 0.21), abs=0.02)
    # BTC removed more in 46% of the draws, though it did in the sample.
    assert 1 - eth.chance == pytest.approx(0.46, abs=0.02)
    assert eth.tied


def test_the_sentence_says_why_the_first_is_first():
    choice = h.rank_hedges(BOOK, COINS, 10_000, candidates=[["BTC"], ["ETH"]], fee_rate=0.001)
    first, second = choice.candidates
    text = choice.sentence()
    assert choice.best is first
    assert choice.worthwhile
    assert text.startswith(
        f"ETH comes first: over 200 days out of sample, ETH removed {first.effectiveness:.0%}"
    )
    assert f"cost ${first.fees_usd:,.0f}." in text
    assert f"Next is BTC with {second.effectiveness:.0%}, " in text
    alone = h.rank_hedges(BOOK, {"ETH": ETH}, 10_000, fee_rate=0, funding_rate_8h={"ETH": 0.0001})
    assert f"bring ${alone.best.funding_usd:,.0f}." in alone.sentence()
    assert "Next is" not in alone.sentence()


@pytest.mark.parametrize("change", [{"enough": 0.999}, {"fee_rate": 0.5}])
def test_hedge_less_where_nothing_removes_enough(change):
    choice = h.rank_hedges(BOOK, COINS, 10_000, **change)
    assert not choice.worthwhile
    assert choice.sentence().startswith("Hedge less, sell some: over 200 days out of sample, ")


def test_what_a_coin_of_its_own_does_cannot_be_hedged():
    assert not h.rank_hedges(OWN, COINS, 10_000).worthwhile


def test_the_table_shows_names_as_text():
    choice = h.rank_hedges(BOOK, {"<b>": ETH}, 10_000)
    cells = shown(choice)
    assert "<b>" in cells
    assert cells[-1] == choice.sentence()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"book_returns": BOOK[:7]}, h.NotEnoughData, "book_returns needs at least 8 values"),
        ({"book_returns": np.zeros(400)}, h.NotEnoughData, "the book does not move"),
        ({"coin_returns": {"ETH": ETH[1:]}}, h.InvalidInput, "ETH has 399 returns and the book"),
        ({"coin_returns": {}}, h.InvalidInput, "there is no hedge coin to choose from"),
        ({"candidates": [["SOL"]]}, h.UnknownCoin, r"no returns of \['SOL'\]; there are \['BTC'"),
        ({"candidates": [[]]}, h.UnknownCoin, "no returns of no coin"),
        ({"book_usd": 0}, h.InvalidInput, r"book_usd must be > 0, got 0\.0"),
        ({"train_share": 1.5}, h.InvalidInput, "train_share must be a decimal from 0 to 1"),
        ({"train_share": 1.0}, h.NotEnoughData, "the book does not move in the days to test on"),
        ({"horizon_days": 0}, h.InvalidInput, "horizon_days must be > 0"),
        ({"funding_rate_8h": {"ETH": 2}}, h.InvalidInput, r"funding_rate_8h\['ETH'\] must be"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(change, error, message):
    request = {"book_returns": BOOK, "coin_returns": COINS, "book_usd": 10_000.0} | change
    with pytest.raises(error, match=message):
        h.rank_hedges(**request)


def test_an_overflow_is_an_error_and_no_residual():
    x = np.array([*1e-10 * RNG.normal(size=20), *np.full(5, 1e300)])
    y = 1e10 * x[:20]
    with pytest.raises(h.InvalidInput, match="walk_forward_residual: the numbers are too large"):
        h.walk_forward_residual([*y, *np.zeros(5)], x, train=20)


def test_a_fit_that_is_no_number_is_an_error(monkeypatch):
    """Not every linear algebra library says what happened in its floating point."""
    monkeypatch.setattr("hedgelib.choice._fit", lambda _y, x: np.full(x.shape[1], np.nan))
    with refused("walk_forward_residual: the numbers are too large or too small"):
        h.walk_forward_residual(np.arange(8.0) / 100, np.arange(8.0) / 50, train=5)
