"""Rolling beta of every bundled coin: against the loops of pandas and of statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.regression.rolling import RollingOLS

from hedgelib import market
from hedgelib.beta import rolling_beta
from tests.benchmarks.measure import Row, faster, medians

WINDOW = 90


def returns() -> tuple[pd.DataFrame, pd.Series]:
    """Ten coins over all 1,461 days; where a coin did not trade yet, a made-up one stands in."""
    table = market.returns()
    rng = np.random.default_rng(0)
    eth = table["ETH"].dropna()
    coins = table.drop(columns="ETH").reindex(eth.index)
    made = pd.DataFrame(rng.normal(0, 0.05, coins.shape), coins.index, coins.columns)
    return coins.fillna(made).iloc[:, :10], eth


def rows() -> list[Row]:
    coins, eth = returns()
    y, x = coins.to_numpy(), eth.to_numpy()

    def ours() -> np.ndarray:
        return rolling_beta(y, x, WINDOW).beta

    def pandas() -> pd.DataFrame:
        return coins.rolling(WINDOW).cov(eth).div(eth.rolling(WINDOW).var(), axis=0)

    def statsmodels() -> np.ndarray:
        design = sm.add_constant(x)
        fits = [
            RollingOLS(y[:, k], design, WINDOW).fit(params_only=True) for k in range(y.shape[1])
        ]
        return np.column_stack([fit.params[:, 1] for fit in fits])

    found = ours()
    theirs = pandas().to_numpy()[WINDOW - 1 :], statsmodels()[WINDOW - 1 :]
    gaps = [float(np.max(np.abs(found - other))) for other in theirs]
    assert max(gaps) < 1e-9, gaps
    quick = medians({"ours": ours, "pandas": pandas}, repeat=15)
    slow = medians({"ours": ours, "statsmodels": statsmodels}, repeat=3)
    what = f"rolling beta of {y.shape[1]} coins x {y.shape[0] + 1:,} days, window {WINDOW}"
    return [
        faster(
            what,
            ("hedgelib.rolling_beta", quick["ours"]),
            ("pandas rolling cov / var", quick["pandas"]),
            same=f"largest difference {gaps[0]:.0e}",
            at_least=10,
        ),
        faster(
            what,
            ("hedgelib.rolling_beta", slow["ours"]),
            ("statsmodels RollingOLS, a coin at a time", slow["statsmodels"]),
            same=f"largest difference {gaps[1]:.0e}",
            at_least=50,
        ),
    ]
