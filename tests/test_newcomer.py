"""What CONTRIBUTING says a newcomer has to touch is all there is to touch."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from labtools import ROOT, own_environment

ESTIMATOR = """

def median_beta(book_returns: ArrayLike, coin_returns: ArrayLike) -> BetaEstimate:
    \"\"\"Return the median of the daily ratios as a beta.

    **Source:** the median of ``y / x`` on the days on which the coin moved.

    Examples
    --------
    >>> median_beta([0.02, -0.04, 0.06], [0.01, -0.02, 0.03]).beta
    2.0
    \"\"\"
    y, x = pair(book_returns, coin_returns, "book_returns", "coin_returns")
    fit = ols_beta(y, x)
    return replace(fit, beta=float(np.median(y[x != 0] / x[x != 0])), method="median", se=None)
"""
CHECKED = "median or names or dir or star or usual or type_checkers"
ITS_TEST = """import hedgelib


def test_median_beta():
    assert hedgelib.median_beta([0.02, -0.04, 0.06], [0.01, -0.02, 0.03]).beta == 2.0
    assert "median_beta" in hedgelib.__all__
"""


@pytest.mark.slow
def test_an_estimator_is_a_function_and_its_test(tmp_path):
    """In a copy: a function and its name in `beta`, and its test; the checks of the floors pass."""
    for name in ("hedgelib", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CONTRIBUTING.md", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    beta = tmp_path / "hedgelib" / "beta.py"
    text = beta.read_text().rstrip().replace('    "multi_', '    "median_beta",\n    "multi_', 1)
    beta.write_text(f"{text}\n{ESTIMATOR}")
    (tmp_path / "tests" / "test_median.py").write_text(ITS_TEST)

    def run(*command: str) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=own_environment() | {"PYTHONPATH": str(tmp_path), "HYPOTHESIS_PROFILE": "quick"},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout[-3000:]

    tests = (f"tests/test_{name}.py" for name in ("median", "names", "bad_input", "beta"))
    run("pytest", "-q", "-p", "no:cacheprovider", *tests, "hedgelib/beta.py", "-k", CHECKED)
    run("ruff", "check", "hedgelib")
    run("ruff", "format", "--check", "hedgelib")
