"""Returns, betas and hedge ratios: exact numbers, laws, other packages, what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.rolling import RollingOLS
from statsmodels.stats.outliers_influence import variance_inflation_factor

import hedgelib as b
from hedgelib import beta, ratio, returns
from hedgelib._result import Numbers, whole
from hedgelib._student import student_quantile
from hedgelib.errors import HedgeError, InvalidInput, NotEnoughData
from tests.strategies import BAD_ANYWHERE, floats, refused, shown

NAMES = [*returns.__all__, *beta.__all__, *ratio.__all__]
D60 = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
D60 = {name: np.array(values) for name, values in D60["meta"]["datasets"]["D60"].items()}
ALT, ETH, BTC = D60["alt"], D60["eth"], D60["btc"]
SIX_Y = [0.05, -0.08, 0.03, -0.12, 0.10, 0.02]
SIX_X = [0.03, -0.05, 0.02, -0.08, 0.06, 0.01]
ERRORS = ("classic", "HC0", "HC1", "HC2", "HC3", "newey-west")
DOWNSIDE = (
    "conditional_zero",
    "conditional_mean",
    "upside_conditional_zero",
    "estrada_mean",
    "estrada_zero",
    "bawa_lindenberg",
)
TOO_BIG = "the numbers are too large or too small"


def same(found, expected, rel=1e-9, abs_=1e-13):
    np.testing.assert_allclose(found, expected, rtol=rel, atol=abs_)


def sample(seed, n=60, k=1):
    """Returns of one book and k coins with fat tails and a trend."""
    rng = np.random.default_rng(seed)
    x = 0.001 + 0.03 * rng.standard_t(4, size=(n, k))
    y = 0.002 + x @ np.linspace(0.8, 1.6, k) + 0.02 * rng.standard_t(4, size=n)
    return y, x[:, 0] if k == 1 else x


samples = st.builds(sample, st.integers(0, 10_000), st.integers(12, 80))


def estimate(**changes):
    plain = {
        "beta": 1.8,
        "se": 0.09,
        "alpha": 0.004,
        "se_alpha": 0.002,
        "r2": 0.81,
        "residual_sd": 0.02,
        "n": 60,
    }
    return b.BetaEstimate(**(plain | changes))


def test_estimate_by_default():
    fit = estimate()
    assert (fit.method, fit.y_name, fit.x_name, fit.degrees) == ("OLS", "book", "coin", None)
    assert fit.dof == 58
    assert fit.correlation == pytest.approx(0.9)
    assert fit.t_value == pytest.approx(20)
    assert fit.r2_adjusted == pytest.approx(1 - 0.19 * 59 / 58)
    assert estimate(beta=-1.8).correlation == pytest.approx(-0.9)
    assert estimate(r2=-0.1).correlation == 0
    assert estimate(degrees=4.5).dof == 4.5


def test_interval_is_students():
    low, high = estimate().interval()
    # t of 58 degrees of freedom at 97.5%: 2.001717...
    same([low, high], [1.8 - 2.0017174841 * 0.09, 1.8 + 2.0017174841 * 0.09])
    low, high = estimate().interval(0.5)
    same(high - low, 2 * stats.t.ppf(0.75, 58) * 0.09)
    low, high = estimate(degrees=math.inf).interval()
    same([low, high], [1.8 - 1.959963984540054 * 0.09, 1.8 + 1.959963984540054 * 0.09])
    assert estimate(se=0.0).interval() == (1.8, 1.8)


@pytest.mark.parametrize("level", [1e-6, 0.01, 0.5, 0.9, 0.95, 0.99, 0.99999])
@pytest.mark.parametrize("dof", [0.3, 1, 1.5, 2, 4.5, 28, 363, 9_999, 10_001, 1e8, math.inf])
def test_quantile_is_scipys(level, dof):
    # Near 0 and 1 scipy's own argument, half of the level above a half, has lost digits.
    tail = stats.t.isf((1 - level) / 2, dof) if level > 0.5 else stats.t.ppf(0.5 + level / 2, dof)
    assert student_quantile(level, dof) == pytest.approx(tail, rel=1e-9 + 1e-16 / level)


def test_quantile_at_the_ends():
    assert student_quantile(5e-324, 3) == 0.0
    assert student_quantile(math.nextafter(1, 0), 0.01) == math.inf
    with refused("degrees must be > 0, or inf for none, got 0.0"):
        estimate(degrees=0)


def test_estimate_without_an_error():
    fit = estimate(se=None, se_alpha=None, method="downside estrada_mean")
    message = (
        "the method 'downside estrada_mean' has no standard error; use ols_beta, or a bootstrap"
    )
    with refused(message):
        fit.interval()
    with refused(message):
        _ = fit.t_value
    assert str(fit) == (
        "beta of book to coin 1.80 (95% confidence interval none), R² 0.81, n 60, "
        "downside estrada_mean"
    )
    assert "none" in shown(fit)


def test_exact_fit_has_an_infinite_t():
    assert estimate(se=0.0).t_value == math.inf
    assert estimate(se=0.0, beta=-1.0).t_value == -math.inf


def test_estimate_in_words_and_in_a_notebook():
    fit = estimate(y_name="<b>", x_name="ETH")
    assert (
        str(fit)
        == "beta of <b> to ETH 1.80 (95% confidence interval 1.62 to 1.98), R² 0.81, n 60, OLS"
    )
    assert shown(fit) == [
        *("book", "coin", "beta", "95% confidence interval", "R²", "n", "method"),
        *("<b>", "ETH", "1.800", "1.62 to 1.98", "0.810", "60", "OLS"),
    ]


@pytest.mark.parametrize("name", ["beta", "se", "alpha", "se_alpha", "r2", "residual_sd"])
def test_estimate_takes_no_nonsense(name):
    for value in (math.nan, math.inf, "x", [1.0]):
        with pytest.raises(InvalidInput, match=f"^{name} must be"):
            estimate(**{name: value})
    if name in ("se", "se_alpha", "residual_sd"):
        with refused(f"{name} must be >= 0, got -0.1"):
            estimate(**{name: -0.1})
    else:
        assert getattr(estimate(**{name: -0.1}), name) == -0.1
    assert type(getattr(estimate(**{name: np.float64(0.5)}), name)) is float


def test_estimate_needs_three_observations():
    with refused("a beta with an error needs at least 3 observations, got 2", NotEnoughData):
        estimate(n=2)
    assert estimate(n=3).dof == 1


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, math.nan, "0.9", [0.9, 0.95]])
def test_level_of_an_interval(level):
    with pytest.raises(InvalidInput, match=r"^level must be"):
        estimate().interval(level)


def test_beta_depends_on_the_horizon_and_on_the_kind_of_return():
    week = [b.horizon_returns(series, 5).returns for series in (ALT, ETH)]
    same(b.ols_beta(*week).beta, 2.2087, rel=3e-5)
    assert b.ols_beta(*week).n == 12
    same(b.ols_beta(np.log1p(ALT), np.log1p(ETH)).beta, 1.8074, rel=3e-5)


def test_ols_of_the_worked_sample():
    fit = b.ols_beta(ALT, ETH)
    same(fit.beta, 1.8009147811541213)
    same(fit.alpha, 0.0043730255990184225)
    same(fit.se, 0.08949778761544246)
    same(fit.se_alpha, 0.002710171712963642)
    same(fit.r2, 0.8747064797123855)
    same(fit.r2_adjusted, 0.8725462466039784)
    same(fit.t_value, 20.122450276562827)
    same(fit.interval(), [1.621765494891973, 1.9800640674162695])
    same(fit.correlation, 0.9352574403405653)
    assert (fit.n, fit.method, fit.y_name, fit.x_name) == (60, "OLS", "book", "coin")
    assert b.ols_beta(ALT, ETH, y_name="ALT", x_name="ETH").y_name == "ALT"
    assert b.ols_beta(ALT, ETH, y_name="ALT", x_name="ETH").x_name == "ETH"


@pytest.mark.parametrize("errors", ERRORS[:5])
@pytest.mark.parametrize("seed", range(4))
def test_errors_are_statsmodels(errors, seed):
    y, x = sample(seed, 7 + 11 * seed)
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    ours = b.ols_beta(y, x, errors=errors)
    covariance = fit if errors == "classic" else fit.get_robustcov_results(errors)
    same([ours.se_alpha, ours.se], covariance.bse)
    same([ours.alpha, ours.beta], fit.params)
    same([ours.r2, ours.r2_adjusted], [fit.rsquared, fit.rsquared_adj])
    same(ours.residual_sd, math.sqrt(fit.mse_resid))
    assert b.beta_se(y, x, errors) == ours.se
    assert ours.method == ("OLS" if errors == "classic" else f"OLS, {errors} errors")


@pytest.mark.parametrize("lags", [0, 1, 3, 7, 11])
@pytest.mark.parametrize("small_sample", [False, True])
def test_newey_west_is_statsmodels(lags, small_sample):
    y, x = sample(lags, 12 + 5 * lags)
    fit = sm.OLS(y, sm.add_constant(x)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": small_sample}
    )
    ours = b.ols_beta(y, x, errors="newey-west", lags=lags, small_sample=small_sample)
    same([ours.se_alpha, ours.se], fit.bse)
    assert ours.se == b.beta_se(y, x, "newey-west", lags=lags, small_sample=small_sample)
    assert ours.method == f"OLS, Newey-West errors, {lags} lags"


def test_newey_west_without_lags_is_white_and_by_default_the_rule():
    assert b.beta_se(ALT, ETH, "newey-west", lags=0) == b.beta_se(ALT, ETH, "HC0")
    small = b.beta_se(ALT, ETH, "newey-west", lags=0, small_sample=True)
    assert small == b.beta_se(ALT, ETH, "HC1")
    default = b.ols_beta(ALT, ETH, errors="newey-west")
    assert default.se == b.beta_se(ALT, ETH, "newey-west", lags=3)
    same(default.se, 0.09535365610299736)
    assert default.method == "OLS, Newey-West errors, 3 lags"
    longest = b.beta_se(ALT, ETH, "newey-west", lags=59)
    assert 0 <= longest < 0.1


def test_newey_west_lags():
    found = [b.newey_west_lags(n) for n in (1, 3, 60, 99, 100, 365, 1000, 1461)]
    assert found == [1, 1, 3, 3, 4, 5, 6, 7]
    # Where the formula is whole exactly, 512^(2/9) = 4, floats come to just below it.
    assert [b.newey_west_lags(n) for n in (51_199, 51_200, 51_201)] == [15, 16, 16]
    assert [b.newey_west_lags(n) for n in (1_968_299, 1_968_300)] == [35, 36]
    assert b.newey_west_lags(365.0) == 5
    assert type(b.newey_west_lags(60)) is int
    with refused("n must be >= 1, got 0"):
        b.newey_west_lags(0)
    with refused("n must be a whole number, got 60.5"):
        b.newey_west_lags(60.5)
    with refused("n is too large to compute with"):
        b.newey_west_lags(10**400)


def test_lags_belong_to_newey_west():
    for kwargs in ({"lags": 2}, {"small_sample": True}):
        with refused("lags and small_sample belong to errors='newey-west', got errors='HC3'"):
            b.ols_beta(SIX_Y, SIX_X, errors="HC3", **kwargs)
        with refused("lags and small_sample belong to errors='newey-west', got errors='classic'"):
            b.beta_se(SIX_Y, SIX_X, **kwargs)
    with refused("lags must be at most 5 with the data given, got 6", NotEnoughData):
        b.ols_beta(SIX_Y, SIX_X, errors="newey-west", lags=6)
    with refused("lags must be >= 0, got -1"):
        b.ols_beta(SIX_Y, SIX_X, errors="newey-west", lags=-1)
    with refused("errors must be one of classic, HC0, HC1, HC2, HC3, newey-west, got 'HC4'"):
        b.ols_beta(SIX_Y, SIX_X, errors="HC4")


def test_one_observation_alone_sets_the_slope():
    y, x = [0.01, 0.02, 0.05, 0.00], [0.0, 0.0, 0.1, 0.0]
    for errors in ("HC2", "HC3"):
        with refused(
            f"errors='{errors}' need more than one observation to set the slope, but [2] sets it "
            "alone; use 'classic', 'HC0' or 'HC1'"
        ):
            b.ols_beta(y, x, errors=errors)
    assert b.beta_se(y, x, "HC0") > 0
    assert b.beta_se(y, [0.0, 0.0, 0.1, 1e-4], "HC3") > 0


@given(samples, floats(-3, 3), floats(0.01, 50), floats(-3, 3), floats(0.01, 50))
def test_scale_and_shift_laws(pair, y_shift, y_scale, x_shift, x_scale):
    y, x = pair
    plain = b.ols_beta(y, x, errors="HC3")
    moved = b.ols_beta(y_shift + y_scale * y, x_shift + x_scale * x, errors="HC3")
    factor = y_scale / x_scale
    same(moved.beta, plain.beta * factor, abs_=1e-11 * factor)
    same(moved.se, plain.se * factor)
    same(moved.r2, plain.r2, abs_=1e-11)
    same(moved.residual_sd, plain.residual_sd * y_scale)
    alpha = y_shift + y_scale * plain.alpha - moved.beta * x_shift
    same(moved.alpha, alpha, abs_=1e-11 * (1 + y_scale) * (1 + factor * abs(x_shift)))


@given(samples)
def test_a_coin_to_itself(pair):
    x = pair[1]
    fit = b.ols_beta(x, x)
    assert (fit.beta, fit.se, fit.r2, fit.residual_sd) == (1.0, 0.0, 1.0, 0.0)
    assert abs(fit.alpha) < 1e-17
    same(b.correlation(x, x), 1.0, rel=1e-15)
    same(b.ewma_beta(x, x, decay=0.9).beta, 1.0)
    same(b.rolling_beta(x, x, 5).beta, 1.0, rel=1e-11)
    assert b.downside_beta(x, x, method="estrada_mean").beta == 1
    assert b.downside_beta(x, x, method="estrada_zero").beta == 1
    # On the coin's good days the second factor is 0, so y there does not count.
    same(b.downside_beta(x, x, method="bawa_lindenberg").beta, 1.0)


@given(samples)
def test_betas_add_up_over_books(pair):
    y, x = pair
    other = np.roll(y, 1)
    both = b.ols_beta(0.3 * y + 0.7 * other, x).beta
    parts = [b.ols_beta(y, x).beta, b.ols_beta(other, x).beta]
    same(both, b.portfolio_beta([0.3, 0.7], parts), abs_=1e-12)


def test_a_book_that_does_not_move():
    fit = b.ols_beta([0.1] * 7, [0.01, 0.02, 0.05, 0.01, -0.02, 0.03, 0.0])
    assert (fit.beta, fit.se, fit.r2, fit.residual_sd) == (0.0, 0.0, 0.0, 0.0)
    assert fit.alpha == pytest.approx(0.1)


REGRESSIONS = {
    "ols_beta": b.ols_beta,
    "beta_se": b.beta_se,
    "correlation": b.correlation,
    "downside_beta": lambda y, x: b.downside_beta(y, x, method="bawa_lindenberg"),
    "ewma_beta": lambda y, x: b.ewma_beta(y, x, decay=0.9),
    "kalman_beta": lambda y, x: b.kalman_beta(y, x, state_noise=(0, 0), observation_noise=1),
    "hedge_effectiveness": lambda y, x: b.hedge_effectiveness(y, x, 1),
    "out_of_sample_effectiveness": lambda y, x: b.out_of_sample_effectiveness(y, x, 3),
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_a_regression_refuses(name):
    regress = REGRESSIONS[name]
    with refused("y needs at least 3 values, got 2", NotEnoughData):
        regress([0.1, 0.2], [0.1, 0.2])
    with refused("x needs at least 3 values, got 2", NotEnoughData):
        regress([0.1, 0.2, 0.3], [0.1, 0.2])
    with refused("y and x must be of one length, got 4 and 3; align dates"):
        regress([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.1])
    # 0.1 + 0.2 is 0.3 and one rounding more: no variation.
    for flat in ([0.1, 0.1, 0.1], [0.3, 0.3, 0.1 + 0.2], [0, 0, 0]):
        with refused("x does not vary, so nothing can be regressed on it"):
            regress([0.1, 0.2, 0.1], flat)
    with refused("x must be a finite number, got nan at [1]"):
        regress([0.1, 0.2, 0.1], [0.1, math.nan, 0.3])
    with refused("y must be a finite number, got inf at [2]"):
        regress([0.1, 0.2, math.inf], [0.1, 0.2, 0.3])


@pytest.mark.parametrize("name", REGRESSIONS)
@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-130, 1e130, 1e160, 1e300])
def test_numbers_too_large_or_too_small_to_regress(name, scale):
    y, x = np.array([0.1, 0.2, 0.15, 0.3, -0.1, 0.2]), np.array([0.1, 0.3, 0.2, -0.1, -0.2, 0.1])
    for pair in ((y, x * scale), (y * scale, x)):
        try:
            found = REGRESSIONS[name](*pair)
        except InvalidInput as error:
            assert "large" in str(error)  # noqa: PT017
        else:
            # Where an answer comes, it is that of the law of scale.
            plain = REGRESSIONS[name](y, x)
            if name in ("ols_beta", "ewma_beta", "downside_beta"):
                factor = scale if pair[1] is x else 1 / scale
                same(found.beta / factor, plain.beta)
                same(found.r2, plain.r2)
            if name == "correlation":
                same(found, plain)


def test_numbers_just_large_enough():
    y, x = np.array(SIX_Y), np.array(SIX_X)
    same(b.ols_beta(y, x * 1e-120).beta, 1.5774309723889561e120)
    with refused("the numbers in x are too large or too small"):
        b.ols_beta(y, x * 1e-126)
    for regress in (b.ols_beta, b.correlation, REGRESSIONS["ewma_beta"]):
        with refused("the numbers in y are too large or too small"):
            regress(y * 1e-126, x)
    with refused(f"ols_beta: {TOO_BIG}"):
        b.ols_beta(y, x * 1e160)


def test_correlation():
    same(b.correlation(ALT, ETH), 0.9352574403405653)
    same(b.correlation(ALT, -ETH), -0.9352574403405653)
    same(b.correlation(SIX_Y, SIX_X), np.corrcoef(SIX_Y, SIX_X)[0, 1])
    with refused("y does not vary, so it has no correlation with anything"):
        b.correlation([0.1, 0.1, 0.1], [0.1, 0.2, 0.3])


@given(samples, floats(1e-6, 1e6), floats(-1, 1))
def test_correlation_stays_within_one(pair, scale, shift):
    x = pair[1]
    assert b.correlation(scale * x + shift, x) == pytest.approx(1)
    assert b.correlation(scale * x + shift, x) <= 1
    assert b.correlation(-scale * x + shift, x) >= -1
    same(b.correlation(*pair), np.corrcoef(*pair)[0, 1], abs_=1e-12)


@pytest.mark.parametrize("window", [2, 3, 5, 8, 20, 59, 60])
def test_rolling_is_pandas(window):
    y, x = sample(window, 60, 3)
    found = b.rolling_beta(x, y, window)
    coin = pd.Series(y)
    table = pd.DataFrame(x)
    betas = pd.DataFrame(
        {c: table[c].rolling(window).cov(coin) / coin.rolling(window).var() for c in table}
    )
    means = table.rolling(window).mean() - betas.mul(coin.rolling(window).mean(), axis=0)
    same(found.beta, betas.to_numpy()[window - 1 :])
    same(found.alpha, means.to_numpy()[window - 1 :], abs_=1e-12)
    assert found.beta.shape == found.alpha.shape == (61 - window, 3)
    assert "means" not in found._repr_html_()
    assert found.end.tolist() == list(range(window - 1, 60))
    assert found.window == window
    one = b.rolling_beta(x[:, 1], y, window)
    assert one.beta.shape == (61 - window,)
    same(one.beta, found.beta[:, 1], rel=1e-12)
    same(one.alpha, found.alpha[:, 1], abs_=1e-14)


def test_rolling_is_statsmodels():
    found = b.rolling_beta(ALT, ETH, 20)
    params = RollingOLS(ALT, sm.add_constant(ETH), window=20).fit().params[19:]
    same(found.alpha, params[:, 0])
    same(found.beta, params[:, 1])
    same(found.beta[[0, 10, 20, 30, 40]][[0, -1]], [1.5705972063333273, 1.7106307779170978])


def test_rolling_of_a_long_history():
    n, k = 1461, 10
    rng = np.random.default_rng(7)
    x = 0.04 * rng.standard_t(3, n)
    y = x[:, None] * np.linspace(0.5, 2, k) + 0.03 * rng.standard_t(3, (n, k))
    for window in (30, 90):
        coin, table = pd.Series(x), pd.DataFrame(y)
        theirs = table.rolling(window).cov(coin).div(coin.rolling(window).var(), axis=0)
        same(b.rolling_beta(y, x, window).beta, theirs.to_numpy()[window - 1 :])
        frames = b.rolling_beta(table, coin, window)
        same(frames.beta, b.rolling_beta(y, x, window).beta, rel=1e-15)


def one_by_one(y, x, window):
    return np.array(
        [b.ols_beta(y[i : i + window], x[i : i + window]).beta for i in range(len(x) - window + 1)]
    )


def test_rolling_in_pieces_is_rolling_in_one():
    y, x = sample(3, 950)
    found = b.rolling_beta(y, x, 3)  # pieces of 300 windows
    same(found.beta, one_by_one(y, x, 3))
    assert found.beta.shape == found.end.shape == (948,)
    exactly = b.rolling_beta(y[:302], x[:302], 3)
    assert exactly.beta.shape == (300,)
    same(exactly.beta, found.beta[:300], rel=1e-12)
    more = b.rolling_beta(y[:303], x[:303], 3)
    same(more.beta, found.beta[:301], rel=1e-12)
    table = b.rolling_beta(np.column_stack([y, -y]), x, 3)
    same(table.beta, np.column_stack([found.beta, -found.beta]), rel=1e-11)
    same(table.alpha[:, 0], found.alpha, rel=1e-11)


@pytest.mark.parametrize("wild", [1e2, 1e5, 1e9])
def test_a_wild_month_leaves_no_rounding_in_the_calm_one_after(wild):
    y, x = sample(5, 200)
    y[40:60], x[40:60] = y[40:60] * wild, x[40:60] * wild
    same(b.rolling_beta(y, x, 10).beta, one_by_one(y, x, 10), rel=1e-9)


@pytest.mark.parametrize("level", [1e2, 1e5])
def test_levels_cost_no_digits(level):
    y, x = sample(6, 120)
    same(
        b.rolling_beta(y + level, x - level, 10).beta, one_by_one(y, x, 10), rel=1e-16 * level * 1e4
    )
    # A step: nearly every window is far from the common mean.
    x[60:] += level
    found = b.rolling_beta(y, x, 10)
    same(found.beta, one_by_one(y, x, 10), rel=1e-16 * level * 1e4, abs_=1e-12)


def test_rolling_over_a_coin_that_is_dead_for_a_while():
    y, x = sample(8, 60)
    y[20:50] = 0.25
    found = b.rolling_beta(y, x, 10)
    same(found.beta[20:41], 0.0, abs_=1e-12)
    same(found.alpha[20:41], 0.25)


def test_rolling_refuses():
    y, x = sample(1, 30)
    x[12:17] = 0.01
    with refused("x does not vary in the 5 observations that end at [16]; take a longer window"):
        b.rolling_beta(y, x, 5)
    assert b.rolling_beta(y, x, 6).beta.shape == (25,)
    with refused("x does not vary in the 3 observations that end at [2]; take a longer window"):
        b.rolling_beta([0.1, 0.2, 0.3], [0.0, 0.0, 0.0], 3)
    long_y, long_x = sample(2, 700)
    long_x[650:653] = 0.0
    with refused("x does not vary in the 3 observations that end at [652]; take a longer window"):
        b.rolling_beta(long_y, long_x, 3)
    with refused("window must be >= 2, got 1"):
        b.rolling_beta(y, x, 1)
    with refused("window must be at most 30 with the data given, got 31", NotEnoughData):
        b.rolling_beta(y, x, 31)
    with refused("y must have one or two dimensions, got 3"):
        b.rolling_beta(np.zeros((3, 2, 2)), [1, 2, 3], 2)
    with refused("y must have one or two dimensions, got 0"):
        b.rolling_beta(0.1, [1, 2, 3], 2)
    with refused("y and x must be of one length, got 29 and 30; align dates"):
        b.rolling_beta(y[1:], x, 6)
    with refused("x needs at least 1 values, got 0", NotEnoughData):
        b.rolling_beta(np.zeros((0, 2)), [], 2)
    with refused("x needs at least 1 values, got 0", NotEnoughData):
        b.rolling_beta([], [], 2)
    with refused("y needs at least one column, got shape (3, 0)", NotEnoughData):
        b.rolling_beta(np.zeros((3, 0)), [1, 2, 3], 2)
    with refused("y must be a finite number, got nan at [(0, 1)]"):
        b.rolling_beta([[1.0, math.nan], [1.0, 1.0]], [1, 2], 2)
    with refused(f"rolling_beta: {TOO_BIG}"):
        b.rolling_beta([1, 2, 3], [1e200, -1e200, 1e200], 2)
    with refused("the numbers in x are too large or too small"):
        b.rolling_beta([1, 2, 3], [1e-150, 2e-150, 4e-150], 2)


WEIGHTINGS = [
    ({"alpha": 0.06}, 0.94),
    ({"span": 20.0}, 1 - 2 / 21),
    ({"halflife": 10.0}, 0.5**0.1),
]


@pytest.mark.parametrize(("weighting", "decay"), WEIGHTINGS)
@pytest.mark.parametrize("adjust", [True, False])
def test_ewma_is_pandas(weighting, decay, adjust):
    y, x = pd.Series(ALT), pd.Series(ETH)
    window = [series.ewm(adjust=adjust, **weighting) for series in (y, x)]
    expected = (window[0].cov(x) / window[1].var()).iloc[-1]
    found = b.ewma_beta(ALT, ETH, adjust=adjust, **weighting)
    same(found.beta, expected)
    same(b.ewma_beta(ALT, ETH, adjust=adjust, decay=decay).beta, expected)
    correlation = window[0].corr(x).iloc[-1]
    same(found.r2, correlation**2)
    same(found.alpha, window[0].mean().iloc[-1] - expected * window[1].mean().iloc[-1], abs_=1e-12)


@pytest.mark.parametrize("intercept", [True, False])
def test_ewma_is_weighted_least_squares(intercept):
    weights = 0.94 ** np.arange(59, -1, -1.0)
    design = sm.add_constant(ETH) if intercept else ETH[:, None]
    fit = sm.WLS(ALT, design, weights).fit()
    found = b.ewma_beta(ALT, ETH, decay=0.94, intercept=intercept)
    same(found.beta, fit.params[-1])
    same(found.r2, fit.rsquared)
    same(found.alpha, fit.params[0] if intercept else 0.0, abs_=1e-15)


def test_riskmetrics_by_its_recursion():
    cross, square = ALT[0] * ETH[0], ETH[0] ** 2
    for y, x in zip(ALT[1:], ETH[1:], strict=True):
        cross, square = 0.94 * cross + 0.06 * y * x, 0.94 * square + 0.06 * x * x
    found = b.ewma_beta(ALT, ETH, decay=0.94, adjust=False, intercept=False)
    same(found.beta, cross / square)
    same(found.beta, 1.7326761112803928)
    assert found.alpha == 0
    assert found.se_alpha is None
    assert found.se > 0


def test_names_of_the_weightings():
    fits = [
        b.ewma_beta(ALT, ETH, decay=0.94, adjust=adjust, intercept=intercept).method
        for adjust in (True, False)
        for intercept in (True, False)
    ]
    assert fits == [
        "EWMA, decay 0.94",
        "EWMA, decay 0.94, zero mean",
        "EWMA, decay 0.94, recursive",
        "EWMA, decay 0.94, recursive, zero mean",
    ]


@given(samples)
def test_ewma_that_hardly_forgets_is_ols(pair):
    fit = b.ols_beta(*pair)
    found = b.ewma_beta(*pair, decay=1 - 1e-13)
    for name in ("beta", "se", "alpha", "se_alpha", "r2", "residual_sd", "dof", "n"):
        same(getattr(found, name), getattr(fit, name), rel=1e-8, abs_=1e-11)


def slow_ewma_errors(y, x, weights, intercept):
    """Errors of weighted least squares on independent noise, by matrices."""
    design = sm.add_constant(x) if intercept else x[:, None]
    inverse = np.linalg.inv(design.T @ (weights[:, None] * design))
    shares = inverse @ (design * weights[:, None]).T
    residual = y - design @ (shares @ y)
    lost = np.trace(inverse @ (design.T @ (weights[:, None] ** 2 * design)))
    variance = weights @ residual**2 / (weights.sum() - lost)
    return np.sqrt(variance * (shares**2).sum(axis=1)), math.sqrt(variance)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("adjust", [True, False])
def test_a18_errors_of_ewma(adjust, intercept):
    weights = 0.9 ** np.arange(59, -1, -1.0)
    if not adjust:
        weights[1:] *= 0.1
    weights /= weights.sum()
    expected, spread = slow_ewma_errors(ALT, ETH, weights, intercept)
    found = b.ewma_beta(ALT, ETH, decay=0.9, adjust=adjust, intercept=intercept)
    same(found.se, expected[-1])
    same(found.residual_sd, spread)
    same(found.dof, 1 / (weights @ weights) - (2 if intercept else 1))
    if intercept:
        same(found.se_alpha, expected[0])


@pytest.mark.parametrize("intercept", [True, False])
def test_a18_residual_variance_of_ewma_by_the_formula_of_its_docstring(intercept):
    n, decay = len(ALT), 0.9
    weights = [decay ** (n - 1 - k) for k in range(n)]
    weights = [weight / sum(weights) for weight in weights]
    x_mean = sum(w * x for w, x in zip(weights, ETH, strict=True)) if intercept else 0.0
    y_mean = sum(w * y for w, y in zip(weights, ALT, strict=True)) if intercept else 0.0
    q = sum(w * (x - x_mean) ** 2 for w, x in zip(weights, ETH, strict=True))
    rows = list(zip(weights, ALT - y_mean, ETH - x_mean, strict=True))
    beta = sum(w * y * d for w, y, d in rows) / q
    squares = sum(w * (y - beta * d) ** 2 for w, y, d in rows)
    lost = sum(w**2 * (intercept + d**2 / q) for w, _, d in rows)
    found = b.ewma_beta(ALT, ETH, decay=decay, intercept=intercept)
    same(found.beta, beta)
    same(found.residual_sd**2, squares / (1 - lost))


def test_errors_of_ewma_are_those_of_repeated_samples():
    rng = np.random.default_rng(4)
    x = 0.03 * rng.standard_normal(50)
    fits = [b.ewma_beta(x + 0.02 * rng.standard_normal(50), x, decay=0.9) for _ in range(3000)]
    spread = np.std([fit.beta for fit in fits])
    same(np.sqrt(np.mean([fit.se**2 for fit in fits])), spread, rel=0.05)


def test_ewma_with_too_short_a_memory_has_no_error():
    # Effective observations (1 + d) / (1 - d): 3 at one half, below 2 at a quarter.
    half, quarter = (b.ewma_beta(ALT, ETH, decay=decay) for decay in (0.5, 0.25))
    same(half.dof, 1.0)
    assert half.se > 0
    assert (quarter.se, quarter.se_alpha) == (None, None)
    same(quarter.dof, 1.25 / 0.75 - 2)
    assert b.ewma_beta(ALT, ETH, decay=0.25, intercept=False).se > 0
    # All the weight on two observations leaves no residual.
    tiny = b.ewma_beta(SIX_Y, SIX_X, decay=1e-9)
    assert (tiny.se, tiny.residual_sd >= 0) == (None, True)


def test_ewma_refuses():
    message = "give exactly one of decay, alpha, span and halflife"
    with refused(message):
        b.ewma_beta(SIX_Y, SIX_X)
    with refused(message):
        b.ewma_beta(SIX_Y, SIX_X, decay=0.9, span=20)
    for name in ("decay", "alpha"):
        for value in (0, 1, 1.5, -0.5):
            with refused(f"{name} must be between 0 and 1, both excluded, got {float(value)!r}"):
                b.ewma_beta(SIX_Y, SIX_X, **{name: value})
    with refused("span must be > 1, got 1.0"):
        b.ewma_beta(SIX_Y, SIX_X, span=1)
    with refused("halflife must be > 0, got 0.0"):
        b.ewma_beta(SIX_Y, SIX_X, halflife=0)
    with refused("decay must be between 0 and 1, both excluded, got 1.0"):
        b.ewma_beta(SIX_Y, SIX_X, halflife=1e20)
    with refused("decay must be between 0 and 1, both excluded, got 1.0"):
        b.ewma_beta(SIX_Y, SIX_X, span=1e20)
    with refused("decay must be a single number, got shape (2,)"):
        b.ewma_beta(SIX_Y, SIX_X, decay=[0.9, 0.8])
    with refused("x does not vary where the weights are; let them fall off more slowly"):
        b.ewma_beta(list(range(2000)), [1.0, 2.0] + [3.0] * 1998, decay=0.9)
    same(b.ewma_beta([0.1] * 6, SIX_X, decay=0.9).r2, 0.0)


KALMAN = {"state_noise": (1e-6, 1e-3), "observation_noise": 4e-4}


def slow_kalman(y, x, q, r, state, covariance):
    """The textbook's filter: P - K H P, no Joseph form, predict only between observations."""
    q = np.diag(q)
    path = []
    for t in range(len(y)):
        if t > 0:
            covariance = covariance + q
        row = np.array([[1.0, x[t]]])
        innovation = row @ covariance @ row.T + r
        gain = covariance @ row.T @ np.linalg.inv(innovation)
        error = y[t] - row @ state
        state = state + gain @ error
        covariance = covariance - gain @ row @ covariance
        path.append((state, covariance, error[0]))
    return path


@pytest.mark.parametrize("seed", range(3))
def test_kalman_is_the_textbooks_filter(seed):
    y, x = sample(seed, 40)
    q, r = (1e-5, 2e-3 * (seed + 1)), 3e-4
    mean, covariance = np.array([0.01, 1.0]), np.array([[0.5, 0.1], [0.1, 2.0]])
    found = b.kalman_beta(
        y, x, state_noise=q, observation_noise=r, prior_mean=mean, prior_covariance=covariance
    )
    expected = slow_kalman(y, x, q, r, mean, covariance)
    same(found.alpha, [state[0] for state, _, _ in expected])
    same(found.beta, [state[1] for state, _, _ in expected])
    same(found.covariance, [p for _, p, _ in expected], abs_=1e-14)
    same(found.forecast_error, [error for _, _, error in expected], abs_=1e-14)
    same(found.se, [math.sqrt(p[1, 1]) for _, p, _ in expected])
    same(found.r2, 1 - np.sum(found.forecast_error**2) / np.sum((y - y.mean()) ** 2))
    assert found.observation_noise == r


def test_kalman_of_the_worked_sample():
    found = b.kalman_beta(ALT, ETH, **KALMAN)
    same(found.beta[[9, 19, 29]], [1.5642676063399499, 1.5009278500957053, 1.672017302862619])
    same(found.beta[-1], 1.7576575505417067)
    same(found.alpha[-1], 0.0018256792340648155)
    same(
        found.covariance[-1],
        [
            [2.002444968351345e-05, 5.647873220840114e-05],
            [5.6478732208401126e-05, 0.018132984856745648],
        ],
    )


def test_latest_state_as_an_estimate():
    path = b.kalman_beta(ALT, ETH, **KALMAN)
    last = path.last
    assert last.beta == path.beta[-1]
    assert last.alpha == path.alpha[-1]
    assert last.se == path.se[-1]
    same(last.se, math.sqrt(0.018132984856745648))
    same(last.se_alpha, math.sqrt(2.002444968351345e-05))
    same(last.residual_sd, 0.02)
    assert (last.r2, last.n, last.dof) == (path.r2, 60, math.inf)
    assert last.method == "Kalman, R² of one-step forecasts"
    same(last.interval()[1], last.beta + 1.959963984540054 * last.se)


@given(samples)
def test_kalman_without_steps_ends_at_ols(pair):
    fit = b.ols_beta(*pair)
    noise = fit.residual_sd**2
    found = b.kalman_beta(
        *pair,
        state_noise=(0, 0),
        observation_noise=noise,
        prior_covariance=np.diag([1e6, 1e6]),
    ).last
    # A wide prior costs digits: it starts at 1e6 and ends at the square of an error.
    assert found.alpha == pytest.approx(fit.alpha, rel=1e-6, abs=1e-4 * fit.se_alpha)
    assert found.beta == pytest.approx(fit.beta, rel=1e-6, abs=1e-4 * fit.se)
    same([found.se_alpha, found.se], [fit.se_alpha, fit.se], rel=1e-4)


def test_kalman_keeps_a_covariance_with_hardly_any_noise():
    found = b.kalman_beta(
        ALT, ETH, state_noise=(0, 0), observation_noise=1e-18, prior_covariance=np.eye(2) * 1e12
    )
    assert (found.se >= 0).all()
    assert (found.covariance[:, 0, 0] >= 0).all()


def test_kalman_of_a_book_that_does_not_move():
    assert b.kalman_beta([0.1] * 6, SIX_X, **KALMAN).r2 == 0


def test_kalman_refuses():
    with refused("state_noise must have shape (2,), got ()"):
        b.kalman_beta(SIX_Y, SIX_X, state_noise=1e-3, observation_noise=1)
    with refused("state_noise must be >= 0, got -1.0 at [1]"):
        b.kalman_beta(SIX_Y, SIX_X, state_noise=(0, -1), observation_noise=1)
    with refused("observation_noise must be > 0, got 0.0"):
        b.kalman_beta(SIX_Y, SIX_X, state_noise=(0, 0), observation_noise=0)
    with refused("prior_mean must have shape (2,) and prior_covariance (2, 2), got (2,) and (2,)"):
        b.kalman_beta(SIX_Y, SIX_X, **KALMAN, prior_covariance=(1, 1))
    with refused("prior_mean must have shape (2,) and prior_covariance (2, 2), got () and (2, 2)"):
        b.kalman_beta(SIX_Y, SIX_X, **KALMAN, prior_mean=0)
    for p in ([[1, 0.5], [0.4, 1]], [[-1, 0], [0, 1]], [[1, 0], [0, -1]], [[1, 1.1], [1.1, 1]]):
        with refused(
            "prior_covariance must be a covariance: symmetric, variances >= 0 and no correlation "
            f"beyond 1, got {np.array(p, float).tolist()}"
        ):
            b.kalman_beta(SIX_Y, SIX_X, **KALMAN, prior_covariance=p)
    certain = b.kalman_beta(
        SIX_Y, SIX_X, **KALMAN | {"state_noise": (0, 0)}, prior_covariance=[[1, 1], [1, 1]]
    )
    assert certain.beta.size == 6
    sure = b.kalman_beta(
        SIX_Y,
        SIX_X,
        state_noise=(0, 0),
        observation_noise=1,
        prior_mean=(0.5, 2),
        prior_covariance=np.zeros((2, 2)),
    )
    assert sure.beta.tolist() == [2.0] * 6
    assert sure.se.tolist() == [0.0] * 6


def test_blume():
    assert b.blume(1.0) == 1.0
    same(b.blume(1.5), 4 / 3)
    same(b.blume([0.0, -0.5]), [1 / 3, 0.0])


def test_vasicek():
    shrunk = b.vasicek(1.5, 0.3, 1.0, 0.4)
    same([shrunk.beta, shrunk.se, shrunk.weight_on_raw], [1.32, 0.24, 0.64])
    assert type(shrunk.beta) is float
    shrunk = b.vasicek(1.8009147811541213, 0.08949778761544246, 1.0, 0.25)
    same([shrunk.beta, shrunk.weight_on_raw], [1.709931605171243, 0.8864009278842735])
    many = b.vasicek([1.5, 1.5, 1.5], [0.3, 0.0, 0.3], 1.2, [0.4, 0.4, 0.0])
    same(many.beta, [1.392, 1.5, 1.2])
    same(many.se, [0.24, 0.0, 0.0])
    same(many.weight_on_raw, [0.64, 1.0, 0.0])
    same(b.vasicek(2, 1e-200, 1, 1e-200).beta, 1.5)
    with refused("se and prior_sd must not both be 0: two exact betas cannot be weighed"):
        b.vasicek([1.5, 1.5], [0.3, 0.0], 1.0, [0.0, 0.0])
    with refused("se must be >= 0, got -0.1"):
        b.vasicek(1.5, -0.1, 1.0, 0.4)
    with refused("prior_sd must be >= 0, got -0.4"):
        b.vasicek(1.5, 0.1, 1.0, -0.4)


@given(floats(-3, 5), floats(0.01, 2), floats(-3, 5), floats(0.01, 2))
def test_vasicek_lies_between_and_is_surer_than_either(beta, se, mean, sd):
    shrunk = b.vasicek(beta, se, mean, sd)
    precision = 1 / se**2 + 1 / sd**2
    same(shrunk.beta, (beta / se**2 + mean / sd**2) / precision, abs_=1e-12)
    same(shrunk.se, precision**-0.5)
    same(shrunk.weight_on_raw, 1 / se**2 / precision)
    assert min(beta, mean) - 1e-12 <= shrunk.beta <= max(beta, mean) + 1e-12
    assert shrunk.se <= min(se, sd)


def test_downside_of_the_worked_sample():
    found = [b.downside_beta(ALT, ETH, method=method) for method in DOWNSIDE]
    same(
        [fit.beta for fit in found],
        [
            2.040368255597334,
            2.220228700450414,
            2.0130789492806405,
            1.8461407106523688,
            1.7146849561107336,
            1.8310457292404883,
        ],
    )
    assert [fit.n for fit in found] == [35, 28, 25, 60, 60, 60]
    assert [fit.method for fit in found] == [f"downside {method}" for method in DOWNSIDE]
    assert [fit.se is None for fit in found] == [False] * 3 + [True] * 3
    assert [fit.se_alpha is None for fit in found] == [False] * 3 + [True] * 3
    assert [fit.alpha == 0 for fit in found] == [False] * 3 + [True] * 3
    assert b.downside_beta(ALT, ETH) == found[0]


@pytest.mark.parametrize("edge", ["zero", "mean"])
def test_conditional_beta_is_ols_of_its_days(edge):
    days = (0.0 if edge == "zero" else ETH.mean()) > ETH
    fit = b.ols_beta(ALT[days], ETH[days])
    found = b.downside_beta(ALT, ETH, method=f"conditional_{edge}")
    for name in ("beta", "se", "alpha", "se_alpha", "r2", "residual_sd", "n"):
        assert getattr(found, name) == getattr(fit, name)


def test_other_downsides_by_their_sums():
    y, x = sample(11)
    dy, dx = np.minimum(y - y.mean(), 0), np.minimum(x - x.mean(), 0)
    found = b.downside_beta(y, x, method="estrada_mean")
    same(found.beta, np.sum(dy * dx) / np.sum(dx**2))
    same(found.r2, np.sum(dy * dx) ** 2 / np.sum(dx**2) / np.sum(dy**2))
    same(found.residual_sd, math.sqrt(np.sum((dy - found.beta * dx) ** 2) / 59))
    found = b.downside_beta(y, x, method="bawa_lindenberg")
    same(found.beta, np.sum((y - y.mean()) * dx) / np.sum(dx**2))
    same(
        found.r2,
        np.sum((y - y.mean()) * dx) ** 2 / np.sum(dx**2) / np.sum((y - y.mean()) ** 2),
    )
    zero = np.minimum(x, 0)
    found = b.downside_beta(y, x, method="estrada_zero")
    same(found.beta, np.sum(np.minimum(y, 0) * zero) / np.sum(zero**2))


def test_downside_refuses():
    with refused(
        "conditional_zero leaves 2 of 6 observations; at least 3 are needed", NotEnoughData
    ):
        b.downside_beta(SIX_Y, SIX_X)
    assert b.downside_beta(SIX_Y, SIX_X, method="upside_conditional_zero").n == 4
    assert b.downside_beta([1, 2, 3, 5], [-1, -2, -3, 0]).n == 3
    with refused("estrada_zero finds no observation of x below 0", NotEnoughData):
        b.downside_beta([1, 2, 3], [1, 2, 3], method="estrada_zero")
    with refused(
        f"method must be one of {', '.join(DOWNSIDE)}, got 'estrada'",
    ):
        b.downside_beta(SIX_Y, SIX_X, method="estrada")
    with refused("x does not vary, so nothing can be regressed on it"):
        b.downside_beta([1, 2, 3, 4], [-1, -1, -1, 5])
    # The coin falls and the book does not: no downside of y at all.
    flat = b.downside_beta([1, 2, 3], [-1, -2, 3], method="estrada_zero")
    assert (flat.beta, flat.r2, flat.residual_sd) == (0.0, 0.0, 0.0)


def test_portfolio_beta():
    same(b.portfolio_beta([0.5, 0.3, 0.2], [1.2, 1.8, 0.9]), 1.32)
    same(b.portfolio_beta([5000, 3000, 2000], [1.2, 1.8, 0.9]), 1.32)
    same(b.portfolio_beta([1, -2], [1.0, 0.5]), 0.0, abs_=1e-15)
    with refused("2 weights but 1 betas"):
        b.portfolio_beta([1, 2], [1])
    with refused("betas must be a finite number, got nan at [1]"):
        b.portfolio_beta([1, 2], [1, math.nan])
    with refused("weights must not sum to 0"):
        b.portfolio_beta([1, -1], [1, 2])
    with refused("weights needs at least 1 values, got 0", NotEnoughData):
        b.portfolio_beta([], [])


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize(("lags", "small_sample"), [(0, False), (4, False), (4, True)])
def test_multi_is_statsmodels(k, lags, small_sample):
    y, x = sample(k, 50, k)
    x = x.reshape(50, k)
    found = b.multi_beta(y, x, lags=lags, small_sample=small_sample)
    design = sm.add_constant(x)
    fit = sm.OLS(y, design).fit()
    robust = sm.OLS(y, design).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": small_sample}
    )
    same(found.params, fit.params)
    same(found.se, fit.bse)
    same(found.se_hac, robust.bse)
    same([found.r2, found.r2_adjusted], [fit.rsquared, fit.rsquared_adj])
    same(found.vif, [variance_inflation_factor(design, j + 1) for j in range(k)])
    same(found.residual_sd, math.sqrt(fit.mse_resid))
    same(found.effectiveness, 1 - np.var(y - x @ found.betas) / np.var(y))
    assert (found.alpha, found.betas.tolist()) == (found.params[0], found.params[1:].tolist())
    assert (found.n, found.lags) == (50, lags)
    assert found.names == tuple(f"x{j + 1}" for j in range(k))


def test_multi_of_one_is_ols():
    found, fit = b.multi_beta(ALT, ETH[:, None]), b.ols_beta(ALT, ETH, errors="newey-west")
    same(found.params, [fit.alpha, fit.beta])
    same(found.se_hac, [fit.se_alpha, fit.se])
    same(found.vif, [1.0])
    assert found.lags == 3


def test_multi_of_the_worked_sample():
    found = b.multi_beta(ALT, np.column_stack([BTC, ETH]), lags=4, names=["BTC", "<ETH>"])
    same(found.params, [0.004161789590034668, 0.47971197350038847, 1.5323142332042488], 1e-8)
    same(found.se, [0.0025946506530447585, 0.19043122325741493, 0.13675918587565702], 1e-8)
    same(found.se_hac, [0.0032929400425403667, 0.13000673246052885, 0.10989452358275037], 1e-8)
    same(found.vif, [2.550222586519207] * 2)
    assert shown(found) == [
        *("instrument", "beta", "se", "Newey-West se", "VIF"),
        *("BTC", "0.480", "0.190", "0.130", "2.6"),
        *("<ETH>", "1.532", "0.137", "0.110", "2.6"),
    ]


@given(st.integers(0, 10_000), floats(0.01, 100), floats(-1, 1))
def test_multi_scales_and_shifts(seed, scale, shift):
    y, x = sample(seed, 40, 2)
    plain = b.multi_beta(y, x)
    moved = b.multi_beta(y + shift, x * [scale, 1] + shift)
    same(moved.betas, plain.betas / [scale, 1], rel=1e-7, abs_=1e-9 / scale)
    same(moved.vif, plain.vif, rel=1e-7)
    same(moved.r2, plain.r2, rel=1e-7)


def test_multi_of_a_book_that_does_not_move():
    found = b.multi_beta([0.1] * 60, np.column_stack([BTC, ETH]))
    assert (found.r2, found.residual_sd, found.betas.tolist()) == (0.0, 0.0, [0.0, 0.0])
    same(found.alpha, 0.1)


def test_multi_refuses():
    x = np.column_stack([BTC, ETH])
    with refused("x must have shape (n, k), a column for each instrument, got (60,)"):
        b.multi_beta(ALT, ETH)
    with refused("x must have shape (n, k), a column for each instrument, got ()"):
        b.multi_beta(ALT, 1.0)
    with refused("y and x must be of one length, got 59 and 60; align dates"):
        b.multi_beta(ALT[1:], x)
    with refused("2 instruments need at least 1 column and 4 observations, got 3", NotEnoughData):
        b.multi_beta(ALT[:3], x[:3])
    assert b.multi_beta(ALT[:4], x[:4]).n == 4
    with refused("0 instruments need at least 1 column and 2 observations, got 60", NotEnoughData):
        b.multi_beta(ALT, np.empty((60, 0)))
    with refused("names must be 2, one for each column of x, got 1"):
        b.multi_beta(ALT, x, names=["BTC"])
    with refused("instrument ETH does not vary: drop it"):
        b.multi_beta(ALT, np.column_stack([BTC, np.full(60, 0.1)]), names=["BTC", "ETH"])
    with refused(
        "the instruments x1, x2, x3 copy one another, so no split between them can be found: "
        "drop one"
    ):
        b.multi_beta(ALT, np.column_stack([BTC, ETH, BTC + 2 * ETH]))
    with refused("lags must be at most 59 with the data given, got 60", NotEnoughData):
        b.multi_beta(ALT, x, lags=60)
    with refused("the numbers in x[:, 1] are too large or too small"):
        b.multi_beta(ALT, x * [1, 1e-140])
    nearly = b.multi_beta(ALT, np.column_stack([BTC, BTC + 1e-4 * ETH]))
    assert nearly.vif.min() > 1e6


def test_minimum_variance_ratio():
    same(b.minimum_variance_ratio(0.5, 0.2, 0.1), 1.0)
    same(b.minimum_variance_ratio([-1, 1], 0.3, [0.1, 0.2]), [-3, 1.5])
    assert b.minimum_variance_ratio(0.5, 0, 0.1) == 0
    fit = b.ols_beta(ALT, ETH)
    same(
        b.minimum_variance_ratio(fit.correlation, np.std(ALT, ddof=1), np.std(ETH, ddof=1)),
        fit.beta,
    )
    with refused("correlation must be a correlation from -1 to 1, got 1.01"):
        b.minimum_variance_ratio(1.01, 0.2, 0.1)
    with refused("correlation must be a correlation from -1 to 1, got -1.01"):
        b.minimum_variance_ratio(-1.01, 0.2, 0.1)
    with refused("sigma_futures must be > 0, got 0.0"):
        b.minimum_variance_ratio(1, 0.2, 0)
    with refused("sigma_spot must be >= 0, got -0.2"):
        b.minimum_variance_ratio(1, -0.2, 0.1)


DS = [0.029, 0.02, -0.044, 0.008, 0.026, -0.019, -0.01, -0.007, 0.043, 0.011, -0.036, -0.018]
DS += [0.009, -0.032, 0.023]
DF = [0.021, 0.035, -0.046, 0.001, 0.044, -0.029, -0.026, -0.029, 0.048, -0.006, -0.036, -0.011]
DF += [0.019, -0.027, 0.029]


def test_hulls_hedge():
    hedge = b.minimum_variance_hedge(DS, DF, 2_000_000, 42_000)
    same(hedge.sd_spot, 0.026254795480336268)
    same(hedge.sd_futures, 0.031343412765835243)
    same(hedge.correlation, 0.9283723458682627)
    same(hedge.ratio_units, 0.7776506742411755)
    same(hedge.effectiveness, 0.861875212572942)
    same(hedge.contracts, -37.03098448767503)
    same(hedge.effectiveness, b.hedge_effectiveness(DS, DF, hedge.ratio_units))
    owed = b.minimum_variance_hedge(DS, DF, -2_000_000, 42_000)
    same(owed.contracts, 37.03098448767503)
    with refused("contract_units must be > 0, got 0.0"):
        b.minimum_variance_hedge(DS, DF, 1, 0)
    with refused("exposure_units must be a single number, got shape (2,)"):
        b.minimum_variance_hedge(DS, DF, [1, 2], 1)
    with refused("spot_changes must be a finite number, got nan at [2]"):
        b.minimum_variance_hedge([1, 2, math.nan], [1, 2, 3], 1, 1)
    with refused("futures_changes does not vary, so nothing can be regressed on it"):
        b.minimum_variance_hedge([1, 2, 3], [1, 1, 1], 1, 1)
    with refused("the numbers in spot_changes are too large or too small"):
        b.minimum_variance_hedge([1e-140, 0, 0], [1, 2, 3], 1, 1)
    with refused(
        "spot_changes and futures_changes must be of one length, got 4 and 3; align dates"
    ):
        b.minimum_variance_hedge([1, 2, 3, 4], [1, 2, 3], 1, 1)
    with refused("spot_changes do not vary, so there is nothing to hedge"):
        b.minimum_variance_hedge([1, 1, 1], [1, 2, 3], 1, 1)


def test_contracts_to_change_a_beta():
    assert b.change_beta_contracts(5_050_000, 1.5, 0.75, 252_500) == -15
    assert b.change_beta_contracts(5_050_000, 0.75, 1.5, 252_500) == 15
    assert b.change_beta_contracts(50_000, 1.2, 0, 10) == -6000
    assert b.change_beta_contracts(0, 1.2, 0, 10) == 0
    with refused("contract_usd must be > 0, got 0.0"):
        b.change_beta_contracts(1, 1, 1, 0)
    with refused("book_usd must be >= 0, got -1.0"):
        b.change_beta_contracts(-1, 1, 1, 1)


def test_units_and_notionals():
    assert b.ratio_in_units(1.5, 40, 3000) == 0.02
    assert b.ratio_in_notionals(0.02, 40, 3000) == 1.5
    assert b.unit_hedge_contracts(0.5, 100, 4) == -12.5
    assert b.unit_hedge_contracts(0.5, -100, 4) == 12.5
    assert math.copysign(1, b.unit_hedge_contracts(0, 100, 4)) == 1
    with refused("spot_usd must be > 0, got 0.0"):
        b.ratio_in_units(1, 0, 1)
    with refused("futures_usd must be > 0, got -1.0"):
        b.ratio_in_notionals(1, 1, -1)
    with refused("ratio_units must be a finite number, got inf"):
        b.ratio_in_notionals(math.inf, 1, 1)
    with refused("beta must be a finite number, got nan"):
        b.ratio_in_units(math.nan, 1, 1)
    with refused("contract_units must be > 0, got 0.0"):
        b.unit_hedge_contracts(1, 1, 0)


@given(floats(-3, 5), floats(0.01, 1e5), floats(0.01, 1e5), floats(1, 1e6), floats(1e-3, 100))
def test_both_ways_of_counting_contracts_agree(beta, spot, futures, units, contract_units):
    ratio = b.ratio_in_units(beta, spot, futures)
    by_units = b.unit_hedge_contracts(ratio, units, contract_units)
    by_notionals = b.change_beta_contracts(units * spot, beta, 0, contract_units * futures)
    same(by_units, by_notionals)
    same(b.ratio_in_notionals(ratio, spot, futures), beta)


def test_hedge_effectiveness():
    fit = b.ols_beta(ALT, ETH)
    found = b.hedge_effectiveness(ALT, ETH, [0, 1, 1.5, fit.beta, 2 * fit.beta, 3 * fit.beta])
    expected = [0, 0.7017054707002046, 0.8502855012393664, fit.r2, 0, -3 * fit.r2]
    same(found, expected, abs_=1e-12)
    assert found[0] == 0
    one = b.hedge_effectiveness(ALT, ETH, 1.0)
    assert type(one) is float
    same(one, 1 - np.var(ALT - ETH) / np.var(ALT))
    assert b.hedge_effectiveness(ALT, ETH, [[1.0], [2.0]]).shape == (2, 1)
    x = np.column_stack([BTC, ETH])
    together = b.hedge_effectiveness(ALT, x, [0.5, 1.5])
    assert type(together) is float
    same(together, 1 - np.var(ALT - x @ [0.5, 1.5]) / np.var(ALT))


def test_hedge_effectiveness_refuses():
    for x in (SIX_X, np.array(SIX_X)[:, None]):
        with refused("y does not vary, so there is no variance to remove"):
            b.hedge_effectiveness([0.1] * 6, x, [1.0])
    with refused("h must have one ratio for each of 2 instruments, got shape (1,)"):
        b.hedge_effectiveness(ALT, np.column_stack([BTC, ETH]), [1.0])
    with refused("h must have one ratio for each of 2 instruments, got shape ()"):
        b.hedge_effectiveness(ALT, np.column_stack([BTC, ETH]), 1.0)
    with refused("h must be a finite number, got nan"):
        b.hedge_effectiveness(ALT, ETH, math.nan)
    with refused(f"hedge_effectiveness: {TOO_BIG}"):
        b.hedge_effectiveness(ALT, ETH, 1e200)


@given(samples, floats(-3, 3))
def test_effectiveness_is_a_parabola_in_the_ratio(pair, q):
    fit = b.ols_beta(*pair)
    direct = b.hedge_effectiveness(*pair, q * fit.beta)
    same(direct, b.effectiveness_from_ratio(fit.r2, q), rel=1e-8, abs_=1e-9)
    assert direct <= fit.r2 + 1e-12


def test_effectiveness_from_ratio():
    same(
        b.effectiveness_from_ratio(0.85, [0.8, 1.2, 0, 1, 2, 3]), [0.816, 0.816, 0, 0.85, 0, -2.55]
    )
    with refused("r2 must be a decimal from 0 to 1, got 1.1"):
        b.effectiveness_from_ratio(1.1, 1)
    with refused("ratio_to_optimal must be a finite number, got inf"):
        b.effectiveness_from_ratio(1, math.inf)


def test_volatility_reduction():
    same(
        b.volatility_reduction([0, 0.25, 0.5, 0.64, 0.99, 1]),
        [0, 0.1339745962, 0.29289321881, 0.4, 0.9, 1],
    )
    assert b.volatility_reduction(1e-300) == 5e-301
    with refused("r2 must be a decimal from 0 to 1, got -0.1"):
        b.volatility_reduction(-0.1)


def test_diversified_r2():
    same(b.diversified_r2(0.25, [1, 4, 20]), [0.25, 1 / 1.75, 5 / 5.75])
    assert b.diversified_r2([0, 1], 7).tolist() == [0, 1]
    # One factor, straight from the covariance of the mean of n coins with it.
    rho, n = 0.3, 6
    covariance = np.full((n, n), rho) + (1 - rho) * np.eye(n)
    same(b.diversified_r2(rho, n), rho / covariance.mean())
    with refused("pairwise must be a decimal from 0 to 1, got -0.1"):
        b.diversified_r2(-0.1, 2)
    with refused("coins must be >= 1, got 0.5"):
        b.diversified_r2(0.5, 0.5)


def test_out_of_sample():
    found = b.out_of_sample_effectiveness(ALT, ETH, 40)
    assert (found.train, found.test) == (40, 20)
    same(found.beta_train, 1.8778653276976929)
    same(found.r2_train, 0.8400970527270482)
    same(found.effectiveness, 0.9263145292112186)
    same(found.beta_test, 1.710630777917098)
    assert type(found.beta_train) is float


def test_out_of_sample_with_several():
    x = np.column_stack([BTC, ETH])
    found = b.out_of_sample_effectiveness(ALT, x, 40)
    first, second = b.multi_beta(ALT[:40], x[:40]), b.multi_beta(ALT[40:], x[40:])
    same(found.beta_train, first.betas)
    same(found.beta_test, second.betas)
    assert found.r2_train == first.r2
    same(found.effectiveness, 1 - np.var(ALT[40:] - x[40:] @ first.betas) / np.var(ALT[40:]))
    same(b.out_of_sample_effectiveness(ALT, x[:, 1:], 40).beta_train, [1.8778653276976929])


def test_out_of_sample_refuses():
    with refused("train must be at most 57 with the data given, got 58", NotEnoughData):
        b.out_of_sample_effectiveness(ALT, ETH, 58)
    assert b.out_of_sample_effectiveness(ALT, ETH, 57).test == 3
    with refused("train must be >= 3, got 2"):
        b.out_of_sample_effectiveness(ALT, ETH, 2)
    assert b.out_of_sample_effectiveness(ALT, ETH, 3).train == 3
    x = np.column_stack([BTC, ETH])
    with refused("train must be >= 4, got 3"):
        b.out_of_sample_effectiveness(ALT, x, 3)
    with refused("train must be at most 56 with the data given, got 57", NotEnoughData):
        b.out_of_sample_effectiveness(ALT, x, 57)
    assert b.out_of_sample_effectiveness(ALT, x, 56).test == 4
    with refused("y and x must be of one length, got 59 and 60; align dates"):
        b.out_of_sample_effectiveness(ALT[1:], x, 40)
    with refused("x must be one-dimensional, got shape (2, 2, 2)"):
        b.out_of_sample_effectiveness(ALT, np.ones((2, 2, 2)), 40)


def test_notional_interval():
    interval = b.notional_interval(1.8009147811541213, 0.08949778761544246, 10_000)
    same([interval.low_usd, interval.high_usd], [16255.023407318391, 19763.272215764035])
    wide = b.notional_interval([1.0, 2.0], 0.1, 100, z=3)
    same(wide.low_usd, [70, 170])
    same(wide.high_usd, [130, 230])
    with refused("z must be > 0, got 0.0"):
        b.notional_interval(1, 0.1, 100, 0)
    with refused("se must be >= 0, got -0.1"):
        b.notional_interval(1, -0.1, 100)
    with refused("book_usd must be >= 0, got -100.0"):
        b.notional_interval(1, 0.1, -100)


NOISE = {"state_noise": (1e-6, 1e-3), "observation_noise": 1e-4}
CALLS = {
    b.simple_returns: {"prices_usd": [1.0, 2.0, 3.0]},
    b.log_returns: {"prices_usd": [1.0, 2.0, 3.0]},
    b.horizon_returns: {"returns": [0.1, 0.2], "periods": 1, "incomplete": "drop"},
    b.newey_west_lags: {"n": 60},
    b.ols_beta: {"y": SIX_Y, "x": SIX_X, "errors": "newey-west", "lags": 2},
    b.beta_se: {"y": SIX_Y, "x": SIX_X, "errors": "newey-west", "lags": 2},
    b.correlation: {"y": SIX_Y, "x": SIX_X},
    b.bootstrap_effectiveness: {
        "unhedged": SIX_Y,
        "hedged": SIX_X,
        "block": 2,
        "draws": 5,
        "seed": 1,
    },
    b.rolling_beta: {"y": SIX_Y, "x": SIX_X, "window": 3},
    b.ewma_beta: {"y": SIX_Y, "x": SIX_X, "decay": 0.9},
    b.kalman_beta: {
        "y": SIX_Y,
        "x": SIX_X,
        **NOISE,
        "prior_mean": (0, 0),
        "prior_covariance": np.eye(2),
    },
    b.blume: {"beta": 1.0},
    b.vasicek: {"beta": 1.0, "se": 0.1, "prior_mean": 1.0, "prior_sd": 0.2},
    b.downside_beta: {"y": SIX_Y, "x": SIX_X, "method": "estrada_zero"},
    b.portfolio_beta: {"weights": [1.0, 2.0], "betas": [1.0, 2.0]},
    b.multi_beta: {"y": SIX_Y, "x": np.array(SIX_X)[:, None], "lags": 2},
    b.minimum_variance_ratio: {"correlation": 0.5, "sigma_spot": 0.1, "sigma_futures": 0.1},
    b.ratio_in_units: {"beta": 1.0, "spot_usd": 1.0, "futures_usd": 1.0},
    b.ratio_in_notionals: {"ratio_units": 1.0, "spot_usd": 1.0, "futures_usd": 1.0},
    b.unit_hedge_contracts: {"ratio_units": 1.0, "exposure_units": 1.0, "contract_units": 1.0},
    b.change_beta_contracts: {
        "book_usd": 1.0,
        "beta": 1.0,
        "target_beta": 0.0,
        "contract_usd": 1.0,
    },
    b.minimum_variance_hedge: {
        "spot_changes": SIX_Y,
        "futures_changes": SIX_X,
        "exposure_units": 1.0,
        "contract_units": 1.0,
    },
    b.hedge_effectiveness: {"y": SIX_Y, "x": SIX_X, "h": 1.0},
    b.effectiveness_from_ratio: {"r2": 0.5, "ratio_to_optimal": 1.0},
    b.volatility_reduction: {"r2": 0.5},
    b.diversified_r2: {"pairwise": 0.5, "coins": 2.0},
    b.out_of_sample_effectiveness: {"y": SIX_Y, "x": SIX_X, "train": 3},
    b.notional_interval: {"beta": 1.0, "se": 0.1, "book_usd": 1.0, "z": 2.0},
}
OPTIONAL = {"lags"}


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)
def test_bad_input_gives_a_typed_error(function):
    good = CALLS[function]
    function(**good)
    for name in good:
        for kind, bad in BAD_ANYWHERE.items():
            if bad is None and name in OPTIONAL:
                continue
            try:
                found = function(**good | {name: bad})
            except HedgeError:
                continue
            pytest.fail(f"{function.__name__} took {kind} for {name}: {found!r}")


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)
def test_a_series_with_one_bad_value_is_refused(function):
    good = CALLS[function]
    for name, value in good.items():
        if isinstance(value, (list, np.ndarray)):
            for bad in (math.nan, math.inf, -math.inf):
                spoilt = np.array(value, dtype=float)
                spoilt.flat[1] = bad
                with pytest.raises(HedgeError, match=name):
                    function(**good | {name: spoilt})
            with pytest.raises(HedgeError):
                function(**good | {name: []})
            with pytest.raises(HedgeError):
                function(**good | {name: np.array(value, dtype=object)})


ABOVE_ZERO = {
    b.ratio_in_units: ["spot_usd", "futures_usd"],
    b.ratio_in_notionals: ["spot_usd", "futures_usd"],
    b.unit_hedge_contracts: ["contract_units"],
    b.change_beta_contracts: ["contract_usd"],
    b.minimum_variance_hedge: ["contract_units"],
    b.minimum_variance_ratio: ["sigma_futures"],
    b.kalman_beta: ["observation_noise"],
    b.notional_interval: ["z"],
}
FROM_ZERO = {
    b.vasicek: ["se", "prior_sd"],
    b.change_beta_contracts: ["book_usd"],
    b.minimum_variance_ratio: ["sigma_spot"],
    b.notional_interval: ["se", "book_usd"],
}


@pytest.mark.parametrize(
    ("names", "text", "bad", "good"),
    [(ABOVE_ZERO, "> 0", [0.0, -1.0], []), (FROM_ZERO, ">= 0", [-1.0], [0.0])],
)
def test_limits_of_the_arguments(names, text, bad, good):
    for function, limited in names.items():
        for name in limited:
            for value in bad:
                with refused(f"{name} must be {text}, got {value}"):
                    function(**CALLS[function] | {name: value})
            for value in good:
                function(**CALLS[function] | {name: value})


RESULTS = [getattr(b, name) for name in NAMES if not name.islower()]


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_results_are_frozen_slotted_and_named(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in dataclasses.fields(kind))


def test_an_overflow_is_an_error_that_names_the_function():
    y, x = np.array(SIX_Y), np.array(SIX_X) * 1e160
    huge = {
        b.horizon_returns: ([1e200, 1e200], 2),
        b.ols_beta: (y, x),
        b.correlation: (y, x),
        b.rolling_beta: (y, x, 3),
        b.downside_beta: (y, x),
        b.multi_beta: (y, x[:, None]),
        b.minimum_variance_hedge: (y, x, 1, 1),
        b.hedge_effectiveness: (y, x, 1),
        b.out_of_sample_effectiveness: (y, x, 3),
        b.vasicek: (1.0, 1.7e308, 1.0, 1.7e308),
        b.notional_interval: (1e300, 1.0, 1e300),
        b.simple_returns: ([1e-300, 1e300],),
    }
    for function, args in huge.items():
        with refused(f"{function.__name__}: {TOO_BIG}"):
            function(*args)
    with refused(f"ewma_beta: {TOO_BIG}"):
        b.ewma_beta(y, x, decay=0.9)
    with refused(f"kalman_beta: {TOO_BIG}"):
        b.kalman_beta(y, x, **NOISE)


def test_every_function_is_in_the_list_of_bad_input():
    listed = {function.__name__ for function in CALLS}
    functions = {name for name in NAMES if callable(getattr(b, name)) and name.islower()}
    assert functions == listed


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=8),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=8),
    st.sampled_from(["ols", *ERRORS, "rolling", "ewma", "kalman", "multi", *DOWNSIDE]),
)
def test_finite_input_never_gives_nan(y, x, what):
    size = min(len(y), len(x))
    y, x = y[:size], x[:size]
    try:
        if what == "rolling":
            found = b.rolling_beta(y, x, 3)
        elif what == "ewma":
            found = b.ewma_beta(y, x, decay=0.7)
        elif what == "kalman":
            found = b.kalman_beta(y, x, **NOISE)
        elif what == "multi":
            found = b.multi_beta(y, np.array(x)[:, None])
        elif what in DOWNSIDE:
            found = b.downside_beta(y, x, method=what)
        else:
            found = b.ols_beta(y, x, errors="classic" if what == "ols" else what)
    except HedgeError:
        return
    for name in found.__slots__:
        value = getattr(found, name)
        if isinstance(value, (float, np.ndarray)):
            assert np.isfinite(value).all(), name


def test_results_show_themselves():
    assert shown(b.vasicek(1.5, 0.3, 1.0, 0.4)) == [
        *("field", "value"),
        *("beta", "1.32"),
        *("se", "0.24"),
        *("weight on raw", "0.64"),
    ]
    assert "1.32, 1.16" in shown(b.vasicek([1.5, 1.25], 0.3, 1.0, 0.4))
    assert {"41 values", "20"} <= set(shown(b.rolling_beta(ALT, ETH, 20)))
    kalman = b.kalman_beta(ALT, ETH, **NOISE)._repr_html_()
    assert "<td style='text-align:left'>60 x 2 x 2 values</td>" in kalman
    six = b.rolling_beta(ALT[:25], ETH[:25], 20)._repr_html_()
    assert "19, 20, 21, 22, 23, 24" in six
    seven = b.rolling_beta(ALT[:26], ETH[:26], 20)._repr_html_()
    assert "7 values" in seven


def test_results_hold_no_nan_and_no_infinity():
    for bad in (math.nan, math.inf, np.array([1.0, math.nan])):
        with refused("se of ShrunkBeta cannot be computed: the numbers are too large or too small"):
            b.ShrunkBeta(beta=1.0, se=bad, weight_on_raw=0.5)
    assert issubclass(b.ShrunkBeta, Numbers)
    kept = b.ShrunkBeta(beta=np.array(1.0), se=np.float64(0.5), weight_on_raw=np.array([0.5]))
    assert type(kept.beta) is float
    assert type(kept.se) is float
    assert kept.weight_on_raw.tolist() == [0.5]


def test_counts():
    assert whole("n", 3, least=3) == 3
    assert whole("n", np.int64(3), least=3, most=3) == 3
    assert type(whole("n", 3.0, least=0)) is int
    for bad in (3.5, math.nan, "3", True, [3], 10**400):
        with pytest.raises(InvalidInput, match=r"^n "):
            whole("n", bad, least=0)
    with refused("n must be >= 3, got 2"):
        whole("n", 2, least=3)
    with refused("n must be at most 3 with the data given, got 4", NotEnoughData):
        whole("n", 4, least=3, most=3)
    assert whole("n", 2**53, least=0) == 2**53


def test_a7_both_errors_are_kept_whichever_is_asked_for():
    want = sm.OLS(ALT, sm.add_constant(ETH)).fit()
    robust = want.get_robustcov_results("HAC", maxlags=3)
    for errors in ERRORS:
        fit = b.ols_beta(ALT, ETH, errors=errors)
        assert fit.se_classic == pytest.approx(want.bse[1], rel=1e-9)
        assert fit.se_newey_west == pytest.approx(robust.bse[1], rel=1e-9)
    assert b.ols_beta(ALT, ETH).se == b.ols_beta(ALT, ETH).se_classic
    fit = b.ols_beta(ALT, ETH, errors="newey-west", lags=1)
    assert fit.se == fit.se_newey_west == b.beta_se(ALT, ETH, "newey-west", lags=1)


def _with_a_hole(values):
    days = pd.date_range("2023-01-01", periods=len(values) + 22)
    return pd.Series(values, index=days[:30].append(days[52:]))


@pytest.mark.parametrize(
    "call",
    [
        lambda y, _: b.simple_returns(100 * (1 + y).cumprod()),
        lambda y, _: b.log_returns(100 * (1 + y).cumprod()),
        lambda y, _: b.horizon_returns(y, 5, incomplete="drop"),
        lambda y, x: b.rolling_beta(y, x, 10),
        lambda y, x: b.ewma_beta(y, x, decay=0.94),
        lambda y, x: b.kalman_beta(y, x, **NOISE),
        lambda y, x: b.ols_beta(y, x, errors="newey-west"),
        lambda y, x: b.ols_beta(y, x),
        lambda y, x: b.ols_beta(y, x, errors="HC3"),
        lambda y, x: b.beta_se(y, x, "classic"),
        lambda y, x: b.correlation(y, x),
        lambda y, x: b.downside_beta(y, x),
        lambda y, x: b.out_of_sample_effectiveness(y, x, 30),
        lambda y, x: b.multi_beta(y, x.to_frame()),
        lambda y, x: b.bootstrap_effectiveness(y, x),
        lambda y, x: b.walk_forward_residual(y, x, train=20),
        lambda y, x: b.rank_hedges(y, {"ETH": x}, 1_000),
    ],
)
def test_a19_a_hole_in_the_dates_is_refused_with_its_place(call):
    y, x = _with_a_hole(ALT), _with_a_hole(ETH)
    with pytest.raises(HedgeError, match=r"hole between 2023-01-30 .* and 2023-02-22"):
        call(y, x)
    call(*(each.set_axis(pd.date_range("2023-01-01", periods=60)) for each in (y, x)))


def test_months_are_no_holes_and_chosen_days_may_be_regressed():
    months = pd.Series(100 + ALT, index=pd.date_range("2019-01-31", periods=60, freq="ME"))
    assert b.simple_returns(months).size == 59
    # Days chosen here and there are no hole, whatever there is between them; their order counts
    # where errors follow one another.
    y, x = _with_a_hole(ALT), _with_a_hole(ETH)
    assert b.ols_beta(y[x < 0], x[x < 0]).n == (ETH < 0).sum()
    with pytest.raises(HedgeError, match="have a hole between"):
        b.ols_beta(y[x < 0], x[x < 0], errors="newey-west")
    assert b.ols_beta(y.to_numpy(), x.to_numpy()).n == 60


def test_a19_price_levels_are_refused_where_returns_are_meant():
    y, x = 100 * np.cumprod(1 + ALT), 2_000 * np.cumprod(1 + ETH)
    for call in (
        b.ols_beta,
        b.correlation,
        lambda y, x: b.rolling_beta(y, x, 10),
        lambda y, x: b.multi_beta(y, x[:, None]),
        lambda y, x: b.hedge_effectiveness(y, x, 1.0),
    ):
        with pytest.raises(InvalidInput, match=r"as prices do .* pass returns \(simple_returns\)"):
            call(y, x)
    # Returns of one sign, and returns far from zero, are no prices.
    up = ETH > 0
    assert b.ols_beta(ALT[up], ETH[up]).n == up.sum()
    assert b.ols_beta(100 + ALT, 100 + ETH).beta == pytest.approx(b.ols_beta(ALT, ETH).beta)
