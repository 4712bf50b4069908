"""Six ways through four years, against a plain loop over the days."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hedgelib import ASSUMED_MAINTENANCE_RATE, ContractTerms, InvalidInput, market, plan_hedge
from hedgelib.course.studies.six_ways import (
    DAYS,
    SIX_WAYS,
    YEARS,
    SixWays,
    put_value,
    year_of,
)
from tests.showtools import assert_legible

ETH = market.contract("binance:ETHUSD_PERP")
USDT = ContractTerms(
    venue="Somewhere", symbol="ETHUSDT", kind="linear", coin="ETH", multiplier=0.01, settle="USDT"
)
SIX = SixWays(book_usd=10_000, price_usd=2_500, inverse=ETH, linear=USDT, held_usd=5_000)


def normal(x: float) -> float:
    """The standard normal distribution, by the midpoint rule."""
    edges = np.linspace(-12, x, 20_001)
    middle = (edges[1:] + edges[:-1]) / 2
    return float(np.exp(-(middle**2) / 2).sum() * (edges[1] - edges[0]) / math.sqrt(2 * math.pi))


def loop(year: str) -> dict[str, tuple[list[float], int | None]]:
    """The profit of each way day by day, for a book of $10,000 that moves as ETH does."""
    rate = ASSUMED_MAINTENANCE_RATE
    profits: dict[str, list[float]] = {way: [] for way in SIX_WAYS}
    ended: dict[str, int | None] = dict.fromkeys(SIX_WAYS)
    start = 2 * normal(0.75 / 2) - 1
    for day, level in enumerate(year_of(year)):
        book = 10_000 * (level - 1)
        profits["do nothing"].append(book)
        profits["sell a share"].append(book / 2)
        # The margin, what it gains with ETH, the short, and the maintenance margin.
        for way, margin, gained, short, needed in (
            (SIX_WAYS[2], 5_000, 0, 10_000, 10_000 * level * rate),
            (SIX_WAYS[3], 10_000, 10_000 * (level - 1), 20_000, 20_000 * rate),
            (SIX_WAYS[4], 5_000, 5_000 * (level - 1), 10_000, 10_000 * rate),
        ):
            equity = margin + gained - short * (level - 1)
            if ended[way] is None and equity <= needed:
                ended[way] = day
            outside = book if way != SIX_WAYS[4] else book / 2
            profits[way].append(outside + (0 if ended[way] is not None else equity) - margin)
        spread = 0.75 * math.sqrt((DAYS - day) / DAYS)
        if spread:
            d1 = math.log(level) / spread + spread / 2
            put = normal(spread - d1) - level * normal(-d1)
        else:
            put = max(1 - level, 0)
        profits["put on the hedge coin"].append(book + 10_000 * (put - start))
    return {way: (profits[way], ended[way]) for way in SIX_WAYS}


@pytest.mark.parametrize("year", YEARS)
def test_each_way_is_what_a_plain_loop_makes_of_it(year):
    ways = SIX.through(year)
    for way, (profit, ended) in loop(year).items():
        assert ways[way].liquidated_at == ended, way
        np.testing.assert_allclose(ways[way].pnl_usd, profit, atol=0.02, err_msg=way)
        assert ways[way].worst_usd == pytest.approx(min(profit), abs=0.02)


def test_money_from_outside():
    crash = SIX.through("crash")
    outside = [round(crash[way].outside_usd) for way in SIX_WAYS]
    assert outside == [0, 0, 5_000, 10_000, 0, 2_923]
    assert [round(crash[way].sold_usd) for way in SIX_WAYS] == [0, 5_000, 0, 0, 0, 0]


def test_a_book_without_the_coin_sells_some_for_margin():
    other = SixWays(book_usd=10_000, price_usd=2_500, inverse=ETH, linear=USDT)
    assert other.through("crash")["inverse short, coin held"].sold_usd == pytest.approx(5_000)


def test_linear_and_bought_coin_survive_the_same_rally_on_the_same_money():
    linear = plan_hedge(
        10_000, 1.0, USDT, 2_500, collateral="stablecoin", collateral_usd=10_000, fee_rate=0,
        maintenance_rate=ASSUMED_MAINTENANCE_RATE,
    )  # fmt: skip
    bought = plan_hedge(
        10_000, 1.0, ETH, 2_500, collateral_usd=10_000, fee_rate=0,
        maintenance_rate=ASSUMED_MAINTENANCE_RATE,
    )  # fmt: skip
    assert linear.liquidation_move == pytest.approx(bought.liquidation_move, abs=0.001)
    assert linear.notional_usd == bought.notional_usd / 2


def test_funding_goes_to_the_short():
    paid = SixWays(
        book_usd=10_000, price_usd=2_500, inverse=ETH, linear=USDT, held_usd=5_000, funding=0.1
    ).through("sideways year")
    plain = SIX.through("sideways year")
    gained = {way: paid[way].pnl_usd[-1] - plain[way].pnl_usd[-1] for way in SIX_WAYS}
    assert gained[SIX_WAYS[0]] == gained[SIX_WAYS[5]] == 0
    assert gained[SIX_WAYS[2]] == pytest.approx(1_000, rel=0.02)
    assert gained[SIX_WAYS[3]] == pytest.approx(2_000, rel=0.03)


@pytest.mark.parametrize("bad", [{"beta": 0}, {"implied": 0}, {"sold": 1.5}])
def test_bad_values_are_named(bad):
    with pytest.raises(InvalidInput, match=next(iter(bad))):
        SixWays(book_usd=10_000, price_usd=2_500, inverse=ETH, linear=USDT, **bad)


def test_put_and_call_agree():
    """A call less a put is the forward less the strike; a call of one is a put of the other."""
    for price, strike in ((80, 100), (100, 80), (50, 50)):
        put, call = put_value(price, strike, 0.6, 0.5), put_value(strike, price, 0.6, 0.5)
        assert call - put == pytest.approx(price - strike)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("leverage", [1.5, 2, 4])
def test_board_and_picture_say_the_numbers(year, leverage):
    six = SixWays(
        book_usd=10_000, price_usd=2_500, inverse=ETH, linear=USDT, held_usd=7_000,
        leverage=leverage,
    )  # fmt: skip
    study = six.at(year)
    scene = study.scene()
    assert_legible(scene)
    column = 1 + YEARS.index(year)
    for row, (way, result, worst, *_) in zip(six.board().rows, study.table().rows, strict=True):
        assert row[0] == way
        assert row[column] == f"{result} ({worst})"
        assert f"{way} {result}, at worst {worst}" in scene.alt
