"""Returns of prices, and of longer periods."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgelib as h
from hedgelib.errors import NotEnoughData
from tests.strategies import check_value_object, refused

TOO_BIG = "the numbers are too large or too small"


def same(found, expected, abs_=1e-13):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=abs_)


def test_simple_and_log_returns():
    same(h.simple_returns([100, 110, 99]), [0.1, -0.1])
    same(h.log_returns([100, 110, 99]), [math.log(1.1), math.log(0.9)])
    table = np.array([[100, 4], [110, 5], [99, 5]])
    same(h.simple_returns(table), [[0.1, 0.25], [-0.1, 0.0]])
    same(h.log_returns(table), np.log1p([[0.1, 0.25], [-0.1, 0.0]]))
    assert h.simple_returns([[1.0], [2.0]]).shape == (1, 1)


@pytest.mark.parametrize("function", [h.simple_returns, h.log_returns])
def test_returns_refuse(function):
    with refused("prices_usd must be > 0, got 0.0 at [1]"):
        function([1, 0, 2])
    with refused("prices_usd needs at least 2 values, got 1", NotEnoughData):
        function([1])
    with refused("prices_usd needs at least 2 values, got 0", NotEnoughData):
        function([])
    with refused("prices_usd must have one or two dimensions, got 0"):
        function(5)
    with refused("prices_usd must have one or two dimensions, got 3"):
        function(np.ones((2, 2, 2)))


def test_returns_of_extreme_prices():
    with refused(f"simple_returns: {TOO_BIG}"):
        h.simple_returns([1e-300, 1e300])
    same(h.log_returns([1e-300, 1e300]), [600 * math.log(10)])


def test_horizon_returns():
    blocks = h.horizon_returns([0.1, -0.1, 0.2, 0.05], 2)
    same(blocks.returns, [-0.01, 0.26])
    assert (blocks.periods, blocks.dropped) == (2, 0)
    table = np.array([[0.1, 0.0], [-0.1, 1.0], [0.2, 0.5], [0.05, -0.5]])
    same(h.horizon_returns(table, 2).returns, [[-0.01, 1.0], [0.26, -0.25]])
    same(h.horizon_returns(table, 4).returns, [[1.1 * 0.9 * 1.2 * 1.05 - 1, 0.5]])
    same(h.horizon_returns(table, 1).returns, table)


def test_horizon_returns_tell_what_they_drop():
    blocks = h.horizon_returns([0.1, -0.1, 0.2, 0.05, 0.3], 3, incomplete="drop")
    same(blocks.returns, [1.1 * 0.9 * 1.2 - 1])
    assert (blocks.periods, blocks.dropped) == (3, 2)
    with refused(
        "5 returns make 1 blocks of 3 and leave 2 over; pass incomplete='drop' to leave the last "
        "ones out"
    ):
        h.horizon_returns([0.1, -0.1, 0.2, 0.05, 0.3], 3)


def test_horizon_returns_refuse():
    with refused("periods must be at most 2 with the data given, got 3", NotEnoughData):
        h.horizon_returns([0.1, 0.2], 3)
    with refused("periods must be >= 1, got 0"):
        h.horizon_returns([0.1, 0.2], 0)
    with refused("periods must be a whole number, got 1.5"):
        h.horizon_returns([0.1, 0.2], 1.5)
    with refused("returns must be > -1 (a loss of 100% is -1), got -1.0 at [1]"):
        h.horizon_returns([0.1, -1], 1)
    with refused("incomplete must be one of refuse, drop, got 'last'"):
        h.horizon_returns([0.1, 0.2], 1, incomplete="last")
    with pytest.raises(TypeError, match="positional"):
        h.horizon_returns([0.1, 0.2], 1, "drop")
    with refused("returns must have one or two dimensions, got 0"):
        h.horizon_returns(0.1, 1)
    with refused("returns must have one or two dimensions, got 3"):
        h.horizon_returns(np.zeros((1, 1, 1)), 1)
    with refused(f"horizon_returns: {TOO_BIG}"):
        h.horizon_returns([1e200, 1e200], 2)


@given(st.lists(st.floats(-0.9, 1.0), min_size=6, max_size=80), st.integers(1, 6))
def test_blocks_compound_to_the_whole(returns, periods):
    returns = np.array(returns)
    blocks = h.horizon_returns(returns, periods, incomplete="drop")
    used = returns[: returns.size - blocks.dropped]
    assert blocks.dropped == returns.size % periods
    same(np.log1p(blocks.returns).sum(), np.log1p(used).sum(), abs_=1e-12)


def test_a_result_is_plain_and_frozen():
    check_value_object(h.HorizonReturns)
